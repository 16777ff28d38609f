//! Whole numbers that satisfy sums and are nearest to given ones.
//!
//! ```text
//! minimise    Σ |z − target|
//! subject to  total = Σ parts,  low ≤ z ≤ high,  z whole
//! ```
//!
//! First as a linear programme. With one hierarchy, or one that crosses a flat dimension, it is one of flows
//! in a network: its matrix is totally unimodular, and every vertex is whole, so that the simplex
//! method ends with the best whole numbers (Cox and Ernst 1982; Causey, Cox and Ernst 1985). Where
//! more dimensions cross, or two hierarchies do, a vertex may be fractional. Then a dive rounds it to a start, and branch
//! and bound takes over; in large tables the dive is all. Limits are counted in nodes and steps, not in
//! time, so that the result does not depend on the machine.

use highs::{Col, HighsModelStatus, HighsSolutionStatus, Model, RowProblem, Sense};
use rayon::prelude::*;

use crate::additive::Sum;

/// Nodes of branch and bound for each part of the tables that hangs together, at most.
const NODES: usize = 5_000;
/// Nodes times columns, at most.
const EFFORT: usize = 300_000;
/// Columns above which there is no branch and bound: a node takes too long.
const LARGE: usize = 3_000;
/// Rounds of a dive.
const DIVES: usize = 200;
/// Steps of the simplex method in a dive.
const ITERATIONS: i64 = 10_000;
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

/// Solves every part that hangs together on its own, in parallel.
pub(crate) fn nearest(goals: &[Goal], sums: &[Sum]) -> Result<Found, Stuck> {
    let parts = components(goals, sums);
    let solved: Vec<Result<(Vec<i64>, bool), Stuck>> =
        parts.par_iter().map(|part| part.solve(goals, sums)).collect();
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
    fn solve(&self, goals: &[Goal], sums: &[Sum]) -> Result<(Vec<i64>, bool), Stuck> {
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
        let (model, columns) = programme.build(false).ok_or(stuck(false))?;
        let (end, model, _) = Programme::linear(model);
        let relaxed = match end {
            End::Values(x, _) => x,
            End::Infeasible => return Err(stuck(true)),
            End::Failed => return Err(stuck(false)),
        };
        if let Some(values) = programme.whole(&relaxed) {
            return Ok((values, true));
        }
        let start = model.and_then(|m| programme.dive(&relaxed, &columns, m));
        if programme.pieces.len() > LARGE {
            return start.and_then(|x| programme.whole(&x)).map(|v| (v, false)).ok_or(stuck(false));
        }
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
    /// The programme, of whole numbers or not.
    fn build(&self, whole: bool) -> Option<(Model, Vec<Col>)> {
        let mut problem = RowProblem::default();
        let columns: Vec<Col> = self
            .pieces
            .iter()
            .map(|p| problem.add_column_with_integrality(p.cost, 0.0..=p.length as f64, whole))
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
        let nodes = i32::try_from((EFFORT / self.pieces.len().max(1)).clamp(1, NODES)).unwrap_or(1);
        for (option, value) in [("threads", 1), ("random_seed", 0), ("mip_max_nodes", nodes)] {
            model.try_set_option(option, value).ok()?;
        }
        model.try_set_option("parallel", "off").ok()?;
        // A vertex, not a point inside a face: only vertices of a network are whole.
        model.try_set_option("solver", "simplex").ok()?;
        Some((model, columns))
    }

    /// The linear programme, the model from which others start, and the steps it took.
    fn linear(model: Model) -> (End, Option<Model>, i64) {
        let Ok(solved) = model.try_solve() else { return (End::Failed, None, 0) };
        let end = match solved.status() {
            HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => {
                End::Values(solved.get_solution().columns().to_vec(), true)
            }
            HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => End::Infeasible,
            _ => End::Failed,
        };
        let steps = solved.simplex_iteration_count().max(1);
        (end, Some(solved.into()), steps)
    }

    fn branch(&self, start: Option<&[f64]>) -> End {
        let Some((mut model, _)) = self.build(true) else { return End::Failed };
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

    /// Holds the surest columns that are not whole at their nearest whole number, again and again,
    /// until all are whole.
    fn dive(&self, relaxed: &[f64], columns: &[Col], model: Model) -> Option<Vec<f64>> {
        let mut x = relaxed.to_vec();
        let mut model = model;
        let mut left = ITERATIONS;
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
            loose.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            // A sixth, then fewer, then one only, then that one the other way.
            let (_, surest) = loose[0];
            let nearest = x[surest].round();
            let other = if nearest > x[surest] { nearest - 1.0 } else { nearest + 1.0 };
            let some = |n: usize| -> Vec<(usize, f64)> {
                loose.iter().take(n.max(1)).map(|&(_, c)| (c, x[c].round())).collect()
            };
            let tries = [some(loose.len() / 6), some(loose.len() / 40), some(1), vec![(surest, other)]];
            let mut next = None;
            for held in tries {
                for &(c, at) in &held {
                    model.change_column_bounds(columns[c], at..=at);
                }
                model.try_set_option("simplex_iteration_limit", left.max(1) as i32).ok()?;
                let (end, back, steps) = Self::linear(model);
                left -= steps;
                model = back?;
                if let End::Values(values, _) = end {
                    next = Some(values);
                    break;
                }
                if left <= 0 {
                    return None;
                }
                for &(c, _) in &held {
                    model.change_column_bounds(columns[c], 0.0..=self.pieces[c].length as f64);
                }
            }
            x = next?;
        }
        None
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
