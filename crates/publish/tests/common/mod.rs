//! A small release: three linked tables with small counts, one of them with rates, a table of
//! vintages, a series, an estimate with groups, and texts that try to break out of HTML. And
//! readers of what is written.

#![allow(dead_code)]

pub(crate) mod html;
pub(crate) mod read;

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::{Policy, Table, protect};
use estimate::{Method, Options, Pooling, estimate, estimate_groups, group_sensitivity};
use model::provenance::Input;
use model::trend::{Break, Change, Direction, Point, ReportingAlert, Trend};
use model::{
    CaptureTable, Category, Cube, Dimension, Label, Rate, Role, RowCount, Settings, TOTAL, Unit, Value,
};
use publish::{AuditNote, Release, ReleasedCube, ReleasedEstimate, ReleasedRates, SourceNote};

/// A title that must come out as text everywhere.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\" ' ]]> {{ 7 }} {title}";

pub(crate) fn settings() -> Settings {
    let text = r#"
[monitor]
id = "small"
title = { en = "A small monitor", nl = "Een kleine monitor" }
description = { en = "What is known of few.", nl = "Wat van weinigen bekend is." }
publisher = { en = "The Publisher", nl = "De Uitgever" }
edition = "2026"
reference_date = "2026-11-24"
contact = "monitor@example.org"
seed = 7
report = false

[[source]]
id = "police"
path = "registers/police.csv"
title = { en = "Police", nl = "Politie" }
definition = { en = "Victims reported.", nl = "Gemelde slachtoffers." }
publisher = "National police"
vintage = "2026"
licence = "CC-BY-4.0"
citation = "By letter"
[[source.cube]]
id = "by_form"
title = { en = "Victims by form", nl = "Slachtoffers naar vorm" }
unit = "persons"
concept = "detected"
value = "n"
[[source.cube.dimension]]
id = "year"
column = "year"
[[source.cube]]
id = "by_sex"
title = { en = "Victims by sex", nl = "Slachtoffers naar geslacht" }
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
A = { en = "Alpha", nl = "Alfa" }

[[estimate]]
id = "hidden"
title = { en = "Known and hidden", nl = "Bekend en verborgen" }
source = "lists"
methods = ["main"]
by = ["sex"]
"#
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

pub(crate) fn cube(id: &str, title: Label, dimensions: Vec<Dimension>, cells: &[(&[u32], u64)]) -> Cube {
    Cube {
        id: id.into(),
        title,
        definition: Label::new("Victims reported.", "Gemelde slachtoffers."),
        unit: Unit::Persons,
        universe: "police/victims".into(),
        sources: vec!["police".into()],
        dimensions,
        cells: cells.iter().map(|(k, n)| (k.to_vec(), Value::Count(*n))).collect(),
    }
}

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
    let age = dimension(
        "age",
        ("Age", "Leeftijd"),
        Role::Breakdown,
        &[
            (TOTAL, "Total", "Totaal"),
            ("0-17", "0 to 17", "0 tot en met 17"),
            ("18-24", "18 to 24", "18 tot en met 24"),
            ("25+", "25 and older", "25 en ouder"),
            ("_U", "Unknown", "Onbekend"),
        ],
    );
    let mut by_publisher =
        by_year("by_publisher", Label::same(HOSTILE), publication, &[&[], &[1334, 1372], &[984]]);
    by_publisher.universe = "police/by_publisher".into();
    // Of the year before, one publisher gave bounds only and the other nothing.
    by_publisher.cells.insert(vec![0, 0], Value::Between(700, 720));
    by_publisher.cells.insert(vec![0, 1], Value::Missing);
    vec![
        by_year(
            "by_form",
            Label::new("Victims by form", "Slachtoffers naar vorm"),
            form,
            &[&[716, 600, 80, 33, 3], &[1334, 900, 331, 62, 41], &[984, 600, 300, 73, 11]],
        ),
        by_year(
            "by_sex",
            Label::new("Victims by sex", "Slachtoffers naar geslacht"),
            sex,
            &[&[716, 610, 104, 2], &[1334, 1008, 315, 11], &[984, 701, 269, 14]],
        ),
        by_publisher,
        by_year(
            "by_age",
            Label::new("Victims by age", "Slachtoffers naar leeftijd"),
            age,
            &[&[716, 102, 333, 277, 4], &[1334, 201, 612, 480, 41], &[984, 150, 421, 396, 17]],
        ),
    ]
}

/// A table without time, for bars.
pub(crate) fn by_region() -> Cube {
    let region = dimension(
        "region",
        ("Region", "Regio"),
        Role::Breakdown,
        &[
            (TOTAL, "Total", "Totaal"),
            ("N", "North", "Noord"),
            ("S", "South", "Zuid"),
            ("E", "East", "Oost"),
            ("W", "West", "West"),
        ],
    );
    let cells: [(&[u32], u64); 5] = [(&[0], 2003), (&[1], 1401), (&[2], 402), (&[3], 3), (&[4], 197)];
    let title = Label::new("Victims by region", "Slachtoffers naar regio");
    Cube { universe: "police/regions".into(), ..cube("by_region", title, vec![region], &cells) }
}

/// A table over the years and another dimension, a list for each year.
fn by_year(id: &str, title: Label, other: Dimension, counts: &[&[u64]]) -> Cube {
    let mut out = cube(id, title, vec![years(), other], &[]);
    for (year, row) in counts.iter().enumerate() {
        for (at, &n) in row.iter().enumerate() {
            out.cells.insert(vec![year as u32, at as u32], Value::Count(n));
        }
    }
    out
}

/// Inhabitants of a cell of `by_age`; of unknown age there are none.
pub(crate) fn inhabitants(key: &[u32]) -> Option<u64> {
    let of_age = [17_100_000, 3_400_000, 1_500_000, 12_200_000];
    of_age.get(key[1] as usize).map(|n| n + 50_000 * u64::from(key[0]))
}

/// Rates of every count of the bare cube, those that are hidden among them: the writer must leave
/// these out.
pub(crate) fn rates(cube: &Cube, inhabitants: impl Fn(&[u32]) -> Option<u64>) -> ReleasedRates {
    let rate = |key: &[u32], n: u64| {
        let population = inhabitants(key)?;
        let rate = n as f64 / population as f64 * 100_000.0;
        Some(Rate { population, rate, interval: (rate * 0.8, rate * 1.25) })
    };
    ReleasedRates {
        per: 100_000,
        population: Label::new("Inhabitants on 1 January", "Inwoners op 1 januari"),
        cells: cube
            .cells
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), rate(key, value.count()?)?)))
            .collect(),
    }
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
        covariates: None,
        detected: Vec::new(),
        sources: vec!["lists".into()],
    }
}

pub(crate) fn small_estimate(settings: &Settings) -> ReleasedEstimate {
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
    let found = estimate_groups(&groups, Method::Main, &options).expect("valid options");
    out.estimation = out.estimation.with_groups(found);
    out
}

/// Groups by sex and place that were fitted together, none of them small, in 2019 alone.
pub(crate) fn joint_estimate(settings: &Settings) -> ReleasedEstimate {
    let table = |counts: [u64; 7]| {
        let counts = (1..8).zip(counts);
        CaptureTable::from_counts(["A", "B", "C"].map(String::from).to_vec(), counts).expect("a valid table")
    };
    let group = |sex: &str, place: &str, counts: [u64; 7]| {
        let codes = [("sex", sex), ("place", place)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        (BTreeMap::from(codes), table(counts))
    };
    let groups = [
        group("F", "N", [90, 70, 31, 50, 22, 16, 12]),
        group("F", "S", [60, 50, 20, 35, 14, 11, 6]),
        group("M", "N", [80, 60, 9, 45, 7, 5, 1]),
        group("M", "S", [55, 40, 5, 28, 4, 4, 1]),
    ];
    let counts = groups.iter().flat_map(|(_, table)| table.counts());
    let whole = CaptureTable::from_counts(groups[0].1.lists().to_vec(), counts).expect("a valid table");
    let methods = [Method::Bic, Method::Average, Method::Decomposable];
    let mut out = estimate_of(settings, &whole, &methods);
    out.settings.years = Some((2019, 2019));
    out.settings.by = vec!["sex".into(), "place".into()];
    let options = Options { seed: 7, replicates: 50, pooling: Pooling::Partial, ..Options::default() };
    let found = estimate_groups(&groups, Method::Main, &options).expect("valid options");
    let estimates = &out.estimation.estimates;
    let without = group_sensitivity(&groups, estimates, &options).expect("valid options");
    out.estimation.sensitivity = without;
    out.estimation = out.estimation.with_groups(found);
    out
}

/// The cubes protected as one set, with rates where `with` gives some, and what protection did.
pub(crate) fn protected(
    settings: &Settings,
    cubes: &[Cube],
    with: impl Fn(&Cube) -> Option<ReleasedRates>,
) -> (Vec<ReleasedCube>, disclosure::Protection) {
    let tables: Vec<Table> = cubes
        .iter()
        .map(|cube| {
            let waiver = (cube.id == "by_publisher").then(|| HOSTILE.to_owned());
            Table { waiver, ..Table::of(cube.clone()) }
        })
        .collect();
    let protection = protect(&tables, &Policy::from(&settings.disclosure)).expect("tables can be protected");
    let released = protection
        .cubes
        .iter()
        .zip(cubes)
        .map(|(cube, bare)| ReleasedCube {
            cube: cube.clone(),
            inputs: vec!["police".into()],
            rates: with(bare),
        })
        .collect();
    (released, protection)
}

/// The small release without estimates, which take the most time.
pub(crate) fn release_of<'s>(settings: &'s Settings, cubes: &[Cube]) -> Release<'s> {
    let (cubes, protection) =
        protected(settings, cubes, |c| (c.id == "by_age").then(|| rates(c, inhabitants)));
    Release {
        settings,
        version: "0.1.0",
        cubes,
        trends: vec![trend()],
        reporting: vec![ReportingAlert {
            organisation: "POLICE".into(),
            label: Label::new("Police", "Politie"),
            from: "2018".into(),
            period: "2019".into(),
            counts: (495, 160),
            others: (428, 430),
            change: Some(Change { ratio: 0.323, interval: (0.27, 0.39) }),
            direction: Direction::Fell,
        }],
        estimates: Vec::new(),
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
        linkage: None,
        certificate: protection.certificate,
        audit: vec![AuditNote { file: "police.csv".into(), cells_attacked: 400, exact: 1, narrow: 2 }],
        settings_hash: model::provenance::hash(b"settings"),
        before: None,
        map: None,
    }
}

/// Gives a release the cubes of another, with the certificate that covers them.
pub(crate) fn protect_as<'s>(release: &mut Release<'s>, other: Release<'s>) {
    (release.cubes, release.certificate) = (other.cubes, other.certificate);
}

/// The whole small release.
pub(crate) fn release(settings: &Settings) -> Release<'_> {
    Release { estimates: vec![small_estimate(settings)], ..release_of(settings, &cubes()) }
}

/// A folder with `release` in it.
pub(crate) fn written(release: &Release<'_>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    publish::write(release, dir.path()).expect("the release can be written");
    dir
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
