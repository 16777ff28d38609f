//! Files of records for `protect` and `synthesize`: which variables are read, and how often each combination is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use disclosure::cell_key::Secret;
use intake::{Findings, TableRows, read_hierarchy};
use model::{Category, Finding, Format, Label, RowCount, Severity, TOTAL, UNKNOWN};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::show::Show;

/// `[variable.NAME]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Column of the file; the name of the variable when not given.
    pub(super) column: Option<String>,
    /// File with the hierarchy of its codes, beside the specification.
    pub(super) hierarchy: Option<PathBuf>,
    /// Codes of a variable without hierarchy, for those that no record has; else those of the records.
    #[serde(default)]
    pub(super) codes: Vec<String>,
}

impl Settings {
    /// The categories, each after the one that it is a part of, the total first; `None` when they are those of the
    /// records.
    fn categories(&self, dir: &Path) -> Result<Option<Vec<Category>>, Failure> {
        if let Some(file) = &self.hierarchy {
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
        Ok((!self.codes.is_empty()).then(|| flat(self.codes.iter().cloned())))
    }
}

/// A total and codes that are its parts.
fn flat(codes: impl IntoIterator<Item = String>) -> Vec<Category> {
    std::iter::once(total(TOTAL)).chain(codes.into_iter().map(|code| category(code, 0))).collect()
}

fn total(called: &str) -> Category {
    Category { code: TOTAL.into(), label: Label::same(called), parent: None }
}

fn category(code: String, parent: u32) -> Category {
    Category { label: Label::same(&code), code, parent: Some(parent) }
}

/// The categories without parts, in their order.
pub(super) fn leaves(categories: &[Category]) -> Vec<u32> {
    let whole: BTreeSet<u32> = categories.iter().filter_map(|c| c.parent).collect();
    (0..categories.len() as u32).filter(|at| !whole.contains(at)).collect()
}

/// What is read of a file.
pub(super) struct Layout<'a> {
    pub(super) format: &'a Format,
    /// Column that says how many records a row stands for; each row is one record when there is none.
    pub(super) frequency: Option<&'a str>,
    /// Column that says who a record is of.
    pub(super) person: Option<&'a str>,
    /// Columns of amounts, with their decimals.
    pub(super) amounts: Vec<(&'a str, u32)>,
    pub(super) variables: Vec<Variable<'a>>,
}

impl<'a> Layout<'a> {
    /// These variables of a file.
    pub(super) fn new(
        format: &'a Format,
        settings: &'a BTreeMap<String, Settings>,
        names: &[&'a str],
        dir: &Path,
    ) -> Result<Self, Failure> {
        let variable = |name: &&'a str| {
            let settings = settings.get(*name);
            let given = settings.map(|s| s.categories(dir)).transpose()?.flatten();
            let open = given.is_none();
            let categories = given.unwrap_or_default();
            let code = |at: u32| (categories[at as usize].code.clone(), at);
            let leaves = leaves(&categories).into_iter().map(code).collect();
            let column = settings.and_then(|s| s.column.as_deref()).unwrap_or(name);
            Ok(Variable { name, column, categories, leaves, open })
        };
        let variables = names.iter().map(variable).collect::<Result<_, Failure>>()?;
        Ok(Self { format, frequency: None, person: None, amounts: Vec::new(), variables })
    }

    /// A variable whose codes are those of the records, if there is one.
    pub(super) fn open(&self) -> Option<&'a str> {
        self.variables.iter().find(|v| v.open).map(|v| v.name)
    }
}

/// A variable: its column and its categories.
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    column: &'a str,
    /// The total first; with a hierarchy its groups too.
    pub(super) categories: Vec<Category>,
    /// By code, the category without parts that a record is in.
    leaves: HashMap<String, u32>,
    /// The categories come from the records.
    open: bool,
}

impl Variable<'_> {
    /// The category of a value; a new one for a variable without a list of codes.
    fn find(&mut self, value: &str) -> Option<u32> {
        let code = if value.is_empty() && self.open { UNKNOWN } else { value };
        if let Some(&leaf) = self.leaves.get(code) {
            return Some(leaf);
        }
        if !self.open || code.is_empty() {
            return None;
        }
        // In the order in which they come; they are put in order of their codes in the end.
        let leaf = self.leaves.len() as u32;
        self.leaves.insert(code.to_owned(), leaf);
        Some(leaf)
    }

    fn why_not(&self, value: &str) -> (String, &'static str) {
        if value.is_empty() {
            return ("has no code".to_owned(), "give the unknown a code of their own in the hierarchy");
        }
        if self.categories.iter().any(|c| c.code == value) {
            return (
                "is not a code of the lowest level".to_owned(),
                "a record is counted in a code without parts",
            );
        }
        (format!("is no code of \"{}\"", self.name), "add it to the hierarchy, or mend it")
    }
}

/// The records of one combination of categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) records: u64,
    /// Sum of the keys of their persons, modulo 2⁶⁴; 0 without secret.
    pub(super) key: u64,
}

/// What was read.
pub(super) struct Read<'a> {
    pub(super) variables: Vec<Variable<'a>>,
    /// By the category without parts of each variable.
    pub(super) tallies: BTreeMap<Vec<u32>, Tally>,
    pub(super) rows: RowCount,
    /// The most records of one person; 0 when nothing says who they are of.
    pub(super) most: u32,
    /// Of each record its combination, who it is of and its amounts; none where no amounts are read.
    pub(super) amounts: Vec<Contribution>,
}

/// The amounts of a record.
pub(super) struct Contribution {
    /// As in [`Read::tallies`].
    pub(super) record: Vec<u32>,
    /// A number for whom it is of: each record is of somebody else when nothing says so.
    pub(super) who: u32,
    pub(super) amounts: Vec<u64>,
}

/// A row that is left out: column, value, what is wrong with it and what to do.
type Wrong<'a> = (&'a str, String, String, &'static str);

/// Reads and counts the records of a file.
pub(super) fn read<'a>(
    file: &Path,
    layout: Layout<'a>,
    secret: Option<&Secret>,
    show: &Show,
) -> Result<Read<'a>, Failure> {
    let fail = |e: intake::Error| Failure::from_intake(&e);
    let name = file.display().to_string();
    let mut rows = TableRows::open(file, &name, layout.format).map_err(fail)?;
    let Layout { frequency, person, amounts: columns, mut variables, .. } = layout;
    let frequency = frequency.map(|c| Ok((c, rows.column(c)?))).transpose().map_err(fail)?;
    let person = person.map(|c| Ok((c, rows.column(c)?))).transpose().map_err(fail)?;
    let columns = columns.into_iter().map(|(c, decimals)| Ok((c, decimals, rows.column(c)?)));
    let columns: Vec<(&str, u32, usize)> = columns.collect::<Result<_, _>>().map_err(fail)?;
    let at: Vec<usize> =
        variables.iter().map(|v| rows.column(v.column)).collect::<Result<_, _>>().map_err(fail)?;
    let (mut findings, mut refused) = (Findings::default(), 0);
    let mut tallies: BTreeMap<Vec<u32>, Tally> = BTreeMap::new();
    // Persons are told apart by a hash: who they are is not kept.
    let mut persons: HashMap<u64, (u32, u32)> = HashMap::new();
    let (mut most, mut all) = (0, Vec::new());
    let unkeyed = Secret::new([0; 32]);
    while let Some((row, values)) = rows.next_row().map_err(fail)? {
        let mut record = Vec::with_capacity(variables.len());
        let mut wrong: Option<Wrong<'a>> = None;
        for (variable, &at) in variables.iter_mut().zip(&at) {
            let value = values[at].trim();
            let Some(leaf) = variable.find(value) else {
                let (message, help) = variable.why_not(value);
                wrong = Some((variable.column, value.to_owned(), message, help));
                break;
            };
            record.push(leaf);
        }
        let number = match frequency.map(|(column, at)| (column, values[at].trim())) {
            None => 1,
            Some((column, text)) => text.parse::<u64>().unwrap_or_else(|_| {
                let message = "is no count".to_owned();
                let help = "a count is a whole number that is not negative";
                wrong = wrong.take().or(Some((column, text.to_owned(), message, help)));
                0
            }),
        };
        let who = person.map(|(column, at)| (column, values[at].trim()));
        if let Some((column, "")) = who {
            let help = "say in each row who it is of";
            wrong = wrong.take().or(Some((column, String::new(), "names no person".to_owned(), help)));
        }
        let mut amounts = Vec::with_capacity(columns.len());
        for &(column, decimals, at) in &columns {
            let text = values[at].trim();
            match amount(text, decimals) {
                Ok(amount) => amounts.push(amount),
                Err(what) => {
                    let help = "an amount is not negative, and has as many decimals as its table at most";
                    wrong = wrong.take().or(Some((column, text.to_owned(), what.to_owned(), help)));
                }
            }
        }
        if let Some((column, value, message, help)) = wrong {
            refused += 1;
            findings.push(Finding {
                file: name.clone(),
                row: Some(row),
                column: Some(column.to_owned()),
                value: Some(value),
                rule: "code.unknown".into(),
                severity: Severity::Error,
                message,
                help: help.into(),
            });
            continue;
        }
        let next = all.len() as u32;
        let tally = tallies.entry(record.clone()).or_default();
        tally.records = tally.records.saturating_add(number);
        let mut number = next;
        if let Some((_, who)) = who {
            let first = persons.len() as u32;
            let (own, id) = persons.entry(unkeyed.record_key(who)).or_insert((0, first));
            *own += 1;
            most = most.max(*own);
            number = *id;
            tally.key = tally.key.wrapping_add(secret.map_or(0, |s| s.record_key(who)));
        }
        if !columns.is_empty() {
            all.push(Contribution { record, who: number, amounts });
        }
    }
    let (mut rows, own) = rows.finish();
    rows.rows_used -= refused;
    rows.rows_quarantined += refused;
    show.findings(&own, "`zicht check`");
    show.findings(&findings, "the JSON of --format json");
    if rows.rows_used == 0 {
        return Err(Failure::input(
            format!("{name}: no row can be counted"),
            "each row needs a code of each variable",
        ));
    }
    let renumbered = in_order(&mut variables);
    let renumber = |mut record: Vec<u32>| {
        for (leaf, new) in record.iter_mut().zip(&renumbered) {
            if let Some(new) = new {
                *leaf = new[*leaf as usize];
            }
        }
        record
    };
    let tallies = tallies.into_iter().map(|(record, tally)| (renumber(record), tally)).collect();
    let renumbered = |own: Contribution| Contribution { record: renumber(own.record), ..own };
    Ok(Read { variables, tallies, rows, most, amounts: all.into_iter().map(renumbered).collect() })
}

/// A number with a point or a comma, in units of its last decimal.
pub(super) fn amount(text: &str, decimals: u32) -> Result<u64, &'static str> {
    let text = text.trim();
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.starts_with('-') {
        return Err("is negative");
    }
    if fraction.len() > decimals as usize {
        return Err("has more decimals than it should");
    }
    let digits = format!("{whole}{fraction:0<width$}", width = decimals as usize);
    digits.parse().map_err(|_| "is no number")
}

/// Gives variables without a list of codes the codes of the records, in their order. The new number of each code, where they
/// have new ones.
fn in_order(variables: &mut [Variable<'_>]) -> Vec<Option<Vec<u32>>> {
    variables
        .iter_mut()
        .map(|variable| {
            variable.open.then(|| {
                let mut codes: Vec<(String, u32)> = variable.leaves.drain().collect();
                // Those without a code come last.
                codes.sort_by(|a, b| (a.0 == UNKNOWN, &a.0).cmp(&(b.0 == UNKNOWN, &b.0)));
                let mut new = vec![0; codes.len()];
                for (at, (_, old)) in (1..).zip(&codes) {
                    new[*old as usize] = at;
                }
                variable.categories = flat(codes.into_iter().map(|(code, _)| code));
                new
            })
        })
        .collect()
}
