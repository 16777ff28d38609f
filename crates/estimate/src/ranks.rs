//! Comparing groups by draws of their visibility: ranks, contrasts, and which is the least visible.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::numeric::quantile;

/// The most groups of which every two are contrasted.
const ALL_PAIRS_UP_TO: usize = 20;
/// Probability from which on a group is clearly the least visible, and that a set must reach which
/// holds the least visible.
const CLEAR: f64 = 0.95;
/// Probability from which on a group is likely the least visible.
const LEANING: f64 = 0.80;

/// How two groups compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// Codes of the one group.
    pub codes: BTreeMap<String, String>,
    /// Codes of the group that it is compared with.
    pub against: BTreeMap<String, String>,
    /// Visibility of the one ÷ visibility of the other, the median over the draws.
    pub ratio: f64,
    /// Equal-tailed interval of the ratio; `None` where the draws do not bound it.
    pub interval: Option<(f64, f64)>,
    /// Probability that the one group has the lower visibility.
    pub probability_lower: f64,
}

/// Which group is the least visible, as far as the numbers tell.
///
/// It speaks of the groups that could be ranked: those with an estimate, an interval and known codes.
/// [`LeastVisible::Clear::unranked`] and its like count the others with known codes; one of those may
/// be less visible than all that are ranked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "statement", rename_all = "kebab-case")]
pub enum LeastVisible {
    /// One group, with a probability of at least 95 %.
    Clear {
        /// Its codes.
        group: BTreeMap<String, String>,
        /// Probability that it is the least visible.
        probability: f64,
        /// Groups with known codes that could not be ranked.
        unranked: usize,
    },
    /// Most likely one group, with a probability of at least 80 %.
    Leaning {
        /// Its codes.
        group: BTreeMap<String, String>,
        /// Probability that it is the least visible.
        probability: f64,
        /// Groups with known codes that could not be ranked.
        unranked: usize,
    },
    /// The numbers do not tell which.
    CannotTell {
        /// The smallest set of groups that holds the least visible with at least 95 %, the most
        /// probable first.
        groups: Vec<BTreeMap<String, String>>,
        /// Probability that one of these is the least visible.
        probability: f64,
        /// Groups with known codes that could not be ranked.
        unranked: usize,
    },
}

/// A group to compare, with equally likely visibilities; the same place in two groups is one draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked<'a> {
    pub(crate) codes: &'a BTreeMap<String, String>,
    pub(crate) visibility: &'a [f64],
}

/// For each group the probability of each rank from the least visible on. Groups that tie in a draw
/// share their ranks.
pub(crate) fn rank_probabilities(groups: &[Ranked]) -> Vec<Vec<f64>> {
    let draws = groups.first().map_or(0, |group| group.visibility.len());
    let mut sums = vec![vec![0.0; groups.len()]; groups.len()];
    let mut order: Vec<usize> = (0..groups.len()).collect();
    for draw in 0..draws {
        let at = |g: usize| groups[g].visibility[draw];
        order.sort_by(|&a, &b| at(a).total_cmp(&at(b)).then(a.cmp(&b)));
        let mut rank = 0;
        for tied in order.chunk_by(|&a, &b| at(a).total_cmp(&at(b)).is_eq()) {
            for &g in tied {
                for sum in &mut sums[g][rank..rank + tied.len()] {
                    *sum += 1.0 / tied.len() as f64;
                }
            }
            rank += tied.len();
        }
    }
    for sum in sums.iter_mut().flatten() {
        *sum /= draws as f64;
    }
    sums
}

/// Every two groups, up to 20 groups; beyond that every group against the one that is the most likely
/// to be the least visible.
pub(crate) fn contrasts(groups: &[Ranked], first_rank: &[f64], level: f64) -> Vec<Contrast> {
    if groups.len() <= ALL_PAIRS_UP_TO {
        let pairs = (0..groups.len()).flat_map(|i| (i + 1..groups.len()).map(move |j| (i, j)));
        return pairs.map(|(i, j)| contrast(groups[i], groups[j], level)).collect();
    }
    let Some(least) = most_probable(first_rank).first().copied() else { return Vec::new() };
    let others = (0..groups.len()).filter(|&g| g != least);
    others.map(|g| contrast(groups[g], groups[least], level)).collect()
}

fn contrast(one: Ranked, other: Ranked, level: f64) -> Contrast {
    let pairs = || one.visibility.iter().zip(other.visibility);
    // Two groups that are all but unseen are alike.
    let mut ratios: Vec<f64> =
        pairs().map(|(a, b)| if a.total_cmp(b).is_eq() { 1.0 } else { a / b }).collect();
    ratios.sort_by(f64::total_cmp);
    let below = |(a, b): (&f64, &f64)| match a.total_cmp(b) {
        Ordering::Less => 1.0,
        Ordering::Equal => 0.5,
        Ordering::Greater => 0.0,
    };
    let limits = (quantile(&ratios, (1.0 - level) / 2.0), quantile(&ratios, f64::midpoint(1.0, level)));
    Contrast {
        codes: one.codes.clone(),
        against: other.codes.clone(),
        ratio: quantile(&ratios, 0.5),
        interval: Some(limits).filter(|(low, high)| low.is_finite() && high.is_finite()),
        probability_lower: pairs().map(below).sum::<f64>() / ratios.len() as f64,
    }
}

/// What may be said of the least visible group, from the probability of each to be it; `None` for fewer
/// than two groups.
pub(crate) fn least_visible(groups: &[Ranked], first_rank: &[f64], unranked: usize) -> Option<LeastVisible> {
    if groups.len() < 2 {
        return None;
    }
    let order = most_probable(first_rank);
    let (group, probability) = (groups[order[0]].codes.clone(), first_rank[order[0]]);
    if probability >= CLEAR {
        return Some(LeastVisible::Clear { group, probability, unranked });
    }
    if probability >= LEANING {
        return Some(LeastVisible::Leaning { group, probability, unranked });
    }
    let mut probability = 0.0;
    let mut groups_of_set = Vec::new();
    for g in order {
        groups_of_set.push(groups[g].codes.clone());
        probability += first_rank[g];
        // Of a sum of shares the last digits are rounding.
        if probability >= CLEAR - 1e-12 {
            break;
        }
    }
    Some(LeastVisible::CannotTell { groups: groups_of_set, probability: probability.min(1.0), unranked })
}

/// Places in order of probability, the highest first; of equal ones the first.
fn most_probable(first_rank: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..first_rank.len()).collect();
    order.sort_by(|&a, &b| first_rank[b].total_cmp(&first_rank[a]).then(a.cmp(&b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(name: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("form".to_owned(), name.to_owned())])
    }

    #[test]
    fn ranks_are_counted_draw_by_draw_and_ties_are_shared() {
        let (a, b, c) = (codes("a"), codes("b"), codes("c"));
        let groups = [
            Ranked { codes: &a, visibility: &[0.1, 0.5, 0.2, 0.3] },
            Ranked { codes: &b, visibility: &[0.2, 0.4, 0.2, 0.3] },
            Ranked { codes: &c, visibility: &[0.3, 0.3, 0.9, 0.3] },
        ];
        let third = 1.0 / 3.0;
        let found = rank_probabilities(&groups);
        // Draw 1 a b c, draw 2 c b a, draw 3 a and b tie before c, draw 4 all tie.
        let expected = [
            [1.0 + 0.5 + third, 0.5 + third, 1.0 + third],
            [0.5 + third, 2.0 + 0.5 + third, third],
            [1.0 + third, third, 2.0 + third],
        ];
        for (found, expected) in found.iter().zip(&expected) {
            assert!(found.iter().zip(expected).all(|(f, e)| (f - e / 4.0).abs() < 1e-12), "{found:?}");
        }
        let contrast = &contrasts(&groups, &[0.0; 3], 0.95)[0];
        assert_eq!((contrast.codes.clone(), contrast.against.clone()), (a.clone(), b.clone()));
        // Lower once, higher once, alike twice.
        assert!((contrast.probability_lower - 0.5).abs() < 1e-12);
        assert!((contrast.ratio - 1.0).abs() < 1e-12);
    }

    #[test]
    fn many_groups_are_contrasted_with_the_least_visible_only() {
        let names: Vec<_> = (0..21).map(|i| codes(&i.to_string())).collect();
        let draws: Vec<[f64; 2]> = (0..21).map(|i| [0.9 - 0.01 * f64::from(i); 2]).collect();
        let groups: Vec<Ranked> =
            names.iter().zip(&draws).map(|(codes, visibility)| Ranked { codes, visibility }).collect();
        let mut first = vec![0.0; 21];
        first[20] = 1.0;
        let found = contrasts(&groups, &first, 0.95);
        assert_eq!(found.len(), 20);
        assert!(found.iter().all(|c| c.against == names[20] && c.probability_lower == 0.0));
        assert_eq!(contrasts(&groups[..20], &first[..20], 0.95).len(), 190);
    }

    #[test]
    fn words_claim_no_more_than_the_numbers() {
        let names = ["a", "b", "c"].map(codes);
        let groups: Vec<Ranked> = names.iter().map(|codes| Ranked { codes, visibility: &[] }).collect();
        let say = |first: [f64; 3]| least_visible(&groups, &first, 0);
        let group = names[1].clone();
        assert_eq!(
            say([0.03, 0.95, 0.02]),
            Some(LeastVisible::Clear { group: group.clone(), probability: 0.95, unranked: 0 })
        );
        assert_eq!(
            say([0.06, 0.94, 0.0]),
            Some(LeastVisible::Leaning { group, probability: 0.94, unranked: 0 })
        );
        let Some(LeastVisible::CannotTell { groups: set, probability, .. }) = say([0.2, 0.04, 0.76]) else {
            panic!("nothing is clear")
        };
        assert_eq!(set, [names[2].clone(), names[0].clone()]);
        assert!((probability - 0.96).abs() < 1e-12);
        let Some(LeastVisible::CannotTell { groups: set, .. }) = say([0.3, 0.3, 0.4]) else {
            panic!("nothing is clear")
        };
        assert_eq!(set.len(), 3);
        assert_eq!(least_visible(&groups[..1], &[1.0], 0), None);
    }
}
