//! Time for 1,000 bootstrap replicates with the choice of the model repeated in each.
//!
//! `cargo bench -p zicht-estimate --bench bootstrap`

#[path = "../tests/common/mod.rs"]
mod common;

use common::table;
use divan::Bencher;
use estimate::{Interval, Method, Options, estimate};

fn main() {
    divan::main();
}

fn run(bencher: Bencher, name: &str, method: Method, max_order: usize) {
    let table = table(name);
    let options = Options { interval: Interval::Bca, max_order, ..Options::default() };
    bencher.bench(|| estimate(&table, &[method], &options));
}

/// Five lists of the United Kingdom and of the Netherlands, six of each, eight of New Orleans.
#[divan::bench(sample_count = 5, args = ["UKdat_5", "Ned_5", "UKdat", "Ned", "NewOrl"])]
fn stepwise_bca(bencher: Bencher, name: &str) {
    run(bencher, name, Method::Stepwise, 2);
}

/// The same with the smallest BIC of 1,024 (five lists) or 32,768 (six) models in each replicate.
#[divan::bench(sample_count = 3, args = ["UKdat_5", "Ned_5", "NewOrl_5", "CARE1_Congenital", "UKdat", "Ned", "NewOrl"])]
fn bic_bca(bencher: Bencher, name: &str) {
    run(bencher, name, Method::Bic, 2);
}

/// The same among the 6,212 models of five lists with terms of three.
#[divan::bench(sample_count = 3, args = ["UKdat_5", "Ned_5", "NewOrl_5", "CARE1_Congenital"])]
fn bic_bca_with_terms_of_three(bencher: Bencher, name: &str) {
    run(bencher, name, Method::Bic, 3);
}
