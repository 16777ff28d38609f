//! Any file, checked without being told what it is.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Format, HistoryColumns, MAX_LISTS, RowCount, Severity, TOTAL};

use crate::cubes::{finding, of_fault};
use crate::error::Result;
use crate::findings::Findings;
use crate::published::read_tables;
use crate::read;
use crate::read_histories;

/// What a file was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// 0/1 columns, with or without a count.
    Histories,
    /// A published table with totals.
    Table,
    /// Rows of which nothing is known: without a `monitor.toml` the meaning of a column is not.
    Rows,
}

/// What came of checking a file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What the file was taken for.
    pub shape: Shape,
    /// Rows, accounted for.
    pub rows: RowCount,
    /// What was found. As nobody said which columns identify persons, no finding has a value.
    pub findings: Findings,
}

/// Checks a file that no settings describe: that it can be read, that each row fits the header and
/// is text in one encoding; of capture histories and of published tables with totals also what
/// their readers check.
///
/// # Errors
/// When the file as a whole cannot be read.
pub fn check_file(path: &Path, name: &str) -> Result<Checked> {
    let format = Format::default();
    let mut table = read::open(path, name, &format, &[])?;
    let (mut rows, mut findings, mut faults) =
        (RowCount::default(), Findings::default(), Findings::default());
    if let Some(encoding) = table.guessed_encoding {
        findings.push(finding(
            &table.name,
            None,
            None,
            None,
            "encoding.guessed",
            Severity::Note,
            format!("the file is not UTF-8; it was read as {encoding}"),
            "if letters look wrong, state the encoding in monitor.toml",
        ));
    }
    let mut binary = vec![true; table.columns.len()];
    while let Some(chunk) = table.rows.next_chunk()? {
        for r in 0..chunk.len() {
            rows.rows_in += 1;
            let Some(fault) = chunk.fault(r) else {
                rows.rows_used += 1;
                for (c, all) in binary.iter_mut().enumerate().filter(|(_, all)| **all) {
                    *all = matches!(&*chunk.field(r, c).to_text(), "0" | "1");
                }
                continue;
            };
            rows.rows_quarantined += 1;
            faults.push(of_fault(&table.name, chunk.number(r), fault));
        }
    }
    let lists = (0..binary.len()).filter(|&c| table.columns[c] != "count").collect::<Vec<_>>();
    let histories =
        (2..=MAX_LISTS).contains(&lists.len()) && rows.rows_used > 0 && lists.iter().all(|&c| binary[c]);
    if histories {
        let columns = HistoryColumns { lists: Vec::new(), count: None, labels: BTreeMap::new() };
        let read = read_histories(path, name, &format, &columns, &[])?;
        findings.merge(read.findings.unsaid());
        return Ok(Checked { shape: Shape::Histories, rows: read.rows, findings });
    }
    // Registers have no totals; a file that has some is a table, whose categories may be named.
    if let Ok(read) = read_tables(path, name, None) {
        let categories = read.cubes.iter().flat_map(|c| &c.dimensions).flat_map(|d| &d.categories);
        if categories.into_iter().any(|c| c.code == TOTAL) {
            findings.merge(read.findings.unsaid());
            return Ok(Checked { shape: Shape::Table, rows: read.rows, findings });
        }
    }
    findings.merge(faults);
    Ok(Checked { shape: Shape::Rows, rows, findings })
}
