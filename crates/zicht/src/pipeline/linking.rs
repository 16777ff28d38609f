//! Who is who, where registers share no pseudonym: reports are linked by what identifies a person.
//!
//! ```text
//! registers/ ── identifiers ─┐
//! standard reports ── codes ─┴─► Records ── linkage::link ──► linked-SOURCE.parquet: the reports, with the
//!                                                             person of each by the likeliest links and by draw
//! ```
//!
//! Identifiers are read into memory once more for this, and are written nowhere.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::compute::concat_batches;
use arrow::datatypes::{UInt16Type, UInt64Type};
use intake::TableRows;
use linkage::blocking::Rule;
use linkage::{Linked, RecordsBuilder};
use model::{LinkageSettings, Source};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use super::cache::{self, Work};
use super::{Inputs, Monitor};
use crate::failure::Failure;
use crate::sheet::parquet_of;
use crate::show::{Show, rounded, thousands};

/// Reports with the person of each.
pub(crate) struct Persons {
    /// One file a register.
    pub(crate) files: Vec<PathBuf>,
    /// Columns with the persons of each draw; none where registers share a pseudonym.
    pub(crate) draws: Vec<String>,
    /// What came of linkage, where there was one.
    pub(crate) found: Option<Found>,
}

/// What came of linkage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) records: u64,
    pub(crate) pairs_compared: u64,
    /// Groups of records by the likeliest links.
    pub(crate) groups: u64,
    /// The number of persons with 95 % of its draws.
    pub(crate) persons: f64,
    pub(crate) interval: (f64, f64),
    /// The share of pairs of one person that blocking found.
    pub(crate) blocking_recall: f64,
    pub(crate) converged: bool,
    notes: Vec<String>,
}

/// Finds persons, or takes those that the registers agree on.
pub(crate) fn persons(
    monitor: &Monitor,
    inputs: &Inputs,
    work: &Work,
    show: &Show,
) -> Result<Persons, Failure> {
    let Some(settings) = &monitor.settings.linkage else {
        return Ok(Persons { files: inputs.reports.clone(), draws: Vec::new(), found: None });
    };
    let registers: Vec<&Source> = monitor.settings.source.iter().filter(|s| s.reports.is_some()).collect();
    let draws: Vec<String> = (1..=settings.draws).map(|d| format!("person_{d}")).collect();
    // The names of the files of reports hold the hash of all that they were made of.
    let named = inputs.reports.iter().map(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
    let state = serde_json::json!([
        cache::build(),
        named.collect::<Vec<_>>(),
        settings,
        monitor.settings.monitor.seed
    ]);
    let key = &model::provenance::hash(state.to_string().as_bytes())[..16];
    let about = format!("linked-{key}.json");
    let files: Vec<PathBuf> =
        registers.iter().map(|s| work.path(&format!("linked-{}-{key}.parquet", s.id))).collect();
    let kept: Option<Found> = work.load(&about);
    let found = match kept {
        Some(found) if files.iter().all(|f| f.is_file()) => found,
        _ => {
            work.sweep("linked-", &[]);
            let step = show.step("link", None);
            let reports = inputs.reports.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
            let linked = link(monitor, settings, &registers, &reports)?;
            let seed = monitor.settings.monitor.seed;
            write(&linked, seed, &reports, &draws, &files)?;
            let found = Found::of(&linked);
            step.done(&format!(
                "{} reports of about {} persons ({} – {})",
                thousands(found.records),
                rounded(found.persons),
                rounded(found.interval.0),
                rounded(found.interval.1)
            ));
            work.store(&about, &found)?;
            found
        }
    };
    for note in &found.notes {
        show.note(&format!("  {note}"));
    }
    if !found.converged {
        return Err(Failure::refused(
            "the search for the model of linkage did not settle",
            "compare other identifiers, or give the registers one pseudonym",
        ));
    }
    Ok(Persons { files, draws, found: Some(found) })
}

impl Found {
    fn of(linked: &Linked) -> Self {
        Self {
            records: linked.records.len() as u64,
            pairs_compared: linked.compared,
            groups: linked.persons.groups as u64,
            persons: linked.persons.point,
            interval: linked.persons.interval,
            blocking_recall: linked.blocking_recall.point,
            converged: linked.converged,
            notes: linked.notes.clone(),
        }
    }
}

/// Standard reports of a register.
fn read(path: &Path) -> Result<RecordBatch, Failure> {
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::input(format!("cannot read {}: {e}", path.display()), "run with --force to read all again")
    };
    let file = File::open(path).map_err(|e| Failure::io("cannot read", path, &e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| cannot(&e))?;
    let schema = Arc::clone(builder.schema());
    let reader = builder.build().map_err(|e| cannot(&e))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|e| cannot(&e))?;
    concat_batches(&schema, &batches).map_err(|e| cannot(&e))
}

fn link(
    monitor: &Monitor,
    settings: &LinkageSettings,
    registers: &[&Source],
    reports: &[RecordBatch],
) -> Result<Linked, Failure> {
    let mut fields: Vec<&str> = Vec::new();
    for name in registers.iter().flat_map(|s| s.reports.iter().flat_map(|r| r.identifiers.keys())) {
        if !fields.contains(&name.as_str()) {
            fields.push(name);
        }
    }
    let identifiers = fields.len();
    fields.extend(settings.compare.iter().map(String::as_str));
    let mut builder = RecordsBuilder::new(&fields);
    for (source, reports) in registers.iter().zip(reports) {
        add(monitor, source, reports, &fields, identifiers, &mut builder)?;
    }
    let rules = settings
        .rules
        .iter()
        .map(|rule| rule.parse::<Rule>().map_err(|e| Failure::input(format!("[linkage] rules: {e}"), "")));
    let usual = linkage::Settings::default();
    let options = linkage::Settings {
        rules: rules.collect::<Result<_, _>>()?,
        recall: settings.recall.unwrap_or(usual.recall),
        pairs_per_record: settings.pairs_per_record,
        draws: settings.draws as usize,
        seed: monitor.settings.monitor.seed,
        ..usual
    };
    linkage::link(&builder.build(), &options, &|_| ()).map_err(|e| Failure::from_linkage(&e))
}

/// Adds the records of a register: its reports, in their order, with identifiers from its file.
fn add(
    monitor: &Monitor,
    source: &Source,
    reports: &RecordBatch,
    fields: &[&str],
    identifiers: usize,
    builder: &mut RecordsBuilder,
) -> Result<(), Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let changed = || Failure::input(format!("{} changed while it was read", source.path), "run again");
    let columns = source.reports.as_ref().map(|r| &r.identifiers);
    let mut rows =
        TableRows::open(&monitor.dir.join(&source.path), &source.path, &source.format).map_err(fail)?;
    let place = fields[..identifiers]
        .iter()
        .map(|field| columns.and_then(|c| c.get(*field)).map(|name| rows.column(name)).transpose())
        .collect::<Result<Vec<_>, _>>()
        .map_err(fail)?;
    let numbers = reports.column_by_name("row").ok_or_else(changed)?.as_primitive::<UInt64Type>();
    let of_row: HashMap<u64, usize> = numbers.values().iter().copied().zip(0..).collect();
    let codes = fields[identifiers..]
        .iter()
        .map(|name| {
            let column = reports.column_by_name(name).map(AsArray::as_primitive::<UInt16Type>);
            Ok((column.ok_or_else(changed)?, monitor.catalogue.of(name).ok_or_else(changed)?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut records: Vec<Option<Vec<String>>> = vec![None; reports.num_rows()];
    while let Some((number, values)) = rows.next_row().map_err(fail)? {
        // Rows that were quarantined are no reports.
        let Some(&at) = of_row.get(&number) else { continue };
        let mut record: Vec<String> =
            place.iter().map(|column| column.map_or_else(String::new, |c| values[c].to_string())).collect();
        for (column, classification) in &codes {
            let code = &classification.codes()[usize::from(column.value(at))].code;
            record.push(if code == model::UNKNOWN { String::new() } else { code.clone() });
        }
        records[at] = Some(record);
    }
    builder.register(source.reports.as_ref().map_or(&source.id, |r| &r.register));
    for record in records {
        let record = record.ok_or_else(changed)?;
        builder.push(record.iter().map(String::as_str)).map_err(|e| Failure::from_linkage(&e))?;
    }
    Ok(())
}

/// Writes the reports with the persons in place of what each file alone knows of them.
fn write(
    linked: &Linked,
    seed: u64,
    reports: &[RecordBatch],
    draws: &[String],
    files: &[PathBuf],
) -> Result<(), Failure> {
    let drawn: Vec<Vec<u32>> = (0..draws.len()).map(|d| linked.drawn(d, seed)).collect();
    let mut start = 0;
    for (reports, path) in reports.iter().zip(files) {
        let own = start..start + reports.num_rows();
        start = own.end;
        let persons = linked.clusters.point.person[own.clone()].iter().map(|&p| u64::from(p));
        let persons: ArrayRef = Arc::new(persons.collect::<UInt64Array>());
        let schema = reports.schema();
        let kept = schema.fields().iter().zip(reports.columns()).map(|(field, column)| {
            let column = if field.name() == "person" { &persons } else { column };
            (field.name().as_str(), Arc::clone(column))
        });
        let of_draws = draws.iter().zip(&drawn).map(|(name, drawn)| {
            let persons: ArrayRef = Arc::new(UInt32Array::from(drawn[own.clone()].to_vec()));
            (name.as_str(), persons)
        });
        let bytes = parquet_of(kept.chain(of_draws)).map_err(|e| {
            Failure::input(format!("cannot write {}: {e}", path.display()), "is the disk full?")
        })?;
        std::fs::write(path, bytes).map_err(|e| Failure::io("cannot write", path, &e))?;
    }
    Ok(())
}
