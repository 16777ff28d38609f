//! How often one reader may ask: a bucket of tokens for each address, in memory and nowhere else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// As many addresses are remembered.
const REMEMBERED: usize = 100_000;
/// So often buckets that are full again are forgotten: they say nothing but that somebody was here.
const SWEEP: Duration = Duration::from_secs(30);
/// A reader who comes after a pause may ask for as many seconds' worth at once.
const BURST: f64 = 2.0;

/// How often one reader may ask.
pub(crate) struct Gate {
    /// Requests a second; 0 for no limit.
    rate: f64,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    of: HashMap<IpAddr, Bucket>,
    swept: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Gate {
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate), buckets: Mutex::default() }
    }

    /// Whether a reader may ask now; if not, the seconds to wait.
    pub(crate) fn ask(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        if self.rate <= 0.0 {
            return Ok(());
        }
        let full = self.rate * BURST;
        // A thread that ended badly leaves numbers behind that are still numbers.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let address = reader(address);
        if buckets.swept.is_none_or(|at| now.saturating_duration_since(at) >= SWEEP) {
            buckets.of.retain(|_, b| self.tokens(b, now) < full);
            buckets.swept = Some(now);
        }
        // So many within half a minute are no readers. To forget them all costs less than to search among them.
        if buckets.of.len() >= REMEMBERED && !buckets.of.contains_key(&address) {
            buckets.of.clear();
        }
        let bucket = buckets.of.entry(address).or_insert(Bucket { tokens: full, at: now });
        let tokens = self.tokens(bucket, now);
        let (left, answer) = if tokens >= 1.0 {
            (tokens - 1.0, Ok(()))
        } else {
            (tokens, Err(((1.0 - tokens) / self.rate).ceil().max(1.0) as u64))
        };
        *bucket = Bucket { tokens: left, at: now };
        answer
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + seconds * self.rate).min(self.rate * BURST)
    }
}

/// One reader: an address of IPv4, or the network that a connection of IPv6 has for itself.
fn reader(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_bucket_empties_and_fills_again_for_each_reader() {
        let gate = Gate::new(2);
        let start = Instant::now();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..4 {
            assert_eq!(gate.ask(one, start), Ok(()));
        }
        assert_eq!(gate.ask(one, start), Err(1));
        assert_eq!(gate.ask(other, start), Ok(()));
        assert_eq!(gate.ask(address("::ffff:192.0.2.1"), start), Err(1));
        assert_eq!(gate.ask(one, start + Duration::from_millis(600)), Ok(()));
        assert_eq!(gate.ask(one, start + Duration::from_millis(700)), Err(1));
        // After a long time it holds no more than at first.
        let later = start + Duration::from_secs(1000);
        assert_eq!((0..10).filter(|_| gate.ask(one, later).is_ok()).count(), 4);
    }

    #[test]
    fn the_addresses_of_one_network_are_one_reader() {
        let gate = Gate::new(1);
        let now = Instant::now();
        let asked = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"];
        let answers = asked.map(|a| gate.ask(address(a), now).is_ok());
        assert_eq!(answers, [true, true, false, true]);
    }

    #[test]
    fn many_addresses_do_not_fill_the_memory() {
        let gate = Gate::new(1);
        let now = Instant::now();
        for i in 0..=REMEMBERED as u32 {
            assert_eq!(gate.ask(IpAddr::V4(i.into()), now), Ok(()));
        }
        let remembered = || gate.buckets.lock().expect("one thread").of.len();
        assert!(remembered() <= REMEMBERED);
        // Nobody is remembered for longer than it takes.
        assert_eq!(gate.ask(address("192.0.2.1"), now + SWEEP), Ok(()));
        assert_eq!(remembered(), 1);
    }

    #[test]
    fn without_a_rate_everybody_may_ask() {
        let gate = Gate::new(0);
        assert!((0..1000).all(|_| gate.ask(address("192.0.2.1"), Instant::now()).is_ok()));
    }
}
