//! Patterns: the levels of all comparisons of a pair in one number, four bits for each, the first
//! comparison lowest. Level 0 means that the field is missing in either record; levels count from 1.

/// Bits of a level.
const BITS: usize = 4;

/// The pattern with a level put in.
pub(crate) fn with(pattern: u64, comparison: usize, level: u8) -> u64 {
    pattern | u64::from(level) << (BITS * comparison)
}

/// The level of a comparison; 0 for missing.
pub(crate) fn level(pattern: u64, comparison: usize) -> usize {
    (pattern >> (BITS * comparison) & 15) as usize
}

/// The pattern with the level of a comparison replaced.
pub(crate) fn replace(pattern: u64, comparison: usize, level: u8) -> u64 {
    with(pattern & !(15 << (BITS * comparison)), comparison, level)
}

/// The levels of all comparisons, in order.
pub(crate) fn levels(pattern: u64) -> impl Iterator<Item = usize> {
    (0..16).map(move |k| level(pattern, k))
}
