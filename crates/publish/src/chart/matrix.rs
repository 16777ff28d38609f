//! Pairs of things, each with a share, as squares whose area tells it.

use super::{Frame, Svg, fit};
use crate::number;

/// Side of a field of the matrix.
const FIELD: f64 = 66.0;
const LEFT: f64 = 190.0;
const TOP: f64 = 44.0;

/// Draws the shares of all pairs of `names`: `of(i, j)` for i < j, with the first name of a pair across
/// and the second one down.
pub(crate) fn matrix(
    frame: &Frame<'_>,
    names: &[String],
    of: impl Fn(usize, usize) -> Option<f64>,
) -> String {
    let across = names.len().saturating_sub(1);
    let side = FIELD * across as f64;
    let mut svg = Svg::new(frame, LEFT + side + 20.0, TOP + side + 10.0);
    let middle = |i: usize| FIELD * (i as f64 + 0.5);
    for (i, name) in names.iter().enumerate().take(across) {
        // Names stand on two heights, so that long neighbours do not run into each other.
        let y = if i % 2 == 0 { TOP - 24.0 } else { TOP - 8.0 };
        svg.text("label", (LEFT + middle(i), y), "middle", &fit(name, 16));
    }
    for (j, name) in names.iter().enumerate().skip(1) {
        let y = TOP + middle(j - 1);
        svg.text("label", (LEFT - 10.0, y + 4.0), "end", &fit(name, 24));
        for (i, other) in names.iter().enumerate().take(j) {
            let x = LEFT + middle(i);
            svg.rect("field", (x - FIELD / 2.0, y - FIELD / 2.0), (FIELD, FIELD), "");
            let Some(share) = of(i, j) else { continue };
            let size = (FIELD - 8.0) * share.clamp(0.0, 1.0).sqrt();
            let said = number::percent(share, frame.language);
            svg.rect(
                "bar s0",
                (x - size / 2.0, y - size / 2.0),
                (size, size),
                &format!("{other}, {name}: {said}"),
            );
            svg.text("on-field", (x, y + 4.0), "middle", &said);
        }
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use model::Language;

    use super::*;

    #[test]
    fn every_pair_has_a_square_with_the_area_of_its_share() {
        let frame = Frame { id: "m", title: "t", description: "d", hidden: "h", language: Language::En };
        let names: Vec<String> = ["A", "B", "C"].map(String::from).to_vec();
        let svg = matrix(&frame, &names, |i, j| if (i, j) == (0, 2) { None } else { Some(0.25) });
        assert_eq!((svg.matches("class=\"field\"").count(), svg.matches("class=\"bar s0\"").count()), (3, 2));
        // Half the side for a quarter of the area.
        assert_eq!(svg.matches("width=\"29.0\"").count(), 2);
        assert!(svg.contains("A, B: 25%"));
    }
}
