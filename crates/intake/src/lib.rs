//! Readers, mapping and validation: from files as received to standard reports, cubes of
//! published tables and capture histories, with a list of problems.
//!
//! ```text
//! file ── read (CSV, XLSX, Parquet, JSON lines; gzip, zstd) ──► rows
//! rows ── reports ──► standard reports (Parquet)     read_reports
//!      ── cubes ────► model::Cube                    read_cubes, read_tables
//!      ── histories ► model::CaptureTable            read_histories
//!      ── whatever it is, without settings           check_file, TableRows
//! ```
//!
//! Rows in = rows used + rows quarantined, always; each quarantined row has a
//! [`Finding`](model::Finding) that says why. What is wrong with a file as a whole (no header, a
//! column that is not there) is an [`Error`].
//!
//! ```
//! use model::{FileKind, Format};
//!
//! let rows = intake::read::rows_from_bytes(FileKind::Csv, b"form;n\nA;1\n", &Format::default())?;
//! assert_eq!(rows, [["form", "n"], ["A", "1"]]);
//! # Ok::<(), intake::Error>(())
//! ```

mod check;
mod codes;
mod counts;
mod cubes;
mod dates;
mod error;
mod findings;
mod hierarchy;
mod histories;
mod output;
mod published;
pub mod read;
mod reports;
mod rows;

pub use check::{Checked, Shape, check_file};
pub use cubes::{Cubes, read_cubes};
pub use error::Error;
pub use findings::Findings;
pub use hierarchy::{CodeTree, Node, read_hierarchy};
pub use histories::{Histories, read_histories};
pub use output::{hash_file, write_problems};
pub use published::{Layout, UNBOUNDED, read_tables};
pub use reports::{Reports, read_reports};
pub use rows::TableRows;
