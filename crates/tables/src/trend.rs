//! What can be said of a series of counts: exact intervals, changes, breaks in level, and
//! organisations whose reporting changed.
//!
//! ```
//! use model::{Label, Unit, trend::Direction};
//!
//! let series: Vec<(String, Option<u64>)> =
//!     [(2017, 952), (2018, 668), (2019, 1334)].map(|(y, n)| (y.to_string(), Some(n))).into();
//! let trend = tables::trend::describe("victims", Label::same("Victims"), Unit::Persons, &series, 0.95);
//! let change = trend.points[2].change.expect("both years have a count");
//! assert_eq!(change.direction(), Direction::Rose);
//! ```

mod alerts;
mod breaks;
mod exact;

pub use alerts::{OrganisationSeries, reporting_alerts};
pub use breaks::LEVEL_VARIATION;
pub use exact::{change, garwood, proportion};

use model::trend::{Point, Trend};
use model::{Label, Unit};

/// Describes a series of counts in time order.
///
/// Each count gets its Garwood interval ([`garwood`]), each pair of neighbouring periods with
/// counts the ratio of the new to the old with its interval ([`change`]); both take the counts
/// as Poisson. Breaks in level are found as the chapter on trends in the book says, with variation
/// beyond Poisson of up to [`LEVEL_VARIATION`] within a level. `level` is the level of all
/// intervals and of the sets of periods, such as 0.95. A period without count (`None`) stays in
/// place: it has no interval, and the change after it is not given.
///
/// The fitted level of a period is the mean of the counts between the breaks around it.
pub fn describe(id: &str, title: Label, unit: Unit, series: &[(String, Option<u64>)], level: f64) -> Trend {
    let known: Vec<(usize, u64)> =
        series.iter().enumerate().filter_map(|(i, (_, count))| count.map(|n| (i, n))).collect();
    let counts: Vec<u64> = known.iter().map(|&(_, n)| n).collect();
    let found = breaks::find(&counts, breaks::hazard(series.first().map_or("", |(p, _)| p)), level);
    let name = |at: usize| series[known[at].0].0.clone();
    let fitted = breaks::levels(&counts, &found);
    let mut points: Vec<Point> = series
        .iter()
        .enumerate()
        .map(|(i, (period, count))| {
            let before = i.checked_sub(1).and_then(|b| series[b].1);
            Point {
                period: period.clone(),
                count: *count,
                interval: count.map(|n| garwood(n, level)),
                change: before.zip(*count).and_then(|(old, new)| change(old, new, level)),
                fitted: None,
            }
        })
        .collect();
    for (&(i, _), level) in known.iter().zip(&fitted) {
        points[i].fitted = Some(*level);
    }
    let breaks = found
        .iter()
        .map(|f| model::trend::Break {
            period: name(f.at),
            probability: f.probability,
            periods: f.set.iter().map(|&at| name(at)).collect(),
            levels: (fitted[f.at - 1], fitted[f.at]),
        })
        .collect();
    Trend { id: id.to_owned(), title, unit, level, points, breaks }
}
