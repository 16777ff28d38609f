//! Why a release is not shown.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a release is not shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is no release.
    #[error("{} has no manifest.json", dir.display())]
    NoManifest {
        /// The folder.
        dir: PathBuf,
    },
    /// The manifest cannot be used.
    #[error("manifest.json cannot be used: {what}")]
    Manifest {
        /// What is wrong with it.
        what: String,
    },
    /// Files are not as the manifest says.
    #[error("the release is not as manifest.json says: {}", listed(files))]
    Damaged {
        /// The files, each with what is wrong with it.
        files: Vec<String>,
    },
    /// The release is too large to be kept in memory.
    #[error("the release has {bytes} bytes, and {limit} at most are kept in memory")]
    TooLarge {
        /// Its size by the manifest.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A table cannot be used.
    #[error("{file} cannot be used: {what}")]
    Table {
        /// Its file below the release.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The system does not let the program work.
    #[error("cannot start: {0}")]
    Start(std::io::Error),
}

/// The first of many, and how many more there are.
fn listed(files: &[String]) -> String {
    let shown = files.len().min(10);
    let mut text = files[..shown].join(", ");
    if files.len() > shown {
        let _ = write!(text, " and {} more", files.len() - shown);
    }
    text
}

impl Error {
    /// What can be done about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoManifest { .. } => "give the folder that `zicht run` writes: DIR/out/release",
            Self::Manifest { .. } | Self::Table { .. } => "make the release again with `zicht run`",
            Self::Damaged { .. } => {
                "a release is shown whole or not at all: copy it again, or make it again with `zicht run`"
            }
            Self::TooLarge { .. } => "give more with --memory, or use a web server that reads from disk",
            Self::Read { .. } => "check that the path exists and that you may read it",
            Self::Listen { .. } => "give another address with --listen, such as 127.0.0.1:8081",
            Self::Start(_) => "",
        }
    }
}
