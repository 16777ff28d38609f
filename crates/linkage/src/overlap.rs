//! The prior by pair of registers.
//!
//! λ is the share of all pairs that are of one person. Where police and shelters know the same persons and the youth
//! services know others, the share differs by pair of registers, and so do the odds of two records before anything is
//! compared. With `N_AB` the pairs of a record of `A` and one of `B`, and `g` the probability of a pair to be of one person,
//!
//! ```text
//! λ_AB = (Σ g + κ) / (N_AB + κ / λ),      log odds += log(λ_AB / (1 − λ_AB)) − log(λ / (1 − λ))
//! ```
//!
//! in turns until nothing changes: expectation–maximisation with a Gamma prior of mean λ that weighs as κ pairs of one
//! person, so that registers that hardly tell keep the common λ (empirical Bayes, Efron & Morris 1973, *JASA* 68).

use rayon::prelude::*;

use crate::blocking::Within;
use crate::model::Between;
use crate::run::Candidate;
use crate::weights::probability;
use crate::{Model, Records};

/// κ: pairs of one person that the common λ weighs as.
const PRIOR: f64 = 5.0;
/// Pairs of one person, expected in all, below which nothing is learnt.
const ENOUGH: f64 = 50.0;
/// Registers at most.
const MOST: usize = 64;
/// Rounds at most, and the change of log odds below which the search ends.
const ROUNDS: usize = 100;
const SETTLED: f64 = 1e-4;
/// Pairs that are added up one after the other, so that the sum does not depend on the threads.
const CHUNK: usize = 1 << 14;

/// What each pair of registers adds to the log odds.
pub(crate) struct Shifts {
    registers: usize,
    by: Vec<f64>,
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

impl Shifts {
    /// As the model has it; registers that it does not know add nothing.
    pub(crate) fn new(model: &Model, records: &Records) -> Self {
        let names = records.register_names();
        if model.between.is_empty() {
            return Self { registers: names.len(), by: Vec::new() };
        }
        let mut shifts = Self::none(names.len());
        let at = |name: &String| names.iter().position(|n| n == name);
        for between in &model.between {
            let [a, b] = &between.registers;
            if let (Some(a), Some(b)) = (at(a), at(b)) {
                shifts.set(a, b, logit(between.prior) - logit(model.prior));
            }
        }
        shifts
    }

    fn none(registers: usize) -> Self {
        Self { registers, by: vec![0.0; registers * registers] }
    }

    fn set(&mut self, a: usize, b: usize, shift: f64) {
        self.by[a * self.registers + b] = shift;
        self.by[b * self.registers + a] = shift;
    }

    /// What two records of these registers add.
    pub(crate) fn of(&self, a: u16, b: u16) -> f64 {
        self.by.get(usize::from(a) * self.registers + usize::from(b)).copied().unwrap_or(0.0)
    }
}

/// The pairs of registers that can hold a person, with the number of pairs of records.
fn possible(records: &Records, within: &Within) -> Vec<(usize, usize, f64)> {
    let mut sizes = vec![0.0; records.register_names().len()];
    for &register in records.registers() {
        sizes[usize::from(register)] += 1.0;
    }
    let mut pairs = Vec::new();
    for a in 0..sizes.len() {
        for b in a..sizes.len() {
            let n = if a == b { sizes[a] * (sizes[a] - 1.0) / 2.0 } else { sizes[a] * sizes[b] };
            if within.allows(a as u16, b as u16) && n > 0.0 {
                pairs.push((a, b, n));
            }
        }
    }
    pairs
}

/// Expected pairs of one person by pair of registers: a row for each first register, the first below the second.
fn expected(records: &Records, candidates: &[Candidate], log_odds: &[f64], shifts: &Shifts) -> Vec<f64> {
    let registers = records.registers();
    let sums: Vec<Vec<f64>> = candidates
        .par_chunks(CHUNK)
        .zip(log_odds.par_chunks(CHUNK))
        .map(|(candidates, log_odds)| {
            let mut sums = vec![0.0; shifts.by.len()];
            for (c, log_odds) in candidates.iter().zip(log_odds) {
                let (a, b) = (registers[c.a as usize], registers[c.b as usize]);
                let at = usize::from(a.min(b)) * shifts.registers + usize::from(a.max(b));
                sums[at] += probability(log_odds + shifts.of(a, b));
            }
            sums
        })
        .collect();
    let mut all = vec![0.0; shifts.by.len()];
    for sums in sums {
        all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    all
}

/// True if there are several pairs of registers that can hold a person, and not too many to keep apart.
pub(crate) fn is_to_learn(records: &Records, within: &Within) -> bool {
    let registers = records.register_names().len();
    (2..=MOST).contains(&registers) && possible(records, within).len() > 1
}

/// Learns the prior of each pair of registers from the log odds of the candidate pairs under the common prior.
pub(crate) fn learn(
    model: &mut Model,
    records: &Records,
    within: &Within,
    candidates: &[Candidate],
    log_odds: &[f64],
) {
    model.between.clear();
    let possible = possible(records, within);
    let names = records.register_names();
    let mut shifts = Shifts::none(names.len());
    if expected(records, candidates, log_odds, &shifts).iter().sum::<f64>() < ENOUGH {
        return;
    }
    let mut priors = vec![model.prior; possible.len()];
    for _ in 0..ROUNDS {
        let found = expected(records, candidates, log_odds, &shifts);
        let mut change = 0.0_f64;
        for (&(a, b, n), prior) in possible.iter().zip(&mut priors) {
            let sum = found[a * names.len() + b];
            *prior = ((sum + PRIOR) / (n + PRIOR / model.prior)).clamp(1e-12, 0.5);
            let shift = logit(*prior) - logit(model.prior);
            change = change.max((shift - shifts.of(a as u16, b as u16)).abs());
            shifts.set(a, b, shift);
        }
        if change < SETTLED {
            break;
        }
    }
    let between = |(&(a, b, _), prior): (&(usize, usize, f64), f64)| Between {
        registers: [names[a].clone(), names[b].clone()],
        prior,
    };
    model.between = possible.iter().zip(priors).map(between).collect();
}
