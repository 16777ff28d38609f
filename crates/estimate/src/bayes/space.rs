//! Which models are averaged over, as sets of terms that may be in or out.

use crate::loglinear::{Model, pairs, threes};

/// The hierarchical models of some lists. A model is a set of bits: bit `q` says that the `q`-th term
/// of [`Space::terms`] is in it. The intercept and the lists always are.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) lists: usize,
    /// Terms that may be in or out, as sets of lists: the pairs in the order of a [`Model`], then the threes.
    pub(super) terms: Vec<u32>,
    /// For each term the terms within it, which a hierarchical model has too.
    within: Vec<u64>,
    /// For each term the terms that contain it, which a model without it has not.
    above: Vec<u64>,
}

impl Space {
    /// All hierarchical models with terms of up to `max_order` lists. The term of all lists together is
    /// never in: no count tells of it.
    pub(super) fn new(lists: usize, max_order: usize) -> Self {
        let mut terms: Vec<u32> = Vec::new();
        if max_order >= 2 && lists > 2 {
            terms.extend(pairs(lists).map(|(i, j)| 1 << i | 1 << j));
        }
        if max_order >= 3 && lists > 3 {
            terms.extend(threes(lists));
        }
        let related = |holds: &dyn Fn(u32, u32) -> bool| -> Vec<u64> {
            terms
                .iter()
                .map(|&term| {
                    let others = terms.iter().enumerate().filter(|&(_, &other)| other != term);
                    others.filter(|&(_, &other)| holds(term, other)).fold(0, |bits, (q, _)| bits | 1 << q)
                })
                .collect()
        };
        let within = related(&|term, other| term & other == other);
        let above = related(&|term, other| term & other == term);
        Self { lists, terms, within, above }
    }

    /// The model with the `q`-th term put in or taken out; `None` when that is not hierarchical.
    pub(super) fn toggled(&self, model: u64, q: usize) -> Option<u64> {
        let hierarchical = if model >> q & 1 == 1 {
            model & self.above[q] == 0
        } else {
            model & self.within[q] == self.within[q]
        };
        hierarchical.then_some(model ^ 1 << q)
    }

    /// ln of the prior probability of a model, up to a constant: each pair is in with probability 1/2,
    /// then each three whose pairs are all in.
    pub(super) fn log_prior(&self, model: u64) -> f64 {
        let open = self
            .terms
            .iter()
            .zip(&self.within)
            .filter(|&(term, within)| term.count_ones() > 2 && model & within == *within)
            .count();
        -(open as f64) * std::f64::consts::LN_2
    }

    /// The terms of a model as sets of lists: the intercept, every list, then those that are in.
    pub(super) fn sets(&self, model: u64) -> Vec<u32> {
        let chosen = self.terms.iter().enumerate().filter(|&(q, _)| model >> q & 1 == 1);
        std::iter::once(0)
            .chain((0..self.lists).map(|i| 1 << i))
            .chain(chosen.map(|(_, &term)| term))
            .collect()
    }

    /// Number of pairs among the terms.
    pub(super) fn pairs(&self) -> usize {
        self.terms.iter().filter(|term| term.count_ones() == 2).count()
    }

    /// The model in the form in which it is shown.
    pub(super) fn model(&self, bits: u64) -> Model {
        let mut model = Model::main(self.lists);
        for (_, &term) in self.terms.iter().enumerate().filter(|&(q, _)| bits >> q & 1 == 1) {
            let lists: Vec<usize> = (0..self.lists).filter(|i| term >> i & 1 == 1).collect();
            model = match lists[..] {
                [i, j] => model.with(i, j),
                [i, j, k] => model.with_three(i, j, k),
                _ => model,
            };
        }
        model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every model is reached by single steps, and none that is not hierarchical: 8, 113, 1,024 and 6,212
    /// as by enumeration, less the three lists' three.
    #[test]
    fn steps_reach_all_hierarchical_models_and_no_others() {
        for (lists, order, count) in
            [(3, 1, 1), (3, 2, 8), (3, 3, 8), (4, 3, 113), (5, 2, 1024), (5, 3, 6212)]
        {
            let space = Space::new(lists, order);
            let mut found = std::collections::BTreeSet::from([0_u64]);
            let mut open = vec![0_u64];
            while let Some(model) = open.pop() {
                for q in 0..space.terms.len() {
                    if let Some(next) = space.toggled(model, q) {
                        assert_eq!(space.toggled(next, q), Some(model), "steps can be taken back");
                        if found.insert(next) {
                            open.push(next);
                        }
                    }
                }
            }
            assert_eq!(found.len(), count, "{lists} lists, order {order}");
            let mass: f64 = found.iter().map(|&model| space.log_prior(model).exp()).sum();
            let pairs = space.pairs() as f64;
            assert!((mass / pairs.exp2() - 1.0).abs() < 1e-12, "the threes' probabilities sum to 1: {mass}");
            for &model in &found {
                assert_eq!(space.model(model).terms(), space.sets(model));
            }
        }
    }
}
