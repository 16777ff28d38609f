//! Classes, their weights and their capture probabilities, and what they say of a table.

use rand_chacha::ChaCha8Rng;

use super::random::{beta, gamma, ln_beta, uniform};
use crate::decomposable::Prior;

/// Shape and rate of the gamma prior of α.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Concentration {
    pub(super) shape: f64,
    pub(super) rate: f64,
}

/// The model: everything but the counts.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) lists: usize,
    pub(super) classes: usize,
    pub(super) concentration: Concentration,
    pub(super) prior: Prior,
    /// The histories with persons.
    pub(super) histories: Vec<u32>,
}

/// What a posterior is conditioned on: persons by history, in the order of [`Model::histories`], and
/// the prior of α. On the way to the posterior both may differ from those of the task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    pub(super) cells: Vec<u64>,
    pub(super) persons: u64,
    pub(super) concentration: Concentration,
}

impl Given {
    pub(super) fn new(cells: Vec<u64>, concentration: Concentration) -> Self {
        Self { persons: cells.iter().sum(), cells, concentration }
    }

    /// What the number hidden is negative binomial with, given the classes: the persons seen for the
    /// prior 1/N, one more for the uniform prior.
    pub(super) fn size(&self, prior: Prior) -> f64 {
        self.persons as f64 + if prior == Prior::Uniform { 1.0 } else { 0.0 }
    }
}

/// What the classes say of the histories.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    pub(super) alpha: f64,
    /// By class: weight times the probability to be in no list, and to be in one at least.
    pub(super) hidden: Vec<f64>,
    pub(super) seen: Vec<f64>,
    /// By class, then history: weight times the probability of the history.
    pub(super) joint: Vec<f64>,
    /// By history: logarithm of its probability; and that of being in any list.
    log_cells: Vec<f64>,
    log_seen: f64,
}

/// The parameters from which [`Classes`] are computed.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    pub(super) alpha: f64,
    /// By class: logarithm of the weight.
    pub(super) log_weights: Vec<f64>,
    /// By class, then list: probability to be in it, and not to be.
    pub(super) capture: Vec<(f64, f64)>,
}

impl Parameters {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            alpha: 1.0,
            log_weights: vec![0.0; model.classes],
            capture: vec![(0.5, 0.5); model.classes * model.lists],
        }
    }

    /// Draws all from the prior.
    pub(super) fn draw_prior(&mut self, model: &Model, random: &mut ChaCha8Rng) {
        let Concentration { shape, rate } = model.concentration;
        // Γ(a) is Γ(a + 1) times the a-th root of a uniform variable.
        self.alpha = (gamma(random, shape + 1.0) * uniform(random).powf(1.0 / shape) / rate).max(1e-300);
        self.sticks(random, |alpha, _| (1.0, alpha));
        for pair in &mut self.capture {
            *pair = beta(random, 1.0, 1.0);
        }
    }

    /// Breaks the stick: class h takes a Beta share of what the classes before it left, with the
    /// shapes that `shapes` gives for α and h; the last takes all.
    pub(super) fn sticks(&mut self, random: &mut ChaCha8Rng, shapes: impl Fn(f64, usize) -> (f64, f64)) {
        let last = self.log_weights.len() - 1;
        let mut left = 0.0;
        for h in 0..last {
            let (a, b) = shapes(self.alpha, h);
            let (taken, rest) = ln_beta(random, a, b);
            self.log_weights[h] = left + taken;
            left += rest;
        }
        self.log_weights[last] = left;
    }
}

impl Classes {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            alpha: 1.0,
            hidden: vec![0.0; model.classes],
            seen: vec![0.0; model.classes],
            joint: vec![0.0; model.classes * model.histories.len()],
            log_cells: vec![0.0; model.histories.len()],
            log_seen: 0.0,
        }
    }

    /// Computes the probability of every history with persons.
    pub(super) fn set(&mut self, model: &Model, parameters: &Parameters) {
        self.alpha = parameters.alpha;
        for h in 0..model.classes {
            self.set_class(model, parameters, h);
        }
        self.log_cells.fill(0.0);
        for joint in self.joint.chunks_exact(self.log_cells.len()) {
            for (sum, part) in self.log_cells.iter_mut().zip(joint) {
                *sum += part;
            }
        }
        for value in &mut self.log_cells {
            *value = value.ln();
        }
        self.log_seen = self.seen.iter().sum::<f64>().ln();
    }

    fn set_class(&mut self, model: &Model, parameters: &Parameters, h: usize) {
        let capture = &parameters.capture[h * model.lists..(h + 1) * model.lists];
        let weight = parameters.log_weights[h].exp();
        // From the last list on: seen in it, or not and seen in one after. No difference loses digits.
        self.seen[h] = weight * capture.iter().rev().fold(0.0, |after, &(yes, no)| yes + no * after);
        self.hidden[h] = weight * capture.iter().map(|pair| pair.1).product::<f64>();
        let cells = model.histories.len();
        for (joint, &history) in self.joint[h * cells..(h + 1) * cells].iter_mut().zip(&model.histories) {
            *joint = weight;
            for (j, &(yes, no)) in capture.iter().enumerate() {
                *joint *= if history >> j & 1 == 1 { yes } else { no };
            }
        }
    }

    /// Logarithm of what distinguishes the posteriors of two rungs: the likelihood of the counts, with
    /// the number hidden summed over (that of histories given that there is one), and the prior of α.
    pub(super) fn log_posterior(&self, given: &Given, prior: Prior) -> f64 {
        let cells = given.cells.iter().zip(&self.log_cells);
        let sum: f64 = cells.filter(|(n, _)| **n > 0).map(|(&n, log)| n as f64 * log).sum();
        let Concentration { shape, rate } = given.concentration;
        sum - given.size(prior) * self.log_seen + shape * self.alpha.ln() - rate * self.alpha
    }
}
