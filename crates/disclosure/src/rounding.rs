//! Controlled rounding: every count becomes a multiple of a base near to it, and totals stay the
//! sums of their parts.
//!
//! Rounded one by one, 2 + 2 + 2 = 6 becomes 0 + 0 + 0 = 5 in base 5, and whoever sees that learns
//! something. Controlled rounding rounds all cells of all tables together (Dalenius 1981; Cox and
//! Ernst 1982; Salazar-González 2005).
//!
//! ```
//! use disclosure::rounding::round;
//! # use model::{Category, Cube, Dimension, Label, Role, Rounding, Unit, TOTAL, Value};
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
//! let rounded = round(&[cube], Rounding::base(5))?;
//! let counts: Vec<u64> = rounded.cubes[0].cells().filter_map(|(_, c)| c.value.count()).collect();
//! assert_eq!(counts[0], counts[1..].iter().sum());
//! assert!(counts[0] == 5 || counts[0] == 10);
//! # Ok::<(), disclosure::Error>(())
//! ```

use model::{Cube, Rounding, Value, Zeros};

use crate::additive::Net;
use crate::lattice::Goal;
use crate::method::within;
use crate::{Error, Method, Policy, ProtectedCube, Protection, Rule, Table};

/// Rounded cubes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    /// The cubes, in the order in which they were given.
    pub cubes: Vec<ProtectedCube>,
    /// Whether no other rounding has a smaller sum of distances. If not, the search was ended by
    /// its limit of nodes; the rounding satisfies all conditions nevertheless.
    pub optimal: bool,
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
pub fn round(cubes: &[Cube], settings: Rounding) -> Result<Rounded, Error> {
    let Rounding { base, steps } = settings;
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
    let rule = Rule { threshold: base, zeros: Zeros::Publish, protection: 0, groups: false };
    let reach = base * (u64::from(steps) + 1) - 1;
    let cubes = cubes
        .iter()
        .zip(&net.variables)
        .map(|(cube, variables)| {
            let rounded = |(value, &v): (&Value, &u32)| {
                let n = found.values[v as usize] as u64 * base;
                value.count().map(|_| (n, within(n, reach)))
            };
            let values = cube.cells.values().zip(variables).map(rounded);
            ProtectedCube::of_changed(cube, values, rule, Method::Rounding { base, steps })
        })
        .collect();
    Ok(Rounded { cubes, optimal: found.optimal })
}

/// Rounds all tables but those with a waiver, which stay as they are, and attacks the result. Also says whether no other
/// rounding is nearer, see [`Rounded::optimal`].
///
/// # Errors
/// As [`round`] and [`Protection::of_changed`].
pub fn protect(tables: &[Table], settings: Rounding, policy: &Policy) -> Result<(Protection, bool), Error> {
    let own: Vec<Cube> = tables.iter().filter(|t| t.waiver.is_none()).map(|t| t.cube.clone()).collect();
    let rounded = round(&own, settings)?;
    let rule = policy.rule();
    let mut own = rounded.cubes.into_iter();
    let cubes = tables
        .iter()
        .filter_map(|t| match &t.waiver {
            Some(reason) => Some(ProtectedCube::whole(&t.cube, reason, rule)),
            None => own.next(),
        })
        .collect();
    let truth: Vec<&Cube> = tables.iter().map(|t| &t.cube).collect();
    Ok((Protection::of_changed(&truth, cubes, policy)?, rounded.optimal))
}

/// What a count may become, in bases.
fn goal(n: u64, base: u64, steps: i64) -> Goal {
    let below = (n / base).cast_signed();
    let above = below + i64::from(!n.is_multiple_of(base));
    let steps = if n == 0 { 0 } else { steps };
    Goal { low: (below - steps).max(0), high: above + steps, target: n as f64 / base as f64 }
}
