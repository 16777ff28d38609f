//! Apache Parquet. Columns of lists and structures are left out: a row has one value in each.

use std::cell::Cell;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Float64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use jiff::civil::{Date, date};
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;

use super::bytes::{self, io};
use super::{CHUNK, Chunk, Fault, LONGEST, Rows, Table, check_header, number};
use crate::error::{Error, Result};

pub(super) fn open_file(path: &Path, name: &str) -> Result<Table> {
    if bytes::is_compressed(path, name)? {
        // Parquet is read from its end, so it cannot be decompressed as a stream.
        return open_bytes(bytes::whole(bytes::open(path, name)?, name)?, name);
    }
    open(File::open(path).map_err(io(name))?, name)
}

pub(super) fn open_bytes(bytes: Vec<u8>, name: &str) -> Result<Table> {
    open(::bytes::Bytes::from(bytes), name)
}

fn broken(name: &str, e: &dyn std::fmt::Display) -> Error {
    Error::file(name, format!("the Parquet file cannot be read: {e}"), "ask its sender for a new copy")
}

/// Runs what may panic when the file is damaged: an input must not end the program, and the
/// readers of Parquet trust what they read in a few places.
fn whole<T, E: std::fmt::Display>(name: &str, read: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    quiet_when_caught();
    CAUGHT.set(true);
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    CAUGHT.set(false);
    match read {
        Ok(read) => read.map_err(|e| broken(name, &e)),
        Err(_) => Err(broken(name, &"it is damaged")),
    }
}

thread_local! {
    /// True while a panic of this thread would be caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// A panic tells of itself on standard error before it is caught, and may tell what it had read: that would
/// be a value of the file. Whoever set a hook still hears of all others.
fn quiet_when_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                before(panic);
            }
        }));
    });
}

fn open<R: ChunkReader + 'static>(input: R, name: &str) -> Result<Table> {
    // What the writer says of its own types is not needed, and is a second place to be damaged.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = whole(name, || ParquetRecordBatchReaderBuilder::try_new_with_options(input, options))?;
    let chunks = builder.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
    for c in chunks {
        let start = c.dictionary_page_offset().unwrap_or_else(|| c.data_page_offset());
        if start < 0 || c.compressed_size() < 0 || c.num_values() < 0 {
            return Err(broken(name, &"a column begins before the file does"));
        }
    }
    let schema = builder.schema().clone();
    let used: Vec<usize> = (0..schema.fields().len())
        .filter(|&i| {
            let t = schema.field(i).data_type();
            !t.is_nested() || matches!(t, DataType::Dictionary(_, v) if !v.is_nested())
        })
        .collect();
    let names = used.iter().map(|&i| schema.field(i).name().trim().to_owned()).collect();
    if used.is_empty() && !schema.fields().is_empty() {
        return Err(Error::file(
            name,
            "no column has one value in each row",
            "columns of lists and structures are not read: give each value a column of its own",
        ));
    }
    let columns = check_header(name, 0, names)?;
    let reader = whole(name, || builder.with_batch_size(CHUNK).build())?;
    Ok(Table {
        name: name.to_owned(),
        guessed_encoding: None,
        rows: Box::new(Batches {
            reader,
            name: name.to_owned(),
            used,
            width: columns.len(),
            row: 0,
            batch: Vec::new(),
            done: 0,
        }),
        columns,
    })
}

struct Batches {
    reader: ParquetRecordBatchReader,
    name: String,
    used: Vec<usize>,
    width: usize,
    row: u64,
    /// Columns of the rows that are being handed out, and how many of them have been.
    batch: Vec<Column>,
    done: usize,
}

enum Column {
    /// As text, and as it was.
    Text(StringArray, ArrayRef),
    /// Numbers that may be whole: programs that know no empty whole number write 21.0.
    Floats(Float64Array),
    Days(Date32Array),
}

impl Rows for Batches {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        while self.done == self.batch.first().map_or(0, Column::len) {
            let Some(batch) = whole(&self.name, || self.reader.next().transpose())? else { return Ok(None) };
            self.batch = whole(&self.name, || {
                self.used
                    .iter()
                    .map(|&i| Column::new(batch.column(i)))
                    .collect::<std::result::Result<_, arrow::error::ArrowError>>()
            })?;
            self.done = 0;
        }
        self.chunk().map(Some)
    }
}

impl Batches {
    fn chunk(&mut self) -> Result<Chunk> {
        let mut chunk = Chunk::new(self.width);
        let rows = self.batch.first().map_or(0, Column::len);
        while self.done < rows && !chunk.is_full() {
            let row = self.done;
            self.row += 1;
            let size: usize = self.batch.iter().map(|c| c.bytes(row)).sum();
            if size > LONGEST {
                return Err(bytes::too_long(&self.name, self.row));
            }
            if self.batch.iter().any(|c| c.is_lost(row)) {
                let fault = Fault {
                    rule: "encoding.invalid",
                    message: "a value of the row cannot be read as text".to_owned(),
                    help: "write the columns of the file as text, numbers or dates",
                };
                chunk.end_row(self.row, Some(fault));
            } else {
                self.batch.iter().for_each(|c| c.push(row, &mut chunk));
                chunk.end_row(self.row, None);
            }
            self.done += 1;
        }
        Ok(chunk)
    }
}

impl Column {
    fn new(array: &ArrayRef) -> std::result::Result<Self, arrow::error::ArrowError> {
        Ok(match array.data_type() {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
                Self::Days(cast(array, &DataType::Date32)?.as_primitive().clone())
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Self::Floats(cast(array, &DataType::Float64)?.as_primitive().clone())
            }
            _ => Self::Text(cast(array, &DataType::Utf8)?.as_string().clone(), array.clone()),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(a, _) => a.len(),
            Self::Floats(a) => a.len(),
            Self::Days(a) => a.len(),
        }
    }

    /// Length of the text in `row`.
    fn bytes(&self, row: usize) -> usize {
        match self {
            Self::Text(a, _) => a.value_length(row) as usize,
            Self::Floats(_) | Self::Days(_) => 0,
        }
    }

    /// True if there is a value that is no text: bytes of another encoding.
    fn is_lost(&self, row: usize) -> bool {
        matches!(self, Self::Text(text, array) if text.is_null(row) && !array.is_null(row))
    }

    fn push(&self, row: usize, chunk: &mut Chunk) {
        match self {
            Self::Text(a, _) if a.is_valid(row) => chunk.push_text(a.value(row)),
            Self::Floats(a) if a.is_valid(row) => chunk.push_text(&number(a.value(row))),
            Self::Days(a) if a.is_valid(row) => match epoch_day(a.value(row)) {
                Some(d) => chunk.push_date(d),
                None => chunk.push_text(&a.value(row).to_string()),
            },
            _ => chunk.push_text(""),
        }
    }
}

/// The day `days` after 1 January 1970.
fn epoch_day(days: i32) -> Option<Date> {
    date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
