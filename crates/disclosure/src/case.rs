//! What the attacker is given: published tables as one system, what is known of each of its variables, and which it is after.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, TOTAL, Unit, Value};

use crate::audit::check;
use crate::groupings;
use crate::rounded;
use crate::system::{Bounds, INF, Place, System, coordinates};
use crate::words::Words;
use crate::{AuditOptions, Error};

/// Reads the cubes as the attacker does: true counts as far as rounding leaves them known, universes apart that cannot be one,
/// and overlapping groups cut into parts. The cubes stay in their order, and keep their keys.
pub(crate) fn read<'a>(
    cubes: &'a [Cube],
    options: &AuditOptions,
    said: &mut BTreeSet<String>,
) -> Result<Vec<Cow<'a, Cube>>, Error> {
    cubes.iter().try_for_each(check)?;
    let counted = rounded::counted(cubes, options.rounded, said)?;
    Ok(groupings::refine(part(counted, said)))
}

/// Tables that are attacked.
pub(crate) struct Case<'a> {
    pub(crate) words: Words<'a>,
    pub(crate) system: System,
    /// What all figures of a variable say of it.
    pub(crate) bounds: Vec<Bounds>,
    /// What one figure of it says, the one that says most.
    pub(crate) said: Vec<Bounds>,
    /// Equations that cannot hold.
    pub(crate) broken: Vec<u32>,
    pub(crate) threshold: Option<u64>,
    /// Variables whose value should not be known.
    pub(crate) targets: Vec<u32>,
    /// Variables that are published as they are, and small.
    pub(crate) open: Vec<u32>,
}

impl<'a> Case<'a> {
    /// `cubes` are what [`read`] made of `published`. What contradicts itself is named in `said`.
    pub(crate) fn new(
        cubes: &[&'a Cube],
        published: &'a [Cube],
        options: &AuditOptions,
        said: &mut BTreeSet<String>,
    ) -> Result<Self, Error> {
        let words = Words::new(cubes).of(published);
        let mut system = System::new(cubes);
        let (mut bounds, mut closest) = (Vec::with_capacity(system.len()), Vec::with_capacity(system.len()));
        for places in &system.places {
            let mut all = Bounds { lo: 0, hi: INF };
            let mut one = all;
            for (i, &place) in places.iter().enumerate() {
                let b = Bounds::of(words.value(place));
                let both = Bounds { lo: all.lo.max(b.lo), hi: all.hi.min(b.hi) };
                if both.lo > both.hi {
                    said.insert(format!(
                        "{} is published as {} in {} and as {} in {}",
                        words.cell(place),
                        words.said(places[0]),
                        words.cube(places[0]).title.en,
                        words.said(place),
                        words.cube(place).title.en,
                    ));
                } else if i == 0 || both.lo <= both.hi {
                    all = both;
                    one = if b.width() < one.width() { b } else { one };
                }
            }
            bounds.push(all);
            closest.push(one);
        }
        own(cubes, &system, &options.own, &mut bounds)?;
        own(cubes, &system, &options.own, &mut closest)?;
        let broken = system.settle(&bounds);
        let given = options.threshold.or(options.rounded.map(|r| r.base));
        let threshold = given.or_else(|| small_mark(cubes).map(|(_, high)| high + 1));
        let mut case = Case {
            words,
            system,
            bounds,
            said: closest,
            broken,
            threshold,
            targets: Vec::new(),
            open: Vec::new(),
        };
        case.aim(options);
        Ok(case)
    }

    /// Sets the targets.
    fn aim(&mut self, options: &AuditOptions) {
        let words = &self.words;
        // Sums that no table shows are nobody's figure.
        for (v, places) in self.system.places.iter().enumerate().filter(|(_, places)| !places.is_empty()) {
            let hidden = places.iter().all(|&p| match words.value(p) {
                Value::Between(low, high) => low < high,
                Value::Missing => options.missing,
                Value::Count(_) => false,
            });
            let is_small = |n: u64| n > 0 && self.threshold.is_some_and(|t| n < t);
            let small = places.iter().any(|&p| words.value(p).count().is_some_and(is_small));
            // A missing figure that stands in no equation tells nothing to anyone.
            let idle =
                self.system.of[v].is_empty() && places.iter().all(|&p| words.value(p) == Value::Missing);
            // A rounded figure is no secret, unless the true count may be small.
            let b = self.bounds[v];
            let large = self.rounded(v as u32) && (b.hi == 0 || !self.may_be_small(b));
            if hidden && !idle && !large {
                self.targets.push(v as u32);
            } else if small && options.open_small {
                self.open.push(v as u32);
            }
        }
    }

    /// Whether a count within these bounds may be below the threshold.
    pub(crate) fn may_be_small(&self, b: Bounds) -> bool {
        self.threshold.is_some_and(|t| (b.lo as u64) < t)
    }

    /// The count that is published of the variable, and where.
    pub(crate) fn count(&self, v: u32) -> Option<(u64, Place)> {
        self.system.places[v as usize].iter().find_map(|&p| Some((self.words.value(p).count()?, p)))
    }

    /// Whether a figure of the variable was rounded.
    pub(crate) fn rounded(&self, v: u32) -> bool {
        self.system.places[v as usize].iter().any(|&p| self.words.rounded(p).is_some())
    }

    /// Whether no table has a figure of the variable.
    pub(crate) fn missing(&self, v: u32) -> bool {
        self.system.places[v as usize].iter().all(|&p| self.words.value(p) == Value::Missing)
    }

    /// What the figures of a variable say of it together, where that is more than each says alone.
    pub(crate) fn together(&self, v: u32) -> Option<String> {
        if self.bounds[v as usize].width() >= self.said[v as usize].width() {
            return None;
        }
        let figures: BTreeSet<String> = self.system.places[v as usize]
            .iter()
            .filter(|&&p| self.words.value(p) != Value::Missing)
            .map(|&p| format!("{} in {}", self.words.said(p), self.words.cube(p).title.en))
            .collect();
        let figures: Vec<String> = figures.into_iter().collect();
        Some(format!("it is published as {}", figures.join(" and as ")))
    }
}

/// Raises the lower bound of each cell that holds the reader's own record to 1.
fn own(
    cubes: &[&Cube],
    system: &System,
    record: &[(String, String)],
    bounds: &mut [Bounds],
) -> Result<(), Error> {
    for (id, code) in record {
        let dimensions = cubes.iter().flat_map(|c| &c.dimensions);
        let Some(first) = dimensions.clone().find(|d| d.id == *id) else {
            let all: BTreeSet<&str> = dimensions.map(|d| d.id.as_str()).collect();
            let all: Vec<&str> = all.into_iter().collect();
            return Err(Error::Own {
                what: format!("no table has the dimension \"{id}\""),
                help: format!("the dimensions are {}", all.join(", ")),
            });
        };
        if !dimensions.filter(|d| d.id == *id).any(|d| d.position(code).is_some()) {
            let some: Vec<&str> = first.categories.iter().take(8).map(|c| c.code.as_str()).collect();
            return Err(Error::Own {
                what: format!("\"{code}\" is no code of \"{id}\""),
                help: format!(
                    "its codes are {}{}",
                    some.join(", "),
                    if first.categories.len() > 8 { ", …" } else { "" }
                ),
            });
        }
    }
    if record.is_empty() {
        return Ok(());
    }
    for (t, cube) in cubes.iter().enumerate() {
        // For each dimension the categories that hold the record: its own, and those above.
        let holds: Vec<BTreeSet<u32>> = cube
            .dimensions
            .iter()
            .map(|d| {
                let code = record.iter().find(|(id, _)| *id == d.id).map_or(TOTAL, |(_, code)| code);
                let at = d.position(code);
                at.into_iter().flat_map(|at| d.lineage(at)).chain(d.total()).collect()
            })
            .collect();
        for (key, &v) in cube.cells.keys().zip(&system.variables[t]) {
            if key.iter().zip(&holds).all(|(k, holds)| holds.contains(k)) {
                let b = &mut bounds[v as usize];
                b.lo = b.lo.max(1).min(b.hi);
            }
        }
    }
    Ok(())
}

/// Gives cubes of one universe that count different things universes of their own: those of which
/// more than one in ten of the cells that they share with an earlier one differ.
fn part<'a>(cubes: Vec<Cow<'a, Cube>>, said: &mut BTreeSet<String>) -> Vec<Cow<'a, Cube>> {
    type Cells<'a> = BTreeMap<Vec<(&'a str, &'a str)>, Bounds>;
    struct Whole<'a> {
        universe: &'a str,
        unit: Unit,
        title: &'a str,
        /// 1 keeps the universe as it is.
        number: usize,
        cells: Cells<'a>,
    }
    let mut wholes: Vec<Whole<'_>> = Vec::new();
    let mut numbers = Vec::with_capacity(cubes.len());
    for cube in &cubes {
        let cells: Cells<'_> =
            cube.cells.iter().map(|(key, value)| (coordinates(cube, key), Bounds::of(*value))).collect();
        let fits = |whole: &Whole<'_>| {
            let shared = cells.iter().filter_map(|(at, b)| Some((*b, *whole.cells.get(at)?)));
            let (mut all, mut apart) = (0_usize, 0_usize);
            for (a, b) in shared {
                all += 1;
                apart += usize::from(a.lo.max(b.lo) > a.hi.min(b.hi));
            }
            apart * 10 <= all
        };
        let alike: Vec<usize> = (0..wholes.len())
            .filter(|&w| wholes[w].universe == cube.universe && wholes[w].unit == cube.unit)
            .collect();
        let at = alike.iter().copied().find(|&w| fits(&wholes[w])).unwrap_or_else(|| {
            if let Some(&first) = alike.first() {
                said.insert(format!(
                    "{} and {} give different figures for what should be one; they are not combined",
                    wholes[first].title, cube.title.en
                ));
            }
            wholes.push(Whole {
                universe: &cube.universe,
                unit: cube.unit,
                title: &cube.title.en,
                number: alike.len() + 1,
                cells: Cells::new(),
            });
            wholes.len() - 1
        });
        wholes[at].cells.extend(cells);
        numbers.push(wholes[at].number);
    }
    cubes
        .into_iter()
        .zip(numbers)
        .map(|(cube, number)| match number {
            1 => cube,
            n => Cow::Owned(Cube { universe: format!("{}#{n}", cube.universe), ..cube.into_owned() }),
        })
        .collect()
}
/// The mark of small counts that tells most: the greatest of those such as `<5`.
pub(crate) fn small_mark(cubes: &[&Cube]) -> Option<(u64, u64)> {
    let marks = cubes.iter().flat_map(|c| c.cells.values()).filter_map(|v| match v {
        Value::Between(low @ (0 | 1), high) if *high < 1000 => Some((*low, *high)),
        _ => None,
    });
    marks.max_by_key(|&(low, high)| (high, std::cmp::Reverse(low)))
}
