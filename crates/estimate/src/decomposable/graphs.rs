//! Decomposable graphs by their cliques and separators, and all of those on a few lists.

use std::sync::OnceLock;

use crate::loglinear::{Model, pair_count, pairs};

/// Most lists for which every graph is visited. Eight lists have 30,888,596 graphs.
pub(super) const MOST_ENUMERATED: usize = 7;
/// Most lists that a graph can have.
pub(super) const MOST_LISTS: usize = 10;

/// A decomposable graph: a vertex for each list, an edge for each pair of lists that may depend
/// on each other, and no cycle of four or more without a chord.
///
/// Sets of lists are bit masks. For any function φ of sets of lists, the sum of φ over the
/// cliques less the sum over the separators is what decomposability gives the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Graph {
    /// The edges, in the order of the bits of a [`Model`].
    pairs: u64,
    size: u8,
    cliques: [u16; MOST_LISTS],
    separators: [u16; MOST_LISTS],
}

impl Graph {
    /// The maximal cliques, each once.
    pub(super) fn cliques(&self) -> &[u16] {
        &self.cliques[..usize::from(self.size)]
    }

    /// The separators of a tree of the cliques, one fewer than there are cliques; two parts of the
    /// graph without an edge between them have an empty one.
    pub(super) fn separators(&self) -> &[u16] {
        &self.separators[..usize::from(self.size) - 1]
    }

    /// The lists and the pairs joined by an edge.
    pub(super) fn model(&self, lists: usize) -> Model {
        Model::from_bits(lists, u128::from(self.pairs))
    }

    /// The bits of the edges.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// The graph with these edges, in the order of the bits of a [`Model`], on at most [`MOST_LISTS`]
    /// lists; `None` when it is not decomposable.
    pub(super) fn of_pairs(lists: usize, edges: u64) -> Option<Self> {
        Self::new(edges, neighbours(lists, edges).get(..lists)?)
    }

    /// A decomposable graph with these edges and others (the elimination game of Parter 1961, in the order of
    /// the lists): all neighbours of a list that come after it are joined.
    pub(super) fn filled(lists: usize, edges: u64) -> Self {
        let mut around = neighbours(lists, edges);
        for vertex in 0..lists {
            let later = around[vertex] & !((1 << vertex) - 1);
            for other in (0..lists).filter(|other| later >> other & 1 == 1) {
                around[other] |= later & !(1 << other);
            }
        }
        let edge = |(i, j): (usize, usize)| u64::from(around[i] >> j & 1);
        let filled = pairs(lists).map(edge).enumerate().fold(0, |bits, (q, edge)| bits | edge << q);
        Self::new(filled, &around[..lists]).expect("lists can be taken away in their order")
    }

    /// The graph with these neighbours of each list; `None` when it is not decomposable.
    ///
    /// A graph is decomposable when its vertices can be taken away one by one such that the
    /// neighbours left of each are all neighbours of each other (Fulkerson and Gross 1965); any
    /// such vertex may go first. Each step adds the vertex with its neighbours and subtracts the
    /// neighbours; sets that are added and subtracted are no maximal cliques.
    fn new(edges: u64, neighbours: &[u16]) -> Option<Self> {
        let lists = neighbours.len();
        let mut left = u16::try_from((1_u32 << lists) - 1).ok()?;
        let (mut added, mut subtracted) = ([0; MOST_LISTS], [0; MOST_LISTS]);
        for step in 0..lists {
            let (vertex, around) = (0..lists)
                .filter(|v| left >> v & 1 == 1)
                .map(|v| (v, neighbours[v] & left))
                .find(|&(_, around)| {
                    (0..lists)
                        .filter(|u| around >> u & 1 == 1)
                        .all(|u| around & !(neighbours[u] | 1 << u) == 0)
                })?;
            added[step] = around | 1 << vertex;
            subtracted[step] = around;
            left &= !(1 << vertex);
        }
        // The last vertex subtracts the empty set, which is no separator.
        let mut size = lists;
        let mut step = 0;
        while step < size - 1 {
            if let Some(same) = (0..size).find(|&other| added[other] == subtracted[step]) {
                // Both keep their order, so that the last one subtracted stays the last.
                added.copy_within(same + 1..size, same);
                subtracted.copy_within(step + 1..size, step);
                size -= 1;
            } else {
                step += 1;
            }
        }
        Some(Self { pairs: edges, size: u8::try_from(size).ok()?, cliques: added, separators: subtracted })
    }
}

/// The neighbours of each list.
fn neighbours(lists: usize, edges: u64) -> [u16; MOST_LISTS] {
    let mut neighbours = [0_u16; MOST_LISTS];
    for (q, (i, j)) in pairs(lists).enumerate() {
        let edge = u16::from(edges >> q & 1 == 1);
        neighbours[i] |= edge << j;
        neighbours[j] |= edge << i;
    }
    neighbours
}

/// All decomposable graphs on `lists` lists (at most [`MOST_ENUMERATED`]), in the order of the bits of
/// their edges: 8 for three lists, 61 for four, 822 for five, 18,154 for six, 617,675 for seven.
pub(super) fn graphs(lists: usize) -> &'static [Graph] {
    static FOUND: [OnceLock<Vec<Graph>>; MOST_ENUMERATED + 1] =
        [const { OnceLock::new() }; MOST_ENUMERATED + 1];
    // One thread: a thread of a pool that waits in here could be given a task that waits for it.
    FOUND[lists].get_or_init(|| {
        (0..1_u64 << pair_count(lists)).filter_map(|edges| Graph::of_pairs(lists, edges)).collect()
    })
}

/// Those of all graphs that join each of these pairs of lists.
pub(super) fn with(lists: usize, joined: &[(usize, usize)]) -> Vec<&'static Graph> {
    let asked = joined.iter().fold(Model::main(lists), |model, &(i, j)| model.with(i, j));
    graphs(lists).iter().filter(|graph| graph.model(lists).has_pairs_of(asked)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sequence A058862 of the On-Line Encyclopedia of Integer Sequences: labelled chordal graphs.
    #[test]
    fn there_are_as_many_graphs_as_are_known() {
        let known = [1, 2, 8, 61, 822, 18_154, 617_675];
        for (lists, count) in (1..=MOST_ENUMERATED).zip(known) {
            assert_eq!(graphs(lists).len(), count, "{lists} lists");
        }
    }

    fn joined(graph: &Graph, lists: usize, i: usize, j: usize) -> bool {
        graph.model(lists).contains(i, j)
    }

    /// Number of parts of the graph that remains of the lists in `within`.
    fn parts(graph: &Graph, lists: usize, within: u16) -> i32 {
        let (mut left, mut count) = (within, 0);
        while left != 0 {
            count += 1;
            let mut part = left & left.wrapping_neg();
            loop {
                let grown = (0..lists)
                    .filter(|&i| {
                        within >> i & 1 == 1
                            && (0..lists).any(|j| j != i && part >> j & 1 == 1 && joined(graph, lists, i, j))
                    })
                    .fold(part, |part, i| part | 1 << i);
                if grown == part {
                    break;
                }
                part = grown;
            }
            left &= !part;
        }
        count
    }

    /// Cliques are the maximal sets of lists that are all joined, by the definition.
    #[test]
    fn cliques_are_the_maximal_complete_sets() {
        for lists in 2..=5_usize {
            for graph in graphs(lists) {
                let complete = |set: u16| {
                    (0..lists).all(|i| {
                        (i + 1..lists).all(|j| set >> i & set >> j & 1 == 0 || joined(graph, lists, i, j))
                    })
                };
                let mut expected: Vec<u16> = (1..1_u16 << lists)
                    .filter(|&set| {
                        complete(set) && (0..lists).all(|i| set >> i & 1 == 1 || !complete(set | 1 << i))
                    })
                    .collect();
                let mut found = graph.cliques().to_vec();
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{graph:?}");
            }
        }
    }

    /// A set of lists meets as many cliques less separators as its own graph has parts. This is
    /// the identity of the junction tree, and on it the tails of the posterior rest.
    #[test]
    fn cliques_less_separators_count_the_parts_of_every_set_of_lists() {
        for lists in 2..=6_usize {
            for graph in graphs(lists).iter().step_by(if lists == 6 { 37 } else { 1 }) {
                for within in 1..1_u16 << lists {
                    let met = |sets: &[u16]| sets.iter().map(|set| i32::from(set & within != 0)).sum::<i32>();
                    assert_eq!(
                        met(graph.cliques()) - met(graph.separators()),
                        parts(graph, lists, within),
                        "{graph:?} {within:b}"
                    );
                }
            }
        }
    }
}
