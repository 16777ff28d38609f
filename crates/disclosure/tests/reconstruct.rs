//! What whole numbers leave of hidden cells, checked by trying every table.

mod support;

use std::collections::BTreeMap;

use disclosure::{Audit, AuditOptions, audit};
use model::{Cube, Role, Value};
use proptest::prelude::*;
use support::{dimension, frame};

/// Whatever is closer than what the publisher said is a finding.
fn options() -> AuditOptions {
    AuditOptions { protection: 1000, whole: true, open_small: false, ..AuditOptions::default() }
}

/// A table of a group and its members, each of which is told as `each`. Groups of several tables may overlap.
fn group(code: &str, sum: Value, members: &[&str], each: Value) -> Cube {
    let categories: Vec<(&str, Option<u32>)> =
        std::iter::once((code, None)).chain(members.iter().map(|m| (*m, Some(0)))).collect();
    let mut cube = frame(code, vec![dimension("x", Role::Breakdown, &categories)]);
    cube.cells.insert(vec![0], sum);
    for i in 1..=members.len() as u32 {
        cube.cells.insert(vec![i], each);
    }
    cube
}

fn learned(found: &Audit) -> BTreeMap<&str, (u64, u64)> {
    let bounds = |f: &disclosure::Finding| (f.lower, f.upper.expect("a bound"));
    found.findings.iter().map(|f| (&*f.cell[0].1, bounds(f))).collect()
}

#[test]
fn half_persons_keep_a_cell_open_that_whole_ones_do_not() {
    // a, b, c are half of what z leaves of 1 each: none, and z is 1, or a half each, and z is none.
    let small = Value::Between(0, 4);
    let tables = [["a", "b", "z"], ["b", "c", "z"], ["a", "c", "z"]]
        .map(|members| group(&members.concat(), Value::Count(1), &members, small));
    let real = audit(&tables, &AuditOptions { whole: false, ..options() }).expect("audited");
    assert_eq!(learned(&real)["z"], (0, 1));
    assert_eq!(real.reconstruction, None);
    let whole = audit(&tables, &options()).expect("audited");
    assert_eq!(learned(&whole), [("a", (0, 0)), ("b", (0, 0)), ("c", (0, 0)), ("z", (1, 1))].into());
    let z = whole.findings.iter().find(|f| f.lower == 1).expect("z");
    assert!(z.exact && z.because.last().expect("why").starts_with("no other whole numbers fit"), "{z:?}");
    let reconstruction = whole.reconstruction.expect("asked for");
    assert_eq!((reconstruction.unique.len(), reconstruction.left), (1, 0));
    assert_eq!(reconstruction.unique[0].cells, 4);
    assert_eq!(reconstruction.unique[0].tables, ["abz", "bcz", "acz"]);
    let json = serde_json::to_value(audit(&tables, &options()).expect("audited")).expect("JSON");
    assert_eq!(json["reconstruction"]["unique"][0]["cells"], 4);
}

#[test]
fn what_is_known_may_still_be_told_apart_in_many_ways() {
    // Of two rings of three, no two neighbours are more than 1 together: 3 halves each, or one whole.
    let any = Value::Between(0, 9);
    let mut tables: Vec<Cube> = [["a", "b"], ["b", "c"], ["a", "c"], ["d", "e"], ["e", "f"], ["d", "f"]]
        .map(|pair| group(&pair.concat(), Value::Between(0, 1), &pair, any))
        .into();
    tables.push(group("all", Value::Between(2, 9), &["a", "b", "c", "d", "e", "f"], any));
    let real = audit(&tables, &AuditOptions { whole: false, ..options() }).expect("audited");
    assert_eq!(learned(&real)["all"], (2, 3));
    let whole = audit(&tables, &options()).expect("audited");
    assert_eq!(learned(&whole)["all"], (2, 2));
    assert!(whole.reconstruction.expect("asked for").unique.is_empty());
}

#[test]
fn figures_that_only_fractions_fit_are_named() {
    let small = Value::Between(0, 4);
    let tables =
        [["a", "b"], ["b", "c"], ["a", "c"]].map(|pair| group(&pair.concat(), Value::Count(3), &pair, small));
    let found = audit(&tables, &options()).expect("audited");
    assert_eq!(found.inconsistencies, ["no whole numbers fit what ab and bc and ac say"]);
}

#[test]
fn a_part_that_is_too_large_is_left_and_counted() {
    let codes: Vec<String> = (0..450).map(|i| format!("m{i}")).collect();
    let members: Vec<&str> = codes.iter().map(String::as_str).collect();
    let table = group("all", Value::Count(700), &members, Value::Between(0, 4));
    let found = audit(&[table], &options()).expect("audited");
    assert_eq!(found.reconstruction.map(|r| (r.unique.len(), r.left)), Some((0, 450)));
    assert!(found.findings.is_empty());
}

const MEMBERS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A group as the bits of its members; whether its sum is told, and else by how much it is off.
fn some_group() -> impl Strategy<Value = (u32, bool, u64)> {
    (3_u32..31, any::<bool>(), 0_u64..3)
}

fn tables(truth: &[u64], groups: &[(u32, bool, u64)]) -> Vec<Cube> {
    let each = Value::Between(0, 3);
    let mut all: Vec<Cube> = groups
        .iter()
        .enumerate()
        .filter(|(_, (bits, ..))| bits.count_ones() > 1)
        .map(|(g, &(bits, told, off))| {
            let inside = |i: &usize| bits >> i & 1 == 1;
            let sum: u64 = (0..5).filter(inside).map(|i| truth[i]).sum();
            let members: Vec<&str> = (0..5).filter(inside).map(|i| MEMBERS[i]).collect();
            let value =
                if told { Value::Count(sum) } else { Value::Between(sum.saturating_sub(off), sum + off + 1) };
            group(&format!("g{g}"), value, &members, each)
        })
        .collect();
    all.push(group("all", Value::Between(0, 20), &MEMBERS, each));
    all
}

/// All tables that fit: the members, and the sums of each table.
fn tried(tables: &[Cube]) -> Vec<Vec<u64>> {
    let mut out = Vec::new();
    for code in 0..1024_u32 {
        let members: Vec<u64> = (0..5).map(|i| u64::from(code >> (2 * i) & 3)).collect();
        let sum = |cube: &Cube| -> u64 {
            let inside = |(member, _): &(&&str, &u64)| cube.dimensions[0].position(member).is_some();
            MEMBERS.iter().zip(&members).filter(inside).map(|(_, n)| n).sum()
        };
        let fits = |cube: &Cube| match cube.value(&[0]) {
            Value::Count(n) => n == sum(cube),
            Value::Between(low, high) => (low..=high).contains(&sum(cube)),
            Value::Missing => true,
        };
        if tables.iter().all(fits) {
            out.push(members.iter().copied().chain(tables.iter().map(sum)).collect());
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_bounds_are_those_of_all_tables_that_fit(
        truth in prop::collection::vec(0_u64..4, 5),
        groups in prop::collection::vec(some_group(), 1..6),
    ) {
        let tables = tables(&truth, &groups);
        let found = audit(&tables, &options()).expect("audited");
        prop_assert!(found.inconsistencies.is_empty(), "{:?}", found.inconsistencies);
        let fit = tried(&tables);
        let learned = learned(&found);
        let codes = MEMBERS.iter().copied().chain(tables.iter().map(|t| &*t.id));
        let said = std::iter::repeat_n(Value::Between(0, 3), 5).chain(tables.iter().map(|t| t.value(&[0])));
        let mut hidden = 0;
        for (i, (code, said)) in codes.zip(said).enumerate() {
            let Value::Between(low, high) = said else { continue };
            hidden += 1;
            let values = fit.iter().map(|t| t[i]);
            let (least, most) = (values.clone().min().expect("the truth"), values.max().expect("the truth"));
            let closer = most - least < high - low;
            prop_assert_eq!(learned.get(code).copied(), closer.then_some((least, most)), "{}", code);
        }
        let reconstruction = found.reconstruction.expect("asked for");
        let known: usize = reconstruction.unique.iter().map(|u| u.cells).sum();
        prop_assert_eq!((known == hidden, reconstruction.left), (fit.len() == 1, 0));
    }

    #[test]
    fn the_result_does_not_depend_on_threads(
        truth in prop::collection::vec(0_u64..4, 5),
        groups in prop::collection::vec(some_group(), 1..6),
    ) {
        let tables = tables(&truth, &groups);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| audit(&tables, &options()).expect("audited"))
        };
        prop_assert_eq!(with(1), with(2));
    }
}
