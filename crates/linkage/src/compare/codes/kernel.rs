//! How many bits differ between one code and eight others at a time, with the widest instructions that the machine
//! has.

// What is not inlined is not compiled for the instructions that were found.
#![allow(clippy::inline_always)]

use pulp::NullaryFnOnce;

/// Codes that lie side by side.
pub(super) const LANES: usize = 8;
/// Words of half a kilobit.
pub(super) const WORDS: usize = 8;

/// Half a kilobit of eight codes, word by word.
pub(super) type Half = [[u64; LANES]; WORDS];

/// What is compared with what.
pub(super) struct Task<'a> {
    /// The one code, in half kilobits.
    pub(super) row: &'a [[u64; WORDS]],
    /// The others.
    pub(super) blocks: &'a [Half],
    /// The most bits that may differ.
    pub(super) most: u64,
    /// True if it is worth to look after half of the words.
    pub(super) early: bool,
}

/// Is given a block and how many bits of each of its codes differ.
type Seen<'a> = dyn FnMut(usize, &[u64; LANES]) + 'a;

/// Calls `near` with each block of which a code may be near, and how many bits of each of its codes differ.
pub(super) fn run(task: &Task<'_>, near: &mut Seen<'_>) {
    #[cfg(target_arch = "x86_64")]
    match pulp::Arch::new() {
        pulp::Arch::V4(simd) => return simd.vectorize(Run { simd, task, near }),
        pulp::Arch::V3(simd) => return simd.vectorize(Run { simd, task, near }),
        _ => {}
    }
    Run { simd: Plain, task, near }.call();
}

struct Run<'a, 'b, S> {
    simd: S,
    task: &'a Task<'b>,
    near: &'a mut Seen<'a>,
}

impl<S: Vectors> NullaryFnOnce for Run<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (simd, task, most) = (self.simd, self.task, self.task.most);
        let halves = task.row.len();
        for (at, block) in task.blocks.chunks_exact(halves).enumerate() {
            let differ = if task.early {
                let middle = halves / 2;
                let first = count(simd, &task.row[..middle], &block[..middle]);
                if !simd.any_at_most(first, most) {
                    continue;
                }
                simd.add(first, count(simd, &task.row[middle..], &block[middle..]))
            } else {
                count(simd, task.row, block)
            };
            if simd.any_at_most(differ, most) {
                (self.near)(at, &simd.lanes(differ));
            }
        }
    }
}

/// How many bits differ, for each of eight codes.
#[inline(always)]
fn count<S: Vectors>(simd: S, row: &[[u64; WORDS]], block: &[Half]) -> S::V {
    let mut all = simd.zero();
    let (mut rows, mut halves) = (row.chunks_exact(2), block.chunks_exact(2));
    for (x, y) in rows.by_ref().zip(halves.by_ref()) {
        all = simd.add(all, simd.of_two([&x[0], &x[1]], [&y[0], &y[1]]));
    }
    for (x, y) in rows.remainder().iter().zip(halves.remainder()) {
        all = simd.add(all, simd.of_one(x, y));
    }
    all
}

/// Eight numbers of 64 bits, and what is done with them.
trait Vectors: Copy {
    type V: Copy;

    fn zero(self) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// Bits in which half a kilobit differs from that of eight codes.
    fn of_one(self, x: &[u64; WORDS], y: &Half) -> Self::V;
    /// The same of two halves.
    fn of_two(self, x: [&[u64; WORDS]; 2], y: [&Half; 2]) -> Self::V;
    fn any_at_most(self, a: Self::V, most: u64) -> bool;
    fn lanes(self, a: Self::V) -> [u64; LANES];
}

/// Without instructions for vectors.
#[derive(Clone, Copy)]
struct Plain;

impl Vectors for Plain {
    type V = [u64; LANES];

    fn zero(self) -> Self::V {
        [0; LANES]
    }

    #[inline(always)]
    fn add(self, mut a: Self::V, b: Self::V) -> Self::V {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    }

    #[inline(always)]
    fn of_one(self, x: &[u64; WORDS], y: &Half) -> Self::V {
        let mut all = [0; LANES];
        for (x, y) in x.iter().zip(y) {
            for (all, y) in all.iter_mut().zip(y) {
                *all += u64::from((x ^ y).count_ones());
            }
        }
        all
    }

    #[inline(always)]
    fn of_two(self, x: [&[u64; WORDS]; 2], y: [&Half; 2]) -> Self::V {
        self.add(self.of_one(x[0], y[0]), self.of_one(x[1], y[1]))
    }

    #[inline(always)]
    fn any_at_most(self, a: Self::V, most: u64) -> bool {
        a.iter().any(|a| *a <= most)
    }

    fn lanes(self, a: Self::V) -> [u64; LANES] {
        a
    }
}

/// Adders over vectors: bits of equal weight are added three at a time before any is counted.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{__m256i, __m512i};

    use pulp::x86::{V3, V4};

    use super::{Half, LANES, Vectors, WORDS};

    /// Bits that are set in each number of four bits, times 2 to the power of `shift`.
    const fn table(shift: u32) -> [u8; 64] {
        let (mut table, mut i) = ([0; 64], 0);
        while i < 64 {
            table[i] = ((i as u8 & 15).count_ones() as u8) << shift;
            i += 1;
        }
        table
    }

    /// Five weights of at most eight bits a byte: at most 8 · 31 = 248, which a byte holds.
    const TABLES: [[u8; 64]; 5] = [table(0), table(1), table(2), table(3), table(4)];
    const LOW: i64 = 0x0f0f_0f0f_0f0f_0f0f;

    /// What adders are made of.
    pub(super) trait Bits: Copy {
        type V: Copy;

        /// The bits in which the words of eight codes differ from one.
        fn differ(self, x: u64, y: &[u64; LANES]) -> Self::V;
        fn xor(self, a: Self::V, b: Self::V) -> Self::V;
        fn and(self, a: Self::V, b: Self::V) -> Self::V;
        /// The sum of three bits: those of weight one and of weight two.
        fn sum(self, a: Self::V, b: Self::V, c: Self::V) -> [Self::V; 2];
        /// The bits that are set, those of the `i`-th part counted `2^i` times.
        fn weigh<const N: usize>(self, parts: [Self::V; N]) -> Self::V;
    }

    /// The bits that differ in eight words: of weight one, two, four and eight.
    #[inline(always)]
    fn eight<S: Bits>(simd: S, x: &[u64; WORDS], y: &Half) -> [S::V; 4] {
        let differ = |i: usize| simd.differ(x[i], &y[i]);
        let [a, two_a] = simd.sum(differ(0), differ(1), differ(2));
        let [b, two_b] = simd.sum(differ(3), differ(4), differ(5));
        let [a, two_c] = simd.sum(a, differ(6), differ(7));
        let (one, two_d) = (simd.xor(a, b), simd.and(a, b));
        let [c, four_a] = simd.sum(two_a, two_b, two_c);
        let (two, four_b) = (simd.xor(c, two_d), simd.and(c, two_d));
        [one, two, simd.xor(four_a, four_b), simd.and(four_a, four_b)]
    }

    /// The sum of two such.
    #[inline(always)]
    fn sixteen<S: Bits>(simd: S, a: [S::V; 4], b: [S::V; 4]) -> [S::V; 5] {
        let (one, carry) = (simd.xor(a[0], b[0]), simd.and(a[0], b[0]));
        let [two, carry] = simd.sum(a[1], b[1], carry);
        let [four, carry] = simd.sum(a[2], b[2], carry);
        let [eight, sixteen] = simd.sum(a[3], b[3], carry);
        [one, two, four, eight, sixteen]
    }

    impl Bits for V4 {
        type V = __m512i;

        #[inline(always)]
        fn differ(self, x: u64, y: &[u64; LANES]) -> __m512i {
            self.avx512f._mm512_xor_si512(pulp::cast(*y), self.avx512f._mm512_set1_epi64(x.cast_signed()))
        }

        #[inline(always)]
        fn xor(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512f._mm512_xor_si512(a, b)
        }

        #[inline(always)]
        fn and(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512f._mm512_and_si512(a, b)
        }

        #[inline(always)]
        fn sum(self, a: __m512i, b: __m512i, c: __m512i) -> [__m512i; 2] {
            let f = self.avx512f;
            [f._mm512_ternarylogic_epi64::<0x96>(a, b, c), f._mm512_ternarylogic_epi64::<0xe8>(a, b, c)]
        }

        #[inline(always)]
        fn weigh<const N: usize>(self, parts: [__m512i; N]) -> __m512i {
            let (f, bw) = (self.avx512f, self.avx512bw);
            let low = f._mm512_set1_epi64(LOW);
            let mut all = f._mm512_setzero_si512();
            for (part, table) in parts.into_iter().zip(TABLES) {
                let table: __m512i = pulp::cast(table);
                let right = f._mm512_and_si512(part, low);
                let left = f._mm512_and_si512(bw._mm512_srli_epi16::<4>(part), low);
                let both = bw._mm512_add_epi8(
                    bw._mm512_shuffle_epi8(table, right),
                    bw._mm512_shuffle_epi8(table, left),
                );
                all = bw._mm512_add_epi8(all, both);
            }
            bw._mm512_sad_epu8(all, f._mm512_setzero_si512())
        }
    }

    impl Vectors for V4 {
        type V = __m512i;

        #[inline(always)]
        fn zero(self) -> __m512i {
            self.avx512f._mm512_setzero_si512()
        }

        #[inline(always)]
        fn add(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512f._mm512_add_epi64(a, b)
        }

        #[inline(always)]
        fn of_one(self, x: &[u64; WORDS], y: &Half) -> __m512i {
            self.weigh(eight(self, x, y))
        }

        #[inline(always)]
        fn of_two(self, x: [&[u64; WORDS]; 2], y: [&Half; 2]) -> __m512i {
            self.weigh(sixteen(self, eight(self, x[0], y[0]), eight(self, x[1], y[1])))
        }

        #[inline(always)]
        fn any_at_most(self, a: __m512i, most: u64) -> bool {
            let f = self.avx512f;
            f._mm512_cmple_epu64_mask(a, f._mm512_set1_epi64(most.cast_signed())) != 0
        }

        #[inline(always)]
        fn lanes(self, a: __m512i) -> [u64; LANES] {
            pulp::cast(a)
        }
    }

    impl Bits for V3 {
        type V = [__m256i; 2];

        #[inline(always)]
        fn differ(self, x: u64, y: &[u64; LANES]) -> Self::V {
            let x = self.avx._mm256_set1_epi64x(x.cast_signed());
            let y: [__m256i; 2] = pulp::cast(*y);
            y.map(|y| self.avx2._mm256_xor_si256(y, x))
        }

        #[inline(always)]
        fn xor(self, a: Self::V, b: Self::V) -> Self::V {
            [self.avx2._mm256_xor_si256(a[0], b[0]), self.avx2._mm256_xor_si256(a[1], b[1])]
        }

        #[inline(always)]
        fn and(self, a: Self::V, b: Self::V) -> Self::V {
            [self.avx2._mm256_and_si256(a[0], b[0]), self.avx2._mm256_and_si256(a[1], b[1])]
        }

        #[inline(always)]
        fn sum(self, a: Self::V, b: Self::V, c: Self::V) -> [Self::V; 2] {
            let half = self.xor(a, b);
            let (p, q) = (self.and(a, b), self.and(half, c));
            let carry = [self.avx2._mm256_or_si256(p[0], q[0]), self.avx2._mm256_or_si256(p[1], q[1])];
            [self.xor(half, c), carry]
        }

        #[inline(always)]
        fn weigh<const N: usize>(self, parts: [Self::V; N]) -> Self::V {
            let low = self.avx._mm256_set1_epi64x(LOW);
            let zero = self.avx._mm256_setzero_si256();
            let mut all = [zero; 2];
            for (part, table) in parts.into_iter().zip(TABLES) {
                let [table, _]: [__m256i; 2] = pulp::cast(table);
                for (all, part) in all.iter_mut().zip(part) {
                    let right = self.avx2._mm256_and_si256(part, low);
                    let left = self.avx2._mm256_and_si256(self.avx2._mm256_srli_epi16::<4>(part), low);
                    let both = self.avx2._mm256_add_epi8(
                        self.avx2._mm256_shuffle_epi8(table, right),
                        self.avx2._mm256_shuffle_epi8(table, left),
                    );
                    *all = self.avx2._mm256_add_epi8(*all, both);
                }
            }
            all.map(|all| self.avx2._mm256_sad_epu8(all, zero))
        }
    }

    impl Vectors for V3 {
        type V = [__m256i; 2];

        #[inline(always)]
        fn zero(self) -> Self::V {
            [self.avx._mm256_setzero_si256(); 2]
        }

        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            [self.avx2._mm256_add_epi64(a[0], b[0]), self.avx2._mm256_add_epi64(a[1], b[1])]
        }

        #[inline(always)]
        fn of_one(self, x: &[u64; WORDS], y: &Half) -> Self::V {
            self.weigh(eight(self, x, y))
        }

        #[inline(always)]
        fn of_two(self, x: [&[u64; WORDS]; 2], y: [&Half; 2]) -> Self::V {
            self.weigh(sixteen(self, eight(self, x[0], y[0]), eight(self, x[1], y[1])))
        }

        #[inline(always)]
        fn any_at_most(self, a: Self::V, most: u64) -> bool {
            let more = self.avx._mm256_set1_epi64x(most.saturating_add(1).cast_signed());
            let below = a.map(|a| self.avx2._mm256_cmpgt_epi64(more, a));
            self.avx2._mm256_movemask_epi8(self.avx2._mm256_or_si256(below[0], below[1])) != 0
        }

        #[inline(always)]
        fn lanes(self, a: Self::V) -> [u64; LANES] {
            pulp::cast(a)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::blocking::mix;

    type Found = Vec<(usize, [u64; LANES])>;

    /// What each kind of instructions that this machine has finds, by its name.
    fn found(task: &Task<'_>) -> Vec<(&'static str, Found)> {
        let mut all = Vec::new();
        let mut keep = |name, run: &mut dyn FnMut(&mut Seen<'_>)| {
            let mut found = Vec::new();
            run(&mut |block, differ| found.push((block, *differ)));
            all.push((name, found));
        };
        keep("plain", &mut |near| Run { simd: Plain, task, near }.call());
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = pulp::x86::V3::try_new() {
                keep("v3", &mut |near| simd.vectorize(Run { simd, task, near }));
            }
            if let Some(simd) = pulp::x86::V4::try_new() {
                keep("v4", &mut |near| simd.vectorize(Run { simd, task, near }));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn all_instructions_count_as_bit_by_bit(
            row in prop::collection::vec(prop::array::uniform8(any::<u64>()), 1..6),
            blocks in 0_usize..5,
            seed in any::<u64>(),
            like in 0_u64..4,
            early in any::<bool>(),
            most in 0_u64..1400,
        ) {
            // Some codes are like the row, so that some are near.
            let word = |at: usize, half: usize, word: usize, lane: usize| {
                let random = mix(seed ^ mix((at * 4096 + half * 512 + word * 8 + lane) as u64));
                row[half][word] ^ if lane as u64 % 4 < like { random & random.rotate_left(7) & 0x0f0f } else { random }
            };
            let block = |at: usize, half: usize| -> Half {
                std::array::from_fn(|w| std::array::from_fn(|lane| word(at, half, w, lane)))
            };
            let packed: Vec<Half> =
                (0..blocks).flat_map(|at| (0..row.len()).map(move |half| (at, half))).map(|(at, half)| block(at, half)).collect();
            let expected: Found = packed
                .chunks(row.len())
                .map(|halves| {
                    let mut differ = [0; LANES];
                    for (x, y) in row.iter().flatten().zip(halves.iter().flatten()) {
                        differ.iter_mut().zip(y).for_each(|(all, y)| *all += u64::from((x ^ y).count_ones()));
                    }
                    differ
                })
                .enumerate()
                .filter(|(_, differ)| differ.iter().any(|d| *d <= most))
                .collect();
            let early = early && row.len() > 1;
            let task = Task { row: &row, blocks: &packed, most, early };
            for (name, found) in found(&task) {
                prop_assert_eq!(&found, &expected, "{}", name);
            }
        }
    }
}
