//! The sample coverage approach of Chao and Tsay (1998).

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use crate::Options;
use crate::numeric::multinomial;

/// Below this coverage the estimator is unstable and its one-step form is used, as its
/// authors' program does.
pub(crate) const LOW_COVERAGE: f64 = 0.55;

/// The estimates of the total; the names are those of Chao et al. (2001).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SampleCoverage {
    /// Ĉ: mean share, over the lists, of a list's persons who are in another list too.
    pub(crate) coverage: f64,
    /// N̂₀, for independent lists (equation 9).
    pub(crate) independent: f64,
    /// N̂, for sufficient coverage (equation 12).
    pub(crate) high: f64,
    /// N̂₁, one step, for low coverage (equation 13).
    pub(crate) one_step: f64,
}

impl SampleCoverage {
    /// Whether the coverage is too low for N̂.
    pub(crate) fn is_low(&self) -> bool {
        self.coverage <= LOW_COVERAGE
    }

    /// The estimate that its authors advise for this coverage.
    pub(crate) fn advised(&self) -> f64 {
        if self.is_low() { self.one_step } else { self.high }
    }
}

/// Counts by history, in a fixed order.
type Histories = Vec<(u32, f64)>;

/// Estimates the total; `None` when a list has nobody or no list overlaps another.
pub(crate) fn sample_coverage(table: &CaptureTable) -> Option<SampleCoverage> {
    let histories: Histories = table.counts().map(|(h, n)| (h, n as f64)).collect();
    from_histories(table.lists().len(), &histories)
}

fn from_histories(lists: usize, histories: &Histories) -> Option<SampleCoverage> {
    let mut detected = 0.0;
    let (mut members, mut alone) = (vec![0.0; lists], vec![0.0; lists]);
    // By pair of lists: persons in both, and persons in both and no other.
    let (mut both, mut only) = (vec![0.0; lists * lists], vec![0.0; lists * lists]);
    for &(history, n) in histories {
        detected += n;
        for i in (0..lists).filter(|i| history >> i & 1 == 1) {
            members[i] += n;
            if history == 1 << i {
                alone[i] += n;
            }
            for j in (i + 1..lists).filter(|j| history >> j & 1 == 1) {
                both[i * lists + j] += n;
                if history == 1 << i | 1 << j {
                    only[i * lists + j] += n;
                }
            }
        }
    }
    if members.contains(&0.0) {
        return None;
    }
    let t = lists as f64;
    let covered = detected - alone.iter().sum::<f64>() / t;
    let coverage = 1.0 - alone.iter().zip(&members).map(|(s, n)| s / n).sum::<f64>() / t;
    if coverage <= 0.0 {
        return None;
    }
    let independent = covered / coverage;
    let pairs = || (0..lists).flat_map(move |i| (i + 1..lists).map(move |j| (i, j)));
    let weight = |i: usize, j: usize| alone[i] + alone[j] + 2.0 * only[i * lists + j];
    let ratio = |i: usize, j: usize| both[i * lists + j] / (members[i] * members[j]);

    let top = t * covered - pairs().map(|(i, j)| weight(i, j)).sum::<f64>();
    let bottom = t * coverage - pairs().map(|(i, j)| weight(i, j) * ratio(i, j)).sum::<f64>();
    let high = top / bottom;
    let high = if top >= 1e-4 && high >= detected { high } else { detected };

    let first: f64 = pairs().map(|(i, j)| weight(i, j) * (independent * ratio(i, j) - 1.0)).sum();
    let plug_in = independent + first / (t * coverage);
    let second: f64 = pairs().map(|(i, j)| weight(i, j) * (plug_in * ratio(i, j) - 1.0)).sum();
    let one_step = independent + second / (t * coverage);
    Some(SampleCoverage { coverage, independent, high, one_step })
}

/// Standard error of the advised estimate by parametric bootstrap, and how many replicates
/// could be used: the table is drawn again from a multinomial of the estimated total, whose
/// cells have the observed shares. Each replicate has a random stream of its own. `None` when the
/// work is stopped before all are drawn.
pub(crate) fn bootstrap_error(
    table: &CaptureTable,
    estimate: &SampleCoverage,
    options: &Options,
) -> Option<(f64, usize)> {
    let Options { replicates, seed, ref watch, .. } = *options;
    watch.units("replicates", replicates);
    let low = estimate.is_low();
    let size = estimate.advised().round();
    let draws: Option<Vec<Option<f64>>> = (0..replicates)
        .into_par_iter()
        .map(|replicate| {
            if watch.is_stopped() {
                return None;
            }
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(replicate as u64);
            watch.done(1);
            let weights = table.counts().map(|(history, n)| (history, n as f64));
            let drawn = multinomial(size as u64, size, weights, &mut random).into_iter();
            let histories = drawn.filter(|(_, n)| *n > 0).map(|(history, n)| (history, n as f64)).collect();
            let again = from_histories(table.lists().len(), &histories);
            Some(again.map(|again| if low { again.one_step } else { again.high }))
        })
        .collect();
    let usable: Vec<f64> = draws?.into_iter().flatten().filter(|draw| draw.is_finite()).collect();
    let count = usable.len() as f64;
    let mean = usable.iter().sum::<f64>() / count;
    let square: f64 = usable.iter().map(|draw| (draw - mean).powi(2)).sum();
    Some(((square / (count - 1.0)).sqrt(), usable.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hepatitis A in Taiwan (Chao et al. 2001): Ĉ = 51.3 %, N̂ = 971, N̂₁ = 508.
    #[test]
    fn hepatitis_example_gives_the_published_estimates() {
        let lists = ["P", "Q", "E"].map(String::from).to_vec();
        let counts = [(1, 69), (2, 55), (4, 63), (3, 21), (5, 17), (6, 18), (7, 28)];
        let table = CaptureTable::from_counts(lists, counts).expect("a valid table");
        let found = sample_coverage(&table).expect("an estimate");
        assert!((found.coverage - 0.513).abs() < 5e-4);
        assert_eq!((found.high.round(), found.one_step.round()), (971.0, 508.0));
        assert!(found.is_low());
    }
}
