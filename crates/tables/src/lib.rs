//! Cubes of counts from reports and persons, capture histories, rates, and trends of series.
//!
//! [`Reports`] opens the Parquet files of standard reports that the readers of registers leave.
//! [`Reports::cubes`] counts reports, or persons once in each period, over the dimensions of the
//! settings and returns [`model::Cube`]s with all totals; [`Reports::histories`] counts persons
//! by the registers in which they occur. [`rates`] sets counts against a population, and
//! [`trend`] says what a series of counts carries: exact intervals, changes, breaks in level, and
//! organisations whose reporting changed.
//!
//! The query engine groups; totals are sums of whole numbers made here. So results are exact and
//! the same with any number of threads.
//!
//! This crate protects nothing: its cubes are for `disclosure`, and trends are to be made from
//! protected cubes.
//!
//! ```no_run
//! use model::{Catalogue, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::parse(&std::fs::read_to_string("monitor.toml")?)?;
//! let catalogue = Catalogue::new(&settings, |file| std::fs::read_to_string(file).map_err(|e| e.to_string()))?;
//! let reports = tables::Reports::open(&["police.parquet".into()], &settings, &catalogue, 2)?;
//! for cube in reports.cubes(&settings.table)? {
//!     println!("{}: {} cells over {} reports", cube.id, cube.cells.len(), reports.rows());
//! }
//! # Ok(())
//! # }
//! ```

mod calendar;
mod engine;
mod error;
mod level;
mod rates;
mod reports;
mod rollup;
pub mod trend;

pub use error::Error;
pub use rates::rates;
pub use reports::{Histories, Reports};
