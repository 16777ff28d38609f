//! The attacker: what can be worked out of hidden cells from everything that is published.
//!
//! First by propagation. For what propagation leaves open, a table that fits is found far from all bounds; others around
//! it show most cells to be open, and the rest take two linear programmes each: the least and the greatest
//! value it can have when every equation holds.

use std::collections::{BTreeSet, VecDeque};

use rayon::prelude::*;

use crate::field::mix;
use crate::gate::{self, Width};
use crate::lp::{Optimum, Programme};
use crate::need::Wanted;
use crate::propagate::Known;
use crate::space::Space;
use crate::system::{Bounds, Component, INF, System, components};

/// Solutions are exact to about this much; counts are whole numbers.
const EPSILON: f64 = 1e-6;
/// Tables between which the first one lies.
const CORNERS: u64 = 8;
/// Cells around one among which the reasons for its bounds are sought, then more, then all.
const AROUND: [usize; 3] = [60, 400, usize::MAX];

/// What the attacker learns of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) bounds: Bounds,
    /// The equations that the linear programmes used; empty where propagation says it all.
    pub(crate) equations: Vec<u32>,
    /// A linear programme found no optimum: an attacker with a better one may learn more.
    pub(crate) unsolved: bool,
}

/// An attack on a system of which some variables are published.
pub(crate) struct Attacker<'a> {
    pub(crate) system: &'a System,
    pub(crate) known: Known,
    /// What propagation leaves open, in parts that share no equation.
    pub(crate) parts: Vec<Component>,
    part_of: Vec<u32>,
}

impl<'a> Attacker<'a> {
    /// The attacker knows `bounds`, one for each variable, and all equations but the `broken`.
    pub(crate) fn new(system: &'a System, bounds: &[Bounds], broken: &[u32]) -> Self {
        let known = Known::new(system, bounds, broken);
        let parts = components(system, &known.active, |v| !known.bounds[v as usize].is_exact());
        let mut part_of = vec![u32::MAX; system.len()];
        for (p, part) in parts.iter().enumerate() {
            for &v in &part.vars {
                part_of[v as usize] = p as u32;
            }
        }
        Self { system, known, parts, part_of }
    }

    /// What is learned of each target, in their order. A target whose bounds are seen to be at least
    /// `enough` apart is not looked at more closely: its bounds are then
    /// those of propagation.
    pub(crate) fn learn(&self, targets: &[u32], enough: impl Fn(u32) -> Wanted + Sync) -> Vec<Learned> {
        let mut by_part: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (i, &v) in targets.iter().enumerate() {
            let part = self.part_of[v as usize];
            if part != u32::MAX && !self.known.bounds[v as usize].is_exact() {
                by_part[part as usize].push(i);
            }
        }
        let found: Vec<Vec<(usize, Learned)>> = by_part
            .into_par_iter()
            .enumerate()
            .map(|(p, mine)| self.learn_part(&self.parts[p], targets, &mine, &enough))
            .collect();
        let mut out: Vec<Learned> = targets
            .iter()
            .map(|&v| Learned {
                bounds: self.known.bounds[v as usize],
                equations: Vec::new(),
                unsolved: false,
            })
            .collect();
        for (i, learned) in found.into_iter().flatten() {
            out[i] = learned;
        }
        out
    }

    fn learn_part(
        &self,
        part: &Component,
        targets: &[u32],
        mine: &[usize],
        enough: &(impl Fn(u32) -> Wanted + Sync),
    ) -> Vec<(usize, Learned)> {
        if mine.is_empty() {
            return Vec::new();
        }
        let unsolved = |&i: &usize| {
            let bounds = self.known.bounds[targets[i] as usize];
            (i, Learned { bounds, equations: Vec::new(), unsolved: true })
        };
        // Equations that contradict each other say nothing; propagation has named those it could find.
        let Some((space, seen)) = self.space(part) else { return mine.iter().map(unsolved).collect() };
        let mut wanted = vec![Wanted::nothing(); space.len()];
        for &i in mine {
            if let Ok(local) = part.vars.binary_search(&targets[i]) {
                wanted[local] = enough(targets[i]);
            }
        }
        let ranges = gate::ranges(&space, Width::Whole, &wanted, seen, false);
        mine.par_iter()
            .map(|&i| {
                let v = targets[i];
                let before = self.known.bounds[v as usize];
                let Ok(local) = part.vars.binary_search(&v) else { return unsolved(&i) };
                let range = ranges[local];
                if range.unsolved || wanted[local].holds(range.bounds) {
                    let (bounds, equations) = (before, Vec::new());
                    return (i, Learned { bounds, equations, unsolved: range.unsolved });
                }
                let bounds = Bounds {
                    lo: range.bounds.lo.clamp(before.lo, before.hi),
                    hi: range.bounds.hi.clamp(before.lo, before.hi),
                };
                let equations = if bounds == before { Vec::new() } else { self.reasons(part, v, bounds) };
                (i, Learned { bounds, equations, unsolved: false })
            })
            .collect()
    }

    /// All tables that fit a part, with one far from their bounds, and the least and greatest values seen of each cell.
    fn space(&self, part: &Component) -> Option<(Space, Vec<(f64, f64)>)> {
        let mut programme = Programme::new(self.system, part, &self.known.bounds);
        let n = part.vars.len();
        let mut seen = vec![(f64::INFINITY, f64::NEG_INFINITY); n];
        let mut table = vec![0.0; n];
        let mut found = 0.0;
        for corner in 0..CORNERS {
            let sign = |i: usize| if mix(corner / 2, i as u64) & 1 == 0 { 1.0 } else { -1.0 };
            let goal: Vec<(usize, f64)> = (0..n).map(|i| (i, sign(i))).collect();
            match programme.optimum(&goal, corner % 2 == 1) {
                Ok(Optimum { x, .. }) => {
                    found += 1.0;
                    gate::widen(&mut seen, &x);
                    table.iter_mut().zip(&x).for_each(|(sum, x)| *sum += x);
                }
                Err(_) if found == 0.0 => return None,
                Err(_) => {}
            }
        }
        let mut space = Space::default();
        for (i, &v) in part.vars.iter().enumerate() {
            let b = self.known.bounds[v as usize];
            space.bounds.push(b);
            space.table.push((table[i] / found).clamp(b.lo as f64, b.hi as f64));
        }
        for &e in &part.equations {
            let equation = &self.system.equations[e as usize];
            let mut row: Vec<(u32, i64)> = Vec::with_capacity(equation.parts.len() + 1);
            let mut sum = 0.0;
            for (v, a) in equation.terms() {
                if let Ok(i) = part.vars.binary_search(&v) {
                    row.push((i as u32, a));
                    sum += a as f64 * space.table[i];
                } else {
                    sum += (a * self.known.bounds[v as usize].lo) as f64;
                }
            }
            if equation.at_least {
                let rest = (-sum).max(0.0);
                row.push((space.table.len() as u32, 1));
                space.bounds.push(Bounds { lo: 0, hi: INF });
                space.table.push(rest);
                seen.push((rest, rest));
            }
            space.equations.push(row);
        }
        Some((space, seen))
    }

    /// Equations from which the `bounds` of a cell follow: of those around it where they say it all, else of the whole part.
    fn reasons(&self, part: &Component, v: u32, bounds: Bounds) -> Vec<u32> {
        for size in AROUND {
            let near = self.around(part, v, size);
            let mut programme = Programme::new(self.system, &near, &self.known.bounds);
            let Some(local) = programme.local(v) else { continue };
            let mut equations = Vec::new();
            let mut all = true;
            let before = self.known.bounds[v as usize];
            for most in [false, true] {
                let as_before = if most { bounds.hi == before.hi } else { bounds.lo == before.lo };
                if as_before {
                    continue;
                }
                let Ok(Optimum { value, dual, .. }) = programme.optimum(&[(local, 1.0)], most) else {
                    all = false;
                    break;
                };
                all &= if most {
                    (value + EPSILON).floor() as i64 <= bounds.hi
                } else {
                    (value - EPSILON).ceil() as i64 >= bounds.lo
                };
                let used = near.equations.iter().zip(&dual).filter(|(_, d)| d.abs() > EPSILON);
                equations.extend(used.map(|(&e, _)| e));
            }
            if all {
                equations.sort_unstable();
                equations.dedup();
                return equations;
            }
        }
        Vec::new()
    }

    /// Equations around a cell with all that is loose in them, until there are so many cells.
    fn around(&self, part: &Component, v: u32, size: usize) -> Component {
        let mut vars = BTreeSet::from([v]);
        let mut equations = BTreeSet::new();
        let mut queue = VecDeque::from([v]);
        while let Some(w) = queue.pop_front() {
            if vars.len() >= size {
                break;
            }
            for &e in self.system.of[w as usize].iter().filter(|&&e| self.known.active[e as usize]) {
                if !equations.insert(e) {
                    continue;
                }
                for u in self.system.equations[e as usize].vars() {
                    if part.vars.binary_search(&u).is_ok() && vars.insert(u) {
                        queue.push_back(u);
                    }
                }
            }
        }
        Component { vars: vars.into_iter().collect(), equations: equations.into_iter().collect() }
    }
}
