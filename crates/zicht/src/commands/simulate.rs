//! `zicht simulate`: a monitor with known truth.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use crate::cli::{Global, Outcome};
use crate::commands::new::{empty_folder, next_run};
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// Arguments of `zicht simulate`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// About how many reports all registers hold together.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    reports: u64,
    /// The day on which the registers are delivered.
    #[arg(long, default_value = "2026-01-31")]
    date: Date,
    /// Take persons from the pseudonym that all registers hold, instead of finding them by name, date and place of
    /// birth.
    #[arg(long)]
    pseudonyms: bool,
    /// Make also, in a folder named after it, the edition of the year before, from what was delivered by then.
    #[arg(long)]
    year_before: bool,
    /// Folder to make; it must not exist, or be empty.
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    empty_folder(&arguments.out)?;
    let seed = global.seed.unwrap_or(1);
    let options = simulate::Options {
        reports: arguments.reports,
        seed,
        reference_date: arguments.date,
        pseudonyms: arguments.pseudonyms,
        year_before: arguments.year_before,
    };
    let step = show.step("simulate", Some(arguments.reports));
    let summary = simulate::simulate(&options, &arguments.out, &|n| step.at(n)).map_err(|e| {
        Failure::input(e.to_string(), "check the number of reports and that the folder can be written")
    })?;
    step.done(&format!(
        "{} persons, {} of them detected, {} reports",
        thousands(summary.persons),
        thousands(summary.detected),
        thousands(summary.reports)
    ));
    for (register, rows) in &summary.registers {
        show.result(&format!("{register:<12} {:>12} rows", thousands(*rows)));
    }
    show.result(&format!("\n{}", next_run(&arguments.out, options.folder_before())));
    show.result_json(&serde_json::json!({
        "out": arguments.out,
        "seed": seed,
        "persons": summary.persons,
        "detected": summary.detected,
        "reports": summary.reports,
        "registers": summary.registers.iter().map(|(r, n)| serde_json::json!({"register": r, "rows": n})).collect::<Vec<_>>(),
        "mistakes": summary.mistakes,
    }))?;
    Ok(0)
}
