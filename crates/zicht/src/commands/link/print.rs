//! The result for people.

use std::path::Path;

use linkage::diagnostics::Waterfall;
use linkage::{Linked, Records};

use super::Judged;
use crate::show::{Show, percent, rounded, thousands};

/// Prints what was found.
pub(super) fn print(linked: &Linked, judged: Option<&Judged>, out: &Path, show: &Show) {
    for note in &linked.notes {
        show.note(&format!("  {note}"));
    }
    let line = |name: &str, text: String| show.result(&format!("{name:<22}{text}"));
    line("Records", thousands(linked.records.len() as u64));
    for (name, clean) in linked.records.register_names().iter().zip(&linked.clean) {
        if *clean {
            line("", format!("{name} has each person once"));
        }
    }
    let fields: Vec<String> =
        linked.model.comparisons.iter().map(|c| format!("{} ({} levels)", c.field, c.levels.len())).collect();
    line("Compared by", fields.join(", "));
    for (at, rule) in linked.rules.iter().enumerate() {
        let name = if at == 0 { "Blocking rules" } else { "" };
        line(name, format!("{:>14} pairs  {}", thousands(rule.pairs), rule.rule));
    }
    line("Pairs compared", thousands(linked.compared));
    let recall = &linked.blocking_recall;
    line(
        "Found by blocking",
        format!(
            "{} of the pairs of one person ({} – {})",
            percent(recall.point),
            percent(recall.interval.0),
            percent(recall.interval.1)
        ),
    );
    let persons = &linked.persons;
    let (lower, upper) = persons.interval;
    line("Groups of records", thousands(persons.groups as u64));
    line(
        "",
        format!(
            "{} records are alone; of {} the person is likely to be among the others",
            thousands(persons.alone as u64),
            rounded(persons.lost)
        ),
    );
    line("Persons", format!("{} ({} – {})", rounded(persons.point), rounded(lower), rounded(upper)));
    if let Some(judged) = judged {
        let (pairs, groups) = (&judged.pairs, &judged.clusters.pairs);
        for (name, scores) in [("Truth: pairs", pairs), ("Truth: groups", groups)] {
            line(
                name,
                format!(
                    "precision {:.4}, recall {:.4}, F1 {:.4}",
                    scores.precision, scores.recall, scores.f1
                ),
            );
        }
        let inside = if judged.covered { "inside" } else { "outside" };
        line("Truth: persons", format!("{}, {inside} the interval", thousands(judged.persons_true as u64)));
    }
    show.result(&format!("\nAll of it: {}", out.display()));
}

/// Prints how the weight of a pair comes about, with the values of both records where they were asked for.
pub(super) fn explained(told: &Waterfall, of: Option<(&Records, (u32, u32))>, show: &Show) {
    show.result(&format!("\nThe weight of the pair, in bits (pattern {})", told.pattern));
    for step in &told.steps {
        show.result(&format!("{:>8.2}  {:<28}{}", step.bits, step.name, step.level));
    }
    let probability = told.probability();
    show.result(&format!("{:>8.2}  together: of one person with probability {probability:.6}", told.bits));
    let Some((records, (a, b))) = of else { return };
    show.result("");
    for column in records.columns() {
        let value = |record: u32| column.value(record as usize).unwrap_or("–");
        show.result(&format!("{:<22}{:<32}{}", column.name(), value(a), value(b)));
    }
}
