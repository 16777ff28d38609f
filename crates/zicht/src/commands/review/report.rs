//! What the decisions say: precision and recall, at the threshold and at others.

use std::collections::{BTreeMap, BTreeSet};

use linkage::review::{
    Agreement, AtThreshold, Decision, Share, Unsure, Verdict, agreement, count_patterns, evaluate, resolve,
};
use serde::Serialize;

use super::work::{Drawn, Place};
use crate::cli::Outcome;
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// Thresholds that are compared, besides the one that is asked for.
const THRESHOLDS: [f64; 8] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const LEVEL: f64 = 0.95;

#[derive(Serialize)]
struct Report {
    candidates: u64,
    sample: usize,
    decided: usize,
    unsure: usize,
    level: f64,
    #[serde(flatten)]
    chosen: AtThreshold,
    /// The same when all that is unsure is a match, and when none is.
    if_unsure: IfUnsure,
    thresholds: Vec<AtThreshold>,
    reviewers: BTreeMap<String, usize>,
    agreement: Vec<Agreement>,
    patterns: Vec<Counted>,
}

#[derive(Serialize)]
struct IfUnsure {
    r#match: AtThreshold,
    non_match: AtThreshold,
}

/// Decided pairs with one pattern of agreement, weighted by the inverse of their probability to be drawn.
#[derive(Serialize)]
struct Counted {
    pattern: String,
    labelled: u64,
    matches: f64,
    non_matches: f64,
}

/// The sample, and what was decided on its pairs.
pub(super) fn decided(
    place: &Place,
    decisions: &[Decision],
) -> Result<(Drawn, BTreeMap<u64, Verdict>), Failure> {
    let drawn = place.current()?.ok_or_else(|| {
        Failure::input("no sample has been drawn", "draw one: zicht review DIR FILE... --sample 200")
    })?;
    let by_pair = resolve(decisions);
    let verdicts: BTreeMap<u64, Verdict> = drawn
        .sample
        .drawn
        .iter()
        .zip(&drawn.keys)
        .filter_map(|(d, key)| Some((d.pair, *by_pair.get(key)?)))
        .collect();
    if verdicts.is_empty() {
        return Err(Failure::input(
            "there is no decision on a pair of the sample",
            "review first: zicht review DIR FILE...",
        ));
    }
    Ok((drawn, verdicts))
}

/// Prints the report.
pub(super) fn run(place: &Place, threshold: Option<f64>, show: &Show) -> Outcome {
    let decisions = place.decided(show)?.decisions;
    let (drawn, verdicts) = decided(place, &decisions)?;
    let pairs = place.pairs()?;
    let threshold = threshold.unwrap_or(drawn.sample.threshold);
    let at = |thresholds: &[f64], unsure| {
        evaluate(&pairs.pairs, &drawn.sample, &verdicts, thresholds, unsure, LEVEL)
            .map_err(|e| Failure::from_linkage(&e))
    };
    let one = |unsure| {
        let found = at(&[threshold], unsure)?.pop();
        found.ok_or_else(|| Failure::input("there is no threshold", ""))
    };
    let mut reviewers: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
    for decision in &decisions {
        reviewers.entry(decision.reviewer.clone()).or_default().insert(&decision.pair);
    }
    let patterns = count_patterns(&pairs.pairs, &drawn.sample.labelled(&verdicts));
    let report = Report {
        candidates: drawn.sample.pairs,
        sample: drawn.keys.len(),
        decided: verdicts.len(),
        unsure: verdicts.values().filter(|&&verdict| verdict == Verdict::Unsure).count(),
        level: LEVEL,
        chosen: one(Unsure::LeaveOut)?,
        if_unsure: IfUnsure { r#match: one(Unsure::AsMatch)?, non_match: one(Unsure::AsNonMatch)? },
        thresholds: at(&THRESHOLDS, Unsure::LeaveOut)?,
        reviewers: reviewers.into_iter().map(|(name, pairs)| (name, pairs.len())).collect(),
        agreement: agreement(&decisions),
        patterns: patterns
            .into_iter()
            .map(|count| Counted {
                pattern: pairs.patterns[count.pattern as usize].clone(),
                labelled: count.labelled,
                matches: count.matches,
                non_matches: count.non_matches,
            })
            .collect(),
    };
    print(&report, show);
    show.result_json(&report)?;
    Ok(0)
}

fn print(report: &Report, show: &Show) {
    show.result(&format!(
        "{} of {} sampled pairs decided, {} unsure; {} candidate pairs, {} at or above {}\n",
        thousands(report.decided as u64),
        thousands(report.sample as u64),
        thousands(report.unsure as u64),
        thousands(report.candidates),
        thousands(report.chosen.pairs),
        report.chosen.threshold
    ));
    show.result(&format!("precision  {}", percent(report.chosen.precision)));
    show.result(&format!(
        "recall     {}   among candidate pairs; what blocking missed is not in it",
        percent(report.chosen.recall)
    ));
    if report.unsure > 0 {
        let points = |at: &AtThreshold| {
            let point = |share: Option<Share>| {
                share.map_or("–".to_owned(), |s| format!("{:.1} %", 100.0 * s.point))
            };
            format!("precision {}, recall {}", point(at.precision), point(at.recall))
        };
        show.result(&format!(
            "Unsure pairs are left out. Were all of one person: {}; were none: {}.",
            points(&report.if_unsure.r#match),
            points(&report.if_unsure.non_match)
        ));
    }
    if report.chosen.undecided > 0 {
        show.result(&format!(
            "No pair is decided yet in classes of probability with {} pairs; the intervals allow for anything there.",
            thousands(report.chosen.undecided)
        ));
    }
    show.result(&format!("\n{:>9}  {:>12}  {:<24}  recall", "threshold", "pairs", "precision"));
    for at in &report.thresholds {
        show.result(&format!(
            "{:>9}  {:>12}  {:<24}  {}",
            at.threshold,
            thousands(at.pairs),
            percent(at.precision),
            percent(at.recall)
        ));
    }
    for found in &report.agreement {
        show.result(&format!(
            "\n{} and {} agree on {:.0} % of {} pairs{}",
            found.reviewers[0],
            found.reviewers[1],
            100.0 * found.agreed,
            thousands(found.pairs),
            found.kappa.map(|kappa| format!(", Cohen's kappa {kappa:.2}")).unwrap_or_default()
        ));
    }
}

fn percent(share: Option<Share>) -> String {
    share.map_or("–".to_owned(), |s| {
        format!("{:.1} % ({:.1}–{:.1} %)", 100.0 * s.point, 100.0 * s.interval[0], 100.0 * s.interval[1])
    })
}
