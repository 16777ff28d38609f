//! Which fields go together: a tree of dependence among patterns (Chow & Liu 1968, *IEEE Transactions on
//! Information Theory* 14).
//!
//! Of all trees the one with the largest sum of mutual information is the likeliest. A field is joined to
//! another only where the likelihood ratio outweighs the penalty of BIC for the further shares.

use crate::model::Given;
use crate::{Model, pattern};

/// Pairs as expected without the other field that are added to those found, so that a few pairs, or none
/// where hardly one was to be expected, decide nothing.
const PSEUDO: f64 = 5.0;

/// Patterns with how many pairs have each, as real numbers.
pub(crate) type Weighted = [(u64, f64)];

/// For each field how its levels depend on those of its parent in the tree; `marginal` are the shares of
/// each field's levels that small numbers are drawn towards. Up to `strange` of the pairs may be of another
/// kind: what so many could bring about is not taken for dependence.
pub(crate) fn tree(
    model: &Model,
    pairs: &Weighted,
    marginal: &[Vec<f64>],
    strange: f64,
) -> Vec<Option<Given>> {
    let fields = model.comparisons.len();
    let mut edges: Vec<(f64, usize, usize)> = Vec::new();
    for a in 0..fields {
        for b in a + 1..fields {
            let table = joint(model, pairs, a, b, strange);
            let gain = gain(&table);
            if gain > 0.0 {
                edges.push((gain, a, b));
            }
        }
    }
    edges.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let mut group: Vec<usize> = (0..fields).collect();
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); fields];
    for (_, a, b) in edges {
        let (from, to) = (group[a], group[b]);
        if from != to {
            group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            near[a].push(b);
            near[b].push(a);
        }
    }
    let mut given: Vec<Option<Given>> = vec![None; fields];
    let mut seen = vec![false; fields];
    for root in 0..fields {
        let mut open = vec![root];
        while let Some(parent) = open.pop() {
            if std::mem::replace(&mut seen[parent], true) && parent == root {
                continue;
            }
            for &child in near[parent].iter().filter(|&&c| !seen[c]) {
                given[child] = Some(shares(model, pairs, parent, child, &marginal[child], strange));
                open.push(child);
            }
        }
    }
    given
}

/// How many pairs have each level of two fields, both there.
fn joint(model: &Model, pairs: &Weighted, a: usize, b: usize, strange: f64) -> Vec<Vec<f64>> {
    let mut table = vec![vec![0.0; model.comparisons[b].levels.len()]; model.comparisons[a].levels.len()];
    for &(found, n) in pairs {
        let (x, y) = (pattern::level(found, a), pattern::level(found, b));
        if x > 0 && y > 0 {
            table[x - 1][y - 1] += n;
        }
    }
    if strange > 0.0 {
        let rows: Vec<f64> = table.iter().map(|r| r.iter().sum()).collect();
        let columns: Vec<f64> = (0..table[0].len()).map(|c| table.iter().map(|r| r[c]).sum()).collect();
        let n: f64 = rows.iter().sum::<f64>().max(1.0);
        for (row, r) in table.iter_mut().zip(&rows) {
            for (cell, c) in row.iter_mut().zip(&columns) {
                let expected = r * c / n;
                if *cell > expected {
                    *cell = (*cell - strange).max(expected);
                }
            }
        }
    }
    table
}

/// By how much two fields fit better together than apart, after the penalty.
fn gain(table: &[Vec<f64>]) -> f64 {
    let rows: Vec<f64> = table.iter().map(|r| r.iter().sum()).collect();
    let columns: Vec<f64> = (0..table[0].len()).map(|c| table.iter().map(|r| r[c]).sum()).collect();
    let n: f64 = rows.iter().sum();
    if n < 1.0 {
        return 0.0;
    }
    let ratio: f64 = table
        .iter()
        .zip(&rows)
        .flat_map(|(row, r)| {
            row.iter()
                .zip(&columns)
                .map(move |(&x, c)| if x > 0.0 { x * (x * n / (r * c)).ln() } else { 0.0 })
        })
        .sum();
    let freedom = (rows.len() - 1) * (columns.len() - 1);
    2.0 * ratio - freedom as f64 * n.ln()
}

fn shares(
    model: &Model,
    pairs: &Weighted,
    parent: usize,
    child: usize,
    marginal: &[f64],
    strange: f64,
) -> Given {
    let shares = joint(model, pairs, parent, child, strange)
        .into_iter()
        .map(|row| {
            let n: f64 = row.iter().sum();
            let tilted: Vec<f64> = row
                .iter()
                .zip(marginal)
                .map(|(found, share)| share * (found + PSEUDO) / (n * share + PSEUDO))
                .collect();
            let total: f64 = tilted.iter().sum();
            tilted.into_iter().map(|share| share / total).collect()
        })
        .collect();
    Given { field: model.comparisons[parent].field.clone(), shares }
}
