//! Six simulated registers, from reports to a release, against what is true of them.

mod support;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;
use support::registers::{ONLY_A_WARNING, Person, Truth};
use support::release::{self, Table};
use support::{Folder, Ran, assert_same, copy, number, tree, zicht};

const SIMULATE: [&str; 7] = ["simulate", "--pseudonyms", "--reports", "3000", "--seed", "7", "--out"];

/// A project that was made, checked, run and protected once, for all tests to read: `sim`, and
/// what each command said beside it.
fn project() -> PathBuf {
    let dir = support::shared("registers", |dir| {
        let mut simulate = SIMULATE.to_vec();
        simulate.push("sim");
        let say = |name: &str, ran: Ran| {
            support::write(&dir.join(format!("said/{name}.out")), ran.stdout);
            support::write(&dir.join(format!("said/{name}.err")), ran.stderr);
        };
        say("simulate", zicht(dir, &[simulate.as_slice(), &["--format", "json"]].concat()).ends_with(0));
        say("check", zicht(dir, &["check", "sim", "--format", "json"]).ends_with(1));
        say("check-text", zicht(dir, &["check", "sim"]).ends_with(1));
        say("run", zicht(dir, &["run", "sim", "--format", "json"]).ends_with(0));
        say("run-text", zicht(dir, &["run", "sim", "--force"]).ends_with(0));
        say("protect", zicht(dir, &["protect", "sim", "--format", "json"]).ends_with(0));
        say("protect-text", zicht(dir, &["protect", "sim"]).ends_with(0));
    });
    dir.join("sim")
}

fn said(name: &str) -> String {
    let path = project().parent().expect("a folder").join("said").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn said_json(command: &str) -> Value {
    let text = said(&format!("{command}.out"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("not one JSON document: {e}\n{text}"))
}

fn table(id: &str) -> Table {
    release::csv(&project().join("out/release"), id)
}

/// Copies the project without what was derived from it, and without the truth.
fn copied() -> Folder {
    let folder = Folder::new();
    for entry in fs::read_dir(project()).expect("the project") {
        let path = entry.expect("an entry").path();
        let to = folder.path("sim").join(path.file_name().expect("a name"));
        if path.is_file() {
            support::write(&to, fs::read(&path).expect("a file"));
        } else if !path.ends_with("out") && !path.ends_with("truth") {
            copy(&path, &to);
        }
    }
    folder
}

/// The same without the report to print, which takes longer than all else: for tests that are not about it.
fn copied_without_report() -> Folder {
    let folder = copied();
    let settings = fs::read_to_string(folder.path("sim/monitor.toml")).expect("the settings");
    assert!(settings.contains("\nseed = 7\n"));
    support::write(
        &folder.path("sim/monitor.toml"),
        settings.replace("\nseed = 7\n", "\nseed = 7\nreport = false\n"),
    );
    folder
}

// --- Making --------------------------------------------------------------------------------------

#[test]
fn one_seed_makes_one_monitor() {
    let folder = Folder::new();
    let mut simulate = SIMULATE.to_vec();
    simulate.push("again");
    folder.zicht(&[simulate.as_slice(), &["--threads", "1"]].concat()).ends_with(0);
    let mut made = tree(&project());
    made.retain(|name, _| !name.starts_with("out/"));
    assert_same(&tree(&folder.path("again")), &made);
    folder
        .zicht(&["simulate", "--pseudonyms", "--reports", "3000", "--seed", "8", "--out", "other"])
        .ends_with(0);
    assert_ne!(tree(&folder.path("other"))["truth/population.csv"], made["truth/population.csv"]);
}

#[test]
fn simulate_says_what_it_made() {
    let (made, truth) = (said_json("simulate"), Truth::read(&project()));
    assert_eq!((number(&made, "seed"), made["out"].as_str()), (7, Some("sim")));
    assert_eq!(number(&made, "reports"), truth.reports.len() as u64);
    assert_eq!(number(&made, "detected"), truth.persons.len() as u64);
    assert!(number(&made, "persons") > number(&made, "detected"));
}

// --- Reading -------------------------------------------------------------------------------------

#[test]
fn every_row_of_every_register_is_used_or_quarantined() {
    let (checked, truth) = (said_json("check"), Truth::read(&project()));
    let (mut sum, mut registers) = ([0; 3], 0);
    for source in checked["sources"].as_array().expect("sources") {
        let rows = ["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&source["rows"], k));
        assert_eq!(rows[0], rows[1] + rows[2], "{source}");
        sum = [sum[0] + rows[0], sum[1] + rows[1], sum[2] + rows[2]];
        let of = source["source"].as_str().expect("a source");
        let all = truth.reports.iter().filter(|r| r.register == of).count() as u64;
        let used = truth.used().filter(|r| r.register == of).count() as u64;
        if all > 0 {
            assert_eq!((rows[0], rows[1]), (all, used), "{of}");
            registers += 1;
        } else {
            assert_eq!(rows[2], 0, "{of} is a published table without problems");
        }
    }
    assert_eq!(registers, 6);
    assert_eq!(sum, ["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&checked, k)));
    assert_eq!(sum, ["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&said_json("run"), k)));
}

#[test]
fn check_finds_every_mistake_and_no_other() {
    let (checked, truth) = (said_json("check"), Truth::read(&project()));
    let settings = fs::read_to_string(project().join("monitor.toml")).expect("the settings");
    let settings: BTreeMap<String, String> = settings
        .split("[[source]]")
        .skip(1)
        .map(|s| {
            let value =
                |key: &str| s.split(&format!("\n{key} = \"")).nth(1).and_then(|v| v.split('"').next());
            (value("path").expect("a path").to_owned(), value("id").expect("an id").to_owned())
        })
        .collect();
    let found: BTreeSet<(String, u64, String)> = checked["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|p| {
            let file = p["file"].as_str().expect("a file").split('!').next().unwrap_or_default();
            (settings[file].clone(), number(p, "row"), p["rule"].as_str().expect("a rule").to_owned())
        })
        .collect();
    let missed: Vec<_> = truth.mistakes.difference(&found).collect();
    let invented: Vec<_> = found.difference(&truth.mistakes).collect();
    assert!(missed.is_empty() && invented.is_empty(), "missed {missed:?}, invented {invented:?}");
    assert!(truth.mistakes.len() > 20);
    // Each problem says what to do about it.
    for p in checked["problems"].as_array().expect("problems") {
        assert!(p["help"].as_str().is_some_and(|h| !h.is_empty()), "{p}");
    }
    let counted: u64 = checked["counts"].as_array().expect("counts").iter().map(|c| number(c, "count")).sum();
    assert_eq!(counted, truth.mistakes.len() as u64);
}

#[test]
fn a_register_that_changed_is_read_again_and_no_other() {
    let folder = copied_without_report();
    let first = folder.json(0, &["run", "sim"]);
    let kept = |folder: &Folder| -> BTreeMap<String, SystemTime> {
        let entries =
            fs::read_dir(folder.path("sim/out/work")).expect("the work folder").map(|e| e.expect("an entry"));
        entries
            .filter(|e| e.path().extension().is_some_and(|x| x == "parquet"))
            .map(|e| {
                let when = e.metadata().and_then(|m| m.modified()).expect("a time");
                (e.file_name().to_string_lossy().into_owned(), when)
            })
            .collect()
    };
    let before = kept(&folder);
    assert_eq!(before.len(), 6, "{before:?}");
    // One more report of the police.
    let path = folder.path("sim/registers/politie_meldingen.csv");
    let mut bytes = fs::read(&path).expect("the register");
    let last = bytes.split(|b| *b == b'\n').rev().find(|l| !l.is_empty()).expect("a row").to_vec();
    let number_ends = last.iter().position(|b| *b == b';').expect("a record number");
    bytes.extend(b"PL2025-9999999");
    bytes.extend(&last[number_ends..]);
    bytes.extend(b"\r\n");
    fs::write(&path, bytes).expect("written");
    let second = folder.json(0, &["run", "sim"]);
    assert_eq!(number(&second, "rows_in"), number(&first, "rows_in") + 1);
    let after = kept(&folder);
    let old: Vec<&String> = before.iter().filter(|(n, t)| after.get(*n) != Some(t)).map(|(n, _)| n).collect();
    let new: Vec<&String> = after.iter().filter(|(n, t)| before.get(*n) != Some(t)).map(|(n, _)| n).collect();
    assert!(old.len() == 1 && old[0].starts_with("police-"), "{old:?} went");
    assert!(new.len() == 1 && new[0].starts_with("police-"), "{new:?} came");
    // A text of the site is nothing to read registers for.
    let settings = fs::read_to_string(folder.path("sim/monitor.toml")).expect("the settings");
    folder
        .write("sim/monitor.toml", settings.replacen("edition = \"2026\"", "edition = \"2026, second\"", 1));
    let third = folder.json(0, &["run", "sim"]);
    assert_eq!(kept(&folder), after);
    assert_eq!(number(&third, "rows_in"), number(&second, "rows_in"));
    assert!(
        String::from_utf8_lossy(&tree(&folder.path("sim/out/release"))["manifest.json"])
            .contains("2026, second")
    );
}

// --- Counting ------------------------------------------------------------------------------------

#[test]
fn reports_are_those_that_are_true_by_register_and_year() {
    let (truth, table) = (Truth::read(&project()), table("reports_register"));
    let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
    for report in truth.used() {
        let year = report.year().expect("a year").to_string();
        *expected.entry((year.clone(), report.register.clone())).or_default() += 1;
        *expected.entry((year, "_T".to_owned())).or_default() += 1;
    }
    let mut compared = 0;
    for (codes, cell) in table.cells.iter().filter(|(_, cell)| !cell.is_hidden()) {
        let count = expected.get(&(codes[0].clone(), codes[1].clone())).copied().unwrap_or(0);
        assert_eq!(cell.value, Some(count), "{codes:?}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

/// Registers share a pseudonym without errors, so persons are found without errors too: the
/// counts are exact.
#[test]
fn persons_are_those_that_are_true_by_year() {
    let truth = Truth::read(&project());
    let reported = truth.reported();
    assert_eq!(reported.len(), 5, "{:?}", reported.keys());
    for id in [
        "victims_form_sex",
        "victims_age_form",
        "victims_citizenship_sex",
        "victims_place",
        "victims_registers",
    ] {
        let table = table(id);
        for (year, persons) in &reported {
            let cell = table.at(&[("year", &year.to_string())]);
            assert_eq!(cell.value, Some(persons.len() as u64), "{id} {year}");
        }
    }
    let all: BTreeSet<u64> = reported.values().flatten().copied().collect();
    let thousands = |n: usize| format!("{},{:03}", n / 1000, n % 1000);
    let persons = format!("of {} persons", thousands(all.len()));
    assert!(said("run-text.err").contains(&persons), "{}", said("run-text.err"));
    let detected = format!("{} detected", thousands(all.len()));
    assert!(said("run-text.err").contains(&detected), "{}", said("run-text.err"));
}

/// The registers that the table of registers has, by its columns.
const OF_REGISTERS: [(&str, &str); 4] = [
    ("register_police", "police"),
    ("register_kmar", "kmar"),
    ("register_coordinators", "coordinators"),
    ("register_shelters", "shelters"),
];

#[test]
fn who_is_in_which_registers_is_what_is_true() {
    let (truth, table) = (Truth::read(&project()), table("victims_registers"));
    let mut registers: BTreeMap<(String, u64), BTreeSet<&str>> = BTreeMap::new();
    for report in truth.used() {
        let year = report.year().expect("a year").to_string();
        registers.entry((year, report.person)).or_default().insert(&report.register);
    }
    assert_eq!(table.dimensions, [&["year"], OF_REGISTERS.map(|(column, _)| column).as_slice()].concat());
    let mut compared = BTreeSet::new();
    for (codes, cell) in table.cells.iter().filter(|(_, cell)| !cell.is_hidden()) {
        let is = |within: &BTreeSet<&str>| {
            codes[1..].iter().zip(OF_REGISTERS).all(|(code, (_, register))| match code.as_str() {
                "Y" => within.contains(register),
                "N" => !within.contains(register),
                _ => true,
            })
        };
        let count = registers.iter().filter(|((year, _), within)| *year == codes[0] && is(within)).count();
        assert_eq!(cell.value, Some(count as u64), "{codes:?}");
        if count > 0 {
            compared.insert(codes[1..].to_vec());
        }
    }
    assert!(compared.len() > 30, "{}", compared.len());
    // How many each register reported is kept.
    for (column, _) in OF_REGISTERS {
        assert!(table.at(&[("year", "2025"), (column, "Y")]).value.is_some(), "{column}");
    }
}

/// A sex is left out, never written wrong: what is missing from a sex is in unknown.
#[test]
fn sexes_are_true_but_for_those_left_out() {
    let (truth, table) = (Truth::read(&project()), table("victims_form_sex"));
    let (mut compared, mut short) = (0, 0);
    for (year, persons) in truth.reported() {
        let year = year.to_string();
        for sex in ["F", "M", "O"] {
            let cell = table.at(&[("year", &year), ("sex", sex)]);
            let true_count = persons.iter().filter(|p| truth.persons[p].sex == sex).count() as u64;
            let Some(count) = cell.value else { continue };
            assert!(count <= true_count, "{year} {sex}: {count} of {true_count}");
            short += true_count - count;
            compared += true_count;
        }
    }
    assert!(compared > 1500, "{compared}");
    // Four in a thousand reports have no sex.
    assert!(short * 50 < compared, "{short} of {compared} are missing");
}

/// How far the cells of a dimension are from the truth, as a share of all persons: the error of
/// the whole way from registers to release.
fn error(table: &Table, dimension: &str, truth: &Truth, of: impl Fn(&Person) -> &str) -> f64 {
    let (mut off, mut all) = (0, 0);
    for (year, persons) in truth.reported() {
        let year = year.to_string();
        for code in table.codes(dimension).iter().filter(|c| !matches!(c.as_str(), "_T" | "_U")) {
            let true_count = persons.iter().filter(|p| of(&truth.persons[p]) == code).count() as u64;
            if let Some(count) = table.at(&[("year", &year), (dimension, code)]).value {
                off += count.abs_diff(true_count);
                all += true_count;
            }
        }
    }
    assert!(all > 1500, "{dimension}: {all} persons are in published cells");
    off as f64 / all as f64
}

#[test]
fn the_error_of_the_whole_way_is_that_of_the_registers() {
    let truth = Truth::read(&project());
    // A register leaves 6 % of forms empty and writes 1.5 % as another, which is missing in one
    // cell and too much in another: 9 % where each person has one report, and some have more.
    let form = error(&table("victims_form_sex"), "form", &truth, |p| &p.form);
    assert!(form < 0.10, "forms are {form} off");
    // Ages are unknown where neither age nor date of birth is stated, and seldom in the wrong
    // group: by mistakes in the date of birth, and in reports of later years.
    let age = error(&table("victims_age_form"), "age_age_nl", &truth, |p| &p.age_group);
    assert!(age < 0.05, "age groups are {age} off");
}

// --- Protecting ----------------------------------------------------------------------------------

#[test]
fn protect_hides_small_counts_and_its_attacker_fails() {
    let (protected, ran) = (said_json("protect"), said_json("run"));
    let (attack, tables) = (&protected["attack"], protected["tables"].as_array().expect("tables"));
    assert_eq!((number(attack, "exact"), number(attack, "narrow")), (0, 0));
    assert!(number(attack, "targets") > 0);
    assert!(protected["seconds"].is_number(), "{protected}");
    assert_eq!(protected["attack"], ran["attack"]);
    assert_eq!(protected["tables"], ran["tables"]);
    // How many an estimate stands on is protected with the tables, and published by none.
    let (of_estimates, tables): (Vec<&Value>, Vec<&Value>) =
        tables.iter().partition(|t| is_of_an_estimate(t));
    assert_eq!(of_estimates.len(), 1);
    let names: Vec<&str> = tables.iter().filter_map(|t| t["name"].as_str()).collect();
    let mut ids = release::ids(&project().join("out/release"));
    ids.sort_by_key(|id| names.iter().position(|n| n == id));
    assert_eq!(names, ids);
    assert!(names.len() >= 5, "{names:?}");
    for t in tables {
        let found = table(t["name"].as_str().expect("a name"));
        let hidden = found.cells.values().filter(|c| c.is_hidden()).count() as u64;
        assert_eq!((number(t, "cells"), number(t, "suppressed")), (found.cells.len() as u64, hidden), "{t}");
        assert!(number(t, "primary") <= hidden);
        for (codes, cell) in &found.cells {
            assert!(!(1..5).contains(&cell.value.unwrap_or(0)), "{t} {codes:?} is published: {cell:?}");
        }
    }
    // Text and JSON say the same.
    assert!(said("protect-text.out").contains("0 can be worked out exactly"), "{}", said("protect-text.out"));
}

/// Whether a protected table is that of the detected of an estimate.
fn is_of_an_estimate(table: &Value) -> bool {
    table["name"].as_str().is_some_and(|name| name.starts_with("detected_"))
}

/// What we publish is attacked as we attack others.
#[test]
fn an_edition_hides_nothing_that_the_one_before_published_and_that_did_not_change() {
    let folder = Folder::new();
    let simulate =
        ["simulate", "--pseudonyms", "--reports", "3000", "--seed", "7", "--year-before", "--out", "m"];
    let said = folder.zicht(&simulate).ends_with(0).stdout;
    assert!(said.contains("zicht run m/2025"), "{said}");
    for settings in ["m/2025/monitor.toml", "m/monitor.toml"] {
        let text = fs::read_to_string(folder.path(settings)).expect("the settings");
        support::write(&folder.path(settings), text.replace("\nseed = 7\n", "\nseed = 7\nreport = false\n"));
    }
    // Before the edition before is made, there is nothing to compare with.
    let alone = folder.zicht(&["protect", "m"]).ends_with(0);
    assert!(alone.stderr.contains("2025/out/release, cannot be read"), "{}", alone.stderr);
    folder.zicht(&["run", "m/2025"]).ends_with(0);
    let ran = folder.zicht(&["run", "m"]).ends_with(0);

    let (before, now) = (folder.path("m/2025/out/release"), folder.path("m/out/release"));
    let (mut same, mut corrected, mut close, mut hidden) = (0, BTreeSet::new(), 0, 0);
    for id in release::ids(&before) {
        let (before, now) = (release::csv(&before, &id), release::csv(&now, &id));
        for (key, was) in before.cells {
            let cell = &now.cells[&key];
            let whole = key.iter().all(|code| code == "_T");
            match (was.value, cell.value) {
                (Some(was), Some(now)) if was == now => same += 1,
                (was, Some(now)) => {
                    close += usize::from(!whole && was.is_some_and(|was| was.abs_diff(now) < 5));
                    corrected.insert((id.clone(), was, now));
                }
                (Some(_), None) => hidden += 1,
                (None, None) => {}
            }
        }
    }
    assert!(same > 300 && close > 30, "{same} the same, {close} close");
    assert!(ran.stderr.contains(&format!("note: {close} figures differ from those of the release before")));
    // Those that became small, or hide such a one: none of a year without corrections.
    assert!(hidden < 10, "{hidden}");
    assert_eq!(ran.stderr.contains(&format!("note: {hidden} figures are hidden that")), hidden > 0);
    let changes = fs::read_to_string(now.join("data/changes.csv")).expect("corrections");
    let told: BTreeSet<(String, Option<u64>, u64)> = changes
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].to_owned(), cells[2].parse().ok(), cells[3].parse().expect("a figure"))
        })
        .collect();
    assert_eq!(told, corrected);
}

#[test]
fn the_audit_finds_nothing_in_our_own_release() {
    let data = project().join("out/release/data");
    let files: Vec<String> =
        release::ids(&project().join("out/release")).iter().map(|id| format!("{id}/{id}.csv")).collect();
    let audit = |files: &[String]| {
        let mut arguments = vec!["audit", "--threshold", "5"];
        arguments.extend(files.iter().map(String::as_str));
        support::json(&data, 0, &arguments)
    };
    let hidden: u64 = said_json("protect")["tables"]
        .as_array()
        .expect("tables")
        .iter()
        .filter(|t| !is_of_an_estimate(t))
        .map(|t| number(t, "suppressed"))
        .sum();
    let alone: u64 = files.iter().map(|f| number(&audit(std::slice::from_ref(f)), "cells_attacked")).sum();
    assert_eq!(alone, hidden, "each hidden cell is attacked");
    // Together, a cell that two tables share is one, and nothing is learned from both either.
    let together = audit(&files);
    assert!(number(&together, "cells_attacked") < hidden, "{together}");
    assert_eq!(together["findings"], serde_json::json!([]));
}

#[test]
fn a_first_run_that_is_killed_leaves_no_release_and_the_next_is_right() {
    let folder = copied_without_report();
    let started = std::time::Instant::now();
    folder.zicht(&["run", "sim", "--out", "timed"]).ends_with(0);
    let duration = started.elapsed();
    let whole = tree(&folder.path("timed/release"));
    // While the registers are read, counted, protected, and while the release is written.
    for part in [0.05, 0.2, 0.4, 0.6, 0.8] {
        let mut child = support::command(&folder.path("."), &["run", "sim"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program runs");
        std::thread::sleep(duration.mul_f64(part));
        child.kill().expect("killed");
        child.wait().expect("an end");
        let release = folder.path("sim/out/release");
        if release.exists() {
            // It was quicker than the first time.
            assert_same(&tree(&release), &whole);
            fs::remove_dir_all(release).expect("removed");
        }
    }
    folder.zicht(&["run", "sim"]).ends_with(0);
    assert_same(&tree(&folder.path("sim/out/release")), &whole);
}

#[test]
fn one_release_whatever_the_number_of_threads() {
    let folder = copied();
    for threads in ["1", "2"] {
        folder.zicht(&["run", "sim", "--threads", threads, "--out", threads]).ends_with(0);
    }
    let one = tree(&folder.path("1/release"));
    assert_same(&one, &tree(&folder.path("2/release")));
    assert_same(&one, &tree(&project().join("out/release")));
    for problems in ["problems.csv", "problems.json"] {
        let read = |out: &str| fs::read(folder.path(out).join(problems)).expect("the problems");
        assert_eq!(read("1"), read("2"), "{problems}");
    }
}

// --- What must not leave ---------------------------------------------------------------------------

/// Everything in the registers that says who someone is, as words without blanks.
fn identifiers(truth: &Truth) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for person in truth.persons.values() {
        all.insert(person.pseudonym.clone());
        for format in ["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%Y%m%d"] {
            all.insert(person.birth.strftime(format).to_string());
        }
        all.extend(person.names.iter().flat_map(|n| n.split(' ')).map(str::to_owned));
    }
    all.extend(truth.reports.iter().filter_map(|r| r.record.clone()));
    // As the registers spell them, mistakes included.
    for (file, delimiter) in [("politie_meldingen.csv", b';'), ("overige_melders.csv", b'\t')] {
        let bytes = fs::read(project().join("registers").join(file)).expect("a register");
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(&bytes[..]);
        let text = |field: &[u8]| match std::str::from_utf8(field) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => field.iter().map(|b| char::from(*b)).collect(),
        };
        let header: Vec<String> = reader.byte_headers().expect("a header").iter().map(text).collect();
        let personal = [
            "Achternaam",
            "Voornaam",
            "Geboortedatum",
            "Geb. datum",
            "Pseudoniem",
            "Meldingsnummer",
            "Nummer",
        ];
        let columns: Vec<usize> =
            (0..header.len()).filter(|c| personal.contains(&header[*c].as_str())).collect();
        assert_eq!(columns.len(), 5, "{header:?}");
        for row in reader.byte_records() {
            let row = row.expect("a row");
            for field in columns.iter().filter_map(|c| row.get(*c)) {
                all.extend(text(field).split(' ').map(str::to_owned));
            }
        }
    }
    // Short words and particles of names (van, de, El) are words of every text.
    all.retain(|word| word.chars().count() >= 4);
    all
}

/// The words of a text, cut in both ways in which an identifier could stand in it.
fn words_of(text: &str) -> HashSet<&str> {
    let whole = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '/');
    let parts = text.split(|c: char| !c.is_alphanumeric());
    whole.chain(parts).collect()
}

#[test]
fn no_identifier_leaves_the_registers() {
    let identifiers = identifiers(&Truth::read(&project()));
    assert!(identifiers.len() > 10_000, "{}", identifiers.len());
    let mut texts: BTreeMap<String, String> = release::texts(&project().join("out/release"));
    for (name, bytes) in tree(&project().join("out")).into_iter().filter(|(n, _)| !n.starts_with("release/"))
    {
        texts.insert(format!("out/{name}"), String::from_utf8_lossy(&bytes).into_owned());
    }
    assert!(texts.contains_key("out/problems.csv") && texts.contains_key("out/problems.json"));
    for (name, bytes) in tree(&project().parent().expect("a folder").join("said")) {
        texts.insert(format!("said/{name}"), String::from_utf8(bytes).expect("UTF-8"));
    }
    // Words that are in the settings or in the program, and also names: the Chao of an estimator.
    let mut known: String = fs::read_to_string(project().join("monitor.toml")).expect("the settings");
    for part in ["crates/publish/src", "crates/publish/templates", "crates/estimate/src"] {
        known.extend(tree(&support::repository().join(part)).values().map(|b| String::from_utf8_lossy(b)));
    }
    // The key of the language in every PDF.
    known.push_str(" Lang");
    let known = words_of(&known);
    // The search finds what it looks for: in a register each row has some.
    let register = fs::read(project().join("registers/overige_melders.csv")).expect("a register");
    let register = String::from_utf8(register).expect("UTF-8");
    let found = words_of(&register).into_iter().filter(|w| identifiers.contains(*w)).count();
    assert!(found > 3 * register.lines().count(), "{found} identifiers in {} rows", register.lines().count());
    let mut told = BTreeSet::new();
    for (file, text) in &texts {
        for word in words_of(text) {
            if identifiers.contains(word) && !known.contains(word) {
                told.insert((word.to_owned(), file.clone()));
            }
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn what_is_kept_of_persons_is_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&project().join("out/work")), 0o700);
    assert!(!project().join("out/release").join("work").exists());
}

#[test]
fn the_only_mistake_that_leaves_a_row_in_use_is_a_warning() {
    for p in said_json("check")["problems"].as_array().expect("problems") {
        let severity = if p["rule"] == ONLY_A_WARNING { "warning" } else { "error" };
        assert_eq!(p["severity"], severity, "{p}");
    }
}
