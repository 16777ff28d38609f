//! How the groups of an estimate compare: the probability of each rank, contrasts of two, and totals that
//! add up.
//!
//! Every figure here is made of groups that are shown alone, so that none says more of the others than
//! the groups shown do; see [`shown`](super::visibility::shown).

use std::collections::BTreeMap;

use estimate::{Contrast, Group, Margin};

use super::visibility::{published_in_a_table, set_name};
use super::{Block, Cell, Context};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::fill;

/// Of more groups not every two are on the page, but each against the one most likely to be seen least.
const ALL_PAIRS_UP_TO: usize = 6;
/// Of more groups only the first ranks are on the page.
const RANKS: usize = 8;

type Codes = BTreeMap<String, String>;

/// What of the comparison may be published.
pub(crate) struct Comparison<'a> {
    /// The groups that are ranked; empty when one of those is not shown, since a rank is one among all.
    pub(crate) ranked: Vec<&'a Group>,
    /// Contrasts of two groups that are shown.
    pub(crate) contrasts: Vec<&'a Contrast>,
    /// The whole, and sums over groups all of which are shown.
    pub(crate) margins: Vec<&'a Margin>,
}

impl<'a> Comparison<'a> {
    /// `shown` says of each group whether it may be shown.
    pub(crate) fn new(released: &'a ReleasedEstimate, shown: &[bool]) -> Self {
        let found = &released.estimation;
        let groups = || found.groups.iter().zip(shown);
        let is_shown = |codes: &Codes| groups().any(|(group, shown)| *shown && group.codes == *codes);
        let ranked = || groups().filter(|(group, _)| !group.rank_probabilities.is_empty());
        let all = ranked().all(|(_, shown)| *shown);
        let whole = |margin: &Margin| {
            let within = |group: &Group| margin.codes.iter().all(|(v, c)| group.codes.get(v) == Some(c));
            margin.codes.is_empty() || groups().all(|(group, shown)| *shown || !within(group))
        };
        Self {
            ranked: if all { ranked().map(|(group, _)| group).collect() } else { Vec::new() },
            contrasts: found
                .contrasts
                .iter()
                .filter(|pair| is_shown(&pair.codes) && is_shown(&pair.against))
                .collect(),
            margins: found.margins.iter().filter(|margin| whole(margin)).collect(),
        }
    }
}

/// Adds the sections to the page of visibility; `i` tells estimates apart.
pub(super) fn section(
    c: Context<'_>,
    i: usize,
    released: &ReleasedEstimate,
    shown: &[bool],
    blocks: &mut Vec<Block>,
) {
    let comparison = Comparison::new(released, shown);
    ranks(c, i, &comparison.ranked, blocks);
    contrasts(c, i, released, &comparison.contrasts, blocks);
    margins(c, i, released, &comparison.margins, shown, blocks);
}

/// A probability from draws: none is quite 0 or 1, and whole percents are all that they know.
pub(super) fn chance(c: Context<'_>, p: f64) -> String {
    match p {
        p if p < 0.005 => c.t.chance_hardly.to_owned(),
        p if p > 0.995 => c.t.visibility_nearly_certain.to_owned(),
        p => format!("{}%", number::decimal(100.0 * p, 0, c.language)),
    }
}

fn ranks(c: Context<'_>, i: usize, ranked: &[&Group], blocks: &mut Vec<Block>) {
    let t = c.t;
    // Of two groups the probability of being seen least says it all.
    if ranked.len() < 3 {
        return;
    }
    blocks.push(Block::Minor { id: format!("ranks-{i}"), text: t.ranks_head.into() });
    blocks.push(Block::Text(t.ranks_text.into()));
    let columns = ranked.len().min(RANKS);
    let mut order: Vec<&&Group> = ranked.iter().collect();
    order.sort_by(|a, b| mean_rank(a).total_cmp(&mean_rank(b)));
    let rows = order
        .into_iter()
        .map(|group| {
            let mut row = vec![Cell::text(set_name(c, &group.codes))];
            row.extend(group.rank_probabilities[..columns].iter().map(|p| Cell::number(chance(c, *p))));
            row.push(Cell::number(number::decimal(mean_rank(group), 1, c.language)));
            row
        })
        .collect();
    let mut head = vec![t.visibility_group.to_owned()];
    head.extend((1..=columns).map(|rank| fill(t.ranks_rank, &[("n", &c.count(rank as u64))])));
    head.push(t.ranks_mean.to_owned());
    blocks.push(c.table(t.ranks_head, head, rows));
    if ranked.len() > columns {
        let (n, all) = (c.count(columns as u64), c.count(ranked.len() as u64));
        blocks.push(Block::Note(fill(t.ranks_some, &[("n", &n), ("all", &all)])));
    }
}

/// The mean over the draws of the place of a group, 1 for the least visible.
fn mean_rank(group: &Group) -> f64 {
    group.rank_probabilities.iter().zip(1..).map(|(p, rank)| p * f64::from(rank)).sum()
}

fn contrasts(
    c: Context<'_>,
    i: usize,
    released: &ReleasedEstimate,
    pairs: &[&Contrast],
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let compared: Vec<&Group> = released
        .estimation
        .groups
        .iter()
        .filter(|group| pairs.iter().any(|pair| pair.codes == group.codes || pair.against == group.codes))
        .collect();
    let first = |group: &Group| group.probability_least_visible.unwrap_or_default();
    let Some(least) = compared.iter().max_by(|a, b| first(a).total_cmp(&first(b))) else { return };
    let all = compared.len() <= ALL_PAIRS_UP_TO;
    let on_page: Vec<&&Contrast> =
        pairs.iter().filter(|pair| all || pair.codes == least.codes || pair.against == least.codes).collect();
    blocks.push(Block::Minor { id: format!("contrasts-{i}"), text: t.contrasts_head.into() });
    blocks.push(Block::Text(t.contrasts_text.into()));
    let names = |pair: &Contrast| {
        let values = [("one", set_name(c, &pair.codes)), ("other", set_name(c, &pair.against))];
        fill(t.contrasts_pair, &values.each_ref().map(|(key, value)| (*key, value.as_str())))
    };
    let rows: Vec<Interval> = on_page
        .iter()
        .map(|pair| Interval {
            label: names(pair),
            point: Some(pair.ratio),
            interval: pair.interval,
            without: t.no_interval.into(),
        })
        .collect();
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(rows.len() as u64))]);
    let mark = Some((1.0, t.contrasts_mark));
    blocks.push(c.chart(
        &format!("chart-contrasts-{i}"),
        t.contrasts_head,
        &description,
        Vec::new(),
        |frame| chart::intervals(frame, &rows, mark, Scale::Ratio),
    ));
    let dash = || c.figure(Figure::Missing);
    let body = on_page
        .iter()
        .map(|pair| {
            let digits = digits(pair);
            let write = |x: f64| number::decimal(x, digits, c.language);
            vec![
                Cell::text(names(pair)),
                Cell::number(write(pair.ratio)),
                pair.interval.map_or_else(dash, |(l, h)| Cell::number(c.range(&write(l), &write(h)))),
                Cell::number(chance(c, pair.probability_lower)),
            ]
        })
        .collect();
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let head = vec![
        t.contrasts_groups.to_owned(),
        t.contrasts_ratio.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
        t.contrasts_lower.to_owned(),
    ];
    blocks.push(c.table(t.contrasts_head, head, body));
    if !all {
        blocks.push(Block::Note(fill(t.contrasts_some, &[("group", &set_name(c, &least.codes))])));
    }
}

/// Decimals that a ratio deserves, and as many as show on which side of 1 a limit is.
fn digits(pair: &Contrast) -> usize {
    let Some((low, high)) = pair.interval else { return 1 };
    let deserved = number::decimals_for((low, high)).max(1);
    let reads_as_one =
        |x: f64, digits: usize| x.total_cmp(&1.0).is_ne() && format!("{x:.digits$}").parse() == Ok(1.0);
    (deserved..3).find(|&digits| ![low, high].iter().any(|x| reads_as_one(*x, digits))).unwrap_or(3)
}

/// Totals of the groups, of each code and of the whole, of a joint fit. A total and a visibility together
/// say how many were detected, so a total stands here only where a table of this release has that number,
/// as the page of the hidden has that of the whole.
fn margins(
    c: Context<'_>,
    i: usize,
    released: &ReleasedEstimate,
    margins: &[&Margin],
    shown: &[bool],
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    if margins.is_empty() {
        return;
    }
    blocks.push(Block::Minor { id: format!("margins-{i}"), text: t.margins_head.into() });
    blocks.push(Block::Text(t.margins_text.into()));
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let dash = || c.figure(Figure::Missing);
    let percent = |x: f64| number::percent(x, c.language);
    let row =
        |name: String, total: Option<f64>, limits: (f64, f64), detected: u64, share: (f64, (f64, f64))| {
            let write = |x| number::about(x, limits, c.language, detected as f64);
            let (share, (low, high)) = share;
            vec![
                Cell::text(name),
                total.map_or_else(dash, |x| Cell::number(write(x))),
                total.map_or_else(dash, |_| Cell::number(c.range(&write(limits.0), &write(limits.1)))),
                Cell::number(percent(share)),
                Cell::number(c.range(&percent(low), &percent(high))),
            ]
        };
    let of_groups = released.estimation.groups.iter().zip(shown).filter(|(_, shown)| **shown);
    let mut rows: Vec<Vec<Cell>> = of_groups
        .filter_map(|(group, _)| {
            let total = group.estimate.total.filter(|_| published_in_a_table(c, released, &group.codes));
            let share = group.visibility.zip(group.interval)?;
            Some(row(set_name(c, &group.codes), total, group.estimate.interval?, group.detected, share))
        })
        .collect();
    // Where there is one variable its codes are the groups themselves. The whole stands last, as the
    // sum of what is above it.
    let several = released.settings.by.len() > 1;
    let (whole, parts): (Vec<&Margin>, Vec<&Margin>) = margins.iter().partition(|m| m.codes.is_empty());
    for margin in parts.into_iter().filter(|_| several).chain(whole) {
        let known = margin.codes.is_empty() || published_in_a_table(c, released, &margin.codes);
        let total = Some(margin.total).filter(|_| known);
        let share = (margin.visibility, margin.interval);
        rows.push(row(set_name(c, &margin.codes), total, margin.total_interval, margin.detected, share));
    }
    let head = vec![
        t.visibility_group.to_owned(),
        t.estimate_total.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
        t.visibility_share.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
    ];
    blocks.push(c.table(t.margins_head, head, rows));
    blocks.push(Block::Note(t.margins_note.into()));
}
