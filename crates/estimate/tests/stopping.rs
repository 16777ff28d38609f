//! Work that is watched gives the same numbers, and work that is stopped gives what was finished.

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use common::table;
use estimate::covariates::{CovariateTable, estimate_covariates};
use estimate::{
    Estimate, Interval, Method, Options, Pooling, Progress, Watch, estimate, estimate_draws, estimate_groups,
    estimate_groups_draws, scenarios, study,
};
use model::CaptureTable;

const STOPPED: &str = "stopped before it was done";

/// A watch that stops the work after so many units within the step of this name.
fn stopping(step: &'static str, after: u64) -> Watch {
    let handle: Arc<OnceLock<Watch>> = Arc::default();
    let own = Arc::clone(&handle);
    let (within, done) = (Mutex::new(false), AtomicU64::new(0));
    let watch = Watch::new(move |progress| {
        let mut within = within.lock().expect("no panic");
        if let Progress::Step { name, .. } = progress {
            *within = name == step;
        }
        if let (Progress::Done(units), true) = (progress, *within)
            && done.fetch_add(units, Ordering::Relaxed) + units >= after
        {
            own.get().expect("the handle is set before the work begins").stop();
        }
    });
    handle.set(watch.clone()).expect("set once");
    watch
}

fn sampled(interval: Interval, watch: Watch) -> Options {
    Options { interval, replicates: 200, watch, ..Options::default() }
}

#[track_caller]
fn assert_stopped(estimate: &Estimate) {
    let method = estimate.method;
    assert_eq!(estimate.refused.as_deref(), Some(STOPPED), "{method}");
    assert_eq!((estimate.total, estimate.interval, &estimate.spread), (None, None, &None), "{method}");
    assert!(!estimate.converged && estimate.model.is_empty(), "{method}");
    assert!(estimate.diagnostics.is_empty(), "{method}: no figure of half of the work");
}

/// Stops `method` on this table after so many units; the method before it stands, the one after it is
/// refused, too.
#[track_caller]
fn check(data_set: &str, method: Method, interval: Interval, after: u64) {
    let table = table(data_set);
    let whole = estimate(&table, &[Method::Main], &sampled(Interval::Wald, Watch::default()))
        .expect("valid options")
        .estimates;
    let options = sampled(interval, stopping(method.name(), after));
    let found = estimate(&table, &[Method::Main, method, Method::Chao], &options).expect("valid options");
    assert_eq!(found.estimates[0], whole[0]);
    assert_stopped(&found.estimates[1]);
    assert_stopped(&found.estimates[2]);
    assert!(found.is_stopped());
    assert_eq!(found.fitness, None, "half of the populations judge nothing");
}

#[test]
fn a_bootstrap_that_is_stopped_gives_no_interval_and_no_number() {
    for method in [Method::Stepwise, Method::Bic] {
        for after in [1, 120, 199] {
            check("UKdat_5", method, Interval::Percentile, after);
        }
        // 200 replicates are done, and then some tables without one person.
        check("UKdat_5", method, Interval::Bca, 203);
    }
    check("UKdat_5", Method::SampleCoverage, Interval::Wald, 50);
}

#[test]
fn chains_that_are_stopped_give_no_number() {
    for after in [1, 500, 4000] {
        check("UKdat_5", Method::LatentClass, Interval::Wald, after);
        check("UKdat_5", Method::BayesLoglinear, Interval::Wald, after);
    }
    check("NewOrl", Method::Decomposable, Interval::Wald, 300);
}

#[test]
fn searches_and_averages_that_are_stopped_give_no_number() {
    for method in [Method::Bic, Method::Average] {
        check("NewOrl", method, Interval::Wald, 20);
    }
    check("UKdat", Method::Decomposable, Interval::Wald, 1);
}

#[test]
fn a_judgement_that_is_stopped_judges_nothing() {
    // 40 populations are made, then estimated; the counts exclude the other family.
    for after in [3, 30, 60] {
        check("Korea", Method::Combined, Interval::Wald, after);
    }
}

#[test]
fn what_is_stopped_before_it_begins_is_all_refused_at_once() {
    let watch = Watch::default();
    watch.stop();
    let options = Options { watch, ..Options::default() };
    let started = std::time::Instant::now();
    let found = estimate(&table("UKdat"), &Method::ALL, &options).expect("valid options");
    found.estimates.iter().for_each(|estimate| assert_stopped(estimate));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

/// Counts what is told, and checks that it adds up.
#[derive(Default)]
struct Told {
    steps: Vec<(String, usize, usize)>,
    /// Name, how many there are, whether that is the most, how many are done.
    units: Vec<(&'static str, u64, bool, u64)>,
}

fn listening() -> (Watch, Arc<Mutex<Told>>) {
    let told: Arc<Mutex<Told>> = Arc::default();
    let own = Arc::clone(&told);
    let watch = Watch::new(move |progress| {
        let mut told = own.lock().expect("no panic");
        match progress {
            Progress::Step { name, place, of } => told.steps.push((name.to_owned(), place, of)),
            Progress::Units { name, total, at_most } => told.units.push((name, total, at_most, 0)),
            Progress::Done(units) => {
                if let Some(last) = told.units.last_mut() {
                    last.3 += units;
                }
            }
            Progress::Effective { needed, .. } => assert!(needed > 0.0),
        }
    });
    (watch, told)
}

#[test]
fn watching_changes_no_number_and_the_units_add_up() {
    let table = table("UKdat_5");
    let methods = Method::ALL;
    let options = |watch| Options { sensitivity: true, ..sampled(Interval::Bca, watch) };
    let alone = estimate(&table, &methods, &options(Watch::default())).expect("valid options");
    assert!(!alone.is_stopped());
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let (watch, told) = listening();
        let found = pool.install(|| estimate(&table, &methods, &options(watch))).expect("valid options");
        assert_eq!(found, alone);
        let told = told.lock().expect("no panic");
        let mut expected: Vec<(String, usize, usize)> =
            methods.iter().zip(1..).map(|(m, place)| (m.name().to_owned(), place, methods.len())).collect();
        expected.push(("sensitivity".into(), 1, 1));
        assert_eq!(told.steps, expected);
        for &(name, total, at_most, done) in &told.units {
            assert!(done == total || at_most && 0 < done && done < total, "{name}: {done} of {total}");
        }
        for name in ["replicates", "tables without a person", "passes", "steps", "graphs", "other tables"] {
            assert!(told.units.iter().any(|unit| unit.0 == name), "{name}");
        }
    }
}

#[test]
fn methods_that_are_done_for_all_draws_stand() {
    let draws: Vec<CaptureTable> = (0..30)
        .map(|i| {
            let counts = [(1, 120 - i), (2, 90), (4, 70), (3, 20 + i), (5, 12), (6, 9), (7, 4)];
            CaptureTable::from_counts(["A", "B", "C"].map(String::from).to_vec(), counts).expect("a table")
        })
        .collect();
    let methods = [Method::Main, Method::Stepwise, Method::Chao];
    let whole = estimate_draws(&draws, None, &methods, &Options::default()).expect("valid draws");
    // 29 of 30 draws may not pass for all of them.
    for after in [1, 29] {
        let options = Options { watch: stopping("stepwise", after), ..Options::default() };
        let found = estimate_draws(&draws, None, &methods, &options).expect("valid draws");
        assert_eq!(found.estimates[0], whole.estimates[0]);
        for estimate in &found.estimates[1..] {
            assert_eq!((estimate.refused.as_deref(), estimate.total), (Some(STOPPED), None));
        }
        assert!(found.is_stopped());
    }
    let groups = [(BTreeMap::from([("sex".to_owned(), "F".to_owned())]), draws)];
    let options = Options::default();
    options.watch.stop();
    let found = estimate_groups_draws(&groups, Method::Main, &options).expect("valid draws");
    assert!(found.groups[0].estimate.is_stopped());
}

fn groups() -> Vec<(BTreeMap<String, String>, CaptureTable)> {
    (0..6)
        .map(|i| {
            let counts = [(1, 120 + i), (2, 90), (4, 70), (3, 20 + i), (5, 12), (6, 9), (7, 4)];
            let lists = ["A", "B", "C"].map(String::from).to_vec();
            let table = CaptureTable::from_counts(lists, counts).expect("a valid table");
            (BTreeMap::from([("year".to_owned(), (2010 + i).to_string())]), table)
        })
        .collect()
}

#[test]
fn groups_that_are_done_are_compared_and_the_others_are_refused() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let whole = estimate_groups(&groups(), Method::Stepwise, &Options::default()).expect("valid options");
    let options = Options { watch: stopping("groups", 3), ..Options::default() };
    let found =
        one.install(|| estimate_groups(&groups(), Method::Stepwise, &options)).expect("valid options");
    let stopped = found.groups.iter().filter(|group| group.estimate.is_stopped()).count();
    assert!((1..=3).contains(&stopped), "{stopped}");
    for (group, whole) in found.groups.iter().zip(&whole.groups) {
        if group.estimate.is_stopped() {
            assert_eq!((group.visibility, group.probability_least_visible), (None, None));
        } else {
            assert_eq!(group.estimate, whole.estimate);
            assert!(group.probability_least_visible.is_some());
        }
    }
    // Fitted together, half of the draws are no answer for any of them.
    for after in [1, 2000] {
        let watch = stopping("groups together", after);
        let options = Options { pooling: Pooling::Partial, watch, ..Options::default() };
        let found = estimate_groups(&groups(), Method::Bic, &options).expect("valid options");
        assert!(found.groups.iter().all(|group| group.estimate.is_stopped()));
        assert!(found.margins.is_empty());
    }
}

#[test]
fn a_study_keeps_the_scenarios_that_are_complete() {
    let methods = [(Method::Main, None), (Method::Stepwise, Some(Interval::Wald))];
    let scenarios = &scenarios()[..3];
    let whole = study(scenarios, &methods, 30, &Options::default()).expect("valid options");
    assert!(!whole.stopped);
    let options = Options { watch: stopping(scenarios[1].name, 29), ..Options::default() };
    let found = study(scenarios, &methods, 30, &options).expect("valid options");
    assert!(found.stopped);
    assert_eq!(found.rows, whole.rows[..2], "29 of 30 populations are no row");
}

#[test]
fn other_tables_that_were_not_estimated_are_named() {
    let table = table("UKdat");
    let of = |watch| {
        let options = Options { sensitivity: true, ..sampled(Interval::Wald, watch) };
        estimate(&table, &[Method::Stepwise], &options).expect("valid options")
    };
    let (whole, found) = (of(Watch::default()), of(stopping("sensitivity", 2)));
    assert_eq!(found.estimates, whole.estimates);
    assert_eq!(found.sensitivity.len(), whole.sensitivity.len());
    let mut stopped = 0;
    for (row, whole) in found.sensitivity.iter().zip(&whole.sensitivity) {
        if row.refused.as_deref() == Some(STOPPED) {
            assert_eq!((row.total, row.interval, row.percent), (None, None, None));
            stopped += 1;
        } else {
            assert_eq!(row, whole);
        }
    }
    assert!(0 < stopped && stopped < whole.sensitivity.len(), "{stopped}");
    assert!(found.is_stopped());
}

#[test]
fn estimates_with_covariates_are_refused_when_they_are_stopped() {
    let table = CovariateTable::from_groups(&groups()).expect("a table");
    assert!(!estimate_covariates(&table, &Options::default()).expect("valid options").is_stopped());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let options = Options { watch: stopping("covariates", 1), ..Options::default() };
    let found = one.install(|| estimate_covariates(&table, &options)).expect("valid options");
    assert!(found.is_stopped() && found.loglinear.total.is_some());
    assert_eq!(found.doubly_robust[2].refused.as_deref(), Some(STOPPED));
    let found = estimate_covariates(&table, &options).expect("valid options");
    assert_eq!((found.loglinear.refused.as_deref(), found.loglinear.total), (Some(STOPPED), None));
}
