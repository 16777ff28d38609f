//! The register of persons: ids that stay from one edition to the next, and a journal of what changed.
//!
//! Linkage divides records into clusters; the numbers of the clusters mean nothing. [`PersonRegister`] gives
//! each cluster the id of the former person with whom it shares most records, so that a figure of last year
//! and one of this year are about the same persons:
//!
//! - a person who **splits** leaves the id to the part with most of the records, then with the oldest;
//! - persons who **merge** keep the id that brings most records, then the oldest;
//! - every other cluster gets an id that was never given before, and an id that is gone stays gone.
//!
//! Clusters and former persons are matched from the largest number of shared records downwards. So no cluster
//! and person could both share more with each other than with what they got (a stable matching, Gale & Shapley
//! 1962, which is unique here but for ties), and at least half as many records keep their id as under any
//! other matching. The matching that keeps most of all (an assignment problem) is not used: it may take an
//! id from the larger part of a person and give it to the smaller, for the sake of a third.
//!
//! ```
//! use linkage::register::{Absent, Change, PersonRegister, RecordKey};
//!
//! let key = |source: &str, record: &str| RecordKey::new(source, record);
//! let mut persons = PersonRegister::new(1);
//! persons.update("2024", &[(key("police", "1"), 0), (key("shelter", "9"), 1)], Absent::Keep)?;
//! let first = persons.person(&key("police", "1"));
//! // A year later a new record shows that both are one person.
//! let linked = [(key("police", "1"), 7), (key("shelter", "9"), 7), (key("shelter", "12"), 7)];
//! let journal = persons.update("2025", &linked, Absent::Keep)?;
//! let changes: Vec<Change> = journal.iter().map(|entry| entry.change).collect();
//! assert_eq!(changes, [Change::Joined, Change::Merged]);
//! assert_eq!(persons.persons(), 1);
//! # assert!(first.is_some());
//! # Ok::<(), linkage::Error>(())
//! ```

mod id;
mod journal;
mod matching;

use std::collections::{BTreeMap, HashMap, HashSet};

use id::Ids;
pub use id::PersonId;
pub use journal::{Change, Entry, replay};
use matching::Overlap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use crate::Error;

/// What a record is called: its source and its id there. The id may be a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// The register or file that the record is of.
    pub source: Box<str>,
    /// Its id in that source.
    pub record: Box<str>,
}

impl RecordKey {
    /// The key of a record of a source.
    pub fn new(source: &str, record: &str) -> Self {
        Self { source: source.into(), record: record.into() }
    }
}

/// What becomes of records that are in the register of persons and not in the new partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// They stay, with whoever holds most of the other records of their person. For a run over a part of the
    /// sources.
    Keep,
    /// They go. For a run over all sources, where a record that is absent was taken out by its source.
    Remove,
}

/// Which record is of which person, and what is needed to go on: the state that is kept between editions.
///
/// It holds no identifiers but the keys of the records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct PersonRegister {
    ids: Ids,
    editions: Vec<String>,
    /// In the order of their keys.
    rows: Vec<Row>,
}

/// A record and its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    key: RecordKey,
    person: PersonId,
    /// Index of the edition in which the record came.
    since: u32,
}

/// A record of the former rows, of the new partition, or of both.
struct Member {
    key: RecordKey,
    former: Option<(PersonId, u32)>,
    cluster: Option<u32>,
}

impl PersonRegister {
    /// A register without records. Ids are drawn from the seed: whoever does not know it learns nothing
    /// from an id, not even which of two was given first.
    pub fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed), editions: Vec::new(), rows: Vec::new() }
    }

    /// The person of a record.
    pub fn person(&self, key: &RecordKey) -> Option<PersonId> {
        self.rows.binary_search_by(|row| row.key.cmp(key)).ok().map(|at| self.rows[at].person)
    }

    /// The persons of some records, in their order.
    pub fn persons_of<T: Sync>(
        &self,
        records: &[T],
        key: impl Fn(&T) -> &RecordKey + Sync,
    ) -> Vec<Option<PersonId>> {
        records.par_iter().map(|record| self.person(key(record))).collect()
    }

    /// All records with their persons, in the order of the keys.
    pub fn assignments(&self) -> impl ExactSizeIterator<Item = (&RecordKey, PersonId)> {
        self.rows.iter().map(|row| (&row.key, row.person))
    }

    /// How many persons there are.
    pub fn persons(&self) -> usize {
        self.rows.iter().map(|row| row.person).collect::<HashSet<_>>().len()
    }

    /// Takes over a new partition: for each record the number of its cluster. Returns what changed, nothing
    /// when nothing did. The result depends neither on the order of the records nor on how the clusters are
    /// numbered. Time: O(n log n) in the number of records.
    ///
    /// # Errors
    /// When a record occurs twice; then nothing is changed.
    pub fn update(
        &mut self,
        edition: &str,
        partition: &[(RecordKey, u32)],
        absent: Absent,
    ) -> Result<Vec<Entry>, Error> {
        let mut members = self.members(partition)?;
        if absent == Absent::Keep {
            keep(&mut members);
        }
        number_by_key(&mut members);
        let clusters = members.iter().filter_map(|m| m.cluster).max().map_or(0, |most| most as usize + 1);
        let kept = matching::stable(clusters, &overlaps(&members));
        let mut ids = self.ids.clone();
        let mut given = Vec::with_capacity(clusters);
        for person in &kept {
            given.push(match person {
                Some(person) => *person,
                None => ids.next()?,
            });
        }
        let entries = journal::entries(edition, &members, &kept, &given);
        if !entries.is_empty() {
            self.ids = ids;
            let now = self.edition(edition);
            self.rows = members
                .into_iter()
                .filter_map(|member| {
                    let person = given[member.cluster? as usize];
                    let since = member.former.map_or(now, |(_, since)| since);
                    Some(Row { key: member.key, person, since })
                })
                .collect();
        }
        Ok(entries)
    }

    /// Takes records out, as a person may demand whose data it is, and says which persons are touched. The
    /// entries hold the keys of what was deleted; see [`Entry::forget`] before they, and journals of former
    /// editions, are kept. A record that its source still delivers comes back with the next update.
    ///
    /// # Errors
    /// When one of them is not here; then nothing is changed.
    pub fn delete(&mut self, edition: &str, keys: &[RecordKey]) -> Result<Vec<Entry>, Error> {
        let unknown = keys.iter().filter(|key| self.person(key).is_none()).count();
        if unknown > 0 {
            return Err(Error::Records(format!(
                "{unknown} of {} records to delete are not in the register of persons; nothing was deleted",
                keys.len()
            )));
        }
        let gone: HashSet<&RecordKey> = keys.iter().collect();
        // A partition in which the others stay as they are.
        let mut numbers: HashMap<PersonId, u32> = HashMap::new();
        let mut rest = Vec::with_capacity(self.rows.len());
        for row in self.rows.iter().filter(|row| !gone.contains(&row.key)) {
            let next = numbers.len() as u32;
            rest.push((row.key.clone(), *numbers.entry(row.person).or_insert(next)));
        }
        self.update(edition, &rest, Absent::Remove)
    }

    /// The former rows and the partition side by side, in the order of the keys.
    fn members(&self, partition: &[(RecordKey, u32)]) -> Result<Vec<Member>, Error> {
        let mut new: Vec<&(RecordKey, u32)> = partition.iter().collect();
        new.par_sort_unstable_by(|a, b| a.0.cmp(&b.0));
        if let Some(twice) = new.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::Records(format!(
                "a record of {} occurs twice in the partition; give each record of a source an id of its own",
                twice[0].0.source
            )));
        }
        let mut members = Vec::with_capacity(new.len().max(self.rows.len()));
        let (mut former, mut new) = (self.rows.iter().peekable(), new.into_iter().peekable());
        loop {
            let order = match (former.peek(), new.peek()) {
                (Some(row), Some((key, _))) => row.key.cmp(key),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => return Ok(members),
            };
            let row = if order.is_le() { former.next() } else { None };
            let record = if order.is_ge() { new.next() } else { None };
            let Some(key) = row.map(|row| &row.key).or(record.map(|(key, _)| key)) else { continue };
            members.push(Member {
                key: key.clone(),
                former: row.map(|row| (row.person, row.since)),
                cluster: record.map(|&(_, cluster)| cluster),
            });
        }
    }

    fn edition(&mut self, name: &str) -> u32 {
        if self.editions.last().is_none_or(|last| last != name) {
            self.editions.push(name.to_owned());
        }
        self.editions.len() as u32 - 1
    }
}

/// Gives records that the partition does not name the cluster that holds most of their person; a person
/// whom it does not name at all stays a cluster.
fn keep(members: &mut [Member]) {
    number_by_key(members);
    let mut best: HashMap<PersonId, Overlap> = HashMap::new();
    for overlap in overlaps(members) {
        best.entry(overlap.person).and_modify(|b| *b = overlap.clone().min(b.clone())).or_insert(overlap);
    }
    let mut clusters: HashMap<PersonId, u32> =
        best.into_iter().map(|(person, overlap)| (person, overlap.cluster)).collect();
    let mut next = members.iter().filter_map(|m| m.cluster).max().map_or(0, |most| most + 1);
    for member in members {
        if let (None, Some((person, _))) = (member.cluster, member.former) {
            let cluster = *clusters.entry(person).or_insert_with(|| {
                next += 1;
                next - 1
            });
            member.cluster = Some(cluster);
        }
    }
}

/// Numbers the clusters by their first records, so that nothing depends on the numbers that came in.
fn number_by_key(members: &mut [Member]) {
    let mut numbers: HashMap<u32, u32> = HashMap::new();
    for cluster in members.iter_mut().filter_map(|m| m.cluster.as_mut()) {
        let next = numbers.len() as u32;
        *cluster = *numbers.entry(*cluster).or_insert(next);
    }
}

/// How many records each former person and each cluster share, where they share any.
fn overlaps(members: &[Member]) -> Vec<Overlap> {
    let mut shared: BTreeMap<(PersonId, u32), (u32, u64)> = BTreeMap::new();
    for member in members {
        if let (Some((person, since)), Some(cluster)) = (member.former, member.cluster) {
            let (records, age) = shared.entry((person, cluster)).or_default();
            *records += 1;
            *age += u64::from(since);
        }
    }
    shared
        .into_iter()
        .map(|((person, cluster), (records, since))| Overlap { records, since, cluster, person })
        .collect()
}

impl Serialize for PersonRegister {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// As it is read again, without a copy of the records.
        #[derive(Serialize)]
        struct Written<'a> {
            ids: &'a Ids,
            editions: &'a [String],
            records: &'a [Row],
        }
        Written { ids: &self.ids, editions: &self.editions, records: &self.rows }.serialize(serializer)
    }
}

/// As it is read, before it has been checked.
#[derive(Deserialize)]
struct Raw {
    ids: Ids,
    editions: Vec<String>,
    records: Vec<Row>,
}

impl TryFrom<Raw> for PersonRegister {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.records.windows(2).any(|pair| pair[0].key >= pair[1].key) {
            return Err("the records of the register of persons are not in order, or one occurs twice".into());
        }
        if raw.records.iter().any(|row| row.since as usize >= raw.editions.len()) {
            return Err("a record of the register of persons is of no edition".into());
        }
        let known: HashSet<PersonId> = raw.records.iter().map(|row| row.person).collect();
        if !known.into_iter().all(|person| raw.ids.gave(person)) {
            return Err(
                "the register of persons has an id that it did not give; was its seed changed?".into()
            );
        }
        Ok(Self { ids: raw.ids, editions: raw.editions, rows: raw.records })
    }
}
