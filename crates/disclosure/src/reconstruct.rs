//! What whole numbers leave of hidden cells: integer programmes, for parts of the tables that are small.
//!
//! Bounds over real numbers hold for whole numbers too, but whole numbers may leave less: in tables of three dimensions, or
//! where groups overlap. For each cell that was not seen far enough apart in tables of whole numbers, two integer
//! programmes give its least and its greatest value. Where only one table of whole numbers fits, all of it is known: that
//! is the reconstruction of which the United States Census Bureau warns (Garfinkel, Abowd and Martindale 2019).

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;

use crate::attack::{Attacker, Learned};
use crate::case::Case;
use crate::system::{Bounds, Component, components};
use crate::whole::{Search, Side};

/// Parts with more loose cells are left as they are.
const CELLS: usize = 400;
/// Equations told of a cell that whole numbers give away.
const TOLD: usize = 4;

/// What integer programmes add to an audit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reconstruction {
    /// Parts of the tables, hanging together by hidden cells, of which only one table of whole numbers fits what is published.
    pub unique: Vec<Unique>,
    /// Cells attacked whose bounds are not the closest that whole numbers leave: they are in a part that is too large,
    /// or the search came to its limit. The bounds hold all the same.
    pub left: usize,
}

/// A part of the tables that is known from what is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unique {
    /// The titles of its tables.
    pub tables: Vec<String>,
    /// Hidden cells in it.
    pub cells: usize,
}

/// What was found, for the targets of a case in their order.
pub(crate) struct Found {
    pub(crate) reconstruction: Reconstruction,
    /// Where whole numbers leave less than real ones, the number of loose cells in the part; else 0.
    pub(crate) narrowed: Vec<usize>,
    /// Parts of which no table of whole numbers fits.
    pub(crate) contradictions: Vec<String>,
}

/// Narrows what is `learned` of the targets of a case to what whole numbers leave. A target that is seen to have at least
/// `enough` between its bounds, or all that its publisher said, is not looked at more closely.
pub(crate) fn reconstruct(
    case: &Case<'_>,
    attacker: &Attacker<'_>,
    learned: &mut [Learned],
    enough: i64,
) -> Found {
    // What linear programmes found narrows the integer ones.
    let mut known = attacker.known.bounds.clone();
    for (&v, l) in case.targets.iter().zip(learned.iter()) {
        known[v as usize] = l.bounds;
    }
    let mut target = vec![false; known.len()];
    case.targets.iter().for_each(|&v| target[v as usize] = true);
    let wanted = |v: u32| enough.min(case.said[v as usize].width()).max(1);
    let parts: Vec<Outcome> = attacker
        .parts
        .par_iter()
        .map(|part| explore(attacker, part, &known, |v| target[v as usize].then(|| wanted(v))))
        .collect();
    let mut found = Found {
        reconstruction: Reconstruction::default(),
        narrowed: vec![0; learned.len()],
        contradictions: Vec::new(),
    };
    for (part, outcome) in attacker.parts.iter().zip(parts) {
        found.reconstruction.left += outcome.left;
        if outcome.impossible {
            found
                .contradictions
                .push(format!("no whole numbers fit what {} say", titles(case, &part.vars).join(" and ")));
        }
        for (&v, bounds) in part.vars.iter().zip(&outcome.bounds) {
            known[v as usize] = *bounds;
        }
        for (i, &v) in case.targets.iter().enumerate() {
            if part.vars.binary_search(&v).is_ok() && known[v as usize] != learned[i].bounds {
                found.narrowed[i] = part.vars.len();
                learned[i].bounds = known[v as usize];
                let own = case.system.of[v as usize].iter().filter(|&&e| attacker.known.active[e as usize]);
                learned[i].equations.extend(own.take(TOLD));
            }
        }
    }
    // Parts as they were published, before anything was worked out.
    let loose = |v: u32| !case.bounds[v as usize].is_exact();
    for part in components(&case.system, &attacker.known.active, loose) {
        let hidden: Vec<u32> =
            part.vars.iter().copied().filter(|&v| !case.system.places[v as usize].is_empty()).collect();
        if part.vars.iter().all(|&v| known[v as usize].is_exact()) {
            let tables = titles(case, &hidden);
            found.reconstruction.unique.push(Unique { tables, cells: hidden.len() });
        }
    }
    found
}

/// The titles of the tables in which variables stand.
fn titles(case: &Case<'_>, vars: &[u32]) -> Vec<String> {
    let places = vars.iter().flat_map(|&v| &case.system.places[v as usize]);
    let tables: BTreeSet<u32> = places.map(|p| p.table).collect();
    let title = |&table: &u32| case.words.title(table).to_owned();
    tables.iter().map(title).collect()
}

/// What was found in a part.
struct Outcome {
    /// Of each variable.
    bounds: Vec<Bounds>,
    left: usize,
    impossible: bool,
}

/// Looks at the cells of a part that are wanted, and at the others where all of these are known.
fn explore(
    attacker: &Attacker<'_>,
    part: &Component,
    known: &[Bounds],
    wanted: impl Fn(u32) -> Option<i64>,
) -> Outcome {
    let before: Vec<Bounds> = part.vars.iter().map(|&v| known[v as usize]).collect();
    let mine: Vec<(usize, i64)> = part
        .vars
        .iter()
        .enumerate()
        .filter(|(i, _)| !before[*i].is_exact())
        .filter_map(|(i, &v)| Some((i, wanted(v)?)))
        .collect();
    let untouched = |impossible| Outcome { bounds: before.clone(), left: mine.len(), impossible };
    if part.vars.len() > CELLS {
        return untouched(false);
    }
    let Some(mut search) = Search::new(attacker.system, part, known) else { return untouched(false) };
    if !mine.is_empty() {
        search.corners();
    }
    let mut left = 0;
    for &(i, enough) in &mine {
        for side in [Side::Most, Side::Least] {
            if !search.wide(i, enough) {
                search.settle(i, side);
            }
        }
        if search.impossible {
            return untouched(true);
        }
        left += usize::from(!search.wide(i, enough) && !search.settled(i));
    }
    // Only where all that was asked for is known may the rest be.
    if mine.iter().all(|&(i, _)| search.bounds[i].is_exact()) {
        for i in 0..part.vars.len() {
            for side in [Side::Most, Side::Least] {
                if !search.wide(i, 1) {
                    search.settle(i, side);
                }
            }
            if !search.bounds[i].is_exact() {
                break;
            }
        }
    }
    if search.impossible {
        return untouched(true);
    }
    // Of a cell that is wide enough nothing more is said than before.
    let mut bounds = search.bounds.clone();
    for &(i, enough) in mine.iter().filter(|(i, enough)| search.wide(*i, *enough)) {
        debug_assert!(bounds[i].width() >= enough);
        bounds[i] = before[i];
    }
    Outcome { bounds, left, impossible: false }
}
