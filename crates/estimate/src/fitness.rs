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
use crate::loglinear::{Cells, Model};
use crate::method::Task;
use crate::numeric::quantile;
use crate::spread::Spread;
use crate::{Interval, Method, Options};
use population::Family;
pub(crate) use population::Population;
use stack::Trial;

/// Methods that are mixed: quick ones that estimate the total.
pub(crate) const MIXED: [Method; 5] =
    [Method::Main, Method::Stepwise, Method::Bic, Method::Decomposable, Method::SampleCoverage];
/// Populations a family for each ten replicates of the options.
const REPLICATES_PER_POPULATION: usize = 10;
const FEWEST_POPULATIONS: usize = 40;
/// Replicates of a method that resamples, for each of these tables.
const QUICK_REPLICATES: usize = 100;
/// A family whose best fit has a BIC this much above the best of all is excluded by the data: very
/// strong evidence in the terms of Kass and Raftery (1995).
const EXCLUDED: f64 = 10.0;
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
    /// The method, or `combined` for the mixture.
    pub method: Method,
    /// The family of populations.
    pub family: &'static str,
    /// Share of the populations whose size lies within the method's interval; populations for which it
    /// gave none count as not covered.
    pub coverage: f64,
    /// Median of estimated ÷ true total, minus 1; `None` when the method never answered.
    pub bias: Option<f64>,
    /// Median of upper ÷ lower limit; `None` when it never gave an interval.
    pub width: Option<f64>,
    /// Share of the populations for which the method gave no estimate.
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

/// One population, the table seen of it and what each method said.
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

/// Judges a table and mixes the methods. `progress` is told of each population that is done.
pub(crate) fn assess(
    table: &CaptureTable,
    cells: &Cells,
    options: &Options,
    progress: &(dyn Fn() + Sync),
) -> (Fitness, Option<Combined>) {
    // The mixture is widened by itself, so the quick interval of each method will do.
    let quick =
        Options { interval: Interval::Wald, max_order: 2, replicates: QUICK_REPLICATES, ..options.clone() };
    let bics: Vec<Option<f64>> = Family::ALL.iter().map(|family| family.bic(cells)).collect();
    let lowest = bics.iter().flatten().fold(f64::INFINITY, |a, &b| a.min(b));
    let number = (options.replicates / REPLICATES_PER_POPULATION).max(FEWEST_POPULATIONS);
    let mut families = Vec::new();
    let mut seen: Vec<Seen> = Vec::new();
    for (place, (family, bic)) in Family::ALL.into_iter().zip(&bics).enumerate() {
        let included = bic.is_some_and(|bic| bic <= lowest + EXCLUDED);
        let trials: Vec<Seen> = (0..if included { number as u64 } else { 0 })
            .into_par_iter()
            .filter_map(|trial| {
                let done = again(family, place as u64, trial, table, cells, &quick);
                progress();
                done
            })
            .collect();
        let mut sizes: Vec<f64> = trials.iter().map(|trial| trial.size).collect();
        sizes.sort_by(f64::total_cmp);
        families.push(Plausible {
            family: family.name(),
            bic_difference: bic.map(|bic| bic - lowest),
            populations: trials.len(),
            median_total: (!sizes.is_empty()).then(|| quantile(&sizes, 0.5)),
        });
        seen.extend(trials);
    }
    let task = Task::quick(table, &quick);
    let here: Vec<Option<Said>> = MIXED.iter().map(|&method| said(&task, method)).collect();
    judge(cells.detected, options.level, number, families, &seen, &here)
}

/// A population of the family, made from the persons of the table drawn again, and what the methods
/// say when the lists see it; `None` when no population could be made.
fn again(
    family: Family,
    place: u64,
    trial: u64,
    table: &CaptureTable,
    cells: &Cells,
    options: &Options,
) -> Option<Seen> {
    let counts: Vec<(u32, u64)> = table.counts().collect();
    (0..ATTEMPTS).find_map(|attempt| {
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        random.set_stream((place + 1) << 48 | trial << 8 | attempt);
        let likely: [Model; 0] = [];
        let population = family.fit(&draw_again(cells.lists, &counts, &mut random), &likely)?;
        let sample = population.draw(table.lists(), &mut random)?;
        let task = Task::quick(&sample, options);
        let answers = MIXED.iter().map(|&method| said(&task, method)).collect();
        let (size, detected) = (population.size as f64, sample.detected() as f64);
        Some(Seen { family, size, detected, answers })
    })
}

fn said(task: &Task, method: Method) -> Option<Said> {
    let lists = task.table.as_ref().map_or(0, |(_, cells)| cells.lists);
    if method == Method::Decomposable && lists > LISTS_FOR_GRAPHS {
        return None;
    }
    let estimate = task.run(method);
    Some(Said { total: estimate.total?, interval: estimate.interval, spread: estimate.spread })
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
        for (place, method) in MIXED.into_iter().enumerate() {
            let answers = trials.iter().map(|trial| (trial.size, trial.answers[place].clone()));
            alone.push(performance(method, family, &answers.collect::<Vec<_>>()));
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
            alone.push(performance(Method::Combined, family, &answers));
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
                *stretch = stretch.max(quantile(needed, 1.0 - outside));
            }
        }
    }
    (lower, upper)
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

fn performance(method: Method, family: Family, answers: &[(f64, Option<Said>)]) -> Performance {
    let count = answers.len() as f64;
    let holds = |(size, said): &&(f64, Option<Said>)| {
        said.as_ref().and_then(|s| s.interval).is_some_and(|(low, high)| low <= *size && *size <= high)
    };
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then(|| quantile(&values, 0.5))
    };
    let said = || answers.iter().filter_map(|(size, said)| Some((*size, said.as_ref()?)));
    Performance {
        method,
        family: family.name(),
        coverage: answers.iter().filter(holds).count() as f64 / count,
        bias: median(said().map(|(size, said)| said.total / size - 1.0).collect()),
        width: median(said().filter_map(|(_, said)| said.interval).map(|(low, high)| high / low).collect()),
        refused: answers.iter().filter(|(_, said)| said.is_none()).count() as f64 / count,
    }
}
