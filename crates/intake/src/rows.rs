//! Any table, row by row, without a meaning for its columns.

use std::borrow::Cow;
use std::path::Path;

use model::{Format, RowCount};

use crate::cubes::of_fault;
use crate::error::Result;
use crate::findings::Findings;
use crate::read::{self, Chunk, Table};

/// A file of which only the header is known, read row by row. Rows with a fault are passed over, and are
/// among the findings.
pub struct TableRows {
    table: Table,
    chunk: Chunk,
    /// The row of the chunk that comes next.
    next: usize,
    rows: RowCount,
    findings: Findings,
}

impl TableRows {
    /// Opens a file; `name` is what messages call it.
    ///
    /// # Errors
    /// When the file cannot be read, or has no header.
    pub fn open(path: &Path, name: &str, format: &Format) -> Result<Self> {
        let table = read::open(path, name, format, &[])?;
        let chunk = Chunk::new(table.columns.len());
        Ok(Self { table, chunk, next: 0, rows: RowCount::default(), findings: Findings::default() })
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.table.columns
    }

    /// Index of the column `name`.
    ///
    /// # Errors
    /// With the nearest name when there is none.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.table.column(name)
    }

    /// The number of the next row, as an editor counts it, and its values, one for each column, empty for
    /// none; nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_row(&mut self) -> Result<Option<(u64, Vec<Cow<'_, str>>)>> {
        loop {
            while self.next == self.chunk.len() {
                match self.table.rows.next_chunk()? {
                    Some(chunk) => (self.chunk, self.next) = (chunk, 0),
                    None => return Ok(None),
                }
            }
            self.rows.rows_in += 1;
            self.next += 1;
            let Some(fault) = self.chunk.fault(self.next - 1) else { break };
            self.rows.rows_quarantined += 1;
            let number = self.chunk.number(self.next - 1);
            self.findings.push(of_fault(&self.table.name, number, fault));
        }
        self.rows.rows_used += 1;
        let row = self.next - 1;
        let values = (0..self.table.columns.len()).map(|c| self.chunk.field(row, c).to_text()).collect();
        Ok(Some((self.chunk.number(row), values)))
    }

    /// The rows so far, accounted for, and what was found.
    pub fn finish(self) -> (RowCount, Findings) {
        (self.rows, self.findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_with_their_numbers_and_faulty_ones_are_findings() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "id,name\n1, ann \n2,b,c\n\n3,\n").expect("room");
        let mut rows = TableRows::open(&path, "a.csv", &Format::default()).expect("a table");
        assert_eq!(rows.columns(), ["id", "name"]);
        assert!(rows.column("nam").expect_err("none").help().contains("name"));
        let mut seen = Vec::new();
        while let Some((number, values)) = rows.next_row().expect("readable") {
            seen.push((number, values.join("|")));
        }
        assert_eq!(seen, [(2, "1|ann".to_owned()), (5, "3|".to_owned())]);
        let (count, findings) = rows.finish();
        assert_eq!((count.rows_in, count.rows_used, count.rows_quarantined), (3, 2, 1));
        assert_eq!(findings.len(), 1);
    }
}
