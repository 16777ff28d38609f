//! From records and a model to scored pairs.

use rayon::prelude::*;

use crate::blocking::{Blocks, Within, mix};
use crate::em::{self, Evidence};
use crate::hashing::Table;
use crate::model::Compiled;
use crate::overlap::Shifts;
use crate::variants::{self, Variants};
use crate::weights::Weights;
use crate::{Comparison, Link, Model, Records, Test, pattern};

/// Pairs drawn at random for the u-probabilities.
pub(crate) const RANDOM_PAIRS: u64 = 500_000;
/// Log odds from which a pair is kept as a link: about one in a thousand.
pub(crate) const KEPT: f64 = -7.0;

/// Records as of all by which the frequency of a value among those with the same parent is drawn to that among all.
const SMOOTH: f64 = 10.0;

/// A candidate pair with its pattern.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// The first record.
    pub(crate) a: u32,
    /// The second.
    pub(crate) b: u32,
    /// The levels.
    pub(crate) pattern: u64,
}

/// The pairs of records that could be of one person, as a number.
pub(crate) fn all_pairs(records: &Records, within: &Within) -> f64 {
    let n = records.len() as f64;
    let mut sizes = vec![0_u64; records.register_names().len()];
    for &r in records.registers() {
        sizes[usize::from(r)] += 1;
    }
    let inside: f64 = (0_u16..)
        .zip(&sizes)
        .filter(|(r, _)| !within.allows(*r, *r))
        .map(|(_, &s)| s as f64 * (s as f64 - 1.0) / 2.0)
        .sum();
    n * (n - 1.0) / 2.0 - inside
}

/// Pairs drawn at random, with their patterns.
pub(crate) fn random_pairs(
    compiled: &Compiled<'_>,
    records: &Records,
    within: &Within,
    wanted: u64,
    seed: u64,
) -> Vec<Candidate> {
    let n = records.len() as u64;
    let registers = records.registers();
    let chunks = 64_u64;
    let pairs: Vec<Vec<Candidate>> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut memory = compiled.memory();
            (0..wanted / chunks)
                .filter_map(|i| {
                    let x = mix(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mix(chunk << 40 | i));
                    let (a, b) = ((((x >> 32) * n) >> 32) as u32, (((x & 0xffff_ffff) * n) >> 32) as u32);
                    let may = a != b && within.allows(registers[a as usize], registers[b as usize]);
                    may.then(|| Candidate { a, b, pattern: compiled.pattern(&mut memory, a, b) })
                })
                .collect()
        })
        .collect();
    pairs.concat()
}

/// What each record weighs where persons are counted, not records: those that are surely of one person, one
/// together.
fn weight_of_records(records: usize, candidates: &[Candidate], weights: &Weights) -> Vec<f32> {
    let groups = variants::components(records, candidates.iter().filter(|c| weights.is_sure(c.pattern)));
    let mut sizes = vec![0_u32; records];
    for &group in &groups {
        sizes[group as usize] += 1;
    }
    groups.iter().map(|&group| 1.0 / sizes[group as usize] as f32).collect()
}

/// For each comparison that begins with exact agreement: how many of all pairs have both values, and how many
/// of these the same.
pub(crate) fn exact_pairs(model: &Model, records: &Records, within: &Within) -> Vec<Option<(f64, f64)>> {
    model
        .comparisons
        .iter()
        .map(|c| {
            let column = records.column(&c.field).filter(|_| c.levels[0].test == Test::Exact)?;
            let (mut known, mut same) = pairs_of(column.counts());
            for register in 0..records.register_names().len() as u16 {
                if !within.allows(register, register) {
                    let mut counts = vec![0_u32; column.values().len()];
                    for (&code, _) in
                        column.codes().iter().zip(records.registers()).filter(|(_, r)| **r == register)
                    {
                        if code > 0 {
                            counts[code as usize - 1] += 1;
                        }
                    }
                    let inside = pairs_of(&counts);
                    known -= inside.0;
                    same -= inside.1;
                }
            }
            Some((known, same))
        })
        .collect()
}

/// Pairs of records with a value, and with the same.
fn pairs_of(counts: &[u32]) -> (f64, f64) {
    let all: f64 = counts.iter().map(|&c| f64::from(c)).sum();
    let same = counts.iter().map(|&c| f64::from(c) * (f64::from(c) - 1.0) / 2.0).sum();
    (all * (all - 1.0) / 2.0, same)
}

/// How many pairs have each pattern, in the order of the patterns.
fn counted(pairs: &[Candidate]) -> Vec<(u64, f64)> {
    let mut counts: Table<u64, u64> = Table::default();
    for pair in pairs {
        *counts.entry(pair.pattern).or_default() += 1;
    }
    let mut counted: Vec<(u64, f64)> = counts.into_iter().map(|(pattern, n)| (pattern, n as f64)).collect();
    counted.sort_unstable_by_key(|c| c.0);
    counted
}

/// The candidate pairs with their patterns.
pub(crate) fn candidates(compiled: &Compiled<'_>, blocks: &Blocks<'_>) -> Vec<Candidate> {
    let parts = blocks.visit(
        || (compiled.memory(), Vec::new()),
        |(memory, made), a, b, _| made.push(Candidate { a, b, pattern: compiled.pattern(memory, a, b) }),
    );
    let mut all = Vec::with_capacity(parts.iter().map(|(_, made)| made.len()).sum());
    for (_, made) in parts {
        all.extend(made);
    }
    all
}

/// The pairs as links with their patterns, those far below even odds left out: `log_odds` are those under the common
/// prior, to which the registers of a pair add theirs.
pub(crate) fn links(
    candidates: &[Candidate],
    log_odds: &[f64],
    shifts: &Shifts,
    registers: &[u16],
) -> (Vec<Link>, Vec<u64>) {
    candidates
        .par_iter()
        .zip(log_odds)
        .filter_map(|(c, log_odds)| {
            let log_odds = log_odds + shifts.of(registers[c.a as usize], registers[c.b as usize]);
            (log_odds > KEPT).then_some((Link { a: c.a, b: c.b, log_odds: log_odds as f32 }, c.pattern))
        })
        .unzip()
}

/// What gives pairs their log odds: the weights of their patterns, and what their values add.
pub(crate) struct Scorer<'a> {
    weights: Weights,
    compiled: &'a Compiled<'a>,
    rarity: Vec<Option<Rarity<'a>>>,
    variants: &'a Variants,
}

impl<'a> Scorer<'a> {
    /// Of a model that was learnt from these candidate pairs.
    pub(crate) fn new(
        model: &Model,
        compiled: &'a Compiled<'a>,
        records: &'a Records,
        variants: &'a Variants,
        candidates: &[Candidate],
    ) -> Self {
        let weights = Weights::new(model);
        let once = (!model.alike.is_empty()).then(|| weight_of_records(records.len(), candidates, &weights));
        let of = |c: &Comparison| Rarity::new(model, c, records, once.as_deref());
        let rarity = model.comparisons.iter().map(of).collect();
        Self { weights, compiled, rarity, variants }
    }

    /// The weights of its model's patterns.
    pub(crate) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The log odds of each pair under the common prior.
    pub(crate) fn log_odds(&self, pairs: &[Candidate]) -> Vec<f64> {
        let of_pair = |pair: &Candidate| {
            let of_values: f64 = (0..self.rarity.len()).map(|k| self.of_values(k, pair)).sum();
            self.weights.log_odds(pair.pattern) + of_values
        };
        pairs.par_iter().map(of_pair).collect()
    }

    /// The pair with its pattern, variants included.
    pub(crate) fn pair(&self, a: u32, b: u32, model: &Model, records: &Records) -> Candidate {
        let mut pair =
            [Candidate { a, b, pattern: self.compiled.pattern(&mut self.compiled.memory(), a, b) }];
        self.variants.apply(model, records, &mut pair);
        pair[0]
    }

    /// What the values of a field add to what its level says.
    pub(crate) fn of_values(&self, k: usize, pair: &Candidate) -> f64 {
        let Some(rarity) = &self.rarity[k] else { return 0.0 };
        let level = pattern::level(pair.pattern, k);
        if level == 1 {
            rarity.of_same(pair)
        } else if level == rarity.variant {
            let values = (rarity.codes[pair.a as usize], rarity.codes[pair.b as usize]);
            let weight = self.variants.weight(k, values.0, values.1);
            let instead = |w| {
                self.weights.without(pair.pattern, k) + f64::from(w) - self.weights.log_odds(pair.pattern)
            };
            weight.map_or(0.0, instead)
        } else if rarity.crossed[level] {
            let value = self.compiled.crossed_value(k, level as u8, pair.a, pair.b);
            value.map_or(0.0, |v| f64::from(rarity.other[v as usize]))
        } else {
            0.0
        }
    }
}

/// What agreement on a value adds to the weight of agreement on any, by the code of the value.
struct Rarity<'a> {
    codes: &'a [u32],
    /// For the same value of the field.
    same: Vec<f32>,
    /// Which levels are of values in different fields, and what those add.
    crossed: Vec<bool>,
    other: Vec<f32>,
    /// The level of variants, which have weights of their own; 0 for none.
    variant: usize,
    /// How rare a value is among records with the same value of the field that this one depends on.
    given: Option<RarityGiven<'a>>,
}

/// What agreement on a value adds where the parent in the tree agrees exactly too, and pairs of two persons are
/// alike: a surname from a rare country is rare, but not among compatriots.
struct RarityGiven<'a> {
    parent: usize,
    of_parent: &'a [u32],
    /// By the codes of the parent and of the field.
    same: Table<(u32, u32), f32>,
}

impl Rarity<'_> {
    /// What it adds that a pair has the same value.
    fn of_same(&self, pair: &Candidate) -> f64 {
        let record = pair.a as usize;
        let code = self.codes[record];
        let given = self.given.as_ref().filter(|g| pattern::level(pair.pattern, g.parent) == 1);
        let given = given.and_then(|g| g.same.get(&(g.of_parent[record], code)));
        f64::from(*given.unwrap_or(&self.same[code as usize]))
    }
}

impl<'a> RarityGiven<'a> {
    fn new(model: &Model, comparison: &Comparison, records: &'a Records, once: &[f32]) -> Option<Self> {
        let given = comparison.u_given.as_ref()?;
        let parent = model.comparisons.iter().position(|c| c.field == given.field)?;
        if model.comparisons[parent].levels[0].test != Test::Exact {
            return None;
        }
        let (column, above) = (records.column(&comparison.field)?, records.column(&given.field)?);
        let mut both: Table<(u32, u32), f64> = Table::default();
        let mut all = vec![0.0; above.values().len() + 1];
        for ((&code, &parent), &once) in column.codes().iter().zip(above.codes()).zip(once) {
            if code > 0 && parent > 0 {
                *both.entry((parent, code)).or_default() += f64::from(once);
                all[parent as usize] += f64::from(once);
            }
        }
        let known = column.known() as f64;
        let u = given.shares[0][0];
        let same = both
            .into_iter()
            .map(|((parent, code), n)| {
                let alone = f64::from(column.counts()[code as usize - 1]) / known;
                let share = (n + SMOOTH * alone) / (all[parent as usize] + SMOOTH);
                ((parent, code), (u / share).ln() as f32)
            })
            .collect();
        Some(Self { parent, of_parent: above.codes(), same })
    }
}

impl<'a> Rarity<'a> {
    /// `once` is what each record weighs, where pairs of two persons are alike.
    fn new(
        model: &Model,
        comparison: &Comparison,
        records: &'a Records,
        once: Option<&[f32]>,
    ) -> Option<Self> {
        if !comparison.term_frequency || comparison.levels[0].test != Test::Exact {
            return None;
        }
        let column = records.column(&comparison.field)?;
        let known = column.known() as f64;
        let added = |u: f64, ways: f64| -> Vec<f32> {
            let of = |&count: &u32| (u * known / (ways * f64::from(count))).ln() as f32;
            std::iter::once(0.0).chain(column.counts().iter().map(of)).collect()
        };
        let mut crossed = vec![false; comparison.levels.len() + 1];
        let mut other = Vec::new();
        for (at, level) in comparison.levels.iter().enumerate() {
            if matches!(level.test, Test::Crossed(_)) {
                crossed[at + 1] = true;
                // Either record's field may be the one.
                other = added(level.u, 2.0);
            }
        }
        let variant = comparison.levels.iter().position(|l| l.test == Test::Variant).map_or(0, |at| at + 1);
        Some(Self {
            codes: column.codes(),
            same: added(comparison.levels[0].u, 1.0),
            crossed,
            other,
            variant,
            given: once.and_then(|once| RarityGiven::new(model, comparison, records, once)),
        })
    }
}

/// Of all pairs, how many are of one person if each record is in one such pair.
pub(crate) fn one_each(records: &Records, within: &Within) -> f64 {
    (records.len() as f64 / all_pairs(records, within)).min(0.2)
}

/// Learns the model from the candidate pairs, a share of those that there are. Nothing is known at first but
/// that not many more of all pairs than `likely` are of one person. True if the search settled.
pub(crate) fn learn(
    model: &mut Model,
    records: &Records,
    within: &Within,
    (candidates, share): (&[Candidate], f64),
    random: &[Candidate],
    likely: f64,
    suspect: f64,
) -> bool {
    let exact: Vec<Option<(f64, f64)>> = exact_pairs(model, records, within)
        .into_iter()
        .map(|pairs| pairs.map(|(known, same)| (known * share, same * share)))
        .collect();
    let (candidates, random) = (counted(candidates), counted(random));
    let strange = likely * random.iter().map(|r| r.1).sum::<f64>();
    let all = all_pairs(records, within) * share;
    model.prior = likely / 2.0;
    em::learn(
        model,
        &Evidence { candidates: &candidates, random: &random, exact: &exact, strange, all, suspect },
    )
}
