//! The journal: what became of persons and records from one edition to the next.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{Member, PersonId, RecordKey};
use crate::Error;

/// What happened to some records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// New records are a new person.
    New,
    /// New records are of a person who has others.
    Joined,
    /// Records of a person whose id is gone are now of another.
    Merged,
    /// Records of a person became a person of their own; the rest kept the id.
    Split,
    /// Records went from one person to another; both stay.
    Moved,
    /// Records were taken out; their person has others, or lives on in those with whom it merged.
    Removed,
    /// Records were taken out, and with them the person.
    Gone,
}

/// One line of the journal: records that went the same way in one edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The edition.
    pub edition: String,
    /// What happened.
    pub change: Change,
    /// Whose the records were; nobody's if they are new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PersonId>,
    /// Whose they are; nobody's if they were taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonId>,
    /// How many records.
    pub count: usize,
    /// Their keys, in order; fewer than `count` where keys have been taken out of the journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordKey>,
}

impl Entry {
    /// Takes the keys for which `deleted` is true out; the counts stay. To be used on all journals when a
    /// record is deleted at the demand of the person whose data it is.
    pub fn forget(&mut self, mut deleted: impl FnMut(&RecordKey) -> bool) {
        self.records.retain(|key| !deleted(key));
    }
}

/// The entries from the former persons to the clusters. `kept` is the former person whose id a cluster keeps,
/// and `given` the id that it has.
pub(super) fn entries(
    edition: &str,
    members: &[Member],
    kept: &[Option<PersonId>],
    given: &[PersonId],
) -> Vec<Entry> {
    let mut ways: BTreeMap<(Option<PersonId>, Option<u32>), Vec<&RecordKey>> = BTreeMap::new();
    // Clusters with a record that was known, and persons with a record that is left.
    let mut known = vec![false; kept.len()];
    let mut left = HashSet::new();
    for member in members {
        let from = member.former.map(|(person, _)| person);
        if let (Some(person), Some(cluster)) = (from, member.cluster) {
            known[cluster as usize] = true;
            left.insert(person);
        }
        if from != member.cluster.map(|c| given[c as usize]) {
            ways.entry((from, member.cluster)).or_default().push(&member.key);
        }
    }
    let lives: HashSet<PersonId> = kept.iter().copied().flatten().collect();
    let mut entries: Vec<Entry> = ways
        .into_iter()
        .filter_map(|((from, cluster), keys)| {
            let change = match (from, cluster.map(|c| c as usize)) {
                (None, None) => return None,
                (None, Some(cluster)) if known[cluster] => Change::Joined,
                (None, Some(_)) => Change::New,
                (Some(person), None) if left.contains(&person) => Change::Removed,
                (Some(_), None) => Change::Gone,
                (Some(person), Some(_)) if !lives.contains(&person) => Change::Merged,
                (Some(_), Some(cluster)) if kept[cluster].is_none() => Change::Split,
                (Some(_), Some(_)) => Change::Moved,
            };
            Some(Entry {
                edition: edition.to_owned(),
                change,
                from,
                to: cluster.map(|c| given[c as usize]),
                count: keys.len(),
                records: keys.into_iter().cloned().collect(),
            })
        })
        .collect();
    entries.sort_by_key(|entry| (entry.change, entry.from, entry.to));
    entries
}

/// The persons of all records after the journal, from those before it.
///
/// # Errors
/// When a record is not where the journal says, or keys have been taken out of it.
pub fn replay(
    former: impl IntoIterator<Item = (RecordKey, PersonId)>,
    journal: &[Entry],
) -> Result<BTreeMap<RecordKey, PersonId>, Error> {
    let mut persons: BTreeMap<RecordKey, PersonId> = former.into_iter().collect();
    for (line, entry) in journal.iter().enumerate() {
        let wrong =
            |what: &str| Error::Records(format!("line {} of the journal of persons {what}", line + 1));
        if entry.records.len() != entry.count {
            return Err(wrong("has had keys taken out; it cannot be replayed"));
        }
        for key in &entry.records {
            let was = match entry.to {
                Some(person) => persons.insert(key.clone(), person),
                None => persons.remove(key),
            };
            if was != entry.from {
                return Err(wrong("does not follow from the assignment before it"));
            }
        }
    }
    Ok(persons)
}
