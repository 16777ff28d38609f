//! A release in memory, ready to be shown.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use serde_json::{Value, json};

use crate::release::{self, Release};
use crate::sdmx::{self, Flow};
use crate::stored::{Stored, media};
use crate::tables::Table;
use crate::{Error, openapi};

/// As many bytes of a release are kept in memory, unless another number is given: a gibibyte.
pub const MEMORY: u64 = 1 << 30;

/// A release in memory, ready to be shown.
pub struct Site {
    /// What is answered as it is, by path without the first `/`.
    pub(crate) stored: HashMap<String, Stored>,
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) flows: Vec<Flow>,
    /// The structures of all flows, as SDMX asks for them.
    pub(crate) structures: Option<Stored>,
    files: usize,
    unlisted: Vec<String>,
}

impl Site {
    /// Reads the release in `dir`; its files may have `limit` bytes together.
    ///
    /// # Errors
    /// When the manifest is not there or cannot be used, a file that it lists is not there or has other contents, the release is too
    /// large, or a table is not in the form in which this program writes it.
    pub fn read(dir: &Path, limit: u64) -> Result<Self, Error> {
        let release = release::read(dir, limit)?;
        let mut site = Self {
            stored: HashMap::new(),
            tables: BTreeMap::new(),
            flows: Vec::new(),
            structures: None,
            files: release.files.len(),
            unlisted: Vec::new(),
        };
        let mut described = Vec::new();
        let listed = release.manifest["tables"].as_array().map(Vec::as_slice).unwrap_or_default();
        for id in listed.iter().filter_map(|t| t["id"].as_str()) {
            let table = site.table(&release, id)?;
            described.push(describe(&table));
            site.tables.insert(id.to_owned(), table);
        }
        site.stored = store(&release);
        site.structures = site.stored.get("data/structures.xml").map(|s| s.as_media(sdmx::STRUCTURE));
        site.documents(&release.manifest, &described);
        site.unlisted = release.unlisted;
        Ok(site)
    }

    /// The number of files that are shown.
    pub fn files(&self) -> usize {
        self.files
    }

    /// The identifiers of the tables that questions can be asked about.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Files of the folder that are not shown, because the manifest does not list them.
    pub fn unlisted(&self) -> &[String] {
        &self.unlisted
    }

    /// The bytes that it takes in memory, the compressed forms among them and the tables not.
    pub fn bytes(&self) -> usize {
        self.stored.values().map(Stored::bytes).sum()
    }

    fn table(&mut self, release: &Release, id: &str) -> Result<Table, Error> {
        let name = |end: &str| format!("data/{id}/{id}.{end}");
        let file = |end: &str| {
            let wrong = || Error::Table { file: name(end), what: "the manifest does not list it".to_owned() };
            release.files.get(&name(end)).map(|(bytes, _)| bytes).ok_or_else(wrong)
        };
        let table = Table::read(id, file("json")?, file("csv")?)
            .map_err(|what| Error::Table { file: name("json"), what })?;
        // Releases of before SDMX have none.
        if let Ok(bytes) = file("sdmx.csv") {
            let flow = Flow::read(bytes).map_err(|what| Error::Table { file: name("sdmx.csv"), what })?;
            self.flows.extend(flow);
        }
        Ok(table)
    }

    /// What the addresses under `/api/` say of themselves; it does not change, so it is stored as files are.
    fn documents(&mut self, manifest: &Value, described: &[Value]) {
        let flows: Vec<Value> = self
            .flows
            .iter()
            .map(|f| {
                let address = format!("sdmx/data/dataflow/{}/{}/{}/*", f.agency, f.id, f.version);
                json!({ "agency": f.agency, "id": f.id, "version": f.version, "key": f.key().collect::<Vec<_>>(), "data": address })
            })
            .collect();
        let short = |t: &Value| {
            let dimensions: Vec<Value> = t["dimensions"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .map(|d| {
                    let codes = d["codes"].as_array().map_or(0, Vec::len);
                    json!({ "id": d["id"], "label": d["label"], "codes": codes })
                })
                .collect();
            let id = t["id"].as_str().unwrap_or_default();
            json!({
                "id": id,
                "title": t["title"],
                "unit": t["unit"],
                "dimensions": dimensions,
                "about": format!("tables/{id}"),
                "data": format!("tables/{id}/data"),
            })
        };
        let index = json!({
            "monitor": manifest["monitor"],
            "edition": manifest["edition"],
            "reference_date": manifest["reference_date"],
            "description": "openapi.json",
            "tables": described.iter().map(short).collect::<Vec<_>>(),
            "sdmx": { "flows": flows, "structures": "sdmx/structure/dataflow" },
        });
        self.document("api/", "application/json", &index);
        let description = openapi::describe(manifest, described, &self.flows);
        self.document("api/openapi.json", "application/vnd.oai.openapi+json; version=3.1", &description);
        for table in described {
            let id = table["id"].as_str().unwrap_or_default();
            self.document(&format!("api/tables/{id}"), "application/json", table);
        }
    }

    fn document(&mut self, path: &str, media: &'static str, value: &Value) {
        let text = format!("{value:#}\n");
        let hash = blake3::hash(text.as_bytes()).to_hex();
        self.stored.insert(path.to_owned(), Stored::new(media, text.into(), &hash));
    }
}

/// The files with their compressed forms, which are made by all cores.
fn store(release: &Release) -> HashMap<String, Stored> {
    let files: Vec<_> = release.files.iter().collect();
    let next = AtomicUsize::new(0);
    let some = || {
        let mut own = Vec::new();
        while let Some((path, (bytes, hash))) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.push(((*path).clone(), Stored::new(media(path), bytes.clone(), hash)));
        }
        own
    };
    std::thread::scope(|scope| {
        let cores = available_parallelism().map_or(1, usize::from);
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(some)).collect();
        let mut all: HashMap<String, Stored> = some().into_iter().collect();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// A table with its dimensions and codes, in both languages.
fn describe(table: &Table) -> Value {
    let dutch = &table.said("extension")["nl"];
    let time: Vec<&str> =
        table.said("role")["time"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let dimensions: Vec<Value> = table
        .dimensions
        .iter()
        .map(|d| {
            let (en, nl) = (&table.said("dimension")[&d.id], &dutch["dimension"][&d.id]);
            let parents: HashMap<&str, &str> = en["category"]["child"]
                .as_object()
                .into_iter()
                .flatten()
                .flat_map(|(parent, children)| {
                    let children = children.as_array().into_iter().flatten().filter_map(Value::as_str);
                    children.map(move |child| (child, parent.as_str()))
                })
                .collect();
            let codes: Vec<Value> = d
                .codes
                .iter()
                .map(|code| {
                    let label = |of: &Value| {
                        of["category"]["label"].get(code).cloned().unwrap_or_else(|| json!(code))
                    };
                    let mut out = json!({ "code": code, "label": { "en": label(en), "nl": label(nl) } });
                    if let Some(parent) = parents.get(code.as_str()) {
                        out["parent"] = json!(parent);
                    }
                    out
                })
                .collect();
            json!({
                "id": d.id,
                "label": { "en": en["label"], "nl": nl["label"] },
                "time": time.contains(&d.id.as_str()),
                "codes": codes,
            })
        })
        .collect();
    json!({
        "id": table.id,
        "title": { "en": table.said("label"), "nl": dutch["label"] },
        "definition": { "en": table.said("note")[0], "nl": dutch["note"][0] },
        "unit": table.said("extension")["unit"],
        "licence": table.said("extension")["licence"],
        "source": table.said("source"),
        "updated": table.said("updated"),
        "dimensions": dimensions,
        "data": format!("{}/data", table.id),
    })
}
