//! Tables as one system of linear equations.
//!
//! All tables of one universe describe the same units, so cells with the same coordinates
//! (totals left out) are one variable, in whatever table they stand. The additive relations of
//! every table are the equations. This is how tables link through their common margins.
//!
//! Tables with periods of different length link too. Reports and events add up over time: a year
//! is the sum of its quarters. Persons are counted once in each period: a year has no fewer of
//! them than any of its quarters, and no more than all of them together.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Role, TOTAL, Unit, Value};

/// Stands for "no upper bound"; sums of a few thousand of them do not overflow.
pub(crate) const INF: i64 = i64::MAX >> 14;
/// Counts above this are refused, so that every sum stays exact.
pub(crate) const LARGEST: u64 = 1 << 40;

/// A count as a signed number; beyond [`INF`] all are alike.
fn whole(n: u64) -> i64 {
    i64::try_from(n).map_or(INF, |n| n.min(INF))
}

/// What is known of a variable: both bounds are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
}

impl Bounds {
    pub(crate) fn exactly(n: i64) -> Self {
        Bounds { lo: n, hi: n }
    }
    pub(crate) fn of(value: Value) -> Self {
        match value {
            Value::Count(n) => Bounds::exactly(whole(n)),
            Value::Between(lo, hi) => Bounds { lo: whole(lo.min(hi)), hi: whole(hi.max(lo)) },
            Value::Missing => Bounds { lo: 0, hi: INF },
        }
    }
    pub(crate) fn is_exact(self) -> bool {
        self.lo == self.hi
    }
    /// Distance between the bounds; [`INF`] when there is no upper bound.
    pub(crate) fn width(self) -> i64 {
        if self.hi >= INF { INF } else { self.hi - self.lo }
    }
}

/// Where a variable stands: table, and index of the cell in the order of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) table: u32,
    pub(crate) cell: u32,
}

/// `total = Σ parts`, or `total ≥ Σ parts` where categories without a cell may hold the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equation {
    pub(crate) total: u32,
    pub(crate) parts: Vec<u32>,
    /// The total may be more than the sum. Set before [`System::settle`] where that is so by
    /// nature, by it where the figures say so.
    pub(crate) at_least: bool,
    /// Some categories have no cell.
    pub(crate) open: bool,
    pub(crate) table: u32,
    pub(crate) dimension: u32,
    /// The cell that is the sum, for words.
    pub(crate) cell: u32,
}

impl Equation {
    /// Its variables with their coefficients in `Σ parts − total (+ rest) = 0`.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        self.parts.iter().map(|&p| (p, 1)).chain(std::iter::once((self.total, -1)))
    }
    pub(crate) fn vars(&self) -> impl Iterator<Item = u32> + '_ {
        self.terms().map(|(v, _)| v)
    }
}

/// The variables and equations of a set of tables.
#[derive(Debug, Clone)]
pub(crate) struct System {
    /// For each variable its places, in order; none for a sum that no table shows.
    pub(crate) places: Vec<Vec<Place>>,
    /// For each table the variable of each cell.
    pub(crate) variables: Vec<Vec<u32>>,
    pub(crate) equations: Vec<Equation>,
    /// For each variable the equations it is in.
    pub(crate) of: Vec<Vec<u32>>,
}

impl System {
    pub(crate) fn new(cubes: &[&Cube]) -> Self {
        let mut index: Index<'_> = BTreeMap::new();
        let mut places: Vec<Vec<Place>> = Vec::new();
        let mut variables = Vec::with_capacity(cubes.len());
        for (t, cube) in cubes.iter().enumerate() {
            let mut row = Vec::with_capacity(cube.cells.len());
            for (c, key) in cube.cells.keys().enumerate() {
                let at = coordinates(cube, key);
                let fresh = places.len() as u32;
                let v = *index.entry((cube.universe.as_str(), cube.unit, at)).or_insert(fresh);
                if v == fresh {
                    places.push(Vec::new());
                }
                places[v as usize].push(Place { table: t as u32, cell: c as u32 });
                row.push(v);
            }
            variables.push(row);
        }
        let mut system =
            System { of: vec![Vec::new(); places.len()], places, variables, equations: Vec::new() };
        let mut seen = BTreeSet::new();
        for (t, cube) in cubes.iter().enumerate() {
            system.add_relations(t, cube, &mut seen);
        }
        system.add_periods(&index);
        for (e, equation) in system.equations.iter().enumerate() {
            for v in equation.vars() {
                system.of[v as usize].push(e as u32);
            }
        }
        system
    }

    fn add_relations(&mut self, t: usize, cube: &Cube, seen: &mut BTreeSet<(u32, Vec<u32>)>) {
        let cell_of: BTreeMap<&[u32], u32> =
            cube.cells.keys().enumerate().map(|(c, key)| (key.as_slice(), c as u32)).collect();
        let children: Vec<Vec<usize>> = cube
            .dimensions
            .iter()
            .map(|d| {
                let mut n = vec![0; d.categories.len()];
                d.categories.iter().filter_map(|c| c.parent).for_each(|p| n[p as usize] += 1);
                n
            })
            .collect();
        for relation in cube.relations() {
            let at = |key: &[u32]| cell_of.get(key).map(|&c| (c, self.variables[t][c as usize]));
            let Some((cell, total)) = at(&relation.total) else { continue };
            let mut parts: Vec<u32> = relation.parts.iter().filter_map(|p| at(p).map(|(_, v)| v)).collect();
            parts.sort_unstable();
            // A total that is its own part, or a part twice, says nothing that can be used.
            if parts.contains(&total) || parts.windows(2).any(|w| w[0] == w[1]) {
                continue;
            }
            let open =
                children[relation.dimension][relation.total[relation.dimension] as usize] > parts.len();
            if seen.insert((total, parts.clone())) {
                self.equations.push(Equation {
                    total,
                    parts,
                    at_least: false,
                    open,
                    table: t as u32,
                    dimension: relation.dimension as u32,
                    cell,
                });
            }
        }
    }

    /// Links longer periods to the shorter ones they hold.
    fn add_periods(&mut self, index: &Index<'_>) {
        for ((universe, unit, at), &whole) in index {
            let Some(d) = at.iter().position(|(id, _)| *id == TIME) else { continue };
            for codes in periods_within(at[d].1) {
                let parts: Vec<u32> = codes
                    .iter()
                    .filter_map(|code| {
                        let mut at = at.clone();
                        at[d].1 = code;
                        index.get(&(*universe, *unit, at)).copied()
                    })
                    .collect();
                if parts.is_empty() {
                    continue;
                }
                let Place { table, cell } = self.places[whole as usize][0];
                let equation = |total, parts: Vec<u32>, at_least, open| Equation {
                    total,
                    parts,
                    at_least,
                    open,
                    table,
                    dimension: u32::MAX,
                    cell,
                };
                if *unit != Unit::Persons {
                    let open = parts.len() < codes.len();
                    self.equations.push(equation(whole, parts, false, open));
                    continue;
                }
                self.equations.extend(parts.iter().map(|&p| equation(whole, vec![p], true, true)));
                // A sum that no table shows: periods without a cell lie outside of the reports.
                let sum = self.places.len() as u32;
                self.places.push(Vec::new());
                self.of.push(Vec::new());
                self.equations.push(equation(sum, parts, false, false));
                self.equations.push(equation(sum, vec![whole], true, true));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Decides which equations may have a rest, from the figures themselves, and returns the
    /// equations that cannot hold.
    ///
    /// Where categories have no cell, they may be zero or not collected. Where the figures
    /// decide, they do. Elsewhere categories without a cell count as zero, unless more than one
    /// in ten decided equations of the same table and dimension have a rest.
    pub(crate) fn settle(&mut self, bounds: &[Bounds]) -> Vec<u32> {
        let mut evidence: BTreeMap<(u32, u32), (usize, usize)> = BTreeMap::new();
        let mut broken = Vec::new();
        let mut undecided = Vec::new();
        for (e, equation) in self.equations.iter_mut().enumerate() {
            let total = bounds[equation.total as usize];
            let (lo, hi) = equation.parts.iter().fold((0, 0i64), |(lo, hi), &p| {
                (lo + bounds[p as usize].lo, (hi + bounds[p as usize].hi).min(INF))
            });
            if equation.at_least {
                if lo > total.hi {
                    broken.push(e as u32);
                }
            } else if lo > total.hi || (hi < total.lo && !equation.open) {
                broken.push(e as u32);
            } else if equation.open {
                let counts = evidence.entry((equation.table, equation.dimension)).or_default();
                if hi < total.lo {
                    equation.at_least = true;
                    counts.1 += 1;
                } else if lo == hi && total.is_exact() {
                    counts.0 += 1;
                } else {
                    undecided.push(e);
                }
            }
        }
        for e in undecided {
            let equation = &mut self.equations[e];
            let (holds, rest) =
                evidence.get(&(equation.table, equation.dimension)).copied().unwrap_or_default();
            equation.at_least = rest * 10 > holds + rest;
        }
        broken
    }
}

/// Variables by universe, unit and coordinates.
type Index<'a> = BTreeMap<(&'a str, Unit, Vec<(&'a str, &'a str)>), u32>;

/// The name of time in coordinates, whatever a table calls it.
const TIME: &str = "";

/// Dimension and code of a cell, in order, totals left out.
pub(crate) fn coordinates<'a>(cube: &'a Cube, key: &'a [u32]) -> Vec<(&'a str, &'a str)> {
    let mut at: Vec<(&str, &str)> = cube
        .codes(key)
        .zip(&cube.dimensions)
        .filter(|((_, code), _)| *code != TOTAL)
        .map(|((id, code), d)| (if d.role == Role::Time { TIME } else { id }, code))
        .collect();
    at.sort_unstable();
    at
}

/// The shorter periods within `period`, of each length: quarters and months of a year, months of a
/// quarter.
fn periods_within(period: &str) -> Vec<Vec<String>> {
    let months = |year: &str, from: u32, to: u32| -> Vec<String> {
        (from..=to).map(|m| format!("{year}-{m:02}")).collect()
    };
    let is_year = |y: &str| y.len() == 4 && y.bytes().all(|b| b.is_ascii_digit());
    match period.split_once("-Q") {
        Some((year, quarter)) if is_year(year) => match quarter.parse::<u32>() {
            Ok(q @ 1..=4) => vec![months(year, 3 * q - 2, 3 * q)],
            _ => Vec::new(),
        },
        None if is_year(period) => {
            let quarters = (1..=4).map(|q| format!("{period}-Q{q}")).collect();
            vec![quarters, months(period, 1, 12)]
        }
        _ => Vec::new(),
    }
}

/// Groups of things that hang together.
pub(crate) struct Groups(Vec<u32>);

impl Groups {
    pub(crate) fn new(n: usize) -> Self {
        Groups((0..n as u32).collect())
    }
    pub(crate) fn find(&mut self, mut v: u32) -> u32 {
        while self.0[v as usize] != v {
            self.0[v as usize] = self.0[self.0[v as usize] as usize];
            v = self.0[v as usize];
        }
        v
    }
    /// The smaller index becomes the head, so that heads do not depend on the order of joins.
    pub(crate) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// A part of a system that can be solved on its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Component {
    pub(crate) vars: Vec<u32>,
    pub(crate) equations: Vec<u32>,
}

/// The parts into which the system falls when only `loose` variables can move and only `active`
/// equations hold. Variables in no equation are left out.
pub(crate) fn components(system: &System, active: &[bool], loose: impl Fn(u32) -> bool) -> Vec<Component> {
    let mut groups = Groups::new(system.len());
    let mut used = vec![false; system.len()];
    for (equation, _) in system.equations.iter().zip(active).filter(|(_, on)| **on) {
        let mut first = None;
        for v in equation.vars().filter(|&v| loose(v)) {
            used[v as usize] = true;
            match first {
                None => first = Some(v),
                Some(f) => groups.join(f, v),
            }
        }
    }
    let mut by_head: BTreeMap<u32, Component> = BTreeMap::new();
    for v in 0..system.len() as u32 {
        if used[v as usize] {
            by_head.entry(groups.find(v)).or_default().vars.push(v);
        }
    }
    for (e, equation) in system.equations.iter().enumerate().filter(|(e, _)| active[*e]) {
        if let Some(v) = equation.vars().find(|&v| loose(v)) {
            by_head.entry(groups.find(v)).or_default().equations.push(e as u32);
        }
    }
    by_head.into_values().collect()
}
