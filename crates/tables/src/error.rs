//! What can stop the making of tables.

use std::path::{Path, PathBuf};

use thiserror::Error as ThisError;

/// Why a table cannot be made. No message holds a value of a person.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A file of standard reports cannot be read.
    #[error("{file}: {message}; run the reading of the registers again")]
    File {
        /// Name of the file, without its folder.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A dimension that cannot be made from the reports.
    #[error("{table}: dimension \"{dimension}\": {message}")]
    Dimension {
        /// The table or the estimate that asks for it.
        table: String,
        /// The dimension as written in the settings.
        dimension: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A table that would have too many cells to be read or protected.
    #[error(
        "table \"{table}\" would have {cells} cells, {periods} periods ({first} to {last}) among them; \
         at most {limit} are made: use fewer or coarser dimensions, or look for wrong dates in the reports"
    )]
    TooLarge {
        /// Identifier of the table.
        table: String,
        /// Cells that it would have.
        cells: u128,
        /// Number of periods.
        periods: usize,
        /// First period.
        first: String,
        /// Last period.
        last: String,
        /// Most cells that are made.
        limit: usize,
    },
    /// A unit that cannot be counted from reports.
    #[error("table \"{table}\": reports hold no {unit}; set count to \"persons\" or \"reports\"")]
    Unit {
        /// Identifier of the table.
        table: String,
        /// The unit asked for.
        unit: &'static str,
    },
    /// A population that does not fit its table.
    #[error("population of table \"{table}\": {message}")]
    Population {
        /// Identifier of the table.
        table: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// Vocabulary that contradicts itself.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// The folder for work files cannot be used.
    #[error("no work folder can be made beside the standard reports: {0}; check space and rights")]
    Work(#[from] std::io::Error),
    /// The query engine failed.
    #[error("the reports cannot be counted: {0}")]
    Engine(String),
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(e: datafusion::error::DataFusionError) -> Self {
        Error::Engine(e.strip_backtrace())
    }
}

impl Error {
    pub(crate) fn file(path: &Path, message: impl std::fmt::Display) -> Self {
        let file = path.file_name().map(PathBuf::from).unwrap_or_default().display().to_string();
        Error::File { file, message: message.to_string() }
    }
}
