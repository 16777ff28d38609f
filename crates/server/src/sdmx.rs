//! SDMX REST 2 (sdmx.org, SDMX 3.0): data queries, answered as SDMX-CSV 2.0, over the files of the release.
//!
//! What is understood: one data flow, its version, keys with `*`, several of them with commas, and `c[COMPONENT]` with its
//! operators. What is not is said to be so, and not passed over.

use std::cmp::Ordering;

use axum::http::StatusCode;
use bytes::Bytes;
use csv::StringRecord;

use crate::problem::{Problem, short};
use crate::rows::Rows;
use crate::select::{decode, parameters};

/// The media type of data.
pub(crate) const DATA: &str = "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8";
/// The media type of structures.
pub(crate) const STRUCTURE: &str = "application/vnd.sdmx.structure+xml; version=3.0.0";
/// The column of time, which is in no key.
const TIME: &str = "TIME_PERIOD";
/// The columns before those of the dimensions, and those after them.
const BEFORE: [&str; 3] = ["STRUCTURE", "STRUCTURE_ID", "ACTION"];
const AFTER: [&str; 3] = ["OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];

/// A table as a data flow.
pub(crate) struct Flow {
    pub(crate) agency: String,
    pub(crate) id: String,
    pub(crate) version: String,
    rows: Rows,
    /// The columns of the dimensions of a key, in order.
    key: Vec<usize>,
}

/// A condition on one column: one of the alternatives, each of which is all of its terms.
struct Condition {
    column: usize,
    any: Vec<Vec<(Operator, String)>>,
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    ContainsNot,
    Starts,
    Ends,
}

const OPERATORS: [(&str, Operator); 10] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("co", Operator::Contains),
    ("nc", Operator::ContainsNot),
    ("sw", Operator::Starts),
    ("ew", Operator::Ends),
];

impl Flow {
    /// Reads the file of a table; `None` when it has no rows, so that nothing says which flow it is.
    pub(crate) fn read(bytes: &Bytes) -> Result<Option<Self>, String> {
        let rows = Rows::read(bytes)?;
        let header = rows.header();
        let ends = header.len().checked_sub(AFTER.len()).filter(|&n| n >= BEFORE.len());
        let Some(end) = ends.filter(|&end| header[..BEFORE.len()] == BEFORE && header[end..] == AFTER) else {
            return Err("its columns are not those of SDMX-CSV".to_owned());
        };
        let key = (BEFORE.len()..end).filter(|&c| header[c] != TIME).collect();
        let Some(first) = rows.records().next() else { return Ok(None) };
        let parts = first.get(1).and_then(|id| {
            let (agency, rest) = id.split_once(':')?;
            let (id, version) = rest.strip_suffix(')')?.split_once('(')?;
            Some((agency.to_owned(), id.to_owned(), version.to_owned()))
        });
        let (agency, id, version) = parts.ok_or("its STRUCTURE_ID names no data flow")?;
        Ok(Some(Self { agency, id, version, rows, key }))
    }

    /// The names of the dimensions of a key, in order.
    pub(crate) fn key(&self) -> impl Iterator<Item = &str> {
        self.key.iter().map(|&c| self.rows.header()[c].as_str())
    }

    /// The rows that a key and the parameters ask for.
    pub(crate) fn query(&self, key: &str, query: &str) -> Result<Vec<u8>, Problem> {
        let keys = self.keys(key)?;
        let conditions = self.conditions(query)?;
        let wanted: Vec<bool> = self
            .rows
            .records()
            .map(|row| keys.iter().any(|k| self.has_key(&row, k)) && conditions.iter().all(|c| c.holds(&row)))
            .collect();
        match self.rows.choose(|at| wanted.get(at) == Some(&true)) {
            (_, 0) => Err(Problem::not_found("no results found: no row has this key and these values")),
            (bytes, _) => Ok(bytes),
        }
    }

    fn keys<'k>(&self, text: &'k str) -> Result<Vec<Vec<&'k str>>, Problem> {
        text.split(',')
            .map(|key| {
                let parts: Vec<&str> = key.split('.').collect();
                if key != "*" && parts.len() > self.key.len() {
                    let detail =
                        format!("the key has {} parts, and {} has fewer dimensions", parts.len(), self.id);
                    return Err(Problem::bad(detail).allowing(self.key()));
                }
                Ok(if key == "*" { Vec::new() } else { parts })
            })
            .collect()
    }

    /// Parts that are left out at the end are as `*`.
    fn has_key(&self, row: &StringRecord, key: &[&str]) -> bool {
        self.key.iter().zip(key).all(|(&column, &part)| part == "*" || row.get(column) == Some(part))
    }

    fn conditions(&self, query: &str) -> Result<Vec<Condition>, Problem> {
        let components = &self.rows.header()[BEFORE.len()..];
        let mut out = Vec::new();
        for (name, value) in parameters(query)? {
            let value = decode(value)?;
            let component = name.strip_prefix("c[").and_then(|n| n.strip_suffix(']'));
            let Some(component) = component else {
                understood(&name, &value)?;
                continue;
            };
            let Some(column) = components.iter().position(|c| c == component) else {
                let detail = format!("{} has no component \"{}\"", self.id, short(component));
                return Err(Problem::bad(detail).allowing(components.iter().map(String::as_str)));
            };
            // Identifiers and periods have neither sign; forms write a space for the second.
            let any = value.split(',').map(|all| all.split(['+', ' ']).map(term).collect()).collect();
            out.push(Condition { column: column + BEFORE.len(), any });
        }
        Ok(out)
    }
}

impl Condition {
    fn holds(&self, row: &StringRecord) -> bool {
        let value = row.get(self.column).unwrap_or_default();
        self.any.iter().any(|all| all.iter().all(|(operator, other)| operator.holds(value, other)))
    }
}

impl Operator {
    fn holds(self, value: &str, other: &str) -> bool {
        let is = |wanted: &[Ordering]| {
            // A hidden figure is neither more nor less than any number.
            let order = match (value.parse::<f64>(), other.parse::<f64>()) {
                (Ok(a), Ok(b)) => a.partial_cmp(&b),
                _ if value.is_empty() => None,
                _ => Some(value.cmp(other)),
            };
            order.is_some_and(|o| wanted.contains(&o))
        };
        match self {
            Self::Equal => value == other,
            Self::NotEqual => value != other,
            Self::Less => is(&[Ordering::Less]),
            Self::LessOrEqual => is(&[Ordering::Less, Ordering::Equal]),
            Self::Greater => is(&[Ordering::Greater]),
            Self::GreaterOrEqual => is(&[Ordering::Greater, Ordering::Equal]),
            Self::Contains => value.contains(other),
            Self::ContainsNot => !value.contains(other),
            Self::Starts => value.starts_with(other),
            Self::Ends => value.ends_with(other),
        }
    }
}

fn term(text: &str) -> (Operator, String) {
    let operator = text.split_once(':').and_then(|(name, value)| {
        OPERATORS.iter().find(|(n, _)| *n == name).map(|(_, operator)| (*operator, value.to_owned()))
    });
    operator.unwrap_or((Operator::Equal, text.to_owned()))
}

/// Parameters of the standard that ask for what is answered anyhow.
fn understood(name: &str, value: &str) -> Result<(), Problem> {
    let same: &[&str] = match name {
        "attributes" => &["dsd", "all", "obs"],
        "measures" => &["all", AFTER[0]],
        "includeHistory" => &["false"],
        "dimensionAtObservation" => &["AllDimensions", TIME],
        "updatedAfter" | "firstNObservations" | "lastNObservations" => &[],
        _ => {
            let detail = format!("there is no parameter \"{}\"", short(name));
            let known =
                ["c[COMPONENT]", "attributes", "measures", "includeHistory", "dimensionAtObservation"];
            return Err(Problem::bad(detail).allowing(known));
        }
    };
    if same.contains(&value) {
        return Ok(());
    }
    let detail = format!("{name}={} is not implemented", short(value));
    Err(Problem::new(StatusCode::NOT_IMPLEMENTED, detail).allowing(same.iter().copied()))
}

/// The flow that the parts of an address name: its agency, identifier and version.
pub(crate) fn find<'f>(flows: &'f [Flow], parts: &[&str]) -> Result<&'f Flow, Problem> {
    let part = |at: usize| parts.get(at).copied().unwrap_or("*");
    let named = |own: &str, asked: &str| asked == "*" || asked == own;
    let version = |f: &Flow, asked: &str| matches!(asked, "*" | "+" | "~" | "latest") || asked == f.version;
    let found: Vec<&Flow> = flows
        .iter()
        .filter(|f| named(&f.agency, part(0)) && named(&f.id, part(1)) && version(f, part(2)))
        .collect();
    let ids = || flows.iter().map(|f| f.id.as_str());
    match found[..] {
        [flow] => Ok(flow),
        [] => Err(Problem::not_found("no results found: there is no such data flow").allowing(ids())),
        _ => {
            Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "one data flow is answered at a time")
                .allowing(ids()))
        }
    }
}
