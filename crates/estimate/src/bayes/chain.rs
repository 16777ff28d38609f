//! One Markov chain over models and their parameters.

use std::collections::HashMap;
use std::f64::consts::TAU;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Open01, Poisson, StandardNormal, StudentT};

use super::density::{Density, Top, solve_transposed};
use super::space::Space;
use crate::loglinear::Cells;
use crate::numeric::ln_gamma;

/// Degrees of freedom of the proposal: tails that are heavier than those of any log-concave density, yet
/// close to the normal curve in the middle.
const FREEDOM: f64 = 12.0;
/// How much of the old place is left after a short step; the rest is drawn anew.
const KEPT: f64 = 0.6;
/// The most tops that are remembered, enough for all models of pairs of six lists. When there are more, all
/// are forgotten and found again, to a millionth of a standard deviation where they were.
const REMEMBERED: usize = 1 << 15;

/// The state of a chain after a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    pub(super) model: u64,
    /// θ(∅), the logarithm of the expected number hidden.
    pub(super) log_mean: f64,
    /// Number hidden.
    pub(super) hidden: f64,
}

/// How many proposals were made and accepted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) steps: u64,
    /// Accepted jumps to a place that was drawn anew, perhaps in another model.
    pub(super) jumps: u64,
    /// Jumps that proposed another model, and those accepted.
    pub(super) other_model: u64,
    pub(super) other_model_accepted: u64,
    /// Accepted short steps within the model.
    pub(super) short: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.jumps += other.jumps;
        self.other_model += other.other_model;
        self.other_model_accepted += other.other_model_accepted;
        self.short += other.short;
    }
}

/// A chain. Each step proposes a jump and then a short step; see `methods.md`.
pub(super) struct Chain<'a> {
    space: &'a Space,
    density: Density<'a>,
    random: ChaCha8Rng,
    student: StudentT<f64>,
    log_student: f64,
    /// Models that a jump walks through.
    walk: usize,
    /// Whether the walk also changes two terms at once, so that one can take the place of another that
    /// explains the same counts.
    in_twos: bool,
    tops: HashMap<u64, Top>,
    here: Place,
    there: Place,
    pub(super) tally: Tally,
}

/// A model with parameters.
#[derive(Debug, Clone, Default)]
struct Place {
    model: u64,
    sets: Vec<u32>,
    top: Vec<f64>,
    height: f64,
    factor: Vec<f64>,
    /// θ = top + L⁻ᵀ·z, so that z is about standard normal.
    z: Vec<f64>,
    theta: Vec<f64>,
    value: f64,
    /// ln of the density over that of the proposal.
    log_weight: f64,
}

impl<'a> Chain<'a> {
    /// A chain of its own random stream that starts in `model`; `None` when the top of the density is
    /// not found. A `walk` of 0 keeps it in that model.
    pub(super) fn new(
        cells: &'a Cells,
        space: &'a Space,
        variance: f64,
        model: Option<u64>,
        (walk, in_twos): (usize, bool),
        (seed, stream): (u64, u64),
    ) -> Option<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let student = StudentT::new(FREEDOM).ok()?;
        let log_student =
            ln_gamma(0.5 * (FREEDOM + 1.0)) - ln_gamma(0.5 * FREEDOM) - 0.5 * (0.5 * TAU * FREEDOM).ln();
        let mut chain = Self {
            space,
            density: Density::new(cells, variance),
            random,
            student,
            log_student,
            walk,
            in_twos,
            tops: HashMap::new(),
            here: Place::default(),
            there: Place::default(),
            tally: Tally::default(),
        };
        let start = chain.density.start();
        let mut factor = Vec::new();
        let lists = chain.density.top(&space.sets(0), &start, &mut factor)?;
        chain.tops.insert(0, lists);
        let mut at = 0;
        // Terms go in one by one, each from the top before; pairs come before the threes they allow.
        for q in 0..space.terms.len() {
            let wanted = model.map_or_else(|| chain.uniform() < 0.5, |model| model >> q & 1 == 1);
            if let Some(next) = space.toggled(at, q).filter(|_| wanted) {
                chain.look(at, next, q)?;
                at = next;
            }
        }
        chain.propose(at)?;
        std::mem::swap(&mut chain.here, &mut chain.there);
        Some(chain)
    }

    /// Takes `steps` steps and gives each state to `see`, with its parameters; `None` when the top of the
    /// density of some model is not found.
    pub(super) fn run(&mut self, steps: usize, mut see: impl FnMut(Draw, &[f64])) -> Option<()> {
        for _ in 0..steps {
            self.tally.steps += 1;
            self.jump()?;
            self.short_step();
            let log_mean = self.here.theta[0];
            let hidden = self.hidden(log_mean.exp());
            see(Draw { model: self.here.model, log_mean, hidden }, &self.here.theta);
        }
        Some(())
    }

    /// Proposes another model and new parameters (Liu 2001, section 9.4.3). The walk through the models
    /// has the approximate weights as its distribution and can go either way, and the parameters are
    /// drawn anew, so what is left to accept by is how the density differs from the approximation.
    fn jump(&mut self) -> Option<()> {
        let mut at = self.here.model;
        if self.tops.len() > REMEMBERED {
            self.tops.retain(|&model, _| model == at);
        }
        let mut weight = self.weight(at)?;
        for _ in 0..self.walk {
            let both = self.in_twos && self.uniform() < 0.5;
            let Some(mut next) = self.toggle(at)? else { continue };
            if both {
                let Some(further) = self.toggle(next)? else { continue };
                next = further;
            }
            let other = self.weight(next)?;
            if self.uniform().ln() < other - weight {
                (at, weight) = (next, other);
            }
        }
        self.propose(at)?;
        let other = self.there.model != self.here.model;
        self.tally.other_model += u64::from(other);
        if self.uniform().ln() < self.there.log_weight - self.here.log_weight {
            std::mem::swap(&mut self.here, &mut self.there);
            self.tally.jumps += 1;
            self.tally.other_model_accepted += u64::from(other);
        }
        Some(())
    }

    /// The model with a term that is drawn put in or taken out, its top found; `Some(None)` when it is not
    /// hierarchical, `None` when the top is not found.
    #[expect(clippy::option_option, reason = "the outer one is a failure, as everywhere here")]
    fn toggle(&mut self, model: u64) -> Option<Option<u64>> {
        let terms = self.space.terms.len();
        let q = ((self.uniform() * terms as f64) as usize).min(terms - 1);
        let Some(next) = self.space.toggled(model, q) else { return Some(None) };
        self.look(model, next, q)?;
        Some(Some(next))
    }

    /// Draws a part of z anew; a normal density would accept it always (Neal 1999).
    fn short_step(&mut self) {
        self.there.clone_from(&self.here);
        let new = (1.0 - KEPT * KEPT).sqrt();
        let squares = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>();
        for z in &mut self.there.z {
            let drawn: f64 = StandardNormal.sample(&mut self.random);
            *z = KEPT * *z + new * drawn;
        }
        self.settle();
        let gain =
            self.there.value - self.here.value + 0.5 * (squares(&self.there.z) - squares(&self.here.z));
        if self.uniform().ln() < gain {
            std::mem::swap(&mut self.here, &mut self.there);
            self.tally.short += 1;
        }
    }

    /// Draws parameters of a model whose top is known around it, into `there`.
    fn propose(&mut self, model: u64) -> Option<()> {
        let top = self.tops.get(&model)?;
        let there = &mut self.there;
        if there.model != model || there.sets.is_empty() {
            there.model = model;
            there.sets = self.space.sets(model);
            there.top.clone_from(&top.theta);
            there.height = top.height;
            self.density.factor(&there.sets, &there.top, &mut there.factor)?;
        }
        there.z.clear();
        for _ in 0..there.sets.len() {
            there.z.push(self.student.sample(&mut self.random));
        }
        self.settle();
        Some(())
    }

    /// Parameters, value and weight of `there` from its z.
    fn settle(&mut self) {
        let there = &mut self.there;
        there.theta.clone_from(&there.z);
        solve_transposed(&there.factor, &mut there.theta);
        for (theta, top) in there.theta.iter_mut().zip(&there.top) {
            *theta += top;
        }
        there.value = self.density.value(&there.sets, &there.theta);
        let p = there.sets.len() as f64;
        let log_proposal: f64 = p * self.log_student
            - 0.5 * (FREEDOM + 1.0) * there.z.iter().map(|z| (z * z / FREEDOM).ln_1p()).sum::<f64>();
        there.log_weight = there.value - there.height - 0.5 * p * TAU.ln() - log_proposal;
    }

    /// Finds the top of `next`, one term (the `q`-th) away from `at`, unless it is known.
    fn look(&mut self, at: u64, next: u64, q: usize) -> Option<()> {
        if self.tops.contains_key(&next) {
            return Some(());
        }
        let place = 1 + self.space.lists + (at & ((1 << q) - 1)).count_ones() as usize;
        let mut start = self.tops.get(&at)?.theta.clone();
        if next >> q & 1 == 1 {
            start.insert(place, 0.0);
        } else {
            start.remove(place);
        }
        let mut factor = Vec::new();
        let top = self.density.top(&self.space.sets(next), &start, &mut factor)?;
        self.tops.insert(next, top);
        Some(())
    }

    /// ln of the approximate posterior weight of a model whose top is known.
    fn weight(&self, model: u64) -> Option<f64> {
        self.tops.get(&model).map(|top| top.log_mass + self.space.log_prior(model))
    }

    fn uniform(&mut self) -> f64 {
        Open01.sample(&mut self.random)
    }

    /// A Poisson number with the given mean.
    fn hidden(&mut self, mean: f64) -> f64 {
        // Above this the spread is below 10⁻⁷ of the mean.
        if mean > 1e14 {
            return mean;
        }
        Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(&mut self.random))
    }
}
