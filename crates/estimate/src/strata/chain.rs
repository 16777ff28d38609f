//! The Markov chain over the effects of all strata and their variances.
//!
//! Every move is in the scale of one thing and leaves the others alone: a shift of all strata of a
//! level, of all that come after a step of a walk, of all strata together; a trade between effects
//! that leaves every stratum as it is; a new variance with the effects as they are, and one that
//! takes the effects along. With both kinds the chain moves well where strata tell much of
//! themselves and where they tell little (interweaving; Yu and Meng 2011).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{ChiSquared, Distribution, Exp1, Gamma, Open01, Poisson, StandardNormal};

use super::effects::Component;
use super::likelihood::{Scratch, Shape, Stratum, backward, factorise, forward, square_length};
use super::precision::{Precision, Spreads, add_part, dimensions, squares};
use super::{LIST_ERROR, PAIR_ERROR, SPREAD, TAILS};

/// Degrees of freedom of the proposals: nearly normal, with tails that are heavier than the target's.
const FREEDOM: f64 = 30.0;
/// Newton's steps towards the middle of a proposal, at most.
const STEPS: usize = 8;
/// Gain that a Newton step still promises below which the middle is good enough.
const NEAR: f64 = 0.02;

/// What the chains of one fit share.
pub(super) struct Problem {
    pub(super) shape: Shape,
    pub(super) strata: Vec<Stratum>,
    pub(super) components: Vec<Component>,
    /// Place of the component with an effect for every stratum, beside others.
    pub(super) residual: Option<usize>,
    /// Parameters of each stratum from which the search for the middle of a proposal starts.
    pub(super) reference: Vec<f64>,
}

impl Problem {
    /// Kinds of effects that there are: without pairs only those of lists.
    pub(super) fn kinds(&self) -> usize {
        if self.shape.size() > self.shape.lists { 3 } else { 2 }
    }
}

pub(super) struct Chain<'a> {
    problem: &'a Problem,
    random: ChaCha8Rng,
    /// Common value of each term.
    base: Vec<f64>,
    /// Effects of each component, by level and term.
    effects: Vec<Vec<f64>>,
    /// Standard deviations of the effects of each component.
    pub(super) tau: Vec<Spreads>,
    /// By component and level, how many times τ² the variance is: a level that is truly different
    /// has a large one.
    wide: Vec<Vec<f64>>,
    /// Parameters by stratum and term: the sum of the above.
    pub(super) theta: Vec<f64>,
    /// Log-likelihood of each stratum.
    values: Vec<f64>,
    work: Work,
    tries: u64,
    accepted: u64,
}

/// Memory of the moves.
struct Work {
    scratch: Scratch,
    wanted: Vec<f64>,
    centre: Vec<f64>,
    step: Vec<f64>,
    delta: Vec<f64>,
    moved: Vec<f64>,
    hessian: Vec<f64>,
    values: Vec<f64>,
}

impl<'a> Chain<'a> {
    /// A chain with its own stream of random numbers, whose variances begin apart from the others'.
    pub(super) fn new(problem: &'a Problem, seed: u64, stream: u64) -> Self {
        let (p, strata) = (problem.shape.size(), problem.strata.len());
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        let vector = || vec![0.0; p];
        let start = 0.2 * 2_f64.powi(stream.min(3) as i32);
        let mut chain = Self {
            problem,
            random,
            base: vector(),
            effects: problem.components.iter().map(|c| vec![0.0; c.levels() * p]).collect(),
            tau: vec![Spreads(SPREAD.map(|spread| spread * start)); problem.components.len()],
            wide: problem.components.iter().map(|c| vec![1.0; c.levels()]).collect(),
            theta: vec![0.0; strata * p],
            values: vec![0.0; strata],
            work: Work {
                scratch: Scratch::new(&problem.shape),
                wanted: vector(),
                centre: vector(),
                step: vector(),
                delta: vector(),
                moved: vector(),
                hessian: vec![0.0; p * (p + 1) / 2],
                values: vec![0.0; strata],
            },
            tries: 0,
            accepted: 0,
        };
        let persons: f64 = problem.strata.iter().map(|stratum| stratum.detected).sum();
        for (s, stratum) in problem.strata.iter().enumerate() {
            for (base, x) in chain.base.iter_mut().zip(&problem.reference[s * p..]) {
                *base += x * stratum.detected / persons;
            }
        }
        chain.refresh();
        chain
    }

    /// Share of proposals that were accepted.
    pub(super) fn acceptance(&self) -> f64 {
        self.accepted as f64 / self.tries.max(1) as f64
    }

    /// All moves once.
    pub(super) fn sweep(&mut self) {
        self.shifts(false);
        self.trades();
        for j in 0..self.problem.components.len() {
            for kind in 0..self.problem.kinds() {
                self.rescale_alone(j, kind);
                self.rescale_with_effects(j, kind);
            }
            self.widen(j);
        }
        // Sums of many small moves drift by rounding.
        self.refresh();
    }

    /// Climbs to the top of the posterior for the variances as they are, and says where it is.
    pub(super) fn climb(&mut self, rounds: usize) -> Vec<f64> {
        for _ in 0..rounds {
            self.shifts(true);
        }
        self.theta.clone()
    }

    /// Log of the expected hidden count of stratum `s` when its expected detected count is what was
    /// detected.
    pub(super) fn log_hidden(&mut self, s: usize) -> f64 {
        let p = self.problem.shape.size();
        let log_detected =
            self.work.scratch.log_detected(&self.problem.shape, &self.theta[s * p..(s + 1) * p]);
        self.problem.strata[s].detected.ln() - log_detected
    }

    /// A hidden count of stratum `s`, given [`Chain::log_hidden`]: its intercept is gamma, the count
    /// Poisson.
    pub(super) fn draw_hidden(&mut self, s: usize, log_hidden: f64) -> f64 {
        let detected = self.problem.strata[s].detected;
        let share = Gamma::new(detected, 1.0 / detected).map_or(1.0, |gamma| gamma.sample(&mut self.random));
        let mean = share * log_hidden.exp();
        // Where a Poisson count cannot be drawn its spread is far below that of its mean.
        if mean < 1e15 {
            Poisson::new(mean).map_or(mean.max(0.0), |d| d.sample(&mut self.random))
        } else {
            mean
        }
    }

    fn shifts(&mut self, climb: bool) {
        let problem = self.problem;
        let (p, lists) = (problem.shape.size(), problem.shape.lists);
        for (j, component) in problem.components.iter().enumerate() {
            let precision = Precision::of(self.tau[j], lists);
            for l in 0..component.levels() {
                let weight = self.pull(j, l);
                if self.shift(&component.members[l], precision.times(weight), climb) {
                    add(&mut self.effects[j][l * p..(l + 1) * p], &self.work.delta);
                }
                if component.children[l].is_empty() {
                    continue;
                }
                // The step to this level alone: all that follow move along.
                let weight = self.weight(j, l);
                for t in 0..p {
                    self.work.wanted[t] = self.parent_effect(j, l, t) - self.effects[j][l * p + t];
                }
                if self.shift(&component.members_below[l], precision.times(weight), climb) {
                    for m in &component.below[l] {
                        add(&mut self.effects[j][m * p..(m + 1) * p], &self.work.delta);
                    }
                }
            }
        }
        for (wanted, base) in self.work.wanted.iter_mut().zip(&self.base) {
            *wanted = -base;
        }
        let all: Vec<usize> = (0..problem.strata.len()).collect();
        if self.shift(&all, Precision::independent(LIST_ERROR, PAIR_ERROR, lists), climb) {
            add(&mut self.base, &self.work.delta);
        }
    }

    /// Times 1/τ² with which a level is held to its parent.
    fn weight(&self, j: usize, l: usize) -> f64 {
        1.0 / (self.problem.components[j].stretch[l] * self.wide[j][l])
    }

    fn parent_effect(&self, j: usize, l: usize, t: usize) -> f64 {
        self.problem.components[j].parent[l]
            .map_or(0.0, |m| self.effects[j][m * self.problem.shape.size() + t])
    }

    /// Where the neighbours of a level would have it, as shifts in `wanted`; returns with how many
    /// times 1/τ² they hold it there.
    fn pull(&mut self, j: usize, l: usize) -> f64 {
        let (component, p) = (&self.problem.components[j], self.problem.shape.size());
        let mut weight = self.weight(j, l);
        for t in 0..p {
            self.work.wanted[t] = self.parent_effect(j, l, t) * weight;
        }
        for &child in &component.children[l] {
            let w = self.weight(j, child);
            weight += w;
            for t in 0..p {
                self.work.wanted[t] += w * self.effects[j][child * p + t];
            }
        }
        for (wanted, x) in self.work.wanted.iter_mut().zip(&self.effects[j][l * p..]) {
            *wanted = *wanted / weight - x;
        }
        weight
    }

    /// Proposes a shift of the parameters of `members`, the same for all, from a t distribution about
    /// the mode of its conditional posterior; its prior is normal around `wanted`. Returns whether
    /// `delta` was accepted. With `climb` the mode is always taken.
    fn shift(&mut self, members: &[usize], precision: Precision, climb: bool) -> bool {
        let problem = self.problem;
        let (shape, p) = (&problem.shape, problem.shape.size());
        let Work { scratch, wanted, centre, step, delta, moved, hessian, values } = &mut self.work;
        let theta = &self.theta;
        // How far a shift is from what the prior wants, into `lack`.
        let off = |delta: &[f64], lack: &mut [f64]| -> f64 {
            for ((lack, w), x) in lack.iter_mut().zip(&*wanted).zip(delta) {
                *lack = w - x;
            }
            0.5 * precision.square(lack)
        };
        // The start must not depend on where the block is now, or the proposal would not be the same
        // on the way back.
        centre.fill(0.0);
        let persons: f64 = members.iter().map(|&s| problem.strata[s].detected).sum();
        for &s in members {
            let share = problem.strata[s].detected / persons;
            for (t, centre) in centre.iter_mut().enumerate() {
                *centre += share * (problem.reference[s * p + t] - theta[s * p + t]);
            }
        }
        let (mut last, mut steps) = (f64::NEG_INFINITY, 0);
        loop {
            steps += 1;
            hessian.fill(0.0);
            // `delta` holds the gradient.
            delta.fill(0.0);
            let mut value = 0.0;
            for &s in members {
                sum(moved, &theta[s * p..], centre);
                value += scratch.derivatives(shape, &problem.strata[s], moved, delta, hessian);
            }
            value -= off(centre, moved);
            if value < last - 1e-9 * last.abs() && steps < STEPS {
                for (centre, step) in centre.iter_mut().zip(&mut *step) {
                    *step *= 0.5;
                    *centre -= *step;
                }
                continue;
            }
            last = value;
            precision.add_product(moved, delta);
            precision.add_to(hessian, p);
            if !value.is_finite() || !factorise(hessian, p) {
                return false;
            }
            step.copy_from_slice(delta);
            forward(hessian, step);
            let promise: f64 = step.iter().map(|x| x * x).sum();
            backward(hessian, step);
            add(centre, step);
            if promise < NEAR || steps >= STEPS {
                break;
            }
        }
        let mut log_ratio = 0.0;
        if climb {
            delta.copy_from_slice(centre);
        } else {
            let shrink: f64 = ChiSquared::new(FREEDOM).map_or(FREEDOM, |chi| chi.sample(&mut self.random));
            let shrink = (FREEDOM / shrink).sqrt();
            let mut square = 0.0;
            for x in &mut *delta {
                let z: f64 = StandardNormal.sample(&mut self.random);
                *x = shrink * z;
                square += *x * *x;
            }
            backward(hessian, delta);
            let tail = |square: f64| 0.5 * (FREEDOM + p as f64) * (square / FREEDOM).ln_1p();
            log_ratio += tail(square) - tail(square_length(hessian, centre));
            add(delta, centre);
        }
        step.fill(0.0);
        log_ratio += off(step, moved) - off(delta, moved);
        for &s in members {
            sum(moved, &theta[s * p..], delta);
            values[s] = scratch.value(shape, &problem.strata[s], moved);
            log_ratio += values[s] - self.values[s];
        }
        self.tries += 1;
        // What is not a number is no better than where the chain is.
        let taken = climb || log_ratio >= -exponential(&mut self.random);
        if !taken {
            return false;
        }
        self.accepted += 1;
        for &s in members {
            add(&mut self.theta[s * p..(s + 1) * p], &self.work.delta);
            self.values[s] = self.work.values[s];
        }
        true
    }

    /// Moves between the common values and the effects of a component, and between those of a level
    /// and of its single strata, that leave every stratum as it is.
    fn trades(&mut self) {
        let (problem, p, lists) = (self.problem, self.problem.shape.size(), self.problem.shape.lists);
        for (j, component) in problem.components.iter().enumerate() {
            let precision = Precision::of(self.tau[j], lists);
            if component.level.iter().all(Option::is_some) {
                let own = Precision::independent(LIST_ERROR, PAIR_ERROR, lists);
                let (mut held, mut sum) = (0.0, vec![0.0; p]);
                for l in (0..component.levels()).filter(|&l| component.parent[l].is_none()) {
                    let weight = self.weight(j, l);
                    held += weight;
                    add_times(&mut sum, &self.effects[j][l * p..(l + 1) * p], weight);
                }
                let mut change = vec![0.0; p];
                own.times(-1.0).add_product(&self.base, &mut change);
                precision.add_product(&sum, &mut change);
                own.plus(precision.times(held)).draw(&mut change, &mut self.random);
                add(&mut self.base, &change);
                for level in self.effects[j].chunks_exact_mut(p) {
                    add_times(level, &change, -1.0);
                }
            }
            let Some(r) = problem.residual.filter(|&r| r != j) else { continue };
            let of_strata = Precision::of(self.tau[r], lists);
            for l in 0..component.levels() {
                let weight = self.pull(j, l);
                let (mut held, mut sum) = (0.0, vec![0.0; p]);
                for &s in &component.members[l] {
                    let weight = self.weight(r, s);
                    held += weight;
                    add_times(&mut sum, &self.effects[r][s * p..(s + 1) * p], weight);
                }
                let mut change = vec![0.0; p];
                precision.times(weight).add_product(&self.work.wanted, &mut change);
                of_strata.add_product(&sum, &mut change);
                precision.times(weight).plus(of_strata.times(held)).draw(&mut change, &mut self.random);
                add(&mut self.effects[j][l * p..(l + 1) * p], &change);
                for &s in &component.members[l] {
                    add_times(&mut self.effects[r][s * p..(s + 1) * p], &change, -1.0);
                }
            }
        }
    }

    /// Step from the parent to a level.
    fn step(&self, j: usize, l: usize) -> Vec<f64> {
        let p = self.problem.shape.size();
        (0..p).map(|t| self.effects[j][l * p + t] - self.parent_effect(j, l, t)).collect()
    }

    /// A new τ for the effects as they are.
    fn rescale_alone(&mut self, j: usize, kind: usize) {
        let (shape, levels) = (&self.problem.shape, self.problem.components[j].levels());
        let sum: f64 =
            (0..levels).map(|l| self.weight(j, l) * squares(&self.step(j, l), shape.lists)[kind]).sum();
        let count = (levels * dimensions(shape.lists, shape.size())[kind]) as f64;
        let log_density = |x: f64| (1.0 - count) * x - 0.5 * sum * (-2.0 * x).exp() + log_prior(x, kind);
        let now = self.tau[j].0[kind].ln();
        self.tau[j].0[kind] = slice(&mut self.random, now, log_density).exp();
    }

    /// A new τ that stretches the effects along.
    fn rescale_with_effects(&mut self, j: usize, kind: usize) {
        let (problem, p, lists) = (self.problem, self.problem.shape.size(), self.problem.shape.lists);
        let component = &problem.components[j];
        let now = self.tau[j].0[kind].ln();
        let Work { scratch, moved, .. } = &mut self.work;
        let (theta, effects) = (&self.theta, &self.effects[j]);
        let log_density = |x: f64| {
            let more = (x - now).exp_m1();
            let mut value = x + log_prior(x, kind);
            for (s, stratum) in problem.strata.iter().enumerate() {
                let Some(l) = component.level[s] else { continue };
                moved.copy_from_slice(&theta[s * p..(s + 1) * p]);
                add_part(kind, &effects[l * p..(l + 1) * p], lists, more, moved);
                value += scratch.value(&problem.shape, stratum, moved);
            }
            value
        };
        let next = slice(&mut self.random, now, log_density);
        self.tau[j].0[kind] = next.exp();
        for level in self.effects[j].chunks_exact_mut(p) {
            let before = level.to_vec();
            add_part(kind, &before, lists, (next - now).exp_m1(), level);
        }
        self.refresh();
    }

    /// New factors of the variances of single levels. With them effects have t distributions.
    fn widen(&mut self, j: usize) {
        let (shape, component) = (&self.problem.shape, &self.problem.components[j]);
        let precision = Precision::of(self.tau[j], shape.lists);
        for l in 0..component.levels() {
            let square = precision.square(&self.step(j, l)) / component.stretch[l];
            let freedom = TAILS + shape.size() as f64;
            let drawn = ChiSquared::new(freedom).map_or(freedom, |chi| chi.sample(&mut self.random));
            self.wide[j][l] = (TAILS + square) / drawn.max(f64::MIN_POSITIVE);
        }
    }

    /// Parameters and likelihoods of all strata from the effects.
    fn refresh(&mut self) {
        let (problem, p) = (self.problem, self.problem.shape.size());
        for (s, stratum) in problem.strata.iter().enumerate() {
            let theta = &mut self.theta[s * p..(s + 1) * p];
            theta.copy_from_slice(&self.base);
            for (component, effects) in problem.components.iter().zip(&self.effects) {
                if let Some(l) = component.level[s] {
                    add(theta, &effects[l * p..(l + 1) * p]);
                }
            }
            self.values[s] = self.work.scratch.value(&problem.shape, stratum, theta);
        }
    }
}

/// Half-normal prior of τ = eˣ.
fn log_prior(x: f64, kind: usize) -> f64 {
    -0.5 * (x.exp() / SPREAD[kind]).powi(2)
}

fn add(to: &mut [f64], what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += what;
    }
}

fn add_times(to: &mut [f64], what: &[f64], times: f64) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

fn sum(into: &mut [f64], a: &[f64], b: &[f64]) {
    for ((into, a), b) in into.iter_mut().zip(a).zip(b) {
        *into = a + b;
    }
}

fn exponential(random: &mut ChaCha8Rng) -> f64 {
    Exp1.sample(random)
}

/// A step of slice sampling with stepping out (Neal 2003).
fn slice(random: &mut ChaCha8Rng, now: f64, mut log_density: impl FnMut(f64) -> f64) -> f64 {
    const WIDTH: f64 = 1.0;
    let floor = log_density(now) - exponential(random);
    let place: f64 = Open01.sample(random);
    let (mut low, mut high) = (now - WIDTH * place, now + WIDTH * (1.0 - place));
    for end in [(&mut low, -WIDTH), (&mut high, WIDTH)] {
        let (end, by) = end;
        let mut left = 20;
        while left > 0 && log_density(*end) > floor {
            *end += by;
            left -= 1;
        }
    }
    // The interval halves on average; what is left after so many is the place itself.
    for _ in 0..60 {
        let place: f64 = Open01.sample(random);
        let next = low + (high - low) * place;
        if log_density(next) > floor {
            return next;
        }
        if next < now {
            low = next;
        } else {
            high = next;
        }
    }
    now
}
