//! Two groups back to back, a row for each age: a population pyramid.

use super::{Frame, Svg, fit, ticks};
use crate::facts::Figure;
use crate::number;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Age {
    pub(crate) label: String,
    /// The figures to the left and to the right.
    pub(crate) sides: [Figure; 2],
    /// The figures that stand beside it and are not drawn.
    pub(crate) others: Vec<Figure>,
}

const WIDTH: f64 = 720.0;
/// Room in the middle for the labels.
const MIDDLE: f64 = 150.0;
/// Room for a value outside a bar.
const VALUE: f64 = 58.0;
/// Width of a column of figures beside the pyramid.
const COLUMN: f64 = 88.0;
const TOP: f64 = 30.0;
const ROW: f64 = 30.0;

/// Draws `ages`, the first at the top; `sides` and `others` name the columns.
pub(crate) fn pyramid(frame: &Frame<'_>, sides: [&str; 2], others: &[String], ages: &[Age]) -> String {
    let language = frame.language;
    let most = |f: &Figure| f.most() as f64;
    let max = ages.iter().flat_map(|a| &a.sides).map(most).fold(0.0, f64::max);
    let ticks = ticks(max, 1.0);
    let top = ticks.last().copied().unwrap_or(1.0);
    let right = WIDTH - COLUMN * others.len() as f64;
    let half = (right - MIDDLE) / 2.0 - VALUE;
    // Where each side begins, and which way it grows.
    let base = [VALUE + half, VALUE + half + MIDDLE];
    let way = [-1.0, 1.0];
    let x = |side: usize, v: f64| base[side] + way[side] * half * v / top;
    let anchor = ["end", "start"];
    let bottom = TOP + ROW * ages.len() as f64;
    let mut svg = Svg::new(frame, WIDTH, bottom + 26.0);

    // No more numbers along the axis than there is room for.
    let steps = (ticks.len() - 1).max(1);
    let every = (1..=steps).find(|e| half * *e as f64 / steps as f64 >= 46.0).unwrap_or(steps);
    for side in [0, 1] {
        svg.text("label", (x(side, 0.0), TOP - 12.0), anchor[side], &fit(sides[side], 24));
        for (i, &t) in ticks.iter().enumerate() {
            svg.line(if t == 0.0 { "axis" } else { "grid" }, (x(side, t), TOP - 4.0), (x(side, t), bottom));
            if i.is_multiple_of(every) {
                svg.text("tick", (x(side, t), bottom + 18.0), "middle", &number::whole(t, language));
            }
        }
    }
    for (k, name) in others.iter().enumerate() {
        let at = right + COLUMN * (k as f64 + 1.0) - 8.0;
        svg.text("label", (at, TOP - 12.0), "end", &fit(name, 12));
    }
    for (i, age) in ages.iter().enumerate() {
        let y = TOP + ROW * i as f64;
        let middle = y + ROW / 2.0;
        svg.text("label", (base[0] + MIDDLE / 2.0, middle + 4.0), "middle", &fit(&age.label, 21));
        for side in [0, 1] {
            let tip = |value: &str| format!("{}, {}: {value}", sides[side], age.label);
            let beside = |v: f64| (x(side, v) + way[side] * 6.0, middle + 4.0);
            match age.sides[side] {
                Figure::Count(n) => {
                    let text = number::count(n, language);
                    let (from, to) = (x(side, 0.0), x(side, n as f64));
                    let size = ((to - from).abs(), ROW - 8.0);
                    svg.rect(&format!("bar s{side}"), (from.min(to), y + 4.0), size, &tip(&text));
                    svg.text("value", beside(n as f64), anchor[side], &text);
                }
                Figure::Between(low, high) => {
                    let ends = [low, high].map(|v| (x(side, v as f64), middle));
                    svg.line(&format!("whisker s{side}"), ends[0], ends[1]);
                    let [low, high] = [low, high].map(|v| number::count(v, language));
                    svg.text("value", beside(most(&age.sides[side])), anchor[side], &format!("{low}–{high}"));
                }
                Figure::Hidden => {
                    // Beside the axis: a hidden count is not a bar of length zero.
                    svg.mark(3, "open", (x(side, 0.0) + way[side] * 14.0, middle), &tip(frame.hidden));
                    let at = x(side, 0.0) + way[side] * 26.0;
                    svg.text("value", (at, middle + 4.0), anchor[side], frame.hidden);
                }
                Figure::Missing => svg.text("value", beside(0.0), anchor[side], "–"),
            }
        }
        for (k, figure) in age.others.iter().enumerate() {
            let at = (right + COLUMN * (k as f64 + 1.0) - 8.0, middle + 4.0);
            match *figure {
                Figure::Count(n) => svg.text("value", at, "end", &number::count(n, language)),
                Figure::Between(low, high) => svg.text("value", at, "end", &format!("{low}–{high}")),
                Figure::Hidden => {
                    let tip = format!("{}, {}: {}", others[k], age.label, frame.hidden);
                    svg.mark(3, "open", (at.0 - 6.0, middle), &tip);
                }
                Figure::Missing => svg.text("value", at, "end", "–"),
            }
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    #[test]
    fn a_hidden_side_is_an_open_mark_and_no_bar() {
        let frame = Frame { id: "p", title: "t", description: "d", hidden: "hidden", language: Language::En };
        let age = |label: &str, sides| Age { label: label.into(), sides, others: vec![Figure::Hidden] };
        let ages = [
            age("18+", [Figure::Count(40), Figure::Count(10)]),
            age("0-17", [Figure::Count(20), Figure::Hidden]),
        ];
        let svg = pyramid(&frame, ["Women", "Men"], &["Other".into()], &ages);
        assert_eq!(svg.matches("<rect").count(), 3);
        // One on its side, two beside the pyramid.
        assert_eq!(svg.matches("open").count(), 3);
        assert!(svg.contains("Men, 0-17: hidden") && svg.contains("Other, 18+: hidden"));
        // Both sides have one scale: 40 to the left is four times 10 to the right.
        let width = |tip: &str| {
            let before = svg.split(tip).next().and_then(|s| s.rsplit("width=\"").next()).expect("a bar");
            before.split('"').next().expect("a width").parse::<f64>().expect("a number")
        };
        assert!((width("Women, 18+: 40") / width("Men, 18+: 10") - 4.0).abs() < 0.02);
    }
}
