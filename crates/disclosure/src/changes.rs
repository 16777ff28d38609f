//! The cheapest change of a table that moves one cell by a given amount and keeps every equation (Kelly, Golden and
//! Assad 1992):
//!
//! ```text
//! minimise    Σ cost |d|
//! subject to  A d = 0,  −down ≤ d ≤ up,  d of the cell = amount
//! ```
//!
//! By the dual simplex method, for costs with a kink at zero (Fourer 1985). Nothing changes at first, which is the cheapest
//! there is; the equations of the cell are then off, and are put right one by one by the cell that costs least for it.
//! Such a change has a dozen cells of some thousands, and all that is looked at are the equations of these: a
//! general solver takes longer to read the problem than this does to solve it.

use crate::puzzle::Puzzle;
use crate::space::Space;

/// Numbers below this are zero.
const ZERO: f64 = 1e-9;
/// An equation that is off by less is right.
const OFF: f64 = 1e-7;
/// Steps for one change, at most.
const STEPS: usize = 1_500;
/// Numbers above this are made smaller.
const LARGE: f64 = 10_000.0;
/// No row of the basis.
const NONE: u32 = u32::MAX;

/// A change: classes with what they change by.
pub(crate) type Change = Vec<(u32, f64)>;

/// The changes of the classes of a puzzle.
pub(crate) struct Changes {
    /// For each equation its classes, and for each class its equations.
    rows: Vec<Vec<(u32, f64)>>,
    columns: Vec<Vec<(u32, f64)>>,
    cost: Vec<f64>,
    /// How far each class can go up and down when it is hidden.
    up: Vec<f64>,
    down: Vec<f64>,
    allowed: Vec<bool>,
    /// What counts as 1 in the search: amounts of millions would be lost in its tolerances.
    scale: f64,
    /// Steps of the simplex method: a measure of work that is the same on every machine.
    pub(crate) steps: u64,
    work: Work,
}

/// Where a class is that is not in the basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Down,
    Zero,
    Up,
}

/// What is in a row of the basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basic {
    /// By how much the equation is off. It has to become zero, and never comes back.
    Off,
    /// A class that is above zero, or below.
    Class { class: u32, above: bool },
}

/// A vector of which few elements are not zero.
#[derive(Default)]
struct Sparse {
    values: Vec<f64>,
    marked: Vec<bool>,
    places: Vec<u32>,
}

impl Sparse {
    fn new(n: usize) -> Self {
        Self { values: vec![0.0; n], marked: vec![false; n], places: Vec::new() }
    }

    fn add(&mut self, at: u32, x: f64) {
        if !self.marked[at as usize] {
            self.marked[at as usize] = true;
            self.places.push(at);
        }
        self.values[at as usize] += x;
    }

    fn get(&self, at: u32) -> f64 {
        self.values[at as usize]
    }

    fn clear(&mut self) {
        for at in self.places.drain(..) {
            self.values[at as usize] = 0.0;
            self.marked[at as usize] = false;
        }
    }
}

/// A factor of the inverse of the basis: a row, the element of that row, and the others of its column.
type Factor = (u32, f64, Vec<(u32, f64)>);

/// The state of one search, put back as it was after each.
struct Work {
    /// The row of each class in the basis, or [`NONE`].
    row_of: Vec<u32>,
    at: Vec<At>,
    /// What each equation costs, summed over the equations of each class.
    price: Sparse,
    basic: Vec<Basic>,
    /// The value of what is in each row of the basis.
    value: Sparse,
    /// The inverse of the basis as a product.
    factors: Vec<Factor>,
    /// Classes that were in the basis, and rows that are not as at first.
    touched: Vec<u32>,
    left: Vec<u32>,
    row: Sparse,
    moves: Sparse,
    column: Sparse,
}

impl Changes {
    /// Changes of all classes of a puzzle, the cost of each being `cost`, none further than `most`.
    pub(crate) fn new(puzzle: &Puzzle, cost: impl Fn(u32) -> f64, most: i64) -> Self {
        let room = |x: i64| x.clamp(0, most) as f64;
        let up = puzzle.classes.iter().map(|c| room(c.bounds.hi.saturating_sub(c.value)));
        let down = puzzle.classes.iter().map(|c| room(c.value.saturating_sub(c.bounds.lo)));
        let cost = (0..puzzle.len() as u32).map(cost);
        Self::of(&puzzle.equations, up.collect(), down.collect(), cost.collect(), most as f64)
    }

    /// Changes of the table of a space, all of one cost.
    pub(crate) fn within(space: &Space) -> Self {
        let cells = || space.bounds.iter().zip(&space.table);
        let up = cells().map(|(b, x)| (b.hi as f64 - x).max(0.0)).collect();
        let down = cells().map(|(b, x)| (x - b.lo as f64).max(0.0)).collect();
        let largest = space.table.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
        Self::of(&space.equations, up, down, vec![1.0; space.len()], largest)
    }

    fn of(
        equations: &[Vec<(u32, i64)>],
        mut up: Vec<f64>,
        mut down: Vec<f64>,
        cost: Vec<f64>,
        largest: f64,
    ) -> Self {
        let scale = if largest > LARGE { largest / LARGE } else { 1.0 };
        up.iter_mut().chain(&mut down).for_each(|x| *x /= scale);
        let (n, m) = (cost.len(), equations.len());
        let mut columns = vec![Vec::new(); n];
        let mut rows = Vec::with_capacity(m);
        for (e, equation) in equations.iter().enumerate() {
            for &(v, a) in equation {
                columns[v as usize].push((e as u32, a as f64));
            }
            rows.push(equation.iter().map(|&(v, a)| (v, a as f64)).collect());
        }
        Self {
            rows,
            columns,
            cost,
            up,
            down,
            allowed: vec![true; n],
            scale,
            steps: 0,
            work: Work {
                row_of: vec![NONE; n],
                at: vec![At::Zero; n],
                price: Sparse::new(n),
                basic: vec![Basic::Off; m],
                value: Sparse::new(m),
                factors: Vec::new(),
                touched: Vec::new(),
                left: Vec::new(),
                row: Sparse::new(m),
                moves: Sparse::new(n),
                column: Sparse::new(m),
            },
        }
    }

    /// Sets what a change of a class costs, for each unit.
    pub(crate) fn set_cost(&mut self, v: u32, cost: f64) {
        self.cost[v as usize] = cost;
    }

    /// Whether a class may change at all.
    pub(crate) fn allow(&mut self, v: u32, yes: bool) {
        self.allowed[v as usize] = yes;
    }

    /// The cheapest change that moves `v` by `amount`, up or, below zero, down: its cost and itself.
    pub(crate) fn cheapest(&mut self, v: u32, amount: f64) -> Option<(f64, Change)> {
        let i = v as usize;
        let amount = amount / self.scale;
        if amount > self.up[i] || -amount > self.down[i] {
            return None;
        }
        let allowed = std::mem::replace(&mut self.allowed[i], false);
        let found = self.search(v, amount).then(|| self.change(v, amount));
        self.allowed[i] = allowed;
        self.work.reset();
        let (cost, mut change) = found.filter(|(_, change)| self.holds(change))?;
        for (_, d) in &mut change {
            *d *= self.scale;
        }
        Some((cost, change))
    }

    /// Whether every equation was put right.
    fn search(&mut self, v: u32, amount: f64) -> bool {
        for &(e, a) in &self.columns[v as usize] {
            self.work.value.add(e, -a * amount);
        }
        for _ in 0..STEPS {
            let Some((r, bound)) = self.wrong() else { return true };
            self.steps += 1;
            if !self.put_right(r, bound) {
                return false;
            }
        }
        false
    }

    /// A row whose value is beyond its bounds, and the bound: that which is longest in the search, so that it spreads evenly.
    fn wrong(&self) -> Option<(u32, f64)> {
        let w = &self.work;
        w.value.places.iter().find_map(|&r| {
            let x = w.value.get(r);
            let (low, high) = self.bounds(w.basic[r as usize]);
            if x < low - OFF {
                Some((r, low))
            } else if x > high + OFF {
                Some((r, high))
            } else {
                None
            }
        })
    }

    fn bounds(&self, basic: Basic) -> (f64, f64) {
        match basic {
            Basic::Off => (0.0, 0.0),
            Basic::Class { class, above: true } => (0.0, self.up[class as usize]),
            Basic::Class { class, above: false } => (-self.down[class as usize], 0.0),
        }
    }

    /// Brings the value of a row to its bound, by the class that costs least for it; `false` when none can.
    fn put_right(&mut self, r: u32, bound: f64) -> bool {
        let w = &mut self.work;
        let x = w.value.get(r);
        w.row.clear();
        w.row.add(r, 1.0);
        for (p, pivot, others) in w.factors.iter().rev() {
            let sum: f64 = others.iter().map(|&(i, a)| a * w.row.get(i)).sum();
            let before = w.row.get(*p);
            if sum != 0.0 || before != 0.0 {
                let now = (before - sum) / pivot;
                w.row.add(*p, now - before);
            }
        }
        w.moves.clear();
        for &e in &w.row.places {
            let y = w.row.get(e);
            if y.abs() > ZERO {
                for &(j, a) in &self.rows[e as usize] {
                    if w.row_of[j as usize] == NONE {
                        w.moves.add(j, y * a);
                    }
                }
            }
        }
        // To go up, what takes from the value has to go down.
        let way = if x < bound { -1.0 } else { 1.0 };
        let mut best: Option<(u32, f64)> = None;
        let mut least = f64::INFINITY;
        for &j in &w.moves.places {
            let a = w.moves.get(j);
            if a.abs() <= ZERO || !self.allowed[j as usize] {
                continue;
            }
            let (i, rises) = (j as usize, way * a > 0.0);
            let (cost, price) = (self.cost[i], w.price.get(j));
            let room = match (w.at[i], rises) {
                (At::Zero, true) if self.up[i] > 0.0 => cost - price,
                (At::Zero, false) if self.down[i] > 0.0 => cost + price,
                (At::Up, false) => price - cost,
                (At::Down, true) => -cost - price,
                _ => continue,
            };
            let step = (room / a.abs()).max(0.0);
            let better = match best {
                None => true,
                Some((b, size)) => {
                    step < least - ZERO
                        || (step < least + ZERO
                            && (a.abs() > size + ZERO || (a.abs() > size - ZERO && j < b)))
                }
            };
            if better {
                least = least.min(step);
                best = Some((j, a.abs()));
            }
        }
        let leaving = w.basic[r as usize];
        // A class that passes zero costs as much again on the other side, and may go on there.
        if let Basic::Class { class, above } = leaving
            && bound == 0.0
            && (if above { self.down[class as usize] } else { self.up[class as usize] }) > 0.0
            && 2.0 * self.cost[class as usize] <= least
        {
            w.reprice(way * 2.0 * self.cost[class as usize]);
            w.basic[r as usize] = Basic::Class { class, above: !above };
            return true;
        }
        let Some((q, _)) = best else { return false };
        let rises = way * w.moves.get(q) > 0.0;
        w.reprice(way * least);
        // The entering class, in terms of the basis.
        w.column.clear();
        for &(e, a) in &self.columns[q as usize] {
            w.column.add(e, a);
        }
        for (p, pivot, others) in &w.factors {
            let before = w.column.get(*p);
            if before != 0.0 {
                let now = before / pivot;
                w.column.add(*p, now - before);
                for &(i, a) in others {
                    w.column.add(i, -a * now);
                }
            }
        }
        let pivot = w.column.get(r);
        if pivot.abs() <= ZERO {
            return false;
        }
        let step = (x - bound) / pivot;
        let mut others = Vec::new();
        for &i in &w.column.places {
            let a = w.column.get(i);
            if i != r && a.abs() > ZERO {
                w.value.add(i, -a * step);
                others.push((i, a));
            }
        }
        w.factors.push((r, pivot, others));
        if let Basic::Class { class, above } = leaving {
            let i = class as usize;
            w.row_of[i] = NONE;
            w.at[i] = if bound == 0.0 {
                At::Zero
            } else if bound > 0.0 {
                At::Up
            } else {
                At::Down
            };
            let own = if above { self.cost[i] } else { -self.cost[i] };
            let before = w.price.get(class);
            w.price.add(class, own + way * least - before);
        }
        let i = q as usize;
        let (from, above) = match w.at[i] {
            At::Zero => (0.0, rises),
            At::Up => (self.up[i], true),
            At::Down => (-self.down[i], false),
        };
        w.at[i] = At::Zero;
        w.row_of[i] = r;
        w.touched.push(q);
        w.left.push(r);
        w.basic[r as usize] = Basic::Class { class: q, above };
        let now = from + step - w.value.get(r);
        w.value.add(r, now);
        true
    }

    /// The change that was found, and its cost.
    fn change(&self, v: u32, amount: f64) -> (f64, Change) {
        let w = &self.work;
        let mut change = vec![(v, amount)];
        for &j in &w.touched {
            let i = j as usize;
            let d = match (w.row_of[i], w.at[i]) {
                (NONE, At::Zero) => 0.0,
                (NONE, At::Up) => self.up[i],
                (NONE, At::Down) => -self.down[i],
                (row, _) => w.value.get(row),
            };
            if d.abs() > OFF {
                change.push((j, d));
            }
        }
        change.sort_by_key(|(j, _)| *j);
        change.dedup_by_key(|(j, _)| *j);
        (change.iter().map(|&(j, d)| self.cost[j as usize] * d.abs()).sum(), change)
    }

    /// Whether a change keeps every equation and all bounds: what was found is checked against the problem itself.
    fn holds(&mut self, change: &Change) -> bool {
        let w = &mut self.work;
        w.column.clear();
        for &(j, d) in change {
            if d > self.up[j as usize] + 1e-6 || -d > self.down[j as usize] + 1e-6 {
                return false;
            }
            for &(e, a) in &self.columns[j as usize] {
                w.column.add(e, a * d);
            }
        }
        w.column.places.iter().all(|&e| w.column.get(e).abs() < 1e-6)
    }
}

impl Work {
    /// Moves the price of each class along the row that is put right.
    fn reprice(&mut self, by: f64) {
        for &j in &self.moves.places {
            self.price.add(j, by * self.moves.values[j as usize]);
        }
    }

    fn reset(&mut self) {
        for j in self.touched.drain(..) {
            self.row_of[j as usize] = NONE;
            self.at[j as usize] = At::Zero;
        }
        for r in self.left.drain(..) {
            self.basic[r as usize] = Basic::Off;
        }
        self.factors.clear();
        for sparse in [&mut self.price, &mut self.value, &mut self.row, &mut self.moves, &mut self.column] {
            sparse.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use highs::{HighsModelStatus, RowProblem, Sense};

    use super::*;
    use crate::field::mix;
    use crate::lp::quiet;
    use crate::puzzle::{Class, Fate};
    use crate::system::Bounds;

    /// A table of three dimensions of which only the margins of two are published, with counts and costs by chance.
    fn puzzle(seed: u64, size: [u32; 3]) -> Puzzle {
        let [a, b, c] = size;
        let at = |i: u32, j: u32, k: u32| (i * b + j) * c + k;
        let mut equations: Vec<Vec<(u32, i64)>> = Vec::new();
        for i in 0..a {
            equations.extend((0..b).map(|j| (0..c).map(|k| (at(i, j, k), 1)).collect::<Vec<_>>()));
            equations.extend((0..c).map(|k| (0..b).map(|j| (at(i, j, k), 1)).collect::<Vec<_>>()));
        }
        for j in 0..b {
            equations.extend((0..c).map(|k| (0..a).map(|i| (at(i, j, k), 1)).collect::<Vec<_>>()));
        }
        let mut of = vec![Vec::new(); (a * b * c) as usize];
        for (e, equation) in equations.iter().enumerate() {
            for (v, _) in equation {
                of[*v as usize].push(e as u32);
            }
        }
        let classes = (0..u64::from(a * b * c)).map(|v| {
            let draw = |what: u64, most: u64| (mix(seed * 8 + what, v) % most).cast_signed();
            Class {
                value: draw(0, 6),
                bounds: Bounds { lo: 0, hi: 9 + draw(1, 9) },
                fate: Fate::Open,
                cost: 1.0 + draw(2, 1000) as f64 / 100.0,
            }
        });
        Puzzle { classes: classes.collect(), equations, of, class_of: Vec::new() }
    }

    /// The same by a general solver.
    fn by_highs(puzzle: &Puzzle, v: u32, amount: f64, most: i64) -> Option<f64> {
        let mut problem = RowProblem::default();
        let cols: Vec<_> = puzzle
            .classes
            .iter()
            .enumerate()
            .map(|(w, c)| {
                let (up, down) =
                    ((c.bounds.hi - c.value).min(most) as f64, (c.value - c.bounds.lo).min(most) as f64);
                let own = w == v as usize;
                let (up, down) = if own { (amount.max(0.0), (-amount).max(0.0)) } else { (up, down) };
                let least = |x: f64| if own { x } else { 0.0 };
                (problem.add_column(c.cost, least(up)..=up), problem.add_column(c.cost, least(down)..=down))
            })
            .collect();
        for equation in &puzzle.equations {
            let row = equation.iter().flat_map(|&(w, a)| {
                let (up, down) = cols[w as usize];
                [(up, a as f64), (down, -a as f64)]
            });
            problem.add_row(0.0..=0.0, row);
        }
        let solved = quiet(problem, Sense::Minimise)?.try_solve().ok()?;
        (solved.status() == HighsModelStatus::Optimal).then(|| solved.objective_value())
    }

    #[test]
    fn changes_cost_what_a_general_solver_finds() {
        let (mut found, mut none) = (0, 0);
        for seed in 0..60 {
            let puzzle = puzzle(seed, [2 + seed as u32 % 3, 3 + seed as u32 % 2, 2 + seed as u32 % 4]);
            let mut changes = Changes::new(&puzzle, |v| puzzle.classes[v as usize].cost, 8);
            for v in (0..puzzle.len() as u32).step_by(3) {
                for amount in [1.0_f64, 4.0, -1.0, -3.0] {
                    let class = &puzzle.classes[v as usize];
                    let room = if amount > 0.0 { class.bounds.hi - class.value } else { class.value };
                    let theirs =
                        (amount.abs() <= room.min(8) as f64).then(|| by_highs(&puzzle, v, amount, 8));
                    let ours = changes.cheapest(v, amount);
                    match (theirs.flatten(), ours) {
                        (Some(theirs), Some((ours, change))) => {
                            assert!(
                                (theirs - ours).abs() < 1e-5 * (1.0 + theirs),
                                "{seed} {v} {amount}: {ours} {theirs}"
                            );
                            assert!(change.contains(&(v, amount)));
                            found += 1;
                        }
                        (None, None) => none += 1,
                        other => panic!("seed {seed}, class {v} by {amount}: {other:?}"),
                    }
                }
            }
        }
        assert!(found > 500 && none > 50, "{found} {none}");
    }

    #[test]
    fn what_is_not_allowed_is_in_no_change() {
        let puzzle = puzzle(3, [3, 3, 3]);
        let mut changes = Changes::new(&puzzle, |_| 1.0, 8);
        let (cost, change) = changes.cheapest(0, 2.0).expect("a change");
        let other = change.iter().map(|(w, _)| *w).find(|w| *w != 0).expect("another class");
        changes.allow(other, false);
        if let Some((more, without)) = changes.cheapest(0, 2.0) {
            assert!(more >= cost - 1e-9 && without.iter().all(|(w, _)| *w != other));
        }
        changes.allow(other, true);
        // Nothing is left of one search in the next.
        assert_eq!(changes.cheapest(0, 2.0), Some((cost, change)));
    }
}
