//! Registers of made-up persons with known truth.

use linkage::cluster::Partition;
use linkage::{Records, RecordsBuilder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(crate) const FIELDS: [&str; 6] = ["given_name", "surname", "birth_date", "town", "sex", "phone"];

pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n as u64) as usize
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        ((self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64) < p
    }

    /// A number below `n`; small ones are more frequent, as with names.
    fn skewed(&mut self, n: usize) -> usize {
        let (a, b) = (self.below(n), self.below(n));
        a * b / n
    }
}

pub(crate) fn word(mut number: usize, syllables: usize) -> String {
    const PARTS: [&str; 12] = ["ba", "ko", "ri", "mel", "du", "len", "sto", "vik", "an", "ter", "jo", "fa"];
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(PARTS[number % PARTS.len()]);
        number /= PARTS.len();
    }
    word
}

/// A letter left out, replaced, or swapped with the next.
fn typed(word: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return word.to_owned();
    }
    let at = draw.below(letters.len() - 1);
    match draw.below(3) {
        0 => {
            letters.remove(at);
        }
        1 => letters.swap(at, at + 1),
        _ => letters[at] = char::from(b'a' + draw.below(26) as u8),
    }
    letters.into_iter().collect()
}

/// Persons in registers, each caught by a register with its probability, once or, where it is not clean, twice
/// at times. `errors` is the share of values that are typed wrong; half as many are missing.
pub(crate) fn registers(
    seed: u64,
    persons: usize,
    catches: &[(&str, f64)],
    errors: f64,
    twice: f64,
) -> (Records, Partition) {
    let mut draw = Draw::new(seed);
    let people: Vec<[String; 6]> = (0..persons)
        .map(|_| {
            let (year, month, day) = (1950 + draw.below(55), 1 + draw.below(12), 1 + draw.below(28));
            [
                word(draw.skewed(400), 3),
                word(draw.skewed(9000), 4),
                format!("{year}-{month:02}-{day:02}"),
                word(draw.skewed(60), 3),
                ["f", "m"][draw.below(2)].to_owned(),
                format!("06{:08}", draw.below(100_000_000)),
            ]
        })
        .collect();
    let mut builder = RecordsBuilder::new(&FIELDS);
    let mut truth = Vec::new();
    for (name, catch) in catches {
        builder.register(name);
        for (person, values) in people.iter().enumerate() {
            if !draw.chance(*catch) {
                continue;
            }
            let copies = 1 + usize::from(draw.chance(twice));
            for _ in 0..copies {
                let written: Vec<String> = values
                    .iter()
                    .enumerate()
                    .map(|(at, value)| {
                        let missing = if at == 5 { 0.6 } else { errors / 2.0 };
                        if draw.chance(missing) {
                            String::new()
                        } else if at != 4 && draw.chance(errors) {
                            typed(value, &mut draw)
                        } else {
                            value.clone()
                        }
                    })
                    .collect();
                builder.push(written.iter().map(String::as_str)).expect("a record");
                truth.push(person as u32);
            }
        }
    }
    (builder.build(), Partition::of_labels(&truth))
}
