//! When the program leaves: at its exit, in a panic, or when it asks for it.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic;
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use crate::alive::{self, Alive};
use crate::queue::Queue;
use crate::worker::FlushError;

/// What becomes of the lines in memory when the program exits while the worker is at work.
///
/// An exit is a call of [`std::process::exit`], and a return from `main`, also after a panic in it,
/// while the [`Worker`](crate::Worker) is in a static, was leaked, or belongs to another thread.
/// Nothing runs when a program aborts or is killed; for an abort by a panic see [`OnPanic`].
///
/// This works on Unix. Elsewhere the lines are lost, as with [`LoseLines`](AtExit::LoseLines): on
/// Windows all threads have ended before a program is told of its exit.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::AtExit;
///
/// assert_eq!(AtExit::default(), AtExit::FinishWithin(Duration::from_secs(5)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AtExit {
    /// The exit finishes the worker as
    /// [`Worker::finish_within`](crate::Worker::finish_within) does, and waits for the destination
    /// no longer than this.
    ///
    /// All workers are finished at the same time, so the exit takes no longer than the longest of
    /// their deadlines. Lines that come after it began are lost, and counted as
    /// [`WorkerGone`](crate::Cause::WorkerGone). Functions that the program gave to `atexit` after
    /// it had started its first worker run before, and may still log.
    ///
    /// An exit that a destination calls, on the worker's own thread, waits for no worker.
    FinishWithin(Duration),
    /// They are lost, and nobody is told.
    LoseLines,
}

impl Default for AtExit {
    fn default() -> Self {
        Self::FinishWithin(Duration::from_secs(5))
    }
}

/// What becomes of the lines in memory when a thread panics.
///
/// A panic may abort the program, and nothing else runs then: that is so with `panic = "abort"`, in a
/// panic during a panic, and wherever a panic hook says so. The lines that tell why are the ones that
/// wait in memory.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::OnPanic;
///
/// assert_eq!(OnPanic::default(), OnPanic::FlushWithin(Duration::from_secs(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnPanic {
    /// The panicking thread waits until they are written, but no longer than this.
    ///
    /// It does so for every panic, also for one that is caught later: nobody can know that before.
    /// It waits once before the panic hook that was there before, which may abort, and again after
    /// it, for it may log; both together take no longer than this. All workers write at the same
    /// time.
    ///
    /// A destination that panics, on the worker's own thread, waits for nobody. If the panicking
    /// thread holds a lock that the destination needs, such as that of the standard output, nothing
    /// can be written until it gives up.
    FlushWithin(Duration),
    /// Nobody waits for them: they are lost if the panic aborts the program.
    GoOn,
}

impl Default for OnPanic {
    fn default() -> Self {
        Self::FlushWithin(Duration::from_secs(1))
    }
}

/// Waits until every line that was accepted before the call is written, by all workers of this
/// process, and their destinations are flushed.
///
/// All workers write at the same time, and one deadline holds for all together. They go on taking
/// lines. Workers that are finished, and those that a fork brought along, are not waited for.
///
/// # Errors
///
/// [`FlushAllError`] if the deadline was not enough; the lines are still in memory and are still
/// going to be written. Called by a destination on a worker's own thread, it does not wait at all.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::Builder;
///
/// let audit = Builder::new(Vec::new()).start()?;
/// let debug = Builder::new(Vec::new()).start()?;
/// audit.writer().write_line(b"paid\n");
/// debug.writer().write_line(b"here\n");
/// tasktrail_writer::flush_all(Duration::from_secs(5))?;
///
/// assert_eq!(audit.outcome().written() + debug.outcome().written(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn flush_all(deadline: Duration) -> Result<(), FlushAllError> {
    let begin = Instant::now();
    let alive = alive::all();
    let mut unflushed = FlushAllError {
        deadline,
        workers: 0,
        waiting: 0,
        failure: None,
    };
    for error in flush(&alive, begin, |_| Some(deadline)) {
        unflushed.add(error);
    }
    match unflushed.workers {
        0 => Ok(()),
        _ => Err(unflushed),
    }
}

/// Why a flush of all workers did not come to its end: it took too long.
#[derive(Debug)]
pub struct FlushAllError {
    deadline: Duration,
    workers: usize,
    waiting: u64,
    failure: Option<Arc<io::Error>>,
}

impl FlushAllError {
    /// How many lines were still not written and flushed, by all workers together.
    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    /// How many workers had not come to their end.
    pub fn workers(&self) -> usize {
        self.workers
    }

    fn add(&mut self, error: FlushError) {
        // Of the lines of a worker that has ended meanwhile none waits: its end has accounted for
        // them.
        if let FlushError::TimedOut {
            waiting, failure, ..
        } = error
        {
            self.workers += 1;
            self.waiting += waiting;
            self.failure = self.failure.take().or(failure);
        }
    }
}

impl fmt::Display for FlushAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            deadline,
            workers,
            waiting,
            failure,
        } = self;
        let of = if *workers == 1 { "worker" } else { "workers" };
        let why = match failure {
            Some(_) => "a destination failed",
            None => "the destinations did not take them",
        };
        write!(
            f,
            "expected all lines to be written within {deadline:?}, \
             found {waiting} not written by {workers} {of}: {why}"
        )
    }
}

impl Error for FlushAllError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            Some(error) => Some(&**error),
            None => None,
        }
    }
}

/// Lists the worker, and sees to it that the process does for it what its builder said.
pub(crate) fn enter(queue: &Arc<Queue>, at_exit: AtExit, on_panic: OnPanic) {
    alive::enter(queue, at_exit, on_panic);
    if at_exit != AtExit::LoseLines {
        watch_exit();
    }
    if on_panic != OnPanic::GoOn {
        watch_panics();
    }
}

#[cfg(unix)]
fn watch_exit() {
    extern "C" fn exits() {
        finish_all(|worker| match worker.at_exit {
            AtExit::FinishWithin(deadline) => Some(deadline),
            AtExit::LoseLines => None,
        });
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| crate::process::at_exit(exits));
}

#[cfg(not(unix))]
fn watch_exit() {}

/// Ends the workers at the same time, each within its own deadline; those that have none go on.
#[cfg(unix)]
pub(crate) fn finish_all(deadline: impl Fn(&Alive) -> Option<Duration>) {
    let begin = Instant::now();
    let alive = alive::all();
    let chosen = alive
        .iter()
        .filter_map(|worker| Some((&worker.queue, deadline(worker)?)));
    let chosen: Vec<_> = chosen.collect();
    for (queue, _) in &chosen {
        queue.begin_end();
    }
    for (queue, deadline) in chosen {
        // Nobody is left who could be given the account; the output tells what it can.
        let _ = queue.finish(left(begin, deadline));
    }
}

fn watch_panics() {
    static ONCE: Once = Once::new();
    // A thread that panics must not touch the hooks. The next worker's start does it.
    if thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let begin = Instant::now();
            flush_in_panic(begin);
            previous(info);
            flush_in_panic(begin);
        }));
    });
}

fn flush_in_panic(begin: Instant) {
    // The worker can't wait for itself, its panics are caught, and others' pauses between two tries
    // are not its to end.
    if crate::sync::on_worker() {
        return;
    }
    let alive = alive::all();
    // What they could not write is still in memory, and still counted there.
    flush(&alive, begin, |worker| match worker.on_panic {
        OnPanic::FlushWithin(bound) => Some(bound),
        OnPanic::GoOn => None,
    })
    .for_each(drop);
}

/// Has the workers write at the same time, each until its own deadline, and says why some did not
/// come to their end.
fn flush(
    alive: &[Alive],
    begin: Instant,
    deadline: impl Fn(&Alive) -> Option<Duration>,
) -> impl Iterator<Item = FlushError> {
    let chosen = alive
        .iter()
        .filter_map(move |worker| Some((&worker.queue, deadline(worker)?)));
    let chosen: Vec<_> = chosen.collect();
    for (queue, _) in &chosen {
        queue.nudge();
    }
    let flushed = chosen.into_iter();
    flushed.filter_map(move |(queue, deadline)| queue.flush(left(begin, deadline)).err())
}

fn left(begin: Instant, deadline: Duration) -> Duration {
    deadline.saturating_sub(begin.elapsed())
}
