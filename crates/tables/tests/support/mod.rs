//! Standard reports made by hand, and the settings to read them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int16Array, RecordBatch, UInt16Array, UInt64Array};
use model::{Catalogue, Label, Period, Settings, TableSettings, Unit};
use parquet::arrow::ArrowWriter;

/// One report. Codes are indices in the lists of [`codes`].
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) person: u64,
    /// Days since 1970.
    pub(crate) day: i32,
    pub(crate) register: u16,
    pub(crate) age: Option<i16>,
    pub(crate) form: u16,
    pub(crate) sex: u16,
}

/// The code lists: code and parent. The last of each is unknown.
pub(crate) fn codes(variable: &str) -> &'static [(&'static str, &'static str)] {
    match variable {
        "form" => &[("A", ""), ("A1", "A"), ("A2", "A"), ("B", ""), ("B1", "B"), ("_U", "")],
        "sex" => &[("F", ""), ("M", ""), ("_T", ""), ("_U", "")],
        "ages" => {
            &[("0-17", ""), ("0-11", "0-17"), ("12-17", "0-17"), ("18-29", ""), ("30+", ""), ("_U", "")]
        }
        _ => &[("Z", ""), ("_U", "")],
    }
}

pub(crate) fn settings() -> (Settings, Catalogue) {
    let mut text = String::from(
        "[monitor]\nid = \"m\"\ntitle = \"T\"\ndescription = \"D\"\npublisher = \"P\"\nedition = \"1\"\n\
         reference_date = \"2026-11-24\"\n",
    );
    for id in ["organisation", "form", "sex", "citizenship", "place", "residence", "status", "ages"] {
        writeln!(text, "[variable.{id}]\nfile = \"{id}.csv\"").expect("text");
    }
    for id in ["police", "border", "shelter"] {
        write!(text,
            "[[source]]\nid = \"{id}\"\npath = \"{id}.csv\"\ntitle = \"{id}\"\n[source.reports]\nregister = \"{id}\"\n\
             label = \"{id}\"\nrecord = \"id\"\ndate = {{ column = \"date\" }}\n"
        ).expect("text");
    }
    let settings = Settings::parse(&text).expect("valid settings");
    let catalogue = Catalogue::new(&settings, |file| {
        let mut text = "code,parent,label_en,label_nl,valid_from,valid_to,provisional,note\n".to_owned();
        for (code, parent) in codes(file.trim_end_matches(".csv")) {
            writeln!(text, "{code},{parent},{code},{code},,,,").expect("text");
        }
        Ok(text)
    })
    .expect("a valid catalogue");
    (settings, catalogue)
}

pub(crate) fn table(id: &str, count: Unit, period: Period, dimensions: &[&str]) -> TableSettings {
    TableSettings {
        id: id.into(),
        title: Label::same(id),
        definition: Label::default(),
        count,
        period,
        dimensions: dimensions.iter().map(|d| (*d).to_owned()).collect(),
        population: None,
        per: 100_000,
        concept: None,
    }
}

/// Writes reports as the readers of registers do.
pub(crate) fn write(folder: &Path, name: &str, reports: &[Report], settings: &Settings) -> PathBuf {
    let n = reports.len();
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("row".into(), Arc::new(UInt64Array::from_iter_values(0..n as u64))),
        ("person".into(), Arc::new(UInt64Array::from_iter_values(reports.iter().map(|r| r.person)))),
        ("date".into(), Arc::new(Date32Array::from_iter_values(reports.iter().map(|r| r.day)))),
        ("register".into(), Arc::new(UInt16Array::from_iter_values(reports.iter().map(|r| r.register)))),
        ("age".into(), Arc::new(reports.iter().map(|r| r.age).collect::<Int16Array>())),
    ];
    for id in settings.variable_ids() {
        let values: Vec<u16> = reports
            .iter()
            .map(|r| match id.as_str() {
                "form" => r.form,
                "sex" => r.sex,
                _ => 0,
            })
            .collect();
        columns.push((id, Arc::new(UInt16Array::from(values))));
    }
    let fields: Vec<(String, ArrayRef, bool)> = columns
        .into_iter()
        .map(|(name, array)| {
            let nullable = name == "age";
            (name, array, nullable)
        })
        .collect();
    let batch = RecordBatch::try_from_iter_with_nullable(fields).expect("columns of one length");
    let path = folder.join(name);
    let file = std::fs::File::create(&path).expect("a new file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    path
}
