//! The page for young people: what exploitation is, how it starts, what the figures say of their age, and who helps.
//!
//! Sentences are short and words are common (level B1); a test measures it. Help lines come from the settings and are
//! never made up.

use model::{HelpLine, Unit};

use super::{Block, Context, Link, Page, withheld};
use crate::facts::{CubeFacts, Figure, category_label, top_level};
use crate::release::ReleasedCube;
use crate::text::fill;

/// The oldest that this page is for.
const YOUNG: u32 = 24;

/// The page, if the settings ask for it.
pub(super) fn page(c: Context<'_>) -> Option<Page> {
    let settings = c.release.settings.young.as_ref()?;
    let t = c.t;
    let heading = |id: &str, text: &str| Block::Heading { id: id.into(), text: text.into() };
    let mut blocks = vec![
        heading("what", t.young_what_head),
        Block::Text(t.young_what_1.into()),
        Block::Text(t.young_what_2.into()),
        heading("how", t.young_how_head),
        Block::Text(t.young_how_1.into()),
        Block::Text(t.young_how_2.into()),
        heading("signs", t.young_signs_head),
        Block::List(
            [t.young_sign_1, t.young_sign_2, t.young_sign_3, t.young_sign_4, t.young_sign_5]
                .map(str::to_owned)
                .to_vec(),
        ),
        heading("help", t.young_help_head),
        Block::Text(t.young_help_text.into()),
    ];
    blocks.extend(settings.help.iter().enumerate().flat_map(|(i, help)| line(c, i, help)));
    let said = figures(c);
    let mut inputs = Vec::new();
    if let Some((sentences, released)) = said {
        blocks.push(heading("figures", t.young_figures_head));
        blocks.extend(sentences.into_iter().map(Block::Text));
        if c.release.estimates.iter().any(|e| !withheld(c, e)) {
            blocks.push(Block::Text(t.young_more.into()));
        }
        blocks.push(Block::Links(vec![Link::new(super::cube::address(&released.cube), t.young_table)]));
        inputs.clone_from(&released.inputs);
    }
    blocks.push(heading("leave", t.young_leave_head));
    blocks.push(Block::Text(t.young_leave_text.into()));
    Some(Page {
        name: "young".into(),
        title: t.young.into(),
        lead: t.young_lead.into(),
        blocks,
        inputs,
        exit: Some(settings.exit.clone()),
    })
}

/// A help line: what it does, its number and its address.
fn line(c: Context<'_>, i: usize, help: &HelpLine) -> [Block; 3] {
    let mut links = Vec::new();
    if !help.phone.is_empty() {
        let number: String = help.phone.chars().filter(|ch| ch.is_ascii_digit() || *ch == '+').collect();
        links.push(Link::new(format!("tel:{number}"), fill(c.t.young_call, &[("phone", &help.phone)])));
    }
    if !help.web.is_empty() {
        let shown = help.web.trim_start_matches("https://").trim_end_matches('/');
        links.push(Link::new(help.web.clone(), shown));
    }
    [
        Block::Minor { id: format!("help-{}", i + 1), text: help.name.get(c.language).to_owned() },
        Block::Text(help.text.get(c.language).to_owned()),
        Block::Links(links),
    ]
}

/// What a table of persons by age says of young people, in sentences, and the table.
fn figures(c: Context<'_>) -> Option<(Vec<String>, &ReleasedCube)> {
    let persons =
        c.release.cubes.iter().filter(|r| r.cube.unit() == Unit::Persons && r.cube.time().is_some());
    // Of several the one with the fewest dimensions beside age: it says it most plainly.
    let mut found: Vec<(usize, Vec<String>, &ReleasedCube)> =
        persons.filter_map(|r| Some((r.cube.dimensions().len(), of_table(c, r)?, r))).collect();
    found.sort_by_key(|(dimensions, ..)| *dimensions);
    found.into_iter().next().map(|(_, sentences, released)| (sentences, released))
}

fn of_table(c: Context<'_>, released: &ReleasedCube) -> Option<Vec<String>> {
    let cube = &released.cube;
    let age = cube.dimensions().iter().position(|d| d.id == "age" || d.id.starts_with("age:"))?;
    let dimension = &cube.dimensions()[age];
    let home = cube.home();
    let Figure::Count(total) = cube.figure(&home) else { return None };
    let year = &cube.dimensions()[cube.time()?].categories[home[cube.time()?] as usize].code;
    let mut sentences = Vec::new();
    for at in top_level(dimension) {
        let category = &dimension.categories[at as usize];
        if !is_young(&category.code) {
            continue;
        }
        let mut key = home.clone();
        key[age] = at;
        // A figure that is hidden is not spoken of.
        let Figure::Count(count) = cube.figure(&key) else { continue };
        if count == 0 || total == 0 {
            continue;
        }
        sentences.push(fill(
            c.t.young_figure,
            &[
                ("year", year),
                ("count", &c.count(count)),
                ("total", &c.count(total)),
                ("group", &category_label(category, c.language).to_lowercase()),
            ],
        ));
    }
    (!sentences.is_empty()).then_some(sentences)
}

/// Whether all of an age group are young: `0-17`, `18-24`.
fn is_young(code: &str) -> bool {
    code.split_once('-').and_then(|(_, last)| last.parse::<u32>().ok()).is_some_and(|last| last <= YOUNG)
}
