//! Rules of parts that find near values: each pair once, and those that the rules find.

mod common;

use std::collections::BTreeSet;

use common::registers;
use linkage::Records;
use linkage::blocking::{Blocks, Rule, Within};

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
