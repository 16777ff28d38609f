//! Averages over decomposable graphs: against sums of every term, laws, and what is refused.
//! The values of the package `dga` are compared in `reference.rs`.

mod common;

use common::{answer, close, from, pairs_relabelled, relabelled, table, tables};
use estimate::decomposable::{Average, Prior, Refusal, Settings, average};
use estimate::{Method, Options};
use model::CaptureTable;
use proptest::prelude::*;

fn with(table: &CaptureTable, delta: f64, prior: Prior, most: Option<u64>) -> Average {
    let settings =
        Settings { delta: Some(delta), prior, hidden: most.map(|most| 0..=most), ..Settings::default() };
    average(table, &settings).expect("an average")
}

const QUANTILES: [f64; 7] = [0.01, 0.025, 0.25, 0.5, 0.75, 0.975, 0.99];

/// With so much weight on the cells the tails are short, and a long enough sum of every term is
/// all there is.
#[test]
fn sums_at_a_few_points_equal_sums_of_every_term() {
    for (name, delta, most) in [
        ("Korea", 1.0, 2_000_000),
        ("CARE1_HAV", 1.0, 2_000_000),
        ("CARE1_Diabetes", 0.5, 400_000),
        ("MSETools_Australia", 0.5, 400_000),
        ("CARE1_Congenital", 0.5, 30_000),
        ("NewOrl_5", 0.5, 30_000),
    ] {
        let table = table(name);
        for prior in Prior::ALL {
            let (few, every) = (with(&table, delta, prior, None), with(&table, delta, prior, Some(most)));
            let what = |of: &str| format!("{name}, delta {delta}, prior {prior}: {of}");
            close(few.mean.expect("a mean"), every.mean.expect("a mean"), 1e-10, &what("mean"));
            for p in QUANTILES {
                assert_eq!(few.quantile(p), every.quantile(p), "{}", what("quantile"));
            }
            for (a, b) in few.best.iter().zip(&every.best) {
                // Graphs that are equally likely may change places.
                assert!((a.weight / b.weight - 1.0).abs() < 1e-9, "{} {a:?} {b:?}", what("weight"));
                if a.model == b.model {
                    assert_eq!(a.total, b.total, "{} {a:?}", what("total of a graph"));
                }
            }
            for (a, b) in few.pairs.iter().zip(&every.pairs) {
                close(*a, *b, 1e-10, &what("probability of a pair"));
            }
        }
    }
}

/// In the tail two graphs are left, since nobody is on the second and third list alone: the one that
/// joins all lists, which with δ = 1/8 falls with the power 7/8, and the one without that pair,
/// which falls with the power 1. That goes on far beyond any range one could sum.
#[test]
fn tails_are_powers_of_the_total() {
    let found = average(&table("Korea"), &Settings::default()).expect("an average");
    let slow = |total: f64| found.at_least(total) * total.powf(0.875);
    let share = (10_f64.powf(-1.5) - 1e-2) / (1e-1 - 1e-2);
    close(slow(1e12) / (slow(1e16) + share * (slow(1e8) - slow(1e16))), 1.0, 1e-6, "tail");
    assert_eq!(found.mean, None, "a tail of that power has no mean");
    // A graph's sum by hand: three lists all joined, prior 1/N, the rest constant.
    let all = found.best.iter().find(|graph| graph.model.pair_count() == 3).expect("the complete graph");
    let term = |u: f64| {
        use statrs::function::gamma::ln_gamma;
        (ln_gamma(u + 0.125) - ln_gamma(u + 1.0) + ln_gamma(u + 124.0)
            - ln_gamma(u + 124.0)
            - (u + 123.0).ln())
        .exp()
    };
    let most = 4_000_000_u32;
    let sum: f64 = (0..most).map(|u| term(f64::from(u))).sum();
    let sum = sum + f64::from(most) * term(f64::from(most)) / 0.875;
    let mut below = 0.0;
    let median = (0..most).map(f64::from).find(|&u| {
        below += term(u);
        below >= sum / 2.0
    });
    assert_eq!(all.total, median.map(|u| u + 123.0));
}

/// A range that ends where little mass seems to be left may end before a peak. For this table the
/// package was called with up to 60,000 hidden; other graphs have their peak at twice that.
#[test]
fn peaks_beyond_a_range_are_found() {
    let table = table("Ned_5");
    let over = |hidden| average(&table, &Settings { hidden, ..Settings::default() }).expect("an average");
    let (all, long, short) = (over(None), over(Some(0..=400_000)), over(Some(1..=60_000)));
    let within = 1.0 - all.at_least(8_234.0 + 400_001.0);
    assert!(within > 0.99, "{within}");
    for p in [0.025, 0.5, 0.9, 0.975] {
        assert_eq!(all.quantile(p * within), long.quantile(p), "{p}, {within}");
    }
    assert_eq!(short.quantile(0.975), Some(55_430.0));
    assert!(all.quantile(0.975) > Some(200_000.0), "{:?}", all.quantile(0.975));
}

#[test]
fn the_sensitivity_to_the_prior_is_part_of_the_answer() {
    let found = answer(&table("UKdat_5"), Method::Decomposable, &Options::default());
    let sensitivity = found.diagnostics["sensitivity"].as_array().expect("a list");
    assert_eq!(sensitivity.len(), 6);
    let first = &sensitivity[0];
    assert_eq!((first["delta"].as_f64(), first["prior"].as_str()), (Some(1.0 / 32.0), Some("1/N")));
    assert_eq!(first["total"].as_f64(), found.total);
    let deltas: Vec<f64> = sensitivity.iter().filter_map(|row| row["delta"].as_f64()).collect();
    assert_eq!(deltas, [2.0, 2.0, 1.0, 1.0, 4.0, 4.0].map(|halves| halves / 64.0));
    // A uniform total has no posterior with δ = 1/32 or less, and the row says so.
    for row in sensitivity {
        assert_ne!(row["total"].is_null(), row["refused"].is_null(), "{row}");
        let heavy = row["prior"] == "uniform" && row["delta"].as_f64() < Some(1.0 / 31.0);
        assert_eq!(row["total"].is_null(), heavy, "{row}");
    }
    assert!(found.diagnostics["best_graphs"].as_array().is_some_and(|best| best.len() == 10));
    assert_eq!(found.diagnostics["graphs"], 822);
    assert!(!found.diagnostics.contains_key("sensitivity_note"), "{:?}", found.diagnostics);
    // With δ from 1/4 to 1 the graph that joins all lists wins, which says nothing of the hidden.
    let options = Options { delta: Some(0.125), ..Options::default() };
    let found = answer(&table("UKdat_5"), Method::Decomposable, &options);
    assert!(found.diagnostics.contains_key("sensitivity_note"), "{:?}", found.diagnostics);
    let options = Options { delta: Some(0.5), ..Options::default() };
    let found = answer(&table("UKdat_5"), Method::Decomposable, &options);
    assert!(found.diagnostics.contains_key("weight_note"), "{:?}", found.diagnostics);
}

#[test]
fn what_cannot_be_averaged_is_refused_in_words() {
    let two = from(2, &[(1, 10), (2, 20), (3, 5)]);
    assert_eq!(average(&two, &Settings::default()).err(), Some(Refusal::FewLists));
    let refused = answer(&two, Method::Decomposable, &Options::default()).refused;
    assert!(refused.is_some_and(|why| why.contains("at least three lists")));

    assert_eq!(average(&from(3, &[]), &Settings::default()).err(), Some(Refusal::Nobody));

    let eleven: Vec<(u32, u64)> = (0..11).map(|i| (1 << i, 5)).chain([(0b11, 2)]).collect();
    let eleven = average(&from(11, &eleven), &Settings::default()).err();
    assert_eq!(eleven, Some(Refusal::ManyLists { lists: 11 }));

    let uniform = Settings { prior: Prior::Uniform, ..Settings::default() };
    let why = average(&table("Korea"), &uniform).expect_err("no finite sum").to_string();
    assert!(why.contains("no finite sum") && why.contains("delta above 0.1429"), "{why}");
    for pair in [(0, 9), (1, 1)] {
        let beyond = Settings { joined: vec![pair], ..Settings::default() };
        let refused = average(&table("Ned_5"), &beyond).expect_err("no such pair");
        assert!(refused.to_string().contains("are not a pair of lists"), "{refused}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "that is the case")]
    let empty = Settings { hidden: Some(5..=4), ..Settings::default() };
    assert_eq!(average(&table("Korea"), &empty).err(), Some(Refusal::EmptyRange));

    let many = from(3, &[(1, 1 << 40), (2, 5), (4, 5), (3, 5)]);
    assert_eq!(average(&many, &Settings::default()).err(), Some(Refusal::ManyPersons));
}

/// Where maximum likelihood has no estimate a prior still gives one.
#[test]
fn nested_lists_and_lists_that_share_nobody_are_answered() {
    for counts in [
        // All of the first list are on the second.
        vec![(2, 40), (3, 12), (4, 30), (6, 5), (7, 3)],
        // The third shares nobody with the others.
        vec![(1, 40), (2, 25), (3, 12), (4, 30)],
        // Everybody is on all.
        vec![(7, 25)],
        vec![(1, 1), (2, 1), (4, 1), (3, 1)],
    ] {
        let table = from(3, &counts);
        let found = answer(&table, Method::Decomposable, &Options::default());
        let (total, (low, high)) = (found.total.expect("a total"), found.interval.expect("an interval"));
        assert!(table.detected() as f64 <= low && low <= total && total <= high, "{found:?}");
    }
}

/// Counts far beyond those of any register, with narrow posteriors.
#[test]
fn large_tables_keep_their_digits() {
    // Three independent lists with shares of 30, 20 and 10 % of fifty million.
    let share = |history: u32| -> f64 {
        let chances = [0.3, 0.2, 0.1];
        chances.iter().enumerate().map(|(i, p)| if history >> i & 1 == 1 { *p } else { 1.0 - p }).product()
    };
    let counts: Vec<(u32, u64)> = (1..8).map(|h| (h, (5e7 * share(h)).round() as u64)).collect();
    let found = with(&from(3, &counts), 0.125, Prior::InverseTotal, None);
    assert_eq!(found.best[0].model.pair_count(), 0, "{:?}", found.best);
    close(found.quantile(0.5).expect("a median"), 5e7, 1e-5, "median");
    let (low, high) = (found.quantile(0.025).expect("a limit"), found.quantile(0.975).expect("a limit"));
    // Three pairs tell of the total: about 1/√(N·0.11) of it, twice 1.96.
    assert!((high - low) / 5e7 < 0.003 && high > low, "{low} to {high}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Names and their order carry no information.
    #[test]
    fn relabelling_the_lists_changes_nothing(table in tables(3..=5), turn in 1..4_usize, delta in 0.02..1.5_f64) {
        prop_assume!(table.detected() > 0);
        let (other, places) = relabelled(&table, turn);
        let (a, b) = (
            with(&table, delta, Prior::InverseTotal, None),
            with(&other, delta, Prior::InverseTotal, None),
        );
        for p in QUANTILES {
            let (a, b) = (a.quantile(p).expect("within reach"), b.quantile(p).expect("within reach"));
            // Sums in another order may fall on the other side of a quantile.
            prop_assert!((a - b).abs() <= 1.0_f64.max(1e-9 * a), "{p}: {a} {b}");
        }
        prop_assert!((a.untold - b.untold).abs() < 1e-9);
        for (a, b) in a.best.iter().zip(&b.best) {
            prop_assert!((a.weight / b.weight - 1.0).abs() < 1e-7, "{a:?} {b:?}");
        }
        for (q, other) in pairs_relabelled(&places).into_iter().enumerate() {
            prop_assert!((a.pairs[q] - b.pairs[other]).abs() < 1e-8);
        }
    }
}

#[test]
fn the_spread_is_the_posterior() {
    for name in ["UKdat_5", "Ned_5", "Korea"] {
        let (table, options) = (table(name), Options::default());
        let spread = answer(&table, Method::Decomposable, &options).spread.expect("a spread");
        let exact = average(&table, &Settings::default()).expect("an average");
        for p in [0.025, 0.25, 0.5, 0.75, 0.975] {
            let (found, expected) =
                (spread.quantile(p), exact.quantile(p).expect("a quantile") - table.detected() as f64);
            // Even between seams, and whole persons in the one and not in the other.
            assert!((found - expected).abs() < 0.01 * expected + 1.0, "{name} {p}: {found} {expected}");
        }
    }
}

/// Everything that is published of an average, to the last bit.
fn told(found: &Average) -> impl PartialEq + std::fmt::Debug + use<> {
    let quantiles = QUANTILES.map(|p| found.quantile(p));
    (found.chains, found.graphs, found.best.clone(), found.pairs.clone(), found.untold, quantiles)
}

/// Eight lists have thirty million graphs.
#[test]
fn eight_lists_are_answered_by_chains_whatever_the_number_of_threads() {
    let table = table("NewOrl");
    let with = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let settings = Settings { seed, ..Settings::default() };
        pool.install(|| average(&table, &settings).expect("chains that agree"))
    };
    let (one, three, other) = (with(1, 1), with(3, 1), with(2, 2));
    assert_eq!(told(&one), told(&three));
    let chains = one.chains.expect("chains");
    assert!(chains.r_hat < 1.01 && chains.ess_bulk > 400.0 && chains.ess_tail > 400.0, "{chains:?}");
    // Another seed moves the total by no more than the error that is told.
    let (median, again) = (one.quantile(0.5).expect("a median"), other.quantile(0.5).expect("a median"));
    let error = chains.median_error.hypot(other.chains.expect("chains").median_error);
    assert_ne!(told(&one), told(&other), "another seed draws other graphs");
    assert!((median - again).abs() < 5.0 * error, "{median} {again} {error}");
    for (a, b) in one.pairs.iter().zip(&other.pairs) {
        assert!((a - b).abs() < 0.08, "{a} {b}");
    }
}

#[test]
fn chains_tell_how_they_agree_and_what_the_prior_does() {
    let found = answer(&table("NewOrl"), Method::Decomposable, &Options::default());
    assert_eq!(found.diagnostics["chains"], 8);
    assert!(found.diagnostics["r_hat"].as_f64() < Some(1.01));
    assert!(found.diagnostics["ess_tail"].as_f64() > Some(400.0));
    let sensitivity = found.diagnostics["sensitivity"].as_array().expect("a list");
    assert_eq!(sensitivity.len(), 6);
    for row in sensitivity {
        // A uniform total has no posterior with δ = 1/256 or less.
        let heavy = row["prior"] == "uniform" && row["delta"].as_f64() < Some(1.0 / 255.0);
        assert_eq!(row["total"].is_null(), heavy, "{row}");
    }
    let totals: Vec<f64> = sensitivity.iter().filter_map(|row| row["total"].as_f64()).collect();
    // The more weight on every cell the fewer are hidden, and a uniform total is a larger one.
    assert!(totals[0] > totals[2] && totals[3] > totals[2], "{totals:?}");
}

/// Lists that must be joined are so in every graph drawn; eight known ties in a ring leave no graph without others.
#[test]
fn chains_keep_the_pairs_that_are_asked_for() {
    let joined: Vec<(usize, usize)> = (0..8).map(|i| (i, (i + 1) % 8)).collect();
    let settings = Settings { joined: joined.clone(), ..Settings::default() };
    let found = average(&table("NewOrl"), &settings).expect("chains that agree");
    let places: Vec<(usize, usize)> = (0..8).flat_map(|i| (i + 1..8).map(move |j| (i, j))).collect();
    for (p, (i, j)) in found.pairs.iter().zip(places) {
        let asked = joined.contains(&(i, j)) || joined.contains(&(j, i));
        assert!(!asked || (p - 1.0).abs() < 1e-9, "{i} {j}: {p}");
    }
    // A ring of eight needs five chords.
    assert!(found.best.iter().all(|graph| graph.model.pair_count() >= 13), "{:?}", found.best);
}

/// Ten lists, hardly any overlap: answered or refused, and not for ever.
#[test]
fn ten_sparse_lists_come_to_an_end() {
    let mut counts: Vec<(u32, u64)> = (0..10).map(|i| (1 << i, 5 + 3 * i)).collect();
    counts.extend((0..9).map(|i| (0b11 << i, 1 + u64::from(i % 3 == 0))));
    counts.push((0b111, 1));
    match average(&from(10, &counts), &Settings::default()) {
        Ok(found) => assert!(found.quantile(0.025) < found.quantile(0.975), "{:?}", found.chains),
        Err(why) => assert!(why.to_string().contains("did not converge"), "{why}"),
    }
}
