//! Protected tables as files, and the certificate that goes with them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, UInt64Array};
use disclosure::ProtectedCell;
use model::{Dimension, Key, TOTAL};
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::pipeline::write_json;
use crate::sheet::parquet_of;

/// The file that says how the tables were protected.
pub(super) const CERTIFICATE: &str = "protection.json";

/// Columns beside those of the dimensions.
const COLUMNS: [&str; 3] = ["value", "CONF_STATUS", "OBS_STATUS"];

/// A file of the result.
#[derive(Serialize)]
pub(super) struct File {
    file: String,
    blake3: String,
}

/// A table to write: a cube of which counts are hidden, or changed.
pub(super) struct Table<'a> {
    id: &'a str,
    dimensions: &'a [Dimension],
    cells: Vec<(&'a Key, &'a ProtectedCell)>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        id: &'a str,
        dimensions: &'a [Dimension],
        cells: impl Iterator<Item = (&'a Key, &'a ProtectedCell)>,
    ) -> Self {
        Self { id, dimensions, cells: cells.collect() }
    }
}

/// Writes NAME.csv and NAME.parquet for each table, and the certificate, as a whole or not at all.
pub(super) fn write(out: &Path, tables: &[Table<'_>], mut certificate: Value) -> Result<(), Failure> {
    if out.exists() && !out.join(CERTIFICATE).is_file() {
        return Err(Failure::input(
            format!("{} is there and holds no protected tables", out.display()),
            "give another folder with --out",
        ));
    }
    let beside = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).map_err(|e| Failure::io("cannot make", beside, &e))?;
    let work = tempfile::Builder::new()
        .prefix(".protect-")
        .tempdir_in(beside)
        .map_err(|e| Failure::io("cannot write in", beside, &e))?;
    let mut files = Vec::new();
    for table in tables {
        let failed = |why: String| {
            Failure::input(format!("cannot write table {}: {why}", table.id), "is the disk full?")
        };
        let csv = csv_of(table).map_err(|e| failed(e.to_string()))?;
        let parquet = parquet(table).map_err(|e| failed(e.to_string()))?;
        for (ending, bytes) in [("csv", csv), ("parquet", parquet)] {
            let file = format!("{}.{ending}", table.id);
            let path = work.path().join(&file);
            std::fs::write(&path, &bytes).map_err(|e| Failure::io("cannot write", &path, &e))?;
            files.push(File { file, blake3: model::provenance::hash(&bytes) });
        }
    }
    certificate["files"] = serde_json::to_value(&files).unwrap_or_default();
    write_json(&work.path().join(CERTIFICATE), &certificate)?;
    if out.exists() {
        std::fs::remove_dir_all(out).map_err(|e| Failure::io("cannot replace", out, &e))?;
    }
    let work = work.keep();
    std::fs::rename(&work, out).map_err(|e| Failure::io("cannot put in place", out, &e))
}

/// The code of a category as the office that sent it wrote it: a total has its own name there.
fn code(category: &model::Category) -> &str {
    if category.code == TOTAL { &category.label.en } else { &category.code }
}

/// Names of the columns: a dimension that is called as one of ours gets a sign before it.
fn names<'a>(table: &'a Table<'_>) -> impl Iterator<Item = String> + 'a {
    let own = |id: &str| if COLUMNS.contains(&id) { format!("_{id}") } else { id.to_owned() };
    table.dimensions.iter().map(move |d| own(&d.id))
}

fn csv_of(table: &Table<'_>) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(names(table).chain(COLUMNS.map(str::to_owned)))?;
    for &(key, cell) in &table.cells {
        for (dimension, &at) in table.dimensions.iter().zip(key) {
            out.write_field(code(&dimension.categories[at as usize]))?;
        }
        out.write_field(cell.value.count().map(|n| n.to_string()).unwrap_or_default())?;
        out.write_record([cell.conf.code(), cell.obs.code()])?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

fn parquet(table: &Table<'_>) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (d, (dimension, name)) in table.dimensions.iter().zip(names(table)).enumerate() {
        let codes = table.cells.iter().map(|(key, _)| code(&dimension.categories[key[d] as usize]));
        columns.push((name, Arc::new(StringArray::from_iter_values(codes))));
    }
    let values = table.cells.iter().map(|(_, cell)| cell.value.count()).collect::<UInt64Array>();
    let conf = StringArray::from_iter_values(table.cells.iter().map(|(_, cell)| cell.conf.code()));
    let obs = StringArray::from_iter_values(table.cells.iter().map(|(_, cell)| cell.obs.code()));
    let others: [ArrayRef; 3] = [Arc::new(values), Arc::new(conf), Arc::new(obs)];
    columns.extend(COLUMNS.map(str::to_owned).into_iter().zip(others));
    parquet_of(columns.iter().map(|(name, array)| (name.as_str(), Arc::clone(array))))
}
