//! Which group of persons is seen least.

use std::collections::BTreeMap;

use model::{CaptureTable, UNKNOWN};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::numeric::two_sided;
use crate::{Error, Estimate, Group, Method, Options, estimate};

/// Populations drawn for each bootstrap replicate of the options; a draw is cheap.
const DRAWS_PER_REPLICATE: usize = 10;

/// Estimates each group on its own, and the probability that it is the one seen least.
///
/// The visibility of a group is detected ÷ total. For the comparison the hidden count of each
/// group is drawn from the log-normal distribution that its interval describes, all groups
/// independently; the probability of a group is the share of draws in which its visibility is
/// the lowest (`None` when fewer than two groups could be estimated). A group that was refused
/// keeps its place with `None`: it takes no part, so a group that cannot be estimated may still be
/// the least visible of all. A group with an unknown code takes no part either: what is not known
/// of persons is no group that one could see more or less of.
///
/// # Errors
/// When an option is out of range.
///
/// ```
/// use std::collections::BTreeMap;
/// use estimate::{Method, Options, estimate_groups};
/// use model::CaptureTable;
/// let table = |counts: [u64; 3]| {
///     let counts = [(1, counts[0]), (2, counts[1]), (3, counts[2])];
///     CaptureTable::from_counts(vec!["A".into(), "B".into()], counts).expect("a valid table")
/// };
/// let group = |sex: &str| BTreeMap::from([("sex".to_owned(), sex.to_owned())]);
/// let groups = [(group("F"), table([100, 100, 50])), (group("M"), table([100, 100, 10]))];
/// let found = estimate_groups(&groups, Method::Main, &Options::default())?;
/// assert!(found[1].visibility < found[0].visibility);
/// assert!(found[1].probability_least_visible > Some(0.95));
/// # Ok::<(), estimate::Error>(())
/// ```
pub fn estimate_groups(
    groups: &[(BTreeMap<String, String>, CaptureTable)],
    method: Method,
    options: &Options,
) -> Result<Vec<Group>, Error> {
    options.check()?;
    let mut found: Vec<Group> = groups
        .par_iter()
        .map(|(codes, table)| {
            let mut estimation = estimate(table, &[method], options)?;
            let estimate = estimation.estimates.remove(0);
            let detected = estimation.detected as f64;
            Ok(Group {
                codes: codes.clone(),
                detected: estimation.detected,
                visibility: estimate.total.map(|total| detected / total),
                interval: estimate.interval.map(|(low, high)| (detected / high, detected / low)),
                probability_least_visible: None,
                estimate,
            })
        })
        .collect::<Result<_, Error>>()?;
    let known = |group: &Group| group.codes.values().all(|code| code != UNKNOWN);
    let hidden: Vec<Option<Hidden>> = found
        .iter()
        .map(|group| known(group).then(|| Hidden::of(group.detected as f64, &group.estimate)).flatten())
        .collect();
    for (group, probability) in found.iter_mut().zip(least_visible(&hidden, options)) {
        group.probability_least_visible = probability;
    }
    Ok(found)
}

/// A log-normal hidden count.
#[derive(Debug, Clone, Copy)]
struct Hidden {
    detected: f64,
    median: f64,
    log_error: f64,
}

impl Hidden {
    fn of(detected: f64, estimate: &Estimate) -> Option<Self> {
        let median = estimate.total? - detected;
        let (low, high) = estimate.interval?;
        let width = two_sided(estimate.level);
        // When the lower limit is the detected count itself, the upper half has to do.
        let log_error = if low > detected {
            ((high - detected) / (low - detected)).ln() / (2.0 * width)
        } else {
            ((high - detected) / median).ln() / width
        };
        (median > 0.0 && log_error.is_finite()).then_some(Self { detected, median, log_error })
    }
}

fn least_visible(groups: &[Option<Hidden>], options: &Options) -> Vec<Option<f64>> {
    // One group alone is the least visible of nothing.
    if groups.iter().flatten().count() < 2 {
        return vec![None; groups.len()];
    }
    let draws = options.replicates * DRAWS_PER_REPLICATE;
    // Lowest visibility = most hidden for each person detected.
    let mut most = vec![(f64::NEG_INFINITY, usize::MAX); draws];
    for (index, group) in groups.iter().enumerate() {
        let Some(group) = group else { continue };
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        random.set_stream(index as u64);
        for best in &mut most {
            let z: f64 = StandardNormal.sample(&mut random);
            let ratio = group.median * (group.log_error * z).exp() / group.detected;
            if ratio > best.0 {
                *best = (ratio, index);
            }
        }
    }
    let share = |index| most.iter().filter(|best| best.1 == index).count() as f64 / draws as f64;
    groups.iter().enumerate().map(|(index, group)| group.map(|_| share(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_of_persons_is_no_group_to_be_least_visible() {
        let table = |both: u64| {
            CaptureTable::from_counts(vec!["A".into(), "B".into()], [(1, 100), (2, 100), (3, both)])
                .expect("a valid table")
        };
        let group = |code: &str, both| (BTreeMap::from([("sex".to_owned(), code.to_owned())]), table(both));
        let groups = [group("F", 50), group("M", 20), group(UNKNOWN, 2)];
        let found = estimate_groups(&groups, Method::Main, &Options::default()).expect("valid options");
        assert!(found[2].visibility < found[1].visibility, "it has an estimate of its own");
        assert_eq!(found[2].probability_least_visible, None);
        let ranked: f64 = found[..2].iter().filter_map(|g| g.probability_least_visible).sum();
        assert!((ranked - 1.0).abs() < 1e-12, "{ranked}");
    }
}
