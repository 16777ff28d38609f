//! Average linkage within a component.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Options;
use super::components::root;
use super::graph::Graph;
use crate::blocking::Within;
use crate::hashing::Table;

/// A join that may be made, as it was when it was put in the queue.
struct Join {
    mean: f64,
    a: u32,
    b: u32,
    /// How often each of both had been joined then.
    ages: (u32, u32),
}

impl Ord for Join {
    /// The largest mean first, then the first records.
    fn cmp(&self, other: &Self) -> Ordering {
        self.mean.total_cmp(&other.mean).then_with(|| (other.a, other.b).cmp(&(self.a, self.b)))
    }
}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Join {}

/// Sum and number of the links between two groups.
#[derive(Clone, Copy, Default)]
struct Between {
    sum: f64,
    links: u32,
}

struct Group {
    size: u32,
    age: u32,
    registers: Vec<u16>,
    near: Table<u32, Between>,
}

/// For each member: itself, the first record of its person and that of its sure group.
pub(super) fn component(
    members: &[u32],
    graph: &Graph,
    registers: &[u16],
    within: &Within,
    options: &Options,
) -> Vec<(u32, u32, u32)> {
    if let [a, b] = *members {
        let odds = graph.near(a).iter().find(|(other, _)| *other == b).map_or(options.unseen, |l| l.1.into());
        let may = within.allows(registers[a as usize], registers[b as usize]);
        let with = |from: f64| if may && odds > from { a } else { b };
        return vec![(a, a, a), (b, with(options.join), with(options.sure))];
    }
    let mut groups = groups(members, graph, registers, within);
    let mut queue: BinaryHeap<Join> = BinaryHeap::new();
    for a in 0..members.len() as u32 {
        for (&b, between) in groups[a as usize].near.iter().filter(|(b, _)| **b > a) {
            let join = join(&groups, a, b, *between, options);
            if join.mean > options.join && may_join(&groups, a, b) {
                queue.push(join);
            }
        }
    }
    let mut parent: Vec<u32> = (0..members.len() as u32).collect();
    let mut sure: Option<Vec<u32>> = None;
    while let Some(Join { mean, a, b, ages }) = queue.pop() {
        if ages != (groups[a as usize].age, groups[b as usize].age) {
            continue;
        }
        if mean <= options.sure && sure.is_none() {
            sure = Some(parent.clone());
        }
        merge(&mut groups, a, b);
        parent[b as usize] = a;
        for (&other, between) in &groups[a as usize].near {
            let join = join(&groups, a.min(other), a.max(other), *between, options);
            if join.mean > options.join && may_join(&groups, a, other) {
                queue.push(join);
            }
        }
    }
    let mut sure = sure.unwrap_or_else(|| parent.clone());
    (0..members.len() as u32)
        .map(|i| {
            let (point, sure) = (root(&mut parent, i), root(&mut sure, i));
            (members[i as usize], members[point as usize], members[sure as usize])
        })
        .collect()
}

fn groups(members: &[u32], graph: &Graph, registers: &[u16], within: &Within) -> Vec<Group> {
    members
        .iter()
        .map(|&record| {
            let mut near: Table<u32, Between> = Table::default();
            for &(other, odds) in graph.near(record) {
                if let Ok(at) = members.binary_search(&other) {
                    near.entry(at as u32).or_insert(Between { sum: odds.into(), links: 1 });
                }
            }
            let register = registers[record as usize];
            let registers = if within.allows(register, register) { Vec::new() } else { vec![register] };
            Group { size: 1, age: 0, registers, near }
        })
        .collect()
}

fn join(groups: &[Group], a: u32, b: u32, between: Between, options: &Options) -> Join {
    let (x, y) = (&groups[a as usize], &groups[b as usize]);
    let pairs = f64::from(x.size) * f64::from(y.size);
    let mean = (between.sum + options.unseen * (pairs - f64::from(between.links))) / pairs;
    Join { mean, a, b, ages: (x.age, y.age) }
}

/// False if both groups have a record of the same clean register.
fn may_join(groups: &[Group], a: u32, b: u32) -> bool {
    let (x, y) = (&groups[a as usize].registers, &groups[b as usize].registers);
    !x.iter().any(|register| y.contains(register))
}

/// Puts group `b` into group `a`.
fn merge(groups: &mut [Group], a: u32, b: u32) {
    let near = std::mem::take(&mut groups[b as usize].near);
    let registers = std::mem::take(&mut groups[b as usize].registers);
    let size = groups[b as usize].size;
    groups[b as usize].age = u32::MAX;
    for (other, between) in near {
        groups[other as usize].near.remove(&b);
        if other == a {
            continue;
        }
        let whole = groups[a as usize].near.entry(other).or_default();
        whole.sum += between.sum;
        whole.links += between.links;
        let whole = *whole;
        groups[other as usize].near.insert(a, whole);
    }
    let group = &mut groups[a as usize];
    group.size += size;
    group.age += 1;
    group.registers.extend(registers);
}
