//! How well synthetic records keep the counts of real ones.

use serde::Serialize;

use super::Records;
use super::margins::{Combination, count, order, sorted};
use crate::Error;

/// Counts of combinations of real and synthetic records, side by side.
///
/// It is made from the real records: it tells the maker how good the synthetic ones are. Published,
/// it is one more table, and has to be protected like one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fidelity {
    /// Real records.
    pub real: usize,
    /// Synthetic records.
    pub synthetic: usize,
    /// For single values, pairs and triples.
    pub orders: Vec<OrderFidelity>,
    /// Values in the real records that are missing in synthetic ones, as a share of all places:
    /// missing places of the synthetic records less those of the real.
    pub more_missing: f64,
}

/// The combinations of one number of values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OrderFidelity {
    /// Values in a combination.
    pub order: usize,
    /// Different combinations among the real records.
    pub real: usize,
    /// Different combinations among the synthetic records.
    pub synthetic: usize,
    /// Those in both.
    pub kept: usize,
    /// Real ones that no synthetic record has.
    pub lost: usize,
    /// Synthetic ones that no real record has.
    pub invented: usize,
    /// `kept` ÷ `real`.
    pub coverage: f64,
    /// The same with each combination counting as often as it is in the real records.
    pub weighted_coverage: f64,
    /// Synthetic combinations that are in the real records, but fewer than `k` times.
    pub rare: usize,
    /// Mean of |synthetic − real count| over combinations in either.
    pub mean_error: f64,
    /// The largest of them.
    pub largest_error: u64,
    /// Mean over sets of attributes of ½ Σ |share among synthetic − share among real|: the total
    /// variation distance, 0 when alike and 1 when nothing is. Shares are of all records, and "missing"
    /// is no value.
    pub distance: f64,
}

/// Compares all combinations of up to `order` values (1 to 3). Combinations of fewer than `k` real
/// records count as rare.
///
/// # Errors
/// When the attributes of the two are not the same, or `order` is not 1, 2 or 3.
pub fn fidelity(real: &Records, synthetic: &Records, up_to: usize, k: u64) -> Result<Fidelity, Error> {
    real.same_attributes(synthetic)?;
    super::check_order(up_to)?;
    let (a, b) = (count(real, up_to), count(synthetic, up_to));
    let mut both: Vec<(Combination, u64, u64)> =
        sorted(&a).into_iter().map(|(c, n)| (c, n, b.get(&c).copied().unwrap_or(0))).collect();
    both.extend(sorted(&b).into_iter().filter(|(c, _)| !a.contains_key(c)).map(|(c, n)| (c, 0, n)));
    both.sort_unstable();
    let share = |n: u64, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    let attributes = real.attributes().len() as u64;
    let orders = (1..=up_to)
        .map(|size| {
            let mut o = OrderFidelity {
                order: size,
                real: 0,
                synthetic: 0,
                kept: 0,
                lost: 0,
                invented: 0,
                coverage: 1.0,
                weighted_coverage: 1.0,
                rare: 0,
                mean_error: 0.0,
                largest_error: 0,
                distance: 0.0,
            };
            let (mut weight, mut kept_weight, mut seen) = (0u64, 0u64, 0usize);
            for &(_, n, m) in both.iter().filter(|(c, _, _)| order(*c) == size) {
                seen += 1;
                o.real += usize::from(n > 0);
                o.synthetic += usize::from(m > 0);
                o.kept += usize::from(n > 0 && m > 0);
                o.lost += usize::from(n > 0 && m == 0);
                o.invented += usize::from(n == 0 && m > 0);
                o.rare += usize::from(m > 0 && n > 0 && n < k);
                weight += n;
                kept_weight += if m > 0 { n } else { 0 };
                o.mean_error += n.abs_diff(m) as f64;
                o.largest_error = o.largest_error.max(n.abs_diff(m));
                o.distance += (share(n, real.len()) - share(m, synthetic.len())).abs() / 2.0;
            }
            o.mean_error /= seen.max(1) as f64;
            o.distance /= super::margins::binomial(attributes, size as u64).max(1) as f64;
            if o.real > 0 {
                o.coverage = o.kept as f64 / o.real as f64;
                o.weighted_coverage = kept_weight as f64 / weight as f64;
            }
            o
        })
        .collect();
    Ok(Fidelity {
        real: real.len(),
        synthetic: synthetic.len(),
        orders,
        more_missing: synthetic.missing() - real.missing(),
    })
}
