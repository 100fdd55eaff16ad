//! The span id that stands for a position where headers have room for 64 bits.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};
use tasktrail_record::Position;

/// Derives the span id of a position: the first 8 bytes of the SHA-256 of its text; 1 if all are
/// zero.
///
/// `traceparent`, Jaeger and B3 name the sender by 64 bits, a position has more. Whoever has the
/// position of a line can compute the id under which a tracing system shows the same request:
///
/// ```text
/// $ printf %s 192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1 | sha256sum | cut -c1-16
/// 9c07c60d18ca1add
/// ```
///
/// ```
/// let position = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2/1".parse()?;
/// let span_id = tasktrail_http::span_id(&position);
/// assert_eq!(format!("{span_id:016x}"), "9c07c60d18ca1add");
/// # Ok::<(), tasktrail::record::ParsePositionError>(())
/// ```
pub fn span_id(position: &Position) -> u64 {
    let mut hash = Hash(Sha256::new());
    // Hashing can't fail.
    let _ = write!(hash, "{position}");
    let bytes: [u8; 32] = hash.0.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]).max(1)
}

/// A hash of what is written.
struct Hash(Sha256);

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}
