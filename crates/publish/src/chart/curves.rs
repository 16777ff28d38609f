//! Lines over a scale of numbers.

use super::{Frame, SERIES, Svg, ticks};
use crate::number;

/// A line through points whose `x` do not fall.
#[derive(Debug, Clone)]
pub struct Curve {
    /// What the legend calls it.
    pub label: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = HEIGHT - 48.0;

/// Draws at most five lines over a scale that `name` names; `share` if all values are from 0 to 1.
pub fn curves(frame: &Frame<'_>, curves: &[Curve], name: &str, share: bool) -> String {
    let points = || curves.iter().flat_map(|c| &c.points);
    let (low, high) = points().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.0), h.max(p.0)));
    let (low, high) = if low < high { (low, high) } else { (0.0, 1.0) };
    let levels = if share {
        (0..=5).map(|i| f64::from(i) / 5.0).collect()
    } else {
        ticks(points().fold(0.0, |m, p| m.max(p.1)), 1.0)
    };
    let top = levels.last().copied().unwrap_or(1.0);
    let x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * (v - low) / (high - low);
    let y = |v: f64| BOTTOM - (BOTTOM - TOP) * (v / top).clamp(0.0, 1.0);
    let mut svg = Svg::new(frame, WIDTH, HEIGHT);
    for &t in &levels {
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (LEFT, y(t)), (WIDTH - RIGHT, y(t)));
        let text = if share { format!("{:.0} %", 100.0 * t) } else { number::whole(t, frame.language) };
        svg.text("tick", (LEFT - 8.0, y(t) + 4.0), "end", &text);
    }
    for i in 0..=6 {
        let v = low + (high - low) * f64::from(i) / 6.0;
        let text = if high - low > 6.0 { format!("{v:.0}") } else { format!("{v:.2}") };
        svg.text("tick", (x(v), BOTTOM + 18.0), "middle", &text);
    }
    svg.text("tick", (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 8.0), "middle", name);
    for (s, curve) in curves.iter().take(SERIES).enumerate() {
        let line: Vec<(f64, f64)> = curve.points.iter().map(|p| (x(p.0), y(p.1))).collect();
        svg.path(&format!("l s{s}"), &line);
        for (&at, p) in line.iter().zip(&curve.points) {
            let value = if share { format!("{:.1} %", 100.0 * p.1) } else { format!("{:.0}", p.1) };
            svg.mark(s, "", at, &format!("{}, {:.3}: {value}", curve.label, p.0));
        }
    }
    svg.finish()
}
