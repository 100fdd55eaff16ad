//! The lines of all logs, many at a time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, mem};

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use super::{Input, Log, Plain};
use crate::outcome::Outcome;

/// So many bytes are read at once: few enough to stay in a cache until they are looked at.
const CHUNK_BYTES: usize = 512 * 1024;

/// The byte order mark, U+FEFF, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads logs one after the other.
pub(crate) struct Chunks {
    inputs: VecDeque<(usize, Input)>,
    current: Option<Reading>,
    limits: Limits,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    longest_line: usize,
    chunk: usize,
}

struct Reading {
    input: usize,
    lines: Box<dyn Read + Send>,
    plain: Option<Plain>,
    is_live: bool,
    /// How many chunks were given.
    chunks: usize,
    /// How many bytes were taken from the file when the last chunk was full, and are now.
    taken: u64,
    taken_now: Arc<AtomicU64>,
    /// The start of the next line, which was read with the last ones.
    rest: Vec<u8>,
}

/// Whole lines of one log.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// The place of the log among the inputs.
    pub(crate) input: usize,
    /// The place of the chunk in its log.
    pub(crate) number: usize,
    /// Whether the log is one that may be written right now, so that what follows may be long in
    /// coming: a pipe or a terminal.
    pub(crate) is_live: bool,
    bytes: Vec<u8>,
    /// So many of the bytes count.
    filled: usize,
    start: usize,
    /// What is to be told of the line behind the last one, or of the log.
    pub(crate) trouble: Option<Trouble>,
    /// How many bytes were taken from the file, compressed if it is.
    pub(crate) bytes_taken: u64,
}

/// What kept a line, or all that follow, from being read.
#[derive(Debug)]
pub(crate) enum Trouble {
    Open(io::Error),
    Read(io::Error),
    /// The line has so many bytes and was passed over.
    TooLong(u64),
    /// The file had so many bytes when it was opened, and so many when its end was met.
    Truncated(u64, u64),
    /// The file had so many bytes when it was opened, and so many were read when its end was met.
    Grown(u64, u64),
}

impl Trouble {
    /// Says how well a command can go that met it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::TooLong(_) | Self::Grown(..) => Outcome::Found,
            Self::Open(_) | Self::Read(_) | Self::Truncated(..) => Outcome::Failed,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => write!(f, "can't be opened: {error}"),
            Self::Read(error) => write!(f, "can't be read on: {error}"),
            Self::TooLong(bytes) => write!(f, "the line has {bytes} bytes"),
            Self::Truncated(before, after) => write!(
                f,
                "was truncated while it was read: it had {before} bytes, of which {after} were there"
            ),
            Self::Grown(before, read) => write!(
                f,
                "has grown while it was read: it had {before} bytes, and {read} were read"
            ),
        }
    }
}

impl Chunks {
    pub(crate) fn new(inputs: &[Input], longest_line: usize) -> Self {
        Self {
            inputs: inputs.iter().cloned().enumerate().collect(),
            current: None,
            limits: Limits {
                longest_line,
                chunk: CHUNK_BYTES,
            },
        }
    }

    /// Puts the next lines into a chunk, whose memory is used again; `false` if there are no more.
    pub(crate) fn next(&mut self, chunk: &mut Chunk) -> bool {
        loop {
            let Some(mut reading) = self.current.take() else {
                let Some((place, input)) = self.inputs.pop_front() else {
                    return false;
                };
                match input.open() {
                    Ok(log) => self.current = Some(Reading::new(place, log)),
                    Err(error) => {
                        chunk.begin(place, 0);
                        chunk.trouble = Some(Trouble::Open(error));
                        return true;
                    }
                }
                continue;
            };
            chunk.begin(reading.input, reading.chunks);
            chunk.is_live = reading.is_live;
            let is_over = reading.fill(chunk, self.limits);
            reading.chunks += 1;
            if !is_over {
                self.current = Some(reading);
            }
            if !is_over || chunk.filled > 0 || chunk.trouble.is_some() {
                chunk.skip_byte_order_mark();
                return true;
            }
        }
    }
}

impl Reading {
    fn new(input: usize, log: Log) -> Self {
        Self {
            input,
            lines: log.lines,
            plain: log.plain,
            is_live: log.is_live,
            chunks: 0,
            taken: 0,
            taken_now: log.taken,
            rest: Vec::new(),
        }
    }

    /// Reads whole lines into an empty chunk; tells whether the log is over.
    fn fill(&mut self, chunk: &mut Chunk, limits: Limits) -> bool {
        let before = self.taken;
        let is_over = self.fill_lines(chunk, limits);
        self.taken = self.taken_now.load(Ordering::Relaxed);
        chunk.bytes_taken = self.taken - before;
        is_over
    }

    fn fill_lines(&mut self, chunk: &mut Chunk, limits: Limits) -> bool {
        let rest = mem::take(&mut self.rest);
        chunk.append(&rest);
        // Where the last whole line ends.
        let mut end = end_of_lines(&rest);
        self.rest = rest;
        self.rest.clear();
        loop {
            let before = chunk.filled;
            let space = chunk.space(limits.chunk.max(before));
            match self.lines.read(space) {
                Ok(0) => {
                    chunk.trouble = self.end();
                    return true;
                }
                Ok(bytes) => chunk.filled += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    chunk.trouble = Some(Trouble::Read(error));
                    return true;
                }
            }
            let read = chunk.bytes.get(before..chunk.filled).unwrap_or_default();
            end = end_of_lines(read).map(|end| before + end).or(end);
            match end {
                // Short reads are put together, if that costs nobody time.
                Some(end) if self.is_live || chunk.filled >= limits.chunk / 2 => {
                    self.keep_rest(chunk, end);
                    return false;
                }
                None if chunk.filled > limits.longest_line => return self.pass_over(chunk, limits),
                _ => {}
            }
        }
    }

    /// Ends the chunk before what is no whole line.
    fn keep_rest(&mut self, chunk: &mut Chunk, end: usize) {
        let rest = chunk.bytes.get(end..chunk.filled).unwrap_or_default();
        self.rest.extend_from_slice(rest);
        chunk.filled = end;
    }

    /// Reads a line that is too long to its end, and keeps nothing of it.
    fn pass_over(&mut self, chunk: &mut Chunk, limits: Limits) -> bool {
        let mut length = chunk.filled as u64;
        chunk.bytes = Vec::new();
        chunk.filled = 0;
        loop {
            let space = chunk.space(limits.chunk);
            let read = match self.lines.read(space) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    chunk.trouble = Some(Trouble::Read(error));
                    return true;
                }
            };
            let part = space.get(..read).unwrap_or_default();
            let line_break = memchr(b'\n', part);
            length += line_break.unwrap_or(read) as u64;
            if let Some(line_break) = line_break {
                self.rest
                    .extend_from_slice(part.get(line_break + 1..).unwrap_or_default());
            }
            if line_break.is_some() || read == 0 {
                chunk.trouble = Some(Trouble::TooLong(length));
                return read == 0;
            }
        }
    }

    /// Compares what was read with what was to be expected.
    fn end(&self) -> Option<Trouble> {
        let plain = self.plain.as_ref()?;
        let read = self.taken_now.load(Ordering::Relaxed);
        if read < plain.bytes {
            return Some(Trouble::Truncated(plain.bytes, read));
        }
        let now = plain.bytes_now().unwrap_or(read);
        (now > plain.bytes).then_some(Trouble::Grown(plain.bytes, read))
    }
}

/// Gives the place behind the last line break.
fn end_of_lines(bytes: &[u8]) -> Option<usize> {
    memrchr(b'\n', bytes).map(|last| last + 1)
}

impl Chunk {
    fn begin(&mut self, input: usize, number: usize) {
        (self.input, self.number) = (input, number);
        (self.filled, self.start) = (0, 0);
        self.is_live = false;
        self.trouble = None;
        self.bytes_taken = 0;
        // One long line does not cost its memory for ever.
        if self.bytes.len() > 4 * CHUNK_BYTES {
            self.bytes = Vec::new();
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let space = self.space(bytes.len());
        if let Some(space) = space.get_mut(..bytes.len()) {
            space.copy_from_slice(bytes);
        }
        self.filled += bytes.len();
    }

    /// Gives room for so many bytes or more, which is zeros or what stood there before.
    fn space(&mut self, bytes: usize) -> &mut [u8] {
        let needed = self.filled + bytes;
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    fn skip_byte_order_mark(&mut self) {
        if self.number == 0 && self.bytes().starts_with(BYTE_ORDER_MARK) {
            self.start = BYTE_ORDER_MARK.len();
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.filled).unwrap_or_default()
    }

    /// Gives the lines; only the last one of a log may be torn.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = self.bytes();
        let mut number = 0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (line, after) = Line::first(rest, number);
            (rest, number) = (after, line.number);
            Some(line)
        })
    }

    /// Gives the lines in which some bytes stand to `take`; tells how many lines there are in all.
    pub(crate) fn lines_with<'c>(
        &'c self,
        with: &Finder<'_>,
        mut take: impl FnMut(Line<'c>),
    ) -> u64 {
        let mut rest = self.bytes();
        let mut number = 0;
        while let Some(found) = with.find(rest) {
            let (before, _) = rest.split_at(found);
            let start = end_of_lines(before).unwrap_or(0);
            number += line_breaks(before);
            let (line, after) = Line::first(rest.get(start..).unwrap_or_default(), number);
            (rest, number) = (after, line.number);
            take(line);
        }
        let is_torn = rest.last().is_some_and(|byte| *byte != b'\n');
        number + line_breaks(rest) + u64::from(is_torn)
    }
}

fn line_breaks(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// A line of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'c> {
    /// The number of the line in its chunk, from 1.
    pub(crate) number: u64,
    /// What stands in it, without the line break.
    pub(crate) bytes: &'c [u8],
    /// Whether there is no line break.
    pub(crate) is_torn: bool,
}

impl<'c> Line<'c> {
    /// Takes the first line, before which so many stand.
    fn first(rest: &'c [u8], before: u64) -> (Self, &'c [u8]) {
        let end = memchr(b'\n', rest);
        let (bytes, after) = rest.split_at(end.unwrap_or(rest.len()));
        let line = Self {
            number: before + 1,
            bytes,
            is_torn: end.is_none(),
        };
        (line, after.get(1..).unwrap_or_default())
    }
}
