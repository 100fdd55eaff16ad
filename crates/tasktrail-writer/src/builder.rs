//! What a worker is made from.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::carrier::{Carrier, TellLosses, tell_in_words};
use crate::destination::Destination;
#[cfg(not(loom))]
use crate::leaving::{self, AtExit, OnPanic};
use crate::level::Level;
use crate::losses::Losses;
use crate::queue::{Queue, Settings};
use crate::route::Route;
use crate::sync::{self, Arc};
use crate::worker::Worker;

/// 1,024 bytes.
pub const KIB: usize = 1024;

/// 1,048,576 bytes.
pub const MIB: usize = 1024 * KIB;

/// Sets up a worker thread that writes lines to one destination.
///
/// The destination is anything that implements [`io::Write`]. Its `write` gets many lines at once;
/// its `flush` is called after each such write, so a destination that buffers is fine too, but gains
/// nothing, and a [fallback](Builder::fallback) can't stand in for it.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::{Builder, MIB, WhenFull};
///
/// # let path = std::env::temp_dir().join(format!("tasktrail-writer-{}.log", std::process::id()));
/// let file = std::fs::File::create(&path)?;
/// let worker = Builder::new(file)
///     .memory(8 * MIB)
///     .when_full(WhenFull::Block)
///     .longest_delay(Duration::from_millis(5))
///     .start()?;
/// worker.writer().write_line(b"a whole line\n");
/// let outcome = worker.finish();
///
/// assert_eq!(outcome.lost(), 0);
/// assert_eq!(std::fs::read(&path)?, b"a whole line\n");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens until it is started"]
pub struct Builder<D> {
    destination: D,
    memory: usize,
    when_full: WhenFull,
    reserve: Option<(Level, usize)>,
    longest_delay: Duration,
    fallback: Option<(Box<dyn Destination>, Duration)>,
    tell_losses: TellLosses,
    sync_when: SyncWhen,
    #[cfg(not(loom))]
    at_exit: AtExit,
    #[cfg(not(loom))]
    on_panic: OnPanic,
}

/// What becomes of a new line when the memory is full.
///
/// Whatever is dropped is counted, readable from [`Worker::outcome`], and told in the output.
///
/// ```
/// use tasktrail_writer::WhenFull;
///
/// assert_eq!(WhenFull::default(), WhenFull::Block);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenFull {
    /// The caller waits until there is room, first come first served.
    ///
    /// No line is lost while the program runs. A destination that hangs makes the program hang.
    #[default]
    Block,
    /// The caller waits as with `Block`, but no longer than this; then its line is dropped.
    BlockFor(Duration),
    /// The new line is dropped. No caller ever waits.
    DropNewest,
    /// As many of the oldest lines are dropped as the new one needs. No caller ever waits.
    ///
    /// The lines that the worker is writing at the moment can't be dropped any more: if the new one
    /// does not fit next to them, it is dropped itself.
    DropOldest,
}

/// When lines are made durable, so that a loss of power does not lose them.
///
/// Lines that the system took survive the end of the program without this, even by a kill.
///
/// ```
/// use tasktrail_writer::{Builder, SyncWhen};
///
/// # let path = std::env::temp_dir().join(format!("tasktrail-when-{}.log", std::process::id()));
/// let file = std::fs::File::create(&path)?;
/// let worker = Builder::new(file).sync_when(SyncWhen::EachBatch).start()?;
/// worker.writer().write_line(b"paid\n");
///
/// assert_eq!(worker.finish().written(), 1);
/// # std::fs::remove_file(&path)?;
///
/// let error = Builder::new(std::io::sink()).sync_when(SyncWhen::EachBatch).start().unwrap_err();
/// assert_eq!(error.to_string(), "expected a destination that can make lines durable");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncWhen {
    /// When [`Worker::sync`] is called, and at no other time.
    #[default]
    Asked,
    /// After each batch, before its lines count as written. Many lines share one sync; what comes
    /// meanwhile waits in memory.
    EachBatch,
}

impl<D: Destination> Builder<D> {
    /// Starts from the defaults.
    pub fn new(destination: D) -> Self {
        Self {
            destination,
            memory: 8 * MIB,
            when_full: WhenFull::default(),
            reserve: None,
            fallback: None,
            longest_delay: Duration::from_millis(5),
            tell_losses: Box::new(tell_in_words),
            sync_when: SyncWhen::default(),
            #[cfg(not(loom))]
            at_exit: AtExit::default(),
            #[cfg(not(loom))]
            on_panic: OnPanic::default(),
        }
    }

    /// Bounds the memory for lines, in bytes. Default: 8 MiB.
    ///
    /// A line takes its own length and 4 bytes, from the moment it is accepted until it is written
    /// and flushed. Memory is taken from the system as it is needed and given back after a burst.
    /// The buffers around the lines may take about a seventh more, and up to three times 256 KiB.
    ///
    /// A line that is larger than all of it is lost, and counted as
    /// [`TooLarge`](crate::Cause::TooLarge); so is one of 512 MiB, however much memory there is.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Says what becomes of a new line when the memory is full. Default: [`WhenFull::Block`].
    pub fn when_full(mut self, rule: WhenFull) -> Self {
        self.when_full = rule;
        self
    }

    /// Keeps a part of the memory, in bytes, for lines at or above a level. Default: none.
    ///
    /// So errors survive a flood of debug lines: for other lines the memory is full while there is
    /// still room for these. With [`WhenFull::DropOldest`] they are also the last to be dropped, and
    /// never for a line below the level; with [`WhenFull::Block`] and
    /// [`BlockFor`](WhenFull::BlockFor) they are let in first. Lines without a level are below all.
    /// A line below the level that is larger than the rest of the memory is lost as
    /// [`TooLarge`](crate::Cause::TooLarge).
    ///
    /// ```
    /// use tasktrail_writer::{Builder, KIB, Level, StartError, WhenFull};
    ///
    /// let worker = Builder::new(Vec::new())
    ///     .memory(64 * KIB)
    ///     .reserve(Level::Warn, 16 * KIB)
    ///     .when_full(WhenFull::DropNewest)
    ///     .start()?;
    /// let writer = worker.writer();
    /// for _ in 0..10_000 {
    ///     writer.write_line_at(Level::Debug, b"again\n");
    /// }
    /// writer.write_line_at(Level::Error, b"no money left\n");
    ///
    /// assert_eq!(worker.finish().losses().at(Level::Error), 0);
    ///
    /// let all = Builder::new(Vec::new()).memory(64).reserve(Level::Warn, 64).start();
    /// let error = all.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "expected a reserve smaller than the memory of 64 bytes, found 64 bytes"
    /// );
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn reserve(mut self, at_or_above: Level, bytes: usize) -> Self {
        self.reserve = Some((at_or_above, bytes));
        self
    }

    /// Names a destination that takes the lines while the other one fails. Default: none.
    ///
    /// Lines wait in memory until the destination has failed for `after`; then they go to the
    /// fallback, and each second the destination is tried again. At the end what it has not taken
    /// goes to the fallback, too. [`Outcome::fallen_back`](crate::Outcome::fallen_back) counts the
    /// lines.
    ///
    /// It takes the place of a destination whose `write` fails, not of one that is
    /// [busy](std::io::ErrorKind::WouldBlock) or hangs, nor of one that took the lines and fails to
    /// flush them. Only what the first destination takes can be made durable. If that one had taken
    /// a part of a line, the fallback gets the line whole, and the first one its rest when it has
    /// healed: no line is torn, but this one is in both.
    ///
    /// ```
    /// use std::io::ErrorKind;
    /// use std::time::Duration;
    /// use tasktrail_writer::{Builder, Destination};
    ///
    /// struct Full;
    ///
    /// impl Destination for Full {
    ///     fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
    ///         Err(ErrorKind::StorageFull.into())
    ///     }
    ///
    ///     fn flush(&mut self) -> std::io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let worker = Builder::new(Full).fallback(std::io::stderr(), Duration::ZERO).start()?;
    /// worker.writer().write_line(b"tell somebody\n");
    /// let outcome = worker.finish();
    ///
    /// assert_eq!((outcome.written(), outcome.fallen_back(), outcome.lost()), (1, 1, 0));
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    pub fn fallback(mut self, destination: impl Destination, after: Duration) -> Self {
        self.fallback = Some((Box::new(destination), after));
        self
    }

    /// Bounds how long a line waits in memory before the worker begins to write it, as far as the
    /// destination and the scheduler let it. Default: 5 ms.
    ///
    /// While lines keep coming the worker looks for them by itself, twice in this time, so that no
    /// caller pays for waking it. A longer delay makes fewer and larger writes. With a delay of zero
    /// a caller wakes the worker whenever it sleeps, which costs the caller some microseconds.
    pub fn longest_delay(mut self, delay: Duration) -> Self {
        self.longest_delay = delay;
        self
    }

    /// Renders the line that tells how many lines were lost since the last such line. Default:
    /// plain words, such as `tasktrail-writer: 17 lines lost: 17 memory full`.
    ///
    /// The line must bring its own line end. If nothing is rendered nothing is written; the losses
    /// are still counted. A panic in here is survived, and the default is written in its place.
    ///
    /// ```
    /// use std::io::Write;
    /// use tasktrail_writer::{Builder, Cause};
    ///
    /// # let path = std::env::temp_dir().join(format!("tasktrail-tell-{}.log", std::process::id()));
    /// let worker = Builder::new(std::fs::File::create(&path)?)
    ///     .memory(16)
    ///     .tell_losses(|losses, line| {
    ///         let _ = writeln!(line, "{{\"lost\":{}}}", losses.of(Cause::TooLarge));
    ///     })
    ///     .start()?;
    /// worker.writer().write_line(b"longer than the whole memory\n");
    /// let outcome = worker.finish();
    ///
    /// assert_eq!(outcome.lost(), 1);
    /// assert_eq!(std::fs::read(&path)?, b"{\"lost\":1}\n");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tell_losses(mut self, render: impl Fn(&Losses, &mut Vec<u8>) + Send + 'static) -> Self {
        self.tell_losses = Box::new(render);
        self
    }

    /// Says when lines are made durable. Default: [`SyncWhen::Asked`].
    pub fn sync_when(mut self, when: SyncWhen) -> Self {
        self.sync_when = when;
        self
    }

    /// Says what becomes of the lines in memory when the program exits while the worker is at work.
    /// Default: [`AtExit::FinishWithin`] 5 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::{AtExit, Builder};
    ///
    /// let worker = Builder::new(Vec::new())
    ///     .at_exit(AtExit::FinishWithin(Duration::from_secs(30)))
    ///     .start()?;
    /// let writer = worker.writer();
    /// // A worker that lives as long as the process: the exit writes its last lines.
    /// std::mem::forget(worker);
    /// writer.write_line(b"the last line\n");
    ///
    /// assert_eq!(writer.outcome().lost(), 0);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    #[cfg(not(loom))]
    pub fn at_exit(mut self, rule: AtExit) -> Self {
        self.at_exit = rule;
        self
    }

    /// Says what becomes of the lines in memory when a thread panics. Default:
    /// [`OnPanic::FlushWithin`] 1 second.
    ///
    /// The first worker with such a rule sets a panic hook for the process, which calls the hook
    /// that was there before. A hook that is set later and does not do the same takes its place.
    ///
    /// ```
    /// use tasktrail_writer::{Builder, OnPanic};
    ///
    /// let worker = Builder::new(Vec::new()).on_panic(OnPanic::FlushWithin(std::time::Duration::MAX));
    /// let worker = worker.start()?;
    /// let writer = worker.writer();
    /// let panicked = std::thread::spawn(move || {
    ///     writer.write_line(b"before the panic\n");
    ///     panic!("the lines are written before this thread unwinds");
    /// });
    ///
    /// assert!(panicked.join().is_err());
    /// assert_eq!(worker.outcome().written(), 1);
    /// # Ok::<(), tasktrail_writer::StartError>(())
    /// ```
    #[cfg(not(loom))]
    pub fn on_panic(mut self, rule: OnPanic) -> Self {
        self.on_panic = rule;
        self
    }

    /// Starts the worker thread.
    ///
    /// The [`Worker`] must be kept: when it is dropped, the work ends.
    ///
    /// # Errors
    ///
    /// [`StartError::NoMemory`] if [`memory`](Builder::memory) is zero, [`StartError::Reserve`] if
    /// the [`reserve`](Builder::reserve) leaves nothing of it, [`StartError::NoSync`] if
    /// [each batch](SyncWhen::EachBatch) is to be synced and the destination fails at it, and
    /// [`StartError::Thread`] if the system gives no thread.
    ///
    /// ```
    /// use tasktrail_writer::Builder;
    ///
    /// let error = Builder::new(std::io::sink()).memory(0).start().unwrap_err();
    ///
    /// assert_eq!(error.to_string(), "expected a memory of at least 1 byte, found 0 bytes");
    /// ```
    pub fn start(mut self) -> Result<Worker, StartError> {
        if self.memory == 0 {
            return Err(StartError::NoMemory);
        }
        if let Some((_, reserve)) = self.reserve
            && reserve >= self.memory
        {
            return Err(StartError::Reserve {
                memory: self.memory,
                reserve,
            });
        }
        if self.sync_when == SyncWhen::EachBatch {
            self.destination.sync().map_err(StartError::NoSync)?;
        }
        let queue = Arc::new(Queue::new(&Settings {
            memory: self.memory,
            reserve: self.reserve,
            when_full: self.when_full,
            longest_delay: self.longest_delay,
        }));
        let route = Route::new(self.destination, self.fallback);
        let carrier = Carrier::new(Arc::clone(&queue), route, self.tell_losses, self.sync_when);
        let thread = sync::Builder::new()
            .name("tasktrail".to_owned())
            .spawn(move || carrier.run())
            .map_err(StartError::Thread)?;
        #[cfg(not(loom))]
        leaving::enter(&queue, self.at_exit, self.on_panic);
        Ok(Worker::new(queue, thread))
    }
}

impl<D> fmt::Debug for Builder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("memory", &self.memory)
            .field("when_full", &self.when_full)
            .field("longest_delay", &self.longest_delay)
            .finish_non_exhaustive()
    }
}

/// Why a worker could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The memory was set to zero bytes.
    NoMemory,
    /// The reserve leaves no memory for other lines.
    #[non_exhaustive]
    Reserve {
        /// The memory, in bytes.
        memory: usize,
        /// The reserve, in bytes.
        reserve: usize,
    },
    /// Each batch is to be synced, and the destination can't.
    NoSync(io::Error),
    /// The system gave no thread.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NoMemory => {
                f.write_str("expected a memory of at least 1 byte, found 0 bytes")
            }
            StartError::Reserve { memory, reserve } => write!(
                f,
                "expected a reserve smaller than the memory of {memory} bytes, found {reserve} bytes"
            ),
            StartError::NoSync(_) => {
                f.write_str("expected a destination that can make lines durable")
            }
            StartError::Thread(_) => f.write_str("the worker thread could not be started"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            StartError::NoMemory | StartError::Reserve { .. } => None,
            StartError::NoSync(error) | StartError::Thread(error) => Some(error),
        }
    }
}
