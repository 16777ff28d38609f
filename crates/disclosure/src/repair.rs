//! `repair`: which published counts to hide as well, so that nothing more can be worked out of hidden ones.
//!
//! The tables are given to [`protect`], to which cells that came as marks are targets; what it hides is hidden with the marks
//! of the publisher, and attacked again. As long as the attacker finds something, more is hidden: in each equation that gives a
//! cell away the published count that costs least. In the end what turns out not to be needed is shown again.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::{Cube, Key, Value};
use serde::Serialize;

use crate::audit::{Attacked, way};
use crate::case::{self, Case, small_mark};
use crate::system::INF;
use crate::types::as_object;
use crate::{Attack, AuditOptions, Error, Finding, Marks, Policy, Table, protect};

/// Rounds of attack after which what is left is told as it is.
const ROUNDS: usize = 100;
/// Equations from one that gives a cell away to one of which a count is hidden, at most.
const FAR: usize = 4;
/// Counts that are tried to be shown again, at most, and cells times counts: each is an attack.
const AGAIN: usize = 200;
const EFFORT: usize = 200_000;

/// What to hide in published tables, beside what is hidden.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Repair {
    /// The published counts to hide, in the order of tables and keys.
    pub hide: Vec<Hide>,
    /// What the attacker learns of the tables as they are published.
    pub before: Attack,
    /// What he learns when that is hidden; what is hidden in addition is a target too.
    pub after: Attack,
    /// What he still finds then, worst first: no choice of counts to hide was found that prevents it.
    pub left: Vec<Finding>,
    /// How many of these there are whatever counts are hidden. Marks such as `<5` and zeros tell them by themselves: three
    /// counts of `<5` that are `<5` together are 1 or 2 each. A mark that does not say that a count is small would help.
    pub beyond: usize,
}

/// A published count to hide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hide {
    /// The table it is in.
    pub table: String,
    /// Its coordinates: dimension and code, in the order of the table.
    #[serde(serialize_with = "as_object")]
    pub cell: Vec<(String, String)>,
    /// The count.
    pub count: u64,
    /// Whether it is below the threshold: hidden for its own sake, not to protect others.
    pub small: bool,
}

/// Works out which published counts to hide in addition, so that [`audit`](crate::audit) with the same options finds
/// nothing: neither of the cells that are hidden now nor of those.
///
/// Zeros stay as they are. A count that is hidden has the publisher's mark for small counts, such as `<5`, where that is true
/// of it. Any other is thought to be known not to be zero, nor to be one that has that mark. A table in which it is given as
/// `x`, or left out, tells no more.
///
/// What [`compare`](crate::compare) and [`groups`](crate::groups) find is not repaired.
///
/// # Errors
/// As [`audit`](crate::audit); and when the tables are rounded: then not hiding but a larger base helps.
pub fn repair(cubes: &[Cube], options: &AuditOptions) -> Result<Repair, Error> {
    if options.rounded.is_some() {
        return Err(Error::Policy {
            what: "rounded tables are not repaired by hiding counts".into(),
            help: "round all of them together to a larger base, each figure once".into(),
        });
    }
    let first = State::new(cubes, options, &Cells::new())?;
    let before = first.attack;
    if first.findings.is_empty() {
        return Ok(Repair { before, after: before, ..Repair::default() });
    }
    // What is found even when every count is hidden.
    let beyond: Cells = State::new(cubes, options, &counts(cubes))?.found.into_iter().collect();
    let is_beyond = |places: &Places| places.first().is_some_and(|at| beyond.contains(at));
    let mut hidden = first.guide;
    let mut now = State::new(cubes, options, &hidden)?;
    for _ in 0..ROUNDS {
        let open = now.found.iter().zip(&now.ways).filter(|(at, _)| !beyond.contains(*at));
        let more: Cells = open
            .filter_map(|(_, ways)| ways.iter().find(|w| !is_beyond(w)).or(ways.first()))
            .flatten()
            .cloned()
            .collect();
        if more.is_subset(&hidden) {
            break;
        }
        hidden.extend(more);
        now = State::new(cubes, options, &hidden)?;
    }
    show_again(cubes, options, &mut hidden, &mut now)?;
    let hide = hidden.iter().filter_map(|(t, key)| {
        let cube = cubes.get(*t)?;
        let count = cube.value(key).count()?;
        Some(Hide {
            table: cube.title.en.clone(),
            cell: cube.codes(key).map(|(d, c)| (d.to_owned(), c.to_owned())).collect(),
            count,
            small: now.threshold.is_some_and(|threshold| count < threshold),
        })
    });
    let beyond = now.found.iter().filter(|at| beyond.contains(*at)).count();
    Ok(Repair { hide: hide.collect(), before, after: now.attack, left: now.findings, beyond })
}

/// Cells: tables by number, with keys.
type Cells = BTreeSet<(usize, Key)>;
/// All the places of one variable.
type Places = Vec<(usize, Key)>;

/// All counts that may be hidden.
fn counts(cubes: &[Cube]) -> Cells {
    let cells = cubes.iter().enumerate().flat_map(|(t, cube)| cube.cells.iter().map(move |c| (t, c)));
    let counts = cells.filter(|(_, (_, value))| value.count().is_some_and(|n| n > 0));
    counts.map(|(t, (key, _))| (t, key.clone())).collect()
}

/// Shows again what need not be hidden, the largest first: groups of places of one variable.
fn show_again(
    cubes: &[Cube],
    options: &AuditOptions,
    hidden: &mut Cells,
    now: &mut State,
) -> Result<(), Error> {
    let cells: usize = cubes.iter().map(|c| c.cells.len()).sum();
    let mut groups = now.hidden.clone();
    groups.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    for (_, places) in groups.into_iter().take(AGAIN.min(EFFORT / cells.max(1))) {
        let mut fewer = hidden.clone();
        for place in &places {
            fewer.remove(place);
        }
        let state = State::new(cubes, options, &fewer)?;
        if state.findings.len() <= now.findings.len() && state.attack.exact <= now.attack.exact {
            *hidden = fewer;
            *now = state;
        }
    }
    Ok(())
}

/// How the attacker fares against the tables when some counts are hidden in addition.
struct State {
    attack: Attack,
    findings: Vec<Finding>,
    /// The first place of each finding; not in the order of `findings`.
    found: Vec<(usize, Key)>,
    /// For each of these, counts of which hiding one may help, the likeliest first.
    ways: Vec<Vec<Places>>,
    /// Counts that are hidden in addition, with all their places.
    hidden: Vec<(u64, Places)>,
    threshold: Option<u64>,
    /// What `protect` would hide.
    guide: Cells,
}

impl State {
    fn new(cubes: &[Cube], options: &AuditOptions, hidden: &Cells) -> Result<Self, Error> {
        let all: Vec<&Cube> = cubes.iter().collect();
        let mark = small_mark(&all);
        let mut shown = cubes.to_vec();
        for (t, key) in hidden {
            let value = shown.get_mut(*t).and_then(|cube| cube.cells.get_mut(key));
            if let Some(value) = value
                && let Value::Count(n) = *value
            {
                *value = hide(n, mark);
            }
        }
        let mut said = BTreeSet::new();
        let read = case::read(&shown, options, &mut said)?;
        let read: Vec<&Cube> = read.iter().map(Cow::as_ref).collect();
        let case = Case::new(&read, &shown, options, &mut said)?;
        let attacked = Attacked::new(&case, options, said);
        let places = |v: u32| -> Places {
            let places = case.system.places[v as usize].iter();
            places.map(|&p| (p.table as usize, case.words.key(p).clone())).collect()
        };
        let found = attacked.ways.iter().filter_map(|(v, _)| places(*v).into_iter().next()).collect();
        let ways = attacked.ways.iter().map(|(v, first)| {
            let near = around(&case, *v);
            let ways = first.iter().copied().chain(near);
            ways.filter(|&w| case.count(w).is_some_and(|(n, _)| n > 0)).map(places).collect()
        });
        let ways = ways.collect();
        let mut groups = Vec::new();
        for v in 0..case.system.len() as u32 {
            let own: Places = places(v).into_iter().filter(|p| hidden.contains(p)).collect();
            let counts = own.iter().filter_map(|(t, key)| cubes.get(*t)?.value(key).count());
            if let Some(n) = counts.max() {
                groups.push((n, own));
            }
        }
        let guide = if hidden.is_empty() && !attacked.ways.is_empty() {
            guide(&case, &read, options, mark, &attacked)?
        } else {
            Cells::new()
        };
        let mut audit = attacked.audit;
        audit.sort();
        let attack = Attack { targets: audit.cells_attacked, exact: audit.exact, narrow: audit.narrow };
        let threshold = case.threshold;
        Ok(State { attack, findings: audit.findings, found, ways, hidden: groups, threshold, guide })
    }
}

/// Counts in the nearest equations around a variable that have any, by what is hidden from one to the next.
fn around(case: &Case<'_>, v: u32) -> Vec<u32> {
    let mut reach = BTreeSet::from([v]);
    for _ in 0..FAR {
        let equations: BTreeSet<u32> =
            reach.iter().flat_map(|&w| &case.system.of[w as usize]).copied().collect();
        let ways: BTreeSet<u32> = equations.iter().filter_map(|&e| way(case, e, v)).collect();
        let mut ways: Vec<(u64, u32)> =
            ways.into_iter().filter_map(|w| Some((case.count(w)?.0, w))).filter(|(n, _)| *n > 0).collect();
        if !ways.is_empty() {
            ways.sort_unstable();
            return ways.into_iter().map(|(_, w)| w).collect();
        }
        let vars = equations.iter().flat_map(|&e| case.system.equations[e as usize].vars());
        reach.extend(vars.filter(|&w| !case.bounds[w as usize].is_exact()));
    }
    Vec::new()
}

/// What a reader knows of a count that is hidden in addition.
fn hide(n: u64, mark: Option<(u64, u64)>) -> Value {
    match mark {
        Some((low, high)) if n <= high => Value::Between(low, high),
        Some((_, high)) => Value::Between(high + 1, u64::MAX),
        None => Value::Between(1, u64::MAX),
    }
}

/// What `protect` hides in addition. It is a guide and no more: the attacker of published tables has the last word.
fn guide(
    case: &Case<'_>,
    read: &[&Cube],
    options: &AuditOptions,
    mark: Option<(u64, u64)>,
    attacked: &Attacked,
) -> Result<Cells, Error> {
    let threshold = if options.open_small { case.threshold.unwrap_or(2) } else { 2 }.max(2);
    let tells = mark.is_some_and(|(_, high)| high + 1 == threshold);
    let policy = Policy {
        threshold,
        protection: options.protection.max(1),
        marks: if tells { Marks::Apart } else { Marks::Alike },
        ..Policy::default()
    };
    // A figure that was left out is protected like a mark when it can be worked out: it needs bounds for that.
    let counts = read.iter().flat_map(|c| c.cells.values()).filter_map(|v| v.count());
    let far = counts.max().unwrap_or(0).saturating_mul(4).saturating_add(1000);
    let found: BTreeSet<u32> = attacked.ways.iter().map(|(v, _)| *v).collect();
    let value = |v: u32| {
        let b = case.bounds[v as usize];
        match (b.lo as u64, b.hi as u64) {
            (low, high) if low == high => Value::Count(low),
            (low, _) if b.hi >= INF && found.contains(&v) => Value::Between(low, far.max(low + 1)),
            (..) if b.hi >= INF => Value::Missing,
            (low, high) => Value::Between(low, high),
        }
    };
    let tables: Vec<Table> = read
        .iter()
        .zip(&case.system.variables)
        .map(|(cube, variables)| {
            let keys = cube.cells.keys().cloned();
            Table::of(Cube {
                cells: keys.zip(variables.iter().map(|&v| value(v))).collect(),
                ..(*cube).clone()
            })
        })
        .collect();
    let protected = match protect(&tables, &policy) {
        Ok(protected) => protected.cubes,
        // Whether more has to be hidden is then for the attacker to say.
        Err(Error::Solver { .. }) => return Ok(Cells::new()),
        Err(error) => return Err(error),
    };
    let mut out = Cells::new();
    for (t, (cube, protected)) in read.iter().zip(&protected).enumerate() {
        for (key, cell) in protected.cells() {
            if cell.value == Value::Missing && cube.value(key).count().is_some_and(|n| n > 0) {
                out.insert((t, key.clone()));
            }
        }
    }
    Ok(out)
}
