//! How the weight of a pair comes about, field by field.

use serde::Serialize;

use super::BITS;
use crate::overlap::Shifts;
use crate::run::Scorer;
use crate::weights::{Weights, probability};
use crate::{Linked, Model, Records, pattern};

/// Patterns that are shown of each kind.
const SHOWN: usize = 8;
/// Weights within which a pair is hard, in units of the natural logarithm: probabilities from 0.02 to 0.98.
const HARD: f64 = 4.0;

/// From the prior to the weight of a pair.
#[derive(Debug, Clone, Serialize)]
pub struct Waterfall {
    /// The levels, as in `pairs.parquet`.
    pub pattern: String,
    /// Candidate pairs with this pattern.
    pub pairs: u64,
    /// The steps; they add up to `bits`.
    pub steps: Vec<Step>,
    /// The weight, in bits.
    pub bits: f64,
}

/// What one thing adds to a weight.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// A field, or what else it is.
    pub name: String,
    /// How the field agrees.
    pub level: String,
    /// What it adds, in bits.
    pub bits: f64,
}

impl Waterfall {
    /// The probability that both records are of one person.
    pub fn probability(&self) -> f64 {
        probability(self.bits / BITS)
    }

    /// The steps of a pattern, rarity of values aside.
    fn of(model: &Model, weights: &Weights, pattern: u64, pairs: u64) -> Self {
        let mut steps = vec![Step {
            name: "before anything is compared".into(),
            level: String::new(),
            bits: weights.prior() * BITS,
        }];
        for (k, comparison) in model.comparisons.iter().enumerate() {
            let level = pattern::level(pattern, k);
            let of = level.checked_sub(1).and_then(|at| comparison.levels.get(at));
            steps.push(Step {
                name: comparison.field.clone(),
                level: of.map_or_else(|| "missing".to_owned(), |level| level.test.to_string()),
                bits: weights.of_field(pattern, k) * BITS,
            });
        }
        let bits = weights.log_odds(pattern) * BITS;
        if !model.alike.is_empty() {
            let rest = bits - steps.iter().map(|s| s.bits).sum::<f64>();
            steps.push(Step { name: "others that are alike".into(), level: String::new(), bits: rest });
        }
        Self { pattern: model.pattern_text(pattern), pairs, steps, bits }
    }

    /// The steps of a pair of records, what their values add included. Whether blocking finds it makes no
    /// difference.
    pub(crate) fn of_pair(
        model: &Model,
        records: &Records,
        scorer: &Scorer<'_>,
        shifts: &Shifts,
        (a, b): (u32, u32),
    ) -> Self {
        let pair = scorer.pair(a.min(b), a.max(b), model, records);
        let mut made = Self::of(model, scorer.weights(), pair.pattern, 1);
        for (k, comparison) in model.comparisons.iter().enumerate() {
            let bits = scorer.of_values(k, &pair) * BITS;
            if bits != 0.0 {
                let name = format!("{}, by its value", comparison.field);
                made.steps.push(Step { name, level: String::new(), bits });
                made.bits += bits;
            }
        }
        let registers = records.registers();
        let bits = shifts.of(registers[a as usize], registers[b as usize]) * BITS;
        if bits != 0.0 {
            made.steps.push(Step { name: "the two registers".into(), level: String::new(), bits });
            made.bits += bits;
        }
        made
    }
}

/// The most frequent patterns of pairs that are surely of one person, and of those that are hard.
pub(super) fn examples(linked: &Linked) -> (Vec<Waterfall>, Vec<Waterfall>) {
    let mut patterns = linked.patterns.clone();
    patterns.sort_unstable();
    let mut counted: Vec<(u64, u64)> =
        patterns.chunk_by(|a, b| a == b).map(|same| (same.len() as u64, same[0])).collect();
    counted.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let weights = Weights::new(&linked.model);
    let most = |wanted: &dyn Fn(f64) -> bool| {
        let mut shown: Vec<Waterfall> = counted
            .iter()
            .filter(|(_, pattern)| wanted(weights.log_odds(*pattern)))
            .take(SHOWN)
            .map(|&(pairs, pattern)| Waterfall::of(&linked.model, &weights, pattern, pairs))
            .collect();
        shown.sort_by(|a, b| b.bits.total_cmp(&a.bits));
        shown
    };
    (most(&|w| w >= HARD), most(&|w| w.abs() < HARD))
}
