//! Decisions, and the file that keeps them.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::register::RecordKey;

/// What somebody thinks of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Both records are of one person.
    Match,
    /// They are of two persons.
    NonMatch,
    /// It cannot be told.
    Unsure,
}

/// Two records, whichever comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(RecordKey, RecordKey)", into = "(RecordKey, RecordKey)")]
pub struct PairKey(RecordKey, RecordKey);

impl From<(RecordKey, RecordKey)> for PairKey {
    fn from((a, b): (RecordKey, RecordKey)) -> Self {
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

impl PairKey {
    /// The two records, the one whose key is less first.
    pub fn records(&self) -> [&RecordKey; 2] {
        [&self.0, &self.1]
    }
}

impl From<PairKey> for (RecordKey, RecordKey) {
    fn from(PairKey(a, b): PairKey) -> Self {
        (a, b)
    }
}

/// Who decided what, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The pair.
    pub pair: PairKey,
    /// What was decided.
    pub verdict: Verdict,
    /// Who.
    pub reviewer: String,
    /// When, as in RFC 3339.
    pub at: String,
    /// Why, in the reviewer's words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The version of the model whose pairs were looked at.
    pub model: String,
}

/// What a file of decisions holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The decisions, oldest first.
    pub decisions: Vec<Decision>,
    /// Bytes of a last line that was not written whole, as when the machine lost power. They are not used.
    pub torn: usize,
}

/// A file of decisions, one line of JSON each. Lines are added and never changed; who decides again adds
/// another. A decision is on the disk when [`DecisionLog::append`] returns.
#[derive(Debug)]
pub struct DecisionLog {
    file: File,
    name: String,
}

impl DecisionLog {
    /// Reads a file of decisions and leaves it as it is. One that does not exist has none.
    ///
    /// # Errors
    /// When it cannot be read, or a line but the last is no decision.
    pub fn read(path: &Path) -> Result<Kept, Error> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(parse(&bytes, &path.display().to_string())?.kept),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(e) => Err(failed("cannot read", &path.display().to_string(), &e)),
        }
    }

    /// Opens a file of decisions to add to it; makes it when it does not exist. A last line that is not whole
    /// is taken off. Nobody else can open it until this is dropped.
    ///
    /// # Errors
    /// When it cannot be read or written, is open elsewhere, or a line but the last is no decision.
    pub fn open(path: &Path) -> Result<(Self, Kept), Error> {
        let name = path.display().to_string();
        let fail = |e: std::io::Error| failed("cannot open", &name, &e);
        let file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Error::Decisions(format!(
                    "{name}: another review is under way; wait until it has ended"
                )));
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(fail(e)),
        }
        let parsed = parse(&std::fs::read(path).map_err(fail)?, &name)?;
        let mut log = Self { file, name };
        if parsed.kept.torn > 0 {
            log.file.set_len(parsed.whole as u64).map_err(|e| failed("cannot write", &log.name, &e))?;
        }
        if !parsed.ended {
            log.write(b"\n")?;
        }
        Ok((log, parsed.kept))
    }

    /// Adds a decision.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, decision: &Decision) -> Result<(), Error> {
        let line = serde_json::to_string(decision)
            .map_err(|e| Error::Decisions(format!("{}: a decision cannot be written: {e}", self.name)))?;
        self.write(format!("{line}\n").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|e| failed("cannot write", &self.name, &e))
    }
}

fn failed(what: &str, name: &str, error: &std::io::Error) -> Error {
    Error::Decisions(format!("{what} {name}: {error}; check that you may use it and that the disk has room"))
}

struct Parsed {
    kept: Kept,
    /// Bytes up to the end of the last whole line.
    whole: usize,
    /// False if the last line is a decision without a line end.
    ended: bool,
}

fn parse(bytes: &[u8], name: &str) -> Result<Parsed, Error> {
    let mut parsed = Parsed { kept: Kept::default(), whole: 0, ended: true };
    for (number, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let last = parsed.whole + line.len() == bytes.len();
        let blank = line.iter().all(u8::is_ascii_whitespace);
        match serde_json::from_slice(line) {
            Ok(decision) => parsed.kept.decisions.push(decision),
            Err(_) if blank => {}
            Err(_) if last && !line.ends_with(b"\n") => {
                parsed.kept.torn = line.len();
                return Ok(parsed);
            }
            // What the parser says could repeat a value.
            Err(_) => {
                return Err(Error::Decisions(format!(
                    "{name}, line {}: this is no decision; mend the line or take it out",
                    number + 1
                )));
            }
        }
        parsed.ended = line.ends_with(b"\n");
        parsed.whole += line.len();
    }
    Ok(parsed)
}
