//! The shapes of regions, for maps.

use std::collections::BTreeMap;

use serde_json::Value;

/// A ring of points; the first is not repeated at the end.
pub(crate) type Ring = Vec<(f64, f64)>;

/// Shapes by the codes of their regions, in a plane whose x goes right and whose y goes down.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// The rings of each shape: outer ones, and holes.
    pub(crate) shapes: BTreeMap<String, Vec<Ring>>,
}

impl Map {
    /// Reads `GeoJSON` (RFC 7946): a collection of features with polygons, each with the code of its region as its property
    /// `code`. Coordinates are degrees of length and breadth, or metres in a plane.
    ///
    /// # Errors
    /// What is wrong, with the number of the feature.
    pub fn from_geojson(text: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(text).map_err(|e| format!("it is no JSON: {e}"))?;
        let features = whole["features"].as_array().ok_or("it is no GeoJSON with `features`")?;
        let mut out = Map::default();
        for (i, feature) in features.iter().enumerate() {
            let at = |why: String| format!("feature {}: {why}", i + 1);
            let code = feature["properties"]["code"]
                .as_str()
                .ok_or_else(|| at("it has no property `code`, the code of its region".into()))?;
            let rings = rings(&feature["geometry"]).map_err(&at)?;
            if out.shapes.insert(code.to_owned(), rings).is_some() {
                return Err(at(format!("the code \"{code}\" is there twice")));
            }
        }
        if out.shapes.is_empty() {
            return Err("it has no features".into());
        }
        out.lay_out();
        Ok(out)
    }

    fn points(&mut self) -> impl Iterator<Item = &mut (f64, f64)> {
        self.shapes.values_mut().flatten().flatten()
    }

    /// Turns y down, and degrees into a plane that keeps the proportions in the middle of the map.
    fn lay_out(&mut self) {
        let degrees = self.points().all(|p| p.0.abs() <= 180.0 && p.1.abs() <= 90.0);
        let (low, high) =
            self.points().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
        let narrower = if degrees { f64::midpoint(low, high).to_radians().cos() } else { 1.0 };
        for p in self.points() {
            *p = (p.0 * narrower, -p.1);
        }
    }

    /// The least and the greatest x and y.
    pub(crate) fn extent(&self) -> ((f64, f64), (f64, f64)) {
        extent(self.shapes.values().flatten().flatten())
    }
}

/// The least and the greatest x and y of points.
pub(crate) fn extent<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> ((f64, f64), (f64, f64)) {
    let first = (f64::INFINITY, f64::NEG_INFINITY);
    points.fold((first, first), |(x, y), p| ((x.0.min(p.0), x.1.max(p.0)), (y.0.min(p.1), y.1.max(p.1))))
}

fn rings(geometry: &Value) -> Result<Vec<Ring>, String> {
    let coordinates = geometry["coordinates"].as_array().ok_or("it has no coordinates")?;
    let polygons: Vec<&Value> = match geometry["type"].as_str() {
        Some("Polygon") => vec![&geometry["coordinates"]],
        Some("MultiPolygon") => coordinates.iter().collect(),
        other => {
            return Err(format!(
                "it is a {}, not a Polygon or MultiPolygon",
                other.unwrap_or("thing without type")
            ));
        }
    };
    let mut out = Vec::new();
    for ring in polygons.into_iter().flat_map(|p| p.as_array().into_iter().flatten()) {
        let mut points = Ring::new();
        for point in ring.as_array().into_iter().flatten() {
            let number = |i: usize| point.get(i).and_then(Value::as_f64).filter(|x| x.abs() < 1e9);
            points.push(number(0).zip(number(1)).ok_or_else(|| format!("{point} is no point"))?);
        }
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        if points.len() < 3 {
            return Err("a ring has fewer than three points".into());
        }
        out.push(points);
    }
    if out.is_empty() { Err("it has no ring".into()) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(geometry: &str) -> String {
        format!("{{\"features\":[{{\"properties\":{{\"code\":\"A\"}},\"geometry\":{geometry}}}]}}")
    }

    #[test]
    fn shapes_are_read_and_turned() {
        let map = Map::from_geojson(&with(
            r#"{"type":"Polygon","coordinates":[[[0,1000],[2000,1000],[2000,3000],[0,1000]]]}"#,
        ))
        .expect("a map");
        assert_eq!(map.shapes["A"], vec![vec![(0.0, -1000.0), (2000.0, -1000.0), (2000.0, -3000.0)]]);
        assert_eq!(map.extent(), ((0.0, 2000.0), (-3000.0, -1000.0)));
        // A degree of length is half as long at 60 degrees.
        let map =
            Map::from_geojson(&with(r#"{"type":"MultiPolygon","coordinates":[[[[4,59],[6,59],[6,61]]]]}"#))
                .expect("a map");
        assert!((map.shapes["A"][0][1].0 - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_map_is_named() {
        for (text, why) in [
            ("{", "it is no JSON"),
            ("{}", "no GeoJSON"),
            (r#"{"features":[]}"#, "no features"),
            (r#"{"features":[{"properties":{}}]}"#, "feature 1: it has no property `code`"),
            (&with(r#"{"type":"Point","coordinates":[1,2]}"#), "feature 1: it is a Point"),
            (&with(r#"{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}"#), "fewer than three"),
            (&with(r#"{"type":"Polygon","coordinates":[[[0,0],[1,"a"],[2,2]]]}"#), "is no point"),
            (&with(r#"{"type":"Polygon","coordinates":[]}"#), "no ring"),
        ] {
            let said = Map::from_geojson(text).expect_err("it is no map");
            assert!(said.contains(why), "{said}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,200}", inner in "[\\[\\]0-9,.e\"a-]{0,60}") {
            let _ = Map::from_geojson(&text);
            let _ = Map::from_geojson(&with(&format!("{{\"type\":\"Polygon\",\"coordinates\":[{inner}]}}")));
        }
    }
}
