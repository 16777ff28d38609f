//! Whole numbers that satisfy sums and are nearest to given ones.
//!
//! ```text
//! minimise    Σ |z − target|
//! subject to  total = Σ parts,  low ≤ z ≤ high,  z whole
//! ```
//!
//! First as a linear programme. With one hierarchy, or two that are crossed, it is one of flows in
//! a network: its matrix is totally unimodular, and every vertex is whole, so that the simplex
//! method ends with the best whole numbers (Cox and Ernst 1982; Causey, Cox and Ernst 1985). Where
//! more dimensions cross, a vertex may be fractional. Then a dive rounds it to a start, and branch
//! and bound takes over, with a limit counted in nodes and not in time.

use highs::{Col, HighsModelStatus, HighsSolutionStatus, Model, RowProblem, Sense};
use rayon::prelude::*;

use crate::additive::Sum;

/// Nodes of branch and bound for each part of the tables that hangs together.
const NODES: i32 = 5_000;
/// Linear programmes of a dive.
const DIVES: usize = 40;
/// Distance from a whole number that is none.
const WHOLE: f64 = 1e-6;

/// What is wanted of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Goal {
    pub(crate) low: i64,
    pub(crate) high: i64,
    /// What it should be near to.
    pub(crate) target: f64,
}

/// The nearest whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) values: Vec<i64>,
    /// Whether no other numbers are nearer; if not, the limit of nodes was reached.
    pub(crate) optimal: bool,
}

/// Why there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stuck {
    /// A variable of the part that cannot be done.
    pub(crate) variable: u32,
    /// Whether it is proven that there are none.
    pub(crate) infeasible: bool,
}

/// Solves every part that hangs together on its own, in parallel. `start` is a solution, if one is
/// known.
pub(crate) fn nearest(goals: &[Goal], sums: &[Sum], start: Option<&[i64]>) -> Result<Found, Stuck> {
    let parts = components(goals, sums);
    let solved: Vec<Result<(Vec<i64>, bool), Stuck>> =
        parts.par_iter().map(|part| part.solve(goals, sums, start)).collect();
    let mut found = Found {
        values: goals.iter().map(|g| (g.target.round() as i64).clamp(g.low, g.high)).collect(),
        optimal: true,
    };
    for (part, solved) in parts.iter().zip(solved) {
        let (values, optimal) = solved?;
        found.optimal &= optimal;
        for (&v, z) in part.variables.iter().zip(values) {
            found.values[v as usize] = z;
        }
    }
    // Fixed variables are in no part, so a sum of nothing else is checked here, with all others.
    let value = |v: u32| found.values[v as usize];
    match sums.iter().find(|s| s.parts.iter().map(|&p| value(p)).sum::<i64>() != value(s.total)) {
        Some(s) => Err(Stuck { variable: s.total, infeasible: true }),
        None => Ok(found),
    }
}

/// Variables and sums that hang together.
struct Part {
    variables: Vec<u32>,
    sums: Vec<u32>,
}

fn components(goals: &[Goal], sums: &[Sum]) -> Vec<Part> {
    let mut head: Vec<u32> = (0..goals.len() as u32).collect();
    let loose = |v: u32| goals[v as usize].low < goals[v as usize].high;
    let members = |s: &Sum| {
        let all: Vec<u32> = s.parts.iter().copied().chain([s.total]).filter(|&v| loose(v)).collect();
        all
    };
    let mut used = vec![false; goals.len()];
    for sum in sums {
        let members = members(sum);
        for &v in &members {
            used[v as usize] = true;
            let (a, b) = (find(&mut head, v), find(&mut head, members[0]));
            head[a.max(b) as usize] = a.min(b);
        }
    }
    let mut at = vec![usize::MAX; goals.len()];
    let mut parts: Vec<Part> = Vec::new();
    for v in (0..goals.len() as u32).filter(|&v| used[v as usize]) {
        let h = find(&mut head, v) as usize;
        if at[h] == usize::MAX {
            at[h] = parts.len();
            parts.push(Part { variables: Vec::new(), sums: Vec::new() });
        }
        parts[at[h]].variables.push(v);
    }
    for (s, sum) in sums.iter().enumerate() {
        if let Some(&v) = members(sum).first() {
            parts[at[find(&mut head, v) as usize]].sums.push(s as u32);
        }
    }
    parts
}

/// The head of the group of `v`.
fn find(head: &mut [u32], mut v: u32) -> u32 {
    while head[v as usize] != v {
        head[v as usize] = head[head[v as usize] as usize];
        v = head[v as usize];
    }
    v
}

/// A stretch of a variable on which its distance to the target changes at one rate:
/// `z = base + Σ sign · column`.
struct Piece {
    variable: usize,
    sign: i64,
    length: i64,
    cost: f64,
}

/// The lowest point of a variable's distance, and the ways from there.
fn pieces(variable: usize, g: Goal, out: &mut Vec<Piece>) -> i64 {
    let mut add = |sign, length, cost| {
        if length > 0 {
            out.push(Piece { variable, sign, length, cost });
        }
    };
    if g.target <= g.low as f64 {
        add(1, g.high - g.low, 1.0);
        return g.low;
    }
    if g.target >= g.high as f64 {
        add(-1, g.high - g.low, 1.0);
        return g.high;
    }
    let floor = g.target.floor() as i64;
    let rest = g.target - floor as f64;
    if rest == 0.0 {
        add(1, g.high - floor, 1.0);
    } else {
        add(1, 1, 1.0 - 2.0 * rest);
        add(1, g.high - floor - 1, 1.0);
    }
    add(-1, floor - g.low, 1.0);
    floor
}

/// How a programme ended.
enum End {
    Values(Vec<f64>, bool),
    Infeasible,
    Failed,
}

/// The programme of a part.
struct Programme<'a> {
    part: &'a Part,
    sums: &'a [Sum],
    base: Vec<i64>,
    pieces: Vec<Piece>,
    /// What fixed variables add to each sum.
    fixed: Vec<i64>,
}

impl Part {
    fn solve(&self, goals: &[Goal], sums: &[Sum], start: Option<&[i64]>) -> Result<(Vec<i64>, bool), Stuck> {
        let stuck = |infeasible| Stuck { variable: self.variables[0], infeasible };
        let mut pieces_of = Vec::new();
        let base: Vec<i64> = self
            .variables
            .iter()
            .enumerate()
            .map(|(i, &v)| pieces(i, goals[v as usize], &mut pieces_of))
            .collect();
        let fixed = self
            .sums
            .iter()
            .map(|&s| {
                let value = |v: u32| if self.local(v).is_none() { goals[v as usize].low } else { 0 };
                let sum = &sums[s as usize];
                sum.parts.iter().map(|&p| value(p)).sum::<i64>() - value(sum.total)
            })
            .collect();
        let programme = Programme { part: self, sums, base, pieces: pieces_of, fixed };
        let relaxed = match programme.linear(&[]) {
            End::Values(x, _) => x,
            End::Infeasible => return Err(stuck(true)),
            End::Failed => return Err(stuck(false)),
        };
        if let Some(values) = programme.whole(&relaxed) {
            return Ok((values, true));
        }
        let start = match start {
            Some(known) => Some(
                programme.columns_of(&self.variables.iter().map(|&v| known[v as usize]).collect::<Vec<_>>()),
            ),
            None => programme.dive(&relaxed),
        };
        match programme.branch(start.as_deref()) {
            End::Values(x, optimal) => programme.whole(&x).map(|v| (v, optimal)).ok_or_else(|| stuck(false)),
            End::Infeasible => Err(stuck(true)),
            // The limit was reached before anything better than the start was found.
            End::Failed => {
                start.and_then(|x| programme.whole(&x)).map(|v| (v, false)).ok_or_else(|| stuck(false))
            }
        }
    }

    fn local(&self, v: u32) -> Option<usize> {
        self.variables.binary_search(&v).ok()
    }
}

impl Programme<'_> {
    /// The programme with some columns held.
    fn build(&self, held: &[(usize, f64)], whole: bool) -> Option<Model> {
        let mut problem = RowProblem::default();
        let mut bounds: Vec<(f64, f64)> = self.pieces.iter().map(|p| (0.0, p.length as f64)).collect();
        for &(c, x) in held {
            bounds[c] = (x, x);
        }
        let columns: Vec<Col> = self
            .pieces
            .iter()
            .zip(&bounds)
            .map(|(p, &(low, high))| problem.add_column_with_integrality(p.cost, low..=high, whole))
            .collect();
        let mut of: Vec<Vec<usize>> = vec![Vec::new(); self.base.len()];
        for (c, p) in self.pieces.iter().enumerate() {
            of[p.variable].push(c);
        }
        for (&s, &fixed) in self.part.sums.iter().zip(&self.fixed) {
            let sum = &self.sums[s as usize];
            let mut right = -fixed;
            let mut row = Vec::new();
            let terms = sum.parts.iter().map(|&p| (p, 1i64)).chain([(sum.total, -1)]);
            for (v, a) in terms {
                let Some(i) = self.part.local(v) else { continue };
                right -= a * self.base[i];
                row.extend(of[i].iter().map(|&c| (columns[c], (a * self.pieces[c].sign) as f64)));
            }
            problem.add_row(right as f64..=right as f64, row);
        }
        let mut model = Model::try_new(problem).ok()?;
        model.make_quiet();
        model.set_sense(Sense::Minimise);
        for (option, value) in [("threads", 1), ("random_seed", 0), ("mip_max_nodes", NODES)] {
            model.try_set_option(option, value).ok()?;
        }
        model.try_set_option("parallel", "off").ok()?;
        // A vertex, not a point inside a face: only vertices of a network are whole.
        model.try_set_option("solver", "simplex").ok()?;
        Some(model)
    }

    fn linear(&self, held: &[(usize, f64)]) -> End {
        let solved = self.build(held, false).and_then(|m| m.try_solve().ok());
        let Some(solved) = solved else { return End::Failed };
        match solved.status() {
            HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => {
                End::Values(solved.get_solution().columns().to_vec(), true)
            }
            HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => End::Infeasible,
            _ => End::Failed,
        }
    }

    fn branch(&self, start: Option<&[f64]>) -> End {
        let Some(mut model) = self.build(&[], true) else { return End::Failed };
        if let Some(x) = start {
            // Without a start the search only takes longer.
            let _ = model.try_set_solution(Some(x), None, None, None);
        }
        let Ok(solved) = model.try_solve() else { return End::Failed };
        let optimal = solved.status() == HighsModelStatus::Optimal;
        match solved.status() {
            HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => End::Infeasible,
            _ if optimal || solved.primal_solution_status() == HighsSolutionStatus::Feasible => {
                End::Values(solved.get_solution().columns().to_vec(), optimal)
            }
            _ => End::Failed,
        }
    }

    /// Holds all whole columns that are nearest and one that is not, again and again, until all are
    /// whole.
    fn dive(&self, relaxed: &[f64]) -> Option<Vec<f64>> {
        let mut x = relaxed.to_vec();
        let mut held: Vec<(usize, f64)> = Vec::new();
        for _ in 0..DIVES {
            let mut loose: Vec<(f64, usize)> = x
                .iter()
                .enumerate()
                .filter(|(_, x)| (*x - x.round()).abs() > WHOLE)
                .map(|(c, x)| ((x - x.round()).abs(), c))
                .collect();
            if loose.is_empty() {
                return self.whole(&x).map(|_| x);
            }
            loose.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            // The surest eighth, and at least one.
            let mut tried = held.clone();
            tried.extend(loose.iter().take(loose.len().div_ceil(8)).map(|&(_, c)| (c, x[c].round())));
            let next = if let End::Values(next, _) = self.linear(&tried) {
                next
            } else {
                // One only, the other way.
                let (_, c) = loose[0];
                let other = if x[c].round() > x[c] { x[c].floor() } else { x[c].ceil() };
                tried.clone_from(&held);
                tried.push((c, other));
                match self.linear(&tried) {
                    End::Values(next, _) => next,
                    _ => return None,
                }
            };
            (held, x) = (tried, next);
        }
        None
    }

    /// The columns that make these values.
    fn columns_of(&self, values: &[i64]) -> Vec<f64> {
        let mut left: Vec<i64> = values.iter().zip(&self.base).map(|(z, b)| z - b).collect();
        self.pieces
            .iter()
            .map(|p| {
                let rest = &mut left[p.variable];
                let taken = (*rest * p.sign).clamp(0, p.length);
                *rest -= taken * p.sign;
                taken as f64
            })
            .collect()
    }

    /// The values, if they are whole and every sum holds exactly.
    fn whole(&self, x: &[f64]) -> Option<Vec<i64>> {
        let mut values = self.base.clone();
        for (p, x) in self.pieces.iter().zip(x) {
            if (x - x.round()).abs() > WHOLE {
                return None;
            }
            values[p.variable] += p.sign * x.round() as i64;
        }
        let value = |v: u32| self.part.local(v).map_or(0, |i| values[i]);
        let holds = self.part.sums.iter().zip(&self.fixed).all(|(&s, &fixed)| {
            let sum = &self.sums[s as usize];
            sum.parts.iter().map(|&p| value(p)).sum::<i64>() - value(sum.total) + fixed == 0
        });
        holds.then_some(values)
    }
}
