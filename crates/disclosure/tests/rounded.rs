//! Tables of which every count was rounded, attacked.

mod support;

use std::collections::BTreeMap;

use disclosure::{Audit, AuditOptions, Rounded, RoundedTo, audit};
use model::{Cube, Key, Value};
use proptest::prelude::*;
use support::{adds_up, line};

fn options(base: u64, kind: RoundedTo) -> AuditOptions {
    AuditOptions { rounded: Some(Rounded { base, kind }), ..AuditOptions::default() }
}

/// A line of which the total is published as `total`, whatever its parts are.
fn published(id: &str, total: u64, parts: &[u64]) -> Cube {
    let mut cube = line(id, parts);
    cube.cells.insert(vec![0], Value::Count(total));
    cube
}

fn bounds(found: &Audit) -> Vec<(&str, u64, Option<u64>)> {
    found.findings.iter().map(|f| (f.cell[0].1.as_str(), f.lower, f.upper)).collect()
}

#[test]
fn a_figure_stands_for_an_interval() {
    let (nearest, either) = (RoundedTo::Nearest, RoundedTo::Either);
    let of = |base, kind, n| Rounded { base, kind }.interval(n);
    assert_eq!([of(5, nearest, 0), of(5, nearest, 10)], [(0, 2), (8, 12)]);
    // 6 lies in the middle of 4 and 8, and may be either.
    assert_eq!([of(4, nearest, 4), of(4, nearest, 8)], [(2, 6), (6, 10)]);
    assert_eq!([of(3, either, 0), of(3, either, 3)], [(0, 2), (1, 5)]);
}

#[test]
fn the_sum_of_rounded_counts_may_tell_them() {
    // Two parts of at most 7 make at most 14, and the total is at least 13.
    let table = published("t", 15, &[5, 5]);
    let found = audit(
        std::slice::from_ref(&table),
        &AuditOptions { threshold: Some(10), ..options(5, RoundedTo::Nearest) },
    )
    .expect("audited");
    assert_eq!(bounds(&found), [("form1", 6, Some(7)), ("form2", 6, Some(7))]);
    assert_eq!((found.cells_attacked, found.exact, found.narrow), (2, 0, 2));
    let f = &found.findings[0];
    assert_eq!(f.published, "5 (rounded)");
    assert_eq!(f.because, ["t, the grand total by form: 15 (13 to 17) = this cell + 5 (3 to 7)"]);
    assert_eq!(f.repair, ["round all tables together to a larger base, each figure once"]);
    // Without a threshold it is the base, and what is at least 6 is not below 5.
    let found = audit(&[table], &options(5, RoundedTo::Nearest)).expect("audited");
    assert_eq!((found.cells_attacked, found.findings.len()), (2, 0));
    // As another publisher may have rounded, the sum says nothing.
    let wide = AuditOptions { threshold: Some(10), ..options(5, RoundedTo::Either) };
    assert!(audit(&[published("t", 15, &[5, 5])], &wide).expect("audited").findings.is_empty());
}

#[test]
fn a_published_zero_may_be_a_small_count() {
    let found = audit(&[published("t", 0, &[0, 0])], &options(3, RoundedTo::Either)).expect("audited");
    assert_eq!((found.cells_attacked, found.findings.len()), (3, 0));
    // 0 + 0 = 6 leaves only 2 and 2, and a total of 4.
    let found = audit(&[published("t", 6, &[0, 0])], &options(3, RoundedTo::Either)).expect("audited");
    assert_eq!(bounds(&found), [("form1", 2, Some(2)), ("form2", 2, Some(2))]);
}

#[test]
fn what_is_rounded_twice_is_known_better() {
    // 3 is 1 to 5, and 6 is 4 to 8: together 4 or 5.
    let options = AuditOptions { threshold: Some(6), ..options(3, RoundedTo::Either) };
    let tables = [published("a", 300, &[3, 297]), published("b", 300, &[6, 297])];
    let found = audit(&tables, &options).expect("audited");
    assert_eq!(bounds(&found), [("form1", 4, Some(5))]);
    assert_eq!(found.findings[0].because, ["it is published as 3 (1 to 5) in a and as 6 (4 to 8) in b"]);
    assert!(found.inconsistencies.is_empty());
    // Rounded once, as it should be, there is nothing more to learn.
    let once = [published("a", 300, &[3, 297]), published("b", 300, &[3, 297])];
    assert!(audit(&once, &options).expect("audited").findings.is_empty());
}

#[test]
fn what_was_not_rounded_is_named_and_known() {
    let found = audit(&[published("t", 15, &[4, 10])], &options(5, RoundedTo::Either)).expect("audited");
    assert_eq!(found.inconsistencies, ["t [form=form1] is 4, no multiple of 5; it is taken as exact"]);
    assert_eq!(bounds(&found), [("form1", 4, Some(4))]);
    let many: Vec<u64> = (0..12).map(|i| 5 * i + 1).collect();
    let found = audit(&[published("t", 345, &many)], &options(5, RoundedTo::Either)).expect("audited");
    assert!(found.inconsistencies.iter().any(|s| s.starts_with("t has 2 more counts")), "{found:?}");
    for base in [0, 1, u64::MAX] {
        let error = audit(&[line("t", &[1])], &options(base, RoundedTo::Either)).expect_err("no base");
        assert!(error.to_string().contains("give the base"), "{error}");
    }
}

/// The least and greatest value of each cell of a line, by trying all true counts.
fn tried(cube: &Cube, rounded: Rounded) -> BTreeMap<Key, (u64, u64)> {
    let range = |key: &Key| rounded.interval(cube.value(key).count().expect("a count"));
    let parts: Vec<Key> = cube.cells.keys().skip(1).cloned().collect();
    let mut tables: Vec<Vec<u64>> = vec![Vec::new()];
    for key in &parts {
        let (low, high) = range(key);
        tables = tables
            .into_iter()
            .flat_map(|t| (low..=high).map(move |n| [t.as_slice(), &[n]].concat()))
            .collect();
    }
    let (low, high) = range(&vec![0]);
    let mut out: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
    for table in tables.iter().filter(|t| (low..=high).contains(&t.iter().sum())) {
        let all = std::iter::once(table.iter().sum()).chain(table.iter().copied());
        for (key, n) in cube.cells.keys().zip(all) {
            let seen = out.entry(key.clone()).or_insert((n, n));
            *seen = (seen.0.min(n), seen.1.max(n));
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_attack_learns_what_trying_all_counts_does(
        parts in prop::collection::vec(0_u64..14, 3),
        up in prop::collection::vec(any::<bool>(), 4),
        base in 2_u64..6,
        nearest in any::<bool>(),
    ) {
        let kind = if nearest { RoundedTo::Nearest } else { RoundedTo::Either };
        let truth = line("t", &parts);
        prop_assert!(adds_up(&truth));
        let mut table = truth.clone();
        for (value, up) in table.cells.values_mut().zip(&up) {
            let n = value.count().expect("a count");
            let (below, rest) = (n / base * base, n % base);
            let go_up = if nearest && 2 * rest != base { 2 * rest > base } else { *up && rest > 0 };
            *value = Value::Count(below + if go_up { base } else { 0 });
        }
        let rounded = Rounded { base, kind };
        // Whatever is closer than the figure itself is a finding.
        let options = AuditOptions { threshold: Some(8), protection: 1000, ..options(base, kind) };
        let found = audit(std::slice::from_ref(&table), &options).expect("audited");
        prop_assert!(found.inconsistencies.is_empty());
        let mut findings: BTreeMap<Key, (u64, u64)> = found
            .findings
            .iter()
            .map(|f| (vec![table.dimensions[0].position(&f.cell[0].1).expect("a code")], (f.lower, f.upper.expect("a bound"))))
            .collect();
        for (key, (low, high)) in tried(&table, rounded) {
            let n = truth.cells[&key].count().expect("a count");
            prop_assert!(low <= n && n <= high);
            let alone = rounded.interval(table.cells[&key].count().expect("a count"));
            let learned = low < 8 && high - low < alone.1 - alone.0;
            prop_assert_eq!(findings.remove(&key), learned.then_some((low, high)), "{:?}", key);
        }
        prop_assert!(findings.is_empty());
    }
}
