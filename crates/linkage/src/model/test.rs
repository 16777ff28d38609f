//! When a pair has a level: tests of two values, written as text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A test of two values of a field that are both there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Test {
    /// The same value: `exact`.
    Exact,
    /// This field of one record is that other field of the other, and the other way round: `swapped(FIELD)`.
    Swapped(String),
    /// This field of one record is that other field of the other: `crossed(FIELD)`. Who has one name only is
    /// written with it as given name here and as surname there.
    Crossed(String),
    /// Two values that the records themselves show to be written for each other: `variant`.
    Variant,
    /// Jaro–Winkler similarity of at least this: `jaro_winkler(0.9)`.
    JaroWinkler(f64),
    /// Levenshtein distance of at most this: `levenshtein(2)`.
    Levenshtein(u32),
    /// Distance by letters left out, put in, replaced or swapped of at most this: `damerau(1)`.
    Damerau(u32),
    /// Jaccard similarity of pairs of letters of at least this: `jaccard(0.6)`.
    Jaccard(f64),
    /// Similarity of pairs of letters or, for encoded values, of their tokens, of at least this (Dice):
    /// `similar(0.7)`.
    Similar(f64),
    /// Similarity of the words, in any order, of at least this: `words(0.8)`.
    Words(f64),
    /// The same sound, as Dutch ears have it: `sound`.
    Sound,
    /// The same first letters: `prefix(4)`.
    Prefix(u8),
    /// One value is the first letter or the first part of the other: `initial`.
    Initial,
    /// A date with one slip: a digit, two digits swapped, or day and month swapped: `date_typo`.
    DateTypo,
    /// Dates of which all parts that both have are the same, but one lacks a part: `date_partial`.
    DatePartial,
    /// The same year and month or the same day and month: `date_part`.
    DatePart,
    /// Dates at most so many years apart: `years(1)`.
    Years(u8),
    /// Any of these: `sound or prefix(4)`.
    Any(Vec<Test>),
    /// Whatever is left: `else`.
    Else,
}

const ALLOWED: &str = "a level is exact, swapped(FIELD), crossed(FIELD), variant, jaro_winkler(0.9), levenshtein(2), damerau(1), jaccard(0.6), similar(0.7), \
     words(0.8), sound, prefix(4), initial, date_typo, date_partial, date_part, years(1), \
     several of these with \" or \" between, or else";

impl Test {
    /// True if it reads values as dates.
    pub(crate) fn is_of_dates(&self) -> bool {
        match self {
            Self::DateTypo | Self::DatePartial | Self::DatePart | Self::Years(_) => true,
            Self::Any(tests) => tests.iter().any(Self::is_of_dates),
            _ => false,
        }
    }

    /// Checks that its number is possible.
    pub(super) fn check(&self, field: &str) -> Result<(), Error> {
        let good = match self {
            Self::JaroWinkler(t) | Self::Jaccard(t) | Self::Similar(t) | Self::Words(t) => {
                *t > 0.0 && *t < 1.0
            }
            Self::Levenshtein(k) | Self::Damerau(k) => *k > 0,
            Self::Prefix(n) | Self::Years(n) => *n > 0,
            Self::Any(tests) => return tests.iter().try_for_each(|t| t.check(field)),
            _ => true,
        };
        if good {
            return Ok(());
        }
        Err(Error::Setting {
            option: format!("level of {field}"),
            value: self.to_string(),
            allowed: "similarities are between 0 and 1, distances and lengths at least 1".into(),
        })
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Swapped(field) => write!(f, "swapped({field})"),
            Self::Crossed(field) => write!(f, "crossed({field})"),
            Self::Variant => f.write_str("variant"),
            Self::JaroWinkler(t) => write!(f, "jaro_winkler({t})"),
            Self::Levenshtein(k) => write!(f, "levenshtein({k})"),
            Self::Damerau(k) => write!(f, "damerau({k})"),
            Self::Jaccard(t) => write!(f, "jaccard({t})"),
            Self::Similar(t) => write!(f, "similar({t})"),
            Self::Words(t) => write!(f, "words({t})"),
            Self::Sound => f.write_str("sound"),
            Self::Prefix(n) => write!(f, "prefix({n})"),
            Self::Initial => f.write_str("initial"),
            Self::DateTypo => f.write_str("date_typo"),
            Self::DatePartial => f.write_str("date_partial"),
            Self::DatePart => f.write_str("date_part"),
            Self::Years(n) => write!(f, "years({n})"),
            Self::Any(tests) => {
                for (i, test) in tests.iter().enumerate() {
                    write!(f, "{}{test}", if i == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Self::Else => f.write_str("else"),
        }
    }
}

impl FromStr for Test {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Setting {
            option: "level".into(),
            value: format!("\"{text}\""),
            allowed: ALLOWED.into(),
        };
        if text.contains(" or ") {
            return text.split(" or ").map(str::parse).collect::<Result<_, _>>().map(Self::Any);
        }
        let text = text.trim();
        let (name, inner) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')').ok_or_else(wrong)?.trim())),
        };
        let real = || inner.and_then(|t| t.parse::<f64>().ok()).ok_or_else(wrong);
        let whole = || inner.and_then(|t| t.parse::<u8>().ok()).ok_or_else(wrong);
        Ok(match (name, inner) {
            ("exact", None) => Self::Exact,
            ("swapped", Some(field)) if !field.is_empty() => Self::Swapped(field.to_owned()),
            ("crossed", Some(field)) if !field.is_empty() => Self::Crossed(field.to_owned()),
            ("variant", None) => Self::Variant,
            ("jaro_winkler", _) => Self::JaroWinkler(real()?),
            ("levenshtein", _) => Self::Levenshtein(whole()?.into()),
            ("damerau", _) => Self::Damerau(whole()?.into()),
            ("jaccard", _) => Self::Jaccard(real()?),
            ("similar", _) => Self::Similar(real()?),
            ("words", _) => Self::Words(real()?),
            ("sound", None) => Self::Sound,
            ("prefix", _) => Self::Prefix(whole()?),
            ("initial", None) => Self::Initial,
            ("date_typo", None) => Self::DateTypo,
            ("date_partial", None) => Self::DatePartial,
            ("date_part", None) => Self::DatePart,
            ("years", _) => Self::Years(whole()?),
            ("else", None) => Self::Else,
            _ => return Err(wrong()),
        })
    }
}

impl From<Test> for String {
    fn from(test: Test) -> Self {
        test.to_string()
    }
}

impl TryFrom<String> for Test {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_reads_as_it_is_written() {
        for text in
            ["exact", "swapped(surname)", "jaro_winkler(0.92)", "damerau(1) or sound", "years(10)", "else"]
        {
            assert_eq!(text.parse::<Test>().expect("a test").to_string(), text);
        }
        for text in ["", "exactly", "damerau", "damerau(x)", "jaro_winkler(0.9", "exact or "] {
            assert!(text.parse::<Test>().is_err(), "{text}");
        }
    }
}
