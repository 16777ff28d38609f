//! Makes a project and prints what was made and how long it took:
//! `/usr/bin/time -v cargo run --example measure -- REPORTS DIR`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(reports), Some(dir)) = (arguments.next(), arguments.next()) else {
        return Err("usage: measure REPORTS DIR".into());
    };
    let options = simulate::Options {
        reports: reports.parse()?,
        seed: 1,
        reference_date: jiff::civil::date(2026, 1, 31),
        pseudonyms: false,
        year_before: false,
    };
    let start = Instant::now();
    let summary = simulate::simulate(&options, dir.as_ref(), &|_| {})?;
    println!("{summary:#?}\n{:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
