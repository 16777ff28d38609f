//! JSON lines: one object a line. Objects within objects become columns `outer.inner`.

use std::fmt;

use model::Format;
use serde_json::Value;

use super::bytes::{self, Source, read_line};
use super::{Chunk, Fault, Rows, Table, WIDEST, check_header};
use crate::error::{Error, Result};

/// Lines in which the columns must show up.
const LOOK: usize = 10_000;
/// Bytes of lines that are kept for it.
const LOOK_BYTES: usize = 256 << 20;
/// The longest name of a column, in bytes: names within names are put together, and a line can
/// be made that fills the memory with them.
const LONGEST_NAME: usize = 1024;

pub(super) fn open(source: Source, name: &str, format: &Format, wanted: &[String]) -> Result<Table> {
    let text = bytes::text(source, name, format.encoding.as_deref())?;
    let mut reader = Lines {
        source: text.source,
        name: name.to_owned(),
        columns: Vec::new(),
        number: 0,
        line: Vec::new(),
        ahead: std::collections::VecDeque::new(),
    };
    let mut columns: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut kept = 0;
    while reader.ahead.len() < LOOK && kept < LOOK_BYTES && columns.len() <= WIDEST {
        let Some(row) = reader.read()? else { break };
        let names = row.1.iter().flatten().map(|(key, _)| key.len() + size_of::<(String, Value)>());
        kept += reader.line.len() + names.sum::<usize>();
        if let Ok(fields) = &row.1 {
            for (key, _) in fields {
                if seen.insert(key.clone()) {
                    columns.push(key.clone());
                }
            }
        }
        reader.ahead.push_back(row);
    }
    if columns.is_empty()
        && let Some((number, Err(fault))) = reader.ahead.front()
    {
        return Err(Error::at(name, *number, fault.message.clone(), fault.help));
    }
    if columns.len() > wanted.len() && !wanted.is_empty() {
        // Only what is asked for is kept; what is asked for and not there stays missing, and is
        // then reported with the name nearest to it.
        let missing = wanted.iter().any(|w| !seen.contains(w));
        if !missing {
            columns.retain(|c| wanted.contains(c));
        }
    }
    reader.columns = check_header(name, 1, columns)?;
    Ok(Table {
        columns: reader.columns.clone(),
        name: name.to_owned(),
        guessed_encoding: text.guessed,
        rows: Box::new(reader),
    })
}

type Row = (u64, std::result::Result<Vec<(String, Value)>, Fault>);

struct Lines {
    source: Source,
    name: String,
    columns: Vec<String>,
    number: u64,
    line: Vec<u8>,
    /// Rows read to find the columns.
    ahead: std::collections::VecDeque<Row>,
}

impl Lines {
    fn read(&mut self) -> Result<Option<Row>> {
        loop {
            if !read_line(&mut self.source, &mut self.line, &self.name, self.number + 1)? {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, parse(&self.line))));
            }
        }
    }
}

fn parse(line: &[u8]) -> std::result::Result<Vec<(String, Value)>, Fault> {
    let fault = |message: String| Fault {
        rule: "row.unreadable",
        message,
        help: "each line must be one JSON object, such as {\"record\": \"17\", \"date\": \"2026-11-24\"}",
    };
    // The parser's own words may repeat a value, so they are not passed on.
    let object: Object = serde_json::from_slice(line).map_err(|e| {
        fault(match e.classify() {
            serde_json::error::Category::Data if e.to_string().starts_with(TWICE) => TWICE.to_owned(),
            serde_json::error::Category::Data if e.to_string().starts_with(WIDE) => WIDE.to_owned(),
            serde_json::error::Category::Data => "the line is not a JSON object".to_owned(),
            _ => format!("the line is not JSON (at its character {})", e.column()),
        })
    })?;
    let mut fields = Vec::with_capacity(object.0.len());
    for (key, value) in object.0 {
        flatten(&mut fields, key, value).map_err(fault)?;
    }
    Ok(fields)
}

fn flatten(out: &mut Vec<(String, Value)>, key: String, value: Any) -> std::result::Result<(), String> {
    if key.len() > LONGEST_NAME {
        return Err(format!("a name has more than {LONGEST_NAME} bytes"));
    }
    match value {
        Any::Object(inner) => {
            for (k, v) in inner.0 {
                flatten(out, format!("{key}.{k}"), v)?;
            }
            Ok(())
        }
        Any::List => Err(format!("\"{key}\" holds a list, and a row has one value in each column")),
        Any::Plain(_) if out.len() == WIDEST => Err(format!("the line has more than {WIDEST} columns")),
        // `{"a.b": 1, "a": {"b": 2}}`
        Any::Plain(_) if out.iter().any(|(k, _)| *k == key) => Err(TWICE.to_owned()),
        Any::Plain(value) => {
            out.push((key, value));
            Ok(())
        }
    }
}

const TWICE: &str = "a name occurs twice in the object";
const WIDE: &str = "the object has too many names";

/// An object whose names are all different; the usual map silently keeps the last of two.
struct Object(Vec<(String, Any)>);

enum Any {
    Plain(Value),
    List,
    Object(Object),
}

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        match Any::deserialize(d)? {
            Any::Object(object) => Ok(object),
            _ => Err(serde::de::Error::custom("no object")),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Any {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        d.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> serde::de::Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Any, E> {
        Ok(Any::Plain(Value::Null))
    }

    fn visit_bool<E>(self, v: bool) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_f64<E>(self, v: f64) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_str<E>(self, v: &str) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_string<E>(self, v: String) -> std::result::Result<Any, E> {
        Ok(Any::Plain(v.into()))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Any, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Any::List)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<Any, A::Error> {
        let mut fields: Vec<(String, Any)> = Vec::with_capacity(16);
        while let Some((key, value)) = map.next_entry::<String, Any>()? {
            if fields.iter().any(|(k, _)| *k == key) {
                return Err(serde::de::Error::custom(TWICE));
            }
            if fields.len() == WIDEST {
                return Err(serde::de::Error::custom(WIDE));
            }
            fields.push((key, value));
        }
        Ok(Any::Object(Object(fields)))
    }
}

impl Rows for Lines {
    fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.columns.len());
        let mut place: Vec<Option<Value>> = vec![None; self.columns.len()];
        while !chunk.is_full() {
            let row = match self.ahead.pop_front() {
                Some(row) => row,
                None => match self.read()? {
                    Some(row) => row,
                    None => break,
                },
            };
            match row {
                (number, Ok(fields)) => {
                    for (i, (key, value)) in fields.into_iter().enumerate() {
                        // Lines mostly have the same order of names.
                        let at = if self.columns.get(i).is_some_and(|c| *c == key) {
                            Some(i)
                        } else {
                            self.columns.iter().position(|c| *c == key)
                        };
                        if let Some(at) = at {
                            place[at] = Some(value);
                        }
                    }
                    for value in &mut place {
                        match value.take() {
                            Some(Value::String(s)) => chunk.push_text(&s),
                            Some(Value::Null) | None => chunk.push_text(""),
                            Some(other) => chunk.push_text(&other.to_string()),
                        }
                    }
                    chunk.end_row(number, None);
                }
                (number, Err(fault)) => chunk.end_row(number, Some(fault)),
            }
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}
