//! Lanes of AVX-512 and AVX2. `pulp` finds out whether the machine has them, which makes its intrinsics safe to
//! call.

use std::arch::x86_64::{__m256i, __m512i};

use pulp::x86::{V3, V4};
use pulp::{NullaryFnOnce, cast};

use super::lanes::{LANES, Lanes, Row, Twice, Work};

/// For each number of 4 bits its number of bits: 16 bytes, the first the lowest.
const ONES: [i32; 4] = [0x0201_0100, 0x0302_0201, 0x0302_0201, 0x0403_0302];

struct Run<L, W>(L, W);

impl<L: Lanes, W: Work> NullaryFnOnce for Run<L, W> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.1.with(self.0)
    }
}

/// Rows of 512 bits, with AVX-512 F and BW.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide(V4);

impl Wide {
    #[inline]
    pub(super) fn find() -> Option<Self> {
        V4::try_new().map(Self)
    }

    #[inline]
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        self.0.vectorize(Run(self, work))
    }

    /// One load. `cast` would be one too, but with debug assertions it checks each.
    #[inline(always)]
    fn row(self, row: &Row) -> __m512i {
        let [a, b, c, d, e, f, g, h] = row.0.map(u64::cast_signed);
        self.0.avx512f._mm512_setr_epi64(a, b, c, d, e, f, g, h)
    }

    #[inline(always)]
    fn code(self, code: Twice) -> __m512i {
        self.0.avx512f._mm512_set1_epi32(code.cast_signed())
    }

    /// In each byte the number of its bits, `SCALE` times.
    #[inline(always)]
    fn bytes<const SCALE: i32>(self, bits: __m512i) -> __m512i {
        let (f, bw) = (self.0.avx512f, self.0.avx512bw);
        let [a, b, c, d] = const { [ONES[0] * SCALE, ONES[1] * SCALE, ONES[2] * SCALE, ONES[3] * SCALE] };
        let table = f._mm512_setr4_epi32(a, b, c, d);
        let nibble = f._mm512_set1_epi8(0x0f);
        let low = f._mm512_and_si512(bits, nibble);
        let high = f._mm512_and_si512(bw._mm512_srli_epi16::<4>(bits), nibble);
        bw._mm512_add_epi8(bw._mm512_shuffle_epi8(table, low), bw._mm512_shuffle_epi8(table, high))
    }
}

impl Lanes for Wide {
    const PARTS: usize = 1;
    type Vector = __m512i;

    #[inline(always)]
    fn zero(self) -> __m512i {
        self.0.avx512f._mm512_setzero_si512()
    }

    #[inline(always)]
    fn common(self, code: Twice, row: &Row, _: usize) -> __m512i {
        self.0.avx512f._mm512_and_si512(self.row(row), self.code(code))
    }

    #[inline(always)]
    fn add_bits(self, a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
        let f = self.0.avx512f;
        // The tables of "odd" and of "two or more" of three.
        (f._mm512_ternarylogic_epi32::<0x96>(a, b, c), f._mm512_ternarylogic_epi32::<0xe8>(a, b, c))
    }

    /// Three instructions, where two to find the common bits and two to add would be four.
    #[inline(always)]
    fn add_common(self, sum: __m512i, codes: [Twice; 2], rows: [&Row; 2], _: usize) -> (__m512i, __m512i) {
        let f = self.0.avx512f;
        // x ^ (y & z)
        let one = f._mm512_ternarylogic_epi32::<0x78>(sum, self.row(rows[0]), self.code(codes[0]));
        let two = f._mm512_ternarylogic_epi32::<0x78>(one, self.row(rows[1]), self.code(codes[1]));
        // Two of three are set: where the first two differ, the third is, and that is where the digit is not; where
        // they are the same, both are. The table of "if x then not y else z".
        (two, f._mm512_ternarylogic_epi32::<0x3a>(one, two, sum))
    }

    #[inline(always)]
    fn count(self, ones: __m512i, extra: __m512i, upper: [__m512i; 4], top: Option<__m512i>) -> __m512i {
        let bw = self.0.avx512bw;
        let single = bw._mm512_add_epi8(self.bytes::<1>(ones), self.bytes::<1>(extra));
        // Neither a loop nor closures, which are not unrolled and not inlined at the level of the demo.
        let [twos, fours, eights, sixteens] = upper;
        let low = bw._mm512_add_epi8(self.bytes::<1>(twos), self.bytes::<2>(fours));
        let high = bw._mm512_add_epi8(self.bytes::<4>(eights), self.bytes::<8>(sixteens));
        let mut double = bw._mm512_add_epi8(low, high);
        // 8 × (1 + 2 + 4 + 8 + 16) still fits a byte.
        if let Some(top) = top {
            double = bw._mm512_add_epi8(double, self.bytes::<16>(top));
        }
        bw._mm512_add_epi16(
            bw._mm512_maddubs_epi16(single, self.0.avx512f._mm512_set1_epi8(1)),
            bw._mm512_maddubs_epi16(double, self.0.avx512f._mm512_set1_epi8(2)),
        )
    }

    #[inline(always)]
    fn plus(self, a: __m512i, b: __m512i) -> __m512i {
        self.0.avx512bw._mm512_add_epi16(a, b)
    }

    #[inline(always)]
    fn any_reaches(self, counts: __m512i, least: u16) -> bool {
        let least = self.0.avx512f._mm512_set1_epi16(least.cast_signed());
        self.0.avx512bw._mm512_cmpge_epu16_mask(counts, least) != 0
    }

    #[inline(always)]
    fn store(self, counts: __m512i, _: usize, to: &mut [u16; LANES]) {
        *to = cast(counts);
    }
}

/// Half rows of 256 bits, with AVX2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Half(V3);

impl Half {
    #[inline]
    pub(super) fn find() -> Option<Self> {
        V3::try_new().map(Self)
    }

    #[inline]
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        self.0.vectorize(Run(self, work))
    }

    /// In each byte the number of its bits, `SCALE` times.
    #[inline(always)]
    fn bytes<const SCALE: i32>(self, bits: __m256i) -> __m256i {
        let s = self.0.avx2;
        let [a, b, c, d] = const { [ONES[0] * SCALE, ONES[1] * SCALE, ONES[2] * SCALE, ONES[3] * SCALE] };
        let table = self.0.avx._mm256_setr_epi32(a, b, c, d, a, b, c, d);
        let nibble = self.0.avx._mm256_set1_epi8(0x0f);
        let low = s._mm256_and_si256(bits, nibble);
        let high = s._mm256_and_si256(s._mm256_srli_epi16::<4>(bits), nibble);
        s._mm256_add_epi8(s._mm256_shuffle_epi8(table, low), s._mm256_shuffle_epi8(table, high))
    }
}

impl Lanes for Half {
    const PARTS: usize = 2;
    type Vector = __m256i;

    #[inline(always)]
    fn zero(self) -> __m256i {
        self.0.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn common(self, code: Twice, row: &Row, part: usize) -> __m256i {
        let avx = self.0.avx;
        let at = |word: usize| row.0[4 * part + word].cast_signed();
        let row = avx._mm256_setr_epi64x(at(0), at(1), at(2), at(3));
        self.0.avx2._mm256_and_si256(row, avx._mm256_set1_epi32(code.cast_signed()))
    }

    #[inline(always)]
    fn add_bits(self, a: __m256i, b: __m256i, c: __m256i) -> (__m256i, __m256i) {
        let s = self.0.avx2;
        let two = s._mm256_xor_si256(a, b);
        let both = s._mm256_and_si256(a, b);
        (s._mm256_xor_si256(two, c), s._mm256_or_si256(both, s._mm256_and_si256(two, c)))
    }

    #[inline(always)]
    fn count(self, ones: __m256i, extra: __m256i, upper: [__m256i; 4], top: Option<__m256i>) -> __m256i {
        let s = self.0.avx2;
        let single = s._mm256_add_epi8(self.bytes::<1>(ones), self.bytes::<1>(extra));
        // Neither a loop nor closures, which are not unrolled and not inlined at the level of the demo.
        let [twos, fours, eights, sixteens] = upper;
        let low = s._mm256_add_epi8(self.bytes::<1>(twos), self.bytes::<2>(fours));
        let high = s._mm256_add_epi8(self.bytes::<4>(eights), self.bytes::<8>(sixteens));
        let mut double = s._mm256_add_epi8(low, high);
        // 8 × (1 + 2 + 4 + 8 + 16) still fits a byte.
        if let Some(top) = top {
            double = s._mm256_add_epi8(double, self.bytes::<16>(top));
        }
        s._mm256_add_epi16(
            s._mm256_maddubs_epi16(single, self.0.avx._mm256_set1_epi8(1)),
            s._mm256_maddubs_epi16(double, self.0.avx._mm256_set1_epi8(2)),
        )
    }

    #[inline(always)]
    fn plus(self, a: __m256i, b: __m256i) -> __m256i {
        self.0.avx2._mm256_add_epi16(a, b)
    }

    #[inline(always)]
    fn any_reaches(self, counts: __m256i, least: u16) -> bool {
        let s = self.0.avx2;
        let least = self.0.avx._mm256_set1_epi16(least.cast_signed());
        // The larger of the two is the count itself where it reaches.
        let reached = s._mm256_cmpeq_epi16(s._mm256_max_epu16(counts, least), counts);
        s._mm256_movemask_epi8(reached) != 0
    }

    #[inline(always)]
    fn store(self, counts: __m256i, part: usize, to: &mut [u16; LANES]) {
        let counts: [u16; 16] = cast(counts);
        to[part * 16..][..16].copy_from_slice(&counts);
    }
}
