//! From keys to pairs, each once.

use std::ops::Range;

use rayon::prelude::*;

use super::key::{Parts, mix};
use super::{Atom, Rule};
use crate::{Error, Records};

/// Pairs that one task makes; many enough to be worth a task.
const TASK: u64 = 1 << 16;

/// Keys that a rule may give to a record: all are held in memory.
pub(crate) const MOST_KEYS: usize = 64;

/// Which pairs of registers can hold the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within(Vec<bool>);

impl Within {
    /// Pairs within a register are made only where `may` says that it can hold a person twice.
    pub fn new(may: Vec<bool>) -> Self {
        Self(may)
    }

    /// True if two records of these registers may be of one person.
    pub fn allows(&self, a: u16, b: u16) -> bool {
        a != b || self.0.get(usize::from(a)).copied().unwrap_or(true)
    }
}

/// The records that share a key, one after the other.
#[derive(Debug)]
struct Block {
    order: Vec<u32>,
    groups: Vec<Group>,
    /// Pairs of all groups.
    pairs: u64,
}

/// Records with one key: where they are in the order.
#[derive(Debug)]
struct Group {
    key: u64,
    members: Range<u32>,
}

impl Group {
    fn pairs(&self) -> u64 {
        let n = u64::from(self.members.end - self.members.start);
        n * (n - 1) / 2
    }
}

impl Block {
    fn new(keys: &[Vec<u64>]) -> Self {
        let mut order: Vec<(u64, u32)> = keys
            .iter()
            .flat_map(|keys| keys.iter().zip(0..).filter(|(key, _)| **key != 0).map(|(&key, at)| (key, at)))
            .collect();
        order.par_sort_unstable();
        if keys.len() > 1 {
            order.dedup();
        }
        let mut groups = Vec::new();
        let mut pairs = 0;
        let mut start = 0;
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let n = same.len() as u32;
            if n > 1 {
                let group = Group { key: same[0].0, members: start..start + n };
                pairs += group.pairs();
                groups.push(group);
            }
            start += n;
        }
        Self { order: order.into_iter().map(|(_, at)| at).collect(), groups, pairs }
    }
}

/// How many pairs of records have a key in common.
pub(crate) fn count_pairs(keys: &[Vec<u64>]) -> u64 {
    let [keys] = keys else { return Block::new(keys).pairs };
    let mut keys: Vec<u64> = keys.iter().copied().filter(|key| *key != 0).collect();
    keys.sort_unstable();
    keys.chunk_by(|a, b| a == b).map(|same| (same.len() * (same.len() - 1) / 2) as u64).sum()
}

/// The keys of all rules, those of a record next to each other: whether a pair was made by an earlier rule is
/// asked of every pair.
#[derive(Debug)]
struct Keys {
    /// Where the keys of each rule begin, and where the last ends.
    starts: Vec<usize>,
    /// The rules with several keys a record.
    several: Vec<usize>,
    /// Row by record.
    rows: Vec<u64>,
    /// The lower halves of the keys, which many at a time can be compared.
    halves: Vec<u32>,
}

/// Keys of which the halves are compared at a time.
const LANES: usize = 8;

impl Keys {
    fn new(records: usize, rules: &[Vec<Vec<u64>>]) -> Self {
        let mut starts = vec![0];
        for rule in rules {
            starts.push(starts[starts.len() - 1] + rule.len());
        }
        let width = starts[rules.len()];
        let mut rows = vec![0; records * width];
        for (at, keys) in rules.iter().flatten().enumerate() {
            for (row, &key) in rows.chunks_exact_mut(width.max(1)).zip(keys) {
                row[at] = key;
            }
        }
        let several = (0..rules.len()).filter(|&rule| rules[rule].len() > 1).collect();
        // A half is 0 where there is no key only.
        let halves = rows.iter().map(|&key| if key == 0 { 0 } else { (key as u32).max(1) }).collect();
        Self { starts, several, rows, halves }
    }

    fn row(&self, record: u32) -> &[u64] {
        let width = self.starts[self.starts.len() - 1];
        &self.rows[record as usize * width..][..width]
    }

    /// True if a rule before this one makes the pair of two records too, whose rows are `x` and `y`.
    #[inline]
    fn made_before(&self, rule: usize, (a, b): (u32, u32), x: &[u64], y: &[u64]) -> bool {
        let (before, width) = (self.starts[rule], self.starts[self.starts.len() - 1]);
        let half = |record: u32| &self.halves[record as usize * width..][..before];
        let same = half(a).chunks(LANES).zip(half(b).chunks(LANES)).enumerate().any(|(at, (p, q))| {
            // Without a way out, so that all are compared at once.
            let same = |(p, q): (&u32, &u32)| u8::from(p == q) & u8::from(*p != 0);
            p.iter().zip(q).map(same).fold(0, |any, same| any | same) > 0 && {
                let chunk = at * LANES..(at * LANES + LANES).min(before);
                x[chunk.clone()].iter().zip(&y[chunk]).any(|(a, b)| a == b && *a != 0)
            }
        });
        same || self.several.iter().take_while(|r| **r < rule).any(|&r| self.shared(r, x, y) != 0)
    }

    /// The least key of a rule that two records share; 0 if they share none.
    fn shared(&self, rule: usize, x: &[u64], y: &[u64]) -> u64 {
        let own = self.starts[rule]..self.starts[rule + 1];
        if own.len() == 1 {
            let key = x[own.start];
            return if key == y[own.start] { key } else { 0 };
        }
        let (x, y) = (&x[own.clone()], &y[own]);
        x.iter().copied().filter(|key| *key != 0 && y.contains(key)).min().unwrap_or(0)
    }
}

/// The rules with their blocks: all candidate pairs, without one of them made yet.
#[derive(Debug)]
pub struct Blocks<'a> {
    records: &'a Records,
    within: Within,
    rules: Vec<Rule>,
    of_rules: Vec<Block>,
    keys: Keys,
    /// Pairs are made only if their hash is not above this.
    most: u64,
}

impl<'a> Blocks<'a> {
    /// Blocks of these rules.
    ///
    /// # Errors
    /// When a rule names a field that is not there, or the rules make more than `most` pairs. That is
    /// found out by counting, before any pair is made.
    pub fn new(records: &'a Records, rules: &[Rule], within: Within, most: u64) -> Result<Self, Error> {
        let parts = Parts::new(records, rules.iter().flat_map(|rule| &rule.0));
        Self::of_parts(records, &parts, rules, within, most)
    }

    /// As [`Blocks::new`], from parts that are there already.
    pub(crate) fn of_parts(
        records: &'a Records,
        parts: &Parts,
        rules: &[Rule],
        within: Within,
        most: u64,
    ) -> Result<Self, Error> {
        let (mut blocks, mut all) = (Vec::with_capacity(rules.len()), Vec::with_capacity(rules.len()));
        let mut total = 0_u64;
        for rule in rules {
            if rule.width() > MOST_KEYS {
                return Err(Error::Setting {
                    option: "blocking rule".into(),
                    value: format!("{rule}, which gives {} keys to a record,", rule.width()),
                    allowed: format!(
                        "at most {MOST_KEYS}: the bands of its parts multiplied, and by the fields of either(...); use fewer bands"
                    ),
                });
            }
            let keys = parts.keys(rule).ok_or_else(|| Error::Setting {
                option: "blocking rule".into(),
                value: rule.to_string(),
                allowed: format!("the fields are {}", names(records)),
            })?;
            let block = Block::new(&keys);
            total += block.pairs;
            if total > most {
                return Err(Error::Setting {
                    option: "blocking rule".into(),
                    value: format!(
                        "{rule}, which makes {} pairs ({total} with those before it),",
                        block.pairs
                    ),
                    allowed: format!(
                        "at most {most} pairs are compared; ask that another field agree too, or raise the limit"
                    ),
                });
            }
            blocks.push(block);
            all.push(keys);
        }
        let keys = Keys::new(records.len(), &all);
        Ok(Self { records, within, rules: rules.to_vec(), of_rules: blocks, keys, most: u64::MAX })
    }

    /// Makes only about so large a share of the pairs; of a pair all rules make it or none.
    #[must_use]
    pub(crate) fn sampled(mut self, share: f64) -> Self {
        self.most = (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64;
        self
    }

    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How many pairs each rule makes, those that an earlier rule made too included.
    pub fn counts(&self) -> Vec<u64> {
        self.of_rules.iter().map(|b| b.pairs).collect()
    }

    /// Calls `visit` with every candidate pair `(a, b, rule)` once, `a < b`, and gives what each task made
    /// of its pairs, in an order that does not depend on the threads.
    pub fn visit<T: Send>(
        &self,
        start: impl Fn() -> T + Sync,
        visit: impl Fn(&mut T, u32, u32, usize) + Sync,
    ) -> Vec<T> {
        let registers = self.records.registers();
        let tasks: Vec<(usize, Range<usize>)> =
            self.of_rules.iter().enumerate().flat_map(|(rule, block)| tasks(rule, block)).collect();
        tasks
            .into_par_iter()
            .map(|(rule, groups)| {
                let mut made = start();
                let block = &self.of_rules[rule];
                let several = self.keys.starts[rule + 1] - self.keys.starts[rule] > 1;
                for group in &block.groups[groups] {
                    let members = &block.order[group.members.start as usize..group.members.end as usize];
                    for (i, &first) in members.iter().enumerate() {
                        let x = self.keys.row(first);
                        for &second in &members[i + 1..] {
                            let (a, b) = (first.min(second), first.max(second));
                            let left_out =
                                self.most < u64::MAX && mix(u64::from(a) << 32 | u64::from(b)) > self.most;
                            if left_out || !self.within.allows(registers[a as usize], registers[b as usize]) {
                                continue;
                            }
                            let y = self.keys.row(second);
                            let made_before = self.keys.made_before(rule, (first, second), x, y);
                            // With several keys a record, a pair is made where its least common key is.
                            if !made_before && (!several || self.keys.shared(rule, x, y) == group.key) {
                                visit(&mut made, a, b, rule);
                            }
                        }
                    }
                }
                made
            })
            .collect()
    }

    /// Which of the rules find a pair: one bit each, 64 in a word.
    pub fn found_by(&self, a: u32, b: u32) -> Vec<u64> {
        let (x, y) = (self.keys.row(a), self.keys.row(b));
        let mut bits = vec![0; self.of_rules.len().div_ceil(64)];
        for rule in 0..self.of_rules.len() {
            if self.keys.shared(rule, x, y) != 0 {
                bits[rule / 64] |= 1 << (rule % 64);
            }
        }
        bits
    }
}

/// True if a rule is among those whose bits [`Blocks::found_by`] gave.
pub(crate) fn finds(bits: &[u64], rule: usize) -> bool {
    bits[rule / 64] >> (rule % 64) & 1 == 1
}

/// The parts of fields that the rules are made of, with each record's keys: what is needed to tell which
/// rules find a pair that is only thought of.
pub(crate) struct Atoms {
    atoms: Vec<(Atom, Vec<Vec<u64>>)>,
    /// For each rule its atoms, as bits.
    rules: Vec<u64>,
}

impl Blocks<'_> {
    /// The first 64 atoms of the rules; a rule that has others is left out.
    pub(crate) fn atoms(&self) -> Atoms {
        let mut atoms: Vec<(Atom, Vec<Vec<u64>>)> = Vec::new();
        let mut rules = Vec::new();
        for rule in &self.rules {
            let mut bits = 0_u64;
            for atom in &rule.0 {
                let at = atoms.iter().position(|a| a.0 == *atom).unwrap_or(atoms.len());
                if at == atoms.len() {
                    let keys = atom.fields.iter().filter_map(|f| self.records.column(f));
                    atoms.push((atom.clone(), keys.flat_map(|c| atom.part.keys(c)).collect()));
                }
                bits |= 1_u64.checked_shl(at as u32).unwrap_or(0);
            }
            if atoms.len() <= 64 {
                rules.push(bits);
            }
        }
        Atoms { atoms, rules }
    }
}

impl Atoms {
    /// Which atoms of a field agree in a pair, as bits.
    pub(crate) fn agreeing(&self, field: &str, a: u32, b: u32) -> u64 {
        let (x, y) = (a as usize, b as usize);
        self.atoms
            .iter()
            .enumerate()
            .take(64)
            .filter(|(_, (atom, _))| atom.fields.iter().any(|f| f == field))
            .filter(|(_, (_, keys))| {
                keys.iter().any(|of| of[x] != 0 && keys.iter().any(|other| other[y] == of[x]))
            })
            .fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// True if a rule finds a pair in which these atoms agree.
    pub(crate) fn finds(&self, agreeing: u64) -> bool {
        self.rules.iter().any(|&rule| agreeing | rule == agreeing)
    }
}

/// Runs of groups with about the same number of pairs.
fn tasks(rule: usize, block: &Block) -> Vec<(usize, Range<usize>)> {
    let (mut all, mut start, mut pairs) = (Vec::new(), 0, 0);
    for (at, group) in block.groups.iter().enumerate() {
        pairs += group.pairs();
        if pairs >= TASK {
            all.push((rule, start..at + 1));
            (start, pairs) = (at + 1, 0);
        }
    }
    if start < block.groups.len() {
        all.push((rule, start..block.groups.len()));
    }
    all
}

fn names(records: &Records) -> String {
    records.columns().iter().map(crate::Column::name).collect::<Vec<_>>().join(", ")
}
