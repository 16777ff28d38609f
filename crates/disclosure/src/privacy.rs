//! Differential privacy: counts with noise that is enough whatever an attacker knows.
//!
//! What is published would be nearly as probable if any one person were not in the data. How
//! nearly is the [`Budget`]. Two data sets are neighbours here when one has one person more, with
//! all of that person's records.
//!
//! ```
//! use disclosure::privacy::{Budget, Seed, Settings, release};
//! # use model::{Category, Cube, Dimension, Label, Role, Unit, TOTAL, Value};
//! # let label = |s: &str| Label { en: s.into(), nl: s.into() };
//! # let category = |c: &str, parent| Category { code: c.into(), label: label(c), parent };
//! # let form = Dimension { id: "form".into(), label: label("form"), role: Role::Breakdown,
//! #     classification: None, categories: vec![category(TOTAL, None), category("a", Some(0)),
//! #     category("b", Some(0))] };
//! # let cube = Cube { id: "by_form".into(), title: label(""), definition: label(""),
//! #     unit: Unit::Persons, universe: "u".into(), sources: vec![], dimensions: vec![form],
//! #     cells: [60, 40, 20].into_iter().enumerate()
//! #         .map(|(i, n)| (vec![i as u32], Value::Count(n))).collect() };
//! let settings = Settings::new(Budget::Approximate { epsilon: 1.0, delta: 1e-6 });
//! let released = release(&cube, &settings, &Seed::new([1; 32]))?;
//! // A person counts in a form and in the total.
//! assert_eq!(released.sensitivity.cells, 2);
//! assert!(released.epsilon <= 1.0);
//! # Ok::<(), disclosure::Error>(())
//! ```

mod accounting;
mod consistent;
mod sampler;

use std::collections::BTreeMap;

use model::{Cube, Key, Role, Unit, Value, Zeros};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use accounting::{Accountant, Budget, DELTA, delta_of, epsilon_of, rho_of};
pub use sampler::{Ratio, Sampler};

use crate::additive::words;
use crate::rollup::Rollup;
use crate::{Error, Method, ProtectedCube, Rule};

/// The secret from which noise is drawn: 32 bytes that nobody else knows. Whoever has it can take
/// the noise away.
///
/// The noise of a cube comes from the seed, the settings and all that the cube holds, its counts too.
/// So the same cube has the same noise each time, and a cube of which one count has changed has
/// noise that has nothing to do with it: the difference of two editions does not show the change.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

impl Seed {
    /// A seed of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Seed(bytes)
    }

    /// A seed that comes from another of at least 32 random bytes, and tells nothing of it nor of what else is made of it.
    pub fn derived(from: &[u8]) -> Self {
        Seed(blake3::derive_key("zicht 2026 noise of differential privacy", from))
    }

    /// The seed for one thing, of what that thing holds.
    pub(crate) fn of(&self, what: &str, contents: impl IntoIterator<Item = u64>) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(what.len() as u64).to_le_bytes());
        hasher.update(what.as_bytes());
        for n in contents {
            hasher.update(&n.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// How much one person can be in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Contribution {
    /// In how many periods one person counts at most. All periods of the table when not given.
    /// A smaller number has to be true of the data: whoever gives it drops what is beyond it first.
    pub periods: Option<u32>,
    /// How many records one person has at most, in all periods together, in tables of reports or
    /// events. As above, this has to be true of the data. Not used in tables of persons.
    pub records: u32,
}

impl Default for Contribution {
    fn default() -> Self {
        Contribution { periods: None, records: 1 }
    }
}

/// How much the counts of a table can change when one person more is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sensitivity {
    /// Cells that one record counts in: the product over the dimensions of the levels of their
    /// hierarchies. With three dimensions that have a total, 2³ = 8; with three levels each, 3³ = 27.
    pub cells: u64,
    /// The most by which the counts change together: Σ |change|.
    pub l1: u64,
    /// The most of Σ change².
    pub l2_squared: u64,
}

/// The sensitivity of all cells of a cube together, from its dimensions alone: the most
/// detailed place that a person can have decides, whether or not anyone has it.
///
/// In each dimension a person has one category, and all that it is a part of. Categories of which neither
/// is a part of the other are taken to have no person in common in one period.
///
/// # Errors
/// When the cube contradicts itself or has more than 2²⁴ cells.
pub fn sensitivity(cube: &Cube, contribution: &Contribution) -> Result<Sensitivity, Error> {
    cube.check()?;
    let rollup = Rollup::new(&cube.id, &cube.dimensions)?;
    Ok(sensitivity_of(cube, &rollup, contribution, false))
}

fn sensitivity_of(cube: &Cube, rollup: &Rollup, c: &Contribution, detail: bool) -> Sensitivity {
    let (mut cells, mut periods, mut editions) = (1u64, 1u64, 1u64);
    for (d, levels) in cube.dimensions.iter().zip(rollup.levels()) {
        let categories = d.categories.len() as u64;
        match d.role {
            Role::Breakdown if detail => {}
            Role::Breakdown => cells *= levels as u64,
            Role::Time => periods *= categories,
            Role::Vintage => editions *= categories,
        }
    }
    let periods = c.periods.map_or(periods, |p| periods.min(u64::from(p.max(1))));
    // Sources stand side by side: a person may be in all of them.
    let places = cells.saturating_mul(editions);
    match cube.unit {
        // Once in each period, in different cells.
        Unit::Persons => {
            let n = places.saturating_mul(periods);
            Sensitivity { cells, l1: n, l2_squared: n }
        }
        // All records of a person may be in the same cell.
        Unit::Reports | Unit::Events | Unit::Amounts => {
            let r = u64::from(c.records.max(1));
            Sensitivity {
                cells,
                l1: places.saturating_mul(r),
                l2_squared: places.saturating_mul(r).saturating_mul(r),
            }
        }
    }
}

/// Which cells get noise of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Every cell, totals too. Totals are then more precise than sums of noisy details. The
    /// default.
    #[default]
    EveryCell,
    /// The most detailed cells; totals are their sums. A person counts once, so that details have
    /// less noise, and totals the noise of all details together.
    Detail,
}

/// How a cube is released.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// What the release of this cube may tell of a person.
    pub budget: Budget,
    /// How much one person can be in the cube.
    pub contribution: Contribution,
    /// Which cells get noise of their own.
    pub measured: Measured,
    /// Whether counts are made consistent afterwards: not negative, and totals the sums of their
    /// parts, by least squares. It costs no budget, and improves most counts.
    pub consistent: bool,
}

impl Settings {
    /// Noise in every cell, made consistent; each person once in each period.
    pub fn new(budget: Budget) -> Self {
        Settings {
            budget,
            contribution: Contribution::default(),
            measured: Measured::default(),
            consistent: true,
        }
    }
}

/// A cube with noise, and what it tells of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The cube to publish: whole numbers that are not negative, for every combination of
    /// categories.
    pub cube: ProtectedCube,
    /// The counts as they were drawn: some negative, none biased. May be published too; for whoever
    /// calculates with the counts.
    pub noisy: BTreeMap<Key, i64>,
    /// How much one person changes the measured cells.
    pub sensitivity: Sensitivity,
    /// Standard deviation of the noise of a measured cell, in persons.
    pub deviation: f64,
    /// ρ that was spent: never more than the budget allows.
    pub rho: f64,
    /// ε that was spent, at `delta`.
    pub epsilon: f64,
    /// δ: that of the budget, [`DELTA`] for a budget of ρ, 0 for a pure one.
    pub delta: f64,
}

/// The noise of every measured cell.
#[derive(Debug, Clone, Copy)]
enum Noise {
    Gaussian(Ratio),
    Laplace(Ratio),
}

impl Noise {
    fn draw(self, sampler: &mut Sampler) -> i64 {
        match self {
            Noise::Gaussian(variance) => sampler.discrete_gaussian(variance),
            Noise::Laplace(scale) => sampler.discrete_laplace(scale),
        }
    }

    /// A number that differs where the noise does.
    fn parameter(self) -> u64 {
        match self {
            Noise::Gaussian(variance) => variance.value().to_bits(),
            // Scales are above zero, so that the sign is free to tell the two apart.
            Noise::Laplace(scale) => (-scale.value()).to_bits(),
        }
    }

    fn deviation(self) -> f64 {
        match self {
            // The variance of the discrete Gaussian is at most σ² (Canonne et al. 2020, corollary 9).
            Noise::Gaussian(variance) => variance.value().sqrt(),
            // 2r / (1 − r)² with r = exp(−1/b).
            Noise::Laplace(scale) => {
                let r = (-1.0 / scale.value()).exp();
                (2.0 * r).sqrt() / (1.0 - r)
            }
        }
    }
}

/// Adds noise to a cube so that it spends a budget of differential privacy.
///
/// Every combination of categories gets a cell, with or without a count in `cube`: which cells have
/// a count can itself tell of a person. A cell without count counts as zero. The same seed and cube
/// give the same result on any number of threads.
///
/// # Errors
/// When the budget makes no sense, the cube contradicts itself, has only bounds somewhere, or has
/// more than 2²⁴ cells.
pub fn release(cube: &Cube, settings: &Settings, seed: &Seed) -> Result<Release, Error> {
    cube.check()?;
    let rollup = Rollup::new(&cube.id, &cube.dimensions)?;
    let detail_only = settings.measured == Measured::Detail;
    let sensitivity = sensitivity_of(cube, &rollup, &settings.contribution, detail_only);
    let budget = settings.budget.rho()?;
    let (noise, rho, epsilon, delta) = match settings.budget {
        Budget::Pure { epsilon } => {
            let scale = Ratio::at_least(sensitivity.l1 as f64 / epsilon)?;
            let spent = sensitivity.l1 as f64 / scale.value();
            (Noise::Laplace(scale), spent * spent / 2.0, spent, 0.0)
        }
        Budget::Concentrated { .. } | Budget::Approximate { .. } => {
            let variance = Ratio::at_least(sensitivity.l2_squared as f64 / (2.0 * budget))?;
            let spent = sensitivity.l2_squared as f64 / (2.0 * variance.value());
            let delta = if let Budget::Approximate { delta, .. } = settings.budget { delta } else { DELTA };
            (Noise::Gaussian(variance), spent, epsilon_of(spent, delta), delta)
        }
    };
    let truth = counts(cube, &rollup)?;
    // Two releases of one cube with different settings may not have the same draws: their difference
    // would tell the noise.
    let chosen = [noise.parameter(), u64::from(detail_only)];
    let stream = seed.of(&cube.id, chosen.into_iter().chain(truth.iter().map(|n| n.cast_unsigned())));
    let flags = rollup.detail();
    let measured: Vec<i64> = truth
        .par_iter()
        .with_min_len(512)
        .enumerate()
        .map(|(cell, &n)| match settings.measured {
            Measured::Detail if !rollup.is_detail(cell, &flags) => 0,
            _ => n.saturating_add(noise.draw(&mut Sampler::new(stream, cell as u64))),
        })
        .collect();
    let noisy = match settings.measured {
        Measured::EveryCell => measured,
        Measured::Detail => {
            let mut sums = vec![0i64; measured.len()];
            for (cell, &n) in measured.iter().enumerate().filter(|(c, _)| rollup.is_detail(*c, &flags)) {
                rollup.each(&rollup.key(cell), |c| sums[c] = sums[c].saturating_add(n));
            }
            sums
        }
    };
    let published: Vec<u64> = if settings.consistent {
        consistent::consistent(&rollup, &noisy)
    } else {
        noisy.iter().map(|&n| u64::try_from(n).unwrap_or(0)).collect()
    };
    let frame = Cube {
        cells: (0..rollup.cells()).map(|c| (rollup.key(c), Value::Missing)).collect(),
        ..cube.clone()
    };
    let rule = Rule { threshold: 1, zeros: Zeros::Publish, protection: 0, groups: false };
    let method = Method::Privacy { rho, epsilon, delta };
    Ok(Release {
        cube: ProtectedCube::of_changed(
            &frame,
            published.into_iter().map(|n| Some((n, Value::Missing))),
            rule,
            method,
        ),
        noisy: noisy.into_iter().enumerate().map(|(c, n)| (rollup.key(c), n)).collect(),
        sensitivity,
        deviation: noise.deviation(),
        rho,
        epsilon,
        delta,
    })
}

/// Adds noise to cubes about the same persons, which share a budget in proportion to `shares`.
///
/// Of a pure budget ε is divided, else ρ ([`Budget::rho`]). Each cube says what was spent on all of them together, as that
/// is what a reader of all of them can use. A cell that two cubes have gets noise in both, and is not the same in them.
///
/// # Errors
/// As [`release`]; also when a share is not above zero.
pub fn release_all(
    cubes: &[Cube],
    shares: &[f64],
    settings: &Settings,
    seed: &Seed,
) -> Result<Vec<Release>, Error> {
    let all: f64 = shares.iter().sum();
    if cubes.len() != shares.len() || !shares.iter().all(|s| s.is_finite() && *s > 0.0) {
        return Err(Error::Policy {
            what: format!("shares {shares:?} of a budget for {} tables", cubes.len()),
            help: "give each table a share above zero".into(),
        });
    }
    let mut account = Accountant::new(settings.budget)?;
    let mut released = Vec::new();
    for (cube, share) in cubes.iter().zip(shares) {
        let part = share / all;
        let budget = match settings.budget {
            Budget::Pure { epsilon } => Budget::Pure { epsilon: epsilon * part },
            _ => Budget::Concentrated { rho: settings.budget.rho()? * part },
        };
        let release = release(cube, &Settings { budget, ..*settings }, seed)?;
        account.spend(release.rho)?;
        released.push(release);
    }
    let (epsilon, delta) = match settings.budget {
        Budget::Pure { .. } => (released.iter().map(|r: &Release| r.epsilon).sum(), 0.0),
        Budget::Concentrated { .. } => (account.epsilon(DELTA), DELTA),
        Budget::Approximate { delta, .. } => (account.epsilon(delta), delta),
    };
    let method = Method::Privacy { rho: account.spent(), epsilon, delta };
    for release in &mut released {
        release.cube.changed = Some(method);
    }
    Ok(released)
}

/// The counts of all cells.
fn counts(cube: &Cube, rollup: &Rollup) -> Result<Vec<i64>, Error> {
    let mut truth = vec![0i64; rollup.cells()];
    for (key, value) in &cube.cells {
        match *value {
            Value::Count(n) if n <= 1 << 40 => truth[rollup.cell(key)] = n.cast_signed(),
            Value::Count(_) => {
                return Err(Error::TooLarge { table: cube.id.clone(), cell: words(cube, key) });
            }
            Value::Between(..) => {
                return Err(Error::Policy {
                    what: format!(
                        "table \"{}\" has only bounds of the count at {}",
                        cube.id,
                        words(cube, key)
                    ),
                    help: "noise is added to counts; give the table of counts".into(),
                });
            }
            Value::Missing => {}
        }
    }
    Ok(truth)
}
