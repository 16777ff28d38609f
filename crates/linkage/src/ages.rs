//! Ages: which fields they are read with, and what a record says of when its person was born.

use crate::compare::born::{Born, age};
use crate::compare::date::PartialDate;
use crate::model::AgeOf;
use crate::recipe::Kind;
use crate::{Column, Error, Model, Records};

/// Share of the days of ages at either end that may be slips, where the day of an age is not known.
const ODD: f64 = 0.05;

/// Puts into each field of ages that a model compares what the record says of when its person was born: the date of
/// birth where there is one, else the age with its day. Where only that is missing, it is any day on which others
/// had their age.
///
/// # Errors
/// When a comparison names a field that is not there.
pub(crate) fn fill(records: &mut Records, model: &Model) -> Result<(), Error> {
    for comparison in &model.comparisons {
        let Some(of) = &comparison.age else { continue };
        let wrong = |name: &str, allowed: &str| Error::Setting {
            option: format!("age of {}", comparison.field),
            value: format!("\"{name}\""),
            allowed: allowed.into(),
        };
        let Some(at) = records.columns().iter().position(|c| c.name() == comparison.field) else { continue };
        let birth = match &of.birth {
            Some(name) => Some(records.column(name).ok_or_else(|| wrong(name, "birth is a field of dates"))?),
            None => None,
        };
        let days = match of.at.as_deref() {
            None => Days::Unknown,
            Some(name) => match (records.column(name), PartialDate::parse(name)) {
                (Some(column), _) => Days::of(column),
                (None, Some(date)) => Days::Always(date),
                (None, None) => return Err(wrong(name, "at is a field of dates or years, or a year")),
            },
        };
        let column = &records.columns()[at];
        let born = |record: usize| {
            let date = birth.and_then(|c| c.value(record)).and_then(PartialDate::parse);
            let years = column.value(record).and_then(age);
            let said = match (date, years, &days) {
                (date, years, Days::Unknown) => Born::aged_some_day(years?, date.is_some()),
                (Some(date), ..) => Born::on(date),
                (None, years, Days::Always(day)) => Born::aged(years?, *day, *day),
                (None, years, Days::Each(days, (first, last))) => {
                    let day = days[record];
                    Born::aged(years?, day.unwrap_or(*first), day.unwrap_or(*last))
                }
            };
            Some(said.to_string())
        };
        let made = Column::from_values(
            &comparison.field,
            (0..records.len()).map(|record| born(record).unwrap_or_default()),
        );
        records.replace(at, made);
    }
    Ok(())
}

/// On which days persons had their age.
enum Days {
    Unknown,
    Always(PartialDate),
    /// By record, and the first and the last of nearly all.
    Each(Vec<Option<PartialDate>>, (PartialDate, PartialDate)),
}

impl Days {
    fn of(column: &Column) -> Self {
        let of_value: Vec<Option<PartialDate>> =
            std::iter::once(None).chain(column.values().iter().map(|v| PartialDate::parse(v))).collect();
        let each: Vec<Option<PartialDate>> =
            column.codes().iter().map(|&code| of_value[code as usize]).collect();
        let mut known: Vec<PartialDate> = each.iter().copied().flatten().collect();
        known.sort_unstable_by_key(|d| (d.year(), d.month(), d.day()));
        let odd = (known.len() as f64 * ODD) as usize;
        match (known.get(odd), known.len().checked_sub(1 + odd)) {
            (Some(&first), Some(last)) => Self::Each(each, (first, known[last])),
            _ => Self::Unknown,
        }
    }
}

/// True if a field is one of ages: whole numbers of years, and called so.
pub(crate) fn is_of_ages(column: &Column) -> bool {
    let years = |v: &str| v.len() <= 3 && v.bytes().all(|b| b.is_ascii_digit()) && age(v).is_some();
    let (mut good, mut all, mut distinct) = (0_u32, 0_u32, 0_u32);
    for (value, &count) in column.values().iter().zip(column.counts()) {
        all += count;
        if years(value) {
            good += count;
            distinct += 1;
        }
    }
    let named = words(column.name()).any(|w| w == "age" || w == "ages" || w.contains("leeftijd"));
    named && distinct >= FEWEST && f64::from(good) > 0.95 * f64::from(all)
}

/// Distinct ages from which they are ages and no codes of groups of ages.
const FEWEST: u32 = 8;

/// The words of a field's name, in lower case: `ageAtIntake` and `age_at_intake` have the same.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut apart = String::new();
    let mut lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && lower {
            apart.push(' ');
        }
        lower = letter.is_lowercase();
        apart.extend(letter.to_lowercase());
    }
    let words: Vec<String> =
        apart.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    words.into_iter()
}

const BIRTH: [&str; 5] = ["birth", "born", "geboorte", "dob", "gebdat"];
const DAY: [&str; 14] = [
    "regist", "report", "meld", "intake", "refer", "peil", "arriv", "aankomst", "seen", "start", "datum",
    "date", "year", "jaar",
];
const OTHER: [&str; 8] = ["death", "died", "overl", "end", "eind", "exit", "expir", "uitstroom"];

/// With which other fields ages are read: that of dates or years of birth, by its name or as the only field of dates
/// that is no day of something else, and that of days, by its name and because most records with an age have it.
pub(crate) fn reference(ages: &Column, records: &Records, kinds: &[(String, Kind)]) -> AgeOf {
    let is = |name: &str, parts: &[&str]| {
        let name = name.to_lowercase();
        parts.iter().any(|part| name.contains(part))
    };
    let dates: Vec<(&str, Kind)> = kinds
        .iter()
        .filter(|(name, kind)| {
            *kind == Kind::Date
                || ((is(name, &BIRTH) || is(name, &["year", "jaar"]))
                    && records.column(name).is_some_and(is_years))
        })
        .map(|(name, kind)| (name.as_str(), *kind))
        .collect();
    let together = |name: &str| {
        let Some(column) = records.column(name) else { return 0.0 };
        let both = ages.codes().iter().zip(column.codes()).filter(|(a, d)| **a > 0 && **d > 0).count();
        both as f64 / ages.codes().iter().filter(|&&a| a > 0).count().max(1) as f64
    };
    let at = dates
        .iter()
        .filter(|(name, _)| !is(name, &BIRTH) && !is(name, &OTHER) && together(name) >= 0.5)
        .filter_map(|(name, _)| DAY.iter().position(|part| is(name, &[part])).map(|rank| (rank, *name)))
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, name)| name.to_owned());
    let named = dates.iter().find(|(name, _)| is(name, &BIRTH)).map(|(name, _)| (*name).to_owned());
    let left: Vec<&str> = dates
        .iter()
        .filter(|(name, kind)| *kind == Kind::Date && at.as_deref() != Some(name) && !is(name, &OTHER))
        .map(|(name, _)| *name)
        .collect();
    let only = || match left[..] {
        [only] => Some(only.to_owned()),
        _ => None,
    };
    AgeOf { birth: named.or_else(only), at }
}

/// True if nearly all values are years.
fn is_years(column: &Column) -> bool {
    let year = |v: &str| v.len() == 4 && v.parse().is_ok_and(|y: u16| (1850..=2100).contains(&y));
    column.share(year) > 0.9
}
