//! Cubes whose counts were changed, and by what method.

use std::collections::BTreeMap;

use model::{Cube, Dimension, Key, Label, Unit, Value};
use serde::Serialize;

use crate::cell_key::Additivity;
use crate::{ConfStatus, ObsStatus, ProtectedCell, Rule};

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

/// A cube whose counts were changed so that they may be published. Only this crate makes one, and it
/// says by which [`Method`]; it is a type of its own beside [`ProtectedCube`](crate::ProtectedCube), whose
/// counts are true where they are shown, so that nobody publishes changed counts as true ones.
#[derive(Debug, Clone, PartialEq)]
pub struct PerturbedCube {
    /// All but the cells.
    frame: Cube,
    cells: BTreeMap<Key, ProtectedCell>,
    rule: Rule,
    method: Method,
}

impl PerturbedCube {
    /// The cube with `values` for its cells, in the order of their keys.
    pub(crate) fn new(
        cube: &Cube,
        values: impl IntoIterator<Item = Option<u64>>,
        rule: Rule,
        method: Method,
    ) -> Self {
        let cell = |value: Option<u64>| {
            let (value, obs) = match value {
                Some(n) => (Value::Count(n), ObsStatus::Normal),
                None => (Value::Missing, ObsStatus::Missing),
            };
            ProtectedCell { value, conf: ConfStatus::Free, obs }
        };
        PerturbedCube {
            cells: cube.cells.keys().cloned().zip(values.into_iter().map(cell)).collect(),
            frame: Cube {
                id: cube.id.clone(),
                title: cube.title.clone(),
                definition: cube.definition.clone(),
                unit: cube.unit,
                universe: cube.universe.clone(),
                sources: cube.sources.clone(),
                dimensions: cube.dimensions.clone(),
                cells: BTreeMap::new(),
            },
            rule,
            method,
        }
    }

    /// Identifier, used for file names.
    pub fn id(&self) -> &str {
        &self.frame.id
    }
    /// Title for readers.
    pub fn title(&self) -> &Label {
        &self.frame.title
    }
    /// What exactly was counted before counts were changed.
    pub fn definition(&self) -> &Label {
        &self.frame.definition
    }
    /// What one unit is.
    pub fn unit(&self) -> Unit {
        self.frame.unit
    }
    /// Cubes of one universe describe the same units.
    pub fn universe(&self) -> &str {
        &self.frame.universe
    }
    /// Identifiers of the sources it is made from.
    pub fn sources(&self) -> &[String] {
        &self.frame.sources
    }
    /// The dimensions.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.frame.dimensions
    }
    /// The cells in the order of their keys.
    pub fn cells(&self) -> impl Iterator<Item = (&Key, &ProtectedCell)> {
        self.cells.iter()
    }
    /// The published count at `key`, if there is one.
    pub fn count(&self, key: &[u32]) -> Option<u64> {
        self.cells.get(key).and_then(|c| c.value.count())
    }
    /// What is published, as a cube.
    pub fn published(&self) -> Cube {
        let cells = self.cells.iter().map(|(key, cell)| (key.clone(), cell.value)).collect();
        Cube { cells, ..self.frame.clone() }
    }
    /// The rule that holds for the published counts: none of 1 up to the threshold less one.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }
    /// How the counts were changed.
    pub fn method(&self) -> &Method {
        &self.method
    }
}
