//! How well a method estimates populations whose size is known.

use crate::numeric::quantile;

/// What a method said of one population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scored {
    /// Its size.
    pub(crate) truth: f64,
    pub(crate) total: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
}

/// The figures that a method is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    /// Intervals that there were.
    pub(crate) given: f64,
    /// Share of them that hold the size; `None` when there was none.
    pub(crate) coverage: Option<f64>,
    /// Median of estimate ÷ truth, minus 1.
    pub(crate) bias: Option<f64>,
    /// Median of upper ÷ lower limit.
    pub(crate) width: Option<f64>,
    /// Share of the populations without an interval.
    pub(crate) refused: f64,
}

impl Score {
    pub(crate) fn of(answers: &[Scored]) -> Self {
        let intervals: Vec<(f64, (f64, f64))> =
            answers.iter().filter_map(|answer| Some((answer.truth, answer.interval?))).collect();
        let held =
            intervals.iter().filter(|(truth, (low, high))| low <= truth && truth <= high).count() as f64;
        let given = intervals.len() as f64;
        Self {
            given,
            coverage: (given > 0.0).then(|| held / given),
            bias: median(
                answers.iter().filter_map(|answer| Some(answer.total? / answer.truth - 1.0)).collect(),
            ),
            width: median(intervals.iter().map(|(_, (low, high))| high / low).collect()),
            refused: 1.0 - given / answers.len() as f64,
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| quantile(&values, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_counted_and_populations_without_one_are_refused() {
        let of = |total: Option<f64>, interval| Scored { truth: 100.0, total, interval };
        let score = Score::of(&[
            of(Some(110.0), Some((90.0, 180.0))),
            of(Some(120.0), Some((105.0, 210.0))),
            of(Some(130.0), None),
            of(None, None),
        ]);
        assert_eq!((score.given.round() as u64, score.coverage, score.refused), (2, Some(0.5), 0.5));
        assert!((score.bias.expect("a bias") - 0.2).abs() < 1e-12 && score.width == Some(2.0), "{score:?}");
        let nothing = Score::of(&[of(None, None)]);
        assert_eq!((nothing.coverage, nothing.bias, nothing.width), (None, None, None));
    }
}
