//! What went wrong, in words for a person.

use std::fmt;

/// Letters of what another program or library has to say.
const SAID: usize = 300;

/// What went wrong. No text of it holds an identifier.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What a library said: its first line, for the others hold plans.
    pub(crate) fn of(doing: &str, error: &dyn fmt::Display) -> Self {
        let said = error.to_string();
        let first: String = said.lines().next().unwrap_or_default().chars().take(SAID).collect();
        Self(format!("{doing}: {first}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
