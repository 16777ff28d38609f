//! The attacker: what can be worked out of hidden cells from everything that is published.
//!
//! First by propagation, then, for what propagation leaves open, by two linear programmes a
//! cell: the least and the greatest value it can have when every equation holds.

use rayon::prelude::*;

use crate::lp::{NoOptimum, Optimum, Programme};
use crate::propagate::Known;
use crate::system::{Bounds, Component, INF, System, components};

/// Solutions are exact to about this much; counts are whole numbers.
const EPSILON: f64 = 1e-6;

/// What the attacker learns of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) bounds: Bounds,
    /// The equations that the linear programmes used; empty where propagation says it all.
    pub(crate) equations: Vec<u32>,
    /// A linear programme found no optimum: an attacker with a better one may learn more.
    pub(crate) unsolved: bool,
}

/// An attack on a system of which some variables are published.
pub(crate) struct Attacker<'a> {
    system: &'a System,
    pub(crate) known: Known,
    parts: Vec<Component>,
    part_of: Vec<u32>,
}

impl<'a> Attacker<'a> {
    /// The attacker knows `bounds`, one for each variable, and all equations but the `broken`.
    pub(crate) fn new(system: &'a System, bounds: &[Bounds], broken: &[u32]) -> Self {
        let known = Known::new(system, bounds, broken);
        let parts = components(system, &known.active, |v| !known.bounds[v as usize].is_exact());
        let mut part_of = vec![u32::MAX; system.len()];
        for (p, part) in parts.iter().enumerate() {
            for &v in &part.vars {
                part_of[v as usize] = p as u32;
            }
        }
        Self { system, known, parts, part_of }
    }

    /// What is learned of each target, in their order. A target that is seen to have at least
    /// `enough` distance between its bounds is not looked at more closely: its bounds are then
    /// those of propagation.
    pub(crate) fn learn(&self, targets: &[u32], enough: impl Fn(u32) -> i64 + Sync) -> Vec<Learned> {
        let mut by_part: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (i, &v) in targets.iter().enumerate() {
            let part = self.part_of[v as usize];
            if part != u32::MAX && !self.known.bounds[v as usize].is_exact() {
                by_part[part as usize].push(i);
            }
        }
        let found: Vec<Vec<(usize, Learned)>> = by_part
            .into_par_iter()
            .enumerate()
            .map(|(p, mine)| self.learn_part(&self.parts[p], targets, &mine, &enough))
            .collect();
        let mut out: Vec<Learned> = targets
            .iter()
            .map(|&v| Learned {
                bounds: self.known.bounds[v as usize],
                equations: Vec::new(),
                unsolved: false,
            })
            .collect();
        for (i, learned) in found.into_iter().flatten() {
            out[i] = learned;
        }
        out
    }

    fn learn_part(
        &self,
        part: &Component,
        targets: &[u32],
        mine: &[usize],
        enough: &(impl Fn(u32) -> i64 + Sync),
    ) -> Vec<(usize, Learned)> {
        if mine.is_empty() {
            return Vec::new();
        }
        let mut programme = Programme::new(self.system, part, &self.known.bounds);
        // The least and greatest value seen of each variable in any solution: every solution is
        // a table that fits what is published, so all of them are possible.
        let mut seen = vec![(f64::INFINITY, f64::NEG_INFINITY); part.vars.len()];
        let mut out = Vec::new();
        for &i in mine {
            let v = targets[i];
            let Some(local) = programme.local(v) else { continue };
            let enough = enough(v);
            let mut equations = Vec::new();
            let mut bounds = self.known.bounds[v as usize];
            let (mut wide, mut unsolved) = (false, false);
            for most in [false, true] {
                let (low, high) = seen[local];
                if (high + EPSILON).floor() - (low - EPSILON).ceil() >= enough as f64 {
                    wide = true;
                    break;
                }
                match programme.optimum(&[(local, 1.0)], most) {
                    Ok(Optimum { value, x, dual }) => {
                        for (range, x) in seen.iter_mut().zip(&x) {
                            *range = (range.0.min(*x), range.1.max(*x));
                        }
                        let used = part.equations.iter().zip(&dual).filter(|(_, d)| d.abs() > EPSILON);
                        equations.extend(used.map(|(&e, _)| e));
                        if most {
                            let high = (value + EPSILON).floor() as i64;
                            let high = if high >= programme.endless() { INF } else { high };
                            bounds.hi = bounds.hi.min(high.max(bounds.lo));
                        } else {
                            bounds.lo = bounds.lo.max((value - EPSILON).ceil() as i64).min(bounds.hi);
                        }
                    }
                    // Equations that contradict each other say nothing; propagation has named
                    // those it could find.
                    Err(NoOptimum::Infeasible | NoOptimum::Failed) => {
                        unsolved = true;
                        break;
                    }
                }
            }
            if wide {
                bounds = self.known.bounds[v as usize];
                equations.clear();
            }
            equations.sort_unstable();
            equations.dedup();
            out.push((i, Learned { bounds, equations, unsolved }));
        }
        out
    }
}
