//! Published tables: as a monitor describes them, and as an audit finds them.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use common::{each, each_case, files, say_error, say_findings, say_rows};
use intake::{Cubes, Error, Layout, UNBOUNDED, read_cubes, read_tables};
use model::{Cube, Role, TOTAL, Value};
use proptest::prelude::*;

fn say_value(value: Value) -> String {
    match value {
        Value::Count(n) => n.to_string(),
        Value::Between(low, UNBOUNDED) => format!("{low} or more"),
        Value::Between(low, high) => format!("{low} to {high}"),
        Value::Missing => "no figure".to_owned(),
    }
}

fn say_cube(cube: &Cube) -> String {
    cube.check().expect("a cube that fits together");
    let mut out = format!("\ncube {} ({:?}, {})\n", cube.id, cube.unit, cube.universe);
    for d in &cube.dimensions {
        let categories: Vec<String> = d
            .categories
            .iter()
            .map(|c| match c.parent {
                None => c.code.clone(),
                Some(p) => format!("{} in {}", c.code, d.categories[p as usize].code),
            })
            .collect();
        let role = match d.role {
            Role::Breakdown => "",
            Role::Time => " (time)",
            Role::Vintage => " (vintage)",
        };
        writeln!(out, "  {}{role}: {}", d.id, categories.join(", ")).expect("to a string");
    }
    for (key, value) in &cube.cells {
        let codes: Vec<&str> = cube.codes(key).map(|(_, code)| code).collect();
        writeln!(out, "  {} = {}", codes.join(" "), say_value(*value)).expect("to a string");
    }
    out
}

fn say(read: Result<Cubes, Error>) -> String {
    match read {
        Err(e) => say_error(&e),
        Ok(read) => {
            let cubes: String = read.cubes.iter().map(say_cube).collect();
            format!("{}{cubes}\n{}", say_rows(read.rows), say_findings(&read.findings))
        }
    }
}

#[test]
fn each_table_of_a_monitor_is_read_as_it_was_reviewed() {
    each_case("published", |case| {
        let p = &case.project;
        let said = say(read_cubes(p.path(), &p.settings.source[0], &p.settings));
        insta::assert_snapshot!(case.name.clone(), said.trim_end(), &case.about);
    });
}

#[test]
fn each_table_of_an_audit_is_read_as_it_was_reviewed() {
    each(&files("tables", "csv"), |path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let layout = fs::read_to_string(path.with_extension("layout.toml"))
            .ok()
            .map(|text| Layout::parse(&text).expect("a layout"));
        let said = say(read_tables(path, &name, layout.as_ref()));
        let case = format!("audit_{}", name.trim_end_matches(".csv"));
        insta::assert_snapshot!(case, said.trim_end(), &name);
    });
}

#[test]
fn a_layout_that_is_none_says_what_it_should_be() {
    let fails = |text: &str| {
        let e = Layout::parse(text).expect_err("no layout");
        format!("{}\n  help: {}\n", e.message, e.help)
    };
    let dimension = "[[cube]]\nid = \"a\"\ntitle = \"A\"\nunit = \"persons\"\nvalue = \"n\"\n[[cube.dimension]]\nid = \"d\"\ncolumn = \"d\"\n";
    let said = [
        fails("[format]\nthousand = \",\"\n"),
        fails("[[cube]]\nid = \"a\"\n"),
        fails(&format!("{dimension}classification = \"sexe\"\n")),
    ];
    insta::assert_snapshot!(said.concat().trim_end());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A table of any counts, written in long and in wide form, with the totals it has, is read
    /// as these counts, and no total is said to be wrong.
    #[test]
    fn the_long_and_the_wide_form_of_a_table_say_the_same(
        counts in prop::collection::vec(prop::collection::vec(0..2_000_000_u64, 2..4), 2..5),
        separator in prop::sample::select(vec![None, Some(','), Some('.'), Some('\u{a0}')]),
    ) {
        let width = counts.iter().map(Vec::len).min().unwrap_or(0);
        let number = |n: u64| {
            let digits = n.to_string();
            let Some(separator) = separator else { return digits };
            let mut out = String::new();
            for (i, d) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    out.push(separator);
                }
                out.push(d);
            }
            out
        };
        let form = |i: usize| if i < counts.len() { format!("F{i}") } else { "Total".to_owned() };
        let at = |i: usize, y: usize| if i < counts.len() { counts[i][y] } else { counts.iter().map(|c| c[y]).sum() };
        let mut wide = String::from("form");
        for y in 0..width {
            write!(wide, ";{}", 2020 + y).expect("to a string");
        }
        let mut long = String::from("form;year;value");
        for i in 0..=counts.len() {
            write!(wide, "\n{}", form(i)).expect("to a string");
            for y in 0..width {
                write!(wide, ";{}", number(at(i, y))).expect("to a string");
                write!(long, "\n{};{};{}", form(i), 2020 + y, number(at(i, y))).expect("to a string");
            }
        }
        let dir = tempfile::tempdir().expect("a folder");
        let read = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::write(&path, text).expect("written");
            read_tables(&path, name, None).expect("read")
        };
        let cells = |read: &Cubes| -> BTreeMap<Vec<String>, Value> {
            let cube = &read.cubes[0];
            cube.cells
                .iter()
                .map(|(k, v)| (cube.codes(k).map(|(_, c)| c.to_owned()).collect(), *v))
                .collect()
        };
        let (wide, long) = (read("wide.csv", &wide), read("long.csv", &long));
        for read in [&wide, &long] {
            prop_assert!(read.findings.is_empty(), "{}", say_findings(&read.findings));
            prop_assert_eq!(read.rows.rows_quarantined, 0);
        }
        prop_assert_eq!(cells(&wide), cells(&long));
        for i in 0..=counts.len() {
            for y in 0..width {
                let code = if i < counts.len() { form(i) } else { TOTAL.to_owned() };
                let key = vec![code, (2020 + y).to_string()];
                prop_assert_eq!(cells(&long).get(&key).copied(), Some(Value::Count(at(i, y))));
            }
        }
    }
}
