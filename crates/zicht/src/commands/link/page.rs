//! The page on which a linkage is looked at: `diagnostics.html`, in one file.

mod sections;

use linkage::Linked;
use linkage::diagnostics::{Diagnostics, Waterfall};
use model::Language;
use publish::Sheet;
use publish::chart::{self, Curve, Frame, Span};

use crate::failure::Failure;
use crate::show::{percent, rounded, thousands};

/// The page, as HTML.
pub(super) fn html(linked: &Linked, diagnostics: &Diagnostics, seed: u64) -> Result<String, Failure> {
    let (lower, upper) = linked.persons.interval;
    let registers = linked.records.register_names().len();
    let lead = format!(
        "{} records of {registers} {} are of about {} persons ({} – {}).",
        thousands(linked.records.len() as u64),
        if registers == 1 { "register" } else { "registers" },
        rounded(linked.persons.point),
        rounded(lower),
        rounded(upper)
    );
    let made = format!("Made with zicht {}, seed {seed}.", env!("CARGO_PKG_VERSION"));
    let mut page = Sheet::new("What this linkage looks like", lead, made);
    page.warning(
        "Not for publication",
        "No value of a record is on this page, but its small counts are not protected.",
    );
    sections::all(&mut page, linked, diagnostics);
    page.html().map_err(|e| Failure::input(format!("diagnostics.html cannot be made: {e}"), ""))
}

/// A share of which what matters is its size: `0.83`, `0.0012`, `1.5e-7`.
fn share(x: f64) -> String {
    if x >= 1e-4 { format!("{x:.4}") } else { format!("{x:.1e}") }
}

fn bits(x: f64) -> String {
    format!("{x:+.1}")
}

/// Puts a chart of bars on the page.
fn spans(page: &mut Sheet, id: &str, title: &str, description: &str, spans: &[Span]) {
    page.chart(id, title, chart::spans(&frame(id, title, description), spans), Vec::new());
}

/// Puts a chart of lines on the page, each with its name.
fn curves(
    page: &mut Sheet,
    (id, title, description): (&str, &str, &str),
    lines: Vec<(&str, Vec<(f64, f64)>)>,
    axis: &str,
    share: bool,
) {
    let mark = |(s, (label, _)): (usize, &(&str, _))| (chart::swatch(s), (*label).to_owned());
    let legend = lines.iter().enumerate().map(mark).collect();
    let curves: Vec<Curve> =
        lines.into_iter().map(|(label, points)| Curve { label: label.to_owned(), points }).collect();
    page.chart(id, title, chart::curves(&frame(id, title, description), &curves, axis, share), legend);
}

fn frame<'a>(id: &'a str, title: &'a str, description: &'a str) -> Frame<'a> {
    Frame { id, title, description, hidden: "", language: Language::En }
}

/// Puts a waterfall on the page: each bar begins where the one above it ends.
fn waterfall(page: &mut Sheet, id: &str, title: &str, of: &Waterfall) {
    let mut at = 0.0;
    let mut bars: Vec<Span> = of
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
            bar(label, from, at)
        })
        .collect();
    bars.push(Span { series: 0, ..bar("together".into(), 0.0, of.bits) });
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
    spans(page, id, title, &description, &bars);
}

/// A bar that adds to a weight, or takes away.
fn bar(label: String, from: f64, to: f64) -> Span {
    Span { label, from_to: (from, to), series: if to < from { 1 } else { 2 }, text: bits(to - from) }
}

/// The probability that both records of a pair are of one person.
fn chance(of: &Waterfall) -> String {
    percent(of.probability())
}
