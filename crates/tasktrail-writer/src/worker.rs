//! The handle on the worker thread: its writers, its account, its end.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::queue::Queue;
use crate::sync::{Arc, JoinHandle};
use crate::writer::Writer;

/// How long [`Worker::finish`] waits for the destination.
const FINISH: Duration = Duration::from_secs(5);

/// Keeps the worker thread at work, and ends it.
///
/// Keep it as long as the program logs, and call [`finish`](Worker::finish) at the end to learn
/// whether lines were lost. Dropping it ends the work in the same way, without the account.
///
/// ```
/// use tasktrail_writer::Builder;
///
/// let worker = Builder::new(Vec::new()).start()?;
/// let writer = worker.writer();
/// std::thread::spawn(move || writer.write_line(b"from another thread\n"))
///     .join()
///     .expect("writing never panics");
///
/// assert_eq!(worker.finish().written(), 1);
/// # Ok::<(), tasktrail_writer::StartError>(())
/// ```
#[must_use = "when it is dropped, the work ends"]
pub struct Worker {
    queue: Arc<Queue>,
    /// Taken when the end has begun.
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn new(queue: Arc<Queue>, thread: JoinHandle<()>) -> Self {
        Self {
            queue,
            thread: Some(thread),
        }
    }

    /// Makes a writer, through which lines come to this worker.
    ///
    /// It may be cloned, sent to any thread, and outlive the worker: then its lines are lost and
    /// counted as [`WorkerGone`](crate::Cause::WorkerGone).
    pub fn writer(&self) -> Writer {
        Writer::new(Arc::clone(&self.queue))
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Counts what became of the lines so far.
    ///
    /// All numbers are of one moment.
    pub fn outcome(&self) -> Outcome {
        self.queue.outcome()
    }

    /// Waits until every line that was accepted before the call is written and the destination's
    /// `flush` has been called after it.
    ///
    /// Losses from before the call have then been told in the output, too. Lines that
    /// [`WhenFull::DropOldest`](crate::WhenFull::DropOldest) takes away meanwhile are not waited
    /// for: [`outcome`](Worker::outcome) counts them.
    ///
    /// # Errors
    ///
    /// [`FlushError::TimedOut`] if that took longer than `timeout`; the lines are still in memory and
    /// are still going to be written. Called by a destination on the worker's own thread, it does
    /// not wait at all.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::Builder;
    ///
    /// let worker = Builder::new(Vec::new()).start()?;
    /// worker.writer().write_line(b"now\n");
    /// worker.flush(Duration::from_secs(5))?;
    ///
    /// assert_eq!(worker.outcome().written(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.queue.flush(timeout)
    }

    /// Waits as [`flush`](Worker::flush) does, and until the destination has made all of that
    /// durable: not even a loss of power loses it then.
    ///
    /// What a [fallback](crate::Builder::fallback) took is not made durable, and this does not say so.
    ///
    /// This works for a [`File`](std::fs::File), a [`LogFile`](crate::LogFile), and whatever
    /// implements [`Destination::sync`](crate::Destination::sync).
    ///
    /// # Errors
    ///
    /// Those of `flush`, and [`FlushError::NotSynced`] if the destination failed at it or can't do
    /// it. The lines are written, but not known to be durable; only new ones can become so.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::Builder;
    ///
    /// # let path = std::env::temp_dir().join(format!("tasktrail-sync-{}.log", std::process::id()));
    /// let worker = Builder::new(std::fs::File::create(&path)?).start()?;
    /// worker.writer().write_line(b"paid\n");
    /// worker.sync(Duration::from_secs(5))?;
    ///
    /// let worker = Builder::new(std::io::sink()).start()?;
    /// let error = worker.sync(Duration::from_secs(5)).unwrap_err();
    /// assert_eq!(error.to_string(), "expected the lines to be durable, but the destination could not do it");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync(&self, timeout: Duration) -> Result<(), FlushError> {
        self.queue.sync(timeout)
    }

    /// Writes what is in memory, ends the worker, and says what became of all lines.
    ///
    /// It waits for the destination no longer than 5 seconds, and not that long for one that has
    /// failed for good; see [`finish_within`](Worker::finish_within).
    ///
    /// ```
    /// use tasktrail_writer::Builder;
    ///
    /// let worker = Builder::new(Vec::new()).start()?;
    /// worker.writer().write_line(b"the last line\n");
    ///
    /// assert_eq!(worker.finish().lost(), 0);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    pub fn finish(self) -> Outcome {
        self.finish_within(FINISH)
    }

    /// Writes what is in memory, ends the worker, and says what became of all lines, after waiting
    /// no longer than `deadline` for the destination.
    ///
    /// Callers that wait for room when the end begins may still get it. Lines that come after that
    /// are lost, and counted as [`WorkerGone`](crate::Cause::WorkerGone).
    ///
    /// A destination that has failed for good is not waited for. While the program runs, one that
    /// fails is tried again for ever; once the end has begun,
    ///
    /// - a pipe without a reader ([`BrokenPipe`](io::ErrorKind::BrokenPipe)) is not tried again;
    /// - after any other error there are three more tries, after 10, 20 and 40 ms, and if they fail
    ///   that is final. A try that succeeds, if only in part, gives all three back;
    /// - a destination that takes nothing at the moment ([`WouldBlock`](io::ErrorKind::WouldBlock))
    ///   has not failed, and is asked again until the deadline.
    ///
    /// When it has failed for good or the deadline has passed, all lines that are left are counted
    /// as lost: [`DestinationFailed`](crate::Cause::DestinationFailed) if the last try to write had
    /// failed, otherwise [`Deadline`](crate::Cause::Deadline).
    ///
    /// The destination is dropped before this returns, unless that takes longer than the deadline;
    /// bytes that it had buffered may still appear then. A destination that hangs keeps its thread;
    /// if it comes back after the deadline, the bytes it was given may still appear, and nothing
    /// after them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::Builder;
    ///
    /// let worker = Builder::new(Vec::new()).start()?;
    /// worker.writer().write_line(b"the last line\n");
    ///
    /// assert_eq!(worker.finish_within(Duration::from_secs(30)).lost(), 0);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    pub fn finish_within(mut self, deadline: Duration) -> Outcome {
        self.end(deadline)
    }

    fn end(&mut self, deadline: Duration) -> Outcome {
        let Some(thread) = self.thread.take() else {
            return self.queue.outcome();
        };
        if !self.queue.is_here() {
            // In the child of a fork the thread is not there, and can be neither joined nor let go.
            std::mem::forget(thread);
            return self.queue.outcome();
        }
        let (outcome, ended) = self.queue.finish(deadline);
        // Not before: an exit meanwhile waits for this end, too.
        #[cfg(not(loom))]
        crate::alive::leave(&self.queue);
        if ended {
            // It has said its last word, so this waits for nobody. All that could panic in it has
            // been caught.
            let _ = thread.join();
        }
        outcome
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.end(FINISH);
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// Why a flush did not come to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum FlushError {
    /// It took too long.
    #[non_exhaustive]
    TimedOut {
        /// How long it was allowed to take.
        timeout: Duration,
        /// How many of the lines were still not written and flushed.
        waiting: u64,
        /// What the destination's last try failed with, if it failed.
        failure: Option<std::sync::Arc<io::Error>>,
    },
    /// The lines are written, but could not be made durable.
    #[non_exhaustive]
    NotSynced {
        /// What the destination failed with; its kind is
        /// [`Unsupported`](io::ErrorKind::Unsupported) if it never can.
        failure: std::sync::Arc<io::Error>,
    },
    /// The worker has ended.
    WorkerGone,
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FlushError::TimedOut {
                timeout,
                waiting,
                failure,
            } => {
                let why = match failure {
                    Some(_) => "the destination failed",
                    None => "the destination did not take them",
                };
                write!(
                    f,
                    "expected all lines to be written within {timeout:?}, found {waiting} not written: {why}"
                )
            }
            FlushError::NotSynced { .. } => {
                f.write_str("expected the lines to be durable, but the destination could not do it")
            }
            FlushError::WorkerGone => f.write_str("expected a worker at work, found it ended"),
        }
    }
}

impl Error for FlushError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            FlushError::TimedOut { failure, .. } => match failure {
                Some(error) => Some(&**error),
                None => None,
            },
            FlushError::NotSynced { failure } => Some(&**failure),
            FlushError::WorkerGone => None,
        }
    }
}
