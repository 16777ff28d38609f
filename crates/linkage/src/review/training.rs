//! Pairs to learn from, and what was learnt: matches and non-matches by pattern of agreement.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::design::check_pairs;
use super::{Pair, Sample, Verdict};
use crate::Error;

/// The pairs from which a model learns most: those whose probability is nearest to a half, and of many with
/// the same pattern, which all say the same, a few. The `k`-th pair of a pattern counts as uncertain as its
/// entropy divided by `k`. `known` pairs are passed over.
///
/// These are no sample: precision and recall cannot be estimated from them.
///
/// # Errors
/// When there is no pair, or a probability is none.
pub fn uncertain_first(
    pairs: &[Pair],
    wanted: usize,
    seed: u64,
    known: impl Fn(u64) -> bool,
) -> Result<Vec<u64>, Error> {
    check_pairs(pairs)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // Every pair has its number, known or not, so that others keep theirs.
    let mut order: Vec<(u64, f64, u64, u64)> = pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| (pair.pattern, entropy(pair.probability), random.next_u64(), at as u64))
        .filter(|&(_, _, _, at)| !known(at))
        .collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    let (mut pattern, mut rank) = (None, 0.0);
    for (of, uncertain, _, _) in &mut order {
        rank = if pattern == Some(*of) { rank + 1.0 } else { 1.0 };
        pattern = Some(*of);
        *uncertain /= rank;
    }
    order.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then((a.2, a.3).cmp(&(b.2, b.3))));
    Ok(order.into_iter().take(wanted).map(|(_, _, _, at)| at).collect())
}

/// Entropy of a yes or no, in nats.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    part(p) + part(1.0 - p)
}

/// A pair on which there is a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Labelled {
    /// Its index among the candidate pairs.
    pub pair: u64,
    /// True if it is a match.
    pub matches: bool,
    /// How many candidate pairs it stands for.
    pub weight: f64,
}

impl Sample {
    /// The drawn pairs with a decision, each with the inverse of its probability to be among them: pairs of
    /// the stratum over decisions in the stratum. Unsure ones count as not decided.
    pub fn labelled(&self, verdicts: &BTreeMap<u64, Verdict>) -> Vec<Labelled> {
        let mut labelled: Vec<(usize, Labelled)> = Vec::new();
        let mut decided = vec![0_u64; self.strata.len()];
        for drawn in &self.drawn {
            let matches = match verdicts.get(&drawn.pair) {
                Some(Verdict::Match) => true,
                Some(Verdict::NonMatch) => false,
                Some(Verdict::Unsure) | None => continue,
            };
            let stratum = drawn.stratum as usize;
            let Some(decided) = decided.get_mut(stratum) else { continue };
            *decided += 1;
            labelled.push((stratum, Labelled { pair: drawn.pair, matches, weight: 0.0 }));
        }
        labelled
            .into_iter()
            .map(|(stratum, label)| Labelled {
                weight: self.strata[stratum].size as f64 / decided[stratum] as f64,
                ..label
            })
            .collect()
    }
}

/// Labelled pairs with one pattern of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PatternCount {
    /// The pattern.
    pub pattern: u64,
    /// Labelled pairs.
    pub labelled: u64,
    /// Candidate pairs of one person, estimated: the sum of the weights of the matches.
    pub matches: f64,
    /// Candidate pairs of two persons, likewise.
    pub non_matches: f64,
}

/// Matches and non-matches by pattern, in the order of the patterns. The share of a level among the matches
/// estimates its m-probability, among the non-matches its u-probability (among candidate pairs).
pub fn count_patterns(pairs: &[Pair], labelled: &[Labelled]) -> Vec<PatternCount> {
    let mut counts: BTreeMap<u64, PatternCount> = BTreeMap::new();
    for label in labelled {
        let Some(pair) = pairs.get(label.pair as usize) else { continue };
        let none = PatternCount { pattern: pair.pattern, labelled: 0, matches: 0.0, non_matches: 0.0 };
        let count = counts.entry(pair.pattern).or_insert(none);
        count.labelled += 1;
        *(if label.matches { &mut count.matches } else { &mut count.non_matches }) += label.weight;
    }
    counts.into_values().collect()
}
