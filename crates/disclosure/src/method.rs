//! Cubes whose counts were changed, and by what method.

use std::collections::BTreeMap;

use model::{Cube, Label, Value};
use serde::Serialize;

use crate::cell_key::Additivity;
use crate::{ProtectedCell, ProtectedCube, Rule};

/// How the counts of a cube were changed, for its readers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// Noise by cell key: at most `largest`, unbiased; no count of 1 to `never`.
    CellKey {
        /// The most that was added to or taken from a count before totals were made to add up.
        largest: u32,
        /// Counts of 1 up to this were not drawn.
        never: u32,
        /// Whether totals add up, and how that was reached.
        additivity: Additivity,
    },
    /// Controlled rounding to multiples of `base`.
    Rounding {
        /// The base.
        base: u64,
        /// How many bases beyond the nearest multiples a count may have moved.
        steps: u32,
    },
    /// Differential privacy.
    Privacy {
        /// ρ of zero-concentrated differential privacy that was spent.
        rho: f64,
        /// ε at `delta`.
        epsilon: f64,
        /// δ; 0 for pure differential privacy.
        delta: f64,
    },
}

impl Method {
    /// What a reader should know, as one sentence in each language.
    pub fn words(&self) -> Label {
        match *self {
            Method::CellKey { largest, additivity, .. } => {
                let (en, nl) = match additivity {
                    Additivity::AsDrawn => (
                        "Totals may differ from the sum of their parts.",
                        "Totalen kunnen verschillen van de som van de delen.",
                    ),
                    Additivity::FromDetail | Additivity::Nearest => {
                        ("Totals are the sum of their parts.", "Totalen zijn de som van de delen.")
                    }
                };
                Label {
                    en: format!(
                        "Random noise, of at most {largest} for a single figure, was added to these counts. {en}"
                    ),
                    nl: format!(
                        "Aan deze aantallen is toeval toegevoegd, van hoogstens {largest} voor één cijfer. {nl}"
                    ),
                }
            }
            Method::Rounding { base, .. } => Label {
                en: format!(
                    "These counts are rounded to multiples of {base}, so that totals are the sum of their parts."
                ),
                nl: format!(
                    "Deze aantallen zijn afgerond op veelvouden van {base}, zo dat totalen de som van de delen zijn."
                ),
            },
            Method::Privacy { epsilon, delta, .. } if delta > 0.0 => Label {
                en: format!(
                    "Random noise was added to these counts: they are differentially private, with ε = {epsilon:.2} \
                     and δ = {delta:e}."
                ),
                nl: format!(
                    "Aan deze aantallen is toeval toegevoegd: ze zijn differentieel privaat, met ε = {epsilon:.2} \
                     en δ = {delta:e}."
                ),
            },
            Method::Privacy { epsilon, .. } => Label {
                en: format!(
                    "Random noise was added to these counts: they are differentially private, with ε = {epsilon:.2}."
                ),
                nl: format!(
                    "Aan deze aantallen is toeval toegevoegd: ze zijn differentieel privaat, met ε = {epsilon:.2}."
                ),
            },
        }
    }
}

impl ProtectedCube {
    /// The cube with `values` for its cells, in the order of their keys: what is published, and what a reader who knows the
    /// method knows of the true count.
    pub(crate) fn of_changed(
        cube: &Cube,
        values: impl IntoIterator<Item = Option<(u64, Value)>>,
        rule: Rule,
        method: Method,
    ) -> Self {
        let (mut cells, mut known) = (BTreeMap::new(), BTreeMap::new());
        for (key, value) in cube.cells.keys().zip(values) {
            let (published, reader) =
                value.map_or((Value::Missing, Value::Missing), |(n, reader)| (Value::Count(n), reader));
            cells.insert(key.clone(), ProtectedCell::open(published));
            known.insert(key.clone(), reader);
        }
        ProtectedCube { changed: Some(method), known, ..ProtectedCube::new(cube, cells, rule) }
    }

    /// The cube as it is, with the reason why it needs no protection.
    pub(crate) fn whole(cube: &Cube, reason: &str, rule: Rule) -> Self {
        let cells =
            cube.cells.iter().map(|(key, value)| (key.clone(), ProtectedCell::open(*value))).collect();
        ProtectedCube { waiver: Some(reason.to_owned()), ..ProtectedCube::new(cube, cells, rule) }
    }

    /// The cube as a reader knows it who knows how counts were changed: each published count stands for the true counts that
    /// may be behind it, and for any where nothing is sure. A cube of which counts are hidden, or published whole, is what he
    /// sees.
    pub fn known(&self) -> Cube {
        let cube = self.published();
        if self.changed.is_none() {
            return cube;
        }
        Cube { cells: self.known.clone(), ..cube }
    }
}

/// What is known of a count between two bounds.
pub(crate) fn between(low: u64, high: u64) -> Value {
    if low == high { Value::Count(low) } else { Value::Between(low, high) }
}

/// What is known of a count that is published as `n` and is at most `reach` from that, where zeros stay zeros.
pub(crate) fn within(n: u64, reach: u64) -> Value {
    between(n.saturating_sub(reach).max(u64::from(n > 0)), n.saturating_add(reach))
}
