//! An attack on synthetic records: was this person among those they were made from?

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde::Serialize;

use super::Records;
use crate::Error;

/// How well an attacker tells the persons from whom synthetic records were made from others of the
/// same population.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Membership {
    /// Records of persons from whom the synthetic ones were made, on which the attack was tried.
    pub members: usize,
    /// Records of others on which it was tried.
    pub others: usize,
    /// A record counts as a member when a synthetic one differs from it in at most this many
    /// attributes; none when every record counts as an outsider.
    pub threshold: Option<u32>,
    /// Share of the members that are recognised.
    pub true_positives: f64,
    /// Share of the others that are taken for members.
    pub false_positives: f64,
    /// `true_positives` − `false_positives`: 0 when the records tell nothing, 1 when they tell all.
    pub advantage: f64,
    /// 95 % interval of the advantage.
    pub interval: (f64, f64),
    /// Mean number of attributes in which a member differs from the closest synthetic record.
    pub distance_of_members: f64,
    /// The same for others.
    pub distance_of_others: f64,
    /// Share of members that a synthetic record equals in every attribute.
    pub copies_of_members: f64,
    /// The same for others: what is common is copied by chance.
    pub copies_of_others: f64,
}

impl Membership {
    /// Whether the attack did better than by chance: the interval lies above zero.
    pub fn found_something(&self) -> bool {
        self.interval.0 > 0.0
    }
}

/// Attacks synthetic records by the distance to the closest record.
///
/// `members` are the records from which `synthetic` was made; `others` were held out: drawn from the
/// same population and not used. The attacker is given the synthetic records and half of both (every
/// second record), chooses on these the distance that tells them apart best, and is judged on the other
/// half. The interval of the difference of the two shares is Newcombe's (1998, method 10).
///
/// An attack that finds nothing does not prove that there is nothing to find: it is one attack, and looks
/// at all attributes alike.
///
/// # Errors
/// When attributes are not the same, or there are fewer than 20 members or others.
pub fn membership(members: &Records, others: &Records, synthetic: &Records) -> Result<Membership, Error> {
    members.same_attributes(others)?;
    members.same_attributes(synthetic)?;
    if members.len() < 20 || others.len() < 20 {
        return Err(Error::Records {
            what: format!("an attack on {} members and {} others tells nothing", members.len(), others.len()),
        });
    }
    let targets: Vec<Vec<u32>> =
        (0..synthetic.len()).map(|r| synthetic.row(r)).collect::<BTreeSet<_>>().into_iter().collect();
    let distances = |records: &Records| -> Vec<u32> {
        (0..records.len())
            .into_par_iter()
            .map(|r| {
                let row = records.row(r);
                let differ = |t: &Vec<u32>| t.iter().zip(&row).filter(|(a, b)| a != b).count() as u32;
                targets.iter().map(differ).min().unwrap_or(row.len() as u32 + 1)
            })
            .collect()
    };
    let (inside, outside) = (distances(members), distances(others));
    let half = |d: &[u32], odd: usize| -> Vec<u32> { d.iter().copied().skip(odd).step_by(2).collect() };
    let within = |d: &[u32], t: u32| d.iter().filter(|&&x| x <= t).count();
    let share = |d: &[u32], t: u32| within(d, t) as f64 / d.len() as f64;
    let (learn_in, learn_out) = (half(&inside, 0), half(&outside, 0));
    let mut best: Option<(u32, f64)> = None;
    for t in 0..=members.attributes().len() as u32 {
        let gain = share(&learn_in, t) - share(&learn_out, t);
        if gain > 1e-12 && best.is_none_or(|(_, b)| gain > b) {
            best = Some((t, gain));
        }
    }
    let (test_in, test_out) = (half(&inside, 1), half(&outside, 1));
    let threshold = best.map(|(t, _)| t);
    let hits = |d: &[u32]| threshold.map_or(0, |t| within(d, t));
    let (a, b) = (hits(&test_in), hits(&test_out));
    let (p, q) = (a as f64 / test_in.len() as f64, b as f64 / test_out.len() as f64);
    let ((l1, u1), (l2, u2)) = (wilson(a, test_in.len()), wilson(b, test_out.len()));
    let root = |x: f64, y: f64| (x * x + y * y).sqrt();
    let mean = |d: &[u32]| d.iter().map(|&x| f64::from(x)).sum::<f64>() / d.len() as f64;
    Ok(Membership {
        members: test_in.len(),
        others: test_out.len(),
        threshold,
        true_positives: p,
        false_positives: q,
        advantage: p - q,
        interval: (p - q - root(p - l1, u2 - q), p - q + root(u1 - p, q - l2)),
        distance_of_members: mean(&inside),
        distance_of_others: mean(&outside),
        copies_of_members: share(&inside, 0),
        copies_of_others: share(&outside, 0),
    })
}

/// Wilson's 95 % interval of a proportion.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let (n, p) = (of as f64, hits as f64 / of as f64);
    let middle = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::wilson;

    /// 56 of 70 and 48 of 80: Newcombe 1998, table II, example (a), methods 3 and 10.
    #[test]
    fn intervals_are_those_of_newcombe() {
        let ((l1, u1), (l2, u2)) = (wilson(56, 70), wilson(48, 80));
        let (p, q) = (0.8f64, 0.6f64);
        let low = p - q - ((p - l1).powi(2) + (u2 - q).powi(2)).sqrt();
        let high = p - q + ((u1 - p).powi(2) + (q - l2).powi(2)).sqrt();
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
    }
}
