//! Expectation–maximisation over the counts of distinct patterns.
//!
//! The pairs that are looked at are those that blocking found; all others are taken to be of two persons.
//! So λ is the expected number of pairs of one person over *all* pairs. u, the shares among pairs of two
//! persons, comes from pairs drawn at random, less those among them that are of one person by the model so
//! far. Among the candidate pairs u would come out far too high, since blocking chose those for their
//! agreement.
//!
//! ```text
//! E   g(γ) = λ m(γ) / (λ m(γ) + (1 − λ) u(γ))
//! M   m_k(l) = Σ_{γ: γ_k = l} n(γ) g(γ) / Σ_{γ: γ_k ≠ missing} n(γ) g(γ),   λ = Σ_γ n(γ) g(γ) / N
//! ```
//!
//! (Winkler 1988; Enamorado, Fifield & Imai 2019, *APSR* 113, for EM over counts of patterns; Larsen & Rubin
//! 2001, *JASA* 96, for classes in which fields depend on each other.)

use crate::dependence::{self, Weighted};
use crate::weights::Weights;
use crate::{Model, pattern};

/// Rounds at most, and the change of any probability below which the search ends.
const ROUNDS: usize = 300;
const SETTLED: f64 = 1e-6;
/// How often u is learnt again.
const AGAIN: usize = 3;
/// No level is impossible: the smallest probability.
const LEAST: f64 = 1e-9;

/// Patterns of pairs with how many pairs have each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// Of the candidate pairs.
    pub(crate) candidates: &'a [(u64, f64)],
    /// Of pairs drawn at random.
    pub(crate) random: &'a [(u64, f64)],
    /// By comparison, where the frequencies of the values tell it: how many of all pairs have both values, and
    /// how many of these the same.
    pub(crate) exact: &'a [Option<(f64, f64)>],
    /// How many of the random pairs may be of one person, when nothing is known yet.
    pub(crate) strange: f64,
    /// The number of all pairs.
    pub(crate) all: f64,
}

/// How the search went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Learnt {
    /// Rounds until nothing changed.
    pub(crate) rounds: usize,
    /// True if it ended because nothing changed any more.
    pub(crate) converged: bool,
    /// The expected number of pairs of one person.
    pub(crate) matches: f64,
}

/// Learns m, u and λ.
pub(crate) fn learn(model: &mut Model, evidence: &Evidence<'_>) -> Learnt {
    let mut learnt = Learnt { rounds: 0, converged: false, matches: 0.0 };
    let mut random = evidence.random.to_vec();
    let mut exact = evidence.exact.to_vec();
    let mut strange = evidence.strange;
    for _ in 0..AGAIN {
        learn_u(model, &random, &exact, strange);
        learnt = learn_m(model, evidence);
        let weights = Weights::new(model);
        // What is of one person is taken out.
        strange = 0.0;
        for (random, &(p, n)) in random.iter_mut().zip(evidence.random) {
            random.1 = n * (1.0 - probability(weights.log_odds(p)));
        }
        exact.clone_from_slice(evidence.exact);
        for &(found, n) in evidence.candidates {
            let of_one = n * probability(weights.log_odds(found));
            for (k, exact) in exact.iter_mut().enumerate() {
                if let (Some((known, same)), level @ 1..) = (exact, pattern::level(found, k)) {
                    *known -= of_one;
                    *same -= if level == 1 { of_one } else { 0.0 };
                }
            }
        }
    }
    learnt
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The shares of each field's levels.
fn marginal(model: &Model, pairs: &Weighted, pseudo: f64) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> =
        model.comparisons.iter().map(|c| vec![pseudo / c.levels.len() as f64; c.levels.len()]).collect();
    for &(found, n) in pairs {
        for (k, sums) in sums.iter_mut().enumerate() {
            if let Some(level) = pattern::level(found, k).checked_sub(1) {
                sums[level] += n;
            }
        }
    }
    for sums in &mut sums {
        let known: f64 = sums.iter().sum();
        for s in sums {
            *s = (*s / known).max(LEAST);
        }
    }
    sums
}

/// Learns u from pairs drawn at random; exact agreement from how often each value occurs.
/// Half a pair is added, so that a value which nobody else has is rare, but not impossible.
fn learn_u(model: &mut Model, random: &Weighted, exact: &[Option<(f64, f64)>], strange: f64) {
    let mut shares = marginal(model, random, 0.5);
    for (shares, exact) in shares.iter_mut().zip(exact) {
        let Some((known, same)) = exact else { continue };
        let exact = ((same + 0.5) / (known + 1.0).max(1.0)).clamp(LEAST, 0.999);
        let rest = (1.0 - exact) / (1.0 - shares[0]).max(LEAST);
        shares[0] = exact;
        shares[1..].iter_mut().for_each(|s| *s *= rest);
    }
    let given = dependence::tree(model, random, &shares, strange);
    for ((c, shares), given) in model.comparisons.iter_mut().zip(&shares).zip(given) {
        c.levels.iter_mut().zip(shares).for_each(|(level, share)| level.u = *share);
        c.u_given = given;
    }
}

fn learn_m(model: &mut Model, evidence: &Evidence<'_>) -> Learnt {
    let mut learnt = Learnt { rounds: 0, converged: false, matches: 0.0 };
    while learnt.rounds < ROUNDS && !learnt.converged {
        learnt.rounds += 1;
        let weights = Weights::new(model);
        let matches: Vec<(u64, f64)> =
            evidence.candidates.iter().map(|&(p, n)| (p, n * probability(weights.log_odds(p)))).collect();
        let shares = marginal(model, &matches, 0.5);
        let mut change = 0.0_f64;
        for (comparison, shares) in model.comparisons.iter_mut().zip(&shares) {
            for (level, &share) in comparison.levels.iter_mut().zip(shares) {
                change = change.max((share - level.m).abs());
                level.m = share;
            }
        }
        let found: f64 = matches.iter().map(|m| m.1).sum();
        let prior = (found / evidence.all).clamp(1e-12, 0.5);
        change = change.max((prior / model.prior).ln().abs());
        model.prior = prior;
        learnt.matches = found;
        learnt.converged = change < SETTLED;
    }
    learnt
}
