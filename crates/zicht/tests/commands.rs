//! Commands besides the pipeline: starting a monitor, estimating from lists, completions, help.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Folder, assert_same, number, repository, tree};

const LISTS: &str = "examples/netherlands/registers/mse_netherlands_2010_2015_six_lists.csv";

/// A folder with the six lists of 2010-2015 as `lists.csv`.
fn with_lists() -> Folder {
    let folder = Folder::new();
    folder.write("lists.csv", std::fs::read(repository().join(LISTS)).expect("the six lists"));
    folder
}

#[test]
fn a_new_monitor_is_a_template_that_checks_without_problems() {
    let folder = Folder::new();
    let ran = folder.zicht(&["new", "m"]).ends_with(0);
    insta::assert_snapshot!("a_new_monitor", ran.stdout);
    assert_eq!(tree(&folder.path("m")).keys().collect::<Vec<_>>(), ["monitor.toml"]);
    assert!(folder.path("m/registers").is_dir());
    let checked = folder.json(0, &["check", "m"]);
    assert_eq!(checked["problems"], serde_json::json!([]));
    assert_eq!(number(&checked, "rows_in"), 0);
}

#[test]
fn the_example_of_the_netherlands_is_the_one_in_the_repository() {
    let folder = Folder::new();
    let made = folder.json(0, &["new", "nl", "--example", "netherlands"]);
    assert_eq!(made["monitor"], "nl/monitor.toml");
    let mut example = tree(&repository().join("examples/netherlands"));
    example.retain(|name, _| !name.starts_with("out/"));
    assert_same(&tree(&folder.path("nl")), &example);
}

#[test]
fn the_example_of_registers_is_whole_and_the_same_each_time() {
    let folder = Folder::new();
    for name in ["a", "b"] {
        folder.zicht(&["new", name, "--example", "registers"]).ends_with(0);
    }
    let made = tree(&folder.path("a"));
    assert_same(&made, &tree(&folder.path("b")));
    for part in ["registers/", "codes/", "truth/"] {
        assert!(made.keys().any(|name| name.starts_with(part)), "{part}");
    }
    let checked = folder.json(1, &["check", "a"]);
    let sources = checked["sources"].as_array().expect("sources");
    for register in ["police", "kmar", "inspectorate", "coordinators", "shelters", "others"] {
        assert!(sources.iter().any(|s| s["source"] == register), "{register}");
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = Folder::new();
    folder.write("full/thesis.txt", "years of work");
    let before = tree(&folder.path("full"));
    let mut said = String::new();
    for arguments in
        [&["new", "full"][..], &["new", "full", "--example", "netherlands"], &["simulate", "--out", "full"]]
    {
        said = folder.zicht(arguments).ends_with(2).said();
        assert_same(&tree(&folder.path("full")), &before);
    }
    insta::assert_snapshot!("a_folder_that_is_not_empty", said);
}

#[test]
fn estimates_of_the_six_lists_have_the_keys_of_the_contract() {
    let folder = with_lists();
    let all = folder.json(0, &["estimate", "lists.csv"]);
    assert_eq!(number(&all, "detected"), 8234);
    assert_eq!(all["lists"], serde_json::json!(["I", "K", "O", "P", "R", "Z"]));
    let estimates = all["estimates"].as_array().expect("estimates");
    assert!(estimates.len() >= 5, "{estimates:?}");
    for e in estimates {
        let keys: Vec<&String> = e.as_object().expect("an estimate").keys().collect();
        let contract =
            ["method", "total", "interval", "level", "model", "converged", "refused", "diagnostics"];
        assert_eq!(keys, contract, "{e}");
        assert!(e["diagnostics"].is_object() && e["converged"].is_boolean(), "{e}");
        assert_eq!(e["level"], 0.95);
        if e["refused"].is_null() {
            let total = e["total"].as_f64().expect("a total");
            assert!(total > 8234.0, "detected and hidden together: {e}");
            if let Some([low, high]) = e["interval"].as_array().map(Vec::as_slice) {
                let (low, high) = (low.as_f64().expect("low"), high.as_f64().expect("high"));
                assert!(low <= total && total <= high, "{e}");
            }
        } else {
            assert!(e["refused"].is_string() && e["total"].is_null(), "{e}");
        }
    }
}

#[test]
fn covariates_are_an_answer_of_their_own() {
    let folder = Folder::new();
    let rows = ["1,0,F,200", "0,1,F,200", "1,1,F,200", "1,0,M,380", "0,1,M,80", "1,1,M,20"];
    folder.write("persons.csv", format!("police,shelter,sex,count\n{}\n", rows.join("\n")));
    let with = folder.json(0, &["estimate", "persons.csv", "--method", "main", "--covariate", "sex"]);
    assert_eq!(with["lists"], serde_json::json!(["police", "shelter"]));
    let found = &with["covariates"];
    assert_eq!(found["columns"], serde_json::json!(["sex"]));
    // Either sex by itself: 400·400/200 = 800 and 400·100/20 = 2,000 persons.
    let total = found["loglinear"]["total"].as_f64().expect("a total");
    assert!((total - 2800.0).abs() < 1e-3, "{total}");
    assert_eq!(found["loglinear"]["groups"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["doubly_robust"][0]["lists"], serde_json::json!(["police", "shelter"]));
    // With the column as groups and no covariate nothing is added to the contract.
    let without = folder.json(0, &["estimate", "persons.csv", "--method", "main", "--by", "sex"]);
    assert!(without.get("covariates").is_none());
    let both = ["estimate", "persons.csv", "--method", "main", "--by", "sex", "--covariate", "sex"];
    assert_eq!(folder.json(0, &both)["groups"], without["groups"]);
}

/// The values of the R packages for these lists; `crates/estimate/tests/reference.rs` compares
/// every other one and explains the tolerances.
#[test]
fn estimates_of_the_six_lists_are_those_of_the_existing_packages() {
    let mut reader = csv::Reader::from_path(repository().join("crates/estimate/tests/data/reference.csv"))
        .expect("the reference values");
    let reference: BTreeMap<(String, String), String> = reader
        .records()
        .map(|r| r.expect("a row"))
        .filter(|r| r[3] == *"Ned")
        .map(|r| ((r[2].to_owned(), r[4].to_owned()), r[5].to_owned()))
        .collect();
    let value = |call: &str, quantity: &str| -> f64 {
        let text = &reference[&(call.to_owned(), quantity.to_owned())];
        text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text}"))
    };
    let folder = with_lists();
    let estimate = |method: &str| -> Value {
        let all = folder.json(0, &["estimate", "lists.csv", "--method", method]);
        let estimates = all["estimates"].as_array().expect("estimates");
        assert_eq!(estimates.len(), 1);
        assert_eq!(estimates[0]["method"], method);
        estimates[0].clone()
    };
    let close = |ours: &Value, theirs: f64, tolerance: f64, what: &str| {
        let ours = ours.as_f64().expect(what);
        assert!((ours / theirs - 1.0).abs() < tolerance, "{what}: {ours}, and {theirs} in the package");
    };
    for (method, call) in [
        ("main", "estimatepopulation.0(z,method='main')"),
        ("stepwise", "estimatepopulation.0(z,method='stepwise',pthresh=0.02)"),
    ] {
        let ours = estimate(method);
        close(&ours["total"], value(call, "point est."), 1e-6, method);
        close(&ours["interval"][0], value(call, "2.5%"), 5e-5, method);
        close(&ours["interval"][1], value(call, "97.5%"), 5e-5, method);
    }
    let main = value("closedp.t(z,dfreq=TRUE)$results", "Mt abundance|stderr|deviance|df|AIC|BIC|infoFit");
    close(&estimate("main")["total"], main, 1e-6, "main");
    let stepwise = value("estimate_population_stepwise(z,pthresh=0.02)", "popest");
    close(&estimate("stepwise")["total"], stepwise, 1e-6, "stepwise");
}

#[test]
fn methods_that_all_refuse_end_with_3_and_say_why() {
    let folder = Folder::new();
    // No person stands on both lists, so nothing is known of those who stand on none.
    folder.write("apart.csv", "A,B,count\n1,0,40\n0,1,60\n");
    let ran = folder.zicht(&["estimate", "apart.csv"]).ends_with(3);
    insta::assert_snapshot!("every_method_refuses", format!("{}\n{}", ran.stdout, ran.said()));
    let all = folder.json(3, &["estimate", "apart.csv"]);
    for e in all["estimates"].as_array().expect("estimates") {
        assert!(e["refused"].as_str().is_some_and(|why| !why.is_empty()), "{e}");
        assert!(e["total"].is_null() && e["interval"].is_null(), "{e}");
    }
}

#[test]
fn groups_are_estimated_apart_and_ranked_by_visibility() {
    let folder = Folder::new();
    folder.write(
        "lists.csv",
        "A,B,C,who,count\n1,1,0,x,30\n1,0,1,x,25\n0,1,1,x,20\n1,1,1,x,15\n1,0,0,x,60\n0,1,0,x,50\n0,0,1,x,40\n\
         1,1,0,y,5\n1,0,1,y,4\n0,1,1,y,5\n1,1,1,y,1\n1,0,0,y,160\n0,1,0,y,150\n0,0,1,y,140\n",
    );
    let all = folder.json(0, &["estimate", "lists.csv", "--by", "who", "--method", "main"]);
    let groups = all["groups"].as_array().expect("groups");
    let of = |who: &str| groups.iter().find(|g| g["who"] == who).unwrap_or_else(|| panic!("{who}"));
    assert_eq!((number(of("x"), "detected"), number(of("y"), "detected")), (240, 465));
    assert!(of("x")["visibility"].as_f64() > of("y")["visibility"].as_f64());
    assert!(of("y")["probability_least_visible"].as_f64() > Some(0.99), "{groups:?}");
    assert_eq!(of("x")["interval"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_unknown_method_is_refused_with_the_nearest() {
    let folder = with_lists();
    let ran = folder.zicht(&["estimate", "lists.csv", "--method", "stepwize"]).ends_with(2);
    insta::assert_snapshot!("an_unknown_method", ran.said());
    assert_eq!(ran.stdout, "");
}

#[test]
fn lists_that_cannot_be_used_are_refused_in_words() {
    let folder = Folder::new();
    let mut said = String::new();
    let forty = |value: &str| vec![value; 40].join(",");
    let names: Vec<String> = (1..=40).map(|i| format!("L{i}")).collect();
    let forty = format!("{},count\n{},3\n", names.join(","), forty("1"));
    for (name, text) in [
        ("not_binary.csv", "A,B,count\n2,0,10\n"),
        ("one_list.csv", "A,count\n1,10\n"),
        ("no_rows.csv", "A,B,count\n"),
        ("negative.csv", "A,B,count\n1,0,-3\n"),
        ("fraction.csv", "A,B,count\n1,0,2.5\n"),
        ("nowhere_seen.csv", "A,B,count\n0,0,10\n"),
        ("forty_lists.csv", &forty),
    ] {
        folder.write(name, text);
        said.push_str(&folder.zicht(&["estimate", name, "--method", "main"]).ends_with(2).said());
    }
    said.push_str(&folder.zicht(&["estimate", "nowhere.csv"]).ends_with(2).said());
    insta::assert_snapshot!("lists_that_cannot_be_used", said);
}

#[test]
fn lists_are_chosen_and_a_wrong_name_is_answered_with_the_nearest() {
    let folder = Folder::new();
    folder.write(
        "lists.csv",
        "police,shelter,clinic,count\n1,0,0,60\n0,1,0,50\n0,0,1,40\n1,1,0,30\n1,0,1,5\n0,1,1,6\n1,1,1,2\n",
    );
    let run = |options: &[&str]| {
        let arguments = [&["estimate", "lists.csv", "--method", "main"], options].concat();
        folder.json(0, &arguments)
    };
    let pooled = run(&["--pool", "police,shelter"]);
    assert_eq!(pooled["lists"], serde_json::json!(["police+shelter", "clinic"]));
    assert_eq!(number(&pooled, "detected"), 193);
    let dropped = run(&["--drop", "clinic"]);
    assert_eq!(number(&dropped, "detected"), 153);
    assert!(dropped["notes"][0].as_str().is_some_and(|note| note.starts_with("40 persons")), "{dropped}");
    let dependent = run(&["--dependent", "shelter:police"]);
    assert_eq!(dependent["estimates"][0]["model"], "police shelter clinic police:shelter");
    assert_eq!(dependent["pairs"].as_array().map(Vec::len), Some(3));
    let rows = dependent["sensitivity"].as_array().expect("sensitivity");
    assert!(
        rows.iter().any(|row| row["change"] == "without-list" && row["lists"][0] == "clinic"),
        "{rows:?}"
    );
    assert_eq!(run(&["--no-sensitivity"])["sensitivity"], serde_json::json!([]));
    for (options, words) in [
        (["--drop", "polise"], "did you mean \"police\"?"),
        (["--pool", "police,clinik"], "did you mean \"clinic\"?"),
        (["--pool", "police"], "at least two lists are needed to put together"),
        (["--dependent", "police"], "write them as A:B"),
        (["--pool", "police,shelter,clinic"], "leaves 1 of the 3"),
    ] {
        let said = folder.zicht(&[&["estimate", "lists.csv"], &options[..]].concat()).ends_with(2).said();
        assert!(said.contains(words), "{options:?}: {said}");
    }
}

#[test]
fn draws_are_read_from_a_folder_or_from_a_column() {
    let folder = Folder::new();
    let table = |both: u32, draw: &str| {
        let rows = [("1,0", 100 - both), ("0,1", 80 - both), ("1,1", both)];
        rows.map(|(history, n)| format!("{history}{draw},{n}\n")).concat()
    };
    folder.write("lists.csv", format!("A,B,count\n{}", table(20, "")));
    let mut all = "A,B,draw,count\n".to_owned();
    for draw in 0..20 {
        let both = 18 + draw % 5;
        folder.write(&format!("histories/{draw:03}.csv"), format!("A,B,count\n{}", table(both, "")));
        all.push_str(&table(both, &format!(",{draw}")));
    }
    folder.write("draws.csv", all);
    let run = |draws: &str| folder.json(0, &["estimate", "lists.csv", "--draws", draws, "--method", "main"]);
    let found = run("histories");
    assert_eq!(found, run("draws.csv"));
    assert_eq!(
        (number(&found, "detected"), &found["detected_interval"]),
        (160, &serde_json::json!([158, 162]))
    );
    let diagnostics = &found["estimates"][0]["diagnostics"];
    assert_eq!((number(diagnostics, "draws"), number(diagnostics, "different_tables")), (20, 5));
    assert!(diagnostics["linkage_share"].as_f64().is_some_and(|share| share > 0.0 && share < 1.0));
    folder.write("empty/readme.txt", "nothing");
    let said = folder.zicht(&["estimate", "lists.csv", "--draws", "empty"]).ends_with(2).said();
    assert!(said.contains("has no CSV files of draws"), "{said}");
    folder.write("other.csv", "A,C,count\n1,1,4\n1,0,9\n0,1,8\n");
    let said = folder.zicht(&["estimate", "lists.csv", "--draws", "other.csv"]).ends_with(2).said();
    assert!(said.contains("all draws need the same lists"), "{said}");
}

#[test]
fn files_alone_are_checked_and_nothing_is_left_behind() {
    let folder = with_lists();
    folder.write("table.csv", "form,year,value\nLAB,2019,10\nLAB,2020\nSEX,2019,20\n");
    let before = tree(&folder.path("."));
    let checked = folder.json(0, &["check", "lists.csv"]);
    assert_eq!(["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&checked, k)), [24, 24, 0]);
    let checked = folder.json(1, &["check", "lists.csv", "table.csv"]);
    assert_eq!(["rows_in", "rows_used", "rows_quarantined"].map(|k| number(&checked, k)), [27, 26, 1]);
    let problems = checked["problems"].as_array().expect("problems");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((&problems[0]["rule"], number(&problems[0], "row")), (&"row.ragged".into(), 3));
    assert_eq!(problems[0]["file"], "table.csv");
    assert_same(&tree(&folder.path(".")), &before);
}

#[test]
fn results_are_kept_where_out_says() {
    let folder = with_lists();
    folder.write("table.csv", "form,year,value\nLAB,2019,<5\nSEX,2019,20\nTotal,2019,22\n");
    for (code, command, file, kept) in
        [(0, "estimate", "lists.csv", "estimate.json"), (1, "audit", "table.csv", "audit.json")]
    {
        let said = folder.json(code, &[command, file, "--out", "kept/here"]);
        let bytes = std::fs::read(folder.path("kept/here").join(kept)).expect("the result");
        assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), said, "{command}");
    }
}

#[test]
fn completions_name_the_commands_in_every_shell() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.zicht(&["completions", shell]).ends_with(0).stdout;
        for command in ["new", "run", "check", "estimate", "protect", "audit", "simulate", "serve"] {
            assert!(script.contains(command), "{shell} does not complete {command}");
        }
        assert!(script.contains("netherlands"), "{shell} does not complete values");
    }
    folder.zicht(&["completions", "tcl"]).ends_with(2);
}

#[test]
fn the_version_and_the_help_come_on_standard_output() {
    let folder = Folder::new();
    let version = folder.zicht(&["--version"]).ends_with(0);
    assert_eq!(version.stdout, format!("zicht {}\n", env!("CARGO_PKG_VERSION")));
    let help = folder.zicht(&["--help"]).ends_with(0);
    assert_eq!(help.stderr, "");
    assert!(help.stdout.contains("Exit codes: 0 done"), "{}", help.stdout);
    for command in ["new", "run", "check", "estimate", "protect", "audit", "simulate", "serve", "completions"]
    {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command} is not in the help");
        let own = folder.zicht(&[command, "--help"]).ends_with(0);
        for option in ["--format", "--threads", "--seed", "--quiet"] {
            assert!(own.stdout.contains(option), "{command} has no {option}");
        }
    }
    // Without a command there is nothing to do: the help is a remark, and the call was wrong.
    let nothing = folder.zicht(&[]).ends_with(2);
    assert!(nothing.stdout.is_empty() && nothing.stderr.contains("Usage"), "{nothing:?}");
}

#[test]
fn quiet_leaves_results_and_errors_only() {
    let folder = with_lists();
    folder.write("ragged.csv", "A,B,count\n1,0,10\n1,1,5\n0,1,9\n1\n");
    let loud = folder.zicht(&["estimate", "ragged.csv", "--method", "main"]).ends_with(0);
    assert!(loud.stderr.contains("row.ragged"), "{}", loud.stderr);
    let quiet = folder.zicht(&["estimate", "ragged.csv", "--method", "main", "--quiet"]).ends_with(0);
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", loud.stdout));
    let failed = folder.zicht(&["estimate", "nowhere.csv", "--quiet"]).ends_with(2);
    assert!(failed.stderr.contains("nowhere.csv"), "{}", failed.stderr);
}

#[test]
fn colour_is_an_offer_that_no_color_declines() {
    let folder = Folder::new();
    let run = |no_color: bool| {
        let mut command = support::command(&folder.path("."), &["estimate", "nowhere.csv"]);
        command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        command.output().expect("the program runs").stderr
    };
    assert!(run(false).contains(&0x1b), "colour was asked for");
    assert!(!run(true).contains(&0x1b), "colour was declined");
}

#[test]
fn json_carries_the_failure_too() {
    let folder = Folder::new();
    let failed = folder.json(2, &["estimate", "nowhere.csv"]);
    assert_eq!(number(&failed["error"], "exit_code"), 2);
    assert!(failed["error"]["message"].as_str().is_some_and(|m| m.contains("nowhere.csv")), "{failed}");
    assert!(failed["error"]["help"].as_str().is_some_and(|h| !h.is_empty()), "{failed}");
}
