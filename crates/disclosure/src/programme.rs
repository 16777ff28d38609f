//! Linear programmes over the tables that fit, kept between solves so that each starts from the last basis.

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense};

use crate::lp::quiet;
use crate::space::Space;

/// Numbers above this are made smaller.
const LARGE: f64 = 1e7;

/// A linear programme.
pub(crate) struct Linear {
    model: Option<Model>,
    cols: Vec<Col>,
    costs: Vec<usize>,
    /// What counts as 1: amounts of millions would be lost in the tolerances of the solver.
    scale: f64,
}

impl Linear {
    /// All tables that fit.
    pub(crate) fn attack(space: &Space) -> Self {
        let cap = space.cap();
        let scale = if cap > LARGE { cap / LARGE } else { 1.0 };
        let mut problem = RowProblem::default();
        let cols: Vec<Col> = space
            .bounds
            .iter()
            .map(|b| problem.add_column(0.0, b.lo as f64 / scale..=(b.hi as f64).min(cap) / scale))
            .collect();
        for terms in space.independent() {
            let right = terms.iter().map(|(v, a)| *a as f64 * space.table[*v as usize]).sum::<f64>() / scale;
            let row: Vec<(Col, f64)> = terms.iter().map(|(v, a)| (cols[*v as usize], *a as f64)).collect();
            problem.add_row(right..=right, row);
        }
        let mut model = quiet(problem, Sense::Minimise);
        // From one goal to the next the last table still fits, which is what the primal simplex method needs.
        if let Some(m) = &mut model {
            m.set_option("simplex_strategy", 4);
        }
        Self { model, cols, costs: Vec::new(), scale }
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
                let x = solved.get_solution().columns().iter().map(|x| x * self.scale).collect();
                Some((-solved.objective_value() * self.scale, x))
            }
            _ => None,
        };
        self.model = Some(solved.into());
        answer
    }
}
