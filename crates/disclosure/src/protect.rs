//! `protect`: which cells must be hidden, so that no hidden cell can be known too closely.
//!
//! Small counts are hidden (primary suppression), and others with them (secondary suppression), in every part
//! of the tables that hangs together on its own. In the end the attacker is let loose on all of it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Key, Value};
use rayon::prelude::*;

use crate::audit::check;
use crate::part::{Part, Role, split};
use crate::propagate::Known;
use crate::rules::Rules;
use crate::system::{Bounds, INF, Place, System};
use crate::words::Words;
use crate::{
    Attack, Certificate, ConfStatus, Costs, Error, Exposed, Gap, Marks, ObsStatus, Policy, ProtectedCell,
    ProtectedCube, Protection, Table, TableReport,
};

/// Protects tables as one set: cells that are the same number in two tables are hidden in both.
///
/// Tables with a waiver are published whole, and the attacker knows them. Cells that came as
/// bounds (`<5`) are hidden, and the attacker knows the bounds; cells without a figure stay
/// without.
///
/// The same tables and policy give the same result, whatever the number of threads.
///
/// # Errors
/// When a cube is not valid, a count too large, the policy protects nobody, two tables of one
/// universe give the same cell different counts, or the attack on the result cannot be carried out.
pub fn protect(tables: &[Table], policy: &Policy) -> Result<Protection, Error> {
    if policy.threshold < 2 || policy.protection < 1 {
        return Err(Error::Policy {
            what: format!(
                "threshold {} with protection {} protects nobody",
                policy.threshold, policy.protection
            ),
            help: "use a threshold of at least 2 and a protection of at least 1".into(),
        });
    }
    let cubes: Vec<&Cube> = tables.iter().map(|t| &t.cube).collect();
    for cube in &cubes {
        check(cube)?;
    }
    let words = Words::new(&cubes);
    let mut system = System::new(&cubes);
    let truth = truth(&system, &words)?;
    let broken = system.settle(&truth);
    // Equations that received tables break are no help to an attacker either.
    let consistent = Known::new(&system, &truth, &broken);
    let rules = Rules::new(tables, &system, &words, &truth, policy)?;
    let roles = &rules.roles;
    let costs = costs(&system, &words, &truth, policy);
    let parts = split(&system, &consistent.active);
    let mut done: Vec<Part> = parts
        .into_par_iter()
        .map(|mut part| {
            part.prepare(&truth, &rules, &costs, policy);
            part.protect();
            part
        })
        .collect();
    let mut hidden: Vec<bool> = roles.iter().map(|r| *r == Role::Small).collect();
    let (mut attack, mut exposed) = (Attack::default(), Vec::new());
    let mut gap = Some(Gap::default());
    for part in &mut done {
        gap = gap.zip(part.gap).map(|(a, b)| Gap { found: a.found + b.found, bound: a.bound + b.bound });
        for (&v, h) in part.vars.iter().zip(&part.hidden) {
            hidden[v as usize] = *h;
        }
        let Some(found) = part.attack() else {
            let place = part.vars.iter().find_map(|&v| system.places[v as usize].first());
            let table = place.map_or_else(String::new, |&p| words.cube(p).id.clone());
            return Err(Error::Solver { table });
        };
        let (found, known) = found;
        exposed.extend(known.iter().filter_map(|&v| reason(&system, &words, tables, v)));
        attack.targets += found.targets;
        attack.exact += found.exact;
        attack.narrow += found.narrow;
    }
    let rule = policy.rule();
    let (mut cubes, mut reports) = (Vec::new(), Vec::new());
    for (t, table) in tables.iter().enumerate() {
        let variables = &system.variables[t];
        let mut cells: BTreeMap<Key, ProtectedCell> = BTreeMap::new();
        let mut report = TableReport {
            name: table.cube.id.clone(),
            cells: variables.len(),
            primary: 0,
            suppressed: 0,
            loss: None,
        };
        for ((key, value), &v) in table.cube.cells.iter().zip(variables) {
            let small = roles[v as usize] == Role::Small;
            let cell =
                cell(*value, truth[v as usize], small, hidden[v as usize], table.waiver.is_some(), policy);
            report.primary += usize::from(small);
            report.suppressed += usize::from(cell.obs == ObsStatus::Suppressed);
            cells.insert(key.clone(), cell);
        }
        reports.push(report);
        let cube = ProtectedCube::new(&table.cube, cells, rule);
        cubes.push(ProtectedCube { waiver: table.waiver.clone(), ..cube });
    }
    let certificate = Certificate::of_hidden(policy, rule, &cubes, attack, gap);
    Ok(Protection { cubes, tables: reports, attack, exposed, certificate, gap })
}

/// A variable that could not be protected, in words.
fn reason(system: &System, words: &Words<'_>, tables: &[Table], v: u32) -> Option<Exposed> {
    let place = *system.places[v as usize].first()?;
    let near = system.of[v as usize].iter().flat_map(|&e| system.equations[e as usize].vars());
    let places = near.flat_map(|w| &system.places[w as usize]).map(|p| p.table);
    let waived: BTreeSet<u32> = places.filter(|&t| tables[t as usize].waiver.is_some()).collect();
    Some(Exposed {
        table: words.cube(place).id.clone(),
        cell: words.codes(place),
        waived: waived.into_iter().map(|t| tables[t as usize].cube.id.clone()).collect(),
    })
}

/// What is published of a cell.
fn cell(
    value: Value,
    truth: Bounds,
    small: bool,
    hidden: bool,
    waived: bool,
    policy: &Policy,
) -> ProtectedCell {
    let mark = |value, conf| ProtectedCell { value, conf, obs: ObsStatus::Suppressed };
    if waived {
        return ProtectedCell::open(value);
    }
    match value {
        Value::Missing => ProtectedCell::open(value),
        // Bounds that its publisher gave are not given again.
        Value::Between(low, high) if low < high => mark(Value::Missing, ConfStatus::Primary),
        _ if !hidden => ProtectedCell::open(Value::Count(truth.lo as u64)),
        _ => match policy.marks {
            Marks::Alike => mark(Value::Missing, ConfStatus::Primary),
            Marks::Apart if small => mark(Value::Missing, ConfStatus::Primary),
            Marks::Apart => mark(Value::Missing, ConfStatus::Secondary),
        },
    }
}

/// What is known of each variable, from all tables in which it stands.
pub(crate) fn truth(system: &System, words: &Words<'_>) -> Result<Vec<Bounds>, Error> {
    system
        .places
        .iter()
        .map(|places| {
            let mut all = Bounds { lo: 0, hi: INF };
            for &place in places {
                let b = Bounds::of(words.value(place));
                let both = Bounds { lo: all.lo.max(b.lo), hi: all.hi.min(b.hi) };
                if both.lo > both.hi {
                    return Err(Error::Conflict {
                        first: words.cube(places[0]).id.clone(),
                        second: words.cube(place).id.clone(),
                        cell: words.cell(place),
                    });
                }
                all = both;
            }
            Ok(all)
        })
        .collect()
}

/// What it costs to hide each variable.
fn costs(system: &System, words: &Words<'_>, truth: &[Bounds], policy: &Policy) -> Vec<f64> {
    let cost = |(v, places): (usize, &Vec<Place>)| {
        let n = truth[v].lo.max(0) as f64;
        let plain = match policy.costs {
            Costs::Information => 1.0 + (1.0 + n).ln(),
            Costs::Cells => 1.0,
            Costs::Counts => 1.0 + n,
        };
        let codes = places.first().map(|&p| words.codes(p)).unwrap_or_default();
        let weights = policy
            .weights
            .iter()
            .filter(|w| codes.iter().any(|(dimension, code)| *dimension == w.dimension && *code == w.code));
        plain * weights.map(|w| w.factor).product::<f64>()
    };
    if policy.weights.is_empty() {
        return system.places.iter().enumerate().map(|(v, _)| cost((v, &Vec::new()))).collect();
    }
    system.places.iter().enumerate().map(cost).collect()
}
