//! Dates of birth as registers write them: whole, in part, or wrong in one digit.

use std::fmt;

use super::born::civil;
use super::edit::damerau;

/// A date of which parts may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialDate {
    year: u16,
    /// 0 for unknown.
    month: u8,
    day: u8,
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl PartialDate {
    /// Reads `1990-03-07`, `07-03-1990` (also with `/` or `.`), `19900307`, `1990-03`, `03-1990` and `1990`.
    /// Parts that are 0 or that no calendar has (month 13, 31 February) are unknown; a value without a year
    /// is no date. Where day and month can be told apart only by custom, the day comes first.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let value =
            value.get(..10).filter(|_| value.len() > 10 && value.as_bytes()[10] == b'T').unwrap_or(value);
        let parts: Vec<&str> = value.split(['-', '/', '.', ' ']).collect();
        if !parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit() || b == b'x')) {
            return None;
        }
        let number = |text: &str| text.parse::<u16>().unwrap_or(0);
        let (year, month, day) = match *parts {
            [whole] if whole.len() == 8 => (number(&whole[..4]), number(&whole[4..6]), number(&whole[6..])),
            [year] if year.len() == 4 => (number(year), 0, 0),
            [year, month] if year.len() == 4 => (number(year), number(month), 0),
            [month, year] if year.len() == 4 => (number(year), number(month), 0),
            [year, month, day] if year.len() == 4 => (number(year), number(month), number(day)),
            [day, month, year] if year.len() == 4 => {
                let (day, month) = (number(day), number(month));
                // Only one order makes a month of it.
                if month > 12 && day <= 12 { (number(year), day, month) } else { (number(year), month, day) }
            }
            _ => return None,
        };
        if year == 0 {
            return None;
        }
        let month = if month <= 12 { month as u8 } else { 0 };
        let longest = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => 31,
        };
        let day = if day <= longest && month > 0 { day as u8 } else { 0 };
        Some(Self { year, month, day })
    }

    /// The year.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub fn month(&self) -> Option<u8> {
        Some(self.month).filter(|&m| m > 0)
    }

    /// The day of the month, from 1.
    pub fn day(&self) -> Option<u8> {
        Some(self.day).filter(|&d| d > 0)
    }

    /// The same without month and day.
    #[must_use]
    pub fn only_year(&self) -> Self {
        Self { year: self.year, month: 0, day: 0 }
    }

    /// How many days lie between two whole dates; `None` if a part of either is unknown.
    pub fn days_apart(&self, other: &Self) -> Option<u32> {
        let number = |d: &Self| civil(i32::from(d.year), i32::from(d.month), i32::from(d.day));
        (self.is_whole() && other.is_whole()).then(|| number(self).abs_diff(number(other)))
    }

    fn is_whole(self) -> bool {
        self.month > 0 && self.day > 0
    }

    /// True if both are whole and one slip of the pen apart: a digit, two digits swapped, or day and month
    /// swapped.
    pub fn is_slip_of(&self, other: &Self) -> bool {
        if !self.is_whole() || !other.is_whole() {
            return false;
        }
        (self.year == other.year && self.month == other.day && self.day == other.month)
            || damerau(&self.digits(), &other.digits(), 1) <= 1
    }

    /// True if one lacks a part that the other has, and the parts that both have are the same. The first of
    /// January, which registers write when only the year is known, lacks month and day.
    pub fn agrees_in_part(&self, other: &Self) -> bool {
        let known = |d: &Self| if (d.month, d.day) == (1, 1) { (0, 0) } else { (d.month, d.day) };
        let ((m, d), (n, e)) = (known(self), known(other));
        let lacks = m == 0 || n == 0 || d == 0 || e == 0;
        lacks && self.year == other.year && (m == 0 || n == 0 || m == n) && (d == 0 || e == 0 || d == e)
    }

    /// True if two of year, month and day are known in both and the same.
    pub fn shares_two_parts(&self, other: &Self) -> bool {
        let month = self.month > 0 && self.month == other.month;
        let day = self.day > 0 && self.day == other.day;
        u8::from(self.year == other.year) + u8::from(month) + u8::from(day) >= 2
    }

    /// How many years lie between, with the months where both are known.
    pub fn years_apart(&self, other: &Self) -> f64 {
        let months = if self.month > 0 && other.month > 0 {
            f64::from(self.month) - f64::from(other.month)
        } else {
            0.0
        };
        (f64::from(self.year) - f64::from(other.year) + months / 12.0).abs()
    }

    fn digits(self) -> [char; 8] {
        let of = |n: u32, at: u32| char::from_digit(n / 10_u32.pow(at) % 10, 10).unwrap_or('0');
        let (y, m, d) = (u32::from(self.year), u32::from(self.month), u32::from(self.day));
        [of(y, 3), of(y, 2), of(y, 1), of(y, 0), of(m, 1), of(m, 0), of(d, 1), of(d, 0)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> PartialDate {
        PartialDate::parse(text).expect("a date")
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let of = |d: PartialDate| (d.year(), d.month(), d.day());
        for text in ["1990-03-07", "07-03-1990", "7/3/1990", "19900307", "1990-03-07T00:00:00", "07.03.1990"]
        {
            assert_eq!(of(date(text)), (1990, Some(3), Some(7)), "{text}");
        }
        assert_eq!(of(date("03/25/1990")), (1990, Some(3), Some(25)));
        assert_eq!(of(date("1990-02-31")), (1990, Some(2), None));
        assert_eq!(of(date("1990-13-05")), (1990, None, None));
        assert_eq!(of(date("1990-00-00")), (1990, None, None));
        assert_eq!(of(date("03-1990")), (1990, Some(3), None));
        assert_eq!(of(date("1990-xx-xx")), (1990, None, None));
        for text in ["", "unknown", "12-34-56", "0000-01-01", "90"] {
            assert_eq!(PartialDate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn slips_and_parts() {
        assert!(date("1990-03-07").is_slip_of(&date("1990-07-03")));
        assert!(date("1990-03-07").is_slip_of(&date("1909-03-07")));
        assert!(date("1990-03-07").is_slip_of(&date("1991-03-07")));
        assert!(!date("1990-03-07").is_slip_of(&date("1991-04-07")));
        assert!(!date("1990-03-07").is_slip_of(&date("1990")));
        assert!(date("1990-03-07").agrees_in_part(&date("1990")));
        assert!(date("1990-03-07").agrees_in_part(&date("1990-01-01")));
        assert!(!date("1990-03-07").agrees_in_part(&date("1990-04")));
        assert!(!date("1990-03-07").agrees_in_part(&date("1990-03-08")));
        assert!(date("1990-03-07").shares_two_parts(&date("1990-03-29")));
    }

    proptest! {
        #[test]
        fn a_date_reads_as_it_is_written(text in "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}") {
            if let Some(date) = PartialDate::parse(&text) {
                prop_assert_eq!(PartialDate::parse(&date.to_string()), Some(date));
            }
        }

        #[test]
        fn no_text_is_too_odd(text in "[0-9x/. T-]{0,12}", more in "\\PC{0,12}") {
            let _ = (PartialDate::parse(&text), PartialDate::parse(&more));
        }
    }
}
