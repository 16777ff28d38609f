//! What an estimation returns. The JSON form is a contract with the command line.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::fitness::Fitness;
use crate::pairwise::PairCheck;
use crate::sensitivity::Sensitivity;
use crate::spread::Spread;
use crate::watch::STOPPED;
use crate::{Contrast, Grouped, LeastVisible, Method};

/// The answer of one method.
///
/// Either [`Estimate::total`] is a number, or [`Estimate::refused`] says in plain words why
/// there is none; never both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// The method that answered.
    pub method: Method,
    /// Estimated number of persons, detected and hidden together.
    pub total: Option<f64>,
    /// Confidence interval of the total at [`Estimate::level`]; `None` when the method was
    /// refused or the data leave one end of it open (the diagnostics then say so).
    pub interval: Option<(f64, f64)>,
    /// Confidence level of the interval.
    pub level: f64,
    /// The model behind the number: names of the lists, then the pairs that depend on each
    /// other, as `I K O P R Z I:O`; or the name of a model-free estimator.
    pub model: String,
    /// Whether every numerical search ended where it should.
    pub converged: bool,
    /// Why there is no number; `None` when there is one.
    pub refused: Option<String>,
    /// Figures by which to judge the estimate: deviance, degrees of freedom, AIC, BIC, number
    /// of models considered, empty overlaps, seed; which ones depends on the method.
    pub diagnostics: BTreeMap<String, Value>,
    /// How the hidden count is spread, where the method gives an interval; not in the JSON form.
    #[serde(skip)]
    pub spread: Option<Spread>,
}

impl Estimate {
    /// Whether there is no number because the work was stopped before it was done.
    pub fn is_stopped(&self) -> bool {
        self.refused.as_deref() == Some(STOPPED)
    }

    /// An estimate before its method has answered or refused.
    pub(crate) fn unanswered(method: Method, level: f64) -> Self {
        Self {
            method,
            total: None,
            interval: None,
            level,
            model: String::new(),
            converged: false,
            refused: None,
            diagnostics: BTreeMap::new(),
            spread: None,
        }
    }
}

/// The estimate for one group of persons (one stratum).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Code of the group in each variable that makes the groups; flattened in JSON.
    #[serde(flatten)]
    pub codes: BTreeMap<String, String>,
    /// Number of persons of the group seen in at least one list.
    pub detected: u64,
    /// The group's own estimate.
    pub estimate: Estimate,
    /// Detected ÷ estimated total; `None` when the estimate was refused.
    pub visibility: Option<f64>,
    /// Interval of the visibility, from the interval of the total.
    pub interval: Option<(f64, f64)>,
    /// Probability that this group has the lowest visibility of the groups that could be
    /// estimated; `None` when this one could not, or no other could.
    pub probability_least_visible: Option<f64>,
    /// Probability of each rank by visibility among these groups, that of the least visible first;
    /// empty where [`Group::probability_least_visible`] is `None`.
    pub rank_probabilities: Vec<f64>,
}

/// All groups together, or all with one code of one variable, from a joint fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Margin {
    /// The variable and its code; empty for the whole. Flattened in JSON.
    #[serde(flatten)]
    pub codes: BTreeMap<String, String>,
    /// Number of persons of these groups seen in at least one list.
    pub detected: u64,
    /// Posterior median of the number of persons, detected and hidden together.
    pub total: f64,
    /// Equal-tailed posterior interval of the total.
    pub total_interval: (f64, f64),
    /// Posterior mean of the total. Means of parts add up to that of the whole; medians need not.
    pub total_mean: f64,
    /// Detected ÷ total.
    pub visibility: f64,
    /// Interval of the visibility, from the interval of the total.
    pub interval: (f64, f64),
}

/// The answers of all methods for one table of capture histories.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimation {
    /// Number of persons seen in at least one of the lists used.
    pub detected: u64,
    /// Interval of that number, where it is not certain which records are of the same person; `None`
    /// unless draws of the table were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_interval: Option<(u64, u64)>,
    /// Names of the lists, after those left out and put together.
    pub lists: Vec<String>,
    /// What a reader has to know of the lists: who is no longer detected since a list was left out,
    /// which list lies inside another.
    pub notes: Vec<String>,
    /// One estimate a method, in the order in which the methods were asked for.
    pub estimates: Vec<Estimate>,
    /// Estimates by group; empty when no groups were asked for.
    pub groups: Vec<Group>,
    /// Which group is the least visible, in words that claim no more than the numbers; `None` when
    /// fewer than two groups can be compared.
    pub least_visible: Option<LeastVisible>,
    /// Comparisons of two groups; see [`Grouped::contrasts`].
    pub contrasts: Vec<Contrast>,
    /// Totals by single variables and of the whole; see [`Grouped::margins`].
    pub margins: Vec<Margin>,
    /// What the data can support; `None` unless the method `combined` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitness: Option<Fitness>,
    /// What each pair of lists says on its own, and whether the two depend on each other. These are
    /// exact counts of few persons: not to be published as they are.
    pub pairs: Vec<PairCheck>,
    /// The answers of the quick methods without each list, with small lists put together, and without
    /// each group; empty when not asked for.
    pub sensitivity: Vec<Sensitivity>,
}

impl Estimation {
    /// The answers alone, with nothing beside them.
    pub(crate) fn of(detected: u64, lists: Vec<String>, estimates: Vec<Estimate>) -> Self {
        Self {
            detected,
            detected_interval: None,
            lists,
            notes: Vec::new(),
            estimates,
            groups: Vec::new(),
            least_visible: None,
            contrasts: Vec::new(),
            margins: Vec::new(),
            fitness: None,
            pairs: Vec::new(),
            sensitivity: Vec::new(),
        }
    }

    /// Whether anything is missing because the work was stopped before it was done.
    pub fn is_stopped(&self) -> bool {
        let stopped_again = |row: &Sensitivity| row.refused.as_deref() == Some(STOPPED);
        self.estimates.iter().any(Estimate::is_stopped)
            || self.groups.iter().any(|group| group.estimate.is_stopped())
            || self.sensitivity.iter().any(stopped_again)
    }

    /// This estimation with what was found for its groups.
    #[must_use]
    pub fn with_groups(self, found: Grouped) -> Self {
        let Grouped { groups, least_visible, contrasts, margins } = found;
        Self { groups, least_visible, contrasts, margins, ..self }
    }
}
