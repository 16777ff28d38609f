//! The posterior of a graph and of the number hidden, for all graphs at once.

use std::ops::{Range, RangeInclusive};

use model::CaptureTable;
use rayon::prelude::*;

use super::graphs::Graph;
use super::grid::{Block, Distribution, Grid, blocks};
use crate::numeric::{ln_gamma, ln_gamma_ratio};

/// What lies so far below the highest logarithm that it is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Negligible {
    graph: f64,
    /// The same for a block, which is looked at in its middle only and may be higher at its ends.
    block: f64,
}

impl Negligible {
    /// e⁻⁴⁰, 617,675 times, is less than 10⁻¹¹.
    pub(super) const EXACT: Self = Self { graph: 40.0, block: 75.0 };
    /// For tables of which there are many: e⁻¹², 18,154 times, is about a tenth, but graphs that far down
    /// are few, and their totals like those of the others.
    pub(super) const QUICK: Self = Self { graph: 12.0, block: 35.0 };
}

/// Graphs of one task. Tasks are added up in their order, whoever did them.
const CHUNK: usize = 512;

/// The parts that the marginal likelihoods of all graphs are made of.
///
/// With a Dirichlet prior of weight δ on each of the 2^k cells, a set s of lists has the weight
/// a = δ·2^(k−|s|) on each cell of its margin. Only the cell of those in none of its lists depends
/// on the number hidden, u.
#[derive(Debug)]
pub(super) struct Likelihood {
    lists: usize,
    delta: f64,
    detected: f64,
    /// By set of lists: persons detected in none of them, and the weight a.
    shifts: Vec<f64>,
    /// By set of lists: Σ ln Γ(m + a) over the other cells, less ln Γ(a) for all.
    constants: Vec<f64>,
    /// By set of lists: persons in at least one of them.
    reached: Vec<f64>,
}

impl Likelihood {
    pub(super) fn new(table: &CaptureTable, delta: f64) -> Self {
        let lists = table.lists().len();
        let detected = table.detected() as f64;
        let (mut shifts, mut constants, mut reached) = (Vec::new(), Vec::new(), Vec::new());
        let mut margin = vec![0_u64; 1 << lists];
        for set in 0..1_u32 << lists {
            margin.fill(0);
            for (history, count) in table.counts() {
                margin[(history & set) as usize] += count;
            }
            let weight = delta * f64::from(1_u32 << (lists as u32 - set.count_ones()));
            let at_weight = ln_gamma(weight);
            let others: f64 = margin[1..]
                .iter()
                .filter(|&&count| count > 0)
                .map(|&count| ln_gamma(count as f64 + weight) - at_weight)
                .sum();
            shifts.push(margin[0] as f64 + weight);
            constants.push(others - at_weight);
            reached.push(detected - margin[0] as f64);
        }
        Self { lists, delta, detected, shifts, constants, reached }
    }

    /// Persons who tell of the number hidden under a graph: for each, in how many parts of the
    /// graph the lists that hold them fall, less one. 0 when every person's lists hang together.
    pub(super) fn told(&self, graph: &Graph) -> f64 {
        let sum = |sets: &[u8]| -> f64 { sets.iter().map(|&set| self.reached[usize::from(set)]).sum() };
        sum(graph.cliques()) - sum(graph.separators()) - self.detected
    }

    /// The posterior of a graph falls with this power of the number hidden, before any prior of
    /// the total.
    fn decay(&self, graph: &Graph) -> f64 {
        let cells = |set: &u8| f64::from(1_u32 << (self.lists as u32 - set.count_ones()));
        let empty: f64 = graph.cliques().iter().map(cells).sum();
        let shared: f64 = graph.separators().iter().map(cells).sum();
        let all = f64::from(1_u32 << self.lists);
        self.told(graph) + self.delta * (all + shared - empty)
    }

    fn rows(&self, points: &[f64]) -> Rows {
        let of = |set: usize| {
            points.iter().map(move |&x| self.constants[set] + ln_gamma_ratio(x, self.shifts[set]))
        };
        let terms = (0..self.shifts.len()).into_par_iter().flat_map_iter(of).collect();
        let base =
            points.iter().zip(of(0)).map(|(&x, all)| ln_gamma_ratio(x, self.detected + 1.0) - all).collect();
        Rows { points: points.len(), terms, base }
    }
}

/// The parts of the likelihood at some numbers of hidden persons.
#[derive(Debug)]
struct Rows {
    points: usize,
    /// By set of lists, then by point.
    terms: Vec<f64>,
    /// The binomial coefficient and what the total contributes.
    base: Vec<f64>,
}

impl Rows {
    /// Log marginal likelihood of a graph at each point.
    fn of(&self, graph: &Graph, values: &mut Vec<f64>) {
        values.resize(self.points, 0.0);
        self.within(graph, 0..self.points, values);
    }

    /// The same at some of the points.
    fn within(&self, graph: &Graph, which: Range<usize>, values: &mut [f64]) {
        values.copy_from_slice(&self.base[which.clone()]);
        let row = |set: u8| &self.terms[usize::from(set) * self.points..][which.clone()];
        for &clique in graph.cliques() {
            for (value, term) in values.iter_mut().zip(row(clique)) {
                *value += term;
            }
        }
        for &separator in graph.separators() {
            for (value, term) in values.iter_mut().zip(row(separator)) {
                *value -= term;
            }
        }
    }
}

/// Sums over the number hidden of the posterior before normalisation, with the prior 1/N, times
/// 1, N and N²: with the uniform prior the second is the mass.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    sums: [f64; 3],
    tails: [f64; 3],
}

impl Moments {
    fn add(&mut self, other: &Self) {
        for i in 0..3 {
            self.sums[i] += other.sums[i];
            self.tails[i] += other.tails[i];
        }
    }

    fn total(&self, power: usize) -> f64 {
        self.sums[power] + self.tails[power]
    }
}

/// The joint posterior of graph and number hidden for one δ, with both priors of the total.
#[derive(Debug)]
pub(super) struct Posterior {
    work: Work,
    /// Every graph that is not negligible.
    kept: Vec<(&'static Graph, Moments)>,
    all: Moments,
    /// Sum over graphs at each point, with the prior 1/N.
    mixture: Vec<f64>,
}

impl Posterior {
    /// Over all numbers of hidden persons, or over those in `hidden` only.
    pub(super) fn new(
        table: &CaptureTable,
        delta: f64,
        hidden: Option<&RangeInclusive<u64>>,
        all: &[&'static Graph],
        left_out: Negligible,
    ) -> Self {
        let likelihood = Likelihood::new(table, delta);
        let persons = likelihood.detected + likelihood.shifts[0];
        if let Some(range) = hidden {
            let grid = Grid::fixed(range);
            let coarse: Vec<Look> =
                grid.points.iter().map(|&point| Look { point, block: 0, width: 0.0 }).collect();
            let (_, _, top) = look(&likelihood, all, &coarse, 1, left_out);
            return Self::sum(likelihood, grid, all, top, left_out);
        }
        let blocks = blocks(persons);
        let (kept, blocks_kept, top) = look(&likelihood, all, &looks(&blocks), blocks.len(), left_out);
        let end = blocks.last().map_or(0.0, |block| block.start + block.length);
        let blocks: Vec<Block> =
            blocks.into_iter().zip(blocks_kept).filter(|(_, keep)| *keep).map(|(b, _)| b).collect();
        Self::sum(likelihood, Grid::new(&blocks, end), &kept, top, left_out)
    }

    fn sum(
        likelihood: Likelihood,
        grid: Grid,
        kept: &[&'static Graph],
        top: [f64; 2],
        left_out: Negligible,
    ) -> Self {
        let work = Work::new(likelihood, grid, top, left_out);
        let points = work.grid.points.len();
        let parts: Vec<(Vec<Moments>, Vec<f64>)> = kept
            .par_chunks(CHUNK)
            .map(|chunk| {
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
                (moments, mixture)
            })
            .collect();
        let mut all = Moments::default();
        let mut mixture = vec![0.0; points];
        let mut found = Vec::with_capacity(kept.len());
        for (graphs, (moments, part)) in kept.chunks(CHUNK).zip(parts) {
            for (sum, value) in mixture.iter_mut().zip(part) {
                *sum += value;
            }
            for (graph, moments) in graphs.iter().zip(moments) {
                all.add(&moments);
                found.push((*graph, moments));
            }
        }
        Self { work, kept: found, all, mixture }
    }

    /// Mean of the total under the prior N^(`power` − 1); `None` when it is infinite.
    pub(super) fn mean(&self, power: usize) -> Option<f64> {
        // Graphs that were left out as negligible make the mean infinite all the same.
        self.is_proper(power + 1).then(|| self.all.total(power + 1) / self.all.total(power))
    }

    /// Whether the posterior can be normalised under the prior N^(`power` − 1).
    pub(super) fn is_proper(&self, power: usize) -> bool {
        // The graph that joins all lists falls the slowest; it counts however unlikely it is.
        let cells = (1_u64 << self.work.likelihood.lists) as f64 - 1.0;
        self.work.grid.end.is_none() || self.work.likelihood.delta * cells > power as f64
    }

    /// The graphs that are not negligible, with their posterior probabilities.
    pub(super) fn weights(&self, power: usize) -> impl Iterator<Item = (&'static Graph, f64)> {
        let all = self.all.total(power);
        self.kept.iter().map(move |(graph, moments)| (*graph, moments.total(power) / all))
    }

    /// Persons who tell of the number hidden under a graph.
    pub(super) fn told(&self, graph: &Graph) -> f64 {
        self.work.likelihood.told(graph)
    }

    /// Distribution of the number hidden, averaged over the graphs.
    pub(super) fn distribution(&self, power: usize) -> Distribution {
        self.shaped(&self.mixture, self.all.tails[power], power)
    }

    /// Distribution of the number hidden under one graph.
    pub(super) fn distribution_of(&self, graph: &Graph, power: usize) -> Distribution {
        let mut values = Vec::new();
        let moments = self.work.moments(graph, &mut values, &mut Vec::new());
        self.shaped(&values, moments.tails[power], power)
    }

    fn shaped(&self, values: &[f64], tail: f64, power: usize) -> Distribution {
        let total = |total: &f64| total.powf(power as f64);
        let values: Vec<f64> = values.iter().zip(&self.work.totals).map(|(v, x)| v * total(x)).collect();
        Distribution::new(&self.work.grid, &values, tail)
    }
}

/// What is needed to sum the posterior of a graph.
#[derive(Debug)]
struct Work {
    likelihood: Likelihood,
    grid: Grid,
    /// At the points of the grid, and at its end.
    rows: Rows,
    /// N at the same places.
    totals: Vec<f64>,
    /// At the middle of each block, for its mass under the uniform prior.
    middles: Rows,
    /// What the mass must be above to count.
    least: Vec<f64>,
}

impl Work {
    /// `top` is the highest logarithm of a mass with either prior; values are divided by the first.
    fn new(likelihood: Likelihood, grid: Grid, top: [f64; 2], left_out: Negligible) -> Self {
        let mut points = grid.points.clone();
        points.extend(grid.end);
        let totals: Vec<f64> = points.iter().map(|x| likelihood.detected + x).collect();
        let mut rows = likelihood.rows(&points);
        for (base, total) in rows.base.iter_mut().zip(&totals) {
            *base -= total.ln() + top[0];
        }
        let looked: Vec<f64> = grid.blocks().map(|(block, _)| block.middle()).collect();
        let mut middles = likelihood.rows(&looked);
        for (base, (block, _)) in middles.base.iter_mut().zip(grid.blocks()) {
            *base += block.length.ln();
        }
        let least = |middle: &f64| {
            let inverse = top[0] + (likelihood.detected + middle).ln();
            inverse.min(top[1]) - left_out.block
        };
        let mut least: Vec<f64> = looked.iter().map(least).collect();
        // With a small δ there is a peak at 0 that is not seen from the middle.
        least[0] = f64::NEG_INFINITY;
        Self { likelihood, grid, rows, totals, middles, least }
    }

    /// Sums the posterior of a graph, and leaves its values at the points of the grid. `middles` is
    /// room to work in.
    fn moments(&self, graph: &Graph, values: &mut Vec<f64>, middles: &mut Vec<f64>) -> Moments {
        self.middles.of(graph, middles);
        values.clear();
        values.resize(self.grid.points.len(), 0.0);
        let [mut mass, mut first, mut second] = [0.0; 3];
        for ((_, which), (middle, least)) in self.grid.blocks().zip(middles.iter().zip(&self.least)) {
            if middle < least {
                continue;
            }
            let values = &mut values[which.clone()];
            self.rows.within(graph, which.clone(), values);
            let weights = self.grid.weights[which.clone()].iter().zip(&self.totals[which]);
            for (value, (weight, total)) in values.iter_mut().zip(weights) {
                *value = value.exp();
                let share = *value * weight;
                mass += share;
                first += share * total;
                second += share * total * total;
            }
        }
        let mut moments = Moments { sums: [mass, first, second], tails: [0.0; 3] };
        if let Some(end) = self.grid.end {
            // Out here the value is c·u^−(decay + 1), so the sum over u ≥ end is end·value / decay.
            let decay = self.likelihood.decay(graph);
            let mut last = [0.0];
            self.rows.within(graph, self.grid.points.len()..self.rows.points, &mut last);
            let last = last[0].exp() * end;
            for (power, tail) in moments.tails.iter_mut().enumerate() {
                let left = decay - power as f64;
                *tail = if left > 0.0 { last * end.powf(power as f64) / left } else { f64::INFINITY };
            }
        }
        moments
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
