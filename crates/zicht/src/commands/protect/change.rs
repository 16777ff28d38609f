//! What is done to the tables of `zicht protect`: small counts are hidden, or all counts are rounded or get noise.

use std::path::Path;

use disclosure::cell_key::{PTable, perturb};
use disclosure::privacy::{Seed, release_all};
use disclosure::{Protection, Table, rounding};
use model::{Cube, Rounding};

use super::count::Counted;
use super::output::Noisy;
use super::spec::{CellKey, Privacy, Spec};
use crate::commands::noise;
use crate::failure::Failure;

/// Protected tables.
pub(super) struct Done {
    pub(super) protection: Protection,
    /// Whether no other rounding is nearer; `None` when counts are not rounded.
    pub(super) optimal: Option<bool>,
    /// With differential privacy, the counts of each table as they were drawn, some negative and none biased.
    pub(super) noisy: Option<Vec<Noisy>>,
    /// What to do when the attacker knows too much.
    pub(super) help: &'static str,
}

fn failed(error: &disclosure::Error) -> Failure {
    Failure::input(error.to_string(), "")
}

/// Hides what is small, and other figures with it; or rounds all.
pub(super) fn tables(tables: &[Table], rounding: Option<Rounding>, spec: &Spec) -> Result<Done, Failure> {
    if let Some(settings) = rounding {
        return rounded(tables, settings, spec);
    }
    let protection = disclosure::protect(tables, &spec.policy()).map_err(|e| failed(&e))?;
    let help =
        "take fewer dimensions or levels, or leave out one of the tables that overlap; nothing was written";
    Ok(Done { protection, optimal: None, noisy: None, help })
}

/// Rounds the counts.
fn rounded(tables: &[Table], settings: Rounding, spec: &Spec) -> Result<Done, Failure> {
    let (protection, optimal) =
        rounding::protect(tables, settings, &spec.policy()).map_err(|e| failed(&e))?;
    let help = "take a larger base, allow a step more, or fewer tables; nothing was written";
    Ok(Done { protection, optimal: Some(optimal), noisy: None, help })
}

/// Adds noise by cell key.
pub(super) fn keyed(counted: &Counted, settings: &CellKey, spec: &Spec, dir: &Path) -> Result<Done, Failure> {
    let table = match &settings.table {
        None => PTable::make(&settings.constraints()),
        Some(file) => {
            let path = dir.join(file);
            let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("cannot read", &path, &e))?;
            PTable::read(&text)
        }
    };
    let table = table.map_err(|e| failed(&e))?;
    let cubes = perturb(&counted.cubes, &table, settings.additivity).map_err(|e| failed(&e))?;
    let truth: Vec<&Cube> = counted.cubes.iter().map(|keyed| &keyed.cube).collect();
    let protection = Protection::of_changed(&truth, cubes, &spec.policy()).map_err(|e| failed(&e))?;
    let help = "take noise with a larger bound, or fewer tables; nothing was written";
    Ok(Done { protection, optimal: None, noisy: None, help })
}

/// Adds noise with a budget of differential privacy.
pub(super) fn private(
    counted: Counted,
    settings: &Privacy,
    spec: &Spec,
    seed: &Seed,
) -> Result<Done, Failure> {
    let budget = settings.budget()?;
    noise::check_records(counted.most, settings.records)?;
    let mut cubes = counted.into_cubes();
    if settings.records > 1 {
        // All of them may be in one cell.
        for cube in &mut cubes {
            cube.unit = model::Unit::Reports;
        }
    }
    let shares: Vec<f64> = spec.table.iter().map(|t| t.share).collect();
    let released = release_all(&cubes, &shares, &settings.settings(budget), seed).map_err(|e| failed(&e))?;
    let truth: Vec<&Cube> = cubes.iter().collect();
    let (cubes, noisy) = released.into_iter().map(|r| (r.cube, r.noisy)).unzip();
    let protection = Protection::of_changed(&truth, cubes, &spec.policy()).map_err(|e| failed(&e))?;
    Ok(Done { protection, optimal: None, noisy: Some(noisy), help: "" })
}
