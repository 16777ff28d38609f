//! A strict reader of the pages: it ends the test at anything that is not plainly well formed, at
//! elements and attributes that no page needs, and at addresses that are not plain.

use std::fmt::Write as _;

/// Elements that pages are made of; a script is a file of the site, or words that nobody runs.
const ELEMENTS: &[&str] = &[
    "a",
    "body",
    "caption",
    "dd",
    "desc",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "li",
    "line",
    "link",
    "main",
    "meta",
    "nav",
    "p",
    "path",
    "rect",
    "script",
    "section",
    "button",
    "section",
    "span",
    "strong",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];
const ATTRIBUTES: &[&str] = &[
    "aria-current",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "d",
    "defer",
    "focusable",
    "height",
    "href",
    "hreflang",
    "id",
    "lang",
    "name",
    "rel",
    "role",
    "scope",
    "src",
    "tabindex",
    "type",
    "hidden",
    "data-cube",
    "fill-rule",
    "text-anchor",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
];
const VOID: &[&str] = &["link", "meta"];

#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

/// The root of a page.
pub(crate) fn parse(html: &str) -> Element {
    let rest = html.strip_prefix("<!DOCTYPE html>\n").expect("the page begins with its type");
    let mut reader = Reader { rest };
    let root = reader.element(false);
    assert_eq!(reader.rest.trim(), "", "nothing follows the root");
    assert_eq!(root.name, "html");
    root
}

/// The root of an SVG, as XML.
pub(crate) fn parse_svg(svg: &str) -> Element {
    let mut reader = Reader { rest: svg };
    let root = reader.element(false);
    assert_eq!(reader.rest, "", "nothing follows the root");
    root
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, what: &str) -> bool {
        let found = self.rest.strip_prefix(what);
        if let Some(rest) = found {
            self.rest = rest;
        }
        found.is_some()
    }

    fn expect(&mut self, what: &str) {
        assert!(self.take(what), "{what:?} expected before {:?}", self.ahead());
    }

    fn ahead(&self) -> String {
        self.rest.chars().take(60).collect()
    }

    fn name(&mut self) -> String {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        assert!(!name.is_empty(), "a name expected before {:?}", self.ahead());
        self.rest = rest;
        name.to_owned()
    }

    fn text(&mut self, end: char) -> String {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(at);
        self.rest = rest;
        decode(text)
    }

    fn element(&mut self, in_svg: bool) -> Element {
        self.expect("<");
        let name = self.name();
        assert!(ELEMENTS.contains(&name.as_str()), "element {name}");
        let in_svg = in_svg || name == "svg";
        let mut attributes: Vec<(String, String)> = Vec::new();
        while self.rest.starts_with(' ') {
            self.expect(" ");
            let attribute = self.name();
            assert!(ATTRIBUTES.contains(&attribute.as_str()), "attribute {attribute} of {name}");
            assert!(attributes.iter().all(|(a, _)| *a != attribute), "{attribute} twice in {name}");
            self.expect("=\"");
            let value = self.text('"');
            self.expect("\"");
            attributes.push((attribute, value));
        }
        let mut out = Element { name, attributes, children: Vec::new() };
        if out.name == "script" {
            let file = out.attribute("src").is_some_and(|s| ["../exit.js", "../explore.js"].contains(&s));
            assert!(file || out.attribute("type") == Some("application/json"), "a script of its own");
        }
        if in_svg && self.take("/>") {
            return out;
        }
        self.expect(">");
        if VOID.contains(&out.name.as_str()) {
            return out;
        }
        let close = format!("</{}>", out.name);
        while !self.take(&close) {
            if self.rest.starts_with('<') {
                out.children.push(Node::Element(self.element(in_svg)));
            } else {
                assert!(!self.rest.is_empty(), "{} is not closed", out.name);
                out.children.push(Node::Text(self.text('<')));
            }
        }
        out
    }
}

/// Text without references; a bare `&`, `<` or `>` ends the test.
fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (name, after) = rest[at + 1..].split_once(';').expect("a reference ends");
        out.push(match name {
            "amp" | "#38" => '&',
            "lt" | "#60" => '<',
            "gt" | "#62" => '>',
            "quot" | "#34" => '"',
            "apos" | "#39" => '\'',
            other => panic!("reference {other:?}"),
        });
        rest = after;
    }
    assert!(!text.contains(['<', '>']), "{text:?} is not escaped");
    out.push_str(rest);
    out
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|c| match c {
            Node::Element(e) => Some(e),
            Node::Text(_) => None,
        })
    }

    /// This element and all below it, in the order of the page.
    pub(crate) fn all(&self) -> Vec<&Element> {
        let mut out = vec![self];
        for child in self.elements() {
            out.extend(child.all());
        }
        out
    }

    pub(crate) fn find(&self, name: &str) -> Vec<&Element> {
        self.all().into_iter().filter(|e| e.name == name).collect()
    }

    /// The only element of that name.
    pub(crate) fn only(&self, name: &str) -> &Element {
        match self.find(name)[..] {
            [one] => one,
            ref other => panic!("{} elements {name}", other.len()),
        }
    }

    /// The only element of that name right below it.
    pub(crate) fn only_child(&self, name: &str) -> &Element {
        let mut found = self.elements().filter(|e| e.name == name);
        let first = found.next().unwrap_or_else(|| panic!("no {name} in {}", self.name));
        assert!(found.next().is_none(), "more than one {name} in {}", self.name);
        first
    }

    /// What is heard of it: text that is not hidden from those who do not see, blanks made one.
    pub(crate) fn words(&self) -> String {
        let mut out = String::new();
        self.say(&mut out, false);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn say(&self, out: &mut String, links: bool) {
        if self.attribute("aria-hidden") == Some("true") {
            return;
        }
        for child in &self.children {
            match child {
                Node::Text(text) => out.push_str(text),
                Node::Element(e) if links && e.name == "a" => {
                    let _ = write!(out, "[{}]({})", e.words(), e.attribute("href").unwrap_or_default());
                }
                Node::Element(e) => e.say(out, links),
            }
        }
    }

    /// The same with addresses of links.
    fn linked(&self) -> String {
        let mut out = String::new();
        self.say(&mut out, true);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A table of a page, as it is heard.
#[derive(Debug, Clone)]
pub(crate) struct HtmlTable {
    pub(crate) caption: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// All tables of a page.
pub(crate) fn tables(page: &Element) -> Vec<HtmlTable> {
    page.find("table").into_iter().map(table).collect()
}

fn table(table: &Element) -> HtmlTable {
    let row = |row: &Element| row.elements().map(Element::words).collect::<Vec<_>>();
    let out = HtmlTable {
        caption: table.only("caption").words(),
        head: row(table.only("thead").only("tr")),
        rows: table.only("tbody").find("tr").into_iter().map(row).collect(),
    };
    for r in &out.rows {
        assert_eq!(r.len(), out.head.len(), "{}: a cell under each head", out.caption);
    }
    out
}

/// A page in lines that a person can check: headings, sentences, rows of tables, names of charts.
pub(crate) fn outline(page: &Element) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("language: {}", page.attribute("lang").unwrap_or_default()));
    line(&format!("title: {}", page.only("head").only("title").words()));
    for link in page.only("head").find("link") {
        if link.attribute("rel") == Some("alternate") {
            let at = |name| link.attribute(name).unwrap_or_default();
            line(&format!("alternate: {} {}", at("hreflang"), at("href")));
        }
    }
    for block in page.only("main").elements() {
        let class = block.attribute("class").unwrap_or_default();
        match (block.name.as_str(), class) {
            ("h1", _) => line(&format!("\n# {}", block.words())),
            ("h2", _) => line(&format!("\n## {}", block.words())),
            ("h3", _) => line(&format!("\n### {}", block.words())),
            ("p", "note") => line(&format!("note: {}", block.linked())),
            ("div", "warning") => line(&format!("warning: {}", block.linked())),
            ("dl", _) => {
                for e in block.all() {
                    match e.name.as_str() {
                        "dt" => line(&format!("* {}:", e.linked())),
                        "dd" => line(&format!("    {}", e.linked())),
                        _ => {}
                    }
                }
            }
            ("ul", _) => block.elements().for_each(|e| line(&format!("- {}", e.linked()))),
            ("figure", _) => {
                let drawing = block.find("svg")[0];
                let first = |name| drawing.elements().find(|e| e.name == name).map(Element::words);
                let (title, said) = (first("title"), first("desc"));
                line(&format!("chart: {} | {}", title.unwrap_or_default(), said.unwrap_or_default()));
                for e in block.find("figcaption") {
                    line(&format!("    says: {}", e.words()));
                }
                for e in block.find("li") {
                    line(&format!("    legend: {}", e.words()));
                }
            }
            ("div", "frame") => {
                let t = table(block.only("table"));
                line(&format!("table: {}", t.caption));
                for row in std::iter::once(&t.head).chain(&t.rows) {
                    line(&format!("    {}", row.join(" | ")));
                }
            }
            _ => line(&block.linked()),
        }
    }
    out.push('\n');
    for p in page.only("footer").find("p") {
        let _ = writeln!(out, "foot: {}", p.linked());
    }
    out
}
