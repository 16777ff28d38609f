//! Reports as the readers of registers leave them, and what is counted of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{bit_or, count, max, min};
use datafusion::logical_expr::{Expr, lit};
use datafusion::scalar::ScalarValue;
use jiff::civil::Date;
use model::{CaptureTable, Catalogue, Cube, Period, Settings, TableSettings, Unit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::Error;
use crate::calendar::{Calendar, day_of};
use crate::engine::{self, Column, Engine, column, keyed_counts};
use crate::level::{Level, known_values};
use crate::rollup::{self, Group};

/// The codes of a group of persons by dimension, and their capture histories.
pub type Histories = (BTreeMap<String, String>, CaptureTable);

/// Reports of all registers, ready to be counted.
///
/// Nothing is held in memory but the settings; each question reads the columns it needs from the
/// files. Work files stand in a folder beside the first file that only the owner can enter, and
/// go when this value goes.
pub struct Reports {
    engine: Engine,
    files: Vec<PathBuf>,
    settings: Settings,
    catalogue: Catalogue,
    rows: u64,
    persons: u64,
    /// Days of the first and the last report.
    days: Option<(i32, i32)>,
}

impl Reports {
    /// Opens Parquet files of standard reports: checks their columns, counts reports and persons
    /// and finds the first and the last date. `threads` changes the speed and nothing else.
    ///
    /// # Errors
    /// When a file cannot be read or lacks a column, a date is beyond the calendar, or no work
    /// folder can be made beside the files.
    pub fn open(
        files: &[PathBuf],
        settings: &Settings,
        catalogue: &Catalogue,
        threads: usize,
    ) -> Result<Self, Error> {
        for file in files {
            check_columns(file, settings)?;
        }
        let beside = match files.first().and_then(|f| f.parent()) {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut reports = Self {
            engine: Engine::new(beside, threads)?,
            files: files.to_vec(),
            settings: settings.clone(),
            catalogue: catalogue.clone(),
            rows: 0,
            persons: 0,
            days: None,
        };
        if files.is_empty() {
            return Ok(reports);
        }
        let day = |e: Expr| datafusion::logical_expr::cast(e, DataType::Int32);
        let per_person = reports.frame()?.aggregate(
            vec![column("person")],
            vec![
                count(lit(1)).alias("n"),
                min(column("date")).alias("first"),
                max(column("date")).alias("last"),
            ],
        )?;
        let whole = per_person.aggregate(
            vec![],
            vec![
                datafusion::functions_aggregate::expr_fn::sum(column("n")).alias("rows"),
                count(lit(1)).alias("persons"),
                day(min(column("first"))).alias("first"),
                day(max(column("last"))).alias("last"),
            ],
        )?;
        let batches = reports.engine.collect(whole)?;
        if let Some(batch) = batches.iter().find(|b| b.num_rows() > 0) {
            let number = |c: usize| -> Result<Option<i64>, Error> {
                match ScalarValue::try_from_array(batch.column(c), 0)?.cast_to(&DataType::Int64)? {
                    ScalarValue::Int64(n) => Ok(n),
                    _ => Ok(None),
                }
            };
            reports.rows = number(0)?.unwrap_or(0) as u64;
            reports.persons = number(1)?.unwrap_or(0) as u64;
            reports.days = number(2)?.zip(number(3)?).map(|(a, b)| (a as i32, b as i32));
        }
        reports.calendar(Period::Year)?;
        Ok(reports)
    }

    /// Number of reports.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Number of different persons in all reports together.
    pub fn persons(&self) -> u64 {
        self.persons
    }

    /// One table; see [`Reports::cubes`].
    ///
    /// # Errors
    /// As [`Reports::cubes`].
    pub fn cube(&self, table: &TableSettings) -> Result<Cube, Error> {
        self.cubes(std::slice::from_ref(table))?
            .pop()
            .ok_or_else(|| Error::Engine(format!("no table came of \"{}\"", table.id)))
    }

    /// The cubes of `tables`, in their order, each with every combination of its categories,
    /// zeros included, and a total over every dimension but time.
    ///
    /// Persons are put together once for each length of period, however many tables there are.
    ///
    /// # Errors
    /// When a dimension cannot be made, a table would be too large, or the engine fails.
    pub fn cubes(&self, tables: &[TableSettings]) -> Result<Vec<Cube>, Error> {
        let mut cubes: Vec<Option<Cube>> = vec![None; tables.len()];
        for unit in [Unit::Reports, Unit::Persons, Unit::Events, Unit::Amounts] {
            for period in [Period::Year, Period::Quarter, Period::Month] {
                let chosen: Vec<(usize, &TableSettings)> = tables
                    .iter()
                    .enumerate()
                    .filter(|(_, t)| t.count == unit && t.period == period)
                    .collect();
                let Some((_, first)) = chosen.first() else { continue };
                if let Unit::Events | Unit::Amounts = unit {
                    let unit = if unit == Unit::Events { "events" } else { "amounts" };
                    return Err(Error::Unit { table: first.id.clone(), unit });
                }
                for ((place, _), cube) in chosen.iter().zip(self.cubes_of(unit, period, &chosen)?) {
                    cubes[*place] = Some(cube);
                }
            }
        }
        Ok(cubes.into_iter().flatten().collect())
    }

    /// Tables of one unit and one length of period.
    fn cubes_of(
        &self,
        unit: Unit,
        period: Period,
        tables: &[(usize, &TableSettings)],
    ) -> Result<Vec<Cube>, Error> {
        let calendar = self.calendar(period)?;
        let mut levels = Vec::new();
        for (_, table) in tables {
            let of_table = self.levels(&table.dimensions, &table.id)?;
            let within = of_table.iter().find(|l| model::register_of(&l.name).is_some());
            if let Some(level) = within.filter(|_| unit != Unit::Persons) {
                return Err(Error::Dimension {
                    table: table.id.clone(),
                    dimension: level.name.clone(),
                    message: "a report is in one register; write \"register\", or count persons".into(),
                });
            }
            levels.push(of_table);
        }
        let persons = match unit {
            Unit::Persons if self.days.is_some() => Some(self.store_persons(&calendar, &levels)?),
            _ => None,
        };
        let mut cubes = Vec::new();
        for ((_, table), levels) in tables.iter().zip(&levels) {
            let groups = if self.days.is_none() {
                Vec::new()
            } else {
                let frame = match &persons {
                    Some(files) => self.person_codes(files, &calendar, levels)?,
                    None => self.report_codes(&calendar, levels)?,
                };
                self.groups(frame, levels.len())?
            };
            let universe = if unit == Unit::Persons { "persons" } else { "reports" };
            let cube = Cube {
                id: table.id.clone(),
                title: table.title.clone(),
                definition: table.definition.clone(),
                unit,
                universe: universe.to_owned(),
                sources: self
                    .settings
                    .source
                    .iter()
                    .filter(|s| s.reports.is_some())
                    .map(|s| s.id.clone())
                    .collect(),
                dimensions: Vec::new(),
                cells: BTreeMap::new(),
            };
            let time = calendar.dimension(&self.settings);
            cubes.push(rollup::fill(cube, &calendar, time, levels, &groups, self.days)?);
        }
        for file in persons.into_iter().flatten() {
            std::fs::remove_file(file)?;
        }
        Ok(cubes)
    }

    /// One row for each person and period, with each attribute that `levels` need as the first
    /// known value.
    fn store_persons(&self, calendar: &Calendar, levels: &[Vec<Level>]) -> Result<Vec<PathBuf>, Error> {
        let columns: BTreeSet<&str> = levels.iter().flatten().map(|l| l.base.as_str()).collect();
        let mut select = vec![column("person"), engine::period(calendar, column("date")).alias("period")];
        let mut least = vec![count(lit(1)).alias("reports")];
        let mut keep = vec![column("period")];
        for name in columns {
            let packed = match model::register_of(name) {
                Some(register) => engine::outside(column("register"), self.register(register)?),
                None => engine::pack_in_period(calendar, &self.column(name)?, column("date")),
            };
            select.push(packed.alias(name));
            least.push(min(column(name)).alias(name));
            keep.push(column(name));
        }
        let frame = self
            .frame()?
            .select(select)?
            .aggregate(vec![column("person"), column("period")], least)?
            .select(keep)?;
        self.engine.store(frame, calendar.id())
    }

    fn person_codes(
        &self,
        files: &[PathBuf],
        calendar: &Calendar,
        levels: &[Level],
    ) -> Result<DataFrame, Error> {
        let mut select = vec![column("period")];
        for (i, level) in levels.iter().enumerate() {
            let code = engine::code_in_period(level, calendar, column("period"), column(&level.base));
            select.push(code.alias(format!("d{i}")));
        }
        Ok(self.engine.read(files)?.select(select)?)
    }

    fn report_codes(&self, calendar: &Calendar, levels: &[Level]) -> Result<DataFrame, Error> {
        let mut select = vec![engine::period(calendar, column("date")).alias("period")];
        for (i, level) in levels.iter().enumerate() {
            let code = engine::code_of_report(level, &self.column(&level.base)?, column("date"));
            select.push(code.alias(format!("d{i}")));
        }
        Ok(self.frame()?.select(select)?)
    }

    fn groups(&self, frame: DataFrame, dimensions: usize) -> Result<Vec<Group>, Error> {
        let mut keys = vec![column("period")];
        keys.extend((0..dimensions).map(|i| column(&format!("d{i}"))));
        let counted = frame.aggregate(keys, vec![count(lit(1)).alias("n")])?;
        Ok(keyed_counts(&self.engine.collect(counted)?)?
            .into_iter()
            .map(|(key, count)| Group {
                period: key[0] as u32,
                codes: key[1..].iter().map(|&c| c as u16).collect(),
                count,
            })
            .collect())
    }

    /// Capture histories over the registers: in which of them each person occurs in `years`
    /// (first and last, both included; all years when `None`).
    ///
    /// The whole comes first, with an empty key; then, when `by` names dimensions, each
    /// combination of their codes that occurs, in the order of the classifications. The code of
    /// a person is the first known one in these years. Groups are of the codes themselves, not
    /// of the codes above them: every person is in one group.
    ///
    /// `persons` is the column that says who a report is of: `person`, or that of another draw of who is who.
    ///
    /// # Errors
    /// When there are fewer than 2 or more than [`model::MAX_LISTS`] registers, a dimension
    /// cannot be made, or the engine fails.
    pub fn histories(
        &self,
        years: Option<(i16, i16)>,
        by: &[String],
        persons: &str,
    ) -> Result<Vec<Histories>, Error> {
        let lists: Vec<String> = self.settings.registers().into_iter().map(|(code, _)| code).collect();
        let empty = CaptureTable::new(lists.clone())?;
        let levels = self.levels(by, "capture histories")?;
        if let Some(level) = levels.iter().find(|l| model::register_of(&l.name).is_some()) {
            return Err(Error::Dimension {
                table: "capture histories".into(),
                dimension: level.name.clone(),
                message: "who is in a register is what histories are made of; take it out".into(),
            });
        }
        let Some((first, last)) = self.days.and_then(|days| clip(days, years)) else {
            return Ok(vec![(BTreeMap::new(), empty)]);
        };
        let day = |d: i32| lit(ScalarValue::Date32(Some(d)));
        let bit = engine::register_bit(column("register"), lists.len());
        let mut select = vec![column(persons), bit.alias("bit")];
        let mut per_person = vec![bit_or(column("bit")).alias("history")];
        let mut codes = vec![column("history")];
        let mut keys = vec![column("history")];
        for name in levels.iter().map(|l| l.base.as_str()).collect::<BTreeSet<_>>() {
            let packed = engine::pack_in_span(first, &self.column(name)?, column("date"));
            select.push(packed.alias(format!("v_{name}")));
            per_person.push(min(column(&format!("v_{name}"))).alias(format!("v_{name}")));
        }
        for (i, level) in levels.iter().enumerate() {
            let packed = column(&format!("v_{}", level.base));
            codes.push(engine::code_in_span(level, first, packed).alias(format!("d{i}")));
            keys.push(column(&format!("d{i}")));
        }
        let frame = self
            .frame()?
            .filter(column("date").gt_eq(day(first)).and(column("date").lt_eq(day(last))))?
            .select(select)?
            .aggregate(vec![column(persons)], per_person)?
            .select(codes)?
            .aggregate(keys, vec![count(lit(1)).alias("n")])?;
        let mut whole = empty.clone();
        let mut groups: BTreeMap<Vec<u64>, CaptureTable> = BTreeMap::new();
        for (key, n) in keyed_counts(&self.engine.collect(frame)?)? {
            let history = key[0] as u32;
            whole.add(history, n)?;
            if !levels.is_empty() {
                groups.entry(key[1..].to_vec()).or_insert_with(|| empty.clone()).add(history, n)?;
            }
        }
        let mut out = vec![(BTreeMap::new(), whole)];
        out.extend(groups.into_iter().map(|(key, table)| {
            let names = levels.iter().zip(key);
            (names.map(|(l, c)| (l.name.clone(), l.code(c as u16).to_owned())).collect(), table)
        }));
        Ok(out)
    }

    fn frame(&self) -> Result<DataFrame, Error> {
        self.engine.read(&self.files)
    }

    fn calendar(&self, period: Period) -> Result<Calendar, Error> {
        Calendar::new(period, self.days).ok_or_else(|| {
            Error::Engine("the reports hold a date beyond the calendar; read the registers again".into())
        })
    }

    fn levels(&self, names: &[String], table: &str) -> Result<Vec<Level>, Error> {
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                return Err(Error::Dimension {
                    table: table.to_owned(),
                    dimension: name.clone(),
                    message: "is named twice; name it once".into(),
                });
            }
        }
        names.iter().map(|name| Level::new(name, table, &self.settings, &self.catalogue)).collect()
    }

    /// The number by which reports name a register.
    fn register(&self, code: &str) -> Result<u16, Error> {
        let place = self.settings.registers().iter().position(|(c, _)| c == code);
        place.map(|p| p as u16).ok_or_else(|| Error::Dimension {
            table: "settings".into(),
            dimension: format!("register:{code}"),
            message: "there is no such register".into(),
        })
    }

    fn column(&self, name: &str) -> Result<Column, Error> {
        let known = match name {
            "age" | "register" => None,
            _ => Some(Arc::new(known_values(self.catalogue.of(name).ok_or_else(|| Error::Dimension {
                table: "settings".into(),
                dimension: name.to_owned(),
                message: "there is no such variable".into(),
            })?))),
        };
        Ok(Column { name: name.to_owned(), known })
    }
}

/// The days of the reports that lie in `years`; `None` when there are none.
fn clip((first, last): (i32, i32), years: Option<(i16, i16)>) -> Option<(i32, i32)> {
    let Some((from, to)) = years else { return Some((first, last)) };
    let from = Date::new(from, 1, 1).map_or(first, day_of);
    let to = Date::new(to, 12, 31).map_or(last, day_of);
    let (a, b) = (first.max(from), last.min(to));
    (a <= b).then_some((a, b))
}

/// Refuses a file whose columns are not those of standard reports under these settings.
fn check_columns(path: &Path, settings: &Settings) -> Result<(), Error> {
    let file = File::open(path).map_err(|e| Error::file(path, e))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| Error::file(path, e))?;
    let mut wanted = vec![
        ("person".to_owned(), DataType::UInt64),
        ("date".to_owned(), DataType::Date32),
        ("register".to_owned(), DataType::UInt16),
        ("age".to_owned(), DataType::Int16),
    ];
    wanted.extend(settings.variable_ids().into_iter().map(|id| (id, DataType::UInt16)));
    for (name, kind) in wanted {
        match reader.schema().field_with_name(&name) {
            Err(_) => return Err(Error::file(path, format!("the column \"{name}\" is not there"))),
            Ok(field) if *field.data_type() != kind => {
                let found = field.data_type();
                return Err(Error::file(path, format!("the column \"{name}\" is {found}, not {kind}")));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}
