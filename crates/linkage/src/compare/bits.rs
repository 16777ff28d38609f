//! Numbers of bits, of which encoded values are made: of one pair of codes, and of all pairs of two sets.
//!
//! ```text
//! Codes ── by number of bits ──► blocks of 32, bits of the same place side by side
//! code × block ── adders ──► 32 numbers of common bits ── least number ──► pairs
//! ```
//!
//! The kernel is in `kernel`, what it needs of a machine in `lanes`, and which pairs it need not see in `similar` and
//! `scan`.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into the function that has a machine's instructions is compiled without them"
)]

mod codes;
mod kernel;
mod lanes;
mod scan;
mod similar;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use codes::Codes;
pub use similar::{similar_pairs, similar_pairs_of_all};

/// How many bits are set.
pub fn ones(a: &[u64]) -> u32 {
    lanes::on_best(Ones(a))
}

/// How many bits are set in one but not in the other. Words that one has and the other has not are not looked
/// at.
pub fn different(a: &[u64], b: &[u64]) -> u32 {
    lanes::on_best(Different(a, b))
}

/// The Dice similarity of two codes by their number of common bits and the sum of their numbers of bits; 0 for
/// two codes without any bit.
pub fn dice(common: u32, sum: u32) -> f64 {
    if sum == 0 { 0.0 } else { f64::from(2 * common) / f64::from(sum) }
}

struct Ones<'a>(&'a [u64]);

impl lanes::Work for Ones<'_> {
    type Output = u32;

    #[inline(always)]
    fn with(self, _: impl lanes::Lanes) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

struct Different<'a>(&'a [u64], &'a [u64]);

impl lanes::Work for Different<'_> {
    type Output = u32;

    #[inline(always)]
    fn with(self, _: impl lanes::Lanes) -> u32 {
        self.0.iter().zip(self.1).map(|(x, y)| (x ^ y).count_ones()).sum()
    }
}
