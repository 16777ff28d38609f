//! Time to fit groups together until the chains agree: twelve strata on five lists, and 48 strata by
//! sex, form and year.
//!
//! `cargo bench -p zicht-estimate --bench strata`

use std::collections::BTreeMap;

use divan::Bencher;
use estimate::{Method, Options, Pooling, estimate_groups};
use model::CaptureTable;

fn main() {
    divan::main();
}

type Groups = Vec<(BTreeMap<String, String>, CaptureTable)>;

/// Expected counts, rounded, of independent lists that see each stratum a little differently; the first
/// two draw each other in.
fn strata(codes: Vec<BTreeMap<String, String>>) -> Groups {
    let lists = [-1.6, -2.0, -1.4, -2.2, -2.8];
    let table = |s: usize| {
        let size = 100.0 + 150.0 * (s % 8) as f64;
        let weight = |history: u32| -> f64 {
            let effect = |i: usize| 0.4 * ((1 + s) as f64 * (1.0 + i as f64)).sin();
            let list = |i: usize| if history >> i & 1 == 1 { lists[i] + effect(i) } else { 0.0 };
            let pair = if history & 3 == 3 { 0.8 } else { 0.0 };
            ((0..5).map(list).sum::<f64>() + pair).exp()
        };
        let sum: f64 = (0..32).map(weight).sum();
        let counts = (1..32).map(|history| (history, (size * weight(history) / sum).round() as u64));
        CaptureTable::from_counts((0..5).map(|i| format!("L{i}")).collect(), counts).expect("a valid table")
    };
    codes.into_iter().enumerate().map(|(s, codes)| (codes, table(s))).collect()
}

fn options(smooth: Option<&str>) -> Options {
    Options { pooling: Pooling::Partial, smooth: smooth.map(String::from), ..Options::default() }
}

#[divan::bench(sample_count = 3)]
fn twelve_strata_on_five_lists(bencher: Bencher) {
    let groups = strata((0..12).map(|i| BTreeMap::from([("form".to_owned(), i.to_string())])).collect());
    bencher.bench(|| estimate_groups(&groups, Method::Bic, &options(None)));
}

#[divan::bench(sample_count = 3)]
fn twelve_years_on_five_lists(bencher: Bencher) {
    let groups =
        strata((0..12).map(|i| BTreeMap::from([("year".to_owned(), (2010 + i).to_string())])).collect());
    bencher.bench(|| estimate_groups(&groups, Method::Bic, &options(Some("year"))));
}

#[divan::bench(sample_count = 1)]
fn sex_form_and_year(bencher: Bencher) {
    let codes = |i: usize| {
        let sex = if i.is_multiple_of(2) { "F" } else { "M" };
        BTreeMap::from([
            ("sex".to_owned(), sex.to_owned()),
            ("form".to_owned(), (i / 2 % 4).to_string()),
            ("year".to_owned(), (2015 + i / 8).to_string()),
        ])
    };
    let groups = strata((0..48).map(codes).collect());
    bencher.bench(|| estimate_groups(&groups, Method::Bic, &options(Some("year"))));
}
