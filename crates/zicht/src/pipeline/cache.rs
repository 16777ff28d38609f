//! `out/work`: what a run keeps so that the next does only what changed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The folder of derived files that hold person-level data. Only its owner may look into it, and
/// only one run may write to it at a time.
pub(crate) struct Work {
    out: PathBuf,
    dir: PathBuf,
    _lock: File,
}

impl Work {
    /// Makes and locks `out/work`.
    pub(crate) fn open(out: &Path) -> Result<Self, Failure> {
        let dir = out.join("work");
        let failed = |e: std::io::Error| Failure::io("cannot make", &dir, &e);
        std::fs::create_dir_all(out).map_err(failed)?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(failed)?;
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        let path = dir.join("lock");
        let lock = File::create(&path).map_err(|e| Failure::io("cannot write", &path, &e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { out: out.to_owned(), dir, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::input(
                format!("another run is at work in {}", out.display()),
                "wait until it is done, or give another folder with --out",
            )),
            Err(TryLockError::Error(e)) => Err(Failure::io("cannot lock", &path, &e)),
        }
    }

    /// The folder of everything derived.
    pub(crate) fn out(&self) -> &Path {
        &self.out
    }

    /// A file of this folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The secret that hashes of identifiers are keyed with: random, made once for this folder.
    /// No result depends on it; without it, what is kept cannot be compared with other files.
    pub(crate) fn secret(&self) -> Result<[u8; 32], Failure> {
        let path = self.path("secret");
        if let Ok(Ok(secret)) = std::fs::read(&path).map(<[u8; 32]>::try_from) {
            return Ok(secret);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|e| Failure::input(format!("the system gives no random numbers: {e}"), ""))?;
        // Written aside, so that a killed run leaves a whole one or none.
        let aside = self.path("secret.tmp");
        let write = || -> std::io::Result<()> {
            let _ = std::fs::remove_file(&aside);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            file.write_all(&secret)?;
            std::fs::rename(&aside, &path)
        };
        write().map_err(|e| Failure::io("cannot write", &path, &e))?;
        Ok(secret)
    }

    /// What was kept under `name`, if it can still be read.
    pub(crate) fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&std::fs::read(self.path(name)).ok()?).ok()
    }

    /// Keeps `value` under `name`.
    pub(crate) fn store(&self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        write_json(&self.path(name), value)
    }

    /// Removes the files of which the name begins with `prefix`, but for `keep`: what an
    /// earlier state of an input left behind.
    pub(crate) fn sweep(&self, prefix: &str, keep: &[&str]) {
        for entry in std::fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(prefix) && !keep.contains(&name.as_ref()) {
                // What cannot be removed is only in the way of nothing.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Writes JSON aside and renames it.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_vec_pretty(value)
        .map_err(|e| Failure::input(format!("{}: {e}", path.display()), ""))?;
    let aside = path.with_extension("tmp");
    std::fs::write(&aside, text)
        .and_then(|()| std::fs::rename(&aside, path))
        .map_err(|e| Failure::io("cannot write", path, &e))
}

/// The program that runs: what was kept by another build is not trusted.
pub(crate) fn build() -> String {
    let seen = std::env::current_exe().and_then(std::fs::metadata).ok().map(|m| {
        let changed = m.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        format!("{} {:?}", m.len(), changed)
    });
    format!("{} {}", env!("CARGO_PKG_VERSION"), seen.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let made = |name: &str| {
            let work = Work::open(&dir.path().join(name)).expect("a work folder");
            let secret = work.secret().expect("a secret");
            let mode = std::fs::metadata(work.path("secret")).expect("kept").permissions().mode();
            assert_eq!((mode & 0o777, secret), (0o600, work.secret().expect("the same")));
            secret
        };
        let (one, other) = (made("one"), made("other"));
        assert_ne!(one, other, "each folder has its own");
        assert_eq!(one, made("one"), "a later run finds it");
    }
}
