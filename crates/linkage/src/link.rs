//! A pair of records with the evidence that they are of one person.

use crate::weights::probability;

/// Two records and how likely it is that they are of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The record that comes first.
    pub a: u32,
    /// The record that comes second; always larger than `a`.
    pub b: u32,
    /// Natural logarithm of the odds that both are of one person, the prior included.
    pub log_odds: f32,
}

impl Link {
    /// The probability that both records are of one person.
    pub fn probability(&self) -> f64 {
        probability(f64::from(self.log_odds))
    }
}
