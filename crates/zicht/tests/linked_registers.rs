//! Six simulated registers without a shared pseudonym: persons are found by what identifies them, and compared with
//! what is true.

mod support;

use std::collections::{BTreeSet, HashMap};
use std::fs;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use serde_json::Value;
use support::registers::Truth;
use support::release::batches;
use support::{Folder, number, tree};

/// Without the report to print, which no test here is about and which takes longer than the rest.
fn project(seed: &str) -> Folder {
    let folder = Folder::new();
    folder.zicht(&["simulate", "--reports", "6000", "--seed", seed, "--out", "sim"]).ends_with(0);
    let settings = fs::read_to_string(folder.path("sim/monitor.toml")).expect("the settings");
    let line = format!("\nseed = {seed}\n");
    assert!(settings.contains(&line));
    folder.write("sim/monitor.toml", settings.replacen(&line, &format!("{line}report = false\n"), 1));
    folder
}

/// For each report that was used: register and row, and the number of a person. Registers are told by the
/// names of the files.
fn persons(folder: &Folder) -> HashMap<(String, u64), u64> {
    let mut found = HashMap::new();
    for entry in fs::read_dir(folder.path("sim/out/work")).expect("the work folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(name) = name.strip_prefix("linked-").and_then(|n| n.strip_suffix(".parquet")) else {
            continue;
        };
        let register = name.split('-').next().expect("a register");
        for batch in batches(&path) {
            let of = |name: &str| {
                batch.column_by_name(name).expect("a column").as_primitive::<UInt64Type>().clone()
            };
            for (row, person) in of("row").values().iter().zip(of("person").values()) {
                found.insert((register.to_owned(), *row), *person);
            }
        }
    }
    found
}

fn pairs<T: std::hash::Hash + Eq>(labels: impl Iterator<Item = T>) -> f64 {
    let mut sizes: HashMap<T, f64> = HashMap::new();
    labels.for_each(|label| *sizes.entry(label).or_default() += 1.0);
    sizes.values().map(|n| n * (n - 1.0) / 2.0).sum()
}

#[test]
fn persons_are_found_by_what_identifies_them() {
    let mut covered = 0;
    for seed in ["1", "2", "3"] {
        let folder = project(seed);
        let ran = folder.json(0, &["run", "sim"]);
        let (found, truth) = (persons(&folder), Truth::read(&folder.path("sim")));
        let used: Vec<(u64, u64)> =
            truth.used().map(|r| (r.person, found[&(r.register.clone(), r.row)])).collect();
        let both = pairs(used.iter().copied());
        let (precision, recall) =
            (both / pairs(used.iter().map(|u| u.1)), both / pairs(used.iter().map(|u| u.0)));
        assert!(precision > 0.95 && recall > 0.9, "{seed}: {precision} {recall}");
        let persons = used.iter().map(|u| u.0).collect::<BTreeSet<_>>().len() as f64;
        let linkage = &ran["linkage"];
        assert_eq!(number(linkage, "records"), used.len() as u64);
        let said = linkage["persons"].as_f64().expect("a number");
        assert!((said / persons - 1.0).abs() < 0.015, "{seed}: {said} for {persons}");
        let interval = linkage["interval"].as_array().expect("two");
        let interval: Vec<f64> = interval.iter().filter_map(Value::as_f64).collect();
        covered += u32::from((interval[0]..=interval[1]).contains(&persons));
        if seed == "1" {
            nothing_that_is_written_holds_a_name(&folder, &truth);
        }
    }
    assert!(covered >= 2, "{covered} of 3");
}

/// Neither what is kept nor what is published has a name in it.
fn nothing_that_is_written_holds_a_name(folder: &Folder, truth: &Truth) {
    let names: BTreeSet<&str> = truth
        .persons
        .values()
        .take(400)
        .map(|person| person.names[1].as_str())
        .filter(|name| name.len() > 7)
        .collect();
    assert!(names.len() > 50);
    for (file, bytes) in tree(&folder.path("sim/out")) {
        let text = String::from_utf8_lossy(&bytes);
        for name in &names {
            assert!(!text.contains(name), "{file} has {name}");
        }
    }
}

#[test]
fn links_are_the_same_whatever_the_threads_and_made_again_only_when_something_changed() {
    let folder = project("4");
    folder.json(0, &["run", "sim", "--threads", "1", "--out", "one"]);
    folder.json(0, &["run", "sim", "--threads", "3", "--out", "two"]);
    let (one, two) = (tree(&folder.path("one/release")), tree(&folder.path("two/release")));
    support::assert_same(&one, &two);
    let ran = folder.zicht(&["protect", "sim", "--out", "one"]).ends_with(0);
    assert!(!ran.stderr.contains("✓ link"), "{}", ran.stderr);
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let folder = project("5");
    let settings = fs::read_to_string(folder.path("sim/monitor.toml")).expect("the settings");
    let says = |from: &str, to: &str, words: &str| {
        assert!(settings.contains(from), "{from}");
        folder.write("sim/monitor.toml", settings.replacen(from, to, 1));
        let ran = folder.zicht(&["run", "sim"]).ends_with(2);
        let said = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
    };
    says("[linkage]\ncompare = [\"sex\", \"citizenship\"]\ndraws = 20\n", "", "there is no [linkage]");
    says("draws = 20", "draws = 1", "draws = 1 of [linkage] is not possible");
    says("compare = [\"sex\"", "compare = [\"sexe\"", "which is no variable of the reports");
    says("given_name = \"Voornaam\"", "given_name = \"Vornaam\"", "there is no column \"Vornaam\"");
    says("draws = 20", "draws = 20\nrules = [\"levenshtein(x)\"]", "no part of a blocking rule");
}

/// What a register says of its columns, changed to those of the encoded file; and how the file is encoded.
fn encoded(source: &mut toml::Table) -> Option<(String, toml::Table)> {
    let (id, path) = (source["id"].as_str()?.to_owned(), source["path"].as_str()?.to_owned());
    let format = source.get("format").cloned();
    let reports = source.get_mut("reports")?.as_table_mut()?;
    let mut keep: BTreeSet<String> = BTreeSet::from([reports["record"].as_str()?.to_owned()]);
    keep.extend(reports.get("age").and_then(|age| age.as_str()).map(str::to_owned));
    let columns = ["date", "birth_date"].iter().filter_map(|name| reports.get(*name));
    let columns = columns.chain(reports["columns"].as_table()?.values());
    keep.extend(columns.filter_map(|column| column["column"].as_str()).map(str::to_owned));
    let mut fields = Vec::new();
    for (name, column) in reports["identifiers"].as_table_mut()?.iter_mut() {
        let kind = if name == "birth_date" { "date" } else { "name" };
        let field = [("column", column.as_str()?), ("name", &format!("code of {name}")), ("kind", kind)];
        fields.push(toml::Value::Table(
            field.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect(),
        ));
        *column = format!("code of {name}").into();
    }
    // A workbook has real dates, which are passed on in the form of ISO 8601.
    if format.as_ref().is_some_and(|f| f["kind"].as_str() == Some("xlsx")) {
        for name in ["date", "birth_date"] {
            reports.get_mut(name)?.as_table_mut()?.insert("format".into(), "%Y-%m-%d".into());
        }
    }
    source.insert("path".into(), format!("encoded/{id}.parquet").into());
    source.remove("format");
    let mut spec = toml::Table::new();
    spec.insert("project".into(), "test".into());
    spec.insert("keep".into(), keep.into_iter().collect::<Vec<_>>().into());
    spec.extend(format.map(|format| ("format".to_owned(), format)));
    spec.insert("field".into(), fields.into());
    Some((path, spec))
}

/// Each organisation encodes names, date and place of birth, and the monitor never has them.
#[test]
fn persons_are_found_by_encoded_identifiers() {
    let folder = project("1");
    folder.write("the.key", [7_u8; 32]);
    let text = fs::read_to_string(folder.path("sim/monitor.toml")).expect("the settings");
    let mut settings: toml::Table = text.parse().expect("TOML");
    let mut left = 6;
    for source in settings["source"].as_array_mut().expect("sources") {
        let source = source.as_table_mut().expect("a source");
        let out = format!("sim/encoded/{}.parquet", source["id"].as_str().expect("an id"));
        let Some((path, spec)) = encoded(source) else { continue };
        folder.write("spec.toml", spec.to_string());
        let path = format!("sim/{path}");
        folder
            .zicht(&["encode", &path, "--key", "the.key", "--spec", "spec.toml", "--out", &out])
            .ends_with(0);
        fs::remove_file(folder.path(&path)).expect("the register is not passed on");
        left -= 1;
    }
    assert_eq!(left, 0);
    folder.write("sim/monitor.toml", settings.to_string());
    let ran = folder.json(0, &["run", "sim"]);
    let truth = Truth::read(&folder.path("sim"));
    let used: Vec<u64> = truth.used().map(|r| r.person).collect();
    assert_eq!(number(&ran["linkage"], "records"), used.len() as u64);
    let persons = used.into_iter().collect::<BTreeSet<_>>().len() as f64;
    let said = ran["linkage"]["persons"].as_f64().expect("a number");
    assert!((said / persons - 1.0).abs() < 0.02, "{said} for {persons}: {:#}", ran["linkage"]);
    nothing_that_is_written_holds_a_name(&folder, &truth);
    let names: BTreeSet<&str> = truth.persons.values().map(|person| person.names[1].as_str()).collect();
    for batch in batches(&folder.path("sim/encoded/police.parquet")) {
        for column in batch.columns() {
            assert!(column.as_string::<i32>().iter().flatten().all(|value| !names.contains(value)));
        }
    }
}
