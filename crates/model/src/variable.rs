//! The standard variables of a report, to which every register is mapped.

use serde::{Deserialize, Serialize};

/// A categorical variable that a report can carry.
///
/// Beside these, every report has a record identifier, a person key, a date, a register, a
/// birth date or an age; see [`crate::ReportColumns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Identifier, used in `monitor.toml` and as column name.
    pub id: &'static str,
    /// Its classification, unless `monitor.toml` says otherwise.
    pub classification: &'static str,
    /// English and Dutch names.
    pub label: (&'static str, &'static str),
}

/// The categorical standard variables, in the order of the columns of a standard report.
pub fn variables() -> &'static [Variable] {
    const fn v(
        id: &'static str,
        classification: &'static str,
        en: &'static str,
        nl: &'static str,
    ) -> Variable {
        Variable { id, classification, label: (en, nl) }
    }
    const ALL: &[Variable] = &[
        v("organisation", "nl.organisation", "Reporting organisation", "Meldende organisatie"),
        v("form", "nl.form", "Form of exploitation", "Vorm van uitbuiting"),
        v("sex", "sex", "Sex", "Geslacht"),
        v("citizenship", "iso3166", "Citizenship", "Nationaliteit"),
        v("place", "nl.police_unit", "Region", "Regio"),
        v("residence", "nl.residence", "Residence status", "Verblijfsstatus"),
        v("status", "nl.victim_status", "Victim status", "Slachtofferstatus"),
    ];
    ALL
}

/// The length of the periods in which persons are counted once and reports are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// `2026`
    #[default]
    Year,
    /// `2026-Q4`
    Quarter,
    /// `2026-11`
    Month,
}
