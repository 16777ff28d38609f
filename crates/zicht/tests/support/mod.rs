//! Runs the real binary in a folder of its own, and reads what it made apart from the code that
//! made it.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod people;
pub(crate) mod registers;
pub(crate) mod release;
pub(crate) mod small;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

/// The file of the program under test.
pub(crate) fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("zicht").to_owned()
}

/// A folder of one test; it goes when the test ends.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        write(&self.path(name), bytes);
    }

    /// Runs `zicht` here. Paths are given relative to this folder, so that messages are the same
    /// wherever it is.
    pub(crate) fn zicht(&self, arguments: &[&str]) -> Ran {
        zicht(self.0.path(), arguments)
    }

    /// Runs `zicht ARGUMENTS --format json`, which must end with `code`, and returns its document.
    pub(crate) fn json(&self, code: i32, arguments: &[&str]) -> Value {
        json(self.0.path(), code, arguments)
    }
}

pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, bytes).expect("a file");
}

/// Sends what Ctrl-C sends, unless the program has ended.
pub(crate) fn interrupt(child: &std::process::Child) {
    let kill = format!("kill -INT {}", child.id());
    std::process::Command::new("sh").args(["-c", &kill]).output().expect("a shell");
}

/// What a run of the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    place: PathBuf,
}

impl Ran {
    /// What was said in a folder.
    pub(crate) fn of(output: std::process::Output, dir: &Path) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            place: dir.to_owned(),
        }
    }

    /// Ends the test with all that was said unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Standard error as it is reviewed: without times, and with no path of this machine.
    pub(crate) fn said(&self) -> String {
        let place = self.place.display().to_string();
        self.stderr
            .lines()
            .map(|line| {
                let line = line.replace(&place, "[folder]");
                // A step that is done ends with how long it took.
                let timed = line.starts_with('✓').then(|| line.strip_suffix(" s")).flatten();
                match timed.and_then(|l| l.rsplit_once(' ')) {
                    Some((what, seconds)) if seconds.parse::<f64>().is_ok() => format!("{what} [time]\n"),
                    _ => format!("{}\n", line.trim_end()),
                }
            })
            .collect()
    }
}

/// The program with arguments in a folder, not yet started.
pub(crate) fn command(dir: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(program());
    command.current_dir(dir).args(arguments).env("NO_COLOR", "1").env("COLUMNS", "100");
    command.env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn zicht(dir: &Path, arguments: &[&str]) -> Ran {
    Ran::of(assert_cmd::Command::from_std(command(dir, arguments)).output().expect("the program runs"), dir)
}

pub(crate) fn json(dir: &Path, code: i32, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    let ran = zicht(dir, &all).ends_with(code);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("not one JSON document: {e}\n{}", ran.stdout))
}

/// The end of a file's name after the last dot.
pub(crate) fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// All files below a folder, by their path below it.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").to_string_lossy().into_owned();
                all.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

/// Ends the test unless the folders hold the same files with the same bytes.
#[track_caller]
pub(crate) fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) {
    let names = |t: &BTreeMap<String, Vec<u8>>| t.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(a), names(b));
    let different: Vec<&String> =
        a.iter().filter(|(name, bytes)| b[*name] != **bytes).map(|(n, _)| n).collect();
    assert!(different.is_empty(), "these differ: {different:?}");
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    for (name, bytes) in tree(from) {
        write(&to.join(name), bytes);
    }
}

/// A folder that all tests of one binary read and none changes, made once by `make`. It is in
/// the build folder, and the next run makes it anew.
pub(crate) fn shared(name: &str, make: impl FnOnce(&Path)) -> &'static Path {
    static SHARED: OnceLock<(PathBuf, File)> = OnceLock::new();
    &SHARED
        .get_or_init(|| {
            let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
            fs::create_dir_all(place).expect("a folder");
            // Two runs of the tests at one time must not remove each other's folder.
            let lock = File::create(place.join(format!("{name}.lock"))).expect("a file");
            lock.lock().expect("a lock");
            let dir = place.join(name);
            if dir.exists() {
                fs::remove_dir_all(&dir).expect("the folder of the last run can go");
            }
            fs::create_dir(&dir).expect("a folder");
            make(&dir);
            (dir, lock)
        })
        .0
}

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// A number of a JSON document.
#[track_caller]
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("no number \"{key}\" in {value}"))
}
