//! A task as Parquet files in a folder that all machines share.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use linkage::comparer::{fields, wire::Task};
use tempfile::TempDir;

use crate::failure::Failure;

/// Rows that are written at once, and that a part of the work begins and ends with.
const ROWS: usize = 1 << 16;

/// A folder with the files of a task; removed when it is let go. Only its owner can look into it.
pub(crate) struct Shared {
    folder: TempDir,
}

impl Shared {
    /// Writes the files into a new folder in `within`.
    pub(crate) fn new(within: &Path, task: &Task) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("zicht-compare-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder
            .tempdir_in(within)
            .map_err(|e| Failure::of(&format!("cannot make a folder in {}", within.display()), &e))?;
        let shared = Self { folder };
        records(&shared.records(), task)?;
        pairs(&shared.pairs(), task)?;
        Ok(shared)
    }

    /// The records: `record`, `c0`, `c1` and so on, in the order of the fields.
    pub(crate) fn records(&self) -> PathBuf {
        self.folder.path().join("records.parquet")
    }

    /// The pairs: `n`, `a`, `b`.
    pub(crate) fn pairs(&self) -> PathBuf {
        self.folder.path().join("pairs.parquet")
    }
}

/// The name of the column of a field.
pub(crate) fn column(field: usize) -> String {
    format!("c{field}")
}

fn records(path: &Path, task: &Task) -> Result<(), Failure> {
    let columns: Vec<_> = fields(&task.model).into_iter().filter_map(|f| task.records.column(f)).collect();
    let mut schema = vec![Field::new("record", DataType::UInt32, false)];
    schema.extend((0..columns.len()).map(|k| Field::new(column(k), DataType::Utf8, true)));
    write(path, Schema::new(schema), task.records.len(), |rows| {
        let mut made: Vec<ArrayRef> =
            vec![Arc::new(UInt32Array::from_iter_values(rows.clone().map(|r| r as u32)))];
        for column in &columns {
            made.push(Arc::new(rows.clone().map(|r| column.value(r)).collect::<StringArray>()));
        }
        made
    })
}

fn pairs(path: &Path, task: &Task) -> Result<(), Failure> {
    let schema = Schema::new(vec![
        Field::new("n", DataType::UInt64, false),
        Field::new("a", DataType::UInt32, false),
        Field::new("b", DataType::UInt32, false),
    ]);
    write(path, schema, task.pairs.len(), |rows| {
        let pairs = &task.pairs[rows.clone()];
        vec![
            Arc::new(UInt64Array::from_iter_values(rows.map(|r| r as u64))),
            Arc::new(UInt32Array::from_iter_values(pairs.iter().map(|p| p.0))),
            Arc::new(UInt32Array::from_iter_values(pairs.iter().map(|p| p.1))),
        ]
    })
}

fn write(
    path: &Path,
    schema: Schema,
    rows: usize,
    columns: impl Fn(std::ops::Range<usize>) -> Vec<ArrayRef>,
) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| {
        let folder = path.parent().unwrap_or(path);
        Failure::of(&format!("cannot write into {}", folder.display()), e)
    };
    let schema: SchemaRef = Arc::new(schema);
    let file = File::create(path).map_err(|e| failed(&e))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROWS))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(|e| failed(&e))?;
    for start in (0..rows).step_by(ROWS) {
        let made = columns(start..rows.min(start + ROWS));
        let batch = RecordBatch::try_new(Arc::clone(&schema), made).map_err(|e| failed(&e))?;
        writer.write(&batch).map_err(|e| failed(&e))?;
    }
    writer.close().map_err(|e| failed(&e))?;
    Ok(())
}
