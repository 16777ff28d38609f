//! A part of the tables made small: what cannot differ is one cell, what cannot move is gone.
//!
//! A published zero leaves an equation. What remains of many equations is then two cells that are equal, such as a
//! total and its only part that is not zero: they are hidden together or not at all, and are one
//! *class*. Most tables of small counts shrink to a third.

use std::collections::BTreeSet;

use crate::system::{Bounds, Groups, INF, System};
use crate::tableau::Tableau;

/// What may happen to a cell, for the puzzle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Published whatever happens.
    Fixed,
    /// May be published or hidden.
    Open,
    /// Hidden, and to be protected.
    Small,
    /// Not published and nobody's figure: the rest of an equation.
    Rest,
}

/// A class of cells that are equal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Class {
    pub(crate) value: i64,
    /// What a reader knows of it when it is hidden.
    pub(crate) bounds: Bounds,
    pub(crate) fate: Fate,
    pub(crate) cost: f64,
}

/// Classes and the equations between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Puzzle {
    pub(crate) classes: Vec<Class>,
    /// `Σ a x = constant`, sorted by class; the constant is what the values give.
    pub(crate) equations: Vec<Vec<(u32, i64)>>,
    /// For each class the equations it is in.
    pub(crate) of: Vec<Vec<u32>>,
    /// The class of each variable of the system, or `u32::MAX` where it is fixed.
    pub(crate) class_of: Vec<u32>,
}

impl Puzzle {
    /// The puzzle of a system of which the value of every variable is known.
    pub(crate) fn new(
        system: &System,
        values: &[i64],
        fates: &[Fate],
        costs: &[f64],
        bounds: &dyn Fn(usize) -> Bounds,
    ) -> Self {
        let n = system.len();
        // An equation that may have a rest has one more variable: the rest.
        let rests = system.equations.iter().filter(|e| e.at_least).count();
        let mut value: Vec<i64> = values.to_vec();
        let mut fate = fates.to_vec();
        let mut cost = costs.to_vec();
        let mut rows: Vec<Vec<(u32, i64)>> = Vec::with_capacity(system.equations.len());
        for e in &system.equations {
            let mut row: Vec<(u32, i64)> =
                e.terms().filter(|(v, _)| fate[*v as usize] != Fate::Fixed).collect();
            if e.at_least {
                let rest = -e.terms().map(|(v, a)| a * values[v as usize]).sum::<i64>();
                row.push((value.len() as u32, 1));
                value.push(rest);
                fate.push(Fate::Rest);
                cost.push(0.0);
            }
            rows.push(row);
        }
        let mut heads = Groups::new(n + rests);
        loop {
            let mut seen = BTreeSet::new();
            let mut joined = false;
            for row in &mut rows {
                for (v, _) in row.iter_mut() {
                    *v = heads.find(*v);
                }
                row.sort_unstable();
                let mut out: Vec<(u32, i64)> = Vec::with_capacity(row.len());
                for &(v, a) in row.iter() {
                    match out.last_mut() {
                        Some((w, b)) if *w == v => *b += a,
                        _ => out.push((v, a)),
                    }
                }
                out.retain(|(_, a)| *a != 0);
                *row = out;
                if let [(v, a), (w, b)] = row[..]
                    && a == -b
                    && value[v as usize] == value[w as usize]
                    && fate[v as usize] != Fate::Rest
                    && fate[w as usize] != Fate::Rest
                {
                    heads.join(v, w);
                    row.clear();
                    joined = true;
                }
                // One sign for all, so that the same equation is seen as the same.
                if row.first().is_some_and(|(_, a)| *a < 0) {
                    for (_, a) in row.iter_mut() {
                        *a = -*a;
                    }
                }
                if !row.is_empty() && !seen.insert(row.clone()) {
                    row.clear();
                }
            }
            rows.retain(|r| !r.is_empty());
            if !joined {
                break;
            }
        }
        let mut out = Puzzle { class_of: vec![u32::MAX; n], ..Puzzle::default() };
        let mut number = vec![u32::MAX; n + rests];
        for v in 0..n + rests {
            if fate[v] == Fate::Fixed {
                continue;
            }
            let head = heads.find(v as u32) as usize;
            if number[head] == u32::MAX {
                number[head] = out.classes.len() as u32;
                let any = Bounds { lo: 0, hi: INF };
                out.classes.push(Class { value: value[v], bounds: any, fate: fate[v], cost: 0.0 });
            }
            let class = &mut out.classes[number[head] as usize];
            if v < n {
                let b = bounds(v);
                class.bounds.lo = class.bounds.lo.max(b.lo);
                class.bounds.hi = class.bounds.hi.min(b.hi);
            }
            class.cost += cost[v];
            if fate[v] == Fate::Small {
                class.fate = Fate::Small;
            }
            if v < n {
                out.class_of[v] = number[head];
            }
        }
        for row in &mut rows {
            for (v, _) in row.iter_mut() {
                *v = number[*v as usize];
            }
            row.sort_unstable();
        }
        out.of = vec![Vec::new(); out.classes.len()];
        for (e, row) in rows.iter().enumerate() {
            for (v, _) in row {
                out.of[*v as usize].push(e as u32);
            }
        }
        out.equations = rows;
        out
    }

    /// Equations from which all others follow.
    pub(crate) fn independent(&self) -> Vec<u32> {
        Tableau::independent(self.len(), &self.equations)
    }

    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }
}
