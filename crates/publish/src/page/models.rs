//! What stands behind the averaged answers of an estimate: how much each model weighs, which lists depend on
//! each other, how much is the prior's, and whether the chains came together.

use estimate::{Estimate, Method};
use serde_json::Value;

use super::hidden::method_name;
use super::{Block, Cell, Context};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::fill;

/// How many models of a method are named, and the least weight of one.
const MOST_MODELS: usize = 8;
const LEAST_WEIGHT: f64 = 0.005;

fn figure(e: &Estimate, key: &str) -> Option<f64> {
    e.diagnostics.get(key).and_then(Value::as_f64)
}

fn answered(released: &ReleasedEstimate) -> impl Iterator<Item = &Estimate> {
    released.estimation.estimates.iter().filter(|e| e.total.is_some())
}

/// The heaviest models of the methods that average over models; a chart of the first, and a table of all.
pub(super) fn weights(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let heaviest: Vec<(Method, Vec<Weighted<'_>>)> = answered(released)
        .map(|e| (e.method, weighted(e)))
        .filter(|(_, models)| !models.is_empty())
        .collect();
    let Some((first, models)) = heaviest.first() else { return };
    blocks.push(Block::Minor { id: format!("{id}-weights"), text: t.weights_head.into() });
    blocks.push(Block::Text(t.weights_text.into()));
    let rows: Vec<Interval> = models
        .iter()
        .map(|one| Interval {
            label: one.model.to_owned(),
            point: Some(one.weight),
            interval: None,
            without: String::new(),
        })
        .collect();
    let heading = fill(t.weights_chart, &[("method", method_name(t, *first))]);
    let description = fill(t.weights_description, &[("n", &c.count(rows.len() as u64))]);
    blocks.push(c.chart(&format!("chart-{id}-weights"), &heading, &description, Vec::new(), |frame| {
        chart::intervals(frame, &rows, None, Scale::Share)
    }));
    let body = heaviest
        .iter()
        .flat_map(|(method, models)| models.iter().map(|one| (*method, one)))
        .map(|(method, one)| {
            vec![
                Cell::text(one.model),
                Cell::text(method_name(t, method)),
                Cell::number(number::percent(one.weight, c.language)),
                one.total.map_or_else(|| c.figure(Figure::Missing), |total| Cell::number(c.whole(total))),
            ]
        })
        .collect();
    let head =
        [t.rival_model, t.estimate_method, t.weights_weight, t.estimate_total].map(String::from).to_vec();
    blocks.push(c.table(
        format!("{}: {}", released.settings.title.get(c.language), t.weights_head),
        head,
        body,
    ));
}

/// A model of an average.
struct Weighted<'a> {
    model: &'a str,
    weight: f64,
    total: Option<f64>,
}

/// The heaviest models of an answer that is an average over models, those with hardly any weight left out.
fn weighted(e: &Estimate) -> Vec<Weighted<'_>> {
    let models = ["best_models", "best_graphs"].iter().find_map(|key| e.diagnostics.get(*key)?.as_array());
    models
        .into_iter()
        .flatten()
        .filter_map(|m| {
            let weight = m.get("weight").and_then(Value::as_f64).filter(|weight| *weight >= LEAST_WEIGHT)?;
            Some(Weighted {
                model: m.get("model")?.as_str()?,
                weight,
                total: m.get("total").and_then(Value::as_f64),
            })
        })
        .take(MOST_MODELS)
        .collect()
}

/// The weight of the models in which a pair of lists depends on each other, by method; a map for the
/// first method that tells it, and a table for all.
pub(super) fn pairs(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let methods: Vec<(Method, &serde_json::Map<String, Value>)> = answered(released)
        .filter_map(|e| Some((e.method, e.diagnostics.get("pair_probabilities")?.as_object()?)))
        .collect();
    let Some((first, shares)) = methods.first() else { return };
    let title = released.settings.title.get(c.language);
    let lists = &released.estimation.lists;
    let share = |shares: &serde_json::Map<String, Value>, i: usize, j: usize| {
        shares.get(&format!("{}:{}", lists[i], lists[j])).and_then(Value::as_f64)
    };
    blocks.push(Block::Minor { id: format!("{id}-pairs"), text: t.pairs_head.into() });
    blocks.push(Block::Text(t.pairs_text.into()));
    let heading = fill(t.pairs_map, &[("method", method_name(t, *first))]);
    let description = fill(t.pairs_description, &[("n", &c.count(lists.len() as u64))]);
    blocks.push(c.chart(&format!("chart-{id}-pairs"), &heading, &description, Vec::new(), |frame| {
        chart::matrix(frame, lists, |i, j| share(shares, i, j))
    }));
    let rows = (0..lists.len())
        .flat_map(|i| (i + 1..lists.len()).map(move |j| (i, j)))
        .map(|(i, j)| {
            let mut row = vec![Cell::text(format!("{} – {}", lists[i], lists[j]))];
            row.extend(methods.iter().map(|(_, shares)| {
                share(shares, i, j).map_or_else(
                    || c.figure(Figure::Missing),
                    |x| Cell::number(number::percent(x, c.language)),
                )
            }));
            row
        })
        .collect();
    let mut head = vec![t.pairs_pair.to_owned()];
    head.extend(methods.iter().map(|(method, _)| method_name(t, *method).to_owned()));
    blocks.push(c.table(format!("{title}: {}", t.pairs_head), head, rows));
}

/// How much of an averaged answer is the prior's: the answers with other priors.
pub(super) fn priors(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for e in answered(released) {
        for answer in e.diagnostics.get("sensitivity").and_then(Value::as_array).into_iter().flatten() {
            let Some(prior) = prior(c, answer) else { continue };
            let number = |value: Option<&Value>| value.and_then(Value::as_f64);
            let limit = |i: usize| number(answer.get("interval").and_then(|interval| interval.get(i)));
            rows.push(vec![
                Cell::text(method_name(t, e.method)),
                Cell::text(prior),
                number(answer.get("total"))
                    .map_or_else(|| c.figure(Figure::Missing), |total| Cell::number(c.whole(total))),
                limit(0).zip(limit(1)).map_or_else(
                    || c.figure(Figure::Missing),
                    |(low, high)| Cell::number(c.range(&c.whole(low), &c.whole(high))),
                ),
            ]);
        }
    }
    if rows.is_empty() {
        return;
    }
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let head = vec![
        t.estimate_method.to_owned(),
        t.prior_what.to_owned(),
        t.estimate_total.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
    ];
    blocks.push(Block::Minor { id: format!("{id}-prior"), text: t.prior_head.into() });
    blocks.push(Block::Text(t.prior_text.into()));
    blocks.push(c.table(
        format!("{}: {}", released.settings.title.get(c.language), t.prior_head),
        head,
        rows,
    ));
}

/// The prior of an answer in words; `None` for one of a kind that is not known here.
fn prior(c: Context<'_>, answer: &Value) -> Option<String> {
    let t = c.t;
    let number = |key: &str| answer.get(key).and_then(Value::as_f64);
    let uniform = answer.get("prior").and_then(Value::as_str) == Some("uniform");
    let total = if uniform { t.prior_uniform } else { t.prior_inverse };
    if let Some(delta) = number("delta") {
        let delta = number::decimal(delta, 4, c.language);
        return Some(fill(t.prior_graphs, &[("delta", &delta), ("total", total)]));
    }
    if let Some(variance) = number("interaction_variance") {
        return Some(fill(t.prior_terms, &[("variance", &number::decimal(variance, 2, c.language))]));
    }
    let shape = answer.get("alpha_prior")?.get(0)?.as_f64()?;
    Some(fill(t.prior_classes, &[("shape", &number::decimal(shape, 2, c.language)), ("total", total)]))
}

/// Whether the chains of the methods that draw their answer came together.
pub(super) fn convergence(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let rows: Vec<Vec<Cell>> = released
        .estimation
        .estimates
        .iter()
        .filter(|e| figure(e, "r_hat").is_some())
        .map(|e| {
            let cell = |key: &str, decimals: usize| {
                figure(e, key).map_or_else(
                    || c.figure(Figure::Missing),
                    |x| Cell::number(number::decimal(x, decimals, c.language)),
                )
            };
            vec![
                Cell::text(method_name(t, e.method)),
                cell("chains", 0),
                cell("draws", 0),
                cell("r_hat", 3),
                cell("ess_bulk", 0),
                cell("ess_tail", 0),
                cell("median_error", 0),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let head = [
        t.estimate_method,
        t.chains_number,
        t.chains_draws,
        t.chains_rhat,
        t.chains_bulk,
        t.chains_tail,
        t.chains_error,
    ];
    blocks.push(Block::Minor { id: format!("{id}-chains"), text: t.chains_head.into() });
    blocks.push(Block::Text(t.chains_text.into()));
    blocks.push(c.table(
        format!("{}: {}", released.settings.title.get(c.language), t.chains_head),
        head.map(String::from).to_vec(),
        rows,
    ));
}
