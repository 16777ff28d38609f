//! Precision and recall from decisions on a sample.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Beta, Binomial, Distribution};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::design::check_pairs;
use super::{Pair, Sample, Verdict};
use crate::Error;

/// Draws behind an interval.
const DRAWS: usize = 10_000;

/// What a pair counts as when people could not tell, or disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsure {
    /// Nothing: as if it had not been drawn.
    LeaveOut,
    /// A match.
    AsMatch,
    /// No match.
    AsNonMatch,
}

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The estimate.
    pub point: f64,
    /// Its interval at the level that was asked for.
    pub interval: [f64; 2],
}

/// What a threshold would give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtThreshold {
    /// The threshold: pairs with at least this probability are taken as of one person.
    pub threshold: f64,
    /// How many pairs that are.
    pub pairs: u64,
    /// The share of them that are of one person; none when there is no such pair.
    pub precision: Option<Share>,
    /// The share of all candidate pairs of one person that are among them; none when no candidate pair is.
    pub recall: Option<Share>,
    /// Pairs for which there is no decision in their class of probability; the point takes them at the
    /// model's word, the interval knows nothing of them.
    pub undecided: u64,
}

/// Pairs of a stratum on one side of the threshold.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    size: u64,
    decided: u64,
    matches: u64,
    /// Sum of the model's probabilities.
    expected: f64,
}

/// Precision and recall at each threshold, among the candidate pairs: matches that blocking missed are not
/// seen here. `verdicts` are by the index of the pair; those on pairs that were not drawn are not used.
///
/// The point is the stratified estimate (Horvitz & Thompson 1952). For the interval, the number of matches
/// among the pairs of a stratum that nobody looked at is drawn: their share from the confidence distributions
/// behind Clopper & Pearson's limits, and the number from the binomial given the share, which is the
/// correction for a finite population. Limits of strata are melded as by Fay, Proschan & Brittain (2015,
/// *Biometrics* 71), in the mid-p form.
///
/// # Errors
/// When the sample was drawn from another number of pairs, a probability is none, or the level is not
/// between 0 and 1.
pub fn evaluate(
    pairs: &[Pair],
    sample: &Sample,
    verdicts: &BTreeMap<u64, Verdict>,
    thresholds: &[f64],
    unsure: Unsure,
    level: f64,
) -> Result<Vec<AtThreshold>, Error> {
    check_pairs(pairs)?;
    sample.check(pairs)?;
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::Setting {
            option: "level".into(),
            value: level.to_string(),
            allowed: "it is between 0 and 1, such as 0.95".into(),
        });
    }
    let of = sample.strata_of(pairs);
    Ok(thresholds
        .par_iter()
        .map(|&threshold| {
            let cells = cells(pairs, &of, sample, verdicts, threshold, unsure);
            at_threshold(threshold, &cells, sample.seed, level)
        })
        .collect())
}

impl Sample {
    /// # Errors
    /// When it is not a sample of these pairs.
    fn check(&self, pairs: &[Pair]) -> Result<(), Error> {
        let strata: u64 = self.strata.iter().map(|s| s.size).sum();
        let drawn: BTreeSet<u64> = self.drawn.iter().map(|d| d.pair).collect();
        if strata != self.pairs
            || drawn.len() < self.drawn.len()
            || drawn.last().is_some_and(|&last| last >= self.pairs)
        {
            return Err(Error::Records("the sample does not fit its own strata; draw it again".into()));
        }
        if self.pairs == pairs.len() as u64 {
            return Ok(());
        }
        Err(Error::Records(format!(
            "the sample was drawn from {} pairs and there are {}; draw it again",
            self.pairs,
            pairs.len()
        )))
    }

    /// The stratum of each pair.
    fn strata_of(&self, pairs: &[Pair]) -> Vec<u32> {
        // Strata of one pattern come after the one of the other patterns between the same bounds.
        let mut classes: Vec<(f64, Option<usize>, BTreeMap<u64, usize>)> = Vec::new();
        for (number, stratum) in self.strata.iter().enumerate() {
            if classes.last().is_none_or(|(from, _, _)| *from < stratum.from) {
                classes.push((stratum.from, None, BTreeMap::new()));
            }
            if let Some((_, rest, patterns)) = classes.last_mut() {
                match stratum.pattern {
                    Some(pattern) => _ = patterns.insert(pattern, number),
                    None => *rest = Some(number),
                }
            }
        }
        pairs
            .par_iter()
            .map(|pair| {
                let class = classes.partition_point(|(from, _, _)| *from <= pair.probability).max(1) - 1;
                let (_, rest, patterns) = &classes[class];
                patterns.get(&pair.pattern).copied().or(*rest).unwrap_or(0) as u32
            })
            .collect()
    }
}

/// For each stratum its pairs below and above the threshold.
fn cells(
    pairs: &[Pair],
    of: &[u32],
    sample: &Sample,
    verdicts: &BTreeMap<u64, Verdict>,
    threshold: f64,
    unsure: Unsure,
) -> Vec<[Cell; 2]> {
    let mut cells = vec![[Cell::default(); 2]; sample.strata.len()];
    let side = |pair: &Pair| usize::from(pair.probability >= threshold);
    for (pair, &stratum) in pairs.iter().zip(of) {
        let cell = &mut cells[stratum as usize][side(pair)];
        cell.size += 1;
        cell.expected += pair.probability;
    }
    for drawn in &sample.drawn {
        let matches = match (verdicts.get(&drawn.pair), unsure) {
            (Some(Verdict::Match), _) | (Some(Verdict::Unsure), Unsure::AsMatch) => 1,
            (Some(Verdict::NonMatch), _) | (Some(Verdict::Unsure), Unsure::AsNonMatch) => 0,
            (None, _) | (Some(Verdict::Unsure), Unsure::LeaveOut) => continue,
        };
        let cell = &mut cells[of[drawn.pair as usize] as usize][side(&pairs[drawn.pair as usize])];
        cell.decided += 1;
        cell.matches += matches;
    }
    cells
}

fn at_threshold(threshold: f64, cells: &[[Cell; 2]], seed: u64, level: f64) -> AtThreshold {
    let pairs: u64 = cells.iter().map(|c| c[1].size).sum();
    let points = |side: usize| cells.iter().map(|c| c[side].point()).sum::<f64>();
    let (below, above) = (points(0), points(1));
    let mut draws = vec![[0.0; 2]; DRAWS];
    for (number, sides) in cells.iter().enumerate() {
        for (side, cell) in sides.iter().enumerate() {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream((number * 2 + side) as u64);
            for (turn, draw) in draws.iter_mut().enumerate() {
                // Every second draw is of the upper limit of both shares: many matches above, few below.
                // The others are of the lower limit. Half of each is the mid-p form.
                draw[side] += cell.draw((turn + side) % 2 == 1, &mut random) as f64;
            }
        }
    }
    let interval = |share: &dyn Fn(&[f64; 2]) -> f64| {
        let mut shares: Vec<f64> = draws.iter().map(share).collect();
        shares.sort_by(f64::total_cmp);
        let tail = ((1.0 - level) / 2.0 * DRAWS as f64) as usize;
        [shares[tail], shares[DRAWS - 1 - tail]]
    };
    let precision = (pairs > 0)
        .then(|| Share { point: above / pairs as f64, interval: interval(&|draw| draw[1] / pairs as f64) });
    let recall = (below + above > 0.0).then(|| Share {
        point: above / (below + above),
        // Where there is no match, none is missed.
        interval: interval(&|draw| if draw[0] == 0.0 { 1.0 } else { draw[1] / (draw[0] + draw[1]) }),
    });
    let undecided = cells.iter().flatten().filter(|cell| cell.decided == 0).map(|cell| cell.size).sum();
    AtThreshold { threshold, pairs, precision, recall, undecided }
}

impl Cell {
    /// The estimated number of matches.
    fn point(&self) -> f64 {
        if self.decided == 0 {
            return self.expected;
        }
        self.size as f64 * self.matches as f64 / self.decided as f64
    }

    /// A number of matches from a confidence distribution. Clopper & Pearson's lower limits are quantiles of
    /// Beta(x, n − x + 1), their upper limits of Beta(x + 1, n − x), which is `high`. Beta(0, ·) is 0 and
    /// Beta(·, 0) is 1.
    fn draw(&self, high: bool, random: &mut ChaCha8Rng) -> u64 {
        let a = self.matches + u64::from(high);
        let b = self.decided - self.matches + u64::from(!high);
        let share = match Beta::new(a as f64, b as f64) {
            Ok(beta) => beta.sample(random),
            // One of both is 0.
            Err(_) => f64::from(u8::from(a > 0)),
        };
        let rest = self.size - self.decided;
        self.matches + Binomial::new(rest, share).map_or(0, |binomial| binomial.sample(random))
    }
}
