//! The catalogue in DCAT 3 (W3C, 2024), as JSON-LD. Addresses are relative: the catalogue is right
//! wherever the release is put.

use serde_json::{Value, json};

use super::{FORMATS, RESULTS, file_name, licence_address, pretty, results, source_titles, titles};
use crate::Release;
use crate::facts::CubeFacts;
use crate::text::texts;
use model::{Label, Language};

/// The catalogue; `sizes` gives the bytes of a file below the release.
pub(crate) fn catalogue(release: &Release<'_>, sizes: &dyn Fn(&str) -> u64) -> Vec<u8> {
    let monitor = &release.settings.monitor;
    let licence = licence_address(&monitor.licence);
    let publisher = json!({ "@type": "foaf:Organization", "foaf:name": both(&monitor.publisher) });
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
                    let mut out = json!({
                        "@id": path,
                        "@type": "dcat:Distribution",
                        "dct:title": format.name,
                        "dcat:downloadURL": { "@id": path },
                        "dcat:mediaType": format.media,
                        "dcat:byteSize": sizes(&file),
                    });
                    with_licence(&mut out, &licence, &monitor.licence);
                    out
                })
                .collect();
            let mut out = json!({
                "@id": format!("{id}/"),
                "@type": "dcat:Dataset",
                "dct:identifier": id,
                "dct:title": both(cube.title()),
                "dct:description": both(cube.definition()),
                "dct:issued": { "@value": monitor.reference_date.to_string(), "@type": "xsd:date" },
                "dct:publisher": publisher,
                "dct:language": monitor.languages.iter().map(|l| l.tag()).collect::<Vec<_>>(),
                "dct:source": source_titles(release, &c.inputs, Language::En),
                "dcat:version": monitor.edition,
                "dcat:distribution": files,
            });
            if let Some(t) = cube.time() {
                let d = &cube.dimensions()[t];
                if let (Some(first), Some(last)) = (d.categories.first(), d.categories.last()) {
                    out["dct:temporal"] = json!({
                        "@type": "dct:PeriodOfTime",
                        "rdfs:label": format!("{}/{}", first.code, last.code),
                    });
                }
            }
            with_licence(&mut out, &licence, &monitor.licence);
            out
        })
        .collect();
    let [english, dutch] = [Language::En, Language::Nl].map(|language| titles(texts(language)));
    for (file, bytes, inputs) in results(release) {
        let path = file.trim_start_matches("data/");
        // Never that of a table, which has no `/`.
        let id = path.trim_end_matches(".csv");
        let title = RESULTS.iter().position(|r| *r == file).map(|i| both(&Label::new(english[i], dutch[i])));
        let mut distribution = json!({
            "@id": path,
            "@type": "dcat:Distribution",
            "dct:title": FORMATS[0].name,
            "dcat:downloadURL": { "@id": path },
            "dcat:mediaType": FORMATS[0].media,
            "dcat:byteSize": bytes.len(),
        });
        with_licence(&mut distribution, &licence, &monitor.licence);
        let mut out = json!({
            "@id": id,
            "@type": "dcat:Dataset",
            "dct:identifier": id,
            "dct:title": title,
            "dct:issued": { "@value": monitor.reference_date.to_string(), "@type": "xsd:date" },
            "dct:publisher": publisher,
            "dct:source": source_titles(release, &inputs, Language::En),
            "dcat:version": monitor.edition,
            "dcat:distribution": [distribution],
        });
        with_licence(&mut out, &licence, &monitor.licence);
        datasets.push(out);
    }
    let mut out = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": "catalogue.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": both(&monitor.title),
        "dct:description": both(&monitor.description),
        "dct:publisher": publisher,
        "dct:issued": { "@value": monitor.reference_date.to_string(), "@type": "xsd:date" },
        "foaf:homepage": { "@id": "../site/index.html" },
        "dcat:dataset": datasets,
    });
    with_licence(&mut out, &licence, &monitor.licence);
    pretty(&out)
}

fn with_licence(value: &mut Value, address: &str, name: &str) {
    value["dct:license"] = if address.is_empty() { json!(name) } else { json!({ "@id": address }) };
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
