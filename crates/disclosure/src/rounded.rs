//! Tables of which every count was rounded: what the true counts may be.
//!
//! A figure that was rounded to a multiple of a base stands for an interval. It is what a reader knows of the true count as long
//! as he looks at this figure alone; the same count rounded in another table, and the sums of true counts, may narrow it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::{Cube, Value};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::system::LARGEST;

/// Counts of one table that are no multiples and are named one by one.
const NAMED: usize = 10;

/// How a publisher rounded every count of his tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rounded {
    /// Every published count is a multiple of this. At least 2.
    pub base: u64,
    /// How far the true count may be from the one that is published.
    pub kind: RoundedTo,
}

/// To which multiple a count was rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoundedTo {
    /// The nearest one: the true count is within half a base. What lies in the middle may have gone up or down.
    Nearest,
    /// The one below or the one above, as in random and in controlled rounding: the true count is within the base less one.
    /// Multiples of the base stay as they are. The default: it holds for both.
    #[default]
    Either,
}

impl Rounded {
    /// The least and the greatest true count, never below zero, that may be published as `published`.
    pub fn interval(self, published: u64) -> (u64, u64) {
        let far = match self.kind {
            RoundedTo::Nearest => self.base / 2,
            RoundedTo::Either => self.base.saturating_sub(1),
        };
        (published.saturating_sub(far), published.saturating_add(far))
    }

    fn check(self) -> Result<(), Error> {
        if (2..=LARGEST).contains(&self.base) {
            return Ok(());
        }
        Err(Error::Policy {
            what: format!("tables rounded to multiples of {}", self.base),
            help: "give the base to which the publisher rounds, such as 3, 5 or 10".into(),
        })
    }
}

/// The cubes with what is known of the true counts: an interval for each that was rounded. A count that is no multiple of the
/// base was not rounded; it is named in `said`, and stays.
pub(crate) fn counted<'a>(
    cubes: &'a [Cube],
    rounded: Option<Rounded>,
    said: &mut BTreeSet<String>,
) -> Result<Vec<Cow<'a, Cube>>, Error> {
    let Some(rounded) = rounded else { return Ok(cubes.iter().map(Cow::Borrowed).collect()) };
    rounded.check()?;
    let mut out = Vec::with_capacity(cubes.len());
    for cube in cubes {
        let mut known = cube.clone();
        let mut others = 0;
        for (key, value) in &mut known.cells {
            let Value::Count(n) = *value else { continue };
            if n.is_multiple_of(rounded.base) {
                let (low, high) = rounded.interval(n);
                *value = Value::Between(low, high);
                continue;
            }
            others += 1;
            if others <= NAMED {
                let cell: Vec<String> = cube.codes(key).map(|(d, c)| format!("{d}={c}")).collect();
                said.insert(format!(
                    "{} [{}] is {n}, no multiple of {}; it is taken as exact",
                    cube.title.en,
                    cell.join(", "),
                    rounded.base
                ));
            }
        }
        if others > NAMED {
            said.insert(format!(
                "{} has {} more counts that are no multiples of {}; they are taken as exact",
                cube.title.en,
                others - NAMED,
                rounded.base
            ));
        }
        out.push(Cow::Owned(known));
    }
    Ok(out)
}
