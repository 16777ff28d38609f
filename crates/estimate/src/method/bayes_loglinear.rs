//! The answer of the Bayesian average over log-linear models.

use model::CaptureTable;
use serde_json::{Map, Value, json};

use super::{Answer, Diagnostics, Task, by_pair};
use crate::bayes::{Average, Settings, average_watched, sensitivity, threshold_watched};
use crate::spread::Spread;

/// Totals under other priors may differ by this factor before it is noted.
const SENSITIVE: f64 = 1.25;

/// Method `bayes-loglinear`.
pub(super) fn answer(task: &Task, table: &CaptureTable) -> Result<Answer, String> {
    let options = task.options;
    let watch = &options.watch;
    let settings =
        Settings { max_order: options.max_order, variance: options.interaction_variance, seed: options.seed };
    let found = average_watched(table, &settings, watch).map_err(|why| why.to_string())?;
    let names = table.lists();
    let side = (1.0 - options.level) / 2.0;
    let interval = |found: &Average| (found.quantile(side), found.quantile(1.0 - side));
    let total = found.quantile(0.5);
    let named = |values: &[f64]| by_pair(names, values.iter().copied());
    let best: Vec<Value> = found
        .best
        .iter()
        .map(|one| {
            json!({
                "model": one.model.describe(names),
                "weight": one.weight,
                "total": one.total,
            })
        })
        .collect();
    let others =
        if options.max_order > 1 && !task.quick { sensitivity(table, &settings, watch) } else { Vec::new() };
    let row = |variance: f64, found: &Average| {
        json!({
            "interaction_variance": variance,
            "total": found.quantile(0.5),
            "interval": interval(found),
            "refused": null,
        })
    };
    let mut rows = vec![row(settings.variance, &found)];
    rows.extend(others.iter().map(|(variance, other)| match other {
        Ok(other) => row(*variance, other),
        Err(why) => json!({
            "interaction_variance": variance,
            "total": null,
            "interval": null,
            "refused": why.to_string(),
        }),
    }));
    let mut diagnostics = Diagnostics::from([
        ("interaction_variance".into(), json!(settings.variance)),
        ("prior".into(), json!("1/N")),
        ("chains".into(), json!(found.chains)),
        ("draws".into(), json!(found.draws)),
        ("r_hat".into(), json!(found.r_hat)),
        ("ess_bulk".into(), json!(found.ess_bulk)),
        ("ess_tail".into(), json!(found.ess_tail)),
        ("median_error".into(), json!(found.median_error)),
        (
            "acceptance".into(),
            json!({
                "jumps": found.jumps_accepted,
                "jumps_to_another_model": found.other_models_accepted,
                "short_steps": found.short_steps_accepted,
            }),
        ),
        ("models_drawn".into(), json!(found.models)),
        ("best_models".into(), json!(best)),
        ("pair_probabilities".into(), Value::Object(named(&found.pairs))),
        ("sensitivity".into(), json!(rows)),
    ]);
    if !found.threes.is_empty() {
        let name = |three: u32| {
            let lists = names.iter().enumerate().filter(|(i, _)| three >> i & 1 == 1);
            lists.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(":")
        };
        let threes: Map<String, Value> =
            found.threes.iter().map(|(three, weight)| (name(*three), json!(weight))).collect();
        diagnostics.insert("three_probabilities".into(), Value::Object(threes));
    }
    let totals = || others.iter().filter_map(|(_, other)| Some(other.as_ref().ok()?.quantile(0.5)));
    let (low, high) = totals().fold((total, total), |(low, high), t| (low.min(t), high.max(t)));
    if high > SENSITIVE * low {
        diagnostics.insert(
            "sensitivity_note".into(),
            json!(format!(
                "the answer hangs on the prior: between a quarter and four times the variance of the terms \
                 of two or more lists it runs from {low:.0} to {high:.0}"
            )),
        );
    }
    if options.max_order > 1 {
        let found = match threshold_watched(table, &settings, watch) {
            Ok(found) => json!({
                "total": found.quantile(0.5),
                "interval": (found.quantile(side), found.quantile(1.0 - side)),
                "model": found.model.describe(names),
                "statistics": named(&found.statistics),
                "refused": null,
            }),
            Err(why) => json!({
                "total": null,
                "interval": null,
                "model": "",
                "statistics": {},
                "refused": why.to_string(),
            }),
        };
        diagnostics.insert("threshold".into(), found);
    }
    Ok(Answer {
        total,
        interval: Some(interval(&found)),
        model: found.best[0].model.describe(names),
        converged: true,
        diagnostics,
        spread: Spread::from_draws(found.hidden().to_vec()),
    })
}
