//! `zicht synthesize`: records of which none is a person.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use support::{Folder, number, tree};

const SPEC: &str = "attributes = [\"sex\", \"form\", \"age\", \"year\"]\norder = 3\n";
const CODES: &str = "[variable.sex]\ncodes = [\"F\", \"M\"]\n[variable.form]\ncodes = [\"A\", \"B\", \"C\"]\n\
    [variable.age]\ncodes = [\"0-17\", \"18-29\", \"30+\"]\n[variable.year]\ncodes = [\"2020\", \"2021\", \"2022\"]\n";
const SYNTHESIZE: [&str; 6] = ["synthesize", "micro.csv", "--spec", "spec.toml", "--out", "made"];

/// 900 records of which one, and no other, is of a man of 30+ with form C in 2020.
fn project() -> Folder {
    let folder = Folder::new();
    let mut text = "sex,form,age,year,name\n".to_owned();
    let mut state = 12345_u64;
    for n in 0..900 {
        let mut next = |of: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % of
        };
        let sex = if next(4) == 0 { "M" } else { "F" };
        let form = ["A", "A", "B"][next(3) as usize];
        let age = ["0-17", "18-29", "18-29"][next(3) as usize];
        let year = ["2020", "2021", "2022"][next(3) as usize];
        writeln!(text, "{sex},{form},{age},{year},person {n}").expect("a line");
    }
    text.push_str("M,C,30+,2020,somebody\n");
    folder.write("micro.csv", text);
    folder.write("secret.key", [7_u8; 32]);
    folder
}

fn records(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.path("made/synthetic.csv")).expect("records");
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn no_rare_combination_is_left_and_counts_are_near() {
    let folder = project();
    folder.write("spec.toml", format!("{SPEC}k = 10\n"));
    let said = folder.json(0, &SYNTHESIZE);
    let made = records(&folder);
    assert_eq!(number(&said, "records"), made.len() as u64);
    assert!(made.len().abs_diff(901) <= 10);
    assert!(made.iter().all(|r| !r.contains(",C,") && !r.contains("30+")), "a rare value was kept");
    let orders = said["fidelity"]["orders"].as_array().expect("orders");
    assert!(orders.iter().all(|o| number(o, "invented") == 0 && number(o, "rare") == 0), "{said:#}");
    assert!(orders[0]["distance"].as_f64().expect("a number") < 0.02);
    assert!(said["membership"]["advantage"].as_f64().expect("a number").abs() < 0.2);
    // Which combinations they were drawn from, none of fewer than k.
    let text = fs::read_to_string(folder.path("made/combinations.csv")).expect("combinations");
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let n: u64 = fields[4].parse().expect("a count");
        assert!(n >= 10 && n.is_multiple_of(10), "{line}");
        *sizes.entry(fields[..4].iter().filter(|f| !f.is_empty()).count()).or_default() += 1;
    }
    assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    // The file that says how they were made says nothing of those that were not kept.
    let about = fs::read_to_string(folder.path("made/synthesis.json")).expect("JSON");
    assert!(!about.contains("fidelity") && !about.contains("lost") && about.contains("blake3"), "{about}");
    let first = tree(&folder.path("made"));
    folder.zicht(&[&SYNTHESIZE[..], &["--threads", "1"]].concat()).ends_with(0);
    support::assert_same(&first, &tree(&folder.path("made")));
    folder.zicht(&[&SYNTHESIZE[..], &["--seed", "2"]].concat()).ends_with(0);
    assert_ne!(first["synthetic.csv"], tree(&folder.path("made"))["synthetic.csv"]);
}

#[test]
fn a_budget_of_differential_privacy_is_spent_and_nothing_else_is_told() {
    let folder = project();
    folder.write(
        "spec.toml",
        format!("person = \"name\"\n{SPEC}[privacy]\nepsilon = 3.0\ndelta = 1e-6\n{CODES}"),
    );
    let synthesize = [&SYNTHESIZE[..], &["--key", "secret.key"]].concat();
    let said = folder.json(0, &synthesize);
    let epsilon = said["spent"]["epsilon"].as_f64().expect("a number");
    assert!(epsilon <= 3.0 && epsilon > 2.9, "{epsilon}");
    assert!(records(&folder).len().abs_diff(901) < 100);
    let about = fs::read_to_string(folder.path("made/synthesis.json")).expect("JSON");
    let about: serde_json::Value = serde_json::from_str(&about).expect("JSON");
    assert!(about["source"].is_null() && about["rows"].is_null());
    assert_eq!(about["spent"], said["spent"]);
    let said = folder.zicht(&synthesize).ends_with(0).stdout;
    assert!(said.contains("Differentially private: ε = "), "{said}");
}

#[test]
fn what_protects_nobody_is_refused() {
    let folder = project();
    let private = "[privacy]\nrho = 0.5\n";
    for (spec, key, words) in [
        (SPEC.to_owned(), false, "the specification names none or two"),
        (format!("{SPEC}k = 10\n{private}"), false, "the specification names none or two"),
        (format!("{SPEC}k = 1\n"), false, "combinations of at least 1 persons"),
        (format!("{SPEC}k = 10\n"), true, "no noise is drawn"),
        (format!("{SPEC}{private}"), false, "nothing says from which secret"),
        (format!("{SPEC}{private}"), true, "which codes \"sex\" has comes from the records"),
        (format!("{SPEC}[privacy]\nepsilon = 1.0\n{CODES}"), true, "a pure budget for synthetic records"),
        (format!("{SPEC}[privacy]\ndelta = 1e-6\n{CODES}"), true, "[privacy] has no budget"),
        ("attributes = [\"sex\"]\nk = 10\n".to_owned(), false, "are a table"),
        ("attributes = [\"sex\", \"sex\"]\nk = 10\n".to_owned(), false, "named twice"),
        (format!("{SPEC}k = 10\n[variable.other]\n"), false, "\"other\" is no attribute"),
        ("attributes = [\"sex\", \"colour\"]\nk = 10\n".to_owned(), false, "colour"),
        (SPEC.replace("order = 3", "order = 4\nk = 10"), false, "combinations of 4 values"),
    ] {
        folder.write("spec.toml", spec);
        let key: &[&str] = if key { &["--key", "secret.key"] } else { &[] };
        let said = folder.zicht(&[&SYNTHESIZE[..], key].concat()).ends_with(2).said();
        assert!(said.contains(words), "{words}: {said}");
        assert!(!folder.path("made").exists());
    }
    // A person twice where each is taken to be there once.
    let mut micro = fs::read_to_string(folder.path("micro.csv")).expect("records");
    micro.push_str("F,A,18-29,2021,person 3\n");
    folder.write("micro.csv", micro);
    folder.write("spec.toml", format!("person = \"name\"\n{SPEC}{private}{CODES}"));
    let said = folder.zicht(&[&SYNTHESIZE[..], &["--key", "secret.key"]].concat()).ends_with(2).said();
    assert!(said.contains("somebody has more records than the 1"), "{said}");
}

/// Records that are all different and a k that keeps them all but for the longest: an attacker who finds out more than by chance
/// makes the command end with 1.
#[test]
fn what_an_attacker_wins_is_told() {
    let folder = Folder::new();
    let mut text = "a,b,c,d,e,f\n".to_owned();
    for n in 0_u64..400 {
        let of = |k: u32| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (10 * k)) % 4;
        writeln!(text, "{},{},{},{},{},{}", of(0), of(1), of(2), of(3), of(4), of(5)).expect("a line");
    }
    folder.write("micro.csv", text);
    folder.write("spec.toml", "attributes = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]\nk = 2\n");
    let ran = folder.zicht(&SYNTHESIZE);
    let text = ran.ends_with(1).stdout;
    assert!(text.contains("more than by chance"), "{text}");
}

/// Synthetic records of anyone: copies of the records tell who was in, and records drawn apart do not.
#[test]
fn synthetic_records_of_anyone_are_attacked() {
    let folder = Folder::new();
    let records = |start: u64, n: u64| {
        let mut text = "region,age,form,month\n".to_owned();
        for i in start..start + n {
            let mixed = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
            let (a, b, c, d) = (mixed % 97, mixed / 97 % 89, mixed / 8633 % 31, mixed / 267_623 % 12);
            writeln!(text, "r{a},{b},f{c},m{d}").expect("a line");
        }
        text
    };
    folder.write("members.csv", records(0, 400));
    folder.write("others.csv", records(1000, 400));
    folder.write("copies.csv", records(0, 400));
    folder.write("apart.csv", records(5000, 400));
    let audit = |file: &str, code: i32| {
        folder.json(code, &["audit", file, "--members", "members.csv", "--others", "others.csv"])
    };
    let copies = audit("copies.csv", 1);
    assert!(copies["membership"]["advantage"].as_f64().is_some_and(|a| a > 0.9), "{copies:#}");
    let apart = audit("apart.csv", 0);
    assert!(apart["membership"]["advantage"].as_f64().is_some_and(|a| a.abs() < 0.2), "{apart:#}");
    let ran = folder.zicht(&["audit", "copies.csv", "--members", "members.csv"]).ends_with(2);
    assert!(ran.stderr.contains("--others"), "{}", ran.stderr);
}
