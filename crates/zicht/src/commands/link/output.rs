//! What `zicht link` writes. The folder holds no identifiers but the ids of the records; a run that is killed
//! leaves the former result whole.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use linkage::diagnostics::Diagnostics;
use linkage::register::{Absent, Entry, PersonRegister, RecordKey};
use linkage::{Histories, Linked};
use model::CaptureTable;
use serde_json::{Value, json};

use super::files::Input;
use super::{Arguments, Judged, ModelFile};
use crate::failure::Failure;
use crate::pipeline::write_json;
use crate::sheet::parquet_of;
use crate::show::Show;

/// The file that says that a folder is of linkage.
const RESULT: &str = "link.json";

/// What was written into a folder beside that of the result.
pub(super) struct Written {
    work: tempfile::TempDir,
    journal: usize,
    rows: Value,
    sources: Value,
    histories: bool,
}

/// Refuses a folder with something else in it.
pub(super) fn check_folder(out: &Path) -> Result<(), Failure> {
    let taken = std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if (taken && !out.join(RESULT).is_file()) || out.is_file() {
        return Err(Failure::input(
            format!("{} is not empty and not of an earlier linkage", out.display()),
            "choose another folder with --out",
        ));
    }
    Ok(())
}

/// Writes all into a new folder beside `--out`.
pub(super) fn write(
    arguments: &Arguments,
    linked: &Linked,
    input: &Input,
    seed: u64,
    show: &Show,
) -> Result<Written, Failure> {
    let beside = arguments.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).map_err(|e| Failure::io("cannot make", beside, &e))?;
    let work = tempfile::Builder::new()
        .prefix(".link-")
        .tempdir_in(beside)
        .map_err(|e| Failure::io("cannot write in", beside, &e))?;
    let dir = work.path();
    let names = linked.records.register_names();
    let source = |record: usize| names[usize::from(linked.records.registers()[record])].as_str();

    let keys: Vec<(RecordKey, u32)> = (0..input.ids.len())
        .map(|r| (RecordKey::new(source(r), &input.ids[r]), linked.clusters.point.person[r]))
        .collect();
    let mut register = match &arguments.previous {
        Some(former) => read_register(&former.join("register.json"))?,
        None => PersonRegister::new(seed),
    };
    let journal = register
        .update(&arguments.edition, &keys, Absent::Remove)
        .map_err(|e| Failure::input(e.to_string(), ""))?;
    write_streamed(&dir.join("register.json"), |file| Ok(serde_json::to_writer(file, &register)?))?;
    write_lines(&dir.join("journal.jsonl"), &journal)?;
    let journal = journal.len();

    let probability = linked.draws.probabilities(&linked.clusters);
    let person: Vec<String> = register
        .persons_of(&keys, |(key, _)| key)
        .into_iter()
        .map(|p| p.map_or_else(String::new, |p| p.to_string()))
        .collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("source", texts((0..keys.len()).map(source))),
        ("record_id", texts(input.ids.iter().map(String::as_str))),
        ("person_id", texts(person.iter().map(String::as_str))),
        ("probability", Arc::new(Float64Array::from(probability))),
    ];
    write_parquet(&dir.join("persons.parquet"), columns)?;

    let patterns: Vec<String> = linked.patterns.iter().map(|&p| linked.model.pattern_text(p)).collect();
    let ends = |of: fn(&linkage::Link) -> u32| linked.links.iter().map(move |l| of(l) as usize);
    let columns: [(&str, ArrayRef); 6] = [
        ("a_source", texts(ends(|l| l.a).map(source))),
        ("a_id", texts(ends(|l| l.a).map(|r| input.ids[r].as_str()))),
        ("b_source", texts(ends(|l| l.b).map(source))),
        ("b_id", texts(ends(|l| l.b).map(|r| input.ids[r].as_str()))),
        (
            "probability",
            Arc::new(linked.links.iter().map(|l| Some(l.probability())).collect::<Float64Array>()),
        ),
        ("pattern", texts(patterns.iter().map(String::as_str))),
    ];
    write_parquet(&dir.join("pairs.parquet"), columns)?;

    let file = ModelFile {
        rules: linked.rules.iter().map(|r| r.rule.clone()).collect(),
        model: linked.model.clone(),
    };
    file.write(&dir.join("model.toml"))?;

    let diagnostics = Diagnostics::of(linked);
    write_json(&dir.join("diagnostics.json"), &diagnostics)?;
    let page = super::page::html(linked, &diagnostics, seed)?;
    write_text(&dir.join("diagnostics.html"), page)?;

    let histories = Histories::of(linked, seed).map_err(|e| Failure::input(e.to_string(), ""))?;
    if let Some(histories) = &histories {
        write_text(&dir.join("histories.csv"), csv_of(&histories.point)?)?;
        let folder = dir.join("histories");
        std::fs::create_dir(&folder).map_err(|e| Failure::io("cannot make", &folder, &e))?;
        for (at, draw) in histories.draws.iter().enumerate() {
            write_text(&folder.join(format!("draw-{:04}.csv", at + 1)), csv_of(draw)?)?;
        }
    } else if names.len() > 1 {
        show.note(&format!(
            "  {} registers are too many for capture histories; none are written",
            names.len()
        ));
    }
    let to_value = |value: serde_json::Result<Value>| {
        value.map_err(|e| Failure::input(format!("the result cannot be written as JSON: {e}"), ""))
    };
    Ok(Written {
        journal,
        rows: to_value(serde_json::to_value(input.rows))?,
        sources: to_value(serde_json::to_value(&input.sources))?,
        histories: histories.is_some(),
        work,
    })
}

/// Puts the result in the place of the former one.
pub(super) fn publish(out: &Path, written: Written, result: &Value) -> Result<(), Failure> {
    let dir = written.work.path().to_owned();
    write_json(&dir.join(RESULT), result)?;
    // Decisions of people are of the pairs, not of the run: they stay.
    let (kept, new) = (out.join("review"), dir.join("review"));
    if kept.is_dir() {
        std::fs::rename(&kept, &new).map_err(|e| Failure::io("cannot move", &kept, &e))?;
    }
    if out.exists() {
        std::fs::remove_dir_all(out).map_err(|e| Failure::io("cannot replace", out, &e))?;
    }
    let dir: PathBuf = written.work.keep();
    std::fs::rename(&dir, out).map_err(|e| Failure::io("cannot put in place", out, &e))
}

/// The result for programs.
pub(super) fn json(linked: &Linked, judged: Option<&Judged>, written: &Written, seed: u64) -> Value {
    let (lower, upper) = linked.persons.interval;
    let recall = &linked.blocking_recall;
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "seed": seed,
        "sources": written.sources,
        "rows": written.rows,
        "records": linked.records.len(),
        "registers": linked.records.register_names().iter().zip(&linked.clean)
            .map(|(name, clean)| json!({"name": name, "clean": clean})).collect::<Vec<_>>(),
        "fields": linked.kinds.iter()
            .map(|(name, kind)| json!({"field": name, "taken_for": kind.name()})).collect::<Vec<_>>(),
        "rules": linked.rules,
        "pairs_compared": linked.compared,
        "blocking_recall": {
            "point": recall.point,
            "interval": [recall.interval.0, recall.interval.1],
            "by_model": recall.by_model,
            "by_recapture": recall.by_recapture,
        },
        "links": linked.links.iter().filter(|l| l.log_odds > 0.0).count(),
        "persons": { "point": linked.persons.point, "interval": [lower, upper] },
        "groups": linked.persons.groups,
        "alone": linked.persons.alone,
        "lost": linked.persons.lost,
        "converged": linked.converged,
        "histories": written.histories,
        "journal": written.journal,
        "evaluation": judged,
        "explained": linked.explained,
        "notes": linked.notes,
    })
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// A table of capture histories, a 0/1 column for each register and the count.
fn csv_of(table: &CaptureTable) -> Result<Vec<u8>, Failure> {
    let names = table.lists();
    let made = || -> Result<Vec<u8>, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(names.iter().map(String::as_str).chain(["count"]))?;
        for (history, count) in table.counts() {
            let bits = (0..names.len()).map(|bit| (history >> bit & 1).to_string());
            out.write_record(bits.chain([count.to_string()]))?;
        }
        out.into_inner().map_err(|e| e.into_error().into())
    };
    made().map_err(|e| Failure::input(format!("the capture histories cannot be written: {e}"), ""))
}

fn write_text(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Failure::io("cannot write", path, &e))
}

fn write_lines(path: &Path, entries: &[Entry]) -> Result<(), Failure> {
    write_streamed(path, |file| {
        entries.iter().try_for_each(|entry| {
            serde_json::to_writer(&mut *file, entry)?;
            file.write_all(b"\n")
        })
    })
}

/// Writes bit by bit: the records of millions are not held as text.
fn write_streamed(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let cannot = |e: std::io::Error| Failure::io("cannot write", path, &e);
    let mut file = BufWriter::new(File::create(path).map_err(cannot)?);
    write(&mut file).and_then(|()| file.flush()).map_err(cannot)
}

fn write_parquet<const N: usize>(path: &Path, columns: [(&str, ArrayRef); N]) -> Result<(), Failure> {
    let bytes = parquet_of(columns)
        .map_err(|e| Failure::input(format!("cannot write {}: {e}", path.display()), "is the disk full?"))?;
    std::fs::write(path, bytes).map_err(|e| Failure::io("cannot write", path, &e))
}

fn read_register(path: &Path) -> Result<PersonRegister, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
    serde_json::from_str(&text).map_err(|e| {
        Failure::input(
            format!("{} is not a register of persons: {e}", path.display()),
            "give with --previous the folder that an earlier `zicht link` wrote",
        )
    })
}
