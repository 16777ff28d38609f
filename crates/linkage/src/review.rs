//! Review by people: which pairs to look at, and what their decisions say.
//!
//! ```text
//! pairs ── Sample::draw ───► a sample by strata of probability ──┐
//!       ── uncertain_first ► pairs to learn from ────────────────┤
//!                                                                ▼
//!                     people decide ──► DecisionLog ── resolve ──► verdicts
//!                                          └── agreement ──► Cohen's kappa
//! verdicts ── evaluate ──────► precision and recall with intervals, at any threshold
//!          ── count_patterns ► matches and non-matches by pattern of agreement, for m and u
//!          ── teach ─────────► a model with m by decisions
//! ```
//!
//! Whatever computes here sees a pair as its probability and its pattern, by its index among all candidate
//! pairs; it needs no identifier. The same sampling and the same estimates serve for clusters: give a
//! cluster as a "pair" whose probability is that it is one person.
//!
//! The formulas and their sources are in `docs/src/methods/review.md`.
//!
//! ```
//! use std::collections::BTreeMap;
//! use linkage::review::{Design, Pair, Sample, Unsure, Verdict, evaluate};
//!
//! let pairs: Vec<Pair> = (0..1000).map(|n| Pair { probability: f64::from(n) / 1000.0, pattern: 0 }).collect();
//! let sample = Sample::draw(&pairs, &Design { size: 100, ..Design::default() })?;
//! // Somebody looks at each. Here all above 0.6 prove to be of one person.
//! let verdicts: BTreeMap<u64, Verdict> = sample
//!     .drawn
//!     .iter()
//!     .map(|d| (d.pair, if d.pair >= 600 { Verdict::Match } else { Verdict::NonMatch }))
//!     .collect();
//! let found = evaluate(&pairs, &sample, &verdicts, &[0.5], Unsure::LeaveOut, 0.95)?;
//! let precision = found[0].precision.expect("there are pairs above the threshold");
//! assert!(precision.interval[0] < 0.8 && 0.8 < precision.interval[1]);
//! # Ok::<(), linkage::Error>(())
//! ```

mod agreement;
mod decision;
mod design;
mod estimate;
mod teach;
mod training;

pub use agreement::{Agreement, agreement, resolve};
pub use decision::{Decision, DecisionLog, Kept, PairKey, Verdict};
pub use design::{Design, Drawn, Sample, Stratum};
pub use estimate::{AtThreshold, Share, Unsure, evaluate};
pub use teach::{Taught, teach};
pub use training::{Labelled, PatternCount, count_patterns, uncertain_first};

/// A candidate pair, as far as sampling and estimates need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The probability that both records are of one person, as the model has it.
    pub probability: f64,
    /// The levels of agreement of all comparisons in one number.
    pub pattern: u64,
}
