//! What intake writes: standard reports as Parquet, and the list of problems.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int16Array, RecordBatch, UInt16Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use model::Severity;
use model::provenance::Input;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::error::{Error, Result};
use crate::findings::Findings;
use crate::reports::Report;

/// Rows that are kept before they are written.
const BATCH: usize = 64 << 10;

/// Writes standard reports.
pub(crate) struct ReportWriter {
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    path: PathBuf,
    register: u16,
    row: Vec<u64>,
    person: Vec<u64>,
    date: Vec<i32>,
    age: Vec<Option<i16>>,
    codes: Vec<Vec<u16>>,
}

impl ReportWriter {
    pub(crate) fn create(path: &Path, variables: &[String], register: u16) -> Result<Self> {
        let mut fields = vec![
            Field::new("row", DataType::UInt64, false),
            Field::new("person", DataType::UInt64, false),
            Field::new("date", DataType::Date32, false),
            Field::new("register", DataType::UInt16, false),
            Field::new("age", DataType::Int16, true),
        ];
        fields.extend(variables.iter().map(|id| Field::new(id, DataType::UInt16, false)));
        let schema = Arc::new(Schema::new(fields));
        let file = File::create(path).map_err(io(path))?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer =
            ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(|e| failed(path, &e))?;
        Ok(Self {
            writer,
            schema,
            path: path.to_owned(),
            register,
            row: Vec::new(),
            person: Vec::new(),
            date: Vec::new(),
            age: Vec::new(),
            codes: vec![Vec::new(); variables.len()],
        })
    }

    pub(crate) fn push(&mut self, report: &Report) -> Result<()> {
        self.row.push(report.row);
        self.person.push(report.person);
        self.date.push(report.date);
        self.age.push(report.age);
        for (column, code) in self.codes.iter_mut().zip(&report.codes) {
            column.push(*code);
        }
        if self.row.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let n = self.row.len();
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(std::mem::take(&mut self.row))),
            Arc::new(UInt64Array::from(std::mem::take(&mut self.person))),
            Arc::new(Date32Array::from(std::mem::take(&mut self.date))),
            Arc::new(UInt16Array::from(vec![self.register; n])),
            Arc::new(Int16Array::from(std::mem::take(&mut self.age))),
        ];
        for codes in &mut self.codes {
            columns.push(Arc::new(UInt16Array::from(std::mem::take(codes))));
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(|e| failed(&self.path, &e))?;
        self.writer.write(&batch).map_err(|e| failed(&self.path, &e))
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.writer.close().map_err(|e| failed(&self.path, &e))?;
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |source| Error::Io { file: name(path), source }
}

fn failed(path: &Path, e: &dyn std::fmt::Display) -> Error {
    Error::file(&name(path), format!("cannot be written: {e}"), "check that the disk has room")
}

/// Writes `problems.csv` and `problems.json` into `dir`, each aside and then renamed.
///
/// Where more findings were made than are kept, the last rows say how many more.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_problems(findings: &Findings, dir: &Path) -> Result<()> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut json = Vec::new();
    let header = ["file", "row", "column", "value", "rule", "severity", "message", "help"];
    let path = dir.join("problems.csv");
    let csv_failed = |e: csv::Error| failed(&path, &e);
    csv.write_record(header).map_err(csv_failed)?;
    let said = |severity: Severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    for f in findings.iter() {
        let row = f.row.map_or_else(String::new, |r| r.to_string());
        let (column, value) =
            (plain(f.column.as_deref().unwrap_or("")), plain(f.value.as_deref().unwrap_or("")));
        let fields = [&f.file, &row, &column, &value, &f.rule, said(f.severity), &f.message, &f.help];
        csv.write_record(fields).map_err(csv_failed)?;
        json.push(serde_json::json!(f));
    }
    for (file, rule, severity, n) in findings.not_kept() {
        let message = format!("{n} more of these, not listed");
        csv.write_record([file, "", "", "", rule, said(severity), &message, ""]).map_err(csv_failed)?;
        json.push(serde_json::json!({
            "file": file, "row": null, "column": null, "value": null, "rule": rule, "severity": severity,
            "message": message, "help": "",
        }));
    }
    let csv = csv.into_inner().map_err(|e| failed(&path, &e))?;
    write_aside(&path, &csv)?;
    let json = serde_json::to_vec_pretty(&json).map_err(|e| failed(&path, &e))?;
    write_aside(&dir.join("problems.json"), &json)
}

/// A value that a spreadsheet takes as text: one that begins as a formula gets an apostrophe.
fn plain(value: &str) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{value}") } else { value.to_owned() }
}

fn write_aside(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = path.with_extension("tmp");
    let mut file = File::create(&aside).map_err(io(path))?;
    file.write_all(bytes).map_err(io(path))?;
    file.sync_all().map_err(io(path))?;
    std::fs::rename(&aside, path).map_err(io(path))
}

/// Size and BLAKE3 hash of a file as received.
///
/// # Errors
/// When the file cannot be read.
pub fn hash_file(path: &Path, name: &str) -> Result<Input> {
    let fail = |source| Error::Io { file: name.to_owned(), source };
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(fail)?;
    hasher.update_reader(file).map_err(fail)?;
    Ok(Input { path: name.to_owned(), bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
}
