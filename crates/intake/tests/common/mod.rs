//! What several tests share: cases in folders, projects made of them, and findings as text.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Int16Type, UInt16Type, UInt64Type};
use intake::{Error, Findings};
use model::{Catalogue, RowCount, Settings, Severity};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const HEAD: &str = r#"
[monitor]
id = "m"
title = "T"
description = "D"
publisher = "P"
edition = "2026"
reference_date = "2026-11-24"
"#;

/// A folder with a project in it.
pub(crate) struct Project {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) settings: Settings,
    pub(crate) catalogue: Catalogue,
    /// The key of pseudonyms and record numbers.
    pub(crate) secret: [u8; 32],
}

impl Project {
    /// A project with these files and, below a usual `[monitor]`, these settings.
    pub(crate) fn new<'a>(settings: &str, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let dir = tempfile::tempdir().expect("a folder for temporary files");
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).expect("a file of the project is written");
        }
        let settings = Settings::parse(&format!("{HEAD}\n{settings}"))
            .unwrap_or_else(|e| panic!("the settings are wrong: {e}\n  help: {}\n{settings}", e.help));
        let read = |file: &str| fs::read_to_string(dir.path().join(file)).map_err(|e| e.to_string());
        let catalogue = Catalogue::new(&settings, read).expect("the classifications are there");
        Self { dir, settings, catalogue, secret: [7; 32] }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where [`Project::reports`] writes.
    pub(crate) fn kept(&self) -> PathBuf {
        self.dir.path().join("kept.parquet")
    }

    /// Reads the first source as a register.
    pub(crate) fn reports(&self) -> Result<intake::Reports, Error> {
        let source = &self.settings.source[0];
        intake::read_reports(
            self.path(),
            source,
            &self.settings,
            &self.catalogue,
            &self.secret,
            &self.kept(),
            &|_| {},
        )
    }
}

/// A case: what it shows, the files of a project, and its settings.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) about: String,
    /// Columns that make groups, for capture histories.
    pub(crate) by: Vec<String>,
    pub(crate) project: Project,
}

impl Case {
    fn read(path: &Path) -> Self {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(path).expect("a case");
        let mut table: toml::Table =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let about = table.remove("about").and_then(|v| v.as_str().map(str::to_owned));
        let files: BTreeMap<String, String> =
            table.remove("files").expect("[files]").try_into().expect("names and texts");
        let by = table.remove("by").map(|v| v.try_into().expect("names")).unwrap_or_default();
        let settings = toml::to_string(&table).expect("settings");
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        Self { name, about: about.expect("what the case shows"), by, project: Project::new(&settings, files) }
    }
}

/// Files with this ending in a folder of `tests/cases`, in order.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("a folder of cases")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == ending))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", folder.display());
    paths
}

/// Checks each file, the others too when one fails.
pub(crate) fn each(paths: &[PathBuf], check: impl Fn(&Path)) {
    let failed: Vec<String> = paths
        .iter()
        .filter(|path| catch_unwind(AssertUnwindSafe(|| check(path))).is_err())
        .map(|path| path.display().to_string())
        .collect();
    assert!(failed.is_empty(), "{} of {} cases fail: {failed:#?}", failed.len(), paths.len());
}

/// Checks each case of a folder.
pub(crate) fn each_case(folder: &str, check: impl Fn(&Case)) {
    each(&files(folder, "toml"), |path| check(&Case::read(path)));
}

/// What is said of rows, for people who review it.
pub(crate) fn say_rows(rows: RowCount) -> String {
    assert!(rows.balances(), "rows are lost: {rows:?}");
    format!("{} rows: {} used, {} quarantined\n", rows.rows_in, rows.rows_used, rows.rows_quarantined)
}

/// Findings as the program shows them.
pub(crate) fn say_findings(findings: &Findings) -> String {
    let mut out = String::new();
    for f in findings.iter() {
        let severity = match f.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(out, "{severity}[{}] {}", f.rule, f.file).expect("to a string");
        for part in [f.row.map(|r| format!(":{r}")), f.column.as_ref().map(|c| format!(", {c}"))] {
            out.push_str(&part.unwrap_or_default());
        }
        if let Some(value) = &f.value {
            write!(out, " = {value:?}").expect("to a string");
        }
        writeln!(out, "\n  {}\n  help: {}", f.message, f.help).expect("to a string");
        assert!(!f.rule.is_empty() && !f.message.is_empty() && !f.help.is_empty(), "{f:?}");
    }
    out
}

/// An error as the program shows it.
pub(crate) fn say_error(e: &Error) -> String {
    assert!(!e.help().is_empty(), "{e}");
    format!("{e}\n  help: {}\n", e.help())
}

/// A standard report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) row: u64,
    pub(crate) person: u64,
    /// Days since 1970.
    pub(crate) date: i32,
    pub(crate) register: u16,
    pub(crate) age: Option<i16>,
    pub(crate) codes: Vec<u16>,
}

/// The reports in a file that [`intake::read_reports`] wrote.
pub(crate) fn kept(path: &Path) -> Vec<Kept> {
    let file = fs::File::open(path).expect("reports were kept");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .expect("a Parquet file");
    let mut out = Vec::new();
    for batch in reader {
        let batch = batch.expect("readable");
        let [row, person] = [0, 1].map(|c| batch.column(c).as_primitive::<UInt64Type>().clone());
        let date = batch.column(2).as_primitive::<Date32Type>();
        let register = batch.column(3).as_primitive::<UInt16Type>();
        let age = batch.column(4).as_primitive::<Int16Type>();
        for r in 0..batch.num_rows() {
            let codes =
                (5..batch.num_columns()).map(|c| batch.column(c).as_primitive::<UInt16Type>().value(r));
            out.push(Kept {
                row: row.value(r),
                person: person.value(r),
                date: date.value(r),
                register: register.value(r),
                age: age.is_valid(r).then(|| age.value(r)),
                codes: codes.collect(),
            });
        }
    }
    out
}

/// Kept reports as text, with persons numbered in the order in which they come.
pub(crate) fn say_kept(project: &Project) -> String {
    let mut persons: Vec<u64> = Vec::new();
    let mut out = String::new();
    let start = jiff::civil::date(1970, 1, 1);
    let used = project.settings.source[0].reports.as_ref().expect("a register").columns.clone();
    for k in kept(&project.kept()) {
        if !persons.contains(&k.person) {
            persons.push(k.person);
        }
        let person = persons.iter().position(|p| *p == k.person).expect("just put in") + 1;
        let date = start.checked_add(jiff::Span::new().days(k.date)).expect("a date");
        write!(out, "row {}: person {person}, {date}", k.row).expect("to a string");
        if let Some(age) = k.age {
            write!(out, ", age {age}").expect("to a string");
        }
        for (id, code) in project.settings.variable_ids().iter().zip(&k.codes) {
            if used.contains_key(id) {
                let list = project.catalogue.of(id).expect("a classification");
                write!(out, ", {id} {}", list.codes()[usize::from(*code)].code).expect("to a string");
            }
        }
        out.push('\n');
    }
    out
}
