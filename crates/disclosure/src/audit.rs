//! `audit`: attack tables that are already published, anyone's.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::{Cube, Value};

use crate::attack::{Attacker, Learned};
use crate::case::{self, Case};
use crate::need::Wanted;
use crate::reconstruct::reconstruct;
use crate::system::{INF, LARGEST, System};
use crate::words::published;
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
/// When a cube is not valid, a count too large, the own record in none of the cubes, or the base of rounding below 2.
pub fn audit(cubes: &[Cube], options: &AuditOptions) -> Result<Audit, Error> {
    let mut said = BTreeSet::new();
    let read = case::read(cubes, options, &mut said)?;
    let read: Vec<&Cube> = read.iter().map(Cow::as_ref).collect();
    let case = Case::new(&read, cubes, options, &mut said)?;
    let mut audit = Attacked::new(&case, options, said).audit;
    audit.sort();
    Ok(audit)
}

/// What an attack finds.
pub(crate) struct Attacked {
    /// Not sorted yet.
    pub(crate) audit: Audit,
    /// For each finding its variable and published counts of which hiding one may help, the likeliest first.
    pub(crate) ways: Vec<(u32, Vec<u32>)>,
}

impl Attacked {
    pub(crate) fn new(case: &Case<'_>, options: &AuditOptions, mut said: BTreeSet<String>) -> Self {
        let Case { words, system, .. } = case;
        let attacker = Attacker::new(system, &case.bounds, &case.broken);
        for &e in &attacker.known.broken {
            let equation = &system.equations[e as usize];
            said.insert(format!(
                "does not add up: {}",
                words.equation(system, equation, u32::MAX, &attacker.known)
            ));
        }
        let enough = i64::try_from(options.protection).unwrap_or(INF);
        let mut learned = attacker.learn(&case.targets, |_| Wanted::width(enough));
        let whole = options.whole.then(|| reconstruct(case, &attacker, &mut learned, enough));
        let cells_attacked = case.targets.len() + case.open.len();
        let mut audit = Audit { cells_attacked, ..Audit::default() };
        let mut ways = Vec::new();
        for (i, (&v, learned)) in case.targets.iter().zip(&learned).enumerate() {
            let b = learned.bounds;
            // A publisher who writes "<2" has told as much; only what is learned beyond that counts.
            // That a missing figure is small or zero is learned only when its value is known.
            let closer = b.width() < case.said[v as usize].width();
            if !closer || (b.width() >= enough && !b.is_exact()) {
                continue;
            }
            // That a figure nobody published is zero, or large, is no one's secret. Nor is it that a rounded one is large.
            let large = !case.may_be_small(b);
            if (case.missing(v) && (b.hi == 0 || large)) || (case.rounded(v) && large) {
                continue;
            }
            if b.is_exact() {
                audit.exact += 1;
            } else {
                audit.narrow += 1;
            }
            let equations = reasons(system, &attacker, v, learned);
            ways.push((v, equations.iter().filter_map(|&e| way(case, e, v)).collect()));
            let mut found = finding(case, &attacker, v, learned, &equations);
            if let Some(cells) = whole.as_ref().map(|w| w.narrowed[i]).filter(|&cells| cells > 0) {
                found.because.push(format!(
                    "no other whole numbers fit here: {cells} hidden cells were worked out together"
                ));
            }
            audit.findings.push(found);
        }
        for &v in &case.open {
            let place = system.places[v as usize][0];
            let b = case.bounds[v as usize];
            audit.exact += 1;
            ways.push((v, vec![v]));
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
        if let Some(whole) = whole {
            said.extend(whole.contradictions);
            audit.reconstruction = Some(whole.reconstruction);
        }
        audit.inconsistencies = said.into_iter().collect();
        Self { audit, ways }
    }
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
        if let Some(other) = other.reconstruction {
            let own = self.reconstruction.get_or_insert_default();
            own.unique.extend(other.unique);
            own.left += other.left;
        }
        self.sort();
    }
}

/// The equations from which it follows what is learned of `v`, the last step first.
fn reasons(system: &System, attacker: &Attacker<'_>, v: u32, learned: &Learned) -> Vec<u32> {
    let mut equations = attacker.known.chain(system, v, TOLD);
    for &e in &learned.equations {
        if equations.len() < TOLD && !equations.contains(&e) {
            equations.push(e);
        }
    }
    equations
}

/// The published count whose hiding opens an equation to `v` at the least cost: its smallest part above zero, else its total.
pub(crate) fn way(case: &Case<'_>, e: u32, v: u32) -> Option<u32> {
    let equation = &case.system.equations[e as usize];
    let count = |&p: &u32| case.count(p).map(|(n, place)| (n, place, p));
    let parts = equation.parts.iter().filter(|&&p| p != v).filter_map(count).filter(|&(n, ..)| n > 0);
    let total = || count(&equation.total).filter(|&(.., p)| p != v);
    parts.min().or_else(total).map(|(.., p)| p)
}

fn finding(
    case: &Case<'_>,
    attacker: &Attacker<'_>,
    v: u32,
    learned: &Learned,
    equations: &[u32],
) -> Finding {
    let Case { words, system, .. } = case;
    let place = system.places[v as usize][0];
    let mut because: Vec<String> = equations
        .iter()
        .map(|&e| words.equation(system, &system.equations[e as usize], v, &attacker.known))
        .collect();
    because.extend(case.together(v));
    let mut repair = Vec::new();
    for &e in equations {
        let Some(hide) = way(case, e, v) else { continue };
        let Some((n, place)) = case.count(hide) else { continue };
        let (cell, table) = (words.cell(place), &words.cube(place).title.en);
        repair.push(if system.equations[e as usize].total == hide {
            format!("hide the total {cell} ({n}) in {table}")
        } else {
            format!("hide {cell} ({n}) in {table} as well")
        });
    }
    repair.dedup();
    if case.rounded(v) {
        repair.push("round all tables together to a larger base, each figure once".to_owned());
    }
    let b = learned.bounds;
    Finding {
        table: words.cube(place).title.en.clone(),
        cell: words.codes(place),
        published: words
            .rounded(place)
            .map_or_else(|| published(words.value(place)), |n| format!("{n} (rounded)")),
        lower: b.lo.max(0) as u64,
        upper: (b.hi < INF).then_some(b.hi.max(0) as u64),
        exact: b.is_exact(),
        risk: if b.hi < INF { 1.0 / (b.width() + 1) as f64 } else { 0.0 },
        because,
        repair,
    }
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
