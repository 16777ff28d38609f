//! The criterion by which a model is chosen.

mod common;

use common::{answer, close, table};
use estimate::loglinear::{self, Fit, Model};
use estimate::{Criterion, Interval, Method, Options};
use model::CaptureTable;

fn by(criterion: Criterion) -> Options {
    Options { criterion, ..Options::default() }
}

/// Every two-way model that has an estimate, each fitted on its own.
fn all_fits(table: &CaptureTable) -> Vec<Fit> {
    let lists = table.lists().len();
    let pairs: Vec<(usize, usize)> = Model::all_pairs(lists).pairs().collect();
    (0..1_u32 << pairs.len())
        .filter_map(|bits| {
            let chosen = pairs.iter().enumerate().filter(|(q, _)| bits >> q & 1 == 1);
            let model = chosen.fold(Model::main(lists), |model, (_, &(i, j))| model.with(i, j));
            loglinear::fit(table, model).ok()
        })
        .collect()
}

#[test]
fn the_model_chosen_has_the_smallest_value_of_all() {
    for data_set in ["Korea", "CARE1_Diabetes", "Rcapture_lesbian", "UKdat_5", "NewOrl_5"] {
        let table = table(data_set);
        let fits = all_fits(&table);
        for criterion in Criterion::ALL {
            let values = fits.iter().map(|fit| fit.criterion(criterion));
            let smallest = values.fold(f64::INFINITY, f64::min);
            let found = answer(&table, Method::Bic, &by(criterion));
            let label = criterion.label();
            assert_eq!(found.diagnostics["criterion"], label);
            close(found.diagnostics[label].as_f64().expect("a number"), smallest, 1e-9, data_set);
            let best = &found.diagnostics["best_models"][0];
            close(best[label].as_f64().expect("a number"), smallest, 1e-9, data_set);
            assert_eq!(best["model"], found.model);
            let profile = answer(&table, Method::Profile, &by(criterion));
            assert_eq!(profile.model, found.model, "{data_set} {criterion}");
        }
    }
}

/// The formula of Hurvich and Tsai (1989) with n persons, from the AIC and the parameters.
#[test]
fn aicc_is_aic_with_its_correction() {
    let table = table("NewOrl_5");
    let n = table.detected() as f64;
    for fit in all_fits(&table) {
        let p = fit.model.parameters() as f64;
        close(fit.aicc, fit.aic + 2.0 * p * (p + 1.0) / (n - p - 1.0), 1e-12, "AICc");
    }
}

/// With a lower price for a parameter there are no fewer of them: BIC's ln n is above `AICc`'s, which is
/// above AIC's.
#[test]
fn a_dearer_parameter_makes_no_larger_model() {
    for data_set in ["UKdat_5", "Ned_5", "Ned", "NewOrl", "CARE1_Congenital"] {
        let terms = |criterion| {
            answer(&table(data_set), Method::Bic, &by(criterion)).model.split_whitespace().count()
        };
        let (bic, aicc, aic) = (terms(Criterion::Bic), terms(Criterion::Aicc), terms(Criterion::Aic));
        assert!(bic <= aicc && aicc <= aic, "{data_set}: {bic} {aicc} {aic}");
    }
}

#[test]
fn too_few_persons_for_aicc_are_refused_in_words() {
    let lists = ["A", "B", "C"].map(String::from).to_vec();
    let table =
        CaptureTable::from_counts(lists, [(1, 1), (2, 1), (3, 1), (5, 1), (6, 1)]).expect("a valid table");
    let refused = answer(&table, Method::Bic, &by(Criterion::Aicc)).refused.expect("a refusal");
    assert!(
        refused.starts_with("AICc needs at least two persons more than there are parameters"),
        "{refused}"
    );
    assert!(answer(&table, Method::Bic, &by(Criterion::Bic)).total.is_some());
}

/// Both choose the same model for the table itself, so that only the replicates can differ: AIC, to which
/// a pair is cheaper, keeps the second pair more often.
#[test]
fn the_choice_is_repeated_by_the_same_criterion() {
    let same_model = |criterion| {
        let options = Options { interval: Interval::Percentile, replicates: 1000, ..by(criterion) };
        let found = answer(&table("Korea"), Method::Bic, &options);
        assert_eq!(found.model, "b c d b:c c:d");
        found.diagnostics["replicates_with_this_model"].as_u64().expect("a number")
    };
    let (bic, aic) = (same_model(Criterion::Bic), same_model(Criterion::Aic));
    assert!(aic > bic + 20, "{bic} {aic}");
}

#[test]
fn an_unknown_criterion_is_an_error_that_names_the_known_ones() {
    let error = "dic".parse::<Criterion>().expect_err("not a criterion");
    assert_eq!(error.to_string(), "the option criterion is dic; use bic, aic or aicc");
    for criterion in Criterion::ALL {
        assert_eq!(criterion.to_string().parse(), Ok(criterion));
    }
}
