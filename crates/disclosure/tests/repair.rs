//! What to hide in published tables, found and followed.

mod common;
mod support;

use disclosure::{AuditOptions, Repair, Rounded, RoundedTo, audit, repair};
use model::{Cube, Key, Value};
use proptest::prelude::*;
use support::{flat, frame, line};

/// The tables with what a repair says hidden: small counts as `mark`, if there is one, and others as `other`.
fn follow(cubes: &[Cube], repair: &Repair, mark: Option<Value>, other: Value) -> Vec<Cube> {
    let mut cubes = cubes.to_vec();
    for hide in &repair.hide {
        let cube = cubes.iter_mut().find(|c| c.title.en == hide.table).expect("a table");
        let codes = hide.cell.iter().zip(&cube.dimensions);
        let key: Key = codes.map(|((_, code), d)| d.position(code).expect("a code")).collect();
        assert_eq!(cube.value(&key), Value::Count(hide.count), "{hide:?}");
        cube.cells.insert(key, mark.filter(|_| hide.small).unwrap_or(other));
    }
    cubes
}

/// Follows a repair as any publisher may, and asks the attacker.
fn holds(cubes: &[Cube], options: &AuditOptions, mark: Option<Value>) -> Repair {
    let done = repair(cubes, options).expect("repaired");
    for other in [Value::Missing, Value::Between(0, 1_000_000_000), Value::Between(5, 1_000_000_000)] {
        if mark.is_none() && other == Value::Between(5, 1_000_000_000) {
            continue;
        }
        let found = audit(&follow(cubes, &done, mark, other), options).expect("audited");
        assert!(found.findings.len() <= done.left.len(), "{other:?}: {done:#?} {:#?}", found.findings);
    }
    assert_eq!(done.after.exact + done.after.narrow, done.left.len());
    done
}

fn cells(done: &Repair) -> Vec<(&str, u64, bool)> {
    done.hide.iter().map(|h| (h.cell[0].1.as_str(), h.count, h.small)).collect()
}

const MARK: Value = Value::Between(0, 4);

#[test]
fn one_more_count_is_hidden_where_that_is_enough() {
    // GLOTIP, the Netherlands: forced labour, 18 years and over, 2018.
    let mut table = line("glotip", &[29, 81, 4]);
    table.cells.insert(vec![3], MARK);
    let done = holds(&[table.clone()], &AuditOptions::default(), Some(MARK));
    assert_eq!(cells(&done), [("form1", 29, false)]);
    assert_eq!((done.before.exact, done.after.targets, done.left.len()), (1, 2, 0));
    let json = serde_json::to_value(&done).expect("JSON");
    assert_eq!((&json["hide"][0]["cell"]["form"], &json["hide"][0]["count"]), (&"form1".into(), &29.into()));
    // What is hidden may be what was left out.
    table.cells.insert(vec![3], Value::Missing);
    let options = AuditOptions { threshold: Some(5), ..AuditOptions::default() };
    assert_eq!(cells(&holds(&[table], &options, None)).len(), 1);
}

#[test]
fn what_needs_no_repair_is_left_alone() {
    let mut table = line("t", &[29, 81, 3, 4]);
    table.cells.insert(vec![3], MARK);
    table.cells.insert(vec![4], MARK);
    // 7 of two that are at most 4: 3 and 4, or 4 and 3.
    let options = AuditOptions { protection: 1, ..AuditOptions::default() };
    assert!(holds(&[table.clone()], &options, Some(MARK)).hide.is_empty());
    let done = holds(&[table], &AuditOptions::default(), Some(MARK));
    assert_eq!((done.before.narrow, cells(&done)), (2, vec![("form1", 29, false)]));
}

#[test]
fn a_count_that_is_in_two_tables_is_hidden_in_both() {
    let mut tables = [line("a", &[29, 81, 4]), line("b", &[29, 81, 4])];
    for table in &mut tables {
        table.cells.insert(vec![3], MARK);
    }
    let done = holds(&tables, &AuditOptions::default(), Some(MARK));
    let hidden: Vec<&str> = done.hide.iter().map(|h| h.table.as_str()).collect();
    assert_eq!(hidden, ["a", "b"]);
}

#[test]
fn small_counts_that_are_published_are_hidden_with_others() {
    let table = line("t", &[29, 81, 3]);
    let options = AuditOptions { threshold: Some(5), ..AuditOptions::default() };
    let done = holds(&[table], &options, None);
    assert_eq!((cells(&done), done.left.len()), (vec![("form1", 29, false), ("form3", 3, true)], 0));
}

#[test]
fn what_cannot_be_repaired_is_said() {
    // Zeros stay: nothing is left for the hidden count.
    let mut table = line("t", &[0, 0, 0]);
    table.cells.insert(vec![3], MARK);
    let done = repair(std::slice::from_ref(&table), &AuditOptions::default()).expect("tried");
    assert_eq!((done.hide.len(), done.left.len(), done.beyond), (0, 1, 1));
    assert_eq!(done.before, done.after);
    let rounded = Some(Rounded { base: 5, kind: RoundedTo::Either });
    let error = repair(&[table], &AuditOptions { rounded, ..AuditOptions::default() }).expect_err("no way");
    assert!(error.to_string().contains("larger base"), "{error}");
}

#[test]
fn tables_that_contradict_each_other_are_repaired_as_they_are_attacked() {
    let mut a = line("a", &[29, 81, 4, 7, 12, 31, 15, 40, 22, 10, 9]);
    a.cells.insert(vec![3], MARK);
    let mut b = a.clone();
    (b.id, b.title.en) = ("b".into(), "b".into());
    b.cells.insert(vec![4], Value::Count(8));
    let done = holds(&[a, b], &AuditOptions::default(), Some(MARK));
    assert_eq!((done.before.exact, done.left.len()), (1, 0), "{done:?}");
}

#[test]
fn a_real_table_with_its_small_counts_marked_is_repaired() {
    let mut table = common::instance("U").remove(0);
    let small = |v: &&mut Value| matches!(**v, Value::Count(1..5));
    table.cells.values_mut().filter(small).for_each(|v| *v = Value::Between(1, 4));
    let done = holds(&[table], &AuditOptions::default(), Some(Value::Between(1, 4)));
    // What is left the marks tell by themselves, of sums of other sums that are small.
    assert!(done.before.exact > 100 && done.left.len() < 40, "{:?} {}", done.before, done.left.len());
    assert_eq!(done.left.len(), done.beyond);
}

/// A table of three rows and four columns with its margins.
fn two_way(inner: &[u64]) -> Cube {
    let mut cube = frame("t", vec![flat("x", 3), flat("y", 4)]);
    for r in 0..=3_u32 {
        for c in 0..=4_u32 {
            let inside = |i: &usize| (r == 0 || *i as u32 / 4 + 1 == r) && (c == 0 || *i as u32 % 4 + 1 == c);
            let sum: u64 = (0..12).filter(inside).map(|i| inner[i]).sum();
            cube.cells.insert(vec![r, c], Value::Count(sum));
        }
    }
    cube
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn who_follows_the_repair_tells_nothing(
        inner in prop::collection::vec(prop_oneof![1 => Just(0), 3 => 1_u64..5, 4 => 5_u64..40], 12),
        marked in any::<bool>(),
        protection in 1_u64..4,
    ) {
        let mut table = two_way(&inner);
        if marked {
            let small = |v: &&mut Value| matches!(**v, Value::Count(1..5));
            table.cells.values_mut().filter(small).for_each(|v| *v = Value::Between(1, 4));
        }
        let options = AuditOptions { threshold: Some(5), protection, ..AuditOptions::default() };
        let mark = marked.then_some(Value::Between(1, 4)).filter(|m| table.cells.values().any(|v| v == m));
        let done = holds(&[table.clone()], &options, mark);
        // Larger tables always leave a way.
        if inner.iter().filter(|n| **n >= 5).count() >= 6 {
            prop_assert_eq!(done.left.len(), done.beyond, "{:#?}", done);
            prop_assert!(marked || done.left.is_empty(), "{:#?}", done);
        }
        prop_assert_eq!(&done, &repair(&[table], &options).expect("repaired"));
    }
}
