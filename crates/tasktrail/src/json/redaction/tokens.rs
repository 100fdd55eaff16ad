//! Bearer tokens and JSON web tokens.

use std::ops::Range;

/// Finds tokens, without the word that stands before them.
pub(super) fn find(text: &str, mut found: impl FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        let is_start = |byte: &u8| matches!(byte, b'b' | b'B' | b'e');
        let Some(next) = rest.iter().position(is_start) else {
            return;
        };
        at += next;
        let rest = rest.get(next..).unwrap_or_default();
        at += if rest.starts_with(b"eyJ") {
            let length = length(rest, is_web_token);
            if let Some(token) = rest.get(..length).and_then(web_token) {
                found(at..at + token);
            }
            // There is no other one in these characters, which have too few dots.
            length
        } else if rest.get(..BEARER.len()).is_some_and(is_bearer) {
            if let Some((start, end)) = bearer(rest) {
                found(at + start..at + end);
            }
            BEARER.len()
        } else {
            1
        };
    }
}

const BEARER: &[u8] = b"bearer";

fn is_bearer(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(BEARER)
}

/// Gives where the token behind the word starts and ends.
fn bearer(bytes: &[u8]) -> Option<(usize, usize)> {
    let spaces = length(bytes.get(BEARER.len()..)?, |byte| byte == b' ');
    let start = BEARER.len() + spaces;
    let token = length(bytes.get(start..)?, is_bearer_token);
    (spaces > 0 && token > 0).then_some((start, start + token))
}

/// A byte of a `b64token`.
fn is_bearer_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn is_web_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// Gives the length of a token; a full stop behind it is none of it.
fn web_token(bytes: &[u8]) -> Option<usize> {
    let dots = bytes.iter().filter(|byte| **byte == b'.').count();
    match bytes {
        [token @ .., b'.'] if dots > 2 => Some(token.len()),
        _ => (dots >= 2).then_some(bytes.len()),
    }
}

fn length(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|byte| !belongs(*byte));
    end.unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut parts = Vec::new();
        find(text, |part| parts.push(&text[part]));
        parts
    }

    /// That of RFC 7515, appendix A.1, without a part of its payload.
    const WEB_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.\
        dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn what_follows_bearer_is_a_token() {
        for (text, token) in [
            ("Authorization: Bearer mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqM"),
            ("authorization: bearer YWJj/+~==\\n", "YWJj/+~=="),
            ("\\nBEARER   abc\"", "abc"),
            ("forbearer x", "x"),
        ] {
            assert_eq!(found(text), [token]);
        }
        assert_eq!(found("Bearer Bearer abc"), ["Bearer", "abc"]);
        for text in [
            "Bearer",
            "Bearer ",
            "Bearer: abc",
            "bear er abc",
            "Bearer é",
            "bBeE",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_web_token_is_found_wherever_it_stands() {
        for (before, after) in [
            ("", ""),
            ("?token=", "&"),
            ("\\n", "."),
            ("é🦀", "é"),
            ("\"", "\""),
        ] {
            assert_eq!(found(&format!("{before}{WEB_TOKEN}{after}")), [WEB_TOKEN]);
        }
        assert_eq!(
            found("eyJhbGciOiJub25lIn0.eyJh."),
            ["eyJhbGciOiJub25lIn0.eyJh."]
        );
        assert_eq!(found("eyJh..a.b.c"), ["eyJh..a.b.c"]);
        for text in ["eyJ", "eyJh.eyJh", "eyJh eyJh..", "eyJhé..", "ey.J.."] {
            assert!(!found(text).contains(&"eyJh.eyJh"), "{text}");
        }
        assert!(found("eyJh.eyJh").is_empty() && found("eyJ").is_empty());
    }
}
