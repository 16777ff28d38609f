//! The list of problems: every finding, counted exactly even where not all are kept.

use std::collections::BTreeMap;

use model::{Finding, Severity};
use serde::{Deserialize, Serialize};

/// Findings kept of one rule in one file. A file in the wrong format has one for each row; its
/// ten-thousandth says no more than its first, and the exact count is kept beside them.
const KEPT: u64 = 10_000;

/// Findings in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Parts", into = "Parts")]
pub struct Findings {
    kept: Vec<Finding>,
    /// By file, rule and severity: how many there are, kept or not.
    counts: BTreeMap<(String, String, Severity), u64>,
}

/// How findings are kept between runs: JSON has no keys of several parts.
#[derive(Serialize, Deserialize)]
struct Parts {
    kept: Vec<Finding>,
    counts: Vec<(String, String, Severity, u64)>,
}

impl From<Findings> for Parts {
    fn from(f: Findings) -> Self {
        let counts =
            f.counts.into_iter().map(|((file, rule, severity), n)| (file, rule, severity, n)).collect();
        Self { kept: f.kept, counts }
    }
}

impl From<Parts> for Findings {
    fn from(p: Parts) -> Self {
        let counts =
            p.counts.into_iter().map(|(file, rule, severity, n)| ((file, rule, severity), n)).collect();
        Self { kept: p.kept, counts }
    }
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        let key = (finding.file.clone(), finding.rule.clone(), finding.severity);
        let count = self.counts.entry(key).or_insert(0);
        *count += 1;
        if *count <= KEPT {
            self.kept.push(finding);
        }
    }

    /// Adds all findings of `other` after those that are here.
    pub fn merge(&mut self, other: Self) {
        for (key, count) in &other.counts {
            *self.counts.entry(key.clone()).or_insert(0) += count;
        }
        self.kept.extend(other.kept);
    }

    /// The same findings without values: for files of which nobody said what may be shown.
    #[must_use]
    pub(crate) fn unsaid(mut self) -> Self {
        for f in &mut self.kept {
            f.value = None;
            if f.rule == "total.mismatch" {
                // It names the categories, and one person called `All` makes a register a table.
                "the total in this row cannot be the sum of its parts".clone_into(&mut f.message);
            }
        }
        self
    }

    /// The findings that are kept: of one rule in one file the first 10,000.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.kept.iter()
    }

    /// Number of findings, those that are not kept included.
    pub fn len(&self) -> u64 {
        self.counts.values().sum()
    }

    /// True if nothing was found.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many there are by rule and severity, those that are not kept included.
    pub fn counts(&self) -> BTreeMap<(String, Severity), u64> {
        let mut out = BTreeMap::new();
        for ((_, rule, severity), n) in &self.counts {
            *out.entry((rule.clone(), *severity)).or_insert(0) += n;
        }
        out
    }

    /// How many there are by file, rule and severity, those that are not kept included.
    pub fn by_file(&self) -> impl Iterator<Item = (&str, &str, Severity, u64)> {
        self.counts.iter().map(|((file, rule, severity), n)| (file.as_str(), rule.as_str(), *severity, *n))
    }

    /// How many of each rule in each file are counted but not kept: `(file, rule, severity, n)`.
    pub fn not_kept(&self) -> impl Iterator<Item = (&str, &str, Severity, u64)> {
        self.counts
            .iter()
            .filter(|(_, n)| **n > KEPT)
            .map(|((file, rule, severity), n)| (file.as_str(), rule.as_str(), *severity, n - KEPT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_though_not_all_are_kept() {
        let finding = |row| Finding {
            file: "a.csv".into(),
            row: Some(row),
            column: None,
            value: None,
            rule: "code.unknown".into(),
            severity: Severity::Error,
            message: "m".into(),
            help: "h".into(),
        };
        let mut findings = Findings::default();
        for row in 0..KEPT + 5 {
            findings.push(finding(row));
        }
        assert_eq!((findings.len(), findings.iter().count() as u64), (KEPT + 5, KEPT));
        assert_eq!(findings.not_kept().next(), Some(("a.csv", "code.unknown", Severity::Error, 5)));
    }
}
