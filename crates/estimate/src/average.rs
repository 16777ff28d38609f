//! Averaging over log-linear models by the weights that their BICs give.

use crate::Criterion;
use crate::branch::{Keep, Search};
use crate::loglinear::{Cells, Model, Refusal, Solver, THREES_UP_TO, fit_cells};
use crate::numeric::{normal_probability, normal_quantile, root};
use crate::search::bounded::{FITS, can_branch, most_work};
use crate::search::{Goal, Ranked, score, score_all};
use crate::spread::Spread;
use crate::watch::Watch;

/// Beyond the lists whose models can all be fitted, those within so much of the smallest BIC are
/// averaged: the others have less than 1/150 of the weight of the best each (Occam's window of
/// Madigan and Raftery 1994, who take 1/20).
const WINDOW: f64 = 10.0;
/// Models whose weights are less than this together change no digit of a quantile that is shown.
const NEGLIGIBLE: f64 = 1e-9;
/// The same where 400 values are to stand for all.
const COARSE: f64 = 1e-6;
/// Points between which such values are interpolated.
const POINTS: usize = 1000;

/// Where branches are not bounded, nothing is certain in the end, and this part of the work must do.
const LESS: u64 = 8;

/// Models with their weights: a mixture of log-normal distributions of the hidden count.
#[derive(Debug, Clone)]
pub(crate) struct Average {
    /// The heaviest first.
    pub(crate) models: Vec<(Ranked, f64)>,
    /// Models looked at.
    pub(crate) considered: usize,
    /// Those without an estimate.
    pub(crate) refused: usize,
    /// Those for which the numerical search did not end.
    pub(crate) not_converged: usize,
    /// Models whose BIC is higher than the smallest by more than this are left out; `None` when
    /// all models were gone through.
    pub(crate) window: Option<f64>,
    /// Whether no model within the window can have been overlooked.
    pub(crate) complete: bool,
}

/// Averages over all models with the pairs of `forced` and terms of up to `max_order` lists, or over those within a window where
/// there are too many.
pub(crate) fn average(
    cells: &Cells,
    forced: Model,
    max_order: usize,
    watch: &Watch,
) -> Result<Average, Refusal> {
    if max_order > 2 && cells.lists > THREES_UP_TO {
        return Err(Refusal::TooManyLists);
    }
    let goal = Goal { max_order, criterion: Criterion::Bic, forced };
    let mut found = if max_order < 2 {
        one(cells, forced)
    } else if cells.lists > goal.exhaustive_lists() {
        within_window(cells, goal, most_work(cells, goal), watch)?
    } else {
        all(cells, goal)
    };
    if found.models.is_empty() {
        let nothing = found.refused == found.considered;
        return Err(if nothing { Refusal::NoEstimate } else { Refusal::NotConverged });
    }
    found.models.sort_by(|(a, _), (b, _)| a.value.total_cmp(&b.value).then(a.model.cmp(&b.model)));
    let smallest = found.models[0].0.value;
    let mut sum = 0.0;
    for (ranked, weight) in &mut found.models {
        *weight = (-0.5 * (ranked.value - smallest)).exp();
        sum += *weight;
    }
    for (_, weight) in &mut found.models {
        *weight /= sum;
    }
    Ok(found)
}

fn one(cells: &Cells, model: Model) -> Average {
    let mut solver = Solver::new(cells);
    let sound = fit_cells(cells, model, &mut solver).is_ok();
    let scored = sound.then(|| score(cells, Criterion::Bic, model, &mut solver)).flatten();
    Average {
        models: scored.map(|ranked| (ranked, 1.0)).into_iter().collect(),
        considered: 1,
        refused: usize::from(!sound),
        not_converged: 0,
        window: None,
        complete: true,
    }
}

fn all(cells: &Cells, goal: Goal) -> Average {
    let all = score_all(cells, goal);
    let usable = |ranked: &Ranked| ranked.hidden.is_finite() && ranked.log_error.is_finite();
    let models: Vec<(Ranked, f64)> = all.ranked.into_iter().filter(usable).map(|r| (r, 0.0)).collect();
    Average {
        considered: all.considered,
        refused: all.refused,
        not_converged: all.considered - all.refused - models.len(),
        models,
        window: None,
        complete: true,
    }
}

fn within_window(cells: &Cells, goal: Goal, most: u64, watch: &Watch) -> Result<Average, Refusal> {
    let mut search = Search::new(cells, goal, Keep::Within(WINDOW), watch);
    search.try_one(goal.forced);
    if search.best.is_none() {
        // Why there is nowhere to start from.
        fit_cells(cells, goal.forced, &mut Solver::new(cells))?;
    }
    search.descend();
    let branches = can_branch(cells);
    let most = if branches { most } else { most / LESS };
    watch.units_at_most(FITS, most);
    let most_in_all = search.work + most;
    if branches {
        search.most_work = search.work + most / 2;
        search.visit_all();
    }
    let complete = branches && !search.is_ended();
    if !complete {
        search.most_work = most_in_all;
        search.widen();
    }
    let found = std::mem::take(&mut search.found);
    let usable = |ranked: &Ranked| ranked.hidden.is_finite() && ranked.log_error.is_finite();
    Ok(Average {
        models: found.into_iter().filter(usable).map(|ranked| (ranked, 0.0)).collect(),
        considered: search.fits as usize,
        refused: search.refused as usize,
        not_converged: 0,
        window: Some(WINDOW),
        complete,
    })
}

impl Average {
    /// 1/Σ w²: how many models of equal weight would be as far spread.
    pub(crate) fn effective_models(&self) -> f64 {
        1.0 / self.models.iter().map(|(_, weight)| weight * weight).sum::<f64>()
    }

    /// Σ w·u, the weighted mean of the models' hidden counts.
    pub(crate) fn mean(&self) -> f64 {
        self.models.iter().map(|(ranked, weight)| weight * ranked.hidden).sum()
    }

    /// Weight of all models in which lists `i` and `j` depend on each other.
    pub(crate) fn pair_probability(&self, i: usize, j: usize) -> f64 {
        self.models.iter().filter(|(ranked, _)| ranked.model.contains(i, j)).map(|(_, weight)| weight).sum()
    }

    /// Quantile of the hidden count; `None` when it is beyond floating point.
    pub(crate) fn quantile(&self, p: f64) -> Option<f64> {
        let parts = self.heaviest(NEGLIGIBLE);
        let (low, high) = ends(parts, p)?;
        let log = if low < high { root(low, high, |x| below(parts, x) - p)? } else { low };
        Some(log.exp()).filter(|hidden| hidden.is_finite())
    }

    /// The mixture as values of equal probability.
    pub(crate) fn spread(&self) -> Option<Spread> {
        let parts = self.heaviest(COARSE);
        let (low, high) = (ends(parts, 1e-4)?.0, ends(parts, 1.0 - 1e-4)?.1);
        let at = |i: usize| low + (high - low) * i as f64 / (POINTS - 1) as f64;
        let chances: Vec<f64> = (0..POINTS).map(|i| below(parts, at(i))).collect();
        Spread::from_quantiles(|p| {
            let next = chances.partition_point(|&chance| chance < p).clamp(1, POINTS - 1);
            let (before, after) = (chances[next - 1], chances[next]);
            let part = if after > before { ((p - before) / (after - before)).clamp(0.0, 1.0) } else { 0.0 };
            Some((at(next - 1) + part * (at(next) - at(next - 1))).exp())
        })
    }

    /// The heaviest models, so many that the others have less than `rest` of the weight.
    fn heaviest(&self, rest: f64) -> &[(Ranked, f64)] {
        let mut left = 1.0;
        let count = self.models.iter().take_while(|(_, weight)| {
            let needed = left > rest;
            left -= weight;
            needed
        });
        &self.models[..count.count().max(1)]
    }
}

/// Between which logs of the hidden count the quantile lies: the extremes of those of the parts.
fn ends(parts: &[(Ranked, f64)], p: f64) -> Option<(f64, f64)> {
    let z = normal_quantile(p);
    let logs = parts.iter().map(|(ranked, _)| ranked.hidden.ln() + z * ranked.log_error);
    let (low, high) =
        logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// Probability that the log of the hidden count is at most `x`.
fn below(parts: &[(Ranked, f64)], x: f64) -> f64 {
    let all: f64 = parts.iter().map(|(_, weight)| weight).sum();
    let chance = |ranked: &Ranked| {
        let apart = x - ranked.hidden.ln();
        if ranked.log_error > 0.0 {
            normal_probability(apart / ranked.log_error)
        } else {
            f64::from(u8::from(apart >= 0.0))
        }
    };
    parts.iter().map(|(ranked, weight)| weight * chance(ranked)).sum::<f64>() / all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        /// The models that branch and bound finds within the window are those of going through all.
        #[test]
        fn the_window_holds_what_it_should(
            counts in prop::collection::vec(prop_oneof![4 => Just(0_u64), 3 => 1..4_u64, 3 => 4..300_u64], 31),
            max_order in 2..=3_usize,
        ) {
            let cells = Cells::from_counts(5, counts.iter().enumerate().map(|(i, &n)| (i as u32 + 1, n)));
            let goal = Goal::new(cells.lists, max_order, Criterion::Bic);
            let Ok(windowed) = within_window(&cells, goal, u64::MAX / 4, &Watch::default()) else { return Ok(()) };
            prop_assert!(windowed.complete);
            let mut every: Vec<Ranked> = all(&cells, goal).models.into_iter().map(|(ranked, _)| ranked).collect();
            every.sort_by_key(|ranked| ranked.model);
            let smallest = every.iter().map(|ranked| ranked.value).fold(f64::INFINITY, f64::min);
            // Those on the brink may be in or out by rounding.
            let inside = |ranked: &Ranked, by: f64| ranked.value <= smallest + WINDOW + by;
            for ranked in every.iter().filter(|ranked| inside(ranked, -1e-6)) {
                let same = windowed.models.iter().find(|(other, _)| other.model == ranked.model);
                let Some((other, _)) = same else { return Err(TestCaseError::fail(format!("{ranked:?}"))) };
                prop_assert!((other.value - ranked.value).abs() < 1e-6);
                prop_assert!((other.hidden / ranked.hidden - 1.0).abs() < 1e-4, "{ranked:?} {other:?}");
                prop_assert!((other.log_error / ranked.log_error - 1.0).abs() < 1e-3, "{ranked:?} {other:?}");
            }
            let most = every.iter().filter(|ranked| inside(ranked, 1e-6)).count();
            prop_assert!(windowed.models.len() <= most, "{} {most}", windowed.models.len());
        }
    }
}
