//! The callers' end.

use std::fmt;
use std::io::{self, IoSlice, Write};

use crate::level::Level;
use crate::outcome::Outcome;
use crate::queue::Queue;
use crate::sync::Arc;

/// Takes whole lines from any thread and leaves the writing to the worker.
///
/// One call of [`write_line`](Writer::write_line), or of any method of [`io::Write`], is one line: it
/// comes out whole, with nothing in between, or not at all. A line brings its own line end; none is
/// added, and nothing looks for one, so any framing will do. Lines of one thread come out in the
/// order in which it wrote them.
///
/// Writing never fails and never panics: what can't be written is counted. Only `write!` fails, if
/// an argument fails to format itself; then there is no line.
///
/// ```
/// use std::io::Write;
/// use tasktrail_writer::Builder;
///
/// let worker = Builder::new(Vec::new()).start()?;
/// let mut writer = worker.writer();
/// writer.write_line(b"a line\n");
/// writer.write_all(b"another line\n")?;
/// writeln!(writer, "a line in {} pieces", 2)?;
///
/// assert_eq!(worker.finish().written(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Writer {
    queue: Arc<Queue>,
}

impl Writer {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Hands a whole line to the worker.
    ///
    /// It waits only when the memory is full and the worker was built to
    /// [block](crate::WhenFull::Block). An empty line is none.
    ///
    /// ```
    /// use tasktrail_writer::{Builder, Cause};
    ///
    /// let worker = Builder::new(Vec::new()).start()?;
    /// let writer = worker.writer();
    /// writer.write_line(b"in time\n");
    /// assert_eq!(worker.finish().written(), 1);
    ///
    /// writer.write_line(b"too late\n");
    /// assert_eq!(writer.outcome().losses().of(Cause::WorkerGone), 1);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    pub fn write_line(&self, line: &[u8]) {
        self.queue.push(line, None);
    }

    /// Hands a whole line of a level to the worker, as [`write_line`](Writer::write_line) does.
    ///
    /// The level counts for the [reserve](crate::Builder::reserve) and in the account, and a line
    /// of [`Level::Error`] wakes the worker.
    ///
    /// ```
    /// use tasktrail_writer::{Builder, Level};
    ///
    /// let worker = Builder::new(Vec::new()).start()?;
    /// worker.writer().write_line_at(Level::Error, b"no money left\n");
    ///
    /// assert_eq!(worker.finish().written_at(Level::Error), 1);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    pub fn write_line_at(&self, level: Level, line: &[u8]) {
        self.queue.push(line, Some(level));
    }

    pub(crate) fn push(&self, line: &[u8], level: Option<Level>) {
        self.queue.push(line, level);
    }

    pub(crate) fn nudge(&self) {
        self.queue.nudge();
    }

    /// Counts what became of the lines of all writers so far, also after the worker has ended.
    pub fn outcome(&self) -> Outcome {
        self.queue.outcome()
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// Each call is one whole line.
impl Write for &Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_line(line);
        Ok(line.len())
    }

    /// Joins the slices to one line.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(&in_one(slices))
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        self.write_line(line);
        Ok(())
    }

    /// Formats into memory first, so that `writeln!` writes one line and not its pieces.
    fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> io::Result<()> {
        write_in_one(arguments, |line| self.push(line, None))
    }

    /// Asks the worker to write at once, and does not wait for it:
    /// [`Worker::flush`](crate::Worker::flush) does.
    fn flush(&mut self) -> io::Result<()> {
        self.nudge();
        Ok(())
    }
}

/// Each call is one whole line.
impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        (&*self).write(line)
    }

    /// Joins the slices to one line.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(slices)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        (&*self).write_all(line)
    }

    /// Formats into memory first, so that `writeln!` writes one line and not its pieces.
    fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> io::Result<()> {
        (&*self).write_fmt(arguments)
    }

    /// Asks the worker to write at once, and does not wait for it:
    /// [`Worker::flush`](crate::Worker::flush) does.
    fn flush(&mut self) -> io::Result<()> {
        (&*self).flush()
    }
}

pub(crate) fn in_one(slices: &[IoSlice<'_>]) -> Vec<u8> {
    let mut line = Vec::with_capacity(slices.iter().map(|slice| slice.len()).sum());
    for slice in slices {
        line.extend_from_slice(slice);
    }
    line
}

/// Formats a line, and hands it over whole; fails if one of its arguments fails to format itself.
pub(crate) fn write_in_one(
    arguments: fmt::Arguments<'_>,
    push: impl FnOnce(&[u8]),
) -> io::Result<()> {
    if let Some(line) = arguments.as_str() {
        push(line.as_bytes());
        return Ok(());
    }
    let mut line = String::new();
    // Not `io::Write::write_fmt`, which panics where this fails.
    fmt::write(&mut line, arguments).map_err(|_| {
        io::Error::other("expected arguments that can be formatted, found one that can't")
    })?;
    push(line.as_bytes());
    Ok(())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::Builder;

    #[test]
    fn an_argument_that_can_not_be_formatted_is_an_error_and_no_line() {
        struct Failing;
        impl fmt::Display for Failing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part")?;
                Err(fmt::Error)
            }
        }
        let worker = Builder::new(Vec::new()).start().unwrap();

        let result = writeln!(worker.writer(), "{}", Failing);

        assert_eq!(
            result.unwrap_err().to_string(),
            "expected arguments that can be formatted, found one that can't"
        );
        assert_eq!(worker.finish(), Outcome::default());
    }
}
