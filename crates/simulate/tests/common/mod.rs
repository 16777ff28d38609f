//! Reads a simulated project back, apart from the code that wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int16Type, UInt64Type};
use calamine::{Data, Reader as _, Xlsx};
use jiff::civil::{Date, date};
use model::{CodeColumn, FileKind, Settings, Source};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

pub(crate) const REFERENCE: Date = date(2026, 1, 31);

/// A project in a folder that goes away with it.
pub(crate) fn make(reports: u64, seed: u64) -> (tempfile::TempDir, simulate::Summary) {
    make_editions(reports, seed, false)
}

/// The same, with the edition of the year before or without.
pub(crate) fn make_editions(
    reports: u64,
    seed: u64,
    year_before: bool,
) -> (tempfile::TempDir, simulate::Summary) {
    let dir = tempfile::tempdir().expect("a folder");
    let options =
        simulate::Options { reports, seed, reference_date: REFERENCE, pseudonyms: true, year_before };
    let summary = simulate::simulate(&options, dir.path(), &|_| {}).expect("made");
    (dir, summary)
}

/// All files below `dir`, in order.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push(path.strip_prefix(dir).expect("below").to_owned());
            }
        }
    }
    all.sort();
    all
}

pub(crate) fn text_of(path: &Path) -> String {
    fs::read_to_string(path).expect("text")
}

pub(crate) fn settings(dir: &Path) -> Settings {
    Settings::parse(&text_of(&dir.join("monitor.toml"))).unwrap_or_else(|e| panic!("{e}: {}", e.help))
}

/// Records of delimited text; bytes beyond ASCII are read as Latin-1.
pub(crate) fn read_csv(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(std::io::Cursor::new(bytes.to_vec()));
    let records: Vec<Vec<String>> = reader
        .byte_records()
        .map(|r| {
            let field = |f: &[u8]| {
                String::from_utf8(f.to_vec()).unwrap_or_else(|_| f.iter().map(|&b| char::from(b)).collect())
            };
            r.expect("a record").iter().map(field).collect()
        })
        .collect();
    records.into_iter()
}

/// A row of a register as text by column.
pub(crate) struct Row {
    pub(crate) number: u64,
    values: BTreeMap<String, String>,
    ragged: bool,
}

impl Row {
    pub(crate) fn get(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }

    pub(crate) fn date(&self, source: &Source) -> Option<Date> {
        let column = &source.reports.as_ref()?.date;
        Date::strptime(&column.format, self.get(&column.column)).ok()
    }
}

/// The rows of a register.
pub(crate) fn rows(dir: &Path, source: &Source) -> Vec<Row> {
    let path = dir.join(&source.path);
    let reports = source.reports.as_ref().expect("a register");
    let table: Vec<Vec<String>> = match source.format.kind {
        Some(FileKind::Csv) => {
            let bytes = unpacked(&path);
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            read_csv(bytes, source.format.delimiter.expect("stated") as u8).collect()
        }
        Some(FileKind::Xlsx) => workbook(&path, &reports.date.format),
        Some(FileKind::Jsonl) => {
            let text = String::from_utf8(unpacked(&path)).expect("UTF-8");
            let rows: Vec<serde_json::Map<String, serde_json::Value>> =
                text.lines().map(|l| serde_json::from_str(l).expect("an object")).collect();
            let header: Vec<String> = rows.first().map(|r| r.keys().cloned().collect()).unwrap_or_default();
            let value = |v: &serde_json::Value| match v {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(s) => s.clone(),
                other => other.to_string(),
            };
            std::iter::once(header).chain(rows.iter().map(|r| r.values().map(value).collect())).collect()
        }
        Some(FileKind::Parquet) => parquet_table(&path, &reports.date.format),
        None => panic!("{} states no kind", source.id),
    };
    let first = match source.format.kind {
        Some(FileKind::Csv) => 2,
        Some(FileKind::Xlsx) => source.format.header_row.expect("stated") + 1,
        _ => 1,
    };
    let header = table.first().cloned().unwrap_or_default();
    (first..)
        .zip(table.into_iter().skip(1))
        .map(|(number, values)| Row {
            number,
            ragged: values.len() != header.len(),
            values: header.iter().cloned().zip(values).collect(),
        })
        .collect()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("readable");
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => {
            let mut all = Vec::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut all).expect("gzip");
            all
        }
        Some("zst") => zstd::decode_all(bytes.as_slice()).expect("zstd"),
        _ => bytes,
    }
}

fn workbook(path: &Path, format: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook(path).expect("a workbook");
    let range = book.worksheet_range("Meldingen").expect("the sheet");
    let cell = |c: &Data| match c {
        Data::Empty => String::new(),
        Data::DateTime(d) => {
            let (year, month, day, ..) = d.to_ymd_hms_milli();
            let date =
                Date::new(i16::try_from(year).expect("a year"), month.cast_signed(), day.cast_signed());
            date.expect("a date").strftime(format).to_string()
        }
        other => other.to_string(),
    };
    range.rows().skip(2).map(|r| r.iter().map(cell).collect()).collect()
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    let file = fs::File::open(path).expect("readable");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("Parquet");
    reader.map(|b| b.expect("a batch")).collect()
}

fn parquet_table(path: &Path, format: &str) -> Vec<Vec<String>> {
    let file = fs::File::open(path).expect("readable");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let header = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut table = vec![header];
    for batch in batches(path) {
        for row in 0..batch.num_rows() {
            let value = |column: &dyn Array| -> String {
                if column.is_null(row) {
                    return String::new();
                }
                if let Some(text) = column.as_string_opt::<i32>() {
                    return text.value(row).to_owned();
                }
                if let Some(days) = column.as_primitive_opt::<Date32Type>() {
                    let day = date(1970, 1, 1) + jiff::Span::new().days(days.value(row));
                    return day.strftime(format).to_string();
                }
                column.as_primitive::<Int16Type>().value(row).to_string()
            };
            table.push(batch.columns().iter().map(|c| value(c.as_ref())).collect());
        }
    }
    table
}

/// The mistakes in a register, found by looking at every row: number and rule.
pub(crate) fn found_mistakes(dir: &Path, settings: &Settings, source: &Source) -> BTreeSet<(u64, String)> {
    let reports = source.reports.as_ref().expect("a register");
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    let known: Vec<(&CodeColumn, BTreeSet<String>)> =
        reports.columns.iter().map(|(id, c)| (c, known_codes(dir, settings, id, c))).collect();
    for row in rows(dir, source) {
        let mut add = |rule: &str| found.insert((row.number, rule.to_owned()));
        if row.ragged {
            add("row.ragged");
            continue;
        }
        let record = row.get(&reports.record);
        if record.is_empty() {
            add("record.missing");
        } else if !seen.insert(record.to_owned()) {
            add("record.duplicate");
        }
        for (column, known) in &known {
            let value = row.get(&column.column);
            if !value.is_empty() && !known.contains(value) {
                add("code.unknown");
            }
        }
        let date = row.date(source);
        match date {
            None if row.get(&reports.date.column).is_empty() => add("date.missing"),
            None => add("date.impossible"),
            Some(d) if d > REFERENCE => add("date.future"),
            Some(_) => false,
        };
        let birth =
            reports.birth_date.as_ref().and_then(|b| Date::strptime(&b.format, row.get(&b.column)).ok());
        if let (Some(date), Some(birth)) = (date, birth) {
            let age = i32::from(date.year() - birth.year())
                - i32::from((date.month(), date.day()) < (birth.month(), birth.day()));
            let stated = reports.age.as_ref().and_then(|a| row.get(a).parse::<i32>().ok());
            if birth > date {
                add("date.before_birth");
            } else if stated.is_some_and(|stated| stated != age) {
                add("age.contradicts_birth_date");
            }
        }
    }
    found
}

fn known_codes(dir: &Path, settings: &Settings, id: &str, column: &CodeColumn) -> BTreeSet<String> {
    let classification = settings.classification_id(id).expect("standard");
    let classification = model::classification(&classification).expect("ships with model");
    let mut known: BTreeSet<String> = column.codes.keys().cloned().collect();
    known.extend(classification.codes().iter().map(|c| c.code.clone()));
    if let Some(file) = &column.codes_file {
        for row in read_csv(text_of(&dir.join(file)).as_bytes(), b',').skip(1) {
            assert!(classification.position(&row[1]).is_some(), "{file}: {}", row[1]);
            known.insert(row[0].clone());
        }
    }
    known
}

/// A line of `truth/persons.parquet`.
pub(crate) struct Person {
    pub(crate) index: u64,
    pub(crate) pseudonym: String,
    pub(crate) year: i16,
    pub(crate) form: String,
    pub(crate) age_group: String,
    pub(crate) sex: String,
    pub(crate) citizenship: String,
    /// By register, in the order of `monitor.toml`.
    pub(crate) seen: [bool; 6],
}

pub(crate) fn persons(dir: &Path) -> Vec<Person> {
    let mut all = Vec::new();
    for batch in batches(&dir.join("truth/persons.parquet")) {
        let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("{name}"));
        let text = |name: &str, row: usize| column(name).as_string::<i32>().value(row).to_owned();
        let registers = ["police", "kmar", "inspectorate", "coordinators", "shelters", "others"];
        for row in 0..batch.num_rows() {
            all.push(Person {
                index: column("person").as_primitive::<UInt64Type>().value(row),
                pseudonym: text("pseudonym", row),
                year: column("year").as_primitive::<Int16Type>().value(row),
                form: text("form", row),
                age_group: text("age_group", row),
                sex: text("sex", row),
                citizenship: text("citizenship", row),
                seen: registers.map(|r| column(&format!("seen_by_{r}")).as_boolean().value(row)),
            });
        }
    }
    all
}

/// `truth/links.parquet`: register and row → person.
pub(crate) fn links(dir: &Path) -> BTreeMap<(String, u64), u64> {
    let mut all = BTreeMap::new();
    for batch in batches(&dir.join("truth/links.parquet")) {
        let numbers = |i: usize| batch.column(i).as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            let register = batch.column(0).as_string::<i32>().value(row).to_owned();
            all.insert((register, numbers(1).value(row)), numbers(3).value(row));
        }
    }
    all
}

/// The real six-list table, Netherlands 2010–2015 (Silverman 2020, table 2; `Ned` of the R
/// package `SparseMSE` 2.0.1), as shares of its 8,234 persons, read anew from the paper's table
/// with columns I, K, O, P, R, Z and turned to police, border police (K), inspectorate (I),
/// coordinators (R), shelters (Z), others (O).
pub(crate) fn real_histories() -> BTreeMap<[bool; 6], f64> {
    const TABLE: &str = "101100 4,101000 1,100101 4,100100 18,100010 3,100001 16,100000 352,011000 1,\
        010100 44,010001 4,010000 1299,001110 2,001101 7,001100 59,001010 2,001001 57,001000 403,\
        000111 1,000110 82,000101 125,000100 4466,000011 2,000010 650,000001 632";
    TABLE
        .split(',')
        .map(|line| {
            let (history, n) = line.trim().split_once(' ').expect("history and count");
            let seen: Vec<bool> = history.bytes().map(|b| b == b'1').collect();
            let [i, k, o, p, r, z] = seen[..] else { panic!("{history}") };
            ([p, k, i, r, z, o], n.parse::<f64>().expect("a count") / 8234.0)
        })
        .collect()
}
