//! Findings: what is wrong with an input, where, and what to do about it.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is wrong: the row is quarantined.
    Error,
    /// Someone should look. The row is used, unless it repeats one that is.
    Warning,
    /// Worth knowing: nothing is wrong. A row that no table asks for is set aside with one.
    Note,
}

/// One finding, shown like a compiler's diagnostic and written to `problems.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// File as named in the settings, relative to the project; `file!sheet` in a workbook.
    pub file: String,
    /// Line or row, counted from 1 as an editor or a spreadsheet counts them.
    pub row: Option<u64>,
    /// Column by its name in the file.
    pub column: Option<String>,
    /// The value, only when it is safe to show: a code, a count or the shape of a date. A value
    /// that may identify a person is never here; its shape is (`"9 letters"`).
    pub value: Option<String>,
    /// Identifier of the rule, such as `code.unknown`; the book explains each.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What is allowed and what to do.
    pub help: String,
}

/// Rows of one input, accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCount {
    /// Data rows read, header and blank lines not counted.
    pub rows_in: u64,
    /// Rows that reached the next step.
    pub rows_used: u64,
    /// Rows refused or set aside, each with a finding that says why.
    pub rows_quarantined: u64,
}

impl RowCount {
    /// True if no row was lost.
    pub fn balances(self) -> bool {
        self.rows_in == self.rows_used + self.rows_quarantined
    }
}

impl std::ops::Add for RowCount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            rows_in: self.rows_in + other.rows_in,
            rows_used: self.rows_used + other.rows_used,
            rows_quarantined: self.rows_quarantined + other.rows_quarantined,
        }
    }
}
