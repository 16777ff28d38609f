//! Ids of persons stay as far as the partition lets them, and the journal tells the rest.

use std::collections::{BTreeMap, BTreeSet};

use linkage::register::{Absent, Change, Entry, PersonId, PersonRegister, RecordKey, replay};
use proptest::prelude::*;

fn key(number: usize) -> RecordKey {
    RecordKey::new(if number.is_multiple_of(2) { "police" } else { "shelter" }, &number.to_string())
}

fn partition(clusters: &[Option<u32>]) -> Vec<(RecordKey, u32)> {
    clusters.iter().enumerate().filter_map(|(at, cluster)| Some((key(at), (*cluster)?))).collect()
}

fn assigned(persons: &PersonRegister) -> BTreeMap<RecordKey, PersonId> {
    persons.assignments().map(|(key, person)| (key.clone(), person)).collect()
}

fn update(persons: &mut PersonRegister, edition: &str, clusters: &[Option<u32>]) -> Vec<Entry> {
    persons.update(edition, &partition(clusters), Absent::Remove).expect("a partition")
}

/// What changed, from and to whom, how many.
fn told(journal: &[Entry], names: &[(PersonId, &'static str)]) -> Vec<(Change, String, usize)> {
    let name = |id: Option<PersonId>| {
        id.map_or("-", |id| names.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| name))
    };
    journal.iter().map(|e| (e.change, format!("{}>{}", name(e.from), name(e.to)), e.count)).collect()
}

#[test]
fn the_larger_part_keeps_the_id_and_of_equal_parts_the_older() {
    let mut persons = PersonRegister::new(1);
    update(&mut persons, "1", &[Some(0), Some(0), Some(0), None, None]);
    update(&mut persons, "2", &[Some(0), Some(0), Some(0), Some(0), Some(0)]);
    let a = persons.person(&key(0)).expect("a person");
    let mut larger = persons.clone();
    let journal = update(&mut larger, "3", &[Some(0), Some(1), Some(1), Some(1), Some(0)]);
    assert_eq!(told(&journal, &[(a, "a")]), [(Change::Split, "a>?".into(), 2)]);
    assert_eq!(larger.person(&key(1)), Some(a));
    // Two records each: those of the first edition against one of the second among them.
    let journal = update(&mut persons, "3", &[Some(0), Some(0), Some(1), Some(1), None]);
    assert_eq!(
        told(&journal, &[(a, "a")]),
        [(Change::Split, "a>?".into(), 2), (Change::Removed, "a>-".into(), 1)]
    );
    assert_eq!(persons.person(&key(0)), Some(a));
}

#[test]
fn of_two_that_merge_the_larger_survives_and_of_equal_ones_the_older() {
    let mut persons = PersonRegister::new(1);
    update(&mut persons, "1", &[None, None, Some(1), Some(1)]);
    update(&mut persons, "2", &[Some(0), Some(0), Some(1), Some(1)]);
    let [young, old] = [0, 2].map(|at| persons.person(&key(at)).expect("a person"));
    let mut equal = persons.clone();
    let journal = update(&mut equal, "3", &[Some(0); 4]);
    let names = [(young, "young"), (old, "old")];
    assert_eq!(told(&journal, &names), [(Change::Merged, "young>old".into(), 2)]);
    let journal = update(&mut persons, "3", &[Some(0), Some(0), Some(0), None]);
    assert_eq!(
        told(&journal, &names),
        [(Change::Merged, "old>young".into(), 1), (Change::Removed, "old>-".into(), 1)]
    );
}

#[test]
fn a_record_moves_between_persons_who_stay() {
    let mut persons = PersonRegister::new(1);
    update(&mut persons, "1", &[Some(0), Some(0), Some(0), Some(1), Some(1)]);
    let [a, b] = [0, 3].map(|at| persons.person(&key(at)).expect("a person"));
    let journal = update(&mut persons, "2", &[Some(0), Some(0), Some(1), Some(1), Some(1), Some(2), Some(0)]);
    assert_eq!(
        told(&journal, &[(a, "a"), (b, "b")]),
        [(Change::New, "->?".into(), 1), (Change::Joined, "->a".into(), 1), (Change::Moved, "a>b".into(), 1)]
    );
}

#[test]
fn an_incremental_run_leaves_those_alone_whom_it_does_not_name() {
    let mut persons = PersonRegister::new(1);
    update(&mut persons, "2024", &[Some(0), Some(0), Some(1), Some(1), Some(2)]);
    let before = assigned(&persons);
    // A new register comes: record 10 is of the first person, 11 is new; the rest is not named.
    let new = [(key(10), 4), (key(0), 4), (key(11), 5)];
    let journal = persons.update("2025", &new, Absent::Keep).expect("a partition");
    assert_eq!(journal.iter().map(|e| e.change).collect::<Vec<_>>(), [Change::New, Change::Joined]);
    assert!(before.iter().all(|(key, person)| persons.person(key) == Some(*person)));
    // Two persons prove to be one: what is not named of them goes along.
    let merged = [(key(0), 1), (key(2), 1)];
    persons.update("2026", &merged, Absent::Keep).expect("a partition");
    assert_eq!(persons.person(&key(3)), persons.person(&key(1)));
    assert_eq!(persons.persons(), 3);
}

#[test]
fn a_deleted_record_leaves_neither_the_register_nor_the_journal_its_key() {
    let mut persons = PersonRegister::new(1);
    let mut journal = update(&mut persons, "1", &[Some(0), Some(0), Some(1)]);
    let gone = [key(1), key(2)];
    let before = persons.clone();
    assert!(persons.delete("2", &[key(1), key(7)]).is_err());
    assert_eq!(persons, before);
    journal.extend(persons.delete("2", &gone).expect("they are there"));
    let changes: Vec<_> = journal[2..].iter().map(|e| (e.change, e.count)).collect();
    assert_eq!(changes, [(Change::Removed, 1), (Change::Gone, 1)]);
    for entry in &mut journal {
        entry.forget(|key| gone.contains(key));
    }
    let kept = serde_json::to_string(&(&persons, &journal)).expect("JSON");
    assert!(kept.contains("\"record\":\"0\"") && !kept.contains("\"record\":\"1\""), "{kept}");
    assert_eq!(journal.iter().map(|e| e.count).sum::<usize>(), 5);
    assert!(replay(BTreeMap::new(), &journal).expect_err("keys are out").to_string().contains("line 1"));
    // The person who is gone does not come back with the record.
    let former = before.person(&key(2));
    update(&mut persons, "3", &[Some(0), None, Some(1)]);
    assert_ne!(persons.person(&key(2)), former);
}

#[test]
fn a_record_that_occurs_twice_changes_nothing_and_is_not_named() {
    let mut persons = PersonRegister::new(1);
    let twice = [(RecordKey::new("police", "secret"), 0), (RecordKey::new("police", "secret"), 1)];
    let said = persons.update("1", &twice, Absent::Keep).expect_err("twice").to_string();
    assert!(said.contains("police") && !said.contains("secret"), "{said}");
    assert_eq!(persons, PersonRegister::new(1));
}

#[test]
fn a_state_that_was_changed_by_hand_is_refused() {
    let mut persons = PersonRegister::new(1);
    update(&mut persons, "1", &[Some(0), Some(1)]);
    let good = serde_json::to_value(&persons).expect("JSON");
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut state = good.clone();
        change(&mut state);
        serde_json::from_value::<PersonRegister>(state).expect_err("it is wrong").to_string()
    };
    assert!(refused(&|s| s["ids"]["seed"] = 2.into()).contains("seed"));
    assert!(refused(&|s| s["records"][1] = s["records"][0].clone()).contains("order"));
    assert!(refused(&|s| s["editions"] = serde_json::json!([])).contains("edition"));
    assert!(refused(&|s| s["records"][0]["person"] = "P123".into()).contains("ten digits"));
}

fn editions() -> impl Strategy<Value = Vec<Vec<Option<u32>>>> {
    let edition = prop::collection::vec(prop::option::weighted(0.8, 0_u32..6), 14);
    prop::collection::vec(edition, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn each_cluster_has_an_id_of_its_own_and_none_comes_back(history in editions()) {
        let mut persons = PersonRegister::new(5);
        let (mut ever, mut alive) = (BTreeSet::new(), BTreeSet::new());
        for (number, clusters) in history.iter().enumerate() {
            update(&mut persons, &number.to_string(), clusters);
            let now = assigned(&persons);
            let pairs: BTreeSet<(u32, PersonId)> =
                partition(clusters).iter().map(|(key, cluster)| (*cluster, now[key])).collect();
            prop_assert_eq!(pairs.iter().map(|p| p.0).collect::<BTreeSet<_>>().len(), pairs.len());
            let ids: BTreeSet<PersonId> = pairs.iter().map(|p| p.1).collect();
            prop_assert_eq!(ids.len(), pairs.len());
            prop_assert_eq!(now.len(), clusters.iter().flatten().count());
            prop_assert!(ids.iter().all(|id| alive.contains(id) || !ever.contains(id)));
            ever.extend(ids.iter().copied());
            alive = ids;
        }
    }

    #[test]
    fn the_same_partition_again_changes_nothing(history in editions(), shift in 0_u32..1000) {
        let mut persons = PersonRegister::new(5);
        for clusters in &history {
            update(&mut persons, "1", clusters);
        }
        let before = persons.clone();
        let again: Vec<_> = history.last().expect("one").iter().map(|c| c.map(|c| 2000 + shift - c)).collect();
        prop_assert!(update(&mut persons, "2", &again).is_empty());
        prop_assert_eq!(&persons, &before);
        prop_assert!(persons.update("3", &[], Absent::Keep).expect("nothing new").is_empty());
        prop_assert_eq!(persons, before);
    }

    #[test]
    fn neither_order_nor_numbers_of_clusters_matter(
        history in editions(),
        numbers in Just((0_u32..6).collect::<Vec<_>>()).prop_shuffle(),
        keep in any::<bool>(),
    ) {
        let absent = if keep { Absent::Keep } else { Absent::Remove };
        let (mut one, mut other) = (PersonRegister::new(5), PersonRegister::new(5));
        for clusters in &history {
            let forwards = partition(clusters);
            let backwards: Vec<_> =
                forwards.iter().rev().map(|(key, c)| (key.clone(), numbers[*c as usize])).collect();
            let a = one.update("e", &forwards, absent).expect("a partition");
            let b = other.update("e", &backwards, absent).expect("a partition");
            prop_assert_eq!(a, b);
            prop_assert_eq!(&one, &other);
        }
    }

    #[test]
    fn the_journal_leads_from_one_edition_to_the_next(history in editions(), keep in any::<bool>()) {
        let absent = if keep { Absent::Keep } else { Absent::Remove };
        let mut persons = PersonRegister::new(5);
        let mut all = Vec::new();
        for clusters in &history {
            let former = assigned(&persons);
            let journal = persons.update("e", &partition(clusters), absent).expect("a partition");
            let now = assigned(&persons);
            prop_assert_eq!(&replay(former.clone(), &journal).expect("it follows"), &now);
            let (before, after): (BTreeSet<_>, BTreeSet<_>) =
                (former.values().copied().collect(), now.values().copied().collect());
            for entry in &journal {
                prop_assert_eq!(entry.count, entry.records.len());
                let was = entry.from.map(|id| after.contains(&id));
                let is_old = entry.to.map(|id| before.contains(&id));
                let fits = match entry.change {
                    Change::New => was.is_none() && is_old == Some(false),
                    Change::Joined => was.is_none() && is_old.is_some(),
                    Change::Merged => was == Some(false) && is_old == Some(true),
                    Change::Split => was == Some(true) && is_old == Some(false),
                    Change::Moved => was == Some(true) && is_old == Some(true),
                    Change::Removed => was.is_some() && is_old.is_none(),
                    Change::Gone => was == Some(false) && is_old.is_none(),
                };
                prop_assert!(fits, "{entry:?}");
            }
            all.extend(journal);
            // What is kept between editions comes back the same.
            let text = serde_json::to_string(&persons).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<PersonRegister>(&text).expect("the same"), &persons);
        }
        prop_assert_eq!(replay(BTreeMap::new(), &all).expect("it follows"), assigned(&persons));
    }

    #[test]
    fn no_cluster_and_person_share_more_than_both_got(history in editions()) {
        let mut persons = PersonRegister::new(5);
        for clusters in &history {
            let former = assigned(&persons);
            update(&mut persons, "e", clusters);
            let mut shared: BTreeMap<(PersonId, PersonId), usize> = BTreeMap::new();
            for (key, person) in assigned(&persons) {
                if let Some(was) = former.get(&key) {
                    *shared.entry((*was, person)).or_default() += 1;
                }
            }
            let kept = |id: &PersonId| shared.get(&(*id, *id)).copied().unwrap_or(0);
            for ((was, is), records) in &shared {
                prop_assert!(*records <= kept(was).max(kept(is)));
            }
        }
    }

    #[test]
    fn records_that_are_not_named_stay_with_their_person(history in editions()) {
        let mut persons = PersonRegister::new(5);
        for clusters in &history {
            let former = assigned(&persons);
            let named: BTreeSet<_> = partition(clusters).into_iter().map(|(key, _)| key).collect();
            persons.update("e", &partition(clusters), Absent::Keep).expect("a partition");
            let now = assigned(&persons);
            for (key, was) in former.iter().filter(|(key, _)| !named.contains(*key)) {
                let untouched = !named.iter().any(|other| former.get(other) == Some(was));
                prop_assert!(!untouched || now[key] == *was);
                // All that is not named of one person stays together.
                let together = former.iter().filter(|(k, p)| *p == was && !named.contains(*k));
                prop_assert!(together.into_iter().all(|(k, _)| now[k] == now[key]));
            }
        }
    }
}
