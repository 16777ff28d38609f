//! Linear programmes over the classes of a puzzle, kept between solves so that each starts from the last basis.

use std::collections::BTreeSet;

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense};

use crate::lp::quiet;
use crate::puzzle::Puzzle;
use crate::space::Space;

/// A linear programme.
pub(crate) struct Linear {
    model: Option<Model>,
    cols: Vec<Col>,
    costs: Vec<usize>,
}

impl Linear {
    /// All tables that fit.
    pub(crate) fn attack(space: &Space) -> Self {
        let cap = space.cap();
        let mut problem = RowProblem::default();
        let cols: Vec<Col> = space
            .bounds
            .iter()
            .map(|b| problem.add_column(0.0, b.lo as f64..=(b.hi as f64).min(cap)))
            .collect();
        for terms in space.independent() {
            let right: f64 = terms.iter().map(|(v, a)| *a as f64 * space.table[*v as usize]).sum();
            let row: Vec<(Col, f64)> = terms.iter().map(|(v, a)| (cols[*v as usize], *a as f64)).collect();
            problem.add_row(right..=right, row);
        }
        let mut model = quiet(problem, Sense::Minimise);
        // From one goal to the next the last table still fits, which is what the primal simplex method needs.
        if let Some(m) = &mut model {
            m.set_option("simplex_strategy", 4);
        }
        Self { model, cols, costs: Vec::new() }
    }

    /// The greatest value of a sum, and a table that has it; `None` when the solver gave up.
    pub(crate) fn most(&mut self, goal: &[(u32, f64)]) -> Option<(f64, Vec<f64>)> {
        let mut model = self.model.take()?;
        for i in std::mem::take(&mut self.costs) {
            model.change_column_cost(self.cols[i], 0.0);
        }
        for &(v, w) in goal {
            model.change_column_cost(self.cols[v as usize], -w);
            self.costs.push(v as usize);
        }
        let solved = model.try_solve().ok()?;
        let answer = match solved.status() {
            HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => {
                Some((-solved.objective_value(), solved.get_solution().columns().to_vec()))
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
    /// The classes that may change, in order.
    classes: Vec<u32>,
    /// What each of them goes up and down by.
    cols: Vec<(Col, Col)>,
    /// How far each of them can go up and down when it is hidden.
    room: Vec<(f64, f64)>,
    pinned: Option<u32>,
    /// Steps of the simplex method: a measure of work that is the same on every machine.
    pub(crate) steps: u64,
}

/// A change: classes with what they change by.
pub(crate) type Change = Vec<(u32, f64)>;

impl Changes {
    /// Changes of all classes of a puzzle, the cost of each being `cost`, none further than `most`.
    pub(crate) fn new(puzzle: &Puzzle, cost: impl Fn(u32) -> f64, most: i64) -> Self {
        Self::of((0..puzzle.len() as u32).collect(), &puzzle.independent(), puzzle, cost, most)
    }

    /// Changes of at least `size` classes around one, if there are so many, and of no others.
    pub(crate) fn around(v: u32, size: usize, puzzle: &Puzzle, cost: impl Fn(u32) -> f64, most: i64) -> Self {
        let mut inside = BTreeSet::from([v]);
        let mut edge = vec![v];
        while inside.len() < size && !edge.is_empty() {
            let next = edge.iter().flat_map(|&w| &puzzle.of[w as usize]);
            let next: BTreeSet<u32> =
                next.flat_map(|&e| puzzle.equations[e as usize].iter().map(|(w, _)| *w)).collect();
            edge = next.difference(&inside).copied().collect();
            inside.extend(&edge);
        }
        let equations: BTreeSet<u32> = inside.iter().flat_map(|&w| &puzzle.of[w as usize]).copied().collect();
        let equations: Vec<u32> = equations.into_iter().collect();
        Self::of(inside.into_iter().collect(), &equations, puzzle, cost, most)
    }

    fn of(
        classes: Vec<u32>,
        equations: &[u32],
        puzzle: &Puzzle,
        cost: impl Fn(u32) -> f64,
        most: i64,
    ) -> Self {
        let mut problem = RowProblem::default();
        let room: Vec<(f64, f64)> = classes
            .iter()
            .map(|&v| &puzzle.classes[v as usize])
            .map(|c| {
                let (up, down) = (c.bounds.hi - c.value, c.value - c.bounds.lo);
                (up.clamp(0, most) as f64, down.clamp(0, most) as f64)
            })
            .collect();
        let cols: Vec<(Col, Col)> = room
            .iter()
            .zip(classes.iter().map(|&v| cost(v)))
            .map(|(&(up, down), w)| (problem.add_column(w, 0.0..=up), problem.add_column(w, 0.0..=down)))
            .collect();
        for &e in equations {
            let row: Vec<(Col, f64)> = puzzle.equations[e as usize]
                .iter()
                .filter_map(|&(v, a)| {
                    let (up, down) = cols[classes.binary_search(&v).ok()?];
                    Some([(up, a as f64), (down, -a as f64)])
                })
                .flatten()
                .collect();
            problem.add_row(0.0..=0.0, row);
        }
        Self { model: quiet(problem, Sense::Minimise), classes, cols, room, pinned: None, steps: 0 }
    }

    fn at(&self, v: u32) -> Option<usize> {
        self.classes.binary_search(&v).ok()
    }

    /// Sets what a change of a class costs.
    pub(crate) fn set_cost(&mut self, v: u32, cost: f64) {
        if let Some(i) = self.at(v)
            && let Some(model) = &mut self.model
        {
            model.change_column_cost(self.cols[i].0, cost);
            model.change_column_cost(self.cols[i].1, cost);
        }
    }

    /// Whether a class may change at all.
    pub(crate) fn allow(&mut self, v: u32, yes: bool) {
        let Some(i) = self.at(v) else { return };
        let (up, down) = if yes { self.room[i] } else { (0.0, 0.0) };
        self.limit(i, 0.0..=up, 0.0..=down);
    }

    fn limit(&mut self, i: usize, up: std::ops::RangeInclusive<f64>, down: std::ops::RangeInclusive<f64>) {
        if let Some(model) = &mut self.model {
            model.change_column_bounds(self.cols[i].0, up);
            model.change_column_bounds(self.cols[i].1, down);
        }
    }

    /// The cheapest change that moves `v` by `amount`, up or, below zero, down: its cost and itself.
    pub(crate) fn cheapest(&mut self, v: u32, amount: f64) -> Option<(f64, Change)> {
        let i = self.at(v)?;
        let (up, down) = self.room[i];
        if amount > up || -amount > down {
            return None;
        }
        if let Some(old) = self.pinned.replace(v) {
            self.allow(old, true);
        }
        let (up, down) = (amount.max(0.0), (-amount).max(0.0));
        self.limit(i, up..=up, down..=down);
        let solved = self.model.take()?.try_solve().ok()?;
        self.steps += solved.simplex_iteration_count().max(1) as u64;
        let answer = (solved.status() == HighsModelStatus::Optimal).then(|| {
            let x = solved.get_solution();
            let x = x.columns();
            let change: Change = self
                .classes
                .iter()
                .enumerate()
                .map(|(i, &v)| (v, x[2 * i] - x[2 * i + 1]))
                .filter(|(_, d)| d.abs() > 1e-7)
                .collect();
            (solved.objective_value(), change)
        });
        self.model = Some(solved.into());
        answer
    }
}
