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
