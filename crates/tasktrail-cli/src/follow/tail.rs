//! One file that is written while it is read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::input::tell;

/// Where to begin in a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    Start,
    End,
}

/// Follows what stands under a name, whatever file that is.
pub(super) struct Tail {
    path: PathBuf,
    file: Option<Followed>,
    longest_line: usize,
    /// What was told last, which is not told again and again.
    trouble: Option<String>,
    pub(super) has_failed: bool,
}

struct Followed {
    file: File,
    identity: Identity,
    /// How many of its bytes were read.
    read: u64,
    /// The start of a line whose end is not there yet.
    rest: Vec<u8>,
    /// Whether the line that is read is left out.
    is_passing: bool,
}

/// Enough to be read at once, and little enough to stay in a cache.
const BUFFER_BYTES: usize = 64 * 1024;

impl Tail {
    /// Opens the file if it is there.
    pub(super) fn new(path: &Path, begin: Begin, longest_line: usize) -> Self {
        let mut tail = Self {
            path: path.to_owned(),
            file: None,
            longest_line,
            trouble: None,
            has_failed: false,
        };
        tail.open(begin);
        tail
    }

    /// Gives the name as it is told.
    pub(super) fn name(&self) -> impl std::fmt::Display {
        self.path.display()
    }

    /// Gives all lines that were written since the last time, without their line breaks; the error
    /// is that of `take`.
    pub(super) fn poll(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        if self.file.is_none() {
            // What appears later is new to its start.
            self.open(Begin::Start);
        }
        while self.file.is_some() {
            // Asked before the end is looked for: what the old file got before that is read.
            let is_replaced = self.is_replaced();
            self.read_to_end(take)?;
            if !is_replaced {
                break;
            }
            if let Some(old) = self.file.take() {
                old.end(take)?;
            }
            self.open(Begin::Start);
        }
        Ok(())
    }

    /// Gives the last line, if that has no line break.
    pub(super) fn finish(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        match self.file.take() {
            Some(file) => file.end(take),
            None => Ok(()),
        }
    }

    fn open(&mut self, begin: Begin) {
        match Followed::open(&self.path, begin) {
            Ok(file) => {
                self.file = Some(file);
                self.trouble = None;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.tell_once("is not there yet");
            }
            Err(error) => {
                self.has_failed = true;
                self.tell_once(&format!("can't be opened: {error}"));
            }
        }
    }

    /// Tells whether another file has the name now, and something in it: whoever writes has left the
    /// old one. An empty one may have been made before the writer was told.
    fn is_replaced(&self) -> bool {
        let Some(followed) = &self.file else {
            return false;
        };
        fs::metadata(&self.path).is_ok_and(|metadata| {
            metadata.len() > 0 && Identity::of(&metadata) != followed.identity
        })
    }

    fn read_to_end(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Some(followed) = &mut self.file {
            if followed.was_truncated() {
                followed.begin_again();
                tell(format_args!(
                    "{}: was truncated; it is read from its start",
                    self.path.display()
                ));
            }
            let bytes = match followed.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.has_failed = true;
                    self.tell_once(&format!("can't be read: {error}"));
                    return Ok(());
                }
            };
            followed.read += bytes as u64;
            let read = buffer.get(..bytes).unwrap_or_default();
            if let Some(bytes) = followed.take(read, self.longest_line, take)? {
                tell(format_args!(
                    "{}: a line has more than {bytes} bytes, and is left out",
                    self.path.display()
                ));
            }
        }
        Ok(())
    }

    fn tell_once(&mut self, trouble: &str) {
        if self.trouble.as_deref() != Some(trouble) {
            tell(format_args!("{}: {trouble}", self.path.display()));
            self.trouble = Some(trouble.to_owned());
        }
    }
}

/// Takes a line.
pub(super) type Take<'a> = dyn FnMut(&[u8]) -> io::Result<()> + 'a;

impl Followed {
    fn open(path: &Path, begin: Begin) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let identity = Identity::of(&file.metadata()?);
        let mut followed = Self {
            read: 0,
            rest: Vec::new(),
            is_passing: false,
            identity,
            file: file.try_clone()?,
        };
        if begin == Begin::End {
            let end = file.seek(SeekFrom::End(0))?;
            if end > 0 {
                // Nobody knows how the line begins that is being written.
                let mut last = [0];
                file.seek(SeekFrom::Start(end - 1))?;
                file.read_exact(&mut last)?;
                followed.is_passing = last != *b"\n";
            }
            followed.read = end;
        }
        Ok(followed)
    }

    fn was_truncated(&self) -> bool {
        let metadata = self.file.metadata();
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() < self.read)
    }

    fn begin_again(&mut self) {
        self.read = 0;
        self.rest.clear();
        self.is_passing = false;
        // A file that can be truncated can be read from its start; if not, it is read on.
        let _ = self.file.seek(SeekFrom::Start(0));
    }

    /// Parts what was read into lines; gives the limit if a line went beyond.
    fn take(
        &mut self,
        mut read: &[u8],
        longest_line: usize,
        take: &mut Take<'_>,
    ) -> io::Result<Option<usize>> {
        let mut too_long = None;
        while !read.is_empty() {
            let line_break = read.iter().position(|byte| *byte == b'\n');
            let (part, after) = read.split_at(line_break.unwrap_or(read.len()));
            if !self.is_passing && self.rest.len() + part.len() > longest_line {
                self.is_passing = true;
                self.rest = Vec::new();
                too_long = Some(longest_line);
            }
            if !self.is_passing {
                self.rest.extend_from_slice(part);
            }
            if line_break.is_some() {
                if !self.is_passing {
                    take(&self.rest)?;
                }
                self.is_passing = false;
                self.rest.clear();
            }
            read = after.get(1..).unwrap_or_default();
        }
        Ok(too_long)
    }

    fn end(self, take: &mut Take<'_>) -> io::Result<()> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => take(&self.rest),
        }
    }
}

/// Tells files apart that have one name after the other.
#[derive(Debug, PartialEq, Eq)]
struct Identity(
    #[cfg(unix)] (u64, u64),
    #[cfg(not(unix))] Option<std::time::SystemTime>,
);

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self((metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        Self(metadata.created().ok())
    }
}
