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
use crate::model::Alike;
use crate::weights::{Weights, probability};
use crate::{Comparison, Model, pattern};

/// Rounds at most, and the change of any probability below which the search ends.
const ROUNDS: usize = 300;
/// Rounds at most where some pairs are alike, which is harder to tell.
const ROUNDS_ALIKE: usize = 2000;
/// Rounds after which it must show that a kind of pairs that are alike explains something.
const TRIED: usize = 25;
const SETTLED: f64 = 1e-6;
/// How often u is learnt again.
const AGAIN: usize = 3;
/// Pairs that are alike: fewer are none.
const FEWEST: f64 = 10.0;
/// Kinds of pairs of two persons that are alike, at most.
const KINDS: usize = 2;
/// Part of the levels of something personal that pairs of one person and others may have in common before a cause is
/// looked for.
pub(crate) const SUSPECT: f64 = 0.03;
/// That part from which it cannot be that so many dates of birth are wrong.
pub(crate) const INCREDIBLE: f64 = 0.15;
/// Part of the levels of a field that pairs of one person and pairs that are alike have in common at most, where it
/// tells them apart.
const DIFFERENT: f64 = 0.5;
/// Part of a pair that is added to what was found, so that a level that nobody has is rare, but not impossible.
const HALF: f64 = 0.5;
/// Part of the pairs of one person that must have something personal in both records for it to tell of them all.
const THERE: f64 = 0.25;
/// No level is impossible: the smallest probability.
pub(crate) const LEAST: f64 = 1e-9;

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
    /// Part of the levels of something personal that pairs of one person and others may have in common before pairs
    /// of two persons that are alike are looked for; those that the model knows are kept anyway.
    pub(crate) suspect: f64,
}

/// Learns m, u and λ.
///
/// Where persons are few and many have names from the same countries, some of the pairs that the search takes for one
/// person are of compatriots. It shows: their dates of birth, or whatever else is personal, go together no more than
/// chance has it. Then the search is made again with a class of its own for such pairs, which is kept if it explains
/// them: what is personal now goes together in pairs of one person. But pairs that are like those of one person in
/// all else are of one person, written down wrong, unless they are more than registers are wrong.
///
/// True if the search ended because nothing changed any more.
pub(crate) fn learn(model: &mut Model, evidence: &Evidence<'_>) -> bool {
    let converged = rounds(model, evidence);
    let common = |model: &Model| common(model, evidence);
    let unexplained = common(model);
    if !model.alike.is_empty() || unexplained < evidence.suspect {
        return converged;
    }
    let mut best = (unexplained / 2.0, model.clone(), converged);
    for kinds in 1..=KINDS {
        model.begin_again();
        learn_u(model, evidence.random, evidence.exact, evidence.strange);
        start_alike(model, evidence, kinds);
        let explains =
            |model: &Model| common(model) < best.0 && (unexplained > INCREDIBLE || is_of_its_own(model));
        // Most data have no such kinds, and a few rounds show it.
        learn_m(model, evidence, TRIED);
        if !explains(model) {
            continue;
        }
        let converged = rounds(model, evidence);
        if explains(model) {
            best = (common(model) / 2.0, model.clone(), converged);
        }
        if common(model) < SUSPECT {
            break;
        }
    }
    *model = best.1;
    best.2
}

/// How much of the levels of what is personal pairs of one person and others have in common, as a share. A field that
/// few pairs of one person have in both records, such as a date of birth that one register has alone, tells nothing of
/// the others.
fn common(model: &Model, evidence: &Evidence<'_>) -> f64 {
    let weights = Weights::new(model);
    let mut of_one = Sums::new(model.comparisons.len());
    for &(found, n) in evidence.candidates {
        of_one.add(found, n * probability(weights.log_odds(found)));
    }
    let is_there = |k: usize| of_one.levels[k][1..].iter().sum::<f64>() >= THERE * of_one.pairs;
    let of_field = |c: &Comparison| c.levels.iter().map(|level| level.m.min(level.u)).sum::<f64>();
    let personal = model.comparisons.iter().enumerate().filter(|(k, c)| c.personal && is_there(*k));
    personal.map(|(_, c)| of_field(c)).fold(0.0, f64::max)
}

/// True if pairs of two persons that are alike can be told from those of one by more than what is personal: else they
/// may be of one person, written down wrong.
fn is_of_its_own(model: &Model) -> bool {
    model.alike.iter().any(|alike| {
        model.comparisons.iter().zip(&alike.levels).any(|(comparison, levels)| {
            let shared = comparison.levels.iter().zip(levels).map(|(level, share)| level.m.min(*share));
            !comparison.personal && shared.sum::<f64>() < DIFFERENT
        })
    })
}

fn rounds(model: &mut Model, evidence: &Evidence<'_>) -> bool {
    let mut converged = false;
    let mut random = evidence.random.to_vec();
    let mut exact = evidence.exact.to_vec();
    let mut strange = evidence.strange;
    for _ in 0..AGAIN {
        learn_u(model, &random, &exact, strange);
        let most = if model.alike.is_empty() { ROUNDS } else { ROUNDS_ALIKE };
        converged = learn_m(model, evidence, most);
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
    converged
}

/// Learns u from pairs drawn at random; exact agreement from how often each value occurs.
/// Half a pair is added, so that a value which nobody else has is rare, but not impossible.
fn learn_u(model: &mut Model, random: &Weighted, exact: &[Option<(f64, f64)>], strange: f64) {
    let mut shares = sums(model, random).shares(model);
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

/// A start for kinds of pairs of two persons that are alike: the first are as the candidates are, but for what is
/// personal, the second as pairs of one person are.
fn start_alike(model: &mut Model, evidence: &Evidence<'_>, kinds: usize) {
    let candidates: f64 = evidence.candidates.iter().map(|c| c.1).sum();
    let share = (candidates / 4.0 / evidence.all).clamp(1e-12, 0.2);
    let of_one = |c: &Comparison| {
        c.levels.iter().map(|level| if c.personal { level.u } else { level.m }).collect::<Vec<f64>>()
    };
    let first = Alike { share, levels: levels_of_alike(model, &sums(model, evidence.candidates)) };
    let second = Alike { share: share / 4.0, levels: model.comparisons.iter().map(of_one).collect() };
    model.alike = [first, second].into_iter().take(kinds).collect();
}

fn sums(model: &Model, pairs: &Weighted) -> Sums {
    let mut sums = Sums::new(model.comparisons.len());
    for &(found, n) in pairs {
        sums.add(found, n);
    }
    sums
}

fn levels_of_alike(model: &Model, found: &Sums) -> Vec<Vec<f64>> {
    let mut levels = found.shares(model);
    for (comparison, levels) in model.comparisons.iter().zip(&mut levels) {
        if comparison.personal {
            *levels = comparison.levels.iter().map(|l| l.u).collect();
        }
    }
    levels
}

/// What a round of the search adds up: expected pairs by comparison and level, level 0 for missing.
#[derive(Clone)]
struct Sums {
    levels: Vec<[f64; 16]>,
    pairs: f64,
}

impl Sums {
    fn new(fields: usize) -> Self {
        Self { levels: vec![[0.0; 16]; fields], pairs: 0.0 }
    }

    fn add(&mut self, found: u64, n: f64) {
        self.pairs += n;
        for (level, sums) in pattern::levels(found).zip(&mut self.levels) {
            sums[level] += n;
        }
    }

    /// The shares of each field's levels, half a pair added.
    fn shares(&self, model: &Model) -> Vec<Vec<f64>> {
        let of = |(comparison, sums): (&Comparison, &[f64; 16])| {
            let levels = comparison.levels.len();
            let sums: Vec<f64> = sums[1..=levels].iter().map(|s| s + HALF / levels as f64).collect();
            let known: f64 = sums.iter().sum();
            sums.iter().map(|s| (s / known).max(LEAST)).collect()
        };
        model.comparisons.iter().zip(&self.levels).map(of).collect()
    }
}

/// Learns which pairs of two persons are alike; gives the largest change of a share. A kind of hardly any pairs is
/// none.
fn learn_alike(model: &mut Model, found: &[Sums], all: f64) -> f64 {
    let mut change = 0.0_f64;
    let before = std::mem::take(&mut model.alike);
    for (before, found) in before.iter().zip(found) {
        if found.pairs < FEWEST {
            change = 1.0;
            continue;
        }
        let levels = levels_of_alike(model, found);
        let after = Alike { share: (found.pairs / all).clamp(1e-12, 0.25), levels };
        let moved = before.levels.iter().flatten().zip(after.levels.iter().flatten());
        change = moved.map(|(a, b)| (a - b).abs()).fold(change, f64::max);
        change = change.max((after.share / before.share).ln().abs());
        model.alike.push(after);
    }
    change
}

/// The shares of levels as they are multiplied; level 0, a field that is missing, says nothing.
struct Shares(Vec<[f64; 16]>);

impl Shares {
    fn new(fields: impl Iterator<Item = impl Iterator<Item = f64>>) -> Self {
        let row = |shares| {
            let mut row = [1.0; 16];
            row[1..].iter_mut().zip(shares).for_each(|(to, share)| *to = share);
            row
        };
        Self(fields.map(row).collect())
    }

    /// The share of a pattern if the fields have nothing to do with each other. Not too small for a number: no
    /// share is below [`LEAST`], of at most 15 fields.
    fn of(&self, found: u64) -> f64 {
        pattern::levels(found).zip(&self.0).map(|(level, row)| row[level]).product()
    }
}

/// Learns m, λ and what is alike, with u as it is; true if it settled.
fn learn_m(model: &mut Model, evidence: &Evidence<'_>, rounds: usize) -> bool {
    let fields = model.comparisons.len();
    let weights = Weights::new(model);
    let of_others: Vec<f64> = evidence.candidates.iter().map(|c| weights.share_of_others(c.0)).collect();
    for _ in 0..rounds {
        let m = Shares::new(model.comparisons.iter().map(|c| c.levels.iter().map(|level| level.m)));
        let shares_of = |alike: &Alike| {
            (alike.share, Shares::new(alike.levels.iter().map(|levels| levels.iter().copied())))
        };
        let alike: Vec<(f64, Shares)> = model.alike.iter().map(shares_of).collect();
        let odds = model.prior / (1.0 - model.prior);
        let others = model.others();
        let mut matches = Sums::new(fields);
        let mut found_alike = vec![Sums::new(fields); alike.len()];
        let mut parts = vec![0.0; alike.len()];
        for (&(found, n), of_others) in evidence.candidates.iter().zip(&of_others) {
            let of_one = odds * m.of(found);
            let mut all = of_one + others * of_others;
            for (part, (share, levels)) in parts.iter_mut().zip(&alike) {
                *part = share * levels.of(found);
                all += *part;
            }
            matches.add(found, n * of_one / all);
            found_alike.iter_mut().zip(&parts).for_each(|(sums, part)| sums.add(found, n * part / all));
        }
        let shares = matches.shares(model);
        let mut change = learn_alike(model, &found_alike, evidence.all);
        for (comparison, shares) in model.comparisons.iter_mut().zip(&shares) {
            for (level, &share) in comparison.levels.iter_mut().zip(shares) {
                change = change.max((share - level.m).abs());
                level.m = share;
            }
        }
        let prior = (matches.pairs / evidence.all).clamp(1e-12, 0.5);
        change = change.max((prior / model.prior).ln().abs());
        model.prior = prior;
        if change < SETTLED {
            return true;
        }
    }
    false
}
