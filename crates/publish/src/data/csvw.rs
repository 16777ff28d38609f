//! CSV on the Web: what the columns of a CSV file mean (W3C, Metadata Vocabulary for Tabular Data,
//! 2015).

use disclosure::ProtectedCube;
use model::Language;
use serde_json::{Value, json};

use super::{FORMATS, Rows, licence_address, pretty, source_titles};
use crate::Release;
use crate::facts::dimension_label;

pub(super) fn metadata(release: &Release<'_>, cube: &ProtectedCube, rows: &Rows) -> Vec<u8> {
    let both = |en: &str, nl: &str| json!({ "en": en, "nl": nl });
    let monitor = &release.settings.monitor;
    let mut columns: Vec<Value> = Vec::new();
    for (name, d) in rows.dimensions.iter().zip(cube.dimensions()) {
        let mut column = json!({
            "name": name,
            "titles": name,
            "dc:title": both(&dimension_label(d, Language::En), &dimension_label(d, Language::Nl)),
            "datatype": "string",
            "required": true,
        });
        if let Some(classification) = &d.classification {
            column["dc:description"] =
                json!(format!("code of {classification}; _T is the total, _U unknown"));
        }
        columns.push(column);
    }
    for (name, d) in rows.dimensions.iter().zip(cube.dimensions()) {
        for (language, word, of) in
            [(Language::En, "label", "in English"), (Language::Nl, "naam", "in het Nederlands")]
        {
            let tag = language.tag();
            columns.push(json!({
                "name": format!("{name}_{tag}"),
                "titles": format!("{name}_{tag}"),
                "dc:title": { tag: format!("{}, {word} {of}", dimension_label(d, language)) },
                "datatype": "string",
                "lang": tag,
            }));
        }
    }
    let count = json!({ "base": "integer", "minimum": 0 });
    for (name, datatype, en, nl) in [
        (
            "value",
            &count,
            "the count; empty when it is hidden or there is none",
            "het aantal; leeg als het verborgen is of ontbreekt",
        ),
        (
            "lower",
            &count,
            "the least it can be, where its publisher gave bounds only",
            "het minste dat het kan zijn, als de uitgever alleen grenzen gaf",
        ),
        (
            "upper",
            &count,
            "the most it can be, where its publisher gave bounds only",
            "het meeste dat het kan zijn, als de uitgever alleen grenzen gaf",
        ),
    ] {
        columns.push(
            json!({ "name": name, "titles": name, "dc:description": both(en, nl), "datatype": datatype }),
        );
    }
    for (name, format, en, nl) in [
        (
            "CONF_STATUS",
            "[FCD]",
            "SDMX CL_CONF_STATUS: F free, C confidential, D hidden to protect others",
            "SDMX CL_CONF_STATUS: F vrij, C vertrouwelijk, D verborgen om andere te beschermen",
        ),
        (
            "OBS_STATUS",
            "[AOQ]",
            "SDMX CL_OBS_STATUS: A normal, O missing, Q suppressed",
            "SDMX CL_OBS_STATUS: A gewoon, O ontbreekt, Q verborgen",
        ),
        ("unit", "persons|reports|events|amounts", "what one unit is", "wat één eenheid is"),
    ] {
        columns.push(json!({
            "name": name,
            "titles": name,
            "dc:description": both(en, nl),
            "datatype": { "base": "string", "format": format },
            "required": true,
        }));
    }
    if let Some(per) = rows.per {
        let rate = json!({ "base": "number", "minimum": 0 });
        for (name, datatype, en, nl) in [
            ("population", &count, "inhabitants of the cell".to_owned(), "inwoners van de cel".to_owned()),
            (
                "rate",
                &rate,
                format!("the count per {per} inhabitants"),
                format!("het aantal per {per} inwoners"),
            ),
            (
                "rate_lower",
                &rate,
                "lower bound of the interval of the rate".to_owned(),
                "ondergrens van het interval van de verhouding".to_owned(),
            ),
            (
                "rate_upper",
                &rate,
                "upper bound of the interval of the rate".to_owned(),
                "bovengrens van het interval van de verhouding".to_owned(),
            ),
        ] {
            columns.push(json!({ "name": name, "titles": name, "dc:description": both(&en, &nl), "datatype": datatype }));
        }
    }
    let mut out = json!({
        "@context": ["http://www.w3.org/ns/csvw", { "@language": "en" }],
        "url": format!("{}.{}", cube.id(), FORMATS[0].ending),
        "dc:title": both(&cube.title().en, &cube.title().nl),
        "dc:description": both(&cube.definition().en, &cube.definition().nl),
        "dc:publisher": both(&monitor.publisher.en, &monitor.publisher.nl),
        "dc:issued": monitor.reference_date.to_string(),
        "dc:source": source_titles(release, cube.sources(), Language::En),
        "dialect": { "encoding": "utf-8", "delimiter": ",", "header": true, "lineTerminators": ["\n"] },
        "tableSchema": { "columns": columns, "primaryKey": rows.dimensions },
    });
    let licence = licence_address(&monitor.licence);
    if !licence.is_empty() {
        out["dc:license"] = json!({ "@id": licence });
    }
    pretty(&out)
}
