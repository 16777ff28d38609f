//! The secret key, and the keys that are derived from it. All are wiped from memory when they are dropped.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;

/// Fewest bytes of a secret.
const LEAST: usize = 32;

/// A secret that the organisations share and whoever links does not have.
pub struct Key(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A key from a secret of at least 32 bytes.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn new(secret: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        if secret.len() < LEAST {
            return Err(Error::Key(format!(
                "the key has {} bytes; a key that cannot be guessed has at least {LEAST}",
                secret.len()
            )));
        }
        Ok(Self(secret))
    }

    /// A key of its own for a project and a purpose (HKDF with SHA-256, RFC 5869).
    pub(super) fn derive(&self, project: &str, purpose: &[&str]) -> Result<Prf, Error> {
        // Each name with its length before it, so that no two lists of names are the same bytes.
        let mut info = b"zicht encode 1".to_vec();
        for part in purpose {
            info.extend((part.len() as u64).to_be_bytes());
            info.extend(part.as_bytes());
        }
        let mut key = Zeroizing::new([0_u8; 32]);
        Hkdf::<Sha256>::new(Some(project.as_bytes()), &self.0)
            .expand(&info, key.as_mut())
            .map_err(|e| Error::Key(format!("no key can be derived: {e}")))?;
        Ok(Prf(key))
    }

    #[cfg(test)]
    pub(crate) fn test(number: u8) -> Self {
        Self(Zeroizing::new(vec![number; 32]))
    }
}

/// A keyed function that nobody without its key can tell from chance (HMAC with SHA-256, RFC 2104).
pub(super) struct Prf(Zeroizing<[u8; 32]>);

impl Prf {
    /// The value of a text.
    pub(super) fn bytes(&self, text: &[u8]) -> [u8; 32] {
        // HMAC takes keys of any length.
        Hmac::<Sha256>::new_from_slice(self.0.as_ref())
            .map(|mac| mac.chain_update(text).finalize().into_bytes().into())
            .unwrap_or_default()
    }

    /// The same as a number.
    pub(super) fn number(&self, text: &[u8]) -> u64 {
        let bytes = self.bytes(text);
        u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869, test case 1 (with the salt and info given there), through the same crates, and RFC 4231, test
    /// case 2 for HMAC.
    #[test]
    fn the_published_values_of_hmac_and_hkdf() {
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let mut out = [0_u8; 42];
        let (salt, info): (Vec<u8>, Vec<u8>) = ((0..=0x0c).collect(), (0xf0..=0xf9).collect());
        Hkdf::<Sha256>::new(Some(&salt), &[0x0b; 22]).expand(&info, &mut out).expect("short enough");
        assert_eq!(
            hex(&out),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        let mac = Hmac::<Sha256>::new_from_slice(b"Jefe").expect("any length");
        assert_eq!(
            hex(&mac.chain_update(b"what do ya want for nothing?").finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_printed() {
        assert!(Key::new(Zeroizing::new(vec![1; 31])).is_err());
        assert_eq!(format!("{:?}", Key::test(7)), "Key");
    }

    #[test]
    fn purposes_cannot_be_confused() {
        let of = |parts: &[&str]| Key::test(1).derive("p", parts).expect("a key").number(b"x");
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    }
}
