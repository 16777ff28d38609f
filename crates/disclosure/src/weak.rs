//! Secondary suppression against exact disclosure: what must be hidden so that no small count is a sum of
//! published ones.
//!
//! All counts are hidden, and then published one by one as long as that gives no small count away. What is
//! left cannot be published any more, so the pattern is minimal; how small it is depends on the order. Langsrud
//! (2024) publishes large counts first. Here those go first that could help few small counts at a high cost:
//! the ones that stand in few equations with a lone small count. Then cells are exchanged: one is hidden
//! wherever that lets others that cost more be published.

use crate::puzzle::{Fate, Puzzle};
use crate::tableau::Tableau;

/// Changes below this are none.
const EPSILON: f64 = 1e-9;

/// Coefficients that one trial of an exchange may cost on average.
const WORK: u64 = 15_000;

/// The classes to hide, small ones among them. Exchange ends when it gains nothing more or has cost as much
/// as so many `trials`.
pub(crate) fn hide(puzzle: &Puzzle, trials: u32) -> Vec<bool> {
    let n = puzzle.len();
    let all = vec![true; n];
    let mut tableau = Tableau::new(n, &puzzle.equations, &all);
    // What is known with everything hidden cannot be protected at all.
    let small: Vec<bool> =
        (0..n).map(|v| puzzle.classes[v].fate == Fate::Small && !tableau.is_known(v as u32)).collect();
    let order = order(puzzle);
    tableau.forget();
    for &v in &order {
        if !tableau.gives_away(v, &small) {
            tableau.publish(v);
        }
    }
    let hidden: Vec<bool> = (0..n as u32).map(|v| tableau.is_hidden(v)).collect();
    // A fresh elimination: its rows are shorter than what so many exchanges left.
    let mut tableau = Tableau::new(n, &puzzle.equations, &hidden);
    tableau.work = 0;
    let most = u64::from(trials) * WORK;
    while tableau.work < most && exchange(puzzle, &mut tableau, &small, &order, most) {}
    (0..n as u32).map(|v| tableau.is_hidden(v)).collect()
}

/// The equations of a class in which a small count is alone.
fn needs(puzzle: &Puzzle) -> Vec<usize> {
    let lone: Vec<bool> = puzzle
        .equations
        .iter()
        .map(|e| {
            let hidden = |v: u32| matches!(puzzle.classes[v as usize].fate, Fate::Small | Fate::Rest);
            e.iter().filter(|(v, _)| hidden(*v)).count() == 1
        })
        .collect();
    puzzle.of.iter().map(|of| of.iter().filter(|&&e| lone[e as usize]).count()).collect()
}

/// Classes that may be published, in the order in which that is tried.
fn order(puzzle: &Puzzle) -> Vec<u32> {
    let needs = needs(puzzle);
    let mut order: Vec<u32> =
        (0..puzzle.len() as u32).filter(|&v| puzzle.classes[v as usize].fate == Fate::Open).collect();
    let worth = |v: u32| needs[v as usize] as f64 / puzzle.classes[v as usize].cost;
    order.sort_by(|&a, &b| {
        let size = |v: u32| puzzle.classes[v as usize].value;
        worth(a).total_cmp(&worth(b)).then(size(b).cmp(&size(a))).then(a.cmp(&b))
    });
    order
}

/// Hides each published class in turn, and keeps it hidden where others around it that cost more can be
/// published then. Whether anything was gained.
fn exchange(puzzle: &Puzzle, tableau: &mut Tableau, small: &[bool], order: &[u32], most: u64) -> bool {
    let mut rank = vec![0_u32; puzzle.len()];
    order.iter().enumerate().for_each(|(i, &v)| rank[v as usize] = i as u32);
    let cost = |v: u32| puzzle.classes[v as usize].cost;
    let mut gained = false;
    for &u in order.iter().rev() {
        if tableau.is_hidden(u) {
            continue;
        }
        if tableau.work >= most {
            break;
        }
        let mut near = around(puzzle, u, |v| tableau.is_hidden(v));
        near.retain(|&v| puzzle.classes[v as usize].fate == Fate::Open);
        near.sort_by_key(|&v| rank[v as usize]);
        if near.iter().map(|&v| cost(v)).sum::<f64>() <= cost(u) {
            continue;
        }
        tableau.hide(u);
        let mut shown = Vec::new();
        let mut saved = 0.0;
        for v in near {
            if !tableau.gives_away(v, small) {
                tableau.publish(v);
                shown.push(v);
                saved += cost(v);
            }
        }
        if saved > cost(u) + EPSILON {
            gained = true;
        } else {
            for &v in shown.iter().rev() {
                tableau.hide(v);
            }
            tableau.publish(u);
        }
    }
    gained
}

/// Hidden classes in the equations of `u`, and in the equations of those.
fn around(puzzle: &Puzzle, u: u32, hidden: impl Fn(u32) -> bool) -> Vec<u32> {
    let next = |v: u32| {
        puzzle.of[v as usize].iter().flat_map(|&e| puzzle.equations[e as usize].iter().map(|(w, _)| *w))
    };
    let mut out: Vec<u32> = next(u).filter(|&v| v != u && hidden(v)).collect();
    out.sort_unstable();
    out.dedup();
    let mut far: Vec<u32> = out.iter().flat_map(|&v| next(v)).filter(|&v| v != u && hidden(v)).collect();
    far.sort_unstable();
    far.dedup();
    far
}
