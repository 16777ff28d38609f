//! Case-level registers: one row, one report.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::civil::Date;
use model::{Catalogue, Classification, Finding, ReportColumns, RowCount, Settings, Severity, Source};
use rayon::prelude::*;

use crate::codes::{self, Codes, Rules};
use crate::dates::{self, Pattern, age_on, epoch_days};
use crate::error::{Error, Result};
use crate::findings::Findings;
use crate::output::ReportWriter;
use crate::read::{self, Chunk, Field, Rows};

/// What came of a register.
#[derive(Debug, Clone)]
pub struct Reports {
    /// Rows, accounted for.
    pub rows: RowCount,
    /// What was found.
    pub findings: Findings,
    /// Number of different persons in the rows used.
    pub persons: u64,
}

/// A report in the standard model.
pub(crate) struct Report {
    pub(crate) row: u64,
    pub(crate) person: u64,
    pub(crate) date: i32,
    pub(crate) age: Option<i16>,
    /// For each variable the index of its code.
    pub(crate) codes: Vec<u16>,
    record: u64,
}

/// The greatest age that is believed.
const OLDEST: i16 = 120;
/// A stated age may differ by one year from the date of birth: it may be the age a little
/// before or after the report.
const AGE_SLACK: u16 = 1;

/// Reads a register and writes its standard reports to `out` as Parquet, one row a report:
/// `row` (`UInt64`), `person` (`UInt64`), `date` (`Date32`), `register` (`UInt16`, index in
/// [`Settings::registers`]), `age` (`Int16`, completed years, may be null), then each of
/// [`Settings::variable_ids`] (`UInt16`, index of the code in its classification).
///
/// Record numbers and pseudonyms are hashed as they are read; what is written holds the hash of
/// the pseudonym only, keyed with `secret`: registers that are to be counted together need the
/// same one. `progress` is called with the number of rows read so far.
///
/// # Errors
/// When the file or a file of codes cannot be read, a column is missing, or `out` cannot be
/// written. What is wrong with single rows is in the findings.
pub fn read_reports(
    project: &Path,
    source: &Source,
    settings: &Settings,
    catalogue: &Catalogue,
    secret: &[u8; 32],
    out: &Path,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Reports> {
    let Some(columns) = &source.reports else {
        return Err(Error::file(&source.path, "this source holds no reports", "give it [source.reports]"));
    };
    let mut table = read::open(&project.join(&source.path), &source.path, &source.format, &wanted(columns))?;
    let plan = Plan::new(project, source, columns, settings, catalogue, secret, &table)?;
    let mut findings = Findings::default();
    if let Some(encoding) = table.guessed_encoding {
        findings.push(plan.note_encoding(encoding));
    }
    let mut writer = ReportWriter::create(out, &settings.variable_ids(), plan.register)?;
    let mut rows = RowCount::default();
    let mut records: HashSet<u64> = HashSet::new();
    let mut persons: HashSet<u64> = HashSet::new();
    in_parallel(
        &mut *table.rows,
        |chunk| (0..chunk.len()).map(|r| plan.read(&chunk, r)).collect::<Vec<_>>(),
        |done| {
            for (report, found) in done {
                rows.rows_in += 1;
                for f in found {
                    findings.push(f);
                }
                match report {
                    Some(report) if !records.insert(report.record) => {
                        rows.rows_quarantined += 1;
                        findings.push(plan.finding(
                            report.row,
                            Some(&columns.record),
                            "record.duplicate",
                            Severity::Error,
                            "the record number occurs before in this register",
                            "each report has one row; ask the sender which of the two holds, and take the other out",
                        ));
                    }
                    Some(report) => {
                        rows.rows_used += 1;
                        persons.insert(report.person);
                        writer.push(&report)?;
                    }
                    None => rows.rows_quarantined += 1,
                }
            }
            progress(rows.rows_in);
            Ok(())
        },
    )?;
    writer.finish()?;
    Ok(Reports { rows, findings, persons: persons.len() as u64 })
}

/// Reads, works and collects at the same time, in the order of the rows.
fn in_parallel<T: Send>(
    rows: &mut dyn Rows,
    work: impl Fn(Chunk) -> T + Sync,
    mut sink: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let many = 4 * rayon::current_num_threads();
    let mut read = move || -> Result<Vec<Chunk>> {
        let mut chunks = Vec::with_capacity(many);
        while chunks.len() < many {
            match rows.next_chunk()? {
                Some(chunk) => chunks.push(chunk),
                None => break,
            }
        }
        Ok(chunks)
    };
    let mut ready = read()?;
    while !ready.is_empty() {
        let (next, done) = rayon::join(&mut read, || ready.into_par_iter().map(&work).collect::<Vec<_>>());
        done.into_iter().try_for_each(&mut sink)?;
        ready = next?;
    }
    Ok(())
}

fn wanted(columns: &ReportColumns) -> Vec<String> {
    let mut out = vec![columns.record.clone(), columns.date.column.clone()];
    out.extend(columns.person.clone());
    out.extend(columns.age.clone());
    out.extend(columns.birth_date.iter().map(|b| b.column.clone()));
    out.extend(columns.columns.values().map(|c| c.column.clone()));
    out
}

/// A variable of a report: where it stands and what its codes are.
struct Variable<'a> {
    column: usize,
    name: &'a str,
    codes: Codes,
    positions: HashMap<String, u16>,
    classification: &'a Classification,
}

/// How to read a row.
struct Plan<'a> {
    file: String,
    columns: &'a ReportColumns,
    register: u16,
    reference: Date,
    key: [u8; 32],
    record: usize,
    person: Option<usize>,
    date: (usize, Pattern),
    birth: Option<(usize, Pattern)>,
    age: Option<usize>,
    /// In the order of [`Settings::variable_ids`], with the code for what is unknown.
    variables: Vec<(u16, Option<Variable<'a>>)>,
}

impl<'a> Plan<'a> {
    fn new(
        project: &Path,
        source: &Source,
        columns: &'a ReportColumns,
        settings: &Settings,
        catalogue: &'a Catalogue,
        secret: &[u8; 32],
        table: &read::Table,
    ) -> Result<Self> {
        let register = settings.registers().iter().position(|(code, _)| *code == columns.register);
        let mut key = blake3::Hasher::new_derive_key("zicht report key of persons and records");
        key.update(secret);
        let date_column = |c: &model::DateColumn| -> Result<(usize, Pattern)> {
            Ok((table.column(&c.column)?, Pattern::new(&table.name, c)?))
        };
        let variables = settings
            .variable_ids()
            .iter()
            .map(|id| {
                let classification = catalogue.of(id).ok_or_else(|| {
                    Error::file(
                        &source.path,
                        format!("variable \"{id}\" has no classification"),
                        "name one under [variable]",
                    )
                })?;
                let unknown = narrow(&table.name, classification)?;
                let Some((_, c)) = columns.columns.iter().find(|(name, _)| *name == id) else {
                    return Ok((unknown, None));
                };
                // The settings cannot check this themselves where the list is a file of the project.
                if let Some(code) = c.codes.values().find(|code| classification.position(code).is_none()) {
                    let help = match classification.nearest(code) {
                        Some(near) => format!("did you mean \"{near}\"?"),
                        None => format!("use a code of {}", classification.id),
                    };
                    let message = format!(
                        "`codes` of column \"{}\" names \"{code}\", which is not a code of {}",
                        c.column, classification.id
                    );
                    return Err(Error::file("monitor.toml", message, help));
                }
                let rules =
                    Rules { codes: &c.codes, codes_file: c.codes_file.as_deref(), by_label: c.by_label };
                let codes = Codes::new(project, Some(classification), &rules)?;
                let positions = codes.positions();
                let column = table.column(&c.column)?;
                Ok((unknown, Some(Variable { column, name: &c.column, codes, positions, classification })))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            file: table.name.clone(),
            columns,
            register: register.map_or(0, |r| r as u16),
            reference: settings.monitor.reference_date,
            key: *key.finalize().as_bytes(),
            record: table.column(&columns.record)?,
            person: columns.person.as_deref().map(|c| table.column(c)).transpose()?,
            date: date_column(&columns.date)?,
            birth: columns.birth_date.as_ref().map(date_column).transpose()?,
            age: columns.age.as_deref().map(|c| table.column(c)).transpose()?,
            variables,
        })
    }

    /// Hash of an identifier. Never kept in the clear.
    fn hash(&self, domain: u8, text: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[domain]);
        hasher.update(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }

    fn read(&self, chunk: &Chunk, r: usize) -> (Option<Report>, Vec<Finding>) {
        let row = chunk.number(r);
        let mut found = Vec::new();
        if let Some(fault) = chunk.fault(r) {
            found.push(self.finding(row, None, fault.rule, Severity::Error, &fault.message, fault.help));
            return (None, found);
        }
        let record = chunk.field(r, self.record);
        if record.is_empty() {
            found.push(self.finding(
                row,
                Some(&self.columns.record),
                "record.missing",
                Severity::Error,
                "the report has no record number",
                "without it a report that is sent twice cannot be told; ask the sender for it",
            ));
        }
        let date = self.date(chunk, r, row, &mut found);
        let birth = self.birth(chunk, r, row, &mut found);
        if let (Some(date), Some(birth)) = (date, birth)
            && date < birth
        {
            found.push(self.finding(
                row,
                Some(&self.columns.date.column),
                "date.before_birth",
                Severity::Error,
                "the report is dated before the birth of the person",
                "one of the two dates is wrong: ask the sender",
            ));
        }
        let age = date.and_then(|date| self.age(chunk, r, row, date, birth, &mut found));
        let codes = self.codes(chunk, r, row, date, &mut found);
        let refused = found.iter().any(|f| f.severity == Severity::Error);
        let (Some(date), false) = (date, refused) else { return (None, found) };
        let pseudonym = self.person.map(|c| chunk.field(r, c).to_text());
        let person = match pseudonym {
            Some(p) if !p.is_empty() => self.hash(b'p', &p),
            // Who it is of is found later, by the identifiers.
            _ if !self.columns.identifiers.is_empty() => self.hash(b'r', &format!("{}\0{row}", self.file)),
            _ => {
                found.push(self.finding(
                    row,
                    self.columns.person.as_deref(),
                    "person.missing",
                    Severity::Warning,
                    "the report has no pseudonym and is counted as a person of its own",
                    "ask the sender for the pseudonym, or the number of persons comes out too high",
                ));
                self.hash(b'r', &format!("{}\0{row}", self.file))
            }
        };
        let record = self.hash(b'n', &record.to_text());
        (Some(Report { row, person, date: epoch_days(date), age, codes, record }), found)
    }

    fn date(&self, chunk: &Chunk, r: usize, row: u64, found: &mut Vec<Finding>) -> Option<Date> {
        let (column, pattern) = &self.date;
        let field = chunk.field(r, *column);
        let name = &self.columns.date.column;
        if field.is_empty() {
            found.push(self.finding(
                row,
                Some(name),
                "date.missing",
                Severity::Error,
                "the report has no date",
                "without it the report belongs to no year; ask the sender for it",
            ));
            return None;
        }
        let Some(date) = pattern.parse(field) else {
            let mut f = self.finding(
                row,
                Some(name),
                "date.impossible",
                Severity::Error,
                "there is no such date",
                &format!(
                    "dates of this column are written {}; ask the sender for the right one",
                    self.columns.date.format
                ),
            );
            f.value = Some(dates::shape(field));
            found.push(f);
            return None;
        };
        if date > self.reference {
            let mut f = self.finding(
                row,
                Some(name),
                "date.future",
                Severity::Error,
                &format!("the date lies after the reference date {}", self.reference),
                "ask the sender for the right date, or set reference_date in monitor.toml to the day of delivery",
            );
            f.value = Some(date.to_string());
            found.push(f);
            return None;
        }
        Some(date)
    }

    fn birth(&self, chunk: &Chunk, r: usize, row: u64, found: &mut Vec<Finding>) -> Option<Date> {
        let (column, pattern) = self.birth.as_ref()?;
        let field = chunk.field(r, *column);
        if field.is_empty() {
            return None;
        }
        let date = pattern.parse(field).filter(|d| *d <= self.reference);
        if date.is_none() {
            let name = self.columns.birth_date.as_ref().map(|b| b.column.as_str());
            let mut f = self.finding(
                row,
                name,
                "birth_date.impossible",
                Severity::Warning,
                "the date of birth is no date or lies in the future; it is taken as unknown",
                "ask the sender for the right one",
            );
            f.value = Some(dates::shape(field));
            found.push(f);
        }
        date
    }

    /// Completed years at the report: from the date of birth, else as stated. Unknown where the
    /// two contradict each other: which one is right cannot be guessed.
    fn age(
        &self,
        chunk: &Chunk,
        r: usize,
        row: u64,
        date: Date,
        birth: Option<Date>,
        found: &mut Vec<Finding>,
    ) -> Option<i16> {
        let from_birth = birth.map(|b| age_on(b, date)).filter(|a| *a >= 0);
        let field = self.age.map(|c| chunk.field(r, c)).filter(|f| !f.is_empty());
        let name = self.columns.age.as_deref();
        // Programs that know no empty whole number write 21.0.
        let stated = field.and_then(Field::text).map(|t| t.strip_suffix(".0").unwrap_or(t).parse::<i16>());
        let stated = match stated {
            Some(Ok(age)) => Some(age),
            None if field.is_none() => None,
            _ => {
                found.push(self.finding(
                    row,
                    name,
                    "age.not_a_number",
                    Severity::Warning,
                    "the age is no whole number of years; it is taken as unknown",
                    "ask the sender for the age in completed years",
                ));
                None
            }
        };
        if let (Some(a), Some(b)) = (from_birth, stated)
            && a.abs_diff(b) > AGE_SLACK
        {
            found.push(self.finding(
                row,
                name,
                "age.contradicts_birth_date",
                Severity::Warning,
                &format!(
                    "the stated age differs by {} years from the date of birth; the age is taken as unknown",
                    a.abs_diff(b)
                ),
                "one of the two is wrong: ask the sender",
            ));
            return None;
        }
        let age = from_birth.or(stated)?;
        if !(0..=OLDEST).contains(&age) {
            let born = from_birth.and(self.columns.birth_date.as_ref());
            found.push(self.finding(
                row,
                born.map(|b| b.column.as_str()).or(name),
                "age.out_of_range",
                Severity::Warning,
                &format!("an age must lie between 0 and {OLDEST}; it is taken as unknown"),
                "ask the sender for the right one",
            ));
            return None;
        }
        Some(age)
    }

    fn codes(
        &self,
        chunk: &Chunk,
        r: usize,
        row: u64,
        date: Option<Date>,
        found: &mut Vec<Finding>,
    ) -> Vec<u16> {
        let mut out = Vec::with_capacity(self.variables.len());
        for (unknown, variable) in &self.variables {
            let Some(v) = variable else {
                out.push(*unknown);
                continue;
            };
            let text = chunk.field(r, v.column).to_text();
            if text.is_empty() {
                out.push(*unknown);
                continue;
            }
            let position = v.positions.get(&*text).or_else(|| v.positions.get(&text.to_lowercase())).copied();
            let Some(position) = position else {
                let mut f = self.finding(
                    row,
                    Some(v.name),
                    "code.unknown",
                    Severity::Error,
                    &format!(
                        "the value is not in {} and `codes` does not say what it stands for",
                        v.classification.id
                    ),
                    &v.codes.suggestion(&text),
                );
                f.value = Some(codes::shown(&text, &v.codes));
                if codes::is_mojibake(&text) {
                    "encoding.mojibake".clone_into(&mut f.rule);
                    f.help = "letters were read in the wrong encoding: state the right one in format = { encoding = \"…\" }".into();
                }
                found.push(f);
                out.push(*unknown);
                continue;
            };
            let code = &v.classification.codes()[usize::from(position)];
            let valid = date.is_none_or(|d| {
                code.valid_from.is_none_or(|from| from <= d) && code.valid_to.is_none_or(|to| d <= to)
            });
            if !valid {
                let mut f = self.finding(
                    row,
                    Some(v.name),
                    "code.expired",
                    Severity::Warning,
                    "the code was not in use on the date of the report; it is used as it stands",
                    &format!("use the code of {} that held on that day", v.classification.id),
                );
                f.value = Some(code.code.clone());
                found.push(f);
            }
            out.push(position);
        }
        out
    }

    fn note_encoding(&self, encoding: &str) -> Finding {
        let message = format!("the file is not UTF-8 and is read as {encoding}");
        let help = "state the encoding to be sure: format = { encoding = \"…\" }";
        Finding { row: None, ..self.finding(0, None, "encoding.guessed", Severity::Note, &message, help) }
    }

    fn finding(
        &self,
        row: u64,
        column: Option<&str>,
        rule: &str,
        severity: Severity,
        message: &str,
        help: &str,
    ) -> Finding {
        Finding {
            file: self.file.clone(),
            row: Some(row),
            column: column.map(str::to_owned),
            value: None,
            rule: rule.into(),
            severity,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Index of the code for what is unknown; indices of codes must fit 16 bits.
fn narrow(file: &str, c: &Classification) -> Result<u16> {
    match (u16::try_from(c.codes().len()), u16::try_from(c.unknown())) {
        (Ok(_), Ok(unknown)) => Ok(unknown),
        _ => Err(Error::file(
            file,
            format!("{} has {} codes", c.id, c.codes().len()),
            "a classification has at most 65,535 codes",
        )),
    }
}
