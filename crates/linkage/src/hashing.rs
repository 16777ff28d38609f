//! Tables by numbers and short texts, with the one hash of this crate: fast, and the same on every machine.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::blocking::{hash, mix};

/// A table that is never gone through in its own order.
pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// A hasher for keys that are not chosen by an adversary.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0 ^ hash(bytes));
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 = self.0.wrapping_add(u64::from(byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = mix(self.0 ^ u64::from(number).wrapping_add(0x9e37_79b9_7f4a_7c15));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number.wrapping_add(0x9e37_79b9_7f4a_7c15));
    }
}
