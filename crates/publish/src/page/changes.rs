//! What changed since the release before this one: new figures, figures that are gone, and corrections with both values.
//!
//! Of a figure that is hidden now it is not said what it was: this release would publish what it hides.

use std::collections::BTreeMap;

use model::trend::Trend;
use model::{Cube, Dimension, Key};

use super::{Block, Cell, Context, Link, Page};
use crate::facts::{Figure, category_label, column_names};
use crate::release::{Before, ReleasedCube, TableBefore};
use crate::text::fill;
use crate::{data, facts::CubeFacts, number};

/// Corrections that the page lists of one table; the file has all.
const LISTED: usize = 50;

/// A figure that both releases have and that is not the same.
pub(crate) struct Correction {
    /// The codes of the cell, one a dimension.
    pub(crate) at: Vec<u32>,
    /// `None` where it was hidden.
    pub(crate) old: Option<u64>,
    pub(crate) new: u64,
}

/// What became of the figures of a table.
pub(crate) enum Changed<'a> {
    /// It was not there, or had other dimensions.
    New,
    /// Its figures against those of before.
    Same { table: &'a ReleasedCube, more: usize, gone: usize, hidden: usize, corrections: Vec<Correction> },
}

/// How a table compares with that of the release before.
pub(crate) fn compare<'a>(before: &Before, released: &'a ReleasedCube) -> Changed<'a> {
    let cube = &released.cube;
    let Some(old) = before.table(cube.id(), cube.dimensions()) else { return Changed::New };
    let mut unseen: BTreeMap<&Vec<String>, Option<u64>> = old.cells.iter().map(|(at, n)| (at, *n)).collect();
    let (mut more, mut hidden, mut corrections) = (0, 0, Vec::new());
    for (key, _) in cube.cells() {
        let new = cube.figure(key).count();
        match (unseen.remove(&codes(cube.dimensions(), key)), new) {
            (None, _) => more += 1,
            (Some(Some(_)), None) => hidden += 1,
            (Some(old), Some(new)) if old != Some(new) => {
                corrections.push(Correction { at: key.clone(), old, new });
            }
            (Some(_), _) => {}
        }
    }
    Changed::Same { table: released, more, gone: unseen.len(), hidden, corrections }
}

/// The columns of the codes, as the files name them.
fn names(dimensions: &[Dimension]) -> Vec<String> {
    let taken: Vec<&str> = data::COLUMNS.into_iter().chain(data::RATES).collect();
    column_names(dimensions, &taken)
}

fn codes(dimensions: &[Dimension], key: &[u32]) -> Vec<String> {
    dimensions.iter().zip(key).map(|(d, &at)| d.categories[at as usize].code.clone()).collect()
}

impl Before {
    /// The table of this name, if it had these dimensions.
    fn table(&self, id: &str, dimensions: &[Dimension]) -> Option<&TableBefore> {
        self.tables.get(id).filter(|old| old.columns == names(dimensions))
    }

    /// What it published of the cells of a table, by their keys now.
    pub fn published(&self, cube: &Cube) -> BTreeMap<Key, u64> {
        let Some(old) = self.table(&cube.id, &cube.dimensions) else { return BTreeMap::new() };
        let figure = |key: &Key| Some((key.clone(), (*old.cells.get(&codes(&cube.dimensions, key))?)?));
        cube.cells.keys().filter_map(figure).collect()
    }
}

/// The page, if there was a release before.
pub(super) fn page(c: Context<'_>) -> Option<Page> {
    let before = c.release.before.as_ref()?;
    let t = c.t;
    let mut blocks = Vec::new();
    let (mut rows, mut corrected, mut fresh) = (Vec::new(), Vec::new(), Vec::new());
    for released in &c.release.cubes {
        let title = released.cube.title().get(c.language);
        match compare(before, released) {
            Changed::New => fresh.push(Link::new(super::cube::address(&released.cube), title)),
            Changed::Same { more, gone, hidden, corrections, .. } => {
                let count = |n: usize| Cell::number(c.count(n as u64));
                let link = Link::new(super::cube::address(&released.cube), title);
                let counts = [more, corrections.len(), hidden, gone].map(count);
                rows.push(std::iter::once(Cell::links(vec![link])).chain(counts).collect());
                if !corrections.is_empty() {
                    corrected.push((released, corrections));
                }
            }
        }
    }
    let gone: Vec<String> = before
        .tables
        .keys()
        .filter(|id| c.release.cubes.iter().all(|r| r.cube.id() != *id))
        .cloned()
        .collect();
    let date = number::date(&before.date, c.language);
    blocks.push(Block::Text(fill(t.changes_text, &[("edition", &before.edition), ("date", &date)])));
    if !rows.is_empty() {
        let head = [t.downloads_table, t.changes_more, t.changes_corrected, t.changes_hidden, t.changes_gone]
            .map(str::to_owned);
        blocks.push(c.table(t.changes_tables, head.to_vec(), rows));
    }
    blocks.push(Block::Heading { id: "corrections".into(), text: t.changes_corrections.into() });
    if corrected.is_empty() {
        blocks.push(Block::Text(t.changes_none.into()));
    } else {
        blocks.push(Block::Text(t.changes_corrections_text.into()));
    }
    for (released, corrections) in &corrected {
        blocks.push(table_of(c, released, corrections));
        if corrections.len() > LISTED {
            let more = c.count((corrections.len() - LISTED) as u64);
            blocks.push(Block::Note(fill(t.changes_some, &[("n", &more)])));
        }
    }
    if !fresh.is_empty() {
        blocks.push(Block::Heading { id: "new".into(), text: t.changes_new.into() });
        blocks.push(Block::Links(fresh));
    }
    if !gone.is_empty() {
        blocks.push(Block::Heading { id: "gone".into(), text: t.changes_gone_tables.into() });
        blocks.push(Block::List(gone));
    }
    if !corrected.is_empty() {
        blocks.push(Block::Links(vec![Link::new(format!("../../{}", data::CHANGES), t.changes_file)]));
    }
    Some(Page {
        name: "changes".into(),
        title: t.changes.into(),
        lead: t.changes_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    })
}

/// What the overview says: how many figures changed, and the last of the series that stands for the monitor that did.
pub(super) fn said(c: Context<'_>, headline: Option<&Trend>) -> Vec<Block> {
    let Some(before) = &c.release.before else { return Vec::new() };
    let t = c.t;
    let headline = headline.and_then(|trend| Some((trend, super::trends::table(c, trend)?.cube.id())));
    let (mut counts, mut latest) = ([0; 4], None);
    for released in &c.release.cubes {
        let Changed::Same { table, more, gone, hidden, corrections } = compare(before, released) else {
            continue;
        };
        let here = [more, corrections.len(), hidden, gone];
        counts.iter_mut().zip(here).for_each(|(all, n)| *all += n);
        if let Some((trend, _)) = headline.filter(|(_, of)| *of == table.cube.id()) {
            latest = corrected(c, trend, table, &corrections, before);
        }
    }
    let [more, corrected, hidden, gone] = counts.map(|n: usize| c.count(n as u64));
    let values = [
        ("edition", before.edition.as_str()),
        ("more", &more),
        ("corrected", &corrected),
        ("hidden", &hidden),
        ("gone", &gone),
    ];
    let mut blocks = vec![
        Block::Heading { id: "changes".into(), text: t.changes.into() },
        Block::Text(fill(t.changes_said, &values)),
    ];
    blocks.extend(latest.map(Block::Text));
    blocks.push(Block::Links(vec![Link::new("changes.html", t.changes_link)]));
    blocks
}

/// The last point of a series that is not what it was, in a sentence.
fn corrected(
    c: Context<'_>,
    trend: &Trend,
    table: &ReleasedCube,
    corrections: &[Correction],
    before: &Before,
) -> Option<String> {
    let dimensions = table.cube.dimensions();
    let time = table.cube.time()?;
    let of_all = |change: &&Correction| {
        dimensions
            .iter()
            .zip(&change.at)
            .enumerate()
            .all(|(d, (dim, &at))| d == time || dim.total() == Some(at))
    };
    let (old, new, period) = corrections
        .iter()
        .filter(of_all)
        .filter_map(|change| {
            let period = &dimensions[time].categories[change.at[time] as usize].code;
            // The series may be of a part of its table.
            let shown = trend.points.iter().any(|p| p.period == *period && p.count == Some(change.new));
            shown.then_some((change.old?, change.new, period))
        })
        .max_by_key(|(_, _, period)| period.as_str())?;
    let change = number::change(new as f64 / (old as f64).max(1.0), c.language);
    let values = [
        ("title", trend.title.get(c.language)),
        ("period", period),
        ("new", &c.count(new)),
        ("old", &c.count(old)),
        ("edition", &before.edition),
        ("change", &change),
    ];
    Some(fill(c.t.changes_headline, &values))
}

fn table_of(c: Context<'_>, released: &ReleasedCube, corrections: &[Correction]) -> Block {
    let cube = &released.cube;
    let figure = |n: Option<u64>| c.figure(n.map_or(Figure::Hidden, Figure::Count));
    let rows = corrections
        .iter()
        .take(LISTED)
        .map(|change| {
            let at = cube.dimensions().iter().zip(&change.at);
            let words: Vec<String> =
                at.map(|(d, &at)| category_label(&d.categories[at as usize], c.language)).collect();
            vec![Cell::text(words.join(", ")), figure(change.old), figure(Some(change.new))]
        })
        .collect();
    let head = vec![c.t.figure.to_owned(), c.t.changes_before.to_owned(), c.t.changes_now.to_owned()];
    c.table(cube.title().get(c.language), head, rows)
}

/// All corrections of a release as rows: table, codes, and both figures, the first empty where it was not published.
pub(crate) fn rows(c: Context<'_>) -> Vec<Vec<String>> {
    let mut out = vec![["table", "cell", "before", "now"].map(str::to_owned).to_vec()];
    let Some(before) = &c.release.before else { return out };
    for released in &c.release.cubes {
        let Changed::Same { table, corrections, .. } = compare(before, released) else { continue };
        let names = names(table.cube.dimensions());
        for change in corrections {
            let codes = codes(table.cube.dimensions(), &change.at);
            let cell: Vec<String> =
                names.iter().zip(codes).map(|(name, code)| format!("{name}={code}")).collect();
            let old = change.old.map(|n| n.to_string()).unwrap_or_default();
            out.push(vec![table.cube.id().to_owned(), cell.join(";"), old, change.new.to_string()]);
        }
    }
    out
}
