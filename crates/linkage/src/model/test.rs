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
    /// Dates at most so many days apart: `days(30)`.
    Days(u16),
    /// Births that ages, or an age and a date of birth, allow to be at most so many years apart: `age(1)`.
    Age(u8),
    /// The same in a hierarchy of values, or in the last of several that follow each other:
    /// `within(municipality)`, `within(municipality, province)`.
    Within(Vec<String>),
    /// Lists with at least so many values in common: `in_common(1)`.
    InCommon(u8),
    /// Lists of which a value of one has a Jaro–Winkler similarity of at least this with a value of the other:
    /// `any_near(0.92)`.
    AnyNear(f64),
    /// Lists with at least this share of their values in common (Jaccard): `overlap(0.5)`.
    Overlap(f64),
    /// Numbers that differ by at most this: `difference(2)`.
    Difference(f64),
    /// Numbers that differ by less than this share of the larger: `relative(0.1)`.
    Relative(f64),
    /// Any of these: `sound or prefix(4)`.
    Any(Vec<Test>),
    /// Whatever is left: `else`.
    Else,
}

const ALLOWED: &str = "a level is exact, swapped(FIELD), crossed(FIELD), variant, jaro_winkler(0.9), levenshtein(2), damerau(1), jaccard(0.6), similar(0.7), \
     words(0.8), sound, prefix(4), initial, date_typo, date_partial, date_part, years(1), days(30), age(1), within(HIERARCHY), \
     in_common(1), any_near(0.92), overlap(0.5), difference(2), relative(0.1), several of these with \" or \" between, or else";

impl Test {
    /// True if it reads values as dates.
    pub(crate) fn is_of_dates(&self) -> bool {
        match self {
            Self::DateTypo | Self::DatePartial | Self::DatePart | Self::Years(_) | Self::Days(_) => true,
            Self::Any(tests) => tests.iter().any(Self::is_of_dates),
            _ => false,
        }
    }

    /// True if it reads values as lists.
    pub(crate) fn is_of_lists(&self) -> bool {
        match self {
            Self::InCommon(_) | Self::AnyNear(_) | Self::Overlap(_) => true,
            Self::Any(tests) => tests.iter().any(Self::is_of_lists),
            _ => false,
        }
    }

    /// Checks that its number is possible.
    pub(super) fn check(&self, field: &str) -> Result<(), Error> {
        let share = |t: f64| t > 0.0 && t < 1.0;
        let good = match self {
            Self::JaroWinkler(t)
            | Self::Jaccard(t)
            | Self::Similar(t)
            | Self::Words(t)
            | Self::AnyNear(t)
            | Self::Relative(t) => share(*t),
            Self::Overlap(t) => *t > 0.0 && *t <= 1.0,
            Self::Difference(d) => *d >= 0.0 && d.is_finite(),
            Self::Levenshtein(k) | Self::Damerau(k) => *k > 0,
            Self::Prefix(n) | Self::Years(n) | Self::InCommon(n) => *n > 0,
            Self::Days(n) => *n > 0,
            Self::Any(tests) => {
                // These are worked out for a level as a whole.
                if let Some(alone) = tests.iter().find(|t| matches!(t, Self::Age(_) | Self::Within(_))) {
                    return Err(wrong(field, alone, "it stands alone, without \"or\""));
                }
                return tests.iter().try_for_each(|t| t.check(field));
            }
            _ => true,
        };
        if good {
            return Ok(());
        }
        Err(wrong(field, self, "similarities are between 0 and 1, distances, lengths and numbers at least 1"))
    }
}

fn wrong(field: &str, test: &Test, allowed: &str) -> Error {
    Error::Setting { option: format!("level of {field}"), value: test.to_string(), allowed: allowed.into() }
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
            Self::Days(n) => write!(f, "days({n})"),
            Self::Age(n) => write!(f, "age({n})"),
            Self::Within(path) => write!(f, "within({})", path.join(", ")),
            Self::InCommon(n) => write!(f, "in_common({n})"),
            Self::AnyNear(t) => write!(f, "any_near({t})"),
            Self::Overlap(t) => write!(f, "overlap({t})"),
            Self::Difference(d) => write!(f, "difference({d})"),
            Self::Relative(t) => write!(f, "relative({t})"),
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
            ("days", _) => Self::Days(inner.and_then(|t| t.parse().ok()).ok_or_else(wrong)?),
            ("age", _) => Self::Age(whole()?),
            ("within", Some(path)) => {
                let path: Vec<String> = path.split(',').map(|name| name.trim().to_owned()).collect();
                if path.iter().any(String::is_empty) {
                    return Err(wrong());
                }
                Self::Within(path)
            }
            ("in_common", _) => Self::InCommon(whole()?),
            ("any_near", _) => Self::AnyNear(real()?),
            ("overlap", _) => Self::Overlap(real()?),
            ("difference", _) => Self::Difference(real()?),
            ("relative", _) => Self::Relative(real()?),
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
        for text in [
            "exact",
            "swapped(surname)",
            "jaro_winkler(0.92)",
            "damerau(1) or sound",
            "years(10)",
            "days(30)",
            "age(0)",
            "within(municipality)",
            "within(municipality, province)",
            "in_common(1)",
            "any_near(0.92)",
            "overlap(0.5)",
            "difference(2.5)",
            "relative(0.1)",
            "else",
        ] {
            assert_eq!(text.parse::<Test>().expect("a test").to_string(), text);
        }
        let none =
            ["", "exactly", "damerau", "damerau(x)", "jaro_winkler(0.9", "exact or ", "age", "within()"];
        for text in none.into_iter().chain(["within(a,)", "in_common", "days(x)"]) {
            assert!(text.parse::<Test>().is_err(), "{text}");
        }
    }
}
