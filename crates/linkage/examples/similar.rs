//! The pairs of two files of codes with a Dice similarity of some size, counted.
//!
//! `cargo run -p zicht-linkage --example similar -- A B LEAST [all]`
//!
//! A file is codes of 1,024 bits one after the other, 128 bytes each. With `all`, all bits of all pairs are
//! counted. Prints how many pairs there are, the sum of their similarities, and the sum of `A's place × 65,537 +
//! B's place`, by which the results of two programs can be held against each other; `bench/encoded.py` does.

use std::error::Error;
use std::fs;

use linkage::compare::bits::{Codes, similar_pairs, similar_pairs_of_all};

fn read(path: &str) -> Result<Codes, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|e| format!("{path}: {e}"))?;
    let (words, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(format!("{path}: a file of codes has 128 bytes for each").into());
    }
    Ok(Codes::new(16, words.iter().map(|&word| u64::from_le_bytes(word)).collect())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [a, b, least, how @ ..] = arguments.as_slice() else {
        return Err("usage: similar A B LEAST [all]".into());
    };
    let (a, b, least) = (read(a)?, read(b)?, least.parse()?);
    let pairs = match how {
        [] => similar_pairs(&a, &b, least),
        _ => similar_pairs_of_all(&a, &b, least),
    };
    let places: u64 = pairs.iter().map(|&(x, y, _)| u64::from(x) * 65_537 + u64::from(y)).sum();
    let similarities: f64 = pairs.iter().map(|&(_, _, dice)| dice).sum();
    println!("{} {similarities:.6} {places}", pairs.len());
    Ok(())
}
