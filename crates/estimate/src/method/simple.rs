//! The answers of the methods without a model of dependence.

use model::CaptureTable;
use serde_json::json;

use super::{Answer, Diagnostics, Task};
use crate::bounds;
use crate::coverage::{self, LOW_COVERAGE, bootstrap_error};
use crate::numeric::{log_error, log_interval};
use crate::spread::Spread;
use crate::watch::STOPPED;

/// Method `chao`.
pub(super) fn chao(task: &Task, table: &CaptureTable) -> Answer {
    let detected = table.detected() as f64;
    let bound = bounds::chao(table);
    let mut diagnostics = Diagnostics::from([
        ("seen_once".into(), json!(bound.once)),
        ("seen_twice".into(), json!(bound.twice)),
        ("standard_error".into(), json!(bound.error)),
    ]);
    if let Some(equal) = bound.equal_lists {
        diagnostics.insert("equal_lists_total".into(), json!(detected + equal.hidden));
        diagnostics.insert("equal_lists_error".into(), json!(equal.error));
        diagnostics.insert("zelterman".into(), json!(equal.zelterman));
    }
    if bound.hidden <= 0.0 {
        diagnostics.insert(
            "note".into(),
            json!("the persons in just one list are all in the same one, which bounds the number never seen by zero"),
        );
    }
    Answer {
        total: detected + bound.hidden,
        interval: log_interval(detected, bound.hidden, bound.error, task.options.level),
        model: "lower bound for persons and lists with unequal chances".into(),
        converged: true,
        diagnostics,
        spread: Spread::log_normal(bound.hidden, log_error(bound.hidden, bound.error)),
    }
}

/// Method `sample-coverage`.
pub(super) fn sample_coverage(task: &Task, table: &CaptureTable) -> Result<Answer, String> {
    if table.lists().len() < 3 {
        return Err("sample coverage needs at least three lists with persons".into());
    }
    let found = coverage::sample_coverage(table).ok_or("no person of any list is in another list")?;
    let detected = table.detected() as f64;
    let total = found.advised();
    let above = total > detected;
    if !above {
        return Err(format!(
            "the estimate, {total:.1}, is not above the {detected} persons detected; sample coverage does not \
             fit these lists"
        ));
    }
    let (error, used) = bootstrap_error(table, &found, task.options).ok_or(STOPPED)?;
    let mut diagnostics = Diagnostics::from([
        ("coverage".into(), json!(found.coverage)),
        ("total_independent".into(), json!(found.independent)),
        ("total_high_coverage".into(), json!(found.high)),
        ("total_one_step".into(), json!(found.one_step)),
        ("standard_error".into(), json!(error)),
        ("replicates".into(), json!(task.options.replicates)),
        ("replicates_used".into(), json!(used)),
    ]);
    if found.is_low() {
        diagnostics.insert(
            "coverage_note".into(),
            json!(
                "few persons are in more than one list; where being in one list makes another likelier, \
                 read the total as a lower bound"
            ),
        );
    }
    // With many replicates lost the spread of the rest says too little.
    let enough = used as f64 >= 0.9 * task.options.replicates as f64;
    if !enough {
        diagnostics.insert(
            "note".into(),
            json!("no interval: in too many replicates some list was empty or overlapped no other"),
        );
    }
    let interval = log_interval(detected, total - detected, error, task.options.level);
    Ok(Answer {
        total,
        interval: interval.filter(|_| enough),
        model: if found.is_low() {
            format!("one-step, for coverage up to {LOW_COVERAGE}")
        } else {
            format!("for coverage above {LOW_COVERAGE}")
        },
        converged: true,
        diagnostics,
        spread: Spread::log_normal(total - detected, log_error(total - detected, error)).filter(|_| enough),
    })
}
