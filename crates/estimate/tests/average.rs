//! The average over log-linear models by BIC, against the same written down plainly.

mod common;

use common::{answer, close, table};
use estimate::loglinear::{self, Fit, Model};
use estimate::{Estimate, Method, Options};
use model::CaptureTable;
use statrs::distribution::{ContinuousCDF, Normal};

/// Every two-way model that has an estimate, with its weight.
fn weighted(table: &CaptureTable) -> Vec<(Fit, f64)> {
    let lists = table.lists().len();
    let pairs: Vec<(usize, usize)> = Model::all_pairs(lists).pairs().collect();
    let fits: Vec<Fit> = (0..1_u32 << pairs.len())
        .filter_map(|bits| {
            let chosen = pairs.iter().enumerate().filter(|(q, _)| bits >> q & 1 == 1);
            let model = chosen.fold(Model::main(lists), |model, (_, &(i, j))| model.with(i, j));
            loglinear::fit(table, model).ok()
        })
        .collect();
    let smallest = fits.iter().map(|fit| fit.bic).fold(f64::INFINITY, f64::min);
    let weight = |fit: &Fit| (-0.5 * (fit.bic - smallest)).exp();
    let sum: f64 = fits.iter().map(weight).sum();
    fits.into_iter().map(|fit| (weight(&fit) / sum, fit)).map(|(weight, fit)| (fit, weight)).collect()
}

/// Probability that the total is at most `total`, by the mixture.
fn below(parts: &[(Fit, f64)], table: &CaptureTable, total: f64) -> f64 {
    let log = (total - table.detected() as f64).ln();
    parts
        .iter()
        .map(|(fit, weight)| {
            weight * Normal::new(fit.hidden.ln(), fit.log_hidden_error).expect("an error").cdf(log)
        })
        .sum()
}

fn number(found: &Estimate, name: &str) -> f64 {
    found.diagnostics[name].as_f64().unwrap_or_else(|| panic!("{name} in {found:?}"))
}

#[test]
fn total_and_limits_are_quantiles_of_the_mixture_of_all_models() {
    for data_set in ["Korea", "CARE1_HAV", "CARE1_Diabetes", "UKdat_5", "NewOrl_5", "Rcapture_lesbian"] {
        let table = table(data_set);
        let parts = weighted(&table);
        for level in [0.95, 0.5] {
            let found = answer(&table, Method::Average, &Options { level, ..Options::default() });
            let (low, high) = found.interval.expect("an interval");
            close(below(&parts, &table, low), (1.0 - level) / 2.0, 1e-7, data_set);
            close(below(&parts, &table, found.total.expect("a total")), 0.5, 1e-7, data_set);
            close(below(&parts, &table, high), f64::midpoint(1.0, level), 1e-7, data_set);
            // The distribution that is handed on is the same one.
            let spread = found.spread.as_ref().expect("a spread");
            for p in [0.05, 0.3, 0.5, 0.9] {
                let total = table.detected() as f64 + spread.quantile(p);
                assert!((below(&parts, &table, total) - p).abs() < 0.003, "{data_set} {p}");
            }
        }
        let found = answer(&table, Method::Average, &Options::default());
        assert_eq!(number(&found, "models_averaged") as usize, parts.len(), "{data_set}");
        let squares: f64 = parts.iter().map(|(_, weight)| weight * weight).sum();
        close(number(&found, "effective_models"), 1.0 / squares, 1e-7, data_set);
        let mean: f64 = parts.iter().map(|(fit, weight)| weight * fit.hidden).sum();
        close(number(&found, "mean_total"), table.detected() as f64 + mean, 1e-7, data_set);
        for (i, j) in Model::all_pairs(table.lists().len()).pairs() {
            let with: f64 = parts.iter().filter(|(fit, _)| fit.model.contains(i, j)).map(|(_, w)| w).sum();
            let name = format!("{}:{}", table.lists()[i], table.lists()[j]);
            close(
                found.diagnostics["pair_probabilities"][&name].as_f64().expect("a weight"),
                with,
                1e-7,
                &name,
            );
        }
        let heaviest = parts.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        let best = &found.diagnostics["best_models"][0];
        close(best["weight"].as_f64().expect("a weight"), heaviest, 1e-7, data_set);
        assert_eq!(best["model"], found.model);
    }
}

/// With one model of nearly all the weight the average is that model's Wald interval.
#[test]
fn one_model_alone_is_its_own_average() {
    let table = table("UKdat_5");
    let options = Options { max_order: 1, ..Options::default() };
    let (average, main) = (answer(&table, Method::Average, &options), answer(&table, Method::Main, &options));
    close(average.total.expect("a total"), main.total.expect("a total"), 1e-9, "total");
    let (a, b) = (average.interval.expect("an interval"), main.interval.expect("an interval"));
    close(a.0, b.0, 1e-9, "lower limit");
    close(a.1, b.1, 1e-9, "upper limit");
    close(number(&average, "effective_models"), 1.0, 1e-12, "one model");
}

/// Eight lists have 2^28 two-way models: those within the window are found by branch and bound.
#[test]
fn the_best_of_eight_lists_are_averaged() {
    let table = table("NewOrl_sparsemse201");
    let (average, best) = (
        answer(&table, Method::Average, &Options::default()),
        answer(&table, Method::Bic, &Options::default()),
    );
    assert_eq!(average.diagnostics["search_complete"], true);
    assert_eq!(average.model, best.model);
    for i in 0..5 {
        let of = |found: &Estimate, what: &str| found.diagnostics["best_models"][i][what].clone();
        assert_eq!(of(&average, "model"), of(&best, "model"));
        close(
            of(&average, "BIC").as_f64().expect("a number"),
            of(&best, "BIC").as_f64().expect("a number"),
            1e-8,
            "BIC",
        );
    }
    // The totals of the models differ, so the average is less sure than the best alone.
    let width = |found: &Estimate| found.interval.map(|(low, high)| high - low).expect("an interval");
    assert!(width(&average) > width(&best));
}

#[test]
fn a_table_without_any_model_is_refused_in_words() {
    let lists = vec!["A".into(), "B".into(), "C".into()];
    // List A has everybody, so nothing tells of those whom it lacks.
    let table = CaptureTable::from_counts(lists, [(1, 10), (3, 5), (5, 4), (7, 2)]).expect("a valid table");
    let refused = answer(&table, Method::Average, &Options::default()).refused.expect("a refusal");
    assert!(refused.contains("too many combinations of lists have no persons"), "{refused}");
}

#[test]
fn the_average_does_not_depend_on_the_number_of_threads() {
    let table = table("UKdat_5");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let found = pool.install(|| answer(&table, Method::Average, &Options::default()));
        serde_json::to_string(&found).expect("plain values")
    };
    let alone = run(1);
    assert_eq!(alone, run(2));
    assert_eq!(alone, run(5));
}
