//! A page of its own in one file, with the looks of the site, for what stays in the house.

use askama::Template;

use crate::page::{Block, Cell, Chart, Table};
use crate::{Error, chart};

/// A page in the making, in English.
#[derive(Debug, Template)]
#[template(path = "sheet.html")]
pub struct Sheet {
    title: String,
    lead: String,
    made: String,
    style: &'static str,
    blocks: Vec<Block>,
}

impl Sheet {
    /// A page with a title, a sentence under it, and a line at its foot.
    pub fn new(title: impl Into<String>, lead: impl Into<String>, made: impl Into<String>) -> Self {
        let (title, lead, made) = (title.into(), lead.into(), made.into());
        Self { title, lead, made, style: chart::STYLE, blocks: Vec::new() }
    }

    /// What a reader must not miss.
    pub fn warning(&mut self, title: &str, text: &str) {
        self.blocks.push(Block::Warning { title: title.to_owned(), text: text.to_owned() });
    }

    /// Begins a part; the menu leads to it by `id`, which is unique on the page.
    pub fn section(&mut self, id: &str, title: &str, text: impl Into<String>) {
        self.blocks.push(Block::Heading { id: id.to_owned(), text: title.to_owned() });
        self.blocks.push(Block::Text(text.into()));
    }

    /// A chart under a title of its own: SVG that [`chart`] drew, and for each mark of its legend SVG and a word.
    pub fn chart(&mut self, id: &str, title: &str, svg: String, legend: Vec<(String, String)>) {
        self.blocks.push(Block::Minor { id: format!("{id}-title"), text: title.to_owned() });
        self.blocks.push(Block::Chart(Chart {
            finding: String::new(),
            title: title.to_owned(),
            alt: title.to_owned(),
            label: title.to_owned(),
            svg,
            narrow: String::new(),
            legend,
        }));
    }

    /// A table: words in the first column, which names the row, and numbers in the others.
    pub fn table(&mut self, caption: impl Into<String>, head: &[&str], rows: Vec<Vec<String>>) {
        let caption = caption.into();
        let row = |texts: Vec<String>| -> Vec<Cell> {
            let cell = |(at, text)| if at == 0 { Cell::text(text) } else { Cell::number(text) };
            texts.into_iter().enumerate().map(cell).collect()
        };
        self.blocks.push(Block::Table(Table {
            label: caption.clone(),
            caption,
            head: head.iter().map(|&name| name.to_owned()).collect(),
            rows: rows.into_iter().map(row).collect(),
            legend: Vec::new(),
        }));
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// When the template cannot be filled.
    pub fn html(&self) -> Result<String, Error> {
        self.render().map_err(|e| Error::Page { page: self.title.clone(), why: e.to_string() })
    }
}
