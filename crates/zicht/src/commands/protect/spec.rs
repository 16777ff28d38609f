//! What is counted from a file of records, and how it is protected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use disclosure::{Costs, Mode, Policy, Strict, Weight, rounding};
use intake::read_hierarchy;
use model::{Category, Dimension, DisclosureSettings, Format, Label, Role, TOTAL};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// `SPEC.toml`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// How the file of records is written, where that cannot be told from it.
    #[serde(default)]
    pub(super) format: Format,
    /// The rule.
    #[serde(default)]
    pub(super) disclosure: DisclosureSettings,
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
    #[serde(default = "yes")]
    pub(super) whole: bool,
    /// `[rounding]`: counts are rounded, and none is hidden.
    pub(super) rounding: Option<rounding::Settings>,
    /// Categories that are to be kept rather than others, or may go.
    #[serde(default)]
    pub(super) weight: Vec<Weight>,
    /// Column that says how many records a row stands for; each row is one record when there is none.
    pub(super) frequency: Option<String>,
    /// Variables with a hierarchy, or with another column than their name.
    #[serde(default)]
    pub(super) variable: BTreeMap<String, Variable>,
    /// Categories with a higher threshold.
    #[serde(default)]
    pub(super) strict: Vec<Strict>,
    /// The tables, which are protected as one set.
    pub(super) table: Vec<Table>,
}

fn yes() -> bool {
    true
}

/// `[variable.NAME]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    /// Column of the file; the name of the variable when not given.
    pub(super) column: Option<String>,
    /// File with the hierarchy of its codes, beside the specification.
    pub(super) hierarchy: Option<PathBuf>,
    /// Codes of a variable without hierarchy, for those that no record has; else those of the records.
    #[serde(default)]
    pub(super) codes: Vec<String>,
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
    /// Levels below the total that are shown of a variable with a hierarchy; all when not given.
    #[serde(default)]
    pub(super) depth: BTreeMap<String, usize>,
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
        if self.table.is_empty() {
            return fail("there is no table".into(), "add a [[table]] with id and dimensions");
        }
        if self.disclosure.threshold < 2 {
            return fail("a threshold below 2 protects nobody".into(), "3, 5 and 10 are usual");
        }
        if self.protection.is_some_and(|p| p == 0) {
            return fail(
                "a protection of 0 protects nobody".into(),
                "1 keeps counts from being known exactly",
            );
        }
        if self.rounding.is_some() && (self.exact || !self.weight.is_empty() || !self.strict.is_empty()) {
            return fail(
                "exact, [[weight]] and [[strict]] are about which counts are hidden, and [rounding] hides none".into(),
                "leave out [rounding], or those",
            );
        }
        for weight in &self.weight {
            let known = self.table.iter().any(|t| t.dimensions.contains(&weight.dimension));
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

    /// How the tables are protected.
    pub(super) fn policy(&self) -> Policy {
        let usual = Policy::from(&self.disclosure);
        Policy {
            mode: self.mode,
            protection: self.protection.unwrap_or(usual.protection),
            costs: self.costs,
            exact: self.exact,
            whole: self.whole,
            weights: self.weight.clone(),
            strict: self.strict.clone(),
            ..usual
        }
    }

    /// The names of all variables of the tables, in their order, and the column of each.
    pub(super) fn variables(&self) -> Vec<(&str, &str)> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.table.iter().flat_map(|t| &t.dimensions) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let column =
            |name| self.variable.get(name).and_then(|v: &Variable| v.column.as_deref()).unwrap_or(name);
        names.into_iter().map(|name| (name, column(name))).collect()
    }

    /// The categories of a variable, each after the one that it is a part of, the total first; `None` for one
    /// without hierarchy and codes, whose categories are those of the records.
    pub(super) fn categories(&self, name: &str, dir: &Path) -> Result<Option<Vec<Category>>, Failure> {
        let Some(variable) = self.variable.get(name) else { return Ok(None) };
        if let Some(file) = &variable.hierarchy {
            let path = dir.join(file);
            let tree =
                read_hierarchy(&path, &path.display().to_string()).map_err(|e| Failure::from_intake(&e))?;
            let roots = tree.nodes.iter().filter(|node| node.parent.is_none()).count();
            // One whole with parts is the total, whatever it is called.
            let own = roots == 1 && tree.nodes.len() > 1;
            let shift = u32::from(!own);
            let mut categories: Vec<Category> = if own { Vec::new() } else { vec![total(TOTAL)] };
            for node in tree.nodes {
                categories.push(match node.parent {
                    None if own => total(&node.code),
                    parent => category(node.code, parent.map_or(0, |at| at as u32 + shift)),
                });
            }
            return Ok(Some(categories));
        }
        Ok((!variable.codes.is_empty()).then(|| flat(variable.codes.iter().cloned())))
    }
}

/// A total and codes that are its parts.
pub(super) fn flat(codes: impl IntoIterator<Item = String>) -> Vec<Category> {
    std::iter::once(total(TOTAL)).chain(codes.into_iter().map(|code| category(code, 0))).collect()
}

fn total(called: &str) -> Category {
    Category { code: TOTAL.into(), label: Label::same(called), parent: None }
}

fn category(code: String, parent: u32) -> Category {
    Category { label: Label::same(&code), code, parent: Some(parent) }
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
