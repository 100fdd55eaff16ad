//! Tasks that wait in temporary files.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

use tasktrail_record::Record;

/// The records of one task are all in one of so many files.
const FILES: usize = 16;

/// How much is written and read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Tasks that are not in memory.
#[derive(Debug)]
pub(super) struct Away {
    hasher: RandomState,
    /// The tasks by hashes of their names; if these would be too many, all tasks that are not in
    /// memory are here.
    tasks: Option<HashSet<u64>>,
    most_tasks: usize,
    files: [Option<Waiting>; FILES],
}

/// The records of one file.
#[derive(Debug)]
struct Waiting {
    file: BufWriter<File>,
    records: u64,
    /// Those that would not be read as they were written, such as with a `NaN`, and how many there
    /// were before each.
    kept: VecDeque<(u64, Record)>,
    line: Vec<u8>,
}

impl Away {
    /// Starts without any task; the hashes take at most a quarter of the memory.
    pub(super) fn new(memory: usize) -> Self {
        // A table may be less than half full, and has a byte of its own for each place.
        const TASK: usize = 2 * (size_of::<u64>() + 1);
        Self {
            hasher: RandomState::new(),
            tasks: Some(HashSet::new()),
            most_tasks: memory / 4 / TASK,
            files: Default::default(),
        }
    }

    pub(super) fn has(&self, task: &str, is_in_memory: impl FnOnce(&str) -> bool) -> bool {
        match &self.tasks {
            Some(tasks) => tasks.contains(&self.hasher.hash_one(task)),
            None => !is_in_memory(task),
        }
    }

    pub(super) fn add(&mut self, task: &str) {
        let hash = self.hasher.hash_one(task);
        if let Some(tasks) = &mut self.tasks {
            tasks.insert(hash);
            if tasks.len() > self.most_tasks {
                self.tasks = None;
            }
        }
    }

    pub(super) fn put(&mut self, record: Record) -> io::Result<()> {
        let hash = self.hasher.hash_one(record.task().unwrap_or_default());
        // The lowest bits choose the place in the table.
        let place = (hash >> 32) as usize % FILES;
        let Some(file) = self.files.get_mut(place) else {
            return Ok(());
        };
        match file {
            Some(waiting) => waiting.put(record),
            None => file.insert(Waiting::new()?).put(record),
        }
    }

    /// Gives the records of each file.
    pub(super) fn records(self) -> impl Iterator<Item = io::Result<Records>> {
        self.files.into_iter().flatten().map(Waiting::records)
    }
}

impl Waiting {
    fn new() -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile()?),
            records: 0,
            kept: VecDeque::new(),
            line: Vec::new(),
        })
    }

    fn put(&mut self, record: Record) -> io::Result<()> {
        self.line.clear();
        record.write(&mut self.line);
        match Record::parse(&self.line).is_ok_and(|read| read == record) {
            true => self.file.write_all(&self.line)?,
            false => self.kept.push_back((self.records, record)),
        }
        self.records += 1;
        Ok(())
    }

    fn records(self) -> io::Result<Records> {
        let mut file = self.file.into_inner()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Records {
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            given: 0,
            records: self.records,
            kept: self.kept,
            line: self.line,
        })
    }
}

/// Gives the records of one file in the order in which they came.
#[derive(Debug)]
pub(in crate::tree) struct Records {
    file: BufReader<File>,
    given: u64,
    records: u64,
    kept: VecDeque<(u64, Record)>,
    line: Vec<u8>,
}

impl Iterator for Records {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<io::Result<Record>> {
        if self.given == self.records {
            return None;
        }
        let place = self.given;
        self.given += 1;
        let is_kept = self.kept.front().is_some_and(|(kept, _)| *kept == place);
        if is_kept && let Some((_, record)) = self.kept.pop_front() {
            return Some(Ok(record));
        }
        self.line.clear();
        if let Err(error) = self.file.read_until(b'\n', &mut self.line) {
            return Some(Err(error));
        }
        Some(Record::parse(&self.line).map_err(io::Error::other))
    }
}
