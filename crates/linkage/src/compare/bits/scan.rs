//! The search for pairs: which blocks a code is held against, and how.

use std::ops::Range;

use super::Codes;
use super::kernel::{self, STEP};
use super::lanes::{LANES, Lanes, Row, Twice, Work};

/// Blocks that one code after the other is held against while they are in the first cache: 16 KiB for 1,024 bits.
const TILE: usize = 4;

/// The places of a pair in order of numbers of bits, and its number of common bits.
pub(super) type Found = (u32, u32, u32);

/// Codes in order of their numbers of bits.
pub(super) struct Sorted {
    pub(super) order: Vec<u32>,
    pub(super) counts: Vec<u32>,
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
pub(super) struct Blocks {
    rows: Vec<Row>,
    /// The bounds of each block.
    bounds: Vec<Bounds>,
    pub(super) codes: Sorted,
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
    fn new(codes: &Codes, rows: usize) -> Self {
        let sorted = Sorted::new(codes, rows);
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
        Self { rows: blocks, bounds: bounds.collect(), codes: sorted }
    }
}

pub(super) struct Search {
    pub(super) left: Sorted,
    spread: Vec<Twice>,
    pub(super) right: Blocks,
    rows: usize,
    /// The least number of common bits, by the sum of the numbers of bits.
    need: Vec<u32>,
    bounds: bool,
}

impl Search {
    /// With the least number of common bits of each sum of numbers of bits.
    pub(super) fn new(a: &Codes, b: &Codes, rows: usize, need: Vec<u32>, bounds: bool) -> Self {
        let left = Sorted::new(a, rows);
        Self { spread: left.spread(a, rows), right: Blocks::new(b, rows), left, rows, need, bounds }
    }

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
pub(super) struct Scan<'a> {
    pub(super) search: &'a Search,
    pub(super) lefts: Range<usize>,
}

impl Work for Scan<'_> {
    type Output = Vec<Found>;

    #[inline(always)]
    fn with(self, lanes: impl Lanes) -> Vec<Found> {
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
    found: &'a mut Vec<Found>,
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
    found: &mut Vec<Found>,
) {
    let count = search.left.counts[x];
    // The last block may have fewer codes than lanes.
    for lane in lanes {
        let y = block * LANES + lane;
        let Some(&other) = search.right.codes.counts.get(y) else { return };
        let common = u32::from(numbers[lane]);
        if common >= search.need[(count + other) as usize] {
            found.push((x as u32, y as u32, common));
        }
    }
}
