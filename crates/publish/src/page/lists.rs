//! What the answer would be without a list, with small lists put together, or without a group.

use estimate::{Change, Method, Sensitivity};

use super::hidden::method_name;
use super::visibility::{name, shown};
use super::{Block, Cell, Context};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::fill;

/// Adds the section of lists to the page of the hidden estimate.
pub(super) fn section(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let changes: Vec<&Sensitivity> =
        released.estimation.sensitivity.iter().filter(|s| s.change != Change::WithoutGroup).collect();
    let Some(method) = drawn(&changes) else { return };
    let title = released.settings.title.get(c.language);
    blocks.push(Block::Minor { id: format!("{id}-without"), text: t.without_head.into() });
    blocks.push(Block::Text(t.without_text.into()));
    let rows: Vec<Interval> = changes
        .iter()
        .filter(|s| s.method == method)
        .map(|s| Interval {
            label: changed(c, s),
            point: s.total,
            interval: s.interval,
            without: if s.total.is_none() { t.refused.into() } else { t.no_interval.into() },
        })
        .collect();
    let whole = released.estimation.estimates.iter().find(|e| e.method == method).and_then(|e| e.total);
    let heading = fill(t.without_chart, &[("method", method_name(t, method))]);
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(rows.len() as u64))]);
    blocks.push(c.chart(&format!("chart-{id}-without"), &heading, &description, Vec::new(), |frame| {
        chart::intervals(frame, &rows, whole.map(|total| (total, t.without_mark)), Scale::Count)
    }));
    let dash = || c.figure(Figure::Missing);
    let body = changes
        .iter()
        .map(|s| {
            vec![
                Cell::text(changed(c, s)),
                Cell::text(method_name(t, s.method)),
                s.total.map_or_else(dash, |total| Cell::number(c.whole(total))),
                s.interval
                    .map_or_else(dash, |(low, high)| Cell::number(c.range(&c.whole(low), &c.whole(high)))),
                s.percent.map_or_else(dash, |p| Cell::number(number::change(1.0 + p / 100.0, c.language))),
            ]
        })
        .collect();
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let head = vec![
        t.without_change.to_owned(),
        t.estimate_method.to_owned(),
        t.estimate_total.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
        t.without_percent.to_owned(),
    ];
    blocks.push(c.table(format!("{title}: {}", t.without_head), head, body));
}

/// Adds the section of groups: the visibility of all others without each group that may be shown. No totals,
/// since with a visibility they would say how many of the group were detected.
pub(super) fn groups(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let estimation = &released.estimation;
    let shown = shown(c, released);
    let may_be_shown = |s: &Sensitivity| {
        estimation.groups.iter().zip(&shown).any(|(group, shown)| *shown && group.codes == s.group)
    };
    let changes: Vec<&Sensitivity> = estimation
        .sensitivity
        .iter()
        .filter(|s| s.change == Change::WithoutGroup && may_be_shown(s))
        .collect();
    let Some(method) = drawn(&changes) else { return };
    blocks.push(Block::Minor { id: format!("{id}-without-group"), text: t.without_group_head.into() });
    blocks.push(Block::Text(t.without_group_text.into()));
    let label = |s: &Sensitivity| fill(t.without_group, &[("group", &name(c, &s.group))]);
    let visibility = |s: &Sensitivity, total: f64| {
        let detected = s.detected as f64;
        (detected / total.max(detected)).clamp(0.0, 1.0)
    };
    let interval = |s: &Sensitivity| s.interval.map(|(low, high)| (visibility(s, high), visibility(s, low)));
    let rows: Vec<Interval> = changes
        .iter()
        .filter(|s| s.method == method)
        .map(|s| Interval {
            label: label(s),
            point: s.total.map(|total| visibility(s, total)),
            interval: interval(s),
            without: if s.total.is_none() { t.refused.into() } else { t.no_interval.into() },
        })
        .collect();
    let whole = estimation.estimates.iter().find(|e| e.method == method).and_then(|e| e.total);
    let mark = whole.map(|total| (estimation.detected as f64 / total, t.without_group_mark));
    let heading = fill(t.without_group_chart, &[("method", method_name(t, method))]);
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(rows.len() as u64))]);
    let chart_id = format!("chart-{id}-without-group");
    blocks.push(c.chart(&chart_id, &heading, &description, Vec::new(), |frame| {
        chart::intervals(frame, &rows, mark, Scale::Share)
    }));
    let dash = || c.figure(Figure::Missing);
    let percent = |x: f64| number::percent(x, c.language);
    let body = changes
        .iter()
        .map(|s| {
            let share = s.total.map(|total| visibility(s, total));
            vec![
                Cell::text(label(s)),
                Cell::text(method_name(t, s.method)),
                share.map_or_else(dash, |x| Cell::number(percent(x))),
                interval(s).map_or_else(dash, |(l, h)| Cell::number(c.range(&percent(l), &percent(h)))),
            ]
        })
        .collect();
    let head = vec![
        t.without_change.to_owned(),
        t.estimate_method.to_owned(),
        t.visibility_share.to_owned(),
        fill(t.estimate_interval, &[("level", &percent(c.release.settings.monitor.level))]),
    ];
    let title = released.settings.title.get(c.language);
    blocks.push(c.table(format!("{title}: {}", t.without_group_head), head, body));
    if shown.iter().any(|shown| !shown) {
        blocks.push(Block::Note(t.without_group_some.into()));
    }
}

/// The method that is drawn: the one chosen by BIC, or else the first.
fn drawn(changes: &[&Sensitivity]) -> Option<Method> {
    let by_bic = changes.iter().find(|s| s.method == Method::Bic);
    by_bic.or(changes.first()).map(|s| s.method)
}

fn changed(c: Context<'_>, s: &Sensitivity) -> String {
    let text = if s.change == Change::Pooled { c.t.without_pooled } else { c.t.without_list };
    fill(text, &[("lists", &s.lists.join(" + "))])
}
