//! Protects the tables of the bench and prints what it took.
//!
//! ```text
//! cargo run --release -p zicht-disclosure --example suppress -- [weak|strong] [T1 T2 T3 T4 U linked]
//! ```

use std::time::Instant;

use disclosure::{Costs, Mode, Policy, Table, protect};

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    let mut modes = Vec::new();
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "weak" => modes.push(Mode::Weak),
            "strong" => modes.push(Mode::Strong),
            _ => names.push(argument),
        }
    }
    if modes.is_empty() {
        modes = vec![Mode::Weak, Mode::Strong];
    }
    if names.is_empty() {
        names = ["T1", "T2", "T3", "T4", "U", "linked"].map(str::to_owned).to_vec();
    }
    println!("table mode cells primary suppressed seconds targets exact narrow gap");
    for name in &names {
        let tables: Vec<Table> =
            common::instance(name).into_iter().map(|cube| Table { cube, waiver: None }).collect();
        for &mode in &modes {
            let policy = Policy { mode, costs: Costs::Cells, exact: name == "U", ..Policy::default() };
            let began = Instant::now();
            let done = protect(&tables, &policy).expect("protected");
            let seconds = began.elapsed().as_secs_f64();
            let sum = |f: fn(&disclosure::TableReport) -> usize| done.tables.iter().map(f).sum::<usize>();
            println!(
                "{name} {mode:?} {} {} {} {seconds:.2} {} {} {} {}",
                sum(|t| t.cells),
                sum(|t| t.primary),
                sum(|t| t.suppressed),
                done.attack.targets,
                done.attack.exact,
                done.attack.narrow,
                done.gap.map_or("?".to_owned(), |g| format!(
                    "{} of {}: {:.1}%",
                    g.bound,
                    g.found,
                    100.0 * g.share()
                ))
            );
        }
    }
}
