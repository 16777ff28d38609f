//! The attacker of the protector: it is given the true table, and so is quicker than one who has to find a table that
//! fits. What it says is the same: no bound that it calls wide is narrow.
//!
//! Classes are settled by other tables near the true one, and the rest by two programmes each, which end as soon as
//! the class was seen to move far enough.

use rayon::prelude::*;

use crate::attack::Learned;
use crate::changes::Changes;
use crate::circuits;
use crate::dictionary::Dictionary;
use crate::field::mix;
use crate::need::{Need, Wanted};
use crate::programme::Linear;
use crate::puzzle::Puzzle;
use crate::space::Space;
use crate::system::{Bounds, INF};

/// Solutions are exact to about this much; counts are whole numbers.
const EPSILON: f64 = 1e-6;
/// The same for a number of that size: what is worked out of amounts of millions is exact to twelve digits.
fn off(x: f64) -> f64 {
    EPSILON * (x.abs() / 1e6).max(1.0)
}

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
    enough: impl Fn(u32) -> Need,
) -> Vec<Learned> {
    let mut wanted = vec![Wanted::nothing(); puzzle.len()];
    for &v in targets {
        let class = puzzle.class_of[v as usize];
        if class != u32::MAX {
            let most = &mut wanted[class as usize];
            *most = most.and(enough(v).of(puzzle.classes[class as usize].value));
        }
    }
    let space = Space::new(puzzle);
    let seen = space.table.iter().map(|&x| (x, x)).collect();
    // Where a count has to move far much else is hidden, and there is a short way. Where it has only to move, long ones are
    // all there is, and the climb below is quicker.
    let far = width == Width::Whole && wanted.iter().any(|w| w.width != 1 && *w != Wanted::nothing());
    let ranges = ranges(&space, width, &wanted, seen, far);
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
    /// Whether at least what is `wanted` was seen.
    pub(crate) fn wide(self, (low, high): (f64, f64), wanted: Wanted) -> bool {
        match self {
            Width::Whole => wanted.holds(self.bounds((low, high))),
            Width::Real => wanted.width <= 0 || high - low > OPEN,
        }
    }

    fn bounds(self, (low, high): (f64, f64)) -> Bounds {
        match self {
            Width::Whole => {
                Bounds { lo: (low - off(low)).ceil() as i64, hi: (high + off(high)).floor() as i64 }
            }
            Width::Real => {
                Bounds { lo: (low + off(low)).floor() as i64, hi: (high - off(high)).ceil() as i64 }
            }
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

/// The range of each cell of which any is `wanted`, as far as that is enough, with the least and greatest value `seen` of each
/// cell until then.
///
/// With `far`, the nearest tables in which a cell is as far away as `wanted` are tried before others.
pub(crate) fn ranges(
    space: &Space,
    width: Width,
    wanted: &[Wanted],
    seen: Vec<(f64, f64)>,
    far: bool,
) -> Vec<Range> {
    let mut near = circuits::widen(space, seen, |seen| {
        seen.iter().zip(wanted).filter(|(s, enough)| !width.wide(**s, **enough)).count()
    });
    if far {
        witnesses(space, wanted, &mut near);
    }
    let mut out: Vec<Range> =
        near.iter().map(|&s| Range { bounds: width.bounds(s), unsolved: false }).collect();
    if near.iter().zip(wanted).all(|(s, enough)| width.wide(*s, *enough)) {
        return out;
    }
    let parts: Vec<(Vec<u32>, Space)> = space
        .components()
        .into_iter()
        .filter(|(cells, _)| cells.iter().any(|&v| !width.wide(near[v as usize], wanted[v as usize])))
        .collect();
    let found: Vec<Vec<(u32, Range)>> = parts
        .into_par_iter()
        .map(|(cells, own)| {
            let seen: Vec<(f64, f64)> = cells.iter().map(|&v| near[v as usize]).collect();
            let enough: Vec<Wanted> = cells.iter().map(|&v| wanted[v as usize]).collect();
            let ranges = Explorer::new(&own, seen).ranges(width, &enough);
            cells.into_iter().zip(ranges).collect()
        })
        .collect();
    for (v, range) in found.into_iter().flatten() {
        out[v as usize] = range;
    }
    out
}

/// Ways in which witnesses of a cell are sought: up by all that is missing; else down as far as may be, and up by the rest.
pub(crate) const WAYS: [f64; 3] = [1.0, -1.0, 1.0];

/// How far cell `v` has to move that way so that with what was seen of it there is as much as is wanted; `None` where
/// it would have to move the other way, or not at all.
pub(crate) fn missing(
    space: &Space,
    v: usize,
    way: f64,
    (low, high): (f64, f64),
    wanted: Wanted,
) -> Option<f64> {
    let (low, high) = ((low - off(low)).ceil(), (high + off(high)).floor());
    let to = if way > 0.0 {
        (low + wanted.width as f64).max(wanted.high as f64)
    } else {
        (high - wanted.width as f64).min(wanted.low as f64).max(space.bounds[v].lo as f64)
    };
    let by = to - space.table[v];
    (by * way > 0.0).then_some(by)
}

/// Widens what was seen of each cell that is not settled by the nearest tables in which it is so much more or less.
fn witnesses(space: &Space, wanted: &[Wanted], seen: &mut [(f64, f64)]) {
    let mut changes = Changes::within(space);
    for v in 0..space.len() {
        for way in WAYS {
            if Width::Whole.wide(seen[v], wanted[v]) {
                break;
            }
            let Some(by) = missing(space, v, way, seen[v], wanted[v]) else { continue };
            let Some((_, change)) = changes.cheapest(v as u32, by) else { continue };
            for (w, d) in change {
                let x = space.table[w as usize] + d;
                let seen = &mut seen[w as usize];
                *seen = (seen.0.min(x), seen.1.max(x));
            }
        }
    }
}

/// What is found of the tables that fit, by one solver or the other.
struct Explorer<'a> {
    space: &'a Space,
    dictionary: Option<Dictionary<'a>>,
    linear: Option<Linear>,
    seen: Vec<(f64, f64)>,
}

impl<'a> Explorer<'a> {
    fn new(space: &'a Space, seen: Vec<(f64, f64)>) -> Self {
        let mut dictionary = Dictionary::new(space);
        if let Some(d) = &mut dictionary {
            d.seen.clone_from(&seen);
        }
        Self { space, dictionary, linear: None, seen }
    }

    /// The greatest value of a sum of cells, or less where what was seen on the way is `enough`.
    fn most(&mut self, goal: &[(u32, f64)], enough: impl Fn(&[(f64, f64)]) -> bool) -> Option<f64> {
        if let Some(d) = &mut self.dictionary {
            if let Some(value) = d.most(goal, enough) {
                self.seen.clone_from(&d.seen);
                return Some(value);
            }
            // What it saw since may be wrong.
            self.dictionary = None;
        }
        let linear = self.linear.get_or_insert_with(|| Linear::attack(self.space));
        let (value, x) = linear.most(goal)?;
        widen(&mut self.seen, &x);
        Some(value)
    }

    fn ranges(mut self, width: Width, enough: &[Wanted]) -> Vec<Range> {
        let mut open: Vec<u32> = (0..self.space.len() as u32).collect();
        // A general solver takes long for a goal: its first goals are many cells at once.
        let rounds = if self.dictionary.is_some() { 0 } else { ROUNDS };
        for round in 0..rounds {
            let before = open.len();
            open.retain(|&v| !width.wide(self.seen[v as usize], enough[v as usize]));
            if open.len() < FEW || (round > 2 && open.len() * 20 > before * 19) {
                break;
            }
            let sign = |v: u32| if mix(round, u64::from(v)) & 1 == 0 { 1.0 } else { -1.0 };
            for way in [1.0, -1.0] {
                let goal: Vec<(u32, f64)> = open.iter().map(|&v| (v, way * sign(v))).collect();
                self.most(&goal, |_| false);
            }
        }
        let mut narrow = vec![None; self.space.len()];
        let (mut climbs, mut next) = (0, 1);
        for v in open {
            let at = v as usize;
            if let Some(d) = self.dictionary.as_mut().filter(|_| climbs == next) {
                d.follow();
                self.seen.clone_from(&d.seen);
                next *= 2;
            }
            if width.wide(self.seen[at], enough[at]) {
                continue;
            }
            climbs += 1;
            let mut range = Range { bounds: self.space.bounds[at], unsolved: false };
            for way in [1.0, -1.0] {
                let Some(value) = self.most(&[(v, way)], |seen| width.wide(seen[at], enough[at])) else {
                    range.unsolved = true;
                    break;
                };
                if way > 0.0 {
                    let high =
                        if value >= self.space.cap() / 2.0 { INF } else { width.bounds((0.0, value)).hi };
                    range.bounds.hi = range.bounds.hi.min(high);
                } else {
                    range.bounds.lo = range.bounds.lo.max(width.bounds((-value, 0.0)).lo);
                }
                if width.wide(self.seen[at], enough[at]) {
                    break;
                }
            }
            if !width.wide(self.seen[at], enough[at]) {
                narrow[at] = Some(range);
            }
        }
        let settled = |seen| Range { bounds: width.bounds(seen), unsolved: false };
        narrow.into_iter().zip(&self.seen).map(|(n, seen)| n.unwrap_or_else(|| settled(*seen))).collect()
    }
}

/// Widens what was seen of each cell by one more table that fits.
pub(crate) fn widen(seen: &mut [(f64, f64)], table: &[f64]) {
    for (range, x) in seen.iter_mut().zip(table) {
        *range = (range.0.min(*x), range.1.max(*x));
    }
}
