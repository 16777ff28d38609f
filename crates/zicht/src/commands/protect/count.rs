//! Tables counted from a file of records, all totals included.

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::cell_key::{KeyedCube, Secret};
use model::{Cube, Key, Label, RowCount, Unit, Value};

use super::spec::{Spec, dimension};
use crate::commands::records::{self, Read, Tally, Variable};
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// A set of tables with more cells than this is refused before it is made.
const MOST_CELLS: u64 = 10_000_000;

/// What was counted.
pub(super) struct Counted {
    /// The tables, each cell with the sum of the keys of its persons.
    pub(super) cubes: Vec<KeyedCube>,
    pub(super) rows: RowCount,
    /// The most records of one person; 0 when nothing says who they are of.
    pub(super) most: u32,
}

impl Counted {
    pub(super) fn into_cubes(self) -> Vec<Cube> {
        self.cubes.into_iter().map(|keyed| keyed.cube).collect()
    }
}

/// Counts the records of a file.
pub(super) fn count(
    file: &Path,
    spec: &Spec,
    dir: &Path,
    secret: Option<&Secret>,
    show: &Show,
) -> Result<Counted, Failure> {
    let Read { variables, tallies, rows, most } = records::read(file, spec.layout(dir)?, secret, show)?;
    Ok(Counted { cubes: cubes(spec, &variables, &tallies)?, rows, most })
}

fn cubes(
    spec: &Spec,
    variables: &[Variable<'_>],
    tallies: &BTreeMap<Vec<u32>, Tally>,
) -> Result<Vec<KeyedCube>, Failure> {
    let mut all = 0_u64;
    let mut cubes = Vec::new();
    for table in &spec.table {
        let of: Vec<usize> = table
            .dimensions
            .iter()
            .filter_map(|name| variables.iter().position(|v| v.name == name))
            .collect();
        let (dimensions, counted_in): (Vec<_>, Vec<_>) = of
            .iter()
            .map(|&v| {
                let Variable { name, categories, .. } = &variables[v];
                dimension(name, categories, table.depth.get(*name).copied())
            })
            .unzip();
        let cells = dimensions
            .iter()
            .try_fold(1_u64, |cells, d: &model::Dimension| cells.checked_mul(d.categories.len() as u64));
        all = cells.and_then(|cells| all.checked_add(cells)).filter(|all| *all <= MOST_CELLS).ok_or_else(
            || {
                Failure::input(
                    format!(
                        "with \"{}\" the tables have more than {} cells",
                        table.id,
                        thousands(MOST_CELLS)
                    ),
                    "take fewer dimensions, or show fewer levels with `depth`",
                )
            },
        )?;
        let mut filled = every_cell(&dimensions);
        for (record, tally) in tallies {
            let leaf: Key = of.iter().zip(&counted_in).map(|(&v, into)| into[record[v] as usize]).collect();
            add(&dimensions, &leaf, *tally, &mut filled);
        }
        let keys = filled.iter().map(|(key, tally)| (key.clone(), tally.key)).collect();
        let cube = Cube {
            id: table.id.clone(),
            title: Label::same(table.title.as_ref().unwrap_or(&table.id)),
            definition: Label::same(""),
            unit: Unit::Persons,
            universe: "records".into(),
            sources: Vec::new(),
            dimensions,
            cells: filled.into_iter().map(|(key, tally)| (key, Value::Count(tally.records))).collect(),
        };
        cubes.push(KeyedCube { cube, keys });
    }
    Ok(cubes)
}

/// All cells of a table, empty.
fn every_cell(dimensions: &[model::Dimension]) -> BTreeMap<Key, Tally> {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for dimension in dimensions {
        let longer = |key: &Key| {
            let key = key.clone();
            (0..dimension.categories.len() as u32).map(move |at| [&key[..], &[at]].concat())
        };
        keys = keys.iter().flat_map(longer).collect();
    }
    keys.into_iter().map(|key| (key, Tally::default())).collect()
}

/// Counts records in a cell and in every total that it is a part of.
fn add(dimensions: &[model::Dimension], leaf: &[u32], tally: Tally, cells: &mut BTreeMap<Key, Tally>) {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for (dimension, &at) in dimensions.iter().zip(leaf) {
        keys = dimension
            .lineage(at)
            .flat_map(|at| keys.iter().map(move |key| [&key[..], &[at]].concat()))
            .collect();
    }
    for key in keys {
        if let Some(cell) = cells.get_mut(&key) {
            cell.records = cell.records.saturating_add(tally.records);
            cell.key = cell.key.wrapping_add(tally.key);
        }
    }
}
