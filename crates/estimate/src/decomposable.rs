//! Bayesian averages over decomposable graphical models (Madigan and York 1997).
//!
//! A graph joins the lists that may depend on each other; the lists of a clique may depend in any
//! way, terms of three and more included. Cell probabilities have a hyper-Dirichlet prior with the
//! weight δ on each of the 2^k cells (Dawid and Lauritzen 1993), so that the marginal likelihood of
//! a graph has a closed form for each number hidden. All graphs are equally likely beforehand. The
//! posterior of the total is the average over all of them.
//!
//! ```
//! use estimate::decomposable::{Settings, average};
//! use model::CaptureTable;
//! let lists = ["birth", "death", "rehabilitation"].map(String::from).to_vec();
//! let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
//! let table = CaptureTable::from_counts(lists.clone(), counts)?;
//! let found = average(&table, &Settings::default())?;
//! assert_eq!(found.graphs, 8);
//! assert_eq!(found.best[0].model.describe(&lists), "birth death rehabilitation death:rehabilitation");
//! let (low, middle, high) = (found.quantile(0.025), found.quantile(0.5), found.quantile(0.975));
//! assert!(Some(626.0) < low && low < middle && middle < high);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod graphs;
mod grid;
mod posterior;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ::model::CaptureTable;

use crate::Error;
use crate::loglinear::{Model, pair_count};
use crate::spread::Spread;
use graphs::MOST_LISTS;
use grid::Distribution;
use posterior::{Negligible, Posterior};

/// Most persons: beyond, rounding of the gamma functions would reach the weights of the graphs.
const MOST_PERSONS: u64 = 100_000_000;
/// How many of the most probable graphs are listed.
const LISTED: usize = 10;

/// What is believed of the total beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prior {
    /// Probability proportional to 1/N: each order of magnitude is as likely as another.
    #[default]
    InverseTotal,
    /// Each total is as likely as another.
    Uniform,
}

impl Prior {
    /// Both.
    pub const ALL: [Self; 2] = [Self::InverseTotal, Self::Uniform];

    /// Name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InverseTotal => "1/N",
            Self::Uniform => "uniform",
        }
    }

    /// The prior as a power of N, plus one.
    pub(crate) const fn power(self) -> usize {
        match self {
            Self::InverseTotal => 0,
            Self::Uniform => 1,
        }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Prior {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|prior| prior.name() == name).ok_or_else(|| Error::Option {
            option: "prior",
            value: name.to_owned(),
            allowed: "use 1/N or uniform",
        })
    }
}

/// What the average rests on besides the counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Weight of the prior on each cell, in persons; `None` for 2^−k with k lists, one person in
    /// all, as is usual with the package `dga`.
    pub delta: Option<f64>,
    /// Prior of the total.
    pub prior: Prior,
    /// Numbers of hidden persons that are thought possible; `None` for all from 0 on. Other
    /// programs ask for a range; with the same one the results are the same.
    pub hidden: Option<RangeInclusive<u64>>,
    /// Pairs of lists, by their places, that every graph joins; none of them twice the same list.
    pub joined: Vec<(usize, usize)>,
}

/// Why there is no average.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nobody was detected.
    #[error("there are no persons in the table")]
    Nobody,
    /// Fewer than three lists.
    #[error(
        "an average over graphs needs at least three lists with persons: with two, their dependence cannot be \
         told from the number who were never seen"
    )]
    FewLists,
    /// More lists than graphs can be visited for.
    #[error(
        "all decomposable graphs can be visited for up to {MOST_LISTS} lists, and there are {lists}; join lists \
         that are much alike"
    )]
    ManyLists {
        /// How many lists there are.
        lists: usize,
    },
    /// More persons than floating point can tell apart here.
    #[error("more than {MOST_PERSONS} persons are detected, too many for this method's arithmetic")]
    ManyPersons,
    /// The posterior cannot be normalised.
    #[error(
        "with every total as likely beforehand and a delta of {delta} the posterior has no finite sum: under the \
         graph that joins all lists the counts do not bound the total; use the prior 1/N or a delta above \
         {least:.4}"
    )]
    Improper {
        /// The weight on each cell.
        delta: f64,
        /// The weight that is not enough yet.
        least: f64,
    },
    /// A pair to be joined is no pair of lists.
    #[error("lists {i} and {j} are not a pair of lists")]
    NoPair {
        /// The one.
        i: usize,
        /// The other.
        j: usize,
    },
    /// The range of hidden persons has none.
    #[error("there is no number in the range of hidden persons")]
    EmptyRange,
}

/// A graph with its posterior probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The lists, and the pairs joined in the graph.
    pub model: Model,
    /// Posterior probability of the graph.
    pub weight: f64,
    /// Posterior median of the total under this graph alone; `None` when it is out of reach.
    pub total: Option<f64>,
}

/// The posterior of the total, averaged over all decomposable graphs.
#[derive(Debug, Clone)]
pub struct Average {
    /// Number of graphs.
    pub graphs: usize,
    /// Weight of the prior on each cell.
    pub delta: f64,
    /// Prior of the total.
    pub prior: Prior,
    /// Posterior mean of the total; `None` when it is infinite.
    pub mean: Option<f64>,
    /// The most probable graphs, best first, at most ten.
    pub best: Vec<Weighted>,
    /// Posterior probability that a pair of lists is joined, in the order of the pairs.
    pub pairs: Vec<f64>,
    /// Probability of the graphs under which nobody's lists tell of the number hidden, so that it
    /// comes from the prior alone: foremost the graph that joins all lists.
    pub untold: f64,
    detected: f64,
    hidden: Distribution,
}

impl Average {
    /// Smallest total that is not exceeded with posterior probability `p` or more; `None` when it
    /// is out of reach, more than 10¹² times the square of the persons detected.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.hidden.quantile(p).map(|hidden| self.detected + hidden)
    }

    /// The posterior of the number hidden, nearly: between seams it is taken as even.
    pub(crate) fn spread(&self) -> Option<Spread> {
        let seams = self.hidden.seams();
        Spread::from_quantiles(|p| {
            let place = seams.partition_point(|(_, below)| *below < p);
            let (high, low) = (seams.get(place)?, seams[place.saturating_sub(1)]);
            let part = if high.1 > low.1 { (p - low.1) / (high.1 - low.1) } else { 1.0 };
            Some(low.0 + part * (high.0 - low.0))
        })
    }

    /// Posterior probability that the total is `total` (a whole number) or more.
    pub fn at_least(&self, total: f64) -> f64 {
        self.hidden.at_least(total - self.detected)
    }
}

/// Averages over all decomposable graphs.
///
/// # Errors
/// [`Refusal`] says why there is no average.
pub fn average(table: &CaptureTable, settings: &Settings) -> Result<Average, Refusal> {
    let posterior = posterior(table, settings, Negligible::EXACT)?;
    describe(table, settings, &posterior, LISTED)
}

/// The average with only the most probable graph described, for tables of which there are many.
pub(crate) fn quick_average(table: &CaptureTable, settings: &Settings) -> Result<Average, Refusal> {
    describe(table, settings, &posterior(table, settings, Negligible::QUICK)?, 1)
}

/// Averages with half and twice δ and with each prior of the total, those of `settings` first:
/// how much of the answer is the prior's.
pub(crate) fn sensitivity(
    table: &CaptureTable,
    settings: &Settings,
) -> Vec<(f64, Prior, Result<Average, Refusal>)> {
    let delta = delta(table, settings);
    let other = if settings.prior == Prior::Uniform { Prior::InverseTotal } else { Prior::Uniform };
    let mut found = Vec::new();
    for delta in [delta, delta / 2.0, delta * 2.0] {
        let with = |prior| Settings { delta: Some(delta), prior, ..settings.clone() };
        let posterior = posterior(table, &with(settings.prior), Negligible::EXACT);
        for prior in [settings.prior, other] {
            let listed = if found.is_empty() { LISTED } else { 1 };
            let answer = posterior
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|p| describe(table, &with(prior), p, listed));
            found.push((delta, prior, answer));
        }
    }
    found
}

fn delta(table: &CaptureTable, settings: &Settings) -> f64 {
    settings.delta.unwrap_or_else(|| (-(table.lists().len() as f64)).exp2())
}

fn posterior(table: &CaptureTable, settings: &Settings, left_out: Negligible) -> Result<Posterior, Refusal> {
    let lists = table.lists().len();
    if lists < 3 {
        return Err(Refusal::FewLists);
    }
    if lists > MOST_LISTS {
        return Err(Refusal::ManyLists { lists });
    }
    if table.detected() == 0 {
        return Err(Refusal::Nobody);
    }
    if table.detected() > MOST_PERSONS {
        return Err(Refusal::ManyPersons);
    }
    if settings.hidden.as_ref().is_some_and(RangeInclusive::is_empty) {
        return Err(Refusal::EmptyRange);
    }
    let beyond = settings.joined.iter().find(|&&(i, j)| i == j || i >= lists || j >= lists);
    if let Some(&(i, j)) = beyond {
        return Err(Refusal::NoPair { i, j });
    }
    Ok(Posterior::new(
        table,
        delta(table, settings),
        settings.hidden.as_ref(),
        &graphs::with(lists, &settings.joined),
        left_out,
    ))
}

/// Describes the posterior, with so many of the most probable graphs.
fn describe(
    table: &CaptureTable,
    settings: &Settings,
    posterior: &Posterior,
    listed: usize,
) -> Result<Average, Refusal> {
    let lists = table.lists().len();
    let delta = delta(table, settings);
    let power = settings.prior.power();
    if !posterior.is_proper(power) {
        return Err(Refusal::Improper { delta, least: 1.0 / (f64::from(1_u32 << lists) - 1.0) });
    }
    let mut weights: Vec<_> = posterior.weights(power).collect();
    let mut pairs = vec![0.0; pair_count(lists)];
    let mut untold = 0.0;
    for (graph, weight) in &weights {
        for (q, sum) in pairs.iter_mut().enumerate() {
            *sum += if graph.pairs() >> q & 1 == 1 { *weight } else { 0.0 };
        }
        untold += if posterior.told(graph) == 0.0 { *weight } else { 0.0 };
    }
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.pairs().cmp(&b.0.pairs())));
    let detected = table.detected() as f64;
    let best = weights
        .iter()
        .take(listed)
        .map(|&(graph, weight)| Weighted {
            model: graph.model(lists),
            weight,
            total: posterior.distribution_of(graph, power).quantile(0.5).map(|hidden| detected + hidden),
        })
        .collect();
    Ok(Average {
        graphs: graphs::with(lists, &settings.joined).len(),
        delta,
        prior: settings.prior,
        mean: posterior.mean(power),
        best,
        pairs,
        untold,
        detected,
        hidden: posterior.distribution(power),
    })
}
