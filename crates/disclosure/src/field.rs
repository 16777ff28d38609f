//! The numbers modulo a large prime, in which ranks of sums are found without rounding.
//!
//! A rank over these numbers is never above that over the rationals, and is below it only if the prime divides
//! a determinant of the table: about once in 10⁹. What is chosen with it is attacked afterwards with
//! other arithmetic, so that such a coincidence costs a repair and no disclosure.

/// 2³¹ − 1, a prime.
const P: u64 = (1 << 31) - 1;

/// A number modulo [`P`].
pub(crate) type Mod = u32;

pub(crate) fn of(n: i64) -> Mod {
    n.rem_euclid(P.cast_signed()) as Mod
}

/// The whole number of at most `largest` that `a` stands for, if there is one.
pub(crate) fn small(a: Mod, largest: i64) -> Option<i64> {
    let a = i64::from(a);
    let signed = if a > P.cast_signed() / 2 { a - P.cast_signed() } else { a };
    (signed.abs() <= largest).then_some(signed)
}

/// The fraction that `a` stands for, of numbers up to some 30 thousand (Wang 1981); `None` where there is none.
pub(crate) fn fraction(a: Mod) -> Option<f64> {
    if let Some(whole) = small(a, 1 << 14) {
        return Some(whole as f64);
    }
    let (mut before, mut rest) = (P.cast_signed(), i64::from(a));
    let (mut old, mut over) = (0_i64, 1_i64);
    while rest >= 1 << 15 {
        let times = before / rest;
        (before, rest) = (rest, before - times * rest);
        (old, over) = (over, old - times * over);
    }
    (over != 0 && over.abs() < 1 << 15).then(|| rest as f64 / over as f64)
}

pub(crate) fn times(a: Mod, b: Mod) -> Mod {
    let x = u64::from(a) * u64::from(b);
    let x = (x & P) + (x >> 31);
    (if x >= P { x - P } else { x }) as Mod
}

pub(crate) fn minus(a: Mod, b: Mod) -> Mod {
    if a >= b { a - b } else { a + P as Mod - b }
}

/// 1 ÷ a, for a other than 0.
pub(crate) fn inverse(a: Mod) -> Mod {
    if a == 1 || a == P as Mod - 1 {
        return a;
    }
    let (mut base, mut power, mut out) = (a, P - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            out = times(out, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    out
}

/// A number that looks like chance and is the same everywhere (the finaliser of `SplitMix64`).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = (a << 32 | b).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_found() {
        for (n, d) in [(1, 3), (-5, 12), (7, 1), (20_000, 3), (-1, 1024), (0, 1)] {
            assert_eq!(fraction(times(of(n), inverse(of(d)))), Some(n as f64 / d as f64), "{n}/{d}");
        }
    }

    #[test]
    fn inverses_are_inverse() {
        for n in [1, 2, 3, -1, -7, 1 << 30, 12_345_678] {
            assert_eq!(times(of(n), inverse(of(n))), 1, "{n}");
        }
        assert_eq!(minus(of(3), of(5)), of(-2));
    }
}
