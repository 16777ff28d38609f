//! Counts as published tables write them.

use model::{Format, Value};

/// What a cell of a published table says.
///
/// # Errors
/// A sentence on why it is no count.
pub(crate) fn parse(text: &str, format: &Format) -> Result<Value, String> {
    let text = text.trim();
    if text.is_empty() || format.missing.iter().any(|m| m == text) {
        return Ok(Value::Missing);
    }
    if let Some(&(low, high)) = format.suppressed.get(text) {
        return Ok(Value::Between(low, high));
    }
    let mut digits = text;
    while let Some(rest) =
        format.footnotes.iter().filter(|f| !f.is_empty()).find_map(|f| digits.strip_suffix(f.as_str()))
    {
        digits = rest.trim_end();
        if format.missing.iter().any(|m| m == digits) {
            return Ok(Value::Missing);
        }
        if let Some(&(low, high)) = format.suppressed.get(digits) {
            return Ok(Value::Between(low, high));
        }
    }
    let joined;
    if let Some(separator) = format.thousands {
        joined = join_thousands(digits, separator)
            .ok_or_else(|| format!("its thousands are not separated by \"{separator}\" as they should be"))?;
        digits = &joined;
    }
    // Spreadsheets write whole numbers as 12.0.
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("it is not a whole number of zero or more".to_owned());
    }
    digits.parse().map(Value::Count).map_err(|_| "it is greater than any count can be".to_owned())
}

/// `1,334` → `1334`; `None` when a group does not have three digits.
fn join_thousands(text: &str, separator: char) -> Option<String> {
    let groups: Vec<&str> = text.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    if rest.is_empty() {
        return Some(text.to_owned());
    }
    let good = (1..=3).contains(&first.len()) && rest.iter().all(|g| g.len() == 3);
    good.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_are_published() {
        let format = Format {
            thousands: Some(','),
            missing: vec!["NA".into()],
            suppressed: [("<5".to_owned(), (0, 4))].into(),
            footnotes: vec!["*".into(), "(p)".into()],
            ..Format::default()
        };
        let read = |t: &str| parse(t, &format);
        assert_eq!(read("1,334"), Ok(Value::Count(1334)));
        assert_eq!(read("1,334* (p)"), Ok(Value::Count(1334)));
        assert_eq!(read("<5"), Ok(Value::Between(0, 4)));
        assert_eq!(read("<5*"), Ok(Value::Between(0, 4)));
        assert_eq!(read("NA"), Ok(Value::Missing));
        assert_eq!(read("NA (p)"), Ok(Value::Missing));
        assert_eq!(read("12.0"), Ok(Value::Count(12)));
        for wrong in ["1,33", "-3", "1.5", "1334,", "abc", "99999999999999999999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
