//! The release before this one, as it was published: its tables, to say what changed.

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::{ObsStatus, ProtectedCube};
use model::{Cube, Key, Value};
use publish::{Before, TableBefore};

use super::Monitor;
use crate::show::Show;

/// Reads the release that the settings name. One that cannot be read stops nothing: it is said, and there is no page
/// of what changed.
pub(super) fn read(monitor: &Monitor, show: &Show) -> Option<Before> {
    let named = monitor.settings.monitor.previous.as_ref()?;
    match of_folder(&monitor.dir.join(named)) {
        Ok(before) => Some(before),
        Err(why) => {
            show.note(&format!(
                "note: the release before this one, {named}, cannot be read: {why}. There is no page of what changed; \
                 `previous` in [monitor] names the folder of a release, the one with manifest.json"
            ));
            None
        }
    }
}

/// Says what the two releases tell together that neither tells alone. Nothing can be done about it any more: the one before
/// is published.
///
/// # Errors
/// When the tables cannot be compared.
pub(super) fn say(
    before: &Before,
    cubes: &[ProtectedCube],
    threshold: u64,
    show: &Show,
) -> Result<(), disclosure::Error> {
    let (mut close, mut hidden) = (0, 0);
    for cube in cubes.iter().filter(|cube| cube.waiver().is_none()) {
        let now = cube.published();
        let was = before.published(&now);
        let suppressed = |key: &&Key| cube.cell(key).is_some_and(|c| c.obs == ObsStatus::Suppressed);
        hidden += was.keys().filter(suppressed).count();
        let was =
            Cube { cells: was.into_iter().map(|(key, n)| (key, Value::Count(n))).collect(), ..now.clone() };
        // As `zicht audit --before` does.
        close += disclosure::compare(&[was], &[now], threshold)?.exact;
    }
    if close > 0 {
        show.note(&format!(
            "note: {close} figures differ from those of the release before by fewer than {threshold}: the difference says how \
             many persons came or went. To be told which, compare the two with `zicht audit --before`"
        ));
    }
    if hidden > 0 {
        show.note(&format!(
            "note: {hidden} figures are hidden that the release before published: who has it knows about what they are"
        ));
    }
    Ok(())
}

fn of_folder(dir: &Path) -> Result<Before, String> {
    let path = dir.join("manifest.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let said = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
    let tables = manifest["tables"].as_array().ok_or("its manifest lists no tables")?;
    let mut out = BTreeMap::new();
    for id in tables.iter().filter_map(|t| t["id"].as_str()) {
        // Identifiers are names of files; one that leads elsewhere is not of a release.
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(format!("its manifest names a table \"{id}\""));
        }
        let path = dir.join(format!("data/{id}/{id}.csv"));
        out.insert(id.to_owned(), table(&path).map_err(|why| format!("{}: {why}", path.display()))?);
    }
    Ok(Before { edition: said("edition"), date: said("reference_date"), tables: out })
}

fn table(path: &Path) -> Result<TableBefore, String> {
    let mut reader = csv::Reader::from_path(path).map_err(|e| e.to_string())?;
    let head = reader.headers().map_err(|e| e.to_string())?.clone();
    // The codes come first, then their words in each language.
    let labels = head.iter().position(|name| name.ends_with("_en")).ok_or("it has no columns of words")?;
    let value = head.iter().position(|name| name == "value").ok_or("it has no column \"value\"")?;
    let mut cells = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let codes = record.iter().take(labels).map(str::to_owned).collect();
        let figure = record.get(value).unwrap_or_default();
        let figure = if figure.is_empty() {
            None
        } else {
            Some(figure.parse().map_err(|_| format!("\"{figure}\" is no figure"))?)
        };
        cells.insert(codes, figure);
    }
    Ok(TableBefore { columns: head.iter().take(labels).map(str::to_owned).collect(), cells })
}
