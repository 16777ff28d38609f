//! Tables as tau-Argus has them: a file without a header, one cell in each row, and its metadata (`.rda`) beside it.
//!
//! The format is that of the manual of τ-Argus (De Wolf et al. 2014). What is read: separator, names, totals,
//! hierarchies in files, response, frequency, largest amounts, status and protection levels. A table is written
//! with the same metadata, so that it can be read again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use disclosure::{AmountsOf, Contributors, ObsStatus, ProtectedCube, Table};
use intake::read_hierarchy;
use model::{Category, Cube, Dimension, Key, Label, Role, TOTAL, Unit, Value};

use crate::commands::records::amount;
use crate::failure::Failure;

/// Cells of a table, at most.
const MOST_CELLS: usize = 10_000_000;

/// Where the metadata of a table are.
pub(super) fn metadata_of(table: &Path) -> PathBuf {
    table.with_extension("rda")
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Use {
    #[default]
    Dimension,
    Response,
    Frequency,
    Largest,
    Status,
    LowerLevel,
    UpperLevel,
    /// Shadow and cost variables: no figures of their own.
    Other,
}

/// A column of the table.
#[derive(Debug, Default)]
struct Column {
    name: String,
    used: Use,
    total: Option<String>,
    hierarchy: Option<String>,
    /// Codes of the unknown: parts of the total, whatever the hierarchy.
    unknown: Vec<String>,
    decimals: u32,
}

/// The metadata of a table.
struct Metadata {
    separator: u8,
    columns: Vec<Column>,
    unsafe_code: String,
}

impl Metadata {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("cannot read", path, &e))?;
        let mut out = Metadata { separator: b',', columns: Vec::new(), unsafe_code: "U".into() };
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let fail = |what: &str| {
                Failure::input(
                    format!("{}, line {}: {what}: {line}", path.display(), at + 1),
                    "see the manual of tau-Argus",
                )
            };
            let Some(rest) = line.strip_prefix('<') else {
                let mut words = line.split_whitespace();
                if let Some(name) = words.next() {
                    let name = name.trim_matches('"').to_owned();
                    let quoted = words.filter(|w| w.starts_with('"')).map(|w| w.trim_matches('"').to_owned());
                    out.columns.push(Column { name, unknown: quoted.collect(), ..Column::default() });
                }
                continue;
            };
            // More than one may stand in a line.
            for part in rest.split('<') {
                let Some((tag, value)) = part.split_once('>') else { return Err(fail("there is no >")) };
                let value = value.trim().trim_matches('"');
                if tag.eq_ignore_ascii_case("separator") {
                    let [byte] = value.as_bytes() else { return Err(fail("a separator is one character")) };
                    out.separator = *byte;
                    continue;
                }
                let Some(column) = out.columns.last_mut() else {
                    return Err(fail("no variable comes before"));
                };
                match tag.to_ascii_uppercase().as_str() {
                    "TOTCODE" => column.total = Some(value.to_owned()),
                    "HIERCODELIST" => column.hierarchy = Some(value.to_owned()),
                    "HIERLEVELS" => {
                        return Err(fail("hierarchies by digits are not read: give them in a file"));
                    }
                    "DECIMALS" => {
                        column.decimals = value.parse().map_err(|_| fail("decimals are a number"))?;
                    }
                    "NUMERIC" if column.used == Use::Dimension => column.used = Use::Response,
                    "FREQUENCY" => column.used = Use::Frequency,
                    "MAXSCORE" => column.used = Use::Largest,
                    "STATUS" => column.used = Use::Status,
                    "LOWERPL" => column.used = Use::LowerLevel,
                    "UPPERPL" => column.used = Use::UpperLevel,
                    "SHADOW" | "COSTVAR" | "HOLDING" | "WEIGHT" => column.used = Use::Other,
                    "UNSAFE" => value.clone_into(&mut out.unsafe_code),
                    _ => {}
                }
            }
        }
        Ok(out)
    }

    fn all(&self, used: Use) -> impl Iterator<Item = usize> + '_ {
        self.columns.iter().enumerate().filter(move |(_, c)| c.used == used).map(|(at, _)| at)
    }
}

/// A table, and how many decimals its amounts have.
pub(super) struct Read {
    pub(super) table: Table,
    pub(super) decimals: u32,
}

/// Reads a table with its metadata.
pub(super) fn read(path: &Path, described: &Path) -> Result<Read, Failure> {
    let metadata = Metadata::read(described)?;
    let name = path.display().to_string();
    let fail = |what: String, help: &str| Err(Failure::input(format!("{name}: {what}"), help));
    let of: Vec<usize> = metadata.all(Use::Dimension).collect();
    let response = metadata.all(Use::Response).next();
    let frequency = metadata.all(Use::Frequency).next();
    let Some(figure) = response.or(frequency).filter(|_| !of.is_empty()) else {
        return fail(
            "there is no response and no frequency".into(),
            "the metadata name dimensions and a <NUMERIC> or <FREQUENCY>",
        );
    };
    let decimals = metadata.columns[figure].decimals;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(metadata.separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| Failure::input(format!("cannot read {name}: {e}"), "is it there?"))?;
    let mut rows: Vec<(u64, csv::StringRecord)> = Vec::new();
    for (row, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|e| Failure::input(format!("{name}: {e}"), "mend the row"))?;
        if record.len() < metadata.columns.len() {
            return fail(
                format!("row {row} has {} fields, and the metadata {}", record.len(), metadata.columns.len()),
                "a row has a field for each variable of the metadata, in their order",
            );
        }
        rows.push((row, record));
    }
    let dimensions = of
        .iter()
        .map(|&at| dimension(&metadata.columns[at], described, rows.iter().map(|(_, r)| &r[at])))
        .collect::<Result<Vec<_>, _>>()?;
    let places: Vec<BTreeMap<&str, u32>> = dimensions
        .iter()
        .map(|d| d.categories.iter().zip(0..).map(|(c, at)| (code(c), at)).collect())
        .collect();
    let cells = dimensions.iter().try_fold(1_usize, |n, d| n.checked_mul(d.categories.len()));
    if cells.is_none_or(|n| n > MOST_CELLS) {
        return fail(format!("it has more than {MOST_CELLS} cells"), "take fewer dimensions");
    }
    // A cell without a row is empty.
    let mut counts: BTreeMap<Key, Value> = BTreeMap::new();
    for key in every_key(&dimensions) {
        counts.insert(key, Value::Count(0));
    }
    let mut contributors = AmountsOf::new();
    let mut seen: BTreeMap<Key, u64> = BTreeMap::new();
    for (row, record) in &rows {
        let mut key = Key::with_capacity(of.len());
        for ((&at, places), column) in of.iter().zip(&places).zip(of.iter().map(|&at| &metadata.columns[at]))
        {
            let Some(&place) = places.get(&record[at]) else {
                return fail(
                    format!("row {row}: \"{}\" is no code of {}", &record[at], column.name),
                    "the codes are those of its hierarchy and its total",
                );
            };
            key.push(place);
        }
        if let Some(first) = seen.insert(key.clone(), *row) {
            return fail(format!("rows {first} and {row} are the same cell"), "leave one of them out");
        }
        let number = |at: usize, decimals: u32| {
            amount(&record[at], decimals).map_err(|what| {
                let column = &metadata.columns[at].name;
                Failure::input(
                    format!("{name}, row {row}, {column}: \"{}\" {what}", &record[at]),
                    "counts and amounts are not negative, with as many decimals as the metadata say at most",
                )
            })
        };
        // A figure that was hidden before.
        if record[figure].is_empty() {
            counts.insert(key, Value::Missing);
            continue;
        }
        counts.insert(key.clone(), Value::Count(number(figure, decimals)?));
        if response.is_none() {
            continue;
        }
        let mut largest =
            metadata.all(Use::Largest).map(|at| number(at, decimals)).collect::<Result<Vec<_>, _>>()?;
        largest.sort_unstable_by(|a, b| b.cmp(a));
        let said = metadata.all(Use::Status).any(|at| record[at] == metadata.unsafe_code);
        let levels = metadata.all(Use::UpperLevel).chain(metadata.all(Use::LowerLevel));
        let level = levels.map(|at| number(at, decimals)).collect::<Result<Vec<_>, _>>()?.into_iter().max();
        let count = frequency.map(|at| number(at, 0)).transpose()?;
        contributors.insert(
            key,
            Contributors {
                count: count.unwrap_or(u64::MAX),
                largest,
                only: None,
                level: said.then(|| level.unwrap_or(0)),
            },
        );
    }
    let id = path.file_stem().map_or_else(|| "table".into(), |s| s.to_string_lossy().into_owned());
    let cube = Cube {
        id: id.clone(),
        title: Label::same(&id),
        definition: Label::same(""),
        unit: if response.is_some() { Unit::Amounts } else { Unit::Persons },
        universe: metadata.columns[figure].name.clone(),
        sources: Vec::new(),
        dimensions,
        cells: counts,
    };
    let contributors = response.map(|_| contributors);
    Ok(Read { table: Table { contributors, ..Table::of(cube) }, decimals })
}

/// The code of a category in the file.
fn code(category: &Category) -> &str {
    if category.code == TOTAL { &category.label.en } else { &category.code }
}

/// The dimension of a column, of a hierarchy in a file or of the codes that occur.
fn dimension<'a>(
    column: &Column,
    described: &Path,
    codes: impl Iterator<Item = &'a str>,
) -> Result<Dimension, Failure> {
    let total = column.total.clone().unwrap_or_else(|| "Total".to_owned());
    let mut categories = vec![Category { code: TOTAL.into(), label: Label::same(&total), parent: None }];
    let category = |code: &str, parent| Category {
        code: code.to_owned(),
        label: Label::same(code),
        parent: Some(parent),
    };
    if let Some(file) = &column.hierarchy {
        let path = described.with_file_name(file);
        let tree =
            read_hierarchy(&path, &path.display().to_string()).map_err(|e| Failure::from_intake(&e))?;
        for node in &tree.nodes {
            categories.push(category(&node.code, node.parent.map_or(0, |p| p as u32 + 1)));
        }
        for code in codes.filter(|code| column.unknown.iter().any(|unknown| unknown == code)) {
            if categories.iter().all(|c| c.code != code) {
                categories.push(category(code, 0));
            }
        }
    } else {
        let mut seen = std::collections::BTreeSet::from([total.as_str()]);
        for code in codes {
            if seen.insert(code) {
                categories.push(category(code, 0));
            }
        }
    }
    Ok(Dimension {
        id: column.name.clone(),
        label: Label::same(&column.name),
        role: Role::Breakdown,
        classification: None,
        categories,
    })
}

fn every_key(dimensions: &[Dimension]) -> Vec<Key> {
    let mut keys: Vec<Key> = vec![Vec::new()];
    for d in dimensions {
        let longer = |key: Key| (0..d.categories.len() as u32).map(move |at| [&key[..], &[at]].concat());
        keys = keys.into_iter().flat_map(longer).collect();
    }
    keys
}

/// A number of units of the last decimal, as it is written.
pub(super) fn written(n: u64, decimals: u32) -> String {
    let unit = 10_u64.pow(decimals);
    if decimals == 0 {
        n.to_string()
    } else {
        format!("{}.{:0width$}", n / unit, n % unit, width = decimals as usize)
    }
}

/// A protected table as tau-Argus reads it: table, metadata, and a file for each hierarchy. A hidden figure is empty and has
/// the status `U`.
pub(super) fn files(cube: &ProtectedCube, decimals: u32) -> Vec<(String, Vec<u8>)> {
    let id = cube.id();
    let (mut table, mut metadata) = (String::new(), String::from("   <SEPARATOR> \";\"\n"));
    let mut out = Vec::new();
    for d in cube.dimensions() {
        let _ = writeln!(metadata, "{} \"\"\n    <RECODEABLE>", d.id);
        let total = d.categories.iter().find(|c| c.code == TOTAL).map_or("Total", code);
        let _ = writeln!(metadata, "    <TOTCODE> \"{total}\"");
        if (0..d.categories.len() as u32).any(|at| d.depth(at) > 1) {
            let file = format!("{id}_{}.hrc", d.id);
            let _ = writeln!(
                metadata,
                "    <HIERARCHICAL>\n    <HIERCODELIST> \"{file}\"\n    <HIERLEADSTRING> \"@\""
            );
            let mut tree = String::new();
            branch(d, d.total(), &mut tree);
            out.push((file, tree.into_bytes()));
        }
    }
    let figure = match cube.unit() {
        Unit::Amounts => format!("value\n    <NUMERIC>\n    <DECIMALS> {decimals}\n"),
        _ => "value\n    <FREQUENCY>\n".to_owned(),
    };
    metadata.push_str(&figure);
    metadata.push_str("status\n    <STATUS>\n    <SAFE> \"S\" <UNSAFE> \"U\"\n");
    for (key, cell) in cube.cells() {
        for (d, &at) in cube.dimensions().iter().zip(key) {
            let _ = write!(table, "\"{}\";", code(&d.categories[at as usize]));
        }
        let value = cell.value.count().map(|n| written(n, decimals)).unwrap_or_default();
        let _ = writeln!(table, "{value};{}", if cell.obs == ObsStatus::Suppressed { "U" } else { "S" });
    }
    out.push((format!("{id}.tab"), table.into_bytes()));
    out.push((format!("{id}.rda"), metadata.into_bytes()));
    out
}

/// The lines of what is below a category, with as many signs before a code as there are levels above it.
fn branch(d: &Dimension, parent: Option<u32>, out: &mut String) {
    for at in (0..d.categories.len() as u32)
        .filter(|&at| d.categories[at as usize].parent == parent && Some(at) != d.total())
    {
        let level = d.depth(at).saturating_sub(usize::from(d.total().is_some()));
        let _ = writeln!(out, "{}{}", "@".repeat(level), d.categories[at as usize].code);
        branch(d, Some(at), out);
    }
}
