//! `[[estimate]]` in `monitor.toml`: groups and covariates reach the release.

mod support;

use std::fs;

use support::{Folder, number};

const SETTINGS: &str = r#"
[monitor]
id = "m"
title = "T"
description = "D"
publisher = "P"
edition = "2026"
reference_date = "2026-11-24"

[[source]]
id = "lists"
path = "registers/lists.csv"
title = "Lists"

[source.histories]

[[estimate]]
id = "hidden"
title = "Hidden"
source = "lists"
methods = ["main", "bic"]
by = ["sex"]
covariates = ["sex"]
"#;

/// Either sex by itself: 400·400/200 = 800 and 400·100/20 = 2,000 persons.
const LISTS: &str = "police,shelter,sex,count\n\
                     1,0,F,200\n0,1,F,200\n1,1,F,200\n\
                     1,0,M,380\n0,1,M,80\n1,1,M,20\n";

fn project(settings: &str) -> Folder {
    let folder = Folder::new();
    folder.write("m/monitor.toml", settings);
    folder.write("m/registers/lists.csv", LISTS);
    folder
}

fn page(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path(&format!("m/out/release/site/en/{name}.html"))).expect("the page")
}

#[test]
fn covariates_and_groups_of_an_estimate_reach_the_release() {
    let folder = project(SETTINGS);
    let ran = folder.json(0, &["run", "m"]);
    assert_eq!(number(&ran, "rows_used"), 6);
    let hidden = page(&folder, "hidden");
    for said in [
        "Using what is known of persons",
        "log-linear with covariates",
        ">2,800<",
        "police shelter sex police:sex shelter:sex",
        "police and shelter alone",
        "If a group had not been there",
    ] {
        assert!(hidden.contains(said), "{said}");
    }
    assert!(page(&folder, "visibility").contains("Two groups compared"));
    let contrasts = fs::read_to_string(folder.path("m/out/release/data/results/contrasts.csv"));
    let contrasts = contrasts.expect("the file");
    // 75 % of the women were seen and 24 % of the men.
    let row = contrasts.lines().nth(1).expect("a row");
    assert!(row.starts_with("hidden,sex=F,sex=M,3.1"), "{row}");
    let manifest = fs::read_to_string(folder.path("m/out/release/manifest.json")).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert!(manifest.to_string().contains("\"covariates\":[\"sex\"]"), "{manifest}");
}

#[test]
fn a_column_that_is_only_a_covariate_is_no_list() {
    let folder = project(&SETTINGS.replace("by = [\"sex\"]\n", ""));
    folder.json(0, &["run", "m"]);
    assert!(page(&folder, "hidden").contains("police shelter sex police:sex shelter:sex"));
    assert!(!folder.path("m/out/release/data/results/contrasts.csv").exists());
}

#[test]
fn covariates_with_dependent_lists_are_refused_before_anything_is_read() {
    let both = SETTINGS.replace("covariates", "dependent = [[\"police\", \"shelter\"]]\ncovariates");
    let said = project(&both).zicht(&["run", "m"]).ends_with(2).said();
    assert!(said.contains("estimate \"hidden\"") && said.contains("leave `dependent` out"), "{said}");
    let unknown = SETTINGS.replace("covariates = [\"sex\"]", "covariates = [\"form\"]");
    let said = project(&unknown).zicht(&["run", "m"]).ends_with(2).said();
    assert!(said.contains("form"), "{said}");
}
