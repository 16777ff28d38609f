//! The numbers of bits that one code has in common with each of a block of 32.
//!
//! The bits of a block are turned: a row holds 16 bits of each of its codes. The common bits of 31 or 63 rows are
//! added as numbers of a bit in each place, by adders of three bits (Harley & Seal; Muła, Kurz & Lemire 2018,
//! *The Computer Journal* 61(1)), until five or six digits are left of them; only those and the last row are
//! counted, with tables of 4 bits. So a pair of codes takes about 6 instructions of AVX-512 for 1,024 bits.

use super::lanes::{Lanes, Row, Twice};

/// Rows that are counted together, 512 bits; codes are filled up with zeros to a multiple.
pub(super) const STEP: usize = 32;

/// The digits of the sums of bits so far.
struct Sums<V> {
    ones: V,
    twos: V,
    fours: V,
    eights: V,
    sixteens: V,
}

/// The common bits of a code and part of the rows of a block.
#[derive(Clone, Copy)]
struct Common<'a, L> {
    lanes: L,
    code: &'a [Twice],
    rows: &'a [Row],
    part: usize,
}

impl<L: Lanes> Common<'_, L> {
    #[inline(always)]
    fn at(self, row: usize) -> L::Vector {
        self.lanes.common(self.code[row], &self.rows[row], self.part)
    }

    /// Adds two rows; what goes over to the twos.
    #[inline(always)]
    fn two(self, sums: &mut Sums<L::Vector>, row: usize) -> L::Vector {
        let codes = [self.code[row], self.code[row + 1]];
        let rows = [&self.rows[row], &self.rows[row + 1]];
        let (digit, over) = self.lanes.add_common(sums.ones, codes, rows, self.part);
        sums.ones = digit;
        over
    }

    #[inline(always)]
    fn four(self, sums: &mut Sums<L::Vector>, row: usize) -> L::Vector {
        let (a, b) = (self.two(sums, row), self.two(sums, row + 2));
        let (digit, over) = self.lanes.add_bits(sums.twos, a, b);
        sums.twos = digit;
        over
    }

    #[inline(always)]
    fn eight(self, sums: &mut Sums<L::Vector>, row: usize) -> L::Vector {
        let (a, b) = (self.four(sums, row), self.four(sums, row + 4));
        let (digit, over) = self.lanes.add_bits(sums.fours, a, b);
        sums.fours = digit;
        over
    }

    #[inline(always)]
    fn sixteen(self, sums: &mut Sums<L::Vector>, row: usize) -> L::Vector {
        let (a, b) = (self.eight(sums, row), self.eight(sums, row + 8));
        let (digit, over) = self.lanes.add_bits(sums.eights, a, b);
        sums.eights = digit;
        over
    }

    /// The first 31 rows. Each digit begins with what first goes over to it, so nothing is added to zero.
    #[inline(always)]
    fn begin(self) -> Sums<L::Vector> {
        let zero = self.lanes.zero();
        let mut sums = Sums { ones: self.at(0), twos: zero, fours: zero, eights: zero, sixteens: zero };
        sums.twos = self.two(&mut sums, 1);
        sums.fours = self.four(&mut sums, 3);
        sums.eights = self.eight(&mut sums, 7);
        sums.sixteens = self.sixteen(&mut sums, 15);
        sums
    }

    #[inline(always)]
    fn of_32(self) -> L::Vector {
        let s = self.begin();
        self.lanes.count(s.ones, self.at(31), [s.twos, s.fours, s.eights, s.sixteens], None)
    }

    #[inline(always)]
    fn of_64(self) -> L::Vector {
        let mut s = self.begin();
        let (a, b) = (self.sixteen(&mut s, 31), self.sixteen(&mut s, 47));
        let (digit, over) = self.lanes.add_bits(s.sixteens, a, b);
        self.lanes.count(s.ones, self.at(63), [s.twos, s.fours, s.eights, digit], Some(over))
    }
}

/// The numbers of common bits of a code and part of a block's rows, a multiple of [`STEP`] of each.
#[inline(always)]
pub(super) fn common<L: Lanes>(lanes: L, code: &[Twice], rows: &[Row], part: usize) -> L::Vector {
    let mut counts = lanes.zero();
    let (codes, rest) = code.as_chunks::<{ 2 * STEP }>();
    let (blocks, rest_rows) = rows.as_chunks::<{ 2 * STEP }>();
    for (code, rows) in codes.iter().zip(blocks) {
        counts = lanes.plus(counts, Common { lanes, code, rows, part }.of_64());
    }
    if let (Some(code), Some(rows)) = (rest.first_chunk::<STEP>(), rest_rows.first_chunk::<STEP>()) {
        counts = lanes.plus(counts, Common { lanes, code, rows, part }.of_32());
    }
    counts
}

/// 16 bits of a code at each place, as a block holds them.
pub(super) fn pieces(code: &[u64]) -> impl Iterator<Item = u16> + '_ {
    code.iter().flat_map(|word| (0..4).map(move |k| (word >> (16 * k)) as u16))
}

/// Puts a code into a lane of a block.
pub(super) fn put(code: &[u64], lane: usize, block: &mut [Row]) {
    for (piece, row) in pieces(code).zip(block) {
        row.0[lane / 4] |= u64::from(piece) << (16 * (lane % 4));
    }
}

/// A code as it is laid over blocks.
pub(super) fn spread(code: &[u64], rows: usize) -> impl Iterator<Item = Twice> + '_ {
    pieces(code).map(|piece| u32::from(piece) << 16 | u32::from(piece)).chain(std::iter::repeat(0)).take(rows)
}

/// Rows of codes of a width in words.
pub(super) fn rows(width: usize) -> usize {
    (width * 4).next_multiple_of(STEP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lanes::{LANES, Plain, Work, on_best};
    use super::*;

    struct Counts<'a>(&'a [u64], &'a [Vec<u64>]);

    impl Work for Counts<'_> {
        type Output = [u16; LANES];

        #[inline(always)]
        fn with(self, lanes: impl Lanes) -> [u16; LANES] {
            let rows = rows(self.0.len());
            let mut block = vec![Row::default(); rows];
            for (lane, code) in self.1.iter().enumerate() {
                put(code, lane, &mut block);
            }
            let code: Vec<Twice> = spread(self.0, rows).collect();
            of(lanes, &code, &block)
        }
    }

    #[inline(always)]
    fn of<L: Lanes>(lanes: L, code: &[Twice], block: &[Row]) -> [u16; LANES] {
        let mut counts = [0; LANES];
        for part in 0..L::PARTS {
            let found = common(lanes, code, block, part);
            lanes.store(found, part, &mut counts);
            let most = *counts[part * LANES / L::PARTS..][..LANES / L::PARTS].iter().max().expect("lanes");
            assert!(lanes.any_reaches(found, most) && !lanes.any_reaches(found, most + 1));
        }
        counts
    }

    fn check(code: &[u64], block: &[Vec<u64>]) {
        let mut naive = [0_u16; LANES];
        for (count, other) in naive.iter_mut().zip(block) {
            *count = code.iter().zip(other).map(|(a, b)| (a & b).count_ones() as u16).sum();
        }
        assert_eq!(Counts(code, block).with(Plain), naive);
        assert_eq!(on_best(Counts(code, block)), naive);
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = super::super::x86::Half::find() {
            assert_eq!(lanes.run(Counts(code, block)), naive);
        }
    }

    #[test]
    fn all_bits_of_the_widest_codes_are_counted() {
        for width in [1, 8, 16, 17, 256] {
            check(&vec![u64::MAX; width], &vec![vec![u64::MAX; width]; LANES]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_kernel_counts_as_one_does_by_hand(
            (code, block) in (1_usize..40).prop_flat_map(|width| {
                let code = || prop::collection::vec(any::<u64>(), width);
                (code(), prop::collection::vec(code(), 0..=LANES))
            })
        ) {
            check(&code, &block);
        }
    }
}
