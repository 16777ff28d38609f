//! How many persons there are.
//!
//! A record that says little about who it is of, a first name and no more, is linked with nothing, and would
//! count as a person of its own. Most such records are of someone who is known from other records. How many
//! are is told by the records that say much: among those hardly one of a person with other records is left
//! alone. Of the records of register `r` that say `w` (the log odds that they would have with a record of
//! the same person) a share
//!
//! ```text
//! P(alone) = s_r + (1 − s_r) h(w),    h(w) = 1 / (1 + exp(a + b w)),  b ≥ 0
//! ```
//!
//! is alone: `s_r` because the person has no other record, and `h` because the other records were not found.
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
use crate::random::{below, normal, stream, unit};
use crate::{Link, Model, Records, Test};

/// Bins of what records say.
const BINS: usize = 40;
const ROUNDS: usize = 400;

/// What each record says about who it is of: the expected log odds, without the prior, of a pair that it
/// makes with another record of the same person.
pub fn information(model: &Model, records: &Records) -> Vec<f32> {
    let n = records.len() as f64;
    let mut total = vec![0_f32; records.len()];
    for comparison in &model.comparisons {
        let Some(column) = records.column(&comparison.field) else { continue };
        let known: f64 = column.counts().iter().map(|&c| f64::from(c)).sum();
        let expected: f64 = comparison.levels.iter().map(|l| l.m * (l.m / l.u).ln()).sum();
        let exact = &comparison.levels[0];
        let rare = comparison.term_frequency && exact.test == Test::Exact;
        let there = known / n;
        let of_value: Vec<f32> = std::iter::once(0.0)
            .chain(column.counts().iter().map(|&count| {
                let rarity = if rare { exact.m * (exact.u * known / f64::from(count)).ln() } else { 0.0 };
                (there * (expected + rarity)) as f32
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
    /// `a` and `b`.
    pub curve: (f64, f64),
}

impl Alone {
    fn h(&self, says: f64) -> f64 {
        1.0 / (1.0 + (self.curve.0 + self.curve.1 * says).exp())
    }

    /// The probability that a record that is alone is of a person with other records.
    pub fn lost(&self, register: u16, says: f64) -> f64 {
        let (s, h) = (self.only[usize::from(register)], self.h(says));
        let lost = (1.0 - s) * h;
        if s + lost > 0.0 { lost / (s + lost) } else { 0.0 }
    }

    fn fit(table: &Table) -> Self {
        let registers = table.all.len();
        let mut fitted = Self { only: vec![0.3; registers], curve: (0.0, 0.2) };
        for _ in 0..ROUNDS {
            let before = fitted.clone();
            // Expected numbers of lost records, and of those with company, by bin.
            let mut lost = vec![0.0; table.says.len()];
            let mut company = vec![0.0; table.says.len()];
            for r in 0..registers {
                let (mut only, mut all) = (0.5, 1.0);
                for (bin, &says) in table.says.iter().enumerate() {
                    let p = fitted.lost(r as u16, says);
                    lost[bin] += table.alone[r][bin] * p;
                    company[bin] += table.all[r][bin] - table.alone[r][bin];
                    only += table.alone[r][bin] * (1.0 - p);
                    all += table.all[r][bin];
                }
                fitted.only[r] = only / all;
            }
            fitted.curve = logistic(&table.says, &lost, &company, fitted.curve);
            let change = (fitted.curve.0 - before.curve.0).abs()
                + (fitted.curve.1 - before.curve.1).abs()
                + fitted.only.iter().zip(&before.only).map(|(a, b)| (a - b).abs()).sum::<f64>();
            if change < 1e-7 {
                break;
            }
        }
        fitted
    }
}

/// One step of Newton's method for `P(lost) = 1 / (1 + exp(a + b w))`, with `b` kept at 0 or above and a
/// weak pull towards where it is, so that no step leaps where hardly anyone is lost.
fn logistic(says: &[f64], lost: &[f64], company: &[f64], (a, b): (f64, f64)) -> (f64, f64) {
    let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-3, 0.0, 1e-3);
    for ((&w, &x), &y) in says.iter().zip(lost).zip(company) {
        let n = x + y;
        let p = 1.0 / (1.0 + (a + b * w).exp());
        let (error, weight) = (n * p - x, n * p * (1.0 - p));
        g0 += error;
        g1 += error * w;
        h00 += weight;
        h01 += weight * w;
        h11 += weight * w * w;
    }
    let det = h00 * h11 - h01 * h01;
    let (da, db) = ((h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det);
    let short = (1.0_f64).min(2.0 / (da.abs() + 10.0 * db.abs()).max(1e-9));
    (a + short * da, (b + short * db).max(0.0))
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

    /// How many records are apart from their person, for groups of these sizes.
    fn draw(&self, sizes: &[u32], rng: &mut ChaCha8Rng) -> f64 {
        let q = self.missed.0 + unit(rng) * (self.missed.1 - self.missed.0);
        // Records that miss all others are not seen to do so, so that `c` is too low, by how much is not known.
        let again = self.again + unit(rng) * (1.0 - self.again) / 2.0;
        let expected: f64 = sizes
            .iter()
            .filter(|&&k| k > 1)
            .map(|&k| match k {
                2 => q / (1.0 - q).max(0.1),
                k => f64::from(k) * q / 2.0 * again.powf(f64::from(k - 2)),
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
    let sizes = point.sizes();
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
            let splits = apart.draw(&sizes, &mut rng);
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
