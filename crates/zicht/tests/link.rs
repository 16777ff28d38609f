//! `zicht link`: files of records become persons, with what stands behind them.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::people::two_registers;
use support::{Folder, tree};

const LINK: [&str; 7] = ["link", "police.csv", "shelters.csv", "--truth", "person", "--out", "linked"];

fn read(folder: &Folder, file: &str) -> Vec<RecordBatch> {
    let file = fs::File::open(folder.path(file)).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
    reader.map(|batch| batch.expect("rows")).collect()
}

/// By source and record the person.
fn persons(folder: &Folder, dir: &str) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for batch in read(folder, &format!("{dir}/persons.parquet")) {
        let text = |name: &str| batch.column_by_name(name).expect("a column").as_string::<i32>().clone();
        let (sources, records, persons) = (text("source"), text("record_id"), text("person_id"));
        let sure =
            batch.column_by_name("probability").expect("a column").as_primitive::<Float64Type>().clone();
        for row in 0..batch.num_rows() {
            assert!((0.0..=1.0).contains(&sure.value(row)));
            let key = (sources.value(row).to_owned(), records.value(row).to_owned());
            assert!(all.insert(key, persons.value(row).to_owned()).is_none(), "a record twice");
        }
    }
    all
}

#[test]
fn two_files_alone_give_a_sound_answer() {
    let folder = two_registers();
    let found = folder.json(0, &LINK);
    assert_eq!(found["records"], 475);
    assert_eq!(found["rows"]["rows_used"], 475);
    assert_eq!(found["evaluation"]["persons_true"], 300);
    assert!(found["evaluation"]["clusters"]["pairs"]["f1"].as_f64() > Some(0.97), "{found:#}");
    let interval: Vec<f64> =
        found["persons"]["interval"].as_array().expect("two").iter().filter_map(Value::as_f64).collect();
    assert!(interval[0] <= 300.0 && 300.0 <= interval[1], "{interval:?}");
    assert!(found["registers"].as_array().expect("registers").iter().all(|r| r["clean"] == true));
    // The ids of the records were found, and are no field.
    let fields: Vec<&str> =
        found["fields"].as_array().expect("fields").iter().filter_map(|f| f["field"].as_str()).collect();
    assert_eq!(fields, ["given name", "surname", "birth date", "town"]);

    let persons = persons(&folder, "linked");
    assert_eq!(persons.len(), 475);
    let ids: BTreeSet<&String> = persons.values().collect();
    assert_eq!(ids.len() as u64, found["groups"].as_u64().expect("a number"));
    assert!(persons.contains_key(&("police".into(), "P0".into())));
}

#[test]
fn draws_of_histories_are_what_estimate_takes() {
    let folder = two_registers();
    folder.json(0, &LINK);
    let point = fs::read_to_string(folder.path("linked/histories.csv")).expect("a file");
    assert!(point.starts_with("police,shelters,count\n"), "{point}");
    assert_eq!(fs::read_dir(folder.path("linked/histories")).expect("a folder").count(), 200);
    let estimate = folder.json(
        0,
        &[
            "estimate",
            "linked/histories.csv",
            "--draws",
            "linked/histories",
            "--method",
            "main",
            "--no-sensitivity",
        ],
    );
    assert!(estimate["detected"].as_u64().is_some_and(|n| (295..=310).contains(&n)), "{estimate:#}");
}

#[test]
fn the_same_run_writes_the_same_bytes_whatever_the_threads() {
    let folder = two_registers();
    let run = |threads: &str, out: &str| {
        let arguments =
            ["link", "police.csv", "shelters.csv", "--threads", threads, "--leave", "person", "--out", out];
        folder.json(0, &arguments);
        tree(&folder.path(out))
    };
    assert!(run("1", "one") == run("3", "two"));
}

#[test]
fn nothing_that_is_written_holds_a_name() {
    let folder = two_registers();
    let ran = folder.zicht(&LINK);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let names: Vec<String> = fs::read_to_string(folder.path("police.csv"))
        .expect("a file")
        .lines()
        .skip(1)
        .flat_map(|line| line.split(';').skip(1).take(3).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut written = vec![("the terminal".to_owned(), format!("{}{}", ran.stdout, ran.stderr))];
    for (name, bytes) in tree(&folder.path("linked")) {
        if !name.ends_with(".parquet") {
            written.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    for batch in read(&folder, "linked/pairs.parquet").iter().chain(&read(&folder, "linked/persons.parquet"))
    {
        written.push(("a table".into(), format!("{batch:?}")));
    }
    for (file, text) in &written {
        let found = names.iter().find(|name| text.contains(name.as_str()));
        assert!(found.is_none(), "{file} has {found:?}");
    }
}

#[test]
fn persons_keep_their_ids_when_a_register_comes_in() {
    let folder = two_registers();
    folder.json(0, &["link", "police.csv", "--leave", "person", "--edition", "2025", "--out", "first"]);
    let next = folder.json(
        0,
        &[
            "link",
            "police.csv",
            "shelters.csv",
            "--leave",
            "person",
            "--edition",
            "2026",
            "--previous",
            "first",
            "--out",
            "second",
        ],
    );
    let (before, after) = (persons(&folder, "first"), persons(&folder, "second"));
    let kept = before.iter().filter(|(key, person)| after.get(*key) == Some(*person)).count();
    assert!(kept >= 272, "{kept} of 275");
    assert!(next["journal"].as_u64() > Some(0));
}

/// Links with a model as it is.
fn links_well_with(folder: &Folder, model: &str, out: &str) {
    let with = ["--truth", "person", "--model", model, "--keep-model", "--out", out];
    let found =
        folder.json(0, &["link", "police.csv", "shelters.csv"].into_iter().chain(with).collect::<Vec<_>>());
    assert!(found["evaluation"]["clusters"]["pairs"]["f1"].as_f64() > Some(0.97), "{found:#}");
}

#[test]
fn a_model_can_be_used_again_and_a_rule_be_given() {
    let folder = two_registers();
    folder.json(0, &LINK);
    fs::copy(folder.path("linked/model.toml"), folder.path("model.toml")).expect("a copy");
    links_well_with(&folder, "model.toml", "again");
    let one = folder.json(
        0,
        &[
            "link",
            "police.csv",
            "shelters.csv",
            "--leave",
            "person",
            "--rule",
            "sound(surname) and town",
            "--out",
            "one",
        ],
    );
    assert_eq!(one["rules"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["rules"][0]["rule"], "sound(surname) and town");
}

#[test]
fn the_page_shows_what_the_data_says_and_a_pair_is_explained() {
    let folder = two_registers();
    let mut arguments = LINK.to_vec();
    arguments.extend(["--explain", "police/P2", "shelters/S2"]);
    let found = folder.json(0, &arguments);
    let told = &found["explained"];
    let sum: f64 =
        told["steps"].as_array().expect("steps").iter().filter_map(|step| step["bits"].as_f64()).sum();
    assert!((sum - told["bits"].as_f64().expect("bits")).abs() < 1e-6, "{told:#}");

    let text = |file: &str| fs::read_to_string(folder.path(file)).expect("a file");
    let data: Value = serde_json::from_str(&text("linked/diagnostics.json")).expect("JSON");
    let page = text("linked/diagnostics.html");
    // Each rule and each level is on the page, escaped, and nothing is fetched.
    for rule in data["rules"].as_array().expect("rules") {
        assert!(page.contains(rule["rule"].as_str().expect("a rule")));
    }
    for field in data["fields"].as_array().expect("fields") {
        assert!(page.contains(field["name"].as_str().expect("a name")));
    }
    assert!(page.contains("The pair that was asked for"));
    for outside in ["<script", "<img", "@import", "href=\"http", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Its values are shown where they are asked for, and only there.
    let without = folder.zicht(&arguments).ends_with(0).stdout;
    let mut with = arguments.clone();
    with.push("--show-values");
    let with = folder.zicht(&with).ends_with(0).stdout;
    assert!(with.starts_with(without.trim_end()), "{with}");
    let police = fs::read_to_string(folder.path("police.csv")).expect("a file");
    let line = police.lines().find(|line| line.starts_with("P2;")).expect("a record");
    let name = line.split(';').nth(2).expect("a surname").to_lowercase();
    assert!(with.contains(&name) && !without.contains(&name), "{with}");

    for (pair, help) in
        [(["P2", "shelters/S2"], "REGISTER/ID"), (["police/P2", "police/P2"], "two different")]
    {
        let mut wrong = LINK.to_vec();
        wrong.push("--explain");
        wrong.extend(pair);
        let said = folder.zicht(&wrong).ends_with(2).said();
        assert!(said.contains(help), "{said}");
    }
}

#[test]
fn places_are_compared_by_their_municipality() {
    let folder = two_registers();
    let towns = fs::read_to_string(folder.path("police.csv")).expect("a file");
    let towns: BTreeSet<&str> = towns.lines().skip(1).filter_map(|l| l.split(';').nth(4)).collect();
    let rows: Vec<String> = towns.iter().enumerate().map(|(n, town)| format!("{town},M{}", n % 4)).collect();
    folder.write("places.csv", format!("place,municipality\n{}\n", rows.join("\n")));
    let link = |more: &[&'static str], out: &'static str| {
        let all = ["link", "police.csv", "shelters.csv", "--leave", "person", "--out", out];
        folder.json(0, &all.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>());
        fs::read_to_string(folder.path(&format!("{out}/model.toml"))).expect("a model")
    };
    let model = link(&["--hierarchy", "municipality=places.csv"], "found");
    assert!(model.contains("within(municipality)"), "{model}");
    // In a model by a file beside it; the model that is written holds the parents.
    let field = |name: &str, between: &str| {
        format!(
            "[[comparison]]\nfield = \"{name}\"\nlevel = [{{ test = \"exact\" }}, {between}{{ test = \"else\" }}]\n"
        )
    };
    let model = [
        "[[hierarchy]]\nname = \"m\"\nfile = \"places.csv\"\n".to_owned(),
        field("given name", ""),
        field("surname", "{ test = \"jaro_winkler(0.9)\" }, "),
        field("birth date", ""),
        field("town", "{ test = \"within(m)\" }, "),
    ];
    folder.write("model.toml", model.concat());
    let model = link(&["--model", "model.toml"], "given");
    assert!(
        model.contains("within(m)") && model.contains("parents") && !model.contains("places.csv"),
        "{model}"
    );
}

#[test]
fn mistakes_are_told_before_anything_is_written() {
    let folder = two_registers();
    folder.write("taken/letter.txt", "mine");
    let says = |arguments: &[&str], words: &str| {
        let ran = folder.zicht(arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        let said = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
    };
    let files = ["link", "police.csv", "shelters.csv"];
    let with = |more: &[&'static str]| files.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    says(&with(&["--out", "taken"]), "is not empty and not of an earlier linkage");
    says(&with(&["--leave", "surnam", "--out", "o"]), "did you mean \"surname\"?");
    says(&with(&["--rule", "levenshtein(surname)", "--out", "o"]), "no part of a blocking rule");
    says(&with(&["--rule", "town", "--most-pairs", "100", "--out", "o"]), "at most 100 pairs are compared");
    says(&with(&["--id", "town", "--out", "o"]), "an id twice");
    says(&with(&["--hierarchy", "places.csv", "--out", "o"]), "is no hierarchy");
    says(&with(&["--hierarchy", "m=nowhere.csv", "--out", "o"]), "nowhere.csv");
    says(&with(&["--clean", "polis", "--out", "o"]), "the registers are police, shelters");
    says(&["link", "police.csv", "police.csv", "--out", "o"], "two files are both of register \"police\"");
    says(&["link", "nobody.csv", "--out", "o"], "nobody.csv");
    folder.write("model.toml", "[[comparison]]\nfield = \"surname\"\nlevel = [{ test = \"alike\" }]\n");
    says(&with(&["--model", "model.toml", "--out", "o"]), "a level is exact");
    assert!(!folder.path("o").exists());
    assert_eq!(fs::read_to_string(folder.path("taken/letter.txt")).expect("still there"), "mine");
}

#[test]
fn links_can_be_reviewed() {
    let folder = two_registers();
    folder.json(0, &LINK);
    let ran = folder.zicht(&[
        "review",
        "linked",
        "police.csv",
        "shelters.csv",
        "--sample",
        "20",
        "--reviewer",
        "r",
        "--export",
        "pairs.csv",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(fs::read_to_string(folder.path("pairs.csv")).expect("a file").lines().count() > 15);

    // Who decides as the truth has it: records of one person have one number.
    let sample = fs::read_to_string(folder.path("linked/review/sample.json")).expect("a sample");
    let sample: Value = serde_json::from_str(&sample).expect("JSON");
    let mut decisions = "a_source,a_id,b_source,b_id,decision\n".to_owned();
    for pair in sample["keys"].as_array().expect("keys") {
        let of = |at: usize, key: &str| pair[at][key].as_str().expect("a text").to_owned();
        let (a, b) = (of(0, "record"), of(1, "record"));
        let same = if a[1..] == b[1..] { "y" } else { "n" };
        writeln!(decisions, "{},{a},{},{b},{same}", of(0, "source"), of(1, "source")).expect("a line");
    }
    folder.write("decided.csv", &decisions);
    folder.json(0, &["review", "linked", "--decisions", "decided.csv", "--reviewer", "r"]);
    let taught = folder.json(0, &["review", "linked", "--teach", "taught.toml"]);
    assert!(taught["matches"].as_u64() > Some(3), "{taught:#}");
    let model = fs::read_to_string(folder.path("taught.toml")).expect("a model");
    assert_ne!(model, fs::read_to_string(folder.path("linked/model.toml")).expect("a model"));
    links_well_with(&folder, "taught.toml", "taught");
    let said = folder.zicht(&["review", "linked", "--teach", "taught.toml"]).ends_with(2).said();
    assert!(said.contains("exists already"), "{said}");
}
