//! Cubes and histories against counting by hand.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use model::{CaptureTable, Cube, Period, Unit, Value};
use proptest::prelude::*;
use support::{Report, codes, settings, table, write};
use tables::Reports;

const FIRST_DAY: i32 = 17_897; // 2019-01-01

fn report() -> impl Strategy<Value = Report> {
    (0..12u64, 0..800, 0..3u16, proptest::option::of(0..60i16), 0..6u16, 0..4u16).prop_map(
        |(person, day, register, age, form, sex)| Report {
            person,
            day: FIRST_DAY + day,
            register,
            age,
            form,
            sex,
        },
    )
}

/// The code of a value as the book says: unknown and total say nothing.
fn code(variable: &str, report: &Report) -> Option<String> {
    let known = |list: &str, i: u16| {
        let code = codes(list)[usize::from(i)].0;
        (code != "_U" && code != "_T").then(|| code.to_owned())
    };
    match variable {
        "form" => known("form", report.form),
        "sex" => known("sex", report.sex),
        "register" => Some(["police", "border", "shelter"][usize::from(report.register)].into()),
        _ => report.age.map(|age| match age {
            0..=11 => "0-11".to_owned(),
            12..=17 => "12-17".to_owned(),
            18..=29 => "18-29".to_owned(),
            _ => "30+".to_owned(),
        }),
    }
}

/// Value in the file, to break ties within a day.
fn raw(variable: &str, report: &Report) -> i32 {
    match variable {
        "form" => i32::from(report.form),
        "sex" => i32::from(report.sex),
        "register" => i32::from(report.register),
        _ => i32::from(report.age.unwrap_or(-1)),
    }
}

fn harmonised(variable: &str, reports: &[&Report]) -> String {
    if let Some(register) = model::register_of(variable) {
        let within = reports.iter().any(|r| code("register", r).as_deref() == Some(register));
        return if within { "Y" } else { "N" }.to_owned();
    }
    let mut known: Vec<(i32, i32, String)> =
        reports.iter().filter_map(|r| code(variable, r).map(|c| (r.day, raw(variable, r), c))).collect();
    known.sort();
    known.into_iter().next().map_or("_U".into(), |(.., c)| c)
}

fn period(day: i32, period: Period) -> String {
    let date =
        jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).expect("within the calendar");
    match period {
        Period::Year => date.strftime("%Y").to_string(),
        Period::Quarter => format!("{}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
        Period::Month => date.strftime("%Y-%m").to_string(),
    }
}

/// Each case as its period and codes.
fn cases(reports: &[Report], unit: Unit, by: Period, variables: &[&str]) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<(u64, String), Vec<&Report>> = BTreeMap::new();
    for (i, r) in reports.iter().enumerate() {
        let unit = if unit == Unit::Persons { r.person } else { i as u64 };
        groups.entry((unit, period(r.day, by))).or_default().push(r);
    }
    groups
        .into_iter()
        .map(|((_, period), rows)| {
            std::iter::once(period).chain(variables.iter().map(|v| harmonised(v, &rows))).collect()
        })
        .collect()
}

fn counts(category: &str, code: &str, variable: &str) -> bool {
    let list = if variable == "age:ages" { "ages" } else { variable };
    let parent = codes(list).iter().find(|(c, _)| *c == code).map_or("", |(_, p)| p);
    category == "_T" || category == code || category == parent || category == format!("{code}_X")
}

fn check(cube: &Cube, cases: &[Vec<String>], variables: &[&str]) {
    let product: usize = cube.dimensions.iter().map(|d| d.categories.len()).product();
    assert_eq!(cube.cells.len(), product, "every combination has a cell");
    for (key, value) in &cube.cells {
        let at: Vec<&str> = cube.codes(key).map(|(_, c)| c).collect();
        let expected = cases
            .iter()
            .filter(|case| {
                case[0] == at[0]
                    && variables.iter().zip(&at[1..]).zip(&case[1..]).all(|((v, k), c)| counts(k, c, v))
            })
            .count() as u64;
        assert_eq!(*value, Value::Count(expected), "{} {at:?}", cube.id);
    }
    for relation in cube.relations() {
        let of = |key: &Vec<u32>| cube.value(key).count().expect("a count");
        assert_eq!(of(&relation.total), relation.parts.iter().map(of).sum::<u64>(), "{relation:?}");
    }
}

fn history_tables(
    reports: &[Report],
    years: (i32, i32),
    by: &[&str],
) -> Vec<(BTreeMap<String, String>, BTreeMap<u32, u64>)> {
    let mut persons: BTreeMap<u64, Vec<&Report>> = BTreeMap::new();
    for r in reports {
        let year: i32 = period(r.day, Period::Year).parse().expect("a year");
        if (years.0..=years.1).contains(&year) {
            persons.entry(r.person).or_default().push(r);
        }
    }
    let mut out: BTreeMap<BTreeMap<String, String>, BTreeMap<u32, u64>> = BTreeMap::new();
    out.entry(BTreeMap::new()).or_default();
    for rows in persons.values() {
        let history = rows.iter().fold(0, |h, r| h | 1 << r.register);
        let key = by.iter().map(|v| ((*v).to_owned(), harmonised(v, rows))).collect();
        *out.entry(key).or_default().entry(history).or_default() += 1;
        if !by.is_empty() {
            *out.entry(BTreeMap::new()).or_default().entry(history).or_default() += 1;
        }
    }
    out.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cubes_and_histories_are_what_counting_by_hand_gives(
        rows in proptest::collection::vec(report(), 1..60),
        split in 0..60usize,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let (settings, catalogue) = settings();
        let split = split.min(rows.len());
        let files = [
            write(folder.path(), "a.parquet", &rows[..split], &settings),
            write(folder.path(), "b.parquet", &rows[split..], &settings),
        ];
        let wanted: [(Unit, Period, &[&str]); 8] = [
            (Unit::Persons, Period::Year, &["form", "sex"]),
            (Unit::Persons, Period::Quarter, &["age:ages"]),
            (Unit::Reports, Period::Year, &["register", "form"]),
            (Unit::Persons, Period::Month, &[]),
            (Unit::Persons, Period::Year, &["register", "age:ages"]),
            (Unit::Reports, Period::Month, &["sex"]),
            (Unit::Persons, Period::Year, &["register:police", "register:border", "register:shelter"]),
            (Unit::Persons, Period::Quarter, &["register:border", "form"]),
        ];
        let tables: Vec<_> = wanted
            .iter()
            .enumerate()
            .map(|(i, (unit, period, dims))| table(&format!("t{i}"), *unit, *period, dims))
            .collect();
        let one = Reports::open(&files, &settings, &catalogue, 1).expect("opened");
        let two = Reports::open(&files, &settings, &catalogue, 2).expect("opened");
        prop_assert_eq!(one.rows(), rows.len() as u64);
        prop_assert_eq!(one.persons(), rows.iter().map(|r| r.person).collect::<BTreeSet<_>>().len() as u64);
        let cubes = one.cubes(&tables).expect("cubes");
        prop_assert_eq!(&cubes, &two.cubes(&tables).expect("cubes"));
        for (cube, (unit, period, dims)) in cubes.iter().zip(wanted) {
            check(cube, &cases(&rows, unit, period, dims), dims);
        }
        for by in [&[][..], &["sex"], &["sex", "age:ages"]] {
            let names: Vec<String> = by.iter().map(|b| (*b).to_owned()).collect();
            let found = one.histories(Some((2019, 2020)), &names, "person").expect("histories");
            prop_assert_eq!(&found, &two.histories(Some((2019, 2020)), &names, "person").expect("histories"));
            let mut found: Vec<_> = found
                .into_iter()
                .map(|(key, t)| (key, t.counts().collect::<BTreeMap<u32, u64>>()))
                .collect();
            prop_assert!(found[0].0.is_empty());
            found.sort();
            prop_assert_eq!(found, history_tables(&rows, (2019, 2020), by));
        }
    }
}

fn some_reports() -> Vec<Report> {
    let report = |person, day, register, form| Report {
        person,
        day: FIRST_DAY + day,
        register,
        age: Some(20),
        form,
        sex: 0,
    };
    // Person 1: police, then border, in the same year; person 2: shelter in 2019 and 2021.
    vec![report(1, 3, 0, 5), report(1, 40, 1, 1), report(2, 10, 2, 0), report(2, 731, 2, 3)]
}

#[test]
fn a_person_is_counted_once_a_period_with_the_first_known_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let file = write(folder.path(), "a.parquet", &some_reports(), &settings);
    let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
    let cube = reports.cube(&table("t", Unit::Persons, Period::Year, &["form"])).expect("a cube");
    assert_eq!(cube.universe, "persons");
    assert_eq!(cube.sources, ["police", "border", "shelter"]);
    let text: Vec<String> = cube
        .cells
        .iter()
        .map(|(key, value)| {
            let codes: Vec<&str> = cube.codes(key).map(|(_, c)| c).collect();
            format!("{} {}", codes.join(" "), value.count().expect("a count"))
        })
        .collect();
    // 2020 has no report and stands there with zeros; A has a person of its own, so A_X.
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn histories_are_of_persons_over_all_the_years_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let file = write(folder.path(), "a.parquet", &some_reports(), &settings);
    let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
    let lists = || vec!["police".to_owned(), "border".into(), "shelter".into()];
    let whole = |counts: &[(u32, u64)]| {
        vec![(BTreeMap::new(), CaptureTable::from_counts(lists(), counts.iter().copied()).expect("valid"))]
    };
    assert_eq!(reports.histories(None, &[], "person").expect("histories"), whole(&[(0b011, 1), (0b100, 1)]));
    assert_eq!(
        reports.histories(Some((2021, 2021)), &[], "person").expect("histories"),
        whole(&[(0b100, 1)])
    );
    assert_eq!(
        reports.histories(Some((1990, 1991)), &["sex".into()], "person").expect("histories"),
        whole(&[])
    );
}

#[test]
fn no_reports_give_tables_without_periods() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let file = write(folder.path(), "a.parquet", &[], &settings);
    {
        let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
        let cube = reports.cube(&table("t", Unit::Persons, Period::Year, &["sex"])).expect("a cube");
        assert_eq!((reports.rows(), reports.persons(), cube.cells.len()), (0, 0, 0));
        assert_eq!(reports.histories(None, &[], "person").expect("histories")[0].1.detected(), 0);
    }
}

#[test]
fn what_cannot_be_counted_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let mut rows = some_reports();
    rows[0].day = -700_000;
    let file = write(folder.path(), "a.parquet", &rows, &settings);
    let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
    let fails = |table| reports.cube(&table).expect_err("refused").to_string();
    let mut messages = vec![
        fails(table("t", Unit::Persons, Period::Month, &["form", "sex", "age:ages"])),
        fails(table("t", Unit::Events, Period::Year, &["form"])),
        fails(table("t", Unit::Persons, Period::Year, &["form", "form"])),
        fails(table("t", Unit::Persons, Period::Year, &["age"])),
        fails(table("t", Unit::Persons, Period::Year, &["age:form"])),
        fails(table("t", Unit::Persons, Period::Year, &["sex:form"])),
        fails(table("t", Unit::Persons, Period::Year, &["shoes"])),
        fails(table("t", Unit::Persons, Period::Year, &["register:shoes"])),
        fails(table("t", Unit::Reports, Period::Year, &["register:police"])),
        reports.histories(None, &["register:police".into()], "person").expect_err("refused").to_string(),
    ];
    let open = |path: std::path::PathBuf| {
        Reports::open(&[path], &settings, &catalogue, 1).err().expect("refused").to_string()
    };
    let text = folder.path().join("b.parquet");
    std::fs::write(&text, "not parquet").expect("written");
    messages.push(open(text));
    messages.push(open(folder.path().join("missing.parquet")));
    let mut other = settings.clone();
    other.variable.remove("ages");
    let narrow = write(folder.path(), "narrow.parquet", &some_reports(), &other);
    messages.push(open(narrow));
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_code_beyond_its_classification_stops_the_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let mut rows = some_reports();
    rows[1].form = 77;
    let file = write(folder.path(), "a.parquet", &rows, &settings);
    let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
    for unit in [Unit::Persons, Unit::Reports] {
        let error = reports.cube(&table("t", unit, Period::Year, &["form"])).expect_err("refused");
        assert!(error.to_string().contains("not in the classification"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn work_files_are_for_the_owner_only_and_go_with_the_reports() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, catalogue) = settings();
    let file = write(folder.path(), "a.parquet", &some_reports(), &settings);
    let reports = Reports::open(&[file], &settings, &catalogue, 2).expect("opened");
    let others = || -> Vec<std::path::PathBuf> {
        let all = std::fs::read_dir(folder.path()).expect("listed");
        all.map(|e| e.expect("an entry").path()).filter(|p| p.is_dir()).collect()
    };
    let work = others();
    assert_eq!(work.len(), 1);
    let mode = std::fs::metadata(&work[0]).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    reports.cube(&table("t", Unit::Persons, Period::Year, &["form"])).expect("a cube");
    drop(reports);
    assert!(others().is_empty());
}
