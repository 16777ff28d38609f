//! Synthetic records: as many as there are persons, with nearly the same counts, and none of them a
//! person.
//!
//! Records are drawn from protected counts of combinations of up to three values. What protects
//! the counts protects the records: they are made of nothing else. This is the *aggregate-seeded*
//! synthesis of synthetic-data-showcase, by which the Global Synthetic Dataset of the Counter-Trafficking
//! Data Collaborative is made (Edge et al. 2020), in its two kinds: with combinations of
//! at least k persons, and with differential privacy.
//!
//! ```
//! use disclosure::privacy::Seed;
//! use disclosure::synthetic::{Attribute, Protection, Records, Settings, fidelity, make};
//!
//! let attributes = vec![Attribute::new("sex", 2), Attribute::new("form", 3)];
//! let sex = (0..200).map(|i| u32::from(i % 3 == 0)).collect();
//! let form = (0..200).map(|i| i % 3).collect();
//! let records = Records::new(attributes, vec![sex, form])?;
//! let settings = Settings { order: 2, protection: Protection::AtLeast { k: 10 } };
//! let made = make(&records, &settings, &Seed::new([1; 32]))?;
//! assert_eq!(made.records.len(), 200);
//! let report = fidelity(&records, &made.records, 2, 10)?;
//! assert_eq!(report.orders[1].invented, 0);
//! # Ok::<(), disclosure::Error>(())
//! ```

mod fidelity;
mod margins;
mod membership;
mod sampling;

use serde::Serialize;

pub use fidelity::{Fidelity, OrderFidelity, fidelity};
pub use margins::Margins;
pub use membership::{Membership, membership};

use crate::Error;
use crate::privacy::{Budget, DELTA, Seed, epsilon_of};

/// The code of a value that is missing. It is in no combination.
pub const MISSING: u32 = u32::MAX;

/// An attribute of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// Its name, such as `form`.
    pub name: String,
    /// How many codes it has: 0 up to this less one. They are those of the classification, whether
    /// or not a record has them. "Unknown" is best a code of its own.
    pub categories: u32,
}

impl Attribute {
    /// An attribute with this many codes.
    pub fn new(name: &str, categories: u32) -> Self {
        Attribute { name: name.to_owned(), categories }
    }
}

/// Records as columns of codes: one record for each person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    attributes: Vec<Attribute>,
    columns: Vec<Vec<u32>>,
    /// The number of the first value of each attribute.
    first: Vec<u32>,
}

impl Records {
    /// Records with these columns, one for each attribute.
    ///
    /// # Errors
    /// When columns do not fit the attributes or each other, or there are more than 2 million codes.
    pub fn new(attributes: Vec<Attribute>, columns: Vec<Vec<u32>>) -> Result<Self, Error> {
        let refuse = |what: String| Err(Error::Records { what });
        if attributes.len() != columns.len() {
            return refuse(format!("{} columns for {} attributes", columns.len(), attributes.len()));
        }
        let (mut first, mut next) = (Vec::new(), 0usize);
        let records = columns.first().map_or(0, Vec::len);
        for (a, column) in attributes.iter().zip(&columns) {
            if column.len() != records {
                return refuse(format!("{} has {} records, others have {records}", a.name, column.len()));
            }
            if let Some(row) = column.iter().position(|&c| c != MISSING && c >= a.categories) {
                return refuse(format!(
                    "record {} has code {} in {}, which has {} categories",
                    row + 1,
                    column[row],
                    a.name,
                    a.categories
                ));
            }
            first.push(next as u32);
            next += a.categories as usize;
            if next > margins::VALUES {
                return refuse("there are more than 2 million codes".into());
            }
        }
        Ok(Records { attributes, columns, first })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The attributes.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The codes of each attribute, record by record.
    pub fn columns(&self) -> &[Vec<u32>] {
        &self.columns
    }

    /// The codes of one record.
    pub fn row(&self, row: usize) -> Vec<u32> {
        self.columns.iter().map(|c| c[row]).collect()
    }

    /// Share of the values that is missing.
    fn missing(&self) -> f64 {
        let all = self.len() * self.columns.len();
        let missing = self.columns.iter().flatten().filter(|&&c| c == MISSING).count();
        missing as f64 / all.max(1) as f64
    }

    /// For each value its attribute and code.
    fn places(&self) -> Vec<(u32, u32)> {
        (0u32..).zip(&self.attributes).flat_map(|(a, at)| (0..at.categories).map(move |c| (a, c))).collect()
    }

    fn same_attributes(&self, other: &Records) -> Result<(), Error> {
        if self.attributes == other.attributes {
            return Ok(());
        }
        Err(Error::Records { what: "the records to compare have different attributes".into() })
    }
}

/// What protects the persons.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Combinations of fewer than `k` records are left out, and counts are rounded to multiples of
    /// `k`. Every combination of up to `order` values in a synthetic record is one of at least `k`
    /// persons. Longer combinations have no such promise, and somebody who knows all others in the data
    /// can learn of the last.
    AtLeast {
        /// The fewest records of a combination, at least 2.
        k: u64,
    },
    /// Differential privacy: what is made would be nearly as probable without any one person, whatever
    /// an attacker knows. Combinations are invented and lost.
    Private {
        /// What may be told of a person. [`Budget::Pure`] is refused: the noise is Gaussian.
        budget: Budget,
        /// Records that one person has at most.
        records: u32,
        /// A combination counts as known when its noisy count is above this many standard
        /// deviations of the noise. Higher invents fewer and loses more; 2 to 3 is usual.
        sure: f64,
    },
}

/// How synthetic records are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// The most values in a combination that is counted: 1, 2 or 3.
    pub order: usize,
    /// What protects the persons.
    pub protection: Protection,
}

/// What differential privacy was spent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spent {
    /// ρ.
    pub rho: f64,
    /// ε at `delta`.
    pub epsilon: f64,
    /// δ.
    pub delta: f64,
    /// Standard deviation of the noise of the number of records, then of the counts of single values,
    /// pairs and triples, in persons.
    pub deviations: Vec<f64>,
}

/// Synthetic records and what they were made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthesis {
    /// The records.
    pub records: Records,
    /// The protected counts they were drawn from.
    pub margins: Margins,
    /// What was spent, when they are differentially private.
    pub spent: Option<Spent>,
}

/// Makes synthetic records. The same seed, records and settings give the same result on any number of
/// threads.
///
/// # Errors
/// When the settings make no sense, or there are too many combinations.
pub fn make(records: &Records, settings: &Settings, seed: &Seed) -> Result<Synthesis, Error> {
    check_order(settings.order)?;
    let refuse = |what: String, help: &str| Err(Error::Policy { what, help: help.to_owned() });
    let (margins, spent) = match settings.protection {
        Protection::AtLeast { k } => {
            if !(2..=1 << 32).contains(&k) {
                return refuse(format!("combinations of at least {k} persons"), "take 2 or more, such as 10");
            }
            (margins::at_least(records, settings.order, k), None)
        }
        Protection::Private { budget, records: person, sure } => {
            if !(0.0..=100.0).contains(&sure) || person == 0 || person > 1_000 {
                return refuse(
                    format!("{person} records of a person and combinations of {sure} standard deviations"),
                    "take 1 to 1,000 records and 0 to 100 deviations, such as 1 and 2.5",
                );
            }
            let delta = match budget {
                Budget::Pure { .. } => {
                    return refuse(
                        "a pure budget for synthetic records".into(),
                        "give ρ, or ε and δ: the noise is Gaussian",
                    );
                }
                Budget::Approximate { delta, .. } => delta,
                Budget::Concentrated { .. } => DELTA,
            };
            let noisy =
                margins::noisy(records, settings.order, budget.rho()?, u64::from(person), sure, seed)?;
            let spent = Spent {
                rho: noisy.rho,
                epsilon: epsilon_of(noisy.rho, delta),
                delta,
                deviations: noisy.deviations,
            };
            (noisy.margins, Some(spent))
        }
    };
    // The drawing needs no secret, but a stream that noise was not drawn from.
    let stream =
        seed.of("drawing of records", margins::sorted(&margins.counts).into_iter().flat_map(|(c, n)| [c, n]));
    let records = sampling::draw(&margins, &records.attributes, stream)?;
    Ok(Synthesis { records, margins, spent })
}

fn check_order(order: usize) -> Result<(), Error> {
    if (1..=3).contains(&order) {
        return Ok(());
    }
    Err(Error::Policy { what: format!("combinations of {order} values"), help: "take 1, 2 or 3".into() })
}
