//! What an estimate says when it uses what is known of persons.

use std::collections::BTreeMap;

use estimate::covariates::{ClassEstimate, CovariateEstimation};
use model::UNKNOWN;

use super::visibility::{name, shown, shown_parts};
use super::{Block, Cell, Context};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::fill;

/// Adds the section to the page of the hidden estimate.
///
/// Why a pair of lists has no answer is not said as the method says it, with the number of persons on
/// both: that is a count of few persons.
pub(super) fn section(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let Some(found) = &released.covariates else { return };
    let t = c.t;
    blocks.push(Block::Minor { id: format!("{id}-covariates"), text: t.covariates_head.into() });
    let label = |name: &String| c.release.settings.variable_label(name).get(c.language).to_lowercase();
    let variables: Vec<String> = found.columns.iter().map(label).collect();
    blocks.push(Block::Text(fill(t.covariates_text, &[("variables", &variables.join(", "))])));
    let model = &found.loglinear;
    let interval = |name: String, total: Option<f64>, interval: Option<(f64, f64)>| Interval {
        label: name,
        point: total,
        interval,
        without: if total.is_none() { t.refused.into() } else { t.no_interval.into() },
    };
    let mut rows = vec![interval(t.covariates_model.into(), model.total, model.interval)];
    let mut models = vec![Cell::text(model.model.clone())];
    for pair in &found.doubly_robust {
        let [a, b] = &pair.lists;
        rows.push(interval(fill(t.covariates_pair, &[("a", a), ("b", b)]), pair.total, pair.interval));
        models.push(Cell::text(t.covariates_robust));
    }
    let title = released.settings.title.get(c.language);
    let heading = format!("{title}: {}", t.covariates_head);
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(rows.len() as u64))]);
    let mark = Some((released.estimation.detected as f64, t.estimate_detected));
    blocks.push(c.chart(&format!("chart-{id}-covariates"), &heading, &description, Vec::new(), |frame| {
        chart::intervals(frame, &rows, mark, Scale::Count)
    }));
    let dash = || c.figure(Figure::Missing);
    let body = rows
        .iter()
        .zip(models)
        .map(|(row, model)| {
            let range = |(low, high)| Cell::number(c.range(&c.whole(low), &c.whole(high)));
            vec![
                Cell::text(row.label.clone()),
                row.point.map_or_else(dash, |total| Cell::number(c.whole(total))),
                row.interval.map_or_else(dash, range),
                if row.point.is_some() { model } else { Cell::text(t.refused) },
            ]
        })
        .collect();
    let level = number::percent(model.level, c.language);
    let head = vec![
        t.estimate_method.to_owned(),
        t.estimate_total.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
        t.estimate_model.to_owned(),
    ];
    blocks.push(c.table(heading, head, body));
    if rows.iter().any(|row| row.point.is_none()) {
        blocks.push(Block::Note(t.covariates_refused.into()));
    }
    visibility(c, released, found, id, blocks);
}

/// The visibility of the persons with each value of each covariate.
fn visibility(
    c: Context<'_>,
    released: &ReleasedEstimate,
    found: &CovariateEstimation,
    id: &str,
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let mut left_out = false;
    for (i, variable) in found.columns.iter().enumerate() {
        let (groups, all) = published(c, released, found, variable);
        left_out |= !all;
        let rows: Vec<Interval> = groups
            .iter()
            .map(|group| {
                let share = |total: f64| (group.detected / total.max(group.detected)).clamp(0.0, 1.0);
                Interval {
                    label: name(c, &group.codes),
                    point: group.visibility,
                    interval: group.interval.map(|(low, high)| (share(high), share(low))),
                    without: t.no_interval.into(),
                }
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        let variable = c.release.settings.variable_label(variable).get(c.language).to_lowercase();
        let title = fill(t.covariates_visibility, &[("variable", &variable)]);
        let chart_id = format!("{id}-covariate-{i}");
        super::visibility::chart_and_table(c, &chart_id, &title, t.visibility_group, &rows, None, blocks);
    }
    if left_out {
        blocks.push(Block::Note(t.covariates_not_shown.into()));
    }
}

/// The groups by a covariate that may be shown, and whether these are all.
///
/// They are parts of the detected, as the groups of `by` are, with those of whom it is not known as one more.
/// None is shown beside a group of `by` that is not: less the groups that are shown, a sum over several
/// would say how many of that one there are.
fn published<'a>(
    c: Context<'_>,
    released: &ReleasedEstimate,
    found: &'a CovariateEstimation,
    variable: &str,
) -> (Vec<&'a ClassEstimate>, bool) {
    let groups: Vec<&ClassEstimate> =
        found.loglinear.groups.iter().filter(|group| group.codes.contains_key(variable)).collect();
    if shown(c, released).iter().any(|shown| !shown) {
        return (Vec::new(), groups.is_empty());
    }
    let unknown = BTreeMap::from([(variable.to_owned(), UNKNOWN.to_owned())]);
    let mut parts: Vec<(&BTreeMap<String, String>, u64)> =
        groups.iter().map(|group| (&group.codes, group.detected_known.round() as u64)).collect();
    let known: u64 = parts.iter().map(|(_, n)| n).sum();
    let rest = found.detected.saturating_sub(known);
    if rest > 0 {
        parts.push((&unknown, rest));
    }
    let may_be_shown = shown_parts(c, released, &parts);
    let all = may_be_shown.iter().all(|shown| *shown);
    let groups = groups.into_iter().zip(may_be_shown).filter(|(_, shown)| *shown).map(|(group, _)| group);
    (groups.collect(), all)
}
