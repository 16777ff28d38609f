//! Published tables in long form: one row, one cell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::{
    Category, Classification, Cube, CubeColumns, CubeDimension, Dimension, Finding, Format, Key, Label, Role,
    RowCount, Settings, Severity, Source, TOTAL, UNKNOWN, Value,
};

use crate::codes::{Codes, Rules, is_mojibake};
use crate::counts;
use crate::error::{Error, Result};
use crate::findings::Findings;
use crate::read::{self, Chunk, Table};

/// What came of a published table.
#[derive(Debug, Clone)]
pub struct Cubes {
    /// The cubes, in the order of the settings.
    pub cubes: Vec<Cube>,
    /// Rows, accounted for: a row is used when it is a cell of at least one cube. Rows that no
    /// cube asks for are quarantined with the note `row.outside`.
    pub rows: RowCount,
    /// What was found.
    pub findings: Findings,
}

/// Reads the cubes of a published table.
///
/// A cell that occurs twice is taken once; when its values differ the first is kept and the row
/// of the second quarantined. Totals that are not the sum of their parts are reported and kept
/// as published.
///
/// # Errors
/// When the file or a file of codes cannot be read, or a column is missing.
pub fn read_cubes(project: &Path, source: &Source, settings: &Settings) -> Result<Cubes> {
    let wanted: Vec<String> = source
        .cube
        .iter()
        .flat_map(|c| {
            std::iter::once(&c.value).chain(c.filter.keys()).chain(c.dimension.iter().map(|d| &d.column))
        })
        .cloned()
        .collect();
    let table = read::open(&project.join(&source.path), &source.path, &source.format, &wanted)?;
    let labels = |id: &str| settings.variable_label(id);
    let context = Context { project, source_id: &source.id, definition: &source.definition, labels: &labels };
    read_long(table, &source.cube, &source.format, &context)
}

/// What a cube takes over from where it is described.
pub(crate) struct Context<'a> {
    pub(crate) project: &'a Path,
    pub(crate) source_id: &'a str,
    pub(crate) definition: &'a Label,
    pub(crate) labels: &'a dyn Fn(&str) -> Label,
}

/// Reads cubes out of an open table.
pub(crate) fn read_long(
    mut table: Table,
    cubes: &[CubeColumns],
    format: &Format,
    context: &Context<'_>,
) -> Result<Cubes> {
    let mut readers = cubes.iter().map(|c| Reader::new(c, &table, context)).collect::<Result<Vec<_>>>()?;
    let (mut rows, mut findings) = (RowCount::default(), Findings::default());
    if let Some(encoding) = table.guessed_encoding {
        let message = format!("the file is not UTF-8 and is read as {encoding}");
        let help = "state the encoding to be sure: format = { encoding = \"…\" }";
        findings.push(finding(
            &table.name,
            None,
            None,
            None,
            "encoding.guessed",
            Severity::Note,
            message,
            help,
        ));
    }
    while let Some(chunk) = table.rows.next_chunk()? {
        for r in 0..chunk.len() {
            rows.rows_in += 1;
            let row = chunk.number(r);
            if let Some(fault) = chunk.fault(r) {
                findings.push(of_fault(&table.name, row, fault));
                rows.rows_quarantined += 1;
                continue;
            }
            let (mut asked, mut used) = (false, false);
            for reader in &mut readers {
                if reader.takes(&chunk, r) {
                    asked = true;
                    used |= reader.read(&chunk, r, &table.name, format, &mut findings);
                }
            }
            if used {
                rows.rows_used += 1;
            } else {
                rows.rows_quarantined += 1;
            }
            if !asked {
                let message = "no cube asks for this row".to_owned();
                let help = "add a [[source.cube]] or widen its `where` if the row is needed";
                findings.push(finding(
                    &table.name,
                    Some(row),
                    None,
                    None,
                    "row.outside",
                    Severity::Note,
                    message,
                    help,
                ));
            }
        }
    }
    let mut out = Vec::with_capacity(readers.len());
    for reader in readers {
        if reader.cells.is_empty() {
            return Err(Error::file(
                &table.name,
                format!("no row is a cell of cube \"{}\"", reader.cube.id),
                "check its `where` and `dimension`: the values must stand in the file exactly so",
            ));
        }
        let column = &reader.cube.value;
        let (cube, rows) = reader.finish(context);
        check_totals(&table.name, &cube, &|key| Some((*rows.get(key)?, column)), &mut findings);
        out.push(cube);
    }
    Ok(Cubes { cubes: out, rows, findings })
}

struct DimensionReader<'a> {
    settings: &'a CubeDimension,
    column: usize,
    codes: Codes,
    classification: Option<&'static Classification>,
}

struct Reader<'a> {
    cube: &'a CubeColumns,
    value: usize,
    filter: Vec<(usize, &'a [String])>,
    dimensions: Vec<DimensionReader<'a>>,
    cells: BTreeMap<Vec<String>, (Value, u64)>,
}

impl<'a> Reader<'a> {
    fn new(cube: &'a CubeColumns, table: &Table, context: &Context<'_>) -> Result<Self> {
        let filter = cube
            .filter
            .iter()
            .map(|(column, values)| Ok((table.column(column)?, &values[..])))
            .collect::<Result<Vec<_>>>()?;
        let dimensions = cube
            .dimension
            .iter()
            .map(|d| {
                let classification = d.classification.as_deref().and_then(model::classification);
                let rules =
                    Rules { codes: &d.codes, codes_file: d.codes_file.as_deref(), by_label: d.by_label };
                Ok(DimensionReader {
                    settings: d,
                    column: table.column(&d.column)?,
                    codes: Codes::new(context.project, classification, &rules)?,
                    classification,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { cube, value: table.column(&cube.value)?, filter, dimensions, cells: BTreeMap::new() })
    }

    fn takes(&self, chunk: &Chunk, r: usize) -> bool {
        self.filter.iter().all(|(column, values)| {
            let text = chunk.field(r, *column).to_text();
            values.iter().any(|v| v.trim() == text)
        })
    }

    /// Takes the row as a cell; `false` when it cannot be used.
    fn read(
        &mut self,
        chunk: &Chunk,
        r: usize,
        file: &str,
        format: &Format,
        findings: &mut Findings,
    ) -> bool {
        let row = chunk.number(r);
        let mut key = Vec::with_capacity(self.dimensions.len());
        let mut good = true;
        for d in &self.dimensions {
            let text = chunk.field(r, d.column).to_text();
            let column = Some(d.settings.column.as_str());
            if is_mojibake(&text) {
                let message = "letters were read in the wrong encoding before this file was made".to_owned();
                let help = "ask its publisher to repair the file; the value is used as it stands if `codes` names it";
                findings.push(finding(
                    file,
                    Some(row),
                    column,
                    Some(&text),
                    "encoding.mojibake",
                    Severity::Warning,
                    message,
                    help,
                ));
            }
            let code = if text.is_empty() { Some(UNKNOWN) } else { d.codes.code(&text) };
            match code {
                Some(code) if d.settings.role == Role::Time && !is_period(code) => {
                    let message = "this is no period".to_owned();
                    let help = "write a year, a quarter or a month (2026, 2026-Q4, 2026-11), or say in `codes` what it stands for";
                    findings.push(finding(
                        file,
                        Some(row),
                        column,
                        Some(&text),
                        "time.format",
                        Severity::Error,
                        message,
                        help,
                    ));
                    good = false;
                }
                Some(code) => key.push(code.to_owned()),
                None => {
                    let list = d.classification.map_or("the list", |c| c.id.as_str());
                    let message =
                        format!("the value is not in {list} and `codes` does not say what it stands for");
                    let help = d.codes.suggestion(&text);
                    findings.push(finding(
                        file,
                        Some(row),
                        column,
                        Some(&text),
                        "code.unknown",
                        Severity::Error,
                        message,
                        &help,
                    ));
                    good = false;
                }
            }
        }
        let text = chunk.field(r, self.value).to_text();
        let column = Some(self.cube.value.as_str());
        let value = match counts::parse(&text, format) {
            Ok(value) => value,
            Err(why) => {
                let help = "marks for suppressed and missing figures, thousands and footnotes are declared in [source.format]";
                let message = format!("this is no count: {why}");
                findings.push(finding(
                    file,
                    Some(row),
                    column,
                    Some(&text),
                    "value.not_a_count",
                    Severity::Error,
                    message,
                    help,
                ));
                return false;
            }
        };
        if !good {
            return false;
        }
        match self.cells.get(&key) {
            None => {
                self.cells.insert(key, (value, row));
                true
            }
            Some((before, first)) if *before == value => {
                let message = format!("cube \"{}\": the same cell stands in row {first}", self.cube.id);
                let help = "one of the two rows can go";
                findings.push(finding(
                    file,
                    Some(row),
                    None,
                    None,
                    "cell.duplicate",
                    Severity::Warning,
                    message,
                    help,
                ));
                false
            }
            Some((before, first)) => {
                let message = format!(
                    "cube \"{}\": the same cell stands in row {first} as {}, and here as {}",
                    self.cube.id,
                    say(*before),
                    say(value)
                );
                let help = "ask the publisher which holds; if the two come from different editions, make the edition a dimension with role = \"vintage\"";
                findings.push(finding(
                    file,
                    Some(row),
                    column,
                    Some(&text),
                    "cell.conflict",
                    Severity::Error,
                    message,
                    help,
                ));
                false
            }
        }
    }

    /// The cube, and the row of each cell.
    fn finish(self, context: &Context<'_>) -> (Cube, BTreeMap<Key, u64>) {
        let dimensions: Vec<Dimension> = self
            .dimensions
            .iter()
            .enumerate()
            .map(|(i, d)| {
                let used: BTreeSet<&str> = self.cells.keys().map(|k| k[i].as_str()).collect();
                let label = d.settings.label.clone().unwrap_or_else(|| (context.labels)(&d.settings.id));
                dimension(d.settings, label, d.classification, &used)
            })
            .collect();
        let positions: Vec<BTreeMap<&str, u32>> = dimensions
            .iter()
            .map(|d| d.categories.iter().enumerate().map(|(i, c)| (c.code.as_str(), i as u32)).collect())
            .collect();
        let (mut cells, mut rows) = (BTreeMap::new(), BTreeMap::new());
        for (key, (value, row)) in &self.cells {
            let key: Key = key.iter().zip(&positions).map(|(code, p)| p[code.as_str()]).collect();
            rows.insert(key.clone(), *row);
            cells.insert(key, *value);
        }
        let concept = self.cube.concept.as_ref().unwrap_or(&self.cube.id);
        let cube = Cube {
            id: self.cube.id.clone(),
            title: self.cube.title.clone(),
            definition: self.cube.definition.clone().unwrap_or_else(|| context.definition.clone()),
            unit: self.cube.unit,
            universe: format!("{}/{concept}", context.source_id),
            sources: vec![context.source_id.to_owned()],
            dimensions,
            cells,
        };
        (cube, rows)
    }
}

/// A dimension over the codes that are used: the total first, then the order of the
/// classification, or of the codes themselves.
fn dimension(
    settings: &CubeDimension,
    label: Label,
    classification: Option<&Classification>,
    used: &BTreeSet<&str>,
) -> Dimension {
    let mut codes: Vec<&str> = used.iter().copied().collect();
    let rank = |code: &str| match code {
        TOTAL => (0, 0),
        UNKNOWN => (2, 0),
        code => (1, classification.and_then(|c| c.position(code)).unwrap_or(0)),
    };
    codes.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.cmp(b)));
    let position = |code: &str| codes.iter().position(|c| *c == code).map(|i| i as u32);
    let parent = |code: &str| {
        if settings.role != Role::Breakdown || code == TOTAL {
            return None;
        }
        let mut at = classification.and_then(|c| c.get(code)).and_then(|c| c.parent.as_deref());
        while let Some(p) = at {
            if let Some(i) = position(p) {
                return Some(i);
            }
            at = classification.and_then(|c| c.get(p)).and_then(|c| c.parent.as_deref());
        }
        position(TOTAL)
    };
    let words = |code: &str| {
        if let Some(label) = settings.labels.get(code) {
            return label.clone();
        }
        match (code, classification.and_then(|c| c.get(code))) {
            (TOTAL, _) => Label::new("Total", "Totaal"),
            (_, Some(c)) => c.label.clone(),
            (UNKNOWN, None) => Label::new("Unknown", "Onbekend"),
            (code, None) => Label::same(code),
        }
    };
    let categories = codes
        .iter()
        .map(|code| Category { code: (*code).to_owned(), label: words(code), parent: parent(code) })
        .collect();
    Dimension {
        id: settings.id.clone(),
        label,
        role: settings.role,
        classification: settings.classification.clone(),
        categories,
    }
}

/// `2026`, `2026-Q4` or `2026-11`.
pub(crate) fn is_period(code: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match code.split_once('-') {
        None => code.len() == 4 && digits(code),
        Some((year, rest)) => {
            year.len() == 4
                && digits(year)
                && match rest.strip_prefix('Q') {
                    Some(q) => matches!(q, "1" | "2" | "3" | "4"),
                    None => rest.len() == 2 && rest.parse::<u8>().is_ok_and(|m| (1..=12).contains(&m)),
                }
        }
    }
}

/// Reports totals that cannot be the sum of their parts. `place` gives row and column of a cell.
pub(crate) fn check_totals<'a>(
    file: &str,
    cube: &Cube,
    place: &dyn Fn(&Key) -> Option<(u64, &'a String)>,
    findings: &mut Findings,
) {
    for relation in cube.relations() {
        let bounds = |v: Value| match v {
            Value::Count(n) => (n, Some(n)),
            Value::Between(low, high) => (low, Some(high)),
            Value::Missing => (0, None),
        };
        let (low, high) = bounds(cube.value(&relation.total));
        let (mut least, mut most) = (0_u64, Some(0_u64));
        for part in &relation.parts {
            let (l, h) = bounds(cube.value(part));
            least = least.saturating_add(l);
            most = most.zip(h).map(|(a, b)| a.saturating_add(b));
        }
        let too_many = high.is_some_and(|high| least > high);
        let too_few = most.is_some_and(|most| most < low);
        if too_many || too_few {
            let cell: Vec<String> = cube.codes(&relation.total).map(|(d, c)| format!("{d} = {c}")).collect();
            let dimension = &cube.dimensions[relation.dimension].id;
            let sum = match most {
                Some(most) if most == least => most.to_string(),
                Some(most) => format!("{least} to {most}"),
                None => format!("{least} or more"),
            };
            let message = format!(
                "cube \"{}\", {}: the total is {} and the parts by {dimension} add up to {sum}",
                cube.id,
                cell.join(", "),
                say(cube.value(&relation.total)),
            );
            let help = if too_few {
                "parts may be lacking, or the total is wrong: ask the publisher; both are kept as published"
            } else {
                "one of them is wrong: ask the publisher; both are kept as published"
            };
            let (row, column) = place(&relation.total).unzip();
            findings.push(finding(
                file,
                row,
                column.map(String::as_str),
                None,
                "total.mismatch",
                Severity::Warning,
                message,
                help,
            ));
        }
    }
}

fn say(value: Value) -> String {
    match value {
        Value::Count(n) => n.to_string(),
        Value::Between(low, high) => format!("{low} to {high}"),
        Value::Missing => "no figure".to_owned(),
    }
}

/// What a reader found wrong with a row, as a finding.
pub(crate) fn of_fault(file: &str, row: u64, fault: &read::Fault) -> Finding {
    let message = fault.message.clone();
    finding(file, Some(row), None, None, fault.rule, Severity::Error, message, fault.help)
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn finding(
    file: &str,
    row: Option<u64>,
    column: Option<&str>,
    value: Option<&str>,
    rule: &str,
    severity: Severity,
    message: String,
    help: &str,
) -> Finding {
    Finding {
        file: file.to_owned(),
        row,
        column: column.map(str::to_owned),
        // A published table holds no names, but it may hold anything in the wrong column.
        value: value.map(|v| v.chars().take(80).collect()),
        rule: rule.to_owned(),
        severity,
        message,
        help: help.to_owned(),
    }
}
