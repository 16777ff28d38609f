//! The report of a release: one PDF to print, to keep and to read aloud.
//!
//! A [`Report`] is plain data: chapters of [`Block`]s, as the pages of the site are. [`pdf`] sets it
//! with typst on A4 with a title page, contents, bookmarks, running heads and captions, tagged by
//! PDF/UA-1. Charts are the SVG of the site, with the colours of its style sheet.
//!
//! How it is made:
//!
//! - `style` makes of the style sheet of the site what SVG in a PDF understands;
//! - `words` leaves of each text what the fonts can show, and lets long words break;
//! - `columns` decides how wide the columns of a table are, whether it needs a page that lies on its
//!   side, and where it is split;
//! - `data` makes one JSON of all that, naming the place of what is wrong;
//! - `template.typ` reads the JSON and sets it. Texts are values in it and never markup;
//! - `world` is all that typst can reach: that template, that JSON and the fonts in the program.
//!
//! The same report gives the same bytes, whatever the clock and the number of threads: the date
//! is [`Report::date`], and the identifier of the file is a hash of its title, edition and language.
//!
//! ```
//! use report::{Block, Chapter, Report, Words};
//!
//! let report = Report {
//!     language: model::Language::En,
//!     title: "Monitor of human trafficking".into(),
//!     subtitle: "Victims in figures".into(),
//!     edition: "Edition 2025".into(),
//!     publisher: "National Rapporteur".into(),
//!     date: jiff::civil::date(2025, 12, 31),
//!     licence: "CC BY 4.0".into(),
//!     version: "zicht 0.1.0".into(),
//!     words: Words {
//!         contents: "Contents".into(),
//!         continued: "continued".into(),
//!         figure: "Figure".into(),
//!         table: "Table".into(),
//!         page: "{page} of {pages}".into(),
//!     },
//!     style: String::new(),
//!     chapters: vec![Chapter {
//!         title: "Victims".into(),
//!         lead: "Who was seen.".into(),
//!         blocks: vec![Block::Text("In 2025 there were 868 victims.".into())],
//!     }],
//! };
//! assert!(report::pdf(&report)?.starts_with(b"%PDF-1.7"));
//! # Ok::<(), report::Error>(())
//! ```
//!
//! # Fonts
//!
//! The program carries the fonts of the crate `typst-assets`, and a PDF the characters that it uses of two of
//! them. The texts of the licences are in the file `NOTICE` of that crate.
//!
//! - Libertinus Serif, © 2012–2024 The Libertinus Project Authors, with Reserved Font Name "Linux Libertine",
//!   "Biolinum", "STIX Fonts": SIL Open Font License 1.1. All text.
//! - `DejaVu Sans Mono`, © 2003 Bitstream, Inc., © 2006 Tavmjong Bah, changes in the public domain: the licences of
//!   Bitstream Vera and Arev. Signs that Libertinus has not, such as U+FFFD in place of a character that none has.
//! - New Computer Modern is in the program as well, since typst-assets has its fonts together: GUST Font License 1.0.
//!   No report uses it.

mod columns;
mod data;
mod style;
mod words;
mod world;

use jiff::civil::Date;
use model::Language;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// A report in one language.
#[derive(Debug, Clone)]
pub struct Report {
    /// Of all text but cells that say otherwise.
    pub language: Language,
    /// Title of the document.
    pub title: String,
    /// Below the title; may be empty.
    pub subtitle: String,
    /// Which edition it is and of when, in words; may be empty.
    pub edition: String,
    /// Who publishes it: the author of the document.
    pub publisher: String,
    /// The date that the document carries.
    pub date: Date,
    /// Under which terms it may be used; may be empty.
    pub licence: String,
    /// What it was made with; may be empty.
    pub version: String,
    /// Words that are not in the blocks.
    pub words: Words,
    /// The style sheet of the site, for charts: its rules that begin with `svg` and the variables of its `:root`.
    pub style: String,
    /// In order; each begins a page.
    pub chapters: Vec<Chapter>,
}

/// Words that stand on the pages beside the blocks.
#[derive(Debug, Clone)]
pub struct Words {
    /// Heading of the contents.
    pub contents: String,
    /// Behind the caption of a part of a table that goes on.
    pub continued: String,
    /// Before the number of a figure.
    pub figure: String,
    /// Before the number of a table.
    pub table: String,
    /// Which page it is: `{page} of {pages}`.
    pub page: String,
}

/// What is a page on the site.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// Its heading.
    pub title: String,
    /// What it says, in larger letters; may be empty.
    pub lead: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// A part of a chapter.
#[derive(Debug, Clone)]
pub enum Block {
    /// A heading below that of the chapter.
    Heading(String),
    /// A heading below that.
    Minor(String),
    /// A paragraph.
    Text(String),
    /// Items with bullets.
    List(Vec<String>),
    /// A paragraph beside the figures, smaller.
    Note(String),
    /// What a reader must not miss.
    Warning {
        /// In bold letters.
        title: String,
        /// Behind it.
        text: String,
    },
    /// Key figures.
    Facts(Vec<Fact>),
    /// A chart.
    Figure(Figure),
    /// A table.
    Table(Table),
    /// Terms with what they mean.
    Terms(Vec<(String, Cell)>),
    /// Links, one a line.
    Links(Vec<Link>),
}

/// A key figure.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is of.
    pub label: String,
    /// The figure.
    pub value: String,
    /// What belongs to it, smaller; may be empty.
    pub note: String,
}

/// A chart.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What it shows, in a sentence: its caption. Without one it has neither caption nor number.
    pub finding: String,
    /// As the site has it, without colours.
    pub svg: String,
    /// For those who do not see it: the whole of what it shows. Must not be empty.
    pub alt: String,
    /// SVG of each mark, and its word.
    pub legend: Vec<(String, String)>,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it shows. Without one it has neither caption nor number.
    pub caption: String,
    /// Names of the columns. At least one.
    pub head: Vec<String>,
    /// As many cells each as there are names; the first is the header of the row.
    pub rows: Vec<Vec<Cell>>,
    /// SVG of each shade of its cells, and its words.
    pub legend: Vec<(String, String)>,
}

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What is to be seen.
    pub text: String,
    /// What is said in its place to those who do not see it, where it is a sign; empty where it is words.
    pub spoken: String,
    /// Whether it stands at the right, in one line.
    pub number: bool,
    /// How dark it is behind it: from 1 to 4; 0 is not at all.
    pub shade: u8,
    /// Of its text, when it is not that of the report.
    pub language: Option<Language>,
}

/// A link.
#[derive(Debug, Clone)]
pub struct Link {
    /// What is to be read.
    pub text: String,
    /// Where it leads: `https:`, `http:` or `mailto:`. It is printed too. Others are not followed and not printed.
    pub to: Option<String>,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a document must have for those who do not see it is empty.
    #[error("{place}: {what} is empty")]
    Empty {
        /// Where in the report.
        place: String,
        /// What is empty.
        what: &'static str,
    },
    /// A chart or a mark of a legend cannot be read.
    #[error("{place}: the SVG cannot be read: {why}")]
    Picture {
        /// Where in the report.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// A row has more or fewer cells than the table has columns.
    #[error("{place}: row {row} has {cells} cells, and the table {columns} columns")]
    Row {
        /// Where in the report.
        place: String,
        /// Of the row, from 1.
        row: usize,
        /// In the row.
        cells: usize,
        /// In the head.
        columns: usize,
    },
    /// The style sheet has a rule for charts that cannot be used.
    #[error("the style sheet of the charts: {0}")]
    Style(String),
    /// No document has such a date.
    #[error("a document cannot have the date {0}")]
    Date(Date),
    /// typst refused what was left; a fault of this crate.
    #[error("the report cannot be set: {0}")]
    Setting(String),
}

/// Sets the report: PDF 1.7 by PDF/UA-1.
///
/// A character that the fonts do not have is shown as U+FFFD; they have Latin, Greek, Cyrillic and Hebrew.
///
/// # Errors
///
/// Names the chapter and the figure or table that is at fault: an SVG that cannot be read, a chart without words for
/// those who do not see it, a heading or title that is empty, a row that does not fit the head.
pub fn pdf(report: &Report) -> Result<Vec<u8>, Error> {
    let date = report.date;
    let today = (date.year() >= 0)
        .then(|| {
            Datetime::from_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        })
        .flatten()
        .ok_or(Error::Date(date))?;
    let place = world::Place::new(data::of(report)?.to_string(), today);
    let made = set(report, &place);
    // typst keeps what it has made for the next time, in memory; there is none.
    typst::comemo::evict(0);
    made
}

fn set(report: &Report, place: &world::Place) -> Result<Vec<u8>, Error> {
    let document: PagedDocument = typst::compile(place).output.map_err(|e| setting(&e))?;
    let standards =
        PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| Error::Setting(e.message().to_string()))?;
    let ident = format!("{}\n{}\n{}", report.title, report.edition, report.language.tag());
    let options = PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some(words::plain(&report.version)).filter(|v| !v.is_empty())),
        // The date is that of the document, in the template.
        timestamp: None,
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|e| setting(&e))
}

fn setting(diagnostics: &[SourceDiagnostic]) -> Error {
    let all: Vec<String> = diagnostics
        .iter()
        .map(|d| match d.hints.first() {
            Some(hint) => format!("{} ({})", d.message, hint.v),
            None => d.message.to_string(),
        })
        .collect();
    Error::Setting(all.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use typst::layout::{Frame, FrameItem};

    /// Every text of a report, in the order in which it was set, without places to break.
    fn read(report: &Report) -> Result<String, Error> {
        fn visit(frame: &Frame, out: &mut String) {
            for (_, item) in frame.items() {
                match item {
                    FrameItem::Group(group) => visit(&group.frame, out),
                    FrameItem::Text(text) => out.push_str(&text.text),
                    _ => {}
                }
            }
        }
        let today = Datetime::from_ymd(2025, 1, 1).ok_or(Error::Date(report.date))?;
        let place = world::Place::new(data::of(report)?.to_string(), today);
        let document: PagedDocument = typst::compile(&place).output.map_err(|e| setting(&e))?;
        let mut out = String::new();
        for page in document.pages() {
            visit(&page.frame, &mut out);
        }
        Ok(out.replace(['\u{200b}', '\u{ad}'], ""))
    }

    fn report(blocks: Vec<Block>) -> Report {
        let word = |w: &str| w.to_owned();
        Report {
            language: Language::En,
            title: word("Title"),
            subtitle: String::new(),
            edition: String::new(),
            publisher: String::new(),
            date: jiff::civil::date(2025, 1, 1),
            licence: String::new(),
            version: String::new(),
            words: Words {
                contents: word("Contents"),
                continued: word("continued"),
                figure: word("Figure"),
                table: word("Table"),
                page: word("{page} of {pages}"),
            },
            style: String::new(),
            chapters: vec![Chapter { title: word("Chapter"), lead: String::new(), blocks }],
        }
    }

    #[test]
    fn texts_are_never_markup() -> Result<(), Error> {
        let hostile = [
            "#import \"x.typ\": *",
            "#read(\"/etc/passwd\")",
            "*a* _b_ `c` $x^2$",
            "<label> @ref",
            "= heading",
            "- item",
            "/ term: x",
            "\\u{41} \\ \\# \"quoted\" 'single'",
            "// comment /* comment */",
            "]] [[ } { )",
            "~ -- --- ...",
            "https://example.org",
        ];
        let cell = |text: &str| Cell { text: text.into(), ..Cell::default() };
        for text in hostile {
            let blocks = vec![
                Block::Heading(text.into()),
                Block::Minor(text.into()),
                Block::Text(text.into()),
                Block::List(vec![text.into()]),
                Block::Note(text.into()),
                Block::Warning { title: text.into(), text: text.into() },
                Block::Facts(vec![Fact { label: text.into(), value: text.into(), note: text.into() }]),
                Block::Table(Table {
                    caption: text.into(),
                    head: vec![text.into()],
                    rows: vec![vec![cell(text)]],
                    legend: Vec::new(),
                }),
                Block::Terms(vec![(text.into(), cell(text))]),
                Block::Links(vec![Link { text: text.into(), to: None }]),
            ];
            let squeezed = |t: &str| t.replace([' ', '-'], "");
            let found = squeezed(&read(&report(blocks))?);
            // Once for each place, and the heading in the contents.
            let count = found.matches(&squeezed(text)).count();
            assert!(count >= 16, "{text:?} is there {count} times in {found}");
        }
        Ok(())
    }

    #[test]
    fn pages_are_numbered_and_tables_go_on_with_their_heads() -> Result<(), Error> {
        let row = |n: usize| vec![Cell { text: format!("row {n}"), ..Cell::default() }];
        let table = Table {
            caption: "Caption".into(),
            head: vec!["Head".into()],
            rows: (0..300).map(row).collect(),
            legend: Vec::new(),
        };
        let found = read(&report(vec![Block::Table(table)]))?;
        let pages = found.matches(" of ").count() + 1;
        assert!(pages > 6, "{pages}");
        assert!(found.contains(&format!("{pages} of {pages}")));
        assert_eq!(found.matches("Head").count(), pages - 2);
        assert!((0..300).all(|n| found.contains(&format!("row {n}"))));
        Ok(())
    }
}
