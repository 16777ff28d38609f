//! Interval propagation: what follows from each equation alone, again and again.
//!
//! In `total = Σ parts` each variable lies between what the bounds of the others leave. This is
//! cheap, exact in integers, and finds what a patient reader with a pencil would find. Every
//! narrowing is written down, so that it can be told.

use std::collections::VecDeque;

use crate::system::{Bounds, INF, System};

/// One bound of a variable, set by an equation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) equation: u32,
}

/// What propagation knows.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) bounds: Vec<Bounds>,
    /// For each variable the steps that raised its lower (0) and lowered its upper bound (1), in order.
    history: Vec<[Vec<u32>; 2]>,
    steps: Vec<Step>,
    /// Equations that hold.
    pub(crate) active: Vec<bool>,
    /// Equations that cannot hold together with the others, in the order in which that was found.
    pub(crate) broken: Vec<u32>,
}

/// A bound moves at most so often: wide intervals can creep one by one, and are better left to
/// the linear programme.
const MOVES: usize = 24;
/// After so many contradictions propagation goes on without starting again.
const RESTARTS: usize = 64;

impl Known {
    /// Propagates `bounds` through all equations but the `broken` ones, to a fixed point.
    pub(crate) fn new(system: &System, bounds: &[Bounds], broken: &[u32]) -> Self {
        let mut active = vec![true; system.equations.len()];
        for &e in broken {
            active[e as usize] = false;
        }
        let mut known = Known {
            bounds: bounds.to_vec(),
            history: vec![Default::default(); bounds.len()],
            steps: Vec::new(),
            active,
            broken: broken.to_vec(),
        };
        let mut restarts = 0;
        while let Err(e) = known.run(system) {
            known.active[e as usize] = false;
            known.broken.push(e);
            if restarts < RESTARTS {
                restarts += 1;
                known.bounds = bounds.to_vec();
                known.history = vec![Default::default(); bounds.len()];
                known.steps.clear();
            }
        }
        known
    }

    fn run(&mut self, system: &System) -> Result<(), u32> {
        let mut queued = self.active.clone();
        let mut queue: VecDeque<u32> =
            (0..system.equations.len() as u32).filter(|&e| self.active[e as usize]).collect();
        let mut moved = Vec::new();
        while let Some(e) = queue.pop_front() {
            queued[e as usize] = false;
            moved.clear();
            self.apply(system, e, &mut moved)?;
            for &v in &moved {
                for &f in &system.of[v as usize] {
                    if f != e && self.active[f as usize] && !queued[f as usize] {
                        queued[f as usize] = true;
                        queue.push_back(f);
                    }
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, system: &System, e: u32, moved: &mut Vec<u32>) -> Result<(), u32> {
        let equation = &system.equations[e as usize];
        // Sums of the finite bounds, and how many are infinite.
        let (mut lo, mut hi, mut endless) = (0i64, 0i64, 0usize);
        for &p in &equation.parts {
            let b = self.bounds[p as usize];
            lo += b.lo;
            if b.hi >= INF {
                endless += 1;
            } else {
                hi += b.hi;
            }
        }
        let total = self.bounds[equation.total as usize];
        self.raise(equation.total, lo, e, moved)?;
        if !equation.at_least && endless == 0 {
            self.lower(equation.total, hi, e, moved)?;
        }
        for &p in &equation.parts {
            let b = self.bounds[p as usize];
            if total.hi < INF {
                self.lower(p, total.hi - (lo - b.lo), e, moved)?;
            }
            if !equation.at_least {
                let (rest, others) = if b.hi >= INF { (hi, endless - 1) } else { (hi - b.hi, endless) };
                if others == 0 {
                    self.raise(p, total.lo - rest, e, moved)?;
                }
            }
        }
        Ok(())
    }

    fn raise(&mut self, v: u32, lo: i64, e: u32, moved: &mut Vec<u32>) -> Result<(), u32> {
        let b = &mut self.bounds[v as usize];
        if lo <= b.lo {
            return Ok(());
        }
        if lo > b.hi {
            return Err(e);
        }
        if self.history[v as usize][0].len() < MOVES || lo == b.hi {
            b.lo = lo;
            self.note(v, 0, e, moved);
        }
        Ok(())
    }

    fn lower(&mut self, v: u32, hi: i64, e: u32, moved: &mut Vec<u32>) -> Result<(), u32> {
        let b = &mut self.bounds[v as usize];
        if hi >= b.hi {
            return Ok(());
        }
        if hi < b.lo {
            return Err(e);
        }
        if self.history[v as usize][1].len() < MOVES || hi == b.lo {
            b.hi = hi;
            self.note(v, 1, e, moved);
        }
        Ok(())
    }

    fn note(&mut self, v: u32, side: usize, e: u32, moved: &mut Vec<u32>) {
        self.history[v as usize][side].push(self.steps.len() as u32);
        self.steps.push(Step { equation: e });
        moved.push(v);
    }

    /// The equations that led to the bounds of `v`: the last step first, then what it rests on,
    /// each once, at most `most`.
    pub(crate) fn chain(&self, system: &System, v: u32, most: usize) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::new();
        let mut queue: VecDeque<(u32, usize, u32)> = VecDeque::new();
        let mut sides = [self.history[v as usize][0].last(), self.history[v as usize][1].last()];
        sides.sort_unstable_by(|a, b| b.cmp(a));
        queue.extend(sides.into_iter().flatten().map(|&s| (v, 0, s)));
        while let Some((v, _, step)) = queue.pop_front() {
            let e = self.steps[step as usize].equation;
            if !out.contains(&e) {
                out.push(e);
                if out.len() == most {
                    break;
                }
                for w in system.equations[e as usize].vars().filter(|&w| w != v) {
                    for side in 0..2 {
                        let history = &self.history[w as usize][side];
                        let before = history.partition_point(|&s| s < step);
                        if before > 0 {
                            queue.push_back((w, side, history[before - 1]));
                        }
                    }
                }
            }
        }
        out
    }
}
