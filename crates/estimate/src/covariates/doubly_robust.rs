//! The doubly robust estimator for two lists that are independent among persons alike in their
//! covariates (Das, Kennedy and Jewell 2023).

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution};
use rayon::prelude::*;
use serde_json::json;

use super::influence::{BOTH, Judged, Sums, target};
use super::logistic::{Logistic, Pattern, log_score};
use super::table::CovariateTable;
use super::{Diagnostics, DoublyRobust};
use crate::Options;
use crate::loglinear::pairs;
use crate::numeric::{log_error, log_interval, two_sided};
use crate::spread::Spread;
use crate::watch::STOPPED;

/// Parts into which the persons are dealt; each is judged by a fit to the others.
const FOLDS: usize = 5;
/// How often they are dealt anew; the answer is the median.
const DEALS: usize = 9;
/// Fewer persons than this in both lists are too few to learn from.
const LEAST_OVERLAP: f64 = 10.0;
/// A covariate that is missing for more than this share of the persons is left out.
const MISSING: f64 = 0.05;
/// No probability of being in both lists is taken for less than the overall one divided by this.
const FLOOR: f64 = 20.0;
/// Numbers further than this many standard deviations from the mean are taken as if they were there.
const FAR: f64 = 3.0;
/// Most features of a person.
const MAX_FEATURES: usize = 120;
/// Persons that the logistic fit weighs in the shares of those alike in all covariates; the last is
/// the logistic fit alone.
const LEARNERS: [(f64, &str); 2] =
    [(20.0, "shares of those alike, drawn to logistic regression"), (f64::INFINITY, "logistic regression")];

/// The persons as patterns of features, for all pairs of lists.
struct Persons {
    features: Vec<Vec<f64>>,
    /// Pattern, history, count.
    rows: Vec<(usize, u32, f64)>,
    left_out: Vec<String>,
    used: Vec<String>,
}

/// One answer for each pair of lists, in their order; `table` has no list without persons.
pub(super) fn answers(table: &CovariateTable, options: &Options) -> Vec<DoublyRobust> {
    let persons = Persons::new(table);
    let watch = &options.watch;
    let pairs: Vec<_> = pairs(table.lists.len()).enumerate().collect();
    watch.units("pairs of lists", pairs.len());
    pairs
        .into_par_iter()
        .map(|(place, (i, j))| {
            let mut found = DoublyRobust {
                lists: [table.lists[i].clone(), table.lists[j].clone()],
                total: None,
                interval: None,
                level: options.level,
                refused: None,
                diagnostics: Diagnostics::new(),
                spread: None,
            };
            let begun = if watch.is_stopped() { Err(STOPPED.into()) } else { Ok(()) };
            let done = begun
                .and(persons.as_ref().map_err(Clone::clone))
                .and_then(|persons| persons.pair(table.lists.len(), (i, j), place, options, &mut found));
            found.refused = done.err();
            watch.done(1);
            found
        })
        .collect()
}

impl Persons {
    fn new(table: &CovariateTable) -> Result<Self, String> {
        let detected = table.detected() as f64;
        // Whoever only a list that never records it has would be known by its being missing.
        let usable = |&c: &usize| {
            table.missing(c) as f64 <= MISSING * detected && table.never_recorded_by(c).is_empty()
        };
        let (used, left_out): (Vec<usize>, Vec<usize>) = (0..table.covariates.len()).partition(usable);
        let names =
            |which: &[usize]| which.iter().map(|&c| table.covariates[c].name.clone()).collect::<Vec<_>>();
        if used.is_empty() {
            return Err(format!(
                "the estimator needs to know the covariates of each person, and {} missing for more than \
                 {:.0} % of them, or for all that some list alone has",
                match names(&left_out).as_slice() {
                    [one] => format!("{one} is"),
                    more => format!("{} are", more.join(" and ")),
                },
                100.0 * MISSING
            ));
        }
        let mut columns = Vec::new();
        for &c in &used {
            columns.push(Columns::new(table, c));
        }
        let width = 1 + columns.iter().map(Columns::width).sum::<usize>();
        if width > MAX_FEATURES {
            return Err(format!("the covariates have more than {MAX_FEATURES} codes together; join some"));
        }
        let mut places: BTreeMap<Vec<Option<u16>>, usize> = BTreeMap::new();
        let (mut features, mut rows) = (Vec::new(), Vec::new());
        for ((values, history), &count) in &table.rows {
            let values: Vec<Option<u16>> = used.iter().map(|&c| values[c]).collect();
            let next = places.len();
            let place = *places.entry(values.clone()).or_insert(next);
            if place == next {
                let mut row = vec![1.0];
                for (columns, value) in columns.iter().zip(&values) {
                    columns.push(*value, &mut row);
                }
                features.push(row);
            }
            rows.push((place, *history, count as f64));
        }
        Ok(Self { features, rows, left_out: names(&left_out), used: names(&used) })
    }

    fn pair(
        &self,
        lists: usize,
        (i, j): (usize, usize),
        place: usize,
        options: &Options,
        found: &mut DoublyRobust,
    ) -> Result<(), String> {
        let categories = if lists == 2 { 3 } else { 4 };
        let empty =
            |features: &Vec<f64>| Pattern { features: features.clone(), counts: vec![0.0; categories] };
        let mut all: Vec<Pattern> = self.features.iter().map(empty).collect();
        for &(pattern, history, count) in &self.rows {
            let category = match (history >> i & 1, history >> j & 1) {
                (1, 1) => BOTH,
                (1, _) => 0,
                (_, 1) => 1,
                _ => 3,
            };
            all[pattern].counts[category] += count;
        }
        let sum = |category: usize| all.iter().map(|p| p.counts[category]).sum::<f64>();
        let (both, persons) = (sum(BOTH), self.rows.iter().map(|(.., n)| n).sum::<f64>());
        found.diagnostics.insert("overlap".into(), json!(both));
        if !self.left_out.is_empty() {
            found.diagnostics.insert("left_out".into(), json!(self.left_out));
        }
        if both < LEAST_OVERLAP {
            return Err(format!(
                "{both} of the persons are in both lists; it needs at least {LEAST_OVERLAP}"
            ));
        }
        let pooled = (sum(0) + both) * (sum(1) + both) / both;
        let deals: Vec<Deal> = (0..DEALS)
            .map(|deal| {
                let mut random = ChaCha8Rng::seed_from_u64(options.seed);
                random.set_stream((place * DEALS + deal) as u64);
                cross_fit(&all, categories, both / persons / FLOOR, &mut random)
            })
            .collect::<Option<_>>()
            .ok_or("the search for the probabilities of being in the lists did not converge")?;
        let middle = |of: &dyn Fn(&Deal) -> f64| median(deals.iter().map(of));
        let total = middle(&|deal| deal.targeted.plug_in);
        let error = middle(&|deal| deal.targeted.variance() + (deal.targeted.plug_in - total).powi(2)).sqrt();
        let mut learners: BTreeMap<&str, usize> = BTreeMap::new();
        for deal in &deals {
            *learners.entry(deal.learner).or_insert(0) += 1;
        }
        let totals = || deals.iter().map(|deal| deal.targeted.plug_in);
        let figures = [
            ("capture_probability", json!(persons / total)),
            ("standard_error", json!(error)),
            ("one_step", json!(middle(&|deal| deal.first.one_step))),
            ("plug_in", json!(middle(&|deal| deal.first.plug_in))),
            ("lincoln_petersen", json!(pooled)),
            ("covariates", json!(self.used)),
            ("learners", json!(learners)),
            ("folds", json!(FOLDS)),
            ("deals", json!(DEALS)),
            ("lowest_of_deals", json!(totals().fold(f64::INFINITY, f64::min))),
            ("highest_of_deals", json!(totals().fold(0.0, f64::max))),
            ("persons_with_hardly_any_overlap", json!(middle(&|deal| deal.floored))),
            ("seed", json!(options.seed)),
        ];
        found.diagnostics.extend(figures.map(|(name, value)| (name.to_owned(), value)));
        let usable = total > persons && error.is_finite();
        if !usable {
            return Err(
                "the estimate is not above the persons detected: the method does not fit these lists".into(),
            );
        }
        let width = two_sided(options.level) * error;
        let hidden = total - persons;
        found
            .diagnostics
            .insert("wald_interval".into(), json!([(total - width).max(persons), total + width]));
        found.total = Some(total);
        found.interval = log_interval(persons, hidden, error, options.level);
        found.spread = Spread::log_normal(hidden, log_error(hidden, error));
        Ok(())
    }
}

/// How a covariate becomes features.
enum Columns {
    /// One feature a code, and one for the unknown where there is any.
    Codes { codes: usize, unknown: bool },
    /// The number in standard deviations from the mean, its square, and whether it is unknown.
    Numbers { standard: Vec<f64>, unknown: bool },
}

impl Columns {
    fn new(table: &CovariateTable, which: usize) -> Self {
        let covariate = &table.covariates[which];
        let unknown = table.missing(which) > 0;
        let Some(numbers) = &covariate.numbers else {
            return Self::Codes { codes: covariate.codes.len(), unknown };
        };
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        let middle = numbers[numbers.len() / 2];
        for ((values, _), count) in &table.rows {
            if let Some(code) = values[which] {
                let (count, x) = (*count as f64, numbers[usize::from(code)] - middle);
                n += count;
                sum += count * x;
                squares += count * x * x;
            }
        }
        let mean = sum / n;
        let deviation = (squares / n - mean * mean).max(f64::MIN_POSITIVE).sqrt();
        let standard = |x: &f64| ((x - middle - mean) / deviation).clamp(-FAR, FAR);
        Self::Numbers { standard: numbers.iter().map(standard).collect(), unknown }
    }

    fn width(&self) -> usize {
        match self {
            Self::Codes { codes, unknown } => codes + usize::from(*unknown),
            Self::Numbers { unknown, .. } => 2 + usize::from(*unknown),
        }
    }

    fn push(&self, value: Option<u16>, row: &mut Vec<f64>) {
        match self {
            Self::Codes { codes, unknown } => {
                let place = value.map_or(*codes, usize::from);
                row.extend((0..codes + usize::from(*unknown)).map(|c| f64::from(u8::from(c == place))));
            }
            Self::Numbers { standard, unknown } => {
                let x = value.map_or(0.0, |code| standard[usize::from(code)]);
                row.extend([x, x * x]);
                if *unknown {
                    row.push(f64::from(u8::from(value.is_none())));
                }
            }
        }
    }
}

/// What came of one deal.
struct Deal {
    /// With the probabilities as learnt.
    first: Sums,
    /// With those moved towards the total.
    targeted: Sums,
    learner: &'static str,
    /// Persons whose probability of being in both lists was raised.
    floored: f64,
}

/// Deals the persons into parts, learns the probabilities for each part from the others, and sums the
/// values. Of the learners the one that predicts the parts best is taken. `None` when a search failed.
fn cross_fit(all: &[Pattern], categories: usize, floor: f64, random: &mut ChaCha8Rng) -> Option<Deal> {
    let mut scores = [0.0; LEARNERS.len()];
    let mut judged: [Vec<Judged>; LEARNERS.len()] = std::array::from_fn(|_| Vec::new());
    let mut floored = [0.0; LEARNERS.len()];
    for part in deal(all, random) {
        let rest: Vec<Pattern> = all
            .iter()
            .zip(&part)
            .map(|(all, part)| Pattern {
                features: all.features.clone(),
                counts: all.counts.iter().zip(&part.counts).map(|(n, m)| n - m).collect(),
            })
            .collect();
        let logistic = Logistic::fit(&rest, categories)?;
        for (rest, part) in rest.iter().zip(part) {
            let persons: f64 = part.counts.iter().sum();
            if persons == 0.0 {
                continue;
            }
            let predicted = logistic.probabilities(&rest.features);
            let alike: f64 = rest.counts.iter().sum();
            for (learner, (weight, _)) in LEARNERS.iter().enumerate() {
                let mix = |(p, count): (&f64, &f64)| (count + weight * p) / (alike + weight);
                let mut p: Vec<f64> = if weight.is_infinite() {
                    predicted.clone()
                } else {
                    predicted.iter().zip(&rest.counts).map(mix).collect()
                };
                scores[learner] += log_score(&part.counts, &p);
                if p[BOTH] < floor {
                    let rest = (1.0 - floor) / (1.0 - p[BOTH]);
                    for p in &mut p {
                        *p *= rest;
                    }
                    p[BOTH] = floor;
                    floored[learner] += persons;
                }
                judged[learner].push(Judged { counts: part.counts.clone(), p });
            }
        }
    }
    let best = (0..LEARNERS.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
    let mut judged = std::mem::take(&mut judged[best]);
    let first = Sums::of(&judged);
    if !target(&mut judged) {
        return None;
    }
    Some(Deal { first, targeted: Sums::of(&judged), learner: LEARNERS[best].1, floored: floored[best] })
}

/// Puts each person into one of the parts, all equally likely.
fn deal(all: &[Pattern], random: &mut ChaCha8Rng) -> Vec<Vec<Pattern>> {
    let mut folds: Vec<Vec<Pattern>> = vec![all.to_vec(); FOLDS];
    for (place, pattern) in all.iter().enumerate() {
        for (category, &count) in pattern.counts.iter().enumerate() {
            let mut left = count as u64;
            for (fold, part) in folds.iter_mut().enumerate() {
                let share = 1.0 / (FOLDS - fold) as f64;
                let drawn = match Binomial::new(left, share) {
                    // Beyond the whole numbers of floating point chance does not show.
                    _ if left > 1 << 53 => (left as f64 * share) as u64,
                    Ok(binomial) if left > 0 => binomial.sample(random).min(left),
                    _ => 0,
                };
                left -= drawn;
                part[place].counts[category] = drawn as f64;
            }
        }
    }
    folds
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_is_dealt_once() {
        let all = vec![Pattern { features: vec![1.0], counts: vec![7.0, 0.0, 1e12] }];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let folds = deal(&all, &mut random);
        for category in 0..3 {
            let sum: f64 = folds.iter().map(|fold| fold[0].counts[category]).sum();
            assert!((sum - all[0].counts[category]).abs() < 0.5);
        }
        assert!((folds[0][0].counts[2] / 2e11 - 1.0).abs() < 1e-4);
    }
}
