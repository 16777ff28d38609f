//! Exact samplers of discrete Laplace and Gaussian noise.
//!
//! Noise of floating-point numbers has gaps, by which an attacker can undo it (Mironov 2012). These
//! samplers use whole numbers only and are exact: algorithms 1 to 3 of Canonne, Kamath and Steinke
//! (2020), whose names are in the comments. The one thing that is assumed is that the bits of the
//! generator (`ChaCha20`) are fair.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::Error;

/// A positive rational number, numerator and denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    over: u64,
    under: u64,
}

/// The largest numerator and denominator: squares and products of what is drawn stay below 2¹²⁰.
const NUMERATOR: u64 = 1 << 40;
const DENOMINATOR: u64 = 1 << 16;

impl Ratio {
    /// The number `over / under`.
    ///
    /// # Errors
    /// When either is zero, or they are above 2⁴⁰ and 2¹⁶.
    pub fn new(over: u64, under: u64) -> Result<Self, Error> {
        if over == 0 || under == 0 || over > NUMERATOR || under > DENOMINATOR {
            return Err(Error::Policy {
                what: format!("noise of scale {over}/{under}"),
                help: "take a budget that is neither so large nor so small: 2^-16 to 2^40 for σ² and b"
                    .into(),
            });
        }
        Ok(Ratio { over, under })
    }

    /// The least of these numbers that is not below `x`: noise is never less than was computed.
    ///
    /// # Errors
    /// When `x` is not a number above zero, or too large.
    pub fn at_least(x: f64) -> Result<Self, Error> {
        // As fine as the numerator allows.
        let mut under = DENOMINATOR;
        while under > 1 && x * under as f64 > NUMERATOR as f64 / 2.0 {
            under /= 2;
        }
        let over = (x * under as f64).ceil();
        if !(x > 0.0 && over <= NUMERATOR as f64) {
            return Err(Error::Policy {
                what: format!("noise of scale {x}"),
                help: "take a budget that is neither so large nor so small: 2^-16 to 2^40 for σ² and b"
                    .into(),
            });
        }
        // The product was rounded to the nearest float; one more is on the safe side of that.
        let over = if over / (under as f64) < x { over as u64 + 1 } else { over as u64 };
        Ratio::new(over, under)
    }

    /// The number in floating point.
    pub fn value(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// A source of noise: a seed and the number of a stream, one for each cell, so that what is drawn
/// does not depend on the order of cells or on threads.
#[derive(Debug, Clone)]
pub struct Sampler(ChaCha20Rng);

impl Sampler {
    /// The sampler of stream `stream` of a seed.
    pub fn new(seed: [u8; 32], stream: u64) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        rng.set_stream(stream);
        Sampler(rng)
    }

    /// A whole number from 0 to `n` − 1, all equally probable; `n` above zero.
    pub(crate) fn below(&mut self, n: u128) -> u128 {
        let bits = 128 - (n.max(1) - 1).leading_zeros();
        loop {
            let mut x = u128::from(self.0.next_u64());
            if bits > 64 {
                x |= u128::from(self.0.next_u64()) << 64;
            }
            if bits < 128 {
                x &= (1 << bits) - 1;
            }
            if x < n {
                return x;
            }
        }
    }

    /// A number from 0 up to and without 1, with 53 bits; for choices that protect nobody.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// True with probability `over / under`, at most 1.
    fn bernoulli(&mut self, over: u128, under: u128) -> bool {
        self.below(under) < over
    }

    /// True with probability exp(−`over / under`) (algorithm 1).
    fn bernoulli_exp(&mut self, over: u128, under: u128) -> bool {
        for _ in 0..over / under {
            if !self.bernoulli_exp_to_one(1, 1) {
                return false;
            }
        }
        self.bernoulli_exp_to_one(over % under, under)
    }

    /// The same for at most 1: the first k at which a coin of γ/k fails is odd with that
    /// probability.
    fn bernoulli_exp_to_one(&mut self, over: u128, under: u128) -> bool {
        let mut k = 1u128;
        while self.bernoulli(over, under * k) {
            k += 1;
        }
        k % 2 == 1
    }

    /// A draw from the discrete Laplace distribution of scale b: p(x) ∝ exp(−|x| / b)
    /// (algorithm 2).
    pub fn discrete_laplace(&mut self, scale: Ratio) -> i64 {
        let (t, s) = (u128::from(scale.over), u128::from(scale.under));
        loop {
            let u = self.below(t);
            if !self.bernoulli_exp(u, t) {
                continue;
            }
            let mut v = 0u128;
            while self.bernoulli_exp_to_one(1, 1) {
                v += 1;
            }
            let y = ((u + t * v) / s) as i64;
            let negative = self.below(2) == 1;
            if !(negative && y == 0) {
                return if negative { -y } else { y };
            }
        }
    }

    /// A draw from the discrete Gaussian distribution of parameter σ²: p(x) ∝ exp(−x² / 2σ²)
    /// (algorithm 3).
    pub fn discrete_gaussian(&mut self, variance: Ratio) -> i64 {
        let (p, q) = (u128::from(variance.over), u128::from(variance.under));
        let t = u128::from((variance.over / variance.under).isqrt()) + 1;
        let laplace = Ratio { over: t as u64, under: 1 };
        loop {
            let y = self.discrete_laplace(laplace);
            // (|y| − σ²/t)² / 2σ² as a fraction.
            let distance = (u128::from(y.unsigned_abs()) * q * t).abs_diff(p);
            let Some(square) = distance.checked_mul(distance) else {
                // Reached by none but a Laplace draw of more than 2¹⁷ scales, which does not come.
                continue;
            };
            if self.bernoulli_exp(square, 2 * p * q * t * t) {
                return y;
            }
        }
    }
}
