//! The page of visibility: the share of each group that was detected.

use std::collections::BTreeMap;

use estimate::{Group, LeastVisible};
use model::{Label, UNKNOWN, Unit, variable_of};

use super::hidden::{method_name, of_total, withheld};
use super::{Block, Cell, Context, Page, compare};
use crate::chart::{Interval, Scale};
use crate::facts::{CubeFacts, Figure};
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::fill;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let mut blocks = Vec::new();
    let mut inputs: Vec<String> = Vec::new();
    if c.release.estimates.is_empty() {
        blocks.push(Block::Text(t.no_estimates.into()));
    }
    for (i, released) in c.release.estimates.iter().enumerate() {
        inputs.extend(released.sources.iter().filter(|s| !inputs.contains(s)).cloned().collect::<Vec<_>>());
        let id = format!("estimate-{}", released.settings.id);
        blocks.push(Block::Heading { id, text: released.settings.title.get(c.language).to_owned() });
        if withheld(c, released) {
            blocks.push(Block::Text(t.estimate_small.into()));
            continue;
        }
        whole(c, i, released, &mut blocks);
        groups(c, i, released, &mut blocks);
        blocks.push(c.origin(&released.sources, ("estimate", t.m_estimate), None));
    }
    Page {
        name: "visibility".into(),
        title: t.visibility.into(),
        lead: t.visibility_lead.into(),
        blocks,
        inputs,
        exit: None,
    }
}

/// Visibility of the whole population, by each method that estimates its size.
fn whole(c: Context<'_>, i: usize, released: &ReleasedEstimate, blocks: &mut Vec<Block>) {
    let t = c.t;
    blocks.push(Block::Minor { id: format!("whole-{i}"), text: t.visibility_whole.into() });
    let detected = released.estimation.detected as f64;
    let share = |total: f64| (detected / total.max(detected)).clamp(0.0, 1.0);
    let rows: Vec<Interval> = released
        .estimation
        .estimates
        .iter()
        .filter_map(|e| {
            Some(Interval {
                label: method_name(t, e.method).to_owned(),
                point: Some(share(of_total(e)?)),
                interval: e.interval.map(|(low, high)| (share(high), share(low))),
                without: t.no_interval.into(),
            })
        })
        .collect();
    if rows.is_empty() {
        blocks.push(Block::Text(t.estimate_none.into()));
        return;
    }
    chart_and_table(c, &format!("whole-{i}"), t.visibility_methods, t.estimate_method, &rows, None, blocks);
}

fn groups(c: Context<'_>, i: usize, released: &ReleasedEstimate, blocks: &mut Vec<Block>) {
    let t = c.t;
    let all = &released.estimation.groups;
    if all.is_empty() {
        blocks.push(Block::Note(t.visibility_none.into()));
        return;
    }
    let shown = shown(c, released);
    let visible: Vec<&Group> = all.iter().zip(&shown).filter(|(_, s)| **s).map(|(g, _)| g).collect();
    let by: Vec<String> = released
        .settings
        .by
        .iter()
        .map(|v| c.release.settings.variable_label(v).get(c.language).to_lowercase())
        .collect();
    let title = format!("{}, {}", t.visibility, by.join(", "));
    blocks.push(Block::Minor { id: format!("groups-{i}"), text: title.clone() });
    let rows: Vec<Interval> = visible
        .iter()
        .map(|g| Interval {
            label: name(c, &g.codes),
            point: g.visibility,
            interval: g.interval,
            without: if g.visibility.is_some() {
                t.no_interval.into()
            } else {
                t.visibility_no_estimate.into()
            },
        })
        .collect();
    if !rows.is_empty() {
        let chances: Vec<Option<f64>> = visible.iter().map(|g| g.probability_least_visible).collect();
        chart_and_table(c, &format!("groups-{i}"), &title, t.visibility_group, &rows, Some(&chances), blocks);
        blocks.extend(least(c, released).map(Block::Text));
    }
    let hidden = all.len() - visible.len();
    if hidden > 0 {
        blocks.push(Block::Note(fill(t.visibility_not_shown, &[("n", &c.count(hidden as u64))])));
    }
    if hidden > 0 || visible.iter().any(|g| g.visibility.is_none()) {
        blocks.push(Block::Note(t.visibility_without.into()));
    }
    compare::section(c, i, released, &shown, blocks);
}

/// Which group is the least visible, or that it cannot be said; nothing where there are no groups.
pub(super) fn least(c: Context<'_>, released: &ReleasedEstimate) -> Option<String> {
    let groups = &released.estimation.groups;
    let visible: Vec<&Group> =
        groups.iter().zip(shown(c, released)).filter(|(_, shown)| *shown).map(|(g, _)| g).collect();
    let untold = || c.t.visibility_untold.to_owned();
    (!groups.is_empty()).then(|| least_visible(c, released, &visible).unwrap_or_else(untold))
}

/// Which group is the least visible, in words that claim no more than the numbers. Nothing is said where
/// it would name a group that may not be shown.
fn least_visible(c: Context<'_>, released: &ReleasedEstimate, visible: &[&Group]) -> Option<String> {
    let t = c.t;
    let (template, groups, probability) = match released.estimation.least_visible.as_ref()? {
        LeastVisible::Clear { group, probability, .. } => {
            (t.visibility_clear, std::slice::from_ref(group), *probability)
        }
        LeastVisible::Leaning { group, probability, .. } => {
            (t.visibility_leaning, std::slice::from_ref(group), *probability)
        }
        LeastVisible::CannotTell { groups, probability, .. } => {
            (t.visibility_cannot_tell, groups.as_slice(), *probability)
        }
    };
    if !groups.iter().all(|codes| visible.iter().any(|group| group.codes == *codes)) {
        return None;
    }
    let names = groups.iter().map(|codes| name(c, codes)).collect::<Vec<_>>().join("; ");
    let probability = if probability > 0.995 {
        t.visibility_nearly_certain.to_owned()
    } else {
        number::percent(probability, c.language)
    };
    Some(fill(template, &[("group", &names), ("groups", &names), ("probability", &probability)]))
}

pub(super) fn chart_and_table(
    c: Context<'_>,
    id: &str,
    title: &str,
    first: &str,
    rows: &[Interval],
    least: Option<&[Option<f64>]>,
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    // Methods keep the order that they have everywhere.
    let chart_id = format!("chart-{id}");
    blocks.push(c.estimates(&chart_id, title, rows, (None, !id.starts_with("groups-")), Scale::Share));
    let percent = |x: f64| number::percent(x, c.language);
    let dash = || c.figure(Figure::Missing);
    let body = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let mut cells = vec![
                Cell::text(row.label.clone()),
                row.point.map_or_else(dash, |x| Cell::number(percent(x))),
                row.interval.map_or_else(dash, |(l, h)| Cell::number(c.range(&percent(l), &percent(h)))),
            ];
            if let Some(least) = least {
                cells.push(least[i].map_or_else(dash, |x| Cell::number(percent(x))));
            }
            cells
        })
        .collect();
    let level = percent(c.release.settings.monitor.level);
    let mut head = vec![
        first.to_owned(),
        t.visibility_share.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
    ];
    if least.is_some() {
        head.push(t.visibility_least.to_owned());
    }
    blocks.push(c.table(title, head, body));
}

/// Which groups may be shown.
///
/// A group's visibility and interval say roughly how many of it were detected, and the groups add
/// up to the detected of the whole. So a group below the threshold is left out; so is one whose
/// count is hidden in the tables that were protected together; and where what is left out could then be found by
/// subtraction, the smallest of the others go too: those left out must be two at least, and
/// their sum leave the small one as wide a range as the tables do.
pub(crate) fn shown(c: Context<'_>, released: &ReleasedEstimate) -> Vec<bool> {
    let groups = &released.estimation.groups;
    let parts: Vec<(&BTreeMap<String, String>, u64)> =
        groups.iter().map(|g| (&g.codes, g.detected)).collect();
    shown_parts(c, released, &parts)
}

/// Which parts of the detected, as codes and counts, may be shown: see [`shown`].
pub(super) fn shown_parts(
    c: Context<'_>,
    released: &ReleasedEstimate,
    parts: &[(&BTreeMap<String, String>, u64)],
) -> Vec<bool> {
    let thresholds: Vec<u64> = parts.iter().map(|(codes, _)| threshold(c, codes)).collect();
    let mut out: Vec<bool> = parts
        .iter()
        .zip(&thresholds)
        .map(|((codes, n), threshold)| n >= threshold && !hidden_in_part(c, released, codes))
        .collect();
    if out.iter().all(|s| *s) {
        return out;
    }
    let mut order: Vec<usize> = (0..parts.len()).filter(|&i| out[i]).collect();
    order.sort_by_key(|&i| parts[i].1);
    for i in order {
        let gone = || (0..parts.len()).filter(|&i| !out[i]);
        let sum = gone().fold(0u64, |sum, i| sum.saturating_add(parts[i].1));
        let most = gone().map(|i| thresholds[i]).max().unwrap_or_default();
        if gone().count() >= 2 && sum >= gone().count() as u64 + most - 1 {
            break;
        }
        out[i] = false;
    }
    out
}

/// The threshold of a group: the highest of the categories that it is in, and of those that these are a part of.
fn threshold(c: Context<'_>, codes: &BTreeMap<String, String>) -> u64 {
    let settings = &c.release.settings.disclosure;
    let dimensions = || c.release.cubes.iter().flat_map(|r| r.cube.dimensions());
    // Whether a code is that of the category, or below it in a table.
    let is_part = |code: &String, strict: &model::Strict| {
        let lineages = dimensions()
            .filter(|d| d.id == strict.dimension)
            .filter_map(|d| Some(d.lineage(d.position(code)?).map(|at| &d.categories[at as usize].code)));
        *code == strict.code || lineages.flatten().any(|above| *above == strict.code)
    };
    let is_in = |strict: &model::Strict| {
        let own = |name: &String| *name == strict.dimension || variable_of(name) == strict.dimension;
        codes.iter().any(|(name, code)| own(name) && is_part(code, strict))
    };
    let strict = settings.strict.iter().filter(|s| is_in(s)).map(|s| s.threshold);
    strict.fold(settings.threshold, u64::max)
}

/// Whether a table hides the count of the group, or one that groups like it would add up to: by sex, say,
/// where groups are by sex and form.
fn hidden_in_part(c: Context<'_>, released: &ReleasedEstimate, codes: &BTreeMap<String, String>) -> bool {
    let part = |set: usize| {
        let held = codes.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1);
        held.map(|(_, (variable, code))| (variable.clone(), code.clone())).collect()
    };
    // Of very many variables, which no table has, at least all of them at once.
    let sets = if codes.len() < 10 { (1..1_usize << codes.len()).collect() } else { vec![usize::MAX] };
    sets.into_iter().any(|set| hidden_in_a_table(c, released, &part(set)))
}

/// Whether the count of the group is hidden: in the tables of the detected, or in another of the one year of the estimate. Over
/// several years persons are counted once, and are not the sum of the years.
pub(super) fn hidden_in_a_table(
    c: Context<'_>,
    released: &ReleasedEstimate,
    codes: &BTreeMap<String, String>,
) -> bool {
    a_table_says(c, released, codes, |figure| figure == Figure::Hidden)
}

/// Whether the count of the group may be published: by the tables of the detected, or by another of the one year of the estimate.
pub(super) fn published_in_a_table(
    c: Context<'_>,
    released: &ReleasedEstimate,
    codes: &BTreeMap<String, String>,
) -> bool {
    a_table_says(c, released, codes, |figure| matches!(figure, Figure::Count(_)))
}

/// Whether in such a table of persons the figure of the group is such.
fn a_table_says(
    c: Context<'_>,
    released: &ReleasedEstimate,
    codes: &BTreeMap<String, String>,
    is_such: impl Fn(Figure) -> bool,
) -> bool {
    let one =
        released.settings.years.filter(|(first, last)| first == last).map(|(first, _)| first.to_string());
    let tables = c.release.cubes.iter().map(|r| &r.cube).filter(|_| one.is_some());
    // The detected are of the years of the estimate, and of no others.
    let detected = released.detected.iter().map(|cube| (cube, true));
    let tables = tables.map(|cube| (cube, false));
    tables.chain(detected).filter(|(cube, _)| cube.unit() == Unit::Persons).any(|(cube, own)| {
        let time = |d: &model::Dimension| {
            if own { Some(0) } else { one.as_ref().and_then(|year| d.position(year)) }
        };
        let mut at = Vec::with_capacity(cube.dimensions().len());
        let mut used = 0;
        for d in cube.dimensions() {
            let code = codes.iter().find(|(name, _)| **name == d.id || variable_of(name) == d.id);
            used += usize::from(code.is_some());
            let place = match code {
                Some((_, code)) => d.position(code),
                None if d.role == model::Role::Time => time(d),
                None => d.total(),
            };
            let Some(place) = place else { return false };
            at.push(place);
        }
        used == codes.len() && is_such(cube.figure(&at))
    })
}

/// Words for a set of groups; of no codes, the whole.
pub(super) fn set_name(c: Context<'_>, codes: &BTreeMap<String, String>) -> String {
    if codes.is_empty() { c.t.total.to_owned() } else { name(c, codes) }
}

/// Words for a group.
pub(crate) fn name(c: Context<'_>, codes: &BTreeMap<String, String>) -> String {
    let words: Vec<String> =
        codes.iter().map(|(variable, code)| label(c, variable, code).get(c.language).to_owned()).collect();
    words.join(", ")
}

/// Words for a code: from a table of the release, from the classification, or the code itself.
fn label(c: Context<'_>, variable: &str, code: &str) -> Label {
    let in_tables = c
        .release
        .cubes
        .iter()
        .flat_map(|r| r.cube.dimensions())
        .filter(|d| d.id == variable || d.id == variable_of(variable))
        .find_map(|d| d.categories.iter().find(|k| k.code == code && !k.label.is_empty()));
    if let Some(category) = in_tables {
        return category.label.clone();
    }
    let registers = c.release.settings.registers();
    if variable_of(variable) == "register"
        && let Some((_, label)) = registers.iter().find(|(register, _)| register == code)
    {
        return label.clone();
    }
    let id = match variable.split_once(':') {
        Some((_, id)) => Some(id.to_owned()),
        None => c.release.settings.classification_id(variable),
    };
    let found = id
        .as_deref()
        .and_then(model::classification)
        .and_then(|k| k.codes().iter().find(|x| x.code == code).map(|x| x.label.clone()));
    match found {
        Some(label) => label,
        None if code == UNKNOWN => Label::new("Unknown", "Onbekend"),
        None => Label::same(code),
    }
}
