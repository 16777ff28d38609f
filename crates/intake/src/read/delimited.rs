//! Text with delimiters: RFC 4180 and its many relatives.

use std::io::{BufRead, Read};

use csv_core::ReadRecordResult;
use model::Format;

use super::bytes::{self, Source, io, put_back};
use super::{Chunk, Fault, LONGEST, NO_NAME, NO_NAME_HELP, Rows, Table, WIDEST, check_header};
use crate::error::{Error, Result};

/// Bytes looked at to find the delimiter.
const LOOK: u64 = 64 << 10;

pub(super) fn open(source: Source, name: &str, format: &Format) -> Result<Table> {
    let text = bytes::text(source, name, format.encoding.as_deref())?;
    let mut source = text.source;
    let mut start = Vec::new();
    source.by_ref().take(LOOK).read_to_end(&mut start).map_err(io(name))?;
    let delimiter = match format.delimiter {
        Some(c) => u8::try_from(c)
            .ok()
            .filter(|b| b.is_ascii() && !matches!(b, b'"' | b'\n' | b'\r'))
            .ok_or_else(|| {
                Error::file(
                    name,
                    format!("{c:?} cannot be a delimiter"),
                    "use one such as \",\", \";\", \"|\" or \"\\t\"",
                )
            })?,
        None => find_delimiter(&start),
    };
    let mut records = Records {
        core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
        source: put_back(start, source),
        name: name.to_owned(),
        bytes: vec![0; 4096],
        ends: vec![0; 64],
        length: 0,
        fields: 0,
        line: 0,
        returns: 0,
        last: 0,
        ended: false,
    };
    let (columns, full) = loop {
        if !records.next()? {
            return Err(match format.header_row {
                Some(row) if records.line > 0 => super::no_header_row(name, row),
                _ => super::is_empty(name, "the file is empty"),
            });
        }
        let blank = records.bytes[..records.length].iter().all(u8::is_ascii_whitespace);
        if records.line < format.header_row.unwrap_or(1) || (blank && format.header_row.is_none()) {
            continue;
        }
        let Some(header) = records.text() else {
            return Err(Error::at(name, records.line, NOT_TEXT, NOT_TEXT_HELP));
        };
        let columns = check_header(name, records.line, header.map(|f| f.trim().to_owned()).collect())?;
        break (columns, records.fields);
    };
    Ok(Table {
        name: name.to_owned(),
        guessed_encoding: text.guessed,
        rows: Box::new(Delimited { records, width: columns.len(), full }),
        columns,
    })
}

const NOT_TEXT: &str = "the row holds bytes that are not UTF-8";
const NOT_TEXT_HELP: &str =
    "state how the file is encoded: format = { encoding = \"windows-1252\" } (or whatever its sender uses)";

/// The delimiter that cuts the first rows into the most even number of fields.
fn find_delimiter(start: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(start);
        let widths: Vec<usize> =
            reader.byte_records().take(50).map_while(std::result::Result::ok).map(|r| r.len()).collect();
        // The last record may be cut off by the end of what is looked at.
        let whole = if widths.len() > 1 { &widths[..widths.len() - 1] } else { &widths[..] };
        let most = whole.iter().copied().filter(|w| *w > 1).max().unwrap_or(0);
        let even = whole.iter().filter(|w| **w == most).count();
        (even * 100 / whole.len().max(1) * usize::from(most > 1), most)
    };
    // The first of equals wins: a comma before the others.
    let mut best = (b',', score(b','));
    for delimiter in [b';', b'\t', b'|'] {
        let s = score(delimiter);
        if s > best.1 {
            best = (delimiter, s);
        }
    }
    best.0
}

/// Records as bytes, in buffers that are used again.
struct Records {
    core: csv_core::Reader,
    source: Source,
    name: String,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    length: usize,
    fields: usize,
    /// Line on which the record begins.
    line: u64,
    /// Carriage returns that end a line by themselves.
    returns: u64,
    /// The last byte taken in.
    last: u8,
    ended: bool,
}

impl Records {
    /// Reads the next record; `false` at the end.
    fn next(&mut self) -> Result<bool> {
        (self.length, self.fields) = (0, 0);
        if self.ended {
            return Ok(false);
        }
        let before = self.last;
        let mut first = true;
        let cut_off = loop {
            let input = self.source.fill_buf().map_err(io(&self.name))?;
            if first {
                // The reader counts line feeds only, and old files have none.
                self.returns += u64::from(before == b'\r' && input.first() != Some(&b'\n'));
                first = false;
            }
            let (result, read, written, ends) =
                self.core.read_record(input, &mut self.bytes[self.length..], &mut self.ends[self.fields..]);
            if read > 0 {
                self.last = input[read - 1];
            }
            self.source.consume(read);
            self.length += written;
            self.fields += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() >= LONGEST => {
                    return Err(bytes::too_long(&self.name, self.line + 1));
                }
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 4, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= 4 * WIDEST => {
                    return Err(bytes::too_long(&self.name, self.line + 1));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 4, 0),
                ReadRecordResult::Record => break read == 0,
                ReadRecordResult::End => {
                    self.ended = true;
                    return Ok(false);
                }
            }
        };
        // The reader counts line ends it has passed; those within quotes belong to this record, and
        // so does the last one of a file that ends within quotes.
        let inside = self.bytes[..self.length].split(|b| *b == b'\n').count() as u64 - 1;
        let passed = self.core.line() + self.returns;
        self.line = passed.saturating_sub(inside + u64::from(self.last == b'\n' && !cut_off)).max(1);
        Ok(true)
    }

    /// What stands in the fields after the first `width`.
    fn beyond(&self, width: usize) -> &[u8] {
        &self.bytes[self.ends[width - 1]..self.length]
    }

    /// The fields as text; `None` when they are not UTF-8.
    fn text(&self) -> Option<impl Iterator<Item = &str>> {
        let text = std::str::from_utf8(&self.bytes[..self.length]).ok()?;
        let ends = &self.ends[..self.fields];
        // A character cut in two by a delimiter is no character.
        if !ends.iter().all(|&e| text.is_char_boundary(e)) {
            return None;
        }
        Some(ends.iter().scan(0, |start, &end| {
            let field = &text[*start..end];
            *start = end;
            Some(field)
        }))
    }
}

struct Delimited {
    records: Records,
    width: usize,
    /// Fields of the header, those at its end without a name included: some programs end each
    /// row with a delimiter.
    full: usize,
}

impl Rows for Delimited {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.width);
        while !chunk.is_full() && self.records.next()? {
            let line = self.records.line;
            let Some(fields) = self.records.text() else {
                let fault =
                    Fault { rule: "encoding.invalid", message: NOT_TEXT.to_owned(), help: NOT_TEXT_HELP };
                chunk.end_row(line, Some(fault));
                continue;
            };
            let found = self.records.fields;
            if self.records.bytes[..self.records.length].trim_ascii().is_empty() {
                continue;
            }
            let ragged = |message, help| Some(Fault { rule: "row.ragged", message, help });
            let fault = if found != self.width && found != self.full {
                let message = format!("the row has {found} fields and the header {}", self.width);
                ragged(
                    message,
                    "a field with a delimiter in it must stand between quotes; ask its sender to repair the row",
                )
            } else if !self.records.beyond(self.width).trim_ascii().is_empty() {
                ragged(NO_NAME.to_owned(), NO_NAME_HELP)
            } else {
                fields.take(self.width).for_each(|f| chunk.push_text(f));
                None
            };
            chunk.end_row(line, fault);
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, Option<&'static str>, Vec<String>)> {
        let format = Format { encoding: Some("utf-8".into()), ..Format::default() };
        let source = bytes::decompress(std::io::Cursor::new(text.to_vec()), "t").expect("plain");
        let mut table = open(source, "t.csv", &format).expect("a table");
        let mut out = Vec::new();
        while let Some(chunk) = table.rows.next_chunk().expect("readable") {
            for r in 0..chunk.len() {
                let fields =
                    (0..table.columns.len()).map(|c| chunk.field(r, c).to_text().into_owned()).collect();
                out.push((chunk.number(r), chunk.fault(r).map(|f| f.rule), fields));
            }
        }
        out
    }

    #[test]
    fn rows_are_numbered_as_an_editor_numbers_lines() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,\"x", "y\"", "", "2,z", "3"].join(end);
            let rows = rows(text.as_bytes());
            let seen: Vec<_> = rows.iter().map(|(n, f, _)| (*n, *f)).collect();
            assert_eq!(seen, [(2, None), (5, None), (6, Some("row.ragged"))], "{end:?}");
        }
    }

    #[test]
    fn a_quote_that_stays_open_does_not_shift_the_numbers() {
        let numbers: Vec<u64> = rows(b"a,b\n1,2\n\"3\n").iter().map(|(n, ..)| *n).collect();
        assert_eq!(numbers, [2, 3]);
    }

    #[test]
    fn rows_that_end_in_a_carriage_return_are_numbered_too() {
        let numbers: Vec<u64> = rows(b"a,b\r1,2\r3,4\r5,6").iter().map(|(n, ..)| *n).collect();
        assert_eq!(numbers, [2, 3, 4]);
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(find_delimiter(b"a;b;c\n1,5;2;3\n2,5;3;4\n"), b';');
        assert_eq!(find_delimiter(b"a\tb\n1\t2\n"), b'\t');
        assert_eq!(find_delimiter(b"a,b\n\"x;y;z\",2\n"), b',');
        assert_eq!(find_delimiter(b"only one column\nvalue\n"), b',');
    }

    #[test]
    fn a_character_cut_by_a_delimiter_is_a_fault_and_no_panic() {
        let rows = rows(b"a,b\nx\xc3,\xa9\n1,2\n");
        assert_eq!(rows[0].1, Some("encoding.invalid"));
        assert_eq!(rows[1].2, ["1", "2"]);
    }
}
