//! Breaks in the level of a series of counts: Bayesian changepoints, summed exactly.
//!
//! Within a level the counts are negative binomial with one mean: Poisson, with variation of the
//! mean itself by a coefficient of variation c. Written by size r = 1/c² and probability p, the
//! Beta prior on p is conjugate, so a segment with n counts of sum S has the marginal likelihood
//!
//! Π Γ(yₜ + r) / (Γ(r) yₜ!) · B(a + n r, b + S) / B(a, b),  b = κ, a = κ r / m + 1,
//!
//! with m the mean of the series plus one half, so that the levels have mean m and coefficient of variation
//! about 1/√κ. Every period but the first starts a level with probability h. Sums over all 2ⁿ⁻¹
//! segmentations are exact by dynamic programming (Fearnhead 2006, Stat. Comput. 16, 203–213);
//! c is summed over a grid. The negative binomial is what makes large counts bearable: under a
//! Poisson model any wobble of a count of ten thousand would be a break.

use statrs::function::gamma::ln_gamma;

/// The largest coefficient of variation, beyond Poisson chance, of counts that are still called
/// one level: 8%. Its prior is uniform from 0 to here. It is a definition, not an estimate: left
/// free, the variation would swallow the breaks of a short series.
pub const LEVEL_VARIATION: f64 = 0.08;

/// Points of the grid over the variation.
const GRID: usize = 12;
/// Shape of the prior of levels: their coefficient of variation is 1/√4 = 50%.
const SHAPE: f64 = 4.0;
/// Breaks expected a year. One in twenty years keeps series of one level whole in 95 of 100.
const BREAKS_A_YEAR: f64 = 0.05;
/// A break is reported from this probability on.
const REPORTED: f64 = 0.5;
/// Most neighbouring periods over which the probability of one break may be spread.
const WIDEST: usize = 3;

/// A break at the count with index `at`: the first of the new level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) at: usize,
    /// Probability of a break at `at` itself.
    pub(super) probability: f64,
    /// Where the break is, with the level's probability, if there is one between its neighbours.
    pub(super) set: Vec<usize>,
}

/// Probability that a period starts a new level, by the way its code is written.
pub(super) fn hazard(period: &str) -> f64 {
    let in_a_year = match period.len() {
        7 if period.contains("-Q") => 4.0,
        7 => 12.0,
        _ => 1.0,
    };
    BREAKS_A_YEAR / in_a_year
}

/// The breaks that are more likely there than not, in time order.
pub(super) fn find(counts: &[u64], hazard: f64, level: f64) -> Vec<Found> {
    let n = counts.len();
    if n < 2 {
        return Vec::new();
    }
    let models: Vec<Model> = (0..GRID)
        .map(|i| Model::new(counts, hazard, LEVEL_VARIATION * (i as f64 + 0.5) / GRID as f64))
        .collect();
    let evidence: Vec<f64> = models.iter().map(|m| m.forward[n]).collect();
    let all = log_sum(evidence.iter().copied());
    let weights: Vec<f64> = evidence.iter().map(|e| (e - all).exp()).collect();
    let mean = |f: &dyn Fn(&Model) -> f64| models.iter().zip(&weights).map(|(m, w)| w * f(m)).sum::<f64>();
    // probability[t] for t in 1..n; nothing can be said of the first.
    let mut probability = vec![0.0; n];
    for (t, p) in probability.iter_mut().enumerate().skip(1) {
        *p = mean(&|m| m.at(t));
    }
    let mut chosen: Vec<usize> = (1..n).filter(|&t| probability[t] >= REPORTED).collect();
    // One break whose period is not sure: likely somewhere in a window, nowhere by itself.
    let mut taken = vec![false; n];
    for &t in &chosen {
        taken[t] = true;
    }
    for width in 2..=WIDEST {
        let mut windows: Vec<(f64, usize)> = (1..(n + 1).saturating_sub(width))
            .filter(|&t| {
                let window = t..t + width;
                // The sum bounds the probability from above and is at hand.
                !taken[window.clone()].contains(&true) && probability[window].iter().sum::<f64>() >= REPORTED
            })
            .map(|t| (mean(&|m| m.some_in(t, t + width - 1)), t))
            .filter(|(p, _)| *p >= REPORTED)
            .collect();
        windows.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, t) in windows {
            let window = t..t + width;
            if taken[window.clone()].contains(&true) {
                continue;
            }
            taken[window.clone()].fill(true);
            let best = window.reduce(|a, b| if probability[b] > probability[a] { b } else { a });
            chosen.extend(best);
        }
    }
    chosen.sort_unstable();
    let bounds: Vec<usize> = [0].into_iter().chain(chosen.iter().copied()).chain([n]).collect();
    chosen
        .iter()
        .enumerate()
        .map(|(i, &at)| Found {
            at,
            probability: probability[at].min(1.0),
            set: location(&models, bounds[i], bounds[i + 2], level),
        })
        .collect()
}

/// The mean count between the breaks, for each count.
pub(super) fn levels(counts: &[u64], found: &[Found]) -> Vec<f64> {
    let bounds = [0].into_iter().chain(found.iter().map(|f| f.at)).chain([counts.len()]);
    let bounds: Vec<usize> = bounds.collect();
    let mut out = Vec::with_capacity(counts.len());
    for pair in bounds.windows(2) {
        let segment = &counts[pair[0]..pair[1]];
        let mean = segment.iter().map(|&n| n as f64).sum::<f64>() / segment.len() as f64;
        out.extend(segment.iter().map(|_| mean));
    }
    out
}

/// The most probable places of the one break strictly between `before` and `after`, until they
/// hold `level` of the probability.
fn location(models: &[Model], before: usize, after: usize, level: f64) -> Vec<usize> {
    let mut places: Vec<(f64, usize)> = (before + 1..after)
        .map(|t| (log_sum(models.iter().map(|m| m.only_at(t, before, after))), t))
        .collect();
    let all = log_sum(places.iter().map(|p| p.0));
    places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut set, mut held) = (Vec::new(), 0.0);
    for (log, t) in places {
        if held >= level {
            break;
        }
        held += (log - all).exp();
        set.push(t);
    }
    set.sort_unstable();
    set
}

/// The model at one coefficient of variation. All probabilities are logarithms.
struct Model {
    size: f64,
    a: f64,
    b: f64,
    /// Sums of the counts, and of the factors of single counts, before each place.
    sums: Vec<f64>,
    factors: Vec<f64>,
    prior: f64,
    start: f64,
    stay: f64,
    /// All segmentations of the counts before a place; of those from it on.
    forward: Vec<f64>,
    backward: Vec<f64>,
}

impl Model {
    fn new(counts: &[u64], hazard: f64, variation: f64) -> Self {
        let n = counts.len();
        let size = variation.powi(-2);
        let mean = counts.iter().map(|&y| y as f64).sum::<f64>() / n as f64 + 0.5;
        let (a, b) = (SHAPE * size / mean + 1.0, SHAPE);
        let (mut sums, mut factors) = (vec![0.0], vec![0.0]);
        for (i, &y) in counts.iter().enumerate() {
            let y = y as f64;
            sums.push(sums[i] + y);
            factors.push(factors[i] + ln_gamma(y + size) - ln_gamma(size) - ln_gamma(y + 1.0));
        }
        let (start, stay) = (hazard.ln(), (-hazard).ln_1p());
        let prior = ln_beta(a, b);
        let (forward, backward) = (vec![0.0; n + 1], vec![0.0; n + 1]);
        let mut model = Self { size, a, b, sums, factors, prior, start, stay, forward, backward };
        for j in 1..=n {
            model.forward[j] = log_sum((0..j).map(|i| model.before(i) + model.segment(i, j)));
        }
        for i in (0..n).rev() {
            model.backward[i] = log_sum((i + 1..=n).map(|j| model.segment(i, j) + model.after(j)));
        }
        model
    }

    fn last(&self) -> usize {
        self.sums.len() - 1
    }

    /// One level over the counts `i..j`.
    fn segment(&self, i: usize, j: usize) -> f64 {
        let n = (j - i) as f64;
        let likelihood = self.factors[j] - self.factors[i]
            + ln_beta(self.a + n * self.size, self.b + self.sums[j] - self.sums[i])
            - self.prior;
        likelihood + (n - 1.0) * self.stay
    }

    /// Everything before `i`, with the start of a level at `i`.
    fn before(&self, i: usize) -> f64 {
        if i == 0 { 0.0 } else { self.forward[i] + self.start }
    }

    /// Everything from `j` on, with the start of a level at `j`.
    fn after(&self, j: usize) -> f64 {
        if j == self.last() { 0.0 } else { self.backward[j] + self.start }
    }

    /// Probability of a break at `t`.
    fn at(&self, t: usize) -> f64 {
        (self.before(t) + self.backward[t] - self.forward[self.last()]).exp()
    }

    /// Probability of at least one break at `first..=last`.
    fn some_in(&self, first: usize, last: usize) -> f64 {
        let none = log_sum((0..first).flat_map(|i| {
            (last + 1..=self.last()).map(move |j| self.before(i) + self.segment(i, j) + self.after(j))
        }));
        1.0 - (none - self.forward[self.last()]).exp()
    }

    /// A break at `t` and no other strictly between `before` and `after`.
    fn only_at(&self, t: usize, before: usize, after: usize) -> f64 {
        let left = log_sum((0..=before).map(|i| self.before(i) + self.segment(i, t)));
        let right = log_sum((after..=self.last()).map(|j| self.segment(t, j) + self.after(j)));
        left + self.start + right
    }
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln Σ exp, safe for any size of the terms.
fn log_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut top, mut sum) = (f64::NEG_INFINITY, 0.0);
    for t in terms {
        if t > top {
            sum = sum * (top - t).exp() + 1.0;
            top = t;
        } else if t > f64::NEG_INFINITY {
            sum += (t - top).exp();
        }
    }
    top + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reported possible victims in the Netherlands, 2007–2020 (UNODC GLOTIP, NLD).
    const NETHERLANDS: [u64; 14] =
        [716, 826, 909, 993, 1222, 1711, 1434, 1256, 1150, 952, 952, 668, 1334, 984];

    #[test]
    fn the_dutch_dip_of_2018_and_jump_of_2019_are_found() {
        let found = find(&NETHERLANDS, hazard("2007"), 0.95);
        let years: Vec<usize> = found.iter().map(|f| 2007 + f.at).collect();
        let at = |year| found.iter().find(|f| 2007 + f.at == year).expect("a break is reported");
        assert!(at(2018).probability > 0.7 && at(2019).probability > 0.9, "{found:?}");
        assert_eq!((at(2018).set.as_slice(), at(2019).set.as_slice()), (&[11][..], &[12][..]));
        // The rise of 2011 and the fall around 2016, and no more: not every year is a break.
        assert_eq!(years, [2011, 2016, 2018, 2019], "{found:?}");
        // The fall was slow: no year of it is likelier than not, somewhere in 2014–2016 is.
        assert!(found[1].probability < 0.5);
        assert_eq!(found[1].set, [7, 8, 9]);
    }

    #[test]
    fn the_sums_over_segmentations_are_those_of_listing_them_all() {
        let counts = [12, 15, 40, 38, 11, 9];
        let m = Model::new(&counts, 0.2, 0.05);
        let n = counts.len();
        let mut by_hand = vec![0.0; n];
        let (mut all, mut window) = (0.0, 0.0);
        for cuts in 0u32..1 << (n - 1) {
            let places: Vec<usize> = (1..n).filter(|t| cuts >> (t - 1) & 1 == 1).collect();
            let bounds: Vec<usize> = [0].into_iter().chain(places.iter().copied()).chain([n]).collect();
            let log: f64 = bounds.windows(2).map(|w| m.segment(w[0], w[1])).sum();
            let p = (log + places.len() as f64 * m.start).exp();
            all += p;
            for &t in &places {
                by_hand[t] += p;
            }
            window += if places.iter().any(|t| (2..=3).contains(t)) { p } else { 0.0 };
        }
        assert!((m.forward[n] - all.ln()).abs() < 1e-10);
        assert!((m.backward[0] - all.ln()).abs() < 1e-10);
        for (t, expected) in by_hand.iter().enumerate().skip(1) {
            assert!((m.at(t) - expected / all).abs() < 1e-10);
        }
        assert!((m.some_in(2, 3) - window / all).abs() < 1e-10);
    }

    #[test]
    fn a_segment_likelihood_is_a_distribution() {
        // Summed over all values of one count, the marginal likelihood is 1.
        let m = Model::new(&[7, 7], 0.1, 0.08);
        let total: f64 = (0..5000)
            .map(|y| {
                let y = f64::from(y);
                let factor = ln_gamma(y + m.size) - ln_gamma(m.size) - ln_gamma(y + 1.0);
                (factor + ln_beta(m.a + m.size, m.b + y) - m.prior).exp()
            })
            .sum();
        assert!((total - 1.0).abs() < 1e-6, "{total}");
    }

    /// Series of a negative binomial with coefficient of variation `variation` round `means`.
    fn simulate(means: &[f64], variation: f64, stream: u64) -> Vec<u64> {
        use rand::SeedableRng;
        use rand_distr::{Distribution, Gamma, Poisson};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20_261_124);
        rng.set_stream(stream);
        let shape = variation.powi(-2);
        let wobble = Gamma::new(shape, 1.0 / shape).expect("a positive shape");
        let mut draw =
            |mean: f64| Poisson::new(mean * wobble.sample(&mut rng)).expect("positive").sample(&mut rng);
        means.iter().map(|&mean| draw(mean) as u64).collect()
    }

    #[test]
    fn series_of_one_level_are_seldom_broken_and_a_doubling_is_nearly_always_found() {
        const SERIES: u64 = 400;
        let share = |f: &dyn Fn(u64) -> bool| (0..SERIES).filter(|&s| f(s)).count() as f64 / SERIES as f64;
        let hazard = hazard("2020");
        let ordinary = [5.0, 20.0, 100.0, 1000.0].map(|mean| (mean, 0.001, 0.05));
        let wobbling = [(1000.0, 0.05, 0.05), (100_000.0, 0.05, 0.05), (1000.0, LEVEL_VARIATION, 0.06)];
        for (mean, variation, most) in ordinary.into_iter().chain(wobbling) {
            let broken = share(&|s| !find(&simulate(&[mean; 14], variation, s), hazard, 0.95).is_empty());
            println!("one level of {mean}, variation {variation}: {broken} broken");
            assert!(broken <= most, "mean {mean}, variation {variation}: {broken} of the series broken");
        }
        for (low, ratio, least) in [(1000.0, 2.0, 0.99), (1000.0, 1.4, 0.95), (50.0, 2.0, 0.95)] {
            let means: Vec<f64> = (0..14).map(|t| if t < 8 { low } else { low * ratio }).collect();
            let results: Vec<Vec<Found>> =
                (0..SERIES).map(|s| find(&simulate(&means, 0.05, s), hazard, 0.95)).collect();
            let found = share(&|s| results[s as usize].iter().any(|f| f.at == 8));
            let held = share(&|s| results[s as usize].iter().any(|f| f.set.contains(&8)));
            println!("{low} times {ratio}: found at the very year {found}, year in the set {held}");
            assert!(found >= least && held >= found, "{low} times {ratio}: {found}");
        }
    }

    #[test]
    fn short_empty_and_huge_series_are_borne() {
        assert!(find(&[], 0.1, 0.95).is_empty());
        assert!(find(&[5], 0.1, 0.95).is_empty());
        assert!(find(&[0; 12], 0.1, 0.95).is_empty());
        assert!(find(&[1_000_000_000; 12], 0.1, 0.95).is_empty());
        assert!(find(&[u64::MAX, 0, u64::MAX], 0.1, 0.95).iter().all(|f| f.probability.is_finite()));
    }
}
