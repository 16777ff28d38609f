//! `zicht key` and `zicht encode`: registers that do not share names are linked.

mod support;

use std::fs;

use serde_json::Value;
use support::people::two_registers;
use support::{Folder, tree};

const SPEC: &str = r#"
project = "test"
keep = ["PERSON"]

[[field]]
column = "given name"
kind = "name"

[[field]]
column = "surname"
kind = "name"

[[field]]
column = "birth date"
kind = "date"

[[field]]
column = "town"
kind = "name"
method = "two-step"
"#;

/// Encodes both registers with a key; their ids are kept.
fn encode(folder: &Folder, key: &[&str], into: &str) -> Value {
    let mut last = Value::Null;
    for (register, id) in [("police", "number"), ("shelters", "code")] {
        folder.write("spec.toml", SPEC.replace("PERSON", &format!("{id}\", \"person")));
        let (file, out) = (format!("{register}.csv"), format!("{into}/{register}.parquet"));
        let mut arguments = vec!["encode", &file, "--spec", "spec.toml", "--out", &out, "--key"];
        arguments.extend(key);
        last = folder.json(0, &arguments);
    }
    last
}

fn linked(folder: &Folder, dir: &str) -> support::Ran {
    let (police, shelters) = (format!("{dir}/police.parquet"), format!("{dir}/shelters.parquet"));
    folder.zicht(&["link", &police, &shelters, "--truth", "person", "--out", "linked", "--format", "json"])
}

#[test]
fn registers_are_linked_on_codes_alone() {
    let folder = two_registers();
    folder.write("passphrase", "correct horse battery staple\n");
    let ran = folder.zicht(&["key", "the.key", "--passphrase-file", "passphrase"]).ends_with(0);
    assert!(ran.stdout.contains("the.key"));
    let key = fs::read(folder.path("the.key")).expect("a key");
    assert!(key.starts_with(b"age-encryption.org/"));
    let said = encode(&folder, &["the.key", "--passphrase-file", "passphrase"], "encoded");
    assert_eq!(said["rows"]["rows_used"], 200);
    assert_eq!(said["columns"][2]["kind"], "name");
    assert!(said["columns"][4]["missing"].as_u64() > Some(0), "{said:#}");

    let found: Value =
        serde_json::from_str(&linked(&folder, "encoded").ends_with(0).stdout).expect("one document");
    assert!(found["evaluation"]["clusters"]["pairs"]["f1"].as_f64() > Some(0.97), "{found:#}");
    assert_eq!(found["evaluation"]["covered"], true);
    assert_eq!(found["fields"][0]["taken_for"], "encoded name");

    // No name is in what was encoded, nor in what came of linking it.
    let text = fs::read_to_string(folder.path("police.csv")).expect("a file");
    let names: Vec<&str> = text.lines().skip(1).flat_map(|line| line.split(';').skip(1).take(3)).collect();
    for (file, bytes) in tree(&folder.path("encoded")).into_iter().chain(tree(&folder.path("linked"))) {
        for name in &names {
            assert!(!bytes.windows(name.len()).any(|w| w == name.as_bytes()), "{name} in {file}");
        }
    }
}

#[test]
fn the_same_key_gives_the_same_bytes_and_another_is_told() {
    let folder = two_registers();
    folder.write("one.key", [1_u8; 32]);
    folder.write("two.key", [2_u8; 40]);
    encode(&folder, &["one.key"], "first");
    encode(&folder, &["one.key"], "again");
    encode(&folder, &["two.key"], "other");
    let file = |name: &str| fs::read(folder.path(name)).expect("a file");
    assert!(file("first/police.parquet") == file("again/police.parquet"));
    assert!(file("first/police.parquet") != file("other/police.parquet"));
    fs::copy(folder.path("other/shelters.parquet"), folder.path("first/shelters.parquet")).expect("a copy");
    let ran = linked(&folder, "first").ends_with(2);
    let said = ran.stderr + &ran.stdout;
    assert!(said.contains("different keys, projects or column names"), "{said}");
    // Codes on one side and names on the other.
    fs::copy(folder.path("shelters.csv"), folder.path("first/shelters.csv")).expect("a copy");
    let files = ["link", "first/police.parquet", "first/shelters.csv", "--leave", "person", "--out", "o"];
    let ran = folder.zicht(&files).ends_with(2);
    assert!(ran.stderr.contains("clear values in another"), "{}", ran.stderr);
}

#[test]
fn mistakes_are_told_and_no_key_is_shown() {
    let folder = two_registers();
    folder.write("passphrase", "right\n");
    folder.write("wrong", "wrong\n");
    folder.write("short.key", "secret");
    folder.zicht(&["key", "the.key", "--passphrase-file", "passphrase"]).ends_with(0);
    let says = |key: &[&str], spec: &str, words: &str| {
        folder.write("spec.toml", spec);
        let mut arguments =
            vec!["encode", "police.csv", "--spec", "spec.toml", "--out", "o.parquet", "--key"];
        arguments.extend(key);
        let ran = folder.zicht(&arguments).ends_with(2);
        let said = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
    };
    let good = SPEC.replace("PERSON", "number");
    let opened = ["the.key", "--passphrase-file", "passphrase"];
    says(&["the.key", "--passphrase-file", "wrong"], &good, "the.key cannot be opened");
    says(&["the.key"], &good, "no terminal to ask for it");
    says(&["short.key"], &good, "has 6 bytes");
    says(&["none.key"], &good, "none.key");
    says(&opened, &SPEC.replace("PERSON", "numbr"), "numbr");
    says(&opened, &good.replace("\"date\"", "\"day\""), "a kind is name, words, date, code or category");
    says(&opened, &good.replace("two-step", "clear"), "a method is bloom, two-step or exact");
    says(&opened, &good.replace("[\"number\"]", "[\"town\"]"), "in the result twice");
    says(&opened, "project = \"p\"\nfield = []\n", "no column is to be encoded");
    assert!(!folder.path("o.parquet").exists());
    let again = folder.zicht(&["key", "the.key", "--passphrase-file", "passphrase"]).ends_with(2);
    assert!(again.stderr.contains("cannot make the.key"), "{}", again.stderr);
}
