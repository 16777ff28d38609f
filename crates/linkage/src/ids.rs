//! Columns that name records, not persons.

use std::collections::HashMap;
use std::ops::Range;

use crate::compare::date::PartialDate;
use crate::{Column, Records, encode};

/// Pairs of records with one value that are looked at to tell whether the value is of a person.
const LOOKED_AT: usize = 2_000;
/// Records with one value are of one person when the share of other fields in which they agree is larger by this
/// than between records put together by chance.
const MORE_ALIKE: f64 = 0.1;

/// The column of the ids of a register's records, among these: the first in which each record has a value of its own
/// that looks like an id and says nothing of who the record is of. `None` when there is no such column.
///
/// A value that another register has too is either a number of the person, such as a national one, or both registers
/// number their records. The first is to be compared, the second is not; they are told apart by whether such
/// records also agree in other fields more than by chance.
pub fn id_column<'a>(records: &Records, register: usize, fields: &'a [String]) -> Option<&'a str> {
    let of = |register: usize| {
        let registers = records.registers();
        let is = |&&r: &&u16| usize::from(r) == register;
        let first = registers.iter().position(|r| is(&r)).unwrap_or(0);
        first..first + registers[first..].iter().take_while(is).count()
    };
    let own = of(register);
    let names_records = |column: &Column| {
        let Some(holder) = holders(column, own.clone()) else { return false };
        looks_like_ids(column, own.clone())
            && (0..records.register_names().len())
                .filter(|&other| other != register)
                .all(|other| !are_of_persons(records, column, &holder, of(other)))
    };
    fields.iter().map(String::as_str).find(|field| records.column(field).is_some_and(names_records))
}

/// The record that has each value; `None` unless each record has a value and no two have the same.
fn holders(column: &Column, records: Range<usize>) -> Option<HashMap<u32, usize>> {
    let mut holder = HashMap::with_capacity(records.len());
    let unique = |record: usize| {
        let code = column.codes()[record];
        code > 0 && holder.insert(code, record).is_none()
    };
    (!records.is_empty() && records.into_iter().all(unique)).then_some(holder)
}

/// True if most values are words with a digit, but no dates.
fn looks_like_ids(column: &Column, records: Range<usize>) -> bool {
    let all = records.len();
    let values = records.filter_map(|record| column.value(record));
    let (mut ids, mut dates) = (0, 0);
    for value in values {
        ids += usize::from(is_id(value));
        dates += usize::from(is_date(value));
    }
    ids * 10 > all * 9 && dates * 10 < all * 9
}

/// True if a value has a digit and is one word, and is not encoded: what is encoded is of a person.
pub(crate) fn is_id(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit())
        && !value.contains(char::is_whitespace)
        && encode::Header::of(value).is_none()
}

/// True if a value is a date with a day.
pub(crate) fn is_date(value: &str) -> bool {
    value.len() >= 6 && PartialDate::parse(value).is_some_and(|d| d.day().is_some())
}

/// True if records of two registers that have the same value agree more than by chance.
fn are_of_persons(
    records: &Records,
    column: &Column,
    holder: &HashMap<u32, usize>,
    others: Range<usize>,
) -> bool {
    let alike = others.filter_map(|other| Some((*holder.get(&column.codes()[other])?, other)));
    let alike: Vec<(usize, usize)> = alike.take(LOOKED_AT).collect();
    if alike.is_empty() {
        return false;
    }
    let fields: Vec<&[u32]> =
        records.columns().iter().filter(|c| c.name() != column.name()).map(Column::codes).collect();
    let agree = |shift: usize| {
        let (mut known, mut same) = (0_usize, 0_usize);
        for (at, &(a, _)) in alike.iter().enumerate() {
            let b = alike[(at + shift) % alike.len()].1;
            for codes in fields.iter().filter(|codes| codes[a] > 0 && codes[b] > 0) {
                known += 1;
                same += usize::from(codes[a] == codes[b]);
            }
        }
        same as f64 / known.max(1) as f64
    };
    // Of one pair alone there is no chance to compare with.
    let chance = if alike.len() > 1 { agree(alike.len() / 2) } else { 0.0 };
    agree(0) > chance + MORE_ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordsBuilder;

    const FIELDS: [&str; 4] = ["born", "national", "number", "surname"];

    /// Two registers of which the second has the persons of the first in reverse.
    fn registers() -> Records {
        let mut builder = RecordsBuilder::new(&FIELDS);
        for (register, order) in [("a", [0, 1, 2, 3, 4, 5]), ("b", [5, 4, 3, 2, 1, 0])] {
            builder.register(register);
            for (row, person) in order.into_iter().enumerate() {
                let born = format!("19{}-02-03", 80 + person);
                let (national, number) = (format!("{}", 9000 + person), format!("{}", row + 1));
                let surname = ["jansen", "de vries", "bakker", "smit", "mulder", "bos"][person];
                builder.push([&*born, &national, &number, surname]).expect("a record");
            }
        }
        builder.build()
    }

    #[test]
    fn a_number_of_persons_is_no_id_of_records_and_numbered_rows_are() {
        let records = registers();
        let fields = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for register in [0, 1] {
            assert_eq!(id_column(&records, register, &fields(&FIELDS)), Some("number"));
            assert_eq!(id_column(&records, register, &fields(&["born", "national", "surname"])), None);
        }
    }

    #[test]
    fn a_column_with_a_gap_or_a_value_twice_names_no_records() {
        let mut builder = RecordsBuilder::new(&["gap", "twice", "id"]);
        builder.register("a");
        builder.push(["1", "1", "x1"]).expect("a record");
        builder.push(["", "1", "x2"]).expect("a record");
        let fields = ["gap", "twice", "id"].map(str::to_owned);
        assert_eq!(id_column(&builder.build(), 0, &fields), Some("id"));
    }
}
