//! Tables and helpers that several tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use estimate::{Estimate, Method, Options, estimate};
use model::CaptureTable;
use proptest::prelude::*;

/// Methods that answer within milliseconds, for tests that ask often.
pub(crate) const QUICK: [Method; 7] = [
    Method::Main,
    Method::Stepwise,
    Method::Bic,
    Method::Profile,
    Method::Decomposable,
    Method::Chao,
    Method::SampleCoverage,
];

/// A file in `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Reads a table of capture histories: a 0/1 column for each list, then the count.
pub(crate) fn table(name: &str) -> CaptureTable {
    let mut reader = csv::Reader::from_path(data(&format!("{name}.csv"))).expect("a table in tests/data");
    let header = reader.headers().expect("a header").clone();
    let lists: Vec<String> = header.iter().take(header.len() - 1).map(String::from).collect();
    let counts: Vec<(u32, u64)> = reader
        .records()
        .map(|record| {
            let record = record.expect("a row");
            let history = (0..lists.len()).filter(|&i| &record[i] == "1").fold(0, |set, i| set | 1 << i);
            (history, record[lists.len()].parse().expect("a count"))
        })
        .collect();
    CaptureTable::from_counts(lists, counts).expect("a valid table")
}

/// A table of lists L0, L1, … from its counts.
pub(crate) fn from(lists: usize, counts: &[(u32, u64)]) -> CaptureTable {
    let names = (0..lists).map(|i| format!("L{i}")).collect();
    CaptureTable::from_counts(names, counts.iter().copied()).expect("a valid table")
}

/// Sparse tables of so many lists.
pub(crate) fn tables(lists: RangeInclusive<usize>) -> impl Strategy<Value = CaptureTable> {
    lists
        .prop_flat_map(|lists| {
            let cell = prop_oneof![3 => Just(0_u64), 2 => 1..5_u64, 2 => 5..400_u64];
            (Just(lists), proptest::collection::vec(cell, (1 << lists) - 1))
        })
        .prop_map(|(lists, counts)| {
            let counts: Vec<_> = counts.into_iter().enumerate().map(|(i, n)| (i as u32 + 1, n)).collect();
            from(lists, &counts)
        })
}

/// The same persons with the lists in another order, and the new place of each list.
pub(crate) fn relabelled(table: &CaptureTable, turn: usize) -> (CaptureTable, Vec<usize>) {
    let lists = table.lists().len();
    let order: Vec<usize> = (0..lists).map(|i| (i + turn) % lists).rev().collect();
    let places: Vec<usize> =
        (0..lists).map(|old| order.iter().position(|&o| o == old).expect("a list")).collect();
    let moved =
        |history: u32| (0..lists).filter(|&i| history >> i & 1 == 1).fold(0, |set, i| set | 1 << places[i]);
    let counts: Vec<_> = table.counts().map(|(history, n)| (moved(history), n)).collect();
    (from(lists, &counts), places)
}

/// The pairs of lists in order, each with its number after [`relabelled`].
pub(crate) fn pairs_relabelled(places: &[usize]) -> Vec<usize> {
    let lists = places.len();
    let number = |i: usize, j: usize| {
        let (x, y) = (places[i].min(places[j]), places[i].max(places[j]));
        x * (2 * lists - x - 1) / 2 + (y - x - 1)
    };
    (0..lists).flat_map(|i| (i + 1..lists).map(move |j| (i, j))).map(|(i, j)| number(i, j)).collect()
}

/// The answer of one method.
pub(crate) fn answer(table: &CaptureTable, method: Method, options: &Options) -> Estimate {
    estimate(table, &[method], options).expect("valid options").estimates.remove(0)
}

/// Asserts that two numbers agree to a relative tolerance, or an absolute one below 1.
#[track_caller]
pub(crate) fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (got - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{what}: {got} but the reference is {expected}"
    );
}
