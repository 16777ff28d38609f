//! Weights for a mixture of methods, by how well the mixture foretells known populations.

/// Values that stand for a distribution here.
const POINTS: usize = 40;
/// Steps towards the best weights.
const STEPS: usize = 2000;

/// One population of known size: the distribution that each method gave, and the truth, all as
/// logarithms of the total.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    /// By method, `POINTS` values of equal probability in ascending order.
    methods: Vec<Vec<f64>>,
    truth: f64,
}

impl Trial {
    /// `None` in `methods` is a method that gave no distribution: the others stand in for it, in equal
    /// parts. `None` when no method did.
    pub(super) fn new(methods: &[Option<Vec<f64>>], truth: f64) -> Option<Self> {
        let mut others: Vec<f64> = methods.iter().flatten().flatten().copied().collect();
        if others.is_empty() {
            return None;
        }
        others.sort_by(f64::total_cmp);
        let methods = methods
            .iter()
            .map(|values| thinned(values.as_deref().filter(|v| !v.is_empty()).unwrap_or(&others)))
            .collect();
        Some(Self { methods, truth })
    }
}

/// `POINTS` values spread evenly over ascending ones.
fn thinned(values: &[f64]) -> Vec<f64> {
    let step = values.len() as f64 / POINTS as f64;
    (0..POINTS).map(|i| values[((i as f64 + 0.5) * step) as usize]).collect()
}

/// Mean of |x − y| over all pairs of ascending values.
fn mean_difference(xs: &[f64], ys: &[f64]) -> f64 {
    let mut below = 0;
    let (mut sum, mut sum_below) = (0.0, 0.0);
    let all: f64 = ys.iter().sum();
    for &x in xs {
        while below < ys.len() && ys[below] <= x {
            sum_below += ys[below];
            below += 1;
        }
        let above = ys.len() - below;
        sum += x * below as f64 - sum_below + (all - sum_below) - x * above as f64;
    }
    sum / (xs.len() * ys.len()) as f64
}

/// Weights, adding up to 1, that minimise the mean continuous ranked probability score of the
/// mixture over the trials (Gneiting and Raftery 2007; stacking of distributions as in Yao et al. 2018).
///
/// The score of a mixture F = Σ w·F at the truth y is Σ wᵢ·E|Xᵢ − y| − ½ ΣΣ wᵢwⱼ·E|Xᵢ − Xⱼ|, convex in w.
/// A small square penalty draws the weights to each other, since the trials are few: as much as one
/// trial more in which all methods do equally well.
pub(super) fn weights(trials: &[Trial]) -> Vec<f64> {
    let Some(first) = trials.first() else { return Vec::new() };
    let methods = first.methods.len();
    let count = trials.len() as f64;
    let mut linear = vec![0.0; methods];
    let mut square = vec![vec![0.0; methods]; methods];
    for trial in trials {
        for (i, xs) in trial.methods.iter().enumerate() {
            linear[i] += xs.iter().map(|x| (x - trial.truth).abs()).sum::<f64>() / (POINTS as f64 * count);
            for (j, ys) in trial.methods.iter().enumerate().take(i) {
                let apart = mean_difference(xs, ys) / count;
                square[i][j] += apart;
                square[j][i] += apart;
            }
            square[i][i] += mean_difference(xs, xs) / count;
        }
    }
    let scale = linear.iter().fold(0.0_f64, |a, &b| a.max(b)).max(f64::MIN_POSITIVE);
    let penalty = scale / count;
    // Exponentiated gradient stays on the simplex and needs no projection.
    let mut weights = vec![1.0 / methods as f64; methods];
    for step in 0..STEPS {
        let rate = 2.0 / (scale * (1.0 + step as f64 / 100.0).sqrt());
        let slope: Vec<f64> = (0..methods)
            .map(|i| {
                let shared: f64 = weights.iter().zip(&square[i]).map(|(w, s)| w * s).sum();
                linear[i] - shared + 2.0 * penalty * (weights[i] - 1.0 / methods as f64)
            })
            .collect();
        let least = slope.iter().fold(f64::INFINITY, |a, &b| a.min(b));
        for (weight, slope) in weights.iter_mut().zip(&slope) {
            *weight *= (-rate * (slope - least)).exp();
        }
        let all: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= all;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_difference_is_that_by_definition() {
        let (xs, ys) = ([0.0, 1.0, 5.0], [0.5, 1.0, 2.0, 9.0]);
        let by_hand: f64 = xs.iter().flat_map(|x: &f64| ys.iter().map(move |y| (x - y).abs())).sum();
        assert!((mean_difference(&xs, &ys) - by_hand / 12.0).abs() < 1e-12);
        assert!((mean_difference(&ys, &xs) - by_hand / 12.0).abs() < 1e-12);
    }

    #[test]
    fn a_method_that_is_right_gets_the_weight() {
        let spread = |middle: f64| Some((0..100).map(|i| middle + f64::from(i) / 100.0 - 0.495).collect());
        let trials: Vec<Trial> = (0..50)
            .filter_map(|i| {
                let truth = f64::from(i % 10) / 10.0 - 0.45;
                Trial::new(&[spread(0.0), spread(2.0), spread(-3.0)], truth)
            })
            .collect();
        let found = weights(&trials);
        assert!(found[0] > 0.9 && (found.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn two_methods_that_err_to_either_side_share_the_weight() {
        let spread = |middle: f64| Some((0..40).map(|i| middle + f64::from(i) / 100.0).collect());
        let trials: Vec<Trial> = (0..40)
            .filter_map(|i| {
                Trial::new(&[spread(1.0), spread(-1.0), None], if i % 2 == 0 { 1.2 } else { -0.8 })
            })
            .collect();
        let found = weights(&trials);
        assert!((found[0] - found[1]).abs() < 0.05, "{found:?}");
    }
}
