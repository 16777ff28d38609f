//! The likelihood of one stratum, with its number detected given.

use crate::loglinear::{Model, sum_over_subsets, sum_over_supersets};

/// The terms that every stratum has, the intercept apart: the lists, then the pairs.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) lists: usize,
    /// Terms as sets of lists; the first [`Shape::lists`] are the lists themselves.
    pub(super) terms: Vec<u32>,
    /// Union of two terms, for the lower triangle by rows.
    unions: Vec<u32>,
}

impl Shape {
    pub(super) fn new(model: Model) -> Self {
        let terms: Vec<u32> = model.terms().into_iter().filter(|&term| term != 0).collect();
        let rows = terms.iter().enumerate();
        let unions = rows.flat_map(|(i, a)| terms[..=i].iter().map(move |b| a | b)).collect();
        Self { lists: model.lists(), terms, unions }
    }

    /// Number of terms.
    pub(super) fn size(&self) -> usize {
        self.terms.len()
    }
}

/// What a stratum has seen: all that its likelihood needs.
#[derive(Debug, Clone)]
pub(super) struct Stratum {
    /// Number of persons detected; at least 1.
    pub(super) detected: f64,
    /// Persons in all lists of each term.
    pub(super) margins: Vec<f64>,
}

/// Memory for evaluating likelihoods.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    cells: Vec<f64>,
    means: Vec<f64>,
}

impl Scratch {
    pub(super) fn new(shape: &Shape) -> Self {
        Self { cells: vec![0.0; 1 << shape.lists], means: vec![0.0; shape.size()] }
    }

    /// ln D for D = Σ exp Σ θ(t), the sum over all histories but the one of nobody; with the intercept
    /// α the expected number detected is e^α·D and the expected number hidden e^α.
    pub(super) fn log_detected(&mut self, shape: &Shape, theta: &[f64]) -> f64 {
        let (sum, top) = self.weigh(shape, theta);
        sum.ln() + top
    }

    /// Log-likelihood Σ m(t)·θ(t) − n·ln D: multinomial, given the number n detected. The intercept
    /// with a flat prior, summed over, gives the same.
    pub(super) fn value(&mut self, shape: &Shape, stratum: &Stratum, theta: &[f64]) -> f64 {
        linear(stratum, theta) - stratum.detected * self.log_detected(shape, theta)
    }

    /// The same; adds its gradient to `gradient` and its negative Hessian to `hessian`, a lower
    /// triangle by rows.
    pub(super) fn derivatives(
        &mut self,
        shape: &Shape,
        stratum: &Stratum,
        theta: &[f64],
        gradient: &mut [f64],
        hessian: &mut [f64],
    ) -> f64 {
        let (sum, top) = self.weigh(shape, theta);
        sum_over_supersets(&mut self.cells);
        let n = stratum.detected;
        for (((mean, slope), margin), &term) in
            self.means.iter_mut().zip(gradient).zip(&stratum.margins).zip(&shape.terms)
        {
            *mean = self.cells[term as usize] / sum;
            *slope += margin - n * *mean;
        }
        let mut at = 0;
        for (i, mean) in self.means.iter().enumerate() {
            for other in &self.means[..=i] {
                hessian[at] += n * (self.cells[shape.unions[at] as usize] / sum - mean * other);
                at += 1;
            }
        }
        linear(stratum, theta) - n * (sum.ln() + top)
    }

    /// Weights of the histories, divided by the largest; returns their sum and the log of the largest.
    fn weigh(&mut self, shape: &Shape, theta: &[f64]) -> (f64, f64) {
        self.cells.fill(0.0);
        for (&term, &value) in shape.terms.iter().zip(theta) {
            self.cells[term as usize] = value;
        }
        sum_over_subsets(&mut self.cells);
        let seen = &mut self.cells[1..];
        let top = seen.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for cell in seen {
            *cell = (*cell - top).exp();
            sum += *cell;
        }
        self.cells[0] = 0.0;
        (sum, top)
    }
}

fn linear(stratum: &Stratum, theta: &[f64]) -> f64 {
    stratum.margins.iter().zip(theta).map(|(margin, value)| margin * value).sum()
}

/// Cholesky factor of a lower triangle by rows, in place; `false` when it is not positive definite.
pub(super) fn factorise(matrix: &mut [f64], size: usize) -> bool {
    for i in 0..size {
        let (done, rest) = matrix.split_at_mut(i * (i + 1) / 2);
        for j in 0..i {
            let column = &done[j * (j + 1) / 2..];
            let dot: f64 = rest[..j].iter().zip(column).map(|(x, y)| x * y).sum();
            rest[j] = (rest[j] - dot) / column[j];
        }
        let square = rest[i] - rest[..i].iter().map(|x| x * x).sum::<f64>();
        let positive = square > 0.0 && square.is_finite();
        if !positive {
            return false;
        }
        rest[i] = square.sqrt();
    }
    true
}

/// Solves L·x = vector in place.
pub(super) fn forward(factor: &[f64], vector: &mut [f64]) {
    for i in 0..vector.len() {
        let row = &factor[i * (i + 1) / 2..];
        let dot: f64 = row[..i].iter().zip(&*vector).map(|(l, x)| l * x).sum();
        vector[i] = (vector[i] - dot) / row[i];
    }
}

/// Solves Lᵀ·x = vector in place.
pub(super) fn backward(factor: &[f64], vector: &mut [f64]) {
    for i in (0..vector.len()).rev() {
        let row = &factor[i * (i + 1) / 2..];
        vector[i] /= row[i];
        let known = vector[i];
        for (x, l) in vector[..i].iter_mut().zip(row) {
            *x -= l * known;
        }
    }
}

/// |Lᵀ·x|², the squared length of `vector` by the matrix whose factor this is.
pub(super) fn square_length(factor: &[f64], vector: &[f64]) -> f64 {
    (0..vector.len())
        .map(|j| {
            let sum: f64 = (j..vector.len()).map(|i| factor[i * (i + 1) / 2 + j] * vector[i]).sum();
            sum * sum
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> (Shape, Stratum, Vec<f64>) {
        let shape = Shape::new(Model::main(3).with(0, 2));
        let stratum = Stratum { detected: 60.0, margins: vec![30.0, 25.0, 20.0, 8.0] };
        (shape, stratum, vec![-0.4, -0.9, -1.3, 0.6])
    }

    #[test]
    fn the_likelihood_is_the_sum_by_definition() {
        let (shape, stratum, theta) = case();
        let weight = |history: u32| -> f64 {
            let within = shape.terms.iter().zip(&theta).filter(|(term, _)| history & **term == **term);
            within.map(|(_, value)| value).sum::<f64>().exp()
        };
        let detected: f64 = (1..8).map(weight).sum();
        let expected = linear(&stratum, &theta) - 60.0 * detected.ln();
        let got = Scratch::new(&shape).value(&shape, &stratum, &theta);
        assert!((got - expected).abs() < 1e-12 * expected.abs(), "{got} {expected}");
    }

    #[test]
    fn derivatives_equal_differences() {
        let (shape, stratum, theta) = case();
        let mut scratch = Scratch::new(&shape);
        let p = shape.size();
        let at = |scratch: &mut Scratch, theta: &[f64]| {
            let (mut gradient, mut hessian) = (vec![0.0; p], vec![0.0; p * (p + 1) / 2]);
            let value = scratch.derivatives(&shape, &stratum, theta, &mut gradient, &mut hessian);
            assert!((value - scratch.value(&shape, &stratum, theta)).abs() < 1e-12 * value.abs());
            (gradient, hessian)
        };
        let (gradient, hessian) = at(&mut scratch, &theta);
        for i in 0..p {
            let moved = |step: f64| {
                let mut moved = theta.clone();
                moved[i] += step;
                moved
            };
            let (up, down) = (moved(1e-5), moved(-1e-5));
            let slope =
                (scratch.value(&shape, &stratum, &up) - scratch.value(&shape, &stratum, &down)) / 2e-5;
            assert!((slope - gradient[i]).abs() < 1e-6, "{i}: {slope} {}", gradient[i]);
            let (up, down) = (at(&mut scratch, &up).0, at(&mut scratch, &down).0);
            for j in 0..=i {
                let curve = (down[j] - up[j]) / 2e-5;
                assert!((curve - hessian[i * (i + 1) / 2 + j]).abs() < 1e-5, "{i} {j}");
            }
        }
    }

    #[test]
    fn a_factor_solves_and_measures() {
        let matrix = [4.0, 1.0, 3.0, -0.5, 0.2, 2.0];
        let full = |i: usize, j: usize| matrix[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let mut factor = matrix;
        assert!(factorise(&mut factor, 3));
        let wanted = [1.0, -2.0, 0.5];
        let product: Vec<f64> = (0..3).map(|i| (0..3).map(|j| full(i, j) * wanted[j]).sum()).collect();
        let mut solved = product.clone();
        forward(&factor, &mut solved);
        backward(&factor, &mut solved);
        assert!(solved.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12));
        let length: f64 = product.iter().zip(&wanted).map(|(a, b)| a * b).sum();
        assert!((square_length(&factor, &wanted) - length).abs() < 1e-12);
        assert!(!factorise(&mut [1.0, 2.0, 1.0], 2), "not positive definite");
    }
}
