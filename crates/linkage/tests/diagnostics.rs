//! What a linkage looks like, against the linkage itself and against made-up persons who are known.

mod common;

use linkage::diagnostics::Diagnostics;
use linkage::{Linked, Settings, link};

const THREE: [(&str, f64); 3] = [("police", 0.5), ("shelters", 0.4), ("youth", 0.3)];

fn linked(twice: f64) -> (Linked, linkage::cluster::Partition) {
    let (records, truth) = common::registers(11, 1500, &THREE, 0.08, twice);
    let settings = Settings { draws: 20, seed: 11, ..Settings::default() };
    (link(&records, &settings, &|_| {}).expect("linked"), truth)
}

#[test]
fn every_pair_and_every_group_is_in_it_once() {
    let (linked, _) = linked(0.3);
    let made = Diagnostics::of(&linked);
    assert_eq!(made.weights.iter().map(|b| b.pairs).sum::<u64>(), linked.links.len() as u64);
    let person = &linked.clusters.point.person;
    let inside = linked.links.iter().filter(|l| person[l.a as usize] == person[l.b as usize]).count() as u64;
    assert!(inside > 500, "{inside}");
    assert_eq!(made.weights.iter().map(|b| b.inside).sum::<u64>(), inside);
    for field in &made.fields {
        let levels = field.levels.iter().map(|l| l.inside).sum::<u64>();
        assert_eq!(levels + field.missing, inside, "{}", field.name);
        assert!(field.known > 0.0 && field.known <= 1.0);
    }
    let groups = &made.groups;
    assert_eq!(groups.sizes.iter().map(|s| s.groups).sum::<u64>(), linked.clusters.point.persons as u64);
    for of in &groups.sizes {
        assert!((0.0..=1.0).contains(&of.density) && of.complete <= of.groups, "{of:?}");
        assert!(of.hangs_on_one + of.complete <= of.groups || of.records < 3, "{of:?}");
    }
    for (a, row) in groups.in_both.iter().enumerate() {
        assert!(groups.twice[a] <= row[a]);
        for (b, &n) in row.iter().enumerate() {
            assert_eq!(n, groups.in_both[b][a]);
            assert!(n <= row[a]);
        }
    }
}

#[test]
fn what_a_threshold_gives_is_near_the_truth() {
    let (linked, truth) = linked(0.0);
    let pairs = truth.sizes().iter().map(|&n| f64::from(n * (n - 1) / 2)).sum::<f64>();
    for at in Diagnostics::of(&linked).thresholds.iter().filter(|t| t.probability >= 0.3) {
        let taken: Vec<_> = linked.links.iter().filter(|l| l.probability() >= at.probability).collect();
        assert_eq!(taken.len() as u64, at.links);
        let right =
            taken.iter().filter(|l| truth.person[l.a as usize] == truth.person[l.b as usize]).count() as f64;
        let (precision, recall) = (right / taken.len() as f64, right / pairs);
        assert!((at.precision - precision).abs() < 0.02, "{at:?}: {precision}");
        assert!((at.recall - recall).abs() < 0.03, "{at:?}: {recall}");
    }
}

#[test]
fn steps_add_up_to_the_weight_of_a_pattern() {
    let (linked, _) = linked(0.0);
    let made = Diagnostics::of(&linked);
    assert!(!made.usual.is_empty() && !made.hard.is_empty());
    for waterfall in made.usual.iter().chain(&made.hard) {
        let sum: f64 = waterfall.steps.iter().map(|s| s.bits).sum();
        assert!((sum - waterfall.bits).abs() < 1e-9, "{waterfall:?}");
        let texts: Vec<String> = linked.patterns.iter().map(|&p| linked.model.pattern_text(p)).collect();
        let pairs = texts.iter().filter(|text| **text == waterfall.pattern).count();
        assert_eq!(pairs as u64, waterfall.pairs);
    }
    assert!(made.hard.iter().all(|w| w.bits.abs() < 6.0));
}

#[test]
fn what_a_rule_finds_alone_is_part_of_what_it_finds() {
    let (linked, _) = linked(0.0);
    let right: f64 = linked.links.iter().map(linkage::Link::probability).sum();
    let alone: f64 = linked.rules.iter().map(|r| r.alone).sum();
    assert!(alone <= right);
    for rule in &linked.rules {
        assert!(
            0.0 <= rule.alone && rule.alone <= rule.finds && rule.finds <= right * (1.0 + 1e-9),
            "{rule:?}"
        );
    }
    // Each pair is found by a rule.
    assert!(linked.rules.iter().map(|r| r.finds).sum::<f64>() >= right * (1.0 - 1e-9));
}

#[test]
fn the_less_a_record_says_the_sooner_it_cannot_be_linked() {
    let (linked, _) = linked(0.0);
    let made = Diagnostics::of(&linked);
    let shares: Vec<f64> = made.unlinkable.iter().map(|u| u.share).collect();
    assert!(shares.is_sorted() && shares.iter().all(|s| (0.0..=1.0).contains(s)));
    assert!(shares[0] < 0.2 && shares[shares.len() - 1] > shares[0]);
}

#[test]
fn the_weight_of_a_pair_is_told_step_by_step() {
    let (records, _) = common::registers(11, 800, &THREE, 0.08, 0.0);
    let settings = Settings { draws: 20, seed: 11, ..Settings::default() };
    let found = link(&records, &settings, &|_| {}).expect("linked");
    // Pairs of every kind: each pattern of a link, the first and the last of it.
    let mut kinds = std::collections::BTreeMap::new();
    for (at, pattern) in found.patterns.iter().enumerate() {
        kinds.entry(*pattern).or_insert(at);
    }
    for &at in kinds.values().step_by(kinds.len() / 12) {
        let pair = &found.links[at];
        let explain = Some((pair.b, pair.a));
        let again = link(&records, &Settings { explain, ..settings.clone() }, &|_| {}).expect("linked");
        let told = again.explained.expect("explained");
        let sum: f64 = told.steps.iter().map(|s| s.bits).sum();
        assert!((sum - told.bits).abs() < 1e-9);
        let bits = f64::from(pair.log_odds) * std::f64::consts::LOG2_E;
        assert!((told.bits - bits).abs() < 1e-3, "{told:?}: {bits}");
        assert_eq!(told.pattern, found.model.pattern_text(found.patterns[at]));
    }
    for explain in [(0, 0), (0, records.len() as u32)] {
        assert!(link(&records, &Settings { explain: Some(explain), ..settings.clone() }, &|_| {}).is_err());
    }
}
