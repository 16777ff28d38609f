//! Choosing a log-linear model: stepwise by p-value, or by a criterion over all models.

pub(crate) mod bounded;

use rayon::prelude::*;

use crate::Criterion;
use crate::loglinear::{
    Cells, Fit, Model, Refusal, Solver, THREES_UP_TO, Terms, check_cells, fit_cells, fit_checked, pair_count,
    pairs,
};
use crate::numeric::log_poisson_p;
use crate::watch::Watch;

/// How many of the best models are reported.
pub(crate) const REPORTED: usize = 5;

/// Which models are compared, and by what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Goal {
    /// Most lists in a term.
    pub(crate) max_order: usize,
    pub(crate) criterion: Criterion,
    /// Every model has the pairs of this one.
    pub(crate) forced: Model,
}

impl Goal {
    /// All models with terms of up to `max_order` lists.
    pub(crate) fn new(lists: usize, max_order: usize, criterion: Criterion) -> Self {
        Self { max_order, criterion, forced: Model::main(lists) }
    }

    /// The most lists for which all models are gone through: 2^15 with pairs, 6,212 with threes too.
    pub(crate) fn exhaustive_lists(self) -> usize {
        if self.max_order > 2 { 5 } else { 6 }
    }
}

/// A model that was chosen, and out of what.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) fit: Fit,
    /// How the models were gone through, for the reader.
    pub(crate) search: &'static str,
    /// Models looked at.
    pub(crate) considered: usize,
    /// Those without a unique maximum likelihood estimate.
    pub(crate) refused: usize,
    /// Those for which the numerical search did not end.
    pub(crate) not_converged: usize,
    /// The best few by the criterion, the chosen one first.
    pub(crate) ranking: Vec<Ranked>,
    /// After a search by branch and bound: no model is better than the chosen one by more than this.
    pub(crate) gap: Option<f64>,
}

/// A model, its value of the criterion, the hidden count it estimates and the standard error of its
/// logarithm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) model: Model,
    pub(crate) value: f64,
    pub(crate) hidden: f64,
    pub(crate) log_error: f64,
}

/// A single model, given.
pub(crate) fn fixed(cells: &Cells, model: Model) -> Result<Chosen, Refusal> {
    let fit = fit_cells(cells, model, &mut Solver::new(cells))?;
    Ok(Chosen {
        fit,
        search: "one model",
        considered: 1,
        refused: 0,
        not_converged: 0,
        ranking: Vec::new(),
        gap: None,
    })
}

/// To the pairs of `forced` adds, one at a time, the pair whose observed overlap is the least likely under the model so
/// far, as long as its one-sided Poisson p-value is below `p_enter` and the bigger model has a
/// unique estimate (Chan, Silverman and Vincent 2021). With `max_order` 3 a three whose pairs are all in
/// the model is a candidate like the pairs, by the overlap of its three lists.
///
/// p-values are compared by their logarithms, so that two of them below the smallest
/// floating-point number are still told apart.
pub(crate) fn stepwise(
    cells: &Cells,
    forced: Model,
    max_order: usize,
    p_enter: f64,
) -> Result<Chosen, Refusal> {
    if max_order > 2 && cells.lists > THREES_UP_TO {
        return Err(Refusal::TooManyLists);
    }
    let mut solver = Solver::new(cells);
    let fit = fit_cells(cells, forced, &mut solver)?;
    let mut chosen = Chosen {
        fit,
        search: "stepwise by p-value",
        considered: 1,
        refused: 0,
        not_converged: 0,
        ranking: Vec::new(),
        gap: None,
    };
    if max_order < 2 {
        return Ok(chosen);
    }
    loop {
        // The solver's sums hold the expected overlaps of this model.
        let additions = chosen.fit.model.additions(max_order).into_iter();
        let mut candidates: Vec<(f64, Model)> = additions
            .map(|(term, bigger)| {
                let overlap = term as usize;
                (log_poisson_p(cells.margins[overlap], solver.sums[overlap]), bigger)
            })
            .filter(|(p, _)| *p < p_enter.ln())
            .collect();
        // A stable sort: of equal p-values the first term goes first, as in SparseMSE.
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut next = None;
        for (_, bigger) in candidates {
            chosen.considered += 1;
            if check_cells(cells, bigger).holds() {
                next = Some(bigger);
                break;
            }
            chosen.refused += 1;
        }
        let Some(bigger) = next else { return Ok(chosen) };
        chosen.fit = fit_checked(cells, bigger, &mut solver)?;
    }
}

/// The best model of `goal`: among all models where there are few enough to go through, beyond that by
/// branch and bound with a bounded number of fits.
pub(crate) fn best_model(cells: &Cells, goal: Goal, watch: &Watch) -> Result<Chosen, Refusal> {
    if goal.max_order < 2 {
        return fixed(cells, goal.forced);
    }
    if goal.max_order > 2 && cells.lists > THREES_UP_TO {
        return Err(Refusal::TooManyLists);
    }
    if goal.criterion.penalty(goal.forced.parameters(), cells.detected).is_infinite() {
        return Err(Refusal::TooFewPersons);
    }
    if cells.lists > goal.exhaustive_lists() {
        return bounded::best_model(cells, goal, watch);
    }
    let all = score_all(cells, goal);
    let mut ranking: Vec<Ranked> = all.ranked;
    ranking.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.model.cmp(&b.model)));
    ranking.truncate(REPORTED);
    let Some(best) = ranking.first() else {
        return Err(if all.refused == all.considered { Refusal::NoEstimate } else { Refusal::NotConverged });
    };
    let fit = fit_checked(cells, best.model, &mut Solver::new(cells))?;
    Ok(Chosen {
        fit,
        search: if goal.max_order == 2 {
            "all two-way models"
        } else {
            "all models with terms of up to three lists"
        },
        considered: all.considered,
        refused: all.refused,
        not_converged: all.not_converged,
        ranking,
        gap: None,
    })
}

/// All models of a goal that have an estimate.
pub(crate) struct Scores {
    pub(crate) ranked: Vec<Ranked>,
    pub(crate) considered: usize,
    pub(crate) refused: usize,
    pub(crate) not_converged: usize,
}

/// Fits every model with pairs, or with pairs and threes.
pub(crate) fn score_all(cells: &Cells, goal: Goal) -> Scores {
    let (models, considered): (Vec<Model>, usize) = if goal.max_order > 2 {
        let mut all = Model::all(cells.lists, 3);
        all.retain(|model| model.has_pairs_of(goal.forced));
        let considered = all.len();
        (all.into_par_iter().filter(|&model| check_cells(cells, model).holds()).collect(), considered)
    } else {
        let sound = sound_models(cells);
        let all = (0..sound.len()).map(|bits| (Model::from_bits(cells.lists, bits as u128), sound[bits]));
        let asked: Vec<(Model, bool)> = all.filter(|(model, _)| model.has_pairs_of(goal.forced)).collect();
        let models = asked.iter().filter(|(_, sound)| *sound).map(|(model, _)| *model);
        (models.collect(), asked.len())
    };
    let scores: Vec<Option<Ranked>> = models
        .par_iter()
        .with_min_len(64)
        .map_init(|| Solver::new(cells), |solver, &model| score(cells, goal.criterion, model, solver))
        .collect();
    let scores: Vec<Ranked> = scores.into_iter().flatten().collect();
    Scores {
        considered,
        refused: considered - models.len(),
        not_converged: models.len() - scores.len(),
        ranked: scores.into_iter().filter(|ranked| ranked.value.is_finite()).collect(),
    }
}

/// Which of all two-way models (by the bits of their pairs) have a unique estimate.
///
/// Leaving a pair with a positive overlap out of a model takes away directions but no cells,
/// so whatever the bigger model has, the smaller one has too: only models above which none
/// is sound need a check of their own.
fn sound_models(cells: &Cells) -> Vec<bool> {
    let count = pair_count(cells.lists);
    let overlapping: Vec<usize> = pairs(cells.lists)
        .enumerate()
        .filter(|&(_, (i, j))| cells.margins[1 << i | 1 << j] > 0.0)
        .map(|(q, _)| q)
        .collect();
    let mut sound = vec![false; 1 << count];
    for size in (0..=count as u32).rev() {
        let mut unsettled = Vec::new();
        for bits in (0..sound.len()).filter(|bits| bits.count_ones() == size) {
            sound[bits] = overlapping.iter().any(|&q| bits >> q & 1 == 0 && sound[bits | 1 << q]);
            if !sound[bits] {
                unsettled.push(bits);
            }
        }
        let verdicts: Vec<bool> = unsettled
            .par_iter()
            .map(|&bits| check_cells(cells, Model::from_bits(cells.lists, bits as u128)).holds())
            .collect();
        for (bits, verdict) in unsettled.into_iter().zip(verdicts) {
            sound[bits] = verdict;
        }
    }
    sound
}

/// Fits a model that is known to have a unique estimate; `None` when the search for it did not end.
pub(crate) fn score(
    cells: &Cells,
    criterion: Criterion,
    model: Model,
    solver: &mut Solver,
) -> Option<Ranked> {
    let outcome = solver.fit(cells, &Terms::of(cells, model), None);
    outcome.converged.then(|| Ranked {
        model,
        value: criterion.penalty(model.parameters(), cells.detected)
            - 2.0 * (outcome.log_likelihood - cells.log_factorials),
        hidden: solver.hidden(),
        log_error: outcome.intercept_variance.sqrt(),
    })
}
