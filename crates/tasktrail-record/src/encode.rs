//! Writes names and values as JSON, byte for byte, into a buffer that the caller keeps.
//!
//! Nothing here allocates beyond the growth of that buffer, and nothing can fail: what JSON has no
//! word for is written as the nearest thing that keeps the value (see [`float`] and [`wide`]).

use std::fmt;

/// Writes a text as a JSON string, with its quotes.
///
/// Escaped are `"`, `\` and the control characters below U+0020; all else stays UTF-8
/// (RFC 8259 section 7).
///
/// ```
/// let mut out = Vec::new();
/// tasktrail_record::encode::string("say \"hi\"\n\u{1b}", &mut out);
/// assert_eq!(out, br#""say \"hi\"\n\u001b""#);
/// ```
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    escaped(text, out);
    out.push(b'"');
}

/// Writes what [`string()`] puts between the quotes.
#[inline]
pub fn escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    match plain_length(bytes) {
        plain if plain == bytes.len() => out.extend_from_slice(bytes),
        plain => escape_from(plain, bytes, out),
    }
}

/// Writes a text whose first byte that needs an escape is known.
#[cold]
fn escape_from(mut plain: usize, bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some((before, [byte, after @ ..])) = rest.split_at_checked(plain) {
        out.extend_from_slice(before);
        escape(*byte, out);
        rest = after;
        plain = plain_length(rest);
    }
    out.extend_from_slice(rest);
}

/// Gives the number of bytes before the first one that needs an escape.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let found = need_escape(u64::from_le_bytes(*word));
        if found != 0 {
            return at * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    if need_escape(padded(rest)) == 0 {
        return bytes.len();
    }
    let needs_escape = |&byte: &u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    words.len() * 8 + rest.iter().position(needs_escape).unwrap_or(rest.len())
}

/// Looks at eight bytes at once: the lowest bit that is set stands in the first byte, from the low
/// end, that needs an escape; 0 if none does.
#[inline]
fn need_escape(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // To take 1 from a byte sets its high bit if it was 0, or had that bit before, which `!` sorts
    // out. Only a byte that is found borrows from the next one, which may then be found wrongly: it
    // comes after the first.
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = is_zero(word ^ (ONES * 0x22));
    let backslashes = is_zero(word ^ (ONES * 0x5c));
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    (quotes | backslashes | controls) & HIGH
}

/// Gives a word of up to seven bytes, some of them twice, and of others that need no escape.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    const PLAIN: u64 = u64::from_le_bytes([b' '; 8]);
    let both = |low: u64, high: u64, bits: u32| low | (high << bits);
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return both(
            u32::from_le_bytes(*first).into(),
            u32::from_le_bytes(*last).into(),
            32,
        );
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let low = both(
            u16::from_le_bytes(*first).into(),
            u16::from_le_bytes(*last).into(),
            16,
        );
        return both(low, PLAIN >> 32, 32);
    }
    let first = bytes.first().copied().unwrap_or(b' ');
    both(first.into(), PLAIN >> 8, 8)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let hex = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or('0') as u8;
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[hex(byte >> 4), hex(byte & 0xf)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes texts as an array of JSON strings.
///
/// ```
/// let mut out = Vec::new();
/// tasktrail_record::encode::texts(&["no price", "no \"market\""], &mut out);
/// assert_eq!(out, br#"["no price","no \"market\""]"#);
/// ```
pub fn texts(texts: &[impl AsRef<str>], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        string(text.as_ref(), out);
    }
    out.push(b']');
}

/// Escapes whatever is formatted into it, as [`escaped`] does.
///
/// ```
/// use std::fmt::Write;
///
/// let mut out = Vec::new();
/// write!(tasktrail_record::encode::Escaping(&mut out), "{:?}", "a\tb").unwrap();
/// assert_eq!(out, br#"\"a\\tb\""#);
/// ```
#[derive(Debug)]
pub struct Escaping<'a>(pub &'a mut Vec<u8>);

impl fmt::Write for Escaping<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped(text, self.0);
        Ok(())
    }
}

/// Writes a whole number of up to 64 bits, signed or not.
pub fn integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes what [`integer`] writes, faster if the number has up to eight digits.
///
/// ```
/// let mut out = Vec::new();
/// tasktrail_record::encode::unsigned(1_200, &mut out);
/// assert_eq!(out, b"1200");
/// ```
#[inline]
pub fn unsigned(value: u64, out: &mut Vec<u8>) {
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    if value >= 100_000_000 {
        return integer(value, out);
    }
    let digits = eight_digits(value as u32);
    // The first digit stands in the lowest byte.
    let zeros = digits.trailing_zeros() / 8;
    let text = (digits | ASCII_ZEROS) >> (zeros * 8);
    let end = out.len() + 8 - zeros as usize;
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

/// Writes what [`integer`] writes, faster if the number has up to eight digits.
///
/// ```
/// let mut out = Vec::new();
/// tasktrail_record::encode::signed(-1_200, &mut out);
/// assert_eq!(out, b"-1200");
/// ```
#[inline]
pub fn signed(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(value.unsigned_abs(), out);
}

/// The digit 0 in each byte, as text.
pub(crate) const ASCII_ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// Gives the digits of a number of up to eight, with leading zeros, the first in the lowest byte.
///
/// The number is halved thrice, in all its parts at once: into two of four digits, four of two,
/// eight of one. Each is divided by a multiplication that is exact for so few digits.
#[inline]
pub(crate) fn eight_digits(value: u32) -> u64 {
    let value = u64::from(value % 100_000_000);
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let upper = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = upper | ((fours - upper * 100) << 16);
    let upper = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    upper | ((twos - upper * 10) << 8)
}

/// Writes a whole number of 128 bits: as a number if it fits 64, as a string of digits beyond.
///
/// JSON knows no bound, but its readers do: most take numbers for 64-bit ones or floats (RFC 8259
/// section 6) and would change the value.
pub fn wide(value: i128, out: &mut Vec<u8>) {
    if let Ok(value) = i64::try_from(value) {
        integer(value, out);
    } else if let Ok(value) = u64::try_from(value) {
        integer(value, out);
    } else {
        quoted(itoa::Buffer::new().format(value), out);
    }
}

/// Writes a whole number of 128 bits without a sign, as [`wide`] does.
pub fn wide_unsigned(value: u128, out: &mut Vec<u8>) {
    match u64::try_from(value) {
        Ok(value) => integer(value, out),
        Err(_) => quoted(itoa::Buffer::new().format(value), out),
    }
}

fn quoted(digits: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(digits.as_bytes());
    out.push(b'"');
}

/// Writes a float as the shortest text that reads back as the same value; `null` for NaN and the
/// infinities, which JSON does not have.
#[inline]
pub fn float(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Writes `true` or `false`.
#[inline]
pub fn boolean(value: bool, out: &mut Vec<u8>) {
    // Each of a length that is known.
    match value {
        true => out.extend_from_slice(b"true"),
        false => out.extend_from_slice(b"false"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn numbers_around_each_power_of_ten_are_written_whole() {
        for value in (0..20).flat_map(|power| {
            let power = 10_u64.pow(power);
            [power - 1, power, power + 1]
        }) {
            assert_eq!(written(|out| unsigned(value, out)), value.to_string());
        }
        for value in [0, -1, -9, -10, i64::MIN, i64::MAX] {
            assert_eq!(written(|out| signed(value, out)), value.to_string());
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn whole_numbers_are_written_as_rust_shows_them(value in any::<u64>(), bits in 0_u32..64) {
            let value = value >> bits;

            prop_assert_eq!(written(|out| unsigned(value, out)), value.to_string());
            prop_assert_eq!(written(|out| signed(value as i64, out)), (value as i64).to_string());
        }

        #[test]
        fn a_string_is_written_as_serde_json_writes_it(text in any::<String>()) {
            prop_assert_eq!(
                written(|out| string(&text, out)),
                serde_json::to_string(&text).unwrap()
            );
        }

        #[test]
        fn a_string_of_what_needs_escapes_is_written_so_too(text in "[ -%\\[-^\\x00-\\x1f\\x7f-\\u{10FFFF}]*") {
            prop_assert_eq!(
                written(|out| string(&text, out)),
                serde_json::to_string(&text).unwrap()
            );
        }

        #[test]
        fn what_is_formatted_in_pieces_is_escaped_like_the_whole(pieces: Vec<String>) {
            let in_pieces = written(|out| {
                for piece in &pieces {
                    fmt::Write::write_str(&mut Escaping(out), piece).unwrap();
                }
            });

            prop_assert_eq!(in_pieces, written(|out| escaped(&pieces.concat(), out)));
        }

        #[test]
        fn a_float_reads_back_as_the_same_bits(value in any::<f64>()) {
            let text = written(|out| float(value, out));

            match value.is_finite() {
                true => prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits()),
                false => prop_assert_eq!(text, "null"),
            }
        }

        #[test]
        fn a_wide_number_is_a_number_or_a_string_of_its_digits(value: i128) {
            let read: Value = serde_json::from_str(&written(|out| wide(value, out))).unwrap();

            match read {
                Value::String(digits) => {
                    prop_assert_eq!(digits, value.to_string());
                    prop_assert!(i64::try_from(value).is_err() && u64::try_from(value).is_err());
                }
                number => prop_assert_eq!(number.to_string(), value.to_string()),
            }
        }
    }

    #[test]
    fn a_byte_that_needs_an_escape_is_found_wherever_it_stands() {
        for length in 0..=40 {
            let plain = "é~!#[]".chars().cycle().take(length).collect::<String>();
            assert_eq!(plain_length(plain.as_bytes()), plain.len());
            for at in 0..length {
                for byte in 0..0x80 {
                    let mut bytes = vec![b' '; length];
                    bytes[at] = byte;
                    let found = match byte {
                        0..0x20 | b'"' | b'\\' => at,
                        _ => length,
                    };
                    assert_eq!(plain_length(&bytes), found, "{byte:#x} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn numbers_at_the_border_of_64_bits_stay_numbers() {
        assert_eq!(
            written(|out| wide(u64::MAX.into(), out)),
            "18446744073709551615"
        );
        assert_eq!(
            written(|out| wide(i128::from(u64::MAX) + 1, out)),
            "\"18446744073709551616\""
        );
        assert_eq!(
            written(|out| wide(i64::MIN.into(), out)),
            "-9223372036854775808"
        );
        assert_eq!(
            written(|out| wide(i128::from(i64::MIN) - 1, out)),
            "\"-9223372036854775809\""
        );
        assert_eq!(
            written(|out| wide_unsigned(u64::MAX.into(), out)),
            "18446744073709551615"
        );
        assert_eq!(
            written(|out| wide_unsigned(u128::MAX, out)),
            "\"340282366920938463463374607431768211455\""
        );
    }

    #[test]
    fn floats_are_floats_even_when_whole() {
        assert_eq!(written(|out| float(7.0, out)), "7.0");
        assert_eq!(written(|out| float(-0.0, out)), "-0.0");
    }
}
