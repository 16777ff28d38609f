//! Writes a large release and says what it took: many tables of many cells each.
//!
//! ```text
//! cargo run --release -p zicht-publish --example large -- [TABLES] [FOLDER]
//! ```

use std::path::PathBuf;
use std::time::Instant;

use disclosure::{Policy, Table, protect};
use model::{Cube, Dimension, Label, Role, TOTAL, Value};
use publish::{ReleasedCube, write};

#[path = "../tests/common/mod.rs"]
mod common;

/// Years, regions, forms and sexes: 20,000 cells.
const SIZES: [(&str, usize); 4] = [("year", 10), ("place", 40), ("form", 10), ("sex", 5)];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let tables: usize = arguments.next().map_or(200, |n| n.parse().expect("the number of tables"));
    let own = tempfile::tempdir().expect("a folder");
    let folder = arguments.next().map_or_else(|| own.path().join("release"), PathBuf::from);
    let settings = common::settings();
    let cubes: Vec<Cube> = (0..tables).map(cube).collect();
    let waived = |cube: &Cube| Table { waiver: Some("a bench".into()), ..Table::of(cube.clone()) };
    let given: Vec<Table> = cubes.iter().map(waived).collect();
    let protection = protect(&given, &Policy::from(&settings.disclosure)).expect("all are waived");
    let mut release = common::release_of(&settings, &common::cubes());
    release.trends.clear();
    release.reporting.clear();
    release.certificate = protection.certificate;
    let inputs = || vec!["police".to_owned()];
    release.cubes = protection
        .cubes
        .into_iter()
        .map(|cube| ReleasedCube { cube, inputs: inputs(), rates: None })
        .collect();
    let began = Instant::now();
    let written = write(&release, &folder).expect("written");
    let seconds = began.elapsed().as_secs_f64();
    let files = common::files(&folder);
    // The site is written after the data.
    let times = |name: &str| std::fs::metadata(folder.join(name)).and_then(|m| m.modified()).expect("a time");
    let [from, to] = ["site/style.css", "protection.json"].map(times);
    let site = to.duration_since(from).expect("the site was written first").as_secs_f64();
    let bytes: usize = files.values().map(Vec::len).sum();
    let (page, largest) = files
        .iter()
        .filter(|(name, _)| name.contains(".html"))
        .max_by_key(|(_, bytes)| bytes.len())
        .map(|(name, bytes)| (name.as_str(), bytes.len()))
        .unwrap_or_default();
    println!(
        "{tables} tables of {} cells: {seconds:.1} s, {site:.1} s of it for the site, {} files, {} MB; \
         the largest page {page}: {} kB",
        SIZES.iter().map(|(_, n)| n).product::<usize>(),
        written.files,
        bytes / 1_000_000,
        largest / 1_000
    );
}

/// A table whose cells are sums of its parts: of each dimension but the year the first is the total.
fn cube(number: usize) -> Cube {
    let dimensions: Vec<Dimension> = SIZES.iter().map(|&(id, n)| dimension(id, n)).collect();
    let mut out =
        common::cube(&format!("table_{number}"), Label::same(format!("Table {number}")), dimensions, &[]);
    out.universe = format!("police/{number}");
    let sizes = SIZES.map(|(_, n)| n as u32);
    let below = |at: u32, size: u32| if at == 0 { size - 1 } else { 1 };
    for year in 0..sizes[0] {
        for place in 0..sizes[1] {
            for form in 0..sizes[2] {
                for sex in 0..sizes[3] {
                    // Each part is as large, so that every sum holds.
                    let parts = below(place, sizes[1]) * below(form, sizes[2]) * below(sex, sizes[3]);
                    let n = u64::from(parts) * u64::from(7 + year * 3 + number as u32 % 11);
                    out.cells.insert(vec![year, place, form, sex], Value::Count(n));
                }
            }
        }
    }
    out
}

fn dimension(id: &str, n: usize) -> Dimension {
    let time = id == "year";
    let code = |i: usize| match (time, i) {
        (true, _) => format!("{}", 2016 + i),
        (false, 0) => TOTAL.to_owned(),
        (false, _) => format!("{}{i}", id.to_uppercase()),
    };
    let codes: Vec<String> = (0..n).map(code).collect();
    let categories: Vec<(&str, &str, &str)> = codes
        .iter()
        .map(|c| {
            (
                c.as_str(),
                if c == TOTAL { "Total" } else { c.as_str() },
                if c == TOTAL { "Totaal" } else { c.as_str() },
            )
        })
        .collect();
    common::dimension(id, (id, id), if time { Role::Time } else { Role::Breakdown }, &categories)
}
