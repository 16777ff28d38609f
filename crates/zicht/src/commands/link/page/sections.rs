//! The parts of the page: a picture and a table of each.

use linkage::Linked;
use linkage::diagnostics::{Diagnostics, Waterfall};
use publish::chart::Span;

use super::{Chart, Section, Table, bits, percent, share, waterfall, whole};
use crate::show::thousands;

/// All parts, in order.
pub(super) fn all(linked: &Linked, diagnostics: &Diagnostics, explained: Option<&Waterfall>) -> Vec<Section> {
    let pair = explained.map(pair);
    pair.into_iter()
        .chain([
            fields(diagnostics),
            weights(diagnostics),
            blocking(linked, diagnostics),
            thresholds(diagnostics),
            unlinkable(diagnostics),
            groups(diagnostics),
            registers(diagnostics),
            disagreement(diagnostics),
        ])
        .collect()
}

fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits * std::f64::consts::LN_2).exp())
}

fn pair(of: &Waterfall) -> Section {
    let chance = percent(probability(of.bits));
    Section {
        id: "pair",
        title: "The pair that was asked for",
        text: format!(
            "Each field adds to the weight, or takes away. With {} bits the probability that both records are of one person is {chance}.",
            bits(of.bits)
        ),
        charts: vec![waterfall("w-pair", "How the weight of this pair comes about".into(), of)],
        tables: vec![Table {
            caption: "Step by step".into(),
            head: vec!["Step", "Agreement", "Bits"],
            rows: of.steps.iter().map(|s| vec![s.name.clone(), s.level.clone(), bits(s.bits)]).collect(),
        }],
    }
}

fn fields(of: &Diagnostics) -> Section {
    let charts = of.fields.iter().enumerate().map(|(k, field)| {
        let spans: Vec<Span> = field
            .levels
            .iter()
            .map(|level| Span {
                label: level.test.clone(),
                from_to: (0.0, level.bits),
                series: if level.bits < 0.0 { 1 } else { 2 },
                text: bits(level.bits),
            })
            .collect();
        let least = field.levels.last().map_or(0.0, |l| l.bits);
        let most = field.levels.first().map_or(0.0, |l| l.bits);
        let description =
            format!("From {} bits for the closest level to {} for the farthest.", bits(most), bits(least));
        Chart::spans(&format!("f-{k}"), format!("{}: bits by level", field.name), &description, &spans)
    });
    let tables = of.fields.iter().map(|field| {
        let depends = field.depends_on.as_ref().map(|on| format!("; depends on {on}")).unwrap_or_default();
        Table {
            caption: format!(
                "{}: {}, known of {} of the records, {} values{depends}",
                field.name,
                field.taken_for,
                percent(field.known),
                thousands(field.values as u64)
            ),
            head: vec!["Level", "m: among pairs of one person", "u: among pairs of two", "Bits"],
            rows: field
                .levels
                .iter()
                .map(|l| vec![l.test.clone(), share(l.m), share(l.u), bits(l.bits)])
                .collect(),
        }
    });
    Section {
        id: "fields",
        title: "What each field says",
        text: "A level of agreement that is more frequent among pairs of one person (m) than among pairs of two (u) adds to the weight of a pair: log2(m / u) bits. One bit makes it twice as likely that both are of one person. What a rare value adds, and what depends on another field, comes on top.".into(),
        charts: charts.collect(),
        tables: tables.collect(),
    }
}

fn weights(of: &Diagnostics) -> Section {
    let named = |what: &str, waterfalls: &[Waterfall]| -> Vec<Chart> {
        waterfalls
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let title = format!(
                    "Pattern {}, {} pairs: {}",
                    w.pattern,
                    thousands(w.pairs),
                    percent(probability(w.bits))
                );
                waterfall(&format!("w-{what}-{i}"), title, w)
            })
            .collect()
    };
    let of_kind = |kind: &str, waterfalls: &[Waterfall]| Table {
        caption: format!("Patterns of pairs that are {kind}"),
        head: vec!["Pattern", "Pairs", "Bits", "Probability"],
        rows: waterfalls
            .iter()
            .map(|w| vec![w.pattern.clone(), thousands(w.pairs), bits(w.bits), percent(probability(w.bits))])
            .collect(),
    };
    let mut charts = vec![Chart::curves(
        "weights",
        "Pairs by their weight",
        "The number of candidate pairs from each weight to the next bit, and how many of these are in one group.",
        vec![
            ("candidate pairs", of.weights.iter().map(|b| (f64::from(b.bits), b.pairs as f64)).collect()),
            ("in one group", of.weights.iter().map(|b| (f64::from(b.bits), b.inside as f64)).collect()),
        ],
        "weight, bits",
        false,
    )];
    charts.extend(named("hard", &of.hard[..of.hard.len().min(4)]));
    charts.extend(named("usual", &of.usual[..of.usual.len().min(2)]));
    Section {
        id: "weights",
        title: "How weights come about",
        text: "The weight of a pair begins far below 0, for few of all pairs are of one person. The pictures show the most frequent patterns of pairs that are hard to tell, and of pairs that are surely of one person. Rare values are left out: a pair with one has more.".into(),
        charts,
        tables: vec![of_kind("hard to tell", &of.hard), of_kind("surely of one person", &of.usual)],
    }
}

fn blocking(linked: &Linked, of: &Diagnostics) -> Section {
    let recall = &linked.blocking_recall;
    let spans: Vec<Span> = of
        .rules
        .iter()
        .map(|r| Span { label: r.rule.clone(), from_to: (0.0, r.finds), series: 0, text: whole(r.finds) })
        .collect();
    Section {
        id: "blocking",
        title: "Blocking",
        text: format!(
            "{} pairs were compared. Blocking found {} of the pairs of one person ({} – {}): by the model {}, by capture–recapture between the rules {}.",
            thousands(linked.compared),
            percent(recall.point),
            percent(recall.interval.0),
            percent(recall.interval.1),
            percent(recall.by_model),
            percent(recall.by_recapture)
        ),
        charts: vec![Chart::spans(
            "blocking-rules",
            "Pairs of one person that each rule finds".into(),
            "Expected pairs of one person, by rule.",
            &spans,
        )],
        tables: vec![Table {
            caption: "What each rule costs and finds".into(),
            head: vec!["Rule", "Pairs with the same key", "Of one person", "That no other rule finds"],
            rows: of
                .rules
                .iter()
                .map(|r| vec![r.rule.clone(), thousands(r.pairs), whole(r.finds), whole(r.alone)])
                .collect(),
        }],
    }
}

fn thresholds(of: &Diagnostics) -> Section {
    let line = |value: fn(&linkage::diagnostics::Threshold) -> f64| {
        of.thresholds.iter().map(|t| (t.probability, value(t))).collect::<Vec<_>>()
    };
    Section {
        id: "thresholds",
        title: "Thresholds",
        text: "What taking all pairs from a probability on would give, as the model has it. Groups are not made so: they look at all pairs between two groups. `zicht review` says how right the model is.".into(),
        charts: vec![Chart::curves(
            "threshold",
            "Precision, recall and F1 by threshold",
            "Precision rises and recall falls with the probability from which on pairs are taken.",
            vec![("precision", line(|t| t.precision)), ("recall", line(|t| t.recall)), ("F1", line(|t| t.f1))],
            "probability from which on pairs are taken",
            true,
        )],
        tables: vec![Table {
            caption: "By threshold".into(),
            head: vec!["Probability", "Links", "Precision", "Recall", "F1"],
            rows: of
                .thresholds
                .iter()
                .map(|t| {
                    vec![
                        t.probability.to_string(),
                        thousands(t.links),
                        format!("{:.4}", t.precision),
                        format!("{:.4}", t.recall),
                        format!("{:.4}", t.f1),
                    ]
                })
                .collect(),
        }],
    }
}

fn unlinkable(of: &Diagnostics) -> Section {
    let points = of.unlinkable.iter().map(|u| (f64::from(u.bits), u.share)).collect();
    Section {
        id: "unlinkable",
        title: "Records that say too little",
        text: "The share of the records that are not expected to reach a weight with another record of their person, because they have few fields or common values. Who is below 0 will mostly be left alone; the number of persons takes account of them.".into(),
        charts: vec![Chart::curves(
            "unlinkables",
            "Records that cannot be linked, by weight",
            "The share of the records rises with the weight that is asked.",
            vec![("share of the records", points)],
            "weight, bits",
            true,
        )],
        tables: vec![Table {
            caption: "By weight".into(),
            head: vec!["Weight, bits", "Share of the records below"],
            rows: of.unlinkable.iter().map(|u| vec![u.bits.to_string(), percent(u.share)]).collect(),
        }],
    }
}

fn groups(of: &Diagnostics) -> Section {
    let largest = of.groups.sizes.last().map_or(0, |s| s.records);
    let name = |records: usize| {
        if records == largest && records >= 20 { format!("{records} or more") } else { records.to_string() }
    };
    let spans: Vec<Span> = of
        .groups
        .sizes
        .iter()
        .map(|s| Span {
            label: name(s.records),
            from_to: (0.0, s.groups as f64),
            series: 0,
            text: thousands(s.groups),
        })
        .collect();
    Section {
        id: "groups",
        title: "Groups of records",
        text: "A group whose pairs are all links is surely one; a group that hangs on one link may be two persons. Look at those of many records and low density first.".into(),
        charts: vec![Chart::spans("group-sizes", "Groups by their number of records".into(), "How many groups there are of each size.", &spans)],
        tables: vec![Table {
            caption: "Shapes of groups".into(),
            head: vec!["Records", "Groups", "Mean share of pairs that are links", "With all pairs", "Hang on one link"],
            rows: of
                .groups
                .sizes
                .iter()
                .map(|s| {
                    let of_pairs = |text: String| if s.records == 1 { "–".to_owned() } else { text };
                    vec![
                        name(s.records),
                        thousands(s.groups),
                        of_pairs(percent(s.density)),
                        of_pairs(thousands(s.complete)),
                        if s.records < 3 { "–".to_owned() } else { thousands(s.hangs_on_one) },
                    ]
                })
                .collect(),
        }],
    }
}

fn registers(of: &Diagnostics) -> Section {
    let groups = &of.groups;
    let mut rows = Vec::new();
    for (a, name) in groups.registers.iter().enumerate() {
        for (b, other) in groups.registers.iter().enumerate().skip(a) {
            let what = if a == b { name.clone() } else { format!("{name} and {other}") };
            let twice = if a == b { thousands(groups.twice[a]) } else { "–".to_owned() };
            rows.push(vec![what, thousands(groups.in_both[a][b]), twice]);
        }
    }
    Section {
        id: "registers",
        title: "Registers",
        text: "How many groups have records in a register, and in both of two.".into(),
        charts: Vec::new(),
        tables: vec![Table {
            caption: "Groups by register".into(),
            head: vec!["In", "Groups", "With more than one record there"],
            rows,
        }],
    }
}

fn disagreement(of: &Diagnostics) -> Section {
    let spans: Vec<Span> = of
        .fields
        .iter()
        .map(|field| {
            let known: u64 = field.levels.iter().map(|l| l.inside).sum();
            let apart = known - field.levels.first().map_or(0, |l| l.inside);
            let share = apart as f64 / known.max(1) as f64;
            Span { label: field.name.clone(), from_to: (0.0, 100.0 * share), series: 1, text: percent(share) }
        })
        .collect();
    let rows = of.fields.iter().flat_map(|field| {
        let all = (field.missing + field.levels.iter().map(|l| l.inside).sum::<u64>()).max(1) as f64;
        let row = |level: &str, n: u64| {
            vec![field.name.clone(), level.to_owned(), thousands(n), percent(n as f64 / all)]
        };
        let mut rows: Vec<Vec<String>> = field.levels.iter().map(|l| row(&l.test, l.inside)).collect();
        rows.push(row("missing in either", field.missing));
        rows
    });
    Section {
        id: "disagreement",
        title: "Fields that disagree inside groups",
        text: "How fields agree in the links within groups. A field that often disagrees there is badly recorded, changes in a life, or shows that groups are of several persons.".into(),
        charts: vec![Chart::spans(
            "disagree",
            "Links within groups in which a field is not the same, % of those that have it".into(),
            "By field.",
            &spans,
        )],
        tables: vec![Table {
            caption: "Agreement inside groups".into(),
            head: vec!["Field", "Level", "Links", "Share"],
            rows: rows.collect(),
        }],
    }
}
