//! The best model of more lists than all models can be gone through for: branch and bound with a bounded
//! number of fits, and what is certain when that number is used up.

use super::{Chosen, Goal, REPORTED, Ranked, fixed, score};
use crate::branch::{Keep, Search};
use crate::loglinear::{Cells, Model, Refusal, Solver, fit_checked};
use crate::watch::Watch;

/// How much work a search may be: about as many floating-point operations.
const WORK: u64 = 20_000_000_000;
/// The most lists for which branches are bounded: beyond, one fit takes too long.
const BRANCH_UP_TO: usize = 10;

/// What the work of a search is counted in.
pub(crate) const FITS: &str = "fits";

/// How many times that all replicates together may be.
const REPLICATES: u64 = 10;

/// How many fits are about [`WORK`]: a few Newton steps each, with transforms and exponentials of the
/// cells and a factor of the Hessian.
pub(crate) fn most_work(cells: &Cells, goal: Goal) -> u64 {
    let size = cells.counts.len() as u64;
    let parameters = Model::largest(cells.lists, goal.max_order).parameters() as u64;
    let step = size * (2 * cells.lists as u64 + 15) + parameters.pow(3) / 6;
    WORK / (3 * step)
}

/// The work that a search may be where it has to be quick: as much as it takes where all models can be gone
/// through, none beyond going downhill where not.
pub(crate) fn quick_work(cells: &Cells, goal: Goal) -> u64 {
    if cells.lists <= goal.exhaustive_lists() { u64::MAX } else { 0 }
}

/// How much work, in fits, the search in each of so many replicates may be beyond going downhill; no bound
/// where all models can be gone through.
pub(crate) fn most_work_each(cells: &Cells, goal: Goal, replicates: usize) -> u64 {
    if cells.lists <= goal.exhaustive_lists() {
        return u64::MAX;
    }
    if !can_branch(cells) {
        return 0;
    }
    REPLICATES * most_work(cells, goal) / replicates.max(1) as u64
}

/// Whether there are few enough lists to bound branches.
pub(crate) fn can_branch(cells: &Cells) -> bool {
    cells.lists <= BRANCH_UP_TO
}

pub(super) fn best_model(cells: &Cells, goal: Goal, watch: &Watch) -> Result<Chosen, Refusal> {
    best_with(cells, goal, most_work(cells, goal), watch)
}

fn best_with(cells: &Cells, goal: Goal, most: u64, watch: &Watch) -> Result<Chosen, Refusal> {
    let mut search = Search::new(cells, goal, Keep::Few(REPORTED), watch);
    search.try_one(goal.forced);
    if search.best.is_none() {
        return fixed(cells, goal.forced);
    }
    search.descend();
    let branches = can_branch(cells);
    let mut gap = None;
    if branches {
        watch.units_at_most(FITS, most);
        let most_in_all = search.work + most;
        search.most_work = search.work + most / 2;
        search.visit_all();
        if search.is_ended() {
            search.most_work = most_in_all;
            search.narrow();
            gap = search.best.map(|best| (best.value - search.lowest).max(0.0));
        } else {
            gap = Some(0.0);
        }
    }
    let mut solver = Solver::new(cells);
    let ranking: Vec<Ranked> = search
        .found
        .iter()
        .filter_map(|found| score(cells, goal.criterion, found.model, &mut solver))
        .collect();
    let best = search.best.ok_or(Refusal::NoEstimate)?;
    let fit = fit_checked(cells, best.model, &mut solver)?;
    Ok(Chosen {
        fit,
        search: if branches { "branch and bound" } else { "models one term apart, downhill" },
        considered: search.fits as usize,
        refused: search.refused as usize,
        not_converged: 0,
        ranking,
        gap,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Criterion;
    use crate::search;
    use proptest::prelude::*;

    fn sparse() -> impl Strategy<Value = u64> {
        prop_oneof![6 => Just(0_u64), 3 => 1..4_u64, 2 => 4..300_u64]
    }

    fn dense() -> impl Strategy<Value = u64> {
        prop_oneof![1 => 0..4_u64, 2 => 4..500_u64]
    }

    fn counts() -> impl Strategy<Value = Vec<u64>> {
        let of = |lists: usize| {
            let cells = (1 << lists) - 1;
            prop_oneof![prop::collection::vec(sparse(), cells), prop::collection::vec(dense(), cells)]
        };
        prop_oneof![3 => of(4), 1 => of(5)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        /// Whatever the work allowed, the gap that is named holds; with enough of it there is none, and
        /// the best few are those of going through all models.
        #[test]
        fn the_gap_holds_and_closes(counts in counts(), most in 1..400_u64, max_order in 2..=3_usize, by in 0..3_usize) {
            let lists = (counts.len() + 1).ilog2() as usize;
            let cells = Cells::from_counts(lists, counts.iter().enumerate().map(|(i, &n)| (i as u32 + 1, n)));
            let goal = Goal::new(lists, max_order, Criterion::ALL[by]);
            let watch = Watch::default();
            let Ok(all) = search::best_model(&cells, goal, &watch) else { return Ok(()) };
            // Without an estimate for independent lists there is nowhere to start from.
            let Ok(bounded) = best_with(&cells, goal, most, &watch) else { return Ok(()) };
            let value = |chosen: &Chosen| chosen.fit.criterion(goal.criterion);
            let gap = bounded.gap.expect("five lists are branched");
            prop_assert!(value(&bounded) - gap <= value(&all) + 1e-6, "{} {gap} {}", value(&bounded), value(&all));
            let complete = best_with(&cells, goal, u64::MAX / 4, &watch)?;
            prop_assert_eq!(complete.gap, Some(0.0));
            let values = |chosen: &Chosen| -> Vec<f64> { chosen.ranking.iter().map(|r| r.value).collect() };
            let (some, every) = (values(&complete), values(&all));
            prop_assert_eq!(some.len(), every.len());
            prop_assert!(some.iter().zip(&every).all(|(a, b)| (a - b).abs() < 1e-6), "{:?} {:?}", some, every);
        }
    }
}
