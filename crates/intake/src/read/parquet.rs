//! Apache Parquet. Columns of lists and structures are left out: a row has one value in each.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type};
use jiff::civil::{Date, date};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use super::bytes::io;
use super::{CHUNK, Chunk, Rows, Table, check_header};
use crate::error::{Error, Result};

pub(super) fn open_file(path: &Path, name: &str) -> Result<Table> {
    open(File::open(path).map_err(io(name))?, name)
}

pub(super) fn open_bytes(bytes: Vec<u8>, name: &str) -> Result<Table> {
    open(bytes::Bytes::from(bytes), name)
}

fn broken(name: &str, e: &dyn std::fmt::Display) -> Error {
    Error::file(name, format!("the Parquet file cannot be read: {e}"), "ask its sender for a new copy")
}

fn open<R: ChunkReader + 'static>(input: R, name: &str) -> Result<Table> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|e| broken(name, &e))?;
    let schema = builder.schema().clone();
    let used: Vec<usize> = (0..schema.fields().len())
        .filter(|&i| {
            let t = schema.field(i).data_type();
            !t.is_nested() || matches!(t, DataType::Dictionary(_, v) if !v.is_nested())
        })
        .collect();
    let names = used.iter().map(|&i| schema.field(i).name().trim().to_owned()).collect();
    let columns = check_header(name, 0, names)?;
    let reader = builder.with_batch_size(CHUNK).build().map_err(|e| broken(name, &e))?;
    Ok(Table {
        name: name.to_owned(),
        guessed_encoding: None,
        rows: Box::new(Batches { reader, name: name.to_owned(), used, width: columns.len(), row: 0 }),
        columns,
    })
}

struct Batches {
    reader: ParquetRecordBatchReader,
    name: String,
    used: Vec<usize>,
    width: usize,
    row: u64,
}

enum Column {
    Text(ArrayRef),
    Days(ArrayRef),
}

impl Rows for Batches {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        loop {
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let batch = batch.map_err(|e| broken(&self.name, &e))?;
            if batch.num_rows() > 0 {
                return self.chunk(&batch).map(Some);
            }
        }
    }
}

impl Batches {
    fn chunk(&mut self, batch: &RecordBatch) -> Result<Chunk> {
        let columns = self
            .used
            .iter()
            .map(|&i| {
                let array = batch.column(i);
                match array.data_type() {
                    DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                        cast(array, &DataType::Date32).map(Column::Days)
                    }
                    _ => cast(array, &DataType::Utf8).map(Column::Text),
                }
            })
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|e| broken(&self.name, &e))?;
        let mut chunk = Chunk::new(self.width);
        for row in 0..batch.num_rows() {
            for column in &columns {
                match column {
                    Column::Text(a) if a.is_valid(row) => chunk.push_text(a.as_string::<i32>().value(row)),
                    Column::Days(a) if a.is_valid(row) => {
                        let days = a.as_primitive::<Date32Type>().value(row);
                        match epoch_day(days) {
                            Some(d) => chunk.push_date(d),
                            None => chunk.push_text(&days.to_string()),
                        }
                    }
                    _ => chunk.push_text(""),
                }
            }
            self.row += 1;
            chunk.end_row(self.row, None);
        }
        Ok(chunk)
    }
}

/// The day `days` after 1 January 1970.
fn epoch_day(days: i32) -> Option<Date> {
    date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
