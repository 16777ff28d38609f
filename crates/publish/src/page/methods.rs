//! The methods in plain words.

use estimate::Method;

use super::hidden::method_name;
use super::{Block, Cell, Context, Page, Term};
use crate::text::fill;
use crate::{LinkageNote, number};

/// The page.
pub(super) fn page(c: Context<'_>) -> Page {
    let t = c.t;
    let settings = c.release.settings;
    let text = |s: &str| Block::Text(s.to_owned());
    let heading = |id: &str, s: &str| Block::Heading { id: id.to_owned(), text: s.to_owned() };
    let seed = settings.monitor.seed.to_string();
    let methods = Method::ALL
        .into_iter()
        .map(|m| {
            let said = match m {
                Method::Main => t.method_main_text,
                Method::Stepwise => t.method_stepwise_text,
                Method::Bic => t.method_bic_text,
                Method::Profile => t.method_profile_text,
                Method::Average => t.method_average_text,
                Method::Decomposable => t.method_decomposable_text,
                Method::BayesLoglinear => t.method_bayes_loglinear_text,
                Method::LatentClass => t.method_latent_class_text,
                Method::Chao => t.method_chao_text,
                Method::SampleCoverage => t.method_coverage_text,
                Method::Combined => t.method_combined_text,
            };
            Term { term: method_name(t, m).to_owned(), cell: Cell::text(said) }
        })
        .collect();
    let mut blocks =
        vec![heading("count", t.m_count), text(t.m_count_1), text(t.m_count_2), text(t.m_count_3)];
    blocks.extend(c.release.linkage.as_ref().map(|linkage| Block::Text(linked(c, linkage))));
    blocks.extend([
        heading("trend", t.m_trend),
        text(t.m_trend_1),
        text(t.m_trend_2),
        heading("estimate", t.m_estimate),
        text(t.m_estimate_1),
        text(&fill(t.m_estimate_2, &[("seed", &seed)])),
        Block::Terms(methods),
        heading("disclosure", t.m_disclosure),
        Block::Text(super::overview::rule(c)),
        text(t.m_disclosure_2),
        Block::Text(super::overview::attack(c)),
        Block::Note(t.hidden_note.into()),
    ]);
    Page {
        name: "methods".into(),
        title: t.methods.into(),
        lead: t.methods_lead.into(),
        blocks,
        inputs: Vec::new(),
        exit: None,
    }
}

/// How persons were found, with numbers as round as their interval.
fn linked(c: Context<'_>, linkage: &LinkageNote) -> String {
    let (persons, interval) = linkage.persons;
    let about = |x: f64| number::about(x, interval, c.language, 0.0);
    let (persons, low, high) = (about(persons), about(interval.0), about(interval.1));
    let compared = number::percent(linkage.compared, c.language);
    fill(c.t.m_linkage, &[("persons", &persons), ("low", &low), ("high", &high), ("compared", &compared)])
}
