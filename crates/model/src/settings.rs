//! `monitor.toml`: what a monitor is.
//!
//! [`Settings::parse`] reads it, refuses unknown keys with a suggestion, and checks everything
//! that can be checked without opening a data file: identifiers, classifications, references
//! between sections.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Classification, Label, Language, Period, Role, Unit, Variable, nearest, variables};

/// The whole of `monitor.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Title, languages, licence.
    pub monitor: MonitorSettings,
    /// Other classifications for standard variables, and variables of one's own.
    #[serde(default)]
    pub variable: BTreeMap<String, VariableSettings>,
    /// The inputs.
    #[serde(default)]
    pub source: Vec<Source>,
    /// How persons are found where registers share no pseudonym.
    pub linkage: Option<LinkageSettings>,
    /// Cubes to make from reports.
    #[serde(default)]
    pub table: Vec<TableSettings>,
    /// Series to describe over time.
    #[serde(default)]
    pub trend: Vec<TrendSettings>,
    /// Estimates of the hidden population.
    #[serde(default)]
    pub estimate: Vec<EstimateSettings>,
    /// What may be published.
    #[serde(default)]
    pub disclosure: DisclosureSettings,
    /// The page for young people; none is made when it is not given.
    pub young: Option<YoungSettings>,
    /// Sentences with figures in them, at the top of the overview.
    #[serde(default)]
    pub statement: Vec<Statement>,
}

/// `[monitor]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorSettings {
    /// Identifier: lower-case letters, digits and `_`.
    pub id: String,
    /// Title of the site.
    pub title: Label,
    /// A paragraph that says what the monitor is.
    pub description: Label,
    /// Who publishes it.
    pub publisher: Label,
    /// Edition, such as `2026`.
    pub edition: String,
    /// The day on which the figures are taken: dates after it are in the future. There is no
    /// other clock, so that a run can be repeated.
    pub reference_date: Date,
    /// Languages of the site.
    #[serde(default = "all_languages")]
    pub languages: Vec<Language>,
    /// SPDX identifier of the licence of the published data.
    #[serde(default = "default_licence")]
    pub licence: String,
    /// Where readers can ask questions: an address of e-mail or web.
    #[serde(default)]
    pub contact: String,
    /// Dimension of which each category is a region with a page of its own.
    #[serde(default = "default_regions")]
    pub regions: String,
    /// File with the shapes of the regions as `GeoJSON`, below the project folder: they get a map.
    pub map: Option<String>,
    /// Folder of the release before this one, below the project folder: what changed since then gets a page.
    pub previous: Option<String>,
    /// Whether the pages are set as a document to print too.
    #[serde(default = "yes")]
    pub report: bool,
    /// The seed of everything that draws random numbers.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Confidence level of all intervals.
    #[serde(default = "default_level")]
    pub level: f64,
}

/// `[[statement]]`: what its authors want to say first, with figures that are looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// A sentence in which `{TABLE DIMENSION=CODE …}` stands for a published figure: the total of each dimension that is not
    /// named, and the last period.
    pub text: Label,
}

/// `[young]`: the page for young people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YoungSettings {
    /// Where the button leads that leaves the page at once.
    #[serde(default = "default_exit")]
    pub exit: String,
    /// Who helps, in the order in which they are named. At least one: a page about exploitation that names no help
    /// leaves its reader alone.
    pub help: Vec<HelpLine>,
}

/// `[[young.help]]`: somebody who helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLine {
    /// Name of the help line.
    pub name: Label,
    /// What they do and when they are there, in plain words.
    pub text: Label,
    /// Telephone number, as one dials it.
    #[serde(default)]
    pub phone: String,
    /// Address on the web.
    #[serde(default)]
    pub web: String,
}

fn yes() -> bool {
    true
}

fn default_exit() -> String {
    "https://www.wikipedia.org/".to_owned()
}

/// `[variable.NAME]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableSettings {
    /// Identifier of a shipped classification. For a file of one's own, its path is in `file`.
    pub classification: Option<String>,
    /// A classification as CSV, with the columns of [`Classification::from_csv`].
    pub file: Option<String>,
    /// Name for readers; standard variables have one.
    pub label: Option<Label>,
}

/// `[[source]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Identifier: lower-case letters, digits and `_`.
    pub id: String,
    /// Path below the project folder. `.gz` and `.zst` are decompressed.
    pub path: String,
    /// Title for readers.
    pub title: Label,
    /// What was counted and how, so that figures of two sources can be told apart.
    #[serde(default)]
    pub definition: Label,
    /// Who published or sent it.
    #[serde(default)]
    pub publisher: String,
    /// Edition of the source, such as `GLOTIP 2022`.
    #[serde(default)]
    pub vintage: String,
    /// Terms of use.
    #[serde(default)]
    pub licence: String,
    /// Where it was found: a citation, or a page.
    #[serde(default)]
    pub citation: String,
    /// How the file is written. What is not stated is found out.
    #[serde(default)]
    pub format: Format,
    /// Case-level: one row, one report.
    pub reports: Option<ReportColumns>,
    /// Aggregates: each entry reads one cube out of the file.
    #[serde(default)]
    pub cube: Vec<CubeColumns>,
    /// Capture histories: 0/1 columns and a count.
    pub histories: Option<HistoryColumns>,
}

/// `[source.format]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Kind of file; from the name when not stated.
    pub kind: Option<FileKind>,
    /// One character between fields of CSV; found when not stated.
    pub delimiter: Option<char>,
    /// An encoding by its WHATWG name, such as `windows-1252`; found when not stated.
    pub encoding: Option<String>,
    /// Sheet of a workbook; the first when not stated.
    pub sheet: Option<String>,
    /// Row of the header, counted from 1; the first row that is not blank when not stated.
    pub header_row: Option<u64>,
    /// Texts that stand for "no value", beside the empty field.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Character between thousands in counts, such as `,` or `.`.
    pub thousands: Option<char>,
    /// Texts that stand for a suppressed count, with the bounds of what they hide:
    /// `{ "<5" = [0, 4] }`.
    #[serde(default)]
    pub suppressed: BTreeMap<String, (u64, u64)>,
    /// Footnote marks that may follow a count, such as `*` or `(p)`.
    #[serde(default)]
    pub footnotes: Vec<String>,
}

/// The kinds of file that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Text with delimiters.
    Csv,
    /// Excel workbook.
    Xlsx,
    /// Apache Parquet.
    Parquet,
    /// One JSON object a line.
    Jsonl,
}

/// `[source.reports]`: which column of a register holds what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportColumns {
    /// The register (list) to which the reports belong: a code such as `police`.
    pub register: String,
    /// Name of the register for readers.
    pub label: Label,
    /// Column with the register's own record number, unique in the register. Used to find
    /// duplicates; never shown, never kept in the clear.
    pub record: String,
    /// Column with the pseudonym that registers share. Hashed on reading.
    pub person: Option<String>,
    /// What tells who a report is of, for `[linkage]`: field, the same in all registers → column. Compared in
    /// memory; written nowhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub identifiers: BTreeMap<String, String>,
    /// Column with the date of the report.
    pub date: DateColumn,
    /// Column with the date of birth.
    pub birth_date: Option<DateColumn>,
    /// Column with the age at the report, in whole years.
    pub age: Option<String>,
    /// Categorical variables: standard ones or those under `[variable]`.
    #[serde(default)]
    pub columns: BTreeMap<String, CodeColumn>,
}

/// `[linkage]`: persons are found by their identifiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkageSettings {
    /// Variables that are compared beside the identifiers, such as `sex`.
    #[serde(default)]
    pub compare: Vec<String>,
    /// Blocking rules; chosen from the records when none is given.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Share of the pairs of one person that the rules which are chosen must find, from 0.5 to below 1; 0.998 when not
    /// stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// Candidate pairs for each record that they may make together, from 0.1 to 10,000; without a bound when not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_per_record: Option<f64>,
    /// Draws of who is who, by which the uncertainty of links reaches the estimates.
    #[serde(default = "default_draws")]
    pub draws: u32,
}

/// A column of dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateColumn {
    /// Name of the column.
    pub column: String,
    /// How dates are written, as in `strftime`: `%Y-%m-%d` when not stated. Real dates of
    /// workbooks and Parquet are used as they are.
    #[serde(default = "iso_date")]
    pub format: String,
}

/// A column of codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeColumn {
    /// Name of the column.
    pub column: String,
    /// What the source writes → code of the classification. What is not listed must be a code
    /// itself; an empty field is unknown, `_U`.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// A CSV file with the columns `value,code` that extends `codes`, for long lists.
    pub codes_file: Option<String>,
    /// Take the source's labels (English or Dutch) of the classification as codes too.
    #[serde(default)]
    pub by_label: bool,
}

/// `[[source.cube]]`: a cube within a published table in long form (one row, one cell).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeColumns {
    /// Identifier of the cube: lower-case letters, digits and `_`.
    pub id: String,
    /// Title for readers.
    pub title: Label,
    /// What is counted; the source's definition when not stated.
    pub definition: Option<Label>,
    /// What one unit is.
    pub unit: Unit,
    /// Figures with the same concept are the same thing said by different sources; they are
    /// shown side by side.
    pub concept: Option<String>,
    /// Column with the counts.
    pub value: String,
    /// Rows to take: column → values; all conditions hold.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
    /// The dimensions in order.
    pub dimension: Vec<CubeDimension>,
    /// False for figures that are shown but carry no person (court cases, requests): they need
    /// no protection. The reason must be given.
    pub waiver: Option<String>,
}

/// `[[source.cube.dimension]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CubeDimension {
    /// Identifier, such as `year` or `form`.
    pub id: String,
    /// Name for readers; standard variables have one.
    pub label: Option<Label>,
    /// Column of the file.
    pub column: String,
    /// How the dimension is used.
    #[serde(default = "breakdown")]
    pub role: Role,
    /// Classification of the codes; without one the values themselves are the codes.
    pub classification: Option<String>,
    /// What the file writes → code; `_T` is the total, `_U` unknown.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// A CSV file with the columns `value,code` that extends `codes`, for long lists.
    pub codes_file: Option<String>,
    /// Words for readers for codes that are in no classification.
    #[serde(default)]
    pub labels: BTreeMap<String, Label>,
    /// Take labels of the classification as codes too.
    #[serde(default)]
    pub by_label: bool,
}

/// `[source.histories]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryColumns {
    /// The 0/1 columns; all columns but the count when not stated.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Column with the number of persons; every row is one person when not stated and there is
    /// no column named `count`.
    pub count: Option<String>,
    /// Names of the lists for readers.
    #[serde(default)]
    pub labels: BTreeMap<String, Label>,
}

/// `[[table]]`: a cube made from the reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSettings {
    /// Identifier: lower-case letters, digits and `_`.
    pub id: String,
    /// Title for readers.
    pub title: Label,
    /// What is counted.
    #[serde(default)]
    pub definition: Label,
    /// `reports` or `persons`; a person is counted once in each period.
    pub count: Unit,
    /// Length of the periods.
    #[serde(default)]
    pub period: Period,
    /// Dimensions beside the period: standard variables, `register`, those under `[variable]`,
    /// or `age:CLASSIFICATION` for age groups and `citizenship:CLASSIFICATION` for groups of
    /// countries.
    pub dimensions: Vec<String>,
    /// Identifier of a source cube with the population, for rates; its dimensions must be
    /// among those of this table.
    pub population: Option<String>,
    /// Rates are per this many inhabitants.
    #[serde(default = "default_per")]
    pub per: u64,
    /// Figures with the same concept are shown side by side.
    pub concept: Option<String>,
}

/// `[[trend]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendSettings {
    /// Identifier of a cube with a time dimension, from a source or a table.
    pub cube: String,
    /// Category for each other dimension; the total when not stated.
    #[serde(default)]
    pub at: BTreeMap<String, String>,
    /// One series for each category of this dimension.
    pub each: Option<String>,
    /// Title for readers.
    pub title: Label,
}

/// `[[estimate]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimateSettings {
    /// Identifier: lower-case letters, digits and `_`.
    pub id: String,
    /// Title for readers.
    pub title: Label,
    /// What population, place and time the estimate is about.
    #[serde(default)]
    pub definition: Label,
    /// A source of capture histories; without one, histories come from the reports.
    pub source: Option<String>,
    /// First and last year of the reports that are used.
    pub years: Option<(i16, i16)>,
    /// Methods by the names of the command line.
    pub methods: Vec<String>,
    /// How the intervals of stepwise and bic are made, by the names of the command line.
    pub interval: Option<String>,
    /// By what bic and profile choose their model, by the names of the command line.
    pub criterion: Option<String>,
    /// Most lists in a term of a log-linear model; 2 when not given.
    pub max_order: Option<usize>,
    /// Replicates, where a method or an interval resamples; 1000 when not given.
    pub replicates: Option<usize>,
    /// Pairs of lists that depend on each other by law or custom: the pair is in every model.
    #[serde(default)]
    pub dependent: Vec<(String, String)>,
    /// Groups to estimate apart: variables, written as in `dimensions` of a table; for a source of
    /// capture histories, columns of its file.
    #[serde(default)]
    pub by: Vec<String>,
    /// Whether groups are fitted jointly, by the names of the command line: `none` or `partial`.
    pub pooling: Option<String>,
    /// One of `by` whose codes are ordered numbers, along which effects change step by step.
    pub smooth: Option<String>,
    /// What is known of persons that goes into the estimate of the whole: variables, written as those of `by`.
    #[serde(default)]
    pub covariates: Vec<String>,
}

/// `[disclosure]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureSettings {
    /// Counts below this, and above zero, are not published.
    #[serde(default = "default_threshold")]
    pub threshold: u64,
    /// How zeros are treated.
    #[serde(default)]
    pub zeros: Zeros,
    /// Tables of case-level detail: asking for one is refused. There is no other value than
    /// `false`; the key exists so that the refusal can say why.
    #[serde(default)]
    pub publish_unprotected: bool,
    /// The effort with which, in tables that hang together, it is sought which cells to hide beside the
    /// small counts. It is a number and not a time, so that the result does not depend on the machine.
    #[serde(default = "default_trials")]
    pub trials: u32,
    /// Categories with a higher threshold: minors, say.
    #[serde(default)]
    pub strict: Vec<Strict>,
    /// Categories of which the counts are to be kept rather than others, or may go.
    #[serde(default)]
    pub weight: Vec<Weight>,
    /// Combinations of categories in which nobody can be, dimension with code. Their zeros are published whatever
    /// [`DisclosureSettings::zeros`] says.
    #[serde(default)]
    pub structural: Vec<BTreeMap<String, String>>,
    /// Whether it is hidden that all of a group have one property.
    #[serde(default)]
    pub groups: bool,
    /// When given, the counts of the registers are rounded and none is hidden.
    pub rounding: Option<Rounding>,
}

impl DisclosureSettings {
    fn check_categories(&self) -> Result<(), SettingsError> {
        if let Some(s) = self.strict.iter().find(|s| s.threshold <= self.threshold) {
            return Err(SettingsError::new(
                format!("threshold = {} for {} = {} is not strict", s.threshold, s.dimension, s.code),
                format!("it must be above that of all counts, {}", self.threshold),
            ));
        }
        if let Some(w) = self.weight.iter().find(|w| !(w.factor.is_finite() && w.factor > 0.0)) {
            return Err(SettingsError::new(
                format!("{} = {} cannot weigh {}", w.dimension, w.code, w.factor),
                "a factor is above zero: above 1 to keep the counts of a category, below 1 to let them go first",
            ));
        }
        let Some(Rounding { base, .. }) = self.rounding else { return Ok(()) };
        if !(self.strict.is_empty() && self.weight.is_empty() && self.structural.is_empty()) || self.groups {
            return Err(SettingsError::new(
                "[disclosure.rounding] hides no counts, and strict, weight, structural and groups of [disclosure] say which are",
                "leave out the one or the others",
            ));
        }
        if base < self.threshold {
            return Err(SettingsError::new(
                format!(
                    "rounding to multiples of {base} shows counts below the threshold of {}",
                    self.threshold
                ),
                "take a base that is not below the threshold, or a lower threshold",
            ));
        }
        Ok(())
    }
}

/// Raises the threshold for the cells of one category, and of those below it: minors, say, or a small nationality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    /// Identifier of the dimension.
    pub dimension: String,
    /// Code of the category.
    pub code: String,
    /// Counts below this are small there. Above [`DisclosureSettings::threshold`].
    pub threshold: u64,
}

/// Multiplies the cost of hiding the cells of one category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Identifier of the dimension.
    pub dimension: String,
    /// Code of the category.
    pub code: String,
    /// Above 1 the cells are kept rather than others, below 1 they go first. Above zero.
    pub factor: f64,
}

/// How counts are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Counts become multiples of this, such as 3, 5 or 10. At least 2.
    pub base: u64,
    /// How many bases further than the two nearest multiples a count may go. With 0 every count is
    /// less than one base from its true value, and multiples of the base stay (*zero-restricted*
    /// rounding). Tables of three and more dimensions, or of two hierarchies, do not always have
    /// that; then 1 helps. A zero stays a zero whatever this is.
    #[serde(default)]
    pub steps: u32,
}

impl Rounding {
    /// Zero-restricted rounding to multiples of `base`.
    pub fn base(base: u64) -> Self {
        Rounding { base, steps: 0 }
    }
}

/// How zeros are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zeros {
    /// Zeros are published, so a suppressed cell is known to be at least 1.
    #[default]
    Publish,
    /// Zeros are as sensitive as small counts and hidden with them.
    Protect,
}

impl Default for DisclosureSettings {
    fn default() -> Self {
        Self {
            threshold: default_threshold(),
            zeros: Zeros::default(),
            publish_unprotected: false,
            trials: default_trials(),
            strict: Vec::new(),
            weight: Vec::new(),
            structural: Vec::new(),
            groups: false,
            rounding: None,
        }
    }
}

fn all_languages() -> Vec<Language> {
    Language::ALL.to_vec()
}
fn default_regions() -> String {
    "place".to_owned()
}
fn default_licence() -> String {
    "CC-BY-4.0".into()
}
fn default_seed() -> u64 {
    1
}
fn default_level() -> f64 {
    0.95
}
fn iso_date() -> String {
    "%Y-%m-%d".into()
}
fn breakdown() -> Role {
    Role::Breakdown
}
fn default_per() -> u64 {
    100_000
}
fn default_threshold() -> u64 {
    5
}
fn default_trials() -> u32 {
    2000
}
fn default_draws() -> u32 {
    20
}

/// Names that mean something else in a report or a table.
const FIXED_COLUMNS: [&str; 8] = ["age", "date", "month", "person", "quarter", "register", "row", "year"];

/// Why `monitor.toml` cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong.
    pub message: String,
    /// What is allowed and what to do.
    pub help: String,
    /// Bytes of the text that are wrong, when they can be pointed at.
    pub span: Option<Range<usize>>,
}

impl SettingsError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), span: None }
    }

    /// Points at the first place in `text` where `needle` stands between quotes.
    fn at(mut self, text: &str, needle: &str) -> Self {
        let quoted = format!("\"{needle}\"");
        self.span = text.find(&quoted).map(|start| start..start + quoted.len());
        self
    }
}

impl Settings {
    /// Reads and checks the text of `monitor.toml`.
    ///
    /// # Errors
    /// With message, help and place, when the text is not TOML, a key is unknown (with the
    /// nearest known one), a value is not allowed, or sections contradict each other.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Settings = toml::from_str(text).map_err(|e| from_toml(&e))?;
        settings.check(text)?;
        Ok(settings)
    }

    /// The classification of variable `id`: a standard variable or one under `[variable]`.
    /// `None` when it comes from a file of the project, or there is no such variable.
    pub fn classification_id(&self, id: &str) -> Option<String> {
        if let Some(v) = self.variable.get(id) {
            if v.file.is_some() {
                return None;
            }
            if let Some(c) = &v.classification {
                return Some(c.clone());
            }
        }
        variables().iter().find(|v| v.id == id).map(|v| v.classification.to_owned())
    }

    /// Name of variable `id` for readers.
    pub fn variable_label(&self, id: &str) -> Label {
        if let Some(label) = self.variable.get(id).and_then(|v| v.label.clone()) {
            return label;
        }
        if let Some(register) = crate::register_of(id) {
            let label =
                self.registers().into_iter().find(|(code, _)| code == register).map(|(_, label)| label);
            let Label { en, nl } = label.unwrap_or_else(|| Label::same(register));
            return Label::new(format!("Reported by: {en}"), format!("Gemeld door: {nl}"));
        }
        let base = crate::variable_of(id);
        match base {
            "age" => Label::new("Age", "Leeftijd"),
            "register" => Label::new("Register", "Register"),
            "year" => Label::new("Year", "Jaar"),
            "quarter" => Label::new("Quarter", "Kwartaal"),
            "month" => Label::new("Month", "Maand"),
            _ => variables()
                .iter()
                .find(|v: &&Variable| v.id == base)
                .map_or_else(|| Label::same(id), |v| Label::new(v.label.0, v.label.1)),
        }
    }

    /// The registers, by code and name, in the order in which sources first name them. A report
    /// carries its register as an index in this list.
    pub fn registers(&self) -> Vec<(String, Label)> {
        let mut registers: Vec<(String, Label)> = Vec::new();
        for r in self.source.iter().filter_map(|s| s.reports.as_ref()) {
            if !registers.iter().any(|(code, _)| *code == r.register) {
                registers.push((r.register.clone(), r.label.clone()));
            }
        }
        registers
    }

    /// Names of all categorical variables: the standard ones, then those under `[variable]`.
    pub fn variable_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = variables().iter().map(|v| v.id.to_owned()).collect();
        ids.extend(self.variable.keys().filter(|k| !variables().iter().any(|v| v.id == k.as_str())).cloned());
        ids
    }

    fn check(&self, text: &str) -> Result<(), SettingsError> {
        self.check_ids(text)?;
        self.check_variables(text)?;
        for source in &self.source {
            self.check_source(source, text)?;
        }
        self.check_linkage(text)?;
        self.check_derived(text)?;
        if self.disclosure.publish_unprotected {
            return Err(SettingsError::new(
                "unprotected cells cannot be published",
                "take out `publish_unprotected`; use a higher `threshold` or fewer dimensions instead",
            ));
        }
        if !(2..=1000).contains(&self.disclosure.threshold) {
            return Err(SettingsError::new(
                format!("threshold = {} protects nobody", self.disclosure.threshold),
                "use a threshold between 2 and 1000; 5 is usual",
            ));
        }
        self.disclosure.check_categories()?;
        if let (Some(_), Some(estimate)) = (self.disclosure.rounding, self.estimate.first()) {
            return Err(SettingsError::new(
                format!(
                    "estimate \"{}\" says how many were detected, and [disclosure.rounding] that no count is told",
                    estimate.id
                ),
                "leave out [disclosure.rounding], so that small counts are hidden instead, or the estimates",
            ));
        }
        if !(self.monitor.level > 0.5 && self.monitor.level < 1.0) {
            return Err(SettingsError::new(
                format!("level = {} is not a confidence level", self.monitor.level),
                "use a number between 0.5 and 1, such as 0.95",
            ));
        }
        self.check_young()?;
        if self.monitor.languages.is_empty() {
            return Err(SettingsError::new("languages is empty", "use [\"en\", \"nl\"]"));
        }
        Ok(())
    }

    fn check_young(&self) -> Result<(), SettingsError> {
        let Some(young) = &self.young else { return Ok(()) };
        if young.help.is_empty() {
            return Err(SettingsError::new(
                "[young] names nobody who helps",
                "add a [[young.help]] with name, text, and phone or web; or leave the page out",
            ));
        }
        let is_address = |text: &str| text.starts_with("https://") && !text.contains(char::is_whitespace);
        for help in &young.help {
            let name = &help.name.en;
            if help.phone.is_empty() && help.web.is_empty() {
                return Err(SettingsError::new(
                    format!("[[young.help]] \"{name}\" cannot be reached"),
                    "give its phone or its web address",
                ));
            }
            if !help.web.is_empty() && !is_address(&help.web) {
                return Err(SettingsError::new(
                    format!("[[young.help]] \"{name}\": \"{}\" is no web address", help.web),
                    "an address begins with https://",
                ));
            }
            if !help.phone.chars().all(|c| c.is_ascii_digit() || "+ -()".contains(c)) {
                return Err(SettingsError::new(
                    format!("[[young.help]] \"{name}\": \"{}\" is no telephone number", help.phone),
                    "it has digits, spaces, +, - and brackets",
                ));
            }
        }
        if !is_address(&young.exit) {
            return Err(SettingsError::new(
                format!("[young] exit = \"{}\" is no web address", young.exit),
                "an address begins with https://; a site that nobody is surprised to see",
            ));
        }
        Ok(())
    }

    fn check_linkage(&self, text: &str) -> Result<(), SettingsError> {
        for source in &self.source {
            let Some(reports) = &source.reports else { continue };
            let identified = !reports.identifiers.is_empty();
            if self.linkage.is_none() && identified {
                return Err(SettingsError::new(
                    format!(
                        "source \"{}\" has identifiers, and there is no [linkage] that uses them",
                        source.id
                    ),
                    "add [linkage], or take the identifiers out",
                )
                .at(text, &source.id));
            }
            if self.linkage.is_some() && (!identified || reports.person.is_some()) {
                return Err(SettingsError::new(
                    format!(
                        "with [linkage] persons are found by identifiers, also in source \"{}\"",
                        source.id
                    ),
                    "give every register [source.reports.identifiers] and none `person`",
                )
                .at(text, &source.id));
            }
        }
        let Some(linkage) = &self.linkage else { return Ok(()) };
        let known = self.variable_ids();
        if let Some(name) = linkage.compare.iter().find(|name| !known.contains(name)) {
            return Err(SettingsError::new(
                format!("[linkage] compares \"{name}\", which is no variable of the reports"),
                format!("the variables are {}", known.join(", ")),
            )
            .at(text, name));
        }
        let taken = |name: &String| {
            let mut reports = self.source.iter().filter_map(|s| s.reports.as_ref());
            reports.any(|r| r.identifiers.contains_key(name))
        };
        if let Some(name) = linkage.compare.iter().find(|name| taken(name)) {
            return Err(SettingsError::new(
                format!("\"{name}\" is both an identifier and a variable that [linkage] compares"),
                "give the identifier another name",
            )
            .at(text, name));
        }
        if !(2..=1000).contains(&linkage.draws) {
            return Err(SettingsError::new(
                format!("draws = {} of [linkage] is not possible", linkage.draws),
                "use 2 to 1000; 20 is usual",
            ));
        }
        if let Some(recall) = linkage.recall.filter(|r| !(0.5..1.0).contains(r)) {
            return Err(SettingsError::new(
                format!("recall = {recall} of [linkage] is not possible"),
                "use 0.5 to below 1; 0.998 when not stated",
            ));
        }
        if let Some(pairs) = linkage.pairs_per_record.filter(|p| !(0.1..=10_000.0).contains(p)) {
            return Err(SettingsError::new(
                format!("pairs_per_record = {pairs} of [linkage] is not possible"),
                "use 0.1 to 10000; without a bound when not stated",
            ));
        }
        Ok(())
    }

    fn check_ids(&self, text: &str) -> Result<(), SettingsError> {
        let mut sources = BTreeSet::new();
        let mut tables = BTreeSet::new();
        let mut estimates = BTreeSet::new();
        let cubes = self.source.iter().flat_map(|s| s.cube.iter().map(|c| &c.id));
        let named = std::iter::once(("monitor", &self.monitor.id, None))
            .chain(self.source.iter().map(|s| ("source", &s.id, Some(0))))
            .chain(cubes.map(|id| ("cube", id, Some(1))))
            .chain(self.table.iter().map(|t| ("table", &t.id, Some(1))))
            .chain(self.estimate.iter().map(|e| ("estimate", &e.id, Some(2))));
        for (what, id, space) in named {
            if !is_identifier(id) {
                return Err(SettingsError::new(
                    format!("\"{id}\" cannot be the identifier of a {what}"),
                    "use 1 to 64 lower-case letters, digits and _",
                )
                .at(text, id));
            }
            let fresh = match space {
                Some(0) => sources.insert(id),
                Some(1) => tables.insert(id),
                Some(_) => estimates.insert(id),
                None => true,
            };
            if !fresh {
                return Err(SettingsError::new(
                    format!("the identifier \"{id}\" of a {what} is used twice"),
                    "give each its own",
                )
                .at(text, id));
            }
        }
        Ok(())
    }

    fn check_variables(&self, text: &str) -> Result<(), SettingsError> {
        for (id, v) in &self.variable {
            if !is_identifier(id) || FIXED_COLUMNS.contains(&id.as_str()) {
                return Err(SettingsError::new(
                    format!("\"{id}\" cannot be the name of a variable"),
                    format!(
                        "use 1 to 64 lower-case letters, digits and _, and none of {}",
                        FIXED_COLUMNS.join(", ")
                    ),
                ));
            }
            if let Some(c) = &v.classification {
                known_classification(c, text)?;
            }
            if let Some(file) = &v.file {
                inside_project(file, text)?;
            }
            if v.classification.is_some() && v.file.is_some() {
                return Err(SettingsError::new(
                    format!("variable \"{id}\" has both a classification and a file"),
                    "keep one of the two",
                ));
            }
            let standard = variables().iter().any(|s| s.id == id);
            if !standard && v.classification.is_none() && v.file.is_none() {
                return Err(SettingsError::new(
                    format!("variable \"{id}\" has no classification"),
                    "name one in `classification`, or give a CSV file in `file`",
                ));
            }
        }
        Ok(())
    }

    fn check_source(&self, source: &Source, text: &str) -> Result<(), SettingsError> {
        let kinds = usize::from(source.reports.is_some())
            + usize::from(!source.cube.is_empty())
            + usize::from(source.histories.is_some());
        if kinds != 1 {
            return Err(SettingsError::new(
                format!("source \"{}\" must be one thing, and is {kinds}", source.id),
                "give it either [source.reports], or one or more [[source.cube]], or [source.histories]",
            )
            .at(text, &source.id));
        }
        inside_project(&source.path, text)?;
        for (mark, (lo, hi)) in &source.format.suppressed {
            if lo > hi {
                return Err(SettingsError::new(
                    format!("\"{mark}\" hides a count from {lo} to {hi}, which is no range"),
                    "write the lower bound first, as in { \"<5\" = [0, 4] }",
                )
                .at(text, mark));
            }
        }
        if let Some(reports) = &source.reports {
            let ids = self.variable_ids();
            for (id, column) in &reports.columns {
                if !ids.contains(id) {
                    return Err(unknown("variable", id, ids.iter().map(String::as_str)).at(text, id));
                }
                if let Some(file) = &column.codes_file {
                    inside_project(file, text)?;
                }
                if let Some(c) = self.classification_id(id).as_deref().and_then(crate::classification) {
                    known_codes(c, &column.codes, text)?;
                }
            }
        }
        for cube in &source.cube {
            let mut seen = BTreeSet::new();
            if cube.dimension.is_empty() {
                return Err(SettingsError::new(
                    format!("cube \"{}\" has no dimensions", cube.id),
                    "add at least one [[source.cube.dimension]]",
                )
                .at(text, &cube.id));
            }
            for d in &cube.dimension {
                if !seen.insert(&d.id) {
                    return Err(SettingsError::new(
                        format!("cube \"{}\" has the dimension \"{}\" twice", cube.id, d.id),
                        "give each its own identifier",
                    )
                    .at(text, &cube.id));
                }
                if let Some(file) = &d.codes_file {
                    inside_project(file, text)?;
                }
                if let Some(id) = &d.classification {
                    known_codes(known_classification(id, text)?, &d.codes, text)?;
                }
            }
        }
        Ok(())
    }

    fn check_derived(&self, text: &str) -> Result<(), SettingsError> {
        let has_reports = self.source.iter().any(|s| s.reports.is_some());
        let ids = self.variable_ids();
        let check_dimension = |name: &String| -> Result<(), SettingsError> {
            let (base, group) = match name.split_once(':') {
                Some((base, group)) => (base, Some(group)),
                None => (name.as_str(), None),
            };
            if let Some(register) = crate::register_of(name) {
                let registers = self.registers();
                let known = || registers.iter().map(|(code, _)| code.as_str());
                if !known().any(|code| code == register) {
                    return Err(unknown("register", register, known()).at(text, name));
                }
                return Ok(());
            }
            if let Some(group) = group {
                known_classification(group, text)?;
            }
            let known = ids.iter().map(String::as_str).chain(["register", "age"]);
            if !known.clone().any(|k| k == base) {
                return Err(unknown("variable", base, known).at(text, name));
            }
            if base == "age" && group.is_none() {
                return Err(SettingsError::new(
                    "age needs groups: single years of age give persons away",
                    "write for instance \"age:age.nl\"",
                )
                .at(text, name));
            }
            Ok(())
        };
        for table in &self.table {
            if !has_reports {
                return Err(SettingsError::new(
                    format!("table \"{}\" is made from reports, and there are none", table.id),
                    "add a [[source]] with [source.reports], or take the table out",
                )
                .at(text, &table.id));
            }
            table.dimensions.iter().try_for_each(check_dimension)?;
            self.check_overlap(table, text)?;
        }
        let cubes: Vec<&str> = self
            .source
            .iter()
            .flat_map(|s| s.cube.iter().map(|c| c.id.as_str()))
            .chain(self.table.iter().map(|t| t.id.as_str()))
            .collect();
        self.check_groupings(text)?;
        let received = || self.source.iter().flat_map(|s| s.cube.iter().map(|c| c.id.as_str()));
        for table in &self.table {
            if let Some(p) = table.population.as_deref().filter(|p| !received().any(|id| id == *p)) {
                return Err(unknown("cube of a source", p, received()).at(text, p));
            }
            if table.per == 0 {
                return Err(SettingsError::new(
                    format!("table \"{}\": rates per 0 inhabitants mean nothing", table.id),
                    "use per = 100000",
                )
                .at(text, &table.id));
            }
        }
        for trend in &self.trend {
            if !cubes.contains(&trend.cube.as_str()) {
                return Err(unknown("table", &trend.cube, cubes.iter().copied()).at(text, &trend.cube));
            }
        }
        for e in &self.estimate {
            let lists: Vec<&str> =
                self.source.iter().filter(|s| s.histories.is_some()).map(|s| s.id.as_str()).collect();
            match &e.source {
                Some(s) if !lists.contains(&s.as_str()) => {
                    return Err(unknown("source of capture histories", s, lists).at(text, s));
                }
                None if !has_reports => {
                    return Err(SettingsError::new(
                        format!("estimate \"{}\" has no capture histories", e.id),
                        "name a source with [source.histories] in `source`",
                    )
                    .at(text, &e.id));
                }
                _ => {}
            }
            if let Some((first, last)) = e.years.filter(|(first, last)| first > last) {
                return Err(SettingsError::new(
                    format!("estimate \"{}\": years = [{first}, {last}] is no range", e.id),
                    "write the first year first",
                )
                .at(text, &e.id));
            }
            if let Some(smooth) = e.smooth.as_ref().filter(|smooth| !e.by.contains(smooth)) {
                let known = e.by.iter().map(String::as_str);
                return Err(unknown("variable in `by`", smooth, known).at(text, smooth));
            }
            // Of a source of capture histories these name columns, which only its reader knows.
            if e.source.is_none() {
                let mut variables = e.by.iter().chain(&e.covariates);
                variables.clone().try_for_each(check_dimension)?;
                if let Some(name) = variables.find(|name| crate::register_of(name).is_some()) {
                    return Err(SettingsError::new(
                        format!("estimate \"{}\" is by \"{name}\", and who is in a register is what it is made from", e.id),
                        "take it out",
                    )
                    .at(text, name));
                }
            }
        }
        Ok(())
    }
}

impl Settings {
    /// In which registers somebody is, is asked of persons, and in one way.
    fn check_overlap(&self, table: &TableSettings, text: &str) -> Result<(), SettingsError> {
        let Some(name) = table.dimensions.iter().find(|d| crate::register_of(d).is_some()) else {
            return Ok(());
        };
        if table.count != Unit::Persons {
            return Err(SettingsError::new(
                format!("table \"{}\" has \"{name}\", and does not count persons", table.id),
                "a report is in one register: write \"register\", or count = \"persons\"",
            )
            .at(text, name));
        }
        // Who is first reported by a register is in it: two ways to say one thing, which are protected apart.
        let first =
            |t: &&TableSettings| t.count == Unit::Persons && t.dimensions.iter().any(|d| d == "register");
        if let Some(other) = self.table.iter().find(first) {
            return Err(SettingsError::new(
                format!(
                    "table \"{}\" counts persons by the registers they are in, and \"{}\" by the first of them",
                    table.id, other.id
                ),
                "use one of the two: who is first reported by a register is in it, and that cannot be ruled out yet",
            )
            .at(text, name));
        }
        Ok(())
    }

    /// One variable in two groupings cannot be protected as one set yet: less the groups of the one,
    /// those of the other may give away what lies between them.
    fn check_groupings(&self, text: &str) -> Result<(), SettingsError> {
        let named = |t: &TableSettings| t.dimensions.iter().map(|d| (t.count, d.clone())).collect::<Vec<_>>();
        let mut seen: BTreeMap<(Unit, String), (String, &str)> = BTreeMap::new();
        for table in &self.table {
            for (unit, dimension) in named(table) {
                let base = crate::variable_of(&dimension).to_owned();
                let own = self.classification_id(&base).map(|c| format!("{base}:{c}"));
                let whole = own.filter(|_| dimension == base).unwrap_or_else(|| dimension.clone());
                let (first, by) = seen.entry((unit, base)).or_insert((whole.clone(), &table.id));
                if *first != whole {
                    return Err(SettingsError::new(
                        format!(
                            "tables \"{by}\" and \"{}\" group one variable in two ways, as {first} and {whole}",
                            table.id
                        ),
                        "use one grouping in all tables that count the same: from two, a reader can subtract, \
                         and that cannot be ruled out yet",
                    )
                    .at(text, &dimension));
                }
            }
        }
        Ok(())
    }
}

/// Whether `id` is a safe name of a file, of a page and of a column.
pub fn is_identifier(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn inside_project(path: &str, text: &str) -> Result<(), SettingsError> {
    let p = std::path::Path::new(path);
    let inside =
        p.components().all(|c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir));
    if inside && !path.is_empty() {
        return Ok(());
    }
    Err(SettingsError::new(
        format!("\"{path}\" is not below the project folder"),
        "copy the file to registers/ and give its path from the project folder, such as registers/police.csv",
    )
    .at(text, path))
}

fn known_classification<'a>(id: &str, text: &str) -> Result<&'a Classification, SettingsError> {
    crate::classification(id).ok_or_else(|| {
        unknown("classification", id, crate::shipped().iter().map(|c| c.id.as_str())).at(text, id)
    })
}

fn known_codes(
    c: &Classification,
    codes: &BTreeMap<String, String>,
    text: &str,
) -> Result<(), SettingsError> {
    for code in codes.values() {
        if code != crate::TOTAL && c.position(code).is_none() {
            let names = c.codes().iter().map(|c| c.code.as_str());
            return Err(unknown(&format!("code of {}", c.id), code, names).at(text, code));
        }
    }
    Ok(())
}

fn unknown<'a>(what: &str, given: &str, known: impl IntoIterator<Item = &'a str>) -> SettingsError {
    let known: Vec<&str> = known.into_iter().collect();
    let help = match nearest(given, known.iter().copied()) {
        Some(n) => format!("did you mean \"{n}\"?"),
        None if known.is_empty() => "there are none".to_owned(),
        None if known.len() > 20 => {
            format!("known are {} and {} more", known[..20].join(", "), known.len() - 20)
        }
        None => format!("known are {}", known.join(", ")),
    };
    SettingsError::new(format!("there is no {what} \"{given}\""), help)
}

/// Turns the parser's "unknown field `a`, expected one of `b`, `c`" into a suggestion.
fn from_toml(e: &toml::de::Error) -> SettingsError {
    let message = e.message().to_owned();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let help = if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let given = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        match nearest(given, known.iter().copied()) {
            Some(n) => format!("did you mean `{n}`? Allowed here: {}", known.join(", ")),
            None => format!("allowed here: {}", known.join(", ")),
        }
    } else {
        "see the chapter on monitor.toml in the book".to_owned()
    };
    SettingsError { message, help, span: e.span() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"
[monitor]
id = "m"
title = "T"
description = "D"
publisher = "P"
edition = "2026"
reference_date = "2026-11-24"
"#;

    fn fails(rest: &str) -> SettingsError {
        Settings::parse(&format!("{HEAD}{rest}")).expect_err("refused")
    }

    #[test]
    fn an_unknown_key_is_refused_with_a_suggestion_and_a_place() {
        let e = fails("[disclosure]\ntreshold = 5\n");
        assert!(e.help.contains("did you mean `threshold`"), "{e:?}");
        assert!(e.span.is_some());
    }

    #[test]
    fn a_path_outside_the_project_is_refused() {
        let e =
            fails("[[source]]\nid = \"a\"\npath = \"../secret.csv\"\ntitle = \"A\"\n[source.histories]\n");
        assert!(e.message.contains("not below the project folder"), "{e:?}");
    }

    #[test]
    fn unprotected_cells_are_refused() {
        let e = fails("[disclosure]\npublish_unprotected = true\n");
        assert!(e.message.contains("unprotected"), "{e:?}");
        let strict = "[[disclosure.strict]]\ndimension = \"age_group\"\ncode = \"0-17\"\nthreshold = ";
        assert!(fails(&format!("{strict}5\n")).help.contains("above that of all counts, 5"));
        let weight = "[[disclosure.weight]]\ndimension = \"sex\"\ncode = \"F\"\nfactor = ";
        assert!(fails(&format!("{weight}0.0\n")).message.contains("cannot weigh 0"));
        let e = fails(&format!("[disclosure.rounding]\nbase = 10\n{strict}10\n"));
        assert!(e.message.contains("hides no counts"), "{e:?}");
        let e = fails("[disclosure.rounding]\nbase = 3\n");
        assert!(e.message.contains("multiples of 3"), "{e:?}");
    }

    #[test]
    fn a_covariate_of_an_estimate_from_reports_is_a_variable() {
        let with = |name: &str| {
            format!(
                "{HEAD}[[source]]\nid = \"a\"\npath = \"registers/a.csv\"\ntitle = \"A\"\n\
                 [source.reports]\nregister = \"police\"\nlabel = \"P\"\nrecord = \"r\"\n\
                 date = {{ column = \"d\", format = \"%Y\" }}\n\
                 [[estimate]]\nid = \"e\"\ntitle = \"E\"\nmethods = []\ncovariates = [\"{name}\"]\n"
            )
        };
        assert_eq!(Settings::parse(&with("register")).expect("sound").estimate[0].covariates, ["register"]);
        let e = Settings::parse(&with("shoe_size")).expect_err("refused");
        assert!(e.message.contains("shoe_size") && e.span.is_some(), "{e:?}");
    }

    #[test]
    fn who_is_in_which_registers_is_asked_of_persons_in_one_way() {
        let with = |rest: &str| {
            format!(
                "{HEAD}[[source]]\nid = \"a\"\npath = \"registers/a.csv\"\ntitle = \"A\"\n\
                 [source.reports]\nregister = \"police\"\nlabel = {{ en = \"Police\", nl = \"Politie\" }}\n\
                 record = \"r\"\ndate = {{ column = \"d\", format = \"%Y\" }}\n{rest}"
            )
        };
        let sound = Settings::parse(&with(&with_table("t", "persons", "register:police"))).expect("sound");
        let label = sound.variable_label("register:police");
        assert_eq!((label.en.as_str(), label.nl.as_str()), ("Reported by: Police", "Gemeld door: Politie"));
        let fails = |rest: &str| Settings::parse(&with(rest)).expect_err("refused");
        let e = fails(&with_table("t", "persons", "register:polise"));
        assert!(e.help.contains("police") && e.span.is_some(), "{e:?}");
        let e = fails(&with_table("t", "reports", "register:police"));
        assert!(e.message.contains("does not count persons") && e.span.is_some(), "{e:?}");
        let two = with_table("t", "persons", "register:police") + &with_table("u", "persons", "register");
        let e = fails(&two);
        assert!(e.message.contains("\"u\" by the first of them"), "{e:?}");
        let e = fails("[[estimate]]\nid = \"e\"\ntitle = \"E\"\nmethods = []\nby = [\"register:police\"]\n");
        assert!(e.message.contains("what it is made from") && e.span.is_some(), "{e:?}");
    }

    fn with_table(id: &str, count: &str, dimension: &str) -> String {
        format!(
            "[[table]]\nid = \"{id}\"\ntitle = \"T\"\ncount = \"{count}\"\ndimensions = [\"{dimension}\"]\n"
        )
    }

    #[test]
    fn a_table_without_reports_is_refused() {
        let e = fails("[[table]]\nid = \"t\"\ntitle = \"T\"\ncount = \"persons\"\ndimensions = []\n");
        assert!(e.message.contains("made from reports"), "{e:?}");
    }

    #[test]
    fn a_text_in_one_language_is_refused_and_says_which_lacks() {
        let text = HEAD.replace("title = \"T\"", "title = { en = \"T\" }");
        let e = Settings::parse(&text).expect_err("refused");
        assert!(e.message.contains("lacks `nl`"), "{e:?}");
        assert!(e.span.is_some());
    }

    #[test]
    fn a_variable_in_two_groupings_is_refused() {
        let table = |id: &str, d: &str| {
            format!("[[table]]\nid = \"{id}\"\ntitle = \"T\"\ncount = \"persons\"\ndimensions = [\"{d}\"]\n")
        };
        let source = "[[source]]\nid = \"a\"\npath = \"a.csv\"\ntitle = \"A\"\n[source.reports]\nregister = \"A\"\n\
                      label = \"A\"\nrecord = \"id\"\ndate = { column = \"d\" }\n";
        let both = |a: &str, b: &str| format!("{source}{}{}", table("one", a), table("two", b));
        let e = fails(&both("age:age.nl", "age:age.5"));
        assert!(e.message.contains("group one variable in two ways"), "{e:?}");
        let e = fails(&both("citizenship", "citizenship:country_group"));
        assert!(e.message.contains("citizenship:iso3166 and citizenship:country_group"), "{e:?}");
        let same = format!("{HEAD}{}", both("citizenship", "citizenship:iso3166"));
        Settings::parse(&same).expect("one grouping, written in two ways");
    }

    #[test]
    fn a_variable_cannot_have_the_name_of_a_fixed_column() {
        let e = fails("[variable.age]\nclassification = \"sex\"\n");
        assert!(e.message.contains("\"age\""), "{e:?}");
    }
}
