//! Bloom filters of tokens, hardened by diffusion.
//!
//! Each token sets `k` of `m = 1024` bits. Such a filter is easily read: bits that go together show the pairs of
//! letters (Christen, Ranbaduge, Vatsalan & Schnell 2019, *IEEE TKDE* 31(11)). So each bit of what is published
//! is the sum modulo 2 of `t = 16` bits of the filter, chosen by the key (Armknecht, Heng & Schnell 2023): no bit
//! of it goes with a pair of letters any more.
//!
//! The distance is not lost. With a share δ of the bits of two filters different, a bit of the diffusion
//! differs with probability
//!
//! ```text
//! d = (1 − (1 − 2δ)^t) / 2
//! ```
//!
//! which is solved for δ; the same holds for the share of bits that are set. From these come the numbers of
//! tokens in either and in both (Swamidass & Baldi 2007, *J. Chem. Inf. Model.* 47), and from them the Dice
//! similarity.

use std::sync::LazyLock;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Kind;
use super::key::Prf;
use crate::compare::bits;

/// Bits of a filter, and of a code.
pub(super) const BITS: usize = 1024;
/// A filter, or a code.
pub(super) type Bits = [u64; BITS / 64];
/// Bits of the filter that a bit of the code is the sum of.
const SUM: usize = 16;

/// Bits that a token sets. Few for long values: where half of the bits are set, the code tells nothing.
pub(super) fn hashes(kind: Kind) -> u8 {
    match kind {
        Kind::Words => 3,
        _ => 6,
    }
}

pub(super) struct Bloom {
    tokens: Prf,
    hashes: u8,
    /// For each bit of the code the bits of the filter that it sums.
    sums: Vec<[u16; SUM]>,
}

impl Bloom {
    pub(super) fn new(tokens: Prf, diffusion: &Prf, hashes: u8) -> Self {
        let mut rng = ChaCha20Rng::from_seed(diffusion.bytes(b"sums"));
        let sums = (0..BITS)
            .map(|_| {
                let mut of = [0_u16; SUM];
                for at in 0..SUM {
                    loop {
                        let bit = (rng.next_u32() as usize % BITS) as u16;
                        if !of[..at].contains(&bit) {
                            of[at] = bit;
                            break;
                        }
                    }
                }
                of
            })
            .collect();
        Self { tokens, hashes, sums }
    }

    /// The filter as it is before diffusion; it is published nowhere.
    pub(super) fn filter(&self, tokens: &[String]) -> Bits {
        let mut filter = [0_u64; BITS / 64];
        for token in tokens {
            let bytes = self.tokens.bytes(token.as_bytes());
            for pair in bytes.chunks_exact(2).take(usize::from(self.hashes)) {
                let bit = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % BITS;
                filter[bit / 64] |= 1 << (bit % 64);
            }
        }
        filter
    }

    pub(super) fn encode(&self, tokens: &[String]) -> Bits {
        let filter = self.filter(tokens);
        let is_set = |bit: u16| filter[usize::from(bit) / 64] >> (bit % 64) & 1;
        let mut code = [0_u64; BITS / 64];
        for (at, sum) in self.sums.iter().enumerate() {
            let bit = sum.iter().fold(0, |sum, &bit| sum ^ is_set(bit));
            code[at / 64] |= bit << (at % 64);
        }
        code
    }
}

/// The share of bits of a filter that is behind a share of bits of its code.
fn undiffused(share: f64) -> f64 {
    // At a half the code tells only that the share is large.
    (1.0 - (1.0 - 2.0 * share).max(1e-3).powf(1.0 / SUM as f64)) / 2.0
}

/// The number of tokens behind a number of bits, both as shares of those of a filter with one bit a token.
fn tokens(set: f64) -> f64 {
    -(1.0 - set.min(0.999)).ln()
}

/// What is behind each number of bits.
struct Behind {
    /// The share of bits of the filter that is set, or different.
    share: f64,
    /// The number of tokens, as a share.
    tokens: f64,
}

/// By the number of bits of a code: a power and a logarithm cost more than counting 1,024 bits.
static BEHIND: LazyLock<Vec<Behind>> = LazyLock::new(|| {
    let shares = (0..=BITS).map(|bits| undiffused(bits as f64 / BITS as f64));
    shares.map(|share| Behind { share, tokens: tokens(share) }).collect()
});

/// The Dice similarity of the tokens of two codes, of which the numbers of bits are known.
pub(super) fn similarity(a: &Bits, b: &Bits, ones: (u32, u32)) -> f64 {
    let behind = &**BEHIND;
    let (of_a, of_b) = (&behind[ones.0 as usize], &behind[ones.1 as usize]);
    let apart = behind[bits::different(a, b) as usize].share;
    let either = tokens(((of_a.share + of_b.share + apart) / 2.0).min(1.0));
    let sum = of_a.tokens + of_b.tokens;
    (2.0 * (sum - either) / sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The formula of the module, bit for bit, with nothing remembered.
    fn by_hand(a: &Bits, b: &Bits) -> f64 {
        let share = |words: &mut dyn Iterator<Item = u64>| {
            undiffused(f64::from(words.map(u64::count_ones).sum::<u32>()) / BITS as f64)
        };
        let (v, w) = (share(&mut a.iter().copied()), share(&mut b.iter().copied()));
        let apart = share(&mut a.iter().zip(b).map(|(x, y)| x ^ y));
        let either = tokens(((v + w + apart) / 2.0).min(1.0));
        let sum = tokens(v) + tokens(w);
        (2.0 * (sum - either) / sum).clamp(0.0, 1.0)
    }

    proptest! {
        #[test]
        fn the_similarity_is_that_of_the_formula(
            a in any::<Bits>(), b in any::<Bits>(), like in any::<Bits>(), sparse in any::<bool>(),
        ) {
            let mut other = b;
            for at in 0..other.len() {
                if sparse {
                    other[at] &= like[at] & a[at];
                } else {
                    other[at] = (a[at] & like[at]) | (b[at] & !like[at]);
                }
            }
            let ones = (bits::ones(&a), bits::ones(&other));
            prop_assert_eq!(similarity(&a, &other, ones).to_bits(), by_hand(&a, &other).to_bits());
        }
    }
}
