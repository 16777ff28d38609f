//! The map of regions: drawn from published figures alone.

mod common;

use std::fs;

use common::{by_region, cubes, release_of, settings, written};
use publish::Map;

/// Four squares, one of them for a region that no table has.
fn map() -> Map {
    let square = |code: &str, x: u32, y: u32| {
        let (l, t) = (x * 1000, y * 1000);
        let (r, b) = (l + 900, t + 900);
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{l},{t}],[{r},{t}],[{r},{b}],[{l},{b}],[{l},{t}]]]}}}}"#
        )
    };
    let all = [square("N", 0, 1), square("S", 0, 0), square("E", 1, 0), square("ELSEWHERE", 2, 0)];
    Map::from_geojson(&format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.join(",")))
        .expect("a map")
}

#[test]
fn regions_are_drawn_with_what_is_published_of_them() {
    let mut settings = settings();
    settings.monitor.regions = "region".into();
    let mut release = release_of(&settings, &[cubes(), vec![by_region()]].concat());
    release.map = Some(map());
    let dir = written(&release);
    let page = fs::read_to_string(dir.path().join("site/en/regions.html")).expect("the page");
    let shapes: Vec<&str> = page.split("<path class=\"shade ").skip(1).collect();
    assert_eq!(shapes.len(), 3, "a shape that no table has is not drawn");
    let of = |name: &str| {
        *shapes
            .iter()
            .find(|s| s.contains(&format!("<title>{name}: ")))
            .unwrap_or_else(|| panic!("{name} in {page}"))
    };
    assert!(of("North").contains("North: 1,401"));
    // 3 are below the threshold: no figure and no shade, in the picture or beside it.
    assert!(of("East").starts_with("none"), "{}", of("East"));
    assert!(of("East").contains("East: hidden"), "{}", of("East"));
    assert!(page.contains("Not on the map: West."));
}

#[test]
fn without_shapes_there_is_no_map() {
    let mut settings = settings();
    settings.monitor.regions = "region".into();
    let dir = written(&release_of(&settings, &[cubes(), vec![by_region()]].concat()));
    let page = fs::read_to_string(dir.path().join("site/en/regions.html")).expect("the page");
    assert!(!page.contains("class=\"shade"));
}
