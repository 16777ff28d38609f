//! `zicht run`: the whole pipeline.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::pipeline::{self, Inputs, Monitor, Work, build};
use crate::show::{self, Show, thousands};

/// Arguments of `zicht run`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the monitor: the one that holds monitor.toml.
    dir: PathBuf,
    /// Folder of everything derived; DIR/out when not given.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Make the release again, also when nothing changed.
    #[arg(long)]
    force: bool,
}

/// What is kept of a run, to know whether the next has anything to do.
#[derive(Serialize, Deserialize, PartialEq)]
struct Last {
    /// Hash of the settings, the inputs and the program.
    state: String,
    /// Hash of the release's manifest.
    manifest: String,
    result: serde_json::Value,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let monitor = Monitor::open(&arguments.dir, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| arguments.dir.join("out"));
    let work = Work::open(&out)?;
    let hashes = Inputs::hash(&monitor)?;
    let state = serde_json::json!([build(), monitor.hash, monitor.settings.monitor.seed, hashes]).to_string();
    let state = model::provenance::hash(state.as_bytes());
    let manifest = out.join("release").join("manifest.json");
    let fingerprint = || std::fs::read(&manifest).ok().map(|bytes| model::provenance::hash(&bytes));
    if let (false, Some(last)) = (arguments.force, work.load::<Last>("run.json"))
        && last.state == state
        && Some(&last.manifest) == fingerprint().as_ref()
    {
        show.note("Nothing changed since the last run; its release stands. Use --force to make it again.");
        return finish(&last.result, show);
    }
    let inputs = Inputs::read(&monitor, &hashes, &work, show)?;
    show.findings(&inputs.findings, &out.join("problems.csv").display().to_string());
    show.note(&show::rows(inputs.rows));
    let made = pipeline::run(&monitor, &inputs, &work, show)?;
    let index = made.written.index.strip_prefix(out.join("release")).unwrap_or(&made.written.index);
    let result = serde_json::json!({
        "site": out.join("release").join(index),
        "release": out.join("release"),
        "files": made.written.files,
        "rows_in": inputs.rows.rows_in,
        "rows_used": inputs.rows.rows_used,
        "rows_quarantined": inputs.rows.rows_quarantined,
        "problems": inputs.findings.len(),
        "linkage": made.figures.persons.found,
        "tables": made.figures.protection.tables,
        "attack": made.figures.protection.attack,
        "received_tables": {
            "cells_attacked": made.audited.cells_attacked,
            "exact": made.audited.exact,
            "narrow": made.audited.narrow,
        },
    });
    let last = Last { state, manifest: fingerprint().unwrap_or_default(), result };
    work.store("run.json", &last)?;
    finish(&last.result, show)
}

fn finish(result: &serde_json::Value, show: &Show) -> Result<u8, Failure> {
    let number = |key: &str| thousands(result[key].as_u64().unwrap_or_default());
    show.result(&format!(
        "{} rows in = {} used + {} quarantined\nOpen {}",
        number("rows_in"),
        number("rows_used"),
        number("rows_quarantined"),
        result["site"].as_str().unwrap_or_default()
    ));
    show.result_json(result)?;
    Ok(0)
}
