//! What must not happen: that a hidden figure leaves the building, and that a release is lost.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::html::{self, HtmlTable};
use common::{cubes, dimension, files, read, release, release_of, settings};
use estimate::covariates::{ClassEstimate, CovariateEstimation, CovariateLogLinear, DoublyRobust};
use estimate::{Change, Contrast, Group, Margin, Method, Sensitivity};
use model::{Cube, DateColumn, Key, Label, ReportColumns, Role, RowCount, Settings, TOTAL, Unit, Value};
use proptest::prelude::*;
use publish::{Error, Release, ReleasedCube, write};

// --- Hidden figures ------------------------------------------------------------------------------

/// Counts by year and two codes, and the tables made of them: linked, as all describe the same
/// persons.
fn linked(counts: &[Vec<Vec<u64>>]) -> Vec<Cube> {
    let (years, rows, columns) = (counts.len(), counts[0].len(), counts[0][0].len());
    let breakdown = |id: &str, letters: &str, n: usize| {
        let codes: Vec<String> = letters.chars().take(n).map(String::from).collect();
        let mut all = vec![(TOTAL, "Total", "Totaal")];
        all.extend(codes.iter().map(|c| (c.as_str(), c.as_str(), c.as_str())));
        dimension(id, (id, id), Role::Breakdown, &all)
    };
    let (a, b) = (breakdown("first", "ABC", rows), breakdown("second", "PQR", columns));
    let year = dimension(
        "year",
        ("Year", "Jaar"),
        Role::Time,
        &[("2019", "2019", "2019"), ("2020", "2020", "2020")],
    );
    let sum = |y: usize, r: u32, k: u32| -> u64 {
        let within = |at: u32, i: usize| at == 0 || at as usize == i + 1;
        let row = |i: usize| {
            counts[y][i].iter().enumerate().filter(|(j, _)| within(k, *j)).map(|(_, n)| n).sum::<u64>()
        };
        (0..rows).filter(|&i| within(r, i)).map(row).sum()
    };
    let mut out = ["by_first", "by_second", "by_both"].map(|id| {
        let dimensions = match id {
            "by_first" => vec![year.clone(), a.clone()],
            "by_second" => vec![year.clone(), b.clone()],
            _ => vec![year.clone(), a.clone(), b.clone()],
        };
        common::cube(id, Label::same(id), dimensions, &[])
    });
    for y in 0..years {
        for r in 0..=rows as u32 {
            for k in 0..=columns as u32 {
                let n = Value::Count(sum(y, r, k));
                let y = y as u32;
                if k == 0 {
                    out[0].cells.insert(vec![y, r], n);
                }
                if r == 0 {
                    out[1].cells.insert(vec![y, k], n);
                }
                out[2].cells.insert(vec![y, r, k], n);
            }
        }
    }
    out.to_vec()
}

/// Ends the test if a file says anything of a hidden cell at its place.
fn assert_hidden_everywhere(dir: &Path, released: &ReleasedCube, bare: &Cube) -> usize {
    let cube = &released.cube;
    let hidden: BTreeMap<Vec<String>, &Key> = cube
        .cells()
        .filter(|(_, cell)| read::is_hidden(cell))
        .map(|(key, _)| (read::codes(released, key), key))
        .collect();
    for (format, found) in read::FORMATS.iter().zip(read::all(dir, cube.id())) {
        for codes in hidden.keys() {
            let cell = &found[codes];
            let nothing = cell.value.is_none() && cell.bounds == [None; 2] && cell.rates == [None; 4];
            assert!(nothing, "{} {codes:?} as {format}: {cell:?}", cube.id());
        }
        for (codes, cell) in &found {
            let key: Key =
                codes.iter().zip(cube.dimensions()).map(|(c, d)| d.position(c).expect("a code")).collect();
            let published = cell.value.is_some();
            assert_eq!(published, !hidden.contains_key(codes), "{} {codes:?} as {format}", cube.id());
            assert!(!published || cell.value == bare.value(&key).count(), "{codes:?} as {format}");
        }
    }
    for language in ["en", "nl"] {
        let path = dir.join(format!("site/{language}/table-{}.html", cube.id()));
        let page = html::parse(&fs::read_to_string(path).expect("a page"));
        let mut tables = html::tables(&page);
        tables.extend(drawn(&page));
        for table in tables.iter().filter(|t| !t.caption.contains("100")) {
            places(cube, table, &mut |key, text| {
                let sign = ["hidden", "verborgen"].contains(&text);
                let is = hidden.values().any(|k| k.as_slice() == key);
                assert_eq!(sign, is, "{language} {} {key:?}: {text}", cube.id());
                let text: String = text.chars().filter(|c| !matches!(c, ',' | '.')).collect();
                let n = bare.value(key).count().map(|n| n.to_string());
                assert!(
                    is || n.as_deref() == Some(text.as_str()),
                    "{language} {} {key:?}: {text}",
                    cube.id()
                );
            });
        }
        for table in tables.iter().filter(|t| t.caption.contains("100")) {
            places(cube, table, &mut |key, text| {
                let sign = ["hidden", "verborgen"].contains(&text);
                let is = hidden.values().any(|k| k.as_slice() == key);
                assert_eq!(sign, is, "{language} {} {key:?}: a rate {text}", cube.id());
            });
        }
    }
    hidden.len()
}

/// The marks of the charts over time, each as a table of one figure: they are named
/// "category, period: figure".
fn drawn(page: &html::Element) -> Vec<HtmlTable> {
    let of_svg = |svg: &html::Element| -> Vec<HtmlTable> {
        let caption = svg.only_child("title").words();
        let tips = svg.elements().filter(|e| e.name == "path").filter_map(|e| e.elements().next());
        tips.filter_map(|tip| {
            let words = tip.words();
            let (place, figure) = words.rsplit_once(": ")?;
            let (category, period) = place.rsplit_once(", ")?;
            let rows = vec![vec![period.to_owned(), figure.to_owned()]];
            Some(HtmlTable { caption: caption.clone(), head: vec![String::new(), category.to_owned()], rows })
        })
        .collect()
    };
    let charts = page.find("svg").into_iter().filter(|s| s.attribute("role") == Some("img"));
    let out: Vec<HtmlTable> = charts.flat_map(of_svg).collect();
    assert!(!out.is_empty(), "no marks");
    out
}

/// Calls `at` with the key and the text of every figure in a table of the page of `cube`.
fn places(cube: &disclosure::ProtectedCube, table: &HtmlTable, at: &mut dyn FnMut(&[u32], &str)) {
    let position = |d: usize, text: &str| {
        cube.dimensions()[d]
            .categories
            .iter()
            .position(|c| c.label.en == text || c.label.nl == text)
            .map(|i| i as u32)
    };
    for row in &table.rows {
        for (head, text) in table.head.iter().zip(row).skip(1) {
            // Periods down and categories across, or two dimensions in the last period.
            let mut key: Key = cube.dimensions().iter().map(|d| d.total().unwrap_or(1)).collect();
            for name in [&row[0], head] {
                let d = (0..key.len())
                    .filter(|&d| position(d, name).is_some())
                    .find(|&d| position(d, name) != cube.dimensions()[d].total());
                if let Some(d) = d {
                    key[d] = position(d, name).expect("found above");
                }
            }
            at(&key, text);
        }
    }
}

/// Small counts, zeros and a few large ones.
fn counts() -> impl Strategy<Value = Vec<Vec<Vec<u64>>>> {
    let count = prop_oneof![4 => 0..12u64, 1 => Just(0), 2 => 12..90u64];
    (2..=3usize, 2..=3usize).prop_flat_map(move |(rows, columns)| {
        let row = proptest::collection::vec(count.clone(), columns);
        proptest::collection::vec(proptest::collection::vec(row, rows), 2)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_says_what_is_hidden(counts in counts()) {
        let settings = settings();
        let bare = linked(&counts);
        // Rates of every count, the hidden ones among them, are thrust on the writer.
        let (released, protection) =
            common::protected(&settings, &bare, |c| Some(common::rates(c, |_| Some(50_000))));
        let mut release = release_of(&settings, &[]);
        (release.cubes, release.certificate) = (released, protection.certificate);
        release.trends.clear();
        let dir = common::written(&release);
        let small = bare.iter().flat_map(|c| c.cells.values()).any(|v| matches!(v, Value::Count(1..5)));
        let mut hidden = 0;
        for (released, bare) in release.cubes.iter().zip(&bare) {
            hidden += assert_hidden_everywhere(dir.path(), released, bare);
        }
        prop_assert_eq!(hidden > 0, small);
    }
}

/// A release whose only estimate has these groups, as detected counts, and every comparison of them.
fn with_groups<'s>(settings: &'s Settings, detected: &[u64]) -> Release<'s> {
    let codes = |i: usize| BTreeMap::from([("sex".to_owned(), format!("G{i}"))]);
    with_codes(settings, &detected.iter().enumerate().map(|(i, n)| (codes(i), *n)).collect::<Vec<_>>())
}

fn with_codes<'s>(settings: &'s Settings, groups: &[(BTreeMap<String, String>, u64)]) -> Release<'s> {
    let mut out = release_of(settings, &[]);
    let mut estimate = common::small_estimate(settings);
    let own = estimate.estimation.estimates[0].clone();
    let found = &mut estimate.estimation;
    found.detected = groups.iter().map(|(_, n)| n).sum();
    let count = groups.len();
    found.groups = groups
        .iter()
        .map(|(codes, detected)| Group {
            codes: codes.clone(),
            detected: *detected,
            estimate: own.clone(),
            visibility: Some(0.5),
            interval: Some((0.4, 0.6)),
            probability_least_visible: Some(0.1),
            rank_probabilities: vec![1.0 / count as f64; count],
        })
        .collect();
    found.contrasts = (0..count)
        .flat_map(|i| (i + 1..count).map(move |j| (i, j)))
        .map(|(i, j)| Contrast {
            codes: groups[i].0.clone(),
            against: groups[j].0.clone(),
            ratio: 0.9,
            interval: Some((0.7, 1.2)),
            probability_lower: 0.6,
        })
        .collect();
    let single: BTreeSet<(&String, &String)> = groups.iter().flat_map(|(codes, _)| codes).collect();
    let sets = std::iter::once(BTreeMap::new())
        .chain(single.into_iter().map(|(variable, code)| BTreeMap::from([(variable.clone(), code.clone())])));
    found.margins = sets
        .map(|codes| Margin {
            codes,
            detected: 77_777,
            total: 88_888.0,
            total_interval: (86_000.0, 99_000.0),
            total_mean: 88_888.0,
            visibility: 0.5,
            interval: (0.4, 0.6),
        })
        .collect();
    found.sensitivity = groups
        .iter()
        .map(|(codes, n)| Sensitivity {
            method: Method::Main,
            change: Change::WithoutGroup,
            lists: Vec::new(),
            group: codes.clone(),
            detected: found.detected - n,
            total: Some(76_543.0),
            interval: Some((65_432.0, 87_654.0)),
            percent: Some(3.0),
            refused: None,
        })
        .collect();
    out.trends.clear();
    out.estimates = vec![estimate];
    out
}

/// The groups that stand on the page of visibility, by their codes.
fn groups_on_page(release: &Release<'_>) -> BTreeSet<String> {
    let dir = common::written(release);
    let page = |language: &str| {
        let path = dir.path().join(format!("site/{language}/visibility.html"));
        let text = fs::read_to_string(path).expect("a page");
        let page = html::parse(&text);
        let tables = html::tables(&page);
        let of_groups = |t: &&HtmlTable| {
            ["Group", "Groep"].contains(&t.head[0].as_str())
                && t.head
                    .last()
                    .is_some_and(|head| head.contains("seen least") || head.contains("minst gezien"))
        };
        let table = tables.iter().find(of_groups);
        let listed: BTreeSet<String> =
            table.into_iter().flat_map(|t| &t.rows).map(|row| row[0].clone()).collect();
        // Nor is one that is left out named in a chart or a sentence, or where groups are compared.
        let hidden = fs::read_to_string(dir.path().join(format!("site/{language}/hidden.html")));
        let hidden = hidden.expect("a page");
        let results = files(dir.path()).into_iter().filter(|(name, _)| name.starts_with("data/results/"));
        let results: String = results.map(|(_, bytes)| String::from_utf8(bytes).expect("UTF-8")).collect();
        for labels in [["G0"; 2], ["G1"; 2], ["G2"; 2], ["G3"; 2], ["G4"; 2], ["G5"; 2], ["Other", "Anders"]]
        {
            if !labels.iter().any(|label| listed.contains(*label)) {
                for said in [&text, &hidden, &results] {
                    assert!(!labels.iter().any(|label| said.contains(label)), "{labels:?} is named");
                }
            }
        }
        // A total beside a visibility would say how many were detected.
        assert!(!hidden.contains("76,543") && !hidden.contains("76.543"), "a total without a group");
        assert!(
            ![&text, &hidden, &results].iter().any(|said| said.contains("77,777") || said.contains("77777"))
        );
        listed
    };
    let found = page("en");
    assert_eq!(found.len(), page("nl").len());
    let path = dir.path().join("data/results/visibility.csv");
    let in_file: BTreeSet<String> = if path.is_file() {
        read::csv_rows(&path).1.into_iter().map(|row| row[2].clone()).collect()
    } else {
        BTreeSet::new()
    };
    assert_eq!(in_file, found, "the file has the groups of the page");
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn small_groups_are_not_on_the_page_nor_to_be_found_by_subtraction(
        detected in proptest::collection::vec(prop_oneof![2 => 1..5u64, 3 => 5..40u64], 2..8),
    ) {
        let settings = settings();
        let threshold = settings.disclosure.threshold;
        let shown = if detected.iter().sum::<u64>() < threshold {
            BTreeSet::new()
        } else {
            groups_on_page(&with_groups(&settings, &detected))
        };
        let (out, left): (Vec<usize>, Vec<usize>) =
            (0..detected.len()).partition(|i| shown.contains(&format!("G{i}")));
        prop_assert!(out.iter().all(|&i| detected[i] >= threshold), "{detected:?}: {shown:?}");
        if detected.iter().all(|&n| n >= threshold) {
            prop_assert!(left.is_empty(), "{detected:?}: {shown:?}");
        } else if !out.is_empty() {
            // What is left out is known as a sum: a small group in it can be from 1 to all that
            // the others leave, and that must be as wide as the tables make it.
            let sum: u64 = left.iter().map(|&i| detected[i]).sum();
            prop_assert!(left.len() >= 2, "{detected:?}: {shown:?}");
            prop_assert!(sum - (left.len() as u64 - 1) >= threshold, "{detected:?}: {shown:?}");
        }
    }
}

/// A category with a higher threshold has it among the groups of an estimate too.
#[test]
fn a_group_below_its_own_threshold_is_not_shown() {
    let settings = settings();
    let shown = |code: &str| {
        let mut own = settings.clone();
        own.disclosure.strict =
            vec![model::Strict { dimension: "sex".into(), code: code.into(), threshold: 30 }];
        let release = with_groups(&settings, &[25, 25, 60, 80]);
        groups_on_page(&Release { settings: &own, ..release })
    };
    // One more, so that the one cannot be found by subtraction.
    assert_eq!(shown("G1"), ["G2", "G3"].map(str::to_owned).into());
    assert_eq!(shown("G2").len(), 4);
}

#[test]
fn a_group_whose_count_a_table_hides_is_not_shown() {
    let mut settings = settings();
    settings.estimate[0].years = Some((2018, 2018));
    let groups = [("F", 40), ("M", 50), ("X", 60), ("_U", 70)];
    let groups = groups.map(|(code, n)| (BTreeMap::from([("sex".to_owned(), code.to_owned())]), n));
    let mut release = with_codes(&settings, &groups);
    // Over more years persons are not the sum of the years: the table says nothing of them.
    let mut over_more = release.clone();
    over_more.estimates[0].settings.years = Some((2018, 2019));
    common::protect_as(&mut release, release_of(&settings, &cubes()));
    common::protect_as(&mut over_more, release_of(&settings, &cubes()));
    let by_sex = release.cubes.iter().find(|c| c.cube.id() == "by_sex").expect("the table");
    let hides = |code: u32| by_sex.cube.cell(&[0, code]).is_some_and(read::is_hidden);
    assert!(hides(3), "two persons");
    let shown = groups_on_page(&release);
    for (code, label) in [(1, "Female"), (2, "Male"), (3, "Other")] {
        assert!(!(hides(code) && shown.contains(label)), "{label}: {shown:?}");
    }
    assert!(!shown.is_empty());
    assert_eq!(groups_on_page(&over_more).len(), 4);
}

/// The rows of a file of results, without the name of the estimate.
fn results(dir: &Path, name: &str) -> Vec<Vec<String>> {
    let path = dir.join(format!("data/results/{name}.csv"));
    let rows = if path.is_file() { read::csv_rows(&path).1 } else { Vec::new() };
    rows.into_iter().map(|row| row[1..].to_vec()).collect()
}

#[test]
fn a_comparison_with_a_group_that_is_not_shown_is_not_published() {
    let settings = settings();
    let released = |detected: &[u64]| common::written(&with_groups(&settings, detected));
    let all = released(&[40, 50, 60]);
    assert_eq!(results(all.path(), "ranks").len(), 9);
    assert_eq!(results(all.path(), "contrasts").len(), 3);
    assert_eq!(results(all.path(), "margins").len(), 4);
    let text = |dir: &tempfile::TempDir, page: &str| {
        fs::read_to_string(dir.path().join(format!("site/en/{page}.html"))).expect("a page")
    };
    let heads = ["How probable each rank is", "Two groups compared", "Totals that add up"];
    assert!(heads.iter().all(|head| text(&all, "visibility").contains(head)));
    assert!(text(&all, "hidden").contains("If a group had not been there"));
    // G0 is small, and G1 keeps it from being found by subtraction.
    let some = released(&[3, 50, 60, 70]);
    assert!(results(some.path(), "ranks").is_empty(), "a rank is one among all");
    let pairs = results(some.path(), "contrasts");
    assert_eq!(pairs.iter().map(|row| (&*row[0], &*row[1])).collect::<Vec<_>>(), [("sex=G2", "sex=G3")]);
    let margins: Vec<String> =
        results(some.path(), "margins").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(margins, ["", "sex=G2", "sex=G3"]);
    assert!(!text(&some, "visibility").contains(heads[0]));
}

#[test]
fn a_sum_over_groups_of_which_one_is_not_shown_is_not_published() {
    let mut settings = settings();
    settings.estimate[0].by = vec!["sex".into(), "form".into()];
    let group = |sex: &str, form: &str, n| {
        let codes = [("sex", sex), ("form", form)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        (BTreeMap::from(codes), n)
    };
    let groups = [
        group("F", "A", 3),
        group("F", "B", 60),
        group("M", "A", 40),
        group("M", "B", 70),
        group("M", "C", 80),
    ];
    let release = with_codes(&settings, &groups);
    let dir = common::written(&release);
    // (F, A) is small, (M, A) protects it: of sums only that over C is of groups that are all shown.
    let margins: Vec<String> = results(dir.path(), "margins").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(margins, ["", "form=B", "form=C"]);
    let page = html::parse(&fs::read_to_string(dir.path().join("site/en/visibility.html")).expect("a page"));
    let tables = html::tables(&page);
    let table = tables.iter().find(|t| t.caption == "Totals that add up").expect("the table");
    let names: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    // A group, then what adds up, then the whole.
    assert_eq!(names.len(), 3 + 2 + 1, "{names:?}");
    assert_eq!(names.last(), Some(&"Total"));
    // Over all years no table says how many there are, so a total would be news; of the whole it is not.
    for row in &table.rows[..5] {
        assert_eq!((row[1].as_str(), row[2].as_str(), row[3].as_str()), ("no figure", "no figure", "50%"));
    }
    assert_eq!(table.rows[5][1], "89,000");
}

#[test]
fn a_group_is_not_shown_when_a_table_hides_what_groups_like_it_add_up_to() {
    let mut settings = settings();
    settings.estimate[0].years = Some((2018, 2018));
    settings.estimate[0].by = vec!["sex".into(), "place".into()];
    let group = |sex: &str, place: &str, n| {
        let codes = [("sex", sex), ("place", place)].map(|(k, v)| (k.to_owned(), v.to_owned()));
        (BTreeMap::from(codes), n)
    };
    let sexes = ["F", "M", "X", "_U"];
    let groups: Vec<_> = sexes.iter().flat_map(|sex| ["N", "S"].map(|place| group(sex, place, 50))).collect();
    let mut release = with_codes(&settings, &groups);
    common::protect_as(&mut release, release_of(&settings, &cubes()));
    let by_sex = release.cubes.iter().find(|c| c.cube.id() == "by_sex").expect("the table");
    let hidden: Vec<&str> = (1..=4)
        .filter(|code| by_sex.cube.cell(&[0, *code]).is_some_and(read::is_hidden))
        .map(|code| sexes[code as usize - 1])
        .collect();
    assert!(!hidden.is_empty() && hidden.len() < 4, "{hidden:?}");
    let dir = common::written(&release);
    let shown: BTreeSet<String> =
        results(dir.path(), "visibility").into_iter().map(|row| row[0].clone()).collect();
    assert!(!shown.is_empty());
    for sex in hidden {
        assert!(!shown.iter().any(|group| group.contains(&format!("sex={sex}"))), "{sex}: {shown:?}");
    }
}

/// A release whose only estimate has a covariate with so many persons of each value, and `unknown` others.
fn with_covariate<'s>(settings: &'s Settings, known: &[u64], unknown: u64) -> Release<'s> {
    let mut out = with_codes(settings, &[]);
    let detected = known.iter().sum::<u64>() + unknown;
    let group = |(i, n): (usize, &u64)| ClassEstimate {
        codes: BTreeMap::from([("sex".to_owned(), format!("G{i}"))]),
        detected_known: *n as f64,
        detected: *n as f64,
        hidden: *n as f64,
        total: 2.0 * *n as f64,
        interval: Some((1.5 * *n as f64, 3.0 * *n as f64)),
        visibility: Some(0.5),
    };
    let robust = |total: Option<f64>| DoublyRobust {
        lists: ["A", "B"].map(String::from),
        total,
        interval: None,
        level: 0.95,
        refused: total.is_none().then(|| "7 of the persons are in both lists; it needs at least 10".into()),
        diagnostics: BTreeMap::new(),
        spread: None,
    };
    out.estimates[0].estimation.detected = detected;
    out.estimates[0].covariates = Some(CovariateEstimation {
        columns: vec!["sex".into()],
        detected,
        loglinear: CovariateLogLinear {
            total: Some(2.0 * detected as f64),
            interval: None,
            level: 0.95,
            model: "A B sex A:sex".into(),
            refused: None,
            groups: known.iter().enumerate().map(group).collect(),
            classes: Vec::new(),
            diagnostics: BTreeMap::new(),
            spread: None,
        },
        doubly_robust: vec![robust(Some(999.0)), robust(None)],
    });
    out
}

fn hidden_page(release: &Release<'_>) -> String {
    let dir = common::written(release);
    fs::read_to_string(dir.path().join("site/en/hidden.html")).expect("a page")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn small_values_of_a_covariate_are_not_on_the_page_nor_to_be_found_by_subtraction(
        known in proptest::collection::vec(prop_oneof![2 => 1..5u64, 3 => 5..40u64], 2..6),
        unknown in prop_oneof![Just(0), 1..5u64, 5..40u64],
    ) {
        let settings = settings();
        let threshold = settings.disclosure.threshold;
        let text = hidden_page(&with_covariate(&settings, &known, unknown));
        let shown = |i: usize| text.contains(&format!("G{i}"));
        let mut left: Vec<u64> = (0..known.len()).filter(|&i| !shown(i)).map(|i| known[i]).collect();
        let all_known_shown = left.is_empty();
        left.extend((unknown > 0).then_some(unknown));
        prop_assert!((0..known.len()).all(|i| !shown(i) || known[i] >= threshold), "{known:?}");
        if left.iter().all(|n| *n >= threshold) {
            prop_assert!(all_known_shown, "{known:?} {unknown}");
        } else if (0..known.len()).any(shown) {
            prop_assert!(left.len() >= 2, "{known:?} {unknown}");
            prop_assert!(left.iter().sum::<u64>() - (left.len() as u64 - 1) >= threshold, "{known:?} {unknown}");
        }
    }
}

#[test]
fn an_estimate_with_covariates_says_no_count_of_few_and_nothing_beside_a_group_that_is_not_shown() {
    let settings = settings();
    let mut release = with_covariate(&settings, &[50, 60], 0);
    let text = hidden_page(&release);
    assert!(text.contains("Using what is known of persons") && text.contains("G1") && text.contains("999"));
    assert!(!text.contains("7 of the persons"), "an exact count of few");
    let beside = with_groups(&settings, &[3, 50, 57]);
    release.estimates[0].estimation.groups = beside.estimates[0].estimation.groups.clone();
    for group in &mut release.estimates[0].estimation.groups {
        group.codes.insert("form".into(), "A".into());
        group.codes.remove("sex");
    }
    let text = hidden_page(&release);
    assert!(text.contains("Using what is known of persons") && !text.contains("G1"));
}

/// Nothing of an estimate is in the results: only what pages of other things show.
fn no_results(dir: &Path) {
    let names: Vec<String> = files(dir).into_keys().filter(|n| n.starts_with("data/results/")).collect();
    assert_eq!(names, ["data/results/shown.csv"]);
    let shown = fs::read_to_string(dir.join("data/results/shown.csv")).expect("a file");
    assert!(!shown.contains("\nhidden,") && !shown.contains("\nvisibility,"), "{shown}");
}

#[test]
fn an_estimate_of_too_few_says_nothing_of_them() {
    let settings = settings();
    let release = with_groups(&settings, &[1, 3]);
    let dir = common::written(&release);
    for page in ["index", "hidden", "visibility"] {
        let text = fs::read_to_string(dir.path().join(format!("site/en/{page}.html"))).expect("a page");
        let page = html::parse(&text);
        assert!(page.words().contains("Too few persons were detected to publish this estimate."));
        assert!(!text.contains("chart-0") && !text.contains("independent lists"));
    }
    no_results(dir.path());
}

#[test]
fn an_estimate_of_persons_whose_number_a_table_hides_says_nothing_of_them() {
    let mut settings = settings();
    settings.estimate[0].years = Some((2018, 2018));
    let mut few = cubes().remove(1);
    for code in 0..4 {
        few.cells.insert(vec![0, code], Value::Count(if code < 2 { 4 } else { 0 }));
    }
    let mut release = with_groups(&settings, &[40, 50]);
    common::protect_as(&mut release, release_of(&settings, &[few]));
    assert!(release.cubes[0].cube.cell(&[0, 0]).is_some_and(read::is_hidden), "the total of 2018");
    let dir = common::written(&release);
    for page in ["index", "hidden", "visibility"] {
        let text = fs::read_to_string(dir.path().join(format!("site/en/{page}.html"))).expect("a page");
        assert!(!text.contains("independent lists"), "{page}");
    }
    no_results(dir.path());
}

#[test]
fn the_number_of_rows_of_persons_is_nowhere() {
    let mut settings = settings();
    let column = |column: &str| DateColumn { column: column.into(), format: "%Y-%m-%d".into() };
    settings.source[0].reports = Some(ReportColumns {
        register: "police".into(),
        label: Label::same("Police"),
        record: "record".into(),
        identifiers: std::collections::BTreeMap::new(),
        person: None,
        date: column("date"),
        birth_date: None,
        age: None,
        columns: BTreeMap::new(),
    });
    let mut release = release_of(&settings, &cubes());
    release.sources[0].rows = RowCount { rows_in: 765_432, rows_used: 765_321, rows_quarantined: 111 };
    release.sources[0].input.as_mut().expect("an input").bytes = 87_654_321;
    let dir = common::written(&release);
    for (name, bytes) in files(dir.path()) {
        let text = String::from_utf8_lossy(&bytes);
        for number in ["765432", "765321", "87654321"] {
            for mark in ["", ",", "."] {
                let (head, tail) = number.split_at(number.len() - 3);
                assert!(!text.contains(&format!("{head}{mark}{tail}")), "{name}: {number}");
            }
        }
    }
    // Of a table of figures everybody may know it.
    let sources = fs::read_to_string(dir.path().join("site/en/sources.html")).expect("a page");
    assert!(sources.contains("100 read, 98 used, 2 set aside"));
}

// --- The place of the release --------------------------------------------------------------------

/// A folder for a release, and the names of what lies beside it.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Place { dir: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("release")
    }

    fn beside(&self) -> PathBuf {
        self.dir.path().join(".release.new")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// A release that is quickly written, of this edition.
fn edition(settings: &mut Settings, edition: &str) {
    edition.clone_into(&mut settings.monitor.edition);
}

#[track_caller]
fn refused(release: &Release<'_>, path: &Path, why: &str) {
    let error = write(release, path).expect_err("refused");
    assert!(matches!(error, Error::Place { .. }), "{error}");
    assert!(error.to_string().contains(why), "{error}");
    assert!(!error.help().is_empty());
}

#[test]
fn a_folder_with_other_files_is_refused() {
    let settings = settings();
    let release = release_of(&settings, &[]);
    for (name, also) in [
        ("thesis.txt", None),
        (".git/config", None),
        // Many kinds of folder hold a file of that name.
        ("src/main.rs", Some("manifest.json")),
        ("site/index.html", None),
    ] {
        let place = Place::new();
        for name in [Some(name), also].into_iter().flatten() {
            let file = place.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, "years of work").expect("written");
        }
        let before = files(&place.path());
        refused(&release, &place.path(), "it holds files that are not a release");
        assert_eq!(files(&place.path()), before, "{name}");
        assert_eq!(place.names(), ["release"], "{name}");
    }
}

#[test]
fn an_empty_folder_and_an_earlier_release_are_replaced() {
    let mut settings = settings();
    let place = Place::new();
    fs::create_dir(place.path()).expect("a folder");
    write(&release_of(&settings, &cubes()), &place.path()).expect("written");
    let old = files(&place.path());
    // A file manager looked into it.
    fs::write(place.path().join(".DS_Store"), "icons").expect("written");
    edition(&mut settings, "2027");
    let written = write(&release_of(&settings, &[]), &place.path()).expect("written");
    let new = files(&place.path());
    assert_eq!(new.len(), written.files);
    assert!(old.len() > new.len(), "nothing of the old one is left");
    assert!(String::from_utf8_lossy(&new["manifest.json"]).contains("2027"));
    assert_eq!(place.names(), ["release"]);
}

#[test]
fn a_file_at_the_place_is_refused() {
    let settings = settings();
    let release = release_of(&settings, &[]);
    let place = Place::new();
    fs::write(place.path(), "years of work").expect("written");
    refused(&release, &place.path(), "there is a file");
    assert_eq!(fs::read(place.path()).expect("the file"), b"years of work");
    assert_eq!(place.names(), ["release"]);
    refused(&release, Path::new("/"), "it does not end in a name");
    refused(&release, Path::new(".."), "it does not end in a name");
}

#[test]
fn a_file_where_the_folder_should_be_below_is_an_error_that_names_it() {
    let settings = settings();
    let place = Place::new();
    fs::write(place.path(), "a file").expect("written");
    let error = write(&release_of(&settings, &[]), &place.path().join("below")).expect_err("refused");
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(error.to_string().contains(&place.path().display().to_string()), "{error}");
    assert_eq!(place.names(), ["release"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_stays_a_link() {
    let mut settings = settings();
    let place = Place::new();
    let real = place.dir.path().join("elsewhere/2026");
    fs::create_dir_all(&real).expect("a folder");
    std::os::unix::fs::symlink(&real, place.path()).expect("a link");
    for year in ["2026", "2027"] {
        edition(&mut settings, year);
        write(&release_of(&settings, &[]), &place.path()).expect("written");
        assert!(place.path().is_symlink());
        assert!(!real.is_symlink());
        assert!(String::from_utf8_lossy(&files(&real)["manifest.json"]).contains(year));
    }
    assert_eq!(place.names(), ["elsewhere", "release"]);
    assert_eq!(fs::read_dir(place.dir.path().join("elsewhere")).expect("a folder").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_with_the_name_of_the_folder_beside_is_not_emptied() {
    let settings = settings();
    let place = Place::new();
    let other = place.dir.path().join("other");
    fs::create_dir(&other).expect("a folder");
    fs::write(other.join("thesis.txt"), "years of work").expect("written");
    std::os::unix::fs::symlink(&other, place.beside()).expect("a link");
    refused(&release_of(&settings, &[]), &place.path(), "something else has the name");
    assert_eq!(fs::read(other.join("thesis.txt")).expect("the file"), b"years of work");
    assert_eq!(place.names(), [".release.new", "other"]);
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let settings = settings();
    let place = Place::new();
    fs::create_dir_all(place.beside().join("data/old")).expect("a folder");
    fs::write(place.beside().join("data/old/old.csv"), "left").expect("written");
    fs::write(place.beside().join("left.txt"), "left").expect("written");
    let written = write(&release_of(&settings, &[]), &place.path()).expect("written");
    let there = files(&place.path());
    assert_eq!(there.len(), written.files);
    assert!(there.keys().all(|name| !name.contains("left") && !name.contains("old")));
    assert_eq!(place.names(), ["release"]);
}

/// A table that passes every check and fails in the writing: a column's name is longer than a
/// workbook can hold.
fn fails_late() -> Cube {
    let mut out = cubes().remove(1);
    (out.id, out.universe) = ("late".into(), "late".into());
    out.dimensions[1].id = "x".repeat(40_000);
    out
}

/// A count of 3 among 53, where another table, published whole, has the other 50.
fn given_away(settings: &model::Settings) -> (Vec<ReleasedCube>, disclosure::Protection) {
    let sex = |codes: &[(&str, &str, &str)]| dimension("sex", ("Sex", "Geslacht"), Role::Breakdown, codes);
    let (total, female) = ((TOTAL, "Total", "Totaal"), ("F", "Female", "Vrouw"));
    let all = sex(&[total, ("M", "Male", "Man"), female]);
    let some = sex(&[total, female]);
    let hidden =
        common::cube("by_sex", Label::same("by sex"), vec![all], &[(&[0], 53), (&[1], 3), (&[2], 50)]);
    let waived = common::cube("by_publisher", Label::same("whole"), vec![some], &[(&[0], 53), (&[1], 50)]);
    common::protected(settings, &[hidden, waived], |_| None)
}

#[test]
fn a_failed_write_leaves_the_old_release_whole() {
    let settings = settings();
    let place = Place::new();
    write(&release(&settings), &place.path()).expect("written");
    let old = files(&place.path());

    let good = release_of(&settings, &cubes());
    let mut twice = good.clone();
    twice.cubes.push(good.cubes[0].clone());
    let mut late = good.clone();
    let with = |cube: Cube| common::protected(&settings, &[cubes(), vec![cube]].concat(), |_| None);
    let (released, protection) = with(fails_late());
    (late.cubes, late.certificate) = (released, protection.certificate);
    let mut named = good.clone();
    let mut bad_name = cubes().remove(0);
    bad_name.id = "../by_form".into();
    let (released, protection) = with(bad_name);
    (named.cubes, named.certificate) = (released, protection.certificate);

    // A waived table gives away what another hides.
    let mut exposed = good.clone();
    let (released, protection) = given_away(&settings);
    (exposed.cubes, exposed.certificate) = (released, protection.certificate);
    // Protected, but not with the others.
    let mut apart = good.clone();
    apart.cubes.extend(common::protected(&settings, &[fails_late()], |_| None).0);

    for (release, said) in [
        (&exposed, "1 hidden cells can be worked out"),
        (&apart, "table \"late\" is not covered by the certificate of protection"),
        (&twice, "two tables have the identifier \"by_form\""),
        (&late, "table \"late\" cannot be written as XLSX"),
        (&named, "\"../by_form\" cannot be the identifier of a table"),
    ] {
        let error = write(release, &place.path()).expect_err("it cannot be written");
        assert!(error.to_string().starts_with(said), "{error}");
        assert!(!error.help().is_empty());
        assert_eq!(files(&place.path()), old, "{said}");
        assert_eq!(place.names(), ["release"], "{said}");
    }
    // Nor is there half a release where none was.
    let elsewhere = Place::new();
    write(&late, &elsewhere.path()).expect_err("it cannot be written");
    assert_eq!(elsewhere.names(), Vec::<String>::new());
}

#[test]
fn of_two_writers_at_once_one_is_refused() {
    let settings = settings();
    let release = release_of(&settings, &[]);
    let place = Place::new();
    write(&release, &place.path()).expect("written");
    let old = files(&place.path());
    // What another writer does: it makes the folder beside and holds it.
    fs::create_dir(place.beside()).expect("a folder");
    fs::write(place.beside().join("half.csv"), "a,b").expect("written");
    let held = File::open(place.beside()).expect("a folder");
    held.lock().expect("a lock");
    refused(&release, &place.path(), "another run is writing it at this moment");
    assert_eq!(files(&place.path()), old);
    assert_eq!(fs::read(place.beside().join("half.csv")).expect("untouched"), b"a,b");
    drop(held);
    write(&release, &place.path()).expect("the other is done");
    assert_eq!(place.names(), ["release"]);
}

#[test]
fn many_writers_leave_one_whole_release() {
    let settings = settings();
    let release = release_of(&settings, &[common::by_region()]);
    let place = Place::new();
    let wanted = files(common::written(&release).path());
    let path = place.path();
    let (done, busy) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = (0, 0);
                    for _ in 0..25 {
                        match write(&release, &path) {
                            Ok(_) => count.0 += 1,
                            Err(Error::Place { why, .. }) if why.starts_with("another run") => count.1 += 1,
                            Err(other) => panic!("{other}"),
                        }
                    }
                    count
                })
            })
            .collect();
        let counts = writers.into_iter().map(|w| w.join().expect("a writer that ends well"));
        counts.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    });
    assert_eq!(done + busy, 100);
    assert!(done > 0);
    assert!(files(&path) == wanted, "{:?}", files(&path).keys());
    assert_eq!(place.names(), ["release"]);
}

#[cfg(unix)]
#[test]
fn a_release_can_be_read_by_all_and_written_by_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let settings = settings();
    let place = Place::new();
    for _ in 0..2 {
        // The modes while writing are tested beside the code that sets them.
        write(&release_of(&settings, &[]), &place.path()).expect("written");
        let mode = fs::metadata(place.path()).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

#[test]
fn a_table_of_reports_is_protected_as_one_of_persons_is() {
    let settings = settings();
    let bare: Vec<Cube> = cubes().into_iter().take(1).map(|c| Cube { unit: Unit::Reports, ..c }).collect();
    let release = release_of(&settings, &bare);
    let dir = common::written(&release);
    assert!(assert_hidden_everywhere(dir.path(), &release.cubes[0], &bare[0]) > 1);
}
