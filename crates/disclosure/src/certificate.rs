//! The certificate of protection: what was done to a set of tables, and how the attacker fared against it.

use std::fmt::Write as _;

use model::Value;
use serde::Serialize;

use crate::{Attack, Gap, Marks, Mode, ObsStatus, Policy, ProtectedCube, Rule, Strict};

/// Says of a set of tables by which rule they were protected, in which mode, and what the attacker still learned.
///
/// Only [`crate::protect`] makes one, and it covers the very cells that came out: a cell that is changed
/// afterwards is not covered. It may be published: it does not say which hidden counts are small, nor how many, and the
/// hashes are of what is published. Hiding draws no random numbers, so there is no seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Certificate {
    mode: Mode,
    rule: Rule,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strict: Vec<Strict>,
    marks: Marks,
    /// In the weak mode: the reader was taken to round bounds to whole counts.
    whole: bool,
    attack: Attack,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
    tables: Vec<Covered>,
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
    pub(crate) fn new(
        policy: &Policy,
        rule: Rule,
        cubes: &[ProtectedCube],
        attack: Attack,
        gap: Option<Gap>,
    ) -> Self {
        let tables = cubes
            .iter()
            .map(|c| Covered {
                id: c.id().to_owned(),
                cells: c.cells().count(),
                hidden: c.cells().filter(|(_, cell)| cell.obs == ObsStatus::Suppressed).count(),
                waiver: c.waiver().map(str::to_owned),
                blake3: c.hash(),
            })
            .collect();
        Self {
            mode: policy.mode,
            rule,
            strict: policy.strict.clone(),
            marks: policy.marks,
            whole: policy.whole,
            attack,
            gap,
            tables,
        }
    }

    /// Whether the cube came out of the protection that this certificate is of.
    pub fn covers(&self, cube: &ProtectedCube) -> bool {
        self.tables.iter().any(|t| t.id == cube.id() && t.blake3 == cube.hash())
    }

    /// How the attacker fared against all tables together.
    pub fn attack(&self) -> Attack {
        self.attack
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
