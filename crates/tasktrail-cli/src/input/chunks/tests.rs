use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use super::*;

/// A file that is gone after the test.
struct TestFile(PathBuf);

impl TestFile {
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

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Gives a line with its line break.
fn whole(line: Line<'_>) -> Vec<u8> {
    let line_break: &[u8] = if line.is_torn { b"" } else { b"\n" };
    [line.bytes, line_break].concat()
}

fn lines_of(chunk: &Chunk) -> Vec<Vec<u8>> {
    chunk.lines().map(whole).collect()
}

#[test]
fn all_lines_are_given_once_and_whole() {
    let mut expected: Vec<Vec<u8>> = (0..5_000_usize)
        .map(|line| format!("{line}{}\n", "x".repeat(line * 7919 % 3000)).into_bytes())
        .collect();
    expected.push([vec![b'y'; 3 * CHUNK_BYTES], vec![b'\n']].concat());
    expected.push(b"\n".to_vec());
    expected.push(b"no line break".to_vec());
    let log = TestFile::new("whole", &expected.concat());

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

/// Gives a few bytes at a time, as a pipe may.
struct Slow(Vec<u8>, u64);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self
            .1
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99);
        let bytes = (self.1 >> 33) as usize % 40 + 1;
        let bytes = bytes.min(buffer.len()).min(self.0.len());
        buffer[..bytes].copy_from_slice(&self.0[..bytes]);
        self.0.drain(..bytes);
        Ok(bytes)
    }
}

#[test]
fn lines_are_the_same_wherever_reads_and_chunks_end() {
    for seed in 0..2000_u64 {
        let mut random = seed;
        let mut below = |bound: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) as usize % bound
        };
        let mut text = Vec::new();
        for _ in 0..below(60) {
            let longest = [1, 4, 30, 200][below(4)];
            text.extend(vec![b'a' + below(26) as u8; below(longest)]);
            text.push(b'\n');
        }
        text.truncate(text.len() - below(2).min(text.len()));
        let limits = Limits {
            longest_line: below(150),
            chunk: 2 + below(60),
        };
        let log = Log {
            lines: Box::new(Slow(text.clone(), seed)),
            plain: None,
            is_live: seed % 2 == 0,
            taken: Arc::default(),
        };
        let mut chunks = Chunks {
            inputs: VecDeque::new(),
            current: Some(Reading::new(0, log)),
            limits,
        };
        let mut chunk = Chunk::default();
        let mut expected = text.split_inclusive(|byte| *byte == b'\n');

        while chunks.next(&mut chunk) {
            for line in lines_of(&chunk) {
                assert_eq!(Some(&line[..]), expected.next(), "{seed}");
            }
            if let Some(Trouble::TooLong(bytes)) = chunk.trouble {
                let line = expected.next().unwrap();
                let length = line.strip_suffix(b"\n").unwrap_or(line).len();
                assert_eq!(bytes, length as u64, "{seed}");
                assert!(length > limits.longest_line, "{seed}");
            }
        }
        assert_eq!(expected.next(), None, "{seed}");
    }
}

#[test]
fn lines_with_some_bytes_are_those_that_have_them_among_all() {
    let alphabet = [b'a', b'b', b'a', b'\n'];
    for seed in 0..5000_u64 {
        let mut random = seed;
        let mut below = |bound: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) as usize % bound
        };
        let bytes: Vec<u8> = (0..below(40)).map(|_| alphabet[below(4)]).collect();
        let wanted = ["a", "ab", "aba"][below(3)].as_bytes();
        let chunk = Chunk {
            filled: bytes.len(),
            bytes,
            ..Chunk::default()
        };

        let mut found = Vec::new();
        let lines = chunk.lines_with(&Finder::new(wanted), |line| found.push(line));

        let has_them = |line: &Line<'_>| line.bytes.windows(wanted.len()).any(|at| at == wanted);
        let expected: Vec<_> = chunk.lines().filter(has_them).collect();
        assert_eq!(found, expected, "{seed}");
        assert_eq!(lines, chunk.lines().count() as u64, "{seed}");
    }
}

#[test]
fn lines_of_a_pipe_are_given_as_soon_as_they_are_there() {
    let (reader, mut writer) = io::pipe().unwrap();
    let log = Log {
        lines: Box::new(reader),
        plain: None,
        is_live: true,
        taken: Arc::default(),
    };
    let mut chunks = Chunks::new(&[], 1000);
    chunks.current = Some(Reading::new(0, log));
    let mut chunk = Chunk::default();

    for (written, expected) in [("one\ntw", vec!["one\n"]), ("o\n3\n", vec!["two\n", "3\n"])] {
        writer.write_all(written.as_bytes()).unwrap();
        // The writer is there still, so this would wait for more if it could.
        assert!(chunks.next(&mut chunk) && chunk.is_live);
        let expected: Vec<_> = expected.into_iter().map(str::as_bytes).collect();
        assert_eq!(lines_of(&chunk), expected);
    }
}

#[test]
fn a_line_beyond_the_bound_is_passed_over_with_its_length() {
    let long = vec![b'x'; 3 * CHUNK_BYTES];
    for (before, after) in [("", ""), ("a\n", "\n"), ("a\n", "\nb\nc"), ("", "\nb\n")] {
        let log = TestFile::new(
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
    let log = TestFile::new("truncated", &lines);
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
    let log = TestFile::new("grown", &b"line\n".repeat(CHUNK_BYTES));
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
    let bytes = 5 * CHUNK_BYTES as u64;
    let grown = matches!(trouble, Some(Trouble::Grown(before, read)) if before == bytes && read == bytes + 6);
    assert!(grown, "{trouble:?}");
}
