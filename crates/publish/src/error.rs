//! What stops a release.

use std::path::{Path, PathBuf};

/// Why a release could not be written. The release that was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be written.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried: "write", "create the folder", "put in place".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The path of the release is not one that a folder can be put at.
    #[error("{} cannot be the folder of a release: {why}", path.display())]
    Place {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The attacker worked out hidden cells.
    #[error("{cells} hidden cells can be worked out from what would be published")]
    Exposed {
        /// How many.
        cells: usize,
    },
    /// A cube that the certificate does not cover.
    #[error("table \"{id}\" is not covered by the certificate of protection")]
    Uncertified {
        /// The cube's identifier.
        id: String,
    },
    /// Two things that would be written to the same file.
    #[error("two tables have the identifier \"{id}\"")]
    Twice {
        /// The identifier.
        id: String,
    },
    /// An identifier that is no safe name of a file.
    #[error("\"{id}\" cannot be the identifier of a table")]
    Identifier {
        /// The identifier.
        id: String,
    },
    /// A sentence refers to a figure that is not published.
    #[error("the sentence \"{sentence}\" cannot be published: {{{figure}}} {why}")]
    Statement {
        /// The sentence as in the settings.
        sentence: String,
        /// The figure that it refers to.
        figure: String,
        /// What is wrong with it.
        why: String,
    },
    /// A text is missing in a language of the release.
    #[error("{what} is missing in {language}")]
    Untranslated {
        /// The text.
        what: String,
        /// The language.
        language: &'static str,
    },
    /// A table of which nobody can say where it comes from.
    #[error("table \"{id}\" has no source")]
    Sourceless {
        /// The table.
        id: String,
    },
    /// A format's own writer failed.
    #[error("table \"{cube}\" cannot be written as {format}: {why}")]
    Format {
        /// The cube.
        cube: String,
        /// The format.
        format: &'static str,
        /// What its writer said.
        why: String,
    },
    /// The report cannot be set.
    #[error("the report in {language} cannot be made: {why}")]
    Report {
        /// Its language.
        language: &'static str,
        /// What is wrong, and where.
        why: String,
    },
    /// A template failed.
    #[error("the page {page} cannot be made: {why}")]
    Page {
        /// The page below the site.
        page: String,
        /// What the template said.
        why: String,
    },
}

impl Error {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Error::Io { path, cause, .. } => match cause.kind() {
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => format!(
                    "make {} writable for you, or choose another folder with --out; the release that was \
                     there is unchanged",
                    folder_of(path).display()
                ),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    "free some space on the disk and run again; the release that was there is unchanged"
                        .into()
                }
                _ => "choose another folder with --out; the release that was there is unchanged".into(),
            },
            Error::Place { .. } => {
                "give the path of a folder that does not exist yet or holds an earlier release".into()
            }
            Error::Exposed { .. } => {
                "make tables with fewer dimensions, or leave out one of the tables that overlap".into()
            }
            Error::Uncertified { .. } => {
                "protect all tables of the release together, and change none of them afterwards".into()
            }
            Error::Twice { .. } => "give each table its own identifier in monitor.toml".into(),
            Error::Identifier { .. } => "use 1 to 64 lower-case letters, digits and _".into(),
            Error::Statement { .. } => "say it without this figure, or with one that is published; the figures of a table \
                                        are written {TABLE DIMENSION=CODE}, with the codes of its open data"
                .into(),
            Error::Untranslated { .. } => "write it in monitor.toml, as { en = \"…\", nl = \"…\" }, or take the language out \
                                           of `languages`; a table takes the definition of its source where it has none"
                .into(),
            Error::Sourceless { .. } => {
                "make it from a source that monitor.toml names: a figure without a source cannot be checked".into()
            }
            Error::Format { .. } | Error::Page { .. } | Error::Report { .. } => {
                "this is a mistake of the program; please report it with this message".into()
            }
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Error::Io { action, path, cause }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(path)
}
