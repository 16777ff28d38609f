//! Tables and helpers that several tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::{Path, PathBuf};

use estimate::{Estimate, Method, Options, estimate};
use model::CaptureTable;

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
