//! A small release: two linked tables with small counts, a table of vintages, a series, an
//! estimate with groups, and texts that try to break out of HTML.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::{Policy, Table, protect};
use estimate::{Method, Options, estimate, estimate_groups};
use model::provenance::Input;
use model::trend::{Break, Change, Direction, Point, Trend};
use model::{CaptureTable, Category, Cube, Dimension, Label, Role, RowCount, Settings, TOTAL, Unit, Value};
use publish::{AuditNote, Release, ReleasedCube, ReleasedEstimate, ReportingNote, SourceNote};

/// A title that must come out as text everywhere.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\" ' ]]> {{ 7 }} {title}";

pub(crate) fn settings() -> Settings {
    let text = format!(
        r#"
[monitor]
id = "small"
title = {{ en = "A small monitor", nl = "Een kleine monitor" }}
description = {{ en = "What is known of few.", nl = "Wat van weinigen bekend is." }}
publisher = {{ en = "The Publisher", nl = "De Uitgever" }}
edition = "2026"
reference_date = "2026-11-24"
contact = "monitor@example.org"
seed = 7

[[source]]
id = "police"
path = "registers/police.csv"
title = {{ en = "Police", nl = "Politie" }}
definition = {{ en = "Victims reported.", nl = "Gemelde slachtoffers." }}
publisher = "National police"
vintage = "2026"
licence = "CC-BY-4.0"
citation = "By letter"
[[source.cube]]
id = "by_form"
title = {{ en = "Victims by form", nl = "Slachtoffers naar vorm" }}
unit = "persons"
concept = "detected"
value = "n"
[[source.cube.dimension]]
id = "year"
column = "year"
[[source.cube]]
id = "by_sex"
title = {{ en = "Victims by sex", nl = "Slachtoffers naar geslacht" }}
unit = "persons"
concept = "detected"
value = "n"
[[source.cube.dimension]]
id = "year"
column = "year"
[[source.cube]]
id = "by_publisher"
title = 'TITLE'
unit = "persons"
concept = "detected"
value = "n"
[[source.cube.dimension]]
id = "year"
column = "year"

[[source]]
id = "lists"
path = "registers/lists.csv"
title = "Lists"
[source.histories]
[source.histories.labels]
A = {{ en = "Alpha", nl = "Alfa" }}

[[estimate]]
id = "hidden"
title = {{ en = "Known and hidden", nl = "Bekend en verborgen" }}
source = "lists"
methods = ["main"]
by = ["sex"]
"#
    )
    .replace("TITLE", &HOSTILE.replace('\'', "’"));
    Settings::parse(&text).unwrap_or_else(|e| panic!("{} {}", e.message, e.help))
}

pub(crate) fn dimension(
    id: &str,
    label: (&str, &str),
    role: Role,
    categories: &[(&str, &str, &str)],
) -> Dimension {
    let total = categories.iter().position(|c| c.0 == TOTAL).map(|i| i as u32);
    Dimension {
        id: id.into(),
        label: Label::new(label.0, label.1),
        role,
        classification: None,
        categories: categories
            .iter()
            .map(|(code, en, nl)| Category {
                code: (*code).into(),
                label: Label::new(*en, *nl),
                parent: total.filter(|_| *code != TOTAL),
            })
            .collect(),
    }
}

pub(crate) fn years() -> Dimension {
    dimension(
        "year",
        ("Year", "Jaar"),
        Role::Time,
        &[("2018", "2018", "2018"), ("2019", "2019", "2019"), ("2020", "2020", "2020")],
    )
}

fn cube(id: &str, title: Label, dimensions: Vec<Dimension>, cells: &[(&[u32], u64)]) -> Cube {
    Cube {
        id: id.into(),
        title,
        definition: Label::new("Victims reported.", "Gemelde slachtoffers."),
        unit: Unit::Persons,
        universe: format!("police/{id}"),
        sources: vec!["police".into()],
        dimensions,
        cells: cells.iter().map(|(k, n)| (k.to_vec(), Value::Count(*n))).collect(),
    }
}

/// Small counts that must be in no file; no other figure of the release is one of them.
pub(crate) const SECRET: [u64; 2] = [3, 2];

pub(crate) fn cubes() -> Vec<Cube> {
    let form = dimension(
        "form",
        ("Form", "Vorm"),
        Role::Breakdown,
        &[
            (TOTAL, "Total", "Totaal"),
            ("SEX", "Sexual", "Seksueel"),
            ("LAB", "Labour", "Arbeid"),
            ("CRIM", "Criminal", "Crimineel"),
            ("_U", "Unknown", "Onbekend"),
        ],
    );
    let sex = dimension(
        "sex",
        ("Sex", "Geslacht"),
        Role::Breakdown,
        &[
            (TOTAL, "Total", "Totaal"),
            ("F", "Female", "Vrouw"),
            ("M", "Male", "Man"),
            ("X", "Other", "Anders"),
        ],
    );
    let publication = dimension(
        "publication",
        ("Publication", "Publicatie"),
        Role::Vintage,
        &[("ONE", "First book", "Eerste boek"), ("TWO", HOSTILE, HOSTILE)],
    );
    vec![
        cube(
            "by_form",
            Label::new("Victims by form", "Slachtoffers naar vorm"),
            vec![years(), form],
            &[
                (&[0, 0], 716),
                (&[0, 1], 600),
                (&[0, 2], 80),
                (&[0, 3], 33),
                (&[0, 4], 3),
                (&[1, 0], 1334),
                (&[1, 1], 900),
                (&[1, 2], 331),
                (&[1, 3], 62),
                (&[1, 4], 41),
                (&[2, 0], 984),
                (&[2, 1], 600),
                (&[2, 2], 300),
                (&[2, 3], 73),
                (&[2, 4], 11),
            ],
        ),
        cube(
            "by_sex",
            Label::new("Victims by sex", "Slachtoffers naar geslacht"),
            vec![years(), sex],
            &[
                (&[0, 0], 716),
                (&[0, 1], 610),
                (&[0, 2], 104),
                (&[0, 3], 2),
                (&[1, 0], 1334),
                (&[1, 1], 1008),
                (&[1, 2], 315),
                (&[1, 3], 11),
                (&[2, 0], 984),
                (&[2, 1], 701),
                (&[2, 2], 269),
                (&[2, 3], 14),
            ],
        ),
        cube(
            "by_publisher",
            Label::same(HOSTILE),
            vec![years(), publication],
            &[(&[1, 0], 1334), (&[1, 1], 1372), (&[2, 0], 984)],
        ),
    ]
}

pub(crate) fn trend() -> Trend {
    let point = |period: &str, count: u64, change: Option<(f64, f64, f64)>| Point {
        period: period.into(),
        count: Some(count),
        interval: Some((count as f64 * 0.95, count as f64 * 1.05)),
        change: change.map(|(ratio, low, high)| Change { ratio, interval: (low, high) }),
        fitted: Some(count as f64),
    };
    Trend {
        id: "by_form".into(),
        title: Label::new("Detected victims", "Gemelde slachtoffers"),
        unit: Unit::Persons,
        level: 0.95,
        points: vec![
            point("2018", 716, None),
            point("2019", 1334, Some((1.863, 1.70, 2.04))),
            point("2020", 984, Some((0.738, 0.68, 0.80))),
        ],
        breaks: vec![Break {
            period: "2019".into(),
            probability: 0.97,
            periods: vec!["2019".into()],
            levels: (716.0, 1159.0),
        }],
    }
}

/// The six lists of the Netherlands, from the example.
pub(crate) fn netherlands() -> CaptureTable {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/netherlands/registers/mse_netherlands_2010_2015_six_lists.csv");
    let text = std::fs::read_to_string(path).expect("the example is there");
    let mut lines = text.lines();
    let names: Vec<String> =
        lines.next().expect("a header").split(',').take(6).map(|s| s.trim_matches('"').to_owned()).collect();
    let counts = lines.map(|line| {
        let n: Vec<u64> = line.split(',').map(|f| f.parse().expect("a number")).collect();
        let history = n[..6].iter().enumerate().fold(0u32, |h, (i, &b)| h | (b as u32) << i);
        (history, n[6])
    });
    CaptureTable::from_counts(names, counts).expect("a valid table")
}

pub(crate) fn estimate_of(settings: &Settings, table: &CaptureTable, methods: &[Method]) -> ReleasedEstimate {
    let options = Options { seed: settings.monitor.seed, replicates: 50, ..Options::default() };
    ReleasedEstimate {
        settings: settings.estimate[0].clone(),
        estimation: estimate(table, methods, &options).expect("valid options"),
        sources: vec!["lists".into()],
    }
}

fn small_estimate(settings: &Settings) -> ReleasedEstimate {
    let table = |a: u64, b: u64, ab: u64| {
        CaptureTable::from_counts(vec!["A".into(), "B".into()], [(1, a), (2, b), (3, ab)])
            .expect("a valid table")
    };
    let mut out = estimate_of(settings, &table(127, 133, 39), &[Method::Main, Method::SampleCoverage]);
    let group = |code: &str, t: CaptureTable| (BTreeMap::from([("sex".to_owned(), code.to_owned())]), t);
    let groups = [
        group("F", table(71, 73, 29)),
        group("M", table(38, 40, 7)),
        group("X", table(1, 1, 1)),
        group("_U", table(17, 19, 2)),
    ];
    let options = Options { seed: 7, replicates: 50, ..Options::default() };
    out.estimation.groups = estimate_groups(&groups, Method::Main, &options).expect("valid options");
    out
}

pub(crate) fn release(settings: &Settings) -> Release<'_> {
    let tables: Vec<Table> = cubes()
        .into_iter()
        .map(|cube| {
            let waiver = (cube.id == "by_publisher").then(|| HOSTILE.to_owned());
            Table { cube, waiver }
        })
        .collect();
    let protection = protect(&tables, &Policy::from(&settings.disclosure)).expect("tables can be protected");
    Release {
        settings,
        version: "0.1.0",
        cubes: protection
            .cubes
            .into_iter()
            .map(|cube| ReleasedCube { cube, inputs: vec!["police".into()], rates: None })
            .collect(),
        trends: vec![trend()],
        reporting: vec![ReportingNote {
            organisation: "POLICE".into(),
            label: Label::new("Police", "Politie"),
            from: "2018".into(),
            period: "2019".into(),
            counts: (495, 160),
            others: (428, 430),
            change: Some(Change { ratio: 0.323, interval: (0.27, 0.39) }),
            direction: Direction::Fell,
        }],
        estimates: vec![small_estimate(settings)],
        sources: settings
            .source
            .iter()
            .map(|s| SourceNote {
                source: s.clone(),
                input: Some(Input {
                    path: s.path.clone(),
                    bytes: 1234,
                    blake3: model::provenance::hash(s.id.as_bytes()),
                }),
                rows: RowCount { rows_in: 100, rows_used: 98, rows_quarantined: 2 },
            })
            .collect(),
        protection: protection.tables,
        attack: protection.attack,
        audit: vec![AuditNote { file: "police.csv".into(), cells_attacked: 400, exact: 1, narrow: 2 }],
        settings_hash: model::provenance::hash(b"settings"),
    }
}

/// All files below `dir`, as path and bytes, in order.
pub(crate) fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, at: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                out.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}
