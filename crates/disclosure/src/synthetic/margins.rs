//! Counts of combinations of values, up to three at once, and how they are protected.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

use super::{MISSING, Records};
use crate::Error;
use crate::privacy::{Ratio, Sampler, Seed};

/// Bits for one value of one attribute in a [`Combination`].
const BITS: u32 = 21;
/// Values of all attributes together, at most.
pub(super) const VALUES: usize = (1 << BITS) - 2;
/// Combinations that noise is drawn for, at most.
const CANDIDATES: usize = 20_000_000;

/// Up to three values of different attributes: their numbers plus one, the last in the lowest bits.
pub(super) type Combination = u64;

/// Adds a value that comes after all others.
pub(super) fn with(combination: Combination, value: u32) -> Combination {
    combination << BITS | (u64::from(value) + 1)
}

/// The combination of values in any order; at most three.
pub(super) fn of(values: &[u32]) -> Combination {
    let mut sorted = [u32::MAX; 3];
    sorted[..values.len()].copy_from_slice(values);
    sorted.sort_unstable();
    sorted[..values.len()].iter().fold(0, |c, &v| with(c, v))
}

/// The values of a combination, in order.
pub(super) fn values(mut combination: Combination) -> Vec<u32> {
    let mut out = Vec::new();
    while combination != 0 {
        out.push((combination & ((1 << BITS) - 1)) as u32 - 1);
        combination >>= BITS;
    }
    out.reverse();
    out
}

/// The number of values in a combination.
pub(super) fn order(combination: Combination) -> usize {
    (64 - combination.leading_zeros()).div_ceil(BITS) as usize
}

/// A hash for combinations, which are numbers already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u64(u64::from(b));
        }
    }
    fn write_u64(&mut self, n: u64) {
        let x = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = x ^ (x >> 29);
    }
}

/// Counts by combination. Only looked up; what is iterated over is sorted first.
pub(super) type Counts = HashMap<Combination, u64, BuildHasherDefault<Mixer>>;

/// Calls `f` with each combination of 1 to `order` of these values, which are in order.
pub(super) fn each(values: &[u32], order: usize, mut f: impl FnMut(Combination)) {
    for (i, &a) in values.iter().enumerate() {
        let one = with(0, a);
        f(one);
        if order < 2 {
            continue;
        }
        for (j, &b) in values.iter().enumerate().skip(i + 1) {
            let two = with(one, b);
            f(two);
            if order >= 3 {
                for &c in &values[j + 1..] {
                    f(with(two, c));
                }
            }
        }
    }
}

/// The numbers of the values of a record; missing ones have none.
pub(super) fn numbers(records: &Records, row: usize, out: &mut Vec<u32>) {
    out.clear();
    for (column, first) in records.columns.iter().zip(&records.first) {
        if column[row] != MISSING {
            out.push(first + column[row]);
        }
    }
}

/// How often each combination of up to `order` values is in the records.
pub(super) fn count(records: &Records, order: usize) -> Counts {
    let mut counts = Counts::default();
    let mut row_values = Vec::new();
    for row in 0..records.len() {
        numbers(records, row, &mut row_values);
        each(&row_values, order, |c| *counts.entry(c).or_default() += 1);
    }
    counts
}

/// Counts in the order of combinations.
pub(super) fn sorted(counts: &Counts) -> Vec<(Combination, u64)> {
    let mut list: Vec<(Combination, u64)> = counts.iter().map(|(&c, &n)| (c, n)).collect();
    list.sort_unstable();
    list
}

/// Protected counts of combinations, from which records are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    pub(super) counts: Counts,
    pub(super) records: u64,
    pub(super) order: usize,
    /// For each value its attribute and code.
    pub(super) places: Vec<(u32, u32)>,
}

impl Margins {
    /// Protected number of records.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The most values in a combination.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The combinations that are known, as attribute and code, with their protected counts, in one
    /// order. They are as safe to publish as the records that are made of them.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<(u32, u32)>, u64)> + '_ {
        sorted(&self.counts)
            .into_iter()
            .map(|(c, n)| (values(c).into_iter().map(|v| self.places[v as usize]).collect(), n))
    }
}

/// Leaves out combinations of fewer than `k` records, and rounds the other counts to multiples of
/// `k`.
pub(super) fn at_least(records: &Records, order: usize, k: u64) -> Margins {
    let round = |n: u64| (n + k / 2) / k * k;
    let counts =
        count(records, order).into_iter().filter(|(_, n)| *n >= k).map(|(c, n)| (c, round(n).max(k)));
    Margins {
        counts: counts.collect(),
        records: round(records.len() as u64),
        order,
        places: records.places(),
    }
}

/// What noise was drawn for the margins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noisy {
    pub(super) margins: Margins,
    pub(super) rho: f64,
    /// Standard deviation of the noise of the number of records, single values, pairs, triples.
    pub(super) deviations: Vec<f64>,
}

/// Counts with discrete Gaussian noise. Of pairs only those of values that are known are
/// considered, of triples those of known pairs (as in synthetic-data-showcase, `docs/dp`): which these
/// are follows from what was already noisy. Every combination of the domain can come to be known.
///
/// Combinations count as known when their noisy count is above `sure` standard deviations.
pub(super) fn noisy(
    records: &Records,
    order: usize,
    rho: f64,
    person: u64,
    sure: f64,
    seed: &Seed,
) -> Result<Noisy, Error> {
    let truth = count(records, order);
    // Other settings, other draws: two releases of the same records do not share their noise.
    let chosen = [order as u64, rho.to_bits(), person, sure.to_bits()];
    let contents = records.columns.iter().flatten().map(|&c| u64::from(c));
    let stream = seed.of("synthetic records", chosen.into_iter().chain(contents));
    let attributes = records.columns.len() as u64;
    let mut spent = 0.0;
    let mut deviations = Vec::new();
    // Of one person all records may be alike.
    let mut variance_for = |combinations: u64, rho: f64| -> Result<Ratio, Error> {
        let changed = (person * person * combinations) as f64;
        let variance = Ratio::at_least(changed / (2.0 * rho))?;
        spent += changed / (2.0 * variance.value());
        deviations.push(variance.value().sqrt());
        Ok(variance)
    };
    // One fiftieth for the number of records; the rest in equal parts.
    let variance = variance_for(1, rho * 0.02)?;
    let total = (records.len() as u64).cast_signed() + Sampler::new(stream, 0).discrete_gaussian(variance);
    let share = rho * 0.98 / order as f64;
    let places = records.places();
    let mut counts = Counts::default();
    let mut known: Vec<Combination> = vec![0];
    let mut singles: Vec<u32> = (0..places.len() as u32).collect();
    for size in 1..=order {
        let variance = variance_for(binomial(attributes, size as u64), share)?;
        let threshold = (sure * variance.value().sqrt()).max(0.5);
        let mut candidates: Vec<Combination> = Vec::new();
        for &c in &known {
            let parts = values(c);
            for &v in &singles {
                let after = parts.last().is_none_or(|&l| places[l as usize].0 < places[v as usize].0);
                let inner = size < 3
                    || (counts.contains_key(&of(&[parts[0], v])) && counts.contains_key(&of(&[parts[1], v])));
                if after && inner {
                    candidates.push(with(c, v));
                }
            }
            if candidates.len() > CANDIDATES {
                return Err(Error::Policy {
                    what: format!("noise for more than {CANDIDATES} combinations of {size} values"),
                    help: "take fewer attributes, coarser codes or a lower order".into(),
                });
            }
        }
        let drawn: Vec<i64> = candidates
            .par_iter()
            .with_min_len(512)
            .map(|c| {
                let n = truth.get(c).copied().unwrap_or(0).cast_signed();
                n + Sampler::new(stream, *c).discrete_gaussian(variance)
            })
            .collect();
        known.clear();
        for (c, n) in candidates.into_iter().zip(drawn) {
            if n as f64 <= threshold {
                continue;
            }
            // No combination is more frequent than a part of it.
            let parts = values(c);
            let mut most = n.unsigned_abs();
            for leave in 0..parts.len() {
                let fewer: Vec<u32> =
                    parts.iter().enumerate().filter(|(i, _)| *i != leave).map(|(_, v)| *v).collect();
                if !fewer.is_empty() {
                    most = most.min(counts.get(&of(&fewer)).copied().unwrap_or(0));
                }
            }
            counts.insert(c, most.max(1));
            known.push(c);
        }
        if size == 1 {
            singles = known.iter().flat_map(|&c| values(c)).collect();
        }
    }
    let margins = Margins { counts, records: u64::try_from(total).unwrap_or(0), order, places };
    Ok(Noisy { margins, rho: spent, deviations })
}

/// n over k, for small k.
pub(super) fn binomial(n: u64, k: u64) -> u64 {
    (0..k).fold(1, |c, i| c * n.saturating_sub(i) / (i + 1))
}
