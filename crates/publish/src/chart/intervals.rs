//! Estimates with their intervals, all from zero on one scale.

use model::Language;

use super::{Frame, Svg, ticks};
use crate::number;

/// One estimate.
#[allow(clippy::struct_field_names)]
#[derive(Debug, Clone)]
pub(crate) struct Interval {
    pub(crate) label: String,
    /// The estimate; `None` when there is none.
    pub(crate) point: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
    /// Said in place of an estimate or of its interval.
    pub(crate) without: String,
}

const WIDTH: f64 = 720.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 40.0;
const ROW: f64 = 44.0;

/// How the scale is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Whole numbers.
    Count,
    /// Shares from 0 to 1, in percent.
    Share,
    /// Numbers with a decimal.
    Rate,
    /// Ratios, with two decimals so that it shows on which side of 1 they are.
    Ratio,
}

impl Scale {
    /// The numbers along the axis, from 0 to at least `max`.
    pub(super) fn ticks(self, max: f64) -> Vec<f64> {
        match self {
            Scale::Share => vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            Scale::Count => ticks(max, 1.0),
            Scale::Rate | Scale::Ratio => ticks(max, 0.1),
        }
    }

    pub(super) fn write(self, v: f64, language: Language) -> String {
        match self {
            Scale::Count => number::whole(v, language),
            Scale::Share => number::percent(v, language),
            Scale::Rate => number::decimal(v, 1, language),
            Scale::Ratio => number::decimal(v, 2, language),
        }
    }
}

/// Draws estimates beneath each other; `mark` is a figure that is known, with its name.
pub(crate) fn intervals(
    frame: &Frame<'_>,
    rows: &[Interval],
    mark: Option<(f64, &str)>,
    scale: Scale,
) -> String {
    let top_of = |r: &Interval| r.interval.map_or(0.0, |i| i.1).max(r.point.unwrap_or(0.0));
    let max = rows.iter().map(top_of).chain(mark.map(|m| m.0)).fold(0.0, f64::max);
    let ticks = scale.ticks(max);
    let top = ticks.last().copied().unwrap_or(1.0);
    let head = if mark.is_some() { 26.0 } else { 8.0 };
    let height = head + ROW * rows.len() as f64 + 30.0;
    let x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * (v / top).clamp(0.0, 1.0);
    let write = |v: f64| scale.write(v, frame.language);
    let mut svg = Svg::new(frame, WIDTH, height);
    for &t in &ticks {
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (x(t), head), (x(t), height - 26.0));
        svg.text("tick", (x(t), height - 8.0), "middle", &write(t));
    }
    if let Some((value, name)) = mark {
        svg.line("break", (x(value), head - 4.0), (x(value), height - 26.0));
        svg.text("value", (x(value) + 4.0, 14.0), "start", &format!("{name}: {}", write(value)));
    }
    for (i, row) in rows.iter().enumerate() {
        let y = head + ROW * i as f64 + ROW / 2.0 + 4.0;
        svg.label((LEFT - 10.0, y + 4.0), &row.label, 28);
        let Some(point) = row.point else {
            svg.text("value", (LEFT + 8.0, y + 4.0), "start", &row.without);
            continue;
        };
        let said = match row.interval {
            Some((low, high)) => {
                svg.line("span s0", (x(low), y), (x(high), y));
                for end in [low, high] {
                    svg.line("span s0", (x(end), y - 5.0), (x(end), y + 5.0));
                }
                number::range(&write(low), &write(high), frame.language)
            }
            None => row.without.clone(),
        };
        let text = if said.is_empty() { write(point) } else { format!("{} ({said})", write(point)) };
        svg.mark(0, "", (x(point), y), &format!("{}: {text}", row.label));
        // On the side where there is room.
        if x(point) < f64::midpoint(LEFT, WIDTH) {
            svg.text("value", (x(point), y - 9.0), "start", &text);
        } else {
            svg.text("value", (x(point), y - 9.0), "end", &text);
        }
    }
    svg.finish()
}
