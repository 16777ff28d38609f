//! Protects the tables of the bench and prints what it took; with `audit` also what the attacker of `zicht audit` takes and
//! finds.
//!
//! ```text
//! cargo run --release -p zicht-disclosure --example suppress -- [weak|strong] [whole] [audit] [T1 T2 T3 T4 U linked]
//! ```

use std::time::Instant;

use disclosure::{AuditOptions, Costs, Mode, Policy, Protection, Table, audit, protect};
use model::{Cube, Value};

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    let (mut modes, mut auditing, mut whole) = (Vec::new(), false, false);
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "weak" => modes.push(Mode::Weak),
            "strong" => modes.push(Mode::Strong),
            "audit" => auditing = true,
            "whole" => whole = true,
            _ => names.push(argument),
        }
    }
    if modes.is_empty() {
        modes = vec![Mode::Weak, Mode::Strong];
    }
    if names.is_empty() {
        names = ["T1", "T2", "T3", "T4", "U", "linked"].map(str::to_owned).to_vec();
    }
    let options = AuditOptions { threshold: Some(5), protection: 4, ..AuditOptions::default() };
    println!("table mode cells primary suppressed seconds targets exact narrow gap");
    for name in &names {
        let tables: Vec<Table> = common::instance(name).into_iter().map(Table::of).collect();
        for &mode in &modes {
            let policy = Policy { mode, costs: Costs::Cells, exact: name == "U", whole, ..Policy::default() };
            let began = Instant::now();
            let done = protect(&tables, &policy).expect("protected");
            let seconds = began.elapsed().as_secs_f64();
            let sum = |f: fn(&disclosure::TableReport) -> usize| done.tables.iter().map(f).sum::<usize>();
            let gap = match done.gap {
                Some(g) => format!("{}of{}:{:.1}%", g.bound, g.found, 100.0 * g.share()),
                None => "?".to_owned(),
            };
            let [cells, primary, suppressed] = [sum(|t| t.cells), sum(|t| t.primary), sum(|t| t.suppressed)];
            let attack = done.attack;
            println!(
                "{name} {mode:?} {cells} {primary} {suppressed} {seconds:.2} {} {} {} {gap}",
                attack.targets, attack.exact, attack.narrow
            );
            if auditing {
                let began = Instant::now();
                let audit = audit(&published(&done, mode), &options).expect("audited");
                let seconds = began.elapsed().as_secs_f64();
                let (attacked, exact, narrow) = (audit.cells_attacked, audit.exact, audit.narrow);
                println!("{name} audit: {attacked} attacked, {exact} exact, {narrow} narrow, {seconds:.2} s");
            }
        }
    }
}

/// The tables as a reader knows them. In the strong mode he knows that a hidden count is no zero.
fn published(done: &Protection, mode: Mode) -> Vec<Cube> {
    let as_read = |cube: &disclosure::ProtectedCube| {
        let mut cube = cube.published();
        if mode == Mode::Strong {
            for value in cube.cells.values_mut().filter(|v| **v == Value::Missing) {
                *value = Value::Between(1, 1 << 30);
            }
        }
        cube
    };
    done.cubes.iter().map(as_read).collect()
}
