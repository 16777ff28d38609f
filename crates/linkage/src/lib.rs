//! Linkage: which records are of one person, and how many persons there are.
//!
//! ```text
//! records ── blocking ──► candidate pairs ── comparison ──► patterns of agreement ── EM ──► weights
//!         ── clusters ──► persons, draws of the partition, capture histories
//!         ── review ────► what people decided, precision and recall with intervals
//! ```
//!
//! The identifiers that are compared never leave this crate in an error or a log.

pub mod cluster;
pub mod compare;
pub mod encode;
mod error;
mod link;
mod records;
pub mod register;
pub mod review;

pub use error::Error;
pub use link::Link;
pub use records::{Column, Records, RecordsBuilder};
