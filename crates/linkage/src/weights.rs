//! The log odds of a pattern under a model.

use crate::{Model, pattern};

/// Log odds from which a pair counts as of one person: 99.9 %.
pub(crate) const SURE: f64 = 6.9;

/// The logarithms of a model's shares, ready to be added up.
#[derive(Debug)]
pub(crate) struct Weights {
    prior: f64,
    /// By comparison and level, level 0 for missing.
    m: Vec<Row>,
    u: Vec<Table>,
    /// For each kind of pairs of two persons that are alike the logarithm of its share, and as `m`; and that of the
    /// share of all others.
    alike: Vec<(f64, Vec<Row>)>,
    others: f64,
}

/// Logarithms of the shares of a field's levels: a row for each level of its parent, row 0 for a field
/// without a parent and for a parent that is missing.
#[derive(Debug)]
struct Table {
    parent: Option<usize>,
    rows: Vec<Row>,
}

impl Table {
    /// The logarithm of the share of a level in a pattern.
    fn share(&self, pattern: u64, level: usize) -> f64 {
        let row = self.parent.map_or(0, |parent| pattern::level(pattern, parent));
        if level == 0 { 0.0 } else { self.rows[row][level] }
    }
}

/// By level; a level is below 16.
type Row = [f64; 16];

fn row(shares: impl Iterator<Item = f64>) -> Row {
    let mut row = [0.0; 16];
    row[1..].iter_mut().zip(shares).for_each(|(to, share)| *to = share.ln());
    row
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
        let alike: Vec<(f64, Vec<Row>)> = model
            .alike
            .iter()
            .map(|alike| {
                let levels = alike.levels.iter().map(|shares| row(shares.iter().copied())).collect();
                (alike.share.ln(), levels)
            })
            .collect();
        let others = model.others().ln();
        Self { prior: (model.prior / (1.0 - model.prior)).ln(), m, u, alike, others }
    }

    /// The natural logarithm of the odds that a pair with this pattern is of one person.
    pub(crate) fn log_odds(&self, pattern: u64) -> f64 {
        self.prior + self.of_one(pattern) - self.of_two(pattern)
    }

    /// What is added before anything is compared.
    pub(crate) fn prior(&self) -> f64 {
        self.prior
    }

    /// What a field adds, given the level of the field that it depends on; pairs that are alike aside.
    pub(crate) fn of_field(&self, pattern: u64, k: usize) -> f64 {
        let level = pattern::level(pattern, k);
        self.m[k][level] - self.u[k].share(pattern, level)
    }

    /// The natural logarithm of the share of a pattern among pairs of one person with the same fields.
    fn of_one(&self, pattern: u64) -> f64 {
        pattern::levels(pattern).zip(&self.m).map(|(level, m)| m[level]).sum()
    }

    /// The natural logarithm of the share of a pattern among pairs of two persons with the same fields.
    fn of_two(&self, pattern: u64) -> f64 {
        let mut all = self.others + self.of_others(pattern);
        for of_alike in self.of_alike(pattern) {
            all = all.max(of_alike) + (-(all - of_alike).abs()).exp().ln_1p();
        }
        all
    }

    fn of_others(&self, pattern: u64) -> f64 {
        pattern::levels(pattern).zip(&self.u).map(|(level, table)| table.share(pattern, level)).sum()
    }

    /// For each kind of pairs of two persons that are alike the natural logarithm of the share that it is, with this
    /// pattern, of all pairs of two persons.
    fn of_alike(&self, pattern: u64) -> impl Iterator<Item = f64> {
        self.alike.iter().map(move |(share, levels)| {
            share + pattern::levels(pattern).zip(levels).map(|(level, of)| of[level]).sum::<f64>()
        })
    }

    /// The share of a pattern among pairs of two persons that are alike in no way.
    pub(crate) fn share_of_others(&self, pattern: u64) -> f64 {
        self.of_others(pattern).exp()
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
