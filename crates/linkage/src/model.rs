//! The model of Fellegi and Sunter: for each field, how often its levels of agreement occur among pairs of
//! records that are of one person (m) and among pairs that are not (u).
//!
//! With levels `l_k` of the fields `k`, independent given whether the pair is of one person,
//!
//! ```text
//! log odds = log(λ / (1 − λ)) + Σ_k log(m_k(l_k) / u_k(l_k))
//! ```
//!
//! where λ is the share of pairs that are of one person (Fellegi & Sunter 1969, *JASA* 64). A field that is
//! missing in either record says nothing. Where a field agrees exactly on a value that `f_v` of the records
//! have, `m / f_v` takes the place of `m / u` (Winkler 2000): a rare name says more than a common one.

mod compiled;
mod hierarchy;
mod prepared;
mod test;
#[cfg(test)]
mod tests;

pub(crate) use compiled::Compiled;
pub use hierarchy::Hierarchy;
pub use test::Test;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Most comparisons of a model, and most levels of a comparison: a pattern is a number of 64 bits.
pub(crate) const MOST: usize = 15;

/// A model of linkage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// λ: the probability that two records, whichever, are of one person.
    #[serde(default = "unknown")]
    pub prior: f64,
    /// What is compared.
    #[serde(rename = "comparison")]
    pub comparisons: Vec<Comparison>,
    /// Pairs of two persons that are alike beyond chance, by kind, where there are such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<Alike>,
    /// Which values belong to which, for the tests `within`.
    #[serde(default, rename = "hierarchy", skip_serializing_if = "Vec::is_empty")]
    pub hierarchies: Vec<Hierarchy>,
    /// λ by pair of registers, where it was learnt; the common one serves for all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<Between>,
}

/// How many persons two registers, or one with itself, have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The names of both registers, in any order.
    pub registers: [String; 2],
    /// The probability that a record of one and a record of the other, whichever, are of one person.
    pub prior: f64,
}

/// Pairs of two persons who have more in common than chance has it: relatives, compatriots. Whatever they
/// share, it is not what is [personal](Comparison::personal).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alike {
    /// Their share among pairs of two persons.
    pub share: f64,
    /// The shares of levels among them: a row for each comparison.
    pub levels: Vec<Vec<f64>>,
}

/// One field, or some that belong together, with levels of agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The field.
    pub field: String,
    /// If exact agreement on a rare value counts for more.
    #[serde(default)]
    pub term_frequency: bool,
    /// If it is of one person only, as a date of birth is: who is alike otherwise, relatives and compatriots,
    /// shares it no more than others do.
    #[serde(default)]
    pub personal: bool,
    /// If the field is an age: where the dates of birth are, and the day of the age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeOf>,
    /// How u depends on the level of another field, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub u_given: Option<Given>,
    /// From the closest to the farthest. The first whose test is true is the pair's; the last takes all
    /// that is left.
    #[serde(rename = "level")]
    pub levels: Vec<Level>,
}

/// What an age is read with. A record with a date of birth is compared by that with the age of another; two dates
/// of birth are not compared here but where the field with them is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeOf {
    /// The field with dates, or years, of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<String>,
    /// The field with the day on which the person had that age, or the year, such as `2021`, where it is the same
    /// for all. Without it ages are compared with each other only, as if all were of one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The shares of the levels of a field given the level of another. Who is from the same place has the same
/// postcode more often than chance has it, without being the same person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The other field.
    pub field: String,
    /// A row for each level of the other field, with a share for each level of this.
    pub shares: Vec<Vec<f64>>,
}

/// A level of agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// When a pair has it.
    pub test: Test,
    /// Its share among pairs of one person; 0 when it is still to be learnt.
    #[serde(default)]
    pub m: f64,
    /// Its share among pairs of two persons; 0 when it is still to be learnt.
    #[serde(default)]
    pub u: f64,
}

fn unknown() -> f64 {
    1e-4
}

impl Comparison {
    /// A comparison with levels whose probabilities are still to be learnt.
    pub fn new(field: &str, term_frequency: bool, tests: Vec<Test>) -> Self {
        let personal = tests.iter().any(Test::is_of_dates);
        let n = tests.len() as f64;
        let levels = tests
            .into_iter()
            .enumerate()
            .map(|(at, test)| {
                // Only where the search begins: most pairs of one person agree.
                let m = if at == 0 { 0.8 } else { 0.2 / (n - 1.0) };
                Level { test, m, u: 1.0 / n }
            })
            .collect();
        Self { field: field.to_owned(), term_frequency, personal, age: None, u_given: None, levels }
    }
}

impl Model {
    /// A model whose probabilities are still to be learnt.
    pub fn new(comparisons: Vec<Comparison>) -> Self {
        Self { prior: 1e-4, comparisons, alike: Vec::new(), hierarchies: Vec::new(), between: Vec::new() }
    }

    /// A pattern as text: the level of each comparison in order, counted from 1, `-` where the field is
    /// missing.
    pub fn pattern_text(&self, pattern: u64) -> String {
        (0..self.comparisons.len())
            .map(|k| match crate::pattern::level(pattern, k) {
                0 => "-".to_owned(),
                level => format!("{level:x}"),
            })
            .collect()
    }

    /// The share of pairs of two persons that are alike in no way.
    pub(crate) fn others(&self) -> f64 {
        (1.0 - self.alike.iter().map(|alike| alike.share).sum::<f64>()).max(1e-12)
    }

    /// The pattern of such a text; `None` if it is none of this model.
    pub fn read_pattern(&self, text: &str) -> Option<u64> {
        let levels: Vec<u8> = text
            .chars()
            .map(|c| if c == '-' { Some(0) } else { c.to_digit(16).filter(|l| *l > 0).map(|l| l as u8) })
            .collect::<Option<_>>()?;
        let fits = |(level, c): (&u8, &Comparison)| usize::from(*level) <= c.levels.len();
        let good = levels.len() == self.comparisons.len() && levels.iter().zip(&self.comparisons).all(fits);
        let with = |so_far, (k, &level): (usize, &u8)| crate::pattern::with(so_far, k, level);
        good.then(|| levels.iter().enumerate().fold(0, with))
    }

    /// True if all probabilities are there.
    pub fn is_learnt(&self) -> bool {
        self.comparisons.iter().flat_map(|c| &c.levels).all(|l| l.m > 0.0 && l.u > 0.0)
    }

    /// Gives levels without probabilities those that a search can begin with.
    pub(crate) fn start(&mut self) {
        for comparison in &mut self.comparisons {
            if comparison.levels.iter().any(|l| l.m <= 0.0 || l.u <= 0.0) {
                let tests = comparison.levels.iter().map(|l| l.test.clone()).collect();
                comparison.levels = Comparison::new(&comparison.field, true, tests).levels;
            }
        }
    }

    /// Forgets what was learnt of pairs of one person.
    pub(crate) fn begin_again(&mut self) {
        self.prior = unknown();
        for comparison in &mut self.comparisons {
            let tests = comparison.levels.iter().map(|l| l.test.clone()).collect();
            let new = Comparison::new(&comparison.field, true, tests).levels;
            comparison.levels.iter_mut().zip(new).for_each(|(level, new)| level.m = new.m);
        }
    }

    /// Checks that it can be computed with.
    ///
    /// # Errors
    /// When there are too few or too many comparisons or levels, or a probability is none.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |option: &str, value: String, allowed: &str| {
            Err(Error::Setting { option: option.into(), value, allowed: allowed.into() })
        };
        if self.comparisons.is_empty() || self.comparisons.len() > MOST {
            return wrong(
                "comparison",
                self.comparisons.len().to_string(),
                "a model has 1 to 15 comparisons",
            );
        }
        if !(self.prior > 0.0 && self.prior < 1.0) {
            return wrong("prior", self.prior.to_string(), "it is a probability between 0 and 1");
        }
        if let Some(between) = self.between.iter().find(|b| !(b.prior > 0.0 && b.prior < 1.0)) {
            let of = format!("prior of {}", between.registers.join(" and "));
            return wrong(&of, between.prior.to_string(), "it is a probability between 0 and 1");
        }
        let shape = self.comparisons.iter().map(|c| c.levels.len());
        if self.alike.iter().any(|alike| {
            !alike.levels.iter().map(Vec::len).eq(shape.clone())
                || alike.levels.iter().flatten().chain([&alike.share]).any(|p| !(*p > 0.0 && *p < 1.0))
        }) {
            return wrong(
                "alike",
                "a table".into(),
                "it has a share, and for each comparison in order a share above 0 of each level",
            );
        }
        hierarchy::check(&self.hierarchies)?;
        for comparison in &self.comparisons {
            let of = format!("levels of {}", comparison.field);
            let tests = || comparison.levels.iter().map(|l| &l.test);
            let ages = tests().filter(|t| matches!(t, Test::Age(_))).count();
            if (ages > 0 || comparison.age.is_some()) && ages + 1 != comparison.levels.len() {
                return wrong(
                    &of,
                    "of ages with others".into(),
                    "an age has levels age(0), age(1), … and else",
                );
            }
            for name in
                tests().filter_map(|t| if let Test::Within(path) = t { Some(path) } else { None }).flatten()
            {
                if self.hierarchies.iter().all(|h| h.name != *name) {
                    return wrong(
                        &of,
                        format!("within({name})"),
                        "the model needs a [[hierarchy]] of this name, with its parents or a file",
                    );
                }
            }
            if !(2..=MOST).contains(&comparison.levels.len()) {
                return wrong(&of, comparison.levels.len().to_string(), "a comparison has 2 to 15 levels");
            }
            for level in &comparison.levels {
                level.test.check(&comparison.field)?;
                for (name, p) in [("m", level.m), ("u", level.u)] {
                    if !(p > 0.0 && p <= 1.0) {
                        return wrong(
                            &format!("{name} of {}", comparison.field),
                            p.to_string(),
                            "it is a probability above 0",
                        );
                    }
                }
            }
            if comparison.levels.last().is_some_and(|l| l.test != Test::Else) {
                return wrong(&of, "without a last level \"else\"".into(), "every pair must have a level");
            }
        }
        Ok(())
    }
}
