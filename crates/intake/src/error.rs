//! Why a file cannot be read at all. What is wrong with single rows is a [`model::Finding`].

/// Why an input could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened, read or written.
    #[error("{file}: {source}")]
    Io {
        /// The file as named in the settings.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file as a whole is not what it should be.
    #[error("{file}{}: {message}", row.map_or_else(String::new, |r| format!(":{r}")))]
    File {
        /// The file as named in the settings.
        file: String,
        /// The row where reading ended, if there is one.
        row: Option<u64>,
        /// What is wrong.
        message: String,
        /// What is allowed and what to do.
        help: String,
    },
}

impl Error {
    pub(crate) fn file(file: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), row: None, message: message.into(), help: help.into() }
    }

    pub(crate) fn at(file: &str, row: u64, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), row: Some(row), message: message.into(), help: help.into() }
    }

    /// What is allowed and what to do.
    pub fn help(&self) -> &str {
        match self {
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => {
                    "there is no such file: check its name and the path in monitor.toml"
                }
                std::io::ErrorKind::PermissionDenied => "you may not use this file: check its permissions",
                _ => "check that the file is whole and that the disk has room",
            },
            Self::File { help, .. } => help,
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
