//! Amounts: money, days, or whatever else the units of a cell bring to it, each as much as it does.
//!
//! A sum tells something of who is in it when one unit makes up most of it, however many there are. Which sums do is
//! said by a rule (Hundepool et al. 2012, Statistical Disclosure Control, §4.2; Willenborg and De Waal 2001), and each has a
//! *protection level*: how far above and below the true amount a hidden one has to stay open, so that nobody
//! who is in the cell himself comes closer to another than the rule allows.

use std::collections::BTreeMap;

use model::Key;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::need::Need;

/// Amounts above this are refused: what is worked out of them would no longer be exact to the unit.
pub(crate) const LARGEST: u64 = 1_000_000_000_000;

/// When a sum tells too much of one unit that is in it. With more than one rule, when one of them says so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountRule {
    /// The few largest make up too much of it.
    pub dominance: Option<Dominance>,
    /// A unit could estimate the largest too closely.
    pub p_percent: Option<PPercent>,
    /// How far the amount of fewer units than the threshold has to stay open, as a percentage of it.
    #[serde(default = "default_range")]
    pub range: f64,
}

fn default_range() -> f64 {
    30.0
}

impl Default for AmountRule {
    fn default() -> Self {
        AmountRule { dominance: None, p_percent: None, range: default_range() }
    }
}

/// The (n, k) rule: a sum is unsafe when its `n` largest units make up more than `k` per cent of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dominance {
    /// Units.
    pub n: usize,
    /// Per cent, above 0 and below 100.
    pub k: f64,
}

/// The p% rule: a sum is unsafe when the second largest unit, with the help of others, could estimate the largest
/// to within `p` per cent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PPercent {
    /// Per cent, above 0.
    pub p: f64,
    /// Units that put what they know together, the second largest among them; 1 when there is no coalition.
    #[serde(default = "alone")]
    pub n: usize,
}

fn alone() -> usize {
    1
}

/// The units that a sum is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contributors {
    /// How many.
    pub count: u64,
    /// The largest amounts, the largest first: at least as many as the rule looks at, or all.
    pub largest: Vec<u64>,
    /// A number for the unit when there is only one: the same in every cell that it is alone in.
    pub only: Option<u32>,
    /// Who made the table says that the amount is sensitive, and has to stay open so far above and below. 0 leaves the
    /// distance to [`AmountRule::range`].
    pub level: Option<u64>,
}

/// The units of each cell of a table; none where a cell has no entry.
pub type AmountsOf = BTreeMap<Key, Contributors>;

impl AmountRule {
    /// Amounts that the rule looks at in each cell.
    pub fn looks_at(&self) -> usize {
        let dominance = self.dominance.map_or(0, |d| d.n);
        dominance.max(self.p_percent.map_or(0, |p| p.n.saturating_add(1)))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let fail = |what: String, help: &str| Err(Error::Policy { what, help: help.to_owned() });
        if let Some(Dominance { n, k }) = self.dominance
            && (n == 0 || !(k > 0.0 && k < 100.0))
        {
            return fail(
                format!("dominance with n = {n} and k = {k}"),
                "take n of 1 or more and k between 0 and 100",
            );
        }
        if let Some(PPercent { p, n }) = self.p_percent
            && (n == 0 || !(p > 0.0 && p.is_finite()))
        {
            return fail(format!("p_percent with p = {p} and n = {n}"), "take p above 0 and n of 1 or more");
        }
        if !(self.range > 0.0 && self.range.is_finite()) {
            return fail(format!("a range of {} per cent", self.range), "take one above 0; 30 is usual");
        }
        Ok(())
    }

    /// How far a sum has to stay open, or nothing where it is safe. `few` is the number of units below which it is not.
    pub(crate) fn need(&self, total: u64, units: &Contributors, few: u64) -> Option<Need> {
        let amount = |x: u64| x as f64;
        let total_amount = amount(total);
        let first = |n: usize| units.largest.iter().take(n).map(|&x| amount(x)).sum::<f64>();
        let dominance = self.dominance.map(|d| 100.0 / d.k * first(d.n) - total_amount);
        let p_percent = self.p_percent.map(|p| {
            let largest = first(1);
            let rest = total_amount - first(p.n.saturating_add(1));
            p.p / 100.0 * largest - rest
        });
        let range = (total_amount * self.range / 100.0).max(1.0);
        let frequency = (units.count < few).then_some(range);
        let said = units.level.map(|level| if level == 0 { range } else { level as f64 });
        let level = [dominance, p_percent, frequency, said]
            .into_iter()
            .flatten()
            .filter(|l| *l > 0.0)
            .reduce(f64::max)?;
        let level = level.ceil() as i64;
        // Nobody can be kept from knowing that an amount is not below zero.
        Some(Need { up: level, down: level.min(total.cast_signed()), ..Need::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(largest: &[u64]) -> Contributors {
        Contributors { count: largest.len() as u64, largest: largest.to_vec(), only: None, level: None }
    }

    fn level(rule: AmountRule, of: &[u64], few: u64) -> Option<i64> {
        rule.need(of.iter().sum(), &units(of), few).map(|n| n.up)
    }

    #[test]
    fn levels_are_those_of_the_handbook() {
        // Hundepool et al. (2012), table 4.2: upper protection levels of the rules.
        let dominance = AmountRule { dominance: Some(Dominance { n: 2, k: 80.0 }), ..AmountRule::default() };
        // 60 + 30 of 100 are 90 %: 100/80 · 90 − 100 = 12.5.
        assert_eq!(level(dominance, &[60, 30, 10], 0), Some(13));
        assert_eq!(level(dominance, &[40, 30, 30], 0), None);
        let p = |n| AmountRule { p_percent: Some(PPercent { p: 20.0, n }), ..AmountRule::default() };
        // The second knows the largest to within 10 of 60; 20 % would be 12.
        assert_eq!(level(p(1), &[60, 30, 10], 0), Some(2));
        assert_eq!(level(p(1), &[60, 20, 20], 0), None);
        // Two together know it exactly.
        assert_eq!(level(p(2), &[60, 20, 20], 0), Some(12));
        // Who is alone is known to all, and known to within p %.
        assert_eq!(level(p(1), &[50], 0), Some(10));
        assert_eq!(level(AmountRule::default(), &[60, 30, 10], 3), None);
        assert_eq!(level(AmountRule::default(), &[60, 30, 10], 4), Some(30));
    }
}
