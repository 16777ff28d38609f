//! Which cluster keeps the id of which former person.

use std::collections::HashSet;

use super::PersonId;

/// Records that a former person and a new cluster share. The order is that of the claims to the id: the
/// fields in the order in which they stand, most records first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overlap {
    /// How many.
    pub(super) records: u32,
    /// Sum of the numbers of the editions in which they came; of two with as many records, the smaller
    /// is the older on average.
    pub(super) since: u64,
    /// The cluster, numbered by its first record.
    pub(super) cluster: u32,
    /// The person.
    pub(super) person: PersonId,
}

impl Ord for Overlap {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |o: &Self| (std::cmp::Reverse(o.records), o.since, o.cluster, o.person);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Overlap {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The person whose id each of `clusters` keeps, if any. The strongest claim is met first; a claim falls
/// when its cluster has an id or its person's id is taken.
pub(super) fn stable(clusters: usize, overlaps: &[Overlap]) -> Vec<Option<PersonId>> {
    let mut claims: Vec<&Overlap> = overlaps.iter().collect();
    claims.sort_unstable();
    let mut kept = vec![None; clusters];
    let mut taken = HashSet::new();
    for claim in claims {
        let id = &mut kept[claim.cluster as usize];
        if id.is_none() && taken.insert(claim.person) {
            *id = Some(claim.person);
        }
    }
    kept
}
