//! Latent classes by the EM algorithm: quick populations of persons who are not alike.

use crate::loglinear::Cells;

/// Most classes that are tried.
const MOST_CLASSES: usize = 3;
/// EM steps after which a fit is taken as it is; it serves as a population, not as an estimate.
const MOST_STEPS: usize = 2000;
/// A step that changes no expected count of hidden persons by more, relatively, is the last.
const STILL: f64 = 1e-6;
/// Persons added on each side of each chance, as if the chances had Beta(1½, 1½) priors. Without
/// them a class that hardly any list sees could grow without end.
const ADDED: f64 = 0.5;

/// Classes that fit a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Classes {
    /// Share of the population in each class.
    weights: Vec<f64>,
    /// Chance of each class to be on each list.
    chances: Vec<Vec<f64>>,
    /// Expected number of hidden persons.
    pub(super) hidden: f64,
    /// Persons detected.
    detected: f64,
    /// −2 log-likelihood + ln(persons detected) × parameters, with the Poisson likelihood of a
    /// log-linear model.
    pub(super) bic: f64,
}

/// The fit with two or three classes of the smaller BIC; `None` when there are fewer than three lists or
/// nobody is on two of them.
pub(super) fn best(cells: &Cells) -> Option<Classes> {
    if cells.lists < 3 || cells.support.iter().all(|h| h.is_power_of_two()) {
        return None;
    }
    // More parameters than cells cannot be told apart.
    let told = |classes: usize| classes * (cells.lists + 1) < 1 << cells.lists;
    (2..=MOST_CLASSES)
        .filter(|&classes| told(classes))
        .flat_map(|classes| starts(cells, classes))
        .filter_map(|start| climb(cells, start))
        .min_by(|a, b| a.bic.total_cmp(&b.bic))
}

impl Classes {
    /// Expected count of every history, those never seen included.
    pub(super) fn expected(&self, lists: usize) -> Vec<f64> {
        let total = self.detected + self.hidden;
        (0..1_u32 << lists).map(|history| total * self.share(history)).collect()
    }

    fn share(&self, history: u32) -> f64 {
        self.weights.iter().zip(&self.chances).map(|(w, chances)| w * chance(chances, history)).sum()
    }
}

/// Chance of a history within a class.
fn chance(chances: &[f64], history: u32) -> f64 {
    chances.iter().enumerate().map(|(i, &p)| if history >> i & 1 == 1 { p } else { 1.0 - p }).product()
}

/// Where EM starts: classes that all lists see more or less often, and classes that prefer the first or
/// the last lists.
fn starts(cells: &Cells, classes: usize) -> Vec<Classes> {
    let rates: Vec<f64> =
        (0..cells.lists).map(|i| (cells.margins[1 << i] / (2.0 * cells.detected)).clamp(1e-4, 0.9)).collect();
    let start = |factor: &dyn Fn(usize, usize) -> f64| Classes {
        weights: vec![1.0 / classes as f64; classes],
        chances: (0..classes)
            .map(|class| {
                rates.iter().enumerate().map(|(i, r)| (r * factor(class, i)).clamp(1e-5, 0.95)).collect()
            })
            .collect(),
        hidden: cells.detected,
        detected: cells.detected,
        bic: f64::INFINITY,
    };
    let often = |class: usize, _: usize| [0.25, 2.0, 0.7][class % 3];
    let halves = |class: usize, i: usize| if (i + class).is_multiple_of(classes) { 1.6 } else { 0.4 };
    vec![start(&often), start(&halves)]
}

fn climb(cells: &Cells, mut fit: Classes) -> Option<Classes> {
    let classes = fit.weights.len();
    let mut shares = vec![0.0; classes];
    for _ in 0..MOST_STEPS {
        let mut members = vec![0.0; classes];
        let mut on = vec![vec![0.0; cells.lists]; classes];
        // History 0 stands for the hidden.
        for (history, n) in
            cells.support.iter().map(|&h| (h, cells.counts[h as usize])).chain([(0, fit.hidden)])
        {
            for (share, (weight, chances)) in shares.iter_mut().zip(fit.weights.iter().zip(&fit.chances)) {
                *share = weight * chance(chances, history);
            }
            let all: f64 = shares.iter().sum();
            if all <= 0.0 {
                return None;
            }
            for class in 0..classes {
                let part = n * shares[class] / all;
                members[class] += part;
                for (i, sum) in on[class].iter_mut().enumerate() {
                    *sum += if history >> i & 1 == 1 { part } else { 0.0 };
                }
            }
        }
        let total: f64 = members.iter().sum();
        for class in 0..classes {
            fit.weights[class] = members[class] / total;
            for (chance, sum) in fit.chances[class].iter_mut().zip(&on[class]) {
                *chance = (sum + ADDED) / (members[class] + 2.0 * ADDED);
            }
        }
        let never = fit.share(0);
        let hidden = cells.detected * never / (1.0 - never);
        let moved = (hidden - fit.hidden).abs();
        fit.hidden = hidden;
        if moved <= STILL * hidden {
            break;
        }
    }
    if !(fit.hidden.is_finite() && fit.hidden > 0.0) {
        return None;
    }
    // Given the number detected the counts are multinomial; with the expected total the Poisson
    // likelihood differs from it only by that of the number detected.
    let total = fit.detected + fit.hidden;
    let log_likelihood: f64 =
        cells.support.iter().map(|&h| cells.counts[h as usize] * (total * fit.share(h)).ln()).sum::<f64>()
            - fit.detected
            - cells.log_factorials;
    let parameters = (classes * (cells.lists + 1)) as f64;
    fit.bic = cells.detected.ln() * parameters - 2.0 * log_likelihood;
    fit.bic.is_finite().then_some(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_kinds_of_persons_are_found_again() {
        // Expected counts of a big population: the fit must find the shares that made them.
        let truth = Classes {
            weights: vec![0.7, 0.3],
            chances: vec![vec![0.05, 0.08, 0.1, 0.06, 0.04], vec![0.4, 0.3, 0.5, 0.35, 0.45]],
            hidden: 0.0,
            detected: 0.0,
            bic: 0.0,
        };
        let size = 1e6;
        let counts = (1..32_u32).map(|h| (h, (size * truth.share(h)).round() as u64));
        let cells = Cells::from_counts(5, counts);
        let fit = best(&cells).expect("a fit");
        let total = fit.detected + fit.hidden;
        assert!((total / size - 1.0).abs() < 0.02, "{total}");
        let expected = fit.expected(5);
        assert!((expected.iter().sum::<f64>() / total - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_overlap_or_with_two_lists_there_are_no_classes() {
        assert_eq!(best(&Cells::from_counts(3, [(1, 5), (2, 7), (4, 9)])), None);
        assert_eq!(best(&Cells::from_counts(2, [(1, 5), (2, 7), (3, 9)])), None);
    }
}
