//! The answer of the latent class model.

use model::CaptureTable;
use serde_json::{Value, json};

use super::{Answer, Diagnostics, Task};
use crate::decomposable::Prior;
use crate::latent_class::{CHAINS, Posterior, Refusal, Settings, posterior_watched};
use crate::spread::Spread;
use crate::watch::Watch;

/// Totals or upper limits under other priors may differ by this factor before it is noted.
const SENSITIVE: f64 = 1.25;
/// Share of the hidden in classes hardly anyone of whom was detected, from which on it is noted.
const HARDLY_SEEN: f64 = 0.5;
/// Another prior of α: more classes, and never next to none.
const OTHER_ALPHA: (f64, f64) = (1.0, 1.0);

/// Method `latent-class`. The figures to judge the chains by go into `known`, also when there is no
/// estimate.
pub(super) fn answer(task: &Task, table: &CaptureTable, known: &mut Diagnostics) -> Result<Answer, String> {
    let options = task.options;
    let settings = Settings { prior: options.prior, seed: options.seed, ..Settings::default() };
    with(&settings, options.level, table, &options.watch, known)
}

fn with(
    settings: &Settings,
    level: f64,
    table: &CaptureTable,
    watch: &Watch,
    known: &mut Diagnostics,
) -> Result<Answer, String> {
    let found = match posterior_watched(table, settings, watch) {
        Ok(found) => found,
        Err(why) => {
            if let Refusal::NotConverged(found) = &why {
                known.extend(describe(found, settings));
            }
            return Err(why.to_string());
        }
    };
    known.extend(describe(&found, settings));
    let side = (1.0 - level) / 2.0;
    let levels = [side, 0.5, 1.0 - side];
    let [low, total, high] = levels.map(|p| found.quantile(p));
    known.insert("median_error".into(), json!(found.quantile_error(0.5)));
    known
        .insert("limit_errors".into(), json!([found.quantile_error(side), found.quantile_error(1.0 - side)]));

    let other = if settings.prior == Prior::Uniform { Prior::InverseTotal } else { Prior::Uniform };
    let own = (settings.prior, Settings::ALPHA, Some(vec![low, total, high]));
    let others = [
        (other, Settings::ALPHA, found.with_prior(settings.prior, other, &levels)),
        (settings.prior, OTHER_ALPHA, found.with_concentration(OTHER_ALPHA.0, OTHER_ALPHA.1, &levels)),
    ];
    let row = |(prior, alpha, at): &(Prior, (f64, f64), Option<Vec<f64>>)| -> Value {
        json!({
            "prior": prior.name(),
            "alpha_prior": alpha,
            "total": at.as_ref().map(|at| at[1]),
            "interval": at.as_ref().map(|at| (at[0], at[2])),
            "refused": at.is_none().then_some("too few draws lie where this prior would have most of them"),
        })
    };
    let rows: Vec<Value> = std::iter::once(&own).chain(&others).map(row).collect();
    known.insert("sensitivity".into(), json!(rows));
    let apart = |a: f64, b: f64| a.max(b) > SENSITIVE * a.min(b);
    let moved = |at: &Vec<f64>| apart(at[1], total) || apart(at[2], high);
    if others.iter().any(|(_, _, at)| at.as_ref().is_none_or(moved)) {
        known.insert(
            "sensitivity_note".into(),
            json!(
                "the answer hangs on the prior: another prior of the total, or one with more classes, moves the \
                 total or its upper limit by more than a quarter"
            ),
        );
    }
    let hardly_seen = found.hardly_seen(1.0 - side);
    known.insert("hardly_seen_share".into(), json!(hardly_seen));
    if hardly_seen > HARDLY_SEEN {
        known.insert(
            "upper_limit_note".into(),
            json!(
                "the upper limit comes from the prior: most of the hidden would be in classes of which fewer \
                 persons were detected than there are lists, so nothing in the counts speaks against still more"
            ),
        );
    }
    Ok(Answer {
        total,
        interval: Some((low, high)),
        model: format!("at most {} latent classes", settings.classes),
        converged: true,
        diagnostics: Diagnostics::new(),
        spread: Spread::from_draws(found.hidden().to_vec()),
    })
}

/// How the chains did.
fn describe(found: &Posterior, settings: &Settings) -> Diagnostics {
    Diagnostics::from([
        ("prior".into(), json!(settings.prior.name())),
        ("classes".into(), json!(settings.classes)),
        ("occupied_classes".into(), json!(found.occupied)),
        ("alpha".into(), json!(found.alpha)),
        ("chains".into(), json!(CHAINS)),
        ("rungs".into(), json!(found.rungs)),
        ("passes".into(), json!(found.passes)),
        ("draws".into(), json!(found.draws)),
        ("r_hat".into(), json!(found.r_hat())),
        ("ess_bulk".into(), json!(found.bulk())),
        ("ess_tail".into(), json!(found.tail())),
        ("ess_deciles".into(), json!(found.deciles())),
        ("trips".into(), json!(found.trips)),
        (
            "acceptance".into(),
            json!({ "changes_of_hidden": found.moves_taken, "exchanges_of_rungs": found.exchanges_taken }),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_that_do_not_agree_give_no_number_but_their_figures() {
        let lists = ["A", "B", "C", "D"].map(String::from).to_vec();
        let counts =
            [(1, 4000), (2, 3000), (4, 2000), (8, 1500), (3, 40), (5, 3), (6, 60), (12, 1), (7, 2), (15, 1)];
        let table = CaptureTable::from_counts(lists, counts).expect("a valid table");
        let mut known = Diagnostics::new();
        let settings = Settings { work: 0.0, ..Settings::default() };
        let why = with(&settings, 0.95, &table, &Watch::default(), &mut known).err().expect("a refusal");
        assert!(why.starts_with("the chains did not converge: after "), "{why}");
        for figure in ["r_hat", "ess_bulk", "ess_tail", "ess_deciles", "draws", "passes", "acceptance"] {
            assert!(known.contains_key(figure), "{figure}");
        }
        assert!(!known.contains_key("median_error") && !known.contains_key("sensitivity"));
    }
}
