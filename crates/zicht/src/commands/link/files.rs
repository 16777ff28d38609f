//! Files of records, as columns.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use intake::TableRows;
use linkage::cluster::Partition;
use linkage::{Records, RecordsBuilder};
use model::{Format, RowCount};
use serde::Serialize;

use crate::failure::Failure;
use crate::show::Show;

/// What was read.
pub(super) struct Input {
    /// The records, all columns included.
    pub(super) records: Records,
    /// The id of each record in its register.
    pub(super) ids: Vec<String>,
    /// The rows accounted for.
    pub(super) rows: RowCount,
    /// The files with their hashes.
    pub(super) sources: Vec<Source>,
}

/// A file that was read.
#[derive(Serialize)]
pub(super) struct Source {
    register: String,
    /// The column that holds the ids of its records; the number of the row is the id when there is none.
    id_column: Option<String>,
    #[serde(flatten)]
    file: model::provenance::Input,
}

impl Input {
    /// The columns that hold ids.
    pub(super) fn id_columns(&self) -> BTreeSet<String> {
        self.sources.iter().filter_map(|source| source.id_column.clone()).collect()
    }

    /// Checks that a column is there.
    pub(super) fn column(&self, name: &str) -> Result<(), Failure> {
        let names: Vec<&str> = self.records.columns().iter().map(linkage::Column::name).collect();
        if names.contains(&name) {
            return Ok(());
        }
        let help = match model::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the columns are {}", names.join(", ")),
        };
        Err(Failure::input(format!("there is no column \"{name}\""), help))
    }

    /// The number of a record, named as `REGISTER/ID`, or by its id where there is one register.
    pub(super) fn record(&self, name: &str) -> Result<u32, Failure> {
        let registers = self.records.register_names();
        let named = |at: &usize| {
            let register = &registers[usize::from(self.records.registers()[*at])];
            let id = &self.ids[*at];
            (registers.len() == 1 && name == id)
                || name.strip_prefix(register.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(id)
        };
        (0..self.ids.len()).find(named).map(|at| at as u32).ok_or_else(|| {
            Failure::input(
                format!("there is no record \"{name}\" to explain"),
                format!("write REGISTER/ID; the registers are {}", registers.join(", ")),
            )
        })
    }

    /// The partition that a column names.
    pub(super) fn labels(&self, name: &str) -> Result<Partition, Failure> {
        let column = self.records.column(name).filter(|c| c.codes().iter().all(|&code| code > 0));
        let column = column.ok_or_else(|| {
            Failure::input(
                format!("column \"{name}\" does not say of every record who it is of"),
                "--truth needs a value in each row",
            )
        })?;
        Ok(Partition::of_labels(column.codes()))
    }
}

/// `REGISTER=FILE`, or a file that is called as its register.
fn named(text: &str) -> (String, PathBuf) {
    match text.split_once('=') {
        Some((register, file)) if !Path::new(text).exists() => (register.to_owned(), file.into()),
        _ => {
            let path = PathBuf::from(text);
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            (name.split('.').next().unwrap_or_default().to_owned(), path)
        }
    }
}

/// Reads all files. Columns of the same name are one field.
pub(super) fn read(files: &[String], id: Option<&str>, show: &Show) -> Result<Input, Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let named: Vec<(String, PathBuf)> = files.iter().map(|text| named(text)).collect();
    let mut seen = HashSet::new();
    if let Some((register, _)) = named.iter().find(|(register, _)| !seen.insert(register.clone())) {
        return Err(Failure::input(
            format!("two files are both of register \"{register}\""),
            "give each a name of its own: REGISTER=FILE",
        ));
    }
    // All columns, in the order in which they come, and in how many files each is.
    let (mut fields, mut files_of): (Vec<String>, BTreeMap<String, usize>) = (Vec::new(), BTreeMap::new());
    for (_, path) in &named {
        let rows = TableRows::open(path, &path.display().to_string(), &Format::default()).map_err(fail)?;
        for column in rows.columns() {
            if !fields.contains(column) {
                fields.push(column.clone());
            }
            *files_of.entry(column.clone()).or_default() += 1;
        }
    }
    if named.len() > 1 {
        for (column, _) in files_of.iter().filter(|(_, n)| **n == 1) {
            show.note(&format!(
                "  column {column} is in one file only and tells nothing of records of another"
            ));
        }
    }
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut builder = RecordsBuilder::new(&names);
    let (mut columns, mut numbers) = (Vec::new(), Vec::new());
    let (mut rows_all, mut sources) = (RowCount::default(), Vec::new());
    for (register, path) in &named {
        let name = path.display().to_string();
        let mut rows = TableRows::open(path, &name, &Format::default()).map_err(fail)?;
        let place: Vec<Option<usize>> =
            fields.iter().map(|f| rows.columns().iter().position(|c| c == f)).collect();
        if let Some(id) = id {
            rows.column(id).map_err(fail)?;
        }
        builder.register(register);
        while let Some((number, values)) = rows.next_row().map_err(fail)? {
            let values = place.iter().map(|at| at.map_or("", |at| &*values[at]));
            builder.push(values).map_err(|e| Failure::input(e.to_string(), ""))?;
            numbers.push(number);
        }
        columns.push(rows.columns().to_vec());
        let (count, findings) = rows.finish();
        show.findings(&findings, "`zicht check`");
        rows_all = rows_all + count;
        let file = intake::hash_file(path, &name).map_err(fail)?;
        sources.push(Source { register: register.clone(), id_column: None, file });
    }
    let records = builder.build();
    for (register, (source, columns)) in sources.iter_mut().zip(&columns).enumerate() {
        source.id_column = id.or_else(|| linkage::id_column(&records, register, columns)).map(str::to_owned);
    }
    let id_of = |(at, &register): (usize, &u16)| match &sources[usize::from(register)].id_column {
        Some(column) => records.column(column).and_then(|c| c.value(at)).unwrap_or_default().to_owned(),
        None => numbers[at].to_string(),
    };
    let ids: Vec<String> = records.registers().iter().enumerate().map(id_of).collect();
    check_ids(&ids, &records, id)?;
    Ok(Input { records, ids, rows: rows_all, sources })
}

/// No register may have an id twice.
fn check_ids(ids: &[String], records: &Records, column: Option<&str>) -> Result<(), Failure> {
    let mut seen: HashSet<(u16, &str)> = HashSet::with_capacity(ids.len());
    for (id, &register) in ids.iter().zip(records.registers()) {
        if id.is_empty() || !seen.insert((register, id)) {
            let what = if id.is_empty() { "a record without an id" } else { "an id twice" };
            return Err(Failure::input(
                format!(
                    "register \"{}\" has {what} in column \"{}\"",
                    records.register_names()[usize::from(register)],
                    column.unwrap_or_default()
                ),
                "name with --id a column that has a value of its own in each row, or none: then rows are numbered",
            ));
        }
    }
    Ok(())
}
