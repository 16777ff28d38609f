//! The report as the JSON that `template.typ` reads.
//!
//! Whatever can be wrong with it is found here, where its place is known.

use serde_json::{Value, json};
use typst::diag::LoadedWithin;
use typst::foundations::Bytes;
use typst::loading::{LoadSource, Loaded};
use typst::syntax::Spanned;
use typst::visualize::SvgImage;

use crate::columns::{Layout, SIDE, UPRIGHT, fitted};
use crate::style::Style;
use crate::words::{markup, plain, text};
use crate::world::Measure;
use crate::{Block, Cell, Chapter, Error, Fact, Figure, Link, Report, Table, Words};

/// The largest that a pixel of a chart becomes, in points: text of 13 px is then 10 pt.
const PIXEL: f64 = 0.75;
/// The tallest that a chart becomes, in points: a caption and a legend go with it on a page.
const TALLEST: f64 = 560.0;

/// Colours of the page, with what they are where the style sheet of the charts does not say.
const COLOURS: [(&str, &str); 12] = [
    ("soft", "#f3f5f7"),
    ("ink", "#1b1f24"),
    ("faint", "#4d5661"),
    ("rule", "#c4cbd3"),
    ("link", "#0b4f8a"),
    ("warn", "#fff4e0"),
    ("warn-edge", "#b35900"),
    ("s0", "#0072b2"),
    ("h1", "#dcebf5"),
    ("h2", "#b3d5ea"),
    ("h3", "#83bbdd"),
    ("h4", "#56a0cf"),
];

/// The JSON of a report.
pub(crate) fn of(report: &Report) -> Result<Value, Error> {
    let maker = Maker { style: Style::read(&report.style)?, measure: Measure::new(), words: &report.words };
    let cover = || "the title page".to_owned();
    let contents = || "the contents".to_owned();
    let colours: serde_json::Map<String, Value> = COLOURS
        .into_iter()
        .map(|(name, other)| {
            let colour = maker.style.colour(&format!("--{name}")).unwrap_or_else(|| other.to_owned());
            (name.to_owned(), Value::String(colour))
        })
        .collect();
    let chapters: Vec<Value> =
        report.chapters.iter().enumerate().map(|(i, c)| maker.chapter(i, c)).collect::<Result<_, _>>()?;
    let date = report.date;
    Ok(json!({
        "language": report.language.tag(),
        // Shown, and read by those who list files.
        "title": filled(&report.title, "its title", cover)?,
        "name": plain(&report.title),
        "running": short(&report.title),
        "subtitle": text(&report.subtitle),
        "edition": text(&report.edition),
        "description": plain(&[report.subtitle.as_str(), report.edition.as_str()].join(" ")),
        "publisher": text(&report.publisher),
        "foot": short(&report.publisher),
        "author": plain(&report.publisher),
        "date": [date.year(), i16::from(date.month()), i16::from(date.day())],
        "licence": text(&report.licence),
        "version": text(&report.version),
        "contents": filled(&report.words.contents, "its heading", contents)?,
        "figure": plain(&report.words.figure),
        "table": plain(&report.words.table),
        "page": plain(&report.words.page),
        "colours": colours,
        "chapters": chapters,
    }))
}

struct Maker<'a> {
    style: Style,
    measure: Measure,
    words: &'a Words,
}

impl Maker<'_> {
    fn chapter(&self, index: usize, chapter: &Chapter) -> Result<Value, Error> {
        let place = || format!("chapter {} “{}”", index + 1, plain(&chapter.title));
        let mut counts = [0, 0];
        let mut headed = false;
        let mut blocks = Vec::new();
        for block in &chapter.blocks {
            let made = match block {
                Block::Figure(figure) => {
                    counts[0] += 1;
                    self.figure(figure, || named(&place(), "figure", counts[0], &figure.finding))?
                }
                Block::Table(table) => {
                    counts[1] += 1;
                    self.table(table, || named(&place(), "table", counts[1], &table.caption))?
                }
                Block::Heading(words) => {
                    headed = true;
                    json!({"kind": "heading", "level": 2, "text": filled(words, "a heading", place)?})
                }
                // No level may be left out.
                Block::Minor(words) => json!({
                    "kind": "heading",
                    "level": if headed { 3 } else { 2 },
                    "text": filled(words, "a heading", place)?,
                }),
                Block::Text(words) => json!({"kind": "text", "text": text(words)}),
                Block::Note(words) => json!({"kind": "note", "text": text(words)}),
                Block::List(items) => {
                    json!({"kind": "list", "items": items.iter().map(|i| text(i)).collect::<Vec<_>>()})
                }
                Block::Warning { title, text: words } => {
                    json!({"kind": "warning", "title": text(title), "text": text(words)})
                }
                Block::Facts(facts) => {
                    json!({"kind": "facts", "facts": facts.iter().map(fact).collect::<Vec<_>>()})
                }
                Block::Terms(terms) => json!({
                    "kind": "terms",
                    "terms": terms.iter().map(|(term, cell)| json!({
                        "term": text(term),
                        "cell": told(cell, &text(&cell.text)),
                    })).collect::<Vec<_>>(),
                }),
                Block::Links(links) => {
                    json!({"kind": "links", "links": links.iter().map(link).collect::<Vec<_>>()})
                }
            };
            blocks.push(made);
        }
        let mut whole = vec![json!({"kind": "title", "text": filled(&chapter.title, "its title", place)?})];
        if !plain(&chapter.lead).is_empty() {
            whole.push(json!({"kind": "lead", "text": text(&chapter.lead)}));
        }
        whole.extend(blocks);
        Ok(json!({"running": short(&chapter.title), "sheets": sheets(whole)}))
    }

    fn figure(&self, figure: &Figure, place: impl Fn() -> String) -> Result<Value, Error> {
        let (svg, width, height) = self.picture(&figure.svg, &place)?;
        let scale = (UPRIGHT / width).min(TALLEST / height).min(PIXEL);
        let alt = figure.alt.trim();
        if alt.is_empty() {
            return Err(Error::Empty { place: place(), what: "what it says to those who do not see it" });
        }
        Ok(json!({
            "kind": "figure",
            "caption": text(&figure.finding),
            "svg": svg,
            "width": width * scale,
            "alt": plain(alt),
            "legend": self.legend(&figure.legend, &place)?,
        }))
    }

    /// The SVG with its colours, and its width and height in pixels.
    fn picture(&self, svg: &str, place: &impl Fn() -> String) -> Result<(String, f64, f64), Error> {
        let broken = |why: &str| Error::Picture { place: place(), why: why.to_owned() };
        let svg = self.style.inlined(&markup(svg)).map_err(broken)?;
        let bytes = Bytes::from_string(svg.clone());
        let image = SvgImage::new(bytes.clone()).map_err(|e| {
            broken(&e.within(&Loaded::new(Spanned::detached(LoadSource::Bytes), bytes)).message)
        })?;
        Ok((svg, image.width(), image.height()))
    }

    fn legend(&self, legend: &[(String, String)], place: &impl Fn() -> String) -> Result<Vec<Value>, Error> {
        legend
            .iter()
            .map(|(svg, word)| Ok(json!({"svg": self.picture(svg, place)?.0, "word": text(word)})))
            .collect()
    }

    fn table(&self, table: &Table, place: impl Fn() -> String) -> Result<Value, Error> {
        let columns = table.head.len();
        if columns == 0 {
            return Err(Error::Empty { place: place(), what: "its head" });
        }
        for (i, row) in table.rows.iter().enumerate() {
            if row.len() != columns {
                return Err(Error::Row { place: place(), row: i + 1, cells: row.len(), columns });
            }
        }
        let Layout { size, side, together, parts } = Layout::of(table, &self.measure);
        let caption = text(&table.caption);
        let parts: Vec<Value> = parts
            .iter()
            .enumerate()
            .map(|(i, part)| {
                let of = |words: &str, at: usize| fitted(words, part.widths[at], size, &self.measure);
                let head: Vec<Value> = (part.columns.iter().enumerate())
                    .map(|(at, &c)| {
                        let number = c > 0 && table.rows.iter().any(|row| row[c].number);
                        json!({"text": of(&table.head[c], at), "number": number})
                    })
                    .collect();
                let rows: Vec<Value> = (table.rows.iter())
                    .map(|row| {
                        let cells: Vec<Value> = (part.columns.iter().enumerate())
                            .map(|(at, &c)| told(&row[c], &of(&row[c].text, at)))
                            .collect();
                        json!({"whole": part.keeps(row, size, &self.measure), "cells": cells})
                    })
                    .collect();
                let again = if i == 0 { String::new() } else { plain(&self.words.continued) };
                json!({"again": again, "widths": part.widths, "head": head, "rows": rows})
            })
            .collect();
        Ok(json!({
            "kind": "table",
            "caption": caption,
            "size": size,
            "side": side,
            "width": if side { SIDE } else { UPRIGHT },
            "together": together,
            "parts": parts,
            "legend": self.legend(&table.legend, &place)?,
        }))
    }
}

/// The blocks of a chapter by how the paper lies. A table that needs the page on its side takes the headings before it
/// along, and the notes and tables behind it that can go with it.
fn sheets(blocks: Vec<Value>) -> Value {
    let kind = |block: &Value, kinds: &[&str]| kinds.iter().any(|k| block["kind"] == *k);
    let mut sheets: Vec<(bool, Vec<Value>)> = Vec::new();
    let mut waiting: Vec<Value> = Vec::new();
    for block in blocks {
        if kind(&block, &["title", "lead", "heading"]) {
            waiting.push(block);
            continue;
        }
        let on_side = sheets.last().is_some_and(|(side, _)| *side) && waiting.is_empty();
        let side = block["side"] == true || (on_side && kind(&block, &["note"]));
        put(&mut sheets, side, waiting.drain(..).chain([block]));
    }
    put(&mut sheets, false, waiting.into_iter());
    sheets.into_iter().map(|(side, blocks)| json!({"side": side, "blocks": blocks})).collect()
}

/// Onto the last sheet, or onto a new one where the paper has to be turned.
fn put(sheets: &mut Vec<(bool, Vec<Value>)>, side: bool, blocks: impl Iterator<Item = Value>) {
    let mut blocks = blocks.peekable();
    if blocks.peek().is_none() {
        return;
    }
    match sheets.last_mut() {
        Some((turned, last)) if *turned == side => last.extend(blocks),
        _ => sheets.push((side, blocks.collect())),
    }
}

/// A cell with the text that it has where it stands.
fn told(cell: &Cell, text: &str) -> Value {
    let spoken = plain(&cell.spoken);
    json!({
        "text": text,
        "spoken": if text.is_empty() { "" } else { spoken.as_str() },
        "number": cell.number,
        "shade": cell.shade.min(4),
        "language": cell.language.map_or("", model::Language::tag),
    })
}

fn fact(fact: &Fact) -> Value {
    json!({"label": text(&fact.label), "value": text(&fact.value), "note": text(&fact.note)})
}

fn link(link: &Link) -> Value {
    let to = link.to.as_deref().map(str::trim).filter(|to| leads_out(to)).unwrap_or("");
    let words = text(&link.text);
    // An address that is its own text is not printed twice.
    let printed = text(to.strip_prefix("mailto:").unwrap_or(to));
    let shown = if words == printed { "" } else { printed.as_str() };
    json!({"text": words, "to": to, "shown": shown})
}

/// Of an address, in bytes; typst follows none above four times that.
const LONGEST_ADDRESS: usize = 2000;

/// Whether an address can be followed from paper and from a file; nothing else becomes a link.
fn leads_out(to: &str) -> bool {
    let known = ["https://", "http://", "mailto:"];
    to.len() <= LONGEST_ADDRESS
        && known.iter().any(|scheme| to.len() > scheme.len() && to.starts_with(scheme))
        && to.chars().all(|c| c.is_ascii_graphic())
}

/// Text for the head or foot of a page, which has one line or two.
fn short(words: &str) -> String {
    const MOST: usize = 90;
    let words = plain(words);
    match words.char_indices().nth(MOST) {
        Some((at, _)) => text(&format!("{}…", words[..at].trim_end())),
        None => text(&words),
    }
}

/// Text that must not be empty.
fn filled(words: &str, what: &'static str, place: impl Fn() -> String) -> Result<String, Error> {
    let words = text(words);
    if words.trim_matches(['\u{200b}', '\u{ad}', '\u{a0}', ' ']).is_empty() {
        return Err(Error::Empty { place: place(), what });
    }
    Ok(words)
}

/// `chapter 2 “Victims”, figure 1 “More were seen”`.
fn named(chapter: &str, kind: &str, number: usize, words: &str) -> String {
    let words = plain(words);
    if words.is_empty() {
        format!("{chapter}, {kind} {number}")
    } else {
        format!("{chapter}, {kind} {number} “{words}”")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_and_of_mail_are_links() {
        for to in ["https://a.nl/x?y=1#z", "http://a.nl", "mailto:a@b.nl"] {
            assert!(leads_out(to), "{to}");
        }
        for to in
            ["", "https://", "javascript:alert(1)", "file:///etc", "methods.html", "https://a b", "https://é"]
        {
            assert!(!leads_out(to), "{to}");
        }
    }

    #[test]
    fn a_table_on_its_side_takes_its_headings_and_notes_along() {
        let block = |kind: &str| json!({"kind": kind, "side": kind == "wide"});
        let check = |kinds: &str, expected: &str| {
            let made = sheets(kinds.split(' ').map(block).collect());
            let sheet = |s: &Value| {
                let kinds: Vec<&str> =
                    s["blocks"].as_array().into_iter().flatten().filter_map(|b| b["kind"].as_str()).collect();
                format!("{}: {}", if s["side"] == true { "side" } else { "upright" }, kinds.join(" "))
            };
            let found: Vec<String> = made.as_array().into_iter().flatten().map(sheet).collect();
            assert_eq!(found.join("; "), expected);
        };
        check(
            "title lead text heading wide note text",
            "upright: title lead text; side: heading wide note; upright: text",
        );
        check("title wide heading wide heading text", "side: title wide heading wide; upright: heading text");
        check("title heading", "upright: title heading");
        check("title text note", "upright: title text note");
    }

    #[test]
    fn an_address_is_printed_once() {
        let of = |words: &str, to: &str| {
            link(&Link { text: words.into(), to: Some(to.into()) })["shown"]
                .as_str()
                .map(|s| s.replace('\u{200b}', ""))
        };
        assert_eq!(of("Data", "https://a.nl").as_deref(), Some("https://a.nl"));
        assert_eq!(of("https://a.nl", "https://a.nl").as_deref(), Some(""));
        assert_eq!(of("a@b.nl", "mailto:a@b.nl").as_deref(), Some(""));
        assert_eq!(of("Data", "x.html").as_deref(), Some(""));
    }
}
