//! Codes of bits that are near each other: each of some is compared with each of others.
//!
//! Codes are sorted by how many bits they have set. Two codes with `a` and `b` set differ in at least `|a − b|` bits, so
//! that only a part of the others need be looked at. These lie eight side by side, word for word, so that one
//! instruction compares a word of one code with that of eight; how many bits differ is counted by adders without carry
//! before any bit is counted (Harley & Seal; Muła, Kurz & Lemire 2018, *Computer Journal* 61(1)). Where unlike codes
//! will mostly be too far apart after half of their words, it is looked at then.

mod kernel;

use rayon::prelude::*;

use kernel::{Half, LANES, WORDS};

/// Codes that one task takes, and blocks of eight others that are kept near while it compares these.
const ROWS: usize = 64;
const TILE: usize = 256;

/// Codes of bits, packed to be compared. All are as long as the longest; what is not there is not set.
#[derive(Debug, Clone, Default)]
pub struct Codes {
    /// Half-kilobits of a code.
    halves: usize,
    /// The place of each code among those that were given.
    order: Vec<u32>,
    /// Bits that are set, in ascending order.
    counts: Vec<u32>,
    /// The words, code by code.
    rows: Vec<[u64; WORDS]>,
    /// The same, eight codes side by side.
    blocks: Vec<Half>,
}

/// How near two codes must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Nearness {
    /// At most so many bits different (Hamming distance).
    Different(u32),
    /// A Dice similarity of at least this: `2c / (a + b)` with `c` of the `a` and `b` bits in common.
    Dice(f64),
}

/// Two codes that are near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// The place of the one.
    pub a: u32,
    /// The place of the other.
    pub b: u32,
    /// How many bits differ.
    pub different: u32,
}

impl Nearness {
    /// True if two codes with so many bits set together are near.
    fn is(self, set: u32, different: u32) -> bool {
        match self {
            Self::Different(most) => different <= most,
            Self::Dice(least) => f64::from(set.saturating_sub(different)) >= least * f64::from(set),
        }
    }

    /// Bits different from which on two codes are not near, or a few more.
    fn most(self, set: u32) -> u32 {
        match self {
            Self::Different(most) => most,
            Self::Dice(least) => ((1.0 - least.clamp(0.0, 1.0)) * f64::from(set)).ceil() as u32 + 1,
        }
    }
}

impl Codes {
    /// Packs codes, each as words of 64 bits.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a [u64]>) -> Self {
        let codes: Vec<&[u64]> = codes.into_iter().collect();
        let halves = codes.iter().map(|code| code.len().div_ceil(WORDS)).max().unwrap_or(0).max(1);
        let set: Vec<u32> = codes.iter().map(|code| super::bits::ones(code)).collect();
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|&at| set[at as usize]);
        let counts = order.iter().map(|&at| set[at as usize]).collect();
        let mut rows = vec![[0; WORDS]; codes.len() * halves];
        let mut blocks = vec![[[0; LANES]; WORDS]; codes.len().div_ceil(LANES) * halves];
        for (place, &at) in order.iter().enumerate() {
            for (word, &bits) in codes[at as usize].iter().enumerate() {
                let (half, word) = (word / WORDS, word % WORDS);
                rows[place * halves + half][word] = bits;
                blocks[place / LANES * halves + half][word][place % LANES] = bits;
            }
        }
        Self { halves, order, counts, rows, blocks }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn row(&self, place: usize) -> &[[u64; WORDS]] {
        &self.rows[place * self.halves..][..self.halves]
    }
}

/// All pairs of a code of the one and a code of the other that are near, in the order of their places.
///
/// # Panics
/// When the codes of the one are longer than those of the other by more than is left out of half a kilobit.
pub fn near(a: &Codes, b: &Codes, nearness: Nearness) -> Vec<Near> {
    assert_eq!(a.halves, b.halves, "codes of one length can be compared");
    let mut found = all(a, b, nearness, |_| 0);
    found.par_sort_unstable();
    found
}

/// All pairs of codes that are near each other, each once, the first place first.
pub fn near_each_other(codes: &Codes, nearness: Nearness) -> Vec<Near> {
    let mut found = all(codes, codes, nearness, |place| place + 1);
    for pair in &mut found {
        (pair.a, pair.b) = (pair.a.min(pair.b), pair.a.max(pair.b));
    }
    found.par_sort_unstable();
    found
}

/// For each code of `a` those of `b` from a place on that are near.
fn all(a: &Codes, b: &Codes, nearness: Nearness, from: impl Fn(usize) -> usize + Sync) -> Vec<Near> {
    let parts: Vec<Vec<Near>> = (0..a.len().div_ceil(ROWS))
        .into_par_iter()
        .map(|task| {
            let rows = task * ROWS..((task + 1) * ROWS).min(a.len());
            let reach: Vec<(usize, usize)> = rows
                .clone()
                .map(|place| {
                    let (first, end) = in_reach(a.counts[place], &b.counts, nearness);
                    (first.max(from(place)), end)
                })
                .collect();
            let mut found = Vec::new();
            let first = reach.iter().map(|r| r.0 / LANES).min().unwrap_or(0);
            let end = reach.iter().map(|r| r.1.div_ceil(LANES)).max().unwrap_or(0);
            for tile in (first..end).step_by(TILE) {
                for (place, &(first, end)) in rows.clone().zip(&reach) {
                    let blocks = tile.max(first / LANES)..(tile + TILE).min(end.div_ceil(LANES));
                    let row = Row { a, place, b, within: (first, end), nearness };
                    if !blocks.is_empty() {
                        row.compare(blocks, &mut found);
                    }
                }
            }
            found
        })
        .collect();
    parts.concat()
}

/// The places of the codes that have so many bits set that they may be near one with `set`.
fn in_reach(set: u32, counts: &[u32], nearness: Nearness) -> (usize, usize) {
    let too_far = |&count: &u32| set.abs_diff(count) > nearness.most(set + count);
    let middle = counts.partition_point(|&count| count < set);
    let first = counts[..middle].partition_point(too_far);
    let end = middle + counts[middle..].partition_point(|count| !too_far(count));
    (first, end)
}

/// One code and those that it is compared with.
struct Row<'a> {
    a: &'a Codes,
    place: usize,
    b: &'a Codes,
    /// Places of `b`, from and to.
    within: (usize, usize),
    nearness: Nearness,
}

impl Row<'_> {
    fn compare(&self, blocks: std::ops::Range<usize>, found: &mut Vec<Near>) {
        let (a, b, set) = (self.a, self.b, self.a.counts[self.place]);
        let halves = b.halves;
        let bits = (halves * WORDS * 64) as f64;
        // The most of any of these codes, so that none is missed; exactly afterwards.
        let last = b.counts[(blocks.end * LANES).min(b.len()) - 1];
        let most = self.nearness.most(set + last);
        // Of codes that have nothing to do with each other half of the words mostly differ in more than all may.
        let (x, y) = (f64::from(set) / bits, f64::from(last) / bits);
        let unlike = x * (1.0 - y) + y * (1.0 - x);
        let half = (halves / 2).max(1) as f64 * (WORDS * 64) as f64;
        let foreseen = half * unlike - 4.0 * (half * unlike * (1.0 - unlike)).sqrt();
        let task = kernel::Task {
            row: a.row(self.place),
            blocks: &b.blocks[blocks.start * halves..blocks.end * halves],
            most: u64::from(most),
            early: halves > 1 && foreseen > f64::from(most),
        };
        kernel::run(&task, &mut |block, differ| {
            let start = (blocks.start + block) * LANES;
            for (place, &different) in (start..).zip(differ) {
                let (different, inside) = (different as u32, (self.within.0..self.within.1).contains(&place));
                if inside && self.nearness.is(set + b.counts[place], different) {
                    found.push(Near { a: a.order[self.place], b: b.order[place], different });
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::blocking::mix;
    use crate::compare::bits;

    /// Codes of so many words, about a quarter of the bits set, each the like of an earlier one or of none.
    fn made(codes: u64, words: u64, seed: u64) -> Vec<Vec<u64>> {
        let random = |at: u64| mix(seed ^ mix(at + 1));
        let mut all: Vec<Vec<u64>> = Vec::new();
        for code in 0..codes {
            let word = |w: u64| random(code << 20 | w) & random(code << 20 | w | 1 << 16);
            let new: Vec<u64> = match all.len() {
                n if n > 0 && random(code).is_multiple_of(2) => {
                    let like = &all[(random(code + 7) % n as u64) as usize];
                    let slip = |w: u64| word(w) & random(w ^ code << 9) & random(w << 7 ^ code);
                    like.iter().zip(0..).map(|(bits, w)| bits ^ slip(w)).collect()
                }
                _ => (0..words).map(word).collect(),
            };
            all.push(new);
        }
        all
    }

    fn packed(codes: &[Vec<u64>]) -> Codes {
        Codes::new(codes.iter().map(Vec::as_slice))
    }

    fn nearness() -> impl Strategy<Value = Nearness> {
        prop_oneof![
            (0_u32..700).prop_map(Nearness::Different),
            (0_u32..=100).prop_map(|percent| Nearness::Dice(f64::from(percent) / 100.0)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn all_that_are_near_are_found_and_no_others(
            n in 0_u64..150, m in 0_u64..150, words in 1_u64..40, seed in any::<u64>(), nearness in nearness(),
        ) {
            let (a, b) = (made(n, words, seed), made(m, words, seed ^ 1));
            let expected = |a: &[Vec<u64>], b: &[Vec<u64>]| -> Vec<Near> {
                let mut near = Vec::new();
                for (i, x) in (0..).zip(a) {
                    for (j, y) in (0..).zip(b) {
                        let (different, set) = (bits::different(x, y), bits::ones(x) + bits::ones(y));
                        let is = match nearness {
                            Nearness::Different(most) => different <= most,
                            // 2c / (a + b), with c = (a + b − d) / 2 in common.
                            Nearness::Dice(least) => f64::from(set - different) >= least * f64::from(set),
                        };
                        if is {
                            near.push(Near { a: i, b: j, different });
                        }
                    }
                }
                near
            };
            // Codes of which none is there have no length of their own.
            if n > 0 && m > 0 {
                prop_assert_eq!(near(&packed(&a), &packed(&b), nearness), expected(&a, &b));
            }
            let own: Vec<Near> = expected(&a, &a).into_iter().filter(|pair| pair.a < pair.b).collect();
            prop_assert_eq!(near_each_other(&packed(&a), nearness), own);
        }
    }

    #[test]
    fn many_tiles_and_tasks_find_the_same() {
        let a = made(5000, 16, 3);
        let found = near_each_other(&packed(&a), Nearness::Dice(0.8));
        let naive = (0..a.len() as u32)
            .flat_map(|i| (i + 1..a.len() as u32).map(move |j| (i, j)))
            .filter(|&(i, j)| {
                let (x, y) = (&a[i as usize], &a[j as usize]);
                let set = bits::ones(x) + bits::ones(y);
                f64::from(set - bits::different(x, y)) >= 0.8 * f64::from(set)
            })
            .count();
        assert!(naive > 1000, "{naive}");
        assert_eq!(found.len(), naive);
    }
}
