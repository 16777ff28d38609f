//! How many persons an estimate stands on: the detected of each group, as tables that are protected with all others.
//!
//! The visibility of a group and its interval say roughly how many of it were detected, and so do its ranks and contrasts. So
//! a group is only shown where the count of its detected may be.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Category, Cube, Dimension, EstimateSettings, Key, Label, Role, TOTAL, UNKNOWN, Unit, Value, variable_of,
};

use crate::commands::estimate::Tables;

/// Cells of one such table, at most; with more, only cells that somebody is in have a figure.
const EVERY: usize = 200_000;

/// The tables of the detected of an estimate: of all combinations of the variables that it is `by`, and of each of its covariates.
///
/// `like` are the tables of the monitor: a variable has the codes and groups that it has there. Persons of one year are those of
/// the tables; over several years they are counted once, which no table does.
pub(super) fn cubes(
    asked: &EstimateSettings,
    by: &Tables,
    covariates: &Tables,
    like: &[Cube],
    sources: &[String],
) -> Vec<Cube> {
    let mut out = Vec::new();
    let whole = by.iter().filter(|(codes, _)| codes.is_empty());
    let groups: Vec<(&BTreeMap<String, String>, u64)> =
        by.iter().filter(|(codes, _)| !codes.is_empty()).map(|(codes, t)| (codes, t.detected())).collect();
    let nothing = BTreeMap::new();
    let all: Vec<(&BTreeMap<String, String>, u64)> = whole.map(|(_, t)| (&nothing, t.detected())).collect();
    let shown = if groups.is_empty() { &all } else { &groups };
    out.push(cube(asked, format!("detected_{}", asked.id), &asked.by, shown, like, sources));
    for variable in &asked.covariates {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (codes, table) in covariates.iter().filter(|(codes, _)| !codes.is_empty()) {
            let code = codes.get(variable).map_or(UNKNOWN, String::as_str);
            *counts.entry(code.to_owned()).or_default() += table.detected();
        }
        let owned: Vec<(BTreeMap<String, String>, u64)> =
            counts.into_iter().map(|(code, n)| (BTreeMap::from([(variable.clone(), code)]), n)).collect();
        let counts: Vec<(&BTreeMap<String, String>, u64)> =
            owned.iter().map(|(codes, n)| (codes, *n)).collect();
        let id = format!("detected_{}_{}", asked.id, variable.replace(':', "_"));
        out.push(cube(asked, id, std::slice::from_ref(variable), &counts, like, sources));
    }
    out
}

/// A table of these groups with all its totals.
fn cube(
    asked: &EstimateSettings,
    id: String,
    by: &[String],
    groups: &[(&BTreeMap<String, String>, u64)],
    like: &[Cube],
    sources: &[String],
) -> Cube {
    let persons = || like.iter().filter(|c| c.unit == Unit::Persons && asked.source.is_none());
    let time = Dimension {
        id: "year".into(),
        label: Label::new("Year", "Jaar"),
        role: Role::Time,
        classification: None,
        categories: vec![Category {
            code: period(asked, like),
            label: Label::same(period(asked, like)),
            parent: None,
        }],
    };
    let mut dimensions = vec![time];
    for name in by {
        let codes: BTreeSet<&str> =
            groups.iter().map(|(group, _)| group.get(name).map_or(UNKNOWN, String::as_str)).collect();
        let all = persons().flat_map(|c| &c.dimensions);
        let found = all.filter(|d| d.role == Role::Breakdown && (d.id == *name || d.id == variable_of(name)));
        let same = found
            .into_iter()
            .find(|d| d.total().is_some() && codes.iter().all(|code| d.position(code).is_some()));
        dimensions.push(same.cloned().unwrap_or_else(|| flat(name, &codes)));
    }
    let mut cells: BTreeMap<Key, Value> = BTreeMap::new();
    let size = dimensions.iter().try_fold(1_usize, |n, d| n.checked_mul(d.categories.len()));
    if size.is_some_and(|n| n <= EVERY) {
        every(&dimensions, &mut cells);
    }
    for (codes, n) in groups {
        let mut keys: Vec<Key> = vec![vec![0]];
        for (name, d) in by.iter().zip(&dimensions[1..]) {
            let code = codes.get(name).map_or(UNKNOWN, String::as_str);
            let at = d.position(code).or_else(|| d.total()).unwrap_or_default();
            let line: BTreeSet<u32> = d.lineage(at).chain(d.total()).collect();
            keys = line.iter().flat_map(|&at| keys.iter().map(move |k| [&k[..], &[at]].concat())).collect();
        }
        for key in keys {
            let cell = cells.entry(key).or_insert(Value::Count(0));
            *cell = Value::Count(cell.count().unwrap_or_default() + n);
        }
    }
    let title = &asked.title;
    Cube {
        id,
        title: title.clone(),
        definition: asked.definition.clone(),
        unit: Unit::Persons,
        // Lists that were received are of persons of their own.
        universe: asked.source.as_ref().map_or_else(|| "persons".to_owned(), |s| format!("persons of {s}")),
        sources: sources.to_vec(),
        dimensions,
        cells,
    }
}

/// The period of an estimate: a year as tables have it, or years from and to.
fn period(asked: &EstimateSettings, like: &[Cube]) -> String {
    match asked.years {
        Some((first, last)) if first == last => first.to_string(),
        Some((first, last)) => format!("{first}/{last}"),
        None => {
            let time = like.iter().flat_map(|c| &c.dimensions).filter(|d| d.role == Role::Time);
            let years: BTreeSet<&str> =
                time.flat_map(|d| &d.categories).map(|c| c.code.as_str()).filter(|c| c.len() == 4).collect();
            match (years.first(), years.last()) {
                // Of one year only they may be those of the tables, or of other periods too.
                (Some(first), Some(last)) => format!("{first}/{last}"),
                _ => "all".to_owned(),
            }
        }
    }
}

fn flat(name: &str, codes: &BTreeSet<&str>) -> Dimension {
    let category = |code: &str, parent| Category { code: code.to_owned(), label: Label::same(code), parent };
    let parts = codes.iter().map(|code| category(code, Some(0)));
    Dimension {
        id: name.to_owned(),
        label: Label::same(name),
        role: Role::Breakdown,
        classification: None,
        categories: std::iter::once(category(TOTAL, None)).chain(parts).collect(),
    }
}

fn every(dimensions: &[Dimension], cells: &mut BTreeMap<Key, Value>) {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for d in dimensions {
        let longer = |k: Key| (0..d.categories.len() as u32).map(move |at| [&k[..], &[at]].concat());
        keys = keys.into_iter().flat_map(longer).collect();
    }
    cells.extend(keys.into_iter().map(|key| (key, Value::Count(0))));
}
