//! Exact intervals for Poisson counts and their ratios.

use model::trend::Change;
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

/// Beyond this count the closed approximations below are as exact as a float and far faster.
const LARGE: u64 = 100_000_000;

/// The exact interval of the expectation of a Poisson count (Garwood 1936, Biometrika 28,
/// 437–442): the expectations under which neither this count or more, nor this count or less,
/// has a probability below (1 − `level`) / 2. The lower end for 0 is 0.
pub fn garwood(count: u64, level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    let k = count as f64;
    if count > LARGE {
        return (chi(k, -normal(tail)), chi(k + 1.0, normal(tail)));
    }
    let spread = 10.0 + 12.0 * (k + 1.0).sqrt();
    let low =
        if count == 0 { 0.0 } else { solve((k - spread).max(0.0), k, |x| x > 0.0 && gamma_lr(k, x) > tail) };
    let mut top = k + spread;
    while gamma_ur(k + 1.0, top) > tail {
        top *= 2.0;
    }
    (low, solve(k, top, |x| x > 0.0 && gamma_ur(k + 1.0, x) < tail))
}

/// The exact interval of a proportion from `successes` of `trials` (Clopper & Pearson 1934,
/// Biometrika 26, 404–413). With no trials it is (0, 1).
pub fn proportion(successes: u64, trials: u64, level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    let (x, rest) = (successes.min(trials) as f64, trials.saturating_sub(successes) as f64);
    let low = if x == 0.0 { 0.0 } else { solve(0.0, 1.0, |p| beta_inc(x, rest + 1.0, p) > tail) };
    let high = if rest == 0.0 { 1.0 } else { solve(0.0, 1.0, |p| beta_inc(x + 1.0, rest, p) > 1.0 - tail) };
    (low, high)
}

/// The change from `old` to `new`: the ratio of the counts and the exact interval of the ratio
/// of their expectations. Given the sum of two Poisson counts, the new one is binomial with
/// probability ρ / (1 + ρ), ρ the ratio (Przyborowski & Wilenski 1940, Biometrika 31, 313–323);
/// its Clopper–Pearson interval is carried over to ρ. `None` when `old` is 0: there is no ratio.
/// Both ends are finite.
pub fn change(old: u64, new: u64, level: f64) -> Option<Change> {
    if old == 0 {
        return None;
    }
    let ratio = new as f64 / old as f64;
    let interval = if old.max(new) > LARGE {
        approximate(old, new, level)
    } else {
        let (low, high) = proportion(new, old + new, level);
        (low / (1.0 - low), high / (1.0 - high))
    };
    Some(Change { ratio, interval })
}

/// For counts that no register reaches: log-normal when both are large, else the large one is
/// taken as exact.
fn approximate(old: u64, new: u64, level: f64) -> (f64, f64) {
    let (o, n) = (old as f64, new as f64);
    if old.min(new) > 10_000 {
        let half = normal((1.0 - level) / 2.0) * (1.0 / o + 1.0 / n).sqrt();
        return (n / o * (-half).exp(), n / o * half.exp());
    }
    let (low, high) = garwood(old.min(new), level);
    if new < old { (low / o, high / o) } else { (n / high, n / low) }
}

/// Where `above` turns from false to true between `low` and `high`, to the last bits.
fn solve(mut low: f64, mut high: f64, above: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..1100 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high || high - low < 1e-15 * high {
            break;
        }
        if above(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    low + (high - low) / 2.0
}

/// The upper quantile of the standard normal distribution: exceeded with probability `tail`.
pub(super) fn normal(tail: f64) -> f64 {
    std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * tail)
}

/// Wilson & Hilferty's quantile of a gamma variable of shape `k` at normal quantile `z`.
fn chi(k: f64, z: f64) -> f64 {
    let v = 1.0 / (9.0 * k);
    k * (1.0 - v + z * v.sqrt()).powi(3)
}

/// The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), which takes
/// about √max(a, b) terms; the usual 140 terms do not carry counts above some ten thousand.
fn beta_inc(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's way of summing the fraction.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..1_000_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: (f64, f64), expected: (f64, f64), tolerance: f64) {
        let close = |a: f64, b: f64| (a - b).abs() <= tolerance;
        assert!(close(found.0, expected.0) && close(found.1, expected.1), "{found:?} {expected:?}");
    }

    #[test]
    fn garwood_intervals_are_the_published_ones() {
        // Exact 95% limits as commonly tabulated, 3 or 4 digits printed; the next test checks
        // the definition itself.
        near(garwood(0, 0.95), (0.0, 3.689), 5e-4);
        near(garwood(1, 0.95), (0.0253, 5.572), 5e-4);
        near(garwood(5, 0.95), (1.6235, 11.668), 5e-4);
        near(garwood(10, 0.95), (4.795, 18.390), 5e-4);
        near(garwood(100, 0.95), (81.36, 121.63), 5e-3);
        // 0 counts: the upper end is −ln(α/2) in closed form.
        near(garwood(0, 0.9), (0.0, -(0.05f64.ln())), 1e-12);
    }

    #[test]
    fn the_approximation_for_huge_counts_joins_the_exact_interval() {
        let exact = garwood(LARGE, 0.95);
        let k = LARGE as f64;
        near(exact, (chi(k, -normal(0.025)), chi(k + 1.0, normal(0.025))), 1e-2);
        let (low, high) = garwood(u64::MAX, 0.95);
        assert!(low <= high && high.is_finite());
    }

    #[test]
    fn clopper_pearson_intervals_are_the_known_ones() {
        // Exact 95% limits as commonly tabulated; the next test checks the definition itself. 0 of
        // n has the closed form 1 − (α/2)^(1/n).
        near(proportion(5, 10, 0.95), (0.187_086, 0.812_914), 1e-6);
        near(proportion(1, 10, 0.95), (0.002_529, 0.445_016), 1e-6);
        near(proportion(0, 10, 0.95), (0.0, 1.0 - 0.025f64.powf(0.1)), 1e-12);
        near(proportion(10, 10, 0.95), (0.025f64.powf(0.1), 1.0), 1e-12);
        near(proportion(0, 0, 0.95), (0.0, 1.0), 0.0);
    }

    #[test]
    fn the_ends_of_exact_intervals_leave_the_tails_they_are_defined_by() {
        // Plain sums of probabilities, without the special functions of the code above.
        let poisson = |mean: f64, most: u64| {
            let mut term = (-mean).exp();
            (0..=most)
                .map(|k| {
                    let p = term;
                    term *= mean / (k + 1) as f64;
                    p
                })
                .sum::<f64>()
        };
        let binomial = |n: u64, p: f64, most: u64| {
            let mut term = (1.0 - p).powi(n as i32);
            (0..=most)
                .map(|k| {
                    let now = term;
                    term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
                    now
                })
                .sum::<f64>()
        };
        for level in [0.9, 0.95, 0.99] {
            let tail = (1.0 - level) / 2.0;
            for count in [1, 2, 7, 30, 250] {
                let (low, high) = garwood(count, level);
                near((1.0 - poisson(low, count - 1), poisson(high, count)), (tail, tail), 1e-10);
            }
            for (x, n) in [(1, 2), (3, 10), (9, 10), (40, 300)] {
                let (low, high) = proportion(x, n, level);
                near((1.0 - binomial(n, low, x - 1), binomial(n, high, x)), (tail, tail), 1e-10);
            }
        }
    }

    #[test]
    fn a_proportion_of_millions_still_converges() {
        let (low, high) = proportion(2_000_000, 4_000_000, 0.95);
        let half = 1.959_964 * (0.25f64 / 4e6).sqrt();
        near((low, high), (0.5 - half, 0.5 + half), 1e-6);
    }

    #[test]
    fn a_change_and_its_reverse_are_reciprocal() {
        for (old, new) in [(668, 1334), (1, 7), (40, 3), (100_000, 99_000), (3_000_000_000, 2_900_000_000)] {
            let there = change(old, new, 0.95).expect("old is not 0");
            let back = change(new, old, 0.95).expect("new is not 0");
            near((1.0 / back.interval.1, 1.0 / back.interval.0), there.interval, 1e-9 * there.interval.1);
            assert!(there.interval.0 <= there.ratio && there.ratio <= there.interval.1);
        }
        assert!(change(0, 5, 0.95).is_none());
        let to_none = change(5, 0, 0.95).expect("old is not 0");
        // P(new = 0 | sum 5) = (1 + ρ)^−5 = 0.025 at the upper end.
        near(to_none.interval, (0.0, 0.025f64.powf(-0.2) - 1.0), 1e-9);
        assert!(change(1, u64::MAX, 0.95).is_some_and(|c| c.interval.1 > c.interval.0));
    }
}
