//! Several reviewers: what they decided together, and how far they agree.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Decision, PairKey, Verdict};

/// How far two reviewers agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The two, in the order of their names.
    pub reviewers: [String; 2],
    /// Pairs on which both decided.
    pub pairs: u64,
    /// Share of them on which they decided the same.
    pub agreed: f64,
    /// Cohen's kappa: how much of the agreement that chance would not give there is; 1 is all, 0 none. There
    /// is none when both always decided the same one thing.
    pub kappa: Option<f64>,
}

/// Each reviewer's last decision on each pair.
fn last(decisions: &[Decision]) -> BTreeMap<&PairKey, BTreeMap<&str, Verdict>> {
    let mut last: BTreeMap<&PairKey, BTreeMap<&str, Verdict>> = BTreeMap::new();
    for decision in decisions {
        last.entry(&decision.pair).or_default().insert(&decision.reviewer, decision.verdict);
    }
    last
}

/// What was decided on each pair: of match and non-match what more reviewers say, each by their last
/// decision. When as many say the one as the other, it is unsure.
pub fn resolve(decisions: &[Decision]) -> BTreeMap<PairKey, Verdict> {
    last(decisions)
        .into_iter()
        .map(|(pair, verdicts)| {
            let count = |of: Verdict| verdicts.values().filter(|&&verdict| verdict == of).count();
            let verdict = match count(Verdict::Match).cmp(&count(Verdict::NonMatch)) {
                std::cmp::Ordering::Greater => Verdict::Match,
                std::cmp::Ordering::Less => Verdict::NonMatch,
                std::cmp::Ordering::Equal => Verdict::Unsure,
            };
            (pair.clone(), verdict)
        })
        .collect()
}

/// Agreement of each two reviewers who decided on the same pairs (Cohen 1960, *Educational and
/// Psychological Measurement* 20).
///
/// `κ = (p_o − p_e) / (1 − p_e)`, with `p_o` the share of pairs on which both agree, and `p_e = Σ p_k q_k` what it
/// would be if each decided as often for `k` as they do, but by chance.
pub fn agreement(decisions: &[Decision]) -> Vec<Agreement> {
    let last = last(decisions);
    let reviewers: BTreeSet<&str> = last.values().flat_map(|verdicts| verdicts.keys().copied()).collect();
    let mut found = Vec::new();
    for (at, first) in reviewers.iter().enumerate() {
        for second in reviewers.iter().skip(at + 1) {
            let both: Vec<(Verdict, Verdict)> =
                last.values().filter_map(|v| Some((*v.get(first)?, *v.get(second)?))).collect();
            if both.is_empty() {
                continue;
            }
            let n = both.len() as f64;
            let share =
                |f: &dyn Fn(&(Verdict, Verdict)) -> bool| both.iter().filter(|b| f(b)).count() as f64 / n;
            let agreed = share(&|b| b.0 == b.1);
            let chance: f64 = [Verdict::Match, Verdict::NonMatch, Verdict::Unsure]
                .iter()
                .map(|&k| share(&|b| b.0 == k) * share(&|b| b.1 == k))
                .sum();
            found.push(Agreement {
                reviewers: [(*first).to_owned(), (*second).to_owned()],
                pairs: both.len() as u64,
                agreed,
                kappa: (chance < 1.0).then(|| (agreed - chance) / (1.0 - chance)),
            });
        }
    }
    found
}
