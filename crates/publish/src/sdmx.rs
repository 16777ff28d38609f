//! SDMX: protected cubes as SDMX-CSV 2.0, and their structure as SDMX-ML 3.0 (sdmx.org/standards).
//!
//! Every cube is a data flow with a structure of its own. A dimension over time is `TIME_PERIOD`; what a hidden cell is
//! stands in `OBS_STATUS` and `CONF_STATUS`, with the codes of the SDMX code lists of those names. Identifiers in SDMX have
//! fewer characters than codes have in registers: what does not fit becomes `_`, and the name stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use disclosure::{ConfStatus, ObsStatus, ProtectedCube};
use model::{Dimension, Label, Role, Value};

/// Who maintains the structures, as their identifiers have it.
const AGENCY: &str = "ZICHT";
/// Structures of one release are of one version: another release may have others.
const VERSION: &str = "1.0.0";
/// The name of the file with the structures.
pub const STRUCTURES: &str = "structures.xml";

/// A cube as a data flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a> {
    /// The cube.
    pub cube: &'a ProtectedCube,
    /// Decimals of its figures, which are whole numbers of the last one.
    pub decimals: u32,
}

/// NAME.sdmx.csv for each cube, and [`STRUCTURES`]. `prepared` is the time that the structures say they are of, as
/// `2026-01-31T00:00:00Z`.
pub fn files(flows: &[Flow<'_>], prepared: &str) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> =
        flows.iter().map(|f| (format!("{}.sdmx.csv", f.cube.id()), data(*f))).collect();
    out.push((STRUCTURES.to_owned(), structures(flows, prepared)));
    out
}

/// The identifier of a thing: letters, digits, `_`, `-`, `@` and `$`, and a letter or `_` at first.
fn identifier(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '$');
    text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

/// Identifiers of all, each another.
fn identifiers<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts
        .map(|text| {
            let first = match identifier(text) {
                empty if empty.is_empty() => "_".to_owned(),
                some => some,
            };
            let mut own = first.clone();
            let mut next = 2;
            while !seen.insert(own.clone()) {
                own = format!("{first}_{next}");
                next += 1;
            }
            own
        })
        .collect()
}

/// The identifier of a cube.
fn flow_id(cube: &ProtectedCube) -> String {
    identifier(&cube.id().to_uppercase())
}

/// The column of each dimension.
fn columns(dimensions: &[Dimension]) -> Vec<String> {
    let own = |d: &Dimension| if is_time(d) { "TIME_PERIOD".to_owned() } else { d.id.to_uppercase() };
    let names: Vec<String> = dimensions.iter().map(own).collect();
    identifiers(names.iter().map(String::as_str))
        .into_iter()
        // A dimension that is called as a column of the format gets a sign before it.
        .map(|id| if RESERVED.contains(&id.as_str()) { format!("_{id}") } else { id })
        .collect()
}

const RESERVED: [&str; 6] = ["STRUCTURE", "STRUCTURE_ID", "ACTION", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];

/// Whether all its codes are periods: a year, a quarter or a month.
fn is_time(d: &Dimension) -> bool {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let period = |code: &str| match code.split_once('-') {
        None => digits(code, 4),
        Some((year, rest)) => {
            let quarter = rest.strip_prefix('Q').is_some_and(|q| matches!(q, "1" | "2" | "3" | "4"));
            digits(year, 4) && (digits(rest, 2) || quarter)
        }
    };
    d.role == Role::Time && d.categories.iter().all(|c| period(&c.code))
}

/// The codes of each dimension.
fn codes(dimensions: &[Dimension]) -> Vec<Vec<String>> {
    dimensions.iter().map(|d| identifiers(d.categories.iter().map(|c| c.code.as_str()))).collect()
}

/// A number of units of the last decimal.
fn figure(n: u64, decimals: u32) -> String {
    match 10_u64.checked_pow(decimals) {
        Some(unit) if decimals > 0 => {
            format!("{}.{:0width$}", n / unit, n % unit, width = decimals as usize)
        }
        _ => n.to_string(),
    }
}

/// A cube as SDMX-CSV 2.0.
pub(crate) fn data(flow: Flow<'_>) -> Vec<u8> {
    let cube = flow.cube;
    let codes = codes(cube.dimensions());
    let id = format!("{AGENCY}:{}({VERSION})", flow_id(cube));
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let mut row = |fields: Vec<&str>| out.write_record(fields).unwrap_or_default();
    let names = columns(cube.dimensions());
    let head = ["STRUCTURE", "STRUCTURE_ID", "ACTION"];
    let rest = ["OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];
    row(head.into_iter().chain(names.iter().map(String::as_str)).chain(rest).collect());
    for (key, cell) in cube.cells() {
        let value = match cell.value {
            Value::Count(n) => figure(n, flow.decimals),
            Value::Between(..) | Value::Missing => String::new(),
        };
        let at = key.iter().zip(&codes).map(|(&at, codes)| codes[at as usize].as_str());
        let marks = [value.as_str(), cell.obs.code(), cell.conf.code()];
        row(["dataflow", &id, "I"].into_iter().chain(at).chain(marks).collect());
    }
    out.into_inner().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "sdmx.xml")]
struct Structures<'a> {
    agency: &'static str,
    version: &'static str,
    prepared: &'a str,
    flows: Vec<FlowOf<'a>>,
    lists: Vec<List>,
    concepts: Vec<(String, Label)>,
    concept: String,
    codelist: String,
}

struct FlowOf<'a> {
    id: String,
    name: &'a Label,
    definition: &'a Label,
    /// Identifier, code list and place of each dimension that is not time.
    dimensions: Vec<(String, String, usize)>,
    time: bool,
    text_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    id: String,
    name: Label,
    codes: Vec<Code>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Code {
    id: String,
    name: Label,
    parent: Option<String>,
}

/// The structures of all cubes, with their code lists and concepts.
pub(crate) fn structures(flows: &[Flow<'_>], prepared: &str) -> Vec<u8> {
    let mut lists: Vec<List> = vec![
        list("CL_OBS_STATUS", Label::new("Observation status", "Status van de waarneming"), &obs()),
        list("CL_CONF_STATUS", Label::new("Confidentiality status", "Vertrouwelijkheid"), &conf()),
    ];
    let mut concepts = BTreeMap::from([
        ("OBS_VALUE".to_owned(), Label::new("Value", "Waarde")),
        ("OBS_STATUS".to_owned(), Label::new("Observation status", "Status van de waarneming")),
        ("CONF_STATUS".to_owned(), Label::new("Confidentiality status", "Vertrouwelijkheid")),
    ]);
    let mut described = Vec::new();
    for flow in flows {
        let cube = flow.cube;
        let (mut dimensions, mut time) = (Vec::new(), false);
        let all = cube.dimensions().iter().zip(columns(cube.dimensions())).zip(codes(cube.dimensions()));
        for ((d, id), codes) in all {
            concepts.entry(id.clone()).or_insert_with(|| d.label.clone());
            if is_time(d) && !time {
                time = true;
                continue;
            }
            // A parent has to begin with a letter in SDMX-ML, which the total does not; all else is below it anyhow.
            let fits =
                |id: &String| id.starts_with(|c: char| c.is_ascii_alphabetic()) && !id.contains(['@', '$']);
            let parent = |at: Option<u32>| at.map(|p| codes[p as usize].clone()).filter(fits);
            let own: Vec<Code> = d
                .categories
                .iter()
                .zip(&codes)
                .map(|(c, id)| Code { id: id.clone(), name: c.label.clone(), parent: parent(c.parent) })
                .collect();
            dimensions.push((id.clone(), list_of(&mut lists, &id, d, own), dimensions.len() + 1));
        }
        described.push(FlowOf {
            id: flow_id(cube),
            name: cube.title(),
            definition: cube.definition(),
            dimensions,
            time,
            text_type: if flow.decimals > 0 { "Decimal" } else { "Integer" },
        });
    }
    let template = Structures {
        agency: AGENCY,
        version: VERSION,
        prepared,
        flows: described,
        lists,
        concepts: concepts.into_iter().collect(),
        concept: format!("urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:CONCEPTS({VERSION})."),
        codelist: format!("urn:sdmx:org.sdmx.infomodel.codelist.Codelist={AGENCY}:"),
    };
    // A template that is filled with text does not fail.
    template.render().unwrap_or_default().into_bytes()
}

/// The identifier of a code list with these codes: one that is there already, or a new one.
fn list_of(lists: &mut Vec<List>, dimension: &str, d: &Dimension, codes: Vec<Code>) -> String {
    let first = format!("CL_{dimension}");
    let mut id = first.clone();
    let mut next = 2;
    while let Some(list) = lists.iter().find(|l| l.id == id) {
        if list.codes == codes {
            return id;
        }
        id = format!("{first}_{next}");
        next += 1;
    }
    lists.push(List { id: id.clone(), name: d.label.clone(), codes });
    id
}

fn list(id: &str, name: Label, codes: &[(&str, &str, &str)]) -> List {
    let code =
        |&(id, en, nl): &(&str, &str, &str)| Code { id: id.into(), name: Label::new(en, nl), parent: None };
    List { id: id.into(), name, codes: codes.iter().map(code).collect() }
}

/// The codes of `CL_OBS_STATUS` that occur.
fn obs() -> [(&'static str, &'static str, &'static str); 3] {
    [
        (ObsStatus::Normal.code(), "Normal value", "Gewone waarde"),
        (ObsStatus::Missing.code(), "Missing value", "Ontbrekende waarde"),
        (ObsStatus::Suppressed.code(), "Missing value; suppressed", "Ontbrekende waarde; onderdrukt"),
    ]
}

/// The codes of `CL_CONF_STATUS` that occur.
fn conf() -> [(&'static str, &'static str, &'static str); 3] {
    [
        (ConfStatus::Free.code(), "Free (free for publication)", "Vrij (mag worden gepubliceerd)"),
        (ConfStatus::Primary.code(), "Confidential statistical information", "Vertrouwelijk"),
        (
            ConfStatus::Secondary.code(),
            "Secondary confidentiality",
            "Vertrouwelijk om een ander te beschermen",
        ),
    ]
}
