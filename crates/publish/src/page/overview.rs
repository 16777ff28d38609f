//! The overview: what the figures say, in a few sentences.

use model::Unit;
use model::trend::{Change, Direction, Point, Trend};

use super::hidden::{disagree, extremes, method_name, withheld};
use super::{Block, Cell, Context, Fact, Link, Page, cube, statement};
use crate::facts::CubeFacts;
use crate::number;
use crate::text::fill;

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let monitor = &c.release.settings.monitor;
    let mut blocks = vec![Block::Text(t.overview_lead.into())];
    // They were checked before anything was written.
    let said_first = statement::sentences(c).unwrap_or_default();
    blocks.extend(said_first.into_iter().map(Block::Text));
    let headline = headline(c);
    blocks.push(Block::Heading { id: "key".into(), text: t.key_figures.into() });
    blocks.push(Block::Facts(facts(c, headline)));
    if let Some(trend) = headline {
        said(c, trend, &mut blocks);
    }
    estimates(c, &mut blocks);
    blocks.extend(super::changes::said(c, headline));
    protection(c, &mut blocks);
    blocks.push(Block::Heading { id: "more".into(), text: t.read_on.into() });
    let mut links = vec![
        link("victims.html", t.victims, t.victims_lead),
        link("hidden.html", t.hidden, t.hidden_lead),
        link("visibility.html", t.visibility, t.visibility_lead),
        link("trends.html", t.trends, t.trends_lead),
        link("sources.html", t.sources, t.sources_lead),
        link("downloads.html", t.downloads, t.downloads_lead),
    ];
    links.extend(
        c.release.cubes.iter().map(|r| link(&cube::address(&r.cube), r.cube.title().get(c.language), "")),
    );
    blocks.push(Block::Links(links));
    Page {
        name: "index".into(),
        title: monitor.title.get(c.language).to_owned(),
        lead: monitor.description.get(c.language).to_owned(),
        blocks,
        inputs: c.source_ids(),
        exit: None,
    }
}

fn link(to: &str, text: &str, note: &str) -> Link {
    Link { note: note.to_owned(), ..Link::new(to, text) }
}

/// The series that stands for the monitor: the first of persons, or else the first.
fn headline(c: Context<'_>) -> Option<&Trend> {
    let trends = &c.release.trends;
    let has_counts = |t: &&Trend| t.points.iter().any(|p| p.count.is_some());
    trends
        .iter()
        .filter(has_counts)
        .find(|t| t.unit == Unit::Persons)
        .or_else(|| trends.iter().find(has_counts))
}

fn facts(c: Context<'_>, headline: Option<&Trend>) -> Vec<Fact> {
    let t = c.t;
    let mut out = Vec::new();
    if let Some(trend) = headline
        && let Some((point, count)) = trend.points.iter().rev().find_map(|p| Some((p, p.count?)))
    {
        let title = trend.title.get(c.language);
        let before = trend.points.iter().rev().skip_while(|p| p.period != point.period).nth(1);
        let note = match (point.change, before.and_then(|p| Some((p, p.count?)))) {
            (Some(change), Some((p, old))) => fill(
                t.against,
                &[
                    ("change", &number::change(change.ratio, c.language)),
                    ("period", &p.period),
                    ("count", &c.count(old)),
                ],
            ),
            _ => String::new(),
        };
        out.push(Fact {
            value: c.count(count),
            label: fill(t.latest_detected, &[("title", title), ("period", &point.period)]),
            note,
            link: format!("trends.html#trend-{}", trend.id),
        });
    }
    for released in &c.release.estimates {
        if withheld(c, released) {
            continue;
        }
        let Some((low, high)) = extremes(released) else { continue };
        let (a, b) = (low.total.unwrap_or_default(), high.total.unwrap_or_default());
        let apart = disagree(low, high);
        let (value, note) = if apart {
            let (small, large) = (c.whole(a), c.whole(b));
            (c.range(&small, &large), t.disagree.to_owned())
        } else {
            let interval = high.interval.map(|(l, h)| (c.whole(l), c.whole(h)));
            let note = interval
                .map(|(l, h)| {
                    format!(
                        "{} ({})",
                        fill(t.hidden_figure_one, &[("low", &l), ("high", &h)]),
                        method_name(t, high.method)
                    )
                })
                .unwrap_or_default();
            (c.whole(b), note)
        };
        out.push(Fact {
            value,
            label: fill(t.hidden_figure, &[("title", released.settings.title.get(c.language))]),
            note,
            link: format!("hidden.html#estimate-{}", released.settings.id),
        });
    }
    let all: usize = c.release.cubes.iter().map(|r| r.cube.cells().count()).sum();
    let hidden: usize = c.release.cubes.iter().map(|r| r.cube.hidden()).sum();
    out.push(Fact {
        value: c.count(hidden as u64),
        label: fill(t.protected_figure, &[("all", &c.count(all as u64))]),
        note: String::new(),
        link: "methods.html#disclosure".into(),
    });
    out
}

/// What is said of a change.
pub(super) fn direction_text(c: Context<'_>, from: &Point, to: &Point, change: Change) -> Option<String> {
    let t = c.t;
    let text = match change.direction() {
        Direction::Rose => t.said_rose,
        Direction::Fell => t.said_fell,
        Direction::CannotTell => t.said_cannot,
    };
    let of = |ratio: f64| number::change(ratio, c.language);
    Some(fill(
        text,
        &[
            ("from", &from.period),
            ("to", &to.period),
            ("old", &c.count(from.count?)),
            ("new", &c.count(to.count?)),
            ("change", &of(change.ratio)),
            ("interval", &c.range(&of(change.interval.0), &of(change.interval.1))),
        ],
    ))
}

fn said(c: Context<'_>, trend: &Trend, blocks: &mut Vec<Block>) {
    let t = c.t;
    let title = trend.title.get(c.language);
    let counted: Vec<(&Point, u64)> = trend.points.iter().filter_map(|p| Some((p, p.count?))).collect();
    blocks.push(Block::Heading { id: "detected".into(), text: title.to_owned() });
    let last = trend.points.iter().rposition(|p| p.count.is_some());
    if let Some(i) = last.filter(|&i| i > 0)
        && let Some(change) = trend.points[i].change
        && let Some(text) = direction_text(c, &trend.points[i - 1], &trend.points[i], change)
    {
        blocks.push(Block::Text(text));
    }
    let high = counted.iter().max_by_key(|(_, n)| *n);
    let low = counted.iter().min_by_key(|(_, n)| *n);
    if let (Some((hp, h)), Some((lp, l))) = (high, low) {
        let (h, l) = (c.count(*h), c.count(*l));
        let values =
            [("count", h.as_str()), ("period", &hp.period), ("low", l.as_str()), ("low_period", &lp.period)];
        let mut text = fill(t.highest, &values);
        if !trend.breaks.is_empty() {
            let periods: Vec<&str> = trend.breaks.iter().map(|b| b.period.as_str()).collect();
            text.push(' ');
            text.push_str(&fill(t.breaks_found, &[("periods", &periods.join(", "))]));
        }
        blocks.push(Block::Text(text));
    }
    blocks.push(Block::Text(t.not_hidden_fall.into()));
    let level = number::percent(trend.level, c.language);
    let description = fill(t.trend_desc, &[("level", &level)]);
    let drawing = super::trends::drawing(c, trend);
    blocks.push(c.series("chart-headline", (title, None), &description, Vec::new(), &drawing, false));
    blocks.push(Block::Note(description.clone()));
    let rows = trend
        .points
        .iter()
        .zip(super::trends::figures(c, trend))
        .map(|(p, figure)| vec![Cell::text(p.period.clone()), c.figure(figure)])
        .collect();
    blocks.push(c.table(title, vec![t.period.to_owned(), t.trend_count.to_owned()], rows));
    blocks.push(c.origin(&super::trends::inputs(c, trend), ("trend", t.m_trend), None));
}

fn estimates(c: Context<'_>, blocks: &mut Vec<Block>) {
    let t = c.t;
    for released in &c.release.estimates {
        let id = format!("hidden-{}", released.settings.id);
        blocks.push(Block::Heading { id, text: released.settings.title.get(c.language).to_owned() });
        if withheld(c, released) {
            blocks.push(Block::Text(t.estimate_small.into()));
            continue;
        }
        blocks.extend(super::hidden::summary(c, released));
        let at = |page: &str| format!("{page}.html#estimate-{}", released.settings.id);
        let mut links = vec![Link::new(at("hidden"), t.hidden)];
        if let Some(said) = super::visibility::least(c, released) {
            blocks.push(Block::Text(said));
            links.push(Link::new(at("visibility"), t.visibility));
        }
        blocks.push(Block::Links(links));
    }
}

fn protection(c: Context<'_>, blocks: &mut Vec<Block>) {
    let t = c.t;
    blocks.push(Block::Heading { id: "protection".into(), text: t.m_disclosure.into() });
    blocks.push(Block::Text(rule(c)));
    blocks.push(Block::Text(attack(c)));
    if !c.release.audit.is_empty() {
        blocks.push(Block::Minor { id: "audit".into(), text: t.audit_lead.into() });
        blocks.push(Block::Text(t.audit_text.into()));
        blocks.push(audit_table(c));
    }
}

/// How the tables are protected.
pub(super) fn rule(c: Context<'_>) -> String {
    if let Some(method) = c.release.certificate.changed() {
        return method.words().get(c.language).to_owned();
    }
    let threshold = c.count(c.release.settings.disclosure.threshold);
    fill(c.t.m_disclosure_1, &[("threshold", &threshold)])
}

/// How the attacker fared.
pub(super) fn attack(c: Context<'_>) -> String {
    let certificate = &c.release.certificate;
    let Some(a) = certificate.attack() else { return c.t.attack_private.to_owned() };
    let n = |x: usize| c.count(x as u64);
    let text = match (a.exact + a.narrow, certificate.changed()) {
        (0, Some(_)) => c.t.attack_changed,
        (0, None) => c.t.attack_none,
        _ => c.t.attack_some,
    };
    fill(text, &[("targets", &n(a.targets)), ("exact", &n(a.exact)), ("narrow", &n(a.narrow))])
}

/// What can be worked out from the tables that were received: how much, never which.
fn audit_table(c: Context<'_>) -> Block {
    let t = c.t;
    let rows = c
        .release
        .audit
        .iter()
        .map(|a| {
            let n = |x: usize| Cell::number(c.count(x as u64));
            // A file is known to readers by the title of its source.
            let of = c.release.sources.iter().filter(|s| s.source.path == a.file);
            let ids: Vec<String> = of.map(|s| s.source.id.clone()).collect();
            let links = c.source_links(&ids);
            let name = if links.is_empty() { Cell::text(a.file.clone()) } else { Cell::links(links) };
            vec![name, n(a.cells_attacked), n(a.exact), n(a.narrow)]
        })
        .collect();
    let head = [t.audit_file, t.audit_attacked, t.audit_exact, t.audit_narrow].map(String::from).to_vec();
    c.table(t.audit_lead, head, rows)
}
