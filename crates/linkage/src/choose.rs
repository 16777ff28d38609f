//! A set of blocking rules for a wanted recall at the least cost, learnt from the data.

use rayon::prelude::*;

use crate::blocking::{self, Atom, Blocks, Part, Parts, Rule, Within, mix};
use crate::model::Compiled;
use crate::run::Scorer;
use crate::variants::Variants;
use crate::{Error, Model, Records, em, run};

/// Records that rules are tried on, at least and at most.
const TRIED: usize = 12_000;
const MOST_TRIED: usize = 100_000;
/// Pairs a record that a rule may make to be tried, and later to be used.
const TRY: f64 = 6.0;
const USE: f64 = 20.0;
/// Pairs of one person that a rule must newly find, as a share of the pairs that it makes.
const WORTH: f64 = 0.001;
/// Pairs drawn at random.
const RANDOM: u64 = 200_000;
/// Pairs that are looked at, those that several rules make counted as often.
const LOOKED_AT: f64 = 2e6;
/// Share of the pairs of one person found by any rule that those chosen must find.
const WANTED: f64 = 0.998;
/// Most rules, and least where any finds pairs of one person.
const MOST: usize = 40;
const LEAST: usize = 5;
/// Pairs a record up to which rules are added, and their number then.
const CHEAP: f64 = 5.0;
const ENOUGH: usize = 16;
/// Rules that are used when none finds a pair of one person.
const FEWEST: usize = 8;
/// What a rule costs however few pairs it makes, in pairs a record.
const SORTING: f64 = 1.0;

/// Chooses rules made of these parts of fields.
///
/// # Errors
/// When a field is not there.
pub(crate) fn choose(
    records: &Records,
    model: &Model,
    atoms: &[Atom],
    within: &Within,
    seed: u64,
) -> Result<Vec<Rule>, Error> {
    let sample = sample(records, seed);
    let (n, s) = (records.len() as f64, sample.len() as f64);
    // A rule makes (n/s)² times the pairs among all records that it makes in the sample.
    let scale = (n / s).powi(2);
    let parts = Parts::new(&sample, atoms);
    let mut candidates: Vec<(Rule, f64)> = possible(atoms)
        .into_par_iter()
        .filter_map(|rule| {
            let cost = blocking::count_pairs(&parts.keys(&rule)?) as f64;
            (cost > 0.0 && cost <= TRY * s && cost * scale <= USE * n).then_some((rule, cost))
        })
        .collect();
    candidates.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    // A rule that another contains finds no pair that the other does not; both are tried, since the
    // larger may be too dear.
    let rules: Vec<Rule> = candidates.iter().map(|(rule, _)| rule.clone()).collect();
    let made: f64 = candidates.iter().map(|c| c.1).sum();
    let share = (LOOKED_AT / made.max(1.0)).min(1.0);
    let blocks = Blocks::of_parts(&sample, &parts, &rules, within.clone(), u64::MAX)?.sampled(share);
    let (mut model, none) = (model.clone(), Variants::default());
    let compiled = Compiled::new(&model, &sample)?;
    let pairs = run::candidates(&compiled, &blocks);
    let random = run::random_pairs(&compiled, &sample, within, RANDOM, seed);
    let likely = run::one_each(records, within);
    run::learn(&mut model, &sample, within, (&pairs, share), &random, likely, em::INCREDIBLE);
    let (links, _) = run::score(&Scorer::new(&model, &compiled, &sample, &none, &pairs), &pairs);
    let found: Vec<(Vec<u64>, f64)> = links
        .par_iter()
        .filter(|l| l.probability() > 0.5)
        .map(|l| (blocks.found_by(l.a, l.b), l.probability()))
        .collect();
    let total: f64 = found.iter().map(|f| f.1).sum();
    let finds = |bits: &[u64], rule: usize| bits[rule / 64] >> (rule % 64) & 1 == 1;
    // Which of the pairs each rule finds.
    let pairs_of: Vec<Vec<u32>> = (0..rules.len())
        .into_par_iter()
        .map(|rule| (0..).zip(&found).filter(|(_, (bits, _))| finds(bits, rule)).map(|(at, _)| at).collect())
        .collect();
    // The rule that is best for its cost, each pair counted with its weight.
    let best = |weights: &[f64], chosen: &[usize]| {
        (0..rules.len())
            .into_par_iter()
            .filter(|rule| !chosen.contains(rule))
            .map(|rule| {
                let gain: f64 =
                    pairs_of[rule].iter().map(|&at| found[at as usize].1 * weights[at as usize]).sum();
                (gain, gain / (candidates[rule].1 * scale / n + SORTING), rule)
            })
            .filter(|(gain, _, rule)| *gain > WORTH * share * candidates[*rule].1)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.2.cmp(&a.2)))
    };
    let mut weights = vec![1.0; found.len()];
    let (mut chosen, mut covered) = (Vec::new(), 0.0);
    while covered < WANTED * total && chosen.len() < MOST {
        let Some((gain, _, rule)) = best(&weights, &chosen) else { break };
        covered += gain;
        for ((bits, _), weight) in found.iter().zip(&mut weights) {
            *weight *= f64::from(u8::from(!finds(bits, rule)));
        }
        chosen.push(rule);
    }
    // What one rule misses only other rules can tell, and in a small file more of them cost next to nothing.
    // Pairs that few rules find count for most.
    let pairs = |chosen: &[usize]| chosen.iter().map(|&rule| candidates[rule].1 * scale).sum::<f64>();
    while !chosen.is_empty()
        && (chosen.len() < LEAST || (pairs(&chosen) < CHEAP * n && chosen.len() < ENOUGH))
    {
        for ((bits, _), weight) in found.iter().zip(&mut weights) {
            let by = chosen.iter().filter(|&&rule| finds(bits, rule)).count() as f64;
            *weight = 1.0 / (1.0 + by).powi(3);
        }
        let Some((_, _, rule)) = best(&weights, &chosen) else { break };
        chosen.push(rule);
    }
    let mut chosen: Vec<Rule> = chosen.into_iter().map(|rule| rules[rule].clone()).collect();
    // Hardly anyone is there twice: the rules that make fewest pairs will show it.
    if chosen.is_empty() {
        chosen.extend(rules.into_iter().take(FEWEST));
    }
    Ok(chosen)
}

/// All single parts and pairs of parts of two fields.
fn possible(atoms: &[Atom]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (i, a) in atoms.iter().enumerate() {
        if !matches!(a.part, Part::Year) {
            rules.push(Rule(vec![a.clone()]));
        }
        for b in &atoms[i + 1..] {
            if a.fields.iter().all(|f| !b.fields.contains(f)) {
                rules.push(Rule(vec![a.clone(), b.clone()]));
            }
        }
    }
    rules
}

/// Some of the records: enough that pairs of one person are among them.
fn sample(records: &Records, seed: u64) -> Records {
    let size = (records.len() / 20).clamp(TRIED, MOST_TRIED);
    if records.len() <= size {
        return records.clone();
    }
    let mut order: Vec<(u64, u32)> =
        (0..records.len() as u32).map(|r| (mix(seed.rotate_left(17) ^ mix(u64::from(r) + 1)), r)).collect();
    order.select_nth_unstable(size);
    let mut keep: Vec<u32> = order[..size].iter().map(|o| o.1).collect();
    keep.sort_unstable();
    records.select(&keep)
}
