//! Lists left out, put together, inside others, and known to depend on each other.

mod common;

use common::{QUICK, answer, close, table};
use estimate::decomposable::{Settings, average};
use estimate::{Interval, ListChoice, Method, Options, Pooling, estimate};
use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn with(lists: ListChoice) -> Options {
    Options { lists, replicates: 50, ..Options::default() }
}

fn dependent(a: &str, b: &str) -> Options {
    with(ListChoice { dependent: vec![(a.into(), b.into())], ..ListChoice::default() })
}

#[test]
fn lists_left_out_are_as_if_they_had_never_been_kept() {
    let base = table("Ned_5");
    let names: Vec<String> = base.lists()[1..].to_vec();
    let counts = base.counts().map(|(history, n)| (history >> 1, n)).filter(|(history, _)| *history != 0);
    let rest = CaptureTable::from_counts(names, counts).expect("four lists");
    let options = with(ListChoice { drop: vec![base.lists()[0].clone()], ..ListChoice::default() });
    let found = estimate(&base, &QUICK, &options).expect("valid options");
    let expected = estimate(&rest, &QUICK, &with(ListChoice::default())).expect("valid options");
    assert_eq!((found.detected, &found.lists), (rest.detected(), &expected.lists));
    assert_eq!((&found.estimates, &found.pairs), (&expected.estimates, &expected.pairs));
    assert!(found.notes[0].contains("persons are on no list but those left out"), "{:?}", found.notes);
}

#[test]
fn a_name_that_no_list_has_is_an_error_for_groups_too() {
    let options = dependent("K", "Q");
    let error = estimate(&table("Ned_5"), &[Method::Main], &options).expect_err("no list Q");
    assert!(error.to_string().starts_with("there is no list \"Q\"; the lists are "), "{error}");
    let groups = [(std::collections::BTreeMap::new(), table("Ned_5"))];
    assert_eq!(estimate::estimate_groups(&groups, Method::Main, &options), Err(error.clone()));
    let partial = Options { pooling: Pooling::Partial, ..options };
    let together = estimate::estimate_groups(&groups, Method::Main, &partial).expect_err("no list Q");
    assert!(together.to_string().contains("there is no list \"Q\""), "{together}");
}

#[test]
fn a_pair_known_to_be_dependent_is_in_every_model_and_every_graph() {
    let ned = table("Ned");
    for interval in [Interval::Wald, Interval::Percentile] {
        let options = Options { interval, ..dependent("Z", "K") };
        for method in [Method::Main, Method::Stepwise, Method::Bic, Method::Profile, Method::Decomposable] {
            let found = answer(&ned, method, &options);
            assert!(found.model.contains("K:Z"), "{found:?}");
            for listed in ["best_models", "best_graphs"] {
                let models = found.diagnostics.get(listed).and_then(serde_json::Value::as_array);
                for model in models.into_iter().flatten() {
                    assert!(model["model"].as_str().is_some_and(|model| model.contains("K:Z")), "{model}");
                }
            }
            assert!(!found.diagnostics.contains_key("dependent_note"));
        }
    }
    let found = answer(&ned, Method::Decomposable, &dependent("Z", "K"));
    close(found.diagnostics["pair_probabilities"]["K:Z"].as_f64().expect("a share"), 1.0, 1e-12, "K:Z");
    let found = answer(&ned, Method::Chao, &dependent("Z", "K"));
    assert!(found.diagnostics.contains_key("dependent_note"));
    // Eight lists are searched downhill, and terms of three otherwise again.
    let eight = table("NewOrl");
    let found = answer(&eight, Method::Bic, &dependent(&eight.lists()[0], &eight.lists()[7]));
    assert!(found.model.contains(&format!("{}:{}", eight.lists()[0], eight.lists()[7])), "{found:?}");
    let five = table("Ned_5");
    let pair = (&five.lists()[0], &five.lists()[1]);
    let threes = Options { max_order: 3, ..dependent(pair.0, pair.1) };
    assert!(answer(&five, Method::Bic, &threes).model.contains(&format!("{}:{}", pair.0, pair.1)));
}

#[test]
fn a_pair_that_the_search_takes_anyway_changes_nothing_but_what_is_searched() {
    let ned = table("Ned");
    let (free, forced) =
        (answer(&ned, Method::Bic, &Options::default()), answer(&ned, Method::Bic, &dependent("O", "Z")));
    assert!(free.model.contains("O:Z"));
    assert_eq!((free.total, free.interval, &free.model), (forced.total, forced.interval, &forced.model));
    assert_eq!(free.diagnostics["models_considered"], 1 << 15);
    assert_eq!(forced.diagnostics["models_considered"], 1 << 14);
}

/// Beforehand all graphs are equally likely, so with an edge given the rest keep their ratios.
#[test]
fn graphs_with_a_given_edge_keep_their_ratios() {
    let five = table("UKdat_5");
    let free = average(&five, &Settings::default()).expect("an average");
    let (i, j) = free.best[0].model.pairs().next().expect("an edge");
    let settings = Settings { joined: vec![(j, i)], ..Settings::default() };
    let forced = average(&five, &settings).expect("an average");
    assert!(forced.graphs < free.graphs && forced.graphs > 300, "{}", forced.graphs);
    let mut found = 0;
    for graph in &forced.best {
        assert!(graph.model.contains(i, j));
        if let Some(same) = free.best.iter().find(|other| other.model == graph.model) {
            let ratio = (same.weight / free.best[0].weight) / (graph.weight / forced.best[0].weight);
            close(ratio, 1.0, 1e-9, "ratio");
            close(same.total.expect("a total"), graph.total.expect("a total"), 1e-12, "total");
            found += 1;
        }
    }
    assert!(found >= 3);
}

/// A population of `size`, whose persons `lists` puts on lists.
fn drawn(size: usize, stream: u64, lists: impl Fn(&mut dyn FnMut(f64) -> bool) -> u32) -> CaptureTable {
    let mut random = ChaCha8Rng::seed_from_u64(99);
    random.set_stream(stream);
    let mut chance = |p: f64| (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 <= p;
    let names = ["A", "B", "C", "D"].map(String::from).to_vec();
    let histories = (0..size).map(|_| (lists(&mut chance), 1)).filter(|(history, _)| *history != 0);
    CaptureTable::from_counts(names, histories.collect::<Vec<_>>()).expect("a valid table")
}

/// Share of 300 populations of 2,000 whose interval holds that number; standard error 1.3 points.
fn coverage(method: Method, options: &Options, lists: impl Fn(&mut dyn FnMut(f64) -> bool) -> u32) -> f64 {
    let held = (0..300).filter(|&stream| {
        let found = answer(&drawn(2000, stream, &lists), method, options);
        found.interval.is_some_and(|(low, high)| low <= 2000.0 && 2000.0 <= high)
    });
    held.count() as f64 / 300.0
}

#[test]
fn a_list_inside_another_misleads_and_leaving_it_out_does_not() {
    let lists = |chance: &mut dyn FnMut(f64) -> bool| {
        let (a, b, c) = (chance(0.25), chance(0.2), chance(0.3));
        u32::from(a) | u32::from(b) << 1 | u32::from(c) << 2 | u32::from(a && chance(0.5)) << 3
    };
    let kept = coverage(Method::Main, &Options::default(), lists);
    let options = with(ListChoice { drop_nested: true, ..ListChoice::default() });
    let left_out = coverage(Method::Main, &options, lists);
    assert!(kept < 0.5 && (0.90..=0.99).contains(&left_out), "{kept} {left_out}");
}

#[test]
fn a_referral_that_is_declared_does_not_mislead() {
    // A refers half of its persons to B.
    let lists = |chance: &mut dyn FnMut(f64) -> bool| {
        let (a, c, d) = (chance(0.25), chance(0.3), chance(0.2));
        let b = chance(0.2) || a && chance(0.5);
        u32::from(a) | u32::from(b) << 1 | u32::from(c) << 2 | u32::from(d) << 3
    };
    let unknown = coverage(Method::Main, &Options::default(), lists);
    let declared = coverage(Method::Main, &dependent("A", "B"), lists);
    let pooled = with(ListChoice { pool: vec![vec!["A".into(), "B".into()]], ..ListChoice::default() });
    let pooled = coverage(Method::Main, &pooled, lists);
    assert!(unknown < 0.5, "{unknown}");
    assert!((0.90..=0.99).contains(&declared) && (0.90..=0.99).contains(&pooled), "{declared} {pooled}");
}
