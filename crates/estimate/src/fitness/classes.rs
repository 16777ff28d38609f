//! Latent classes by the EM algorithm: quick populations of persons who are not alike.

use crate::loglinear::Cells;

/// Most classes that are tried.
const MOST_CLASSES: usize = 3;
/// Accelerated steps after which a fit is taken as it is; it serves as a population, not as an estimate.
const MOST_STEPS: usize = 400;
/// A step that changes the logarithm of the hidden count by less is the last.
const STILL: f64 = 1e-6;
/// Persons added on each side of each chance, as if the chances had Beta(1.1, 1.1) priors. Without them
/// a class that hardly any list sees could grow without end; half a person, as is usual, would take a
/// twentieth off the total of classes that five lists see with a chance of one in fifteen.
const ADDED: f64 = 0.1;

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
        .filter_map(|start| climb(cells, &start))
        .min_by(|a, b| a.bic.total_cmp(&b.bic))
}

impl Classes {
    /// Expected count of every history, those never seen included.
    pub(super) fn expected(&self, lists: usize) -> Vec<f64> {
        let total = self.detected + self.hidden;
        (0..1_u32 << lists).map(|history| total * self.share(history)).collect()
    }

    /// Parameters on scales without bounds: log-odds of the chances, then logarithms of the weights and of
    /// the hidden count.
    fn unbounded(&self) -> Vec<f64> {
        let chances = self.chances.iter().flatten().map(|p| (p / (1.0 - p)).ln());
        chances.chain(self.weights.iter().map(|w| w.ln())).chain([self.hidden.ln()]).collect()
    }

    /// The inverse of [`Classes::unbounded`].
    fn at(&self, values: &[f64]) -> Self {
        let lists = self.chances[0].len();
        let (chances, rest) = values.split_at(self.weights.len() * lists);
        let (weights, hidden) = rest.split_at(self.weights.len());
        let all: f64 = weights.iter().map(|w| w.exp()).sum();
        let probability = |x: &f64| 1.0 / (1.0 + (-x).exp());
        Self {
            weights: weights.iter().map(|w| w.exp() / all).collect(),
            chances: chances.chunks(lists).map(|chances| chances.iter().map(probability).collect()).collect(),
            hidden: hidden[0].exp(),
            ..self.clone()
        }
    }

    /// What EM climbs: the logarithm of the likelihood of the histories given that they are seen, and of
    /// the persons added.
    fn penalised(&self, cells: &Cells) -> f64 {
        let seen = (1.0 - self.share(0)).ln();
        let persons: f64 =
            cells.support.iter().map(|&h| cells.counts[h as usize] * (self.share(h).ln() - seen)).sum();
        persons + ADDED * self.chances.iter().flatten().map(|p| (p * (1.0 - p)).ln()).sum::<f64>()
    }

    fn share(&self, history: u32) -> f64 {
        self.weights.iter().zip(&self.chances).map(|(w, chances)| w * chance(chances, history)).sum()
    }
}

/// Chance of a history within a class.
pub(crate) fn chance(chances: &[f64], history: u32) -> f64 {
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

/// EM steps, three at a time: two of them tell where the third should start (SQUAREM; Varadhan and Roland
/// 2008, step length S3), as long as the fit gets no worse by it.
fn climb(cells: &Cells, start: &Classes) -> Option<Classes> {
    let mut fit = step(cells, start)?;
    let mut value = fit.penalised(cells);
    for _ in 0..MOST_STEPS {
        let first = step(cells, &fit)?;
        let second = step(cells, &first)?;
        let [x0, x1, x2] = [&fit, &first, &second].map(Classes::unbounded);
        let r: Vec<f64> = x1.iter().zip(&x0).map(|(a, b)| a - b).collect();
        let v: Vec<f64> = x2.iter().zip(&x1).zip(&r).map(|((a, b), r)| a - b - r).collect();
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut length = (norm(&r) / norm(&v)).max(1.0);
        let mut leap = None;
        // A leap too far is halved.
        while leap.is_none() && length > 1.0 && length.is_finite() {
            let ahead: Vec<f64> = x0
                .iter()
                .zip(r.iter().zip(&v))
                .map(|(x, (r, v))| x + 2.0 * length * r + length * length * v)
                .collect();
            leap = step(cells, &fit.at(&ahead))
                .map(|leap| (leap.penalised(cells), leap))
                .filter(|(reached, _)| *reached >= value);
            length = if length > 1.1 { f64::midpoint(length, 1.0) } else { 1.0 };
        }
        // Without a leap the steps are small because EM is slow, not because it is there.
        let still = if leap.is_some() { STILL } else { STILL / 1000.0 };
        let (reached, next) = leap.unwrap_or_else(|| (second.penalised(cells), second));
        let moved = (next.hidden / fit.hidden).ln().abs();
        (value, fit) = (reached, next);
        if moved <= still {
            break;
        }
    }
    // Given the number detected the counts are multinomial; with the expected total the Poisson
    // likelihood differs from it only by that of the number detected.
    let total = fit.detected + fit.hidden;
    let log_likelihood: f64 =
        cells.support.iter().map(|&h| cells.counts[h as usize] * (total * fit.share(h)).ln()).sum::<f64>()
            - fit.detected
            - cells.log_factorials;
    let parameters = (fit.weights.len() * (cells.lists + 1)) as f64;
    fit.bic = cells.detected.ln() * parameters - 2.0 * log_likelihood;
    fit.bic.is_finite().then_some(fit)
}

/// One EM step: the classes of all persons, hidden ones too, then weights and chances.
fn step(cells: &Cells, fit: &Classes) -> Option<Classes> {
    let classes = fit.weights.len();
    let mut shares = vec![0.0; classes];
    let mut members = vec![0.0; classes];
    let mut on = vec![vec![0.0; cells.lists]; classes];
    // History 0 stands for the hidden.
    for (history, n) in cells.support.iter().map(|&h| (h, cells.counts[h as usize])).chain([(0, fit.hidden)])
    {
        for (share, (weight, chances)) in shares.iter_mut().zip(fit.weights.iter().zip(&fit.chances)) {
            *share = weight * chance(chances, history);
        }
        let all: f64 = shares.iter().sum();
        if !(all > 0.0 && all.is_finite()) {
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
    let chances = on
        .iter()
        .zip(&members)
        .map(|(on, members)| on.iter().map(|sum| (sum + ADDED) / (members + 2.0 * ADDED)).collect())
        .collect();
    let mut next = Classes {
        weights: members.iter().map(|n| n / total).collect(),
        chances,
        hidden: 0.0,
        detected: fit.detected,
        bic: f64::INFINITY,
    };
    let never = next.share(0);
    next.hidden = cells.detected * never / (1.0 - never);
    (next.hidden.is_finite() && next.hidden > 0.0).then_some(next)
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

    /// The same table by EM steps without acceleration, sixty thousand of them.
    #[test]
    fn leaps_end_where_single_steps_do() {
        let counts = [
            (1, 342),
            (2, 241),
            (4, 290),
            (8, 180),
            (16, 245),
            (3, 60),
            (5, 75),
            (6, 58),
            (9, 52),
            (10, 40),
            (12, 47),
            (17, 66),
            (18, 49),
            (20, 60),
            (24, 41),
            (7, 24),
            (11, 17),
            (13, 20),
            (19, 21),
            (21, 25),
            (31, 4),
        ];
        let cells = Cells::from_counts(5, counts);
        let start = starts(&cells, 2).remove(0);
        let mut slow = start.clone();
        for _ in 0..60_000 {
            slow = step(&cells, &slow).expect("a step");
        }
        let quick = climb(&cells, &start).expect("a fit");
        let (reached, expected) = (quick.penalised(&cells), slow.penalised(&cells));
        assert!(reached > expected - 1e-6, "{reached} {expected}");
        let again = step(&cells, &quick).expect("a step");
        assert!((again.hidden / quick.hidden - 1.0).abs() < 1e-6, "{} {}", again.hidden, quick.hidden);
    }

    #[test]
    fn without_overlap_or_with_two_lists_there_are_no_classes() {
        assert_eq!(best(&Cells::from_counts(3, [(1, 5), (2, 7), (4, 9)])), None);
        assert_eq!(best(&Cells::from_counts(2, [(1, 5), (2, 7), (3, 9)])), None);
    }
}
