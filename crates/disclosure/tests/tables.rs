//! Small tables attacked and protected, checked by trying every table that fits.

use std::collections::BTreeMap;

use disclosure::{AuditOptions, ConfStatus, ObsStatus, Policy, Protection, Table, audit, protect};
use model::{Category, Cube, Dimension, Key, Label, Role, TOTAL, Unit, Value};
use proptest::prelude::*;

fn dimension(id: &str, codes: &[&str]) -> Dimension {
    let mut categories =
        vec![Category { code: TOTAL.into(), label: Label::new("Total", "Totaal"), parent: None }];
    categories.extend(codes.iter().map(|c| Category {
        code: (*c).into(),
        label: Label::same(*c),
        parent: Some(0),
    }));
    Dimension {
        id: id.into(),
        label: Label::same(id),
        role: Role::Breakdown,
        classification: None,
        categories,
    }
}

fn cube(id: &str, universe: &str, dimensions: Vec<Dimension>, cells: BTreeMap<Key, Value>) -> Cube {
    Cube {
        id: id.into(),
        title: Label::same(id),
        definition: Label::same(""),
        unit: Unit::Persons,
        universe: universe.into(),
        sources: vec!["s".into()],
        dimensions,
        cells,
    }
}

/// A table of `rows` × `columns` with its margins.
fn two_way(id: &str, names: (&str, &str), inner: &[Vec<u64>]) -> Cube {
    let (rows, columns) = (inner.len(), inner[0].len());
    let codes = |n: usize| (0..n).map(|i| ["a", "b", "c", "d", "e"][i]).collect::<Vec<_>>();
    let mut cells = BTreeMap::new();
    for r in 0..=rows {
        for c in 0..=columns {
            let sum: u64 = (0..rows)
                .filter(|&i| r == 0 || i + 1 == r)
                .flat_map(|i| (0..columns).filter(move |&j| c == 0 || j + 1 == c).map(move |j| inner[i][j]))
                .sum();
            cells.insert(vec![r as u32, c as u32], Value::Count(sum));
        }
    }
    cube(id, "u", vec![dimension(names.0, &codes(rows)), dimension(names.1, &codes(columns))], cells)
}

fn plain(cube: Cube) -> Table {
    Table::of(cube)
}

/// Whether the published margins come out.
fn fits(
    table: &BTreeMap<Key, u64>,
    inner: &[Key],
    shown: &dyn Fn(&Key) -> Option<u64>,
    rows: u32,
    columns: u32,
) -> bool {
    let sum = |r: u32, c: u32| -> u64 {
        inner.iter().filter(|k| (r == 0 || k[0] == r) && (c == 0 || k[1] == c)).map(|k| table[k]).sum()
    };
    (0..=rows).all(|r| {
        (0..=columns).all(|c| {
            let margin = r == 0 || c == 0;
            !margin || shown(&vec![r, c]).map_or_else(|| sum(r, c) >= 1, |n| n == sum(r, c))
        })
    })
}

/// Tries every value of inner cell `i` and of those after it.
#[allow(clippy::too_many_arguments)]
fn go(
    i: usize,
    inner: &[Key],
    table: &mut BTreeMap<Key, u64>,
    shown: &dyn Fn(&Key) -> Option<u64>,
    rows: u32,
    columns: u32,
    most: u64,
    at: &Key,
    enough: u64,
    out: &mut std::collections::BTreeSet<u64>,
) {
    if out.last().unwrap_or(&0) - out.first().unwrap_or(&0) >= enough {
        return;
    }
    if i == inner.len() {
        if fits(table, inner, shown, rows, columns) {
            out.insert(table[at]);
        }
        return;
    }
    let values = shown(&inner[i]).map_or_else(|| (1..=most).collect::<Vec<_>>(), |n| vec![n]);
    for n in values {
        table.insert(inner[i].clone(), n);
        // A published margin that is already passed cannot come out.
        let passed = (0..2).any(|d| {
            let mut margin = inner[i].clone();
            margin[d] = 0;
            let sum: u64 = table.iter().filter(|(k, _)| k[1 - d] == inner[i][1 - d]).map(|(_, n)| n).sum();
            shown(&margin).is_some_and(|m| sum > m)
        });
        if passed {
            table.remove(&inner[i]);
            continue;
        }
        go(i + 1, inner, table, shown, rows, columns, most, at, enough, out);
    }
    table.remove(&inner[i]);
}

/// All values that an inner cell can have in a two-way table, by trying: every hidden inner cell
/// takes every value up to `most`, and the published margins must come out. It stops once the
/// values lie `enough` apart.
fn possible(protection: &Protection, at: &Key, most: u64, enough: u64) -> Vec<u64> {
    let cube = &protection.cubes[0];
    let (rows, columns) =
        (cube.dimensions()[0].categories.len() as u32 - 1, cube.dimensions()[1].categories.len() as u32 - 1);
    let inner: Vec<Key> = (1..=rows).flat_map(|r| (1..=columns).map(move |c| vec![r, c])).collect();
    let shown =
        |key: &Key| cube.cell(key).filter(|c| c.obs == ObsStatus::Normal).and_then(|c| c.value.count());
    let mut table: BTreeMap<Key, u64> = BTreeMap::new();
    let mut out = std::collections::BTreeSet::new();
    go(0, &inner, &mut table, &shown, rows, columns, most, at, enough, &mut out);
    out.into_iter().collect()
}

#[test]
fn a_lone_small_cell_is_not_left_alone() {
    let table = two_way("t", ("x", "y"), &[vec![20, 50, 10], vec![8, 19, 22], vec![17, 3, 12]]);
    let done = protect(&[plain(table)], &Policy::default()).expect("protected");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    let report = &done.tables[0];
    assert_eq!(report.primary, 1);
    assert!((4..=6).contains(&report.suppressed), "{report:?}");
    let cell = done.cubes[0].cell(&[3, 2]).expect("there");
    assert_eq!(
        (cell.value, cell.conf, cell.obs),
        (Value::Missing, ConfStatus::Primary, ObsStatus::Suppressed)
    );
    assert!(possible(&done, &vec![3, 2], 30, 4).len() >= 2);
}

#[test]
fn a_cell_shared_by_two_tables_is_hidden_in_both() {
    let a = two_way("a", ("x", "y"), &[vec![30, 2], vec![40, 50]]);
    let b = two_way("b", ("x", "z"), &[vec![12, 20], vec![60, 30]]);
    let done = protect(&[plain(a), plain(b)], &Policy::default()).expect("protected");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    for x in 0..=2 {
        let (a, b) = (done.cubes[0].cell(&[x, 0]), done.cubes[1].cell(&[x, 0]));
        assert_eq!(a.map(|c| c.obs), b.map(|c| c.obs), "the margin x = {x}");
    }
}

#[test]
fn tables_that_contradict_each_other_are_refused() {
    let a = two_way("a", ("x", "y"), &[vec![30, 20], vec![40, 50]]);
    let b = two_way("b", ("x", "z"), &[vec![12, 20], vec![60, 30]]);
    let error = protect(&[plain(a), plain(b)], &Policy::default()).expect_err("140 and 122");
    assert!(error.to_string().contains("different counts"), "{error}");
}

#[test]
fn as_a_reader_knows_it_a_cube_has_no_hidden_figure() {
    // What is made of a protected cube, such as rates, is made of this.
    let table = two_way("t", ("x", "y"), &[vec![20, 50, 10], vec![8, 19, 22], vec![17, 3, 12]]);
    let done = protect(&[plain(table.clone())], &Policy::default()).expect("protected");
    let known = done.cubes[0].published();
    for (key, cell) in done.cubes[0].cells() {
        let value = if cell.obs == ObsStatus::Suppressed { Value::Missing } else { table.value(key) };
        assert_eq!(known.value(key), value, "{key:?}");
    }
    assert_eq!(known.value(&[3, 2]), Value::Missing);
}

#[test]
fn a_waived_table_is_published_whole_and_known_to_the_attacker() {
    let a = two_way("a", ("x", "y"), &[vec![3, 20], vec![40, 50]]);
    let waived = Table { waiver: Some("court cases, no persons".into()), ..Table::of(a) };
    let done = protect(&[waived], &Policy::default()).expect("protected");
    assert!(done.cubes[0].cells().all(|(_, c)| c.conf == ConfStatus::Free));
    assert_eq!(done.attack.targets, 0);
}

#[test]
fn what_cannot_be_protected_is_named_with_what_gives_it_away() {
    let sex = |codes: &[&str], cells: &[(u32, u64)]| {
        let cells = cells.iter().map(|&(c, n)| (vec![c], Value::Count(n))).collect();
        (vec![dimension("sex", codes)], cells)
    };
    let (dimensions, cells) = sex(&["M", "F"], &[(0, 53), (1, 3), (2, 50)]);
    let plain = Table::of(cube("by_sex", "u", dimensions, cells));
    let (dimensions, cells) = sex(&["F"], &[(0, 53), (1, 50)]);
    let waived =
        Table { waiver: Some("a court said so".into()), ..Table::of(cube("whole", "u", dimensions, cells)) };
    let done = protect(&[plain.clone(), waived], &Policy::default()).expect("attacked");
    assert_eq!((done.attack.exact, done.certificate.attack()), (1, Some(done.attack)));
    let said: Vec<String> = done.exposed.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["by_sex [sex=M]: what whole publishes whole gives it away"]);
    assert!(done.unprotected().ends_with("gives it away"));

    let alone = protect(&[plain], &Policy::default()).expect("protected");
    assert_eq!((alone.attack.exact, alone.exposed.len()), (0, 0));
    assert!(alone.certificate.covers(&alone.cubes[0]));
    // A table of the same name from another protection is not the one that was attacked.
    assert!(!alone.certificate.covers(&done.cubes[0]));
}

#[test]
fn the_audit_tells_the_hidden_cell_and_the_equation() {
    // GLOTIP, the Netherlands: forced labour, 18 years and over, 2018.
    let cells = [
        (vec![0], Value::Count(114)),
        (vec![1], Value::Count(29)),
        (vec![2], Value::Count(81)),
        (vec![3], Value::Between(0, 4)),
    ];
    let table = cube("glotip", "u", vec![dimension("sex", &["F", "M", "_U"])], cells.into());
    let found = audit(&[table], &AuditOptions::default()).expect("audited");
    assert_eq!((found.exact, found.findings.len()), (1, 1));
    let f = &found.findings[0];
    assert_eq!((f.lower, f.upper, f.exact), (4, Some(4), true));
    assert!(f.because[0].contains("114 = 29 + 81 + this cell"), "{:?}", f.because);
    assert!(f.repair[0].contains("29"), "{:?}", f.repair);
    let json = serde_json::to_value(f).expect("JSON");
    assert_eq!(json["cell"]["sex"], "_U");
}

#[test]
fn a_cell_that_only_two_equations_together_give_away_is_found() {
    // Rows and columns each have two hidden cells, but all tables together leave one solution:
    // a + b = 3, c + d = 7, a + c = 2, all at least 1.
    let mut table = two_way("t", ("x", "y"), &[vec![1, 2], vec![1, 6]]);
    for key in [[1, 1], [1, 2], [2, 1], [2, 2]] {
        table.cells.insert(key.to_vec(), Value::Between(1, 9));
    }
    let options = AuditOptions { open_small: false, ..AuditOptions::default() };
    let found = audit(&[table], &options).expect("audited");
    assert_eq!(found.exact, 4, "{found:?}");
}

#[test]
fn who_is_counted_himself_learns_more() {
    // Two hidden cells of 3 together: an outsider knows 0 to 3 of each, who is in the first 0 to 2 of the other.
    let cells = [
        (vec![0], Value::Count(20)),
        (vec![1], Value::Count(17)),
        (vec![2], Value::Between(0, 4)),
        (vec![3], Value::Between(0, 4)),
    ];
    let table = cube("t", "u", vec![dimension("sex", &["F", "M", "X"])], cells.into());
    let options = AuditOptions { protection: 3, ..AuditOptions::default() };
    let outsider = audit(std::slice::from_ref(&table), &options).expect("audited");
    assert_eq!((outsider.findings.len(), outsider.risk.to_bits()), (0, 0), "{outsider:?}");
    let own = vec![("sex".to_owned(), "M".to_owned())];
    let insider =
        audit(std::slice::from_ref(&table), &AuditOptions { own, ..options.clone() }).expect("audited");
    let bounds: Vec<(u64, Option<u64>, f64)> =
        insider.findings.iter().map(|f| (f.lower, f.upper, f.risk)).collect();
    assert_eq!(bounds, [(0, Some(2), 1.0 / 3.0), (1, Some(3), 1.0 / 3.0)]);
    assert!((insider.risk - 1.0 / 3.0).abs() < 1e-12);
    for (own, said) in [("height", "no table has the dimension"), ("sex", "its codes are _T, F, M, X")] {
        let own = vec![(own.to_owned(), "W".to_owned())];
        let error = audit(std::slice::from_ref(&table), &AuditOptions { own, ..options.clone() })
            .expect_err("no such");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn the_worst_findings_come_first() {
    let row = |n: [u64; 3], last: (u64, u64)| {
        [Value::Count(n.iter().sum()), Value::Count(n[0]), Value::Count(n[1]), Value::Between(last.0, last.1)]
    };
    let rows = [row([30, 20, 4], (0, 4)), row([60, 10, 1], (0, 4)), row([7, 9, 0], (0, 9))];
    let cells = rows
        .iter()
        .enumerate()
        .flat_map(|(r, row)| row.iter().enumerate().map(move |(c, v)| (vec![r as u32 + 1, c as u32], *v)));
    let dimensions = vec![dimension("x", &["a", "b", "c"]), dimension("y", &["p", "q", "r"])];
    let table = cube("t", "u", dimensions, cells.collect());
    let options = AuditOptions { open_small: false, ..AuditOptions::default() };
    let found = audit(&[table], &options).expect("audited");
    let learned: Vec<(u64, f64)> = found.findings.iter().map(|f| (f.lower, f.risk)).collect();
    assert_eq!(learned, [(0, 1.0), (1, 1.0), (4, 1.0)]);
    assert!((found.risk - 1.0).abs() < 1e-12);
}

#[test]
fn tables_that_do_not_add_up_are_attacked_all_the_same() {
    let mut table = two_way("t", ("x", "y"), &[vec![1, 20], vec![30, 60]]);
    table.cells.insert(vec![0, 0], Value::Count(1000));
    let found = audit(&[table], &AuditOptions::default()).expect("audited");
    assert!(!found.inconsistencies.is_empty());
}

#[test]
fn two_published_tables_give_away_what_each_hides() {
    // The rows of one table hide a count, the columns of another have the margin.
    let mut a = two_way("a", ("x", "y"), &[vec![3, 20], vec![40, 50]]);
    a.cells.insert(vec![1, 1], Value::Between(1, 4));
    for key in [[1, 0], [0, 1], [0, 0]] {
        a.cells.insert(key.to_vec(), Value::Between(1, 999));
    }
    let mut b = two_way("b", ("x", "z"), &[vec![11, 12], vec![60, 30]]);
    b.cells.retain(|key, _| key[1] == 0);
    let options = AuditOptions { open_small: false, ..AuditOptions::default() };
    let alone = audit(std::slice::from_ref(&a), &options).expect("audited");
    assert!(alone.findings.iter().all(|f| f.cell != [("x".into(), "a".into()), ("y".into(), "a".into())]));
    let both = audit(&[a, b], &options).expect("audited");
    assert!(both.findings.iter().any(|f| f.exact && f.lower == 3), "{both:?}");
}

#[test]
fn tables_that_count_different_things_are_not_combined() {
    let a = two_way("a", ("x", "y"), &[vec![30, 20], vec![40, 50]]);
    let b = two_way("b", ("x", "y"), &[vec![12, 20], vec![60, 3]]);
    let found =
        audit(&[a, b], &AuditOptions { threshold: Some(5), ..AuditOptions::default() }).expect("audited");
    assert_eq!(
        found.inconsistencies,
        ["a and b give different figures for what should be one; they are not combined"]
    );
    assert_eq!(found.findings.len(), 1, "the 3 that b publishes");
}

fn over(id: &str, unit: Unit, periods: &[(&str, u64)]) -> Cube {
    let time = Dimension {
        id: id.into(),
        label: Label::same(id),
        role: Role::Time,
        classification: None,
        categories: periods
            .iter()
            .map(|(p, _)| Category { code: (*p).into(), label: Label::same(*p), parent: None })
            .collect(),
    };
    let form = dimension("form", &["a", "b"]);
    let mut cells = BTreeMap::new();
    for (i, (_, n)) in periods.iter().enumerate() {
        let i = i as u32;
        cells.insert(vec![i, 0], Value::Count(n + 100));
        cells.insert(vec![i, 1], Value::Count(*n));
        cells.insert(vec![i, 2], Value::Count(100));
    }
    Cube { unit, ..cube(id, "u", vec![time, form], cells) }
}

#[test]
fn quarters_and_years_are_protected_together() {
    // Three quarters of form a are large and one is small: less them, the year gives it away.
    let quarters = [("2019-Q1", 20), ("2019-Q2", 30), ("2019-Q3", 25), ("2019-Q4", 3)];
    let quarter = over("quarter", Unit::Reports, &quarters);
    let mut year = over("year", Unit::Reports, &[("2019", 78)]);
    year.cells.insert(vec![0, 2], Value::Count(400));
    year.cells.insert(vec![0, 0], Value::Count(478));
    let done = protect(&[plain(quarter), plain(year)], &Policy::default()).expect("protected");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
    let shown = |c: usize, key: [u32; 2]| done.cubes[c].cell(&key).expect("there").value.count();
    let known: Vec<Option<u64>> = (0..4).map(|q| shown(0, [q, 1])).collect();
    assert_eq!(known[3], None);
    assert!(shown(1, [0, 1]).is_none() || known[..3].iter().any(Option::is_none), "{known:?}");
}

#[test]
fn persons_of_a_year_bound_those_of_its_quarters() {
    // Nobody in three quarters: the year then tells the fourth.
    let quarters = [("2019-Q1", 0), ("2019-Q2", 0), ("2019-Q3", 0), ("2019-Q4", 3)];
    let quarter = over("quarter", Unit::Persons, &quarters);
    let mut year = over("year", Unit::Persons, &[("2019", 3)]);
    // Persons do not add up: 250 different persons in four quarters of 100.
    year.cells.insert(vec![0, 2], Value::Count(250));
    year.cells.insert(vec![0, 0], Value::Count(253));
    for (key, value) in quarter.cells.iter().filter(|(k, _)| k[1] == 1 && k[0] == 3) {
        assert_eq!((key[0], *value), (3, Value::Count(3)));
    }
    let mut published = year.clone();
    let mut hidden = quarter.clone();
    hidden.cells.insert(vec![3, 1], Value::Between(1, 4));
    hidden.cells.insert(vec![3, 0], Value::Between(1, 999));
    published.cells.insert(vec![0, 0], Value::Between(1, 999));
    let options = AuditOptions { open_small: false, ..AuditOptions::default() };
    let found = audit(&[hidden, published], &options).expect("audited");
    assert!(found.findings.iter().any(|f| f.exact && f.lower == 3), "{found:?}");
    let done = protect(&[plain(quarter), plain(year)], &Policy::default()).expect("protected");
    assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
}

#[test]
fn a_cyclic_hierarchy_is_refused() {
    let mut table = two_way("t", ("x", "y"), &[vec![10, 20], vec![30, 60]]);
    table.dimensions[0].categories[1].parent = Some(2);
    table.dimensions[0].categories[2].parent = Some(1);
    assert!(audit(std::slice::from_ref(&table), &AuditOptions::default()).is_err());
    assert!(protect(&[plain(table)], &Policy::default()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_small_count_can_be_worked_out_by_trying(inner in prop::collection::vec(prop::collection::vec(0_u64..9, 3), 2)) {
        let done = protect(&[plain(two_way("t", ("x", "y"), &inner))], &Policy { threshold: 3, protection: 2, ..Policy::default() }).expect("protected");
        prop_assert_eq!(done.tables[0].cells, (inner.len() + 1) * 4);
        for (r, row) in inner.iter().enumerate() {
            for (c, &n) in row.iter().enumerate() {
                let key = vec![r as u32 + 1, c as u32 + 1];
                let cell = done.cubes[0].cell(&key).expect("there");
                if cell.obs == ObsStatus::Normal {
                    prop_assert_eq!(cell.value, Value::Count(n));
                    prop_assert!(n == 0 || n >= 3);
                } else {
                    prop_assert_eq!(cell.value, Value::Missing);
                }
                if n > 0 && n < 3 && done.attack.exact + done.attack.narrow == 0 {
                    let values = possible(&done, &key, 12, 2);
                    prop_assert!(values.last().unwrap_or(&0) - values.first().unwrap_or(&0) >= 2, "{} at {:?}: {:?}", n, key, values);
                }
            }
        }
        // Larger tables always leave a way; in one without any other count there may be none.
        if inner.iter().flatten().filter(|n| **n >= 3).count() >= 4 {
            prop_assert_eq!((done.attack.exact, done.attack.narrow), (0, 0));
        }
    }

    #[test]
    fn the_result_does_not_depend_on_threads(inner in prop::collection::vec(prop::collection::vec(0_u64..30, 4), 4)) {
        let table = two_way("t", ("x", "y"), &inner);
        let with = |n| rayon_pool(n, || protect(&[plain(table.clone())], &Policy::default()).expect("protected"));
        prop_assert_eq!(with(1), with(2));
    }

    #[test]
    fn the_bounds_of_the_audit_hold_the_truth(inner in prop::collection::vec(prop::collection::vec(0_u64..12, 4), 3)) {
        let truth = two_way("t", ("x", "y"), &inner);
        let mut table = truth.clone();
        for value in table.cells.values_mut() {
            if let Value::Count(n) = *value && n < 5 {
                *value = Value::Between(0, 4);
            }
        }
        let found = audit(&[table], &AuditOptions::default()).expect("audited");
        prop_assert!(found.inconsistencies.is_empty());
        for f in &found.findings {
            let key: Key = f.cell.iter().zip(&truth.dimensions).map(|((_, code), d)| d.position(code).expect("a code")).collect();
            let n = truth.value(&key).count().expect("a count");
            prop_assert!(f.lower <= n && f.upper.is_none_or(|u| n <= u), "{:?} is {}", f, n);
        }
    }
}

fn rayon_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}
