//! The standard output and error, without the lock and the buffer that the program shares.

use std::fmt;
#[cfg(unix)]
use std::fs::File;
use std::io;
#[cfg(not(unix))]
use std::io::Write;
#[cfg(unix)]
use std::os::fd::AsFd;

use crate::destination::Destination;

/// Writes lines to the program's standard output, on Unix past [`std::io::Stdout`].
///
/// ```no_run
/// use tasktrail_writer::{Builder, stdout};
///
/// let worker = Builder::new(stdout()?).start()?;
///
/// worker.writer().write_line(b"{\"message\":\"hello\"}\n");
/// assert_eq!(worker.finish().written(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// That of the system if the standard output is closed. [`std::io::Stdout`] takes all lines then,
/// and they are lost in silence. One that was closed before the program started is none: Rust
/// puts `/dev/null` in its place before `main`.
pub fn stdout() -> io::Result<StandardStream> {
    StandardStream::of(io::stdout())
}

/// Writes lines to the program's standard error, on Unix past [`std::io::Stderr`].
///
/// ```
/// use tasktrail_writer::{Builder, stderr};
///
/// let worker = Builder::new(stderr()?).start()?;
///
/// worker.writer().write_line(b"{\"message\":\"hello\"}\n");
/// assert_eq!(worker.finish().written(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As for [`stdout`].
pub fn stderr() -> io::Result<StandardStream> {
    StandardStream::of(io::stderr())
}

/// The standard output or error as a destination; [`stdout`] and [`stderr`] make it.
///
/// On Unix it is a duplicate of the descriptor:
///
/// - **It needs no lock of the program.** A thread that exits while it holds a
///   [`StdoutLock`](std::io::StdoutLock) would keep the worker from writing the last lines.
/// - **It holds nothing back**, where [`Stdout`](std::io::Stdout) looks for line ends in what it was
///   given and may keep a part of it.
/// - **A failure is one.** `Stdout` and `Stderr` take lines for a closed descriptor, and lose them.
/// - **Another program may have made it non-blocking**, as happens with a terminal or a pipe that is
///   shared. When it is full it counts as busy; no line is torn or doubled.
///
/// What the program prints itself, or a child that shares it, comes between two writes. These end at
/// the end of a line unless the reader of a pipe or a terminal is slow.
///
/// Elsewhere than on Unix this is `Stdout` or `Stderr` itself.
///
/// [`sync`](Destination::sync) works if it leads to a file.
pub struct StandardStream {
    #[cfg(unix)]
    stream: File,
    #[cfg(not(unix))]
    stream: Box<dyn Write + Send>,
}

impl StandardStream {
    #[cfg(unix)]
    fn of(stream: impl AsFd) -> io::Result<Self> {
        let descriptor = stream.as_fd().try_clone_to_owned()?;
        Ok(Self {
            stream: File::from(descriptor),
        })
    }

    #[cfg(not(unix))]
    fn of(stream: impl Write + Send + 'static) -> io::Result<Self> {
        Ok(Self {
            stream: Box::new(stream),
        })
    }
}

impl Destination for StandardStream {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut self.stream, lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(&mut self.stream)
    }

    #[cfg(unix)]
    fn sync(&mut self) -> io::Result<()> {
        self.stream.sync_data().map_err(|error| {
            // So says the system of a pipe or a terminal.
            match error.kind() {
                io::ErrorKind::InvalidInput => io::ErrorKind::Unsupported.into(),
                _ => error,
            }
        })
    }
}

impl fmt::Debug for StandardStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardStream").finish_non_exhaustive()
    }
}
