//! The 2^k cells of a capture table, and the two transforms that make fitting cheap.

use model::CaptureTable;
use statrs::function::gamma::ln_gamma;

/// A capture table laid out for arithmetic: a count for every history, and for every set of
/// lists the number of persons who are in all of them.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    pub(crate) lists: usize,
    pub(crate) detected: f64,
    /// Count of each history; index 0, seen in no list, is 0 here.
    pub(crate) counts: Vec<f64>,
    /// `margins[s]`: persons in every list of the set `s`, whatever else.
    pub(crate) margins: Vec<f64>,
    /// Histories with a positive count, those in few lists first (their rows of the design
    /// are the shortest, which keeps exact elimination cheap).
    pub(crate) support: Vec<u32>,
    /// Σ ln n!.
    pub(crate) log_factorials: f64,
}

impl Cells {
    pub(crate) fn new(table: &CaptureTable) -> Self {
        Self::from_counts(table.lists().len(), table.counts())
    }

    /// The cells of a table that names each history at most once; a count of 0 is an empty cell.
    pub(crate) fn from_counts(lists: usize, given: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let mut counts = vec![0.0; 1 << lists];
        let mut support = Vec::new();
        let mut log_factorials = 0.0;
        let mut detected = 0_u64;
        for (history, count) in given.into_iter().filter(|&(_, count)| count > 0) {
            let n = count as f64;
            detected += count;
            counts[history as usize] = n;
            support.push(history);
            log_factorials += ln_gamma(n + 1.0);
        }
        support.sort_by_key(|&history| (history.count_ones(), history));
        let mut margins = counts.clone();
        sum_over_supersets(&mut margins);
        Self { lists, detected: detected as f64, counts, margins, support, log_factorials }
    }
}

/// Replaces `values[s]` by the sum of `values[t]` over all sets `t` that contain `s`, in
/// k·2^(k−1) additions (Yates 1937).
pub(crate) fn sum_over_supersets(values: &mut [f64]) {
    let mut half = 1;
    while half < values.len() {
        for block in values.chunks_exact_mut(2 * half) {
            let (without, with) = block.split_at_mut(half);
            for (low, high) in without.iter_mut().zip(with) {
                *low += *high;
            }
        }
        half *= 2;
    }
}

/// Replaces `values[s]` by the sum of `values[t]` over all sets `t` within `s`.
pub(crate) fn sum_over_subsets(values: &mut [f64]) {
    fold_over_subsets(values, |high, low| *high += low);
}

/// Replaces `values[s]` by the product of `values[t]` over all sets `t` within `s`.
pub(crate) fn multiply_over_subsets(values: &mut [f64]) {
    fold_over_subsets(values, |high, low| *high *= low);
}

#[inline]
fn fold_over_subsets(values: &mut [f64], take_in: impl Fn(&mut f64, f64)) {
    let mut half = 1;
    while half < values.len() {
        for block in values.chunks_exact_mut(2 * half) {
            let (without, with) = block.split_at_mut(half);
            for (low, high) in without.iter().zip(with) {
                take_in(high, *low);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_equal_the_sums_by_definition() {
        let values: Vec<f64> = (0..32).map(|i| f64::from(i * i % 7 + 1)).collect();
        let (mut up, mut down) = (values.clone(), values.clone());
        sum_over_supersets(&mut up);
        sum_over_subsets(&mut down);
        for s in 0..32_usize {
            let by_hand = |keep: &dyn Fn(usize) -> bool| -> f64 {
                (0..32).filter(|&t| keep(t)).map(|t| values[t]).sum()
            };
            assert!((up[s] - by_hand(&|t| t & s == s)).abs() < 1e-12);
            assert!((down[s] - by_hand(&|t| t & s == t)).abs() < 1e-12);
        }
    }
}
