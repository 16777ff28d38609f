//! `zicht estimate` stops with what is done: by Ctrl-C, and when its time is up.

mod support;

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Folder, Ran};

const STOPPED: &str = "stopped before it was done";

const LISTS: &str = "A,B,C,D,count\n1,0,0,0,90\n0,1,0,0,75\n0,0,1,0,60\n0,0,0,1,50\n1,1,0,0,14\n1,0,1,0,9\n\
                     0,1,1,0,11\n0,0,1,1,8\n1,0,0,1,6\n1,1,1,0,3\n1,1,1,1,1\n";
/// Far more replicates than any machine does while a test waits.
const LONG: [&str; 13] = [
    "estimate",
    "lists.csv",
    "--method",
    "main",
    "--method",
    "stepwise",
    "--method",
    "chao",
    "--interval",
    "percentile",
    "--replicates",
    "5000000",
    "--no-sensitivity",
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("lists.csv", LISTS);
    folder
}

/// Starts `arguments`, with the result as JSON.
fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = support::command(&folder.path("."), arguments);
    command.args(["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program runs")
}

fn end(folder: &Folder, child: Child) -> Ran {
    Ran::of(child.wait_with_output().expect("an end"), &folder.path("."))
}

#[track_caller]
fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{why}: {ran:?}"))
}

/// `main` is done, the bootstrap of `stepwise` is not, and `chao` comes after it.
#[track_caller]
fn assert_stopped(found: &Value, folder: &Folder) {
    let whole = folder.json(0, &["estimate", "lists.csv", "--method", "main", "--no-sensitivity"]);
    assert_eq!(whole.get("stopped"), None, "only what was stopped says so");
    assert_eq!(found["stopped"], true);
    assert_eq!(found["estimates"][0], whole["estimates"][0]);
    for estimate in [&found["estimates"][1], &found["estimates"][2]] {
        assert_eq!(estimate["refused"], STOPPED);
        assert!(estimate["total"].is_null() && estimate["interval"].is_null());
    }
    assert_eq!(found["estimates"].as_array().map(Vec::len), Some(3));
}

#[test]
fn ctrl_c_stops_with_the_methods_that_are_done() {
    let folder = folder();
    let arguments: Vec<&str> = LONG.into_iter().chain(["--out", "kept"]).collect();
    // How long it takes until `main` is done is not known on a machine that has other work.
    let mut ran = None;
    for wait in [400, 1000, 3000, 9000] {
        let child = start(&folder, &arguments);
        std::thread::sleep(Duration::from_millis(wait));
        support::interrupt(&child);
        let found = end(&folder, child);
        let done = found.code == Some(3) && document(&found)["estimates"][0]["refused"].is_null();
        ran = Some(found);
        if done {
            break;
        }
    }
    let ran = ran.expect("at least one run");
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("Ctrl-C again ends at once"), "{}", ran.stderr);
    let found = document(&ran);
    assert_stopped(&found, &folder);
    let kept = std::fs::read_to_string(folder.path("kept/estimate.json")).expect("the result");
    assert_eq!(serde_json::from_str::<Value>(&kept).expect("JSON"), found);
    assert!(folder.path("kept/estimates.csv").is_file());
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = folder();
    // The second must come before the first one has stopped the work, a matter of milliseconds.
    let ended = (0..40).any(|attempt| {
        let child = start(&folder, &LONG);
        std::thread::sleep(Duration::from_millis(300 + 100 * attempt));
        support::interrupt(&child);
        support::interrupt(&child);
        let ran = end(&folder, child);
        assert!(matches!(ran.code, None | Some(3 | 130)), "{ran:?}");
        ran.code == Some(130) && ran.stdout.is_empty()
    });
    assert!(ended);
}

#[test]
fn time_that_is_up_stops_with_the_methods_that_are_done() {
    let folder = folder();
    let arguments: Vec<&str> = LONG.into_iter().chain(["--max-minutes", "0.03"]).collect();
    let ran = end(&folder, start(&folder, &arguments));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("--max-minutes is up"), "{}", ran.stderr);
    assert_stopped(&document(&ran), &folder);
    let quiet: Vec<&str> = arguments.into_iter().chain(["--quiet"]).collect();
    assert_eq!(end(&folder, start(&folder, &quiet)).stderr, "");
    // For people, and with time enough.
    let text = folder.zicht(&[&LONG[..], &["--max-minutes", "0.03"]].concat());
    assert!(text.stdout.contains("\nstopped: what was under way then"), "{}", text.stdout);
    let whole = folder.zicht(&["estimate", "lists.csv", "--method", "main", "--max-minutes", "60"]);
    assert!(whole.code == Some(0) && !whole.stdout.contains("stopped"), "{whole:?}");
    for wrong in ["0", "-1", "nan", "inf", "soon", "1e300"] {
        let said = folder.zicht(&["estimate", "lists.csv", &format!("--max-minutes={wrong}")]);
        assert_eq!(said.code, Some(2), "{wrong}");
        assert!(said.stderr.contains("a number of minutes above 0"), "{}", said.stderr);
    }
}

#[test]
fn a_study_that_is_stopped_says_so() {
    let folder = folder();
    let arguments =
        ["estimate", "--study", "--method", "main", "--populations", "4000000000", "--out", "kept"];
    let ran = end(&folder, start(&folder, &[&arguments[..], &["--max-minutes", "0.02"]].concat()));
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let found = document(&ran);
    assert_eq!(found["stopped"], true);
    // Not one scenario is complete, so none has a row.
    assert_eq!((&found["study"], &found["scenarios"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert!(ran.stderr.contains("0 of 7 scenarios"), "{}", ran.stderr);
    assert!(folder.path("kept/study.json").is_file());
}
