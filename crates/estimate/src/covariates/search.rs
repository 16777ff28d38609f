//! Which terms a model with covariates gets: forward by BIC.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::fit::Fitted;
use super::frame::{Design, Frame, MAX_PARAMETERS, Term};
use crate::loglinear::Refusal;
use crate::watch::Watch;

/// Of the terms that could be added, those with the best scores that are really fitted.
const TRIED: usize = 4;
/// How many of the models fitted are reported.
const REPORTED: usize = 5;

/// A model that was chosen, and out of what.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) fitted: Fitted,
    /// Models whose score or fit was looked at.
    pub(crate) considered: usize,
    /// Terms that were never added because the data cannot tell them from the hidden count, or give
    /// them no best fit.
    pub(crate) refused: Vec<Term>,
    /// The best of the models fitted: terms, BIC and hidden count.
    pub(crate) ranking: Vec<(Vec<Term>, f64, f64)>,
}

/// How much BIC a term would save by its score, where that can be told, and the design with it.
type Look = Result<(Option<f64>, Design), Refusal>;

/// Fits one model; `terms` hold all terms within each of them.
pub(crate) fn fit(frame: &Frame, terms: &[Term]) -> Result<Fitted, Refusal> {
    Fitted::new(frame, terms, Design::new(frame, terms)?, None)
}

/// Adds, from the model of lists and covariates alone, the term that lowers BIC most, until none does.
///
/// A term may be added when all terms within it are there. It has at most `max_order` lists, and at
/// most `max_order` lists and covariates together, but a list with a covariate and two covariates are
/// always allowed, unless `max_order` is 1. The terms are tried in the order of their score statistics. When
/// `watch` is stopped, it ends with the terms so far.
pub(crate) fn forward(frame: &Frame, max_order: usize, watch: &Watch) -> Result<Search, Refusal> {
    let mut search = Search {
        fitted: fit(frame, &frame.main())?,
        considered: 1,
        refused: Vec::new(),
        ranking: Vec::new(),
    };
    search.record(frame);
    let penalty = frame.detected.ln();
    while !watch.is_stopped() {
        let now = &search.fitted;
        let bic = now.bic(frame);
        let candidates = candidates(frame, &now.terms, max_order, &search.refused);
        search.considered += candidates.len();
        let looked: Vec<(Term, Look)> = candidates
            .into_par_iter()
            .map(|term| {
                let mut terms = now.terms.clone();
                terms.push(term);
                let look = Design::new(frame, &terms).map(|design| {
                    let extra = (design.parameters - now.design.parameters) as f64;
                    (now.score(frame, &design).map(|score| score - penalty * extra), design)
                });
                (term, look)
            })
            .collect();
        let (mut promising, mut unclear) = (Vec::new(), Vec::new());
        for (term, look) in looked {
            match look {
                Ok((Some(gain), design)) if gain > 0.0 => promising.push((gain, term, design)),
                Ok((Some(_), _)) => {}
                // Not told here; perhaps it is when other terms have been added.
                Ok((None, _)) => unclear.push(term),
                // What the cells cannot tell they cannot when more terms are added.
                Err(_) => search.refused.push(term),
            }
        }
        // A stable sort: of equal gains the first term goes first.
        promising.sort_by(|a, b| b.0.total_cmp(&a.0));
        promising.truncate(TRIED);
        let now = &search.fitted;
        let fits: Vec<(Term, Result<Fitted, Refusal>)> = promising
            .into_par_iter()
            .map(|(_, term, design)| {
                let mut terms = now.terms.clone();
                terms.push(term);
                (term, Fitted::new(frame, &terms, design, Some(now)))
            })
            .collect();
        let mut best: Option<Fitted> = None;
        let mut refused = false;
        for (term, fit) in fits {
            if let Ok(fit) = fit {
                search.rank(frame, &fit);
                let least = best.as_ref().map_or(bic - 1e-9, |best| best.bic(frame));
                if fit.bic(frame) < least {
                    best = Some(fit);
                }
            } else {
                search.refused.push(term);
                refused = true;
            }
        }
        match best {
            Some(best) => search.fitted = best,
            // Terms that were not tried take the places of those refused.
            None if refused => {}
            None => {
                search.refused.extend(unclear);
                break;
            }
        }
    }
    search.refused.sort_unstable();
    search.ranking.truncate(REPORTED);
    Ok(search)
}

impl Search {
    fn record(&mut self, frame: &Frame) {
        let fit = self.fitted.clone();
        self.rank(frame, &fit);
    }

    fn rank(&mut self, frame: &Frame, fit: &Fitted) {
        let mut terms = fit.terms.clone();
        terms.sort_unstable();
        if self.ranking.iter().all(|(known, ..)| *known != terms) {
            self.ranking.push((terms, fit.bic(frame), fit.part(frame, |_| true).hidden));
            self.ranking.sort_by(|a, b| a.1.total_cmp(&b.1));
        }
    }
}

/// Terms whose parts are all in the model, in a fixed order: those of fewer lists first.
fn candidates(frame: &Frame, terms: &[Term], max_order: usize, refused: &[Term]) -> Vec<Term> {
    let known: BTreeSet<Term> = terms.iter().copied().collect();
    let mut found = BTreeSet::new();
    for &term in terms.iter().filter(|term| term.order() > 0) {
        let lists = (0..frame.lists.len()).map(|i| Term { lists: term.lists | 1 << i, ..term });
        let covariates =
            (0..frame.covariates.len()).map(|c| Term { covariates: term.covariates | 1 << c, ..term });
        for bigger in lists.chain(covariates).filter(|bigger| bigger.order() == term.order() + 1) {
            let most = if max_order == 1 { 1 } else { max_order.max(2) } as u32;
            let allowed = bigger.order() <= most && bigger.lists.count_ones() as usize <= max_order;
            let whole = || {
                let less = |bits: u32, bit: u32| bits & !(1 << bit);
                (0..32).all(|bit| {
                    let without_list = Term { lists: less(bigger.lists, bit), ..bigger };
                    let without = Term { covariates: less(bigger.covariates, bit), ..bigger };
                    (without_list == bigger || known.contains(&without_list))
                        && (without == bigger || known.contains(&without))
                })
            };
            let room = MAX_PARAMETERS.saturating_sub(terms.iter().map(|term| frame.width(*term)).sum());
            let sound = || {
                (1..=room).contains(&frame.width(bigger))
                    && refused.iter().all(|other| !bigger.contains(*other))
            };
            if allowed && !known.contains(&bigger) && whole() && sound() {
                found.insert(bigger);
            }
        }
    }
    found.into_iter().collect()
}
