//! The name of one task.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::Timestamp;

/// Names one task: 128 bits, written as a hyphenated UUID.
///
/// The same bits are a [W3C trace id](https://www.w3.org/TR/trace-context/#trace-id), so logs and
/// traces of one task meet under one name.
///
/// ```
/// use tasktrail_record::TaskId;
///
/// let id: TaskId = "192f76ea-915e-4131-95dc-da28c6bcdbb5".parse()?;
/// assert_eq!(id.to_string(), "192f76ea-915e-4131-95dc-da28c6bcdbb5");
/// assert_eq!(id.trace_id().to_string(), "192f76ea915e413195dcda28c6bcdbb5");
/// # Ok::<(), tasktrail_record::ParseTaskIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Uuid);

impl TaskId {
    /// Makes a new id that nobody else has: a random UUID (version 4, RFC 9562 section 5.4).
    ///
    /// Each thread has a generator that the operating system seeds at its first id; after that a call
    /// makes no system call and allocates nothing. The clock goes into each id, so that a process
    /// and its fork, which start from one seed, part ways. The ids are unique, not secret.
    pub fn random() -> Self {
        Self::random_at(Timestamp::now())
    }

    /// Makes a new id as [`random`](Self::random) does, for whoever has asked the clock already.
    ///
    /// ```
    /// use tasktrail_record::{TaskId, Timestamp};
    ///
    /// let now = Timestamp::now();
    /// assert_ne!(TaskId::random_at(now), TaskId::random_at(now));
    /// ```
    pub fn random_at(now: Timestamp) -> Self {
        thread_local! {
            static GENERATOR: Cell<Option<Generator>> = const { Cell::new(None) };
        }
        let made = GENERATOR.try_with(|kept| {
            let mut generator = kept.take().unwrap_or_else(Generator::seeded);
            let id = generator.advance(now.since_epoch().as_nanos());
            kept.set(Some(generator));
            id
        });
        // At the very end of a thread there is no generator.
        Self(made.unwrap_or_else(|_| Uuid::new_v4()))
    }

    /// Takes the bits of an id, in the order in which they are printed.
    ///
    /// `None` if all are zero: that is no id (RFC 9562 section 5.9, W3C Trace Context section 3.2.2.3).
    pub fn from_bits(bits: u128) -> Option<Self> {
        (bits != 0).then_some(Self(Uuid::from_u128(bits)))
    }

    /// Gives the bits of the id, in the order in which they are printed.
    pub fn bits(self) -> u128 {
        self.0.as_u128()
    }

    /// Shows the id as 32 lower-case hex digits, the form of a W3C trace id.
    pub fn trace_id(self) -> impl fmt::Display {
        self.0.simple()
    }

    /// Writes the 36 characters of the id into `buffer` and gives them back.
    ///
    /// ```
    /// use tasktrail_record::TaskId;
    ///
    /// let id = TaskId::random();
    /// assert_eq!(id.encode(&mut [0; 36]), id.to_string());
    /// ```
    pub fn encode(self, buffer: &mut [u8; 36]) -> &str {
        self.0.hyphenated().encode_lower(buffer)
    }
}

/// A linear congruential generator of 128 bits, into which the time is mixed.
#[derive(Clone, Copy)]
struct Generator(u128);

impl Generator {
    fn seeded() -> Self {
        Self(Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64))
    }

    fn advance(&mut self, now: u128) -> Uuid {
        // The multiplier is that of PCG's 128-bit generators (O'Neill, "PCG", 2014, section 6.3).
        // All that comes later depends on the time of each id before.
        self.0 = (self.0 ^ now)
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            .wrapping_add(0x5851_f42d_4c95_7f2d_1405_7b7e_f767_814f);
        let [high, low] = [(self.0 >> 64) as u64, self.0 as u64];
        // The low bits of such a generator are weak, so each half is mixed with the other.
        let low = mix(low ^ high.rotate_left(32));
        let high = mix(high ^ low);
        let bits = (u128::from(high) << 64) | u128::from(low);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

/// Spreads each bit over all, one to one (Stafford's "Mix13", as in SplitMix64).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode(&mut [0; 36]))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({self})")
    }
}

/// Reads the two forms that are written: 36 characters with hyphens, or 32 hex digits.
impl FromStr for TaskId {
    type Err = ParseTaskIdError;

    fn from_str(text: &str) -> Result<Self, ParseTaskIdError> {
        let error = || ParseTaskIdError {
            found: excerpt(text),
        };
        // The uuid crate also reads braces and `urn:uuid:`, which nobody here writes.
        if !matches!(text.len(), 32 | 36) {
            return Err(error());
        }
        let uuid = Uuid::try_parse(text).map_err(|_| error())?;
        Self::from_bits(uuid.as_u128()).ok_or_else(error)
    }
}

/// Says that a text is not a task id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTaskIdError {
    found: String,
}

impl fmt::Display for ParseTaskIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a task id such as 192f76ea-915e-4131-95dc-da28c6bcdbb5, \
             or its 32 hex digits, not all zero, found {:?}",
            self.found
        )
    }
}

impl std::error::Error for ParseTaskIdError {}

/// Cuts a text that was refused, so that an error message stays short whatever came in.
pub(crate) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 48;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_read_back_as_the_id_that_was_written(bits in 1_u128..) {
            let id = TaskId::from_bits(bits).unwrap();

            prop_assert_eq!(id.to_string().parse::<TaskId>(), Ok(id));
            prop_assert_eq!(id.trace_id().to_string().parse::<TaskId>(), Ok(id));
            prop_assert_eq!(id.trace_id().to_string(), format!("{bits:032x}"));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".*") {
            let _ = text.parse::<TaskId>();
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "192f76ea",
            "192f76ea-915e-4131-95dc-da28c6bcdbbg",
            "192f76ea-915e-4131-95dc-da28c6bcdbb5 ",
            "{192f76ea-915e-4131-95dc-da28c6bcdbb5}",
            "urn:uuid:192f76ea-915e-4131-95dc-da28c6bcdbb5",
            "192f76ea915e-4131-95dc-da28c6bcdbb5-",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(text.parse::<TaskId>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn an_error_says_what_was_expected_and_found() {
        let error = "nonsense".parse::<TaskId>().unwrap_err();

        assert_eq!(
            error.to_string(),
            "expected a task id such as 192f76ea-915e-4131-95dc-da28c6bcdbb5, \
             or its 32 hex digits, not all zero, found \"nonsense\""
        );
    }

    #[test]
    fn new_ids_differ_on_all_threads_and_say_that_they_are_random() {
        let ids = || (0..10_000).map(|_| TaskId::random()).collect::<Vec<_>>();

        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(ids)).collect();

        let made = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        let different: std::collections::HashSet<_> = made.collect();
        assert_eq!(different.len(), 80_000);
        for id in different {
            // Version 4 and the variant of RFC 9562, section 4.
            assert_eq!(id.0.get_version_num(), 4);
            assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        }
    }

    #[test]
    fn generators_of_one_seed_part_ways_for_ever_after_one_different_moment() {
        let mut parent = Generator(7);
        let mut child = parent;
        parent.advance(1_000);
        child.advance(1_001);

        for now in 2_000..12_000 {
            assert_ne!(parent.advance(now), child.advance(now));
        }
    }

    #[test]
    fn each_bit_of_new_ids_is_set_as_often_as_not() {
        let mut generator = Generator::seeded();
        let ids: Vec<u128> = (0..20_000)
            .map(|now| generator.advance(now).as_u128())
            .collect();

        // Bits 64, 65 and 76 to 79 are the variant and the version.
        for bit in (0..62).chain(64..76).chain(80..128) {
            let set = ids.iter().filter(|id| (*id >> bit) & 1 == 1).count();
            // Seven standard deviations of 71 each: by chance once in 10^11.
            assert!(
                (9_500..=10_500).contains(&set),
                "bit {bit} is set in {set} of 20000 ids"
            );
        }
    }
}
