//! The answer of the average over decomposable graphs.

use model::CaptureTable;
use serde_json::{Value, json};

use super::{Answer, Diagnostics, Task, by_pair};
use crate::decomposable::{Average, Settings, quick_average, sensitivity};

/// Totals under other priors may differ by this factor before it is noted.
const SENSITIVE: f64 = 1.25;
/// Weight of the graphs that say nothing of the number hidden from which on it is noted.
const UNTOLD: f64 = 0.1;

/// Method `decomposable`.
pub(super) fn answer(task: &Task, table: &CaptureTable) -> Result<Answer, String> {
    let settings = Settings {
        delta: task.options.delta,
        prior: task.options.prior,
        joined: task.forced.pairs().collect(),
        seed: task.options.seed,
        ..Settings::default()
    };
    let tried = if task.quick {
        vec![(0.0, settings.prior, quick_average(table, &settings, &task.options.watch))]
    } else {
        sensitivity(table, &settings, &task.options.watch)
    };
    let found = tried[0].2.clone().map_err(|why| why.to_string())?;
    let names = table.lists();
    let side = (1.0 - task.options.level) / 2.0;
    let interval = |found: &Average| found.quantile(side).zip(found.quantile(1.0 - side));
    let total = found.quantile(0.5).ok_or(
        "the posterior has no median within reach: the counts hardly bound the total, and the prior weight \
         delta is too small to do so",
    )?;
    let best: Vec<Value> = found
        .best
        .iter()
        .map(|graph| {
            json!({
                "model": graph.model.describe(names),
                "weight": graph.weight,
                "total": graph.total,
            })
        })
        .collect();
    let joined = by_pair(names, found.pairs.iter().copied());
    let sensitivity: Vec<Value> = tried
        .iter()
        .map(|(delta, prior, answer)| match answer {
            Ok(found) => json!({
                "delta": delta,
                "prior": prior.name(),
                "total": found.quantile(0.5),
                "interval": interval(found),
                "model": found.best[0].model.describe(names),
                "weight": found.best[0].weight,
                "refused": null,
            }),
            Err(why) => json!({
                "delta": delta,
                "prior": prior.name(),
                "total": null,
                "interval": null,
                "model": "",
                "weight": null,
                "refused": why.to_string(),
            }),
        })
        .collect();
    let totals = || tried.iter().filter_map(|(_, _, answer)| answer.as_ref().ok()?.quantile(0.5));
    let (low, high) = totals().fold((total, total), |(low, high), t| (low.min(t), high.max(t)));
    let mean = match (found.mean, found.chains) {
        (Some(mean), _) => json!(mean),
        (None, None) => {
            json!("infinite: under the graph that joins all lists the posterior falls too slowly")
        }
        (None, Some(_)) => json!("not told: it may hang on graphs that the chains hardly ever draw"),
    };
    let mut diagnostics = Diagnostics::from([
        ("graphs".into(), json!(found.graphs)),
        ("delta".into(), json!(found.delta)),
        ("prior".into(), json!(found.prior.name())),
        ("posterior_mean".into(), mean),
        ("best_graphs".into(), json!(best)),
        ("pair_probabilities".into(), Value::Object(joined)),
        ("uninformative_weight".into(), json!(found.untold)),
        ("sensitivity".into(), json!(sensitivity)),
    ]);
    if let Some(chains) = found.chains {
        diagnostics.extend([
            ("chains".into(), json!(chains.chains)),
            ("draws".into(), json!(chains.draws)),
            ("proposals".into(), json!(chains.proposals)),
            ("accepted".into(), json!(chains.accepted)),
            ("r_hat".into(), json!(chains.r_hat)),
            ("ess_bulk".into(), json!(chains.ess_bulk)),
            ("ess_tail".into(), json!(chains.ess_tail)),
            ("median_error".into(), json!(chains.median_error)),
        ]);
    }
    if high > SENSITIVE * low {
        diagnostics.insert(
            "sensitivity_note".into(),
            json!(format!(
                "the answer hangs on the prior: between half and twice delta, and with either prior of the \
                 total, it runs from {low} to {high}"
            )),
        );
    }
    if found.untold > UNTOLD {
        diagnostics.insert(
            "weight_note".into(),
            json!(
                "graphs under which no person tells of the number hidden have much of the weight; their part \
                 of the answer is the prior's"
            ),
        );
    }
    let model = found.best[0].model.describe(names);
    let spread = found.spread();
    Ok(Answer { total, interval: interval(&found), model, converged: true, diagnostics, spread })
}
