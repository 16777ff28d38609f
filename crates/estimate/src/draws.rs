//! Estimates from a set of tables that are all plausible, since it is not certain which records are of
//! the same person.

mod joint;

use std::collections::BTreeMap;

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Open01};
use rayon::prelude::*;
use serde_json::{Value, json};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::groups::{DRAWS_PER_REPLICATE, Grouped, compared, group};
use crate::lists::{Prepared, prepare};
use crate::method::{Task, pairs_of};
use crate::numeric::{normal_quantile, quantile};
use crate::sensitivity::of_lists;
use crate::spread::Spread;
use crate::watch::STOPPED;
use crate::{Error, Estimate, Estimation, Interval, Method, Options, Pooling, Watch};

/// A method that has no answer for more of the draws than this has none at all.
const MOST_REFUSED: f64 = 0.1;
/// Fewest replicates of a draw, where a method resamples.
const LEAST_REPLICATES: usize = 50;
/// With fewer draws the variance between them is hardly told.
const FEW_DRAWS: usize = 20;
/// How many of the models found are listed.
const LISTED: usize = 5;
const LISTS_DIFFER: &str =
    "in some of the draws, not in all, a list lies inside another; leave it out by its name";

/// Estimates from draws of the table, as linkage gives them when it is not certain which records are of
/// the same person: each is a table that could be the true one, all equally likely.
///
/// Every method runs on every draw, and its interval is that of the mixture of its answers. `point`, if
/// given, is the table to speak of: that of the likeliest links. The number detected, the pairs of lists
/// and the sensitivity are its; without it the number detected is the mean over the draws, and the
/// others are empty. The order of the draws does not matter. `methods.md` has the formulas.
///
/// # Errors
/// When there is no draw, the lists of the draws differ, an option is out of range, or the choice of
/// lists cannot be made.
///
/// ```
/// use estimate::{Method, Options, estimate_draws};
/// use model::CaptureTable;
/// // Two records may be of one person or of two.
/// let table = |both: u64| {
///     let counts = [(1, 130 - both), (2, 80 - both), (3, both)];
///     CaptureTable::from_counts(vec!["police".into(), "shelter".into()], counts)
/// };
/// let draws = (0..20).map(|i| table(30 + i % 2)).collect::<Result<Vec<_>, _>>()?;
/// let found = estimate_draws(&draws, None, &[Method::Main], &Options::default())?;
/// assert_eq!(found.detected_interval, Some((179, 180)));
/// assert!(found.estimates[0].diagnostics["linkage_share"].as_f64() < Some(0.1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn estimate_draws(
    tables: &[CaptureTable],
    point: Option<&CaptureTable>,
    methods: &[Method],
    options: &Options,
) -> Result<Estimation, Error> {
    options.check()?;
    let draws = Draws::new(tables, point, options)?;
    let point = point.map(|table| prepare(table, options)).transpose()?;
    let detected = point.as_ref().map_or_else(|| draws.detected(), |point| point.table.detected());
    let answers = draws.run(methods, &options.watch);
    let estimates = methods
        .iter()
        .zip(&answers)
        .map(|(&method, answers)| draws.combined(method, answers, detected, options))
        .collect();
    let (mut notes, mut pairs, mut sensitivity) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(Prepared { table, options, notes: of_lists_chosen }) = point {
        let task = Task::quick(&table, &options);
        let of_point: Vec<Estimate> =
            methods.iter().filter(|method| method.is_quick()).map(|&method| task.run(method)).collect();
        pairs = pairs_of(&table, &of_point, &options);
        if options.sensitivity {
            sensitivity = of_lists(&table, &options, &of_point);
        }
        notes = of_lists_chosen;
    }
    Ok(Estimation {
        detected_interval: Some(draws.detected_interval(options.level)),
        notes,
        pairs,
        sensitivity,
        ..Estimation::of(detected, draws.lists, estimates)
    })
}

/// [`estimate_groups`](crate::estimate_groups) from draws: for each group the same number of tables, those
/// at the same place drawn together.
///
/// Visibility is that of the mixture too. Estimated each on its own, the probability of being seen least takes
/// the groups as independent, though they share what is uncertain of a link. With [`Pooling::Partial`] the
/// tables that were drawn together are fitted together, and all is made from the joint draws of all fits, so
/// that what the groups share is kept.
///
/// # Errors
/// As [`estimate_draws`] and [`estimate_groups`](crate::estimate_groups), and when groups that are to be fitted
/// together do not have the same number of draws.
pub fn estimate_groups_draws(
    groups: &[(BTreeMap<String, String>, Vec<CaptureTable>)],
    method: Method,
    options: &Options,
) -> Result<Grouped, Error> {
    options.check()?;
    if options.pooling == Pooling::Partial {
        return joint::estimate(groups, method, options);
    }
    let draws_of_visibility = options.replicates * DRAWS_PER_REPLICATE;
    let (mut found, mut visibility) = (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
    let watch = &options.watch;
    watch.step("groups", 1, 1);
    watch.units("groups", groups.len());
    for (at, (codes, tables)) in groups.iter().enumerate() {
        let draws = Draws::new(tables, None, options)?;
        let detected = draws.detected();
        let answers = draws.run(&[method], &watch.unobserved()).remove(0);
        watch.done(1);
        let mut group = group(codes, detected, draws.combined(method, &answers, detected, options));
        let seen = draws.seen(&answers);
        group.interval = group.interval.map(|_| seen.limits(options.level));
        let spread = Spread::from_quantiles(|p| Some(seen.quantile(p))).filter(|_| group.interval.is_some());
        visibility.push(spread.map(|spread| {
            let mut random = ChaCha8Rng::seed_from_u64(options.seed);
            random.set_stream(at as u64);
            (0..draws_of_visibility).map(|_| spread.quantile(Open01.sample(&mut random))).collect()
        }));
        found.push(group);
    }
    Ok(compared(found, visibility, Vec::new(), options))
}

/// One table of the draws, and how often it was drawn.
struct Draw {
    table: CaptureTable,
    options: Options,
    weight: usize,
}

struct Draws {
    lists: Vec<String>,
    /// Different tables, in the order of their counts.
    different: Vec<Draw>,
    /// How many there are with those drawn more than once.
    count: usize,
}

impl Draws {
    fn new(tables: &[CaptureTable], point: Option<&CaptureTable>, options: &Options) -> Result<Self, Error> {
        let Some(first) = tables.first() else {
            return Err(Error::Lists("there are no draws to estimate from".into()));
        };
        let names = point.unwrap_or(first).lists();
        if let Some((i, other)) = tables.iter().enumerate().find(|(_, table)| table.lists() != names) {
            return Err(Error::Lists(format!(
                "all draws need the same lists in the same order: {} are expected, and draw {} has {}",
                names.join(", "),
                i + 1,
                other.lists().join(", ")
            )));
        }
        let mut counted: BTreeMap<Vec<(u32, u64)>, (usize, &CaptureTable)> = BTreeMap::new();
        for table in tables {
            counted.entry(table.counts().collect()).or_insert((0, table)).0 += 1;
        }
        // All draws together take about as many replicates as one table does, with streams of their own.
        let replicates = options.replicates.div_ceil(counted.len()).max(LEAST_REPLICATES);
        // Corrected limits are no distribution that could be mixed; the replicates themselves are.
        let interval = if options.interval == Interval::Wald { Interval::Wald } else { Interval::Percentile };
        let mut draws = Vec::with_capacity(counted.len());
        for (rank, (weight, table)) in counted.into_values().enumerate() {
            let Prepared { table, options, .. } = prepare(table, options)?;
            let seed = options.seed.wrapping_add(rank as u64);
            let replicates = replicates.min(options.replicates);
            let watch = options.watch.unobserved();
            let options = Options { interval, replicates, seed, watch, ..options };
            draws.push(Draw { table, options, weight });
        }
        let lists = draws[0].table.lists().to_vec();
        if draws.iter().any(|draw| draw.table.lists() != lists) {
            return Err(Error::Lists(LISTS_DIFFER.into()));
        }
        Ok(Self { lists, different: draws, count: tables.len() })
    }

    /// The answers of each method, by draw.
    fn run(&self, methods: &[Method], watch: &Watch) -> Vec<Vec<Estimate>> {
        let tasks: Vec<Task> =
            self.different.par_iter().map(|draw| Task::quick(&draw.table, &draw.options)).collect();
        let all_draws = |(&method, place): (&Method, usize)| {
            watch.step(method.name(), place, methods.len());
            watch.units("draws", tasks.len());
            let one_draw = |task: &Task| {
                let found = task.run(method);
                watch.done(1);
                found
            };
            tasks.par_iter().map(one_draw).collect()
        };
        methods.iter().zip(1..).map(all_draws).collect()
    }

    /// Values of the draws, each as often as it was drawn.
    fn each<T: Copy>(&self, of: impl Fn(usize, &Draw) -> Option<T>) -> Vec<T> {
        let values =
            self.different.iter().enumerate().filter_map(|(i, draw)| Some((of(i, draw)?, draw.weight)));
        values.flat_map(|(value, weight)| std::iter::repeat_n(value, weight)).collect()
    }

    fn mean_detected(&self) -> f64 {
        self.each(|_, draw| Some(draw.table.detected() as f64)).iter().sum::<f64>() / self.count as f64
    }

    fn detected(&self) -> u64 {
        self.mean_detected().round() as u64
    }

    fn detected_interval(&self, level: f64) -> (u64, u64) {
        let mut detected = self.each(|_, draw| Some(draw.table.detected() as f64));
        detected.sort_by(f64::total_cmp);
        let at = |p| quantile(&detected, p).round() as u64;
        (at((1.0 - level) / 2.0), at(f64::midpoint(1.0, level)))
    }

    /// The mixture of a figure made of the number detected and the number hidden. Of a draw without an
    /// answer, or without an interval, nothing is known: half of its weight lies at either of `ends`.
    fn mixture(&self, answers: &[Estimate], ends: (f64, f64), of: impl Fn(f64, f64) -> f64) -> Mixture {
        let mut values = Vec::new();
        for (draw, answer) in self.different.iter().zip(answers) {
            let (detected, weight) = (draw.table.detected() as f64, draw.weight as f64 / self.count as f64);
            match &answer.spread {
                Some(spread) => {
                    let each = weight / spread.values().len() as f64;
                    values.extend(spread.values().iter().map(|&hidden| (of(detected, hidden), each)));
                }
                None => values.extend([(ends.0, weight / 2.0), (ends.1, weight / 2.0)]),
            }
        }
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        Mixture(values)
    }

    /// The mixture of visibilities.
    fn seen(&self, answers: &[Estimate]) -> Mixture {
        self.mixture(answers, (0.0, 1.0), |detected, hidden| detected / (detected + hidden))
    }

    /// One estimate out of those of the draws.
    fn combined(&self, method: Method, answers: &[Estimate], detected: u64, options: &Options) -> Estimate {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        let mut models: BTreeMap<&str, usize> = BTreeMap::new();
        for (draw, answer) in self.different.iter().zip(answers) {
            match &answer.refused {
                Some(why) => *reasons.entry(why).or_default() += draw.weight,
                None => *models.entry(&answer.model).or_default() += draw.weight,
            }
        }
        let refused: usize = reasons.values().sum();
        let share = refused as f64 / self.count as f64;
        let mut combined = Estimate {
            diagnostics: BTreeMap::from([
                ("draws".into(), json!(self.count)),
                ("draws_refused".into(), json!(refused)),
                ("different_tables".into(), json!(self.different.len())),
                ("seed".into(), json!(options.seed)),
            ]),
            ..Estimate::unanswered(method, options.level)
        };
        // The draws that are done are not all draws.
        if answers.iter().any(Estimate::is_stopped) {
            combined.refused = Some(STOPPED.into());
            return combined;
        }
        // Of reasons that are as common the first in the alphabet.
        if let Some((why, _)) = reasons.iter().rev().max_by_key(|(_, count)| **count)
            && share > MOST_REFUSED
        {
            combined.refused = Some(if refused == self.count {
                (*why).to_owned()
            } else {
                format!("no answer for {:.0} % of the draws: {why}", 100.0 * share)
            });
            return combined;
        }
        let mut points = self.each(|i, _| answers[i].total);
        points.sort_by(f64::total_cmp);
        let total = quantile(&points, 0.5);
        let at_least =
            self.different.iter().map(|draw| draw.table.detected()).min().unwrap_or_default() as f64;
        let mixture = self.mixture(answers, (at_least, f64::INFINITY), |detected, hidden| detected + hidden);
        let (low, high) = mixture.limits(options.level);
        combined.total = Some(total);
        combined.interval = high.is_finite().then_some((low, high));
        combined.converged = answers.iter().all(|answer| answer.converged || answer.refused.is_some());
        // A total below the number detected, as some draw may have, hides nobody.
        combined.spread = Spread::from_quantiles(|p| Some((mixture.quantile(p) - detected as f64).max(0.0)));
        let mut by_count: Vec<(&str, usize)> = models.into_iter().collect();
        by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        combined.model = by_count.first().map_or_else(String::new, |(model, _)| (*model).to_owned());
        let listed: Vec<Value> = by_count
            .iter()
            .take(LISTED)
            .map(|(model, count)| json!({ "model": model, "share": *count as f64 / self.count as f64 }))
            .collect();
        let without = self.each(|i, _| answers[i].spread.is_none().then_some(())).len() - refused;
        let (within, between) = self.variances(answers);
        let mut notes = Vec::new();
        if self.count < FEW_DRAWS {
            notes.push("with so few draws it is hardly known how much the links matter");
        }
        if combined.interval.is_none() {
            notes.push("no upper limit: too many draws have no answer, or none that is bounded");
        } else if total < low || total > high {
            notes.push("the total lies outside its interval");
        }
        let mut add = |name: &str, value: Value| combined.diagnostics.insert(name.into(), value);
        add("draws_without_interval", json!(without));
        add("models", json!(listed));
        add("point_range", json!([points.first(), points.last()]));
        add("variance_within", json!(within));
        add("variance_between", json!(between));
        add("linkage_share", json!(between.map(|between| between / (between + within))));
        if let Some((centre, limits, df)) = self.rubin(answers, options.level) {
            add("rubin_total", json!(centre));
            add("rubin_interval", json!(limits));
            add("rubin_df", json!(df));
        }
        if !reasons.is_empty() {
            add("draws_refused_because", json!(reasons));
        }
        if !notes.is_empty() {
            add("note", json!(notes.join("; ")));
        }
        combined
    }

    /// Variance of the logarithm of the total: its mean within a draw, and that of the draws' means;
    /// `None` with one draw. Values without bound are left out.
    fn variances(&self, answers: &[Estimate]) -> (f64, Option<f64>) {
        let moments = self.each(|i, draw| {
            let detected = draw.table.detected() as f64;
            let values = answers[i].spread.as_ref()?.values();
            let logs: Vec<f64> =
                values.iter().map(|hidden| (detected + hidden).ln()).filter(|log| log.is_finite()).collect();
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64;
            (!logs.is_empty()).then_some((mean, variance))
        });
        let (means, variances): (Vec<f64>, Vec<f64>) = moments.into_iter().unzip();
        (mean(&variances), variance(&means))
    }

    /// Rubin's rules for the logarithm of the hidden count, where the methods tell its standard error: the
    /// total, its interval and the degrees of freedom, `None` when the draws do not differ.
    fn rubin(&self, answers: &[Estimate], level: f64) -> Option<(f64, (f64, f64), Option<f64>)> {
        let told = self.each(|i, draw| {
            let error = answers[i].diagnostics.get("log_hidden_error")?.as_f64()?;
            let log = (answers[i].total? - draw.table.detected() as f64).ln();
            (log.is_finite() && error.is_finite()).then_some((log, error * error))
        });
        if told.len() < 2 {
            return None;
        }
        let (logs, errors): (Vec<f64>, Vec<f64>) = told.into_iter().unzip();
        let draws = logs.len() as f64;
        let (centre, within) = (mean(&logs), mean(&errors));
        let between = variance(&logs)? * (1.0 + 1.0 / draws);
        let df = (between > 1e-12 * within).then(|| (draws - 1.0) * (1.0 + within / between).powi(2));
        let upper = f64::midpoint(1.0, level);
        let width = df.map_or_else(|| normal_quantile(upper), |df| student_quantile(upper, df));
        let (detected, reach) = (self.mean_detected(), width * (within + between).sqrt());
        let total = |log: f64| detected + log.exp();
        Some((total(centre), (total(centre - reach), total(centre + reach)), df))
    }
}

/// Quantile of Student's distribution. With many degrees of freedom the search of the library does not end; there
/// the first terms of the expansion around the normal are exact to nine digits (Cornish & Fisher 1938; Hill 1970).
fn student_quantile(p: f64, df: f64) -> f64 {
    let z = normal_quantile(p);
    match StudentsT::new(0.0, 1.0, df) {
        Ok(t) if df < 1000.0 => t.inverse_cdf(p),
        _ => {
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
            z + (z.powi(3) + z) / (4.0 * df) + second / (df * df)
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> Option<f64> {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (values.len() > 1).then(|| squares / (values.len() as f64 - 1.0))
}

/// Values in ascending order with weights that add up to 1.
struct Mixture(Vec<(f64, f64)>);

impl Mixture {
    /// Equal-tailed limits.
    fn limits(&self, level: f64) -> (f64, f64) {
        let side = (1.0 - level) / 2.0;
        (self.quantile(side), self.quantile(1.0 - side))
    }

    /// Quantile between the values, each of which stands at the middle of its weight.
    fn quantile(&self, p: f64) -> f64 {
        let (mut below, mut before) = (0.0, None::<(f64, f64)>);
        for &(value, weight) in &self.0 {
            let place = below + weight / 2.0;
            if place >= p {
                return match before {
                    Some((lower, at)) if value.is_finite() => {
                        lower + (value - lower) * (p - at) / (place - at)
                    }
                    _ => value,
                };
            }
            before = Some((value, place));
            below += weight;
        }
        before.map_or(f64::NAN, |(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `scipy.stats.t.ppf(0.975, df)`.
    #[test]
    fn quantiles_of_student_go_over_into_the_normal() {
        let known =
            [(10.0, 2.228_138_852), (999.0, 1.962_341_461), (1001.0, 1.962_336_705), (1e5, 1.959_987_708)];
        for (df, value) in known {
            assert!((student_quantile(0.975, df) - value).abs() < 1e-6, "{df}");
        }
        for df in [1e9, 1e13, 1e17, 1e300] {
            assert!((student_quantile(0.975, df) - 1.959_963_985).abs() < 1e-8, "{df}");
        }
    }

    #[test]
    fn quantiles_of_a_mixture_go_through_the_middle_of_each_weight() {
        let mixture = Mixture(vec![(1.0, 0.25), (2.0, 0.5), (10.0, 0.25)]);
        for (p, expected) in [(0.0, 1.0), (0.125, 1.0), (0.5, 2.0), (0.6875, 6.0), (0.875, 10.0), (1.0, 10.0)]
        {
            assert!((mixture.quantile(p) - expected).abs() < 1e-12, "{p}: {}", mixture.quantile(p));
        }
        let open = Mixture(vec![(1.0, 0.5), (f64::INFINITY, 0.5)]);
        assert!((open.quantile(0.25) - 1.0).abs() < 1e-12 && open.quantile(0.6).is_infinite());
    }
}
