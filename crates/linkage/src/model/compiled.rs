//! A model made ready for records: each distinct value prepared once, each pair of values compared once in a
//! while.

use rayon::prelude::*;

use super::{Comparison, Model, Test};
use crate::compare::{date, edit, jaro, qgram, sound};
use crate::encode::Encoded;
use crate::hashing::Table;
use crate::{Column, Error, Records, pattern};

/// Pairs of values whose level a task remembers for each comparison; a power of two.
const REMEMBERED: usize = 1 << 9;

/// The comparisons of a model over given records.
pub(crate) struct Compiled<'a> {
    comparisons: Vec<One<'a>>,
    /// The code of each comparison's field, those of a record next to each other: they are looked at together.
    codes: Vec<u32>,
}

struct One<'a> {
    field: &'a Column,
    prepared: Vec<Prepared>,
    /// The tests; `Else`, the last, is left out.
    tests: Vec<Test>,
    /// The tests that look at another field too, with the level of each.
    crossed: Vec<(u8, Cross<'a>)>,
}

struct Cross<'a> {
    /// If both must be found in the other's place.
    both: bool,
    other: &'a Column,
    /// For each code of the other field the code of this one, 0 where this has no such value.
    translated: Vec<u32>,
}

/// What the tests need of a value.
#[derive(Default)]
struct Prepared {
    letters: Vec<char>,
    /// Which letters there are, as bits.
    held: u64,
    sound: u64,
    date: Option<date::PartialDate>,
    grams: Vec<u64>,
    words: Vec<Vec<char>>,
    encoded: Option<Encoded>,
}

/// What a task remembers of pairs of values that it has compared.
pub(crate) struct Memory(Vec<Vec<(u64, u8)>>);

impl<'a> Compiled<'a> {
    /// # Errors
    /// When the model names a field that the records do not have.
    pub(crate) fn new(model: &Model, records: &'a Records) -> Result<Self, Error> {
        let comparisons: Vec<One<'a>> =
            model.comparisons.iter().map(|c| One::new(c, records)).collect::<Result<_, _>>()?;
        let width = comparisons.len();
        let mut codes = vec![0; records.len() * width];
        for (k, one) in comparisons.iter().enumerate() {
            for (row, &code) in codes.chunks_exact_mut(width).zip(one.field.codes()) {
                row[k] = code;
            }
        }
        Ok(Self { comparisons, codes })
    }

    pub(crate) fn memory(&self) -> Memory {
        Memory(self.comparisons.iter().map(|_| vec![(0, 0); REMEMBERED]).collect())
    }

    /// The code, among the values of a comparison's field, on which a pair at this level agrees across fields.
    pub(crate) fn crossed_value(&self, comparison: usize, level: u8, a: u32, b: u32) -> Option<u32> {
        let one = &self.comparisons[comparison];
        let (_, cross) = one.crossed.iter().find(|(l, _)| *l == level)?;
        let (x, y) = (one.field.codes()[a as usize], one.field.codes()[b as usize]);
        if cross.of(a) == y { Some(y) } else { Some(x) }
    }

    /// The pattern of a pair.
    pub(crate) fn pattern(&self, memory: &mut Memory, a: u32, b: u32) -> u64 {
        let width = self.comparisons.len();
        let of = |record: u32| &self.codes[record as usize * width..][..width];
        let values = of(a).iter().zip(of(b));
        self.comparisons.iter().zip(&mut memory.0).zip(values).enumerate().fold(
            0,
            |so_far, (k, ((one, memory), (&x, &y)))| {
                pattern::with(so_far, k, one.level(memory, (x, y), (a, b)))
            },
        )
    }
}

impl<'a> One<'a> {
    fn new(comparison: &Comparison, records: &'a Records) -> Result<Self, Error> {
        let find = |name: &str| {
            records.column(name).ok_or_else(|| Error::Setting {
                option: "comparison".into(),
                value: format!("field \"{name}\""),
                allowed: format!(
                    "the fields are {}",
                    records.columns().iter().map(Column::name).collect::<Vec<_>>().join(", ")
                ),
            })
        };
        let field = find(&comparison.field)?;
        let mut tests: Vec<Test> = comparison.levels.iter().map(|l| l.test.clone()).collect();
        tests.pop();
        let prepared = field.values().par_iter().map(|v| Prepared::new(v, &tests)).collect();
        let crossed = tests
            .iter()
            .zip(1_u8..)
            .filter_map(|(test, level)| match test {
                Test::Swapped(name) => Some(find(name).map(|other| (level, Cross::new(field, other, true)))),
                Test::Crossed(name) => Some(find(name).map(|other| (level, Cross::new(field, other, false)))),
                _ => None,
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { field, prepared, tests, crossed })
    }

    /// The level of a pair: 0 for missing.
    fn level(&self, memory: &mut [(u64, u8)], (x, y): (u32, u32), (a, b): (u32, u32)) -> u8 {
        if x == 0 || y == 0 {
            return 0;
        }
        let same = x == y;
        if same && self.tests.first() == Some(&Test::Exact) {
            return 1;
        }
        // These depend on more than the two values.
        for (level, cross) in &self.crossed {
            if !same && cross.holds(x, y, a, b) {
                return *level;
            }
        }
        let pair = u64::from(x.min(y)) << 32 | u64::from(x.max(y));
        let slot = &mut memory[(pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize];
        if slot.0 != pair {
            let (v, w) = (&self.prepared[x as usize - 1], &self.prepared[y as usize - 1]);
            let at = self.tests.iter().position(|t| v.passes(t, w, same)).unwrap_or(self.tests.len());
            *slot = (pair, at as u8 + 1);
        }
        slot.1
    }
}

impl<'a> Cross<'a> {
    fn new(field: &Column, other: &'a Column, both: bool) -> Self {
        let known: Table<&str, u32> = field.values().iter().map(|v| &**v).zip(1..).collect();
        let translated = std::iter::once(0)
            .chain(other.values().iter().map(|v| known.get(&**v).copied().unwrap_or(0)))
            .collect();
        Self { both, other, translated }
    }

    fn holds(&self, x: u32, y: u32, a: u32, b: u32) -> bool {
        if self.both { self.of(a) == y && self.of(b) == x } else { self.of(a) == y || self.of(b) == x }
    }

    /// The code that a record's other field has in this one.
    fn of(&self, record: u32) -> u32 {
        self.translated[self.other.codes()[record as usize] as usize]
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
    fn new(value: &str, tests: &[Test]) -> Self {
        if let Some(encoded) = Encoded::parse(value) {
            return Self { encoded: Some(encoded), ..Self::default() };
        }
        let letters: Vec<char> = value.chars().collect();
        let sounds = needs(tests, |t| matches!(t, Test::Sound));
        Self {
            sound: if sounds { crate::blocking::hash(sound::key(value).as_bytes()) } else { 0 },
            date: if tests.iter().any(Test::is_of_dates) { date::PartialDate::parse(value) } else { None },
            grams: if needs(tests, |t| matches!(t, Test::Jaccard(_) | Test::Similar(_))) {
                qgram::pairs(&letters)
            } else {
                Vec::new()
            },
            words: if needs(tests, |t| matches!(t, Test::Words(_))) {
                value.split_whitespace().map(|w| w.chars().collect()).collect()
            } else {
                Vec::new()
            },
            encoded: None,
            held: jaro::held(&letters),
            letters,
        }
    }

    fn passes(&self, test: &Test, other: &Self, same: bool) -> bool {
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
            Test::Any(tests) => tests.iter().any(|t| self.passes(t, other, same)),
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
}
