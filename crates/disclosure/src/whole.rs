//! Integer programmes over a part of the tables: the least and the greatest whole number that a cell can be.

use highs::{HighsModelStatus, RowProblem, Sense};

use crate::field::mix;
use crate::lp::quiet;
use crate::system::{Bounds, Component, INF, System};

/// Nodes of the search tree of one programme. It is a number and not a time, so that results do not depend on the machine.
const NODES: i32 = 1_000;
/// Programmes that push all cells at once.
const CORNERS: u64 = 8;
/// Parts with larger figures are left to real numbers, which floating point then holds no more exactly than these.
const LARGE: i64 = 1_000_000;
/// Solutions are exact to about this much.
const EPSILON: f64 = 1e-5;

/// One end of the range of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The least value.
    Least,
    /// The greatest value.
    Most,
}

/// `Σ a x = right`, or at most that.
struct Row {
    terms: Vec<(usize, i64)>,
    right: i64,
    at_most: bool,
}

/// What is known of the whole numbers that fit a part.
pub(crate) struct Search {
    rows: Vec<Row>,
    /// All that fits lies within.
    pub(crate) bounds: Vec<Bounds>,
    /// The least and greatest value of each cell in the tables that were seen to fit; `None` until there is one.
    seen: Option<Vec<(i64, i64)>>,
    cap: i64,
    /// No table of whole numbers fits.
    pub(crate) impossible: bool,
}

impl Search {
    /// The tables of a part that fit what is `known` of all variables; `None` where figures are too large.
    pub(crate) fn new(system: &System, part: &Component, known: &[Bounds]) -> Option<Self> {
        let figures = part.equations.iter().flat_map(|&e| system.equations[e as usize].vars());
        let figures = figures.map(|v| known[v as usize]).map(|b| if b.hi <= LARGE { b.hi } else { b.lo });
        let largest = figures.max().unwrap_or(0);
        if largest > LARGE {
            return None;
        }
        let row = |&e: &u32| {
            let equation = &system.equations[e as usize];
            let mut row = Row { terms: Vec::new(), right: 0, at_most: equation.at_least };
            for (v, a) in equation.terms() {
                match part.vars.binary_search(&v) {
                    Ok(i) => row.terms.push((i, a)),
                    Err(_) => row.right -= a * known[v as usize].lo,
                }
            }
            row
        };
        Some(Self {
            rows: part.equations.iter().map(row).collect(),
            bounds: part.vars.iter().map(|&v| known[v as usize]).collect(),
            seen: None,
            // As for real numbers: what goes half as far as this has no bound.
            cap: largest * 8 + 10_000,
            impossible: false,
        })
    }

    /// Whether tables were seen in which a cell is so far apart.
    pub(crate) fn wide(&self, i: usize, enough: i64) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen[i].1 - seen[i].0 >= enough)
    }

    /// Whether the bounds of a cell are the closest there are.
    pub(crate) fn settled(&self, i: usize) -> bool {
        let ends = |seen: &Vec<(i64, i64)>| (seen[i].0, seen[i].1) == (self.bounds[i].lo, self.bounds[i].hi);
        self.seen.as_ref().is_some_and(ends)
    }

    /// Looks for tables far apart: most cells are seen to be open in these.
    pub(crate) fn corners(&mut self) {
        for corner in 0..CORNERS {
            let goal = |i: usize| if (mix(corner / 2, i as u64) ^ corner) & 1 == 0 { 1.0 } else { -1.0 };
            let goal: Vec<f64> = (0..self.bounds.len()).map(goal).collect();
            self.solve(&goal);
            if self.impossible {
                return;
            }
        }
    }

    /// Brings one bound of a cell to its end, or as close as the search comes.
    pub(crate) fn settle(&mut self, i: usize, side: Side) {
        let b = self.bounds[i];
        let reached = |&(low, high): &(i64, i64)| match side {
            Side::Least => low == b.lo,
            Side::Most => high == b.hi,
        };
        if b.is_exact() || self.seen.as_ref().is_some_and(|seen| reached(&seen[i])) {
            return;
        }
        let mut goal = vec![0.0; self.bounds.len()];
        goal[i] = if side == Side::Least { 1.0 } else { -1.0 };
        let Some(bound) = self.solve(&goal) else { return };
        // A bound that a table which fits lies beyond is no bound: the solver has lost its way.
        let (low, high) = self.seen.as_ref().map_or((INF, 0), |seen| seen[i]);
        match side {
            Side::Least => {
                let least = b.lo + (bound - EPSILON).ceil() as i64;
                if (b.lo..=b.hi.min(low)).contains(&least) {
                    self.bounds[i].lo = least;
                }
            }
            Side::Most => {
                let most = b.lo - (bound - EPSILON).ceil() as i64;
                if most < self.cap / 2 && (b.lo.max(high)..=b.hi).contains(&most) {
                    self.bounds[i].hi = most;
                }
            }
        }
    }

    /// A number that `Σ goal (x − least)` cannot be below in any table of whole numbers that fits. The table that was found
    /// on the way is seen.
    fn solve(&mut self, goal: &[f64]) -> Option<f64> {
        let mut problem = RowProblem::default();
        // Counted from the least value, so that numbers are small and exact.
        let cols: Vec<_> = self
            .bounds
            .iter()
            .zip(goal)
            .map(|(b, &goal)| {
                let room = b.hi.min(self.cap.max(b.lo)) - b.lo;
                problem.add_column_with_integrality(goal, 0.0..=room as f64, true)
            })
            .collect();
        for row in &self.rows {
            let least: i64 = row.terms.iter().map(|&(i, a)| a * self.bounds[i].lo).sum();
            let right = (row.right - least) as f64;
            let terms = row.terms.iter().map(|&(i, a)| (cols[i], a as f64));
            if row.at_most {
                problem.add_row(..=right, terms);
            } else {
                problem.add_row(right..=right, terms);
            }
        }
        let mut model = quiet(problem, Sense::Minimise)?;
        model.try_set_option("mip_max_nodes", NODES).ok()?;
        // By default it stops a ten-thousandth from the end, which in large counts is more than one person.
        model.try_set_option("mip_rel_gap", 0.0).ok()?;
        let solved = model.try_solve().ok()?;
        let status = solved.status();
        if matches!(status, HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible) {
            self.impossible |= self.seen.is_none();
            return None;
        }
        let table: Option<Vec<i64>> = solved
            .get_solution()
            .columns()
            .iter()
            .zip(&self.bounds)
            .map(|(x, b)| x.is_finite().then(|| b.lo + x.round() as i64))
            .collect();
        if let Some(table) = table.filter(|t| self.fits(t)) {
            let seen = self.seen.get_or_insert_with(|| table.iter().map(|&x| (x, x)).collect());
            seen.iter_mut().zip(&table).for_each(|(s, &x)| *s = (s.0.min(x), s.1.max(x)));
        }
        // Where the search came to its limit, the best table found is no bound; what it has not yet excluded is.
        solved.double_info_value(c"mip_dual_bound").ok().filter(|b| b.is_finite())
    }

    /// Whether a table fits, in whole numbers.
    fn fits(&self, table: &[i64]) -> bool {
        let holds = |row: &Row| {
            let sum: i64 = row.terms.iter().map(|&(i, a)| a * table[i]).sum();
            sum == row.right || (row.at_most && sum < row.right)
        };
        table.len() == self.bounds.len()
            && table.iter().zip(&self.bounds).all(|(x, b)| (b.lo..=b.hi).contains(x))
            && self.rows.iter().all(holds)
    }
}
