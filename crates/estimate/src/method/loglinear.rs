//! The answers of the log-linear methods.

use model::CaptureTable;
use serde_json::{Map, Value, json};

use super::{Answer, Diagnostics, Task};
use crate::bootstrap::{Choice, bootstrap};
use crate::branch::smallest;
use crate::loglinear::{Cells, Model};
use crate::numeric::two_sided;
use crate::profile;
use crate::search::bounded::most_work_each;
use crate::search::{self, Chosen};
use crate::spread::Spread;
use crate::watch::STOPPED;
use crate::{Criterion, Interval, Options};

/// Method `main`.
pub(super) fn main(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    let chosen = search::fixed(cells, task.forced).map_err(|e| e.to_string())?;
    Ok(wald(task.options, &chosen, table))
}

/// Method `stepwise`.
pub(super) fn stepwise(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    let options = task.options;
    let choose = |cells: &Cells| search::stepwise(cells, task.forced, options.max_order, options.p_enter);
    let chosen = choose(cells).map_err(|e| e.to_string())?;
    let again = |cells: &Cells| Some(Choice::from(&choose(cells).ok()?.fit));
    with_interval(options, &chosen, table, again)
}

/// Method `bic`.
pub(super) fn bic(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    let chosen = task.best_model(cells)?;
    let likely: Vec<Model> = chosen.ranking.iter().map(|ranked| ranked.model).collect();
    let most_work = most_work_each(cells, task.goal(), task.options.replicates);
    // The replicates are counted, not the fits of each.
    let watch = task.options.watch.unobserved();
    let again =
        |cells: &Cells| Some(Choice::from(&smallest(cells, task.goal(), &likely, most_work, &watch)?));
    with_interval(task.options, chosen, table, again)
}

/// Method `profile`.
pub(super) fn profile(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    let chosen = task.best_model(cells)?;
    let mut answer = wald(task.options, chosen, table);
    let found = profile::profile(cells, &chosen.fit, task.options.level)
        .ok_or("the search for the profile likelihood interval did not converge")?;
    let detected = table.detected() as f64;
    answer.diagnostics.insert("poisson_total".into(), json!(answer.total));
    answer.diagnostics.insert("lower_limit".into(), json!(detected + found.low));
    answer.diagnostics.insert(
        "upper_limit".into(),
        found.high.map_or_else(|| json!("none: the data do not bound the total"), |h| json!(detected + h)),
    );
    answer.total = detected + found.hidden;
    answer.interval = found.high.map(|high| (detected + found.low, detected + high));
    answer.spread = found
        .high
        .and_then(|high| Spread::from_interval(found.hidden, (found.low, high), task.options.level));
    Ok(answer)
}

/// The total of the chosen model with the interval that the options ask for; `again` chooses
/// a model for another table and gives the hidden count, `None` when there is no estimate.
fn with_interval(
    options: &Options,
    chosen: &Chosen,
    table: &CaptureTable,
    again: impl Fn(&Cells) -> Option<Choice> + Sync,
) -> Result<Answer, String> {
    let mut answer = wald(options, chosen, table);
    if options.interval != Interval::Wald {
        let limits = bootstrap(table, Choice::from(&chosen.fit), options, again).ok_or(STOPPED)?;
        let detected = table.detected() as f64;
        let replicates = &limits.replicates;
        let total = |hidden: Option<f64>| match hidden {
            Some(hidden) => json!(detected + hidden),
            None => Value::Null,
        };
        let found = [
            ("interval_method", json!(options.interval.name())),
            ("replicates", json!(options.replicates)),
            ("replicates_without_estimate", json!(replicates.without_estimate)),
            ("replicates_with_this_model", json!(replicates.same_model)),
            ("replicates_median", total(Some(replicates.quantile(0.5)).filter(|h| h.is_finite()))),
            ("bias_correction", json!(limits.bias_correction)),
            ("acceleration", json!(limits.acceleration)),
            ("lower_limit", total(limits.low)),
            ("upper_limit", limits.high.map_or_else(|| json!(limits.open), |h| json!(detected + h))),
        ];
        answer.diagnostics.extend(found.map(|(name, value)| (name.to_owned(), value)));
        answer.spread = replicates.spread();
        if let Some(studentised) = &limits.studentised {
            let side = (1.0 - options.level) / 2.0;
            let t = [studentised.t(side), studentised.t(1.0 - side)];
            answer.diagnostics.insert("t_quantiles".into(), json!(t));
            let without = studentised.untold - replicates.without_estimate;
            answer.diagnostics.insert("replicates_without_standard_error".into(), json!(without));
            answer.spread = studentised.spread();
        }
        answer.interval = limits.low.zip(limits.high).map(|(low, high)| (detected + low, detected + high));
        let outside = |(low, high): (f64, f64)| answer.total < low || answer.total > high;
        let notes = [
            answer.interval.is_some_and(outside).then_some(
                "the total lies outside its interval: in nearly all replicates another model was chosen",
            ),
            limits.at_the_edge.then_some(
                "a limit is the most extreme replicate: with so few replicates it cannot be told further",
            ),
        ];
        let notes: Vec<&str> = notes.into_iter().flatten().collect();
        if !notes.is_empty() {
            answer.diagnostics.insert("note".into(), json!(notes.join("; ")));
        }
    }
    Ok(answer)
}

/// Interval of the hidden count that is normal on the log scale, added to the detected.
fn wald(options: &Options, chosen: &Chosen, table: &CaptureTable) -> Answer {
    let fit = &chosen.fit;
    let detected = table.detected() as f64;
    let ratio = (two_sided(options.level) * fit.log_hidden_error).exp();
    Answer {
        total: detected + fit.hidden,
        interval: Some((detected + fit.hidden / ratio, detected + fit.hidden * ratio)),
        model: fit.model.describe(table.lists()),
        converged: true,
        diagnostics: describe(chosen, table, options.criterion),
        spread: Spread::log_normal(fit.hidden, fit.log_hidden_error),
    }
}

fn describe(chosen: &Chosen, table: &CaptureTable, criterion: Criterion) -> Diagnostics {
    let fit = &chosen.fit;
    let names = table.lists();
    let detected = table.detected() as f64;
    let term_name = |term: u32| -> String {
        let lists: Vec<&str> =
            names.iter().enumerate().filter(|(i, _)| term >> i & 1 == 1).map(|(_, n)| n.as_str()).collect();
        if lists.is_empty() { "intercept".into() } else { lists.join(":") }
    };
    let coefficients: Map<String, Value> = fit
        .coefficients
        .iter()
        .map(|&(term, value)| {
            let value = if value.is_finite() { json!(value) } else { json!("minus infinity") };
            (term_name(term), value)
        })
        .collect();
    let empty: Vec<String> = fit.empty_overlaps.iter().map(|&(i, j)| term_name(1 << i | 1 << j)).collect();
    let mut diagnostics = Diagnostics::from([
        ("deviance".into(), json!(fit.deviance)),
        ("df".into(), json!(fit.df)),
        ("finite_df".into(), json!(fit.finite_df)),
        ("log_likelihood".into(), json!(fit.log_likelihood)),
        ("AIC".into(), json!(fit.aic)),
        ("BIC".into(), json!(fit.bic)),
        ("AICc".into(), json!(fit.aicc)),
        ("standard_error".into(), json!(fit.standard_error())),
        ("log_hidden_error".into(), json!(fit.log_hidden_error)),
        ("coefficients".into(), Value::Object(coefficients)),
        ("empty_overlaps".into(), json!(empty)),
        ("search".into(), json!(chosen.search)),
        ("models_considered".into(), json!(chosen.considered)),
        ("models_without_estimate".into(), json!(chosen.refused)),
        ("models_not_converged".into(), json!(chosen.not_converged)),
    ]);
    if !chosen.ranking.is_empty() {
        let ranking: Vec<Value> = chosen
            .ranking
            .iter()
            .map(|ranked| {
                json!({
                    "model": ranked.model.describe(names),
                    criterion.label(): ranked.value,
                    "total": detected + ranked.hidden,
                })
            })
            .collect();
        diagnostics.insert("best_models".into(), json!(ranking));
        diagnostics.insert("criterion".into(), json!(criterion.label()));
    }
    if let Some(gap) = chosen.gap {
        diagnostics.insert("search_complete".into(), json!(gap == 0.0));
        diagnostics.insert("search_gap".into(), json!(gap));
        if gap > 0.0 {
            let label = criterion.label();
            diagnostics.insert(
                "search_note".into(),
                json!(format!(
                    "the search was ended before all models were ruled out: no model has a {label} that is lower \
                     by more than {gap:.2}"
                )),
            );
        }
    }
    diagnostics
}
