//! The pages of the tables.

use disclosure::ProtectedCube;
use model::{Key, Role, Zeros};

use super::{Block, Cell, Context, Link, Page, Term, crossing, explore, finding, overlap};
use crate::chart::{self, Bar, Line, Lines, SERIES};
use crate::facts::{CubeFacts, Figure, category_label, dimension_label, top_level};
use crate::release::ReleasedCube;
use crate::text::{capital, fill};

/// Columns of a table over time, the total and twelve others; more do not read.
const COLUMNS: usize = 13;
/// Series in one chart of small fields: as many as have a column.
const FIELDS: usize = COLUMNS - 1;
/// Lines that still tell apart in one chart; of more, each has a field of its own.
const CROWD: usize = 4;
/// Bars in one chart.
const BARS: usize = 16;
/// Rows of a table of categories; all are in the data.
const ROWS: usize = 60;
/// Slices of a dimension that has no total.
const SLICES: usize = 4;

/// The page that lists all tables.
pub(super) fn list(c: Context<'_>) -> Page {
    let t = c.t;
    let rows = c
        .release
        .cubes
        .iter()
        .map(|r| {
            let cube = &r.cube;
            let by: Vec<String> = cube.dimensions().iter().map(|d| dimension_label(d, c.language)).collect();
            vec![
                Cell::links(vec![Link::new(address(cube), cube.title().get(c.language))]),
                Cell::text(t.unit(cube.unit())),
                Cell::text(by.join(", ")),
                latest(c, cube),
                Cell::number(c.count(cube.cells().count() as u64)),
                Cell::number(c.count(cube.hidden() as u64)),
            ]
        })
        .collect();
    let head =
        [t.downloads_table, t.table_unit, t.table_dimensions, t.table_latest, t.table_cells, t.table_hidden];
    let mut blocks = vec![c.table(t.victims, head.map(String::from).to_vec(), rows)];
    blocks.push(Block::Note(t.hidden_note.into()));
    blocks.push(c.origin(&c.source_ids(), ("count", t.m_count), None));
    Page {
        name: "victims".into(),
        title: t.victims.into(),
        lead: t.victims_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

/// The page of `cube`, seen from another page of the same language.
pub(super) fn address(cube: &ProtectedCube) -> String {
    format!("table-{}.html", cube.id())
}

/// The latest figure of the total, with its period.
fn latest(c: Context<'_>, cube: &ProtectedCube) -> Cell {
    let all_totals = cube.others().into_iter().all(|d| cube.dimensions()[d].total().is_some());
    let key = cube.home();
    if !all_totals || cube.dimensions().is_empty() {
        return Cell::default();
    }
    let mut cell = c.figure(cube.figure(&key));
    if let (Some(t), "") = (cube.time(), cell.sign) {
        let period = category_label(&cube.dimensions()[t].categories[key[t] as usize], c.language);
        cell.text = format!("{} ({period})", cell.text);
    }
    cell
}

/// The page of one table.
pub(super) fn page(c: Context<'_>, released: &ReleasedCube) -> Page {
    let (t, cube) = (c.t, &released.cube);
    let mut blocks = vec![about(c, released)];
    if cube.cells().next().is_none() {
        blocks.push(Block::Text(t.no_figures.into()));
    } else {
        blocks.push(explore::block(c, cube));
        let others = cube.others();
        if others.is_empty() {
            slice(c, cube, None, &cube.home(), "total", &mut blocks);
        }
        let registers = overlap::registers(cube);
        if !registers.is_empty() {
            overlap::blocks(c, cube, &registers, &mut blocks);
            by_register(c, cube, &registers, &mut blocks);
        }
        for &d in others.iter().filter(|d| !registers.contains(d)) {
            section(c, cube, d, &mut blocks);
        }
        super::rates::blocks(c, released, &mut blocks);
        crossing::all(c, cube, &mut blocks);
        notes(c, cube, &mut blocks);
    }
    blocks.push(Block::Heading { id: "data".into(), text: t.open_data.into() });
    blocks.push(Block::Links(super::data_links(cube.id())));
    blocks.push(Block::Note(format!("{}: {}", t.cite, explore::cite(c, cube))));
    blocks.push(c.origin(&released.inputs, ("count", t.m_count), None));
    Page {
        name: format!("table-{}", cube.id()),
        title: cube.title().get(c.language).to_owned(),
        lead: cube.definition().get(c.language).to_owned(),
        blocks,
        inputs: released.inputs.clone(),
        exit: None,
    }
}

fn about(c: Context<'_>, released: &ReleasedCube) -> Block {
    let (t, cube) = (c.t, &released.cube);
    let by: Vec<String> = cube.dimensions().iter().map(|d| dimension_label(d, c.language)).collect();
    let rule = match (cube.waiver(), cube.changed()) {
        (Some(why), _) => fill(t.rule_waiver, &[("why", why)]),
        (None, Some(method)) => method.words().get(c.language).to_owned(),
        (None, None) => format!(
            "{} {}",
            fill(t.rule_threshold, &[("n", &c.count(cube.rule().threshold))]),
            match (cube.rule().zeros, cube.rule().groups) {
                (Zeros::Protect, _) => t.rule_zeros_hidden.to_owned(),
                (Zeros::Publish, false) => t.rule_zeros.to_owned(),
                // A hidden figure may then be a zero.
                (Zeros::Publish, true) => t.rule_groups.to_owned(),
            }
        ),
    };
    let cells = format!(
        "{} ({}: {})",
        c.count(cube.cells().count() as u64),
        t.table_hidden.to_lowercase(),
        c.count(cube.hidden() as u64)
    );
    let term = |term: &str, cell| Term { term: term.into(), cell };
    Block::Terms(vec![
        term(t.table_unit, Cell::text(t.unit(cube.unit()))),
        term(t.table_dimensions, Cell::text(by.join(", "))),
        term(t.table_cells, Cell::text(cells)),
        term(t.table_rule, Cell::text(rule)),
        term(t.sources_line, Cell::links(c.source_links(&released.inputs))),
    ])
}

/// All that is shown by dimension `d`: one slice where the other dimensions have totals, one for
/// each of their first categories where they have none.
fn section(c: Context<'_>, cube: &ProtectedCube, d: usize, blocks: &mut Vec<Block>) {
    let dimension = &cube.dimensions()[d];
    let name = dimension_label(dimension, c.language);
    blocks.push(Block::Heading {
        id: format!("by-{d}"),
        text: fill(c.t.by_section, &[("dimension", &name.to_lowercase())]),
    });
    let mut keys: Vec<(Key, Vec<String>)> = vec![(cube.home(), Vec::new())];
    for other in cube.others().into_iter().filter(|&o| o != d) {
        let o = &cube.dimensions()[other];
        if o.total().is_some() {
            continue;
        }
        keys = keys
            .into_iter()
            .flat_map(|(key, words)| {
                let dimension = dimension_label(o, c.language);
                top_level(o).into_iter().take(SLICES).map(move |category| {
                    let (mut key, mut words) = (key.clone(), words.clone());
                    key[other] = category;
                    let label = category_label(&o.categories[category as usize], c.language);
                    words.push(fill(c.t.fixed, &[("dimension", &dimension), ("category", &label)]));
                    (key, words)
                })
            })
            .take(SLICES)
            .collect();
    }
    for (i, (key, words)) in keys.iter().enumerate() {
        if !words.is_empty() {
            blocks.push(Block::Minor { id: format!("by-{d}-{i}"), text: words.join(", ") });
        }
        slice(c, cube, Some(d), key, &format!("by-{d}-{i}"), blocks);
    }
    if dimension.role == Role::Vintage {
        blocks.push(Block::Note(c.t.vintage_note.into()));
    }
}

/// How many are in each register over time, in one chart and table: each is a dimension of its own.
fn by_register(c: Context<'_>, cube: &ProtectedCube, registers: &[usize], blocks: &mut Vec<Block>) {
    let Some(time) = cube.time() else { return };
    let rows: Vec<Row> = registers
        .iter()
        .map(|&d| {
            let mut key = cube.home();
            key[d] = cube.dimensions()[d].position(model::IN).unwrap_or_default();
            Row { category: None, label: overlap::name(c, cube, d), figures: cube.along(time, &key) }
        })
        .collect();
    blocks.push(Block::Heading { id: "by-register".into(), text: c.t.overlap_each.into() });
    let title = format!("{}: {}", cube.title().get(c.language), c.t.overlap_each.to_lowercase());
    over_time(c, cube, None, time, &rows, (&title, None), "register", blocks);
    blocks.push(Block::Note(c.t.overlap_more.into()));
}

/// All that a table says of one region: by each of its other dimensions, or its total where there are none.
pub(super) fn region(
    c: Context<'_>,
    cube: &ProtectedCube,
    place: usize,
    at: u32,
    name: &str,
    blocks: &mut Vec<Block>,
) {
    let mut key = cube.home();
    key[place] = at;
    let others: Vec<usize> = cube.others().into_iter().filter(|&d| d != place).collect();
    let title = format!("{}, {name}", cube.title().get(c.language));
    if others.is_empty() {
        return titled(c, cube, None, &key, &title, &format!("{}-total", cube.id()), blocks);
    }
    for d in others {
        titled(c, cube, Some(d), &key, &title, &format!("{}-{d}", cube.id()), blocks);
    }
}

/// A category of a slice: its index, label and figures over time (or its one figure).
struct Row {
    category: Option<u32>,
    label: String,
    figures: Vec<Figure>,
}

impl Row {
    fn weight(&self) -> u64 {
        self.figures.iter().filter_map(|f| f.count()).fold(0, u64::saturating_add)
    }

    fn is_empty(&self) -> bool {
        self.figures.iter().all(|f| *f == Figure::Missing)
    }
}

/// Chart and table along `d` (or of the total alone), the other coordinates being those of `key`.
fn slice(
    c: Context<'_>,
    cube: &ProtectedCube,
    d: Option<usize>,
    key: &[u32],
    id: &str,
    blocks: &mut Vec<Block>,
) {
    titled(c, cube, d, key, cube.title().get(c.language), id, blocks);
}

/// [`slice`] with another title.
fn titled(
    c: Context<'_>,
    cube: &ProtectedCube,
    d: Option<usize>,
    key: &[u32],
    title: &str,
    id: &str,
    blocks: &mut Vec<Block>,
) {
    let figures = |key: &[u32]| match cube.time() {
        Some(t) => cube.along(t, key),
        None => vec![cube.figure(key)],
    };
    let rows: Vec<Row> = match d {
        None => vec![Row { category: None, label: c.t.total.into(), figures: figures(key) }],
        Some(d) => (0..cube.dimensions()[d].categories.len() as u32)
            .map(|category| {
                let mut key = key.to_vec();
                key[d] = category;
                let label = category_label(&cube.dimensions()[d].categories[category as usize], c.language);
                Row { category: Some(category), label, figures: figures(&key) }
            })
            .filter(|row| !row.is_empty())
            .collect(),
    };
    if rows.is_empty() {
        blocks.push(Block::Text(c.t.no_figures.into()));
        return;
    }
    let whole = match d {
        Some(d) => {
            let name = dimension_label(&cube.dimensions()[d], c.language).to_lowercase();
            let by = fill(c.t.by_section, &[("dimension", &name)]);
            if title.to_lowercase().contains(&by.to_lowercase()) {
                title.to_owned()
            } else {
                format!("{title}, {}", by.to_lowercase())
            }
        }
        None => title.to_owned(),
    };
    let said = d.and_then(|d| finding::along(c, cube, d, key));
    match cube.time() {
        Some(t) => over_time(c, cube, d, t, &rows, (&whole, said), id, blocks),
        None => side_by_side(c, cube, d, &rows, 0, (&whole, said), id, blocks),
    }
}

/// The rows of the top level in the order of their size, the total apart.
fn by_size<'r>(cube: &ProtectedCube, d: Option<usize>, rows: &'r [Row]) -> Vec<&'r Row> {
    let Some(d) = d else { return rows.iter().collect() };
    let top = top_level(&cube.dimensions()[d]);
    let mut out: Vec<&Row> =
        rows.iter().filter(|r| r.category.is_some_and(|category| top.contains(&category))).collect();
    // Stable: equal sizes stay in the order of the classification.
    out.sort_by_key(|row| std::cmp::Reverse(row.weight()));
    out
}

#[allow(clippy::too_many_arguments)]
fn over_time(
    c: Context<'_>,
    cube: &ProtectedCube,
    d: Option<usize>,
    time: usize,
    rows: &[Row],
    (title, said): (&str, Option<String>),
    id: &str,
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let all_periods: Vec<String> =
        cube.dimensions()[time].categories.iter().map(|p| category_label(p, c.language)).collect();
    // Periods in which nothing of this slice was published say nothing.
    let used: Vec<usize> =
        (0..all_periods.len()).filter(|&i| rows.iter().any(|r| r.figures[i] != Figure::Missing)).collect();
    let (Some(&first), Some(&last)) = (used.first(), used.last()) else { return };
    // In the chart the gaps within stay; figures that were not collected are not joined.
    let periods: Vec<String> = all_periods[first..=last].to_vec();
    let sized = by_size(cube, d, rows);
    let total =
        rows.iter().find(|r| d.is_some_and(|d| r.category == cube.dimensions()[d].total()) && d.is_some());
    let apart = d.is_some_and(|d| cube.dimensions()[d].role == Role::Vintage);
    let fields = sized.len() > CROWD && !apart && periods.len() > 1;
    let shown: Vec<&Row> = sized.iter().copied().take(if fields { FIELDS } else { SERIES }).collect();
    let line = |r: &Row| Line { label: r.label.clone(), figures: r.figures[first..=last].to_vec() };
    let lines: Vec<Line> = if shown.is_empty() {
        rows.iter().take(SERIES).map(line).collect()
    } else {
        shown.iter().map(|r| line(r)).collect()
    };
    let description = describe(c, &periods, &lines, fields);
    let chart_id = format!("chart-{id}");
    let legend = if lines.len() > 1 && !fields {
        lines.iter().enumerate().map(|(s, l)| (chart::swatch(s), l.label.clone())).collect()
    } else {
        Vec::new()
    };
    let drawing = Lines { periods, lines, apart, ..Lines::default() };
    blocks.push(c.series(&chart_id, (title, said), &description, legend, &drawing, fields));

    // The columns of the table: the total, then the largest; in the order of the classification
    // when all fit.
    let columns: Vec<&Row> = if rows.len() <= COLUMNS {
        rows.iter().collect()
    } else {
        total.into_iter().chain(sized.iter().copied().take(COLUMNS - 1)).collect()
    };
    if rows.len() > columns.len() {
        let (n, all, m) = (shown.len() as u64, rows.len() as u64, columns.len() as u64);
        let values = [("n", c.count(n)), ("all", c.count(all)), ("m", c.count(m))];
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        blocks.push(Block::Note(fill(t.shown_some, &values)));
    } else if sized.len() > shown.len() {
        let (n, all) = (c.count(shown.len() as u64), c.count(sized.len() as u64));
        blocks.push(Block::Note(fill(t.shown_chart, &[("n", &n), ("all", &all)])));
    }
    let mut head = vec![dimension_label(&cube.dimensions()[time], c.language)];
    head.extend(columns.iter().map(|r| r.label.clone()));
    let body = used
        .iter()
        .map(|&i| {
            let mut row = vec![Cell::text(all_periods[i].clone())];
            row.extend(columns.iter().map(|r| c.figure(r.figures[i])));
            row
        })
        .collect();
    blocks.push(c.table(title, head, body));

    if rows.len() > columns.len() {
        let title = fill(t.largest_in, &[("title", title), ("period", &all_periods[last])]);
        side_by_side(c, cube, d, rows, last, (&title, None), &format!("{id}-latest"), blocks);
    }
}

/// Bars and a table of the figures in period `at`.
#[allow(clippy::too_many_arguments)]
fn side_by_side(
    c: Context<'_>,
    cube: &ProtectedCube,
    d: Option<usize>,
    rows: &[Row],
    at: usize,
    (title, said): (&str, Option<String>),
    id: &str,
    blocks: &mut Vec<Block>,
) {
    let t = c.t;
    let order = |r: &&Row| match r.figures[at] {
        Figure::Count(n) => (0, std::cmp::Reverse(n)),
        Figure::Between(_, high) => (0, std::cmp::Reverse(high)),
        Figure::Hidden => (1, std::cmp::Reverse(0)),
        Figure::Missing => (2, std::cmp::Reverse(0)),
    };
    let top = d.map(|d| top_level(&cube.dimensions()[d])).unwrap_or_default();
    let mut bars: Vec<&Row> = rows
        .iter()
        .filter(|r| r.category.is_none_or(|category| top.contains(&category)))
        .filter(|r| !matches!(r.figures[at], Figure::Missing | Figure::Count(0)))
        .collect();
    bars.sort_by_key(order);
    let bars: Vec<Bar> =
        bars.iter().take(BARS).map(|r| Bar { label: r.label.clone(), figure: r.figures[at] }).collect();
    if let Some(largest) = bars.first() {
        let n = c.count(bars.len() as u64);
        let description = fill(t.chart_desc_bars, &[("n", &n), ("largest", &largest.label)]);
        let chart_id = format!("bars-{id}");
        blocks.push(c.chart_said(&chart_id, (title, said), &description, Vec::new(), |frame| {
            chart::bars(frame, &bars)
        }));
    }
    let mut listed: Vec<&Row> = rows.iter().filter(|r| r.figures[at] != Figure::Missing).collect();
    if listed.len() > ROWS {
        listed.sort_by_key(order);
        listed.truncate(ROWS);
        let (n, m, all) = (c.count(bars.len() as u64), c.count(ROWS as u64), c.count(rows.len() as u64));
        blocks.push(Block::Note(fill(t.shown_some, &[("n", &n), ("m", &m), ("all", &all)])));
    }
    let first =
        d.map_or_else(|| t.category.to_owned(), |d| dimension_label(&cube.dimensions()[d], c.language));
    let body = listed.iter().map(|r| vec![Cell::text(r.label.clone()), c.figure(r.figures[at])]).collect();
    blocks.push(c.table(title, vec![first, capital(t.unit(cube.unit()))], body));
}

fn describe(c: Context<'_>, periods: &[String], lines: &[Line], fields: bool) -> String {
    let (first, last) =
        (periods.first().map_or("", String::as_str), periods.last().map_or("", String::as_str));
    if let [line] = lines {
        let word = |figure: Option<&Figure>| figure.map(|f| c.figure(*f).text).unwrap_or_default();
        let known = |f: &&Figure| **f != Figure::Missing;
        let (start, end) =
            (word(line.figures.iter().find(known)), word(line.figures.iter().rev().find(known)));
        let values = [("first", first), ("last", last), ("start", start.as_str()), ("end", end.as_str())];
        return fill(c.t.chart_desc_one, &values);
    }
    let words = if fields { c.t.chart_desc_multiples } else { c.t.chart_desc_lines };
    fill(words, &[("n", &c.count(lines.len() as u64)), ("first", first), ("last", last)])
}

fn notes(c: Context<'_>, cube: &ProtectedCube, blocks: &mut Vec<Block>) {
    let t = c.t;
    let figures: Vec<Figure> = cube.cells().map(|(_, cell)| Figure::of(Some(cell))).collect();
    if let Some(method) = cube.changed() {
        blocks.push(Block::Note(method.words().get(c.language).to_owned()));
    }
    if figures.contains(&Figure::Hidden) {
        blocks.push(Block::Note(t.hidden_note.into()));
    }
    if figures.iter().any(|f| matches!(f, Figure::Between(..))) {
        blocks.push(Block::Note(t.between_note.into()));
    }
    blocks.push(Block::Note(t.missing_note.into()));
    if cube.dimensions().iter().any(|d| d.position(model::UNKNOWN).is_some()) {
        blocks.push(Block::Note(t.parts_of_unknown.into()));
    }
}
