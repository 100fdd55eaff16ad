//! What a worker writes to.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};

use crate::file::LogFile;

/// Takes lines from the worker: many at once, and never from two threads at the same time.
///
/// Whatever implements [`io::Write`] is a destination. Implement this for what is no stream of
/// bytes, or has a way to make lines durable.
///
/// A destination that fails is tried again after a pause; one that panics has failed.
///
/// ```
/// use std::io;
/// use std::sync::mpsc::{Sender, channel};
/// use tasktrail_writer::{Builder, Destination};
///
/// /// Sends each line to another thread.
/// struct ToThread(Sender<Vec<u8>>);
///
/// impl Destination for ToThread {
///     fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
///         let end = lines.iter().position(|byte| *byte == b'\n');
///         let length = end.map_or(lines.len(), |end| end + 1);
///         let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
///         self.0.send(lines[..length].to_vec()).map_err(gone)?;
///         Ok(length)
///     }
///
///     fn flush(&mut self) -> io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let (sender, receiver) = channel();
/// let worker = Builder::new(ToThread(sender)).start()?;
/// worker.writer().write_line(b"one\n");
/// worker.writer().write_line(b"two\n");
///
/// assert_eq!(worker.finish().written(), 2);
/// assert_eq!(receiver.iter().collect::<Vec<_>>(), [b"one\n", b"two\n"]);
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
pub trait Destination: Send + 'static {
    /// Writes a part of the lines and returns how many bytes that was, at least one.
    ///
    /// What is written next begins with the first byte that was not taken, be it within a line.
    ///
    /// # Errors
    ///
    /// Whatever the destination fails with; nothing of `lines` was taken then. Three are understood:
    ///
    /// - [`Interrupted`](io::ErrorKind::Interrupted): the same bytes come again at once;
    /// - [`WouldBlock`](io::ErrorKind::WouldBlock): it has not failed, but takes nothing now;
    /// - one made from [`LineTooLarge`]: the first line is lost, and counted as
    ///   [`TooLarge`](crate::Cause::TooLarge).
    fn write(&mut self, lines: &[u8]) -> io::Result<usize>;

    /// Passes on what is held back in this process. Called after each batch; only then do its lines
    /// count as written.
    ///
    /// # Errors
    ///
    /// Whatever the destination fails with; it is called again after a pause.
    fn flush(&mut self) -> io::Result<()>;

    /// Makes what was written durable, so that a loss of power does not lose it. Called when
    /// [`SyncWhen`](crate::SyncWhen) says so, after `flush`.
    ///
    /// For an [`io::Write`] this works with [`File`] and [`LogFile`], both by
    /// [`File::sync_data`]. By default it is not supported.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) if the destination can't do that; otherwise it is
    /// called again after a pause.
    fn sync(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<W: Write + Send + 'static> Destination for W {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        Write::write(self, lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(self)
    }

    fn sync(&mut self) -> io::Result<()> {
        // `Write` has no word for it, and an `impl` for a file next to this one is not possible.
        let any: &mut dyn Any = self;
        if let Some(file) = any.downcast_mut::<File>() {
            return file.sync_data();
        }
        match any.downcast_mut::<LogFile>() {
            Some(file) => file.sync(),
            None => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Destination for Box<dyn Destination> {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        (**self).write(lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}

/// Says from within an [`io::Error`] that a destination never takes the first of the lines that it
/// was given, because of its length.
///
/// ```
/// use std::io;
/// use tasktrail_writer::{Builder, Cause, Destination, LineTooLarge};
///
/// /// Takes lines of up to 8 bytes.
/// struct Short;
///
/// impl Destination for Short {
///     fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
///         let end = lines.iter().position(|byte| *byte == b'\n');
///         match end.map_or(lines.len(), |end| end + 1) {
///             length @ 1..=8 => Ok(length),
///             _ => Err(LineTooLarge.into()),
///         }
///     }
///
///     fn flush(&mut self) -> io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let worker = Builder::new(Short).start()?;
/// worker.writer().write_line(b"longer than that\n");
/// worker.writer().write_line(b"short\n");
/// let outcome = worker.finish();
///
/// assert_eq!(outcome.losses().of(Cause::TooLarge), 1);
/// assert_eq!(outcome.written(), 1);
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineTooLarge;

impl LineTooLarge {
    pub(crate) fn is_in(error: &io::Error) -> bool {
        error
            .get_ref()
            .is_some_and(|inner| inner.is::<LineTooLarge>())
    }
}

impl fmt::Display for LineTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the line is too large for the destination")
    }
}

impl Error for LineTooLarge {}

impl From<LineTooLarge> for io::Error {
    fn from(reason: LineTooLarge) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    }
}
