//! Regions in their places, shaded by what was counted.

use std::fmt::Write as _;

use super::{Frame, Svg, escape, fit};
use crate::map::{Map, Ring, extent};

/// Width of the map; its height follows, within this.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 640.0;
const MARGIN: f64 = 8.0;
/// Shapes that are this wide and high have room for their value, and for their name as well.
const FOR_VALUE: (f64, f64) = (34.0, 18.0);
const FOR_NAME: (f64, f64) = (90.0, 40.0);
/// Width of a letter, about.
const LETTER: f64 = 7.2;

/// A region of a map.
pub(crate) struct Region {
    pub(crate) code: String,
    pub(crate) label: String,
    /// The label as it stands in the shape.
    pub(crate) short: String,
    /// What is written in it: the figure, or the sign that there is none.
    pub(crate) text: String,
    /// The same in words.
    pub(crate) said: String,
    /// From 0, the lowest; `None` where there is no figure to shade.
    pub(crate) shade: Option<usize>,
}

/// Draws the `regions` that the map has shapes of.
pub(crate) fn atlas(frame: &Frame<'_>, map: &Map, regions: &[Region]) -> String {
    let ((left, right), (top, bottom)) = map.extent();
    let room = (WIDTH - 2.0 * MARGIN, HEIGHT - 2.0 * MARGIN);
    let scale = (room.0 / (right - left).max(1e-9)).min(room.1 / (bottom - top).max(1e-9));
    let height = (bottom - top) * scale + 2.0 * MARGIN;
    let put = |p: &(f64, f64)| (MARGIN + (p.0 - left) * scale, MARGIN + (p.1 - top) * scale);
    let mut svg = Svg::new(frame, WIDTH, height);
    let mut words = Vec::new();
    for region in regions {
        let Some(rings) = map.shapes.get(&region.code) else { continue };
        let rings: Vec<Ring> = rings.iter().map(|ring| ring.iter().map(put).collect()).collect();
        let class = region.shade.map_or_else(|| "shade none".to_owned(), |k| format!("shade h{k}"));
        let mut way = String::new();
        for ring in &rings {
            for (i, (x, y)) in ring.iter().enumerate() {
                let _ = write!(way, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
            }
            way.push('Z');
        }
        let tip = format!("{}: {}", region.label, region.said);
        let _ = write!(
            svg.out,
            "<path class=\"{class}\" fill-rule=\"evenodd\" d=\"{way}\"><title>{}</title></path>",
            escape(&tip)
        );
        // In the largest of its parts.
        let area = |ring: &&Ring| {
            let ((l, r), (t, b)) = extent(ring.iter());
            (r - l) * (b - t)
        };
        let Some(largest) = rings.iter().max_by(|a, b| area(a).total_cmp(&area(b))) else { continue };
        let ((l, r), (t, b)) = extent(largest.iter());
        let middle = inside(largest);
        let fits = |room: (f64, f64)| r - l >= room.0 && b - t >= room.1;
        if fits(FOR_NAME) {
            let label = fit(&region.short, ((r - l) / LETTER) as usize);
            words.push(((middle.0, middle.1 - 6.0), "on-field", label));
            words.push(((middle.0, middle.1 + 12.0), "on-field strong", region.text.clone()));
        } else if fits(FOR_VALUE) {
            words.push(((middle.0, middle.1 + 4.0), "on-field strong", region.text.clone()));
        }
    }
    for (at, class, text) in words {
        svg.text(class, at, "middle", &text);
    }
    svg.finish()
}

/// A point within a ring where there is room: the middle of its widest stretch on a few lines across.
fn inside(ring: &Ring) -> (f64, f64) {
    let ((left, right), (top, bottom)) = extent(ring.iter());
    let mut best = (0.0, (f64::midpoint(left, right), f64::midpoint(top, bottom)));
    for share in [0.5, 0.4, 0.6, 0.3, 0.7] {
        let y = top + (bottom - top) * share;
        let mut crossings: Vec<f64> = Vec::new();
        for (i, a) in ring.iter().enumerate() {
            let b = &ring[(i + 1) % ring.len()];
            if (a.1 > y) != (b.1 > y) {
                crossings.push(a.0 + (b.0 - a.0) * (y - a.1) / (b.1 - a.1));
            }
        }
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            // A line further from the middle has to be a good deal wider.
            let width = (pair[1] - pair[0]) * (1.0 - (share - 0.5_f64).abs());
            if width > best.0 {
                best = (width, (f64::midpoint(pair[0], pair[1]), y));
            }
        }
    }
    best.1
}
