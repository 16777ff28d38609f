//! Identifiers encoded with a key, so that they can be compared without being known.
//!
//! An organisation turns each value into tokens (pairs of letters, parts of a date), and these, under a secret
//! key that whoever links does not have, into an encoded value:
//!
//! ```text
//! key ── HKDF (project, column, purpose) ──► key of the tokens, key of the diffusion, check
//! value ── fold ── tokens ── HMAC ──► Bloom filter ── diffusion ──► zicht1:nb:CHECK:BITS
//!                             └─────► vectors ── columns ── HMAC ──► zicht1:nt:CHECK:NUMBERS   (two-step hash)
//!                  value ── HMAC ──────────────────────────────────► zicht1:xe:CHECK:NUMBER    (exact)
//! ```
//!
//! Sources: HMAC (RFC 2104), HKDF (RFC 5869); Bloom filters of q-grams (Schnell, Bachteler & Reiher 2009, *BMC
//! Medical Informatics and Decision Making* 9:41); diffusion (Armknecht, Heng & Schnell 2023, *Proceedings on Privacy Enhancing Technologies* 2023);
//! two-step hash (Ranbaduge, Christen & Schnell 2020, *PAKDD*).
//!
//! Encoded values are not anonymous: equal values have equal codes, and like values like ones. Who has the
//! codes but not the key can count them. What that gives away is measured in this module's tests and told in
//! the book.

#[cfg(test)]
mod attack;
mod bloom;
mod key;
mod tokens;
mod two_step;
mod value;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

pub use key::Key;
pub use tokens::Kind;
pub(crate) use value::Encoded;
pub use value::Header;

use crate::compare::fold::fold;
use crate::{Error, Records};

/// How the tokens of a value are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A Bloom filter of the tokens, each bit of the result the sum of several of its bits.
    Bloom,
    /// A two-step hash: a set of numbers.
    TwoStep,
    /// The whole value as one number, for values that are the same or not.
    Exact,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bloom, Self::TwoStep, Self::Exact];

    /// Its name in a specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bloom => "bloom",
            Self::TwoStep => "two-step",
            Self::Exact => "exact",
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Bloom => 'b',
            Self::TwoStep => 't',
            Self::Exact => 'e',
        }
    }

    /// The method that suits what a column holds.
    pub fn of(kind: Kind) -> Self {
        if kind == Kind::Category { Self::Exact } else { Self::Bloom }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|method| method.name() == text).ok_or_else(|| Error::Setting {
            option: "method".into(),
            value: format!("\"{text}\""),
            allowed: "a method is bloom, two-step or exact".into(),
        })
    }
}

/// Encodes the values of one column. Each distinct value is encoded once.
pub struct Encoder {
    kind: Kind,
    start: String,
    with: With,
    known: HashMap<String, Option<String>>,
}

enum With {
    Bloom(bloom::Bloom),
    TwoStep(two_step::TwoStep),
    Exact(key::Prf),
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder of a column. Codes of two columns, projects, kinds or methods cannot be compared, under the
    /// same key neither.
    ///
    /// # Errors
    /// When the names are too long to derive a key from.
    pub fn new(key: &Key, project: &str, column: &str, kind: Kind, method: Method) -> Result<Self, Error> {
        let of = |purpose: &str| key.derive(project, &[column, kind.name(), method.name(), purpose]);
        let check = of("check")?.number(b"check") & 0xffff_ffff_ffff;
        let with = match method {
            Method::Bloom => {
                With::Bloom(bloom::Bloom::new(of("tokens")?, &of("diffusion")?, bloom::hashes(kind)))
            }
            Method::TwoStep => With::TwoStep(two_step::TwoStep::new(of("tokens")?, of("columns")?)),
            Method::Exact => With::Exact(of("tokens")?),
        };
        let start = Header { kind, method, check }.to_string();
        Ok(Self { kind, start, with, known: HashMap::new() })
    }

    /// The code of a value; `None` where there is nothing to encode.
    pub fn encode(&mut self, value: &str) -> Option<String> {
        if let Some(known) = self.known.get(value) {
            return known.clone();
        }
        let tokens = self.kind.tokens(&fold(value));
        let code = (!tokens.is_empty()).then(|| {
            let payload = match &self.with {
                With::Bloom(bloom) => value::bits_text(&bloom.encode(&tokens)),
                With::TwoStep(two_step) => value::numbers_text(&two_step.encode(&tokens)),
                With::Exact(prf) => value::bits_text(&[prf.number(tokens.concat().as_bytes())]),
            };
            format!("{}{payload}", self.start)
        });
        self.known.insert(value.to_owned(), code.clone());
        code
    }
}

/// Checks that the codes of each column can be compared.
///
/// # Errors
/// When codes and clear values, or codes of several keys or methods, came together in a column.
pub(crate) fn check(records: &Records) -> Result<(), Error> {
    for column in records.columns() {
        let headers: Vec<Option<Header>> = column.values().iter().map(|value| Header::of(value)).collect();
        let Some(first) = headers.first().filter(|first| headers.iter().any(|h| h != *first)) else {
            continue;
        };
        let register = |wanted: &dyn Fn(Option<Header>) -> bool| {
            let mut of = column.codes().iter().zip(records.registers());
            of.find(|(code, _)| **code > 0 && wanted(headers[**code as usize - 1]))
                .map_or("", |(_, &register)| records.register_names()[usize::from(register)].as_str())
        };
        let other = headers.iter().find(|h| *h != first).copied().flatten();
        let (one, two) = (register(&|h| h == *first), register(&|h| h != *first));
        let what = match (first, other) {
            (None, _) | (_, None) => "codes in one place and clear values in another",
            (Some(a), Some(b)) if (a.kind, a.method) != (b.kind, b.method) => {
                "codes of different kinds or methods"
            }
            _ => "codes that were made with different keys, projects or column names",
        };
        return Err(Error::Key(format!(
            "column {} holds {what} (registers {one} and {two}); they cannot be compared: encode all registers \
             with one key and one specification",
            column.name()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder(kind: Kind, method: Method) -> Encoder {
        Encoder::new(&Key::test(1), "project", "name", kind, method).expect("an encoder")
    }

    fn similarity(a: &str, b: &str, kind: Kind, method: Method) -> f64 {
        let mut encoder = encoder(kind, method);
        let mut code = |text: &str| Encoded::parse(&encoder.encode(text).expect("a code")).expect("parsed");
        code(a).similarity(&code(b))
    }

    #[test]
    fn like_values_have_like_codes() {
        for method in [Method::Bloom, Method::TwoStep] {
            let of = |a: &str, b: &str, kind: Kind| similarity(a, b, kind, method);
            assert!((of("Jansen", "jansen", Kind::Name) - 1.0).abs() < 1e-12, "{method}");
            let (near, far) =
                (of("johnathan", "jonathan", Kind::Name), of("johnathan", "elisabeth", Kind::Name));
            assert!(near > 0.7 && far < 0.35, "{method}: {near} {far}");
            let (near, far) =
                (of("1980-03-07", "1980-03-17", Kind::Date), of("1980-03-07", "1962-11-28", Kind::Date));
            assert!(near > 0.6 && far < 0.45, "{method}: {near} {far}");
            let swapped = of("1980-03-07", "1980-07-03", Kind::Date);
            assert!(swapped > 0.5, "{method}: {swapped}");
            let (near, far) = (
                of("12 brindabella circuit", "21 brindabella circut", Kind::Words),
                of("12 brindabella circuit", "9 hawker place", Kind::Words),
            );
            assert!(near > 0.6 && far < 0.3, "{method}: {near} {far}");
        }
    }

    /// The similarity that codes tell is the Dice similarity of the tokens, within the noise of the hashes. The
    /// less alike two values are, the less their codes tell how little.
    #[test]
    fn codes_tell_the_dice_similarity_of_the_tokens() {
        let names =
            ["jansen", "janssens", "janse", "johansen", "bakker", "bekker", "van den berg", "vandenberg"];
        for method in [Method::Bloom, Method::TwoStep] {
            let (mut squares, mut pairs) = (0.0, 0.0);
            for a in names {
                for b in names {
                    let (x, y) = (Kind::Name.tokens(a), Kind::Name.tokens(b));
                    let both = x.iter().filter(|t| y.contains(t)).count() as f64;
                    let dice = 2.0 * both / (x.len() + y.len()) as f64;
                    let found = similarity(a, b, Kind::Name, method);
                    if dice < 0.35 {
                        assert!(found < 0.55, "{method} {a} {b}: {found} for {dice}");
                    } else {
                        assert!((found - dice).abs() < 0.2, "{method} {a} {b}: {found} for {dice}");
                        squares += (found - dice).powi(2);
                        pairs += 1.0;
                    }
                }
            }
            let error = f64::sqrt(squares / pairs);
            assert!(error < 0.09, "{method}: {error}");
        }
    }

    #[test]
    fn other_keys_projects_and_columns_give_other_codes_and_say_so() {
        let header = |key: u8, project: &str, column: &str| {
            let mut encoder = Encoder::new(&Key::test(key), project, column, Kind::Name, Method::Bloom)
                .expect("an encoder");
            let code = encoder.encode("jansen").expect("a code");
            (Header::of(&code).expect("a header"), code)
        };
        let first = header(1, "a", "name");
        assert_eq!(first, header(1, "a", "name"));
        for other in [header(2, "a", "name"), header(1, "b", "name"), header(1, "a", "surname")] {
            assert_ne!(first.0, other.0);
            assert_ne!(first.1, other.1);
        }
    }

    #[test]
    fn dates_are_encoded_by_what_they_say() {
        let mut encoder = encoder(Kind::Date, Method::Bloom);
        let code = encoder.encode("1980-03-07");
        assert_eq!(encoder.encode("07-03-1980"), code);
        assert_eq!(encoder.encode("19800307"), code);
        assert_eq!(encoder.encode(""), None);
    }

    #[test]
    fn about_half_of_the_bits_of_a_long_value_are_set_and_no_code_is_empty() {
        let mut encoder = encoder(Kind::Words, Method::Bloom);
        let Some(Encoded::Bits { bits, .. }) =
            Encoded::parse(&encoder.encode("12 brindabella circuit north lyneham").expect("a code"))
        else {
            panic!("no bits");
        };
        let set: u32 = bits.iter().map(|w| w.count_ones()).sum();
        assert!((380..=600).contains(&set), "{set}");
    }

    #[test]
    fn text_that_is_no_code_is_told_from_one() {
        for text in ["", "jansen", "zicht1", "zicht1:nb:", "zicht1:qb:AAAAAAAA:AAAA", "zicht1:nb:AAAAAAAA:!!"]
        {
            assert!(Encoded::parse(text).is_none(), "{text}");
        }
    }
}
