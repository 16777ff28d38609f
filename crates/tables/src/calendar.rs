//! Days to years, quarters and months.

use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use model::{Category, Dimension, Label, Language, Period, Role, Settings};

/// 1 January 1970, day 0 of Arrow's `Date32`.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The day number of a date.
pub(crate) fn day_of(date: Date) -> i32 {
    (date.duration_since(EPOCH).as_hours() / 24) as i32
}

/// The date of a day number, when the calendar reaches so far.
pub(crate) fn date_of(day: i32) -> Option<Date> {
    EPOCH.checked_add(SignedDuration::from_hours(i64::from(day) * 24)).ok()
}

/// All periods from the first to the last report, those without reports included.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    period: Period,
    /// First day of each period, and of the one after the last.
    starts: Vec<i32>,
    codes: Vec<String>,
    labels: Vec<Label>,
}

impl Calendar {
    /// The periods that hold the days `first..=last`; none when there are no days, `None` when a
    /// day is beyond the calendar.
    pub(crate) fn new(period: Period, days: Option<(i32, i32)>) -> Option<Self> {
        let mut out = Self { period, starts: Vec::new(), codes: Vec::new(), labels: Vec::new() };
        let Some((first, last)) = days else { return Some(out) };
        date_of(last)?;
        let step = match period {
            Period::Year => 12,
            Period::Quarter => 3,
            Period::Month => 1,
        };
        let from = date_of(first)?;
        let month = (i32::from(from.month()) - 1) / step * step + 1;
        let mut at = Date::new(from.year(), month as i8, 1).ok()?;
        while day_of(at) <= last {
            out.starts.push(day_of(at));
            let (code, label) = name(period, at);
            out.codes.push(code);
            out.labels.push(label);
            at = at.checked_add(Span::new().months(step)).ok()?;
        }
        out.starts.push(day_of(at));
        Some(out)
    }

    /// Number of periods.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// Index of the period that holds `day`.
    pub(crate) fn index(&self, day: i32) -> Option<u32> {
        let after = self.starts.partition_point(|&s| s <= day);
        (after > 0 && after <= self.codes.len()).then(|| after as u32 - 1)
    }

    /// First day of period `index`.
    pub(crate) fn start(&self, index: u32) -> Option<i32> {
        self.starts.get(index as usize).copied()
    }

    /// Codes of the first and the last period.
    pub(crate) fn ends(&self) -> (String, String) {
        let text = |s: Option<&String>| s.cloned().unwrap_or_default();
        (text(self.codes.first()), text(self.codes.last()))
    }

    /// The time dimension.
    pub(crate) fn dimension(&self, settings: &Settings) -> Dimension {
        let id = self.id();
        Dimension {
            id: id.to_owned(),
            label: settings.variable_label(id),
            role: Role::Time,
            classification: None,
            categories: self
                .codes
                .iter()
                .zip(&self.labels)
                .map(|(code, label)| Category { code: code.clone(), label: label.clone(), parent: None })
                .collect(),
        }
    }

    /// Identifier of the time dimension.
    pub(crate) fn id(&self) -> &'static str {
        match self.period {
            Period::Year => "year",
            Period::Quarter => "quarter",
            Period::Month => "month",
        }
    }
}

fn name(period: Period, first: Date) -> (String, Label) {
    let (year, month) = (first.year(), first.month());
    match period {
        Period::Year => (format!("{year:04}"), Label::same(format!("{year:04}"))),
        Period::Quarter => {
            let q = (month - 1) / 3 + 1;
            let label = Label::new(format!("{year:04}, quarter {q}"), format!("{year:04}, kwartaal {q}"));
            (format!("{year:04}-Q{q}"), label)
        }
        Period::Month => {
            let at = month as usize - 1;
            let label = Label::new(
                format!("{} {year:04}", Language::En.months()[at]),
                format!("{} {year:04}", Language::Nl.months()[at]),
            );
            (format!("{year:04}-{month:02}"), label)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().expect("a date"))
    }

    #[test]
    fn days_fall_in_their_periods_and_gaps_are_kept() {
        let days = Some((day("2018-11-30"), day("2020-02-29")));
        for (period, expected) in [
            (Period::Year, "2018 2019 2020"),
            (Period::Quarter, "2018-Q4 2019-Q1 2019-Q2 2019-Q3 2019-Q4 2020-Q1"),
        ] {
            let c = Calendar::new(period, days).expect("in the calendar");
            assert_eq!(c.codes.join(" "), expected);
        }
        let months = Calendar::new(Period::Month, days).expect("in the calendar");
        assert_eq!(months.len(), 16);
        assert_eq!(months.index(day("2019-01-01")), Some(2));
        assert_eq!(months.index(day("2018-12-31")), Some(1));
        assert_eq!(months.index(day("2018-10-31")), None);
        assert_eq!(months.index(day("2020-03-01")), None);
        assert_eq!(months.ends(), ("2018-11".to_owned(), "2020-02".to_owned()));
    }

    #[test]
    fn a_day_beyond_the_calendar_is_refused() {
        assert!(Calendar::new(Period::Year, Some((0, i32::MAX))).is_none());
        assert_eq!(Calendar::new(Period::Year, None).map(|c| c.len()), Some(0));
    }

    #[test]
    fn day_numbers_are_those_of_arrow() {
        assert_eq!((day("1970-01-01"), day("2000-03-01"), day("1969-12-31")), (0, 11017, -1));
        assert_eq!(date_of(11017).map(day_of), Some(11017));
    }
}
