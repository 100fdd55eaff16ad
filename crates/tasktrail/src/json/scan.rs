//! Finds the parts of lines that were encoded here: JSON without white space.

/// Gives the names and values of members, each of which has a comma behind it, both as they stand
/// there.
pub(super) fn members(encoded: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    Members { rest: encoded }
}

/// The members of an object that is encoded without white space.
pub(super) struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Members<'a> {
    pub(super) fn of(line: &'a [u8]) -> Self {
        Self {
            rest: line.strip_prefix(b"{").unwrap_or_default(),
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.strip_prefix(b",").unwrap_or(self.rest);
        let (key, rest) = rest.split_at_checked(string_length(rest))?;
        let key = key.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let rest = rest.strip_prefix(b":")?;
        let (value, rest) = rest.split_at_checked(value_length(rest))?;
        self.rest = rest;
        Some((key, value))
    }
}

/// The length of the text that bytes begin with, with both quotes; zero if they begin with none.
pub(super) fn string_length(bytes: &[u8]) -> usize {
    if bytes.first() != Some(&b'"') {
        return 0;
    }
    let mut is_escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(bytes.len(), |end| end + 2)
}

fn value_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'"') => string_length(bytes),
        Some(b'{' | b'[') => {
            let (mut at, mut depth) = (0, 0_usize);
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(bytes.get(at..).unwrap_or_default());
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            at
        }
        _ => {
            let end = bytes.iter().position(|byte| matches!(byte, b',' | b'}'));
            end.unwrap_or(bytes.len())
        }
    }
}
