//! The answer of the mixture of methods.

use model::CaptureTable;
use serde_json::json;

use super::{Answer, Diagnostics, Task};
use crate::fitness::{Verdict, assess};
use crate::loglinear::Cells;

/// Beyond so many lists the hundreds of populations take too long.
const MOST_LISTS: usize = 8;

/// Method `combined`; the judgement of the table is kept in the task.
pub(super) fn answer(task: &Task, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
    if cells.lists < 3 {
        return Err(
            "with two lists their dependence cannot be told from the number who were never seen, so no data can \
             judge a method"
                .into(),
        );
    }
    if cells.lists > MOST_LISTS {
        return Err(format!(
            "methods are judged and mixed for up to {MOST_LISTS} lists, and there are {}; join lists that are much \
             alike",
            cells.lists
        ));
    }
    let (fitness, combined) = assess(table, cells, task.options);
    let reasons = fitness.reasons.join("; ");
    let diagnostics = Diagnostics::from([
        ("verdict".into(), json!(fitness.verdict)),
        ("weights".into(), json!(fitness.weights)),
        ("widened".into(), json!(fitness.widened)),
        ("populations".into(), json!(fitness.families.iter().map(|f| f.populations).sum::<usize>())),
        ("note".into(), json!(reasons)),
    ]);
    let mut heaviest: Vec<_> = fitness.weights.iter().collect();
    heaviest.sort_by(|a, b| b.1.total_cmp(a.1));
    let model = heaviest.into_iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" + ");
    let supported = fitness.verdict != Verdict::Unsupported;
    // A second run of the same task would judge the same.
    let _ = task.fitness.set(fitness);
    let Some(combined) = combined.filter(|_| supported) else {
        return Err(format!("these data cannot support an estimate: {reasons}"));
    };
    let detected = cells.detected;
    let (low, high) = combined.interval;
    Ok(Answer {
        total: detected + combined.hidden,
        interval: Some((detected + low, detected + high)),
        model,
        converged: true,
        diagnostics,
        spread: combined.spread,
    })
}
