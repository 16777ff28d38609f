//! The simulated monitor and its truth, read apart from the code that wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Int16Type, UInt64Type};
use jiff::civil::{Date, date};

use super::release::batches;

/// A person whom some register reported: a row of `truth/persons.parquet`.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) year: i16,
    pub(crate) sex: String,
    pub(crate) form: String,
    pub(crate) age_group: String,
    pub(crate) pseudonym: String,
    pub(crate) birth: Date,
    /// Given name, family name, other given name.
    pub(crate) names: [String; 3],
}

/// A row of a register: who it is of, and in which year it was made.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) register: String,
    pub(crate) row: u64,
    pub(crate) person: u64,
    /// `None` where the record number is missing.
    pub(crate) record: Option<String>,
}

impl Report {
    /// The year of the report, from its record number: letters, the year, `-`, a number.
    pub(crate) fn year(&self) -> Option<i16> {
        let (head, _) = self.record.as_deref()?.rsplit_once('-')?;
        head.get(head.len().checked_sub(4)?..)?.parse().ok()
    }
}

/// What is true of a simulated monitor.
pub(crate) struct Truth {
    pub(crate) persons: BTreeMap<u64, Person>,
    pub(crate) reports: Vec<Report>,
    /// Register, row, rule.
    pub(crate) mistakes: BTreeSet<(String, u64, String)>,
}

/// The rule of the one kind of mistake that leaves the row in use.
pub(crate) const ONLY_A_WARNING: &str = "age.contradicts_birth_date";

impl Truth {
    /// Reads `truth/` of a project.
    pub(crate) fn read(project: &Path) -> Self {
        let truth = project.join("truth");
        let mut persons = BTreeMap::new();
        for batch in batches(&truth.join("persons.parquet")) {
            let column =
                |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("no {name}")).clone();
            let text = |name: &str, row: usize| column(name).as_string::<i32>().value(row).to_owned();
            for row in 0..batch.num_rows() {
                let days = column("birth_date").as_primitive::<Date32Type>().value(row);
                let person = Person {
                    year: column("year").as_primitive::<Int16Type>().value(row),
                    sex: text("sex", row),
                    form: text("form", row),
                    age_group: text("age_group", row),
                    pseudonym: text("pseudonym", row),
                    birth: date(1970, 1, 1) + jiff::Span::new().days(days),
                    names: ["given_name", "family_name", "alias"].map(|name| text(name, row)),
                };
                persons.insert(column("person").as_primitive::<UInt64Type>().value(row), person);
            }
        }
        let mut reports = Vec::new();
        for batch in batches(&truth.join("links.parquet")) {
            let numbers = |i: usize| batch.column(i).as_primitive::<UInt64Type>().clone();
            let (rows, of) = (numbers(1), numbers(3));
            let record = batch.column(2).as_string::<i32>();
            for i in 0..batch.num_rows() {
                reports.push(Report {
                    register: batch.column(0).as_string::<i32>().value(i).to_owned(),
                    row: rows.value(i),
                    person: of.value(i),
                    record: record.is_valid(i).then(|| record.value(i).to_owned()),
                });
            }
        }
        let mut reader = csv::Reader::from_path(truth.join("mistakes.csv")).expect("the mistakes");
        let mistakes = reader
            .records()
            .map(|r| r.expect("a mistake"))
            .map(|r| (r[0].to_owned(), r[1].parse().expect("a row"), r[2].to_owned()))
            .collect();
        Self { persons, reports, mistakes }
    }

    /// The reports that can be used: those without a mistake that quarantines them.
    pub(crate) fn used(&self) -> impl Iterator<Item = &Report> {
        let refused: BTreeSet<(&str, u64)> = self
            .mistakes
            .iter()
            .filter(|(.., rule)| rule != ONLY_A_WARNING)
            .map(|(register, row, _)| (register.as_str(), *row))
            .collect();
        self.reports.iter().filter(move |r| !refused.contains(&(r.register.as_str(), r.row)))
    }

    /// Persons with a report that can be used, by year of report.
    pub(crate) fn reported(&self) -> BTreeMap<i16, BTreeSet<u64>> {
        let mut out: BTreeMap<i16, BTreeSet<u64>> = BTreeMap::new();
        for report in self.used() {
            out.entry(report.year().expect("a used report has a number")).or_default().insert(report.person);
        }
        out
    }
}
