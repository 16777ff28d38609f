//! One file a command: its arguments, what it calls, what it shows.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod encode;
pub(crate) mod estimate;
pub(crate) mod key;
pub(crate) mod link;
pub(crate) mod new;
pub(crate) mod protect;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod simulate;
mod study;

use std::path::Path;

use crate::failure::Failure;
use crate::pipeline::write_json;

/// Writes a result into the folder that `--out` names, if it names one.
pub(crate) fn keep(dir: Option<&Path>, name: &str, result: &impl serde::Serialize) -> Result<(), Failure> {
    let Some(dir) = dir else { return Ok(()) };
    std::fs::create_dir_all(dir).map_err(|e| Failure::io("cannot make", dir, &e))?;
    write_json(&dir.join(name), result)
}
