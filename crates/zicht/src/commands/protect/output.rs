//! Protected tables as files, and the certificate that goes with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, UInt64Array};
use clap::ValueEnum;
use disclosure::{ProtectedCell, ProtectedCube};
use model::{Dimension, Key, TOTAL};
use serde_json::Value;

use super::argus::{self, written};
use crate::commands::put;
use crate::failure::Failure;
use crate::sheet::parquet_of;

/// The file that says how the tables were protected.
pub(super) const CERTIFICATE: &str = "protection.json";

/// When structures are said to be prepared: with the same input the files are the same, so that it is not when they were made.
const UNDATED: &str = "2000-01-01T00:00:00Z";

/// Columns beside those of the dimensions.
const COLUMNS: [&str; 3] = ["value", "CONF_STATUS", "OBS_STATUS"];
/// One more, with the counts as they were drawn.
const NOISY: &str = "noisy";

/// Counts with noise as they were drawn, before they were made consistent.
pub(super) type Noisy = BTreeMap<Key, i64>;

/// A table to write: a cube of which counts are hidden, or changed.
pub(super) struct Table<'a> {
    id: &'a str,
    dimensions: &'a [Dimension],
    cells: Vec<(&'a Key, &'a ProtectedCell)>,
    cube: &'a ProtectedCube,
    decimals: u32,
    noisy: Option<Noisy>,
}

impl<'a> Table<'a> {
    pub(super) fn new(cube: &'a ProtectedCube, decimals: u32, noisy: Option<Noisy>) -> Self {
        let (id, dimensions, cells) = (cube.id(), cube.dimensions(), cube.cells().collect());
        Self { id, dimensions, cells, cube, decimals, noisy }
    }
}

/// What tables are written as beside CSV and Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Also {
    /// Table, metadata and hierarchies for tau-Argus: NAME.tab, NAME.rda, .hrc.
    Argus,
    /// SDMX-CSV 2.0: NAME.sdmx.csv, and structures.xml, their structures as SDMX-ML 3.0.
    Sdmx,
}

/// Writes NAME.csv and NAME.parquet for each table, and the certificate, as a whole or not at all.
pub(super) fn write(
    out: &Path,
    tables: &[Table<'_>],
    also: &[Also],
    certificate: Value,
) -> Result<(), Failure> {
    let mut files = Vec::new();
    if also.contains(&Also::Argus) {
        files.extend(tables.iter().flat_map(|t| argus::files(t.cube, t.decimals)));
    }
    if also.contains(&Also::Sdmx) {
        let cubes: Vec<publish::sdmx::Flow<'_>> =
            tables.iter().map(|t| publish::sdmx::Flow { cube: t.cube, decimals: t.decimals }).collect();
        files.extend(publish::sdmx::files(&cubes, UNDATED));
    }
    for table in tables {
        let failed = |why: String| {
            Failure::input(format!("cannot write table {}: {why}", table.id), "is the disk full?")
        };
        let csv = csv_of(table).map_err(|e| failed(e.to_string()))?;
        let parquet = parquet(table).map_err(|e| failed(e.to_string()))?;
        files.push((format!("{}.csv", table.id), csv));
        files.push((format!("{}.parquet", table.id), parquet));
    }
    put(out, CERTIFICATE, &files, certificate)
}

/// The code of a category as the office that sent it wrote it: a total has its own name there.
fn code(category: &model::Category) -> &str {
    if category.code == TOTAL { &category.label.en } else { &category.code }
}

/// Names of the columns: a dimension that is called as one of ours gets a sign before it.
fn names<'a>(table: &'a Table<'_>) -> impl Iterator<Item = String> + 'a {
    let own = |id: &str| if COLUMNS.contains(&id) || id == NOISY { format!("_{id}") } else { id.to_owned() };
    table.dimensions.iter().map(move |d| own(&d.id))
}

fn csv_of(table: &Table<'_>) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let noisy = table.noisy.as_ref();
    out.write_record(names(table).chain(COLUMNS.map(str::to_owned)).chain(noisy.map(|_| NOISY.to_owned())))?;
    for &(key, cell) in &table.cells {
        for (dimension, &at) in table.dimensions.iter().zip(key) {
            out.write_field(code(&dimension.categories[at as usize]))?;
        }
        out.write_field(cell.value.count().map(|n| written(n, table.decimals)).unwrap_or_default())?;
        out.write_field(cell.conf.code())?;
        out.write_field(cell.obs.code())?;
        if let Some(noisy) = noisy {
            out.write_field(noisy.get(key).map(i64::to_string).unwrap_or_default())?;
        }
        out.write_record(None::<&[u8]>)?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

fn parquet(table: &Table<'_>) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (d, (dimension, name)) in table.dimensions.iter().zip(names(table)).enumerate() {
        let codes = table.cells.iter().map(|(key, _)| code(&dimension.categories[key[d] as usize]));
        columns.push((name, Arc::new(StringArray::from_iter_values(codes))));
    }
    let counts = table.cells.iter().map(|(_, cell)| cell.value.count());
    let values: ArrayRef = if table.decimals == 0 {
        Arc::new(counts.collect::<UInt64Array>())
    } else {
        let unit = 10_f64.powi(table.decimals.cast_signed());
        Arc::new(counts.map(|n| n.map(|n| n as f64 / unit)).collect::<Float64Array>())
    };
    let conf = StringArray::from_iter_values(table.cells.iter().map(|(_, cell)| cell.conf.code()));
    let obs = StringArray::from_iter_values(table.cells.iter().map(|(_, cell)| cell.obs.code()));
    let others: [ArrayRef; 3] = [values, Arc::new(conf), Arc::new(obs)];
    columns.extend(COLUMNS.map(str::to_owned).into_iter().zip(others));
    if let Some(noisy) = &table.noisy {
        let drawn: Int64Array = table.cells.iter().map(|(key, _)| noisy.get(*key).copied()).collect();
        columns.push((NOISY.to_owned(), Arc::new(drawn)));
    }
    parquet_of(columns.iter().map(|(name, array)| (name.as_str(), Arc::clone(array))))
}
