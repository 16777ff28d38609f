//! Estimates of the hidden population, from lists as received or from the reports.

use std::str::FromStr;

use estimate::covariates::{CovariateTable, estimate_covariates};
use model::{Cube, EstimateSettings};
use publish::ReleasedEstimate;

use super::{Figures, Inputs, Monitor, detected};
use crate::commands::estimate::{Tables, by_group, group_method, merged, parse_methods};
use crate::failure::Failure;
use crate::progress;
use crate::show::{Show, thousands};

/// The column of reports that says who they are of, by the likeliest links.
const PERSON: &str = "person";

/// Makes every estimate that `[[estimate]]` asks for.
pub(crate) fn estimate(
    monitor: &Monitor,
    inputs: &Inputs,
    figures: &Figures,
    show: &Show,
) -> Result<Vec<ReleasedEstimate>, Failure> {
    let mut out = Vec::new();
    for asked in &monitor.settings.estimate {
        let step = show.step(&format!("estimate {}", asked.id), None);
        let methods = parse_methods(&asked.methods)?;
        let reports = figures.reports.as_ref();
        let (tables, sources) = histories(monitor, inputs, reports, asked, &asked.by, PERSON)?;
        // Reports that were linked: the histories of each draw of who is who.
        let of_reports = asked.source.is_none();
        let draws = (figures.persons.draws.iter().filter(|_| of_reports))
            .map(|column| Ok(histories(monitor, inputs, reports, asked, &asked.by, column)?.0))
            .collect::<Result<Vec<Tables>, Failure>>()?;
        let options = estimate::Options { watch: progress::watch(&step), ..options(monitor, asked)? };
        let fail = |e: estimate::Error| Failure::input(format!("estimate \"{}\": {e}", asked.id), "");
        let whole = |tables: &Tables| {
            let found = tables.iter().find(|(codes, _)| codes.is_empty()).map(|(_, table)| table.clone());
            found.ok_or_else(|| Failure::input(format!("estimate \"{}\" has no histories", asked.id), ""))
        };
        let point = whole(&tables)?;
        let mut estimation = if draws.is_empty() {
            estimate::estimate(&point, &methods, &options).map_err(fail)?
        } else {
            let of_draws = draws.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
            estimate::estimate_draws(&of_draws, Some(&point), &methods, &options).map_err(fail)?
        };
        if !asked.by.is_empty() {
            let groups: Tables = tables.iter().filter(|(codes, _)| !codes.is_empty()).cloned().collect();
            let method = group_method(&methods, options.pooling);
            let found = if draws.is_empty() {
                estimate::estimate_groups(&groups, method, &options)
            } else {
                estimate::estimate_groups_draws(&by_group(&draws)?, method, &options)
            };
            estimation = estimation.with_groups(found.map_err(fail)?);
            let without =
                estimate::group_sensitivity(&groups, &estimation.estimates, &options).map_err(fail)?;
            estimation.sensitivity.extend(without);
        }
        let covariates = if asked.covariates.is_empty() {
            None
        } else {
            let (tables, _) = histories(monitor, inputs, reports, asked, &asked.covariates, PERSON)?;
            let groups: Tables = tables.into_iter().filter(|(codes, _)| !codes.is_empty()).collect();
            let table = CovariateTable::from_groups(&groups).map_err(fail)?;
            Some(estimate_covariates(&table, &options).map_err(fail)?)
        };
        step.done(&format!(
            "{} detected, {} methods, {} groups",
            thousands(estimation.detected),
            estimation.estimates.len(),
            estimation.groups.len()
        ));
        let detected =
            figures.detected.iter().filter(|(id, _)| *id == asked.id).map(|(_, cube)| cube.clone());
        let detected = detected.collect();
        out.push(ReleasedEstimate { settings: asked.clone(), estimation, covariates, detected, sources });
    }
    Ok(out)
}

/// How the methods of an estimate are tuned.
fn options(monitor: &Monitor, asked: &EstimateSettings) -> Result<estimate::Options, Failure> {
    let usual = estimate::Options::default();
    Ok(estimate::Options {
        level: monitor.settings.monitor.level,
        seed: monitor.settings.monitor.seed,
        sensitivity: true,
        ..tuned(asked, &usual)?
    })
}

/// The options that an estimate asks for itself.
fn tuned(asked: &EstimateSettings, usual: &estimate::Options) -> Result<estimate::Options, Failure> {
    fn named<T: FromStr<Err = estimate::Error>>(
        asked: &EstimateSettings,
        name: Option<&String>,
        usual: T,
    ) -> Result<T, Failure> {
        let fail = |e: estimate::Error| Failure::input(format!("estimate \"{}\": {e}", asked.id), "");
        name.map_or(Ok(usual), |name| name.parse().map_err(fail))
    }
    Ok(estimate::Options {
        interval: named(asked, asked.interval.as_ref(), usual.interval)?,
        criterion: named(asked, asked.criterion.as_ref(), usual.criterion)?,
        pooling: named(asked, asked.pooling.as_ref(), usual.pooling)?,
        smooth: asked.smooth.clone(),
        max_order: asked.max_order.unwrap_or(usual.max_order),
        replicates: asked.replicates.unwrap_or(usual.replicates),
        lists: estimate::ListChoice { dependent: asked.dependent.clone(), ..usual.lists.clone() },
        ..usual.clone()
    })
}

/// The tables of the detected of each estimate, with its identifier; see [`mod@detected`].
pub(super) fn detected(
    monitor: &Monitor,
    inputs: &Inputs,
    reports: Option<&tables::Reports>,
    like: &[Cube],
) -> Result<Vec<(String, Cube)>, Failure> {
    let mut out = Vec::new();
    for asked in &monitor.settings.estimate {
        let (by, sources) = histories(monitor, inputs, reports, asked, &asked.by, PERSON)?;
        let covariates = if asked.covariates.is_empty() {
            Tables::new()
        } else {
            histories(monitor, inputs, reports, asked, &asked.covariates, PERSON)?.0
        };
        let cubes = detected::cubes(asked, &by, &covariates, like, &sources);
        out.extend(cubes.into_iter().map(|cube| (asked.id.clone(), cube)));
    }
    Ok(out)
}

/// Checks the options of an estimate before anything is read.
pub(super) fn check_options(asked: &EstimateSettings) -> Result<(), Failure> {
    let options = tuned(asked, &estimate::Options::default())?;
    if !asked.covariates.is_empty() && options.lists != estimate::ListChoice::default() {
        return Err(Failure::input(
            format!("estimate \"{}\": `covariates` take the lists as they are", asked.id),
            "leave `dependent` out, or make an [[estimate]] of its own with covariates",
        ));
    }
    options.check().map_err(|e| Failure::input(format!("estimate \"{}\": {e}", asked.id), ""))
}

/// The capture histories of an estimate, of all and by these variables, with the persons of a column, and the
/// sources they come from.
fn histories(
    monitor: &Monitor,
    inputs: &Inputs,
    reports: Option<&tables::Reports>,
    asked: &EstimateSettings,
    by: &[String],
    persons: &str,
) -> Result<(Tables, Vec<String>), Failure> {
    let settings = &monitor.settings;
    if let Some(id) = &asked.source {
        let read = inputs.histories.iter().find(|(source, _)| source == id).map(|(_, h)| &h.tables);
        let tables = read.map(|tables| grouped(tables, by)).transpose()?.unwrap_or_default();
        return Ok((tables, vec![id.clone()]));
    }
    let Some(reports) = reports else {
        return Err(Failure::input(format!("estimate \"{}\" has no reports", asked.id), "name a source"));
    };
    let tables = reports
        .histories(asked.years, by, persons)
        .map_err(|e| Failure::input(format!("estimate \"{}\": {e}", asked.id), ""))?;
    let sources = settings.source.iter().filter(|s| s.reports.is_some()).map(|s| s.id.clone()).collect();
    Ok((tables, sources))
}

/// The whole and the groups by `by`, from groups by these and maybe other columns.
fn grouped(tables: &Tables, by: &[String]) -> Result<Tables, Failure> {
    let mut out: Tables = tables.iter().filter(|(codes, _)| codes.is_empty()).cloned().collect();
    if !by.is_empty() {
        out.extend(merged(tables, by)?);
    }
    Ok(out)
}
