//! `zicht synthesize`: records of which none is a person, from protected counts of combinations.
//!
//! ```text
//! MICRO.csv, SPEC.toml ── records ─► Records ── synthetic::make ─► OUT/synthetic.csv, .parquet, combinations.csv
//!                                       ├────── fidelity ────────► what was kept, invented and lost ┐ shown, not
//!                                       └─ half ─ membership ────► does an attacker tell who was in?┘ published
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use clap::Args;
use disclosure::privacy::Seed;
use disclosure::synthetic::{
    Attribute, Fidelity, MISSING, Membership, Protection, Records, Settings, Synthesis, fidelity, make,
    membership,
};
use model::Format;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::{Global, Outcome};
use crate::commands::noise;
use crate::commands::put;
use crate::commands::records::{self, Layout, Read};
use crate::failure::Failure;
use crate::sheet::parquet_of;
use crate::show::{Show, percent, thousands};

/// The file that says how the records were made.
const ABOUT: &str = "synthesis.json";
/// More records than this are refused: they are held in memory.
const MOST_RECORDS: u64 = 50_000_000;
/// Combinations of fewer records than this count as rare where nothing else is asked.
const RARE: u64 = 10;

/// Arguments of `zicht synthesize`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// File with a record in each row.
    #[arg(value_name = "MICRO.csv")]
    input: PathBuf,
    /// Which attributes the records have, and what protects the persons.
    #[arg(long, value_name = "SPEC.toml")]
    spec: PathBuf,
    /// Folder for the synthetic records.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    noise: noise::Source,
}

/// `SPEC.toml`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    /// How the file of records is written, where that cannot be told from it.
    #[serde(default)]
    format: Format,
    /// Variables that the synthetic records have.
    attributes: Vec<String>,
    /// The most values in a combination that is counted.
    #[serde(default = "three")]
    order: usize,
    /// The fewest records of a combination that is kept.
    k: Option<u64>,
    /// A budget of differential privacy.
    privacy: Option<Privacy>,
    /// Column that says how many records a row stands for.
    frequency: Option<String>,
    /// Column that says who a record is of.
    person: Option<String>,
    /// Variables with a list of codes, or with another column than their name.
    #[serde(default)]
    variable: BTreeMap<String, records::Settings>,
}

fn three() -> usize {
    3
}

fn usual_sure() -> f64 {
    2.5
}

/// `[privacy]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Privacy {
    epsilon: Option<f64>,
    delta: Option<f64>,
    rho: Option<f64>,
    /// The most records that one person has.
    #[serde(default = "noise::one_record")]
    records: u32,
    /// A combination counts as known when its noisy count is above this many standard deviations.
    #[serde(default = "usual_sure")]
    sure: f64,
}

impl Spec {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
        toml::from_str(&text).map_err(|e| {
            Failure::input(
                format!("{}: {e}", path.display()),
                "it has attributes = [...], and k or [privacy] with a budget",
            )
        })
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let protection = match (self.k, &self.privacy) {
            (Some(k), None) => Protection::AtLeast { k },
            (None, Some(privacy)) => {
                let budget = noise::budget(privacy.rho, privacy.epsilon, privacy.delta)?;
                Protection::Private { budget, records: privacy.records, sure: privacy.sure }
            }
            _ => {
                return Err(Failure::input(
                    "one thing protects the persons, and the specification names none or two",
                    "give k, the fewest persons of a combination, or [privacy] with a budget",
                ));
            }
        };
        Ok(Settings { order: self.order, protection })
    }

    fn layout(&self, dir: &Path) -> Result<Layout<'_>, Failure> {
        let names: Vec<&str> = self.attributes.iter().map(String::as_str).collect();
        if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(Failure::input(
                format!("\"{}\" is named twice as an attribute", twice.1),
                "name each once",
            ));
        }
        if let Some(name) = self.variable.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(Failure::input(
                format!("\"{name}\" is no attribute"),
                "name it in attributes, or leave [variable] out",
            ));
        }
        if names.len() < 2 {
            return Err(Failure::input(
                "records of fewer than two attributes are a table",
                "name at least two attributes, or make a table with `zicht protect`",
            ));
        }
        if self.person.is_some() && self.frequency.is_some() {
            return Err(Failure::input(
                "a row that stands for many records is not of one person",
                "leave out person or frequency",
            ));
        }
        let layout = Layout::new(&self.format, &self.variable, &names, dir)?;
        if self.privacy.is_some() {
            noise::check_codes(layout.open())?;
        }
        Ok(Layout { frequency: self.frequency.as_deref(), person: self.person.as_deref(), ..layout })
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    let spec = Spec::read(&arguments.spec)?;
    let settings = spec.settings()?;
    let seed = seed(arguments, &spec, global, show)?;
    let dir = arguments.spec.parent().unwrap_or(Path::new(""));
    let step = show.step("read", None);
    let read = records::read(&arguments.input, spec.layout(dir)?, None, show)?;
    step.done(&crate::show::rows(read.rows));
    if let Some(privacy) = &spec.privacy {
        noise::check_records(read.most, privacy.records)?;
    }
    let (real, codes) = as_records(&read)?;
    let failed = |e: disclosure::Error| Failure::input(e.to_string(), "");
    let step = show.step("synthesize", None);
    let made = make(&real, &settings, &seed).map_err(failed)?;
    step.done(&format!("{} records", thousands(made.records.len() as u64)));
    let step = show.step("compare", None);
    let kept = fidelity(&real, &made.records, spec.order, spec.k.unwrap_or(RARE)).map_err(failed)?;
    let attack = attacked(&real, &settings, &seed);
    step.done("");
    print(&kept, attack.as_ref(), &made, show);
    let mut about = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "format": "zicht synthetic records, 1",
        "spec": spec,
        "spent": made.spent,
    });
    if spec.privacy.is_none() {
        // With differential privacy this would tell of a person: who has all other records can try which makes the hash.
        let name = arguments.input.display().to_string();
        about["source"] =
            json!(intake::hash_file(&arguments.input, &name).map_err(|e| Failure::from_intake(&e))?);
    }
    let files = [
        ("synthetic.csv".to_owned(), csv_of(&made.records, &codes).map_err(|e| unwritten(&e))?),
        ("synthetic.parquet".to_owned(), parquet(&made.records, &codes).map_err(|e| unwritten(&e))?),
        ("combinations.csv".to_owned(), combinations(&made, &codes).map_err(|e| unwritten(&e))?),
    ];
    put(&arguments.out, ABOUT, &files, about)?;
    show.result(&format!("\nThe synthetic records: {}", arguments.out.display()));
    show.result_json(&json!({
        "rows": read.rows,
        "records": made.records.len(),
        "spent": made.spent,
        "fidelity": kept,
        "membership": attack,
    }))?;
    Ok(u8::from(attack.is_some_and(|a| a.found_something())))
}

fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::input(format!("the synthetic records cannot be written: {error}"), "is the disk full?")
}

fn seed(arguments: &Arguments, spec: &Spec, global: &Global, show: &Show) -> Result<Seed, Failure> {
    let secret = arguments.noise.secret(spec.privacy.is_some(), show)?;
    // Nothing has to stay secret of how records are drawn from counts of at least k.
    let open = global.seed.unwrap_or(1).to_le_bytes();
    Ok(Seed::derived(secret.as_ref().map_or(&open[..], |bytes| &bytes[..])))
}

/// The records as columns of codes, and the codes of each attribute.
fn as_records(read: &Read<'_>) -> Result<(Records, Vec<Vec<String>>), Failure> {
    let all: u64 = read.tallies.values().fold(0, |sum, t| sum.saturating_add(t.records));
    if all > MOST_RECORDS {
        return Err(Failure::input(
            format!("{} records are more than {}", thousands(all), thousands(MOST_RECORDS)),
            "make synthetic records of a part of them",
        ));
    }
    let (mut attributes, mut codes, mut index) = (Vec::new(), Vec::new(), Vec::new());
    for variable in &read.variables {
        let leaves = records::leaves(&variable.categories);
        let of: BTreeMap<u32, u32> = leaves.iter().copied().zip(0_u32..).collect();
        attributes.push(Attribute::new(variable.name, leaves.len() as u32));
        codes
            .push(leaves.iter().map(|&at| variable.categories[at as usize].code.clone()).collect::<Vec<_>>());
        index.push(of);
    }
    let mut columns = vec![Vec::with_capacity(all as usize); attributes.len()];
    for (record, tally) in &read.tallies {
        for ((column, of), leaf) in columns.iter_mut().zip(&index).zip(record) {
            let code = of.get(leaf).copied().unwrap_or(MISSING);
            column.extend(std::iter::repeat_n(code, tally.records as usize));
        }
    }
    let records = Records::new(attributes, columns).map_err(|e| Failure::input(e.to_string(), ""))?;
    Ok((records, codes))
}

/// Makes records once more, of one half, and attacks them: does an attacker tell that half from the other? `None` when there are
/// too few to tell.
fn attacked(real: &Records, settings: &Settings, seed: &Seed) -> Option<Membership> {
    // The records are in order of their codes, so that every second one is a half that is like the other.
    let half = |odd: usize| {
        let columns = real.columns().iter().map(|c| c.iter().copied().skip(odd).step_by(2).collect());
        Records::new(real.attributes().to_vec(), columns.collect()).ok()
    };
    let (members, others) = (half(0)?, half(1)?);
    let made = make(&members, settings, seed).ok()?;
    membership(&members, &others, &made.records).ok()
}

fn print(kept: &Fidelity, attack: Option<&Membership>, made: &Synthesis, show: &Show) {
    show.result(&format!(
        "{} real records, {} synthetic\n\n{:<8} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9}",
        thousands(kept.real as u64),
        thousands(kept.synthetic as u64),
        "values",
        "kept",
        "lost",
        "invented",
        "coverage",
        "mean error",
        "distance"
    ));
    for o in &kept.orders {
        show.result(&format!(
            "{:<8} {:>9} {:>9} {:>9} {:>9} {:>11.2} {:>9.3}",
            o.order,
            thousands(o.kept as u64),
            thousands(o.lost as u64),
            thousands(o.invented as u64),
            percent(o.weighted_coverage),
            o.mean_error,
            o.distance
        ));
    }
    if let Some(spent) = &made.spent {
        show.result(&format!(
            "\nDifferentially private: ε = {:.2} at δ = {:e} (ρ = {:.4})",
            spent.epsilon, spent.delta, spent.rho
        ));
    }
    match attack {
        None => show.result("\nToo few records for an attack that tells who was among them."),
        Some(a) => show.result(&format!(
            "\nAn attacker who knows records tells those that were used from others with an advantage of {} ({} – {}){}.",
            percent(a.advantage),
            percent(a.interval.0),
            percent(a.interval.1),
            if a.found_something() { ": more than by chance. Take a larger k, fewer attributes or a smaller budget" } else { "" }
        )),
    }
}

fn code(codes: &[String], at: u32) -> &str {
    if at == MISSING { "" } else { codes.get(at as usize).map_or("", String::as_str) }
}

fn csv_of(records: &Records, codes: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(records.attributes().iter().map(|a| a.name.as_str()))?;
    for row in 0..records.len() {
        out.write_record(records.row(row).into_iter().zip(codes).map(|(at, codes)| code(codes, at)))?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

fn parquet(records: &Records, codes: &[Vec<String>]) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let column = |(column, codes): (&Vec<u32>, &Vec<String>)| -> ArrayRef {
        Arc::new(column.iter().map(|&at| (at != MISSING).then(|| code(codes, at))).collect::<StringArray>())
    };
    let names = records.attributes().iter().map(|a| a.name.as_str());
    parquet_of(names.zip(records.columns().iter().zip(codes).map(column)))
}

/// The protected counts that the records were drawn from, a combination in each row.
fn combinations(made: &Synthesis, codes: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let attributes = made.records.attributes();
    let named = if attributes.iter().any(|a| a.name == "count") { "_count" } else { "count" };
    out.write_record(attributes.iter().map(|a| a.name.as_str()).chain([named]))?;
    for (values, n) in made.margins.iter() {
        let mut row = vec![String::new(); attributes.len()];
        for (attribute, at) in values {
            code(&codes[attribute as usize], at).clone_into(&mut row[attribute as usize]);
        }
        row.push(n.to_string());
        out.write_record(&row)?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}
