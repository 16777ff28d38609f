//! The pairs of two sets of codes with a Dice similarity of some size.
//!
//! A pair of codes with `a` and `b` bits has `2c / (a + b)` for `c` common bits, so a similarity asks for a least
//! whole number of them. There are at most `min(a, b)`: with the codes in order of their numbers of bits, the
//! blocks that a code can be like lie side by side, and the rest is never touched (the length filter; Xiao,
//! Wang, Lin & Yu 2011, *ACM TODS* 36(3)). Of long codes the first half is counted first where a pair is likely to be
//! out by then: the second half cannot bring more than the smaller of what is left of both.

use std::ops::Range;

use rayon::prelude::*;

use super::kernel::{self, STEP};
use super::lanes::{LANES, Lanes, Row, Twice, Work, on_best};
use super::{Codes, dice};

/// Codes of the first set of a task.
const TASK: usize = 256;
/// Blocks that one code after the other is held against while they are in the first cache: 16 KiB for 1,024 bits.
const TILE: usize = 4;
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
    find(a, b, least_dice, true)
}

/// The same pairs as [`similar_pairs`] finds, but all bits of all pairs are counted: what the bounds save is the
/// difference.
pub fn similar_pairs_of_all(a: &Codes, b: &Codes, least_dice: f64) -> Vec<(u32, u32, f64)> {
    find(a, b, least_dice, false)
}

fn find(a: &Codes, b: &Codes, least_dice: f64, bounds: bool) -> Vec<(u32, u32, f64)> {
    let rows = kernel::rows(a.width().max(b.width()));
    let need: Vec<u32> = (0..=(2 * 16 * rows) as u32).map(|sum| least_common(sum, least_dice)).collect();
    let (left, right) = (Sorted::new(a, rows), Sorted::new(b, rows));
    let search = Search {
        spread: left.spread(a, rows),
        right: Blocks::new(b, &right, rows),
        left,
        rows,
        need,
        bounds,
    };
    let tasks: Vec<Range<usize>> =
        (0..a.len()).step_by(TASK).map(|from| from..a.len().min(from + TASK)).collect();
    let mut pairs: Vec<(u32, u32, f64)> = tasks
        .into_par_iter()
        .flat_map_iter(|task| on_best(Scan { search: &search, lefts: task }))
        .map(|(x, y, common)| {
            let (x, y) = (x as usize, y as usize);
            let sum = search.left.counts[x] + right.counts[y];
            (search.left.order[x], right.order[y], dice(common, sum))
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

/// Codes in order of their numbers of bits.
struct Sorted {
    order: Vec<u32>,
    counts: Vec<u32>,
    /// Of which those in the first half of the rows.
    heads: Vec<u32>,
}

/// Rows that are counted first.
fn head(rows: usize) -> usize {
    rows / STEP / 2 * STEP
}

impl Sorted {
    fn new(codes: &Codes, rows: usize) -> Self {
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.sort_by_key(|&at| codes.counts()[at as usize]);
        let words = (head(rows) / 4).min(codes.width());
        Self {
            counts: order.iter().map(|&at| codes.counts()[at as usize]).collect(),
            heads: order.iter().map(|&at| super::ones(&codes.code(at as usize)[..words])).collect(),
            order,
        }
    }

    /// Bits of the code at a place in the other half of its rows.
    fn tail(&self, at: usize) -> u32 {
        self.counts[at] - self.heads[at]
    }

    fn spread(&self, codes: &Codes, rows: usize) -> Vec<Twice> {
        self.order.iter().flat_map(|&at| kernel::spread(codes.code(at as usize), rows)).collect()
    }
}

/// Codes in blocks of 32.
struct Blocks {
    rows: Vec<Row>,
    /// The bounds of each block.
    bounds: Vec<Bounds>,
    counts: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Bounds {
    low: u32,
    high: u32,
    /// The most bits in the first half of the rows, and in the second.
    head: u32,
    tail: u32,
}

impl Blocks {
    fn new(codes: &Codes, sorted: &Sorted, rows: usize) -> Self {
        let mut blocks = vec![Row::default(); sorted.order.len().div_ceil(LANES) * rows];
        for (places, block) in sorted.order.chunks(LANES).zip(blocks.chunks_exact_mut(rows)) {
            for (lane, &at) in places.iter().enumerate() {
                kernel::put(codes.code(at as usize), lane, block);
            }
        }
        let bounds =
            sorted.counts.chunks(LANES).zip(sorted.heads.chunks(LANES)).map(|(counts, heads)| Bounds {
                low: counts[0],
                high: counts[counts.len() - 1],
                head: heads.iter().copied().max().unwrap_or(0),
                tail: counts.iter().zip(heads).map(|(count, head)| count - head).max().unwrap_or(0),
            });
        Self { rows: blocks, bounds: bounds.collect(), counts: sorted.counts.clone() }
    }
}

struct Search {
    left: Sorted,
    spread: Vec<Twice>,
    right: Blocks,
    rows: usize,
    /// The least number of common bits, by the sum of the numbers of bits.
    need: Vec<u32>,
    bounds: bool,
}

impl Search {
    /// The blocks that a code with so many bits can pass with.
    fn within_reach(&self, count: u32) -> Range<usize> {
        let blocks = &self.right.bounds;
        if !self.bounds {
            return 0..blocks.len();
        }
        let reaches = |other: u32| count.min(other) >= self.need[(count + other) as usize];
        let from = blocks.partition_point(|block| block.high < count && !reaches(block.high));
        let to = blocks.partition_point(|block| block.low <= count || reaches(block.low));
        from..to.max(from)
    }

    /// True if most pairs of codes around one and blocks from one on are out after the first half of their rows,
    /// as those of independent codes would be. Either answer gives the same pairs.
    fn out_by_half(&self, x: usize, block: usize) -> bool {
        let first = head(self.rows);
        if first == 0 || !self.bounds {
            return false;
        }
        let block = self.right.bounds[block];
        let need = self.need[(self.left.counts[x] + block.low) as usize];
        let expected = f64::from(self.left.heads[x]) * f64::from(block.head) / (16 * first) as f64;
        // Four standard deviations, for any of 32 can keep the block in.
        let left = f64::from(self.left.tail(x).min(block.tail));
        expected + 4.0 * expected.sqrt() + left < f64::from(need)
    }

    /// A code of the first set and a block of the second.
    #[inline(always)]
    fn rows(&self, x: usize, block: usize) -> (&[Twice], &[Row]) {
        (&self.spread[x * self.rows..][..self.rows], &self.right.rows[block * self.rows..][..self.rows])
    }
}

/// The pairs of some codes, in order of numbers of bits, with all of the other set.
struct Scan<'a> {
    search: &'a Search,
    lefts: Range<usize>,
}

impl Work for Scan<'_> {
    type Output = Vec<(u32, u32, u32)>;

    #[inline(always)]
    fn with(self, lanes: impl Lanes) -> Vec<(u32, u32, u32)> {
        let search = self.search;
        let reach: Vec<Range<usize>> =
            self.lefts.clone().map(|x| search.within_reach(search.left.counts[x])).collect();
        let from = reach.iter().map(|r| r.start).min().unwrap_or(0);
        let to = reach.iter().map(|r| r.end).max().unwrap_or(0);
        let mut found = Vec::new();
        for tile in (from..to).step_by(TILE) {
            let half = search.out_by_half(usize::midpoint(self.lefts.start, self.lefts.end), tile);
            for (x, reach) in self.lefts.clone().zip(&reach) {
                let blocks = tile.max(reach.start)..(tile + TILE).min(reach.end);
                Meet { lanes, search, x, found: &mut found }.blocks(blocks, half);
            }
        }
        found
    }
}

/// A code and the pairs that it is in.
struct Meet<'a, L> {
    lanes: L,
    search: &'a Search,
    x: usize,
    found: &'a mut Vec<(u32, u32, u32)>,
}

impl<L: Lanes> Meet<'_, L> {
    /// Adds the pairs of the code and some blocks that pass, with their numbers of common bits.
    #[inline(always)]
    fn blocks(mut self, blocks: Range<usize>, half: bool) {
        // One way for all blocks: with a choice at each, the compiler loads what both ways begin with, and more
        // than there are registers.
        if half {
            for block in blocks {
                self.by_half(block);
            }
        } else {
            for block in blocks {
                self.whole(block);
            }
        }
    }

    /// The least number of common bits that any code of a block passes with: it grows with the number of bits.
    #[inline(always)]
    fn least(&self, block: usize) -> Option<u16> {
        let sum = self.search.left.counts[self.x] + self.search.right.bounds[block].low;
        u16::try_from(self.search.need[sum as usize]).ok()
    }

    #[inline(always)]
    fn whole(&mut self, block: usize) {
        let Some(least) = self.least(block) else { return };
        let (code, rows) = self.search.rows(self.x, block);
        for part in 0..L::PARTS {
            let counts = kernel::common(self.lanes, code, rows, part);
            if self.lanes.any_reaches(counts, least) {
                self.add(counts, block, part);
            }
        }
    }

    #[inline(always)]
    fn by_half(&mut self, block: usize) {
        let Some(least) = self.least(block) else { return };
        let (code, rows) = self.search.rows(self.x, block);
        let (code, rest_of_code) = code.split_at(head(code.len()));
        let (rows, rest_of_rows) = rows.split_at(head(rows.len()));
        let left = self.search.left.tail(self.x).min(self.search.right.bounds[block].tail) as u16;
        for part in 0..L::PARTS {
            let counts = kernel::common(self.lanes, code, rows, part);
            if self.lanes.any_reaches(counts, least.saturating_sub(left)) {
                let rest = kernel::common(self.lanes, rest_of_code, rest_of_rows, part);
                let counts = self.lanes.plus(counts, rest);
                if self.lanes.any_reaches(counts, least) {
                    self.add(counts, block, part);
                }
            }
        }
    }

    /// Adds those codes of part of a block that pass.
    #[inline(always)]
    fn add(&mut self, counts: L::Vector, block: usize, part: usize) {
        let mut numbers = [0; LANES];
        self.lanes.store(counts, part, &mut numbers);
        let each = LANES / L::PARTS;
        keep(self.search, self.x, block, &numbers, part * each..(part + 1) * each, self.found);
    }
}

/// Keeps those of the numbers of common bits of a code and some lanes of a block that pass.
#[inline(never)]
fn keep(
    search: &Search,
    x: usize,
    block: usize,
    numbers: &[u16; LANES],
    lanes: Range<usize>,
    found: &mut Vec<(u32, u32, u32)>,
) {
    let count = search.left.counts[x];
    // The last block may have fewer codes than lanes.
    for lane in lanes {
        let y = block * LANES + lane;
        let Some(&other) = search.right.counts.get(y) else { return };
        let common = u32::from(numbers[lane]);
        if common >= search.need[(count + other) as usize] {
            found.push((x as u32, y as u32, common));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            prop_assert_eq!(similar_pairs_of_all(&a, &b, least), expected);
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
