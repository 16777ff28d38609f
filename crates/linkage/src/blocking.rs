//! Blocking: which pairs of records are looked at.
//!
//! A rule gives each record a key; two records with the same key are a candidate pair. A pair that several
//! rules find is made once, by the first of them. A record without a key takes no part in the rule. Parts that find
//! values which are near each other give a record several keys; a pair needs one in common.

mod key;
mod near;
mod pairs;
mod text;

pub use key::{Atom, Part, Rule};
pub(crate) use key::{Parts, hash, mix};
pub use pairs::{Blocks, Within};
pub(crate) use pairs::{MOST_KEYS, count_pairs, finds};
pub use text::RuleError;
