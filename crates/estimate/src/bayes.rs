//! Bayesian log-linear models: an average over all hierarchical models and their parameters.
//!
//! A pair of lists depends on each other or not; which pairs do, how much, and how many persons are
//! hidden are drawn together by Markov chains (King and Brooks 2001; Overstall and King 2014). Unlike a
//! graph in [`decomposable`](crate::decomposable), a model may have any set of pairs, and a term that is
//! in the model is shrunk towards 0 by its prior, so that empty overlaps need no special treatment.
//! [`threshold`] has the simpler rule of Silverman (2020): one model with all pairs, then the one with
//! those that stand out.
//!
//! ```
//! use estimate::bayes::{Settings, average};
//! use model::CaptureTable;
//! let lists = ["birth", "death", "rehabilitation"].map(String::from).to_vec();
//! let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
//! let found = average(&CaptureTable::from_counts(lists, counts)?, &Settings::default())?;
//! assert!(found.quantile(0.025) < found.quantile(0.5) && found.quantile(0.5) < found.quantile(0.975));
//! // Those who died are rarely in rehabilitation.
//! assert!(found.pairs[2] > 0.95);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod density;
mod sample;
mod space;

use std::collections::BTreeMap;

use ::model::CaptureTable;

use crate::convergence::quantile_error;
use crate::convergence::{ESS, R_HAT};
use crate::loglinear::{Cells, Model, check_cells, pair_count};
use crate::numeric::quantile;
use crate::watch::{STOPPED, Watch};
use chain::Draw;
use sample::{CHAINS, Run, Sample, most};
use space::Space;

/// The most lists for which terms of three are averaged over.
const THREES_UP_TO: usize = 5;

/// The most lists whose models are averaged over.
pub(crate) const MOST_LISTS: usize = 10;
/// The most persons; beyond, sums of likelihoods lose the digits that tell models apart.
const MOST_PERSONS: u64 = 1 << 40;
/// How many of the most probable models are told of.
const LISTED: usize = 10;
/// Effective sample size that is aimed at for the answer itself.
const AIM: f64 = 1500.0;
/// Silverman's threshold for a posterior mean in standard deviations.
const THRESHOLD: f64 = 2.0;

/// What is believed beforehand, and the seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Highest order of a term: 1 (independent lists), 2 (pairs, the default) or 3 (threes, for up to
    /// five lists).
    pub max_order: usize,
    /// Variance of the normal prior, with mean 0, of every pair and three in the model; default 1. For
    /// models of pairs it is on the scale of a log odds ratio.
    pub variance: f64,
    /// Seed of the random streams; default 1.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_order: 2, variance: 1.0, seed: 1 }
    }
}

/// Why there is no average.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nobody was detected.
    #[error("there are no persons in the table")]
    Nobody,
    /// Fewer than three lists.
    #[error(
        "an average over log-linear models needs at least three lists with persons: with two, their \
         dependence cannot be told from the number who were never seen; with terms of one list only \
         (max_order 1) they are taken to be independent"
    )]
    FewLists,
    /// More lists than are averaged over.
    #[error(
        "log-linear models are averaged over for up to {MOST_LISTS} lists, and there are {lists}; join lists \
         that are much alike"
    )]
    ManyLists {
        /// How many lists there are.
        lists: usize,
    },
    /// Too many lists for terms of three.
    #[error(
        "models with terms of three lists are averaged over for up to {THREES_UP_TO} lists; ask for terms of two"
    )]
    TooManyForThrees,
    /// More persons than floating point can tell apart here.
    #[error("more than {MOST_PERSONS} persons are detected, too many for this method's arithmetic")]
    ManyPersons,
    /// The variance of the prior is not a positive number.
    #[error("the variance of the prior must be above 0")]
    Variance,
    /// The posterior cannot be normalised.
    #[error(
        "the counts do not bound the total even if the lists are independent: too few persons are in more than \
         one list, a list holds nobody, or one list holds everybody"
    )]
    Unbounded,
    /// The top of a posterior density was not found.
    #[error("the search for the most probable parameters of some model did not end")]
    NoTop,
    /// The chains do not agree.
    #[error(
        "the Markov chains did not converge: after {draws} steps of each of {chains} chains R-hat is {r_hat:.3} \
         (it must be below {R_HAT}) and the effective sample size is {ess:.0} (it must be above {ESS}); try \
         terms of lower order, a smaller variance of the prior, or join lists that are much alike"
    )]
    NotConverged {
        /// Number of chains.
        chains: usize,
        /// Steps of each chain.
        draws: usize,
        /// Split-R̂ of the logarithm of the expected number hidden.
        r_hat: f64,
        /// The smaller of its bulk and tail effective sample size.
        ess: f64,
    },
    /// The work was stopped.
    #[error("{STOPPED}")]
    Stopped,
}

/// A model with its posterior probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The model.
    pub model: Model,
    /// Share of the draws that are of this model.
    pub weight: f64,
    /// Median total of those draws.
    pub total: f64,
}

/// The posterior of the total, averaged over all hierarchical models.
#[derive(Debug, Clone)]
pub struct Average {
    /// Number of chains.
    pub chains: usize,
    /// Draws of each chain, after those thrown away.
    pub draws: usize,
    /// Rank-normalised split-R̂ of the logarithm of the expected number hidden.
    pub r_hat: f64,
    /// Its bulk effective sample size.
    pub ess_bulk: f64,
    /// Its tail effective sample size.
    pub ess_tail: f64,
    /// Monte-Carlo standard error of the median of the total.
    pub median_error: f64,
    /// Share of the jumps that were accepted.
    pub jumps_accepted: f64,
    /// Share of the jumps to another model that were accepted; `None` when there was none.
    pub other_models_accepted: Option<f64>,
    /// Share of the short steps within a model that were accepted.
    pub short_steps_accepted: f64,
    /// Number of different models drawn.
    pub models: usize,
    /// The most probable models, best first, at most ten.
    pub best: Vec<Weighted>,
    /// Posterior probability that a pair of lists is in the model, in the order of the pairs.
    pub pairs: Vec<f64>,
    /// The same for threes of lists, as bits; empty without terms of three.
    pub threes: Vec<(u32, f64)>,
    detected: f64,
    /// Numbers hidden, in ascending order.
    hidden: Vec<f64>,
}

impl Average {
    /// Posterior quantile of the total.
    pub fn quantile(&self, p: f64) -> f64 {
        self.detected + quantile(&self.hidden, p)
    }

    /// Posterior probability that the total is `total` or more.
    pub fn at_least(&self, total: f64) -> f64 {
        let below = self.hidden.partition_point(|hidden| self.detected + hidden < total);
        1.0 - below as f64 / self.hidden.len() as f64
    }

    /// Draws of the number hidden, in ascending order.
    pub fn hidden(&self) -> &[f64] {
        &self.hidden
    }
}

/// Averages over all hierarchical log-linear models.
///
/// # Errors
/// [`Refusal`] says why there is no average.
pub fn average(table: &CaptureTable, settings: &Settings) -> Result<Average, Refusal> {
    average_watched(table, settings, &Watch::default())
}

/// [`average`], which tells how far it is and can be stopped.
pub(crate) fn average_watched(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Result<Average, Refusal> {
    average_with(table, settings, 0, AIM, watch)
}

/// Averages with a quarter and four times the variance of the prior (half and twice its scale): how much
/// of the answer is the prior's. As these are only compared, fewer draws do.
pub(crate) fn sensitivity(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Vec<(f64, Result<Average, Refusal>)> {
    [0.25, 4.0]
        .into_iter()
        .zip(1..)
        .map(|(factor, run)| {
            let variance = factor * settings.variance;
            (variance, average_with(table, &Settings { variance, ..*settings }, run, ESS, watch))
        })
        .collect()
}

fn average_with(
    table: &CaptureTable,
    settings: &Settings,
    run: u64,
    aim: f64,
    watch: &Watch,
) -> Result<Average, Refusal> {
    let cells = cells(table, settings)?;
    let space = Space::new(cells.lists, settings.max_order);
    let run = Run {
        cells: &cells,
        space: &space,
        variance: settings.variance,
        only: None,
        seed: settings.seed,
        stream: run * CHAINS as u64,
        aim,
        most: most(cells.lists),
        watch,
    };
    Ok(describe(&cells, &space, &run.sample()?))
}

/// The cells, if there is a posterior.
fn cells(table: &CaptureTable, settings: &Settings) -> Result<Cells, Refusal> {
    let lists = table.lists().len();
    if table.detected() == 0 {
        return Err(Refusal::Nobody);
    }
    if lists < 2 || lists == 2 && settings.max_order > 1 {
        return Err(Refusal::FewLists);
    }
    if lists > MOST_LISTS {
        return Err(Refusal::ManyLists { lists });
    }
    if lists > THREES_UP_TO && settings.max_order > 2 {
        return Err(Refusal::TooManyForThrees);
    }
    if table.detected() > MOST_PERSONS {
        return Err(Refusal::ManyPersons);
    }
    let sound = settings.variance > 0.0 && settings.variance.is_finite();
    if !sound {
        return Err(Refusal::Variance);
    }
    let cells = Cells::new(table);
    // The priors of pairs and threes are proper, so only along the flat priors of intercept and lists can
    // the posterior fail to fall, and there it does exactly when their likelihood has no unique top.
    let persons = (0..lists).all(|i| cells.margins[1 << i] > 0.0);
    if !(persons && check_cells(&cells, Model::main(lists)).holds()) {
        return Err(Refusal::Unbounded);
    }
    Ok(cells)
}

fn describe(cells: &Cells, space: &Space, sample: &Sample) -> Average {
    let draws = || sample.chains.iter().flatten();
    let count = draws().count() as f64;
    let ascending = |values: &mut Vec<f64>| values.sort_by(f64::total_cmp);
    let mut hidden: Vec<f64> = draws().map(|draw| draw.hidden).collect();
    ascending(&mut hidden);
    let mut of_models: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for draw in draws() {
        of_models.entry(draw.model).or_default().push(draw.hidden);
    }
    let probabilities: Vec<f64> = (0..space.terms.len())
        .map(|q| {
            let with = of_models.iter().filter(|(model, _)| *model >> q & 1 == 1);
            with.map(|(_, hidden)| hidden.len()).sum::<usize>() as f64 / count
        })
        .collect();
    let models = of_models.len();
    let mut best: Vec<(u64, Vec<f64>)> = of_models.into_iter().collect();
    best.sort_by_key(|(model, hidden)| (std::cmp::Reverse(hidden.len()), *model));
    best.truncate(LISTED);
    let best = best
        .into_iter()
        .map(|(model, mut hidden)| {
            ascending(&mut hidden);
            Weighted {
                model: space.model(model),
                weight: hidden.len() as f64 / count,
                total: cells.detected + quantile(&hidden, 0.5),
            }
        })
        .collect();
    let mut pairs = vec![0.0; pair_count(cells.lists)];
    pairs.iter_mut().zip(&probabilities).take(space.pairs()).for_each(|(pair, p)| *pair = *p);
    let threes = space.terms.iter().copied().zip(probabilities).skip(space.pairs()).collect();
    let error_of = |value: &dyn Fn(&Draw) -> f64| {
        let by_chain: Vec<Vec<f64>> =
            sample.chains.iter().map(|chain| chain.iter().map(value).collect()).collect();
        quantile_error(&by_chain, 0.5)
    };
    // In a small table many counts are the same, and their median may seem to have no error at all.
    let median_error = error_of(&|draw| draw.hidden).max(error_of(&|draw| draw.log_mean.exp()));
    let tally = sample.tally;
    let share = |part: u64, of: u64| part as f64 / of.max(1) as f64;
    Average {
        chains: sample.chains.len(),
        draws: sample.chains[0].len(),
        r_hat: sample.convergence.r_hat,
        ess_bulk: sample.convergence.bulk,
        ess_tail: sample.convergence.tail,
        median_error,
        jumps_accepted: share(tally.jumps, tally.steps),
        other_models_accepted: (tally.other_model > 0)
            .then(|| share(tally.other_model_accepted, tally.other_model)),
        short_steps_accepted: share(tally.short, tally.steps),
        models,
        best,
        pairs,
        threes,
        detected: cells.detected,
        hidden,
    }
}

/// What the thresholding of Silverman (2020) finds.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// The pairs that were kept.
    pub model: Model,
    /// |posterior mean| ÷ posterior standard deviation of each pair when all are in the model, in the
    /// order of the pairs.
    pub statistics: Vec<f64>,
    /// Expected totals under that model, n + exp θ(∅), in ascending order.
    expected: Vec<f64>,
}

impl Threshold {
    /// Posterior quantile of the expected total, as the package `MultipleSystemsEstimation` gives it: the
    /// chance of the number hidden around its expectation is not in it.
    pub fn quantile(&self, p: f64) -> f64 {
        quantile(&self.expected, p)
    }
}

/// The thresholding of Silverman (2020): all pairs go into one model, those whose posterior mean is less
/// than two posterior standard deviations from 0 go out, and the model of the others is drawn from anew.
/// [`Settings::max_order`] is taken to be 2.
///
/// # Errors
/// As [`average`].
pub fn threshold(table: &CaptureTable, settings: &Settings) -> Result<Threshold, Refusal> {
    threshold_watched(table, settings, &Watch::default())
}

/// [`threshold`], which tells how far it is and can be stopped.
pub(crate) fn threshold_watched(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Result<Threshold, Refusal> {
    let settings = Settings { max_order: 2, ..*settings };
    let cells = cells(table, &settings)?;
    let space = Space::new(cells.lists, 2);
    let run = |model: u64, stream: u64| {
        let run = Run {
            cells: &cells,
            space: &space,
            variance: settings.variance,
            only: Some(model),
            seed: settings.seed,
            stream: stream * CHAINS as u64,
            aim: AIM,
            most: most(cells.lists),
            watch,
        };
        run.sample()
    };
    let all = run((1 << space.terms.len()) - 1, 3)?;
    let count = all.chains.iter().map(Vec::len).sum::<usize>() as f64;
    let statistics: Vec<f64> = all
        .sums
        .iter()
        .skip(1 + cells.lists)
        .map(|[sum, squares]| {
            let mean = sum / count;
            mean.abs() / ((squares / count - mean * mean) * count / (count - 1.0)).sqrt()
        })
        .collect();
    let kept = statistics.iter().enumerate().filter(|(_, statistic)| **statistic >= THRESHOLD);
    let kept = kept.fold(0, |bits, (q, _)| bits | 1 << q);
    let sample = run(kept, 4)?;
    let expected = |draw: &Draw| cells.detected + draw.log_mean.exp();
    let mut expected: Vec<f64> = sample.chains.iter().flatten().map(expected).collect();
    expected.sort_by(f64::total_cmp);
    Ok(Threshold { model: space.model(kept), statistics, expected })
}
