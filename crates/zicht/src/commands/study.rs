//! `zicht estimate --study`: how often each method's interval holds a size that is known.

use std::time::Duration;

use estimate::{Interval, Method, Options, Scenario, StudyRow};
use serde::Serialize;

use super::{estimate::parse_methods, keep};
use crate::cli::Outcome;
use crate::failure::Failure;
use crate::progress::{self, Stopper};
use crate::sheet::Sheet;
use crate::show::{Show, percent, thousands};

/// What a study returns.
#[derive(Serialize)]
struct Found<'a> {
    populations: usize,
    level: f64,
    seed: u64,
    replicates: usize,
    scenarios: Vec<Described<'a>>,
    study: &'a [StudyRow],
    /// Whether scenarios are missing because the study was stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

#[derive(Serialize)]
struct Described<'a> {
    scenario: &'a str,
    description: &'a str,
    identifiable: bool,
}

/// Runs the study of all scenarios.
pub(super) fn run(
    methods: &[String],
    populations: usize,
    options: &Options,
    most_time: Option<Duration>,
    out: Option<&std::path::Path>,
    show: &Show,
) -> Outcome {
    let methods = ways(&if methods.is_empty() { usual() } else { parse_methods(methods)? });
    let scenarios = estimate::scenarios();
    let step = show.step("study", None);
    let options = &Options { watch: progress::watch(&step), ..options.clone() };
    let stopper = Stopper::new(&options.watch, most_time, &step, show);
    let estimate::Study { rows, stopped } = estimate::study(&scenarios, &methods, populations, options)
        .map_err(|e| Failure::input(e.to_string(), ""))?;
    drop(stopper);
    let complete = scenarios.iter().filter(|s| rows.iter().any(|row| row.scenario == s.name));
    let complete: Vec<Scenario> = complete.cloned().collect();
    let of_all = if stopped {
        format!("{} of {}", complete.len(), scenarios.len())
    } else {
        complete.len().to_string()
    };
    step.done(&format!("{} populations of {of_all} scenarios", thousands(populations as u64)));
    let scenarios = complete;
    print(&scenarios, &rows, show);
    if stopped {
        show.result("\nstopped: scenarios that were not complete are not shown");
    }
    let described = scenarios.iter().map(|s| Described {
        scenario: s.name,
        description: s.description,
        identifiable: s.identifiable,
    });
    let found = Found {
        populations,
        level: options.level,
        seed: options.seed,
        replicates: options.replicates,
        scenarios: described.collect(),
        study: &rows,
        stopped,
    };
    keep(out, "study.json", &found)?;
    if let Some(dir) = out {
        Sheet::of(&rows)?.write(dir, "study")?;
    }
    show.result_json(&found)?;
    Ok(if stopped { 3 } else { 0 })
}

/// The methods of a study when none is named: those that take well under a second.
fn usual() -> Vec<Method> {
    let slow = [Method::LatentClass];
    Method::ALL.into_iter().filter(|method| !slow.contains(method)).collect()
}

/// Each method with each way to make its interval.
fn ways(methods: &[Method]) -> Vec<(Method, Option<Interval>)> {
    let ways_of = |method: &Method| match method {
        Method::Stepwise | Method::Bic => vec![Some(Interval::Wald), Some(Interval::Bca)],
        _ => vec![None],
    };
    methods.iter().flat_map(|method| ways_of(method).into_iter().map(|way| (*method, way))).collect()
}

fn print(scenarios: &[Scenario], rows: &[StudyRow], show: &Show) {
    for scenario in scenarios {
        let known = if scenario.identifiable { "" } else { " (not identifiable)" };
        show.result(&format!("\n{}{known}: {}", scenario.name, scenario.description));
        show.result(&format!(
            "  {:<24} {:>16} {:>9} {:>7} {:>9}",
            "method", "coverage", "bias", "width", "refused"
        ));
        for row in rows.iter().filter(|row| row.scenario == scenario.name) {
            let name = match row.interval {
                Some(interval) => format!("{}, {interval}", row.method),
                None => row.method.to_string(),
            };
            show.result(&format!(
                "  {name:<24} {:>7} ± {:>6} {:>9} {:>7} {:>9}",
                row.coverage.map_or_else(|| "–".into(), percent),
                row.coverage_error.map_or_else(|| "–".into(), percent),
                row.bias.map_or_else(|| "–".into(), |bias| format!("{:+.1} %", 100.0 * bias)),
                row.width.map_or_else(|| "–".into(), |width| format!("{width:.2}")),
                percent(row.refused),
            ));
        }
    }
}
