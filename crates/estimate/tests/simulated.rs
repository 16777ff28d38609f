//! Populations of known size: do the intervals hold the truth as often as they say?

use estimate::bayes::{Settings, average};
use estimate::{Interval, Method, Options, estimate, estimate_groups};
use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution, StandardNormal};
use std::collections::BTreeMap;

/// A population in which list `i` has each person with log-odds `lists[i]`, and pairs of lists
/// draw each other in.
struct Population {
    size: u64,
    lists: Vec<f64>,
    pairs: Vec<(usize, usize, f64)>,
}

impl Population {
    /// Share of each history, the one of those never seen (0) included.
    fn shares(&self) -> Vec<f64> {
        let weight = |history: usize| -> f64 {
            let has = |i: usize| history >> i & 1 == 1;
            let lists: f64 = self.lists.iter().enumerate().filter(|(i, _)| has(*i)).map(|(_, x)| x).sum();
            let pairs: f64 =
                self.pairs.iter().filter(|(i, j, _)| has(*i) && has(*j)).map(|(_, _, x)| x).sum();
            (lists + pairs).exp()
        };
        let weights: Vec<f64> = (0..1 << self.lists.len()).map(weight).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / total).collect()
    }

    /// What the lists see of it in replicate `stream`.
    fn draw(&self, stream: u64) -> CaptureTable {
        let mut random = ChaCha8Rng::seed_from_u64(20_251);
        random.set_stream(stream);
        let (mut left, mut mass) = (self.size, 1.0);
        let names = (0..self.lists.len()).map(|i| format!("L{i}")).collect();
        let mut table = CaptureTable::new(names).expect("valid lists");
        for (history, share) in self.shares().into_iter().enumerate().skip(1) {
            let chance = (share / mass).clamp(0.0, 1.0);
            let drawn = Binomial::new(left, chance).expect("a probability").sample(&mut random);
            left -= drawn;
            mass -= share;
            table.add(history as u32, drawn).expect("a valid history");
        }
        table
    }
}

/// Share of replicates whose interval holds the size of the population.
fn coverage(population: &Population, method: Method, max_order: usize, replicates: u64) -> f64 {
    coverage_with(population, method, replicates, &Options { max_order, ..Options::default() })
}

fn coverage_with(population: &Population, method: Method, replicates: u64, options: &Options) -> f64 {
    let truth = population.size as f64;
    let held = (0..replicates)
        .filter(|&stream| {
            let found = estimate(&population.draw(stream), &[method], options).expect("valid options");
            found.estimates[0].interval.is_some_and(|(low, high)| low <= truth && truth <= high)
        })
        .count();
    held as f64 / replicates as f64
}

/// 95 % nominal; 600 replicates have a standard error of 0.9 points, and 3.5 of them make 3.1.
const REPLICATES: u64 = 600;
const NOMINAL: std::ops::RangeInclusive<f64> = 0.919..=0.981;

fn independent() -> Population {
    Population { size: 1500, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: Vec::new() }
}

#[test]
fn intervals_of_main_hold_the_truth_nineteen_times_in_twenty() {
    let share = coverage(&independent(), Method::Main, 2, REPLICATES);
    assert!(NOMINAL.contains(&share), "{share}");
}

#[test]
fn intervals_of_chao_hold_the_truth_when_the_bound_is_sharp() {
    let share = coverage(&independent(), Method::Chao, 2, REPLICATES);
    assert!(NOMINAL.contains(&share), "{share}");
}

#[test]
fn intervals_of_profile_hold_the_truth_when_the_model_is_given() {
    let share = coverage(&independent(), Method::Profile, 1, REPLICATES);
    assert!(NOMINAL.contains(&share), "{share}");
}

#[test]
fn intervals_of_profile_hold_the_truth_when_bic_must_find_the_dependence() {
    // So strong a dependence among so many persons is found nearly always; pairs that BIC
    // takes in by chance cost a few points of coverage.
    let population = Population { size: 6000, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: vec![(0, 2, 1.4)] };
    let share = coverage(&population, Method::Profile, 2, REPLICATES);
    assert!((0.88..=0.981).contains(&share), "{share}");
    // Taking the lists for independent misses the truth nearly always.
    let naive = coverage(&population, Method::Main, 2, REPLICATES);
    assert!(naive < 0.05, "{naive}");
}

/// A dependence that BIC finds in some tables and overlooks in others: an interval that takes the
/// model for given is then too short, and one that chooses it again each time is not as short.
#[test]
fn intervals_with_the_choice_repeated_hold_the_truth_more_often() {
    let population = Population { size: 2000, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: vec![(0, 2, 0.5)] };
    for method in [Method::Bic, Method::Stepwise] {
        let share = |interval| {
            let options = Options { interval, replicates: 200, ..Options::default() };
            coverage_with(&population, method, 200, &options)
        };
        let (wald, percentile, bca, studentised) = (
            share(Interval::Wald),
            share(Interval::Percentile),
            share(Interval::Bca),
            share(Interval::Studentised),
        );
        println!("{method}: wald {wald} percentile {percentile} bca {bca} studentised {studentised}");
        // 200 tables have a standard error of 1.5 points, and four of them make 6.2.
        assert!(percentile > wald && percentile > 0.888, "{method}: {wald} {percentile}");
        assert!(bca > wald && bca > 0.888, "{method}: {wald} {bca}");
        // Where the model jumps, a larger replicate has a larger standard error too, and the limits turn to
        // the other side: this one gains less (0.875 for bic, 0.715 for stepwise as run).
        assert!(studentised > wald, "{method}: {wald} {studentised}");
    }
}

#[test]
fn studentised_intervals_hold_the_truth_when_the_model_is_given() {
    let options =
        Options { interval: Interval::Studentised, max_order: 1, replicates: 400, ..Options::default() };
    let share = coverage_with(&independent(), Method::Stepwise, REPLICATES, &options);
    println!("studentised, order 1: {share}");
    assert!(NOMINAL.contains(&share), "{share}");
}

/// The same population, and one whose lists are independent: an average over models by BIC knows that the
/// model was chosen.
#[test]
fn intervals_of_the_average_by_bic_hold_the_truth_when_the_dependence_is_easily_overlooked() {
    let population = Population { size: 2000, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: vec![(0, 2, 0.5)] };
    let wald = coverage(&population, Method::Bic, 2, 300);
    let share = coverage(&population, Method::Average, 2, 300);
    println!("dependent: bic {wald} bic-average {share}");
    // 300 tables have a standard error of 1.3 points, and four of them make 5.
    assert!(share > wald && share > 0.90, "{wald} {share}");
    let share = coverage(&independent(), Method::Average, 2, 300);
    println!("independent: bic-average {share}");
    assert!((0.90..=1.0).contains(&share), "{share}");
}

/// Fewer populations, since each takes three sums over the graphs; 200 have a standard error of
/// 1.5 points.
const AVERAGED: u64 = 200;

#[test]
fn intervals_of_the_average_hold_the_truth_when_lists_are_independent() {
    let share = coverage(&independent(), Method::Decomposable, 2, AVERAGED);
    assert!((0.90..=1.0).contains(&share), "{share}");
}

#[test]
fn intervals_of_the_average_hold_the_truth_when_two_lists_draw_each_other_in() {
    let population = Population { size: 6000, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: vec![(0, 2, 1.4)] };
    let share = coverage(&population, Method::Decomposable, 2, AVERAGED);
    assert!((0.90..=1.0).contains(&share), "{share}");
}

/// Share of populations whose size the posterior of log-linear models holds, and the median ratio of the
/// ends of its interval.
fn bayes_coverage(population: impl Fn(u64) -> Population, replicates: u64) -> (f64, f64) {
    let mut held = 0;
    let mut widths = Vec::new();
    for stream in 0..replicates {
        let population = population(stream);
        let found = average(&population.draw(stream), &Settings::default()).expect("an average");
        let (low, high) = (found.quantile(0.025), found.quantile(0.975));
        held += u64::from((low..=high).contains(&(population.size as f64)));
        widths.push(high / low);
    }
    widths.sort_by(f64::total_cmp);
    (held as f64 / replicates as f64, widths[widths.len() / 2])
}

/// Where each pair is in with probability 1/2 and a normal log odds ratio, the interval holds the truth
/// as often as it says. 200 populations have a standard error of 1.5 points, and three of them make 4.6.
#[test]
fn the_posterior_of_log_linear_models_is_calibrated_under_its_prior() {
    let drawn = |stream: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(77);
        random.set_stream(stream);
        let mut pairs = Vec::new();
        for (i, j) in (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j))) {
            let (coin, value): (f64, f64) =
                (StandardNormal.sample(&mut random), StandardNormal.sample(&mut random));
            if coin > 0.0 {
                pairs.push((i, j, value));
            }
        }
        Population { size: 2000, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs }
    };
    let (share, width) = bayes_coverage(drawn, 200);
    assert!((0.904..=0.996).contains(&share), "{share} {width}");
}

#[test]
fn the_posterior_of_log_linear_models_holds_the_truth_of_given_dependence() {
    let four =
        |size, pairs: &[_]| Population { size, lists: vec![-1.2, -1.8, -1.5, -2.2], pairs: pairs.to_vec() };
    let scenarios = [
        ("independent", four(1500, &[])),
        ("strong", four(6000, &[(0, 2, 1.4)])),
        ("weak", four(2000, &[(0, 2, 0.5)])),
        ("of both signs", four(3000, &[(0, 1, -1.5), (2, 3, 1.0)])),
        // As in the table of the United Kingdom.
        (
            "sparse",
            Population {
                size: 10_000,
                lists: vec![-4.6, -2.9, -2.2, -2.5, -3.3],
                pairs: vec![(0, 1, 1.5), (1, 4, -2.9), (2, 4, -1.2), (0, 2, 0.9), (3, 4, -1.2), (1, 3, -0.6)],
            },
        ),
    ];
    for (name, truth) in scenarios {
        let given =
            |_| Population { size: truth.size, lists: truth.lists.clone(), pairs: truth.pairs.clone() };
        let (share, width) = bayes_coverage(given, 100);
        // 100 populations have a standard error of 2.2 points; three of them below 95 %.
        assert!(share >= 0.884, "{name}: {share}, ratio of the ends {width}");
    }
}

#[test]
fn the_least_visible_group_is_found_with_a_probability_that_means_something() {
    let group = |name: &str| BTreeMap::from([("form".to_owned(), name.to_owned())]);
    let draw = |lists: [f64; 3], stream| {
        Population { size: 2000, lists: lists.to_vec(), pairs: Vec::new() }.draw(stream)
    };
    let seen = [-0.5, -0.7, -1.0];
    let unseen = [-2.0, -1.9, -2.2];
    let nobody = CaptureTable::new(vec!["A".into(), "B".into(), "C".into()]).expect("three lists");
    let groups = [
        (group("seen"), draw(seen, 1)),
        (group("unseen"), draw(unseen, 2)),
        (group("nobody"), nobody),
        (group("unseen too"), draw(unseen, 3)),
    ];
    let found = estimate_groups(&groups, Method::Main, &Options::default()).expect("valid options").groups;
    let probability: Vec<Option<f64>> = found.iter().map(|g| g.probability_least_visible).collect();
    assert_eq!(probability[2], None, "a refused group stays listed and takes no part");
    assert!(found[2].estimate.refused.is_some() && found[2].visibility.is_none());
    let sum: f64 = probability.iter().flatten().sum();
    assert!((sum - 1.0).abs() < 1e-12, "{probability:?}");
    assert_eq!(probability[0], Some(0.0));
    for group in found.iter().filter(|g| g.visibility.is_some()) {
        let (visibility, (low, high)) =
            (group.visibility.expect("a share"), group.interval.expect("an interval"));
        assert!(0.0 < low && low <= visibility && visibility <= high && high <= 1.0);
    }
    // Groups that are the same but for chance: neither is certain to be the least visible.
    let alike = [probability[1].expect("a share"), probability[3].expect("a share")];
    assert!(alike.iter().all(|p| (0.001..0.999).contains(p)), "{alike:?}");
}
