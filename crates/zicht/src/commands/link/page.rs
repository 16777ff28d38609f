//! The page on which a linkage is looked at: `diagnostics.html`, in one file.

mod sections;

use askama::Template;
use linkage::Linked;
use linkage::diagnostics::{Diagnostics, Waterfall};
use model::Language;
use publish::chart::{self, Curve, Frame, Span};

use crate::failure::Failure;
use crate::show::thousands;

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    text: String,
    charts: Vec<Chart>,
    tables: Vec<Table>,
}

struct Chart {
    title: String,
    svg: String,
    /// SVG of the mark, and its word.
    legend: Vec<(String, &'static str)>,
}

struct Table {
    caption: String,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "linkage.html")]
struct Page {
    title: &'static str,
    lead: String,
    style: &'static str,
    sections: Vec<Section>,
    made: String,
}

/// The page, as HTML.
pub(super) fn html(
    linked: &Linked,
    diagnostics: &Diagnostics,
    explained: Option<&Waterfall>,
    seed: u64,
) -> Result<String, Failure> {
    let (lower, upper) = linked.persons.interval;
    let registers = linked.records.register_names().len();
    let page = Page {
        title: "What this linkage looks like",
        lead: format!(
            "{} records of {registers} {} are of about {} persons ({} – {}).",
            thousands(linked.records.len() as u64),
            if registers == 1 { "register" } else { "registers" },
            whole(linked.persons.point),
            whole(lower),
            whole(upper)
        ),
        style: chart::STYLE,
        sections: sections::all(linked, diagnostics, explained),
        made: format!("Made with zicht {}, seed {seed}.", env!("CARGO_PKG_VERSION")),
    };
    page.render().map_err(|e| Failure::input(format!("diagnostics.html cannot be made: {e}"), ""))
}

fn whole(x: f64) -> String {
    thousands(x.round().max(0.0) as u64)
}

fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

/// A share of which what matters is its size: `0.83`, `0.0012`, `1.5e-7`.
fn share(x: f64) -> String {
    if x >= 1e-4 { format!("{x:.4}") } else { format!("{x:.1e}") }
}

fn bits(x: f64) -> String {
    format!("{x:+.1}")
}

impl Chart {
    fn spans(id: &str, title: String, description: &str, spans: &[Span]) -> Self {
        let svg = chart::spans(&frame(id, &title, description), spans);
        Self { title, svg, legend: Vec::new() }
    }

    fn curves(
        id: &str,
        title: &str,
        description: &str,
        lines: Vec<(&'static str, Vec<(f64, f64)>)>,
        axis: &str,
        share: bool,
    ) -> Self {
        let legend = lines.iter().enumerate().map(|(s, (label, _))| (chart::swatch(s), *label)).collect();
        let curves: Vec<Curve> =
            lines.into_iter().map(|(label, points)| Curve { label: label.to_owned(), points }).collect();
        let svg = chart::curves(&frame(id, title, description), &curves, axis, share);
        Self { title: title.to_owned(), svg, legend }
    }
}

fn frame<'a>(id: &'a str, title: &'a str, description: &'a str) -> Frame<'a> {
    Frame { id, title, description, hidden: "", language: Language::En }
}

/// A waterfall as a chart: each bar begins where the one above it ends.
fn waterfall(id: &str, title: String, of: &Waterfall) -> Chart {
    let mut at = 0.0;
    let mut spans: Vec<Span> = of
        .steps
        .iter()
        .map(|step| {
            let from = at;
            at += step.bits;
            let label = if step.level.is_empty() {
                step.name.clone()
            } else {
                format!("{}: {}", step.name, step.level)
            };
            let series = if step.bits < 0.0 { 1 } else { 2 };
            Span { label, from_to: (from, at), series, text: bits(step.bits) }
        })
        .collect();
    spans.push(Span { label: "together".into(), from_to: (0.0, of.bits), series: 0, text: bits(of.bits) });
    let description = format!(
        "From {} before anything is compared to a weight of {} bits: {}.",
        bits(of.steps.first().map_or(0.0, |s| s.bits)),
        bits(of.bits),
        of.steps
            .iter()
            .skip(1)
            .map(|s| format!("{} {} {}", s.name, s.level, bits(s.bits)))
            .collect::<Vec<_>>()
            .join(", ")
    );
    Chart::spans(id, title, &description, &spans)
}
