//! From the codes of one classification to groups of another, with explicit rules.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::civil::Date;

use crate::{Classification, Error, SettingsError, UNKNOWN};

/// A correspondence between two classifications, such as countries → membership of the EU.
///
/// A rule may hold for a time only (the United Kingdom is in the EU until 31 January 2020).
/// What no rule covers is [`UNKNOWN`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Identifier of the classification mapped from.
    pub from: String,
    /// Identifier of the classification mapped to.
    pub to: String,
    rules: BTreeMap<String, Vec<Rule>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    to: String,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
}

impl Mapping {
    /// Reads rules from CSV with the columns `from,to,valid_from,valid_to`; dates are inclusive
    /// and may be empty.
    ///
    /// # Errors
    /// When the text is not of that form or a code is not in its classification.
    pub fn from_csv(from: &Classification, to: &Classification, text: &str) -> Result<Self, Error> {
        let fail = |line: u64, what: &str| Error::Classification {
            classification: format!("{}--{}", from.id, to.id),
            what: format!("line {line}: {what}"),
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        if !reader.headers().is_ok_and(|h| h == ["from", "to", "valid_from", "valid_to"][..]) {
            return Err(fail(1, "the header must be from,to,valid_from,valid_to"));
        }
        let mut rules: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
        for row in reader.into_records() {
            let row = row.map_err(|e| fail(e.position().map_or(0, csv::Position::line), &e.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            if from.position(&row[0]).is_none() || to.position(&row[1]).is_none() {
                return Err(fail(line, &format!("\"{}\" or \"{}\" is not a code", &row[0], &row[1])));
            }
            let date = |s: &str| -> Result<Option<Date>, Error> {
                if s.is_empty() {
                    return Ok(None);
                }
                s.parse().map(Some).map_err(|_| fail(line, "a date must be written 2026-11-24"))
            };
            rules.entry(row[0].to_owned()).or_default().push(Rule {
                to: row[1].to_owned(),
                valid_from: date(&row[2])?,
                valid_to: date(&row[3])?,
            });
        }
        Ok(Self { from: from.id.clone(), to: to.id.clone(), rules })
    }

    /// The group of `code` on `date`; [`UNKNOWN`] when no rule covers it.
    pub fn apply(&self, code: &str, date: Date) -> &str {
        self.rules
            .get(code)
            .into_iter()
            .flatten()
            .find(|r| r.valid_from.is_none_or(|d| d <= date) && r.valid_to.is_none_or(|d| date <= d))
            .map_or(UNKNOWN, |r| r.to.as_str())
    }

    /// All days on which some rule starts to hold or has just ceased to, in order.
    pub fn changes(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self
            .rules
            .values()
            .flatten()
            .flat_map(|r| [r.valid_from, r.valid_to.and_then(|d| d.tomorrow().ok())])
            .flatten()
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

/// The mappings that ship with zicht, from `classifications/mappings/FROM--TO.csv`.
pub fn mappings() -> &'static [Mapping] {
    static SHIPPED: OnceLock<Vec<Mapping>> = OnceLock::new();
    SHIPPED.get_or_init(|| load_shipped().unwrap_or_default())
}

/// The shipped mapping between two classifications.
pub fn mapping(from: &str, to: &str) -> Option<&'static Mapping> {
    mappings().iter().find(|m| m.from == from && m.to == to)
}

fn load_shipped() -> Result<Vec<Mapping>, Error> {
    crate::classification::MAPPING_FILES
        .iter()
        .map(|(name, text)| {
            let fail =
                |what: &str| Error::Classification { classification: (*name).into(), what: what.into() };
            let (from, to) = name
                .trim_end_matches(".csv")
                .split_once("--")
                .ok_or_else(|| fail("a mapping file is named FROM--TO.csv"))?;
            let from =
                crate::classification(from).ok_or_else(|| fail("FROM is not a shipped classification"))?;
            let to = crate::classification(to).ok_or_else(|| fail("TO is not a shipped classification"))?;
            Mapping::from_csv(from, to, text)
        })
        .collect()
}

/// The ages of an age group, both included, read from its code: `0-17`, `23+` or `65`.
/// `None` when the code is not an age group (as [`UNKNOWN`]).
pub fn age_range(code: &str) -> Option<(u16, u16)> {
    if let Some(low) = code.strip_suffix('+') {
        return Some((low.parse().ok()?, u16::MAX));
    }
    match code.split_once('-') {
        Some((low, high)) => {
            let (low, high) = (low.parse().ok()?, high.parse().ok()?);
            (low <= high).then_some((low, high))
        }
        None => code.parse().ok().map(|age| (age, age)),
    }
}

/// Index in `groups` of the narrowest age group that holds `age`; unknown when there is none.
pub fn age_group(groups: &Classification, age: Option<u16>) -> u32 {
    age.and_then(|age| {
        groups
            .codes()
            .iter()
            .enumerate()
            .filter_map(|(i, c)| {
                age_range(&c.code).map(|(low, high)| (high - low, i, low <= age && age <= high))
            })
            .filter(|(.., holds)| *holds)
            .min()
            .map(|(_, i, _)| i as u32)
    })
    .unwrap_or_else(|| groups.unknown())
}

/// The classifications of all variables of a monitor, shipped ones and the project's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    by_variable: BTreeMap<String, Classification>,
}

impl Catalogue {
    /// Resolves the classification of every variable; `read` gives the text of a file of the
    /// project.
    ///
    /// # Errors
    /// When a file cannot be read or is not a classification.
    pub fn new(
        settings: &crate::Settings,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, SettingsError> {
        let mut by_variable = BTreeMap::new();
        for id in settings.variable_ids() {
            let own = settings.variable.get(&id).and_then(|v| v.file.as_deref());
            let classification = if let Some(file) = own {
                let text = read(file).map_err(|e| SettingsError {
                    message: format!("{file}: {e}"),
                    help: format!("variable \"{id}\" takes its codes from this file"),
                    span: None,
                })?;
                let label = settings.variable_label(&id);
                Classification::from_csv(&id, &settings.monitor.edition, label, &text).map_err(|e| {
                    SettingsError {
                        message: format!("{file}: {e}"),
                        help: "correct the file".into(),
                        span: None,
                    }
                })?
            } else {
                settings.classification_id(&id).and_then(|c| crate::classification(&c)).cloned().ok_or_else(
                    || SettingsError {
                        message: format!("variable \"{id}\" has no classification"),
                        help: "name one under [variable]".into(),
                        span: None,
                    },
                )?
            };
            by_variable.insert(id, classification);
        }
        Ok(Self { by_variable })
    }

    /// The classification of variable `id`.
    pub fn of(&self, id: &str) -> Option<&Classification> {
        self.by_variable.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_mapping_is_whole() {
        let all = load_shipped().expect("the shipped mappings load");
        assert_eq!(all.len(), crate::classification::MAPPING_FILES.len());
    }

    #[test]
    fn an_age_falls_in_the_narrowest_group_that_holds_it() {
        let code = |c: &str, parent: Option<&str>| crate::Code {
            code: c.into(),
            parent: parent.map(Into::into),
            label: crate::Label::same(c),
            valid_from: None,
            valid_to: None,
            provisional: false,
            note: String::new(),
        };
        let groups = Classification::new(
            "ages",
            "1",
            crate::Label::same("ages"),
            vec![
                code("0-17", None),
                code("0-11", Some("0-17")),
                code("12-17", Some("0-17")),
                code("18+", None),
            ],
        )
        .expect("valid");
        let at = |age| groups.codes()[age_group(&groups, age) as usize].code.as_str();
        assert_eq!([at(Some(11)), at(Some(12)), at(Some(90)), at(None)], ["0-11", "12-17", "18+", "_U"]);
    }
}
