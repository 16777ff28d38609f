//! Linkage: which records are of one person, and how many persons there are.
//!
//! ```text
//! records ── blocking ──► candidate pairs ── comparison ──► patterns of agreement ── EM ──► weights
//!         ── clusters ──► persons, draws of the partition, capture histories
//!         ── review ────► what people decided, precision and recall with intervals
//! ```
//!
//! The identifiers that are compared never leave this crate in an error or a log.

mod ages;
pub mod blocking;
mod choose;
pub mod cluster;
pub mod compare;
pub mod comparer;
mod dependence;
pub mod diagnostics;
mod em;
pub mod encode;
mod error;
mod hashing;
mod histories;
mod ids;
mod link;
mod linked;
mod lists;
mod missed;
mod model;
mod overlap;
mod pattern;
pub mod persons;
mod random;
pub mod recipe;
mod records;
pub mod register;
pub mod review;
mod run;
pub mod splink;
mod variants;
mod weights;

pub use comparer::Comparer;
pub use error::Error;
pub use histories::Histories;
pub use ids::id_column;
pub use link::Link;
pub use linked::{Linked, RulePairs, Settings, link};
pub use model::{AgeOf, Alike, Between, Comparison, Given, Hierarchy, Level, Model, Test};
pub use records::{Column, Records, RecordsBuilder};
