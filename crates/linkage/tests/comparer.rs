//! Candidate pairs compared elsewhere give the same links, or an error.

mod common;

use std::sync::Arc;

use common::registers;
use linkage::comparer::{Process, patterns, wire};
use linkage::{Comparer, Error, Linked, Model, Records, Settings, link};

const THREE: [(&str, f64); 3] = [("police", 0.5), ("shelters", 0.4), ("youth", 0.3)];

/// Compares as another process would, from what is sent to it.
#[derive(Debug)]
struct Sent;

impl Comparer for Sent {
    fn patterns(&self, model: &Model, records: &Records, pairs: &[(u32, u32)]) -> Result<Vec<u64>, Error> {
        let mut sent = Vec::new();
        wire::write_task(&mut sent, model, records, pairs).expect("sent");
        let task = wire::read_task(&mut &sent[..])?;
        let mut back = Vec::new();
        wire::write_patterns(&mut back, &patterns(&task.model, &task.records, &task.pairs)?).expect("sent");
        Ok(wire::read_patterns(&mut &back[..], pairs.len()).expect("as many"))
    }
}

/// Compares, and does something to what came of it.
struct Spoilt(fn(&mut Vec<u64>));

impl std::fmt::Debug for Spoilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spoilt")
    }
}

impl Comparer for Spoilt {
    fn patterns(&self, model: &Model, records: &Records, pairs: &[(u32, u32)]) -> Result<Vec<u64>, Error> {
        let mut made = patterns(model, records, pairs)?;
        self.0(&mut made);
        Ok(made)
    }
}

fn linked(records: &Records, comparer: Option<Arc<dyn Comparer>>) -> Result<Linked, Error> {
    link(records, &Settings { comparer, draws: 40, seed: 3, ..Settings::default() }, &|_| {})
}

/// All that a result is made of.
fn told(linked: &Linked) -> String {
    let draws: Vec<_> = (0..linked.draws.len()).map(|d| linked.draws.partition(d)).collect();
    format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{draws:?}{:?}{}",
        linked.links,
        linked.patterns,
        linked.model,
        linked.clusters.point,
        linked.persons,
        linked.blocking_recall,
        linked.lost,
        linked.compared,
    )
}

#[test]
fn what_is_compared_elsewhere_gives_the_same_result() {
    for (seed, twice) in [(1, 0.0), (2, 0.2)] {
        let (records, _) = registers(seed, 900, &THREE, 0.08, twice);
        let (here, there) = (linked(&records, None), linked(&records, Some(Arc::new(Sent))));
        assert!(told(&here.expect("linked")) == told(&there.expect("linked")));
    }
}

#[test]
fn a_part_or_other_levels_are_an_error_and_no_result() {
    let (records, _) = registers(4, 400, &THREE, 0.08, 0.0);
    let spoil: [fn(&mut Vec<u64>); 3] = [
        |made| made.truncate(made.len() - 1),
        |made| made.push(1),
        |made| made.iter_mut().for_each(|pattern| *pattern ^= 1),
    ];
    for spoil in spoil {
        let said = linked(&records, Some(Arc::new(Spoilt(spoil)))).expect_err("an error").to_string();
        assert!(said.contains("came back"), "{said}");
    }
}

#[test]
fn only_what_is_compared_is_sent() {
    let (records, _) = registers(5, 50, &THREE, 0.0, 0.0);
    let model: Model = serde_json::from_str(
        r#"{"comparison": [{"field": "surname", "level": [{"test": "exact"}, {"test": "crossed(given_name)"}, {"test": "else"}]}]}"#,
    )
    .expect("a model");
    let mut sent = Vec::new();
    wire::write_task(&mut sent, &model, &records, &[(0, 1)]).expect("sent");
    let task = wire::read_task(&mut &sent[..]).expect("read");
    let names: Vec<&str> = task.records.columns().iter().map(linkage::Column::name).collect();
    assert_eq!((names, task.records.len()), (vec!["surname", "given_name"], records.len()));
    assert_eq!(
        (0..records.len())
            .map(|r| task.records.column("surname").and_then(|c| c.value(r)))
            .collect::<Vec<_>>(),
        (0..records.len()).map(|r| records.column("surname").and_then(|c| c.value(r))).collect::<Vec<_>>(),
    );
}

#[test]
fn a_task_that_is_cut_short_or_of_another_version_is_refused() {
    let (records, _) = registers(6, 30, &THREE, 0.1, 0.0);
    let model: Model = serde_json::from_str(
        r#"{"comparison": [{"field": "town", "level": [{"test": "exact"}, {"test": "else"}]}]}"#,
    )
    .expect("a model");
    let mut sent = Vec::new();
    wire::write_task(&mut sent, &model, &records, &[(0, 1), (1, 2)]).expect("sent");
    for length in 0..sent.len() {
        assert!(wire::read_task(&mut &sent[..length]).is_err(), "{length}");
    }
    let mut other = sent.clone();
    other[13] ^= 1;
    let said = wire::read_task(&mut &other[..]).expect_err("another version").to_string();
    assert!(said.contains("another version"), "{said}");
    // A pair of records that are not there.
    let last = sent.len() - 4;
    sent[last..].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(wire::read_task(&mut &sent[..]).is_err());
}

#[test]
fn patterns_that_are_cut_short_are_an_error() {
    let mut sent = Vec::new();
    wire::write_patterns(&mut sent, &[1, 2, 3]).expect("sent");
    assert_eq!(wire::read_patterns(&mut &sent[..], 3).expect("three"), [1, 2, 3]);
    assert!(wire::read_patterns(&mut &sent[..], 2).is_err());
    for length in 0..sent.len() {
        assert!(wire::read_patterns(&mut &sent[..length], 3).is_err(), "{length}");
    }
}

#[test]
fn a_program_that_fails_is_an_error_with_its_words() {
    let (records, _) = registers(7, 300, &THREE, 0.05, 0.0);
    let cases = [
        ("echo no executor is there >&2; exit 2", "no executor is there"),
        ("cat >/dev/null; echo the task is lost >&2; exit 1", "the task is lost"),
        ("cat >/dev/null", "broke off"),
        ("cat", "another version"),
    ];
    for (script, said) in cases {
        let comparer = Arc::new(Process::new("sh", ["-c", script]));
        let error = linked(&records, Some(comparer)).expect_err("an error").to_string();
        assert!(error.contains(said) && error.contains("no result was written"), "{script}: {error}");
    }
    let error = linked(&records, Some(Arc::new(Process::new("zicht-is-not-there", [""; 0]))));
    assert!(error.expect_err("an error").to_string().contains("cannot be started"));
}
