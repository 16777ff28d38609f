//! Whether tables that came with their totals can be what they say.

use model::Cube;

use crate::Error;
use crate::audit::check;
use crate::propagate::Known;
use crate::system::System;
use crate::words::Words;

/// The sums in tables, and between them, that do not hold, in words. Cells that are hidden or missing may be whatever makes
/// a sum hold; where categories have no cell the rest may be theirs.
///
/// # Errors
/// When a cube is not valid, a count too large, or two tables of one universe give the same cell different counts.
pub fn broken_sums(cubes: &[Cube]) -> Result<Vec<String>, Error> {
    cubes.iter().try_for_each(check)?;
    let cubes: Vec<&Cube> = cubes.iter().collect();
    let words = Words::new(&cubes);
    let mut system = System::new(&cubes);
    let bounds = crate::protect::truth(&system, &words)?;
    let broken = system.settle(&bounds);
    let known = Known::new(&system, &bounds, &broken);
    let said = known
        .broken
        .iter()
        .map(|&e| words.equation(&system, &system.equations[e as usize], u32::MAX, &known));
    Ok(said.collect())
}
