//! Small numerical helpers that several methods share.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma;

/// From here on Stirling's series is exact to rounding.
const STIRLING: f64 = 16.0;

/// What Stirling's formula (x − ½) ln x − x + ½ ln 2π lacks of ln Γ(x), for x ≥ [`STIRLING`].
fn stirling_series(x: f64) -> f64 {
    let square = x * x;
    let inner = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / (1188.0 * square)) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - inner / square) / square) / x
}

/// ln Γ(x) for x > 0. For large x it has its last digits right, which sums of many of them need.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x < STIRLING {
        return gamma::ln_gamma(x);
    }
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + stirling_series(x)
}

/// ln Γ(x + shift) − ln Γ(x + 1) for x ≥ 0 and shift > 0, without the loss of digits of the
/// difference.
pub(crate) fn ln_gamma_ratio(x: f64, shift: f64) -> f64 {
    let (low, high) = (x + 1.0, x + shift);
    if low < STIRLING || high < STIRLING {
        return ln_gamma(high) - ln_gamma(low);
    }
    let apart = shift - 1.0;
    (high - 0.5) * (apart / low).ln_1p() + apart * low.ln() - apart + stirling_series(high)
        - stirling_series(low)
}

/// Quantile of the standard normal distribution.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// Probability that a standard normal variable is at most `x`.
pub(crate) fn normal_probability(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Quantile of values in ascending order, those at infinity included: the one that is nearly
/// unbiased for the median, number 8 of Hyndman and Fan (1996).
pub(crate) fn quantile(ascending: &[f64], p: f64) -> f64 {
    let n = ascending.len();
    let place = (p * (n as f64 + 1.0 / 3.0) + 1.0 / 3.0).clamp(1.0, n as f64);
    // A place that is whole but for rounding is whole: its neighbour, perhaps infinite, has no weight.
    let whole = (place + 1e-9).floor();
    let part = place - whole;
    let low = ascending[whole as usize - 1];
    if part <= 1e-9 || low.is_infinite() { low } else { low + part * (ascending[whole as usize] - low) }
}

/// Half-width in standard errors of a two-sided interval at `level`.
pub(crate) fn two_sided(level: f64) -> f64 {
    normal_quantile(f64::midpoint(1.0, level))
}

/// Standard deviation of the logarithm of a log-normal variable, from its mean and standard error.
pub(crate) fn log_error(mean: f64, error: f64) -> f64 {
    (error / mean).powi(2).ln_1p().sqrt()
}

/// A multinomial draw: `size` persons, dealt cell by cell from those who are left. `mass` is the sum of the
/// weights of all cells, those that are not in `weights` included. Whoever was not dealt is in one of
/// these.
pub(crate) fn multinomial(
    size: u64,
    mass: f64,
    weights: impl IntoIterator<Item = (u32, f64)>,
    random: &mut ChaCha8Rng,
) -> Vec<(u32, u64)> {
    let (mut left, mut mass) = (size, mass);
    let mut dealt = Vec::new();
    for (cell, weight) in weights {
        let chance = if mass > 0.0 { (weight / mass).clamp(0.0, 1.0) } else { 1.0 };
        let drawn = Binomial::new(left, chance).map_or(0, |binomial| binomial.sample(random));
        left -= drawn;
        mass -= weight;
        dealt.push((cell, drawn));
    }
    dealt
}

/// Interval of Chao (1987, equation 12): log-normal on the hidden part, so that its lower
/// end is never below the detected count. `None` when nobody is hidden.
pub(crate) fn log_interval(detected: f64, hidden: f64, error: f64, level: f64) -> Option<(f64, f64)> {
    let ratio = (two_sided(level) * log_error(hidden, error)).exp();
    let (low, high) = (detected + hidden / ratio, detected + hidden * ratio);
    (hidden > 0.0 && high.is_finite()).then_some((low, high))
}

/// ln min(P(X ≤ n), P(X ≥ n)) for X Poisson with the given mean.
pub(crate) fn log_poisson_p(n: f64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return if n > 0.0 { f64::NEG_INFINITY } else { 0.0 };
    }
    let log_point = n * mean.ln() - mean - ln_gamma(n + 1.0);
    // Sum the tail away from the mean, where the terms fall; the other by complement.
    let (mut term, mut series, mut k) = (1.0, 1.0, n);
    if n > mean {
        while term > series * 1e-17 {
            k += 1.0;
            term *= mean / k;
            series += term;
        }
    } else {
        while k > 0.0 && term > series * 1e-17 {
            term *= k / mean;
            k -= 1.0;
            series += term;
        }
    }
    let log_tail = (log_point + series.ln()).min(0.0);
    let other = 1.0 - log_tail.exp() + log_point.exp();
    log_tail.min(other.max(f64::MIN_POSITIVE).ln())
}

/// A root of `f` between `low` and `high`, where `f` has opposite signs (regula falsi in the
/// Illinois form); `None` when it has not.
pub(crate) fn root(mut low: f64, mut high: f64, mut f: impl FnMut(f64) -> f64) -> Option<f64> {
    let (mut at_low, mut at_high) = (f(low), f(high));
    if at_low == 0.0 {
        return Some(low);
    }
    let crosses = at_low * at_high <= 0.0;
    if !crosses {
        return None;
    }
    let mut side = 0;
    for _ in 0..300 {
        let middle = (low * at_high - high * at_low) / (at_high - at_low);
        let middle = if middle > low && middle < high { middle } else { f64::midpoint(low, high) };
        if high - low <= 1e-11 * middle.abs().max(1.0) {
            return Some(middle);
        }
        let value = f(middle);
        if value == 0.0 {
            return Some(middle);
        }
        if (value > 0.0) == (at_high > 0.0) {
            (high, at_high) = (middle, value);
            if side == 1 {
                at_low *= 0.5;
            }
            side = 1;
        } else {
            (low, at_low) = (middle, value);
            if side == -1 {
                at_high *= 0.5;
            }
            side = -1;
        }
        // Illinois converges from both sides in the end; stop when a step no longer moves.
        if value.abs() < 1e-13 {
            return Some(middle);
        }
    }
    Some(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_tails_equal_sums_by_definition() {
        for (n, mean) in [(0_u32, 0.3_f64), (3, 7.5), (9, 2.0), (5, 5.0), (40, 38.2), (1, 30.0)] {
            let point = |k: u32| (f64::from(k) * mean.ln() - mean - ln_gamma(f64::from(k) + 1.0)).exp();
            let lower: f64 = (0..=n).map(point).sum();
            let upper: f64 = (n..n + 400).map(point).sum();
            let expected = lower.min(upper).ln();
            let got = log_poisson_p(f64::from(n), mean);
            assert!((got - expected).abs() < 1e-11, "n {n} mean {mean}: {got} but {expected}");
        }
    }

    #[test]
    fn poisson_tails_beyond_floating_point_are_still_ordered() {
        assert!(log_poisson_p(3000.0, 100.0) < log_poisson_p(2900.0, 100.0));
        assert!(log_poisson_p(3000.0, 100.0).is_finite());
    }

    /// By hand: the places (5 + 1/3)·p + 1/3 among the five values are 1/3 and 13/15 (raised to 1),
    /// 5/3, 3, 77/15 and 17/3 (lowered to 5).
    #[test]
    fn quantiles_are_those_of_type_8() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, expected) in [(0.0, 1.0), (0.1, 1.0), (0.25, 5.0 / 3.0), (0.5, 4.0), (0.9, 16.0), (1.0, 16.0)]
        {
            assert!((quantile(&values, p) - expected).abs() < 1e-12, "{p}");
        }
        let open = [1.0, 2.0, 4.0, f64::INFINITY, f64::INFINITY];
        assert!((quantile(&open, 0.5) - 4.0).abs() < 1e-12, "an infinite neighbour has no weight here");
        assert!(quantile(&open, 0.6).is_infinite() && quantile(&open, 0.9).is_infinite());
    }

    #[test]
    fn gamma_functions_equal_products() {
        for x in [0.03_f64, 0.7, 1.0, 15.5, 16.0, 40.25] {
            let product: f64 = (0..30).map(|i| (x + f64::from(i)).ln()).sum();
            assert!((ln_gamma(x + 30.0) - ln_gamma(x) - product).abs() < 1e-12 * product.abs(), "{x}");
        }
        for x in [0.0, 3.0, 15.0, 200.5, 1e6, 1e20] {
            // Γ(x + 4) / Γ(x + 1) = (x + 1)(x + 2)(x + 3)
            let product: f64 = (1..4).map(|i| (x + f64::from(i)).ln()).sum();
            assert!((ln_gamma_ratio(x, 4.0) - product).abs() < 1e-13 * product.max(10.0), "{x}");
            assert!(ln_gamma_ratio(x, 1.0).abs() < 1e-300);
        }
    }

    #[test]
    fn roots_are_found_to_eleven_digits() {
        let found = root(0.0, 3.0, |x| x * x - 2.0).expect("a change of sign");
        assert!((found - 2.0_f64.sqrt()).abs() < 1e-10);
        assert_eq!(root(0.0, 1.0, |x| x + 1.0), None);
    }
}
