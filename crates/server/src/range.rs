//! Parts of a file (RFC 9110, 14): one range of bytes, as programs ask for that read Parquet from afar.

/// What a header `Range` asks of a file of `length` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// Nothing that is understood: the whole file answers.
    Whole,
    /// Bytes from the first up to the second, which is not one of them.
    Part(usize, usize),
    /// What the file does not have.
    Beyond,
}

/// Reads the header.
pub(crate) fn parse(header: &str, length: usize) -> Range {
    let Some(range) = header.strip_prefix("bytes=").filter(|r| !r.contains(',')) else { return Range::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Range::Whole };
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            // A number beyond all files is beyond this one.
            .then(|| text.parse::<usize>().unwrap_or(usize::MAX))
    };
    match (number(first), number(last)) {
        (Some(from), Some(to)) if from <= to && from < length => {
            Range::Part(from, to.saturating_add(1).min(length))
        }
        (Some(from), Some(to)) if from > to => Range::Whole,
        (Some(from), None) if last.is_empty() && from < length => Range::Part(from, length),
        (Some(_), Some(_)) => Range::Beyond,
        (Some(_), None) if last.is_empty() => Range::Beyond,
        (None, Some(0)) if first.is_empty() => Range::Beyond,
        (None, Some(n)) if first.is_empty() && length > 0 => Range::Part(length.saturating_sub(n), length),
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_header_says() {
        let of_ten = |header| parse(header, 10);
        assert_eq!(of_ten("bytes=0-3"), Range::Part(0, 4));
        assert_eq!(of_ten("bytes=8-99999999999999999999999"), Range::Part(8, 10));
        assert_eq!(of_ten("bytes=4-"), Range::Part(4, 10));
        assert_eq!(of_ten("bytes=-3"), Range::Part(7, 10));
        assert_eq!(of_ten("bytes=-30"), Range::Part(0, 10));
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(of_ten(beyond), Range::Beyond, "{beyond}");
        }
        for whole in [
            "bytes=",
            "bytes=-",
            "bytes=3-1",
            "bytes=0-1,3-4",
            "rows=0-1",
            "bytes=a-b",
            "bytes=1-b",
            "bytes=+1-2",
        ] {
            assert_eq!(of_ten(whole), Range::Whole, "{whole}");
        }
        assert_eq!(parse("bytes=-3", 0), Range::Whole);
    }
}
