//! Capture histories: 0/1 columns, one for each list, and a count or one row a person.

use std::collections::BTreeMap;
use std::path::Path;

use model::{CaptureTable, Format, HistoryColumns, MAX_LISTS, RowCount, Severity};

use crate::cubes::finding;
use crate::error::{Error, Result};
use crate::findings::Findings;
use crate::read;

/// What came of a file of capture histories.
#[derive(Debug, Clone)]
pub struct Histories {
    /// The table over all rows, with an empty key, then one for each group.
    pub tables: Vec<(BTreeMap<String, String>, CaptureTable)>,
    /// Rows, accounted for.
    pub rows: RowCount,
    /// What was found.
    pub findings: Findings,
}

/// Reads capture histories. `by` are columns whose values make groups.
///
/// # Errors
/// When the file cannot be read, a column is missing, there are fewer than 2 or more than
/// [`MAX_LISTS`] lists, or no row can be used.
pub fn read_histories(
    path: &Path,
    name: &str,
    format: &Format,
    columns: &HistoryColumns,
    by: &[String],
) -> Result<Histories> {
    let mut table = read::open(path, name, format, &[])?;
    let count = match &columns.count {
        Some(c) => Some(table.column(c)?),
        None => table.columns.iter().position(|c| c == "count"),
    };
    let count_name = count.map(|c| table.columns[c].clone());
    let groups = by.iter().map(|c| table.column(c)).collect::<Result<Vec<_>>>()?;
    let lists: Vec<usize> = if columns.lists.is_empty() {
        (0..table.columns.len()).filter(|i| Some(*i) != count && !groups.contains(i)).collect()
    } else {
        columns.lists.iter().map(|c| table.column(c)).collect::<Result<Vec<_>>>()?
    };
    let names: Vec<String> = lists.iter().map(|&i| table.columns[i].clone()).collect();
    let new = || {
        CaptureTable::new(names.clone()).map_err(|e| {
            let help = if names.len() > MAX_LISTS {
                format!(
                    "put small lists together into one column (1 for who is on any of them) or take columns out of the \
                     file, until {MAX_LISTS} are left"
                )
            } else {
                format!("name the 0/1 columns in [source.histories] lists = [...]; 2 to {MAX_LISTS} lists can be used")
            };
            Error::file(name, e.to_string(), help)
        })
    };
    let mut whole = new()?;
    let mut parts: BTreeMap<Vec<String>, CaptureTable> = BTreeMap::new();
    let (mut rows, mut findings) = (RowCount::default(), Findings::default());
    while let Some(chunk) = table.rows.next_chunk()? {
        for r in 0..chunk.len() {
            rows.rows_in += 1;
            let row = Some(chunk.number(r));
            let mut refuse = |column: Option<&str>,
                              value: Option<&str>,
                              rule: &str,
                              message: String,
                              help: &str| {
                findings.push(finding(&table.name, row, column, value, rule, Severity::Error, message, help));
            };
            if let Some(fault) = chunk.fault(r) {
                refuse(None, None, fault.rule, fault.message.clone(), fault.help);
                rows.rows_quarantined += 1;
                continue;
            }
            let mut history = 0_u32;
            let mut good = true;
            for (bit, &column) in lists.iter().enumerate() {
                match &*chunk.field(r, column).to_text() {
                    "1" | "1.0" | "true" | "TRUE" => history |= 1 << bit,
                    "0" | "0.0" | "false" | "FALSE" => {}
                    text => {
                        let shape = crate::codes::shape(text);
                        let message = "a list says 1 for seen and 0 for not seen".to_owned();
                        refuse(
                            Some(&names[bit]),
                            Some(&shape),
                            "history.not_binary",
                            message,
                            "put a 0 or a 1 here",
                        );
                        good = false;
                    }
                }
            }
            let text = count.map(|c| chunk.field(r, c).to_text().into_owned());
            let n = match text.as_deref().map(|text| crate::counts::parse(text, format)) {
                None => 1,
                Some(Ok(model::Value::Count(n))) => n,
                Some(_) => {
                    let text = text.as_deref().unwrap_or_default();
                    // A short number may be shown; a date or a record number in its place not.
                    let short = text.len() <= 6
                        && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_punctuation());
                    let shown = if short { text.to_owned() } else { crate::codes::shape(text) };
                    let message = "the number of persons must be a whole number of zero or more".to_owned();
                    let help = "give the exact count";
                    refuse(count_name.as_deref(), Some(&shown), "value.not_a_count", message, help);
                    good = false;
                    0
                }
            };
            if good && history == 0 {
                let message = "a person seen on no list cannot be counted".to_owned();
                refuse(
                    None,
                    None,
                    "history.empty",
                    message,
                    "take the row out: how many were never seen is what is estimated",
                );
                good = false;
            }
            let group: Vec<String> = groups
                .iter()
                .map(|&g| chunk.field(r, g).to_text().into_owned())
                .map(|g| if g.is_empty() { model::UNKNOWN.to_owned() } else { g })
                .collect();
            if good {
                let mut added = whole.add(history, n);
                if !group.is_empty() {
                    let part = match parts.entry(group) {
                        std::collections::btree_map::Entry::Occupied(e) => e.into_mut(),
                        std::collections::btree_map::Entry::Vacant(e) => e.insert(new()?),
                    };
                    added = added.and_then(|()| part.add(history, n));
                }
                if let Err(e) = added {
                    refuse(None, None, "value.not_a_count", e.to_string(), "check the counts");
                    good = false;
                }
            }
            if good {
                rows.rows_used += 1;
            } else {
                rows.rows_quarantined += 1;
            }
        }
    }
    if rows.rows_used == 0 {
        let first = findings.iter().next().map_or_else(String::new, |f| {
            let column = f.column.as_ref().map_or_else(String::new, |c| format!(", column \"{c}\""));
            format!(": row {}{column}: {}", f.row.unwrap_or_default(), f.message)
        });
        return Err(Error::file(
            &table.name,
            format!("no row can be used as a capture history{first}"),
            "each row needs a 0 or a 1 for each list, and a count unless each row is one person",
        ));
    }
    let mut tables = vec![(BTreeMap::new(), whole)];
    tables.extend(parts.into_iter().map(|(group, t)| (by.iter().cloned().zip(group).collect(), t)));
    Ok(Histories { tables, rows, findings })
}
