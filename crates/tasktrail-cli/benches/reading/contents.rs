//! What is in a log, so that what the commands find can be told from what they don't.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use memchr::memmem::Finder;
use tasktrail_record::{Glance, GlanceKind};

#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) path: &'a Path,
    pub(crate) bytes: u64,
    pub(crate) records: u64,
    /// One task, and how many lines name it.
    pub(crate) task: &'a str,
    pub(crate) task_lines: u64,
    /// How many records are starts or ends of actions.
    pub(crate) starts_and_ends: u64,
}

impl<'a> Contents<'a> {
    /// Reads all of a log.
    pub(crate) fn of(path: &'a Path, task: &'a str) -> io::Result<Self> {
        let mut contents = Self {
            path,
            bytes: fs::metadata(path)?.len(),
            records: 0,
            task,
            task_lines: 0,
            starts_and_ends: 0,
        };
        let task = Finder::new(task);
        let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let glance = Glance::parse(&line).map_err(io::Error::other)?;
            contents.records += 1;
            contents.starts_and_ends += u64::from(glance.kind() != &GlanceKind::Message);
            contents.task_lines += u64::from(task.find(&line).is_some());
            line.clear();
        }
        Ok(contents)
    }
}

/// Copies the first lines of a log.
pub(crate) fn copy_lines(from: &Path, to: &Path, lines: usize) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    let mut from = BufReader::new(File::open(from)?);
    let mut line = Vec::new();
    for _ in 0..lines {
        from.read_until(b'\n', &mut line)?;
        out.write_all(&line)?;
        line.clear();
    }
    out.flush()
}

/// Gives the name of the task that stands where nine tenths of the log are over: who stops reading
/// when the task is whole has read that much.
pub(crate) fn a_task_near_the_end_of(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(fs::metadata(log)?.len() / 10 * 9))?;
    let mut lines = BufReader::new(file).split(b'\n').skip(1);
    let line = lines.next().unwrap_or_else(|| Ok(Vec::new()))?;
    let glance = Glance::parse(&line).map_err(io::Error::other)?;
    let task = glance.place().map(|(task, _)| task.to_string());
    task.ok_or_else(|| io::Error::other("a line of the log has no place"))
}
