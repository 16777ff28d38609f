//! Charts as SVG: a title and a description for who does not see them, colours that differ for
//! every eye (Okabe and Ito), shapes beside the colours, and a hidden count as an open mark beneath
//! the axis, never as a zero.
//!
//! Colours, fonts and dark mode are in the style sheet: shapes carry classes `s0` … `s4` only.
//!
//! Some of it is for pages that stay in the house too: see [`Sheet`](crate::Sheet).

mod atlas;
mod bars;
mod curves;
mod dots;
mod flows;
mod intervals;
mod lines;
mod matrix;
mod multiples;
mod pyramid;
mod spans;
mod upset;

use std::fmt::Write as _;

use model::Language;

pub(crate) use atlas::{Region, atlas};
pub(crate) use bars::{Bar, bars};
pub use curves::{Curve, curves};
pub(crate) use dots::dots;
pub(crate) use flows::{Side, flows};
pub(crate) use intervals::{Interval, Scale, intervals};
pub(crate) use lines::{Line, Lines, lines};
pub(crate) use matrix::matrix;
pub(crate) use multiples::multiples;
pub(crate) use pyramid::{Age, pyramid};
pub use spans::{Span, spans};
pub(crate) use upset::{Intersection, upset};

/// The style sheet of the site.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

/// Most series in one chart: more cannot be told apart.
pub(crate) const SERIES: usize = 5;

/// What every chart needs.
#[derive(Debug, Clone)]
pub struct Frame<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What is to be seen, for who does not see it.
    pub description: &'a str,
    /// A word for a hidden count.
    pub hidden: &'a str,
    /// In which numbers are written.
    pub language: Language,
}

/// For how much room a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// A screen or a sheet of paper.
    Wide,
    /// A phone: letters are as large as elsewhere, and nothing scrolls.
    Narrow,
}

impl Room {
    /// What shows when a mark is pointed at. On a phone nothing does.
    fn tip(self, label: &str, period: &str, value: &str) -> String {
        match self {
            Room::Wide => format!("{label}, {period}: {value}"),
            Room::Narrow => String::new(),
        }
    }
}

/// Text as it may stand in XML, within an element or an attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An SVG in the making.
struct Svg {
    out: String,
}

impl Svg {
    fn new(frame: &Frame<'_>, width: f64, height: f64) -> Self {
        let id = escape(frame.id);
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
             xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
            escape(frame.title),
            escape(frame.description)
        );
        Svg { out }
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.out,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let Some((first, rest)) = points.split_first() else { return };
        let _ = write!(self.out, "<path class=\"{class}\" d=\"M{:.1} {:.1}", first.0, first.1);
        for (x, y) in rest {
            let _ = write!(self.out, "L{x:.1} {y:.1}");
        }
        self.out.push_str("\"/>");
    }

    fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64), tip: &str) {
        let _ = write!(
            self.out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\">{}</rect>",
            at.0,
            at.1,
            size.0,
            size.1,
            tip_of(tip)
        );
    }

    /// Text; `anchor` is `start`, `middle` or `end`.
    fn text(&mut self, class: &str, at: (f64, f64), anchor: &str, text: &str) {
        let _ = write!(
            self.out,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escape(text)
        );
    }

    /// The name of a row that ends at a place, in two lines where one of `most` characters does not hold it.
    fn label(&mut self, at: (f64, f64), name: &str, most: usize) {
        match in_two(name, most) {
            (first, Some(second)) => {
                self.text("label", (at.0, at.1 - 8.0), "end", first);
                self.text("label", (at.0, at.1 + 8.0), "end", &fit(second, most));
            }
            (all, None) => self.text("label", at, "end", &fit(all, most)),
        }
    }

    /// The mark of series `s`, with a word that shows when pointed at.
    fn mark(&mut self, s: usize, class: &str, at: (f64, f64), tip: &str) {
        self.mark_of(s, class, at, 4.5, tip);
    }

    /// The same of half the size `r`.
    fn mark_of(&mut self, s: usize, class: &str, at: (f64, f64), r: f64, tip: &str) {
        let (mark, tip) = (shape(s, at, r), tip_of(tip));
        let _ = write!(self.out, "<path class=\"m s{s} {class}\" d=\"{mark}\">{tip}</path>");
    }

    /// A band of one thickness that bends from one place to another; the places are its upper corners.
    fn ribbon(&mut self, class: &str, from: (f64, f64), to: (f64, f64), thick: f64, tip: &str) {
        let middle = f64::midpoint(from.0, to.0);
        let _ = write!(
            self.out,
            "<path class=\"{class}\" d=\"M{:.1} {:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}V{:.1}\
             C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}Z\">{}</path>",
            from.0,
            from.1,
            from.1,
            to.1,
            to.0,
            to.1,
            to.1 + thick,
            to.1 + thick,
            from.1 + thick,
            from.0,
            from.1 + thick,
            tip_of(tip)
        );
    }

    fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }
}

/// A name as two lines, where one of `most` characters does not hold it: cut at the last space at which the first line holds
/// what stands before it.
fn in_two(name: &str, most: usize) -> (&str, Option<&str>) {
    let fits = |place: &usize| name[..*place].chars().count() <= most;
    let space = name.match_indices(' ').map(|(place, _)| place).take_while(fits).last();
    match space.filter(|_| name.chars().count() > most) {
        Some(space) => (&name[..space], Some(&name[space + 1..])),
        None => (name, None),
    }
}

fn tip_of(tip: &str) -> String {
    if tip.is_empty() { String::new() } else { format!("<title>{}</title>", escape(tip)) }
}

/// A shape for each series: circle, square, triangle, diamond, cross.
fn shape(s: usize, (x, y): (f64, f64), r: f64) -> String {
    match s % SERIES {
        0 => format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {:.1} 0a{r} {r} 0 1 0 {:.1} 0Z", x - r, 2.0 * r, -2.0 * r),
        1 => format!("M{:.1} {:.1}h{:.1}v{:.1}h{:.1}Z", x - r, y - r, 2.0 * r, 2.0 * r, -2.0 * r),
        2 => format!("M{x:.1} {:.1}l{:.1} {:.1}h{:.1}Z", y - r * 1.2, r * 1.2, r * 2.1, -r * 2.4),
        3 => format!(
            "M{x:.1} {:.1}l{:.1} {:.1}l{:.1} {:.1}l{:.1} {:.1}Z",
            y - r * 1.3,
            r * 1.3,
            r * 1.3,
            -r * 1.3,
            r * 1.3,
            -r * 1.3,
            -r * 1.3
        ),
        _ => {
            let (a, b) = (r * 0.45, r * 1.2);
            format!(
                "M{:.1} {:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}v{:.1}h{:.1}Z",
                x - a,
                y - b,
                2.0 * a,
                b - a,
                b - a,
                2.0 * a,
                a - b,
                b - a,
                -2.0 * a,
                a - b,
                a - b,
                -2.0 * a,
                b - a
            )
        }
    }
}

/// The frame of a small picture.
fn small(inner: &str) -> String {
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 28 14\" aria-hidden=\"true\" focusable=\"false\">{inner}</svg>"
    )
}

/// A small picture of the mark of series `s`, for a legend; decoration, the word stands beside it.
pub fn swatch(s: usize) -> String {
    let mark = shape(s, (14.0, 7.0), 4.5);
    small(&format!(
        "<line class=\"l s{s}\" x1=\"0\" y1=\"7\" x2=\"28\" y2=\"7\"/><path class=\"m s{s}\" d=\"{mark}\"/>"
    ))
}

/// A small picture of the mark of a hidden count, for a legend.
pub(crate) fn hidden_swatch() -> String {
    small(&format!("<path class=\"m s3 open\" d=\"{}\"/>", shape(3, (14.0, 7.0), 4.5)))
}

/// A small picture of the shade of class `k` in a table, for a legend.
pub(crate) fn shade(k: usize) -> String {
    small(&format!("<rect class=\"shade h{k}\" x=\"0.5\" y=\"0.5\" width=\"27\" height=\"13\"/>"))
}

/// Steps of 1, 2 or 5 times a power of ten, none below `least`, from 0 to at least `max`; at most
/// seven of them.
fn ticks(max: f64, least: f64) -> Vec<f64> {
    let max = if max.is_finite() && max > 0.0 { max } else { least };
    let rough = max / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= rough)
        .unwrap_or(rough)
        .max(least);
    let n = (max / step).ceil() as usize;
    (0..=n.max(1)).map(|i| i as f64 * step).collect()
}

/// Shortens a label to `most` characters.
fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_reach_the_largest_value_in_round_steps() {
        assert_eq!(ticks(1334.0, 1.0), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(ticks(3.0, 1.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks(f64::NAN, 1.0), ticks(1.0, 1.0));
        assert!(ticks(1e18, 1.0).len() < 8);
    }

    #[test]
    fn a_long_name_has_two_lines_and_a_longer_one_ends_in_dots() {
        let lines = |name: &str| {
            let mut svg = Svg { out: String::new() };
            svg.label((0.0, 0.0), name, 12);
            let texts = svg.out.split("<text ").skip(1).map(|t| t.split(['>', '<']).nth(1).expect("a text"));
            texts.map(str::to_owned).collect::<Vec<String>>()
        };
        assert_eq!(lines("a short one"), ["a short one"]);
        assert_eq!(lines("een naam van twee"), ["een naam van", "twee"]);
        assert_eq!(lines("één naam van nog meer dan twee"), ["één naam van", "nog meer da…"]);
        assert_eq!(lines("zondereenspatie"), ["zondereensp…"]);
    }

    #[test]
    fn hostile_text_is_escaped() {
        assert_eq!(escape("<b a='\"'>&\u{0}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp; ");
    }
}
