//! From links to persons.
//!
//! Links contradict each other: `a` may look like `b` and `b` like `c`, but not `a` like `c`. Groups of
//! records are joined as long as the mean of the log odds over all pairs between them is above even odds,
//! the surest first (average linkage: Sokal & Michener 1958). The mean, and not the sum, because the pairs
//! between two groups say much the same thing over and over: the sum would count one typing error, or one
//! shared address, as often as there are records.
//!
//! A pair that blocking did not find counts with log odds of its own, [`Options::unseen`]. A register that
//! is clean has each person once, so that two of its records are never joined.

mod agglomerate;
mod components;
mod evaluate;
mod graph;
mod posterior;

pub use evaluate::{Evaluation, Scores};
pub use posterior::{Draws, draw};

pub(crate) use components::{join, root};
use rayon::prelude::*;

use crate::Link;
use crate::blocking::Within;

/// How records are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Log odds of a pair that is not among the links.
    pub unseen: f64,
    /// Log odds from which groups are joined.
    pub join: f64,
    /// Log odds from which groups are so surely of one person that no draw takes them apart.
    pub sure: f64,
    /// How far the log odds of all pairs together may be off, as a standard deviation: the model that they are of is
    /// learnt, and its fields are not quite independent. Each draw has an error of its own.
    pub doubt: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { unseen: -1.0, join: 0.0, sure: 6.0, doubt: 0.5 }
    }
}

/// Which records are of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The person of each record; persons count from 0 in the order of their first record.
    pub person: Vec<u32>,
    /// How many persons there are.
    pub persons: usize,
}

impl Partition {
    /// The partition in which records with the same label are of one person.
    pub fn of_labels(labels: &[u32]) -> Self {
        let mut number = vec![u32::MAX; labels.iter().map(|&l| l as usize + 1).max().unwrap_or(0)];
        let mut persons = 0;
        let person = labels
            .iter()
            .map(|&label| {
                let number = &mut number[label as usize];
                if *number == u32::MAX {
                    *number = persons;
                    persons += 1;
                }
                *number
            })
            .collect();
        Self { person, persons: persons as usize }
    }

    /// How many records each person has.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.persons];
        self.person.iter().for_each(|&p| sizes[p as usize] += 1);
        sizes
    }
}

/// The likeliest partition, and the groups within it that are sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    /// Joined from even odds.
    pub point: Partition,
    /// Joined only where it is sure: parts of the persons of `point`.
    pub sure: Partition,
}

/// Joins records into persons. The order of the links and the number of threads make no difference.
pub fn cluster(registers: &[u16], within: &Within, links: &[Link], options: &Options) -> Clusters {
    let graph = graph::Graph::new(registers.len(), links);
    let components = components::components(&graph, options.join);
    let labels: Vec<Vec<(u32, u32, u32)>> = components
        .par_iter()
        .map(|members| agglomerate::component(members, &graph, registers, within, options))
        .collect();
    let mut point: Vec<u32> = (0..registers.len() as u32).collect();
    let mut sure = point.clone();
    for (record, in_point, in_sure) in labels.into_iter().flatten() {
        point[record as usize] = in_point;
        sure[record as usize] = in_sure;
    }
    Clusters { point: Partition::of_labels(&point), sure: Partition::of_labels(&sure) }
}
