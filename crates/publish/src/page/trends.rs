//! The page of trends, breaks, and reporting behaviour.

use disclosure::ProtectedCube;
use model::trend::{Direction, Trend};
use model::{Dimension, Key, Role, TrendSettings, Unit};

use super::{Block, Cell, Context, Link, Page, cube};
use crate::chart::{Line, Lines};
use crate::facts::{CubeFacts, Figure};
use crate::number;
use crate::release::ReleasedCube;
use crate::text::fill;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let mut blocks = Vec::new();
    let trends = &c.release.trends;
    if trends.is_empty() {
        blocks.push(Block::Text(t.no_trends.into()));
    } else if trends.len() > 2 {
        let rows = trends
            .iter()
            .map(|trend| {
                let to = format!("#trend-{}", trend.id);
                let last = trend.points.iter().rev().find_map(|p| Some((p, p.count?)));
                let breaks: Vec<&str> = trend.breaks.iter().map(|b| b.period.as_str()).collect();
                vec![
                    Cell::links(vec![Link::new(to, trend.title.get(c.language))]),
                    Cell::text(t.unit(trend.unit)),
                    last.map(|(p, n)| Cell::number(format!("{} ({})", c.count(n), p.period)))
                        .unwrap_or_default(),
                    Cell::text(if breaks.is_empty() { "–".to_owned() } else { breaks.join(", ") }),
                ]
            })
            .collect();
        let head = [t.series, t.table_unit, t.table_latest, t.breaks_head].map(String::from).to_vec();
        blocks.push(c.table(t.other_series, head, rows));
    }
    for (i, trend) in trends.iter().enumerate() {
        one(c, i, trend, &mut blocks);
    }
    reporting(c, &mut blocks);
    Page {
        name: "trends".into(),
        title: t.trends.into(),
        lead: t.trends_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

/// The chart of a trend.
pub(super) fn drawing(c: Context<'_>, trend: &Trend) -> Lines {
    Lines {
        periods: trend.points.iter().map(|p| p.period.clone()).collect(),
        lines: vec![Line { label: trend.title.get(c.language).to_owned(), figures: figures(c, trend) }],
        intervals: trend.points.iter().map(|p| p.interval).collect(),
        fitted: trend.points.iter().map(|p| p.fitted).collect(),
        breaks: trend
            .breaks
            .iter()
            .filter_map(|b| trend.points.iter().position(|p| p.period == b.period))
            .collect(),
        apart: false,
    }
}

/// The cube of a trend: the one whose identifier its own begins with.
pub(super) fn table<'a>(c: Context<'a>, trend: &Trend) -> Option<&'a ReleasedCube> {
    let is_of =
        |id: &str| trend.id.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    c.release.cubes.iter().filter(|r| is_of(r.cube.id())).max_by_key(|r| r.cube.id().len())
}

/// Sources of a trend: those of its cube, or all where that is not known.
pub(super) fn inputs(c: Context<'_>, trend: &Trend) -> Vec<String> {
    table(c, trend).map_or_else(|| c.source_ids(), |r| r.inputs.clone())
}

/// The figures of a trend. A trend does not say whether a figure is hidden or was never there;
/// the cube it is from does.
pub(super) fn figures(c: Context<'_>, trend: &Trend) -> Vec<Figure> {
    let plain: Vec<Figure> =
        trend.points.iter().map(|p| p.count.map_or(Figure::Missing, Figure::Count)).collect();
    if !plain.contains(&Figure::Missing) {
        return plain;
    }
    let candidates = c
        .release
        .settings
        .trend
        .iter()
        .filter_map(|asked| Some((asked, c.release.cubes.iter().find(|r| r.cube.id() == asked.cube)?)))
        .flat_map(|(asked, released)| {
            keys(asked, &released.cube).into_iter().map(move |key| (&released.cube, key))
        });
    for (cube, key) in candidates {
        let Some(time) = cube.time() else { continue };
        let along = cube.along(time, &key);
        let found: Vec<Figure> = trend
            .points
            .iter()
            .map(|p| {
                cube.dimensions()[time].position(&p.period).map_or(Figure::Missing, |i| along[i as usize])
            })
            .collect();
        let same = found.iter().zip(&plain).all(|(a, b)| a.count() == b.count());
        // The counts of a series tell it from every other; one without counts is not drawn.
        if same && plain.iter().any(|f| f.count().is_some()) {
            return found;
        }
    }
    plain
}

/// The coordinates of each series that was asked for, at any period.
fn keys(asked: &TrendSettings, cube: &ProtectedCube) -> Vec<Key> {
    let named = |d: &Dimension, id: &str| d.id == id || model::variable_of(&d.id) == id;
    let mut keys: Vec<Key> = vec![Vec::new()];
    for d in cube.dimensions() {
        let at = asked.at.iter().find(|(id, _)| named(d, id)).and_then(|(_, code)| d.position(code));
        let places: Vec<u32> = if asked.each.as_deref().is_some_and(|id| named(d, id)) {
            (0..d.categories.len() as u32).collect()
        } else {
            vec![at.or(d.total()).unwrap_or(0)]
        };
        keys = keys
            .into_iter()
            .flat_map(|key| {
                places.iter().map(move |&p| {
                    let mut key = key.clone();
                    key.push(p);
                    key
                })
            })
            .collect();
    }
    keys
}

fn one(c: Context<'_>, i: usize, trend: &Trend, blocks: &mut Vec<Block>) {
    let t = c.t;
    let title = trend.title.get(c.language);
    blocks.push(Block::Heading { id: format!("trend-{}", trend.id), text: title.to_owned() });
    if trend.points.iter().all(|p| p.count.is_none()) {
        blocks.push(Block::Text(t.no_figures.into()));
        return;
    }
    let level = number::percent(trend.level, c.language);
    let description = fill(t.trend_desc, &[("level", &level)]);
    let id = format!("chart-{i}");
    blocks.push(c.series(&id, (title, None), &description, Vec::new(), &drawing(c, trend), false));
    blocks.push(Block::Note(description.clone()));
    breaks(c, trend, blocks);
    blocks.push(points(c, trend, title, &level));
    blocks.push(c.origin(&inputs(c, trend), ("trend", t.m_trend), table(c, trend).map(|r| r.cube.id())));
}

fn points(c: Context<'_>, trend: &Trend, title: &str, level: &str) -> Block {
    let t = c.t;
    let rows = trend
        .points
        .iter()
        .zip(figures(c, trend))
        .map(|(p, figure)| {
            let mut row = vec![
                Cell::text(p.period.clone()),
                c.figure(figure),
                p.interval.map(|(l, h)| Cell::number(c.range(&c.whole(l), &c.whole(h)))).unwrap_or_default(),
            ];
            if let Some(change) = p.change {
                let of = |ratio: f64| number::change(ratio, c.language);
                let said = match change.direction() {
                    Direction::Rose => t.rose,
                    Direction::Fell => t.fell,
                    Direction::CannotTell => t.cannot_tell,
                };
                row.push(Cell::number(of(change.ratio)));
                row.push(Cell::number(c.range(&of(change.interval.0), &of(change.interval.1))));
                row.push(Cell::text(said));
            } else {
                row.extend([Cell::default(), Cell::default(), Cell::default()]);
            }
            row
        })
        .collect();
    let head = vec![
        t.period.to_owned(),
        t.trend_count.to_owned(),
        fill(t.estimate_interval, &[("level", level)]),
        t.trend_change.to_owned(),
        t.trend_change_interval.to_owned(),
        t.trend_says.to_owned(),
    ];
    c.table(title, head, rows)
}

fn breaks(c: Context<'_>, trend: &Trend, blocks: &mut Vec<Block>) {
    let t = c.t;
    if trend.breaks.is_empty() {
        blocks.push(Block::Text(t.no_breaks.into()));
        return;
    }
    let rows = trend
        .breaks
        .iter()
        .map(|b| {
            let others: Vec<&str> =
                b.periods.iter().filter(|p| **p != b.period).map(String::as_str).collect();
            let levels = fill(t.from_to, &[("a", &c.whole(b.levels.0)), ("b", &c.whole(b.levels.1))]);
            vec![
                Cell::text(b.period.clone()),
                Cell::number(number::percent(b.probability, c.language)),
                Cell::text(if others.is_empty() { "–".to_owned() } else { others.join(", ") }),
                Cell::number(levels),
            ]
        })
        .collect();
    let head =
        [t.break_period, t.break_probability, t.break_periods, t.break_levels].map(String::from).to_vec();
    blocks.push(c.table(format!("{}: {}", trend.title.get(c.language), t.breaks_head), head, rows));
}

/// Organisations whose reporting changed, so that it is not read as a change in victims.
fn reporting(c: Context<'_>, blocks: &mut Vec<Block>) {
    let t = c.t;
    let tables: Vec<Link> = c
        .release
        .cubes
        .iter()
        .filter(|r| {
            let by = |d: &Dimension| {
                d.role == Role::Breakdown && matches!(d.id.as_str(), "organisation" | "register")
            };
            r.cube.unit() == Unit::Reports && r.cube.dimensions().iter().any(by)
        })
        .map(|r| Link::new(cube::address(&r.cube), r.cube.title().get(c.language)))
        .collect();
    if tables.is_empty() && c.release.reporting.is_empty() {
        return;
    }
    blocks.push(Block::Heading { id: "reporting".into(), text: t.reporting.into() });
    blocks.push(Block::Text(t.reporting_text.into()));
    if c.release.reporting.is_empty() {
        blocks.push(Block::Text(t.reporting_none.into()));
    } else {
        let pair = |p: (u64, u64)| fill(t.from_to, &[("a", &c.count(p.0)), ("b", &c.count(p.1))]);
        let rows = c
            .release
            .reporting
            .iter()
            .map(|a| {
                let said = match a.direction {
                    Direction::Rose => t.rose,
                    Direction::Fell => t.fell,
                    Direction::CannotTell => t.cannot_tell,
                };
                let change = a.change.map(|x| number::change(x.ratio, c.language)).unwrap_or_default();
                vec![
                    Cell::text(a.label.get(c.language)),
                    Cell::text(fill(t.from_to, &[("a", &a.from), ("b", &a.period)])),
                    Cell::text(said),
                    Cell::number(pair(a.counts)),
                    Cell::number(change),
                    Cell::number(pair(a.others)),
                ]
            })
            .collect();
        let head = [
            t.reporting_organisation,
            t.reporting_periods,
            t.trend_says,
            t.reporting_own,
            t.trend_change,
            t.reporting_others,
        ];
        blocks.push(c.table(t.reporting, head.map(String::from).to_vec(), rows));
    }
    if !tables.is_empty() {
        blocks.push(Block::Origin(vec![(t.reporting_tables.to_owned(), tables)]));
    }
}
