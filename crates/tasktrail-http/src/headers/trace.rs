//! What headers say of a trace, in whichever format.

use std::fmt;

/// A trace, and the place in it from which a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) id: TraceId,
    /// The span of the sender, which is the parent of what happens here. Not zero.
    pub(super) parent: u64,
    pub(super) flags: Flags,
}

/// The id of a trace, of at most 128 bits, not zero, with as many hex digits as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId {
    bits: u128,
    digits: usize,
}

impl TraceId {
    /// Takes the 128 bits of a task's own id, which are not zero.
    pub(super) fn of_task(task: tasktrail_record::TaskId) -> Self {
        Self {
            bits: task.bits(),
            digits: 32,
        }
    }

    /// Reads 1 to 32 hex digits, which are not all zero.
    pub(super) fn read(digits: &[u8]) -> Option<Self> {
        let bits = hex(digits)?;
        let digits = digits.len();
        (bits != 0).then_some(Self { bits, digits })
    }

    pub(super) fn bits(self) -> u128 {
        self.bits
    }

    /// Tells whether two ids name one trace.
    ///
    /// A short id is the right half of the long one (W3C Trace Context level 2, "Interoperating
    /// with existing systems which use shorter identifiers").
    pub(super) fn is_same(self, other: Self) -> bool {
        if self.digits > 16 && other.digits > 16 {
            self.bits == other.bits
        } else {
            self.bits as u64 == other.bits as u64
        }
    }

    /// Tells whether the id is a random UUID (version 4, RFC 9562 section 5.4), whose last 62 bits
    /// are random.
    pub(super) fn is_random_uuid(self) -> bool {
        let version = (self.bits >> 76) & 0xf;
        let variant = (self.bits >> 62) & 0b11;
        self.digits == 32 && version == 4 && variant == 0b10
    }

    /// Shows the id with zeros on the left up to 32 digits.
    pub(super) fn long(self) -> impl fmt::Display {
        Self { digits: 32, ..self }
    }

    /// Shows the id with zeros on the left up to 16 or 32 digits.
    pub(super) fn short_or_long(self) -> impl fmt::Display {
        let digits = if self.digits > 16 { 32 } else { 16 };
        Self { digits, ..self }
    }
}

/// Shows the id as it came, in lower case.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0digits$x}", self.bits, digits = self.digits)
    }
}

/// What the sender decided on recording the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    pub(super) sampled: Sampled,
    /// The trace is recorded whatever else is decided (B3 and Jaeger).
    pub(super) debug: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sampled {
    /// Nothing was said.
    #[default]
    Unsaid,
    /// Without a trace: a decision on any that starts here.
    Decided(bool),
    /// The flags of a trace, as W3C defines them; only those that are known.
    Bits(u8),
}

impl Flags {
    /// Tells whether the sender may have recorded the trace, or left that to others.
    pub(super) fn is_sampled(self) -> bool {
        match self.sampled {
            Sampled::Unsaid => true,
            Sampled::Decided(is_sampled) => is_sampled,
            Sampled::Bits(bits) => bits & Self::SAMPLED != 0,
        }
    }

    /// The caller may have recorded the trace (W3C Trace Context level 2, "Sampled flag").
    pub(super) const SAMPLED: u8 = 1;
    /// The last 7 bytes of the trace id are random ("Random Trace ID Flag").
    pub(super) const RANDOM: u8 = 2;
    /// All other bits are to be zero ("Other Flags").
    pub(super) const KNOWN: u8 = Self::SAMPLED | Self::RANDOM;

    /// Gives the flags of a trace that starts here under the id of a task.
    pub(super) fn of_task(id: TraceId) -> u8 {
        if id.is_random_uuid() {
            Self::SAMPLED | Self::RANDOM
        } else {
            Self::SAMPLED
        }
    }

    /// Gives the text that a task carries: two digits for the flags of a trace, one for a decision
    /// without a trace, none if nothing was said; `d` for debug.
    pub(super) fn to_text(self) -> &'static str {
        match (self.sampled, self.debug) {
            (Sampled::Unsaid, false) => "",
            (Sampled::Unsaid, true) => "d",
            (Sampled::Decided(false), false) => "0",
            (Sampled::Decided(false), true) => "0d",
            (Sampled::Decided(true), false) => "1",
            (Sampled::Decided(true), true) => "1d",
            (Sampled::Bits(bits), false) => match bits {
                0 => "00",
                1 => "01",
                2 => "02",
                _ => "03",
            },
            (Sampled::Bits(bits), true) => match bits {
                0 => "00d",
                1 => "01d",
                2 => "02d",
                _ => "03d",
            },
        }
    }

    /// Reads what [`to_text`](Self::to_text) gave; of anything else, nothing was said.
    pub(super) fn from_text(text: &str) -> Self {
        let (digits, debug) = match text.strip_suffix('d') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let sampled = match (digits.len(), hex(digits.as_bytes())) {
            (1, Some(bit)) => Sampled::Decided(bit & 1 == 1),
            (2, Some(bits)) => Sampled::Bits(bits as u8 & Self::KNOWN),
            _ => Sampled::Unsaid,
        };
        Self { sampled, debug }
    }
}

/// Reads 1 to 32 hex digits of either case.
pub(super) fn hex(digits: &[u8]) -> Option<u128> {
    if !(1..=32).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0, |bits, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some((bits << 4) | u128::from(digit))
    })
}

/// Reads exactly `digits` hex digits of lower case, as W3C and B3 demand them.
pub(super) fn lower_hex(text: &[u8], digits: usize) -> Option<u128> {
    let is_lower = text.len() == digits && !text.iter().any(u8::is_ascii_uppercase);
    is_lower.then(|| hex(text)).flatten()
}

/// Reads the 16 lower-case hex digits of a span's id, which is not zero.
pub(super) fn span_id(text: &[u8]) -> Option<u64> {
    let bits = lower_hex(text, 16)? as u64;
    (bits != 0).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_read_back_as_they_were_written() {
        for debug in [false, true] {
            for sampled in [
                Sampled::Unsaid,
                Sampled::Decided(false),
                Sampled::Decided(true),
                Sampled::Bits(0),
                Sampled::Bits(1),
                Sampled::Bits(2),
                Sampled::Bits(3),
            ] {
                let flags = Flags { sampled, debug };
                assert_eq!(Flags::from_text(flags.to_text()), flags);
            }
        }
        assert_eq!(Flags::from_text("nonsense"), Flags::default());
    }

    #[test]
    fn the_last_seven_bytes_of_a_new_task_id_have_no_bit_that_is_fixed() {
        let [mut ones, mut zeros] = [0_u128; 2];

        for _ in 0..1_000 {
            let id = tasktrail_record::TaskId::random();
            assert!(TraceId::of_task(id).is_random_uuid());
            ones |= id.bits();
            zeros |= !id.bits();
        }

        // By chance a bit stays the same in 1,000 ids once in 10^301.
        assert_eq!(ones & zeros & ((1 << 62) - 1), (1 << 62) - 1);
        // The version and the variant are fixed (RFC 9562, section 5.4), left of the 56 bits that
        // are asked for.
        assert_eq!(!(ones & zeros), (0xf << 76) | (0b11 << 62));
    }
}
