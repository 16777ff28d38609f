//! Controlled rounding: every count becomes a multiple of a base near to it, and totals stay the
//! sums of their parts.
//!
//! Rounded one by one, 2 + 2 + 2 = 6 becomes 0 + 0 + 0 = 5 in base 5, and whoever sees that learns
//! something. Controlled rounding rounds all cells of all tables together (Dalenius 1981; Cox and
//! Ernst 1982; Salazar-González 2005).
//!
//! ```
//! use disclosure::rounding::{Settings, round};
//! # use model::{Category, Cube, Dimension, Label, Role, Unit, TOTAL, Value};
//! # let label = |s: &str| Label { en: s.into(), nl: s.into() };
//! # let category = |c: &str, parent| Category { code: c.into(), label: label(c), parent };
//! # let form = Dimension { id: "form".into(), label: label("form"), role: Role::Breakdown,
//! #     classification: None, categories: vec![category(TOTAL, None), category("a", Some(0)),
//! #     category("b", Some(0)), category("c", Some(0))] };
//! # let cube = Cube { id: "by_form".into(), title: label(""), definition: label(""),
//! #     unit: Unit::Persons, universe: "u".into(), sources: vec![], dimensions: vec![form],
//! #     cells: [6, 2, 2, 2].into_iter().enumerate()
//! #         .map(|(i, n)| (vec![i as u32], Value::Count(n))).collect() };
//! // 6 = 2 + 2 + 2
//! let rounded = round(&[cube], &Settings::base(5))?;
//! let counts: Vec<u64> = rounded.cubes[0].cells().filter_map(|(_, c)| c.value.count()).collect();
//! assert_eq!(counts[0], counts[1..].iter().sum());
//! assert!(counts[0] == 5 || counts[0] == 10);
//! # Ok::<(), disclosure::Error>(())
//! ```

use model::{Cube, Value, Zeros};
use serde::{Deserialize, Serialize};

use crate::additive::Net;
use crate::cell_key::Loss;
use crate::lattice::Goal;
use crate::{Error, Method, PerturbedCube, Rule};

/// How counts are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Counts become multiples of this, such as 3, 5 or 10. At least 2.
    pub base: u64,
    /// How many bases further than the two nearest multiples a count may go. With 0 every count is
    /// less than one base from its true value, and multiples of the base stay (*zero-restricted*
    /// rounding). Tables of three and more dimensions, or of two hierarchies, do not always have that; then 1 helps. A
    /// zero stays a zero whatever this is.
    #[serde(default)]
    pub steps: u32,
}

impl Settings {
    /// Zero-restricted rounding to multiples of `base`.
    pub fn base(base: u64) -> Self {
        Settings { base, steps: 0 }
    }
}

/// Rounded cubes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounding {
    /// The cubes, in the order in which they were given.
    pub cubes: Vec<PerturbedCube>,
    /// How far each is from the true counts.
    pub loss: Vec<Loss>,
    /// Whether no other rounding has a smaller sum of distances. If not, the search was ended by
    /// its limit of nodes; the rounding satisfies all conditions nevertheless.
    pub optimal: bool,
    settings: Settings,
}

impl Rounding {
    /// The cubes as a reader knows them who knows the rule: each count lies less than one base (and
    /// `steps`) from the published one. For [`crate::audit`], which tells how much narrower all of
    /// these together make each count.
    pub fn as_bounds(&self) -> Vec<Cube> {
        let reach = self.settings.base * (u64::from(self.settings.steps) + 1) - 1;
        self.cubes
            .iter()
            .map(|c| {
                let mut cube = c.published();
                for value in cube.cells.values_mut() {
                    if let Value::Count(n) = *value {
                        *value = Value::Between(n.saturating_sub(reach), n + reach);
                    }
                }
                cube
            })
            .collect()
    }
}

/// Rounds all cells of all cubes to multiples of the base, so that every total that is the sum of
/// its parts remains so, and the sum of distances to the true counts is least. The same number in
/// two tables becomes the same number.
///
/// An integer programme; for a hierarchy that crosses a flat dimension its linear relaxation is a
/// network and already whole, so that large tables take seconds. Cells without figure stay without.
///
/// # Errors
/// When the base is below 2 or above 2²⁰, tables contradict each other or do not add up, a cell
/// has only bounds, no such rounding exists, or none was found within the limits of the search, which
/// happens to large tables of three and more dimensions or of two hierarchies.
pub fn round(cubes: &[Cube], settings: &Settings) -> Result<Rounding, Error> {
    let Settings { base, steps } = *settings;
    if !(2..=1 << 20).contains(&base) || steps > 100 {
        return Err(Error::Policy {
            what: format!("rounding to multiples of {base} with {steps} steps more"),
            help: "take a base of at least 2, such as 3, 5 or 10, and at most 100 steps".into(),
        });
    }
    let plain: Vec<&Cube> = cubes.iter().collect();
    let net = Net::new(&plain, true)?;
    let goals: Vec<Goal> = net.values.iter().map(|&n| goal(n, base, i64::from(steps))).collect();
    let found = net.solve(&goals)?;
    let rule = Rule { threshold: base, zeros: Zeros::Publish, protection: 0 };
    let mut out =
        Rounding { cubes: Vec::new(), loss: Vec::new(), optimal: found.optimal, settings: *settings };
    for (cube, variables) in cubes.iter().zip(&net.variables) {
        let mut loss = Loss::default();
        let values: Vec<Option<u64>> = cube
            .cells
            .values()
            .zip(variables)
            .map(|(value, &v)| {
                let n = value.count()?;
                let rounded = found.values[v as usize] as u64 * base;
                loss.add(n, rounded);
                Some(rounded)
            })
            .collect();
        out.cubes.push(PerturbedCube::new(cube, values, rule, Method::Rounding { base, steps }));
        out.loss.push(loss);
    }
    Ok(out)
}

/// What a count may become, in bases.
fn goal(n: u64, base: u64, steps: i64) -> Goal {
    let below = (n / base).cast_signed();
    let above = below + i64::from(!n.is_multiple_of(base));
    let steps = if n == 0 { 0 } else { steps };
    Goal { low: (below - steps).max(0), high: above + steps, target: n as f64 / base as f64 }
}
