//! How many pairs of one person blocking missed.
//!
//! Two ways, and the interval spans both. (1) By the model: two records of one person are drawn with what
//! fields they have and how these agree, from the m-probabilities and from how the parts of fields agree at
//! each level among the pairs that were found; the share that no rule finds is counted. (2) By
//! capture–recapture: each rule is a list, each pair of one person is caught by some; with `f₁` caught by one
//! rule only and `f₂` by two, at least `f₁² / 2f₂` were caught by none (Chao 1987).

use serde::Serialize;

use crate::blocking::Blocks;
use crate::random::{below, stream};
use crate::{Link, Model, Records};

/// Pairs that are drawn.
const DRAWN: usize = 20_000;
/// Pairs of one person that are looked at.
const LOOKED_AT: usize = 50_000;

/// The share of pairs of one person that blocking found.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Missed {
    /// By the model.
    pub point: f64,
    /// From the lower of both ways less two standard errors to the higher plus two.
    pub interval: (f64, f64),
    /// By the model, and by capture–recapture.
    pub by_model: f64,
    /// See above.
    pub by_recapture: f64,
}

/// Estimates it from the links.
pub(crate) fn estimate(
    model: &Model,
    records: &Records,
    blocks: &Blocks<'_>,
    links: &[Link],
    seed: u64,
) -> Missed {
    let sure: Vec<&Link> = links.iter().filter(|l| l.log_odds > 0.0).collect();
    let step = (sure.len() / LOOKED_AT).max(1);
    let looked: Vec<&&Link> = sure.iter().step_by(step).collect();
    if looked.is_empty() {
        return Missed { point: 0.0, interval: (0.0, 1.0), by_model: 0.0, by_recapture: 0.0 };
    }
    let (mut once, mut twice, mut all) = (0.0, 0.0, 0.0);
    for link in &looked {
        let p = link.probability();
        let rules: u32 = blocks.found_by(link.a, link.b).iter().map(|word| word.count_ones()).sum();
        all += p;
        once += if rules == 1 { p } else { 0.0 };
        twice += if rules == 2 { p } else { 0.0 };
    }
    let by_recapture = all / (all + once * (once - 1.0).max(0.0) / (2.0 * (twice + 1.0)));
    let by_model = by_model(model, records, blocks, &looked, seed);
    let error = |share: f64, n: f64| (share * (1.0 - share) / n).sqrt();
    // Where pairs can be found by one rule or two only, hardly any can be found twice.
    let by_recapture = if blocks.rules().len() < 3 { by_model } else { by_recapture };
    let wide = 2.0 * error(by_model, (DRAWN as f64).min(looked.len() as f64));
    let interval =
        ((by_model.min(by_recapture) - wide).max(0.0), (by_model.max(by_recapture) + wide).min(1.0));
    Missed { point: by_model, interval, by_model, by_recapture }
}

/// The share of pairs of one person, drawn by the model, that some rule finds.
fn by_model(model: &Model, records: &Records, blocks: &Blocks<'_>, looked: &[&&Link], seed: u64) -> f64 {
    let atoms = blocks.atoms();
    let fields: Vec<&str> = model.comparisons.iter().map(|c| c.field.as_str()).collect();
    // For each field the pairs that were found, as which atoms of the field agree.
    let mut seen: Vec<Vec<u64>> = vec![Vec::new(); fields.len()];
    for link in looked {
        for (k, field) in fields.iter().enumerate() {
            let Some(column) = records.column(field) else { continue };
            if column.codes()[link.a as usize] > 0 && column.codes()[link.b as usize] > 0 {
                seen[k].push(atoms.agreeing(field, link.a, link.b));
            }
        }
    }
    let there: Vec<Option<&[u32]>> =
        fields.iter().map(|f| records.column(f).map(crate::Column::codes)).collect();
    let mut rng = stream(seed, 7);
    let mut found = 0;
    for _ in 0..DRAWN {
        let (a, b) = (below(&mut rng, records.len()), below(&mut rng, records.len()));
        let mut agreeing = 0;
        for (k, codes) in there.iter().enumerate() {
            let both = codes.is_some_and(|codes| codes[a] > 0 && codes[b] > 0);
            if both && !seen[k].is_empty() {
                agreeing |= seen[k][below(&mut rng, seen[k].len())];
            }
        }
        found += usize::from(atoms.finds(agreeing));
    }
    found as f64 / DRAWN as f64
}
