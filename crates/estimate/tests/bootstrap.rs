//! Intervals with the choice of the model repeated in each replicate: against the packages that
//! make them, and the promises that hold for every table.

mod common;

use common::{QUICK, answer, close, table};
use estimate::{Interval, Method, Options, estimate};
use model::CaptureTable;

/// Limits of other programs are one draw each from what their generator may give. Ours for this
/// many seeds tell how such draws spread.
const SEEDS: u64 = 12;

/// How far the draw of another program may lie from the mean of ours, in standard deviations of a
/// single draw (over the seeds). It is a draw of the same kind, so its distance has the variance
/// s²·(1 + 1/seeds); a t variable of 11 degrees is beyond 4 once in 500 times.
const DEVIATIONS: f64 = 4.0;

fn bootstrap(interval: Interval, level: f64, replicates: usize, seed: u64) -> Options {
    Options { interval, level, replicates, seed, ..Options::default() }
}

/// Compares the limits of a two-sided interval at `level` with `expected`.
#[track_caller]
fn check(data_set: &str, method: Method, level: f64, replicates: usize, expected: &[(f64, f64)]) {
    check_order(2, data_set, method, level, replicates, expected);
}

#[track_caller]
fn check_order(
    max_order: usize,
    data_set: &str,
    method: Method,
    level: f64,
    replicates: usize,
    expected: &[(f64, f64)],
) {
    let table = table(data_set);
    let limits: Vec<(f64, f64)> = (1..=SEEDS)
        .map(|seed| {
            let options = Options { max_order, ..bootstrap(Interval::Bca, level, replicates, seed) };
            let found = answer(&table, method, &options);
            found.interval.unwrap_or_else(|| panic!("{data_set} {method}: {:?}", found.diagnostics))
        })
        .collect();
    let (low, high): (Vec<f64>, Vec<f64>) = limits.into_iter().unzip();
    for theirs in expected {
        compare(&format!("{data_set} {method} {level} lower limit"), &low, theirs.0);
        compare(&format!("{data_set} {method} {level} upper limit"), &high, theirs.1);
    }
}

/// Whether one draw of another program may come from where ours, one a seed, come from.
#[track_caller]
fn compare(what: &str, ours: &[f64], theirs: f64) {
    let seeds = ours.len() as f64;
    let mean = ours.iter().sum::<f64>() / seeds;
    let variance = ours.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (seeds - 1.0);
    // The packages print 9 digits of searches that end at 1e-8 of the deviance.
    let allowed = DEVIATIONS * (variance * (1.0 + 1.0 / seeds)).sqrt() + 1e-6 * theirs;
    println!("{what}: ours {mean:.1} ± {:.1}, theirs {theirs:.1}", variance.sqrt());
    assert!(
        (mean - theirs).abs() <= allowed,
        "{what}: {mean} ± {} but the reference is {theirs}",
        variance.sqrt()
    );
}

/// `SparseMSE` 2.0.1, `estimatepopulation(z, nboot=1000, pthresh=0.02, iseed=1234)$BCaquantiles`.
#[test]
fn stepwise_limits_are_those_of_sparsemse() {
    let check = |data_set, level, expected| check(data_set, Method::Stepwise, level, 1000, &[expected]);
    check("UKdat_5", 0.95, (8_784.779_91, 14_700.549_16));
    check("UKdat_5", 0.8, (9_623.856_95, 12_531.138_51));
    check("Korea", 0.95, (123.341_516, 440.346_306));
    check("Korea", 0.8, (214.167_367, 394.623_719));
}

/// The same with `nboot=100`, so with 100 replicates here too.
#[test]
fn stepwise_limits_of_a_hundred_replicates_are_those_of_sparsemse() {
    let check = |data_set, level, expected| check(data_set, Method::Stepwise, level, 100, &[expected]);
    check("UKdat_5", 0.95, (9_565.681_51, 15_478.418_92));
    check("UKdat_5", 0.8, (10_175.648_08, 12_884.246_28));
    check("Ned_5", 0.95, (45_321.002_6, 157_681.685_8));
    check("Ned_5", 0.8, (104_675.588_6, 156_169.642_1));
    check("NewOrl_5_sparsemse201", 0.95, (601.008_878, 1_836.069_114));
    check("NewOrl_5_sparsemse201", 0.8, (601.008_878, 1_295.799_192));
}

/// Chan, Silverman and Vincent (2021): New Orleans, eight lists, 717 to 1,657.
#[test]
fn stepwise_limits_of_new_orleans_are_those_published() {
    check("NewOrl_sparsemse201", Method::Stepwise, 0.95, 1000, &[(717.0, 1_657.0)]);
}

/// `MultipleSystemsEstimation` 1.2.0, `estimate_population_bic(z, nboot=1000, iseed=1234)`, all six
/// models that have an estimate. Silverman, Chan and Vincent (2024), Table 6, print 128 to 349.
#[test]
fn bic_limits_of_korea_are_those_of_multiplesystemsestimation() {
    check("Korea", Method::Bic, 0.95, 1000, &[(128.312_281, 349.714_389)]);
    check("Korea", Method::Bic, 0.8, 1000, &[(135.0, 290.5)]);
}

/// First `MultipleSystemsEstimation` 1.2.0, `estimate_population_bic(z, nboot=1000, maxorder=2,
/// ntopmodels=100, iseed=1234)`: it chooses among the 100 models that are best for the table itself,
/// we among all 1,024. Then Silverman, Chan and Vincent (2024), Table 6: all models with pairs.
#[test]
fn bic_limits_over_pairs_are_those_of_multiplesystemsestimation_and_those_published() {
    check("UKdat_5", Method::Bic, 0.95, 1000, &[(11_723.003_7, 43_894.080_3), (11_456.0, 43_894.0)]);
    check("UKdat_5", Method::Bic, 0.8, 1000, &[(12_982.911_4, 38_660.724_8)]);
    check("NewOrl_5", Method::Bic, 0.95, 1000, &[(397.0, 1_505.0)]);
}

/// The same Table 6, models of any order. Ours have no term of four lists; such models are seldom the
/// best, and the limits show no difference.
#[test]
fn bic_limits_with_terms_of_three_are_those_published() {
    check_order(3, "UKdat_5", Method::Bic, 0.95, 1000, &[(11_168.0, 56_052.0)]);
}

/// Medians of the replicates, which need neither the bias nor the acceleration. `SparseMSE` 2.0.1,
/// `median(estimatepopulation(z, nboot, pthresh=0.02, iseed=1234)$bootreps)`.
#[test]
fn medians_of_replicates_are_those_of_sparsemse() {
    for (data_set, replicates, expected) in [
        ("UKdat_5", 1000, 11_974.726_2),
        ("Korea", 1000, 249.0),
        ("UKdat_5", 100, 11_779.626_4),
        ("Ned_5", 100, 108_470.894),
        ("NewOrl_5_sparsemse201", 100, 1_261.623_09),
    ] {
        let table = table(data_set);
        let medians: Vec<f64> = (1..=SEEDS)
            .map(|seed| {
                let options = bootstrap(Interval::Percentile, 0.95, replicates, seed);
                let found = answer(&table, Method::Stepwise, &options);
                found.diagnostics["replicates_median"].as_f64().expect("a number")
            })
            .collect();
        compare(&format!("{data_set} {replicates} median"), &medians, expected);
    }
}

/// The acceleration has no chance in it. `SparseMSE` 2.0.1, `estimatepopulation(z)$ahat`, printed to ten
/// digits; its fits end at 1e-8 of the deviance, and the acceleration is a ratio of differences of
/// such fits, of which four or five digits are left.
#[test]
fn accelerations_are_those_of_sparsemse() {
    for (data_set, expected) in [
        ("UKdat_5", -0.012_181_081_37),
        ("Ned_5", -0.016_599_977_54),
        ("Korea", -0.028_773_379_85),
        ("NewOrl_5_sparsemse201", -0.055_161_472_51),
    ] {
        let found = answer(&table(data_set), Method::Stepwise, &bootstrap(Interval::Bca, 0.95, 10, 1));
        let acceleration = found.diagnostics["acceleration"].as_f64().expect("a number");
        assert!((acceleration / expected - 1.0).abs() < 1e-4, "{data_set}: {acceleration} but {expected}");
    }
}

#[test]
fn limits_do_not_depend_on_the_number_of_threads() {
    let table = table("UKdat_5");
    let run = |threads: usize, interval| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let options = bootstrap(interval, 0.95, 200, 3);
        let found = pool.install(|| estimate(&table, &QUICK, &options));
        serde_json::to_string(&found.expect("valid options")).expect("plain values")
    };
    for interval in [Interval::Bca, Interval::Studentised] {
        let alone = run(1, interval);
        assert_eq!(alone, run(2, interval));
        assert_eq!(alone, run(5, interval));
    }
}

#[test]
fn only_stepwise_and_bic_take_another_interval_and_no_total_moves() {
    let table = table("UKdat_5");
    let wald = estimate(&table, &QUICK, &bootstrap(Interval::Wald, 0.95, 50, 1)).expect("valid options");
    for interval in [Interval::Percentile, Interval::Bca, Interval::Studentised] {
        let other = estimate(&table, &QUICK, &bootstrap(interval, 0.95, 50, 1)).expect("valid options");
        for (a, b) in wald.estimates.iter().zip(&other.estimates) {
            assert_eq!((a.total, &a.model), (b.total, &b.model));
            let resampled = matches!(a.method, Method::Stepwise | Method::Bic);
            assert_eq!(a.interval != b.interval, resampled, "{}", a.method);
            assert_eq!(b.diagnostics.contains_key("interval_method"), resampled, "{}", a.method);
        }
    }
}

#[test]
fn another_seed_moves_the_limits_and_not_the_acceleration() {
    let table = table("UKdat_5");
    let with = |seed| answer(&table, Method::Bic, &bootstrap(Interval::Bca, 0.95, 50, seed));
    let (a, b) = (with(1), with(2));
    assert_ne!(a.interval, b.interval);
    assert_eq!(a.diagnostics["acceleration"], b.diagnostics["acceleration"]);
}

/// Three persons link the lists. Without them nothing can be told.
#[test]
fn a_table_that_hangs_on_few_persons_has_no_upper_limit_and_says_why() {
    let lists = ["A", "B", "C"].map(String::from).to_vec();
    let table = CaptureTable::from_counts(lists, [(1, 60), (2, 50), (4, 40), (3, 1), (5, 1), (6, 1)])
        .expect("a valid table");
    for method in [Method::Stepwise, Method::Bic] {
        let found = answer(&table, method, &bootstrap(Interval::Percentile, 0.95, 2000, 1));
        assert!(found.total.is_some() && found.interval.is_none(), "{found:?}");
        let without = found.diagnostics["replicates_without_estimate"].as_u64().expect("a number");
        // None of the three is drawn in (1 − 3/153)^153 = 4.8 % of 2000, with a standard deviation of 9.6.
        assert!((without as f64 - 96.7).abs() < 4.0 * 9.6, "{method}: {without}");
        let why = found.diagnostics["upper_limit"].as_str().expect("words");
        assert!(why.starts_with("none: so many replicates have no estimate"), "{why}");
        assert!(found.diagnostics["lower_limit"].is_number());
    }
    let lists = vec!["A".into(), "B".into()];
    let table = CaptureTable::from_counts(lists, [(1, 60), (2, 50), (3, 1)]).expect("a valid table");
    let found = answer(&table, Method::Bic, &bootstrap(Interval::Bca, 0.95, 100, 1));
    let why = found.diagnostics["upper_limit"].as_str().expect("words");
    assert!(found.interval.is_none() && why.contains("without one of the persons"), "{why}");
}

/// With two lists and no choice the total is the closed form n₁·n₂/m, and so are the replicates.
#[test]
fn percentiles_of_two_lists_are_those_of_the_closed_form() {
    let lists = vec!["A".into(), "B".into()];
    let table = CaptureTable::from_counts(lists, [(1, 300), (2, 400), (3, 100)]).expect("a valid table");
    let found = answer(&table, Method::Bic, &bootstrap(Interval::Percentile, 0.9, 4000, 1));
    let (low, high) = found.interval.expect("an interval");
    // ln of the hidden count has the variance of the delta method for a multinomial of fixed size:
    // 1/300 + 1/400 + 1/100 − 1/800·(1 + 1 − 1)².
    let error = (1.0_f64 / 300.0 + 1.0 / 400.0 + 1.0 / 100.0 - 1.0 / 800.0).sqrt();
    let ratio = (1.644_853_626_951_472 * error).exp();
    // 4000 replicates leave an error of 2 % of the distance; the expansion itself one of its square.
    close(low - 800.0, 1200.0 / ratio, 0.03, "lower limit");
    close(high - 800.0, 1200.0 * ratio, 0.03, "upper limit");
}

/// ln of the hidden count varies by the multinomial draw alone, and each replicate's own standard error is
/// that of Poisson counts, √(1/n₁ + 1/n₂ + 1/m), nearly the same in all: the limits are those of the
/// closed form again, and the quantiles of t are as much smaller than those of the normal as the one
/// error is smaller than the other.
#[test]
fn studentised_limits_of_two_lists_are_those_of_the_closed_form() {
    let lists = vec!["A".into(), "B".into()];
    let table = CaptureTable::from_counts(lists, [(1, 300), (2, 400), (3, 100)]).expect("a valid table");
    let found = answer(&table, Method::Stepwise, &bootstrap(Interval::Studentised, 0.9, 4000, 1));
    let (low, high) = found.interval.expect("an interval");
    let poisson = (1.0_f64 / 300.0 + 1.0 / 400.0 + 1.0 / 100.0).sqrt();
    let error = (1.0_f64 / 300.0 + 1.0 / 400.0 + 1.0 / 100.0 - 1.0 / 800.0).sqrt();
    let ratio = (1.644_853_626_951_472 * error).exp();
    close(low - 800.0, 1200.0 / ratio, 0.03, "lower limit");
    close(high - 800.0, 1200.0 * ratio, 0.03, "upper limit");
    let t: Vec<f64> = serde_json::from_value(found.diagnostics["t_quantiles"].clone()).expect("two numbers");
    close(t[1] - t[0], 2.0 * 1.644_853_626_951_472 * error / poisson, 0.06, "t");
    // The limits are what the formula makes of the quantiles of t, the upper one of the lower quantile.
    let own = found.diagnostics["log_hidden_error"].as_f64().expect("a number");
    close(own, poisson, 1e-9, "standard error");
    close(low - 800.0, 1200.0 * (-t[1] * own).exp(), 1e-9, "lower limit");
    close(high - 800.0, 1200.0 * (-t[0] * own).exp(), 1e-9, "upper limit");
}

#[test]
fn studentised_limits_are_refused_in_words_where_too_many_replicates_tell_nothing() {
    let lists = ["A", "B", "C"].map(String::from).to_vec();
    let table = CaptureTable::from_counts(lists, [(1, 60), (2, 50), (4, 40), (3, 1), (5, 1), (6, 1)])
        .expect("a valid table");
    for method in [Method::Stepwise, Method::Bic] {
        let found = answer(&table, method, &bootstrap(Interval::Studentised, 0.95, 1000, 1));
        assert!(found.total.is_some() && found.interval.is_none(), "{found:?}");
        let why = found.diagnostics["upper_limit"].as_str().expect("words");
        assert!(why.starts_with("none: so many replicates have no estimate or no standard error"), "{why}");
        // At a lower level the limits are within those that can be told.
        assert!(answer(&table, method, &bootstrap(Interval::Studentised, 0.8, 1000, 1)).interval.is_some());
    }
}

#[test]
fn an_unknown_interval_is_an_error_that_names_the_known_ones() {
    let error = "bootstrap".parse::<Interval>().expect_err("not an interval");
    assert_eq!(
        error.to_string(),
        "the option interval is bootstrap; use wald, percentile, bca or studentised"
    );
    for interval in Interval::ALL {
        assert_eq!(interval.to_string().parse(), Ok(interval));
    }
}
