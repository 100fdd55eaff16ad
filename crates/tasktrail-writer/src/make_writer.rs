//! The writer under layers that render for `tracing_subscriber`.

use std::fmt;
use std::io::{self, IoSlice, Write};

use tracing_core::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::level::Level;
use crate::writer::{Writer, in_one, write_in_one};

/// Takes one event's line to the writer; [`Writer`] makes it for a layer.
///
/// It knows the event's level if the layer tells it, by
/// [`make_writer_for`](MakeWriter::make_writer_for).
///
/// ```
/// use std::io::Write;
/// use tasktrail_writer::Builder;
/// use tracing_subscriber::fmt::MakeWriter;
///
/// let worker = Builder::new(Vec::new()).start()?;
/// let writer = worker.writer();
/// writer.make_writer().write_all(b"rendered by a layer\n")?;
///
/// assert_eq!(worker.finish().written(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventWriter<'a> {
    writer: &'a Writer,
    level: Option<Level>,
}

/// Puts the worker under a layer: `fmt::layer().with_writer(worker.writer())`.
impl<'a> MakeWriter<'a> for Writer {
    type Writer = EventWriter<'a>;

    fn make_writer(&'a self) -> EventWriter<'a> {
        EventWriter {
            writer: self,
            level: None,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> EventWriter<'a> {
        EventWriter {
            writer: self,
            level: Some((*metadata.level()).into()),
        }
    }
}

impl From<tracing_core::Level> for Level {
    fn from(level: tracing_core::Level) -> Self {
        match level {
            tracing_core::Level::ERROR => Level::Error,
            tracing_core::Level::WARN => Level::Warn,
            tracing_core::Level::INFO => Level::Info,
            tracing_core::Level::DEBUG => Level::Debug,
            tracing_core::Level::TRACE => Level::Trace,
        }
    }
}

/// Each call is one whole line.
impl Write for EventWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.writer.push(line, self.level);
        Ok(line.len())
    }

    /// Joins the slices to one line.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(&in_one(slices))
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        self.writer.push(line, self.level);
        Ok(())
    }

    /// Formats into memory first, so that `writeln!` writes one line and not its pieces.
    fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> io::Result<()> {
        write_in_one(arguments, |line| self.writer.push(line, self.level))
    }

    /// Asks the worker to write at once, and does not wait for it.
    fn flush(&mut self) -> io::Result<()> {
        self.writer.nudge();
        Ok(())
    }
}
