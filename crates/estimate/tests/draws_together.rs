//! Groups fitted together where it is not certain which records are of the same person.

use std::collections::BTreeMap;

use estimate::{Group, ListChoice, Method, Options, Pooling, estimate_groups, estimate_groups_draws};
use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution, Poisson};
use rayon::prelude::*;

type Codes = BTreeMap<String, String>;
type Drawn = Vec<(Codes, Vec<CaptureTable>)>;

/// Sizes of the groups, and how much better than the others the lists see each.
const SIZES: [f64; 4] = [500.0, 700.0, 900.0, 1500.0];
const BETTER: [f64; 4] = [1.2, 0.9, 1.1, 0.7];
/// Of two records on the lists A and B that look alike, the probability that they are of one person.
const MATCH: f64 = 0.5;

fn partial() -> Options {
    Options { pooling: Pooling::Partial, replicates: 200, ..Options::default() }
}

fn seeded(stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(77);
    random.set_stream(stream);
    random
}

fn code(group: usize) -> Codes {
    BTreeMap::from([("form".to_owned(), group.to_string())])
}

fn table(counts: impl IntoIterator<Item = (u32, u64)>) -> CaptureTable {
    CaptureTable::from_counts(["A", "B", "C"].map(String::from).to_vec(), counts).expect("a table")
}

/// Draws of the groups of one population. Independent lists see a Poisson number of persons. Everyone on
/// A and B alone leaves two records that might be of two persons, and as many pairs of others might be of one,
/// in the ratio of `MATCH`; a draw decides on each pair.
fn population(stream: u64, draws: usize) -> Drawn {
    let random = &mut seeded(stream);
    (0..SIZES.len())
        .map(|g| {
            let mut poisson = |mean: f64| Poisson::new(mean).expect("a mean").sample(random) as u64;
            let chances = [0.3, 0.25, 0.2].map(|chance| chance * BETTER[g]);
            let mean = |history: u32| {
                let factor = |(i, p): (usize, &f64)| if history >> i & 1 == 1 { *p } else { 1.0 - p };
                SIZES[g] * chances.iter().enumerate().map(factor).product::<f64>()
            };
            let alike = mean(3) * (1.0 - MATCH) / MATCH;
            let mut counts = [4, 5, 6, 7].map(|history| (history, poisson(mean(history)))).to_vec();
            counts.extend([1, 2].map(|history| (history, poisson(mean(history) - alike))));
            let pairs = poisson(mean(3)) + poisson(alike);
            let tables = (0..draws).map(|_| {
                let one = Binomial::new(pairs, MATCH).expect("a probability").sample(random);
                table(counts.iter().copied().chain([(3, one), (1, pairs - one), (2, pairs - one)]))
            });
            (code(g), tables.collect())
        })
        .collect()
}

fn holds(interval: Option<(f64, f64)>, size: f64) -> f64 {
    f64::from(u8::from(interval.is_some_and(|(low, high)| low <= size && size <= high)))
}

/// Measured with 24 populations and 20 draws: the intervals of 94.8 % of the groups hold their size, of one draw
/// 88.5 %; of the whole all, of one draw 22.
#[test]
fn intervals_over_joint_fits_hold_the_truth_and_those_of_one_draw_do_not_as_often() {
    const POPULATIONS: u64 = 20;
    let of_one: Vec<[f64; 4]> = (0..POPULATIONS)
        .into_par_iter()
        .map(|stream| {
            let drawn = population(stream, 10);
            let mixed = estimate_groups_draws(&drawn, Method::Main, &partial()).expect("valid draws");
            let first: Vec<(Codes, CaptureTable)> =
                drawn.iter().map(|(codes, tables)| (codes.clone(), tables[0].clone())).collect();
            let alone = estimate_groups(&first, Method::Main, &partial()).expect("valid options");
            let held = |groups: &[Group]| {
                let sizes = groups.iter().zip(SIZES);
                sizes.map(|(group, size)| holds(group.estimate.interval, size)).sum::<f64>() / 4.0
            };
            let whole = |margins: &[estimate::Margin]| {
                holds(margins.first().map(|margin| margin.total_interval), SIZES.iter().sum())
            };
            [held(&mixed.groups), held(&alone.groups), whole(&mixed.margins), whole(&alone.margins)]
        })
        .collect();
    let [groups, groups_alone, whole, whole_alone] =
        std::array::from_fn(|i| of_one.iter().map(|row| row[i]).sum::<f64>() / POPULATIONS as f64);
    println!(
        "held: groups {groups:.3}, of one draw {groups_alone:.3}; the whole {whole:.3}, of one draw {whole_alone:.3}"
    );
    // 80 groups at 95 %: a standard error of 2.4 points; 20 wholes: of 4.9.
    assert!(groups >= 0.87 && groups > groups_alone, "{groups} {groups_alone}");
    assert!(whole >= 0.80 && whole >= whole_alone, "{whole} {whole_alone}");
}

#[test]
fn draws_that_are_all_the_same_give_the_joint_fit_of_the_one() {
    let drawn = population(1, 1);
    let same: Drawn =
        drawn.iter().map(|(codes, tables)| (codes.clone(), vec![tables[0].clone(); 30])).collect();
    let one: Vec<(Codes, CaptureTable)> =
        drawn.into_iter().map(|(codes, mut tables)| (codes, tables.remove(0))).collect();
    let options = partial();
    let mixed = estimate_groups_draws(&same, Method::Bic, &options).expect("valid draws");
    let alone = estimate_groups(&one, Method::Bic, &options).expect("valid options");
    let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.01, "{a} {b}");
    for (mixed, alone) in mixed.groups.iter().zip(&alone.groups) {
        assert_eq!(mixed.detected, alone.detected);
        assert_eq!(mixed.estimate.model, alone.estimate.model);
        assert_eq!(mixed.estimate.diagnostics["different_tables"], 1);
        assert_eq!(mixed.estimate.total, alone.estimate.total);
        for (a, b) in [(mixed.estimate.interval, alone.estimate.interval), (mixed.interval, alone.interval)] {
            let (a, b) = (a.expect("an interval"), b.expect("an interval"));
            near(a.0, b.0);
            near(a.1, b.1);
        }
        for (a, b) in mixed.rank_probabilities.iter().zip(&alone.rank_probabilities) {
            // 2,000 of the 3,200 draws.
            assert!((a - b).abs() < 0.03, "{a} {b}");
        }
    }
    for (mixed, alone) in mixed.margins.iter().zip(&alone.margins) {
        assert_eq!((&mixed.codes, mixed.detected), (&alone.codes, alone.detected));
        near(mixed.total, alone.total);
        near(mixed.visibility, alone.visibility);
    }
    assert_eq!((mixed.margins.len(), mixed.contrasts.len()), (5, 6));
}

#[test]
fn margins_over_draws_add_up_and_the_order_of_the_draws_does_not_matter() {
    let drawn = population(2, 10);
    let turned: Drawn =
        drawn.iter().map(|(codes, tables)| (codes.clone(), tables.iter().rev().cloned().collect())).collect();
    let found = estimate_groups_draws(&drawn, Method::Main, &partial()).expect("valid draws");
    assert_eq!(found, estimate_groups_draws(&turned, Method::Main, &partial()).expect("valid draws"));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| estimate_groups_draws(&drawn, Method::Main, &partial()).expect("valid draws"))
    };
    assert_eq!(on(1), found);
    let (whole, parts) = found.margins.split_first().expect("margins");
    let sum: f64 = parts.iter().map(|part| part.total_mean).sum();
    assert!((sum / whole.total_mean - 1.0).abs() < 1e-9, "{sum} {}", whole.total_mean);
    let detected: u64 = parts.iter().map(|part| part.detected).sum();
    // Means over the draws, each rounded.
    assert!(detected.abs_diff(whole.detected) <= 2, "{detected} {}", whole.detected);
    let ranks: f64 = found.groups.iter().filter_map(|group| group.probability_least_visible).sum();
    assert!((ranks - 1.0).abs() < 1e-9, "{ranks}");
}

#[test]
fn what_draws_are_of_groups_that_cannot_be_fitted_together_is_said() {
    let drawn = population(3, 20);
    let with = |change: &dyn Fn(&mut Drawn)| {
        let mut drawn = drawn.clone();
        change(&mut drawn);
        estimate_groups_draws(&drawn, Method::Main, &partial())
    };
    let error = with(&|drawn| drawn[1].1.truncate(5)).expect_err("draws are missing").to_string();
    assert!(error.contains("20 are expected") && error.contains("form=1 has 5"), "{error}");
    let error = with(&|drawn| drawn.iter_mut().for_each(|(_, tables)| tables.clear())).expect_err("no draws");
    assert!(error.to_string().contains("no draws"), "{error}");
    let error = estimate_groups_draws(&drawn, Method::Chao, &partial()).expect_err("no joint form");
    assert!(error.to_string().contains("main (independent lists) or bic"), "{error}");

    // In one draw of twenty nobody is on two lists: an answer with less said; in five there is none.
    let apart = |count: usize| {
        move |drawn: &mut Drawn| {
            for (_, tables) in drawn.iter_mut() {
                tables[..count].fill(table([(1, 50), (2, 40), (4, 30)]));
            }
        }
    };
    let few = with(&apart(1)).expect("valid draws");
    assert!(few.groups.iter().all(|group| group.estimate.total.is_some()));
    assert_eq!(few.groups[0].estimate.diagnostics["draws_refused"], 1);
    assert!(few.margins.is_empty(), "a sum is not known for every draw");
    let many = with(&apart(5)).expect("valid draws");
    for group in &many.groups {
        let why = group.estimate.refused.as_ref().expect("refused");
        assert!(why.contains("25 % of the draws") && why.contains("more than one list"), "{why}");
        assert!(group.probability_least_visible.is_none());
    }
    assert!(many.least_visible.is_none());
}

#[test]
fn dependent_lists_are_in_the_model_of_every_draw() {
    let lists = ListChoice { dependent: vec![("A".into(), "C".into())], ..ListChoice::default() };
    let options = Options { lists, ..partial() };
    let found = estimate_groups_draws(&population(4, 5), Method::Bic, &options).expect("valid draws");
    for group in &found.groups {
        let models = group.estimate.diagnostics["models"].as_array().expect("models");
        assert!(models.iter().all(|model| model["model"].as_str().is_some_and(|m| m.contains("A:C"))));
    }
}
