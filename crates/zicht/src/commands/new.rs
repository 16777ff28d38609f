//! `zicht new`: start a monitor.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::Show;

/// Arguments of `zicht new`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder to make; it must not exist, or be empty.
    dir: PathBuf,
    /// Start from a whole example.
    #[arg(long, value_enum)]
    example: Option<Example>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Example {
    /// The Netherlands, from published tables.
    Netherlands,
    /// Six simulated registers with known truth.
    Registers,
}

macro_rules! example_files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../examples/netherlands/", $name)).as_slice())),*]
    };
}

const NETHERLANDS: &[(&str, &[u8])] = example_files![
    "monitor.toml",
    "glotip_citizenship.csv",
    "2025/PROVENANCE.md",
    "2025/manifest.json",
    "2025/data/dublin_transfers/dublin_transfers.csv",
    "2025/data/justice/justice.csv",
    "2025/data/reports_by_organisation/reports_by_organisation.csv",
    "2025/data/victims_by_publisher/victims_by_publisher.csv",
    "2025/data/victims_citizenship/victims_citizenship.csv",
    "2025/data/victims_form/victims_form.csv",
    "2025/data/victims_repatriation/victims_repatriation.csv",
    "2025/data/victims_sex_age/victims_sex_age.csv",
    "registers/PROVENANCE.md",
    "registers/eurostat_dublin_allData_DublinTransfer.csv",
    "registers/mse_netherlands_2010_2015_six_lists.csv",
    "registers/nl_published_indicators_seen.csv",
    "registers/unodc_glotip_nld.csv",
];

const TEMPLATE: &str = include_str!("template.toml");

/// Reports of the example `registers`.
const EXAMPLE_REPORTS: u64 = 10_000;

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, show: &Show) -> Outcome {
    let dir = &arguments.dir;
    empty_folder(dir)?;
    let next = match arguments.example {
        Some(Example::Netherlands) => {
            for (name, bytes) in NETHERLANDS {
                write(&dir.join(name), bytes)?;
            }
            next_run(dir, None)
        }
        Some(Example::Registers) => {
            let options = simulate::Options {
                reports: EXAMPLE_REPORTS,
                seed: 1,
                reference_date: jiff::civil::date(2026, 1, 31),
                pseudonyms: false,
                year_before: true,
            };
            simulate::simulate(&options, dir, &|_| ()).map_err(|e| Failure::input(e.to_string(), ""))?;
            next_run(dir, options.folder_before())
        }
        None => {
            write(&dir.join("monitor.toml"), TEMPLATE.as_bytes())?;
            std::fs::create_dir_all(dir.join("registers"))
                .map_err(|e| Failure::io("cannot make", &dir.join("registers"), &e))?;
            format!("Next: zicht check {}", dir.display())
        }
    };
    show.result(&format!("Made {}\n\n{next}", dir.join("monitor.toml").display()));
    show.result_json(&serde_json::json!({ "monitor": dir.join("monitor.toml") }))?;
    Ok(0)
}

/// What is to be run now; with an edition before, in a folder `before` below `dir`, that first.
pub(crate) fn next_run(dir: &Path, before: Option<String>) -> String {
    let run = format!("zicht run {}", dir.display());
    match before {
        None => format!("Next: {run}"),
        Some(before) => {
            format!("Next: zicht run {}, the edition before, then {run}", dir.join(before).display())
        }
    }
}

/// Makes `dir`; refuses a folder that has something in it.
pub(crate) fn empty_folder(dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|e| Failure::io("cannot make", dir, &e))?;
    let mut entries = std::fs::read_dir(dir).map_err(|e| Failure::io("cannot read", dir, &e))?;
    if entries.next().is_some() {
        return Err(Failure::input(
            format!("{} is not empty", dir.display()),
            "give a folder that does not exist yet; nothing was written",
        ));
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| Failure::io("cannot make", parent, &e))?;
    }
    std::fs::write(path, bytes).map_err(|e| Failure::io("cannot write", path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_parses_as_it_is() {
        model::Settings::parse(TEMPLATE).expect("a new monitor has valid settings");
    }

    #[test]
    fn the_netherlands_example_parses() {
        let (_, text) = NETHERLANDS[0];
        let text = std::str::from_utf8(text).expect("UTF-8");
        model::Settings::parse(text).expect("the example has valid settings");
    }
}
