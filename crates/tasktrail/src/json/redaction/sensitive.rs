//! Kinds of values that are told by how they look.

use std::ops::Range;

use smallvec::SmallVec;

use super::{Redact, addresses, cards, tokens};

/// A kind of value that is found within texts by how it looks.
///
/// To look for them takes time that grows with the length of the text and not faster, whatever the
/// text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sensitive {
    /// Numbers of payment cards (ISO/IEC 7812-1): 13 to 19 digits, in groups between which single
    /// spaces or hyphens may stand, of which the last is the right check digit.
    ///
    /// What starts with `0` is none, nor what starts with `1` unless it has the 15 digits of the
    /// airlines' cards: moments in milliseconds, microseconds and nanoseconds since 1970 would be
    /// taken for cards. Of other numbers that long, one in ten has the right check digit by chance.
    PaymentCards,
    /// E-mail addresses (RFC 5321), such as `ada@example.com`, also with `%40` for the `@`.
    ///
    /// Before the `@` stand letters and digits of all scripts and `. _ % + - '`, behind it a domain
    /// of at least two parts, of which the last starts with a letter. So `left-pad@1.3.0` and
    /// `root@localhost` are none; nor are a part before the `@` in quotes and a domain that is a
    /// number in brackets.
    EmailAddresses,
    /// What follows the word `Bearer`, in upper or lower case, as a token (RFC 6750 section 2.1),
    /// and JSON web tokens (RFC 7519) wherever they stand: `eyJ`, and at least two dots.
    BearerTokens,
}

/// The length of the shortest text that may be found: `eyJ..`.
const SHORTEST: usize = 5;

/// The parts of a text that were found, with the rule for each.
pub(super) type Parts<'r> = SmallVec<[(Range<usize>, &'r Redact); 4]>;

/// Finds the parts of a text, none of which overlap, in their order.
pub(super) fn find<'r>(text: &str, kinds: &'r [(Sensitive, Redact)]) -> Parts<'r> {
    let mut parts = Parts::new();
    if text.len() < SHORTEST {
        return parts;
    }
    for (kind, how) in kinds {
        let found = |part: Range<usize>| parts.push((part, how));
        match kind {
            Sensitive::PaymentCards => cards::find(text, found),
            Sensitive::EmailAddresses => addresses::find(text, found),
            Sensitive::BearerTokens => tokens::find(text, found),
        }
    }
    if parts.len() > 1 {
        parts.sort_by_key(|(part, _)| part.start);
        parts.dedup_by(|(next, _), (part, _)| {
            let overlaps = next.start < part.end;
            if overlaps {
                part.end = part.end.max(next.end);
            }
            overlaps
        });
    }
    parts
}
