//! The key by which values are hashed.

use std::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Makes the same digits of the same value, which nobody can make without knowing it.
///
/// Any bytes are a key: take at least 16 that are random, from where the program has its other
/// secrets, and the same in all programs whose lines are to be compared. An empty one is as good as
/// none. `Debug` does not show it.
///
/// ```
/// use tasktrail::{HashKey, Redact};
///
/// let how = Redact::Hash(HashKey::new("key"));
/// assert_eq!(format!("{how:?}"), "Hash(HashKey)");
/// ```
#[derive(Clone)]
pub struct HashKey(Option<Hmac<Sha256>>);

impl HashKey {
    /// Takes bytes as a key.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        // A key of any length is taken (RFC 2104 section 3).
        Self(Hmac::new_from_slice(bytes.as_ref()).ok())
    }

    /// Adds the first 16 digits of a text's hash.
    pub(super) fn write(&self, text: &str, out: &mut String) {
        let Some(mut hmac) = self.0.clone() else {
            return out.push_str(super::MASK);
        };
        hmac.update(text.as_bytes());
        for byte in hmac.finalize().into_bytes().iter().take(8) {
            let _ = write!(out, "{byte:02x}");
        }
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_rfc_4231() {
        let hash = |key: &[u8], text| {
            let mut out = String::new();
            HashKey::new(key).write(text, &mut out);
            out
        };

        // Section 4.2, 4.3 and 4.7: a key shorter and longer than a block.
        assert_eq!(hash(&[0x0b; 20], "Hi There"), "b0344c61d8db3853");
        assert_eq!(
            hash(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e"
        );
        assert_eq!(
            hash(
                &[0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First"
            ),
            "60e431591ee0b67f"
        );
    }
}
