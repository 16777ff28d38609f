//! The tables of the bench: counts of the synthetic victims in `tests/data`, with all combinations.

#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;

use model::{Category, Cube, Dimension, Key, Label, Role, TOTAL, Unit, Value};

const MICRO: &str = include_str!("../data/micro.csv");
const REGIONS: &str = include_str!("../data/hier_region_muni.csv");
const FORMS: &str = include_str!("../data/hier_form.csv");
const NATIONALITIES: &str = include_str!("../data/hier_nat.csv");

/// A dimension of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Units: the upper level of the regions.
    Unit,
    /// Districts in units.
    District,
    /// Municipalities in districts in units.
    Municipality,
    /// Forms of exploitation, two levels.
    Form,
    /// Sex, flat.
    Sex,
    /// Year, flat and with a total.
    Year,
    /// Citizenship, two levels.
    Nationality,
}

impl By {
    fn column(self) -> usize {
        match self {
            By::Year => 0,
            By::Unit | By::District | By::Municipality => 1,
            By::Form => 2,
            By::Sex => 3,
            By::Nationality => 4,
        }
    }

    fn dimension(self) -> Dimension {
        match self {
            By::Unit => tree("region", REGIONS, 2),
            By::District => tree("region", REGIONS, 3),
            By::Municipality => tree("region", REGIONS, 4),
            By::Form => tree("form", FORMS, 3),
            By::Nationality => tree("nationality", NATIONALITIES, 3),
            By::Sex => flat("sex", &["F", "M", "X"]),
            By::Year => flat("year", &["2019", "2020", "2021", "2022", "2023"]),
        }
    }
}

fn category(code: &str, parent: Option<u32>) -> Category {
    let code = if code == "Total" { TOTAL } else { code };
    Category { code: code.to_owned(), label: Label::same(code), parent }
}

fn dimension(id: &str, categories: Vec<Category>) -> Dimension {
    Dimension {
        id: id.into(),
        label: Label::same(id),
        role: Role::Breakdown,
        classification: None,
        categories,
    }
}

fn flat(id: &str, codes: &[&str]) -> Dimension {
    let parts = codes.iter().map(|c| category(c, Some(0)));
    dimension(id, std::iter::once(category(TOTAL, None)).chain(parts).collect())
}

/// A hierarchy written as `@@,CODE`, as many levels of it as asked for.
fn tree(id: &str, text: &str, levels: usize) -> Dimension {
    let mut path: Vec<u32> = Vec::new();
    let mut categories = Vec::new();
    for line in text.lines().skip(1) {
        let (level, code) = line.split_once(',').expect("level and code");
        if level.len() > levels {
            continue;
        }
        path.truncate(level.len() - 1);
        categories.push(category(code, path.last().copied()));
        path.push(categories.len() as u32 - 1);
    }
    dimension(id, categories)
}

/// Counts of the synthetic victims by these dimensions, zeros and all totals among them.
pub fn table(id: &str, by: &[By]) -> Cube {
    let dimensions: Vec<Dimension> = by.iter().map(|b| b.dimension()).collect();
    let mut keys: Vec<Key> = vec![Vec::new()];
    for d in &dimensions {
        keys = keys
            .iter()
            .flat_map(|k| (0..d.categories.len() as u32).map(move |c| [k.as_slice(), &[c]].concat()))
            .collect();
    }
    let mut counts: BTreeMap<Key, u64> = keys.into_iter().map(|k| (k, 0)).collect();
    for line in MICRO.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        // The categories that hold the record, in each dimension: its code and those above.
        let mut at: Vec<Vec<u32>> = vec![Vec::new()];
        for (b, d) in by.iter().zip(&dimensions) {
            let field = fields[b.column()];
            let code = match b {
                By::Unit => &field[..3],
                By::District => field.split_once('G').expect("a municipality").0,
                _ => field,
            };
            let mut c = Some(d.position(code).expect("a code of the hierarchy"));
            let mut longer = Vec::new();
            while let Some(category) = c {
                longer.extend(at.iter().map(|k| [k.as_slice(), &[category]].concat()));
                c = d.categories[category as usize].parent;
            }
            at = longer;
        }
        for key in at {
            *counts.get_mut(&key).expect("all combinations are there") += 1;
        }
    }
    Cube {
        id: id.into(),
        title: Label::same(id),
        definition: Label::same("synthetic victims"),
        unit: Unit::Persons,
        universe: "victims".into(),
        sources: vec!["synthetic".into()],
        dimensions,
        cells: counts.into_iter().map(|(k, n)| (k, Value::Count(n))).collect(),
    }
}

/// The tables of the bench by name.
pub fn instance(name: &str) -> Vec<Cube> {
    let one = |n: &str| match n {
        "T1" => table("t1", &[By::District, By::Form, By::Sex]),
        "T2" => table("t2", &[By::District, By::Form, By::Year]),
        "T3" => table("t3", &[By::Municipality, By::Form]),
        "T4" => table("t4", &[By::District, By::Form, By::Nationality]),
        "U" => table("u", &[By::Unit, By::Form, By::Sex]),
        other => panic!("no table {other}"),
    };
    match name {
        "linked" => ["T1", "T2", "T3", "T4"].iter().map(|n| one(n)).collect(),
        name => vec![one(name)],
    }
}
