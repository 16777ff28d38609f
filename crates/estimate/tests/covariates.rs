//! Populations of known size in which lists find some persons more easily than others.

use std::collections::BTreeMap;

use estimate::covariates::{CovariateEstimation, CovariateTable, estimate_covariates};
use estimate::{Method, Options, estimate};
use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// A person: what is recorded of him or her, and the chance of each list to have the person.
struct Person {
    codes: Vec<(&'static str, String)>,
    chances: Vec<f64>,
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What the lists see of `size` persons: by codes, which may depend on the history.
fn observe(
    size: usize,
    stream: u64,
    mut person: impl FnMut(&mut ChaCha8Rng) -> Person,
    record: impl Fn(u32, &str, &str) -> bool,
) -> (CovariateTable, CaptureTable) {
    let mut random = ChaCha8Rng::seed_from_u64(7_301);
    random.set_stream(stream);
    let mut counts: BTreeMap<BTreeMap<String, String>, BTreeMap<u32, u64>> = BTreeMap::new();
    let mut lists = 0;
    for _ in 0..size {
        let Person { codes, chances } = person(&mut random);
        lists = chances.len();
        let mut history = 0_u32;
        for (i, chance) in chances.iter().enumerate() {
            let u: f64 = StandardUniform.sample(&mut random);
            history |= u32::from(u < *chance) << i;
        }
        if history == 0 {
            continue;
        }
        let known = codes.into_iter().map(|(name, code)| {
            let code = if record(history, name, &code) { code } else { String::new() };
            (name.to_owned(), code)
        });
        *counts.entry(known.collect()).or_default().entry(history).or_insert(0) += 1;
    }
    let names: Vec<String> = (0..lists).map(|i| format!("L{i}")).collect();
    let groups: Vec<_> = counts
        .into_iter()
        .map(|(codes, counts)| (codes, CaptureTable::from_counts(names.clone(), counts).expect("a table")))
        .collect();
    let all = groups.iter().flat_map(|(_, table)| table.counts());
    let whole = CaptureTable::from_counts(names.clone(), all).expect("a table");
    (CovariateTable::from_groups(&groups).expect("a table"), whole)
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    StandardUniform.sample(random)
}

fn code(random: &mut ChaCha8Rng, shares: &[f64]) -> usize {
    let u = uniform(random);
    let mut sum = 0.0;
    shares
        .iter()
        .position(|share| {
            sum += share;
            u < sum
        })
        .unwrap_or(shares.len() - 1)
}

/// Two covariates that move the chances of three lists in opposite directions.
fn person(random: &mut ChaCha8Rng) -> Person {
    let sex = code(random, &[0.6, 0.4]);
    let form = code(random, if sex == 0 { &[0.7, 0.2, 0.1] } else { &[0.2, 0.5, 0.3] });
    let (s, f) = (sex as f64, form as f64);
    Person {
        codes: vec![("sex", ["F", "M"][sex].into()), ("form", ["sexual", "labour", "other"][form].into())],
        chances: vec![
            logistic(-1.6 + 0.9 * f),
            logistic(-0.4 - 1.2 * f - 0.5 * s),
            logistic(-1.5 + 0.7 * s - 0.3 * f),
        ],
    }
}

const SIZE: usize = 3000;
/// 95 % nominal; 200 replicates have a standard error of 1.5 points, and 3.3 of them make 5.
const REPLICATES: u64 = 200;
const NOMINAL: std::ops::RangeInclusive<f64> = 0.90..=1.0;

fn held(interval: Option<(f64, f64)>) -> bool {
    interval.is_some_and(|(low, high)| low <= SIZE as f64 && SIZE as f64 <= high)
}

fn run(table: &CovariateTable) -> CovariateEstimation {
    estimate_covariates(table, &Options::default()).expect("valid options")
}

#[test]
fn covariates_take_away_the_bias_of_persons_who_differ() {
    let (mut with, mut without, mut pairs) = (0, 0, [0; 3]);
    let (mut mean, mut pooled) = (0.0, [0.0; 3]);
    for stream in 0..REPLICATES {
        let (table, whole) = observe(SIZE, stream, person, |_, _, _| true);
        let plain = estimate(&whole, &[Method::Main], &Options::default()).expect("valid options");
        without += u32::from(held(plain.estimates[0].interval));
        let found = run(&table);
        with += u32::from(held(found.loglinear.interval));
        mean += found.loglinear.total.expect("a total") / REPLICATES as f64;
        for (place, pair) in found.doubly_robust.iter().enumerate() {
            pairs[place] += u32::from(held(pair.interval));
            pooled[place] +=
                pair.diagnostics["lincoln_petersen"].as_f64().expect("a number") / REPLICATES as f64;
        }
    }
    let share = |n: u32| f64::from(n) / REPLICATES as f64;
    println!(
        "log-linear {} mean {mean:.0}, doubly robust {:?}, without covariates {} and Lincoln–Petersen {pooled:.0?}",
        share(with),
        pairs.map(share),
        share(without)
    );
    assert!(NOMINAL.contains(&share(with)), "{}", share(with));
    assert!((mean / SIZE as f64 - 1.0).abs() < 0.02, "{mean}");
    for (place, pair) in pairs.into_iter().enumerate() {
        assert!(NOMINAL.contains(&share(pair)), "{place}: {}", share(pair));
    }
    assert!(share(without) < 0.5, "{}", share(without));
    assert!(pooled[0] > 1.2 * SIZE as f64, "lists 0 and 1 keep each other out: {pooled:?}");
}

/// The form is known of those on list 0 only; the sex is lost for one person in ten.
#[test]
fn a_covariate_that_one_list_alone_records_still_counts() {
    let record = |history: u32, name: &str, _: &str| name != "form" || history & 1 == 1;
    let (mut kept, mut mean, mut labour) = (0, 0.0, 0.0);
    let mut least = f64::INFINITY;
    for stream in 0..REPLICATES {
        let mut lost = 0;
        let lose = |random: &mut ChaCha8Rng| {
            let mut person = person(random);
            // The form changes list 1, but not list 0, which alone records it.
            person.chances[0] = 0.3;
            person.chances[2] = if person.codes[0].1 == "M" { 0.31 } else { 0.18 };
            lost += 1;
            if lost % 10 == 0 {
                person.codes[0].1 = String::new();
            }
            person
        };
        let (table, _) = observe(SIZE, stream, lose, record);
        let found = run(&table).loglinear;
        kept += u32::from(held(found.interval));
        mean += found.total.expect("a total") / REPLICATES as f64;
        let group = found.groups.iter().find(|g| g.codes.get("form").is_some_and(|f| f == "labour"));
        let group = group.expect("the form has groups");
        labour += group.total / REPLICATES as f64;
        least = least.min(group.detected / group.detected_known);
    }
    let share = f64::from(kept) / REPLICATES as f64;
    println!("coverage {share}, mean {mean:.0}, labour {labour:.0}, shared out at least {least:.2}");
    assert!(NOMINAL.contains(&share), "{share}");
    assert!((mean / SIZE as f64 - 1.0).abs() < 0.03, "{mean}");
    // 0.6·0.2 + 0.4·0.5 = 32 % of the persons.
    assert!((labour / (0.32 * SIZE as f64) - 1.0).abs() < 0.06, "{labour}");
    assert!(least > 1.3, "most of those with a form got it from the model: {least}");
}

/// The design of the first example in the documentation of `drpop` 0.0.3: three normal covariates of mean
/// 2, of which e^(x/2) is recorded. There, with 3,000 persons and generalised additive models, the captured
/// are 80 % of them, and with three ways to learn the probabilities the standard error of the total is between
/// 41 and 50; here covariates are rounded to two digits.
#[test]
fn quantities_are_taken_as_they_are() {
    let mut deviations = Vec::new();
    let mut kept = 0;
    for stream in 0..12 {
        let person = |random: &mut ChaCha8Rng| {
            let x: Vec<f64> = (0..3)
                .map(|_| {
                    let z: f64 = StandardNormal.sample(random);
                    2.0 + z
                })
                .collect();
            let sum: f64 = x.iter().sum();
            Person {
                codes: ["a", "b", "c"]
                    .into_iter()
                    .zip(x.iter().map(|x| format!("{:.2}", (x / 2.0).exp())))
                    .collect(),
                chances: vec![logistic(3.0 * -0.6 + 0.4 * sum), logistic(3.0 * -0.6 + 0.3 * sum)],
            }
        };
        let (table, _) = observe(SIZE, stream, person, |_, _, _| true);
        assert!(table.covariates().iter().all(estimate::covariates::Covariate::is_numeric));
        let found = run(&table).doubly_robust.remove(0);
        let number = |name: &str| found.diagnostics[name].as_f64().expect("a number");
        kept += u32::from(held(found.interval));
        deviations.push((
            found.total.expect("a total"),
            number("standard_error"),
            number("capture_probability"),
        ));
    }
    let n = deviations.len() as f64;
    let mean = deviations.iter().map(|d| d.0).sum::<f64>() / n;
    let error = deviations.iter().map(|d| d.1).sum::<f64>() / n;
    let captured = deviations.iter().map(|d| d.2).sum::<f64>() / n;
    println!("mean {mean:.0}, standard error {error:.1}, captured {captured:.3}, held {kept} of {n}");
    assert!((mean / SIZE as f64 - 1.0).abs() < 0.02, "{mean}");
    assert!((40.0..65.0).contains(&error), "{error}");
    assert!((0.78..0.82).contains(&captured), "{captured}");
    assert!(kept >= 9, "{kept} of 12; fewer than 9 are expected once in 4,000 trials");
}

#[test]
fn answers_are_the_same_on_any_number_of_threads() {
    let (table, _) = observe(SIZE, 0, person, |_, _, _| true);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| run(&table))
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let other = Options { seed: 2, ..Options::default() };
    let again = estimate_covariates(&table, &other).expect("valid options");
    assert_ne!(one.doubly_robust[0].total, again.doubly_robust[0].total);
    assert_eq!(one.loglinear, again.loglinear);
}
