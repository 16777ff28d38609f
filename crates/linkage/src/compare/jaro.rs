//! Similarity of Jaro and Winkler.

/// Letters that are equal at the beginning count up to this many.
const PREFIX: usize = 4;
/// What each of them adds.
const SCALE: f64 = 0.1;

/// Jaro–Winkler similarity (Winkler 1990): that of Jaro, raised by up to four equal letters at the beginning,
/// whatever it is.
pub fn jaro_winkler(a: &[char], b: &[char]) -> f64 {
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(PREFIX).take_while(|(x, y)| x == y).count();
    jaro + prefix as f64 * SCALE * (1.0 - jaro)
}

/// True if the Jaro–Winkler similarity is at least `least`. Most pairs are told apart by their lengths and
/// first letters.
pub fn at_least(a: &[char], b: &[char], least: f64) -> bool {
    let (short, long) = (a.len().min(b.len()) as f64, a.len().max(b.len()) as f64);
    if short == 0.0 {
        return long == 0.0;
    }
    let prefix = a.iter().zip(b).take(PREFIX).take_while(|(x, y)| x == y).count() as f64;
    // All letters of the shorter matched, in order.
    let best = (2.0 + short / long) / 3.0;
    if best + prefix * SCALE * (1.0 - best) < least {
        return false;
    }
    jaro_winkler(a, b) >= least
}

/// Which letters a value has, each as one of 64 bits.
pub fn held(letters: &[char]) -> u64 {
    letters.iter().fold(0, |bits, &letter| bits | 1 << (u32::from(letter) & 63))
}

/// False if two values of these lengths with these letters cannot have a Jaro–Winkler similarity of `least`:
/// each kind of letter that only one has takes a match away.
pub fn may_reach(a: usize, b: usize, held_a: u64, held_b: u64, least: f64) -> bool {
    let alone = |own: u64, other: u64| (own & !other).count_ones() as usize;
    let most = a.saturating_sub(alone(held_a, held_b)).min(b.saturating_sub(alone(held_b, held_a))) as f64;
    if most == 0.0 || a == 0 || b == 0 {
        return a == b && a == 0;
    }
    let jaro = (most / a as f64 + most / b as f64 + 1.0) / 3.0;
    jaro + PREFIX as f64 * SCALE * (1.0 - jaro) >= least
}

/// Jaro similarity (Jaro 1989, *JASA* 84): letters match if they are equal and less than half the longer
/// length apart; half of the matched letters in another order count as transposed.
pub fn jaro(a: &[char], b: &[char]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return f64::from(u8::from(a.is_empty() && b.is_empty()));
    }
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (matched, transposed) =
        if a.len() <= 64 && b.len() <= 64 { bits(a, b, window) } else { slices(a, b, window) };
    if matched == 0 {
        return 0.0;
    }
    let m = f64::from(matched);
    (m / a.len() as f64 + m / b.len() as f64 + (m - f64::from(transposed / 2)) / m) / 3.0
}

/// Matched letters, and those of them that stand in another order.
fn bits(a: &[char], b: &[char], window: usize) -> (u32, u32) {
    let (mut of_a, mut of_b) = (0_u64, 0_u64);
    for (i, &x) in a.iter().enumerate() {
        let from = i.saturating_sub(window);
        let to = (i + window + 1).min(b.len());
        for (j, &y) in b.iter().enumerate().take(to).skip(from) {
            if x == y && of_b >> j & 1 == 0 {
                of_a |= 1 << i;
                of_b |= 1 << j;
                break;
            }
        }
    }
    let matched = of_a.count_ones();
    let mut transposed = 0;
    while of_a != 0 {
        let (i, j) = (of_a.trailing_zeros() as usize, of_b.trailing_zeros() as usize);
        transposed += u32::from(a[i] != b[j]);
        of_a &= of_a - 1;
        of_b &= of_b - 1;
    }
    (matched, transposed)
}

fn slices(a: &[char], b: &[char], window: usize) -> (u32, u32) {
    let mut taken = vec![false; b.len()];
    let mut of_a = Vec::new();
    for (i, &x) in a.iter().enumerate() {
        let from = i.saturating_sub(window);
        let to = (i + window + 1).min(b.len());
        if let Some(j) = (from..to).find(|&j| !taken[j] && b[j] == x) {
            taken[j] = true;
            of_a.push(x);
        }
    }
    let of_b = b.iter().zip(&taken).filter(|(_, t)| **t).map(|(y, _)| y);
    let transposed = of_a.iter().zip(of_b).filter(|(x, y)| x != y).count();
    (of_a.len() as u32, transposed as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    /// Values of Winkler (1994), "Advanced methods for record linkage", Table 1; rounded there to 3 digits.
    #[test]
    fn published_values() {
        for (a, b, of_jaro, winkler) in [
            ("shackleford", "shackelford", 0.970, 0.982),
            ("dunningham", "cunnigham", 0.896, 0.896),
            ("nichleson", "nichulson", 0.926, 0.956),
            ("jones", "johnson", 0.790, 0.832),
            ("massey", "massie", 0.889, 0.933),
            ("abroms", "abrams", 0.889, 0.922),
            ("jeraldine", "geraldine", 0.926, 0.926),
            ("marhta", "martha", 0.944, 0.961),
            ("michelle", "michael", 0.869, 0.921),
            ("julies", "julius", 0.889, 0.933),
            ("tanya", "tonya", 0.867, 0.880),
            ("dwayne", "duane", 0.822, 0.840),
            ("sean", "susan", 0.783, 0.805),
            ("jon", "john", 0.917, 0.933),
        ] {
            let (a, b) = (letters(a), letters(b));
            assert!((jaro(&a, &b) - of_jaro).abs() < 6e-4, "{a:?} {}", jaro(&a, &b));
            assert!((jaro_winkler(&a, &b) - winkler).abs() < 6e-4, "{a:?} {}", jaro_winkler(&a, &b));
        }
    }

    proptest! {
        #[test]
        fn as_another_library_has_it(a in "[a-eé]{0,12}", b in "[a-eé]{0,12}") {
            let (x, y) = (letters(&a), letters(&b));
            prop_assert!((jaro(&x, &y) - strsim::jaro(&a, &b)).abs() < 1e-12);
            prop_assert!((jaro(&x, &y) - jaro(&y, &x)).abs() < 1e-12);
        }

        #[test]
        fn bits_are_the_slices(a in "[ab]{1,60}", b in "[ab]{1,60}", window in 0_usize..30) {
            let (a, b) = (letters(&a), letters(&b));
            prop_assert_eq!(bits(&a, &b, window), slices(&a, &b, window));
        }

        #[test]
        fn the_short_cut_says_the_same(a in "[a-c]{0,10}", b in "[a-c]{0,10}", least in 0.01_f64..0.99) {
            let (a, b) = (letters(&a), letters(&b));
            prop_assert_eq!(at_least(&a, &b, least), jaro_winkler(&a, &b) >= least);
            let may = may_reach(a.len(), b.len(), held(&a), held(&b), least);
            prop_assert!(may || jaro_winkler(&a, &b) < least);
        }
    }
}
