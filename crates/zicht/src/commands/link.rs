//! `zicht link`: which records are of one person, and how many persons there are.
//!
//! ```text
//! FILE... ── files ──► Records ── linkage::link ──► Linked ── output ──► DIR/persons.parquet, pairs.parquet,
//! MODEL.toml ────────► Settings                                          histories/, model.toml, link.json,
//!                                                                        diagnostics.html, diagnostics.json
//! ```

mod files;
mod hierarchies;
mod output;
mod page;
mod print;

use std::path::{Path, PathBuf};

use clap::Args;
use linkage::blocking::Rule;
use linkage::cluster::{Evaluation, Partition, Scores};
use linkage::{Linked, Model, Settings};
use serde::{Deserialize, Serialize};

use crate::cli::{Global, Outcome};
use crate::failure::Failure;
use crate::show::Show;

/// Arguments of `zicht link`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Files of records, one for each register: CSV, XLSX, Parquet or JSON lines. The name of a file, without
    /// its ending, is that of the register; else write REGISTER=FILE.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What is compared and how, and the blocking rules; found out from the columns when not given. The
    /// model.toml of a former run is one.
    #[arg(long, value_name = "MODEL.toml")]
    model: Option<PathBuf>,
    /// A model saved by Splink, with its blocking rules.
    #[arg(long, value_name = "MODEL.json", conflicts_with = "model")]
    splink: Option<PathBuf>,
    /// Which values belong to which, such as places to municipalities: a file of two columns. Fields whose values are
    /// in it are compared by it. May be given more than once; what follows from one goes on in the next.
    #[arg(long = "hierarchy", value_name = "NAME=FILE")]
    hierarchies: Vec<String>,
    /// Keep the probabilities of the model as they are, instead of learning them from these records.
    #[arg(long)]
    keep_model: bool,
    /// A blocking rule, such as "surname and year(birthday)". May be given more than once; found out
    /// when not given.
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// Share of the pairs of one person that the blocking rules which are chosen must find, of those that any rule finds:
    /// from 0.5 to below 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.998, conflicts_with = "rules")]
    recall: f64,
    /// Candidate pairs for each record that the rules which are chosen may make together, such as 20; without a bound
    /// when not given.
    #[arg(long, value_name = "PAIRS", conflicts_with = "rules")]
    pairs_per_record: Option<f64>,
    /// Column of the ids of the records; found when not given, else the number of the row.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// A column that is not to be looked at. May be given more than once.
    #[arg(long, value_name = "COLUMN")]
    leave: Vec<String>,
    /// Column that says who a record is truly of. It is not looked at but to say how good the links are.
    #[arg(long, value_name = "COLUMN")]
    truth: Option<String>,
    /// A register that has each person once. May be given more than once; found out when neither this nor
    /// --not-clean is given.
    #[arg(long, value_name = "REGISTER")]
    clean: Vec<String>,
    /// Any register may have a person twice.
    #[arg(long, conflicts_with = "clean")]
    not_clean: bool,
    /// Most candidate pairs; more are refused before any is compared.
    #[arg(long, value_name = "PAIRS", default_value_t = 2_000_000_000)]
    most_pairs: u64,
    /// Draws of who is who.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(20..=2000))]
    draws: u16,
    /// Tell step by step how the weight of two records comes about. A record is REGISTER/ID, or its id where
    /// there is one register.
    #[arg(long, num_args = 2, value_names = ["RECORD", "RECORD"])]
    explain: Vec<String>,
    /// Show the values of these two records too, in the terminal. They are written nowhere.
    #[arg(long, requires = "explain")]
    show_values: bool,
    /// Compare the candidate pairs on a cluster: the address of its scheduler. The result is the same. Needs
    /// the program zicht-cluster; see `zicht cluster --help`.
    #[arg(long, value_name = "HOST:PORT", requires = "cluster_dir")]
    cluster: Option<String>,
    /// Folder that all machines of the cluster see under the same path. While pairs are compared it holds a
    /// private folder with the fields of the records that are compared.
    #[arg(long, value_name = "DIR", requires = "cluster")]
    cluster_dir: Option<PathBuf>,
    /// Folder of a former run, whose persons keep their ids.
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
    /// What this run is called in the journal of persons, such as 2026.
    #[arg(long, value_name = "NAME", default_value = "1")]
    edition: String,
    /// Folder for what comes of it.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The model and the rules as a file.
#[derive(Serialize, Deserialize)]
pub(super) struct ModelFile {
    /// Blocking rules.
    #[serde(default)]
    pub(super) rules: Vec<String>,
    #[serde(flatten)]
    pub(super) model: Model,
}

impl ModelFile {
    /// Reads such a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
        toml::from_str(&text).map_err(|e| {
            Failure::input(format!("{}: {e}", path.display()), "the book says what a model is made of")
        })
    }

    /// Writes it.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self)
            .map_err(|e| Failure::input(format!("the model cannot be written: {e}"), ""))?;
        std::fs::write(path, text).map_err(|e| Failure::io("cannot write", path, &e))
    }
}

/// How good the links are, by a column that says the truth.
#[derive(Serialize)]
struct Judged {
    pairs: Scores,
    clusters: Evaluation,
    persons_true: usize,
    covered: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    output::check_folder(&arguments.out)?;
    let mut settings = settings(arguments, global)?;
    let step = show.step("reading records", None);
    let mut input = files::read(&arguments.files, arguments.id.as_deref(), show)?;
    step.done(&crate::show::rows(input.rows));
    for name in arguments.leave.iter().chain(&arguments.truth) {
        input.column(name)?;
    }
    settings.leave.extend(arguments.leave.iter().cloned());
    settings.leave.extend(arguments.truth.clone());
    settings.leave.extend(input.id_columns());
    settings.clean = clean(arguments, &input)?;
    if let [a, b] = &arguments.explain[..] {
        settings.explain = Some((input.record(a)?, input.record(b)?));
    }
    let truth = arguments.truth.as_deref().map(|name| input.labels(name)).transpose()?;
    let records = std::mem::take(&mut input.records);

    let under_way = std::cell::RefCell::new(None::<crate::show::Step>);
    let progress = |what: &str| {
        if let Some(step) = under_way.replace(Some(show.step(what, None))) {
            step.done("");
        }
    };
    let linked = linkage::link(&records, &settings, &progress).map_err(|e| Failure::from_linkage(&e))?;
    if let Some(step) = under_way.take() {
        step.done("");
    }
    let judged = truth.map(|truth| judge(&linked, &truth));
    let written = output::write(arguments, &linked, &input, settings.seed, show)?;
    let result = output::json(&linked, judged.as_ref(), &written, settings.seed);
    output::publish(&arguments.out, written, &result)?;
    print::print(&linked, judged.as_ref(), &arguments.out, show);
    if let (Some(told), Some(pair)) = (&linked.explained, settings.explain) {
        print::explained(told, arguments.show_values.then_some((&records, pair)), show);
    }
    show.result_json(&result)?;
    Ok(if linked.converged { 0 } else { 3 })
}

fn settings(arguments: &Arguments, global: &Global) -> Result<Settings, Failure> {
    let mut settings = Settings {
        keep: arguments.keep_model,
        recall: arguments.recall,
        pairs_per_record: arguments.pairs_per_record,
        most_pairs: arguments.most_pairs,
        draws: usize::from(arguments.draws),
        seed: global.seed.unwrap_or(1),
        ..Settings::default()
    };
    settings.hierarchies = hierarchies::read(&arguments.hierarchies)?;
    let mut rules = arguments.rules.clone();
    if let Some(path) = &arguments.model {
        let mut file = ModelFile::read(path)?;
        hierarchies::read_named(&mut file.model, path)?;
        settings.model = Some(file.model);
        if rules.is_empty() {
            rules = file.rules;
        }
    }
    let given: Vec<Rule> = rules
        .iter()
        .map(|rule| rule.parse::<Rule>().map_err(|e| Failure::input(e.to_string(), "")))
        .collect::<Result<_, _>>()?;
    if let Some(path) = &arguments.splink {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
        let (model, own) = linkage::splink::read(&text)
            .map_err(|e| Failure::input(format!("{}: {e}", path.display()), ""))?;
        settings.model = Some(model);
        settings.rules = own;
    }
    if !given.is_empty() {
        settings.rules = given;
    }
    if arguments.keep_model && settings.model.is_none() {
        return Err(Failure::input("there is no model to keep", "give one with --model or --splink"));
    }
    if let (Some(scheduler), Some(dir)) = (&arguments.cluster, &arguments.cluster_dir) {
        settings.comparer = Some(super::cluster::comparer(scheduler, dir)?);
    }
    Ok(settings)
}

fn clean(arguments: &Arguments, input: &files::Input) -> Result<Option<Vec<bool>>, Failure> {
    let names = input.records.register_names();
    if arguments.not_clean {
        return Ok(Some(vec![false; names.len()]));
    }
    for name in &arguments.clean {
        if !names.contains(name) {
            return Err(Failure::input(
                format!("there is no register \"{name}\""),
                format!("the registers are {}", names.join(", ")),
            ));
        }
    }
    let given = !arguments.clean.is_empty();
    Ok(given.then(|| names.iter().map(|name| arguments.clean.contains(name)).collect()))
}

fn judge(linked: &Linked, truth: &Partition) -> Judged {
    let pairs = |sizes: Vec<u32>| -> f64 {
        sizes.into_iter().map(|n| f64::from(n) * (f64::from(n) - 1.0) / 2.0).sum()
    };
    let taken: Vec<_> = linked.links.iter().filter(|l| l.log_odds > 0.0).collect();
    let right = taken.iter().filter(|l| truth.person[l.a as usize] == truth.person[l.b as usize]).count();
    let clusters = Evaluation::new(&linked.clusters.point, truth);
    let (lower, upper) = linked.persons.interval;
    let persons = truth.persons as f64;
    Judged {
        pairs: Scores::new(taken.len() as f64, pairs(truth.sizes()), right as f64),
        persons_true: truth.persons,
        covered: (lower..=upper).contains(&persons),
        clusters,
    }
}
