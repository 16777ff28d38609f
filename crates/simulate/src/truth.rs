//! `truth/`: what is true, for whoever measures how far the figures are off.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int16Builder, RecordBatch, StringArray, StringBuilder,
    UInt8Builder, UInt64Array, UInt64Builder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::Error;
use crate::calibrate::{Captures, GROUPS, Group};
use crate::codes::{AGES, FORMS, RESIDENCES, Register, SEXES, UNITS};
use crate::days::{age, date_of};
use crate::population::{Person, Population, YEARS};

/// Persons and detected persons, by year and group.
#[derive(Debug, Clone)]
pub(crate) struct Census(Vec<(u64, u64)>);

impl Census {
    pub(crate) fn new() -> Self {
        Self(vec![(0, 0); YEARS * GROUPS])
    }

    pub(crate) fn count(&mut self, year: usize, group: usize, detected: bool) {
        let cell = &mut self.0[year * GROUPS + group];
        cell.0 += 1;
        cell.1 += u64::from(detected);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            a.0 += b.0;
            a.1 += b.1;
        }
    }

    /// Persons and detected persons in all cells of which `keep` holds.
    pub(crate) fn sum(&self, keep: impl Fn(usize, Group) -> bool) -> (u64, u64) {
        self.0
            .iter()
            .enumerate()
            .filter(|(i, _)| keep(i / GROUPS, Group::at(i % GROUPS)))
            .fold((0, 0), |sum, (_, n)| (sum.0 + n.0, sum.1 + n.1))
    }
}

fn ratio((population, detected): (u64, u64)) -> String {
    if population == 0 { String::new() } else { format!("{:.6}", detected as f64 / population as f64) }
}

/// `population.csv`: year × form × age group.
pub(crate) fn population_csv(census: &Census, first_year: i16) -> String {
    let mut text = String::from("year,form,age_group,population,detected,visibility\n");
    for year in 0..YEARS {
        for (form, form_code) in FORMS.iter().enumerate() {
            for (age, age_code) in AGES.iter().enumerate() {
                let n = census.sum(|y, g| y == year && g.form == form && g.age == age);
                let year = first_year + year as i16;
                let _ = writeln!(text, "{year},{form_code},{age_code},{},{},{}", n.0, n.1, ratio(n));
            }
        }
    }
    text
}

/// Form and age group of each of a kind of groups; none stands for all.
type Groups = Vec<(Option<usize>, Option<usize>)>;

/// `visibility.csv`: groups over all years, with the visibility that the model gives them and
/// the least visible group of each kind by it.
pub(crate) fn visibility_csv(census: &Census, captures: &Captures) -> String {
    let mut text =
        String::from("by,form,age_group,population,detected,visibility,expected_visibility,least_visible\n");
    let all = |n: usize| (0..n).map(Some);
    let forms = || all(FORMS.len());
    let ages = || all(AGES.len());
    let kinds: [(&str, Groups); 4] = [
        ("all", vec![(None, None)]),
        ("form", forms().map(|f| (f, None)).collect()),
        ("age_group", ages().map(|a| (None, a)).collect()),
        ("form_and_age_group", forms().flat_map(|f| ages().map(move |a| (f, a))).collect()),
    ];
    for (by, groups) in kinds {
        let expected: Vec<f64> = groups
            .iter()
            .map(|&(form, age)| {
                let inside = |g: &usize| {
                    let group = Group::at(*g);
                    form.is_none_or(|f| group.form == f) && age.is_none_or(|a| group.age == a)
                };
                let (persons, seen) = (0..GROUPS).filter(inside).fold((0.0, 0.0), |(p, s), g| {
                    let share = captures.population[g];
                    (p + share, s + share * captures.visibility(g))
                });
                seen / persons
            })
            .collect();
        let lowest = expected.iter().copied().fold(f64::INFINITY, f64::min);
        for ((form, age), expected) in groups.into_iter().zip(expected) {
            let n = census.sum(|_, g| form.is_none_or(|f| g.form == f) && age.is_none_or(|a| g.age == a));
            let name = |i: Option<usize>, codes: &[&'static str]| i.map_or(model::TOTAL, |i| codes[i]);
            let _ = writeln!(
                text,
                "{by},{},{},{},{},{},{expected:.6},{}",
                name(form, &FORMS),
                name(age, &AGES),
                n.0,
                n.1,
                ratio(n),
                by != "all" && expected <= lowest,
            );
        }
    }
    text
}

/// A CSV file of `kind,register,count`, of what is not listed row by row.
pub(crate) fn counts_csv(counts: &BTreeMap<(&'static str, Register), u64>) -> String {
    let mut text = String::from("kind,register,count\n");
    for ((kind, register), n) in counts {
        let _ = writeln!(text, "{kind},{},{n}", register.code());
    }
    text
}

/// The columns of `persons.parquet`.
pub(crate) fn persons_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let mut fields = vec![
        Field::new("person", DataType::UInt64, false),
        text("pseudonym"),
        Field::new("year", DataType::Int16, false),
        text("form"),
        text("age_group"),
        text("sex"),
        text("citizenship"),
        text("place"),
        text("residence"),
        Field::new("exploited", DataType::Date32, false),
        Field::new("age", DataType::Int16, false),
        Field::new("birth_date", DataType::Date32, false),
        text("birth_place"),
        text("given_name"),
        text("family_name"),
        text("alias"),
        Field::new("reports", DataType::UInt8, false),
    ];
    fields
        .extend(Register::ALL.map(|r| Field::new(format!("seen_by_{}", r.code()), DataType::Boolean, false)));
    Arc::new(Schema::new(fields))
}

/// Columns of [`persons_schema`] whose values seldom repeat.
pub(crate) const PERSONS_PLAIN: [&str; 2] = ["person", "pseudonym"];

/// Collects detected persons for `persons.parquet`.
#[derive(Default)]
pub(crate) struct Persons {
    person: UInt64Builder,
    year: Int16Builder,
    texts: [StringBuilder; 11],
    exploited: Date32Builder,
    age: Int16Builder,
    birth: Date32Builder,
    reports: UInt8Builder,
    seen: [BooleanBuilder; 6],
}

impl Persons {
    pub(crate) fn push(&mut self, index: u64, first_year: i16, person: &Person, reports: usize) {
        self.person.append_value(index);
        self.year.append_value(first_year + person.glimpse.year as i16);
        let texts = [
            FORMS[person.group.form],
            AGES[person.group.age],
            SEXES[person.group.sex],
            person.country.alpha2,
            UNITS[person.unit].0,
            RESIDENCES[person.residence],
            person.town,
            person.given,
            &person.family,
            person.alias,
        ];
        self.texts[0].append_value(Population::pseudonym(index));
        for (builder, text) in self.texts[1..].iter_mut().zip(texts) {
            builder.append_value(text);
        }
        self.exploited.append_value(person.exploited);
        let age = age(date_of(person.birth), date_of(person.exploited));
        self.age.append_value(i16::try_from(age).unwrap_or(i16::MAX));
        self.birth.append_value(person.birth);
        self.reports.append_value(reports.min(255) as u8);
        for (r, seen) in self.seen.iter_mut().enumerate() {
            seen.append_value(person.glimpse.history >> r & 1 == 1);
        }
    }

    pub(crate) fn finish(mut self) -> Result<RecordBatch, Error> {
        let [pseudonym, form, group, sex, country, place, residence, town, given, family, alias] =
            self.texts.each_mut().map(|t| -> ArrayRef { Arc::new(t.finish()) });
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.person.finish()),
            pseudonym,
            Arc::new(self.year.finish()),
            form,
            group,
            sex,
            country,
            place,
            residence,
            Arc::new(self.exploited.finish()),
            Arc::new(self.age.finish()),
            Arc::new(self.birth.finish()),
            town,
            given,
            family,
            alias,
            Arc::new(self.reports.finish()),
        ];
        columns.extend(self.seen.iter_mut().map(|s| -> ArrayRef { Arc::new(s.finish()) }));
        Ok(RecordBatch::try_new(persons_schema(), columns)?)
    }
}

/// The columns of `links.parquet`: which row of which register is of whom.
pub(crate) fn links_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("register", DataType::Utf8, false),
        Field::new("row", DataType::UInt64, false),
        Field::new("record_id", DataType::Utf8, true),
        Field::new("person", DataType::UInt64, false),
    ]))
}

/// Columns of [`links_schema`] whose values seldom repeat.
pub(crate) const LINKS_PLAIN: [&str; 3] = ["row", "record_id", "person"];

/// Links of consecutive rows, the first of which is `row`.
pub(crate) fn links<'a>(
    register: Register,
    row: u64,
    links: impl ExactSizeIterator<Item = (Option<&'a str>, u64)>,
) -> Result<RecordBatch, Error> {
    let n = links.len();
    let (records, persons): (StringArray, Vec<u64>) = {
        let mut builder = StringBuilder::with_capacity(n, n * 14);
        let persons = links
            .map(|(record, person)| {
                builder.append_option(record);
                person
            })
            .collect();
        (builder.finish(), persons)
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(register.code(), n))),
        Arc::new(UInt64Array::from_iter_values(row..row + n as u64)),
        Arc::new(records),
        Arc::new(UInt64Array::from(persons)),
    ];
    Ok(RecordBatch::try_new(links_schema(), columns)?)
}

/// `README.md`
pub(crate) const README: &str = "\
# Everything here is simulated

No person in this folder or in `registers/` exists; names are put together from lists. zicht never
reads this folder: it is for measuring how far the figures of the monitor are from the truth.

- `population.csv`: true number of persons by year, form of exploitation and age group, hidden
  persons included; how many of them some register reported; visibility = detected ÷ population.
  The year is that of exploitation: a register that reports a person again in a later year
  counts that person in its own year too, which this table does not.
- `visibility.csv`: the same over all years, with the visibility that the model gives each group
  and the group that it makes least visible.
- `persons.parquet`: one row for each person whom some register reported: attributes, names and
  the registers that saw them. Hidden persons are counted in `population.csv` and not listed.
- `links.parquet`: register, row, record number and person of every row of every register.
- `mistakes.csv`: register, row and kind of every mistake that checking the registers must find;
  the kind is the rule that finds it. `row` counts as an editor or a spreadsheet does, the header
  included; in Parquet, rows are counted from 1.
- `identifier_errors.csv`: how often each register misspelt, swapped or left out what
  identifies a person, and left a field empty. No rule can find these; linkage must live with them.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_dutch_victims_are_the_least_visible() {
        let captures = Captures::calibrate().expect("the constants agree");
        let text = visibility_csv(&Census::new(), &captures);
        let least: Vec<&str> = text.lines().filter(|l| l.ends_with("true")).collect();
        assert_eq!(least.len(), 3, "{text}");
        assert!(least.iter().any(|l| l.starts_with("form,CRIM,_T,")), "{least:?}");
        assert!(least.iter().any(|l| l.starts_with("age_group,_T,0-17,")), "{least:?}");
        assert!(
            least.iter().any(|l| l.starts_with("form_and_age_group,SEKS_NL,0-17,0,0,,0.110000,")),
            "{least:?}"
        );
    }
}
