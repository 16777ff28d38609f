//! How the hidden count of an estimate is spread, in one form for every method.

use crate::numeric::{normal_quantile, quantile, two_sided};

/// Number of values in a spread: enough for the limits of a 99 % interval.
const VALUES: usize = 400;

/// A distribution of the hidden count as 400 values of equal probability, in ascending order:
/// the posterior, the bootstrap distribution or the confidence distribution of a method. Mixtures
/// of methods, of tables and of groups are made from these.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread(Vec<f64>);

impl Spread {
    /// From a quantile function of the hidden count; `None` where it is not a number.
    pub(crate) fn from_quantiles(at: impl Fn(f64) -> Option<f64>) -> Option<Self> {
        // The places at which quantiles of type 8 (Hyndman and Fan 1996) give the values back.
        let place = |i: usize| (i as f64 + 2.0 / 3.0) / (VALUES as f64 + 1.0 / 3.0);
        let mut values: Vec<f64> =
            (0..VALUES).map(|i| at(place(i)).filter(|x| !x.is_nan())).collect::<Option<_>>()?;
        values.sort_by(f64::total_cmp);
        Some(Self(values))
    }

    /// From draws of any number and order, infinite ones included; `None` when there are none.
    pub(crate) fn from_draws(mut draws: Vec<f64>) -> Option<Self> {
        draws.sort_by(f64::total_cmp);
        if draws.is_empty() {
            return None;
        }
        Self::from_quantiles(|p| Some(quantile(&draws, p)))
    }

    /// Log-normal around `median`, with `log_error` the standard deviation of the logarithm.
    pub(crate) fn log_normal(median: f64, log_error: f64) -> Option<Self> {
        Self::from_quantiles(|p| Some(median * (log_error * normal_quantile(p)).exp()))
    }

    /// From a point and its interval at `level`, hidden counts all: log-normal on either side of the
    /// point with the width that the limit on that side tells. A lower limit of 0 tells no width, so
    /// the other side's is taken.
    pub(crate) fn from_interval(point: f64, interval: (f64, f64), level: f64) -> Option<Self> {
        let (low, high) = interval;
        let above = (high / point).ln() / two_sided(level);
        let below = if low > 0.0 { (point / low).ln() / two_sided(level) } else { above };
        let sound = point > 0.0 && above.is_finite() && above >= 0.0 && below.is_finite() && below >= 0.0;
        let error = |z: f64| if z < 0.0 { below } else { above };
        let at = |p| normal_quantile(p);
        sound.then(|| Self::from_quantiles(|p| Some(point * (error(at(p)) * at(p)).exp()))).flatten()
    }

    /// All values, in ascending order.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// Quantile of the hidden count.
    pub fn quantile(&self, p: f64) -> f64 {
        quantile(&self.0, p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_normal_has_its_own_quantiles() {
        let spread = Spread::log_normal(100.0, 0.5).expect("a spread");
        for p in [0.005, 0.025, 0.5, 0.975, 0.995] {
            let expected = 100.0 * (0.5 * normal_quantile(p)).exp();
            // Between two of 400 values, far out, an interpolation errs by a few per mille.
            assert!((spread.quantile(p) / expected - 1.0).abs() < 5e-3, "{p}");
        }
    }

    #[test]
    fn an_interval_is_kept_by_the_spread_made_of_it() {
        let spread = Spread::from_interval(50.0, (40.0, 90.0), 0.95).expect("a spread");
        for (p, expected) in [(0.025, 40.0), (0.5, 50.0), (0.975, 90.0)] {
            assert!((spread.quantile(p) / expected - 1.0).abs() < 3e-3, "{p} {}", spread.quantile(p));
        }
        assert_eq!(Spread::from_interval(50.0, (60.0, 90.0), 0.95), None);
        assert_eq!(Spread::from_interval(0.0, (0.0, 90.0), 0.95), None);
    }

    #[test]
    fn draws_give_their_quantiles_whatever_their_order() {
        let rising: Vec<f64> = (0..1000).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let spread = Spread::from_draws(falling).expect("a spread");
        assert_eq!(Some(&spread), Spread::from_draws(rising).as_ref());
        assert!((spread.quantile(0.5) - 499.5).abs() < 1e-9);
        assert_eq!(Spread::from_draws(Vec::new()), None);
    }
}
