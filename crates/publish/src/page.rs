//! Pages: what stands on them as data, and the templates that make HTML of it.
//!
//! A page is a list of [`Block`]s. The templates escape every text; only SVG, which `chart` writes
//! and escapes itself, goes in as it is.

mod about;
mod access;
mod atlas;
pub(crate) mod changes;
mod charts;
pub(crate) mod compare;
mod covariates;
mod crossing;
mod cube;
mod drawn;
mod explore;
mod finding;
mod fitness;
mod hidden;
mod lists;
mod methods;
mod models;
mod overlap;
mod overview;
mod quality;
mod rates;
mod regions;
mod sources;
pub(crate) mod statement;
mod trends;
pub(crate) mod visibility;
mod young;

pub(crate) use explore::Explore;
pub(crate) use hidden::withheld;

use askama::Template;
use model::{Language, Settings};
use rayon::prelude::*;

use crate::chart::Frame;
use crate::facts::Figure;
use crate::text::{Texts, fill, texts};
use crate::{Error, Release, data, number};

/// One page in one language.
#[derive(Debug)]
pub(crate) struct Page {
    /// File name without `.html`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) blocks: Vec<Block>,
    /// Identifiers of the sources that its figures come from.
    pub(crate) inputs: Vec<String>,
    /// Where a button leads that leaves the page at once; none where there is no such button.
    pub(crate) exit: Option<String>,
}

/// A part of a page.
#[derive(Debug)]
pub(crate) enum Block {
    /// A heading of the second level.
    Heading {
        id: String,
        text: String,
    },
    /// A heading of the third level.
    Minor {
        id: String,
        text: String,
    },
    Text(String),
    List(Vec<String>),
    /// Text beside the figures, smaller.
    Note(String),
    /// What a reader must not miss.
    Warning {
        title: String,
        text: String,
    },
    Facts(Vec<Fact>),
    Chart(Chart),
    Table(Table),
    /// Terms with what they mean.
    Terms(Vec<Term>),
    Links(Vec<Link>),
    /// From where the figures above come: words, then links.
    Origin(Vec<(String, Vec<Link>)>),
    /// Where a script makes a reader's own view of a table.
    Explore(Explore),
}

impl Page {
    /// The place of a reader's own view, where there is one.
    fn explore(&self) -> Option<&Explore> {
        self.blocks.iter().find_map(|b| if let Block::Explore(e) = b { Some(e) } else { None })
    }
}

/// A key figure.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) note: String,
    pub(crate) link: String,
}

#[derive(Debug)]
pub(crate) struct Chart {
    /// What the figures say, in a sentence above the chart; empty where there is none.
    pub(crate) finding: String,
    /// What it shows, where there is no such sentence.
    pub(crate) title: String,
    /// The whole of it in words, for who does not see it.
    pub(crate) alt: String,
    /// Name of the frame that scrolls on small screens.
    pub(crate) label: String,
    pub(crate) svg: String,
    /// The same for narrow screens; without it they scroll.
    pub(crate) narrow: String,
    /// SVG of the mark, and its word.
    pub(crate) legend: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) caption: String,
    /// Name of the frame that scrolls.
    pub(crate) label: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// SVG of each shade of its cells, and its words.
    pub(crate) legend: Vec<(String, String)>,
}

/// Columns of numbers from which on a table is printed on a page that lies on its side.
const BROAD: usize = 8;

impl Table {
    /// Whether it is too broad for a page that stands.
    pub(crate) fn is_broad(&self) -> bool {
        self.head.len() > BROAD
    }

    /// Whether column `i` holds numbers: its name then stands to the right, as they do.
    pub(crate) fn is_of_numbers(&self, i: usize) -> bool {
        self.rows.iter().filter_map(|row| row.get(i)).any(|cell| cell.class.starts_with('n'))
    }
}

/// A cell of a table; the first of a row is its header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// A sign that is seen, with `text` for those who do not see it.
    pub(crate) sign: &'static str,
    /// `code` for what may be broken anywhere; `n` for numbers, with `h1` to `h4` for the shade behind them.
    pub(crate) class: &'static str,
    /// Language, when it is not that of the page.
    pub(crate) lang: &'static str,
    pub(crate) links: Vec<Link>,
}

#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) term: String,
    pub(crate) cell: Cell,
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) to: String,
    pub(crate) text: String,
    /// What stands after it.
    pub(crate) note: String,
}

impl Link {
    pub(crate) fn new(to: impl Into<String>, text: impl Into<String>) -> Self {
        Link { to: to.into(), text: text.into(), note: String::new() }
    }
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub(crate) fn number(text: impl Into<String>) -> Self {
        Cell { text: text.into(), class: "n", ..Cell::default() }
    }

    /// A path or a hash: it may be broken anywhere.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Cell { text: text.into(), class: "code", ..Cell::default() }
    }

    pub(crate) fn links(links: Vec<Link>) -> Self {
        Cell { links, ..Cell::default() }
    }

    /// A text that is in English on every page.
    pub(crate) fn english(text: impl Into<String>, language: Language) -> Self {
        Cell { text: text.into(), lang: if language == Language::En { "" } else { "en" }, ..Cell::default() }
    }
}

/// The pages of the menu with their names, in order.
fn menu(release: &Release<'_>, t: &'static Texts) -> Vec<(&'static str, &'static str)> {
    let young = release.settings.young.as_ref().map(|_| ("young", t.young));
    let changes = release.before.as_ref().map(|_| ("changes", t.changes));
    let regions = regions::any(release).then_some(("regions", t.regions));
    let first = [
        ("index", t.overview),
        ("victims", t.victims),
        ("hidden", t.hidden),
        ("visibility", t.visibility),
        ("trends", t.trends),
    ];
    let last = [
        ("methods", t.methods),
        ("quality", t.quality),
        ("sources", t.sources),
        ("downloads", t.downloads),
        ("about", t.about),
    ];
    first.into_iter().chain(regions).chain(young).chain(changes).chain(last).collect()
}

/// All that a page is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) release: &'a Release<'a>,
    pub(crate) language: Language,
    pub(crate) t: &'static Texts,
}

impl Context<'_> {
    pub(crate) fn count(&self, n: u64) -> String {
        number::count(n, self.language)
    }

    pub(crate) fn whole(&self, x: f64) -> String {
        number::whole(x, self.language)
    }

    pub(crate) fn range(&self, low: &str, high: &str) -> String {
        number::range(low, high, self.language)
    }

    /// A figure as a cell: never a number where it is hidden.
    pub(crate) fn figure(&self, figure: Figure) -> Cell {
        match figure {
            Figure::Count(n) => Cell::number(self.count(n)),
            Figure::Between(low, high) => Cell::number(self.range(&self.count(low), &self.count(high))),
            Figure::Hidden => {
                Cell { text: self.t.hidden_cell.into(), sign: "×", class: "n x", ..Cell::default() }
            }
            Figure::Missing => {
                Cell { text: self.t.missing_cell.into(), sign: "–", class: "n x", ..Cell::default() }
            }
        }
    }

    pub(crate) fn table(&self, caption: impl Into<String>, head: Vec<String>, rows: Vec<Vec<Cell>>) -> Block {
        let caption = caption.into();
        let label = fill(self.t.scroll, &[("what", &caption)]);
        Block::Table(Table { caption, label, head, rows, legend: Vec::new() })
    }

    /// A chart: `draw` draws it in the frame that it is given.
    pub(crate) fn chart(
        &self,
        id: &str,
        title: &str,
        description: &str,
        legend: Vec<(String, String)>,
        draw: impl FnOnce(&Frame<'_>) -> String,
    ) -> Block {
        let label = fill(self.t.chart_scroll, &[("what", title)]);
        let alt = format!("{title}. {description}");
        let svg = draw(&self.frame(id, title, description));
        Block::Chart(Chart {
            finding: String::new(),
            title: title.to_owned(),
            alt,
            label,
            svg,
            narrow: String::new(),
            legend,
        })
    }

    fn frame<'a>(&self, id: &'a str, title: &'a str, description: &'a str) -> Frame<'a> {
        Frame { id, title, description, hidden: self.t.hidden_cell, language: self.language }
    }

    /// Links to sources by their identifiers.
    pub(crate) fn source_links(&self, ids: &[String]) -> Vec<Link> {
        self.release
            .sources
            .iter()
            .filter(|s| ids.contains(&s.source.id))
            .map(|s| {
                let title = s.source.title.get(self.language);
                let text = if s.source.vintage.is_empty() || title.contains(&s.source.vintage) {
                    title.to_owned()
                } else {
                    format!("{title} ({})", s.source.vintage)
                };
                Link::new(format!("sources.html#source-{}", s.source.id), text)
            })
            .collect()
    }

    /// Source, method and data of the figures above.
    pub(crate) fn origin(&self, sources: &[String], method: (&str, &str), table: Option<&str>) -> Block {
        let mut lines = Vec::new();
        let links = self.source_links(sources);
        if !links.is_empty() {
            lines.push((self.t.sources_line.to_owned(), links));
        }
        let link = Link::new(format!("methods.html#{}", method.0), method.1);
        lines.push((self.t.method_line.to_owned(), vec![link]));
        if let Some(id) = table {
            lines.push((self.t.data_line.to_owned(), data_links(id)));
        }
        Block::Origin(lines)
    }

    pub(crate) fn source_ids(&self) -> Vec<String> {
        self.release.sources.iter().map(|s| s.source.id.clone()).collect()
    }
}

/// Links to the files of a cube.
pub(crate) fn data_links(cube: &str) -> Vec<Link> {
    data::FORMATS
        .into_iter()
        .map(|f| Link::new(format!("../../{}", data::file_name(cube, f)), f.name))
        .collect()
}

/// All pages in one language.
pub(crate) fn pages(release: &Release<'_>, language: Language) -> Vec<Page> {
    let context = Context { release, language, t: texts(language) };
    let mut out = vec![
        overview::page(context),
        cube::list(context),
        hidden::page(context),
        visibility::page(context),
        trends::page(context),
        methods::page(context),
        quality::page(context),
        sources::page(context),
        sources::downloads(context),
        about::page(context),
        access::page(context),
    ];
    out.extend(regions::pages(context));
    out.extend(young::page(context));
    out.extend(changes::page(context));
    out.par_extend(release.cubes.par_iter().map(|c| cube::page(context, c)));
    out
}

/// The pages of the report in their order; `table-` stands for those of tables.
const PRINTED: [&str; 11] = [
    "index",
    "hidden",
    "visibility",
    "trends",
    "table-",
    "regions",
    "changes",
    "methods",
    "quality",
    "sources",
    "about",
];

/// Of all pages those of the report, with as many tables as are to be printed.
pub(crate) fn printed(pages: Vec<Page>, tables: usize) -> Vec<Page> {
    let is_table = |page: &Page| page.name.starts_with("table-");
    let place = |page: &Page| {
        let name = if is_table(page) { "table-" } else { &page.name };
        PRINTED.iter().position(|printed| *printed == name)
    };
    let mut left = tables;
    let mut out: Vec<Page> = pages.into_iter().filter(|page| place(page).is_some()).collect();
    out.retain(|page| !is_table(page) || left.checked_sub(1).map(|n| left = n).is_some());
    out.sort_by_key(place);
    out
}

/// The pages whose numbers are of no single table: of all, and of what was worked out of them or is compared with them.
pub(crate) fn results(context: Context<'_>) -> Vec<Page> {
    let mut pages = vec![
        overview::page(context),
        hidden::page(context),
        visibility::page(context),
        trends::page(context),
        quality::page(context),
        about::page(context),
    ];
    pages.extend(changes::page(context));
    pages
}

/// An entry of the menu.
struct MenuItem {
    to: String,
    text: &'static str,
    /// This page, or the one that lists it.
    here: bool,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    page: &'a Page,
    t: &'static Texts,
    lang: &'static str,
    site: &'a str,
    menu: Vec<MenuItem>,
    /// Tag, name and address of the other language.
    other: Option<(&'static str, &'static str, String)>,
    edition: String,
    made: String,
    contact: Option<(String, String)>,
}

/// The HTML of a page.
pub(crate) fn html(release: &Release<'_>, language: Language, page: &Page) -> Result<Vec<u8>, Error> {
    let t = texts(language);
    let monitor = &release.settings.monitor;
    let listed_by = match page.name.split_once('-') {
        Some(("table", _)) => "victims",
        Some(("region", _)) => "regions",
        _ => page.name.as_str(),
    };
    let menu = menu(release, t)
        .into_iter()
        .map(|(name, text)| MenuItem { to: format!("{name}.html"), text, here: name == listed_by })
        .collect();
    let other = monitor
        .languages
        .iter()
        .find(|l| **l != language)
        .map(|l| (l.tag(), l.name(), format!("../{}/{}.html", l.tag(), page.name)));
    let date = number::date(&monitor.reference_date.to_string(), language);
    let template = PageTemplate {
        page,
        t,
        lang: language.tag(),
        site: monitor.title.get(language),
        menu,
        other,
        edition: fill(t.edition, &[("edition", &monitor.edition), ("date", &date)]),
        made: fill(
            t.made,
            &[
                ("version", release.version),
                ("publisher", monitor.publisher.get(language)),
                ("licence", &monitor.licence),
            ],
        ),
        contact: contact(&monitor.contact),
    };
    template.render().map(String::into_bytes).map_err(|e| Error::Page {
        page: format!("{}/{}.html", language.tag(), page.name),
        why: e.to_string(),
    })
}

/// Address and text of the contact; an address that is neither of the web nor of mail is no link.
fn contact(contact: &str) -> Option<(String, String)> {
    let contact = contact.trim();
    if contact.is_empty() {
        return None;
    }
    let lower = contact.to_ascii_lowercase();
    let to = if lower.starts_with("https://") || lower.starts_with("http://") || lower.starts_with("mailto:")
    {
        contact.to_owned()
    } else if contact.contains('@') && !contact.contains([' ', '/', ':']) {
        format!("mailto:{contact}")
    } else {
        String::new()
    };
    Some((to, contact.to_owned()))
}

struct Greeting {
    lang: &'static str,
    name: &'static str,
    to: String,
    title: String,
    description: String,
}

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingTemplate {
    lang: &'static str,
    t: &'static Texts,
    title: String,
    greetings: Vec<Greeting>,
    made: String,
}

/// The page at the top: it offers the languages and chooses nothing.
pub(crate) fn landing(release: &Release<'_>) -> Result<Vec<u8>, Error> {
    let monitor = &release.settings.monitor;
    let languages = languages(release.settings);
    let first = languages[0];
    let template = LandingTemplate {
        lang: first.tag(),
        t: texts(first),
        title: monitor.title.get(first).to_owned(),
        greetings: languages
            .iter()
            .map(|&l| Greeting {
                lang: l.tag(),
                name: l.name(),
                to: format!("{}/index.html", l.tag()),
                title: monitor.title.get(l).to_owned(),
                description: monitor.description.get(l).to_owned(),
            })
            .collect(),
        made: fill(
            texts(first).made,
            &[
                ("version", release.version),
                ("publisher", monitor.publisher.get(first)),
                ("licence", &monitor.licence),
            ],
        ),
    };
    template
        .render()
        .map(String::into_bytes)
        .map_err(|e| Error::Page { page: "index.html".into(), why: e.to_string() })
}

/// The languages of the release, none twice, at least one.
pub(crate) fn languages(settings: &Settings) -> Vec<Language> {
    let mut out: Vec<Language> = Vec::new();
    for &l in &settings.monitor.languages {
        if !out.contains(&l) {
            out.push(l);
        }
    }
    if out.is_empty() {
        out.push(Language::En);
    }
    out
}
