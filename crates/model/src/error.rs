use thiserror::Error as ThisError;

/// What can be wrong with the vocabulary itself.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum Error {
    /// Capture histories that cannot be used.
    #[error("capture histories: {0}")]
    Histories(String),
    /// A cube that contradicts itself.
    #[error("table \"{cube}\": {what}")]
    Cube {
        /// The cube's identifier.
        cube: String,
        /// What is wrong.
        what: String,
    },
    /// A classification that contradicts itself.
    #[error("classification \"{classification}\": {what}")]
    Classification {
        /// The classification's identifier.
        classification: String,
        /// What is wrong.
        what: String,
    },
}
