//! What the answer would be without a list, with small lists put together, or without a group.

mod common;

use std::collections::BTreeMap;

use common::{QUICK, answer, close, table};
use estimate::{
    Change, Estimation, Interval, ListChoice, Method, Options, Sensitivity, estimate, group_sensitivity,
};
use model::CaptureTable;

fn asked() -> Options {
    Options { sensitivity: true, replicates: 50, ..Options::default() }
}

fn all(table: &CaptureTable) -> Estimation {
    estimate(table, &QUICK, &asked()).expect("valid options")
}

fn agrees(row: &Sensitivity, before: f64, lists: ListChoice, base: &CaptureTable) {
    let found = answer(base, row.method, &Options { lists, ..Options::default() });
    assert_eq!(row.refused, found.refused, "{row:?}");
    if let Some(total) = found.total {
        // Graphs of little weight are left out where there are many tables.
        let tolerance = if row.method == Method::Decomposable { 5e-3 } else { 1e-9 };
        close(row.total.expect("a total"), total, tolerance, "total");
        close(row.percent.expect("a change") / 100.0 + 1.0, total / before, tolerance, "percent");
        let (a, b) = (row.interval.expect("an interval"), found.interval.expect("an interval"));
        close(a.0, b.0, tolerance, "low");
        close(a.1, b.1, tolerance, "high");
    }
}

#[test]
fn each_row_is_what_the_method_says_of_the_changed_table() {
    for name in ["UKdat_5", "Ned_5"] {
        let base = table(name);
        let found = all(&base);
        let methods = [Method::Stepwise, Method::Bic, Method::Decomposable];
        for method in methods {
            let rows = || found.sensitivity.iter().filter(|row| row.method == method);
            assert_eq!(rows().filter(|row| row.change == Change::WithoutList).count(), 5);
            assert!(rows().any(|row| row.change == Change::Pooled), "{name}");
            let before = found.estimates.iter().find(|e| e.method == method).and_then(|e| e.total);
            for row in rows() {
                let lists = row.lists.clone();
                let choice = match row.change {
                    Change::Pooled => ListChoice { pool: vec![lists], ..ListChoice::default() },
                    _ => ListChoice { drop: lists, ..ListChoice::default() },
                };
                agrees(row, before.expect("a total"), choice, &base);
            }
        }
        assert!(found.sensitivity.iter().all(|row| methods.contains(&row.method)));
    }
}

#[test]
fn only_methods_that_answered_are_tried_and_one_at_least() {
    let found = estimate(&table("UKdat_5"), &[Method::Chao], &asked()).expect("valid options");
    assert!(found.sensitivity.len() >= 6 && found.sensitivity.iter().all(|row| row.method == Method::Chao));
    // Many lists are for the step by step search only.
    let eight = all(&table("NewOrl"));
    assert!(eight.sensitivity.iter().all(|row| row.method == Method::Stepwise), "{:?}", eight.sensitivity);
    let lists = vec!["A".into(), "B".into()];
    let two = CaptureTable::from_counts(lists, [(1, 30), (2, 20), (3, 5)]).expect("two lists");
    assert!(all(&two).sensitivity.is_empty(), "without one of two lists nothing is left");
    let none = estimate(&table("UKdat_5"), &[Method::Bic], &Options::default()).expect("valid options");
    assert!(none.sensitivity.is_empty(), "not asked for");
}

#[test]
fn refusals_after_a_change_say_why_and_dependent_lists_stay_so() {
    // C is all that joins A and B.
    let lists = ["A", "B", "C"].map(String::from).to_vec();
    let table =
        CaptureTable::from_counts(lists, [(1, 30), (2, 20), (4, 25), (5, 6), (6, 7)]).expect("a table");
    let dependent = vec![("A".to_owned(), "C".to_owned())];
    let lists = ListChoice { dependent, ..ListChoice::default() };
    let found = estimate(&table, &[Method::Bic], &Options { lists, ..asked() }).expect("valid options");
    let without = |list: &str| {
        found
            .sensitivity
            .iter()
            .find(|row| row.change == Change::WithoutList && row.lists == [list])
            .unwrap_or_else(|| panic!("{list}"))
    };
    let refused = without("C").refused.as_deref().expect("a refusal");
    assert!(refused.starts_with("no person is in more than one list"), "{refused}");
    assert_eq!((without("C").total, without("C").percent, without("C").detected), (None, None, 63));
    let refused = without("B").refused.as_deref().expect("a refusal");
    assert!(refused.contains("cannot tell the parts") || refused == "no model has an estimate", "{refused}");
    close(without("A").total.expect("a total"), 20.0 + 31.0 + 7.0 + 20.0 * 31.0 / 7.0, 1e-9, "A");
}

#[test]
fn without_a_group_totals_for_each_person_detected_are_compared() {
    let year = |year: &str| BTreeMap::from([("year".to_owned(), year.to_owned())]);
    let lists = || ["A", "B", "C"].map(String::from).to_vec();
    let of = |factor: u64| {
        let counts = [(1, 80), (2, 60), (4, 50), (3, 12), (5, 10), (6, 9), (7, 3)];
        CaptureTable::from_counts(lists(), counts.map(|(h, n)| (h, n * factor))).expect("a table")
    };
    // Three years that are the same but for their size, and one of which less is seen.
    let apart = CaptureTable::from_counts(lists(), [(1, 90), (2, 80), (4, 70), (3, 2), (5, 1), (6, 1)]);
    let groups =
        [(year("1"), of(1)), (year("2"), of(3)), (year("3"), of(2)), (year("4"), apart.expect("one"))];
    let run = |groups: &[(BTreeMap<String, String>, CaptureTable)]| {
        let counts = groups.iter().flat_map(|(_, table)| table.counts());
        let whole = CaptureTable::from_counts(lists(), counts).expect("a table");
        let found = estimate(&whole, &[Method::Main], &Options::default()).expect("valid options");
        group_sensitivity(groups, &found.estimates, &Options::default()).expect("valid options")
    };
    for row in run(&groups[..3]) {
        assert_eq!((row.change, row.method, row.group.len()), (Change::WithoutGroup, Method::Main, 1));
        assert!(row.percent.expect("a change").abs() < 1e-6, "{row:?}");
    }
    let percent: Vec<f64> = run(&groups).iter().map(|row| row.percent.expect("a change")).collect();
    assert!(percent[3] < -5.0 && percent[..3].iter().all(|p| *p > 0.0), "{percent:?}");
    assert_eq!(run(&groups[..1]), []);
    assert_eq!(group_sensitivity(&[], &[], &Options::default()), Ok(Vec::new()));
}

#[test]
fn an_interval_that_draws_again_is_not_drawn_for_each_change() {
    let base = table("UKdat_5");
    let options = Options { interval: Interval::Bca, ..asked() };
    let (bca, wald) = (
        estimate(&base, &[Method::Stepwise], &options).expect("valid options"),
        estimate(&base, &[Method::Stepwise], &asked()).expect("valid options"),
    );
    assert_eq!(bca.sensitivity, wald.sensitivity);
}
