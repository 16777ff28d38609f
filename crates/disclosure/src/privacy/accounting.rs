//! What a budget of differential privacy is worth, and how it is spent.
//!
//! Noise is accounted in zero-concentrated differential privacy, ρ (Bun and Steinke 2016): the ρ of
//! releases about the same persons add up. For readers ρ is converted to (ε, δ).

use serde::Serialize;

use crate::Error;

/// How much a release may tell of one person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// ρ-zero-concentrated differential privacy, by discrete Gaussian noise.
    Concentrated {
        /// ρ.
        rho: f64,
    },
    /// (ε, δ)-differential privacy, by discrete Gaussian noise: the largest ρ that implies it.
    Approximate {
        /// ε.
        epsilon: f64,
        /// δ; well below one in the number of persons.
        delta: f64,
    },
    /// ε-differential privacy, by discrete Laplace noise.
    Pure {
        /// ε.
        epsilon: f64,
    },
}

/// The δ that is stated with ρ when the budget has none.
pub const DELTA: f64 = 1e-10;

impl Budget {
    /// ρ that this budget allows. Pure ε-differential privacy is ½ε²-zCDP (Bun and Steinke 2016,
    /// proposition 1.4).
    ///
    /// # Errors
    /// When ρ or ε is not above 0, or δ not between 0 and 1.
    pub fn rho(&self) -> Result<f64, Error> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        match *self {
            Budget::Concentrated { rho } if positive(rho) => Ok(rho),
            Budget::Approximate { epsilon, delta } if positive(epsilon) && delta > 0.0 && delta < 1.0 => {
                Ok(rho_of(epsilon, delta))
            }
            Budget::Pure { epsilon } if positive(epsilon) => Ok(epsilon * epsilon / 2.0),
            _ => Err(Error::Policy {
                what: format!("a budget of differential privacy of {self:?}"),
                help: "give ρ and ε above 0, and δ between 0 and 1".into(),
            }),
        }
    }
}

/// The least δ with which ρ-zCDP is shown to be (ε, δ)-differentially private: the minimum over
/// α > 1 of exp((α − 1)(αρ − ε)) (1 − 1/α)^α / (α − 1) (Canonne, Kamath and Steinke 2020,
/// corollary 13). Every α gives a valid δ, so that the search only has to be good.
pub fn delta_of(rho: f64, epsilon: f64) -> f64 {
    if rho <= 0.0 {
        return 0.0;
    }
    // The logarithm is convex in α; its derivative is zero between these.
    let (mut low, mut high) = (1.0 + 1e-9, (epsilon + 1.0) / (2.0 * rho) + 2.0);
    while let Some(alpha) = between(low, high) {
        if (2.0 * alpha - 1.0) * rho - epsilon + (-1.0 / alpha).ln_1p() < 0.0 {
            low = alpha;
        } else {
            high = alpha;
        }
    }
    let alpha = f64::midpoint(low, high);
    let log = (alpha - 1.0) * (alpha * rho - epsilon) + alpha * (-1.0 / alpha).ln_1p() - (alpha - 1.0).ln();
    log.exp().min(1.0)
}

/// The least ε with which ρ-zCDP is shown to be (ε, δ)-differentially private.
pub fn epsilon_of(rho: f64, delta: f64) -> f64 {
    if rho <= 0.0 || delta >= 1.0 {
        return 0.0;
    }
    if delta <= 0.0 {
        return f64::INFINITY;
    }
    // The bound of Bun and Steinke (2016, proposition 1.3) is never less.
    let (mut low, mut high) = (0.0, rho + 2.0 * (rho * (1.0 / delta).ln()).sqrt());
    while let Some(middle) = between(low, high) {
        if delta_of(rho, middle) <= delta {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The greatest ρ that implies (ε, δ)-differential privacy.
pub fn rho_of(epsilon: f64, delta: f64) -> f64 {
    let (mut low, mut high) = (0.0, epsilon + 1.0);
    while delta_of(high, epsilon) <= delta {
        high *= 2.0;
    }
    while let Some(middle) = between(low, high) {
        if delta_of(middle, epsilon) <= delta {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The middle of two numbers that are not yet the same to 13 digits.
fn between(low: f64, high: f64) -> Option<f64> {
    let middle = f64::midpoint(low, high);
    (high - low > 1e-13 * high && low < middle && middle < high).then_some(middle)
}

/// Keeps account of several releases about the same persons.
///
/// ```
/// use disclosure::privacy::{Accountant, Budget};
///
/// let mut account = Accountant::new(Budget::Concentrated { rho: 0.5 })?;
/// account.spend(0.3)?;
/// account.spend(0.2)?;
/// assert!(account.spend(0.01).is_err());
/// # Ok::<(), disclosure::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accountant {
    rho: f64,
    spent: f64,
}

impl Accountant {
    /// An account with this budget.
    ///
    /// # Errors
    /// As [`Budget::rho`].
    pub fn new(budget: Budget) -> Result<Self, Error> {
        Ok(Accountant { rho: budget.rho()?, spent: 0.0 })
    }

    /// Spends ρ.
    ///
    /// # Errors
    /// When it is more than what is left; nothing is spent then.
    pub fn spend(&mut self, rho: f64) -> Result<(), Error> {
        // Sums of shares of a whole may be off by the last digits.
        if !(rho >= 0.0 && self.spent + rho <= self.rho * (1.0 + 1e-9)) {
            return Err(Error::Policy {
                what: format!("spending ρ = {rho} where {} of {} is left", self.left(), self.rho),
                help: "release fewer tables, give each a smaller part, or decide on a larger budget".into(),
            });
        }
        self.spent += rho;
        Ok(())
    }

    /// ρ that was spent.
    pub fn spent(&self) -> f64 {
        self.spent
    }

    /// ρ that is left.
    pub fn left(&self) -> f64 {
        (self.rho - self.spent).max(0.0)
    }

    /// ε of all that was spent, at this δ.
    pub fn epsilon(&self, delta: f64) -> f64 {
        epsilon_of(self.spent, delta)
    }
}
