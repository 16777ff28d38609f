//! From options to a project folder.
//!
//! 1. Draw every person once; keep of those who are seen only when and by whom, eight bytes a
//!    report.
//! 2. For each register, put its reports in order of date and write them: persons are drawn
//!    again from their streams, a piece of the file at a time, while the piece before it goes
//!    to the disk.
//!
//! Pieces have a fixed size and are written in order, so the bytes do not depend on the number
//! of threads. Memory is eight bytes a report and a few dozen megabytes of pieces.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use arrow::array::RecordBatch;
use jiff::civil::Date;
use rayon::prelude::*;

use crate::Error;
use crate::before;
use crate::calibrate::Captures;
use crate::codes::Register;
use crate::days::{Day, day, new_year};
use crate::draw::Streams;
use crate::encode::{Piece, encode};
use crate::file::{Folder, RegisterFile};
use crate::identity::Slip;
use crate::inhabitants;
use crate::layout::{Countries, LAYOUTS, country_codes};
use crate::monitor::monitor_toml;
use crate::population::{Event, Population, YEARS};
use crate::report::{Mistake, Scribe};
use crate::truth::{self, Census, Persons};

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// About how many reports all registers hold together, at least 1.
    pub reports: u64,
    /// The same seed makes the same files.
    pub seed: u64,
    /// The day on which the registers are delivered; they cover the five whole years before
    /// the year of this day.
    pub reference_date: Date,
    /// If `monitor.toml` takes persons from the pseudonym that all registers hold; else they are found by what
    /// identifies them.
    pub pseudonyms: bool,
    /// If there is also a project of the year before, in a folder named after that year: what was delivered by then, to
    /// be run first. The other takes its release as the one to compare with.
    pub year_before: bool,
}

impl Options {
    /// The folder of the edition of the year before, below that of the project; `None` where there is none.
    pub fn folder_before(&self) -> Option<String> {
        self.year_before.then(|| (self.reference_date.year() - 1).to_string())
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Size of the true population, hidden persons included.
    pub persons: u64,
    /// Persons with at least one report.
    pub detected: u64,
    /// Rows of all registers together.
    pub reports: u64,
    /// Rows by register, in the order of `monitor.toml`.
    pub registers: Vec<(String, u64)>,
    /// Mistakes by the rule that finds them, as in `truth/mistakes.csv`, and under
    /// `field.empty` the fields that are empty without being a mistake.
    pub mistakes: BTreeMap<String, u64>,
}

/// Persons drawn in one go.
const BLOCK: u64 = 1 << 15;
/// Rows of a piece of a register.
const PIECE: usize = 1 << 13;
/// Blocks or pieces that are in memory together.
const TOGETHER: usize = 16;
/// Most reports that can be asked for.
const MOST_REPORTS: u64 = 1_000_000_000;
/// Where the police units lie, for a map.
const POLICE_UNITS: &str = include_str!("police_units.geojson");
const FIELD_EMPTY: &str = "field.empty";

/// Makes a monitor project with known truth in `dir`: `registers/`, `codes/`, `monitor.toml`
/// and `truth/`.
///
/// `progress` is called now and then with the number of rows written so far. Time grows
/// linearly with the number of reports; memory by eight bytes a report. The bytes of all files
/// follow from `options` alone.
///
/// # Errors
/// When no reports or too many are asked for, the reference date is outside the years 1950 to
/// 2200, or a file cannot be written.
pub fn simulate(options: &Options, dir: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<Summary, Error> {
    if options.reports == 0 {
        return Err(Error::NoReports);
    }
    if options.reports > MOST_REPORTS {
        return Err(Error::TooMany { given: options.reports, most: MOST_REPORTS });
    }
    if !(1950..=2200).contains(&options.reference_date.year()) {
        return Err(Error::ReferenceDate(options.reference_date));
    }
    let folder = Folder(dir);
    ["registers", "codes", "truth"].iter().try_for_each(|name| folder.folder(name))?;
    let captures = Captures::calibrate()?;
    let first_year = options.reference_date.year() - YEARS as i16;
    let population = Population::new(&captures, options.reports, options.seed, first_year);

    let (census, mut reports) = draw_everyone(&population, folder)?;
    let (persons, detected) = census.sum(|_, _| true);
    folder.text("truth/population.csv", &truth::population_csv(&census, first_year))?;
    folder.text("truth/visibility.csv", &truth::visibility_csv(&census, &captures))?;
    folder.text("truth/README.md", truth::README)?;
    let rows: [u64; 6] = std::array::from_fn(|r| reports[r].len() as u64);
    settings(folder, &rows, options, first_year)?;

    let mut writing = Writing::new(&population, folder, options.reference_date)?;
    for (r, reports) in reports.iter_mut().enumerate() {
        reports.par_sort_unstable();
        writing.register(r, reports, progress)?;
        if !options.year_before {
            *reports = Vec::new();
        }
    }
    let mistakes = writing.finish()?;
    if let Some(name) = options.folder_before() {
        before::write(&population, options, &reports, &dir.join(name))?;
    }
    Ok(Summary {
        persons,
        detected,
        reports: rows.iter().sum(),
        registers: Register::ALL.iter().zip(rows).map(|(r, n)| (r.code().to_owned(), n)).collect(),
        mistakes,
    })
}

/// Writes all but the registers and the truth: `monitor.toml`, the codes and the population.
pub(crate) fn settings(
    folder: Folder,
    rows: &[u64; 6],
    options: &Options,
    first_year: i16,
) -> Result<(), Error> {
    ["registers", "codes"].iter().try_for_each(|name| folder.folder(name))?;
    for countries in [Countries::Alpha3, Countries::Dutch] {
        if let Some(file) = countries.codes_file() {
            folder.text(file, &country_codes(countries))?;
        }
    }
    folder.text("codes/police_units.geojson", POLICE_UNITS)?;
    let last_year = options.reference_date.year() - 1;
    folder.text(inhabitants::PATH, &inhabitants::inhabitants_csv(first_year, last_year))?;
    folder.text("monitor.toml", &monitor_toml(rows, options, first_year))
}

/// A report in eight bytes that sort by day, then person, then number, then copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Packed(u64);

impl Packed {
    const PERSON_BITS: u32 = 40;

    fn new(person: u64, event: Event, first_day: Day, copy: bool) -> Self {
        let day = (event.day - first_day) as u64;
        let rest = person << 4 | u64::from(event.sequence) << 1 | u64::from(copy);
        Self(day << (Self::PERSON_BITS + 4) | rest)
    }

    /// The day of the report, counted from the first day of all.
    pub(crate) fn day(self) -> Day {
        (self.0 >> (Self::PERSON_BITS + 4)) as Day
    }

    pub(crate) fn person(self) -> u64 {
        self.0 >> 4 & ((1 << Self::PERSON_BITS) - 1)
    }

    pub(crate) fn sequence(self) -> u8 {
        (self.0 >> 1 & 7) as u8
    }

    fn copy(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What a block of persons comes to.
struct Block {
    census: Census,
    persons: RecordBatch,
    reports: [Vec<Packed>; 6],
}

/// Draws the whole population and writes `truth/persons.parquet`; returns how many there are,
/// and the reports of each register.
fn draw_everyone(population: &Population, folder: Folder) -> Result<(Census, [Vec<Packed>; 6]), Error> {
    let mut file = folder.parquet("truth/persons.parquet", truth::persons_schema(), &truth::PERSONS_PLAIN)?;
    let mut census = Census::new();
    let mut reports: [Vec<Packed>; 6] = Default::default();
    let blocks = population.size.div_ceil(BLOCK);
    pipeline(
        blocks as usize,
        |block| draw_block(population, block as u64),
        |block: Block| {
            census.add(&block.census);
            for (all, new) in reports.iter_mut().zip(block.reports) {
                all.extend(new);
            }
            Ok(file.write(&block.persons)?)
        },
    )?;
    file.close()?;
    Ok((census, reports))
}

fn draw_block(population: &Population, block: u64) -> Result<Block, Error> {
    let first_day = new_year(population.first_year);
    let mut census = Census::new();
    let mut persons = Persons::default();
    let mut reports: [Vec<Packed>; 6] = Default::default();
    let mut events = Vec::new();
    for index in block * BLOCK..((block + 1) * BLOCK).min(population.size) {
        let glimpse = population.glimpse(index);
        census.count(glimpse.year, glimpse.group, glimpse.history != 0);
        if glimpse.history == 0 {
            continue;
        }
        let person = population.person(index, &mut events);
        persons.push(index, population.first_year, &person, events.len());
        for event in &events {
            let of = &mut reports[event.register];
            of.push(Packed::new(index, *event, first_day, false));
            if event.twice {
                of.push(Packed::new(index, *event, first_day, true));
            }
        }
    }
    Ok(Block { census, persons: persons.finish()?, reports })
}

/// Makes `n` things in parallel and uses them in order: while some are used, the next are made.
fn pipeline<T: Send>(
    n: usize,
    make: impl Fn(usize) -> Result<T, Error> + Sync,
    mut using: impl FnMut(T) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let together = |from: usize| -> Result<Vec<T>, Error> {
        (from..(from + TOGETHER).min(n)).into_par_iter().map(&make).collect()
    };
    let mut ready = together(0)?;
    let mut from = TOGETHER;
    while !ready.is_empty() {
        let (used, next) = rayon::join(
            || std::mem::take(&mut ready).into_iter().try_for_each(&mut using),
            || together(from),
        );
        used?;
        ready = next?;
        from += TOGETHER;
    }
    Ok(())
}

/// A piece of a register with what is true of it.
pub(crate) struct Written {
    piece: Piece,
    links: RecordBatch,
    rows: u64,
    mistakes: Vec<(u64, Mistake)>,
    empty: u64,
    slips: [u64; Slip::ALL.len()],
}

/// The files that all registers share.
struct Writing<'a> {
    population: &'a Population,
    folder: Folder<'a>,
    reference: Date,
    links: parquet::arrow::ArrowWriter<std::io::BufWriter<std::fs::File>>,
    mistakes: std::io::BufWriter<std::fs::File>,
    counts: BTreeMap<String, u64>,
    errors: BTreeMap<(&'static str, Register), u64>,
    done: u64,
}

impl<'a> Writing<'a> {
    fn new(population: &'a Population, folder: Folder<'a>, reference: Date) -> Result<Self, Error> {
        let links = folder.parquet("truth/links.parquet", truth::links_schema(), &truth::LINKS_PLAIN)?;
        let mut mistakes = folder.create(MISTAKES)?;
        writeln!(mistakes, "register,row,kind").map_err(|e| Error::io(MISTAKES, e))?;
        let counts = Mistake::ALL.iter().map(|(_, rule, _)| (*rule).to_owned());
        let counts = counts.chain([FIELD_EMPTY.to_owned()]).map(|kind| (kind, 0)).collect();
        Ok(Self { population, folder, reference, links, mistakes, counts, errors: BTreeMap::new(), done: 0 })
    }

    fn register(
        &mut self,
        register: usize,
        reports: &[Packed],
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Error> {
        let of = LAYOUTS[register].register;
        write_register(self.population, self.folder, self.reference, register, reports, reports, |written| {
            self.links.write(&written.links)?;
            for &(row, mistake) in &written.mistakes {
                let rule = Mistake::ALL[mistake as usize].1;
                writeln!(self.mistakes, "{},{row},{rule}", of.code()).map_err(|e| Error::io(MISTAKES, e))?;
                *self.counts.entry(rule.to_owned()).or_default() += 1;
            }
            *self.counts.entry(FIELD_EMPTY.to_owned()).or_default() += written.empty;
            *self.errors.entry((FIELD_EMPTY, of)).or_default() += written.empty;
            for ((_, kind), n) in Slip::ALL.into_iter().zip(written.slips) {
                *self.errors.entry((kind, of)).or_default() += n;
            }
            self.done += written.rows;
            progress(self.done);
            Ok(())
        })
    }

    fn finish(mut self) -> Result<BTreeMap<String, u64>, Error> {
        self.links.close()?;
        self.mistakes.flush().map_err(|e| Error::io(MISTAKES, e))?;
        self.folder.text("truth/identifier_errors.csv", &truth::counts_csv(&self.errors))?;
        Ok(self.counts)
    }
}

const MISTAKES: &str = "truth/mistakes.csv";

/// Writes the file of a register with `reports`, some or all of `all`, which give them their numbers; `using` gets what
/// is true of each piece.
pub(crate) fn write_register(
    population: &Population,
    folder: Folder,
    reference: Date,
    register: usize,
    reports: &[Packed],
    all: &[Packed],
    mut using: impl FnMut(&Written) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let layout = &LAYOUTS[register];
    let rows = reports.len() as u64;
    let mut file = RegisterFile::create(folder, layout, rows, reference)?;
    let scribe = Scribe::new(population, layout, rows, day(reference));
    pipeline(
        reports.len().div_ceil(PIECE),
        |i| write_piece(&scribe, reports, all, i * PIECE),
        |written| {
            using(&written)?;
            file.append(written.piece)
        },
    )?;
    file.finish()
}

fn write_piece(scribe: &Scribe, reports: &[Packed], all: &[Packed], from: usize) -> Result<Written, Error> {
    let to = (from + PIECE).min(reports.len());
    let first_row = scribe.kind.first_row() + from as u64;
    let mut events = Vec::new();
    let mut rows = Vec::with_capacity(to - from);
    // Both are in order: the number of a report is its place in all.
    let mut place = all.partition_point(|p| reports.get(from).is_some_and(|first| p < first));
    for packed in &reports[from..to] {
        while all[place] < *packed {
            place += 1;
        }
        let person = scribe.population.person(packed.person(), &mut events);
        let register = scribe.layout.register as usize;
        let Some(event) = events.iter().find(|e| e.register == register && e.sequence == packed.sequence())
        else {
            // a person drawn again is the same person
            return Err(Error::Encoding("a person was not drawn the same twice".into()));
        };
        // a copy has the number of the row before it, which it repeats
        let number = (place + 1) as u64 - u64::from(packed.copy());
        rows.push(scribe.row(packed.person(), &person, *event, number, packed.copy()));
    }
    let mut slips = [0; Slip::ALL.len()];
    rows.iter().flat_map(|r| &r.slips).for_each(|&s| slips[s as usize] += 1);
    let mistakes = (first_row..).zip(&rows).filter_map(|(row, r)| Some((row, r.mistake?))).collect();
    let links = truth::links(
        scribe.layout.register,
        first_row,
        rows.iter().map(|r| (r.record.as_deref(), r.person)),
    )?;
    let empty = rows.iter().map(|r| u64::from(r.empty)).sum();
    let n = rows.len() as u64;
    let piece = encode(scribe.layout, scribe.kind, rows)?;
    Ok(Written { piece, links, rows: n, mistakes, empty, slips })
}

const _: () = assert!(Streams::MOST_PERSONS >= 1 << Packed::PERSON_BITS);
