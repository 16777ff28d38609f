//! Puts a folder in place of another in one step.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

/// What a release holds, and nothing else: the folder it replaces is removed.
const ENTRIES: [&str; 5] = ["data", "manifest.json", "protection.json", "report", "site"];
/// What file managers leave in a folder that they have shown.
const LITTER: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];
/// How often the folder beside is looked for again when another run has just removed its own.
const TRIES: usize = 16;

const BUSY: &str = "another run is writing it at this moment";

/// A folder that is written beside the place where it will stand.
///
/// Until [`Aside::put_in_place`] only the owner can read it. When it is dropped before that, it is
/// removed, and what stands at the place stays as it was. What a killed program left is removed by
/// the next.
#[derive(Debug)]
pub(crate) struct Aside {
    place: PathBuf,
    path: PathBuf,
    /// Held to the end: they keep two programs from writing to one folder, and another from taking
    /// the old release for its own before it is removed.
    locks: Vec<File>,
    /// Whether what is at `path` is to be removed in the end.
    removed: bool,
}

impl Aside {
    /// An empty folder beside `place`.
    pub(crate) fn new(place: &Path) -> Result<Self, Error> {
        let wrong = |why| Error::Place { path: place.to_owned(), why };
        let name = place.file_name().ok_or_else(|| wrong("it does not end in a name"))?;
        let parent = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::io("create the folder", parent))?;
        // Through a link, so that the folder is replaced and not the link.
        let real = match fs::canonicalize(place) {
            Ok(real) => real,
            Err(_) => fs::canonicalize(parent).map_err(Error::io("find", parent))?.join(name),
        };
        replaceable(&real)?.map_or(Ok(()), |why| Err(wrong(why)))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(real.file_name().unwrap_or(name));
        hidden.push(".new");
        let path = real.with_file_name(hidden);
        let lock = take(&path)?.map_err(wrong)?;
        // A killed program may have left it open to readers.
        mode(&path, 0o700).map_err(Error::io("close to others", &path))?;
        empty(&path)?;
        Ok(Self { place: real, path, locks: lock.into_iter().collect(), removed: true })
    }

    /// Writes a file; `name` has `/` between folders.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        }
        fs::write(&path, bytes).map_err(Error::io("write", &path))
    }

    /// Lets all read the folder, and puts it where it belongs. What stood there is removed after.
    pub(crate) fn put_in_place(mut self) -> Result<(), Error> {
        self.swap()
    }

    fn swap(&mut self) -> Result<(), Error> {
        // Writing takes a while, in which others may have used the place.
        if let Some(why) = replaceable(&self.place)? {
            return Err(Error::Place { path: self.place.clone(), why });
        }
        mode(&self.path, 0o755).map_err(Error::io("open to readers", &self.path))?;
        let fail = || Error::io("put the release in place at", &self.place);
        if self.place.exists() {
            // Afterwards the old release is at `self.path`, and goes when `self` is dropped. Until
            // then it is locked, or another run could begin to write to it.
            if let Ok(old) = File::open(&self.place) {
                // Where there are no locks, nothing else can be done.
                let _ = old.lock();
                self.locks.push(old);
            }
            exchange(&self.path, &self.place).map_err(fail())
        } else {
            fs::rename(&self.path, &self.place).map_err(fail())?;
            // From here on the path can be another run's.
            self.removed = false;
            Ok(())
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.removed {
            // Nothing can be done when it fails; the next run tries again.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Why what is at `place` may not be replaced, if it may not: only nothing, an empty folder and an
/// earlier release may be.
fn replaceable(place: &Path) -> Result<Option<&'static str>, Error> {
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) if e.kind() == ErrorKind::NotADirectory => return Ok(Some("there is a file")),
        Err(e) => return Err(Error::io("read the folder", place)(e)),
    };
    let (mut any, mut foreign) = (false, false);
    for entry in entries {
        let name = entry.map_err(Error::io("read the folder", place))?.file_name();
        any |= ENTRIES.iter().any(|known| *known == name);
        foreign |= !ENTRIES.iter().chain(&LITTER).any(|known| *known == name);
    }
    let lost = foreign || any && !place.join("manifest.json").is_file();
    Ok(lost.then_some("it holds files that are not a release, and they would be lost"))
}

/// Makes the folder `path`, or takes the one that a killed program left, and locks it. Where a
/// folder cannot be opened there is no lock. The inner error says why the folder cannot be had.
fn take(path: &Path) -> Result<Result<Option<File>, &'static str>, Error> {
    for _ in 0..TRIES {
        match private().create(path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => other.map_err(Error::io("create the folder", path))?,
        }
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => {}
            // What is in the folder will be removed, so a link is not followed.
            Ok(_) => return Ok(Err("something else has the name of the folder in which it is prepared")),
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(Error::io("read the folder", path)(e)),
        }
        let lock = match File::open(path) {
            Ok(lock) => lock,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(_) => return Ok(Ok(None)),
        };
        if let Err(fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Ok(Err(BUSY));
        }
        // Another run may have removed its folder before the lock was had.
        if is_at(&lock, path) {
            return Ok(Ok(Some(lock)));
        }
    }
    Ok(Err(BUSY))
}

fn empty(path: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(path).map_err(Error::io("read the folder", path))? {
        let entry = entry.map_err(Error::io("read the folder", path))?.path();
        let gone = if entry.is_dir() && !entry.is_symlink() {
            fs::remove_dir_all(&entry)
        } else {
            fs::remove_file(&entry)
        };
        gone.map_err(Error::io("remove", &entry))?;
    }
    Ok(())
}

#[cfg(unix)]
fn private() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

/// Whether the open `folder` is the one at `path`.
#[cfg(unix)]
fn is_at(folder: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    matches!((folder.metadata(), fs::symlink_metadata(path)), (Ok(a), Ok(b)) if same(&a, &b))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Swaps two folders. On Linux in one step of the file system, so that there is no moment without
/// a release; elsewhere, and on file systems that cannot, by way of a third name.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
            other => return Ok(other?),
        }
    }
    let mut name = old.file_name().unwrap_or_default().to_owned();
    name.push(".old");
    let third = old.with_file_name(name);
    fs::rename(old, &third)?;
    if let Err(e) = fs::rename(new, old) {
        fs::rename(&third, old)?;
        return Err(e);
    }
    fs::rename(&third, new)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn bits(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn only_the_owner_reads_what_is_being_written_and_all_read_what_is_published() {
        let dir = tempfile::tempdir().expect("a folder");
        let (place, beside) = (dir.path().join("release"), dir.path().join(".release.new"));
        // What a killed run left may be open to readers already.
        for left in [false, true] {
            if left {
                fs::create_dir(&beside).expect("a folder");
                mode(&beside, 0o755).expect("a mode");
            }
            let aside = Aside::new(&place).expect("nobody else writes");
            assert_eq!(bits(&beside), 0o700, "left by another run: {left}");
            aside.write("manifest.json", b"{}").expect("written");
            aside.write("data/a/b.csv", b"a").expect("written");
            assert_eq!(bits(&beside), 0o700, "left by another run: {left}");
            aside.put_in_place().expect("put in place");
            assert_eq!(bits(&place), 0o755);
            assert!(!beside.exists());
        }
    }

    #[test]
    fn the_second_of_two_writers_is_refused_until_the_first_is_done() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = dir.path().join("release");
        let first = Aside::new(&place).expect("nobody else writes");
        first.write("manifest.json", b"{}").expect("written");
        let second = Aside::new(&place).expect_err("the first still writes");
        assert!(second.to_string().ends_with(BUSY), "{second}");
        first.put_in_place().expect("put in place");
        let third = Aside::new(&place).expect("the first is done");
        drop(third);
        assert_eq!(fs::read(place.join("manifest.json")).expect("the first release"), b"{}");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn the_old_release_is_nobody_elses_until_it_is_removed() {
        let dir = tempfile::tempdir().expect("a folder");
        let (place, beside) = (dir.path().join("release"), dir.path().join(".release.new"));
        let mut first = Aside::new(&place).expect("nobody else writes");
        first.write("manifest.json", b"1").expect("written");
        first.swap().expect("put in place");
        // There was no old release: what is beside now is the next one's, and stays.
        let mut second = Aside::new(&place).expect("the first is done");
        second.write("manifest.json", b"2").expect("written");
        drop(first);
        assert_eq!(fs::read(beside.join("manifest.json")).expect("being written"), b"2");
        second.swap().expect("put in place");
        assert_eq!(fs::read(beside.join("manifest.json")).expect("the old one, not yet removed"), b"1");
        let error = Aside::new(&place).expect_err("the second still removes the old one");
        assert!(error.to_string().ends_with(BUSY), "{error}");
        drop(second);
        assert!(!beside.exists());
        drop(Aside::new(&place).expect("the second is done"));
        assert_eq!(fs::read(place.join("manifest.json")).expect("the release"), b"2");
    }

    #[test]
    fn a_folder_that_was_made_anew_is_told_from_the_one_that_was_opened() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a");
        fs::create_dir(&path).expect("a folder");
        let opened = File::open(&path).expect("a folder");
        assert!(is_at(&opened, &path));
        fs::remove_dir(&path).expect("removed");
        assert!(!is_at(&opened, &path));
        fs::create_dir(&path).expect("a folder");
        assert!(!is_at(&opened, &path));
        std::os::unix::fs::symlink(dir.path(), dir.path().join("link")).expect("a link");
        assert!(!is_at(&File::open(dir.path()).expect("a folder"), &dir.path().join("link")));
    }

    #[test]
    fn files_that_appear_at_the_place_during_the_writing_are_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = dir.path().join("release");
        let aside = Aside::new(&place).expect("nobody else writes");
        aside.write("manifest.json", b"{}").expect("written");
        fs::create_dir(&place).expect("a folder");
        fs::write(place.join("thesis.txt"), "years of work").expect("written");
        let error = aside.put_in_place().expect_err("refused");
        assert!(matches!(error, Error::Place { .. }), "{error}");
        assert_eq!(fs::read(place.join("thesis.txt")).expect("kept"), b"years of work");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
    }
}
