//! What groups of records look like: how many records they have, and how well their links hold them together.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Linked;

/// Groups of more records than this are counted together.
const LARGEST: usize = 20;

/// What the groups look like.
#[derive(Debug, Clone, Serialize)]
pub struct Groups {
    /// By the number of records.
    pub sizes: Vec<OfSize>,
    /// The registers in order.
    pub registers: Vec<String>,
    /// How many groups have records in both of two registers; on the diagonal those that have any in it.
    pub in_both: Vec<Vec<u64>>,
    /// How many groups have more than one record in a register.
    pub twice: Vec<u64>,
}

/// Groups of so many records.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct OfSize {
    /// Records; the last stands for all larger groups too.
    pub records: usize,
    /// Groups.
    pub groups: u64,
    /// Mean share of the pairs of a group that are links at more than even odds.
    pub density: f64,
    /// Groups in which every pair is one.
    pub complete: u64,
    /// Groups that would fall apart if one such link were taken away.
    pub hangs_on_one: u64,
}

impl Groups {
    pub(super) fn of(linked: &Linked) -> Self {
        let person = &linked.clusters.point.person;
        let sizes = linked.clusters.point.sizes();
        let mut links: Vec<(u32, u32, u32)> = linked
            .links
            .iter()
            .filter(|l| l.log_odds > 0.0 && person[l.a as usize] == person[l.b as usize])
            .map(|l| (person[l.a as usize], l.a, l.b))
            .collect();
        links.sort_unstable();
        let mut of: BTreeMap<usize, OfSize> = BTreeMap::new();
        for &n in &sizes {
            let records = (n as usize).min(LARGEST);
            let empty = OfSize { records, groups: 0, density: 0.0, complete: 0, hangs_on_one: 0 };
            of.entry(records).or_insert(empty).groups += 1;
        }
        for group in links.chunk_by(|x, y| x.0 == y.0) {
            let n = sizes[group[0].0 as usize] as usize;
            let pairs = n * (n - 1) / 2;
            let Some(of) = of.get_mut(&n.min(LARGEST)) else { continue };
            of.density += group.len() as f64 / pairs as f64;
            of.complete += u64::from(group.len() == pairs);
            of.hangs_on_one += u64::from(n > 2 && has_bridge(group));
        }
        let mut sizes: Vec<OfSize> = of.into_values().collect();
        for of in &mut sizes {
            of.density = if of.records == 1 { 1.0 } else { of.density / of.groups as f64 };
        }
        let (in_both, twice) = registers(linked);
        Self { sizes, registers: linked.records.register_names().to_vec(), in_both, twice }
    }
}

fn registers(linked: &Linked) -> (Vec<Vec<u64>>, Vec<u64>) {
    let mut of: Vec<(u32, u16)> = linked
        .clusters
        .point
        .person
        .iter()
        .copied()
        .zip(linked.records.registers().iter().copied())
        .collect();
    of.sort_unstable();
    let n = linked.records.register_names().len();
    let (mut both, mut twice) = (vec![vec![0_u64; n]; n], vec![0_u64; n]);
    for group in of.chunk_by(|x, y| x.0 == y.0) {
        let mut here: Vec<usize> = group.iter().map(|x| usize::from(x.1)).collect();
        for same in group.chunk_by(|x, y| x.1 == y.1) {
            twice[usize::from(same[0].1)] += u64::from(same.len() > 1);
        }
        here.dedup();
        for &a in &here {
            for &b in &here {
                both[a][b] += 1;
            }
        }
    }
    (both, twice)
}

/// True if taking one link away leaves the records of a group no longer connected (Tarjan 1974, *Inf. Process.
/// Lett.* 2: a link is a bridge if no other way leads back above it).
fn has_bridge(links: &[(u32, u32, u32)]) -> bool {
    let mut records: Vec<u32> = links.iter().flat_map(|l| [l.1, l.2]).collect();
    records.sort_unstable();
    records.dedup();
    let at = |record: u32| records.binary_search(&record).unwrap_or(0);
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); records.len()];
    for &(_, a, b) in links {
        let (a, b) = (at(a), at(b));
        next[a].push(b);
        next[b].push(a);
    }
    let (mut order, mut low) = (vec![0_usize; records.len()], vec![0_usize; records.len()]);
    let mut time = 0;
    for start in 0..records.len() {
        if order[start] > 0 {
            continue;
        }
        time += 1;
        (order[start], low[start]) = (time, time);
        // The record, the one that it was reached from, and how many of its links were followed.
        let mut way = vec![(start, start, 0)];
        while let Some((here, from, done)) = way.last_mut() {
            let (here, from) = (*here, *from);
            if let Some(&to) = next[here].get(*done) {
                *done += 1;
                if order[to] == 0 {
                    time += 1;
                    (order[to], low[to]) = (time, time);
                    way.push((to, here, 0));
                } else if to != from {
                    low[here] = low[here].min(order[to]);
                }
                continue;
            }
            way.pop();
            if here != start {
                low[from] = low[from].min(low[here]);
                if low[here] > order[from] {
                    return true;
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ring_has_no_bridge_and_a_chain_has() {
        let ring = [(0, 1, 2), (0, 2, 5), (0, 1, 5)];
        assert!(!has_bridge(&ring));
        assert!(has_bridge(&ring[..2]));
        // Two rings that share a record hang together by no single link.
        let two = [(0, 1, 2), (0, 2, 5), (0, 1, 5), (0, 5, 6), (0, 6, 7), (0, 5, 7)];
        assert!(!has_bridge(&two));
    }

    /// How many parts these links make of the records that are in any of `all`.
    fn parts(all: &[(u32, u32, u32)], without: usize) -> usize {
        let mut of: BTreeMap<u32, u32> = all.iter().flat_map(|l| [(l.1, l.1), (l.2, l.2)]).collect();
        for (_, link) in all.iter().enumerate().filter(|(at, _)| *at != without) {
            let (a, b) = (of[&link.1], of[&link.2]);
            of.values_mut().filter(|part| **part == b).for_each(|part| *part = a);
        }
        of.values().collect::<std::collections::BTreeSet<_>>().len()
    }

    proptest! {
        #[test]
        fn a_bridge_is_a_link_without_which_there_are_more_parts(
            links in prop::collection::btree_set((0_u32..7, 0_u32..7), 1..12)
        ) {
            let links: Vec<(u32, u32, u32)> =
                links.into_iter().filter(|(a, b)| a < b).map(|(a, b)| (0, a, b)).collect();
            let whole = parts(&links, usize::MAX);
            let any = (0..links.len()).any(|at| parts(&links, at) > whole);
            prop_assert_eq!(has_bridge(&links), any);
        }
    }
}
