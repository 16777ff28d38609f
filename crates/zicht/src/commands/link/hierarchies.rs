//! Files that say which values belong to which.

use std::path::Path;

use intake::TableRows;
use linkage::{Hierarchy, Model};
use model::Format;

use crate::failure::Failure;

/// Reads `NAME=FILE`, each a hierarchy.
pub(super) fn read(named: &[String]) -> Result<Vec<Hierarchy>, Failure> {
    named
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
                of_file(name.trim(), Path::new(file))
            }
            _ => Err(Failure::input(
                format!("\"{text}\" is no hierarchy"),
                "write NAME=FILE, such as municipality=places.csv",
            )),
        })
        .collect()
}

/// Reads the files of a model's hierarchies, whose paths begin where the model is. The parents then stand in the model,
/// so that the one that is written needs no file.
pub(super) fn read_named(model: &mut Model, path: &Path) -> Result<(), Failure> {
    let dir = path.parent().unwrap_or(Path::new(""));
    for hierarchy in &mut model.hierarchies {
        let Some(file) = &hierarchy.file else { continue };
        if !hierarchy.parents.is_empty() {
            return Err(Failure::input(
                format!("{}: hierarchy \"{}\" has both parents and a file", path.display(), hierarchy.name),
                "give one of the two",
            ));
        }
        *hierarchy = of_file(&hierarchy.name, &dir.join(file))?;
    }
    Ok(())
}

/// The first two columns of a file, under a header: values and what they belong to.
fn of_file(name: &str, path: &Path) -> Result<Hierarchy, Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let shown = path.display().to_string();
    let mut rows = TableRows::open(path, &shown, &Format::default()).map_err(fail)?;
    if rows.columns().len() < 2 {
        return Err(Failure::input(
            format!("{shown} has one column"),
            "a hierarchy is a file with a header and two columns: values, and what each belongs to",
        ));
    }
    let mut pairs = Vec::new();
    while let Some((_, values)) = rows.next_row().map_err(fail)? {
        pairs.push((values[0].to_string(), values[1].to_string()));
    }
    let (count, _) = rows.finish();
    if count.rows_quarantined > 0 {
        return Err(Failure::input(
            format!("{shown}: {} rows cannot be read", count.rows_quarantined),
            "each row has as many fields as the header; `zicht check` shows which do not",
        ));
    }
    Hierarchy::new(name, pairs).map_err(|e| Failure::input(format!("{shown}: {e}"), ""))
}
