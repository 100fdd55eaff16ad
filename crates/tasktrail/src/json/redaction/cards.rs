//! Numbers of payment cards.

use std::ops::Range;

/// How many digits a number has (ISO/IEC 7812-1; 13 are the fewest in use).
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Finds numbers of cards. Those that overlap are all found: which of them was meant is not known.
pub(super) fn find(text: &str, mut found: impl FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(digit) = bytes.get(at..).and_then(|rest| position(rest, true)) {
        let start = at + digit;
        if let Some(end) = number(bytes, start) {
            found(start..end);
        }
        // On with the next group.
        let rest = bytes.get(start..).unwrap_or_default();
        at = start + position(rest, false).unwrap_or(rest.len());
    }
}

/// Gives where the first digit is, or what is none.
fn position(bytes: &[u8], is_digit: bool) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| byte.is_ascii_digit() == is_digit)
}

/// Gives the end of the longest number that starts with the group at `start`.
fn number(bytes: &[u8], start: usize) -> Option<usize> {
    let first = bytes.get(start)?;
    let (mut at, mut count, mut longest) = (start, 0_usize, None);
    // The sums with each first and with each second digit doubled: which of them counts is known
    // at the end.
    let mut sums = [0_u32; 2];
    while let Some(digit) = digit(bytes, at) {
        count += 1;
        if count > *DIGITS.end() {
            break;
        }
        let [even, odd] = &mut sums;
        let doubled = digit * 2 / 10 + digit * 2 % 10;
        match count % 2 {
            1 => (*even, *odd) = (*even + doubled, *odd + digit),
            _ => (*even, *odd) = (*even + digit, *odd + doubled),
        }
        at += 1;
        if digit_at(bytes, at) {
            continue;
        }
        let sum = if count % 2 == 0 { *even } else { *odd };
        if DIGITS.contains(&count) && sum % 10 == 0 && may_start(*first, count) {
            longest = Some(at);
        }
        if matches!(bytes.get(at), Some(b' ' | b'-')) {
            at += 1;
        }
    }
    longest
}

fn digit(bytes: &[u8], at: usize) -> Option<u32> {
    let byte = bytes.get(at)?;
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

fn digit_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

fn may_start(first: u8, count: usize) -> bool {
    match first {
        b'0' => false,
        b'1' => count == 15,
        _ => true,
    }
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
    fn the_numbers_that_card_companies_give_for_tests_are_found() {
        for number in [
            "4222222222222",
            "30569309025904",
            "378282246310005",
            "4111111111111111",
            "5555555555554444",
            "6011111111111117",
            "3530111333300000",
            "6304000000000000",
            "6212345678901232",
            "4000000000000000006",
        ] {
            assert_eq!(found(number), [number]);
            assert_eq!(found(&format!("\\n{number}x")), [number]);
        }
    }

    #[test]
    fn groups_may_be_parted_by_single_spaces_and_hyphens() {
        for number in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111-1111 11111111",
            "3782 822463 10005",
            "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
        ] {
            assert_eq!(found(number), [number]);
            assert_eq!(found(&format!("order 17 {number} 12/27")), [number]);
        }
        for text in [
            "4111  1111 1111 1111",
            "4111.1111.1111.1111",
            "4111 - 1111 1111 1111",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_a_wrong_length_or_more_digits_around_make_no_card() {
        for text in [
            "4111111111111112",
            "411111111116",
            "40000000000000000009",
            "04111111111111111",
            "41111111111111110",
            "1111111111111111114111111111111111",
            "",
            "0000000000000000",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_moment_is_no_card_but_a_card_of_an_airline_is() {
        // Each of them has the right check digit.
        for moment in ["1700000000004", "1700000000000001", "1700000000000000004"] {
            assert!(found(moment).is_empty(), "{moment}");
        }
        assert_eq!(found("135412345678911"), ["135412345678911"]);
    }

    #[test]
    fn of_numbers_that_overlap_each_is_found() {
        // The first four groups are right by themselves, and so are the last four.
        assert_eq!(
            found("9209 8752 8214 7292 3247 8502"),
            ["9209 8752 8214 7292", "8214 7292 3247 8502"]
        );
        assert_eq!(
            found("4111 1111 1111 1111 5555 5555 5555 4444").first(),
            Some(&"4111 1111 1111 1111")
        );
    }
}
