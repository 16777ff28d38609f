//! Multiple systems estimation: how many victims were never seen.
//!
//! Several registers (*lists*) each see a part of a population. How often they see the same
//! persons tells how many none of them saw. The input is a [`CaptureTable`](model::CaptureTable):
//! the number of persons for every combination of lists. [`estimate`] answers with one
//! [`Estimate`] a [`Method`]: the total (detected and hidden together), its interval, the model
//! and the figures to judge it by, or in plain words why there is no number.
//! [`estimate_groups`] does so for each group of persons, one by one or jointly ([`Pooling`]), and says
//! which is seen least and how sure that is ([`LeastVisible`]).
//!
//! [`loglinear`] holds the models beneath: whether the maximum likelihood estimate exists and
//! is unique is decided in exact arithmetic, before anything is fitted. [`decomposable`] averages
//! over graphs that say which lists depend on each other; [`covariates`] uses what is known of persons
//! besides the lists that hold them. All of it is pure
//! arithmetic: no files, no clock; the same table, options and seed give the same result on
//! any number of threads. Long work tells a [`Watch`] how far it is, and can be stopped by it. Formulas and sources are in `methods.md` beside this file.
//!
//! ```
//! use estimate::{Method, Options, estimate};
//! use model::CaptureTable;
//!
//! // Spina bifida in upstate New York: birth certificates, death certificates, rehabilitation.
//! let lists = ["birth", "death", "rehabilitation"].map(String::from).to_vec();
//! let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
//! let table = CaptureTable::from_counts(lists, counts)?;
//!
//! let found = estimate(&table, &[Method::Bic, Method::Chao], &Options::default())?;
//! let bic = &found.estimates[0];
//! assert_eq!(bic.model, "birth death rehabilitation death:rehabilitation");
//! let (total, (low, high)) = (bic.total.unwrap_or(0.0), bic.interval.unwrap_or((0.0, 0.0)));
//! assert!(low < total && total < high);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![doc = "\n"]
#![doc = include_str!("methods.md")]

mod average;
pub mod bayes;
mod bootstrap;
mod bounds;
mod branch;
mod convergence;
pub mod covariates;
mod coverage;
mod criterion;
pub mod decomposable;
mod draws;
mod error;
mod fitness;
mod groups;
pub mod latent_class;
mod lists;
pub mod loglinear;
mod method;
mod numeric;
mod options;
mod pairwise;
mod profile;
mod ranks;
mod result;
mod score;
mod search;
mod sensitivity;
mod spread;
mod strata;
mod studentised;
mod study;
mod watch;

pub use criterion::Criterion;
pub use draws::{estimate_draws, estimate_groups_draws};
pub use error::Error;
pub use fitness::{Fitness, Performance, Plausible, Verdict};
pub use groups::{Grouped, estimate_groups};
pub use lists::ListChoice;
pub use method::estimate;
pub use options::{Interval, Method, Options, Pooling};
pub use pairwise::{Dependence, PairCheck, pair_checks};
pub use ranks::{Contrast, LeastVisible};
pub use result::{Estimate, Estimation, Group, Margin};
pub use sensitivity::{Change, Sensitivity, group_sensitivity};
pub use spread::Spread;
pub use study::{Scenario, Study, StudyRow, scenarios, study};
pub use watch::{Progress, Watch};
