//! What comes in from the left and what goes out to the right, as bands whose width is the count.

use super::{Frame, Svg, fit};
use crate::number;

/// One side.
#[derive(Debug, Clone, Default)]
pub(crate) struct Side {
    /// Which way it goes.
    pub(crate) title: String,
    /// Names with counts, from the top.
    pub(crate) flows: Vec<(String, u64)>,
    /// All others that are published, put together: words and width. No number stands beside it.
    pub(crate) rest: Option<(String, u64)>,
    /// Words for those that are hidden; they have no width.
    pub(crate) hidden: Option<String>,
}

const WIDTH: f64 = 720.0;
/// Where the names end and the bands begin.
const EDGE: f64 = 200.0;
const NODE: f64 = 12.0;
const TOP: f64 = 40.0;
/// Height of all bands of the larger side.
const FULL: f64 = 240.0;
/// Least distance of two names.
const PITCH: f64 = 20.0;

/// Draws what comes in by `from` and what goes out by `to`.
pub(crate) fn flows(frame: &Frame<'_>, from: &Side, to: &Side) -> String {
    let bands = |side: &Side| -> Vec<(String, u64, bool)> {
        let named = side.flows.iter().map(|(name, n)| (name.clone(), *n, true));
        named.chain(side.rest.iter().map(|(words, n)| (words.clone(), *n, false))).collect()
    };
    let sides = [(from, bands(from)), (to, bands(to))];
    let sum = |bands: &[(String, u64, bool)]| bands.iter().fold(0, |sum: u64, b| sum.saturating_add(b.1));
    let most = sides.iter().map(|s| sum(&s.1)).max().unwrap_or(0).max(1) as f64;
    let thick = |n: u64| FULL * n as f64 / most;
    let tall = |(side, bands): &(&Side, Vec<(String, u64, bool)>)| {
        let names: f64 = bands.iter().map(|b| (thick(b.1) + 6.0).max(PITCH)).sum();
        names + if side.hidden.is_some() { PITCH + 6.0 } else { 0.0 }
    };
    let height = TOP + sides.iter().map(tall).fold(FULL, f64::max) + 10.0;
    let centre = f64::midpoint(TOP, height - 10.0);
    let hub = [WIDTH / 2.0 - NODE / 2.0, WIDTH / 2.0 + NODE / 2.0];
    let mut svg = Svg::new(frame, WIDTH, height);
    for (s, side) in sides.iter().enumerate() {
        let left = s == 0;
        let (edge, anchor) = if left { (EDGE, "end") } else { (WIDTH - EDGE, "start") };
        let text_at = if left { edge - NODE - 8.0 } else { edge + NODE + 8.0 };
        svg.text("label strong", (text_at, 20.0), anchor, &fit(&side.0.title, 30));
        let mut y = TOP + (height - 10.0 - TOP - tall(side)) / 2.0;
        // On the hub the bands lie against each other.
        let mut inner = centre - thick(sum(&side.1)) / 2.0;
        for (name, n, named) in &side.1 {
            let (t, room) = (thick(*n), (thick(*n) + 6.0).max(PITCH));
            let outer = y + (room - t) / 2.0;
            let count = number::count(*n, frame.language);
            let (class, tip, said) = if *named {
                (format!("flow s{s}"), format!("{name}: {count}"), format!("{}: {count}", fit(name, 18)))
            } else {
                ("flow rest".to_owned(), String::new(), fit(name, 26))
            };
            svg.ribbon(&class, (edge, outer), (hub[s], inner), t, &tip);
            let node = if left { edge - NODE } else { edge };
            let fill = if *named { format!("bar s{s}") } else { "node".to_owned() };
            svg.rect(&fill, (node, outer), (NODE, t.max(1.0)), "");
            svg.text("value", (text_at, y + room / 2.0 + 4.0), anchor, &said);
            inner += t;
            y += room;
        }
        if let Some(words) = &side.0.hidden {
            let at = if left { edge - NODE / 2.0 } else { edge + NODE / 2.0 };
            svg.mark(3, "open", (at, y + PITCH / 2.0 + 4.0), frame.hidden);
            svg.text("value", (text_at, y + PITCH / 2.0 + 8.0), anchor, &fit(words, 26));
        }
    }
    let tallest = sides.iter().map(|s| thick(sum(&s.1))).fold(1.0, f64::max);
    svg.rect("node", (hub[0], centre - tallest / 2.0), (NODE, tallest), "");
    svg.finish()
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    #[test]
    fn hidden_flows_have_a_name_and_no_width() {
        let frame = Frame { id: "f", title: "t", description: "d", hidden: "hidden", language: Language::En };
        let from = Side {
            title: "In".into(),
            flows: vec![("A".into(), 60), ("B".into(), 20)],
            rest: Some(("others together".into(), 20)),
            hidden: Some("hidden: 2".into()),
        };
        let to = Side { title: "Out".into(), flows: vec![("A".into(), 50)], ..Side::default() };
        let svg = flows(&frame, &from, &to);
        assert_eq!(svg.matches("class=\"flow").count(), 4);
        assert_eq!((svg.matches(" open\"").count(), svg.matches("hidden: 2").count()), (1, 1));
        // The rest has words and no number.
        assert!(svg.contains(">others together</text>"));
        // 100 come in and 50 go out: the hub is as tall as what comes in.
        assert!(svg.contains("height=\"240.0\"") && svg.contains("height=\"120.0\""));
    }
}
