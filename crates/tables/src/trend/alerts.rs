//! Organisations whose reporting changed, so that it is not read as a change in victims.

use model::Label;
use model::trend::{Direction, ReportingAlert};

use super::breaks::LEVEL_VARIATION;
use super::exact::{change, normal};

/// An organisation's code, its name, and its counts by period in time order.
pub type OrganisationSeries = (String, Label, Vec<(String, Option<u64>)>);

/// Period, organisation, its counts before and after, those of all others.
type Comparison = (usize, usize, (u64, u64), (u64, u64));

/// Flags each organisation whose reports rose or fell from one period to the next in another way
/// than those of all others together.
///
/// `series` holds for each organisation its code, its name and its counts by period; all series
/// have the same periods in time order. The test is on the ratio of ratios: with counts a → a′
/// of the organisation and b → b′ of the others, z = ln(a′/a) − ln(b′/b), each count plus ½,
/// against the variance 1/a + 1/a′ + 1/b + 1/b′ of Poisson counts and 4 c² for variation within
/// a level, c being [`LEVEL_VARIATION`]. `level` is the probability that no alert is
/// raised while nothing changed, in all comparisons together (Bonferroni). A change must also be
/// at least a factor of 1.2, so that with huge counts trifles raise no alarm. Alerts come in time order,
/// then in the order of `series`; comparisons with a missing count are left out.
pub fn reporting_alerts(series: &[OrganisationSeries], level: f64) -> Vec<ReportingAlert> {
    let periods = series.iter().map(|(.., points)| points.len()).min().unwrap_or(0);
    let pair = |points: &[(String, Option<u64>)], t: usize| points[t - 1].1.zip(points[t].1);
    let comparisons: Vec<Comparison> = (1..periods)
        .flat_map(|t| (0..series.len()).map(move |o| (t, o)))
        .filter_map(|(t, o)| {
            let own = pair(&series[o].2, t)?;
            let others = series
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != o)
                .filter_map(|(_, (.., points))| pair(points, t))
                .fold((0u64, 0u64), |sum, p| (sum.0.saturating_add(p.0), sum.1.saturating_add(p.1)));
            (others != (0, 0) && own != (0, 0)).then_some((t, o, own, others))
        })
        .collect();
    let limit = normal((1.0 - level) / 2.0 / comparisons.len().max(1) as f64);
    comparisons
        .into_iter()
        .filter_map(|(t, o, own, others)| {
            let half = |n: u64| n as f64 + 0.5;
            let against = (half(own.1) / half(own.0)).ln() - (half(others.1) / half(others.0)).ln();
            let variance = [own.0, own.1, others.0, others.1].map(|n| 1.0 / half(n)).iter().sum::<f64>()
                + 4.0 * LEVEL_VARIATION.powi(2);
            let own_change = (half(own.1) / half(own.0)).ln();
            let same_way = own_change.signum() == against.signum();
            if against.abs() <= limit * variance.sqrt() || own_change.abs() < 1.2f64.ln() || !same_way {
                return None;
            }
            let (code, label, points) = &series[o];
            let direction = if against > 0.0 { Direction::Rose } else { Direction::Fell };
            let (from, period) = (points[t - 1].0.clone(), points[t].0.clone());
            Some(ReportingAlert {
                organisation: code.clone(),
                label: label.clone(),
                from,
                period,
                counts: own,
                others,
                change: change(own.0, own.1, level),
                direction,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, counts: &[u64]) -> OrganisationSeries {
        let points = counts.iter().zip(2015..).map(|(&n, y): (_, i32)| (y.to_string(), Some(n))).collect();
        (name.into(), Label::same(name), points)
    }

    #[test]
    fn one_organisation_that_falls_is_flagged_and_the_others_are_not() {
        let all = [
            series("POLICE", &[500, 510, 495, 160, 170]),
            series("BORDER", &[300, 280, 310, 305, 290]),
            series("SHELTER", &[120, 131, 118, 125, 120]),
        ];
        let alerts = reporting_alerts(&all, 0.95);
        assert_eq!(alerts.len(), 1, "{alerts:#?}");
        let alert = &alerts[0];
        assert_eq!((alert.organisation.as_str(), alert.period.as_str()), ("POLICE", "2018"));
        assert_eq!((alert.direction, alert.counts, alert.others), (Direction::Fell, (495, 160), (428, 430)));
        assert!(alert.change.is_some_and(|c| c.interval.1 < 0.5), "{alert:?}");
    }

    #[test]
    fn a_fall_of_all_together_is_no_matter_of_reporting() {
        let all = [series("A", &[500, 250]), series("B", &[300, 150]), series("C", &[90, 45])];
        assert!(reporting_alerts(&all, 0.95).is_empty());
    }

    #[test]
    fn a_missing_count_is_no_fall() {
        let mut a = series("A", &[500, 0, 480]);
        a.2[1].1 = None;
        assert!(reporting_alerts(&[a, series("B", &[300, 310, 290])], 0.95).is_empty());
        assert!(reporting_alerts(&[], 0.95).is_empty());
    }

    #[test]
    fn an_organisation_that_stops_or_starts_is_flagged() {
        let all = [series("A", &[80, 0]), series("B", &[300, 310]), series("C", &[0, 60])];
        let found: Vec<_> =
            reporting_alerts(&all, 0.95).into_iter().map(|a| (a.organisation, a.direction)).collect();
        assert_eq!(found, [("A".to_owned(), Direction::Fell), ("C".to_owned(), Direction::Rose)]);
    }
}
