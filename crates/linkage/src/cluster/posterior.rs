//! Draws of the partition: which groups belong together is not certain, and so is how many persons there are.
//!
//! The sure groups stay whole. A Gibbs sampler takes each of them out in turn and puts it with one of the
//! others, or leaves it alone, with odds that are the mean log odds of the pairs between: for two groups that
//! is just the probability that they are of one person. Components, between which there is no odds worth the
//! name, are drawn apart, each from a random stream of its own.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::graph::Graph;
use super::{Clusters, Options, Partition, components};
use crate::Link;
use crate::blocking::Within;
use crate::random::{normal, stream, unit};
use crate::weights::probability;

/// Log odds below which two groups are not thought of as one: two in a hundred.
const THINKABLE: f64 = -4.0;
/// How much alike the log odds of pairs between the same two groups are, as a correlation. `n` such pairs
/// say as much as `n / (1 + (n − 1) ρ)` that have nothing to do with each other (Kish 1965).
const ALIKE: f64 = 0.5;
/// Sweeps before the first draw and between draws.
const BURN_IN: usize = 20;
const BETWEEN: usize = 2;

/// Partitions that are all plausible.
#[derive(Debug)]
pub struct Draws {
    /// The group of each sure group, by draw; for groups that are certain, what they are in the point
    /// partition.
    base: Partition,
    /// What differs: for each draw the uncertain sure groups with the one they are put with.
    changes: Vec<Vec<(u32, u32)>>,
    /// For each sure group its label where no draw changes it.
    labels: Vec<u32>,
    /// Persons of the point partition.
    of_point: usize,
}

impl Draws {
    /// How many draws there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many persons there are in a draw.
    pub(crate) fn persons(&self, draw: usize) -> usize {
        let mut labels: Vec<u32> = self.changes[draw].iter().map(|c| c.1).collect();
        labels.sort_unstable();
        labels.dedup();
        self.settled() + labels.len()
    }

    /// Persons that no draw changes.
    fn settled(&self) -> usize {
        let open = self.changes.first().map_or(0, |changes| {
            let mut persons: Vec<u32> = changes.iter().map(|c| self.labels[c.0 as usize]).collect();
            persons.sort_unstable();
            persons.dedup();
            persons.len()
        });
        self.of_point - open
    }

    /// The records that are alone in every draw, and by draw those that are alone in it and not in every.
    pub(crate) fn alone(&self) -> (Vec<u32>, Vec<Vec<u32>>) {
        let sizes = self.base.sizes();
        let mut record_of = vec![0_u32; sizes.len()];
        for (&group, record) in self.base.person.iter().zip(0..) {
            record_of[group as usize] = record;
        }
        let mut settled = vec![true; sizes.len()];
        for &(group, _) in self.changes.first().into_iter().flatten() {
            settled[group as usize] = false;
        }
        let mut of_label = vec![0_u32; sizes.len()];
        for &label in &self.labels {
            of_label[label as usize] += 1;
        }
        let always = (0..sizes.len())
            .filter(|&g| settled[g] && sizes[g] == 1 && of_label[self.labels[g] as usize] == 1)
            .map(|g| record_of[g])
            .collect();
        let in_draw = self
            .changes
            .par_iter()
            .map(|changes| {
                let mut labels: Vec<u32> = changes.iter().map(|c| c.1).collect();
                labels.sort_unstable();
                let held = |label: u32| {
                    labels.partition_point(|&l| l <= label) - labels.partition_point(|&l| l < label)
                };
                let alone = changes.iter().filter(|(g, label)| sizes[*g as usize] == 1 && held(*label) == 1);
                alone.map(|(group, _)| record_of[*group as usize]).collect()
            })
            .collect();
        (always, in_draw)
    }

    /// The partition of one draw.
    pub fn partition(&self, draw: usize) -> Partition {
        let mut labels = self.labels.clone();
        for &(group, label) in &self.changes[draw] {
            labels[group as usize] = label;
        }
        let of_record: Vec<u32> = self.base.person.iter().map(|&g| labels[g as usize]).collect();
        Partition::of_labels(&of_record)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Between {
    sum: f64,
    links: u32,
}

impl Draws {
    /// For each record the share of draws in which it is with the largest sure group of its person.
    pub fn probabilities(&self, clusters: &Clusters) -> Vec<f64> {
        let sizes = clusters.sure.sizes();
        let mut person = vec![0_u32; sizes.len()];
        for (&group, &p) in clusters.sure.person.iter().zip(&clusters.point.person) {
            person[group as usize] = p;
        }
        let mut core = vec![u32::MAX; clusters.point.persons];
        for (group, &p) in (0..).zip(&person) {
            let core = &mut core[p as usize];
            if *core == u32::MAX || sizes[group as usize] > sizes[*core as usize] {
                *core = group;
            }
        }
        let mut apart = vec![0_u32; sizes.len()];
        let mut labels = self.labels.clone();
        for changes in &self.changes {
            for &(group, label) in changes {
                labels[group as usize] = label;
            }
            for &(group, label) in changes {
                let core = core[person[group as usize] as usize];
                apart[group as usize] += u32::from(labels[core as usize] != label);
            }
        }
        let draws = self.changes.len().max(1) as f64;
        clusters.sure.person.iter().map(|&g| 1.0 - f64::from(apart[g as usize]) / draws).collect()
    }
}

/// The sure groups with what is between them.
struct Groups<'a> {
    sizes: Vec<u32>,
    registers: Vec<Vec<u16>>,
    near: Vec<BTreeMap<u32, Between>>,
    options: &'a Options,
}

impl Groups<'_> {
    fn mean(&self, a: u32, b: u32, between: Between) -> f64 {
        let pairs = f64::from(self.sizes[a as usize]) * f64::from(self.sizes[b as usize]);
        (between.sum + self.options.unseen * (pairs - f64::from(between.links))) / pairs
    }

    /// The log odds that two groups with so many pairs between them are of one person.
    fn odds(&self, pairs: f64, between: Between) -> f64 {
        let unseen = self.options.unseen * (pairs - f64::from(between.links));
        (between.sum + unseen) / (1.0 + (pairs - 1.0) * ALIKE)
    }
}

/// Draws partitions.
pub fn draw(
    clusters: &Clusters,
    registers: &[u16],
    within: &Within,
    links: &[Link],
    options: &Options,
    draws: usize,
    seed: u64,
) -> Draws {
    let groups = gather(clusters, registers, within, links, options);
    let n = groups.sizes.len();
    // The point partition by sure group.
    let mut labels = vec![0_u32; n];
    for (&group, &person) in clusters.sure.person.iter().zip(&clusters.point.person) {
        labels[group as usize] = person;
    }
    let edges: Vec<Link> = (0..n as u32)
        .flat_map(|a| {
            let groups = &groups;
            groups.near[a as usize].range(a + 1..).map(move |(&b, &between)| Link {
                a,
                b,
                log_odds: groups.mean(a, b, between) as f32,
            })
        })
        .filter(|l| f64::from(l.log_odds) > THINKABLE || labels[l.a as usize] == labels[l.b as usize])
        .collect();
    let graph = Graph::new(n, &edges);
    // The same for all components: what is wrong with the model is wrong everywhere.
    let mut rng = stream(seed, 1 << 42);
    let errors: Vec<f64> = (0..draws).map(|_| options.doubt * normal(&mut rng)).collect();
    let found: Vec<(Vec<u32>, Vec<u32>)> = components::components(&graph, f64::NEG_INFINITY)
        .into_par_iter()
        .map(|members| {
            let made = match members[..] {
                [a, b] => pair(a, b, &groups, &errors, seed),
                _ => chain(&members, &groups, &graph, &labels, &errors, seed),
            };
            (members, made)
        })
        .collect();
    // Labels of components must not meet: the label is that of a member group.
    let of_draw = |draw: usize| {
        let mut changes = Vec::with_capacity(found.iter().map(|(members, _)| members.len()).sum());
        for (members, made) in &found {
            let own = &made[draw * members.len()..][..members.len()];
            changes.extend(members.iter().copied().zip(own.iter().copied()));
        }
        changes
    };
    let changes: Vec<Vec<(u32, u32)>> = (0..draws).into_par_iter().map(of_draw).collect();
    let first_of: Vec<u32> = first_groups(&labels);
    let labels = labels.iter().map(|&person| first_of[person as usize]).collect();
    Draws { base: clusters.sure.clone(), changes, labels, of_point: clusters.point.persons }
}

/// The first sure group of each person.
fn first_groups(labels: &[u32]) -> Vec<u32> {
    let mut first = vec![u32::MAX; labels.iter().map(|&l| l as usize + 1).max().unwrap_or(0)];
    for (group, &person) in (0..).zip(labels) {
        let first = &mut first[person as usize];
        *first = group.min(*first);
    }
    first
}

fn gather<'a>(
    clusters: &Clusters,
    registers: &[u16],
    within: &Within,
    links: &[Link],
    options: &'a Options,
) -> Groups<'a> {
    let group = &clusters.sure.person;
    let n = clusters.sure.persons;
    let mut near: Vec<BTreeMap<u32, Between>> = vec![BTreeMap::new(); n];
    let mut ordered: Vec<&Link> = links.iter().collect();
    ordered.par_sort_unstable_by_key(|l| (l.a, l.b));
    for link in ordered {
        let (a, b) = (group[link.a as usize], group[link.b as usize]);
        if a != b {
            for (a, b) in [(a, b), (b, a)] {
                let between = near[a as usize].entry(b).or_default();
                between.sum += f64::from(link.log_odds);
                between.links += 1;
            }
        }
    }
    let mut own = vec![Vec::new(); n];
    for (&g, &register) in group.iter().zip(registers) {
        if !within.allows(register, register) {
            own[g as usize].push(register);
        }
    }
    Groups { sizes: clusters.sure.sizes(), registers: own, near, options }
}

fn stream_of(group: u32, seed: u64) -> ChaCha8Rng {
    stream(seed, u64::from(group) + 1)
}

/// As [`chain`], for two groups: either they are one or not, and each draw can be made at once.
fn pair(a: u32, b: u32, groups: &Groups<'_>, errors: &[f64], seed: u64) -> Vec<u32> {
    let mut rng = stream_of(a, seed);
    let (of_a, of_b) = (&groups.registers[a as usize], &groups.registers[b as usize]);
    let may = of_a.iter().all(|register| !of_b.contains(register));
    let pairs = f64::from(groups.sizes[a as usize]) * f64::from(groups.sizes[b as usize]);
    let odds = groups.odds(pairs, groups.near[a as usize].get(&b).copied().unwrap_or_default());
    let one = |error: &f64| {
        let joined = may && unit(&mut rng) < probability(odds + error);
        [a, if joined { a } else { b }]
    };
    errors.iter().flat_map(one).collect()
}

/// For each draw, one after the other, the group that each member is put with, as one of them.
fn chain(
    members: &[u32],
    groups: &Groups<'_>,
    graph: &Graph,
    labels: &[u32],
    errors: &[f64],
    seed: u64,
) -> Vec<u32> {
    let draws = errors.len();
    let mut rng = stream_of(members[0], seed);
    // By member the other members that there is something between, with what.
    let near: Vec<Vec<(u32, Between)>> = members
        .iter()
        .map(|&group| {
            let of = |&(other, _): &(u32, f32)| {
                let at = members.binary_search(&other).ok()?;
                Some((at as u32, *groups.near[group as usize].get(&other)?))
            };
            graph.near(group).iter().filter_map(of).collect()
        })
        .collect();
    // The state: for each member its cluster, a number below that of the members.
    let mut names: BTreeMap<u32, u32> = BTreeMap::new();
    let mut state: Vec<u32> = members
        .iter()
        .map(|&g| {
            let next = names.len() as u32;
            *names.entry(labels[g as usize]).or_insert(next)
        })
        .collect();
    let mut sizes = vec![0_u32; members.len()];
    let mut held: Vec<Vec<u16>> = vec![Vec::new(); members.len()];
    for (&g, &c) in members.iter().zip(&state) {
        sizes[c as usize] += groups.sizes[g as usize];
        held[c as usize].extend(&groups.registers[g as usize]);
    }
    let mut free: Vec<u32> = (names.len() as u32..members.len() as u32).rev().collect();
    let mut made = Vec::with_capacity(draws * members.len());
    let mut first = vec![u32::MAX; members.len()];
    // What is between a group and each cluster, and the clusters that there is something with.
    let mut between: Vec<Between> = vec![Between::default(); members.len()];
    let mut touched: Vec<u32> = Vec::new();
    let mut choices: Vec<(u32, f64)> = Vec::new();
    for sweep in 0..BURN_IN + BETWEEN * draws {
        let error = errors[sweep.saturating_sub(BURN_IN) / BETWEEN];
        for at in 0..members.len() {
            let group = members[at];
            let own = state[at] as usize;
            sizes[own] -= groups.sizes[group as usize];
            if sizes[own] == 0 {
                free.push(own as u32);
            }
            for register in &groups.registers[group as usize] {
                if let Some(i) = held[own].iter().position(|r| r == register) {
                    held[own].swap_remove(i);
                }
            }
            touched.clear();
            for &(other, found) in &near[at] {
                let c = state[other as usize];
                let all = &mut between[c as usize];
                if all.links == 0 {
                    touched.push(c);
                }
                all.sum += found.sum;
                all.links += found.links;
            }
            touched.sort_unstable();
            choices.clear();
            let size = f64::from(groups.sizes[group as usize]);
            for &c in &touched {
                let all = std::mem::take(&mut between[c as usize]);
                if groups.registers[group as usize].iter().any(|r| held[c as usize].contains(r)) {
                    continue;
                }
                let odds = groups.odds(size * f64::from(sizes[c as usize]), all) + error;
                choices.push((c, odds.min(500.0).exp()));
            }
            let empty = free.last().copied().unwrap_or(own as u32);
            choices.push((empty, 1.0));
            let total: f64 = choices.iter().map(|c| c.1).sum();
            let mut u = unit(&mut rng) * total;
            let chosen = choices
                .iter()
                .find(|c| {
                    u -= c.1;
                    u < 0.0
                })
                .map_or(empty, |c| c.0);
            if chosen == empty {
                free.pop();
            }
            state[at] = chosen;
            sizes[chosen as usize] += groups.sizes[group as usize];
            held[chosen as usize].extend(&groups.registers[group as usize]);
        }
        if sweep >= BURN_IN && (sweep - BURN_IN) % BETWEEN == BETWEEN - 1 {
            first.fill(u32::MAX);
            for (&group, &c) in members.iter().zip(&state) {
                first[c as usize] = first[c as usize].min(group);
            }
            made.extend(state.iter().map(|&c| first[c as usize]));
        }
    }
    made
}
