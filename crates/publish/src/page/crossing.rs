//! Tables of two dimensions in the latest period that has them, and what is drawn of them.

use disclosure::ProtectedCube;
use model::{Key, Role};

use super::{Block, Cell, Context, drawn, finding};
use crate::chart;
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::text::fill;

/// Columns of one table; more do not read.
const COLUMNS: usize = 12;
/// Rows of one table.
const ROWS: usize = 60;
/// Tables in which two dimensions cross, on one page.
const CROSSINGS: usize = 3;
/// Classes of a shaded table, the lowest of which has no shade.
const CLASSES: [&str; 5] = ["n", "n h1", "n h2", "n h3", "n h4"];
/// Cells below which a table is read as fast without shades.
const SHADED: usize = 12;

/// Two dimensions of a cube, the longer one down, the others at their totals and in the latest period that has figures to cross.
pub(super) struct Crossing<'a> {
    pub(super) cube: &'a ProtectedCube,
    pub(super) down: usize,
    pub(super) across: usize,
    /// The place of the totals.
    pub(super) home: Key,
    pub(super) rows: Vec<u32>,
    pub(super) columns: Vec<u32>,
}

impl<'a> Crossing<'a> {
    /// In the last period that has figures to cross; none where there is no such period.
    fn new(cube: &'a ProtectedCube, down: usize, across: usize) -> Option<Self> {
        let all = |d: usize| 0..cube.dimensions()[d].categories.len() as u32;
        let at = |home: Key| {
            let mut out = Crossing { cube, down, across, home, rows: Vec::new(), columns: Vec::new() };
            out.rows =
                all(down).filter(|&r| all(across).any(|k| out.figure(r, k) != Figure::Missing)).collect();
            let any = |k: u32| out.rows.iter().any(|&r| out.figure(r, k) != Figure::Missing);
            out.columns = all(across).filter(|&k| any(k)).collect();
            out.crosses().then_some(out)
        };
        let home = cube.home();
        let Some(time) = cube.time() else { return at(home) };
        (0..=home[time]).rev().find_map(|period| {
            let mut home = home.clone();
            home[time] = period;
            at(home)
        })
    }

    /// Whether two rows and two columns have figures that are in no total: totals alone stand elsewhere.
    fn crosses(&self) -> bool {
        let has = |r: u32, k: u32| self.is_part(r, k) && self.figure(r, k) != Figure::Missing;
        let rows = self.rows.iter().filter(|&&r| self.columns.iter().any(|&k| has(r, k)));
        let columns = self.columns.iter().filter(|&&k| self.rows.iter().any(|&r| has(r, k)));
        rows.count() > 1 && columns.count() > 1
    }

    /// Whether a place is in no total: the shade of a total would outdo all others.
    fn is_part(&self, row: u32, column: u32) -> bool {
        let total = |d: usize| self.cube.dimensions()[d].total();
        total(self.down) != Some(row) && total(self.across) != Some(column)
    }

    /// The key of a place in it.
    pub(super) fn key(&self, row: u32, column: u32) -> Key {
        let mut key = self.home.clone();
        (key[self.down], key[self.across]) = (row, column);
        key
    }

    pub(super) fn figure(&self, row: u32, column: u32) -> Figure {
        self.cube.figure(&self.key(row, column))
    }

    pub(super) fn label(&self, c: Context<'_>, d: usize, category: u32) -> String {
        category_label(&self.cube.dimensions()[d].categories[category as usize], c.language)
    }

    /// A sentence on the period that is drawn: what the figures along `d` say, see [`finding`].
    pub(super) fn said(&self, c: Context<'_>, d: usize, key: &[u32]) -> Option<String> {
        let mut key = key.to_vec();
        key[d] = self.cube.dimensions()[d].total()?;
        finding::at(c, self.cube, d, &key)
    }

    fn title(&self, c: Context<'_>) -> String {
        let name = |d: usize| dimension_label(&self.cube.dimensions()[d], c.language);
        let (a, b) = (name(self.down), name(self.across).to_lowercase());
        match self.cube.time() {
            Some(t) => {
                let period = self.label(c, t, self.home[t]);
                fill(c.t.cross_section, &[("a", &a), ("b", &b), ("period", &period)])
            }
            None => fill(c.t.cross_section_notime, &[("a", &a), ("b", &b)]),
        }
    }
}

/// All that is shown of two dimensions at once, where both are small enough to read.
pub(super) fn all(c: Context<'_>, cube: &ProtectedCube, blocks: &mut Vec<Block>) {
    let others: Vec<usize> =
        cube.others().into_iter().filter(|&d| cube.dimensions()[d].role == Role::Breakdown).collect();
    // Without a total a third dimension would have to be cut somewhere, and the title not say so.
    let whole = |a: usize, b: usize| {
        cube.others().into_iter().all(|d| d == a || d == b || cube.dimensions()[d].total().is_some())
    };
    let mut done = 0;
    for (i, &a) in others.iter().enumerate() {
        for &b in &others[i + 1..] {
            // The longer one goes down.
            let longer = |d: usize| cube.dimensions()[d].categories.len();
            let (down, across) = if longer(a) >= longer(b) { (a, b) } else { (b, a) };
            // Pairs of registers stand in a table of their own.
            let pair = [a, b].iter().all(|&d| model::register_of(&cube.dimensions()[d].id).is_some());
            if pair || done == CROSSINGS || !whole(a, b) || longer(across) > COLUMNS || longer(down) > ROWS {
                continue;
            }
            let Some(crossing) = Crossing::new(cube, down, across) else { continue };
            one(c, &crossing, blocks);
            done += 1;
        }
    }
}

fn one(c: Context<'_>, crossing: &Crossing<'_>, blocks: &mut Vec<Block>) {
    let Crossing { cube, down, across, .. } = *crossing;
    let title = crossing.title(c);
    let whole = format!("{}: {title}", cube.title().get(c.language));
    blocks.push(Block::Heading { id: format!("cross-{down}-{across}"), text: title });
    blocks.extend(drawn::pyramid(c, crossing, &whole));
    blocks.extend(drawn::flows(c, crossing, &whole));
    let shades = shades(crossing);
    let mut head = vec![dimension_label(&cube.dimensions()[down], c.language)];
    head.extend(crossing.columns.iter().map(|&k| crossing.label(c, across, k)));
    let body = crossing
        .rows
        .iter()
        .map(|&r| {
            let mut row = vec![Cell::text(crossing.label(c, down, r))];
            row.extend(crossing.columns.iter().map(|&k| {
                let cell = c.figure(crossing.figure(r, k));
                match crossing.figure(r, k) {
                    Figure::Count(n) if crossing.is_part(r, k) => {
                        Cell { class: CLASSES[shades.partition_point(|least| *least <= n)], ..cell }
                    }
                    _ => cell,
                }
            }));
            row
        })
        .collect();
    let mut table = c.table(whole, head, body);
    if let (Block::Table(table), false) = (&mut table, shades.is_empty()) {
        table.legend = legend(c, &shades);
    }
    blocks.push(table);
    if !shades.is_empty() {
        blocks.push(Block::Note(c.t.heat_note.into()));
    }
}

/// The least count of each shade, rising; none where the table is small, or its counts are much alike.
///
/// They are round numbers (1, 2 or 5 times a power of ten) between the published counts, an equal number
/// of steps apart, so that a few large counts do not leave all others in one shade.
fn shades(crossing: &Crossing<'_>) -> Vec<u64> {
    let Crossing { cube, down, across, .. } = *crossing;
    let parts = |all: &[u32], d: usize| {
        all.iter().copied().filter(|&k| cube.dimensions()[d].total() != Some(k)).collect::<Vec<u32>>()
    };
    let (rows, columns) = (parts(&crossing.rows, down), parts(&crossing.columns, across));
    if rows.len() < 3 || columns.len() < 3 || rows.len() * columns.len() < SHADED {
        return Vec::new();
    }
    let counts = rows.iter().flat_map(|&r| columns.iter().map(move |&k| (r, k)));
    classes(counts.filter_map(|(r, k)| crossing.figure(r, k).count()))
}

/// See [`shades`].
fn classes(counts: impl Iterator<Item = u64>) -> Vec<u64> {
    let counts: Vec<u64> = counts.filter(|n| *n > 0).collect();
    let (Some(&low), Some(&high)) = (counts.iter().min(), counts.iter().max()) else { return Vec::new() };
    let powers = std::iter::successors(Some(1_u64), |p| p.checked_mul(10));
    let round = powers.flat_map(|p| [1, 2, 5].map(|m| p.saturating_mul(m)));
    let steps: Vec<u64> = round.skip_while(|n| *n <= low).take_while(|n| *n <= high).collect();
    let most = CLASSES.len() - 1;
    if steps.len() <= most {
        return if steps.len() < 2 { Vec::new() } else { steps };
    }
    // The last step is the largest; the others lie evenly below it.
    (1..=most).map(|i| steps[(i * steps.len()).div_ceil(most) - 1]).collect()
}

/// Each shade with the counts that it stands for.
fn legend(c: Context<'_>, shades: &[u64]) -> Vec<(String, String)> {
    let words = |k: usize| match (k.checked_sub(1).map(|i| shades[i]), shades.get(k)) {
        (Some(least), Some(next)) => c.range(&c.count(least), &c.count(next - 1)),
        (Some(least), None) => fill(c.t.heat_from, &[("n", &c.count(least))]),
        (None, next) => fill(c.t.heat_below, &[("n", &c.count(next.copied().unwrap_or_default()))]),
    };
    (0..=shades.len()).map(|k| (chart::shade(k), words(k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_are_round_numbers_between_the_counts() {
        assert_eq!(classes([3, 900, 41, 250].into_iter()), [10, 50, 200, 500]);
        assert_eq!(classes([0, 12, 14, 31].into_iter()), Vec::<u64>::new(), "they are much alike");
        assert_eq!(classes([0, 12, 14, 61].into_iter()), [20, 50]);
        assert_eq!(classes(std::iter::empty()), Vec::<u64>::new());
        assert_eq!(classes([1, u64::MAX].into_iter()).len(), 4);
    }
}
