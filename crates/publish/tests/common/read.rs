//! Reads a table of a release back from each of its formats, and from the cube itself.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, UInt64Type};
use calamine::{Data as Field, Reader, Xlsx};
use disclosure::{ConfStatus, ObsStatus};
use model::{Key, TOTAL, UNKNOWN, Value};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use publish::ReleasedCube;
use serde_json::Value as Json;

/// Columns beside those of the dimensions.
pub(crate) const COLUMNS: [&str; 6] = ["value", "lower", "upper", "CONF_STATUS", "OBS_STATUS", "unit"];
/// Columns of tables with rates.
pub(crate) const RATES: [&str; 4] = ["population", "rate", "rate_lower", "rate_upper"];

/// What a file says of one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    /// English and Dutch words for the category of each dimension.
    pub(crate) labels: Vec<String>,
    pub(crate) value: Option<u64>,
    pub(crate) bounds: [Option<u64>; 2],
    /// JSON-stat has none.
    pub(crate) conf: Option<String>,
    pub(crate) obs: String,
    pub(crate) rates: [Option<f64>; 4],
}

/// A table as read: codes of a cell, and what is said of it.
pub(crate) type Cells = BTreeMap<Vec<String>, Read>;

/// Formats that are read, in the order of [`all`].
pub(crate) const FORMATS: [&str; 4] = ["CSV", "XLSX", "Parquet", "JSON-stat"];

/// One table of the release in `dir` in every format.
pub(crate) fn all(dir: &Path, id: &str) -> [Cells; 4] {
    let file = |ending: &str| dir.join(format!("data/{id}/{id}.{ending}"));
    let wide = |rows: (Vec<String>, Vec<Vec<String>>)| from_rows(&rows.0, &rows.1);
    [
        wide(csv_rows(&file("csv"))),
        wide(xlsx_rows(&file("xlsx"))),
        wide(parquet_rows(&file("parquet"))),
        json_stat(&json(&file("json"))),
    ]
}

pub(crate) fn json(path: &Path) -> Json {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn csv_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    let texts = |record: &csv::StringRecord| record.iter().map(String::from).collect::<Vec<_>>();
    let head = texts(reader.headers().expect("a header"));
    (head, reader.records().map(|r| texts(&r.expect("a row as long as the header"))).collect())
}

pub(crate) fn xlsx_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut book: Xlsx<_> = calamine::open_workbook(path).expect("a workbook");
    let sheet = book.worksheet_range("data").expect("a sheet of data");
    let mut rows = sheet.rows().map(|row| {
        row.iter()
            .map(|field| match field {
                Field::Empty => String::new(),
                Field::String(text) => text.clone(),
                // Rust writes as many digits as tell the number from every other.
                Field::Float(x) => x.to_string(),
                Field::Int(n) => n.to_string(),
                other => panic!("a field {other:?}"),
            })
            .collect::<Vec<_>>()
    });
    let head = rows.next().expect("a header");
    (head, rows.collect())
}

fn parquet_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let file = File::open(path).expect("a Parquet file");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let head = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut rows = Vec::new();
    for batch in builder.build().expect("a reader") {
        let batch: RecordBatch = batch.expect("rows");
        for r in 0..batch.num_rows() {
            rows.push(
                batch
                    .columns()
                    .iter()
                    .map(|column| match column.data_type() {
                        _ if column.is_null(r) => String::new(),
                        DataType::Utf8 => column.as_string::<i32>().value(r).to_owned(),
                        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(r).to_string(),
                        DataType::Float64 => column.as_primitive::<Float64Type>().value(r).to_string(),
                        other => panic!("a column of {other}"),
                    })
                    .collect(),
            );
        }
    }
    (head, rows)
}

fn from_rows(head: &[String], rows: &[Vec<String>]) -> Cells {
    let rated = head.ends_with(&RATES.map(String::from));
    let own = COLUMNS.len() + if rated { RATES.len() } else { 0 };
    let n = (head.len() - own) / 3;
    let column = |name: &str| head.iter().position(|h| h == name).expect("the column is there");
    let [value, lower, upper, conf, obs, _] = COLUMNS.map(column);
    let number = |text: &str| (!text.is_empty()).then(|| text.parse::<f64>().expect("a number"));
    let count = |text: &str| (!text.is_empty()).then(|| text.parse::<u64>().expect("a count"));
    let mut out = Cells::new();
    for row in rows {
        let rates = RATES.map(|name| rated.then(|| number(&row[column(name)])).flatten());
        let read = Read {
            labels: row[n..3 * n].to_vec(),
            value: count(&row[value]),
            bounds: [count(&row[lower]), count(&row[upper])],
            conf: Some(row[conf].clone()),
            obs: row[obs].clone(),
            rates,
        };
        let before = out.insert(row[..n].to_vec(), read);
        assert!(before.is_none(), "the row of {:?} is there twice", &row[..n]);
    }
    out
}

/// The codes of each dimension of a JSON-stat dataset, in order.
pub(crate) fn json_stat_codes(dataset: &Json) -> Vec<Vec<String>> {
    let text = |v: &Json| v.as_str().expect("a text").to_owned();
    let ids = dataset["id"].as_array().expect("id");
    ids.iter()
        .map(|id| {
            let index = &dataset["dimension"][text(id)]["category"]["index"];
            index.as_array().expect("index").iter().map(text).collect()
        })
        .collect()
}

fn json_stat(dataset: &Json) -> Cells {
    let codes = json_stat_codes(dataset);
    let ids: Vec<&str> = dataset["id"].as_array().expect("id").iter().filter_map(Json::as_str).collect();
    let all: usize = codes.iter().map(Vec::len).product();
    let mut out = Cells::new();
    for position in 0..all {
        // Row-major: the last dimension runs fastest.
        let mut rest = position;
        let mut at: Vec<&String> = codes
            .iter()
            .rev()
            .map(|of| {
                let code = &of[rest % of.len()];
                rest /= of.len();
                code
            })
            .collect();
        at.reverse();
        let key = position.to_string();
        let value = match &dataset["value"] {
            Json::Array(values) => values[position].as_u64(),
            by_position => by_position[&key].as_u64(),
        };
        let bounds = dataset["extension"]["bounds"].get(&key);
        let status = dataset["status"].get(&key).and_then(Json::as_str);
        let figures = dataset["extension"]["rates"]["figures"].get(&key);
        if value.is_none() && bounds.is_none() && status.is_none() && figures.is_none() {
            continue;
        }
        let label = |at: &Json, id: &str, code: &str| {
            at["dimension"][id]["category"]["label"][code].as_str().unwrap_or_default().to_owned()
        };
        let read = Read {
            labels: ids
                .iter()
                .zip(&at)
                .flat_map(|(id, code)| {
                    [label(dataset, id, code), label(&dataset["extension"]["nl"], id, code)]
                })
                .collect(),
            value,
            bounds: [0, 1].map(|i| bounds.and_then(|b| b[i].as_u64())),
            conf: None,
            obs: status.unwrap_or("A").to_owned(),
            rates: [0, 1, 2, 3].map(|i| figures.and_then(|f| f[i].as_f64())),
        };
        out.insert(at.into_iter().cloned().collect(), read);
    }
    out
}

/// The codes of a key.
pub(crate) fn codes(released: &ReleasedCube, key: &Key) -> Vec<String> {
    let dimensions = released.cube.dimensions().iter();
    dimensions.zip(key).map(|(d, &k)| d.categories[k as usize].code.clone()).collect()
}

/// Whether a cell is hidden to protect persons.
pub(crate) fn is_hidden(cell: &disclosure::ProtectedCell) -> bool {
    cell.conf != ConfStatus::Free || cell.obs == ObsStatus::Suppressed
}

/// What every file must say of a table.
pub(crate) fn expected(released: &ReleasedCube) -> Cells {
    released
        .cube
        .cells()
        .map(|(key, cell)| {
            let (value, bounds) = match cell.value {
                _ if is_hidden(cell) => (None, [None, None]),
                Value::Count(n) => (Some(n), [None, None]),
                Value::Between(low, high) => (None, [Some(low), Some(high)]),
                Value::Missing => (None, [None, None]),
            };
            let rate = released.rates.as_ref().and_then(|r| r.cells.get(key)).filter(|_| value.is_some());
            let rates = match rate {
                Some(r) => [r.population as f64, r.rate, r.interval.0, r.interval.1].map(Some),
                None => [None; 4],
            };
            let dimensions = released.cube.dimensions().iter();
            let labels = dimensions.zip(key).flat_map(|(d, &k)| {
                let category = &d.categories[k as usize];
                let without = match category.code.as_str() {
                    TOTAL => ["Total", "Totaal"],
                    UNKNOWN => ["Unknown", "Onbekend"],
                    code => [code, code],
                };
                let given = [category.label.en.as_str(), category.label.nl.as_str()];
                [0, 1].map(|l| if given[l].is_empty() { without[l] } else { given[l] }.to_owned())
            });
            let read = Read {
                labels: labels.collect(),
                value,
                bounds,
                conf: Some(cell.conf.code().to_owned()),
                obs: cell.obs.code().to_owned(),
                rates,
            };
            (codes(released, key), read)
        })
        .collect()
}

/// Ends the test unless both tables say the same; rates may differ in their fifth decimal.
#[track_caller]
pub(crate) fn assert_same(found: &Cells, wanted: &Cells, what: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{what}");
    for (codes, wanted) in wanted {
        let found = &found[codes];
        let conf = found.conf.as_ref().or(wanted.conf.as_ref()).cloned();
        let as_read = Read { conf, rates: wanted.rates, ..found.clone() };
        assert_eq!(&as_read, wanted, "{what} {codes:?}");
        for (a, b) in found.rates.iter().zip(wanted.rates) {
            let same = match (*a, b) {
                (Some(a), Some(b)) => (a - b).abs() <= 0.000_051,
                (a, b) => a == b,
            };
            assert!(same, "{what} {codes:?}: {:?} and {:?}", found.rates, wanted.rates);
        }
    }
}
