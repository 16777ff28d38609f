//! The log odds of a pattern under a model.

use crate::{Model, pattern};

/// Log odds from which a pair counts as of one person: 99.9 %.
pub(crate) const SURE: f64 = 6.9;

/// The logarithms of a model's shares, ready to be added up.
#[derive(Debug)]
pub(crate) struct Weights {
    prior: f64,
    /// By comparison and level, level 0 for missing.
    m: Vec<Vec<f64>>,
    u: Vec<Table>,
    /// For each kind of pairs of two persons that are alike the logarithm of its share, and as `m`; and that of the
    /// share of all others.
    alike: Vec<(f64, Vec<Vec<f64>>)>,
    others: f64,
}

/// Logarithms of the shares of a field's levels: a row for each level of its parent, row 0 for a field
/// without a parent and for a parent that is missing.
#[derive(Debug)]
struct Table {
    parent: Option<usize>,
    rows: Vec<Vec<f64>>,
}

fn row(shares: impl Iterator<Item = f64>) -> Vec<f64> {
    std::iter::once(0.0).chain(shares.map(f64::ln)).collect()
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let m = model.comparisons.iter().map(|c| row(c.levels.iter().map(|l| l.m))).collect();
        let u = model
            .comparisons
            .iter()
            .map(|c| {
                let mut rows = vec![row(c.levels.iter().map(|l| l.u))];
                let parent = c.u_given.as_ref().and_then(|given| {
                    let parent = model.comparisons.iter().position(|c| c.field == given.field)?;
                    rows.extend(given.shares.iter().map(|shares| row(shares.iter().copied())));
                    Some(parent)
                });
                Table { parent, rows }
            })
            .collect();
        let alike: Vec<(f64, Vec<Vec<f64>>)> = model
            .alike
            .iter()
            .map(|alike| {
                let levels = alike.levels.iter().map(|shares| row(shares.iter().copied())).collect();
                (alike.share.ln(), levels)
            })
            .collect();
        let others = (1.0 - model.alike.iter().map(|alike| alike.share).sum::<f64>()).max(1e-12).ln();
        Self { prior: (model.prior / (1.0 - model.prior)).ln(), m, u, alike, others }
    }

    /// The natural logarithm of the odds that a pair with this pattern is of one person.
    pub(crate) fn log_odds(&self, pattern: u64) -> f64 {
        self.prior + self.of_one(pattern) - self.of_two(pattern)
    }

    /// The natural logarithm of the share of a pattern among pairs of one person with the same fields.
    fn of_one(&self, pattern: u64) -> f64 {
        self.m.iter().enumerate().map(|(k, m)| m[pattern::level(pattern, k)]).sum()
    }

    /// The natural logarithm of the share of a pattern among pairs of two persons with the same fields.
    fn of_two(&self, pattern: u64) -> f64 {
        let of_field = |(k, table): (usize, &Table)| {
            let level = pattern::level(pattern, k);
            let row = table.parent.map_or(0, |parent| pattern::level(pattern, parent));
            if level == 0 { 0.0 } else { table.rows[row][level] }
        };
        let of_others: f64 = self.u.iter().enumerate().map(of_field).sum();
        let mut all = self.others + of_others;
        for of_alike in self.of_alike(pattern) {
            all = all.max(of_alike) + (-(all - of_alike).abs()).exp().ln_1p();
        }
        all
    }

    /// For each kind of pairs of two persons that are alike the natural logarithm of the share that it is, with this
    /// pattern, of all pairs of two persons.
    fn of_alike(&self, pattern: u64) -> impl Iterator<Item = f64> {
        self.alike.iter().map(move |(share, levels)| {
            share + levels.iter().enumerate().map(|(k, of)| of[pattern::level(pattern, k)]).sum::<f64>()
        })
    }

    /// The probabilities that a pair with this pattern is of one person, and of two that are alike, by kind.
    pub(crate) fn probabilities(&self, pattern: u64) -> (f64, impl Iterator<Item = f64>) {
        let of_two = self.of_two(pattern);
        let of_one = probability(self.prior + self.of_one(pattern) - of_two);
        (of_one, self.of_alike(pattern).map(move |of_alike| (1.0 - of_one) * (of_alike - of_two).exp()))
    }

    /// True if a pair with this pattern is surely of one person.
    pub(crate) fn is_sure(&self, pattern: u64) -> bool {
        self.log_odds(pattern) > SURE
    }

    /// The log odds as if one field were missing.
    pub(crate) fn without(&self, pattern: u64, k: usize) -> f64 {
        self.log_odds(pattern::replace(pattern, k, 0))
    }
}

/// The probability that has these log odds.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
