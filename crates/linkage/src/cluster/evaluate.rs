//! A partition against the truth, where it is known.

use std::collections::HashMap;

use serde::Serialize;

use super::Partition;

/// Shares of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// Of the pairs that were joined, the share that is of one person.
    pub precision: f64,
    /// Of the pairs that are of one person, the share that was joined.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

impl Scores {
    /// From the number of pairs joined, of one person, and both.
    pub fn new(joined: f64, of_one: f64, both: f64) -> Self {
        let share = |of: f64| if of > 0.0 { both / of } else { 1.0 };
        let (precision, recall) = (share(joined), share(of_one));
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }
}

/// How well a partition agrees with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evaluation {
    /// By pairs of records.
    pub pairs: Scores,
    /// By records: the share of a record's group that is of its person, and of its person that is in its
    /// group (B³: Bagga & Baldwin 1998).
    pub b_cubed: Scores,
    /// Persons whose records are exactly those of a group, as a share of all persons.
    pub exact: f64,
    /// How many persons there are in truth.
    pub persons_true: usize,
    /// How many there are in the partition.
    pub persons: usize,
}

impl Evaluation {
    /// Compares a partition with the true one. Time grows with the number of records only.
    pub fn new(found: &Partition, truth: &Partition) -> Self {
        let (sizes, true_sizes) = (found.sizes(), truth.sizes());
        let mut both: HashMap<(u32, u32), u32> = HashMap::new();
        for pair in found.person.iter().zip(&truth.person) {
            *both.entry((*pair.0, *pair.1)).or_insert(0) += 1;
        }
        // Sums of whole numbers are the same in any order; those of shares are not.
        let mut both: Vec<((u32, u32), u32)> = both.into_iter().collect();
        both.sort_unstable();
        let pairs = |sizes: &mut dyn Iterator<Item = u32>| -> f64 {
            sizes.map(|n| f64::from(n) * (f64::from(n) - 1.0) / 2.0).sum()
        };
        let together = pairs(&mut both.iter().map(|b| b.1));
        let (mut of_group, mut of_person, mut exact) = (0.0, 0.0, 0_u32);
        for &((group, person), n) in &both {
            let (size, true_size) = (sizes[group as usize], true_sizes[person as usize]);
            of_group += f64::from(n) * f64::from(n) / f64::from(size);
            of_person += f64::from(n) * f64::from(n) / f64::from(true_size);
            exact += u32::from(n == size && n == true_size);
        }
        let records = found.person.len().max(1) as f64;
        let (precision, recall) = (of_group / records, of_person / records);
        Self {
            pairs: Scores::new(
                pairs(&mut sizes.iter().copied()),
                pairs(&mut true_sizes.iter().copied()),
                together,
            ),
            b_cubed: Scores { precision, recall, f1: 2.0 * precision * recall / (precision + recall) },
            exact: f64::from(exact) / truth.persons.max(1) as f64,
            persons_true: truth.persons,
            persons: found.persons,
        }
    }
}
