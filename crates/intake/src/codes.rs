//! What a source writes → codes of a classification.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use model::Classification;

use crate::error::{Error, Result};

/// The mapping of one column.
pub(crate) struct Codes {
    exact: HashMap<String, String>,
    /// Labels in lower case, only with `by_label`.
    labels: HashMap<String, String>,
    /// Codes that stand for themselves: those of the classification, or all if there is none.
    classification: Option<Classification>,
}

/// What `monitor.toml` says of the codes of a column.
pub(crate) struct Rules<'a> {
    pub(crate) codes: &'a BTreeMap<String, String>,
    pub(crate) codes_file: Option<&'a str>,
    pub(crate) by_label: bool,
}

impl Codes {
    /// # Errors
    /// When the file of codes cannot be read or names a code that is not in the classification.
    pub(crate) fn new(
        project: &Path,
        classification: Option<&Classification>,
        rules: &Rules<'_>,
    ) -> Result<Self> {
        let mut exact: HashMap<String, String> = HashMap::new();
        if let Some(file) = rules.codes_file {
            exact.extend(read_codes_file(project, file, classification)?);
        }
        exact.extend(rules.codes.iter().map(|(value, code)| (value.trim().to_owned(), code.clone())));
        let mut labels = HashMap::new();
        if rules.by_label {
            for code in classification.into_iter().flat_map(Classification::codes) {
                for label in [&code.label.en, &code.label.nl] {
                    labels.entry(label.to_lowercase()).or_insert_with(|| code.code.clone());
                }
            }
        }
        Ok(Self { exact, labels, classification: classification.cloned() })
    }

    /// The code for what the source writes.
    pub(crate) fn code<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        if let Some(code) = self.exact.get(text) {
            return Some(code);
        }
        match &self.classification {
            None => Some(text),
            Some(c) if text == model::TOTAL || c.position(text).is_some() => Some(text),
            Some(_) => self.labels.get(&text.to_lowercase()).map(String::as_str),
        }
    }

    /// All that is accepted and the index of its code in the classification, for fast look-up.
    pub(crate) fn positions(&self) -> HashMap<String, u16> {
        let Some(c) = &self.classification else { return HashMap::new() };
        let own = c.codes().iter().map(|code| (&code.code, &code.code));
        self.labels
            .iter()
            .chain(own)
            .chain(&self.exact)
            .filter_map(|(value, code)| Some((value.clone(), u16::try_from(c.position(code)?).ok()?)))
            .collect()
    }

    /// "did you mean", or what is allowed.
    pub(crate) fn suggestion(&self, text: &str) -> String {
        let known = self.exact.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>();
        let of_list = self.classification.iter().flat_map(|c| c.codes().iter().map(|c| c.code.as_str()));
        match model::nearest(text, known.iter().copied().chain(of_list)) {
            Some(near) => format!("did you mean \"{near}\"? If not, say in `codes` what it stands for"),
            None => match &self.classification {
                Some(c) => format!("use a code of {}, or say in `codes` what it stands for", c.id),
                None => "say in `codes` what it stands for".to_owned(),
            },
        }
    }
}

fn read_codes_file(
    project: &Path,
    file: &str,
    classification: Option<&Classification>,
) -> Result<Vec<(String, String)>> {
    let bytes =
        std::fs::read(project.join(file)).map_err(|source| Error::Io { file: file.to_owned(), source })?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    if !reader.headers().is_ok_and(|h| h.iter().map(str::trim).eq(["value", "code"])) {
        return Err(Error::at(file, 1, "this is no list of codes", "its header must be value,code"));
    }
    let mut out = Vec::new();
    for row in reader.into_records() {
        let row = row.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            Error::at(file, line, "the row cannot be read", "each row is a value and a code, in UTF-8")
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let (value, code) = (row[0].trim(), row[1].trim());
        if let Some(c) = classification
            && code != model::TOTAL
            && c.position(code).is_none()
        {
            let help = match c.nearest(code) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("use a code of {}", c.id),
            };
            return Err(Error::at(file, line, format!("\"{code}\" is not a code of {}", c.id), help));
        }
        out.push((value.to_owned(), code.to_owned()));
    }
    Ok(out)
}

/// True if the text looks like UTF-8 that was read as windows-1252: `Ã©` for `é`.
pub(crate) fn is_mojibake(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let found = matches!(before, 'Ã' | 'Â' | 'Å' | 'Ä') && !c.is_alphabetic() && !c.is_ascii()
            || before == 'â' && matches!(c, '€' | '\u{80}');
        before = c;
        found || c == '\u{fffd}'
    })
}

/// A value of a register as it may be shown: itself when it is like a code, else its shape.
/// Registers have names and free text in the wrong column.
pub(crate) fn shown(value: &str, codes: &Codes) -> String {
    let plain = value.len() <= 16 && !value.contains(char::is_whitespace);
    let like = codes.classification.as_ref().is_some_and(|c| c.nearest(value).is_some());
    if plain && (like || value.chars().count() <= 2) {
        return value.to_owned();
    }
    shape(value)
}

/// What kind of characters a value has, without the characters: `5 letters, 2 digits`.
pub(crate) fn shape(value: &str) -> String {
    let count = |f: fn(&char) -> bool| value.chars().filter(f).count();
    let parts = [
        (count(|c| c.is_alphabetic()), "letters"),
        (count(|c| c.is_numeric()), "digits"),
        (count(|c| !c.is_alphanumeric()), "other characters"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {}", if n == 1 { what.trim_end_matches('s') } else { what }))
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mojibake_is_told_from_accents() {
        assert!(is_mojibake("CÃ´te d'Ivoire"));
        assert!(is_mojibake("TÃ¼rkiye"));
        assert!(!is_mojibake("Côte d'Ivoire"));
        assert!(!is_mojibake("Ãlvares"));
    }

    #[test]
    fn a_shape_shows_no_character() {
        assert_eq!(shape("Jansen 12"), "6 letters, 2 digits, 1 other character");
    }
}
