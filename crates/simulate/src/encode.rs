//! Rows as the bytes, cells or Arrow batches of a file.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Builder, Int16Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};

use crate::Error;
use crate::days::{Day, date_of};
use crate::identity::plain;
use crate::layout::{Encoding, Field, Kind, Layout};
use crate::report::{Row, Value};

/// A run of rows, ready to be appended to a file.
#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Cells(Vec<Vec<Value>>),
    Batch(RecordBatch),
}

/// Encodes rows for a file of this layout and kind.
pub(crate) fn encode(layout: &Layout, kind: Kind, rows: Vec<Row>) -> Result<Piece, Error> {
    match kind {
        Kind::Csv { delimiter, encoding, .. } => {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .flexible(true)
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::with_capacity(rows.len() * 160));
            for row in &rows {
                for value in ragged(row) {
                    field(&mut writer, layout, encoding, value)?;
                }
                if row.ragged == Some(true) {
                    writer.write_field("n.v.t.")?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Ok(Piece::Bytes(writer.into_inner().map_err(|e| Error::Encoding(e.error().to_string()))?))
        }
        Kind::Workbook => Ok(Piece::Cells(rows.into_iter().map(|r| r.values).collect())),
        Kind::Lines { .. } => {
            let mut bytes = Vec::with_capacity(rows.len() * 400);
            for row in &rows {
                line(&mut bytes, layout, row)?;
            }
            Ok(Piece::Bytes(bytes))
        }
        Kind::Parquet => batch(layout, &rows).map(Piece::Batch),
    }
}

/// The header of a file of text; empty for the other kinds.
pub(crate) fn header(layout: &Layout, kind: Kind) -> Result<Vec<u8>, Error> {
    let Kind::Csv { delimiter, encoding, .. } = kind else {
        return Ok(Vec::new());
    };
    let mark: &[u8] = if encoding == Encoding::Utf8WithMark { b"\xEF\xBB\xBF" } else { b"" };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(mark.to_vec());
    writer.write_record(layout.columns.iter().map(|(_, name)| *name))?;
    writer.into_inner().map_err(|e| Error::Encoding(e.error().to_string()))
}

/// The values of a row of delimited text: all, or without the last.
fn ragged(row: &Row) -> &[Value] {
    let keep = row.values.len() - usize::from(row.ragged == Some(false));
    &row.values[..keep]
}

/// A value as text; the empty text for no value.
fn text(layout: &Layout, value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) => text.to_string(),
        Value::Day(day) => layout.dates.date(date_of(*day)),
        Value::NoDate(year, month, day) => layout.dates.write(*year, *month, *day),
        Value::Number(n) => n.to_string(),
    }
}

fn field(
    writer: &mut csv::Writer<Vec<u8>>,
    layout: &Layout,
    encoding: Encoding,
    value: &Value,
) -> Result<(), Error> {
    match (value, encoding) {
        (Value::Text(text), Encoding::Windows1252) if !text.is_ascii() => {
            writer.write_field(windows_1252(text))
        }
        (Value::Text(text), _) => writer.write_field(text.as_bytes()),
        _ => writer.write_field(self::text(layout, value)),
    }
    .map_err(Error::from)
}

/// Text in windows-1252; letters it lacks are written without their diacritics.
fn windows_1252(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match u32::from(letter) {
            // ASCII, and the part that windows-1252 shares with Latin-1
            code @ (0..=0x7F | 0xA0..=0xFF) => bytes.push(code as u8),
            _ => bytes.extend_from_slice(plain(letter).unwrap_or("?").as_bytes()),
        }
    }
    bytes
}

fn line(bytes: &mut Vec<u8>, layout: &Layout, row: &Row) -> Result<(), Error> {
    let json = |e: serde_json::Error| Error::Encoding(e.to_string());
    bytes.push(b'{');
    for (i, ((_, name), value)) in layout.columns.iter().zip(&row.values).enumerate() {
        if i > 0 {
            bytes.push(b',');
        }
        serde_json::to_writer(&mut *bytes, name).map_err(json)?;
        bytes.push(b':');
        match value {
            Value::Empty => bytes.extend_from_slice(b"null"),
            Value::Number(n) => bytes.extend_from_slice(n.to_string().as_bytes()),
            Value::Text(text) => serde_json::to_writer(&mut *bytes, text.as_ref()).map_err(json)?,
            Value::Day(_) | Value::NoDate(..) => {
                serde_json::to_writer(&mut *bytes, &text(layout, value)).map_err(json)?;
            }
        }
    }
    bytes.extend_from_slice(b"}\n");
    Ok(())
}

/// The columns of a register that is kept as Parquet.
pub(crate) fn schema(layout: &Layout) -> SchemaRef {
    let column = |(field, name): &(Field, &str)| {
        let kind = match field {
            Field::Date | Field::Birth => DataType::Date32,
            Field::Age => DataType::Int16,
            _ => DataType::Utf8,
        };
        ArrowField::new(*name, kind, true)
    };
    Arc::new(Schema::new(layout.columns.iter().map(column).collect::<Vec<_>>()))
}

fn batch(layout: &Layout, rows: &[Row]) -> Result<RecordBatch, Error> {
    let day = |v: &Value| -> Option<Day> { if let Value::Day(d) = v { Some(*d) } else { None } };
    let number = |v: &Value| if let Value::Number(n) = v { i16::try_from(*n).ok() } else { None };
    let columns = layout.columns.iter().enumerate().map(|(i, (field, _))| -> ArrayRef {
        match field {
            Field::Date | Field::Birth => {
                let mut b = Date32Builder::with_capacity(rows.len());
                for row in rows {
                    b.append_option(day(&row.values[i]));
                }
                Arc::new(b.finish())
            }
            Field::Age => {
                let mut b = Int16Builder::with_capacity(rows.len());
                for row in rows {
                    b.append_option(number(&row.values[i]));
                }
                Arc::new(b.finish())
            }
            _ => {
                let mut b = StringBuilder::with_capacity(rows.len(), rows.len() * 10);
                for row in rows {
                    match &row.values[i] {
                        Value::Text(text) => b.append_value(text),
                        _ => b.append_null(),
                    }
                }
                Arc::new(b.finish())
            }
        }
    });
    Ok(RecordBatch::try_new(schema(layout), columns.collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::COUNTRIES;
    use crate::draw::Streams;
    use crate::names;

    #[test]
    fn every_name_can_be_written_in_windows_1252() {
        let mut draw = Streams::new(1).person(0);
        for country in &COUNTRIES {
            for sex in [0, 1] {
                for _ in 0..400 {
                    for name in [
                        names::given(country.origin, sex, &mut draw).to_owned(),
                        names::family(country.origin, &mut draw),
                        names::town(country.origin, &mut draw).to_owned(),
                    ] {
                        assert!(!windows_1252(&name).contains(&b'?'), "{name}");
                    }
                }
            }
        }
        assert_eq!(windows_1252("Roemenië"), b"Roemeni\xEB");
        assert_eq!(windows_1252("Łódź"), b"L\xF3dz");
    }
}
