//! Laws that hold for every table.

mod common;

use common::{QUICK, answer, table};
use estimate::loglinear::{self, Model};
use estimate::{Method, Options, estimate};
use model::CaptureTable;
use proptest::prelude::*;

fn names(lists: usize) -> Vec<String> {
    (0..lists).map(|i| format!("L{i}")).collect()
}

/// Tables of 2 to 5 lists, many of them with empty cells, lists or overlaps.
fn tables() -> impl Strategy<Value = CaptureTable> {
    (2..=5_usize)
        .prop_flat_map(|lists| {
            let cell = prop_oneof![3 => Just(0_u64), 2 => 1..5_u64, 2 => 5..400_u64];
            (Just(lists), proptest::collection::vec(cell, (1 << lists) - 1))
        })
        .prop_map(|(lists, counts)| {
            let counts = counts.into_iter().enumerate().map(|(i, n)| (i as u32 + 1, n));
            CaptureTable::from_counts(names(lists), counts).expect("a valid table")
        })
}

fn permuted(table: &CaptureTable, order: &[usize]) -> CaptureTable {
    let lists = order.iter().map(|&old| table.lists()[old].clone()).collect();
    let counts = table.counts().map(|(history, n)| {
        let set = order.iter().enumerate().fold(0, |set, (new, &old)| set | (history >> old & 1) << new);
        (set, n)
    });
    CaptureTable::from_counts(lists, counts).expect("a valid table")
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn small() -> Options {
    Options { replicates: 20, ..Options::default() }
}

/// Tables of 6 to 9 lists with few persons, where most cells and many overlaps are empty.
fn wide_tables() -> impl Strategy<Value = CaptureTable> {
    (6..=9_usize)
        .prop_flat_map(|lists| {
            let row = (1..1_u32 << lists, 1..9_u64);
            (Just(lists), proptest::collection::vec(row, 5..40))
        })
        .prop_map(|(lists, rows)| {
            // Leave most histories with one or two lists, as in real tables.
            let thin =
                |h: u32| if h.is_multiple_of(5) || h.count_ones() < 3 { h } else { h & h.wrapping_neg() };
            let rows = rows.into_iter().map(|(h, n)| (thin(h), n));
            CaptureTable::from_counts(names(lists), rows).expect("a valid table")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Beyond six lists the searches go step by step and still end with an answer.
    #[test]
    fn many_sparse_lists_are_answered_or_refused(table in wide_tables()) {
        // The chains over graphs beyond seven lists have tests of their own, and take seconds.
        let methods: Vec<Method> = QUICK.into_iter().filter(|&m| m != Method::Decomposable).collect();
        let found = estimate(&table, &methods, &small()).expect("valid options");
        for estimate in found.estimates {
            prop_assert!(estimate.total.is_some() != estimate.refused.is_some());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Names and their order carry no information.
    #[test]
    fn permuting_the_lists_leaves_totals_as_they_are(table in tables(), turn in 1..4_usize) {
        let lists = table.lists().len();
        let order: Vec<usize> = (0..lists).map(|i| (i + turn) % lists).rev().collect();
        let other = permuted(&table, &order);
        for method in [Method::Main, Method::Bic, Method::Profile, Method::Chao] {
            let (a, b) = (answer(&table, method, &small()), answer(&other, method, &small()));
            // Two models may have the same BIC to rounding; then either may be taken.
            let tied = a.diagnostics.get("best_models").and_then(|models| {
                Some((models[0]["BIC"].as_f64()? - models.get(1)?["BIC"].as_f64()?).abs() < 1e-6)
            });
            prop_assert!(tied == Some(true) || near(a.total, b.total), "{method}: {a:?} {b:?}");
        }
    }

    /// The likelihood equations are linear in the counts.
    #[test]
    fn multiplying_the_counts_multiplies_the_hidden(table in tables(), factor in 2..50_u64, pairs in any::<u16>()) {
        let lists = table.lists().len();
        let scaled = table.counts().map(|(h, n)| (h, n * factor));
        let scaled = CaptureTable::from_counts(names(lists), scaled).expect("a valid table");
        let mut model = Model::main(lists);
        for (q, (i, j)) in Model::all_pairs(lists).pairs().enumerate() {
            if pairs >> q & 1 == 1 {
                model = model.with(i, j);
            }
        }
        let (a, b) = (loglinear::fit(&table, model), loglinear::fit(&scaled, model));
        match (&a, &b) {
            (Ok(a), Ok(b)) => prop_assert!(near(Some(a.hidden * factor as f64), Some(b.hidden)), "{a:?} {b:?}"),
            (a, b) => prop_assert_eq!(a.as_ref().err(), b.as_ref().err()),
        }
    }

    /// Whatever the table, a method answers or says why not, and the interval holds the total.
    #[test]
    fn every_method_answers_or_says_why_not(table in tables(), empty in 0..3_usize) {
        let mut lists = table.lists().to_vec();
        lists.extend((0..empty).map(|i| format!("empty {i}")));
        let table = CaptureTable::from_counts(lists, table.counts()).expect("a valid table");
        // The chains over graphs beyond seven lists have tests of their own, and take seconds.
        let methods: Vec<Method> = QUICK.into_iter().filter(|&m| m != Method::Decomposable).collect();
        let found = estimate(&table, &methods, &small()).expect("valid options");
        for estimate in found.estimates {
            prop_assert!(estimate.total.is_some() != estimate.refused.is_some());
            if let (Some(total), Some((low, high))) = (estimate.total, estimate.interval) {
                prop_assert!(low <= total && total <= high && low >= found.detected as f64, "{estimate:?}");
            }
        }
    }

    /// A fit that exists meets its sufficient margins, which is what makes it the maximum; and
    /// a model that is said not to be identifiable or not to exist has no such fit.
    #[test]
    fn a_fit_reproduces_every_margin_of_its_model(table in tables(), pairs in any::<u16>()) {
        let lists = table.lists().len();
        let mut model = Model::main(lists);
        for (q, (i, j)) in Model::all_pairs(lists).pairs().enumerate() {
            if pairs >> q & 1 == 1 {
                model = model.with(i, j);
            }
        }
        let Ok(fit) = loglinear::fit(&table, model) else { return Ok(()) };
        let mean = |history: u32| -> f64 {
            let inside = |term: u32| history & term == term;
            fit.coefficients.iter().filter(|(term, _)| inside(*term)).map(|(_, theta)| theta).sum::<f64>().exp()
        };
        for term in model.terms() {
            let cells = (1..1_u32 << lists).filter(|history| history & term == term);
            let expected: f64 = cells.clone().map(mean).sum();
            let observed: f64 = cells.map(|history| table.count(history) as f64).sum();
            prop_assert!((expected - observed).abs() <= 1e-6 * observed.max(1.0), "{term:b}: {expected} {observed}");
        }
    }

    /// Taking a pair with an overlap out of a model never loses its estimate; the search by
    /// BIC rests on it.
    #[test]
    fn smaller_models_keep_the_estimate_of_bigger_ones(table in tables()) {
        let lists = table.lists().len();
        let pairs: Vec<(usize, usize)> = Model::all_pairs(lists).pairs().collect();
        let sound = |flags: u32| {
            let model = pairs.iter().enumerate().filter(|(q, _)| flags >> q & 1 == 1)
                .fold(Model::main(lists), |model, (_, &(i, j))| model.with(i, j));
            let found = loglinear::check(&table, model);
            found.exists && found.identifiable
        };
        for flags in (0..1_u32 << pairs.len()).step_by(7).filter(|&flags| sound(flags)) {
            for (q, &(i, j)) in pairs.iter().enumerate() {
                let overlap = table.counts().any(|(h, _)| h >> i & 1 == 1 && h >> j & 1 == 1);
                if flags >> q & 1 == 1 && overlap {
                    prop_assert!(sound(flags & !(1 << q)), "{flags:b} without {q}");
                }
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let table = table("Ned_5");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let found = pool.install(|| estimate(&table, &QUICK, &Options::default()));
        serde_json::to_string(&found.expect("valid options")).expect("plain values")
    };
    let alone = run(1);
    assert_eq!(alone, run(2));
    assert_eq!(alone, run(5));
}

#[test]
fn another_seed_moves_only_the_bootstrap() {
    let table = table("CARE1_Diabetes");
    let with = |method, seed| answer(&table, method, &Options { seed, ..small() });
    for method in QUICK {
        let (a, b) = (with(method, 1), with(method, 2));
        assert_eq!(a.total, b.total, "{method}");
        assert_eq!(a.interval == b.interval, method != Method::SampleCoverage, "{method}");
    }
}
