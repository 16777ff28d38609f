//! The nonparametric latent class model of Manrique-Vallier (2016).
//!
//! Persons belong to classes; within a class the lists are independent, so that all dependence
//! between lists comes from persons being unlike. The weights of the classes come from a stick-breaking
//! process cut off at `K` classes, so the counts say how many are needed. The posterior of the
//! number hidden often has several modes and a heavy tail; chains that each see one mode are the rule
//! with a plain Gibbs sampler. Here several chains with parallel tempering run until they agree.
//!
//! ```
//! use estimate::latent_class::{Settings, posterior};
//! use model::CaptureTable;
//! let lists = ["P", "Q", "E"].map(String::from).to_vec();
//! let counts = [(1, 69), (2, 55), (4, 63), (3, 21), (5, 17), (6, 18), (7, 28)];
//! let table = CaptureTable::from_counts(lists, counts)?;
//! let found = posterior(&table, &Settings::default())?;
//! assert!(found.r_hat() < 1.01 && found.bulk() > 400.0 && found.tail() > 400.0);
//! assert!(271.0 < found.quantile(0.025) && found.quantile(0.025) < found.quantile(0.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod random;
mod state;
mod sweep;
mod tempering;

#[cfg(test)]
mod tests;

use ::model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use crate::convergence::{Convergence, ESS, R_HAT, quantile_error};
use crate::decomposable::Prior;
use crate::numeric::quantile;
use crate::watch::{STOPPED, Watch};
use random::uniform;
use state::{Concentration, Model};
use sweep::{Draw, Tally};
use tempering::{Ensemble, Ladder, Path};

/// Chains; each is on all rungs of a ladder of its own.
pub const CHAINS: usize = 4;
/// The effective sample size for each decile must be above this: the share of a mode is then known within
/// three or four points. Chains that all sit in one of two modes may have the lowest R̂ of all.
const LOCAL: f64 = 200.0;
/// States that must have come all the way from the first rung, where modes are easily left.
const TRIPS: u64 = 100;
/// Passes of each round of tuning the ladder; all are left out of the answer.
const TUNING: [usize; 5] = [30, 60, 120, 240, 480];
/// Passes before the chains are first compared; each later comparison has half as many again.
const FIRST: usize = 1000;
/// Of all passes after the tuning, this part is left out as well.
const LEFT_OUT: f64 = 1.0 / 3.0;
const CONCENTRATION: Concentration = Concentration { shape: Settings::ALPHA.0, rate: Settings::ALPHA.1 };
/// Most persons, so that whole numbers stay exact.
const MOST_PERSONS: u64 = 100_000_000;
/// Most classes; in the paper 10 are more than enough.
const MOST_CLASSES: usize = 50;

/// What the posterior rests on besides the counts, and how long may be searched for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Most classes there can be, from 1 to 50; default 10.
    pub classes: usize,
    /// Prior of the total.
    pub prior: Prior,
    /// Seed of all random streams.
    pub seed: u64,
    /// Bound of the work of all chains, in operations; a thousand million are about a second of one
    /// processor. The default, 10¹¹, is under a minute on two.
    pub work: f64,
}

impl Settings {
    /// Shape and rate of the Gamma prior of α, as in the paper.
    pub const ALPHA: (f64, f64) = (0.25, 0.25);
}

impl Default for Settings {
    fn default() -> Self {
        Self { classes: 10, prior: Prior::InverseTotal, seed: 1, work: 1e11 }
    }
}

/// Why there is no posterior.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nobody was detected.
    #[error("there are no persons in the table")]
    Nobody,
    /// Two lists cannot tell unlike persons from lists that depend on each other.
    #[error("latent classes need at least three lists with persons")]
    FewLists,
    /// Counts are not exact beyond this.
    #[error("more than {MOST_PERSONS} persons were detected, which is beyond what this method computes with")]
    ManyPersons,
    /// The number of classes is out of range.
    #[error("{0} classes were asked for; use 1 to {MOST_CLASSES}")]
    Classes(usize),
    /// The chains did not agree in time.
    #[error(
        "the chains did not converge: after {draws} draws R-hat is {r_hat:.3} (it must be below 1.01) and the \
         effective sample sizes are {bulk:.0} in the bulk and {tail:.0} in the tails (they must be above 400), and \
         {local:.0} at the worst quantile between (above 200), and {trips} times a chain came through all of the \
         space (at least 100); an estimate from these draws could be anywhere. \
         Join small lists, or use another method",
        draws = .0.draws, r_hat = .0.r_hat(), bulk = .0.bulk(), tail = .0.tail(), local = .0.deciles(),
        trips = .0.trips
    )]
    NotConverged(Box<Posterior>),
    /// The work was stopped.
    #[error("{STOPPED}")]
    Stopped,
}

/// The posterior of the number hidden, by draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// Draws of all chains that were kept, and passes of each chain in all, tuning included.
    pub draws: usize,
    /// Passes of each chain, those left out included.
    pub passes: usize,
    /// Rungs of the ladder of each chain.
    pub rungs: usize,
    convergence: Convergence,
    /// Share of the changes to the persons hidden in a class that were taken.
    pub moves_taken: f64,
    /// Share of the exchanges between rungs that were taken.
    pub exchanges_taken: f64,
    /// How often a state came from the first rung to the last, in all chains.
    pub trips: u64,
    /// Posterior mean of the number of classes with detected persons.
    pub occupied: f64,
    /// Posterior median of α.
    pub alpha: f64,
    detected: f64,
    /// By chain: the place of the number hidden on a continuous scale, for Monte-Carlo errors.
    places: Vec<Vec<f64>>,
    kept: Vec<Draw>,
    ascending: Vec<f64>,
}

impl Posterior {
    /// Rank-normalised split-R̂ of the logarithm of the number hidden and of the log-likelihood, whichever
    /// is larger.
    pub fn r_hat(&self) -> f64 {
        self.convergence.r_hat
    }

    /// Effective sample size for the bulk of the same two, whichever is smaller.
    pub fn bulk(&self) -> f64 {
        self.convergence.bulk
    }

    /// Effective sample size for the tails.
    pub fn tail(&self) -> f64 {
        self.convergence.tail
    }

    /// Smallest effective sample size for the quantiles of 10, 20, … 90 %: how well the share of each mode
    /// is known.
    pub fn deciles(&self) -> f64 {
        self.convergence.local
    }

    /// Posterior quantile of the total.
    pub fn quantile(&self, p: f64) -> f64 {
        self.detected + quantile(&self.ascending, p)
    }

    /// Monte-Carlo standard error of a quantile of the total.
    pub fn quantile_error(&self, p: f64) -> f64 {
        quantile_error(&self.places, p)
    }

    /// Draws of the number hidden, in ascending order.
    pub fn hidden(&self) -> &[f64] {
        &self.ascending
    }

    /// Quantiles of the total under another prior of the total, by weighting the draws; `None` where too
    /// few draws would bear the weight.
    pub fn with_prior(&self, from: Prior, to: Prior, levels: &[f64]) -> Option<Vec<f64>> {
        let power = to.power() as f64 - from.power() as f64;
        self.weighted(levels, |draw| (draw.hidden + self.detected).ln() * power)
    }

    /// The same under a Gamma prior of α with another shape and rate.
    pub fn with_concentration(&self, shape: f64, rate: f64, levels: &[f64]) -> Option<Vec<f64>> {
        let now = CONCENTRATION;
        self.weighted(levels, |draw| (shape - now.shape) * draw.alpha.ln() - (rate - now.rate) * draw.alpha)
    }

    fn weighted(&self, levels: &[f64], log_weight: impl Fn(&Draw) -> f64) -> Option<Vec<f64>> {
        let logs: Vec<f64> = self.kept.iter().map(log_weight).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut weights: Vec<(f64, f64)> =
            self.kept.iter().zip(&logs).map(|(draw, log)| (draw.hidden, (log - largest).exp())).collect();
        let sum: f64 = weights.iter().map(|(_, w)| w).sum();
        let squares: f64 = weights.iter().map(|(_, w)| w * w).sum();
        // As many draws as count, of equal weight (Kong 1992); a tenth is little but tells.
        let enough = sum * sum / squares >= 0.1 * weights.len() as f64;
        weights.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = |p: f64| {
            let mut below = 0.0;
            let found = weights.iter().find(|(_, w)| {
                below += w;
                below >= p * sum
            });
            self.detected + found.or(weights.last()).map_or(0.0, |(hidden, _)| *hidden)
        };
        enough.then(|| levels.iter().map(|&p| at(p)).collect())
    }

    /// Share of the hidden, in the draws from the `p`-quantile up, who are in classes with fewer detected
    /// persons than there are lists: there the uniform priors of the capture probabilities, and not the
    /// counts, say how many they are.
    pub fn hardly_seen(&self, p: f64) -> f64 {
        let from = quantile(&self.ascending, p);
        let (mut all, mut hardly) = (0.0, 0.0);
        for draw in self.kept.iter().filter(|draw| draw.hidden >= from && draw.hidden > 0.0) {
            all += 1.0;
            hardly += draw.hardly_seen / draw.hidden;
        }
        if all > 0.0 { hardly / all } else { 0.0 }
    }
}

/// Draws from the posterior until the chains agree: R̂ below 1.01 and effective sample sizes above
/// 400, for the logarithm of the number hidden and for the log-likelihood.
///
/// The same table and settings give the same draws on any number of threads.
///
/// # Errors
/// [`Refusal`] says why there is no posterior; [`Refusal::NotConverged`] holds the draws that were
/// not enough.
pub fn posterior(table: &CaptureTable, settings: &Settings) -> Result<Posterior, Refusal> {
    posterior_watched(table, settings, &Watch::default())
}

/// [`posterior`], which tells how far it is and can be stopped.
pub(crate) fn posterior_watched(
    table: &CaptureTable,
    settings: &Settings,
    watch: &Watch,
) -> Result<Posterior, Refusal> {
    if table.detected() == 0 {
        return Err(Refusal::Nobody);
    }
    if (0..table.lists().len()).filter(|&i| table.list_total(i) > 0).count() < 3 {
        return Err(Refusal::FewLists);
    }
    if table.detected() > MOST_PERSONS {
        return Err(Refusal::ManyPersons);
    }
    if !(1..=MOST_CLASSES).contains(&settings.classes) {
        return Err(Refusal::Classes(settings.classes));
    }
    let (histories, counts): (Vec<u32>, Vec<u64>) = table.counts().filter(|(_, n)| *n > 0).unzip();
    let model = Model {
        lists: table.lists().len(),
        classes: settings.classes,
        concentration: CONCENTRATION,
        prior: settings.prior,
        histories,
    };
    let found = draw(&model, &counts, settings, watch).ok_or(Refusal::Stopped)?;
    if enough(&found.convergence, found.trips) {
        Ok(found)
    } else {
        Err(Refusal::NotConverged(Box::new(found)))
    }
}

/// Whether the chains agree, know the share of every mode, and had the occasion to find all.
fn enough(convergence: &Convergence, trips: u64) -> bool {
    convergence.reaches(R_HAT, ESS) && convergence.local > LOCAL && trips >= TRIPS
}

fn trips(chains: &[Ensemble]) -> u64 {
    chains.iter().map(|chain| chain.trips).sum()
}

/// Draws until the chains agree or the work is done; `None` when it is stopped.
fn draw(model: &Model, counts: &[u64], settings: &Settings, watch: &Watch) -> Option<Posterior> {
    let &Settings { seed, work, .. } = settings;
    let path = Path { model, counts };
    let mut ladder = Ladder::even(&path);
    let mut chains: Vec<Ensemble> =
        (0..CHAINS as u64).map(|stream| Ensemble::new(model, &ladder, seed, stream)).collect();
    watch.units("passes to tune", CHAINS * TUNING.iter().sum::<usize>());
    for length in TUNING {
        chains.par_iter_mut().for_each(|chain| {
            for _ in (0..length).take_while(|_| !watch.is_stopped()) {
                chain.pass(model, &ladder);
                watch.done(1);
            }
        });
        if watch.is_stopped() {
            return None;
        }
        let tuned = ladder.tuned(&path, &exchanges(&chains));
        for chain in &mut chains {
            chain.climb(&ladder, &tuned);
        }
        ladder = tuned;
    }
    // Operations of a pass: the products over cells and lists, the draws for each class and list.
    let (lists, cells) = (model.lists as f64, counts.len() as f64);
    let pass = (CHAINS * ladder.rungs.len() * model.classes) as f64 * (lists * (cells + 80.0) + 500.0);
    let most = ((work / pass) as usize).max(2 * FIRST);
    watch.units_at_most("passes", (CHAINS * most) as u64);

    let mut draws: Vec<Vec<Draw>> = vec![Vec::new(); CHAINS];
    let mut places: Vec<Vec<f64>> = vec![Vec::new(); CHAINS];
    let mut aim = FIRST;
    loop {
        let more = aim - draws[0].len();
        let new: Vec<Vec<Draw>> = chains
            .par_iter_mut()
            .map(|chain| {
                let mut new = Vec::with_capacity(more);
                while new.len() < more && !watch.is_stopped() {
                    new.push(chain.pass(model, &ladder));
                    watch.done(1);
                }
                new
            })
            .collect();
        if watch.is_stopped() {
            return None;
        }
        for (i, new) in new.into_iter().enumerate() {
            // Where in its unit a whole number lies is drawn apart, so that there are no ties.
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream((CHAINS + i) as u64);
            random.set_word_pos(draws[i].len() as u128 * 2);
            places[i].extend(new.iter().map(|draw| draw.hidden + uniform(&mut random)));
            draws[i].extend(new);
        }
        let from = (aim as f64 * LEFT_OUT) as usize;
        let of = |value: &(dyn Fn(usize, usize) -> f64 + Sync)| {
            let chains: Vec<Vec<f64>> =
                (0..CHAINS).map(|i| (from..aim).map(|t| value(i, t)).collect()).collect();
            Convergence::of(&chains)
        };
        let hidden = of(&|i, t| places[i][t].ln());
        let convergence = hidden.worse(of(&|i, t| draws[i][t].log_likelihood));
        watch.effective(convergence.bulk.min(convergence.tail), ESS);
        if enough(&convergence, trips(&chains)) || aim >= most {
            let kept: Vec<Draw> = draws.iter().flat_map(|draws| &draws[from..]).copied().collect();
            let places = places.iter().map(|places| places[from..].to_vec()).collect();
            let passes = aim + TUNING.iter().sum::<usize>();
            return Some(describe(counts, &chains, convergence, kept, places, passes));
        }
        aim = (aim + aim / 2).min(most);
    }
}

fn exchanges(chains: &[Ensemble]) -> Vec<Tally> {
    let mut sums = chains[0].exchanges.clone();
    for chain in &chains[1..] {
        for (sum, tally) in sums.iter_mut().zip(&chain.exchanges) {
            sum.merge(*tally);
        }
    }
    sums
}

fn describe(
    counts: &[u64],
    chains: &[Ensemble],
    convergence: Convergence,
    kept: Vec<Draw>,
    places: Vec<Vec<f64>>,
    passes: usize,
) -> Posterior {
    let sorted = |value: &dyn Fn(&Draw) -> f64| {
        let mut values: Vec<f64> = kept.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (mut moves, mut taken) = (Tally::default(), Tally::default());
    for chain in chains {
        moves.merge(chain.moves);
        for tally in &chain.exchanges {
            taken.merge(*tally);
        }
    }
    Posterior {
        draws: kept.len(),
        passes,
        rungs: chains[0].exchanges.len() + 1,
        convergence,
        moves_taken: moves.share(),
        exchanges_taken: taken.share(),
        trips: trips(chains),
        occupied: kept.iter().map(|draw| draw.occupied as f64).sum::<f64>() / kept.len() as f64,
        alpha: quantile(&sorted(&|draw| draw.alpha), 0.5),
        detected: counts.iter().sum::<u64>() as f64,
        ascending: sorted(&|draw| draw.hidden),
        places,
        kept,
    }
}
