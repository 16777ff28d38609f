//! The example of the Netherlands, from published tables to a release.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::release::{self, Cell, Table};
use support::{Folder, assert_same, copy, ending, json, number, repository, tree, zicht};

fn example() -> PathBuf {
    repository().join("examples/netherlands")
}

/// Copies the example, without what anyone derived from it.
fn copy_example(to: &Path) {
    copy(&example().join("registers"), &to.join("registers"));
    for file in ["monitor.toml", "glotip_citizenship.csv"] {
        support::write(&to.join(file), fs::read(example().join(file)).expect("the example"));
    }
}

/// The example with two methods of estimation in place of all and without the report to print, for tests that run it
/// several times.
fn copy_light(to: &Path) {
    copy_example(to);
    let settings = fs::read_to_string(to.join("monitor.toml")).expect("the settings");
    assert!(settings.contains("methods = []"));
    let light = settings
        .replace("methods = []", "methods = [\"main\", \"chao\"]")
        .replace("\nlicence = \"CC-BY-4.0\"\nseed", "\nlicence = \"CC-BY-4.0\"\nreport = false\nseed");
    assert!(light.contains("report = false"));
    support::write(&to.join("monitor.toml"), light);
}

/// A project that was run once, for all tests to read: the folder `nl`.
fn project() -> &'static Path {
    support::shared("netherlands", |dir| {
        copy_example(&dir.join("nl"));
        let ran = zicht(dir, &["run", "nl", "--format", "json"]).ends_with(0);
        fs::write(dir.join("run.json"), ran.stdout).expect("written");
    })
}

fn the_release() -> PathBuf {
    project().join("nl/out/release")
}

/// What `run` said for programs.
fn ran() -> Value {
    let text = fs::read_to_string(project().join("run.json")).expect("the result of the run");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("not one JSON document: {e}\n{text}"))
}

/// The English page `name`, tags taken out, a space between cells.
fn page(name: &str) -> String {
    let html = fs::read_to_string(the_release().join(format!("site/en/{name}.html"))).expect("the page");
    words(&html)
}

fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn run_says_one_json_document_in_which_all_rows_are_accounted_for() {
    let ran = ran();
    assert_eq!(
        number(&ran, "rows_in"),
        number(&ran, "rows_used") + number(&ran, "rows_quarantined"),
        "{ran}"
    );
    // Lines of the files without their headers.
    let lines: usize = [
        "eurostat_dublin_allData_DublinTransfer",
        "mse_netherlands_2010_2015_six_lists",
        "nl_published_indicators_seen",
        "unodc_glotip_nld",
    ]
    .map(|f| {
        fs::read_to_string(example().join(format!("registers/{f}.csv"))).expect("text").lines().count() - 1
    })
    .iter()
    .sum();
    assert_eq!(number(&ran, "rows_in"), lines as u64);
    assert_eq!(ran["site"], "nl/out/release/site/index.html");
    assert!(project().join(ran["site"].as_str().expect("a path")).is_file());
    assert_eq!((number(&ran["attack"], "exact"), number(&ran["attack"], "narrow")), (0, 0));
    assert!(number(&ran["attack"], "targets") > 0);
}

#[test]
fn every_source_accounts_for_its_rows() {
    let folder = Folder::new();
    copy_example(&folder.path("nl"));
    let checked = folder.json(1, &["check", "nl"]);
    let mut sum = 0;
    for source in checked["sources"].as_array().expect("sources") {
        let rows = &source["rows"];
        assert_eq!(number(rows, "rows_in"), number(rows, "rows_used") + number(rows, "rows_quarantined"));
        sum += number(rows, "rows_in");
    }
    assert_eq!(number(&checked, "rows_in"), sum);
    assert_eq!(number(&checked, "rows_in"), number(&ran(), "rows_in"));
    for problem in checked["problems"].as_array().expect("problems") {
        for key in ["file", "row", "column", "rule", "severity", "message"] {
            assert!(problem.get(key).is_some(), "no {key} in {problem}");
        }
    }
}

#[test]
fn the_counts_of_the_global_report_come_through() {
    let table = release::csv(&the_release(), "victims_sex_age");
    for (year, count) in [("2007", 716), ("2019", 1334), ("2020", 984)] {
        assert_eq!(table.at(&[("year", year)]).value, Some(count), "{year}");
    }
    let text = page("table-victims_sex_age");
    for count in ["716", "1,334", "984"] {
        assert!(text.contains(count), "{count} is not on the page");
    }
}

/// 668 in 2018 after 952, and 1,334 in 2019: a fall and a rise of the level, not of the chance.
#[test]
fn the_dip_of_2018_and_the_jump_of_2019_are_found_as_breaks() {
    let file = fs::read(the_release().join("data/results/trends.csv")).expect("the series");
    let mut reader = csv::Reader::from_reader(&file[..]);
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|c| c == name).unwrap_or_else(|| panic!("no {name}"));
    let columns =
        ["series", "period", "break_probability", "fitted_level", "change_lower", "change_upper"].map(at);
    let mut levels = Vec::new();
    for row in reader.records() {
        let row = row.expect("a row");
        let [series, year, probability, level, lower, upper] = columns.map(|c| row[c].to_owned());
        if series != "victims_sex_age" || !["2017", "2018", "2019"].contains(&year.as_str()) {
            continue;
        }
        let number = |text: &str| text.parse::<f64>().ok();
        levels.push(number(&level).expect("a level"));
        match year.as_str() {
            "2018" => {
                assert!(number(&probability) > Some(0.5), "{row:?}");
                assert!(number(&upper).is_some_and(|u| u < 1.0), "it fell: {row:?}");
            }
            "2019" => {
                assert!(number(&probability) > Some(0.9), "{row:?}");
                assert!(number(&lower) > Some(1.0), "it rose: {row:?}");
            }
            _ => {}
        }
    }
    assert!(levels.len() == 3 && levels[0] > levels[1] && levels[1] < levels[2], "{levels:?}");
    let trends = page("trends");
    let (_, own) = trends.split_once("Detected victims: Breaks in level").expect("the table of breaks");
    let own = own.split("Detected victims").next().unwrap_or_default();
    for year in ["2018", "2019"] {
        assert!(own.contains(year), "{year} is no break in {own}");
    }
}

#[test]
fn figures_of_different_publications_stand_side_by_side() {
    let table = release::csv(&the_release(), "victims_by_publisher");
    let of = |year: &str, publication: &str| table.at(&[("year", year), ("publication", publication)]).value;
    for (year, first, second) in [("2019", 1334, 1372), ("2020", 984, 1013)] {
        assert_eq!(of(year, "SLACHTOFFERMONITOR"), Some(first));
        assert_eq!(of(year, "GLOTIP"), Some(first));
        assert_eq!(of(year, "COMENSHA"), Some(second));
    }
    let sources = page("sources");
    for pair in ["1,334 1,372", "984 1,013"] {
        assert!(sources.contains(pair), "{pair} do not stand side by side");
    }
}

/// 114 adults in forced labour in 2018, of whom 29 women and 81 men: the `<5` of the others is 4.
#[test]
fn the_audit_works_out_a_cell_that_the_global_report_hides() {
    let file = "registers/unodc_glotip_nld.csv";
    let audit = json(&example(), 1, &["audit", file]);
    let findings = audit["findings"].as_array().expect("findings");
    let is_it = |f: &&Value| {
        let cell = |dimension: &str, code: &str| f["cell"][dimension] == code;
        cell("year", "2018")
            && cell("form of exploitation", "Forced labour")
            && cell("age", "18 years or over")
            && cell("sex", "Other")
    };
    let found = findings.iter().find(is_it).expect("the cell is found");
    assert_eq!((&found["published"], number(found, "lower"), number(found, "upper")), (&"<5".into(), 4, 4));
    let because = found["because"].as_array().expect("reasons");
    assert!(
        because.iter().any(|b| b.as_str().is_some_and(|b| b.contains("114 = 29 + 81 + this cell"))),
        "{because:?}"
    );
    let repair = found["repair"].as_array().expect("repairs");
    assert!(repair.iter().any(|r| r.as_str().is_some_and(|r| r.starts_with("hide"))), "{repair:?}");
    assert!(number(&audit, "exact") >= 1 && number(&audit, "cells_attacked") >= findings.len() as u64);

    let text = zicht(&example(), &["audit", file, "--show", "1000"]).ends_with(1).stdout;
    assert!(text.contains("because"), "{text}");
    assert!(text.contains("114 = 29 + 81 + this cell"), "{text}");
}

#[test]
fn one_release_whatever_the_number_of_threads() {
    let folder = Folder::new();
    copy_example(&folder.path("nl"));
    for threads in ["1", "2"] {
        folder.zicht(&["run", "nl", "--threads", threads, "--out", threads]).ends_with(0);
    }
    let one = tree(&folder.path("1/release"));
    assert_same(&one, &tree(&folder.path("2/release")));
    // Nor does it matter where the project lies, or where the release goes.
    assert_same(&one, &tree(&the_release()));
}

#[test]
fn a_second_run_does_nothing_and_force_makes_the_same_again() {
    let folder = Folder::new();
    copy_light(&folder.path("nl"));
    let first = folder.json(0, &["run", "nl"]);
    let release = folder.path("nl/out/release");
    let made = tree(&release);
    let changed = |name: &str| fs::metadata(release.join(name)).expect("a file").modified().expect("a time");
    let when = changed("manifest.json");
    let second = folder.zicht(&["run", "nl", "--format", "json"]).ends_with(0);
    assert!(second.stderr.contains("Nothing changed"), "{}", second.stderr);
    assert_eq!(serde_json::from_str::<Value>(&second.stdout).expect("JSON"), first);
    assert_same(&tree(&release), &made);
    assert_eq!(changed("manifest.json"), when, "the release was written again");
    folder.zicht(&["run", "nl", "--force", "--quiet"]).ends_with(0);
    assert_same(&tree(&release), &made);
    // A release that someone took apart is made again.
    fs::remove_file(release.join("manifest.json")).expect("removed");
    fs::write(release.join("manifest.json"), "{}").expect("written");
    folder.zicht(&["run", "nl"]).ends_with(0);
    assert_same(&tree(&release), &made);
}

#[test]
fn another_seed_makes_another_release_that_says_so() {
    let folder = Folder::new();
    copy_light(&folder.path("nl"));
    let seed = |release: &Path| -> u64 {
        let manifest = fs::read(release.join("manifest.json")).expect("the manifest");
        number(&serde_json::from_slice(&manifest).expect("JSON"), "seed")
    };
    folder.zicht(&["run", "nl"]).ends_with(0);
    let first = tree(&folder.path("nl/out/release"));
    assert_eq!(seed(&folder.path("nl/out/release")), 20_261_124);
    folder.zicht(&["run", "nl", "--seed", "5"]).ends_with(0);
    assert_eq!(seed(&folder.path("nl/out/release")), 5);
    folder.zicht(&["run", "nl"]).ends_with(0);
    assert_same(&tree(&folder.path("nl/out/release")), &first);
}

fn without_conf(table: &Table) -> Table {
    let cells = table.cells.iter().map(|(k, c)| (k.clone(), Cell { conf: None, ..c.clone() })).collect();
    Table { dimensions: table.dimensions.clone(), cells }
}

#[test]
fn a_hidden_cell_has_no_value_in_any_file() {
    let release = the_release();
    let mut hidden = 0;
    let ids = release::ids(&release);
    assert_eq!(ids.len(), 8, "{ids:?}");
    for id in &ids {
        let csv = release::csv(&release, id);
        // All formats say the same of every cell.
        assert_eq!(csv, release::xlsx(&release, id), "{id}");
        assert_eq!(csv, release::parquet(&release, id), "{id}");
        assert_eq!(without_conf(&csv).cells, release::jsonstat(&release, id).cells, "{id}");
        for (codes, cell) in &csv.cells {
            let marked = cell.conf.as_deref() != Some("F");
            assert_eq!(marked, cell.is_hidden(), "{id} {codes:?}: {cell:?}");
            if cell.is_hidden() {
                hidden += 1;
                assert_eq!((cell.value, cell.lower, cell.upper), (None, None, None), "{id} {codes:?}");
            } else if let Some(n) = cell.value {
                let small = (1..5).contains(&n);
                assert!(!small || id == "reports_by_organisation", "{id} {codes:?}: {n} is published");
            }
        }
    }
    let listed: u64 =
        ran()["tables"].as_array().expect("tables").iter().map(|t| number(t, "suppressed")).sum();
    assert_eq!(hidden, listed);
    assert!(hidden > 100);
}

/// What an outsider can work out from the tables as received is for their publisher, not for the
/// public.
#[test]
fn what_the_audit_worked_out_stays_inside() {
    let text = fs::read_to_string(project().join("nl/out/audit.json")).expect("the audit");
    let audit: Value = serde_json::from_str(&text).expect("JSON");
    let findings = audit["findings"].as_array().expect("findings");
    assert!(!findings.is_empty());
    let release = the_release();
    let tables: Vec<(Value, Table)> = release::ids(&release)
        .iter()
        .map(|id| {
            let set = fs::read(release.join(format!("data/{id}/{id}.json"))).expect("JSON-stat");
            let set: Value = serde_json::from_slice(&set).expect("JSON");
            (set["label"].clone(), release::csv(&release, id))
        })
        .collect();
    let mut compared = 0;
    for finding in findings {
        let (_, table) =
            tables.iter().find(|(title, _)| *title == finding["table"]).expect("a table of that title");
        let cell = finding["cell"].as_object().expect("codes");
        let key: Vec<String> = cell.values().map(|code| code.as_str().expect("a code").to_owned()).collect();
        let Some(published) = table.cells.get(&key) else { continue };
        compared += 1;
        assert_eq!((published.value, published.lower, published.upper), (None, None, None), "{finding}");
    }
    assert!(compared > 0, "no finding is a cell of the release");
    let texts = release::texts(&release);
    for finding in findings {
        for because in finding["because"].as_array().expect("reasons") {
            let because = because.as_str().expect("words");
            let told = texts.iter().find(|(_, text)| text.contains("this cell") && text.contains(because));
            assert!(told.is_none(), "{because} is in {:?}", told.map(|(name, _)| name));
        }
    }
    assert!(!release.join("audit.json").exists());
}

#[test]
fn the_release_names_no_path_outside_the_project() {
    let release = the_release();
    let home = std::env::var("HOME").unwrap_or_default();
    let outside: Vec<String> = [project().display().to_string(), repository().display().to_string(), home]
        .into_iter()
        .filter(|p| p.len() > 1)
        .collect();
    let texts = release::texts(&release);
    for (name, text) in &texts {
        for path in &outside {
            assert!(!text.contains(path), "{name} names {path}");
        }
        assert!(!text.contains("file://"), "{name} names a file of this machine");
    }
    let manifest: Value = serde_json::from_str(&texts["manifest.json"]).expect("JSON");
    let inside = |path: &str| !path.starts_with('/') && !path.contains("..") && !path.contains('\\');
    for (list, base) in [("files", release.clone()), ("inputs", example())] {
        for entry in manifest[list].as_array().expect("a list") {
            let path = entry["path"].as_str().expect("a path");
            assert!(inside(path) && base.join(path).is_file(), "{list}: {path}");
        }
    }
}

#[test]
fn every_link_of_the_site_leads_to_something_in_the_release() {
    let release = the_release();
    let files = tree(&release);
    let mut links = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| ending(name) == "html") {
        let html = std::str::from_utf8(bytes).expect("UTF-8");
        let targets: BTreeSet<&str> = ["href=\"", "src=\""]
            .iter()
            .flat_map(|attribute| html.split(attribute).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        for target in targets {
            assert!(!target.starts_with("http:") && !target.starts_with('/'), "{name} leads to {target}");
            if ["https:", "mailto:", "tel:", "data:"].iter().any(|scheme| target.starts_with(scheme)) {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                name.clone()
            } else {
                let mut at: Vec<&str> = name.split('/').collect();
                at.pop();
                for part in file.split('/') {
                    if part == ".." {
                        at.pop().expect("not above the release");
                    } else {
                        at.push(part);
                    }
                }
                at.join("/")
            };
            let found =
                files.get(&path).unwrap_or_else(|| panic!("{name} leads to {target}, which is not there"));
            if !anchor.is_empty() && ending(&path) == "html" {
                let id = format!("id=\"{anchor}\"");
                assert!(String::from_utf8_lossy(found).contains(&id), "{name} leads to {target}: no {id}");
            }
            links += 1;
        }
    }
    assert!(links > 100);
}
