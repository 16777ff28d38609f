//! Capture histories: what is counted, what is refused, and what is said of it.

mod common;

use std::fmt::Write as _;

use common::{each_case, say_error, say_findings, say_rows};
use intake::read_histories;
use model::CaptureTable;

fn say_table(table: &CaptureTable) -> String {
    let mut out = String::new();
    for (history, count) in table.counts() {
        let seen: Vec<&str> = table
            .lists()
            .iter()
            .enumerate()
            .filter(|(i, _)| history >> i & 1 == 1)
            .map(|(_, name)| name.as_str())
            .collect();
        writeln!(out, "  {} = {count}", seen.join(" ")).expect("to a string");
    }
    writeln!(out, "  {} detected on {} lists", table.detected(), table.lists().len()).expect("to a string");
    out
}

#[test]
fn each_case_is_read_as_it_was_reviewed() {
    each_case("histories", |case| {
        let source = &case.project.settings.source[0];
        let columns = source.histories.as_ref().expect("[source.histories]");
        let path = case.project.path().join(&source.path);
        let said = match read_histories(&path, &source.path, &source.format, columns, &case.by) {
            Err(e) => say_error(&e),
            Ok(read) => {
                let mut out = say_rows(read.rows);
                for (group, table) in &read.tables {
                    let group: Vec<String> = group.iter().map(|(c, v)| format!("{c} = {v}")).collect();
                    let group = if group.is_empty() { "all".to_owned() } else { group.join(", ") };
                    write!(out, "\n{group}\n{}", say_table(table)).expect("to a string");
                }
                assert_eq!(
                    read.tables[1..].iter().map(|(_, t)| t.detected()).sum::<u64>(),
                    if case.by.is_empty() { 0 } else { read.tables[0].1.detected() },
                    "the groups add up to all"
                );
                format!("{out}\n{}", say_findings(&read.findings))
            }
        };
        insta::assert_snapshot!(case.name.clone(), said.trim_end(), &case.about);
    });
}
