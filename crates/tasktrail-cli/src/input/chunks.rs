//! The lines of all logs, many at a time.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, mem};

use super::{Input, Log, Plain};

/// So many bytes are read at once: few enough to stay in a cache until they are looked at.
const CHUNK_BYTES: usize = 512 * 1024;

/// The byte order mark, U+FEFF, in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads logs one after the other.
pub(crate) struct Chunks {
    inputs: VecDeque<(usize, Input)>,
    current: Option<Reading>,
    longest_line: usize,
}

struct Reading {
    input: usize,
    lines: Box<dyn Read + Send>,
    plain: Option<Plain>,
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
    /// The file has grown while it was read; what was added is read too, up to its end.
    Grown,
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
            Self::Grown => f.write_str("has grown while it was read"),
        }
    }
}

impl Chunks {
    pub(crate) fn new(inputs: &[Input], longest_line: usize) -> Self {
        Self {
            inputs: inputs.iter().cloned().enumerate().collect(),
            current: None,
            longest_line,
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
            let is_over = reading.fill(chunk, self.longest_line);
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
            chunks: 0,
            taken: 0,
            taken_now: log.taken,
            rest: Vec::new(),
        }
    }

    /// Reads whole lines into an empty chunk; tells whether the log is over.
    fn fill(&mut self, chunk: &mut Chunk, longest_line: usize) -> bool {
        let before = self.taken;
        let is_over = self.fill_lines(chunk, longest_line);
        self.taken = self.taken_now.load(Ordering::Relaxed);
        chunk.bytes_taken = self.taken - before;
        is_over
    }

    fn fill_lines(&mut self, chunk: &mut Chunk, longest_line: usize) -> bool {
        let rest = mem::take(&mut self.rest);
        chunk.append(&rest);
        // Where the last whole line ends.
        let mut end = end_of_lines(&rest);
        self.rest = rest;
        self.rest.clear();
        loop {
            let before = chunk.filled;
            let space = chunk.space(CHUNK_BYTES.max(before));
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
                // Short reads are put together.
                Some(end) if chunk.filled >= CHUNK_BYTES / 2 => {
                    self.keep_rest(chunk, end);
                    return false;
                }
                None if chunk.filled > longest_line => return self.pass_over(chunk),
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
    fn pass_over(&mut self, chunk: &mut Chunk) -> bool {
        let mut length = chunk.filled as u64;
        chunk.bytes = Vec::new();
        chunk.filled = 0;
        loop {
            let space = chunk.space(CHUNK_BYTES);
            let read = match self.lines.read(space) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    chunk.trouble = Some(Trouble::Read(error));
                    return true;
                }
            };
            let part = space.get(..read).unwrap_or_default();
            let line_break = part.iter().position(|byte| *byte == b'\n');
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
        let now = plain.bytes_now().unwrap_or(plain.bytes);
        (now > plain.bytes).then_some(Trouble::Grown)
    }
}

/// Gives the place behind the last line break.
fn end_of_lines(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().rposition(|byte| *byte == b'\n');
    last.map(|last| last + 1)
}

impl Chunk {
    fn begin(&mut self, input: usize, number: usize) {
        (self.input, self.number) = (input, number);
        (self.filled, self.start) = (0, 0);
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

    /// Gives the lines, with their line breaks; only the last line of a log may have none.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes();
        std::iter::from_fn(move || {
            let mut after = rest;
            // The library finds the byte faster than anything without a dependency would.
            let length = after.skip_until(b'\n').unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(length)?;
            rest = after;
            (length > 0).then_some(line)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::PathBuf;

    use super::*;

    /// A file that is gone after the test.
    struct Log(PathBuf);

    impl Log {
        fn new(name: &str, content: &[u8]) -> Self {
            let name = format!("tasktrail-chunks-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, content).unwrap();
            Self(path)
        }

        fn chunks(&self, longest_line: usize) -> Chunks {
            Chunks::new(&[Input::File(self.0.clone())], longest_line)
        }
    }

    impl Drop for Log {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn lines_of(chunk: &Chunk) -> Vec<Vec<u8>> {
        chunk.lines().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn all_lines_are_given_once_and_whole() {
        let mut expected: Vec<Vec<u8>> = (0..5_000_usize)
            .map(|line| format!("{line}{}\n", "x".repeat(line * 7919 % 3000)).into_bytes())
            .collect();
        expected.push([vec![b'y'; 3 * CHUNK_BYTES], vec![b'\n']].concat());
        expected.push(b"\n".to_vec());
        expected.push(b"no line break".to_vec());
        let log = Log::new("whole", &expected.concat());

        let mut chunks = log.chunks(usize::MAX);
        let mut chunk = Chunk::default();
        let mut found = Vec::new();
        let mut taken = 0;
        while chunks.next(&mut chunk) {
            found.extend(lines_of(&chunk));
            taken += chunk.bytes_taken;
            assert!(chunk.trouble.is_none());
        }

        assert!(
            found == expected,
            "{} lines of {}",
            found.len(),
            expected.len()
        );
        assert_eq!(taken, expected.concat().len() as u64);
    }

    #[test]
    fn a_line_beyond_the_bound_is_passed_over_with_its_length() {
        let long = vec![b'x'; 3 * CHUNK_BYTES];
        for (before, after) in [("", ""), ("a\n", "\n"), ("a\n", "\nb\nc"), ("", "\nb\n")] {
            let log = Log::new(
                "long",
                &[before.as_bytes(), &long, after.as_bytes()].concat(),
            );
            let mut chunks = log.chunks(1000);
            let mut chunk = Chunk::default();
            let (mut found, mut length) = (Vec::new(), None);
            while chunks.next(&mut chunk) {
                found.extend(lines_of(&chunk).concat());
                if let Some(Trouble::TooLong(bytes)) = chunk.trouble {
                    length = Some(bytes);
                }
            }

            assert_eq!(length, Some(long.len() as u64));
            let rest = after.strip_prefix('\n').unwrap_or(after);
            assert_eq!(String::from_utf8(found).unwrap(), format!("{before}{rest}"));
        }
    }

    #[test]
    fn a_file_that_is_truncated_while_it_is_read_is_told() {
        let lines = b"line\n".repeat(CHUNK_BYTES);
        let log = Log::new("truncated", &lines);
        let mut chunks = log.chunks(1000);
        let mut chunk = Chunk::default();
        assert!(chunks.next(&mut chunk) && chunk.trouble.is_none());

        let file = File::options().write(true).open(&log.0).unwrap();
        file.set_len(CHUNK_BYTES as u64 * 2).unwrap();

        let mut trouble = None;
        while chunks.next(&mut chunk) {
            trouble = chunk.trouble.take().or(trouble);
        }
        let trouble = trouble.map(|trouble| trouble.to_string());
        let expected = format!(
            "was truncated while it was read: it had {} bytes, of which {} were there",
            lines.len(),
            2 * CHUNK_BYTES
        );
        assert_eq!(trouble, Some(expected));
    }

    #[test]
    fn what_is_added_to_a_file_while_it_is_read_is_read_too() {
        let log = Log::new("grown", &b"line\n".repeat(CHUNK_BYTES));
        let mut chunks = log.chunks(1000);
        let mut chunk = Chunk::default();
        assert!(chunks.next(&mut chunk));
        let mut lines = lines_of(&chunk).len();

        let mut file = File::options().append(true).open(&log.0).unwrap();
        file.write_all(b"added\n").unwrap();

        let mut trouble = None;
        while chunks.next(&mut chunk) {
            lines += lines_of(&chunk).len();
            trouble = chunk.trouble.take().or(trouble);
        }
        assert_eq!(lines, CHUNK_BYTES + 1);
        assert!(matches!(trouble, Some(Trouble::Grown)), "{trouble:?}");
    }
}
