//! Words for readers, in English and Dutch side by side.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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

    /// A count as readers of the language write it: `1,334` or `1.334`.
    pub fn count(self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(if self == Language::En { ',' } else { '.' });
            }
            out.push(digit);
        }
        out
    }

    /// Names of the months, as they stand within a sentence.
    pub fn months(self) -> [&'static str; 12] {
        match self {
            Language::En => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Language::Nl => [
                "januari",
                "februari",
                "maart",
                "april",
                "mei",
                "juni",
                "juli",
                "augustus",
                "september",
                "oktober",
                "november",
                "december",
            ],
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Label {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LabelVisitor)
    }
}

/// By hand, so that the error says what is lacking: a derived one would only say that the value fits
/// neither form.
struct LabelVisitor;

impl<'de> Visitor<'de> for LabelVisitor {
    type Value = Label;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or { en = \"…\", nl = \"…\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Label, E> {
        Ok(Label::same(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Label, A::Error> {
        let (mut en, mut nl) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "en" => en = Some(map.next_value()?),
                "nl" => nl = Some(map.next_value()?),
                other => return Err(de::Error::unknown_field(other, &["en", "nl"])),
            }
        }
        let lacks = |which| {
            de::Error::custom(format!(
                "the text lacks `{which}`: give it in both languages, or write one text for both"
            ))
        };
        Ok(Label { en: en.ok_or_else(|| lacks("en"))?, nl: nl.ok_or_else(|| lacks("nl"))? })
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
