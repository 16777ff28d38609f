//! Rules and the keys they give to records.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

use super::near;
use crate::compare::{date, sound};
use crate::{Column, Records, lists};

/// What of a field must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The whole value.
    Whole,
    /// The first so many letters.
    Prefix(u8),
    /// The last so many letters.
    Suffix(u8),
    /// How a name sounds.
    Sound,
    /// The year of a date.
    Year,
    /// The year and the month of a date.
    YearMonth,
    /// The day and the month of a date, in either order, so that a swap of both does no harm.
    DayMonth,
    /// The least of several hashes of the pairs of letters, all of a band: like values mostly share one of the bands.
    MinHash {
        /// Bands: keys of a value.
        bands: u8,
        /// Hashes of a band; the more, the more alike two values must be.
        rows: u8,
    },
    /// Some bits of an encoded value, drawn at random for each band: like codes mostly share one of the bands.
    BitSample {
        /// Bands: keys of a value.
        bands: u8,
        /// Bits of a band; the more, the more alike two codes must be.
        bits: u8,
    },
    /// The place in the order of all distinct values: those at most so many places apart.
    Near(u8),
    /// Each value of a list, of the first six in order.
    Each,
}

/// Values of a list that have a key.
const LISTED: usize = 6;
/// Most bands of a part, and most hashes or bits of a band.
const MOST_BANDS: u8 = 32;
const MOST_ROWS: u8 = 32;

/// A part of a field, or of either of several fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Atom {
    /// The field; more than one where a value may stand in either, such as given name and surname.
    pub fields: Vec<String>,
    /// What of it.
    pub part: Part,
}

/// A blocking rule: all of its parts must agree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule(pub Vec<Atom>);

impl Rule {
    /// How many keys it gives a record at most: the product over its parts of fields times keys of a value.
    pub(crate) fn width(&self) -> usize {
        self.0.iter().map(|atom| atom.fields.len() * atom.part.width()).fold(1, usize::saturating_mul)
    }
}

/// Why an expression is no blocking rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is no part of a blocking rule; write fields with \"and\" between them, each whole or as prefix(FIELD, N), suffix(FIELD, N), sound(FIELD), year(FIELD), year_month(FIELD), day_month(FIELD), minhash(FIELD, BANDS, ROWS), bits(FIELD, BANDS, BITS), near(FIELD, N) or each(FIELD); N is 1 to 255, BANDS at most 32, ROWS and BITS at most 32"
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
                    ("near", &[n @ 1..=u8::MAX]) => (Part::Near(n), of),
                    _ => return Err(wrong()),
                }
            }
        };
        let fields = fields(of).ok_or_else(wrong)?;
        // The places in the order of one field are not those in the order of another.
        if matches!(part, Part::Near(_)) && fields.len() > 1 {
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

impl Part {
    /// The part of one value as a number; 0 where the value has no such part.
    fn of(self, value: &str) -> u64 {
        let text = |s: &str| if s.is_empty() { 0 } else { hash(s.as_bytes()) };
        match self {
            Self::Whole => text(value),
            Self::Prefix(n) => match value.char_indices().nth(usize::from(n) - 1) {
                Some((at, letter)) => text(&value[..at + letter.len_utf8()]),
                None => text(value),
            },
            Self::Suffix(n) => match value.char_indices().nth_back(usize::from(n) - 1) {
                Some((at, _)) => text(&value[at..]),
                None => text(value),
            },
            Self::Sound => text(&sound::key(value)),
            Self::Year | Self::YearMonth | Self::DayMonth => {
                let Some(found) = date::PartialDate::parse(value) else { return 0 };
                let number = match self {
                    Self::Year => Some(u64::from(found.year())),
                    Self::YearMonth => found.month().map(|m| u64::from(found.year()) * 16 + u64::from(m)),
                    _ => found
                        .month()
                        .zip(found.day())
                        .map(|(m, d)| u64::from(m.min(d)) * 32 + u64::from(m.max(d))),
                };
                number.map_or(0, |n| mix(n + 1))
            }
            Self::MinHash { .. } | Self::BitSample { .. } | Self::Near(_) | Self::Each => 0,
        }
    }

    /// How many keys it gives a value.
    fn width(self) -> usize {
        match self {
            Self::MinHash { bands, .. } | Self::BitSample { bands, .. } => usize::from(bands),
            Self::Near(_) => 2,
            Self::Each => LISTED,
            _ => 1,
        }
    }

    /// The part of each record's value, one list for each key that a value has.
    pub(crate) fn keys(self, column: &Column) -> Vec<Vec<u64>> {
        let by_value = |of: &(dyn Fn(&str) -> Vec<u64> + Sync)| -> Vec<Vec<u64>> {
            let rows: Vec<Vec<u64>> = column.values().par_iter().map(|v| of(v)).collect();
            let width = self.width();
            (0..width).map(|at| rows.iter().map(|row| row[at]).collect()).collect()
        };
        let of_values = match self {
            Self::MinHash { bands, rows } => by_value(&|v| near::min_hash(v, bands, rows)),
            Self::BitSample { bands, bits } => by_value(&|v| near::bit_sample(v, bands, bits)),
            Self::Near(n) => near::neighbours(column, n),
            Self::Each => by_value(&|v| {
                let keys = lists::parts(v).map(|part| hash(part.as_bytes()));
                keys.chain(std::iter::repeat(0)).take(LISTED).collect()
            }),
            _ => vec![column.values().iter().map(|v| self.of(v)).collect()],
        };
        // A record without a value has no key.
        let of_records = |keys: Vec<u64>| -> Vec<u64> {
            let key = |&code: &u32| (code as usize).checked_sub(1).map_or(0, |at| keys[at]);
            column.codes().iter().map(key).collect()
        };
        of_values.into_iter().map(of_records).collect()
    }
}

/// The parts of fields of all records, each worked out once, whatever the number of rules that use it.
pub(crate) struct Parts(BTreeMap<(String, Part), Vec<Vec<u64>>>);

impl Parts {
    /// The parts that these atoms are made of; those of fields that are not there are left out.
    pub(crate) fn new<'a>(records: &Records, atoms: impl IntoIterator<Item = &'a Atom>) -> Self {
        let wanted: BTreeSet<(String, Part)> = atoms
            .into_iter()
            .flat_map(|atom| atom.fields.iter().map(|field| (field.clone(), atom.part)))
            .collect();
        let keys = wanted.into_par_iter().filter_map(|(field, part)| {
            let keys = part.keys(records.column(&field)?);
            Some(((field, part), keys))
        });
        Self(keys.collect())
    }

    /// As if there were only these records. Neighbours stay those among all.
    pub(crate) fn select(&self, keep: &[u32]) -> Self {
        let of = |keys: &Vec<u64>| keep.iter().map(|&record| keys[record as usize]).collect();
        Self(self.0.iter().map(|(part, keys)| (part.clone(), keys.iter().map(of).collect())).collect())
    }

    /// Adds other parts.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The keys of each record by a rule, one list for each key that a field has and each field that an `either`
    /// offers; 0 for none. `None` when a field is not there.
    pub(crate) fn keys(&self, rule: &Rule) -> Option<Vec<Vec<u64>>> {
        let mut all: Vec<Vec<u64>> = Vec::new();
        for (at, atom) in rule.0.iter().enumerate() {
            let of_fields: Vec<&Vec<Vec<u64>>> = atom
                .fields
                .iter()
                .map(|field| self.0.get(&(field.clone(), atom.part)))
                .collect::<Option<_>>()?;
            let next: Vec<&Vec<u64>> = of_fields.into_iter().flatten().collect();
            all = if at == 0 {
                next.into_iter().cloned().collect()
            } else {
                let joined = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(&a, &b)| together(a, b)).collect();
                all.iter().flat_map(|a| next.iter().map(move |b| joined(a, b))).collect()
            };
        }
        Some(all)
    }
}

/// The key of two parts that must both agree; 0 if either is missing.
pub(crate) fn together(a: u64, b: u64) -> u64 {
    if a == 0 || b == 0 { 0 } else { mix(a.rotate_left(23) ^ b).max(1) }
}

/// Stafford's thirteenth variant of the finaliser of `MurmurHash3`: every bit of the input reaches every
/// bit of the output, and no two inputs have the same.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A number for a text, the same on every machine; never 0.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        h = mix(h ^ u64::from_le_bytes(word)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
    mix(h).max(1)
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

    #[test]
    fn parts_that_are_not_there_give_no_key() {
        assert_eq!(Part::Year.of("unknown"), 0);
        assert_eq!(Part::Whole.of(""), 0);
        assert_eq!(Part::Prefix(3).of("ab"), Part::Whole.of("ab"));
        assert_eq!(Part::Suffix(2).of("één"), Part::Whole.of("én"));
        assert_eq!(Part::DayMonth.of("1990-03-07"), Part::DayMonth.of("1990-07-03"));
        assert_eq!(together(0, 5), 0);
    }
}
