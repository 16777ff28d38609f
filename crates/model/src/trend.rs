//! What is said of a series of counts: intervals, changes and breaks in level.

use serde::{Deserialize, Serialize};

use crate::{Label, Unit};

/// A series of yearly (or quarterly, or monthly) counts with what can be said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Identifier: lower-case letters, digits and `_`.
    pub id: String,
    /// Title for readers.
    pub title: Label,
    /// What one unit is.
    pub unit: Unit,
    /// Confidence level of all intervals, such as 0.95.
    pub level: f64,
    /// The points in time order.
    pub points: Vec<Point>,
    /// Breaks in level, in time order.
    pub breaks: Vec<Break>,
}

/// One period of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The period: `2019`, `2019-Q2` or `2019-03`.
    pub period: String,
    /// The count; `None` where the series has no publishable figure.
    pub count: Option<u64>,
    /// Exact Poisson (Garwood) interval of the count's expectation.
    pub interval: Option<(f64, f64)>,
    /// Change on the period before: ratio of expectations with its interval.
    pub change: Option<Change>,
    /// Fitted level of the changepoint model in this period.
    pub fitted: Option<f64>,
}

/// A change between two counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Ratio of the counts, new ÷ old.
    pub ratio: f64,
    /// Interval of the ratio of the expectations.
    pub interval: (f64, f64),
}

impl Change {
    /// What may be said: the change is clear only when the interval does not hold 1.
    pub fn direction(self) -> Direction {
        if self.interval.0 > 1.0 {
            Direction::Rose
        } else if self.interval.1 < 1.0 {
            Direction::Fell
        } else {
            Direction::CannotTell
        }
    }
}

/// The direction of a change, as far as the figures carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The interval lies above no change.
    Rose,
    /// The interval lies below no change.
    Fell,
    /// The interval holds no change.
    CannotTell,
}

/// An organisation whose reports changed in a way that those of the others did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportingAlert {
    /// Code of the organisation or register.
    pub organisation: String,
    /// Its name.
    pub label: Label,
    /// The period before the change.
    pub from: String,
    /// The period of the change.
    pub period: String,
    /// Its reports before and after.
    pub counts: (u64, u64),
    /// Reports of all others with figures in both periods, before and after.
    pub others: (u64, u64),
    /// Its own change; `None` when it reported nothing before.
    pub change: Option<Change>,
    /// Whether it rose or fell against the others.
    pub direction: Direction,
}

/// A break in the level of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Break {
    /// First period of the new level.
    pub period: String,
    /// Probability that there is a break at this very period.
    pub probability: f64,
    /// Periods that together hold the break with the trend's level of probability.
    pub periods: Vec<String>,
    /// Level before and after.
    pub levels: (f64, f64),
}
