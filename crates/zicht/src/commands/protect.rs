//! `zicht protect`: which cells must be hidden, and does it hold?
//!
//! ```text
//! DIR/monitor.toml ── pipeline ─────────────────┐
//! MICRO.csv, SPEC.toml ── spec, count ─► tables ┴─ disclosure::protect ─► report
//!                                            disclosure::rounding ─┤
//!                                                       └── output ─────► OUT/TABLE.csv, .parquet, protection.json
//! ```

mod count;
mod output;
mod round;
mod spec;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use disclosure::{Mode, Protection, Table};
use serde_json::json;

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::pipeline::{Figures, Inputs, Monitor, Work};
use crate::show::{Show, percent, rounded, thousands};
use spec::Spec;

/// Arguments of `zicht protect`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the monitor: the one that holds monitor.toml. With --spec a file with a record in each row.
    #[arg(value_name = "DIR | MICRO.csv")]
    input: PathBuf,
    /// What to count from the records, and the rule by which the tables are protected.
    #[arg(long, value_name = "SPEC.toml")]
    spec: Option<PathBuf>,
    /// What hidden counts are protected against: `weak`, that one is worked out exactly; `strong`, that one is known
    /// more closely than the rule allows. As the specification has it when not given, else `strong`.
    #[arg(long, value_name = "MODE", value_parser = mode)]
    mode: Option<Mode>,
    /// Folder of everything derived: DIR/out when not given. With --spec the folder for the protected tables.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "weak" => Ok(Mode::Weak),
        "strong" => Ok(Mode::Strong),
        _ => Err("a mode is weak or strong".to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    match &arguments.spec {
        Some(spec) => of_records(arguments, spec, show),
        None => of_monitor(arguments, global, show),
    }
}

fn of_monitor(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let started = Instant::now();
    if arguments.input.is_file() {
        return Err(Failure::input(
            format!("{} is a file, and nothing says what to count from it", arguments.input.display()),
            "give --spec SPEC.toml with a file of records, or the folder of a monitor",
        ));
    }
    let monitor = Monitor::open(&arguments.input, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| arguments.input.join("out"));
    let work = Work::open(&out)?;
    let hashes = Inputs::hash(&monitor)?;
    let inputs = Inputs::read(&monitor, &hashes, &work, show)?;
    let mode = arguments.mode.unwrap_or_default();
    let protection = Figures::make(&monitor, &inputs, &work, mode, show)?.protection;
    print(&protection, show);
    show.result_json(&json!({
        "tables": protection.tables,
        "attack": protection.attack,
        "seconds": started.elapsed().as_secs_f64(),
    }))?;
    Ok(0)
}

/// Counts tables from records, protects them as a set and writes them.
fn of_records(arguments: &Arguments, path: &Path, show: &Show) -> Outcome {
    let Some(out) = &arguments.out else {
        return Err(Failure::input("nothing says where the protected tables go", "give a folder with --out"));
    };
    let mut spec = Spec::read(path)?;
    spec.mode = arguments.mode.unwrap_or(spec.mode);
    let step = show.step("count", None);
    let dir = path.parent().unwrap_or(Path::new(""));
    let counted = count::count(&arguments.input, &spec, dir, show)?;
    step.done(&crate::show::rows(counted.rows));
    let name = arguments.input.display().to_string();
    let source = intake::hash_file(&arguments.input, &name).map_err(|e| Failure::from_intake(&e))?;
    // What a certificate says of where it is from. Seconds are not in it: with the same input it is the same file.
    let mut certificate = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "source": source,
        "rows": counted.rows,
        "spec": spec,
    });
    if let Some(settings) = &spec.rounding {
        return round::run(&counted.cubes, &spec, settings, certificate, out, show);
    }
    let started = Instant::now();
    let step = show.step("protect", None);
    let tables: Vec<Table> = counted.cubes.into_iter().map(|cube| Table { cube, waiver: None }).collect();
    let protection =
        disclosure::protect(&tables, &spec.policy()).map_err(|e| Failure::input(e.to_string(), ""))?;
    step.done("");
    let seconds = started.elapsed().as_secs_f64();
    print(&protection, show);
    let attack = protection.attack;
    if attack.exact + attack.narrow > 0 {
        return Err(Failure::refused(
            protection.unprotected(),
            "take fewer dimensions or levels, or leave out one of the tables that overlap; nothing was written",
        ));
    }
    certificate["certificate"] = json!(protection.certificate);
    certificate["tables"] = json!(protection.tables);
    certificate["attack"] = json!(attack);
    certificate["gap"] = json!(protection.gap);
    let written: Vec<output::Table<'_>> =
        protection.cubes.iter().map(|c| output::Table::new(c.id(), c.dimensions(), c.cells())).collect();
    output::write(out, &written, certificate)?;
    show.result(&format!("\nThe protected tables: {}", out.display()));
    show.result_json(&json!({
        "rows": counted.rows,
        "tables": protection.tables,
        "attack": attack,
        "gap": protection.gap,
        "seconds": seconds,
    }))?;
    Ok(0)
}

fn print(protection: &Protection, show: &Show) {
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
    if let Some(gap) = protection.gap {
        show.result(&format!(
            "What was hidden beside small counts costs {}; no choice that protects costs less than {}: a gap of {}.",
            rounded(gap.found),
            rounded(gap.bound),
            percent(gap.share())
        ));
    }
}
