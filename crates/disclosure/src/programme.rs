//! Linear programmes over the classes of a puzzle, kept between solves so that each starts from the last basis.

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense};

use crate::lp::quiet;
use crate::puzzle::Puzzle;

/// Terms of a sum, to be made least or greatest.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal<'a> {
    /// As small as it can be.
    Least(&'a [(usize, f64)]),
    /// As great as it can be.
    Most(&'a [(usize, f64)]),
}

/// A linear programme.
pub(crate) struct Linear {
    model: Option<Model>,
    cols: Vec<Col>,
    costs: Vec<usize>,
}

impl Linear {
    /// All tables that fit: what of `classes` is possible when the `equations` and bounds hold.
    pub(crate) fn attack(puzzle: &Puzzle, classes: &[u32], equations: &[u32]) -> Self {
        let largest = classes.iter().map(|&v| puzzle.classes[v as usize].value).max().unwrap_or(0);
        let cap = largest.saturating_mul(8).saturating_add(10_000);
        let mut problem = RowProblem::default();
        let cols: Vec<Col> = classes
            .iter()
            .map(|&v| puzzle.classes[v as usize].bounds)
            .map(|b| problem.add_column(0.0, b.lo as f64..=b.hi.min(cap) as f64))
            .collect();
        for &e in equations {
            let terms = &puzzle.equations[e as usize];
            let right: i64 = terms.iter().map(|(v, a)| a * puzzle.classes[*v as usize].value).sum();
            let row: Vec<(Col, f64)> = terms
                .iter()
                .filter_map(|(v, a)| Some((cols[classes.binary_search(v).ok()?], *a as f64)))
                .collect();
            problem.add_row(right as f64..=right as f64, row);
        }
        Self { model: quiet(problem, Sense::Minimise), cols, costs: Vec::new() }
    }

    /// The value and a solution; `None` when there is none or the solver gave up.
    pub(crate) fn solve(&mut self, goal: Goal<'_>) -> Option<(f64, Vec<f64>)> {
        let mut model = self.model.take()?;
        for i in std::mem::take(&mut self.costs) {
            model.change_column_cost(self.cols[i], 0.0);
        }
        let (sign, terms) = match goal {
            Goal::Least(terms) => (1.0, terms),
            Goal::Most(terms) => (-1.0, terms),
        };
        for &(i, w) in terms {
            model.change_column_cost(self.cols[i], sign * w);
            self.costs.push(i);
        }
        let solved = model.try_solve().ok()?;
        let answer = match solved.status() {
            HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => {
                Some((sign * solved.objective_value(), solved.get_solution().columns().to_vec()))
            }
            _ => None,
        };
        self.model = Some(solved.into());
        answer
    }
}

/// The cheapest change of a table: what moves one class by a given amount and keeps every equation (Kelly, Golden
/// and Assad 1992).
pub(crate) struct Changes {
    model: Option<Model>,
    /// What each class goes up and down by.
    cols: Vec<(Col, Col)>,
    /// How far each class can go up and down when it is hidden.
    room: Vec<(f64, f64)>,
    pinned: Option<u32>,
    /// Steps of the simplex method: a measure of work that is the same on every machine.
    pub(crate) steps: u64,
}

/// A change: classes with what they change by.
pub(crate) type Change = Vec<(u32, f64)>;

impl Changes {
    /// Changes of all classes of a puzzle, the cost of each being `cost`, none further than `most`.
    pub(crate) fn new(puzzle: &Puzzle, equations: &[u32], cost: &[f64], most: i64) -> Self {
        let mut problem = RowProblem::default();
        let room: Vec<(f64, f64)> = puzzle
            .classes
            .iter()
            .map(|c| {
                let (up, down) = (c.bounds.hi - c.value, c.value - c.bounds.lo);
                (up.clamp(0, most) as f64, down.clamp(0, most) as f64)
            })
            .collect();
        let cols: Vec<(Col, Col)> = room
            .iter()
            .zip(cost)
            .map(|(&(up, down), &w)| (problem.add_column(w, 0.0..=up), problem.add_column(w, 0.0..=down)))
            .collect();
        for &e in equations {
            let row: Vec<(Col, f64)> = puzzle.equations[e as usize]
                .iter()
                .flat_map(|&(v, a)| {
                    let (up, down) = cols[v as usize];
                    [(up, a as f64), (down, -a as f64)]
                })
                .collect();
            problem.add_row(0.0..=0.0, row);
        }
        Self { model: quiet(problem, Sense::Minimise), cols, room, pinned: None, steps: 0 }
    }

    /// Sets what a change of a class costs.
    pub(crate) fn set_cost(&mut self, v: u32, cost: f64) {
        if let Some(model) = &mut self.model {
            model.change_column_cost(self.cols[v as usize].0, cost);
            model.change_column_cost(self.cols[v as usize].1, cost);
        }
    }

    /// Whether a class may change at all.
    pub(crate) fn allow(&mut self, v: u32, yes: bool) {
        let (up, down) = if yes { self.room[v as usize] } else { (0.0, 0.0) };
        self.limit(v, 0.0..=up, 0.0..=down);
    }

    fn limit(&mut self, v: u32, up: std::ops::RangeInclusive<f64>, down: std::ops::RangeInclusive<f64>) {
        if let Some(model) = &mut self.model {
            model.change_column_bounds(self.cols[v as usize].0, up);
            model.change_column_bounds(self.cols[v as usize].1, down);
        }
    }

    /// The cheapest change that moves `v` by `amount`, up or, below zero, down: its cost and itself.
    pub(crate) fn cheapest(&mut self, v: u32, amount: f64) -> Option<(f64, Change)> {
        let (up, down) = self.room[v as usize];
        if amount > up || -amount > down {
            return None;
        }
        if let Some(old) = self.pinned.replace(v) {
            self.allow(old, true);
        }
        let (up, down) = (amount.max(0.0), (-amount).max(0.0));
        self.limit(v, up..=up, down..=down);
        let solved = self.model.take()?.try_solve().ok()?;
        self.steps += solved.simplex_iteration_count().max(1) as u64;
        let answer = (solved.status() == HighsModelStatus::Optimal).then(|| {
            let x = solved.get_solution();
            let x = x.columns();
            let change: Change = self
                .cols
                .iter()
                .enumerate()
                .map(|(i, _)| (i as u32, x[2 * i] - x[2 * i + 1]))
                .filter(|(_, d)| d.abs() > 1e-7)
                .collect();
            (solved.objective_value(), change)
        });
        self.model = Some(solved.into());
        answer
    }
}
