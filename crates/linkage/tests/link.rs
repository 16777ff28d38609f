//! Records of made-up persons are linked, and the persons counted.

mod common;

use common::{Draw, registers};
use linkage::cluster::{Evaluation, Partition};
use linkage::{Histories, Linked, Records, RecordsBuilder, Settings, link};

const THREE: [(&str, f64); 3] = [("police", 0.5), ("shelters", 0.4), ("youth", 0.3)];

fn linked(records: &Records, settings: &Settings) -> Linked {
    link(records, settings, &|_| {}).expect("linked")
}

fn settings(seed: u64) -> Settings {
    Settings { draws: 60, seed, ..Settings::default() }
}

#[test]
fn persons_are_found_and_the_interval_of_their_number_covers() {
    let (mut covered, mut worst, mut f1) = (0, 0.0_f64, 0.0);
    let seeds = 20;
    for seed in 0..seeds {
        let (records, truth) = registers(seed, 1500, &THREE, 0.06, 0.0);
        let found = linked(&records, &settings(seed));
        let scores = Evaluation::new(&found.clusters.point, &truth);
        f1 += scores.pairs.f1 / seeds as f64;
        let (persons, true_persons) = (&found.persons, truth.persons as f64);
        covered += u32::from((persons.interval.0..=persons.interval.1).contains(&true_persons));
        worst = worst.max((persons.point / true_persons - 1.0).abs());
    }
    assert!(f1 > 0.97, "F1 {f1}");
    assert!(worst < 0.03, "{worst}");
    assert!(covered >= 17, "{covered} of {seeds}");
}

#[test]
fn registers_that_have_a_person_twice_are_linked_within_too() {
    let (records, truth) = registers(5, 1200, &THREE[..1], 0.06, 0.8);
    let found = linked(&records, &settings(5));
    assert_eq!(found.clean, [false]);
    let scores = Evaluation::new(&found.clusters.point, &truth);
    assert!(scores.pairs.f1 > 0.95, "{scores:?}");
}

#[test]
fn clean_registers_are_found_and_never_joined_within() {
    let (records, _) = registers(6, 1200, &THREE, 0.06, 0.0);
    let found = linked(&records, &settings(6));
    assert_eq!(found.clean, [true, true, true]);
    for draw in [&found.clusters.point, &found.draws.partition(0), &found.draws.partition(59)] {
        let mut seen = std::collections::HashSet::new();
        for (person, register) in draw.person.iter().zip(records.registers()) {
            assert!(seen.insert((*person, *register)), "a person twice in register {register}");
        }
    }
}

#[test]
fn threads_make_no_difference() {
    let (records, _) = registers(7, 800, &THREE, 0.08, 0.1);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let found = pool.install(|| linked(&records, &settings(7)));
        let draws: Vec<_> = (0..found.draws.len()).map(|d| found.draws.partition(d)).collect();
        let persons = format!("{:?} {:?}", found.persons, found.blocking_recall);
        (found.links, found.model, found.clusters, draws, persons, found.lost)
    };
    assert!(run(1) == run(3));
}

#[test]
fn the_share_that_blocking_missed_is_told() {
    let (records, truth) = registers(8, 3000, &THREE, 0.12, 0.0);
    let mut settings = settings(8);
    // A rule that misses whoever has either name spelt wrong or missing.
    settings.rules = vec!["given_name and surname".parse().expect("a rule")];
    let found = linked(&records, &settings);
    let pairs = truth.sizes().iter().map(|&n| f64::from(n * (n - 1) / 2)).sum::<f64>();
    let same = |l: &&linkage::Link| truth.person[l.a as usize] == truth.person[l.b as usize];
    let recall = found.links.iter().filter(same).count() as f64 / pairs;
    let told = found.blocking_recall.by_model;
    // Only what names that agree allow to be seen is known of names that do not: the rest is the model's.
    assert!(recall < 0.8, "{recall}");
    let chosen = linked(&records, &Settings { rules: Vec::new(), ..settings });
    let recall_chosen = chosen.links.iter().filter(same).count() as f64 / pairs;
    assert!(recall_chosen > 0.97, "{recall_chosen}");
    assert!((chosen.blocking_recall.by_model - recall_chosen).abs() < 0.02, "{:?}", chosen.blocking_recall);
    assert!(told > recall, "one rule cannot tell what it misses: {told}");
}

#[test]
fn names_in_each_other_s_place_are_linked() {
    let (records, _) = registers(9, 600, &THREE[..1], 0.0, 0.0);
    let mut builder = RecordsBuilder::new(&common::FIELDS);
    let value =
        |record: usize, field: &str| records.column(field).and_then(|c| c.value(record)).unwrap_or("");
    for (register, swapped) in [("a", false), ("b", true)] {
        builder.register(register);
        for r in 0..records.len() {
            let mut row: Vec<&str> = common::FIELDS.iter().map(|f| value(r, f)).collect();
            if swapped && r % 4 == 0 {
                row.swap(0, 1);
            }
            // One register in four knows no phone and no town.
            if r % 4 == 1 {
                (row[3], row[5]) = ("", "");
            }
            builder.push(row).expect("a record");
        }
    }
    let records = builder.build();
    let truth: Vec<u32> = (0..records.len()).map(|r| (r % (records.len() / 2)) as u32).collect();
    let found = linked(&records, &settings(9));
    let crossed = found.model.comparisons.iter().flat_map(|c| &c.levels);
    let crossed: f64 = crossed.filter(|l| l.test.to_string().starts_with("crossed")).map(|l| l.m).sum();
    assert!(crossed > 0.3, "a quarter of both names: {crossed}");
    let truth = linkage::cluster::Partition::of_labels(&truth);
    assert!(Evaluation::new(&found.clusters.point, &truth).pairs.f1 > 0.99);
}

#[test]
fn histories_count_the_same_persons() {
    let (records, _) = registers(10, 1000, &THREE, 0.06, 0.0);
    let found = linked(&records, &settings(10));
    let histories = Histories::of(&found, 10).expect("names").expect("three registers");
    assert_eq!(histories.point.lists(), ["police", "shelters", "youth"]);
    assert_eq!(histories.point.detected(), found.clusters.point.persons as u64);
    assert_eq!(histories.draws.len(), 60);
    let mut counts: Vec<u64> = histories.draws.iter().map(model::CaptureTable::detected).collect();
    counts.sort_unstable();
    let (lower, upper) = found.persons.interval;
    assert!(counts[0] as f64 <= lower && counts[59] as f64 >= upper);
    assert!((counts[30] as f64 - found.persons.point).abs() <= 2.0);
}

#[test]
fn a_model_that_is_kept_scores_as_it_did() {
    let (records, _) = registers(11, 1000, &THREE, 0.06, 0.0);
    let first = linked(&records, &settings(11));
    let again = Settings {
        model: Some(first.model.clone()),
        keep: true,
        clean: Some(first.clean.clone()),
        rules: first.rules.iter().map(|r| r.rule.parse().expect("a rule")).collect(),
        ..settings(11)
    };
    let second = linked(&records, &again);
    assert_eq!(second.model, first.model);
    let joined = |l: &Linked| l.clusters.point.persons;
    assert!(joined(&first).abs_diff(joined(&second)) <= joined(&first) / 200);
}

#[test]
fn what_cannot_be_linked_is_refused_in_words() {
    let refused = |rows: &[[&str; 2]], settings: &Settings| {
        let mut builder = RecordsBuilder::new(&["name", "town"]);
        builder.register("a");
        for row in rows {
            builder.push(*row).expect("a record");
        }
        link(&builder.build(), settings, &|_| {})
            .map(|l| l.clusters.point.persons)
            .expect_err("refused")
            .to_string()
    };
    let plain = Settings::default();
    assert!(refused(&[["ann", "x"]], &plain).contains("1 records"));
    let same = [["ann", "x"]; 30];
    assert!(refused(&same, &plain).contains("no field can be compared"));
    let empty = [["", ""]; 30];
    assert!(refused(&empty, &plain).contains("no field can be compared"));

    let (records, _) = registers(12, 400, &THREE, 0.06, 0.0);
    let with = |rule: &str, most_pairs: u64| {
        let rules = vec![rule.parse().expect("a rule")];
        let settings = Settings { rules, most_pairs, ..settings(12) };
        link(&records, &settings, &|_| {}).map(|l| l.compared).expect_err("refused").to_string()
    };
    let said = with("sex", 1000);
    assert!(said.contains("sex, which makes") && said.contains("at most 1000 pairs"), "{said}");
    let said = with("passport", 1000);
    assert!(said.contains("given_name, surname, birth_date"), "{said}");
}

#[test]
fn no_message_holds_a_name() {
    let mut builder = RecordsBuilder::new(&["name", "town"]);
    builder.register("a");
    for _ in 0..30 {
        builder.push(["Verborgen", "Geheim"]).expect("a record");
    }
    let said =
        link(&builder.build(), &Settings::default(), &|_| {}).map(|l| l.compared).expect_err("refused");
    let said = format!("{said} {said:?}").to_lowercase();
    assert!(!said.contains("verborgen") && !said.contains("geheim"));
}

/// Persons from twelve countries, each with a few names of its own; one in eight is in a second register too.
fn compatriots(seed: u64, persons: usize) -> (Records, Partition) {
    let mut draw = Draw::new(seed);
    let (mut builder, mut truth) = (RecordsBuilder::new(&["given", "family", "born", "town"]), Vec::new());
    let people: Vec<[String; 4]> = (0..persons)
        .map(|_| {
            let country = draw.below(12).min(draw.below(12));
            let name = |kind: usize, n: usize| common::word(country * 997 + kind * 5003 + n * 31 + 1, 4);
            let born =
                format!("{}-{:02}-{:02}", 1970 + draw.below(35), 1 + draw.below(12), 1 + draw.below(28));
            [
                name(0, draw.below(30)),
                name(1, draw.below(60)),
                born,
                common::word(country * 71 + draw.below(6) * 13 + 7, 3),
            ]
        })
        .collect();
    for register in ["police", "shelters"] {
        builder.register(register);
        for (person, values) in people.iter().enumerate() {
            if draw.chance(if register == "police" { 0.85 } else { 0.25 }) {
                let missing = |draw: &mut Draw, at: usize| draw.chance(if at < 2 { 0.0 } else { 0.1 });
                let written: Vec<&str> = values
                    .iter()
                    .enumerate()
                    .map(|(at, v)| if missing(&mut draw, at) { "" } else { v.as_str() })
                    .collect();
                builder.push(written).expect("a record");
                truth.push(person as u32);
            }
        }
    }
    (builder.build(), Partition::of_labels(&truth))
}

#[test]
fn compatriots_are_not_taken_for_one_person() {
    for seed in 1..4 {
        let (records, truth) = compatriots(seed, 4000);
        let found = linked(&records, &Settings { clean: Some(vec![false; 2]), ..settings(seed) });
        let scores = Evaluation::new(&found.clusters.point, &truth);
        assert!(!found.model.alike.is_empty(), "{seed}");
        assert!(scores.pairs.f1 > 0.95, "{seed}: {scores:?}");
        let (lower, upper) = found.persons.interval;
        assert!((lower..=upper).contains(&(truth.persons as f64)), "{seed}: {lower} to {upper}");
    }
    // Where nobody is alike beyond chance, there is no such class.
    let (records, _) = registers(1, 1500, &THREE, 0.06, 0.0);
    assert!(linked(&records, &settings(1)).model.alike.is_empty());
}
