//! `[disclosure]` in `monitor.toml`: what it does to a whole release.

mod support;

use std::fs;

use support::{Folder, number, small};

/// The counts of a table of the release, by their first code; a hidden one is `None`.
fn counts(folder: &Folder, table: &str) -> Vec<(Vec<String>, Option<u64>)> {
    let text =
        fs::read_to_string(folder.path(&format!("m/out/release/data/{table}/{table}.csv"))).expect("a table");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let head = rows.headers().expect("a header").clone();
    let at = |name: &str| head.iter().position(|h| h == name).expect("a column");
    let (value, codes) = (at("value"), [at("form"), at("sex"), at("year")]);
    rows.records()
        .map(|row| {
            let row = row.expect("a row");
            (codes.map(|c| row[c].to_owned()).to_vec(), row[value].parse().ok())
        })
        .collect()
}

fn monitor(disclosure: &str) -> Folder {
    let folder = small::make();
    let settings = fs::read_to_string(folder.path("m/monitor.toml")).expect("settings");
    folder.write("m/monitor.toml", format!("{settings}\n{disclosure}"));
    folder
}

#[test]
fn counts_are_rounded_and_pages_say_so() {
    let folder = monitor("[disclosure.rounding]\nbase = 5\nsteps = 1\n");
    let said = folder.json(0, &["run", "m"]);
    assert_eq!(number(&said["attack"], "exact"), 0);
    assert!(number(&said["tables"][0]["loss"], "changed") > 0);
    let rows = counts(&folder, "victims_form");
    assert!(rows.len() > 10);
    assert!(rows.iter().all(|(_, n)| n.is_some_and(|n| n.is_multiple_of(5))), "{rows:?}");
    let plain = monitor("");
    plain.json(0, &["run", "m"]);
    let whole = |rows: &[(Vec<String>, Option<u64>)]| {
        let total = rows.iter().find(|(codes, _)| codes[0] == "_T" && codes[1] == "_T" && codes[2] == "2024");
        total.expect("a total").1.expect("a count")
    };
    assert!(whole(&rows).abs_diff(whole(&counts(&plain, "victims_form"))) < 10);
    let read =
        |name: &str| fs::read_to_string(folder.path(&format!("m/out/release/{name}"))).expect("a file");
    for (page, words) in [
        ("site/en/table-victims_form.html", "rounded to multiples of 5"),
        ("site/nl/table-victims_form.html", "afgerond op veelvouden van 5"),
        ("site/en/methods.html", "rounded to multiples of 5"),
        ("site/en/methods.html", "who knows how far a count may be from the published one"),
        ("protection.json", "\"method\": \"rounding\""),
        ("manifest.json", "\"base\": 5"),
    ] {
        assert!(read(page).contains(words), "{page} without \"{words}\"");
    }
    assert!(!read("site/en/methods.html").contains("Counts below 5 are hidden"));
    assert!(!read("protection.json").contains("loss"));
}

/// With all registers nobody is in none of them, and everybody knows: that is published where zeros are hidden.
#[test]
fn that_nobody_is_in_no_register_is_no_secret() {
    let folder = monitor(
        "[[source]]\nid = \"shelter\"\npath = \"registers/shelter.csv\"\ntitle = { en = \"Shelter\", nl = \"Opvang\" }\n\
         [source.reports]\nregister = \"shelter\"\nlabel = { en = \"Shelter\", nl = \"Opvang\" }\nrecord = \"case\"\n\
         person = \"pseudonym\"\ndate = { column = \"reported\" }\n\
         [[table]]\nid = \"both\"\ntitle = { en = \"Victims by register\", nl = \"Slachtoffers naar register\" }\n\
         definition = { en = \"Persons reported.\", nl = \"Gemelde personen.\" }\ncount = \"persons\"\n\
         dimensions = [\"register:police\", \"register:shelter\"]\n[disclosure]\nzeros = \"protect\"\n",
    );
    // Reports 60 and up, of whom the police has those below 120.
    let rows = (60..180).map(|i| small::row(i).join(",")).collect::<Vec<_>>().join("\n");
    folder.write("m/registers/shelter.csv", format!("{}\n{rows}\n", small::HEADER.join(",")));
    let said = folder.json(0, &["run", "m"]);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let table = support::release::csv(&folder.path("m/out/release"), "both");
    for year in ["2023", "2024", "2025"] {
        let at = |police, shelter| {
            let codes = [("year", year), ("register_police", police), ("register_shelter", shelter)];
            table.at(&codes).value
        };
        assert_eq!(at("N", "N"), Some(0));
        assert_eq!([at("Y", "N"), at("Y", "Y"), at("N", "Y")], [Some(20); 3]);
        assert_eq!([at("Y", "_T"), at("_T", "Y"), at("_T", "_T")], [Some(40), Some(40), Some(60)]);
    }
    let page = fs::read_to_string(folder.path("m/out/release/site/en/table-both.html")).expect("the page");
    assert!(page.contains("id=\"overlap\"") && page.contains("Police + Shelter"), "{page}");
}

#[test]
fn a_category_has_a_higher_threshold() {
    let folder = monitor("[[disclosure.strict]]\ndimension = \"sex\"\ncode = \"M\"\nthreshold = 20\n");
    folder.json(0, &["run", "m"]);
    let men: Vec<u64> = counts(&folder, "victims_form")
        .into_iter()
        .filter(|(codes, _)| codes[1] == "M")
        .filter_map(|(_, n)| n)
        .collect();
    assert!(men.iter().all(|&n| n == 0 || n >= 20), "{men:?}");
    let plain = monitor("");
    plain.json(0, &["run", "m"]);
    let before = counts(&plain, "victims_form");
    assert!(before.iter().any(|(codes, n)| codes[1] == "M" && n.is_some_and(|n| (5..20).contains(&n))));
    let certificate = fs::read_to_string(folder.path("m/out/release/protection.json")).expect("a file");
    assert!(certificate.contains("\"threshold\": 20"), "{certificate}");

    let folder = monitor("[[disclosure.strict]]\ndimension = \"sex\"\ncode = \"male\"\nthreshold = 20\n");
    let said = folder.zicht(&["run", "m"]).ends_with(2).said();
    assert!(said.contains("no table has that category"), "{said}");
}

#[test]
fn rows_that_are_to_be_kept_are_kept_rather_than_others() {
    let hidden = |disclosure: &str| {
        let folder = monitor(disclosure);
        folder.json(0, &["run", "m"]);
        let all = counts(&folder, "victims_form");
        let of = |sex: &str| all.iter().filter(|(codes, n)| codes[1] == sex && n.is_none()).count();
        (of("F"), of("M"))
    };
    let weight = |sex: &str| {
        format!(
            "threshold = 20\n[[disclosure.weight]]\ndimension = \"sex\"\ncode = \"{sex}\"\nfactor = 100.0\n"
        )
    };
    let (women, men) = (
        hidden(&format!("[disclosure]\n{}", weight("F"))),
        hidden(&format!("[disclosure]\n{}", weight("M"))),
    );
    assert!(women.0 < men.0, "{women:?} {men:?}");
}

#[test]
fn editions_groupings_and_groups_are_audited_from_the_command_line() {
    let folder = Folder::new();
    folder.write("a.csv", "year,age,count\n2020,_T,52\n2020,0-17,12\n2020,18+,40\n");
    folder.write("b.csv", "year,age,count\n2020,_T,53\n2020,0-17,13\n2020,18+,40\n");
    folder.write("c.csv", "year,age,count\n2020,_T,53\n2020,0-18,14\n2020,19+,39\n");
    let said = folder.json(1, &["audit", "b.csv", "--before", "a.csv", "--threshold", "5"]);
    assert_eq!(number(&said, "exact"), 1, "{said:#}");
    assert_eq!(
        (said["findings"][0]["cell"]["age"].as_str(), number(&said["findings"][0], "lower")),
        (Some("0-17"), 1)
    );
    folder.json(0, &["audit", "a.csv", "--before", "a.csv", "--threshold", "5"]);
    let said = folder.json(1, &["audit", "b.csv", "c.csv", "--threshold", "5"]);
    assert_eq!(
        (said["findings"][0]["cell"]["age"].as_str(), number(&said["findings"][0], "lower")),
        (Some("18"), 1)
    );
    folder.write(
        "d.csv",
        "place,age,count\n_T,_T,40\n_T,0-17,20\n_T,18+,20\nnorth,_T,12\nnorth,0-17,12\nnorth,18+,0\nsouth,_T,28\n\
         south,0-17,8\nsouth,18+,20\n",
    );
    folder.json(0, &["audit", "d.csv", "--threshold", "5"]);
    let said = folder.json(1, &["audit", "d.csv", "--threshold", "5", "--groups"]);
    assert_eq!(number(&said, "exact"), 2, "{said:#}");
}

#[test]
fn rounded_tables_are_audited_from_the_command_line() {
    let folder = Folder::new();
    folder.write("a.csv", "year,age,count\n2020,_T,15\n2020,0-17,5\n2020,18+,5\n");
    let nearest = ["audit", "a.csv", "--rounded", "5", "--rounding", "nearest", "--threshold", "10"];
    let said = folder.json(1, &nearest);
    assert_eq!(number(&said, "narrow"), 2, "{said:#}");
    assert_eq!((number(&said["findings"][0], "lower"), number(&said["findings"][0], "upper")), (6, 7));
    folder.json(0, &["audit", "a.csv", "--rounded", "5", "--threshold", "10"]);
}

#[test]
fn whole_numbers_are_reconstructed_from_the_command_line() {
    let folder = Folder::new();
    folder.write("a.csv", "year,age,count\n2020,_T,15\n2020,0-17,<5\n2020,18+,11\n");
    let said = folder.json(1, &["audit", "a.csv", "--reconstruct"]);
    assert_eq!((number(&said, "exact"), number(&said["reconstruction"], "left")), (1, 0), "{said:#}");
    assert_eq!(number(&said["reconstruction"]["unique"][0], "cells"), 1);
    assert!(folder.json(1, &["audit", "a.csv"]).get("reconstruction").is_none());
}

#[test]
fn published_tables_are_repaired_from_the_command_line() {
    let folder = Folder::new();
    folder.write("a.csv", "year,sex,count\n2018,_T,114\n2018,F,29\n2018,M,81\n2018,X,<5\n");
    let said = folder.json(1, &["audit", "a.csv", "--repair", "--out", "out"]);
    let repair = &said["repair"];
    assert_eq!(
        (number(&repair["hide"][0], "count"), repair["hide"][0]["cell"]["sex"].as_str()),
        (29, Some("F"))
    );
    assert_eq!(
        (number(&repair["before"], "exact"), number(&repair["after"], "exact"), number(repair, "beyond")),
        (1, 0, 0)
    );
    let kept = fs::read_to_string(folder.path("out/audit.json")).expect("the result");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&kept).expect("JSON"), said);
    folder.write("b.csv", "year,sex,count\n2018,_T,114\n2018,F,x\n2018,M,81\n2018,X,<5\n");
    folder.json(0, &["audit", "b.csv"]);
}
