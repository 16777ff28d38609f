//! What the kernel needs of a machine: vectors of 16-bit lanes, each the bits of one code.
//!
//! A row is 32 lanes. It is one vector of AVX-512, two of AVX2, and eight plain words where neither is there; the
//! kernel is the same for all.

/// Lanes of a row: codes of a block.
pub(super) const LANES: usize = 32;

/// 16 bits of each of 32 codes: lane `l` is in word `l / 4` from bit `16 (l mod 4)` on.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Row(pub(super) [u64; LANES / 4]);

/// 16 bits of one code, twice, as they are laid over each pair of lanes.
pub(super) type Twice = u32;

/// Operations on the lanes of a vector.
pub(super) trait Lanes: Copy {
    /// Vectors that a row is made of.
    const PARTS: usize;
    type Vector: Copy;

    fn zero(self) -> Self::Vector;
    /// The bits that a code has in common with those of part of a row.
    fn common(self, code: Twice, row: &Row, part: usize) -> Self::Vector;
    /// For each bit the sum of three: its lower and its upper bit.
    fn add_bits(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> (Self::Vector, Self::Vector);
    /// The same of the sum so far and the bits that are common to a code and each of two rows.
    #[inline(always)]
    fn add_common(
        self,
        sum: Self::Vector,
        codes: [Twice; 2],
        rows: [&Row; 2],
        part: usize,
    ) -> (Self::Vector, Self::Vector) {
        self.add_bits(sum, self.common(codes[0], rows[0], part), self.common(codes[1], rows[1], part))
    }
    /// For each lane `ones + extra + Σ 2^(k+1) upper[k] + 32 top`, in numbers of bits.
    fn count(
        self,
        ones: Self::Vector,
        extra: Self::Vector,
        upper: [Self::Vector; 4],
        top: Option<Self::Vector>,
    ) -> Self::Vector;
    /// The sum of each lane.
    fn plus(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// True if a lane is `least` or more. Lanes are below 2¹⁵.
    fn any_reaches(self, counts: Self::Vector, least: u16) -> bool;
    /// The numbers of part of a row.
    fn store(self, counts: Self::Vector, part: usize, to: &mut [u16; LANES]);
}

/// Something to do with the lanes of a machine. `with` has to be inlined, or it is compiled for another one.
pub(super) trait Work {
    type Output;

    fn with(self, lanes: impl Lanes) -> Self::Output;
}

/// Does a work with the widest vectors that this machine has.
#[inline]
pub(super) fn on_best<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(lanes) = super::x86::Wide::find() {
            return lanes.run(work);
        }
        if let Some(lanes) = super::x86::Half::find() {
            return lanes.run(work);
        }
    }
    work.with(Plain)
}

/// Words of the machine, four lanes each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

const EACH_LANE: u64 = 0x0001_0001_0001_0001;

impl Lanes for Plain {
    const PARTS: usize = 8;
    type Vector = u64;

    #[inline(always)]
    fn zero(self) -> u64 {
        0
    }

    #[inline(always)]
    fn common(self, code: Twice, row: &Row, part: usize) -> u64 {
        row.0[part] & (u64::from(code) << 32 | u64::from(code))
    }

    #[inline(always)]
    fn add_bits(self, a: u64, b: u64, c: u64) -> (u64, u64) {
        let two = a ^ b;
        (two ^ c, (a & b) | (two & c))
    }

    #[inline(always)]
    fn count(self, ones: u64, extra: u64, upper: [u64; 4], top: Option<u64>) -> u64 {
        let count = |x: u64| {
            let x = x - ((x >> 1) & (EACH_LANE * 0x5555));
            let x = (x & (EACH_LANE * 0x3333)) + ((x >> 2) & (EACH_LANE * 0x3333));
            let x = (x + (x >> 4)) & (EACH_LANE * 0x0f0f);
            (x + (x >> 8)) & (EACH_LANE * 0x00ff)
        };
        let [twos, fours, eights, sixteens] = upper.map(count);
        let top = top.map_or(0, count);
        count(ones) + count(extra) + 2 * twos + 4 * fours + 8 * eights + 16 * sixteens + 32 * top
    }

    #[inline(always)]
    fn plus(self, a: u64, b: u64) -> u64 {
        a + b
    }

    #[inline(always)]
    fn any_reaches(self, counts: u64, least: u16) -> bool {
        // With the upper bit of each lane set first, taking away leaves it where the lane is large enough.
        let high = EACH_LANE * 0x8000;
        least <= 0x7fff && ((counts | high) - EACH_LANE * u64::from(least)) & high != 0
    }

    #[inline(always)]
    fn store(self, counts: u64, part: usize, to: &mut [u16; LANES]) {
        for (lane, to) in to[part * 4..][..4].iter_mut().enumerate() {
            *to = (counts >> (16 * lane)) as u16;
        }
    }
}
