//! What is drawn of two dimensions at once: the ages of women and men, and flows in and out.

use model::{Dimension, Unit};

use super::crossing::Crossing;
use super::{Block, Context};
use crate::chart::{self, Age, Side};
use crate::facts::{Figure, dimension_label, top_level};
use crate::text::fill;

/// Bands on one side that have a name of their own.
const BANDS: usize = 8;

/// The figure of a crossing by the categories of its dimensions `a` and `b`, in whichever order it has them.
fn figure(crossing: &Crossing<'_>, a: (usize, u32), b: (usize, u32)) -> Figure {
    let (row, column) = if a.0 == crossing.down { (a.1, b.1) } else { (b.1, a.1) };
    crossing.figure(row, column)
}

/// The two dimensions, the first of which is such as `is` says.
fn ordered(crossing: &Crossing<'_>, is: impl Fn(&Dimension) -> bool) -> Option<(usize, usize)> {
    let pairs = [(crossing.down, crossing.across), (crossing.across, crossing.down)];
    pairs.into_iter().find(|(first, _)| is(&crossing.cube.dimensions()[*first]))
}

/// Women and men by age, where a table of persons has both; other sexes stand beside it as figures.
pub(super) fn pyramid(c: Context<'_>, crossing: &Crossing<'_>, title: &str) -> Option<Block> {
    let (t, cube) = (c.t, crossing.cube);
    let (sex, age) = ordered(crossing, |d| matches!(model::variable_of(&d.id), "sex" | "gender"))?;
    let (by_sex, by_age) = (&cube.dimensions()[sex], &cube.dimensions()[age]);
    if cube.unit() != Unit::Persons || model::variable_of(&by_age.id) != "age" {
        return None;
    }
    let sides = [by_sex.position("F")?, by_sex.position("M")?];
    let of = |sex_code: u32, age_code: u32| figure(crossing, (sex, sex_code), (age, age_code));
    let drawn = |a: u32| sides.iter().any(|&s| of(s, a) != Figure::Missing);
    // An age of which only another sex has a figure is a row too: nobody is left out.
    let sexes = top_level(by_sex);
    let (known, unknown): (Vec<u32>, Vec<u32>) = top_level(by_age)
        .into_iter()
        .filter(|&a| sexes.iter().any(|&s| of(s, a) != Figure::Missing))
        .partition(|&a| Some(a) != by_age.position(model::UNKNOWN));
    if known.iter().filter(|&&a| drawn(a)).count() < 2 {
        return None;
    }
    let rows: Vec<u32> = known.into_iter().rev().chain(unknown).collect();
    let beside: Vec<u32> = sexes
        .into_iter()
        .filter(|s| !sides.contains(s) && rows.iter().any(|&a| of(*s, a) != Figure::Missing))
        .collect();
    let ages: Vec<Age> = rows
        .iter()
        .map(|&a| Age {
            label: crossing.label(c, age, a),
            sides: sides.map(|s| of(s, a)),
            others: beside.iter().map(|&s| of(s, a)).collect(),
        })
        .collect();
    let [left, right] = sides.map(|s| crossing.label(c, sex, s));
    let others: Vec<String> = beside.iter().map(|&s| crossing.label(c, sex, s)).collect();
    let n = c.count(ages.len() as u64);
    let values = [("left", left.as_str()), ("right", right.as_str()), ("n", n.as_str())];
    let description = fill(t.chart_desc_pyramid, &values);
    let said = crossing.said(c, sex, &crossing.home);
    let id = format!("pyramid-{age}-{sex}");
    Some(c.chart_said(&id, (title, said), &description, Vec::new(), |frame| {
        chart::pyramid(frame, [&left, &right], &others, &ages)
    }))
}

/// Which way the categories of a dimension go: in and out.
fn directions(dimension: &Dimension) -> Option<[u32; 2]> {
    let at = |codes: [&str; 2]| codes.iter().find_map(|code| dimension.position(code));
    let found = [at(["IN", "INCOMING"])?, at(["OUT", "OUTGOING"])?];
    (dimension.categories.iter().filter(|k| k.code != model::TOTAL).count() == 2).then_some(found)
}

/// Flows in and out by the other side, where a table has the direction as a dimension; below it the names
/// of those that are hidden.
pub(super) fn flows(c: Context<'_>, crossing: &Crossing<'_>, title: &str) -> Vec<Block> {
    let (t, cube) = (c.t, crossing.cube);
    let Some((direction, partner)) = ordered(crossing, |d| directions(d).is_some()) else {
        return Vec::new();
    };
    let Some(ways) = directions(&cube.dimensions()[direction]) else { return Vec::new() };
    let mut notes = Vec::new();
    let mut said = Vec::new();
    let sides = ways.map(|way| {
        let words = crossing.label(c, direction, way);
        let all = top_level(&cube.dimensions()[partner]).into_iter();
        let all =
            all.map(|p| (crossing.label(c, partner, p), figure(crossing, (direction, way), (partner, p))));
        let all: Vec<(String, Figure)> = all.collect();
        let hidden: Vec<&str> =
            all.iter().filter(|(_, f)| *f == Figure::Hidden).map(|(name, _)| name.as_str()).collect();
        let mut flows: Vec<(String, u64)> =
            all.iter().filter_map(|(name, f)| Some((name.clone(), f.count().filter(|n| *n > 0)?))).collect();
        flows.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        // One alone is no group: it keeps its name.
        let rest = if flows.len() > BANDS + 1 { flows.split_off(BANDS) } else { Vec::new() };
        if !hidden.is_empty() {
            let names = hidden.join(", ");
            notes.push(fill(t.flows_hidden, &[("direction", &words), ("names", &names)]));
        }
        let mut key = crossing.home.clone();
        key[direction] = way;
        if let Some(found) = crossing.said(c, partner, &key) {
            said.push(fill(t.flows_said, &[("direction", &words), ("finding", &found)]));
        }
        let number = |n: usize| c.count(n as u64);
        Side {
            title: words,
            rest: (!rest.is_empty()).then(|| {
                let sum = rest.iter().fold(0, |sum: u64, (_, n)| sum.saturating_add(*n));
                (fill(t.flows_rest, &[("n", &number(rest.len()))]), sum)
            }),
            hidden: (!hidden.is_empty()).then(|| fill(t.flows_some_hidden, &[("n", &number(hidden.len()))])),
            flows,
        }
    });
    if sides.iter().map(|s| s.flows.len()).sum::<usize>() < 3 {
        return Vec::new();
    }
    let name = dimension_label(&cube.dimensions()[partner], c.language).to_lowercase();
    let [from, to] = &sides;
    let description =
        fill(t.chart_desc_flows, &[("from", &from.title), ("to", &to.title), ("partner", &name)]);
    let said = (!said.is_empty()).then(|| said.join(" "));
    let id = format!("flows-{direction}-{partner}");
    let chart =
        c.chart_said(&id, (title, said), &description, Vec::new(), |frame| chart::flows(frame, from, to));
    std::iter::once(chart).chain(notes.into_iter().map(Block::Note)).collect()
}
