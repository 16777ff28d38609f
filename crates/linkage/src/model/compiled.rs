//! A model made ready for records: each distinct value prepared once, each pair of values compared once in a
//! while.

use rayon::prelude::*;

use super::hierarchy::Parents;
use super::prepared::{Prepared, Preparer};
use super::{Comparison, Model, Test};
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
    /// If the tests are of ages, which two values that are there may leave unsaid.
    ages: bool,
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

/// What a task remembers of pairs of values that it has compared.
pub(crate) struct Memory(Vec<Vec<(u64, u8)>>);

impl<'a> Compiled<'a> {
    /// # Errors
    /// When the model names a field that the records do not have.
    pub(crate) fn new(model: &Model, records: &'a Records) -> Result<Self, Error> {
        let hierarchies: Table<&str, Parents> =
            model.hierarchies.iter().map(|h| (h.name.as_str(), h.folded())).collect();
        let one = |c| One::new(c, records, &hierarchies);
        let comparisons: Vec<One<'a>> = model.comparisons.iter().map(one).collect::<Result<_, _>>()?;
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
    fn new(
        comparison: &Comparison,
        records: &'a Records,
        hierarchies: &Table<&str, Parents>,
    ) -> Result<Self, Error> {
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
        let preparer = Preparer::new(&tests, hierarchies);
        let prepared = field.values().par_iter().map(|v| preparer.prepare(v)).collect();
        let crossed = tests
            .iter()
            .zip(1_u8..)
            .filter_map(|(test, level)| match test {
                Test::Swapped(name) => Some(find(name).map(|other| (level, Cross::new(field, other, true)))),
                Test::Crossed(name) => Some(find(name).map(|other| (level, Cross::new(field, other, false)))),
                _ => None,
            })
            .collect::<Result<_, _>>()?;
        let ages = tests.iter().any(|t| matches!(t, Test::Age(_)));
        Ok(Self { field, prepared, tests, ages, crossed })
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
            let level = if self.ages && !v.ages_tell(w) {
                0
            } else {
                let passed = self.tests.iter().enumerate().position(|(at, t)| v.passes(t, at, w, same));
                passed.unwrap_or(self.tests.len()) as u8 + 1
            };
            *slot = (pair, level);
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
