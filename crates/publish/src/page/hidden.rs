//! The page of the hidden estimate: every method side by side, those that refused too, and in
//! plain words where they disagree.

use std::collections::BTreeMap;

use estimate::{Estimate, Method};
use serde_json::Value;

use super::visibility::hidden_in_a_table;
use super::{Block, Cell, Context, Page, Term, fitness, models};
use crate::chart::{self, Interval, Scale};
use crate::facts::Figure;
use crate::number;
use crate::release::ReleasedEstimate;
use crate::text::{Texts, fill};

/// The largest answer may be this many times the smallest before the page says that the methods
/// disagree.
const AGREE: f64 = 1.25;
/// Difference in BIC up to which a model is a rival of the best: weak evidence in the terms of
/// Kass and Raftery (1995).
const RIVAL: f64 = 6.0;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let mut blocks = Vec::new();
    if c.release.estimates.is_empty() {
        blocks.push(Block::Text(t.no_estimates.into()));
    } else {
        blocks.push(Block::Heading { id: "plain".into(), text: t.plain_head.into() });
        blocks.extend([t.plain_1, t.plain_2, t.plain_3].map(|text| Block::Text(text.into())));
    }
    for (i, released) in c.release.estimates.iter().enumerate() {
        one(c, i, released, &mut blocks);
    }
    let mut inputs: Vec<String> = Vec::new();
    for id in c.release.estimates.iter().flat_map(|e| &e.sources) {
        if !inputs.contains(id) {
            inputs.push(id.clone());
        }
    }
    Page {
        name: "hidden".into(),
        title: t.hidden.into(),
        lead: t.hidden_lead.into(),
        blocks,
        inputs,
        exit: None,
    }
}

/// Name of a method for readers.
pub(super) fn method_name(t: &Texts, method: Method) -> &'static str {
    match method {
        Method::Main => t.method_main,
        Method::Stepwise => t.method_stepwise,
        Method::Bic => t.method_bic,
        Method::Profile => t.method_profile,
        Method::Average => t.method_average,
        Method::Decomposable => t.method_decomposable,
        Method::BayesLoglinear => t.method_bayes_loglinear,
        Method::LatentClass => t.method_latent_class,
        Method::Chao => t.method_chao,
        Method::SampleCoverage => t.method_coverage,
        Method::Combined => t.method_combined,
    }
}

/// An estimate of the total, where lower bounds do not count.
pub(super) fn of_total(e: &Estimate) -> Option<f64> {
    (e.method != Method::Chao).then_some(e.total).flatten()
}

/// The smallest and the largest answer of the methods that estimate the total.
pub(super) fn extremes(released: &ReleasedEstimate) -> Option<(&Estimate, &Estimate)> {
    let answered = || released.estimation.estimates.iter().filter(|e| of_total(e).is_some());
    let by_total =
        |a: &&Estimate, b: &&Estimate| a.total.unwrap_or_default().total_cmp(&b.total.unwrap_or_default());
    Some((answered().min_by(by_total)?, answered().max_by(by_total)?))
}

/// Whether the smallest and the largest answer lie apart.
pub(super) fn disagree(low: &Estimate, high: &Estimate) -> bool {
    high.total.unwrap_or_default() > AGREE * low.total.unwrap_or_default()
}

/// Whether nothing may be said of an estimate: the persons behind it are too few, or a table hides
/// how many they are.
pub(crate) fn withheld(c: Context<'_>, released: &ReleasedEstimate) -> bool {
    released.estimation.detected < c.release.settings.disclosure.threshold
        || hidden_in_a_table(c, released, &BTreeMap::new())
}

fn one(c: Context<'_>, i: usize, released: &ReleasedEstimate, blocks: &mut Vec<Block>) {
    let t = c.t;
    let estimation = &released.estimation;
    let title = released.settings.title.get(c.language);
    let id = format!("estimate-{}", released.settings.id);
    blocks.push(Block::Heading { id: id.clone(), text: title.to_owned() });
    let definition = released.settings.definition.get(c.language);
    if !definition.is_empty() {
        blocks.push(Block::Text(definition.to_owned()));
    }
    if withheld(c, released) {
        blocks.push(Block::Text(t.estimate_small.into()));
        return;
    }
    said(c, released, blocks);
    agreement(c, released, blocks);

    let rows: Vec<Interval> = estimation
        .estimates
        .iter()
        .map(|e| Interval {
            label: method_name(t, e.method).to_owned(),
            point: e.total,
            interval: e.interval,
            without: if e.refused.is_some() { t.refused.into() } else { t.no_interval.into() },
        })
        .collect();
    let description = fill(t.chart_desc_intervals, &[("n", &c.count(rows.len() as u64))]);
    let chart_id = format!("chart-{i}");
    let mark = Some((estimation.detected as f64, t.estimate_detected));
    blocks.push(c.chart(&chart_id, title, &description, Vec::new(), |frame| {
        chart::intervals(frame, &rows, mark, Scale::Count)
    }));
    blocks.push(methods_table(c, released, title));
    fitness::section(c, released, &id, blocks);
    refusals(c, released, &id, blocks);
    rivals(c, released, &id, blocks);
    super::covariates::section(c, released, &id, blocks);
    models::weights(c, released, &id, blocks);
    models::pairs(c, released, &id, blocks);
    super::lists::section(c, released, &id, blocks);
    super::lists::groups(c, released, &id, blocks);
    models::priors(c, released, &id, blocks);
    models::convergence(c, released, &id, blocks);
    diagnostics(c, released, &id, blocks);
    lists(c, released, &id, blocks);
    blocks.push(c.origin(&released.sources, ("estimate", t.m_estimate), None));
}

/// What the overview says of an estimate.
pub(super) fn summary(c: Context<'_>, released: &ReleasedEstimate) -> Vec<Block> {
    let mut blocks = Vec::new();
    said(c, released, &mut blocks);
    agreement(c, released, &mut blocks);
    blocks
}

/// One sentence with the mixture of methods, or else the first estimate of the total that has an
/// interval, or else any.
fn said(c: Context<'_>, released: &ReleasedEstimate, blocks: &mut Vec<Block>) {
    let t = c.t;
    let estimation = &released.estimation;
    let answered = || estimation.estimates.iter().filter(|e| e.total.is_some());
    let chosen = answered()
        .find(|e| e.method == Method::Combined)
        .or_else(|| {
            answered().find(|e| of_total(e).is_some() && e.interval.is_some() && e.method != Method::Main)
        })
        .or_else(|| answered().find(|e| of_total(e).is_some()))
        .or_else(|| answered().next());
    let Some(e) = chosen else {
        blocks.push(Block::Text(t.estimate_none.into()));
        return;
    };
    // No more digits than the interval deserves, and none that would deny those who were seen.
    let about = |x: f64| match e.interval {
        Some(interval) => number::about(x, interval, c.language, estimation.detected as f64),
        None => c.whole(x),
    };
    let total = about(e.total.unwrap_or_default());
    let (detected, lists) = (c.count(estimation.detected), c.count(estimation.lists.len() as u64));
    let level = number::percent(e.level, c.language);
    let (low, high) = e.interval.map(|(l, h)| (about(l), about(h))).unwrap_or_default();
    let text = if e.interval.is_some() { t.estimate_said } else { t.estimate_said_open };
    blocks.push(Block::Text(fill(
        text,
        &[
            ("detected", &detected),
            ("lists", &lists),
            ("method", method_name(t, e.method)),
            ("total", &total),
            ("level", &level),
            ("low", &low),
            ("high", &high),
        ],
    )));
}

fn agreement(c: Context<'_>, released: &ReleasedEstimate, blocks: &mut Vec<Block>) {
    let t = c.t;
    let Some((low, high)) = extremes(released) else { return };
    let estimates = &released.estimation.estimates;
    if estimates.iter().filter(|e| of_total(e).is_some()).count() < 2 {
        return;
    }
    let (a, b) = (low.total.unwrap_or_default(), high.total.unwrap_or_default());
    let times = number::decimal(b / a, 1, c.language);
    let (small, large) = (c.whole(a), c.whole(b));
    let overlap = match (low.interval, high.interval) {
        (Some(l), Some(h)) if l.1 < h.0 => t.no_overlap,
        (Some(_), Some(_)) => t.some_overlap,
        _ => "",
    };
    let values = [
        ("low", small.as_str()),
        ("high", large.as_str()),
        ("low_method", method_name(t, low.method)),
        ("high_method", method_name(t, high.method)),
        ("times", times.as_str()),
        ("overlap", overlap),
    ];
    if disagree(low, high) {
        blocks.push(Block::Warning { title: t.disagree.into(), text: fill(t.disagree_text, &values) });
    } else {
        blocks.push(Block::Text(fill(t.agree, &values)));
    }
    if estimates.iter().any(|e| e.method == Method::Chao && e.total.is_some()) {
        blocks.push(Block::Note(t.bound_note.into()));
    }
}

fn methods_table(c: Context<'_>, released: &ReleasedEstimate, title: &str) -> Block {
    let t = c.t;
    let estimation = &released.estimation;
    let detected = estimation.detected as f64;
    let level = number::percent(c.release.settings.monitor.level, c.language);
    let rows = estimation
        .estimates
        .iter()
        .map(|e| {
            let dash = c.figure(Figure::Missing);
            let total = e.total.map_or_else(|| dash.clone(), |x| Cell::number(c.whole(x)));
            let interval = match e.interval {
                Some((low, high)) => Cell::number(c.range(&c.whole(low), &c.whole(high))),
                None => dash.clone(),
            };
            let share = e.total.map_or_else(
                || dash.clone(),
                |x| Cell::number(number::percent(detected / x.max(detected), c.language)),
            );
            let model =
                if e.refused.is_some() { Cell::text(t.refused) } else { Cell::english(&e.model, c.language) };
            vec![Cell::text(method_name(t, e.method)), total, interval, share, model]
        })
        .collect();
    let head = vec![
        t.estimate_method.to_owned(),
        t.estimate_total.to_owned(),
        fill(t.estimate_interval, &[("level", &level)]),
        t.estimate_visibility.to_owned(),
        t.estimate_model.to_owned(),
    ];
    c.table(title, head, rows)
}

fn refusals(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let refused: Vec<Term> = released
        .estimation
        .estimates
        .iter()
        .filter_map(|e| {
            let why = e.refused.as_deref()?;
            Some(Term { term: method_name(t, e.method).into(), cell: Cell::english(why, c.language) })
        })
        .collect();
    if !refused.is_empty() {
        blocks.push(Block::Minor { id: format!("{id}-refused"), text: t.refused_head.into() });
        blocks.push(Block::Terms(refused));
    }
}

/// A model that fits almost as well as the best.
struct Rival {
    model: String,
    above: f64,
    total: f64,
}

/// The best model of the search and its rivals, in the order of their BIC: from the search's own
/// ranking and from the models of the other methods.
fn ranking(released: &ReleasedEstimate) -> Vec<Rival> {
    let estimates = &released.estimation.estimates;
    let mut found: Vec<Rival> = Vec::new();
    let mut add = |model: &str, bic: Option<f64>, total: Option<f64>| {
        if let (Some(above), Some(total)) = (bic, total)
            && !found.iter().any(|r| r.model == model)
        {
            found.push(Rival { model: model.to_owned(), above, total });
        }
    };
    for e in estimates {
        if e.method != Method::Profile {
            add(&e.model, e.diagnostics.get("BIC").and_then(Value::as_f64), e.total);
        }
    }
    for e in estimates {
        for m in e.diagnostics.get("best_models").and_then(Value::as_array).into_iter().flatten() {
            let number = |key: &str| m.get(key).and_then(Value::as_f64);
            add(m.get("model").and_then(Value::as_str).unwrap_or_default(), number("BIC"), number("total"));
        }
    }
    found.sort_by(|a, b| a.above.total_cmp(&b.above));
    if let Some(best) = found.first().map(|r| r.above) {
        for r in &mut found {
            r.above -= best;
        }
    }
    found.retain(|r| r.above <= RIVAL);
    found
}

fn rivals(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let ranking = ranking(released);
    let Some((best, others)) = ranking.split_first().filter(|(_, others)| !others.is_empty()) else { return };
    blocks.push(Block::Minor { id: format!("{id}-rivals"), text: t.rivals.into() });
    let totals = || ranking.iter().map(|r| r.total);
    let (low, high) =
        (c.whole(totals().fold(f64::INFINITY, f64::min)), c.whole(totals().fold(0.0, f64::max)));
    let margin = number::decimal(RIVAL, 0, c.language);
    blocks.push(Block::Text(fill(t.rivals_text, &[("margin", &margin), ("low", &low), ("high", &high)])));
    // The rival that would change the answer most.
    let apart = |r: &Rival| (r.total / best.total).ln().abs();
    if let Some(r) =
        others.iter().max_by(|a, b| apart(a).total_cmp(&apart(b))).filter(|r| apart(r) > AGREE.ln())
    {
        let (difference, total, chosen) =
            (number::decimal(r.above, 1, c.language), c.whole(r.total), c.whole(best.total));
        let values = [
            ("model", r.model.as_str()),
            ("difference", &difference),
            ("total", &total),
            ("chosen", &chosen),
        ];
        blocks.push(Block::Warning { title: t.disagree.into(), text: fill(t.rivals_named, &values) });
    }
    let rows = ranking
        .iter()
        .map(|r| {
            vec![
                Cell::text(r.model.clone()),
                Cell::number(number::decimal(r.above, 1, c.language)),
                Cell::number(c.whole(r.total)),
            ]
        })
        .collect();
    let head = [t.rival_model, t.rival_bic, t.estimate_total].map(String::from).to_vec();
    blocks.push(c.table(format!("{}: {}", released.settings.title.get(c.language), t.rivals), head, rows));
}

/// The figures that may be published of a fit: none of them is a count of a capture history.
const SHOWN: [(&str, &str, &str, usize); 8] = [
    ("BIC", "BIC", "BIC", 1),
    ("AIC", "AIC", "AIC", 1),
    ("deviance", "Deviance", "Deviantie", 1),
    ("df", "Degrees of freedom", "Vrijheidsgraden", 0),
    ("models_considered", "Models considered", "Bekeken modellen", 0),
    ("models_without_estimate", "Models without an estimate", "Modellen zonder schatting", 0),
    ("models_not_converged", "Models not converged", "Modellen niet geconvergeerd", 0),
    ("coverage", "Sample coverage", "Steekproefdekking", 2),
];

fn diagnostics(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let answered: Vec<&Estimate> =
        released.estimation.estimates.iter().filter(|e| e.total.is_some()).collect();
    let rows: Vec<Vec<Cell>> = SHOWN
        .iter()
        .filter_map(|(key, en, nl, decimals)| {
            let cells: Vec<Option<f64>> =
                answered.iter().map(|e| e.diagnostics.get(*key).and_then(Value::as_f64)).collect();
            cells.iter().any(Option::is_some).then(|| {
                let name = if c.language == model::Language::En { en } else { nl };
                let mut row = vec![Cell::text(*name)];
                row.extend(cells.into_iter().map(|x| match x {
                    Some(x) => Cell::number(number::decimal(x, *decimals, c.language)),
                    None => c.figure(Figure::Missing),
                }));
                row
            })
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let mut head = vec![t.figure.to_owned()];
    head.extend(answered.iter().map(|e| method_name(t, e.method).to_owned()));
    blocks.push(Block::Minor { id: format!("{id}-diagnostics"), text: t.diagnostics.into() });
    blocks.push(c.table(
        format!("{}: {}", released.settings.title.get(c.language), t.diagnostics),
        head,
        rows,
    ));
}

fn lists(c: Context<'_>, released: &ReleasedEstimate, id: &str, blocks: &mut Vec<Block>) {
    let t = c.t;
    let named = released
        .settings
        .source
        .as_ref()
        .and_then(|s| c.release.settings.source.iter().find(|x| x.id == *s))
        .and_then(|s| s.histories.as_ref());
    let registers = c.release.settings.registers();
    let rows: Vec<Vec<Cell>> = released
        .estimation
        .lists
        .iter()
        .map(|list| {
            let label = named
                .and_then(|h| h.labels.get(list))
                .or_else(|| registers.iter().find(|(code, _)| code == list).map(|(_, label)| label));
            let name = label.map_or(list.as_str(), |l| l.get(c.language));
            vec![Cell::text(list.clone()), Cell::text(name)]
        })
        .collect();
    blocks.push(Block::Minor { id: format!("{id}-lists"), text: t.lists_head.into() });
    let caption = format!("{}: {}", released.settings.title.get(c.language), t.lists_head.to_lowercase());
    blocks.push(c.table(caption, [t.list_code, t.list_name].map(String::from).to_vec(), rows));
}
