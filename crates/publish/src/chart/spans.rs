//! Bars that begin anywhere: what each of a number of things adds or takes away.

use super::{Frame, Svg, fit};
use crate::number;

/// One bar, from one value to another.
#[derive(Debug, Clone)]
pub struct Span {
    /// What stands to the left of it.
    pub label: String,
    /// Where it begins and ends.
    pub from_to: (f64, f64),
    /// Its colour and, in the legend, its mark: 0 to 4.
    pub series: usize,
    /// What stands beside it.
    pub text: String,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 270.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 24.0;

/// Draws bars beneath each other over an axis that has 0 in it.
pub fn spans(frame: &Frame<'_>, spans: &[Span]) -> String {
    let ends = || spans.iter().flat_map(|s| [s.from_to.0, s.from_to.1]).filter(|v| v.is_finite());
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let wide = (high - low).max(1e-9);
    let power = 10f64.powf((wide / 6.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| wide / s <= 8.0).unwrap_or(wide);
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    let (low, high) = (first as f64 * step, (last.max(first + 1)) as f64 * step);
    let height = ROW * spans.len() as f64 + 34.0;
    let x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * (v.clamp(low, high) - low) / (high - low);
    let mut svg = Svg::new(frame, WIDTH, height);
    let digits = usize::from(step < 1.0);
    for tick in first..=last.max(first + 1) {
        let v = tick as f64 * step;
        svg.line(if tick == 0 { "axis" } else { "grid" }, (x(v), 4.0), (x(v), height - 26.0));
        let text = if digits == 0 { number::whole(v, frame.language) } else { format!("{v:.1}") };
        svg.text("tick", (x(v), height - 8.0), "middle", &text);
    }
    for (i, span) in spans.iter().enumerate() {
        let (y, (from, to)) = (6.0 + ROW * i as f64, span.from_to);
        let (left, right) = (x(from.min(to)), x(from.max(to)));
        svg.text("label", (LEFT - 10.0, y + ROW / 2.0 + 2.0), "end", &fit(&span.label, 38));
        let tip = format!("{}: {}", span.label, span.text);
        svg.rect(
            &format!("bar s{}", span.series),
            (left, y + 2.0),
            ((right - left).max(1.0), ROW - 8.0),
            &tip,
        );
        svg.text("value", (right + 6.0, y + ROW / 2.0 + 2.0), "start", &span.text);
    }
    svg.finish()
}
