//! `zicht protect`: which cells must be hidden, and does it hold?

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Global, Outcome};
use crate::pipeline::{Figures, Inputs, Monitor, Work};
use crate::show::{Show, thousands};

/// Arguments of `zicht protect`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the monitor: the one that holds monitor.toml.
    dir: PathBuf,
    /// Folder of everything derived; DIR/out when not given.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let started = std::time::Instant::now();
    let monitor = Monitor::open(&arguments.dir, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| arguments.dir.join("out"));
    let work = Work::open(&out)?;
    let hashes = Inputs::hash(&monitor)?;
    let inputs = Inputs::read(&monitor, &hashes, &work, show)?;
    let protection = Figures::make(&monitor, &inputs, &work, show)?.protection;
    show.result(&format!("{:<28} {:>9} {:>9} {:>9}", "table", "cells", "primary", "hidden"));
    for t in &protection.tables {
        show.result(&format!(
            "{:<28} {:>9} {:>9} {:>9}",
            t.name,
            thousands(t.cells as u64),
            thousands(t.primary as u64),
            thousands(t.suppressed as u64)
        ));
    }
    let attack = protection.attack;
    show.result(&format!(
        "\n{} cells attacked: {} can be worked out exactly, {} more closely than the rule allows.",
        thousands(attack.targets as u64),
        attack.exact,
        attack.narrow
    ));
    show.result_json(&serde_json::json!({
        "tables": protection.tables,
        "attack": attack,
        "seconds": started.elapsed().as_secs_f64(),
    }))?;
    Ok(0)
}
