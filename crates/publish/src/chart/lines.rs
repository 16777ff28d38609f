//! Series over time.

use super::{Frame, Room, SERIES, Svg, fit, ticks};
use crate::facts::Figure;
use crate::number;

/// One series.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) label: String,
    /// One figure a period.
    pub(crate) figures: Vec<Figure>,
}

/// Series over the same periods, with what is said of the first of them.
#[allow(clippy::struct_field_names)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    pub(crate) periods: Vec<String>,
    pub(crate) lines: Vec<Line>,
    /// Interval of the first series in each period.
    pub(crate) intervals: Vec<Option<(f64, f64)>>,
    /// Fitted level of the first series in each period.
    pub(crate) fitted: Vec<Option<f64>>,
    /// Periods in which a new level begins.
    pub(crate) breaks: Vec<usize>,
    /// Figures that stand side by side and make no line.
    pub(crate) apart: bool,
}

const HEIGHT: f64 = 340.0;
const TOP: f64 = 18.0;
/// Height of the strip beneath the axis in which hidden figures stand.
const STRIP: f64 = 26.0;

/// Draws `data`.
pub(crate) fn lines(frame: &Frame<'_>, data: &Lines, room: Room) -> String {
    let (width, left, right) = match room {
        Room::Wide => (720.0, 80.0, 24.0),
        Room::Narrow => (360.0, 72.0, 12.0),
    };
    let language = frame.language;
    let shown = &data.lines[..data.lines.len().min(SERIES)];
    let hidden = shown.iter().any(|l| l.figures.contains(&Figure::Hidden));
    let top_of = |f: &Figure| f.most() as f64;
    let figures = shown.iter().flat_map(|l| l.figures.iter().map(top_of));
    let bounds = data.intervals.iter().flatten().map(|i| i.1);
    let max = figures.chain(bounds).fold(0.0, f64::max);
    let ticks = ticks(max, 1.0);
    let top = ticks.last().copied().unwrap_or(1.0);
    let bottom = HEIGHT - 36.0 - if hidden { STRIP } else { 0.0 };
    let n = data.periods.len();
    let x = |i: usize| {
        if n < 2 {
            left + (width - left - right) / 2.0
        } else {
            left + 14.0 + (width - left - right - 28.0) * i as f64 / (n - 1) as f64
        }
    };
    let y = |v: f64| bottom - (bottom - TOP) * v / top;

    let mut svg = Svg::new(frame, width, HEIGHT);
    for &t in &ticks {
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (left, y(t)), (width - right, y(t)));
        svg.text("tick", (left - 8.0, y(t) + 4.0), "end", &number::whole(t, language));
    }
    // The widest label decides how many fit.
    let widest = data.periods.iter().map(|p| p.chars().count()).max().unwrap_or(4).max(4);
    let every = (n * (widest * 8 + 14)).div_ceil((width - left - right) as usize).max(1);
    for (i, period) in data.periods.iter().enumerate().filter(|(i, _)| (n - 1 - i).is_multiple_of(every)) {
        svg.text("tick", (x(i), HEIGHT - 12.0), "middle", period);
    }
    if hidden {
        let at = bottom + STRIP / 2.0 + 4.0;
        svg.text("tick", (left - 8.0, at + 4.0), "end", &fit(frame.hidden, 9));
    }
    for &b in &data.breaks {
        if b > 0 && b < n {
            let at = f64::midpoint(x(b - 1), x(b));
            svg.line("break", (at, TOP), (at, bottom));
        }
    }
    for (i, interval) in data.intervals.iter().enumerate() {
        if let Some((low, high)) = interval {
            svg.line("whisker s0", (x(i), y(*low)), (x(i), y(high.min(top))));
        }
    }
    for run in runs(data.fitted.iter().copied()) {
        let mut points = Vec::new();
        let half = if n < 2 { 14.0 } else { (x(1) - x(0)) / 2.0 };
        for (i, level) in run {
            let inside = |v: f64| v.clamp(left, width - right);
            points.push((inside(x(i) - half), y(level)));
            points.push((inside(x(i) + half), y(level)));
        }
        svg.path("fitted", &points);
    }
    if !data.apart {
        for (s, line) in shown.iter().enumerate() {
            for run in runs(line.figures.iter().map(|f| f.count().map(|c| c as f64))) {
                let points: Vec<(f64, f64)> = run.into_iter().map(|(i, v)| (x(i), y(v))).collect();
                svg.path(&format!("l s{s}"), &points);
            }
        }
    }
    for (s, line) in shown.iter().enumerate() {
        for (i, figure) in line.figures.iter().enumerate().take(n) {
            let tip = |value: &str| room.tip(&line.label, &data.periods[i], value);
            match figure {
                Figure::Count(c) => svg.mark(s, "", (x(i), y(*c as f64)), &tip(&number::count(*c, language))),
                Figure::Between(low, high) => {
                    svg.line(&format!("whisker s{s}"), (x(i), y(*low as f64)), (x(i), y(*high as f64)));
                }
                Figure::Hidden => {
                    // Side by side, so that none lies over another.
                    let room = (if n < 2 { 60.0 } else { x(1) - x(0) }) * 0.8 / shown.len() as f64;
                    let aside = (s as f64 - (shown.len() - 1) as f64 / 2.0) * room.min(11.0);
                    svg.mark(s, "open", (x(i) + aside, bottom + STRIP / 2.0 + 4.0), &tip(frame.hidden));
                }
                Figure::Missing => {}
            }
        }
    }
    svg.finish()
}

/// The unbroken stretches of a series: a gap is not bridged.
pub(super) fn runs(values: impl Iterator<Item = Option<f64>>) -> Vec<Vec<(usize, f64)>> {
    let mut out: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut open = false;
    for (i, value) in values.enumerate() {
        match value {
            Some(v) if open => out.last_mut().expect("a run is open").push((i, v)),
            Some(v) => out.push(vec![(i, v)]),
            None => {}
        }
        open = value.is_some();
    }
    out
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    fn draw(figures: Vec<Figure>) -> String {
        let frame = Frame { id: "a", title: "T", description: "D", hidden: "hidden", language: Language::En };
        let periods = (2000..2000 + figures.len()).map(|y| y.to_string()).collect();
        lines(
            &frame,
            &Lines { periods, lines: vec![Line { label: "L".into(), figures }], ..Lines::default() },
            Room::Wide,
        )
    }

    #[test]
    fn a_hidden_figure_is_an_open_mark_that_no_line_touches() {
        let svg = draw(vec![Figure::Count(10), Figure::Hidden, Figure::Count(12), Figure::Count(9)]);
        assert_eq!(svg.matches("class=\"m s0 open\"").count(), 1);
        // One stretch of one point before the gap, one of two after it.
        assert_eq!(svg.matches("class=\"l s0\"").count(), 2);
        let zero = svg.split("class=\"axis\"").nth(1).and_then(|s| s.split("y1=\"").nth(1)).expect("an axis");
        let axis: f64 = zero.split('"').next().expect("a number").parse().expect("a number");
        let open = svg.split("m s0 open\" d=\"M").nth(1).expect("the mark");
        let y: f64 = open.split(['a', ' ']).nth(1).expect("y").parse().expect("a number");
        assert!(y > axis + 10.0, "the mark at {y} is beneath the axis at {axis}");
    }

    #[test]
    fn nothing_but_gaps_still_makes_a_chart() {
        assert!(draw(vec![Figure::Missing]).ends_with("</svg>"));
        assert!(draw(Vec::new()).contains("<title"));
    }
}
