//! What the tests of a comparison need of a value, worked out once for each distinct value.

use super::Test;
use super::hierarchy::{Parents, above};
use crate::compare::born::{self, Born};
use crate::compare::{date, edit, jaro, qgram, sound};
use crate::encode::Encoded;
use crate::hashing::Table;
use crate::lists;

/// What the tests need of a value.
#[derive(Default)]
pub(super) struct Prepared {
    letters: Vec<char>,
    /// Which letters there are, as bits.
    held: u64,
    sound: u64,
    date: Option<date::PartialDate>,
    grams: Vec<u64>,
    words: Vec<Vec<char>>,
    encoded: Option<Encoded>,
    /// What only some comparisons need.
    more: Option<Box<More>>,
}

/// What few tests need.
#[derive(Default)]
struct More {
    born: Option<Born>,
    number: Option<f64>,
    /// By test, what the value belongs to.
    above: Vec<u64>,
    parts: Vec<Listed>,
    /// The parts as numbers, in order.
    set: Vec<u64>,
}

/// A value of a list.
struct Listed {
    letters: Vec<char>,
    held: u64,
}

/// Prepares values for the tests of a comparison.
pub(super) struct Preparer<'a> {
    tests: &'a [Test],
    /// By test the hierarchies that it goes through; empty if none does.
    paths: Vec<Vec<&'a Parents>>,
}

impl<'a> Preparer<'a> {
    pub(super) fn new(tests: &'a [Test], hierarchies: &'a Table<&str, Parents>) -> Self {
        let path = |test: &Test| match test {
            Test::Within(path) => path.iter().filter_map(|name| hierarchies.get(name.as_str())).collect(),
            _ => Vec::new(),
        };
        let mut paths: Vec<Vec<&Parents>> = tests.iter().map(path).collect();
        if paths.iter().all(Vec::is_empty) {
            paths.clear();
        }
        Self { tests, paths }
    }

    pub(super) fn prepare(&self, value: &str) -> Prepared {
        if let Some(encoded) = Encoded::parse(value) {
            return Prepared { encoded: Some(encoded), ..Prepared::default() };
        }
        let letters: Vec<char> = value.chars().collect();
        let needs = |such: fn(&Test) -> bool| needs(self.tests, such);
        let of_words = || value.split_whitespace().map(|w| w.chars().collect()).collect();
        Prepared {
            sound: if needs(|t| matches!(t, Test::Sound)) {
                crate::blocking::hash(sound::key(value).as_bytes())
            } else {
                0
            },
            date: if needs(Test::is_of_dates) { date::PartialDate::parse(value) } else { None },
            grams: if needs(|t| matches!(t, Test::Jaccard(_) | Test::Similar(_))) {
                qgram::pairs(&letters)
            } else {
                Vec::new()
            },
            words: if needs(|t| matches!(t, Test::Words(_))) { of_words() } else { Vec::new() },
            encoded: None,
            held: jaro::held(&letters),
            letters,
            more: self.more(value),
        }
    }

    fn more(&self, value: &str) -> Option<Box<More>> {
        let ages = needs(self.tests, |t| matches!(t, Test::Age(_)));
        let numbers = needs(self.tests, |t| matches!(t, Test::Difference(_) | Test::Relative(_)));
        let lists = needs(self.tests, Test::is_of_lists);
        if !(ages || numbers || lists || !self.paths.is_empty()) {
            return None;
        }
        let mut more = More {
            born: if ages { Born::parse(value) } else { None },
            number: if numbers { value.parse().ok().filter(|n: &f64| n.is_finite()) } else { None },
            ..More::default()
        };
        if !self.paths.is_empty() {
            let number = |path: &Vec<&Parents>| crate::blocking::hash(above(value, path).as_bytes());
            more.above = self.paths.iter().map(number).collect();
        }
        if lists {
            for part in lists::parts(value) {
                let letters: Vec<char> = part.chars().collect();
                more.set.push(crate::blocking::hash(part.as_bytes()));
                more.parts.push(Listed { held: jaro::held(&letters), letters });
            }
            more.set.sort_unstable();
            more.set.dedup();
        }
        Some(Box::new(more))
    }
}

/// True if one of the tests, or of those that they are made of, is such a one.
fn needs(tests: &[Test], such: fn(&Test) -> bool) -> bool {
    tests.iter().any(|test| match test {
        Test::Any(inner) => needs(inner, such),
        test => such(test),
    })
}

impl Prepared {
    /// False if ages say nothing of two values, as where both are dates of birth.
    pub(super) fn ages_tell(&self, other: &Self) -> bool {
        self.days_apart(other).is_some()
    }

    fn days_apart(&self, other: &Self) -> Option<i32> {
        let born = |of: &Self| of.more.as_ref().and_then(|more| more.born);
        born(self)?.days_apart(&born(other)?)
    }

    /// True if two values, which are the `same` or not, pass the test at this place among those of the comparison.
    pub(super) fn passes(&self, test: &Test, at: usize, other: &Self, same: bool) -> bool {
        match test {
            Test::Exact => same,
            Test::JaroWinkler(least) => {
                jaro::may_reach(self.letters.len(), other.letters.len(), self.held, other.held, *least)
                    && jaro::at_least(&self.letters, &other.letters, *least)
            }
            Test::Levenshtein(most) => edit::levenshtein(&self.letters, &other.letters, *most) <= *most,
            Test::Damerau(most) => edit::damerau(&self.letters, &other.letters, *most) <= *most,
            Test::Jaccard(least) => qgram::jaccard(&self.grams, &other.grams) >= *least,
            Test::Similar(least) => self.similarity(other) >= *least,
            Test::Words(least) => qgram::words(&self.words, &other.words) >= *least,
            Test::Sound => self.sound == other.sound,
            Test::Prefix(n) => {
                let n = usize::from(*n);
                self.letters.len() >= n && other.letters.len() >= n && self.letters[..n] == other.letters[..n]
            }
            Test::Initial => {
                let (a, b) = (&self.letters, &other.letters);
                let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
                long.starts_with(short)
            }
            Test::DateTypo => self.dates(other, date::PartialDate::is_slip_of),
            Test::DatePartial => self.dates(other, date::PartialDate::agrees_in_part),
            Test::DatePart => self.dates(other, date::PartialDate::shares_two_parts),
            Test::Years(n) => self.dates(other, |a, b| a.years_apart(b) <= f64::from(*n)),
            Test::Days(n) => self.dates(other, |a, b| a.days_apart(b).is_some_and(|d| d <= u32::from(*n))),
            Test::Any(tests) => tests.iter().any(|t| self.passes(t, at, other, same)),
            Test::Age(n) => self.days_apart(other).is_some_and(|d| d <= born::days(*n)),
            Test::Within(_) | Test::InCommon(_) | Test::AnyNear(_) | Test::Overlap(_) => {
                self.more.as_ref().zip(other.more.as_ref()).is_some_and(|(a, b)| a.passes(test, at, b))
            }
            Test::Difference(most) => self.numbers(other, |a, b| (a - b).abs() <= *most),
            Test::Relative(most) => self.numbers(other, |a, b| (a - b).abs() < *most * a.max(b)),
            Test::Swapped(_) | Test::Crossed(_) | Test::Variant => false,
            Test::Else => true,
        }
    }

    fn similarity(&self, other: &Self) -> f64 {
        match (&self.encoded, &other.encoded) {
            (Some(a), Some(b)) => a.similarity(b),
            (None, None) => {
                let jaccard = qgram::jaccard(&self.grams, &other.grams);
                2.0 * jaccard / (1.0 + jaccard)
            }
            _ => 0.0,
        }
    }

    fn dates(&self, other: &Self, test: impl Fn(&date::PartialDate, &date::PartialDate) -> bool) -> bool {
        self.date.as_ref().zip(other.date.as_ref()).is_some_and(|(a, b)| test(a, b))
    }

    fn numbers(&self, other: &Self, test: impl Fn(f64, f64) -> bool) -> bool {
        let number = |of: &Self| of.more.as_ref().and_then(|more| more.number);
        number(self).zip(number(other)).is_some_and(|(a, b)| test(a, b))
    }
}

impl More {
    fn passes(&self, test: &Test, at: usize, other: &Self) -> bool {
        match test {
            Test::Within(_) => self.above.get(at).is_some_and(|above| other.above.get(at) == Some(above)),
            Test::InCommon(n) => qgram::shared(&self.set, &other.set) >= usize::from(*n),
            Test::Overlap(least) => qgram::jaccard(&self.set, &other.set) >= *least,
            Test::AnyNear(least) => self.parts.iter().any(|a| {
                other.parts.iter().any(|b| {
                    jaro::may_reach(a.letters.len(), b.letters.len(), a.held, b.held, *least)
                        && jaro::at_least(&a.letters, &b.letters, *least)
                })
            }),
            _ => false,
        }
    }
}
