//! The attacker of the protector: it is given the true table, and so is quicker than one who has to find a table that
//! fits. What it says is the same: no bound that it calls wide is narrow.
//!
//! Classes are settled by other tables near the true one, then by programmes that push many classes at once, and
//! the rest by two programmes each.

use rayon::prelude::*;

use crate::attack::Learned;
use crate::circuits;
use crate::field::mix;
use crate::programme::{Goal, Linear};
use crate::puzzle::Puzzle;
use crate::system::{Bounds, INF};

/// Solutions are exact to about this much; counts are whole numbers.
const EPSILON: f64 = 1e-6;
/// Real numbers this far apart are not the same.
const OPEN: f64 = 1e-3;
/// Programmes that push many classes at once, at most.
const ROUNDS: u64 = 12;
/// Fewer classes than this are looked at one by one.
const FEW: usize = 8;

/// What is learned of `targets`, variables of the system of the puzzle, in which all that is hidden may move.
/// A target that is seen to have at least `enough` between its bounds is not looked at more closely.
pub(crate) fn attack(
    puzzle: &Puzzle,
    targets: &[u32],
    width: Width,
    enough: impl Fn(u32) -> i64,
) -> Vec<Learned> {
    let mut wanted = vec![0_i64; puzzle.len()];
    for &v in targets {
        let class = puzzle.class_of[v as usize];
        if class != u32::MAX {
            let most = &mut wanted[class as usize];
            *most = (*most).max(enough(v));
        }
    }
    let ranges = ranges(puzzle, width, &wanted);
    let learned = |v: &u32| {
        let class = puzzle.class_of[*v as usize];
        ranges.get(class as usize).map_or_else(
            || Learned { bounds: Bounds { lo: 0, hi: INF }, equations: Vec::new(), unsolved: true },
            |r| Learned { bounds: r.bounds, equations: Vec::new(), unsolved: r.unsolved },
        )
    };
    targets.iter().map(learned).collect()
}

/// What counts as a distance between bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// Between the whole numbers that are possible.
    Whole,
    /// Of real numbers: any distance at all counts as 1.
    Real,
}

impl Width {
    /// Whether at least `enough` was seen.
    fn wide(self, (low, high): (f64, f64), enough: i64) -> bool {
        match self {
            Width::Whole => (high + EPSILON).floor() - (low - EPSILON).ceil() >= enough as f64,
            Width::Real => enough <= 0 || high - low > OPEN,
        }
    }

    fn bounds(self, (low, high): (f64, f64)) -> Bounds {
        match self {
            Width::Whole => Bounds { lo: (low - EPSILON).ceil() as i64, hi: (high + EPSILON).floor() as i64 },
            Width::Real => Bounds { lo: (low + EPSILON).floor() as i64, hi: (high - EPSILON).ceil() as i64 },
        }
    }
}

/// What is learned of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// Bounds that anyone can derive; where as much was seen as was wanted, only what was seen.
    pub(crate) bounds: Bounds,
    /// A programme found no optimum.
    pub(crate) unsolved: bool,
}

/// The range of each class of which any is `wanted`, as far as that is enough.
pub(crate) fn ranges(puzzle: &Puzzle, width: Width, wanted: &[i64]) -> Vec<Range> {
    let near = circuits::seen(puzzle, |seen| {
        seen.iter().zip(wanted).filter(|(s, enough)| !width.wide(**s, **enough)).count()
    });
    let mut out: Vec<Range> =
        near.iter().map(|&s| Range { bounds: width.bounds(s), unsolved: false }).collect();
    if out.iter().zip(wanted).all(|(r, enough)| r.bounds.width() >= *enough) {
        return out;
    }
    let parts: Vec<(Vec<u32>, Vec<u32>)> = puzzle
        .components(&puzzle.independent())
        .into_iter()
        .filter(|(classes, _)| classes.iter().any(|&v| out[v as usize].bounds.width() < wanted[v as usize]))
        .collect();
    let found: Vec<Vec<(u32, Range)>> = parts
        .par_iter()
        .map(|(classes, equations)| solve(puzzle, classes, equations, &near, width, wanted))
        .collect();
    for (v, range) in found.into_iter().flatten() {
        out[v as usize] = range;
    }
    out
}

fn solve(
    puzzle: &Puzzle,
    classes: &[u32],
    equations: &[u32],
    near: &[(f64, f64)],
    width: Width,
    wanted: &[i64],
) -> Vec<(u32, Range)> {
    let mut programme = Linear::attack(puzzle, classes, equations);
    let mut seen: Vec<(f64, f64)> = classes.iter().map(|&v| near[v as usize]).collect();
    let enough: Vec<i64> = classes.iter().map(|&v| wanted[v as usize]).collect();
    let mut open: Vec<usize> = (0..classes.len()).collect();
    for round in 0..ROUNDS {
        let before = open.len();
        open.retain(|&i| !width.wide(seen[i], enough[i]));
        if open.len() < FEW || (round > 2 && open.len() * 20 > before * 19) {
            break;
        }
        let goal: Vec<(usize, f64)> =
            open.iter().map(|&i| (i, if mix(round, i as u64) & 1 == 0 { 1.0 } else { -1.0 })).collect();
        for goal in [Goal::Least(&goal), Goal::Most(&goal)] {
            if let Some((_, x)) = programme.solve(goal) {
                widen(&mut seen, &x);
            }
        }
    }
    let mut out = Vec::new();
    for i in open {
        if width.wide(seen[i], enough[i]) {
            continue;
        }
        let mut range = Range { bounds: puzzle.classes[classes[i] as usize].bounds, unsolved: false };
        for goal in [Goal::Most(&[(i, 1.0)]), Goal::Least(&[(i, 1.0)])] {
            let Some((value, x)) = programme.solve(goal) else {
                range.unsolved = true;
                break;
            };
            widen(&mut seen, &x);
            match goal {
                Goal::Most(_) => range.bounds.hi = range.bounds.hi.min(width.bounds((0.0, value)).hi),
                Goal::Least(_) => range.bounds.lo = range.bounds.lo.max(width.bounds((value, 0.0)).lo),
            }
            if width.wide(seen[i], enough[i]) {
                break;
            }
        }
        if !width.wide(seen[i], enough[i]) {
            out.push((classes[i], range));
        }
    }
    let settled = classes.iter().zip(&seen).zip(&enough).filter(|((_, s), enough)| width.wide(**s, **enough));
    out.extend(settled.map(|((&v, s), _)| (v, Range { bounds: width.bounds(*s), unsolved: false })));
    out
}

fn widen(seen: &mut [(f64, f64)], x: &[f64]) {
    for (range, x) in seen.iter_mut().zip(x) {
        *range = (range.0.min(*x), range.1.max(*x));
    }
}
