//! The page that says what made the release.

use super::{Block, Cell, Context, Page, Term};
use crate::facts::CubeFacts;
use crate::number;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let monitor = &c.release.settings.monitor;
    let term = |term: &str, cell: Cell| Term { term: term.to_owned(), cell };
    let date = number::date(&monitor.reference_date.to_string(), c.language);
    let facts = vec![
        term(t.publisher, Cell::text(monitor.publisher.get(c.language))),
        term(t.vintage, Cell::text(&monitor.edition)),
        term(t.about_date, Cell::text(date)),
        term(t.about_program, Cell::text(format!("zicht {}", c.release.version))),
        term(t.about_settings, Cell::text(format!("monitor.toml, BLAKE3 {}", c.release.settings_hash))),
        term(t.about_seed, Cell::text(monitor.seed.to_string())),
        term(t.about_level, Cell::text(number::percent(monitor.level, c.language))),
        term(t.about_licence, Cell::text(&monitor.licence)),
    ];
    let inputs = c
        .release
        .sources
        .iter()
        .map(|s| {
            let input = s.input.as_ref();
            vec![
                Cell::links(c.source_links(std::slice::from_ref(&s.source.id))),
                Cell::code(input.map_or(&s.source.path, |i| &i.path)),
                Cell::number(
                    input.filter(|_| !s.is_of_persons()).map(|i| c.count(i.bytes)).unwrap_or_default(),
                ),
                Cell::code(input.map(|i| i.blake3.clone()).unwrap_or_default()),
            ]
        })
        .collect();
    let protection = c
        .release
        .cubes
        .iter()
        .map(|r| {
            let (cells, hidden) = (r.cube.cells().count(), r.cube.hidden());
            vec![
                Cell::text(r.cube.title().get(c.language)),
                Cell::number(c.count(cells as u64)),
                Cell::number(c.count(hidden as u64)),
                Cell::number(number::percent(hidden as f64 / cells.max(1) as f64, c.language)),
            ]
        })
        .collect();
    let words = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let blocks = vec![
        Block::Terms(facts),
        Block::Text(t.about_again.into()),
        Block::Heading { id: "inputs".into(), text: t.about_inputs.into() },
        c.table(t.about_inputs, words(&[t.sources_line, t.file, t.bytes, t.blake3]), inputs),
        Block::Heading { id: "protection".into(), text: t.about_protection.into() },
        c.table(
            t.about_protection,
            words(&[t.downloads_table, t.about_cells, t.about_hidden, t.about_share]),
            protection,
        ),
        Block::Text(super::overview::attack(c)),
        Block::Heading { id: "accessibility".into(), text: t.about_access.into() },
        Block::Text(t.about_access_text.into()),
    ];
    Page {
        name: "about".into(),
        title: t.about.into(),
        lead: t.about_lead.into(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}
