//! Values that are written for each other: a short name for the long one, a village for its municipality.
//!
//! They are learnt from the records. Among pairs that are of one person by everything else, two different
//! values of a field are variants if they come together in several persons, and more often than their
//! frequencies alone would bring them together. The values stay in memory; they are written nowhere.

use rayon::prelude::*;

use crate::cluster::{join, root};
use crate::hashing::Table;
use crate::run::Candidate;
use crate::weights::{SURE, Weights};
use crate::{Column, Model, Records, Test, pattern};

/// Persons in which two values must come together.
const PERSONS: u32 = 2;
/// By how much more often than chance has it they must come together, as a natural logarithm.
const MORE: f64 = 2.0;

/// For each comparison the pairs of values (codes, the smaller first) that are variants, with the natural
/// logarithm of how much more often they come together in one person than in two.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variants(Vec<Table<(u32, u32), f32>>);

impl Variants {
    /// The weight of two values of a comparison; `None` if they are no variants.
    pub(crate) fn weight(&self, comparison: usize, x: u32, y: u32) -> Option<f32> {
        self.0.get(comparison)?.get(&(x.min(y), x.max(y))).copied()
    }

    /// How many pairs of values there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Table::len).sum()
    }

    /// Gives pairs whose values are variants, and that have nothing closer in common, the level of variants.
    pub(crate) fn apply(&self, model: &Model, records: &Records, pairs: &mut [Candidate]) {
        for (k, comparison) in model.comparisons.iter().enumerate() {
            let Some(at) = comparison.levels.iter().position(|l| l.test == Test::Variant) else { continue };
            let Some(column) = records.column(&comparison.field) else { continue };
            let (codes, variant, last) = (column.codes(), at as u8 + 1, comparison.levels.len());
            pairs.par_iter_mut().for_each(|pair| {
                let level = pattern::level(pair.pattern, k);
                if level == last || level == usize::from(variant) {
                    let known = self.weight(k, codes[pair.a as usize], codes[pair.b as usize]).is_some();
                    pair.pattern =
                        pattern::replace(pair.pattern, k, if known { variant } else { last as u8 });
                }
            });
        }
    }

    /// Learns the variants of every comparison with a level `variant`.
    pub(crate) fn learn(model: &Model, records: &Records, candidates: &[Candidate]) -> Self {
        let sure = SurePatterns::new(model, candidates);
        let persons = components(records.len(), candidates.iter().filter(|c| sure.is_sure(c.pattern)));
        let of_field = |k: usize| {
            let at = model.comparisons[k].levels.iter().position(|l| l.test == Test::Variant)?;
            let column = records.column(&model.comparisons[k].field)?;
            Some(of_field(column, (k, at + 1), candidates, &sure, &persons))
        };
        Self((0..model.comparisons.len()).into_par_iter().map(|k| of_field(k).unwrap_or_default()).collect())
    }
}

/// Which patterns are surely of one person: there are far fewer of them than of pairs.
struct SurePatterns(Table<u64, u16>);

impl SurePatterns {
    /// The bit of the whole pattern; that of a comparison stands for the pattern without it.
    const WHOLE: u16 = 1 << 15;

    fn new(model: &Model, candidates: &[Candidate]) -> Self {
        let weights = Weights::new(model);
        let mut sure: Table<u64, u16> = Table::default();
        for c in candidates {
            sure.entry(c.pattern).or_insert_with(|| {
                let without = (0..model.comparisons.len())
                    .filter(|&k| weights.without(c.pattern, k) >= SURE)
                    .fold(0, |bits, k| bits | 1 << k);
                without | if weights.is_sure(c.pattern) { Self::WHOLE } else { 0 }
            });
        }
        Self(sure)
    }

    fn is_sure(&self, pattern: u64) -> bool {
        self.0.get(&pattern).is_some_and(|bits| bits & Self::WHOLE != 0)
    }

    /// True if the pairs are of one person whatever this field says.
    fn without(&self, pattern: u64, k: usize) -> bool {
        self.0.get(&pattern).is_some_and(|bits| bits >> k & 1 == 1)
    }
}

/// The variants of a field, the comparison `k` with variants at level `from`.
fn of_field(
    column: &Column,
    (k, from): (usize, usize),
    candidates: &[Candidate],
    surely: &SurePatterns,
    persons: &[u32],
) -> Table<(u32, u32), f32> {
    let codes = column.codes();
    // Pairs of different values, once for each person in whom they come together.
    let mut together: Vec<(u32, u32, u32)> = Vec::new();
    let mut known_of = vec![false; persons.len()];
    for c in candidates {
        let level = pattern::level(c.pattern, k);
        if level == 0 || !surely.without(c.pattern, k) {
            continue;
        }
        let person = persons[c.a as usize];
        known_of[person as usize] = true;
        if level >= from {
            let (x, y) = (codes[c.a as usize], codes[c.b as usize]);
            together.push((x.min(y), x.max(y), person));
        }
    }
    together.sort_unstable();
    together.dedup();
    let persons = known_of.iter().filter(|known| **known).count() as f64;
    let known = column.known() as f64;
    let share = |code: u32| f64::from(column.counts()[code as usize - 1]) / known;
    together
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .filter(|same| same.len() as u32 >= PERSONS)
        .filter_map(|same| {
            let (x, y) = (same[0].0, same[0].1);
            // One person less: two values that met by chance in two persons say little.
            let more = ((same.len() as f64 - 1.0) / persons / (2.0 * share(x) * share(y))).ln();
            (more > MORE).then_some(((x, y), more as f32))
        })
        .collect()
}

/// The group of each record by links that are sure.
pub(crate) fn components<'a>(records: usize, sure: impl Iterator<Item = &'a Candidate>) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..records as u32).collect();
    for c in sure {
        join(&mut parent, c.a, c.b);
    }
    (0..records as u32).map(|record| root(&mut parent, record)).collect()
}
