//! `zicht check`: read the inputs and list every problem.

use std::path::PathBuf;

use clap::Args;
use model::Severity;

use crate::cli::{Global, Outcome};
use crate::pipeline::{Inputs, Monitor, Work};
use crate::show::{self, Show, thousands};

/// Arguments of `zicht check`.
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
    let monitor = Monitor::open(&arguments.dir, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| arguments.dir.join("out"));
    let work = Work::open(&out)?;
    let hashes = Inputs::hash(&monitor)?;
    let inputs = Inputs::read(&monitor, &hashes, &work, show)?;
    let list = out.join("problems.csv").display().to_string();
    show.findings(inputs.findings.iter(), &list);
    let counts = inputs.findings.counts();
    for ((rule, severity), n) in &counts {
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        show.result(&format!("{:>10}  {word:<8} {rule}", thousands(*n)));
    }
    show.result(&format!("{}\nAll problems: {list}", show::rows(inputs.rows)));
    show.result_json(&inputs.to_json())?;
    // Notes need nobody's attention.
    Ok(u8::from(counts.keys().any(|(_, severity)| *severity != Severity::Note)))
}
