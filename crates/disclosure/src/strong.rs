//! Secondary suppression against bounds that are too close: every small count keeps a *witness*, one or two other
//! tables in which it is so much greater or less as the rule asks.
//!
//! A witness is the cheapest change of the table that moves the count far enough, a linear programme (Kelly, Golden and
//! Assad 1992; Fischetti and Salazar-González 2001). What changes in it is hidden. As in the routing of
//! networks, witnesses are then given up and sought again one by one, when cells that other witnesses use
//! cost nothing; a count that the witness of another moves far enough needs none of its own; and in the end it
//! is tried for each hidden cell whether its witnesses can do without it.

use crate::changes::{Change, Changes};
use crate::field::mix;
use crate::need::Need;
use crate::puzzle::{Fate, Puzzle};

/// What a change costs in a cell that is hidden already: enough to prefer a short way.
const HIDDEN: f64 = 1e-3;
/// The same where little is hidden beside what must be: ways through it are long, and take long to find.
const SHORT: f64 = 0.2;
/// Changes below this are none.
const EPSILON: f64 = 1e-6;
/// Steps of the simplex method that one trial may cost on average.
const STEPS: u64 = 1_000;

/// Times that the search is started, each time with costs that are somewhat off at first, as far as the effort allows: where it
/// ends depends on where it begins.
const STARTS: u64 = 40;
/// How far costs are off at most, as a share.
const NOISE: f64 = 0.5;

/// The classes to hide, small ones among them; `needed` is how far each small class must move. A `guide` has for each
/// class from 0 to 1 how good it seems to be hidden: witnesses are sought by it at first.
pub(crate) fn hide(puzzle: &Puzzle, needed: &[Need], guide: Option<&[f64]>, trials: u32) -> Vec<bool> {
    let most = u64::from(trials) * STEPS;
    let mut routes = Routes::new(puzzle, needed, guide);
    let mut best: Option<(f64, Vec<bool>)> = None;
    for start in 0..STARTS {
        let before = routes.changes.steps;
        routes.all(start);
        while routes.changes.steps < most && routes.again(most) {}
        routes.without(most);
        if best.as_ref().is_none_or(|(cost, _)| routes.cost() < cost - EPSILON) {
            best = Some((routes.cost(), (0..puzzle.len() as u32).map(|v| routes.is_hidden(v)).collect()));
        }
        // One more has to fit in.
        if 2 * routes.changes.steps - before > most {
            break;
        }
        routes.restart();
    }
    best.map_or_else(|| vec![true; puzzle.len()], |(_, hidden)| hidden)
}

/// The classes to hide so that the small ones with a `needed` distance can move so far, up or down; those that are
/// `hidden` already are among them.
pub(crate) fn mend(puzzle: &Puzzle, needed: &[Need], hidden: &[bool]) -> Vec<bool> {
    let mut hidden = hidden.to_vec();
    let cost = |w: u32| if hidden[w as usize] { SHORT } else { puzzle.classes[w as usize].cost };
    let mut changes = Changes::new(puzzle, cost, furthest(needed));
    for v in (0..puzzle.len() as u32).filter(|&v| !needed[v as usize].is_none()) {
        let Need { width, up, down } = needed[v as usize];
        // A distance is as good on one side as on the other.
        let way = [width as f64, -width as f64].into_iter().filter(|by| *by != 0.0);
        let best = way.filter_map(|by| changes.cheapest(v, by)).min_by(|a, b| a.0.total_cmp(&b.0));
        let mut found: Vec<Change> = best.into_iter().map(|(_, change)| change).collect();
        for by in [up as f64, -down as f64].into_iter().filter(|by| *by != 0.0) {
            found.extend(changes.cheapest(v, by).map(|(_, change)| change));
        }
        for (w, _) in found.into_iter().flatten() {
            hidden[w as usize] = true;
            changes.set_cost(w, SHORT);
        }
    }
    hidden
}

/// How far any class goes in a change, at most.
fn furthest(needed: &[Need]) -> i64 {
    needed.iter().map(|n| n.furthest()).max().unwrap_or(1).saturating_mul(16)
}

struct Routes<'a> {
    puzzle: &'a Puzzle,
    needed: &'a [Need],
    changes: Changes,
    /// Small classes that can be protected at all.
    small: Vec<u32>,
    /// The changes that protect each class; none where others' do.
    of: Vec<Vec<Change>>,
    /// The changes each class is in: whom they protect, which of his they are, and what they change the class by.
    within: Vec<Vec<(u32, u32, f64)>>,
    guide: Vec<f64>,
    /// The guide as it was given.
    given: Vec<f64>,
    /// What the cost of each class is off by, as a share.
    off: Vec<f64>,
    /// What a change costs in a class that is hidden.
    passage: f64,
}

impl<'a> Routes<'a> {
    fn new(puzzle: &'a Puzzle, needed: &'a [Need], guide: Option<&[f64]>) -> Self {
        let n = puzzle.len();
        let guide = guide.map_or_else(|| vec![0.0; n], <[f64]>::to_vec);
        let mut small: Vec<u32> =
            (0..n as u32).filter(|&v| puzzle.classes[v as usize].fate == Fate::Small).collect();
        least_first(puzzle, &mut small);
        Routes {
            puzzle,
            needed,
            // What classes cost is set with each start.
            changes: Changes::new(puzzle, |_| HIDDEN, furthest(needed)),
            small,
            of: vec![Vec::new(); n],
            within: vec![Vec::new(); n],
            given: guide.clone(),
            guide,
            off: vec![0.0; n],
            passage: HIDDEN,
        }
    }

    /// How many changes a class is in.
    fn uses(&self, v: u32) -> usize {
        self.within[v as usize].len()
    }

    fn is_hidden(&self, v: u32) -> bool {
        !open(self.puzzle, v) || self.uses(v) > 0
    }

    fn cost(&self) -> f64 {
        (0..self.puzzle.len() as u32)
            .filter(|&v| open(self.puzzle, v) && self.uses(v) > 0)
            .map(|v| self.puzzle.classes[v as usize].cost)
            .sum()
    }

    /// Finds a witness for every small class; with costs that are off, but for the first start. Short ones, as little is hidden
    /// yet through which they could go.
    fn all(&mut self, start: u64) {
        let off = |v: u32| NOISE * (mix(start, u64::from(v)) % 1024) as f64 / 1024.0;
        self.off = (0..self.puzzle.len() as u32).map(|v| if start == 0 { 0.0 } else { off(v) }).collect();
        self.passage = SHORT;
        self.price_all();
        for v in self.small.clone() {
            if let Some((_, found)) = self.route(v) {
                self.take(v, found);
            }
        }
        self.guide = vec![0.0; self.puzzle.len()];
        self.off = vec![0.0; self.puzzle.len()];
        self.passage = HIDDEN;
        self.price_all();
    }

    fn price_all(&mut self) {
        for v in 0..self.puzzle.len() as u32 {
            self.price(v);
        }
    }

    /// Gives all witnesses up.
    fn restart(&mut self) {
        self.of.iter_mut().for_each(Vec::clear);
        self.within.iter_mut().for_each(Vec::clear);
        for v in 0..self.puzzle.len() as u32 {
            self.changes.allow(v, true);
        }
        self.guide.clone_from(&self.given);
    }

    /// Changes that protect others and move `v` far enough as well: they cost nothing.
    fn shared(&self, v: u32) -> Option<Vec<Change>> {
        let most = |way: f64| {
            let moved = self.within[v as usize].iter().filter(move |(.., d)| d * way > 0.0);
            moved.max_by(|a, b| (a.2 * way).total_cmp(&(b.2 * way)))
        };
        let Need { width, up, down } = self.needed[v as usize];
        // Counts are whole numbers.
        let far =
            |found: Option<&(u32, u32, f64)>| found.map_or(0, |(.., d)| (d.abs() + EPSILON).floor() as i64);
        let (above, below) = (most(1.0), most(-1.0));
        let (rise, fall) = (far(above), far(below));
        if rise < up || fall < down || rise + fall < width {
            return None;
        }
        // One way is enough where it is all that is asked.
        let found = if down == 0 && rise >= width {
            [above, None]
        } else if up == 0 && fall >= width {
            [below, None]
        } else {
            [below, above]
        };
        let change = |&(p, k, _): &(u32, u32, f64)| self.of[p as usize][k as usize].clone();
        Some(found.into_iter().flatten().map(change).collect())
    }

    /// The cheapest changes that move `v` far enough, and their cost.
    fn route(&mut self, v: u32) -> Option<(f64, Vec<Change>)> {
        if let Some(shared) = self.shared(v) {
            return Some((0.0, shared));
        }
        let class = &self.puzzle.classes[v as usize];
        let needed = self.needed[v as usize];
        let (down, rest) = needed.ways(class.value - class.bounds.lo);
        // A distance may as well be above the count alone.
        let above = if needed.down > 0 { None } else { Some(needed.furthest()) };
        let up = above.and_then(|by| self.changes.cheapest(v, by as f64));
        let up = up.map(|(cost, change)| (cost, vec![change]));
        if down == 0 || up.as_ref().is_some_and(|(cost, _)| *cost < HIDDEN * 100.0) {
            return up;
        }
        let both = self.changes.cheapest(v, -down as f64).and_then(|(cost, below)| {
            if rest == 0 {
                return Some((cost, vec![below]));
            }
            // What the first change hides costs nothing in the second.
            let fresh: Vec<u32> = below.iter().map(|(w, _)| *w).filter(|&w| !self.is_hidden(w)).collect();
            for &w in &fresh {
                self.changes.set_cost(w, self.passage);
            }
            let above = self.changes.cheapest(v, rest as f64);
            for &w in &fresh {
                self.price(w);
            }
            above.map(|(more, above)| (cost + more, vec![below, above]))
        });
        match (up, both) {
            (Some(a), Some(b)) => Some(if b.0 < a.0 - EPSILON { b } else { a }),
            (a, b) => a.or(b),
        }
    }

    fn price(&mut self, v: u32) {
        let own = guided(self.puzzle, &self.guide, v as usize) * (1.0 + self.off[v as usize]);
        let cost = if self.is_hidden(v) { self.passage } else { own };
        self.changes.set_cost(v, cost);
    }

    fn take(&mut self, v: u32, found: Vec<Change>) {
        for (k, change) in found.iter().enumerate() {
            for &(w, d) in change {
                self.within[w as usize].push((v, k as u32, d));
                if self.uses(w) == 1 && open(self.puzzle, w) {
                    self.price(w);
                }
            }
        }
        self.of[v as usize] = found;
    }

    fn give_up(&mut self, v: u32) -> Vec<Change> {
        let old = std::mem::take(&mut self.of[v as usize]);
        for &(w, _) in old.iter().flatten() {
            self.within[w as usize].retain(|(p, ..)| *p != v);
            if self.uses(w) == 0 && open(self.puzzle, w) {
                self.price(w);
            }
        }
        old
    }

    /// Gives every witness up once and seeks it again. Whether that gained anything.
    fn again(&mut self, most: u64) -> bool {
        let before = self.cost();
        for v in self.small.clone() {
            if self.changes.steps >= most {
                break;
            }
            // Only what nobody else uses can be saved.
            let alone =
                self.of[v as usize].iter().flatten().any(|&(w, _)| open(self.puzzle, w) && self.uses(w) <= 2);
            if !alone {
                continue;
            }
            let now = self.cost();
            let old = self.give_up(v);
            match self.route(v) {
                Some((_, found)) => {
                    self.take(v, found);
                    if self.cost() > now + EPSILON {
                        self.give_up(v);
                        self.take(v, old);
                    }
                }
                None => self.take(v, old),
            }
        }
        self.cost() < before - EPSILON
    }

    /// Tries for each hidden class whether the witnesses can do without it.
    fn without(&mut self, most: u64) {
        let n = self.puzzle.len() as u32;
        for v in 0..n {
            if !self.is_hidden(v) {
                self.changes.allow(v, false);
            }
        }
        let mut tried: Vec<u32> = (0..n).filter(|&v| open(self.puzzle, v) && self.uses(v) > 0).collect();
        tried.sort_by(|&a, &b| {
            let worth = |v: u32| self.uses(v) as f64 / self.puzzle.classes[v as usize].cost;
            worth(a).total_cmp(&worth(b)).then(a.cmp(&b))
        });
        for v in tried {
            if self.changes.steps >= most {
                break;
            }
            if self.uses(v) == 0 {
                self.changes.allow(v, false);
                continue;
            }
            let mut users: Vec<u32> = self.within[v as usize].iter().map(|(p, ..)| *p).collect();
            least_first(self.puzzle, &mut users);
            users.dedup();
            self.changes.allow(v, false);
            let kept: Vec<(u32, Vec<Change>)> = users.iter().map(|&p| (p, self.give_up(p))).collect();
            let holds = users.iter().all(|&p| {
                let found = self.route(p);
                found.is_some_and(|(_, found)| {
                    self.take(p, found);
                    true
                })
            });
            if holds {
                continue;
            }
            for (p, old) in kept.into_iter().rev() {
                self.give_up(p);
                self.take(p, old);
            }
            self.changes.allow(v, true);
        }
    }
}

/// The order in which witnesses are sought: the least can go up only.
fn least_first(puzzle: &Puzzle, classes: &mut [u32]) {
    classes.sort_by_key(|&v| (puzzle.classes[v as usize].value, v));
}

/// What a class costs, by the guide.
fn guided(puzzle: &Puzzle, guide: &[f64], v: usize) -> f64 {
    (puzzle.classes[v].cost * (1.0 - guide[v])).max(HIDDEN)
}

/// Whether a class may be published or hidden.
fn open(puzzle: &Puzzle, v: u32) -> bool {
    puzzle.classes[v as usize].fate == Fate::Open
}
