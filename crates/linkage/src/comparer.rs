//! Candidate pairs compared elsewhere: in another process, or on other machines.
//!
//! The comparison of two records looks at nothing but their values and the tests of the model. So wherever it
//! is done, the levels are the same, and with them all that follows. What compares elsewhere calls
//! [`patterns`], which is the very code that this process runs, and what comes back is checked: as many
//! patterns as pairs, and some of the pairs compared here too.
//!
//! ```
//! use linkage::{Model, RecordsBuilder, comparer};
//!
//! let model: Model = serde_json::from_str(
//!     r#"{"comparison": [{"field": "name", "level": [{"test": "exact"}, {"test": "damerau(1)"}, {"test": "else"}]}]}"#,
//! )?;
//! let mut records = RecordsBuilder::new(&["name"]);
//! records.register("all");
//! for name in ["anna", "anne", "bob"] {
//!     records.push([name])?;
//! }
//! let patterns = comparer::patterns(&model, &records.build(), &[(0, 1), (0, 2)])?;
//! assert_eq!(patterns.iter().map(|&p| model.pattern_text(p)).collect::<Vec<_>>(), ["2", "3"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod process;
pub mod wire;

pub use process::Process;

use rayon::prelude::*;

use crate::blocking::{Blocks, mix};
use crate::model::Compiled;
use crate::run::Candidate;
use crate::{Error, Model, Records, Test};

/// Pairs that are compared one after the other.
const CHUNK: usize = 1 << 14;
/// Of so many pairs one is compared here too.
const CHECKED: u64 = 256;

/// Compares candidate pairs.
pub trait Comparer: std::fmt::Debug + Send + Sync {
    /// The pattern of each pair of records `(a, b)`, counted from 0, in the order of the pairs: what
    /// [`patterns`] gives.
    ///
    /// # Errors
    /// When it cannot be done. A part is never given for the whole.
    fn patterns(&self, model: &Model, records: &Records, pairs: &[(u32, u32)]) -> Result<Vec<u64>, Error>;
}

/// The pattern of each pair of records, compared here: the levels of all comparisons of the model, four bits
/// each, the first comparison lowest; 0 where the field is missing in either record.
///
/// # Errors
/// When the model cannot be computed with or names a field that is not there, or there is no such record.
pub fn patterns(model: &Model, records: &Records, pairs: &[(u32, u32)]) -> Result<Vec<u64>, Error> {
    check_shape(model)?;
    let most = pairs.iter().map(|&(a, b)| a.max(b)).max();
    if most.is_some_and(|most| most as usize >= records.len()) {
        return Err(Error::Comparer("a pair of records that are not there cannot be compared".into()));
    }
    let compiled = Compiled::new(model, records)?;
    let parts: Vec<Vec<u64>> = pairs
        .par_chunks(CHUNK)
        .map(|pairs| {
            let mut memory = compiled.memory();
            pairs.iter().map(|&(a, b)| compiled.pattern(&mut memory, a, b)).collect()
        })
        .collect();
    Ok(parts.concat())
}

/// The fields that a model looks at, each once, in the order in which it names them. Others need not leave
/// this process.
pub fn fields(model: &Model) -> Vec<&str> {
    let mut fields: Vec<&str> = Vec::new();
    for comparison in &model.comparisons {
        let of_tests = comparison.levels.iter().filter_map(|level| match &level.test {
            Test::Swapped(other) | Test::Crossed(other) => Some(other.as_str()),
            _ => None,
        });
        for field in std::iter::once(comparison.field.as_str()).chain(of_tests) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    fields
}

/// The candidate pairs with their patterns, compared by another.
pub(crate) fn candidates(
    comparer: &dyn Comparer,
    (model, compiled): (&Model, &Compiled<'_>),
    records: &Records,
    blocks: &Blocks<'_>,
) -> Result<Vec<Candidate>, Error> {
    let pairs = blocks.visit(Vec::new, |made, a, b, _| made.push((a, b))).concat();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let patterns = comparer.patterns(model, records, &pairs)?;
    if patterns.len() != pairs.len() {
        return Err(Error::Comparer(format!(
            "{} pairs were to be compared, but {} came back; nothing was written",
            pairs.len(),
            patterns.len()
        )));
    }
    // An older program on one of the machines would compare otherwise.
    let wrong = pairs.par_chunks(CHUNK).zip(patterns.par_chunks(CHUNK)).any(|(pairs, patterns)| {
        let mut memory = compiled.memory();
        pairs.iter().zip(patterns).any(|(&(a, b), &pattern)| {
            mix(u64::from(a) << 32 | u64::from(b)).is_multiple_of(CHECKED)
                && compiled.pattern(&mut memory, a, b) != pattern
        })
    });
    if wrong {
        return Err(Error::Comparer(
            "pairs that were compared elsewhere came back with other levels than they have here; \
             the programs are of different versions: install the same on all machines"
                .into(),
        ));
    }
    Ok(pairs.into_iter().zip(patterns).map(|((a, b), pattern)| Candidate { a, b, pattern }).collect())
}

/// Checks what a comparison needs of a model: its probabilities may be still unknown.
fn check_shape(model: &Model) -> Result<(), Error> {
    let mut model = model.clone();
    model.start();
    model.check()
}
