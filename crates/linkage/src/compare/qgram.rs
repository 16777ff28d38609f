//! Similarity by parts: pairs of letters, and words in any order.

use super::jaro::jaro_winkler;

/// The distinct pairs of letters of a value, its ends marked, in order.
pub fn pairs(value: &[char]) -> Vec<u64> {
    let mut pairs: Vec<u64> = Vec::with_capacity(value.len() + 1);
    let mut before = u64::from(u32::MAX);
    for letter in value.iter().map(|&c| u64::from(u32::from(c))).chain([u64::from(u32::MAX)]) {
        pairs.push(before << 32 | letter);
        before = letter;
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// How much two sets in order have in common.
pub(crate) fn shared<T: Ord>(a: &[T], b: &[T]) -> usize {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    both
}

/// Jaccard similarity of two sets in order: what both have as a share of what either has.
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let both = shared(a, b);
    let either = a.len() + b.len() - both;
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

/// Similarity of two texts by their words, in any order: the mean over the words of both of the Jaro–Winkler
/// similarity with the word of the other that is most alike (Monge & Elkan 1996, made symmetric).
pub fn words(a: &[Vec<char>], b: &[Vec<char>]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::from(u8::from(a.is_empty() && b.is_empty()));
    }
    let best = |from: &[Vec<char>], to: &[Vec<char>]| -> f64 {
        from.iter().map(|x| to.iter().map(|y| jaro_winkler(x, y)).fold(0.0, f64::max)).sum()
    };
    (best(a, b) + best(b, a)) / (a.len() + b.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn pairs_of_letters_mark_the_ends() {
        // |n ni ig gh ht t| and |n na ac ch ht t|: three of nine.
        let (a, b) = (pairs(&letters("night")), pairs(&letters("nacht")));
        assert!((jaccard(&a, &b) - 3.0 / 9.0).abs() < 1e-12);
        assert!((jaccard(&a, &a) - 1.0).abs() < 1e-12);
        assert!((jaccard(&[], &[]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn words_may_stand_in_any_order() {
        let text = |t: &str| t.split(' ').map(letters).collect::<Vec<_>>();
        assert!((words(&text("anna maria jansen"), &text("jansen anna maria")) - 1.0).abs() < 1e-12);
        assert!(words(&text("anna jansen"), &text("ana janssen")) > 0.9);
        assert!(words(&text("anna jansen"), &text("piet bos")) < 0.6);
    }
}
