//! Failures: what stops a command, said to the user, with the exit code.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
    place: Option<Box<Place>>,
    code: u8,
}

/// Where in the settings it is.
#[derive(Debug)]
struct Place {
    text: NamedSource<String>,
    span: std::ops::Range<usize>,
}

impl Failure {
    /// Bad input or settings: exit code 2.
    pub(crate) fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        let help = help.into();
        Self { message: message.into(), help: (!help.is_empty()).then_some(help), place: None, code: 2 }
    }

    /// A method refused or did not converge: exit code 3.
    pub(crate) fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code: 3, ..Self::input(message, help) }
    }

    /// A file or folder that cannot be written or read.
    pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::input(
            format!("{what} {}: {error}", path.display()),
            "check that the path exists, that you may use it and that the disk has room",
        )
    }

    /// An input that cannot be read.
    pub(crate) fn from_intake(error: &intake::Error) -> Self {
        Self::input(error.to_string(), error.help())
    }

    /// Records, pairs or decisions that linkage cannot use. Its messages say what to do themselves.
    pub(crate) fn from_linkage(error: &linkage::Error) -> Self {
        Self::input(error.to_string(), "")
    }

    /// Settings that cannot be used, with the place in the file.
    pub(crate) fn settings(error: model::SettingsError, name: &str, text: &str) -> Self {
        let mut failure = Self::input(error.message, error.help);
        if let Some(span) = error.span {
            failure.place = Some(Box::new(Place { text: NamedSource::new(name, text.to_owned()), span }));
        } else {
            failure.message = format!("{name}: {}", failure.message);
        }
        failure
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "message": self.message, "help": self.help, "exit_code": self.code } })
    }
}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|p| &p.text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.place.as_ref()?.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".into()), span))))
    }
}
