//! The answer of the log-linear model with covariates.

use serde_json::{Value, json};

use super::fit::{Fitted, Part};
use super::frame::{Frame, Term};
use super::search::{Search, forward};
use super::table::CovariateTable;
use super::{ClassEstimate, CovariateLogLinear, Diagnostics};
use crate::Options;
use crate::numeric::two_sided;
use crate::spread::Spread;
use crate::watch::STOPPED;

/// Most classes of all covariates together that are listed.
const LISTED: usize = 200;

/// Chooses a model and fits it; `table` has no list without persons.
pub(super) fn answer(table: &CovariateTable, options: &Options) -> Result<CovariateLogLinear, String> {
    let frame = Frame::new(table)?;
    let search = forward(&frame, options.max_order, &options.watch).map_err(|e| e.to_string())?;
    if options.watch.is_stopped() {
        return Err(STOPPED.into());
    }
    let fitted = &search.fitted;
    let whole = fitted.part(&frame, |_| true);
    let (total, interval) = figures(&whole, options.level);
    if !total.is_finite() {
        return Err("the estimate is too large to be a number".into());
    }
    let mut groups = Vec::new();
    for (c, covariate) in frame.covariates.iter().enumerate() {
        for (level, name) in frame.levels[c].iter().enumerate() {
            let part = fitted.part(&frame, |class| frame.level(class, c) == level);
            groups.push(class_estimate([(covariate.clone(), name.clone())], &part, options.level));
        }
    }
    let mut classes = Vec::new();
    if frame.covariates.len() > 1 && frame.classes <= LISTED {
        for class in 0..frame.classes {
            let codes = (0..frame.covariates.len())
                .map(|c| (frame.covariates[c].clone(), frame.levels[c][frame.level(class, c)].clone()));
            classes.push(class_estimate(codes, &fitted.part(&frame, |other| other == class), options.level));
        }
    }
    Ok(CovariateLogLinear {
        total: Some(total),
        interval,
        level: options.level,
        model: describe(&frame, &fitted.terms),
        refused: None,
        groups,
        classes,
        diagnostics: diagnostics(table, &frame, &search, &whole),
        spread: Spread::log_normal(whole.hidden, whole.log_error),
    })
}

/// Total and interval of a part: log-normal on all that is not certain.
fn figures(part: &Part, level: f64) -> (f64, Option<(f64, f64)>) {
    let open = part.shared_out + part.hidden;
    let ratio = (two_sided(level) * part.log_error).exp();
    let (low, high) = (part.certain + open / ratio, part.certain + open * ratio);
    (part.certain + open, (open > 0.0 && high.is_finite()).then_some((low, high)))
}

fn class_estimate(
    codes: impl IntoIterator<Item = (String, String)>,
    part: &Part,
    level: f64,
) -> ClassEstimate {
    let (total, interval) = figures(part, level);
    let detected = part.certain + part.shared_out;
    ClassEstimate {
        codes: codes.into_iter().collect(),
        detected_known: part.certain,
        detected,
        hidden: part.hidden,
        total,
        interval,
        visibility: (total > 0.0).then(|| detected / total),
    }
}

/// The terms in words: lists and covariates, then what goes together, as `A B sex A:sex`.
fn describe(frame: &Frame, terms: &[Term]) -> String {
    let mut sorted: Vec<Term> = terms.iter().copied().filter(|term| term.order() > 0).collect();
    sorted.sort_by_key(|term| (term.order(), term.covariates.count_ones(), *term));
    sorted.into_iter().map(|term| frame.name(term)).collect::<Vec<String>>().join(" ")
}

fn diagnostics(table: &CovariateTable, frame: &Frame, search: &Search, whole: &Part) -> Diagnostics {
    let fitted: &Fitted = &search.fitted;
    let ranking: Vec<Value> = search
        .ranking
        .iter()
        .map(|(terms, bic, hidden)| {
            json!({ "model": describe(frame, terms), "BIC": bic, "total": frame.detected + hidden })
        })
        .collect();
    let missing: serde_json::Map<String, Value> = table
        .covariates
        .iter()
        .enumerate()
        .filter(|(which, _)| table.missing(*which) > 0)
        .map(|(which, covariate)| {
            let note = json!({
                "persons": table.missing(which),
                "lists_that_never_record_it": table.never_recorded_by(which),
            });
            (covariate.name.clone(), note)
        })
        .collect();
    let refused: Vec<String> = search.refused.iter().map(|term| frame.name(*term)).collect();
    let mut found = Diagnostics::from([
        ("log_likelihood".into(), json!(fitted.log_likelihood)),
        ("parameters".into(), json!(fitted.design.parameters)),
        ("AIC".into(), json!(fitted.aic())),
        ("BIC".into(), json!(fitted.bic(frame))),
        ("log_hidden_error".into(), json!(whole.log_error)),
        ("classes".into(), json!(frame.classes)),
        ("steps".into(), json!(fitted.steps)),
        ("search".into(), json!("forward by BIC")),
        ("models_considered".into(), json!(search.considered)),
        ("terms_that_cannot_be_told".into(), json!(refused)),
        ("best_models".into(), json!(ranking)),
    ]);
    if !missing.is_empty() {
        found.insert("missing".into(), Value::Object(missing));
    }
    found
}
