//! Estimates of the hidden population, from lists as received or from the reports.

use std::collections::BTreeMap;

use estimate::Method;
use model::{CaptureTable, EstimateSettings};
use publish::ReleasedEstimate;

use super::{Inputs, Monitor};
use crate::commands::estimate::parse_methods;
use crate::failure::Failure;
use crate::show::{Show, thousands};

type Tables = Vec<(BTreeMap<String, String>, CaptureTable)>;

/// Makes every estimate that `[[estimate]]` asks for.
pub(crate) fn estimate(
    monitor: &Monitor,
    inputs: &Inputs,
    reports: Option<&tables::Reports>,
    show: &Show,
) -> Result<Vec<ReleasedEstimate>, Failure> {
    let mut out = Vec::new();
    for asked in &monitor.settings.estimate {
        let step = show.step(&format!("estimate {}", asked.id), None);
        let methods = parse_methods(&asked.methods)?;
        let (tables, sources) = histories(monitor, inputs, reports, asked)?;
        let options = estimate::Options {
            level: monitor.settings.monitor.level,
            seed: monitor.settings.monitor.seed,
            ..estimate::Options::default()
        };
        let fail = |e: estimate::Error| Failure::input(format!("estimate \"{}\": {e}", asked.id), "");
        let whole = tables.iter().find(|(codes, _)| codes.is_empty()).map(|(_, t)| t);
        let whole =
            whole.ok_or_else(|| Failure::input(format!("estimate \"{}\" has no histories", asked.id), ""))?;
        let mut estimation = estimate::estimate(whole, &methods, &options).map_err(fail)?;
        if !asked.by.is_empty() {
            let groups: Tables = tables.iter().filter(|(codes, _)| !codes.is_empty()).cloned().collect();
            let method = methods.iter().copied().find(|m| *m != Method::Profile).unwrap_or(Method::Main);
            estimation.groups = estimate::estimate_groups(&groups, method, &options).map_err(fail)?;
        }
        step.done(&format!(
            "{} detected, {} methods, {} groups",
            thousands(estimation.detected),
            estimation.estimates.len(),
            estimation.groups.len()
        ));
        out.push(ReleasedEstimate { settings: asked.clone(), estimation, sources });
    }
    Ok(out)
}

/// The capture histories of an estimate, and the sources they come from.
fn histories(
    monitor: &Monitor,
    inputs: &Inputs,
    reports: Option<&tables::Reports>,
    asked: &EstimateSettings,
) -> Result<(Tables, Vec<String>), Failure> {
    let settings = &monitor.settings;
    if let Some(id) = &asked.source {
        let read = inputs.histories.iter().find(|(source, _)| source == id).map(|(_, h)| &h.tables);
        let mut tables = read.cloned().unwrap_or_default();
        let source = settings.source.iter().find(|s| s.id == *id);
        if let Some((source, columns)) = source.and_then(|s| Some((s, s.histories.as_ref()?)))
            && !asked.by.is_empty()
        {
            let path = monitor.dir.join(&source.path);
            tables = intake::read_histories(&path, &source.path, &source.format, columns, &asked.by)
                .map_err(|e| Failure::from_intake(&e))?
                .tables;
        }
        return Ok((tables, vec![id.clone()]));
    }
    let Some(reports) = reports else {
        return Err(Failure::input(format!("estimate \"{}\" has no reports", asked.id), "name a source"));
    };
    let tables = reports
        .histories(asked.years, &asked.by)
        .map_err(|e| Failure::input(format!("estimate \"{}\": {e}", asked.id), ""))?;
    let sources = settings.source.iter().filter(|s| s.reports.is_some()).map(|s| s.id.clone()).collect();
    Ok((tables, sources))
}
