//! A part of the tables that hangs together, as it is protected and attacked.

use std::collections::BTreeMap;

use model::Zeros;

use crate::attack::{Attacker, Learned};
use crate::exact::{self, Kept};
use crate::gate::{self, Width};
use crate::propagate::Known;
use crate::puzzle::{Fate, Puzzle};
use crate::system::{Bounds, Equation, Groups, INF, System};
use crate::{Attack, Gap, Marks, Mode, Policy};
use crate::{strong, weak};

/// Steps of the simplex method that the exact search may take for each trial of the policy.
const EXACT_STEPS: u64 = 250;

/// What may happen to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
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

/// The role of a variable below whose `threshold` counts are small.
pub(crate) fn role(b: Bounds, waived: bool, threshold: u64, policy: &Policy) -> Role {
    if waived {
        return if b.is_exact() { Role::Fixed } else { Role::Missing };
    }
    if !b.is_exact() {
        return if b.hi >= INF { Role::Missing } else { Role::Bounded };
    }
    let n = b.lo as u64;
    match (n, policy.zeros) {
        (0, Zeros::Publish) => Role::Fixed,
        (n, _) if n < threshold => Role::Small,
        _ => Role::Open,
    }
}

/// Targets with what is learned of each.
type Targets = Vec<(u32, Learned)>;

/// A part of the system that hangs together, with its own numbering.
pub(crate) struct Part {
    /// Numbers in the whole system.
    pub(crate) vars: Vec<u32>,
    pub(crate) system: System,
    pub(crate) truth: Vec<Bounds>,
    pub(crate) roles: Vec<Role>,
    pub(crate) hidden: Vec<bool>,
    /// What it costs to hide each variable.
    pub(crate) costs: Vec<f64>,
    /// The threshold of each variable.
    pub(crate) thresholds: Vec<u64>,
    pub(crate) policy: Policy,
    /// The values of all variables, where the counts decide them.
    pub(crate) values: Option<Vec<i64>>,
    /// How far the choice may be from the cheapest, where that was worked out.
    pub(crate) gap: Option<Gap>,
    /// The last attack on all targets, and what was hidden then.
    learned: Option<(Vec<bool>, Targets)>,
}

/// Splits the system into parts that share no equation.
pub(crate) fn split(system: &System, active: &[bool]) -> Vec<Part> {
    let mut groups = Groups::new(system.len());
    for (e, _) in system.equations.iter().zip(active).filter(|(_, on)| **on) {
        for &p in &e.parts {
            groups.join(e.total, p);
        }
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
        for p in &mut own.parts {
            *p = local[*p as usize];
        }
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
                costs: Vec::new(),
                thresholds: Vec::new(),
                policy: Policy::default(),
                values: None,
                gap: None,
                learned: None,
            }
        })
        .collect()
}

impl Part {
    pub(crate) fn prepare(
        &mut self,
        truth: &[Bounds],
        roles: &[Role],
        costs: &[f64],
        thresholds: &[u64],
        policy: &Policy,
    ) {
        self.thresholds = self.vars.iter().map(|&v| thresholds[v as usize]).collect();
        self.truth = self.vars.iter().map(|&v| truth[v as usize]).collect();
        self.roles = self.vars.iter().map(|&v| roles[v as usize]).collect();
        self.costs = self.vars.iter().map(|&v| costs[v as usize]).collect();
        self.hidden = self.roles.iter().map(|r| *r == Role::Small).collect();
        self.policy = policy.clone();
        self.values = self.values();
    }

    /// Chooses what is hidden beside the small counts.
    pub(crate) fn protect(&mut self) {
        if self.system.equations.is_empty() || self.targets().is_empty() {
            self.gap = Some(Gap::default());
            return;
        }
        let Some(values) = &self.values else {
            self.widen_all(true);
            return;
        };
        let puzzle = self.puzzle(values, |v| match self.roles[v] {
            Role::Small => Fate::Small,
            Role::Open => Fate::Open,
            Role::Fixed => Fate::Fixed,
            Role::Missing | Role::Bounded => Fate::Rest,
        });
        let mut needed = vec![0; puzzle.len()];
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if self.roles[v] == Role::Small && class != u32::MAX {
                let most = &mut needed[class as usize];
                *most = self.needed(v as u32).max(*most);
            }
        }
        let (hidden, kept) = match self.policy.mode {
            Mode::Weak => (weak::hide(&puzzle, self.policy.trials), Kept::Open),
            Mode::Strong => (strong::hide(&puzzle, &needed, None, self.policy.trials), Kept::Wide(&needed)),
        };
        self.take(&puzzle, &hidden);
        if self.policy.mode == Mode::Weak && self.policy.whole {
            self.round(&puzzle);
        }
        // What the search above cannot see: the gate takes bounds as whole numbers.
        self.widen_all(false);
        if !self.policy.exact {
            return;
        }
        let found = self.cost();
        // What equals a small count is hidden with it whatever is chosen.
        let tied = |v: &usize| {
            self.roles[*v] == Role::Open
                && puzzle.classes.get(puzzle.class_of[*v] as usize).is_some_and(|c| c.fate == Fate::Small)
        };
        let tied: f64 = (0..self.vars.len()).filter(tied).map(|v| self.costs[v]).sum();
        let steps = u64::from(self.policy.trials) * EXACT_STEPS;
        let Some(exact) = exact::cheapest(&puzzle, kept, found - tied, steps) else { return };
        let hidden = match (exact.optimal, self.policy.mode) {
            (true, _) => Some(exact.share.iter().map(|&x| x > 0.5).collect()),
            // What it found is no pattern yet, but a good guide to one.
            (false, Mode::Strong) => {
                Some(strong::hide(&puzzle, &needed, Some(&exact.share), self.policy.trials))
            }
            (false, Mode::Weak) => None,
        };
        if let Some(hidden) = hidden {
            let before = self.hidden.clone();
            self.take(&puzzle, &hidden);
            self.widen_all(false);
            if self.cost() >= found {
                self.hidden = before;
            }
        }
        let found = self.cost();
        self.gap = Some(Gap { found, bound: (exact.bound + tied).min(found) });
    }

    /// Gives a witness to what elimination does not see: counts that only other fractions are possible for, not
    /// other whole numbers, or that the bounds of others give away.
    fn round(&mut self, puzzle: &Puzzle) {
        let mut needed = vec![0; puzzle.len()];
        for (v, l) in self.learn_all() {
            let class = puzzle.class_of[v as usize];
            if class != u32::MAX && l.bounds.width() < self.needed(v) {
                needed[class as usize] = self.needed(v);
            }
        }
        if needed.iter().all(|&n| n == 0) {
            return;
        }
        let mut hidden = vec![false; puzzle.len()];
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if self.hidden[v] && class != u32::MAX {
                hidden[class as usize] = true;
            }
        }
        self.take(puzzle, &strong::mend(puzzle, &needed, &hidden));
    }

    /// Hides the open variables whose class is hidden, and no other.
    fn take(&mut self, puzzle: &Puzzle, hidden: &[bool]) {
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if self.roles[v] == Role::Open && class != u32::MAX {
                self.hidden[v] = hidden[class as usize];
            }
        }
    }

    /// The cost of what is hidden beside the small counts.
    fn cost(&self) -> f64 {
        let extra = (0..self.vars.len()).filter(|&v| self.hidden[v] && self.roles[v] == Role::Open);
        extra.map(|v| self.costs[v]).sum()
    }

    fn puzzle(&self, values: &[i64], fate: impl Fn(usize) -> Fate) -> Puzzle {
        let fates: Vec<Fate> = (0..values.len()).map(fate).collect();
        Puzzle::new(&self.system, values, &fates, &self.costs, &|v| self.when_hidden(v))
    }

    /// The value of every variable, where the counts decide them all.
    fn values(&self) -> Option<Vec<i64>> {
        if self.truth.iter().all(|b| b.is_exact()) {
            return Some(self.truth.iter().map(|b| b.lo).collect());
        }
        if self.roles.contains(&Role::Bounded) {
            return None;
        }
        // Sums that no table shows follow from their parts.
        let known = Known::new(&self.system, &self.truth, &[]);
        known.bounds.iter().map(|b| b.is_exact().then_some(b.lo)).collect()
    }

    /// What a reader knows of a variable when it is hidden.
    fn when_hidden(&self, v: usize) -> Bounds {
        match (self.roles[v], self.policy.marks, self.policy.mode) {
            (Role::Missing | Role::Bounded, ..) => self.truth[v],
            (_, _, Mode::Weak) | (_, Marks::Alike, _) => Bounds { lo: self.least(), hi: INF },
            (Role::Small, Marks::Apart, _) => Bounds { lo: self.least(), hi: self.threshold(v) - 1 },
            (_, Marks::Apart, _) => Bounds { lo: self.threshold(v), hi: INF },
        }
    }

    /// The least value that a hidden count can have for all an outsider knows.
    pub(crate) fn least(&self) -> i64 {
        match (self.policy.mode, self.policy.zeros) {
            (Mode::Strong, Zeros::Publish) => 1,
            _ => 0,
        }
    }

    fn threshold(&self, v: usize) -> i64 {
        i64::try_from(self.thresholds[v]).unwrap_or(INF)
    }

    /// What is published of a variable.
    pub(crate) fn public(&self, v: usize) -> Bounds {
        match self.roles[v] {
            Role::Small | Role::Open if self.hidden[v] => self.when_hidden(v),
            _ => self.truth[v],
        }
    }

    pub(crate) fn attacker(&self) -> Attacker<'_> {
        let public: Vec<Bounds> = (0..self.vars.len()).map(|v| self.public(v)).collect();
        Attacker::new(&self.system, &public, &[])
    }

    /// What the attacker learns of each target. As long as nothing else is hidden, he is asked once.
    pub(crate) fn learn_all(&mut self) -> Targets {
        if let Some((hidden, learned)) = &self.learned
            && *hidden == self.hidden
        {
            return learned.clone();
        }
        let targets = self.targets();
        let learned: Targets = targets.iter().copied().zip(self.learn(&targets)).collect();
        self.learned = Some((self.hidden.clone(), learned.clone()));
        learned
    }

    /// What the attacker learns of targets.
    pub(crate) fn learn(&self, targets: &[u32]) -> Vec<Learned> {
        let Some(values) = &self.values else {
            return self.attacker().learn(targets, |v| self.needed(v));
        };
        let puzzle = self.puzzle(values, |v| match self.roles[v] {
            Role::Small | Role::Open if self.hidden[v] => Fate::Open,
            Role::Missing | Role::Bounded => Fate::Rest,
            _ => Fate::Fixed,
        });
        let width = match self.policy.mode {
            Mode::Weak if !self.policy.whole => Width::Real,
            Mode::Weak | Mode::Strong => Width::Whole,
        };
        gate::attack(&puzzle, targets, width, |v| self.needed(v))
    }

    pub(crate) fn targets(&self) -> Vec<u32> {
        (0..self.vars.len() as u32)
            .filter(|&v| matches!(self.roles[v as usize], Role::Small | Role::Bounded))
            .collect()
    }

    /// The distance that must stay between the bounds of a target.
    pub(crate) fn needed(&self, v: u32) -> i64 {
        let wanted = match self.policy.mode {
            Mode::Weak => 1,
            // Where more counts are small, more values must stay possible.
            Mode::Strong => {
                let own = self.thresholds[v as usize];
                let stricter = if own > self.policy.threshold { own - 1 } else { 0 };
                i64::try_from(self.policy.protection.max(stricter)).unwrap_or(INF)
            }
        };
        match (self.roles[v as usize], self.policy.mode, self.policy.marks) {
            // Nobody can be kept from knowing what its publisher said.
            (Role::Bounded, ..) => wanted.min(self.truth[v as usize].width()),
            (_, Mode::Strong, Marks::Apart) => wanted.min(self.threshold(v as usize) - 1 - self.least()),
            _ => wanted,
        }
    }

    /// How the attacker fares against the final state, and the targets that he knows too closely; `None` when that
    /// cannot be told.
    pub(crate) fn attack(&mut self) -> Option<(Attack, Vec<u32>)> {
        let learned = self.learn_all();
        let mut out = Attack { targets: learned.len(), ..Attack::default() };
        let mut known = Vec::new();
        for (v, l) in learned {
            let width = l.bounds.width();
            if width >= self.needed(v) {
                if l.unsolved {
                    return None;
                }
                continue;
            }
            known.push(self.vars[v as usize]);
            if width == 0 {
                out.exact += 1;
            } else {
                out.narrow += 1;
            }
        }
        Some((out, known))
    }
}
