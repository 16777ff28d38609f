//! Populations that could have given a table, and what the lists would see of them again.

use model::CaptureTable;
use rand_chacha::ChaCha8Rng;

use super::classes;
use crate::Criterion;
use crate::branch::smallest;
use crate::loglinear::{Cells, Fit, sum_over_subsets};
use crate::numeric::multinomial;
use crate::search::Goal;
use crate::search::bounded::quick_work;
use crate::watch::Watch;

/// More hidden persons than this for each one detected are beyond what any table could bound; a
/// replicate that asks for more is drawn again.
const MOST_HIDDEN: f64 = 1000.0;

/// A population of known size: what share of it has each capture history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Population {
    /// Number of persons.
    pub(crate) size: u64,
    /// Share of each history, that of those never seen (index 0) included.
    pub(crate) shares: Vec<f64>,
}

/// How the persons of a population come to be on the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Lists depend on each other in pairs; which ones is chosen by BIC.
    Dependence,
    /// Persons are of a few kinds with chances of their own; for each kind the lists are
    /// independent.
    Heterogeneity,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::Dependence, Self::Heterogeneity];

    /// Name in results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dependence => "dependence",
            Self::Heterogeneity => "heterogeneity",
        }
    }

    /// The BIC of the family's best fit to the table, on the scale of [`Fit::bic`]; `None` when there
    /// is no fit.
    pub(crate) fn bic(self, cells: &Cells, watch: &Watch) -> Option<f64> {
        match self {
            Self::Dependence => best_with_pairs(cells, watch).map(|fit| fit.bic),
            Self::Heterogeneity => classes::best(cells).map(|fit| fit.bic),
        }
    }

    /// The population that fits `cells` best; `None` when there is none, or none within bounds.
    pub(crate) fn fit(self, cells: &Cells, watch: &Watch) -> Option<Population> {
        let expected = match self {
            Self::Dependence => log_linear_means(cells.lists, best_with_pairs(cells, watch)?.coefficients),
            Self::Heterogeneity => classes::best(cells)?.expected(cells.lists),
        };
        Population::of(&expected)
    }
}

/// The two-way model of smallest BIC.
fn best_with_pairs(cells: &Cells, watch: &Watch) -> Option<Fit> {
    let goal = Goal::new(cells.lists, 2, Criterion::Bic);
    smallest(cells, goal, &[], quick_work(cells, goal), watch)
}

/// Expected count of every history under a log-linear model with these terms, those never seen included.
pub(crate) fn log_linear_means(lists: usize, terms: impl IntoIterator<Item = (u32, f64)>) -> Vec<f64> {
    let mut values = vec![0.0; 1 << lists];
    for (term, value) in terms {
        values[term as usize] = value;
    }
    sum_over_subsets(&mut values);
    values.into_iter().map(f64::exp).collect()
}

impl Population {
    /// From the expected count of every history; `None` when nobody or far too many are hidden.
    pub(crate) fn of(expected: &[f64]) -> Option<Self> {
        let total: f64 = expected.iter().sum();
        let bounded = total.is_finite() && expected[0] <= MOST_HIDDEN * (total - expected[0]);
        let size = total.round();
        (bounded && (1.0..1e15).contains(&size))
            .then(|| Self { size: size as u64, shares: expected.iter().map(|x| x / total).collect() })
    }

    /// What the lists see of the population.
    pub(crate) fn draw(&self, names: &[String], random: &mut ChaCha8Rng) -> Option<CaptureTable> {
        let seen = (0_u32..).zip(self.shares.iter().copied()).skip(1);
        CaptureTable::from_counts(names.to_vec(), multinomial(self.size, 1.0, seen, random)).ok()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn table() -> CaptureTable {
        let lists = ["A", "B", "C"].map(String::from).to_vec();
        let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
        CaptureTable::from_counts(lists, counts).expect("a valid table")
    }

    #[test]
    fn a_fitted_population_has_the_expected_counts_of_its_model() {
        let cells = Cells::new(&table());
        let population = Family::Dependence.fit(&cells, &Watch::default()).expect("a population");
        let best = best_with_pairs(&cells, &Watch::default()).expect("a model");
        let hidden = population.size as f64 * population.shares[0];
        assert!((population.size as f64 - cells.detected - best.hidden).abs() < 1.0);
        assert!((hidden - best.hidden).abs() < 1.0);
        // Margins of the lists are those of the table, as in every model with main effects.
        for list in 0..3 {
            let share: f64 = (1..8).filter(|h| h >> list & 1 == 1).map(|h| population.shares[h]).sum();
            assert!((share * (cells.detected + best.hidden) - cells.margins[1 << list]).abs() < 1e-6);
        }
    }

    #[test]
    fn draws_have_the_shares_of_the_population() {
        let population = Population { size: 1000, shares: vec![0.4, 0.3, 0.2, 0.1] };
        let names = ["A", "B"].map(String::from).to_vec();
        let mut sums = [0.0; 4];
        for stream in 0..1000 {
            let mut random = ChaCha8Rng::seed_from_u64(3);
            random.set_stream(stream);
            let table = population.draw(&names, &mut random).expect("a table");
            for (history, n) in table.counts() {
                sums[history as usize] += n as f64;
            }
        }
        for (history, share) in [(1, 0.3_f64), (2, 0.2), (3, 0.1)] {
            // Means of 1000 draws, within four of their standard errors.
            let error = (1000.0 * share * (1.0 - share) / 1000.0).sqrt();
            let mean = sums[history] / 1000.0;
            assert!((mean - 1000.0 * share).abs() < 4.0 * error, "{history}: {mean}");
        }
    }
}
