//! Have Markov chains converged, and how much do their draws tell?
//!
//! Rank-normalised split-R̂, bulk and tail effective sample size and the Monte-Carlo error of a
//! quantile, as defined by Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), "Rank-normalization,
//! folding, and localization: an improved R̂ for assessing convergence of MCMC", Bayesian Analysis
//! 16, 667–718. All depend on the order of values only, so they need no moments and are the same
//! for a quantity and its logarithm (but for the folded part of R̂).

use statrs::distribution::{Beta, ContinuousCDF};

use crate::numeric::{normal_quantile, quantile};

/// R̂ must be below this for chains to agree, and the effective sample sizes of the bulk and the tails above
/// the other (Vehtari et al. 2021).
pub(crate) const R_HAT: f64 = 1.01;
pub(crate) const ESS: f64 = 400.0;
/// Fewest draws a chain from which anything can be said.
const FEWEST_DRAWS: usize = 8;

/// How well several chains agree on one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Convergence {
    /// Rank-normalised split-R̂: the larger of that of the draws and that of their distances from
    /// the median. 1 when all chains, and both halves of each, have the same distribution.
    pub(crate) r_hat: f64,
    /// Number of independent draws that would tell as much of the centre of the distribution.
    pub(crate) bulk: f64,
    /// The same for the 5 % and 95 % quantiles, whichever is told less well.
    pub(crate) tail: f64,
    /// The same for the quantiles of 10, 20, … 90 %, whichever is told least well (the local efficiency of
    /// section 4.3): where a posterior has two modes, and chains seldom go from one to the other, this
    /// is small while bulk and tail may look well.
    pub(crate) local: f64,
}

impl Convergence {
    /// Judges the draws of one quantity, one slice of equal length a chain.
    ///
    /// All figures are NaN where the chains are too short (fewer than eight draws), differ in length,
    /// hold a value that is not finite, or never move: then nothing can be said.
    pub(crate) fn of(chains: &[Vec<f64>]) -> Self {
        let Some(halves) = split(chains) else {
            return Self { r_hat: f64::NAN, bulk: f64::NAN, tail: f64::NAN, local: f64::NAN };
        };
        let normal = rank_normalised(&halves);
        let ascending = ascending(&halves);
        let median = quantile(&ascending, 0.5);
        let folded: Vec<Vec<f64>> =
            halves.iter().map(|chain| chain.iter().map(|x| (x - median).abs()).collect()).collect();
        let at = |p| effective(&below(&halves, quantile(&ascending, p)));
        Self {
            r_hat: split_r_hat(&normal).max(split_r_hat(&rank_normalised(&folded))),
            bulk: effective(&normal),
            // Of draws with few different values one indicator may be constant; the other then tells.
            tail: at(0.05).min(at(0.95)),
            local: (1..10).map(|i| at(f64::from(i) / 10.0)).fold(f64::NAN, f64::min),
        }
    }

    /// Whether R̂ is below `r_hat` and the effective sample sizes of bulk and tail are above `ess`. Never
    /// when they are NaN.
    pub(crate) fn reaches(&self, r_hat: f64, ess: f64) -> bool {
        self.r_hat < r_hat && self.bulk > ess && self.tail > ess
    }

    /// The worse of two in every respect; NaN counts as worst.
    pub(crate) fn worse(self, other: Self) -> Self {
        let larger = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
        let smaller = |a: f64, b: f64| if a.is_nan() || a < b { a } else { b };
        Self {
            r_hat: larger(self.r_hat, other.r_hat),
            bulk: smaller(self.bulk, other.bulk),
            tail: smaller(self.tail, other.tail),
            local: smaller(self.local, other.local),
        }
    }
}

/// Monte-Carlo standard error of the `p`-quantile of the draws: half the width of the interval that
/// holds the quantile with 68 % as the number of draws below it is binomial with the effective
/// sample size (Vehtari et al. 2021, section 4.4). NaN where [`Convergence::of`] is.
pub(crate) fn quantile_error(chains: &[Vec<f64>], p: f64) -> f64 {
    let Some(halves) = split(chains) else { return f64::NAN };
    let ascending = ascending(&halves);
    let size = effective(&below(&halves, quantile(&ascending, p)));
    let Ok(beta) = Beta::new(size * p + 1.0, size * (1.0 - p) + 1.0) else { return f64::NAN };
    let draws = ascending.len() as f64;
    // One standard error of a normal variable to each side.
    let low = (beta.inverse_cdf(0.158_655_3) * draws).floor().clamp(1.0, draws);
    let high = (beta.inverse_cdf(0.841_344_7) * draws).ceil().clamp(1.0, draws);
    (ascending[high as usize - 1] - ascending[low as usize - 1]) / 2.0
}

/// Both halves of every chain, without the middle draw of an odd number, if they can be judged.
fn split(chains: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let draws = chains.first()?.len();
    let sound = |chain: &Vec<f64>| chain.len() == draws && chain.iter().all(|x| x.is_finite());
    let first = chains[0].first()?;
    let moves = chains.iter().flatten().any(|x| x.total_cmp(first).is_ne());
    if draws < FEWEST_DRAWS || !chains.iter().all(sound) || !moves {
        return None;
    }
    let half = draws / 2;
    Some(chains.iter().flat_map(|chain| [chain[..half].to_vec(), chain[draws - half..].to_vec()]).collect())
}

fn ascending(chains: &[Vec<f64>]) -> Vec<f64> {
    let mut all: Vec<f64> = chains.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    all
}

/// 1 for each draw that is at most `limit`, 0 for the others.
fn below(chains: &[Vec<f64>], limit: f64) -> Vec<Vec<f64>> {
    chains.iter().map(|chain| chain.iter().map(|&x| if x <= limit { 1.0 } else { 0.0 }).collect()).collect()
}

/// Normal scores of the ranks among the draws of all chains, ties at their mean rank (Vehtari et
/// al. 2021, equation 14; the offset 3/8 is Blom's).
fn rank_normalised(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let draws = chains[0].len();
    let mut order: Vec<(f64, usize)> =
        chains.iter().flatten().copied().enumerate().map(|(place, x)| (x, place)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = order.len() as f64;
    let mut scores = vec![vec![0.0; draws]; chains.len()];
    let mut start = 0;
    for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        // Ranks count from one.
        let rank = start as f64 + f64::midpoint(tied.len() as f64, 1.0);
        let score = normal_quantile((rank - 0.375) / (count + 0.25));
        for &(_, place) in tied {
            scores[place / draws][place % draws] = score;
        }
        start += tied.len();
    }
    scores
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// √ of the pooled variance over that within the chains (equations 1 to 4).
fn split_r_hat(chains: &[Vec<f64>]) -> f64 {
    let draws = chains[0].len() as f64;
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let within = mean(&chains.iter().map(|chain| variance(chain)).collect::<Vec<_>>());
    let pooled = within * (draws - 1.0) / draws + variance(&means);
    (pooled / within).sqrt()
}

/// Effective sample size of the mean of the draws (equations 10 to 13): autocorrelations combined over the
/// chains, cut off by Geyer's initial positive and monotone sequences. NaN for constant draws.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let draws = chains[0].len();
    let count = (draws * chains.len()) as f64;
    let mut covariance = vec![0.0; draws];
    for chain in chains {
        for (sum, at_lag) in covariance.iter_mut().zip(autocovariance(chain)) {
            *sum += at_lag / chains.len() as f64;
        }
    }
    let n = draws as f64;
    let within = covariance[0] * n / (n - 1.0);
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let pooled = covariance[0] + if chains.len() > 1 { variance(&means) } else { 0.0 };
    if pooled <= 0.0 {
        return f64::NAN;
    }
    // Within a chain that never moves nothing is told, however far apart the chains are.
    let correlation = |lag: usize| if lag == 0 { 1.0 } else { 1.0 - (within - covariance[lag]) / pooled };
    let mut sum = 0.0;
    let mut last = f64::INFINITY;
    let mut lag = 0;
    loop {
        let (even, odd) = (correlation(lag), correlation(lag + 1));
        let pair = even + odd;
        if lag + 5 >= draws || pair <= 0.0 {
            // What is left of an antithetic tail improves the estimate.
            sum += even.max(0.0) / 2.0;
            break;
        }
        last = pair.min(last);
        sum += last;
        lag += 2;
    }
    let time = (2.0 * sum - 1.0).max(1.0 / count.log10());
    count / time
}

/// Autocovariance at every lag, divided by the number of draws, through the discrete Fourier
/// transform of the draws with as many zeros behind them.
fn autocovariance(draws: &[f64]) -> Vec<f64> {
    let n = draws.len();
    let size = (2 * n).next_power_of_two();
    let centre = mean(draws);
    let mut values = vec![(0.0, 0.0); size];
    for (value, x) in values.iter_mut().zip(draws) {
        value.0 = x - centre;
    }
    transform(&mut values);
    for value in &mut values {
        *value = (value.0 * value.0 + value.1 * value.1, 0.0);
    }
    // The power spectrum is real and even, so its transform is its inverse but for the size.
    transform(&mut values);
    let scale = 1.0 / (size as f64 * n as f64);
    values.iter().take(n).map(|value| value.0 * scale).collect()
}

/// Fast Fourier transform in place (Cooley and Tukey 1965) of a power of two complex values.
fn transform(values: &mut [(f64, f64)]) {
    let size = values.len();
    let bits = size.trailing_zeros();
    for i in 0..size {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            values.swap(i, j);
        }
    }
    let mut width = 2;
    while width <= size {
        let step = -std::f64::consts::TAU / width as f64;
        let turns: Vec<(f64, f64)> = (0..width / 2).map(|i| (step * i as f64).sin_cos()).collect();
        for block in values.chunks_exact_mut(width) {
            let (low, high) = block.split_at_mut(width / 2);
            for ((a, b), &(sin, cos)) in low.iter_mut().zip(high).zip(&turns) {
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    /// Stationary chains xₜ = φ·xₜ₋₁ + √(1 − φ²)·noise: normal with variance 1.
    fn autoregressive(phi: f64, chains: u64, draws: usize) -> Vec<Vec<f64>> {
        (0..chains)
            .map(|stream| {
                let mut random = ChaCha8Rng::seed_from_u64(7);
                random.set_stream(stream);
                let mut x: f64 = StandardNormal.sample(&mut random);
                let mut next = || {
                    let noise: f64 = StandardNormal.sample(&mut random);
                    x = phi * x + (1.0 - phi * phi).sqrt() * noise;
                    x
                };
                (0..draws).map(|_| next()).collect()
            })
            .collect()
    }

    /// A sequence that another program can make again.
    fn made(chain: u32, draws: u32) -> Vec<f64> {
        (1..=draws)
            .map(|t| {
                let t = f64::from(t);
                (0.3 * t).sin() + (f64::from(chain) + 0.618 * t * t).fract() + 0.1 * f64::from(chain)
            })
            .collect()
    }

    #[test]
    fn figures_equal_those_of_a_direct_computation() {
        // By the definitions of the paper in another program: ranks by comparing each pair of draws,
        // autocovariances by their sums. Draws a chain, chains, R̂, bulk, tail and median size.
        let reference = [
            (
                61,
                3,
                1.023_982_138_882_281_2,
                32.355_929_191_908_99,
                126.856_561_546_286_84,
                35.109_968_816_133_1,
            ),
            (
                200,
                4,
                1.011_444_027_140_147,
                148.248_420_491_702_12,
                427.666_596_875_027_66,
                169.721_622_520_411_3,
            ),
        ];
        for (draws, count, r_hat, bulk, tail, median) in reference {
            let chains: Vec<Vec<f64>> = (0..count).map(|chain| made(chain, draws)).collect();
            let found = Convergence::of(&chains);
            let halves = split(&chains).expect("sound chains");
            let at_median = effective(&below(&halves, quantile(&ascending(&halves), 0.5)));
            for (got, expected) in
                [(found.r_hat, r_hat), (found.bulk, bulk), (found.tail, tail), (at_median, median)]
            {
                // The normal quantiles of the two programs agree to nine digits or more.
                assert!((got / expected - 1.0).abs() < 1e-7, "{draws} draws: {got} but {expected}");
            }
        }
    }

    #[test]
    fn effective_sizes_of_autoregressive_chains_are_the_known_ones() {
        for phi in [0.0, 0.5, 0.9, -0.4] {
            let (chains, draws) = (8, 8000);
            let found = Convergence::of(&autoregressive(phi, chains, draws));
            // For the mean of a normal AR(1); ranks of normal values are the values again.
            let expected = (chains as f64) * draws as f64 * (1.0 - phi) / (1.0 + phi);
            assert!((found.bulk / expected - 1.0).abs() < 0.1, "φ {phi}: {} but {expected}", found.bulk);
            assert!(found.r_hat < 1.005, "φ {phi}: {}", found.r_hat);
            // Tails of an autoregression forget sooner than its mean, but not where it swings back.
            assert!(found.tail > 0.8 * expected || phi < 0.0, "φ {phi}: {}", found.tail);
        }
    }

    /// The error of the median of independent normal draws is √(π/2)/√S.
    #[test]
    fn the_error_of_a_median_is_that_of_theory() {
        let draws = autoregressive(0.0, 4, 10_000);
        let expected = (std::f64::consts::FRAC_PI_2 / 40_000.0).sqrt();
        let found = quantile_error(&draws, 0.5);
        assert!((found / expected - 1.0).abs() < 0.15, "{found} but {expected}");
        // And it is what medians of repeated runs scatter by.
        let medians: Vec<f64> = autoregressive(0.6, 300, 2000)
            .iter()
            .map(|chain| quantile(&ascending(std::slice::from_ref(chain)), 0.5))
            .collect();
        let scatter = variance(&medians).sqrt();
        let runs = autoregressive(0.6, 300, 2000);
        let error =
            mean(&runs.iter().map(|run| quantile_error(std::slice::from_ref(run), 0.5)).collect::<Vec<_>>());
        assert!((error / scatter - 1.0).abs() < 0.2, "{error} but {scatter}");
    }

    #[test]
    fn chains_that_differ_in_place_or_in_width_are_told() {
        let mut chains = autoregressive(0.3, 4, 1000);
        assert!(Convergence::of(&chains).reaches(1.01, 400.0));
        for x in &mut chains[2] {
            *x += 0.7;
        }
        let moved = Convergence::of(&chains);
        assert!(moved.r_hat > 1.03 && moved.bulk < 200.0 && !moved.reaches(1.01, 400.0), "{moved:?}");
        let mut chains = autoregressive(0.3, 4, 1000);
        for x in &mut chains[2] {
            *x *= 3.0;
        }
        let wide = Convergence::of(&chains);
        assert!(wide.r_hat > 1.03, "only folding tells it: {wide:?}");
        // Drift: the halves of a chain disagree.
        let drift: Vec<Vec<f64>> = autoregressive(0.0, 4, 1000)
            .into_iter()
            .map(|chain| chain.into_iter().enumerate().map(|(t, x)| x + t as f64 / 500.0).collect())
            .collect();
        assert!(Convergence::of(&drift).r_hat > 1.1);
    }

    /// Two modes far apart, between which a chain goes once in some 500 draws: 80 dwells say what share
    /// each has.
    #[test]
    fn two_modes_are_told_by_the_local_size() {
        let chains: Vec<Vec<f64>> = autoregressive(0.0, 4, 10_000)
            .into_iter()
            .enumerate()
            .map(|(chain, draws)| {
                let mut random = ChaCha8Rng::seed_from_u64(13);
                random.set_stream(chain as u64);
                let mut mode = 0.0;
                let mut next = |x: f64| {
                    let u: f64 = rand_distr::Open01.sample(&mut random);
                    mode = if u < 0.002 { 12.0 - mode } else { mode };
                    x + mode
                };
                draws.into_iter().map(&mut next).collect()
            })
            .collect();
        let found = Convergence::of(&chains);
        // A process of two states that leaves each with chance p has autocorrelations (1 − 2p)ᵏ.
        let expected = 40_000.0 * 0.002 / (1.0 - 0.002);
        assert!((found.local / expected - 1.0).abs() < 0.6, "{} but {expected}", found.local);
        assert!(found.tail > 10.0 * found.local, "{found:?}");
    }

    #[test]
    fn what_cannot_be_judged_is_never_called_converged() {
        let stuck = vec![vec![2.0; 50]; 4];
        let short = vec![vec![1.0, 2.0, 3.0]; 4];
        let uneven = vec![vec![1.0; 20], vec![2.0; 21]];
        let mut infinite = autoregressive(0.0, 2, 50);
        infinite[0][3] = f64::INFINITY;
        for chains in [stuck, short, uneven, infinite, Vec::new()] {
            let found = Convergence::of(&chains);
            assert!(found.r_hat.is_nan() && found.bulk.is_nan() && found.tail.is_nan());
            assert!(!found.reaches(1.01, 1.0) && quantile_error(&chains, 0.5).is_nan());
            let good = Convergence::of(&autoregressive(0.0, 2, 500));
            assert!(good.worse(found).r_hat.is_nan() && found.worse(good).bulk.is_nan());
        }
        // Each chain stands still in a place of its own.
        let apart: Vec<Vec<f64>> = (0..4).map(|i| vec![f64::from(i); 50]).collect();
        assert!(!Convergence::of(&apart).reaches(1.01, 1.0));
    }

    #[test]
    fn the_transform_gives_the_sums_of_the_definition() {
        let draws = made(1, 37);
        let centre = mean(&draws);
        for (lag, got) in autocovariance(&draws).into_iter().enumerate() {
            let sum: f64 = (lag..37).map(|t| (draws[t] - centre) * (draws[t - lag] - centre)).sum();
            assert!((got - sum / 37.0).abs() < 1e-13, "lag {lag}");
        }
    }
}
