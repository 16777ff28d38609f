//! What data can support, judged by populations that could have given them.

mod common;

use common::table;

use estimate::{Interval, Method, Options, Verdict, estimate, scenarios, study};
use model::CaptureTable;

fn lists(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn many_overlaps_of_independent_lists_support_an_estimate() {
    // Expected counts of 2,000 persons whom three lists hold with chances 0.3, 0.25 and 0.2.
    let counts = [(1, 360), (2, 280), (4, 210), (3, 120), (5, 90), (6, 70), (7, 30)];
    let table = CaptureTable::from_counts(lists(&["A", "B", "C"]), counts).expect("a valid table");
    let found = estimate(&table, &[Method::Combined], &Options::default()).expect("valid options");
    let fitness = found.fitness.expect("a judgement");
    assert_eq!(fitness.verdict, Verdict::Supported, "{:?}", fitness.reasons);
    let weights: f64 = fitness.weights.values().sum();
    assert!((weights - 1.0).abs() < 1e-9, "{weights}");
    let (low, high) = found.estimates[0].interval.expect("an interval");
    assert!(low < 2000.0 && 2000.0 < high && high / low < 1.5, "{low} {high}");
    // On its own populations the mixture holds the truth as often as it says.
    for row in fitness.performance.iter().filter(|row| row.method == "combined") {
        assert!(row.coverage >= Some(0.93), "{row:?}");
    }
}

#[test]
fn a_handful_of_overlaps_supports_none() {
    let counts = [(1, 60), (2, 55), (4, 70), (3, 1)];
    let table = CaptureTable::from_counts(lists(&["A", "B", "C"]), counts).expect("a valid table");
    let found = estimate(&table, &[Method::Combined], &Options::default()).expect("valid options");
    assert_eq!(found.fitness.expect("a judgement").verdict, Verdict::Unsupported);
    let estimate = &found.estimates[0];
    assert_eq!((estimate.total, estimate.interval), (None, None));
    assert!(
        estimate.refused.as_ref().expect("a reason").starts_with("these data cannot support an estimate")
    );
}

#[test]
fn two_lists_cannot_be_judged() {
    let table = CaptureTable::from_counts(lists(&["A", "B"]), [(1, 60), (2, 55), (3, 30)]).expect("a table");
    let found = estimate(&table, &[Method::Combined], &Options::default()).expect("valid options");
    assert_eq!(found.fitness, None);
    assert!(found.estimates[0].refused.as_ref().expect("a reason").contains("two lists"));
}

#[test]
fn the_judgement_does_not_depend_on_the_threads() {
    let table = table("Korea");
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let options = Options { replicates: 400, ..Options::default() };
        pool.install(|| estimate(&table, &[Method::Combined], &options)).expect("valid options")
    };
    assert_eq!(run(1), run(2));
}

/// Persons of two kinds: methods that take all persons for alike miss the truth nearly always, and the
/// mixture must not. 24 populations have a standard error of 6 points at 90 %, so 0.72 is three below.
#[test]
fn the_mixture_holds_the_truth_where_its_parts_do_not() {
    let scenarios = scenarios();
    let two = scenarios.iter().filter(|scenario| scenario.name == "two-classes").cloned();
    let methods = [(Method::Bic, Some(Interval::Wald)), (Method::Combined, None)];
    let options = Options { replicates: 400, ..Options::default() };
    let rows = study(&two.collect::<Vec<_>>(), &methods, 24, &options).expect("valid options").rows;
    assert!(rows[0].coverage < Some(0.5) && rows[1].coverage > Some(0.72), "{rows:?}");
}
