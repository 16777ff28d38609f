//! Which methods there are, and how they are tuned.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::ListChoice;
use crate::decomposable::Prior;
use crate::{Criterion, Error, Watch};

/// A way to estimate how many were never seen.
///
/// ```
/// use estimate::Method;
/// let method: Method = "sample-coverage".parse()?;
/// assert_eq!(method, Method::SampleCoverage);
/// assert_eq!(Method::Bic.to_string(), "bic");
/// # Ok::<(), estimate::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Log-linear Poisson model in which the lists are independent; Wald interval.
    Main,
    /// Log-linear model grown pair by pair while the overlap of a pair of lists has a
    /// one-sided Poisson p-value below [`Options::p_enter`] (Chan, Silverman and Vincent 2021);
    /// interval as [`Options::interval`] says.
    Stepwise,
    /// The model of smallest BIC, or other [`Options::criterion`]: among all, up to six lists (five with
    /// terms of three); up to ten lists by branch and bound, which says how far the model found can be
    /// from the best when it has to end early; beyond ten the best that adding or removing one term at a time
    /// leads to. Interval as [`Options::interval`] says.
    Bic,
    /// The model of [`Method::Bic`], with the profile likelihood interval of Cormack (1992).
    Profile,
    /// Average over log-linear models weighted by exp(−½ BIC) (Buckland, Burnham and Augustin 1997):
    /// over all that [`Method::Bic`] compares, up to six lists (five with threes); beyond, over those within
    /// 10 of the smallest BIC. The total is the median of the mixture, the interval its quantiles.
    Average,
    /// Bayesian average over all decomposable graphs of three to seven lists, by Markov chains of up to ten (Madigan and York
    /// 1997); the total is the posterior median, with an equal-tailed posterior interval.
    Decomposable,
    /// Bayesian average over all hierarchical log-linear models of three to ten lists (King and Brooks
    /// 2001); the total is the posterior median, with an equal-tailed posterior interval.
    BayesLoglinear,
    /// Latent classes of persons, as many as the counts need, within which three to sixteen lists are
    /// independent (Manrique-Vallier 2016); the total is the posterior median. Refused when the chains
    /// do not agree.
    LatentClass,
    /// Lower bound of Chao (1987) in the form for lists of unequal size, which needs no
    /// model of how persons differ.
    Chao,
    /// The quick methods mixed, with weights and width from populations that could have given the
    /// table; refused where these say that the data cannot support an estimate.
    Combined,
    /// Sample coverage estimator of Chao and Tsay (1998); bootstrap interval.
    SampleCoverage,
}

impl Method {
    /// All methods, in the order in which they are named to the user.
    pub const ALL: [Self; 11] = [
        Self::Main,
        Self::Stepwise,
        Self::Bic,
        Self::Profile,
        Self::Average,
        Self::Decomposable,
        Self::BayesLoglinear,
        Self::LatentClass,
        Self::Chao,
        Self::SampleCoverage,
        Self::Combined,
    ];

    /// Whether [`ListChoice::dependent`] has an effect on it.
    pub(crate) const fn knows_dependent_pairs(self) -> bool {
        matches!(
            self,
            Self::Main
                | Self::Stepwise
                | Self::Bic
                | Self::Profile
                | Self::Average
                | Self::Decomposable
                | Self::Combined
        )
    }

    /// Whether it takes a fraction of a second, without drawing anything at random.
    pub(crate) const fn is_quick(self) -> bool {
        matches!(self, Self::Main | Self::Stepwise | Self::Bic | Self::Decomposable | Self::Chao)
    }

    /// Name on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Stepwise => "stepwise",
            Self::Bic => "bic",
            Self::Profile => "profile",
            Self::Average => "bic-average",
            Self::Decomposable => "decomposable",
            Self::BayesLoglinear => "bayes-loglinear",
            Self::LatentClass => "latent-class",
            Self::Chao => "chao",
            Self::Combined => "combined",
            Self::SampleCoverage => "sample-coverage",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| Error::UnknownMethod { name: name.to_owned() })
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How the interval of [`Method::Stepwise`] and [`Method::Bic`] is made; the other methods have
/// one of their own.
///
/// ```
/// use estimate::Interval;
/// let interval: Interval = "bca".parse()?;
/// assert_eq!(interval, Interval::Bca);
/// # Ok::<(), estimate::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Interval {
    /// From the standard error under the chosen model, as if no other had been possible.
    #[default]
    Wald,
    /// Quantiles of bootstrap replicates, in each of which the model is chosen again.
    Percentile,
    /// The same replicates, corrected for bias and acceleration (`BCa`; Efron 1987).
    Bca,
    /// The same replicates, each compared with the estimate in standard errors of its own, on the log
    /// of the hidden count (bootstrap-t; Efron and Tibshirani 1993).
    Studentised,
}

impl Interval {
    /// All of them, in the order in which they are named to the user.
    pub const ALL: [Self; 4] = [Self::Wald, Self::Percentile, Self::Bca, Self::Studentised];

    /// Name on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wald => "wald",
            Self::Percentile => "percentile",
            Self::Bca => "bca",
            Self::Studentised => "studentised",
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|interval| interval.name() == name).ok_or_else(|| Error::Option {
            option: "interval",
            value: name.to_owned(),
            allowed: "use wald, percentile, bca or studentised",
        })
    }
}

/// Whether groups borrow strength from each other.
///
/// ```
/// use estimate::Pooling;
/// let pooling: Pooling = "partial".parse()?;
/// assert_eq!(pooling, Pooling::Partial);
/// # Ok::<(), estimate::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pooling {
    /// Each group is estimated on its own, by any method.
    #[default]
    None,
    /// All groups are fitted jointly in a log-linear model whose effects differ between groups by as
    /// much as the counts say; their totals add up.
    Partial,
}

impl Pooling {
    /// Both of them, in the order in which they are named to the user.
    pub const ALL: [Self; 2] = [Self::None, Self::Partial];

    /// Name on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
        }
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pooling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|pooling| pooling.name() == name).ok_or_else(|| Error::Option {
            option: "pooling",
            value: name.to_owned(),
            allowed: "use none or partial",
        })
    }
}

/// How the methods are tuned. [`Options::default`] is what the peers use.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Confidence level of every interval, strictly between 0 and 1; default 0.95.
    pub level: f64,
    /// Highest order of a term in a log-linear model: 1 (lists only), 2 (pairs of lists, the
    /// default) or 3 (threes of lists, for up to ten lists, in [`Method::BayesLoglinear`] up to five; beyond
    /// that they are refused).
    pub max_order: usize,
    /// By what [`Method::Bic`] and [`Method::Profile`] choose their model; default BIC. The average
    /// over models always weighs them by BIC.
    pub criterion: Criterion,
    /// How the interval of [`Method::Stepwise`] and [`Method::Bic`] is made; default Wald.
    pub interval: Interval,
    /// Number of bootstrap replicates for [`Method::SampleCoverage`] and for the intervals that
    /// resample; default 1000. The comparison of groups draws ten times as many populations.
    pub replicates: usize,
    /// Seed of every random stream; default 1.
    pub seed: u64,
    /// p-value below which [`Method::Stepwise`] adds a pair; default 0.02, as `pthresh` in
    /// the package `SparseMSE`.
    pub p_enter: f64,
    /// For [`Method::Decomposable`]: weight of the prior on each of the 2^k combinations of k
    /// lists, in persons, from 10⁻⁶ to 1000; `None`, the default, for 2^−k, which is one
    /// person in all. The larger, the more all combinations are thought to be equally common
    /// beforehand, that of the hidden too.
    pub delta: Option<f64>,
    /// For [`Method::Decomposable`] and [`Method::LatentClass`]: what is believed of the total beforehand;
    /// default 1/N.
    pub prior: Prior,
    /// For [`Method::BayesLoglinear`]: variance of the normal prior, with mean 0, of every term of two or
    /// more lists, from 0.01 to 100; default 1. For models of pairs it is on the scale of a log odds
    /// ratio, so with 1 an odds ratio lies between 1/7 and 7 with 95 % beforehand.
    pub interaction_variance: f64,
    /// For groups: whether they are fitted jointly and borrow strength from each other; default no.
    pub pooling: Pooling,
    /// For [`Pooling::Partial`]: the variable of the groups, such as a year, along which effects change
    /// step by step; its codes are numbers. `None`, the default, for a variable whose codes have no
    /// order.
    pub smooth: Option<String>,
    /// Which lists are left out, put together, or known to depend on each other; default all as
    /// they are.
    pub lists: ListChoice,
    /// Whether [`Estimation::sensitivity`](crate::Estimation::sensitivity) is made; default no, since
    /// many tables are often estimated in a row.
    pub sensitivity: bool,
    /// Who is told how far the work is, and can stop it; default nobody. It changes no number.
    pub watch: Watch,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            level: 0.95,
            max_order: 2,
            criterion: Criterion::Bic,
            interval: Interval::Wald,
            replicates: 1000,
            seed: 1,
            p_enter: 0.02,
            delta: None,
            prior: Prior::InverseTotal,
            interaction_variance: 1.0,
            pooling: Pooling::None,
            smooth: None,
            lists: ListChoice::default(),
            sensitivity: false,
            watch: Watch::default(),
        }
    }
}

impl Options {
    /// Checks every option against its range.
    ///
    /// # Errors
    /// [`Error::Option`] names the first option that is out of range and what is allowed.
    pub fn check(&self) -> Result<(), Error> {
        let fail = |option, value: String, allowed| Err(Error::Option { option, value, allowed });
        if !(self.level > 0.0 && self.level < 1.0) {
            return fail("level", self.level.to_string(), "use a share between 0 and 1, as 0.95");
        }
        if !(1..=3).contains(&self.max_order) {
            return fail(
                "max_order",
                self.max_order.to_string(),
                "use 1 (independent lists), 2 (pairs of lists) or 3 (threes of lists)",
            );
        }
        if self.replicates < 2 {
            return fail("replicates", self.replicates.to_string(), "use at least 2");
        }
        if !(self.p_enter > 0.0 && self.p_enter < 1.0) {
            return fail("p_enter", self.p_enter.to_string(), "use a p-value between 0 and 1");
        }
        if let Some(delta) = self.delta.filter(|delta| !(*delta >= 1e-6 && *delta <= 1000.0)) {
            return fail("delta", delta.to_string(), "use a weight between 0.000001 and 1000");
        }
        let variance = self.interaction_variance;
        if !(0.01..=100.0).contains(&variance) {
            return fail("interaction_variance", variance.to_string(), "use a variance between 0.01 and 100");
        }
        if let Some(smooth) = self.smooth.as_ref().filter(|_| self.pooling == Pooling::None) {
            return fail("smooth", smooth.clone(), "a smooth variable needs groups that are pooled: partial");
        }
        Ok(())
    }
}
