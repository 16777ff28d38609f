//! What a model is judged by when many are compared.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The criterion by which a search chooses among log-linear models: −2 log-likelihood plus a penalty
/// for the parameters, those at −∞ included. The smallest is the best.
///
/// n is the number of persons detected, for all of them: persons are what is sampled, and each
/// brings one history; the cells are only how these are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Criterion {
    /// p ln n (Schwarz 1978), the default.
    #[default]
    Bic,
    /// 2p (Akaike 1974).
    Aic,
    /// 2p + 2p(p + 1)/(n − p − 1) (Hurvich and Tsai 1989); models with p ≥ n − 1 have none and are
    /// never chosen.
    Aicc,
}

impl Criterion {
    /// All of them, in the order in which they are named to the user.
    pub const ALL: [Self; 3] = [Self::Bic, Self::Aic, Self::Aicc];

    /// Name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bic => "bic",
            Self::Aic => "aic",
            Self::Aicc => "aicc",
        }
    }

    /// Name as it is printed, in the diagnostics too.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bic => "BIC",
            Self::Aic => "AIC",
            Self::Aicc => "AICc",
        }
    }

    /// What is added to −2 log-likelihood for so many parameters when so many persons were detected:
    /// it rises with the number of parameters, and is infinite where it has no value.
    pub(crate) fn penalty(self, parameters: usize, detected: f64) -> f64 {
        let p = parameters as f64;
        match self {
            Self::Bic => p * detected.ln(),
            Self::Aic => 2.0 * p,
            Self::Aicc if detected - p - 1.0 > 0.0 => 2.0 * p + 2.0 * p * (p + 1.0) / (detected - p - 1.0),
            Self::Aicc => f64::INFINITY,
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Criterion {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|criterion| criterion.name() == name).ok_or_else(|| Error::Option {
            option: "criterion",
            value: name.to_owned(),
            allowed: "use bic, aic or aicc",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds of the search rest on it.
    #[test]
    fn more_parameters_never_cost_less() {
        for criterion in Criterion::ALL {
            for detected in [1.0, 5.0, 40.0, 8234.0] {
                let costs: Vec<f64> = (1..60).map(|p| criterion.penalty(p, detected)).collect();
                assert!(costs.windows(2).all(|pair| pair[0] <= pair[1]), "{criterion} {detected}");
            }
        }
        // By hand: 2·4 + 2·4·5/(20 − 4 − 1).
        assert!((Criterion::Aicc.penalty(4, 20.0) - (8.0 + 40.0 / 15.0)).abs() < 1e-12);
        assert!(Criterion::Aicc.penalty(4, 5.0).is_infinite() && Criterion::Aicc.penalty(3, 5.0).is_finite());
    }
}
