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

    /// True if `text` is all but equal to a code or to what `codes` names. Of short words that
    /// says nothing: `Omar` is one slip away from `KMAR`. Nor of labels: `Georgina` is one away
    /// from Georgia.
    fn is_slip(&self, text: &str) -> bool {
        const SHORT: usize = 5;
        let chars = |t: &str| t.to_lowercase().chars().collect::<Vec<_>>();
        let text = chars(text);
        let of_list = self.classification.iter().flat_map(|c| c.codes().iter().map(|c| &c.code));
        text.len() >= SHORT
            && self
                .exact
                .keys()
                .chain(of_list)
                .map(|known| chars(known))
                .any(|known| known.len() >= SHORT && one_slip(&text, &known))
    }

    /// "did you mean", or what is allowed.
    pub(crate) fn suggestion(&self, text: &str) -> String {
        let codes = || self.classification.iter().flat_map(Classification::codes);
        let labels = codes().flat_map(|c| [&c.label.en, &c.label.nl]).filter(|_| !self.labels.is_empty());
        let known: std::collections::BTreeSet<&str> = (self.exact.keys().chain(labels))
            .chain(codes().map(|c| &c.code))
            .map(String::as_str)
            // A word that begins as the code of a country does is not therefore like it.
            .filter(|known| known.len() > 3 || text.chars().count() <= 3)
            .collect();
        match model::nearest(text, known) {
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

/// A value of a register as it may be shown: itself when it is a slip of the pen away from
/// something known, or too short to name anybody; else its shape. Registers have names and free
/// text in the wrong column, and many a name begins as the code of a country does.
pub(crate) fn shown(value: &str, codes: &Codes) -> String {
    if value.chars().count() <= 2 || codes.is_slip(value) { value.to_owned() } else { shape(value) }
}

/// True if one character more, fewer or other, or two swapped, make `a` of `b`.
fn one_slip(a: &[char], b: &[char]) -> bool {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - end], &b[..b.len() - end]) {
        ([] | [_], [] | [_]) => true,
        ([p, q], [r, s]) => p == s && q == r,
        _ => false,
    }
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
    fn a_name_that_begins_as_a_code_does_is_not_shown() {
        let rules = Rules { codes: &BTreeMap::new(), codes_file: None, by_label: false };
        let of = |list: &str| Codes::new(Path::new("."), model::classification(list), &rules).expect("codes");
        let countries = of("iso3166");
        for name in ["Jansen", "Marie", "Ali", "Fatima", "NLD"] {
            assert!(!shown(name, &countries).contains(name), "{name}");
        }
        assert_eq!(shown("QQ", &countries), "QQ");
        let organisations = of("nl.organisation");
        for slip in ["POLITE", "politei", "POLITIEE", "POLITTE"] {
            assert_eq!(shown(slip, &organisations), slip);
        }
        assert_eq!(shown("Marko", &organisations), "5 letters");
        assert_eq!(shown("Omar", &organisations), "4 letters");
    }

    #[test]
    fn a_shape_shows_no_character() {
        assert_eq!(shape("Jansen 12"), "6 letters, 2 digits, 1 other character");
    }
}
