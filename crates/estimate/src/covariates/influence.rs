//! The influence function of the capture probability, and estimates that follow it (Das, Kennedy and
//! Jewell 2023).

/// Steps in which the probabilities are moved towards the total; few are needed.
const TARGETING_STEPS: usize = 500;

/// Categories of a person for a pair of lists: in the first only, in the second only, in both, in
/// neither (but in some other list).
pub(super) const BOTH: usize = 2;

/// Probabilities, among persons in any list, of being in the first, the second and both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nuisance {
    first: f64,
    second: f64,
    both: f64,
}

impl Nuisance {
    fn of(p: &[f64]) -> Self {
        Self { first: p[0] + p[BOTH], second: p[1] + p[BOTH], both: p[BOTH] }
    }

    /// 1 ÷ the probability of being in any list.
    fn inverse(self) -> f64 {
        self.first * self.second / self.both
    }

    /// What a person of the category adds to the one-step estimate of the total.
    fn value(self, category: usize) -> f64 {
        let bracket = match category {
            0 => 1.0 / self.first,
            1 => 1.0 / self.second,
            BOTH => 1.0 / self.first + 1.0 / self.second - 1.0 / self.both,
            _ => 0.0,
        };
        self.inverse() * bracket
    }

    fn weight(self) -> f64 {
        self.inverse() / self.both
    }

    /// The influence function over its weight.
    fn direction(self, category: usize) -> f64 {
        (self.value(category) - self.inverse()) / self.weight()
    }
}

/// Sums over persons.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) persons: f64,
    pub(super) one_step: f64,
    squares: f64,
    pub(super) plug_in: f64,
}

impl Sums {
    fn add(&mut self, counts: &[f64], q: Nuisance) {
        for (category, &n) in counts.iter().enumerate().filter(|(_, n)| **n > 0.0) {
            let value = q.value(category);
            self.persons += n;
            self.one_step += n * value;
            self.squares += n * value * value;
            self.plug_in += n * q.inverse();
        }
    }

    pub(super) fn of(judged: &[Judged]) -> Self {
        judged.iter().fold(Self::default(), |mut sums, judged| {
            sums.add(&judged.counts, Nuisance::of(&judged.p));
            sums
        })
    }

    /// Variance of the total: of the values among the persons detected, and of their number,
    /// n·(ψσ² + (1 − ψ)/ψ) with ψ = detected ÷ total.
    pub(super) fn variance(&self) -> f64 {
        let spread = self.squares - self.one_step * self.one_step / self.persons;
        spread.max(0.0) + self.one_step * (self.one_step / self.persons - 1.0)
    }
}

/// Persons of a part, alike in all covariates, and the probabilities that the other parts tell of them.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) counts: Vec<f64>,
    pub(super) p: Vec<f64>,
}

/// Moves the probabilities until the plug-in estimate is the one-step estimate (targeted maximum
/// likelihood; van der Laan and Rubin 2006). With D = w·B the efficient influence function, where w is
/// 1/(γ·q12), the likelihood weighted by w is climbed along p·exp(ε·B). B is bounded, so that
/// persons with hardly any overlap do not run away with the step.
///
/// Unlike adding the correction once, this keeps every probability between 0 and 1. Gives whether
/// the two met.
pub(super) fn target(judged: &mut [Judged]) -> bool {
    let (mut reach, mut last) = (1.0, 0.0);
    for _ in 0..TARGETING_STEPS {
        let sums = Sums::of(judged);
        let gap = sums.one_step - sums.plug_in;
        if gap.abs() <= 1e-4 * sums.variance().max(0.0).sqrt() {
            return true;
        }
        // A Newton step of the likelihood in ε, shorter each time that it went too far.
        if gap * last < 0.0 {
            reach *= 0.5;
        }
        last = gap;
        let mut information = 0.0;
        for Judged { counts, p } in &*judged {
            let n: f64 = counts.iter().sum();
            if n > 0.0 {
                let q = Nuisance::of(p);
                for (category, p) in p.iter().enumerate() {
                    information += n * p * q.weight() * q.direction(category).powi(2);
                }
            }
        }
        let step = reach * gap / information;
        if !step.is_finite() {
            return false;
        }
        for Judged { p, .. } in &mut *judged {
            let q = Nuisance::of(p);
            let mut sum = 0.0;
            for (category, p) in p.iter_mut().enumerate() {
                *p *= (step * q.direction(category)).clamp(-0.5, 0.5).exp();
                sum += *p;
            }
            for p in p.iter_mut() {
                *p /= sum;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected persons in the three categories of two lists, for classes of persons of size n whose
    /// probabilities of being in the lists are a and b.
    fn expected(classes: &[(f64, f64, f64)]) -> Vec<([f64; 3], Nuisance)> {
        let class = |&(n, a, b): &(f64, f64, f64)| {
            let seen = 1.0 - (1.0 - a) * (1.0 - b);
            let q = Nuisance { first: a / seen, second: b / seen, both: a * b / seen };
            ([n * a * (1.0 - b), n * b * (1.0 - a), n * a * b], q)
        };
        classes.iter().map(class).collect()
    }

    fn sums(classes: &[([f64; 3], Nuisance)], wrong: impl Fn(Nuisance) -> Nuisance) -> Sums {
        classes.iter().fold(Sums::default(), |mut sums, (counts, q)| {
            sums.add(counts, wrong(*q));
            sums
        })
    }

    const CLASSES: [(f64, f64, f64); 3] = [(3000.0, 0.4, 0.5), (5000.0, 0.1, 0.3), (2000.0, 0.6, 0.15)];

    #[test]
    fn with_one_probability_wrong_the_total_is_still_right() {
        let classes = expected(&CLASSES);
        let right = sums(&classes, |q| q);
        assert!((right.one_step - 10_000.0).abs() < 1e-6 && (right.plug_in - 10_000.0).abs() < 1e-6);
        let cases: [fn(Nuisance) -> Nuisance; 4] = [
            |q| Nuisance { first: 0.5, ..q },
            |q| Nuisance { second: 0.3 + q.second / 3.0, ..q },
            // The probability of both wrong, that of the first right, that of any list right.
            |q| Nuisance { both: q.both / 2.0, second: q.second / 2.0, ..q },
            |q| Nuisance { both: q.both * 1.3, first: q.first * 1.3, ..q },
        ];
        for (case, wrong) in cases.into_iter().enumerate() {
            let found = sums(&classes, wrong);
            assert!((found.one_step - 10_000.0).abs() < 1e-6, "case {case}: {}", found.one_step);
        }
        // The plug-in estimate has no such protection.
        assert!((sums(&classes, cases[0]).plug_in - 10_000.0).abs() > 500.0);
        // Two wrong are too many.
        let both = sums(&classes, |q| Nuisance { first: 0.5, second: 0.5, ..q });
        assert!((both.one_step - 10_000.0).abs() > 100.0, "{}", both.one_step);
    }

    /// The error is of second order: ten times closer probabilities give a hundred times smaller bias.
    #[test]
    fn small_errors_in_all_probabilities_cost_their_square() {
        let classes = expected(&CLASSES);
        let bias = |e: f64| {
            let off = |q: Nuisance| Nuisance {
                first: q.first + e * (0.5 - q.first),
                second: q.second - e * q.second,
                both: q.both * (1.0 + e),
            };
            (sums(&classes, off).one_step - 10_000.0).abs()
        };
        let ratio = bias(0.01) / bias(0.001);
        assert!((90.0..115.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_variance_is_that_of_the_paper() {
        let classes = expected(&CLASSES);
        let found = sums(&classes, |q| q);
        let (total, detected) = (found.one_step, found.persons);
        let psi = detected / total;
        let sigma = found.squares / detected - (total / detected).powi(2);
        let paper = total * (psi * sigma + (1.0 - psi) / psi);
        assert!((found.variance() / paper - 1.0).abs() < 1e-12);
    }

    /// Shares learnt wrongly by e: after targeting the bias is of the order of e².
    #[test]
    fn targeting_takes_away_the_first_order_of_the_bias() {
        let found = |e: f64| {
            let mut judged: Vec<Judged> = expected(&CLASSES)
                .iter()
                .enumerate()
                .map(|(class, (counts, q))| {
                    let right = [q.first - q.both, q.second - q.both, q.both];
                    let off = [1.0 + e * class as f64, 1.0 - e / 2.0, 1.0 - e];
                    let sum: f64 = right.iter().zip(off).map(|(p, o)| p * o).sum();
                    Judged {
                        counts: counts.to_vec(),
                        p: right.iter().zip(off).map(|(p, o)| p * o / sum).collect(),
                    }
                })
                .collect();
            let before = Sums::of(&judged).plug_in;
            assert!(target(&mut judged));
            let after = Sums::of(&judged);
            assert!((after.plug_in - after.one_step).abs() < 1.0);
            (before - 10_000.0, after.plug_in - 10_000.0)
        };
        let ((wide, targeted), (narrow, closer)) = (found(0.2), found(0.05));
        assert!(wide.abs() > 1000.0 && narrow.abs() > 200.0, "{wide} {narrow}");
        assert!(targeted.abs() < 0.1 * wide.abs(), "{wide} {targeted}");
        assert!(closer.abs() < targeted.abs() / 8.0, "{targeted} {closer}");
        assert!(found(0.0).1.abs() < 1.0);
    }
}
