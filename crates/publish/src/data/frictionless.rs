//! The data package of a release (Frictionless Data Package 1, specs.frictionlessdata.io): all CSV files with the types of
//! their columns, for the tools of Python and R that read it.

use serde_json::{Value, json};

use super::{FORMATS, RESULTS, Results, Rows, file_name, licence_address, pretty, titles};
use crate::Release;
use crate::text::texts;
use model::Language;

/// The package; paths are below `data/`, where it stands.
pub(crate) fn package(release: &Release<'_>, results: &[Results]) -> Vec<u8> {
    let monitor = &release.settings.monitor;
    let mut resources: Vec<Value> = Vec::new();
    for c in &release.cubes {
        let rows = Rows::of(c);
        let id = c.cube.id();
        let path = file_name(id, FORMATS[0]);
        resources.push(resource(
            id,
            &c.cube.title().en,
            path.trim_start_matches("data/"),
            &json!({ "fields": fields(&rows), "missingValues": [""], "primaryKey": rows.dimensions }),
        ));
    }
    let words = titles(texts(Language::En));
    for (file, bytes, _) in results {
        let path = file.trim_start_matches("data/");
        let title = RESULTS.iter().position(|r| r == file).map_or(path, |at| words[at]);
        // Names of columns say which are numbers; the others are words and codes.
        let head = csv::Reader::from_reader(&bytes[..]).headers().cloned().unwrap_or_default();
        let fields: Vec<Value> = head
            .iter()
            .map(|name| {
                let kind = match name {
                    "count" | "detected" | "rank" => "integer",
                    "estimate" | "group" | "against" | "series" | "unit" | "page" | "period" | "method"
                    | "model" | "refused" => "string",
                    _ if name.ends_with("_en") || name.ends_with("_nl") => "string",
                    _ => "number",
                };
                json!({ "name": name, "type": kind })
            })
            .collect();
        let name = path.trim_end_matches(".csv").replace('/', "_");
        resources.push(resource(&name, title, path, &json!({ "fields": fields, "missingValues": [""] })));
    }
    let mut licence = json!({ "name": monitor.licence });
    let address = licence_address(&monitor.licence);
    if !address.is_empty() {
        licence["path"] = json!(address);
    }
    pretty(&json!({
        "profile": "tabular-data-package",
        "name": "release",
        "title": monitor.title.en,
        "description": monitor.description.en,
        "version": monitor.edition,
        "created": format!("{}T00:00:00Z", monitor.reference_date),
        "licenses": [licence],
        "contributors": [{ "title": monitor.publisher.en, "role": "publisher" }],
        "resources": resources,
    }))
}

fn resource(name: &str, title: &str, path: &str, schema: &Value) -> Value {
    json!({
        "profile": "tabular-data-resource",
        "name": name,
        "title": title,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": { "delimiter": ",", "lineTerminator": "\n" },
        "schema": schema,
    })
}

fn fields(rows: &Rows) -> Vec<Value> {
    let labels = rows.dimensions.len();
    rows.header()
        .iter()
        .enumerate()
        .map(|(at, name)| {
            if at < labels {
                return json!({ "name": name, "type": "string", "constraints": { "required": true } });
            }
            let kind = match name.as_str() {
                _ if at < 3 * labels => "string",
                "CONF_STATUS" | "OBS_STATUS" | "unit" => "string",
                "rate" | "rate_lower" | "rate_upper" => "number",
                _ => "integer",
            };
            json!({ "name": name, "type": kind })
        })
        .collect()
}
