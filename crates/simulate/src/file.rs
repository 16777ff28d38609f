//! Files of the project: text plain or packed, a workbook, Parquet.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use crate::Error;
use crate::days::date_of;
use crate::encode::{Piece, header, schema};
use crate::layout::{Kind, Layout, Packing, WORKBOOK_HEADER};
use crate::report::Value;

/// A folder in which files are made; errors name the file by its path below it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder<'a>(pub(crate) &'a Path);

impl Folder<'_> {
    /// Makes a folder below this one.
    pub(crate) fn folder(&self, name: &str) -> Result<(), Error> {
        std::fs::create_dir_all(self.0.join(name)).map_err(|e| Error::io(name, e))
    }

    /// Writes a whole file of text.
    pub(crate) fn text(&self, name: &str, text: &str) -> Result<(), Error> {
        std::fs::write(self.0.join(name), text).map_err(|e| Error::io(name, e))
    }

    pub(crate) fn create(&self, name: &str) -> Result<BufWriter<File>, Error> {
        let file = File::create(self.0.join(name)).map_err(|e| Error::io(name, e))?;
        Ok(BufWriter::with_capacity(1 << 18, file))
    }

    /// A Parquet file with columns as in `schema`; `plain` names columns whose values seldom
    /// repeat.
    pub(crate) fn parquet(
        &self,
        name: &str,
        schema: SchemaRef,
        plain: &[&str],
    ) -> Result<ArrowWriter<BufWriter<File>>, Error> {
        let level = ZstdLevel::try_new(1).map_err(|e| Error::Encoding(e.to_string()))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(1 << 19));
        for column in plain {
            properties = properties.set_column_dictionary_enabled((*column).into(), false);
        }
        Ok(ArrowWriter::try_new(self.create(name)?, schema, Some(properties.build()))?)
    }
}

/// The file of a register, to which pieces are appended in order.
pub(crate) struct RegisterFile {
    name: String,
    sink: Sink,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
    Workbook(Box<Sheet>),
}

impl RegisterFile {
    /// Starts the file of a register with `rows` rows; `reference` is the day on which it is
    /// delivered.
    pub(crate) fn create(folder: Folder, layout: &Layout, rows: u64, reference: Date) -> Result<Self, Error> {
        let name = layout.path(rows);
        let kind = layout.kind(rows);
        let sink = match kind {
            Kind::Csv { packing, .. } | Kind::Lines { packing } => {
                let file = folder.create(&name)?;
                match packing {
                    Packing::Plain => Sink::Plain(file),
                    Packing::Gzip => Sink::Gzip(GzEncoder::new(file, flate2::Compression::new(4))),
                    Packing::Zstd => {
                        Sink::Zstd(zstd::Encoder::new(file, 3).map_err(|e| Error::io(&name, e))?)
                    }
                }
            }
            Kind::Parquet => {
                let plain: Vec<&str> = layout.columns.iter().take(2).map(|(_, name)| *name).collect();
                Sink::Parquet(Box::new(folder.parquet(&name, schema(layout), &plain)?))
            }
            Kind::Workbook => Sink::Workbook(Box::new(Sheet::new(layout, folder.0.join(&name), reference)?)),
        };
        let mut file = Self { name, sink };
        file.append(Piece::Bytes(header(layout, kind)?))?;
        Ok(file)
    }

    /// Appends a piece; pieces are of the kind of the file.
    pub(crate) fn append(&mut self, piece: Piece) -> Result<(), Error> {
        let name = &self.name;
        match (&mut self.sink, piece) {
            (Sink::Plain(w), Piece::Bytes(b)) => w.write_all(&b).map_err(|e| Error::io(name, e)),
            (Sink::Gzip(w), Piece::Bytes(b)) => w.write_all(&b).map_err(|e| Error::io(name, e)),
            (Sink::Zstd(w), Piece::Bytes(b)) => w.write_all(&b).map_err(|e| Error::io(name, e)),
            (Sink::Parquet(w), Piece::Batch(b)) => Ok(w.write(&b)?),
            (Sink::Workbook(s), Piece::Cells(rows)) => rows.iter().try_for_each(|r| s.row(r)),
            (_, Piece::Bytes(b)) if b.is_empty() => Ok(()),
            _ => Err(Error::Encoding(format!("{name} got rows of another kind of file"))),
        }
    }

    /// Writes what is left and closes the file.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let name = &self.name;
        let flushed = match self.sink {
            Sink::Plain(mut w) => w.flush(),
            Sink::Gzip(w) => w.finish().and_then(|mut w| w.flush()),
            Sink::Zstd(w) => w.finish().and_then(|mut w| w.flush()),
            Sink::Parquet(w) => {
                w.close()?;
                Ok(())
            }
            Sink::Workbook(sheet) => return sheet.finish(),
        };
        flushed.map_err(|e| Error::io(name, e))
    }
}

/// A workbook with one sheet: two lines for readers, the header, and a row for each report.
struct Sheet {
    book: Workbook,
    path: PathBuf,
    next: u32,
    date: Format,
    layout_dates: crate::layout::Dates,
}

impl Sheet {
    fn new(layout: &Layout, path: PathBuf, reference: Date) -> Result<Self, Error> {
        let mut book = Workbook::new();
        let (year, month, day) = (reference.year() as u16, reference.month() as u8, reference.day() as u8);
        // without this the file would hold the time at which it was made
        let made = ExcelDateTime::from_ymd(year, month, day)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = book.add_worksheet().set_name("Meldingen")?;
        sheet.write_string(0, 0, "Nederlandse Arbeidsinspectie: meldingen mensenhandel (gesimuleerd)")?;
        sheet.write_string(1, 0, format!("Export van {}", layout.dates.date(reference)))?;
        let bold = Format::new().set_bold();
        for (i, (_, name)) in layout.columns.iter().enumerate() {
            sheet.write_string_with_format(WORKBOOK_HEADER as u32 - 1, i as u16, *name, &bold)?;
        }
        Ok(Self {
            book,
            path,
            next: WORKBOOK_HEADER as u32,
            date: Format::new().set_num_format("dd-mm-yyyy"),
            layout_dates: layout.dates,
        })
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Error> {
        let row = self.next;
        let sheet = self.book.worksheet_from_index(0)?;
        for (i, value) in values.iter().enumerate() {
            let column = i as u16;
            match value {
                Value::Empty => {}
                Value::Text(text) => {
                    sheet.write_string(row, column, text.as_ref())?;
                }
                Value::Number(n) => {
                    sheet.write_number(row, column, *n)?;
                }
                Value::Day(day) => {
                    let d = date_of(*day);
                    let date = ExcelDateTime::from_ymd(d.year() as u16, d.month() as u8, d.day() as u8)?;
                    sheet.write_datetime_with_format(row, column, &date, &self.date)?;
                }
                Value::NoDate(year, month, day) => {
                    sheet.write_string(row, column, self.layout_dates.write(*year, *month, *day))?;
                }
            }
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        Ok(self.book.save(&self.path)?)
    }
}
