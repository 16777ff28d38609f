//! A Markov chain over decomposable graphs.

use std::collections::HashMap;

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Open01};

use super::Settings;
use super::graphs::Graph;
use super::grid::{Grid, blocks};
use super::likelihood::Likelihood;
use super::sums::{Alone, Negligible, Work};
use crate::loglinear::{Model, pair_count, pairs};

/// The most graphs of which the weight is remembered. When there are more, all are forgotten and summed again.
const REMEMBERED: usize = 1 << 17;

/// How much colder a rung of the ladder is than the next.
const COOLER: f64 = 0.6;
/// Moves for each pair that may change, with which a start is walked away from another.
const WALK: usize = 4;

/// What chains draw from: the graphs that have certain pairs, with the number hidden summed over.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) work: Work,
    /// The prior of the total is N^(`power` − 1).
    pub(super) power: usize,
    pub(super) lists: usize,
    /// Bits of the pairs that every graph joins.
    pub(super) joined: u64,
}

impl Target {
    /// The posterior of these lists, at most [`MOST_LISTS`](super::graphs::MOST_LISTS), which must be proper.
    pub(super) fn new(table: &CaptureTable, settings: &Settings) -> Self {
        let lists = table.lists().len();
        let likelihood = Likelihood::new(table, super::delta(table, settings));
        let grid = if let Some(range) = &settings.hidden {
            Grid::fixed(range)
        } else {
            let blocks = blocks(likelihood.persons());
            let end = blocks.last().map_or(0.0, |block| block.start + block.length);
            Grid::new(&blocks, end)
        };
        let joined = settings.joined.iter().fold(Model::main(lists), |model, &(i, j)| model.with(i, j));
        let joined = (0..pair_count(lists)).zip(pairs(lists)).filter(|(_, (i, j))| joined.contains(*i, *j));
        Self {
            work: Work::new(likelihood, grid, [0.0; 2], Negligible::DRAWN),
            power: settings.prior.power(),
            lists,
            joined: joined.fold(0, |bits, (q, _)| bits | 1 << q),
        }
    }
}

/// The state of a chain after some proposals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    pub(super) graph: Graph,
    /// Number hidden, drawn from its posterior under that graph.
    pub(super) hidden: f64,
    /// Mean of ln N under that graph.
    pub(super) centre: f64,
}

/// One of the states of a tempered chain: it draws graphs in proportion to the power `cold` of their weights.
struct Rung {
    cold: f64,
    graph: Graph,
    weight: f64,
}

/// A tempered chain. Its moves join or part one pair of lists, or do so with two pairs at once, so that one can
/// take the place of another; what is not decomposable then is not moved to (Giudici and Green 1999). As pairs
/// are drawn without regard to the graph, a move and its reverse are proposed equally often.
///
/// With many persons the posterior has modes that single moves do not leave. So the state of interest is the
/// lowest of a ladder, whose upper rungs see ever flatter weights; neighbours change places as Metropolis,
/// Hastings and detailed balance allow (Geyer 1991).
pub(super) struct Chain<'a> {
    target: &'a Target,
    /// Bits of the pairs that may change.
    free: Vec<u64>,
    random: ChaCha8Rng,
    /// The coldest first, which is drawn from.
    rungs: Vec<Rung>,
    /// By the bits of a graph: the graph and the logarithm of its weight, or `None` when it is not decomposable.
    known: HashMap<u64, Option<(Graph, f64)>>,
    alone: Alone,
    /// Proposals of the coldest rung, and those that were accepted.
    pub(super) proposed: u64,
    pub(super) accepted: u64,
}

impl<'a> Chain<'a> {
    /// The chain of this number, which draws from stream `stream.1` of the seed `stream.0`.
    ///
    /// Starts are as far apart as can be: at a graph with few pairs, at the one with all, and so many
    /// moves away from either, all of them accepted, that the counts have no say.
    pub(super) fn new(target: &'a Target, number: usize, rungs: i32, stream: (u64, u64)) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(stream.0);
        random.set_stream(stream.1);
        let free = free(target.lists, target.joined);
        let every = (1 << pair_count(target.lists)) - 1;
        let mut here =
            Graph::filled(target.lists, if number.is_multiple_of(2) { target.joined } else { every });
        for _ in 0..number / 2 * WALK * free.len() {
            here = Graph::of_pairs(target.lists, here.pairs() ^ flips(&free, &mut random)).unwrap_or(here);
        }
        let mut alone = Alone::default();
        let weight = target.work.alone(&here, target.power, &mut alone);
        let rungs = (0..rungs).map(|rung| Rung { cold: COOLER.powi(rung), graph: here, weight }).collect();
        Self { target, free, random, rungs, known: HashMap::new(), alone, proposed: 0, accepted: 0 }
    }

    /// Makes so many proposals on each rung, then proposes that neighbours on the ladder change places.
    pub(super) fn run(&mut self, proposals: usize) {
        for rung in 0..self.rungs.len() {
            for _ in 0..proposals {
                self.step(rung);
            }
        }
        for hotter in (1..self.rungs.len()).rev() {
            let (a, b) = (&self.rungs[hotter - 1], &self.rungs[hotter]);
            let gain = (a.cold - b.cold) * (b.weight - a.weight);
            let chance: f64 = Open01.sample(&mut self.random);
            if chance < gain.exp() {
                self.rungs.swap(hotter - 1, hotter);
                let cold = self.rungs[hotter].cold;
                self.rungs[hotter].cold = self.rungs[hotter - 1].cold;
                self.rungs[hotter - 1].cold = cold;
            }
        }
    }

    fn step(&mut self, rung: usize) {
        let to = self.rungs[rung].graph.pairs() ^ flips(&self.free, &mut self.random);
        let chance: f64 = Open01.sample(&mut self.random);
        self.proposed += u64::from(rung == 0);
        let Some((graph, weight)) = self.weigh(to) else { return };
        let here = &mut self.rungs[rung];
        if chance < (here.cold * (weight - here.weight)).exp() {
            (here.graph, here.weight) = (graph, weight);
            self.accepted += u64::from(rung == 0);
        }
    }

    fn weigh(&mut self, pairs: u64) -> Option<(Graph, f64)> {
        if let Some(known) = self.known.get(&pairs) {
            return *known;
        }
        let Self { target, alone, .. } = self;
        let found = Graph::of_pairs(target.lists, pairs)
            .map(|graph| (graph, target.work.alone(&graph, target.power, alone)));
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(pairs, found);
        found
    }

    /// The state, with a number hidden drawn under its graph.
    pub(super) fn draw(&mut self) -> Draw {
        let Self { target, alone, .. } = self;
        let work = &target.work;
        let graph = self.rungs[0].graph;
        work.alone(&graph, target.power, alone);
        let share: f64 = Open01.sample(&mut self.random);
        let mut left = share * alone.mass;
        // Beyond the grid it is as good as its end.
        let mut hidden = None;
        let mut centre = 0.0;
        let points = || alone.blocks.iter().cloned().flatten();
        for point in points() {
            let mass = alone.values[point] * work.grid.weights[point];
            centre += mass * work.totals[point].ln();
            left -= mass;
            if left <= 0.0 && hidden.is_none() {
                hidden = Some(work.grid.points[point]);
            }
        }
        let last = work.grid.end.or_else(|| work.grid.points.last().copied()).unwrap_or(0.0);
        centre += alone.tail * (work.likelihood.detected + last).ln();
        Draw { graph, hidden: hidden.unwrap_or(last), centre: centre / alone.mass }
    }
}

/// Bits of the pairs that may change.
pub(super) fn free(lists: usize, joined: u64) -> Vec<u64> {
    (0..pair_count(lists)).map(|q| 1 << q).filter(|bit| joined & bit == 0).collect()
}

/// One pair to change or, half of the time, two; 0 when none may change.
fn flips(free: &[u64], random: &mut ChaCha8Rng) -> u64 {
    if free.is_empty() {
        return 0;
    }
    let mut one = || free[below(free.len(), random)];
    let (first, second) = (one(), one());
    // The same pair twice: that one alone.
    if below(2, random) == 0 { first } else { first | second }
}

fn below(count: usize, random: &mut ChaCha8Rng) -> usize {
    let place: f64 = Open01.sample(random);
    (place * count as f64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn adjacent(graph: &Graph, lists: usize, i: usize, j: usize) -> bool {
        i != j && graph.model(lists).contains(i, j)
    }

    /// Whether a path leads from `i` to `j` through lists outside of `closed`.
    fn reaches(graph: &Graph, lists: usize, (i, j): (usize, usize), closed: &dyn Fn(usize) -> bool) -> bool {
        let mut seen = vec![i];
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            for to in 0..lists {
                if adjacent(graph, lists, at, to) && !closed(to) && !seen.contains(&to) {
                    seen.push(to);
                }
            }
        }
        seen.contains(&j)
    }

    /// By the definition: no cycle of four or more is without a chord. Such a cycle has a list whose two
    /// neighbours on it are not joined, and that are joined by a path past all its other neighbours.
    fn has_no_cycle_without_chord(graph: &Graph, lists: usize) -> bool {
        let joined = |i, j| adjacent(graph, lists, i, j);
        (0..lists).all(|v| {
            pairs(lists).all(|(i, j)| {
                let corner = joined(v, i) && joined(v, j) && !joined(i, j);
                let closed = |at| at == v || at != j && joined(v, at);
                !corner || !reaches(graph, lists, (i, j), &closed)
            })
        })
    }

    /// A graph after so many accepted moves from the one without pairs.
    fn walked(lists: usize, moves: usize, seed: u64) -> Vec<Graph> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let free = free(lists, 0);
        let mut here = Graph::filled(lists, 0);
        (0..moves)
            .map(|_| {
                here = Graph::of_pairs(lists, here.pairs() ^ flips(&free, &mut random)).unwrap_or(here);
                here
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        #[test]
        fn every_graph_that_is_moved_to_is_decomposable(lists in 3..=10_usize, seed in any::<u64>()) {
            for graph in walked(lists, 120, seed) {
                prop_assert!(has_no_cycle_without_chord(&graph, lists), "{graph:?}");
            }
        }

        /// Theorems of Frydenberg and Lauritzen (1989) and of Giudici and Green (1999): a pair can be parted
        /// when their common neighbours are all joined, and be joined when these separate the two.
        #[test]
        fn single_moves_are_those_of_the_theorems_and_can_be_undone(lists in 3..=10_usize, seed in any::<u64>()) {
            let graph = *walked(lists, 150, seed).last().expect("a graph");
            let joined = |i, j| adjacent(&graph, lists, i, j);
            for (q, (i, j)) in pairs(lists).enumerate() {
                let common: Vec<usize> = (0..lists).filter(|&v| joined(v, i) && joined(v, j)).collect();
                let allowed = if joined(i, j) {
                    common.iter().all(|&a| common.iter().all(|&b| a == b || joined(a, b)))
                } else {
                    !reaches(&graph, lists, (i, j), &|at| common.contains(&at))
                };
                let moved = Graph::of_pairs(lists, graph.pairs() ^ 1 << q);
                prop_assert_eq!(moved.is_some(), allowed, "{:?} {} {}", graph, i, j);
                if let Some(moved) = moved {
                    prop_assert_eq!(Graph::of_pairs(lists, moved.pairs() ^ 1 << q), Some(graph));
                }
            }
        }

        #[test]
        fn a_filled_graph_is_decomposable_and_keeps_its_pairs(lists in 3..=10_usize, bits in any::<u64>()) {
            let asked = bits & ((1 << pair_count(lists)) - 1);
            let graph = Graph::filled(lists, asked);
            prop_assert_eq!(graph.pairs() & asked, asked);
            prop_assert!(has_no_cycle_without_chord(&graph, lists), "{:?}", graph);
        }
    }

    /// A move and its reverse flip the same pairs, so it is enough that what is flipped does not hang on
    /// the graph and that each pair, and each two of them, come equally often.
    #[test]
    fn pairs_are_proposed_equally_often() {
        let free = free(4, 0b10);
        assert_eq!(free.len(), 5);
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let tries = 100_000;
        for _ in 0..tries {
            *counts.entry(flips(&free, &mut random)).or_default() += 1;
        }
        assert_eq!(counts.len(), 5 + 10);
        for (flipped, count) in counts {
            // Half of the moves are of one pair, and a fifth of the others draw the same one twice.
            let expected = if flipped.is_power_of_two() { 0.6 / 5.0 } else { 0.4 / 10.0 };
            let found = f64::from(count) / f64::from(tries);
            assert!((found - expected).abs() < 0.005, "{flipped:b}: {found} {expected}");
        }
    }
}
