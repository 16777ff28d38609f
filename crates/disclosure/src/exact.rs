//! The cheapest pattern, or how far from it one is: an integer programme whose constraints are found as they are
//! needed (Fischetti and Salazar-González 2001).
//!
//! ```text
//! minimise Σ c x        x = 1 where a class is hidden
//! subject to            every protection constraint that some x was seen to break
//! ```
//!
//! For a given x a linear programme tells how far each small class can move. Where that is not far enough, its dual
//! solution is a constraint that every pattern that protects the class must meet. First x may be a
//! fraction, which is quick and finds most constraints; then it is whole. The value of either programme is a lower
//! bound, whatever constraints are still missing.

use highs::{Col, HighsModelStatus, Model, RowProblem, Sense};

use crate::lp::quiet;
use crate::need::Need;
use crate::puzzle::{Fate, Puzzle};
use crate::system::INF;

/// Larger puzzles are left as they are: one round would take longer than all that came before.
const CLASSES: usize = 600;
/// As [`CLASSES`], of small classes.
const SMALL: usize = 300;
/// Rounds of a programme and the constraints that its solution breaks.
const ROUNDS: usize = 80;
/// Rounds without gain after which no more constraints are sought that fractions break.
const STILL: usize = 15;
/// Nodes of the search tree of one integer programme.
const NODES: i32 = 2_000;
/// What stands for "no bound" where a class moves.
const FAR: f64 = 1e4;
/// Solutions are exact to about this much.
const EPSILON: f64 = 1e-6;

/// What became of it.
pub(crate) struct Exact {
    /// No pattern that protects costs less.
    pub(crate) bound: f64,
    /// For each class how much of it is hidden in the last solution: 0 or 1 in the cheapest pattern there is.
    pub(crate) share: Vec<f64>,
    /// Whether that is a pattern that protects, and so the cheapest.
    pub(crate) optimal: bool,
}

/// Whether a reader must not know a class exactly, or only so closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept<'a> {
    /// Not exactly: it can move at all.
    Open,
    /// It can move so far, up and down taken together.
    Wide(&'a [Need]),
}

/// Bounds the cost of hiding open classes from below, and finds the cheapest pattern where the effort allows.
/// `found` is the cost of a pattern that is known. `None` when the puzzle is too large.
pub(crate) fn cheapest(puzzle: &Puzzle, kept: Kept<'_>, found: f64, steps: u64) -> Option<Exact> {
    let of = |fate: Fate| (0..puzzle.len() as u32).filter(move |&v| puzzle.classes[v as usize].fate == fate);
    let (open, small): (Vec<u32>, Vec<u32>) = (of(Fate::Open).collect(), of(Fate::Small).collect());
    if open.len() > CLASSES || small.len() > SMALL {
        return None;
    }
    // A class at the end of its bounds moves one way only, which dependence alone does not see.
    let at_end = |v: &u32| puzzle.classes[*v as usize].value <= puzzle.classes[*v as usize].bounds.lo;
    if kept == Kept::Open && open.iter().chain(&small).any(at_end) {
        return None;
    }
    let whole = open.iter().all(|&v| puzzle.classes[v as usize].cost.fract() == 0.0);
    let raised = |bound: f64| if whole { (bound - EPSILON).ceil() } else { bound };
    let mut master = Master { puzzle, open, cuts: Vec::new() };
    let mut moves = Moves::new(puzzle, &master.open);
    let mut out = Exact {
        bound: 0.0,
        share: puzzle.classes.iter().map(|c| f64::from(u8::from(c.fate != Fate::Open))).collect(),
        optimal: false,
    };
    let (mut integer, mut still) = (false, 0);
    for _ in 0..ROUNDS {
        let solved = master.solve(integer)?;
        for (&v, &x) in master.open.iter().zip(&solved.x) {
            out.share[v as usize] = if integer { x.round() } else { x.clamp(0.0, 1.0) };
        }
        let bound = raised(solved.bound);
        still = if bound > out.bound + EPSILON { 0 } else { still + 1 };
        out.bound = out.bound.max(bound);
        // The last of the constraints that fractions break gain little. What whole solutions break are too many, where a
        // class has to move far.
        let stalled = !integer && still >= STILL;
        integer |= stalled && kept == Kept::Open;
        if out.bound >= found - EPSILON || (stalled && !integer) || moves.steps > steps {
            break;
        }
        let before = master.cuts.len();
        for &v in &small {
            if let Some(cut) = moves.broken(puzzle, &master.open, &solved.x, v, kept) {
                master.add(cut);
            }
        }
        let more = master.cuts.len() > before;
        if integer && !more {
            out.optimal = solved.optimal;
            break;
        }
        integer |= !more;
    }
    Some(out)
}

/// `Σ w x ≥ least`, over the places of open classes.
#[derive(Debug, Clone, PartialEq)]
struct Cut {
    terms: Vec<(usize, f64)>,
    least: f64,
}

/// The programme of which classes to hide.
struct Master<'a> {
    puzzle: &'a Puzzle,
    open: Vec<u32>,
    cuts: Vec<Cut>,
}

/// A solution of it.
struct Choice {
    x: Vec<f64>,
    bound: f64,
    optimal: bool,
}

impl Master<'_> {
    fn add(&mut self, cut: Cut) {
        if !self.cuts.contains(&cut) {
            self.cuts.push(cut);
        }
    }

    fn solve(&self, integer: bool) -> Option<Choice> {
        let mut problem = RowProblem::default();
        let cols: Vec<Col> = self
            .open
            .iter()
            .map(|&v| {
                let cost = self.puzzle.classes[v as usize].cost;
                problem.add_column_with_integrality(cost, 0.0..=1.0, integer)
            })
            .collect();
        for cut in &self.cuts {
            problem.add_row(cut.least.., cut.terms.iter().map(|&(at, w)| (cols[at], w)));
        }
        let mut model = quiet(problem, Sense::Minimise)?;
        if integer {
            model.set_option("mip_max_nodes", NODES);
            model.set_option("mip_rel_gap", 0.0);
        }
        let solved = model.try_solve().ok()?;
        let optimal = matches!(solved.status(), HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty);
        let bound = match (integer, optimal) {
            (false, true) => solved.objective_value(),
            (false, false) => return None,
            (true, _) => solved.double_info_value(c"mip_dual_bound").ok().filter(|b| b.is_finite())?,
        };
        let x = solved.get_solution().columns().to_vec();
        (x.len() == self.open.len()).then_some(Choice { x, bound, optimal })
    }
}

/// How far classes can move.
struct Moves {
    model: Option<Model>,
    cols: Vec<Col>,
    /// The place of each class among the open ones.
    place: Vec<Option<usize>>,
    target: Option<u32>,
    /// Steps of the simplex method.
    steps: u64,
}

impl Moves {
    fn new(puzzle: &Puzzle, open: &[u32]) -> Self {
        let mut problem = RowProblem::default();
        let cols: Vec<Col> = puzzle.classes.iter().map(|_| problem.add_column(0.0, 0.0..=0.0)).collect();
        for e in puzzle.independent() {
            let row = puzzle.equations[e as usize].iter().map(|&(v, a)| (cols[v as usize], a as f64));
            problem.add_row(0.0..=0.0, row);
        }
        let mut place = vec![None; puzzle.len()];
        for (at, &v) in open.iter().enumerate() {
            place[v as usize] = Some(at);
        }
        Self { model: quiet(problem, Sense::Minimise), cols, place, target: None, steps: 0 }
    }

    /// A constraint that `x` breaks, by which class `v` could not move far enough.
    fn broken(&mut self, puzzle: &Puzzle, open: &[u32], x: &[f64], v: u32, kept: Kept<'_>) -> Option<Cut> {
        let room = |w: usize| match kept {
            Kept::Open => {
                let most = if self.place[w].is_some() { 1.0 } else { f64::INFINITY };
                (most, most)
            }
            Kept::Wide(_) => {
                let class = &puzzle.classes[w];
                let up = if class.bounds.hi >= INF {
                    f64::INFINITY
                } else {
                    (class.bounds.hi - class.value) as f64
                };
                (up, (class.value - class.bounds.lo).max(0) as f64)
            }
        };
        let rooms: Vec<(f64, f64)> = (0..puzzle.len()).map(room).collect();
        self.limit(&rooms, x);
        let up = self.farthest(v, true)?;
        let (reach, price) = match kept {
            Kept::Open => up,
            Kept::Wide(_) => {
                let down = self.farthest(v, false)?;
                // Of both ways together.
                (up.0 + down.0, up.1.iter().zip(&down.1).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect())
            }
        };
        let needed = match kept {
            Kept::Open => 1.0,
            Kept::Wide(needed) => needed[v as usize].width as f64,
        };
        if reach >= needed - EPSILON {
            return None;
        }
        // What the dual solution says: v moves no further than Σ price × room, over all classes.
        let mut terms = Vec::new();
        let mut given = 0.0;
        for (w, (&(up, down), &(a, b))) in rooms.iter().zip(&price).enumerate() {
            let part = |price: f64, room: f64| if price > EPSILON { price * room } else { 0.0 };
            let weight = part(a, up) + part(b, down);
            match self.place[w] {
                Some(at) if weight > EPSILON => terms.push((at, weight)),
                None => given += weight,
                Some(_) => {}
            }
        }
        let least = needed - given;
        if !least.is_finite() || least <= EPSILON {
            return None;
        }
        let (least, cap) = if kept == Kept::Open { (1.0, 0.0) } else { (least, least) };
        for (_, weight) in &mut terms {
            *weight = if kept == Kept::Open { 1.0 } else { weight.min(cap) };
        }
        debug_assert!(terms.iter().all(|(at, _)| *at < open.len()));
        let now: f64 = terms.iter().map(|&(at, w)| w * x[at]).sum();
        (now < least - EPSILON).then_some(Cut { terms, least })
    }

    fn limit(&mut self, rooms: &[(f64, f64)], x: &[f64]) {
        let Some(model) = &mut self.model else { return };
        for (w, (&col, &(up, down))) in self.cols.iter().zip(rooms).enumerate() {
            let share = self.place[w].map_or(1.0, |at| x[at].clamp(0.0, 1.0));
            model.change_column_bounds(col, -(down.min(FAR) * share)..=up.min(FAR) * share);
        }
    }

    /// How far `v` can go, up or down, and for each class what a step of room up and down is worth.
    fn farthest(&mut self, v: u32, up: bool) -> Option<(f64, Vec<(f64, f64)>)> {
        let mut model = self.model.take()?;
        if let Some(old) = self.target.replace(v) {
            model.change_column_cost(self.cols[old as usize], 0.0);
        }
        model.change_column_cost(self.cols[v as usize], if up { -1.0 } else { 1.0 });
        let solved = model.try_solve().ok()?;
        self.steps += solved.simplex_iteration_count().max(1) as u64;
        let answer = (solved.status() == HighsModelStatus::Optimal).then(|| {
            let solution = solved.get_solution();
            let prices = solution.dual_columns().iter().map(|&d| ((-d).max(0.0), d.max(0.0))).collect();
            (-solved.objective_value(), prices)
        });
        self.model = Some(solved.into());
        answer
    }
}
