//! Any published table, ours or others', read without being told how: for audits.
//!
//! Three shapes are known: the long form of UNODC's Global Report (GLOTIP), any long form with
//! a column of counts (zicht's own releases and SDMX among them), and wide tables with labels to
//! the left and counts to the right. What cannot be told must be described in a [`Layout`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::{
    Category, Cube, CubeColumns, Dimension, Format, Key, Label, Role, RowCount, SettingsError, Severity,
    TOTAL, UNKNOWN, Unit, Value,
};
use serde::Deserialize;

use crate::counts;
use crate::cubes::{Context, Cubes, check_totals, finding, is_period, of_fault, read_long};
use crate::error::{Error, Result};
use crate::findings::Findings;
use crate::read;

/// The upper bound of a suppressed count of which nothing is said; totals narrow it down.
pub const UNBOUNDED: u64 = 1_000_000_000;

/// How to read a published table: what `[source.format]` and `[[source.cube]]` are in
/// `monitor.toml`, as `[format]` and `[[cube]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    #[serde(default)]
    format: Format,
    cube: Vec<CubeColumns>,
}

impl Layout {
    /// Reads a layout.
    ///
    /// # Errors
    /// When the text is not TOML of that form.
    pub fn parse(text: &str) -> std::result::Result<Self, SettingsError> {
        let layout: Self = toml::from_str(text).map_err(|e| SettingsError {
            message: e.message().to_owned(),
            help: "a layout has [format] and one or more [[cube]], as a [[source]] of monitor.toml has"
                .into(),
            span: e.span(),
        })?;
        for d in layout.cube.iter().flat_map(|c| &c.dimension) {
            if let Some(id) = d.classification.as_deref().filter(|id| model::classification(id).is_none()) {
                return Err(SettingsError {
                    message: format!("there is no classification \"{id}\""),
                    help: "leave it out: an audit needs none".into(),
                    span: None,
                });
            }
        }
        Ok(layout)
    }
}

/// Reads a published table for an audit. Its cubes are of one universe for each thing that is counted,
/// as far as the file says what that is: cells with the same coordinates are the same number, also
/// in several files.
///
/// # Errors
/// When the file cannot be read, or its shape cannot be told.
pub fn read_tables(path: &Path, name: &str, layout: Option<&Layout>) -> Result<Cubes> {
    if let Some(layout) = layout {
        let table = read::open(path, name, &layout.format, &[])?;
        let labels = |id: &str| Label::same(id);
        let project = path.parent().unwrap_or(Path::new("."));
        let context =
            Context { project, source_id: &slug(name), definition: &Label::same(""), labels: &labels };
        return read_long(table, &layout.cube, &layout.format, &context);
    }
    let mut table = read::open(path, name, &Format::default(), &[])?;
    let mut file = Received { name: table.name.clone(), columns: table.columns.clone(), rows: Vec::new() };
    let (mut count, mut findings) = (RowCount::default(), Findings::default());
    while let Some(chunk) = table.rows.next_chunk()? {
        for r in 0..chunk.len() {
            count.rows_in += 1;
            if let Some(fault) = chunk.fault(r) {
                findings.push(of_fault(&file.name, chunk.number(r), fault));
                count.rows_quarantined += 1;
                continue;
            }
            let fields = (0..file.columns.len()).map(|c| chunk.field(r, c).to_text().into_owned()).collect();
            file.rows.push((chunk.number(r), fields));
        }
    }
    let mut reading = Reading { file: &file, findings, used: BTreeSet::new(), refused: BTreeSet::new() };
    let cubes = reading.cubes()?;
    let used = reading.used.len() as u64;
    count.rows_used = used;
    count.rows_quarantined += file.rows.len() as u64 - used;
    let refused: BTreeSet<u64> = reading.refused.iter().map(|(row, _)| *row).collect();
    for (number, _) in file.rows.iter().filter(|(n, _)| !reading.used.contains(n) && !refused.contains(n)) {
        let message = "the row is no cell of a table".to_owned();
        reading.findings.push(finding(
            &file.name,
            Some(*number),
            None,
            None,
            "row.outside",
            Severity::Note,
            message,
            "describe it with --layout if it is needed",
        ));
    }
    Ok(Cubes { cubes, rows: count, findings: reading.findings })
}

/// A file as received.
struct Received {
    name: String,
    columns: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Received {
    fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|n| self.columns.iter().position(|c| c.eq_ignore_ascii_case(n)))
    }

    fn distinct(&self, column: usize) -> BTreeSet<&str> {
        self.rows.iter().map(|(_, f)| f[column].as_str()).collect()
    }
}

const VALUE_NAMES: &[&str] = &[
    "txtVALUE",
    "OBS_VALUE",
    "value",
    "values",
    "count",
    "counts",
    "n",
    "number",
    "aantal",
    "waarde",
    "victims",
    "slachtoffers",
];
/// Columns of periods.
const TIME_NAMES: &[&str] =
    &["year", "jaar", "period", "periode", "time", "time_period", "quarter", "kwartaal", "month", "maand"];
/// Columns that say something of a cell and are no dimension.
const ATTRIBUTES: &[&str] = &[
    "unit",
    "unit of measurement",
    "unit_measure",
    "eenheid",
    "source",
    "bron",
    "conf_status",
    "obs_status",
    "lower",
    "upper",
    "population",
    "rate",
    "rate_lower",
    "rate_upper",
    "note",
    "notes",
    "comment",
    "dataflow",
    "decimals",
    "unit_mult",
];

struct Reading<'a> {
    file: &'a Received,
    findings: Findings,
    /// Rows of which some cell is used.
    used: BTreeSet<u64>,
    /// Cells, by row and column, that cannot be used: each is said once, though it may belong to
    /// several cubes.
    refused: BTreeSet<(u64, usize)>,
}

/// A cell as received: its row, its codes, its text and its column.
type Cell = (u64, Vec<String>, String, usize);

/// A dimension of a cube to be built.
struct Axis {
    id: String,
    time: bool,
}

impl Reading<'_> {
    fn cubes(&mut self) -> Result<Vec<Cube>> {
        let glotip = ["Indicator", "Dimension", "Category", "Sex", "Age", "Year", "txtVALUE"];
        let places: Option<Vec<usize>> = glotip.iter().map(|n| self.file.find(&[n])).collect();
        if let Some(at) = places {
            return Ok(self.glotip(&at));
        }
        if let Some(value) = self.file.find(VALUE_NAMES) {
            return Ok(vec![self.long(value)?]);
        }
        let counts: Vec<usize> =
            (1..self.file.columns.len()).filter(|&c| !self.is_time(c) && self.holds_counts(c)).collect();
        match counts[..] {
            [] => Err(Error::file(
                &self.file.name,
                "no column of counts can be found",
                "name the column `value`, or describe the file with --layout",
            )),
            [one] => Ok(vec![self.long(one)?]),
            _ => Ok(vec![self.wide(&counts)]),
        }
    }

    /// True if a column is said to hold periods, and does: years are counts to look at.
    fn is_time(&self, column: usize) -> bool {
        TIME_NAMES.iter().any(|n| self.file.columns[column].eq_ignore_ascii_case(n))
            && self.file.rows.iter().all(|(_, f)| is_period(&f[column]) || f[column].is_empty())
    }

    /// True if most of a column are counts or marks of suppression.
    fn holds_counts(&self, column: usize) -> bool {
        let thousands = self.thousands(&[column]);
        let filled = self.file.rows.iter().map(|(_, f)| f[column].as_str()).filter(|t| !t.is_empty());
        let (good, all) =
            filled.fold((0, 0), |(g, a), t| (g + usize::from(parse(t, thousands).is_ok()), a + 1));
        all > 0 && good * 5 >= all * 3
    }

    fn glotip(&mut self, at: &[usize]) -> Vec<Cube> {
        let [indicator, dimension, category, sex, age, year, value] = at[..] else { return Vec::new() };
        let country = self.file.find(&["Iso3_code", "Country"]);
        let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (i, (_, f)) in self.file.rows.iter().enumerate() {
            let key = (country.map_or_else(String::new, |c| f[c].clone()), f[indicator].clone());
            groups.entry(key).or_default().push(i);
        }
        let thousands = self.thousands(&[value]);
        let mut out = Vec::new();
        for ((country, indicator), rows) in groups {
            let universe = format!("{country}/{indicator}");
            let kinds: BTreeSet<String> =
                rows.iter().map(|&i| self.file.rows[i].1[dimension].clone()).collect();
            for kind in &kinds {
                let alone = kind == TOTAL_OF_GLOTIP;
                if alone && kinds.len() > 1 {
                    // Every other table holds these cells as its totals.
                    continue;
                }
                let mut axes = vec![Axis { id: "year".into(), time: true }];
                if !alone {
                    axes.push(Axis { id: kind.trim_start_matches("by ").to_owned(), time: false });
                }
                axes.extend(["sex", "age"].map(|id| Axis { id: id.into(), time: false }));
                let mut cells = Vec::new();
                for &i in &rows {
                    let (number, f) = &self.file.rows[i];
                    if f[dimension] != *kind && f[dimension] != TOTAL_OF_GLOTIP {
                        continue;
                    }
                    let mut codes = vec![f[year].clone()];
                    if !alone {
                        codes.push(f[category].clone());
                    }
                    codes.extend([f[sex].clone(), f[age].clone()]);
                    cells.push((*number, codes, f[value].clone(), value));
                }
                let title = if alone { indicator.clone() } else { format!("{indicator}, {kind}") };
                let title = if country.is_empty() { title } else { format!("{country}: {title}") };
                out.push(self.build(&title, &universe, &axes, cells, thousands));
            }
        }
        out
    }

    fn long(&mut self, value: usize) -> Result<Cube> {
        // `sex_en` is the label of `sex`; `age_age_nl`, without an `age_age`, is a dimension.
        let label = |c: &str| {
            let c = c.to_lowercase();
            let of = c.strip_suffix("_en").or_else(|| c.strip_suffix("_nl"));
            let is_of = |of: &str| of.ends_with("_label") || self.file.find(&[of]).is_some();
            c.ends_with("_label") || of.is_some_and(is_of)
        };
        let axes: Vec<usize> = (0..self.file.columns.len())
            .filter(|&c| c != value)
            .filter(|&c| !ATTRIBUTES.iter().any(|a| self.file.columns[c].eq_ignore_ascii_case(a)))
            .filter(|&c| !label(&self.file.columns[c]))
            .filter(|&c| self.file.distinct(c).len() > 1 || self.file.rows.len() == 1)
            .collect();
        if axes.is_empty() {
            return Err(Error::file(
                &self.file.name,
                "no column can be a dimension of a table",
                "describe the file with --layout",
            ));
        }
        let status = self.file.find(&["CONF_STATUS"]);
        let bounds = (self.file.find(&["lower"]), self.file.find(&["upper"]));
        let thousands = self.thousands(&[value]);
        let named: Vec<Axis> = axes.iter().map(|&c| self.axis(c)).collect();
        let cells = self
            .file
            .rows
            .iter()
            .map(|(number, f)| {
                let codes = axes.iter().map(|&c| f[c].clone()).collect();
                let hidden = status.is_some_and(|s| matches!(f[s].as_str(), "C" | "D" | "N" | "S"));
                let mut text = f[value].clone();
                if hidden && text.is_empty() {
                    let bound = |c: Option<usize>| c.and_then(|c| f[c].parse::<u64>().ok());
                    text =
                        format!("{}..{}", bound(bounds.0).unwrap_or(0), bound(bounds.1).unwrap_or(UNBOUNDED));
                }
                (*number, codes, text, value)
            })
            .collect();
        let title = self.file.name.clone();
        Ok(self.build(&title, PUBLISHED, &named, cells, thousands))
    }

    fn wide(&mut self, counts: &[usize]) -> Cube {
        let labels: Vec<usize> = (0..self.file.columns.len())
            .filter(|c| !counts.contains(c) && (*c < counts[0] || self.is_time(*c)))
            .collect();
        let headers: Vec<&String> = counts.iter().map(|&c| &self.file.columns[c]).collect();
        let time = headers.iter().all(|h| is_period(h));
        let mut axes: Vec<Axis> = labels.iter().map(|&c| self.axis(c)).collect();
        axes.push(Axis { id: if time { "period".into() } else { "column".into() }, time });
        let thousands = self.thousands(counts);
        let mut cells = Vec::new();
        for (number, f) in &self.file.rows {
            for &c in counts {
                let mut codes: Vec<String> = labels.iter().map(|&l| f[l].clone()).collect();
                codes.push(self.file.columns[c].clone());
                cells.push((*number, codes, f[c].clone(), c));
            }
        }
        let title = self.file.name.clone();
        self.build(&title, PUBLISHED, &axes, cells, thousands)
    }

    /// What the file says that one unit is, as zicht's own releases do; persons otherwise.
    fn unit(&self) -> Unit {
        let said = self.file.find(&["unit"]).map(|c| self.file.distinct(c));
        match said.as_ref().and_then(|said| said.first().filter(|_| said.len() == 1)) {
            Some(&"reports") => Unit::Reports,
            Some(&"events") => Unit::Events,
            Some(&"amounts") => Unit::Amounts,
            _ => Unit::Persons,
        }
    }

    fn axis(&self, column: usize) -> Axis {
        let name = &self.file.columns[column];
        let time = self.file.distinct(column).iter().all(|v| is_period(v));
        Axis { id: name.clone(), time }
    }

    /// The character between thousands, if a value has one.
    fn thousands(&self, columns: &[usize]) -> Option<char> {
        let grouped = |text: &str, c: char| {
            let mut groups = text.split(c);
            let first = groups.next().unwrap_or_default();
            let digits = |g: &str| !g.is_empty() && g.bytes().all(|b| b.is_ascii_digit());
            let mut rest = groups.peekable();
            rest.peek().is_some()
                && digits(first)
                && first.len() <= 3
                && rest.all(|g| g.len() == 3 && digits(g))
        };
        [',', '.', ' ', '\u{a0}', '\u{202f}']
            .into_iter()
            .find(|&c| self.file.rows.iter().any(|(_, f)| columns.iter().any(|&i| grouped(&f[i], c))))
    }

    fn build(
        &mut self,
        title: &str,
        universe: &str,
        axes: &[Axis],
        cells: Vec<Cell>,
        thousands: Option<char>,
    ) -> Cube {
        let name = &self.file.name;
        let mut values: BTreeMap<Vec<String>, (Value, u64, usize)> = BTreeMap::new();
        for (row, codes, text, column) in cells {
            let codes: Vec<String> = codes.iter().map(|c| code(c)).collect();
            let value = match parse(&text, thousands) {
                Ok(value) => value,
                Err(why) => {
                    if self.refused.insert((row, column)) {
                        let help = "describe the file with --layout if the mark has a meaning";
                        let message = format!("this is no count: {why}");
                        self.findings.push(finding(
                            name,
                            Some(row),
                            Some(&self.file.columns[column]),
                            Some(&text),
                            "value.not_a_count",
                            Severity::Error,
                            message,
                            help,
                        ));
                    }
                    continue;
                }
            };
            match values.get(&codes) {
                Some((before, first, _)) if *before != value => {
                    if self.refused.insert((row, column)) {
                        let message = format!("the same cell stands in row {first} with another value");
                        let help = "which of the two holds cannot be guessed; the first is used";
                        self.findings.push(finding(
                            name,
                            Some(row),
                            Some(&self.file.columns[column]),
                            Some(&text),
                            "cell.conflict",
                            Severity::Error,
                            message,
                            help,
                        ));
                    }
                }
                Some(_) => {
                    self.used.insert(row);
                }
                None => {
                    values.insert(codes, (value, row, column));
                    self.used.insert(row);
                }
            }
        }
        let dimensions: Vec<Dimension> = axes
            .iter()
            .enumerate()
            .map(|(i, axis)| {
                let mut codes: Vec<&str> =
                    values.keys().map(|k| k[i].as_str()).collect::<BTreeSet<_>>().into_iter().collect();
                codes.sort_by_key(|c| (*c != TOTAL, *c == UNKNOWN));
                let total = codes.first().filter(|c| **c == TOTAL).map(|_| 0);
                let categories = codes
                    .iter()
                    .map(|c| Category {
                        code: (*c).to_owned(),
                        label: match *c {
                            TOTAL => Label::new("Total", "Totaal"),
                            UNKNOWN => Label::new("Unknown", "Onbekend"),
                            c => Label::same(c),
                        },
                        parent: if *c == TOTAL || axis.time { None } else { total },
                    })
                    .collect();
                let role = if axis.time { Role::Time } else { Role::Breakdown };
                Dimension {
                    id: axis.id.clone(),
                    label: Label::same(&axis.id),
                    role,
                    classification: None,
                    categories,
                }
            })
            .collect();
        let places: Vec<BTreeMap<&str, u32>> = dimensions
            .iter()
            .map(|d| d.categories.iter().enumerate().map(|(i, c)| (c.code.as_str(), i as u32)).collect())
            .collect();
        let (mut cells, mut at) = (BTreeMap::new(), BTreeMap::new());
        for (key, (value, row, column)) in &values {
            let key: Key = key.iter().zip(&places).map(|(c, p)| p[c.as_str()]).collect();
            at.insert(key.clone(), (*row, *column));
            cells.insert(key, *value);
        }
        let cube = Cube {
            id: slug(title),
            title: Label::same(title),
            definition: Label::same(""),
            unit: self.unit(),
            universe: universe.to_owned(),
            sources: vec![name.clone()],
            dimensions,
            cells,
        };
        let columns = &self.file.columns;
        let place = |key: &Key| at.get(key).map(|(row, column)| (*row, &columns[*column]));
        check_totals(name, &cube, &place, &mut self.findings);
        cube
    }
}

const TOTAL_OF_GLOTIP: &str = "Total";

/// Tables of which nothing says what they count: an audit combines those that agree.
const PUBLISHED: &str = "published";

/// Words for totals and unknowns → their codes.
fn code(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    match lower.as_str() {
        "total" | "totaal" | "all" | "alle" | "totals" | "_t" | "t" => TOTAL.to_owned(),
        "unknown" | "onbekend" | "not known" | "_u" | "" => UNKNOWN.to_owned(),
        _ => text.trim().to_owned(),
    }
}

/// What a cell of anybody's table says. Marks of suppression that give no bound hide any count.
fn parse(text: &str, thousands: Option<char>) -> std::result::Result<Value, String> {
    let text = text.trim();
    if let Some(bound) = text.strip_prefix('<').and_then(|t| t.trim().parse::<u64>().ok()) {
        return Ok(Value::Between(0, bound.saturating_sub(1)));
    }
    if let Some((low, high)) = text.split_once("..").or_else(|| text.split_once('–'))
        && let (Ok(low), Ok(high)) = (low.trim().parse(), high.trim().parse())
        && low <= high
    {
        return Ok(Value::Between(low, high));
    }
    match text.to_lowercase().as_str() {
        "x" | "*" | "**" | "c" | "s" | "[c]" | "suppressed" => return Ok(Value::Between(0, UNBOUNDED)),
        "" | "na" | "n/a" | "n.a." | "nan" | "null" | "." | ".." | "…" | ":" | "-" | "–" => {
            return Ok(Value::Missing);
        }
        _ => {}
    }
    counts::parse(text, &Format { thousands, ..Format::default() })
}

/// Lower-case letters and digits with `_` between them.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cubes(text: &str) -> Cubes {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("t.csv");
        std::fs::write(&path, text).expect("written");
        read_tables(&path, "t.csv", None).expect("read")
    }

    #[test]
    fn a_wide_table_becomes_a_cube() {
        let read = cubes("form,2019,2020,Total\nLabour,10,<5,13\nOther,x,7,20\nTotal,23,10,33\n");
        let cube = &read.cubes[0];
        assert_eq!(cube.cells.len(), 9);
        assert!(cube.cells.values().any(|v| *v == Value::Between(0, 4)));
        assert!(cube.cells.values().any(|v| *v == Value::Between(0, UNBOUNDED)));
        assert!(read.rows.balances());
        assert!(read.findings.is_empty(), "{:?}", read.findings);
    }

    #[test]
    fn a_long_table_with_status_becomes_a_cube() {
        let read = cubes(
            "year,form,form_label_en,value,lower,upper,CONF_STATUS\n2019,LAB,Labour,,1,4,C\n2019,SEX,Sexual,10,10,10,F\n2019,_T,Total,12,12,12,F\n",
        );
        let cube = &read.cubes[0];
        let ids: Vec<&str> = cube.dimensions.iter().map(|d| d.id.as_str()).collect();
        assert_eq!(ids, ["form"], "one year is no dimension, a label neither");
        assert_eq!(cube.value(&[1]), Value::Between(1, 4));
    }
}
