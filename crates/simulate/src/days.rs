//! Days as numbers, counted from 1 January 1970.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Days since 1 January 1970.
pub(crate) type Day = i32;

const EPOCH: Date = date(1970, 1, 1);

/// The day number of `date`.
pub(crate) fn day(date: Date) -> Day {
    (date.duration_since(EPOCH).as_hours() / 24) as Day
}

/// The date of day number `day`; the nearest there is outside the years −9999 to 9999.
pub(crate) fn date_of(day: Day) -> Date {
    EPOCH.saturating_add(day.days())
}

/// First day of `year`; of the nearest year there is outside −9999 to 9999.
pub(crate) fn new_year(year: i16) -> Day {
    day(Date::new(year.clamp(-9999, 9999), 1, 1).unwrap_or(EPOCH))
}

/// Age in whole years on `on` of a person born on `birth`.
pub(crate) fn age(birth: Date, on: Date) -> i32 {
    let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
    i32::from(on.year()) - i32::from(birth.year()) - i32::from(before_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for d in (-20_000..40_000).step_by(37) {
            assert_eq!(day(date_of(d)), d);
        }
        assert_eq!(day(date(2024, 3, 1)) - day(date(2024, 2, 28)), 2);
        assert_eq!(age(date(2000, 2, 29), date(2018, 2, 28)), 17);
        assert_eq!(age(date(2000, 2, 29), date(2018, 3, 1)), 18);
    }
}
