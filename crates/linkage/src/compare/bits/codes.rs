//! Codes of one length, packed.

use crate::Error;

/// Words of a code at most: the numbers of bits of 16,384 bits fit the 16-bit lanes of the kernel.
const WIDEST: usize = 256;

/// Codes of one length next to each other, with the number of bits of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    width: usize,
    words: Vec<u64>,
    counts: Vec<u32>,
}

impl Codes {
    /// Codes of `width` words of 64 bits each, one after the other.
    ///
    /// # Errors
    /// When the width is not from 1 to 256, when the words are not a whole number of codes, or when there are
    /// 2³² codes or more.
    pub fn new(width: usize, words: Vec<u64>) -> Result<Self, Error> {
        let wrong = |option: &str, value: usize, allowed: String| Error::Setting {
            option: option.into(),
            value: value.to_string(),
            allowed,
        };
        if !(1..=WIDEST).contains(&width) {
            return Err(wrong(
                "words of a code",
                width,
                format!("a code has 1 to {WIDEST} words of 64 bits"),
            ));
        }
        if !words.len().is_multiple_of(width) {
            return Err(wrong(
                "number of words",
                words.len(),
                format!("it must be a multiple of {width}, the words of a code"),
            ));
        }
        if u32::try_from(words.len() / width).is_err() {
            return Err(wrong("number of codes", words.len() / width, "it must be below 2^32".into()));
        }
        let counts = words.chunks_exact(width).map(super::ones).collect();
        Ok(Self { width, words, counts })
    }

    /// How many codes there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Words of 64 bits of a code.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of bits of each code.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The words of a code.
    pub fn code(&self, at: usize) -> &[u64] {
        &self.words[at * self.width..][..self.width]
    }
}
