//! Numbers of bits, of which encoded values are made.

/// How many bits are set.
pub fn ones(a: &[u64]) -> u32 {
    a.iter().map(|word| word.count_ones()).sum()
}

/// How many bits are set in one but not in the other.
pub fn different(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(x, y)| (x ^ y).count_ones()).sum()
}
