//! All tables that fit what is published: a polytope, given by its equations, its bounds and a point of it.

use std::collections::BTreeMap;

use crate::puzzle::Puzzle;
use crate::system::{Bounds, Groups};
use crate::tableau::Tableau;

/// The tables that fit: cells, or classes of them, with the equations between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    /// `Σ a x = constant`; the constant is what `table` gives.
    pub(crate) equations: Vec<Vec<(u32, i64)>>,
    /// What is known of each cell.
    pub(crate) bounds: Vec<Bounds>,
    /// A table that fits.
    pub(crate) table: Vec<f64>,
}

impl Space {
    /// The tables that fit a puzzle of which all classes may move, the true one among them.
    pub(crate) fn new(puzzle: &Puzzle) -> Self {
        Self {
            equations: puzzle.equations.clone(),
            bounds: puzzle.classes.iter().map(|c| c.bounds).collect(),
            table: puzzle.classes.iter().map(|c| c.value as f64).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// What one more than any cell can sensibly be counts as: so that no programme is unbounded, and numbers stay in
    /// a range that floating point handles well.
    pub(crate) fn cap(&self) -> f64 {
        let largest = self.table.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        largest.mul_add(8.0, 10_000.0)
    }

    /// The largest difference between the two sides of an equation in `x`.
    pub(crate) fn residual(&self, x: &[f64]) -> f64 {
        let off = |e: &Vec<(u32, i64)>| -> f64 {
            e.iter().map(|(v, a)| *a as f64 * (x[*v as usize] - self.table[*v as usize])).sum()
        };
        self.equations.iter().map(|e| off(e).abs()).fold(0.0, f64::max)
    }

    /// Equations from which all others follow.
    pub(crate) fn independent(&self) -> impl Iterator<Item = &Vec<(u32, i64)>> {
        Tableau::independent(self.len(), &self.equations).into_iter().map(|e| &self.equations[e as usize])
    }

    /// Parts that share no equation, each with the numbers of its cells.
    pub(crate) fn components(&self) -> Vec<(Vec<u32>, Space)> {
        let mut groups = Groups::new(self.len());
        for e in &self.equations {
            e.windows(2).for_each(|w| groups.join(w[0].0, w[1].0));
        }
        let mut out: BTreeMap<u32, (Vec<u32>, Space)> = BTreeMap::new();
        let mut local = vec![0_u32; self.len()];
        for (v, local) in local.iter_mut().enumerate() {
            let (cells, space) = out.entry(groups.find(v as u32)).or_default();
            *local = cells.len() as u32;
            cells.push(v as u32);
            space.bounds.push(self.bounds[v]);
            space.table.push(self.table[v]);
        }
        for e in &self.equations {
            let Some(&(first, _)) = e.first() else { continue };
            if let Some((_, space)) = out.get_mut(&groups.find(first)) {
                space.equations.push(e.iter().map(|&(v, a)| (local[v as usize], a)).collect());
            }
        }
        out.into_values().collect()
    }
}
