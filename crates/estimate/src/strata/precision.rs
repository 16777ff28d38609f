//! Inverse covariances of effects: of the mean over the lists, of what is left of each list, of pairs.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Standard deviations of the effects of a component.
///
/// How well a stratum is seen by all lists together is a thing of its own: the mean of its effects of
/// lists. It is that direction on which the number hidden depends the most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spreads(pub(super) [f64; 3]);

/// Names of the three, for the reader.
pub(super) const KINDS: [&str; 3] = ["all lists", "single lists", "pairs"];

/// The matrix B·I + c·J for the lists (J all ones) and C·I for the pairs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Precision {
    lists: usize,
    own: f64,
    shared: f64,
    pairs: f64,
}

impl Precision {
    /// The mean m over the lists has the variance τ₀², what is left of each list τ₁² (all of them less
    /// their mean), and a pair τ₂².
    pub(super) fn of(Spreads([mean, own, pairs]): Spreads, lists: usize) -> Self {
        let k = lists as f64;
        let (mean, own) = (mean.powi(-2), own.powi(-2));
        Self { lists, own, shared: (mean - k * own) / (k * k), pairs: pairs.powi(-2) }
    }

    /// Independent terms with these standard deviations.
    pub(super) fn independent(list: f64, pair: f64, lists: usize) -> Self {
        Self { lists, own: list.powi(-2), shared: 0.0, pairs: pair.powi(-2) }
    }

    pub(super) fn times(self, weight: f64) -> Self {
        let Self { lists, own, shared, pairs } = self;
        Self { lists, own: own * weight, shared: shared * weight, pairs: pairs * weight }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            lists: self.lists,
            own: self.own + other.own,
            shared: self.shared + other.shared,
            pairs: self.pairs + other.pairs,
        }
    }

    /// Adds Q·x to `to`.
    pub(super) fn add_product(self, x: &[f64], to: &mut [f64]) {
        let sum: f64 = x[..self.lists].iter().sum();
        for (i, (to, x)) in to.iter_mut().zip(x).enumerate() {
            *to += if i < self.lists { self.own * x + self.shared * sum } else { self.pairs * x };
        }
    }

    /// xᵀ·Q·x.
    pub(super) fn square(self, x: &[f64]) -> f64 {
        let (lists, pairs) = x.split_at(self.lists);
        let squares = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let sum: f64 = lists.iter().sum();
        self.own * squares(lists) + self.shared * sum * sum + self.pairs * squares(pairs)
    }

    /// Adds Q to a lower triangle by rows.
    pub(super) fn add_to(self, matrix: &mut [f64], size: usize) {
        for i in 0..size {
            let row = &mut matrix[i * (i + 1) / 2..];
            if i < self.lists {
                for entry in &mut row[..=i] {
                    *entry += self.shared;
                }
            }
            row[i] += if i < self.lists { self.own } else { self.pairs };
        }
    }

    /// A draw from the normal distribution with mean Q⁻¹·pull and covariance Q⁻¹, into `pull`.
    pub(super) fn draw(self, pull: &mut [f64], random: &mut ChaCha8Rng) {
        let k = self.lists as f64;
        let mut normal = || -> f64 { StandardNormal.sample(random) };
        let (lists, pairs) = pull.split_at_mut(self.lists);
        let mean = lists.iter().sum::<f64>() / k;
        let mut rest = 0.0;
        for x in &mut *lists {
            *x = (*x - mean) / self.own + normal() / self.own.sqrt();
            rest += *x / k;
        }
        let of_mean = k * self.own + k * k * self.shared;
        let middle = k * mean / of_mean + normal() / of_mean.sqrt();
        for x in lists {
            *x += middle - rest;
        }
        for x in pairs {
            *x = *x / self.pairs + normal() / self.pairs.sqrt();
        }
    }
}

/// Splits the steps of effects by kind: the squared mean over the lists, the squares of what is left of
/// each, the squares of pairs.
pub(super) fn squares(x: &[f64], lists: usize) -> [f64; 3] {
    let mean = x[..lists].iter().sum::<f64>() / lists as f64;
    let rest = x[..lists].iter().map(|x| (x - mean).powi(2)).sum();
    [mean * mean, rest, x[lists..].iter().map(|x| x * x).sum()]
}

/// How many independent numbers each kind has in an effect with `terms` terms.
pub(super) fn dimensions(lists: usize, terms: usize) -> [usize; 3] {
    [1, lists - 1, terms - lists]
}

/// Part of an effect that is of a kind, added `times` to `to`.
pub(super) fn add_part(kind: usize, x: &[f64], lists: usize, times: f64, to: &mut [f64]) {
    let mean = x[..lists].iter().sum::<f64>() / lists as f64;
    for (i, (to, x)) in to.iter_mut().zip(x).enumerate() {
        *to += times
            * match (kind, i < lists) {
                (0, true) => mean,
                (1, true) => x - mean,
                (2, false) => *x,
                _ => 0.0,
            };
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const SPREADS: Spreads = Spreads([0.7, 0.2, 0.4]);

    #[test]
    fn the_forms_agree() {
        let (q, x) = (Precision::of(SPREADS, 3), [0.3, -0.5, 0.9, 1.1]);
        let [mean, rest, pairs] = squares(&x, 3);
        let by_kind = mean / 0.49 + rest / 0.04 + pairs / 0.16;
        assert!((q.square(&x) - by_kind).abs() < 1e-12 * by_kind);
        let mut product = [0.0; 4];
        q.add_product(&x, &mut product);
        let inner: f64 = product.iter().zip(&x).map(|(a, b)| a * b).sum();
        assert!((inner - by_kind).abs() < 1e-12 * by_kind);
        let mut matrix = [0.0; 10];
        q.add_to(&mut matrix, 4);
        let full = |i: usize, j: usize| matrix[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let sum: f64 =
            (0..4).flat_map(|i| (0..4).map(move |j| (i, j))).map(|(i, j)| full(i, j) * x[i] * x[j]).sum();
        assert!((sum - by_kind).abs() < 1e-12 * by_kind);
        let mut parts = [0.0; 4];
        for kind in 0..3 {
            add_part(kind, &x, 3, 1.0, &mut parts);
        }
        assert!(parts.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn draws_have_the_mean_and_the_covariance() {
        const DRAWS: usize = 20_000;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let q = Precision::of(SPREADS, 3);
        let centre = [0.5, -0.2, 0.1, 2.0];
        let mut pull = [0.0; 4];
        q.add_product(&centre, &mut pull);
        let (mut means, mut spreads) = ([0.0; 4], [0.0; 3]);
        for _ in 0..DRAWS {
            let mut x = pull;
            q.draw(&mut x, &mut random);
            let mut off = [0.0; 4];
            for i in 0..4 {
                means[i] += x[i] / DRAWS as f64;
                off[i] = x[i] - centre[i];
            }
            for (sum, square) in spreads.iter_mut().zip(squares(&off, 3)) {
                *sum += square / DRAWS as f64;
            }
        }
        // 20,000 draws know a mean to 0.5 % of 0.7 and a variance to 1 %.
        assert!(means.iter().zip(&centre).all(|(m, c)| (m - c).abs() < 0.02), "{means:?}");
        for (found, expected) in spreads.iter().zip([0.49, 2.0 * 0.04, 0.16]) {
            assert!((found / expected - 1.0).abs() < 0.05, "{found} {expected}");
        }
    }
}
