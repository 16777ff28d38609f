//! Workbooks of Excel.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use jiff::civil::{Date, date};
use model::Format;

use super::{Chunk, Fault, NO_NAME, NO_NAME_HELP, Rows, Table, WIDEST, check_header};
use crate::error::{Error, Result};

/// Bytes of a sheet in memory. The greatest that Excel can write need less; a small file can be
/// made that needs a thousand times as much.
const MOST: usize = 4 << 30;

enum Owned {
    Text(String),
    Date(Date),
}

pub(super) fn open(bytes: Vec<u8>, name: &str, format: &Format) -> Result<Table> {
    let broken = |e: &dyn std::fmt::Display| {
        Error::file(name, format!("the workbook cannot be read: {e}"), "save it again as .xlsx, or send CSV")
    };
    if bytes.is_empty() {
        return Err(Error::file(name, "the file is empty", "ask its sender for a new copy"));
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e: calamine::XlsxError| broken(&e))?;
    let sheets = book.sheet_names();
    let sheet = match &format.sheet {
        Some(wanted) if sheets.contains(wanted) => wanted.clone(),
        Some(wanted) => {
            let help = match model::nearest(wanted, sheets.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("its sheets are {}", sheets.join(", ")),
            };
            return Err(Error::file(name, format!("there is no sheet \"{wanted}\""), help));
        }
        None => sheets.first().cloned().ok_or_else(|| broken(&"it has no sheet"))?,
    };
    let merged = book.merge_cells_by_sheet_name(&sheet).map_err(|e| broken(&e))?;
    let named = format!("{name}!{sheet}");
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|e| broken(&e))?;

    let mut out = Sheet::default();
    let mut columns: Option<Vec<String>> = None;
    let mut row: Vec<Option<Owned>> = Vec::new();
    let mut at = None;
    loop {
        let cell = cells.next_cell().map_err(|e| broken(&e))?;
        let position = cell.as_ref().map(calamine::Cell::get_position);
        if position.map(|p| p.0) != at {
            if let Some(number) = at {
                finish(&mut row, u64::from(number) + 1, &named, format, &mut columns, &mut out)?;
                if position.is_some_and(|p| p.0 < number) {
                    return Err(broken(&"its rows are not in order"));
                }
            }
            at = position.map(|p| p.0);
        }
        let (Some(cell), Some((_, column))) = (cell, position) else { break };
        let Some(value) = value(cell.get_value()) else { continue };
        if column as usize >= WIDEST {
            return Err(broken(&format!("it has more than {WIDEST} columns")));
        }
        if row.len() <= column as usize {
            row.resize_with(column as usize + 1, || None);
        }
        row[column as usize] = Some(value);
    }
    let Some(columns) = columns else {
        return Err(match format.header_row {
            Some(row) => super::no_header_row(&named, row),
            None => super::is_empty(&named, "the sheet is empty"),
        });
    };
    let header = out.header;
    if let Some(m) = merged.iter().find(|m| {
        (m.start.0..=m.end.0).contains(&header.saturating_sub(1))
            && (m.end.1 > m.start.1 || m.end.0 > m.start.0)
    }) {
        return Err(Error::at(
            &named,
            u64::from(header),
            format!(
                "the header has merged cells ({}{}:{}{})",
                letters(m.start.1),
                m.start.0 + 1,
                letters(m.end.1),
                m.end.0 + 1
            ),
            "unmerge them and give each column one name in one row, or state which row is the header with header_row",
        ));
    }
    out.chunks.extend((!out.last.is_empty()).then(|| std::mem::take(&mut out.last)));
    out.chunks.reverse();
    Ok(Table { columns, name: named, guessed_encoding: None, rows: Box::new(out) })
}

/// Takes a row that is complete: the header, or a row of data.
fn finish(
    row: &mut Vec<Option<Owned>>,
    number: u64,
    name: &str,
    format: &Format,
    columns: &mut Option<Vec<String>>,
    out: &mut Sheet,
) -> Result<()> {
    let cells = std::mem::take(row);
    if cells.iter().all(Option::is_none) {
        return Ok(());
    }
    let Some(names) = columns else {
        if format.header_row.is_none_or(|wanted| number >= wanted) {
            let names = cells.into_iter().map(|c| c.map_or_else(String::new, |c| text(&c))).collect();
            *columns = Some(check_header(name, number, names)?);
            out.header = number as u32;
            out.last = Chunk::new(columns.as_ref().map_or(0, Vec::len));
        }
        return Ok(());
    };
    let width = names.len();
    let beyond = cells.len() > width;
    if !beyond {
        for cell in cells {
            match cell {
                Some(Owned::Text(t)) => out.last.push_text(&t),
                Some(Owned::Date(d)) => out.last.push_date(d),
                None => out.last.push_text(""),
            }
        }
    }
    let fault = beyond.then(|| Fault { rule: "row.ragged", message: NO_NAME.to_owned(), help: NO_NAME_HELP });
    out.last.end_row(number, fault);
    if out.last.is_full() {
        out.size += out.last.size();
        if out.size > MOST {
            return Err(Error::at(
                name,
                number,
                "the sheet holds more than 4 GiB",
                "send it as CSV or Parquet",
            ));
        }
        let full = std::mem::replace(&mut out.last, Chunk::new(width));
        out.chunks.push(full);
    }
    Ok(())
}

fn text(cell: &Owned) -> String {
    match cell {
        Owned::Text(t) => t.trim().to_owned(),
        Owned::Date(d) => d.to_string(),
    }
}

fn value(data: &DataRef<'_>) -> Option<Owned> {
    let text = match data {
        DataRef::Empty => return None,
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(x) => super::number(*x),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(d) if d.is_duration() => d.as_f64().to_string(),
        DataRef::DateTime(d) => {
            // Day 60 of Excel is 29 February 1900, which never was. A number so great or small
            // that it is no day stays a number.
            let (y, m, day, ..) = d.to_ymd_hms_milli();
            return match (i16::try_from(y), i8::try_from(m), i8::try_from(day)) {
                (Ok(y), Ok(m), Ok(day)) if d.as_f64() >= 1.0 && d.as_f64() < 2_958_466.0 => {
                    Some(Date::new(y, m, day).map_or(Owned::Date(date(1900, 3, 1)), Owned::Date))
                }
                _ => Some(Owned::Text(d.as_f64().to_string())),
            };
        }
        DataRef::Error(e) => e.to_string(),
    };
    (!text.trim().is_empty()).then_some(Owned::Text(text))
}

fn letters(mut column: u32) -> String {
    let mut out = Vec::new();
    loop {
        out.push(b'A' + (column % 26) as u8);
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    out.iter().rev().map(|b| char::from(*b)).collect()
}

/// A sheet read whole: a workbook's strings must be read before its rows anyway.
#[derive(Default)]
struct Sheet {
    /// Last first.
    chunks: Vec<Chunk>,
    last: Chunk,
    header: u32,
    /// Bytes in `chunks`.
    size: usize,
}

impl Rows for Sheet {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        Ok(self.chunks.pop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_the_spreadsheet() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
