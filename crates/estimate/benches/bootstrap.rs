//! Time for 1,000 bootstrap replicates with the choice of the model repeated in each.
//!
//! `cargo bench -p zicht-estimate --bench bootstrap`

use std::path::Path;

use divan::Bencher;
use estimate::{Interval, Method, Options, estimate};
use model::CaptureTable;

fn main() {
    divan::main();
}

/// Reads a table of capture histories: a 0/1 column for each list, then the count.
fn table(name: &str) -> CaptureTable {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("{name}.csv"));
    let mut reader = csv::Reader::from_path(path).expect("the table is in the repository");
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
