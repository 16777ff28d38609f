//! Bayesian averages over log-linear models: against sums over a grid, the package
//! `MultipleSystemsEstimation`, laws, and what is refused.

mod common;

use common::{answer, close, from, pairs_relabelled, relabelled, table, tables};
use estimate::bayes::{Average, Refusal, Settings, average, threshold};
use estimate::{Method, Options};
use model::CaptureTable;
use proptest::prelude::*;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::{gamma_lr, ln_gamma};

/// The posterior under one model of three lists, by sums over a grid.
struct Grid {
    /// Integral of likelihood times prior.
    mass: f64,
    /// Mass at each value of ln A.
    rates: Vec<(f64, f64)>,
    /// The hidden count given A is Poisson with a mean that has a gamma distribution of this shape and
    /// the rate A.
    shape: f64,
}

impl Grid {
    /// Given the parameters of lists 2 and 3 and of the pairs, the means of the cells without list 1 are
    /// exp θ(∅) times their sum A, and those with it exp(θ(∅) + θ(1)) times B. With flat priors both
    /// factors integrate to gamma functions. What is left is summed with steps far below the width of
    /// the integrand, where sums of smooth functions are exact to many digits.
    fn new(counts: &[f64; 8], pairs: [bool; 3], variance: f64) -> Self {
        let margin = |set: usize| (0..8).filter(|c| c & set == set).map(|c| counts[c]).sum::<f64>();
        let (first, shape) = (margin(1), margin(0) - margin(1));
        let constant = ln_gamma(first) + ln_gamma(shape);
        let steps = |low: f64, step: f64, count: u32| (0..count).map(move |i| low + step * f64::from(i));
        let lists: Vec<(f64, f64)> = steps(-7.0, 0.3, 40).map(|x| (x, x.exp())).collect();
        let axis = |in_model: bool| -> Vec<(f64, f64, f64)> {
            if !in_model {
                return vec![(0.0, 1.0, 0.0)];
            }
            let density = |x: f64| {
                -0.5 * x * x / variance - 0.5 * (std::f64::consts::TAU * variance).ln() + 0.4_f64.ln()
            };
            steps(-5.0, 0.4, 26).map(|x| (x, x.exp(), density(x))).collect()
        };
        let [p12, p13, p23] = pairs.map(axis);
        let mut bins = vec![0.0; 4000];
        let mut mass = 0.0;
        for &(x2, e2) in &lists {
            for &(x3, e3) in &lists {
                for &(x23, e23, d23) in &p23 {
                    let rate = e2 + e3 + e2 * e3 * e23;
                    let log_rate = rate.ln();
                    let outer = constant + margin(2) * x2 + margin(4) * x3 + margin(6) * x23 + d23
                        - shape * log_rate
                        + 2.0 * 0.3_f64.ln();
                    let mut here = 0.0;
                    for &(x12, e12, d12) in &p12 {
                        for &(x13, e13, d13) in &p13 {
                            let with = 1.0 + e2 * e12 + e3 * e13 + e2 * e3 * e12 * e13 * e23;
                            here += (outer + margin(3) * x12 + margin(5) * x13 + d12 + d13
                                - first * with.ln())
                            .exp();
                        }
                    }
                    mass += here;
                    let bin = ((log_rate + 20.0) * 100.0).clamp(0.0, 3999.0);
                    bins[bin as usize] += here;
                }
            }
        }
        let rates = bins.iter().enumerate().filter(|(_, mass)| **mass > 0.0);
        let rates = rates.map(|(i, mass)| ((i as f64 + 0.5) / 100.0 - 20.0, *mass)).collect();
        Self { mass, rates, shape }
    }

    /// Mass of the hidden counts up to `hidden`: given A they are negative binomial.
    fn at_most(&self, hidden: f64) -> f64 {
        let below = |log_rate: f64| {
            let rate = log_rate.exp();
            beta_reg(self.shape, hidden + 1.0, rate / (1.0 + rate))
        };
        self.rates.iter().map(|&(log_rate, mass)| mass * below(log_rate)).sum()
    }

    /// Mass of the expected hidden counts up to `hidden`.
    fn expected_at_most(&self, hidden: f64) -> f64 {
        self.rates.iter().map(|&(log_rate, mass)| mass * gamma_lr(self.shape, log_rate.exp() * hidden)).sum()
    }
}

/// Small enough that no normal approximation is good, with an empty overlap.
const TINY: [f64; 8] = [0.0, 12.0, 9.0, 4.0, 7.0, 3.0, 0.0, 1.0];

fn tiny() -> CaptureTable {
    let counts: Vec<(u32, u64)> = (1..8).map(|h| (h, TINY[h as usize] as u64)).collect();
    from(3, &counts)
}

/// Posterior means over several seeds, so that the Monte-Carlo error is small.
fn over_seeds(settings: &Settings, of: impl Fn(&Average) -> Vec<f64>) -> Vec<f64> {
    let mut sums = Vec::new();
    for seed in 1..=SEEDS {
        let found = average(&tiny(), &Settings { seed, ..*settings }).expect("an average");
        let values = of(&found);
        sums.resize(values.len(), 0.0);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / SEEDS as f64);
    }
    sums
}

const SEEDS: u64 = 16;

/// 16 runs of at least 1,500 independent draws have a standard error of 0.0032 at most; four of them.
const CHANCE: f64 = 0.013;

#[test]
fn model_probabilities_and_totals_equal_sums_over_a_grid() {
    for variance in [1.0, 4.0] {
        let grids: Vec<Grid> = (0..8)
            .map(|bits| Grid::new(&TINY, [bits & 1 == 1, bits >> 1 & 1 == 1, bits >> 2 & 1 == 1], variance))
            .collect();
        let mass: f64 = grids.iter().map(|grid| grid.mass).sum();
        let settings = Settings { variance, ..Settings::default() };
        let weights = over_seeds(&settings, |found| {
            let of = |bits: u32| {
                let pairs = [(0, 1), (0, 2), (1, 2)];
                let model = (0..3)
                    .filter(|q| bits >> q & 1 == 1)
                    .fold(estimate::loglinear::Model::main(3), |model, q| model.with(pairs[q].0, pairs[q].1));
                found.best.iter().find(|one| one.model == model).map_or(0.0, |one| one.weight)
            };
            (0..8).map(of).collect()
        });
        for (bits, (weight, grid)) in weights.iter().zip(&grids).enumerate() {
            let expected = grid.mass / mass;
            assert!(
                (weight - expected).abs() < CHANCE,
                "model {bits}, variance {variance}: {weight} {expected}"
            );
        }
        let hidden = [5.0, 10.0, 20.0, 35.0, 60.0, 120.0, 300.0];
        let below = over_seeds(&settings, |found| {
            hidden.iter().map(|hidden| 1.0 - found.at_least(36.0 + hidden + 1.0)).collect()
        });
        for (hidden, below) in hidden.iter().zip(below) {
            let expected = grids.iter().map(|grid| grid.at_most(*hidden)).sum::<f64>() / mass;
            assert!(
                (below - expected).abs() < CHANCE,
                "up to {hidden}, variance {variance}: {below} {expected}"
            );
        }
    }
}

#[test]
fn independent_lists_and_the_threshold_equal_sums_over_a_grid() {
    let main = Grid::new(&TINY, [false; 3], 1.0);
    let hidden = [10.0, 20.0, 30.0, 45.0];
    let below = over_seeds(&Settings { max_order: 1, ..Settings::default() }, |found| {
        hidden.iter().map(|hidden| 1.0 - found.at_least(36.0 + hidden + 1.0)).collect()
    });
    for (hidden, below) in hidden.iter().zip(below) {
        let expected = main.at_most(*hidden) / main.mass;
        assert!((below - expected).abs() < CHANCE, "up to {hidden}: {below} {expected}");
    }
    // No pair stands out in so small a table.
    let found = threshold(&tiny(), &Settings::default()).expect("a threshold");
    assert_eq!(found.model.pair_count(), 0, "{:?}", found.statistics);
    for p in [0.025, 0.25, 0.5, 0.75, 0.975] {
        let expected = main.expected_at_most(found.quantile(p) - 36.0) / main.mass;
        // One run of at least 1,500 independent draws: four standard errors.
        assert!((p - expected).abs() < 4.0 * (p * (1.0 - p) / 1500.0).sqrt() + 0.002, "{p}: {expected}");
    }
}

/// `estimate_population_bayesthresh` of `MultipleSystemsEstimation` 1.2.0 with its defaults: quantiles
/// at 2.5, 10, 50, 90 and 97.5 %, pairs kept, and the statistics in the package's order of pairs. It
/// walks at random with 10,000 steps in up to 16 dimensions, of which some 60 are independent; the
/// quantiles of so few have standard errors of 0.36, 0.22, 0.16, 0.22 and 0.36 standard deviations, the
/// statistics one of 0.13 and 9 %. Two of them are allowed.
#[test]
fn thresholding_agrees_with_the_package() {
    type Row = (&'static str, [f64; 5], &'static str, &'static [(&'static str, f64)]);
    let rows: [Row; 4] = [
        (
            "UKdat_5",
            [11061.35, 11484.63, 12400.32, 13526.65, 14239.83],
            "LA:NG LA:PFNCA NG:GP PFNCA:GP GO:GP",
            &[
                ("LA:NG", 4.612_161_1),
                ("LA:PFNCA", 3.890_252_3),
                ("NG:PFNCA", 1.169_071_2),
                ("LA:GO", 0.481_949_8),
                ("NG:GO", 1.217_768_4),
                ("PFNCA:GO", 0.689_264_5),
                ("LA:GP", 1.379_534_2),
                ("NG:GP", 3.162_698_6),
                ("PFNCA:GP", 2.536_874_5),
                ("GO:GP", 2.125_445_9),
            ],
        ),
        (
            "Korea",
            [134.0880, 138.6155, 152.8930, 180.5553, 201.1740],
            "b:c c:d",
            &[("b:c", 5.670_453), ("b:d", 1.127_191), ("c:d", 3.428_551)],
        ),
        (
            "Ned_5",
            [44878.69, 46206.63, 49960.39, 55004.22, 57344.28],
            "IO:K IO:Z K:P K:R K:Z P:Z R:Z",
            &[
                ("IO:K", 3.786_074_7),
                ("IO:P", 0.786_336_5),
                ("K:P", 2.891_887_6),
                ("IO:R", 1.162_057_4),
                ("K:R", 3.519_493_4),
                ("P:R", 1.826_748_5),
                ("IO:Z", 8.837_802_2),
                ("K:Z", 2.926_197_0),
                ("P:Z", 3.581_824_6),
                ("R:Z", 2.359_182_2),
            ],
        ),
        (
            "NewOrl_5_sparsemse201",
            [680.5611, 778.7978, 1050.1364, 1498.7991, 1864.6228],
            "",
            &[
                ("A:BEFG", 1.535_290_1),
                ("A:C", 0.104_437_3),
                ("BEFG:C", 0.561_158_9),
                ("A:D", 1.386_043_0),
                ("BEFG:D", 1.223_634_1),
                ("C:D", 0.720_815_0),
                ("A:H", 0.382_836_2),
                ("BEFG:H", 0.255_815_1),
                ("C:H", 1.018_620_3),
                ("D:H", 0.735_480_4),
            ],
        ),
    ];
    for (name, quantiles, kept, statistics) in rows {
        let table = table(name);
        let found = threshold(&table, &Settings::default()).expect("a threshold");
        let names = table.lists();
        let pairs: Vec<String> =
            found.model.pairs().map(|(i, j)| format!("{}:{}", names[i], names[j])).collect();
        assert_eq!(pairs.join(" "), kept, "{name}");
        // On the log scale the posterior is closer to normal.
        let log = |total: f64| (total - table.detected() as f64).ln();
        let deviation = (log(quantiles[3]) - log(quantiles[1])) / (2.0 * 1.281_551_6);
        let errors = [0.36, 0.22, 0.16, 0.22, 0.36];
        for ((p, expected), error) in [0.025, 0.1, 0.5, 0.9, 0.975].into_iter().zip(quantiles).zip(errors) {
            let off = (log(found.quantile(p)) - log(expected)) / deviation;
            assert!(
                off.abs() < 2.0 * error,
                "{name} {p}: {} but {expected}, off by {off}",
                found.quantile(p)
            );
        }
        let mut ours = Vec::new();
        for i in 0..names.len() {
            for j in i + 1..names.len() {
                ours.push((format!("{}:{}", names[i], names[j]), found.statistics[ours.len()]));
            }
        }
        for (pair, expected) in statistics {
            let got = ours.iter().find(|(name, _)| name == pair).expect("a pair").1;
            assert!(
                (got - expected).abs() < 2.0 * (0.13 + 0.09 * expected),
                "{name} {pair}: {got} but {expected}"
            );
        }
    }
}

/// Nested lists, lists that share nobody and empty overlaps: where a maximum of the likelihood needs
/// infinite parameters or is not unique, the priors of the pairs bound them.
#[test]
fn sparse_tables_are_answered() {
    for (lists, counts) in [
        // All of the first list are on the second.
        (3, vec![(2, 40), (3, 12), (4, 30), (6, 5), (7, 3)]),
        // The third shares nobody with the others.
        (3, vec![(1, 40), (2, 25), (3, 12), (4, 30)]),
        (3, vec![(1, 1), (2, 1), (4, 1), (3, 1)]),
        // One person in all is on two lists of six.
        (6, vec![(1, 30), (2, 25), (4, 12), (8, 9), (16, 7), (32, 3), (3, 1)]),
    ] {
        let table = from(lists, &counts);
        let found = answer(&table, Method::BayesLoglinear, &Options::default());
        let (total, (low, high)) = (found.total.expect("a total"), found.interval.expect("an interval"));
        assert!(table.detected() as f64 <= low && low <= total && total <= high, "{found:?}");
        assert!(found.converged && found.spread.is_some());
    }
}

#[test]
fn what_cannot_be_averaged_is_refused_in_words() {
    let refusal = |table: &CaptureTable, settings: Settings| average(table, &settings).err();
    let two = from(2, &[(1, 10), (2, 20), (3, 5)]);
    assert_eq!(refusal(&two, Settings::default()), Some(Refusal::FewLists));
    let refused = answer(&two, Method::BayesLoglinear, &Options::default()).refused;
    assert!(refused.is_some_and(|why| why.contains("at least three lists")));
    let independent = answer(&two, Method::BayesLoglinear, &Options { max_order: 1, ..Options::default() });
    assert!(independent.total.is_some(), "{independent:?}");

    assert_eq!(refusal(&from(3, &[]), Settings::default()), Some(Refusal::Nobody));
    let eleven: Vec<(u32, u64)> = (0..11).map(|i| (1 << i, 20)).chain([(3, 4), (0b1_1000, 2)]).collect();
    assert_eq!(refusal(&from(11, &eleven), Settings::default()), Some(Refusal::ManyLists { lists: 11 }));
    let threes = Settings { max_order: 3, ..Settings::default() };
    assert_eq!(refusal(&table("Ned"), threes), Some(Refusal::TooManyForThrees));
    let many = from(3, &[(1, 1 << 41), (2, 5), (4, 5), (3, 5)]);
    assert_eq!(refusal(&many, Settings::default()), Some(Refusal::ManyPersons));
    for variance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = Settings { variance, ..Settings::default() };
        assert_eq!(refusal(&table("Korea"), settings), Some(Refusal::Variance));
    }
    for unbounded in [
        // Nobody on two lists, everybody on the first, everybody on all, an empty list.
        from(3, &[(1, 10), (2, 20), (4, 5)]),
        from(3, &[(1, 10), (3, 20), (5, 5)]),
        from(3, &[(7, 25)]),
        from(3, &[(1, 10), (2, 20), (3, 5)]),
    ] {
        assert_eq!(refusal(&unbounded, Settings::default()), Some(Refusal::Unbounded), "{unbounded:?}");
        assert_eq!(threshold(&unbounded, &Settings::default()).err(), Some(Refusal::Unbounded));
    }
}

/// Tables of the field: three seeds agree within their Monte-Carlo error, and the answers are in the
/// range that other methods give.
#[test]
fn seeds_agree_and_tables_of_the_field_are_answered() {
    for (name, low, high) in [
        ("Korea", 130.0, 170.0),
        ("UKdat_5", 11_000.0, 15_000.0),
        ("Ned_5", 45_000.0, 60_000.0),
        ("NewOrl_5_sparsemse201", 900.0, 1500.0),
        // Overstall and King's manual of `conting` has 727 (706 to 758) for this table, with ethnicity.
        ("spina", 706.0, 758.0),
    ] {
        let table = if name == "spina" {
            from(3, &[(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)])
        } else {
            table(name)
        };
        let run = |seed| average(&table, &Settings { seed, ..Settings::default() }).expect("an average");
        let found: Vec<Average> = (1..=3).map(run).collect();
        let first = found[0].quantile(0.5);
        assert!((low..high).contains(&first), "{name}: {first}");
        for other in &found[1..] {
            let error = found[0].median_error.hypot(other.median_error).max(1.0);
            let apart = other.quantile(0.5) - first;
            assert!(apart.abs() < 4.0 * error, "{name}: apart by {apart}, error {error}");
        }
        assert!(found.iter().all(|one| one.r_hat < 1.01 && one.ess_bulk > 400.0 && one.ess_tail > 400.0));
    }
}

#[test]
fn the_answer_has_the_figures_to_judge_it_by() {
    let options = Options { max_order: 3, ..Options::default() };
    let found = answer(&table("UKdat_5"), Method::BayesLoglinear, &options);
    let has = |key: &str| &found.diagnostics[key];
    assert_eq!(has("chains"), 8);
    assert!(has("pair_probabilities")["LA:NG"].as_f64().is_some_and(|p| p > 0.9), "{found:?}");
    assert!(has("three_probabilities")["LA:NG:GO"].as_f64().is_some_and(|p| (0.0..0.9).contains(&p)));
    let best = has("best_models").as_array().expect("models");
    assert_eq!(best.len(), 10);
    assert_eq!(best[0]["model"], found.model);
    let weights: Vec<f64> = best.iter().filter_map(|one| one["weight"].as_f64()).collect();
    assert!(weights.is_sorted_by(|a, b| a >= b) && weights[0] > 0.0, "{weights:?}");
    let sensitivity = has("sensitivity").as_array().expect("other priors");
    let variances: Vec<f64> =
        sensitivity.iter().filter_map(|row| row["interaction_variance"].as_f64()).collect();
    assert_eq!(variances, [1.0, 0.25, 4.0]);
    assert_eq!(sensitivity[0]["total"].as_f64(), found.total);
    let spread = found.spread.as_ref().expect("a spread");
    close(2744.0 + spread.quantile(0.5), found.total.expect("a total"), 0.01, "median of the spread");
    assert!(has("threshold")["total"].as_f64().is_some());
    // Independent lists have nothing to be sensitive to.
    let order_one = answer(&table("UKdat_5"), Method::BayesLoglinear, &Options { max_order: 1, ..options });
    assert_eq!(order_one.model, "LA NG PFNCA GO GP");
    assert!(!order_one.diagnostics.contains_key("threshold"));
}

/// Many lists with few persons, where nearly every model is as likely as another.
#[test]
fn many_sparse_lists_are_answered() {
    let nine: Vec<(u32, u64)> = (0..9)
        .map(|i| (1 << i, 4 + 3 * i))
        .chain([(0b11, 3), (0b110, 2), (0b1001, 1), (0b1_0001_0000, 2), (0b111, 1), (0b1100_0000, 1)])
        .collect();
    let ten: Vec<(u32, u64)> =
        (0..10).map(|i| (1 << i, 150)).chain((0..9).map(|i| (0b11 << i, 12 + 4 * i))).collect();
    for (lists, counts) in [(9, nine), (10, ten)] {
        let table = from(lists, &counts);
        let found = average(&table, &Settings::default()).expect("an average");
        assert!(found.r_hat < 1.01 && found.ess_bulk > 400.0, "{found:?}");
        assert!(found.quantile(0.025) > table.detected() as f64);
        assert!(found.quantile(0.975) > found.quantile(0.5) && found.quantile(0.975).is_finite());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    /// Names and their order carry no information: what is drawn differs only by chance.
    #[test]
    fn relabelling_the_lists_changes_only_the_draws(table in tables(3..=4), turn in 1..4_usize) {
        let (other, places) = relabelled(&table, turn);
        let answered = answer(&table, Method::BayesLoglinear, &Options::default());
        prop_assert!(answered.total.is_some() != answered.refused.is_some());
        let (a, b) =
            (average(&table, &Settings::default()), average(&other, &Settings::default()));
        let (Ok(a), Ok(b)) = (&a, &b) else {
            prop_assert_eq!(a.is_err(), b.is_err());
            return Ok(());
        };
        // Five standard errors of a share of 1,500 independent draws, times √2.
        let chance = 5.0 * (0.25_f64 / 1500.0).sqrt() * std::f64::consts::SQRT_2;
        for p in [0.1, 0.5, 0.9] {
            let total = a.quantile(p);
            prop_assert!((a.at_least(total) - b.at_least(total)).abs() < chance, "{p}");
        }
        for (q, other) in pairs_relabelled(&places).into_iter().enumerate() {
            prop_assert!((a.pairs[q] - b.pairs[other]).abs() < chance, "{:?} {:?}", a.pairs, b.pairs);
        }
    }
}
