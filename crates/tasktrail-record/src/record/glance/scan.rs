//! Walks over JSON without building anything.
//!
//! What is passed over is checked as [`Value::parse`](crate::json::Value::parse) checks it, so
//! that a line of which some byte is wrong is never taken for a record. Where this reader is in
//! doubt it gives up, and the caller asks the full one.

/// A place in a line, and what is left of the line from there.
pub(super) struct Scanner<'l> {
    line: &'l str,
    at: usize,
}

/// A value that was passed over: where it stands, and of which type it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'l> {
    pub(super) class: Class,
    /// The value as written; of a text what stands between the quotes.
    pub(super) text: &'l str,
}

impl Span<'_> {
    /// Stands where no value was found.
    pub(super) const NONE: Self = Self {
        class: Class::Null,
        text: "",
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Null,
    Bool,
    Number,
    /// A text that means what is written.
    Text,
    /// A text that has an escape.
    EscapedText,
    Array,
    Object,
}

/// How deep this reader goes; the full one goes deeper.
const DEPTH: usize = 64;

impl<'l> Scanner<'l> {
    pub(super) fn new(line: &'l str) -> Self {
        Self { line, at: 0 }
    }

    /// Passes over the members of an object and shows each; `None` if the line is to be read by
    /// the full reader. White space before the object and after it is passed over too.
    pub(super) fn object(&mut self, mut member: impl FnMut(&'l str, Span<'l>)) -> Option<()> {
        self.skip_space();
        self.take(b'{')?;
        self.skip_space();
        if self.take(b'}').is_none() {
            loop {
                let key = self.key()?;
                let value = self.value(DEPTH)?;
                member(key, value);
                if self.comma_or(b'}')? {
                    break;
                }
            }
        }
        self.skip_space();
        Some(())
    }

    /// Passes over a list and shows each value; `None` as with [`object`](Self::object).
    pub(super) fn items(&mut self, mut item: impl FnMut(Span<'l>) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        self.skip_space();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            item(self.value(DEPTH)?)?;
            if self.comma_or(b']')? {
                return Some(());
            }
        }
    }

    /// Passes over a list of numbers from 1 that are written with digits alone.
    pub(super) fn numbers(&mut self, mut number: impl FnMut(u64)) -> Option<()> {
        self.take(b'[')?;
        loop {
            self.skip_space();
            number(self.whole_number()?);
            self.skip_space();
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Tells whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.line.len()
    }

    /// Passes over a key and its colon; gives up on one with an escape, which could be any.
    #[inline]
    fn key(&mut self) -> Option<&'l str> {
        self.take(b'"')?;
        let key = self.text()?;
        if key.class == Class::EscapedText {
            return None;
        }
        self.skip_space();
        self.take(b':')?;
        self.skip_space();
        Some(key.text)
    }

    /// Tells whether the end of a list or an object follows, and not a comma.
    #[inline]
    fn comma_or(&mut self, end: u8) -> Option<bool> {
        self.skip_space();
        let found = self.next()?;
        if found == b',' {
            self.skip_space();
            return Some(false);
        }
        (found == end).then_some(true)
    }

    #[inline]
    fn value(&mut self, depth: usize) -> Option<Span<'l>> {
        let start = self.at;
        let class = match self.next()? {
            b'"' => return self.text(),
            b'-' | b'0'..=b'9' => {
                self.at = start;
                self.number()?;
                Class::Number
            }
            b'{' => {
                self.skip_members(depth.checked_sub(1)?)?;
                Class::Object
            }
            b'[' => {
                self.skip_items(depth.checked_sub(1)?)?;
                Class::Array
            }
            b't' => self.word("rue", Class::Bool)?,
            b'f' => self.word("alse", Class::Bool)?,
            b'n' => self.word("ull", Class::Null)?,
            _ => return None,
        };
        let text = self.line.get(start..self.at)?;
        Some(Span { class, text })
    }

    fn skip_members(&mut self, depth: usize) -> Option<()> {
        self.skip_space();
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            self.take(b'"')?;
            self.text()?;
            self.skip_space();
            self.take(b':')?;
            self.skip_space();
            self.value(depth)?;
            if self.comma_or(b'}')? {
                return Some(());
            }
        }
    }

    fn skip_items(&mut self, depth: usize) -> Option<()> {
        self.skip_space();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if self.comma_or(b']')? {
                return Some(());
            }
        }
    }

    /// Passes over a text whose opening quote was passed.
    #[inline]
    fn text(&mut self) -> Option<Span<'l>> {
        let start = self.at;
        let mut class = Class::Text;
        loop {
            self.at += plain_bytes(self.line.as_bytes().get(self.at..)?);
            match self.next()? {
                b'"' => {
                    let text = self.line.get(start..self.at - 1)?;
                    return Some(Span { class, text });
                }
                b'\\' => {
                    class = Class::EscapedText;
                    self.escape()?;
                }
                // A raw control character.
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                for _ in 0..4 {
                    self.next().filter(u8::is_ascii_hexdigit)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    #[inline]
    fn number(&mut self) -> Option<()> {
        let _sign = self.take(b'-');
        // A leading zero stands alone: RFC 8259 section 6.
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if self.take(b'e').or_else(|| self.take(b'E')).is_some() {
            let _sign = self.take(b'+').or_else(|| self.take(b'-'));
            self.digits()?;
        }
        Some(())
    }

    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Reads a number from 1.
    fn whole_number(&mut self) -> Option<u64> {
        let mut number = match self.next()? {
            digit @ b'1'..=b'9' => u64::from(digit - b'0'),
            _ => return None,
        };
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number
                .checked_mul(10)?
                .checked_add(u64::from(digit - b'0'))?;
            self.at += 1;
        }
        Some(number)
    }

    fn word(&mut self, rest: &'static str, class: Class) -> Option<Class> {
        let found = self.line.as_bytes().get(self.at..)?;
        if !found.starts_with(rest.as_bytes()) {
            return None;
        }
        self.at += rest.len();
        Some(class)
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }
}

/// Counts the bytes before the first that is a quote, a backslash or a control character.
#[inline]
fn plain_bytes(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks();
    for (at, block) in blocks.iter().enumerate() {
        let special = special_bytes(block);
        if special != 0 {
            return at * BLOCK + first_of(special);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let plain = rest.iter().position(is_special).unwrap_or(rest.len());
    blocks.len() * BLOCK + plain
}

/// How many bytes are looked at together.
const BLOCK: usize = 8;

/// Gives the highest bit of each special byte, and perhaps of some behind the first one.
#[inline]
fn special_bytes(block: &[u8; BLOCK]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let bytes = u64::from_le_bytes(*block);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = zeros(bytes ^ (ONES * u64::from(b'"')));
    let backslashes = zeros(bytes ^ (ONES * u64::from(b'\\')));
    let controls = bytes.wrapping_sub(ONES * 0x20) & !bytes;
    (quotes | backslashes | controls) & HIGH
}

#[inline]
fn first_of(special: u64) -> usize {
    (special.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_of_a_block_is_found() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                for after in [b'"', 0, b'\\', 0xff, b'a', b'!'] {
                    let mut block = [b'x'; 8];
                    for (place, stands) in block.iter_mut().enumerate() {
                        match place.cmp(&at) {
                            std::cmp::Ordering::Less => {}
                            std::cmp::Ordering::Equal => *stands = byte,
                            std::cmp::Ordering::Greater => *stands = after,
                        }
                    }
                    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
                    let expected = block.iter().position(is_special);

                    let special = special_bytes(&block);
                    let found = (special != 0).then(|| first_of(special));
                    assert_eq!(found, expected, "{block:?}");

                    let twice = [[b'y'; 8], block].concat();
                    let expected = expected.map_or(16, |at| at + 8);
                    assert_eq!(plain_bytes(&twice), expected, "{twice:?}");
                }
            }
        }
    }
}
