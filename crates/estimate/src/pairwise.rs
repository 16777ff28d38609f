//! What each pair of lists says on its own, and whether the two depend on each other.

use std::collections::BTreeMap;

use model::CaptureTable;
use serde::{Serialize, Serializer};

use crate::loglinear::pairs;
use crate::numeric::{log_interval, root, two_sided};

/// An empty overlap that chance would leave less often than this looks like a rule.
const BEYOND_CHANCE: f64 = 0.001;
/// Sums of more than this many times their first term are as good as infinite here.
const ENDLESS: f64 = 1e100;

/// How two lists seem to hang together among the persons whom other lists see too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// Being in one makes being in the other likelier: the lists refer to each other, or both see
    /// the persons who are easy to see. Two lists alone then give too low a total.
    Positive,
    /// Being in one makes being in the other less likely. Two lists alone then give too high a total.
    Negative,
    /// The interval of the odds ratio holds 1, or there is none.
    Unclear,
}

impl Dependence {
    /// Name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Unclear => "unclear",
        }
    }
}

impl Serialize for Dependence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What two lists say on their own, and of each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairCheck {
    /// Names of the two lists.
    pub lists: [String; 2],
    /// Persons in both lists.
    pub both: u64,
    /// Persons in the first list and not in the second.
    pub only_first: u64,
    /// Persons in the second list and not in the first.
    pub only_second: u64,
    /// Lincoln's and Petersen's estimate of the total from these two lists, were they independent;
    /// `None` when nobody is in both.
    pub lincoln_petersen: Option<f64>,
    /// Its interval, log-normal on the persons in neither: that of the method `main` on these two.
    pub lincoln_petersen_interval: Option<(f64, f64)>,
    /// Chapman's (1951) estimate of the same total, which is there for an empty overlap too.
    pub chapman: f64,
    /// Its interval with Seber's (1970) variance, log-normal on the persons in neither; `None` when
    /// that is nobody.
    pub chapman_interval: Option<(f64, f64)>,
    /// Persons who would be in both if the lists were independent and the total were that of
    /// `reference_total`.
    pub expected_overlap: Option<f64>,
    /// The total that `expected_overlap` rests on; `None` when no method gave one.
    pub reference_total: Option<f64>,
    /// Odds ratio of being in the two lists, within each combination of the other lists, those in no
    /// other list left out (Mantel and Haenszel 1959); `None` when there is none or it is infinite.
    pub odds_ratio: Option<f64>,
    /// Its interval (Robins, Breslow and Greenland 1986); the upper limit is `None` when it is infinite.
    pub odds_ratio_interval: Option<(f64, Option<f64>)>,
    /// What the interval of the odds ratio says.
    pub dependence: Dependence,
    /// Whether nobody is in both lists.
    pub empty_overlap: bool,
    /// Names of those of the two lists of which all persons are in the other one: such a list tells
    /// nothing of its own about who was never seen.
    pub inside_other: Vec<String>,
    /// Whether the overlap is empty and chance would hardly leave it so (1 in 1000) if the lists were
    /// independent: a rule seems to keep a person of one list out of the other.
    pub looks_disjoint: bool,
}

/// Checks every pair of lists of the table, in the order (0,1), (0,2), …, (1,2), …
///
/// `reference_total` is the number of persons in all, from any method; `level` the level of the
/// intervals. Lists without persons are left out. Formulas are in `methods.md`.
///
/// ```
/// use estimate::{Dependence, pair_checks};
/// use model::CaptureTable;
/// let lists = ["birth", "death", "rehabilitation"].map(String::from).to_vec();
/// let counts = [(1, 247), (2, 49), (4, 60), (3, 142), (5, 112), (6, 4), (7, 12)];
/// let table = CaptureTable::from_counts(lists, counts)?;
/// let found = pair_checks(&table, None, 0.95);
/// // Who died was hardly in rehabilitation.
/// assert_eq!(found[2].lists, ["death", "rehabilitation"]);
/// assert_eq!(found[2].dependence, Dependence::Negative);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pair_checks(table: &CaptureTable, reference_total: Option<f64>, level: f64) -> Vec<PairCheck> {
    let reference_total = reference_total.filter(|total| *total > 0.0 && total.is_finite());
    pairs(table.lists().len())
        .filter(|&(i, j)| table.list_total(i) > 0 && table.list_total(j) > 0)
        .map(|(i, j)| check(table, (i, j), reference_total, level))
        .collect()
}

fn check(table: &CaptureTable, (i, j): (usize, usize), total: Option<f64>, level: f64) -> PairCheck {
    let (first, second) = (1_u32 << i, 1_u32 << j);
    let mut counts = [0_u64; 4];
    let mut strata: BTreeMap<u32, Stratum> = BTreeMap::new();
    for (history, n) in table.counts() {
        let place = usize::from(history & first != 0) | usize::from(history & second != 0) << 1;
        counts[place] += n;
        let others = history & !(first | second);
        if others != 0 {
            strata.entry(others).or_default().0[place] += n as f64;
        }
    }
    let [_, only_first, only_second, both] = counts;
    let (a, b, m) = (only_first as f64, only_second as f64, both as f64);
    let seen = a + b + m;

    // ln of the hidden is ln a + ln b − ln m, of three Poisson counts.
    let petersen_error = (1.0 / a + 1.0 / b + 1.0 / m).sqrt();
    let ratio = (two_sided(level) * petersen_error).exp();
    let petersen = (both > 0).then(|| seen + a * b / m);
    let petersen_interval = petersen
        .map(|_| (seen + a * b / m / ratio, seen + a * b / m * ratio))
        .filter(|(_, high)| a * b > 0.0 && high.is_finite());
    let chapman_hidden = a * b / (m + 1.0);
    let variance = (a + m + 1.0) * (b + m + 1.0) * a * b / ((m + 1.0).powi(2) * (m + 2.0));

    let strata: Vec<Stratum> = strata.into_values().filter(Stratum::tells).collect();
    let odds = odds_ratio(&strata, level);
    let expected = total.map(|total| (a + m) * (b + m) / total);
    // With nobody in both, the most extreme table is the one observed.
    let by_chance = [expected.map(|expected| -expected), Some(log_chance(&strata, 0.0))];
    let least = by_chance.into_iter().flatten().fold(0.0, f64::min);

    let names = table.lists();
    let inside = [(only_first, i), (only_second, j)];
    PairCheck {
        lists: [names[i].clone(), names[j].clone()],
        both,
        only_first,
        only_second,
        lincoln_petersen: petersen,
        lincoln_petersen_interval: petersen_interval,
        chapman: seen + chapman_hidden,
        chapman_interval: log_interval(seen, chapman_hidden, variance.sqrt(), level),
        expected_overlap: expected,
        reference_total: total,
        odds_ratio: odds.and_then(|odds| odds.ratio),
        odds_ratio_interval: odds.and_then(|odds| odds.interval),
        dependence: odds.map_or(Dependence::Unclear, |odds| odds.dependence()),
        empty_overlap: both == 0,
        inside_other: inside
            .iter()
            .filter(|(alone, _)| *alone == 0)
            .map(|&(_, i)| names[i].clone())
            .collect(),
        looks_disjoint: both == 0 && least < BEYOND_CHANCE.ln(),
    }
}

/// The persons of one combination of other lists: in neither of the two lists, the first only, the
/// second only, both.
#[derive(Debug, Clone, Copy, Default)]
struct Stratum([f64; 4]);

impl Stratum {
    /// Whether the margins leave the overlap open.
    fn tells(&self) -> bool {
        let [neither, first, second, both] = self.0;
        both + first > 0.0 && both + second > 0.0 && neither + first > 0.0 && neither + second > 0.0
    }

    /// The same persons with the second list turned around: who was in it is out of it.
    fn turned(self) -> Self {
        let [neither, first, second, both] = self.0;
        Self([second, both, neither, first])
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct OddsRatio {
    ratio: Option<f64>,
    interval: Option<(f64, Option<f64>)>,
}

impl OddsRatio {
    fn dependence(&self) -> Dependence {
        match self.interval {
            Some((low, _)) if low > 1.0 => Dependence::Positive,
            Some((_, Some(high))) if high < 1.0 => Dependence::Negative,
            _ => Dependence::Unclear,
        }
    }
}

/// The common odds ratio of Mantel and Haenszel; `None` when no stratum tells of it.
fn odds_ratio(strata: &[Stratum], level: f64) -> Option<OddsRatio> {
    let (mut agree, mut differ) = (0.0, 0.0);
    let (mut from_agree, mut from_both, mut from_differ) = (0.0, 0.0, 0.0);
    for Stratum([neither, first, second, both]) in strata {
        let n = neither + first + second + both;
        let (r, s) = (both * neither / n, first * second / n);
        let (p, q) = ((both + neither) / n, (first + second) / n);
        agree += r;
        differ += s;
        from_agree += p * r;
        from_both += p * s + q * r;
        from_differ += q * s;
    }
    let outside = (1.0 - level) / 2.0;
    if agree > 0.0 && differ > 0.0 {
        let variance = from_agree / (2.0 * agree * agree)
            + from_both / (2.0 * agree * differ)
            + from_differ / (2.0 * differ * differ);
        let (ratio, width) = (agree / differ, (two_sided(level) * variance.sqrt()).exp());
        let finite = |x: f64| x.is_finite().then_some(x);
        return Some(OddsRatio {
            ratio: Some(ratio),
            interval: Some((ratio / width, finite(ratio * width))),
        });
    }
    // All strata at the end of their range: the limit on the open side is exact.
    let limit = |strata: &[Stratum]| root(-200.0, 200.0, |log| log_chance(strata, log) - outside.ln());
    if differ > 0.0 {
        let interval = limit(strata).map(|log| (0.0, Some(log.exp())));
        return Some(OddsRatio { ratio: Some(0.0), interval });
    }
    if agree > 0.0 {
        let turned: Vec<Stratum> = strata.iter().map(|stratum| stratum.turned()).collect();
        return Some(OddsRatio { ratio: None, interval: limit(&turned).map(|log| ((-log).exp(), None)) });
    }
    None
}

/// ln of the probability, given all margins, that in every stratum as few persons are in both lists as
/// can be, when the odds ratio has this logarithm. The strata have to be so: in each, nobody is in both
/// or nobody in neither.
fn log_chance(strata: &[Stratum], log_odds_ratio: f64) -> f64 {
    let odds_ratio = log_odds_ratio.exp();
    strata
        .iter()
        .map(|&Stratum([neither, first, second, both])| {
            // The terms of the noncentral hypergeometric distribution by their ratios.
            let (mut term, mut sum, mut x) = (1.0, 1.0, 0.0);
            while first > x && second > x && sum < ENDLESS && term > sum * 1e-17 {
                term *= odds_ratio * (first - x) * (second - x) / ((both + x + 1.0) * (neither + x + 1.0));
                sum += term;
                x += 1.0;
            }
            -f64::ln(sum)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Method, Options, estimate};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_distr::{Distribution, Poisson};

    fn table(lists: usize, counts: &[(u32, u64)]) -> CaptureTable {
        let names = (0..lists).map(|i| format!("L{i}")).collect();
        CaptureTable::from_counts(names, counts.iter().copied()).expect("a valid table")
    }

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs(), "{got} but {expected}");
    }

    #[test]
    fn two_lists_give_the_numbers_of_the_formulas() {
        // 10 in the first, 15 in the second, 7 in both: 10·15/7 and 11·16/8 − 1, and Seber's variance
        // 11·16·3·8/(8²·9) = 22/3.
        let found = pair_checks(&table(2, &[(1, 3), (2, 8), (3, 7)]), Some(30.0), 0.95).remove(0);
        close(found.lincoln_petersen.expect("an estimate"), 150.0 / 7.0, 1e-14);
        close(found.chapman, 21.0, 1e-14);
        let factor = (two_sided(0.95) * (22.0_f64 / 3.0 / 9.0).ln_1p().sqrt()).exp();
        let (low, high) = found.chapman_interval.expect("an interval");
        close(low, 18.0 + 3.0 / factor, 1e-12);
        close(high, 18.0 + 3.0 * factor, 1e-12);
        close(found.expected_overlap.expect("a reference"), 5.0, 1e-14);
        assert_eq!((found.odds_ratio, found.dependence), (None, Dependence::Unclear), "no other lists");
    }

    #[test]
    fn two_lists_alone_are_the_method_of_independent_lists() {
        let table = table(2, &[(1, 130), (2, 41), (3, 17)]);
        let main = estimate(&table, &[Method::Main], &Options::default()).expect("valid options");
        let (main, pair) = (&main.estimates[0], &pair_checks(&table, None, 0.95)[0]);
        close(pair.lincoln_petersen.expect("a total"), main.total.expect("a total"), 1e-10);
        let (a, b) = (pair.lincoln_petersen_interval.expect("one"), main.interval.expect("one"));
        close(a.0, b.0, 1e-9);
        close(a.1, b.1, 1e-9);
    }

    /// Agresti (2002), *Categorical Data Analysis*, table 6.9 and section 6.3.5: eight centres, drug and
    /// control, success and failure. The odds ratio is 2.13 and its interval 1.18 to 3.87, as printed.
    #[test]
    fn odds_ratios_over_strata_are_those_of_the_textbook() {
        let centres: [[f64; 4]; 8] = [
            [11.0, 25.0, 10.0, 27.0],
            [16.0, 4.0, 22.0, 10.0],
            [14.0, 5.0, 7.0, 12.0],
            [2.0, 14.0, 1.0, 16.0],
            [6.0, 11.0, 0.0, 12.0],
            [1.0, 10.0, 0.0, 10.0],
            [1.0, 4.0, 1.0, 8.0],
            [4.0, 2.0, 6.0, 1.0],
        ];
        let strata: Vec<Stratum> = centres.iter().map(|&[a, b, c, d]| Stratum([d, b, c, a])).collect();
        let found = odds_ratio(&strata, 0.95).expect("an odds ratio");
        let (low, high) = found.interval.expect("an interval");
        assert!((found.ratio.expect("finite") - 2.13).abs() < 0.006, "{found:?}");
        assert!((low - 1.18).abs() < 0.006 && (high.expect("finite") - 3.87).abs() < 0.006, "{found:?}");
    }

    /// All tables with these margins, their probability by binomial coefficients.
    #[test]
    fn exact_limits_are_those_of_the_sum_over_all_tables() {
        let choose = |n: u32, k: u32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
        // 6 persons of 14 in the first list, 5 in the second, none in both.
        let strata = [Stratum([3.0, 6.0, 5.0, 0.0])];
        let found = odds_ratio(&strata, 0.9).expect("an odds ratio");
        let high = found.interval.and_then(|(_, high)| high).expect("an upper limit");
        let weight = |x: u32| choose(6, x) * choose(8, 5 - x) * high.powf(f64::from(x));
        close(weight(0) / (0..=5).map(weight).sum::<f64>(), 0.05, 1e-8);
        assert_eq!((found.ratio, found.interval.map(|(low, _)| low)), (Some(0.0), Some(0.0)));
        // The other way round nobody is in just one of them.
        let turned = odds_ratio(&[strata[0].turned()], 0.9).expect("an odds ratio");
        close(turned.interval.expect("an interval").0, 1.0 / high, 1e-9);
        assert_eq!((turned.ratio, turned.interval.and_then(|(_, high)| high)), (None, None));
        assert_eq!(odds_ratio(&[], 0.95), None);
    }

    /// Poisson counts of a log-linear model in which the lists 0 and 1 have the log odds ratio θ.
    fn drawn(theta: f64, stream: u64) -> CaptureTable {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        random.set_stream(stream);
        let lists = [-1.0, -1.3, -0.9, -1.6];
        let mean = |history: u32| -> f64 {
            let sum: f64 = (0..4).filter(|i| history >> i & 1 == 1).map(|i| lists[i as usize]).sum();
            (6.5 + sum + if history & 3 == 3 { theta } else { 0.0 }).exp()
        };
        let counts: Vec<(u32, u64)> = (1..16)
            .map(|history| (history, Poisson::new(mean(history)).expect("a mean").sample(&mut random) as u64))
            .collect();
        table(4, &counts)
    }

    #[test]
    fn intervals_of_the_odds_ratio_hold_it_and_call_independent_lists_dependent_one_time_in_twenty() {
        const TABLES: u64 = 1000;
        for (theta, least) in [(0.0_f64, 0.0), (0.8, 0.9), (-1.5, 0.9)] {
            let found: Vec<PairCheck> =
                (0..TABLES).map(|stream| pair_checks(&drawn(theta, stream), None, 0.95).remove(0)).collect();
            let holds = |pair: &&PairCheck| {
                let (low, high) = pair.odds_ratio_interval.expect("an interval");
                low <= theta.exp() && high.is_none_or(|high| theta.exp() <= high)
            };
            // A standard error of 0.7 points, and four of them.
            let share = found.iter().filter(holds).count() as f64 / TABLES as f64;
            assert!((0.922..=0.978).contains(&share), "θ = {theta}: {share}");
            let sign = if theta > 0.0 { Dependence::Positive } else { Dependence::Negative };
            let told = found.iter().filter(|pair| pair.dependence == sign).count() as f64 / TABLES as f64;
            assert!(told >= least && (theta != 0.0 || told < 0.05), "θ = {theta}: {told}");
        }
    }

    #[test]
    fn lists_inside_others_and_apart_by_rule_are_told_from_chance() {
        // L2 lies in L0; L1 and L3 share nobody of some hundreds; L4 has two persons.
        let counts =
            [(1, 300), (2, 400), (3, 90), (5, 20), (7, 10), (8, 350), (9, 80), (13, 9), (16, 1), (17, 1)];
        let found = pair_checks(&table(5, &counts), Some(3000.0), 0.95);
        let of = |i: usize, j: usize| {
            found
                .iter()
                .find(|p| p.lists == [format!("L{i}"), format!("L{j}")])
                .unwrap_or_else(|| panic!("{i} {j}"))
        };
        assert_eq!(of(0, 2).inside_other, ["L2"]);
        assert!(found.iter().filter(|p| !p.inside_other.is_empty()).count() == 1);
        assert!(of(1, 3).empty_overlap && of(1, 3).looks_disjoint, "{:?}", of(1, 3));
        assert!(of(1, 4).empty_overlap && !of(1, 4).looks_disjoint, "{:?}", of(1, 4));
        assert_eq!((of(1, 4).lincoln_petersen, of(1, 4).lincoln_petersen_interval), (None, None));
        assert!(of(1, 4).chapman > 500.0 && of(1, 4).chapman_interval.is_some());
        // Among those of L0, 90 + 10 are in L1 and 80 + 9 in L3, none in both.
        assert_eq!((of(1, 3).odds_ratio, of(1, 3).dependence), (Some(0.0), Dependence::Negative));
    }

    #[test]
    fn counts_near_the_limit_of_integers_end_soon_and_are_finite() {
        let big = 1_u64 << 55;
        let counts = [(1, big), (2, big), (4, big), (5, big), (6, big), (3, 3)];
        for pair in pair_checks(&table(3, &counts), Some(1e18), 0.95) {
            let json = serde_json::to_string(&pair).expect("plain values");
            assert!(pair.chapman.is_finite(), "{json}");
        }
    }
}
