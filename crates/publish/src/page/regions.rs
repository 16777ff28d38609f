//! Regions and municipalities: a page that compares them, and a page for each with all that may be said of it.

use std::collections::BTreeSet;

use disclosure::ProtectedCube;
use model::{Category, TOTAL, UNKNOWN};
use rayon::prelude::*;

use super::{Block, Cell, Context, Link, Page, cube};
use crate::Release;
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::release::ReleasedCube;
use crate::text::fill;

/// Columns of the page that compares them; more do not read.
const COLUMNS: usize = 6;

/// Tables that stand whole on the page of a region; to the others it leads. A page of hundreds is not read.
const WHOLE: usize = 12;

/// A region with the name of its page.
struct Region<'a> {
    category: &'a Category,
    page: String,
}

/// A table that has regions.
struct Regional<'a> {
    released: &'a ReleasedCube,
    /// The place of the dimension of regions.
    d: usize,
    /// The cells of each region, and how many of them are hidden.
    cells: Vec<(usize, usize)>,
}

/// The tables that have regions, with the place of that dimension.
fn tables<'a>(release: &'a Release<'a>) -> impl Iterator<Item = (&'a ReleasedCube, usize)> {
    let wanted = release.settings.monitor.regions.as_str();
    let of = move |r: &'a ReleasedCube| {
        let is = move |d: &model::Dimension| d.id == wanted || model::variable_of(&d.id) == wanted;
        r.cube.dimensions().iter().position(is).map(|d| (r, d))
    };
    release.cubes.iter().filter_map(of)
}

/// Whether there are any.
pub(super) fn any(release: &Release<'_>) -> bool {
    tables(release).next().is_some()
}

/// All regions of all tables, each once, in the order of the tables.
fn regions<'a>(tables: &[(&'a ReleasedCube, usize)]) -> Vec<Region<'a>> {
    let (mut codes, mut pages) = (BTreeSet::new(), BTreeSet::new());
    let mut out = Vec::new();
    for (released, d) in tables {
        for category in &released.cube.dimensions()[*d].categories {
            if category.code == TOTAL || category.code == UNKNOWN || !codes.insert(&category.code) {
                continue;
            }
            let plain = |ch: char| if ch.is_ascii_alphanumeric() { ch.to_ascii_lowercase() } else { '-' };
            let first = format!("region-{}", category.code.chars().map(plain).collect::<String>());
            let (mut page, mut next) = (first.clone(), 2);
            while !pages.insert(page.clone()) {
                page = format!("{first}-{next}");
                next += 1;
            }
            out.push(Region { category, page });
        }
    }
    out
}

/// The page that compares regions, and the page of each; none when no table has regions.
pub(super) fn pages(c: Context<'_>) -> Vec<Page> {
    let tables: Vec<_> = tables(c.release).collect();
    let regions = regions(&tables);
    if regions.is_empty() {
        return Vec::new();
    }
    let mut out = vec![list(c, &tables, &regions)];
    let regional: Vec<Regional<'_>> = tables.par_iter().map(|&(r, d)| Regional::new(r, d)).collect();
    out.par_extend(regions.par_iter().map(|region| page(c, &regional, region)));
    out
}

/// The key of a region in a table: the totals of all else, in the last period that has a figure.
fn key(cube: &ProtectedCube, d: usize, code: &str) -> Option<Vec<u32>> {
    let mut key = cube.home();
    key[d] = cube.dimensions()[d].position(code)?;
    Some(cube.at_latest(&key))
}

/// Whether a table says something of regions as a whole: every other dimension has a total.
pub(super) fn says_wholes(cube: &ProtectedCube, d: usize) -> bool {
    cube.others().into_iter().all(|o| o == d || cube.dimensions()[o].total().is_some())
}

/// The title of a table with its last period.
pub(super) fn titled(c: Context<'_>, cube: &ProtectedCube) -> String {
    let title = cube.title().get(c.language);
    let period =
        cube.time().and_then(|time| cube.dimensions()[time].categories.get(cube.home()[time] as usize));
    period
        .map_or_else(|| title.to_owned(), |period| format!("{title}, {}", category_label(period, c.language)))
}

/// What is said of a region as a whole, with its period: nothing where another dimension has no total.
fn latest(c: Context<'_>, cube: &ProtectedCube, d: usize, code: &str) -> Cell {
    match key(cube, d, code) {
        Some(key) if says_wholes(cube, d) => c.figure(cube.figure(&key)),
        _ => c.figure(Figure::Missing),
    }
}

fn list(c: Context<'_>, tables: &[(&ReleasedCube, usize)], regions: &[Region<'_>]) -> Page {
    let t = c.t;
    let shown = || tables.iter().take(COLUMNS);
    let mut head = vec![t.regions_region.to_owned()];
    head.extend(shown().map(|(r, _)| titled(c, &r.cube)));
    let rows = regions
        .iter()
        .map(|region| {
            let link =
                Link::new(format!("{}.html", region.page), category_label(region.category, c.language));
            let mut row = vec![Cell::links(vec![link])];
            row.extend(shown().map(|(r, d)| latest(c, &r.cube, *d, &region.category.code)));
            row
        })
        .collect();
    let mut blocks = super::atlas::block(c, tables).unwrap_or_default();
    blocks.extend([
        c.table(t.regions, head, rows),
        Block::Note(t.hidden_note.into()),
        Block::Note(t.regions_not_everywhere.into()),
    ]);
    Page {
        name: "regions".into(),
        title: t.regions.into(),
        lead: t.regions_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

impl<'a> Regional<'a> {
    fn new(released: &'a ReleasedCube, d: usize) -> Self {
        let mut cells = vec![(0, 0); released.cube.dimensions()[d].categories.len()];
        for (key, cell) in released.cube.cells() {
            let (all, hidden) = &mut cells[key[d] as usize];
            *all += 1;
            *hidden += usize::from(Figure::of(Some(cell)) == Figure::Hidden);
        }
        Regional { released, d, cells }
    }
}

fn page(c: Context<'_>, tables: &[Regional<'_>], region: &Region<'_>) -> Page {
    let t = c.t;
    let name = category_label(region.category, c.language);
    let mut blocks = vec![Block::Links(vec![Link::new("regions.html", t.regions_all)])];
    let (mut cells, mut hidden, mut inputs) = (0, 0, Vec::new());
    let (mut whole, mut others) = (0, Vec::new());
    for table in tables {
        let (released, d) = (table.released, table.d);
        let cube = &released.cube;
        let Some(at) = cube.dimensions()[d].position(&region.category.code) else { continue };
        let own = table.cells[at as usize];
        cells += own.0;
        hidden += own.1;
        for input in &released.inputs {
            if !inputs.contains(input) {
                inputs.push(input.clone());
            }
        }
        let title = cube.title().get(c.language);
        if whole == WHOLE {
            others.push(Link::new(cube::address(cube), title));
            continue;
        }
        whole += 1;
        blocks.push(Block::Heading { id: format!("table-{}", cube.id()), text: title.to_owned() });
        cube::region(c, cube, d, at, &name, &mut blocks);
        blocks.push(Block::Links(vec![Link::new(cube::address(cube), t.regions_table)]));
    }
    if !others.is_empty() {
        blocks.push(Block::Heading { id: "more".into(), text: t.regions_more.into() });
        blocks.push(Block::Links(others));
    }
    blocks.push(Block::Heading { id: "why".into(), text: t.regions_why_head.into() });
    let (n, all) = (c.count(hidden as u64), c.count(cells as u64));
    let threshold = c.count(c.release.settings.disclosure.threshold);
    blocks.push(Block::Text(fill(
        t.regions_why,
        &[("hidden", &n), ("all", &all), ("region", &name), ("threshold", &threshold)],
    )));
    let by: Vec<String> = tables
        .iter()
        .flat_map(|r| r.released.cube.dimensions().iter().enumerate().filter(|(o, _)| *o != r.d))
        .filter(|(_, o)| o.role == model::Role::Breakdown)
        .map(|(_, o)| dimension_label(o, c.language).to_lowercase())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !by.is_empty() {
        blocks.push(Block::Text(fill(t.regions_by, &[("dimensions", &by.join(", "))])));
    }
    blocks.push(c.origin(&inputs, ("disclosure", t.m_disclosure), None));
    Page {
        name: region.page.clone(),
        title: name,
        lead: t.regions_page_lead.into(),
        blocks,
        inputs,
        exit: None,
    }
}
