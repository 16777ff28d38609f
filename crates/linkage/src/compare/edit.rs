//! Distances by edits: letters left out, put in, replaced and, for [`damerau`], swapped with the next.

/// The largest distance that is told apart; everything beyond is [`FAR`].
pub const FAR: u32 = u32::MAX;

/// Levenshtein distance, or [`FAR`] beyond `most`. Bit-parallel for up to 64 letters (Myers 1999, *Journal of
/// the ACM* 46; in the form of Hyyrö 2001).
pub fn levenshtein(a: &[char], b: &[char], most: u32) -> u32 {
    within(a, b, most, false)
}

/// Optimal string alignment distance: no letter is edited twice, so that `ca` to `abc` takes 3. [`FAR`]
/// beyond `most`. Bit-parallel for up to 64 letters (Hyyrö 2003, "A bit-vector algorithm for computing
/// Levenshtein and Damerau edit distances").
pub fn damerau(a: &[char], b: &[char], most: u32) -> u32 {
    within(a, b, most, true)
}

fn within(a: &[char], b: &[char], most: u32, swaps: bool) -> u32 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if (long.len() - short.len()) as u64 > u64::from(most) {
        return FAR;
    }
    let start = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[start..], &long[start..]);
    let end = short.iter().rev().zip(long.iter().rev()).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[..short.len() - end], &long[..long.len() - end]);
    let distance = if short.is_empty() {
        long.len() as u32
    } else if short.len() <= 64 {
        bits(short, long, swaps)
    } else {
        table(short, long, swaps)
    };
    if distance > most { FAR } else { distance }
}

/// The column-wise algorithm: bit `i` of the vectors is row `i` of the table, `short` down and `long` across.
fn bits(short: &[char], long: &[char], swaps: bool) -> u32 {
    let last = 1_u64 << (short.len() - 1);
    let mut distance = short.len() as u32;
    // Where the table rises (plus) and falls (minus) downwards.
    let (mut plus, mut minus) = (!0_u64, 0_u64);
    let (mut diagonal, mut matched_before) = (0_u64, 0_u64);
    for &letter in long {
        let matched = short.iter().enumerate().fold(0, |m, (i, &x)| m | u64::from(x == letter) << i);
        let swapped = if swaps { ((!diagonal & matched) << 1) & matched_before } else { 0 };
        diagonal = ((matched & plus).wrapping_add(plus) ^ plus) | matched | minus | swapped;
        let across_plus = minus | !(diagonal | plus);
        let across_minus = diagonal & plus;
        distance += u32::from(across_plus & last != 0);
        distance -= u32::from(across_minus & last != 0);
        let shifted = across_plus << 1 | 1;
        plus = across_minus << 1 | !(diagonal | shifted);
        minus = shifted & diagonal;
        matched_before = matched;
    }
    distance
}

/// The textbook's table, three rows of it.
fn table(a: &[char], b: &[char], swaps: bool) -> u32 {
    let mut before: Vec<u32> = Vec::new();
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for i in 1..=a.len() {
        let mut next = vec![i as u32; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + u32::from(a[i - 1] != b[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if swaps && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn known_distances() {
        for (a, b, without, with) in [
            ("kitten", "sitting", 3, 3),
            ("", "abc", 3, 3),
            ("ca", "abc", 3, 3),
            ("martha", "marhta", 2, 1),
            ("jansen", "janssen", 1, 1),
            ("ab", "ba", 2, 1),
        ] {
            assert_eq!(levenshtein(&letters(a), &letters(b), 9), without, "{a} {b}");
            assert_eq!(damerau(&letters(a), &letters(b), 9), with, "{a} {b}");
        }
        assert_eq!(levenshtein(&letters("kitten"), &letters("sitting"), 2), FAR);
    }

    proptest! {
        #[test]
        fn bits_are_the_table(a in "[abcé]{0,20}", b in "[abcé]{0,20}") {
            let (a, b) = (letters(&a), letters(&b));
            prop_assert_eq!(levenshtein(&a, &b, 99), table(&a, &b, false));
            prop_assert_eq!(damerau(&a, &b, 99), table(&a, &b, true));
        }

        #[test]
        fn long_texts_too(a in "[ab]{60,90}", b in "[ab]{60,90}", most in 0_u32..60) {
            let (a, b) = (letters(&a), letters(&b));
            let whole = table(&a, &b, true);
            prop_assert_eq!(damerau(&a, &b, most), if whole > most { FAR } else { whole });
            prop_assert_eq!(damerau(&a, &b, most), damerau(&b, &a, most));
        }

        #[test]
        fn levenshtein_is_a_metric(a in "[ab]{0,9}", b in "[ab]{0,9}", c in "[ab]{0,9}") {
            let (a, b, c) = (letters(&a), letters(&b), letters(&c));
            let d = |x: &[char], y: &[char]| levenshtein(x, y, 99);
            prop_assert!(d(&a, &c) <= d(&a, &b) + d(&b, &c));
            prop_assert_eq!(d(&a, &b) == 0, a == b);
        }
    }
}
