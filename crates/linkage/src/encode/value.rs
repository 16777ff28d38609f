//! Encoded values as text: `zicht1:KIND METHOD:CHECK:PAYLOAD`.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

use super::{Kind, Method, bloom, two_step};
use crate::compare::bits;

const START: &str = "zicht1:";

/// How a value was encoded. Codes with the same header can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the column holds.
    pub kind: Kind,
    /// How it was encoded.
    pub method: Method,
    /// A number that is the same for the same key, project, column, kind and method.
    pub check: u64,
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = BASE64.encode(&self.check.to_le_bytes()[..6]);
        write!(f, "{START}{}{}:{check}:", self.kind.letter(), self.method.letter())
    }
}

impl Header {
    /// The header of a value; `None` if it is not encoded.
    pub fn of(value: &str) -> Option<Self> {
        Some(Self::split(value)?.0)
    }

    /// The header of a value and the rest.
    fn split(value: &str) -> Option<(Self, &str)> {
        let mut parts = value.strip_prefix(START)?.splitn(3, ':');
        let (how, check, payload) = (parts.next()?, parts.next()?, parts.next()?);
        let mut letters = how.chars();
        let (kind, method) = (letters.next()?, letters.next()?);
        let kind = Kind::ALL.into_iter().find(|k| k.letter() == kind)?;
        let method = Method::ALL.into_iter().find(|m| m.letter() == method)?;
        let mut bytes = BASE64.decode(check).ok().filter(|b| b.len() == 6)?;
        bytes.extend([0, 0]);
        let check = u64::from_le_bytes(bytes.try_into().ok()?);
        (letters.next().is_none()).then_some((Self { kind, method, check }, payload))
    }
}

/// A value, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Encoded {
    /// Bits, and how many are set.
    Bits { bits: Box<bloom::Bits>, ones: u32 },
    /// Numbers in order.
    Numbers(Vec<u32>),
    /// One number, which is the same or not.
    Exact(u64),
}

impl Encoded {
    /// Reads a code; `None` if the value is none.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (header, payload) = Header::split(value)?;
        match header.method {
            Method::Bloom => {
                // Bytes are decoded in threes: one more than there are, for the last.
                let mut bytes = [0; bloom::BITS / 8 + 1];
                let length = BASE64.decode_slice(payload, &mut bytes).ok()?;
                (length == bloom::BITS / 8).then(|| {
                    let (words, _) = bytes.as_chunks::<8>();
                    let bits = Box::new(std::array::from_fn(|at| u64::from_le_bytes(words[at])));
                    Self::Bits { ones: bits::ones(&*bits), bits }
                })
            }
            Method::TwoStep => {
                let bytes = BASE64.decode(payload).ok()?;
                (!bytes.is_empty() && bytes.len().is_multiple_of(4)).then(|| {
                    let (numbers, _) = bytes.as_chunks::<4>();
                    Self::Numbers(numbers.iter().map(|&number| u32::from_le_bytes(number)).collect())
                })
            }
            Method::Exact => {
                let bytes = BASE64.decode(payload).ok()?;
                bytes.try_into().ok().map(|bytes| Self::Exact(u64::from_le_bytes(bytes)))
            }
        }
    }

    /// How alike two values are, from 0 to 1: about the Dice similarity of their tokens.
    pub(crate) fn similarity(&self, other: &Self) -> f64 {
        match (self, other) {
            (Self::Bits { bits: a, ones: v }, Self::Bits { bits: b, ones: w }) => {
                bloom::similarity(a, b, (*v, *w))
            }
            (Self::Numbers(a), Self::Numbers(b)) => two_step::similarity(a, b),
            (Self::Exact(a), Self::Exact(b)) => f64::from(u8::from(a == b)),
            _ => 0.0,
        }
    }
}

pub(super) fn bits_text(bits: &[u64]) -> String {
    BASE64.encode(bits.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
}

pub(super) fn numbers_text(numbers: &[u32]) -> String {
    BASE64.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}
