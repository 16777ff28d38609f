//! Reads a release back: every cell of every table in every format, and all its words.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, UInt64Type};
use calamine::{Data, Reader as _, Xlsx};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{ending, tree};

/// The columns that follow the codes and their labels, by the documentation of the download page.
const FIGURES: [&str; 3] = ["value", "lower", "upper"];

/// One cell as a file of the release gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) value: Option<u64>,
    pub(crate) lower: Option<u64>,
    pub(crate) upper: Option<u64>,
    /// `CONF_STATUS`; JSON-stat has none.
    pub(crate) conf: Option<String>,
    /// `OBS_STATUS`
    pub(crate) obs: String,
}

impl Cell {
    pub(crate) fn is_hidden(&self) -> bool {
        self.obs == "Q"
    }
}

/// A table: the names of its dimensions, and its cells by their codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) dimensions: Vec<String>,
    pub(crate) cells: BTreeMap<Vec<String>, Cell>,
}

impl Table {
    /// The cell with these codes; every other dimension is at its total.
    #[track_caller]
    pub(crate) fn at(&self, codes: &[(&str, &str)]) -> &Cell {
        let key: Vec<String> = self
            .dimensions
            .iter()
            .map(|d| codes.iter().find(|(name, _)| name == d).map_or("_T", |(_, code)| code).to_owned())
            .collect();
        self.cells.get(&key).unwrap_or_else(|| panic!("no cell {key:?} among {:?}", self.dimensions))
    }

    /// Codes of a dimension that occur.
    pub(crate) fn codes(&self, dimension: &str) -> Vec<String> {
        let at = self.dimensions.iter().position(|d| d == dimension).expect("the dimension");
        let codes: std::collections::BTreeSet<&String> = self.cells.keys().map(|k| &k[at]).collect();
        codes.into_iter().cloned().collect()
    }
}

/// Identifiers of the tables of a release: the folders of data that hold JSON-stat.
pub(crate) fn ids(release: &Path) -> Vec<String> {
    let mut ids: Vec<String> = std::fs::read_dir(release.join("data"))
        .expect("the data of the release")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.is_dir() && tree(p).keys().any(|name| ending(name) == "json"))
        .map(|p| p.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids
}

fn file(release: &Path, id: &str, ending: &str) -> Vec<u8> {
    let path = release.join(format!("data/{id}/{id}.{ending}"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Rows of text, the header first, as a table.
fn table(rows: Vec<Vec<String>>) -> Table {
    let mut rows = rows.into_iter();
    let header = rows.next().expect("a header");
    let column = |name: &str| header.iter().position(|c| c == name).unwrap_or_else(|| panic!("no {name}"));
    // The columns of codes come first, and each has its labels in columns of its own.
    let dimensions: Vec<String> =
        header.iter().take_while(|c| header.contains(&format!("{c}_en"))).cloned().collect();
    let figures = FIGURES.map(column);
    let (conf, obs) = (column("CONF_STATUS"), column("OBS_STATUS"));
    let number = |text: &str| (!text.is_empty()).then(|| text.parse::<u64>().expect("a count"));
    let mut cells = BTreeMap::new();
    for row in rows {
        let [value, lower, upper] = figures.map(|c| number(&row[c]));
        let cell = Cell { value, lower, upper, conf: Some(row[conf].clone()), obs: row[obs].clone() };
        let key = row[..dimensions.len()].to_vec();
        assert!(cells.insert(key.clone(), cell).is_none(), "{key:?} stands there twice");
    }
    Table { dimensions, cells }
}

pub(crate) fn csv(release: &Path, id: &str) -> Table {
    let bytes = file(release, id, "csv");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(Cursor::new(bytes));
    table(reader.records().map(|r| r.expect("a row").iter().map(str::to_owned).collect()).collect())
}

pub(crate) fn xlsx(release: &Path, id: &str) -> Table {
    let sheets = sheets(file(release, id, "xlsx"));
    let (_, rows) = sheets.into_iter().find(|(name, _)| name == "data").expect("the sheet data");
    table(rows)
}

pub(crate) fn parquet(release: &Path, id: &str) -> Table {
    table(parquet_rows(&release.join(format!("data/{id}/{id}.parquet"))))
}

/// JSON-stat 2.0, by its own documentation: values and status by position, the last dimension
/// fastest.
pub(crate) fn jsonstat(release: &Path, id: &str) -> Table {
    let set: Value = serde_json::from_slice(&file(release, id, "json")).expect("JSON");
    assert_eq!((set["version"].as_str(), set["class"].as_str()), (Some("2.0"), Some("dataset")));
    let texts = |v: &Value| -> Vec<String> {
        v.as_array().expect("a list").iter().map(|t| t.as_str().expect("text").to_owned()).collect()
    };
    let dimensions = texts(&set["id"]);
    let codes: Vec<Vec<String>> =
        dimensions.iter().map(|d| texts(&set["dimension"][d.as_str()]["category"]["index"])).collect();
    let sizes: Vec<usize> =
        set["size"].as_array().expect("sizes").iter().map(|n| n.as_u64().expect("a size") as usize).collect();
    assert_eq!(sizes, codes.iter().map(Vec::len).collect::<Vec<_>>());
    let at = |values: &Value, place: usize| -> Value {
        match values {
            Value::Array(list) => list[place].clone(),
            other => other[place.to_string()].clone(),
        }
    };
    let mut cells = BTreeMap::new();
    for place in 0..sizes.iter().product() {
        let (mut rest, mut key) = (place, Vec::new());
        for list in codes.iter().rev() {
            key.insert(0, list[rest % list.len()].clone());
            rest /= list.len();
        }
        let value = at(&set["value"], place).as_u64();
        let bounds = at(&set["extension"]["bounds"], place);
        let status = at(&set["status"], place).as_str().map(str::to_owned);
        if value.is_none() && status.is_none() && bounds.is_null() {
            continue;
        }
        let cell = Cell {
            value,
            lower: bounds[0].as_u64(),
            upper: bounds[1].as_u64(),
            conf: None,
            obs: status.unwrap_or_else(|| "A".into()),
        };
        cells.insert(key, cell);
    }
    Table { dimensions, cells }
}

/// The sheets of a workbook as text.
fn sheets(bytes: Vec<u8>) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let names = book.sheet_names();
    names
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).expect("a sheet");
            let cell = |c: &Data| match c {
                Data::Empty => String::new(),
                other => other.to_string(),
            };
            let rows = range.rows().map(|r| r.iter().map(cell).collect()).collect();
            (name, rows)
        })
        .collect()
}

pub(crate) fn batches(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    reader.build().expect("Parquet").map(|b| b.expect("a batch")).collect()
}

fn parquet_rows(path: &Path) -> Vec<Vec<String>> {
    let batches = batches(path);
    let names = |b: &RecordBatch| b.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut rows: Vec<Vec<String>> = batches.first().map(names).into_iter().collect();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let text = |column: &dyn Array| match column.data_type() {
                _ if column.is_null(row) => String::new(),
                DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
                DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
                _ => arrow::util::display::array_value_to_string(column, row).expect("a value"),
            };
            rows.push(batch.columns().iter().map(|c| text(c.as_ref())).collect());
        }
    }
    rows
}

/// The text of every file of a release, workbooks and Parquet taken apart.
pub(crate) fn texts(release: &Path) -> BTreeMap<String, String> {
    tree(release)
        .into_iter()
        .map(|(name, bytes)| {
            let join = |rows: Vec<Vec<String>>| -> String {
                rows.into_iter().map(|r| r.join("\t")).collect::<Vec<_>>().join("\n")
            };
            let text = match ending(&name) {
                "xlsx" => {
                    let sheets = sheets(bytes).into_iter().flat_map(|(name, rows)| [name, join(rows)]);
                    sheets.collect::<Vec<_>>().join("\n")
                }
                // What it says is in streams; what is open are names and metadata.
                "pdf" => String::from_utf8_lossy(&bytes).into_owned(),
                // The figures, and the bytes for the texts beside them.
                "parquet" => {
                    let beside = String::from_utf8_lossy(&bytes).into_owned();
                    format!("{}\n{beside}", join(parquet_rows(&release.join(&name))))
                }
                _ => String::from_utf8(bytes).unwrap_or_else(|_| panic!("{name} is not UTF-8")),
            };
            (name, text)
        })
        .collect()
}
