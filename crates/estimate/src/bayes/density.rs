//! The posterior density of a model's parameters, its top, and the normal approximation there.

use crate::loglinear::{Cells, multiply_over_subsets, sum_over_supersets};

/// More steps than Newton's method needs.
const MAX_STEPS: usize = 100;
/// Twice the gain that Newton's step still promises, at which the search ends: the top is then found to
/// a millionth of a standard deviation.
const TOLERANCE: f64 = 1e-12;

/// ln of the posterior density, up to one constant for all models:
/// Σ t(s)·θ(s) − Σ μ(c) over the cells c ≠ ∅, and for every term of two or more lists the logarithm of
/// the normal density with mean 0 and the given variance. Intercept and lists have flat priors.
#[derive(Debug, Clone)]
pub(super) struct Density<'a> {
    cells: &'a Cells,
    variance: f64,
    /// Expected count of each cell at the parameters last looked at, 0 for those in no list.
    expected: Vec<f64>,
    sums: Vec<f64>,
    gradient: Vec<f64>,
    step: Vec<f64>,
    candidate: Vec<f64>,
}

/// The top of the density of one model.
#[derive(Debug, Clone)]
pub(super) struct Top {
    pub(super) theta: Vec<f64>,
    /// Value at the top.
    pub(super) height: f64,
    /// ln of the integral of the normal curve that touches the density there (Laplace's method).
    pub(super) log_mass: f64,
}

impl<'a> Density<'a> {
    pub(super) fn new(cells: &'a Cells, variance: f64) -> Self {
        let size = cells.counts.len();
        Self {
            cells,
            variance,
            expected: vec![0.0; size],
            sums: vec![0.0; size],
            gradient: Vec::new(),
            step: Vec::new(),
            candidate: Vec::new(),
        }
    }

    /// Value at `theta`, the parameters of the terms `sets`; −∞ where a mean overflows.
    pub(super) fn value(&mut self, sets: &[u32], theta: &[f64]) -> f64 {
        self.expected.fill(1.0);
        let (mut value, mut squares) = (0.0, 0.0);
        for (&set, &theta) in sets.iter().zip(theta) {
            self.expected[set as usize] = theta.exp();
            value += self.cells.margins[set as usize] * theta;
            squares += if is_shrunk(set) { theta * theta } else { 0.0 };
        }
        // μ(c) is the product of exp θ(s) over the terms within c: few exponentials do for all cells.
        multiply_over_subsets(&mut self.expected);
        self.expected[0] = 0.0;
        let mean: f64 = self.expected.iter().sum();
        let shrunk = (sets.len() - 1 - self.cells.lists) as f64;
        let constant = 0.5 * shrunk * (std::f64::consts::TAU * self.variance).ln();
        let value = value - mean - 0.5 * squares / self.variance - constant;
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    }

    /// Parameters of the model of the lists alone to start from: as if half of the persons had been seen.
    pub(super) fn start(&self) -> Vec<f64> {
        let total = 2.0 * self.cells.detected;
        let odds = |i: usize| {
            let seen = self.cells.margins[1 << i];
            (seen / (total - seen)).ln()
        };
        let lists: Vec<f64> = (0..self.cells.lists).map(odds).collect();
        let unseen: f64 = lists.iter().map(|odds| -odds.exp().ln_1p()).sum();
        std::iter::once(total.ln() + unseen).chain(lists).collect()
    }

    /// The top, by Newton's method from `start`; `None` when it is not found.
    pub(super) fn top(&mut self, sets: &[u32], start: &[f64], factor: &mut Vec<f64>) -> Option<Top> {
        let p = sets.len();
        let mut theta = start.to_vec();
        let mut height = self.value(sets, &theta);
        let mut last_promise = f64::INFINITY;
        for _ in 0..MAX_STEPS {
            self.slopes(sets, &theta, factor)?;
            self.step.clone_from(&self.gradient);
            solve(factor, &mut self.step);
            let promise: f64 = self.gradient.iter().zip(&self.step).map(|(g, s)| g * s).sum();
            // Near the top each step squares the error; when it no longer does, rounding is left.
            let near = promise < 1e-6_f64.max(1e-13 * height.abs());
            if promise < TOLERANCE || (near && promise > 0.25 * last_promise) {
                let half_log_determinant: f64 = (0..p).map(|i| factor[i * (i + 1) / 2 + i].ln()).sum();
                let log_mass = height + 0.5 * p as f64 * std::f64::consts::TAU.ln() - half_log_determinant;
                return log_mass.is_finite().then_some(Top { theta, height, log_mass });
            }
            last_promise = promise;
            // The density is log-concave, so halving the step finds a rise.
            let mut length = 1.0;
            loop {
                self.candidate.clear();
                self.candidate
                    .extend(theta.iter().zip(&self.step).map(|(theta, step)| theta + length * step));
                let candidate = std::mem::take(&mut self.candidate);
                let next = self.value(sets, &candidate);
                self.candidate = candidate;
                if next >= height || (near && next.is_finite()) {
                    height = next;
                    break;
                }
                length *= 0.5;
                if length < 1e-12 {
                    return None;
                }
            }
            theta.copy_from_slice(&self.candidate);
        }
        None
    }

    /// Cholesky factor L of the negative second derivatives at `theta`, H = L·Lᵀ.
    pub(super) fn factor(&mut self, sets: &[u32], theta: &[f64], factor: &mut Vec<f64>) -> Option<()> {
        self.value(sets, theta);
        self.slopes(sets, theta, factor)
    }

    /// Gradient and factor at `theta`, where the value has just been taken.
    fn slopes(&mut self, sets: &[u32], theta: &[f64], factor: &mut Vec<f64>) -> Option<()> {
        self.sums.copy_from_slice(&self.expected);
        sum_over_supersets(&mut self.sums);
        self.gradient.clear();
        for (&set, &theta) in sets.iter().zip(theta) {
            let pull = if is_shrunk(set) { theta / self.variance } else { 0.0 };
            self.gradient.push(self.cells.margins[set as usize] - self.sums[set as usize] - pull);
        }
        let p = sets.len();
        factor.clear();
        factor.resize(p * (p + 1) / 2, 0.0);
        for (i, &row_set) in sets.iter().enumerate() {
            let row = i * (i + 1) / 2;
            let (done, rest) = factor.split_at_mut(row);
            for (j, &column_set) in sets[..i].iter().enumerate() {
                let column = j * (j + 1) / 2;
                let dot = dot(&rest[..j], &done[column..column + j]);
                rest[j] = (self.sums[(row_set | column_set) as usize] - dot) / done[column + j];
            }
            let entry =
                self.sums[row_set as usize] + if is_shrunk(row_set) { 1.0 / self.variance } else { 0.0 };
            let square = entry - dot(&rest[..i], &rest[..i]);
            let positive = square > entry * 1e-15;
            if !positive {
                return None;
            }
            rest[i] = square.sqrt();
        }
        Some(())
    }
}

/// Whether the term has a normal prior: a pair or a three.
fn is_shrunk(set: u32) -> bool {
    set.count_ones() > 1
}

/// Sum of products, in four sums that do not wait for each other.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (mut sums, split) = ([0.0; 4], x.len() / 4 * 4);
    for (x, y) in x[..split].chunks_exact(4).zip(y[..split].chunks_exact(4)) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f64 = x[split..].iter().zip(&y[split..]).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Solves L·Lᵀ·x = x in place.
fn solve(factor: &[f64], x: &mut [f64]) {
    for i in 0..x.len() {
        let row = &factor[i * (i + 1) / 2..];
        x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
    }
    solve_transposed(factor, x);
}

/// Solves Lᵀ·x = x in place.
pub(super) fn solve_transposed(factor: &[f64], x: &mut [f64]) {
    for i in (0..x.len()).rev() {
        let row = &factor[i * (i + 1) / 2..];
        x[i] /= row[i];
        let known = x[i];
        for (x, l) in x[..i].iter_mut().zip(row) {
            *x -= l * known;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayes::space::Space;
    use crate::loglinear::{Model, Solver, fit_cells};

    /// With a prior that says nothing the top is the maximum of the likelihood, and the factor's
    /// first variance that of its intercept.
    #[test]
    fn the_top_under_a_flat_prior_is_the_maximum_of_the_likelihood() {
        let cells =
            Cells::from_counts(4, (1..16).map(|h| (h, 3 + u64::from(h * h) % 40 + u64::from(40 / h))));
        let space = Space::new(4, 2);
        for bits in [0, 0b1, 0b10_1001, 0b11_1111] {
            let sets = space.sets(bits);
            let mut density = Density::new(&cells, 1e12);
            let mut start = density.start();
            start.resize(sets.len(), 0.0);
            let mut factor = Vec::new();
            let top = density.top(&sets, &start, &mut factor).expect("a top");
            let model = Model::from_bits(4, u128::from(bits));
            let fit = fit_cells(&cells, model, &mut Solver::new(&cells)).expect("a fit");
            for (theta, (_, expected)) in top.theta.iter().zip(&fit.coefficients) {
                // The search ends within a millionth of a standard deviation, and those are below 1.
                assert!((theta - expected).abs() < 1e-6, "{bits:b}: {theta} but {expected}");
            }
            let mut unit = vec![0.0; sets.len()];
            unit[0] = 1.0;
            solve(&factor, &mut unit);
            assert!((unit[0].sqrt() / fit.log_hidden_error - 1.0).abs() < 1e-5, "{bits:b}");
        }
    }

    /// Laplace's method is exact for a normal density, and the likelihood is close to one when there are
    /// many persons: the value falls by half a squared step away from the top.
    #[test]
    fn the_density_is_close_to_its_normal_curve_for_large_counts() {
        let cells = Cells::from_counts(
            3,
            [(1, 4e7), (2, 3e7), (4, 2e7), (3, 9e6), (5, 5e6), (6, 4e6), (7, 1e6)]
                .map(|(h, n)| (h, n as u64)),
        );
        let space = Space::new(3, 2);
        let sets = space.sets(0b11);
        let mut density = Density::new(&cells, 1.0);
        let mut start = density.start();
        start.resize(sets.len(), 0.0);
        let mut factor = Vec::new();
        let top = density.top(&sets, &start, &mut factor).expect("a top");
        for place in 0..sets.len() {
            let mut step = vec![0.0; sets.len()];
            step[place] = 1.5;
            solve_transposed(&factor, &mut step);
            let theta: Vec<f64> = top.theta.iter().zip(&step).map(|(theta, step)| theta + step).collect();
            let fall = top.height - density.value(&sets, &theta);
            assert!((fall - 0.5 * 1.5 * 1.5).abs() < 5e-3, "{place}: {fall}");
        }
    }
}
