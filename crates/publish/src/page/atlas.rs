//! A map of the regions, in the last period.

use super::regions::{says_wholes, titled};
use super::{Block, Context};
use crate::chart::{self, Region};
use crate::facts::{CubeFacts, Figure, category_label};
use crate::number;
use crate::release::ReleasedCube;
use crate::text::fill;

/// Shades on the map, the lowest included.
const SHADES: usize = 5;

/// The map of the first table that says something of every region as a whole: of rates where there are any, since more people live
/// in one region than in another. `tables` have the place of their regions.
pub(super) fn block(c: Context<'_>, tables: &[(&ReleasedCube, usize)]) -> Option<Vec<Block>> {
    let map = c.release.map.as_ref()?;
    let mut wholes = tables.iter().filter(|(r, d)| says_wholes(&r.cube, *d));
    let rated = wholes.clone().find(|(r, _)| r.rates.is_some());
    let &(released, d) = rated.or_else(|| wholes.next())?;
    let (t, cube) = (c.t, &released.cube);
    let home = cube.home();
    let dimension = &cube.dimensions()[d];
    // One period for all: a region without a figure in it has none on the map.
    let places: Vec<(u32, Vec<u32>)> = (0..dimension.categories.len() as u32)
        .filter(|k| map.shapes.contains_key(&dimension.categories[*k as usize].code))
        .map(|k| {
            let mut key = home.clone();
            key[d] = k;
            (k, key)
        })
        .collect();
    let rates = released.rates.as_ref();
    let value = |key: &Vec<u32>| match (cube.figure(key), rates) {
        (Figure::Count(_), Some(rates)) => rates.cells.get(key).map(|r| r.rate),
        (Figure::Count(n), None) => Some(n as f64),
        _ => None,
    };
    let decimals = usize::from(rates.is_some());
    let least = steps(places.iter().filter_map(|(_, key)| value(key)), decimals);
    let labels: Vec<String> =
        places.iter().map(|(k, _)| category_label(&dimension.categories[*k as usize], c.language)).collect();
    let prefix = common(&labels.iter().map(String::as_str).collect::<Vec<_>>());
    // As it is written, so that what reads the same has one shade.
    let rounded = |x: f64| (x * unit(decimals)).round() / unit(decimals);
    let written = |x: f64| number::decimal(x, decimals, c.language);
    let regions: Vec<Region> = places
        .iter()
        .zip(&labels)
        .map(|((k, key), label)| {
            let category = &dimension.categories[*k as usize];
            let found = value(key);
            let cell =
                c.figure(if rates.is_some() && found.is_none() && cube.figure(key) != Figure::Hidden {
                    Figure::Missing
                } else {
                    cube.figure(key)
                });
            Region {
                code: category.code.clone(),
                short: label.get(prefix..).unwrap_or(label).to_owned(),
                label: label.clone(),
                text: found.map_or_else(
                    || if cell.sign.is_empty() { cell.text.clone() } else { cell.sign.to_owned() },
                    written,
                ),
                said: found.map_or_else(|| cell.text.clone(), written),
                shade: found.map(|x| least.partition_point(|l| *l <= rounded(x))),
            }
        })
        .collect();
    if regions.len() < 2 {
        return None;
    }
    let title = titled(c, cube);
    let title = match rates {
        Some(rates) => fill(t.map_rates, &[("title", &title), ("per", &c.count(rates.per))]),
        None => title,
    };
    let words = |k: usize| match (k.checked_sub(1).map(|i| least[i]), least.get(k)) {
        (Some(from), Some(to)) => fill(t.map_between, &[("from", &written(from)), ("to", &written(*to))]),
        (Some(from), None) => fill(t.heat_from, &[("n", &written(from))]),
        (None, Some(to)) => fill(t.heat_below, &[("n", &written(*to))]),
        (None, None) => t.map_all.to_owned(),
    };
    let legend = (0..=least.len()).map(|k| (chart::shade(k), words(k))).collect();
    let description = fill(t.map_desc, &[("n", &c.count(regions.len() as u64))]);
    let chart = c.chart("map", &title, &description, legend, |frame| chart::atlas(frame, map, &regions));
    let mut out = vec![Block::Text(title), chart];
    let missing: Vec<String> = dimension
        .categories
        .iter()
        .filter(|k| !map.shapes.contains_key(&k.code) && k.code != model::TOTAL && k.code != model::UNKNOWN)
        .map(|k| category_label(k, c.language))
        .collect();
    if !missing.is_empty() {
        out.push(Block::Note(fill(t.map_missing, &[("regions", &missing.join(", "))])));
    }
    Some(out)
}

/// How many of the last decimal are in one.
fn unit(decimals: usize) -> f64 {
    10_f64.powi(i32::try_from(decimals).unwrap_or(0))
}

/// The least value of each shade but the lowest, rising: as many regions in each shade as can be, with `decimals` as they are
/// written, so that no shade divides what reads the same.
fn steps(values: impl Iterator<Item = f64>, decimals: usize) -> Vec<f64> {
    let unit = unit(decimals);
    let mut values: Vec<f64> = values.filter(|x| x.is_finite()).map(|x| (x * unit).round() / unit).collect();
    values.sort_by(f64::total_cmp);
    let mut out: Vec<f64> =
        (1..SHADES).filter_map(|i| values.get(i * values.len() / SHADES).copied()).collect();
    out.dedup();
    out.retain(|x| *x > values[0]);
    out
}

/// What all labels begin with, to the end of a word: it is left out on the map.
fn common(labels: &[&str]) -> usize {
    let Some((first, others)) = labels.split_first() else { return 0 };
    let same = |end: usize| others.iter().all(|l| l.get(..end) == first.get(..end) && l.len() > end);
    first
        .char_indices()
        .filter(|(i, c)| *c == ' ' && same(i + 1))
        .map(|(i, _)| i + 1)
        .next_back()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{common, steps};

    #[test]
    fn shades_have_as_many_regions_each() {
        let values = [5.4, 5.6, 5.7, 6.2, 6.8, 7.1, 7.7, 10.0, 10.9, 21.0];
        assert_eq!(steps(values.into_iter(), 1), [5.7, 6.8, 7.7, 10.9]);
        assert_eq!(steps([3.0, 3.04, 9.0].into_iter(), 1), [9.0]);
        assert_eq!(steps([7.0, 7.0].into_iter(), 0), Vec::<f64>::new());
        assert_eq!(steps(std::iter::empty(), 0), Vec::<f64>::new());
    }

    #[test]
    fn only_whole_words_that_all_have_are_left_out() {
        assert_eq!(common(&["Police unit Oost", "Police unit Noord"]), "Police unit ".len());
        assert_eq!(common(&["Oost-Brabant", "Oost-Nederland"]), 0);
        assert_eq!(common(&["Unit A", "Unit A b"]), "Unit ".len());
        assert_eq!(common(&["Één x", "Één y"]), "Één ".len());
        assert_eq!(common(&[]), 0);
    }
}
