//! Draws of a table of capture histories, as linkage gives them when links are not certain.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use model::{CaptureTable, Format, HistoryColumns};

use crate::failure::Failure;
use crate::show::Show;

/// The column that says of a row which draw it is part of.
const COLUMN: &str = "draw";

/// A group and its tables.
pub(crate) type Drawn = (BTreeMap<String, String>, Vec<CaptureTable>);
/// The tables of one file or draw: of all persons without a code, or of groups.
pub(crate) type Tables = Vec<(BTreeMap<String, String>, CaptureTable)>;

/// Reads draws: files of one draw each, folders of such files, or files with a column `draw`.
pub(crate) fn read(paths: &[PathBuf], by: &[String], show: &Show) -> Result<Vec<Tables>, Failure> {
    let mut draws = Vec::new();
    for path in paths {
        for file in files(path)? {
            draws.extend(read_file(&file, by, show)?);
        }
    }
    Ok(draws)
}

/// For each group its tables, one a draw; a draw without persons of the group has an empty one.
pub(crate) fn by_group(draws: &[Tables]) -> Result<Vec<Drawn>, Failure> {
    let groups: BTreeSet<&BTreeMap<String, String>> =
        draws.iter().flatten().map(|(codes, _)| codes).filter(|codes| !codes.is_empty()).collect();
    let table_of = |draw: &Tables, group: &BTreeMap<String, String>| {
        if let Some((_, table)) = draw.iter().find(|(codes, _)| codes == group) {
            return Ok(table.clone());
        }
        let lists = draw.first().map(|(_, table)| table.lists().to_vec()).unwrap_or_default();
        CaptureTable::new(lists).map_err(|e| Failure::input(e.to_string(), ""))
    };
    groups
        .into_iter()
        .map(|group| {
            let tables = draws.iter().map(|draw| table_of(draw, group)).collect::<Result<_, _>>()?;
            Ok((group.clone(), tables))
        })
        .collect()
}

/// The file, or the CSV files of the folder by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fail = |e: std::io::Error| Failure::io("cannot read", path, &e);
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let mut found = Vec::new();
    for entry in entries {
        let file = entry.map_err(fail)?.path();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            found.push(file);
        }
    }
    if found.is_empty() {
        return Err(Failure::input(
            format!("the folder {} has no CSV files of draws", path.display()),
            "give the folder histories/ that linkage makes, or the files themselves",
        ));
    }
    found.sort();
    Ok(found)
}

fn read_file(path: &Path, by: &[String], show: &Show) -> Result<Vec<Tables>, Failure> {
    let name = path.display().to_string();
    let many = has_column(path);
    let mut columns = by.to_vec();
    if many {
        columns.push(COLUMN.to_owned());
    }
    let lists = HistoryColumns { lists: Vec::new(), count: None, labels: BTreeMap::new() };
    let read = intake::read_histories(path, &name, &Format::default(), &lists, &columns)
        .map_err(|e| Failure::from_intake(&e))?;
    show.findings(&read.findings, "the rows named above");
    if !many {
        return Ok(vec![read.tables]);
    }
    let mut draws: BTreeMap<String, Tables> = BTreeMap::new();
    for (mut codes, table) in read.tables {
        // The table of all rows is of no draw.
        if let Some(draw) = codes.remove(COLUMN) {
            draws.entry(draw).or_default().push((codes, table));
        }
    }
    Ok(draws.into_values().collect())
}

/// Whether the first line of a text file names the column `draw`. A file that is not text, as a
/// compressed one, holds one draw.
fn has_column(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    let mut line = Vec::new();
    // A line of a file that is no text may be as long as the file.
    let mut start = std::io::Read::take(BufReader::new(file), 1 << 16);
    if start.read_until(b'\n', &mut line).is_err() {
        return false;
    }
    String::from_utf8_lossy(&line)
        .trim_start_matches('\u{feff}')
        .split([',', ';', '\t'])
        .any(|name| name.trim().trim_matches('"') == COLUMN)
}
