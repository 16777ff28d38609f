//! The quality of the release, in the order of the European Statistics Code of Practice: what its principles ask of a
//! publisher of statistics, answered from the figures themselves.

use jiff::civil::Date;
use model::trend::Direction;
use model::{Role, UNKNOWN};

use super::{Block, Cell, Context, Link, Page, Term};
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::release::ReleasedCube;
use crate::text::fill;
use crate::{data, number};

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let mut blocks = Vec::new();
    let mut section = |id: &str, title: &str, inner: Vec<Block>| {
        blocks.push(Block::Heading { id: id.into(), text: title.into() });
        blocks.extend(inner);
    };
    section("confidentiality", t.q_confidentiality, confidentiality(c));
    section("methodology", t.q_methodology, methodology(c));
    section("burden", t.q_burden, vec![sources(c)]);
    section("relevance", t.q_relevance, vec![relevance(c)]);
    section("accuracy", t.q_accuracy, accuracy(c));
    section("timeliness", t.q_timeliness, vec![timeliness(c)]);
    section("coherence", t.q_coherence, coherence(c));
    section("accessibility", t.q_accessibility, accessibility(c));
    section("revisions", t.q_revisions, revisions(c));
    Page {
        name: "quality".into(),
        title: t.quality.into(),
        lead: t.quality_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

/// The address of a table, as a cell.
fn linked(c: Context<'_>, released: &ReleasedCube) -> Cell {
    let cube = &released.cube;
    Cell::links(vec![Link::new(super::cube::address(cube), cube.title().get(c.language))])
}

fn confidentiality(c: Context<'_>) -> Vec<Block> {
    let (cells, hidden) = c.release.cubes.iter().fold((0, 0), |(cells, hidden), r| {
        (cells + r.cube.cells().count() as u64, hidden + r.cube.hidden() as u64)
    });
    let share = number::percent(hidden as f64 / cells.max(1) as f64, c.language);
    let values = [("hidden", c.count(hidden)), ("cells", c.count(cells)), ("share", share)];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    vec![
        Block::Text(super::overview::rule(c)),
        Block::Text(fill(c.t.q_hidden, &values)),
        Block::Text(super::overview::attack(c)),
    ]
}

fn methodology(c: Context<'_>) -> Vec<Block> {
    let t = c.t;
    vec![
        Block::Text(t.q_methods.into()),
        Block::Links(vec![
            Link::new("methods.html#count", t.m_count),
            Link::new("methods.html#trend", t.m_trend),
            Link::new("methods.html#estimate", t.m_estimate),
            Link::new("methods.html#disclosure", t.m_disclosure),
        ]),
    ]
}

/// What the release costs those who are counted and those who count: nothing is asked that is not kept already.
fn sources(c: Context<'_>) -> Block {
    let n = c.release.sources.len() as u64;
    Block::Text(fill(c.t.q_sources, &[("n", &c.count(n))]))
}

/// What is counted, and of whom.
fn relevance(c: Context<'_>) -> Block {
    let t = c.t;
    let rows = c.release.cubes.iter().map(|r| {
        vec![
            linked(c, r),
            Cell::text(t.unit(r.cube.unit())),
            Cell::text(r.cube.definition().get(c.language)),
            Cell::links(c.source_links(&r.inputs)),
        ]
    });
    let head = [t.downloads_table, t.table_unit, t.definition, t.sources_line].map(String::from).to_vec();
    c.table(t.q_relevance_table, head, rows.collect())
}

/// What is known to be wrong with the figures: rows that could not be used, values that nobody knows, organisations that
/// reported otherwise, methods that disagree.
fn accuracy(c: Context<'_>) -> Vec<Block> {
    let t = c.t;
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let mut out = vec![Block::Text(fill(t.q_intervals, &[("level", &level)]))];
    let rows: Vec<Vec<Cell>> = c
        .release
        .sources
        .iter()
        .filter(|s| !s.is_of_persons())
        .map(|s| {
            vec![
                Cell::links(c.source_links(std::slice::from_ref(&s.source.id))),
                Cell::number(c.count(s.rows.rows_in)),
                Cell::number(c.count(s.rows.rows_used)),
                Cell::number(c.count(s.rows.rows_quarantined)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let head = [t.sources_line, t.q_rows_in, t.q_rows_used, t.q_rows_apart].map(String::from).to_vec();
        out.push(c.table(t.q_rows, head, rows));
    }
    let unknown: Vec<Vec<Cell>> = c.release.cubes.iter().flat_map(|r| unknown(c, r)).collect();
    if !unknown.is_empty() {
        let head = [t.downloads_table, t.q_of, t.q_period, t.q_unknown].map(String::from).to_vec();
        out.push(c.table(t.q_unknown_table, head, unknown));
    }
    let alerts = c.release.reporting.len() as u64;
    out.push(Block::Text(if alerts == 0 {
        t.reporting_none.to_owned()
    } else {
        fill(t.q_reporting, &[("n", &c.count(alerts))])
    }));
    out.push(Block::Links(vec![
        Link::new("trends.html", t.trends),
        Link::new("hidden.html", t.hidden),
        Link::new("about.html#inputs", t.about_inputs),
    ]));
    out
}

/// For each dimension of a table: the share of whom it is not known, in the last period in which that can be said.
fn unknown(c: Context<'_>, released: &ReleasedCube) -> Vec<Vec<Cell>> {
    let cube = &released.cube;
    let home = cube.home();
    let share = |d: usize, key: &[u32]| {
        let dimension = &cube.dimensions()[d];
        let at = |category: u32| {
            let mut key = key.to_vec();
            key[d] = category;
            cube.figure(&key).count()
        };
        let (part, whole) = (at(dimension.position(UNKNOWN)?)?, at(dimension.total()?)?);
        (whole > 0).then(|| part as f64 / whole as f64)
    };
    let mut out = Vec::new();
    for d in cube.others() {
        let last = match cube.time() {
            None => share(d, &home).map(|x| (String::new(), x)),
            Some(t) => (0..=home[t]).rev().find_map(|period| {
                let mut key = home.clone();
                key[t] = period;
                let period = cube.dimensions()[t].categories.get(period as usize)?;
                Some((category_label(period, c.language), share(d, &key)?))
            }),
        };
        if let Some((period, x)) = last {
            out.push(vec![
                linked(c, released),
                Cell::text(dimension_label(&cube.dimensions()[d], c.language)),
                Cell::text(period),
                Cell::number(number::percent(x, c.language)),
            ]);
        }
    }
    out
}

/// How long after the end of its last period a table is published.
fn timeliness(c: Context<'_>) -> Block {
    let t = c.t;
    let day = c.release.settings.monitor.reference_date;
    let rows = c.release.cubes.iter().filter_map(|r| {
        let time = r.cube.dimensions().iter().find(|d| d.role == Role::Time)?;
        let at = r.cube.home()[r.cube.time()?];
        let period = time.categories.get(at as usize)?;
        let months = months_since(&period.code, day);
        Some(vec![
            linked(c, r),
            Cell::text(category_label(period, c.language)),
            months.map_or_else(|| c.figure(Figure::Missing), |m| Cell::number(m.to_string())),
        ])
    });
    let head = [t.downloads_table, t.q_last, t.q_months].map(String::from).to_vec();
    c.table(t.q_timeliness_table, head, rows.collect())
}

/// Whole months from the end of a period (`2020`, `2020-Q2`, `2020-03`) to a day; `None` for a day before it, or for a period
/// that is written otherwise.
fn months_since(period: &str, day: Date) -> Option<i32> {
    let (year, month) = match period.split_once('-') {
        None => (period, 12),
        Some((year, part)) => match part.strip_prefix('Q') {
            Some(quarter) => (year, 3 * quarter.parse::<i32>().ok().filter(|q| (1..=4).contains(q))?),
            None => (year, part.parse::<i32>().ok().filter(|m| (1..=12).contains(m))?),
        },
    };
    let year: i32 = year.parse().ok().filter(|y| (1000..10_000).contains(y))?;
    let months = (i32::from(day.year()) - year) * 12 + i32::from(day.month()) - month - 1;
    (months >= 0).then_some(months)
}

/// Whether figures can be set side by side: over time, and with those of others.
fn coherence(c: Context<'_>) -> Vec<Block> {
    let t = c.t;
    let rows: Vec<Vec<Cell>> = c
        .release
        .trends
        .iter()
        .flat_map(|trend| trend.breaks.iter().map(move |b| (trend, b)))
        .map(|(trend, b)| {
            let link = Link::new(format!("trends.html#trend-{}", trend.id), trend.title.get(c.language));
            let probability = number::percent(b.probability, c.language);
            vec![Cell::links(vec![link]), Cell::text(b.period.clone()), Cell::number(probability)]
        })
        .collect();
    let mut out = Vec::new();
    if rows.is_empty() {
        out.push(Block::Text(t.no_breaks.into()));
    } else {
        out.push(Block::Text(t.q_breaks.into()));
        out.push(c.table(
            t.breaks_head,
            [t.q_series, t.break_period, t.break_probability].map(String::from).to_vec(),
            rows,
        ));
    }
    let fell = c.release.reporting.iter().filter(|a| a.direction == Direction::Fell).count() as u64;
    if fell > 0 {
        out.push(Block::Note(fill(t.q_fell, &[("n", &c.count(fell))])));
    }
    out.push(Block::Text(t.q_side_by_side.into()));
    out.push(Block::Links(vec![Link::new("sources.html", t.sources)]));
    out
}

fn accessibility(c: Context<'_>) -> Vec<Block> {
    let t = c.t;
    let monitor = &c.release.settings.monitor;
    let formats: Vec<&str> = data::FORMATS.iter().map(|f| f.name).collect();
    let languages: Vec<&str> =
        super::languages(c.release.settings).into_iter().map(model::Language::name).collect();
    let term = |term: &str, cell| Term { term: term.into(), cell };
    vec![
        Block::Terms(vec![
            term(t.q_formats, Cell::text(formats.join(", "))),
            term(t.q_languages, Cell::text(languages.join(", "))),
            term(t.licence, Cell::text(&monitor.licence)),
            term(t.access, Cell::links(vec![Link::new("accessibility.html", t.access)])),
            term(t.downloads, Cell::links(vec![Link::new("downloads.html", t.downloads)])),
        ]),
        Block::Note(t.q_machine.into()),
    ]
}

fn revisions(c: Context<'_>) -> Vec<Block> {
    let t = c.t;
    let mut out = vec![Block::Text(t.q_policy.into())];
    match &c.release.before {
        Some(before) => {
            out.push(Block::Text(fill(t.q_before, &[("edition", &before.edition)])));
            out.push(Block::Links(vec![Link::new("changes.html", t.changes)]));
        }
        None => out.push(Block::Text(t.q_first.into())),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::months_since;

    #[test]
    fn months_are_counted_from_the_end_of_a_period() {
        let day = jiff::civil::date(2026, 11, 24);
        assert_eq!(months_since("2025", day), Some(10));
        assert_eq!(months_since("2026-Q3", day), Some(1));
        assert_eq!(months_since("2026-10", day), Some(0));
        assert_eq!(months_since("2026", day), None);
        assert_eq!(months_since("2026-Q5", day), None);
        assert_eq!(months_since("2010-2015", day), None);
        assert_eq!(months_since("last", day), None);
    }
}
