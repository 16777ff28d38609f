//! `zicht estimate`: how many were never seen, from a file of capture histories.

mod draws;
mod print;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use estimate::covariates::{CovariateEstimation, CovariateTable, estimate_covariates};
use model::{CaptureTable, Format, HistoryColumns};
use serde::Serialize;

use crate::cli::{Global, Outcome};
use crate::commands::{keep, study};
use crate::failure::Failure;
use crate::progress::{self, Stopper};
use crate::sheet::Sheet;
use crate::show::Show;
pub(crate) use draws::{Tables, by_group};
use print::{print, print_covariates};

/// Arguments of `zicht estimate`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Capture histories: one 0/1 column a list and a column `count`, or one row a person.
    #[arg(required_unless_present = "study", conflicts_with = "study")]
    lists: Option<PathBuf>,
    /// Method: main, stepwise, bic, profile, bic-average, decomposable, bayes-loglinear, latent-class, chao,
    /// sample-coverage or combined; all when none is given. May be given more than once.
    #[arg(long = "method", value_name = "NAME")]
    methods: Vec<String>,
    /// Highest order of interaction: 1 is independence, 2 adds pairs of lists, 3 threes of lists (up to ten
    /// lists, in bayes-loglinear up to five).
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    max_order: u8,
    /// By what bic and profile choose their model: bic, aic or aicc.
    #[arg(long, value_name = "NAME", default_value_t = estimate::Criterion::Bic)]
    criterion: estimate::Criterion,
    /// Weight of the prior of `decomposable` on each combination of lists, in persons; 2^-k for k lists
    /// when it is not given.
    #[arg(long, value_name = "WEIGHT")]
    delta: Option<f64>,
    /// What `decomposable` believes of the total beforehand: 1/N or uniform.
    #[arg(long, default_value = "1/N", value_name = "PRIOR")]
    prior: String,
    /// Variance of the normal prior of `bayes-loglinear` on each term of two or more lists.
    #[arg(long, value_name = "VARIANCE", default_value_t = 1.0)]
    interaction_variance: f64,
    /// Interval of stepwise and bic: wald, percentile, bca or studentised. The last three draw the persons again and
    /// choose the model again in each replicate.
    #[arg(long, value_name = "NAME", default_value_t = estimate::Interval::Wald)]
    interval: estimate::Interval,
    /// Replicates, where a method or an interval resamples.
    #[arg(long, default_value_t = 1000)]
    replicates: usize,
    /// Draws of the table where links are not certain: a file for each, a folder of CSV files, or a CSV file
    /// with a column `draw`. May be given more than once. The file of capture histories is then that of the
    /// likeliest links.
    #[arg(long, value_name = "FILE")]
    draws: Vec<PathBuf>,
    /// Lists to put together into one, as A,B. May be given more than once.
    #[arg(long, value_name = "LIST,LIST")]
    pool: Vec<String>,
    /// A list to leave out; who is on no other list then counts as never seen. May be given more than once.
    #[arg(long, value_name = "LIST")]
    drop: Vec<String>,
    /// Leave out every list whose persons are all on one other list.
    #[arg(long)]
    drop_nested: bool,
    /// Lists that depend on each other by law or custom, as A:B where A has to refer to B: the pair is in
    /// every model. May be given more than once.
    #[arg(long, value_name = "LIST:LIST")]
    dependent: Vec<String>,
    /// Do not estimate again without each list, with small lists put together and without each group.
    #[arg(long)]
    no_sensitivity: bool,
    /// Estimate each group of this column apart. May be given more than once.
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    /// none: each group of --by is estimated on its own. partial: all are fitted together by bic (by main
    /// when that is named and bic is not), so that small groups borrow strength and totals add up.
    #[arg(long, value_name = "NAME", default_value_t = estimate::Pooling::None)]
    pooling: estimate::Pooling,
    /// With --pooling partial: a column of --by with numbers in order, such as a year, along which groups
    /// change step by step.
    #[arg(long, value_name = "COLUMN")]
    smooth: Option<String>,
    /// Use what this column says of persons: estimate with it in a log-linear model, and from each pair
    /// of lists among persons alike in it. Empty or `_U` is unknown. May be given more than once.
    #[arg(long = "covariate", value_name = "COLUMN")]
    covariates: Vec<String>,
    /// Confidence level of intervals.
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Instead of a file, estimate populations of known size: how often does each method's interval hold
    /// it?
    #[arg(long)]
    study: bool,
    /// Populations a scenario of --study.
    #[arg(long, default_value_t = 300, value_name = "N", requires = "study")]
    populations: u32,
    /// Stop after so many minutes with what is done, as Ctrl-C does. How much is done by then depends on the
    /// machine; the numbers that are shown do not.
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    max_minutes: Option<Duration>,
    /// Folder for estimate.json (study.json with --study), the result as `--format json` prints it.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A time as `--max-minutes` takes it.
fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: Option<f64> = text.parse().ok().filter(|minutes| *minutes > 0.0);
    minutes
        .and_then(|minutes| Duration::try_from_secs_f64(60.0 * minutes).ok())
        .ok_or_else(|| "use a number of minutes above 0, such as 0.5 or 30".into())
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, global: &Global, show: &Show) -> Outcome {
    if !(arguments.level > 0.5 && arguments.level < 1.0) {
        return Err(Failure::input(
            format!("--level {} is not a confidence level", arguments.level),
            "use a number between 0.5 and 1, such as 0.95",
        ));
    }
    let prior: estimate::decomposable::Prior =
        arguments.prior.parse().map_err(|e: estimate::Error| Failure::input(e.to_string(), ""))?;
    let options = estimate::Options {
        level: arguments.level,
        max_order: usize::from(arguments.max_order),
        criterion: arguments.criterion,
        interval: arguments.interval,
        replicates: arguments.replicates,
        seed: global.seed.unwrap_or(1),
        delta: arguments.delta,
        prior,
        interaction_variance: arguments.interaction_variance,
        pooling: arguments.pooling,
        smooth: arguments.smooth.clone(),
        lists: lists(arguments)?,
        sensitivity: !arguments.no_sensitivity,
        ..estimate::Options::default()
    };
    let Some(lists) = &arguments.lists else {
        let populations = arguments.populations as usize;
        let (most_time, out) = (arguments.max_minutes, arguments.out.as_deref());
        return study::run(&arguments.methods, populations, &options, most_time, out, show);
    };
    let methods = parse_methods(&arguments.methods)?;
    let name = lists.display().to_string();
    let columns = HistoryColumns { lists: Vec::new(), count: None, labels: BTreeMap::new() };
    // A column may make groups and be a covariate; no column may be read twice.
    let mut about: Vec<String> = Vec::new();
    for column in arguments.by.iter().chain(&arguments.covariates) {
        if !about.contains(column) {
            about.push(column.clone());
        }
    }
    let read = intake::read_histories(lists, &name, &Format::default(), &columns, &about)
        .map_err(|e| Failure::from_intake(&e))?;
    show.findings(&read.findings, "the rows named above");
    let all = whole(&read.tables)?;
    let step = show.step("estimate", None);
    let options = estimate::Options { watch: progress::watch(&step), ..options };
    let stopper = Stopper::new(&options.watch, arguments.max_minutes, &step, show);
    if !arguments.draws.is_empty() {
        if !arguments.covariates.is_empty() {
            return Err(Failure::input(
                "--covariate takes one table, not draws",
                "leave --draws or --covariate out",
            ));
        }
        let drawn = draws::read(&arguments.draws, &arguments.by, show)?;
        let tables = drawn.iter().map(whole).collect::<Result<Vec<_>, Failure>>()?;
        let mut estimation =
            estimate::estimate_draws(&tables, Some(&all), &methods, &options).map_err(|e| failure(&e))?;
        if !arguments.by.is_empty() {
            let groups = by_group(&drawn)?;
            let method = group_method(&methods, options.pooling);
            let found =
                estimate::estimate_groups_draws(&groups, method, &options).map_err(|e| failure(&e))?;
            estimation = estimation.with_groups(found);
        }
        drop(stopper);
        step.end();
        return finish(arguments, &Output::new(estimation, None), show);
    }
    let mut estimation = estimate::estimate(&all, &methods, &options).map_err(|e| failure(&e))?;
    if !arguments.by.is_empty() {
        let groups = groups_by(&read.tables, &arguments.by)?;
        let method = group_method(&methods, options.pooling);
        let found = estimate::estimate_groups(&groups, method, &options).map_err(|e| failure(&e))?;
        estimation = estimation.with_groups(found);
        if options.sensitivity {
            let rows = estimate::group_sensitivity(&groups, &estimation.estimates, &options);
            estimation.sensitivity.extend(rows.map_err(|e| failure(&e))?);
        }
    }
    let covariates = if arguments.covariates.is_empty() {
        None
    } else {
        if options.lists != estimate::ListChoice::default() {
            return Err(Failure::input(
                "--covariate takes the lists as they are in the file",
                "leave --pool, --drop, --drop-nested and --dependent out, or change the file",
            ));
        }
        let fail = |e: estimate::Error| Failure::input(e.to_string(), "");
        let groups = groups_by(&read.tables, &arguments.covariates)?;
        let table = CovariateTable::from_groups(&groups).map_err(fail)?;
        Some(estimate_covariates(&table, &options).map_err(fail)?)
    };
    drop(stopper);
    step.end();
    finish(arguments, &Output::new(estimation, covariates), show)
}

/// Shows and keeps the result.
fn finish(arguments: &Arguments, output: &Output, show: &Show) -> Outcome {
    print(&output.estimation, show);
    if let Some(found) = &output.covariates {
        print_covariates(found, show);
    }
    if output.stopped {
        show.result("\nstopped: what was under way then, or had not begun, has no number");
    }
    keep(arguments.out.as_deref(), "estimate.json", output)?;
    if let Some(dir) = arguments.out.as_deref() {
        write_tables(dir, &output.estimation)?;
    }
    show.result_json(output)?;
    Ok(if output.stopped || output.all_refused() { 3 } else { 0 })
}

/// The result: the estimation, and what covariates add where they were asked for.
#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    estimation: estimate::Estimation,
    #[serde(skip_serializing_if = "Option::is_none")]
    covariates: Option<CovariateEstimation>,
    /// Whether something is missing because the work was stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopped: bool,
}

impl Output {
    fn new(estimation: estimate::Estimation, covariates: Option<CovariateEstimation>) -> Self {
        let stopped =
            estimation.is_stopped() || covariates.as_ref().is_some_and(CovariateEstimation::is_stopped);
        Self { estimation, covariates, stopped }
    }

    fn all_refused(&self) -> bool {
        let with_covariates = self.covariates.iter().all(|found| {
            found.loglinear.refused.is_some() && found.doubly_robust.iter().all(|pair| pair.refused.is_some())
        });
        self.estimation.estimates.iter().all(|e| e.refused.is_some()) && with_covariates
    }
}

/// One table for each combination of codes in `columns`, from those of these and maybe other columns; in the
/// order of the codes of the first column, then of the next.
fn groups_by(tables: &Tables, columns: &[String]) -> Result<Tables, Failure> {
    let mut groups: Tables = merged(tables, columns)?.into_iter().collect();
    let in_columns = |codes: &BTreeMap<String, String>| -> Vec<Option<String>> {
        columns.iter().map(|column| codes.get(column).cloned()).collect()
    };
    groups.sort_by_cached_key(|(codes, _)| in_columns(codes));
    Ok(groups)
}

/// The tables of groups put together that have the same codes in `columns`.
pub(crate) fn merged(
    tables: &Tables,
    columns: &[String],
) -> Result<BTreeMap<BTreeMap<String, String>, CaptureTable>, Failure> {
    let fail = |e: model::Error| Failure::input(e.to_string(), "");
    let mut groups = BTreeMap::new();
    for (codes, table) in tables.iter().filter(|(codes, _)| !codes.is_empty()) {
        let key = codes
            .iter()
            .filter(|(id, _)| columns.contains(id))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let group = match groups.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(CaptureTable::new(table.lists().to_vec()).map_err(fail)?),
        };
        for (history, n) in table.counts() {
            group.add(history, n).map_err(fail)?;
        }
    }
    Ok(groups)
}

/// The choice of lists in the arguments.
fn lists(arguments: &Arguments) -> Result<estimate::ListChoice, Failure> {
    let pair = |text: &String| {
        let (a, b) = text.split_once(':').ok_or_else(|| {
            Failure::input(format!("--dependent {text} does not name two lists"), "write them as A:B")
        })?;
        Ok((a.trim().to_owned(), b.trim().to_owned()))
    };
    Ok(estimate::ListChoice {
        pool: arguments
            .pool
            .iter()
            .map(|names| names.split(',').map(|name| name.trim().to_owned()).collect())
            .collect(),
        drop: arguments.drop.clone(),
        drop_nested: arguments.drop_nested,
        dependent: arguments.dependent.iter().map(pair).collect::<Result<_, Failure>>()?,
    })
}

/// What stops an estimation, with the list that was probably meant.
fn failure(error: &estimate::Error) -> Failure {
    let near = match error {
        estimate::Error::UnknownList { name, lists } => {
            model::nearest(name, lists.iter().map(String::as_str))
        }
        _ => None,
    };
    Failure::input(
        error.to_string(),
        near.map_or_else(String::new, |near| format!("did you mean \"{near}\"?")),
    )
}

/// Methods by name; all of them when none is named.
pub(crate) fn parse_methods(names: &[String]) -> Result<Vec<estimate::Method>, Failure> {
    if names.is_empty() {
        return Ok(estimate::Method::ALL.to_vec());
    }
    let known = estimate::Method::ALL.map(estimate::Method::name);
    let help = |name: &str| {
        model::nearest(name, known).map_or_else(String::new, |near| format!("did you mean \"{near}\"?"))
    };
    names
        .iter()
        .map(|n| n.parse().map_err(|e: estimate::Error| Failure::input(e.to_string(), help(n))))
        .collect()
}

/// The method for groups: the first that was asked for and does not take long for many groups. Fitted
/// together there are two: `bic`, and `main` when that was asked for and `bic` was not.
pub(crate) fn group_method(methods: &[estimate::Method], pooling: estimate::Pooling) -> estimate::Method {
    if pooling == estimate::Pooling::Partial {
        let named = |method| methods.contains(&method);
        let independent = named(estimate::Method::Main) && !named(estimate::Method::Bic);
        return if independent { estimate::Method::Main } else { estimate::Method::Bic };
    }
    let slow = [estimate::Method::Profile, estimate::Method::LatentClass, estimate::Method::Combined];
    let quick = methods.iter().find(|method| !slow.contains(method));
    quick.or(methods.first()).copied().unwrap_or(estimate::Method::Main)
}

/// The table of all persons: the entry without group, or the sum over groups.
fn whole(tables: &Tables) -> Result<CaptureTable, Failure> {
    let fail = |e: model::Error| Failure::input(e.to_string(), "");
    if let Some((_, table)) = tables.iter().find(|(codes, _)| codes.is_empty()) {
        return Ok(table.clone());
    }
    let Some((_, first)) = tables.first() else {
        return Err(Failure::input("there is no row that can be used", "see the findings above"));
    };
    let counts = tables.iter().flat_map(|(_, t)| t.counts());
    CaptureTable::from_counts(first.lists().to_vec(), counts).map_err(fail)
}

/// Every list of results as CSV and Parquet.
fn write_tables(dir: &Path, estimation: &estimate::Estimation) -> Result<(), Failure> {
    let without_diagnostics = |estimate: &estimate::Estimate| estimate::Estimate {
        diagnostics: BTreeMap::new(),
        ..estimate.clone()
    };
    let estimates: Vec<_> = estimation.estimates.iter().map(without_diagnostics).collect();
    Sheet::of(&estimates)?.write(dir, "estimates")?;
    let groups: Vec<_> = estimation
        .groups
        .iter()
        .map(|group| estimate::Group {
            estimate: without_diagnostics(&group.estimate),
            // As many numbers as there are groups: they stay in the JSON.
            rank_probabilities: Vec::new(),
            ..group.clone()
        })
        .collect();
    Sheet::of(&groups)?.write(dir, "groups")?;
    for (rows, name) in
        [(Sheet::of(&estimation.contrasts)?, "contrasts"), (Sheet::of(&estimation.margins)?, "margins")]
    {
        rows.write(dir, name)?;
    }
    Sheet::of(&estimation.pairs)?.write(dir, "pairs")?;
    Sheet::of(&estimation.sensitivity)?.write(dir, "sensitivity")?;
    if let Some(fitness) = &estimation.fitness {
        Sheet::of(&fitness.performance)?.write(dir, "performance")?;
    }
    Ok(())
}
