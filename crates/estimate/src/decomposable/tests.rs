//! Averages by Markov chains against averages over all graphs.

use std::path::Path;

use super::sample::{AIM, MOST, sample};
use super::*;
use crate::convergence::R_HAT;

fn table(name: &str) -> CaptureTable {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/{name}.csv"));
    let mut reader = csv::Reader::from_path(path).expect("a table in tests/data");
    let header = reader.headers().expect("a header").clone();
    let lists: Vec<String> = header.iter().take(header.len() - 1).map(String::from).collect();
    let counts = reader.records().map(|record| {
        let record = record.expect("a row");
        let history = (0..lists.len()).filter(|&i| &record[i] == "1").fold(0, |set, i| set | 1 << i);
        (history, record[lists.len()].parse().expect("a count"))
    });
    let counts: Vec<(u32, u64)> = counts.collect();
    CaptureTable::from_counts(lists, counts).expect("a valid table")
}

/// Holds what chains find against the exact posterior: probabilities to five standard errors of as many
/// independent draws as the chains say theirs are worth.
fn check(name: &str, settings: &Settings) {
    let table = table(name);
    let every = average(&table, settings).expect("an average");
    let drawn = drawn(&table, settings, 0, AIM, LISTED, &Watch::default()).expect("chains that agree");
    let chains = drawn.chains.expect("chains");
    let size = chains.ess_bulk.min(chains.ess_tail);
    assert!(chains.r_hat < R_HAT && size > ESS, "{chains:?}");
    let close = |found: f64, exact: f64, what: &str| {
        let error = (exact * (1.0 - exact) / size).sqrt();
        assert!(
            (found - exact).abs() < 5.0 * error + 1e-3,
            "{name} {settings:?} {what}: {found}, exactly {exact}"
        );
    };
    for (q, (found, exact)) in drawn.pairs.iter().zip(&every.pairs).enumerate() {
        close(*found, *exact, &format!("pair {q}"));
    }
    for exact in &every.best {
        let found = drawn.best.iter().find(|found| found.model == exact.model);
        // One that is missing has less weight than the last that is listed.
        let last = drawn.best.last().map_or(0.0, |last| last.weight);
        close(found.map_or(exact.weight.min(last), |found| found.weight), exact.weight, "graph");
        if let Some(found) = found {
            assert_eq!(found.total, exact.total, "{name} {found:?}");
        }
    }
    close(drawn.untold, every.untold, "untold");
    for p in [0.025, 0.25, 0.5, 0.75, 0.975] {
        let total = drawn.quantile(p).expect("within reach");
        // Where one total has much of the probability it is the quantile of many.
        let (below, with) = (1.0 - every.at_least(total), 1.0 - every.at_least(total + 1.0));
        close(p, p.clamp(below, with), &format!("quantile {p}"));
    }
}

#[test]
fn chains_find_the_posterior_of_all_graphs_of_three_lists() {
    check("Korea", &Settings::default());
}

#[test]
fn chains_find_the_posterior_of_all_graphs_of_five_lists() {
    for name in ["UKdat_5", "Ned_5", "NewOrl_5"] {
        check(name, &Settings::default());
    }
    check("UKdat_5", &Settings { delta: Some(0.125), prior: Prior::Uniform, ..Settings::default() });
    check("Ned_5", &Settings { hidden: Some(1..=60_000), ..Settings::default() });
}

#[test]
fn chains_find_the_posterior_of_all_graphs_of_six_lists() {
    for name in ["UKdat", "Ned"] {
        check(name, &Settings::default());
    }
    check("UKdat", &Settings { joined: vec![(0, 1), (1, 2), (2, 3), (0, 3)], ..Settings::default() });
}

#[test]
fn chains_that_have_not_converged_are_refused_with_their_figures() {
    let target = Target::new(&table("NewOrl"), &Settings::default());
    // 8 chains of 40 draws cannot be worth 400 independent ones.
    let why = sample(&target, (1, 0), AIM, 40, &Watch::default()).expect_err("too few draws");
    assert!(matches!(why, Refusal::NotConverged { chains: 8, draws: 40, .. }), "{why:?}");
    let words = why.to_string();
    assert!(words.contains("did not converge") && words.contains("must be above 400"), "{words}");
    assert!(sample(&target, (1, 0), AIM, MOST, &Watch::default()).is_ok());
}
