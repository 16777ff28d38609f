//! What of a value is encoded: tokens that like values share.

use std::str::FromStr;

use crate::Error;
use crate::compare::{date::PartialDate, sound};

/// What an encoded column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Names: pairs of letters, and how the name sounds.
    Name,
    /// Several words: pairs of letters of each, in any order.
    Words,
    /// Dates: day, month and year, and their digits.
    Date,
    /// Numbers, postcodes and the like: each sign with its place, and pairs of signs.
    Code,
    /// A few values, the same or not.
    Category,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Name, Self::Words, Self::Date, Self::Code, Self::Category];

    /// Its name in a specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Words => "words",
            Self::Date => "date",
            Self::Code => "code",
            Self::Category => "category",
        }
    }

    pub(super) fn letter(self) -> char {
        match self {
            Self::Name => 'n',
            Self::Words => 'w',
            Self::Date => 'd',
            Self::Code => 'c',
            Self::Category => 'x',
        }
    }

    /// The distinct tokens of a folded value, in order; none for a value in which there is nothing.
    pub(super) fn tokens(self, value: &str) -> Vec<String> {
        let mut tokens = match self {
            _ if value.is_empty() => Vec::new(),
            Self::Name => {
                let key = sound::key(value);
                // Twice, so that it weighs as much as a slip of the pen.
                let sounds = ["s1", "s2"].iter().filter(|_| !key.is_empty()).map(|n| format!("{n}:{key}"));
                pairs(value).into_iter().chain(sounds).collect()
            }
            Self::Words => value.split_whitespace().flat_map(pairs).collect(),
            Self::Date => PartialDate::parse(value).map_or_else(|| code(value), of_date),
            Self::Code => code(value),
            Self::Category => vec![value.to_owned()],
        };
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| Error::Setting {
            option: "kind".into(),
            value: format!("\"{text}\""),
            allowed: "a kind is name, words, date, code or category".into(),
        })
    }
}

/// Pairs of letters, the ends of the value marked.
fn pairs(value: &str) -> Vec<String> {
    let letters: Vec<char> = std::iter::once('^').chain(value.chars()).chain(['$']).collect();
    letters.windows(2).map(|pair| format!("g:{}{}", pair[0], pair[1])).collect()
}

/// Each sign with its place, and pairs of signs.
fn code(value: &str) -> Vec<String> {
    let value: String = value.chars().filter(|c| c.is_alphanumeric()).collect();
    let placed = value.chars().enumerate().map(|(at, sign)| format!("p{at}:{sign}"));
    placed.chain(if value.is_empty() { Vec::new() } else { pairs(&value) }).collect()
}

/// Year, month and day with their digits; a part that is unknown has no tokens.
fn of_date(date: PartialDate) -> Vec<String> {
    let mut tokens = vec![format!("y:{}", date.year()), format!("Y:{}", date.year())];
    let digits = |tokens: &mut Vec<String>, name: &str, text: &str| {
        tokens.extend(text.chars().enumerate().map(|(at, digit)| format!("{name}{at}:{digit}")));
    };
    digits(&mut tokens, "y", &format!("{:04}", date.year()));
    for (name, part) in [("m", date.month()), ("d", date.day())] {
        if let Some(part) = part {
            tokens.push(format!("{name}:{part}"));
            digits(&mut tokens, name, &format!("{part:02}"));
        }
    }
    if let Some((month, day)) = date.month().zip(date.day()) {
        // The same when day and month are swapped.
        tokens.push(format!("s:{}:{}", month.min(day), month.max(day)));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_that_like_values_share() {
        assert_eq!(Kind::Code.tokens("1234 ab").len(), 6 + 7);
        assert_eq!(Kind::Words.tokens("ann bo"), Kind::Words.tokens("bo ann"));
        assert_eq!(Kind::Date.tokens("1980"), ["Y:1980", "y0:1", "y1:9", "y2:8", "y3:0", "y:1980"]);
        assert!(Kind::Name.tokens("").is_empty());
        assert!(Kind::Code.tokens("--").is_empty());
        let shared = |a: &str, b: &str| {
            let (a, b) = (Kind::Name.tokens(a), Kind::Name.tokens(b));
            a.iter().filter(|t| b.contains(t)).count()
        };
        assert!(shared("mohammed", "muhamed") >= 6);
    }
}
