//! The JSON form that the command line prints.

mod common;

use std::collections::BTreeMap;

use common::table;
use estimate::{Method, Options, estimate, estimate_groups};
use model::CaptureTable;
use serde_json::Value;

/// Seven digits: enough to see a change, few enough to be the same on every processor.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = number.as_f64().expect("a float");
            format!("{exact:.6e}").parse::<f64>().map_or(Value::Null, Value::from)
        }
        Value::Array(values) => values.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        other => other,
    }
}

#[test]
fn the_netherlands_in_json() {
    let methods = [Method::Bic, Method::Profile, Method::Chao, Method::SampleCoverage];
    let found = estimate(&table("Ned"), &methods, &Options::default()).expect("valid options");
    let json = serde_json::to_value(found).expect("plain values");
    insta::assert_json_snapshot!(rounded(json));
}

#[test]
fn groups_in_json_carry_their_codes_and_refusals() {
    let group = |code: &str| BTreeMap::from([("sex".to_owned(), code.to_owned())]);
    let nobody = CaptureTable::new(vec!["A".into(), "B".into()]).expect("two lists");
    let groups = [(group("F"), table("CARE1_HAV")), (group("M"), nobody)];
    let found = estimate_groups(&groups, Method::Main, &Options::default()).expect("valid options").groups;
    insta::assert_json_snapshot!(rounded(serde_json::to_value(found).expect("plain values")));
}
