//! Time to search all 32,768 two-way models of the six-list Netherlands table and all 6,212 models
//! with terms of three of five lists, to average over the decomposable graphs of five, six and seven
//! lists, and over the log-linear models of three to eight.
//!
//! `cargo bench -p zicht-estimate`

#[path = "../tests/common/mod.rs"]
mod common;

use common::table;
use divan::Bencher;
use estimate::loglinear::{self, Model};
use estimate::{Method, Options, estimate};
use model::CaptureTable;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 5)]
fn best_of_all_two_way_models(bencher: Bencher) {
    let table = table("Ned");
    bencher.bench(|| estimate(&table, &[Method::Bic], &Options::default()));
}

#[divan::bench(sample_count = 5, args = ["UKdat_5", "Ned_5", "NewOrl_5", "CARE1_Congenital"])]
fn best_with_terms_of_three(bencher: Bencher, name: &str) {
    let table = table(name);
    bencher.bench(|| estimate(&table, &[Method::Bic], &Options { max_order: 3, ..Options::default() }));
}

#[divan::bench]
fn one_fit_with_all_pairs(bencher: Bencher) {
    let table = table("Ned");
    bencher.bench(|| loglinear::fit(&table, Model::all_pairs(6)));
}

#[divan::bench(sample_count = 20)]
fn stepwise(bencher: Bencher) {
    let table = table("Ned");
    bencher.bench(|| estimate(&table, &[Method::Stepwise], &Options::default()));
}

#[divan::bench(args = ["UKdat_5", "Ned_5", "NewOrl_5", "Ned", "UKdat", "NewOrl"], sample_count = 3)]
fn average_over_graphs(bencher: Bencher, name: &str) {
    let mut table = table(name);
    if table.lists().len() > 7 {
        // The last list is joined with the one before it.
        let lists = table.lists()[..7].to_vec();
        let counts = table.counts().map(|(h, n)| (h & 0b111_1111 | (h >> 7) << 6, n));
        table = CaptureTable::from_counts(lists, counts).expect("a valid table");
    }
    bencher.bench(|| estimate(&table, &[Method::Decomposable], &Options::default()));
}

#[divan::bench(args = ["Korea", "UKdat_5", "Ned_5", "UKdat", "Ned", "NewOrl"], sample_count = 3)]
fn average_over_log_linear_models(bencher: Bencher, name: &str) {
    let table = table(name);
    bencher.bench(|| estimate(&table, &[Method::BayesLoglinear], &Options::default()));
}
