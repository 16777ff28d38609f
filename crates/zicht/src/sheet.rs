//! Lists of results as tables: CSV for spreadsheets, Parquet for R and Python.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// A table with named columns of equal length.
#[derive(Debug, PartialEq)]
pub(crate) struct Sheet {
    columns: Vec<(String, Column)>,
    rows: usize,
}

#[derive(Debug, PartialEq)]
enum Column {
    Number(Vec<Option<f64>>),
    Truth(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
}

impl Sheet {
    /// From results in their JSON form, one a row. A pair of numbers, such as an interval, becomes the
    /// columns `lower` and `upper`, with the name of the field before them when it is not `interval`;
    /// what is nested deeper stays in the JSON.
    pub(crate) fn of(results: &[impl Serialize]) -> Result<Self, Failure> {
        let mut rows: Vec<Vec<(String, Value)>> = Vec::new();
        for result in results {
            let value = serde_json::to_value(result)
                .map_err(|e| Failure::input(format!("a result cannot be written as a table: {e}"), ""))?;
            let mut row = Vec::new();
            if let Value::Object(fields) = value {
                fields.into_iter().for_each(|(name, value)| flatten(name, value, &mut row));
            }
            rows.push(row);
        }
        let mut names: Vec<&String> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let columns = names
            .into_iter()
            .map(|name| {
                let values: Vec<Option<&Value>> = rows
                    .iter()
                    .map(|row| row.iter().find(|(n, v)| n == name && !v.is_null()).map(|(_, v)| v))
                    .collect();
                (name.clone(), Column::of(&values))
            })
            .collect();
        Ok(Self { columns, rows: rows.len() })
    }

    /// Writes NAME.csv and NAME.parquet into a folder; nothing when there are no rows.
    pub(crate) fn write(&self, dir: &Path, name: &str) -> Result<(), Failure> {
        if self.rows == 0 {
            return Ok(());
        }
        let failed = |path: &Path, why: String| {
            Failure::input(format!("cannot write {}: {why}", path.display()), "is the disk full?")
        };
        let path = dir.join(format!("{name}.csv"));
        let text = self.csv().map_err(|e| failed(&path, e.to_string()))?;
        std::fs::write(&path, text).map_err(|e| Failure::io("cannot write", &path, &e))?;
        let path = dir.join(format!("{name}.parquet"));
        let bytes = self.parquet().map_err(|e| failed(&path, e.to_string()))?;
        std::fs::write(&path, bytes).map_err(|e| Failure::io("cannot write", &path, &e))
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(self.columns.iter().map(|(name, _)| name))?;
        for row in 0..self.rows {
            out.write_record(self.columns.iter().map(|(_, column)| column.text(row)))?;
        }
        out.into_inner().map_err(|e| e.into_error().into())
    }

    fn parquet(&self) -> Result<Vec<u8>, parquet::errors::ParquetError> {
        parquet_of(self.columns.iter().map(|(name, column)| (name.as_str(), column.array())))
    }
}

/// Columns of one length as a Parquet file.
pub(crate) fn parquet_of<'a>(
    columns: impl IntoIterator<Item = (&'a str, ArrayRef)>,
) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns
        .into_iter()
        .map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array))
        .unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}

fn flatten(name: String, value: Value, row: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(pair) if pair.len() == 2 && pair.iter().all(|v| v.is_number() || v.is_null()) => {
            let before = if name == "interval" { String::new() } else { format!("{name}_") };
            for (end, value) in ["lower", "upper"].into_iter().zip(pair) {
                row.push((format!("{before}{end}"), value));
            }
        }
        Value::Array(texts) if texts.iter().all(Value::is_string) && !texts.is_empty() => {
            let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            row.push((name, Value::String(texts.join("; "))));
        }
        Value::Object(fields) => {
            for (inner, value) in fields.into_iter().filter(|(_, v)| !v.is_object() && !v.is_array()) {
                row.push((format!("{name}_{inner}"), value));
            }
        }
        // An interval that there is not would otherwise be a column of its own.
        Value::Null if name.ends_with("interval") => {}
        Value::Array(_) => {}
        scalar => row.push((name, scalar)),
    }
}

impl Column {
    fn of(values: &[Option<&Value>]) -> Self {
        let all = |kind: fn(&Value) -> bool| values.iter().flatten().all(|v| kind(v));
        if all(Value::is_number) {
            Self::Number(values.iter().map(|v| v.and_then(Value::as_f64)).collect())
        } else if all(Value::is_boolean) {
            Self::Truth(values.iter().map(|v| v.and_then(Value::as_bool)).collect())
        } else {
            let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            Self::Text(values.iter().map(|v| v.map(text)).collect())
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Number(values) => values[row].map(|x| x.to_string()),
            Self::Truth(values) => values[row].map(|x| x.to_string()),
            Self::Text(values) => values[row].clone(),
        }
        .unwrap_or_default()
    }

    fn array(&self) -> ArrayRef {
        match self {
            Self::Number(values) => Arc::new(values.iter().copied().collect::<Float64Array>()),
            Self::Truth(values) => Arc::new(values.iter().copied().collect::<BooleanArray>()),
            Self::Text(values) => Arc::new(values.iter().map(Option::as_deref).collect::<StringArray>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use serde_json::json;

    use super::*;

    #[test]
    fn results_become_columns_and_intervals_two_of_them() {
        let rows = [
            json!({"method": "main", "total": 12.5, "interval": [10, 20], "refused": null, "more": {"a": 1}}),
            json!({"method": "chao", "total": null, "interval": null, "refused": "no, it \"cannot\"", "ok": true}),
        ];
        let sheet = Sheet::of(&rows).expect("a sheet");
        let text = String::from_utf8(sheet.csv().expect("text")).expect("UTF-8");
        assert_eq!(
            text,
            "method,total,lower,upper,refused,more_a,ok\nmain,12.5,10,20,,1,\nchao,,,,\"no, it \"\"cannot\"\"\",,true\n"
        );
    }

    #[test]
    fn parquet_reads_back_as_it_was() {
        let rows = [json!({"name": "a", "x": 1.5}), json!({"name": "b", "x": null})];
        let dir = tempfile::tempdir().expect("a folder");
        Sheet::of(&rows).expect("a sheet").write(dir.path(), "rows").expect("two files");
        assert!(dir.path().join("rows.csv").is_file());
        let file = std::fs::File::open(dir.path().join("rows.parquet")).expect("a file");
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
        let batches: Vec<RecordBatch> = reader.map(|batch| batch.expect("a batch")).collect();
        assert_eq!((batches.len(), batches[0].num_rows(), batches[0].num_columns()), (1, 2, 2));
        assert_eq!(batches[0].column(1).null_count(), 1);
    }
}
