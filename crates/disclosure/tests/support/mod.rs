//! Cubes and records for the tests of changed counts.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;

use disclosure::cell_key::{KeyedCube, Secret, count};
use model::{Category, Cube, Dimension, Label, Role, TOTAL, Unit, Value};

pub fn label(s: &str) -> Label {
    Label { en: s.into(), nl: s.into() }
}

/// A dimension: codes with the index of what they are a part of.
pub fn dimension(id: &str, role: Role, categories: &[(&str, Option<u32>)]) -> Dimension {
    Dimension {
        id: id.into(),
        label: label(id),
        role,
        classification: None,
        categories: categories
            .iter()
            .map(|&(code, parent)| Category { code: code.into(), label: label(code), parent })
            .collect(),
    }
}

/// `n` categories and their total.
pub fn flat(id: &str, n: u32) -> Dimension {
    let codes: Vec<String> = (1..=n).map(|i| format!("{id}{i}")).collect();
    let mut categories = vec![(TOTAL, None)];
    categories.extend(codes.iter().map(|c| (c.as_str(), Some(0))));
    dimension(id, Role::Breakdown, &categories)
}

/// A total of `groups` groups of `each` categories.
pub fn tree(id: &str, groups: u32, each: u32) -> Dimension {
    let mut categories: Vec<(String, Option<u32>)> = vec![(TOTAL.to_owned(), None)];
    for g in 0..groups {
        let parent = categories.len() as u32;
        categories.push((format!("{id}{g}"), Some(0)));
        for c in 0..each {
            categories.push((format!("{id}{g}.{c}"), Some(parent)));
        }
    }
    let categories: Vec<(&str, Option<u32>)> = categories.iter().map(|(c, p)| (c.as_str(), *p)).collect();
    dimension(id, Role::Breakdown, &categories)
}

/// A cube without cells.
pub fn frame(id: &str, dimensions: Vec<Dimension>) -> Cube {
    Cube {
        id: id.into(),
        title: label(id),
        definition: label(id),
        unit: Unit::Persons,
        universe: "victims".into(),
        sources: vec![],
        dimensions,
        cells: BTreeMap::new(),
    }
}

/// The most detailed categories of a dimension.
pub fn leaves(d: &Dimension) -> Vec<u32> {
    (0..d.categories.len() as u32).filter(|&c| d.children(c).next().is_none()).collect()
}

/// Records with pseudo-random leaves; the smaller indices of a dimension are more frequent.
pub fn records(dimensions: &[Dimension], n: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let leaves: Vec<Vec<u32>> = dimensions.iter().map(leaves).collect();
    let mut columns = vec![Vec::with_capacity(n); dimensions.len()];
    for _ in 0..n {
        for (column, leaves) in columns.iter_mut().zip(&leaves) {
            let u = next();
            column.push(leaves[((u * u) * leaves.len() as f64) as usize]);
        }
    }
    columns
}

/// A cube counted from records, with cell keys.
pub fn counted(frame: &Cube, columns: &[Vec<u32>], secret: u8) -> KeyedCube {
    let persons: Vec<String> = (0..columns[0].len()).map(|i| format!("person {i}")).collect();
    let keys = Secret::new([secret; 32]).record_keys(persons.iter().map(String::as_str));
    let columns: Vec<&[u32]> = columns.iter().map(Vec::as_slice).collect();
    count(frame, &columns, &keys).expect("records that fit")
}

/// Whether every total of a complete cube is the sum of its parts.
pub fn adds_up(cube: &Cube) -> bool {
    cube.relations().iter().all(|r| {
        let sum: Option<u64> = r.parts.iter().map(|p| cube.value(p).count()).sum();
        sum == cube.value(&r.total).count()
    })
}

/// A cube with one dimension of parts and a total.
pub fn line(id: &str, parts: &[u64]) -> Cube {
    let mut cube = frame(id, vec![flat("form", parts.len() as u32)]);
    cube.cells.insert(vec![0], Value::Count(parts.iter().sum()));
    for (i, &n) in parts.iter().enumerate() {
        cube.cells.insert(vec![i as u32 + 1], Value::Count(n));
    }
    cube
}
