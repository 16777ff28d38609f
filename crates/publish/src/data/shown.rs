//! The tables of the pages that are of no single cube, as they are shown: so that no number of the site has to be copied from it.

use model::Language;

use super::results::{Rows, header};
use crate::Release;
use crate::page::{Block, Cell, Context, Page, Table, results};
use crate::text::texts;

/// Every number in the tables and key figures of these pages: where it stands in words, as it is written, and what it is.
pub(super) fn rows(release: &Release<'_>) -> Rows {
    let mut out = header(&[
        "page",
        "table_en",
        "table_nl",
        "row_en",
        "row_nl",
        "column_en",
        "column_nl",
        "text_en",
        "text_nl",
        "value",
        "lower",
        "upper",
        "unit",
    ]);
    let pages = |language| results(Context { release, language, t: texts(language) });
    for (en, nl) in pages(Language::En).iter().zip(&pages(Language::Nl)) {
        for (one, other) in en.blocks.iter().zip(&nl.blocks) {
            match (one, other) {
                (Block::Table(one), Block::Table(other)) => of_table(en, one, other, &mut out),
                (Block::Facts(facts), Block::Facts(others)) => {
                    for (a, b) in facts.iter().zip(others) {
                        let words = ["", "", &a.label, &b.label, &a.note, &b.note];
                        out.push(row(en, words, &a.value, &b.value));
                    }
                }
                _ => {}
            }
        }
    }
    out
}

fn of_table(page: &Page, en: &Table, nl: &Table, out: &mut Rows) {
    for (a, b) in en.rows.iter().zip(&nl.rows) {
        let (Some(name), Some(naam)) = (a.first(), b.first()) else { continue };
        let (name, naam) = (words(name), words(naam));
        for (i, (x, y)) in a.iter().zip(b).enumerate().skip(1) {
            if !x.class.starts_with('n') || !x.sign.is_empty() {
                continue;
            }
            let head = |table: &Table| table.head.get(i).cloned().unwrap_or_default();
            let (column, kolom) = (head(en), head(nl));
            let words = [&en.caption, &nl.caption, &name, &naam, &column, &kolom].map(String::as_str);
            out.push(row(page, words, &x.text, &y.text));
        }
    }
}

fn words(cell: &Cell) -> String {
    if cell.links.is_empty() {
        return cell.text.clone();
    }
    cell.links.iter().map(|link| link.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn row(page: &Page, words: [&str; 6], en: &str, nl: &str) -> Vec<String> {
    let [value, lower, upper, unit] = figures(en);
    let mut out = vec![page.name.clone()];
    out.extend(words.map(str::to_owned));
    out.extend([en.to_owned(), nl.to_owned(), value, lower, upper, unit]);
    out
}

/// Value, bounds and unit of an English text that is a number or a range of two; empty where it is neither.
fn figures(text: &str) -> [String; 4] {
    let none = String::new;
    let one = |text: &str| -> Option<(String, &str)> {
        let plain = text.trim();
        let (digits, unit) = plain.strip_suffix('%').map_or((plain, ""), |digits| (digits, "%"));
        let digits = digits.replace(',', "").replace('\u{2212}', "-");
        digits
            .parse::<f64>()
            .is_ok_and(f64::is_finite)
            .then(|| (digits.trim_start_matches('+').to_owned(), unit))
    };
    if let Some((value, unit)) = one(text) {
        return [value, none(), none(), unit.to_owned()];
    }
    match text.split_once(" to ").and_then(|(low, high)| one(low).zip(one(high))) {
        Some(((low, _), (high, unit))) => [none(), low, high, unit.to_owned()],
        None => [none(), none(), none(), none()],
    }
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let read = |text: &str| figures(text).join("|");
        assert_eq!(read("1,334"), "1334|||");
        assert_eq!(read("\u{2212}0.8%"), "-0.8|||%");
        assert_eq!(read("+115%"), "115|||%");
        assert_eq!(read("6.1% to 8.9%"), "|6.1|8.9|%");
        assert_eq!(read("1,334 (2020)"), "|||");
        assert_eq!(read("inf"), "|||");
    }
}
