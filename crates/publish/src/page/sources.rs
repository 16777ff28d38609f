//! The pages of sources and downloads.

use super::{Block, Cell, Context, Link, Page, Term, cube, data_links};
use crate::facts::{CubeFacts, Figure, category_label};
use crate::release::{ReleasedCube, SourceNote};
use crate::text::fill;
use crate::{data, print};

/// The page of sources.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let mut blocks = Vec::new();
    for note in &c.release.sources {
        let s = &note.source;
        blocks.push(Block::Heading {
            id: format!("source-{}", s.id),
            text: s.title.get(c.language).to_owned(),
        });
        blocks.push(Block::Terms(terms(c, note)));
    }
    let concepts = concepts(c);
    if !concepts.is_empty() {
        blocks.push(Block::Heading { id: "vintages".into(), text: t.vintages.into() });
        for columns in &concepts {
            blocks.extend(side_by_side(c, columns));
        }
    }
    Page {
        name: "sources".into(),
        title: t.sources.into(),
        lead: t.sources_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

fn terms(c: Context<'_>, note: &SourceNote) -> Vec<Term> {
    let t = c.t;
    let s = &note.source;
    let rows = if note.is_of_persons() {
        t.rows_of_persons.to_owned()
    } else {
        fill(
            t.rows_text,
            &[
                ("rows_in", &c.count(note.rows.rows_in)),
                ("used", &c.count(note.rows.rows_used)),
                ("apart", &c.count(note.rows.rows_quarantined)),
            ],
        )
    };
    let used: Vec<Link> = c
        .release
        .cubes
        .iter()
        .filter(|r| r.inputs.contains(&s.id))
        .map(|r| Link::new(cube::address(&r.cube), r.cube.title().get(c.language)))
        .chain(c.release.estimates.iter().filter(|e| e.sources.contains(&s.id)).map(|e| {
            let to = format!("hidden.html#estimate-{}", e.settings.id);
            Link::new(to, e.settings.title.get(c.language))
        }))
        .collect();
    let mut out = Vec::new();
    let mut add = |term: &str, cell: Cell| {
        if !cell.text.is_empty() || !cell.links.is_empty() {
            out.push(Term { term: term.to_owned(), cell });
        }
    };
    add(t.definition, Cell::text(s.definition.get(c.language)));
    add(t.publisher, Cell::text(&s.publisher));
    add(t.vintage, Cell::text(&s.vintage));
    add(t.licence, Cell::text(&s.licence));
    add(t.citation, Cell::text(&s.citation));
    add(t.rows, Cell::text(rows));
    if let Some(input) = &note.input {
        let size = format!(" ({} {})", c.count(input.bytes), t.bytes);
        add(t.file, Cell::text(format!("{}{}", input.path, if note.is_of_persons() { "" } else { &size })));
        add(t.blake3, Cell::text(&input.blake3));
    }
    add(t.used_for, Cell::links(used));
    out
}

/// One source's figures for a concept: name, then period and figure.
struct Column {
    name: String,
    figures: Vec<(String, Figure)>,
}

/// For each concept that more than one source has figures for, a column for each source or
/// edition. Tables of one source with the same totals make one column.
fn concepts(c: Context<'_>) -> Vec<Vec<Column>> {
    let settings = c.release.settings;
    let concept_of = |id: &str| {
        let of_cube =
            settings.source.iter().flat_map(|s| &s.cube).find(|x| x.id == id).map(|x| x.concept.clone());
        of_cube.or_else(|| settings.table.iter().find(|x| x.id == id).map(|x| x.concept.clone())).flatten()
    };
    let mut order: Vec<String> = Vec::new();
    for released in &c.release.cubes {
        if let Some(concept) = concept_of(released.cube.id())
            && !order.contains(&concept)
        {
            order.push(concept);
        }
    }
    let mut out = Vec::new();
    for concept in order {
        let mut columns: Vec<Column> = Vec::new();
        for released in &c.release.cubes {
            if concept_of(released.cube.id()).as_ref() == Some(&concept) {
                for column in totals(c, released) {
                    let known = columns.iter().any(|k| k.name == column.name && k.figures == column.figures);
                    if !known {
                        columns.push(column);
                    }
                }
            }
        }
        // Two columns with one name are two tables of one source that differ.
        for i in 1..columns.len() {
            let same = columns[..i].iter().filter(|k| k.name == columns[i].name).count();
            if same > 0 {
                let name = format!("{} ({})", columns[i].name, same + 1);
                columns[i].name = name;
            }
        }
        if columns.len() > 1 {
            out.push(columns);
        }
    }
    out
}

/// The totals of a table over time, one column for each category of a dimension of vintages.
fn totals(c: Context<'_>, released: &ReleasedCube) -> Vec<Column> {
    let cube = &released.cube;
    let Some(time) = cube.time() else { return Vec::new() };
    let source = c.source_links(&released.inputs).into_iter().map(|l| l.text).collect::<Vec<_>>().join(", ");
    let mut keys = vec![(cube.home(), source)];
    for d in cube.others() {
        let dimension = &cube.dimensions()[d];
        if dimension.role == model::Role::Vintage {
            keys = keys
                .iter()
                .flat_map(|(key, _)| {
                    (0..dimension.categories.len() as u32).map(|k| {
                        let mut key = key.clone();
                        key[d] = k;
                        (key, category_label(&dimension.categories[k as usize], c.language))
                    })
                })
                .collect();
        } else if dimension.total().is_none() {
            return Vec::new();
        }
    }
    keys.into_iter()
        .map(|(key, name)| {
            let periods = cube.dimensions()[time].categories.iter().map(|p| p.code.clone());
            let figures =
                periods.zip(cube.along(time, &key)).filter(|(_, f)| *f != Figure::Missing).collect();
            Column { name, figures }
        })
        .filter(|column: &Column| !column.figures.is_empty())
        .collect()
}

fn side_by_side(c: Context<'_>, columns: &[Column]) -> Vec<Block> {
    let t = c.t;
    let mut periods: Vec<&String> = columns.iter().flat_map(|k| k.figures.iter().map(|(p, _)| p)).collect();
    periods.sort();
    periods.dedup();
    let mut different = 0;
    let rows: Vec<Vec<Cell>> = periods
        .into_iter()
        .map(|p| {
            let figures: Vec<Figure> = columns
                .iter()
                .map(|k| k.figures.iter().find(|(q, _)| q == p).map_or(Figure::Missing, |(_, f)| *f))
                .collect();
            let mut counts: Vec<u64> = figures.iter().filter_map(|f| f.count()).collect();
            counts.dedup();
            let differs = counts.len() > 1;
            different += u64::from(differs);
            let mut row = vec![Cell::text(p.clone())];
            row.extend(figures.into_iter().map(|f| c.figure(f)));
            row.push(Cell::text(if differs { t.differs } else { "" }));
            row
        })
        .collect();
    let mut head = vec![t.period.to_owned()];
    head.extend(columns.iter().map(|k| k.name.clone()));
    head.push(t.differs.to_owned());
    vec![Block::Text(fill(t.vintages_text, &[("n", &c.count(different))])), c.table(t.vintages, head, rows)]
}

/// The page of downloads.
pub(super) fn downloads(c: Context<'_>) -> Page {
    let t = c.t;
    let rows = c
        .release
        .cubes
        .iter()
        .map(|r| {
            vec![
                Cell::links(vec![Link::new(cube::address(&r.cube), r.cube.title().get(c.language))]),
                Cell::links(data_links(r.cube.id())),
                Cell::number(c.count(r.cube.cells().count() as u64)),
            ]
        })
        .collect();
    let made = data::made(c.release);
    let results: Vec<Link> = data::RESULTS
        .into_iter()
        .zip(data::titles(t))
        .filter(|(path, _)| made.contains(path))
        .map(|(path, word)| Link::new(format!("../../{path}"), word))
        .collect();
    let printed = c.release.settings.monitor.report;
    let report = printed.then(|| Link::new(format!("../../{}", print::path(c.language)), t.print_link));
    let columns = [
        ("value", t.columns_value),
        ("lower, upper", t.columns_bounds),
        ("population, rate, rate_lower, rate_upper", t.columns_rates),
        ("CONF_STATUS", t.columns_conf),
        ("OBS_STATUS", t.columns_obs),
        ("_T, _U", t.columns_codes),
    ];
    let blocks = vec![
        c.table(
            t.downloads,
            [t.downloads_table, t.downloads_files, t.table_cells].map(String::from).to_vec(),
            rows,
        ),
        Block::Heading { id: "results".into(), text: t.downloads_results.into() },
        Block::Links(results),
        Block::Heading { id: "whole".into(), text: t.downloads_whole.into() },
        Block::Links(
            report
                .into_iter()
                .chain([
                    Link::new("../../data/catalogue.jsonld", t.downloads_catalogue),
                    Link::new("../../manifest.json", t.downloads_manifest),
                    Link::new("../../protection.json", t.downloads_protection),
                ])
                .collect(),
        ),
        Block::Heading { id: "columns".into(), text: t.columns_head.into() },
        Block::Terms(
            columns
                .into_iter()
                .map(|(term, said)| Term { term: term.to_owned(), cell: Cell::text(said) })
                .collect(),
        ),
    ];
    Page {
        name: "downloads".into(),
        title: t.downloads.into(),
        lead: t.downloads_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}
