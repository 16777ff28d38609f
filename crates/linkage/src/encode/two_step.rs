//! The two-step hash (Ranbaduge, Christen & Schnell 2020): tokens set bits in `k` vectors, one in each; of the
//! vectors, written below each other, each column that is not empty is hashed to a number.
//!
//! The numbers of two values are compared as sets. That a number stands for a column, not for a token, is the
//! protection: the same pair of letters has other numbers in other company. For that the vectors must be short
//! enough that most columns hold several tokens.

use super::key::Prf;
use crate::compare::qgram;

/// Vectors, and bits of each.
const VECTORS: usize = 16;
const LENGTH: usize = 128;

pub(super) struct TwoStep {
    tokens: Prf,
    columns: Prf,
}

impl TwoStep {
    pub(super) fn new(tokens: Prf, columns: Prf) -> Self {
        Self { tokens, columns }
    }

    /// The numbers, in order.
    pub(super) fn encode(&self, tokens: &[String]) -> Vec<u32> {
        let mut columns = vec![0_u16; LENGTH];
        for token in tokens {
            let bytes = self.tokens.bytes(token.as_bytes());
            for (vector, pair) in bytes.chunks_exact(2).take(VECTORS).enumerate() {
                columns[usize::from(u16::from_le_bytes([pair[0], pair[1]])) % LENGTH] |= 1 << vector;
            }
        }
        let mut numbers: Vec<u32> = columns
            .iter()
            .enumerate()
            .filter(|(_, bits)| **bits != 0)
            .map(|(at, bits)| self.columns.number(format!("{at}:{bits}").as_bytes()) as u32)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// The Dice similarity of the tokens of two codes.
///
/// With `n` tokens a column is empty with probability `exp(−kn/l)`, so the sizes of the sets tell the numbers of
/// tokens. A column has the same number in both where none of the `Δ` tokens that only one has is in it and at
/// least one of the `c` shared ones is:
///
/// ```text
/// shared / l = exp(−kΔ/l) (1 − exp(−kc/l)),   c = (n_a + n_b − Δ) / 2
/// ```
///
/// which falls with `Δ` and is solved by halving.
pub(super) fn similarity(a: &[u32], b: &[u32]) -> f64 {
    let both = qgram::shared(a, b);
    let (k, l) = (VECTORS as f64, LENGTH as f64);
    let tokens = |set: usize| -(1.0 - (set as f64 / l).min(0.999)).ln() * l / k;
    let sum = tokens(a.len()) + tokens(b.len());
    let shared = |apart: f64| (-k * apart / l).exp() * (1.0 - (-k * (sum - apart) / 2.0 / l).exp());
    let (mut least, mut most) = (0.0, sum);
    for _ in 0..20 {
        let middle = f64::midpoint(least, most);
        if shared(middle) > both as f64 / l { least = middle } else { most = middle }
    }
    if sum > 0.0 { 1.0 - least / sum } else { 0.0 }
}
