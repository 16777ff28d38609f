//! Who knows amounts of his own: the only one, or one of few, whose amount a cell is.
//!
//! He attacks like an outsider to whom his cells are published. There may be hundreds of such attackers, and for each of them
//! nearly all targets are as safe as they are for an outsider. So each target keeps *witnesses*: changes of the table
//! that move it. Those that leave an attacker's own cells as they are hold for him as well; only where there are none is he
//! given a search of his own.

use crate::changes::Changes;
use crate::gate::{WAYS, missing};
use crate::part::Part;
use crate::space::Space;

/// A change of the table: how far the target moves, and all variables that move, sorted.
struct Witness {
    by: f64,
    moved: Vec<u32>,
}

/// The witnesses of all targets of a part. They stay true when more is hidden.
pub(crate) struct Witnesses {
    targets: Vec<u32>,
    /// The witnesses of each target.
    of: Vec<Vec<Witness>>,
    /// For each variable the targets of which a witness moves it, with repetitions.
    users: Vec<Vec<usize>>,
    /// Targets that an outsider comes too close to, as far as the search can tell.
    lost: Vec<usize>,
    changes: Changes,
    space: Space,
    class_of: Vec<u32>,
    /// The variables of each class.
    members: Vec<Vec<u32>>,
}

impl Witnesses {
    /// Seeks witnesses for all targets of a part of which the counts decide all values: `None` where they do not.
    pub(crate) fn new(part: &Part) -> Option<Self> {
        let targets = part.targets();
        let mut out = Self {
            of: targets.iter().map(|_| Vec::new()).collect(),
            targets,
            users: vec![Vec::new(); part.vars.len()],
            lost: Vec::new(),
            changes: Changes::within(&Space::default()),
            space: Space::default(),
            class_of: Vec::new(),
            members: Vec::new(),
        };
        out.lost = (0..out.targets.len()).collect();
        out.renew(part)?;
        Some(out)
    }

    /// Takes in what is hidden now, after more was hidden.
    pub(crate) fn renew(&mut self, part: &Part) -> Option<()> {
        let puzzle = part.puzzle_of_hidden(&[])?;
        self.space = Space::new(&puzzle);
        self.changes = Changes::within(&self.space);
        self.members = vec![Vec::new(); puzzle.len()];
        for (v, &class) in puzzle.class_of.iter().enumerate() {
            if class != u32::MAX {
                self.members[class as usize].push(v as u32);
            }
        }
        self.class_of = puzzle.class_of;
        let lost = std::mem::take(&mut self.lost);
        self.lost = lost.into_iter().filter(|&t| !self.seek(part, t, &[])).collect();
        Some(())
    }

    /// The targets that one who knows the variables `own` may come too close to. He is not asked of the sums that he is in: what
    /// those who are in a sum may learn of each other its own rule says.
    pub(crate) fn doubtful(&mut self, part: &Part, own: &[u32]) -> Vec<u32> {
        let within = part.sums_of(own);
        // What an outsider knows he knows as well.
        let mut out = self.lost.clone();
        let mut asked: Vec<usize> =
            own.iter().flat_map(|&v| self.users[v as usize].iter().copied()).collect();
        asked.sort_unstable();
        asked.dedup();
        let classes: Vec<u32> =
            own.iter().map(|&v| self.class_of[v as usize]).filter(|&c| c != u32::MAX).collect();
        for &c in &classes {
            self.changes.allow(c, false);
        }
        for t in asked {
            if !within.contains(&self.targets[t]) && !self.is_open(part, t, own) && !self.seek(part, t, own) {
                out.push(t);
            }
        }
        for &c in &classes {
            self.changes.allow(c, true);
        }
        out.sort_unstable();
        out.dedup();
        let out = out.into_iter().map(|t| self.targets[t]).filter(|v| !within.contains(v));
        out.collect()
    }

    /// What a target was seen to move to, by witnesses that leave the variables `own` as they are.
    fn seen(&self, t: usize, own: &[u32]) -> (f64, f64) {
        let class = self.class_of[self.targets[t] as usize];
        let value = self.space.table.get(class as usize).copied().unwrap_or_default();
        let free = |w: &&Witness| own.iter().all(|v| w.moved.binary_search(v).is_err());
        self.of[t]
            .iter()
            .filter(free)
            .fold((value, value), |(low, high), w| (low.min(value + w.by), high.max(value + w.by)))
    }

    fn is_open(&self, part: &Part, t: usize, own: &[u32]) -> bool {
        part.reach().wide(self.seen(t, own), part.wanted(self.targets[t]))
    }

    /// Seeks witnesses of a target in which the variables `own` stay as they are, which the changes do not allow to move.
    /// Whether there are enough.
    fn seek(&mut self, part: &Part, t: usize, own: &[u32]) -> bool {
        let class = self.class_of[self.targets[t] as usize];
        if class == u32::MAX || own.iter().any(|&v| self.class_of[v as usize] == class) {
            return false;
        }
        let wanted = part.wanted(self.targets[t]);
        for way in WAYS {
            if self.is_open(part, t, own) {
                break;
            }
            let seen = self.seen(t, own);
            let Some(by) = missing(&self.space, class as usize, way, seen, wanted) else { continue };
            let Some((_, change)) = self.changes.cheapest(class, by) else { continue };
            let mut moved: Vec<u32> = change
                .iter()
                .flat_map(|(c, _)| self.members.get(*c as usize).into_iter().flatten().copied())
                .collect();
            moved.sort_unstable();
            for &v in &moved {
                self.users[v as usize].push(t);
            }
            self.of[t].push(Witness { by, moved });
        }
        self.is_open(part, t, own)
    }
}
