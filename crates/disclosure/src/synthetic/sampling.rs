//! Records drawn from protected counts of combinations.

use super::margins::{Counts, Margins, each, of};
use super::{Attribute, MISSING, Records};
use crate::Error;
use crate::privacy::Sampler;

/// The part of a count that stays likely when enough records with it were made.
const REST: f64 = 0.05;

/// Draws as many records as the margins count, one after the other.
///
/// The attributes of a record come in random order. Each value is drawn with its probability given
/// the values before: up to the order of the margins as counted, beyond it the geometric mean of
/// its probabilities given each pair (or single value) of those before. Only combinations that are
/// known are made: a value whose combination with any of the values before is not known is not
/// drawn, and where none is left the value is missing. What was made already counts less, so
/// that the margins of the records follow those given.
pub(super) fn draw(margins: &Margins, attributes: &[Attribute], seed: [u8; 32]) -> Result<Records, Error> {
    let mut sampler = Sampler::new(seed, u64::MAX);
    let mut made = Counts::default();
    let mut columns = vec![Vec::with_capacity(margins.records as usize); attributes.len()];
    let mut first = Vec::with_capacity(attributes.len());
    let mut next = 0u32;
    for a in attributes {
        first.push(next);
        next += a.categories;
    }
    let mut order: Vec<usize> = (0..attributes.len()).collect();
    let mut numbers: Vec<u32> = Vec::new();
    let mut weights: Vec<f64> = Vec::new();
    for row in 0..margins.records {
        for i in (1..order.len()).rev() {
            order.swap(i, sampler.below(i as u128 + 1) as usize);
        }
        numbers.clear();
        for column in &mut columns {
            column.push(MISSING);
        }
        for &a in &order {
            let state = State { margins, made: &made, numbers: &numbers, row };
            let missing = state.weights(first[a], attributes[a].categories, &mut weights);
            let sum: f64 = weights.iter().sum::<f64>();
            let mut at = sampler.unit() * (sum + missing);
            let chosen = weights.iter().position(|w| {
                at -= w;
                *w > 0.0 && at < 0.0
            });
            if let Some(code) = chosen {
                columns[a][row as usize] = code as u32;
                numbers.push(first[a] + code as u32);
            }
        }
        numbers.sort_unstable();
        each(&numbers, margins.order, |c| *made.entry(c).or_default() += 1);
    }
    Records::new(attributes.to_vec(), columns)
}

/// A record that is being made.
struct State<'a> {
    margins: &'a Margins,
    made: &'a Counts,
    /// The values that it has.
    numbers: &'a [u32],
    row: u64,
}

impl State<'_> {
    /// How many records with these values are still to be made; 0 when the combination is not
    /// known.
    fn left(&self, values: &[u32]) -> f64 {
        if values.is_empty() {
            return (self.margins.records - self.row) as f64;
        }
        let c = of(values);
        self.margins.counts.get(&c).map_or(0.0, |&n| {
            let n = n as f64;
            (n - self.made.get(&c).copied().unwrap_or(0) as f64).max(REST * n)
        })
    }

    /// The probabilities of the codes of an attribute, and that of none of them: that is what the
    /// counts of single values leave over. What is not known of combinations goes to those that are.
    fn weights(&self, first: u32, categories: u32, weights: &mut Vec<f64>) -> f64 {
        weights.clear();
        weights.resize(categories as usize, 0.0);
        let all = self.left(&[]);
        let singles: f64 = (first..first + categories).map(|v| self.left(&[v])).sum();
        let missing = (all - singles).max(0.0) / all.max(1.0);
        let given = self.margins.order - 1;
        if self.numbers.len() <= given {
            self.given(self.numbers, first, weights);
        } else {
            self.pooled(given, first, weights);
        }
        let sum: f64 = weights.iter().sum();
        if sum <= 0.0 {
            return 1.0;
        }
        for w in &mut *weights {
            *w *= (1.0 - missing) / sum;
        }
        missing
    }

    /// The geometric mean of the probabilities given each `size` of the values. What is impossible
    /// with any of these stays so.
    fn pooled(&self, size: usize, first: u32, weights: &mut [f64]) {
        let mut part = vec![0.0; weights.len()];
        let mut contexts = 0.0;
        let mut add = |context: &[u32]| {
            self.given(context, first, &mut part);
            let sum: f64 = part.iter().sum();
            for (w, p) in weights.iter_mut().zip(&part) {
                *w += if *p > 0.0 { (p / sum).ln() } else { f64::NEG_INFINITY };
            }
            contexts += 1.0;
        };
        match size {
            0 => add(&[]),
            1 => self.numbers.iter().for_each(|&a| add(&[a])),
            _ => {
                for (i, &a) in self.numbers.iter().enumerate() {
                    for &b in &self.numbers[i + 1..] {
                        add(&[a, b]);
                    }
                }
            }
        }
        for w in weights {
            *w = (*w / contexts).exp();
        }
    }

    /// What is left of each code together with the values of `context`.
    fn given(&self, context: &[u32], first: u32, weights: &mut [f64]) {
        let mut values = [0u32; 3];
        values[..context.len()].copy_from_slice(context);
        for (w, v) in weights.iter_mut().zip(first..) {
            values[context.len()] = v;
            *w = self.left(&values[..=context.len()]);
        }
    }
}
