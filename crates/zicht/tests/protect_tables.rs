//! `zicht protect`: amounts, and tables that are tables already.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use support::{Folder, number, repository};

const AMOUNTS: &str = r#"
person = "company"

[disclosure]
threshold = 3
p_percent = { p = 10 }

[[table]]
id = "revenue"
dimensions = ["sector", "region"]
amount = "euro"
decimals = 2

[[table]]
id = "companies"
dimensions = ["sector", "region"]
"#;

/// Companies of three sectors in three regions; some cells are of one or two, and some are dominated.
fn companies() -> (Folder, Vec<(usize, usize, usize, u64)>) {
    let folder = Folder::new();
    let mut text = "sector,region,company,euro\n".to_owned();
    let mut all = Vec::new();
    for n in 0_usize..60 {
        let sector = (n.wrapping_mul(31) % 7).min(2);
        let region = (n.wrapping_mul(17) % 11).min(9) % 3;
        let cents = 10_000 + ((n * 7919) % 5003) as u64 * if n % 13 == 0 { 90 } else { 1 };
        writeln!(text, "s{sector},r{region},c{n},{}.{:02}", cents / 100, cents % 100).expect("a line");
        all.push((sector, region, n, cents));
    }
    folder.write("micro.csv", text);
    folder.write("spec.toml", AMOUNTS);
    (folder, all)
}

const PROTECT: [&str; 6] = ["protect", "micro.csv", "--spec", "spec.toml", "--out", "protected"];

fn rows(folder: &Folder, file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.path(file)).expect("a table");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn amounts_are_summed_and_hidden_where_one_could_be_estimated() {
    let (folder, all) = companies();
    let said = folder.json(0, &PROTECT);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let mut hidden = 0;
    for row in rows(&folder, "protected/revenue.csv") {
        let [sector, region, value, conf, _] = &row[..] else { panic!("{row:?}") };
        let is = |(s, r, ..): &&(usize, usize, usize, u64)| {
            (sector == "_T" || *sector == format!("s{s}")) && (region == "_T" || *region == format!("r{r}"))
        };
        let mut amounts: Vec<u64> = all.iter().filter(is).map(|(.., cents)| *cents).collect();
        amounts.sort_unstable_by(|a, b| b.cmp(a));
        let total: u64 = amounts.iter().sum();
        if conf == "F" {
            assert_eq!(*value, format!("{}.{:02}", total / 100, total % 100));
            let rest = total - amounts.iter().take(2).sum::<u64>();
            assert!(amounts.is_empty() || amounts.len() >= 3, "{row:?}");
            assert!(10 * rest >= amounts.first().copied().unwrap_or(0), "{row:?}: {amounts:?}");
        } else {
            hidden += 1;
            assert!(value.is_empty(), "{row:?}");
        }
    }
    assert!(hidden > 0);
    // The parameters of the rule are in what the office keeps, and in no certificate.
    let certificate = fs::read_to_string(folder.path("protected/protection.json")).expect("a certificate");
    let certificate: serde_json::Value = serde_json::from_str(&certificate).expect("JSON");
    assert!(!certificate["certificate"].to_string().contains("p_percent"));
    let before = support::tree(&folder.path("protected"));
    folder.json(0, &PROTECT);
    support::assert_same(&before, &support::tree(&folder.path("protected")));
}

#[test]
fn amounts_that_cannot_be_are_named() {
    let (folder, _) = companies();
    let text = fs::read_to_string(folder.path("micro.csv")).expect("records");
    folder.write("micro.csv", text + "s1,r1,c99,-4\ns1,r1,c98,1.234\ns1,r1,,5\n");
    let ran = folder.zicht(&PROTECT).ends_with(0);
    for what in ["is negative", "has more decimals than it should", "names no person"] {
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    }
    for (from, to, what) in [
        ("amount = \"euro\"", "", "no table has any"),
        ("[disclosure]", "[rounding]\nbase = 5\n[disclosure]", "is of amounts"),
        ("p_percent = { p = 10 }", "dominance = { n = 1, k = 120 }", "k between 0 and 100"),
        ("decimals = 2", "decimals = 9", "at most 6"),
    ] {
        folder.write("spec.toml", AMOUNTS.replacen(from, to, 1));
        let ran = folder.zicht(&PROTECT).ends_with(2);
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    }
}

const DISTRICTS: &str = "district,form,persons\nTotal,Total,60\nTotal,A,40\nTotal,B,20\n\
    North,Total,25\nNorth,A,22\nNorth,B,3\nSouth,Total,35\nSouth,A,18\nSouth,B,17\n";

#[test]
fn tables_with_totals_are_protected_as_they_are() {
    let folder = Folder::new();
    folder.write("districts.csv", DISTRICTS);
    let said = folder.json(0, &["protect", "districts.csv", "--threshold", "5", "--out", "protected"]);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let id = said["tables"][0]["name"].as_str().expect("a name").to_owned();
    let given: BTreeMap<String, String> = DISTRICTS
        .lines()
        .skip(1)
        .map(|line| line.rsplit_once(',').map(|(at, n)| (at.to_owned(), n.to_owned())).expect("a cell"))
        .collect();
    let mut hidden = Vec::new();
    for row in rows(&folder, &format!("protected/{id}.csv")) {
        let at = row[..2].join(",").replace("_T", "Total");
        if row[3] == "F" { assert_eq!(row[2], given[&at], "{row:?}") } else { hidden.push(at) }
    }
    assert!(hidden.contains(&"North,B".to_owned()) && hidden.len() >= 4, "{hidden:?}");
    // What an audit of the result finds is nothing.
    let audit = folder.json(0, &["audit", &format!("protected/{id}.csv"), "--threshold", "5"]);
    assert_eq!(audit["findings"], serde_json::json!([]));
}

#[test]
fn tables_that_cannot_be_are_refused() {
    let folder = Folder::new();
    let protect = |files: &[&str]| {
        let mut arguments = vec!["protect"];
        arguments.extend(files);
        arguments.extend(["--out", "protected"]);
        let ran = folder.zicht(&arguments).ends_with(2);
        assert!(!folder.path("protected").exists());
        ran.stderr
    };
    folder.write("sums.csv", DISTRICTS.replace("North,Total,25", "North,Total,29"));
    let said = protect(&["sums.csv"]);
    assert!(said.contains("do not add up") && said.contains("29 = 22 + 3"), "{said}");
    folder.write("negative.csv", DISTRICTS.replace("North,B,3", "North,B,-3"));
    let said = protect(&["negative.csv"]);
    assert!(said.contains("-3"), "{said}");
    folder.write("one.csv", DISTRICTS);
    folder.write("two.csv", "district,persons\nTotal,60\nNorth,24\nSouth,36\n");
    let said = protect(&["one.csv", "two.csv"]);
    assert!(said.contains("different counts") && said.contains("North"), "{said}");
    folder.write("spec.toml", "person = \"number\"\n");
    let said = protect(&["one.csv", "--spec", "spec.toml"]);
    assert!(said.contains("there is no [[table]]"), "{said}");
}

#[test]
fn a_table_of_tau_argus_is_read_protected_and_written() {
    let folder = Folder::new();
    let data = repository().join("crates/zicht/tests/data/argus");
    for file in ["tableinput_pp.tab", "tableinput_pp.rda", "region2.hrc"] {
        folder.write(file, fs::read(data.join(file)).expect("a file"));
    }
    folder.write("rule.toml", "[disclosure]\nthreshold = 3\ndominance = { n = 2, k = 75 }\n");
    let protect = [
        "protect",
        "tableinput_pp.tab",
        "--spec",
        "rule.toml",
        "--out",
        "protected",
        "--write",
        "argus",
        "--write",
        "sdmx",
    ];
    // As it is, some figures of the table contradict its sums; the shadow beside them does not.
    let ran = folder.zicht(&protect).ends_with(2);
    assert!(ran.stderr.contains("3 sums do not add up"), "{}", ran.stderr);
    let given = fs::read_to_string(data.join("tableinput_pp.tab")).expect("a table");
    let mut corrected = String::new();
    for line in given.lines() {
        let mut fields: Vec<&str> = line.split(';').collect();
        fields[2] = fields[4];
        writeln!(corrected, "{}", fields.join(";")).expect("a line");
    }
    let given = corrected;
    folder.write("tableinput_pp.tab", &given);
    let said = folder.json(0, &protect);
    assert_eq!((number(&said["attack"], "exact"), number(&said["attack"], "narrow")), (0, 0));
    let written = fs::read_to_string(folder.path("protected/tableinput_pp.tab")).expect("a table");
    let cells: BTreeMap<(String, String), (String, String)> = written
        .lines()
        .map(|line| {
            let f: Vec<&str> = line.split(';').map(|f| f.trim_matches('"')).collect();
            ((f[0].trim().to_owned(), f[1].trim().to_owned()), (f[2].to_owned(), f[3].to_owned()))
        })
        .collect();
    let mut unsafe_cells = 0;
    for line in given.lines() {
        let f: Vec<&str> = line.split(';').map(|f| f.trim_matches('"').trim()).collect();
        let (value, status) = &cells[&(f[0].to_owned(), f[1].to_owned())];
        let amount = |text: &str| text.replace(',', ".").parse::<f64>().expect("an amount");
        let dominated = amount(f[6]) + amount(f[7]) > 0.75 * amount(f[2]);
        if f[8] == "U" || (dominated && amount(f[2]) > 0.0) {
            unsafe_cells += 1;
            assert_eq!((value.as_str(), status.as_str()), ("", "U"), "{line}");
        } else if status == "S" {
            assert!((amount(value) - amount(f[2])).abs() < 1e-6, "{line}: {value}");
        }
    }
    assert!(unsafe_cells > 3, "{unsafe_cells}");
    let sdmx = fs::read_to_string(folder.path("protected/tableinput_pp.sdmx.csv")).expect("SDMX");
    assert!(sdmx.starts_with("STRUCTURE,STRUCTURE_ID,ACTION,SIZE,REGION,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"));
    assert!(folder.path("protected/structures.xml").is_file());
    // What was written is read again: its hidden amounts have no value there, and the others stay as they are.
    folder.zicht(&["protect", "protected/tableinput_pp.tab", "--out", "again"]).ends_with(0);
    let again = fs::read_to_string(folder.path("again/tableinput_pp.csv")).expect("a table");
    let first = fs::read_to_string(folder.path("protected/tableinput_pp.csv")).expect("a table");
    let shown = |text: &str| {
        text.lines().filter(|line| line.ends_with(",F,A")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shown(&again), shown(&first));
}
