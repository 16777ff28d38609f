//! Sums over the number hidden, one graph at a time.

use std::ops::Range;

use super::graphs::Graph;
use super::grid::{Distribution, Grid};
use super::likelihood::{Likelihood, Rows};

/// What lies so far below the highest logarithm that it is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Negligible {
    pub(super) graph: f64,
    /// The same for a block, which is looked at in its middle only and may be higher at its ends.
    pub(super) block: f64,
}

impl Negligible {
    /// e⁻⁴⁰, 617,675 times, is less than 10⁻¹¹.
    pub(super) const EXACT: Self = Self { graph: 40.0, block: 75.0 };
    /// For tables of which there are many: e⁻¹², 18,154 times, is about a tenth, but graphs that far down
    /// are few, and their totals like those of the others.
    pub(super) const QUICK: Self = Self { graph: 12.0, block: 35.0 };
    /// For graphs that are drawn: none is left out, and blocks are held against the highest of the same graph.
    pub(super) const DRAWN: Self = Self { graph: f64::INFINITY, block: 40.0 };
}

/// What is needed to sum the posterior of a graph.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) likelihood: Likelihood,
    pub(super) grid: Grid,
    /// At the points of the grid, and at its end.
    rows: Rows,
    /// N at the same places.
    pub(super) totals: Vec<f64>,
    /// At the middle of each block, for its mass under the uniform prior.
    middles: Rows,
    /// ln N there.
    ln_totals: Vec<f64>,
    /// What the mass must be above to count, beside the highest of all graphs.
    least: Vec<f64>,
    left_out: Negligible,
}

impl Work {
    /// `top` is the highest logarithm of a mass with either prior; values are divided by the first.
    pub(super) fn new(likelihood: Likelihood, grid: Grid, top: [f64; 2], left_out: Negligible) -> Self {
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
        let ln_totals = looked.iter().map(|middle| (likelihood.detected + middle).ln()).collect();
        Self { likelihood, grid, rows, totals, middles, ln_totals, least, left_out }
    }

    /// Sums the posterior of a graph, and leaves its values at the points of the grid. `middles` is
    /// room to work in.
    pub(super) fn moments(&self, graph: &Graph, values: &mut Vec<f64>, middles: &mut Vec<f64>) -> Moments {
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

    /// Sums the posterior of a graph by itself under the prior N^(`power` − 1), however unlikely it is beside
    /// others, and leaves its values in `alone`. Returns the logarithm of the sum, on a scale that is the same
    /// for all graphs.
    ///
    /// The posterior must be proper: see [`Self::is_proper`].
    pub(super) fn alone(&self, graph: &Graph, power: usize, alone: &mut Alone) -> f64 {
        self.middles.of(graph, &mut alone.middles);
        let mut highest = f64::NEG_INFINITY;
        for (middle, ln_total) in alone.middles.iter_mut().zip(&self.ln_totals) {
            *middle += (power as f64 - 1.0) * ln_total;
            highest = highest.max(*middle);
        }
        let least = highest - self.left_out.block;
        alone.values.clear();
        alone.values.resize(self.grid.points.len(), 0.0);
        alone.blocks.clear();
        let mut top = f64::NEG_INFINITY;
        for (index, (_, which)) in self.grid.blocks().enumerate() {
            // With a small δ there is a peak at 0 that is not seen from the middle.
            if index > 0 && alone.middles[index] < least {
                continue;
            }
            let values = &mut alone.values[which.clone()];
            self.rows.within(graph, which.clone(), values);
            top = values.iter().fold(top, |top, value| if *value > top { *value } else { top });
            alone.blocks.push(which);
        }
        let raised = |total: f64| (0..power).fold(1.0, |product, _| product * total);
        let mut mass = 0.0;
        for which in &alone.blocks {
            let weights = self.grid.weights[which.clone()].iter().zip(&self.totals[which.clone()]);
            for (value, (weight, total)) in alone.values[which.clone()].iter_mut().zip(weights) {
                *value = (*value - top).exp() * raised(*total);
                mass += *value * weight;
            }
        }
        alone.tail = 0.0;
        if let Some(end) = self.grid.end {
            // As in `moments`.
            let mut last = [0.0];
            self.rows.within(graph, self.grid.points.len()..self.rows.points, &mut last);
            let left = self.likelihood.decay(graph) - power as f64;
            alone.tail = (last[0] - top).exp() * end * raised(end) / left;
        }
        alone.mass = mass + alone.tail;
        top + alone.mass.ln()
    }

    /// The distribution of the number hidden from values at the points of the grid and what lies beyond.
    pub(super) fn distribution(&self, values: &[f64], tail: f64) -> Distribution {
        Distribution::new(&self.grid, values, tail)
    }

    /// Distribution of the number hidden under one graph and the prior N^(`power` − 1).
    pub(super) fn distribution_of(&self, graph: &Graph, power: usize) -> Distribution {
        let mut alone = Alone::default();
        self.alone(graph, power, &mut alone);
        self.distribution(&alone.values, alone.tail)
    }
}

/// The posterior of the number hidden under one graph, and room to sum it in.
#[derive(Debug, Default)]
pub(super) struct Alone {
    /// At the points of the grid, on a scale of its own.
    pub(super) values: Vec<f64>,
    /// The sum beyond the end of the grid.
    pub(super) tail: f64,
    /// The sum of all.
    pub(super) mass: f64,
    /// Where the values are not 0.
    pub(super) blocks: Vec<Range<usize>>,
    middles: Vec<f64>,
}

/// Sums over the number hidden of the posterior before normalisation, with the prior 1/N, times
/// 1, N and N²: with the uniform prior the second is the mass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    pub(super) sums: [f64; 3],
    pub(super) tails: [f64; 3],
}

impl Moments {
    pub(super) fn add(&mut self, other: &Self) {
        for i in 0..3 {
            self.sums[i] += other.sums[i];
            self.tails[i] += other.tails[i];
        }
    }

    pub(super) fn total(&self, power: usize) -> f64 {
        self.sums[power] + self.tails[power]
    }
}
