//! The lines that are logged, and the check that they have arrived.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What a line takes, its end with it.
pub(crate) const LENGTH: usize = 400;

/// `pp nnnnnnnn xxx...`: the producer, the number, and something to carry.
pub(crate) struct Line(Vec<u8>);

impl Line {
    pub(crate) fn of(producer: u32) -> Self {
        let mut line = format!("{producer:02} 00000000 ").into_bytes();
        line.resize(LENGTH - 1, b'x');
        line.push(b'\n');
        Self(line)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap()
    }

    pub(crate) fn advance(&mut self) {
        for digit in self.0[3..11].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
    }
}

/// What was found in the file.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) lines: u64,
    /// Each line is whole, and those of a producer are in their order.
    pub(crate) in_order: bool,
    /// Nothing of any producer is missing.
    pub(crate) complete: bool,
}

pub(crate) fn find(path: &Path, producers: u32, lines: u32) -> Found {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).unwrap());
    let mut next = vec![0; producers as usize];
    let (mut found, mut in_order, mut complete) = (0, true, true);
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line).unwrap() > 0 {
        match parse(&line) {
            Some((producer, number)) if producer < next.len() => {
                in_order &= number >= next[producer];
                complete &= number == next[producer];
                next[producer] = number + 1;
                found += 1;
            }
            _ => in_order &= is_notice(&line),
        }
        line.clear();
    }
    Found {
        lines: found,
        in_order,
        complete: complete && next.iter().all(|next| *next == lines),
    }
}

fn parse(line: &[u8]) -> Option<(usize, u32)> {
    let padding = line.get(12..LENGTH - 1)?;
    if line.len() != LENGTH || padding.iter().any(|byte| *byte != b'x') {
        return None;
    }
    let head = std::str::from_utf8(&line[..11]).ok()?;
    let (producer, number) = head.split_once(' ')?;
    Some((producer.parse().ok()?, number.parse().ok()?))
}

/// A line with which a writer tells of losses.
fn is_notice(line: &[u8]) -> bool {
    line.starts_with(b"tasktrail-writer: ") || line.starts_with(b"slog-async: ")
}
