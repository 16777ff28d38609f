//! Time to compare codes of 1,024 bits: 4,096 with 4,096, with and without bounds, and one pair.
//!
//! `cargo bench -p zicht-linkage --bench compare`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use linkage::compare::bits::{self, Codes, similar_pairs, similar_pairs_of_all};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn main() {
    divan::main();
}

const CODES: usize = 4_096;

/// Codes of which three bits of eight are set.
fn codes(seed: u64) -> Codes {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut word = || rng.next_u64();
    let words = (0..CODES * 16).map(|_| word() & (word() | word())).collect();
    Codes::new(16, words).expect("whole codes")
}

#[divan::bench(args = [0.8, 0.5])]
fn pairs(bencher: Bencher, least: f64) {
    let (a, b) = (codes(1), codes(2));
    bencher.counter(ItemsCount::new(CODES * CODES)).bench(|| similar_pairs(&a, &b, least));
}

#[divan::bench(args = [0.8, 0.5])]
fn pairs_without_bounds(bencher: Bencher, least: f64) {
    let (a, b) = (codes(1), codes(2));
    bencher.counter(ItemsCount::new(CODES * CODES)).bench(|| similar_pairs_of_all(&a, &b, least));
}

#[divan::bench]
fn one_pair(bencher: Bencher) {
    let (a, b) = (codes(1), codes(2));
    bencher.bench(|| bits::different(black_box(a.code(0)), black_box(b.code(0))));
}
