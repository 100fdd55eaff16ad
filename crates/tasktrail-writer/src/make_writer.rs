//! The writer under layers that render for `tracing_subscriber`.

use std::fmt;
use std::io::{self, IoSlice, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::writer::Writer;

/// Takes one event's line to the writer; [`Writer`] makes it for a layer.
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
}

/// Puts the worker under a layer: `fmt::layer().with_writer(worker.writer())`.
impl<'a> MakeWriter<'a> for Writer {
    type Writer = EventWriter<'a>;

    fn make_writer(&'a self) -> EventWriter<'a> {
        EventWriter { writer: self }
    }
}

/// Each call is one whole line.
impl Write for EventWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.writer.write(line)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writer.write_vectored(slices)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        self.writer.write_all(line)
    }

    fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> io::Result<()> {
        self.writer.write_fmt(arguments)
    }

    /// Asks the worker to write at once, and does not wait for it.
    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
