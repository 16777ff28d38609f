//! `zicht review`: people look at pairs that were linked, and their decisions say how good the links are.
//!
//! ```text
//! DIR/pairs.parquet ── work ──► DIR/review/sample.json ── ask ──────► DIR/review/decisions.jsonl
//! FILE... ── originals ─────────────► side by side        exchange ─►        │
//!                                                                  report ◄──┤
//! DIR/model.toml ── teach ──► MODEL.toml with m by decisions ◄───────────────┘
//! ```
//!
//! Identifiers are read from the FILEs for the terminal, and for the file of `--export`. They are written
//! nowhere else.

mod ask;
mod exchange;
mod originals;
mod report;
mod teach;
mod work;

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::show::Show;
use work::{List, Place};

/// Arguments of `zicht review`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder that `zicht link` made: the one that holds pairs.parquet.
    dir: PathBuf,
    /// The files that were linked, in which the records are looked up. The name of a file, without its
    /// ending, is that of the source; else write SOURCE=FILE.
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Pairs to look at. A larger sample begins with the one drawn before; 200 for the first when not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Look at the N pairs instead from which a model learns most. They do not count for --report.
    #[arg(long, value_name = "N", conflicts_with = "sample", value_parser = clap::value_parser!(u32).range(1..))]
    train: Option<u32>,
    /// The probability from which on pairs are taken as of one person: 0.5, or that of the sample, when
    /// not given.
    #[arg(long, value_name = "P")]
    threshold: Option<f64>,
    /// Patterns of agreement with at least this number of pairs between two bounds of probability are
    /// drawn from apart.
    #[arg(long, value_name = "PAIRS", value_parser = clap::value_parser!(u32).range(1..))]
    patterns_from: Option<u32>,
    /// Draw a sample anew, as after linking again. Decisions stay.
    #[arg(long)]
    redraw: bool,
    /// Who decides.
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    reviewer: Option<String>,
    /// Column of the FILEs that holds the ids of the records; found when not given.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Print precision and recall as the decisions have it.
    #[arg(long, group = "instead")]
    report: bool,
    /// Write the model of DIR with the m-probabilities as the decisions have them, for `zicht link --model FILE
    /// --keep-model`.
    #[arg(long, value_name = "FILE", group = "instead")]
    teach: Option<PathBuf>,
    /// Take over decisions made elsewhere, from a table with the columns `a_source`, `a_id`, `b_source`, `b_id` and
    /// `decision`, and if you like `reviewer`, `at` and `reason`.
    #[arg(long, value_name = "FILE", group = "instead")]
    decisions: Option<PathBuf>,
    /// Write the pairs that are left to a CSV file, side by side, to decide elsewhere. It holds identifiers.
    #[arg(long, value_name = "FILE", group = "instead", requires = "files")]
    export: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let place = Place::open(&arguments.dir)?;
    if arguments.report {
        return report::run(&place, arguments.threshold, show);
    }
    if let Some(file) = &arguments.teach {
        return teach::run(&place, &arguments.dir, file, show);
    }
    if let Some(file) = &arguments.decisions {
        return exchange::load(&place, file, arguments.reviewer.as_deref(), show);
    }
    let reviewer = arguments.reviewer.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let reviewer =
        reviewer.ok_or_else(|| Failure::input("nobody is named who decides", "add --reviewer NAME"))?;
    let list = match arguments.train {
        Some(wanted) => List::to_learn_from(&place, wanted, global.seed)?,
        None => List::sample(&place, arguments, global.seed, show)?,
    };
    match &arguments.export {
        Some(file) => exchange::export(&place, &list, arguments, reviewer, file, show),
        None => ask::run(&place, &list, arguments, reviewer, show),
    }
}
