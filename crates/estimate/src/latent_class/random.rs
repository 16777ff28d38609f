//! Draws that the sampler needs at shapes and means of any size.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Exp1, Gamma, Open01, Poisson};

/// Uniform strictly between 0 and 1.
pub(super) fn uniform(random: &mut ChaCha8Rng) -> f64 {
    Open01.sample(random)
}

/// Gamma with scale 1 and a shape of 1 or more.
pub(super) fn gamma(random: &mut ChaCha8Rng, shape: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(shape, |gamma| gamma.sample(random))
}

/// Logarithm of a gamma variable of any shape above 0; those of a small shape are below what
/// floating point holds.
fn ln_gamma_draw(random: &mut ChaCha8Rng, shape: f64) -> f64 {
    if shape >= 1.0 {
        return gamma(random, shape).ln();
    }
    // Γ(a) is Γ(a + 1) times a power of a uniform variable, whose logarithm is −Exp(1).
    let exponential: f64 = Exp1.sample(random);
    gamma(random, shape + 1.0).ln() - exponential / shape
}

/// Beta variable x of shapes of 1 or more, as x and 1 − x.
pub(super) fn beta(random: &mut ChaCha8Rng, a: f64, b: f64) -> (f64, f64) {
    if a.total_cmp(&1.0).is_eq() && b.total_cmp(&1.0).is_eq() {
        let x = uniform(random);
        return (x, 1.0 - x);
    }
    let (x, y) = (gamma(random, a), gamma(random, b));
    (x / (x + y), y / (x + y))
}

/// Beta variable x of any shapes, as ln x and ln(1 − x).
pub(super) fn ln_beta(random: &mut ChaCha8Rng, a: f64, b: f64) -> (f64, f64) {
    let (x, y) = (ln_gamma_draw(random, a), ln_gamma_draw(random, b));
    let larger = x.max(y);
    let sum = larger + (-(x - y).abs()).exp().ln_1p();
    (x - sum, y - sum)
}

/// Poisson variable; beyond 10¹⁵ its mean, from which it does not differ by more than rounding.
pub(super) fn poisson(random: &mut ChaCha8Rng, mean: f64) -> f64 {
    if mean > 1e15 {
        return mean.round();
    }
    Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(random))
}

/// Number of successes among `n`.
pub(super) fn binomial(random: &mut ChaCha8Rng, n: u64, p: f64) -> u64 {
    if p <= 0.0 || n == 0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    // Most classes have next to nothing of a cell: nobody, by inversion, needs one uniform number, and
    // that (1 − p)ⁿ ≥ 1 − np needs no logarithm.
    let most = n as f64 * p;
    if most < 0.1 {
        let mut left = uniform(random);
        if left < 1.0 - most {
            return 0;
        }
        let (mut k, mut chance) = (0, (n as f64 * (-p).ln_1p()).exp());
        while left >= chance && k < n {
            left -= chance;
            k += 1;
            chance *= (n - k + 1) as f64 / k as f64 * (p / (1.0 - p));
        }
        return k;
    }
    Binomial::new(n, p).map_or(0, |binomial| binomial.sample(random))
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn mean(count: usize, mut draw: impl FnMut() -> f64) -> f64 {
        (0..count).map(|_| draw()).sum::<f64>() / count as f64
    }

    #[test]
    fn draws_have_the_means_of_their_distributions() {
        let random = &mut ChaCha8Rng::seed_from_u64(3);
        let count = 200_000;
        for (n, p) in [(3_u64, 0.01_f64), (40, 0.002), (40, 0.3), (5000, 1e-6), (5000, 0.4)] {
            let found = mean(count, || binomial(random, n, p) as f64);
            let expected = n as f64 * p;
            let error = (expected * (1.0 - p) / count as f64).sqrt();
            assert!((found - expected).abs() < 4.5 * error, "{n} {p}: {found} but {expected}");
        }
        for (a, b) in [(0.05_f64, 3.0_f64), (0.3, 0.2), (5.0, 0.5), (40.0, 60.0)] {
            let expected = a / (a + b);
            let error = (expected * (1.0 - expected) / (a + b + 1.0) / count as f64).sqrt();
            let found = mean(count, || ln_beta(random, a, b).0.exp());
            assert!((found - expected).abs() < 4.5 * error, "{a} {b}: {found} but {expected}");
            let both = ln_beta(random, a, b);
            assert!((both.0.exp() + both.1.exp() - 1.0).abs() < 1e-12);
        }
        let found = mean(count, || beta(random, 3.0, 1.0).0);
        assert!((found - 0.75).abs() < 4.5 * (0.0375_f64 / count as f64).sqrt(), "{found}");
        // E ln x = ψ(a) − ψ(a + b), here ψ(0.001) − ψ(1) ≈ −1000.0: no underflow.
        let found = mean(count, || ln_beta(random, 0.001, 0.999).0);
        assert!((found + 1000.0).abs() < 4.5 * 1000.0 / (count as f64).sqrt(), "{found}");
    }

    #[test]
    fn draws_at_the_edges_are_sound() {
        let random = &mut ChaCha8Rng::seed_from_u64(4);
        assert_eq!((binomial(random, 7, 0.0), binomial(random, 7, 1.0), binomial(random, 0, 0.5)), (0, 7, 0));
        assert_eq!((poisson(random, 0.0), poisson(random, 3e18)), (0.0, 3e18));
    }
}
