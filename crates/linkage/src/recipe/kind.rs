//! What a field holds, told from its values.

use crate::blocking::Part;
use crate::{Column, Test, ages, encode, ids, lists};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every record has a value of its own: it names the record, not the person.
    RecordId,
    /// All values are missing or the same.
    Constant,
    /// Dates.
    Date,
    /// Numbers, postcodes and the like: most values have a digit.
    Code,
    /// A few values, such as sex or country.
    Category,
    /// Names and other short text.
    Name,
    /// Several words.
    Words,
    /// Ages in years.
    Age,
    /// Several values, such as aliases.
    List,
    /// Values that are encoded, of this kind.
    Encoded(encode::Kind),
}

impl Kind {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::RecordId => "record id",
            Self::Constant => "one value",
            Self::Date => "date",
            Self::Code => "code",
            Self::Category => "category",
            Self::Name => "name",
            Self::Words => "words",
            Self::Age => "age",
            Self::List => "list",
            Self::Encoded(encode::Kind::Name) => "encoded name",
            Self::Encoded(encode::Kind::Words) => "encoded words",
            Self::Encoded(encode::Kind::Date) => "encoded date",
            Self::Encoded(encode::Kind::Code) => "encoded code",
            Self::Encoded(encode::Kind::Category) => "encoded category",
        }
    }

    /// What this column holds.
    pub fn of(column: &Column) -> Self {
        let known = column.known();
        let distinct = column.values().len();
        if distinct < 2 {
            return Self::Constant;
        }
        // The values come back, even where no two lists are the same.
        if lists::is_list(column) {
            return Self::List;
        }
        if distinct as u64 == known
            && known as f64 > 0.9 * column.codes().len() as f64
            && column.share(ids::is_id) > 0.9
            && column.share(ids::is_date) <= 0.9
        {
            return Self::RecordId;
        }
        if let Some(header) = column.values().first().and_then(|v| encode::Header::of(v)) {
            return Self::Encoded(header.kind);
        }
        if ages::is_of_ages(column) {
            return Self::Age;
        }
        if column.share(ids::is_date) > 0.9 {
            return Self::Date;
        }
        let short = |v: &str| v.len() <= 3;
        if distinct <= 24 || (distinct <= 400 && column.share(short) > 0.95) {
            return Self::Category;
        }
        if column.share(|v| v.bytes().any(|b| b.is_ascii_digit())) > 0.6 {
            return Self::Code;
        }
        if column.share(|v| v.split_whitespace().nth(2).is_some()) > 0.3 {
            return Self::Words;
        }
        Self::Name
    }

    pub(super) fn tests(self) -> Vec<Test> {
        match self {
            Self::RecordId | Self::Constant => Vec::new(),
            Self::Date => {
                vec![Test::Exact, Test::DateTypo, Test::DatePart, Test::Years(1), Test::Years(10), Test::Else]
            }
            Self::Code => vec![Test::Exact, Test::Damerau(1), Test::Damerau(2), Test::Prefix(3), Test::Else],
            Self::Category | Self::Encoded(encode::Kind::Category) => vec![Test::Exact, Test::Else],
            Self::Encoded(encode::Kind::Date) => {
                vec![Test::Exact, Test::Similar(0.8), Test::Similar(0.6), Test::Similar(0.4), Test::Else]
            }
            Self::Encoded(_) => {
                vec![Test::Exact, Test::Similar(0.8), Test::Similar(0.65), Test::Similar(0.45), Test::Else]
            }
            Self::Name => vec![
                Test::Exact,
                Test::JaroWinkler(0.92),
                Test::Any(vec![Test::Sound, Test::JaroWinkler(0.85)]),
                Test::JaroWinkler(0.7),
                Test::Else,
            ],
            Self::Age => vec![Test::Age(0), Test::Age(1), Test::Age(2), Test::Else],
            Self::List => vec![
                Test::Exact,
                Test::Overlap(0.5),
                Test::InCommon(1),
                Test::AnyNear(0.92),
                Test::AnyNear(0.85),
                Test::Else,
            ],
            Self::Words => {
                vec![Test::Exact, Test::Words(0.92), Test::Words(0.8), Test::Words(0.65), Test::Else]
            }
        }
    }

    pub(super) fn parts(self) -> Vec<Part> {
        match self {
            Self::RecordId
            | Self::Constant
            | Self::Category
            | Self::Age
            | Self::Encoded(encode::Kind::Category) => Vec::new(),
            Self::List => vec![Part::Each],
            Self::Encoded(_) => vec![Part::Whole],
            Self::Date => vec![Part::Whole, Part::Year, Part::DayMonth, Part::YearMonth],
            Self::Code => vec![Part::Whole, Part::Prefix(3), Part::Suffix(3)],
            Self::Name => vec![Part::Whole, Part::Sound, Part::Prefix(3), Part::Suffix(4)],
            Self::Words => vec![Part::Whole, Part::Prefix(6)],
        }
    }

    /// Parts that find what is written wrong; dearer, so that they are tried last.
    pub(super) fn near_parts(self) -> Vec<Part> {
        match self {
            Self::Name => vec![Part::MinHash { bands: 6, rows: 2 }, Part::MinHash { bands: 6, rows: 3 }],
            Self::Words => vec![Part::MinHash { bands: 6, rows: 3 }],
            Self::RecordId
            | Self::Constant
            | Self::Category
            | Self::Age
            | Self::List
            | Self::Encoded(encode::Kind::Category) => Vec::new(),
            Self::Encoded(_) => vec![Part::Alike(56)],
            Self::Date => vec![Part::Near(10), Part::Near(100)],
            Self::Code => vec![Part::Near(3)],
        }
    }
}
