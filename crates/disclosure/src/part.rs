//! A part of the tables that hangs together, as it is protected and attacked.

use std::collections::{BTreeMap, BTreeSet};

use model::Zeros;

use crate::attack::{Attacker, Learned};
use crate::exact::{self, Kept};
use crate::gate::{self, Width};
use crate::need::{Need, Wanted};
use crate::propagate::Known;
use crate::puzzle::{Fate, Puzzle};
use crate::rules::Rules;
use crate::singles::Witnesses;
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

/// Rounds in which more is hidden from one who knows amounts of his own, at most.
const ROUNDS: usize = 4;

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
    /// Open ones that are known from an earlier edition: fixed, as long as everything can be protected so.
    known: Vec<u32>,
    /// What it costs to hide each variable.
    pub(crate) costs: Vec<f64>,
    /// The threshold of each variable.
    pub(crate) thresholds: Vec<u64>,
    /// How far each has to stay open for a reader who knows all there is to know, if it is sensitive.
    pub(crate) needs: Vec<Need>,
    /// Figures that may be zero when they are hidden, whatever others may be.
    may_be_zero: Vec<bool>,
    /// Amounts that somebody knows because they are of himself alone, for each who does.
    pub(crate) singles: Vec<Vec<u32>>,
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
                known: Vec::new(),
                costs: Vec::new(),
                thresholds: Vec::new(),
                needs: Vec::new(),
                may_be_zero: Vec::new(),
                singles: Vec::new(),
                policy: Policy::default(),
                values: None,
                gap: None,
                learned: None,
            }
        })
        .collect()
}

impl Part {
    pub(crate) fn prepare(&mut self, truth: &[Bounds], rules: &Rules, costs: &[f64], policy: &Policy) {
        self.thresholds = self.vars.iter().map(|&v| rules.thresholds[v as usize]).collect();
        self.needs = self.vars.iter().map(|&v| rules.needs[v as usize]).collect();
        self.truth = self.vars.iter().map(|&v| truth[v as usize]).collect();
        self.roles = self.vars.iter().map(|&v| rules.roles[v as usize]).collect();
        self.may_be_zero = self.vars.iter().map(|&v| rules.may_be_zero[v as usize]).collect();
        let own = |all: &Vec<u32>| {
            all.iter().filter_map(|v| Some(self.vars.binary_search(v).ok()? as u32)).collect()
        };
        self.singles = rules.singles.values().map(own).filter(|own: &Vec<u32>| !own.is_empty()).collect();
        self.costs = self.vars.iter().map(|&v| costs[v as usize]).collect();
        self.policy = policy.clone();
        self.values = self.values();
        self.known =
            (0..self.vars.len() as u32).filter(|&v| rules.known[self.vars[v as usize] as usize]).collect();
    }

    /// Chooses what is hidden beside the small counts.
    pub(crate) fn protect(&mut self) {
        let mut before: Vec<bool> = Vec::new();
        for role in [Role::Fixed, Role::Open] {
            for &v in &self.known {
                self.roles[v as usize] = role;
            }
            self.hidden = self.roles.iter().map(|r| *r == Role::Small).collect();
            (self.gap, self.learned) = (None, None);
            self.choose();
            // What is hidden for those who have both editions stays so.
            if !before.is_empty() {
                self.hidden.iter_mut().zip(&before).for_each(|(hidden, was)| *hidden |= was);
                self.gap = None;
            }
            let safe = |(found, _): (Attack, _)| found.exact + found.narrow == 0;
            if self.known.is_empty() || self.attack().is_some_and(safe) {
                return;
            }
            // What is known leaves too little to hide with: better that it is hidden than not.
            before.clone_from(&self.hidden);
        }
    }

    fn choose(&mut self) {
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
        let needed = self.all_needed(&puzzle, |v| self.roles[v as usize] == Role::Small);
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
        self.keep_from_singles();
        // The programme knows no amounts.
        if !self.policy.exact || needed.iter().any(|n| n.up > 0) {
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
        let learned = self.learn_all();
        let close = learned.iter().filter(|(v, l)| !self.kept(*v, l.bounds)).map(|(v, _)| *v).collect();
        self.mend(puzzle, &close);
    }

    /// Hides what gives a witness to each of the targets that are known too closely.
    fn mend(&mut self, puzzle: &Puzzle, close: &BTreeSet<u32>) {
        if close.is_empty() {
            return;
        }
        let needed = self.all_needed(puzzle, |v| close.contains(&v));
        let mut hidden = vec![false; puzzle.len()];
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if self.hidden[v] && class != u32::MAX {
                hidden[class as usize] = true;
            }
        }
        let mended = strong::mend(puzzle, &needed, &hidden);
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if self.roles[v] == Role::Open && class != u32::MAX && mended[class as usize] {
                self.hidden[v] = true;
            }
        }
    }

    /// What is asked of each class: as much as of any of the variables in it that are `asked` about.
    fn all_needed(&self, puzzle: &Puzzle, asked: impl Fn(u32) -> bool) -> Vec<Need> {
        let mut needed = vec![Need::default(); puzzle.len()];
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if class != u32::MAX && asked(v as u32) {
                let most = &mut needed[class as usize];
                *most = most.and(self.needed(v as u32));
            }
        }
        needed
    }

    /// Hides more until nobody who knows amounts of his own comes too close to those of others.
    fn keep_from_singles(&mut self) {
        if self.singles.is_empty() {
            return;
        }
        let (Some(values), Some(mut witnesses)) = (self.values.clone(), Witnesses::new(self)) else { return };
        for own in self.singles.clone() {
            // Hiding for one may not help another, but never hurts him.
            for _ in 0..ROUNDS {
                let close: BTreeSet<u32> = witnesses.doubtful(self, &own).into_iter().collect();
                if close.is_empty() {
                    break;
                }
                let before = self.hidden.clone();
                let puzzle = self.puzzle(&values, |v| match self.roles[v] {
                    _ if own.contains(&(v as u32)) => Fate::Fixed,
                    Role::Small => Fate::Small,
                    Role::Open => Fate::Open,
                    Role::Fixed => Fate::Fixed,
                    Role::Missing | Role::Bounded => Fate::Rest,
                });
                self.mend(&puzzle, &close);
                if self.hidden == before {
                    break;
                }
                if witnesses.renew(self).is_none() {
                    return;
                }
            }
        }
    }

    /// Variables and the sums that they are in.
    pub(crate) fn sums_of(&self, own: &[u32]) -> BTreeSet<u32> {
        let mut all: BTreeSet<u32> = own.iter().copied().collect();
        let mut next = own.to_vec();
        while let Some(v) = next.pop() {
            for &e in &self.system.of[v as usize] {
                let total = self.system.equations[e as usize].total;
                if total != v && all.insert(total) {
                    next.push(total);
                }
            }
        }
        all
    }

    /// What is learned of targets by one who knows the variables `own`.
    fn learned_by(&self, own: &[u32], targets: &[u32]) -> Targets {
        let Some(puzzle) = self.puzzle_of_hidden(own) else { return Vec::new() };
        let learned = gate::attack(&puzzle, targets, self.reach(), |v| self.needed(v));
        targets.iter().copied().zip(learned).collect()
    }

    /// All tables that fit what is published, for one who knows the variables `own`; `None` where the counts do not decide all
    /// values.
    pub(crate) fn puzzle_of_hidden(&self, own: &[u32]) -> Option<Puzzle> {
        let fate = |v: usize| match self.roles[v] {
            _ if own.contains(&(v as u32)) => Fate::Fixed,
            Role::Small | Role::Open if self.hidden[v] => Fate::Open,
            Role::Missing | Role::Bounded => Fate::Rest,
            _ => Fate::Fixed,
        };
        Some(self.puzzle(self.values.as_ref()?, fate))
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
            (_, _, Mode::Weak) | (_, Marks::Alike, _) => Bounds { lo: self.least(v), hi: INF },
            (Role::Small, Marks::Apart, _) => Bounds { lo: self.least(v), hi: self.threshold(v) - 1 },
            (_, Marks::Apart, _) => Bounds { lo: self.threshold(v), hi: INF },
        }
    }

    /// The least value that a hidden figure can have for all an outsider knows.
    pub(crate) fn least(&self, v: usize) -> i64 {
        match (self.policy.mode, self.policy.zeros) {
            (Mode::Strong, Zeros::Publish) if !self.may_be_zero[v] => 1,
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
        let Some(puzzle) = self.puzzle_of_hidden(&[]) else {
            return self.attacker().learn(targets, |v| self.wanted(v));
        };
        gate::attack(&puzzle, targets, self.reach(), |v| self.needed(v))
    }

    /// What counts as a distance between bounds.
    pub(crate) fn reach(&self) -> Width {
        match self.policy.mode {
            Mode::Weak if !self.policy.whole => Width::Real,
            Mode::Weak | Mode::Strong => Width::Whole,
        }
    }

    pub(crate) fn targets(&self) -> Vec<u32> {
        (0..self.vars.len() as u32)
            .filter(|&v| matches!(self.roles[v as usize], Role::Small | Role::Bounded))
            .collect()
    }

    /// How far a target has to stay open.
    pub(crate) fn needed(&self, v: u32) -> Need {
        let at = v as usize;
        let wanted = match self.policy.mode {
            Mode::Weak => Need::width(1),
            Mode::Strong => self.needs[at],
        };
        let most = match (self.roles[at], self.policy.mode, self.policy.marks) {
            // Nobody can be kept from knowing what its publisher said.
            (Role::Bounded, ..) => self.truth[at].width(),
            (_, Mode::Strong, Marks::Apart) => self.threshold(at) - 1 - self.least(at),
            _ => INF,
        };
        Need { width: wanted.width.min(most), ..wanted }
    }

    /// What is asked of the bounds of a target.
    pub(crate) fn wanted(&self, v: u32) -> Wanted {
        self.needed(v).of(self.truth[v as usize].lo)
    }

    /// Whether what is known of a target leaves it as open as is asked.
    pub(crate) fn kept(&self, v: u32, known: Bounds) -> bool {
        self.wanted(v).holds(known)
    }

    /// How the attacker fares against the final state, and the targets that he knows too closely; `None` when that
    /// cannot be told.
    pub(crate) fn attack(&mut self) -> Option<(Attack, Vec<u32>)> {
        let mut learned = self.learn_all();
        let targets = learned.len();
        if !self.singles.is_empty()
            && let Some(mut witnesses) = Witnesses::new(self)
        {
            // Of what an outsider comes too close to nobody else is asked.
            let open: BTreeSet<u32> =
                learned.iter().filter(|(v, l)| self.kept(*v, l.bounds)).map(|(v, _)| *v).collect();
            for own in &self.singles {
                let mut doubtful = witnesses.doubtful(self, own);
                doubtful.retain(|v| open.contains(v));
                if !doubtful.is_empty() {
                    learned.extend(self.learned_by(own, &doubtful));
                }
            }
        }
        let mut known: BTreeMap<u32, bool> = BTreeMap::new();
        for (v, l) in learned {
            if !self.kept(v, l.bounds) {
                *known.entry(self.vars[v as usize]).or_default() |= l.bounds.is_exact();
            } else if l.unsolved {
                return None;
            }
        }
        let exact = known.values().filter(|exact| **exact).count();
        let out = Attack { targets, exact, narrow: known.len() - exact };
        Some((out, known.into_keys().collect()))
    }
}
