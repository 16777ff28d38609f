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
    let (with, without, name, value) = if n as f64 >= MOST * total as f64 && n <= total {
        let share = number::percent(n as f64 / total as f64, c.language);
        (t.finding_most, t.finding_most_notime, "share", share)
    } else if counts.len() == parts.len() && counts.get(1).is_none_or(|(_, next)| *next < n) {
        (t.finding_largest, t.finding_largest_notime, "count", c.count(n))
    } else {
        return None;
    };
    let values = [("category", category.as_str()), (name, value.as_str())];
    Some(match period {
        Some(period) => fill(with, &[values[0], values[1], ("period", &period)]),
        None => fill(without, &values),
    })
}
