//! Tables that are tables already, with their totals: from a file of any kind that `zicht audit` reads, or as tau-Argus
//! has them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use disclosure::Table;
use intake::Layout;
use model::{Cube, RowCount, Severity};

use super::argus;
use crate::failure::Failure;
use crate::show::Show;

/// Sums that do not hold, told at most.
const TOLD: usize = 10;

/// What was read.
pub(super) struct Read {
    pub(super) tables: Vec<Table>,
    /// Decimals of the amounts of each table.
    pub(super) decimals: Vec<u32>,
    pub(super) rows: RowCount,
}

/// Reads the tables of all files, to be protected as one set.
pub(super) fn read(files: &[PathBuf], layout: Option<&Path>, show: &Show) -> Result<Read, Failure> {
    let layout = layout
        .map(|path| {
            let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
            Layout::parse(&text).map_err(|e| Failure::settings(e, &path.display().to_string(), &text))
        })
        .transpose()?;
    let (mut tables, mut decimals, mut rows) = (Vec::new(), Vec::new(), RowCount::default());
    for file in files {
        let name = file.display().to_string();
        let described = argus::metadata_of(file);
        if described.is_file() && described != *file {
            let argus::Read { table, decimals: own } = argus::read(file, &described)?;
            let cells = table.cube.cells.len() as u64;
            decimals.push(own);
            rows.rows_in += cells;
            rows.rows_used += cells;
            tables.push(table);
            continue;
        }
        let read = intake::read_tables(file, &name, layout.as_ref()).map_err(|e| Failure::from_intake(&e))?;
        show.findings(&read.findings, "`zicht check`");
        // What is left out of a table cannot be protected, and is missing from what the others add up to.
        let errors = read.findings.iter().filter(|f| f.severity == Severity::Error);
        if let Some(first) = errors.min_by_key(|f| f.row) {
            let row = first.row.map_or_else(String::new, |row| format!(", row {row}"));
            let value = first.value.as_ref().map_or_else(String::new, |value| format!(" \"{value}\""));
            let what = format!("{}{row}:{value} {}", first.file, first.message);
            return Err(Failure::input(what, "a table is protected whole: mend each row that is named"));
        }
        rows.rows_in += read.rows.rows_in;
        rows.rows_used += read.rows.rows_used;
        rows.rows_quarantined += read.rows.rows_quarantined;
        tables.extend(read.cubes.into_iter().map(Table::of));
        decimals.resize(tables.len(), 0);
    }
    name(&mut tables);
    let cubes: Vec<Cube> = tables.iter().map(|t| t.cube.clone()).collect();
    let broken = disclosure::broken_sums(&cubes).map_err(|e| Failure::input(e.to_string(), ""))?;
    if !broken.is_empty() {
        let more = broken.len().saturating_sub(TOLD);
        let mut text = format!("{} sums do not add up", broken.len());
        for sum in broken.iter().take(TOLD) {
            text.push_str("\n    ");
            text.push_str(sum);
        }
        if more > 0 {
            let _ = write!(text, "\n    … and {more} more");
        }
        return Err(Failure::input(
            text,
            "correct the tables: what does not add up cannot be protected as if it did",
        ));
    }
    Ok(Read { tables, decimals, rows })
}

/// Gives tables of the same id numbers, for their files.
fn name(tables: &mut [Table]) {
    let mut used = BTreeSet::new();
    for table in tables {
        let id = table.cube.id.clone();
        let mut next = 2;
        while !used.insert(table.cube.id.clone()) {
            table.cube.id = format!("{id}_{next}");
            next += 1;
        }
    }
}
