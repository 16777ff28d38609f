//! What was computed from the cubes and lists, as CSV: series with their intervals and breaks,
//! estimates by method, visibility by group.

use model::Language;

use crate::Release;
use crate::page::{Context, visibility, withheld};
use crate::release::ReleasedEstimate;
use crate::text::texts;

/// Where the files stand below the release, in the order of [`results`].
pub(crate) const RESULTS: [&str; 3] =
    ["data/results/trends.csv", "data/results/estimates.csv", "data/results/visibility.csv"];

/// The files that have rows, as (file below the release, bytes, sources).
pub(crate) fn results(release: &Release<'_>) -> Vec<(&'static str, Vec<u8>, Vec<String>)> {
    let of_cubes = || unique(release.cubes.iter().flat_map(|c| &c.inputs));
    let of_estimates = || unique(release.estimates.iter().flat_map(|e| &e.sources));
    let [trends_path, estimates_path, visibility_path] = RESULTS;
    [
        (trends_path, trends(release), of_cubes()),
        (estimates_path, estimates(release), of_estimates()),
        (visibility_path, groups(release), of_estimates()),
    ]
    .into_iter()
    .filter(|(_, rows, _)| rows.len() > 1)
    .map(|(path, rows, inputs)| (path, csv(&rows), inputs))
    .collect()
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

type Rows = Vec<Vec<String>>;

fn csv(rows: &Rows) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for row in rows {
        out.write_record(row).expect("rows of equal length, written to memory");
    }
    out.into_inner().expect("flushing to memory does not fail")
}

fn header(names: &[&str]) -> Rows {
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
            let codes: Vec<String> = g.codes.iter().map(|(d, code)| format!("{d}={code}")).collect();
            rows.push(vec![
                released.settings.id.clone(),
                codes.join(";"),
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
