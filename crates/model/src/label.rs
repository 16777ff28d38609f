//! Words for readers, in English and Dutch side by side.

use serde::{Deserialize, Serialize};

/// A language in which a release is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, `en`.
    En,
    /// Dutch, `nl`.
    Nl,
}

impl Language {
    /// All languages, in the order in which pages list them.
    pub const ALL: [Language; 2] = [Language::En, Language::Nl];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Nl => "nl",
        }
    }

    /// The language's own name.
    pub fn name(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::Nl => "Nederlands",
        }
    }
}

/// A text in every language of [`Language`].
///
/// In `monitor.toml` it is written `{ en = "…", nl = "…" }`; a single string stands for a
/// text that is the same in both, such as a proper name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "LabelRepr")]
pub struct Label {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LabelRepr {
    Same(String),
    Each(LabelBoth),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelBoth {
    en: String,
    nl: String,
}

impl From<LabelRepr> for Label {
    fn from(repr: LabelRepr) -> Self {
        match repr {
            LabelRepr::Same(s) => Label::same(s),
            LabelRepr::Each(b) => Label { en: b.en, nl: b.nl },
        }
    }
}

impl Label {
    /// A label from its English and its Dutch text.
    pub fn new(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self { en: en.into(), nl: nl.into() }
    }

    /// A label that reads the same in every language.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { en: text.clone(), nl: text }
    }

    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Nl => &self.nl,
        }
    }

    /// True if no language has a text.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty() && self.nl.is_empty()
    }
}
