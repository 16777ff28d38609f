//! One file a command: its arguments, what it calls, what it shows.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod encode;
pub(crate) mod estimate;
pub(crate) mod key;
pub(crate) mod link;
pub(crate) mod new;
mod noise;
pub(crate) mod protect;
mod records;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod simulate;
mod study;
pub(crate) mod synthesize;

use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::pipeline::write_json;

/// Writes a result into the folder that `--out` names, if it names one.
pub(crate) fn keep(dir: Option<&Path>, name: &str, result: &impl serde::Serialize) -> Result<(), Failure> {
    let Some(dir) = dir else { return Ok(()) };
    std::fs::create_dir_all(dir).map_err(|e| Failure::io("cannot make", dir, &e))?;
    write_json(&dir.join(name), result)
}

/// Makes a folder of files and of `about`, a JSON file that names them with their hashes; as a whole or not at all. It takes the
/// place of a folder that has such a file, and of no other.
fn put(out: &Path, about: &str, files: &[(String, Vec<u8>)], mut text: Value) -> Result<(), Failure> {
    if out.exists() && !out.join(about).is_file() {
        return Err(Failure::input(
            format!("{} is there and has no {about}", out.display()),
            "give another folder with --out",
        ));
    }
    let beside = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).map_err(|e| Failure::io("cannot make", beside, &e))?;
    let work = tempfile::Builder::new()
        .prefix(".zicht-")
        .tempdir_in(beside)
        .map_err(|e| Failure::io("cannot write in", beside, &e))?;
    let mut named = Vec::new();
    for (file, bytes) in files {
        let path = work.path().join(file);
        std::fs::write(&path, bytes).map_err(|e| Failure::io("cannot write", &path, &e))?;
        named.push(json!({ "file": file, "blake3": model::provenance::hash(bytes) }));
    }
    text["files"] = json!(named);
    write_json(&work.path().join(about), &text)?;
    if out.exists() {
        std::fs::remove_dir_all(out).map_err(|e| Failure::io("cannot replace", out, &e))?;
    }
    let work = work.keep();
    std::fs::rename(&work, out).map_err(|e| Failure::io("cannot put in place", out, &e))
}
