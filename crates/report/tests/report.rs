//! What a report promises to who calls for it. What is in the PDF is checked with a reader of others, by
//! `tools/validators/check_report.py`, on the files that these tests leave in the folder `tmp` of the target.

mod sample;

use std::path::Path;

use model::Language;
use proptest::prelude::*;
use report::{Block, Chapter, Error, Report, pdf};
use sample::{blocks, chart, empty, full, table};

fn made(report: &Report) -> Vec<u8> {
    match pdf(report) {
        Ok(bytes) => bytes,
        Err(e) => panic!("{e}"),
    }
}

fn with(blocks: Vec<Block>) -> Report {
    let chapter = Chapter { title: "Victims".into(), lead: String::new(), blocks };
    Report { chapters: vec![chapter], ..empty(Language::En) }
}

fn keep(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

fn occurs(bytes: &[u8], what: &str) -> usize {
    bytes.windows(what.len()).filter(|w| *w == what.as_bytes()).count()
}

#[test]
fn every_kind_of_block_is_set_in_both_languages() {
    for language in Language::ALL {
        let bytes = made(&full(language));
        assert!(bytes.starts_with(b"%PDF-1.7"));
        keep(&format!("report-{}.pdf", language.tag()), &bytes);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes_with_any_number_of_threads() {
    let report = full(Language::En);
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap_or_else(|e| panic!("{e}")).install(|| made(&report))
    };
    let first = by(1);
    assert!(first == by(1) && first == by(4));
}

#[test]
fn a_report_without_chapters_is_a_title_page() {
    let bytes = made(&empty(Language::Nl));
    keep("report-empty.pdf", &bytes);
    let bare = Report {
        subtitle: String::new(),
        edition: String::new(),
        publisher: String::new(),
        licence: String::new(),
        version: String::new(),
        style: String::new(),
        ..empty(Language::En)
    };
    made(&bare);
}

#[test]
fn blocks_without_anything_in_them_are_set() {
    made(&with(vec![
        Block::Text(String::new()),
        Block::Note(String::new()),
        Block::List(Vec::new()),
        Block::List(vec![String::new()]),
        Block::Warning { title: String::new(), text: String::new() },
        Block::Facts(Vec::new()),
        Block::Terms(Vec::new()),
        Block::Terms(vec![(String::new(), sample::text(""))]),
        Block::Links(Vec::new()),
        Block::Table(table("", 1, 0)),
        Block::Table(table("", 3, 2)),
        chart("", sample::LINES),
    ]));
}

#[test]
fn tables_of_any_size_are_set() {
    for (columns, rows) in [(1, 1), (2, 300), (30, 40), (120, 2)] {
        made(&with(vec![Block::Table(table("A table", columns, rows))]));
    }
}

/// Longer than a page: titles, cells, captions, notes, addresses.
#[test]
fn texts_of_any_length_are_set() {
    let long = "words that go on and on ".repeat(400);
    let mut wide = table(&long, 3, 2);
    wide.rows[0][1] = sample::text(long.clone());
    let mut all = blocks();
    for block in &mut all {
        match block {
            Block::Heading(t) | Block::Minor(t) | Block::Text(t) | Block::Note(t) => t.clone_from(&long),
            Block::Facts(facts) => facts.iter_mut().for_each(|fact| fact.note.clone_from(&long)),
            Block::Figure(figure) => figure.finding.clone_from(&long),
            Block::Warning { text, .. } => text.clone_from(&long),
            _ => {}
        }
    }
    all.push(Block::Table(wide));
    let report = Report { title: long.clone(), publisher: "x".repeat(5000), ..with(all) };
    keep("report-lengthy.pdf", &made(&report));
}

/// What is wrong is named with its place.
#[test]
fn mistakes_are_named_with_their_place() {
    let check = |blocks: Vec<Block>, expected: &str| {
        let message = pdf(&with(blocks)).map_or_else(|e| e.to_string(), |_| "a PDF".into());
        assert!(message.contains(expected), "{message}\nhas not: {expected}");
    };
    let place = "chapter 1 “Victims”, figure 2 “Fewer”: ";
    let charts = |svg: &str| vec![chart("First", sample::LINES), chart("Fewer", svg)];
    check(charts("no picture"), &format!("{place}the SVG cannot be read: it has no element svg"));
    check(
        charts("<svg viewBox=\"0 0 1 1\"><g></svg>"),
        &format!("{place}the SVG cannot be read: failed to parse SVG"),
    );
    check(charts("<svg width=\"0\" height=\"1\"></svg>"), &format!("{place}the SVG cannot be read: "));

    let mut silent = vec![chart("Fewer", sample::LINES)];
    if let Block::Figure(figure) = &mut silent[0] {
        figure.alt = " \n".into();
    }
    check(silent, "figure 1 “Fewer”: what it says to those who do not see it is empty");

    let mut short = table("Forms", 4, 3);
    short.rows[1].pop();
    check(vec![Block::Table(short)], "table 1 “Forms”: row 2 has 3 cells, and the table 4 columns");
    let mut headless = table("Forms", 1, 0);
    headless.head.clear();
    check(vec![Block::Table(headless)], "table 1 “Forms”: its head is empty");
    check(vec![Block::Heading("\u{200b} ".into())], "chapter 1 “Victims”: a heading is empty");

    let nameless = Report { title: " ".into(), ..empty(Language::En) };
    assert!(matches!(pdf(&nameless), Err(Error::Empty { what: "its title", .. })));
    let colourless = Report { style: "svg .a { fill: var(--no) }".into(), ..empty(Language::En) };
    assert!(matches!(pdf(&colourless), Err(Error::Style(_))));
    let ancient = Report { date: jiff::civil::date(-44, 3, 15), ..empty(Language::En) };
    assert!(matches!(pdf(&ancient), Err(Error::Date(_))));
}

#[test]
fn the_document_says_whose_it_is_and_in_which_language() {
    let bytes = made(&empty(Language::Nl));
    for what in
        ["/Lang(nl)", "/MarkInfo", "/Marked true", "pdfuaid:part>1<", "Voorbeeldrapporteur", "zicht 0.1.0"]
    {
        assert!(occurs(&bytes, what) > 0, "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Texts of any characters are set, in every place that a text has.
    #[test]
    fn any_text_is_set(texts in proptest::collection::vec("\\PC{0,12}|[\u{0}-\u{10ffff}]{0,24}", 30)) {
        let mut next = texts.iter().cycle().cloned();
        let mut of = |blocks: &mut Vec<Block>| {
            let mut any = || next.next().unwrap_or_default();
            for block in blocks {
                match block {
                    Block::Heading(t) | Block::Minor(t) => *t = format!("a{}", any()),
                    Block::Text(t) | Block::Note(t) => *t = any(),
                    Block::List(items) => items.iter_mut().for_each(|t| *t = any()),
                    Block::Warning { title, text } => (*title, *text) = (any(), any()),
                    Block::Facts(facts) => {
                        for fact in facts {
                            (fact.label, fact.value, fact.note) = (any(), any(), any());
                        }
                    }
                    Block::Figure(figure) => {
                        figure.finding = any();
                        figure.alt = format!("a{}", any());
                        for (_, word) in &mut figure.legend {
                            *word = any();
                        }
                    }
                    Block::Table(table) => {
                        table.caption = any();
                        for cell in table.rows.iter_mut().flatten() {
                            (cell.text, cell.spoken) = (any(), any());
                        }
                        for name in &mut table.head {
                            *name = any();
                        }
                    }
                    Block::Terms(terms) => {
                        for (term, cell) in terms {
                            (*term, cell.text) = (any(), any());
                        }
                    }
                    Block::Links(links) => {
                        for link in links {
                            (link.text, link.to) = (any(), Some(any()));
                        }
                    }
                }
            }
        };
        let mut report = with(blocks());
        of(&mut report.chapters[0].blocks);
        report.chapters[0].title = format!("a{}", texts[0]);
        report.title = format!("a{}", texts[1]);
        report.publisher.clone_from(&texts[2]);
        report.edition.clone_from(&texts[3]);
        prop_assert!(pdf(&report).is_ok(), "{:?}", pdf(&report).err());
    }

    /// Nothing that is given for a picture or a style sheet is more than an error.
    #[test]
    fn any_picture_is_set_or_named(tail in "\\PC{0,40}", style in "[a-z {}:;()*/,<-]{0,40}", cut in 0..1800_usize) {
        let cut = sample::LINES.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(0);
        let svg = format!("{}{tail}", &sample::LINES[..cut]);
        let mut report = with(vec![chart("Cut", &svg)]);
        report.style = format!(":root{{--a:red}}svg .l{{stroke:var(--a)}}{style}");
        let _ = pdf(&report);
    }
}
