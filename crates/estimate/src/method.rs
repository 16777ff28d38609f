//! The one place where a method is dispatched.

mod average;
mod bayes_loglinear;
mod combined;
mod decomposable;
mod latent_class;
mod loglinear;
mod simple;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use model::CaptureTable;
use serde_json::{Map, Value, json};

use crate::branch::smallest;
use crate::fitness::Fitness;
use crate::lists::{Prepared, prepare};
use crate::loglinear::{Cells, Model, pairs};
use crate::pairwise::{PairCheck, pair_checks};
use crate::search::bounded::quick_work;
use crate::search::{Chosen, Goal, best_model, fixed};
use crate::sensitivity::of_lists;
use crate::spread::Spread;
use crate::watch::STOPPED;
use crate::{Error, Estimate, Estimation, Method, Options};

/// Estimates how many persons there are, seen and never seen, by each of `methods`.
///
/// Lists without any person say nothing and are left out of every model; the diagnostics
/// name them. A method that cannot answer is refused in its own estimate; the others go on.
/// When [`Options::watch`] stops the work, methods that are done keep their answers, and the others are refused.
///
/// # Errors
/// When an option is out of range, or the choice of lists cannot be made.
///
/// ```
/// use estimate::{Method, Options, estimate};
/// use model::CaptureTable;
/// let lists = vec!["police".into(), "shelter".into()];
/// let table = CaptureTable::from_counts(lists, [(0b01, 180), (0b10, 80), (0b11, 20)])?;
/// let found = estimate(&table, &[Method::Main], &Options::default())?;
/// assert_eq!(found.detected, 280);
/// assert!((found.estimates[0].total.unwrap_or(0.0) - 1000.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn estimate(table: &CaptureTable, methods: &[Method], options: &Options) -> Result<Estimation, Error> {
    options.check()?;
    let Prepared { table, options, notes } = prepare(table, options)?;
    let task = Task::new(&table, &options);
    let watch = &options.watch;
    let estimates: Vec<Estimate> = methods
        .iter()
        .zip(1..)
        .map(|(&method, place)| {
            watch.step(method.name(), place, methods.len());
            task.run(method)
        })
        .collect();
    let pairs = pairs_of(&table, &estimates, &options);
    // A judgement that was stopped on the way judges nothing.
    let judged = estimates.iter().any(|e| e.method == Method::Combined && !e.is_stopped());
    let sensitivity = if options.sensitivity { of_lists(&table, &options, &estimates) } else { Vec::new() };
    Ok(Estimation {
        notes,
        fitness: task.fitness.into_inner().filter(|_| judged),
        pairs,
        sensitivity,
        ..Estimation::of(table.detected(), table.lists().to_vec(), estimates)
    })
}

/// The pairs of lists of a table on which the choice of lists has been made, beside its answers.
pub(crate) fn pairs_of(table: &CaptureTable, estimates: &[Estimate], options: &Options) -> Vec<PairCheck> {
    pair_checks(table, reference_total(estimates), options.level)
}

/// The total that pairs of lists are compared with: of a method that lets lists depend on each other,
/// or else of any but a lower bound.
fn reference_total(estimates: &[Estimate]) -> Option<f64> {
    let of = |method| estimates.iter().find(|estimate| estimate.method == method)?.total;
    let any = || estimates.iter().filter(|estimate| estimate.method != Method::Chao).find_map(|e| e.total);
    [Method::Combined, Method::Bic, Method::Stepwise, Method::Decomposable]
        .into_iter()
        .find_map(of)
        .or_else(any)
}

type Diagnostics = BTreeMap<String, Value>;

/// One table, prepared once for all methods, on which the choice of lists has been made.
pub(crate) struct Task<'a> {
    pub(crate) options: &'a Options,
    /// The pairs that every log-linear model has, of the lists with persons.
    pub(crate) forced: Model,
    /// Why no method at all can say anything; otherwise the table of the lists with persons.
    pub(crate) table: Result<(CaptureTable, Cells), String>,
    /// Names of the lists without persons.
    empty_lists: Vec<String>,
    /// The best model by the criterion of the options, searched for at most once.
    best: OnceLock<Result<Chosen, String>>,
    /// The judgement of the table, once `combined` has made it.
    fitness: OnceLock<Fitness>,
    /// Whether figures that only readers need are left out, for tables that are simulated.
    quick: bool,
}

/// A figure of each pair of lists, in the order of the pairs, by their names as `A:B`.
fn by_pair(names: &[String], values: impl IntoIterator<Item = f64>) -> Map<String, Value> {
    let named = |((i, j), value)| (format!("{}:{}", names[i], names[j]), json!(value));
    pairs(names.len()).zip(values).map(named).collect()
}

/// What a method found.
struct Answer {
    total: f64,
    interval: Option<(f64, f64)>,
    model: String,
    converged: bool,
    diagnostics: Diagnostics,
    spread: Option<Spread>,
}

impl<'a> Task<'a> {
    /// For a table that is one of many: without diagnostics that take long.
    pub(crate) fn quick(table: &CaptureTable, options: &'a Options) -> Self {
        Self { quick: true, ..Self::new(table, options) }
    }

    fn new(table: &CaptureTable, options: &'a Options) -> Self {
        let (used, empty): (Vec<usize>, Vec<usize>) =
            (0..table.lists().len()).partition(|&i| table.list_total(i) > 0);
        let names = |which: &[usize]| which.iter().map(|&i| table.lists()[i].clone()).collect();
        let reduced = restrict(table, &used).map(|table| {
            let cells = Cells::new(&table);
            (table, cells)
        });
        let place = |name: &String| used.iter().position(|&i| table.lists()[i] == *name);
        let pairs = options.lists.dependent.iter().filter_map(|(a, b)| place(a).zip(place(b)));
        let forced = pairs.fold(Model::main(used.len()), |model, (i, j)| model.with(i, j));
        Self {
            options,
            forced,
            table: reduced,
            empty_lists: names(&empty),
            best: OnceLock::new(),
            fitness: OnceLock::new(),
            quick: false,
        }
    }

    /// Runs one method, unless the work is stopped before it is done.
    pub(crate) fn run(&self, method: Method) -> Estimate {
        let stopped = || self.options.watch.is_stopped();
        let found = (!stopped()).then(|| self.answer(method));
        // What ended early since it was stopped is not told from what ended well.
        found.filter(|_| !stopped()).unwrap_or_else(|| Estimate {
            refused: Some(STOPPED.into()),
            ..Estimate::unanswered(method, self.options.level)
        })
    }

    /// A new method is a variant of [`Method`] and an arm here.
    fn answer(&self, method: Method) -> Estimate {
        // Figures that are told whether there is an estimate or not.
        let mut known = Diagnostics::new();
        let answer = self.table.as_ref().map_err(Clone::clone).and_then(|(table, cells)| match method {
            Method::Main => loglinear::main(self, table, cells),
            Method::Stepwise => loglinear::stepwise(self, table, cells),
            Method::Bic => loglinear::bic(self, table, cells),
            Method::Profile => loglinear::profile(self, table, cells),
            Method::Average => average::answer(self, table, cells),
            Method::Decomposable => decomposable::answer(self, table),
            Method::BayesLoglinear => bayes_loglinear::answer(self, table),
            Method::LatentClass => latent_class::answer(self, table, &mut known),
            Method::Chao => Ok(simple::chao(self, table)),
            Method::Combined => combined::answer(self, table, cells),
            Method::SampleCoverage => simple::sample_coverage(self, table),
        });
        let mut estimate = Estimate::unanswered(method, self.options.level);
        match answer {
            // A number beyond floating point is no number to publish.
            Ok(answer) if !answer.total.is_finite() => {
                estimate.refused = Some("the estimate is too large to be a number".into());
                estimate.diagnostics = answer.diagnostics;
            }
            Ok(answer) => {
                estimate.total = Some(answer.total);
                estimate.interval = answer.interval.filter(|(low, high)| low.is_finite() && high.is_finite());
                estimate.model = answer.model;
                estimate.converged = answer.converged;
                estimate.diagnostics = answer.diagnostics;
                estimate.spread = answer.spread;
            }
            Err(why) => estimate.refused = Some(why),
        }
        estimate.diagnostics.extend(known);
        estimate.diagnostics.insert("seed".into(), json!(self.options.seed));
        if self.forced.pair_count() > 0 && !method.knows_dependent_pairs() {
            estimate.diagnostics.insert(
                "dependent_note".into(),
                json!(
                    "this method cannot be told which lists depend on each other; put them together for it"
                ),
            );
        }
        if !self.empty_lists.is_empty() {
            estimate.diagnostics.insert("empty_lists".into(), json!(self.empty_lists));
        }
        estimate
    }

    /// Which models are compared, and by what.
    fn goal(&self) -> Goal {
        Goal { max_order: self.options.max_order, criterion: self.options.criterion, forced: self.forced }
    }

    fn best_model(&self, cells: &Cells) -> Result<&Chosen, String> {
        self.best
            .get_or_init(|| {
                let goal = self.goal();
                if !self.quick {
                    return best_model(cells, goal, &self.options.watch).map_err(|e| e.to_string());
                }
                let most_work = quick_work(cells, goal);
                let best = smallest(cells, goal, &[], most_work, &self.options.watch)
                    .ok_or("no model has an estimate")?;
                fixed(cells, best.model).map_err(|e| e.to_string())
            })
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// The table of the lists in `used` only, or why it cannot be estimated from.
fn restrict(table: &CaptureTable, used: &[usize]) -> Result<CaptureTable, String> {
    if table.detected() == 0 {
        return Err("there are no persons in the table".into());
    }
    if used.len() < 2 {
        return Err(format!(
            "only the list \"{}\" has persons; at least two lists must, and some persons must be in both",
            table.lists()[used[0]]
        ));
    }
    if table.counts().all(|(history, _)| history.is_power_of_two()) {
        return Err("no person is in more than one list, so nothing tells how many were missed by all".into());
    }
    let names = used.iter().map(|&i| table.lists()[i].clone()).collect();
    let counts = table.counts().map(|(history, count)| {
        let kept = used.iter().enumerate().fold(0, |set, (new, &old)| set | (history >> old & 1) << new);
        (kept, count)
    });
    CaptureTable::from_counts(names, counts).map_err(|error| error.to_string())
}
