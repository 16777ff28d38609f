//! Linear programmes over a component, by `HiGHS`: one thread, fixed seed, no clock.

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense, SolvedModel};

use crate::system::{Bounds, Component, INF, System};

/// The answer of a programme.
#[derive(Debug, Clone)]
pub(crate) struct Optimum {
    pub(crate) value: f64,
    /// One value for each variable of the component.
    pub(crate) x: Vec<f64>,
    /// One dual value for each equation of the component.
    pub(crate) dual: Vec<f64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoOptimum {
    /// The equations contradict each other.
    Infeasible,
    /// The solver gave up.
    Failed,
}

/// The programme of a component. The model is kept between solves, so that each starts from the
/// basis of the one before.
pub(crate) struct Programme<'a> {
    system: &'a System,
    component: &'a Component,
    /// Of all variables of the system.
    bounds: &'a [Bounds],
    cap: i64,
    model: Option<Model>,
    cols: Vec<Col>,
    costs: Vec<u32>,
}

impl<'a> Programme<'a> {
    /// The programme of `component`, in which `bounds` (of all variables of the system) hold.
    pub(crate) fn new(system: &'a System, component: &'a Component, bounds: &'a [Bounds]) -> Self {
        // Everything that is loose may become this large and no larger: so no programme is
        // unbounded, and the numbers stay in a range that floating point handles well.
        let largest = component
            .equations
            .iter()
            .flat_map(|&e| system.equations[e as usize].vars())
            .map(|v| bounds[v as usize])
            .map(|b| if b.hi >= INF { b.lo } else { b.hi })
            .max()
            .unwrap_or(0);
        let mut programme = Programme {
            system,
            component,
            bounds,
            cap: largest.saturating_mul(8).saturating_add(10_000),
            model: None,
            cols: Vec::new(),
            costs: Vec::new(),
        };
        programme.build();
        programme
    }

    pub(crate) fn local(&self, v: u32) -> Option<usize> {
        self.component.vars.binary_search(&v).ok()
    }

    fn build(&mut self) {
        let mut problem = RowProblem::default();
        let bounds = self.bounds;
        self.costs.clear();
        self.cols = self
            .component
            .vars
            .iter()
            .map(|&v| bounds[v as usize])
            .map(|b| problem.add_column(0.0, b.lo as f64..=b.hi.min(self.cap) as f64))
            .collect();
        for &e in &self.component.equations {
            let equation = &self.system.equations[e as usize];
            let mut fixed = 0i64;
            let mut row = Vec::with_capacity(equation.parts.len() + 1);
            for (v, a) in equation.terms() {
                match self.component.vars.binary_search(&v) {
                    Ok(i) => row.push((self.cols[i], a as f64)),
                    Err(_) => fixed += a * bounds[v as usize].lo,
                }
            }
            let right = -fixed as f64;
            if equation.at_least {
                problem.add_row(..=right, row);
            } else {
                problem.add_row(right..=right, row);
            }
        }
        self.model = quiet(problem, Sense::Minimise);
    }

    /// The least (or, with `most`, the greatest) value of a weighted sum of variables (local indices).
    ///
    /// A solve that does not end in an optimum is tried once more from nothing: what fails from
    /// the basis of another goal may not fail from its own.
    pub(crate) fn optimum(&mut self, goal: &[(usize, f64)], most: bool) -> Result<Optimum, NoOptimum> {
        if let Ok(optimum) = self.solve(goal, most) {
            return Ok(optimum);
        }
        self.build();
        self.solve(goal, most)
    }

    fn solve(&mut self, goal: &[(usize, f64)], most: bool) -> Result<Optimum, NoOptimum> {
        let Some(mut model) = self.model.take() else { return Err(NoOptimum::Failed) };
        for i in std::mem::take(&mut self.costs) {
            model.change_column_cost(self.cols[i as usize], 0.0);
        }
        // Always a minimum: the sign of the duals then has one meaning.
        let sign = if most { -1.0 } else { 1.0 };
        for &(i, w) in goal {
            model.change_column_cost(self.cols[i], sign * w);
            self.costs.push(i as u32);
        }
        let Ok(solved) = model.try_solve() else { return Err(NoOptimum::Failed) };
        let answer = read(&solved, sign);
        self.model = Some(solved.into());
        answer
    }
}

fn read(solved: &SolvedModel, sign: f64) -> Result<Optimum, NoOptimum> {
    match solved.status() {
        HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => {
            let s = solved.get_solution();
            Ok(Optimum {
                value: sign * solved.objective_value(),
                x: s.columns().to_vec(),
                dual: s.dual_rows().to_vec(),
            })
        }
        HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => Err(NoOptimum::Infeasible),
        _ => Err(NoOptimum::Failed),
    }
}

/// A model that is silent, takes one thread and has a fixed seed.
pub(crate) fn quiet(problem: RowProblem, sense: Sense) -> Option<Model> {
    let mut model = Model::try_new(problem).ok()?;
    model.make_quiet();
    model.set_sense(sense);
    for (option, value) in [("threads", 1), ("random_seed", 0)] {
        model.try_set_option(option, value).ok()?;
    }
    model.try_set_option("parallel", "off").ok()?;
    Some(model)
}
