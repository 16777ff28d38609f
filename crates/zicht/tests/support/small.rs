//! A small monitor of one register, to be damaged in one place at a time.

use std::fmt::Write as _;

use super::{Folder, Ran};

/// Values of personal fields in the register; no message may repeat one of them.
pub(crate) struct Personal(Vec<String>);

impl Personal {
    /// Ends the test when something that was said, or written for people, holds a personal value.
    #[track_caller]
    pub(crate) fn are_kept_out_of(&self, text: &str) {
        for value in &self.0 {
            assert!(!text.contains(value.as_str()), "\"{value}\" was said:\n{text}");
        }
    }

    #[track_caller]
    pub(crate) fn are_kept_out_of_run(&self, ran: &Ran) {
        self.are_kept_out_of(&ran.stdout);
        self.are_kept_out_of(&ran.stderr);
    }
}

/// `monitor.toml` up to the source.
pub(crate) const HEAD: &str = r#"[monitor]
id = "small"
title = { en = "A small monitor", nl = "Een kleine monitor" }
description = { en = "One register.", nl = "Eén register." }
publisher = "Tests"
edition = "2025"
reference_date = "2026-01-31"
report = false

"#;

/// The source, without its path and format.
pub(crate) const REPORTS: &str = r#"
[source.reports]
register = "police"
label = { en = "Police", nl = "Politie" }
record = "case"
person = "pseudonym"
date = { column = "reported" }
birth_date = { column = "born" }

[source.reports.columns]
sex = { column = "sex" }
form = { column = "form" }
"#;

/// What is made of it.
pub(crate) const TABLE: &str = r#"
[[table]]
id = "victims_form"
title = { en = "Victims by form and sex", nl = "Slachtoffers naar vorm en geslacht" }
definition = { en = "Persons reported by the police.", nl = "Personen die de politie meldde." }
count = "persons"
dimensions = ["form", "sex"]
"#;

/// `monitor.toml` for a register at `path`; `format` is the line that says how it is written.
pub(crate) fn settings(path: &str, format: &str) -> String {
    let title = "title = { en = \"Police\", nl = \"Politie\" }";
    let source = format!("[[source]]\nid = \"police\"\npath = \"{path}\"\n{title}\n{format}\n");
    format!("{HEAD}{source}{REPORTS}{TABLE}")
}

pub(crate) const HEADER: [&str; 7] = ["case", "pseudonym", "name", "born", "reported", "sex", "form"];
const NAMES: [&str; 8] = ["Maria", "Fatima", "Ottilie", "Arben", "Sekou", "Wilhelmina", "Crimson", "Ngozi"];
const FORMS: [&str; 3] = ["ARBEID", "SEKS_GO", "CRIM"];

/// The fields of report `i`.
pub(crate) fn row(i: usize) -> [String; 7] {
    let (year, month, day) = (2023 + i % 3, 1 + i % 12, 1 + i % 27);
    [
        format!("PL{:05}", 70_000 + i),
        format!("Q{:07}", 1_234_567 + 7919 * i),
        format!("{} Achternaam{}", NAMES[i % NAMES.len()], i % 13),
        format!("{}-{:02}-{:02}", 1971 + i % 30, 1 + i % 11, 1 + i % 23),
        format!("{year}-{month:02}-{day:02}"),
        ["F", "M"][i % 5 / 3].to_owned(),
        FORMS[i % FORMS.len()].to_owned(),
    ]
}

/// Number of reports in the register.
pub(crate) const ROWS: usize = 120;

/// The register as CSV.
pub(crate) fn register() -> String {
    let mut text = HEADER.join(",");
    for i in 0..ROWS {
        let _ = write!(text, "\n{}", row(i).join(","));
    }
    text.push('\n');
    text
}

pub(crate) fn personal() -> Personal {
    let mut values: Vec<String> = NAMES.map(str::to_owned).to_vec();
    values.push("Achternaam".to_owned());
    for i in 0..ROWS {
        let [case, pseudonym, _, born, ..] = row(i);
        values.extend([case, pseudonym, born]);
    }
    Personal(values)
}

/// The monitor in the folder `m`.
pub(crate) fn make() -> Folder {
    let folder = Folder::new();
    folder.write("m/monitor.toml", settings("registers/police.csv", ""));
    folder.write("m/registers/police.csv", register());
    folder
}
