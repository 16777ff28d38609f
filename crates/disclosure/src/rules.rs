//! The rules: which figures are sensitive, and how far each has to stay open.

use std::collections::BTreeMap;

use model::{Cube, Key, Relation, Unit, Value, Zeros};

use crate::need::Need;
use crate::part::{Role, role};
use crate::system::{Bounds, INF, Place, System};
use crate::words::Words;
use crate::{Error, Marks, Policy, Table, amounts, groups};

/// What the rules say of each variable.
pub(crate) struct Rules {
    pub(crate) roles: Vec<Role>,
    /// Open ones that an earlier edition published as they are.
    pub(crate) known: Vec<bool>,
    /// How far a sensitive one has to stay open for a reader who knows all there is to know.
    pub(crate) needs: Vec<Need>,
    /// Counts below it are small.
    pub(crate) thresholds: Vec<u64>,
    /// Figures that may be zero when they are hidden, for all a reader knows: amounts, and zeros that are hidden.
    pub(crate) may_be_zero: Vec<bool>,
    /// Amounts of one unit each, by the unit: it knows all of its own.
    pub(crate) singles: BTreeMap<u32, Vec<u32>>,
}

impl Rules {
    pub(crate) fn new(
        tables: &[Table],
        system: &System,
        words: &Words<'_>,
        truth: &[Bounds],
        policy: &Policy,
    ) -> Result<Self, Error> {
        let thresholds = thresholds(system, words, policy)?;
        let impossible = impossible(system, words, truth, policy)?;
        let waived = |places: &[Place]| places.iter().any(|p| tables[p.table as usize].waiver.is_some());
        let mut roles = Vec::with_capacity(system.len());
        let mut needs = Vec::with_capacity(system.len());
        for (v, places) in system.places.iter().enumerate() {
            let own = role(truth[v], waived(places), thresholds[v], policy);
            // That there is nobody where nobody can be is no secret.
            roles.push(if impossible[v] && own == Role::Small { Role::Fixed } else { own });
            // Where more counts are small, more values must stay possible.
            let stricter = if thresholds[v] > policy.threshold { thresholds[v] - 1 } else { 0 };
            needs.push(Need::width(i64::try_from(policy.protection.max(stricter)).unwrap_or(INF)));
        }
        let may_be_zero = truth.iter().map(|b| b.lo == 0).collect();
        let known = vec![false; system.len()];
        let mut rules = Rules { roles, known, needs, thresholds, may_be_zero, singles: BTreeMap::new() };
        rules.amounts(tables, system, truth, policy)?;
        if policy.groups {
            rules.groups(tables, system, &impossible);
        }
        for (table, variables) in tables.iter().zip(&system.variables) {
            for (key, &v) in table.cube.cells.keys().zip(variables) {
                let at = v as usize;
                let same = table
                    .published_before
                    .get(key)
                    .is_some_and(|&n| truth[at] == Bounds::of(Value::Count(n)));
                rules.known[at] |= same && rules.roles[at] == Role::Open;
            }
        }
        Ok(rules)
    }

    /// The rules of amounts, which are not small because they are below a threshold.
    fn amounts(
        &mut self,
        tables: &[Table],
        system: &System,
        truth: &[Bounds],
        policy: &Policy,
    ) -> Result<(), Error> {
        policy.amounts.check()?;
        for (t, table) in tables.iter().enumerate().filter(|(_, t)| t.cube.unit == Unit::Amounts) {
            let fail = |what: String, help: &str| Err(Error::Policy { what, help: help.to_owned() });
            let id = &table.cube.id;
            let Some(units) = &table.contributors else {
                return fail(
                    format!("table \"{id}\" has amounts, and nothing says of how many units each is"),
                    "give the units of each cell with their amounts",
                );
            };
            if policy.marks == Marks::Apart {
                return fail(
                    format!("marks that tell why an amount of table \"{id}\" is hidden"),
                    "they would say that one unit makes up most of it: mark all hidden cells alike",
                );
            }
            let none = crate::Contributors::default();
            for (key, &v) in table.cube.cells.keys().zip(&system.variables[t]) {
                let at = v as usize;
                if !truth[at].is_exact() || self.roles[at] == Role::Missing || table.waiver.is_some() {
                    continue;
                }
                let total = truth[at].lo as u64;
                if total > amounts::LARGEST {
                    return fail(
                        format!("table \"{id}\" has an amount above 10^12"),
                        "give amounts in thousands, or in another larger unit",
                    );
                }
                let units = units.get(key).unwrap_or(&none);
                self.roles[at] = Role::Open;
                self.may_be_zero[at] = true;
                if units.count == 0 && policy.zeros == Zeros::Publish {
                    self.roles[at] = Role::Fixed;
                } else if let Some(need) = policy.amounts.need(total, units, self.thresholds[at]) {
                    self.roles[at] = Role::Small;
                    self.needs[at] = need;
                }
                if let (1, Some(who)) = (units.count, units.only) {
                    self.singles.entry(who).or_default().push(v);
                }
            }
        }
        for own in self.singles.values_mut() {
            own.sort_unstable();
            own.dedup();
        }
        Ok(())
    }

    /// Keeps open, where all of a group have one property, that one of them might have another: the other that most have
    /// elsewhere. Its zero is then hidden, and the count with it.
    fn groups(&mut self, tables: &[Table], system: &System, impossible: &[bool]) {
        for (t, table) in tables.iter().enumerate().filter(|(_, t)| t.waiver.is_none()) {
            let cube = &table.cube;
            if cube.unit == Unit::Amounts {
                continue;
            }
            let variable: BTreeMap<&Key, u32> =
                cube.cells.keys().zip(system.variables[t].iter().copied()).collect();
            for relation in cube.relations() {
                let Some(group) = groups::told(cube, &relation) else { continue };
                let others = relation.parts.iter().enumerate().filter(|(i, _)| *i != group.all);
                // The last of those that are as frequent elsewhere, so that it does not depend on more than the table.
                let other = others
                    .filter_map(|(_, part)| variable.get(part).map(|&v| (part, v)))
                    .filter(|&(_, v)| !impossible[v as usize])
                    .max_by_key(|&(part, v)| (elsewhere(cube, &relation, part), std::cmp::Reverse(v)));
                let Some((_, v)) = other else { continue };
                let at = v as usize;
                if self.roles[at] == Role::Fixed {
                    self.roles[at] = Role::Small;
                    self.needs[at] = Need::width(1);
                }
            }
        }
    }
}

/// How many have the property of a part of a relation in the whole of the table.
fn elsewhere(cube: &Cube, relation: &Relation, part: &Key) -> u64 {
    let mut key = part.clone();
    for (d, dimension) in cube.dimensions.iter().enumerate() {
        if d == relation.dimension || dimension.role != model::Role::Breakdown {
            continue;
        }
        key[d] = dimension.lineage(key[d]).last().unwrap_or(key[d]);
    }
    match cube.value(&key) {
        Value::Count(n) => n,
        _ => 0,
    }
}

/// Whether a cell is in a category: in it or in one below it.
fn within(words: &Words<'_>, place: Place, dimension: &str, code: &str) -> bool {
    let cube = words.cube(place);
    cube.dimensions
        .iter()
        .zip(words.key(place))
        .any(|(d, &at)| d.id == dimension && d.lineage(at).any(|c| d.categories[c as usize].code == code))
}

/// The threshold of each variable: the highest of the categories that it is in.
fn thresholds(system: &System, words: &Words<'_>, policy: &Policy) -> Result<Vec<u64>, Error> {
    if policy.strict.is_empty() {
        return Ok(vec![policy.threshold; system.len()]);
    }
    let mut found = vec![false; policy.strict.len()];
    let all = system
        .places
        .iter()
        .map(|places| {
            let mut most = policy.threshold;
            for (strict, found) in policy.strict.iter().zip(&mut found) {
                if places.iter().any(|&p| within(words, p, &strict.dimension, &strict.code)) {
                    most = most.max(strict.threshold);
                    *found = true;
                }
            }
            most
        })
        .collect();
    for (strict, found) in policy.strict.iter().zip(found) {
        let what = format!("threshold {} for {} = {}", strict.threshold, strict.dimension, strict.code);
        if !found {
            return Err(Error::Policy {
                what,
                help: "no table has that category; correct the name or the code".into(),
            });
        }
        if strict.threshold <= policy.threshold {
            let help = format!("it must be above that of all counts, {}", policy.threshold);
            return Err(Error::Policy { what, help });
        }
    }
    Ok(all)
}

/// Which variables are of a combination in which nobody can be.
fn impossible(
    system: &System,
    words: &Words<'_>,
    truth: &[Bounds],
    policy: &Policy,
) -> Result<Vec<bool>, Error> {
    let mut out = vec![false; system.len()];
    for codes in &policy.structural {
        let said: Vec<String> = codes.iter().map(|(d, c)| format!("{d} = {c}")).collect();
        let said = said.join(", ");
        let mut found = false;
        for (v, places) in system.places.iter().enumerate() {
            let Some(&place) = places.iter().find(|&&p| codes.iter().all(|(d, c)| within(words, p, d, c)))
            else {
                continue;
            };
            found = true;
            if truth[v].lo > 0 {
                return Err(Error::Policy {
                    what: format!(
                        "nobody can be {said}, by the rules, but table \"{}\" counts somebody at {}",
                        words.cube(place).id,
                        words.cell(place)
                    ),
                    help: "correct the records, or leave that structural zero out".into(),
                });
            }
            out[v] = true;
        }
        if !found || codes.is_empty() {
            return Err(Error::Policy {
                what: format!(
                    "no table has a cell where {}",
                    if said.is_empty() { "nothing is said" } else { &said }
                ),
                help: "a structural zero names dimensions of one table, with a code of each".into(),
            });
        }
    }
    Ok(out)
}
