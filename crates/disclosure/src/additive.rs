//! The different cells of a set of tables, and which of them are sums of others.
//!
//! Cells with the same coordinates, totals left out, in tables of one universe and unit are one
//! variable. Where the counts say so, a category is the sum of its parts.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Role, TOTAL, Unit, Value};

use crate::Error;
use crate::lattice::{self, Goal, Stuck};

/// Counts above this are refused, so that every sum stays exact, also in floating point.
const LARGEST: u64 = 1 << 40;
/// The name of time in coordinates, whatever a table calls it.
const TIME: &str = "";

/// `total = Σ parts`, all of them variables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sum {
    pub(crate) total: u32,
    pub(crate) parts: Vec<u32>,
}

/// Variables, their values, and the sums that hold.
#[derive(Debug, Clone)]
pub(crate) struct Net {
    /// The count of each variable.
    pub(crate) values: Vec<u64>,
    /// For each table the variable of each cell, in the order of keys. Cells without count have
    /// one too, in no sum.
    pub(crate) variables: Vec<Vec<u32>>,
    pub(crate) sums: Vec<Sum>,
    /// A table and its cell for each variable, for messages.
    places: Vec<(u32, u32)>,
    names: Vec<String>,
}

impl Net {
    /// The variables of `cubes`; with `additive`, also the sums.
    pub(crate) fn new(cubes: &[&Cube], additive: bool) -> Result<Net, Error> {
        type Coordinates<'a> = (&'a str, Unit, Vec<(&'a str, &'a str)>);
        let mut index: BTreeMap<Coordinates<'_>, u32> = BTreeMap::new();
        let mut net = Net {
            values: Vec::new(),
            variables: Vec::new(),
            sums: Vec::new(),
            places: Vec::new(),
            names: cubes.iter().map(|c| c.id.clone()).collect(),
        };
        let mut known: Vec<bool> = Vec::new();
        for (t, cube) in cubes.iter().enumerate() {
            cube.check()?;
            let mut row = Vec::with_capacity(cube.cells.len());
            for (i, (key, value)) in cube.cells.iter().enumerate() {
                let at = (cube.universe.as_str(), cube.unit, coordinates(cube, key));
                let v = *index.entry(at).or_insert_with(|| {
                    net.values.push(0);
                    net.places.push((t as u32, i as u32));
                    known.push(false);
                    net.values.len() as u32 - 1
                });
                row.push(v);
                match *value {
                    Value::Count(n) if n > LARGEST => {
                        let cell = words(cube, key);
                        return Err(Error::TooLarge { table: cube.id.clone(), cell });
                    }
                    Value::Count(n) if known[v as usize] && net.values[v as usize] != n => {
                        return Err(Error::Conflict {
                            first: cubes[net.places[v as usize].0 as usize].id.clone(),
                            second: cube.id.clone(),
                            cell: words(cube, key),
                        });
                    }
                    Value::Count(n) => {
                        net.values[v as usize] = n;
                        known[v as usize] = true;
                    }
                    Value::Between(..) => {
                        return Err(Error::Policy {
                            what: format!(
                                "table \"{}\" has only bounds of the count at {}",
                                cube.id,
                                words(cube, key)
                            ),
                            help: "changed counts are made of counts; leave such cells out".into(),
                        });
                    }
                    Value::Missing => {}
                }
            }
            net.variables.push(row);
        }
        if additive {
            net.add_sums(cubes)?;
        }
        Ok(net)
    }

    fn add_sums(&mut self, cubes: &[&Cube]) -> Result<(), Error> {
        let mut sums = BTreeSet::new();
        for (t, cube) in cubes.iter().enumerate() {
            let position: BTreeMap<&[u32], u32> =
                cube.cells.keys().map(Vec::as_slice).zip(self.variables[t].iter().copied()).collect();
            for relation in cube.relations() {
                debug_assert!(cube.dimensions[relation.dimension].role == Role::Breakdown);
                let counted = |key: &[u32]| cube.value(key).count().is_some();
                if !counted(&relation.total) {
                    continue;
                }
                let total = position[relation.total.as_slice()];
                let children =
                    cube.dimensions[relation.dimension].children(relation.total[relation.dimension]).count();
                let parts: Vec<u32> =
                    relation.parts.iter().filter(|p| counted(p)).map(|p| position[p.as_slice()]).collect();
                let sum: u64 = parts.iter().map(|&p| self.values[p as usize]).sum();
                let value = self.values[total as usize];
                if sum > value || (sum < value && parts.len() == children) {
                    return Err(Error::NotAdditive {
                        table: cube.id.clone(),
                        cell: words(cube, &relation.total),
                        total: value,
                        sum,
                    });
                }
                // Where parts without figure hold the rest, nothing is known to be a sum.
                if sum == value && !parts.is_empty() {
                    let mut parts = parts;
                    parts.sort_unstable();
                    sums.insert(Sum { total, parts });
                }
            }
        }
        self.sums = sums.into_iter().collect();
        Ok(())
    }

    /// Totals as the sums of their parts, from the most detailed values.
    pub(crate) fn sums_of(&self, detail: &[u64]) -> Result<Vec<u64>, Error> {
        let mut of: Vec<Option<usize>> = vec![None; detail.len()];
        for (s, sum) in self.sums.iter().enumerate() {
            of[sum.total as usize].get_or_insert(s);
        }
        let mut out: Vec<Option<u64>> = vec![None; detail.len()];
        for v in 0..detail.len() as u32 {
            self.value_of(v, detail, &of, &mut out);
        }
        let out: Vec<u64> = out.into_iter().map(Option::unwrap_or_default).collect();
        match self.sums.iter().find(|s| !s.holds(&out)) {
            None => Ok(out),
            Some(s) => Err(Error::Policy {
                what: format!("the total {} is the sum of different details", self.place(s.total)),
                help: "tables of different detail add up only when they are made additive together: \
                       ask for the nearest additive counts"
                    .into(),
            }),
        }
    }

    fn value_of(&self, v: u32, detail: &[u64], of: &[Option<usize>], out: &mut [Option<u64>]) -> u64 {
        if let Some(n) = out[v as usize] {
            return n;
        }
        let n = match of[v as usize] {
            None => detail[v as usize],
            Some(s) => self.sums[s].parts.iter().map(|&p| self.value_of(p, detail, of, out)).sum(),
        };
        out[v as usize] = Some(n);
        n
    }

    /// Whole numbers that add up and are nearest to `drawn`, no further than `most` from the true
    /// ones; true zeros stay. The true values themselves satisfy all of this.
    pub(crate) fn nearest(&self, drawn: &[u64], most: u64) -> Result<Vec<u64>, Error> {
        let truth: Vec<i64> = self.values.iter().map(|&n| n.cast_signed()).collect();
        let goals: Vec<Goal> = truth
            .iter()
            .zip(drawn)
            .map(|(&n, &d)| {
                let room = if n == 0 { 0 } else { most.cast_signed() };
                Goal { low: (n - room).max(0), high: n + room, target: d as f64 }
            })
            .collect();
        let found = lattice::nearest(&goals, &self.sums).map_err(|e| self.explain(e))?;
        Ok(found.values.into_iter().map(|z| z as u64).collect())
    }

    /// The error for tables that the integer programme could not do.
    pub(crate) fn explain(&self, stuck: Stuck) -> Error {
        let table = self.names[self.places[stuck.variable as usize].0 as usize].clone();
        if stuck.infeasible { Error::Infeasible { table } } else { Error::Effort { table } }
    }

    fn place(&self, v: u32) -> String {
        let (table, cell) = self.places[v as usize];
        format!("in cell {} of table \"{}\"", cell + 1, self.names[table as usize])
    }
}

impl Sum {
    pub(crate) fn holds(&self, values: &[u64]) -> bool {
        self.parts.iter().map(|&p| values[p as usize]).sum::<u64>() == values[self.total as usize]
    }
}

/// Dimension and code of a cell, in order, totals left out.
fn coordinates<'a>(cube: &'a Cube, key: &'a [u32]) -> Vec<(&'a str, &'a str)> {
    let mut at: Vec<(&str, &str)> = cube
        .codes(key)
        .zip(&cube.dimensions)
        .filter(|((_, code), _)| *code != TOTAL)
        .map(|((id, code), d)| (if d.role == Role::Time { TIME } else { id }, code))
        .collect();
    at.sort_unstable();
    at
}

/// A cell for readers of a message.
pub(crate) fn words(cube: &Cube, key: &[u32]) -> String {
    let at: Vec<String> =
        cube.codes(key).filter(|(_, c)| *c != TOTAL).map(|(d, c)| format!("{d} = {c}")).collect();
    if at.is_empty() { "the total".to_owned() } else { at.join(", ") }
}
