//! Which pairs of lists depend on each other within the strata.

use rayon::prelude::*;

use super::likelihood::{Scratch, Shape, Stratum, backward, factorise, forward};
use super::{LIST_ERROR, PAIR_ERROR};
use crate::loglinear::{Cells, Model, check_cells, must_hold, pair_count};

/// Newton's steps for one model; it needs 5 to 10.
const MAX_STEPS: usize = 50;

/// A model of all strata in which each has its own lists and all have the same pairs.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) model: Model,
    pub(super) bic: f64,
    /// Parameters of each stratum: lists of its own, then the common pairs.
    pub(super) theta: Vec<Vec<f64>>,
}

/// The model of smallest BIC that adding and removing one pair at a time can reach from the pairs of
/// `forced`, which stay, each stratum with its own number of persons and its own lists.
///
/// On the sum of the strata, lists would seem to depend on each other only because strata
/// differ in how they are seen; here that is no reason for a pair. `pooled` is that sum, and a pair
/// must have a unique estimate in it.
///
/// # Errors
/// In words, when a pair of `forced` has none, or nothing could be fitted.
pub(super) fn choose(
    pooled: &Cells,
    strata: &[Cells],
    forced: Model,
    max_order: usize,
) -> Result<Common, String> {
    if forced.pair_count() > 0 {
        must_hold(pooled, forced).map_err(|why| {
            format!("with the lists that depend on each other, of all groups together: {why}")
        })?;
    }
    let mut best = fit(strata, forced, None)
        .ok_or_else(|| "no log-linear model could be fitted to the groups together".to_owned())?;
    if max_order < 2 {
        return Ok(best);
    }
    loop {
        let tried: Vec<Option<Common>> = (0..pair_count(pooled.lists))
            .into_par_iter()
            .map(|q| {
                let model = best.model.toggled(q);
                let allowed = model.has_pairs_of(forced) && check_cells(pooled, model).holds();
                allowed.then(|| fit(strata, model, Some(&best))).flatten()
            })
            .collect();
        let better = tried.into_iter().flatten().min_by(|a, b| a.bic.total_cmp(&b.bic));
        match better {
            // A gain below rounding would go round in circles.
            Some(better) if better.bic < best.bic - 1e-6 => best = better,
            _ => return Ok(best),
        }
    }
}

pub(super) fn stratum(cells: &Cells, shape: &Shape) -> Stratum {
    let margins = shape.terms.iter().map(|&term| cells.margins[term as usize]).collect();
    Stratum { detected: cells.detected, margins }
}

/// Maximum of the likelihood with the vague normal prior of the common values on every parameter,
/// which keeps those of empty overlaps finite.
fn fit(strata: &[Cells], model: Model, start: Option<&Common>) -> Option<Common> {
    let shape = Shape::new(model);
    let seen: Vec<Stratum> = strata.iter().map(|cells| stratum(cells, &shape)).collect();
    let old = start.map(|common| (Shape::new(common.model), &common.theta));
    let first = |s: usize, term: u32| {
        let (shape, theta) = old.as_ref()?;
        shape.terms.iter().position(|&t| t == term).map(|i| theta[s][i])
    };
    let mut theta: Vec<Vec<f64>> = (0..seen.len())
        .map(|s| shape.terms.iter().map(|&term| first(s, term).unwrap_or(0.0)).collect())
        .collect();
    let mut newton = Newton::new(&shape, seen.len());
    let mut value = f64::NEG_INFINITY;
    for _ in 0..MAX_STEPS {
        let promise = newton.step(&shape, &seen, &theta)?;
        value = newton.value;
        if promise < 1e-8 {
            break;
        }
        let mut length = 1.0;
        loop {
            let next = newton.moved(&theta, length);
            if newton.posterior(&shape, &seen, &next) >= value || length < 1e-6 {
                theta = next;
                break;
            }
            length *= 0.5;
        }
    }
    let likelihood: f64 = {
        let mut scratch = Scratch::new(&shape);
        seen.iter().zip(&theta).map(|(seen, theta)| scratch.value(&shape, seen, theta)).sum()
    };
    let persons: f64 = seen.iter().map(|stratum| stratum.detected).sum();
    let bic = model.pair_count() as f64 * persons.ln() - 2.0 * likelihood;
    value.is_finite().then_some(Common { model, bic, theta })
}

/// One Newton step for all strata: those of the lists are eliminated stratum by stratum (Schur's
/// complement), so the cost is linear in the number of strata.
struct Newton {
    scratch: Scratch,
    lists: usize,
    value: f64,
    /// Factor of the lists' block of each stratum, then the rows of its pairs.
    blocks: Vec<Vec<f64>>,
    /// L⁻¹·gradient of the lists of each stratum, later their step.
    lists_step: Vec<Vec<f64>>,
    pairs_step: Vec<f64>,
}

impl Newton {
    fn new(shape: &Shape, strata: usize) -> Self {
        let p = shape.size();
        Self {
            scratch: Scratch::new(shape),
            lists: shape.lists,
            value: f64::NAN,
            blocks: vec![vec![0.0; p * (p + 1) / 2]; strata],
            lists_step: vec![Vec::new(); strata],
            pairs_step: Vec::new(),
        }
    }

    fn precision(&self, i: usize) -> f64 {
        if i < self.lists { LIST_ERROR.powi(-2) } else { PAIR_ERROR.powi(-2) }
    }

    /// Log-posterior; the pairs are the same in every stratum and have one prior.
    fn posterior(&mut self, shape: &Shape, seen: &[Stratum], theta: &[Vec<f64>]) -> f64 {
        let mut sum = 0.0;
        for (s, (stratum, theta)) in seen.iter().zip(theta).enumerate() {
            sum += self.scratch.value(shape, stratum, theta);
            sum -= self.penalty(s, theta);
        }
        sum
    }

    fn penalty(&self, s: usize, theta: &[f64]) -> f64 {
        let counted = if s == 0 { theta.len() } else { self.lists };
        theta[..counted].iter().enumerate().map(|(i, x)| 0.5 * self.precision(i) * x * x).sum()
    }

    /// Works out the step and returns what it promises; `None` when it cannot be told.
    fn step(&mut self, shape: &Shape, seen: &[Stratum], theta: &[Vec<f64>]) -> Option<f64> {
        let (p, k) = (shape.size(), self.lists);
        let pairs = p - k;
        let mut schur = vec![0.0; pairs * (pairs + 1) / 2];
        let mut slope = vec![0.0; pairs];
        let mut promise = 0.0;
        self.value = 0.0;
        for (s, (stratum, theta)) in seen.iter().zip(theta).enumerate() {
            let mut gradient = vec![0.0; p];
            let mut block = std::mem::take(&mut self.blocks[s]);
            block.fill(0.0);
            let value = self.scratch.derivatives(shape, stratum, theta, &mut gradient, &mut block);
            self.value += value - self.penalty(s, theta);
            for i in 0..if s == 0 { p } else { k } {
                gradient[i] -= self.precision(i) * theta[i];
                block[i * (i + 1) / 2 + i] += self.precision(i);
            }
            if !factorise(&mut block, k) {
                return None;
            }
            forward(&block, &mut gradient[..k]);
            promise += gradient[..k].iter().map(|x| x * x).sum::<f64>();
            // Rows of the pairs: B = PL·L⁻ᵀ, the same forward substitution.
            for a in 0..pairs {
                let start = (k + a) * (k + a + 1) / 2;
                let (before, row) = block.split_at_mut(start);
                forward(before, &mut row[..k]);
                slope[a] += gradient[k + a] - dot(&row[..k], &gradient[..k]);
                for b in 0..=a {
                    let entry = row[k + b];
                    let other = if b == a { &row[..k] } else { &before[(k + b) * (k + b + 1) / 2..][..k] };
                    schur[a * (a + 1) / 2 + b] += entry - dot(&row[..k], other);
                }
            }
            gradient.truncate(k);
            self.lists_step[s] = gradient;
            self.blocks[s] = block;
        }
        if !factorise(&mut schur, pairs) {
            return None;
        }
        forward(&schur, &mut slope);
        promise += slope.iter().map(|x| x * x).sum::<f64>();
        backward(&schur, &mut slope);
        for (block, step) in self.blocks.iter().zip(&mut self.lists_step) {
            for (a, change) in slope.iter().enumerate() {
                let row = &block[(k + a) * (k + a + 1) / 2..][..k];
                for (x, b) in step.iter_mut().zip(row) {
                    *x -= b * change;
                }
            }
            backward(block, step);
        }
        self.pairs_step = slope;
        promise.is_finite().then_some(promise)
    }

    fn moved(&self, theta: &[Vec<f64>], length: f64) -> Vec<Vec<f64>> {
        let steps = self.lists_step.iter();
        let add = |(theta, lists): (&Vec<f64>, &Vec<f64>)| {
            theta.iter().zip(lists.iter().chain(&self.pairs_step)).map(|(x, d)| x + length * d).collect()
        };
        theta.iter().zip(steps).map(add).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Criterion;
    use crate::loglinear::{Solver, Terms};
    use crate::search::{Goal, best_model};

    fn cells(counts: [u64; 7]) -> Cells {
        Cells::from_counts(3, (1..8).zip(counts))
    }

    #[test]
    fn one_stratum_alone_has_its_own_best_fit() {
        let table = cells([110_000, 90_000, 35_000, 70_000, 20_000, 18_000, 9_000]);
        let model = Model::main(3).with(0, 1);
        let common = fit(std::slice::from_ref(&table), model, None).expect("a fit");
        let mut solver = Solver::new(&table);
        assert!(solver.fit(&table, &Terms::of(&table, model), None).converged);
        for (found, expected) in common.theta[0].iter().zip(&solver.theta[1..]) {
            // The vague prior moves them by little.
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn strata_that_differ_do_not_make_lists_depend() {
        // Independent lists within each stratum, easily seen and hardly seen.
        let seen = |shares: [f64; 3], size: f64| {
            let count = |history: u32| -> u64 {
                let share = |i: usize| if history >> i & 1 == 1 { shares[i] } else { 1.0 - shares[i] };
                (size * (0..3).map(share).product::<f64>()).round() as u64
            };
            Cells::from_counts(3, (1..8).map(|history| (history, count(history))))
        };
        let strata = [seen([0.5, 0.6, 0.4], 2000.0), seen([0.05, 0.08, 0.3], 9000.0)];
        let sum = |h: usize| (strata[0].counts[h] + strata[1].counts[h]) as u64;
        let pooled = Cells::from_counts(3, (1..8).map(|h| (h as u32, sum(h))));
        assert_eq!(choose(&pooled, &strata, Model::main(3), 2).expect("a model").model, Model::main(3));
        let goal = Goal::new(pooled.lists, 2, Criterion::Bic);
        assert_ne!(
            best_model(&pooled, goal, &crate::Watch::default()).expect("a model").fit.model,
            Model::main(3)
        );
    }

    #[test]
    fn a_dependence_within_the_strata_is_found() {
        let strata = [cells([100, 100, 90, 100, 30, 30, 25]), cells([200, 150, 160, 120, 30, 26, 21])];
        let sum = |h: usize| (strata[0].counts[h] + strata[1].counts[h]) as u64;
        let pooled = Cells::from_counts(3, (1..8).map(|h| (h as u32, sum(h))));
        let chosen = |forced, max_order| choose(&pooled, &strata, forced, max_order).expect("a model").model;
        let main = Model::main(3);
        assert_eq!(chosen(main, 2), main.with(0, 1));
        assert_eq!(chosen(main, 1), main);
        // What is forced stays though nothing asks for it.
        assert_eq!(chosen(main.with(1, 2), 2), main.with(0, 1).with(1, 2));
        assert_eq!(chosen(main.with(1, 2), 1), main.with(1, 2));
        // The pair of two lists cannot be told from the number hidden.
        let two = Cells::from_counts(2, [(1, 30), (2, 20), (3, 10)]);
        let found = choose(&two, std::slice::from_ref(&two), Model::main(2).with(0, 1), 2);
        assert!(found.is_err_and(|why| why.contains("depend on each other")));
    }
}
