//! Multinomial logistic regression with a ridge, on grouped persons.

use super::cholesky::Symmetric;

/// Weight of the ridge: each coefficient but the intercepts has a normal prior of variance 1.
const RIDGE: f64 = 1.0;
/// Newton's steps; with the ridge the likelihood is strictly concave and few are needed.
const MAX_STEPS: usize = 100;

/// The ridge of a feature. An intercept is not drawn to 0; the little it has keeps categories without
/// persons finite.
fn ridge(feature: usize) -> f64 {
    if feature == 0 { 1e-3 } else { RIDGE }
}

/// Persons alike in all covariates: their features and how many are in each category.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// First feature 1, the intercept.
    pub(crate) features: Vec<f64>,
    pub(crate) counts: Vec<f64>,
}

/// Log-odds of each category against the last, linear in the features.
#[derive(Debug, Clone)]
pub(crate) struct Logistic {
    categories: usize,
    /// Coefficients of category after category.
    beta: Vec<f64>,
}

impl Logistic {
    /// Fits by Newton's method; `None` when it did not converge. Categories without persons take part
    /// and get a small probability.
    pub(crate) fn fit(patterns: &[Pattern], categories: usize) -> Option<Self> {
        let width = patterns.first()?.features.len();
        let size = width * (categories - 1);
        let mut model = Self { categories, beta: vec![0.0; size] };
        let total: f64 = patterns.iter().flat_map(|p| &p.counts).sum();
        let share = |c: usize| patterns.iter().map(|p| p.counts[c]).sum::<f64>() + 0.5;
        for c in 0..categories - 1 {
            model.beta[c * width] = (share(c) / share(categories - 1)).ln();
        }
        let mut value = model.objective(patterns);
        for _ in 0..MAX_STEPS {
            let mut gradient: Vec<f64> =
                model.beta.iter().enumerate().map(|(i, beta)| -ridge(i % width) * beta).collect();
            let mut hessian = Symmetric::zero(size);
            for i in 0..size {
                *hessian.at(i, i) += ridge(i % width);
            }
            for pattern in patterns {
                let n: f64 = pattern.counts.iter().sum();
                if n == 0.0 {
                    continue;
                }
                let p = model.probabilities(&pattern.features);
                for c in 0..categories - 1 {
                    let residual = pattern.counts[c] - n * p[c];
                    for (j, x) in pattern.features.iter().enumerate() {
                        gradient[c * width + j] += residual * x;
                    }
                    for d in 0..=c {
                        let weight = n * (if c == d { p[c] } else { 0.0 } - p[c] * p[d]);
                        for (j, x) in pattern.features.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                            let last = if c == d { j + 1 } else { width };
                            for (k, y) in pattern.features[..last].iter().enumerate() {
                                *hessian.at(c * width + j, d * width + k) += weight * x * y;
                            }
                        }
                    }
                }
            }
            let step = hessian.factor(0.0)?.solve(&gradient);
            let promise: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
            if promise < 1e-12 * total.max(1.0) {
                return Some(model);
            }
            let before = model.beta.clone();
            let mut length = 1.0;
            loop {
                for ((beta, old), step) in model.beta.iter_mut().zip(&before).zip(&step) {
                    *beta = old + length * step;
                }
                let next = model.objective(patterns);
                if next > value {
                    value = next;
                    break;
                }
                length *= 0.5;
                if length < 1e-9 {
                    // Rounding is all that is left to gain, or the counts are beyond it.
                    model.beta = before;
                    return (promise < 1e-6 * total.max(1.0)).then_some(model);
                }
            }
        }
        None
    }

    /// Probability of each category for a person with these features.
    pub(crate) fn probabilities(&self, features: &[f64]) -> Vec<f64> {
        let width = features.len();
        let mut scores: Vec<f64> = (0..self.categories - 1)
            .map(|c| self.beta[c * width..(c + 1) * width].iter().zip(features).map(|(b, x)| b * x).sum())
            .collect();
        scores.push(0.0);
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = (*score - top).exp();
            sum += *score;
        }
        scores.iter().map(|score| score / sum).collect()
    }

    fn objective(&self, patterns: &[Pattern]) -> f64 {
        let Some(width) = patterns.first().map(|p| p.features.len()) else { return 0.0 };
        let penalty: f64 = self.beta.iter().enumerate().map(|(i, b)| ridge(i % width) * b * b / 2.0).sum();
        let score = |p: &Pattern| log_score(&p.counts, &self.probabilities(&p.features));
        patterns.iter().map(score).sum::<f64>() - penalty
    }
}

/// Σ n ln p over categories.
pub(crate) fn log_score(counts: &[f64], p: &[f64]) -> f64 {
    counts.iter().zip(p).filter(|(n, _)| **n > 0.0).map(|(n, p)| n * p.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_many_persons_a_saturated_fit_has_the_shares_observed() {
        let pattern = |x: f64, counts: [f64; 3]| Pattern { features: vec![1.0, x], counts: counts.to_vec() };
        let data = [pattern(0.0, [2e6, 3e6, 5e6]), pattern(1.0, [6e6, 3e6, 1e6])];
        let model = Logistic::fit(&data, 3).expect("a fit");
        for pattern in &data {
            let p = model.probabilities(&pattern.features);
            for (p, n) in p.iter().zip(&pattern.counts) {
                assert!((p - n / 1e7).abs() < 1e-5, "{p} {n}");
            }
        }
    }

    #[test]
    fn at_the_maximum_the_slope_is_that_of_the_ridge() {
        let data: Vec<Pattern> = (0..12)
            .map(|i| {
                let x = f64::from(i) / 4.0 - 1.5;
                let counts = vec![f64::from(i * 7 % 5 + i), f64::from(i * 3 % 4), f64::from(12 - i)];
                Pattern { features: vec![1.0, x, x * x], counts }
            })
            .collect();
        let model = Logistic::fit(&data, 3).expect("a fit");
        for i in 0..6 {
            let (mut up, mut down) = (model.clone(), model.clone());
            up.beta[i] += 1e-5;
            down.beta[i] -= 1e-5;
            let slope = (up.objective(&data) - down.objective(&data)) / 2e-5;
            assert!(slope.abs() < 1e-4, "{i}: {slope}");
        }
    }

    #[test]
    fn an_empty_category_leaves_finite_numbers() {
        let data = [Pattern { features: vec![1.0, 1.0], counts: vec![0.0, 40.0, 2.0] }];
        let p = Logistic::fit(&data, 3).expect("a fit").probabilities(&data[0].features);
        assert!(p[0] > 0.0 && p[0] < 0.05 && (p.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{p:?}");
    }
}
