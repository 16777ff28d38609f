//! The whole way: from records to persons.

use std::sync::Arc;

use serde::Serialize;

use crate::blocking::{Blocks, Rule, Within, finds};
use crate::cluster::{self, Clusters, Draws};
use crate::comparer;
use crate::diagnostics::Waterfall;
use crate::missed::{self, Missed};
use crate::model::Compiled;
use crate::overlap::{self, Shifts};
use crate::persons::{self, Apart, Persons};
use crate::recipe::{self, Kind};
use crate::run::{self, Candidate};
use crate::variants::Variants;
use crate::{Comparer, Error, Hierarchy, Link, Model, Records, ages, choose, em, encode};

/// How often variants are learnt and the model with them.
const ROUNDS: usize = 2;
/// Share of a register's records that have another of the same person in it, below which it is taken for
/// clean.
const CLEAN: f64 = 0.01;

/// By how much more the weights of all pairs may be off where pairs of compatriots had to be told from those of one
/// person.
const MORE_DOUBT: f64 = 2.0;

/// What to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The model; inferred from the records when not given.
    pub model: Option<Model>,
    /// Which values belong to which, beside those of the model. Without a model fields whose values are in one are
    /// compared by it.
    pub hierarchies: Vec<Hierarchy>,
    /// True if the probabilities of that model are to be kept as they are.
    pub keep: bool,
    /// Blocking rules; chosen from the records when there are none.
    pub rules: Vec<Rule>,
    /// Share of the pairs of one person that any rule which is tried finds that those chosen must find: from 0.5 to
    /// below 1.
    pub recall: f64,
    /// Candidate pairs for each record that the chosen rules may make together, at least 0.1; without a bound when not
    /// given, but that no rule makes more than 20.
    pub pairs_per_record: Option<f64>,
    /// Fields that are not looked at.
    pub leave: Vec<String>,
    /// Which registers have each person once; found out when not given.
    pub clean: Option<Vec<bool>>,
    /// Most candidate pairs, counted before any is made.
    pub most_pairs: u64,
    /// How records are joined.
    pub cluster: cluster::Options,
    /// Draws of the partition.
    pub draws: usize,
    /// Two records, counted from 0, whose weight is to be told step by step.
    pub explain: Option<(u32, u32)>,
    /// What compares the candidate pairs; this process where there is none. The result is the same.
    pub comparer: Option<Arc<dyn Comparer>>,
    /// Seed of all that is drawn.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model: None,
            hierarchies: Vec::new(),
            keep: false,
            rules: Vec::new(),
            recall: 0.998,
            pairs_per_record: None,
            leave: Vec::new(),
            clean: None,
            most_pairs: 2_000_000_000,
            cluster: cluster::Options::default(),
            draws: 200,
            explain: None,
            comparer: None,
            seed: 1,
        }
    }
}

impl Settings {
    /// Checks what is wanted of the blocking rules.
    fn check(&self) -> Result<(), Error> {
        let wrong = |option: &str, value: f64, allowed: &str| {
            Err(Error::Setting { option: option.into(), value: value.to_string(), allowed: allowed.into() })
        };
        if !(0.5..1.0).contains(&self.recall) {
            return wrong("recall", self.recall, "it is from 0.5 to below 1, such as 0.998");
        }
        match self.pairs_per_record {
            Some(pairs) if !(0.1..=10_000.0).contains(&pairs) => {
                wrong("pairs per record", pairs, "it is from 0.1 to 10000, such as 20")
            }
            _ => Ok(()),
        }
    }
}

/// A rule with the candidate pairs that it makes.
#[derive(Debug, Clone, Serialize)]
pub struct RulePairs {
    /// The rule.
    pub rule: String,
    /// Pairs of records with the same key.
    pub pairs: u64,
    /// How many pairs of one person it is expected to find.
    pub finds: f64,
    /// How many of these no other rule finds.
    pub alone: f64,
}

/// What came of it.
#[derive(Debug)]
pub struct Linked {
    /// The records as they were compared.
    pub records: Records,
    /// What each field was taken for.
    pub kinds: Vec<(String, Kind)>,
    /// The model, learnt.
    pub model: Model,
    /// True if the search for it ended because nothing changed any more.
    pub converged: bool,
    /// The rules that made the candidate pairs.
    pub rules: Vec<RulePairs>,
    /// How many candidate pairs were compared.
    pub compared: u64,
    /// Which pairs of registers can hold a person.
    pub within: Within,
    /// Which registers were taken to have each person once.
    pub clean: Vec<bool>,
    /// Pairs of values that were learnt to be written for each other.
    pub variants: usize,
    /// The share of pairs of one person that blocking found.
    pub blocking_recall: Missed,
    /// The pairs worth keeping.
    pub links: Vec<Link>,
    /// The pattern of each link.
    pub patterns: Vec<u64>,
    /// Who is who.
    pub clusters: Clusters,
    /// Draws of who is who.
    pub draws: Draws,
    /// By draw, the records that are alone and yet of a person with others.
    pub lost: Vec<Vec<u32>>,
    /// How many persons there are.
    pub persons: Persons,
    /// How the weight of the pair that was asked for comes about.
    pub explained: Option<Waterfall>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Links records.
///
/// # Errors
/// When there is nothing to link or to compare, a setting names a field that is not there, or the rules make
/// too many pairs.
pub fn link(records: &Records, settings: &Settings, progress: &dyn Fn(&str)) -> Result<Linked, Error> {
    if records.len() < 2 {
        return Err(Error::Records(format!("there are {} records; two can be linked", records.len())));
    }
    if settings.explain.is_some_and(|(a, b)| a == b || a.max(b) as usize >= records.len()) {
        return Err(Error::Records("a pair that is to be explained is of two different records".into()));
    }
    settings.check()?;
    encode::check(records)?;
    let mut notes = Vec::new();
    let leave: Vec<&str> = settings.leave.iter().map(String::as_str).collect();
    let given = settings.model.as_ref();
    let lists: Vec<&str> = given.into_iter().flat_map(recipe::lists_of).collect();
    let recipe = recipe::infer(records.folded_with(&lists), &leave, given, &settings.hierarchies);
    let mut records = recipe.records;
    for (name, kind) in &recipe.kinds {
        match kind {
            Kind::Constant => {
                notes.push(format!("{name}: empty, or one value in all records; it is not compared"));
            }
            Kind::RecordId => {
                notes.push(format!("{name}: a value of its own in each record; it is not compared"));
            }
            _ => {}
        }
    }
    let mut model = settings.model.clone().unwrap_or(recipe.model);
    if model.comparisons.is_empty() {
        return Err(Error::Records(
            "no field can be compared: all are empty, the same in all records, or different in all".into(),
        ));
    }
    if settings.keep && !model.is_learnt() {
        return Err(Error::Records(
            "the model is to be kept as it is, but some of its levels have no m or u".into(),
        ));
    }
    for hierarchy in &settings.hierarchies {
        if model.hierarchies.iter().all(|own| own.name != hierarchy.name) {
            model.hierarchies.push(hierarchy.clone());
        }
    }
    model.start();
    model.check()?;
    ages::fill(&mut records, &model)?;
    if !settings.keep {
        model.between.clear();
    }

    let registers = records.register_names().len();
    let given = settings.clean.clone();
    let mut clean = given.clone().unwrap_or_else(|| vec![false; registers]);
    let mut within = Within::new(clean.iter().map(|c| !c).collect());

    progress("choosing blocking rules");
    let rules = if settings.rules.is_empty() {
        let choice = choose::Choice { atoms: &recipe.atoms, near: &recipe.near };
        let wanted = choose::Wanted { recall: settings.recall, pairs: settings.pairs_per_record };
        choose::choose(&records, &model, choice, &within, wanted, settings.seed)?
    } else {
        settings.rules.clone()
    };
    if rules.is_empty() {
        notes.push("no two records have so much in common that they could be of one person".into());
    }
    let mut blocks = Blocks::new(&records, &rules, within.clone(), settings.most_pairs)?;
    progress("comparing candidate pairs");
    let compiled = Compiled::new(&model, &records)?;
    let mut candidates = match &settings.comparer {
        None => run::candidates(&compiled, &blocks),
        Some(comparer) => comparer::candidates(comparer.as_ref(), (&model, &compiled), &records, &blocks)?,
    };
    let mut random = run::random_pairs(&compiled, &records, &within, run::RANDOM_PAIRS, settings.seed);
    progress("learning the model");
    let learn =
        |model: &mut Model, within: &Within, candidates: &[Candidate], random: &[Candidate], suspect| {
            let likely = run::one_each(&records, within);
            run::learn(model, &records, within, (candidates, 1.0), random, likely, suspect)
        };
    let mut converged = settings.keep;
    let mut variants = Variants::default();
    if !settings.keep {
        converged = learn(&mut model, &within, &candidates, &random, em::SUSPECT);
        if given.is_none() && registers > 1 {
            clean = found_clean(&model, &records, &candidates);
            if clean.contains(&true) {
                within = Within::new(clean.iter().map(|c| !c).collect());
                let names = records.registers();
                let may = |c: &Candidate| within.allows(names[c.a as usize], names[c.b as usize]);
                candidates.retain(may);
                random.retain(may);
                blocks = Blocks::new(&records, &rules, within.clone(), settings.most_pairs)?;
            }
        }
        for _ in 0..ROUNDS {
            variants = Variants::learn(&model, &records, &candidates);
            variants.apply(&model, &records, &mut candidates);
            variants.apply(&model, &records, &mut random);
            converged = learn(&mut model, &within, &candidates, &random, f64::INFINITY);
        }
    }
    if !converged {
        notes.push(
            "the search for the model's probabilities did not settle; look at them before you rely on them"
                .into(),
        );
    }
    progress("scoring pairs");
    let scorer = run::Scorer::new(&model, &compiled, &records, &variants, &candidates);
    let log_odds = scorer.log_odds(&candidates);
    if !settings.keep && overlap::is_to_learn(&records, &within) {
        overlap::learn(&mut model, &records, &within, &candidates, &log_odds);
    }
    let shifts = Shifts::new(&model, &records);
    let (links, patterns) = run::links(&candidates, &log_odds, &shifts, records.registers());
    let explained = settings.explain.map(|pair| Waterfall::of_pair(&model, &records, &scorer, &shifts, pair));
    let blocking_recall = missed::estimate(&model, &records, &blocks, &links, settings.seed);
    let mut options = settings.cluster.clone();
    if !model.alike.is_empty() {
        options.doubt *= MORE_DOUBT;
    }
    progress("joining records into persons");
    let clusters = cluster::cluster(records.registers(), &within, &links, &options);
    progress("drawing partitions");
    let draws = cluster::draw(
        &clusters,
        records.registers(),
        &within,
        &links,
        &options,
        settings.draws,
        settings.seed,
    );
    let says = persons::information(&model, &records);
    let apart = Apart::new(blocking_recall.interval, &links, &clusters.point);
    let (persons, lost) =
        persons::count(&clusters.point, &draws, records.registers(), &says, &apart, settings.seed);
    let rules = what_rules_find(&rules, &blocks, &links);
    drop((blocks, scorer));
    drop(compiled);
    Ok(Linked {
        kinds: recipe.kinds,
        compared: candidates.len() as u64,
        variants: variants.len(),
        records,
        model,
        converged,
        rules,
        within,
        clean,
        blocking_recall,
        links,
        patterns,
        clusters,
        draws,
        lost,
        persons,
        explained,
        notes,
    })
}

/// What each rule finds, by the links.
fn what_rules_find(rules: &[Rule], blocks: &Blocks<'_>, links: &[Link]) -> Vec<RulePairs> {
    let mut found: Vec<RulePairs> = rules
        .iter()
        .zip(blocks.counts())
        .map(|(rule, pairs)| RulePairs { rule: rule.to_string(), pairs, finds: 0.0, alone: 0.0 })
        .collect();
    for link in links {
        let (bits, p) = (blocks.found_by(link.a, link.b), link.probability());
        let only = bits.iter().map(|word| word.count_ones()).sum::<u32>() == 1;
        for (at, rule) in found.iter_mut().enumerate() {
            if finds(&bits, at) {
                rule.finds += p;
                rule.alone += if only { p } else { 0.0 };
            }
        }
    }
    found
}

/// Which registers hold hardly a person twice.
fn found_clean(model: &Model, records: &Records, candidates: &[Candidate]) -> Vec<bool> {
    let weights = crate::weights::Weights::new(model);
    let names = records.registers();
    let mut twice = vec![0.0_f64; records.register_names().len()];
    let mut sizes = vec![0.0_f64; twice.len()];
    for &r in names {
        sizes[usize::from(r)] += 1.0;
    }
    for c in candidates {
        let (a, b) = (names[c.a as usize], names[c.b as usize]);
        if a == b {
            twice[usize::from(a)] += crate::weights::probability(weights.log_odds(c.pattern));
        }
    }
    twice.iter().zip(&sizes).map(|(t, n)| *t < CLEAN * n).collect()
}
