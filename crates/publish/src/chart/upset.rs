//! Who is in which sets: an upset plot (Lex et al., *Visualization of Intersecting Sets*, IEEE TVCG 20, 2014).

use super::{Frame, Svg, fit, ticks};
use crate::facts::Figure;
use crate::number;

/// Those that are in these sets and in no other.
#[derive(Debug, Clone)]
pub(crate) struct Intersection {
    /// In words.
    pub(crate) label: String,
    /// For each set whether they are in it.
    pub(crate) within: Vec<bool>,
    pub(crate) figure: Figure,
}

const WIDTH: f64 = 720.0;
/// Where names end, and the bars of the sizes of sets.
const NAMES: f64 = 172.0;
const SIZES: f64 = 262.0;
/// Where the intersections begin.
const LEFT: f64 = 316.0;
const RIGHT: f64 = 712.0;
/// A column is no wider, however few there are.
const WIDEST: f64 = 44.0;
const TOP: f64 = 46.0;
/// Height of the bars.
const BARS: f64 = 150.0;
/// From the bars to the first set.
const BETWEEN: f64 = 26.0;
const ROW: f64 = 28.0;

/// Draws the sizes of `sets` to the left, as bars; and for each of `columns` a bar above the dots that say in which
/// sets these are. `heads` say what both bars are.
pub(crate) fn upset(
    frame: &Frame<'_>,
    heads: [&str; 2],
    sets: &[(String, Figure)],
    columns: &[Intersection],
) -> String {
    let language = frame.language;
    let axis = TOP + BARS;
    let first = axis + BETWEEN;
    let bottom = first + ROW * sets.len() as f64;
    let mut svg = Svg::new(frame, WIDTH, bottom + 10.0);

    let steps = ticks(columns.iter().map(|c| c.figure.most() as f64).fold(0.0, f64::max), 1.0);
    let top = steps.last().copied().unwrap_or(1.0);
    let height = |v: f64| BARS * v / top;
    svg.text("label", (LEFT, TOP - 32.0), "start", heads[1]);
    for &t in &steps {
        let y = axis - height(t);
        svg.line(if t == 0.0 { "axis" } else { "grid" }, (LEFT, y), (RIGHT, y));
        svg.text("tick", (LEFT - 8.0, y + 4.0), "end", &number::whole(t, language));
    }

    let largest = sets.iter().map(|(_, f)| f.most() as f64).fold(1.0, f64::max);
    svg.text("label", (NAMES, first - 10.0), "start", heads[0]);
    for (i, (name, figure)) in sets.iter().enumerate() {
        let y = first + ROW * (i as f64 + 0.5);
        svg.line("grid", (0.0, y + ROW / 2.0), (RIGHT, y + ROW / 2.0));
        svg.text("label", (0.0, y + 4.0), "start", &fit(name, 23));
        let tip = |said: &str| format!("{name}: {said}");
        let length = |v: f64| (SIZES - NAMES) * v / largest;
        match *figure {
            Figure::Count(n) => {
                let said = number::count(n, language);
                svg.rect("bar s1", (NAMES, y - 7.0), (length(n as f64), 14.0), &tip(&said));
                svg.text("value", (NAMES + length(n as f64) + 5.0, y + 4.0), "start", &said);
            }
            Figure::Between(low, high) => {
                svg.line("whisker s1", (NAMES + length(low as f64), y), (NAMES + length(high as f64), y));
                let said = [low, high].map(|v| number::count(v, language)).join("–");
                svg.text("value", (NAMES + length(high as f64) + 5.0, y + 4.0), "start", &said);
            }
            Figure::Hidden => {
                svg.mark(3, "open", (NAMES + 8.0, y), &tip(frame.hidden));
                svg.text("value", (NAMES + 20.0, y + 4.0), "start", frame.hidden);
            }
            Figure::Missing => svg.text("value", (NAMES, y + 4.0), "start", "–"),
        }
    }

    let wide = ((RIGHT - LEFT) / columns.len().max(1) as f64).min(WIDEST);
    for (k, column) in columns.iter().enumerate() {
        let x = LEFT + wide * (k as f64 + 0.5);
        let tip = |said: &str| format!("{}: {said}", column.label);
        match column.figure {
            Figure::Count(n) => {
                let (said, tall) = (number::count(n, language), height(n as f64));
                let size = (wide * 0.62, tall);
                svg.rect("bar s0", (x - size.0 / 2.0, axis - tall), size, &tip(&said));
                svg.text("value", (x, axis - tall - 5.0), "middle", &said);
            }
            Figure::Between(low, high) => {
                let ends = [low, high].map(|v| axis - height(v as f64));
                svg.line("whisker s0", (x, ends[0]), (x, ends[1]));
                let said = [low, high].map(|v| number::count(v, language)).join("–");
                svg.text("value", (x, ends[1] - 5.0), "middle", &said);
            }
            // Beneath the axis: a hidden count is not a bar of height zero.
            Figure::Hidden => svg.mark(3, "open", (x, axis + 11.0), &tip(frame.hidden)),
            Figure::Missing => {}
        }
        let at = |i: usize| (x, first + ROW * (i as f64 + 0.5));
        let of: Vec<usize> = (0..sets.len()).filter(|&i| column.within.get(i) == Some(&true)).collect();
        for i in 0..sets.len() {
            if !of.contains(&i) {
                svg.mark(0, "off", at(i), "");
            }
        }
        if let (Some(&from), Some(&to)) = (of.first(), of.last())
            && from != to
        {
            svg.line("l s0", at(from), at(to));
        }
        for i in of {
            svg.mark(0, "", at(i), "");
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    #[test]
    fn each_column_has_a_dot_for_each_set_and_a_hidden_one_has_no_bar() {
        let frame = Frame { id: "u", title: "t", description: "d", hidden: "hidden", language: Language::En };
        let sets = [("A", Figure::Count(30)), ("B", Figure::Hidden), ("C", Figure::Count(15))]
            .map(|(n, f)| (n.to_owned(), f));
        let column = |label: &str, within: [bool; 3], figure| Intersection {
            label: label.into(),
            within: within.into(),
            figure,
        };
        let columns = [
            column("A", [true, false, false], Figure::Count(20)),
            column("A + C", [true, false, true], Figure::Count(10)),
            column("B", [false, true, false], Figure::Hidden),
        ];
        let svg = upset(&frame, ["Sizes", "Persons"], &sets, &columns);
        assert_eq!(svg.matches("class=\"bar s0\"").count(), 2);
        assert_eq!(svg.matches("class=\"bar s1\"").count(), 2);
        // Nine places, four of them filled, and a line that joins the two of A + C.
        assert_eq!((svg.matches("m s0 off").count(), svg.matches("class=\"m s0 \"").count()), (5, 4));
        assert_eq!(svg.matches("class=\"l s0\"").count(), 1);
        assert!(svg.contains("A + C: 10") && svg.contains("<title>B: hidden</title>"));
        // One scale: twice the count is twice the height.
        let tall = |tip: &str| {
            let before = svg.split(tip).next().and_then(|s| s.rsplit("height=\"").next()).expect("a bar");
            before.split('"').next().expect("a height").parse::<f64>().expect("a number")
        };
        assert!((tall("A: 20") / tall("A + C: 10") - 2.0).abs() < 0.02);
    }
}
