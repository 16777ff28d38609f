//! Readers: each turns a file into the same thing, a header and chunks of rows.
//!
//! A reader decides nothing about meaning. What it finds wrong with a row (a field too many,
//! bytes that are no text) goes along with the row as a `Fault`, so that the row is
//! quarantined and counted by whoever reads on.

mod bytes;
mod delimited;
mod lines;
mod parquet;
mod sheet;

use std::path::Path;

use jiff::civil::Date;
use model::{FileKind, Format};

use crate::error::{Error, Result};

/// Rows in a chunk: enough to share work between threads, few enough to stay in cache.
pub(crate) const CHUNK: usize = 4096;
/// Cells in a chunk, for tables of thousands of columns.
const CELLS: usize = 1 << 20;
/// The longest line, record or cell that is read. Real ones have a few thousand bytes; a file
/// without line ends must not fill the memory.
pub(crate) const LONGEST: usize = 16 << 20;
/// Columns that are read at most.
pub(crate) const WIDEST: usize = 16_384;

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Field<'a> {
    /// Text without blanks around it; empty when there is no value.
    Text(&'a str),
    /// A real date of a workbook or of Parquet.
    Date(Date),
}

impl<'a> Field<'a> {
    /// The text; `None` for a real date.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Field::Text(t) => Some(t),
            Field::Date(_) => None,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Field::Text("")
    }

    /// As text: a date as `2026-11-24`.
    pub(crate) fn to_text(self) -> std::borrow::Cow<'a, str> {
        match self {
            Field::Text(t) => t.into(),
            Field::Date(d) => d.to_string().into(),
        }
    }
}

/// What a reader found wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: &'static str,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

const NO_NAME: &str = "the row has a value in a column that has no name";
const NO_NAME_HELP: &str = "name the column in the header, or take the value out";

#[derive(Debug, Clone, Copy)]
enum Cell {
    Text(u32, u32),
    Date(Date),
}

/// Rows in a row, in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    width: usize,
    text: String,
    cells: Vec<Cell>,
    /// Number of each row as an editor or a spreadsheet counts it.
    numbers: Vec<u64>,
    faults: Vec<(usize, Fault)>,
}

impl Chunk {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// True if it holds as much as a chunk should.
    fn is_full(&self) -> bool {
        self.len() >= CHUNK || self.text.len() >= LONGEST || self.cells.len() >= CELLS
    }

    /// Bytes in memory.
    fn size(&self) -> usize {
        self.text.len() + self.cells.len() * size_of::<Cell>()
    }

    pub(crate) fn number(&self, row: usize) -> u64 {
        self.numbers[row]
    }

    /// What the reader found wrong with `row`.
    pub(crate) fn fault(&self, row: usize) -> Option<&Fault> {
        let at = self.faults.binary_search_by_key(&row, |(r, _)| *r).ok()?;
        Some(&self.faults[at].1)
    }

    pub(crate) fn field(&self, row: usize, column: usize) -> Field<'_> {
        match self.cells[row * self.width + column] {
            Cell::Text(start, end) => Field::Text(&self.text[start as usize..end as usize]),
            Cell::Date(d) => Field::Date(d),
        }
    }

    fn push_text(&mut self, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text.trim());
        self.cells.push(Cell::Text(start, self.text.len() as u32));
    }

    fn push_date(&mut self, date: Date) {
        self.cells.push(Cell::Date(date));
    }

    /// Ends a row: fills up what is missing, so that every row has the width of the header.
    fn end_row(&mut self, number: u64, fault: Option<Fault>) {
        let at = self.numbers.len();
        self.cells.resize((at + 1) * self.width, Cell::Text(0, 0));
        self.numbers.push(number);
        self.faults.extend(fault.map(|f| (at, f)));
    }
}

/// A number as text: whole numbers, which are stored as floats too, without `.0`.
fn number(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 9e15 { format!("{}", x as i64) } else { x.to_string() }
}

/// Something that yields chunks.
pub(crate) trait Rows: Send {
    /// The next rows; `None` at the end.
    fn next_chunk(&mut self) -> Result<Option<Chunk>>;
}

/// A file that is being read.
pub(crate) struct Table {
    /// Names of the columns, without blanks around them, all different.
    pub(crate) columns: Vec<String>,
    /// `file!sheet` for a workbook, the name of the file otherwise.
    pub(crate) name: String,
    /// Set when the encoding was not stated and is not UTF-8.
    pub(crate) guessed_encoding: Option<&'static str>,
    pub(crate) rows: Box<dyn Rows>,
}

impl Table {
    /// Index of the column `name`.
    ///
    /// # Errors
    /// With the nearest name when there is none.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        if let Some(i) = self.columns.iter().position(|c| c == name) {
            return Ok(i);
        }
        if looks_like_data(&self.columns) {
            return Err(Error::file(&self.name, format!("there is no column \"{name}\""), NO_HEADER));
        }
        if self.columns.iter().any(|c| c.len() > LONGEST_NAME) {
            return Err(Error::file(&self.name, format!("there is no column \"{name}\""), NO_NAMES));
        }
        let near = model::nearest(name, self.columns.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("its columns are {}", shorten(&self.columns)),
        };
        Err(Error::file(&self.name, format!("there is no column \"{name}\""), help))
    }
}

const NO_HEADER: &str = "what is read as the header looks like a row of data: is the header lacking, or does it stand further down? Then state its row in header_row";

/// Bytes of the longest text that is still told as the name of a column. In the wrong encoding a
/// whole register is one line, and its letters can be turned back.
const LONGEST_NAME: usize = 120;
const NO_NAMES: &str =
    "what is read as the header is too long for names of columns: is the encoding or the delimiter another?";

/// True if what should be names of columns has a date or a record number among it. Then it is
/// not repeated: a file without a header begins with a person.
fn looks_like_data(columns: &[String]) -> bool {
    columns.iter().any(|c| c.chars().filter(char::is_ascii_digit).count() >= 5)
}

fn shorten(columns: &[String]) -> String {
    let mut text = columns.iter().take(30).cloned().collect::<Vec<_>>().join(", ");
    if columns.len() > 30 {
        text = format!("{text} and {} more", columns.len() - 30);
    }
    text
}

/// Opens `path`. `wanted` are columns that the caller will ask for; only JSON lines, which have
/// no header, use them.
pub(crate) fn open(path: &Path, name: &str, format: &Format, wanted: &[String]) -> Result<Table> {
    match kind_of(path, format) {
        Some(FileKind::Csv) => delimited::open(bytes::open(path, name)?, name, format),
        Some(FileKind::Jsonl) => lines::open(bytes::open(path, name)?, name, format, wanted),
        Some(FileKind::Xlsx) => sheet::open(bytes::whole(bytes::open(path, name)?, name)?, name, format),
        Some(FileKind::Parquet) => parquet::open_file(path, name),
        None => Err(Error::file(
            name,
            "the kind of file cannot be told from its name",
            "state it: format = { kind = \"csv\" } (or xlsx, parquet, jsonl)",
        )),
    }
}

/// The kind of file: as stated, or from the name without `.gz` and `.zst`.
fn kind_of(path: &Path, format: &Format) -> Option<FileKind> {
    if format.kind.is_some() {
        return format.kind;
    }
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit('.').next()? {
        "csv" | "tsv" | "txt" => Some(FileKind::Csv),
        "xlsx" | "xlsm" => Some(FileKind::Xlsx),
        "parquet" | "pq" => Some(FileKind::Parquet),
        "jsonl" | "ndjson" => Some(FileKind::Jsonl),
        _ => None,
    }
}

/// Reads all rows of `bytes` as a file of this kind; for tests and fuzzing.
///
/// Rows with a fault are left out.
///
/// # Errors
/// When the bytes cannot be read as such a file.
pub fn rows_from_bytes(
    kind: FileKind,
    bytes: &[u8],
    format: &Format,
) -> std::result::Result<Vec<Vec<String>>, Error> {
    let name = "bytes";
    let cursor = || bytes::decompress(std::io::Cursor::new(bytes.to_vec()), name);
    let mut table = match kind {
        FileKind::Csv => delimited::open(cursor()?, name, format)?,
        FileKind::Jsonl => lines::open(cursor()?, name, format, &[])?,
        FileKind::Xlsx => sheet::open(bytes::whole(cursor()?, name)?, name, format)?,
        FileKind::Parquet => parquet::open_bytes(bytes::whole(cursor()?, name)?, name)?,
    };
    let mut out = vec![table.columns.clone()];
    while let Some(chunk) = table.rows.next_chunk()? {
        for row in (0..chunk.len()).filter(|&r| chunk.fault(r).is_none()) {
            out.push((0..table.columns.len()).map(|c| chunk.field(row, c).to_text().into_owned()).collect());
        }
    }
    Ok(out)
}

fn is_empty(name: &str, what: &str) -> Error {
    Error::file(name, what, "it needs a header and rows; ask its sender for a new copy")
}

fn no_header_row(name: &str, row: u64) -> Error {
    let message = format!("there is no row {row} with a value in it, which should hold the header");
    Error::file(name, message, "set header_row in [source.format] to the row with the names of the columns")
}

/// Checks the names of columns: there are some, and no two are the same. Empty names at the end
/// are taken off; others get the name `column N`.
fn check_header(name: &str, row: u64, mut columns: Vec<String>) -> Result<Vec<String>> {
    while columns.last().is_some_and(String::is_empty) {
        columns.pop();
    }
    if columns.is_empty() {
        return Err(is_empty(name, "the file is empty"));
    }
    if columns.len() > WIDEST {
        return Err(Error::at(
            name,
            row,
            format!("the header has {} columns", columns.len()),
            format!("at most {WIDEST} are read; is the delimiter right?"),
        ));
    }
    for (i, c) in columns.iter_mut().enumerate() {
        if c.is_empty() {
            *c = format!("column {}", i + 1);
        }
    }
    let mut seen = std::collections::HashMap::new();
    for (i, c) in columns.iter().enumerate() {
        if let Some(first) = seen.insert(c.as_str(), i) {
            if looks_like_data(&columns) {
                let message = format!("columns {} and {} have the same name", first + 1, i + 1);
                return Err(Error::at(name, row, message, NO_HEADER));
            }
            return Err(Error::at(
                name,
                row,
                format!("the column name \"{c}\" occurs twice, in columns {} and {}", first + 1, i + 1),
                "give each column its own name; which of the two is meant cannot be guessed",
            ));
        }
    }
    Ok(columns)
}
