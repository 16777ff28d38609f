//! Tables counted from a file of records, all totals included.

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::cell_key::{KeyedCube, Secret};
use disclosure::{AmountsOf, Contributors, Table};
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
    /// Of tables of amounts whom they are of.
    pub(super) contributors: Vec<Option<AmountsOf>>,
    pub(super) rows: RowCount,
    /// The most records of one person; 0 when nothing says who they are of.
    pub(super) most: u32,
}

impl Counted {
    pub(super) fn into_cubes(self) -> Vec<Cube> {
        self.cubes.into_iter().map(|keyed| keyed.cube).collect()
    }

    pub(super) fn into_tables(self, spec: &Spec) -> Vec<Table> {
        let waivers = spec.table.iter().map(|t| t.waiver.clone());
        let tables = self.cubes.into_iter().map(|keyed| Table::of(keyed.cube));
        tables
            .zip(self.contributors)
            .zip(waivers)
            .map(|((table, contributors), waiver)| Table { contributors, waiver, ..table })
            .collect()
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
    let read = records::read(file, spec.layout(dir)?, secret, show)?;
    let (cubes, contributors) = cubes(spec, &read)?.into_iter().unzip();
    Ok(Counted { cubes, contributors, rows: read.rows, most: read.most })
}

fn cubes(spec: &Spec, read: &Read<'_>) -> Result<Vec<(KeyedCube, Option<AmountsOf>)>, Failure> {
    let Read { variables, tallies, .. } = read;
    let columns = spec.amounts();
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
        let leaf = |record: &[u32]| -> Key {
            of.iter().zip(&counted_in).map(|(&v, into)| into[record[v] as usize]).collect()
        };
        let column = table.amount.as_deref().and_then(|name| columns.iter().position(|(c, _)| *c == name));
        let mut sums = Sums::new();
        for (record, tally) in tallies {
            add(&dimensions, &leaf(record), *tally, &mut filled);
        }
        for own in column.iter().flat_map(|_| &read.amounts) {
            let amount = column.map_or(0, |c| own.amounts[c]);
            for key in holding(&dimensions, &leaf(&own.record)) {
                let sum = sums.entry(key).or_default().entry(own.who).or_default();
                *sum = sum.saturating_add(amount);
            }
        }
        let contributors = column.map(|_| contributors(&sums, spec.policy().amounts.looks_at()));
        let value = |(key, tally): (Key, Tally)| {
            let sum = column.map(|_| sums.get(&key).map_or(0, |own| own.values().sum()));
            let value = Value::Count(sum.unwrap_or(tally.records));
            (key, value)
        };
        let keys = filled.iter().map(|(key, tally)| (key.clone(), tally.key)).collect();
        let cube = Cube {
            id: table.id.clone(),
            title: Label::same(table.title.as_ref().unwrap_or(&table.id)),
            definition: Label::same(""),
            unit: if column.is_some() { Unit::Amounts } else { Unit::Persons },
            universe: table.amount.clone().unwrap_or_else(|| "records".into()),
            sources: Vec::new(),
            dimensions,
            cells: filled.into_iter().map(value).collect(),
        };
        cubes.push((KeyedCube { cube, keys }, contributors));
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
    for key in holding(dimensions, leaf) {
        if let Some(cell) = cells.get_mut(&key) {
            cell.records = cell.records.saturating_add(tally.records);
            cell.key = cell.key.wrapping_add(tally.key);
        }
    }
}

/// The amounts of each cell by whom they are of.
type Sums = BTreeMap<Key, BTreeMap<u32, u64>>;

/// How many each cell is of, and the largest amounts as far as a rule looks at them.
fn contributors(sums: &Sums, looks_at: usize) -> AmountsOf {
    let of = |own: &BTreeMap<u32, u64>| {
        let mut largest: Vec<u64> = own.values().copied().collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        largest.truncate(looks_at);
        let only = own.keys().next().copied().filter(|_| own.len() == 1);
        Contributors { count: own.len() as u64, largest, only, level: None }
    };
    sums.iter().map(|(key, own)| (key.clone(), of(own))).collect()
}

/// A cell and every total that it is a part of.
fn holding(dimensions: &[model::Dimension], leaf: &[u32]) -> Vec<Key> {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for (dimension, &at) in dimensions.iter().zip(leaf) {
        keys = dimension
            .lineage(at)
            .flat_map(|at| keys.iter().map(move |key| [&key[..], &[at]].concat()))
            .collect();
    }
    keys
}
