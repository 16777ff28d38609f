//! Tables of which it is not certain which records are of the same person.

mod common;

use std::collections::BTreeMap;

use common::{QUICK, answer, close, table};
use estimate::{
    Estimation, Interval, ListChoice, Method, Options, estimate, estimate_draws, estimate_groups,
    estimate_groups_draws,
};
use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution, Poisson};

fn quick() -> Options {
    Options { replicates: 200, ..Options::default() }
}

fn draws(tables: &[CaptureTable], methods: &[Method], options: &Options) -> Estimation {
    estimate_draws(tables, None, methods, options).expect("valid draws")
}

#[test]
fn draws_that_are_all_the_same_give_the_answer_of_the_one_table() {
    let one = table("Ned_5");
    let same = vec![one.clone(); 25];
    for interval in [Interval::Wald, Interval::Percentile] {
        let options = Options { interval, ..quick() };
        let (found, expected) =
            (draws(&same, &QUICK, &options), estimate(&one, &QUICK, &options).expect("valid options"));
        assert_eq!((found.detected, found.detected_interval), (one.detected(), Some((8234, 8234))));
        for (found, expected) in found.estimates.iter().zip(&expected.estimates) {
            let what = found.method.name();
            assert_eq!((found.model.as_str(), found.converged), (expected.model.as_str(), true), "{what}");
            // Graphs of little weight are left out where there are many tables.
            let tolerance = if found.method == Method::Decomposable { 5e-3 } else { 1e-9 };
            close(found.total.expect(what), expected.total.expect(what), tolerance, what);
            // Limits are read from a spread of 400 values.
            let (a, b) = (found.interval.expect(what), expected.interval.expect(what));
            close(a.0, b.0, 0.01, what);
            close(a.1, b.1, 0.01, what);
            let between = found.diagnostics["variance_between"].as_f64().expect(what);
            assert!(between < 1e-20, "{what}: {between}");
            if let Some(rubin) = found.diagnostics.get("rubin_interval") {
                let wald = answer(&one, found.method, &quick());
                if found.method != Method::Profile {
                    let limits = wald.interval.expect(what);
                    close(rubin[0].as_f64().expect(what), limits.0, 1e-9, what);
                    close(rubin[1].as_f64().expect(what), limits.1, 1e-9, what);
                }
            }
        }
    }
}

/// Lists A and B have records of which it is not certain whether they are of one person. Independent
/// lists see a Poisson population of the size `TRUTH`; everyone in A and B alone leaves a pair of records
/// that might be two persons, and as many pairs of others might be one, in the ratio `MATCH`.
const TRUTH: f64 = 2000.0;
const MATCH: f64 = 2.0 / 3.0;
const POPULATIONS: u64 = 400;

struct Uncertain {
    counts: Vec<(u32, u64)>,
    pairs: u64,
}

impl Uncertain {
    fn new(random: &mut ChaCha8Rng) -> Self {
        let mut poisson = |mean: f64| Poisson::new(mean).expect("a mean").sample(random) as u64;
        let mean = |history: u32| {
            let chances = [0.3, 0.25, 0.2];
            let factor = |(i, p): (usize, &f64)| if history >> i & 1 == 1 { *p } else { 1.0 - p };
            TRUTH * chances.iter().enumerate().map(factor).product::<f64>()
        };
        let alike = mean(3) * (1.0 - MATCH) / MATCH;
        let counts = [4, 5, 6, 7].map(|history| (history, poisson(mean(history))));
        let mut counts = counts.to_vec();
        counts.extend([1, 2].map(|history| (history, poisson(mean(history) - alike))));
        Self { counts, pairs: poisson(mean(3)) + poisson(alike) }
    }

    /// A table from the posterior: each pair is one person with the probability `MATCH`, since matches and
    /// others are Poisson in that ratio.
    fn draw(&self, random: &mut ChaCha8Rng) -> CaptureTable {
        let one = Binomial::new(self.pairs, MATCH).expect("a probability").sample(random);
        let two = self.pairs - one;
        let counts = self.counts.iter().copied().chain([(3, one), (1, two), (2, two)]);
        CaptureTable::from_counts(["A", "B", "C"].map(String::from).to_vec(), counts).expect("a table")
    }
}

#[test]
fn intervals_over_draws_hold_the_truth_and_one_draw_alone_does_not_as_often() {
    let holds =
        |interval: Option<(f64, f64)>| interval.is_some_and(|(low, high)| low <= TRUTH && TRUTH <= high);
    let (mut mixed, mut alone, mut rubin, mut share) = (0.0, 0.0, 0.0, 0.0);
    for stream in 0..POPULATIONS {
        let mut random = ChaCha8Rng::seed_from_u64(31);
        random.set_stream(stream);
        let uncertain = Uncertain::new(&mut random);
        let tables: Vec<CaptureTable> = (0..40).map(|_| uncertain.draw(&mut random)).collect();
        let found = draws(&tables, &[Method::Main], &Options::default()).estimates.remove(0);
        mixed += f64::from(u8::from(holds(found.interval)));
        alone += f64::from(u8::from(holds(answer(&tables[0], Method::Main, &Options::default()).interval)));
        let limits = &found.diagnostics["rubin_interval"];
        rubin += f64::from(u8::from(holds(limits[0].as_f64().zip(limits[1].as_f64()))));
        share += found.diagnostics["linkage_share"].as_f64().expect("a share") / POPULATIONS as f64;
    }
    let [mixed, alone, rubin] = [mixed, alone, rubin].map(|held| held / POPULATIONS as f64);
    // A standard error of 1.1 points. Counts of A and of B alone vary together, which no interval knows.
    assert!((0.91..=0.985).contains(&mixed), "{mixed}");
    assert!((0.91..=0.985).contains(&rubin), "{rubin}");
    assert!(alone < mixed - 0.04, "{alone} {mixed}");
    assert!((0.1..0.5).contains(&share), "{share}");
}

fn some(count: usize) -> Vec<CaptureTable> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let uncertain = Uncertain::new(&mut random);
    (0..count).map(|_| uncertain.draw(&mut random)).collect()
}

#[test]
fn the_order_of_the_draws_does_not_matter() {
    let tables = some(30);
    let reversed: Vec<CaptureTable> = tables.iter().rev().cloned().collect();
    let options = Options { interval: Interval::Bca, ..quick() };
    let (found, turned) = (draws(&tables, &QUICK, &options), draws(&reversed, &QUICK, &options));
    assert_eq!(found, turned);
    assert!(found.estimates.iter().all(|e| e.total.is_some() && e.interval.is_some()), "{found:?}");
    let (low, high) = found.detected_interval.expect("an interval");
    assert!(low < found.detected && found.detected < high);
    assert_eq!(found.estimates[0].diagnostics["draws"], 30);
}

#[test]
fn more_doubt_about_links_gives_a_wider_interval_and_a_larger_share() {
    let tables = some(60);
    let mean: Vec<CaptureTable> = vec![tables[0].clone(); 60];
    let width = |found: &Estimation| {
        let (low, high) = found.estimates[0].interval.expect("an interval");
        high / low
    };
    let (sure, unsure) = (draws(&mean, &[Method::Main], &quick()), draws(&tables, &[Method::Main], &quick()));
    assert!(width(&unsure) > width(&sure), "{} {}", width(&unsure), width(&sure));
    let spread = unsure.estimates[0].spread.as_ref().expect("a spread");
    let (low, high) = unsure.estimates[0].interval.expect("an interval");
    close(unsure.detected as f64 + spread.quantile(0.025), low, 0.01, "low");
    close(unsure.detected as f64 + spread.quantile(0.975), high, 0.01, "high");
}

#[test]
fn draws_without_answer_are_counted_and_too_many_are_a_refusal() {
    let apart =
        CaptureTable::from_counts(["A", "B", "C"].map(String::from).to_vec(), [(1, 500), (2, 400), (4, 300)])
            .expect("a table");
    let mixed = |bad: usize| {
        let mut tables = some(40);
        tables[..bad].fill(apart.clone());
        draws(&tables, &[Method::Main], &quick()).estimates.remove(0)
    };
    let (none, few, some, many) = (mixed(0), mixed(1), mixed(4), mixed(5));
    assert_eq!(few.diagnostics["draws_refused"], 1);
    assert!(few.interval.expect("an interval").1 > none.interval.expect("an interval").1);
    // A tenth without an answer puts a twentieth beyond every limit.
    assert!(some.total.is_some() && some.interval.is_none(), "{some:?}");
    let why = many.refused.as_deref().expect("a refusal");
    assert!(why.starts_with("no answer for 12 % of the draws: no person is in more than one list"), "{why}");
    let all = draws(&vec![apart; 7], &QUICK, &quick());
    for estimate in &all.estimates {
        let why = estimate.refused.as_deref().expect("a refusal");
        assert!(why.starts_with("no person is in more than one list"), "{why}");
    }
}

#[test]
fn draws_that_do_not_belong_together_are_an_error() {
    let fails = |tables: &[CaptureTable], options: &Options, words: &str| {
        let error = estimate_draws(tables, None, &[Method::Main], options).expect_err("no estimation");
        assert!(error.to_string().starts_with(words), "{error}");
    };
    fails(&[], &quick(), "there are no draws to estimate from");
    fails(&[table("Ned"), table("Ned_5")], &quick(), "all draws need the same lists in the same order");
    fails(&some(2), &Options { level: 2.0, ..quick() }, "the option level is 2");
    let drop = ListChoice { drop: vec!["Q".into()], ..ListChoice::default() };
    fails(&some(2), &Options { lists: drop, ..quick() }, "there is no list \"Q\"");
    let point = table("Ned");
    let error = estimate_draws(&some(3), Some(&point), &[Method::Main], &quick()).expect_err("other lists");
    assert!(error.to_string().contains("I, K, O, P, R, Z are expected, and draw 1 has A, B, C"), "{error}");
}

#[test]
fn the_point_table_gives_the_number_detected_the_pairs_and_the_sensitivity() {
    let tables = some(20);
    let options = Options {
        sensitivity: true,
        lists: ListChoice { dependent: vec![("A".into(), "C".into())], ..ListChoice::default() },
        ..quick()
    };
    let methods = [Method::Main, Method::Bic];
    let found = estimate_draws(&tables, Some(&tables[3]), &methods, &options).expect("valid draws");
    let point = estimate(&tables[3], &methods, &options).expect("valid options");
    assert_eq!(found.detected, tables[3].detected());
    assert_eq!((&found.pairs, &found.sensitivity), (&point.pairs, &point.sensitivity));
    assert!(found.estimates.iter().all(|estimate| estimate.model.contains("A:C")));
    assert!(!found.sensitivity.is_empty());
}

#[test]
fn groups_have_the_visibility_of_the_mixture() {
    let group = |name: &str| BTreeMap::from([("sex".to_owned(), name.to_owned())]);
    let seen = table("CARE1_HAV");
    let one = [(group("F"), vec![seen.clone(); 30])];
    let found = estimate_groups_draws(&one, Method::Main, &quick()).expect("valid draws").groups;
    let alone = estimate_groups(&[(group("F"), seen)], Method::Main, &quick()).expect("valid options").groups;
    close(found[0].visibility.expect("a share"), alone[0].visibility.expect("a share"), 1e-9, "visibility");
    let (a, b) = (found[0].interval.expect("an interval"), alone[0].interval.expect("an interval"));
    close(a.0, b.0, 0.01, "low");
    close(a.1, b.1, 0.01, "high");
    let nobody = CaptureTable::new(["A", "B", "C"].map(String::from).to_vec()).expect("three lists");
    let groups =
        [(group("F"), some(30)), (group("M"), some(60)[30..].to_vec()), (group("X"), vec![nobody; 30])];
    let found = estimate_groups_draws(&groups, Method::Main, &quick()).expect("valid draws").groups;
    let sum: f64 = found.iter().filter_map(|group| group.probability_least_visible).sum();
    close(sum, 1.0, 1e-9, "probabilities");
    assert!(found[2].estimate.refused.is_some() && found[2].probability_least_visible.is_none());
    for group in &found[..2] {
        let (low, high) = group.interval.expect("an interval");
        assert!(0.0 < low && group.visibility.is_some_and(|v| low < v && v < high) && high < 1.0);
    }
}
