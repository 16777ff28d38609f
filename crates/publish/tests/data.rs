//! The open data: every format says what the cube says and nothing of what it hides, and the
//! catalogues say what is there.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use calamine::Reader as _;
use common::read::{self, COLUMNS, FORMATS, RATES};
use common::{HOSTILE, cube, cubes, dimension, files, release_of, settings, years};
use model::{Category, Cube, Label, Role, TOTAL, Value};
use publish::{Release, ReleasedCube};
use serde_json::Value as Json;

/// A table that files hardly can hold: names that clash with columns and with each other, codes
/// and labels with everything that delimits, bounds, gaps, parts of parts, and few cells.
fn odd() -> Cube {
    let mut value = dimension(
        "value",
        ("Value", "Waarde"),
        Role::Breakdown,
        &[
            (TOTAL, "", ""),
            ("a,b", "A, \"b\"", "A; b"),
            ("c\nd", "=1+1", "\u{e9}\u{1f600}"),
            ("e", " e ", HOSTILE),
            ("e1", "", ""),
            ("e2", "0012", "1e3"),
        ],
    );
    value.categories[4].parent = Some(3);
    value.categories[5].parent = Some(3);
    let colon =
        dimension("Form:x y", ("", ""), Role::Breakdown, &[("1", "One", "Een"), ("2", "Two", "Twee")]);
    let under = dimension("form_x_y", ("Form", "Vorm"), Role::Vintage, &[("_U", "", ""), ("z", "Z", "Z")]);
    let mut rate = dimension("2rate", ("Rate", "Rate"), Role::Breakdown, &[]);
    rate.categories = (0..4)
        .map(|i| Category { code: format!("r{i}"), label: Label::same(format!("R{i}")), parent: None })
        .collect();
    let mut out = cube("odd", Label::new("Odd", HOSTILE), vec![value, colon, under, rate], &[]);
    out.universe = "odd".into();
    let values = [
        ([0, 0, 0, 0], Value::Count(90)),
        ([1, 0, 0, 0], Value::Count(41)),
        ([2, 0, 0, 0], Value::Count(2)),
        ([3, 0, 0, 0], Value::Count(47)),
        ([4, 0, 0, 0], Value::Count(46)),
        ([5, 0, 0, 0], Value::Count(1)),
        ([2, 1, 1, 3], Value::Count(0)),
        ([5, 1, 1, 3], Value::Count(9_007_199_254)),
        ([1, 1, 0, 2], Value::Between(2, 9)),
        ([3, 1, 0, 2], Value::Missing),
    ];
    out.cells.extend(values.map(|(key, value)| (key.to_vec(), value)));
    out
}

/// A table of one number.
fn single() -> Cube {
    let mut out = cube("single", Label::same("All"), Vec::new(), &[(&[], 42)]);
    out.universe = "single".into();
    out
}

fn empty() -> Cube {
    cube("empty", Label::same("None"), vec![years()], &[])
}

fn all_cubes() -> Vec<Cube> {
    let mut all = cubes();
    all.extend([odd(), single(), empty()]);
    all
}

fn find<'r>(release: &'r Release<'_>, id: &str) -> &'r ReleasedCube {
    release.cubes.iter().find(|c| c.cube.id() == id).expect("the table is in the release")
}

#[test]
fn every_format_says_what_the_cube_says() {
    let settings = settings();
    let release = release_of(&settings, &all_cubes());
    let dir = common::written(&release);
    for released in &release.cubes {
        let wanted = read::expected(released);
        for (format, found) in FORMATS.iter().zip(read::all(dir.path(), released.cube.id())) {
            read::assert_same(&found, &wanted, &format!("{} as {format}", released.cube.id()));
        }
    }
}

#[test]
fn a_hidden_cell_has_no_value_bounds_or_rate_in_any_format() {
    let settings = settings();
    let release = release_of(&settings, &all_cubes());
    let dir = common::written(&release);
    for (id, least) in [("by_form", 2), ("by_sex", 2), ("by_age", 2), ("odd", 3)] {
        let released = find(&release, id);
        let hidden: Vec<_> = released.cube.cells().filter(|(_, c)| read::is_hidden(c)).collect();
        assert!(hidden.len() >= least, "{id} hides {}", hidden.len());
        if id == "by_age" {
            // The writer was given rates of hidden counts.
            let rates = released.rates.as_ref().expect("rates");
            assert!(hidden.iter().any(|(key, _)| rates.cells.contains_key(*key)));
        }
        for (format, found) in FORMATS.iter().zip(read::all(dir.path(), id)) {
            for (key, _) in &hidden {
                let codes = read::codes(released, key);
                let cell = &found[&codes];
                assert_eq!(cell.value, None, "{id} {codes:?} as {format}");
                assert_eq!(cell.bounds, [None, None], "{id} {codes:?} as {format}");
                assert_eq!(cell.rates, [None; 4], "{id} {codes:?} as {format}");
                assert_eq!(cell.obs, "Q", "{id} {codes:?} as {format}");
                assert!(matches!(cell.conf.as_deref(), None | Some("C" | "D")), "{id} {codes:?} as {format}");
            }
        }
    }
}

#[test]
fn json_stat_is_consistent_in_itself() {
    let settings = settings();
    let release = release_of(&settings, &all_cubes());
    let dir = common::written(&release);
    let mut kinds = BTreeSet::new();
    for released in &release.cubes {
        let id = released.cube.id();
        let found = read::json(&dir.path().join(format!("data/{id}/{id}.json")));
        assert_eq!(found["version"], "2.0");
        assert_eq!(found["class"], "dataset");
        let codes = read::json_stat_codes(&found);
        let sizes: Vec<usize> = codes.iter().map(Vec::len).collect();
        assert_eq!(found["size"], serde_json::json!(sizes), "{id}");
        let all: usize = sizes.iter().product();
        let within = |of: &Json, what: &str| {
            for position in of.as_object().into_iter().flat_map(|o| o.keys()) {
                let n: usize = position.parse().expect("a position");
                assert!(n < all && *position == n.to_string(), "{id}: {what} at {position}");
            }
        };
        let has_value = |position: &str| match &found["value"] {
            Json::Array(values) => !values[position.parse::<usize>().expect("a position")].is_null(),
            by_position => by_position.get(position).is_some(),
        };
        match &found["value"] {
            Json::Array(values) => assert_eq!(values.len(), all, "{id}"),
            by_position => within(by_position, "value"),
        }
        kinds.insert(found["value"].is_array());
        within(&found["status"], "status");
        within(&found["extension"]["bounds"], "bounds");
        within(&found["extension"]["rates"]["figures"], "rates");
        for (position, status) in found["status"].as_object().into_iter().flatten() {
            assert!(!has_value(position), "{id}: a value with status {status} at {position}");
            assert!(found["extension"]["status"].get(status.as_str().expect("a text")).is_some());
        }
        let ids: Vec<&str> = found["id"].as_array().expect("id").iter().filter_map(Json::as_str).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{id}: {ids:?}");
        assert_eq!(found["dimension"].as_object().expect("dimensions").len(), ids.len());
        for time in found["role"]["time"].as_array().into_iter().flatten() {
            assert!(ids.contains(&time.as_str().expect("a text")), "{id}");
        }
        for (dimension, codes) in ids.iter().zip(&codes) {
            let category = &found["dimension"][dimension]["category"];
            assert_eq!(category["label"].as_object().expect("labels").len(), codes.len());
            for (parent, children) in category["child"].as_object().into_iter().flatten() {
                let known = |code: &str| codes.iter().any(|c| c == code);
                assert!(known(parent), "{id}: {parent}");
                for child in children.as_array().expect("children") {
                    assert!(known(child.as_str().expect("a text")) && child != parent, "{id}: {child}");
                }
            }
        }
    }
    assert_eq!(kinds.len(), 2, "a full table and a sparse one were written");
}

#[test]
fn csvw_describes_the_csv_beside_it() {
    let settings = settings();
    let release = release_of(&settings, &all_cubes());
    let dir = common::written(&release);
    for released in &release.cubes {
        let id = released.cube.id();
        let folder = dir.path().join("data").join(id);
        let found = read::json(&folder.join(format!("{id}.csv-metadata.json")));
        let url = found["url"].as_str().expect("url");
        let (head, rows) = read::csv_rows(&folder.join(url));
        let columns = found["tableSchema"]["columns"].as_array().expect("columns");
        let names: Vec<&str> = columns.iter().filter_map(|c| c["name"].as_str()).collect();
        assert_eq!(names, head, "{id}");
        let titles: Vec<&str> = columns.iter().filter_map(|c| c["titles"].as_str()).collect();
        assert_eq!(titles, head, "{id}");
        let distinct: BTreeSet<String> = head.iter().map(|h| h.to_lowercase()).collect();
        assert_eq!(distinct.len(), head.len(), "{id}: {head:?}");

        let place = |name: &Json| head.iter().position(|h| name == h).expect("a column of the key");
        let key: Vec<usize> =
            found["tableSchema"]["primaryKey"].as_array().expect("a key").iter().map(place).collect();
        assert_eq!(key.len(), released.cube.dimensions().len());
        let keys: BTreeSet<Vec<&String>> =
            rows.iter().map(|row| key.iter().map(|&k| &row[k]).collect()).collect();
        assert_eq!(keys.len(), rows.len(), "{id}: the key tells the rows apart");

        for row in &rows {
            for (column, text) in columns.iter().zip(row) {
                let required = column["required"] == true;
                assert!(!text.is_empty() || !required, "{id}: {column} is empty");
                let datatype = &column["datatype"];
                let base = datatype["base"].as_str().or(datatype.as_str()).expect("a datatype");
                let fits = match base {
                    _ if text.is_empty() => true,
                    "integer" => text.parse::<u64>().is_ok(),
                    "number" => text.parse::<f64>().is_ok_and(|x| x >= 0.0),
                    "string" => match datatype["format"].as_str() {
                        None => true,
                        Some("persons|reports|events|amounts") => {
                            ["persons", "reports", "events", "amounts"].contains(&text.as_str())
                        }
                        // The others are a class of letters.
                        Some(class) => text.len() == 1 && class.contains(text.as_str()),
                    },
                    other => panic!("datatype {other}"),
                };
                assert!(fits, "{id}: {text:?} is no {datatype}");
            }
        }
    }
}

#[test]
fn the_catalogue_lists_every_file_with_its_size() {
    let settings = settings();
    let mut release = release_of(&settings, &all_cubes());
    release.estimates = vec![common::small_estimate(&settings)];
    let dir = common::written(&release);
    let data = dir.path().join("data");
    let catalogue = read::json(&data.join("catalogue.jsonld"));
    assert_eq!(catalogue["@type"], "dcat:Catalog");
    let home = catalogue["foaf:homepage"]["@id"].as_str().expect("a page");
    assert!(data.join(home).is_file());
    let datasets = catalogue["dcat:dataset"].as_array().expect("datasets");
    let ids: Vec<&str> = datasets.iter().filter_map(|d| d["dct:identifier"].as_str()).collect();
    let tables = release.cubes.iter().map(|c| c.cube.id());
    let results =
        ["results/trends", "results/estimates", "results/visibility", "results/contrasts", "results/shown"];
    assert_eq!(ids, tables.chain(results).collect::<Vec<_>>());
    assert!(datasets.iter().all(|d| d["dct:title"][1]["@language"] == "nl"));
    let mut listed = BTreeSet::new();
    for distribution in datasets.iter().flat_map(|d| d["dcat:distribution"].as_array().expect("files")) {
        let url = distribution["dcat:downloadURL"]["@id"].as_str().expect("an address");
        let size = fs::metadata(data.join(url)).unwrap_or_else(|e| panic!("{url}: {e}")).len();
        assert_eq!(distribution["dcat:byteSize"]["@value"], size.to_string(), "{url}");
        assert_eq!(distribution["dcat:accessURL"]["@id"], url);
        let media = distribution["dcat:mediaType"]["@id"].as_str().expect("a media type");
        assert!(media.starts_with("http://www.iana.org/assignments/media-types/"), "{media}");
        assert_eq!(distribution["dct:license"]["@id"], "https://creativecommons.org/licenses/by/4.0/");
        assert!(listed.insert(url.to_owned()), "{url} is listed twice");
    }
    let mut there: BTreeSet<String> = files(&data).into_keys().collect();
    // What describes all files at once is listed by none.
    for whole in ["catalogue.jsonld", "datapackage.json", "structures.xml"] {
        assert!(there.remove(whole), "{whole}");
    }
    assert_eq!(listed, there);
}

#[track_caller]
fn check_manifest(dir: &Path) -> Json {
    let manifest = read::json(&dir.join("manifest.json"));
    let mut there = files(dir);
    assert!(there.remove("manifest.json").is_some());
    for file in manifest["files"].as_array().expect("files") {
        let path = file["path"].as_str().expect("a path");
        let bytes = there.remove(path).unwrap_or_else(|| panic!("{path} is listed and not there"));
        assert_eq!(file["bytes"], bytes.len(), "{path}");
        assert_eq!(file["blake3"], blake3::hash(&bytes).to_hex().as_str(), "{path}");
    }
    assert!(there.is_empty(), "not listed: {:?}", there.keys());
    manifest
}

#[test]
fn the_manifest_lists_every_file_but_itself() {
    let settings = settings();
    let mut release = common::release(&settings);
    let dir = common::written(&release);
    let manifest = check_manifest(dir.path());
    assert_eq!(manifest["program"]["version"], "0.1.0");
    assert_eq!(manifest["seed"], 7);
    assert_eq!(manifest["estimates"][0]["id"], "hidden");
    let sources: BTreeSet<&str> = settings.source.iter().map(|s| s.id.as_str()).collect();
    for file in manifest["files"].as_array().expect("files") {
        for input in file["inputs"].as_array().expect("inputs") {
            assert!(sources.contains(input.as_str().expect("a text")), "{file}");
        }
    }
    for (table, released) in manifest["tables"].as_array().expect("tables").iter().zip(&release.cubes) {
        assert_eq!(table["id"], released.cube.id());
        let hidden = released.cube.cells().filter(|(_, c)| read::is_hidden(c)).count();
        assert_eq!(table["hidden"], hidden, "{table}");
    }
    // A release of nothing is one as well.
    release.cubes.clear();
    release.trends.clear();
    release.estimates.clear();
    check_manifest(common::written(&release).path());
}

#[test]
fn rates_stand_in_tables_that_have_them_and_beside_published_counts_only() {
    let settings = settings();
    let release = release_of(&settings, &all_cubes());
    let dir = common::written(&release);
    for released in &release.cubes {
        let id = released.cube.id();
        let (head, _) = read::csv_rows(&dir.path().join(format!("data/{id}/{id}.csv")));
        let own: Vec<&str> =
            COLUMNS.into_iter().chain(RATES.into_iter().filter(|_| id == "by_age")).collect();
        assert_eq!(head[3 * released.cube.dimensions().len()..], own, "{id}");
        let dataset = read::json(&dir.path().join(format!("data/{id}/{id}.json")));
        assert_eq!(dataset["extension"].get("rates").is_some(), id == "by_age", "{id}");
    }
    let released = find(&release, "by_age");
    let mut rated = 0;
    for (format, found) in FORMATS.iter().zip(read::all(dir.path(), "by_age")) {
        for (codes, cell) in &found {
            let unknown_age = codes[1] == "_U";
            let some = cell.rates.iter().filter(|x| x.is_some()).count();
            let wanted = if cell.value.is_some() && !unknown_age { 4 } else { 0 };
            assert_eq!(some, wanted, "{codes:?} as {format}");
            if let (Some(n), [Some(population), Some(rate), Some(low), Some(high)]) = (cell.value, cell.rates)
            {
                rated += 1;
                assert!((rate - n as f64 / population * 100_000.0).abs() < 1e-4, "{codes:?} as {format}");
                assert!(low < rate && rate < high, "{codes:?} as {format}");
            }
        }
    }
    assert!(rated >= 4 * 9, "{rated} rates");
    let metadata = read::json(&dir.path().join("data/by_age/by_age.csv-metadata.json"));
    let columns = metadata["tableSchema"]["columns"].as_array().expect("columns");
    let rate = columns.iter().find(|c| c["name"] == "rate").expect("the column of rates");
    assert_eq!(rate["dc:description"]["en"], "the count per 100000 inhabitants");
    assert_eq!(released.rates.as_ref().expect("rates").per, 100_000);
}

#[test]
fn results_say_what_was_computed() {
    let settings = settings();
    let release = common::release(&settings);
    let dir = common::written(&release);
    let read = |name: &str| -> Vec<BTreeMap<String, String>> {
        let (head, rows) = read::csv_rows(&dir.path().join(format!("data/results/{name}.csv")));
        rows.into_iter().map(|row| head.iter().cloned().zip(row).collect()).collect()
    };
    let text = |x: Option<f64>| x.map(|x| format!("{x:.4}")).unwrap_or_default();
    let trends = read("trends");
    assert_eq!(trends.len(), 3);
    for (row, point) in trends.iter().zip(&release.trends[0].points) {
        assert_eq!((&row["series"], &row["period"]), (&"by_form".to_owned(), &point.period));
        assert_eq!(row["title_nl"], "Gemelde slachtoffers");
        assert_eq!(row["count"], point.count.expect("a count").to_string());
        assert_eq!(row["lower"], text(point.interval.map(|i| i.0)));
        assert_eq!(row["change"], text(point.change.map(|c| c.ratio)));
        assert_eq!(row["change_upper"], text(point.change.map(|c| c.interval.1)));
        let of_break = if point.period == "2019" { "0.9700" } else { "" };
        assert_eq!(row["break_probability"], of_break);
    }
    let estimation = &release.estimates[0].estimation;
    let estimates = read("estimates");
    assert_eq!(estimates.len(), estimation.estimates.len());
    for (row, estimate) in estimates.iter().zip(&estimation.estimates) {
        assert_eq!(row["method"], estimate.method.to_string());
        assert_eq!(row["detected"], "299");
        assert_eq!(row["total"], text(estimate.total));
        assert_eq!(row["upper"], text(estimate.interval.map(|i| i.1)));
        assert_eq!(row["refused"], estimate.refused.clone().unwrap_or_default());
    }
    // Of the four groups one is small, and another goes with it.
    let groups = read("visibility");
    let names: Vec<[&str; 3]> =
        groups.iter().map(|row| ["group", "group_en", "group_nl"].map(|c| row[c].as_str())).collect();
    assert_eq!(names, [["sex=F", "Female", "Vrouw"], ["sex=M", "Male", "Man"]]);
    for (row, group) in groups.iter().zip(&estimation.groups) {
        assert_eq!(row["visibility"], text(group.visibility));
        assert_eq!(row["lower"], text(group.interval.map(|i| i.0)));
        assert_eq!(row["probability_least_visible"], text(group.probability_least_visible));
    }
}

#[test]
fn results_say_how_groups_compare() {
    let settings = settings();
    let mut release = common::release(&settings);
    release.estimates = vec![common::joint_estimate(&settings)];
    let dir = common::written(&release);
    let read = |name: &str| read::csv_rows(&dir.path().join(format!("data/results/{name}.csv")));
    let found = &release.estimates[0].estimation;
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let (head, ranks) = read("ranks");
    assert_eq!(head, ["estimate", "group", "rank", "probability"]);
    assert_eq!(ranks.len(), 16);
    let sum: f64 = ranks.iter().filter(|row| row[1] == "place=N;sex=F").map(|row| number(&row[3])).sum();
    assert!((sum - 1.0).abs() < 3e-4, "{sum}");
    let (_, contrasts) = read("contrasts");
    for (row, pair) in contrasts.iter().zip(&found.contrasts) {
        assert!((number(&row[3]) - pair.ratio).abs() < 1e-4);
        assert!((number(&row[6]) - pair.probability_lower).abs() < 1e-4);
    }
    let (head, margins) = read("margins");
    assert_eq!(head, ["estimate", "group", "visibility", "lower", "upper", "confidence_level"]);
    let names: Vec<&str> = margins.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(names, ["", "place=N", "place=S", "sex=F", "sex=M"]);
    assert!((number(&margins[0][2]) - found.margins[0].visibility).abs() < 1e-4);
}

#[test]
fn a_workbook_says_what_its_figures_are() {
    let settings = settings();
    let dir = common::written(&release_of(&settings, &all_cubes()));
    let about = |id: &str| -> Vec<Vec<String>> {
        let path = dir.path().join(format!("data/{id}/{id}.xlsx"));
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).expect("a workbook");
        let sheet = book.worksheet_range("about").expect("a sheet that says what the figures are");
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    };
    let rows = about("by_form");
    let row = |name: &str| rows.iter().find(|r| r[0] == name).unwrap_or_else(|| panic!("a row {name}"));
    assert_eq!(row("Title")[1..], ["Victims by form", "Titel", "Slachtoffers naar vorm"]);
    assert_eq!(row("Date")[1], "2026-11-24");
    assert_eq!(row("Licence")[1], "CC-BY-4.0");
    assert!(row("Protection")[1].starts_with("Counts below 5 are hidden"), "{:?}", row("Protection"));
    assert!(row("Sources")[3].starts_with("Politie, National police"), "{:?}", row("Sources"));
    assert!(about("by_publisher")[2][1].starts_with("Published whole"));
}
