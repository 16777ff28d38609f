//! Figures: cubes from reports and from published tables, audited and protected.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use disclosure::{AuditOptions, Mode, Policy, ProtectedCube, Protection, Table};
use model::{Settings, Weight};
use publish::{AuditNote, Before, ReleasedRates};

use super::inputs::Received;
use super::linking::{self, Persons};
use super::{Inputs, Monitor, Work, cache::write_json, estimates, previous};
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// Everything that is counted.
pub(crate) struct Figures {
    /// The reports, when there are any.
    pub(crate) reports: Option<tables::Reports>,
    /// Who they are of.
    pub(crate) persons: Persons,
    /// The tables, protected.
    pub(crate) protection: Protection,
    /// How many persons each estimate stands on, by its identifier; protected with the tables.
    pub(crate) detected: Vec<(String, ProtectedCube)>,
    /// What the release before this one published.
    pub(crate) before: Option<Before>,
}

impl Figures {
    /// Makes the cubes and protects them as a set, against who has the release before it too.
    pub(crate) fn make(
        monitor: &Monitor,
        inputs: &Inputs,
        work: &Work,
        mode: Mode,
        show: &Show,
    ) -> Result<Self, Failure> {
        let fail = |e: tables::Error| Failure::input(e.to_string(), "");
        let settings = &monitor.settings;
        let mut all: Vec<Table> = Vec::new();
        let mut reports = None;
        let persons = linking::persons(monitor, inputs, work, show)?;
        if !persons.files.is_empty() {
            let step = show.step("tables", None);
            let opened = tables::Reports::open(&persons.files, settings, &monitor.catalogue, monitor.threads)
                .map_err(fail)?;
            let cubes = opened.cubes(&settings.table).map_err(fail)?;
            let cells: usize = cubes.iter().map(|c| c.cells.len()).sum();
            step.done(&format!(
                "{} reports of {} persons, {} cells",
                thousands(opened.rows()),
                thousands(opened.persons()),
                thousands(cells as u64)
            ));
            all.extend(cubes.into_iter().map(Table::of));
            reports = Some(opened);
        }
        all.extend(
            inputs
                .cubes
                .iter()
                .map(|r| Table { waiver: r.settings.waiver.clone(), ..Table::of(r.cube.clone()) }),
        );
        let like: Vec<model::Cube> = all.iter().map(|t| t.cube.clone()).collect();
        let detected = estimates::detected(monitor, inputs, reports.as_ref(), &like)?;
        let tables = all.len();
        let (of_estimates, cubes): (Vec<String>, Vec<model::Cube>) = detected.into_iter().unzip();
        all.extend(cubes.into_iter().map(Table::of));
        let before = previous::read(monitor, show);
        for table in all.iter_mut().take(tables) {
            table.published_before = before.as_ref().map(|b| b.published(&table.cube)).unwrap_or_default();
        }
        let step = show.step("protect", None);
        let mut policy = Policy { mode, ..Policy::from(&settings.disclosure) };
        if settings.disclosure.rounding.is_none() {
            policy.structural.extend(nowhere(settings, &all));
            policy.weights.extend(sizes(&all));
        }
        let protection = match settings.disclosure.rounding {
            None => disclosure::protect(&all, &policy),
            Some(rounding) => disclosure::rounding::protect(&all, rounding, &policy).map(|(p, _)| p),
        };
        let mut protection = protection.map_err(|e| Failure::input(e.to_string(), ""))?;
        let touched = protection.tables.iter().map(|t| t.loss.map_or(t.suppressed, |loss| loss.changed));
        step.done(&format!(
            "{} cells {}; attacked {}: {} exact, {} too close",
            thousands(touched.sum::<usize>() as u64),
            if settings.disclosure.rounding.is_some() { "rounded" } else { "hidden" },
            thousands(protection.attack.targets as u64),
            protection.attack.exact,
            protection.attack.narrow
        ));
        if protection.attack.exact + protection.attack.narrow > 0 {
            return Err(Failure::refused(
                protection.unprotected(),
                "make tables with fewer dimensions, or leave out one of the tables that overlap",
            ));
        }
        if let (Some(before), None) = (&before, settings.disclosure.rounding) {
            previous::say(before, &protection.cubes[..tables], settings.disclosure.threshold, show)
                .map_err(|e| Failure::input(e.to_string(), ""))?;
        }
        let detected = of_estimates.into_iter().zip(protection.cubes.split_off(tables)).collect();
        Ok(Self { reports, persons, protection, detected, before })
    }
}

/// How much more it costs to hide what says nothing of a register than what does, for each register of a table.
const SIZES: f64 = 2.0;

/// How many a register reported, and how many two have in common, is to be kept rather than who is in which combination.
fn sizes(tables: &[Table]) -> Vec<Weight> {
    let registers: BTreeSet<&str> = tables
        .iter()
        .flat_map(|t| &t.cube.dimensions)
        .map(|d| d.id.as_str())
        .filter(|id| model::register_of(id).is_some())
        .collect();
    let weight = |id: &str| Weight { dimension: id.to_owned(), code: model::TOTAL.to_owned(), factor: SIZES };
    registers.into_iter().map(weight).collect()
}

/// Of tables with all registers: that nobody is in none of them is no secret.
fn nowhere(settings: &Settings, tables: &[Table]) -> BTreeSet<BTreeMap<String, String>> {
    let registers = settings.registers().len();
    tables
        .iter()
        .map(|t| t.cube.dimensions.iter().filter(|d| model::register_of(&d.id).is_some()))
        .filter(|within| registers > 0 && within.clone().count() == registers)
        .map(|within| within.map(|d| (d.id.clone(), model::NOT_IN.to_owned())).collect())
        .collect()
}

/// Rates of the published counts of `cube`, when its table asks for them.
///
/// The population is taken as it is published: a rate would give a hidden population away.
pub(crate) fn rates(
    settings: &Settings,
    cubes: &[ProtectedCube],
    cube: &ProtectedCube,
) -> Result<Option<ReleasedRates>, Failure> {
    let Some((table, population)) = settings
        .table
        .iter()
        .find(|t| t.id == cube.id())
        .and_then(|t| Some((t, cubes.iter().find(|c| Some(c.id()) == t.population.as_deref())?)))
    else {
        return Ok(None);
    };
    let counts = cube.cells().map(|(key, cell)| (key.clone(), cell.value.count()));
    let population = population.published();
    let rates =
        tables::rates(cube.id(), cube.dimensions(), counts, &population, table.per, settings.monitor.level)
            .map_err(|e| Failure::input(e.to_string(), ""))?;
    let cells = cube.cells().zip(rates).filter_map(|((key, _), rate)| Some((key.clone(), rate?))).collect();
    Ok(Some(ReleasedRates { per: table.per, population: population.title.clone(), cells }))
}

/// Attacks the published tables that were received, file by file, and writes `audit.json`: it
/// names cells and values, so it stays inside.
pub(crate) fn audit_received(
    monitor: &Monitor,
    inputs: &Inputs,
    work: &Work,
    show: &Show,
) -> Result<(disclosure::Audit, Vec<AuditNote>), Failure> {
    let mut whole = disclosure::Audit::default();
    let mut notes = Vec::new();
    let path = work.out().join("audit.json");
    if inputs.cubes.is_empty() {
        // What an earlier run with other inputs left behind says nothing of this one.
        let _ = std::fs::remove_file(&path);
        return Ok((whole, notes));
    }
    let step = show.step("audit", None);
    let options =
        AuditOptions { threshold: Some(monitor.settings.disclosure.threshold), ..AuditOptions::default() };
    let mut files: Vec<&String> = inputs.cubes.iter().map(|r| &r.file).collect();
    files.dedup();
    for file in files {
        let cubes: Vec<model::Cube> = inputs
            .cubes
            .iter()
            .filter(|r: &&Received| r.file == *file && r.settings.waiver.is_none())
            .map(|r| r.cube.clone())
            .collect();
        let audit = disclosure::audit(&cubes, &options).map_err(|e| Failure::input(e.to_string(), ""))?;
        notes.push(AuditNote {
            file: file.clone(),
            cells_attacked: audit.cells_attacked,
            exact: audit.exact,
            narrow: audit.narrow,
        });
        whole.add(audit);
    }
    write_json(&path, &whole)?;
    // It names cells and what they hide.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .map_err(|e| Failure::io("cannot protect", &path, &e))?;
    step.done(&format!(
        "{} cells of received tables attacked: {} can be worked out exactly",
        thousands(whole.cells_attacked as u64),
        thousands(whole.exact as u64)
    ));
    Ok((whole, notes))
}
