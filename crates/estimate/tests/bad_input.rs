//! Tables from which little or nothing can be learned: a refusal in words or a result, never
//! a panic, never hours.

mod common;

use common::{QUICK, answer, close, table};
use estimate::{Error, Estimation, Method, Options, estimate, estimate_groups};
use model::CaptureTable;

fn from(lists: usize, counts: &[(u32, u64)]) -> CaptureTable {
    let names = (0..lists).map(|i| format!("L{i}")).collect();
    CaptureTable::from_counts(names, counts.iter().copied()).expect("a valid table")
}

fn all_methods(table: &CaptureTable) -> Estimation {
    let options = Options { replicates: 50, ..Options::default() };
    let found = estimate(table, &Method::ALL, &options).expect("valid options");
    for estimate in &found.estimates {
        assert_ne!(estimate.total.is_some(), estimate.refused.is_some(), "{estimate:?}");
        assert!(estimate.total.is_some() || estimate.interval.is_none(), "{estimate:?}");
        if let (Some(total), Some((low, high))) = (estimate.total, estimate.interval) {
            assert!(low <= total && total <= high && low >= found.detected as f64, "{estimate:?}");
        }
    }
    found
}

fn refusals(table: &CaptureTable) -> Vec<String> {
    all_methods(table).estimates.into_iter().filter_map(|estimate| estimate.refused).collect()
}

#[test]
fn tables_that_say_nothing_are_refused_by_every_method_in_plain_words() {
    let cases = [
        ("no persons", from(3, &[]), "there are no persons in the table"),
        ("one list", from(3, &[(2, 40)]), "only the list \"L1\" has persons; at least two lists must"),
        ("no overlap", from(3, &[(1, 40), (2, 30), (4, 5)]), "no person is in more than one list"),
    ];
    for (what, table, words) in cases {
        let refused = refusals(&table);
        assert_eq!(refused.len(), Method::ALL.len(), "{what}");
        assert!(refused.iter().all(|why| why.starts_with(words)), "{what}: {refused:?}");
    }
}

#[test]
fn a_list_that_has_everybody_gives_no_model_its_estimate() {
    let found = all_methods(&from(2, &[(1, 40), (3, 10)]));
    let why = found.estimates[0].refused.as_deref().expect("a refusal");
    assert!(why.contains("no best fit"), "{why}");
}

#[test]
fn a_pair_of_two_lists_is_not_identifiable() {
    let table = from(2, &[(1, 10), (2, 20), (3, 5)]);
    let both = estimate::loglinear::Model::all_pairs(2);
    assert_eq!(estimate::loglinear::fit(&table, both), Err(estimate::loglinear::Refusal::NotIdentifiable));
    // The search by BIC leaves that model out and takes the other.
    close(answer(&table, Method::Bic, &Options::default()).total.expect("a total"), 75.0, 1e-9, "bic");
}

#[test]
fn a_list_without_persons_changes_no_total_and_is_named() {
    let base = table("UKdat_5");
    let mut names = base.lists().to_vec();
    names.insert(2, "nobody".into());
    let shifted = base.counts().map(|(h, n)| (h & 0b11 | (h & !0b11) << 1, n));
    let wider = CaptureTable::from_counts(names, shifted).expect("a valid table");
    for method in QUICK {
        let (a, b) =
            (answer(&base, method, &Options::default()), answer(&wider, method, &Options::default()));
        assert_eq!((a.total, a.interval, a.model), (b.total, b.interval, b.model), "{method}");
        assert_eq!(b.diagnostics["empty_lists"], serde_json::json!(["nobody"]));
    }
}

#[test]
fn sixteen_lists_are_answered_by_every_method_that_need_not_visit_all_graphs() {
    // Every pair overlaps, so nothing is excluded and all 65,535 cells take part.
    let mut counts: Vec<(u32, u64)> = (0..16).map(|i| (1 << i, 200 + 13 * i)).collect();
    for i in 0..16_u32 {
        for j in i + 1..16 {
            counts.push((1 << i | 1 << j, u64::from(3 + (i * 7 + j * 5) % 4)));
        }
    }
    counts.push((0b11, 60));
    let found = all_methods(&from(16, &counts));
    for estimate in &found.estimates {
        // All graphs cannot be visited, nor so many models drawn from, nor methods be mixed; the refusals
        // say so.
        let words = match estimate.method {
            Method::Decomposable => "up to 7 lists",
            Method::BayesLoglinear => "up to 10 lists",
            Method::Combined => "up to 8 lists",
            _ => "",
        };
        assert_eq!(estimate.total.is_none(), !words.is_empty(), "{estimate:?}");
        assert!(words.is_empty() || estimate.refused.as_deref().is_some_and(|why| why.contains(words)));
    }
    assert!(found.estimates[1].model.ends_with("L0:L1") || found.estimates[1].model.contains("L0:L1 "));
}

#[test]
fn sixteen_sparse_lists_are_answered_or_refused() {
    let mut counts: Vec<(u32, u64)> = (0..16).map(|i| (1 << i, 5)).collect();
    counts.extend((0..15).map(|i| (0b11 << i, 1 + u64::from(i % 3 == 0))));
    counts.extend([(0b111, 1), (0b1111_0000_0000, 2)]);
    all_methods(&from(16, &counts));
}

#[test]
fn counts_near_the_limit_of_integers_are_answered() {
    let big = 1_u64 << 55;
    let found =
        all_methods(&from(3, &[(1, big), (2, big / 2), (4, big / 3), (3, big / 9), (5, big / 7), (6, 12)]));
    assert!(found.estimates[0].total.is_some(), "{:?}", found.estimates[0]);
}

#[test]
fn options_out_of_range_are_errors_that_say_what_is_allowed() {
    let table = table("Korea");
    let cases = [
        (Options { level: 1.0, ..Options::default() }, "the option level is 1; use a share between 0 and 1"),
        (Options { level: f64::NAN, ..Options::default() }, "the option level is NaN"),
        (Options { max_order: 4, ..Options::default() }, "the option max_order is 4; use 1"),
        (Options { replicates: 1, ..Options::default() }, "the option replicates is 1; use at least 2"),
        (Options { p_enter: 0.0, ..Options::default() }, "the option p_enter is 0; use a p-value"),
        (Options { delta: Some(0.0), ..Options::default() }, "the option delta is 0; use a weight"),
        (Options { delta: Some(f64::NAN), ..Options::default() }, "the option delta is NaN"),
        (
            Options { interaction_variance: 0.0, ..Options::default() },
            "the option interaction_variance is 0; use a variance",
        ),
    ];
    for (options, words) in cases {
        let error = estimate(&table, &[Method::Main], &options).expect_err("out of range");
        assert!(error.to_string().starts_with(words), "{error}");
        assert!(estimate_groups(&[], Method::Main, &options).is_err());
    }
}

#[test]
fn an_unknown_method_is_an_error_that_names_the_known_ones() {
    let error = "lincoln".parse::<Method>().expect_err("not a method");
    assert_eq!(error, Error::UnknownMethod { name: "lincoln".into() });
    assert_eq!(
        error.to_string(),
        "there is no estimation method \"lincoln\"; the methods are main, stepwise, bic, profile, \
         bic-average, decomposable, bayes-loglinear, chao, sample-coverage, combined"
    );
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
    }
}

#[test]
fn terms_of_three_are_refused_in_words_beyond_ten_lists() {
    let options = Options { max_order: 3, ..Options::default() };
    let mut counts: Vec<(u32, u64)> = (0..11).map(|i| (1 << i, 90)).collect();
    counts.extend((0..11).map(|i| (1 << i | 1 << ((i + 1) % 11), 9)));
    for method in [Method::Stepwise, Method::Bic, Method::Profile] {
        let refused = answer(&from(11, &counts), method, &options).refused.expect("a refusal");
        assert!(refused.starts_with("models with terms of three lists are for up to 10 lists"), "{refused}");
        assert!(answer(&table("Ned"), method, &options).total.is_some());
    }
    // Two and three lists have no three that could be told from the hidden count.
    let two = from(2, &[(1, 10), (2, 20), (3, 5)]);
    close(answer(&two, Method::Bic, &options).total.expect("a total"), 75.0, 1e-9, "two lists");
    let three = answer(&table("CARE1_HAV"), Method::Bic, &options);
    assert_eq!(three.total, answer(&table("CARE1_HAV"), Method::Bic, &Options::default()).total);
}

#[test]
fn order_one_keeps_the_lists_independent() {
    let table = table("Ned_5");
    let options = Options { max_order: 1, ..Options::default() };
    let main = answer(&table, Method::Main, &options);
    for method in [Method::Stepwise, Method::Bic] {
        let found = answer(&table, method, &options);
        assert_eq!((found.total, found.interval), (main.total, main.interval), "{method}");
    }
}
