//! The posterior of a graph and of the number hidden, for all graphs at once.

use std::ops::RangeInclusive;

use model::CaptureTable;
use rayon::prelude::*;

use super::graphs::Graph;
use super::grid::{Block, Distribution, Grid, blocks};
use super::likelihood::Likelihood;
use super::sums::{Moments, Negligible, Work};
use crate::watch::Watch;

/// Graphs of one task. Tasks are added up in their order, whoever did them.
const CHUNK: usize = 512;

/// The joint posterior of graph and number hidden for one δ, with both priors of the total.
#[derive(Debug)]
pub(super) struct Posterior {
    work: Work,
    /// Number of all graphs.
    graphs: usize,
    /// Every graph that is not negligible.
    kept: Vec<(&'static Graph, Moments)>,
    all: Moments,
    /// Sum over graphs at each point, with the prior 1/N.
    mixture: Vec<f64>,
}

impl Posterior {
    /// Over all numbers of hidden persons, or over those in `hidden` only; `None` when the work is stopped.
    pub(super) fn new(
        table: &CaptureTable,
        delta: f64,
        hidden: Option<&RangeInclusive<u64>>,
        all: &[&'static Graph],
        left_out: Negligible,
        watch: &Watch,
    ) -> Option<Self> {
        let likelihood = Likelihood::new(table, delta);
        if let Some(range) = hidden {
            let grid = Grid::fixed(range);
            let coarse: Vec<Look> =
                grid.points.iter().map(|&point| Look { point, block: 0, width: 0.0 }).collect();
            let (_, _, top) = look(&likelihood, all, &coarse, 1, left_out);
            let work = Work::new(likelihood, grid, top, left_out);
            return Self::sum(work, all.len(), all, watch);
        }
        let blocks = blocks(likelihood.persons());
        let (kept, blocks_kept, top) = look(&likelihood, all, &looks(&blocks), blocks.len(), left_out);
        let end = blocks.last().map_or(0.0, |block| block.start + block.length);
        let blocks: Vec<Block> =
            blocks.into_iter().zip(blocks_kept).filter(|(_, keep)| *keep).map(|(b, _)| b).collect();
        Self::sum(Work::new(likelihood, Grid::new(&blocks, end), top, left_out), all.len(), &kept, watch)
    }

    fn sum(work: Work, graphs: usize, kept: &[&'static Graph], watch: &Watch) -> Option<Self> {
        watch.units("graphs", kept.len());
        let points = work.grid.points.len();
        let parts: Option<Vec<(Vec<Moments>, Vec<f64>)>> = kept
            .par_chunks(CHUNK)
            .map(|chunk| {
                if watch.is_stopped() {
                    return None;
                }
                let mut mixture = vec![0.0; points];
                let (mut values, mut middles) = (Vec::new(), Vec::new());
                let moments = chunk
                    .iter()
                    .map(|graph| {
                        let moments = work.moments(graph, &mut values, &mut middles);
                        for (sum, value) in mixture.iter_mut().zip(&values) {
                            *sum += value;
                        }
                        moments
                    })
                    .collect();
                watch.done(chunk.len() as u64);
                Some((moments, mixture))
            })
            .collect();
        let mut all = Moments::default();
        let mut mixture = vec![0.0; points];
        let mut found = Vec::with_capacity(kept.len());
        for (graphs, (moments, part)) in kept.chunks(CHUNK).zip(parts?) {
            for (sum, value) in mixture.iter_mut().zip(part) {
                *sum += value;
            }
            for (graph, moments) in graphs.iter().zip(moments) {
                all.add(&moments);
                found.push((*graph, moments));
            }
        }
        Some(Self { work, graphs, kept: found, all, mixture })
    }

    /// Mean of the total under the prior N^(`power` − 1), where it is finite.
    pub(super) fn mean(&self, power: usize) -> f64 {
        self.all.total(power + 1) / self.all.total(power)
    }

    /// The graphs that are not negligible, with their posterior probabilities.
    pub(super) fn weights(&self, power: usize) -> Vec<(&Graph, f64)> {
        let all = self.all.total(power);
        self.kept.iter().map(|(graph, moments)| (*graph, moments.total(power) / all)).collect()
    }

    /// Distribution of the number hidden, averaged over the graphs.
    pub(super) fn distribution(&self, power: usize) -> Distribution {
        let values = self.mixture.iter().zip(&self.work.totals);
        let values: Vec<f64> = values.map(|(value, total)| value * total.powf(power as f64)).collect();
        self.work.distribution(&values, self.all.tails[power])
    }

    /// Number of graphs, negligible ones included.
    pub(super) fn graphs(&self) -> usize {
        self.graphs
    }

    /// What its graphs are summed with.
    pub(super) fn work(&self) -> &Work {
        &self.work
    }
}

/// A point at which all graphs are looked at before they are summed.
struct Look {
    point: f64,
    block: usize,
    /// Logarithm of how many numbers it stands for.
    width: f64,
}

fn looks(blocks: &[Block]) -> Vec<Look> {
    let mut looks = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let width = block.length.ln();
        let mut at = |point| looks.push(Look { point, block: index, width });
        at(block.middle());
        if index == 0 {
            // With a small δ there is a peak at 0 alone.
            [0.0, 1.0, 3.0, 8.0, 24.0].into_iter().for_each(at);
        }
    }
    looks
}

/// The graphs and the blocks that are not negligible, and the highest logarithm seen with the prior
/// 1/N and with the uniform one.
fn look(
    likelihood: &Likelihood,
    all: &[&'static Graph],
    looks: &[Look],
    blocks: usize,
    left_out: Negligible,
) -> (Vec<&'static Graph>, Vec<bool>, [f64; 2]) {
    let points: Vec<f64> = looks.iter().map(|look| look.point).collect();
    let mut rows = likelihood.rows(&points);
    // Mass around each point under the uniform prior; under 1/N it is less by ln N.
    for (base, look) in rows.base.iter_mut().zip(looks) {
        *base += look.width;
    }
    let ln_total: Vec<f64> = points.iter().map(|x| (likelihood.detected + x).ln()).collect();
    let parts: Vec<(Vec<[f64; 2]>, Vec<f64>)> = all
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut highest = vec![f64::NEG_INFINITY; points.len()];
            let mut values = Vec::new();
            let of_graphs = chunk
                .iter()
                .map(|graph| {
                    rows.of(graph, &mut values);
                    let mut best = [f64::NEG_INFINITY; 2];
                    for ((&value, ln_total), highest) in values.iter().zip(&ln_total).zip(&mut highest) {
                        *highest = if value > *highest { value } else { *highest };
                        let less = value - ln_total;
                        best[0] = if less > best[0] { less } else { best[0] };
                        best[1] = if value > best[1] { value } else { best[1] };
                    }
                    best
                })
                .collect();
            (of_graphs, highest)
        })
        .collect();
    let mut highest = vec![f64::NEG_INFINITY; points.len()];
    let mut top = [f64::NEG_INFINITY; 2];
    for (best, part) in &parts {
        for (high, value) in highest.iter_mut().zip(part) {
            *high = high.max(*value);
        }
        for best in best {
            top = [top[0].max(best[0]), top[1].max(best[1])];
        }
    }
    let mut keep = vec![false; blocks];
    for ((look, value), ln_total) in looks.iter().zip(&highest).zip(&ln_total) {
        keep[look.block] |= value - ln_total > top[0] - left_out.block || *value > top[1] - left_out.block;
    }
    let kept = all
        .iter()
        .zip(parts.iter().flat_map(|(best, _)| best))
        .filter(|(_, best)| (0..2).any(|i| best[i] > top[i] - left_out.graph))
        .map(|(graph, _)| *graph)
        .collect();
    (kept, keep, top)
}
