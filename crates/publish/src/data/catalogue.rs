//! The catalogue in DCAT 3 (W3C, 2024), as JSON-LD, after the profile DCAT-AP 3.0.1 of the European data portals; a test
//! checks it with what the profile asks written as shapes. Addresses are relative: the catalogue is right wherever the release is put.

use serde_json::{Value, json};

use super::{FORMATS, Format, RESULTS, Results, file_name, licence_address, pretty, source_titles, titles};
use crate::Release;
use crate::facts::CubeFacts;
use crate::text::texts;
use model::{Label, Language};

/// The catalogue; `sizes` gives the bytes of a file below the release.
pub(crate) fn catalogue(release: &Release<'_>, results: &[Results], sizes: &dyn Fn(&str) -> u64) -> Vec<u8> {
    let monitor = &release.settings.monitor;
    let licence = licence_address(&monitor.licence);
    let publisher =
        json!({ "@type": ["foaf:Agent", "foaf:Organization"], "foaf:name": both(&monitor.publisher) });
    let issued = json!({ "@value": monitor.reference_date.to_string(), "@type": "xsd:date" });
    let languages: Vec<Value> = monitor.languages.iter().map(|l| language(*l)).collect();
    let about = |out: &mut Value, sources: &[String]| {
        out["dct:issued"] = issued.clone();
        out["dct:modified"] = issued.clone();
        out["dct:publisher"] = publisher.clone();
        out["dct:language"] = json!(languages);
        out["dcat:version"] = json!(monitor.edition);
        out["dct:accessRights"] = authority("access-right/PUBLIC", "dct:RightsStatement");
        out["dcat:theme"] = authority("data-theme/JUST", "skos:Concept");
        let theme = Label::new(
            "Justice, legal system and public safety",
            "Justitie, rechtsstelsel en openbare veiligheid",
        );
        out["dcat:theme"]["skos:prefLabel"] = both(&theme);
        out["dct:provenance"] = json!({
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": source_titles(release, sources, Language::En),
        });
        if !monitor.contact.is_empty() {
            out["dcat:contactPoint"] = json!({ "@type": "vcard:Kind", "vcard:fn": both(&monitor.publisher), "vcard:note": monitor.contact });
        }
        with_licence(out, &licence, &monitor.licence);
    };
    let mut datasets: Vec<Value> = release
        .cubes
        .iter()
        .map(|c| {
            let cube = &c.cube;
            let id = cube.id();
            let files: Vec<Value> = FORMATS
                .into_iter()
                .map(|format| {
                    let file = file_name(id, format);
                    let path = file.trim_start_matches("data/").to_owned();
                    distribution(&path, format, sizes(&file), &licence, &monitor.licence)
                })
                .collect();
            let mut out = json!({
                "@id": format!("{id}/"),
                "@type": "dcat:Dataset",
                "dct:identifier": id,
                "dct:title": both(cube.title()),
                "dct:description": described(cube.definition(), cube.title()),
                "dcat:distribution": files,
            });
            about(&mut out, &c.inputs);
            if let Some(t) = cube.time() {
                let d = &cube.dimensions()[t];
                if let (Some(first), Some(last)) = (d.categories.first(), d.categories.last()) {
                    out["dct:temporal"] = json!({
                        "@type": "dct:PeriodOfTime",
                        "rdfs:label": format!("{}/{}", first.code, last.code),
                    });
                }
            }
            out
        })
        .collect();
    let [english, dutch] = [Language::En, Language::Nl].map(|language| titles(texts(language)));
    for (file, bytes, inputs) in results {
        let path = file.trim_start_matches("data/");
        // Never that of a table, which has no `/`.
        let id = path.trim_end_matches(".csv");
        let title = RESULTS.iter().position(|r| r == file).map(|i| both(&Label::new(english[i], dutch[i])));
        let file = distribution(path, FORMATS[0], bytes.len() as u64, &licence, &monitor.licence);
        let mut out = json!({
            "@id": id,
            "@type": "dcat:Dataset",
            "dct:identifier": id,
            "dct:title": title,
            "dct:description": title,
            "dcat:distribution": [file],
        });
        about(&mut out, inputs);
        datasets.push(out);
    }
    let mut out = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": "catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": both(&monitor.title),
        "dct:description": both(&monitor.description),
        "dct:publisher": publisher,
        "dct:issued": issued,
        "dct:modified": issued,
        "dct:language": languages,
        "foaf:homepage": { "@id": "../site/index.html", "@type": "foaf:Document" },
        "dcat:dataset": datasets,
    });
    with_licence(&mut out, &licence, &monitor.licence);
    pretty(&out)
}

fn with_licence(value: &mut Value, address: &str, name: &str) {
    let kind = "dct:LicenseDocument";
    value["dct:license"] = if address.is_empty() {
        json!({ "@type": kind, "rdfs:label": name })
    } else {
        json!({ "@id": address, "@type": kind })
    };
}

/// A file of a dataset.
fn distribution(path: &str, format: Format, bytes: u64, licence: &str, name: &str) -> Value {
    let mut out = json!({
        "@id": path,
        "@type": "dcat:Distribution",
        "dct:title": format.name,
        "dcat:accessURL": { "@id": path, "@type": "rdfs:Resource" },
        "dcat:downloadURL": { "@id": path },
        "dcat:mediaType": {
            "@id": format!("http://www.iana.org/assignments/media-types/{}", format.media),
            "@type": "dct:MediaType",
        },
        "dcat:byteSize": { "@value": bytes.to_string(), "@type": "xsd:nonNegativeInteger" },
    });
    with_licence(&mut out, licence, name);
    out
}

/// A concept of a list of the European Publications Office.
fn authority(concept: &str, kind: &str) -> Value {
    json!({ "@id": format!("http://publications.europa.eu/resource/authority/{concept}"), "@type": kind })
}

fn language(language: Language) -> Value {
    let code = match language {
        Language::En => "ENG",
        Language::Nl => "NLD",
    };
    authority(&format!("language/{code}"), "dct:LinguisticSystem")
}

/// A description; the title where there is none, since a dataset has to have one.
fn described(definition: &Label, title: &Label) -> Value {
    both(if definition.is_empty() { title } else { definition })
}

fn both(label: &Label) -> Value {
    Value::Array(
        Language::ALL
            .into_iter()
            .filter(|&l| !label.get(l).is_empty())
            .map(|l| json!({ "@value": label.get(l), "@language": l.tag() }))
            .collect(),
    )
}
