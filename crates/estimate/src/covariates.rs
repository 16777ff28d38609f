//! Estimates that use what is known of persons besides the lists that hold them.
//!
//! Persons who differ in how easily lists find them make lists look dependent, and an estimate that
//! takes them as alike is biased. Where the difference is in recorded *covariates*, such as age or
//! form of exploitation, it can be allowed for. Two ways are here: a log-linear model of histories and
//! covariates together, in which values that are missing, or that only some lists record, are
//! filled in by their expectation; and for each pair of lists the doubly robust estimator, which assumes
//! that the two are independent among persons alike in all covariates.
//!
//! ```
//! use std::collections::BTreeMap;
//! use estimate::covariates::{CovariateTable, estimate_covariates};
//! use estimate::Options;
//! use model::CaptureTable;
//! let lists = || vec!["police".to_owned(), "shelter".to_owned()];
//! let group = |sex: &str| BTreeMap::from([("sex".to_owned(), sex.to_owned())]);
//! // Either sex by itself: 400·400/200 = 800 and 400·100/20 = 2,000 persons.
//! let table = CovariateTable::from_groups(&[
//!     (group("F"), CaptureTable::from_counts(lists(), [(1, 200), (2, 200), (3, 200)])?),
//!     (group("M"), CaptureTable::from_counts(lists(), [(1, 380), (2, 80), (3, 20)])?),
//! ])?;
//! let found = estimate_covariates(&table, &Options::default())?;
//! assert_eq!(found.loglinear.model, "police shelter sex police:sex shelter:sex");
//! assert!((found.loglinear.total.unwrap_or(0.0) - 2800.0).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cholesky;
mod doubly_robust;
mod fit;
mod frame;
mod influence;
mod logistic;
mod loglinear;
mod search;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

pub use table::{Covariate, CovariateTable};

use crate::spread::Spread;
use crate::watch::STOPPED;
use crate::{Error, Options};

type Diagnostics = BTreeMap<String, Value>;

/// The answers of the methods that use covariates. The JSON form is a contract with the command line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CovariateEstimation {
    /// Names of the covariates.
    pub columns: Vec<String>,
    /// Number of persons seen in at least one list.
    pub detected: u64,
    /// The log-linear model of histories and covariates.
    pub loglinear: CovariateLogLinear,
    /// The doubly robust estimate for each pair of lists with persons; empty when there is none.
    pub doubly_robust: Vec<DoublyRobust>,
}

impl CovariateEstimation {
    /// Whether anything is missing because the work was stopped before it was done.
    pub fn is_stopped(&self) -> bool {
        let stopped = |why: &Option<String>| why.as_deref() == Some(STOPPED);
        stopped(&self.loglinear.refused) || self.doubly_robust.iter().any(|pair| stopped(&pair.refused))
    }
}

/// The answer of the log-linear model with covariates.
///
/// Either [`CovariateLogLinear::total`] is a number, or [`CovariateLogLinear::refused`] says why not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CovariateLogLinear {
    /// Estimated number of persons, detected and hidden together.
    pub total: Option<f64>,
    /// Confidence interval of the total, as if no other model had been possible.
    pub interval: Option<(f64, f64)>,
    /// Confidence level of the intervals.
    pub level: f64,
    /// Lists, covariates and what goes together, as `A B sex A:sex`.
    pub model: String,
    /// Why there is no number; `None` when there is one.
    pub refused: Option<String>,
    /// By each value of each covariate; over the values of one covariate they add up to the total.
    pub groups: Vec<ClassEstimate>,
    /// By each combination of values, where there are several covariates and at most 200 combinations.
    pub classes: Vec<ClassEstimate>,
    /// Figures by which to judge the estimate. The log-likelihood, AIC and BIC are without the factorials
    /// of the counts, which are the same for every model.
    pub diagnostics: BTreeMap<String, Value>,
    /// How the hidden count is spread; not in the JSON form.
    #[serde(skip)]
    pub spread: Option<Spread>,
}

/// The persons with certain values of covariates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassEstimate {
    /// The value of each covariate.
    pub codes: BTreeMap<String, String>,
    /// Number detected of whom it is known.
    pub detected_known: f64,
    /// Expected number detected, those of whom it is not known shared out.
    pub detected: f64,
    /// Expected number hidden.
    pub hidden: f64,
    /// Detected and hidden.
    pub total: f64,
    /// Confidence interval of the total; `None` when nobody is hidden or shared out.
    pub interval: Option<(f64, f64)>,
    /// Detected ÷ total; `None` when there is nobody.
    pub visibility: Option<f64>,
}

/// The doubly robust estimate from one pair of lists (Das, Kennedy and Jewell 2023).
///
/// Either [`DoublyRobust::total`] is a number, or [`DoublyRobust::refused`] says why not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoublyRobust {
    /// The two lists, which are taken to be independent among persons alike in all covariates.
    pub lists: [String; 2],
    /// Estimated number of persons, detected by any list and hidden together.
    pub total: Option<f64>,
    /// Interval of the total, log-normal on the hidden; the diagnostics have the Wald interval.
    pub interval: Option<(f64, f64)>,
    /// Confidence level of the interval.
    pub level: f64,
    /// Why there is no number; `None` when there is one.
    pub refused: Option<String>,
    /// Figures by which to judge the estimate; `lincoln_petersen` is the one without covariates.
    pub diagnostics: BTreeMap<String, Value>,
    /// How the hidden count is spread; not in the JSON form.
    #[serde(skip)]
    pub spread: Option<Spread>,
}

/// Estimates how many persons there are by the methods that use covariates.
///
/// The log-linear model takes categories; a quantity is cut into four classes with about as many
/// persons in each. The doubly robust estimator takes a quantity as it is, with its square, and leaves
/// out covariates that are missing for more than one person in twenty.
///
/// Lists without any person are left out and named in the diagnostics. A method that cannot answer, or was
/// stopped by [`Options::watch`], says so in its own place.
///
/// # Errors
/// When an option is out of range.
pub fn estimate_covariates(table: &CovariateTable, options: &Options) -> Result<CovariateEstimation, Error> {
    options.check()?;
    options.watch.step("covariates", 1, 1);
    let restricted = table.restricted();
    let mut loglinear = restricted
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|(table, _)| loglinear::answer(table, options))
        .unwrap_or_else(|why| CovariateLogLinear {
            total: None,
            interval: None,
            level: options.level,
            model: String::new(),
            refused: Some(why),
            groups: Vec::new(),
            classes: Vec::new(),
            diagnostics: Diagnostics::new(),
            spread: None,
        });
    if let Ok((_, empty)) = &restricted
        && !empty.is_empty()
    {
        loglinear.diagnostics.insert("empty_lists".into(), json!(empty));
    }
    Ok(CovariateEstimation {
        columns: table.covariates().iter().map(|c| c.name().to_owned()).collect(),
        detected: table.detected(),
        loglinear,
        doubly_robust: restricted
            .map(|(table, _)| doubly_robust::answers(&table, options))
            .unwrap_or_default(),
    })
}
