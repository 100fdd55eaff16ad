//! Parts what is read of a log, piece by piece, into lines.

use std::fmt;
use std::io;

use tasktrail_record::LineProblem;

/// Takes a line, or what is wrong with it before it is looked at; and where it stands.
pub(super) type Take<'a> = dyn FnMut(Result<&[u8], LineProblem>, Place) -> io::Result<()> + 'a;

/// Where a line stands in its log: to be written right after the name of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Counted from 1.
    Line(u64),
    /// How many bytes stand before it, where nobody counted the lines before.
    Byte(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, ":{line}"),
            Self::Byte(byte) => write!(f, ", at byte {byte}"),
        }
    }
}

/// The lines of one log.
#[derive(Debug)]
pub(super) struct Lines {
    longest_line: usize,
    /// The start of a line whose end is not there yet.
    rest: Vec<u8>,
    /// How many bytes of that line came, even if they are not kept.
    found: u64,
    /// Whether the line had begun before, so that nobody knows all of it.
    is_torn: bool,
    /// How many lines came before that line; `None` if some were passed over.
    lines: Option<u64>,
    /// How many bytes came so far.
    read: u64,
}

/// The byte order mark, U+FEFF, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that is longer gives its memory back.
const KEPT_BYTES: usize = 1024 * 1024;

impl Lines {
    /// Begins at the start of a log.
    pub(super) fn from_start(longest_line: usize) -> Self {
        Self {
            longest_line,
            rest: Vec::new(),
            found: 0,
            is_torn: false,
            lines: Some(0),
            read: 0,
        }
    }

    /// Begins after so many bytes; `is_torn` if these do not end with a line.
    pub(super) fn after(read: u64, is_torn: bool, longest_line: usize) -> Self {
        Self {
            is_torn,
            lines: (read == 0).then_some(0),
            read,
            ..Self::from_start(longest_line)
        }
    }

    /// Gives how many bytes stand before what is to be read next.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Takes what was read, and gives the lines that are whole, without their line breaks; the error
    /// is that of `take`.
    pub(super) fn add(&mut self, mut read: &[u8], take: &mut Take<'_>) -> io::Result<()> {
        while !read.is_empty() {
            let line_break = read.iter().position(|byte| *byte == b'\n');
            let (part, after) = read.split_at(line_break.unwrap_or(read.len()));
            self.read += part.len() as u64;
            self.found += part.len() as u64;
            if self.is_too_long() {
                self.rest = Vec::new();
            } else if !self.is_torn {
                self.rest.extend_from_slice(part);
            }
            if line_break.is_some() {
                self.give(take)?;
                self.read += 1;
            }
            read = after.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Gives the last line, if that has no line break.
    pub(super) fn end(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        match self.found {
            0 => Ok(()),
            _ => self.give(take),
        }
    }

    fn is_too_long(&self) -> bool {
        self.found > self.longest_line as u64
    }

    fn give(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        let place = match self.lines {
            Some(lines) => Place::Line(lines + 1),
            None => Place::Byte(self.read - self.found),
        };
        let is_first = self.lines == Some(0);
        let given = match (self.is_torn, self.is_too_long()) {
            (true, _) => Ok(()),
            (false, true) => {
                let problem = LineProblem::TooLong {
                    limit: self.longest_line,
                    found: usize::try_from(self.found).unwrap_or(usize::MAX),
                };
                take(Err(problem), place)
            }
            (false, false) => {
                let mark = self.rest.strip_prefix(BYTE_ORDER_MARK);
                let line = mark.filter(|_| is_first).unwrap_or(&self.rest);
                take(Ok(line), place)
            }
        };
        self.is_torn = false;
        self.found = 0;
        self.lines = self.lines.map(|lines| lines + 1);
        match self.rest.capacity() > KEPT_BYTES {
            true => self.rest = Vec::new(),
            false => self.rest.clear(),
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what was given: `PLACE LINE` or `PLACE ! PROBLEM`.
    fn given(mut lines: Lines, pieces: &[&[u8]]) -> Vec<String> {
        let mut given = Vec::new();
        let take = &mut |line: Result<&[u8], LineProblem>, place: Place| {
            given.push(match line {
                Ok(line) => format!("{place} {}", String::from_utf8_lossy(line)),
                Err(problem) => format!("{place} ! {problem}"),
            });
            Ok(())
        };
        for piece in pieces {
            lines.add(piece, take).unwrap();
        }
        lines.end(take).unwrap();
        given
    }

    #[test]
    fn lines_are_whole_however_they_are_read() {
        let whole = b"ab\n\ncd\nef";

        for size in 1..=whole.len() {
            let pieces: Vec<&[u8]> = whole.chunks(size).collect();

            let given = given(Lines::from_start(10), &pieces);

            assert_eq!(given, [":1 ab", ":2 ", ":3 cd", ":4 ef"]);
        }
    }

    #[test]
    fn after_lines_that_nobody_counted_bytes_are_told() {
        assert_eq!(
            given(Lines::after(7, true, 10), &[b"torn\nab\ncd"]),
            [", at byte 12 ab", ", at byte 15 cd"]
        );
        assert_eq!(
            given(Lines::after(7, false, 10), &[b"ab\n"]),
            [", at byte 7 ab"]
        );
        assert_eq!(given(Lines::after(0, false, 10), &[b"ab\n"]), [":1 ab"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_at_its_end_and_the_next_one_is_read() {
        assert_eq!(
            given(Lines::from_start(3), &[b"abc\nab", b"c", b"d\nab\nabcde"]),
            [
                ":1 abc",
                ":2 ! expected a line of at most 3 bytes, found 4 bytes",
                ":3 ab",
                ":4 ! expected a line of at most 3 bytes, found 5 bytes",
            ]
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        let marked = b"\xef\xbb\xbfab\n\xef\xbb\xbfcd\n";

        assert_eq!(
            given(Lines::from_start(10), &[marked]),
            [":1 ab", ":2 \u{feff}cd"]
        );
    }
}
