//! A set of blocking rules for a wanted recall at the least cost, learnt from the data.

use rayon::prelude::*;

use crate::blocking::{self, Atom, Blocks, Part, Parts, Rule, Within, finds, mix};
use crate::model::Compiled;
use crate::overlap::Shifts;
use crate::run::{Candidate, Scorer};
use crate::variants::Variants;
use crate::{Error, Link, Model, Records, em, missed, run};

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
/// Keys of a sample that are held at once, half a gigabyte.
const HELD: usize = 1 << 26;
/// Told recall of the cheap parts, by its lower bound, below which the data are so dirty that it is worth it to try those
/// that find near values.
const DIRTY: f64 = 0.95;
/// Rules with parts that find near values, at most.
const MOST_NEAR: usize = 12;
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

/// What is wanted of the rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Share of the pairs of one person found by any rule that those chosen must find.
    pub(crate) recall: f64,
    /// Pairs a record that all of them may make together; without a bound when not given.
    pub(crate) pairs: Option<f64>,
}

/// What rules can be made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    /// Parts that are cheap.
    pub(crate) atoms: &'a [Atom],
    /// Parts that find near values, tried where the cheap ones find too little.
    pub(crate) near: &'a [Atom],
}

/// Rules that were tried on a sample.
struct Tried {
    /// With the pairs that each makes in the sample.
    candidates: Vec<(Rule, f64)>,
    /// The rules that find a pair, as bits, and the probability that it is of one person.
    found: Vec<(Vec<u64>, f64)>,
    /// By rule the places of the pairs that it finds.
    found_by: Vec<Vec<u32>>,
    /// Share of the pairs that was looked at.
    share: f64,
}

/// A sample of the records with what is needed to try rules on it.
struct Sample<'a> {
    all: &'a Records,
    records: Records,
    within: &'a Within,
    seed: u64,
    wanted: Wanted,
}

/// Chooses rules made of these parts of fields.
///
/// # Errors
/// When a field is not there.
pub(crate) fn choose(
    records: &Records,
    model: &Model,
    choice: Choice<'_>,
    within: &Within,
    wanted: Wanted,
    seed: u64,
) -> Result<Vec<Rule>, Error> {
    let keep = sample(records, seed);
    let of_sample = keep.as_ref().map_or_else(|| records.clone(), |keep| records.select(keep));
    let sample = Sample { all: records, records: of_sample, within, seed, wanted };
    let mut parts = Parts::new(&sample.records, choice.atoms);
    let mut model = model.clone();
    let compiled = Compiled::new(&model, &sample.records)?;
    let tried = sample.try_rules(&mut model, &compiled, &parts, possible(choice.atoms), true)?;
    let mut chosen = sample.pick(&tried, &[]);
    if !choice.near.is_empty() && !chosen.is_empty() {
        let blocks = Blocks::of_parts(&sample.records, &parts, &chosen, within.clone(), u64::MAX)?;
        let found = run::candidates(&compiled, &blocks);
        let (links, _) = sample.score(&model, &compiled, &found);
        let missed = missed::estimate(&model, &sample.records, &blocks, &links, seed);
        drop(blocks);
        if missed.interval.0 < DIRTY && missed.interval.1 < wanted.recall {
            let near = Parts::new(records, choice.near);
            parts.extend(match &keep {
                Some(keep) => near.select(keep),
                None => near,
            });
            let mut rules = chosen.clone();
            rules.extend(possible_near(choice));
            let tried = sample.try_rules(&mut model, &compiled, &parts, rules, false)?;
            chosen = sample.pick(&tried, &chosen);
        }
    }
    // Hardly anyone is there twice: the rules that make fewest pairs will show it.
    if chosen.is_empty() {
        chosen.extend(tried.candidates.into_iter().take(FEWEST).map(|c| c.0));
    }
    Ok(chosen)
}

impl Sample<'_> {
    /// A rule makes so many times the pairs among all records that it makes in the sample.
    fn scale(&self) -> f64 {
        (self.all.len() as f64 / self.records.len() as f64).powi(2)
    }

    /// Tries those of the rules that are cheap enough, and learns the model from what they find where asked.
    fn try_rules(
        &self,
        model: &mut Model,
        compiled: &Compiled<'_>,
        parts: &Parts,
        rules: Vec<Rule>,
        learn: bool,
    ) -> Result<Tried, Error> {
        let (n, s) = (self.all.len() as f64, self.records.len() as f64);
        let (most, tried) = self.wanted.pairs.map_or((USE, TRY), |pairs| (pairs, TRY.max(pairs.min(USE))));
        let mut candidates: Vec<(Rule, f64)> = rules
            .into_par_iter()
            .filter_map(|rule| {
                let cost = blocking::count_pairs(&parts.keys(&rule)?) as f64;
                (cost > 0.0 && cost <= tried * s && cost * self.scale() <= most * n).then_some((rule, cost))
            })
            .collect();
        candidates.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        // A rule that another contains finds no pair that the other does not; both are tried, since the
        // larger may be too dear. The keys of all are held at once: the dearest are left out where they are too many.
        let mut held = 0;
        candidates.retain(|(rule, _)| {
            held += rule.width();
            rule.width() == 1 || held * self.records.len() <= HELD
        });
        let rules: Vec<Rule> = candidates.iter().map(|(rule, _)| rule.clone()).collect();
        let made: f64 = candidates.iter().map(|c| c.1).sum();
        // What adds to rules that are there already is seen in fewer pairs.
        let looked_at = if learn { LOOKED_AT } else { LOOKED_AT / 4.0 };
        let share = (looked_at / made.max(1.0)).min(1.0);
        let blocks =
            Blocks::of_parts(&self.records, parts, &rules, self.within.clone(), u64::MAX)?.sampled(share);
        let pairs = run::candidates(compiled, &blocks);
        if learn {
            let random = run::random_pairs(compiled, &self.records, self.within, RANDOM, self.seed);
            let likely = run::one_each(self.all, self.within);
            run::learn(model, &self.records, self.within, (&pairs, share), &random, likely, em::INCREDIBLE);
        }
        let (links, _) = self.score(model, compiled, &pairs);
        let found: Vec<(Vec<u64>, f64)> = links
            .par_iter()
            .filter(|l| l.probability() > 0.5)
            .map(|l| (blocks.found_by(l.a, l.b), l.probability()))
            .collect();
        // Which of the pairs each rule finds.
        let found_by = (0..candidates.len())
            .into_par_iter()
            .map(|rule| (0..).zip(&found).filter(|(_, f)| finds(&f.0, rule)).map(|(at, _)| at).collect())
            .collect();
        Ok(Tried { candidates, found, found_by, share })
    }

    fn score(&self, model: &Model, compiled: &Compiled<'_>, pairs: &[Candidate]) -> (Vec<Link>, Vec<u64>) {
        let none = Variants::default();
        let log_odds = Scorer::new(model, compiled, &self.records, &none, pairs).log_odds(pairs);
        let shifts = Shifts::new(model, &self.records);
        run::links(pairs, &log_odds, &shifts, self.records.registers())
    }

    /// Rules for the wanted recall, one by one: `first`, and then the best for its cost.
    fn pick(&self, tried: &Tried, first: &[Rule]) -> Vec<Rule> {
        let Tried { candidates, found, found_by, share } = tried;
        let n = self.all.len() as f64;
        let pairs =
            |chosen: &[usize]| chosen.iter().map(|&rule| candidates[rule].1 * self.scale()).sum::<f64>();
        // The rule that is best for its cost, each pair counted with its weight.
        let best = |weights: &[f64], chosen: &[usize]| {
            let left = self.wanted.pairs.map_or(f64::INFINITY, |most| most * n - pairs(chosen));
            (0..candidates.len())
                .into_par_iter()
                .filter(|rule| !chosen.contains(rule) && candidates[*rule].1 * self.scale() <= left)
                .map(|rule| {
                    let pairs = found_by[rule].iter().map(|&at| at as usize);
                    let gain: f64 = pairs.map(|at| found[at].1 * weights[at]).sum();
                    (gain, gain / (candidates[rule].1 * self.scale() / n + SORTING), rule)
                })
                .filter(|(gain, _, rule)| *gain > WORTH * share * candidates[*rule].1)
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.2.cmp(&a.2)))
        };
        let total: f64 = found.iter().map(|f| f.1).sum();
        let mut chosen: Vec<usize> =
            first.iter().filter_map(|rule| candidates.iter().position(|c| c.0 == *rule)).collect();
        let is_new =
            |bits: &[u64], chosen: &[usize]| f64::from(u8::from(!chosen.iter().any(|&r| finds(bits, r))));
        let mut weights: Vec<f64> = found.iter().map(|(bits, _)| is_new(bits, &chosen)).collect();
        let mut covered: f64 = found.iter().zip(&weights).map(|((_, p), new)| p * (1.0 - new)).sum();
        let most = MOST.max(chosen.len() + MOST_NEAR);
        while covered < self.wanted.recall * total && chosen.len() < most {
            let Some((gain, _, rule)) = best(&weights, &chosen) else { break };
            covered += gain;
            for ((bits, _), weight) in found.iter().zip(&mut weights) {
                *weight *= f64::from(u8::from(!finds(bits, rule)));
            }
            chosen.push(rule);
        }
        // What one rule misses only other rules can tell, and in a small file more of them cost next to nothing.
        // Pairs that few rules find count for most.
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
        chosen.into_iter().map(|rule| candidates[rule].0.clone()).collect()
    }
}

/// Pairs of a part that finds near values and another whole field, or two that find near values.
fn possible_near(choice: Choice<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (i, near) in choice.near.iter().enumerate() {
        rules.push(Rule(vec![near.clone()]));
        let whole = choice.atoms.iter().filter(|atom| atom.part == Part::Whole);
        for other in whole.chain(&choice.near[i + 1..]) {
            let rule = Rule(vec![near.clone(), other.clone()]);
            if !other.fields.contains(&near.fields[0]) && rule.width() <= blocking::MOST_KEYS {
                rules.push(rule);
            }
        }
    }
    rules
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

/// Some of the records: enough that pairs of one person are among them; `None` for all of them.
fn sample(records: &Records, seed: u64) -> Option<Vec<u32>> {
    let size = (records.len() / 20).clamp(TRIED, MOST_TRIED);
    if records.len() <= size {
        return None;
    }
    let mut order: Vec<(u64, u32)> =
        (0..records.len() as u32).map(|r| (mix(seed.rotate_left(17) ^ mix(u64::from(r) + 1)), r)).collect();
    order.select_nth_unstable(size);
    let mut keep: Vec<u32> = order[..size].iter().map(|o| o.1).collect();
    keep.sort_unstable();
    Some(keep)
}
