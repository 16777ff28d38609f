//! A report with every kind of block, as the site of the Netherlands has them.

use model::Language;
use report::{Block, Cell, Chapter, Fact, Figure, Link, Report, Table, Words};

/// The style sheet that the charts are drawn for.
pub(crate) const STYLE: &str = include_str!("../../../publish/templates/style.css");
/// Lines of three series.
pub(crate) const LINES: &str = include_str!("../charts/lines.svg");
/// Bars at two sides, with a hidden count.
pub(crate) const PYRAMID: &str = include_str!("../charts/pyramid.svg");

/// A mark of a legend, without a name space as the site has it.
pub(crate) fn swatch(series: usize) -> String {
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 28 14\" aria-hidden=\"true\"><line class=\"l s{series}\" x1=\"0\" y1=\"7\" \
         x2=\"28\" y2=\"7\"/><path class=\"m s{series}\" d=\"M9.5 2.5h9.0v9.0h-9.0Z\"/></svg>"
    )
}

fn shade(k: usize) -> String {
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 28 14\"><rect class=\"shade h{k}\" x=\"0.5\" y=\"0.5\" width=\"27\" \
         height=\"13\"/></svg>"
    )
}

pub(crate) fn words(language: Language) -> Words {
    let of = |en: &str, nl: &str| if language == Language::En { en.to_owned() } else { nl.to_owned() };
    Words {
        contents: of("Contents", "Inhoud"),
        continued: of("continued", "vervolg"),
        figure: of("Figure", "Figuur"),
        table: of("Table", "Tabel"),
        page: of("Page {page} of {pages}", "Pagina {page} van {pages}"),
    }
}

/// A report without chapters.
pub(crate) fn empty(language: Language) -> Report {
    let of = |en: &str, nl: &str| if language == Language::En { en.to_owned() } else { nl.to_owned() };
    Report {
        language,
        title: of("Monitor of human trafficking in the Netherlands", "Monitor mensenhandel in Nederland"),
        subtitle: of("Victims, registers and estimates", "Slachtoffers, registers en schattingen"),
        edition: of("Edition 2025, as of 31 December 2024", "Editie 2025, stand van 31 december 2024"),
        publisher: of("Example Rapporteur", "Voorbeeldrapporteur"),
        date: jiff::civil::date(2024, 12, 31),
        licence: "CC BY 4.0".into(),
        version: "zicht 0.1.0".into(),
        words: words(language),
        style: STYLE.into(),
        chapters: Vec::new(),
    }
}

pub(crate) fn number(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), number: true, ..Cell::default() }
}

pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), ..Cell::default() }
}

/// A table of numbers with `columns` columns and `rows` rows, the first of which are shaded or hidden.
pub(crate) fn table(caption: &str, columns: usize, rows: usize) -> Table {
    let head = std::iter::once("Form of exploitation".to_owned())
        .chain((1..columns).map(|c| (1990 + c).to_string()));
    let row = |r: usize| {
        let name = format!(
            "{} {}",
            ["Sexual exploitation", "Forced labour", "Forced crime", "Unknown"][r % 4],
            r + 1
        );
        let cell = move |c: usize| match (r * 31 + c * 17) % 23 {
            0 => Cell { text: "×".into(), spoken: "hidden".into(), number: true, ..Cell::default() },
            n if r < 6 => Cell { shade: (n % 5) as u8, ..number(Language::En.count((n * n * 7) as u64)) },
            n => number(Language::En.count((n * n * 7) as u64)),
        };
        std::iter::once(text(name)).chain((1..columns).map(cell)).collect()
    };
    Table {
        caption: caption.into(),
        head: head.collect(),
        rows: (0..rows).map(row).collect(),
        legend: (1..=4).map(|k| (shade(k), format!("{} to {}", k * 100, k * 100 + 99))).collect(),
    }
}

pub(crate) fn chart(finding: &str, svg: &str) -> Block {
    Block::Figure(Figure {
        finding: finding.into(),
        svg: svg.into(),
        alt: "Lines from 2015 to 2023: suspected from 200 to 171, prosecuted from 189 to 120.".into(),
        legend: ["Suspected", "Prosecuted", "Convicted"]
            .iter()
            .enumerate()
            .map(|(s, w)| (swatch(s), (*w).into()))
            .collect(),
    })
}

/// Every kind of block.
pub(crate) fn blocks() -> Vec<Block> {
    let long = "In 2023 the registers held 868 victims, fewer than in the year before. The number says how many were \
                seen and not how many there are: what is seen depends on who looks, on which laws apply and on how \
                many investigators there are.";
    vec![
        Block::Facts(vec![
            Fact { label: "Detected victims".into(), value: "868".into(), note: "in 2023, 2% fewer than in 2022".into() },
            Fact { label: "Estimated victims".into(), value: "5,000–7,500".into(), note: "95% interval, 2010–2015".into() },
            Fact { label: "Organisations that report".into(), value: "14".into(), note: String::new() },
            Fact { label: "Share of minors".into(), value: "12%".into(), note: String::new() },
        ]),
        Block::Text(long.into()),
        Block::Warning { title: "Not to be compared".into(), text: long.into() },
        Block::Heading("Persons suspected, prosecuted and convicted".into()),
        Block::Text(long.into()),
        chart("Fewer persons were suspected in 2023 than in 2015, and fewer were convicted.", LINES),
        Block::Note("Sources: Public Prosecution Service, rapportage 2024. Method: counts as published.".into()),
        Block::Minor("By age and sex".into()),
        Block::Figure(Figure {
            finding: "Most victims were women of 18 years or over.".into(),
            svg: PYRAMID.into(),
            alt: "Bars: 500 women, 240 men, and a hidden number of boys.".into(),
            legend: Vec::new(),
        }),
        Block::Table(table("Detected victims by form of exploitation", 8, 12)),
        Block::Heading("How it was made".into()),
        Block::List(vec!["Registers are read as they are.".into(), long.into(), "Counts below five are hidden.".into()]),
        Block::Terms(vec![
            ("Victim".into(), text("A person with signs of trafficking who was reported to the coordinator.")),
            ("Interval".into(), text(long)),
            (
                "Arbeidsuitbuiting".into(),
                Cell { language: Some(Language::Nl), ..text("Uitbuiting van arbeid buiten de seksindustrie.") },
            ),
        ]),
        Block::Minor("Data".into()),
        Block::Links(vec![
            Link { text: "UNODC, Global Report on Trafficking in Persons".into(), to: Some("https://dataunodc.un.org/dp-trafficking-persons".into()) },
            Link { text: "https://example.org/a/very/long/address/that/does/not/fit/on/one/line/of/the/page/at/all?and=more&and=more".into(), to: Some("https://example.org/a/very/long/address/that/does/not/fit/on/one/line/of/the/page/at/all?and=more&and=more".into()) },
            Link { text: "Write to us".into(), to: Some("mailto:monitor@example.org".into()) },
            Link { text: "The table on paper".into(), to: None },
        ]),
    ]
}

/// Every kind of block, a long table and a wide one.
pub(crate) fn full(language: Language) -> Report {
    let chapter = |title: &str, blocks: Vec<Block>| {
        Chapter {
        title: title.into(),
        lead: "Who was seen, by whom, and how many were not: what the registers of fourteen organisations say together."
            .into(),
        blocks,
    }
    };
    let mut methods = table("What each source counts", 3, 0);
    methods.head = vec!["Source".into(), "What it counts".into(), "Years".into()];
    methods.rows = vec![
        vec![
            text("Coördinatiecentrum tegen Mensenhandel"),
            text(
                "Possible victims who were reported by the police, the Royal Marechaussee, the Labour Authority, care \
                  organisations and others, once a year, whatever became of the report afterwards.",
            ),
            number("2000–2023"),
        ],
        vec![text("Openbaar Ministerie"), text("Suspects whose case was registered."), number("1995–2023")],
    ];
    Report {
        chapters: vec![
            chapter("Overview", blocks()),
            chapter(
                "Long",
                vec![
                    Block::Table(table("A table that goes on over pages", 6, 300)),
                    Block::Text("After it.".into()),
                ],
            ),
            chapter(
                "Wide",
                vec![
                    Block::Table(table("A table with twenty-four columns", 24, 9)),
                    Block::Note("Beside the table, on the same page.".into()),
                    Block::Minor("A heading that leaves no level out".into()),
                    Block::Table(table("A table with thirty columns", 30, 20)),
                    Block::Table(table("A table with sixty columns", 60, 5)),
                    Block::Table(methods),
                ],
            ),
        ],
        ..empty(language)
    }
}
