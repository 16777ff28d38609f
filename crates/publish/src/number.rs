//! Numbers and dates as readers of each language write them.

use model::Language;

/// `1334` → `1,334` or `1.334`.
pub(crate) fn count(n: u64, language: Language) -> String {
    language.count(n)
}

/// A count that is an estimate: whole, never more precise than it is. A value below 0 or not a
/// number reads as 0.
pub(crate) fn whole(x: f64, language: Language) -> String {
    count(x.round().max(0.0) as u64, language)
}

/// A count that is an estimate, with no more digits than its interval deserves: in steps of the power of ten
/// below a tenth of its width, and never below what is certainly there.
pub(crate) fn about(x: f64, interval: (f64, f64), language: Language, certain: f64) -> String {
    let step = step(interval).max(1.0);
    whole(((x / step).round() * step).max(certain), language)
}

/// How many decimals a figure that is no count deserves, three at most.
pub(crate) fn decimals_for(interval: (f64, f64)) -> usize {
    [1.0, 0.1, 0.01].iter().position(|step_of| step(interval) > step_of / 2.0).unwrap_or(3)
}

/// The power of ten below a tenth of the width of an interval.
fn step((low, high): (f64, f64)) -> f64 {
    let width = high - low;
    if width.is_finite() && width > 0.0 { 10_f64.powf((width / 10.0).log10().floor()) } else { 0.0 }
}

/// `0.5312` with 1 decimal → `0.5` or `0,5`.
pub(crate) fn decimal(x: f64, decimals: usize, language: Language) -> String {
    let negative = x < 0.0 && format!("{:.decimals$}", -x).chars().any(|c| c.is_ascii_digit() && c != '0');
    let text = format!("{:.decimals$}", x.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().map_or_else(|_| whole.to_owned(), |n| count(n, language));
    let sign = if negative { "\u{2212}" } else { "" };
    match (fraction, language) {
        ("", _) => format!("{sign}{whole}"),
        (f, Language::En) => format!("{sign}{whole}.{f}"),
        (f, Language::Nl) => format!("{sign}{whole},{f}"),
    }
}

/// A share as a percentage: `0.5312` → `53%`; below ten percent with a decimal.
pub(crate) fn percent(share: f64, language: Language) -> String {
    let p = share * 100.0;
    let decimals = usize::from(p.abs() < 9.95 && p.abs() >= 0.05);
    format!("{}%", decimal(p, decimals, language))
}

/// The change that a ratio means: `1.99` → `+99%`, `0.7` → `−30%`. A change below one percent
/// has a decimal, so that it is not written as none.
pub(crate) fn change(ratio: f64, language: Language) -> String {
    let p = (ratio - 1.0) * 100.0;
    let decimals = usize::from(p.abs() < 0.95 && p.abs() >= 0.05);
    let text = decimal(p, decimals, language);
    let sign = if p > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { "+" } else { "" };
    format!("{sign}{text}%")
}

/// A range, written so that it cannot be read as a subtraction.
pub(crate) fn range(low: &str, high: &str, language: Language) -> String {
    match language {
        Language::En => format!("{low} to {high}"),
        Language::Nl => format!("{low} tot {high}"),
    }
}

/// `2026-11-24` → `24 November 2026`; what is not a date comes back as it is.
pub(crate) fn date(iso: &str, language: Language) -> String {
    let mut parts = iso.split('-').map(|p| p.parse::<usize>().ok());
    let (Some(Some(y)), Some(Some(m)), Some(Some(d))) = (parts.next(), parts.next(), parts.next()) else {
        return iso.to_owned();
    };
    let months = language.months();
    m.checked_sub(1)
        .and_then(|m| months.get(m))
        .map_or_else(|| iso.to_owned(), |name| format!("{d} {name} {y}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Nl};

    #[test]
    fn thousands_are_parted_as_each_language_does() {
        assert_eq!((count(1334, En).as_str(), count(1334, Nl).as_str()), ("1,334", "1.334"));
        assert_eq!((count(0, En).as_str(), count(716, Nl).as_str()), ("0", "716"));
        assert_eq!(count(1_234_567, En), "1,234,567");
        assert_eq!((decimal(1234.56, 1, Nl).as_str(), decimal(-0.04, 1, En).as_str()), ("1.234,6", "0.0"));
        assert_eq!((percent(0.0312, En).as_str(), percent(0.53, Nl).as_str()), ("3.1%", "53%"));
        assert_eq!((change(1.004, En).as_str(), change(0.998, Nl).as_str()), ("+0.4%", "\u{2212}0,2%"));
        assert_eq!((change(1.0001, En).as_str(), change(0.9999, En).as_str()), ("0%", "0%"));
        assert_eq!((change(1.997, En).as_str(), change(0.7, Nl).as_str()), ("+100%", "\u{2212}30%"));
    }

    #[test]
    fn a_figure_has_the_digits_that_its_interval_deserves() {
        let written = |x, low, high| about(x, (low, high), En, 0.0);
        assert_eq!(written(732.4, 590.0, 943.0), "730");
        assert_eq!(about(8_310.0, (8_240.0, 60_000.0), En, 8_234.0), "8,234");
        assert_eq!(written(48_237.0, 31_000.0, 79_000.0), "48,000");
        assert_eq!(written(301.2, 299.0, 304.0), "301");
        assert_eq!(written(301.2, 301.0, 301.0), "301");
        assert_eq!(written(301.2, 300.0, f64::INFINITY), "301");
        let decimals = [(0.2, 30.0), (0.2, 3.0), (0.6, 1.1), (0.94, 0.99), (0.9, 0.9)].map(decimals_for);
        assert_eq!(decimals, [0, 1, 2, 3, 3]);
    }

    #[test]
    fn dates_are_written_out() {
        assert_eq!(date("2026-11-24", En), "24 November 2026");
        assert_eq!(date("2026-03-01", Nl), "1 maart 2026");
        assert_eq!(date("soon", Nl), "soon");
    }
}
