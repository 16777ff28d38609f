//! The one place where a method is dispatched.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use model::CaptureTable;
use serde_json::{Map, Value, json};

use crate::bootstrap::bootstrap;
use crate::bounds::chao;
use crate::branch::smallest_bic;
use crate::coverage::{LOW_COVERAGE, bootstrap_error, sample_coverage};
use crate::decomposable::{Average, Settings, sensitivity};
use crate::loglinear::{Cells, Model, pairs};
use crate::numeric::{log_interval, two_sided};
use crate::profile::profile;
use crate::search::{Chosen, best_bic, fixed, stepwise};
use crate::{Error, Estimate, Estimation, Interval, Method, Options};

/// Estimates how many persons there are, seen and never seen, by each of `methods`.
///
/// Lists without any person say nothing and are left out of every model; the diagnostics
/// name them. A method that cannot answer is refused in its own estimate; the others go on.
///
/// # Errors
/// When an option is out of range.
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
    let task = Task::new(table, options);
    Ok(Estimation {
        detected: table.detected(),
        lists: table.lists().to_vec(),
        estimates: methods.iter().map(|&method| task.run(method)).collect(),
        groups: Vec::new(),
    })
}

/// Totals under other priors may differ by this factor before it is noted.
const SENSITIVE: f64 = 1.25;
/// Weight of the graphs that say nothing of the number hidden from which on it is noted.
const UNTOLD: f64 = 0.1;

type Diagnostics = BTreeMap<String, Value>;

/// One table, prepared once for all methods.
struct Task<'a> {
    options: &'a Options,
    /// Why no method at all can say anything; otherwise the table of the lists with persons.
    table: Result<(CaptureTable, Cells), String>,
    /// Names of the lists without persons.
    empty_lists: Vec<String>,
    /// The model of smallest BIC, searched for at most once.
    bic: OnceLock<Result<Chosen, String>>,
}

/// What a method found.
struct Answer {
    total: f64,
    interval: Option<(f64, f64)>,
    model: String,
    converged: bool,
    diagnostics: Diagnostics,
}

impl<'a> Task<'a> {
    fn new(table: &CaptureTable, options: &'a Options) -> Self {
        let (used, empty): (Vec<usize>, Vec<usize>) =
            (0..table.lists().len()).partition(|&i| table.list_total(i) > 0);
        let names = |which: &[usize]| which.iter().map(|&i| table.lists()[i].clone()).collect();
        let reduced = restrict(table, &used).map(|table| {
            let cells = Cells::new(&table);
            (table, cells)
        });
        Self { options, table: reduced, empty_lists: names(&empty), bic: OnceLock::new() }
    }

    /// Runs one method. A new method is a variant of [`Method`] and an arm here.
    fn run(&self, method: Method) -> Estimate {
        let answer = self.table.as_ref().map_err(Clone::clone).and_then(|(table, cells)| match method {
            Method::Main => {
                let chosen = fixed(cells, Model::main(cells.lists)).map_err(|e| e.to_string())?;
                Ok(self.wald(&chosen, table))
            }
            Method::Stepwise => {
                let chosen = stepwise(cells, self.options.max_order, self.options.p_enter)
                    .map_err(|e| e.to_string())?;
                let again = |cells: &Cells| {
                    let fit = stepwise(cells, self.options.max_order, self.options.p_enter).ok()?.fit;
                    Some((fit.model, fit.hidden))
                };
                Ok(self.answer(&chosen, table, again))
            }
            Method::Bic => {
                let chosen = self.best_bic(cells)?;
                let likely: Vec<Model> = chosen.ranking.iter().map(|ranked| ranked.model).collect();
                let again = |cells: &Cells| {
                    let best = smallest_bic(cells, self.options.max_order, &likely)?;
                    Some((best.model, best.hidden))
                };
                Ok(self.answer(chosen, table, again))
            }
            Method::Profile => self.profile(self.best_bic(cells)?, table, cells),
            Method::Decomposable => self.decomposable(table),
            Method::Chao => Ok(self.chao(table)),
            Method::SampleCoverage => self.sample_coverage(table),
        });
        let mut estimate = Estimate {
            method,
            total: None,
            interval: None,
            level: self.options.level,
            model: String::new(),
            converged: false,
            refused: None,
            diagnostics: Diagnostics::new(),
        };
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
            }
            Err(why) => estimate.refused = Some(why),
        }
        estimate.diagnostics.insert("seed".into(), json!(self.options.seed));
        if !self.empty_lists.is_empty() {
            estimate.diagnostics.insert("empty_lists".into(), json!(self.empty_lists));
        }
        estimate
    }

    fn best_bic(&self, cells: &Cells) -> Result<&Chosen, String> {
        self.bic
            .get_or_init(|| best_bic(cells, self.options.max_order).map_err(|e| e.to_string()))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The total of the chosen model with the interval that the options ask for; `again` chooses
    /// a model for another table and gives the hidden count, `None` when there is no estimate.
    fn answer(
        &self,
        chosen: &Chosen,
        table: &CaptureTable,
        again: impl Fn(&Cells) -> Option<(Model, f64)> + Sync,
    ) -> Answer {
        let mut answer = self.wald(chosen, table);
        if self.options.interval != Interval::Wald {
            let limits = bootstrap(table, (chosen.fit.model, chosen.fit.hidden), self.options, again);
            let detected = table.detected() as f64;
            let replicates = &limits.replicates;
            let total = |hidden: Option<f64>| match hidden {
                Some(hidden) => json!(detected + hidden),
                None => Value::Null,
            };
            let found = [
                ("interval_method", json!(self.options.interval.name())),
                ("replicates", json!(self.options.replicates)),
                ("replicates_without_estimate", json!(replicates.without_estimate)),
                ("replicates_with_this_model", json!(replicates.same_model)),
                ("replicates_median", total(Some(replicates.quantile(0.5)).filter(|h| h.is_finite()))),
                ("bias_correction", json!(limits.bias_correction)),
                ("acceleration", json!(limits.acceleration)),
                ("lower_limit", total(limits.low)),
                ("upper_limit", limits.high.map_or_else(|| json!(limits.open), |h| json!(detected + h))),
            ];
            answer.diagnostics.extend(found.map(|(name, value)| (name.to_owned(), value)));
            answer.interval =
                limits.low.zip(limits.high).map(|(low, high)| (detected + low, detected + high));
            let outside = |(low, high): (f64, f64)| answer.total < low || answer.total > high;
            let notes = [
                answer.interval.is_some_and(outside).then_some(
                    "the total lies outside its interval: in nearly all replicates another model was chosen",
                ),
                limits.at_the_edge.then_some(
                    "a limit is the most extreme replicate: with so few replicates it cannot be told further",
                ),
            ];
            let notes: Vec<&str> = notes.into_iter().flatten().collect();
            if !notes.is_empty() {
                answer.diagnostics.insert("note".into(), json!(notes.join("; ")));
            }
        }
        answer
    }

    /// Interval of the hidden count that is normal on the log scale, added to the detected.
    fn wald(&self, chosen: &Chosen, table: &CaptureTable) -> Answer {
        let fit = &chosen.fit;
        let detected = table.detected() as f64;
        let ratio = (two_sided(self.options.level) * fit.log_hidden_error).exp();
        Answer {
            total: detected + fit.hidden,
            interval: Some((detected + fit.hidden / ratio, detected + fit.hidden * ratio)),
            model: fit.model.describe(table.lists()),
            converged: true,
            diagnostics: describe(chosen, table),
        }
    }

    fn profile(&self, chosen: &Chosen, table: &CaptureTable, cells: &Cells) -> Result<Answer, String> {
        let mut answer = self.wald(chosen, table);
        let found = profile(cells, &chosen.fit, self.options.level)
            .ok_or("the search for the profile likelihood interval did not converge")?;
        let detected = table.detected() as f64;
        answer.diagnostics.insert("poisson_total".into(), json!(answer.total));
        answer.diagnostics.insert("lower_limit".into(), json!(detected + found.low));
        answer.diagnostics.insert(
            "upper_limit".into(),
            found
                .high
                .map_or_else(|| json!("none: the data do not bound the total"), |h| json!(detected + h)),
        );
        answer.total = detected + found.hidden;
        answer.interval = found.high.map(|high| (detected + found.low, detected + high));
        Ok(answer)
    }

    fn decomposable(&self, table: &CaptureTable) -> Result<Answer, String> {
        let settings =
            Settings { delta: self.options.delta, prior: self.options.prior, ..Settings::default() };
        let tried = sensitivity(table, &settings);
        let found = tried[0].2.clone().map_err(|why| why.to_string())?;
        let names = table.lists();
        let side = (1.0 - self.options.level) / 2.0;
        let interval = |found: &Average| found.quantile(side).zip(found.quantile(1.0 - side));
        let total = found.quantile(0.5).ok_or(
            "the posterior has no median within reach: the counts hardly bound the total, and the prior weight \
             delta is too small to do so",
        )?;
        let best: Vec<Value> = found
            .best
            .iter()
            .map(|graph| {
                json!({
                    "model": graph.model.describe(names),
                    "weight": graph.weight,
                    "total": graph.total,
                })
            })
            .collect();
        let joined: Map<String, Value> = pairs(names.len())
            .zip(&found.pairs)
            .map(|((i, j), weight)| (format!("{}:{}", names[i], names[j]), json!(weight)))
            .collect();
        let sensitivity: Vec<Value> = tried
            .iter()
            .map(|(delta, prior, answer)| match answer {
                Ok(found) => json!({
                    "delta": delta,
                    "prior": prior.name(),
                    "total": found.quantile(0.5),
                    "interval": interval(found),
                    "model": found.best[0].model.describe(names),
                    "weight": found.best[0].weight,
                    "refused": null,
                }),
                Err(why) => json!({
                    "delta": delta,
                    "prior": prior.name(),
                    "total": null,
                    "interval": null,
                    "model": "",
                    "weight": null,
                    "refused": why.to_string(),
                }),
            })
            .collect();
        let totals = || tried.iter().filter_map(|(_, _, answer)| answer.as_ref().ok()?.quantile(0.5));
        let (low, high) = totals().fold((total, total), |(low, high), t| (low.min(t), high.max(t)));
        let mean = found.mean.map_or_else(
            || json!("infinite: under the graph that joins all lists the posterior falls too slowly"),
            |mean| json!(mean),
        );
        let mut diagnostics = Diagnostics::from([
            ("graphs".into(), json!(found.graphs)),
            ("delta".into(), json!(found.delta)),
            ("prior".into(), json!(found.prior.name())),
            ("posterior_mean".into(), mean),
            ("best_graphs".into(), json!(best)),
            ("pair_probabilities".into(), Value::Object(joined)),
            ("uninformative_weight".into(), json!(found.untold)),
            ("sensitivity".into(), json!(sensitivity)),
        ]);
        if high > SENSITIVE * low {
            diagnostics.insert(
                "sensitivity_note".into(),
                json!(format!(
                    "the answer hangs on the prior: between half and twice delta, and with either prior of the \
                     total, it runs from {low} to {high}"
                )),
            );
        }
        if found.untold > UNTOLD {
            diagnostics.insert(
                "weight_note".into(),
                json!(
                    "graphs under which no person tells of the number hidden have much of the weight; their part \
                     of the answer is the prior's"
                ),
            );
        }
        let model = found.best[0].model.describe(names);
        Ok(Answer { total, interval: interval(&found), model, converged: true, diagnostics })
    }

    fn chao(&self, table: &CaptureTable) -> Answer {
        let detected = table.detected() as f64;
        let bound = chao(table);
        let mut diagnostics = Diagnostics::from([
            ("seen_once".into(), json!(bound.once)),
            ("seen_twice".into(), json!(bound.twice)),
            ("standard_error".into(), json!(bound.error)),
        ]);
        if let Some(equal) = bound.equal_lists {
            diagnostics.insert("equal_lists_total".into(), json!(detected + equal.hidden));
            diagnostics.insert("equal_lists_error".into(), json!(equal.error));
            diagnostics.insert("zelterman".into(), json!(equal.zelterman));
        }
        if bound.hidden <= 0.0 {
            diagnostics.insert(
                "note".into(),
                json!("the persons in just one list are all in the same one, which bounds the number never seen by zero"),
            );
        }
        Answer {
            total: detected + bound.hidden,
            interval: log_interval(detected, bound.hidden, bound.error, self.options.level),
            model: "lower bound for persons and lists with unequal chances".into(),
            converged: true,
            diagnostics,
        }
    }

    fn sample_coverage(&self, table: &CaptureTable) -> Result<Answer, String> {
        if table.lists().len() < 3 {
            return Err("sample coverage needs at least three lists with persons".into());
        }
        let found = sample_coverage(table).ok_or("no person of any list is in another list")?;
        let detected = table.detected() as f64;
        let total = found.advised();
        let above = total > detected;
        if !above {
            return Err(format!(
                "the estimate, {total:.1}, is not above the {detected} persons detected; sample coverage does not \
                 fit these lists"
            ));
        }
        let (error, used) = bootstrap_error(table, &found, self.options.replicates, self.options.seed);
        let mut diagnostics = Diagnostics::from([
            ("coverage".into(), json!(found.coverage)),
            ("total_independent".into(), json!(found.independent)),
            ("total_high_coverage".into(), json!(found.high)),
            ("total_one_step".into(), json!(found.one_step)),
            ("standard_error".into(), json!(error)),
            ("replicates".into(), json!(self.options.replicates)),
            ("replicates_used".into(), json!(used)),
        ]);
        if found.is_low() {
            diagnostics.insert(
                "coverage_note".into(),
                json!(
                    "few persons are in more than one list; where being in one list makes another likelier, \
                     read the total as a lower bound"
                ),
            );
        }
        // With many replicates lost the spread of the rest says too little.
        let enough = used as f64 >= 0.9 * self.options.replicates as f64;
        if !enough {
            diagnostics.insert(
                "note".into(),
                json!("no interval: in too many replicates some list was empty or overlapped no other"),
            );
        }
        let interval = log_interval(detected, total - detected, error, self.options.level);
        Ok(Answer {
            total,
            interval: interval.filter(|_| enough),
            model: if found.is_low() {
                format!("one-step, for coverage up to {LOW_COVERAGE}")
            } else {
                format!("for coverage above {LOW_COVERAGE}")
            },
            converged: true,
            diagnostics,
        })
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

fn describe(chosen: &Chosen, table: &CaptureTable) -> Diagnostics {
    let fit = &chosen.fit;
    let names = table.lists();
    let detected = table.detected() as f64;
    let term_name = |term: u32| -> String {
        let lists: Vec<&str> =
            names.iter().enumerate().filter(|(i, _)| term >> i & 1 == 1).map(|(_, n)| n.as_str()).collect();
        if lists.is_empty() { "intercept".into() } else { lists.join(":") }
    };
    let coefficients: Map<String, Value> = fit
        .coefficients
        .iter()
        .map(|&(term, value)| {
            let value = if value.is_finite() { json!(value) } else { json!("minus infinity") };
            (term_name(term), value)
        })
        .collect();
    let empty: Vec<String> = fit.empty_overlaps.iter().map(|&(i, j)| term_name(1 << i | 1 << j)).collect();
    let mut diagnostics = Diagnostics::from([
        ("deviance".into(), json!(fit.deviance)),
        ("df".into(), json!(fit.df)),
        ("finite_df".into(), json!(fit.finite_df)),
        ("log_likelihood".into(), json!(fit.log_likelihood)),
        ("AIC".into(), json!(fit.aic)),
        ("BIC".into(), json!(fit.bic)),
        ("standard_error".into(), json!(fit.standard_error())),
        ("log_hidden_error".into(), json!(fit.log_hidden_error)),
        ("coefficients".into(), Value::Object(coefficients)),
        ("empty_overlaps".into(), json!(empty)),
        ("search".into(), json!(chosen.search)),
        ("models_considered".into(), json!(chosen.considered)),
        ("models_without_estimate".into(), json!(chosen.refused)),
        ("models_not_converged".into(), json!(chosen.not_converged)),
    ]);
    if !chosen.ranking.is_empty() {
        let ranking: Vec<Value> = chosen
            .ranking
            .iter()
            .map(|ranked| {
                json!({
                    "model": ranked.model.describe(names),
                    "BIC": ranked.bic,
                    "total": detected + ranked.hidden,
                })
            })
            .collect();
        diagnostics.insert("best_models".into(), json!(ranking));
    }
    diagnostics
}
