//! What this process and one that compares for it say to each other.
//!
//! ```text
//! to it:    HELLO, length and JSON of the model,
//!           number of columns, each: length and name, number of values, each: length and value,
//!           number of records, each: a code for each column,
//!           number of pairs, each: a, b
//! from it:  ANSWER, number of pairs, each: its pattern, END
//! ```
//!
//! Numbers are little-endian, of 64 bits where they count pairs or are patterns and of 32 bits elsewhere. The
//! version is in the first line: a program of another is refused before it sees an identifier.

use std::io::{self, Read, Write};

use super::fields;
use crate::{Column, Error, Model, Records};

/// The version of what is said, and of the comparisons: both sides must have the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const HELLO: &str = concat!("zicht compare ", env!("CARGO_PKG_VERSION"), "\n");
const ANSWER: &str = concat!("zicht patterns ", env!("CARGO_PKG_VERSION"), "\n");
const END: &[u8] = b"end\n";
/// Nothing is made ready for more than this before it is there.
const READY: usize = 1 << 20;

/// What is to be compared.
#[derive(Debug)]
pub struct Task {
    /// How.
    pub model: Model,
    /// The records, as if of one register, with the [fields] that the model looks at.
    pub records: Records,
    /// Which pairs of them.
    pub pairs: Vec<(u32, u32)>,
}

/// Writes a task. Only what the model looks at is written.
///
/// # Errors
/// When it cannot be written, or the model names a field that is not there.
pub fn write_task(
    to: &mut impl Write,
    model: &Model,
    records: &Records,
    pairs: &[(u32, u32)],
) -> io::Result<()> {
    let json = serde_json::to_vec(model).map_err(io::Error::other)?;
    let columns: Vec<&Column> = fields(model)
        .into_iter()
        .map(|field| records.column(field).ok_or_else(|| broken("a field of the model is not there")))
        .collect::<io::Result<_>>()?;
    to.write_all(HELLO.as_bytes())?;
    write_bytes(to, &json)?;
    write_u32(to, columns.len())?;
    for column in &columns {
        write_bytes(to, column.name().as_bytes())?;
        write_u32(to, column.values().len())?;
        for value in column.values() {
            write_bytes(to, value.as_bytes())?;
        }
    }
    write_u32(to, records.len())?;
    for column in &columns {
        for code in column.codes() {
            to.write_all(&code.to_le_bytes())?;
        }
    }
    to.write_all(&(pairs.len() as u64).to_le_bytes())?;
    for (a, b) in pairs {
        to.write_all(&a.to_le_bytes())?;
        to.write_all(&b.to_le_bytes())?;
    }
    to.flush()
}

/// Reads a task.
///
/// # Errors
/// When it is from a program of another version, or broken.
pub fn read_task(from: &mut impl Read) -> Result<Task, Error> {
    task(from).map_err(|e| Error::Comparer(format!("the task cannot be read: {e}")))
}

fn task(from: &mut impl Read) -> io::Result<Task> {
    expect(from, HELLO)?;
    let model: Model = serde_json::from_slice(&read_bytes(from)?).map_err(|_| broken("the model is none"))?;
    let columns = read_u32(from)?;
    let mut named = Vec::new();
    for _ in 0..columns {
        let name = read_text(from)?;
        let values = read_u32(from)?;
        let mut all: Vec<Box<str>> = Vec::with_capacity((values as usize).min(READY));
        for _ in 0..values {
            all.push(read_text(from)?.into());
        }
        named.push((name, all));
    }
    let records = read_u32(from)? as usize;
    let mut columns = Vec::with_capacity(named.len());
    for (name, values) in named {
        let mut codes = Vec::with_capacity(records.min(READY));
        for _ in 0..records {
            codes.push(read_u32(from)?);
        }
        columns.push(Column::of_codes(name, codes, values).ok_or_else(|| broken("a code has no value"))?);
    }
    let count = read_u64(from)?;
    let mut pairs = Vec::with_capacity((count as usize).min(READY));
    for _ in 0..count {
        let pair = (read_u32(from)?, read_u32(from)?);
        if pair.0.max(pair.1) as usize >= records {
            return Err(broken("a pair is of records that are not there"));
        }
        pairs.push(pair);
    }
    Ok(Task { model, records: Records::of_columns(columns, records), pairs })
}

/// Writes the patterns of all pairs of a task, in their order.
///
/// # Errors
/// When they cannot be written.
pub fn write_patterns(to: &mut impl Write, patterns: &[u64]) -> io::Result<()> {
    to.write_all(ANSWER.as_bytes())?;
    to.write_all(&(patterns.len() as u64).to_le_bytes())?;
    for pattern in patterns {
        to.write_all(&pattern.to_le_bytes())?;
    }
    to.write_all(END)?;
    to.flush()
}

/// Reads the patterns of a task with so many pairs.
///
/// # Errors
/// When they are from a program of another version, not as many, or cut short.
pub fn read_patterns(from: &mut impl Read, pairs: usize) -> io::Result<Vec<u64>> {
    expect(from, ANSWER)?;
    if read_u64(from)? != pairs as u64 {
        return Err(broken("it is for another number of pairs"));
    }
    let mut patterns = Vec::with_capacity(pairs.min(READY));
    for _ in 0..pairs {
        patterns.push(read_u64(from)?);
    }
    let mut end = [0; END.len()];
    from.read_exact(&mut end)?;
    if end == *END { Ok(patterns) } else { Err(broken("it has no end")) }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn expect(from: &mut impl Read, line: &str) -> io::Result<()> {
    let mut given = vec![0; line.len()];
    from.read_exact(&mut given)?;
    if given == line.as_bytes() { Ok(()) } else { Err(broken("it is of another version of zicht")) }
}

fn write_u32(to: &mut impl Write, number: usize) -> io::Result<()> {
    let number = u32::try_from(number).map_err(|_| broken("there is too much of it"))?;
    to.write_all(&number.to_le_bytes())
}

fn write_bytes(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    write_u32(to, bytes.len())?;
    to.write_all(bytes)
}

fn read_u32(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_u64(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_bytes(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = u64::from(read_u32(from)?);
    let mut bytes = Vec::new();
    // Grows with what comes, so that a wrong length does not ask for memory.
    if from.take(length).read_to_end(&mut bytes)? as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_text(from: &mut impl Read) -> io::Result<String> {
    String::from_utf8(read_bytes(from)?).map_err(|_| broken("a text is none"))
}
