//! Categories side by side.

use super::{Frame, Svg, fit, ticks};
use crate::facts::Figure;
use crate::number;

/// One bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) figure: Figure,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 80.0;
const ROW: f64 = 28.0;

/// Draws `bars` beneath each other.
pub(crate) fn bars(frame: &Frame<'_>, bars: &[Bar]) -> String {
    let max = bars.iter().map(|b| b.figure.most() as f64).fold(0.0, f64::max);
    let ticks = ticks(max, 1.0);
    let top = ticks.last().copied().unwrap_or(1.0);
    let height = ROW * bars.len() as f64 + 34.0;
    let x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * v / top;
    let mut svg = Svg::new(frame, WIDTH, height);
    for &t in &ticks {
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (x(t), 4.0), (x(t), height - 26.0));
        svg.text("tick", (x(t), height - 8.0), "middle", &number::whole(t, frame.language));
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = 6.0 + ROW * i as f64;
        let middle = y + ROW / 2.0 - 2.0;
        svg.text("label", (LEFT - 10.0, middle + 4.0), "end", &fit(&bar.label, 32));
        let tip = |value: &str| format!("{}: {value}", bar.label);
        match bar.figure {
            Figure::Count(n) => {
                let text = number::count(n, frame.language);
                svg.rect("bar s0", (LEFT, y + 2.0), (x(n as f64) - LEFT, ROW - 8.0), &tip(&text));
                svg.text("value", (x(n as f64) + 6.0, middle + 4.0), "start", &text);
            }
            Figure::Between(low, high) => {
                svg.line("whisker s0", (x(low as f64), middle), (x(high as f64), middle));
                svg.text("value", (x(high as f64) + 6.0, middle + 4.0), "start", &format!("{low}–{high}"));
            }
            Figure::Hidden => {
                // Beside the axis: a hidden count is not a bar of length zero.
                svg.mark(3, "open", (LEFT + 14.0, middle), &tip(frame.hidden));
                svg.text("value", (LEFT + 26.0, middle + 4.0), "start", frame.hidden);
            }
            Figure::Missing => svg.text("value", (LEFT + 8.0, middle + 4.0), "start", "–"),
        }
    }
    svg.finish()
}
