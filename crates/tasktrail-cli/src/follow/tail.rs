//! One log that is written while it is read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::lines::{Lines, Take};
use super::pipe::{Piece, Pipe};
use crate::tell::tell;

/// Where to begin in a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    Start,
    End,
}

/// Follows what stands under a name, whatever file that is.
pub(super) struct Tail {
    path: PathBuf,
    source: Source,
    /// Where to begin in the file that is opened next.
    begin: Begin,
    longest_line: usize,
    /// What was told last, which is not told again and again.
    trouble: Option<String>,
    /// How often nothing had the name of the file that is read.
    gone: u32,
    has_failed: bool,
}

enum Source {
    File(Followed),
    Pipe(Pipe, Lines),
    /// There is no file, or it can't be opened; the latter if `is_shut`.
    Nothing {
        is_shut: bool,
    },
    /// Nothing can come any more.
    Over,
}

/// What is left of a log after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// Others get their turn first.
    More,
}

/// How much of a log is read before others get their turn: a file may grow faster than it is read.
const TURN_BYTES: u64 = 1024 * 1024;

/// After how many looks it is told that a file is gone: whoever rotates it makes it anew soon.
const GONE_LOOKS: u32 = 30;

impl Tail {
    /// Opens the log if it is there; `-` is the standard input.
    pub(super) fn new(path: &Path, begin: Begin, longest_line: usize) -> Self {
        let mut tail = Self {
            path: path.to_owned(),
            source: Source::Nothing { is_shut: false },
            begin,
            longest_line,
            trouble: None,
            gone: 0,
            has_failed: false,
        };
        tail.open();
        tail
    }

    /// Gives the name as it is told.
    pub(super) fn name(&self) -> String {
        match self.is_stdin() {
            true => "<stdin>".to_owned(),
            false => self.path.display().to_string(),
        }
    }

    /// Tells whether something could not be read.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed || matches!(self.source, Source::Nothing { is_shut: true })
    }

    /// Tells whether nothing can come any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.source, Source::Over)
    }

    /// Gives the lines that were written since the last time, as many as fit in a turn; the error is
    /// that of `take`.
    pub(super) fn poll(&mut self, buffer: &mut [u8], take: &mut Take<'_>) -> io::Result<Left> {
        if matches!(self.source, Source::Nothing { .. }) {
            self.open();
        }
        loop {
            match &self.source {
                Source::File(_) => {}
                Source::Pipe(..) => return self.poll_pipe(take),
                Source::Nothing { .. } | Source::Over => return Ok(Left::Nothing),
            }
            // Asked before the end is looked for: what the old file got before that is read.
            let named = self.look();
            if self.read_turn(&named, buffer, take)? == Left::More {
                return Ok(Left::More);
            }
            if !matches!(named, Named::Another) {
                return Ok(Left::Nothing);
            }
            if let Source::File(old) = &mut self.source {
                old.lines.end(take)?;
            }
            self.begin = Begin::Start;
            self.open();
        }
    }

    /// Gives the last line, if that has no line break.
    pub(super) fn finish(&mut self, take: &mut Take<'_>) -> io::Result<()> {
        match &mut self.source {
            Source::File(followed) => followed.lines.end(take),
            Source::Pipe(_, lines) => lines.end(take),
            Source::Nothing { .. } | Source::Over => Ok(()),
        }
    }

    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn open(&mut self) {
        match self.opened() {
            Ok(source) => {
                self.source = source;
                self.begin = Begin::Start;
                self.trouble = None;
                self.gone = 0;
            }
            Err(error) => {
                let is_shut = error.kind() != io::ErrorKind::NotFound;
                self.source = Source::Nothing { is_shut };
                if is_shut {
                    self.tell_once(&format!("can't be opened: {error}"));
                } else {
                    // What appears later is new to its start.
                    self.begin = Begin::Start;
                    self.tell_once("is not there yet");
                }
            }
        }
    }

    fn opened(&self) -> io::Result<Source> {
        let lines = || Lines::from_start(self.longest_line);
        if self.is_stdin() {
            return Ok(Source::Pipe(Pipe::of_stdin()?, lines()));
        }
        let metadata = fs::metadata(&self.path)?;
        if metadata.is_dir() {
            return Err(io::Error::other("it is a folder; expected a file in it"));
        }
        if !metadata.is_file() {
            // To open a pipe takes as long as nobody writes into it.
            return Ok(Source::Pipe(Pipe::at(self.path.clone())?, lines()));
        }
        let followed = Followed::open(&self.path, self.begin, self.longest_line)?;
        Ok(Source::File(followed))
    }

    /// Looks at what has the name now.
    fn look(&mut self) -> Named {
        let Source::File(followed) = &self.source else {
            return Named::Nothing;
        };
        match fs::metadata(&self.path) {
            Ok(metadata) if Identity::of(&metadata) == followed.identity => {
                self.gone = 0;
                Named::This(metadata.len())
            }
            // An empty one may have been made before the writer was told: until there is something
            // in it, whoever writes has not left the old one.
            Ok(metadata) if metadata.len() > 0 && metadata.is_file() => Named::Another,
            Ok(_) => Named::Nothing,
            Err(error) => {
                self.gone += u32::from(error.kind() == io::ErrorKind::NotFound);
                if self.gone == GONE_LOOKS {
                    tell(format_args!(
                        "{}: is gone; another one is waited for",
                        self.path.display()
                    ));
                }
                Named::Nothing
            }
        }
    }

    /// Reads what there is, but no more than a turn.
    fn read_turn(
        &mut self,
        named: &Named,
        buffer: &mut [u8],
        take: &mut Take<'_>,
    ) -> io::Result<Left> {
        let Source::File(followed) = &mut self.source else {
            return Ok(Left::Nothing);
        };
        let bytes = match named {
            Named::This(bytes) => Ok(*bytes),
            _ => followed.file.metadata().map(|metadata| metadata.len()),
        };
        if let Named::This(bytes) = named
            && *bytes == followed.lines.read()
            && !followed.is_compressed
        {
            return Ok(Left::Nothing);
        }
        if bytes.is_ok_and(|bytes| bytes < followed.lines.read()) {
            // A line that was torn off is no record; it is told as one of the old lines.
            followed.lines.end(take)?;
            followed.begin_again(self.longest_line);
            tell(format_args!(
                "{}: was truncated; it is read from its start",
                self.path.display()
            ));
        }
        let end = followed.lines.read() + TURN_BYTES;
        while followed.lines.read() < end && !followed.is_compressed {
            let read = match followed.file.read(buffer) {
                Ok(0) => return Ok(Left::Nothing),
                Ok(bytes) => buffer.get(..bytes).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.has_failed = true;
                    self.tell_once(&format!("can't be read: {error}"));
                    return Ok(Left::Nothing);
                }
            };
            if followed.lines.read() == 0 && is_compressed(read) {
                followed.is_compressed = true;
                break;
            }
            followed.lines.add(read, take)?;
        }
        if followed.is_compressed {
            self.has_failed = true;
            self.tell_once("is compressed, and is not followed; tasktrail tree reads it");
            return Ok(Left::Nothing);
        }
        Ok(Left::More)
    }

    fn poll_pipe(&mut self, take: &mut Take<'_>) -> io::Result<Left> {
        let mut came = 0;
        while came < TURN_BYTES {
            let Source::Pipe(pipe, lines) = &mut self.source else {
                return Ok(Left::Nothing);
            };
            match pipe.next() {
                Ok(Piece::Bytes(bytes)) => {
                    came += bytes.len() as u64;
                    lines.add(&bytes, take)?;
                }
                Ok(Piece::End) => lines.end(take)?,
                Ok(Piece::Nothing) => return Ok(Left::Nothing),
                Ok(Piece::Over) => self.source = Source::Over,
                Err(error) => {
                    lines.end(take)?;
                    self.has_failed = true;
                    self.tell_once(&format!("can't be read: {error}"));
                }
            }
        }
        Ok(Left::More)
    }

    fn tell_once(&mut self, trouble: &str) {
        if self.trouble.as_deref() != Some(trouble) {
            tell(format_args!("{}: {trouble}", self.name()));
            self.trouble = Some(trouble.to_owned());
        }
    }
}

/// What has the name of a file that is followed.
#[derive(Debug)]
enum Named {
    /// The file itself, which has so many bytes.
    This(u64),
    Another,
    /// Nothing that could be read in its place.
    Nothing,
}

struct Followed {
    file: File,
    identity: Identity,
    lines: Lines,
    is_compressed: bool,
}

impl Followed {
    fn open(path: &Path, begin: Begin, longest_line: usize) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let identity = Identity::of(&file.metadata()?);
        let mut lines = Lines::from_start(longest_line);
        let mut is_compressed = false;
        if begin == Begin::End {
            let mut first = Vec::new();
            file.by_ref().take(4).read_to_end(&mut first)?;
            is_compressed = self::is_compressed(&first);
            let end = file.seek(SeekFrom::End(0))?;
            let mut last = *b"\n";
            if end > 0 {
                file.seek(SeekFrom::Start(end - 1))?;
                file.read_exact(&mut last)?;
            }
            // Nobody knows how the line begins that is being written.
            lines = Lines::after(end, last != *b"\n", longest_line);
        }
        Ok(Self {
            file,
            identity,
            lines,
            is_compressed,
        })
    }

    fn begin_again(&mut self, longest_line: usize) {
        self.lines = Lines::from_start(longest_line);
        self.is_compressed = false;
        // A file that can be truncated can be read from its start; if not, it is read on.
        let _ = self.file.seek(SeekFrom::Start(0));
    }
}

/// Tells whether a file begins as those of gzip (RFC 1952 section 2.3.1) or Zstandard (RFC 8878
/// section 3.1.1).
fn is_compressed(start: &[u8]) -> bool {
    start.starts_with(b"\x1f\x8b") || start.starts_with(b"\x28\xb5\x2f\xfd")
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
