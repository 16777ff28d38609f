//! Many estimates with their intervals, a line of text each, set against the middle one.

use super::{Frame, Interval, Scale, Svg};
use crate::number;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 220.0;
/// Room for the figures in words, which stand in a column of their own.
const RIGHT: f64 = 170.0;
const ROW: f64 = 24.0;
/// Height of a row where names have two lines.
const TALL: f64 = 38.0;
/// Characters of a name in one line.
const NAME: usize = 28;
const TOP: f64 = 26.0;

/// Draws `rows` in their order, `whole` apart above them, and a line at the median of the rows that
/// `median` names.
pub(crate) fn dots(
    frame: &Frame<'_>,
    whole: Option<&Interval>,
    rows: &[Interval],
    median: &str,
    scale: Scale,
) -> String {
    let language = frame.language;
    let all: Vec<(usize, &Interval)> =
        whole.map(|w| (1, w)).into_iter().chain(rows.iter().map(|r| (0, r))).collect();
    let top_of = |r: &Interval| r.interval.map_or(0.0, |i| i.1).max(r.point.unwrap_or(0.0));
    let ticks = scale.ticks(all.iter().map(|(_, r)| top_of(r)).fold(0.0, f64::max));
    let top = ticks.last().copied().unwrap_or(1.0);
    let long = all.iter().any(|(_, r)| r.label.chars().count() > NAME);
    let tall = if long { TALL } else { ROW };
    let bottom = TOP + tall * all.len() as f64 + 4.0;
    let x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * (v / top).clamp(0.0, 1.0);
    let mut svg = Svg::new(frame, WIDTH, bottom + 26.0);
    for &t in &ticks {
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (x(t), TOP), (x(t), bottom));
        svg.text("tick", (x(t), bottom + 18.0), "middle", &scale.write(t, language));
    }
    if let Some(value) = middle(rows) {
        svg.line("break", (x(value), TOP - 6.0), (x(value), bottom));
        svg.text("value", (x(value), TOP - 11.0), "middle", median);
    }
    for (i, (series, row)) in all.into_iter().enumerate() {
        let y = TOP + tall * (i as f64 + 0.5) + 2.0;
        svg.label((LEFT - 10.0, y + 4.0), &row.label, NAME);
        let figures = WIDTH - RIGHT + 14.0;
        let Some(point) = row.point else {
            svg.text("value", (figures, y + 4.0), "start", &row.without);
            continue;
        };
        let said = row.interval.map_or_else(
            || row.without.clone(),
            |(low, high)| {
                svg.line(&format!("span s{series}"), (x(low), y), (x(high), y));
                number::range(&scale.write(low, language), &scale.write(high, language), language)
            },
        );
        let point_said = scale.write(point, language);
        let text = if said.is_empty() { point_said } else { format!("{point_said} ({said})") };
        svg.mark(series, "", (x(point), y), &format!("{}: {text}", row.label));
        svg.text("value", (figures, y + 4.0), "start", &text);
    }
    svg.finish()
}

/// The median of the estimates, where there are enough for one.
fn middle(rows: &[Interval]) -> Option<f64> {
    let mut points: Vec<f64> = rows.iter().filter_map(|r| r.point).collect();
    points.sort_by(f64::total_cmp);
    let n = points.len();
    (n > 2).then(|| f64::midpoint(points[(n - 1) / 2], points[n / 2]))
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    #[test]
    fn a_row_without_an_estimate_says_why_and_is_not_in_the_median() {
        let row = |label: &str, point: Option<f64>| Interval {
            label: label.into(),
            point,
            interval: point.map(|p| (p / 2.0, p * 2.0)),
            without: if point.is_some() { String::new() } else { "hidden".into() },
        };
        let rows = [row("A", Some(3.0)), row("B", Some(2.0)), row("C", Some(1.0)), row("D", None)];
        assert_eq!((middle(&rows), middle(&rows[1..])), (Some(2.0), None));
        let frame = Frame { id: "d", title: "t", description: "d", hidden: "hidden", language: Language::En };
        let svg = dots(&frame, Some(&row("All", Some(2.5))), &rows, "median", Scale::Rate);
        assert_eq!((svg.matches("class=\"m s0").count(), svg.matches("class=\"m s1").count()), (3, 1));
        assert_eq!((svg.matches(">median<").count(), svg.matches(">hidden<").count()), (1, 1));
        assert!(svg.contains("A: 3.0 (1.5 to 6.0)"));
    }
}
