//! What was computed from the cubes and lists, as CSV: series with their intervals and breaks,
//! estimates by method, visibility by group and how groups compare.

use std::collections::BTreeMap;

use model::Language;

use crate::Release;
use crate::page::compare::Comparison;
use crate::page::{Context, visibility, withheld};
use crate::release::ReleasedEstimate;
use crate::text::{Texts, texts};

/// Where the files stand below the release, in the order of [`results`].
pub(crate) const RESULTS: [&str; 7] = [
    "data/results/trends.csv",
    "data/results/estimates.csv",
    "data/results/visibility.csv",
    "data/results/ranks.csv",
    "data/results/contrasts.csv",
    "data/results/margins.csv",
    SHOWN,
];
const SHOWN: &str = "data/results/shown.csv";

/// What each of them holds, in words.
pub(crate) fn titles(t: &Texts) -> [&'static str; 7] {
    [
        t.downloads_trends,
        t.downloads_estimates,
        t.downloads_visibility,
        t.downloads_ranks,
        t.downloads_contrasts,
        t.downloads_margins,
        t.downloads_shown,
    ]
}

/// A file of results: its place below the release, its bytes, its sources.
pub(crate) type Results = (&'static str, Vec<u8>, Vec<String>);

/// The files that have rows.
pub(crate) fn results(release: &Release<'_>) -> Vec<Results> {
    let shown = (SHOWN, super::shown::rows(release), unique(release.sources.iter().map(|s| &s.source.id)));
    worked_out(release).chain([shown]).map(|(path, rows, inputs)| (path, csv(&rows), inputs)).collect()
}

/// The places of the files that have rows. The overview always shows a number: how many are hidden.
pub(crate) fn made(release: &Release<'_>) -> Vec<&'static str> {
    worked_out(release).map(|(path, ..)| path).chain([SHOWN]).collect()
}

/// What was worked out of cubes and lists, where there is any.
fn worked_out(release: &Release<'_>) -> impl Iterator<Item = (&'static str, Rows, Vec<String>)> {
    let of_cubes = || unique(release.cubes.iter().flat_map(|c| &c.inputs));
    let of_estimates = || unique(release.estimates.iter().flat_map(|e| &e.sources));
    let [trends_path, estimates_path, visibility_path, ranks_path, contrasts_path, margins_path, _] = RESULTS;
    [
        (trends_path, trends(release), of_cubes()),
        (estimates_path, estimates(release), of_estimates()),
        (visibility_path, groups(release), of_estimates()),
        (ranks_path, ranks(release), of_estimates()),
        (contrasts_path, contrasts(release), of_estimates()),
        (margins_path, margins(release), of_estimates()),
    ]
    .into_iter()
    .filter(|(_, rows, _)| rows.len() > 1)
}

fn unique<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for id in ids {
        if !out.contains(id) {
            out.push(id.clone());
        }
    }
    out
}

/// Every figure that an earlier release published otherwise, if there is any.
pub(crate) fn changes(release: &Release<'_>) -> Option<Vec<u8>> {
    let context = Context { release, language: Language::En, t: texts(Language::En) };
    let rows = crate::page::changes::rows(context);
    (rows.len() > 1).then(|| csv(&rows))
}

pub(super) type Rows = Vec<Vec<String>>;

fn csv(rows: &Rows) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(row).expect("rows of equal length, written to memory");
    }
    out.into_inner().expect("flushing to memory does not fail")
}

pub(super) fn header(names: &[&str]) -> Rows {
    vec![names.iter().map(|n| (*n).to_owned()).collect()]
}

/// With four decimals: more would say more than is known.
fn number(x: Option<f64>) -> String {
    x.map(|x| format!("{x:.4}")).unwrap_or_default()
}

fn trends(release: &Release<'_>) -> Rows {
    let mut rows = header(&[
        "series",
        "title_en",
        "title_nl",
        "unit",
        "period",
        "count",
        "lower",
        "upper",
        "change",
        "change_lower",
        "change_upper",
        "fitted_level",
        "break_probability",
        "confidence_level",
    ]);
    for t in &release.trends {
        for p in &t.points {
            let probability = t.breaks.iter().find(|b| b.period == p.period).map(|b| b.probability);
            rows.push(vec![
                t.id.clone(),
                t.title.en.clone(),
                t.title.nl.clone(),
                super::unit_code(t.unit).to_owned(),
                p.period.clone(),
                p.count.map(|n| n.to_string()).unwrap_or_default(),
                number(p.interval.map(|i| i.0)),
                number(p.interval.map(|i| i.1)),
                number(p.change.map(|c| c.ratio)),
                number(p.change.map(|c| c.interval.0)),
                number(p.change.map(|c| c.interval.1)),
                number(p.fitted),
                number(probability),
                t.level.to_string(),
            ]);
        }
    }
    rows
}

/// The estimates of which something may be said, with what pages are made from.
fn published<'a>(release: &'a Release<'a>) -> impl Iterator<Item = (Context<'a>, &'a ReleasedEstimate)> {
    let context = Context { release, language: Language::En, t: texts(Language::En) };
    release.estimates.iter().map(move |e| (context, e)).filter(|(c, e)| !withheld(*c, e))
}

fn estimates(release: &Release<'_>) -> Rows {
    let mut rows = header(&[
        "estimate",
        "title_en",
        "title_nl",
        "detected",
        "method",
        "total",
        "lower",
        "upper",
        "confidence_level",
        "model",
        "refused",
    ]);
    for (_, released) in published(release) {
        for e in &released.estimation.estimates {
            rows.push(vec![
                released.settings.id.clone(),
                released.settings.title.en.clone(),
                released.settings.title.nl.clone(),
                released.estimation.detected.to_string(),
                e.method.to_string(),
                number(e.total),
                number(e.interval.map(|i| i.0)),
                number(e.interval.map(|i| i.1)),
                e.level.to_string(),
                e.model.clone(),
                e.refused.clone().unwrap_or_default(),
            ]);
        }
    }
    rows
}

fn groups(release: &Release<'_>) -> Rows {
    let mut rows = header(&[
        "estimate",
        "group",
        "group_en",
        "group_nl",
        "visibility",
        "lower",
        "upper",
        "probability_least_visible",
        "confidence_level",
    ]);
    for (c, released) in published(release) {
        let dutch = Context { language: Language::Nl, t: texts(Language::Nl), ..c };
        let shown = visibility::shown(c, released);
        for (g, _) in released.estimation.groups.iter().zip(shown).filter(|(_, shown)| *shown) {
            rows.push(vec![
                released.settings.id.clone(),
                written(&g.codes),
                visibility::name(c, &g.codes),
                visibility::name(dutch, &g.codes),
                number(g.visibility),
                number(g.interval.map(|i| i.0)),
                number(g.interval.map(|i| i.1)),
                number(g.probability_least_visible),
                g.estimate.level.to_string(),
            ]);
        }
    }
    rows
}

/// Codes of a group, as `sex=F;form=labour`.
fn written(codes: &BTreeMap<String, String>) -> String {
    codes.iter().map(|(d, code)| format!("{d}={code}")).collect::<Vec<_>>().join(";")
}

/// The estimates with what of the comparison of their groups may be published.
fn compared<'a>(release: &'a Release<'a>) -> impl Iterator<Item = (&'a ReleasedEstimate, Comparison<'a>)> {
    published(release).map(|(c, e)| (e, Comparison::new(e, &visibility::shown(c, e))))
}

fn ranks(release: &Release<'_>) -> Rows {
    let mut rows = header(&["estimate", "group", "rank", "probability"]);
    for (released, comparison) in compared(release) {
        for group in comparison.ranked {
            rows.extend(group.rank_probabilities.iter().zip(1..).map(|(p, rank)| {
                vec![released.settings.id.clone(), written(&group.codes), rank.to_string(), number(Some(*p))]
            }));
        }
    }
    rows
}

fn contrasts(release: &Release<'_>) -> Rows {
    let mut rows = header(&[
        "estimate",
        "group",
        "against",
        "ratio",
        "lower",
        "upper",
        "probability_lower",
        "confidence_level",
    ]);
    for (released, comparison) in compared(release) {
        rows.extend(comparison.contrasts.into_iter().map(|pair| {
            vec![
                released.settings.id.clone(),
                written(&pair.codes),
                written(&pair.against),
                number(Some(pair.ratio)),
                number(pair.interval.map(|i| i.0)),
                number(pair.interval.map(|i| i.1)),
                number(Some(pair.probability_lower)),
                release.settings.monitor.level.to_string(),
            ]
        }));
    }
    rows
}

/// Visibility alone: with a total it would say how many were detected, which is for the tables to publish.
fn margins(release: &Release<'_>) -> Rows {
    let mut rows = header(&["estimate", "group", "visibility", "lower", "upper", "confidence_level"]);
    for (released, comparison) in compared(release) {
        rows.extend(comparison.margins.into_iter().map(|margin| {
            vec![
                released.settings.id.clone(),
                written(&margin.codes),
                number(Some(margin.visibility)),
                number(Some(margin.interval.0)),
                number(Some(margin.interval.1)),
                release.settings.monitor.level.to_string(),
            ]
        }));
    }
    rows
}
