//! Many series over time, each in a small field of its own, all on one scale.

use super::lines::runs;
use super::{Frame, Lines, Room, Svg, fit, in_two, ticks};
use crate::facts::Figure;
use crate::number;

const HEIGHT: f64 = 158.0;
/// Within a field: where the scale ends and the lines begin.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 34.0;
/// From one line of a name to the next.
const LINE: f64 = 16.0;
const BOTTOM: f64 = 30.0;
/// Height of the strip beneath the axis in which hidden figures stand.
const STRIP: f64 = 16.0;
/// Small, so that the marks of twenty years stand apart.
const MARK: f64 = 2.6;

/// Draws each line of `data` in a field of its own.
pub(crate) fn multiples(frame: &Frame<'_>, data: &Lines, room: Room) -> String {
    // Fields side by side, how wide each is, the characters that a line of its name may have, and where the lines begin.
    let (across, field, most, begin) = match room {
        Room::Wide => (3, 240.0, 27, TOP),
        Room::Narrow => (2, 180.0, 20, TOP + LINE),
    };
    let names = |name: &str| match (room, in_two(name, most)) {
        (Room::Narrow, (one, Some(two))) => vec![one.to_owned(), fit(two, most)],
        _ => vec![fit(name, most)],
    };
    // The second line of names is added to the height.
    let tall = HEIGHT - TOP + begin;
    let language = frame.language;
    let figures = || data.lines.iter().flat_map(|l| &l.figures);
    let hidden = figures().any(|f| *f == Figure::Hidden);
    let max = figures().map(|f| f.most() as f64).fold(0.0, f64::max);
    let ticks = ticks(max, 1.0);
    let top = ticks.last().copied().unwrap_or(1.0);
    let floor = tall - BOTTOM - if hidden { STRIP } else { 0.0 };
    let steps = (ticks.len() - 1).max(1);
    // No more lines than there is room for, and always one at the top of the scale.
    let space = |e: usize| (floor - begin) * e as f64 / steps as f64;
    let every = (1..=steps).find(|&e| steps.is_multiple_of(e) && space(e) >= 18.0).unwrap_or(steps);
    let n = data.periods.len();
    let width = field - LEFT - RIGHT;
    let height = tall * data.lines.len().div_ceil(across) as f64;
    let mut svg = Svg::new(frame, field * across as f64, height);
    for (at, line) in data.lines.iter().enumerate() {
        let (left, head) = (field * (at % across) as f64, tall * (at / across) as f64);
        let x = |i: usize| {
            let share = if n < 2 { 0.5 } else { i as f64 / (n - 1) as f64 };
            left + LEFT + 6.0 + (width - 12.0) * share
        };
        let y = |v: f64| head + floor - (floor - begin) * v / top;
        // A name of one line stands next to its field.
        let written = names(&line.label);
        for (above, name) in (0..written.len()).rev().zip(&written) {
            let at = (left + 8.0, head + begin - 18.0 - LINE * above as f64);
            svg.text("label strong", at, "start", name);
        }
        for &t in ticks.iter().step_by(every) {
            let class = if t == 0.0 { "axis" } else { "grid" };
            svg.line(class, (left + LEFT, y(t)), (left + field - RIGHT, y(t)));
            svg.text("tick", (left + LEFT - 6.0, y(t) + 4.0), "end", &number::whole(t, language));
        }
        if let [first, .., last] = data.periods.as_slice() {
            svg.text("tick", (left + LEFT, head + tall - 12.0), "start", first);
            svg.text("tick", (left + field - RIGHT, head + tall - 12.0), "end", last);
        }
        for run in runs(line.figures.iter().map(|f| f.count().map(|c| c as f64))) {
            let points: Vec<(f64, f64)> = run.into_iter().map(|(i, v)| (x(i), y(v))).collect();
            svg.path("l s0", &points);
        }
        for (i, figure) in line.figures.iter().enumerate().take(n) {
            let tip = |value: &str| room.tip(&line.label, &data.periods[i], value);
            match figure {
                Figure::Count(c) => {
                    let at = (x(i), y(*c as f64));
                    svg.mark_of(0, "", at, MARK, &tip(&number::count(*c, language)));
                }
                Figure::Between(low, high) => {
                    svg.line("whisker s0", (x(i), y(*low as f64)), (x(i), y(*high as f64)));
                }
                Figure::Hidden => {
                    let at = (x(i), head + floor + STRIP / 2.0 + 2.0);
                    svg.mark_of(0, "open", at, MARK, &tip(frame.hidden));
                }
                Figure::Missing => {}
            }
        }
        // The last figure in words, where it is the latest of all.
        if let (Some(Figure::Count(c)), Some(last)) = (line.figures.last(), n.checked_sub(1)) {
            let level = y(*c as f64);
            // A falling line comes from above: there the number would lie on it.
            let before = last.checked_sub(1).and_then(|i| line.figures[i].count());
            let falls = before.is_some_and(|b| y(b as f64) < level - 4.0);
            let below = falls && level + 20.0 < head + floor;
            let at = (x(last) + 6.0, if below { level + 17.0 } else { level - 7.0 });
            svg.text("value", at, "end", &number::count(*c, language));
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::super::Line;
    use super::*;

    fn draw(lines: &[(&str, [Figure; 3])]) -> String {
        let frame = Frame { id: "m", title: "t", description: "d", hidden: "hidden", language: Language::En };
        let lines = lines.iter().map(|(l, f)| Line { label: (*l).into(), figures: f.to_vec() }).collect();
        let periods = ["2018", "2019", "2020"].map(String::from).to_vec();
        multiples(&frame, &Lines { periods, lines, ..Lines::default() }, Room::Wide)
    }

    #[test]
    fn every_field_has_the_same_scale() {
        let (ten, big) = (Figure::Count(10), Figure::Count(1000));
        let svg = draw(&[("A", [ten; 3]), ("B", [big; 3]), ("C", [ten; 3]), ("D", [ten; 3])]);
        assert_eq!(svg.matches(">1,000</text>").count(), 4 + 1, "on each scale, and the last of B");
        assert_eq!(svg.matches("class=\"axis\"").count(), 4);
        // A and C stand in one row at one height.
        let height = |tip: &str| {
            let mark = svg.split(tip).next().and_then(|s| s.rsplit("d=\"M").next()).expect("a mark");
            mark.split(['a', ' ']).nth(1).expect("y").to_owned()
        };
        assert_eq!(height("A, 2018: 10"), height("C, 2018: 10"));
        assert_ne!(height("A, 2018: 10"), height("B, 2018: 1,000"));
    }

    #[test]
    fn a_hidden_figure_is_an_open_mark_that_no_line_touches() {
        let svg = draw(&[("A", [Figure::Count(7), Figure::Hidden, Figure::Count(9)])]);
        assert_eq!((svg.matches(" open\"").count(), svg.matches("class=\"l s0\"").count()), (1, 2));
        assert!(svg.contains("A, 2019: hidden"));
    }
}
