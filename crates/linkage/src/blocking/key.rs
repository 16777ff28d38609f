//! Rules and the keys they give to records.

use std::collections::{BTreeMap, BTreeSet};

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
    /// A code of bits and those that are alike: so many in a hundred bits are in common (Dice).
    Alike(u8),
    /// The place in the order of all distinct values: those at most so many places apart.
    Near(u8),
    /// Each value of a list, of the first six in order.
    Each,
}

/// Values of a list that have a key.
const LISTED: usize = 6;

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
            Self::MinHash { .. } | Self::BitSample { .. } | Self::Alike(_) | Self::Near(_) | Self::Each => 0,
        }
    }

    /// How many keys it gives a value.
    fn width(self) -> usize {
        match self {
            Self::MinHash { bands, .. } | Self::BitSample { bands, .. } => usize::from(bands),
            Self::Alike(_) => near::ALIKE,
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
            Self::Alike(percent) => near::alike(column, percent),
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
    fn parts_that_are_not_there_give_no_key() {
        assert_eq!(Part::Year.of("unknown"), 0);
        assert_eq!(Part::Whole.of(""), 0);
        assert_eq!(Part::Prefix(3).of("ab"), Part::Whole.of("ab"));
        assert_eq!(Part::Suffix(2).of("één"), Part::Whole.of("én"));
        assert_eq!(Part::DayMonth.of("1990-03-07"), Part::DayMonth.of("1990-07-03"));
        assert_eq!(together(0, 5), 0);
    }
}
