//! What can go wrong.

/// An error of linkage. No text of it holds an identifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The records cannot be linked as they are.
    #[error("{0}")]
    Records(String),
    /// A file of decisions cannot be used.
    #[error("{0}")]
    Decisions(String),
    /// A key cannot be used, or codes of several keys came together.
    #[error("{0}")]
    Key(String),
    /// What compares the candidate pairs elsewhere did not do it, or not rightly.
    #[error("{0}")]
    Comparer(String),
    /// A setting is not possible.
    #[error("{option}: {value} is not possible; {allowed}")]
    Setting {
        /// The setting, as in the file or on the command line.
        option: String,
        /// What was given.
        value: String,
        /// What is possible.
        allowed: String,
    },
}
