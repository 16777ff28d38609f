//! m by decisions: what people decided, with what the search found as the prior.

use super::{Labelled, Pair};
use crate::em::LEAST;
use crate::{Error, Model, pattern};

/// Pairs that were decided which the m-probabilities of the search weigh as.
const PRIOR: f64 = 20.0;

/// A model with m-probabilities by decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Taught {
    /// The model.
    pub model: Model,
    /// Pairs that were decided to be of one person.
    pub matches: usize,
    /// How many pairs of equal weight would say as much (Kish 1965).
    pub effective: f64,
}

/// Sets the m-probabilities of a model by pairs that people decided to be of one person.
///
/// With `w` the weight of a pair, and `m` what expectation–maximisation found, for each field whose value is known
/// in both records of the pairs,
///
/// ```text
/// n  = (Σ w)² / Σ w²            (Kish 1965)
/// m' = (n Σ_l w / Σ w + α m) / (n + α),      α = 20
/// ```
///
/// the mean of the posterior with a Dirichlet prior that weighs as 20 decisions. u, λ and all else stay. The pairs must be
/// of a [sample](super::Sample), and their patterns those of the model; pairs that were chosen because they are
/// uncertain are no sample.
///
/// # Errors
/// When no pair was decided to be of one person, or a pattern is none of the model.
pub fn teach(model: &Model, pairs: &[Pair], labelled: &[Labelled]) -> Result<Taught, Error> {
    let mut matches: Vec<(u64, f64)> = Vec::new();
    for label in labelled.iter().filter(|label| label.matches && label.weight > 0.0) {
        let Some(pair) = pairs.get(label.pair as usize) else { continue };
        matches.push((pair.pattern, label.weight));
    }
    if matches.is_empty() {
        return Err(Error::Decisions(
            "no pair of the sample was decided to be of one person; decide on more pairs first".into(),
        ));
    }
    let mut model = model.clone();
    for (k, comparison) in model.comparisons.iter_mut().enumerate() {
        let mut of_level = vec![0.0; comparison.levels.len()];
        let mut squares = 0.0;
        for &(found, weight) in &matches {
            let Some(level) = pattern::level(found, k).checked_sub(1) else { continue };
            let sum = of_level.get_mut(level).ok_or_else(|| {
                Error::Decisions(
                    "the pairs are not of this model; link again, and review what comes of it".into(),
                )
            })?;
            *sum += weight;
            squares += weight * weight;
        }
        let all: f64 = of_level.iter().sum();
        if all <= 0.0 {
            continue;
        }
        let n = all * all / squares;
        let before: f64 = comparison.levels.iter().map(|level| level.m).sum();
        for (level, sum) in comparison.levels.iter_mut().zip(of_level) {
            level.m = ((n * sum / all + PRIOR * level.m / before) / (n + PRIOR)).max(LEAST);
        }
    }
    let weights = |power: i32| matches.iter().map(|m| m.1.powi(power)).sum::<f64>();
    Ok(Taught { model, matches: matches.len(), effective: weights(1).powi(2) / weights(2) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::{below, stream, unit};
    use crate::{Comparison, Test};

    fn model(m: [f64; 3]) -> Model {
        let tests = vec![Test::Exact, Test::Sound, Test::Else];
        let mut model =
            Model::new(vec![Comparison::new("a", false, tests.clone()), Comparison::new("b", false, tests)]);
        for comparison in &mut model.comparisons {
            comparison.levels.iter_mut().zip(m).for_each(|(level, m)| level.m = m);
        }
        model
    }

    fn m_of(model: &Model) -> Vec<f64> {
        model.comparisons.iter().flat_map(|c| c.levels.iter().map(|l| l.m)).collect()
    }

    #[test]
    fn the_mean_of_the_posterior_by_hand() {
        // Twenty decisions of one weight: ten at level 1, ten at level 2; the second field is missing.
        let pairs: Vec<Pair> =
            (0..20).map(|n| Pair { probability: 0.9, pattern: pattern::with(0, 0, 1 + n % 2) }).collect();
        let label = |pair| Labelled { pair, matches: true, weight: 7.0 };
        let taught = teach(&model([0.8, 0.1, 0.1]), &pairs, &(0..20).map(label).collect::<Vec<_>>());
        let taught = taught.expect("taught");
        assert_eq!(taught.matches, 20);
        assert!((taught.effective - 20.0).abs() < 1e-9);
        for (found, right) in m_of(&taught.model).iter().zip([0.65, 0.3, 0.05, 0.8, 0.1, 0.1]) {
            assert!((found - right).abs() < 1e-12, "{found} {right}");
        }
    }

    #[test]
    fn decisions_correct_what_the_search_got_wrong() {
        let truth = [0.6, 0.3, 0.1];
        let mut errors = (0.0, 0.0);
        for seed in 0..20 {
            let mut rng = stream(seed, 1);
            let mut level = || {
                let u = unit(&mut rng);
                if u < truth[0] { 1 } else { 2 + u8::from(u > truth[0] + truth[1]) }
            };
            let pairs: Vec<Pair> = (0..150)
                .map(|_| Pair {
                    probability: 0.9,
                    pattern: pattern::with(pattern::with(0, 0, level()), 1, level()),
                })
                .collect();
            let mut rng = stream(seed, 2);
            let labelled: Vec<Labelled> = (0..150)
                .map(|pair| Labelled { pair, matches: true, weight: 1.0 + below(&mut rng, 3) as f64 })
                .collect();
            let before = model([0.9, 0.05, 0.05]);
            let after = teach(&before, &pairs, &labelled).expect("taught").model;
            let error = |model: &Model| -> f64 {
                m_of(model).iter().zip(truth.iter().cycle()).map(|(m, t)| (m - t).abs()).sum()
            };
            errors = (errors.0 + error(&before), errors.1 + error(&after));
        }
        assert!(errors.1 < errors.0 / 3.0, "{errors:?}");
    }

    #[test]
    fn without_a_match_or_with_pairs_of_another_model_it_is_refused() {
        let pairs = [Pair { probability: 0.5, pattern: pattern::with(0, 0, 9) }];
        let label = |matches| [Labelled { pair: 0, matches, weight: 1.0 }];
        let said = |matches| {
            teach(&model([0.8, 0.1, 0.1]), &pairs, &label(matches)).expect_err("refused").to_string()
        };
        assert!(said(false).contains("decide on more pairs"));
        assert!(said(true).contains("not of this model"));
    }

    proptest! {
        #[test]
        fn the_levels_of_a_field_add_up_to_one(
            found in prop::collection::vec((0_u8..4, 0_u8..4, 0.1_f64..50.0), 1..40),
        ) {
            let pair = |&(a, b, _): &(u8, u8, f64)| Pair {
                probability: 0.5,
                pattern: pattern::with(pattern::with(0, 0, a), 1, b),
            };
            let pairs: Vec<Pair> = found.iter().map(pair).collect();
            let labelled: Vec<Labelled> = (0..)
                .zip(&found)
                .map(|(pair, f)| Labelled { pair, matches: true, weight: f.2 })
                .collect();
            let taught = teach(&model([0.5, 0.3, 0.2]), &pairs, &labelled).expect("taught");
            for comparison in &taught.model.comparisons {
                let sum: f64 = comparison.levels.iter().map(|l| l.m).sum();
                prop_assert!((sum - 1.0).abs() < 1e-9);
            }
            prop_assert!(taught.effective <= found.len() as f64 + 1e-9);
        }
    }
}
