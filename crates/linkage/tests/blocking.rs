//! Rules of parts that find near values: each pair once, and those that the rules find.

mod common;

use std::collections::BTreeSet;

use common::registers;
use linkage::blocking::{Blocks, Rule, Within};
use linkage::{Linked, Records, Settings, link};

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| text.parse().expect("a rule")).collect()
}

fn pairs(records: &Records, rules: &[Rule]) -> Vec<(u32, u32)> {
    let blocks =
        Blocks::new(records, rules, Within::new(vec![true; 2]), u64::MAX).expect("blocks of these rules");
    let mut made: Vec<(u32, u32)> =
        blocks.visit(Vec::new, |made: &mut Vec<(u32, u32)>, a, b, _| made.push((a, b))).concat();
    made.sort_unstable();
    made
}

#[test]
fn each_pair_that_shares_a_key_is_made_once() {
    let (records, _) = registers(3, 400, &[("a", 0.8), ("b", 0.7)], 0.2, 0.0);
    let records = records.folded();
    let rules = rules(&[
        "minhash(surname, 6, 2) and near(birth_date, 20)",
        "near(birth_date, 3)",
        "minhash(either(given_name, surname), 4, 3)",
        "sound(either(given_name, surname)) and near(town, 2)",
        "surname",
    ]);
    let made = pairs(&records, &rules);
    let blocks = Blocks::new(&records, &rules, Within::new(vec![true; 2]), u64::MAX).expect("blocks");
    let n = records.len() as u32;
    let found: Vec<(u32, u32)> = (0..n)
        .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
        .filter(|&(a, b)| blocks.found_by(a, b).iter().any(|bits| *bits != 0))
        .collect();
    assert!(found.len() > 1000, "{}", found.len());
    assert!(made == found);
}

#[test]
fn near_parts_find_what_is_typed_wrong() {
    let (records, truth) = registers(4, 3000, &[("a", 1.0), ("b", 1.0)], 0.25, 0.0);
    let records = records.folded();
    let found = |text: &str| {
        let made: BTreeSet<(u32, u32)> = pairs(&records, &rules(&[text])).into_iter().collect();
        made.iter().filter(|(a, b)| truth.person[*a as usize] == truth.person[*b as usize]).count()
    };
    let (whole, near) = (found("surname and sex"), found("minhash(surname, 6, 2) and sex"));
    assert!(near as f64 > 1.25 * whole as f64, "{near} {whole}");
    let (whole, near) = (found("birth_date and sex"), found("near(birth_date, 40) and sex"));
    assert!(near as f64 > 1.1 * whole as f64, "{near} {whole}");
}

#[test]
fn a_field_without_a_value_makes_no_pair_and_too_many_keys_are_refused() {
    let mut builder = linkage::RecordsBuilder::new(&["name", "none"]);
    builder.register("a");
    for _ in 0..5 {
        builder.push(["ann", ""]).expect("a record");
    }
    let records = builder.build();
    for text in ["minhash(none, 4, 2) and name", "near(none, 4) and name", "name and bits(none, 4, 2)"] {
        assert!(pairs(&records, &rules(&[text])).is_empty(), "{text}");
    }
    let wide = rules(&["minhash(name, 16, 2) and minhash(none, 8, 2)"]);
    let said = Blocks::new(&records, &wide, Within::new(vec![true]), u64::MAX).expect_err("refused");
    assert!(said.to_string().contains("128 keys") && said.to_string().contains("at most 64"), "{said}");
}

/// The three fields that every register has, typed wrong in each third value.
fn dirty(seed: u64) -> (Records, linkage::cluster::Partition) {
    let (records, truth) = registers(seed, 3000, &[("a", 0.9), ("b", 0.8)], 0.35, 0.0);
    let fields = ["given_name", "surname", "birth_date"];
    let mut builder = linkage::RecordsBuilder::new(&fields);
    for (register, name) in ["a", "b"].iter().enumerate() {
        builder.register(name);
        for r in (0..records.len()).filter(|r| usize::from(records.registers()[*r]) == register) {
            let value = |f: &&str| records.column(f).and_then(|c| c.value(r)).unwrap_or("");
            builder.push(fields.iter().map(value)).expect("a record");
        }
    }
    (builder.build(), truth)
}

#[test]
fn near_parts_are_chosen_where_others_find_too_little() {
    let (records, truth) = dirty(1);
    let settings = Settings { draws: 20, ..Settings::default() };
    let run = |settings: &Settings| link(&records, settings, &|_| {}).expect("linked");
    let recall = |found: &Linked| {
        let pairs: f64 = truth.sizes().iter().map(|&n| f64::from(n * (n - 1) / 2)).sum();
        let same = |l: &&linkage::Link| truth.person[l.a as usize] == truth.person[l.b as usize];
        found.links.iter().filter(same).count() as f64 / pairs
    };
    let found = run(&settings);
    let is_near = |rule: &str| ["minhash(", "near("].iter().any(|part| rule.contains(part));
    let cheap: Vec<Rule> =
        found.rules.iter().filter(|r| !is_near(&r.rule)).map(|r| r.rule.parse().expect("a rule")).collect();
    let without = run(&Settings { rules: cheap, ..settings.clone() });
    assert!(found.rules.len() > without.rules.len());
    assert!(recall(&found) > recall(&without) + 0.01, "{} {}", recall(&found), recall(&without));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    assert!(pool.install(|| run(&settings)).links == found.links, "threads make no difference");
}

#[test]
fn what_is_wanted_of_the_rules_bounds_them() {
    let (records, _) = registers(5, 1500, &[("a", 0.8), ("b", 0.7)], 0.06, 0.0);
    let run = |settings: Settings| link(&records, &settings, &|_| {});
    let pairs = |l: &Linked| l.rules.iter().map(|r| r.pairs).sum::<u64>() as f64 / records.len() as f64;
    let plain = Settings { draws: 20, ..Settings::default() };
    let free = run(plain.clone()).expect("linked");
    let most = pairs(&free) / 3.0;
    let bound = run(Settings { pairs_per_record: Some(most), ..plain.clone() }).expect("linked");
    assert!(!bound.rules.is_empty() && pairs(&bound) <= most, "{} of {most}", pairs(&bound));
    for recall in [0.2, 1.0, f64::NAN] {
        let said = run(Settings { recall, ..plain.clone() }).expect_err("refused").to_string();
        assert!(said.starts_with("recall: ") && said.contains("from 0.5 to below 1"), "{said}");
    }
    for pairs in [0.0, -1.0, f64::INFINITY] {
        let settings = Settings { pairs_per_record: Some(pairs), ..plain.clone() };
        let said = run(settings).expect_err("refused").to_string();
        assert!(said.starts_with("pairs per record: "), "{said}");
    }
}
