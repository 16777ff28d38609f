//! `zicht check`: read the inputs and list every problem.

use std::path::{Path, PathBuf};

use clap::Args;
use intake::{Findings, Shape};
use model::{RowCount, Severity};

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::pipeline::{Inputs, Monitor, Work};
use crate::show::{self, Show, thousands};

/// Arguments of `zicht check`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of a monitor, the one that holds monitor.toml; or files, which are then checked
    /// without being told what their columns mean.
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Folder of everything derived; DIR/out when not given. Files alone leave nothing behind.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    if let [dir] = &arguments.paths[..]
        && !dir.is_file()
    {
        return monitor(dir, arguments, global, show);
    }
    if let Some(dir) = arguments.paths.iter().find(|p| p.is_dir()) {
        return Err(Failure::input(
            format!("{} is a folder", dir.display()),
            "give one folder of a monitor, or files only",
        ));
    }
    files(&arguments.paths, show)
}

fn monitor(dir: &Path, arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let monitor = Monitor::open(dir, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| dir.join("out"));
    let work = Work::open(&out)?;
    let hashes = Inputs::hash(&monitor)?;
    let inputs = Inputs::read(&monitor, &hashes, &work, show)?;
    let list = out.join("problems.csv").display().to_string();
    show.findings(&inputs.findings, &list);
    summary(&inputs.findings, inputs.rows, show);
    show.result(&format!("All problems: {list}"));
    show.result_json(&inputs.to_json())?;
    Ok(code(&inputs.findings))
}

fn files(paths: &[PathBuf], show: &Show) -> Outcome {
    let (mut rows, mut findings, mut sources) = (RowCount::default(), Findings::default(), Vec::new());
    for path in paths {
        let name = path.display().to_string();
        let checked = intake::check_file(path, &name).map_err(|e| Failure::from_intake(&e))?;
        let kind = match checked.shape {
            Shape::Histories => "capture histories",
            Shape::Table => "a published table",
            Shape::Rows => "rows of unknown meaning",
        };
        show.result(&format!("{name}: {kind}; {}", show::rows(checked.rows)));
        sources.push(serde_json::json!({ "source": name, "taken_for": kind, "rows": checked.rows }));
        rows = rows + checked.rows;
        findings.merge(checked.findings);
    }
    show.findings(&findings, "the JSON");
    summary(&findings, rows, show);
    show.result_json(&serde_json::json!({
        "rows_in": rows.rows_in,
        "rows_used": rows.rows_used,
        "rows_quarantined": rows.rows_quarantined,
        "sources": sources,
        "counts": crate::pipeline::counts_json(&findings),
        "problems": findings.iter().collect::<Vec<_>>(),
    }))?;
    Ok(code(&findings))
}

/// How many problems of each kind, and the rows accounted for.
fn summary(findings: &Findings, rows: RowCount, show: &Show) {
    for ((rule, severity), n) in &findings.counts() {
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        show.result(&format!("{:>10}  {word:<8} {rule}", thousands(*n)));
    }
    show.result(&show::rows(rows));
}

/// Notes need nobody's attention.
fn code(findings: &Findings) -> u8 {
    u8::from(findings.counts().keys().any(|(_, severity)| *severity != Severity::Note))
}
