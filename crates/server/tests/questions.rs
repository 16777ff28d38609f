//! Questions about tables: parts of what was published, and nothing else.

mod common;

use common::{BY_AGE, BY_AGE_SDMX, Running, by_age, by_place};
use serde_json::{Value, json};

const DATA: &str = "/api/tables/by_age/data";

#[test]
fn the_whole_table_is_the_file() {
    let server = Running::start();
    assert_eq!(server.get(DATA).is(200).json(), by_age());
    assert_eq!(server.get("/api/tables/by_place/data").is(200).json(), by_place());
    assert_eq!(server.get(&format!("{DATA}?format=csv")).is(200).text(), BY_AGE);
    // All codes by name are the whole as well.
    assert_eq!(server.get(&format!("{DATA}?year=2020,2019&age=25%2B,0-17,_T")).is(200).json(), by_age());
    let place = "/api/tables/by_place/data?sex=M&sex=F,F";
    assert_eq!(server.get(place).is(200).json(), by_place());
}

#[test]
fn a_part_has_the_values_of_the_file_and_hidden_cells_have_none() {
    let server = Running::start();
    let part = server.get(&format!("{DATA}?age=0-17,_T&year=2019")).is(200);
    assert_eq!(part.header("content-type"), "application/json");
    assert_eq!(part.header("vary"), "Accept, Accept-Encoding");
    let part = part.json();
    assert_eq!(part["size"], json!([1, 2]));
    assert_eq!(part["value"], json!([40, null]));
    assert_eq!(part["status"], json!({ "1": "Q" }));
    let age = &part["dimension"]["age"]["category"];
    assert_eq!(age["index"], json!(["_T", "0-17"]), "in the order of the file");
    assert_eq!(age["label"], json!({ "_T": "Age _T", "0-17": "Age 0-17" }));
    assert_eq!(age["child"], json!({ "_T": ["0-17"] }));
    assert_eq!(part["extension"]["nl"]["dimension"]["age"]["category"]["index"], age["index"]);
    // Nothing is hidden in 2020, so nothing is said of it, and a part without its total has no children.
    let part = server.get(&format!("{DATA}?age=0-17&year=2020")).is(200).json();
    assert_eq!(part["value"], json!([20]));
    assert_eq!(part.get("status"), None);
    assert_eq!(part["dimension"]["age"]["category"].get("child"), None);
    // All that is chosen is hidden.
    let hidden = server.get(&format!("{DATA}?year=2019&age=0-17,25%2B")).is(200).json();
    assert_eq!(hidden["value"], json!([null, null]));
    assert_eq!(hidden["status"], json!({ "0": "Q", "1": "Q" }));
}

#[test]
fn every_part_of_a_table_is_what_the_file_has_at_these_places() {
    let server = Running::start();
    for (id, set) in [("by_age", by_age()), ("by_place", by_place())] {
        let names: Vec<&str> =
            set["id"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
        let codes = |name: &str| -> Vec<String> {
            let index = set["dimension"][name]["category"]["index"].as_array().expect("codes");
            index.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (first, second) = (codes(names[0]), codes(names[1]));
        // Each not empty part of the codes of both dimensions.
        for a in 1..1_usize << first.len() {
            for b in 1..1_usize << second.len() {
                let of = |codes: &[String], set: usize| -> Vec<usize> {
                    (0..codes.len()).filter(|i| set >> i & 1 == 1).collect()
                };
                let (rows, columns) = (of(&first, a), of(&second, b));
                let typed = |codes: &[String], at: &[usize]| -> String {
                    at.iter().map(|&i| escape(&codes[i])).collect::<Vec<_>>().join(",")
                };
                let query = format!(
                    "{}={}&{}={}",
                    names[0],
                    typed(&first, &rows),
                    names[1],
                    typed(&second, &columns)
                );
                let part = server.get(&format!("/api/tables/{id}/data?{query}")).is(200).json();
                let mut place = 0;
                for &row in &rows {
                    for &column in &columns {
                        let old = row * second.len() + column;
                        for path in ["/value", "/status", "/extension/bounds", "/extension/rates/figures"] {
                            let of = |set: &Value, at: usize| match set.pointer(path) {
                                Some(Value::Array(list)) => list[at].clone(),
                                Some(Value::Object(map)) => {
                                    map.get(&at.to_string()).cloned().unwrap_or_default()
                                }
                                _ => Value::Null,
                            };
                            assert_eq!(of(&part, place), of(&set, old), "{query} {path} {place}");
                        }
                        place += 1;
                    }
                }
            }
        }
    }
}

fn escape(code: &str) -> String {
    code.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat()
}

/// The header of a file, and some of its lines.
fn lines(text: &str, wanted: &[usize]) -> String {
    let all = text.split_inclusive('\n').enumerate();
    all.filter(|(i, _)| *i == 0 || wanted.contains(i)).map(|(_, line)| line).collect()
}

#[test]
fn csv_has_the_lines_of_the_file() {
    let server = Running::start();
    let lines = |wanted: &[usize]| lines(BY_AGE, wanted);
    let answer = server.get(&format!("{DATA}?age=25%2B&format=csv")).is(200);
    assert_eq!(answer.text(), lines(&[3, 6]));
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    // As people type it, and by the header.
    let typed = server.ask("GET", &format!("{DATA}?age=25+&year=2019"), &[("Accept", "text/csv")]).is(200);
    assert_eq!(typed.text(), lines(&[3]));
    let place = server.get("/api/tables/by_place/data?place=S+%26+T%2C+U&format=csv").is(200);
    assert!(place.text().ends_with("\n\"S & T, U\",M,9,,\n"), "{}", place.text());
}

#[test]
fn an_answer_that_was_worked_out_has_a_tag_too() {
    let server = Running::start();
    for path in [format!("{DATA}?age=_T"), "/api/sdmx/data/dataflow/ZICHT/BY_AGE/1.0.0/_T".to_owned()] {
        let tag = server.get(&path).is(200).header("etag").to_owned();
        assert!(server.ask("GET", &path, &[("If-None-Match", &tag)]).is(304).body.is_empty());
    }
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let server = Running::start();
    let refused = |path: &str, status: u16, detail: &str, allowed: &Value| {
        let answer = server.get(path).is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert!(problem["detail"].as_str().expect("a detail").contains(detail), "{path}: {problem}");
        assert_eq!(problem.get("allowed").unwrap_or(&Value::Null), allowed, "{path}");
    };
    let ages = json!(["_T", "0-17", "25+"]);
    refused(&format!("{DATA}?sex=F"), 400, "no dimension \"sex\"", &json!(["year", "age", "format"]));
    refused(&format!("{DATA}?age=18"), 400, "age has no code \"18\"", &ages);
    refused(&format!("{DATA}?age="), 400, "age has no code \"\"", &ages);
    refused(&format!("{DATA}?age"), 400, "age has no code \"\"", &ages);
    refused(&format!("{DATA}?age=_T,"), 400, "age has no code \"\"", &ages);
    refused(&format!("{DATA}?age=%ff"), 400, "UTF-8", &Value::Null);
    refused(&format!("{DATA}?format=xml"), 400, "no format \"xml\"", &json!(["json", "csv"]));
    refused("/api/tables/by_sex/data", 404, "no such table", &json!(["by_age", "by_place"]));
    refused("/api/tables/by_sex", 404, "nothing at this address", &json!(["/api/", "/api/openapi.json"]));
    // Of what was typed the beginning is repeated.
    let long = server.get(&format!("{DATA}?age={}", "x".repeat(1000))).is(400).json();
    assert!(long["detail"].as_str().expect("a detail").len() < 200);
}

#[test]
fn tables_say_what_they_are() {
    let server = Running::start();
    let list = server.get("/api/").is(200).json();
    let table = &list["tables"][0];
    assert_eq!(table["title"], json!({ "en": "By age", "nl": "Naar leeftijd" }));
    assert_eq!(
        table["dimensions"][1],
        json!({ "id": "age", "label": { "en": "Age", "nl": "Leeftijd" }, "codes": 3 })
    );
    // Addresses are relative to the one that was asked.
    for address in [&table["about"], &table["data"], &list["description"]] {
        server.get(&format!("/api/{}", address.as_str().expect("an address"))).is(200);
    }
    assert_eq!(list["sdmx"]["flows"][0]["key"], json!(["AGE"]));
    server.get(&format!("/api/{}", list["sdmx"]["flows"][0]["data"].as_str().expect("an address"))).is(200);
    let about = server.get("/api/tables/by_age").is(200).json();
    assert_eq!(about["dimensions"][0]["time"], true);
    let code = json!({ "code": "25+", "label": { "en": "Age 25+", "nl": "Leeftijd 25+" }, "parent": "_T" });
    assert_eq!(about["dimensions"][1]["codes"][2], code);
}

#[test]
fn the_description_names_every_table_with_its_codes() {
    let server = Running::start();
    let answer = server.get("/api/openapi.json").is(200);
    assert_eq!(answer.header("content-type"), "application/vnd.oai.openapi+json; version=3.1");
    let description = answer.json();
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().expect("paths");
    for path in
        ["/", "/tables/{table}", "/tables/by_age/data", "/tables/by_place/data", "/sdmx/structure/dataflow"]
    {
        assert!(paths.contains_key(path), "{path}");
    }
    let parameters = &paths["/tables/by_age/data"]["get"]["parameters"];
    assert_eq!(parameters[1]["schema"]["items"]["enum"], json!(["_T", "0-17", "25+"]));
}

#[test]
fn sdmx_questions_are_answered_with_lines_of_the_file() {
    let server = Running::start();
    let lines = |wanted: &[usize]| lines(BY_AGE_SDMX, wanted);
    let ask = |rest: &str| server.get(&format!("/api/sdmx/data/{rest}"));
    let all = [1, 2, 3, 4, 5, 6];
    for (rest, wanted) in [
        ("dataflow/ZICHT/BY_AGE/1.0.0/*", &all[..]),
        ("dataflow/ZICHT/BY_AGE/+", &all),
        ("dataflow/ZICHT/BY_AGE", &all),
        ("dataflow/*/*/~/*", &all),
        ("dataflow/ZICHT/BY_AGE/1.0.0/_T", &[1, 4]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/_T,25_", &[1, 3, 4, 6]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/0-17?c[TIME_PERIOD]=2019", &[2]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[TIME_PERIOD]=ge:2020", &[4, 5, 6]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c%5BTIME_PERIOD%5D=ge:2019%2Ble:2019&c[AGE]=_T,0-17", &[1, 2]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[TIME_PERIOD]=gt:2018+lt:2020&attributes=dsd", &[1, 2, 3]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[CONF_STATUS]=ne:F", &[2, 3]),
        // A hidden figure is neither more nor less than any other.
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[OBS_VALUE]=lt:1000", &[1, 4, 5, 6]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[OBS_VALUE]=ge:-1", &[1, 4, 5, 6]),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[AGE]=sw:0,co:5", &[2, 3, 5, 6]),
    ] {
        let answer = ask(rest).is(200);
        assert_eq!(answer.text(), lines(wanted), "{rest}");
        assert_eq!(
            answer.header("content-type"),
            "application/vnd.sdmx.data+csv; version=2.0.0; charset=utf-8"
        );
    }
    for (rest, status) in [
        ("dataflow/ZICHT/BY_AGE/1.0.0/NOBODY", 404),
        ("dataflow/ZICHT/BY_SEX/1.0.0/*", 404),
        ("dataflow/OTHER/BY_AGE/1.0.0/*", 404),
        ("dataflow/ZICHT/BY_AGE/2.0.0/*", 404),
        ("provisionagreement/ZICHT/BY_AGE/1.0.0/*", 404),
        ("dataflow/ZICHT/BY_AGE/1.0.0/a.b.c", 400),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?c[SEX]=F", 400),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?colour=red", 400),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?lastNObservations=1", 501),
        ("dataflow/ZICHT/BY_AGE/1.0.0/*?includeHistory=true", 501),
    ] {
        assert_eq!(ask(rest).is(status).header("content-type"), "application/problem+json", "{rest}");
    }
    let wants =
        |accept: &str| server.ask("GET", "/api/sdmx/data/dataflow/ZICHT/BY_AGE", &[("Accept", accept)]);
    wants("application/vnd.sdmx.data+csv;version=2.0.0").is(200);
    wants("application/vnd.sdmx.data+xml, */*;q=0.1").is(200);
    wants("application/vnd.sdmx.data+xml;version=3.0.0").is(406);
}

#[test]
fn sdmx_structures_are_those_of_the_release() {
    let server = Running::start();
    let file = server.get("/data/structures.xml").is(200);
    for rest in ["dataflow", "dataflow/ZICHT/BY_AGE/1.0.0", "dataflow/*/*/~", "codelist/ZICHT", "*"] {
        let answer = server.get(&format!("/api/sdmx/structure/{rest}")).is(200);
        assert_eq!(answer.body, file.body);
        assert_eq!(answer.header("content-type"), "application/vnd.sdmx.structure+xml; version=3.0.0");
    }
    for rest in ["dataflow/ZICHT/BY_SEX", "dataflow/OTHER", "hierarchy"] {
        server.get(&format!("/api/sdmx/structure/{rest}")).is(404);
    }
}
