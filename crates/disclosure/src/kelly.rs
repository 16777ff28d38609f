//! Parts with cells of which only bounds are known: a linear programme for each cell that is known too closely.
//!
//! The attacker is let loose on what would be published. For each small count that it learns too
//! closely, a linear programme finds the cheapest change of the tables that moves this count far
//! enough while every equation holds; the cells that change must be hidden as well (Kelly, Golden and
//! Assad 1992). So it goes on until the attacker learns no small count too closely, and then
//! every further cell that turns out not to be needed is shown again.

use highs::{Col, HighsModelStatus, RowProblem, Sense};

use crate::lp::quiet;
use crate::part::{Part, Role};
use crate::system::{Bounds, INF};

/// Rounds of attack and repair; each hides something, so this is never reached in practice.
const ROUNDS: usize = 200;
/// A change below this is none.
const EPSILON: f64 = 1e-7;

impl Part {
    /// Hides until no target is known too closely, and shows again what need not be hidden.
    /// Of what was hidden before, with `again`, too.
    pub(crate) fn widen_all(&mut self, again: bool) {
        let first = if again { Vec::new() } else { self.hidden.clone() };
        let targets = self.targets();
        for _ in 0..ROUNDS {
            let learned = self.learn_all();
            let close: Vec<(u32, Bounds)> = learned
                .into_iter()
                .filter(|(v, l)| !self.kept(*v, l.bounds))
                .map(|(v, l)| (v, l.bounds))
                .collect();
            if close.is_empty() {
                break;
            }
            let before = self.hidden.clone();
            for &(v, bounds) in &close {
                if !self.widen(v, bounds) {
                    self.widen_by_force(v);
                }
            }
            if before == self.hidden {
                // The programmes see no way; what stands around these cells goes too.
                for &(v, _) in &close {
                    self.widen_by_force(v);
                }
                if before == self.hidden {
                    break;
                }
            }
        }
        self.show_again(&targets, &first);
    }

    /// Hides what the cheapest change that moves `v` far enough would change; `false` when no
    /// change can.
    fn widen(&mut self, v: u32, known: Bounds) -> bool {
        let wanted = self.wanted(v);
        if wanted.high > -INF || wanted.low < INF {
            let goals = [Bounds { lo: wanted.high.max(0), hi: INF }, Bounds { lo: 0, hi: wanted.low }];
            let found: Vec<_> = goals.into_iter().filter_map(|goal| self.cheapest_change(v, goal)).collect();
            let all = found.len() == goals.len();
            found.into_iter().flat_map(|(_, changed)| changed).for_each(|c| self.hidden[c] = true);
            return all;
        }
        let need = wanted.width;
        let up = Bounds { lo: known.lo.saturating_add(need).min(INF), hi: INF };
        let down = Bounds { lo: 0, hi: known.hi.saturating_sub(need) };
        let mut best: Option<(f64, Vec<usize>)> = None;
        for goal in [up, down] {
            if goal.lo <= goal.hi
                && let Some(found) = self.cheapest_change(v, goal)
                && best.as_ref().is_none_or(|(cost, _)| found.0 < *cost - EPSILON)
            {
                best = Some(found);
            }
        }
        let Some((_, changed)) = best else { return false };
        for c in changed {
            self.hidden[c] = true;
        }
        true
    }

    /// The cheapest table that fits all equations, with `v` within `goal`: its cost and the
    /// published cells that differ from what is published.
    fn cheapest_change(&self, v: u32, goal: Bounds) -> Option<(f64, Vec<usize>)> {
        let public: Vec<Bounds> = (0..self.vars.len()).map(|i| self.public(i)).collect();
        let largest = public.iter().map(|b| if b.hi >= INF { b.lo } else { b.hi }).max().unwrap_or(0);
        let cap = largest.saturating_mul(4).saturating_add(10_000) as f64;
        let mut problem = RowProblem::default();
        // For each variable its columns with their signs, and what is constant.
        let mut columns: Vec<(Vec<(Col, f64)>, f64)> = Vec::with_capacity(public.len());
        let mut moving: Vec<(usize, Col, Col)> = Vec::new();
        for (i, b) in public.iter().enumerate() {
            let own = i == v as usize;
            if own || !b.is_exact() {
                let (mut low, mut high) = (b.lo as f64, (b.hi as f64).min(cap));
                if own {
                    low = low.max(goal.lo as f64);
                    high = high.min(goal.hi as f64);
                    if low > high {
                        return None;
                    }
                }
                columns.push((vec![(problem.add_column(0.0, low..=high), 1.0)], 0.0));
            } else if self.roles[i] == Role::Open {
                let n = b.lo as f64;
                let cost = self.costs[i];
                let up = problem.add_column(cost, 0.0..=cap);
                let down = problem.add_column(cost, 0.0..=(n - self.least(i) as f64).max(0.0));
                moving.push((i, up, down));
                columns.push((vec![(up, 1.0), (down, -1.0)], n));
            } else {
                columns.push((Vec::new(), b.lo as f64));
            }
        }
        for e in &self.system.equations {
            let mut row = Vec::new();
            let mut constant = 0.0;
            for (w, sign) in e.terms() {
                let (terms, fixed) = &columns[w as usize];
                constant += sign as f64 * fixed;
                row.extend(terms.iter().map(|(c, a)| (*c, sign as f64 * a)));
            }
            if row.is_empty() {
                continue;
            }
            if e.at_least {
                problem.add_row(..=-constant, row);
            } else {
                problem.add_row(-constant..=-constant, row);
            }
        }
        let solved = quiet(problem, Sense::Minimise)?.try_solve().ok()?;
        if solved.status() != HighsModelStatus::Optimal {
            return None;
        }
        let solution = solved.get_solution();
        let changed = moving
            .iter()
            .filter(|(_, up, down)| solution[*up] + solution[*down] > EPSILON)
            .map(|(i, ..)| *i)
            .collect();
        Some((solved.objective_value(), changed))
    }

    /// Hides everything that may be hidden in the equations of `v`, and, where that was done
    /// before, in the equations of those.
    fn widen_by_force(&mut self, v: u32) {
        let mut reach = vec![v];
        for _ in 0..3 {
            let near: Vec<u32> = reach
                .iter()
                .flat_map(|&w| &self.system.of[w as usize])
                .flat_map(|&e| self.system.equations[e as usize].vars())
                .collect();
            let mut fresh = false;
            for &w in &near {
                let w = w as usize;
                if self.roles[w] == Role::Open && !self.hidden[w] {
                    self.hidden[w] = true;
                    fresh = true;
                }
            }
            if fresh {
                return;
            }
            reach = near;
            reach.sort_unstable();
            reach.dedup();
        }
    }

    /// Shows again what need not be hidden, the costliest first. Each trial is an attack, so the
    /// number of trials has a limit.
    fn show_again(&mut self, targets: &[u32], keep: &[bool]) {
        let mut extra: Vec<usize> = (0..self.vars.len())
            .filter(|&i| self.hidden[i] && self.roles[i] == Role::Open && !keep.get(i).is_some_and(|k| *k))
            .collect();
        extra.sort_by(|&a, &b| self.costs[b].total_cmp(&self.costs[a]).then(a.cmp(&b)));
        // What cannot be held now will not be held with more shown.
        let holds = |part: &Self| {
            let learned = part.learn(targets);
            targets.iter().zip(&learned).all(|(v, l)| part.kept(*v, l.bounds))
        };
        let budget = (self.policy.trials as usize).min(4_000_000 / self.vars.len().max(1));
        if extra.is_empty() || !holds(self) {
            return;
        }
        for i in extra.into_iter().take(budget) {
            self.hidden[i] = false;
            if !holds(self) {
                self.hidden[i] = true;
            }
        }
    }
}
