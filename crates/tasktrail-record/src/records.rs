//! Reads the records of a log.

use std::fmt;
use std::io::{self, BufRead};

use crate::{AddRecordError, ParseRecordError, Record};

/// The byte order mark, U+FEFF, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a log line by line, and gives for each line its record or what is wrong with it.
///
/// A line that is no record doesn't end the reading; an error of the source does. Memory holds
/// one line, of at most [`line_limit`](Self::line_limit) bytes. A byte order mark (the bytes
/// `EF BB BF`, with which some programs begin a file of UTF-8) is no part of the first line; a log
/// of nothing else has no lines.
///
/// ```
/// use tasktrail_record::Records;
///
/// let log = br#"{"task_uuid":"a","task_level":[1],"timestamp":1.5,"message_type":"first"}
/// oops
/// {"task_uuid":"b","task_level":[1],"timestamp":2.5,"message_type":"second"}
/// "#;
///
/// let (good, bad): (Vec<_>, Vec<_>) = Records::new(&log[..]).partition(Result::is_ok);
///
/// assert_eq!(good.len(), 2);
/// assert_eq!(
///     bad.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect::<Vec<_>>(),
///     ["line 2: expected a value, found 'o' at column 1"],
/// );
/// ```
#[derive(Debug)]
pub struct Records<R> {
    log: R,
    buffer: Vec<u8>,
    line: u64,
    line_limit: usize,
    is_over: bool,
}

impl<R: BufRead> Records<R> {
    /// Starts at the log's first line.
    pub fn new(log: R) -> Self {
        Self {
            log,
            buffer: Vec::new(),
            line: 0,
            line_limit: 256 * 1024 * 1024,
            is_over: false,
        }
    }

    /// Sets how long a line may be, in bytes; 256 MiB by default.
    ///
    /// A line that is longer is read to its end, but not kept.
    #[must_use]
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.line_limit = bytes;
        self
    }

    /// Gives the number of the line that was read last, counted from 1; 0 before the first.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Reads one line into the buffer, without its line break; `None` at the end of the log.
    fn read_line(&mut self) -> Result<Option<()>, LineProblem> {
        self.buffer.clear();
        let mut found = 0_usize;
        loop {
            let chunk = match self.log.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.is_over = true;
                    return Err(LineProblem::Read(error));
                }
            };
            if chunk.is_empty() {
                self.is_over = true;
                if found == 0 {
                    return Ok(None);
                }
                break;
            }
            let line_break = chunk.iter().position(|byte| *byte == b'\n');
            let part = chunk
                .get(..line_break.unwrap_or(chunk.len()))
                .unwrap_or_default();
            let used = part.len() + usize::from(line_break.is_some());
            if self.buffer.len() + part.len() <= self.line_limit {
                self.buffer.extend_from_slice(part);
            }
            found = found.saturating_add(part.len());
            self.log.consume(used);
            if line_break.is_some() {
                break;
            }
        }
        if found > self.line_limit {
            self.buffer = Vec::new();
            return Err(LineProblem::TooLong {
                limit: self.line_limit,
                found,
            });
        }
        if self.line == 0 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
            if self.is_over && self.buffer.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read_line();
        if !matches!(read, Ok(None)) {
            self.line += 1;
        }
        let record = match read {
            Ok(None) => return None,
            Ok(Some(())) => Record::parse(&self.buffer).map_err(LineProblem::Parse),
            Err(problem) => Err(problem),
        };
        Some(record.map_err(|problem| LineError::new(self.line, problem)))
    }
}

/// Says which line of a log is bad, and why.
#[derive(Debug)]
pub struct LineError {
    line: u64,
    problem: LineProblem,
}

/// Says why a line of a log is bad.
#[derive(Debug)]
#[non_exhaustive]
pub enum LineProblem {
    /// The line can't be read from its source; nothing after it is read.
    Read(io::Error),
    /// The line is longer than [`Records::line_limit`].
    TooLong {
        /// How many bytes a line may have.
        limit: usize,
        /// How many bytes this line has.
        found: usize,
    },
    /// The line is no record.
    Parse(ParseRecordError),
    /// The record has no place in a tree.
    Add(AddRecordError),
}

impl LineError {
    pub(crate) fn new(line: u64, problem: LineProblem) -> Self {
        Self { line, problem }
    }

    /// Gives the number of the line in its log, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Gives what is wrong, without the line's number.
    pub fn problem(&self) -> &LineProblem {
        &self.problem
    }

    /// Gives what is wrong, to keep.
    pub fn into_problem(self) -> LineProblem {
        self.problem
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for LineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            LineProblem::Read(error) => Some(error),
            LineProblem::Parse(error) => Some(error),
            LineProblem::Add(error) => Some(error),
            LineProblem::TooLong { .. } => None,
        }
    }
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "can't be read: {error}"),
            Self::TooLong { limit, found } => {
                write!(
                    f,
                    "expected a line of at most {limit} bytes, found {found} bytes"
                )
            }
            Self::Parse(error) => error.fmt(f),
            Self::Add(error) => error.fmt(f),
        }
    }
}

impl From<AddRecordError> for LineProblem {
    fn from(error: AddRecordError) -> Self {
        Self::Add(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    const LINE: &str = r#"{"task_uuid":"a","task_level":[1]}"#;

    fn outcomes(log: &[u8], limit: usize, buffer: usize) -> Vec<String> {
        Records::new(BufReader::with_capacity(buffer, log))
            .line_limit(limit)
            .map(|record| match record {
                Ok(record) => record.task().unwrap().to_owned(),
                Err(error) => error.to_string(),
            })
            .collect()
    }

    #[test]
    fn lines_are_read_alike_with_any_buffer_and_any_line_break() {
        let log = format!("{LINE}\n{LINE}\r\n\n{LINE}");

        for buffer in [1, 7, 8192] {
            assert_eq!(
                outcomes(log.as_bytes(), 1000, buffer),
                [
                    "a",
                    "a",
                    "line 3: expected a value, found the end of the line at column 1",
                    "a"
                ]
            );
        }
        assert_eq!(outcomes(b"", 1000, 8), Vec::<String>::new());
    }

    #[test]
    fn a_byte_order_mark_at_the_start_is_no_part_of_the_first_line() {
        let empty_line = "line 1: expected a value, found the end of the line at column 1";
        let mark_further_on = "line 2: expected a value, found '\\u{feff}' at column 1";
        for (log, expected) in [
            (format!("\u{feff}{LINE}\n{LINE}"), &["a", "a"][..]),
            (format!("\u{feff}{LINE}"), &["a"]),
            ("\u{feff}".to_owned(), &[]),
            (format!("\u{feff}\n{LINE}"), &[empty_line, "a"]),
            (format!("{LINE}\n\u{feff}{LINE}"), &["a", mark_further_on]),
        ] {
            for buffer in [1, 2, 8192] {
                assert_eq!(outcomes(log.as_bytes(), 1000, buffer), expected, "{log:?}");
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_is_read() {
        let log = format!("{}\n{LINE}\n", "x".repeat(1000));

        let expected = "line 1: expected a line of at most 34 bytes, found 1000 bytes";
        assert_eq!(outcomes(log.as_bytes(), LINE.len(), 16), [expected, "a"]);
    }

    #[test]
    fn an_error_of_the_source_ends_the_reading() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let log = format!("{LINE}\n{{");
        let log = BufReader::new(log.as_bytes().chain(Broken));

        let mut records = Records::new(log);

        assert!(records.next().unwrap().is_ok());
        let error = records.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "line 2: can't be read: unplugged");
        assert!(records.next().is_none());
    }
}
