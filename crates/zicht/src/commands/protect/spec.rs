//! What is counted from a file of records, and how it is protected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use disclosure::cell_key::{Additivity, Constraints, Shape};
use disclosure::privacy::{Budget, Contribution, Measured, Settings};
use disclosure::{AmountRule, Costs, Dominance, Mode, PPercent, Policy};
use model::{Category, Dimension, DisclosureSettings, Format, Label, Role, Rounding, Strict, Weight, Zeros};
use serde::{Deserialize, Serialize};

use crate::commands::noise;
use crate::commands::records::{self, Layout};
use crate::failure::Failure;

/// `SPEC.toml`. By default that of tables with their totals.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// How the file of records is written, where that cannot be told from it.
    #[serde(default)]
    pub(super) format: Format,
    /// The rule.
    #[serde(default)]
    pub(super) disclosure: Rule,
    /// What hidden counts are protected against; `--mode` comes before it.
    #[serde(default)]
    pub(super) mode: Mode,
    /// The least distance between the bounds that anyone can derive for a hidden small count, in the strong mode; one less than
    /// the threshold when not given.
    pub(super) protection: Option<u64>,
    /// What it costs to hide a count that is not small.
    #[serde(default)]
    pub(super) costs: Costs,
    /// Whether the cheapest choice is sought, and how far the one found may be from it.
    #[serde(default)]
    pub(super) exact: bool,
    /// In the weak mode: whether the reader rounds bounds to whole counts.
    #[serde(default)]
    pub(super) whole: Whole,
    /// `[rounding]`: counts are rounded, and none is hidden.
    pub(super) rounding: Option<Rounding>,
    /// `[cell_key]`: noise is added that is the same for a cell wherever it stands.
    pub(super) cell_key: Option<CellKey>,
    /// `[privacy]`: noise is added with a budget of differential privacy.
    pub(super) privacy: Option<Privacy>,
    /// Categories that are to be kept rather than others, or may go.
    #[serde(default)]
    pub(super) weight: Vec<Weight>,
    /// Column that says how many records a row stands for; each row is one record when there is none.
    pub(super) frequency: Option<String>,
    /// Column that says who a record is of.
    pub(super) person: Option<String>,
    /// Variables with a hierarchy, or with another column than their name.
    #[serde(default)]
    pub(super) variable: BTreeMap<String, records::Settings>,
    /// Categories with a higher threshold.
    #[serde(default)]
    pub(super) strict: Vec<Strict>,
    /// Combinations in which nobody can be.
    #[serde(default)]
    structural: Vec<BTreeMap<String, String>>,
    /// The tables, which are protected as one set. With none the files are tables already.
    #[serde(default)]
    pub(super) table: Vec<Table>,
}

/// Whether bounds are rounded to whole counts: they are unless said otherwise.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Whole(bool);

impl Default for Whole {
    fn default() -> Self {
        Whole(true)
    }
}

/// Decimals of amounts, at most.
const MOST_DECIMALS: u32 = 6;

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

/// `[disclosure]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rule {
    /// Counts below this, and above zero, are small.
    pub(super) threshold: u64,
    /// How zeros are treated.
    zeros: Zeros,
    /// The effort with which it is sought which cells to hide beside the small counts.
    trials: u32,
    /// Whether it is hidden that all of a group have one property.
    groups: bool,
    /// An amount is sensitive when its few largest make up too much of it.
    dominance: Option<Dominance>,
    /// An amount is sensitive when one could estimate the largest in it too closely.
    p_percent: Option<PPercent>,
    /// How far the amount of few has to stay open, as a percentage of it.
    range: f64,
}

impl Default for Rule {
    fn default() -> Self {
        let DisclosureSettings { threshold, zeros, trials, .. } = DisclosureSettings::default();
        let AmountRule { dominance, p_percent, range } = AmountRule::default();
        Self { threshold, zeros, trials, groups: false, dominance, p_percent, range }
    }
}

/// `[cell_key]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellKey {
    /// The most that is added or taken away.
    largest: Option<u32>,
    /// Variance of the noise.
    variance: Option<f64>,
    /// Counts of 1 up to this are never published.
    never: Option<u32>,
    /// The probability that a count stays as it is.
    keep: Option<f64>,
    /// Whether larger noise may be more probable than smaller.
    shape: Option<Shape>,
    /// A table of noise as tau-Argus reads it, beside the specification, instead of all of these.
    pub(super) table: Option<PathBuf>,
    /// Whether published parts sum to published totals.
    #[serde(default)]
    pub(super) additivity: Additivity,
}

impl CellKey {
    /// What the noise has to satisfy, when no table is given.
    pub(super) fn constraints(&self) -> Constraints {
        Constraints {
            never: self.never.unwrap_or_default(),
            keep: self.keep,
            shape: self.shape.unwrap_or_default(),
            ..Constraints::new(self.largest.unwrap_or_default(), self.variance.unwrap_or_default())
        }
    }
}

/// `[privacy]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Privacy {
    epsilon: Option<f64>,
    delta: Option<f64>,
    rho: Option<f64>,
    /// The most records that one person has.
    #[serde(default = "noise::one_record")]
    pub(super) records: u32,
    /// Which cells get noise of their own.
    #[serde(default)]
    measured: Measured,
    /// Whether counts are made consistent afterwards.
    #[serde(default = "yes")]
    consistent: bool,
}

impl Privacy {
    /// What may be told of a person.
    pub(super) fn budget(&self) -> Result<Budget, Failure> {
        noise::budget(self.rho, self.epsilon, self.delta)
    }

    pub(super) fn settings(&self, budget: Budget) -> Settings {
        Settings {
            contribution: Contribution { records: self.records, ..Contribution::default() },
            measured: self.measured,
            consistent: self.consistent,
            ..Settings::new(budget)
        }
    }
}

/// `[[table]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// Name of its files.
    pub(super) id: String,
    /// Title for readers; the name when not given.
    pub(super) title: Option<String>,
    /// Variables.
    pub(super) dimensions: Vec<String>,
    /// Column that is summed; records are counted when there is none.
    pub(super) amount: Option<String>,
    /// Decimals of its amounts.
    #[serde(default)]
    pub(super) decimals: u32,
    /// Levels below the total that are shown of a variable with a hierarchy; all when not given.
    #[serde(default)]
    pub(super) depth: BTreeMap<String, usize>,
    /// Why it is published whole: its counts are then known to the attacker.
    pub(super) waiver: Option<String>,
    /// Its part of the budget of differential privacy, beside those of the other tables.
    #[serde(default = "one")]
    pub(super) share: f64,
}

impl Spec {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
        let spec: Self = toml::from_str(&text).map_err(|e| {
            Failure::input(
                format!("{}: {e}", path.display()),
                "it has a [[table]] with id and dimensions for each table, and a [variable.NAME] for each variable \
                 with a hierarchy",
            )
        })?;
        spec.check().map_err(|(what, help)| Failure::input(format!("{}: {what}", path.display()), help))?;
        Ok(spec)
    }

    fn check(&self) -> Result<(), (String, String)> {
        let fail = |what: String, help: &str| Err((what, help.to_owned()));
        if self.disclosure.threshold < 2 {
            return fail("a threshold below 2 protects nobody".into(), "3, 5 and 10 are usual");
        }
        if self.protection.is_some_and(|p| p == 0) {
            return fail(
                "a protection of 0 protects nobody".into(),
                "1 keeps counts from being known exactly",
            );
        }
        self.check_change()?;
        self.check_amounts()?;
        self.check_tables()?;
        for weight in &self.weight {
            let known =
                self.table.is_empty() || self.table.iter().any(|t| t.dimensions.contains(&weight.dimension));
            if !known || !weight.factor.is_finite() || weight.factor <= 0.0 {
                return fail(
                    format!("\"{} = {}\" cannot weigh {}", weight.dimension, weight.code, weight.factor),
                    "a [[weight]] has a dimension of a table, one of its codes, and a factor above zero",
                );
            }
        }
        for (at, table) in self.table.iter().enumerate() {
            let id = &table.id;
            if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
                return fail(
                    format!("\"{id}\" cannot be the id of a table"),
                    "an id has letters, digits, _ and -: it names files",
                );
            }
            if self.table[..at].iter().any(|t| t.id == *id) {
                return fail(format!("two tables have the id \"{id}\""), "give each an id of its own");
            }
            if table.dimensions.is_empty() {
                return fail(format!("table \"{id}\" has no dimensions"), "name at least one variable");
            }
            for (n, name) in table.dimensions.iter().enumerate() {
                if table.dimensions[..n].contains(name) {
                    return fail(format!("table \"{id}\" has \"{name}\" twice"), "name each variable once");
                }
            }
            if let Some((name, _)) =
                table.depth.iter().find(|(name, depth)| **depth == 0 || !table.dimensions.contains(*name))
            {
                return fail(
                    format!("table \"{id}\" cannot have that depth of \"{name}\""),
                    "a depth is of a dimension of the table, and at least 1",
                );
            }
        }
        for (name, variable) in &self.variable {
            if !self.table.iter().any(|t| t.dimensions.contains(name)) {
                return fail(format!("no table has the variable \"{name}\""), "use it, or leave it out");
            }
            if variable.hierarchy.is_some() && !variable.codes.is_empty() {
                return fail(
                    format!("\"{name}\" has both codes and a hierarchy"),
                    "the codes stand in the hierarchy: give one of the two",
                );
            }
        }
        Ok(())
    }

    /// What goes with amounts, and what does not.
    fn check_amounts(&self) -> Result<(), (String, String)> {
        let fail = |what: String, help: &str| Err((what, help.to_owned()));
        let of = |t: &&Table| t.amount.is_some();
        let Some(first) = self.table.iter().find(of) else {
            let asked = self.disclosure.dominance.is_some() || self.disclosure.p_percent.is_some();
            if asked && !self.table.is_empty() {
                return fail(
                    "dominance and p_percent are about amounts, and no table has any".into(),
                    "name the column with `amount` in a [[table]]",
                );
            }
            return Ok(());
        };
        if self.rounding.is_some()
            || self.cell_key.is_some()
            || self.privacy.is_some()
            || self.frequency.is_some()
        {
            return fail(
                format!(
                    "table \"{}\" is of amounts, which are hidden, not changed, and of single records",
                    first.id
                ),
                "leave out `amount`, or [rounding], [cell_key], [privacy] and frequency",
            );
        }
        for table in self.table.iter().filter(of) {
            if table.decimals > MOST_DECIMALS {
                return fail(
                    format!("table \"{}\" has {} decimals", table.id, table.decimals),
                    "at most 6 are kept",
                );
            }
            if let Some(other) =
                self.table.iter().find(|t| t.amount == table.amount && t.decimals != table.decimals)
            {
                return fail(
                    format!(
                        "tables \"{}\" and \"{}\" give one amount different decimals",
                        table.id, other.id
                    ),
                    "give them the same",
                );
            }
        }
        Ok(())
    }

    /// What is said of records has no place where the files are tables.
    fn check_tables(&self) -> Result<(), (String, String)> {
        let records = self.frequency.is_some() || self.person.is_some() || !self.variable.is_empty();
        if self.table.is_empty() && (records || self.cell_key.is_some() || self.privacy.is_some()) {
            return Err((
                "there is no [[table]], so that the files are tables, and frequency, person, [variable], [cell_key] and \
                 [privacy] are about records"
                    .to_owned(),
                "add a [[table]] with id and dimensions, or leave these out".to_owned(),
            ));
        }
        Ok(())
    }

    /// The section by which counts are changed, if any; all that go together with none.
    fn check_change(&self) -> Result<(), (String, String)> {
        let fail = |what: &str, help: &str| Err((what.to_owned(), help.to_owned()));
        let given = [
            self.rounding.map(|_| "[rounding]"),
            self.cell_key.as_ref().map(|_| "[cell_key]"),
            self.privacy.map(|_| "[privacy]"),
        ];
        let mut given = given.into_iter().flatten();
        let Some(change) = given.next() else { return Ok(()) };
        if let Some(other) = given.next() {
            return fail(
                &format!("{change} and {other} are two ways to change counts"),
                "one release has one: what one hides another may show",
            );
        }
        if self.exact || !self.weight.is_empty() || !self.strict.is_empty() {
            return fail(
                &format!(
                    "exact, [[weight]] and [[strict]] are about which counts are hidden, and {change} hides none"
                ),
                &format!("leave out {change}, or those"),
            );
        }
        if let Some(keys) = &self.cell_key {
            if self.person.is_none() {
                return fail(
                    "[cell_key] draws noise for persons, and nothing says who a record is of",
                    "name the column with `person`; it has to be the same for a person in every release",
                );
            }
            let own = [keys.largest.is_some(), keys.variance.is_some()];
            let other = keys.never.is_some() || keys.keep.is_some() || keys.shape.is_some();
            if keys.table.is_some() == own.iter().all(|g| *g)
                || (keys.table.is_some() && (other || own.contains(&true)))
            {
                return fail(
                    "[cell_key] has to say once what the noise is",
                    "give largest and variance, with never, keep and shape if you like, or a table alone",
                );
            }
        }
        if (self.privacy.is_some() || self.cell_key.is_some())
            && let Some(table) = self.table.iter().find(|t| t.waiver.is_some())
        {
            return fail(
                &format!("table \"{}\" has a waiver, and {change} changes all tables", table.id),
                "leave out the waiver, or protect that table apart",
            );
        }
        if self.privacy.is_some()
            && let Some(table) = self.table.iter().find(|t| !(t.share.is_finite() && t.share > 0.0))
        {
            return fail(
                &format!("table \"{}\" has a share of {} of the budget", table.id, table.share),
                "a share is above zero; all are 1 when none is given",
            );
        }
        if self.person.is_some() && self.frequency.is_some() {
            return fail(
                "a row that stands for many records is not of one person",
                "leave out person or frequency",
            );
        }
        Ok(())
    }

    /// How the tables are protected.
    pub(super) fn policy(&self) -> Policy {
        let rule = DisclosureSettings {
            threshold: self.disclosure.threshold,
            zeros: self.disclosure.zeros,
            trials: self.disclosure.trials,
            strict: self.strict.clone(),
            weight: self.weight.clone(),
            structural: self.structural.clone(),
            groups: self.disclosure.groups,
            ..DisclosureSettings::default()
        };
        let usual = Policy::from(&rule);
        // Noise by cell key leaves a count open as far as its bound, and promises no more than that none is known.
        let least = if self.cell_key.is_some() { 1 } else { usual.protection };
        Policy {
            mode: self.mode,
            protection: self.protection.unwrap_or(least),
            costs: self.costs,
            exact: self.exact,
            whole: self.whole.0,
            amounts: AmountRule {
                dominance: self.disclosure.dominance,
                p_percent: self.disclosure.p_percent,
                range: self.disclosure.range,
            },
            ..usual
        }
    }

    /// The variables of all tables, in their order.
    pub(super) fn layout<'a>(&'a self, dir: &Path) -> Result<Layout<'a>, Failure> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.table.iter().flat_map(|t| &t.dimensions) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        Layout::new(&self.format, &self.variable, &names, dir).map(|layout| Layout {
            frequency: self.frequency.as_deref(),
            person: self.person.as_deref(),
            amounts: self.amounts(),
            ..layout
        })
    }

    /// The columns that are summed, each once, with their decimals.
    pub(super) fn amounts(&self) -> Vec<(&str, u32)> {
        let of = self.table.iter();
        let mut columns: Vec<(&str, u32)> =
            of.filter_map(|t| Some((t.amount.as_deref()?, t.decimals))).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// A dimension of the categories down to a depth, and for each category of the variable the one that it is counted in.
pub(super) fn dimension(name: &str, all: &[Category], depth: Option<usize>) -> (Dimension, Vec<u32>) {
    let mut depths = Vec::with_capacity(all.len());
    let mut counted_in: Vec<u32> = Vec::with_capacity(all.len());
    let mut categories: Vec<Category> = Vec::new();
    for category in all {
        let parent = category.parent.map(|p| p as usize);
        let own = parent.map_or(0, |p| depths[p] + 1);
        depths.push(own);
        match parent {
            Some(parent) if depth.is_some_and(|most| own > most) => counted_in.push(counted_in[parent]),
            _ => {
                counted_in.push(categories.len() as u32);
                let parent = parent.map(|p| counted_in[p]);
                categories.push(Category { parent, ..category.clone() });
            }
        }
    }
    let dimension = Dimension {
        id: name.to_owned(),
        label: Label::same(name),
        role: Role::Breakdown,
        classification: None,
        categories,
    };
    (dimension, counted_in)
}
