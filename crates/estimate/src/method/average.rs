//! The answer of the average over log-linear models.

use model::CaptureTable;
use serde_json::{Value, json};

use super::{Answer, Diagnostics, Task, by_pair};
use crate::average::average;
use crate::loglinear::{Cells, pairs};
use crate::search::REPORTED;

/// Method `bic-average`.
pub(super) fn answer(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    let found = average(cells, task.forced, task.options.max_order, &task.options.watch)
        .map_err(|e| e.to_string())?;
    let names = table.lists();
    let detected = table.detected() as f64;
    let hidden = found.quantile(0.5).ok_or("the median over the models is too large to be a number")?;
    let side = (1.0 - task.options.level) / 2.0;
    let limits = found.quantile(side).zip(found.quantile(1.0 - side));
    let best: Vec<Value> = found
        .models
        .iter()
        .take(REPORTED)
        .map(|(ranked, weight)| {
            json!({
                "model": ranked.model.describe(names),
                "weight": weight,
                "BIC": ranked.value,
                "total": detected + ranked.hidden,
            })
        })
        .collect();
    let joined = by_pair(names, pairs(names.len()).map(|(i, j)| found.pair_probability(i, j)));
    let mut diagnostics = Diagnostics::from([
        ("models_averaged".into(), json!(found.models.len())),
        ("models_considered".into(), json!(found.considered)),
        ("models_without_estimate".into(), json!(found.refused)),
        ("models_not_converged".into(), json!(found.not_converged)),
        ("effective_models".into(), json!(found.effective_models())),
        ("mean_total".into(), json!(detected + found.mean())),
        ("best_models".into(), json!(best)),
        ("pair_probabilities".into(), Value::Object(joined)),
        ("search_complete".into(), json!(found.complete)),
    ]);
    if let Some(window) = found.window {
        diagnostics.insert("window".into(), json!(window));
    }
    if !found.complete {
        diagnostics.insert(
            "search_note".into(),
            json!(
                "the search was ended before all models were ruled out: some that belong in the average may be \
                 missing"
            ),
        );
    }
    Ok(Answer {
        total: detected + hidden,
        interval: limits.map(|(low, high)| (detected + low, detected + high)),
        model: found.models[0].0.model.describe(names),
        converged: true,
        diagnostics,
        spread: found.spread(),
    })
}
