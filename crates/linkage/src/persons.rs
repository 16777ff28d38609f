//! How many persons there are.
//!
//! A record that says little about who it is of, a first name and no more, is linked with nothing, and would
//! count as a person of its own. Most such records are of someone who is known from other records. How many
//! are is told by the records that say much: among those hardly one of a person with other records is left
//! alone. Of the records of register `r` that say `w` (the log odds that they are expected to have with a
//! record of the same person) a share
//!
//! ```text
//! P(alone) = s_r + (1 − s_r) h(w),    h(w) = 1 / (1 + exp(w / τ))
//! ```
//!
//! is alone: `s_r` because the person has no other record, and `h` because the other records were not found.
//! A record whose expected log odds are 0 is as likely to be found as not; how fast that grows with what it
//! says is learnt, with a log-normal prior of `τ` around 3, that a small file has to go by.
//! It is taken that what a record says does not depend on how many records its person has. A record that is
//! alone is lost, that is of a person with other records, with probability
//! `(1 − s_r) h(w) / (s_r + (1 − s_r) h(w))`.
//!
//! Records that say much are taken apart too, when each of the pairs that would have held them was missed. Of
//! a person with two records that is one pair: with `q` the share of pairs that are missed, `n₂ q / (1 − q)`
//! such persons count twice. Of a person with `k` records, one is apart with probability `k (q / 2) c^(k − 2)`,
//! where `c` is how often a record that misses one of its person's others misses the next as well. How far
//! these splits are among the lost records already is not known: each draw takes the larger number whole and
//! a share of the smaller that is drawn anew.

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::cluster::{Draws, Partition};
use crate::compare::born::Born;
use crate::random::{below, normal, stream, unit};
use crate::weights::probability;
use crate::{Link, Model, Records, Test};

/// Bins of what records say.
const BINS: usize = 40;
const ROUNDS: usize = 200;
/// Values of `τ` that are tried, from and to, and its prior: the median and the standard deviation of its
/// logarithm.
const SCALES: (f64, f64) = (0.5, 8.0);
const STEPS: usize = 24;
const PRIOR: (f64, f64) = (3.0, 0.5);
/// Records that must not be alone for lost ones to be thought of.
const COMPANY: f64 = 10.0;

/// What each record says about who it is of: the expected log odds of a pair that it makes with another
/// record of the same person.
pub fn information(model: &Model, records: &Records) -> Vec<f32> {
    let n = records.len() as f64;
    let mut total = vec![(model.prior / (1.0 - model.prior)).ln() as f32; records.len()];
    for comparison in &model.comparisons {
        let Some(column) = records.column(&comparison.field) else { continue };
        let known = column.known() as f64;
        let expected: f64 = comparison.levels.iter().map(|l| l.m * (l.m / l.u).ln()).sum();
        let exact = &comparison.levels[0];
        let rare = comparison.term_frequency && exact.test == Test::Exact;
        // Two dates of birth say nothing of ages: a date needs a record with an age.
        let aged = |v: &str| comparison.age.is_some() && Born::parse(v).is_some_and(|b| b.is_age());
        let ages = column.values().iter().zip(column.counts()).filter(|(v, _)| aged(v));
        let ages: f64 = ages.map(|(_, &c)| f64::from(c)).sum();
        let there = |v: &str| if comparison.age.is_some() && !aged(v) { ages / n } else { known / n };
        let of_value: Vec<f32> = std::iter::once(0.0)
            .chain(column.values().iter().zip(column.counts()).map(|(value, &count)| {
                let rarity = if rare { exact.m * (exact.u * known / f64::from(count)).ln() } else { 0.0 };
                (there(value) * (expected + rarity)) as f32
            }))
            .collect();
        for (total, &code) in total.iter_mut().zip(column.codes()) {
            *total += of_value[code as usize];
        }
    }
    total
}

/// Records that are alone, by register and by what they say.
#[derive(Debug, Clone)]
struct Table {
    /// Mean of what the records of a bin say.
    says: Vec<f64>,
    /// `[register][bin]`: records, and those that are alone.
    all: Vec<Vec<f64>>,
    alone: Vec<Vec<f64>>,
}

/// The model of being alone.
#[derive(Debug, Clone, Serialize)]
pub struct Alone {
    /// `s_r`: by register the share of records whose person has no other.
    pub only: Vec<f64>,
    /// `τ`.
    pub scale: f64,
}

impl Alone {
    /// The probability that a record that is alone is of a person with other records.
    pub fn lost(&self, register: u16, says: f64) -> f64 {
        let (s, h) = (self.only[usize::from(register)], missed(says, self.scale));
        let lost = (1.0 - s) * h;
        if s + lost > 0.0 { lost / (s + lost) } else { 0.0 }
    }

    /// The likeliest `s_r` for each of some values of `τ`, and of these the likeliest under its prior.
    fn fit(table: &Table) -> Self {
        let total = |of: &[Vec<f64>]| of.iter().flatten().sum::<f64>();
        if total(&table.all) - total(&table.alone) < COMPANY {
            // Nobody is known to be there twice: nothing tells how many are.
            return Self { only: vec![1.0; table.all.len()], scale: SCALES.0 };
        }
        let mut best: Option<(f64, Self)> = None;
        for step in 0..STEPS {
            let scale = SCALES.0 * (SCALES.1 / SCALES.0).powf(step as f64 / (STEPS - 1) as f64);
            let missed: Vec<f64> = table.says.iter().map(|&w| missed(w, scale)).collect();
            let mut likelihood = -((scale / PRIOR.0).ln() / PRIOR.1).powi(2) / 2.0;
            let mut only = Vec::with_capacity(table.all.len());
            for (all, alone) in table.all.iter().zip(&table.alone) {
                let s = share_of_only(all, alone, &missed);
                for ((n, x), h) in all.iter().zip(alone).zip(&missed) {
                    let p = (s + (1.0 - s) * h).clamp(1e-12, 1.0 - 1e-12);
                    likelihood += x * p.ln() + (n - x) * (1.0 - p).ln();
                }
                only.push(s);
            }
            if best.as_ref().is_none_or(|b| likelihood > b.0) {
                best = Some((likelihood, Self { only, scale }));
            }
        }
        best.map_or(Self { only: vec![1.0; table.all.len()], scale: SCALES.0 }, |b| b.1)
    }
}

/// `h`: the probability that a record that says so much is linked with none of its person's others.
fn missed(says: f64, scale: f64) -> f64 {
    probability(-says / scale)
}

/// The likeliest share of records whose person has no other, by expectation–maximisation.
fn share_of_only(all: &[f64], alone: &[f64], missed: &[f64]) -> f64 {
    let n: f64 = all.iter().sum::<f64>() + 1.0;
    let mut s = 0.3;
    for _ in 0..ROUNDS {
        let only: f64 = alone.iter().zip(missed).map(|(x, h)| x * s / (s + (1.0 - s) * h)).sum();
        let next = (only + 0.5) / n;
        if (next - s).abs() < 1e-7 {
            break;
        }
        s = next;
    }
    s
}

impl Table {
    fn new(says: &[f32], registers: &[u16], alone: &[u32], edges: &[f32]) -> Self {
        let count = registers.iter().map(|&r| usize::from(r) + 1).max().unwrap_or(0);
        let mut sums = vec![(0.0, 0.0); edges.len() + 1];
        let mut all = vec![vec![0.0; edges.len() + 1]; count];
        let single = all.clone();
        for (&w, &r) in says.iter().zip(registers) {
            let bin = edges.partition_point(|&e| e <= w);
            sums[bin].0 += f64::from(w);
            sums[bin].1 += 1.0;
            all[usize::from(r)][bin] += 1.0;
        }
        let mean = sums.iter().map(|&(sum, n)| if n > 0.0 { sum / n } else { 0.0 }).collect();
        let mut table = Self { says: mean, all, alone: single };
        table.add(says, registers, alone, edges);
        table
    }

    /// Adds records that are alone.
    fn add(&mut self, says: &[f32], registers: &[u16], alone: &[u32], edges: &[f32]) {
        for &record in alone {
            let bin = edges.partition_point(|&e| e <= says[record as usize]);
            self.alone[usize::from(registers[record as usize])][bin] += 1.0;
        }
    }

    /// The same table as if other records had been caught: each number alone drawn again.
    fn again(&self, rng: &mut ChaCha8Rng) -> Self {
        let mut new = self.clone();
        for (alone, all) in new.alone.iter_mut().zip(&self.all) {
            for (alone, &n) in alone.iter_mut().zip(all) {
                if n > 0.0 {
                    let p = (*alone + 0.25) / (n + 0.5);
                    let z = normal(rng);
                    *alone = (n * p + z * (n * p * (1.0 - p)).sqrt()).clamp(0.0, n);
                }
            }
        }
        new
    }
}

fn alone(partition: &Partition) -> Vec<bool> {
    let sizes = partition.sizes();
    partition.person.iter().map(|&p| sizes[p as usize] == 1).collect()
}

/// What is known of pairs that were missed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Apart {
    /// `q`: the share of pairs of one person that are no link, from and to.
    pub missed: (f64, f64),
    /// `c`: how often a record that is not linked with one other of its person is not linked with the next.
    pub again: f64,
}

impl Apart {
    /// From the share of pairs that blocking found, from and to, the links, and who was joined.
    pub fn new(found: (f64, f64), links: &[Link], point: &Partition) -> Self {
        let all: f64 = links.iter().map(Link::probability).sum();
        let taken: f64 = links.iter().filter(|l| l.log_odds > 0.0).map(Link::probability).sum();
        let scored = if all > 0.0 { taken / all } else { 1.0 };
        let mut linked = vec![0_u32; point.person.len()];
        for link in links.iter().filter(|l| l.log_odds > 0.0) {
            let (a, b) = (link.a as usize, link.b as usize);
            if point.person[a] == point.person[b] {
                linked[a] += 1;
                linked[b] += 1;
            }
        }
        let sizes = point.sizes();
        let (mut both, mut one) = (1.0, 2.0);
        for (&person, &linked) in point.person.iter().zip(&linked) {
            let size = sizes[person as usize];
            if size >= 4 {
                let missed = f64::from((size - 1).saturating_sub(linked));
                both += missed * (missed - 1.0).max(0.0);
                one += missed * f64::from(size - 2);
            }
        }
        Self { missed: (1.0 - found.1 * scored, 1.0 - found.0 * scored), again: both / one }
    }

    /// How many records are apart from their person, for so many groups of each size.
    fn draw(&self, groups: &[(u32, f64)], rng: &mut ChaCha8Rng) -> f64 {
        let q = self.missed.0 + unit(rng) * (self.missed.1 - self.missed.0);
        // Records that miss all others are not seen to do so, so that `c` is too low, by how much is not known.
        let again = self.again + unit(rng) * (1.0 - self.again) / 2.0;
        let expected: f64 = groups
            .iter()
            .filter(|(k, _)| *k > 1)
            .map(|&(k, n)| match k {
                2 => n * q / (1.0 - q).max(0.1),
                k => n * f64::from(k) * q / 2.0 * again.powf(f64::from(k - 2)),
            })
            .sum();
        (expected + normal(rng) * expected.sqrt()).max(0.0)
    }
}

/// The number of persons.
#[derive(Debug, Clone, Serialize)]
pub struct Persons {
    /// The median of the draws.
    pub point: f64,
    /// 95 % of the draws.
    pub interval: (f64, f64),
    /// Groups of the point partition.
    pub groups: usize,
    /// Of them records that are alone, and how many of those are expected to be of a person with others.
    pub alone: usize,
    /// See above.
    pub lost: f64,
    /// By register the share of records whose person has no other.
    pub only: Vec<f64>,
}

/// Counts persons in the point partition and in draws; also gives, for each draw, the records that are lost.
pub fn count(
    point: &Partition,
    draws: &Draws,
    registers: &[u16],
    says: &[f32],
    apart: &Apart,
    seed: u64,
) -> (Persons, Vec<Vec<u32>>) {
    let mut ordered = says.to_vec();
    ordered.sort_unstable_by(f32::total_cmp);
    let edges: Vec<f32> = (1..BINS).filter_map(|i| ordered.get(i * ordered.len() / BINS).copied()).collect();
    let is_alone = alone(point);
    let alone: Vec<u32> = (0..says.len() as u32).filter(|&i| is_alone[i as usize]).collect();
    let fitted = Alone::fit(&Table::new(says, registers, &alone, &edges));
    let lost: f64 =
        alone.iter().map(|&i| fitted.lost(registers[i as usize], f64::from(says[i as usize]))).sum();
    let (always, in_draw) = draws.alone();
    let mut sizes = point.sizes();
    sizes.sort_unstable();
    let groups: Vec<(u32, f64)> =
        sizes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect();
    let base = Table::new(says, registers, &always, &edges);
    let (mut counts, lost_by_draw): (Vec<f64>, Vec<Vec<u32>>) = in_draw
        .par_iter()
        .enumerate()
        .map(|(d, more)| {
            let mut rng = stream(seed, 1 << 40 | d as u64);
            let mut table = base.clone();
            table.add(says, registers, more, &edges);
            let again = Alone::fit(&table.again(&mut rng));
            let (mut lost, mut others): (Vec<u32>, Vec<u32>) = always.iter().chain(more).partition(|&&i| {
                unit(&mut rng) < again.lost(registers[i as usize], f64::from(says[i as usize]))
            });
            let splits = apart.draw(&groups, &mut rng);
            let (low, high) = (splits.min(lost.len() as f64), splits.max(lost.len() as f64));
            let wanted = (high + unit(&mut rng) * low).round() as usize;
            while lost.len() < wanted && !others.is_empty() {
                let at = below(&mut rng, others.len());
                lost.push(others.swap_remove(at));
            }
            ((draws.persons(d) - lost.len()) as f64, lost)
        })
        .unzip();
    counts.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| counts.get(((counts.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(0.0);
    let persons = Persons {
        point: at(0.5),
        interval: (at(0.025), at(0.975)),
        groups: point.persons,
        alone: alone.len(),
        lost,
        only: fitted.only,
    };
    (persons, lost_by_draw)
}
