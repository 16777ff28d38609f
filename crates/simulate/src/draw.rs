//! Random numbers: one stream for each person and purpose.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Purposes for which a person has streams; a purpose below this is a register's number.
const PURPOSES: u64 = 8;
/// Words of a stream that one report may use; the first such block is the person's own.
const WORDS_PER_REPORT: u128 = 256;

/// Words of a stream that tell how long a report is under way.
const WORDS_PER_DELAY: u128 = 2;

/// All streams of one seed.
///
/// `ChaCha8` is counter based: a stream is found by its number, not by drawing all that come
/// before it. So a person can be drawn again anywhere, by any thread, and is the same.
#[derive(Debug, Clone)]
pub(crate) struct Streams(ChaCha8Rng);

impl Streams {
    /// Persons that have streams of their own.
    pub(crate) const MOST_PERSONS: u64 = u64::MAX / PURPOSES;

    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The stream that says who `person` is and who sees them.
    pub(crate) fn person(&self, person: u64) -> Draw {
        self.stream(person * PURPOSES + PURPOSES - 1)
    }

    /// The stream that says how `register` writes `person` down.
    pub(crate) fn record(&self, person: u64, register: usize) -> Draw {
        self.stream(person * PURPOSES + register as u64)
    }

    /// The stream of the report with number `sequence` of a person in a register.
    pub(crate) fn report(&self, person: u64, register: usize, sequence: u8) -> Draw {
        let mut draw = self.record(person, register);
        draw.0.set_word_pos(WORDS_PER_REPORT * (u128::from(sequence) + 1));
        draw
    }

    /// The stream that says how long the report with number `sequence` of a person in a register is under way.
    pub(crate) fn delay(&self, person: u64, register: usize, sequence: u8) -> Draw {
        let mut draw = self.stream(person * PURPOSES + PURPOSES - 2);
        draw.0.set_word_pos(WORDS_PER_DELAY * (8 * register as u128 + u128::from(sequence)));
        draw
    }

    fn stream(&self, number: u64) -> Draw {
        let mut rng = self.0.clone();
        rng.set_stream(number);
        Draw(rng)
    }
}

/// Draws from one stream.
#[derive(Debug, Clone)]
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// Uniform on 0 ≤ x < 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with `probability`, to within 2⁻³².
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        f64::from(self.0.next_u32()) < probability * 4_294_967_296.0
    }

    /// Uniform on 0 … n − 1; 0 when n is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// One of `items`, each as likely.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    /// An index of `weights`, in proportion to them.
    pub(crate) fn weighted(&mut self, weights: &[u16]) -> usize {
        let total: u32 = weights.iter().map(|&w| u32::from(w)).sum();
        let mut left = self.below(total);
        for (i, &w) in weights.iter().enumerate() {
            if left < u32::from(w) {
                return i;
            }
            left -= u32::from(w);
        }
        0
    }

    /// An exponential waiting time.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

/// Draws indices in proportion to weights in constant time (Walker 1977, alias method).
#[derive(Debug, Clone)]
pub(crate) struct Alias(Vec<(f64, u32)>);

impl Alias {
    /// A table for `weights`, of which at least one must be above 0.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut scaled: Vec<f64> = weights.iter().map(|w| w * weights.len() as f64 / total).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).partition(|&i| scaled[i] < 1.0);
        let mut table: Vec<(f64, u32)> = (0..weights.len()).map(|i| (1.0, i as u32)).collect();
        while let (Some(s), Some(&l)) = (small.pop(), large.last()) {
            table[s] = (scaled[s], l as u32);
            scaled[l] -= 1.0 - scaled[s];
            if scaled[l] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        Self(table)
    }

    pub(crate) fn draw(&self, draw: &mut Draw) -> usize {
        let x = draw.unit() * self.0.len() as f64;
        let (keep, other) = self.0[x as usize];
        if x.fract() < keep { x as usize } else { other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_wherever_it_is_drawn() {
        let streams = Streams::new(7);
        let far = |s: &Streams| (0..5).map(|_| s.report(123_456, 3, 2).below(1000)).collect::<Vec<_>>();
        let _ = streams.person(1).unit();
        assert_eq!(far(&streams), far(&Streams::new(7)));
        assert_ne!(streams.person(1).below(1 << 30), streams.person(2).below(1 << 30));
        assert_ne!(streams.report(1, 2, 0).below(1 << 30), streams.report(1, 2, 1).below(1 << 30));
    }

    #[test]
    fn the_alias_table_draws_in_proportion() {
        let weights = [1.0, 0.0, 3.0, 6.0];
        let alias = Alias::new(&weights);
        let mut draw = Streams::new(1).person(0);
        let mut seen = [0_u32; 4];
        (0..100_000).for_each(|_| seen[alias.draw(&mut draw)] += 1);
        for (n, w) in seen.iter().zip(weights) {
            // four standard errors of a share at 100,000 draws
            assert!((f64::from(*n) / 1e5 - w / 10.0).abs() < 0.0063, "{seen:?}");
        }
    }
}
