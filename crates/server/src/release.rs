//! Reads a release and holds it against its manifest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path};

use bytes::Bytes;
use serde_json::Value;

use crate::Error;

/// The name of the manifest, which it does not list itself.
pub(crate) const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "zicht release, 1";

/// A release as it was read.
pub(crate) struct Release {
    pub(crate) manifest: Value,
    /// Contents and BLAKE3 hash by path below the release, `manifest.json` among them.
    pub(crate) files: BTreeMap<String, (Bytes, String)>,
    /// Paths in the folder that the manifest does not list.
    pub(crate) unlisted: Vec<String>,
}

/// A file as the manifest lists it.
struct Listed {
    path: String,
    bytes: u64,
    blake3: String,
}

/// Reads the release in `dir`, of `limit` bytes at most.
pub(crate) fn read(dir: &Path, limit: u64) -> Result<Release, Error> {
    let path = dir.join(MANIFEST);
    let text = match regular(&path, limit) {
        Ok(Some(text)) => text,
        Ok(None) => return Err(Error::Manifest { what: format!("it has more than {limit} bytes") }),
        Err(e) if e.kind() == ErrorKind::NotFound => return Err(Error::NoManifest { dir: dir.to_owned() }),
        Err(error) => return Err(Error::Read { path, error }),
    };
    let manifest: Value =
        serde_json::from_slice(&text).map_err(|e| Error::Manifest { what: e.to_string() })?;
    let listed = listed(&manifest)?;
    let bytes = listed.iter().fold(text.len() as u64, |sum, f| sum.saturating_add(f.bytes));
    if bytes > limit {
        return Err(Error::TooLarge { bytes, limit });
    }
    let mut files = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in listed {
        match regular(&dir.join(&file.path), file.bytes) {
            Ok(Some(bytes)) if blake3::hash(&bytes).to_hex().as_str() == file.blake3 => {
                files.insert(file.path, (Bytes::from(bytes), file.blake3));
            }
            Ok(_) => wrong.push(format!("{} (has other contents)", file.path)),
            Err(e) if e.kind() == ErrorKind::NotFound => wrong.push(format!("{} (is not there)", file.path)),
            Err(e) => wrong.push(format!("{} ({e})", file.path)),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Damaged { files: wrong });
    }
    let hash = blake3::hash(&text).to_hex().to_string();
    files.insert(MANIFEST.to_owned(), (Bytes::from(text), hash));
    let mut unlisted = Vec::new();
    walk(dir, "", &files, &mut unlisted)?;
    unlisted.sort();
    Ok(Release { manifest, files, unlisted })
}

/// The contents of a file; `None` when there are more than `most` bytes. What is no file, such as a pipe or a link, is as one that
/// cannot be read.
fn regular(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    if !path.symlink_metadata()?.is_file() {
        return Err(std::io::Error::other("is no regular file"));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

fn listed(manifest: &Value) -> Result<Vec<Listed>, Error> {
    let wrong = |what: String| Error::Manifest { what };
    match manifest["format"].as_str() {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(wrong(format!("its format is \"{other}\", and this program knows \"{FORMAT}\"")));
        }
        None => return Err(wrong("it names no format".to_owned())),
    }
    let files = manifest["files"].as_array().ok_or_else(|| wrong("it lists no files".to_owned()))?;
    files
        .iter()
        .map(|file| {
            let (path, bytes, hash) =
                (file["path"].as_str(), file["bytes"].as_u64(), file["blake3"].as_str());
            let (Some(path), Some(bytes), Some(hash)) = (path, bytes, hash) else {
                return Err(wrong(format!("a file without path, bytes or blake3: {file}")));
            };
            // `a/../b` and `/a` are paths out of the release, or two names of one file.
            let parts = Path::new(path).components();
            let plain = parts.clone().all(|part| matches!(part, Component::Normal(_)));
            if path.is_empty() || !plain || path.contains(['\\', '\0']) || path.split('/').any(str::is_empty)
            {
                return Err(wrong(format!("\"{path}\" is no path below the release")));
            }
            Ok(Listed { path: path.to_owned(), bytes, blake3: hash.to_ascii_lowercase() })
        })
        .collect()
}

/// What is in a folder and not among the files.
fn walk(
    dir: &Path,
    below: &str,
    files: &BTreeMap<String, (Bytes, String)>,
    out: &mut Vec<String>,
) -> Result<(), Error> {
    let failed = |error| Error::Read { path: dir.to_owned(), error };
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files, out)?;
        } else if !files.contains_key(&name) {
            out.push(name);
        }
    }
    Ok(())
}
