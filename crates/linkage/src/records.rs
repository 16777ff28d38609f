//! Records in memory: one column a field, each distinct value kept once.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;

use crate::blocking::hash;
use crate::{Error, lists};

/// The records of one or more registers.
#[derive(Debug, Clone, Default)]
pub struct Records {
    names: Vec<String>,
    registers: Vec<u16>,
    columns: Vec<Column>,
}

/// One field of all records. A value is a code: 0 where there is none, else one more than its index among
/// the distinct values.
#[derive(Debug, Clone, Default)]
pub struct Column {
    name: String,
    codes: Vec<u32>,
    values: Vec<Box<str>>,
    counts: Vec<u32>,
}

impl Records {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.registers.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.registers.is_empty()
    }

    /// The registers, in the order in which they came.
    pub fn register_names(&self) -> &[String] {
        &self.names
    }

    /// The register of each record, as its index among the names.
    pub fn registers(&self) -> &[u16] {
        &self.registers
    }

    /// The fields.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The records with every value [folded](crate::compare::fold::fold), but for those that are encoded. Of a field
    /// of lists each value of a list is folded.
    #[must_use]
    pub fn folded(&self) -> Self {
        self.folded_with(&[])
    }

    /// As [`Records::folded`], where these fields hold lists whether or not it shows.
    #[must_use]
    pub(crate) fn folded_with(&self, listed: &[&str]) -> Self {
        let columns = self
            .columns
            .par_iter()
            .map(|column| {
                let is_list = listed.contains(&column.name()) || lists::is_of_lists(column);
                column.map(&column.name, |v| {
                    let encoded = crate::encode::Header::of(v).is_some();
                    let folded = match (encoded, is_list) {
                        (true, _) => v.to_owned(),
                        (false, true) => lists::folded(v),
                        (false, false) => crate::compare::fold::fold(v),
                    };
                    Some(folded).filter(|v| !v.is_empty())
                })
            })
            .collect();
        Self { names: self.names.clone(), registers: self.registers.clone(), columns }
    }

    /// Some of the records, in this order.
    pub(crate) fn select(&self, keep: &[u32]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| {
                let mut new = vec![0_u32; column.values.len() + 1];
                let (mut values, mut codes) = (Vec::new(), Vec::with_capacity(keep.len()));
                for &record in keep {
                    let code = column.codes[record as usize] as usize;
                    if code > 0 && new[code] == 0 {
                        values.push(column.values[code - 1].clone());
                        new[code] = values.len() as u32;
                    }
                    codes.push(new[code]);
                }
                let mut column = Column { name: column.name.clone(), codes, values, counts: Vec::new() };
                column.count();
                column
            })
            .collect();
        let registers = keep.iter().map(|&record| self.registers[record as usize]).collect();
        Self { names: self.names.clone(), registers, columns }
    }

    /// Records of one register with these columns, each of as many records.
    pub(crate) fn of_columns(columns: Vec<Column>, records: usize) -> Self {
        Self { names: vec!["all".into()], registers: vec![0; records], columns }
    }

    /// Puts another column in the place of one.
    pub(crate) fn replace(&mut self, at: usize, column: Column) {
        self.columns[at] = column;
    }

    /// The field of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

impl Column {
    /// A column of these values, empty for none.
    pub fn from_values(name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let mut made = Interner::new(name.to_owned());
        let codes = values.into_iter().map(|v| made.code(&v)).collect();
        made.column.codes = codes;
        made.column.count();
        made.column
    }

    /// A column of the code of each record and the distinct values; `None` if there is a code without value.
    pub(crate) fn of_codes(name: String, codes: Vec<u32>, values: Vec<Box<str>>) -> Option<Self> {
        let last = codes.iter().max().copied().unwrap_or(0);
        let mut column = Self { name, codes, values, counts: Vec::new() };
        (last as usize <= column.values.len()).then(|| {
            column.count();
            column
        })
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The code of each record.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The distinct values; the first has code 1.
    pub fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// How many records have each distinct value.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// How many records have a value.
    pub fn known(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// The share of the records with a value whose value is such a one; not a number where no record has any.
    pub(crate) fn share(&self, such: impl Fn(&str) -> bool) -> f64 {
        let counts = self.values.iter().zip(&self.counts).filter(|(value, _)| such(value));
        counts.map(|(_, &count)| u64::from(count)).sum::<u64>() as f64 / self.known() as f64
    }

    /// The value of a record.
    pub fn value(&self, record: usize) -> Option<&str> {
        (self.codes[record] as usize).checked_sub(1).map(|at| &*self.values[at])
    }

    /// A column made of this one by a function of its values, `None` for no value. The function is called
    /// once for each distinct value.
    #[must_use]
    pub fn map(&self, name: &str, mut f: impl FnMut(&str) -> Option<String>) -> Self {
        let mut made = Interner::new(name.to_owned());
        let codes: Vec<u32> =
            std::iter::once(0).chain(self.values.iter().map(|v| f(v).map_or(0, |v| made.code(&v)))).collect();
        made.column.codes = self.codes.iter().map(|&c| codes[c as usize]).collect();
        made.column.count();
        made.column
    }

    fn count(&mut self) {
        self.counts = vec![0; self.values.len()];
        for &code in self.codes.iter().filter(|&&code| code > 0) {
            self.counts[code as usize - 1] += 1;
        }
    }
}

/// Builds [`Records`] row by row.
#[derive(Debug, Default)]
pub struct RecordsBuilder {
    names: Vec<String>,
    registers: Vec<u16>,
    columns: Vec<Interner>,
}

/// A column in the making.
#[derive(Debug, Default)]
struct Interner {
    column: Column,
    /// The codes of the values so far, by their hash: each value is kept once only.
    known: HashTable<u32>,
}

impl Interner {
    fn new(name: String) -> Self {
        Self { column: Column { name, ..Column::default() }, known: HashTable::new() }
    }

    fn code(&mut self, value: &str) -> u32 {
        if value.is_empty() {
            return 0;
        }
        let values = &mut self.column.values;
        let of = |value: &str| hash(value.as_bytes());
        let is = |code: &u32| *values[*code as usize - 1] == *value;
        match self.known.entry(of(value), is, |code| of(&values[*code as usize - 1])) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let code = values.len() as u32 + 1;
                place.insert(code);
                values.push(value.into());
                code
            }
        }
    }
}

impl RecordsBuilder {
    /// Records with these fields.
    pub fn new(fields: &[&str]) -> Self {
        Self {
            columns: fields.iter().map(|name| Interner::new((*name).to_owned())).collect(),
            ..Self::default()
        }
    }

    /// How many records there are so far.
    pub fn len(&self) -> usize {
        self.registers.len()
    }

    /// True if there is none yet.
    pub fn is_empty(&self) -> bool {
        self.registers.is_empty()
    }

    /// The registers so far.
    pub fn register_names(&self) -> &[String] {
        &self.names
    }

    /// The register of each record so far.
    pub fn registers(&self) -> &[u16] {
        &self.registers
    }

    /// Adds a register; the records that follow are of it.
    pub fn register(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// Adds a record: a value for each field, empty for none.
    ///
    /// # Errors
    /// When there is no register yet, the number of values is not that of the fields, or there are too
    /// many records or registers.
    pub fn push<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        let register = u16::try_from(self.names.len())
            .ok()
            .and_then(|n| n.checked_sub(1))
            .ok_or_else(|| Error::Records("name a register before its records; at most 65,535".into()))?;
        if self.registers.len() >= u32::MAX as usize - 1 {
            return Err(Error::Records("at most 4,294,967,294 records can be linked at once".into()));
        }
        let mut given = 0;
        for value in values {
            let Some(column) = self.columns.get_mut(given) else { break };
            let code = column.code(value);
            column.column.codes.push(code);
            given += 1;
        }
        if given < self.columns.len() {
            return Err(Error::Records(format!(
                "record {} has {given} values for {} fields",
                self.registers.len() + 1,
                self.columns.len()
            )));
        }
        self.registers.push(register);
        Ok(())
    }

    /// The records, all in.
    pub fn build(self) -> Records {
        let columns = self
            .columns
            .into_iter()
            .map(|mut interner| {
                interner.column.count();
                interner.column
            })
            .collect();
        Records { names: self.names, registers: self.registers, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_values_are_kept_once_and_missing_ones_not_at_all() {
        let mut builder = RecordsBuilder::new(&["name", "year"]);
        builder.register("police");
        builder.push(["ann", "1990"]).expect("a record");
        builder.push(["", "1990"]).expect("a record");
        builder.register("shelter");
        builder.push(["ann", ""]).expect("a record");
        let records = builder.build();
        assert_eq!(records.registers(), [0, 0, 1]);
        let name = records.column("name").expect("a column");
        assert_eq!((name.codes(), name.counts(), name.value(1)), (&[1, 0, 1][..], &[2][..], None));
        let first = name.map("initial", |v| v.get(..1).map(str::to_owned));
        assert_eq!(first.value(2), Some("a"));
    }

    #[test]
    fn a_short_record_is_an_error_without_its_values() {
        let mut builder = RecordsBuilder::new(&["name", "year"]);
        assert!(builder.push(["ann", "1990"]).is_err());
        builder.register("police");
        let said = builder.push(["ann"]).expect_err("too short").to_string();
        assert_eq!(said, "record 1 has 1 values for 2 fields");
    }
}
