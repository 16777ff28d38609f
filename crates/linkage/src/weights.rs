//! The log odds of a pattern under a model.

use crate::model::Given;
use crate::{Model, pattern};

/// The logarithms of a model's shares, ready to be added up.
#[derive(Debug)]
pub(crate) struct Weights {
    prior: f64,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    m: Table,
    u: Table,
}

/// Logarithms of the shares of a field's levels: a row for each level of its parent, row 0 for a field
/// without a parent and for a parent that is missing.
#[derive(Debug)]
struct Table {
    parent: Option<usize>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    fn new(model: &Model, marginal: impl Iterator<Item = f64>, given: Option<&Given>) -> Self {
        let row = |shares: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            std::iter::once(0.0).chain(shares.map(f64::ln)).collect()
        };
        let mut rows = vec![row(&mut marginal.into_iter())];
        let parent = given.and_then(|g| {
            let parent = model.comparisons.iter().position(|c| c.field == g.field)?;
            rows.extend(g.shares.iter().map(|shares| row(&mut shares.iter().copied())));
            Some(parent)
        });
        Self { parent, rows }
    }

    fn of(&self, pattern: u64, level: usize) -> f64 {
        let row = self.parent.map_or(0, |parent| pattern::level(pattern, parent));
        self.rows[row][level]
    }
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let fields = model
            .comparisons
            .iter()
            .map(|c| Field {
                m: Table::new(model, c.levels.iter().map(|l| l.m), c.m_given.as_ref()),
                u: Table::new(model, c.levels.iter().map(|l| l.u), c.u_given.as_ref()),
            })
            .collect();
        Self { prior: (model.prior / (1.0 - model.prior)).ln(), fields }
    }

    /// The natural logarithm of the odds that a pair with this pattern is of one person.
    pub(crate) fn log_odds(&self, pattern: u64) -> f64 {
        self.prior + (0..self.fields.len()).map(|k| self.of_field(pattern, k)).sum::<f64>()
    }

    /// What one field adds to them.
    pub(crate) fn of_field(&self, pattern: u64, k: usize) -> f64 {
        let level = pattern::level(pattern, k);
        let field = &self.fields[k];
        if level == 0 { 0.0 } else { field.m.of(pattern, level) - field.u.of(pattern, level) }
    }
}
