//! Dates as registers write them.

use jiff::civil::Date;
use model::DateColumn;

use crate::error::{Error, Result};
use crate::read::Field;

/// How a column writes dates.
pub(crate) enum Pattern {
    /// Only year, month and day as digits with characters between them: read at once.
    Plain(Vec<Part>),
    /// Anything else that `strftime` knows.
    Other(String),
}

pub(crate) enum Part {
    Year,
    Month,
    Day,
    Literal(u8),
}

impl Pattern {
    /// # Errors
    /// When the format is none.
    pub(crate) fn new(file: &str, column: &DateColumn) -> Result<Self> {
        let format = &column.format;
        let fail = || {
            Error::file(
                file,
                format!("\"{format}\" is no format for the dates of column \"{}\"", column.column),
                "write for instance %Y-%m-%d or %d-%m-%Y",
            )
        };
        let sample = jiff::civil::date(2026, 11, 24);
        // With a time of day, so that a format may have one; it is not kept.
        let back = jiff::fmt::strtime::format(format, sample.at(13, 5, 9, 0));
        let parsed = back.ok().and_then(|text| parse_other(format, &text));
        if parsed != Some(sample) {
            return Err(fail());
        }
        let mut parts = Vec::new();
        let mut bytes = format.bytes();
        while let Some(b) = bytes.next() {
            parts.push(match b {
                b'%' => match bytes.next() {
                    Some(b'Y') => Part::Year,
                    Some(b'm') => Part::Month,
                    Some(b'd') => Part::Day,
                    _ => return Ok(Self::Other(format.clone())),
                },
                b if b.is_ascii() => Part::Literal(b),
                _ => return Ok(Self::Other(format.clone())),
            });
        }
        Ok(Self::Plain(parts))
    }

    /// The date; `None` when there is no such date or the text is not of this form.
    pub(crate) fn parse(&self, field: Field<'_>) -> Option<Date> {
        match (field, self) {
            (Field::Date(d), _) => Some(d),
            (Field::Text(t), Self::Plain(parts)) => parse_plain(parts, t.as_bytes()),
            (Field::Text(t), Self::Other(format)) => parse_other(format, t),
        }
    }
}

fn parse_other(format: &str, text: &str) -> Option<Date> {
    jiff::fmt::strtime::parse(format, text).ok()?.to_date().ok()
}

fn parse_plain(parts: &[Part], mut text: &[u8]) -> Option<Date> {
    let (mut year, mut month, mut day) = (0, 0, 0);
    let literal = |i: usize| parts.get(i).is_none_or(|p| matches!(p, Part::Literal(_)));
    for (i, part) in parts.iter().enumerate() {
        let (slot, most): (&mut i16, usize) = match part {
            Part::Literal(b) => {
                text = text.strip_prefix(std::slice::from_ref(b))?;
                continue;
            }
            Part::Year => (&mut year, 4),
            Part::Month => (&mut month, 2),
            Part::Day => (&mut day, 2),
        };
        let digits = text.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        // A year of two digits could be of any century; and without anything between the parts,
        // 2024111 could be a day in January or in November.
        let run_on = i.checked_sub(1).is_some_and(|before| !literal(before)) || !literal(i + 1);
        if digits == 0 || (digits != most && (most == 4 || run_on)) {
            return None;
        }
        *slot = text[..digits].iter().fold(0, |n, b| n * 10 + i16::from(b - b'0'));
        text = &text[digits..];
    }
    if !text.is_empty() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A date with its digits hidden: `99-99-9999`. Enough to see that the form is wrong.
pub(crate) fn shape(field: Field<'_>) -> String {
    let text = field.to_text();
    text.chars()
        .take(20)
        .map(|c| {
            if c.is_numeric() {
                '9'
            } else if c.is_alphabetic() {
                'a'
            } else {
                c
            }
        })
        .collect()
}

/// Completed years from `birth` to `on`; negative before birth.
pub(crate) fn age_on(birth: Date, on: Date) -> i16 {
    on.year() - birth.year() - i16::from((on.month(), on.day()) < (birth.month(), birth.day()))
}

/// Days since 1 January 1970, as in Arrow's `Date32`.
pub(crate) fn epoch_days(date: Date) -> i32 {
    let start = jiff::civil::date(1970, 1, 1);
    // Dates of the civil calendar are at most some 11 million days apart.
    date.since(start).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(format: &str) -> Pattern {
        Pattern::new("f", &DateColumn { column: "d".into(), format: format.into() }).expect("a format")
    }

    #[test]
    fn dates_are_read_as_the_source_writes_them() {
        let day = Some(jiff::civil::date(2024, 2, 29));
        assert_eq!(pattern("%d-%m-%Y").parse(Field::Text("29-02-2024")), day);
        assert_eq!(pattern("%d-%m-%Y").parse(Field::Text("29-2-2024")), day);
        assert_eq!(pattern("%Y%m%d").parse(Field::Text("20240229")), day);
        assert_eq!(pattern("%d %b %Y").parse(Field::Text("29 Feb 2024")), day);
        assert_eq!(pattern("%d-%m-%Y %H:%M").parse(Field::Text("29-02-2024 23:59")), day);
        assert_eq!(pattern("%Y%m%d").parse(Field::Text("2024111")), None, "1 November or 11 January");
        for wrong in ["30-02-2024", "29-02-24", "29/02/2024", "29-02-2024 ", "", "29-02-20245"] {
            assert_eq!(pattern("%d-%m-%Y").parse(Field::Text(wrong)), None, "{wrong:?}");
        }
        assert!(Pattern::new("f", &DateColumn { column: "d".into(), format: "%Q".into() }).is_err());
    }

    #[test]
    fn ages_and_days_are_counted_as_people_do() {
        let d = jiff::civil::date;
        assert_eq!(age_on(d(2004, 2, 29), d(2022, 2, 28)), 17);
        assert_eq!(age_on(d(2004, 2, 29), d(2022, 3, 1)), 18);
        assert_eq!((epoch_days(d(1970, 1, 2)), epoch_days(d(1969, 12, 31))), (1, -1));
        assert_eq!(epoch_days(d(2024, 2, 29)), 19_782);
    }
}
