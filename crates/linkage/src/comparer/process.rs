//! Another program that compares.

use std::io::{self, BufReader, BufWriter, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{Comparer, wire};
use crate::{Error, Model, Records};

/// Letters of what a program has to say of its failure.
const SAID: usize = 2000;

/// A program that reads a [task](wire) from its standard input, compares, and writes the patterns to its
/// standard output. When it fails it says why on standard error and ends with a code other than 0.
#[derive(Debug, Clone)]
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Process {
    /// This program with these arguments.
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    fn failed(&self, why: &str) -> Error {
        Error::Comparer(format!(
            "{} could not compare the pairs: {}; no result was written",
            self.program.file_name().unwrap_or(self.program.as_os_str()).display(),
            why.trim_end().trim_end_matches('.')
        ))
    }
}

impl Comparer for Process {
    fn patterns(&self, model: &Model, records: &Records, pairs: &[(u32, u32)]) -> Result<Vec<u64>, Error> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| self.failed(&format!("it cannot be started ({e})")))?;
        let (told, said) = talk(&mut child, model, records, pairs);
        let status = child.wait().map_err(|e| self.failed(&e.to_string()))?;
        match told {
            Ok(patterns) if status.success() => Ok(patterns),
            _ if !said.trim().is_empty() => Err(self.failed(&said)),
            Ok(_) => Err(self.failed(&format!("it ended with {status}"))),
            Err(e) => Err(self.failed(&format!("it broke off ({e})"))),
        }
    }
}

/// What the program answered, and what it said on standard error.
fn talk(
    child: &mut Child,
    model: &Model,
    records: &Records,
    pairs: &[(u32, u32)],
) -> (io::Result<Vec<u64>>, String) {
    let (Some(input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return (Err(io::ErrorKind::BrokenPipe.into()), String::new());
    };
    // All of it is read, also what is too much, or the program would wait for a reader.
    let said = std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = BufReader::new(errors).read_to_end(&mut all);
        String::from_utf8_lossy(&all).chars().take(SAID).collect::<String>()
    });
    let mut to = BufWriter::with_capacity(1 << 16, input);
    let written = wire::write_task(&mut to, model, records, pairs);
    // Without what it could not be given: another try would wait.
    drop(to.into_parts());
    let answer = written.and_then(|()| {
        let mut from = BufReader::with_capacity(1 << 16, output);
        wire::read_patterns(&mut from, pairs.len())
    });
    if answer.is_err() {
        // It has ended, or will not be heard any more.
        let _ = child.kill();
    }
    (answer, said.join().unwrap_or_default())
}
