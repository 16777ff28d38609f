//! The description of the addresses under `/api/`, in `OpenAPI` 3.1.

use serde_json::{Map, Value, json};

use crate::problem;
use crate::sdmx::{self, Flow};
use crate::select::FORMAT;

/// Up to so many codes of a dimension are listed; of more the table itself tells.
const LISTED: usize = 200;

/// The description of all addresses.
pub(crate) fn describe(manifest: &Value, tables: &[Value], flows: &[Flow]) -> Value {
    let mut paths = Map::new();
    let empty = Vec::new();
    paths.insert("/".into(), json!({ "get": get("list", "All tables, with their dimensions and addresses", &empty, &json("object")) }));
    if !tables.is_empty() {
        let ids: Vec<&Value> = tables.iter().map(|t| &t["id"]).collect();
        let id = parameter("path", "table", "A table", &json!({ "type": "string", "enum": ids }));
        paths.insert(
            "/tables/{table}".into(),
            json!({ "get": get("describe", "The dimensions of a table, with their codes", &[id], &json("object")) }),
        );
    }
    for table in tables {
        let id = table["id"].as_str().unwrap_or_default();
        paths.insert(format!("/tables/{id}/data"), json!({ "get": data(id, table) }));
    }
    if !flows.is_empty() {
        paths.insert(
            "/sdmx/data/dataflow/{agency}/{flow}/{version}/{key}".into(),
            json!({ "get": sdmx_data(flows) }),
        );
        let answer = json!({ sdmx::STRUCTURE: { "schema": { "type": "string" } } });
        let words = "The structures of all data flows, in SDMX-ML 3.0";
        paths.insert(
            "/sdmx/structure/dataflow".into(),
            json!({ "get": get("sdmx_structures", words, &empty, &answer) }),
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("{}, edition {}", text(&manifest["monitor"]), text(&manifest["edition"])),
            "version": text(&manifest["edition"]),
            "summary": "Published tables of a victim monitor. Answers are parts of the files of the release: a cell that is hidden there has no value here.",
        },
        "servers": [{ "url": "../api" }],
        "paths": paths,
        "components": { "schemas": { "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": { "type": "string" },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
                "allowed": { "type": "array", "items": { "type": "string" }, "description": "What could be asked for instead" },
                "allowed_in_all": { "type": "integer", "description": "How many there are, where not all are listed" },
            },
        } } },
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn json(kind: &str) -> Value {
    json!({ "application/json": { "schema": { "type": kind } } })
}

fn get(id: &str, words: &str, parameters: &[Value], content: &Value) -> Value {
    let problem = json!({ "description": "What is wrong, and what is allowed", "content": {
        problem::MEDIA: { "schema": { "$ref": "#/components/schemas/Problem" } }
    } });
    json!({
        "operationId": id,
        "summary": words,
        "parameters": parameters,
        "responses": {
            "200": { "description": words, "content": content },
            "304": { "description": "Nothing changed since the tag that If-None-Match names" },
            "429": { "description": "Too many questions from one address; Retry-After says when to ask again", "content": problem["content"] },
            "4XX": problem,
        },
    })
}

fn parameter(place: &str, name: &str, words: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": place, "required": place == "path", "description": words, "schema": schema })
}

fn data(id: &str, table: &Value) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    let dimensions = table["dimensions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for d in dimensions {
        let codes: Vec<&Value> = d["codes"].as_array().into_iter().flatten().map(|c| &c["code"]).collect();
        let mut one = json!({ "type": "string" });
        if codes.len() <= LISTED {
            one["enum"] = json!(codes);
        }
        let words = format!("{}; all codes when it is not given", text(&d["label"]["en"]));
        let mut own = parameter("query", text(&d["id"]), &words, &json!({ "type": "array", "items": one }));
        own["style"] = json!("form");
        own["explode"] = json!(false);
        parameters.push(own);
    }
    // A dimension of this name is asked for by it.
    if dimensions.iter().all(|d| d["id"] != FORMAT) {
        let schema = json!({ "type": "string", "enum": ["json", "csv"], "default": "json" });
        parameters.push(parameter("query", FORMAT, "JSON-stat 2.0, or CSV", &schema));
    }
    let content = json!({
        "application/json": { "schema": { "type": "object", "description": "A dataset of JSON-stat 2.0" } },
        "text/csv": { "schema": { "type": "string" } },
    });
    get(&format!("data_{id}"), text(&table["title"]["en"]), &parameters, &content)
}

fn sdmx_data(flows: &[Flow]) -> Value {
    let mut agencies: Vec<&str> = flows.iter().map(|f| f.agency.as_str()).collect();
    agencies.dedup();
    let ids: Vec<&str> = flows.iter().map(|f| f.id.as_str()).collect();
    let one_of = |of: &[&str]| json!({ "type": "string", "enum": of });
    let plain = json!({ "type": "string" });
    let parameters = [
        parameter("path", "agency", "Who maintains the flow", &one_of(&agencies)),
        parameter("path", "flow", "A table as a data flow", &one_of(&ids)),
        parameter("path", "version", "Its version, or * for the only one", &plain),
        parameter(
            "path",
            "key",
            "Codes of the dimensions but time, with dots between them; * for all; commas between keys",
            &plain,
        ),
        json!({
            "name": "c", "in": "query", "style": "deepObject", "explode": true,
            "description": "Values of a component: c[TIME_PERIOD]=ge:2019+le:2021, c[SEX]=F,M",
            "schema": { "type": "object", "additionalProperties": { "type": "string" } },
        }),
    ];
    let content = json!({ sdmx::DATA: { "schema": { "type": "string" } } });
    get("sdmx_data", "Rows of a table as SDMX-CSV 2.0, by SDMX REST 2", &parameters, &content)
}
