//! Groups fitted together, once for each draw of their tables.

use std::collections::BTreeMap;

use model::CaptureTable;
use rayon::prelude::*;
use serde_json::json;

use super::{Draw, Draws, LISTS_DIFFER};
use crate::groups::{
    DRAWS_PER_REPLICATE, Grouped, chosen, compared, group, joint_order, margin_sets, of_joint, within,
};
use crate::numeric::quantile;
use crate::strata::{self, Joint};
use crate::{Error, Estimate, Group, Margin, Method, Options};

type Codes = BTreeMap<String, String>;
/// The counts of all groups in one draw.
type Counts = Vec<Vec<(u32, u64)>>;

/// What a draw of all tables gave, in as few numbers as the mixture needs.
struct Fitted {
    /// The answer of each group.
    answers: Vec<Estimate>,
    /// Number detected of each group.
    detected: Vec<f64>,
    /// For each group its hidden counts; the same place in two groups is the same joint draw. `None`
    /// where the group has no persons, or nothing could be fitted.
    hidden: Vec<Option<Vec<f64>>>,
    /// How many joint draws stand for the tables: as many for each time that they were drawn.
    places: usize,
    /// Whether there is a joint fit.
    answered: bool,
}

/// The groups of [`estimate_groups_draws`](super::estimate_groups_draws) with partial pooling.
pub(super) fn estimate(
    groups: &[(Codes, Vec<CaptureTable>)],
    method: Method,
    options: &Options,
) -> Result<Grouped, Error> {
    let order = joint_order(method, options)?;
    let Some((_, first)) = groups.first() else {
        return Ok(compared(Vec::new(), Vec::new(), Vec::new(), options));
    };
    let count = first.len();
    if let Some((codes, tables)) = groups.iter().find(|(_, tables)| tables.len() != count) {
        let group: Vec<String> = codes.iter().map(|(variable, code)| format!("{variable}={code}")).collect();
        return Err(Error::Lists(format!(
            "groups that are fitted together need the same number of draws each: {count} are expected, and {} has {}",
            group.join(" "),
            tables.len()
        )));
    }
    if count == 0 {
        return Err(Error::Lists("there are no draws to estimate from".into()));
    }
    // What was drawn together is fitted together; equal draws once, in the order of their counts.
    let mut counted: BTreeMap<Counts, (usize, usize)> = BTreeMap::new();
    for draw in 0..count {
        let key = groups.iter().map(|(_, tables)| tables[draw].counts().collect()).collect();
        counted.entry(key).or_insert((0, draw)).0 += 1;
    }
    let mut different = Vec::with_capacity(counted.len());
    for (rank, (weight, draw)) in counted.into_values().enumerate() {
        let tables: Vec<(Codes, CaptureTable)> =
            groups.iter().map(|(codes, tables)| (codes.clone(), tables[draw].clone())).collect();
        let (tables, options) = chosen(&tables, options)?;
        let seed = options.seed.wrapping_add(rank as u64);
        different.push((weight, tables, Options { seed, ..options }));
    }
    let lists = different[0].1[0].1.lists().to_vec();
    if different.iter().flat_map(|(_, tables, _)| tables).any(|(_, table)| table.lists() != lists) {
        return Err(Error::Lists(LISTS_DIFFER.into()));
    }
    let each = (options.replicates * DRAWS_PER_REPLICATE).div_ceil(count);
    let fits: Vec<Fitted> = different
        .par_iter()
        .map(|(weight, tables, options)| {
            let fitted = strata::fit(tables, order, options)?;
            Ok(Fitted::new(&fitted, tables, weight * each, method, options))
        })
        .collect::<Result<_, Error>>()?;

    let found: Vec<Group> = (0..groups.len())
        .map(|g| {
            let draws = different.iter().map(|(weight, tables, options)| Draw {
                table: tables[g].1.clone(),
                options: options.clone(),
                weight: *weight,
            });
            let draws = Draws { lists: lists.clone(), different: draws.collect(), count };
            let answers: Vec<Estimate> = fits.iter().map(|fit| fit.answers[g].clone()).collect();
            let detected = draws.detected();
            let mut group =
                group(&groups[g].0, detected, draws.combined(method, &answers, detected, options));
            group.interval = group.interval.map(|_| draws.seen(&answers).limits(options.level));
            described(&mut group.estimate, &answers);
            group
        })
        .collect();
    let visibility = (0..groups.len()).map(|g| Some(seen(&fits, g))).collect();
    let codes: Vec<&Codes> = groups.iter().map(|(codes, _)| codes).collect();
    let margins = margins(&codes, &fits, options.level);
    Ok(compared(found, visibility, margins, options))
}

impl Fitted {
    fn new(
        fitted: &Result<Joint, String>,
        tables: &strata::Groups,
        places: usize,
        method: Method,
        options: &Options,
    ) -> Self {
        // Evenly over the draws, which stand chain by chain.
        let thinned = |hidden: &Vec<f64>| (0..places).map(|i| hidden[i * hidden.len() / places]).collect();
        let answers =
            tables.iter().enumerate().map(|(g, (_, table))| of_joint(fitted, g, table, method, options));
        Self {
            answers: answers.collect(),
            detected: tables.iter().map(|(_, table)| table.detected() as f64).collect(),
            hidden: match fitted {
                Ok(joint) => joint.hidden.iter().map(|hidden| hidden.as_ref().map(thinned)).collect(),
                Err(_) => vec![None; tables.len()],
            },
            places,
            answered: fitted.is_ok(),
        }
    }
}

/// Visibilities of a group in all joint draws. Where it has no answer nothing is known of it: every
/// other one is 0, and those between are 1.
fn seen(fits: &[Fitted], g: usize) -> Vec<f64> {
    let of = |fit: &Fitted| -> Vec<f64> {
        match &fit.hidden[g] {
            Some(hidden) => {
                hidden.iter().map(|hidden| fit.detected[g] / (fit.detected[g] + hidden)).collect()
            }
            None => (0..fit.places).map(|i| (i % 2) as f64).collect(),
        }
    };
    fits.iter().flat_map(of).collect()
}

/// What the fits of all draws say of themselves: the worst of each figure.
fn described(estimate: &mut Estimate, answers: &[Estimate]) {
    if estimate.total.is_none() {
        return;
    }
    let of =
        |name: &'static str| answers.iter().filter_map(move |answer| answer.diagnostics.get(name)?.as_f64());
    let diagnostics = &mut estimate.diagnostics;
    diagnostics.insert("pooling".into(), json!("partial"));
    diagnostics.insert("r_hat".into(), json!(of("r_hat").fold(f64::NEG_INFINITY, f64::max)));
    for name in ["ess_bulk", "ess_tail"] {
        diagnostics.insert(name.into(), json!(of(name).fold(f64::INFINITY, f64::min)));
    }
}

/// The whole, then each code of each variable, added up joint draw by joint draw; none where some draw has
/// no joint fit, since a sum over groups is then not known for it.
fn margins(codes: &[&Codes], fits: &[Fitted], level: f64) -> Vec<Margin> {
    if fits.iter().any(|fit| !fit.answered) {
        return Vec::new();
    }
    let (side, weight) = ((1.0 - level) / 2.0, |fit: &Fitted| fit.places as f64);
    let draws: f64 = fits.iter().map(weight).sum();
    margin_sets(codes)
        .into_iter()
        .filter_map(|set| {
            let (mut detected, mut totals, mut shares) = (0.0, Vec::new(), Vec::new());
            for fit in fits {
                let held: Vec<usize> =
                    (0..codes.len()).filter(|&g| within(codes[g], &set) && fit.hidden[g].is_some()).collect();
                let n: f64 = held.iter().map(|&g| fit.detected[g]).sum();
                detected += n * weight(fit) / draws;
                for place in 0..fit.places {
                    let hidden: f64 = held.iter().filter_map(|&g| Some(fit.hidden[g].as_ref()?[place])).sum();
                    totals.push(n + hidden);
                    shares.push(if n > 0.0 { n / (n + hidden) } else { f64::NAN });
                }
            }
            if detected <= 0.0 {
                return None;
            }
            // A draw without anybody of the set says nothing of how visible it is.
            shares.retain(|share| !share.is_nan());
            let total_mean = totals.iter().sum::<f64>() / totals.len() as f64;
            totals.sort_by(f64::total_cmp);
            shares.sort_by(f64::total_cmp);
            let limits = |ascending: &[f64]| (quantile(ascending, side), quantile(ascending, 1.0 - side));
            let total = quantile(&totals, 0.5);
            Some(Margin {
                codes: set,
                detected: detected.round() as u64,
                total,
                total_interval: limits(&totals),
                total_mean,
                visibility: detected / total,
                interval: limits(&shares),
            })
        })
        .filter(|margin| margin.total_interval.1.is_finite())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(hidden: Option<Vec<f64>>, places: usize) -> Fitted {
        Fitted {
            answers: Vec::new(),
            detected: vec![10.0],
            answered: hidden.is_some(),
            hidden: vec![hidden],
            places,
        }
    }

    #[test]
    fn a_draw_without_an_answer_is_at_both_ends_and_leaves_no_margins() {
        let fits = [fit(Some(vec![10.0, 30.0]), 2), fit(None, 4)];
        assert_eq!(seen(&fits, 0), [0.5, 0.25, 0.0, 1.0, 0.0, 1.0]);
        let codes = BTreeMap::from([("sex".to_owned(), "F".to_owned())]);
        assert!(margins(&[&codes], &fits, 0.95).is_empty());
        let whole = &margins(&[&codes], &fits[..1], 0.95)[0];
        assert!((whole.total_mean - 30.0).abs() < 1e-12 && whole.detected == 10);
    }
}
