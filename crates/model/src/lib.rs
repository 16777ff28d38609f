//! The vocabulary of a monitor.
//!
//! Every other crate speaks in these words: a [`Classification`] is a versioned code list; a
//! [`Cube`] holds counts over [`Dimension`]s, totals and unknowns included; a [`CaptureTable`]
//! counts persons by the registers in which they were seen; a [`Finding`] says what is wrong
//! with an input; [`Settings`] are what `monitor.toml` says.
//!
//! This crate knows no I/O engine: it reads no data files and prints nothing. Settings and the
//! shipped classifications are parsed from text that the caller (or the build) supplies.
//!
//! ```
//! use model::CaptureTable;
//!
//! // Two registers; 5 persons only in A, 3 only in B, 2 in both.
//! let table = CaptureTable::from_counts(
//!     vec!["A".into(), "B".into()],
//!     [(0b01, 5), (0b10, 3), (0b11, 2)],
//! )?;
//! assert_eq!(table.detected(), 10);
//! # Ok::<(), model::Error>(())
//! ```

mod classification;
mod cube;
mod error;
mod finding;
mod history;
mod label;
mod mapping;
pub mod provenance;
mod settings;
pub mod trend;
mod variable;

pub use classification::{Classification, Code, find as classification, nearest, shipped};
pub use cube::{
    Category, Cube, Dimension, IN, Key, NOT_IN, Rate, Relation, Role, TOTAL, UNKNOWN, Unit, Value,
    register_of, variable_of,
};
pub use error::Error;
pub use finding::{Finding, RowCount, Severity};
pub use history::{CaptureTable, MAX_LISTS};
pub use label::{Label, Language};
pub use mapping::{Catalogue, Mapping, age_group, age_range, mapping, mappings};
pub use settings::*;
pub use variable::{Period, Variable, variables};
