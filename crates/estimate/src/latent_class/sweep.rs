//! One pass of the Gibbs sampler over persons, classes and parameters.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::random::{beta, binomial, gamma, poisson, uniform};
use super::state::{Classes, Given, Model, Parameters};
use crate::decomposable::Prior;
use crate::numeric::ln_gamma;

/// Range of the step sizes on the logarithm of the persons hidden in a class.
const STEPS: (f64, f64) = (0.03, 3.0);
/// First width of the slice of ln α.
const WIDTH: f64 = 2.0;

/// What a pass leaves behind for the records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Draw {
    /// Persons hidden.
    pub(super) hidden: f64,
    /// Of them, those in classes with fewer detected persons than there are lists.
    pub(super) hardly_seen: f64,
    /// Classes with detected persons.
    pub(super) occupied: usize,
    pub(super) alpha: f64,
    /// Logarithm of the likelihood of the classes at the start of the pass, and of their prior of α.
    pub(super) log_likelihood: f64,
}

/// Moves tried and taken.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    tried: u64,
    taken: u64,
}

impl Tally {
    pub(super) fn note(&mut self, taken: bool) {
        self.tried += 1;
        self.taken += u64::from(taken);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tried += other.tried;
        self.taken += other.taken;
    }

    pub(super) fn share(self) -> f64 {
        self.taken as f64 / (self.tried as f64).max(1.0)
    }
}

/// Persons by class, and room to work in.
#[derive(Debug, Clone)]
pub(super) struct Persons {
    /// By class: persons detected, and persons hidden.
    detected: Vec<f64>,
    hidden: Vec<f64>,
    /// By class, then list: persons in it.
    members: Vec<f64>,
    parameters: Parameters,
    /// Room for sums over classes.
    masses: Vec<f64>,
    /// Changes of the persons hidden in a class.
    pub(super) moves: Tally,
}

impl Persons {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            detected: vec![0.0; model.classes],
            hidden: vec![0.0; model.classes],
            members: vec![0.0; model.classes * model.lists],
            parameters: Parameters::new(model),
            masses: vec![0.0; model.classes],
            moves: Tally::default(),
        }
    }

    /// Draws classes from their prior.
    pub(super) fn draw_prior(&mut self, model: &Model, classes: &mut Classes, random: &mut ChaCha8Rng) {
        self.parameters.draw_prior(model, random);
        classes.set(model, &self.parameters);
    }

    /// One pass: leaves the posterior of the classes given the counts as it is.
    ///
    /// Persons get a class given the classes; then, with weights and capture probabilities summed
    /// over, the number hidden in each class changes, classes change places and α is drawn; last,
    /// weights and capture probabilities are drawn given the persons.
    pub(super) fn sweep(
        &mut self,
        model: &Model,
        given: &Given,
        classes: &mut Classes,
        random: &mut ChaCha8Rng,
    ) -> Draw {
        let log_likelihood = classes.log_posterior(given, model.prior);
        self.allocate(model, given, classes, random);
        for h in 0..model.classes {
            self.change_hidden(model, h, classes.alpha, random);
        }
        for _ in 0..model.classes {
            self.exchange(model, classes.alpha, random);
        }
        self.parameters.alpha = self.draw_alpha(model, given, classes.alpha, random);
        let draw = self.describe(model, log_likelihood);
        self.draw_parameters(model, random);
        classes.set(model, &self.parameters);
        draw
    }

    /// Splits the persons of each history over the classes, and draws how many are hidden in each:
    /// their number is negative binomial, which is Poisson with a gamma mean, so the classes are
    /// independent given that.
    fn allocate(&mut self, model: &Model, given: &Given, classes: &Classes, random: &mut ChaCha8Rng) {
        let lists = model.lists;
        self.detected.fill(0.0);
        self.members.fill(0.0);
        for (i, &history) in model.histories.iter().enumerate() {
            let mut left = given.cells[i];
            if left == 0 {
                continue;
            }
            let cells = given.cells.len();
            let joint = || classes.joint[i..].iter().step_by(cells);
            // Mass of this class and those after it, summed without differences, so that the last class
            // with any takes what is left.
            let mut mass = 0.0;
            for (h, chance) in joint().enumerate().rev() {
                mass += chance;
                self.masses[h] = mass;
            }
            for (h, &chance) in joint().enumerate() {
                let mass = self.masses[h];
                let drawn = if chance > 0.0 { binomial(random, left, chance / mass) } else { 0 };
                if drawn > 0 {
                    self.detected[h] += drawn as f64;
                    for j in (0..lists).filter(|j| history >> j & 1 == 1) {
                        self.members[h * lists + j] += drawn as f64;
                    }
                    left -= drawn;
                }
                if left == 0 {
                    break;
                }
            }
        }
        let size = given.size(model.prior);
        let rate = gamma(random, size) / classes.seen.iter().sum::<f64>();
        for (hidden, chance) in self.hidden.iter_mut().zip(&classes.hidden) {
            *hidden = poisson(random, rate * chance);
        }
    }

    fn all(&self, h: usize) -> f64 {
        self.detected[h] + self.hidden[h]
    }

    /// Changes the number hidden in class `h` by a random step of its logarithm, given the class of
    /// everyone else, with weights and capture probabilities summed over.
    fn change_hidden(&mut self, model: &Model, h: usize, alpha: f64, random: &mut ChaCha8Rng) {
        // A place within the unit that stands for the whole number makes the scale continuous.
        let place = self.hidden[h] + uniform(random);
        let step = STEPS.0 * (STEPS.1 / STEPS.0).powf(uniform(random));
        let normal: f64 = StandardNormal.sample(random);
        let proposed = place * (step * normal).exp();
        if proposed.floor().total_cmp(&self.hidden[h]).is_eq() {
            self.moves.note(true);
            return;
        }
        if proposed > 1e15 {
            self.moves.note(false);
            return;
        }
        let before: f64 = (0..h).map(|l| self.all(l)).sum();
        let after: f64 = (h + 1..model.classes).map(|l| self.all(l)).sum();
        let target = |hidden: f64| {
            let all = self.detected[h] + hidden;
            let members = &self.members[h * model.lists..(h + 1) * model.lists];
            let lists: f64 = members.iter().map(|m| ln_gamma(1.0 + all - m)).sum();
            let total = before + all + after;
            let prior = if model.prior == Prior::Uniform { total.ln() } else { 0.0 };
            let mut weights = 0.0;
            if model.classes > 1 {
                let stick = if h + 1 < model.classes { 1.0 } else { alpha };
                weights = ln_gamma(stick + all) - ln_gamma(1.0 + alpha + total);
                let mut rest = after + all;
                for l in (0..h).rev() {
                    if l + 2 < model.classes {
                        weights -= (alpha + rest).ln();
                    }
                    rest += self.all(l);
                }
            }
            prior + ln_gamma(total) - ln_gamma(hidden + 1.0) + weights + lists
                - model.lists as f64 * ln_gamma(2.0 + all)
        };
        let ratio = target(proposed.floor()) - target(self.hidden[h]) + (proposed / place).ln();
        let taken = uniform(random).ln() < ratio;
        if taken {
            self.hidden[h] = proposed.floor();
        }
        self.moves.note(taken);
    }

    /// Two classes change places in the order of the sticks, with the weights summed over.
    fn exchange(&mut self, model: &Model, alpha: f64, random: &mut ChaCha8Rng) {
        let last = model.classes - 1;
        if last == 0 {
            return;
        }
        let first = (uniform(random) * model.classes as f64) as usize;
        let second = (uniform(random) * last as f64) as usize;
        let second = if second >= first { second + 1 } else { second };
        let (low, high) = (first.min(second), first.max(second));
        let (at_low, at_high) = (self.all(low), self.all(high));
        let mut after: f64 = (high..=last).map(|l| self.all(l)).sum();
        let mut ratio = 0.0;
        // Persons in later classes, for each stick from the second place back to the first.
        for l in (low..high).rev() {
            if l + 2 < model.classes {
                ratio += (alpha + after).ln() - (alpha + after - at_high + at_low).ln();
            }
            after += self.all(l);
        }
        if high == last {
            ratio += ln_gamma(alpha + at_low) - ln_gamma(1.0 + at_low);
            ratio -= ln_gamma(alpha + at_high) - ln_gamma(1.0 + at_high);
        }
        let taken = uniform(random).ln() < ratio;
        if taken {
            self.detected.swap(low, high);
            self.hidden.swap(low, high);
            for j in 0..model.lists {
                self.members.swap(low * model.lists + j, high * model.lists + j);
            }
        }
    }

    /// Draws α given the persons by class, with the weights summed over, by slice sampling of its
    /// logarithm (Neal 2003).
    fn draw_alpha(&self, model: &Model, given: &Given, alpha: f64, random: &mut ChaCha8Rng) -> f64 {
        let last = model.classes - 1;
        let total: f64 = (0..=last).map(|h| self.all(h)).sum();
        let target = |log: f64| {
            let alpha = log.exp();
            let mut after = total;
            let mut sticks = 0.0;
            for h in 0..last.saturating_sub(1) {
                after -= self.all(h);
                sticks += (alpha + after).ln();
            }
            let ends = if last == 0 {
                0.0
            } else {
                ln_gamma(alpha + self.all(last)) - ln_gamma(1.0 + alpha + total)
            };
            let prior = given.concentration;
            (prior.shape + last as f64) * log - prior.rate * alpha + ends - sticks
        };
        let now = alpha.ln();
        let level = target(now) + uniform(random).ln();
        let mut low = now - WIDTH * uniform(random);
        let mut high = low + WIDTH;
        while target(low) > level && low > -690.0 {
            low -= WIDTH;
        }
        while target(high) > level && high < 690.0 {
            high += WIDTH;
        }
        loop {
            let tried = low + (high - low) * uniform(random);
            if target(tried) > level {
                return tried.exp();
            }
            // Nothing but the place itself is left: rounding, no more.
            if high - low < 1e-12 {
                return alpha;
            }
            if tried < now {
                low = tried;
            } else {
                high = tried;
            }
        }
    }

    fn draw_parameters(&mut self, model: &Model, random: &mut ChaCha8Rng) {
        let mut after: Vec<f64> = (0..model.classes).map(|h| self.all(h)).collect();
        let all = after.clone();
        for h in (0..model.classes).rev() {
            after[h] = if h + 1 < model.classes { after[h + 1] + all[h + 1] } else { 0.0 };
        }
        self.parameters.sticks(random, |alpha, h| (1.0 + all[h], alpha + after[h]));
        for (place, pair) in self.parameters.capture.iter_mut().enumerate() {
            let members = self.members[place];
            *pair = beta(random, 1.0 + members, 1.0 + all[place / model.lists] - members);
        }
    }

    fn describe(&self, model: &Model, log_likelihood: f64) -> Draw {
        let hardly = |h: &usize| self.detected[*h] < model.lists as f64;
        Draw {
            hidden: self.hidden.iter().sum(),
            hardly_seen: (0..model.classes).filter(hardly).map(|h| self.hidden[h]).sum(),
            occupied: self.detected.iter().filter(|n| **n > 0.0).count(),
            alpha: self.parameters.alpha,
            log_likelihood,
        }
    }
}
