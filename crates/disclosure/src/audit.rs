//! `audit`: attack tables that are already published, anyone's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, TOTAL, Unit, Value};

use crate::attack::{Attacker, Learned};
use crate::groupings;
use crate::need::Wanted;
use crate::system::{Bounds, INF, LARGEST, System, coordinates};
use crate::words::{Words, published};
use crate::{Audit, AuditOptions, Error, Finding};

/// Equations told for one finding.
const TOLD: usize = 4;

/// Attacks published tables together: computes for each hidden or small cell the bounds that an
/// outsider can derive from all of them.
///
/// Cubes of the same universe and unit are linked through the cells they share, unless they
/// contradict each other so often that they cannot count the same: that is then named in
/// [`Audit::inconsistencies`]. Groups of ages, or of other ranges, that overlap between tables are cut into the parts
/// that they have together, and these are attacked too. Tables that contradict themselves are attacked all the same: the
/// equations that cannot hold are named there too and left out.
///
/// # Errors
/// When a cube is not valid, a count too large, or the own record in none of the cubes.
pub fn audit(cubes: &[Cube], options: &AuditOptions) -> Result<Audit, Error> {
    cubes.iter().try_for_each(check)?;
    let mut inconsistencies = BTreeSet::new();
    let cubes = groupings::refine(part(cubes, &mut inconsistencies));
    let cubes: Vec<&Cube> = cubes.iter().map(Cow::as_ref).collect();
    let words = Words::new(&cubes);
    let mut system = System::new(&cubes);
    let mut bounds = Vec::with_capacity(system.len());
    for places in &system.places {
        let mut all = Bounds { lo: 0, hi: INF };
        for (i, &place) in places.iter().enumerate() {
            let b = Bounds::of(words.value(place));
            let both = Bounds { lo: all.lo.max(b.lo), hi: all.hi.min(b.hi) };
            if both.lo > both.hi {
                inconsistencies.insert(format!(
                    "{} is published as {} in {} and as {} in {}",
                    words.cell(place),
                    published(words.value(places[0])),
                    words.cube(places[0]).title.en,
                    published(words.value(place)),
                    words.cube(place).title.en,
                ));
            } else if i == 0 || both.lo <= both.hi {
                all = both;
            }
        }
        bounds.push(all);
    }
    own(&cubes, &system, &options.own, &mut bounds)?;
    let broken = system.settle(&bounds);
    let attacker = Attacker::new(&system, &bounds, &broken);
    for &e in &attacker.known.broken {
        let equation = &system.equations[e as usize];
        inconsistencies.insert(format!(
            "does not add up: {}",
            words.equation(&system, equation, u32::MAX, &attacker.known)
        ));
    }
    let threshold = options.threshold.or_else(|| threshold_of(&cubes));
    let mut targets = Vec::new();
    let mut open = Vec::new();
    // Sums that no table shows are nobody's figure.
    for (v, places) in system.places.iter().enumerate().filter(|(_, places)| !places.is_empty()) {
        let hidden = places.iter().all(|&p| match words.value(p) {
            Value::Between(low, high) => low < high,
            Value::Missing => options.missing,
            Value::Count(_) => false,
        });
        let small = places.iter().any(|&p| match words.value(p) {
            Value::Count(n) => n > 0 && threshold.is_some_and(|t| n < t),
            _ => false,
        });
        // A missing figure that stands in no equation tells nothing to anyone.
        let idle = system.of[v].is_empty() && places.iter().all(|&p| words.value(p) == Value::Missing);
        if hidden && !idle {
            targets.push(v as u32);
        } else if small && options.open_small {
            open.push(v as u32);
        }
    }
    let enough = i64::try_from(options.protection).unwrap_or(INF);
    let learned = attacker.learn(&targets, |_| Wanted::width(enough));
    let mut audit = Audit { cells_attacked: targets.len() + open.len(), ..Audit::default() };
    for (&v, learned) in targets.iter().zip(&learned) {
        let b = learned.bounds;
        let before = bounds[v as usize];
        // A publisher who writes "<2" has told as much; only what is learned beyond that counts.
        // That a missing figure is small or zero is learned only when its value is known.
        let closer = b.width() < before.width();
        if !closer || (b.width() >= enough && !b.is_exact()) {
            continue;
        }
        // That a figure nobody published is zero, or large, is no one's secret.
        let missing = system.places[v as usize].iter().all(|&p| words.value(p) == Value::Missing);
        if missing && (b.hi == 0 || threshold.is_none_or(|t| b.lo as u64 >= t)) {
            continue;
        }
        if b.is_exact() {
            audit.exact += 1;
        } else {
            audit.narrow += 1;
        }
        audit.findings.push(finding(&words, &system, &attacker, v, learned));
    }
    for &v in &open {
        let place = system.places[v as usize][0];
        let b = bounds[v as usize];
        audit.exact += 1;
        audit.findings.push(Finding {
            table: words.cube(place).title.en.clone(),
            cell: words.codes(place),
            published: published(words.value(place)),
            lower: b.lo as u64,
            upper: Some(b.hi as u64),
            exact: true,
            risk: 1.0,
            because: vec!["it is published as it is, below the threshold".to_owned()],
            repair: vec!["hide this cell, and others with it so that it cannot be worked out".to_owned()],
        });
    }
    audit.sort();
    audit.inconsistencies = inconsistencies.into_iter().collect();
    Ok(audit)
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

impl Audit {
    /// Puts the worst first, and works out the risk of all together.
    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(|a, b| b.risk.total_cmp(&a.risk).then(a.lower.cmp(&b.lower)));
        // A sum of nothing is −0.
        let right = self.findings.iter().map(|f| f.risk).fold(0.0, |a, b| a + b);
        self.risk = if self.cells_attacked == 0 { 0.0 } else { right / self.cells_attacked as f64 };
    }

    /// Adds an audit of other tables, attacked apart.
    pub fn add(&mut self, other: Audit) {
        self.cells_attacked += other.cells_attacked;
        self.exact += other.exact;
        self.narrow += other.narrow;
        self.findings.extend(other.findings);
        self.inconsistencies.extend(other.inconsistencies);
        self.sort();
    }
}

/// Gives cubes of one universe that count different things universes of their own: those of which
/// more than one in ten of the cells that they share with an earlier one differ.
fn part<'a>(cubes: &'a [Cube], said: &mut BTreeSet<String>) -> Vec<Cow<'a, Cube>> {
    type Cells<'a> = BTreeMap<Vec<(&'a str, &'a str)>, Bounds>;
    struct Whole<'a> {
        universe: &'a str,
        unit: Unit,
        title: &'a str,
        /// 1 keeps the universe as it is.
        number: usize,
        cells: Cells<'a>,
    }
    let mut wholes: Vec<Whole<'a>> = Vec::new();
    let mut out = Vec::with_capacity(cubes.len());
    for cube in cubes {
        let cells: Cells<'a> =
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
        out.push(match wholes[at].number {
            1 => Cow::Borrowed(cube),
            n => Cow::Owned(Cube { universe: format!("{}#{n}", cube.universe), ..cube.clone() }),
        });
    }
    out
}

fn finding(
    words: &Words<'_>,
    system: &System,
    attacker: &Attacker<'_>,
    v: u32,
    learned: &Learned,
) -> Finding {
    let place = system.places[v as usize][0];
    let mut equations = attacker.known.chain(system, v, TOLD);
    for &e in &learned.equations {
        if equations.len() < TOLD && !equations.contains(&e) {
            equations.push(e);
        }
    }
    let because = equations
        .iter()
        .map(|&e| words.equation(system, &system.equations[e as usize], v, &attacker.known))
        .collect();
    // The smallest published cell of the equation that gave the cell away: hiding it costs least.
    let mut repair = Vec::new();
    for &e in &equations {
        let equation = &system.equations[e as usize];
        let best = equation
            .parts
            .iter()
            .filter(|&&p| p != v)
            .filter_map(|&p| {
                let place = *system.places[p as usize].first()?;
                words.value(place).count().filter(|n| *n > 0).map(|n| (n, place))
            })
            .min();
        if let Some((n, place)) = best {
            repair.push(format!(
                "hide {} ({n}) in {} as well",
                words.cell(place),
                words.cube(place).title.en
            ));
        } else if equation.total != v
            && let Some(&place) = system.places[equation.total as usize].first()
            && let Some(n) = words.value(place).count()
        {
            repair.push(format!(
                "hide the total {} ({n}) in {}",
                words.cell(place),
                words.cube(place).title.en
            ));
        }
    }
    repair.dedup();
    let b = learned.bounds;
    Finding {
        table: words.cube(place).title.en.clone(),
        cell: words.codes(place),
        published: published(words.value(place)),
        lower: b.lo.max(0) as u64,
        upper: (b.hi < INF).then_some(b.hi.max(0) as u64),
        exact: b.is_exact(),
        risk: if b.hi < INF { 1.0 / (b.width() + 1) as f64 } else { 0.0 },
        because,
        repair,
    }
}

/// The threshold that marks such as `<5` give away.
fn threshold_of(cubes: &[&Cube]) -> Option<u64> {
    let marks = cubes.iter().flat_map(|c| c.cells.values()).filter_map(|v| match v {
        Value::Between(0 | 1, high) if *high < 1000 => Some(high + 1),
        _ => None,
    });
    marks.max()
}

/// Checks a cube and that its counts can be added exactly.
pub(crate) fn check(cube: &Cube) -> Result<(), Error> {
    cube.check()?;
    for (key, value) in &cube.cells {
        if let Value::Count(n) = value
            && *n > LARGEST
        {
            let cell: Vec<String> = cube.codes(key).map(|(d, c)| format!("{d} {c}")).collect();
            return Err(Error::TooLarge { table: cube.id.clone(), cell: cell.join(", ") });
        }
    }
    Ok(())
}
