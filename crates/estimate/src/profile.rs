//! Profile likelihood of the total under a log-linear model (Cormack 1992).

use statrs::function::gamma::{digamma, ln_gamma};

use crate::loglinear::{Cells, Fit, Solver, Terms};
use crate::numeric::{root, two_sided};

/// Beyond this many times the detected count an upper limit is called open.
const OPEN: f64 = 1e6;

/// Where the profile likelihood has its maximum and how far its interval reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Profile {
    /// Hidden count at the maximum.
    pub(crate) hidden: f64,
    /// Lower limit of the hidden count, 0 when the likelihood there is still high enough.
    pub(crate) low: f64,
    /// Upper limit of the hidden count; `None` when the data do not bound it.
    pub(crate) high: Option<f64>,
}

/// Maximises the multinomial likelihood over all parameters but the total, for every total.
///
/// With u hidden and N = n + u in all, twice the log-likelihood is, up to a constant,
/// 2·(s(N) − s(u)) − D(u), where D is the deviance of the Poisson model fitted to the table
/// with u in its empty cell, and s(x) = ln x! − x ln x + x. `None` when a fit on the way did
/// not converge.
pub(crate) fn profile(cells: &Cells, fit: &Fit, level: f64) -> Option<Profile> {
    let terms = Terms::of(cells, fit.model);
    let mut solver = Solver::new(cells);
    let mut sound = true;
    // Log-likelihood and its slope in u; the slope follows from the envelope theorem.
    let mut at = |hidden: f64| {
        sound &= solver.fit(cells, &terms, Some(hidden)).converged;
        let total = cells.detected + hidden;
        let value = stirling_rest(total) - stirling_rest(hidden) - solver.half_deviance(cells, Some(hidden));
        let slope = digamma(total + 1.0) - digamma(hidden + 1.0) + solver.theta[0] - total.ln();
        (value, slope)
    };
    // Work on the scale x = ln(1 + u), on which both limits are of moderate size.
    let limit = (OPEN * cells.detected.max(1.0)).ln_1p();
    let (top, hidden) = if at(0.0).1 <= 0.0 {
        (at(0.0).0, 0.0)
    } else {
        let mut high = fit.hidden.ln_1p().max(0.1);
        while at(high.exp_m1()).1 > 0.0 {
            high *= 1.2;
            if high > limit {
                return None;
            }
        }
        let x = root(0.0, high, |x| at(x.exp_m1()).1)?;
        (at(x.exp_m1()).0, x.exp_m1())
    };
    let drop = two_sided(level).powi(2) / 2.0;
    let peak = hidden.ln_1p();
    let low = root(0.0, peak, |x| at(x.exp_m1()).0 - top + drop).map_or(0.0, f64::exp_m1);
    let mut far = peak + 0.5;
    let high = loop {
        if at(far.exp_m1()).0 < top - drop {
            break root(peak, far, |x| at(x.exp_m1()).0 - top + drop).map(f64::exp_m1);
        }
        far += 1.0;
        if far > limit {
            break None;
        }
    };
    sound.then_some(Profile { hidden, low, high })
}

/// s(x) = ln x! − x ln x + x, 0 at 0.
fn stirling_rest(x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x < 1e3 {
        ln_gamma(x + 1.0) - x * x.ln() + x
    } else {
        // The asymptotic series is exact to rounding here and has no cancellation.
        let square = x * x;
        0.5 * (std::f64::consts::TAU * x).ln()
            + (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / x
    }
}

#[cfg(test)]
mod tests {
    use model::CaptureTable;

    use super::*;
    use crate::loglinear::{Model, fit_cells};

    /// Under independent lists the profile likelihood has a closed form (Darroch 1958):
    /// N!/(N − n)! · Π (1 − nᵢ/N)^(N − nᵢ) · (nᵢ/N)^nᵢ.
    #[test]
    fn profile_of_independent_lists_equals_its_closed_form() {
        let lists = ["A", "B", "C"].map(String::from).to_vec();
        let counts = [(1, 60), (2, 49), (4, 4), (3, 247), (5, 112), (6, 142), (7, 12)];
        let table = CaptureTable::from_counts(lists, counts).expect("a valid table");
        let cells = Cells::new(&table);
        let fit = fit_cells(&cells, Model::main(3), &mut Solver::new(&cells)).expect("a fit");
        let found = profile(&cells, &fit, 0.95).expect("a profile");

        let in_list: Vec<f64> = (0..3).map(|i| table.list_total(i) as f64).collect();
        let closed = |hidden: f64| -> f64 {
            let total = cells.detected + hidden;
            let lists: f64 =
                in_list.iter().map(|&n| (total - n) * (1.0 - n / total).ln() + n * (n / total).ln()).sum();
            ln_gamma(total + 1.0) - ln_gamma(hidden + 1.0) + lists
        };
        let top = closed(found.hidden);
        assert!(closed(found.hidden + 0.01) < top && closed(found.hidden - 0.01) < top);
        for limit in [found.low, found.high.expect("a bounded interval")] {
            assert!((2.0 * (top - closed(limit)) - 3.841_458_820_694_124).abs() < 1e-6);
        }
    }

    #[test]
    fn remainder_of_stirling_is_continuous_where_the_series_takes_over() {
        assert!((stirling_rest(999.999_999) - stirling_rest(1000.0)).abs() < 1e-8);
    }
}
