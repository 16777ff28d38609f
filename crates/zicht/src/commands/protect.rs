//! `zicht protect`: which cells must be hidden, and does it hold?
//!
//! ```text
//! DIR/monitor.toml ── pipeline ───────────────────────────────────────────┐
//! MICRO.csv, SPEC.toml ── spec, count ─► tables ─┬─ disclosure::protect ──┴─► report
//! TABLES… ── tables, argus ────────────────┘     └─ change: rounding, noise ┤
//!                                                     output ◄──────────────┘
//!                                                       └─► OUT/TABLE.csv, .parquet, protection.json
//! ```

mod argus;
mod change;
mod count;
mod output;
mod spec;
mod tables;

use std::path::{Path, PathBuf};
use std::time::Instant;

use change::Done;
use clap::Args;
use disclosure::cell_key::Secret;
use disclosure::privacy::Seed;
use disclosure::{Mode, Protection};
use serde_json::json;

use crate::cli::{Global, Outcome};
use crate::commands::noise;
use crate::failure::Failure;
use crate::pipeline::{Figures, Inputs, Monitor, Work};
use crate::show::{Show, percent, rounded, thousands};
use model::RowCount;
use spec::Spec;
use tables::Read;

/// Arguments of `zicht protect`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the monitor: the one that holds monitor.toml. Or a file with a record in each row, when --spec says what to
    /// count from it. Or tables with their totals, which are protected as one set.
    #[arg(value_name = "DIR | MICRO.csv | TABLE…", required = true)]
    input: Vec<PathBuf>,
    /// What to count from the records, and the rule by which the tables are protected.
    #[arg(long, value_name = "SPEC.toml")]
    spec: Option<PathBuf>,
    /// How to read tables, in TOML, as for `zicht audit`; found out when not given.
    #[arg(long)]
    layout: Option<PathBuf>,
    /// Counts below this are small; as the specification has it when not given, else 5.
    #[arg(long)]
    threshold: Option<u64>,
    /// Write the tables also as tau-Argus or SDMX tools read them. May be given more than once.
    #[arg(long, value_name = "FORMAT", value_enum)]
    write: Vec<output::Also>,
    /// What hidden counts are protected against: `weak`, that one is worked out exactly; `strong`, that one is known
    /// more closely than the rule allows. As the specification has it when not given, else `strong`.
    #[arg(long, value_name = "MODE", value_parser = mode)]
    mode: Option<Mode>,
    /// Folder of everything derived: DIR/out when not given. With --spec the folder for the protected tables.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    noise: noise::Source,
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
    match (&arguments.input[..], &arguments.spec) {
        ([dir], None) if !dir.is_file() => of_monitor(arguments, dir, global, show),
        _ => of_files(arguments, show),
    }
}

fn of_monitor(arguments: &Arguments, dir: &Path, global: &Global, show: &Show) -> Outcome {
    let started = Instant::now();
    let monitor = Monitor::open(dir, global)?;
    let out = arguments.out.clone().unwrap_or_else(|| dir.join("out"));
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

/// Protects tables as a set and writes them: tables that are counted from records, or that come with their totals.
fn of_files(arguments: &Arguments, show: &Show) -> Outcome {
    let Some(out) = &arguments.out else {
        return Err(Failure::input(
            "nothing says where the protected tables go",
            "give a folder with --out; and with --spec what to count, when the file has a record in each row",
        ));
    };
    let mut spec = arguments.spec.as_ref().map_or_else(|| Ok(Spec::default()), |path| Spec::read(path))?;
    spec.mode = arguments.mode.unwrap_or(spec.mode);
    spec.disclosure.threshold = arguments.threshold.unwrap_or(spec.disclosure.threshold);
    // What a certificate says of where it is from. Seconds are not in it: with the same input it is the same file.
    let mut about = json!({ "version": env!("CARGO_PKG_VERSION"), "spec": spec });
    let Protected { done, decimals, rows, seconds } = if spec.table.is_empty() {
        of_tables(arguments, &spec, &mut about, show)?
    } else {
        of_records(arguments, &spec, &mut about, show)?
    };
    let Done { protection, optimal, noisy, help } = done;
    print(&protection, show);
    let attack = protection.attack;
    // Noise by cell key does not promise more than that no small count is known, unless more is asked.
    if attack.exact + attack.narrow > 0 {
        return Err(Failure::refused(protection.unprotected(), help));
    }
    about["certificate"] = json!(protection.certificate);
    let mut noisy = noisy.unwrap_or_default().into_iter();
    let cubes = protection.cubes.iter().zip(&decimals);
    let written: Vec<output::Table<'_>> =
        cubes.map(|(cube, &decimals)| output::Table::new(cube, decimals, noisy.next())).collect();
    output::write(out, &written, &arguments.write, about)?;
    show.result(&format!("\nThe protected tables: {}", out.display()));
    show.result_json(&json!({
        "rows": rows,
        "tables": protection.tables,
        "attack": attack,
        "gap": protection.gap,
        "optimal": optimal,
        "seconds": seconds,
    }))?;
    Ok(0)
}

/// What was protected, and from what.
struct Protected {
    done: Done,
    /// Decimals of the figures of each table.
    decimals: Vec<u32>,
    rows: RowCount,
    seconds: f64,
}

fn source(file: &Path) -> Result<serde_json::Value, Failure> {
    let name = file.display().to_string();
    Ok(json!(intake::hash_file(file, &name).map_err(|e| Failure::from_intake(&e))?))
}

/// Counts tables from records and protects them.
fn of_records(
    arguments: &Arguments,
    spec: &Spec,
    about: &mut serde_json::Value,
    show: &Show,
) -> Result<Protected, Failure> {
    let [input] = &arguments.input[..] else {
        return Err(Failure::input(
            "tables are counted from one file of records",
            "join the files, or leave [[table]] out of the specification when they are tables already",
        ));
    };
    let dir = arguments.spec.as_ref().and_then(|path| path.parent()).unwrap_or(Path::new(""));
    let secret = arguments.noise.secret(spec.cell_key.is_some() || spec.privacy.is_some(), show)?;
    if let Some(privacy) = &spec.privacy {
        privacy.budget()?;
        noise::check_codes(spec.layout(dir)?.open())?;
    }
    let record_keys = secret.as_ref().map(|bytes| Secret::derived(bytes));
    let step = show.step("count", None);
    let counted = count::count(input, spec, dir, record_keys.as_ref(), show)?;
    let rows = counted.rows;
    step.done(&crate::show::rows(rows));
    if spec.privacy.is_none() {
        // With differential privacy these would tell of a person: who has all other records can try which makes the hash.
        about["source"] = source(input)?;
        about["rows"] = json!(rows);
    }
    let started = Instant::now();
    let step = show.step("protect", None);
    let done = match (&spec.cell_key, &spec.privacy, spec.rounding) {
        (Some(keys), _, _) => change::keyed(&counted, keys, spec, dir)?,
        (_, Some(privacy), _) => {
            let seed = Seed::derived(secret.as_ref().map_or(&[], |bytes| &bytes[..]));
            change::private(counted, privacy, spec, &seed)?
        }
        (_, _, rounding) => change::tables(&counted.into_tables(spec), rounding, spec)?,
    };
    step.done("");
    let decimals = spec.table.iter().map(|t| t.decimals).collect();
    Ok(Protected { done, decimals, rows, seconds: started.elapsed().as_secs_f64() })
}

/// Protects tables that come with their totals.
fn of_tables(
    arguments: &Arguments,
    spec: &Spec,
    about: &mut serde_json::Value,
    show: &Show,
) -> Result<Protected, Failure> {
    let step = show.step("read", None);
    let read = tables::read(&arguments.input, arguments.layout.as_deref(), show)?;
    step.done(&crate::show::rows(read.rows));
    about["source"] = arguments.input.iter().map(|file| source(file)).collect::<Result<_, _>>()?;
    about["rows"] = json!(read.rows);
    let started = Instant::now();
    let step = show.step("protect", None);
    let done = change::tables(&read.tables, spec.rounding, spec)?;
    step.done("");
    let Read { decimals, rows, .. } = read;
    Ok(Protected { done, decimals, rows, seconds: started.elapsed().as_secs_f64() })
}

fn print(protection: &Protection, show: &Show) {
    let head = format!("{:<28} {:>9} {:>9}", "table", "cells", "primary");
    if protection.certificate.changed().is_some() {
        show.result(&format!("{head} {:>9} {:>12} {:>9}", "changed", "mean change", "largest"));
    } else {
        show.result(&format!("{head} {:>9}", "hidden"));
    }
    for t in &protection.tables {
        let row =
            format!("{:<28} {:>9} {:>9}", t.name, thousands(t.cells as u64), thousands(t.primary as u64));
        show.result(&match t.loss {
            None => format!("{row} {:>9}", thousands(t.suppressed as u64)),
            Some(loss) => {
                format!("{row} {:>9} {:>12.2} {:>9}", thousands(loss.changed as u64), loss.mean, loss.largest)
            }
        });
    }
    if let Some(method) = protection.certificate.changed() {
        show.result(&format!("\n{}", method.words().en));
    }
    if protection.certificate.attack().is_none() {
        show.result("This is a promise against whoever there is; no attack was tried.");
        return;
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
