//! What a linkage looks like: where its weight comes from, what each blocking rule adds, how many links there are
//! from which weight on, and what the groups look like.
//!
//! All of it is counts and shares of a model; no value of a record is in it. Small counts are not protected: it is
//! for who links, not for a release.
//!
//! Weights are in bits here, as is the custom: the logarithm to base 2 of a ratio of probabilities. One bit more makes
//! it twice as likely that two records are of one person.

mod groups;
mod waterfall;

pub use groups::{Groups, OfSize};
pub use waterfall::{Step, Waterfall};

use serde::Serialize;

use crate::recipe::Kind;
use crate::{Linked, pattern, persons};

/// Bits in a unit of the natural logarithm.
const BITS: f64 = std::f64::consts::LOG2_E;
/// Probabilities from which on links are counted.
const THRESHOLDS: [f64; 13] = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999];

/// What a linkage looks like.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnostics {
    /// The fields that were compared.
    pub fields: Vec<Field>,
    /// What each blocking rule finds, in the order of the rules.
    pub rules: Vec<crate::RulePairs>,
    /// Pairs by their weight.
    pub weights: Vec<Bin>,
    /// What taking links from a probability on would give.
    pub thresholds: Vec<Threshold>,
    /// How many records cannot be linked from which weight on.
    pub unlinkable: Vec<Unlinkable>,
    /// What the groups of records look like.
    pub groups: Groups,
    /// Patterns of agreement that are frequent, the surest first.
    pub usual: Vec<Waterfall>,
    /// Frequent patterns of pairs that are neither surely of one person nor surely of two.
    pub hard: Vec<Waterfall>,
}

/// A field that was compared.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it was taken for.
    pub taken_for: &'static str,
    /// The share of the records that have a value.
    pub known: f64,
    /// How many different values there are.
    pub values: usize,
    /// The field that its agreement among pairs of two persons depends on.
    pub depends_on: Option<String>,
    /// Its levels, from the closest to the farthest.
    pub levels: Vec<Level>,
    /// Pairs within groups in which the field is missing in either record.
    pub missing: u64,
}

/// A level of agreement.
#[derive(Debug, Clone, Serialize)]
pub struct Level {
    /// When a pair has it.
    pub test: String,
    /// Its share among pairs of one person.
    pub m: f64,
    /// Its share among pairs of two persons.
    pub u: f64,
    /// `log2(m / u)`, before rarity and dependence.
    pub bits: f64,
    /// Links within groups that have it: in a level but the first, a field disagrees inside a group.
    pub inside: u64,
}

/// Pairs with weights from this on to the next.
#[derive(Debug, Clone, Serialize)]
pub struct Bin {
    /// Lower bound of the weight, in bits.
    pub bits: i32,
    /// Candidate pairs.
    pub pairs: u64,
    /// Those of them in one group.
    pub inside: u64,
}

/// What taking all links from a probability on would give, as the model has it.
#[derive(Debug, Clone, Serialize)]
pub struct Threshold {
    /// The probability.
    pub probability: f64,
    /// The links.
    pub links: u64,
    /// The share of them that are of one person.
    pub precision: f64,
    /// The share of the pairs of one person that they are, what blocking missed included.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

/// How many records cannot be linked.
#[derive(Debug, Clone, Serialize)]
pub struct Unlinkable {
    /// A weight, in bits.
    pub bits: i32,
    /// Share of the records that are not expected to reach it with another record of their person.
    pub share: f64,
}

impl Diagnostics {
    /// Works them out.
    pub fn of(linked: &Linked) -> Self {
        let (usual, hard) = waterfall::examples(linked);
        Self {
            fields: fields(linked),
            rules: linked.rules.clone(),
            weights: weights(linked),
            thresholds: thresholds(linked),
            unlinkable: unlinkable(linked),
            groups: Groups::of(linked),
            usual,
            hard,
        }
    }
}

/// True if the two records of a link are in one group.
fn inside(linked: &Linked, link: &crate::Link) -> bool {
    let person = &linked.clusters.point.person;
    person[link.a as usize] == person[link.b as usize]
}

fn fields(linked: &Linked) -> Vec<Field> {
    let mut counts: Vec<[u64; 16]> = vec![[0; 16]; linked.model.comparisons.len()];
    for (link, &pattern) in linked.links.iter().zip(&linked.patterns) {
        if inside(linked, link) {
            for (k, counts) in counts.iter_mut().enumerate() {
                counts[pattern::level(pattern, k)] += 1;
            }
        }
    }
    let taken_for =
        |name: &str| linked.kinds.iter().find(|(n, _)| n == name).map_or("", |(_, k)| Kind::name(*k));
    let of = |(comparison, counts): (&crate::Comparison, &[u64; 16])| {
        let column = linked.records.column(&comparison.field);
        let known = column.map_or(0, crate::Column::known);
        let levels = comparison.levels.iter().zip(&counts[1..]).map(|(level, &inside)| Level {
            test: level.test.to_string(),
            m: level.m,
            u: level.u,
            bits: (level.m / level.u).log2(),
            inside,
        });
        Field {
            name: comparison.field.clone(),
            taken_for: taken_for(&comparison.field),
            known: known as f64 / linked.records.len() as f64,
            values: column.map_or(0, |c| c.values().len()),
            depends_on: comparison.u_given.as_ref().map(|given| given.field.clone()),
            levels: levels.collect(),
            missing: counts[0],
        }
    };
    linked.model.comparisons.iter().zip(&counts).map(of).collect()
}

fn weights(linked: &Linked) -> Vec<Bin> {
    let bin = |link: &crate::Link| (f64::from(link.log_odds) * BITS).floor() as i32;
    let Some(least) = linked.links.iter().map(bin).min() else { return Vec::new() };
    let most = linked.links.iter().map(bin).max().unwrap_or(least);
    let mut bins: Vec<Bin> = (least..=most).map(|bits| Bin { bits, pairs: 0, inside: 0 }).collect();
    for link in &linked.links {
        let bin = &mut bins[(bin(link) - least) as usize];
        bin.pairs += 1;
        bin.inside += u64::from(inside(linked, link));
    }
    bins
}

fn thresholds(linked: &Linked) -> Vec<Threshold> {
    let mut sorted: Vec<f64> = linked.links.iter().map(crate::Link::probability).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let found: f64 = sorted.iter().sum();
    let all = found / linked.blocking_recall.point.max(1e-9);
    THRESHOLDS
        .iter()
        .map(|&probability| {
            let links = sorted.partition_point(|&p| p >= probability);
            let right: f64 = sorted[..links].iter().sum();
            let share = |of: f64| if of > 0.0 { right / of } else { 0.0 };
            let (precision, recall) = (share(links as f64), share(all));
            let f1 = if right > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
            Threshold { probability, links: links as u64, precision, recall, f1 }
        })
        .collect()
}

fn unlinkable(linked: &Linked) -> Vec<Unlinkable> {
    let mut says: Vec<f64> =
        persons::information(&linked.model, &linked.records).iter().map(|&w| f64::from(w) * BITS).collect();
    says.sort_unstable_by(f64::total_cmp);
    let records = says.len() as f64;
    let of = |bits: i32| Unlinkable {
        bits,
        share: says.partition_point(|&w| w < f64::from(bits)) as f64 / records,
    };
    (-10..=30).step_by(2).map(of).collect()
}
