//! Estimates by group, and which group of persons is seen least.

use std::collections::{BTreeMap, BTreeSet};

use model::{CaptureTable, UNKNOWN};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Open01};
use rayon::prelude::*;
use serde_json::json;

use crate::lists::prepare;
use crate::numeric::quantile;
use crate::ranks::{Ranked, contrasts, least_visible, rank_probabilities};
use crate::spread::Spread;
use crate::strata::{self, Joint};
use crate::{
    Contrast, Error, Estimate, Group, LeastVisible, ListChoice, Margin, Method, Options, Pooling, estimate,
};

/// Populations drawn for each bootstrap replicate of the options; a draw is cheap.
pub(crate) const DRAWS_PER_REPLICATE: usize = 10;

type Grouping = (BTreeMap<String, String>, CaptureTable);

/// What was found for groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouped {
    /// The groups, in the order given.
    pub groups: Vec<Group>,
    /// Which of them is the least visible, as far as the numbers tell; `None` when fewer than two could
    /// be ranked.
    pub least_visible: Option<LeastVisible>,
    /// Every two of the groups that could be ranked, up to 20 groups; of more groups each against the
    /// one that is the most likely to be the least visible.
    pub contrasts: Vec<Contrast>,
    /// With [`Pooling::Partial`], the whole and then each code of each variable, from the same draws as
    /// the groups: draw by draw the groups add up to each. Groups without persons are in none of them.
    /// Empty without pooling, since separate estimates do not add up.
    pub margins: Vec<Margin>,
}

/// Estimates each group, and how probable it is that each is the one seen least.
///
/// The visibility of a group is detected ÷ total. With [`Pooling::None`] each group is estimated on its
/// own by `method`, and for the comparison the hidden count of each is drawn from the distribution that
/// the method gives ([`Estimate::spread`]), all groups independently. With [`Pooling::Partial`] all are
/// fitted jointly, and compared by their joint draws: a log-linear model with independent lists for
/// [`Method::Main`], with the pairs that BIC chooses for [`Method::Bic`]; other methods have no joint
/// form.
///
/// A group that was refused or has no interval takes no part in the comparison, so a group that cannot be
/// estimated may still be the least visible of all. A group with an unknown code takes no part
/// either: what is not known of persons is no group that one could see more or less of. It does take part
/// in a joint fit and in its margins.
///
/// # Errors
/// When an option is out of range, a method has no joint form, or [`Options::smooth`] is not a variable
/// of the groups whose codes are numbers.
///
/// ```
/// use std::collections::BTreeMap;
/// use estimate::{LeastVisible, Method, Options, estimate_groups};
/// use model::CaptureTable;
/// let table = |counts: [u64; 3]| {
///     let counts = [(1, counts[0]), (2, counts[1]), (3, counts[2])];
///     CaptureTable::from_counts(vec!["A".into(), "B".into()], counts).expect("a valid table")
/// };
/// let group = |sex: &str| BTreeMap::from([("sex".to_owned(), sex.to_owned())]);
/// let groups = [(group("F"), table([100, 100, 50])), (group("M"), table([100, 100, 10]))];
/// let found = estimate_groups(&groups, Method::Main, &Options::default())?;
/// assert!(found.groups[1].visibility < found.groups[0].visibility);
/// assert!(found.groups[1].probability_least_visible > Some(0.95));
/// assert!(matches!(found.least_visible, Some(LeastVisible::Clear { group, .. }) if group["sex"] == "M"));
/// # Ok::<(), estimate::Error>(())
/// ```
pub fn estimate_groups(
    groups: &[(BTreeMap<String, String>, CaptureTable)],
    method: Method,
    options: &Options,
) -> Result<Grouped, Error> {
    options.check()?;
    match options.pooling {
        Pooling::None => separate(groups, method, options),
        Pooling::Partial => joint(groups, method, options),
    }
}

fn separate(groups: &strata::Groups, method: Method, options: &Options) -> Result<Grouped, Error> {
    let watch = &options.watch;
    watch.step("groups", 1, 1);
    watch.units("groups", groups.len());
    // The groups are counted, not what is within each.
    let alone = Options { watch: watch.unobserved(), ..options.clone() };
    let found: Vec<Group> = groups
        .par_iter()
        .map(|(codes, table)| {
            let mut found = estimate(table, &[method], &alone)?;
            watch.done(1);
            Ok(group(codes, found.detected, found.estimates.remove(0)))
        })
        .collect::<Result<_, Error>>()?;
    let draws = options.replicates * DRAWS_PER_REPLICATE;
    let visibility = found.iter().enumerate().map(|(g, group)| {
        // Without an interval the number is not known well enough to be ranked.
        let spread = group.estimate.spread.as_ref().filter(|_| group.interval.is_some())?;
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        random.set_stream(g as u64);
        Some(drawn(spread, group.detected as f64, draws, &mut random))
    });
    let visibility = visibility.collect();
    Ok(compared(found, visibility, Vec::new(), options))
}

/// Visibilities for hidden counts drawn from `spread`.
fn drawn(spread: &Spread, detected: f64, draws: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    let draw = |_| detected / (detected + spread.quantile(Open01.sample(random)));
    (0..draws).map(draw).collect()
}

/// The highest order of terms that BIC chooses among in a joint fit by this method.
pub(crate) fn joint_order(method: Method, options: &Options) -> Result<usize, Error> {
    match method {
        Method::Main => Ok(1),
        Method::Bic => Ok(options.max_order),
        other => Err(Error::Option {
            option: "pooling",
            value: format!("partial for the method {other}"),
            allowed: "groups are fitted together by main (independent lists) or bic (pairs of lists)",
        }),
    }
}

fn joint(groups: &strata::Groups, method: Method, options: &Options) -> Result<Grouped, Error> {
    let max_order = joint_order(method, options)?;
    let (groups, options) = &chosen(groups, options)?;
    options.watch.step("groups together", 1, 1);
    let fitted = strata::fit(groups, max_order, options)?;
    let found: Vec<Group> = groups
        .iter()
        .enumerate()
        .map(|(g, (codes, table))| {
            group(codes, table.detected(), of_joint(&fitted, g, table, method, options))
        })
        .collect();
    let Ok(joint) = fitted else { return Ok(compared(found, vec![None; groups.len()], Vec::new(), options)) };
    let visibility = found
        .iter()
        .zip(&joint.hidden)
        .map(|(group, hidden)| {
            let n = group.detected as f64;
            Some(hidden.as_ref()?.iter().map(|hidden| n / (n + hidden)).collect())
        })
        .collect();
    let margins = margins(groups, &joint, options.level);
    Ok(compared(found, visibility, margins, options))
}

/// The groups once the choice of lists is made, which has to be the same for all.
pub(crate) fn chosen(groups: &strata::Groups, options: &Options) -> Result<(Vec<Grouping>, Options), Error> {
    let mut left = Options { lists: ListChoice::default(), ..options.clone() };
    let mut found = Vec::with_capacity(groups.len());
    for (codes, table) in groups {
        let prepared = prepare(table, options)?;
        // The names of the dependent pairs; the same for all groups that have the same lists.
        left.lists = prepared.options.lists;
        found.push((codes.clone(), prepared.table));
    }
    // Lists that were other ones from the start are refused by the joint fit, in its own words.
    let apart = |tables: &[Grouping]| tables.windows(2).any(|two| two[0].1.lists() != two[1].1.lists());
    if apart(&found) && !apart(groups) {
        return Err(Error::Lists(
            "in some of the groups, not in all, a list lies inside another; leave it out by its name".into(),
        ));
    }
    Ok((found, left))
}

pub(crate) fn group(codes: &BTreeMap<String, String>, detected: u64, estimate: Estimate) -> Group {
    let n = detected as f64;
    Group {
        codes: codes.clone(),
        detected,
        visibility: estimate.total.map(|total| n / total),
        interval: estimate.interval.map(|(low, high)| (n / high, n / low)),
        probability_least_visible: None,
        rank_probabilities: Vec::new(),
        estimate,
    }
}

/// The estimate of one group of a joint fit.
pub(crate) fn of_joint(
    fitted: &Result<Joint, String>,
    g: usize,
    table: &CaptureTable,
    method: Method,
    options: &Options,
) -> Estimate {
    let mut estimate = Estimate::unanswered(method, options.level);
    let joint = match fitted {
        Ok(joint) => joint,
        Err(why) => return Estimate { refused: Some(why.clone()), ..estimate },
    };
    let Some(hidden) = &joint.hidden[g] else {
        return Estimate { refused: Some("there are no persons in the table".into()), ..estimate };
    };
    let total = Total::of(table.detected() as f64, hidden, options.level);
    estimate.model.clone_from(&joint.model);
    estimate.diagnostics.clone_from(&joint.diagnostics);
    if !(total.median.is_finite() && total.interval.1.is_finite()) {
        return Estimate { refused: Some("the estimate is too large to be a number".into()), ..estimate };
    }
    estimate.diagnostics.insert("posterior_mean".into(), json!(total.mean));
    estimate.total = Some(total.median);
    estimate.interval = Some(total.interval);
    estimate.converged = true;
    estimate.spread = Spread::from_draws(hidden.clone());
    estimate
}

/// Figures of a total from draws of the hidden count.
struct Total {
    median: f64,
    mean: f64,
    interval: (f64, f64),
}

impl Total {
    fn of(detected: f64, hidden: &[f64], level: f64) -> Self {
        let mean = detected + hidden.iter().sum::<f64>() / hidden.len() as f64;
        let mut ascending = hidden.to_vec();
        ascending.sort_by(f64::total_cmp);
        let at = |p| detected + quantile(&ascending, p);
        Self { median: at(0.5), mean, interval: (at((1.0 - level) / 2.0), at(f64::midpoint(1.0, level))) }
    }
}

/// The sets of groups that are added up: the whole, then each code of each variable.
pub(crate) fn margin_sets(groups: &[&BTreeMap<String, String>]) -> Vec<BTreeMap<String, String>> {
    let single: BTreeSet<(&String, &String)> = groups.iter().copied().flatten().collect();
    let of = |(variable, code): (&String, &String)| BTreeMap::from([(variable.clone(), code.clone())]);
    std::iter::once(BTreeMap::new()).chain(single.into_iter().map(of)).collect()
}

/// Whether the group with these codes is in a set of groups.
pub(crate) fn within(codes: &BTreeMap<String, String>, set: &BTreeMap<String, String>) -> bool {
    set.iter().all(|(variable, code)| codes.get(variable) == Some(code))
}

/// The whole, then each code of each variable, added up draw by draw.
fn margins(groups: &strata::Groups, joint: &Joint, level: f64) -> Vec<Margin> {
    let codes: Vec<&BTreeMap<String, String>> = groups.iter().map(|(codes, _)| codes).collect();
    let sets = margin_sets(&codes).into_iter();
    sets.filter_map(|set| {
        let held = groups.iter().zip(&joint.hidden).filter_map(|((codes, table), hidden)| {
            Some((table.detected(), hidden.as_ref().filter(|_| within(codes, &set))?))
        });
        let (mut detected, mut sum) = (0_u64, Vec::new());
        for (n, hidden) in held {
            detected = detected.saturating_add(n);
            sum.resize(hidden.len(), 0.0);
            for (sum, hidden) in sum.iter_mut().zip(hidden) {
                *sum += hidden;
            }
        }
        if sum.is_empty() {
            return None;
        }
        let n = detected as f64;
        let total = Total::of(n, &sum, level);
        Some(Margin {
            codes: set,
            detected,
            total: total.median,
            total_interval: total.interval,
            total_mean: total.mean,
            visibility: n / total.median,
            interval: (n / total.interval.1, n / total.interval.0),
        })
    })
    .collect()
}

/// The groups with their ranks, and all that is said of them together.
pub(crate) fn compared(
    mut groups: Vec<Group>,
    mut visibility: Vec<Option<Vec<f64>>>,
    margins: Vec<Margin>,
    options: &Options,
) -> Grouped {
    let known = |group: &Group| group.codes.values().all(|code| code != UNKNOWN);
    for (group, draws) in groups.iter().zip(&mut visibility) {
        if !known(group) || group.interval.is_none() {
            *draws = None;
        }
    }
    let places: Vec<usize> = (0..groups.len()).filter(|&g| visibility[g].is_some()).collect();
    // One group alone is the least visible of nothing.
    if places.len() < 2 {
        return Grouped { groups, least_visible: None, contrasts: Vec::new(), margins };
    }
    let unranked = groups.iter().filter(|group| known(group)).count() - places.len();
    let ranked: Vec<Ranked> = places
        .iter()
        .filter_map(|&g| Some(Ranked { codes: &groups[g].codes, visibility: visibility[g].as_ref()? }))
        .collect();
    let ranks = rank_probabilities(&ranked);
    let first: Vec<f64> = ranks.iter().map(|ranks| ranks[0]).collect();
    let contrasts = contrasts(&ranked, &first, options.level);
    let least_visible = least_visible(&ranked, &first, unranked);
    for (g, ranks) in places.into_iter().zip(ranks) {
        groups[g].probability_least_visible = Some(ranks[0]);
        groups[g].rank_probabilities = ranks;
    }
    Grouped { groups, least_visible, contrasts, margins }
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
        for pooling in Pooling::ALL {
            let options = Options { pooling, ..Options::default() };
            let found = estimate_groups(&groups, Method::Main, &options).expect("valid options");
            let groups = &found.groups;
            assert!(groups[2].visibility < groups[1].visibility, "it has an estimate of its own");
            assert_eq!(groups[2].probability_least_visible, None);
            assert!(groups[2].rank_probabilities.is_empty());
            let ranked: f64 = groups[..2].iter().filter_map(|g| g.probability_least_visible).sum();
            assert!((ranked - 1.0).abs() < 1e-12, "{ranked}");
            assert_eq!(found.contrasts.len(), 1);
        }
    }
}
