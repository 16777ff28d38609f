//! Rules as text.

use std::fmt;
use std::str::FromStr;

use super::{Atom, Part, Rule};

/// Most bands of a part, and most hashes or bits of a band.
const MOST_BANDS: u8 = 32;
const MOST_ROWS: u8 = 32;

/// Why an expression is no blocking rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is no part of a blocking rule; write fields with \"and\" between them, each whole or as prefix(FIELD, N), suffix(FIELD, N), sound(FIELD), year(FIELD), year_month(FIELD), day_month(FIELD), minhash(FIELD, BANDS, ROWS), bits(FIELD, BANDS, BITS), alike(FIELD, PERCENT), near(FIELD, N) or each(FIELD); N is 1 to 255, BANDS at most 32, ROWS and BITS at most 32"
)]
pub struct RuleError(String);

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &match &self.fields[..] {
            [field] => field.clone(),
            fields => format!("either({})", fields.join(", ")),
        };
        match self.part {
            Part::Whole => write!(f, "{field}"),
            Part::Prefix(n) => write!(f, "prefix({field}, {n})"),
            Part::Suffix(n) => write!(f, "suffix({field}, {n})"),
            Part::Sound => write!(f, "sound({field})"),
            Part::Year => write!(f, "year({field})"),
            Part::YearMonth => write!(f, "year_month({field})"),
            Part::DayMonth => write!(f, "day_month({field})"),
            Part::MinHash { bands, rows } => write!(f, "minhash({field}, {bands}, {rows})"),
            Part::BitSample { bands, bits } => write!(f, "bits({field}, {bands}, {bits})"),
            Part::Alike(percent) => write!(f, "alike({field}, {percent})"),
            Part::Near(n) => write!(f, "near({field}, {n})"),
            Part::Each => write!(f, "each({field})"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, atom) in self.0.iter().enumerate() {
            write!(f, "{}{atom}", if i == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        text.split(" and ").map(|part| part.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Atom {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let wrong = || RuleError(text.to_owned());
        let fields = |text: &str| -> Option<Vec<String>> {
            let inner = text.strip_prefix("either(").and_then(|t| t.strip_suffix(')'));
            let names: Vec<String> = match inner {
                Some(inner) => inner.split(',').map(|f| f.trim().to_owned()).collect(),
                None => vec![text.trim().to_owned()],
            };
            let good = |f: &String| !f.is_empty() && !f.contains(['(', ')', ',', '=']);
            names.iter().all(good).then_some(names)
        };
        let (part, of) = match text.split_once('(') {
            None | Some(("either", _)) => (Part::Whole, text),
            Some((function, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(wrong)?;
                let (of, numbers) = split_numbers(inner);
                match (function.trim(), &numbers[..]) {
                    ("prefix", &[n @ 1..=u8::MAX]) => (Part::Prefix(n), of),
                    ("suffix", &[n @ 1..=u8::MAX]) => (Part::Suffix(n), of),
                    ("sound", []) => (Part::Sound, inner),
                    ("year", []) => (Part::Year, inner),
                    ("year_month", []) => (Part::YearMonth, inner),
                    ("each", []) => (Part::Each, inner),
                    ("day_month", []) => (Part::DayMonth, inner),
                    ("minhash", &[bands @ 1..=MOST_BANDS, rows @ 1..=MOST_ROWS]) => {
                        (Part::MinHash { bands, rows }, of)
                    }
                    ("bits", &[bands @ 1..=MOST_BANDS, bits @ 1..=MOST_ROWS]) => {
                        (Part::BitSample { bands, bits }, of)
                    }
                    ("alike", &[percent @ 1..=99]) => (Part::Alike(percent), of),
                    ("near", &[n @ 1..=u8::MAX]) => (Part::Near(n), of),
                    _ => return Err(wrong()),
                }
            }
        };
        let fields = fields(of).ok_or_else(wrong)?;
        // The places in the order of one field are not those in the order of another.
        if matches!(part, Part::Near(_) | Part::Alike(_)) && fields.len() > 1 {
            return Err(wrong());
        }
        Ok(Self { fields, part })
    }
}

/// The numbers after the fields of a part, and what is before them.
fn split_numbers(inner: &str) -> (&str, Vec<u8>) {
    let (mut of, mut numbers) = (inner, Vec::new());
    while let Some((rest, number)) = of.rsplit_once(',') {
        let Ok(number) = number.trim().parse() else { break };
        numbers.insert(0, number);
        of = rest;
    }
    (of, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_it_is_written() {
        for text in [
            "surname",
            "prefix(first_name, 3) and year(dob)",
            "sound(either(a, b)) and day_month(dob)",
            "either(a, b) and c",
            "minhash(surname, 6, 2) and year(dob)",
            "minhash(either(a, b), 6, 2)",
            "bits(surname, 16, 8) and near(dob, 5)",
            "each(alias) and town",
            "alike(surname, 62) and town",
        ] {
            assert_eq!(text.parse::<Rule>().expect("a rule").to_string(), text);
        }
        for text in ["minhash(a)", "minhash(a, 6)", "minhash(a, 0, 2)", "minhash(a, 33, 2)", "bits(a, 4, 99)"]
        {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
        for text in ["near(a)", "near(a, 0)", "near(a, 256)", "near(either(a, b), 3)", "near(a, 1, 2)"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
        for text in ["", "prefix(a)", "prefix(a, 0)", "levenshtein(a)", "l.a = r.a", "year()", "a and "] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
