//! Ids of persons: never given twice, and without meaning.

use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Bits of half an id.
const HALF: u32 = 25;
const MASK: u64 = (1 << HALF) - 1;
/// Rounds of the permutation; Luby & Rackoff (1988) need four, and more cost little.
const ROUNDS: u64 = 8;
/// Digits without I, L, O and U, which are misread (Crockford's base 32).
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 10;

/// The id of a person: `P` and ten digits or letters, such as `P7KQ2M9X4TD`. The `P` keeps spreadsheets from
/// taking it for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(u64);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(LENGTH + 1);
        text.push('P');
        for at in (0..LENGTH).rev() {
            text.push(char::from(DIGITS[(self.0 >> (5 * at) & 31) as usize]));
        }
        f.pad(&text)
    }
}

impl FromStr for PersonId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix('P').filter(|digits| digits.len() == LENGTH);
        let value = digits.and_then(|digits| {
            digits.bytes().try_fold(0_u64, |value, byte| {
                let digit = DIGITS.iter().position(|&d| d == byte)?;
                Some(value << 5 | digit as u64)
            })
        });
        value.map(Self).ok_or_else(|| {
            Error::Records("an id of a person is P and ten digits or capitals without I, L, O and U".into())
        })
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for PersonId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// Gives ids: the numbers 0, 1, 2 …, each put through a permutation of 50 bits that the seed chooses. So no
/// list of used ids is needed for none to come twice, and without the seed an id tells nothing of its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ids {
    seed: u64,
    given: u64,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, given: 0 }
    }

    /// An id that was never given.
    pub(super) fn next(&mut self) -> Result<PersonId, Error> {
        if self.given >> (2 * HALF) > 0 {
            return Err(Error::Records("all ids of persons, 2^50 of them, have been given".into()));
        }
        let mut halves = (self.given >> HALF, self.given & MASK);
        for round in 0..ROUNDS {
            halves = (halves.1, halves.0 ^ self.mix(round, halves.1));
        }
        self.given += 1;
        Ok(PersonId(halves.0 << HALF | halves.1))
    }

    /// True for ids that were given.
    pub(super) fn gave(&self, id: PersonId) -> bool {
        let mut halves = (id.0 >> HALF, id.0 & MASK);
        for round in (0..ROUNDS).rev() {
            halves = (halves.1 ^ self.mix(round, halves.0), halves.0);
        }
        halves.0 << HALF | halves.1 < self.given
    }

    /// A round's function of half an id: what stands in the seed's stream of that number.
    fn mix(&self, round: u64, half: u64) -> u64 {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed);
        stream.set_stream(round << HALF | half);
        stream.next_u64() & MASK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_come_back_from_their_text_and_are_known_to_who_gave_them() {
        let mut ids = Ids::new(3);
        let given: Vec<PersonId> = (0..2000).map(|_| ids.next().expect("an id")).collect();
        let distinct: std::collections::HashSet<_> = given.iter().collect();
        assert_eq!(distinct.len(), 2000);
        assert!(given.iter().all(|id| id.to_string().parse::<PersonId>().is_ok_and(|again| again == *id)));
        assert!(given.iter().all(|&id| ids.gave(id)));
        let mut other = Ids::new(4);
        assert!(!ids.gave(other.next().expect("an id")));
    }

    #[test]
    fn the_order_of_ids_does_not_tell_the_order_in_which_they_were_given() {
        let mut ids = Ids::new(1);
        let given: Vec<PersonId> = (0..2000).map(|_| ids.next().expect("an id")).collect();
        let rising = given.windows(2).filter(|pair| pair[0] < pair[1]).count();
        // Of a random order half rise, with a standard deviation of √(2000/12) = 13.
        assert!((935..=1065).contains(&rising), "{rising}");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in
            ["", "P", "7KQ2M9X4TDA", "P7KQ2M9X4T", "P7KQ2M9X4TDD", "P7KQ2M9X4TI", "p7kq2m9x4td", "Pééééé"]
        {
            assert!(text.parse::<PersonId>().is_err(), "{text}");
        }
    }
}
