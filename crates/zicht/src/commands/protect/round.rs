//! Tables of which every count is rounded, as a set.

use std::path::Path;

use disclosure::AuditOptions;
use disclosure::rounding::{Settings, round};
use model::Cube;
use serde_json::{Value, json};

use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::{Show, rounded, thousands};

use super::output::{self, Table};
use super::spec::Spec;

/// Rounds the cubes, attacks the result and writes it. `about` becomes part of the certificate.
pub(super) fn run(
    cubes: &[Cube],
    spec: &Spec,
    settings: &Settings,
    mut about: Value,
    out: &Path,
    show: &Show,
) -> Outcome {
    let step = show.step("round", None);
    let done = round(cubes, settings).map_err(|e| Failure::input(e.to_string(), ""))?;
    step.done("");
    // Who knows the rule knows for each count an interval; together these may say more.
    let step = show.step("attack", None);
    let policy = spec.policy();
    let options = AuditOptions {
        threshold: Some(policy.threshold),
        protection: policy.protection,
        open_small: false,
        missing: false,
        ..AuditOptions::default()
    };
    let audit =
        disclosure::audit(&done.as_bounds(), &options).map_err(|e| Failure::input(e.to_string(), ""))?;
    step.done("");
    // That a count is known closely is a secret only of small ones.
    let small: Vec<_> = audit
        .findings
        .iter()
        .filter(|f| f.lower < policy.threshold && f.upper.is_some_and(|upper| upper > 0))
        .collect();
    let exact = small.iter().filter(|f| f.exact).count();
    let attack = json!({
        "targets": audit.cells_attacked,
        "exact": exact,
        "narrow": small.len() - exact,
    });
    show.result(&format!(
        "{:<28} {:>9} {:>9} {:>14} {:>9}",
        "table", "cells", "changed", "mean change", "largest"
    ));
    for (cube, loss) in done.cubes.iter().zip(&done.loss) {
        show.result(&format!(
            "{:<28} {:>9} {:>9} {:>14} {:>9}",
            cube.id(),
            thousands(loss.cells as u64),
            thousands(loss.changed as u64),
            rounded(loss.mean),
            loss.largest
        ));
    }
    show.result(&format!(
        "\n{} cells attacked: {exact} small counts can be worked out exactly, {} more closely than the rule allows.",
        thousands(audit.cells_attacked as u64),
        small.len() - exact
    ));
    if let Some(worst) = small.first() {
        return Err(Failure::refused(
            format!(
                "rounding to multiples of {} does not protect these tables: {} small counts are known too closely, \
                 the first of them {}",
                settings.base,
                small.len(),
                crate::commands::audit::describe(worst)
            ),
            "take a larger base, allow a step more, or fewer tables; nothing was written",
        ));
    }
    let tables: Vec<Value> = done
        .cubes
        .iter()
        .zip(&done.loss)
        .map(|(cube, loss)| json!({ "id": cube.id(), "method": cube.method(), "loss": loss }))
        .collect();
    about["method"] = json!(done.cubes.first().map(|c| c.method().words()));
    about["tables"] = json!(tables);
    about["optimal"] = json!(done.optimal);
    about["attack"] = attack.clone();
    let rows = about["rows"].clone();
    let written: Vec<Table<'_>> =
        done.cubes.iter().map(|c| Table::new(c.id(), c.dimensions(), c.cells())).collect();
    output::write(out, &written, about)?;
    show.result(&format!("\nThe rounded tables: {}", out.display()));
    show.result_json(&json!({ "rows": rows, "tables": tables, "attack": attack, "optimal": done.optimal }))?;
    Ok(0)
}
