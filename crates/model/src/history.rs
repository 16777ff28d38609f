//! Capture histories: in which registers each person was seen.

use std::collections::BTreeMap;

use crate::Error;

/// The most lists a capture history can hold.
pub const MAX_LISTS: usize = 16;

/// Counts of persons by capture history.
///
/// A history is a bit set: bit `i` is 1 when the person occurs in list `i`. The history 0,
/// seen in no list, is what estimation is about and is never a key here. Histories that are
/// not keys have count 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureTable {
    lists: Vec<String>,
    counts: BTreeMap<u32, u64>,
}

impl CaptureTable {
    /// An empty table over `lists`.
    ///
    /// # Errors
    /// When there are fewer than 2 or more than [`MAX_LISTS`] lists, or two share a name.
    pub fn new(lists: Vec<String>) -> Result<Self, Error> {
        if lists.len() < 2 || lists.len() > MAX_LISTS {
            return Err(Error::Histories(format!(
                "{} lists were given; between 2 and {MAX_LISTS} can be used",
                lists.len()
            )));
        }
        for (i, name) in lists.iter().enumerate() {
            if lists[..i].contains(name) {
                return Err(Error::Histories(format!("the list name \"{name}\" occurs twice")));
            }
        }
        Ok(Self { lists, counts: BTreeMap::new() })
    }

    /// A table from `(history, count)` pairs; pairs with the same history are added up.
    ///
    /// # Errors
    /// As [`CaptureTable::new`] and [`CaptureTable::add`].
    pub fn from_counts(
        lists: Vec<String>,
        counts: impl IntoIterator<Item = (u32, u64)>,
    ) -> Result<Self, Error> {
        let mut table = Self::new(lists)?;
        for (history, count) in counts {
            table.add(history, count)?;
        }
        Ok(table)
    }

    /// Adds `count` persons with `history`.
    ///
    /// # Errors
    /// When the history is 0 or has a bit beyond the last list, or the total no longer fits.
    pub fn add(&mut self, history: u32, count: u64) -> Result<(), Error> {
        if history == 0 {
            return Err(Error::Histories(
                "a person seen in no list cannot be counted; leave that history out".into(),
            ));
        }
        if history >> self.lists.len() != 0 {
            return Err(Error::Histories(format!(
                "history {history:#b} names a list beyond the {} there are",
                self.lists.len()
            )));
        }
        if self.detected().checked_add(count).is_none() {
            return Err(Error::Histories("the counts add up to more than 2^64".into()));
        }
        if count > 0 {
            *self.counts.entry(history).or_insert(0) += count;
        }
        Ok(())
    }

    /// Names of the lists; list `i` is bit `i` of a history.
    pub fn lists(&self) -> &[String] {
        &self.lists
    }

    /// Histories with a positive count, in rising order of history.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.counts.iter().map(|(&h, &c)| (h, c))
    }

    /// The count of `history`, 0 when it was not observed.
    pub fn count(&self, history: u32) -> u64 {
        self.counts.get(&history).copied().unwrap_or(0)
    }

    /// Number of persons seen in at least one list.
    pub fn detected(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Number of persons in list `i`.
    pub fn list_total(&self, i: usize) -> u64 {
        self.counts.iter().filter(|(h, _)| **h >> i & 1 == 1).map(|(_, c)| c).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_zero_history_is_refused() {
        let mut t = CaptureTable::new(vec!["A".into(), "B".into()]).expect("two lists");
        t.add(0b11, 3).expect("valid");
        t.add(0b01, 4).expect("valid");
        t.add(0b11, 1).expect("valid");
        assert_eq!((t.detected(), t.count(0b11), t.list_total(1)), (8, 4, 4));
        assert!(t.add(0, 1).is_err());
        assert!(t.add(0b100, 1).is_err());
    }
}
