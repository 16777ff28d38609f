//! How wide the columns of a table are, and on what paper.
//!
//! Nothing may be cut off: where the columns do not fit at full size, the letters become smaller, then the page
//! lies on its side, and at last the table is split into parts below each other, each with the first column.

use crate::words::{broken, plain};
use crate::world::Measure;
use crate::{Cell, Table};

/// Width of the text on an upright A4 page, in points: 210 mm less margins of 20 mm.
pub(crate) const UPRIGHT: f64 = 170.0 * POINTS;
/// The same of a page on its side.
pub(crate) const SIDE: f64 = 257.0 * POINTS;
/// Points in a millimetre.
const POINTS: f64 = 72.0 / 25.4;

/// Sizes of letters, from that which is wanted to the least.
const SIZES: [f64; 5] = [9.0, 8.5, 8.0, 7.5, 7.0];
/// Size of the letters of a table that is split.
const SPLIT: f64 = 8.0;
/// Space at both sides of a cell together, in em.
pub(crate) const PADDING: f64 = 1.1;
/// What a word is given at most before it must break, in em.
const WORD: f64 = 9.0;
/// A number that is wider than this is broken as words are, in em.
const NUMBER: f64 = 13.0;
/// What a column with more than a few words is given at least, in em.
const WORDS: f64 = 8.0;
/// Lines of a table, or of a row, that is kept on one page.
const TOGETHER: usize = 16;

/// A table as it fits on pages.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    /// Size of the letters, in points.
    pub(crate) size: f64,
    /// Whether the page lies on its side.
    pub(crate) side: bool,
    /// Whether it is so short that it is kept on one page.
    pub(crate) together: bool,
    /// One for each table that it is split into.
    pub(crate) parts: Vec<Part>,
}

/// Columns that stand beside each other.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// Which columns, the first one first.
    pub(crate) columns: Vec<usize>,
    /// How wide each is with its padding, in points.
    pub(crate) widths: Vec<f64>,
}

/// What a column needs and what it would like to have, in em.
#[derive(Debug, Clone, Copy)]
struct Need {
    least: f64,
    wish: f64,
}

impl Layout {
    pub(crate) fn of(table: &Table, measure: &Measure) -> Self {
        let needs: Vec<Need> = (0..table.head.len()).map(|c| need(table, c, measure)).collect();
        let all: Vec<usize> = (0..needs.len()).collect();
        let least: f64 = needs.iter().map(|n| n.least).sum();
        let fits = |width: f64| SIZES.into_iter().find(|size| least * size <= width);
        let (size, side) = match (fits(UPRIGHT), fits(SIDE)) {
            (Some(size), _) => (size, false),
            (None, Some(size)) => (size, true),
            (None, None) => (SPLIT, false),
        };
        let width = if side { SIDE } else { UPRIGHT };
        let parts: Vec<Part> = split(&needs, all, width / size)
            .into_iter()
            .map(|columns| Part { widths: widths(&needs, &columns, width / size, size), columns })
            .collect();
        let together = parts.iter().all(|part| lines(table, part, size, measure) <= TOGETHER);
        Layout { size, side, together, parts }
    }
}

/// What column `c` needs.
fn need(table: &Table, c: usize, measure: &Measure) -> Need {
    let longest = |text: &str| text.split([' ', '\u{ad}']).map(|w| measure.width(w)).fold(0.0, f64::max);
    let mut need = Need { least: 2.0, wish: 2.0 };
    let mut add = |text: &str, number: bool| {
        let whole = measure.width(text);
        let least =
            if number && whole <= NUMBER { whole } else { longest(text).min(WORD).max(whole.min(WORDS)) };
        need.least = need.least.max(least);
        need.wish = need.wish.max(whole);
    };
    // A name may break where its numbers do not.
    let name = plain(&table.head[c]);
    let of_name = longest(&name).min(WORD);
    for cell in table.rows.iter().filter_map(|row| row.get(c)) {
        add(&plain(&cell.text), cell.number);
    }
    need.least = need.least.max(of_name) + PADDING;
    need.wish = need.wish.max(of_name).max(measure.width(&name).min(2.0 * WORD)) + PADDING;
    need
}

/// Which columns stand together, so that none is wider than `width` and all are about as wide.
fn split(needs: &[Need], all: Vec<usize>, width: f64) -> Vec<Vec<usize>> {
    let of = |c: usize| needs[c].least;
    if all.iter().map(|&c| of(c)).sum::<f64>() <= width {
        return vec![all];
    }
    let packed = |width: f64| {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut used = f64::INFINITY;
        for &c in all.iter().skip(1) {
            if used + of(c) > width {
                parts.push(vec![0]);
                used = of(0);
            }
            if let Some(part) = parts.last_mut() {
                part.push(c);
                used += of(c);
            }
        }
        parts
    };
    let parts = packed(width);
    let others: f64 = all.iter().skip(1).map(|&c| of(c)).sum();
    let widest = all.iter().skip(1).map(|&c| of(c)).fold(0.0, f64::max);
    let even = packed((of(0) + others / parts.len() as f64 + widest / 2.0).min(width));
    if even.len() == parts.len() { even } else { parts }
}

/// Widths in points: what columns wish if there is room, else what they need and a share of the rest.
fn widths(needs: &[Need], columns: &[usize], width: f64, size: f64) -> Vec<f64> {
    let sum = |of: fn(&Need) -> f64| columns.iter().map(|&c| of(&needs[c])).sum::<f64>();
    let (least, wish) = (sum(|n| n.least), sum(|n| n.wish));
    let share = if wish > least { ((width - least) / (wish - least)).clamp(0.0, 1.0) } else { 0.0 };
    columns
        .iter()
        .map(|&c| {
            let Need { least, wish } = needs[c];
            // Hundredths, so that no rounding in between makes a line too long.
            ((least + (wish - least) * share) * size * 100.0).floor() / 100.0
        })
        .collect()
}

/// About how many lines a part has, head and all.
fn lines(table: &Table, part: &Part, size: f64, measure: &Measure) -> usize {
    let head: Vec<&str> = table.head.iter().map(String::as_str).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect());
    std::iter::once(head).chain(rows).map(|row| part.lines_of(&row, size, measure)).sum()
}

impl Part {
    /// About how many lines a row of all columns has in this part.
    fn lines_of(&self, row: &[&str], size: f64, measure: &Measure) -> usize {
        let columns = self.columns.iter().zip(&self.widths);
        let lines = columns.filter_map(|(&c, width)| {
            let room = (width / size - PADDING).max(1.0);
            row.get(c).map(|text| (measure.width(text) * 1.15 / room).ceil().max(1.0) as usize)
        });
        lines.max().unwrap_or(1)
    }

    /// Whether a row is so short that it is kept on one page.
    pub(crate) fn keeps(&self, row: &[Cell], size: f64, measure: &Measure) -> bool {
        let texts: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
        self.lines_of(&texts, size, measure) <= TOGETHER
    }
}

/// The text of a cell that is `width` points wide, with places to break in words that are wider.
pub(crate) fn fitted(text: &str, width: f64, size: f64, measure: &Measure) -> String {
    let text = plain(text);
    let room = (width / size - PADDING).max(1.0);
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            let wide = measure.width(word);
            if wide <= room * 1.001 {
                return word.to_owned();
            }
            let characters = word.chars().count() as f64;
            // Letters differ in width, so somewhat fewer than would fit on average.
            broken(word, (characters * room / wide * 0.8) as usize)
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: usize, text: &str, number: bool) -> Table {
        let cell = Cell { text: text.into(), number, ..Cell::default() };
        Table {
            caption: String::new(),
            head: (0..columns).map(|c| format!("{}", 2000 + c)).collect(),
            rows: vec![vec![cell; columns]; 3],
            legend: Vec::new(),
        }
    }

    fn layout(table: &Table) -> Layout {
        let layout = Layout::of(table, &Measure::new());
        let width = if layout.side { SIDE } else { UPRIGHT };
        for part in &layout.parts {
            assert_eq!(part.columns.len(), part.widths.len());
            assert_eq!(part.columns[0], 0);
            assert!(part.widths.iter().sum::<f64>() <= width, "{part:?}");
        }
        layout
    }

    #[test]
    fn few_columns_stand_upright_at_full_size() {
        let layout = layout(&table(5, "1,334", true));
        assert_eq!((layout.size, layout.side, layout.parts.len(), layout.together), (9.0, false, 1, true));
    }

    #[test]
    fn more_columns_are_smaller_and_then_lie_on_their_side() {
        assert!(layout(&table(18, "1,334", true)).size < 9.0);
        assert!(!layout(&table(18, "1,334", true)).side);
        assert!(layout(&table(25, "1,334", true)).side);
    }

    #[test]
    fn too_many_columns_are_split_and_none_is_lost() {
        let layout = layout(&table(90, "1,334", true));
        assert!(!layout.side && layout.parts.len() > 1);
        let lengths: Vec<usize> = layout.parts.iter().map(|p| p.columns.len()).collect();
        assert!(lengths.iter().max() <= lengths.iter().min().map(|n| n + 2).as_ref(), "{lengths:?}");
        let mut columns: Vec<usize> =
            layout.parts.iter().flat_map(|p| p.columns.iter().copied().skip(1)).collect();
        columns.sort_unstable();
        assert_eq!(columns, (1..90).collect::<Vec<_>>());
    }

    #[test]
    fn long_words_never_need_more_than_the_page() {
        for n in [1, 2, 3, 40] {
            layout(&table(n, &"x".repeat(500), true));
            layout(&table(n, &"many words ".repeat(50), false));
        }
    }

    #[test]
    fn words_that_are_wider_than_their_column_may_break() {
        let measure = Measure::new();
        assert_eq!(fitted("seksuele uitbuiting", 100.0, 9.0, &measure), "seksuele uitbuiting");
        assert!(fitted(&"W".repeat(30), 100.0, 9.0, &measure).contains('\u{200b}'));
    }
}
