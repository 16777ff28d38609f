//! Intervals from tables that are drawn again, with the model chosen again in each.

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution};
use rayon::prelude::*;

use crate::loglinear::{Cells, Fit, Model};
use crate::numeric::{normal_probability, normal_quantile, quantile};
use crate::spread::Spread;
use crate::studentised::Studentised;
use crate::{Interval, Options, Watch};

/// Hidden counts that differ by less, relatively, are equal: a replicate may be the table itself
/// and its fit differ in the last digits.
const SAME: f64 = 1e-9;

/// What was chosen for one table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Choice {
    pub(crate) model: Model,
    pub(crate) hidden: f64,
    /// Standard error of the log of the hidden count under this model.
    pub(crate) log_error: f64,
}

impl From<&Fit> for Choice {
    fn from(fit: &Fit) -> Self {
        Self { model: fit.model, hidden: fit.hidden, log_error: fit.log_hidden_error }
    }
}

/// The hidden counts of all replicates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replicates {
    /// In ascending order, infinite where there is no estimate.
    hidden: Vec<f64>,
    /// Replicates in which no model has an estimate.
    pub(crate) without_estimate: usize,
    /// Replicates in which the model of the table itself was chosen.
    pub(crate) same_model: usize,
}

impl Replicates {
    /// Quantile of the hidden count; infinite when it is among the replicates without estimate.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        quantile(&self.hidden, p)
    }

    /// The replicates as a distribution.
    pub(crate) fn spread(&self) -> Option<Spread> {
        Spread::from_draws(self.hidden.clone())
    }

    /// Share of the replicates below `hidden`.
    fn share_below(&self, hidden: f64) -> f64 {
        let below = self.hidden.partition_point(|&value| value < hidden * (1.0 - SAME));
        below as f64 / self.hidden.len() as f64
    }

    /// Whether the quantile is the lowest or the highest replicate because there are too few to
    /// go further out.
    fn is_at_the_edge(&self, p: f64) -> bool {
        let place = p * (self.hidden.len() as f64 + 1.0 / 3.0) + 1.0 / 3.0;
        !(1.0..=self.hidden.len() as f64).contains(&place)
    }
}

/// Limits of the hidden count and what they come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limits {
    pub(crate) replicates: Replicates,
    /// Normal quantile of the share of replicates below the estimate; only for `BCa`.
    pub(crate) bias_correction: Option<f64>,
    /// Skewness of the jackknife over 6; only for `BCa`, `None` when it could not be told.
    pub(crate) acceleration: Option<f64>,
    /// The replicates in standard errors of their own; only for the studentised interval.
    pub(crate) studentised: Option<Studentised>,
    /// Lower limit; `None` when it could not be told.
    pub(crate) low: Option<f64>,
    /// Upper limit; `None` when it could not be told or is infinite.
    pub(crate) high: Option<f64>,
    /// Why there is no upper limit, in words.
    pub(crate) open: &'static str,
    /// Whether a limit lies beyond the most extreme replicate.
    pub(crate) at_the_edge: bool,
}

const UNBOUNDED: &str = "none: so many replicates have no estimate that the limit is among them";
const UNTOLD: &str =
    "none: so many replicates have no estimate or no standard error that the limit is among them";
const NO_ERROR: &str = "none: the estimate has no standard error by which to compare the replicates; a percentile \
                        interval can still be made";
const NO_BIAS: &str = "none: (nearly) all replicates lie on one side of the estimate, so its bias cannot be told; \
                       a percentile interval can still be made";
const NO_ACCELERATION: &str = "none: without one of the persons no model has an estimate, so the acceleration \
                               cannot be told; a percentile interval can still be made";
const FOLDED: &str = "none: the correction for acceleration goes beyond every level; a percentile interval can \
                      still be made";

/// Draws the persons of the table again, as many as were detected, and chooses and fits a model for
/// each such table. `chosen` is what was chosen for the table itself; `choose` is
/// the rule that found it. `None` when the work is stopped before all replicates are drawn.
pub(crate) fn bootstrap(
    table: &CaptureTable,
    chosen: Choice,
    options: &Options,
    choose: impl Fn(&Cells) -> Option<Choice> + Sync,
) -> Option<Limits> {
    let counts: Vec<(u32, u64)> = table.counts().collect();
    let lists = table.lists().len();
    let watch = &options.watch;
    watch.units("replicates", options.replicates);
    let draws: Option<Vec<Option<Choice>>> = (0..options.replicates as u64)
        .into_par_iter()
        .map(|replicate| {
            let mut random = ChaCha8Rng::seed_from_u64(options.seed);
            random.set_stream(replicate);
            if watch.is_stopped() {
                return None;
            }
            let found = choose(&draw_again(lists, &counts, &mut random));
            watch.done(1);
            Some(found.filter(|found| found.hidden.is_finite()))
        })
        .collect();
    let draws = draws?;
    let mut hidden: Vec<f64> =
        draws.iter().map(|draw| draw.map_or(f64::INFINITY, |found| found.hidden)).collect();
    hidden.sort_by(f64::total_cmp);
    let replicates = Replicates {
        hidden,
        without_estimate: draws.iter().filter(|draw| draw.is_none()).count(),
        same_model: draws.iter().flatten().filter(|found| found.model == chosen.model).count(),
    };
    let outside = (1.0 - options.level) / 2.0;
    let mut limits = Limits {
        replicates,
        bias_correction: None,
        acceleration: None,
        studentised: None,
        low: None,
        high: None,
        open: UNBOUNDED,
        at_the_edge: false,
    };
    if options.interval == Interval::Studentised {
        let Some(found) = Studentised::new(chosen, &draws) else {
            limits.open = NO_ERROR;
            return Some(limits);
        };
        let limit = |p: f64| Some(found.quantile(p)).filter(|hidden| *hidden > 0.0 && hidden.is_finite());
        (limits.low, limits.high) = (limit(outside), limit(1.0 - outside));
        limits.open = UNTOLD;
        limits.at_the_edge = limits.replicates.is_at_the_edge(outside);
        limits.studentised = Some(found);
        return Some(limits);
    }
    let levels = if options.interval == Interval::Bca {
        let bias =
            Some(normal_quantile(limits.replicates.share_below(chosen.hidden))).filter(|z| z.is_finite());
        limits.bias_correction = bias;
        limits.acceleration = acceleration(lists, &counts, watch, choose);
        match (bias, limits.acceleration) {
            (None, _) => Err(NO_BIAS),
            (_, None) => Err(NO_ACCELERATION),
            (Some(bias), Some(acceleration)) => corrected(outside, bias, acceleration)
                .zip(corrected(1.0 - outside, bias, acceleration))
                .ok_or(FOLDED),
        }
    } else {
        Ok((outside, 1.0 - outside))
    };
    match levels {
        Ok((low, high)) => {
            limits.low = Some(limits.replicates.quantile(low)).filter(|limit| limit.is_finite());
            limits.high = Some(limits.replicates.quantile(high)).filter(|limit| limit.is_finite());
            limits.at_the_edge =
                limits.replicates.is_at_the_edge(low) || limits.replicates.is_at_the_edge(high);
        }
        Err(why) => limits.open = why,
    }
    Some(limits)
}

/// As many persons as in `counts`, drawn from them with replacement: a multinomial draw, history by
/// history from what is left.
pub(crate) fn draw_again(lists: usize, counts: &[(u32, u64)], random: &mut ChaCha8Rng) -> Cells {
    let mut mass: u64 = counts.iter().map(|&(_, n)| n).sum();
    let mut left = mass;
    let mut drawn = Vec::with_capacity(counts.len());
    for &(history, n) in counts {
        // The last history has the share 1, so all who are left are drawn.
        let share = n as f64 / mass as f64;
        let count = Binomial::new(left, share).map_or(0, |binomial| binomial.sample(random));
        left -= count;
        mass -= n;
        drawn.push((history, count));
    }
    Cells::from_counts(lists, drawn)
}

/// The level of the bootstrap distribution that stands for the level `p`,
/// Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))) (Efron 1987); `None` where the denominator is not positive.
fn corrected(p: f64, bias: f64, acceleration: f64) -> Option<f64> {
    let shifted = bias + normal_quantile(p);
    let denominator = 1.0 - acceleration * shifted;
    (denominator > 0.0).then(|| normal_probability(bias + shifted / denominator))
}

/// Acceleration from the estimates without each person in turn, who are alike when they have the
/// same history: Σ d³ / (6 (Σ d²)^1.5), where d is the mean of these estimates minus one of them.
fn acceleration(
    lists: usize,
    counts: &[(u32, u64)],
    watch: &Watch,
    choose: impl Fn(&Cells) -> Option<Choice> + Sync,
) -> Option<f64> {
    watch.units("tables without a person", counts.len());
    let without: Option<Vec<f64>> = counts
        .par_iter()
        .map(|&(gone, _)| {
            if watch.is_stopped() {
                return None;
            }
            let rest = counts.iter().map(|&(history, n)| (history, n - u64::from(history == gone)));
            let found = choose(&Cells::from_counts(lists, rest));
            watch.done(1);
            found.map(|found| found.hidden).filter(|h| h.is_finite())
        })
        .collect();
    let without = without?;
    let persons: f64 = counts.iter().map(|&(_, n)| n as f64).sum();
    let weighted = |value: &dyn Fn(f64) -> f64| -> f64 {
        counts.iter().zip(&without).map(|(&(_, n), &hidden)| n as f64 * value(hidden)).sum()
    };
    let mean = weighted(&|hidden| hidden) / persons;
    let squares = weighted(&|hidden| (mean - hidden).powi(2));
    let cubes = weighted(&|hidden| (mean - hidden).powi(3));
    // When nobody makes a difference there is no skewness.
    Some(if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(hidden: f64) -> Choice {
        Choice { model: Model::main(2), hidden, log_error: 0.1 }
    }

    #[test]
    fn without_bias_and_acceleration_levels_stay_as_they_are() {
        for p in [0.025, 0.5, 0.9] {
            let level = corrected(p, 0.0, 0.0).expect("a level");
            assert!((level - p).abs() < 1e-9, "{p}: {level}");
        }
        assert!(corrected(0.975, 0.0, 0.6).is_none(), "1 − 0.6 · 1.96 is negative");
        // Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 14.3: z₀ = 0.146 and
        // a = 0.061 turn the levels 0.05 and 0.95 into 0.110 and 0.985, printed to three digits.
        let level = |p| corrected(p, 0.146, 0.061).expect("a level");
        assert!((level(0.05) - 0.110).abs() < 1e-3 && (level(0.95) - 0.985).abs() < 1e-3);
    }

    #[test]
    fn a_table_drawn_again_has_as_many_persons_and_no_new_history() {
        let counts = [(1, 40), (2, 3), (5, 1), (7, 800)];
        let mut sums = [0.0; 8];
        for stream in 0..2000 {
            let mut random = ChaCha8Rng::seed_from_u64(1);
            random.set_stream(stream);
            let cells = draw_again(3, &counts, &mut random);
            assert!((cells.detected - 844.0).abs() < 0.5);
            assert!(cells.support.iter().all(|h| counts.iter().any(|(known, _)| known == h)));
            for (sum, count) in sums.iter_mut().zip(&cells.counts) {
                *sum += count;
            }
        }
        for (history, n) in counts {
            // Means of 2000 draws, within four of their standard errors.
            let (mean, n) = (sums[history as usize] / 2000.0, n as f64);
            let error = (n * (1.0 - n / 844.0) / 2000.0).sqrt();
            assert!((mean - n).abs() < 4.0 * error, "{history}: {mean}");
        }
    }

    #[test]
    fn acceleration_is_the_skewness_over_persons() {
        // An "estimate" that is the count of the first history: without a person of it, it is one less.
        let counts = [(1, 3), (2, 9)];
        let choose = |cells: &Cells| Some(choice(cells.counts[1]));
        let d: Vec<f64> = (0..12).map(|i| if i < 3 { 1.0 - 0.25 } else { -0.25 }).collect();
        let cubes: f64 = d.iter().map(|x| x.powi(3)).sum();
        let squares: f64 = d.iter().map(|x| x * x).sum();
        let expected = cubes / (6.0 * squares.powf(1.5));
        let found = acceleration(2, &counts, &Watch::default(), choose).expect("an acceleration");
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn replicates_without_estimate_open_the_interval_and_are_counted() {
        let lists = vec!["A".into(), "B".into()];
        let table = CaptureTable::from_counts(lists, [(1, 30), (2, 30), (3, 1)]).expect("a valid table");
        let options = Options { interval: Interval::Percentile, replicates: 400, ..Options::default() };
        // The overlap is empty in 1 − (1 − 1/61)^61 = 36 % of the draws.
        let choose = |cells: &Cells| (cells.counts[3] > 0.0).then(|| choice(cells.counts[1]));
        let found = bootstrap(&table, choice(30.0), &options, choose).expect("never stopped");
        let share = found.replicates.without_estimate as f64 / 400.0;
        assert!((share - 0.365).abs() < 4.0 * 0.024, "{share}");
        assert_eq!(found.replicates.same_model, 400 - found.replicates.without_estimate);
        assert!(found.low.is_some() && found.high.is_none());
        assert!(found.open.starts_with("none: so many replicates"));
    }

    #[test]
    fn bca_is_refused_in_words_where_it_cannot_be_made() {
        let lists = vec!["A".into(), "B".into()];
        let table = CaptureTable::from_counts(lists, [(1, 30), (2, 30), (3, 9)]).expect("a valid table");
        let options = Options { interval: Interval::Bca, replicates: 100, ..Options::default() };
        let constant = |_: &Cells| Some(choice(30.0));
        let found = bootstrap(&table, choice(30.0), &options, constant).expect("never stopped");
        assert_eq!((found.low, found.high, found.open), (None, None, NO_BIAS));
        let choose = |cells: &Cells| (cells.detected > 68.5).then_some(choice(cells.counts[1]));
        let found = bootstrap(&table, choice(30.0), &options, choose).expect("never stopped");
        assert_eq!((found.low, found.high, found.open), (None, None, NO_ACCELERATION));
    }
}
