//! `zicht protect MICRO.csv --spec`: tables counted from records, protected as a set.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use support::{Folder, number, tree};

const SPEC: &str = r#"
[variable.region]
column = "municipality"
hierarchy = "regions.csv"

[[table]]
id = "municipality_sex"
dimensions = ["region", "sex"]

[[table]]
id = "province_form"
dimensions = ["region", "form"]
depth = { region = 1 }
"#;

const MUNICIPALITIES: [(&str, &str); 6] =
    [("N1", "North"), ("N2", "North"), ("N3", "North"), ("S1", "South"), ("S2", "South"), ("S3", "South")];

/// 400 records with some small cells, and the hierarchy of their municipalities.
fn project() -> (Folder, Vec<[String; 3]>) {
    let folder = Folder::new();
    let mut records = Vec::new();
    let mut text = "municipality,sex,form\n".to_owned();
    for n in 0_usize..400 {
        let mixed = n.wrapping_mul(7919) ^ (n >> 3);
        let municipality = MUNICIPALITIES[(mixed % 17).min(5)].0;
        let sex = if mixed % 23 < 3 { "M" } else { "F" };
        let form = ["A", "B", "C"][(mixed % 29 / 12).min(2)];
        writeln!(text, "{municipality},{sex},{form}").expect("a line");
        records.push([municipality, sex, form].map(str::to_owned));
    }
    folder.write("micro.csv", text);
    let mut hierarchy = "code,parent\nNorth,All\nSouth,All\n".to_owned();
    for (code, parent) in MUNICIPALITIES {
        writeln!(hierarchy, "{code},{parent}").expect("a line");
    }
    folder.write("regions.csv", hierarchy);
    folder.write("spec.toml", SPEC);
    (folder, records)
}

const PROTECT: [&str; 6] = ["protect", "micro.csv", "--spec", "spec.toml", "--out", "protected"];

/// The rows of a written table: codes, value and status.
fn rows(folder: &Folder, table: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.path(&format!("protected/{table}.csv"))).expect("a table");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn is_in(code: &str, region: &str) -> bool {
    let province = MUNICIPALITIES.iter().find(|(m, _)| *m == code).expect("a municipality").1;
    region == "All" || region == code || region == province
}

#[test]
fn tables_are_counted_and_small_counts_are_hidden_in_all_of_them() {
    let (folder, records) = project();
    let said = folder.json(0, &PROTECT);
    assert_eq!(number(&said["rows"], "rows_used"), 400);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    assert!(number(&said["attack"], "targets") > 0, "{said:#}");
    let mut hidden = BTreeMap::new();
    for (table, variable, total) in [("municipality_sex", 1, 9), ("province_form", 2, 3)] {
        let rows = rows(&folder, table);
        assert_eq!(rows.len(), total * if variable == 1 { 3 } else { 4 });
        for row in rows {
            let [region, code, value, conf, _] = &row[..] else { panic!("{row:?}") };
            let is = |record: &&[String; 3]| {
                is_in(&record[0], region) && (code == "_T" || record[variable] == *code)
            };
            let count = records.iter().filter(is).count();
            if conf == "F" {
                assert_eq!(value.parse(), Ok(count), "{row:?}");
                assert!(count == 0 || count >= 5, "{row:?}");
            } else {
                assert!(value.is_empty() && conf == "C", "{row:?}");
            }
            // The margin that both tables have is one.
            if code == "_T" && is_a_province(region) {
                let before = hidden.entry(region.clone()).or_insert_with(|| conf.clone());
                assert_eq!(before, conf);
            }
        }
    }
    let certificate = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    let certificate: serde_json::Value = serde_json::from_str(&certificate).expect("JSON");
    assert_eq!(certificate["files"].as_array().map(Vec::len), Some(4));
    assert_eq!(certificate["certificate"]["attack"], said["attack"]);
    assert_eq!(certificate["certificate"]["method"], "suppression");
    assert_eq!(number(&certificate["certificate"]["rule"], "threshold"), 5);

    // The same again, in the place of the first.
    let first = tree(&folder.path("protected"));
    folder.zicht(&PROTECT).ends_with(0);
    support::assert_same(&first, &tree(&folder.path("protected")));
}

fn is_a_province(region: &str) -> bool {
    ["All", "North", "South"].contains(&region)
}

#[test]
fn a_mode_is_chosen_and_the_gap_is_told() {
    let (folder, _) = project();
    let hidden = |said: &serde_json::Value| -> u64 {
        said["tables"].as_array().expect("tables").iter().map(|t| number(t, "suppressed")).sum()
    };
    let strong = folder.json(0, &PROTECT);
    assert!(strong["gap"].is_null());
    let weak = folder.json(0, &[&PROTECT[..], &["--mode", "weak"]].concat());
    assert!(hidden(&weak) <= hidden(&strong), "{} {}", hidden(&weak), hidden(&strong));
    folder.write("spec.toml", format!("mode = \"weak\"\ncosts = \"cells\"\nexact = true\n{SPEC}"));
    let exact = folder.json(0, &PROTECT);
    assert!(hidden(&exact) <= hidden(&weak));
    let (found, bound) = (exact["gap"]["found"].as_f64(), exact["gap"]["bound"].as_f64());
    assert!(found.is_some() && found == bound, "{exact:#}");
    let text = folder.zicht(&PROTECT).ends_with(0).stdout;
    assert!(text.contains("a gap of 0.0 %"), "{text}");
    let ran = folder.zicht(&[&PROTECT[..], &["--mode", "string"]].concat()).ends_with(2);
    assert!(ran.stderr.contains("a mode is weak or strong"), "{}", ran.stderr);
}

#[test]
fn rows_without_a_category_are_counted_and_named() {
    let (folder, _) = project();
    let mut text = fs::read_to_string(folder.path("micro.csv")).expect("records");
    text.push_str("North,F,A\nX9,F,A\n,F,A\nN1,F,\n");
    folder.write("micro.csv", text);
    let said = folder.json(0, &PROTECT);
    assert_eq!((number(&said["rows"], "rows_in"), number(&said["rows"], "rows_quarantined")), (404, 3));
    let ran = folder.zicht(&PROTECT).ends_with(0);
    for words in ["is not a code of the lowest level", "is no code of \"region\"", "has no code"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    let unknown = rows(&folder, "province_form").into_iter().filter(|row| row[1] == "_U").count();
    assert_eq!(unknown, 3);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let (folder, _) = project();
    let says = |spec: &str, words: &str| {
        folder.write("spec.toml", spec);
        let ran = folder.zicht(&PROTECT).ends_with(2);
        let said = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
        assert!(!folder.path("protected").exists());
    };
    says(&SPEC.replace("\"sex\"", "\"sexe\""), "did you mean \"sex\"");
    says(&SPEC.replace("regions.csv", "region.csv"), "region.csv");
    says(&SPEC.replace("region = 1", "form = 0"), "cannot have that depth");
    says(&SPEC.replace("province_form", "municipality_sex"), "two tables have the id");
    says(&SPEC.replace("province_form", "a/b"), "cannot be the id of a table");
    says(&SPEC.replace("[[table]]", "[[tabel]]"), "tabel");
    says(&format!("{SPEC}\n[variable.age]\ncolumn = \"sex\"\n"), "no table has the variable \"age\"");
    says(&format!("frequency = \"form\"\n{SPEC}"), "no row can be counted");
    let ran = folder.zicht(&["protect", "micro.csv"]).ends_with(2);
    assert!(ran.stderr.contains("--spec"), "{}", ran.stderr);
    // A folder of something else stays.
    folder.write("protected/thesis.txt", "mine");
    folder.write("spec.toml", SPEC);
    folder.zicht(&PROTECT).ends_with(2);
    assert!(folder.path("protected/thesis.txt").is_file());
}

#[test]
fn counts_are_rounded_and_totals_stay_sums() {
    let (folder, records) = project();
    folder.write("spec.toml", format!("[rounding]\nbase = 5\nsteps = 1\n{SPEC}"));
    let said = folder.json(0, &PROTECT);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let mut totals = BTreeMap::new();
    for (table, variable) in [("municipality_sex", 1), ("province_form", 2)] {
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in rows(&folder, table) {
            let [region, code, value, conf, _] = &row[..] else { panic!("{row:?}") };
            let value: u64 = value.parse().expect("a count");
            let counted = records
                .iter()
                .filter(|r| is_in(&r[0], region) && (code == "_T" || r[variable] == *code))
                .count() as u64;
            assert!(
                value.is_multiple_of(5) && value.abs_diff(counted) < 10 && conf == "F",
                "{row:?} {counted}"
            );
            counts.insert((region.clone(), code.clone()), value);
        }
        for (region, parts) in [("All", vec!["North", "South"]), ("North", vec!["N1", "N2", "N3"])] {
            for code in ["_T", if variable == 1 { "M" } else { "B" }] {
                let at = |r: &str| counts.get(&(r.to_owned(), code.to_owned())).copied();
                let sum: Option<u64> = parts.iter().map(|p| at(p)).sum();
                assert!(sum.is_none() || sum == at(region), "{table} {region} {code}");
            }
        }
        totals.insert(table, counts[&("All".to_owned(), "_T".to_owned())]);
    }
    assert_eq!(totals["municipality_sex"], totals["province_form"]);
    let certificate = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    let certificate: serde_json::Value = serde_json::from_str(&certificate).expect("JSON");
    assert_eq!(certificate["certificate"]["method"], "rounding");
    assert_eq!(certificate["certificate"]["base"], 5);
    assert_eq!(said["optimal"], true);

    folder.write("spec.toml", format!("exact = true\n[rounding]\nbase = 5\n{SPEC}"));
    let said = folder.zicht(&PROTECT).ends_with(2).said();
    assert!(said.contains("leave out [rounding], or those"), "{said}");
}

#[test]
fn a_category_has_a_higher_threshold() {
    let (folder, records) = project();
    let strict = "[[strict]]\ndimension = \"sex\"\ncode = \"M\"\nthreshold = 20\n";
    folder.write("spec.toml", format!("{SPEC}\n{strict}"));
    let said = folder.json(0, &PROTECT);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let mut hidden = 0;
    for row in rows(&folder, "municipality_sex") {
        let [region, code, value, ..] = &row[..] else { panic!("{row:?}") };
        let counted = records.iter().filter(|r| is_in(&r[0], region) && r[1] == *code).count();
        if code == "M" && (1..20).contains(&counted) {
            assert!(value.is_empty(), "{row:?} {counted}");
            hidden += usize::from(counted >= 5);
        }
    }
    assert!(hidden > 0);
    let certificate = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    let certificate: serde_json::Value = serde_json::from_str(&certificate).expect("JSON");
    assert_eq!(certificate["certificate"]["strict"][0]["threshold"], 20);

    folder.write("spec.toml", format!("{SPEC}\n{}", strict.replace("20", "4")));
    let said = folder.zicht(&PROTECT).ends_with(2).said();
    assert!(said.contains("it must be above that of all counts, 5"), "{said}");
}

/// The counts of a written table by region and code, and how many columns it has.
fn counts(folder: &Folder, table: &str) -> (BTreeMap<(String, String), u64>, usize) {
    let rows = rows(folder, table);
    let columns = rows[0].len();
    let count = |row: &Vec<String>| ((row[0].clone(), row[1].clone()), row[2].parse().expect("a count"));
    (rows.iter().map(count).collect(), columns)
}

/// The project with a number for each person.
fn with_persons() -> (Folder, Vec<[String; 3]>) {
    let (folder, records) = project();
    let mut text = "municipality,sex,form,number\n".to_owned();
    for (n, record) in records.iter().enumerate() {
        writeln!(text, "{},person {n}", record.join(",")).expect("a line");
    }
    folder.write("micro.csv", text);
    folder.write("secret.key", [7_u8; 32]);
    (folder, records)
}

const KEY: [&str; 2] = ["--key", "secret.key"];

#[test]
fn noise_by_cell_key_is_the_same_in_each_table_and_each_release() {
    let (folder, records) = with_persons();
    let spec = format!("person = \"number\"\n[cell_key]\nlargest = 4\nvariance = 2.0\nnever = 2\n{SPEC}");
    folder.write("spec.toml", &spec);
    let protect = [&PROTECT[..], &KEY].concat();
    let said = folder.json(0, &protect);
    assert_eq!(number(&said["attack"], "exact"), 0);
    assert!(number(&said["tables"][0]["loss"], "changed") > 0);
    let (sexes, _) = counts(&folder, "municipality_sex");
    let (forms, _) = counts(&folder, "province_form");
    for ((region, code), &n) in &sexes {
        let counted =
            records.iter().filter(|r| is_in(&r[0], region) && (code == "_T" || r[1] == *code)).count() as u64;
        assert!(n.abs_diff(counted) <= 4 && n != 1 && n != 2, "{region} {code}: {n} {counted}");
        if code == "_T" && is_a_province(region) {
            assert_eq!(forms[&(region.clone(), code.clone())], n);
        }
    }
    let certificate = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    for word in ["cell_key", "\"largest\": 4", "blake3"] {
        assert!(certificate.contains(word), "{certificate}");
    }
    assert!(!certificate.contains("loss") && !certificate.contains("primary"), "{certificate}");
    // One table alone, in another order of records, has the same noise; another secret has not.
    let mut lines: Vec<&str> = Vec::new();
    let micro = fs::read_to_string(folder.path("micro.csv")).expect("records");
    lines.extend(micro.lines().take(1).chain(micro.lines().skip(1).collect::<Vec<_>>().into_iter().rev()));
    folder.write("micro.csv", lines.join("\n"));
    folder.write("spec.toml", spec.split("[[table]]").take(2).collect::<Vec<_>>().join("[[table]]"));
    folder.zicht(&protect).ends_with(0);
    assert_eq!(counts(&folder, "municipality_sex").0, sexes);
    folder.write("secret.key", [8_u8; 32]);
    folder.zicht(&protect).ends_with(0);
    assert_ne!(counts(&folder, "municipality_sex").0, sexes);

    // A table of noise as tau-Argus reads it, in which counts never change.
    folder.write("noise.txt", "i;j;p;v\n0;0;1;0\n1;1;1;0\n");
    folder.write("spec.toml", format!("person = \"number\"\n[cell_key]\ntable = \"noise.txt\"\n{SPEC}"));
    let said = folder.zicht(&protect).ends_with(3).said();
    assert!(said.contains("the tables cannot be protected") && said.contains("larger bound"), "{said}");
}

#[test]
fn tables_are_differentially_private() {
    let (folder, records) = with_persons();
    let codes = "[variable.sex]\ncodes = [\"F\", \"M\"]\n[variable.form]\ncodes = [\"A\", \"B\", \"C\"]\n";
    let spec = format!("person = \"number\"\n[privacy]\nepsilon = 4.0\ndelta = 1e-6\n{codes}{SPEC}");
    folder.write("spec.toml", &spec);
    let protect = [&PROTECT[..], &KEY].concat();
    folder.json(0, &protect);
    let (sexes, columns) = counts(&folder, "municipality_sex");
    assert_eq!(columns, 6);
    let total = sexes[&("All".to_owned(), "_T".to_owned())];
    // The noise of a cell has a standard deviation of some 4 persons.
    assert!(total.abs_diff(records.len() as u64) < 40, "{total}");
    let sum: u64 = ["F", "M"].iter().map(|sex| sexes[&("All".to_owned(), (*sex).to_owned())]).sum();
    assert_eq!(sum, total);
    let text = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    let certificate: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(certificate["certificate"]["method"], "privacy");
    let epsilon = certificate["certificate"]["epsilon"].as_f64().expect("a number");
    assert!(epsilon <= 4.0 && epsilon > 3.9, "{epsilon}");
    // What nobody drew noise for is not told: how many records there are, and what makes their hash.
    assert!(certificate["source"].is_null() && certificate["rows"].is_null(), "{text}");
    assert!(certificate["certificate"]["attack"].is_null());
    let first = tree(&folder.path("protected"));
    folder.zicht(&protect).ends_with(0);
    support::assert_same(&first, &tree(&folder.path("protected")));

    // Somebody with two records, and codes that come from the records.
    let mut micro = fs::read_to_string(folder.path("micro.csv")).expect("records");
    micro.push_str("N1,F,A,person 3\n");
    folder.write("micro.csv", micro);
    let said = folder.zicht(&protect).ends_with(2).said();
    assert!(said.contains("somebody has more records than the 1"), "{said}");
    folder.write("spec.toml", spec.replace("[privacy]", "[privacy]\nrecords = 2"));
    folder.zicht(&protect).ends_with(0);
    folder.write("spec.toml", spec.replace(codes, ""));
    let said = folder.zicht(&protect).ends_with(2).said();
    assert!(said.contains("which codes \"sex\" has comes from the records"), "{said}");
}

#[test]
fn noise_that_cannot_be_is_refused() {
    let (folder, _) = with_persons();
    let keyed = "[cell_key]\nlargest = 4\nvariance = 2.0\n";
    let private = "[privacy]\nrho = 0.5\n";
    let person = "person = \"number\"\n";
    for (spec, key, words) in [
        (format!("{keyed}{SPEC}"), true, "nothing says who a record is of"),
        (format!("{person}[cell_key]\nlargest = 4\n{SPEC}"), true, "say once what the noise is"),
        (format!("{person}{keyed}table = \"a\"\n{SPEC}"), true, "say once what the noise is"),
        (format!("{person}{keyed}{private}{SPEC}"), true, "[cell_key] and [privacy] are two ways"),
        (format!("[privacy]\nrho = 0.5\nepsilon = 1.0\n{SPEC}"), true, "[privacy] has no budget"),
        (format!("{private}{SPEC}share = 0.0\n"), true, "a share of 0 of the budget"),
        (format!("exact = true\n{private}{SPEC}"), true, "leave out [privacy], or those"),
        (format!("frequency = \"form\"\n{person}{keyed}{SPEC}"), true, "is not of one person"),
        (format!("{person}{keyed}{SPEC}"), false, "nothing says from which secret noise is drawn"),
        (SPEC.to_owned(), true, "no noise is drawn, and --key gives a secret for it"),
    ] {
        folder.write("spec.toml", spec);
        let key: &[&str] = if key { &KEY } else { &[] };
        let said = folder.zicht(&[&PROTECT[..], key].concat()).ends_with(2).said();
        assert!(said.contains(words), "{words}: {said}");
        assert!(!folder.path("protected").exists());
    }
}
