//! What the figures along a dimension say, in a sentence.
//!
//! It is made of published counts alone, and holds whatever the hidden ones are: a share is that of a
//! published part of a published total, and the largest is named only where no other is hidden.

use disclosure::ProtectedCube;

use super::Context;
use crate::facts::{CubeFacts, Figure, category_label, top_level};
use crate::number;
use crate::text::fill;

/// Least share that is called most: it must not be written as half.
const MOST: f64 = 0.505;

/// The part of dimension `d` that most are in, or else the largest one, in the latest period; the other
/// coordinates are those of `key`. None where the figures do not bear a sentence.
pub(super) fn along(c: Context<'_>, cube: &ProtectedCube, d: usize, key: &[u32]) -> Option<String> {
    let mut key = key.to_vec();
    key[d] = cube.dimensions()[d].total()?;
    at(c, cube, d, &cube.at_latest(&key))
}

/// The same in the period of `key`, which is at the total of `d`.
pub(super) fn at(c: Context<'_>, cube: &ProtectedCube, d: usize, key: &[u32]) -> Option<String> {
    let t = c.t;
    let dimension = &cube.dimensions()[d];
    let total = cube.figure(key).count().filter(|n| *n > 0)?;
    let parts = top_level(dimension).into_iter().map(|category| {
        let mut part = key.to_vec();
        part[d] = category;
        (category, cube.figure(&part))
    });
    let parts: Vec<(u32, Figure)> = parts.filter(|(_, f)| !matches!(f, Figure::Missing)).collect();
    let mut counts: Vec<(u32, u64)> =
        parts.iter().filter_map(|(category, f)| Some((*category, f.count()?))).collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let &(largest, n) = counts.first().filter(|_| parts.len() > 1)?;
    let category = category_label(&dimension.categories[largest as usize], c.language);
    let period = cube
        .time()
        .map(|time| category_label(&cube.dimensions()[time].categories[key[time] as usize], c.language));
    if let Some(said) = most(c, &category, (n, total), period.as_deref()) {
        return Some(said);
    }
    let largest = counts.len() == parts.len() && counts.get(1).is_none_or(|(_, next)| *next < n);
    let value = ("count", c.count(n));
    largest.then(|| said((t.finding_largest, t.finding_largest_notime), &category, value, period.as_deref()))
}

/// That most are in a category, where `n` of `total` are; none where they are not most.
pub(super) fn most(
    c: Context<'_>,
    category: &str,
    (n, total): (u64, u64),
    period: Option<&str>,
) -> Option<String> {
    let is_most = n > 0 && n <= total && n as f64 >= MOST * total as f64;
    let words = (c.t.finding_most, c.t.finding_most_notime);
    let share = || ("share", number::percent(n as f64 / total as f64, c.language));
    is_most.then(|| said(words, category, share(), period))
}

/// The words with a period and without, filled.
fn said(
    (with, without): (&str, &str),
    category: &str,
    (name, value): (&str, String),
    period: Option<&str>,
) -> String {
    let values = [("category", category), (name, value.as_str())];
    match period {
        Some(period) => fill(with, &[values[0], values[1], ("period", period)]),
        None => fill(without, &values),
    }
}
