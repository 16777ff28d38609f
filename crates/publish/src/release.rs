//! What comes in: everything that is published together.

use std::collections::BTreeMap;

use crate::Map;
use disclosure::{Certificate, ProtectedCube};
use estimate::Estimation;
use estimate::covariates::CovariateEstimation;
use model::provenance::Input;
use model::trend::{ReportingAlert, Trend};
use model::{EstimateSettings, Key, Label, Rate, RowCount, Settings, Source};

/// Everything that is published together.
#[derive(Debug, Clone)]
pub struct Release<'a> {
    /// The settings of the monitor.
    pub settings: &'a Settings,
    /// Version of the program that made it.
    pub version: &'a str,
    /// The cubes, in the order in which the site shows them.
    pub cubes: Vec<ReleasedCube>,
    /// Series over time, computed from the protected cubes.
    pub trends: Vec<Trend>,
    /// Organisations whose reporting changed, computed from the protected cubes.
    pub reporting: Vec<ReportingAlert>,
    /// Estimates of the hidden population.
    pub estimates: Vec<ReleasedEstimate>,
    /// The sources, in the order of the settings.
    pub sources: Vec<SourceNote>,
    /// How persons were found, where registers share no pseudonym.
    pub linkage: Option<LinkageNote>,
    /// How the cubes were protected, as one set, and how the attacker fared. It must cover every cube.
    pub certificate: Certificate,
    /// What an outsider can work out from the published tables that were received; never which.
    pub audit: Vec<AuditNote>,
    /// BLAKE3 hash of `monitor.toml`.
    pub settings_hash: String,
    /// The figures of the release before this one, when they are to be compared.
    pub before: Option<Before>,
    /// The shapes of the regions, when there is to be a map.
    pub map: Option<Map>,
}

/// What an earlier release published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Its edition.
    pub edition: String,
    /// The day of its figures.
    pub date: String,
    /// Its tables by their identifiers.
    pub tables: BTreeMap<String, TableBefore>,
}

/// A table of an earlier release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableBefore {
    /// The columns of its codes, one a dimension.
    pub columns: Vec<String>,
    /// Its cells: their codes with the figure, `None` where none was published.
    pub cells: BTreeMap<Vec<String>, Option<u64>>,
}

/// What is said of the linkage of reports.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkageNote {
    /// The number of persons behind all reports, with its interval.
    pub persons: (f64, (f64, f64)),
    /// The share of pairs of one person that were compared at all, by estimate.
    pub compared: f64,
}

/// A cube that may be published.
#[derive(Debug, Clone)]
pub struct ReleasedCube {
    /// The cube.
    pub cube: ProtectedCube,
    /// Identifiers of the sources it is made from.
    pub inputs: Vec<String>,
    /// Its counts set against a population, where one was given.
    pub rates: Option<ReleasedRates>,
}

/// Rates of the published counts of a cube.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasedRates {
    /// Rates are per this many inhabitants.
    pub per: u64,
    /// Title of the table with the population.
    pub population: Label,
    /// Rates by key; cells without a published count or without a population have none.
    pub cells: BTreeMap<Key, Rate>,
}

/// Estimates of one population by several methods.
#[derive(Debug, Clone)]
pub struct ReleasedEstimate {
    /// What was asked for.
    pub settings: EstimateSettings,
    /// What came out.
    pub estimation: Estimation,
    /// What came out when what is known of persons was used; `None` when that was not asked for.
    pub covariates: Option<CovariateEstimation>,
    /// How many were detected in each group that it may show, protected as one set with the cubes: a group of which the count is
    /// hidden is not shown. They are not published themselves.
    pub detected: Vec<ProtectedCube>,
    /// Identifiers of the sources of the capture histories.
    pub sources: Vec<String>,
}

/// A source and what became of it.
#[derive(Debug, Clone)]
pub struct SourceNote {
    /// The source as in the settings.
    pub source: Source,
    /// The file as it was used.
    pub input: Option<Input>,
    /// Its rows, accounted for.
    pub rows: RowCount,
}

impl SourceNote {
    /// Whether the source holds persons. The exact number of its rows, and the size of its file that
    /// tells it, are then not published: less what the tables show, it gives hidden cells away.
    pub(crate) fn is_of_persons(&self) -> bool {
        self.source.reports.is_some()
    }
}

/// What an outsider can work out from one published table that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNote {
    /// The file or table.
    pub file: String,
    /// Cells that were attacked.
    pub cells_attacked: usize,
    /// Cells that can be worked out exactly.
    pub exact: usize,
    /// Cells that can be worked out more closely than they should, but not exactly.
    pub narrow: usize,
}
