//! Signals: what is in memory is written before one of them ends the program.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{FORBIDDEN, SIGALRM, SIGPIPE, SIGPROF, SIGVTALRM, SIGXCPU, SIGXFSZ};
use signal_hook::{SigId, flag, low_level};

pub use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

use crate::file::LogFileHandle;
use crate::leaving::{finish_all, flush_all};

/// Those that ask a program to end, and do it if the program has no answer of its own.
///
/// Missing are those that tell of a fault in the thread that runs (SIGABRT, SIGBUS and the like):
/// it can't go on, not even until another thread has written.
const ENDING: &[i32] = &[
    SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGXCPU, SIGXFSZ,
];

/// What comes after the lines in memory are written, or the deadline has passed.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::{AfterSignal, SIGINT, SIGTERM};
///
/// let deadline = Duration::from_secs(5);
/// tasktrail_writer::flush_on_signals([SIGTERM, SIGINT], deadline, AfterSignal::Terminate)?;
/// # Ok::<(), tasktrail_writer::SignalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterSignal {
    /// All workers are finished, at the same time, as
    /// [`Worker::finish_within`](crate::Worker::finish_within) does; then the signal ends the
    /// program, as it does by default: whoever waits for the program sees that it died of this
    /// signal.
    ///
    /// Lines that come after the signal are lost. Functions given to `atexit` do not run, and the
    /// values of other threads are not dropped. A second signal, of the same kind or of another one
    /// of the call, ends the program at once.
    Terminate,
    /// All workers are flushed, as [`flush_all`] does, and the program goes on, for it has handlers of
    /// its own, which decide.
    ///
    /// They run, too, if they were set before or with the crate `signal-hook`, as `tokio` does.
    /// A program that has none ignores the signal from now on.
    GoOn,
}

/// Has signals write what is in memory, by all workers together, before the deadline.
///
/// This holds until the program ends. A thread of its own waits for the signals, and sleeps as long
/// as none comes.
///
/// Handlers that were there before are called as well. A handler that is set later, and not with the
/// crate `signal-hook`, takes the place of this one. A signal that the program ignored, such as
/// SIGHUP under `nohup`, is not ignored any more. A process made by a fork has no such thread: with
/// [`AfterSignal::Terminate`] only the second signal ends it, until it starts another program.
///
/// # Errors
///
/// [`SignalError`] if a signal can't be handled, or does not end a program that is to be ended by
/// it. Then none is.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::{AfterSignal, Builder, SIGUSR1, flush_on_signals};
///
/// const HOUR: Duration = Duration::from_secs(3600);
///
/// let worker = Builder::new(Vec::new()).longest_delay(HOUR).start()?;
/// worker.writer().write_line(b"a line\n");
/// flush_on_signals([SIGUSR1], HOUR, AfterSignal::GoOn)?;
///
/// signal_hook::low_level::raise(SIGUSR1)?;
///
/// while worker.outcome().written() < 1 {
///     std::thread::yield_now();
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn flush_on_signals(
    signals: impl IntoIterator<Item = i32>,
    deadline: Duration,
    after: AfterSignal,
) -> Result<(), SignalError> {
    let watched = check(signals, after)?;
    let (wakes, waker) = UnixStream::pair().map_err(SignalError::Thread)?;
    let armed = Arc::new(AtomicBool::new(false));
    let watcher = Watcher {
        wakes,
        watched: watched.clone(),
        deadline,
        after,
        armed: Arc::clone(&armed),
    };
    // Before anything is handled: a signal that nobody waits for would be lost.
    thread::Builder::new()
        .name("tasktrail-signals".to_owned())
        .spawn(move || watcher.run())
        .map_err(SignalError::Thread)?;
    let mut handled = Handled(Vec::new());
    for watched in &watched {
        handled
            .register(watched, &waker, &armed, after)
            .map_err(|source| SignalError::System {
                signal: watched.signal,
                source,
            })?;
    }
    handled.keep();
    // One may have come while not all of its actions were there.
    let _ = (&waker).write(b"X");
    Ok(())
}

impl LogFileHandle {
    /// Has the file opened again before the next line whenever the signal comes, as
    /// [`reopen`](LogFileHandle::reopen) does.
    ///
    /// This holds until the program ends. The signal, SIGHUP by custom, no longer does what it does
    /// by default. Handlers that were there before are called as well; several files may wait for
    /// one signal.
    ///
    /// # Errors
    ///
    /// [`SignalError`] if the signal can't be handled.
    ///
    /// ```
    /// use std::io::Write;
    /// use tasktrail_writer::{LogFile, SIGHUP};
    ///
    /// # let folder = std::env::temp_dir().join(format!("tasktrail-hup-{}", std::process::id()));
    /// let mut file = LogFile::open(folder.join("app.log"))?;
    /// let handle = file.handle();
    /// handle.reopen_on(SIGHUP)?;
    ///
    /// signal_hook::low_level::raise(SIGHUP)?;
    /// file.write_all(b"a line\n")?;
    ///
    /// assert_eq!(handle.counts().reopened(), 1);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reopen_on(&self, signal: i32) -> Result<(), SignalError> {
        if FORBIDDEN.contains(&signal) {
            return Err(SignalError::NotHandled { signal });
        }
        flag::register(signal, Arc::clone(&self.shared.reopen))
            .map(drop)
            .map_err(|source| SignalError::System { signal, source })
    }
}

#[derive(Debug, Clone)]
struct Watched {
    signal: i32,
    came: Arc<AtomicBool>,
}

fn check(
    signals: impl IntoIterator<Item = i32>,
    after: AfterSignal,
) -> Result<Vec<Watched>, SignalError> {
    let mut signals: Vec<i32> = signals.into_iter().collect();
    // Told twice, one signal would count as a second one.
    signals.sort_unstable();
    signals.dedup();
    if signals.is_empty() {
        return Err(SignalError::NoSignal);
    }
    for &signal in &signals {
        if FORBIDDEN.contains(&signal) {
            return Err(SignalError::NotHandled { signal });
        }
        if after == AfterSignal::Terminate && !ENDING.contains(&signal) {
            return Err(SignalError::NotEnding { signal });
        }
    }
    let watched = signals.into_iter().map(|signal| Watched {
        signal,
        came: Arc::default(),
    });
    Ok(watched.collect())
}

/// What is registered, and is taken back unless it is kept.
struct Handled(Vec<SigId>);

impl Handled {
    fn register(
        &mut self,
        watched: &Watched,
        waker: &UnixStream,
        armed: &Arc<AtomicBool>,
        after: AfterSignal,
    ) -> io::Result<()> {
        let signal = watched.signal;
        // A signal's actions run in the order in which they are registered.
        self.0
            .push(flag::register(signal, Arc::clone(&watched.came))?);
        self.0
            .push(low_level::pipe::register(signal, waker.try_clone()?)?);
        if after == AfterSignal::Terminate {
            // The second signal finds it armed by the first one. This needs no thread that works.
            self.0.push(flag::register_conditional_default(
                signal,
                Arc::clone(armed),
            )?);
            self.0.push(flag::register(signal, Arc::clone(armed))?);
        }
        Ok(())
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// The thread's work.
struct Watcher {
    wakes: UnixStream,
    watched: Vec<Watched>,
    deadline: Duration,
    after: AfterSignal,
    armed: Arc<AtomicBool>,
}

impl Watcher {
    fn run(mut self) {
        while self.wait() {
            for watched in &self.watched {
                if watched.came.swap(false, Ordering::SeqCst) {
                    self.answer(watched.signal);
                }
            }
        }
        // Nobody is here any more to answer: let the system do it.
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Waits for a signal; `false` when none can come any more.
    fn wait(&mut self) -> bool {
        loop {
            match self.wakes.read(&mut [0; 64]) {
                Ok(count) => return count > 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Somebody closed what is not his, as programs do that become daemons.
                Err(_) => return false,
            }
        }
    }

    fn answer(&self, signal: i32) {
        match self.after {
            AfterSignal::Terminate => {
                // Not only flushed: the signal would tear a line that is written while it strikes.
                finish_all(|_| Some(self.deadline));
                // It returns for signals that end no program, and those were refused.
                let _ = low_level::emulate_default_handler(signal);
            }
            AfterSignal::GoOn => {
                // What could not be written in this time is still in memory.
                let _ = flush_all(self.deadline);
            }
        }
    }
}

/// Why signals can't be answered.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::{AfterSignal, flush_on_signals};
///
/// let sigkill = 9;
/// let error = flush_on_signals([sigkill], Duration::ZERO, AfterSignal::Terminate).unwrap_err();
///
/// assert_eq!(error.to_string(), "expected a signal that a program can handle, found SIGKILL");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SignalError {
    /// No signal was given.
    NoSignal,
    /// The system, or the crate `signal-hook`, lets nobody handle it.
    #[non_exhaustive]
    NotHandled {
        /// Its number.
        signal: i32,
    },
    /// It does not ask a program to end, and the program is to be ended by it.
    #[non_exhaustive]
    NotEnding {
        /// Its number.
        signal: i32,
    },
    /// The system refused to have it handled.
    #[non_exhaustive]
    System {
        /// Its number.
        signal: i32,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no thread, or no way to wake it.
    Thread(io::Error),
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignalError::NoSignal => f.write_str("expected at least one signal, found none"),
            SignalError::NotHandled { signal } => {
                let signal = Named(*signal);
                write!(
                    f,
                    "expected a signal that a program can handle, found {signal}"
                )
            }
            SignalError::NotEnding { signal } => {
                let signal = Named(*signal);
                write!(
                    f,
                    "expected a signal that asks a program to end, such as SIGTERM, found {signal}"
                )
            }
            SignalError::System { signal, .. } => {
                let signal = Named(*signal);
                write!(f, "{signal} could not be handled")
            }
            SignalError::Thread(_) => {
                f.write_str("the thread that waits for signals could not be started")
            }
        }
    }
}

impl Error for SignalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SignalError::System { source, .. } | SignalError::Thread(source) => Some(source),
            SignalError::NoSignal
            | SignalError::NotHandled { .. }
            | SignalError::NotEnding { .. } => None,
        }
    }
}

/// Shows a signal's name, or its number if it has none.
struct Named(i32);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match low_level::signal_name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGCHLD: i32 = signal_hook::consts::SIGCHLD;
    const SIGABRT: i32 = signal_hook::consts::SIGABRT;

    fn refused(signals: &[i32], after: AfterSignal) -> String {
        let signals = signals.iter().copied();
        let error = flush_on_signals(signals, Duration::ZERO, after).unwrap_err();
        error.to_string()
    }

    #[test]
    fn a_signal_that_nobody_can_handle_is_an_error_that_names_it() {
        for forbidden in FORBIDDEN {
            let name = low_level::signal_name(*forbidden).unwrap();
            let expected = format!("expected a signal that a program can handle, found {name}");

            for after in [AfterSignal::Terminate, AfterSignal::GoOn] {
                assert_eq!(refused(&[SIGUSR2, *forbidden], after), expected);
            }
            let file = crate::LogFile::open("/dev/null").unwrap();
            let error = file.handle().reopen_on(*forbidden).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_signal_that_asks_no_program_to_end_can_not_end_it() {
        for (signal, name) in [(SIGCHLD, "SIGCHLD"), (SIGABRT, "SIGABRT")] {
            assert_eq!(
                refused(&[signal], AfterSignal::Terminate),
                format!(
                    "expected a signal that asks a program to end, such as SIGTERM, found {name}"
                )
            );
        }
    }

    #[test]
    fn a_signal_that_is_named_twice_is_handled_once() {
        let watched = check([SIGTERM, SIGINT, SIGTERM], AfterSignal::Terminate).unwrap();

        let signals: Vec<_> = watched.iter().map(|watched| watched.signal).collect();
        assert_eq!(signals, [SIGINT, SIGTERM]);
    }

    #[test]
    fn no_signal_at_all_is_an_error() {
        assert_eq!(
            refused(&[], AfterSignal::GoOn),
            "expected at least one signal, found none"
        );
    }

    #[test]
    fn a_number_that_is_no_signal_is_an_error_that_says_what_the_system_said() {
        for number in [-1, 0, 12_345] {
            let error = flush_on_signals([number], Duration::ZERO, AfterSignal::GoOn).unwrap_err();

            assert_eq!(
                error.to_string(),
                format!("signal {number} could not be handled")
            );
            assert!(error.source().is_some());
        }
    }
}
