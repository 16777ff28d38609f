//! Two editions of the same tables: what their difference says of persons who came or went in between.

use std::collections::BTreeMap;

use model::{Cube, Unit, Value};

use crate::audit::check;
use crate::system::coordinates;
use crate::words::published;
use crate::{Audit, Error, Finding};

/// Where a figure stands in its universe.
type At<'a> = (&'a str, Unit, Vec<(&'a str, &'a str)>);

/// Whether a figure is not told, and may be what it was.
fn is_hidden(value: Value, was: u64) -> bool {
    match value {
        Value::Missing => true,
        Value::Between(low, high) => low < high && (low..=high).contains(&was),
        Value::Count(_) => false,
    }
}

/// What an outsider learns from the edition `before` beside the one of now: each figure that both publish and that differs
/// by less than the threshold, and each that is hidden now and was published.
///
/// The difference of two published figures is the number of persons who came less those who went, and as telling as a
/// published count of so few. A figure that is hidden now and was published before is what it was, unless it has changed.
/// Totals over everything are left out: they say nothing of anyone.
///
/// # Errors
/// When a cube is not valid or a count too large.
pub fn compare(before: &[Cube], now: &[Cube], threshold: u64) -> Result<Audit, Error> {
    before.iter().chain(now).try_for_each(check)?;
    let mut old: BTreeMap<At<'_>, u64> = BTreeMap::new();
    for cube in before {
        for (key, value) in &cube.cells {
            if let Value::Count(n) = value {
                old.insert((&cube.universe, cube.unit, coordinates(cube, key)), *n);
            }
        }
    }
    let mut audit = Audit::default();
    for cube in now {
        for (key, value) in &cube.cells {
            let at = coordinates(cube, key);
            if at.is_empty() {
                continue;
            }
            let Some(&was) = old.get(&(cube.universe.as_str(), cube.unit, at)) else { continue };
            audit.cells_attacked += 1;
            let (found, exact, because, repair) = match *value {
                Value::Count(n) if n != was && n.abs_diff(was) < threshold => (
                    n.abs_diff(was),
                    true,
                    format!("the edition before has {was}: {} more or less", n.abs_diff(was)),
                    "leave the figures of closed periods as they were, and tell the number of corrections apart",
                ),
                value if is_hidden(value, was) => (
                    was,
                    false,
                    format!("the edition before has {was}: it is that, unless it has changed"),
                    "nothing: what is published once cannot be hidden again. Hide it in the first edition",
                ),
                _ => continue,
            };
            // What was hidden to protect others may be large.
            if found == 0 || (!exact && found >= threshold) {
                continue;
            }
            if exact {
                audit.exact += 1;
            } else {
                audit.narrow += 1;
            }
            audit.findings.push(Finding {
                table: cube.title.en.clone(),
                cell: cube.codes(key).map(|(d, c)| (d.to_owned(), c.to_owned())).collect(),
                published: published(*value),
                lower: found,
                upper: Some(found),
                exact,
                risk: 1.0,
                because: vec![because],
                repair: vec![repair.to_owned()],
            });
        }
    }
    audit.sort();
    Ok(audit)
}
