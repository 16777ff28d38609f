//! Which cells of a table somebody asks for: `?year=2019,2020&sex=F`.

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use crate::problem::{Problem, short};
use crate::tables::{Dimension, Table};

/// The parameter that names the form of the answer.
pub(crate) const FORMAT: &str = "format";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON-stat 2.0.
    Json,
    /// CSV, as the file of the release.
    Csv,
}

/// The chosen codes of each dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Places in order; `None` for all codes.
    chosen: Vec<Option<Vec<u32>>>,
    /// The place of each code in the answer.
    places: Vec<Option<Vec<Option<u32>>>>,
}

impl Selection {
    /// The chosen codes of a dimension; `None` when it was not named.
    pub(crate) fn of(&self, dimension: usize) -> Option<&[u32]> {
        self.chosen.get(dimension)?.as_deref()
    }

    /// How many codes of a dimension are chosen.
    pub(crate) fn size(&self, at: usize, dimension: &Dimension) -> u64 {
        self.of(at).map_or(dimension.codes.len(), <[u32]>::len) as u64
    }

    /// The place of a code in the answer; `None` when it was not chosen.
    pub(crate) fn new_place(&self, dimension: usize, code: u32) -> Option<u32> {
        match self.places.get(dimension).and_then(Option::as_ref) {
            None => Some(code),
            Some(places) => places.get(code as usize).copied().flatten(),
        }
    }

    /// Whether everything is chosen, so that the answer is the file.
    pub(crate) fn is_whole(&self) -> bool {
        self.chosen.iter().all(Option::is_none)
    }

    fn new(table: &Table, chosen: Vec<Option<Vec<u32>>>) -> Self {
        let places = table
            .dimensions
            .iter()
            .zip(&chosen)
            .map(|(d, chosen)| {
                let mut places = vec![None; d.codes.len()];
                for (new, &old) in (0..).zip(chosen.as_ref()?) {
                    if let Some(place) = places.get_mut(old as usize) {
                        *place = Some(new);
                    }
                }
                Some(places)
            })
            .collect();
        Self { chosen, places }
    }
}

/// Reads a question: a dimension that it does not name has all its codes.
pub(crate) fn parse(table: &Table, query: &str, asked: &HeaderMap) -> Result<(Selection, Format), Problem> {
    let mut chosen: Vec<Option<Vec<u32>>> = vec![None; table.dimensions.len()];
    let mut format = accepted(asked);
    for (name, values) in parameters(query)? {
        // A dimension comes first, should one have this name.
        let Some(at) = table.dimensions.iter().position(|d| d.id == name) else {
            if name != FORMAT {
                let names = table.dimensions.iter().map(|d| d.id.as_str()).chain([FORMAT]);
                let detail = format!("{} has no dimension \"{}\"", table.id, short(&name));
                return Err(Problem::bad(detail).allowing(names));
            }
            format = match values {
                "json" => Format::Json,
                "csv" => Format::Csv,
                other => {
                    let detail = format!("there is no format \"{}\"", short(other));
                    return Err(Problem::bad(detail).allowing(["json", "csv"]));
                }
            };
            continue;
        };
        let codes = chosen[at].get_or_insert_default();
        for value in values.split(',') {
            codes.push(code(&table.dimensions[at], value)?);
        }
    }
    for codes in chosen.iter_mut().flatten() {
        codes.sort_unstable();
        codes.dedup();
    }
    Ok((Selection::new(table, chosen), format))
}

/// The parameters of a question, their names decoded and their values not.
pub(crate) fn parameters(query: &str) -> Result<Vec<(String, &str)>, Problem> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, value))
        })
        .collect()
}

/// Text without its percent signs.
pub(crate) fn decode(text: &str) -> Result<String, Problem> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Problem::bad("the address is not UTF-8 after its percent signs are read"))
}

fn code(dimension: &Dimension, value: &str) -> Result<u32, Problem> {
    // `25+` is a code of age to whoever types it, and `a b` is written `a+b` by forms.
    let typed = decode(value)?;
    let spaced = || decode(&value.replace('+', " ")).ok();
    dimension.place(&typed).or_else(|| dimension.place(&spaced()?)).ok_or_else(|| {
        Problem::bad(format!("{} has no code \"{}\"", dimension.id, short(&typed)))
            .allowing(dimension.codes.iter().map(String::as_str))
    })
}

/// The form that the headers ask for: JSON-stat unless they want CSV and no JSON.
fn accepted(asked: &HeaderMap) -> Format {
    let accept = asked.get(header::ACCEPT).and_then(|a| a.to_str().ok()).unwrap_or_default();
    if accept.contains("text/csv") && !accept.contains("json") { Format::Csv } else { Format::Json }
}
