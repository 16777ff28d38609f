//! The pairs of two sets of codes with a Dice similarity of some size.
//!
//! A pair of codes with `a` and `b` bits has `2c / (a + b)` for `c` common bits, so a similarity asks for a least
//! whole number of them. There are at most `min(a, b)`: with the codes in order of their numbers of bits, the
//! blocks that a code can be like lie side by side, and the rest is never touched (the length filter; Xiao,
//! Wang, Lin & Yu 2011, *ACM TODS* 36(3)). Of long codes the first half is counted first where a pair is likely to be
//! out by then: the second half cannot bring more than the smaller of what is left of both.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::on_best;
use super::scan::{Found, Scan, Search};
use super::{Codes, dice, kernel};

/// Codes of the first set of a task.
const TASK: usize = 256;
/// No number of common bits is enough.
const NEVER: u32 = u32::MAX;

/// The pairs, as places in `a` and in `b`, whose Dice similarity is `least_dice` or more, with that similarity;
/// in order of place in `a`, then in `b`.
///
/// The similarity of two codes without bits is 0. A code that is shorter than those of the other set is taken as
/// followed by zeros. The result is the same whatever the number of threads. All pairs that pass are held in
/// memory.
///
/// ```
/// use linkage::compare::bits::{Codes, similar_pairs};
///
/// let a = Codes::new(1, vec![0b1111, 0b1_0000])?;
/// let b = Codes::new(1, vec![0b0111, 0b1_1000])?;
/// assert_eq!(similar_pairs(&a, &b, 0.6), [(0, 0, 6.0 / 7.0), (1, 1, 2.0 / 3.0)]);
/// # Ok::<(), linkage::Error>(())
/// ```
pub fn similar_pairs(a: &Codes, b: &Codes, least_dice: f64) -> Vec<(u32, u32, f64)> {
    find(a, b, least_dice, true, |scan| on_best(scan))
}

/// The same pairs as [`similar_pairs`] finds, but all bits of all pairs are counted: what the bounds save is the
/// difference.
pub fn similar_pairs_of_all(a: &Codes, b: &Codes, least_dice: f64) -> Vec<(u32, u32, f64)> {
    find(a, b, least_dice, false, |scan| on_best(scan))
}

fn find(
    a: &Codes,
    b: &Codes,
    least_dice: f64,
    bounds: bool,
    scan: fn(Scan<'_>) -> Vec<Found>,
) -> Vec<(u32, u32, f64)> {
    let rows = kernel::rows(a.width().max(b.width()));
    let need = (0..=(2 * 16 * rows) as u32).map(|sum| least_common(sum, least_dice)).collect();
    let search = Search::new(a, b, rows, need, bounds);
    let tasks: Vec<Range<usize>> =
        (0..a.len()).step_by(TASK).map(|from| from..a.len().min(from + TASK)).collect();
    let mut pairs: Vec<(u32, u32, f64)> = tasks
        .into_par_iter()
        .flat_map_iter(|task| scan(Scan { search: &search, lefts: task }))
        .map(|(x, y, common)| {
            let (x, y) = (x as usize, y as usize);
            let (left, right) = (&search.left, &search.right.codes);
            (left.order[x], right.order[y], dice(common, left.counts[x] + right.counts[y]))
        })
        .collect();
    pairs.par_sort_unstable_by_key(|&(a, b, _)| (a, b));
    pairs
}

/// The least number of common bits with which a pair passes, by the sum of the numbers of bits.
fn least_common(sum: u32, least_dice: f64) -> u32 {
    let passes = |common: u32| dice(common, sum) >= least_dice;
    // The product is off by less than one; the similarity itself decides. What is not a number passes nothing.
    let near = (least_dice * f64::from(sum) / 2.0).floor().clamp(1.0, f64::from(sum / 2 + 1)).max(1.0) as u32;
    (near - 1..=near + 1).find(|&common| passes(common)).filter(|&common| common <= sum / 2).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lanes::{Plain, Work};
    #[cfg(target_arch = "x86_64")]
    use super::super::x86::Half;
    use super::*;

    fn brute_force(a: &Codes, b: &Codes, least: f64) -> Vec<(u32, u32, f64)> {
        let mut pairs = Vec::new();
        for x in 0..a.len() {
            for y in 0..b.len() {
                let common: u32 = a.code(x).iter().zip(b.code(y)).map(|(v, w)| (v & w).count_ones()).sum();
                let found = dice(common, a.counts()[x] + b.counts()[y]);
                if found >= least {
                    pairs.push((x as u32, y as u32, found));
                }
            }
        }
        pairs
    }

    /// Codes from sparse to full, some like one another.
    fn codes(width: usize, most: usize) -> impl Strategy<Value = Codes> {
        let code = (0_u8..4, prop::collection::vec(any::<(u64, u64)>(), width)).prop_map(|(how, words)| {
            words.into_iter().map(move |(a, b)| match how {
                0 => a & b,
                1 => a | b,
                2 => 0x00ff_00ff_00ff_00ff ^ (a & b & (a >> 7) & (b >> 9)),
                _ => a,
            })
        });
        prop::collection::vec(code, 0..most)
            .prop_map(move |codes| Codes::new(width, codes.into_iter().flatten().collect()).expect("codes"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_pairs_are_those_that_all_comparisons_give(
            (a, b) in (1_usize..20, 1_usize..20).prop_flat_map(|(v, w)| (codes(v, 50), codes(w, 90))),
            least in prop_oneof![Just(0.0), Just(0.5), Just(2.0 / 3.0), Just(1.0), 0.0..1.1],
        ) {
            let expected = brute_force(&a, &b, least);
            prop_assert_eq!(&similar_pairs(&a, &b, least), &expected);
            prop_assert_eq!(&similar_pairs_of_all(&a, &b, least), &expected);
            // The paths of other machines.
            prop_assert_eq!(&find(&a, &b, least, true, |scan| scan.with(Plain)), &expected);
            #[cfg(target_arch = "x86_64")]
            if Half::find().is_some() {
                let half = |scan: Scan<'_>| Half::find().expect("as before").run(scan);
                prop_assert_eq!(find(&a, &b, least, true, half), expected);
            }
        }

        #[test]
        fn the_least_number_of_common_bits_is_the_first_that_passes(sum in 0_u32..40_000, least in 0.0..1.2) {
            let first = (0..=sum / 2).find(|&common| dice(common, sum) >= least);
            prop_assert_eq!(least_common(sum, least), first.unwrap_or(NEVER));
        }
    }

    #[test]
    fn the_pairs_are_the_same_on_one_thread_and_on_many() {
        let words = |seed: u64| -> Vec<u64> {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state ^ state >> 29
            };
            (0..600 * 16).map(|_| next() & next()).collect()
        };
        let (a, b) = (Codes::new(16, words(1)).expect("codes"), Codes::new(16, words(2)).expect("codes"));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| similar_pairs(&a, &b, 0.3))
        };
        let pairs = on(1);
        assert!(!pairs.is_empty());
        assert_eq!(pairs, on(4));
        assert_eq!(pairs, brute_force(&a, &b, 0.3));
    }

    #[test]
    fn no_number_passes_a_similarity_that_is_none_and_each_passes_none_at_all() {
        let codes = Codes::new(1, vec![0, 1, 3]).expect("codes");
        assert_eq!(similar_pairs(&codes, &codes, f64::NAN), []);
        assert_eq!(similar_pairs(&codes, &codes, -1.0).len(), 9);
        let none = Codes::new(3, Vec::new()).expect("codes");
        assert_eq!(similar_pairs(&codes, &none, 0.0), []);
        assert!(Codes::new(0, vec![]).is_err() && Codes::new(2, vec![1; 3]).is_err());
    }
}
