//! Hashes of inputs, so that every number can be traced.

use serde::{Deserialize, Serialize};

/// The BLAKE3 hash of `bytes`, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// An input as it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// File as named in the settings.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 hash of the file as received.
    pub blake3: String,
}
