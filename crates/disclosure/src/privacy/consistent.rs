//! Noisy counts made consistent: the nearest that are not negative and add up.

use crate::additive::Sum;
use crate::lattice::{self, Goal};
use crate::rollup::Rollup;

/// Cells above which whole numbers are not sought by integer programme: of tables of at most two
/// hierarchies, which are networks, and of others.
const PROGRAMME: [usize; 2] = [7_000, 1_500];
/// Steps of the search for the least squares.
const STEPS: usize = 4_000;

/// Whole numbers that are not negative, add up, and are near to the least squares of `noisy`.
///
/// The squares are least over counts of the most detailed cells that are not negative (Hay et al.
/// 2010; the same as the constrained least squares of the 2020 Census, Abowd et al. 2022, in one step). They
/// are fractions; whole numbers are then found by controlled rounding to multiples of one.
pub(super) fn consistent(rollup: &Rollup, noisy: &[i64]) -> Vec<u64> {
    let (fitted, detail) = least_squares(rollup, noisy);
    let crossed = rollup.levels().into_iter().filter(|&l| l > 1).count();
    if noisy.len() <= PROGRAMME[usize::from(crossed > 2)] {
        let sums: Vec<Sum> = rollup.sums();
        for reach in 0..3i64 {
            let goals: Vec<Goal> = fitted
                .iter()
                .map(|&x| {
                    // What the search left of a zero is a zero.
                    let x = if (x - x.round()).abs() < 1e-6 { x.round() } else { x };
                    let low = (x.floor() as i64 - reach).max(0);
                    Goal { low, high: x.ceil() as i64 + reach, target: x }
                })
                .collect();
            if let Ok(found) = lattice::nearest(&goals, &sums) {
                return found.values.into_iter().map(|z| z as u64).collect();
            }
        }
    }
    // Rounds the running sum of details, so that no sum of a run of them is off by more than one.
    let mut out = vec![0u64; noisy.len()];
    let (mut exact, mut given) = (0.0, 0u64);
    for cell in detail {
        exact += fitted[cell];
        let whole = (exact.round() as u64).saturating_sub(given);
        given += whole;
        rollup.each(&rollup.key(cell), |c| out[c] += whole);
    }
    out
}

/// The sums of details that are nearest to `noisy` in squares, and the cells of the details.
///
/// Projected gradients with Nesterov's acceleration, started anew when the sum of squares grows
/// (Beck and Teboulle 2009; O'Donoghue and Candès 2015).
pub(super) fn least_squares(rollup: &Rollup, noisy: &[i64]) -> (Vec<f64>, Vec<usize>) {
    let flags = rollup.detail();
    let detail: Vec<usize> = (0..noisy.len()).filter(|&c| rollup.is_detail(c, &flags)).collect();
    // The cells that each detail counts in, all in one list.
    let (mut cells, mut ends) = (Vec::new(), Vec::new());
    for &d in &detail {
        rollup.each(&rollup.key(d), |c| cells.push(c as u32));
        ends.push(cells.len());
    }
    let of = |i: usize| &cells[if i == 0 { 0 } else { ends[i - 1] }..ends[i]];
    let sums = |x: &[f64]| {
        let mut out = vec![0.0; noisy.len()];
        for (i, &x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            for &c in of(i) {
                out[c as usize] += x;
            }
        }
        out
    };
    let back = |y: &[f64]| -> Vec<f64> {
        (0..detail.len()).map(|i| of(i).iter().map(|&c| y[c as usize]).sum()).collect()
    };
    let target: Vec<f64> = noisy.iter().map(|&n| n as f64).collect();
    let length = largest(detail.len(), |x| back(&sums(x))) * 1.01;
    let loss = |s: &[f64]| s.iter().zip(&target).map(|(s, t)| (s - t) * (s - t)).sum::<f64>();

    let mut x: Vec<f64> = detail.iter().map(|&d| target[d].max(0.0)).collect();
    let mut at = sums(&x);
    let mut best = loss(&at);
    let (mut ahead, mut momentum) = (x.clone(), 1.0f64);
    for _ in 0..STEPS {
        let residual: Vec<f64> = sums(&ahead).iter().zip(&target).map(|(s, t)| s - t).collect();
        let next: Vec<f64> =
            ahead.iter().zip(back(&residual)).map(|(a, g)| (a - g / length).max(0.0)).collect();
        let reached = sums(&next);
        let value = loss(&reached);
        if value > best && momentum > 1.0 {
            (ahead, momentum) = (x.clone(), 1.0);
            continue;
        }
        let moved = next.iter().zip(&x).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        let share = (momentum - 1.0) / grown;
        ahead = next.iter().zip(&x).map(|(a, b)| a + share * (a - b)).collect();
        (x, at, best, momentum) = (next, reached, value.min(best), grown);
        if moved < 1e-9 {
            break;
        }
    }
    (at, detail)
}

/// The largest eigenvalue of a symmetric matrix without negative entries, by powers.
fn largest(n: usize, times: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    let mut x = vec![1.0; n];
    let mut value = 1.0f64;
    for _ in 0..60 {
        let y = times(&x);
        let norm = y.iter().copied().fold(0.0, f64::max);
        if norm <= 0.0 {
            return 1.0;
        }
        // With a positive vector the largest ratio is a bound from above (Collatz and Wielandt).
        value = y.iter().zip(&x).map(|(a, b)| a / b).fold(0.0, f64::max);
        x = y.into_iter().map(|v| v / norm).collect();
    }
    value
}
