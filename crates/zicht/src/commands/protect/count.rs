//! Tables counted from a file of records, all totals included.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use intake::{Findings, TableRows};
use model::{Category, Cube, Finding, Key, Label, RowCount, Severity, UNKNOWN, Unit, Value};

use super::spec::{Spec, dimension, flat};
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// A set of tables with more cells than this is refused before it is made.
const MOST_CELLS: u64 = 10_000_000;

/// What was counted.
pub(super) struct Counted {
    pub(super) cubes: Vec<Cube>,
    pub(super) rows: RowCount,
}

/// A variable: its column and its categories.
struct Variable<'a> {
    name: &'a str,
    column: &'a str,
    at: usize,
    categories: Vec<Category>,
    /// By code, the category without parts that a record is in.
    leaves: HashMap<String, u32>,
    /// The categories come from the records.
    open: bool,
}

impl Variable<'_> {
    /// The category of a value; a new one for a variable without a list of codes.
    fn find(&mut self, value: &str) -> Option<u32> {
        let code = if value.is_empty() && self.open { UNKNOWN } else { value };
        if let Some(&leaf) = self.leaves.get(code) {
            return Some(leaf);
        }
        if !self.open || code.is_empty() {
            return None;
        }
        // In the order in which they come; they are put in order of their codes in the end.
        let leaf = self.leaves.len() as u32;
        self.leaves.insert(code.to_owned(), leaf);
        Some(leaf)
    }
}

/// Counts the records of a file.
pub(super) fn count(file: &Path, spec: &Spec, dir: &Path, show: &Show) -> Result<Counted, Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let name = file.display().to_string();
    let mut rows = TableRows::open(file, &name, &spec.format).map_err(fail)?;
    let frequency = spec.frequency.as_deref().map(|column| rows.column(column)).transpose().map_err(fail)?;
    let mut variables = Vec::new();
    for (name, column) in spec.variables() {
        let at = rows.column(column).map_err(fail)?;
        let given = spec.categories(name, dir)?;
        let open = given.is_none();
        let categories = given.unwrap_or_default();
        let whole: BTreeSet<u32> = categories.iter().filter_map(|c| c.parent).collect();
        let leaves = categories.iter().zip(0_u32..).filter(|(_, at)| !whole.contains(at));
        let leaves = leaves.map(|(category, at)| (category.code.clone(), at)).collect();
        variables.push(Variable { name, column, at, categories, leaves, open });
    }
    let (mut findings, mut refused) = (Findings::default(), 0);
    let mut counts: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
    while let Some((row, values)) = rows.next_row().map_err(fail)? {
        let mut wrong = None;
        let mut record = Vec::with_capacity(variables.len());
        for variable in &mut variables {
            let value = values[variable.at].trim();
            let Some(leaf) = variable.find(value) else {
                wrong = Some((variable.column, value.to_owned(), why_no_category(variable, value)));
                break;
            };
            record.push(leaf);
        }
        let number = match frequency.map(|at| (at, values[at].trim())) {
            None => 1,
            Some((at, text)) => text.parse::<u64>().unwrap_or_else(|_| {
                let column = spec.frequency.as_deref().unwrap_or_default();
                let words = ("is no count".to_owned(), "a count is a whole number that is not negative");
                wrong = wrong.take().or(Some((column, values[at].to_string(), words)));
                0
            }),
        };
        if let Some((column, value, (message, help))) = wrong {
            refused += 1;
            findings.push(Finding {
                file: name.clone(),
                row: Some(row),
                column: Some(column.to_owned()),
                value: Some(value),
                rule: "code.unknown".into(),
                severity: Severity::Error,
                message,
                help: help.into(),
            });
            continue;
        }
        let count = counts.entry(record).or_default();
        *count = count.saturating_add(number);
    }
    let (mut rows, own) = rows.finish();
    rows.rows_used -= refused;
    rows.rows_quarantined += refused;
    show.findings(&own, "`zicht check`");
    show.findings(&findings, "the JSON of --format json");
    if rows.rows_used == 0 {
        return Err(Failure::input(
            format!("{name}: no row can be counted"),
            "each row needs a code of each variable",
        ));
    }
    let counts = in_order(&mut variables, counts);
    Ok(Counted { cubes: cubes(spec, &variables, &counts)?, rows })
}

fn why_no_category(variable: &Variable<'_>, value: &str) -> (String, &'static str) {
    if value.is_empty() {
        return ("has no code".to_owned(), "give the unknown a code of their own in the hierarchy");
    }
    if variable.categories.iter().any(|c| c.code == value) {
        return (
            "is not a code of the lowest level".to_owned(),
            "a record is counted in a code without parts",
        );
    }
    (format!("is no code of \"{}\"", variable.name), "add it to the hierarchy, or mend it")
}

/// Gives variables without a list of codes the codes of the records, in their order.
fn in_order(variables: &mut [Variable<'_>], counts: BTreeMap<Vec<u32>, u64>) -> BTreeMap<Vec<u32>, u64> {
    let renumbered: Vec<Option<Vec<u32>>> = variables
        .iter_mut()
        .map(|variable| {
            variable.open.then(|| {
                let mut codes: Vec<(String, u32)> = variable.leaves.drain().collect();
                // Those without a code come last.
                codes.sort_by(|a, b| (a.0 == UNKNOWN, &a.0).cmp(&(b.0 == UNKNOWN, &b.0)));
                let mut new = vec![0; codes.len()];
                for (at, (_, old)) in (1..).zip(&codes) {
                    new[*old as usize] = at;
                }
                variable.categories = flat(codes.into_iter().map(|(code, _)| code));
                new
            })
        })
        .collect();
    counts
        .into_iter()
        .map(|(mut record, n)| {
            for (leaf, new) in record.iter_mut().zip(&renumbered) {
                if let Some(new) = new {
                    *leaf = new[*leaf as usize];
                }
            }
            (record, n)
        })
        .collect()
}

fn cubes(
    spec: &Spec,
    variables: &[Variable<'_>],
    counts: &BTreeMap<Vec<u32>, u64>,
) -> Result<Vec<Cube>, Failure> {
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
        for (record, n) in counts {
            let leaf: Key = of.iter().zip(&counted_in).map(|(&v, into)| into[record[v] as usize]).collect();
            add(&dimensions, &leaf, *n, &mut filled);
        }
        cubes.push(Cube {
            id: table.id.clone(),
            title: Label::same(table.title.as_ref().unwrap_or(&table.id)),
            definition: Label::same(""),
            unit: Unit::Persons,
            universe: "records".into(),
            sources: Vec::new(),
            dimensions,
            cells: filled.into_iter().map(|(key, n)| (key, Value::Count(n))).collect(),
        });
    }
    Ok(cubes)
}

/// All cells of a table, empty.
fn every_cell(dimensions: &[model::Dimension]) -> BTreeMap<Key, u64> {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for dimension in dimensions {
        let longer = |key: &Key| {
            let key = key.clone();
            (0..dimension.categories.len() as u32).map(move |at| [&key[..], &[at]].concat())
        };
        keys = keys.iter().flat_map(longer).collect();
    }
    keys.into_iter().map(|key| (key, 0)).collect()
}

/// Counts records in a cell and in every total that it is a part of.
fn add(dimensions: &[model::Dimension], leaf: &[u32], n: u64, cells: &mut BTreeMap<Key, u64>) {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for (dimension, &at) in dimensions.iter().zip(leaf) {
        keys = dimension
            .lineage(at)
            .flat_map(|at| keys.iter().map(move |key| [&key[..], &[at]].concat()))
            .collect();
    }
    for key in keys {
        if let Some(count) = cells.get_mut(&key) {
            *count = count.saturating_add(n);
        }
    }
}
