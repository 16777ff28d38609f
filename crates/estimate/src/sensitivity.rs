//! What the answer would be without a list, with small lists put together, or without a group.

use std::collections::BTreeMap;

use model::CaptureTable;
use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::lists::{Prepared, prepare};
use crate::loglinear::pairs;
use crate::method::Task;
use crate::{Error, Estimate, Interval, Method, Options};

/// Name of the step.
const SENSITIVITY: &str = "sensitivity";

/// A list with less than this share of the persons is small.
const SMALL: f64 = 0.05;
/// Up to so many small lists are put together two by two, too.
const PAIRS_OF_SMALL: usize = 4;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A list was left out.
    WithoutList,
    /// Small lists were put together into one.
    Pooled,
    /// The persons of a group were left out.
    WithoutGroup,
}

impl Change {
    /// Name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WithoutList => "without-list",
            Self::Pooled => "pooled",
            Self::WithoutGroup => "without-group",
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The answer of a method after one change of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// The method.
    pub method: Method,
    /// What was changed.
    pub change: Change,
    /// The list that was left out, or those that were put together; empty for a group.
    pub lists: Vec<String>,
    /// The group that was left out, by its codes; empty for lists.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// Persons detected after the change.
    pub detected: u64,
    /// The total after the change; `None` when the method refused.
    pub total: Option<f64>,
    /// Its interval, the quick one of the method (Wald for log-linear models).
    pub interval: Option<(f64, f64)>,
    /// By how many percent the total is more or less than that of the unchanged table. Without a list
    /// it is a total of the same population. Without a group it is not, so the totals for each person
    /// detected are compared. `None` when one of the two is not there.
    pub percent: Option<f64>,
    /// Why there is no total; `None` when there is one.
    pub refused: Option<String>,
}

/// The methods that are quick enough to be run again and again, out of those that answered: the
/// log-linear searches and the average over graphs, or else the first of the rest.
fn quick(estimates: &[Estimate], lists: usize) -> Vec<(Method, f64)> {
    let most = |method| match method {
        Method::Main | Method::Chao => 16,
        Method::Stepwise => 10,
        Method::Bic => 6,
        Method::Decomposable => 5,
        _ => 0,
    };
    let answered: Vec<(Method, f64)> = estimates
        .iter()
        .filter(|estimate| lists <= most(estimate.method))
        .filter_map(|estimate| Some((estimate.method, estimate.total?)))
        .collect();
    let choosing = |method| matches!(method, Method::Stepwise | Method::Bic | Method::Decomposable);
    let chosen: Vec<(Method, f64)> =
        answered.iter().copied().filter(|&(method, _)| choosing(method)).collect();
    if chosen.is_empty() { answered.into_iter().take(1).collect() } else { chosen }
}

/// The answers without each list in turn, and with small lists put together. `options` are those of
/// a table on which the choice of lists has been made, `estimates` its answers.
pub(crate) fn of_lists(table: &CaptureTable, options: &Options, estimates: &[Estimate]) -> Vec<Sensitivity> {
    let names = table.lists();
    let methods = quick(estimates, names.len());
    let mut changes: Vec<(Change, Vec<String>)> = Vec::new();
    if names.len() > 2 {
        changes.extend(names.iter().map(|name| (Change::WithoutList, vec![name.clone()])));
        changes.extend(small_lists(table).into_iter().map(|lists| (Change::Pooled, lists)));
    }
    let runs: Vec<_> = methods
        .iter()
        .flat_map(|&(method, total)| changes.iter().map(move |change| (method, total, change)))
        .collect();
    let watch = &options.watch;
    watch.step(SENSITIVITY, 1, 1);
    watch.units("other tables", runs.len());
    runs.into_par_iter()
        .map(|(method, total, (change, lists))| {
            let mut choice = options.lists.clone();
            match change {
                Change::Pooled => choice.pool = vec![lists.clone()],
                _ => choice.drop.clone_from(lists),
            }
            let changed = prepare(table, &Options { lists: choice, ..options.clone() });
            let (detected, estimate) = match &changed {
                Ok(Prepared { table, options, .. }) => (table.detected(), Ok(again(table, options, method))),
                Err(why) => (table.detected(), Err(why.to_string())),
            };
            let mut found = Sensitivity {
                method,
                change: *change,
                lists: lists.clone(),
                group: BTreeMap::new(),
                detected,
                total: None,
                interval: None,
                percent: None,
                refused: None,
            };
            found.take(estimate, total);
            watch.done(1);
            found
        })
        .collect()
}

/// The answers without each group of persons in turn, as without a year.
///
/// `groups` are the groups of one table, whose answers are `estimates`; a method that did not answer
/// there, or is not quick, is left out.
///
/// # Errors
/// When an option is out of range, or the choice of lists cannot be made.
pub fn group_sensitivity(
    groups: &[(BTreeMap<String, String>, CaptureTable)],
    estimates: &[Estimate],
    options: &Options,
) -> Result<Vec<Sensitivity>, Error> {
    options.check()?;
    let Some((_, first)) = groups.first() else { return Ok(Vec::new()) };
    if groups.len() < 2 {
        return Ok(Vec::new());
    }
    let sum = |without: Option<usize>| {
        let others = groups.iter().enumerate().filter(|(i, _)| Some(*i) != without);
        let counts = others.flat_map(|(_, (_, table))| table.counts());
        CaptureTable::from_counts(first.lists().to_vec(), counts).map_err(|why| Error::Lists(why.to_string()))
    };
    let all = prepare(&sum(None)?, options)?.table.detected() as f64;
    let methods = quick(estimates, first.lists().len());
    let runs: Vec<(Method, f64, usize)> = methods
        .iter()
        .flat_map(|&(method, total)| (0..groups.len()).map(move |group| (method, total, group)))
        .collect();
    let watch = &options.watch;
    watch.step(SENSITIVITY, 1, 1);
    watch.units("other tables", runs.len());
    runs.into_par_iter()
        .map(|(method, total, group)| {
            let Prepared { table, options, .. } = prepare(&sum(Some(group))?, options)?;
            let detected = table.detected();
            let mut found = Sensitivity {
                method,
                change: Change::WithoutGroup,
                lists: Vec::new(),
                group: groups[group].0.clone(),
                detected,
                total: None,
                interval: None,
                percent: None,
                refused: None,
            };
            found.take(Ok(again(&table, &options, method)), total / all * detected as f64);
            watch.done(1);
            Ok(found)
        })
        .collect()
}

impl Sensitivity {
    /// Takes over an answer, and compares it with the total `before`.
    fn take(&mut self, answer: Result<Estimate, String>, before: f64) {
        match answer {
            Ok(estimate) => {
                self.total = estimate.total;
                self.interval = estimate.interval;
                self.percent = estimate.total.map(|total| 100.0 * (total / before - 1.0));
                self.refused = estimate.refused;
            }
            Err(why) => self.refused = Some(why),
        }
        self.percent = self.percent.filter(|percent| percent.is_finite());
    }
}

fn again(table: &CaptureTable, options: &Options, method: Method) -> Estimate {
    let watch = options.watch.unobserved();
    let options = Options { interval: Interval::Wald, watch, ..options.clone() };
    Task::quick(table, &options).run(method)
}

/// Groups of small lists to put together: all of them, and where there are few each two of them. With
/// fewer than two small ones, the two smallest.
fn small_lists(table: &CaptureTable) -> Vec<Vec<String>> {
    let names = table.lists();
    let persons = table.detected() as f64;
    let mut by_size: Vec<(u64, usize)> =
        (0..names.len()).map(|i| (table.list_total(i), i)).filter(|&(total, _)| total > 0).collect();
    by_size.sort_unstable();
    let small = by_size.iter().filter(|&&(total, _)| (total as f64) < SMALL * persons).count();
    by_size.truncate(small.max(2));
    let mut small: Vec<usize> = by_size.into_iter().map(|(_, i)| i).collect();
    small.sort_unstable();
    let named = |which: &[usize]| -> Vec<String> { which.iter().map(|&i| names[i].clone()).collect() };
    let mut pools = Vec::new();
    if small.len() <= PAIRS_OF_SMALL {
        pools.extend(pairs(small.len()).map(|(i, j)| named(&[small[i], small[j]])));
    }
    // One list must be left besides.
    if small.len() > 2 && small.len() < names.len() {
        pools.push(named(&small));
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lists: usize, counts: &[(u32, u64)]) -> CaptureTable {
        let names = (0..lists).map(|i| format!("L{i}")).collect();
        CaptureTable::from_counts(names, counts.iter().copied()).expect("a valid table")
    }

    #[test]
    fn small_lists_are_put_together_two_by_two_and_all_at_once() {
        let sizes = |sizes: &[u64]| -> Vec<(u32, u64)> {
            sizes.iter().enumerate().map(|(i, &n)| (1 << i, n)).collect()
        };
        let pools = |counts: &[u64]| -> Vec<String> {
            small_lists(&table(counts.len(), &sizes(counts))).iter().map(|pool| pool.join("+")).collect()
        };
        assert_eq!(pools(&[900, 20, 800, 30]), ["L1+L3"]);
        assert_eq!(pools(&[900, 20, 800, 30, 10]), ["L1+L3", "L1+L4", "L3+L4", "L1+L3+L4"]);
        assert_eq!(pools(&[900, 700, 800]), ["L1+L2"]);
        assert_eq!(pools(&[9000, 2, 3, 4, 5, 6]), ["L1+L2+L3+L4+L5"]);
        assert_eq!(pools(&[0, 9000, 8000]), ["L1+L2"]);
    }
}
