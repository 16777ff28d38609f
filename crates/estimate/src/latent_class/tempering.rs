//! Parallel tempering: rungs from a posterior that is easy to sample to the one asked for.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::random::uniform;
use super::state::{Classes, Concentration, Given, Model};
use super::sweep::{Draw, Persons, Tally};

/// Share of exchanges between neighbours that are turned down, at which rungs are placed.
const REJECTED: f64 = 0.4;
/// Fewest and most rungs.
const RUNGS: (usize, usize) = (4, 60);
/// Rungs before tuning.
const FIRST_RUNGS: usize = 30;
/// The first rung has this many persons, or this share of them if that is more.
const BASE: (f64, f64) = (100.0, 0.25);
/// Persons in several lists are counted in earlier than others, by this power of the share.
const OVERLAP: f64 = 0.7;
/// What is added to shape and rate of the prior of α on the way: many classes are likely there.
const MANY_CLASSES: Concentration = Concentration { shape: 10.0, rate: 1.0 };
/// Length of the last stretch, on which all persons are counted and α returns to its own prior.
const RETURN: f64 = 3.0;

/// The way to the posterior: all that the task gives.
#[derive(Debug, Clone)]
pub(super) struct Path<'a> {
    pub(super) model: &'a Model,
    pub(super) counts: &'a [u64],
}

impl Path<'_> {
    fn persons(&self) -> f64 {
        self.counts.iter().sum::<u64>() as f64
    }

    /// First and last place. Up to ln(1 + n) a place is the logarithm of the persons counted, plus one.
    fn ends(&self) -> (f64, f64) {
        let persons = self.persons();
        let base = BASE.0.max(BASE.1 * persons).min(persons);
        (base.ln_1p(), persons.ln_1p() + RETURN)
    }

    /// What is given at a place.
    ///
    /// Fewer persons make a flatter posterior, and a prior with many classes makes it cheap to have
    /// one more, which is how one set of classes turns into another. Persons in several lists tell most
    /// of the classes, so they come first; those in three or more lists, of whom there may be one of
    /// a kind, all at once: a single such person may need a class of her own.
    fn at(&self, place: f64) -> Given {
        let persons = self.persons();
        let full = persons.ln_1p();
        let share = if place >= full { 1.0 } else { place.exp_m1() / persons };
        let heat = ((full + RETURN - place) / RETURN).clamp(0.0, 1.0);
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let part = |(i, (&history, &count)): (usize, (&u32, &u64))| {
            if share >= 1.0 {
                return count;
            }
            let share = if history.is_power_of_two() { share } else { share.powf(OVERLAP) };
            // The first persons of small counts come at different places, one after the other.
            let phase =
                if history.count_ones() > 2 { 1.0 - 1e-9 } else { (golden * (i as f64 + 1.0)).fract() };
            (share * count as f64 + phase).min(count as f64) as u64
        };
        let cells = self.model.histories.iter().zip(self.counts).enumerate().map(part).collect();
        let Concentration { shape, rate } = self.model.concentration;
        let concentration =
            Concentration { shape: shape + heat * MANY_CLASSES.shape, rate: rate + heat * MANY_CLASSES.rate };
        Given::new(cells, concentration)
    }
}

/// The rungs: places on the path and what is given there.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    places: Vec<f64>,
    pub(super) rungs: Vec<Given>,
}

impl Ladder {
    /// Rungs at equal distances.
    pub(super) fn even(path: &Path) -> Self {
        let (first, last) = path.ends();
        let step = (last - first) / (FIRST_RUNGS - 1) as f64;
        Self::new(path, (0..FIRST_RUNGS).map(|i| first + step * i as f64).collect())
    }

    fn new(path: &Path, mut places: Vec<f64>) -> Self {
        let last = places.len() - 1;
        // Exactly the posterior, whatever the rounding of the steps.
        places[last] = path.ends().1;
        Self { rungs: places.iter().map(|&place| path.at(place)).collect(), places }
    }

    /// Places rungs such that all exchanges are turned down equally often, given how often they were
    /// (Syed, Bouchard-Côté, Deligiannidis and Doucet 2022): the sum of the rates up to a place is
    /// a property of the path, whatever rungs are on it.
    pub(super) fn tuned(&self, path: &Path, exchanges: &[Tally]) -> Self {
        let mut barrier = vec![0.0];
        for tally in exchanges {
            // A rate of 0 tells that the rungs are close, not that they are the same.
            barrier.push(barrier[barrier.len() - 1] + (1.0 - tally.share()).max(0.01));
        }
        let total = barrier[barrier.len() - 1];
        let gaps = ((total / REJECTED).ceil() as usize).clamp(RUNGS.0 - 1, RUNGS.1 - 1);
        let place = |gap: usize| {
            let aim = total * gap as f64 / gaps as f64;
            let i = barrier.partition_point(|b| *b < aim).clamp(1, barrier.len() - 1);
            let part = ((aim - barrier[i - 1]) / (barrier[i] - barrier[i - 1])).clamp(0.0, 1.0);
            self.places[i - 1] + part * (self.places[i] - self.places[i - 1])
        };
        Self::new(path, (0..=gaps).map(place).collect())
    }

    /// The rung nearest to a place.
    fn nearest(&self, place: f64) -> usize {
        let i = self.places.partition_point(|p| *p < place).min(self.places.len() - 1);
        if i > 0 && place - self.places[i - 1] < self.places[i] - place { i - 1 } else { i }
    }
}

/// One chain on all rungs, independent of all others.
#[derive(Debug, Clone)]
pub(super) struct Ensemble {
    random: ChaCha8Rng,
    passes: u64,
    states: Vec<Classes>,
    /// By rung: whether its state was at the last rung since it was at the first.
    fresh: Vec<bool>,
    persons: Persons,
    /// Exchanges of states between neighbouring rungs.
    pub(super) exchanges: Vec<Tally>,
    /// How often a state came from the first rung to the last.
    pub(super) trips: u64,
    /// Changes of the persons hidden in a class at the last rung.
    pub(super) moves: Tally,
}

impl Ensemble {
    /// Starts every rung at a draw from the prior, which is wider than any posterior. Each `stream` of a
    /// seed is a series of random numbers of its own.
    pub(super) fn new(model: &Model, ladder: &Ladder, seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let mut persons = Persons::new(model);
        let mut states = vec![Classes::new(model); ladder.rungs.len()];
        for state in &mut states {
            persons.draw_prior(model, state, &mut random);
        }
        let (fresh, exchanges) = (Vec::new(), Vec::new());
        let moves = Tally::default();
        let mut ensemble = Self { random, passes: 0, states, fresh, persons, exchanges, trips: 0, moves };
        ensemble.forget();
        ensemble
    }

    /// Moves to another ladder: each rung takes the state of the rung that was nearest.
    pub(super) fn climb(&mut self, old: &Ladder, new: &Ladder) {
        self.states = new.places.iter().map(|&place| self.states[old.nearest(place)].clone()).collect();
        self.forget();
    }

    /// Starts all tallies anew.
    fn forget(&mut self) {
        self.fresh = vec![false; self.states.len()];
        self.exchanges = vec![Tally::default(); self.states.len() - 1];
        self.trips = 0;
        self.moves = Tally::default();
    }

    /// One pass over all rungs and one round of exchanges: what was drawn at the last rung, and the
    /// log-likelihood there. Rungs of even and odd number are exchanged in turns, so that states
    /// travel rather than stray (Syed et al. 2022).
    pub(super) fn pass(&mut self, model: &Model, ladder: &Ladder) -> Draw {
        let top = self.states.len() - 1;
        for (state, given) in self.states[..top].iter_mut().zip(&ladder.rungs) {
            self.persons.sweep(model, given, state, &mut self.random);
        }
        self.persons.moves = Tally::default();
        let draw = self.persons.sweep(model, &ladder.rungs[top], &mut self.states[top], &mut self.random);
        self.moves.merge(self.persons.moves);

        for low in ((self.passes % 2) as usize..top).step_by(2) {
            let at = |rung: usize, state: usize| {
                self.states[state].log_posterior(&ladder.rungs[rung], model.prior)
            };
            let ratio = at(low, low + 1) + at(low + 1, low) - at(low, low) - at(low + 1, low + 1);
            let taken = uniform(&mut self.random).ln() < ratio;
            if taken {
                self.states.swap(low, low + 1);
                self.fresh.swap(low, low + 1);
            }
            self.exchanges[low].note(taken);
        }
        self.passes += 1;
        self.fresh[0] = true;
        self.trips += u64::from(self.fresh[top]);
        self.fresh[top] = false;
        draw
    }
}
