//! Bad input gets a clear error and exit code 2; nothing is released in part, and an old release
//! stays whole.
//!
//! The words of each message are in `snapshots/`, to be reviewed as text.

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rust_xlsxwriter::{Format, Workbook};
use support::{Folder, Ran, assert_same, ending, number, small, tree};

type Files = BTreeMap<String, Vec<u8>>;

/// The small monitor with a release that was made from good input, and that release.
fn released() -> (Folder, Files) {
    let folder = small::make();
    folder.zicht(&["run", "m"]).ends_with(0);
    let release = tree(&folder.path("m/out/release"));
    assert!(release.len() > 10);
    // What a run says from here on is what the damage makes it say.
    (folder, release)
}

/// Runs a monitor that was damaged: exit code 2, no personal value in any message, the old
/// release whole and nothing beside it. Returns what was said.
#[track_caller]
fn refused(folder: &Folder, old: &Files) -> String {
    let ran = folder.zicht(&["run", "m"]).ends_with(2);
    small::personal().are_kept_out_of_run(&ran);
    assert_eq!(ran.stdout, "");
    assert_same(&tree(&folder.path("m/out/release")), old);
    assert_eq!(beside_the_release(&folder.path("m/out")), Vec::<String>::new());
    let json = folder.json(2, &["run", "m"]);
    assert!(json["error"]["message"].is_string(), "{json}");
    small::personal().are_kept_out_of(&json.to_string());
    failure(&ran)
}

/// The failure alone: what was said after the last step and the last finding.
fn failure(ran: &Ran) -> String {
    let said = ran.said();
    let at = said.lines().position(|l| l.starts_with("  ×") || l.starts_with("Error")).unwrap_or_default();
    said.split_inclusive('\n').skip(at).collect()
}

/// What is in the folder of derived files and has no business there.
fn beside_the_release(out: &Path) -> Vec<String> {
    let known = ["release", "work", "problems.csv", "problems.json", "audit.json"];
    let entries = fs::read_dir(out).expect("the folder of derived files");
    let names = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|n| !known.contains(&n.as_str())).collect()
}

// --- Files -------------------------------------------------------------------------------------

#[test]
fn a_missing_file_is_named() {
    let (folder, old) = released();
    fs::remove_file(folder.path("m/registers/police.csv")).expect("removed");
    insta::assert_snapshot!("a_missing_file", refused(&folder, &old));
}

#[test]
fn an_empty_file_is_named() {
    let (folder, old) = released();
    let mut said = String::new();
    for empty in ["", "\n\n", "\u{feff}"] {
        folder.write("m/registers/police.csv", empty);
        said.push_str(&refused(&folder, &old));
    }
    insta::assert_snapshot!("an_empty_file", said);
}

#[test]
fn a_folder_that_is_no_monitor_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path("m")).expect("a folder");
    let ran = folder.zicht(&["run", "m"]).ends_with(2);
    insta::assert_snapshot!("no_monitor", ran.said());
    assert!(tree(&folder.path("m")).is_empty(), "nothing was made there");
}

#[test]
fn bytes_that_are_not_the_stated_encoding_are_quarantined_and_counted() {
    let (folder, _) = released();
    folder.write(
        "m/monitor.toml",
        small::settings("registers/police.csv", "format = { encoding = \"utf-8\" }"),
    );
    // One name in windows-1252 among UTF-8.
    let mut bytes = small::register().into_bytes();
    bytes.extend(b"PL99999,Q99,Ren\xe9 Achternaam,1980-01-01,2024-05-05,F,ARBEID\n");
    folder.write("m/registers/police.csv", bytes);
    let ran = folder.zicht(&["check", "m"]).ends_with(1);
    small::personal().are_kept_out_of_run(&ran);
    insta::assert_snapshot!("a_row_in_another_encoding", ran.said());
    let checked = folder.json(1, &["check", "m"]);
    let rows = small::ROWS as u64;
    assert_eq!(
        ["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&checked, k)),
        [rows + 1, rows, 1]
    );
}

#[test]
fn an_encoding_that_is_not_stated_is_found_out_and_noted() {
    let (folder, old) = released();
    let accented = small::register().replace("Maria", "Ren\u{e9}");
    let utf_16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(accented.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = accented.chars().map(|c| c as u8).collect();
    for (bytes, noted) in [(latin, "read as windows-1252"), (utf_16, "")] {
        folder.write("m/registers/police.csv", bytes);
        let checked = folder.json(0, &["check", "m"]);
        assert_eq!(number(&checked, "rows_used"), small::ROWS as u64);
        let said: Vec<&str> = checked["problems"]
            .as_array()
            .expect("problems")
            .iter()
            .filter_map(|p| p["message"].as_str())
            .collect();
        assert!(if noted.is_empty() { said.is_empty() } else { said[0].contains(noted) }, "{said:?}");
        folder.zicht(&["run", "m"]).ends_with(0);
        let table = "data/victims_form/victims_form.csv";
        assert_eq!(tree(&folder.path("m/out/release"))[table], old[table]);
    }
}

#[test]
fn a_header_that_is_not_the_stated_encoding_is_refused() {
    let (folder, old) = released();
    let mut said = String::new();
    folder.write(
        "m/monitor.toml",
        small::settings("registers/police.csv", "format = { encoding = \"utf-8\" }"),
    );
    let header = small::register().replacen("name", "na\u{eb}m", 1);
    let latin: Vec<u8> = header.chars().map(|c| c as u8).collect();
    folder.write("m/registers/police.csv", latin);
    said.push_str(&refused(&folder, &old));
    // The same file, said to be of two bytes a character, is one line of nonsense.
    folder.write(
        "m/monitor.toml",
        small::settings("registers/police.csv", "format = { encoding = \"utf-16le\" }"),
    );
    folder.write("m/registers/police.csv", small::register());
    said.push_str(&refused(&folder, &old));
    folder.write(
        "m/monitor.toml",
        small::settings("registers/police.csv", "format = { encoding = \"latin-9000\" }"),
    );
    said.push_str(&refused(&folder, &old));
    insta::assert_snapshot!("a_header_in_another_encoding", said);
}

#[test]
fn ragged_rows_are_quarantined_counted_and_do_not_stop_the_run() {
    let (folder, old) = released();
    let mut text = small::register();
    for (i, end) in [(300, ",one more"), (301, ",two,more")] {
        text.extend([&small::row(i).join(","), end, "\n"]);
    }
    text.extend([&small::row(302)[..4].join(","), "\n"]);
    folder.write("m/registers/police.csv", text);
    let checked = folder.json(1, &["check", "m"]);
    let rows = small::ROWS as u64;
    assert_eq!(
        ["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&checked, k)),
        [rows + 3, rows, 3]
    );
    let problems = checked["problems"].as_array().expect("problems");
    assert!(problems.iter().all(|p| p["rule"] == "row.ragged"), "{problems:?}");
    assert_eq!(problems.iter().map(|p| number(p, "row")).collect::<Vec<_>>(), [rows + 2, rows + 3, rows + 4]);
    let ran = folder.zicht(&["run", "m"]).ends_with(0);
    small::personal().are_kept_out_of_run(&ran);
    insta::assert_snapshot!("ragged_rows", ran.said());
    // The rows that were left out change no figure.
    let data = |files: &Files| -> Files {
        files.iter().filter(|(name, _)| ending(name) == "csv").map(|(n, b)| (n.clone(), b.clone())).collect()
    };
    assert_same(&data(&tree(&folder.path("m/out/release"))), &data(&old));
}

#[test]
fn a_workbook_with_merged_headers_is_refused_with_the_cells() {
    let (folder, old) = released();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Meldingen").expect("a name");
    sheet.merge_range(0, 2, 0, 3, "persoon", &Format::new()).expect("merged cells");
    for (column, name) in small::HEADER.iter().enumerate().filter(|(c, _)| !(2..=3).contains(c)) {
        sheet.write_string(0, column as u16, *name).expect("a cell");
    }
    for i in 0..20 {
        for (column, text) in small::row(i).iter().enumerate() {
            sheet.write_string(i as u32 + 1, column as u16, text).expect("a cell");
        }
    }
    fs::write(folder.path("m/registers/police.xlsx"), book.save_to_buffer().expect("a workbook"))
        .expect("a file");
    folder.write("m/monitor.toml", small::settings("registers/police.xlsx", ""));
    insta::assert_snapshot!("merged_headers", refused(&folder, &old));
}

#[test]
fn a_workbook_that_is_none_is_refused() {
    let (folder, old) = released();
    let mut said = String::new();
    for bytes in [small::register().as_bytes(), b"PK\x03\x04 and then nothing", b""] {
        folder.write("m/registers/police.xlsx", bytes);
        folder.write("m/monitor.toml", small::settings("registers/police.xlsx", ""));
        said.push_str(&refused(&folder, &old));
    }
    insta::assert_snapshot!("no_workbook", said);
}

#[test]
fn a_very_long_line_is_refused() {
    let (folder, old) = released();
    let mut bytes = format!("{}\n", small::HEADER.join(",")).into_bytes();
    bytes.resize(40 << 20, b'x');
    folder.write("m/registers/police.csv", &bytes);
    insta::assert_snapshot!("a_very_long_line", refused(&folder, &old));
}

/// The greatest memory a program took while it ran, in bytes.
fn greatest_memory(child: &mut std::process::Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut greatest = 0;
    while child.try_wait().expect("a state").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
        greatest = greatest.max(kilobytes.unwrap_or_default() << 10);
        std::thread::sleep(Duration::from_millis(2));
    }
    greatest
}

#[test]
fn a_line_of_two_gigabytes_is_refused_without_reading_it_into_memory() {
    let (folder, old) = released();
    for (name, format) in [("police.csv", "format = { encoding = \"utf-8\" }"), ("police.jsonl", "")] {
        let path = format!("m/registers/{name}");
        let mut file = File::create(folder.path(&path)).expect("a file");
        if name == "police.csv" {
            writeln!(file, "{}", small::HEADER.join(",")).expect("a header");
        }
        // Holes read as zeros and take no room.
        file.set_len(2 << 30).expect("a file with holes");
        file.seek(SeekFrom::End(0)).expect("the end");
        writeln!(file).expect("an end of the line");
        folder.write("m/monitor.toml", small::settings(&format!("registers/{name}"), format));
        let mut command = support::command(&folder.path("."), &["run", "m"]);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let memory = greatest_memory(&mut child);
        let mut said = String::new();
        child.stderr.take().expect("standard error").read_to_string(&mut said).expect("UTF-8");
        assert_eq!(child.wait().expect("an end").code(), Some(2), "{said}");
        assert!(said.contains("more than 16 MiB"), "{said}");
        assert!((1..512 << 20).contains(&memory), "{name}: {memory} bytes of memory");
        assert_same(&tree(&folder.path("m/out/release")), &old);
    }
}

#[test]
fn column_names_that_occur_twice_are_refused() {
    let (folder, old) = released();
    folder.write("m/registers/police.csv", small::register().replacen("name,born", "born,born", 1));
    insta::assert_snapshot!("column_names_twice", refused(&folder, &old));
}

#[test]
fn a_column_that_is_not_there_is_named_with_the_nearest() {
    let (folder, old) = released();
    folder.write("m/registers/police.csv", small::register().replacen("pseudonym", "pseudoniem", 1));
    let mut said = refused(&folder, &old);
    folder.write("m/registers/police.csv", small::register().replacen("pseudonym", "bsn", 1));
    said.push_str(&refused(&folder, &old));
    insta::assert_snapshot!("a_column_that_is_not_there", said);
}

/// The first row of such a file is a person, and nothing of it may be said.
#[test]
fn a_register_without_a_header_is_refused_and_its_first_row_not_told() {
    let (folder, old) = released();
    let text = small::register();
    let (_, rows) = text.split_once('\n').expect("a header");
    folder.write("m/registers/police.csv", rows);
    let mut said = refused(&folder, &old);
    // The same for a header_row that points at a report.
    folder.write("m/registers/police.csv", &text);
    folder.write("m/monitor.toml", small::settings("registers/police.csv", "format = { header_row = 4 }"));
    said.push_str(&refused(&folder, &old));
    // And for a first row in which a value occurs twice.
    let twice = "PL1,Q1,Maria Achternaam7,1990-01-01,1990-01-01,F,ARBEID\n";
    folder.write("m/registers/police.csv", format!("{twice}{rows}"));
    folder.write("m/monitor.toml", small::settings("registers/police.csv", ""));
    said.push_str(&refused(&folder, &old));
    assert!(!said.contains("1990-01-01"), "{said}");
    insta::assert_snapshot!("no_header", said);
}

#[test]
fn a_header_without_rows_is_no_person_and_no_error() {
    let (folder, _) = released();
    folder.write("m/registers/police.csv", format!("{}\n", small::HEADER.join(",")));
    let ran = folder.json(0, &["run", "m"]);
    assert_eq!(["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&ran, k)), [0, 0, 0]);
}

// --- Codes -------------------------------------------------------------------------------------

#[test]
fn unknown_codes_are_quarantined_counted_and_explained() {
    let (folder, _) = released();
    let mut text = small::register();
    for (i, (sex, form)) in [
        ("V", "ARBEID"),
        ("F", "ARBEIT"),
        ("F", "Seksuele uitbuiting van minderjarigen"),
        ("X9", "CRIM"),
        // A name in the wrong column, as when a row has moved by one.
        ("Maria", "ARBEID"),
        ("Fatima", "ARBEID"),
        ("Ottilie", "ARBEID"),
        ("M", "Arben"),
        ("M", "Crimson"),
        ("1971-01-01", "ARBEID"),
    ]
    .into_iter()
    .enumerate()
    {
        let [case, pseudonym, name, born, reported, ..] = small::row(400 + i);
        text.push_str(&[&case, &pseudonym, &name, &born, &reported, sex, form].map(String::from).join(","));
        text.push('\n');
    }
    folder.write("m/registers/police.csv", text);
    let ran = folder.zicht(&["check", "m"]).ends_with(1);
    small::personal().are_kept_out_of_run(&ran);
    let checked = folder.json(1, &["check", "m"]);
    assert_eq!(
        (number(&checked, "rows_used"), number(&checked, "rows_quarantined")),
        (small::ROWS as u64, 10)
    );
    for file in ["problems.csv", "problems.json"] {
        let problems = fs::read_to_string(folder.path("m/out").join(file)).expect("the problems");
        small::personal().are_kept_out_of(&problems);
    }
    let problems = fs::read_to_string(folder.path("m/out/problems.csv")).expect("the problems");
    insta::assert_snapshot!("unknown_codes", problems);
    folder.zicht(&["run", "m"]).ends_with(0);
}

const KINDS: &str = "code,parent,label_en,label_nl,valid_from,valid_to,provisional,note\n\
                     A,B,Kind A,Soort A,,,,\nB,C,Kind B,Soort B,,,,\nC,A,Kind C,Soort C,,,,\n";

#[test]
fn a_classification_that_is_cyclic_is_refused() {
    let (folder, old) = released();
    let settings = small::settings("registers/police.csv", "");
    let variable =
        "[variable.kind]\nfile = \"codes/kinds.csv\"\nlabel = { en = \"Kind\", nl = \"Soort\" }\n\n";
    folder.write("m/monitor.toml", settings.replacen("[[source]]", &format!("{variable}[[source]]"), 1));
    let mut said = refused(&folder, &old);
    for text in [
        KINDS.to_owned(),
        KINDS.replace("A,B,", "A,A,"),
        KINDS.replace("C,A,", "C,Z,"),
        KINDS.replace("C,A,", "A,,"),
        KINDS.replace("C,A,", "C,,extra,"),
    ] {
        folder.write("m/codes/kinds.csv", text);
        said.push_str(&refused(&folder, &old));
        said.push('\n');
    }
    folder.write("m/codes/kinds.csv", "code;parent\nA;B\n");
    said.push_str(&refused(&folder, &old));
    insta::assert_snapshot!("a_cyclic_classification", said);
    folder.write("m/codes/kinds.csv", KINDS.replace("C,A,", "C,,"));
    folder.zicht(&["run", "m"]).ends_with(0);
}

// --- Settings ----------------------------------------------------------------------------------

/// Runs with other settings, each a pair of text to replace and its replacement.
#[track_caller]
fn with_settings(changes: &[(&str, &str)]) -> String {
    let (folder, old) = released();
    let good = small::settings("registers/police.csv", "");
    let mut said = String::new();
    for (from, to) in changes {
        assert!(good.contains(from), "{from}");
        folder.write("m/monitor.toml", good.replacen(from, to, 1));
        said.push_str(&refused(&folder, &old));
        said.push('\n');
    }
    said
}

#[test]
fn unprotected_cells_are_refused() {
    let said = with_settings(&[
        ("[[table]]", "[disclosure]\npublish_unprotected = true\n\n[[table]]"),
        ("[[table]]", "[disclosure]\nthreshold = 1\n\n[[table]]"),
        ("[\"form\", \"sex\"]", "[\"form\", \"age\"]"),
    ]);
    insta::assert_snapshot!("unprotected_cells", said);
}

#[test]
fn unknown_keys_are_refused_with_what_was_probably_meant() {
    let said = with_settings(&[
        ("reference_date", "refrence_date"),
        ("dimensions", "dimension"),
        ("count = \"persons\"", "count = \"person\""),
        ("[\"form\", \"sex\"]", "[\"forms\", \"sex\"]"),
        ("[source.reports.columns]", "[source.report.columns]"),
        ("form = { column = \"form\" }", "form = { column = \"form\", codes = { A = \"ARBEIT\" } }"),
    ]);
    insta::assert_snapshot!("unknown_keys", said);
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let said = with_settings(&[
        ("id = \"small\"", "id = \"Small Monitor\""),
        ("registers/police.csv", "../police.csv"),
        ("registers/police.csv", "/etc/passwd"),
        ("reference_date = \"2026-01-31\"", "reference_date = \"2026-02-31\""),
        ("edition = \"2025\"", "edition = \"2025\"\nlanguages = [\"fr\"]"),
        ("[[table]]", "[[table]"),
        ("[[table]]", "[[estimate]]\nid = \"e\"\ntitle = \"E\"\nmethods = [\"mane\"]\n\n[[table]]"),
    ]);
    insta::assert_snapshot!("settings_that_contradict_themselves", said);
}

#[test]
fn settings_that_are_not_utf_8_are_refused() {
    let (folder, old) = released();
    folder.write("m/monitor.toml", b"[monitor]\nid = \"caf\xe9\"\n");
    insta::assert_snapshot!("settings_not_utf_8", refused(&folder, &old));
}

#[test]
fn wrong_options_are_refused_with_what_was_probably_meant() {
    let folder = small::make();
    let before = tree(&folder.path("m"));
    let mut said = String::new();
    for arguments in [
        &["rum", "m"][..],
        &["run"],
        &["run", "m", "--thread", "2"],
        &["run", "m", "--threads", "0"],
        &["run", "m", "--format", "xml"],
        &["new", "x", "--example", "holland"],
        &["estimate", "x.csv", "--max-order", "4"],
        &["estimate", "x.csv", "--level", "95"],
        &["simulate", "--reports", "0", "--out", "x"],
        &["simulate", "--date", "2026-02-30", "--out", "x"],
    ] {
        let ran = folder.zicht(arguments).ends_with(2);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        said.extend(["$ zicht ", &arguments.join(" "), "\n", &ran.said(), "\n"]);
    }
    insta::assert_snapshot!("wrong_options", said);
    assert_same(&tree(&folder.path("m")), &before);
    assert!(!folder.path("x").exists());
}

// --- The place of the release ------------------------------------------------------------------

#[test]
fn an_out_folder_that_cannot_be_made_is_named() {
    let folder = small::make();
    folder.write("file", "in the way");
    let mut said = String::new();
    for out in ["file", "file/out", "/proc/zicht/out"] {
        for command in ["run", "check", "protect"] {
            let ran = folder.zicht(&[command, "m", "--out", out]).ends_with(2);
            small::personal().are_kept_out_of_run(&ran);
            if command == "run" {
                said.push_str(&ran.said());
            }
        }
    }
    insta::assert_snapshot!("an_out_folder_that_cannot_be_made", said);
    assert_eq!(fs::read_to_string(folder.path("file")).expect("the file"), "in the way");
}

#[cfg(unix)]
#[test]
fn an_out_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = small::make();
    fs::create_dir(folder.path("locked")).expect("a folder");
    fs::set_permissions(folder.path("locked"), fs::Permissions::from_mode(0o555)).expect("permissions");
    if File::create(folder.path("locked/probe")).is_ok() {
        eprintln!("skipped: permissions do not bind this user, as they do not bind root");
        return;
    }
    let ran = folder.zicht(&["run", "m", "--out", "locked/out"]).ends_with(2);
    assert!(ran.stderr.contains("Permission denied"), "{}", ran.stderr);
}

#[test]
fn what_is_no_release_is_not_overwritten() {
    let folder = small::make();
    folder.write("m/out/release/thesis.txt", "years of work");
    let mut said = failure(&folder.zicht(&["run", "m"]).ends_with(2));
    assert_eq!(tree(&folder.path("m/out/release")).len(), 1);
    folder.write("b/release", "a file");
    said.push_str(&failure(&folder.zicht(&["run", "m", "--out", "b"]).ends_with(2)));
    assert_eq!(fs::read_to_string(folder.path("b/release")).expect("the file"), "a file");
    insta::assert_snapshot!("what_is_no_release", said);
    for out in ["m/out", "b"] {
        assert_eq!(beside_the_release(&folder.path(out)), Vec::<String>::new());
    }
}

// --- Runs that are killed, and runs at the same time --------------------------------------------

/// Ends the test unless a release is whole: every file of the manifest with its size and hash,
/// and no other.
#[track_caller]
fn assert_whole(release: &Path) {
    let files = tree(release);
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).expect("JSON");
    let mut listed = vec!["manifest.json".to_owned()];
    for file in manifest["files"].as_array().expect("files") {
        let path = file["path"].as_str().expect("a path");
        let bytes = files.get(path).unwrap_or_else(|| panic!("{path} is not there"));
        assert_eq!(number(file, "bytes"), bytes.len() as u64, "{path}");
        listed.push(path.to_owned());
    }
    listed.sort();
    assert_eq!(files.keys().cloned().collect::<Vec<_>>(), listed);
}

#[test]
fn a_killed_run_leaves_the_old_release_whole() {
    let (folder, old) = released();
    let settings =
        small::settings("registers/police.csv", "").replacen("edition = \"2025\"", "edition = \"2026\"", 1);
    folder.write("m/monitor.toml", settings);
    // What the run would make, and how long it takes here.
    let started = std::time::Instant::now();
    folder.zicht(&["run", "m", "--out", "whole"]).ends_with(0);
    let whole = started.elapsed();
    let new = tree(&folder.path("whole/release"));
    assert_ne!(old, new);
    let mut killed = 0;
    for (moment, part) in [0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0].into_iter().enumerate()
    {
        let mut child = support::command(&folder.path("."), &["run", "m", "--force"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        std::thread::sleep(whole.mul_f64(part));
        // SIGKILL, or Ctrl-C, unless it has ended.
        if moment % 2 == 0 {
            child.kill().expect("killed");
        } else {
            support::interrupt(&child);
        }
        let status = child.wait().expect("an end");
        killed += usize::from(!status.success());
        let found = tree(&folder.path("m/out/release"));
        if found != new {
            assert!(!status.success(), "a run that ended well has put its release in place");
            assert_same(&found, &old);
        }
        assert_whole(&folder.path("m/out/release"));
        if found == new {
            // Back to the old release for the next moment.
            fs::remove_dir_all(folder.path("m/out/release")).expect("removed");
            for (name, bytes) in &old {
                folder.write(&format!("m/out/release/{name}"), bytes);
            }
        }
    }
    assert!(killed > 0, "no run was killed");
    folder.zicht(&["run", "m"]).ends_with(0);
    assert_same(&tree(&folder.path("m/out/release")), &new);
    assert_eq!(beside_the_release(&folder.path("m/out")), Vec::<String>::new());
}

#[test]
fn a_second_run_in_one_folder_waits_for_nothing_and_harms_nothing() {
    let (folder, old) = released();
    let lock = File::create(folder.path("m/out/work/lock")).expect("a file");
    lock.lock().expect("a lock");
    insta::assert_snapshot!("another_run", refused(&folder, &old));
    for command in ["check", "protect"] {
        folder.zicht(&[command, "m"]).ends_with(2);
    }
    drop(lock);
    folder.zicht(&["run", "m"]).ends_with(0);
}

#[test]
fn two_runs_at_once_end_with_one_whole_release() {
    let (folder, old) = released();
    let mut both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = support::command(&folder.path("."), &["run", "m", "--force"]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs")
        })
        .collect();
    let codes: Vec<_> = both.iter_mut().map(|c| c.wait().expect("an end").code()).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|c| matches!(c, Some(0 | 2))), "{codes:?}");
    assert_same(&tree(&folder.path("m/out/release")), &old);
    assert_whole(&folder.path("m/out/release"));
}
