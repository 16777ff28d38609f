//! The sample: strata of probability, and as many pairs from each as make the estimates most precise.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};

use super::Pair;
use crate::Error;

/// How to draw a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// How many pairs to look at.
    pub size: usize,
    /// The probability from which on pairs are taken as of one person; a bound of strata.
    pub threshold: f64,
    /// The other bounds between strata, each above 0 and below 1. A few are enough: near 0 and 1, where all
    /// decisions in a stratum are the same, each further stratum makes the intervals wider.
    pub cuts: Vec<f64>,
    /// Pairs that a pattern must have within two bounds to be a stratum of its own; the other patterns there
    /// share one. Not given, no stratum is of one pattern.
    pub pattern_from: Option<u32>,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for Design {
    fn default() -> Self {
        Self { size: 200, threshold: 0.5, cuts: vec![0.1, 0.9], pattern_from: None, seed: 1 }
    }
}

/// Log odds are multiplied by this when variances are foreseen. Models are surer than they should be, as
/// their comparisons depend on each other; without this, strata near 0 and 1 would get too few pairs.
const CAUTION: f64 = 0.75;

/// Pairs that are drawn from each stratum at least, as far as it has them.
const LEAST: u64 = 2;

/// A sample by strata. Every pair of a stratum has the same probability to be in it, and so it is for
/// any first part of `drawn`: review may stop anywhere, as long as it goes in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The threshold that the sample was drawn for.
    pub threshold: f64,
    /// The seed.
    pub seed: u64,
    /// How many candidate pairs there were.
    pub pairs: u64,
    /// The strata, from the lowest probability up.
    pub strata: Vec<Stratum>,
    /// The pairs in the order in which they should be looked at.
    pub drawn: Vec<Drawn>,
}

/// Pairs of like probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// The least probability.
    pub from: f64,
    /// The bound above; below it, but for the last stratum, which goes up to 1.
    pub to: f64,
    /// The pattern, where the stratum is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<u64>,
    /// Candidate pairs in it.
    pub size: u64,
    /// Pairs drawn from it.
    pub drawn: u64,
    /// Mean probability of its pairs.
    pub mean: f64,
}

impl Stratum {
    /// The probability of each of its pairs to be drawn.
    pub fn inclusion(&self) -> f64 {
        self.drawn as f64 / self.size as f64
    }
}

/// A pair of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its index among the candidate pairs.
    pub pair: u64,
    /// Its stratum.
    pub stratum: u32,
}

/// A stratum while the sample is drawn.
struct Members {
    stratum: Stratum,
    /// Mean of the probabilities after [`CAUTION`].
    foreseen: f64,
    pairs: Vec<u64>,
}

impl Sample {
    /// Draws a sample. A larger one with the same seed begins with the smaller. Time: O(n log n) in the
    /// number of pairs.
    ///
    /// Pairs are shared out over strata so that the foreseen variances of precision and recall together are
    /// least, as in Neyman (1934), but with what is left to know where a stratum is all but certain; in
    /// whole numbers and within bounds in the way of Wright (2012, *The American Statistician* 66).
    ///
    /// # Errors
    /// When there is no pair, a probability is none, or the sample is smaller than two of each stratum.
    pub fn draw(pairs: &[Pair], design: &Design) -> Result<Self, Error> {
        check_pairs(pairs)?;
        let bounds = design.bounds()?;
        let mut strata = stratify(pairs, &bounds, design.pattern_from);
        let least: u64 = strata.iter().map(|s| s.stratum.size.min(LEAST)).sum();
        if (design.size as u64) < least {
            return Err(Error::Setting {
                option: "sample".into(),
                value: design.size.to_string(),
                allowed: format!(
                    "there are pairs in {} classes of probability, and two of each are needed: {least} or more",
                    strata.len()
                ),
            });
        }
        let turns = turns(&spreads(&strata, design.threshold), &strata, design.size);
        for (number, members) in strata.iter_mut().enumerate() {
            let wanted = turns.iter().filter(|&&turn| turn == number).count();
            shuffle(&mut members.pairs, wanted, design.seed, number as u64);
        }
        let mut drawn = Vec::with_capacity(turns.len());
        for number in turns {
            let members = &mut strata[number];
            drawn.push(Drawn { pair: members.pairs[members.stratum.drawn as usize], stratum: number as u32 });
            members.stratum.drawn += 1;
        }
        Ok(Self {
            threshold: design.threshold,
            seed: design.seed,
            pairs: pairs.len() as u64,
            strata: strata.into_iter().map(|members| members.stratum).collect(),
            drawn,
        })
    }
}

impl Design {
    /// All bounds, 0 and 1 included.
    fn bounds(&self) -> Result<Vec<f64>, Error> {
        let mut bounds = vec![0.0, 1.0, self.threshold];
        bounds.extend(&self.cuts);
        if let Some(wrong) = bounds[2..].iter().find(|&&bound| !(bound > 0.0 && bound < 1.0)) {
            return Err(Error::Setting {
                option: "threshold".into(),
                value: wrong.to_string(),
                allowed: "bounds between classes of probability are above 0 and below 1".into(),
            });
        }
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        Ok(bounds)
    }
}

/// # Errors
/// When there is no pair, or one whose probability is none.
pub(super) fn check_pairs(pairs: &[Pair]) -> Result<(), Error> {
    if pairs.is_empty() {
        return Err(Error::Records("there are no candidate pairs to review; link first".into()));
    }
    match pairs.iter().position(|pair| !(0.0..=1.0).contains(&pair.probability)) {
        None => Ok(()),
        Some(at) => Err(Error::Records(format!(
            "pair {} has the probability {}; it must be between 0 and 1",
            at + 1,
            pairs[at].probability
        ))),
    }
}

fn stratify(pairs: &[Pair], bounds: &[f64], pattern_from: Option<u32>) -> Vec<Members> {
    let inner = &bounds[1..bounds.len() - 1];
    let class = |pair: &Pair| inner.partition_point(|&bound| bound <= pair.probability);
    let mut common: BTreeMap<(usize, u64), u32> = BTreeMap::new();
    if let Some(least) = pattern_from {
        for pair in pairs {
            *common.entry((class(pair), pair.pattern)).or_default() += 1;
        }
        common.retain(|_, count| *count >= least.max(1));
    }
    let mut strata: BTreeMap<(usize, Option<u64>), Members> = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate() {
        let class = class(pair);
        let pattern = common.contains_key(&(class, pair.pattern)).then_some(pair.pattern);
        let members = strata.entry((class, pattern)).or_insert_with(|| Members {
            stratum: Stratum {
                from: bounds[class],
                to: bounds[class + 1],
                pattern,
                size: 0,
                drawn: 0,
                mean: 0.0,
            },
            foreseen: 0.0,
            pairs: Vec::new(),
        });
        members.stratum.size += 1;
        members.stratum.mean += pair.probability;
        members.foreseen += cautious(pair.probability);
        members.pairs.push(at as u64);
    }
    let mut strata: Vec<Members> = strata.into_values().collect();
    for members in &mut strata {
        let size = members.stratum.size as f64;
        members.stratum.mean /= size;
        members.foreseen /= size;
    }
    strata
}

fn cautious(probability: f64) -> f64 {
    let p = probability.clamp(1e-12, 1.0 - 1e-12);
    1.0 / (1.0 + (-CAUTION * (p / (1.0 - p)).ln()).exp())
}

/// For each stratum what the variance of its share is multiplied with in that of the estimates.
///
/// With `N` pairs in a stratum, of which a share `p` are matches, `A` matches above the threshold, `T` in all,
/// and recall `R = A / T`, an error `e` in the stratum's matches changes precision by `e / N_above`, and recall
/// by `e (1 − R) / T` if it is above and by `−e R / T` if it is below.
fn spreads(strata: &[Members], threshold: f64) -> Vec<f64> {
    let above = |s: &Members| s.stratum.from >= threshold;
    let sum = |f: &dyn Fn(&Members) -> f64| strata.iter().map(f).sum::<f64>();
    let matches = |s: &Members| s.stratum.size as f64 * s.foreseen;
    let total = sum(&matches);
    let pairs_above = sum(&|s| if above(s) { s.stratum.size as f64 } else { 0.0 });
    let recall = sum(&|s| if above(s) { matches(s) } else { 0.0 }) / total;
    let scale = |s: &Members| {
        if above(s) { (1.0 / pairs_above).hypot((1.0 - recall) / total) } else { recall / total }
    };
    // With no pair above there is neither precision nor recall; what is left to estimate is the matches.
    let known = pairs_above > 0.0;
    strata
        .iter()
        .map(|s| {
            let size = s.stratum.size as f64;
            (if known { size * scale(s) } else { size }).powi(2)
        })
        .collect()
}

/// Whose turn it is with each pair of the sample: that of the stratum where the next one lowers the variance
/// most. As each lowers it by less than the one before, no other allocation is better.
fn turns(spreads: &[f64], strata: &[Members], size: usize) -> Vec<usize> {
    let mut counts = vec![0_u64; strata.len()];
    let mut turns = Vec::new();
    for round in 0..LEAST {
        for (number, members) in strata.iter().enumerate() {
            if members.stratum.size > round {
                counts[number] += 1;
                turns.push(number);
            }
        }
    }
    while turns.len() < size {
        let priority = |number: usize| {
            let left = |n: u64| spreads[number] * left(&strata[number], n);
            left(counts[number]) - left(counts[number] + 1)
        };
        let next = (0..strata.len())
            .filter(|&number| counts[number] < strata[number].stratum.size)
            .max_by(|&a, &b| priority(a).total_cmp(&priority(b)).then(b.cmp(&a)));
        let Some(next) = next else { break };
        counts[next] += 1;
        turns.push(next);
    }
    turns
}

/// The variance of a stratum's share that is foreseen to be left when `n` of its pairs have been decided.
///
/// Under a uniform prior it is `(x + 1)(n − x + 1) / ((n + 2)² (n + 3))` after `x` matches; this is its mean
/// over the binomial `x`, for the part of the stratum that nobody looks at. For large `n` it is Neyman's
/// `p (1 − p) / n`. Where `p` is near 0 or 1 it is `1 / n²`: that much must be looked at to know.
fn left(members: &Members, n: u64) -> f64 {
    let rest = 1.0 - n as f64 / members.stratum.size as f64;
    let (p, n) = (members.foreseen, n as f64);
    rest * (n * (n - 1.0) * p * (1.0 - p) + n + 1.0) / ((n + 2.0).powi(2) * (n + 3.0))
}

/// Puts a random choice of `wanted` pairs first, in random order (Fisher & Yates), from a stream of
/// its own.
fn shuffle(pairs: &mut [u64], wanted: usize, seed: u64, stream: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    for at in 0..wanted {
        if let Ok(rest) = Uniform::new(at as u64, pairs.len() as u64) {
            pairs.swap(at, rest.sample(&mut random) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(size: u64, from: f64, foreseen: f64) -> Members {
        let stratum = Stratum { from, to: 1.0, pattern: None, size, drawn: 0, mean: foreseen };
        Members { stratum, foreseen, pairs: Vec::new() }
    }

    /// The foreseen variance of precision plus that of recall, from the variances of matches above and below.
    fn variance(strata: &[Members], counts: &[usize]) -> f64 {
        let part = |above: bool, f: &dyn Fn(&Members, u64) -> f64| {
            let of = strata.iter().zip(counts).filter(|(s, _)| (s.stratum.from >= 0.5) == above);
            of.map(|(s, &n)| f(s, n as u64)).sum::<f64>()
        };
        let size = |s: &Members, _: u64| s.stratum.size as f64;
        let matches = |s: &Members, n: u64| size(s, n) * s.foreseen;
        let noise = |s: &Members, n: u64| size(s, n).powi(2) * left(s, n);
        let (a, b) = (part(true, &matches), part(false, &matches));
        let (va, vb) = (part(true, &noise), part(false, &noise));
        va / part(true, &size).powi(2) + (b * b * va + a * a * vb) / (a + b).powi(4)
    }

    #[test]
    fn what_is_left_to_know_is_the_mean_variance_of_the_posterior() {
        let (n, p) = (7_i32, 0.2_f64);
        let binomial = |x: i32| {
            let choose: f64 = (0..x).map(|i| f64::from(n - i) / f64::from(i + 1)).product();
            choose * p.powi(x) * (1.0 - p).powi(n - x)
        };
        let beta = |x: i32| {
            let (a, b) = (f64::from(x + 1), f64::from(n - x + 1));
            a * b / ((a + b).powi(2) * (a + b + 1.0))
        };
        let mean: f64 = (0..=n).map(|x| binomial(x) * beta(x)).sum();
        let found = left(&members(10, 0.0, p), 7);
        assert!((found - 0.3 * mean).abs() < 1e-15, "{found} {mean}");
    }

    #[test]
    fn no_other_allocation_has_a_smaller_variance() {
        let strata = [
            members(9000, 0.0, 0.004),
            members(300, 0.1, 0.3),
            members(5, 0.5, 0.6),
            members(800, 0.9, 0.95),
        ];
        let size = 40;
        let found = turns(&spreads(&strata, 0.5), &strata, size);
        let count = |of: usize| found.iter().filter(|&&turn| turn == of).count();
        let counts: Vec<usize> = (0..4).map(count).collect();
        assert_eq!(counts.iter().sum::<usize>(), size);
        let best = variance(&strata, &counts);
        for a in 2..size {
            for b in 2..size {
                for c in 2..=5 {
                    let Some(d) = size.checked_sub(a + b + c).filter(|d| *d >= 2) else { continue };
                    assert!(variance(&strata, &[a, b, c, d]) >= best * (1.0 - 1e-12));
                }
            }
        }
    }
}
