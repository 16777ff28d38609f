//! When someone was born, as far as a date of birth or an age tells.
//!
//! Who is `a` years old on a day `t` was born after `t − (a + 1)` years and not after `t − a` years. So a date and an
//! age, or two ages of different days, are compared by how far apart what they allow is.

use std::fmt;

use super::date::PartialDate;

/// The oldest age that is read, in years.
const OLDEST: u8 = 130;

/// What a record says of when its person was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Born {
    said: Said,
    /// If the record has a date of birth too.
    dated: bool,
    /// The first and the last day on which the person can be born, as days since 1970; of an age without a day
    /// both are only good for a difference with another such age.
    first: i32,
    last: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Date(PartialDate),
    /// An age between two days, which are the same where it is known when it was.
    At(u8, PartialDate, PartialDate),
    Age(u8),
}

impl fmt::Display for Born {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.said {
            Said::Date(date) => write!(f, "{date}"),
            Said::At(age, from, to) if from == to => write!(f, "{age} at {from}"),
            Said::At(age, from, to) => write!(f, "{age} at {from} to {to}"),
            Said::Age(age) => write!(f, "{age}{}", if self.dated { " dated" } else { "" }),
        }
    }
}

/// The age that a value is, in whole years.
pub fn age(value: &str) -> Option<u8> {
    let years: f64 = value.trim().parse().ok()?;
    (value.starts_with(|c: char| c.is_ascii_digit()) && years <= f64::from(OLDEST)).then_some(years as u8)
}

impl Born {
    /// On this date. Of the first of January, which registers write when only the year is known, and of a date
    /// without a month or day only what is known counts.
    pub fn on(date: PartialDate) -> Self {
        let known = if (date.month(), date.day()) == (Some(1), Some(1)) { date.only_year() } else { date };
        Self { said: Said::Date(date), dated: true, first: first_day(known, 0), last: last_day(known, 0) }
    }

    /// So many years old on some day from one to another.
    pub fn aged(age: u8, from: PartialDate, to: PartialDate) -> Self {
        let first = first_day(from, i32::from(age) + 1) + 1;
        Self { said: Said::At(age, from, to), dated: false, first, last: last_day(to, i32::from(age)) }
    }

    /// So many years old, it is not known when. `dated` says that the record has a date of birth too.
    pub fn aged_some_day(age: u8, dated: bool) -> Self {
        let day = -365 * i32::from(age);
        Self { said: Said::Age(age), dated, first: day, last: day }
    }

    /// Reads what [`Born`] is written as: `1990-03-07`, `31 at 2021-05-03`, `31 at 2015-01-01 to 2021-12-31`, `31`
    /// or `31 dated`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((years, when)) = text.split_once(" at ") {
            let (from, to) = when.split_once(" to ").unwrap_or((when, when));
            return Some(Self::aged(age(years)?, PartialDate::parse(from)?, PartialDate::parse(to)?));
        }
        if let Some(years) = text.strip_suffix(" dated") {
            return age(years).map(|years| Self::aged_some_day(years, true));
        }
        match age(text) {
            Some(years) => Some(Self::aged_some_day(years, false)),
            None => PartialDate::parse(text).map(Self::on),
        }
    }

    /// How many days at least lie between the births of two records: 0 where they can be of one day. `None` where two
    /// dates say it better, or where an age without a day meets anything else.
    pub fn days_apart(&self, other: &Self) -> Option<i32> {
        let alone = |born: &Self| matches!(born.said, Said::Age(_));
        if (self.dated && other.dated) || alone(self) != alone(other) {
            return None;
        }
        Some((self.first.max(other.first) - self.last.min(other.last)).max(0))
    }

    /// True if it is an age.
    pub fn is_age(&self) -> bool {
        !matches!(self.said, Said::Date(_))
    }
}

/// Days of so many years.
pub fn days(years: u8) -> i32 {
    i32::from(years) * 1461 / 4
}

fn first_day(date: PartialDate, years_before: i32) -> i32 {
    let (month, day) = (date.month().unwrap_or(1), date.day().unwrap_or(1));
    civil(i32::from(date.year()) - years_before, i32::from(month), i32::from(day))
}

fn last_day(date: PartialDate, years_before: i32) -> i32 {
    let year = i32::from(date.year()) - years_before;
    match (date.month(), date.day()) {
        (Some(month), Some(day)) => civil(year, i32::from(month), i32::from(day)),
        (Some(month), None) if month < 12 => civil(year, i32::from(month) + 1, 1) - 1,
        _ => civil(year + 1, 1, 1) - 1,
    }
}

/// Days since 1970 of a day of the proleptic Gregorian calendar (Hinnant, `chrono`-compatible low-level date
/// algorithms, `days_from_civil`); the 29th of February of a common year is the first of March.
pub(super) fn civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apart(a: &str, b: &str) -> Option<i32> {
        Born::parse(a).expect("a value").days_apart(&Born::parse(b).expect("a value"))
    }

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        // By `date -d DAY +%s` of GNU coreutils, over 86,400.
        for (y, m, d, days) in
            [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (2021, 5, 3, 18_750), (1900, 3, 1, -25_508)]
        {
            assert_eq!(civil(y, m, d), days, "{y}-{m}-{d}");
        }
        assert_eq!(civil(2021, 2, 29), civil(2021, 3, 1));
    }

    #[test]
    fn an_age_allows_the_dates_of_birth_of_one_year() {
        for (date, days) in [("1990-05-04", 1), ("1990-05-03", 0), ("1989-05-04", 0), ("1989-05-03", 1)] {
            assert_eq!(apart("31 at 2021-05-03", date), Some(days), "{date}");
        }
        assert_eq!(apart("31 at 2021-05-03", "1990"), Some(0), "a year overlaps");
        assert_eq!(apart("31 at 2021", "1989-01-02"), Some(0));
        assert_eq!(apart("31 at 2021", "1991-01-02"), Some(2));
        assert_eq!(apart("31 at 2015-01-01 to 2021-12-31", "1985-06-01"), Some(0));
    }

    #[test]
    fn ages_of_different_days_are_brought_to_one() {
        assert_eq!(apart("31 at 2021-05-03", "31 at 2021-05-03"), Some(0));
        assert_eq!(apart("31 at 2021-05-03", "32 at 2021-05-03"), Some(1));
        assert_eq!(apart("31 at 2021-05-03", "33 at 2022-06-01"), Some(0));
        assert_eq!(apart("31 at 2021-05-03", "21 at 2011-05-03"), Some(0));
        assert!(apart("31 at 2021-05-03", "33 at 2021-05-03") > Some(days(1)));
        assert!(apart("31 at 2021-05-03", "33 at 2021-05-03") <= Some(days(2)));
        assert_eq!(apart("31", "32"), Some(365));
    }

    #[test]
    fn dates_are_left_to_tests_of_dates() {
        assert_eq!(apart("1990-03-07", "1990-03-07"), None);
        assert_eq!(apart("31 dated", "31 dated"), None);
        assert_eq!(apart("31 dated", "31"), Some(0));
        assert_eq!(apart("31", "31 at 2021"), None);
        for text in ["", "x", "31-40", "200", "-3", "31 at noon", "inf"] {
            assert!(Born::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn either_way_the_same(a in value(), b in value()) {
            prop_assert_eq!(apart(&a, &b), apart(&b, &a));
            let written = Born::parse(&a).expect("a value");
            prop_assert_eq!(Born::parse(&written.to_string()), Some(written));
        }

        #[test]
        fn the_age_of_a_person_fits_the_date_of_birth(
            y in 1920_i32..2010, m in 1_i32..13, d in 1_i32..29, later in 0_i32..30_000,
        ) {
            let birth = civil(y, m, d);
            let (mut year, mut month, mut day) = (y + later / 366, m, d);
            while civil(year, month, day) < birth + later {
                day += 1;
                if day > 28 { (month, day) = (month + 1, 1); }
                if month > 12 { (year, month) = (year + 1, 1); }
            }
            let age = year - y - i32::from((month, day) < (m, d));
            prop_assume!(age <= 120);
            let at = format!("{age} at {year}-{month:02}-{day:02}");
            prop_assert_eq!(apart(&at, &format!("{y}-{m:02}-{d:02}")), Some(0));
        }
    }

    fn value() -> impl Strategy<Value = String> {
        let date = (1900_u16..2022, 0_u8..13, 0_u8..32).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
        prop_oneof![
            date.clone(),
            (0_u8..110, date.clone()).prop_map(|(a, t)| format!("{a} at {t}")),
            (0_u8..110, date.clone(), date).prop_map(|(a, s, t)| format!(
                "{a} at {} to {}",
                s.clone().min(t.clone()),
                s.max(t)
            )),
            (0_u8..110).prop_map(|a| a.to_string()),
            (0_u8..110).prop_map(|a| format!("{a} dated")),
        ]
    }
}
