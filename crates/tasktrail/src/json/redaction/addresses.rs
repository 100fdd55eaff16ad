//! E-mail addresses.

use std::ops::Range;

/// Finds e-mail addresses.
pub(super) fn find(text: &str, mut found: impl FnMut(Range<usize>)) {
    // What stands before an `@` is looked at once: as far as the one before. Behind a `%40`, which may
    // itself be a part of what stands before an `@`, that goes on from where it began.
    let (mut floor, mut goes_on_from) = (0, None);
    while let Some((sign, after)) = next_sign(text, floor) {
        let before = text.get(floor..sign).unwrap_or_default();
        let start = match (before.trim_end_matches(is_local).len(), goes_on_from) {
            (0, Some(start)) => start,
            (other, _) => floor + other,
        };
        let local = text.get(start..sign).unwrap_or_default();
        let local = local.trim_start_matches(['.', '-', '\'']);
        let domain = domain_length(text.get(after..).unwrap_or_default());
        if let (false, Some(length)) = (local.is_empty(), domain) {
            found(sign - local.len()..after + length);
        }
        goes_on_from = (after - sign > 1).then_some(start);
        floor = after;
    }
}

/// Gives where the next `@`, or `%40`, starts and ends.
fn next_sign(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'@' | b'%'))?;
        match bytes.get(at..)? {
            [b'@', ..] => return Some((at, at + 1)),
            [b'%', b'4', b'0', ..] => return Some((at, at + 3)),
            _ => at += 1,
        }
    }
}

fn is_local(character: char) -> bool {
    is_letter_or_digit(character) || matches!(character, '.' | '_' | '%' | '+' | '-' | '\'')
}

fn is_letter_or_digit(character: char) -> bool {
    // A letter may be followed by its accent.
    character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character)
}

/// Gives the length of the longest domain that a text starts with.
fn domain_length(text: &str) -> Option<usize> {
    let is_domain = |character| is_letter_or_digit(character) || matches!(character, '.' | '-');
    let length = text.len() - text.trim_start_matches(is_domain).len();
    let (mut at, mut longest) = (0, None);
    for (number, label) in text.get(..length)?.split('.').enumerate() {
        let label_end = at + label.len();
        let shown = label.trim_end_matches('-');
        if shown.is_empty() {
            break;
        }
        let may_be_last = shown.starts_with(char::is_alphabetic) && shown.chars().nth(1).is_some();
        if number > 0 && may_be_last {
            longest = Some(at + shown.len());
        }
        at = label_end + 1;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut parts = Vec::new();
        find(text, |part| parts.push(&text[part]));
        parts
    }

    #[test]
    fn an_address_is_found_whole_and_alone() {
        for address in [
            "ada@example.com",
            "Ada.Lovelace+log_lines%x@mail.example.co.uk",
            "o'brien@example.com",
            "17@example.com",
            "jürgen@münchen.de",
            "ju\u{308}rgen@example.com",
            "用户@例子.广告",
            "ada@xn--mnchen-3ya.xn--p1ai",
            "ada%40example.com",
        ] {
            assert_eq!(found(address), [address]);
            for (before, after) in [
                ("", "."),
                ("<", ">"),
                ("'", "'"),
                ("“", "”"),
                ("(", "): gone"),
                ("mailto:", "?subject=x"),
                ("https://x/?email=", "&b=c"),
                ("🦀", "🦀"),
                ("...", "..."),
                ("a,", ",b@c"),
                ("{", "-}"),
                ("@", "@"),
            ] {
                let text = format!("{before}{address}{after}");
                assert_eq!(found(&text), [address], "in {text}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_not_found() {
        for text in [
            "",
            "@",
            "@@@",
            "a@",
            "@example.com",
            "a @example.com",
            "a@ example.com",
            "root@localhost",
            "left-pad@1.3.0",
            "react@18.2.0-beta",
            "a@b.c",
            "a@.com",
            "a@b..com",
            "100%404",
            "%40example.com",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn addresses_beside_each_other_are_all_found() {
        assert_eq!(
            found("a@example.com,b@example.com b%40example.com"),
            ["a@example.com", "b@example.com", "b%40example.com"]
        );
        assert_eq!(found("a@b@example.com"), ["b@example.com"]);
        assert_eq!(found("a%40@example.com"), ["a%40@example.com"]);
        assert_eq!(found("-a%40b%40c@example.com"), ["a%40b%40c@example.com"]);
        assert_eq!(
            found("a%40b.com@example.com"),
            ["a%40b.com", "a%40b.com@example.com"]
        );
    }
}
