//! The different cells of a set of tables, and which of them are sums of others.
//!
//! Cells with the same coordinates, totals left out, in tables of one universe and unit are one
//! variable. Where the counts say so, a category is the sum of its parts.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Role, TOTAL, Unit, Value};

use crate::Error;
use crate::lattice::{self, Found, Goal, Stuck};
use crate::system::{LARGEST, coordinates};

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
    /// For each dimension with groups between its total and its categories, the variables of the
    /// most detailed categories: with all others given, they fall apart by group.
    details: Vec<Vec<bool>>,
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
            details: Vec::new(),
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
            net.add_details(cubes);
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

    fn add_details(&mut self, cubes: &[&Cube]) {
        let mut by_dimension: BTreeMap<&str, (usize, Vec<bool>)> = BTreeMap::new();
        for (cube, variables) in cubes.iter().zip(&self.variables) {
            for (d, dimension) in cube.dimensions.iter().enumerate() {
                let categories = 0..dimension.categories.len() as u32;
                if !categories.clone().any(|c| dimension.depth(c) >= 2) {
                    continue;
                }
                let last: Vec<bool> = categories.map(|c| dimension.children(c).next().is_none()).collect();
                let (size, mask) = by_dimension
                    .entry(dimension.id.as_str())
                    .or_insert_with(|| (0, vec![false; self.values.len()]));
                *size = (*size).max(last.len());
                for (key, &v) in cube.cells.keys().zip(variables) {
                    mask[v as usize] |= last[key[d] as usize];
                }
            }
        }
        // The largest first: it falls into the most parts.
        let mut found: Vec<(usize, Vec<bool>)> = by_dimension.into_values().collect();
        found.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        self.details = found.into_iter().map(|(_, mask)| mask).collect();
    }

    /// Whole numbers nearest to their goals. What is too large to be solved as one is solved in two
    /// steps: first the groups of one dimension, then, with these given, what is in each group.
    pub(crate) fn solve(&self, goals: &[Goal]) -> Result<Found, Error> {
        let stuck = match lattice::nearest(goals, &self.sums) {
            Ok(found) => return Ok(found),
            Err(stuck) => stuck,
        };
        let in_steps = || self.details.iter().find_map(|detail| self.in_two_steps(goals, detail));
        if stuck.infeasible { None } else { in_steps() }.ok_or_else(|| self.explain(stuck))
    }

    fn in_two_steps(&self, goals: &[Goal], detail: &[bool]) -> Option<Found> {
        let is_coarse = |s: &&Sum| !detail[s.total as usize] && s.parts.iter().all(|&p| !detail[p as usize]);
        let coarse: Vec<Sum> = self.sums.iter().filter(is_coarse).cloned().collect();
        let first = lattice::nearest(goals, &coarse).ok()?;
        let given: Vec<Goal> = goals
            .iter()
            .zip(&first.values)
            .zip(detail)
            .map(|((&g, &z), &detail)| if detail { g } else { Goal { low: z, high: z, ..g } })
            .collect();
        let found = lattice::nearest(&given, &self.sums).ok()?;
        Some(Found { optimal: false, ..found })
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
        // Tables that name each other's totals as parts must not go round for ever; the sums that then
        // do not hold are found afterwards.
        out[v as usize] = Some(detail[v as usize]);
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
        let found = self.solve(&goals)?;
        Ok(found.values.into_iter().map(|z| z as u64).collect())
    }

    /// The error for tables that the integer programme could not do.
    fn explain(&self, stuck: Stuck) -> Error {
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

/// A cell for readers of a message.
pub(crate) fn words(cube: &Cube, key: &[u32]) -> String {
    let at: Vec<String> =
        cube.codes(key).filter(|(_, c)| *c != TOTAL).map(|(d, c)| format!("{d} = {c}")).collect();
    if at.is_empty() { "the total".to_owned() } else { at.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{Category, Dimension, Label};

    use super::*;
    use crate::rollup::Rollup;

    fn dimension(id: &str, codes: &[(&str, Option<u32>)]) -> Dimension {
        let label = Label { en: String::new(), nl: String::new() };
        let category = |&(code, parent): &(&str, Option<u32>)| Category {
            code: code.to_owned(),
            label: label.clone(),
            parent,
        };
        Dimension {
            id: id.to_owned(),
            label: label.clone(),
            role: Role::Breakdown,
            classification: None,
            categories: codes.iter().map(category).collect(),
        }
    }

    /// Groups first and their details then: every sum holds, and every goal is kept.
    #[test]
    fn tables_that_are_solved_in_two_steps_add_up() {
        let place = [
            (TOTAL, None),
            ("n", Some(0)),
            ("n1", Some(1)),
            ("n2", Some(1)),
            ("s", Some(0)),
            ("s1", Some(4)),
            ("s2", Some(4)),
        ];
        let form = [(TOTAL, None), ("a", Some(0)), ("b", Some(0)), ("c", Some(0))];
        let dimensions = vec![dimension("place", &place), dimension("form", &form)];
        let rollup = Rollup::new("t", &dimensions).expect("cells");
        let mut counts = vec![0u64; rollup.cells()];
        for (i, &p) in [2u32, 3, 5, 6].iter().enumerate() {
            for f in 1..4u32 {
                rollup.each(&[p, f], |c| counts[c] += 3 * i as u64 + 7 * u64::from(f) % 5);
            }
        }
        let cells: BTreeMap<Vec<u32>, Value> =
            counts.iter().enumerate().map(|(c, &n)| (rollup.key(c), Value::Count(n))).collect();
        let label = Label { en: String::new(), nl: String::new() };
        let cube = Cube {
            id: "t".into(),
            title: label.clone(),
            definition: label,
            unit: Unit::Persons,
            universe: "u".into(),
            sources: vec![],
            dimensions,
            cells,
        };
        let net = Net::new(&[&cube], true).expect("a net");
        assert_eq!(net.details.len(), 1);
        let goals: Vec<Goal> = net
            .values
            .iter()
            .map(|&n| {
                let low = (n / 5).cast_signed();
                Goal { low: (low - 1).max(0), high: low + 2, target: n as f64 / 5.0 }
            })
            .collect();
        let found = net.in_two_steps(&goals, &net.details[0]).expect("a solution");
        let whole: Vec<u64> = found.values.iter().map(|z| z.cast_unsigned()).collect();
        assert!(net.sums.iter().all(|s| s.holds(&whole)));
        assert!(goals.iter().zip(&found.values).all(|(g, z)| (g.low..=g.high).contains(z)));
        let at_once = net.solve(&goals).expect("a solution");
        let cost = |f: &Found| -> f64 {
            f.values.iter().zip(&goals).map(|(z, g)| (*z as f64 - g.target).abs()).sum()
        };
        assert!(at_once.optimal && cost(&at_once) <= cost(&found) + 1e-9);
    }
}
