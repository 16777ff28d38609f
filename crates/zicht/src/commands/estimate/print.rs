//! An estimation for people: on standard output.

use std::collections::BTreeMap;

use estimate::covariates::CovariateEstimation;

use crate::forest::{Line, forest};
use crate::show::{Show, rounded, thousands};

/// The estimation as tables, a chart and sentences.
pub(super) fn print(estimation: &estimate::Estimation, show: &Show) {
    let range = estimation
        .detected_interval
        .map_or_else(String::new, |(low, high)| format!(" ({} – {})", thousands(low), thousands(high)));
    show.result(&format!(
        "{}{range} detected on {} lists: {}\n",
        thousands(estimation.detected),
        estimation.lists.len(),
        estimation.lists.join(", ")
    ));
    show.result(&format!("{:<16} {:>12}  {:>25}  model", "method", "total", "interval"));
    for e in &estimation.estimates {
        match (&e.refused, e.total) {
            (None, Some(total)) => {
                let interval = e
                    .interval
                    .map_or_else(String::new, |(lo, hi)| format!("{} – {}", rounded(lo), rounded(hi)));
                show.result(&format!(
                    "{:<16} {:>12}  {interval:>25}  {}",
                    e.method.to_string(),
                    rounded(total),
                    e.model
                ));
            }
            (why, _) => show.result(&format!(
                "{:<16} {:>12}  {}",
                e.method.to_string(),
                "refused",
                why.as_deref().unwrap_or("no estimate")
            )),
        }
    }
    let lines: Vec<Line> = estimation
        .estimates
        .iter()
        .map(|e| Line { label: e.method.to_string(), point: e.total, interval: e.interval })
        .collect();
    let chart = forest(&lines, estimation.detected as f64);
    if !chart.is_empty() {
        show.result("");
        for line in &chart {
            show.result(line);
        }
    }
    if let Some(fitness) = &estimation.fitness {
        let said = match fitness.verdict {
            estimate::Verdict::Supported => "the data support an estimate",
            estimate::Verdict::Weak => "the data support an estimate only weakly",
            estimate::Verdict::Unsupported => "the data cannot support an estimate",
        };
        show.result(&format!("\nfitness: {said}: {}", fitness.reasons.join("; ")));
    }
    let linked: Vec<String> = estimation
        .estimates
        .iter()
        .filter_map(|e| {
            Some(format!("{} {:.0} %", e.method, 100.0 * e.diagnostics.get("linkage_share")?.as_f64()?))
        })
        .collect();
    if !linked.is_empty() {
        show.result(&format!("uncertainty due to links: {}", linked.join(", ")));
    }
    print_pairs(estimation, show);
    print_sensitivity(estimation, show);
    for note in &estimation.notes {
        show.result(&format!("note: {note}"));
    }
    print_groups(estimation, show);
}

fn print_groups(estimation: &estimate::Estimation, show: &Show) {
    if estimation.groups.is_empty() {
        return;
    }
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let whole = estimation.margins.iter().find(|m| m.codes.is_empty());
    show.result(&format!(
        "\n{:<32} {:>10} {:>12} {:>9} {:>13}  least visible",
        "group", "detected", "total", "seen", "interval"
    ));
    for g in &estimation.groups {
        let total = g.estimate.total.map_or_else(|| "refused".into(), rounded);
        let range = |(low, high)| format!("{} – {}", percent(low), percent(high));
        show.result(&format!(
            "{:<32} {:>10} {:>12} {:>9} {:>13}  {}",
            words(&g.codes),
            thousands(g.detected),
            total,
            g.visibility.map_or_else(String::new, percent),
            g.interval.map_or_else(String::new, range),
            g.probability_least_visible.map_or_else(String::new, chance)
        ));
    }
    if let Some(m) = whole {
        show.result(&format!(
            "{:<32} {:>10} {:>12} {:>9} {:>13}",
            "all groups, fitted together",
            thousands(m.detected),
            rounded(m.total),
            percent(m.visibility),
            format!("{} – {}", percent(m.interval.0), percent(m.interval.1))
        ));
    }
    if let Some(said) = &estimation.least_visible {
        show.result(&format!("\n{}", sentence(said)));
    }
}

fn words(codes: &BTreeMap<String, String>) -> String {
    codes.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
}

/// A probability from draws: none is quite 0 or 1.
fn chance(p: f64) -> String {
    match p {
        p if p < 0.005 => "under 1 %".into(),
        p if p > 0.995 => "over 99 %".into(),
        p => format!("{:.0} %", 100.0 * p),
    }
}

/// Which group is the least visible, in words that claim no more than the numbers.
fn sentence(said: &estimate::LeastVisible) -> String {
    use estimate::LeastVisible::{CannotTell, Clear, Leaning};
    let (text, unranked) = match said {
        Clear { group, probability, unranked } => (
            format!("The least visible group is {}: probability {}.", words(group), chance(*probability)),
            unranked,
        ),
        Leaning { group, probability, unranked } => (
            format!(
                "The least visible group is probably {}, but that is not certain: probability {}.",
                words(group),
                chance(*probability)
            ),
            unranked,
        ),
        CannotTell { groups, probability, unranked } => (
            format!(
                "Which group is the least visible cannot be told. With a probability of {} it is one of: {}.",
                chance(*probability),
                groups.iter().map(words).collect::<Vec<_>>().join("; ")
            ),
            unranked,
        ),
    };
    match *unranked {
        0 => text,
        1 => format!("{text} One group could not be ranked, and may be seen less."),
        n => format!("{text} {n} groups could not be ranked, and may be seen less."),
    }
}

pub(super) fn print_covariates(found: &CovariateEstimation, show: &Show) {
    show.result(&format!("\nwith {}", found.columns.join(", ")));
    let line = |name: &str, total: Option<f64>, interval: Option<(f64, f64)>, rest: &str| {
        let figure = total.map_or_else(|| "refused".into(), rounded);
        let interval =
            interval.map_or_else(String::new, |(low, high)| format!("{} – {}", rounded(low), rounded(high)));
        show.result(&format!("{name:<24} {figure:>12}  {interval:>25}  {rest}"));
    };
    let model = &found.loglinear;
    line("log-linear", model.total, model.interval, model.refused.as_ref().unwrap_or(&model.model));
    for group in &model.groups {
        let codes: Vec<String> = group.codes.iter().map(|(k, v)| format!("  {k}={v}")).collect();
        let seen =
            group.visibility.map_or_else(|| "cannot tell".into(), |v| format!("{:.0} % seen", 100.0 * v));
        line(&codes.join(" "), Some(group.total), group.interval, &seen);
    }
    for pair in &found.doubly_robust {
        let why = pair.refused.as_deref().unwrap_or("doubly robust");
        line(&pair.lists.join(" and "), pair.total, pair.interval, why);
    }
}

/// The pairs of lists that are out of the ordinary, in a line for each way of being so.
fn print_pairs(estimation: &estimate::Estimation, show: &Show) {
    if estimation.estimates.iter().all(|e| e.refused.is_some()) {
        return;
    }
    let line = |what: &str, which: &dyn Fn(&estimate::PairCheck) -> bool| {
        let pairs: Vec<String> =
            estimation.pairs.iter().filter(|pair| which(pair)).map(|pair| pair.lists.join(":")).collect();
        if !pairs.is_empty() {
            show.result(&format!("{what}: {}", pairs.join(" ")));
        }
    };
    line("lists that go together", &|pair| pair.dependence == estimate::Dependence::Positive);
    line("lists that keep apart", &|pair| pair.dependence == estimate::Dependence::Negative);
    line("lists without a common person, beyond chance", &|pair| pair.looks_disjoint);
    line("lists of which one lies inside the other", &|pair| !pair.inside_other.is_empty());
}

/// How far the total of each method moves at most when a list or a group is left out, or small lists
/// are put together.
fn print_sensitivity(estimation: &estimate::Estimation, show: &Show) {
    let what = |row: &estimate::Sensitivity| match row.change {
        estimate::Change::WithoutList => format!("without {}", row.lists.join(", ")),
        estimate::Change::Pooled => format!("with {} as one list", row.lists.join(" and ")),
        estimate::Change::WithoutGroup => {
            let codes: Vec<String> = row.group.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("without {}", codes.join(" "))
        }
    };
    for method in estimation.estimates.iter().map(|e| e.method) {
        let rows = || estimation.sensitivity.iter().filter(move |row| row.method == method);
        let changed = || rows().filter_map(|row| Some((row.percent?, row)));
        let by_size = |a: &(f64, &_), b: &(f64, &_)| a.0.total_cmp(&b.0);
        if let (Some((low, least)), Some((high, most))) =
            (changed().min_by(by_size), changed().max_by(by_size))
        {
            let refused = rows().filter(|row| row.refused.is_some()).count();
            let refused =
                if refused > 0 { format!("; no answer to {refused} changes") } else { String::new() };
            show.result(&format!(
                "sensitivity of {method}: from {low:+.0} % {} to {high:+.0} % {}{refused}",
                what(least),
                what(most)
            ));
        }
    }
}
