//! The studentised bootstrap (bootstrap-t): how far the replicates lie from the estimate in standard errors
//! of their own, on the scale of the logarithm.

use crate::bootstrap::Choice;
use crate::numeric::quantile;
use crate::spread::Spread;

/// t* = (ln u* − ln u)/se* of each replicate, with u* its hidden count and se* the standard error of ln u*
/// (Efron and Tibshirani 1993, section 12.5).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Studentised {
    log_hidden: f64,
    log_error: f64,
    /// In ascending order, those that cannot be told taken for the lowest.
    at_least: Vec<f64>,
    /// The same taken for the highest.
    at_most: Vec<f64>,
    /// Replicates of which t* cannot be told, since they have no estimate or no standard error.
    pub(crate) untold: usize,
}

impl Studentised {
    /// `None` when the estimate itself has no standard error.
    pub(crate) fn new(chosen: Choice, draws: &[Option<Choice>]) -> Option<Self> {
        let usable = |choice: &Choice| {
            choice.hidden > 0.0
                && choice.hidden.is_finite()
                && choice.log_error > 0.0
                && choice.log_error.is_finite()
        };
        if !usable(&chosen) {
            return None;
        }
        let log_hidden = chosen.hidden.ln();
        let known = draws.iter().flatten().filter(|draw| usable(draw));
        let known: Vec<f64> = known.map(|draw| (draw.hidden.ln() - log_hidden) / draw.log_error).collect();
        let untold = draws.len() - known.len();
        let filled = |with: f64| {
            let mut values = known.clone();
            values.resize(draws.len(), with);
            values.sort_by(f64::total_cmp);
            values
        };
        Some(Self {
            log_hidden,
            log_error: chosen.log_error,
            at_least: filled(f64::NEG_INFINITY),
            at_most: filled(f64::INFINITY),
            untold,
        })
    }

    /// Quantile of t*. What cannot be told makes the interval longer: below the median it counts as the
    /// lowest, above as the highest.
    pub(crate) fn t(&self, p: f64) -> f64 {
        quantile(if p < 0.5 { &self.at_least } else { &self.at_most }, p)
    }

    /// The hidden count that is exceeded with confidence 1 − `p`: u·exp(−t(1 − p)·se). Infinite, or 0, when
    /// t(1 − p) is among those that cannot be told.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        (self.log_hidden - self.t(1.0 - p) * self.log_error).exp()
    }

    /// The confidence distribution of the hidden count.
    pub(crate) fn spread(&self) -> Option<Spread> {
        Spread::from_quantiles(|p| Some(self.quantile(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loglinear::Model;

    fn choice(hidden: f64, log_error: f64) -> Choice {
        Choice { model: Model::main(2), hidden, log_error }
    }

    /// With t* of −2, −1, 0, 1, 2, whose quantile of type 8 at 1/4 is −2 + (5/3 − 1) = −4/3.
    #[test]
    fn limits_are_those_of_the_formula() {
        let t = [-2.0_f64, -1.0, 0.0, 1.0, 2.0];
        // Each with a standard error of its own.
        let draws: Vec<Option<Choice>> = t
            .iter()
            .enumerate()
            .map(|(i, t)| {
                let error = 0.1 + 0.05 * i as f64;
                Some(choice(100.0 * (t * error).exp(), error))
            })
            .collect();
        let found = Studentised::new(choice(100.0, 0.3), &draws).expect("a standard error");
        assert_eq!(found.untold, 0);
        for (p, expected) in [(0.25, -4.0 / 3.0), (0.5, 0.0), (0.75, 4.0 / 3.0)] {
            assert!((found.t(p) - expected).abs() < 1e-9, "{p} {}", found.t(p));
            assert!((found.quantile(1.0 - p) / (100.0 * (-0.3 * expected).exp()) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_cannot_be_told_makes_the_interval_longer_on_both_sides() {
        let mut draws: Vec<Option<Choice>> =
            (0..99).map(|i| Some(choice(100.0 * (0.01 * f64::from(i - 49)).exp(), 0.2))).collect();
        let all = Studentised::new(choice(100.0, 0.2), &draws).expect("a standard error");
        draws[3] = None;
        draws[90] = Some(choice(130.0, f64::NAN));
        let some = Studentised::new(choice(100.0, 0.2), &draws).expect("a standard error");
        assert_eq!(some.untold, 2);
        assert!(some.quantile(0.1) < all.quantile(0.1) && some.quantile(0.9) > all.quantile(0.9));
        assert!(some.quantile(0.005) == 0.0 && some.quantile(0.995).is_infinite());
        assert_eq!(Studentised::new(choice(100.0, f64::INFINITY), &draws), None);
    }
}
