//! Finds the line breaks and the keys of a log, and does nothing else: the least that reading it
//! can cost.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;

use memchr::memchr_iter;
use memchr::memmem::Finder;

const BUFFER_BYTES: usize = 512 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many lines have the keys of a task and of a level.
    pub(crate) lines_with_place: u64,
    /// How many lines have the key of a status.
    pub(crate) lines_with_status: u64,
}

/// Reads a file with so many threads, each its part, into a buffer that is used again; looks for each
/// line break, and in each line for the keys that say where it stands and whether an action starts
/// or ends.
pub(crate) fn find(log: &Path, threads: u64) -> io::Result<Found> {
    let bytes = fs::metadata(log)?.len();
    thread::scope(|scope| {
        let parts = (0..threads)
            .map(|part| {
                let (from, to) = (bytes * part / threads, bytes * (part + 1) / threads);
                scope.spawn(move || find_part(log, from, to))
            })
            .collect::<Vec<_>>();
        let mut all = Found::default();
        for part in parts {
            let found = part.join().unwrap()?;
            all.lines_with_place += found.lines_with_place;
            all.lines_with_status += found.lines_with_status;
        }
        Ok(all)
    })
}

/// Looks at the lines that start at `from` or later, and before `to`.
fn find_part(log: &Path, from: u64, to: u64) -> io::Result<Found> {
    let mut file = File::open(log)?;
    // The line that stands at `from` is whole if a line break is before it.
    let mut at = from.saturating_sub(1);
    let mut is_whole = from == 0;
    file.seek(SeekFrom::Start(at))?;
    let keys = Keys::new();
    let mut found = Found::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut filled = 0;
    while at < to {
        let read = file.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        let mut start = 0;
        for end in memchr_iter(b'\n', &buffer[filled..filled + read]) {
            let end = filled + end;
            if at + start as u64 >= to {
                return Ok(found);
            }
            if is_whole {
                keys.look_at(&buffer[start..end], &mut found);
            }
            is_whole = true;
            start = end + 1;
        }
        filled += read;
        buffer.copy_within(start..filled, 0);
        filled -= start;
        at += start as u64;
    }
    Ok(found)
}

struct Keys {
    task: Finder<'static>,
    level: Finder<'static>,
    status: Finder<'static>,
}

impl Keys {
    fn new() -> Self {
        Self {
            task: Finder::new("\"task_uuid\":"),
            level: Finder::new("\"task_level\":"),
            status: Finder::new("\"action_status\":"),
        }
    }

    fn look_at(&self, line: &[u8], found: &mut Found) {
        let has = |key: &Finder<'_>| key.find(line).is_some();
        found.lines_with_place += u64::from(has(&self.task) && has(&self.level));
        found.lines_with_status += u64::from(has(&self.status));
    }
}
