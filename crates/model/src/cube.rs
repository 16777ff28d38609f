//! Cubes: counts over dimensions, with totals, unknowns and suppressed cells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Label};

/// The code of a total over a dimension, as in SDMX.
pub const TOTAL: &str = "_T";
/// The code of "unknown", a category like any other, as in SDMX.
pub const UNKNOWN: &str = "_U";

/// What one unit of a count is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Different persons, each once in a period.
    Persons,
    /// Reports; one person may be behind several.
    Reports,
    /// Anything else that is counted (requests, transfers, decisions).
    Events,
    /// Sums of what each of several units brings to them: money, days. No table of a monitor asks for it.
    #[serde(skip_deserializing)]
    Amounts,
}

/// How a dimension is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An ordinary breakdown. Where a category is the parent of others, its count is their sum.
    Breakdown,
    /// Periods in order; there is no total over them.
    Time,
    /// The source or edition a figure comes from: figures stand side by side and never add up.
    Vintage,
}

/// One category of a dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Code in the classification, [`TOTAL`] or [`UNKNOWN`].
    pub code: String,
    /// Words for readers.
    pub label: Label,
    /// Index, in the dimension, of the category of which this one is a part.
    pub parent: Option<u32>,
}

/// A dimension of a cube.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// Identifier: the name of the variable, such as `year` or `form`.
    pub id: String,
    /// Words for readers.
    pub label: Label,
    /// How the dimension is used.
    pub role: Role,
    /// Identifier of the classification, if its codes come from one.
    pub classification: Option<String>,
    /// Categories in the order in which tables show them.
    pub categories: Vec<Category>,
}

/// Code of a person whom the register of the dimension reported; see [`register_of`].
pub const IN: &str = "Y";
/// Code of a person whom the register of the dimension did not report.
pub const NOT_IN: &str = "N";

/// The variable that a dimension is of: `age` of `age:age.nl`. A dimension of one register (`register:police`, see
/// [`register_of`]) is a variable of its own.
pub fn variable_of(dimension: &str) -> &str {
    match dimension.split_once(':') {
        Some((variable, _)) if variable != "register" => variable,
        _ => dimension,
    }
}

/// The register of a dimension that says whether it reported a person: `police` of `register:police`.
pub fn register_of(dimension: &str) -> Option<&str> {
    dimension.strip_prefix("register:")
}

impl Dimension {
    /// Index of the category with `code`.
    pub fn position(&self, code: &str) -> Option<u32> {
        self.categories.iter().position(|c| c.code == code).map(|i| i as u32)
    }

    /// Index of the total over the whole dimension, if there is one.
    pub fn total(&self) -> Option<u32> {
        self.position(TOTAL)
    }

    /// Indices of the direct parts of category `parent`.
    pub fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        self.categories
            .iter()
            .enumerate()
            .filter(move |(_, c)| c.parent == Some(parent))
            .map(|(i, _)| i as u32)
    }

    /// Category `index`, its parent, and so on up to one without parent. Without end where the hierarchy is cyclic, which
    /// [`Cube::check`] refuses.
    pub fn lineage(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(index), |&at| self.categories[at as usize].parent)
    }

    /// Depth of category `index`: 0 for one without parent.
    pub fn depth(&self, index: u32) -> usize {
        self.lineage(index).count() - 1
    }

    fn check(&self, cube: &str) -> Result<(), Error> {
        let fail = |what: String| Err(Error::Cube { cube: cube.to_owned(), what });
        for (i, c) in self.categories.iter().enumerate() {
            if self.categories[..i].iter().any(|d| d.code == c.code) {
                return fail(format!("dimension {}: code {} occurs twice", self.id, c.code));
            }
            let (mut at, mut steps) = (c.parent, 0);
            while let Some(p) = at {
                let Some(parent) = self.categories.get(p as usize) else {
                    return fail(format!("dimension {}: the parent of {} is not there", self.id, c.code));
                };
                steps += 1;
                if steps > self.categories.len() {
                    return fail(format!("dimension {}: {} is a part of itself", self.id, c.code));
                }
                at = parent.parent;
            }
        }
        Ok(())
    }
}

/// What is known of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// The count.
    Count(u64),
    /// Only bounds are known, both included: `<5` read from a published table is `Between(0, 4)`
    /// or `Between(1, 4)`, depending on how its publisher treats zeros.
    Between(u64, u64),
    /// There is no figure: not collected or not published at all.
    Missing,
}

impl Value {
    /// The count, when it is known.
    pub fn count(self) -> Option<u64> {
        match self {
            Value::Count(n) => Some(n),
            _ => None,
        }
    }
}

/// A count set against a population.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Inhabitants of the cell.
    pub population: u64,
    /// Count ÷ population, times the number of inhabitants that the rate is for.
    pub rate: f64,
    /// Interval of the count's expectation at the same scale; the population is taken as exact.
    pub interval: (f64, f64),
}

/// The position of a cell: for each dimension the index of its category.
pub type Key = Vec<u32>;

/// Counts over dimensions. **Not protected**: `publish` does not take it; `disclosure` makes a
/// protected cube of it.
///
/// Cells are kept in the order of their keys, so that all output is in one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cube {
    /// Identifier, used for file names: lower-case letters, digits and `_`.
    pub id: String,
    /// Title for readers.
    pub title: Label,
    /// What exactly is counted, in words.
    pub definition: Label,
    /// What one unit is.
    pub unit: Unit,
    /// Cubes of one universe describe the same units by the same definition: their cells with the
    /// same coordinates (totals left out) are the same number, and are protected together.
    /// Over periods of different length reports and events add up, and persons do not.
    pub universe: String,
    /// Identifiers of the sources it is made from.
    pub sources: Vec<String>,
    /// The dimensions.
    pub dimensions: Vec<Dimension>,
    /// The cells that have a figure.
    #[serde(with = "cells_as_list")]
    pub cells: BTreeMap<Key, Value>,
}

impl Cube {
    /// Checks codes, hierarchies and keys.
    ///
    /// # Errors
    /// When a code occurs twice in a dimension, a hierarchy is cyclic, or a key does not fit.
    pub fn check(&self) -> Result<(), Error> {
        for d in &self.dimensions {
            d.check(&self.id)?;
        }
        for key in self.cells.keys() {
            let fits = key.len() == self.dimensions.len()
                && key.iter().zip(&self.dimensions).all(|(&k, d)| (k as usize) < d.categories.len());
            if !fits {
                return Err(Error::Cube {
                    cube: self.id.clone(),
                    what: format!("cell {key:?} does not fit the dimensions"),
                });
            }
        }
        Ok(())
    }

    /// Index of dimension `id`.
    pub fn dimension(&self, id: &str) -> Option<usize> {
        self.dimensions.iter().position(|d| d.id == id)
    }

    /// What is known of the cell at `key`; a cell without figure is [`Value::Missing`].
    pub fn value(&self, key: &[u32]) -> Value {
        self.cells.get(key).copied().unwrap_or(Value::Missing)
    }

    /// The codes of a key, one for each dimension.
    pub fn codes<'a>(&'a self, key: &'a [u32]) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.dimensions.iter().zip(key).map(|(d, &k)| (d.id.as_str(), d.categories[k as usize].code.as_str()))
    }

    /// The additive relations between the cells: `total = Σ parts`, one for each parent category
    /// of each breakdown dimension at each combination of the other dimensions.
    ///
    /// A relation is listed when its total has a cell and at least one part has one. Parts
    /// without a cell are left out: whether they are zero or not collected, only the reader of
    /// the relation can say.
    pub fn relations(&self) -> Vec<Relation> {
        let mut out = Vec::new();
        for (d, dim) in self.dimensions.iter().enumerate() {
            if dim.role != Role::Breakdown {
                continue;
            }
            for parent in 0..dim.categories.len() as u32 {
                let children: Vec<u32> = dim.children(parent).collect();
                if children.is_empty() {
                    continue;
                }
                for key in self.cells.keys().filter(|k| k[d] == parent) {
                    let parts: Vec<Key> = children
                        .iter()
                        .map(|&c| {
                            let mut part = key.clone();
                            part[d] = c;
                            part
                        })
                        .filter(|part| self.cells.contains_key(part))
                        .collect();
                    if !parts.is_empty() {
                        out.push(Relation { dimension: d, total: key.clone(), parts });
                    }
                }
            }
        }
        out
    }
}

/// `total = Σ parts` within one cube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Index of the dimension that is summed over.
    pub dimension: usize,
    /// The cell that is the sum.
    pub total: Key,
    /// The cells that are added, at least one.
    pub parts: Vec<Key>,
}

/// JSON has no keys that are lists, so cells are written as `[[key], value]` pairs.
mod cells_as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Key, Value};

    pub(super) fn serialize<S: Serializer>(cells: &BTreeMap<Key, Value>, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(cells.iter())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<Key, Value>, D::Error> {
        Ok(Vec::<(Key, Value)>::deserialize(d)?.into_iter().collect())
    }
}
