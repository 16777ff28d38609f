//! Keys that values which are near each other share: several for each value.
//!
//! **`MinHash`** (Broder 1997, *On the resemblance and containment of documents*). Under a hash of all pairs of letters
//! the least of two values is the same with probability `J`, the Jaccard similarity of their pairs of letters. A band
//! is made of `r` such hashes, and two values share a key where all of a band agree, so that of `b` bands one is shared
//! with probability
//!
//! ```text
//! P(J) = 1 − (1 − J^r)^b
//! ```
//!
//! **Bits drawn at random** (Indyk & Motwani 1998, *Approximate nearest neighbors*), for codes of bits: with a share `d`
//! of the bits different, one of `b` bands of `r` bits is shared with probability `1 − (1 − (1 − d)^r)^b`.
//!
//! **Codes that are alike**: all codes are compared with all, and each has a key of its own and one with each of the
//! nearest others. Nothing is left to chance, but the work grows with the square of the codes.
//!
//! **Neighbours in order** (Hernández & Stolfo 1995, *The merge/purge problem for large databases*). The distinct values
//! are put in order; windows of `2n` begin at every `n`-th, and each is a key.

use super::key::{hash, mix};
use crate::Column;
use crate::compare::bits::{Codes, similar_pairs};
use crate::compare::qgram;
use crate::encode::Encoded;

/// Which hashes and bits are drawn does not depend on the seed of a run: a rule makes the same pairs wherever it is used.
const FIXED: u64 = 0x7a69_6368_745f_6c73;

/// A key of a band: never 0, and not that of another band.
fn of_band(band: u8, key: u64) -> u64 {
    mix(key ^ mix(FIXED ^ (u64::from(band) + 1))).max(1)
}

/// What two like values have in common: pairs of letters, or the numbers of a two-step hash.
fn tokens(value: &str) -> Vec<u64> {
    match Encoded::parse(value) {
        Some(Encoded::Numbers(numbers)) => numbers.into_iter().map(u64::from).collect(),
        Some(_) => Vec::new(),
        None if value.is_empty() => Vec::new(),
        None => qgram::pairs(&value.chars().collect::<Vec<char>>()),
    }
}

/// The keys of a value by `MinHash`, one a band; 0 where it has nothing to hash.
pub(super) fn min_hash(value: &str, bands: u8, rows: u8) -> Vec<u64> {
    let tokens: Vec<u64> = tokens(value).into_iter().map(mix).collect();
    let least = |at: u64| tokens.iter().map(|token| mix(token ^ mix(FIXED.wrapping_add(at)))).min();
    (0..bands)
        .map(|band| {
            let mut of_rows = (0..rows).map(|row| least(u64::from(band) * 256 + u64::from(row)));
            let key = of_rows.try_fold(0_u64, |key, least| Some(mix(key.rotate_left(17) ^ least?)));
            key.map_or(0, |key| of_band(band, key))
        })
        .collect()
}

/// The keys of a code by bits drawn at random, one a band; 0 where the value is no code of bits.
pub(super) fn bit_sample(value: &str, bands: u8, bits: u8) -> Vec<u64> {
    let Some(Encoded::Bits { bits: code, .. }) = Encoded::parse(value) else {
        return vec![0; usize::from(bands)];
    };
    let is_set = |bit: usize| code[bit / 64] >> (bit % 64) & 1;
    let all = code.len() as u64 * 64;
    (0..bands)
        .map(|band| {
            let drawn = (0..u64::from(bits)).map(|at| mix(FIXED ^ mix(u64::from(band) * 256 + at + 1)) % all);
            let key = drawn.fold(0_u64, |key, bit| key << 1 | is_set(bit as usize));
            of_band(band, key)
        })
        .collect()
}

/// Keys of a code: one of its own, and of the nearest others.
pub(super) const ALIKE: usize = 8;
/// Codes that are compared all with all: a thousand million pairs take some seconds. Of more, each has its own key only.
const MOST_ALIKE: usize = 32_000;

/// The keys of each distinct code of bits of a column: its own, and one for each of the seven nearest others of which
/// so many in a hundred bits are in common (Dice) and that have not seven nearer ones.
pub(super) fn alike(column: &Column, percent: u8) -> Vec<Vec<u64>> {
    let mut keys = vec![vec![0; column.values().len()]; ALIKE];
    let (mut places, mut words) = (Vec::new(), Vec::new());
    for (place, value) in column.values().iter().enumerate() {
        if let Some(Encoded::Bits { bits, .. }) = Encoded::parse(value) {
            keys[0][place] = of_band(0, hash(value.as_bytes()));
            places.push(place);
            words.extend_from_slice(&bits[..]);
        }
    }
    let codes = match words.len().checked_div(places.len()) {
        Some(width) if places.len() <= MOST_ALIKE => Codes::new(width, words),
        _ => return keys,
    };
    let Ok(codes) = codes else { return keys };
    let mut pairs = similar_pairs(&codes, &codes, f64::from(percent) / 100.0);
    pairs.retain(|pair| pair.0 < pair.1);
    pairs.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let mut held = vec![1; places.len()];
    for (a, b, _) in pairs {
        let (a, b) = (a as usize, b as usize);
        if held[a] < ALIKE && held[b] < ALIKE {
            let key = of_band(1, mix((places[a] as u64) << 32 | places[b] as u64));
            for code in [a, b] {
                keys[held[code]][places[code]] = key;
                held[code] += 1;
            }
        }
    }
    keys
}

/// The keys of each distinct value of a column by its place in the order of all: two, those of the windows that it is
/// in. Values at most `n` places apart share one, values `2n` or more apart none.
pub(super) fn neighbours(column: &Column, n: u8) -> Vec<Vec<u64>> {
    let mut order: Vec<usize> = (0..column.values().len()).collect();
    order.sort_unstable_by(|&a, &b| column.values()[a].cmp(&column.values()[b]));
    let (mut first, mut second) = (vec![0; order.len()], vec![0; order.len()]);
    for (place, value) in order.into_iter().enumerate() {
        let window = (place / usize::from(n.max(1))) as u64;
        first[value] = of_band(0, window);
        second[value] = of_band(0, window + 1);
    }
    vec![first, second]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compare::qgram::jaccard;
    use crate::encode::{Encoder, Key, Kind, Method};

    fn share(a: &[u64], b: &[u64]) -> bool {
        a.iter().any(|key| *key != 0 && b.contains(key))
    }

    /// Names of like and unlike letters: whether a key is shared follows `1 − (1 − J^r)^b` (Broder 1997).
    #[test]
    fn like_values_share_a_band_as_often_as_their_similarity_has_it() {
        for (bands, rows) in [(1, 1), (6, 2), (8, 3)] {
            let (mut foreseen, mut found, mut variance) = (0.0, 0.0, 0.0);
            for n in 0..4000_u64 {
                let word = |seed: u64| -> Vec<char> {
                    let letter = |at| char::from_u32(0x4e00 + (mix(seed * 64 + at) % 20_000) as u32);
                    (0..8).filter_map(letter).collect()
                };
                let a = word(n + 1);
                let mut b = a.clone();
                let changed = (n % 4) as usize * 2;
                b[..changed].copy_from_slice(&word(n + 1_000_000)[..changed]);
                let similar = jaccard(&qgram::pairs(&a), &qgram::pairs(&b));
                let p = 1.0 - (1.0 - similar.powi(i32::from(rows))).powi(i32::from(bands));
                let (a, b): (String, String) = (a.into_iter().collect(), b.into_iter().collect());
                foreseen += p;
                variance += p * (1.0 - p);
                found += f64::from(u8::from(share(&min_hash(&a, bands, rows), &min_hash(&b, bands, rows))));
            }
            assert!(
                (found - foreseen).abs() < 4.0 * f64::sqrt(variance),
                "{bands} {rows}: {found} {foreseen}"
            );
        }
    }

    /// Codes of names with and without a slip: `1 − (1 − (1 − d)^r)^b` (Indyk & Motwani 1998).
    #[test]
    fn like_codes_share_a_band_as_often_as_their_bits_have_it() {
        // Several keys, so that it is not the luck of the bits of one.
        let mut encoders: Vec<Encoder> = (0..30)
            .map(|key| Encoder::new(&Key::test(key), "p", "name", Kind::Name, Method::Bloom))
            .collect::<Result<_, _>>()
            .expect("encoders");
        let name = |n: u64| -> String {
            (0..9).map(|at| char::from(b'a' + (mix(n * 64 + at) % 26) as u8)).collect()
        };
        let differ = |a: &str, b: &str| match (Encoded::parse(a), Encoded::parse(b)) {
            (Some(Encoded::Bits { bits: a, .. }), Some(Encoded::Bits { bits: b, .. })) => {
                f64::from(crate::compare::bits::different(&a[..], &b[..])) / (64.0 * a.len() as f64)
            }
            _ => 1.0,
        };
        let mut compare = |other: &dyn Fn(u64) -> String| {
            let (mut found, mut foreseen) = (0.0, 0.0);
            for n in 0..600 {
                let encoder = &mut encoders[(n % 30) as usize];
                let mut code = |name: &str| encoder.encode(name).expect("a code");
                let (a, b) = (code(&name(n)), code(&other(n)));
                found += f64::from(u8::from(share(&bit_sample(&a, 24, 8), &bit_sample(&b, 24, 8))));
                foreseen += 1.0 - (1.0 - (1.0 - differ(&a, &b)).powi(8)).powi(24);
            }
            assert!((found - foreseen).abs() < 40.0, "{found} {foreseen}");
            found / 600.0
        };
        let near = compare(&|n| format!("{}x", name(n)));
        let far = compare(&|n| name(n + 100_000));
        assert!(near > 0.45 && far < 0.15, "{near} {far}");
        // All with all finds nearly all of the near ones, and hardly any of the others.
        let encoder = &mut encoders[0];
        let mut alike_share = |other: &dyn Fn(u64) -> String| {
            let mut code = |name: &str| encoder.encode(name).expect("a code");
            let codes: Vec<String> = (0..600).flat_map(|n| [code(&name(n)), code(&other(n))]).collect();
            let column = Column::from_values("x", codes.iter().cloned());
            let keys = alike(&column, 56);
            let of = |code: &String| -> Vec<u64> {
                let at = column.values().iter().position(|v| **v == **code).expect("there");
                keys.iter().map(|k| k[at]).collect()
            };
            codes.chunks_exact(2).filter(|pair| share(&of(&pair[0]), &of(&pair[1]))).count()
        };
        let (near, far) = (alike_share(&|n| format!("{}x", name(n))), alike_share(&|n| name(n + 100_000)));
        assert!(near > 570 && far < 6, "{near} {far}");
        assert_eq!(bit_sample("jansen", 3, 8), [0, 0, 0], "no code has no bits");
        assert!(min_hash(&encoders[0].encode("jansen").expect("a code"), 2, 2).iter().all(|k| *k == 0));
    }

    #[test]
    fn a_value_in_which_there_is_nothing_has_no_key() {
        assert_eq!(min_hash("", 3, 2), [0, 0, 0]);
        assert_eq!(bit_sample("", 2, 2), [0, 0]);
    }

    proptest! {
        /// Hernández & Stolfo 1995: whatever is within the window meets.
        #[test]
        fn values_near_in_order_share_a_window(n in 1_u8..9, mut numbers in prop::collection::vec(1000_u32..9999, 2..60)) {
            let column = Column::from_values("x", numbers.iter().map(ToString::to_string));
            let keys = neighbours(&column, n);
            numbers.sort_unstable();
            numbers.dedup();
            let key = |place: usize| -> Vec<u64> {
                let text = numbers[place].to_string();
                let at = column.values().iter().position(|v| **v == text).expect("there");
                keys.iter().map(|k| k[at]).collect()
            };
            for i in 0..numbers.len() {
                for j in i..numbers.len() {
                    let shared = share(&key(i), &key(j));
                    prop_assert!(j - i > usize::from(n) || shared);
                    prop_assert!(j - i < 2 * usize::from(n) || !shared);
                }
            }
        }
    }
}
