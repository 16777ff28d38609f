//! Bayesian averages over decomposable graphical models (Madigan and York 1997).
//!
//! A graph joins the lists that may depend on each other; the lists of a clique may depend in any
//! way, terms of three and more included. Cell probabilities have a hyper-Dirichlet prior with the
//! weight δ on each of the 2^k cells (Dawid and Lauritzen 1993), so that the marginal likelihood of
//! a graph has a closed form for each number hidden. All graphs are equally likely beforehand. The
//! posterior of the total is the average over all of them; from eight lists on, over those that Markov
//! chains draw, which run until they agree.
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

mod chain;
mod graphs;
mod grid;
mod likelihood;
mod posterior;
mod refusal;
mod sample;
mod sums;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ::model::CaptureTable;

use crate::Error;
use crate::convergence::ESS;
use crate::loglinear::{Model, pair_count};
use crate::spread::Spread;
use crate::watch::Watch;
use chain::Target;
use graphs::{Graph, MOST_ENUMERATED, MOST_LISTS};
use grid::Distribution;
use posterior::Posterior;
pub use refusal::Refusal;
pub use sample::Chains;
use sums::{Negligible, Work};

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
#[derive(Debug, Clone, PartialEq)]
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
    /// Seed of the chains that are needed from eight lists on; default 1.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { delta: None, prior: Prior::default(), hidden: None, joined: Vec::new(), seed: 1 }
    }
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

/// The posterior of the total, averaged over decomposable graphs: over all of them up to seven lists, beyond
/// over those that Markov chains draw.
#[derive(Debug, Clone)]
pub struct Average {
    /// Number of graphs: of all, or of the different ones that were drawn.
    pub graphs: usize,
    /// How well the chains agree; `None` when all graphs were visited.
    pub chains: Option<Chains>,
    /// Weight of the prior on each cell.
    pub delta: f64,
    /// Prior of the total.
    pub prior: Prior,
    /// Posterior mean of the total; `None` when it is infinite, and when graphs were drawn: it may hang on
    /// graphs that are drawn too rarely.
    pub mean: Option<f64>,
    /// The most probable graphs, best first, at most ten. With chains the weights are shares of the draws.
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

/// Averages over all decomposable graphs of up to seven lists, and by Markov chains of up to ten.
///
/// # Errors
/// [`Refusal`] says why there is no average.
pub fn average(table: &CaptureTable, settings: &Settings) -> Result<Average, Refusal> {
    average_with(table, settings, Negligible::EXACT, LISTED, &Watch::default())
}

/// The average with only the most probable graph described, for tables of which there are many.
pub(crate) fn quick_average(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Result<Average, Refusal> {
    average_with(table, settings, Negligible::QUICK, 1, watch)
}

fn average_with(
    table: &CaptureTable,
    settings: &Settings,
    left_out: Negligible,
    listed: usize,
    watch: &Watch,
) -> Result<Average, Refusal> {
    check(table, settings)?;
    if table.lists().len() > MOST_ENUMERATED {
        return drawn(table, settings, 0, sample::AIM, listed, watch);
    }
    let posterior = posterior(table, settings, left_out, watch).ok_or(Refusal::Stopped)?;
    visited(table, settings, &posterior, listed)
}

/// Averages with half and twice δ and with each prior of the total, those of `settings` first:
/// how much of the answer is the prior's. When there is no answer to `settings`, that is all.
pub(crate) fn sensitivity(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Vec<(f64, Prior, Result<Average, Refusal>)> {
    let delta = delta(table, settings);
    let other = if settings.prior == Prior::Uniform { Prior::InverseTotal } else { Prior::Uniform };
    if let Err(why) = check(table, settings) {
        return vec![(delta, settings.prior, Err(why))];
    }
    let enumerated = table.lists().len() <= MOST_ENUMERATED;
    let mut found = Vec::new();
    for delta in [delta, delta / 2.0, delta * 2.0] {
        let with = |prior| Settings { delta: Some(delta), prior, ..settings.clone() };
        // One visit of all graphs serves both priors; chains are drawn anew for each.
        let posterior = enumerated.then(|| posterior(table, &with(settings.prior), Negligible::EXACT, watch));
        for prior in [settings.prior, other] {
            let run = found.len() as u64;
            let (listed, aim) = if run == 0 { (LISTED, sample::AIM) } else { (1, ESS) };
            let answer = match &posterior {
                Some(Some(posterior)) => visited(table, &with(prior), posterior, listed),
                Some(None) => Err(Refusal::Stopped),
                None => drawn(table, &with(prior), run, aim, listed, watch),
            };
            let refused = answer.is_err();
            found.push((delta, prior, answer));
            if run == 0 && refused {
                return found;
            }
        }
    }
    found
}

fn delta(table: &CaptureTable, settings: &Settings) -> f64 {
    settings.delta.unwrap_or_else(|| (-(table.lists().len() as f64)).exp2())
}

/// Whether there is anything to average over.
fn check(table: &CaptureTable, settings: &Settings) -> Result<(), Refusal> {
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
    Ok(())
}

/// Whether the sum of N^(`power` − 1) times the likelihood is finite over all graphs.
fn is_proper(table: &CaptureTable, settings: &Settings, power: usize) -> bool {
    // The graph that joins all lists falls the slowest; it counts however unlikely it is.
    let cells = f64::from(1_u32 << table.lists().len()) - 1.0;
    settings.hidden.is_some() || delta(table, settings) * cells > power as f64
}

/// The posterior over all graphs, for both priors of the total; `None` when the work is stopped.
fn posterior(
    table: &CaptureTable,
    settings: &Settings,
    left_out: Negligible,
    watch: &Watch,
) -> Option<Posterior> {
    let all = graphs::with(table.lists().len(), &settings.joined);
    Posterior::new(table, delta(table, settings), settings.hidden.as_ref(), &all, left_out, watch)
}

/// The average by visiting all graphs.
fn visited(
    table: &CaptureTable,
    settings: &Settings,
    posterior: &Posterior,
    listed: usize,
) -> Result<Average, Refusal> {
    let power = settings.prior.power();
    proper(table, settings)?;
    Ok(Found {
        graphs: posterior.graphs(),
        chains: None,
        // Graphs that were left out as negligible make the mean infinite all the same.
        mean: is_proper(table, settings, power + 1).then(|| posterior.mean(power)),
        weights: posterior.weights(power),
        hidden: posterior.distribution(power),
        work: posterior.work(),
    }
    .describe(table, settings, listed))
}

/// The average by Markov chains. Each `run` has random streams of its own.
fn drawn(
    table: &CaptureTable,
    settings: &Settings,
    run: u64,
    aim: f64,
    listed: usize,
    watch: &Watch,
) -> Result<Average, Refusal> {
    proper(table, settings)?;
    let target = Target::new(table, settings);
    let stream = (settings.seed, run * sample::CHAINS as u64);
    let sample = sample::sample(&target, stream, aim, sample::MOST, watch)?;
    Ok(Found {
        graphs: sample.graphs.len(),
        chains: Some(sample.chains),
        mean: None,
        weights: sample.graphs.iter().map(|(graph, share)| (graph, *share)).collect(),
        hidden: sample.distribution(&target),
        work: &target.work,
    }
    .describe(table, settings, listed))
}

fn proper(table: &CaptureTable, settings: &Settings) -> Result<(), Refusal> {
    if is_proper(table, settings, settings.prior.power()) {
        return Ok(());
    }
    let least = 1.0 / (f64::from(1_u32 << table.lists().len()) - 1.0);
    Err(Refusal::Improper { delta: delta(table, settings), least })
}

/// What was found of the graphs and of the number hidden.
struct Found<'a> {
    graphs: usize,
    chains: Option<Chains>,
    mean: Option<f64>,
    weights: Vec<(&'a Graph, f64)>,
    hidden: Distribution,
    work: &'a Work,
}

impl Found<'_> {
    /// Describes it, with so many of the most probable graphs.
    fn describe(mut self, table: &CaptureTable, settings: &Settings, listed: usize) -> Average {
        let lists = table.lists().len();
        let power = settings.prior.power();
        let mut pairs = vec![0.0; pair_count(lists)];
        let mut untold = 0.0;
        for (graph, weight) in &self.weights {
            for (q, sum) in pairs.iter_mut().enumerate() {
                *sum += if graph.pairs() >> q & 1 == 1 { *weight } else { 0.0 };
            }
            untold += if self.work.likelihood.told(graph) == 0.0 { *weight } else { 0.0 };
        }
        self.weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.pairs().cmp(&b.0.pairs())));
        let detected = table.detected() as f64;
        let median = |graph| self.work.distribution_of(graph, power).quantile(0.5);
        let best = self.weights.iter().take(listed).map(|&(graph, weight)| Weighted {
            model: graph.model(lists),
            weight,
            total: median(graph).map(|hidden| detected + hidden),
        });
        Average {
            graphs: self.graphs,
            chains: self.chains,
            delta: delta(table, settings),
            prior: settings.prior,
            mean: self.mean,
            best: best.collect(),
            pairs,
            untold,
            detected,
            hidden: self.hidden,
        }
    }
}
