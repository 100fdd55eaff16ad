//! `traceparent` and `tracestate`: W3C Trace Context, level 2.

use std::fmt::Write;

use super::trace::{Flags, Sampled, Trace, TraceId, lower_hex, span_id};
use super::trim;
use crate::Why;

/// The longest `traceparent` that is read; one of version 00 has 55 bytes.
pub(super) const LONGEST_PARENT: usize = 256;

/// The longest `tracestate` that is read, all its headers together: 32 entries of 256 bytes for the
/// key and as many for the value, with the signs between.
pub(super) const LONGEST_STATE: usize = 32 * 514;

/// As much of a `tracestate` is passed on, as the recommendation asks for ("tracestate Limits").
const PASSED_ON: usize = 512;

/// Reads a `traceparent`, as "Versioning of traceparent" says.
///
/// Of a version that is not known, trace, parent and the known flags are taken if they stand where
/// version 00 has them, and nothing else is looked at.
pub(super) fn read_parent(value: &[u8]) -> Option<Trace> {
    let value = trim(value);
    let (fields, rest) = value.split_at_checked(55)?;
    let version = lower_hex(fields.get(..2)?, 2)?;
    let is_whole = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => matches!(rest.first(), None | Some(b'-')),
    };
    let [b'-', b'-', b'-'] = [fields.get(2)?, fields.get(35)?, fields.get(52)?] else {
        return None;
    };
    let id = fields.get(3..35)?;
    lower_hex(id, 32)?;
    let trace = Trace {
        id: TraceId::read(id)?,
        parent: span_id(fields.get(36..52)?)?,
        flags: Flags {
            sampled: Sampled::Bits(lower_hex(fields.get(53..)?, 2)? as u8 & Flags::KNOWN),
            debug: false,
        },
    };
    is_whole.then_some(trace)
}

/// Writes a `traceparent`, always of version 00.
pub(super) fn write_parent(id: TraceId, span: u64, flags: u8) -> String {
    let mut text = String::with_capacity(55);
    // Writing into a `String` can't fail.
    let _ = write!(text, "00-{}-{span:016x}-{flags:02x}", id.long());
    text
}

/// Reads all values of `tracestate` as one list, and gives what is passed on: `None` if there is no
/// entry.
///
/// The second is [`Why::Shortened`] where not all entries are passed on.
pub(super) fn read_state<'c>(
    values: impl Iterator<Item = &'c [u8]>,
) -> Result<(Option<String>, Option<Why>), Why> {
    let mut entries = Entries::default();
    let mut read = 0;
    for value in values {
        read += value.len();
        if read > LONGEST_STATE {
            return Err(Why::TooLong(LONGEST_STATE));
        }
        for entry in value.split(|byte| *byte == b',') {
            entries.add(trim(entry)).ok_or(Why::Malformed)?;
        }
    }
    let shortened = entries.shorten().then_some(Why::Shortened);
    let length = entries.length();
    Ok(((length > 0).then(|| entries.text(length)), shortened))
}

/// The entries of a list, at most 32.
#[derive(Default)]
struct Entries<'c> {
    entries: [&'c str; 32],
    /// The lengths of the keys; zero where there is no entry, or no more.
    keys: [usize; 32],
    count: usize,
}

impl<'c> Entries<'c> {
    /// Adds an entry; one that is empty is none. `None` if it is malformed, the 33rd, or its key is
    /// there already.
    fn add(&mut self, entry: &'c [u8]) -> Option<()> {
        if entry.is_empty() {
            return Some(());
        }
        let key = entry.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (entry.get(..key)?, entry.get(key + 1..)?);
        // Level 2 allows `@` anywhere but at the start, level 1 had a form with one `@`.
        let starts = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_key = |byte: &u8| starts(byte) || b"_-*/@".contains(byte);
        let is_value = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'=';
        let is_entry = name.first().is_some_and(starts)
            && name.len() <= 256
            && name.iter().all(is_key)
            && (1..=256).contains(&value.len())
            && value.iter().all(is_value);
        if !is_entry || self.iter().any(|(found, _)| found.as_bytes() == name) {
            return None;
        }
        *self.entries.get_mut(self.count)? = str::from_utf8(entry).ok()?;
        *self.keys.get_mut(self.count)? = key;
        self.count += 1;
        Some(())
    }

    /// Gives the keys and the entries.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (&'c str, &'c str)> {
        let entries = self.entries.iter().zip(&self.keys).take(self.count);
        entries.filter_map(|(entry, key)| {
            Some((entry.get(..*key).filter(|key| !key.is_empty())?, *entry))
        })
    }

    /// Removes entries until the list is as short as what is passed on: first, from the end, those
    /// of more than 128 bytes, then any; tells whether there were such.
    fn shorten(&mut self) -> bool {
        let mut length = self.length();
        if length <= PASSED_ON {
            return false;
        }
        for longest in [128, 0] {
            for (entry, key) in self.entries.iter().zip(&mut self.keys).rev() {
                if length > PASSED_ON && *key > 0 && entry.len() > longest {
                    *key = 0;
                    length -= entry.len() + 1;
                }
            }
        }
        true
    }

    /// Gives the length of the list with its commas.
    fn length(&self) -> usize {
        let bytes = self.iter().map(|(_, entry)| entry.len() + 1);
        bytes.sum::<usize>().saturating_sub(1)
    }

    fn text(&self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        for (_, entry) in self.iter() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(entry);
        }
        text
    }
}
