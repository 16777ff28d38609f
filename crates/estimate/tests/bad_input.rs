//! Tables from which little or nothing can be learned: a refusal in words or a result, never
//! a panic, never hours.

mod common;

use std::collections::BTreeMap;

use common::{QUICK, answer, close, from, table};
use estimate::{
    Error, Estimation, ListChoice, Method, Options, estimate, estimate_draws, estimate_groups,
    group_sensitivity,
};
use model::CaptureTable;
use proptest::prelude::*;

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
            // A bounded search, and so many lists to go through.
            Method::LatentClass => "did not converge",
            Method::Decomposable => "averaged over for up to 10 lists",
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
         bic-average, decomposable, bayes-loglinear, latent-class, chao, sample-coverage, combined"
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

#[test]
fn methods_that_need_three_lists_say_so_of_two() {
    let found = all_methods(&from(2, &[(1, 30), (2, 20), (3, 5)]));
    for method in [Method::Decomposable, Method::SampleCoverage] {
        let estimate = found.estimates.iter().find(|e| e.method == method).expect("an estimate");
        let why = estimate.refused.as_deref().expect("a refusal");
        assert!(why.contains("needs at least three lists"), "{why}");
    }
    let others = found.estimates.iter().filter(|e| e.refused.is_none()).count();
    assert!(others >= 4, "the others answer");
}

#[test]
fn a_list_inside_another_is_named_and_every_method_answers_or_refuses() {
    // L2 lies in L0; L3 has the same persons as L2.
    let found = all_methods(&from(4, &[(1, 300), (2, 400), (3, 60), (13, 20), (15, 5)]));
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].starts_with("all 25 persons of the list \"L2\" are on the list \"L0\" too"));
    let drop_nested = ListChoice { drop_nested: true, ..ListChoice::default() };
    let options = Options { lists: drop_nested, ..Options::default() };
    let table = from(4, &[(1, 300), (2, 400), (3, 60), (13, 20), (15, 5)]);
    let without = estimate(&table, &[Method::Main], &options).expect("valid options");
    assert_eq!((without.lists.len(), without.detected), (2, found.detected));
    close(without.estimates[0].total.expect("a total"), 385.0 * 465.0 / 65.0, 1e-9, "two lists");
}

#[test]
fn more_lists_than_can_be_used_are_an_error_that_says_how_many() {
    let names = (0..40).map(|i| format!("L{i}")).collect();
    let error = CaptureTable::from_counts(names, [(3, 10)]).expect_err("too many");
    assert!(error.to_string().contains("40 lists were given; between 2 and 16 can be used"), "{error}");
}

#[test]
fn strata_without_data_are_refused_and_the_others_are_not() {
    let code = |code: &str| BTreeMap::from([("year".to_owned(), code.to_owned())]);
    let groups = [
        (code("2020"), from(3, &[])),
        (code("2021"), table("CARE1_HAV")),
        (code("2022"), from(3, &[(1, 4), (2, 3)])),
        (code("2023"), from(3, &[(5, 7)])),
    ];
    for method in QUICK {
        let found = estimate_groups(&groups, method, &Options::default()).expect("valid options").groups;
        assert!(found[1].visibility.is_some(), "{method}");
        for (at, words) in
            [(0, "there are no persons in the table"), (2, "no person is in more than one list")]
        {
            let why = found[at].estimate.refused.as_deref().expect("a refusal");
            assert!(why.starts_with(words) && found[at].visibility.is_none(), "{method}: {why}");
        }
        let all_on_both = &found[3].estimate;
        assert_ne!(all_on_both.total.is_some(), all_on_both.refused.is_some(), "{method}");
    }
    let options = Options::default();
    let counts = groups.iter().flat_map(|(_, table)| table.counts()).collect::<Vec<_>>();
    let whole = estimate(&from(3, &counts), &[Method::Bic], &options).expect("valid options");
    let names: Vec<_> = groups.iter().map(|(codes, table)| (codes.clone(), renamed(table))).collect();
    let rows = group_sensitivity(&names, &whole.estimates, &options).expect("valid options");
    assert_eq!(rows.len(), 4);
    assert!(rows[1].refused.is_some() || rows[1].total.is_some());
}

fn renamed(table: &CaptureTable) -> CaptureTable {
    from(3, &table.counts().collect::<Vec<_>>())
}

#[test]
fn sensitivity_of_tables_that_say_little_ends_without_panic() {
    let options = Options { sensitivity: true, replicates: 50, ..Options::default() };
    let sixteen: Vec<(u32, u64)> =
        (0..16).map(|i| (1 << i, 5)).chain((0..15).map(|i| (0b11 << i, 1))).collect();
    let tables = [
        from(3, &[]),
        from(3, &[(2, 40)]),
        from(3, &[(1, 40), (2, 30), (4, 5)]),
        from(3, &[(7, 9)]),
        from(3, &[(3, 9), (4, 1)]),
        from(4, &[(1, 3), (3, 1), (12, 1)]),
        from(16, &sixteen),
    ];
    for table in &tables {
        let found = estimate(table, &QUICK, &options).expect("valid options");
        for row in &found.sensitivity {
            assert_ne!(row.total.is_some(), row.refused.is_some(), "{row:?}");
            assert!(row.percent.is_none_or(f64::is_finite), "{row:?}");
        }
        serde_json::to_string(&found).expect("plain values");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_small_table_and_any_choice_of_lists_ends_in_numbers_or_words(
        counts in prop::collection::vec(prop_oneof![3 => Just(0_u64), 2 => 1..4_u64, 1 => 4..200_u64], 15),
        drop in prop::collection::vec(0..5_usize, 0..3),
        pool in prop::collection::vec(0..5_usize, 0..4),
        dependent in prop::collection::vec((0..5_usize, 0..5_usize), 0..3),
        drop_nested in any::<bool>(),
    ) {
        let counts: Vec<(u32, u64)> = counts.iter().enumerate().map(|(i, &n)| (i as u32 + 1, n)).collect();
        let name = |i: &usize| format!("L{i}");
        let lists = ListChoice {
            drop: drop.iter().map(name).collect(),
            pool: if pool.is_empty() { Vec::new() } else { vec![pool.iter().map(name).collect()] },
            drop_nested,
            dependent: dependent.iter().map(|(a, b)| (name(a), name(b))).collect(),
        };
        let options = Options { lists, sensitivity: true, replicates: 20, ..Options::default() };
        let table = from(4, &counts);
        match estimate(&table, &[Method::Main, Method::Bic, Method::Stepwise, Method::Chao], &options) {
            Ok(found) => {
                prop_assert!(found.detected <= table.detected());
                let drawn = estimate_draws(&[table.clone(), table], None, &[Method::Bic], &options);
                let drawn = drawn.expect("the same choice").estimates.remove(0);
                prop_assert_eq!(drawn.refused.is_some(), found.estimates[1].refused.is_some());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
