//! Estimates with their intervals as lines of text, all on one scale.

/// Width of the scale in characters.
const WIDTH: usize = 56;

/// A point with its interval, either of which may be missing.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) point: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
}

/// A chart of `lines`, with `mark` as a dotted line; empty when there is nothing to draw.
///
/// The scale is that of ratios, so that twice as many is as far everywhere.
pub(crate) fn forest(lines: &[Line], mark: f64) -> Vec<String> {
    let ends = || {
        lines.iter().flat_map(|line| {
            line.point.into_iter().chain(line.interval.into_iter().flat_map(|(low, high)| [low, high]))
        })
    };
    let low = ends().fold(mark, f64::min).max(1.0);
    let high = ends().fold(mark, f64::max);
    let bounded = low.is_finite() && high.is_finite() && high > low;
    if !bounded || ends().next().is_none() {
        return Vec::new();
    }
    let place = |x: f64| {
        let part = (x.max(low) / low).ln() / (high / low).ln();
        ((part * (WIDTH - 1) as f64).round() as usize).min(WIDTH - 1)
    };
    let name = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let mut out: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut row = vec![' '; WIDTH];
            row[place(mark)] = '┊';
            if let Some((from, to)) = line.interval {
                let (from, to) = (place(from), place(to));
                row[from..=to].fill('─');
                row[from] = '├';
                row[to] = '┤';
            }
            if let Some(point) = line.point {
                row[place(point)] = '●';
            }
            let row: String = row.into_iter().collect();
            format!("{:<name$}  {}", line.label, row.trim_end())
        })
        .collect();
    let count = crate::show::rounded;
    let (left, right) = (count(low), count(high));
    let middle = count((low * high).sqrt());
    let gap = WIDTH.saturating_sub(left.len() + middle.len() + right.len());
    let before = (WIDTH / 2).saturating_sub(left.len() + middle.len() / 2).min(gap);
    out.push(format!("{:name$}  {left}{:before$}{middle}{:after$}{right}", "", "", "", after = gap - before));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_share_a_scale_of_ratios() {
        let lines = [
            Line { label: "main".into(), point: Some(200.0), interval: Some((100.0, 400.0)) },
            Line { label: "none".into(), point: None, interval: None },
        ];
        let chart = forest(&lines, 100.0);
        assert_eq!(chart.len(), 3);
        let at = |text: &str, c| text.chars().position(|x| x == c);
        // 200 is half-way between 100 and 400.
        assert_eq!(at(&chart[0], '●').map(|i| i - 6), Some(28));
        assert_eq!((at(&chart[0], '├'), at(&chart[0], '┤')), (Some(6), Some(61)));
        assert_eq!(chart[1], "none  ┊");
        assert!(chart[2].contains("100") && chart[2].contains("200") && chart[2].ends_with("400"));
    }

    #[test]
    fn nothing_to_draw_is_no_chart() {
        assert!(forest(&[], 5.0).is_empty());
        let line = Line { label: "a".into(), point: None, interval: None };
        assert!(forest(&[line], 5.0).is_empty());
    }
}
