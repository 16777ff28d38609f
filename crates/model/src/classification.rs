//! Classifications: versioned, possibly hierarchical code lists with labels.

use std::collections::HashMap;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{Error, Label, UNKNOWN};

/// One code of a classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code itself.
    pub code: String,
    /// The code of which this one is a part, in the same classification.
    pub parent: Option<String>,
    /// Words for readers.
    pub label: Label,
    /// First day on which the code may be used.
    pub valid_from: Option<Date>,
    /// Last day on which the code may be used.
    pub valid_to: Option<Date>,
    /// Not confirmed by the standard's owner, or a national extension that may still change.
    pub provisional: bool,
    /// Where the code comes from and how it is to be read.
    pub note: String,
}

/// A versioned code list.
///
/// Every classification has the code [`UNKNOWN`]: unknown is a category and never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// Identifier, such as `nl.form` or `iso3166`.
    pub id: String,
    /// Version as its owner names it.
    pub version: String,
    /// Name for readers.
    pub title: Label,
    /// Who owns it and where it was taken from.
    pub source: String,
    /// Licence of the code list.
    pub licence: String,
    codes: Vec<Code>,
    index: HashMap<String, u32>,
}

/// Lines of a classification's CSV file.
#[derive(Debug, Deserialize)]
struct Header {
    id: String,
    file: String,
    version: String,
    title: Label,
    source: String,
    licence: String,
}

#[derive(Debug, Deserialize)]
struct Index {
    classification: Vec<Header>,
}

impl Classification {
    /// A classification from its codes; [`UNKNOWN`] is added when it is not among them.
    ///
    /// # Errors
    /// When a code occurs twice, a parent is missing, or the hierarchy is cyclic.
    pub fn new(
        id: impl Into<String>,
        version: impl Into<String>,
        title: Label,
        mut codes: Vec<Code>,
    ) -> Result<Self, Error> {
        let id = id.into();
        let fail = |what: String| Error::Classification { classification: id.clone(), what };
        if !codes.iter().any(|c| c.code == UNKNOWN) {
            codes.push(Code {
                code: UNKNOWN.into(),
                parent: None,
                label: Label::new("Unknown", "Onbekend"),
                valid_from: None,
                valid_to: None,
                provisional: false,
                note: String::new(),
            });
        }
        let mut index = HashMap::with_capacity(codes.len());
        for (i, c) in codes.iter().enumerate() {
            if index.insert(c.code.clone(), i as u32).is_some() {
                return Err(fail(format!("code \"{}\" occurs twice", c.code)));
            }
        }
        for c in &codes {
            let (mut at, mut steps) = (c.parent.as_deref(), 0);
            while let Some(p) = at {
                let Some(&i) = index.get(p) else {
                    return Err(fail(format!("the parent \"{p}\" of \"{}\" is not among the codes", c.code)));
                };
                steps += 1;
                if steps > codes.len() {
                    return Err(fail(format!("\"{}\" is a part of itself (a cycle of parents)", c.code)));
                }
                at = codes[i as usize].parent.as_deref();
            }
        }
        Ok(Self {
            id,
            version: version.into(),
            title,
            source: String::new(),
            licence: String::new(),
            codes,
            index,
        })
    }

    /// Reads codes from CSV with the columns
    /// `code,parent,label_en,label_nl,valid_from,valid_to,provisional,note`, UTF-8, quoted as
    /// RFC 4180 says; `parent`, dates and `note` may be empty, `provisional` is `true` or empty.
    ///
    /// # Errors
    /// When the text is not of that form, or as [`Classification::new`].
    pub fn from_csv(id: &str, version: &str, title: Label, text: &str) -> Result<Self, Error> {
        let fail = |line: u64, what: &str| Error::Classification {
            classification: id.to_owned(),
            what: format!("line {line}: {what}"),
        };
        let wanted =
            ["code", "parent", "label_en", "label_nl", "valid_from", "valid_to", "provisional", "note"];
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        if !reader.headers().is_ok_and(|h| h == wanted[..]) {
            return Err(fail(1, &format!("the header must be {}", wanted.join(","))));
        }
        let mut codes = Vec::new();
        for row in reader.into_records() {
            let row = row.map_err(|e| fail(e.position().map_or(0, csv::Position::line), &e.to_string()))?;
            let line = row.position().map_or(0, csv::Position::line);
            let date = |s: &str| -> Result<Option<Date>, Error> {
                if s.is_empty() {
                    return Ok(None);
                }
                s.parse().map(Some).map_err(|_| fail(line, "a date must be written 2026-11-24"))
            };
            codes.push(Code {
                code: row[0].to_owned(),
                parent: (!row[1].is_empty()).then(|| row[1].to_owned()),
                label: Label::new(&row[2], &row[3]),
                valid_from: date(&row[4])?,
                valid_to: date(&row[5])?,
                provisional: &row[6] == "true",
                note: row[7].to_owned(),
            });
        }
        Self::new(id, version, title, codes)
    }

    /// The codes, in the order in which tables show them.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// Index of `code` in [`Classification::codes`].
    pub fn position(&self, code: &str) -> Option<u32> {
        self.index.get(code).copied()
    }

    /// The code at `index` of its list.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.position(code).map(|i| &self.codes[i as usize])
    }

    /// Index of [`UNKNOWN`].
    pub fn unknown(&self) -> u32 {
        self.index[UNKNOWN]
    }

    /// The ancestor of `code` that has no parent itself; `code` when it has none.
    pub fn root_of<'a>(&'a self, code: &'a str) -> &'a str {
        let mut at = code;
        while let Some(parent) = self.get(at).and_then(|c| c.parent.as_deref()) {
            at = parent;
        }
        at
    }

    /// The code most like `text`, for "did you mean".
    pub fn nearest(&self, text: &str) -> Option<&str> {
        nearest(text, self.codes.iter().map(|c| c.code.as_str()))
    }
}

/// The candidate most like `text`, if any is like it at all.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&lower, &c.to_lowercase()), c))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, c)| c)
}

/// The classifications that ship with zicht, by identifier.
///
/// They are compiled in from `crates/model/classifications`; a test checks that every one of
/// them is whole, so this does not fail at run time.
pub fn shipped() -> &'static [Classification] {
    static SHIPPED: OnceLock<Vec<Classification>> = OnceLock::new();
    SHIPPED.get_or_init(|| load_shipped().unwrap_or_default())
}

/// The shipped classification with identifier `id`.
pub fn find(id: &str) -> Option<&'static Classification> {
    shipped().iter().find(|c| c.id == id)
}

// `INDEX`, `FILES` and `MAPPING_FILES`: the text of `classifications/`, collected by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/classification_files.rs"));

fn load_shipped() -> Result<Vec<Classification>, Error> {
    let fail = |what: String| Error::Classification { classification: "index.toml".into(), what };
    let index: Index = toml::from_str(INDEX).map_err(|e| fail(e.to_string()))?;
    index
        .classification
        .into_iter()
        .map(|h| {
            let text = FILES
                .iter()
                .find(|(name, _)| *name == h.file)
                .map(|(_, text)| *text)
                .ok_or_else(|| fail(format!("{} is not there", h.file)))?;
            let mut c = Classification::from_csv(&h.id, &h.version, h.title, text)?;
            c.source = h.source;
            c.licence = h.licence;
            Ok(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_classification_is_whole() {
        let all = load_shipped().expect("the shipped classifications load");
        assert!(!all.is_empty());
        for c in &all {
            for code in c.codes() {
                assert!(!code.label.en.is_empty() && !code.label.nl.is_empty(), "{} {}", c.id, code.code);
            }
        }
    }

    #[test]
    fn a_cycle_of_parents_is_refused() {
        let text = "code,parent,label_en,label_nl,valid_from,valid_to,provisional,note\n\
                    A,B,a,a,,,,\nB,A,b,b,,,,\n";
        let err = Classification::from_csv("x", "1", Label::same("x"), text).expect_err("cyclic");
        assert!(err.to_string().contains("part of itself"), "{err}");
    }

    #[test]
    fn a_misspelt_code_gets_a_suggestion() {
        assert_eq!(nearest("POLITE", ["KMAR", "POLITIE"]), Some("POLITIE"));
        assert_eq!(nearest("xyz", ["KMAR", "POLITIE"]), None);
    }
}
