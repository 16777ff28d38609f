//! Log-linear Poisson models of capture histories with lists, pairs and threes of lists.
//!
//! The 2^k − 1 observable counts are independent Poisson variables with
//! ln μ(c) = Σ θ(s) over the terms s of the model within the history c: the intercept, each
//! list, and the pairs and threes in the [`Model`]. The hidden count has the mean exp θ(∅).
//!
//! ```
//! use estimate::loglinear::{self, Model};
//! use model::CaptureTable;
//! // 10 on the first list only, 20 on the second only, 5 on both: 10·20/5 were missed.
//! let table = CaptureTable::from_counts(vec!["A".into(), "B".into()], [(1, 10), (2, 20), (3, 5)])?;
//! let fit = loglinear::fit(&table, Model::main(2))?;
//! assert!((fit.hidden - 40.0).abs() < 1e-9);
//! // Both lists' dependence cannot be told from the hidden count.
//! assert!(!loglinear::identifiable(&table, Model::main(2).with(0, 1)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cells;
mod exact;
mod existence;
mod model;
mod solve;

use ::model::CaptureTable;

use crate::Criterion;
pub(crate) use cells::{Cells, multiply_over_subsets, sum_over_subsets, sum_over_supersets};
pub use existence::Existence;
pub(crate) use existence::{Terms, check as check_cells, check_design, surely_sound};
pub use model::Model;
pub(crate) use model::{THREES_UP_TO, pair_count, pairs, threes};
pub(crate) use solve::{MAX_STEPS, Outcome, Solver};

/// Why a model gives no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No maximum likelihood estimate, even with the parameters of empty overlaps at −∞.
    #[error(
        "the counts give this model no best fit: it would need infinite parameters, because too many \
         combinations of lists have no persons"
    )]
    NoEstimate,
    /// Many parameter values fit equally well.
    #[error(
        "the counts cannot tell the parts of this model from the number who were never seen: different \
         totals fit equally well"
    )]
    NotIdentifiable,
    /// Both of the above.
    #[error(
        "the counts give this model no best fit, and different totals would fit equally well: too many \
         combinations of lists have no persons"
    )]
    Neither,
    /// Too many lists for models with terms of three.
    #[error("models with terms of three lists are for up to {} lists; ask for terms of two", THREES_UP_TO)]
    TooManyLists,
    /// `AICc` is not defined even for the model with the fewest parameters.
    #[error(
        "AICc needs at least two persons more than there are parameters, and there are fewer; choose the model by \
         BIC or AIC, or pool lists"
    )]
    TooFewPersons,
    /// The numerical search did not end.
    #[error("the search for the best fit of this model did not converge")]
    NotConverged,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The model.
    pub model: Model,
    /// Term (set of lists as bits, 0 for the intercept) and its parameter; −∞ where no person
    /// is in all lists of the term.
    pub coefficients: Vec<(u32, f64)>,
    /// Expected number of persons in no list, exp θ(∅).
    pub hidden: f64,
    /// Standard error of θ(∅), the log of [`Fit::hidden`].
    pub log_hidden_error: f64,
    /// Poisson log-likelihood, factorials included.
    pub log_likelihood: f64,
    /// Twice the distance to the log-likelihood of the saturated model.
    pub deviance: f64,
    /// Cells minus parameters, where cells that must be empty and parameters at −∞ count too,
    /// as if the fit were an ordinary one.
    pub df: usize,
    /// Cells minus parameters among those with a finite estimate; the degrees of freedom to
    /// judge the deviance by (Fienberg and Rinaldo 2012).
    pub finite_df: usize,
    /// −2 log-likelihood + 2 × parameters, those at −∞ included.
    pub aic: f64,
    /// −2 log-likelihood + ln(persons detected) × parameters, those at −∞ included.
    pub bic: f64,
    /// AIC with the correction for few persons (Hurvich and Tsai 1989); infinite with fewer than two
    /// persons more than parameters.
    pub aicc: f64,
    /// Pairs of lists in the model that share no person.
    pub empty_overlaps: Vec<(usize, usize)>,
    /// Newton steps taken.
    pub steps: usize,
}

impl Fit {
    /// Value of a criterion.
    pub fn criterion(&self, criterion: Criterion) -> f64 {
        match criterion {
            Criterion::Bic => self.bic,
            Criterion::Aic => self.aic,
            Criterion::Aicc => self.aicc,
        }
    }

    /// Standard error of the total: of the Poisson count of the hidden and of its estimated
    /// mean together, √(μ + μ²·var θ(∅)).
    pub fn standard_error(&self) -> f64 {
        (self.hidden + (self.hidden * self.log_hidden_error).powi(2)).sqrt()
    }
}

/// Whether the (extended) maximum likelihood estimate exists, and whether the model is
/// identifiable.
///
/// Parameters of terms whose lists share no person are set to −∞ first, and the cells that
/// contain them are left out; the rest is decided by exact arithmetic (Fienberg and Rinaldo
/// 2012; Chan, Silverman and Vincent 2021).
pub fn check(table: &CaptureTable, model: Model) -> Existence {
    check_cells(&Cells::new(table), model)
}

/// Whether the (extended) maximum likelihood estimate of the model exists; see [`check`].
pub fn exists(table: &CaptureTable, model: Model) -> bool {
    check(table, model).exists
}

/// Whether the model's parameters can be told apart; see [`check`].
pub fn identifiable(table: &CaptureTable, model: Model) -> bool {
    check(table, model).identifiable
}

/// Fits a model by (extended) maximum likelihood.
///
/// # Errors
/// When the estimate does not exist, is not unique, or was not found.
pub fn fit(table: &CaptureTable, model: Model) -> Result<Fit, Refusal> {
    let cells = Cells::new(table);
    fit_cells(&cells, model, &mut Solver::new(&cells))
}

pub(crate) fn fit_cells(cells: &Cells, model: Model, solver: &mut Solver) -> Result<Fit, Refusal> {
    must_hold(cells, model)?;
    fit_checked(cells, model, solver)
}

/// Refuses a model that has no unique estimate.
pub(crate) fn must_hold(cells: &Cells, model: Model) -> Result<(), Refusal> {
    match check_cells(cells, model) {
        Existence { exists: true, identifiable: true } => Ok(()),
        Existence { exists: false, identifiable: true } => Err(Refusal::NoEstimate),
        Existence { exists: true, identifiable: false } => Err(Refusal::NotIdentifiable),
        Existence { exists: false, identifiable: false } => Err(Refusal::Neither),
    }
}

/// Fits a model that is known to have a unique estimate.
pub(crate) fn fit_checked(cells: &Cells, model: Model, solver: &mut Solver) -> Result<Fit, Refusal> {
    let terms = Terms::of(cells, model);
    let outcome = solver.fit(cells, &terms, None);
    if !outcome.converged {
        return Err(Refusal::NotConverged);
    }
    let value = |criterion: Criterion, log_likelihood: f64| {
        criterion.penalty(model.parameters(), cells.detected) - 2.0 * log_likelihood
    };
    let log_likelihood = outcome.log_likelihood - cells.log_factorials;
    // Every term at −∞ excludes at least the cell of just its lists, and a unique estimate has no
    // more finite parameters than cells, so neither difference is negative.
    let all_cells = cells.counts.len() - 1;
    let kept = if terms.empty.is_empty() {
        all_cells
    } else {
        (1..cells.counts.len() as u32).filter(|&history| !terms.excludes(history)).count()
    };
    let mut coefficients: Vec<(u32, f64)> =
        terms.finite.iter().copied().zip(solver.theta.iter().copied()).collect();
    coefficients.extend(terms.empty.iter().map(|&term| (term, f64::NEG_INFINITY)));
    let order = model.terms();
    coefficients.sort_by_key(|(term, _)| order.iter().position(|t| t == term));
    Ok(Fit {
        model,
        coefficients,
        hidden: solver.hidden(),
        log_hidden_error: outcome.intercept_variance.sqrt(),
        log_likelihood,
        deviance: 2.0 * solver.half_deviance(cells, None),
        df: all_cells - model.parameters(),
        finite_df: kept - terms.finite.len(),
        aic: value(Criterion::Aic, log_likelihood),
        bic: value(Criterion::Bic, log_likelihood),
        aicc: value(Criterion::Aicc, log_likelihood),
        empty_overlaps: model.pairs().filter(|&(i, j)| cells.margins[1 << i | 1 << j] == 0.0).collect(),
        steps: outcome.steps,
    })
}
