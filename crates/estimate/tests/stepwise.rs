//! Stepwise addition, against the rule written down plainly.

mod common;

use common::{answer, table};
use estimate::loglinear::{self, Fit, Model};
use estimate::{Interval, Method, Options};
use model::CaptureTable;
use statrs::distribution::{DiscreteCDF, Poisson};

fn members(set: u32) -> Vec<usize> {
    (0..32).filter(|i| set >> i & 1 == 1).collect()
}

fn with(model: Model, term: u32) -> Model {
    match members(term)[..] {
        [i, j] => model.with(i, j),
        [i, j, k] => model.with_three(i, j, k),
        _ => unreachable!("pairs and threes"),
    }
}

/// Expected number of persons in all lists of a term.
fn expected(fit: &Fit, lists: usize, term: u32) -> f64 {
    let mean = |history: u32| -> f64 {
        let inside = fit.coefficients.iter().filter(|(s, _)| history & s == *s);
        inside.map(|(_, theta)| theta).sum::<f64>().exp()
    };
    (1..1_u32 << lists).filter(|history| history & term == term).map(mean).sum()
}

/// Adds the term of smallest p-value among those whose own subsets are all in the model, as the package
/// `MultipleSystemsEstimation` describes it.
fn by_hand(table: &CaptureTable, max_order: u32, p_enter: f64) -> Fit {
    let lists = table.lists().len();
    let mut fit = loglinear::fit(table, Model::main(lists)).expect("a fit");
    loop {
        let terms = fit.model.terms();
        let candidates = (1..1_u32 << lists).filter(|&term| {
            let below = (1..term).all(|s| s & term != s || terms.contains(&s));
            (2..=max_order).contains(&term.count_ones()) && !terms.contains(&term) && below
        });
        let best = candidates
            .filter(|&term| {
                let found = loglinear::check(table, with(fit.model, term));
                found.exists && found.identifiable
            })
            .map(|term| {
                let observed: u64 = table.counts().filter(|(h, _)| h & term == term).map(|(_, n)| n).sum();
                let mean = expected(&fit, lists, term);
                if mean <= 0.0 {
                    // A pair within the three keeps everybody out.
                    assert_eq!(observed, 0);
                    return (1.0, term);
                }
                let poisson = Poisson::new(mean).expect("a mean");
                let above = if observed == 0 { 1.0 } else { poisson.sf(observed - 1) };
                (poisson.cdf(observed).min(above), term)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((p, term)) if p < p_enter => {
                fit = loglinear::fit(table, with(fit.model, term)).expect("a fit");
            }
            _ => return fit,
        }
    }
}

#[test]
fn pairs_and_threes_are_added_by_the_p_value_of_their_overlap() {
    let mut with_threes = 0;
    for data_set in
        ["Korea", "CARE1_Diabetes", "UKdat_5", "Ned_5", "NewOrl_5", "Ned", "UKdat", "CARE1_Congenital"]
    {
        let table = table(data_set);
        for (max_order, p_enter) in [(2, 0.02), (3, 0.02), (3, 0.2)] {
            let options = Options { max_order, p_enter, ..Options::default() };
            let found = answer(&table, Method::Stepwise, &options);
            let fit = by_hand(&table, max_order as u32, p_enter);
            assert_eq!(found.model, fit.model.describe(table.lists()), "{data_set} {max_order} {p_enter}");
            with_threes += usize::from(fit.model.terms().iter().any(|term| term.count_ones() == 3));
        }
    }
    assert!(with_threes >= 4, "{with_threes}");
}

#[test]
fn threes_are_chosen_again_in_each_replicate() {
    let table = table("Ned_5");
    let options =
        Options { max_order: 3, interval: Interval::Percentile, replicates: 200, ..Options::default() };
    let found = answer(&table, Method::Stepwise, &options);
    assert!(found.model.ends_with("IO:P:Z"), "{}", found.model);
    let same = found.diagnostics["replicates_with_this_model"].as_u64().expect("a number");
    assert!(same > 0 && same < 200, "{same}");
}
