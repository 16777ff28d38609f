//! `zicht encode`: the identifiers of a register, encoded where they are kept.
//!
//! ```text
//! FILE ── rows ──► values ── linkage::encode ──► FILE.parquet: codes, and the columns that are kept
//! SPEC.toml, KEYFILE ──────────┘
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use clap::Args;
use intake::TableRows;
use linkage::encode::{Encoder, Kind, Method};
use model::{Format, RowCount};
use serde::{Deserialize, Serialize};

use crate::cli::Outcome;
use crate::commands::key;
use crate::failure::Failure;
use crate::sheet::parquet_of;
use crate::show::{Show, thousands};

/// Arguments of `zicht encode`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// File of records: CSV, XLSX, Parquet or JSON lines.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The secret key, as `zicht key` made it.
    #[arg(long, value_name = "KEYFILE")]
    key: PathBuf,
    #[command(flatten)]
    opening: key::Opening,
    /// Which columns are encoded, and how.
    #[arg(long, value_name = "SPEC.toml")]
    spec: PathBuf,
    /// Parquet file for the encoded records.
    #[arg(long, value_name = "FILE.parquet")]
    out: PathBuf,
}

/// What is encoded. All organisations use the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    /// What the codes are for. Codes of two projects cannot be compared.
    project: String,
    /// Columns that are passed on as they are, such as the id of the record.
    #[serde(default)]
    keep: Vec<String>,
    /// How the file is written, where that cannot be told from it, as in `monitor.toml`.
    #[serde(default)]
    format: Format,
    /// Columns that are encoded.
    #[serde(rename = "field")]
    fields: Vec<Field>,
}

/// A column that is encoded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    /// Its name in the file.
    column: String,
    /// Its name in the result, which is that of all organisations.
    name: Option<String>,
    /// What it holds.
    kind: String,
    /// How it is encoded.
    method: Option<String>,
}

impl Field {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.column)
    }
}

/// What is said of a column of the result.
#[derive(Serialize)]
struct Column {
    name: String,
    encoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    /// Records without a value.
    missing: u64,
}

/// The result for programs.
#[derive(Serialize)]
struct Encoded {
    version: &'static str,
    source: model::provenance::Input,
    rows: RowCount,
    columns: Vec<Column>,
}

/// A column on its way.
struct Made {
    at: usize,
    encoder: Option<Encoder>,
    values: StringBuilder,
    column: Column,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, show: &Show) -> Outcome {
    let text = std::fs::read_to_string(&arguments.spec)
        .map_err(|e| Failure::io("cannot read", &arguments.spec, &e))?;
    let spec: Spec = toml::from_str(&text).map_err(|e| {
        Failure::input(
            format!("{}: {e}", arguments.spec.display()),
            "it has a project, columns to keep, and a [[field]] with column and kind for each that is encoded",
        )
    })?;
    let name = arguments.file.display().to_string();
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let mut rows = TableRows::open(&arguments.file, &name, &spec.format).map_err(fail)?;
    let key = key::read(&arguments.key, &arguments.opening, show)?;
    let mut made = columns(&spec, &key, &rows)?;
    drop(key);
    let step = show.step("encoding", None);
    while let Some((_, values)) = rows.next_row().map_err(fail)? {
        for made in &mut made {
            made.push(&values[made.at]);
        }
    }
    let (rows, findings) = rows.finish();
    step.done(&crate::show::rows(rows));
    show.findings(&findings, "`zicht check`");
    let source = intake::hash_file(&arguments.file, &name).map_err(fail)?;
    let columns = write(&arguments.out, made)?;
    for column in &columns {
        let how = match (column.kind, column.method) {
            (Some(kind), Some(method)) => format!("{kind}, {method}"),
            _ => "as it is".to_owned(),
        };
        let missing = thousands(column.missing);
        show.result(&format!("{:<22}{how:<20}{missing:>12} without a value", column.name));
    }
    show.result(&format!("\n{} records: {}", thousands(rows.rows_used), arguments.out.display()));
    show.result_json(&Encoded { version: env!("CARGO_PKG_VERSION"), source, rows, columns })?;
    Ok(0)
}

/// The columns of the result: those that are kept first.
fn columns(spec: &Spec, key: &linkage::encode::Key, rows: &TableRows) -> Result<Vec<Made>, Failure> {
    let wrong = |e: &linkage::Error| Failure::from_linkage(e);
    let at = |name: &str| rows.column(name).map_err(|e| Failure::from_intake(&e));
    if spec.fields.is_empty() {
        return Err(Failure::input("no column is to be encoded", "add a [[field]] to the specification"));
    }
    let mut made = Vec::new();
    for name in &spec.keep {
        made.push(Made::new(at(name)?, None, Column::kept(name)));
    }
    for field in &spec.fields {
        let kind: Kind = field.kind.parse().map_err(|e| wrong(&e))?;
        let method = match &field.method {
            Some(method) => method.parse().map_err(|e| wrong(&e))?,
            None => Method::of(kind),
        };
        let encoder = Encoder::new(key, &spec.project, field.name(), kind, method).map_err(|e| wrong(&e))?;
        let column = Column {
            name: field.name().to_owned(),
            encoded: true,
            kind: Some(kind.name()),
            method: Some(method.name()),
            missing: 0,
        };
        made.push(Made::new(at(&field.column)?, Some(encoder), column));
    }
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = made.iter().find(|m| !seen.insert(m.column.name.clone())) {
        return Err(Failure::input(
            format!("column \"{}\" would be in the result twice", twice.column.name),
            "a column is either kept or encoded; give one of two another name",
        ));
    }
    Ok(made)
}

impl Column {
    fn kept(name: &str) -> Self {
        Self { name: name.to_owned(), encoded: false, kind: None, method: None, missing: 0 }
    }
}

impl Made {
    fn new(at: usize, encoder: Option<Encoder>, column: Column) -> Self {
        Self { at, encoder, values: StringBuilder::new(), column }
    }

    fn push(&mut self, value: &str) {
        let code = match &mut self.encoder {
            Some(encoder) => encoder.encode(value),
            None => Some(value.to_owned()).filter(|v| !v.is_empty()),
        };
        self.column.missing += u64::from(code.is_none());
        self.values.append_option(code);
    }
}

/// Writes the file, whole or not at all.
fn write(out: &Path, made: Vec<Made>) -> Result<Vec<Column>, Failure> {
    let (arrays, columns): (Vec<(String, ArrayRef)>, Vec<Column>) = made
        .into_iter()
        .map(|mut made| {
            let array: ArrayRef = Arc::new(made.values.finish());
            ((made.column.name.clone(), array), made.column)
        })
        .unzip();
    let bytes = parquet_of(arrays.iter().map(|(name, array)| (name.as_str(), Arc::clone(array))))
        .map_err(|e| Failure::input(format!("cannot write {}: {e}", out.display()), "is the disk full?"))?;
    let cannot = |e: std::io::Error| Failure::io("cannot write", out, &e);
    let beside = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).map_err(cannot)?;
    let mut file = tempfile::NamedTempFile::new_in(beside).map_err(cannot)?;
    std::io::Write::write_all(&mut file, &bytes).map_err(cannot)?;
    file.persist(out).map_err(|e| cannot(e.error))?;
    Ok(columns)
}
