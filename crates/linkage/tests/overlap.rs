//! Registers that have very unequal numbers of persons in common.

#[allow(dead_code, reason = "other tests use the rest")]
mod common;

use common::{Draw, word};
use linkage::cluster::{Evaluation, Partition};
use linkage::{Linked, Model, Records, RecordsBuilder, Settings, link};

const FIELDS: [&str; 4] = ["given", "family", "born", "town"];

/// Registers of persons that hardly more than their names tell. `B` has so much of `A`'s persons, and `C` so much.
fn unequal(seed: u64, n: usize, b: f64, c: f64) -> (Records, Partition) {
    let mut draw = Draw::new(seed);
    let person = |draw: &mut Draw| -> [String; 4] {
        [
            word(draw.below(60) * 7 + 3, 3),
            word(draw.below(250) * 5 + 1, 4),
            format!("{}-{:02}", 1960 + draw.below(30), 1 + draw.below(12)),
            word(draw.below(25) * 3 + 2, 3),
        ]
    };
    let mut people: Vec<[String; 4]> = (0..n).map(|_| person(&mut draw)).collect();
    let (mut builder, mut truth) = (RecordsBuilder::new(&FIELDS), Vec::new());
    for (register, share) in [("A", 1.0), ("B", b), ("C", c)] {
        builder.register(register);
        for at in 0..n {
            let own = if draw.chance(share) {
                at
            } else {
                people.push(person(&mut draw));
                people.len() - 1
            };
            let written: Vec<String> = people[own]
                .iter()
                .map(|value| match (draw.chance(0.1), draw.chance(0.1)) {
                    (true, _) => String::new(),
                    (_, true) => format!("{}x{}", &value[..2], &value[3..]),
                    _ => value.clone(),
                })
                .collect();
            builder.push(written.iter().map(String::as_str)).expect("a record");
            truth.push(own as u32);
        }
    }
    (builder.build(), Partition::of_labels(&truth))
}

/// With the priors by pair of registers, and with the common one.
fn both(records: &Records, seed: u64) -> (Linked, Linked) {
    let settings = Settings { draws: 20, seed, clean: Some(vec![true; 3]), ..Settings::default() };
    let run = |settings: &Settings| link(records, settings, &|_| {}).expect("linked");
    let with = run(&settings);
    let mut model = with.model.clone();
    model.between.clear();
    let rules = with.rules.iter().map(|r| r.rule.parse().expect("a rule")).collect();
    let without = run(&Settings { model: Some(model), keep: true, rules, ..settings });
    (with, without)
}

/// Pairs of one person between two registers by the probabilities of the links, and those among them that are.
fn told_and_true(found: &Linked, truth: &Partition, registers: [u16; 2]) -> (f64, f64) {
    let of = found.records.registers();
    let (mut told, mut right) = (0.0, 0.0);
    for l in &found.links {
        if [of[l.a as usize], of[l.b as usize]] == registers {
            told += l.probability();
            right += f64::from(u8::from(truth.person[l.a as usize] == truth.person[l.b as usize]));
        }
    }
    (told, right)
}

#[test]
fn unequal_overlaps_are_learnt_and_probabilities_are_right_for_each() {
    for seed in 0..4 {
        let (records, truth) = unequal(seed, 1500, 0.6, 0.01);
        let (with, without) = both(&records, seed);
        let off = |l: &Linked, registers| {
            let (told, right) = told_and_true(l, &truth, registers);
            (told - right).abs()
        };
        let f1 = |l: &Linked| Evaluation::new(&l.clusters.point, &truth).pairs;
        // About fifteen pairs are of one person between A and C, and B and C; a common prior sees three times as many.
        let of_c = |l: &Linked| off(l, [0, 2]) + off(l, [1, 2]);
        assert!(of_c(&with) < 10.0 && of_c(&with) < of_c(&without) / 2.0, "{seed}: {}", of_c(&with));
        assert!(off(&with, [0, 1]) < off(&without, [0, 1]), "{seed}");
        let (with, without) = (f1(&with), f1(&without));
        assert!(with.f1 > without.f1 + 0.01, "{seed}: {with:?} {without:?}");
    }
}

#[test]
fn equal_overlaps_are_left_as_they_were() {
    for seed in 0..3 {
        // B and C share what chance gives them of A's persons.
        let (records, truth) = unequal(seed, 1200, 0.4, 0.4);
        let (with, without) = both(&records, seed);
        let f1 = |l: &Linked| Evaluation::new(&l.clusters.point, &truth).pairs.f1;
        assert!((f1(&with) - f1(&without)).abs() < 0.01);
    }
}

#[test]
fn a_saved_model_has_the_priors_and_gives_the_same_links() {
    let (records, _) = unequal(9, 1000, 0.6, 0.01);
    let settings = Settings { draws: 20, clean: Some(vec![true; 3]), ..Settings::default() };
    let kept = |model: &Model, rules: &[linkage::blocking::Rule]| {
        let settings =
            Settings { model: Some(model.clone()), keep: true, rules: rules.to_vec(), ..settings.clone() };
        link(&records, &settings, &|_| {}).expect("linked")
    };
    let first = link(&records, &settings, &|_| {}).expect("linked");
    assert_eq!(first.model.between.len(), 3);
    let rules: Vec<_> = first.rules.iter().map(|r| r.rule.parse().expect("a rule")).collect();
    let text = serde_json::to_string(&first.model).expect("text");
    let read: Model = serde_json::from_str(&text).expect("a model");
    for (read, saved) in read.between.iter().zip(&first.model.between) {
        // Numbers are read to the last bit but one.
        assert_eq!(read.registers, saved.registers);
        assert!((read.prior / saved.prior - 1.0).abs() < 1e-12);
    }
    let second = kept(&first.model, &rules);
    assert_eq!(second.model, first.model);
    let persons = |l: &Linked| l.clusters.point.persons;
    assert!(persons(&first).abs_diff(persons(&second)) <= persons(&first) / 100);
    // Models that were saved before there were such priors are read as they were.
    let mut old = serde_json::to_value(&first.model).expect("a value");
    old.as_object_mut().expect("a table").remove("between");
    let old: Model = serde_json::from_value(old).expect("a model");
    assert!(old.between.is_empty());
    let mut wrong = first.model.clone();
    wrong.between[0].prior = 1.5;
    let settings = Settings { model: Some(wrong), keep: true, ..settings.clone() };
    let said = link(&records, &settings, &|_| {}).expect_err("refused").to_string();
    assert!(said.contains("prior of A and B"), "{said}");
}

#[test]
fn one_register_or_few_pairs_have_the_common_prior() {
    let (records, _) = unequal(1, 40, 0.2, 0.0);
    let settings = Settings { draws: 20, ..Settings::default() };
    assert!(link(&records, &settings, &|_| {}).expect("linked").model.between.is_empty());
}
