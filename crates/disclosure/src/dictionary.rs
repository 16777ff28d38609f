//! The simplex method for tables that fit, from one of them to the next.
//!
//! What is hidden in tables has few degrees of freedom: a release with four thousand hidden cells has some two
//! hundred. So the equations are solved once and exactly for all other cells (a *dictionary*, Chvátal 1983), which are
//! then sums of these few, and an exchange of two cells changes the few numbers in which both occur. A general solver
//! factors all equations again and again. Every table on the way fits and widens what is possible for all cells that
//! changed; what was found is checked against the equations themselves.

use crate::circuits::{self, Circuit};
use crate::space::Space;
use crate::tableau::Tableau;

/// Numbers below this are zero.
const ZERO: f64 = 1e-9;
/// An exchange on a smaller number would lose digits.
const PIVOT: f64 = 1e-6;
/// Gains below this are none.
const GAIN: f64 = 1e-7;
/// A table that misses an equation by more than this does not fit.
const FITS: f64 = 1e-6;
/// What tables with larger numbers need is another solver.
const AMOUNTS: f64 = 1e8;
/// Numbers in a dictionary, at most.
const LARGEST: usize = 16_000_000;
/// Steps that gain nothing, after which the rule of Bland (1977) chooses: it cannot go round in circles.
const STALLED: usize = 30;
/// Steps for one goal, for each degree of freedom.
const STEPS: usize = 60;

/// A dictionary: cells in rows are sums of the cells in columns.
pub(crate) struct Dictionary<'a> {
    space: &'a Space,
    low: Vec<f64>,
    high: Vec<f64>,
    /// The cell of each row and of each column.
    basic: Vec<u32>,
    free: Vec<u32>,
    /// The row of each cell, or the column after the last row.
    place: Vec<u32>,
    /// Column after column: how the cell of each row moves with the cell of the column. There are many more rows than columns,
    /// so that a column is what has to lie together.
    numbers: Vec<f64>,
    /// Columns that are not as they were made.
    changed: Vec<bool>,
    /// The table it stands at.
    table: Vec<f64>,
    /// The least and greatest value seen of each cell.
    pub(crate) seen: Vec<(f64, f64)>,
    /// The column that goes up or down, and the row that stops it, without zeros.
    column: Vec<(u32, f64)>,
    row: Vec<(u32, f64)>,
    /// The mean of all tables found so far, from which the next is sought: far from most bounds, so that steps are long.
    middle: Vec<f64>,
    found: f64,
    /// Changes of few cells, one for each degree of freedom.
    circuits: Vec<Circuit>,
    /// The dictionary as it was made: exact, and with the fewest numbers.
    first: First,
}

/// A dictionary to go back to.
struct First {
    basic: Vec<u32>,
    free: Vec<u32>,
    columns: Vec<Vec<(u32, f64)>>,
}

/// How far a cell can move, and what stops it.
struct Step {
    length: f64,
    /// The row of the cell that stops it; `None` when it is its own bound.
    row: Option<usize>,
}

impl<'a> Dictionary<'a> {
    /// The dictionary of a space; `None` where it would be too large or its numbers are no short fractions.
    pub(crate) fn new(space: &'a Space) -> Option<Self> {
        // Its tolerances are for counts.
        if space.cap() > AMOUNTS {
            return None;
        }
        let n = space.len();
        let tableau = Tableau::varied(n, &space.equations, 0);
        let basic = tableau.basic().to_vec();
        let mut place = vec![u32::MAX; n];
        for (r, &v) in basic.iter().enumerate() {
            place[v as usize] = r as u32;
        }
        let free: Vec<u32> = (0..n as u32).filter(|&v| place[v as usize] == u32::MAX).collect();
        if free.is_empty() || basic.is_empty() || basic.len().saturating_mul(free.len()) > LARGEST {
            return None;
        }
        let mut columns = Vec::with_capacity(free.len());
        for &v in &free {
            columns.push(tableau.column(v).map(|(r, a)| Some((r, a?))).collect::<Option<_>>()?);
        }
        let cap = space.cap();
        let mut dictionary = Self {
            space,
            low: space.bounds.iter().map(|b| b.lo as f64).collect(),
            high: space.bounds.iter().map(|b| (b.hi as f64).min(cap)).collect(),
            numbers: vec![0.0; basic.len() * free.len()],
            changed: vec![true; free.len()],
            column: Vec::new(),
            row: Vec::new(),
            basic: Vec::new(),
            free: Vec::new(),
            place,
            table: Vec::new(),
            seen: space.table.iter().map(|&x| (x, x)).collect(),
            middle: space.table.clone(),
            found: 1.0,
            circuits: circuits::circuits(space, &tableau),
            first: First { basic, free, columns },
        };
        dictionary.restart();
        Some(dictionary)
    }

    /// Goes to the middle of what was found, and back to the dictionary as it was made: exchanges fill a dictionary and lose
    /// digits, and few of them lead from there to any other table.
    fn restart(&mut self) {
        self.table.clone_from(&self.middle);
        self.basic.clone_from(&self.first.basic);
        self.free.clone_from(&self.first.free);
        for (at, &v) in self.basic.iter().chain(&self.free).enumerate() {
            self.place[v as usize] = at as u32;
        }
        let height = self.basic.len();
        for (j, first) in self.first.columns.iter().enumerate() {
            if std::mem::take(&mut self.changed[j]) {
                let column = &mut self.numbers[j * height..(j + 1) * height];
                column.fill(0.0);
                for &(r, a) in first {
                    column[r as usize] = a;
                }
            }
        }
    }

    /// Goes to a table in which the sum of `goal` is as great as it can be, and returns the sum; or to one on the way
    /// there by which what was seen is `enough`. `None` when it gave up.
    pub(crate) fn most(
        &mut self,
        goal: &[(u32, f64)],
        enough: impl Fn(&[(f64, f64)]) -> bool,
    ) -> Option<f64> {
        self.restart();
        let value = self.climb(goal, enough).then(|| self.value(goal))??;
        self.found += 1.0;
        for (middle, x) in self.middle.iter_mut().zip(&self.table) {
            *middle += (x - *middle) / self.found;
        }
        Some(value)
    }

    /// Follows circuits from the middle of what was found: they lead further there than from the first table.
    pub(crate) fn follow(&mut self) {
        circuits::follow(self.space, &self.circuits, &self.middle, &mut self.seen);
    }

    /// Whether it came to the end.
    fn climb(&mut self, goal: &[(u32, f64)], enough: impl Fn(&[(f64, f64)]) -> bool) -> bool {
        let mut gain = self.gains(goal);
        let (mut stalled, mut bland) = (0, false);
        let height = self.basic.len();
        for _ in 0..STEPS * self.free.len() + 1_000 {
            let Some((j, up)) = self.entering(&gain, bland) else { return true };
            self.column.clear();
            let column = self.numbers[j * height..(j + 1) * height].iter();
            self.column.extend((0_u32..).zip(column.copied()).filter(|(_, a)| *a != 0.0));
            let step = self.room(j, up, bland);
            self.go(j, if up { step.length } else { -step.length });
            if enough(&self.seen) {
                return true;
            }
            stalled = if step.length * gain[j].abs() > GAIN { 0 } else { stalled + 1 };
            bland = stalled > STALLED;
            if let Some(r) = step.row {
                self.exchange(r, j, &mut gain);
            }
        }
        false
    }

    /// The sum of `goal` in the table it stands at, if that fits.
    fn value(&self, goal: &[(u32, f64)]) -> Option<f64> {
        let fits = self.space.residual(&self.table) < FITS;
        fits.then(|| goal.iter().map(|(v, a)| a * self.table[*v as usize]).sum())
    }

    /// What the sum of `goal` gains with each column.
    fn gains(&self, goal: &[(u32, f64)]) -> Vec<f64> {
        let height = self.basic.len();
        let mut gain = vec![0.0; self.free.len()];
        for &(v, a) in goal {
            let at = self.place[v as usize] as usize;
            if at >= height {
                gain[at - height] += a;
            } else {
                for (g, column) in gain.iter_mut().zip(self.numbers.chunks_exact(height)) {
                    *g += a * column[at];
                }
            }
        }
        gain
    }

    /// The column that gains most, or, by the rule of Bland, the first that gains; and whether it goes up.
    fn entering(&self, gain: &[f64], bland: bool) -> Option<(usize, bool)> {
        let mut best: Option<(usize, bool)> = None;
        let mut most = GAIN;
        for (j, &g) in gain.iter().enumerate() {
            let v = self.free[j] as usize;
            let can = if g > 0.0 {
                self.table[v] < self.high[v] - ZERO
            } else {
                self.table[v] > self.low[v] + ZERO
            };
            if !can || g.abs() <= GAIN {
                continue;
            }
            let better =
                if bland { best.is_none_or(|(b, _)| self.free[j] < self.free[b]) } else { g.abs() > most };
            if better {
                most = g.abs();
                best = Some((j, g > 0.0));
            }
        }
        best
    }

    fn room(&self, j: usize, up: bool, bland: bool) -> Step {
        let sign = if up { 1.0 } else { -1.0 };
        let v = self.free[j] as usize;
        let own = if up { self.high[v] - self.table[v] } else { self.table[v] - self.low[v] };
        let mut step = Step { length: own, row: None };
        let mut size = 0.0;
        for &(r, a) in &self.column {
            if a.abs() < PIVOT {
                continue;
            }
            let r = r as usize;
            let w = self.basic[r] as usize;
            let way = sign * a;
            let room = if way > 0.0 { self.high[w] - self.table[w] } else { self.table[w] - self.low[w] };
            let length = (room / a.abs()).max(0.0);
            let near = length < step.length + ZERO;
            let better = length < step.length - ZERO
                || (near && step.row.is_none())
                || (near
                    && if bland {
                        step.row.is_some_and(|b| self.basic[r] < self.basic[b])
                    } else {
                        a.abs() > size
                    });
            if better {
                step = Step { length: length.min(step.length), row: Some(r) };
                size = a.abs();
            }
        }
        step
    }

    /// Moves the cell of column j by `by`, and all that move with it.
    fn go(&mut self, j: usize, by: f64) {
        if by == 0.0 {
            return;
        }
        let basic = self.column.iter().map(|&(r, a)| (self.basic[r as usize], a));
        for (v, a) in std::iter::once((self.free[j], 1.0)).chain(basic) {
            let v = v as usize;
            let x = (self.table[v] + a * by).clamp(self.low[v], self.high[v]);
            self.table[v] = x;
            let seen = &mut self.seen[v];
            *seen = (seen.0.min(x), seen.1.max(x));
        }
    }

    /// Lets the cell of column j and that of row r change places.
    fn exchange(&mut self, r: usize, j: usize, gain: &mut [f64]) {
        let height = self.basic.len();
        let pivot = 1.0 / self.numbers[j * height + r];
        // The cell that enters, as a sum of the one that leaves and the others.
        self.row.clear();
        for (k, column) in self.numbers.chunks_exact(height).enumerate() {
            if column[r] != 0.0 {
                self.row.push((k as u32, if k == j { pivot } else { -column[r] * pivot }));
            }
        }
        for &(k, b) in &self.row {
            let k = k as usize;
            let column = &mut self.numbers[k * height..(k + 1) * height];
            if k == j {
                column.fill(0.0);
            }
            add(column, &self.column, b);
            column[r] = b;
            self.changed[k] = true;
        }
        let share = std::mem::take(&mut gain[j]);
        add(gain, &self.row, share);
        let (enter, leave) = (self.free[j], self.basic[r]);
        self.basic[r] = enter;
        self.free[j] = leave;
        self.place[enter as usize] = r as u32;
        self.place[leave as usize] = (self.basic.len() + j) as u32;
    }
}

/// Adds `by` times sparse numbers to others; what almost cancels is nothing.
fn add(numbers: &mut [f64], other: &[(u32, f64)], by: f64) {
    for &(k, b) in other {
        let a = &mut numbers[k as usize];
        *a += by * b;
        if a.abs() < ZERO {
            *a = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Bounds, INF};

    /// A table of 3 × 3 hidden cells of which the sums are published.
    fn square() -> Space {
        let rows = (0..3).map(|r| (0..3).map(|c| (3 * r + c, 1)).collect());
        let columns = (0..3).map(|c| (0..3).map(|r| (3 * r + c, 1)).collect());
        Space {
            equations: rows.chain(columns).collect(),
            bounds: vec![Bounds { lo: 1, hi: INF }; 9],
            table: vec![1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 2.0, 5.0, 1.0],
        }
    }

    #[test]
    fn it_finds_the_least_and_the_greatest_value() {
        // Row sums 6, 7, 8 and column sums 7, 8, 6: the bounds of Fréchet, with every cell at least 1.
        let space = square();
        let mut dictionary = Dictionary::new(&space).expect("small");
        for (v, (row, column)) in (0..9).map(|v| (v, ([6.0, 7.0, 8.0][v / 3], [7.0, 8.0, 6.0][v % 3]))) {
            let most = dictionary.most(&[(v as u32, 1.0)], |_| false).expect("solved");
            assert!((most - (f64::min(row, column) - 2.0)).abs() < 1e-9, "{v}: {most}");
            let least = -dictionary.most(&[(v as u32, -1.0)], |_| false).expect("solved");
            let expected = f64::max(1.0, row + column - 21.0 + 4.0);
            assert!((least - expected).abs() < 1e-9, "{v}: {least}");
            assert!(dictionary.seen[v].0 <= least + 1e-9 && dictionary.seen[v].1 >= most - 1e-9);
        }
    }
}
