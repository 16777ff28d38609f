//! A population with known truth, and the registers that catch it.
//!
//! [`simulate`] makes a whole monitor project: six registers as six organisations would send
//! them, each in its own format, with its own columns, codes and mistakes; a `monitor.toml`
//! that describes them; and the truth, so that the error of every later step can be measured.
//!
//! How it works, in the order of the pipeline:
//! - `published`: the real figures, with their sources;
//! - `calibrate`: a model of who is seen by which registers, fitted to them, so that capture
//!   histories are distributed as in the real six-list table and visibility is known;
//! - `population`, `names`: persons, each drawn from a stream of random numbers of their own;
//! - `identity`, `report`: how a register writes a person down, with its errors and mistakes;
//! - `layout`, `encode`, `file`: the six layouts and formats;
//! - `before`: what was delivered a year before, for an edition to compare with;
//! - `inhabitants`: the population that rates are set against;
//! - `monitor`, `truth`: `monitor.toml` and what is true.
//!
//! This crate reads nothing and knows no other step: it depends on the vocabulary alone.
//!
//! ```
//! let dir = std::env::temp_dir().join("zicht-simulate-example");
//! let options = simulate::Options {
//!     reports: 1_000,
//!     seed: 1,
//!     reference_date: jiff::civil::date(2026, 1, 31),
//!     pseudonyms: false,
//!     year_before: false,
//! };
//! let summary = simulate::simulate(&options, &dir, &|_| {})?;
//! assert!(summary.detected < summary.persons);
//! assert_eq!(summary.registers[0].0, "police");
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(clippy::cast_possible_wrap, reason = "days, ages and indices are far below 2^15")]

mod before;
mod calibrate;
mod codes;
mod days;
mod draw;
mod encode;
mod error;
mod file;
mod identity;
mod inhabitants;
mod layout;
mod monitor;
mod names;
mod population;
mod project;
mod published;
mod report;
mod truth;

pub use error::Error;
pub use project::{Options, Summary, simulate};
