//! The certificate of protection: what was done to a set of tables, and how the attacker fared against it.

use std::fmt::Write as _;

use model::{Strict, Value};
use serde::Serialize;

use crate::{Attack, Gap, Marks, Method, Mode, ObsStatus, Policy, ProtectedCube, Rule};

/// Says of a set of tables by which method and rule they were protected, and what the attacker still learned.
///
/// Only this crate makes one, and it covers the very cells that came out: a cell that is changed afterwards is not
/// covered. It may be published: it does not say which hidden counts are small, nor how many, nor how far changed counts are
/// from the true ones, and the hashes are of what is published. The secret from which noise was drawn is not in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Certificate {
    #[serde(flatten)]
    how: How,
    /// What the attacker is taken to know and to do; `None` where the promise does not depend on him.
    #[serde(skip_serializing_if = "Option::is_none")]
    attacker: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attack: Option<Attack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
    tables: Vec<Covered>,
}

/// By which method and rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum How {
    Hidden {
        method: &'static str,
        mode: Mode,
        rule: Rule,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        strict: Vec<Strict>,
        marks: Marks,
        /// In the weak mode: the reader was taken to round bounds to whole counts.
        whole: bool,
    },
    Changed {
        #[serde(flatten)]
        method: Method,
        rule: Rule,
    },
}

/// A table of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Covered {
    /// The identifier of the cube.
    id: String,
    /// Cells in it.
    cells: usize,
    /// Hidden cells.
    hidden: usize,
    /// Why it was published whole, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<String>,
    /// BLAKE3 hash of its cells as they are published, see [`ProtectedCube::hash`].
    blake3: String,
}

impl Certificate {
    /// The certificate of cubes of which counts were hidden.
    pub(crate) fn of_hidden(
        policy: &Policy,
        rule: Rule,
        cubes: &[ProtectedCube],
        attack: Attack,
        gap: Option<Gap>,
    ) -> Self {
        Self {
            how: How::Hidden {
                method: "suppression",
                mode: policy.mode,
                rule,
                strict: policy.strict.clone(),
                marks: policy.marks,
                whole: policy.whole,
            },
            attacker: Some(
                "knows every published cell, every sum that holds between cells, the rule and how hidden cells are \
                 marked; solves linear programmes and rounds to whole counts",
            ),
            attack: Some(attack),
            gap,
            tables: cubes.iter().map(Covered::of).collect(),
        }
    }

    /// The certificate of cubes of which counts were changed; without `attack` when the method promises what it does
    /// against whoever there is.
    pub(crate) fn of_changed(
        method: Method,
        rule: Rule,
        cubes: &[ProtectedCube],
        attack: Option<Attack>,
    ) -> Self {
        Self {
            how: How::Changed { method, rule },
            attacker: attack.map(|_| {
                "knows every published cell, every sum that holds between true counts, and how far a count may be from \
                 the published one; solves linear programmes and rounds to whole counts"
            }),
            attack,
            gap: None,
            tables: cubes.iter().map(Covered::of).collect(),
        }
    }

    /// Whether the cube came out of the protection that this certificate is of.
    pub fn covers(&self, cube: &ProtectedCube) -> bool {
        self.tables.iter().any(|t| t.id == cube.id() && t.blake3 == cube.hash())
    }

    /// How the attacker fared against all tables together; `None` where the promise does not depend on him.
    pub fn attack(&self) -> Option<Attack> {
        self.attack
    }

    /// How counts were changed, if they were and not hidden.
    pub fn changed(&self) -> Option<Method> {
        match self.how {
            How::Changed { method, .. } => Some(method),
            How::Hidden { .. } => None,
        }
    }
}

impl Covered {
    fn of(cube: &ProtectedCube) -> Self {
        Covered {
            id: cube.id().to_owned(),
            cells: cube.cells().count(),
            hidden: cube.cells().filter(|(_, cell)| cell.obs == ObsStatus::Suppressed).count(),
            waiver: cube.waiver().map(str::to_owned),
            blake3: cube.hash(),
        }
    }
}

impl ProtectedCube {
    /// BLAKE3 hash of what is published of the cube: a line for each cell, with the codes of its categories in the order
    /// of the dimensions, its value and its two marks, with tabs between.
    pub fn hash(&self) -> String {
        let mut text = format!("{}\n", self.id());
        for (key, cell) in self.cells() {
            for (d, &at) in self.dimensions().iter().zip(key) {
                let code = d.categories.get(at as usize).map_or("", |c| c.code.as_str());
                let _ = write!(text, "{}={code}\t", d.id);
            }
            let _ = match cell.value {
                Value::Count(n) => write!(text, "{n}"),
                Value::Between(low, high) => write!(text, "{low}..{high}"),
                Value::Missing => Ok(()),
            };
            let _ = writeln!(text, "\t{}\t{}", cell.conf.code(), cell.obs.code());
        }
        model::provenance::hash(text.as_bytes())
    }
}
