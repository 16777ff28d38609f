//! The records themselves, looked up in the files that were linked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use linkage::register::RecordKey;
use linkage::review::PairKey;
use model::Format;
use serde::Deserialize;

use crate::failure::Failure;
use crate::show::Show;

/// Records with their values, which identify persons.
pub(super) struct Originals {
    /// The names of all fields, in the order in which the files have them.
    pub(super) fields: Vec<String>,
    records: HashMap<RecordKey, BTreeMap<String, String>>,
}

/// How linking named the records of a source, as `link.json` tells it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Naming {
    register: String,
    /// The column of the ids; `None` when they are the numbers of rows.
    id_column: Option<String>,
    /// Hash of the file that was linked.
    blake3: String,
}

/// Where the id of a record is found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Id {
    Column(usize),
    Row,
}

/// A file, and the name of its source where it was given.
struct Given {
    source: Option<String>,
    path: PathBuf,
}

impl Given {
    /// `SOURCE=FILE`, or a file.
    fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((source, file)) if !Path::new(text).exists() => {
                Self { source: Some(source.to_owned()), path: file.into() }
            }
            _ => Self { source: None, path: text.into() },
        }
    }

    fn is(&self, source: &str) -> bool {
        if let Some(given) = &self.source {
            return given == source;
        }
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        source == name || source == stem || Path::new(source) == self.path
    }
}

impl Originals {
    /// Looks up all records of `keys`. `id` is the column of their ids; when not given, it is as linking
    /// `named` them; where nothing tells that, it is the first column that has every id once.
    pub(super) fn read(
        files: &[String],
        keys: &[&PairKey],
        id: Option<&str>,
        named: &[Naming],
        show: &Show,
    ) -> Result<Self, Failure> {
        if files.is_empty() {
            return Err(Failure::input(
                "the files that were linked are not given",
                "name them after the folder: the folder itself holds no identifiers to show",
            ));
        }
        let given: Vec<Given> = files.iter().map(|text| Given::parse(text)).collect();
        let mut sources: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for key in keys.iter().flat_map(|pair| pair.records()) {
            sources.entry(&key.source).or_default().insert(&key.record);
        }
        let mut originals = Self { fields: Vec::new(), records: HashMap::new() };
        for (source, wanted) in &sources {
            let path = file_of(source, &given, sources.len())?;
            let naming = named.iter().find(|naming| naming.register == *source);
            originals.look_up(source, wanted, path, id, naming, show)?;
        }
        Ok(originals)
    }

    /// The values of both records of a pair in a field, empty where there is none.
    pub(super) fn values(&self, pair: &PairKey, field: &str) -> [&str; 2] {
        pair.records()
            .map(|key| self.records.get(key).and_then(|values| values.get(field)).map_or("", String::as_str))
    }

    fn look_up(
        &mut self,
        source: &str,
        wanted: &HashSet<&str>,
        path: &Path,
        id: Option<&str>,
        naming: Option<&Naming>,
        show: &Show,
    ) -> Result<(), Failure> {
        let name = path.display().to_string();
        let fail = |e: intake::Error| Failure::from_intake(&e);
        let changed = match naming {
            Some(naming) => intake::hash_file(path, &name).map_err(fail)?.blake3 != naming.blake3,
            None => false,
        };
        let mut rows = intake::TableRows::open(path, &name, &Format::default()).map_err(fail)?;
        let columns = rows.columns().to_vec();
        let candidates = match (id, naming) {
            (Some(id), _) => vec![Id::Column(rows.column(id).map_err(fail)?)],
            (None, Some(Naming { id_column: Some(id), .. })) => {
                vec![Id::Column(rows.column(id).map_err(fail)?)]
            }
            // In another file another record has the number.
            (None, Some(_)) if changed => {
                return Err(Failure::input(
                    format!(
                        "{name} is not the file that was linked as {source}, and its records have no ids"
                    ),
                    "give the very file that was linked, or link again",
                ));
            }
            (None, Some(_)) => vec![Id::Row],
            (None, None) => (0..columns.len()).map(Id::Column).collect(),
        };
        if changed {
            show.note(&format!(
                "note: {name} changed since it was linked; its records are shown as they are now"
            ));
        }
        // By candidate the rows of wanted ids; nothing once an id came twice.
        let mut found: Vec<Option<HashMap<String, Vec<String>>>> =
            vec![Some(HashMap::new()); candidates.len()];
        while let Some((number, values)) = rows.next_row().map_err(fail)? {
            for (of, &id) in found.iter_mut().zip(&candidates) {
                let id = match id {
                    Id::Column(column) => values[column].clone(),
                    Id::Row => number.to_string().into(),
                };
                if let Some(known) = of.as_mut().filter(|_| wanted.contains(&*id)) {
                    let row = values.iter().map(|value| value.clone().into_owned()).collect();
                    if known.insert(id.into_owned(), row).is_some() {
                        *of = None;
                    }
                }
            }
        }
        let (_, findings) = rows.finish();
        show.findings(&findings, "`zicht check`");
        let most = found.iter().flatten().map(HashMap::len).max().unwrap_or(0);
        let whole = found
            .into_iter()
            .zip(&candidates)
            .find_map(|(of, &id)| Some((of.filter(|known| known.len() == wanted.len())?, id)));
        let Some((known, id)) = whole else {
            return Err(Failure::input(
                format!(
                    "{name}: no column{} has the ids of all {} records of {source} that are to be shown, each \
                     once; the best has {most}",
                    id.map(|id| format!(" \"{id}\"")).unwrap_or_default(),
                    wanted.len()
                ),
                "give the very file that was linked, and the column of its ids with --id COLUMN",
            ));
        };
        for (at, column) in columns.iter().enumerate() {
            if Id::Column(at) != id && !self.fields.contains(column) {
                self.fields.push(column.clone());
            }
        }
        for (record, row) in known {
            let values = columns.iter().cloned().zip(row).collect();
            self.records.insert(RecordKey::new(source, &record), values);
        }
        Ok(())
    }
}

fn file_of<'a>(source: &str, given: &'a [Given], sources: usize) -> Result<&'a Path, Failure> {
    let fits: Vec<&Given> = given.iter().filter(|file| file.is(source)).collect();
    match (&fits[..], given) {
        ([one], _) => Ok(&one.path),
        ([], [one]) if sources == 1 && one.source.is_none() => Ok(&one.path),
        _ => Err(Failure::input(
            format!(
                "{} of the files given are of the source {source}",
                if fits.is_empty() { "none" } else { "several" }
            ),
            format!("say which is: {source}=FILE"),
        )),
    }
}
