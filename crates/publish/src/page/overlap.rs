//! Who is in which registers: what is shown of a table with a dimension for each of several registers.

use disclosure::ProtectedCube;
use model::{IN, Key, NOT_IN, register_of};

use super::{Block, Cell, Context, finding};
use crate::chart::{self, Intersection};
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::text::{capital, fill};

/// Combinations of registers in one chart: more numbers than these do not fit beside each other.
const COLUMNS: usize = 13;
/// Rows of the table of combinations; all are in the data.
const ROWS: usize = 40;
/// Registers of which all combinations are looked through; of more, only the registers and pairs are shown.
const MOST: usize = 12;

/// The dimensions of `cube` that are of a register each; none where there are fewer than two, or one of them has no total.
pub(super) fn registers(cube: &ProtectedCube) -> Vec<usize> {
    let is = |d: &usize| {
        let dimension = &cube.dimensions()[*d];
        register_of(&dimension.id).is_some()
            && [IN, NOT_IN].iter().all(|code| dimension.position(code).is_some())
            && dimension.total().is_some()
    };
    let found: Vec<usize> = cube.others().into_iter().filter(is).collect();
    if found.len() < 2 { Vec::new() } else { found }
}

/// The name of the register that dimension `d` is of.
pub(super) fn name(c: Context<'_>, cube: &ProtectedCube, d: usize) -> String {
    let code = register_of(&cube.dimensions()[d].id).unwrap_or_default();
    let all = c.release.settings.registers();
    all.into_iter().find(|(register, _)| register == code).map_or_else(
        || dimension_label(&cube.dimensions()[d], c.language),
        |(_, label)| label.get(c.language).to_owned(),
    )
}

/// The key of a place like `home`, with the codes of these registers.
fn place(cube: &ProtectedCube, home: &[u32], codes: impl IntoIterator<Item = (usize, bool)>) -> Key {
    let mut key = home.to_vec();
    for (d, within) in codes {
        key[d] = cube.dimensions()[d].position(if within { IN } else { NOT_IN }).unwrap_or_default();
    }
    key
}

/// The chart of all combinations, the table of them, and that of pairs, in the latest period.
pub(super) fn blocks(c: Context<'_>, cube: &ProtectedCube, registers: &[usize], blocks: &mut Vec<Block>) {
    let t = c.t;
    let home = cube.home();
    let period =
        cube.time().map(|t| category_label(&cube.dimensions()[t].categories[home[t] as usize], c.language));
    let with = |words: &str| match &period {
        Some(period) => format!("{words}, {period}"),
        None => words.to_owned(),
    };
    let names: Vec<String> = registers.iter().map(|&d| name(c, cube, d)).collect();
    blocks.push(Block::Heading { id: "overlap".into(), text: with(t.overlap_head) });

    let mut found = Vec::new();
    if registers.len() <= MOST {
        found = combinations(c, cube, registers, &names, &home);
        let nobody = found.iter().filter(|i| i.figure == Figure::Count(0)).count();
        let hidden = found.iter().filter(|i| i.figure == Figure::Hidden).count();
        found.retain(|i| !matches!(i.figure, Figure::Count(0) | Figure::Missing));
        let sets: Vec<(String, Figure)> = registers
            .iter()
            .zip(&names)
            .map(|(&d, name)| (name.clone(), cube.figure(&place(cube, &home, [(d, true)]))))
            .collect();
        let drawn = &found[..found.len().min(COLUMNS)];
        if !drawn.is_empty() {
            let n = c.count(drawn.len() as u64);
            let description = fill(t.chart_desc_upset, &[("n", &n)]);
            // Whatever the hidden ones are, no other has as many.
            let counts = found[0].figure.count().zip(cube.figure(&home).count());
            let said = counts.and_then(|of| finding::most(c, &found[0].label, of, period.as_deref()));
            let title = format!("{}: {}", cube.title().get(c.language), with(t.overlap_title));
            let legend = if drawn.iter().any(|i| i.figure == Figure::Hidden) {
                vec![(chart::hidden_swatch(), t.hidden_cell.to_owned())]
            } else {
                Vec::new()
            };
            let heads = [t.overlap_sizes, t.overlap_persons];
            blocks.push(c.chart_said("upset", (&title, said), &description, legend, |frame| {
                chart::upset(frame, heads, &sets, drawn)
            }));
        }
        blocks.push(Block::Note(t.overlap_note.into()));
        let values = [
            ("drawn", c.count(drawn.len() as u64)),
            ("hidden", c.count(hidden as u64)),
            ("nobody", c.count(nobody as u64)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        blocks.push(Block::Note(fill(t.overlap_left, &values)));
    }
    if !found.is_empty() {
        let rows =
            found.iter().take(ROWS).map(|i| vec![Cell::text(i.label.clone()), c.figure(i.figure)]).collect();
        let head = vec![t.overlap_persons.to_owned(), capital(t.unit(cube.unit()))];
        blocks.push(c.table(with(&capital(t.overlap_title)), head, rows));
    }
    blocks.push(pairs(c, cube, registers, &names, &home, with(t.overlap_pairs)));
    blocks.push(Block::Note(t.overlap_pairs_note.into()));
}

/// All combinations of registers: those with a count first, from the largest down; then the hidden ones, from few registers to many.
fn combinations(
    c: Context<'_>,
    cube: &ProtectedCube,
    registers: &[usize],
    names: &[String],
    home: &[u32],
) -> Vec<Intersection> {
    let mut out: Vec<Intersection> = (0..1_usize << registers.len())
        .map(|set| {
            let within: Vec<bool> = (0..registers.len()).map(|i| set >> i & 1 == 1).collect();
            let key = place(cube, home, registers.iter().copied().zip(within.iter().copied()));
            let of: Vec<&str> =
                names.iter().zip(&within).filter(|(_, w)| **w).map(|(n, _)| n.as_str()).collect();
            let label = match of[..] {
                [] => c.t.overlap_none.to_owned(),
                [one] => fill(c.t.overlap_only, &[("register", one)]),
                _ => of.join(" + "),
            };
            Intersection { label, within, figure: cube.figure(&key) }
        })
        .collect();
    // Stable: of equal ones those with fewer registers stand first.
    out.sort_by_key(|i| i.within.iter().filter(|w| **w).count());
    out.sort_by_key(|i| match i.figure {
        Figure::Count(n) | Figure::Between(_, n) => (0, std::cmp::Reverse(n)),
        Figure::Hidden => (1, std::cmp::Reverse(0)),
        Figure::Missing => (2, std::cmp::Reverse(0)),
    });
    out
}

/// How many are in both of two registers, whatever others they are in; on the diagonal all of a register.
fn pairs(
    c: Context<'_>,
    cube: &ProtectedCube,
    registers: &[usize],
    names: &[String],
    home: &[u32],
    title: String,
) -> Block {
    let mut head = vec![c.t.overlap_register.to_owned()];
    head.extend(names.iter().cloned());
    let rows = registers
        .iter()
        .zip(names)
        .map(|(&a, name)| {
            let mut row = vec![Cell::text(name.clone())];
            let both = |&b: &usize| c.figure(cube.figure(&place(cube, home, [(a, true), (b, true)])));
            row.extend(registers.iter().map(both));
            row
        })
        .collect();
    c.table(title, head, rows)
}
