//! Maximum likelihood by Newton's method on the sufficient margins.
//!
//! The design matrix is never formed: the linear predictor is a sum over subsets, and both
//! the gradient and the Hessian are sums over supersets of the expected counts (Yates's
//! transform), because the product of the columns of two terms is the column of their union.
//! An iteration over k lists and p parameters costs O(k·2^k + p³/6).

use super::cells::{Cells, sum_over_subsets, sum_over_supersets};
use super::existence::Terms;

/// Twice the gain that Newton's step still promises, at which the search ends.
const TOLERANCE: f64 = 1e-13;
/// Below this promise the search is so near the top that Newton's step needs no checking.
const NEAR: f64 = 1e-6;
/// Newton needs 5 to 10 steps; more than this means that it does not get there.
pub(crate) const MAX_STEPS: usize = 200;

/// Reusable memory for fitting many models to one table without allocating.
#[derive(Debug, Clone)]
pub(crate) struct Solver {
    /// Expected count of every cell, 0 where the cell is left out.
    expected: Vec<f64>,
    /// `sums[s]`: expected persons in every list of the set `s`.
    pub(crate) sums: Vec<f64>,
    /// Cells that are in the fit.
    included: Vec<bool>,
    pub(crate) theta: Vec<f64>,
    candidate: Vec<f64>,
    gradient: Vec<f64>,
    step: Vec<f64>,
    /// Observed margin of each finite term.
    target: Vec<f64>,
    /// What a step changes in the logs of the means.
    change: Vec<f64>,
    /// Lower triangle of the Cholesky factor of the Hessian, by rows.
    factor: Vec<f64>,
}

/// How a search ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Σ n·η − Σ μ, the Poisson log-likelihood without Σ ln n!.
    pub(crate) log_likelihood: f64,
    /// Variance of the intercept, the log of the expected hidden count.
    pub(crate) intercept_variance: f64,
    pub(crate) steps: usize,
    pub(crate) converged: bool,
    /// No parameters reach a higher log-likelihood than this; infinite where that was not asked
    /// for or could not be told.
    pub(crate) ceiling: f64,
}

impl Solver {
    pub(crate) fn new(cells: &Cells) -> Self {
        let size = cells.counts.len();
        Self {
            expected: vec![0.0; size],
            sums: vec![0.0; size],
            included: vec![false; size],
            theta: Vec::new(),
            candidate: Vec::new(),
            gradient: Vec::new(),
            step: Vec::new(),
            target: Vec::new(),
            change: vec![0.0; size],
            factor: Vec::new(),
        }
    }

    /// Fits the finite terms. `hidden` gives the cell of those seen in no list a count and
    /// puts it into the fit; without it the cell is left out, as it is unobserved.
    pub(crate) fn fit(&mut self, cells: &Cells, terms: &Terms, hidden: Option<f64>) -> Outcome {
        self.prepare(cells, terms, hidden);
        let value = self.start(cells, terms, hidden);
        let mut outcome = self.climb(&terms.finite, value, None, MAX_STEPS);
        if outcome.converged && self.factorise(&terms.finite) {
            outcome.intercept_variance = self.intercept_variance();
        } else {
            outcome.converged = false;
        }
        outcome
    }

    /// Fits the finite terms from the parameters `start` (from scratch without them), and gives up
    /// as soon as it is certain that the maximum lies below `floor`; [`Outcome::ceiling`] is then
    /// what is certain. The variance of the intercept is not worked out.
    pub(crate) fn fit_above(
        &mut self,
        cells: &Cells,
        terms: &Terms,
        start: Option<&[f64]>,
        floor: f64,
        max_steps: usize,
    ) -> Outcome {
        self.prepare(cells, terms, None);
        let mut value = f64::NAN;
        if let Some(start) = start {
            self.candidate.copy_from_slice(start);
            value = self.evaluate(&terms.finite);
            self.theta.copy_from_slice(start);
        }
        if !value.is_finite() {
            value = self.start(cells, terms, None);
        }
        self.climb(&terms.finite, value, Some(floor), max_steps)
    }

    fn prepare(&mut self, cells: &Cells, terms: &Terms, hidden: Option<f64>) {
        let p = terms.finite.len();
        for vector in [&mut self.theta, &mut self.candidate, &mut self.gradient, &mut self.step] {
            vector.clear();
            vector.resize(p, 0.0);
        }
        self.factor.clear();
        self.factor.resize(p * (p + 1) / 2, 0.0);
        for (history, included) in self.included.iter_mut().enumerate() {
            *included = !terms.excludes(history as u32);
        }
        self.included[0] = hidden.is_some();
        self.target.clear();
        self.target.extend(terms.finite.iter().map(|&term| cells.margins[term as usize]));
        self.target[0] += hidden.unwrap_or(0.0);
    }

    /// Newton's method from `theta`, where the log-likelihood is `value`. With a `floor` it also
    /// bounds the maximum from above and stops when that bound is below the floor.
    ///
    /// The bound: after a Newton step s the means m(c) = μ(c)·(1 + x(c)) with x = A·s have just the
    /// margins asked for. Where no x is below −1, they are a feasible point of the dual problem,
    /// so the maximum is at most Σ μ·((1 + x)·ln(1 + x) − x) above `value`, which is at most Σ μ·x²,
    /// what the step promises.
    fn climb(&mut self, terms: &[u32], mut value: f64, floor: Option<f64>, max_steps: usize) -> Outcome {
        let mut outcome = Outcome {
            log_likelihood: value,
            intercept_variance: f64::NAN,
            steps: 0,
            converged: false,
            ceiling: f64::INFINITY,
        };
        let mut last_promise = f64::INFINITY;
        while !outcome.converged && outcome.steps < max_steps && value.is_finite() {
            for ((slope, target), &term) in self.gradient.iter_mut().zip(&self.target).zip(terms) {
                *slope = target - self.sums[term as usize];
            }
            if !self.factorise(terms) {
                return outcome;
            }
            self.step.copy_from_slice(&self.gradient);
            self.solve_step();
            let promise: f64 = self.gradient.iter().zip(&self.step).map(|(g, s)| g * s).sum();
            if promise <= 0.0 {
                outcome.converged = true;
                break;
            }
            if let Some(floor) = floor
                && value + promise < outcome.ceiling
                && self.step_keeps_means_positive(terms)
            {
                outcome.ceiling = value + promise;
                if outcome.ceiling < floor {
                    return outcome;
                }
            }
            // Near the top each step squares the error; when it no longer does, rounding is all
            // that is left.
            let near = promise < NEAR.max(1e-13 * value.abs());
            outcome.converged = promise < TOLERANCE || (near && promise > 0.25 * last_promise);
            last_promise = promise;
            outcome.steps += 1;
            // The likelihood is concave, so halving the step finds a rise; near the top the rise
            // is below rounding and the full step is right.
            let mut length = 1.0;
            loop {
                for ((new, old), step) in self.candidate.iter_mut().zip(&self.theta).zip(&self.step) {
                    *new = old + length * step;
                }
                let next = self.evaluate(terms);
                if next >= value || (near && next.is_finite()) {
                    value = next;
                    break;
                }
                length *= 0.5;
                if length < 1e-12 {
                    outcome.converged = false;
                    return outcome;
                }
            }
            self.theta.copy_from_slice(&self.candidate);
        }
        outcome.log_likelihood = value;
        outcome
    }

    /// Whether 1 + A·step is nowhere negative on the cells in the fit.
    fn step_keeps_means_positive(&mut self, terms: &[u32]) -> bool {
        self.change.fill(0.0);
        for (&term, &step) in terms.iter().zip(&self.step) {
            self.change[term as usize] = step;
        }
        sum_over_subsets(&mut self.change);
        self.change.iter().zip(&self.included).all(|(x, included)| !included || *x >= -1.0)
    }

    /// First parameters: weighted least squares on the logs of the counts plus 0.1, as in the
    /// usual start of iteratively reweighted least squares.
    fn start(&mut self, cells: &Cells, terms: &Terms, hidden: Option<f64>) -> f64 {
        let count =
            |history: usize| 0.1 + if history == 0 { hidden.unwrap_or(0.0) } else { cells.counts[history] };
        for history in 0..self.sums.len() {
            let weight = if self.included[history] { count(history) } else { 0.0 };
            self.sums[history] = weight;
            self.expected[history] = weight * count(history).ln();
        }
        sum_over_supersets(&mut self.sums);
        sum_over_supersets(&mut self.expected);
        let sum_of_logs: Vec<f64> = terms.finite.iter().map(|&term| self.expected[term as usize]).collect();
        if self.factorise(&terms.finite) {
            self.step.copy_from_slice(&sum_of_logs);
            self.solve_step();
            self.candidate.copy_from_slice(&self.step);
            let value = self.evaluate(&terms.finite);
            if value.is_finite() {
                self.theta.copy_from_slice(&self.candidate);
                return value;
            }
        }
        self.candidate.fill(0.0);
        self.candidate[0] = (self.target[0] / self.included.iter().filter(|&&cell| cell).count() as f64).ln();
        self.theta.copy_from_slice(&self.candidate);
        self.evaluate(&terms.finite)
    }

    /// Expected counts, their sums over supersets and the log-likelihood at the candidate.
    fn evaluate(&mut self, terms: &[u32]) -> f64 {
        self.expected.fill(0.0);
        let mut value = 0.0;
        for ((&term, &theta), target) in terms.iter().zip(&self.candidate).zip(&self.target) {
            self.expected[term as usize] = theta;
            value += target * theta;
        }
        sum_over_subsets(&mut self.expected);
        for (expected, &included) in self.expected.iter_mut().zip(&self.included) {
            *expected = if included { expected.exp() } else { 0.0 };
        }
        self.sums.copy_from_slice(&self.expected);
        sum_over_supersets(&mut self.sums);
        value - self.sums[0]
    }

    /// Cholesky factor of the Hessian, whose entry for two terms is the sum over the cells
    /// that contain both; `false` when it is not positive definite in floating point.
    fn factorise(&mut self, terms: &[u32]) -> bool {
        for (i, &row_term) in terms.iter().enumerate() {
            let row = i * (i + 1) / 2;
            for (j, &column_term) in terms[..=i].iter().enumerate() {
                let column = j * (j + 1) / 2;
                let (done, rest) = self.factor.split_at(row);
                let dot: f64 = if i == j {
                    rest[..j].iter().map(|x| x * x).sum()
                } else {
                    rest[..j].iter().zip(&done[column..column + j]).map(|(x, y)| x * y).sum()
                };
                let entry = self.sums[(row_term | column_term) as usize];
                if i == j {
                    let square = entry - dot;
                    let positive = square > entry * 1e-15;
                    if !positive {
                        return false;
                    }
                    self.factor[row + j] = square.sqrt();
                } else {
                    self.factor[row + j] = (entry - dot) / self.factor[column + j];
                }
            }
        }
        true
    }

    /// Solves H·x = step in place.
    fn solve_step(&mut self) {
        let p = self.step.len();
        for i in 0..p {
            let row = &self.factor[i * (i + 1) / 2..];
            let dot: f64 = row[..i].iter().zip(&self.step).map(|(l, x)| l * x).sum();
            self.step[i] = (self.step[i] - dot) / row[i];
        }
        for i in (0..p).rev() {
            let row = &self.factor[i * (i + 1) / 2..];
            self.step[i] /= row[i];
            let known = self.step[i];
            for (x, l) in self.step[..i].iter_mut().zip(row) {
                *x -= l * known;
            }
        }
    }

    /// Half the deviance of the last fit: Σ n ln(n/μ) − n + μ over the cells in it.
    pub(crate) fn half_deviance(&self, cells: &Cells, hidden: Option<f64>) -> f64 {
        let mut sum = 0.0;
        for (history, (&expected, &included)) in self.expected.iter().zip(&self.included).enumerate() {
            let count = if history == 0 { hidden.unwrap_or(0.0) } else { cells.counts[history] };
            if included {
                sum += if count > 0.0 { count * excess((expected - count) / count) } else { expected };
            }
        }
        sum
    }

    /// Expected count of the cell of those seen in no list, where it is in the fit or not.
    pub(crate) fn hidden(&self) -> f64 {
        self.theta[0].exp()
    }

    /// Standard error of the intercept, the log of the hidden count, at the parameters of the last fit; not a
    /// number when the Hessian there is singular to rounding.
    pub(crate) fn log_hidden_error(&mut self, terms: &[u32]) -> f64 {
        if self.factorise(terms) { self.intercept_variance().sqrt() } else { f64::NAN }
    }

    /// For the term at `place`: about how much twice the log-likelihood falls when it is left out
    /// (Wald's statistic θ²/var θ), from the last factor of the Hessian.
    pub(crate) fn loss_without(&mut self, place: usize) -> f64 {
        self.forward_unit(place);
        self.theta[place].powi(2) / self.step[place..].iter().map(|x| x * x).sum::<f64>()
    }

    /// Parameters of the other terms to start from when the term at `place` is left out: the
    /// maximum where that one is 0, as far as the last factor of the Hessian tells.
    pub(crate) fn start_without(&mut self, place: usize) -> Vec<f64> {
        self.step.fill(0.0);
        self.step[place] = 1.0;
        self.solve_step();
        let share = self.theta[place] / self.step[place];
        let others = self.theta.iter().zip(&self.step).enumerate().filter(|(i, _)| *i != place);
        others.map(|(_, (theta, x))| theta - share * x).collect()
    }

    /// Expected persons in all lists of `overlap` if only the terms `empty` did not keep them out.
    pub(crate) fn expected_without_exclusion(&mut self, terms: &[u32], empty: &[u32], overlap: u32) -> f64 {
        self.change.fill(0.0);
        for (&term, &theta) in terms.iter().zip(&self.theta) {
            self.change[term as usize] = theta;
        }
        sum_over_subsets(&mut self.change);
        let inside = |history: usize| {
            let history = history as u32;
            history & overlap == overlap
                && empty.iter().all(|&term| term & overlap == overlap || history & term != term)
        };
        self.change.iter().enumerate().filter(|&(history, _)| inside(history)).map(|(_, x)| x.exp()).sum()
    }

    /// L⁻¹·e for the unit vector e at `place`, into `step`; 0 before that place.
    fn forward_unit(&mut self, place: usize) {
        self.step.fill(0.0);
        self.step[place] = 1.0;
        for i in place..self.step.len() {
            let row = &self.factor[i * (i + 1) / 2..];
            let dot: f64 = row[place..i].iter().zip(&self.step[place..]).map(|(l, x)| l * x).sum();
            self.step[i] = (self.step[i] - dot) / row[i];
        }
    }

    /// First diagonal entry of the inverse Hessian: the squared length of the first column of
    /// the inverse factor.
    fn intercept_variance(&mut self) -> f64 {
        self.forward_unit(0);
        self.step.iter().map(|x| x * x).sum()
    }
}

/// d − ln(1 + d), without cancellation near 0.
fn excess(d: f64) -> f64 {
    if d.abs() < 1e-3 {
        d * d * (1.0 / 2.0 - d * (1.0 / 3.0 - d * (1.0 / 4.0 - d * (1.0 / 5.0 - d / 6.0))))
    } else {
        d - d.ln_1p()
    }
}
