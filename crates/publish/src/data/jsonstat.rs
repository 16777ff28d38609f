//! JSON-stat 2.0 (json-stat.org/full).

use model::{Category, Dimension, Language, Role};
use serde_json::{Map, Value, json};

use super::{column_names, source_titles, unit_code};
use crate::Release;
use crate::facts::{CubeFacts, Figure, category_label, dimension_label};
use crate::release::ReleasedCube;

/// The cube as a dataset with English labels; the Dutch ones are in its extension.
///
/// Values are an array where most cells have a figure, and an object by position otherwise. A
/// hidden cell has no value, and status `Q`.
pub(crate) fn dataset(release: &Release<'_>, released: &ReleasedCube) -> Value {
    let cube = &released.cube;
    let dimensions = cube.dimensions();
    let names = column_names(dimensions, &[]);
    let sizes: Vec<usize> = dimensions.iter().map(|d| d.categories.len()).collect();
    // Row-major, the last dimension fastest.
    let place =
        |key: &[u32]| key.iter().zip(&sizes).fold(0u128, |at, (&k, &size)| at * size as u128 + u128::from(k));
    let whole = sizes.iter().fold(1u128, |all, &size| all.saturating_mul(size as u128));
    let mut values: Vec<(u128, u64)> = Vec::new();
    let mut status = Map::new();
    let mut bounds = Map::new();
    for (key, cell) in cube.cells() {
        let at = place(key);
        match cube.figure(key) {
            Figure::Count(n) => values.push((at, n)),
            Figure::Between(low, high) => {
                bounds.insert(at.to_string(), json!([low, high]));
            }
            Figure::Hidden | Figure::Missing => {}
        }
        let code = cell.obs.code();
        if code != "A" {
            status.insert(at.to_string(), json!(code));
        }
    }
    let dense = whole <= 2 * values.len().max(1) as u128;
    let value = if dense {
        let mut array = vec![Value::Null; whole as usize];
        for (at, n) in &values {
            array[*at as usize] = json!(n);
        }
        Value::Array(array)
    } else {
        Value::Object(values.iter().map(|(at, n)| (at.to_string(), json!(n))).collect())
    };
    let by_name = |make: &dyn Fn(&Dimension) -> Value| -> Value {
        Value::Object(names.iter().cloned().zip(dimensions.iter().map(make)).collect())
    };
    let monitor = &release.settings.monitor;
    let mut out = json!({
        "version": "2.0",
        "class": "dataset",
        "label": cube.title().en,
        "source": source_titles(release, cube.sources(), Language::En).join("; "),
        "updated": monitor.reference_date.to_string(),
        "note": [cube.definition().en],
        "id": names,
        "size": sizes,
        "dimension": by_name(&|d| described(d, Language::En)),
        "value": value,
    });
    let time: Vec<&String> =
        names.iter().zip(dimensions).filter(|(_, d)| d.role == Role::Time).map(|(n, _)| n).collect();
    if !time.is_empty() {
        out["role"] = json!({ "time": time });
    }
    if !status.is_empty() {
        out["status"] = Value::Object(status);
    }
    let mut extension = json!({
        "unit": unit_code(cube.unit()),
        "licence": monitor.licence,
        "status": { "Q": "suppressed, to protect persons", "O": "missing" },
        "nl": {
            "label": cube.title().nl,
            "note": [cube.definition().nl],
            "dimension": by_name(&|d| described(d, Language::Nl)),
        },
    });
    if !bounds.is_empty() {
        extension["bounds"] = Value::Object(bounds);
    }
    if let Some(rates) = &released.rates {
        let figures: Map<String, Value> = rates
            .cells
            .iter()
            .filter(|(key, _)| cube.figure(key).count().is_some())
            .map(|(key, r)| {
                (place(key).to_string(), json!([r.population, r.rate, r.interval.0, r.interval.1]))
            })
            .collect();
        extension["rates"] = json!({
            "per": rates.per,
            "columns": super::RATES,
            "population": rates.population,
            "figures": figures,
        });
    }
    out["extension"] = extension;
    out
}

fn described(d: &Dimension, language: Language) -> Value {
    let code = |c: &Category| c.code.clone();
    let labels: Map<String, Value> =
        d.categories.iter().map(|c| (c.code.clone(), json!(category_label(c, language)))).collect();
    let mut category = json!({ "index": d.categories.iter().map(code).collect::<Vec<_>>(), "label": labels });
    let parents: Map<String, Value> = (0..d.categories.len() as u32)
        .filter_map(|p| {
            let children: Vec<String> = d.children(p).map(|c| code(&d.categories[c as usize])).collect();
            (!children.is_empty()).then(|| (code(&d.categories[p as usize]), json!(children)))
        })
        .collect();
    if !parents.is_empty() && language == Language::En {
        category["child"] = Value::Object(parents);
    }
    json!({ "label": dimension_label(d, language), "category": category })
}
