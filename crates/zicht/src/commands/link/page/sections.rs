//! The parts of the page: a picture and a table of each.

use linkage::Linked;
use linkage::diagnostics::{Diagnostics, Threshold, Waterfall};
use publish::Sheet;
use publish::chart::Span;

use super::{bar, bits, chance, curves, share, spans, waterfall};
use crate::show::{percent, rounded, thousands};

/// All parts, in order.
pub(super) fn all(page: &mut Sheet, linked: &Linked, diagnostics: &Diagnostics) {
    if let Some(of) = &linked.explained {
        pair(page, of);
    }
    fields(page, diagnostics);
    weights(page, diagnostics);
    blocking(page, linked, diagnostics);
    thresholds(page, diagnostics);
    unlinkable(page, diagnostics);
    groups(page, diagnostics);
    registers(page, diagnostics);
    disagreement(page, diagnostics);
}

/// A bar from 0 that counts something.
fn counted(label: String, n: f64, text: String) -> Span {
    Span { label, from_to: (0.0, n), series: 0, text }
}

fn pair(page: &mut Sheet, of: &Waterfall) {
    let text = format!(
        "Each field adds to the weight, or takes away. With {} bits the probability that both records are of one \
         person is {}.",
        bits(of.bits),
        chance(of)
    );
    page.section("pair", "The pair that was asked for", text);
    waterfall(page, "w-pair", "How the weight of this pair comes about", of);
    page.table(
        "Step by step",
        &["Step", "Agreement", "Bits"],
        of.steps.iter().map(|s| vec![s.name.clone(), s.level.clone(), bits(s.bits)]).collect(),
    );
}

fn fields(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "fields",
        "What each field says",
        "A level of agreement that is more frequent among pairs of one person (m) than among pairs of two (u) adds to \
         the weight of a pair: log2(m / u) bits. One bit makes it twice as likely that both are of one person. What a \
         rare value adds, and what depends on another field, comes on top.",
    );
    for (k, field) in of.fields.iter().enumerate() {
        let bars: Vec<Span> = field.levels.iter().map(|l| bar(l.test.clone(), 0.0, l.bits)).collect();
        let most = field.levels.first().map_or(0.0, |l| l.bits);
        let least = field.levels.last().map_or(0.0, |l| l.bits);
        let description =
            format!("From {} bits for the closest level to {} for the farthest.", bits(most), bits(least));
        spans(page, &format!("f-{k}"), &format!("{}: bits by level", field.name), &description, &bars);
    }
    for field in &of.fields {
        let depends = field.depends_on.as_ref().map(|on| format!("; depends on {on}")).unwrap_or_default();
        let caption = format!(
            "{}: {}, known of {} of the records, {} values{depends}",
            field.name,
            field.taken_for,
            percent(field.known),
            thousands(field.values as u64)
        );
        let row =
            |l: &linkage::diagnostics::Level| vec![l.test.clone(), share(l.m), share(l.u), bits(l.bits)];
        page.table(
            caption,
            &["Level", "m: among pairs of one person", "u: among pairs of two", "Bits"],
            field.levels.iter().map(row).collect(),
        );
    }
}

fn weights(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "weights",
        "How weights come about",
        "The weight of a pair begins far below 0, for few of all pairs are of one person. The pictures show the most \
         frequent patterns of pairs that are hard to tell, and of pairs that are surely of one person. Rare values are \
         left out: a pair with one has more.",
    );
    curves(
        page,
        (
            "weights-of-pairs",
            "Pairs by their weight",
            "The number of candidate pairs from each weight to the next bit, and how many of these are in one group.",
        ),
        vec![
            ("candidate pairs", of.weights.iter().map(|b| (f64::from(b.bits), b.pairs as f64)).collect()),
            ("in one group", of.weights.iter().map(|b| (f64::from(b.bits), b.inside as f64)).collect()),
        ],
        "weight, bits",
        false,
    );
    for (what, shown, all) in [("hard", 4, &of.hard), ("usual", 2, &of.usual)] {
        for (i, w) in all.iter().take(shown).enumerate() {
            let title = format!("Pattern {}, {} pairs: {}", w.pattern, thousands(w.pairs), chance(w));
            waterfall(page, &format!("w-{what}-{i}"), &title, w);
        }
    }
    for (kind, all) in [("hard to tell", &of.hard), ("surely of one person", &of.usual)] {
        page.table(
            format!("Patterns of pairs that are {kind}"),
            &["Pattern", "Pairs", "Bits", "Probability"],
            all.iter()
                .map(|w| vec![w.pattern.clone(), thousands(w.pairs), bits(w.bits), chance(w)])
                .collect(),
        );
    }
}

fn blocking(page: &mut Sheet, linked: &Linked, of: &Diagnostics) {
    let recall = &linked.blocking_recall;
    let text = format!(
        "{} pairs were compared. Blocking found {} of the pairs of one person ({} – {}): by the model {}, by \
         capture–recapture between the rules {}.",
        thousands(linked.compared),
        percent(recall.point),
        percent(recall.interval.0),
        percent(recall.interval.1),
        percent(recall.by_model),
        percent(recall.by_recapture)
    );
    page.section("blocking", "Blocking", text);
    let bars: Vec<Span> =
        of.rules.iter().map(|r| counted(r.rule.clone(), r.finds, rounded(r.finds))).collect();
    let title = "Pairs of one person that each rule finds";
    spans(page, "blocking-rules", title, "Expected pairs of one person, by rule.", &bars);
    page.table(
        "What each rule costs and finds",
        &["Rule", "Pairs with the same key", "Of one person", "That no other rule finds"],
        of.rules
            .iter()
            .map(|r| vec![r.rule.clone(), thousands(r.pairs), rounded(r.finds), rounded(r.alone)])
            .collect(),
    );
}

fn thresholds(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "thresholds",
        "Thresholds",
        "What taking all pairs from a probability on would give, as the model has it. Groups are not made so: they look \
         at all pairs between two groups. `zicht review` says how right the model is.",
    );
    let line = |value: fn(&Threshold) -> f64| -> Vec<(f64, f64)> {
        of.thresholds.iter().map(|t| (t.probability, value(t))).collect()
    };
    curves(
        page,
        (
            "threshold",
            "Precision, recall and F1 by threshold",
            "Precision rises and recall falls with the probability from which on pairs are taken.",
        ),
        vec![("precision", line(|t| t.precision)), ("recall", line(|t| t.recall)), ("F1", line(|t| t.f1))],
        "probability from which on pairs are taken",
        true,
    );
    let row = |t: &Threshold| {
        let shares = [t.precision, t.recall, t.f1].map(|x| format!("{x:.4}"));
        [t.probability.to_string(), thousands(t.links)].into_iter().chain(shares).collect()
    };
    page.table(
        "By threshold",
        &["Probability", "Links", "Precision", "Recall", "F1"],
        of.thresholds.iter().map(row).collect(),
    );
}

fn unlinkable(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "unlinkable",
        "Records that say too little",
        "The share of the records that are not expected to reach a weight with another record of their person, because \
         they have few fields or common values. Who is below 0 will mostly be left alone; the number of persons takes \
         account of them.",
    );
    let points = of.unlinkable.iter().map(|u| (f64::from(u.bits), u.share)).collect();
    curves(
        page,
        (
            "unlinkables",
            "Records that cannot be linked, by weight",
            "The share of the records rises with the weight that is asked.",
        ),
        vec![("share of the records", points)],
        "weight, bits",
        true,
    );
    page.table(
        "By weight",
        &["Weight, bits", "Share of the records below"],
        of.unlinkable.iter().map(|u| vec![u.bits.to_string(), percent(u.share)]).collect(),
    );
}

fn groups(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "groups",
        "Groups of records",
        "A group whose pairs are all links is surely one; a group that hangs on one link may be two persons. Look at \
         those of many records and low density first.",
    );
    let sizes = &of.groups.sizes;
    let largest = sizes.last().map_or(0, |s| s.records);
    let name = |records: usize| {
        if records == largest && records >= 20 { format!("{records} or more") } else { records.to_string() }
    };
    let bars: Vec<Span> =
        sizes.iter().map(|s| counted(name(s.records), s.groups as f64, thousands(s.groups))).collect();
    let title = "Groups by their number of records";
    spans(page, "group-sizes", title, "How many groups there are of each size.", &bars);
    let row = |s: &linkage::diagnostics::OfSize| {
        let from = |least: usize, text: String| if s.records < least { "–".to_owned() } else { text };
        vec![
            name(s.records),
            thousands(s.groups),
            from(2, percent(s.density)),
            from(2, thousands(s.complete)),
            from(3, thousands(s.hangs_on_one)),
        ]
    };
    page.table(
        "Shapes of groups",
        &["Records", "Groups", "Mean share of pairs that are links", "With all pairs", "Hang on one link"],
        sizes.iter().map(row).collect(),
    );
}

fn registers(page: &mut Sheet, of: &Diagnostics) {
    page.section("registers", "Registers", "How many groups have records in a register, and in both of two.");
    let groups = &of.groups;
    let mut rows = Vec::new();
    for (a, name) in groups.registers.iter().enumerate() {
        for (b, other) in groups.registers.iter().enumerate().skip(a) {
            let what = if a == b { name.clone() } else { format!("{name} and {other}") };
            let twice = if a == b { thousands(groups.twice[a]) } else { "–".to_owned() };
            rows.push(vec![what, thousands(groups.in_both[a][b]), twice]);
        }
    }
    page.table("Groups by register", &["In", "Groups", "With more than one record there"], rows);
}

fn disagreement(page: &mut Sheet, of: &Diagnostics) {
    page.section(
        "disagreement",
        "Fields that disagree inside groups",
        "How fields agree in the links within groups. A field that often disagrees there is badly recorded, changes in \
         a life, or shows that groups are of several persons.",
    );
    let mut bars = Vec::new();
    let mut rows = Vec::new();
    for field in &of.fields {
        let known: u64 = field.levels.iter().map(|l| l.inside).sum();
        let apart = known - field.levels.first().map_or(0, |l| l.inside);
        let share = apart as f64 / known.max(1) as f64;
        bars.push(Span { series: 1, ..counted(field.name.clone(), 100.0 * share, percent(share)) });
        let all = (field.missing + known).max(1) as f64;
        let mut row = |level: &str, n: u64| {
            rows.push(vec![field.name.clone(), level.to_owned(), thousands(n), percent(n as f64 / all)]);
        };
        for level in &field.levels {
            row(&level.test, level.inside);
        }
        row("missing in either", field.missing);
    }
    let title = "Links within groups in which a field is not the same, % of those that have it";
    spans(page, "disagree", title, "By field.", &bars);
    page.table("Agreement inside groups", &["Field", "Level", "Links", "Share"], rows);
}
