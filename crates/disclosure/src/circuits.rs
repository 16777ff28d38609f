//! Other tables that fit what is published, found without a programme.
//!
//! A *circuit* is a change of a few hidden cells that keeps every equation: one goes up, another of
//! its row down, and so on around. From a table that fits, each circuit leads to two more that fit, as far up
//! and down as the bounds let it. Every one of them widens what is possible for all cells that it changes, so that
//! most cells are settled before a linear programme is solved. All of it is in whole numbers, and each circuit
//! is checked against every equation.

use crate::space::Space;
use crate::tableau::Tableau;

/// Circuits with larger coefficients lead nowhere near.
const LARGEST: i64 = 360;
/// Times that the equations are solved for other cells, which gives other circuits.
const BASES: u64 = 12;
/// It ends after so many that settle nothing.
const IDLE: usize = 2;
/// Times that all circuits are followed to a looser table.
const SWEEPS: usize = 20;
/// A cell so far from its bounds is loose.
const LOOSE: f64 = 4.0;
/// A step without bound ends here.
const FAR: f64 = 1e6;

/// The least and greatest value `seen` of each cell in tables that fit, with those found here. It ends early when
/// nothing is `left` to settle.
pub(crate) fn widen(
    space: &Space,
    mut seen: Vec<(f64, f64)>,
    left: impl Fn(&[(f64, f64)]) -> usize,
) -> Vec<(f64, f64)> {
    let n = space.len();
    let start = &space.table;
    let mut table = start.clone();
    let (mut open, mut idle) = (left(&seen), 0);
    for basis in 0..BASES {
        if open == 0 || idle == IDLE {
            break;
        }
        let circuits = circuits(space, &Tableau::varied(n, &space.equations, basis));
        follow(space, &circuits, start, &mut seen);
        for _ in 0..SWEEPS {
            if !loosen(space, &circuits, &mut table) {
                break;
            }
        }
        follow(space, &circuits, &table, &mut seen);
        let now = left(&seen);
        idle = if now < open { 0 } else { idle + 1 };
        open = now;
    }
    seen
}

/// A change of cells that keeps every equation.
pub(crate) type Circuit = Vec<(u32, i64)>;

/// How far each circuit can be followed up and down from `table`, and what is seen there.
pub(crate) fn follow(space: &Space, circuits: &[Circuit], table: &[f64], seen: &mut [(f64, f64)]) {
    for circuit in circuits {
        let (up, down) = room(space, circuit, table);
        for &(v, d) in circuit {
            let (v, s) = (v as usize, [d as f64 * up, -d as f64 * down]);
            seen[v].0 = seen[v].0.min(table[v] + s[0].min(s[1]));
            seen[v].1 = seen[v].1.max(table[v] + s[0].max(s[1]));
        }
    }
}

fn room(space: &Space, circuit: &[(u32, i64)], table: &[f64]) -> (f64, f64) {
    let (mut up, mut down) = (FAR, FAR);
    for &(v, d) in circuit {
        let (x, b) = (table[v as usize], space.bounds[v as usize]);
        let size = d.abs() as f64;
        let (above, below) = (((b.hi as f64 - x) / size).max(0.0), ((x - b.lo as f64) / size).max(0.0));
        up = up.min(if d > 0 { above } else { below });
        down = down.min(if d > 0 { below } else { above });
    }
    (up, down)
}

/// Goes to a table in which fewer cells are close to what they can be at least, where circuits have
/// more room; `false` when no circuit leads to one.
fn loosen(space: &Space, circuits: &[Circuit], table: &mut [f64]) -> bool {
    let mut better = false;
    for circuit in circuits {
        let (up, down) = room(space, circuit, table);
        let ease = |step: f64| -> f64 {
            circuit
                .iter()
                .map(|&(v, d)| {
                    let (x, b) = (table[v as usize] + step * d as f64, space.bounds[v as usize]);
                    (x - b.lo as f64).min(LOOSE) + (b.hi as f64 - x).min(LOOSE)
                })
                .sum()
        };
        let now = ease(0.0);
        let steps = [0.25, -0.25, 1.0, -1.0, 3.0, -3.0].into_iter().filter(|s| (-down..=up).contains(s));
        let best = steps.map(|s| (ease(s), s)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((ease, step)) = best
            && ease > now + 0.01
        {
            for &(v, d) in circuit {
                table[v as usize] += d as f64 * step;
            }
            better = true;
        }
    }
    better
}

/// The circuits of a tableau that hold in whole numbers.
pub(crate) fn circuits(space: &Space, tableau: &Tableau) -> Vec<Circuit> {
    let of = {
        let mut of: Vec<Vec<(u32, i64)>> = vec![Vec::new(); space.len()];
        for (e, row) in space.equations.iter().enumerate() {
            for (v, a) in row {
                of[*v as usize].push((e as u32, *a));
            }
        }
        of
    };
    let mut sums = vec![0_i64; space.equations.len()];
    let mut out = Vec::new();
    for free in 0..space.len() as u32 {
        let Some(circuit) = tableau.circuit(free, LARGEST) else { continue };
        let terms =
            || circuit.iter().flat_map(|(v, d)| of[*v as usize].iter().map(move |(e, a)| (*e, a * d)));
        terms().for_each(|(e, c)| sums[e as usize] += c);
        let holds = terms().all(|(e, _)| sums[e as usize] == 0);
        terms().for_each(|(e, _)| sums[e as usize] = 0);
        if holds {
            out.push(circuit);
        }
    }
    out
}
