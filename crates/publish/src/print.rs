//! The report: the pages of the site as one document to print, in each language.

use model::Language;
use report::{Cell, Chapter, Fact, Figure, Report, Table, Words};

use crate::chart::STYLE;
use crate::page::{self, Block, Page};
use crate::text::{Texts, fill, texts};
use crate::{Error, Release, number};

/// Tables that are printed; the site has all.
const TABLES: usize = 24;

/// Where the report stands below the release.
pub(crate) fn path(language: Language) -> String {
    format!("report/report-{}.pdf", language.tag())
}

/// The report in one language, as PDF, from the pages of the site.
pub(crate) fn pdf(release: &Release<'_>, language: Language, pages: Vec<Page>) -> Result<Vec<u8>, Error> {
    let t = texts(language);
    let monitor = &release.settings.monitor;
    let (publisher, licence) = (monitor.publisher.get(language), monitor.licence.as_str());
    let values = [("version", release.version), ("publisher", publisher), ("licence", licence)];
    let date = number::date(&monitor.reference_date.to_string(), language);
    let words = |text: &str| text.to_owned();
    let report = Report {
        language,
        title: words(monitor.title.get(language)),
        subtitle: words(monitor.description.get(language)),
        edition: fill(t.edition, &[("edition", &monitor.edition), ("date", &date)]),
        publisher: words(publisher),
        date: monitor.reference_date,
        licence: words(licence),
        version: fill(t.made, &values),
        words: Words {
            contents: words(t.print_contents),
            continued: words(t.print_continued),
            figure: words(t.print_figure),
            table: words(t.print_table),
            page: words(t.print_page),
        },
        style: STYLE.to_owned(),
        chapters: page::printed(pages, TABLES).into_iter().map(|page| chapter(page, t)).collect(),
    };
    report::pdf(&report).map_err(|e| Error::Report { language: language.name(), why: e.to_string() })
}

fn chapter(page: Page, t: &Texts) -> Chapter {
    let title = if page.name == "index" { t.overview.to_owned() } else { page.title };
    let mut blocks: Vec<report::Block> = Vec::new();
    for block in page.blocks.into_iter().filter_map(|b| block(b, t)) {
        leave_out_empty(&mut blocks, level(&block));
        blocks.push(block);
    }
    leave_out_empty(&mut blocks, 1);
    Chapter { title, lead: page.lead, blocks }
}

/// 1 for a heading, 2 for one below it, 3 for what stands under them.
fn level(block: &report::Block) -> u8 {
    match block {
        report::Block::Heading(_) => 1,
        report::Block::Minor(_) => 2,
        _ => 3,
    }
}

/// Takes away headings at the end under which nothing is printed when what comes next is of this level.
fn leave_out_empty(blocks: &mut Vec<report::Block>, next: u8) {
    while blocks.last().is_some_and(|last| level(last) < 3 && level(last) >= next) {
        blocks.pop();
    }
}

/// What is printed of a block; nothing of what only leads elsewhere on the site.
fn block(block: Block, t: &Texts) -> Option<report::Block> {
    Some(match block {
        Block::Heading { text, .. } => report::Block::Heading(text),
        Block::Minor { text, .. } => report::Block::Minor(text),
        Block::Text(text) => report::Block::Text(text),
        Block::List(items) => report::Block::List(items),
        Block::Note(text) => report::Block::Note(text),
        Block::Warning { title, text } => report::Block::Warning { title, text },
        Block::Facts(facts) => {
            let fact = |f: page::Fact| Fact { label: f.label, value: f.value, note: f.note };
            report::Block::Facts(facts.into_iter().map(fact).collect())
        }
        Block::Chart(chart) => {
            let finding = if chart.finding.is_empty() { chart.title } else { chart.finding };
            let figure = Figure { finding, svg: chart.svg, alt: chart.alt, legend: chart.legend };
            report::Block::Figure(figure)
        }
        Block::Table(table) if table.head.is_empty() || table.rows.is_empty() => {
            report::Block::Note(format!("{}: {}", table.caption, t.no_figures))
        }
        Block::Table(table) => report::Block::Table(Table {
            caption: table.caption,
            head: table.head,
            rows: table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
            legend: table.legend,
        }),
        Block::Terms(terms) => {
            report::Block::Terms(terms.into_iter().map(|term| (term.term, cell(term.cell))).collect())
        }
        Block::Origin(lines) => {
            let line = |(word, links): (String, Vec<page::Link>)| format!("{word}: {}.", names(&links));
            report::Block::Note(lines.into_iter().map(line).collect::<Vec<_>>().join(" "))
        }
        Block::Links(_) | Block::Explore(_) => return None,
    })
}

fn names(links: &[page::Link]) -> String {
    links.iter().map(|link| link.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn cell(cell: page::Cell) -> Cell {
    let mut classes = cell.class.split_whitespace();
    let number = classes.next() == Some("n");
    let shade = classes.find_map(|class| class.strip_prefix('h')?.parse().ok()).unwrap_or_default();
    let text = if cell.links.is_empty() { cell.text } else { names(&cell.links) };
    let language = (cell.lang == "en").then_some(Language::En);
    if cell.sign.is_empty() {
        Cell { text, number, shade, language, ..Cell::default() }
    } else {
        Cell { text: cell.sign.to_owned(), spoken: text, number, shade, language }
    }
}
