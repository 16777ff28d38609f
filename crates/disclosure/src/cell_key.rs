//! The cell-key method: noise that is drawn once for each cell and is the same wherever the cell
//! stands.
//!
//! Every person has a random key; a cell's key is the sum of those of its persons. From the key and
//! the count a table ([`PTable`]) tells the noise. Two cells with the same persons have the same
//! key and so the same noise, in whatever table of whatever release they stand: asking twice does
//! not average noise away (Fraser and Wooton 2005; Thompson, Broadfoot and Elazar 2013).
//!
//! ```
//! use disclosure::cell_key::{Constraints, PTable, Secret, count, perturb, Additivity};
//! # use model::{Category, Cube, Dimension, Label, Role, Unit, TOTAL};
//! # let label = |s: &str| Label { en: s.into(), nl: s.into() };
//! # let category = |c: &str, parent| Category { code: c.into(), label: label(c), parent };
//! # let sex = Dimension { id: "sex".into(), label: label("sex"), role: Role::Breakdown,
//! #     classification: None,
//! #     categories: vec![category(TOTAL, None), category("F", Some(0)), category("M", Some(0))] };
//! # let frame = Cube { id: "by_sex".into(), title: label(""), definition: label(""),
//! #     unit: Unit::Persons, universe: "u".into(), sources: vec![], dimensions: vec![sex],
//! #     cells: Default::default() };
//! let persons = ["a", "b", "c", "d", "e", "f", "g"];
//! let sex: Vec<u32> = vec![1, 1, 1, 1, 2, 2, 2];
//! let keys = Secret::new([7; 32]).record_keys(persons);
//! let counted = count(&frame, &[&sex], &keys)?;
//! let table = PTable::make(&Constraints::new(3, 1.5))?;
//! let published = perturb(&[counted], &table, Additivity::AsDrawn)?;
//! assert_eq!(published.len(), 1);
//! # Ok::<(), disclosure::Error>(())
//! ```

mod entropy;
mod ptable;

use std::collections::BTreeMap;

use model::{Cube, Key, Value};
use serde::{Deserialize, Serialize};

pub use ptable::{Constraints, Noise, PTable, Shape};

use crate::additive::Net;
use crate::method::{Method, between, within};
use crate::rollup::Rollup;
use crate::{Error, ProtectedCube, Rule};

/// The secret from which the keys of records are drawn. It is never in what comes out, and has to
/// be kept: with another one all noise is drawn anew, and two releases of the same cell could be
/// averaged.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A secret of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Secret(bytes)
    }

    /// A secret that comes from another of at least 32 random bytes, and tells nothing of it nor of what else is made of it.
    pub fn derived(from: &[u8]) -> Self {
        Secret(blake3::derive_key("zicht 2026 keys of records for the cell-key method", from))
    }

    /// The key of one record: the first 64 bits of the keyed BLAKE3 hash of what identifies the
    /// person. Uniform for whoever does not know the secret; the same in each release.
    pub fn record_key(&self, person: &str) -> u64 {
        let hash = blake3::keyed_hash(&self.0, person.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_le_bytes(first)
    }

    /// The keys of records, one for each person, in their order.
    pub fn record_keys<'a>(&self, persons: impl IntoIterator<Item = &'a str>) -> Vec<u64> {
        persons.into_iter().map(|p| self.record_key(p)).collect()
    }
}

/// A cube with the key of each cell: the sum, modulo 2⁶⁴, of the keys of the records in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedCube {
    /// The true counts. **Not protected.**
    pub cube: Cube,
    /// The key of each cell that has a count.
    pub keys: BTreeMap<Key, u64>,
}

/// Counts records into the dimensions of `frame` (whose own cells are ignored) and adds up their
/// keys.
///
/// `columns` has, for each dimension, the index of the category of each record, as detailed as it
/// is known; a record counts in that category, in all of which it is a part, and in the total.
/// Every combination of categories gets a cell; those without record are zero with key 0. Tables of
/// persons need one record for each person and period; the key is that of the person in all of them.
///
/// # Errors
/// When the columns do not fit the dimensions or each other, or there would be more than 2²⁴ cells.
pub fn count(frame: &Cube, columns: &[&[u32]], record_keys: &[u64]) -> Result<KeyedCube, Error> {
    frame.check()?;
    let rollup = Rollup::new(&frame.id, &frame.dimensions)?;
    rollup.check(columns, record_keys.len())?;
    let (mut counts, mut keys) = (vec![0u64; rollup.cells()], vec![0u64; rollup.cells()]);
    let mut codes = vec![0u32; columns.len()];
    for (row, &record) in record_keys.iter().enumerate() {
        for (code, column) in codes.iter_mut().zip(columns) {
            *code = column[row];
        }
        rollup.each(&codes, |cell| {
            counts[cell] += 1;
            keys[cell] = keys[cell].wrapping_add(record);
        });
    }
    let mut cube = Cube { cells: BTreeMap::new(), ..frame.clone() };
    let mut by_key = BTreeMap::new();
    for (cell, (n, k)) in counts.into_iter().zip(keys).enumerate() {
        let key = rollup.key(cell);
        cube.cells.insert(key.clone(), Value::Count(n));
        by_key.insert(key, k);
    }
    Ok(KeyedCube { cube, keys: by_key })
}

/// Whether published parts sum to published totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Additivity {
    /// Each cell has its own noise; totals differ a little from the sum of their parts. A cell is
    /// the same in every table, and its noise is never more than the table allows. The default.
    #[default]
    AsDrawn,
    /// Totals are the sums of their published parts. Then they add up, no count that is never
    /// published appears, and details are as in [`Additivity::AsDrawn`]; the noise of a total is
    /// that of all its details together, and a total is the same in two tables only when these
    /// have the same details.
    FromDetail,
    /// Whole numbers that add up, in all tables together, and are nearest to what was drawn (the
    /// least sum of distances). True zeros stay zero. A count that is never published can appear.
    Nearest,
}

/// Adds to each count the noise that `table` has for it and its cell key.
///
/// Cells without figure stay without. The result depends on nothing but the cubes, their keys and
/// the table.
///
/// # Errors
/// When a cell has only bounds or no key, two tables differ about one cell, or additive results are
/// asked of tables that do not add up themselves or are too large for the search ([`Error::Effort`]).
pub fn perturb(
    cubes: &[KeyedCube],
    table: &PTable,
    additivity: Additivity,
) -> Result<Vec<ProtectedCube>, Error> {
    let plain: Vec<&Cube> = cubes.iter().map(|c| &c.cube).collect();
    let net = Net::new(&plain, additivity != Additivity::AsDrawn)?;
    // One drawing for each different cell, in the order of variables.
    let mut key_of: Vec<Option<u64>> = vec![None; net.values.len()];
    for (t, keyed) in cubes.iter().enumerate() {
        for ((key, value), &v) in keyed.cube.cells.iter().zip(&net.variables[t]) {
            if value.count().is_none() {
                continue;
            }
            let Some(&cell_key) = keyed.keys.get(key) else {
                return Err(Error::Policy {
                    what: format!("table \"{}\" has a count without cell key at {key:?}", keyed.cube.id),
                    help: "give the sum of the record keys with every count".into(),
                });
            };
            match key_of[v as usize] {
                Some(other) if other != cell_key => {
                    return Err(Error::Policy {
                        what: format!(
                            "table \"{}\" gives the cell at {key:?} another key than a table before it",
                            keyed.cube.id
                        ),
                        help: "draw all record keys of a release with one secret, once for each person"
                            .into(),
                    });
                }
                _ => key_of[v as usize] = Some(cell_key),
            }
        }
    }
    let drawn: Vec<u64> = net
        .values
        .iter()
        .zip(&key_of)
        .map(|(n, k)| n.saturating_add_signed(table.noise(*n, k.unwrap_or(0))))
        .collect();
    let published = match additivity {
        Additivity::AsDrawn => drawn,
        Additivity::FromDetail => net.sums_of(&drawn)?,
        Additivity::Nearest => net.nearest(&drawn, u64::from(table.largest()))?,
    };
    let rule = Rule {
        threshold: if additivity == Additivity::Nearest { 1 } else { u64::from(table.never()) + 1 },
        zeros: model::Zeros::Publish,
        protection: 0,
        groups: false,
    };
    let method = Method::CellKey { largest: table.largest(), never: table.never(), additivity };
    let mut is_sum = vec![false; net.values.len()];
    net.sums.iter().for_each(|sum| is_sum[sum.total as usize] = true);
    let cubes = plain
        .iter()
        .zip(&net.variables)
        .map(|(cube, variables)| {
            let changed = |(value, &v): (&Value, &u32)| {
                let n = published[v as usize];
                let known = match additivity {
                    // A sum of changed counts has the noise of all of them, and says no more than these.
                    Additivity::FromDetail if is_sum[v as usize] => Value::Missing,
                    Additivity::AsDrawn | Additivity::FromDetail => {
                        table.origins(n).map_or(Value::Missing, |(low, high)| between(low, high))
                    }
                    Additivity::Nearest => within(n, u64::from(table.largest())),
                };
                value.count().map(|_| (n, known))
            };
            let values = cube.cells.values().zip(variables).map(changed);
            ProtectedCube::of_changed(cube, values, rule, method)
        })
        .collect();
    Ok(cubes)
}
