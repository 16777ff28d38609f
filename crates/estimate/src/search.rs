//! Choosing a log-linear model: stepwise by p-value, or by BIC over all two-way models.

use rayon::prelude::*;

use crate::loglinear::{
    Cells, Fit, Model, Refusal, Solver, THREES_UP_TO, Terms, check_cells, fit_cells, fit_checked, pair_count,
    pairs,
};
use crate::numeric::log_poisson_p;

/// The most lists for which every two-way model is fitted: 2^15 models.
pub(crate) const EXHAUSTIVE_LISTS: usize = 6;
/// How many of the best models are reported.
const REPORTED: usize = 5;

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
    /// The best few by BIC, the chosen one first.
    pub(crate) ranking: Vec<Ranked>,
}

/// A model, its BIC and the hidden count it estimates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) model: Model,
    pub(crate) bic: f64,
    pub(crate) hidden: f64,
}

/// A single model, given.
pub(crate) fn fixed(cells: &Cells, model: Model) -> Result<Chosen, Refusal> {
    let fit = fit_cells(cells, model, &mut Solver::new(cells))?;
    Ok(Chosen { fit, search: "one model", considered: 1, refused: 0, not_converged: 0, ranking: Vec::new() })
}

/// Adds, one at a time, the pair whose observed overlap is the least likely under the model so
/// far, as long as its one-sided Poisson p-value is below `p_enter` and the bigger model has a
/// unique estimate (Chan, Silverman and Vincent 2021).
///
/// p-values are compared by their logarithms, so that two of them below the smallest
/// floating-point number are still told apart.
pub(crate) fn stepwise(cells: &Cells, max_order: usize, p_enter: f64) -> Result<Chosen, Refusal> {
    let mut solver = Solver::new(cells);
    let fit = fit_cells(cells, Model::main(cells.lists), &mut solver)?;
    let mut chosen = Chosen {
        fit,
        search: "stepwise by p-value",
        considered: 1,
        refused: 0,
        not_converged: 0,
        ranking: Vec::new(),
    };
    if max_order < 2 {
        return Ok(chosen);
    }
    let all: Vec<(usize, usize)> = pairs(cells.lists).collect();
    loop {
        let model = chosen.fit.model;
        // The solver's sums hold the expected overlaps of this model.
        let mut candidates: Vec<(f64, Model)> = all
            .iter()
            .filter(|&&(i, j)| !model.contains(i, j))
            .map(|&(i, j)| {
                let overlap = 1 << i | 1 << j;
                let p = log_poisson_p(cells.margins[overlap], solver.sums[overlap]);
                (p, model.with(i, j))
            })
            .filter(|(p, _)| *p < p_enter.ln())
            .collect();
        // A stable sort: of equal p-values the first pair goes first, as in SparseMSE.
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

/// The model of smallest BIC. With terms of two lists: of all models up to six lists, beyond that
/// the one that adding and removing single pairs leads to from the main effects. With terms of
/// three: of all models, for up to five lists.
pub(crate) fn best_bic(cells: &Cells, max_order: usize) -> Result<Chosen, Refusal> {
    if max_order < 2 {
        return fixed(cells, Model::main(cells.lists));
    }
    if max_order > 2 {
        if cells.lists > THREES_UP_TO {
            return Err(Refusal::TooManyLists);
        }
        let models = Model::all(cells.lists, 3);
        let considered = models.len();
        let sound: Vec<Model> =
            models.into_par_iter().filter(|&model| check_cells(cells, model).holds()).collect();
        return exhaustive(cells, &sound, considered, "all models with terms of up to three lists");
    }
    if cells.lists > EXHAUSTIVE_LISTS {
        return downhill(cells);
    }
    let sound = sound_models(cells);
    let considered = sound.len();
    let models = (0..considered).filter(|&bits| sound[bits]);
    let models: Vec<Model> = models.map(|bits| Model::from_bits(cells.lists, bits as u128)).collect();
    exhaustive(cells, &models, considered, "all two-way models")
}

/// The best of `models`, which all have an estimate, out of the `considered`.
fn exhaustive(
    cells: &Cells,
    models: &[Model],
    considered: usize,
    search: &'static str,
) -> Result<Chosen, Refusal> {
    let refused = considered - models.len();
    let scores: Vec<Option<Ranked>> = models
        .par_iter()
        .with_min_len(64)
        .map_init(|| Solver::new(cells), |solver, &model| score(cells, model, solver))
        .collect();
    let mut ranking: Vec<Ranked> = scores.iter().flatten().copied().collect();
    let not_converged = scores.len() - ranking.len();
    ranking.sort_by(|a, b| a.bic.total_cmp(&b.bic).then(a.model.cmp(&b.model)));
    ranking.truncate(REPORTED);
    let Some(best) = ranking.first() else {
        return Err(if models.is_empty() { Refusal::NoEstimate } else { Refusal::NotConverged });
    };
    let fit = fit_checked(cells, best.model, &mut Solver::new(cells))?;
    Ok(Chosen { fit, search, considered, refused, not_converged, ranking })
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

fn score(cells: &Cells, model: Model, solver: &mut Solver) -> Option<Ranked> {
    let outcome = solver.fit(cells, &Terms::of(cells, model), None);
    outcome.converged.then(|| Ranked {
        model,
        bic: cells.detected.ln() * model.parameters() as f64
            - 2.0 * (outcome.log_likelihood - cells.log_factorials),
        hidden: solver.hidden(),
    })
}

fn downhill(cells: &Cells) -> Result<Chosen, Refusal> {
    let mut chosen = fixed(cells, Model::main(cells.lists))?;
    chosen.search = "two-way models one pair apart, downhill in BIC";
    let mut best = Ranked { model: chosen.fit.model, bic: chosen.fit.bic, hidden: chosen.fit.hidden };
    let mut seen = vec![best];
    loop {
        let neighbours: Vec<Model> = (0..pair_count(cells.lists)).map(|q| best.model.toggled(q)).collect();
        let scores: Vec<Result<Ranked, Refusal>> = neighbours
            .par_iter()
            .filter(|model| seen.iter().all(|ranked| ranked.model != **model))
            .map_init(
                || Solver::new(cells),
                |solver, &model| {
                    if !check_cells(cells, model).holds() {
                        return Err(Refusal::NoEstimate);
                    }
                    score(cells, model, solver).ok_or(Refusal::NotConverged)
                },
            )
            .collect();
        for score in scores {
            chosen.considered += 1;
            match score {
                Ok(ranked) => seen.push(ranked),
                Err(Refusal::NotConverged) => chosen.not_converged += 1,
                Err(_) => chosen.refused += 1,
            }
        }
        seen.sort_by(|a, b| a.bic.total_cmp(&b.bic).then(a.model.cmp(&b.model)));
        if seen[0].model == best.model {
            break;
        }
        best = seen[0];
    }
    chosen.fit = fit_checked(cells, best.model, &mut Solver::new(cells))?;
    seen.truncate(REPORTED);
    chosen.ranking = seen;
    Ok(chosen)
}
