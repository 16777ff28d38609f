//! Compares all codes of one file with all of another, for `bench/encoded.py`.
//!
//! `near_codes A.bin B.bin LEAST`: files of codes of 1,024 bits, one after the other; the least Dice similarity. Prints
//! how many pairs are near, as JSON.

use std::error::Error;

use linkage::compare::codes::{Codes, Nearness, near};

fn codes(path: &str) -> Result<Vec<Vec<u64>>, Box<dyn Error>> {
    let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    Ok(std::fs::read(path)?.chunks_exact(128).map(|code| code.chunks_exact(8).map(word).collect()).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, a, b, least] = &arguments[..] else { return Err("near_codes A.bin B.bin LEAST".into()) };
    let (a, b, least) = (codes(a)?, codes(b)?, least.parse()?);
    let pack = |codes: &[Vec<u64>]| Codes::new(codes.iter().map(Vec::as_slice));
    let found = near(&pack(&a), &pack(&b), Nearness::Dice(least));
    println!("{{\"near\": {}}}", found.len());
    Ok(())
}
