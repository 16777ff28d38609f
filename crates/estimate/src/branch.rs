//! The model of smallest BIC by branch and bound: the same model as going through all of them
//! finds, for a fraction of the fits. It serves tables that are drawn again a thousand times.

use crate::loglinear::{
    Cells, MAX_STEPS, Model, Solver, THREES_UP_TO, Terms, check_cells, fit_checked, pair_count, pairs, threes,
};
use crate::search::{EXHAUSTIVE_LISTS, Ranked};

/// Newton steps after which the bound of a model without estimate is taken as it is.
const STEPS_FOR_BOUND: usize = 8;
/// BICs that differ by less are equal; then the model that is first in order is taken.
const TIE: f64 = 1e-9;

/// The model of smallest BIC with terms of up to `max_order` lists, as [`best_bic`](crate::search::best_bic) chooses it; `None`
/// when no model has an estimate. `likely` are models worth trying first: they change how long
/// it takes, not what is found.
pub(crate) fn smallest_bic(cells: &Cells, max_order: usize, likely: &[Model]) -> Option<Ranked> {
    let mut search = Search::new(cells);
    let main = Model::main(cells.lists);
    search.try_one(main);
    if max_order >= 2 {
        let most = if max_order == 2 { EXHAUSTIVE_LISTS } else { THREES_UP_TO };
        if cells.lists <= most {
            for &model in likely {
                search.try_one(model);
            }
            let mut free: Vec<u32> = pairs(cells.lists).map(|(i, j)| 1 << i | 1 << j).collect();
            if max_order > 2 {
                free.extend(threes(cells.lists));
            }
            let all = Model::largest(cells.lists, max_order);
            search.visit(all, &free, search.saturated, false, None);
        } else if max_order == 2 && search.best.is_some() {
            search.descend(main);
        }
    }
    let best = search.best?;
    // The search stops a fit as soon as it is good enough to compare; the answer is a full fit.
    let fit = fit_checked(cells, best.model, &mut search.solver).ok()?;
    Some(Ranked { model: fit.model, bic: fit.bic, hidden: fit.hidden })
}

struct Search<'a> {
    cells: &'a Cells,
    solver: Solver,
    /// What a parameter adds to BIC.
    price: f64,
    /// The log-likelihood no model can exceed.
    saturated: f64,
    /// What rounding may do to a log-likelihood.
    slack: f64,
    best: Option<Ranked>,
}

impl<'a> Search<'a> {
    fn new(cells: &'a Cells) -> Self {
        let saturated = cells.support.iter().map(|&h| cells.counts[h as usize]).map(|n| n * n.ln() - n).sum();
        Self {
            cells,
            solver: Solver::new(cells),
            price: cells.detected.ln(),
            saturated,
            slack: TIE + 1e-13 * f64::abs(saturated),
            best: None,
        }
    }

    /// The log-likelihood, without factorials, below which a model of so many parameters cannot
    /// be the best.
    fn floor(&self, parameters: usize) -> f64 {
        self.best.map_or(f64::NEG_INFINITY, |best| {
            (self.price * parameters as f64 - best.bic) / 2.0 + self.cells.log_factorials - self.slack
        })
    }

    fn offer(&mut self, model: Model, log_likelihood: f64) {
        let bic = self.price * model.parameters() as f64 - 2.0 * (log_likelihood - self.cells.log_factorials);
        let better =
            self.best.is_none_or(|best| bic < best.bic - TIE || (bic < best.bic + TIE && model < best.model));
        if better {
            self.best = Some(Ranked { model, bic, hidden: self.solver.hidden() });
        }
    }

    fn try_one(&mut self, model: Model) {
        if check_cells(self.cells, model).holds() {
            let terms = Terms::of(self.cells, model);
            let floor = self.floor(model.parameters());
            let outcome = self.solver.fit_above(self.cells, &terms, None, floor, MAX_STEPS);
            if outcome.converged {
                self.offer(model, outcome.log_likelihood);
            }
        }
    }

    /// Looks at every model that `model` becomes when some of the terms in `free` are taken out.
    ///
    /// None of them has a higher likelihood than `model`, nor fewer parameters than `model` without
    /// all of `free`; when these two together give a BIC above the best, none needs a look.
    /// `ceiling` bounds the log-likelihood of `model`; `sound` says that it is known to have an
    /// estimate; `start` are parameters near it.
    fn visit(&mut self, model: Model, free: &[u32], ceiling: f64, sound: bool, start: Option<&[f64]>) {
        let least = model.parameters() - free.len();
        if ceiling < self.floor(least) {
            return;
        }
        let sound = sound || check_cells(self.cells, model).holds();
        let terms = Terms::of(self.cells, model);
        let steps = if sound { MAX_STEPS } else { STEPS_FOR_BOUND };
        let outcome = self.solver.fit_above(self.cells, &terms, start, self.floor(least), steps);
        if sound && outcome.converged {
            self.offer(model, outcome.log_likelihood);
        }
        let reached = if outcome.converged { outcome.log_likelihood + self.slack } else { outcome.ceiling };
        let ceiling = ceiling.min(reached);
        if free.is_empty() || ceiling < self.floor(least) {
            return;
        }
        let solver = &mut self.solver;
        let place = |term: u32| terms.finite.iter().position(|&finite| finite == term);
        let mut order: Vec<(f64, u32)> = Vec::with_capacity(free.len());
        for &term in free {
            let loss = match place(term) {
                _ if !outcome.converged => 0.0,
                Some(place) => solver.loss_without(place),
                None => 2.0 * solver.expected_without_exclusion(&terms.finite, &terms.empty, term),
            };
            order.push((loss, term));
        }
        // Take out the term that is missed most first: the largest branch is then the worst.
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let order: Vec<u32> = order.into_iter().map(|(_, term)| term).collect();
        // Branches get shorter and their smallest model larger: once one is too costly, all are.
        let worth = (1..=order.len()).take_while(|i| ceiling >= self.floor(least - 1 + i)).count();
        let mut branches = Vec::with_capacity(worth);
        for (i, &term) in order[..worth].iter().enumerate() {
            let smaller = model.without(term);
            let gone = model.parameters() - smaller.parameters();
            let left: Vec<u32> =
                order[i + 1..].iter().copied().filter(|&other| gone == 1 || other & term != term).collect();
            // A pair takes its threes along. Those that this branch has to keep forbid that.
            let forbidden = order.len() - i - left.len() != gone;
            if forbidden {
                continue;
            }
            let start = match place(term) {
                _ if !outcome.converged => None,
                None => Some(self.solver.theta.clone()),
                Some(at) => {
                    let others = terms.finite.iter().enumerate().filter(|(i, _)| *i != at);
                    let values = others.zip(self.solver.start_without(at));
                    Some(values.filter(|((_, other), _)| *other & term != term).map(|(_, x)| x).collect())
                }
            };
            // Without terms that have persons, a model keeps its estimate (see `methods.md`).
            let counted = |other: u32| other & term != term || self.cells.margins[other as usize] > 0.0;
            let inherits = sound && order[i..].iter().all(|&other| counted(other));
            branches.push((smaller, left, inherits, start));
        }
        for (smaller, left, inherits, start) in branches {
            self.visit(smaller, &left, ceiling, inherits, start.as_deref());
        }
    }

    /// From `model`, the best so far, follows single pairs put in or taken out downhill.
    fn descend(&mut self, model: Model) {
        let mut from = model;
        let terms = Terms::of(self.cells, from);
        self.solver.fit_above(self.cells, &terms, None, f64::NEG_INFINITY, MAX_STEPS);
        loop {
            let here: Vec<(u32, f64)> = Terms::of(self.cells, from)
                .finite
                .into_iter()
                .zip(self.solver.theta.iter().copied())
                .collect();
            for q in 0..pair_count(self.cells.lists) {
                let next = from.toggled(q);
                let terms = Terms::of(self.cells, next);
                let known =
                    |term: &u32| here.iter().find(|(t, _)| t == term).map_or(0.0, |(_, theta)| *theta);
                let start: Vec<f64> = terms.finite.iter().map(known).collect();
                let floor = self.floor(next.parameters());
                let outcome = self.solver.fit_above(self.cells, &terms, Some(&start), floor, MAX_STEPS);
                // The dearer question, whether the estimate exists, only of models that would win.
                if outcome.converged
                    && outcome.log_likelihood >= floor
                    && check_cells(self.cells, next).holds()
                {
                    self.offer(next, outcome.log_likelihood);
                }
            }
            match self.best {
                Some(best) if best.model != from => from = best.model,
                _ => return,
            }
            let terms = Terms::of(self.cells, from);
            self.solver.fit_above(self.cells, &terms, None, f64::NEG_INFINITY, MAX_STEPS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::best_bic;
    use proptest::prelude::*;

    fn check(lists: usize, max_order: usize, counts: &[u64], likely: &[Model]) -> Result<(), TestCaseError> {
        let counts = counts.iter().enumerate().map(|(i, &n)| (i as u32 + 1, n));
        let cells = Cells::from_counts(lists, counts);
        let all = best_bic(&cells, max_order);
        let found = smallest_bic(&cells, max_order, likely);
        match (all, found) {
            (Ok(all), Some(found)) => {
                prop_assert!((all.fit.bic - found.bic).abs() < 1e-7, "{} {}", all.fit.bic, found.bic);
                let tied = all.ranking.get(1).is_some_and(|next| next.bic - all.fit.bic < 1e-6);
                prop_assert!(
                    tied || (all.fit.model, all.fit.hidden.to_bits())
                        == (found.model, found.hidden.to_bits())
                );
            }
            (all, found) => prop_assert!(all.is_err() && found.is_none(), "{all:?} {found:?}"),
        }
        Ok(())
    }

    fn sparse() -> impl Strategy<Value = u64> {
        prop_oneof![6 => Just(0_u64), 3 => 1..4_u64, 2 => 4..300_u64]
    }

    fn dense() -> impl Strategy<Value = u64> {
        prop_oneof![1 => 0..4_u64, 2 => 4..500_u64]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

        #[test]
        fn the_model_found_is_that_of_going_through_all(
            sparse in (2..=5_usize).prop_flat_map(|k| (Just(k), prop::collection::vec(sparse(), (1 << k) - 1))),
            dense in (2..=5_usize).prop_flat_map(|k| (Just(k), prop::collection::vec(dense(), (1 << k) - 1))),
            likely in any::<u16>(),
        ) {
            for (lists, counts) in [sparse, dense] {
                let bits = u128::from(likely) & ((1 << pair_count(lists)) - 1);
                check(lists, 2, &counts, &[Model::from_bits(lists, bits)])?;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        #[test]
        fn so_it_is_with_terms_of_three(
            sparse in (3..=5_usize).prop_flat_map(|k| (Just(k), prop::collection::vec(sparse(), (1 << k) - 1))),
            dense in (3..=5_usize).prop_flat_map(|k| (Just(k), prop::collection::vec(dense(), (1 << k) - 1))),
        ) {
            for (lists, counts) in [sparse, dense] {
                check(lists, 3, &counts, &[])?;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn so_it_is_for_six_lists_and_downhill_for_seven(
            six in prop::collection::vec(sparse(), 63),
            seven in prop::collection::vec(sparse(), 127),
        ) {
            check(6, 2, &six, &[])?;
            check(7, 2, &seven, &[])?;
        }
    }
}
