//! One worker, several destinations.

use std::fmt;
use std::io;

use crate::attempt::{Attempts, Failure};
use crate::destination::{Destination, LineTooLarge};

/// Copies lines to several destinations behind one worker.
///
/// ```
/// use tasktrail_writer::{Builder, LogFile, Tee};
///
/// # let folder = std::env::temp_dir().join(format!("tasktrail-tee-{}", std::process::id()));
/// let one = LogFile::open(folder.join("one.log"))?;
/// let other = LogFile::open(folder.join("other.log"))?;
/// let worker = Builder::new(Tee::of(one).and(other)).start()?;
///
/// worker.writer().write_line(b"hello\n");
/// assert_eq!(worker.finish().written(), 1);
///
/// assert_eq!(std::fs::read(folder.join("one.log"))?, b"hello\n");
/// assert_eq!(std::fs::read(folder.join("other.log"))?, b"hello\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is guaranteed
///
/// - **Each destination gets each line once**, in order, whatever the others do: how short their
///   writes are, how often they fail, are busy or panic.
/// - **A line counts as written when all have it.**
/// - **Behind a [`fallback`](crate::Builder::fallback)** the same is true of the lines that it did not
///   take. Of those that it took some destinations may have got a part, in whole lines.
/// - **A line that one refuses as too large goes to all others**, and counts as
///   [`TooLarge`](crate::Cause::TooLarge).
/// - **A sync makes durable what can be**, and fails if that fails. It is
///   [`Unsupported`](io::ErrorKind::Unsupported) only if none of the destinations can do it: with a
///   file and a socket, the file is durable.
///
/// # One holds up the others
///
/// When one destination fails or is busy, the others get the batch that the worker has in hand, and
/// after that they wait for it. One that hangs in a call holds them up at once. If one has failed for
/// good when the program ends, the lines that are left are lost for all.
///
/// That is right where the copies must be the same. For destinations that are independent of each
/// other, use a worker for each:
///
#[cfg_attr(
    feature = "make-writer",
    doc = "
```
use tasktrail_writer::{Builder, LogFile, TcpLines};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::MakeWriterExt;
use tracing_subscriber::layer::SubscriberExt;

# let path = std::env::temp_dir().join(format!(\"tasktrail-and-{}.log\", std::process::id()));
# let address = std::net::TcpListener::bind(\"127.0.0.1:0\")?.local_addr()?;
let file = Builder::new(LogFile::open(&path)?).start()?;
// Nobody listens there.
let network = Builder::new(TcpLines::to(address)?).start()?;
let subscriber = tracing_subscriber::registry()
    .with(fmt::layer().with_writer(file.writer().and(network.writer())));

tracing::subscriber::with_default(subscriber, || tracing::info!(\"hello\"));

assert_eq!(file.finish().written(), 1);
assert_eq!(network.finish().lost(), 1);
# std::fs::remove_file(&path)?;
# Ok::<(), Box<dyn std::error::Error>>(())
```
"
)]
#[cfg_attr(
    not(feature = "make-writer"),
    doc = "`file.writer().and(network.writer())`, with `MakeWriterExt` of `tracing-subscriber`."
)]
pub struct Tee {
    branches: Vec<Branch>,
    refused: Option<Refused>,
    /// What some have of the bytes that come again, after a failure, with the rest of its last line.
    /// Something else comes if a fallback has taken these.
    again: Vec<u8>,
}

/// One of the destinations.
struct Branch {
    destination: Attempts<Box<dyn Destination>>,
    /// So many bytes it has taken of those that come next.
    ahead: usize,
    /// The rest of a line that it has a part of, and that does not come again.
    owed: Vec<u8>,
    /// It never takes the line that comes next for it.
    refuses: bool,
    /// It has failed in the write that is going on.
    failed: bool,
    /// It holds nothing back any more, while others may.
    flushed: bool,
}

/// A line that the worker was told to drop.
struct Refused {
    /// The lines that were in hand, in bytes, with the refused one.
    lines: usize,
    /// The refused line, as far as it can be seen.
    line: usize,
}

impl Tee {
    /// Starts with one destination.
    pub fn of(destination: impl Destination) -> Self {
        Self {
            branches: Vec::new(),
            refused: None,
            again: Vec::new(),
        }
        .and(destination)
    }

    /// Adds another destination.
    ///
    /// ```
    /// use std::io;
    /// use tasktrail_writer::{Builder, Tee, stderr};
    ///
    /// let worker = Builder::new(Tee::of(Vec::new()).and(stderr()?).and(io::sink())).start()?;
    /// worker.writer().write_line(b"hello\n");
    ///
    /// assert_eq!(worker.finish().written(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the lines go to the tee that this returns"]
    pub fn and(mut self, destination: impl Destination) -> Self {
        self.branches.push(Branch {
            destination: Attempts::new(Box::new(destination)),
            ahead: 0,
            owed: Vec::new(),
            refuses: false,
            failed: false,
            flushed: false,
        });
        self
    }

    /// Takes note that so many bytes don't come again.
    fn advance(&mut self, count: usize) {
        for branch in &mut self.branches {
            if branch.ahead < count {
                // Only a line that was refused goes on without all of them.
                branch.refuses = false;
            }
            branch.ahead = branch.ahead.saturating_sub(count);
        }
        self.again.drain(..count.min(self.again.len()));
    }

    /// Keeps what some have of the lines, to know it again.
    fn keep_for_again(&mut self, lines: &[u8]) {
        let ahead = self.branches.iter().map(|branch| branch.ahead);
        let ahead = ahead.max().unwrap_or_default();
        let refuses = self.branches.iter().any(|branch| branch.refuses);
        // What comes may be a part of what is kept already.
        if (ahead > 0 || refuses) && self.again.len() < lines.len() {
            let end = line_end(lines, ahead);
            self.again = lines.get(..end).unwrap_or(lines).to_vec();
        }
    }

    /// Has nobody wait for bytes that somebody else was given: lines that are begun are completed, and
    /// all go on with what comes now.
    fn start_anew(&mut self) {
        for branch in &mut self.branches {
            if branch.ahead > 0 && !is_border(&self.again, branch.ahead) {
                let end = line_end(&self.again, branch.ahead);
                let rest = self.again.get(branch.ahead..end);
                branch.owed.extend_from_slice(rest.unwrap_or_default());
            }
            branch.ahead = 0;
            branch.refuses = false;
        }
        self.again = Vec::new();
    }

    /// What all have taken.
    fn joint(&self) -> usize {
        let taken = self.branches.iter().map(|branch| branch.ahead);
        taken.min().unwrap_or_default()
    }

    /// The length of the line that is to be dropped now: refused, and taken by all who do not refuse
    /// it, so that nobody stands within a line.
    fn refused_line(&self, lines: &[u8]) -> Option<usize> {
        let mut refusals = self.branches.iter();
        if !refusals.any(|branch| branch.refuses && branch.ahead == 0) {
            return None;
        }
        let line = line_end(lines, 0);
        let settled = |branch: &Branch| match branch.ahead.checked_sub(line) {
            Some(_) => is_border(lines, branch.ahead),
            None => branch.refuses,
        };
        self.branches.iter().all(settled).then_some(line)
    }

    /// Calls all, and returns how the first of those failed that did.
    fn each(
        &mut self,
        mut call: impl FnMut(&mut Branch) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut first = Ok(());
        for branch in &mut self.branches {
            first = worse(first, call(branch));
        }
        first
    }
}

/// Where the line ends that this byte is in.
fn line_end(lines: &[u8], at: usize) -> usize {
    let rest = lines.get(at..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'\n');
    end.map_or(lines.len(), |end| at + end + 1)
}

/// Whether a line ends before this byte, or the lines do.
fn is_border(lines: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|last| lines.get(last));
    at >= lines.len() || before == Some(&b'\n')
}

/// The first failure; one that is only busy has no precedence, for it tells nothing.
fn worse(first: Result<(), Failure>, second: Result<(), Failure>) -> Result<(), Failure> {
    match (&first, &second) {
        (Ok(()), _) | (Err(Failure::Busy), Err(_)) => second,
        _ => first,
    }
}

impl Branch {
    fn is_to_write(&self, lines: &[u8]) -> bool {
        !self.failed && !self.refuses && self.ahead < lines.len()
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        self.write_owed()?;
        let rest = lines.get(self.ahead..).unwrap_or_default();
        match self.destination.write(rest) {
            Ok(count) => {
                self.ahead += count;
                self.flushed = false;
            }
            Err(Failure::LineTooLarge) => self.refuses = true,
            Err(failure) => {
                self.failed = true;
                return Err(failure);
            }
        }
        Ok(())
    }

    fn write_owed(&mut self) -> Result<(), Failure> {
        while !self.owed.is_empty() {
            match self.destination.write(&self.owed) {
                Ok(count) => {
                    self.owed.drain(..count);
                    self.flushed = false;
                }
                // It takes no more of that line.
                Err(Failure::LineTooLarge) => self.owed.clear(),
                Err(failure) => {
                    self.failed = true;
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if !self.flushed {
            self.destination.flush()?;
            self.flushed = true;
        }
        Ok(())
    }
}

impl Failure {
    fn into_error(self) -> io::Error {
        match self {
            Failure::Busy => io::ErrorKind::WouldBlock.into(),
            Failure::Failed(error) => error,
            Failure::LineTooLarge => LineTooLarge.into(),
        }
    }
}

impl Destination for Tee {
    /// Writes to all, and returns how many bytes all have taken.
    ///
    /// # Errors
    ///
    /// If that is none: that of the first destination that failed.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if lines.is_empty() {
            return Ok(0);
        }
        if let Some(refused) = self.refused.take() {
            // The worker knows better than we where its lines end: they may have ends inside.
            let dropped = refused.lines.checked_sub(lines.len());
            self.advance(dropped.filter(|count| *count > 0).unwrap_or(refused.line));
        }
        if !lines.starts_with(&self.again) && !self.again.starts_with(lines) {
            self.start_anew();
        }
        for branch in &mut self.branches {
            branch.failed = false;
        }
        let mut failure = Ok(());
        loop {
            let mut moved = false;
            for branch in &mut self.branches {
                if branch.is_to_write(lines) {
                    let written = branch.write(lines);
                    moved |= written.is_ok();
                    failure = worse(failure, written);
                }
            }
            let joint = self.joint();
            if joint > 0 {
                self.advance(joint);
                return Ok(joint);
            }
            if let Some(line) = self.refused_line(lines) {
                let lines = lines.len();
                self.refused = Some(Refused { lines, line });
                return Err(LineTooLarge.into());
            }
            if !moved {
                self.keep_for_again(lines);
                let failure = failure.err().unwrap_or(Failure::Busy);
                return Err(failure.into_error());
            }
        }
    }

    /// Flushes all, also after one has failed; those that succeeded are not asked again until all have.
    ///
    /// # Errors
    ///
    /// That of the first that failed.
    fn flush(&mut self) -> io::Result<()> {
        if let Some(refused) = self.refused.take() {
            // It was the last of its batch.
            self.advance(refused.lines);
        }
        self.each(Branch::flush).map_err(Failure::into_error)?;
        for branch in &mut self.branches {
            branch.flushed = false;
        }
        Ok(())
    }

    /// Makes durable what can be, also after one has failed.
    ///
    /// # Errors
    ///
    /// That of the first that failed, or [`Unsupported`](io::ErrorKind::Unsupported) if none can do it.
    fn sync(&mut self) -> io::Result<()> {
        let mut supported = false;
        let synced = self.each(|branch| match branch.destination.sync() {
            Err(Failure::Failed(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
            synced => {
                supported = true;
                synced
            }
        });
        match synced {
            Ok(()) if !supported => Err(io::ErrorKind::Unsupported.into()),
            synced => synced.map_err(Failure::into_error),
        }
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        // One that panics must not keep the others from writing their last bytes.
        for branch in self.branches.drain(..) {
            branch.destination.close();
        }
    }
}

impl fmt::Debug for Tee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tee")
            .field("destinations", &self.branches.len())
            .finish_non_exhaustive()
    }
}
