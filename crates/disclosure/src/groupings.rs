//! Groupings of one variable that overlap: ages 0–17 in one table and 0–18 in another say how many are 18.
//!
//! The groups are cut into the finest parts that they have together, and each group becomes the sum of its parts.
//! Nobody published these, but the attacker can work them out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{Category, Cube, Dimension, Label, Role, TOTAL, UNKNOWN, Unit, Value, age_range};

/// More parts than this of one variable, or cells of one table, are not looked at.
const PARTS: usize = 200;
const CELLS: usize = 500_000;

type Range = (u16, u16);

/// The groups without parts of a dimension, as ranges; `None` when some are no ranges.
fn ranges(d: &Dimension) -> Option<Vec<(u32, Range)>> {
    if d.role != Role::Breakdown {
        return None;
    }
    let leaves = (0..d.categories.len() as u32).filter(|&at| d.children(at).next().is_none());
    let mut out = Vec::new();
    for at in leaves {
        let code = d.categories[at as usize].code.as_str();
        if code != TOTAL && code != UNKNOWN {
            out.push((at, age_range(code)?));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The cubes with the parts of groups that overlap with those of other cubes.
pub(crate) fn refine(cubes: Vec<Cow<'_, Cube>>) -> Vec<Cow<'_, Cube>> {
    let mut all: BTreeMap<(String, Unit, String), BTreeSet<Vec<Range>>> = BTreeMap::new();
    let mut names: BTreeMap<Range, String> = BTreeMap::new();
    for cube in &cubes {
        for d in &cube.dimensions {
            let Some(found) = ranges(d) else { continue };
            for (at, range) in &found {
                names.entry(*range).or_insert_with(|| d.categories[*at as usize].code.clone());
            }
            let mut found: Vec<Range> = found.into_iter().map(|(_, range)| range).collect();
            found.sort_unstable();
            all.entry((cube.universe.clone(), cube.unit, d.id.clone())).or_default().insert(found);
        }
    }
    all.retain(|_, groupings| groupings.len() > 1);
    if all.is_empty() {
        return cubes;
    }
    cubes
        .into_iter()
        .map(|cube| {
            let mut out: Option<Cube> = None;
            for d in 0..cube.dimensions.len() {
                let key = (cube.universe.clone(), cube.unit, cube.dimensions[d].id.clone());
                let Some(groupings) = all.get(&key) else { continue };
                let parts = parts(&groupings.iter().flatten());
                let now = out.as_ref().unwrap_or(&cube);
                if let Some(refined) = cut(now, d, &parts, &names) {
                    out = Some(refined);
                }
            }
            out.map_or(cube, Cow::Owned)
        })
        .collect()
}

/// The finest ranges of which all are made.
fn parts<'a>(ranges: &(impl Iterator<Item = &'a Range> + Clone)) -> Vec<Range> {
    let begins = ranges.clone().map(|r| u32::from(r.0));
    let ends = ranges.clone().map(|r| u32::from(r.1) + 1);
    let cuts: BTreeSet<u32> = begins.chain(ends).collect();
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let is_in = |low: u32| ranges.clone().any(|r| u32::from(r.0) <= low && low <= u32::from(r.1));
    cuts.windows(2)
        .filter(|w| is_in(w[0]))
        .filter_map(|w| Some((u16::try_from(w[0]).ok()?, u16::try_from(w[1] - 1).ok()?)))
        .collect()
}

/// The cube with the groups of a dimension cut into parts; `None` when there is nothing to cut, or too much.
fn cut(cube: &Cube, d: usize, parts: &[Range], names: &BTreeMap<Range, String>) -> Option<Cube> {
    let groups = ranges(&cube.dimensions[d])?;
    let mut out = cube.clone();
    // By group, the places of its parts.
    let mut of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, range) in groups {
        let own: Vec<&Range> = parts.iter().filter(|p| range.0 <= p.0 && p.1 <= range.1).collect();
        if own.len() < 2 {
            continue;
        }
        for part in own {
            let code = names.get(part).cloned().unwrap_or_else(|| match *part {
                (low, u16::MAX) => format!("{low}+"),
                (low, high) if low == high => low.to_string(),
                (low, high) => format!("{low}-{high}"),
            });
            if out.dimensions[d].position(&code).is_some() {
                return None;
            }
            let place = out.dimensions[d].categories.len() as u32;
            out.dimensions[d].categories.push(Category {
                label: Label { en: code.clone(), nl: code.clone() },
                code,
                parent: Some(at),
            });
            of.entry(at).or_default().push(place);
        }
    }
    let more: usize = cube.cells.keys().filter_map(|key| of.get(&key[d])).map(Vec::len).sum();
    if of.is_empty() || parts.len() > PARTS || more > CELLS {
        return None;
    }
    for key in cube.cells.keys() {
        for &place in of.get(&key[d]).into_iter().flatten() {
            let mut key = key.clone();
            key[d] = place;
            out.cells.insert(key, Value::Missing);
        }
    }
    Some(out)
}
