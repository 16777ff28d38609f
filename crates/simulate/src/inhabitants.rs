//! The population of the country, against which counts become rates: as invented as the rest.

use std::fmt::Write as _;

use crate::codes::{INHABITANTS, UNITS};

/// Where it stands in the project.
pub(crate) const PATH: &str = "registers/inwoners.csv";

/// Inhabitants by year and region, with totals, growing by 0.7 % a year.
pub(crate) fn inhabitants_csv(first_year: i16, last_year: i16) -> String {
    let mut text = String::from("jaar;regio;inwoners\n");
    for (year, label) in (first_year..=last_year).enumerate() {
        let at = |thousands: u64| thousands * (1000 + 7 * year as u64);
        let _ = writeln!(text, "{label};Totaal;{}", at(INHABITANTS.iter().sum()));
        for (unit, thousands) in UNITS.iter().zip(INHABITANTS) {
            let _ = writeln!(text, "{label};{};{}", unit.1, at(thousands));
        }
    }
    text
}
