//! `zicht audit`: attack published tables, anyone's.

mod members;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::Outcome;
use crate::commands::keep;
use crate::failure::Failure;
use crate::show::{Show, percent, thousands};

/// Arguments of `zicht audit`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Published tables: CSV, XLSX, Parquet or JSON lines. They are attacked together.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to read the files, in TOML; found out when not given.
    #[arg(long)]
    layout: Option<PathBuf>,
    /// The threshold below which the publisher hides counts; taken from marks such as `<5`
    /// when not given.
    #[arg(long)]
    threshold: Option<u64>,
    /// The record of a reader who is counted himself, such as sex=F,year=2019: what does he learn of the others? In a
    /// dimension that is not named he is in the total only.
    #[arg(long, value_name = "DIMENSION=CODE,…", value_delimiter = ',', value_parser = own)]
    own: Vec<(String, String)>,
    /// Tables of an edition before, of the same layout: what does their difference with the files say? May be given more than once.
    #[arg(long, value_name = "FILE")]
    before: Vec<PathBuf>,
    /// Find also groups of which all have the same property: who is known to be in one is known to have it, however many they are.
    #[arg(long)]
    groups: bool,
    /// Every count of the tables is rounded to a multiple of this: what do they tell of the true counts below the threshold, which is
    /// the base when not given?
    #[arg(long, value_name = "BASE", conflicts_with_all = ["before", "groups"], value_parser = clap::value_parser!(u64).range(2..))]
    rounded: Option<u64>,
    /// To which multiple counts are rounded.
    #[arg(long, value_enum, default_value_t = Rounding::Either, requires = "rounded")]
    rounding: Rounding,
    /// Find the closest bounds that whole numbers leave, and the parts of which only one table of whole numbers fits. In parts of up to
    /// some 400 hidden cells; it takes up to some minutes.
    #[arg(long)]
    reconstruct: bool,
    /// Work out which published counts to hide as well, so that nothing more can be worked out. What `--before` and `--groups` find
    /// is not repaired.
    #[arg(long, conflicts_with = "rounded")]
    repair: bool,
    /// The file is of synthetic records: these were they made from. Do they tell who was in? Needs --others.
    #[arg(long, value_name = "FILE", requires = "others", conflicts_with_all = ["layout", "threshold", "own", "before", "groups"])]
    members: Option<PathBuf>,
    /// Records of the same population that the synthetic records were not made from.
    #[arg(long, value_name = "FILE", requires = "members")]
    others: Option<PathBuf>,
    /// Folder for audit.json, the result as `--format json` prints it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Findings to show; all are in the JSON.
    #[arg(long, default_value_t = 20)]
    show: usize,
}

/// To which multiple of a base counts are rounded.
#[derive(Clone, Copy, ValueEnum)]
enum Rounding {
    /// The nearest.
    Nearest,
    /// The one below or the one above, as in random and controlled rounding.
    Either,
}

impl From<Rounding> for disclosure::RoundedTo {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::Nearest => disclosure::RoundedTo::Nearest,
            Rounding::Either => disclosure::RoundedTo::Either,
        }
    }
}

fn own(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((dimension, code)) if !dimension.is_empty() && !code.is_empty() => {
            Ok((dimension.trim().to_owned(), code.trim().to_owned()))
        }
        _ => Err("give DIMENSION=CODE, with a comma between two".to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, show: &Show) -> Outcome {
    if let (Some(members), Some(others)) = (&arguments.members, &arguments.others) {
        let [synthetic] = &arguments.files[..] else {
            return Err(Failure::input("--members is about one file of synthetic records", "give one file"));
        };
        return members::attack(synthetic, members, others, arguments.out.as_ref(), show);
    }
    let layout = arguments
        .layout
        .as_ref()
        .map(|path| {
            let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
            intake::Layout::parse(&text).map_err(|e| Failure::settings(e, &path.display().to_string(), &text))
        })
        .transpose()?;
    let read = |files: &[PathBuf]| {
        let mut cubes = Vec::new();
        for file in files {
            let read = intake::read_tables(file, &file.display().to_string(), layout.as_ref())
                .map_err(|e| Failure::from_intake(&e))?;
            show.findings(&read.findings, "`zicht check`");
            cubes.extend(read.cubes);
        }
        Ok::<_, Failure>(cubes)
    };
    let (cubes, before) = (read(&arguments.files)?, read(&arguments.before)?);
    let step = show.step("audit", None);
    let options = disclosure::AuditOptions {
        threshold: arguments.threshold,
        own: arguments.own.clone(),
        rounded: arguments.rounded.map(|base| disclosure::Rounded { base, kind: arguments.rounding.into() }),
        whole: arguments.reconstruct,
        ..Default::default()
    };
    let failed = |e: disclosure::Error| Failure::input(e.to_string(), "");
    let mut audit = disclosure::audit(&cubes, &options).map_err(failed)?;
    if !before.is_empty() {
        let threshold = arguments.threshold.unwrap_or(model::DisclosureSettings::default().threshold);
        audit.add(disclosure::compare(&before, &cubes, threshold).map_err(failed)?);
    }
    if arguments.groups {
        audit.add(disclosure::groups(&cubes).map_err(failed)?);
    }
    step.done(&format!("{} cells attacked", thousands(audit.cells_attacked as u64)));
    for what in &audit.inconsistencies {
        show.note(&format!("note: {what}"));
    }
    for f in audit.findings.iter().take(arguments.show) {
        show.result(&describe(f));
    }
    if audit.findings.len() > arguments.show {
        show.result(&format!(
            "… and {} more; see --format json or --show",
            audit.findings.len() - arguments.show
        ));
    }
    if let Some(reconstruction) = &audit.reconstruction {
        for part in reconstruction.unique.iter().take(arguments.show) {
            show.result(&format!(
                "{}: only one table of whole numbers fits, so that all of the hidden cells that hang together are known: {}",
                part.tables.join(", "),
                thousands(part.cells as u64)
            ));
        }
        if reconstruction.left > 0 {
            show.note(&format!(
                "note: {} cells may be known more closely: their part of the tables is too large for whole numbers",
                thousands(reconstruction.left as u64)
            ));
        }
    }
    show.result(&format!(
        "\n{} cells attacked: {} can be worked out exactly, {} more closely than the rule allows. Who guesses within the bounds is \
         right for {} of them.",
        thousands(audit.cells_attacked as u64),
        thousands(audit.exact as u64),
        thousands(audit.narrow as u64),
        percent(audit.risk)
    ));
    let repair = if arguments.repair {
        let step = show.step("repair", None);
        let repair = disclosure::repair(&cubes, &options).map_err(failed)?;
        step.done(&format!("{} counts to hide", thousands(repair.hide.len() as u64)));
        tell(&repair, arguments.show, show);
        Some(repair)
    } else {
        None
    };
    let found = !audit.findings.is_empty();
    let result = Found { audit, repair };
    keep(arguments.out.as_deref(), "audit.json", &result)?;
    show.result_json(&result)?;
    Ok(u8::from(found))
}

/// What is written as JSON.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    audit: disclosure::Audit,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<disclosure::Repair>,
}

/// A repair in words, with as many counts as are to be shown.
fn tell(repair: &disclosure::Repair, most: usize, show: &Show) {
    show.result("");
    for hide in repair.hide.iter().take(most) {
        let cell: Vec<String> = hide.cell.iter().map(|(d, c)| format!("{d}={c}")).collect();
        let small = if hide.small { ", which is small itself" } else { "" };
        show.result(&format!("hide {} [{}]: {}{small}", hide.table, cell.join(", "), hide.count));
    }
    if repair.hide.len() > most {
        show.result(&format!(
            "… and {} more; see --format json or --show",
            thousands((repair.hide.len() - most) as u64)
        ));
    }
    show.result(&format!(
        "{} counts to hide as well. Of {} cells that can be worked out, exactly or more closely than the rule allows, {} are left then{}.",
        thousands(repair.hide.len() as u64),
        thousands((repair.before.exact + repair.before.narrow) as u64),
        thousands(repair.left.len() as u64),
        match repair.beyond {
            0 => String::new(),
            n => format!(", {} of them whatever counts are hidden", thousands(n as u64)),
        }
    ));
}

/// A finding in words.
pub(crate) fn describe(f: &disclosure::Finding) -> String {
    let cell: Vec<String> = f.cell.iter().map(|(d, c)| format!("{d}={c}")).collect();
    let learned = match (f.exact, f.upper) {
        (true, _) => format!("is {}", f.lower),
        (false, Some(upper)) => format!("is between {} and {upper}", f.lower),
        (false, None) => format!("is at least {}", f.lower),
    };
    let mut text = format!("{} [{}] published as {} {learned}", f.table, cell.join(", "), f.published);
    for because in f.because.iter().take(3) {
        let _ = write!(text, "\n    because {because}");
    }
    for repair in f.repair.iter().take(2) {
        let _ = write!(text, "\n    repair: {repair}");
    }
    text
}
