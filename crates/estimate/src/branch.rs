//! The best models by branch and bound: the same that going through all of them finds, for a fraction
//! of the fits. It serves tables that are drawn again a thousand times, and those with too many lists
//! to go through all models.

use std::collections::BTreeSet;

use crate::loglinear::{
    Cells, Fit, MAX_STEPS, Model, Outcome, Solver, Terms, check_cells, fit_checked, pairs, surely_sound,
    threes,
};
use crate::search::{Goal, Ranked};
use crate::watch::Watch;

/// Newton steps after which the bound of a model without estimate is taken as it is.
const STEPS_FOR_BOUND: usize = 8;
/// Fits that take about as long as deciding in exact arithmetic whether a model has an estimate.
const EXACT: u64 = 20;
/// Values of the criterion that differ by less are equal; then the model that is first in order is
/// taken.
const TIE: f64 = 1e-9;

/// The best model of `goal`, as [`best_model`](crate::search::best_model) chooses it; `None`
/// when no model has an estimate. `likely` are models worth trying first: they change how long
/// it takes, not what is found, as long as that takes no more work than `most_work`, in fits. Once `watch` is
/// stopped, what comes back is of no use.
pub(crate) fn smallest(
    cells: &Cells,
    goal: Goal,
    likely: &[Model],
    most_work: u64,
    watch: &Watch,
) -> Option<Fit> {
    let mut search = Search::new(cells, goal, Keep::Few(1), watch);
    search.try_one(goal.forced);
    if goal.max_order >= 2 {
        for &model in likely.iter().filter(|model| model.has_pairs_of(goal.forced)) {
            search.try_one(model);
        }
        if cells.lists > goal.exhaustive_lists() {
            search.descend();
        }
        search.most_work = search.work.saturating_add(most_work);
        search.visit_all();
    }
    let best = search.best?;
    // The search stops a fit as soon as it is good enough to compare; the answer is a full fit.
    fit_checked(cells, best.model, &mut search.solver).ok()
}

/// Which of the models seen are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Keep {
    /// So many of the best, without the standard errors of their hidden counts.
    Few(usize),
    /// All within so much of the best.
    Within(f64),
}

pub(crate) struct Search<'a> {
    cells: &'a Cells,
    goal: Goal,
    keep: Keep,
    solver: Solver,
    /// The log-likelihood no model can exceed.
    saturated: f64,
    /// What rounding may do to a log-likelihood.
    slack: f64,
    pub(crate) best: Option<Ranked>,
    /// The models kept; the best first when they are few, otherwise in no order.
    pub(crate) found: Vec<Ranked>,
    /// The models that were kept within a window at any time.
    seen: BTreeSet<Model>,
    /// When positive, branches that cannot better the best by more than this are left as they are.
    pub(crate) tolerated: f64,
    /// No model in a branch that was left as it is has a smaller value.
    pub(crate) lowest: f64,
    /// Fits made, those for a bound included.
    pub(crate) fits: u64,
    /// Models that were good enough but have no estimate.
    pub(crate) refused: u64,
    /// Work done, in fits; and the most of it.
    pub(crate) work: u64,
    pub(crate) most_work: u64,
    watch: &'a Watch,
}

impl<'a> Search<'a> {
    pub(crate) fn new(cells: &'a Cells, goal: Goal, keep: Keep, watch: &'a Watch) -> Self {
        let saturated = cells.support.iter().map(|&h| cells.counts[h as usize]).map(|n| n * n.ln() - n).sum();
        Self {
            cells,
            goal,
            keep,
            solver: Solver::new(cells),
            saturated,
            slack: TIE + 1e-13 * f64::abs(saturated),
            best: None,
            found: Vec::new(),
            seen: BTreeSet::new(),
            tolerated: 0.0,
            lowest: f64::INFINITY,
            fits: 0,
            refused: 0,
            work: 0,
            most_work: u64::MAX,
            watch,
        }
    }

    /// The value of a model with so many parameters and such a log-likelihood, without factorials.
    fn value(&self, parameters: usize, log_likelihood: f64) -> f64 {
        self.goal.criterion.penalty(parameters, self.cells.detected)
            - 2.0 * (log_likelihood - self.cells.log_factorials)
    }

    /// Models above this value are not kept.
    fn threshold(&self) -> f64 {
        match self.keep {
            Keep::Few(few) => self.found.get(few - 1).map_or(f64::INFINITY, |last| last.value),
            Keep::Within(window) => self.best.map_or(f64::INFINITY, |best| best.value + window),
        }
    }

    /// The log-likelihood, without factorials, below which a model of so many parameters need not
    /// be looked at.
    fn floor(&self, parameters: usize) -> f64 {
        let threshold = match self.best {
            Some(best) if self.tolerated > 0.0 => best.value - self.tolerated,
            _ => self.threshold(),
        };
        if threshold == f64::INFINITY {
            return f64::NEG_INFINITY;
        }
        let penalty = self.goal.criterion.penalty(parameters, self.cells.detected);
        (penalty - threshold) / 2.0 + self.cells.log_factorials - self.slack
    }

    fn offer(&mut self, model: Model, log_likelihood: f64) {
        let value = self.value(model.parameters(), log_likelihood);
        if !value.is_finite() || value > self.threshold() + TIE {
            return;
        }
        let mut new = Ranked { model, value, hidden: self.solver.hidden(), log_error: f64::NAN };
        let before =
            |known: Ranked| known.value < value - TIE || (known.value < value + TIE && known.model <= model);
        let improves = !self.best.is_some_and(before);
        if improves {
            self.best = Some(new);
        }
        match self.keep {
            Keep::Few(_) if self.found.iter().any(|known| known.model == model) => {}
            Keep::Few(few) => {
                let place = self.found.iter().take_while(|&&known| before(known)).count();
                self.found.insert(place, new);
                self.found.truncate(few);
            }
            Keep::Within(_) if self.seen.insert(model) => {
                new.log_error = self.solver.log_hidden_error(&Terms::of(self.cells, model).finite);
                self.found.push(new);
                if improves {
                    let threshold = self.threshold();
                    self.found.retain(|known| known.value <= threshold);
                }
            }
            Keep::Within(_) => {}
        }
    }

    fn count_fit(&mut self) {
        self.fits += 1;
        self.work += 1;
        self.watch.done(1);
    }

    /// Whether the work that is allowed has been done, or was stopped.
    pub(crate) fn is_ended(&self) -> bool {
        self.work >= self.most_work || self.watch.is_stopped()
    }

    /// Whether the model has a unique estimate; in exact arithmetic where that is not plain at once.
    fn has_estimate(&mut self, model: Model) -> bool {
        if surely_sound(self.cells, &Terms::of(self.cells, model)) {
            return true;
        }
        self.work += EXACT;
        self.watch.done(EXACT);
        let sound = check_cells(self.cells, model).holds();
        self.refused += u64::from(!sound);
        sound
    }

    pub(crate) fn try_one(&mut self, model: Model) {
        let terms = Terms::of(self.cells, model);
        let floor = self.floor(model.parameters());
        self.count_fit();
        let outcome = self.solver.fit_above(self.cells, &terms, None, floor, MAX_STEPS);
        // The dearer question, whether the estimate exists, only of models that would be kept.
        if outcome.converged && outcome.log_likelihood >= floor && self.has_estimate(model) {
            self.offer(model, outcome.log_likelihood);
        }
    }

    /// Looks at every model of the goal that may be kept.
    pub(crate) fn visit_all(&mut self) {
        let free = pairs(self.cells.lists).filter(|&(i, j)| !self.goal.forced.contains(i, j));
        let mut free: Vec<u32> = free.map(|(i, j)| 1 << i | 1 << j).collect();
        if self.goal.max_order > 2 {
            free.extend(threes(self.cells.lists));
        }
        let all = Model::largest(self.cells.lists, self.goal.max_order);
        self.visit(all, &free, self.saturated, false, None);
    }

    /// Bounds by how much a model may be better than the best, where [`Self::visit_all`] could not end: by half
    /// as much each time, as far as the fits reach.
    pub(crate) fn narrow(&mut self) {
        let mut certain = self.lowest;
        while let Some(best) = self.best
            && !self.is_ended()
            && best.value - certain > TIE
        {
            self.tolerated = (best.value - certain) / 2.0;
            self.lowest = f64::INFINITY;
            self.visit_all();
            certain = certain.max(self.lowest);
        }
        self.tolerated = 0.0;
        self.lowest = certain;
    }

    /// Notes that no model with at least `least` parameters and at most this log-likelihood was looked at.
    fn leave(&mut self, ceiling: f64, least: usize) {
        self.lowest = self.lowest.min(self.value(least, ceiling));
    }

    /// Looks at every model that `model` becomes when some of the terms in `free` are taken out.
    ///
    /// None of them has a higher likelihood than `model`, nor fewer parameters than `model` without
    /// all of `free`; when these two together give a value above the threshold, none needs a look.
    /// `ceiling` bounds the log-likelihood of `model`; `sound` says that it is known to have an
    /// estimate; `start` are parameters near it.
    fn visit(&mut self, model: Model, free: &[u32], ceiling: f64, sound: bool, start: Option<&[f64]>) {
        let least = model.parameters() - free.len();
        if ceiling < self.floor(least) || self.is_ended() {
            return self.leave(ceiling, least);
        }
        let terms = Terms::of(self.cells, model);
        let mut sound = sound || surely_sound(self.cells, &terms);
        let steps = if sound { MAX_STEPS } else { STEPS_FOR_BOUND };
        self.count_fit();
        let mut outcome = self.solver.fit_above(self.cells, &terms, start, self.floor(least), steps);
        let slack = self.slack;
        let reach = |outcome: &Outcome| {
            ceiling.min(if outcome.converged { outcome.log_likelihood + slack } else { outcome.ceiling })
        };
        // The dearer question, whether the estimate exists, only of models that may be kept.
        if !sound && reach(&outcome) < self.floor(model.parameters()) {
            self.leave(reach(&outcome), model.parameters());
        } else if !sound {
            sound = self.has_estimate(model);
            if sound && !outcome.converged {
                let start = self.solver.theta.clone();
                outcome =
                    self.solver.fit_above(self.cells, &terms, Some(&start), self.floor(least), MAX_STEPS);
            }
        }
        if sound && outcome.converged {
            self.offer(model, outcome.log_likelihood);
        }
        let ceiling = reach(&outcome);
        if ceiling < self.floor(least) {
            return self.leave(ceiling, least);
        }
        if free.is_empty() {
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
        if worth < order.len() {
            self.leave(ceiling, least + worth);
        }
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

    /// From the best so far, follows single terms put in or taken out downhill.
    pub(crate) fn descend(&mut self) {
        while let Some(from) = self.best {
            self.look_around(from.model);
            if self.best.is_some_and(|best| best.model == from.model) {
                return;
            }
        }
    }

    /// Looks around each of the models kept, the best first, and around those found so, as long as the work
    /// allowed lasts.
    pub(crate) fn widen(&mut self) {
        let mut done = BTreeSet::new();
        while !self.is_ended() {
            let left = self.found.iter().filter(|known| !done.contains(&known.model));
            let Some(next) = left.min_by(|a, b| a.value.total_cmp(&b.value).then(a.model.cmp(&b.model)))
            else {
                return;
            };
            let next = next.model;
            done.insert(next);
            self.look_around(next);
        }
    }

    /// Looks at the models that differ from `model`, which has an estimate, by one term.
    fn look_around(&mut self, model: Model) {
        let terms = Terms::of(self.cells, model);
        self.solver.fit_above(self.cells, &terms, None, f64::NEG_INFINITY, MAX_STEPS);
        let here: Vec<(u32, f64)> =
            terms.finite.iter().copied().zip(self.solver.theta.iter().copied()).collect();
        for next in model.neighbours(self.goal.max_order) {
            if self.is_ended() {
                return;
            }
            if !next.has_pairs_of(self.goal.forced) {
                continue;
            }
            let terms = Terms::of(self.cells, next);
            let known = |term: &u32| here.iter().find(|(t, _)| t == term).map_or(0.0, |(_, theta)| *theta);
            let start: Vec<f64> = terms.finite.iter().map(known).collect();
            let floor = self.floor(next.parameters());
            self.count_fit();
            let outcome = self.solver.fit_above(self.cells, &terms, Some(&start), floor, MAX_STEPS);
            if outcome.converged && outcome.log_likelihood >= floor && self.has_estimate(next) {
                self.offer(next, outcome.log_likelihood);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Criterion;
    use crate::loglinear::pair_count;
    use crate::search::best_model;
    use proptest::prelude::*;

    fn check(lists: usize, max_order: usize, counts: &[u64], likely: &[Model]) -> Result<(), TestCaseError> {
        let counts = counts.iter().enumerate().map(|(i, &n)| (i as u32 + 1, n));
        let cells = Cells::from_counts(lists, counts);
        // A table goes with one criterion, so that all of them have their turn.
        let criterion = Criterion::ALL[cells.detected as usize % 3];
        check_goal(&cells, Goal::new(lists, max_order, criterion), likely)?;
        // Of the lists that overlap, the first two must depend on each other.
        if cells.margins[3] > 0.0 && lists < 6 {
            let forced = Model::main(lists).with(0, 1);
            check_goal(&cells, Goal { forced, ..Goal::new(lists, max_order, criterion) }, likely)?;
        }
        Ok(())
    }

    fn check_goal(cells: &Cells, goal: Goal, likely: &[Model]) -> Result<(), TestCaseError> {
        let all = best_model(cells, goal, &Watch::default());
        let found = smallest(cells, goal, likely, u64::MAX, &Watch::default());
        match (all, found) {
            (Ok(all), Some(found)) => {
                let value = |fit: &Fit| fit.criterion(goal.criterion);
                prop_assert!(found.model.has_pairs_of(goal.forced));
                prop_assert!((value(&all.fit) - value(&found)).abs() < 1e-7, "{:?} {found:?}", all.fit);
                let tied = all.ranking.get(1).is_some_and(|next| next.value - all.ranking[0].value < 1e-6);
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
        fn so_it_is_for_six_lists(six in prop::collection::vec(sparse(), 63)) {
            check(6, 2, &six, &[])?;
        }
    }
}
