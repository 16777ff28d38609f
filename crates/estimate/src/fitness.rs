//! Whether a table can support an estimate, and one interval out of all methods.
//!
//! Populations are made that could have given the table, by models of several families; the lists
//! see each of them again, and every method estimates its known size. How often a method's interval
//! holds the truth *on data like these* is its coverage here; the methods are mixed with the weights
//! that foretell the known sizes best, and the mixture is widened until its interval holds the truth
//! as often as it says, in each family.

mod classes;
mod population;
mod stack;

use std::collections::BTreeMap;

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::Serialize;

use crate::bootstrap::draw_again;
use crate::loglinear::Cells;
use crate::method::Task;
use crate::numeric::{quantile, two_sided};
use crate::score::{Score, Scored};
use crate::spread::Spread;
use crate::{Interval, Method, Options};
pub(crate) use classes::chance;
use population::Family;
pub(crate) use population::{Population, log_linear_means};
use stack::Trial;

/// What is mixed: quick ways to estimate the total.
const MIXED: [Part; 6] = [
    Part::Method(Method::Main),
    Part::Method(Method::Stepwise),
    Part::Method(Method::Bic),
    Part::Method(Method::Decomposable),
    Part::Method(Method::SampleCoverage),
    Part::Classes,
];

/// A part of the mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Method(Method),
    /// Two or three latent classes by the EM algorithm, as in the family of heterogeneity; the spread of
    /// the logarithm is that of the family's populations.
    Classes,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Method(method) => method.name(),
            Self::Classes => "classes",
        }
    }
}

/// Populations a family for each ten replicates of the options.
const REPLICATES_PER_POPULATION: usize = 10;
const FEWEST_POPULATIONS: usize = 40;
/// Replicates of a method that resamples, for each of these tables.
const QUICK_REPLICATES: usize = 100;
/// A family whose best fit has a BIC this much above the best of all is excluded by the data: very
/// strong evidence in the terms of Kass and Raftery (1995).
const EXCLUDED: f64 = 10.0;
/// Confidence with which an interval that holds the truth often enough in the populations made does so in
/// all that could be made.
const SURE: f64 = 0.9;
/// Beyond so many lists there are too many graphs to average over for each population.
const LISTS_FOR_GRAPHS: usize = 6;
/// Attempts to make a population before the trial counts as lost.
const ATTEMPTS: u64 = 4;
/// A method takes part when it answers in at least this share of the trials.
const ANSWERS: f64 = 0.8;
/// No interval is made when the methods that take part answer in less than this share of trials.
const ENOUGH_TRIALS: f64 = 0.5;
/// An upper limit this many times the lower one still tells a size; convention of this program.
const TELLS_A_SIZE: f64 = 2.0;
/// Beyond this many times not even the order of magnitude is told.
const TELLS_NOTHING: f64 = 10.0;

/// What the data can support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The upper limit of the combined interval is less than twice the lower one.
    Supported,
    /// The interval is wider, but less than tenfold: read the order of magnitude.
    Weak,
    /// These data cannot support an estimate.
    Unsupported,
}

/// How one method does on data like these.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Performance {
    /// Name of the method; `classes` for latent classes fitted by the EM algorithm, `combined` for the
    /// mixture.
    pub method: &'static str,
    /// The family of populations.
    pub family: &'static str,
    /// Share of its intervals that hold the size of the population; `None` when it gave none.
    pub coverage: Option<f64>,
    /// Median of estimated ÷ true total, minus 1; `None` when the method never answered.
    pub bias: Option<f64>,
    /// Median of upper ÷ lower limit; `None` when it never gave an interval.
    pub width: Option<f64>,
    /// Share of the populations for which the method gave no interval.
    pub refused: f64,
}

/// A family of populations that could have given the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plausible {
    /// `dependence`: lists depend in pairs. `heterogeneity`: persons of two or three kinds.
    pub family: &'static str,
    /// BIC of the best fit less the lowest of all families; `None` without a fit.
    pub bic_difference: Option<f64>,
    /// Populations that were made; 0 when the data exclude the family.
    pub populations: usize,
    /// Median size of the populations.
    pub median_total: Option<f64>,
}

/// The judgement of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fitness {
    /// What the data can support.
    pub verdict: Verdict,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// The families of populations.
    pub families: Vec<Plausible>,
    /// Weight of each method in the mixture; they add up to 1.
    pub weights: BTreeMap<&'static str, f64>,
    /// Factors by which the lower and the upper half of the mixture were widened, on the log of the
    /// hidden count; at least 1.
    pub widened: Option<(f64, f64)>,
    /// Every method and the mixture on each family.
    pub performance: Vec<Performance>,
}

/// The mixture of methods for the table itself.
#[derive(Debug, Clone)]
pub(crate) struct Combined {
    pub(crate) hidden: f64,
    /// Limits of the hidden count.
    pub(crate) interval: (f64, f64),
    pub(crate) spread: Option<Spread>,
}

/// One population and the table that the lists see of it.
struct Made {
    family: Family,
    size: f64,
    /// Expected number of hidden persons.
    hidden: f64,
    sample: CaptureTable,
}

/// What each part of the mixture said of a population.
struct Seen {
    family: Family,
    size: f64,
    detected: f64,
    answers: Vec<Option<Said>>,
}

/// The part of an estimate that is judged.
#[derive(Debug, Clone)]
struct Said {
    total: f64,
    interval: Option<(f64, f64)>,
    spread: Option<Spread>,
}

/// Judges a table and mixes the methods. Once the watch of the options is stopped, what comes back is of no use.
pub(crate) fn assess(table: &CaptureTable, cells: &Cells, options: &Options) -> (Fitness, Option<Combined>) {
    // The mixture is widened by itself, so the quick interval of each method will do.
    let watch = options.watch.unobserved();
    let quick = Options {
        interval: Interval::Wald,
        max_order: 2,
        replicates: QUICK_REPLICATES,
        watch: watch.clone(),
        ..options.clone()
    };
    let bics: Vec<Option<f64>> = Family::ALL.iter().map(|family| family.bic(cells, &watch)).collect();
    let lowest = bics.iter().flatten().fold(f64::INFINITY, |a, &b| a.min(b));
    let number = (options.replicates / REPLICATES_PER_POPULATION).max(FEWEST_POPULATIONS);
    let mut families = Vec::new();
    let mut made: Vec<Made> = Vec::new();
    for (place, (family, bic)) in Family::ALL.into_iter().zip(&bics).enumerate() {
        let included = bic.is_some_and(|bic| bic <= lowest + EXCLUDED);
        let trials = if included { number } else { 0 };
        options.watch.units("populations to make", trials);
        let populations: Vec<Made> = (0..trials as u64)
            .into_par_iter()
            .filter_map(|trial| {
                let made = again(family, place as u64, trial, table, cells, &quick);
                options.watch.done(1);
                made
            })
            .collect();
        let mut sizes: Vec<f64> = populations.iter().map(|made| made.size).collect();
        sizes.sort_by(f64::total_cmp);
        families.push(Plausible {
            family: family.name(),
            bic_difference: bic.map(|bic| bic - lowest),
            populations: populations.len(),
            median_total: (!sizes.is_empty()).then(|| quantile(&sizes, 0.5)),
        });
        made.extend(populations);
    }
    let classes_error = log_deviation(made.iter().filter(|made| made.family == Family::Heterogeneity));
    options.watch.units("populations to estimate", made.len());
    let seen: Vec<Seen> = made
        .par_iter()
        .map(|made| {
            let task = Task::quick(&made.sample, &quick);
            let answers = MIXED.iter().map(|&part| said(&task, part, classes_error)).collect();
            options.watch.done(1);
            Seen { family: made.family, size: made.size, detected: made.sample.detected() as f64, answers }
        })
        .collect();
    let task = Task::quick(table, &quick);
    let here: Vec<Option<Said>> = MIXED.iter().map(|&part| said(&task, part, classes_error)).collect();
    judge(cells.detected, options.level, number, families, &seen, &here)
}

/// Standard deviation of ln(hidden) over populations; `None` when they are fewer than two.
fn log_deviation<'a>(made: impl Iterator<Item = &'a Made>) -> Option<f64> {
    let logs: Vec<f64> = made.map(|made| made.hidden.max(0.5).ln()).collect();
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let square: f64 = logs.iter().map(|x| (x - mean).powi(2)).sum();
    (count >= 2.0).then(|| (square / (count - 1.0)).sqrt())
}

/// A population of the family, made from the persons of the table drawn again, and what the lists see
/// of it; `None` when no population could be made.
fn again(
    family: Family,
    place: u64,
    trial: u64,
    table: &CaptureTable,
    cells: &Cells,
    options: &Options,
) -> Option<Made> {
    let counts: Vec<(u32, u64)> = table.counts().collect();
    (0..ATTEMPTS).find_map(|attempt| {
        if options.watch.is_stopped() {
            return None;
        }
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        random.set_stream((place + 1) << 48 | trial << 8 | attempt);
        let population = family.fit(&draw_again(cells.lists, &counts, &mut random), &options.watch)?;
        let sample = population.draw(table.lists(), &mut random)?;
        let size = population.size as f64;
        Some(Made { family, size, hidden: size * population.shares[0], sample })
    })
}

fn said(task: &Task, part: Part, classes_error: Option<f64>) -> Option<Said> {
    let (_, cells) = task.table.as_ref().ok()?;
    match part {
        Part::Method(Method::Decomposable) if cells.lists > LISTS_FOR_GRAPHS => None,
        Part::Method(method) => {
            let estimate = task.run(method);
            Some(Said { total: estimate.total?, interval: estimate.interval, spread: estimate.spread })
        }
        Part::Classes if task.options.watch.is_stopped() => None,
        Part::Classes => {
            let (hidden, error) = (classes::best(cells)?.hidden, classes_error?);
            let ratio = (two_sided(task.options.level) * error).exp();
            Some(Said {
                total: cells.detected + hidden,
                interval: Some((cells.detected + hidden / ratio, cells.detected + hidden * ratio)),
                spread: Spread::log_normal(hidden, error),
            })
        }
    }
}

fn judge(
    detected: f64,
    level: f64,
    number: usize,
    families: Vec<Plausible>,
    seen: &[Seen],
    here: &[Option<Said>],
) -> (Fitness, Option<Combined>) {
    let mut fitness = Fitness {
        verdict: Verdict::Unsupported,
        reasons: Vec::new(),
        families,
        weights: BTreeMap::new(),
        widened: None,
        performance: Vec::new(),
    };
    let mut alone: Vec<Performance> = Vec::new();
    for family in Family::ALL {
        let trials: Vec<&Seen> = seen.iter().filter(|trial| trial.family == family).collect();
        if trials.is_empty() {
            continue;
        }
        for (place, part) in MIXED.into_iter().enumerate() {
            let answers = trials.iter().map(|trial| (trial.size, trial.answers[place].clone()));
            alone.push(performance(part.name(), family, &answers.collect::<Vec<_>>()));
        }
    }
    let asked = number * fitness.families.iter().filter(|f| f.bic_difference.is_some()).count();
    if seen.is_empty() || (seen.len() as f64) < ENOUGH_TRIALS * number as f64 {
        fitness.performance = alone;
        fitness.reasons.push(format!(
            "no population of bounded size that could have given these counts was found in {} of {asked} attempts",
            asked - seen.len()
        ));
        return (fitness, None);
    }
    // Who takes part: answers here, and nearly always on data like these.
    let part: Vec<usize> = (0..MIXED.len())
        .filter(|&place| {
            let answered = |trial: &&Seen| trial.answers[place].as_ref().is_some_and(|s| s.spread.is_some());
            let share = seen.iter().filter(answered).count() as f64 / seen.len() as f64;
            share >= ANSWERS && here[place].as_ref().is_some_and(|said| said.spread.is_some())
        })
        .collect();
    let logs = |said: &Option<Said>, detected: f64| -> Option<Vec<f64>> {
        Some(said.as_ref()?.spread.as_ref()?.values().iter().map(|hidden| (detected + hidden).ln()).collect())
    };
    let trials: Vec<Trial> = seen
        .iter()
        .filter_map(|trial| {
            let methods: Vec<_> =
                part.iter().map(|&place| logs(&trial.answers[place], trial.detected)).collect();
            Trial::new(&methods, trial.size.ln())
        })
        .collect();
    if part.is_empty() || (trials.len() as f64) < ENOUGH_TRIALS * seen.len() as f64 {
        fitness.performance = alone;
        fitness.reasons.push(
            "no method answers reliably on data like these: too few persons are on more than one list".into(),
        );
        return (fitness, None);
    }
    let weights = stack::weights(&trials);
    fitness.weights = part.iter().zip(&weights).map(|(&place, &w)| (MIXED[place].name(), w)).collect();
    let mix = |answers: &[Option<Said>]| -> Option<Mixture> {
        let parts = part.iter().zip(&weights).filter_map(|(&place, &weight)| {
            Some((answers[place].as_ref()?.spread.as_ref()?.values(), weight))
        });
        Mixture::new(parts)
    };
    let widened = widening(seen, level, &mix);
    fitness.widened = Some(widened);
    for family in Family::ALL {
        let answers: Vec<(f64, Option<Said>)> = seen
            .iter()
            .filter(|trial| trial.family == family)
            .map(|trial| {
                let said = mix(&trial.answers).map(|mixture| {
                    let (low, high) = mixture.interval(level, widened);
                    Said {
                        total: trial.detected + mixture.quantile(0.5),
                        interval: Some((trial.detected + low, trial.detected + high)),
                        spread: None,
                    }
                });
                (trial.size, said)
            })
            .collect();
        if !answers.is_empty() {
            alone.push(performance(Method::Combined.name(), family, &answers));
        }
    }
    fitness.performance = alone;
    let Some(mixture) = mix(here) else { return (fitness, None) };
    let (low, high) = mixture.interval(level, widened);
    let hidden = mixture.quantile(0.5);
    let times = (detected + high) / (detected + low);
    if times.is_nan() || times >= TELLS_NOTHING {
        fitness.reasons.push(format!(
            "with what the counts cannot exclude, totals from {:.0} to {:.0} are as plausible, so not even the \
             order of magnitude is told",
            detected + low,
            detected + high
        ));
        return (fitness, None);
    }
    if times < TELLS_A_SIZE {
        fitness.verdict = Verdict::Supported;
        fitness.reasons.push(format!("the upper limit is {times:.1} times the lower one"));
    } else {
        fitness.verdict = Verdict::Weak;
        fitness.reasons.push(format!(
            "the upper limit is {times:.1} times the lower one: the counts tell the order of magnitude, not more"
        ));
    }
    let spread = Spread::from_quantiles(|p| Some(mixture.widened_quantile(p, widened)));
    (fitness, Some(Combined { hidden, interval: (low, high), spread }))
}

/// How far the halves of the mixture must be stretched for the interval to hold the truth often
/// enough in every family.
fn widening(seen: &[Seen], level: f64, mix: &dyn Fn(&[Option<Said>]) -> Option<Mixture>) -> (f64, f64) {
    let outside = (1.0 - level) / 2.0;
    let (mut lower, mut upper) = (1.0_f64, 1.0_f64);
    for family in Family::ALL {
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for trial in seen.iter().filter(|trial| trial.family == family) {
            let Some(mixture) = mix(&trial.answers) else { continue };
            let half = |x: f64| x.max(0.5).ln();
            let middle = half(mixture.quantile(0.5));
            let truth = half(trial.size - trial.detected);
            let (low, high) = (half(mixture.quantile(outside)), half(mixture.quantile(1.0 - outside)));
            below.push((middle - truth) / (middle - low).max(f64::MIN_POSITIVE));
            above.push((truth - middle) / (high - middle).max(f64::MIN_POSITIVE));
        }
        for (stretch, needed) in [(&mut lower, &mut below), (&mut upper, &mut above)] {
            needed.sort_by(f64::total_cmp);
            if !needed.is_empty() {
                *stretch = stretch.max(tolerance_limit(needed, 1.0 - outside));
            }
        }
    }
    (lower, upper)
}

/// The smallest of ascending values that, with the confidence of [`SURE`], exceeds a share `p` of all
/// such values, of which these are a sample: an order statistic (Wilks 1941). The highest when even that
/// is not so sure.
fn tolerance_limit(ascending: &[f64], p: f64) -> f64 {
    let count = ascending.len();
    // The value with `beyond` above it exceeds the quantile when more than `beyond` of the sample do.
    let (mut log_chance, mut sum) = (count as f64 * p.ln(), 0.0);
    for beyond in 0..count {
        sum += log_chance.exp();
        if 1.0 - sum < SURE {
            return ascending[count - 1 - beyond.saturating_sub(1)];
        }
        log_chance += ((count - beyond) as f64 / (beyond + 1) as f64 * (1.0 - p) / p).ln();
    }
    ascending[0]
}

/// A weighted mixture of distributions of the hidden count.
struct Mixture(Vec<(f64, f64)>);

impl Mixture {
    /// Values with their cumulative weight; `None` when there is nothing to mix.
    fn new<'a>(parts: impl Iterator<Item = (&'a [f64], f64)>) -> Option<Self> {
        let mut values: Vec<(f64, f64)> = parts
            .flat_map(|(values, weight)| {
                let each = weight / values.len() as f64;
                values.iter().map(move |&value| (value, each))
            })
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: f64 = values.iter().map(|(_, weight)| weight).sum();
        let mut sum = 0.0;
        for (_, weight) in &mut values {
            sum += *weight / all;
            *weight = sum;
        }
        (all > 0.0).then_some(Self(values))
    }

    /// The smallest value that is not exceeded with probability `p`.
    fn quantile(&self, p: f64) -> f64 {
        let place = self.0.partition_point(|(_, sum)| *sum < p).min(self.0.len() - 1);
        self.0[place].0
    }

    /// The quantile with each half stretched on the log scale, from the median.
    fn widened_quantile(&self, p: f64, (lower, upper): (f64, f64)) -> f64 {
        let (middle, value) = (self.quantile(0.5).max(0.5), self.quantile(p).max(0.5));
        middle * ((value / middle).ln() * if value < middle { lower } else { upper }).exp()
    }

    fn interval(&self, level: f64, widened: (f64, f64)) -> (f64, f64) {
        let outside = (1.0 - level) / 2.0;
        (self.widened_quantile(outside, widened), self.widened_quantile(1.0 - outside, widened))
    }
}

fn performance(method: &'static str, family: Family, answers: &[(f64, Option<Said>)]) -> Performance {
    let scored = |(truth, said): &(f64, Option<Said>)| Scored {
        truth: *truth,
        total: said.as_ref().map(|said| said.total),
        interval: said.as_ref().and_then(|said| said.interval),
    };
    let Score { coverage, bias, width, refused, .. } =
        Score::of(&answers.iter().map(scored).collect::<Vec<_>>());
    Performance { method, family: family.name(), coverage, bias, width, refused }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wilks (1941): the largest of 90 values exceeds 97.5 % of all with confidence 1 − 0.975^90 = 0.898, that of 91
    /// with 0.900; of the second largest, 1 − 0.975^n − n·0.025·0.975^(n − 1) first reaches 0.9 at n = 155.
    #[test]
    fn tolerance_limits_are_the_order_statistics_of_the_tables() {
        let values = |count: usize| (0..count).map(|i| i as f64).collect::<Vec<f64>>();
        let place = |count: usize| count - 1 - tolerance_limit(&values(count), 0.975) as usize;
        assert_eq!([10, 91, 154, 155].map(place), [0, 0, 0, 1]);
        // Of very many values it is close to the quantile.
        let limit = tolerance_limit(&values(100_000), 0.975);
        assert!((97_500.0..97_600.0).contains(&limit), "{limit}");
    }

    #[test]
    fn a_mixture_has_the_quantiles_of_its_parts_by_weight() {
        let (low, high) = ([1.0, 2.0, 3.0, 4.0], [10.0, 20.0]);
        let mixture = Mixture::new([(&low[..], 0.25), (&high[..], 0.75)].into_iter()).expect("a mixture");
        let whole = |x: f64| x.round() as u64;
        let found = [0.05, 0.25, 0.3, 0.62, 1.0].map(|p| whole(mixture.quantile(p)));
        assert_eq!(found, [1, 4, 10, 10, 20]);
        assert!((mixture.widened_quantile(0.5, (2.0, 2.0)) - 10.0).abs() < 1e-9);
        assert!((mixture.widened_quantile(1.0, (1.0, 2.0)) - 40.0).abs() < 1e-9);
    }
}
