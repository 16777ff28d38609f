//! Why a simulation stopped.

/// Why nothing, or not all, could be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No reports were asked for.
    #[error("0 reports were asked for, which makes no registers; ask for 100 or more")]
    NoReports,
    /// More reports than can be kept in order.
    #[error("{given} reports were asked for; at most {most} can be made at once")]
    TooMany {
        /// What was asked for.
        given: u64,
        /// What can be made.
        most: u64,
    },
    /// The day on which the registers are delivered is too early or too late.
    #[error("the reference date {0} cannot be used; take one in the years 1950 to 2200")]
    ReferenceDate(jiff::civil::Date),
    /// The constants of this crate contradict each other; a test proves that they do not.
    #[error("the published figures to which the simulation is calibrated contradict each other")]
    Calibration,
    /// A file could not be written.
    #[error("{file} could not be written: {source}; check that the folder is writable and has room")]
    Io {
        /// Path below the project folder.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Rows could not be brought in the form of their file.
    #[error("a register could not be encoded: {0}")]
    Encoding(String),
}

impl Error {
    pub(crate) fn io(file: &str, source: std::io::Error) -> Self {
        Self::Io { file: file.to_owned(), source }
    }
}

impl From<csv::Error> for Error {
    fn from(e: csv::Error) -> Self {
        Self::Encoding(e.to_string())
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(e: arrow::error::ArrowError) -> Self {
        Self::Encoding(e.to_string())
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(e: parquet::errors::ParquetError) -> Self {
        Self::Encoding(e.to_string())
    }
}

impl From<rust_xlsxwriter::XlsxError> for Error {
    fn from(e: rust_xlsxwriter::XlsxError) -> Self {
        Self::Encoding(e.to_string())
    }
}
