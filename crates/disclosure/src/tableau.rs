//! Which hidden cells can be worked out as a sum of published ones: a matroid, kept as a tableau.
//!
//! The equations of a part are kept solved for as many cells as they determine (the *basis*): each of
//! these is a sum of cells outside of the basis. Hidden cells enter the basis before published ones.
//! So a hidden cell outside of the basis is free, and one in the basis is known exactly if and only if its
//! row has no hidden cell. To hide or publish a cell is one exchange of the basis at most, so that
//! thousands of patterns are tried in the time that one elimination takes.
//!
//! The question is that of linear dependence in Langsrud (2024), *Secondary cell suppression by Gaussian elimination*.

use std::cmp::Ordering;

use crate::field::{Mod, fraction, inverse, minus, mix, of, small, times};

const NONE: u32 = u32::MAX;

/// The tableau of a part.
#[derive(Clone)]
pub(crate) struct Tableau {
    /// Sorted by column; the basic cell itself is left out, its coefficient is 1.
    rows: Vec<Vec<(u32, Mod)>>,
    /// For each cell outside of the basis the rows in which it is, in no order.
    columns: Vec<Vec<u32>>,
    /// The cell that each row determines.
    basic: Vec<u32>,
    /// The row that determines each cell, or [`NONE`].
    row_of: Vec<u32>,
    hidden: Vec<bool>,
    /// For each row, hidden cells in it.
    live: Vec<u32>,
    scratch: Vec<(u32, Mod)>,
    /// Equations that do not follow from others.
    independent: Vec<u32>,
    /// Published cells stay in the rows, so that they can be hidden again.
    keep: bool,
    /// Coefficients that exchanges of the basis went through: a measure of work that is the same on every machine.
    pub(crate) work: u64,
}

impl Tableau {
    /// The tableau of sparse `equations` over `n` cells, of which some are `hidden`.
    pub(crate) fn new(n: usize, equations: &[Vec<(u32, i64)>], hidden: &[bool]) -> Self {
        Self::solved(n, equations, hidden, 0)
    }

    /// A tableau with everything hidden, with another basis for each `seed`.
    pub(crate) fn varied(n: usize, equations: &[Vec<(u32, i64)>], seed: u64) -> Self {
        Self::solved(n, equations, &vec![true; n], seed)
    }

    /// Equations from which all others follow, in order.
    pub(crate) fn independent(n: usize, equations: &[Vec<(u32, i64)>]) -> Vec<u32> {
        let mut out = Self::varied(n, equations, 0).independent;
        out.sort_unstable();
        out
    }

    fn solved(n: usize, equations: &[Vec<(u32, i64)>], hidden: &[bool], seed: u64) -> Self {
        let mut t = Tableau {
            rows: Vec::with_capacity(equations.len()),
            columns: vec![Vec::new(); n],
            basic: Vec::with_capacity(equations.len()),
            row_of: vec![NONE; n],
            hidden: hidden.to_vec(),
            live: Vec::new(),
            scratch: Vec::new(),
            independent: Vec::new(),
            keep: true,
            work: 0,
        };
        let mut rank = vec![0_u64; n];
        equations.iter().flatten().for_each(|(v, _)| rank[*v as usize] += 1);
        if seed > 0 {
            rank.iter_mut().enumerate().for_each(|(v, r)| *r = mix(seed, v as u64));
        }
        let mut order: Vec<usize> = (0..equations.len()).collect();
        order.sort_by_key(|&e| equations[e].len());
        for e in order {
            if t.insert(&equations[e], &rank) {
                t.independent.push(e as u32);
            }
        }
        t
    }

    /// Whether the equation says anything new.
    fn insert(&mut self, equation: &[(u32, i64)], rank: &[u64]) -> bool {
        // The basic cells of the equation are replaced by their rows.
        let mut row: Vec<(u32, Mod)> = equation.iter().map(|(v, a)| (*v, of(*a))).collect();
        row.sort_unstable();
        let inside: Vec<(u32, Mod)> =
            row.iter().copied().filter(|(v, _)| self.row_of[*v as usize] != NONE).collect();
        row.retain(|(v, _)| self.row_of[*v as usize] == NONE);
        for (v, a) in inside {
            let mut out = Vec::new();
            subtract(&row, &self.rows[self.row_of[v as usize] as usize], a, &mut out);
            row = out;
        }
        // Hidden cells first; of these the one in the fewest equations: its column makes the least fill.
        let least = row.iter().min_by_key(|(v, _)| {
            let at = *v as usize;
            (!self.hidden[at], self.columns[at].len(), rank[at], *v)
        });
        let Some(&(pivot, a)) = least else { return false };
        let scale = inverse(a);
        row.retain(|(v, _)| *v != pivot);
        for (_, b) in &mut row {
            *b = times(*b, scale);
        }
        let r = self.rows.len() as u32;
        self.rows.push(Vec::new());
        self.basic.push(pivot);
        self.live.push(0);
        self.row_of[pivot as usize] = r;
        let rows = std::mem::take(&mut self.columns[pivot as usize]);
        self.place(r, row);
        for i in rows {
            self.eliminate(i, pivot, r);
        }
        true
    }

    /// Puts a row that has no place yet.
    fn place(&mut self, r: u32, row: Vec<(u32, Mod)>) {
        let mut live = 0;
        for (v, _) in &row {
            self.columns[*v as usize].push(r);
            live += u32::from(self.hidden[*v as usize]);
        }
        self.live[r as usize] = live;
        self.rows[r as usize] = row;
    }

    /// Replaces `v` in row `i` by row `r`, which determines it.
    fn eliminate(&mut self, i: u32, v: u32, r: u32) {
        let old = std::mem::take(&mut self.rows[i as usize]);
        let Ok(at) = old.binary_search_by_key(&v, |(w, _)| *w) else {
            self.rows[i as usize] = old;
            return;
        };
        let a = old[at].1;
        let by = std::mem::take(&mut self.rows[r as usize]);
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        self.work += (old.len() + by.len()) as u64;
        let (mut x, mut y) = (0, 0);
        let mut live = 0;
        loop {
            let left = old.get(x).map_or(NONE, |e| e.0);
            let right = by.get(y).map_or(NONE, |e| e.0);
            if left == NONE && right == NONE {
                break;
            }
            match left.cmp(&right) {
                Ordering::Less => {
                    if left != v {
                        out.push(old[x]);
                        live += u32::from(self.hidden[left as usize]);
                    }
                    x += 1;
                }
                Ordering::Greater => {
                    out.push((right, minus(0, times(a, by[y].1))));
                    self.columns[right as usize].push(i);
                    live += u32::from(self.hidden[right as usize]);
                    y += 1;
                }
                Ordering::Equal => {
                    let b = minus(old[x].1, times(a, by[y].1));
                    if b == 0 {
                        let column = &mut self.columns[left as usize];
                        if let Some(k) = column.iter().position(|&k| k == i) {
                            column.swap_remove(k);
                        }
                    } else {
                        out.push((left, b));
                        live += u32::from(self.hidden[left as usize]);
                    }
                    x += 1;
                    y += 1;
                }
            }
        }
        self.live[i as usize] = live;
        self.rows[r as usize] = by;
        self.rows[i as usize] = out;
        self.scratch = old;
    }

    /// Lets `enter`, which is in row `r`, take the place of the cell that the row determines.
    fn pivot(&mut self, r: u32, enter: u32) {
        let leave = self.basic[r as usize];
        let mut row = std::mem::take(&mut self.rows[r as usize]);
        let Ok(at) = row.binary_search_by_key(&enter, |(w, _)| *w) else {
            self.rows[r as usize] = row;
            return;
        };
        let scale = inverse(row[at].1);
        row.remove(at);
        for (_, a) in &mut row {
            *a = times(*a, scale);
        }
        let at = row.partition_point(|(w, _)| *w < leave);
        row.insert(at, (leave, scale));
        self.basic[r as usize] = enter;
        self.row_of[enter as usize] = r;
        self.row_of[leave as usize] = NONE;
        self.live[r as usize] = row.iter().filter(|(w, _)| self.hidden[*w as usize]).count() as u32;
        self.rows[r as usize] = row;
        let rows = std::mem::take(&mut self.columns[enter as usize]);
        self.columns[leave as usize].clear();
        self.columns[leave as usize].push(r);
        for i in rows {
            if i != r {
                self.eliminate(i, enter, r);
            }
        }
    }

    fn mark(&mut self, v: u32, hidden: bool) {
        if self.hidden[v as usize] == hidden {
            return;
        }
        self.hidden[v as usize] = hidden;
        for &r in &self.columns[v as usize] {
            if hidden {
                self.live[r as usize] += 1;
            } else {
                self.live[r as usize] -= 1;
            }
        }
    }

    /// From now on what is published cannot be hidden again; that makes publishing cheaper.
    pub(crate) fn forget(&mut self) {
        self.keep = false;
    }

    pub(crate) fn is_hidden(&self, v: u32) -> bool {
        self.hidden[v as usize]
    }

    /// Hides a cell.
    pub(crate) fn hide(&mut self, v: u32) {
        if self.hidden[v as usize] {
            return;
        }
        if self.row_of[v as usize] == NONE {
            // A row of a published cell that needs `v` takes it into the basis.
            let row = self.columns[v as usize]
                .iter()
                .copied()
                .filter(|&r| !self.hidden[self.basic[r as usize] as usize])
                .min_by_key(|&r| (self.rows[r as usize].len(), r));
            if let Some(r) = row {
                self.hidden[v as usize] = true;
                self.pivot(r, v);
                return;
            }
        }
        self.mark(v, true);
    }

    /// Publishes a cell.
    pub(crate) fn publish(&mut self, v: u32) {
        if !self.hidden[v as usize] {
            return;
        }
        let r = self.row_of[v as usize];
        if r != NONE && self.live[r as usize] > 0 {
            let enter = self.rows[r as usize]
                .iter()
                .map(|(w, _)| *w)
                .filter(|&w| self.hidden[w as usize])
                .min_by_key(|&w| (self.columns[w as usize].len(), w));
            if let Some(w) = enter {
                self.pivot(r, w);
            }
        }
        self.mark(v, false);
        if !self.keep {
            for r in std::mem::take(&mut self.columns[v as usize]) {
                let row = &mut self.rows[r as usize];
                self.work += 8;
                if let Ok(at) = row.binary_search_by_key(&v, |(w, _)| *w) {
                    row.remove(at);
                }
            }
        }
    }

    /// Whether a hidden cell is known exactly: it is a sum of published cells.
    pub(crate) fn is_known(&self, v: u32) -> bool {
        let r = self.row_of[v as usize];
        r != NONE && self.live[r as usize] == 0
    }

    /// Whether publishing hidden `v` would give away one of the cells that `matters`.
    pub(crate) fn gives_away(&self, v: u32, matters: &[bool]) -> bool {
        let r = self.row_of[v as usize];
        if r == NONE {
            return self.columns[v as usize]
                .iter()
                .any(|&i| self.live[i as usize] == 1 && matters[self.basic[i as usize] as usize]);
        }
        let live = self.live[r as usize];
        if live == 0 {
            return false;
        }
        let row = &self.rows[r as usize];
        let hidden = || row.iter().filter(|(w, _)| self.hidden[*w as usize]);
        if live == 1 && hidden().any(|(w, _)| matters[*w as usize]) {
            return true;
        }
        // A cell whose row is a multiple of this one is known as soon as this one is.
        let Some(&(w, a)) = hidden().min_by_key(|(w, _)| (self.columns[*w as usize].len(), *w)) else {
            return false;
        };
        self.columns[w as usize].iter().any(|&i| {
            let other = self.basic[i as usize] as usize;
            if i == r || self.live[i as usize] != live || !matters[other] {
                return false;
            }
            let row = &self.rows[i as usize];
            let Ok(at) = row.binary_search_by_key(&w, |(w, _)| *w) else { return false };
            let ratio = times(row[at].1, inverse(a));
            let mut mine = hidden();
            row.iter()
                .filter(|(w, _)| self.hidden[*w as usize])
                .all(|(w, b)| mine.next().is_some_and(|(x, a)| x == w && times(*a, ratio) == *b))
        })
    }

    /// The cell that each row determines.
    pub(crate) fn basic(&self) -> &[u32] {
        &self.basic
    }

    /// How the cell of each row moves with `free`, a cell outside of the basis; `None` for a number that is no
    /// short fraction.
    pub(crate) fn column(&self, free: u32) -> impl Iterator<Item = (u32, Option<f64>)> + '_ {
        self.columns[free as usize].iter().map(move |&r| {
            let row = &self.rows[r as usize];
            let a = row.binary_search_by_key(&free, |(w, _)| *w).map_or(0, |at| row[at].1);
            (r, fraction(minus(0, a)))
        })
    }

    /// The change that moves `free`, a cell outside of the basis, and keeps every equation: cells with what they
    /// change by, in whole numbers. `None` where `free` is in the basis or a coefficient is above `largest`.
    pub(crate) fn circuit(&self, free: u32, largest: i64) -> Option<Vec<(u32, i64)>> {
        if self.row_of[free as usize] != NONE {
            return None;
        }
        let mut raw = vec![(free, 1)];
        for &r in &self.columns[free as usize] {
            let row = &self.rows[r as usize];
            let at = row.binary_search_by_key(&free, |(w, _)| *w).ok()?;
            raw.push((self.basic[r as usize], minus(0, row[at].1)));
        }
        // Fractions have small denominators here.
        [1, 2, 3, 4, 5, 6, 8, 12, 24, 60]
            .into_iter()
            .find_map(|k| raw.iter().map(|&(v, a)| Some((v, small(times(a, of(k)), largest)?))).collect())
    }
}

/// `row − a × by` into `out`.
fn subtract(row: &[(u32, Mod)], by: &[(u32, Mod)], a: Mod, out: &mut Vec<(u32, Mod)>) {
    let (mut x, mut y) = (0, 0);
    loop {
        let left = row.get(x).map_or(NONE, |e| e.0);
        let right = by.get(y).map_or(NONE, |e| e.0);
        if left == NONE && right == NONE {
            return;
        }
        match left.cmp(&right) {
            Ordering::Less => {
                out.push(row[x]);
                x += 1;
            }
            Ordering::Greater => {
                out.push((right, minus(0, times(a, by[y].1))));
                y += 1;
            }
            Ordering::Equal => {
                let b = minus(row[x].1, times(a, by[y].1));
                if b != 0 {
                    out.push((left, b));
                }
                x += 1;
                y += 1;
            }
        }
    }
}
