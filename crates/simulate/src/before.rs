//! The edition of the year before: what the registers had delivered a year earlier.
//!
//! A report is under way for some time, so the last weeks of a year are not yet whole when it is delivered. The edition
//! after it has them, and its figures of that year are corrections.

use std::path::Path;

use jiff::ToSpan as _;

use crate::Error;
use crate::days::{day, new_year};
use crate::file::Folder;
use crate::population::Population;
use crate::project::{Options, Packed, settings, write_register};

/// Days that a report is under way, on average; how long is distributed exponentially.
const UNDER_WAY: f64 = 30.0;

/// Writes the project of the year before to `dir`; `reports` are those of all years, in order. There is no
/// truth beside it: that of the whole holds for it too.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    population: &Population,
    options: &Options,
    reports: &[Vec<Packed>; 6],
    dir: &Path,
) -> Result<(), Error> {
    let reference_date = options.reference_date.saturating_sub(1.year());
    let options = Options { reference_date, year_before: false, ..*options };
    let folder = Folder(dir);
    let delivered: [Vec<Packed>; 6] = std::array::from_fn(|register| {
        let by = |p: &&Packed| delivered(population, options.reference_date, register, **p);
        reports[register].iter().filter(by).copied().collect()
    });
    folder.folder("")?;
    settings(folder, &std::array::from_fn(|r| delivered[r].len() as u64), &options, population.first_year)?;
    for (register, rows) in delivered.iter().enumerate() {
        let all = &reports[register];
        write_register(population, folder, reference_date, register, rows, all, |_| Ok(()))?;
    }
    Ok(())
}

/// Whether a report of the years before that of `on` had come in on that day.
fn delivered(population: &Population, on: jiff::civil::Date, register: usize, report: Packed) -> bool {
    let of = new_year(population.first_year) + report.day();
    // The year of the delivery is not over, so nothing of it is in the registers.
    if of >= new_year(on.year()) {
        return false;
    }
    let mut draw = population.streams().delay(report.person(), register, report.sequence());
    let under_way = -UNDER_WAY * (1.0 - draw.unit()).ln();
    f64::from(of) + under_way <= f64::from(day(on))
}
