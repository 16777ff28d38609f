//! The marginal likelihood of a graph as a function of the number hidden, from parts that all graphs share.

use std::ops::Range;

use model::CaptureTable;
use rayon::prelude::*;

use super::graphs::Graph;
use crate::numeric::{ln_gamma, ln_gamma_ratio};

/// The parts that the marginal likelihoods of all graphs are made of.
///
/// With a Dirichlet prior of weight δ on each of the 2^k cells, a set s of lists has the weight
/// a = δ·2^(k−|s|) on each cell of its margin. Only the cell of those in none of its lists depends
/// on the number hidden, u.
#[derive(Debug)]
pub(super) struct Likelihood {
    pub(super) lists: usize,
    pub(super) delta: f64,
    pub(super) detected: f64,
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

    /// The weight of the persons detected in no list of any, and of all persons: on what scale the number
    /// hidden can be.
    pub(super) fn persons(&self) -> f64 {
        self.detected + self.shifts[0]
    }

    /// Persons who tell of the number hidden under a graph: for each, in how many parts of the
    /// graph the lists that hold them fall, less one. 0 when every person's lists hang together.
    pub(super) fn told(&self, graph: &Graph) -> f64 {
        let sum = |sets: &[u16]| -> f64 { sets.iter().map(|&set| self.reached[usize::from(set)]).sum() };
        sum(graph.cliques()) - sum(graph.separators()) - self.detected
    }

    /// The posterior of a graph falls with this power of the number hidden, before any prior of
    /// the total.
    pub(super) fn decay(&self, graph: &Graph) -> f64 {
        let cells = |set: &u16| f64::from(1_u32 << (self.lists as u32 - set.count_ones()));
        let empty: f64 = graph.cliques().iter().map(cells).sum();
        let shared: f64 = graph.separators().iter().map(cells).sum();
        let all = f64::from(1_u32 << self.lists);
        self.told(graph) + self.delta * (all + shared - empty)
    }

    pub(super) fn rows(&self, points: &[f64]) -> Rows {
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
pub(super) struct Rows {
    pub(super) points: usize,
    /// By set of lists, then by point.
    terms: Vec<f64>,
    /// The binomial coefficient and what the total contributes.
    pub(super) base: Vec<f64>,
}

impl Rows {
    /// Log marginal likelihood of a graph at each point.
    pub(super) fn of(&self, graph: &Graph, values: &mut Vec<f64>) {
        values.resize(self.points, 0.0);
        self.within(graph, 0..self.points, values);
    }

    /// The same at some of the points.
    pub(super) fn within(&self, graph: &Graph, which: Range<usize>, values: &mut [f64]) {
        values.copy_from_slice(&self.base[which.clone()]);
        let row = |set: u16| &self.terms[usize::from(set) * self.points..][which.clone()];
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
