//! `protect`: which cells must be hidden, so that no hidden cell can be known too closely.
//!
//! Small counts are hidden (primary suppression). The attacker is then let loose on what would be
//! published. For each small count that it learns too closely, a linear programme finds the
//! cheapest change of the tables that moves this count far enough while every equation holds; the
//! cells that change must be hidden as well (secondary suppression). So it goes on until the
//! attacker learns no small count too closely, and then every further cell that turns out not to
//! be needed is shown again.

use std::collections::BTreeMap;

use highs::{Col, HighsModelStatus, RowProblem, Sense};
use model::{Cube, Key, Value, Zeros};
use rayon::prelude::*;

use crate::attack::Attacker;
use crate::audit::check;
use crate::lp::quiet;
use crate::propagate::Known;
use crate::system::{Bounds, Equation, Groups, INF, System};
use crate::words::Words;
use crate::{
    Attack, ConfStatus, Error, Marks, ObsStatus, Policy, ProtectedCell, ProtectedCube, Protection, Rule,
    Table, TableReport,
};

/// Rounds of attack and repair; each hides something, so this is never reached in practice.
const ROUNDS: usize = 200;
/// A change below this is none.
const EPSILON: f64 = 1e-7;

/// Protects tables as one set: cells that are the same number in two tables are hidden in both.
///
/// Tables with a waiver are published whole, and the attacker knows them. Cells that came as
/// bounds (`<5`) are hidden, and the attacker knows the bounds; cells without a figure stay
/// without.
///
/// The same tables and policy give the same result, whatever the number of threads.
///
/// # Errors
/// When a cube is not valid, a count too large, the policy protects nobody, two tables of one
/// universe give the same cell different counts, or the attack on the result cannot be carried out.
pub fn protect(tables: &[Table], policy: &Policy) -> Result<Protection, Error> {
    if policy.threshold < 2 || policy.protection < 1 {
        return Err(Error::Policy {
            what: format!(
                "threshold {} with protection {} protects nobody",
                policy.threshold, policy.protection
            ),
            help: "use a threshold of at least 2 and a protection of at least 1".into(),
        });
    }
    let cubes: Vec<&Cube> = tables.iter().map(|t| &t.cube).collect();
    for cube in &cubes {
        check(cube)?;
    }
    let words = Words::new(&cubes);
    let mut system = System::new(&cubes);
    let truth = truth(&system, &words)?;
    let broken = system.settle(&truth);
    // Equations that received tables break are no help to an attacker either.
    let consistent = Known::new(&system, &truth, &broken);
    let roles: Vec<Role> = system
        .places
        .iter()
        .zip(&truth)
        .map(|(places, b)| {
            let waived = places.iter().any(|p| tables[p.table as usize].waiver.is_some());
            role(*b, waived, policy)
        })
        .collect();
    let parts = split(&system, &consistent.active);
    let done: Vec<Part> = parts
        .into_par_iter()
        .map(|mut part| {
            part.prepare(&truth, &roles, policy);
            part.protect();
            part
        })
        .collect();
    let mut hidden: Vec<bool> = roles.iter().map(|r| *r == Role::Small).collect();
    let mut attack = Attack::default();
    for part in &done {
        for (&v, h) in part.vars.iter().zip(&part.hidden) {
            hidden[v as usize] = *h;
        }
        let Some(found) = part.attack() else {
            let place = part.vars.iter().find_map(|&v| system.places[v as usize].first());
            let table = place.map_or_else(String::new, |&p| words.cube(p).id.clone());
            return Err(Error::Solver { table });
        };
        attack.targets += found.targets;
        attack.exact += found.exact;
        attack.narrow += found.narrow;
    }
    let rule = Rule { threshold: policy.threshold, zeros: policy.zeros, protection: policy.protection };
    let mut protection = Protection { cubes: Vec::new(), tables: Vec::new(), attack };
    for (t, table) in tables.iter().enumerate() {
        let variables = &system.variables[t];
        let mut cells: BTreeMap<Key, ProtectedCell> = BTreeMap::new();
        let mut report =
            TableReport { name: table.cube.id.clone(), cells: variables.len(), primary: 0, suppressed: 0 };
        for ((key, value), &v) in table.cube.cells.iter().zip(variables) {
            let small = roles[v as usize] == Role::Small;
            let cell =
                cell(*value, truth[v as usize], small, hidden[v as usize], table.waiver.is_some(), policy);
            report.primary += usize::from(small);
            report.suppressed += usize::from(cell.obs == ObsStatus::Suppressed);
            cells.insert(key.clone(), cell);
        }
        protection.tables.push(report);
        let c = &table.cube;
        protection.cubes.push(ProtectedCube {
            id: c.id.clone(),
            title: c.title.clone(),
            definition: c.definition.clone(),
            unit: c.unit,
            universe: c.universe.clone(),
            sources: c.sources.clone(),
            dimensions: c.dimensions.clone(),
            cells,
            waiver: table.waiver.clone(),
            rule,
        });
    }
    Ok(protection)
}

/// What is published of a cell.
fn cell(
    value: Value,
    truth: Bounds,
    small: bool,
    hidden: bool,
    waived: bool,
    policy: &Policy,
) -> ProtectedCell {
    let free = |value| ProtectedCell { value, conf: ConfStatus::Free, obs: ObsStatus::Normal };
    let mark = |value, conf| ProtectedCell { value, conf, obs: ObsStatus::Suppressed };
    if waived {
        return match value {
            Value::Missing => ProtectedCell { value, conf: ConfStatus::Free, obs: ObsStatus::Missing },
            value => free(value),
        };
    }
    match value {
        Value::Missing => ProtectedCell { value, conf: ConfStatus::Free, obs: ObsStatus::Missing },
        // Bounds that its publisher gave are not given again.
        Value::Between(low, high) if low < high => mark(Value::Missing, ConfStatus::Primary),
        _ if !hidden => free(Value::Count(truth.lo as u64)),
        _ => match policy.marks {
            Marks::Alike => mark(Value::Missing, ConfStatus::Primary),
            Marks::Apart if small => mark(Value::Missing, ConfStatus::Primary),
            Marks::Apart => mark(Value::Missing, ConfStatus::Secondary),
        },
    }
}

/// What is known of each variable, from all tables in which it stands.
fn truth(system: &System, words: &Words<'_>) -> Result<Vec<Bounds>, Error> {
    system
        .places
        .iter()
        .map(|places| {
            let mut all = Bounds { lo: 0, hi: INF };
            for &place in places {
                let b = Bounds::of(words.value(place));
                let both = Bounds { lo: all.lo.max(b.lo), hi: all.hi.min(b.hi) };
                if both.lo > both.hi {
                    return Err(Error::Conflict {
                        first: words.cube(places[0]).id.clone(),
                        second: words.cube(place).id.clone(),
                        cell: words.cell(place),
                    });
                }
                all = both;
            }
            Ok(all)
        })
        .collect()
}

/// What may happen to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Below the threshold: hidden, and to be protected.
    Small,
    /// Came as bounds: hidden, and to be protected as far as the bounds go.
    Bounded,
    /// No figure.
    Missing,
    /// A count that may be hidden.
    Open,
    /// A count that is published whatever happens.
    Fixed,
}

fn role(b: Bounds, waived: bool, policy: &Policy) -> Role {
    if waived {
        return if b.is_exact() { Role::Fixed } else { Role::Missing };
    }
    if !b.is_exact() {
        return if b.hi >= INF { Role::Missing } else { Role::Bounded };
    }
    let n = b.lo as u64;
    match (n, policy.zeros) {
        (0, Zeros::Publish) => Role::Fixed,
        (n, _) if n < policy.threshold => Role::Small,
        _ => Role::Open,
    }
}

/// A part of the system that hangs together, with its own numbering.
struct Part {
    /// Numbers in the whole system.
    vars: Vec<u32>,
    system: System,
    truth: Vec<Bounds>,
    roles: Vec<Role>,
    hidden: Vec<bool>,
    policy: Policy,
}

/// Splits the system into parts that share no equation.
fn split(system: &System, active: &[bool]) -> Vec<Part> {
    let mut groups = Groups::new(system.len());
    for (e, _) in system.equations.iter().zip(active).filter(|(_, on)| **on) {
        e.parts.iter().for_each(|&p| groups.join(e.total, p));
    }
    let mut vars: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut local = vec![0_u32; system.len()];
    for v in 0..system.len() as u32 {
        let group = vars.entry(groups.find(v)).or_default();
        local[v as usize] = group.len() as u32;
        group.push(v);
    }
    let mut equations: BTreeMap<u32, Vec<Equation>> = BTreeMap::new();
    for (e, _) in system.equations.iter().zip(active).filter(|(_, on)| **on) {
        let mut own = e.clone();
        own.total = local[e.total as usize];
        own.parts.iter_mut().for_each(|p| *p = local[*p as usize]);
        equations.entry(groups.find(e.total)).or_default().push(own);
    }
    vars.into_iter()
        .map(|(head, vars)| {
            let equations = equations.remove(&head).unwrap_or_default();
            let mut of = vec![Vec::new(); vars.len()];
            for (e, equation) in equations.iter().enumerate() {
                equation.vars().for_each(|v| of[v as usize].push(e as u32));
            }
            let own = System { places: vec![Vec::new(); vars.len()], variables: Vec::new(), equations, of };
            Part {
                vars,
                system: own,
                truth: Vec::new(),
                roles: Vec::new(),
                hidden: Vec::new(),
                policy: Policy::default(),
            }
        })
        .collect()
}

impl Part {
    fn prepare(&mut self, truth: &[Bounds], roles: &[Role], policy: &Policy) {
        self.truth = self.vars.iter().map(|&v| truth[v as usize]).collect();
        self.roles = self.vars.iter().map(|&v| roles[v as usize]).collect();
        self.hidden = self.roles.iter().map(|r| *r == Role::Small).collect();
        self.policy = *policy;
    }

    /// The least value that a hidden count can have for all an outsider knows.
    fn least(&self) -> i64 {
        match self.policy.zeros {
            Zeros::Publish => 1,
            Zeros::Protect => 0,
        }
    }

    fn threshold(&self) -> i64 {
        i64::try_from(self.policy.threshold).unwrap_or(INF)
    }

    /// What is published of a variable.
    fn public(&self, v: usize) -> Bounds {
        let t = self.truth[v];
        match self.roles[v] {
            Role::Bounded | Role::Missing | Role::Fixed => t,
            _ if !self.hidden[v] => t,
            role => match (self.policy.marks, role) {
                (Marks::Alike, _) => Bounds { lo: self.least(), hi: INF },
                (Marks::Apart, Role::Small) => Bounds { lo: self.least(), hi: self.threshold() - 1 },
                (Marks::Apart, _) => Bounds { lo: self.threshold(), hi: INF },
            },
        }
    }

    fn attacker(&self) -> Attacker<'_> {
        let public: Vec<Bounds> = (0..self.vars.len()).map(|v| self.public(v)).collect();
        Attacker::new(&self.system, &public, &[])
    }

    fn targets(&self) -> Vec<u32> {
        (0..self.vars.len() as u32)
            .filter(|&v| matches!(self.roles[v as usize], Role::Small | Role::Bounded))
            .collect()
    }

    /// The distance that must stay between the bounds of a target.
    fn needed(&self, v: u32) -> i64 {
        let wanted = i64::try_from(self.policy.protection).unwrap_or(INF);
        match self.roles[v as usize] {
            // Nobody can be kept from knowing what its publisher said.
            Role::Bounded => wanted.min(self.truth[v as usize].width()),
            _ if self.policy.marks == Marks::Apart => wanted.min(self.threshold() - 1 - self.least()),
            _ => wanted,
        }
    }

    fn protect(&mut self) {
        if self.system.equations.is_empty() {
            return;
        }
        let targets = self.targets();
        if targets.is_empty() {
            return;
        }
        for _ in 0..ROUNDS {
            let learned = self.attacker().learn(&targets, |v| self.needed(v));
            let close: Vec<(u32, Bounds)> = targets
                .iter()
                .zip(&learned)
                .filter(|(v, l)| l.bounds.width() < self.needed(**v))
                .map(|(v, l)| (*v, l.bounds))
                .collect();
            if close.is_empty() {
                break;
            }
            let before = self.hidden.clone();
            for &(v, bounds) in &close {
                if !self.widen(v, bounds) {
                    self.widen_by_force(v);
                }
            }
            if before == self.hidden {
                // The programmes see no way; what stands around these cells goes too.
                for &(v, _) in &close {
                    self.widen_by_force(v);
                }
                if before == self.hidden {
                    break;
                }
            }
        }
        self.show_again(&targets);
    }

    /// Hides what the cheapest change that moves `v` far enough would change; `false` when no
    /// change can.
    fn widen(&mut self, v: u32, known: Bounds) -> bool {
        let need = self.needed(v);
        let up = Bounds { lo: known.lo.saturating_add(need).min(INF), hi: INF };
        let down = Bounds { lo: 0, hi: known.hi.saturating_sub(need) };
        let mut best: Option<(f64, Vec<usize>)> = None;
        for goal in [up, down] {
            if goal.lo <= goal.hi
                && let Some(found) = self.cheapest_change(v, goal)
                && best.as_ref().is_none_or(|(cost, _)| found.0 < *cost - EPSILON)
            {
                best = Some(found);
            }
        }
        let Some((_, changed)) = best else { return false };
        for c in changed {
            self.hidden[c] = true;
        }
        true
    }

    /// The cost of hiding a count: larger counts say more, so they cost more.
    fn cost(&self, v: usize) -> f64 {
        1.0 + (1.0 + self.truth[v].lo as f64).ln()
    }

    /// The cheapest table that fits all equations, with `v` within `goal`: its cost and the
    /// published cells that differ from what is published.
    fn cheapest_change(&self, v: u32, goal: Bounds) -> Option<(f64, Vec<usize>)> {
        let public: Vec<Bounds> = (0..self.vars.len()).map(|i| self.public(i)).collect();
        let largest = public.iter().map(|b| if b.hi >= INF { b.lo } else { b.hi }).max().unwrap_or(0);
        let cap = largest.saturating_mul(4).saturating_add(10_000) as f64;
        let mut problem = RowProblem::default();
        // For each variable its columns with their signs, and what is constant.
        let mut columns: Vec<(Vec<(Col, f64)>, f64)> = Vec::with_capacity(public.len());
        let mut moving: Vec<(usize, Col, Col)> = Vec::new();
        for (i, b) in public.iter().enumerate() {
            let own = i == v as usize;
            if own || !b.is_exact() {
                let (mut low, mut high) = (b.lo as f64, (b.hi as f64).min(cap));
                if own {
                    low = low.max(goal.lo as f64);
                    high = high.min(goal.hi as f64);
                    if low > high {
                        return None;
                    }
                }
                columns.push((vec![(problem.add_column(0.0, low..=high), 1.0)], 0.0));
            } else if self.roles[i] == Role::Open {
                let n = b.lo as f64;
                let cost = self.cost(i);
                let up = problem.add_column(cost, 0.0..=cap);
                let down = problem.add_column(cost, 0.0..=(n - self.least() as f64).max(0.0));
                moving.push((i, up, down));
                columns.push((vec![(up, 1.0), (down, -1.0)], n));
            } else {
                columns.push((Vec::new(), b.lo as f64));
            }
        }
        for e in &self.system.equations {
            let mut row = Vec::new();
            let mut constant = 0.0;
            for (w, sign) in e.terms() {
                let (terms, fixed) = &columns[w as usize];
                constant += sign as f64 * fixed;
                row.extend(terms.iter().map(|(c, a)| (*c, sign as f64 * a)));
            }
            if row.is_empty() {
                continue;
            }
            if e.at_least {
                problem.add_row(..=-constant, row);
            } else {
                problem.add_row(-constant..=-constant, row);
            }
        }
        let solved = quiet(problem, Sense::Minimise)?.try_solve().ok()?;
        if solved.status() != HighsModelStatus::Optimal {
            return None;
        }
        let solution = solved.get_solution();
        let changed = moving
            .iter()
            .filter(|(_, up, down)| solution[*up] + solution[*down] > EPSILON)
            .map(|(i, ..)| *i)
            .collect();
        Some((solved.objective_value(), changed))
    }

    /// Hides everything that may be hidden in the equations of `v`, and, where that was done
    /// before, in the equations of those.
    fn widen_by_force(&mut self, v: u32) {
        let mut reach = vec![v];
        for _ in 0..3 {
            let near: Vec<u32> = reach
                .iter()
                .flat_map(|&w| &self.system.of[w as usize])
                .flat_map(|&e| self.system.equations[e as usize].vars())
                .collect();
            let mut fresh = false;
            for &w in &near {
                let w = w as usize;
                if self.roles[w] == Role::Open && !self.hidden[w] {
                    self.hidden[w] = true;
                    fresh = true;
                }
            }
            if fresh {
                return;
            }
            reach = near;
            reach.sort_unstable();
            reach.dedup();
        }
    }

    /// Shows again what need not be hidden, the costliest first. Each trial is an attack, so the
    /// number of trials has a limit.
    fn show_again(&mut self, targets: &[u32]) {
        let mut extra: Vec<usize> =
            (0..self.vars.len()).filter(|&i| self.hidden[i] && self.roles[i] == Role::Open).collect();
        extra.sort_by(|&a, &b| self.cost(b).total_cmp(&self.cost(a)).then(a.cmp(&b)));
        // What cannot be held now will not be held with more shown.
        let holds = |part: &Self| {
            let learned = part.attacker().learn(targets, |v| part.needed(v));
            targets.iter().zip(&learned).all(|(v, l)| l.bounds.width() >= part.needed(*v))
        };
        let budget = (self.policy.trials as usize).min(4_000_000 / self.vars.len().max(1));
        if extra.is_empty() || !holds(self) {
            return;
        }
        for i in extra.into_iter().take(budget) {
            self.hidden[i] = false;
            if !holds(self) {
                self.hidden[i] = true;
            }
        }
    }

    /// How the attacker fares against the final state; `None` when that cannot be told.
    fn attack(&self) -> Option<Attack> {
        let targets = self.targets();
        let learned = self.attacker().learn(&targets, |v| self.needed(v));
        let mut out = Attack { targets: targets.len(), ..Attack::default() };
        for (v, l) in targets.iter().zip(&learned) {
            let width = l.bounds.width();
            if width >= self.needed(*v) {
                if l.unsolved {
                    return None;
                }
                continue;
            }
            if width == 0 {
                out.exact += 1;
            } else {
                out.narrow += 1;
            }
        }
        Some(out)
    }
}
