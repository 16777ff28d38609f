//! A study of coverage: populations of known size, and how often each method's interval holds it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::Serialize;

use crate::fitness::{Population, chance, log_linear_means};
use crate::method::Task;
use crate::score::{Score, Scored};
use crate::{Error, Estimate, Interval, Method, Options};

/// A kind of population whose size is known because it is made.
///
/// ```
/// let names: Vec<&str> = estimate::scenarios().iter().map(|scenario| scenario.name).collect();
/// assert!(names.contains(&"independence") && names.contains(&"four-classes"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Name in results.
    pub name: &'static str,
    /// What the population is like, in words.
    pub description: &'static str,
    /// Whether the counts of a large enough population would tell its size, under the kind of model
    /// that made it.
    pub identifiable: bool,
    /// Number of lists.
    pub lists: usize,
    population: Population,
}

/// One method on the populations of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyRow {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Whether its truth is identifiable.
    pub identifiable: bool,
    /// The method.
    pub method: Method,
    /// How its interval was made; `None` for methods that have but one way.
    pub interval: Option<Interval>,
    /// Populations drawn.
    pub populations: usize,
    /// Share of the intervals that hold the size of the population; `None` when there was none.
    pub coverage: Option<f64>,
    /// Standard error of the coverage as a share of so many intervals.
    pub coverage_error: Option<f64>,
    /// Median of estimated ÷ true size, minus 1.
    pub bias: Option<f64>,
    /// Median of upper ÷ lower limit.
    pub width: Option<f64>,
    /// Share of populations without an interval.
    pub refused: f64,
}

/// What a study found.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// One row for each scenario and way to estimate.
    pub rows: Vec<StudyRow>,
    /// Whether it was stopped: the scenario under way then and those after it have no rows.
    pub stopped: bool,
}

/// The scenarios, each with its truth by construction.
pub fn scenarios() -> Vec<Scenario> {
    let lists = [-1.5, -1.9, -1.7, -2.2, -2.0];
    vec![
        Scenario {
            name: "independence",
            description: "3,000 persons, alike, on five lists that do not depend on each other",
            identifiable: true,
            lists: 5,
            population: log_linear(3_000.0, &lists, &[]),
        },
        Scenario {
            name: "dependence",
            description: "5,000 persons; two pairs of lists draw each other in, one pair keeps the other out",
            identifiable: true,
            lists: 5,
            population: log_linear(5_000.0, &lists, &[(0, 1, 1.2), (1, 4, 0.7), (2, 3, -0.8)]),
        },
        Scenario {
            name: "two-classes",
            description: "5,000 persons of two kinds: four in five are seldom seen",
            identifiable: true,
            lists: 5,
            population: classes(
                5_000.0,
                &[(0.8, [0.10, 0.06, 0.08, 0.05, 0.07]), (0.2, [0.40, 0.30, 0.35, 0.25, 0.30])],
            ),
        },
        Scenario {
            name: "four-classes",
            description: "5,000 persons of four kinds, each with lists that see them more often",
            identifiable: true,
            lists: 5,
            population: classes(
                5_000.0,
                &[
                    (0.45, [0.10, 0.08, 0.10, 0.06, 0.08]),
                    (0.25, [0.30, 0.25, 0.08, 0.06, 0.10]),
                    (0.20, [0.08, 0.10, 0.35, 0.30, 0.08]),
                    (0.10, [0.45, 0.35, 0.40, 0.35, 0.50]),
                ],
            ),
        },
        Scenario {
            name: "sparse-uk",
            description: "the two-way model of smallest BIC for the British table of 2013 on five lists: 22,991 \
                          persons, 2,744 of them seen",
            identifiable: true,
            lists: 5,
            population: log_linear(
                22_991.0,
                &[-5.844, -3.762, -3.012, -3.369, -4.189],
                &[(0, 1, 2.090), (0, 2, 1.522), (1, 2, 0.902), (1, 4, -2.150), (2, 3, 0.772)],
            ),
        },
        Scenario {
            name: "sparse-nl",
            description: "the two-way model of smallest BIC for the Dutch table of 2010-2015 on five lists: 48,013 \
                          persons, 8,234 of them seen",
            identifiable: true,
            lists: 5,
            population: log_linear(
                48_013.0,
                &[-3.976, -3.422, -2.185, -4.111, -4.138],
                &[
                    (0, 1, -3.244),
                    (0, 4, 1.773),
                    (1, 2, -1.206),
                    (1, 3, f64::NEG_INFINITY),
                    (1, 4, -1.706),
                    (2, 4, 0.542),
                    (3, 4, -1.525),
                ],
            ),
        },
        Scenario {
            name: "wrong-model",
            description: "5,000 persons whose chances differ by degrees, and a pair of lists that draws each other \
                          in: no method here has this model",
            identifiable: false,
            lists: 5,
            population: by_degrees(5_000.0, &[-2.2, -2.6, -2.4, -2.9, -2.7], 1.0, (0, 1, 1.0)),
        },
    ]
}

/// Populations of a log-linear model: log-odds of each list when on no other, and pairs.
fn log_linear(size: f64, lists: &[f64], pairs: &[(usize, usize, f64)]) -> Population {
    let alone = lists.iter().enumerate().map(|(i, &x)| (1 << i, x));
    let together = pairs.iter().map(|&(i, j, x)| (1 << i | 1 << j, x));
    scaled(size, log_linear_means(lists.len(), alone.chain(together)))
}

/// Populations of classes: share, and chance of each list.
fn classes(size: f64, classes: &[(f64, [f64; 5])]) -> Population {
    let share = |history| classes.iter().map(|(weight, chances)| weight * chance(chances, history)).sum();
    scaled(size, (0..32).map(share).collect())
}

/// Log-odds that a normal variable with this deviation raises or lowers for each person on all lists
/// together, and one pair that draws each other in.
fn by_degrees(size: f64, lists: &[f64], deviation: f64, pair: (usize, usize, f64)) -> Population {
    // The normal distribution by its values at 201 places up to four deviations out.
    let places = (-100..=100).map(|i| f64::from(i) / 25.0);
    let mut shares = vec![0.0; 1 << lists.len()];
    for z in places {
        let shifted: Vec<f64> = lists.iter().map(|x| x + deviation * z).collect();
        let here = log_linear(1.0, &shifted, &[pair]);
        for (sum, share) in shares.iter_mut().zip(&here.shares) {
            *sum += share * (-z * z / 2.0).exp();
        }
    }
    scaled(size, shares)
}

fn scaled(size: f64, weights: Vec<f64>) -> Population {
    let all: f64 = weights.iter().sum();
    Population { size: size as u64, shares: weights.into_iter().map(|w| w / all).collect() }
}

/// Draws `populations` tables of each scenario and lets each method estimate the size.
///
/// A method is named with the way its interval is made; `None` for a method that has but one way.
/// Population number i of a scenario is the same for all methods and any number of threads. When
/// [`Options::watch`] stops the study, scenarios of which all populations are done keep their rows, and the
/// others have none.
///
/// # Errors
/// When an option is out of range.
pub fn study(
    scenarios: &[Scenario],
    methods: &[(Method, Option<Interval>)],
    populations: usize,
    options: &Options,
) -> Result<Study, Error> {
    options.check()?;
    let watch = &options.watch;
    let mut rows = Vec::new();
    for (place, scenario) in scenarios.iter().enumerate() {
        let names: Vec<String> = (0..scenario.lists).map(|i| format!("list {}", i + 1)).collect();
        watch.step(scenario.name, place + 1, scenarios.len());
        watch.units("populations", populations);
        let found: Result<Vec<Option<Vec<Estimate>>>, Stopped> = (0..populations as u64)
            .into_par_iter()
            .map(|number| {
                let mut random = ChaCha8Rng::seed_from_u64(options.seed);
                random.set_stream((place as u64 + 1) << 32 | number);
                let estimates = scenario.population.draw(&names, &mut random).map(|table| {
                    let estimates = methods.iter().map(|&(method, interval)| {
                        let (interval, watch) = (interval.unwrap_or_default(), watch.unobserved());
                        Task::quick(&table, &Options { interval, watch, ..options.clone() }).run(method)
                    });
                    estimates.collect()
                });
                watch.done(1);
                if watch.is_stopped() { Err(Stopped) } else { Ok(estimates) }
            })
            .collect();
        let Ok(found) = found else { return Ok(Study { rows, stopped: true }) };
        for (column, &(method, interval)) in methods.iter().enumerate() {
            let estimates = found.iter().flatten().map(|estimates| &estimates[column]);
            rows.push(row(scenario, method, interval, &estimates.collect::<Vec<_>>()));
        }
    }
    Ok(Study { rows, stopped: false })
}

/// Some population of a scenario was not estimated by all methods.
struct Stopped;

fn row(scenario: &Scenario, method: Method, interval: Option<Interval>, estimates: &[&Estimate]) -> StudyRow {
    let truth = scenario.population.size as f64;
    let answers: Vec<Scored> =
        estimates.iter().map(|e| Scored { truth, total: e.total, interval: e.interval }).collect();
    let Score { given, coverage, bias, width, refused } = Score::of(&answers);
    StudyRow {
        scenario: scenario.name,
        identifiable: scenario.identifiable,
        method,
        interval,
        populations: estimates.len(),
        coverage,
        coverage_error: coverage.map(|share| (share * (1.0 - share) / given).sqrt()),
        bias,
        width,
        refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_populations() {
        for scenario in scenarios() {
            let shares = &scenario.population.shares;
            assert_eq!(shares.len(), 1 << scenario.lists);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{}", scenario.name);
            assert!(shares.iter().all(|share| (0.0..1.0).contains(share)), "{}", scenario.name);
        }
    }

    #[test]
    fn sparse_scenarios_see_as_many_as_the_tables_they_are_made_of() {
        for (name, detected) in [("sparse-uk", 2_744.0), ("sparse-nl", 8_234.0)] {
            let found = scenarios().into_iter().find(|scenario| scenario.name == name).expect("a scenario");
            let seen = found.population.size as f64 * (1.0 - found.population.shares[0]);
            // The coefficients have three decimals.
            assert!((seen / detected - 1.0).abs() < 2e-3, "{name}: {seen}");
        }
    }

    #[test]
    fn a_study_does_not_depend_on_the_threads_and_counts_its_populations() {
        let methods = [(Method::Main, None), (Method::Stepwise, Some(Interval::Wald))];
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| study(&scenarios()[..1], &methods, 40, &Options::default()))
                .expect("valid options")
                .rows
        };
        let rows = run(1);
        assert_eq!(rows, run(2));
        assert_eq!((rows.len(), rows[0].populations), (2, 40));
        assert!(rows[0].coverage > Some(0.8), "{rows:?}");
    }
}
