//! The tables of a release, from the JSON-stat and CSV files that were published.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::rows::Rows;
use crate::select::Selection;

/// A table of the release.
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) dimensions: Vec<Dimension>,
    /// The dataset of JSON-stat without what it says of single cells.
    frame: Map<String, Value>,
    /// What it says of single cells, each list by position.
    lists: [List; 4],
    rows: Rows,
    /// The codes of each row, one after the other.
    keys: Vec<u32>,
}

/// A dimension of a table.
pub(crate) struct Dimension {
    /// Its name in questions, which is that of its column and of JSON-stat.
    pub(crate) id: String,
    pub(crate) codes: Vec<String>,
    places: HashMap<String, u32>,
}

/// What is said of single cells, by position: the last dimension fastest.
type List = Vec<(u64, Value)>;

/// Where the lists stand in the dataset.
const LISTS: [&[&str]; 4] =
    [&["value"], &["status"], &["extension", "bounds"], &["extension", "rates", "figures"]];

impl Dimension {
    /// The place of a code.
    pub(crate) fn place(&self, code: &str) -> Option<u32> {
        self.places.get(code).copied()
    }
}

impl Table {
    /// Reads a table from its two files; what is wrong with them, when they cannot be used.
    pub(crate) fn read(id: &str, stat: &[u8], csv: &Bytes) -> Result<Self, String> {
        let set: Value = serde_json::from_slice(stat).map_err(|e| e.to_string())?;
        let Value::Object(mut frame) = set else { return Err("it is no object".to_owned()) };
        let ids = texts(frame.get("id")).ok_or("its id is no list of names")?;
        let dimensions = ids
            .into_iter()
            .map(|id| {
                let index = &frame.get("dimension").unwrap_or(&Value::Null)[&id]["category"]["index"];
                let codes = texts(Some(index)).ok_or_else(|| format!("{id} has no list of codes"))?;
                let places = (0..).zip(&codes).map(|(at, code)| (code.clone(), at)).collect();
                Ok(Dimension { id, codes, places })
            })
            .collect::<Result<Vec<_>, String>>()?;
        let sizes: Vec<u64> = dimensions.iter().map(|d| d.codes.len() as u64).collect();
        if frame.get("size") != Some(&json!(sizes)) {
            return Err("its size is not that of its lists of codes".to_owned());
        }
        let all = sizes
            .iter()
            .try_fold(1_u64, |all, &n| all.checked_mul(n))
            .ok_or("it has more positions than can be counted")?;
        let mut lists = LISTS.map(|_| List::new());
        for (list, path) in lists.iter_mut().zip(LISTS) {
            let Some(place) = at(&mut frame, path) else { continue };
            *list = by_position(place.take(), all).ok_or_else(|| format!("{} is no list", path.join(".")))?;
        }
        let rows = Rows::read(csv)?;
        let keys = keys(&rows, &dimensions)?;
        Ok(Self { id: id.to_owned(), dimensions, frame, lists, rows, keys })
    }

    /// What the dataset says under a name.
    pub(crate) fn said(&self, name: &str) -> &Value {
        self.frame.get(name).unwrap_or(&Value::Null)
    }

    /// The chosen cells as JSON-stat. A cell without a value in the file has none here.
    pub(crate) fn json(&self, selection: &Selection) -> Value {
        let mut out = self.frame.clone();
        let sizes: Vec<u64> = (0..).zip(&self.dimensions).map(|(d, dim)| selection.size(d, dim)).collect();
        out.insert("size".to_owned(), json!(sizes));
        for (d, dimension) in self.dimensions.iter().enumerate() {
            let Some(chosen) = selection.of(d) else { continue };
            let codes: HashSet<&str> =
                chosen.iter().filter_map(|&c| dimension.codes.get(c as usize)).map(String::as_str).collect();
            for path in [&["dimension"][..], &["extension", "nl", "dimension"]] {
                let path: Vec<&str> =
                    path.iter().copied().chain([dimension.id.as_str(), "category"]).collect();
                if let Some(category) = at(&mut out, &path) {
                    narrow(category, &codes);
                }
            }
        }
        // As the file has it: an array where most cells have a figure.
        let whole = sizes.iter().product::<u64>();
        for (list, path) in self.lists.iter().zip(LISTS) {
            let chosen = self.choose(list, selection, &sizes);
            let Some(place) = at(&mut out, path) else { continue };
            let is_value = path == ["value"];
            *place = if is_value && whole <= 2 * (chosen.len().max(1) as u64) {
                let mut array = vec![Value::Null; whole as usize];
                for (at, value) in chosen {
                    if let Some(slot) = array.get_mut(at as usize) {
                        *slot = value.clone();
                    }
                }
                Value::Array(array)
            } else {
                Value::Object(chosen.into_iter().map(|(at, v)| (at.to_string(), v.clone())).collect())
            };
        }
        // Where nothing is said of any cell the file says nothing either.
        let empty = |v: &Value| v.as_object().is_some_and(Map::is_empty);
        out.retain(|name, v| name != "status" || !empty(v));
        if let Some(Value::Object(extension)) = out.get_mut("extension") {
            extension.retain(|name, v| name != "bounds" || !empty(v));
        }
        Value::Object(out)
    }

    /// The chosen rows as they stand in the file.
    pub(crate) fn csv(&self, selection: &Selection) -> Vec<u8> {
        let n = self.dimensions.len();
        let wanted = |row: usize| {
            let key = self.keys.get(row * n..(row + 1) * n).unwrap_or_default();
            (0..).zip(key).all(|(d, &code)| selection.new_place(d, code).is_some())
        };
        self.rows.choose(wanted).0
    }

    /// The chosen of a list, at their places in the answer.
    fn choose<'a>(&self, list: &'a List, selection: &Selection, sizes: &[u64]) -> Vec<(u64, &'a Value)> {
        let place = |mut old: u64| {
            let (mut new, mut step) = (0, 1);
            for (d, dimension) in self.dimensions.iter().enumerate().rev() {
                let size = dimension.codes.len() as u64;
                let code = u64::from(selection.new_place(d, (old % size) as u32)?);
                old /= size;
                new += code * step;
                step *= sizes[d];
            }
            Some(new)
        };
        list.iter().filter_map(|(old, value)| Some((place(*old)?, value))).collect()
    }
}

/// The value at a path of names.
fn at<'a>(map: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(map.get_mut(*first)?, |value, name| value.get_mut(*name))
}

fn texts(list: Option<&Value>) -> Option<Vec<String>> {
    list?.as_array()?.iter().map(|t| t.as_str().map(str::to_owned)).collect()
}

/// An array, or an object by position, as a list in the order of positions; `None` when it is neither.
fn by_position(values: Value, all: u64) -> Option<List> {
    match values {
        Value::Array(array) if array.len() as u64 <= all => {
            Some((0..).zip(array).filter(|(_, v)| !v.is_null()).collect())
        }
        Value::Object(map) => {
            let list: Option<BTreeMap<u64, Value>> =
                map.into_iter().map(|(at, v)| Some((at.parse().ok().filter(|&p| p < all)?, v))).collect();
            Some(list?.into_iter().collect())
        }
        _ => None,
    }
}

/// Leaves of a category only some codes.
fn narrow(category: &mut Value, codes: &HashSet<&str>) {
    let keep = |v: &Value| v.as_str().is_some_and(|code| codes.contains(code));
    if let Some(Value::Array(index)) = category.get_mut("index") {
        index.retain(keep);
    }
    if let Some(Value::Object(labels)) = category.get_mut("label") {
        labels.retain(|code, _| codes.contains(code.as_str()));
    }
    if let Some(Value::Object(parents)) = category.get_mut("child") {
        parents.retain(|parent, children| {
            if let Value::Array(children) = children {
                children.retain(keep);
            }
            codes.contains(parent.as_str()) && children.as_array().is_some_and(|c| !c.is_empty())
        });
    }
    if let Value::Object(category) = category {
        category.retain(|name, v| name != "child" || v.as_object().is_some_and(|c| !c.is_empty()));
    }
}

/// The codes of each row as places: the first columns are those of the dimensions, in their order.
fn keys(rows: &Rows, dimensions: &[Dimension]) -> Result<Vec<u32>, String> {
    if rows.header().len() < dimensions.len() {
        return Err("its CSV has fewer columns than it has dimensions".to_owned());
    }
    let mut keys = Vec::new();
    for (row, record) in rows.records().enumerate() {
        for (d, code) in dimensions.iter().zip(&record) {
            let place = d.place(code).ok_or_else(|| {
                format!("row {} of its CSV has a code of {} that JSON-stat has not", row + 1, d.id)
            })?;
            keys.push(place);
        }
    }
    Ok(keys)
}
