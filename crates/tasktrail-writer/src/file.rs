//! Files that roll at line borders, and are opened again after they were moved away.

mod builder;
#[cfg(feature = "compress")]
mod gzip;
mod handle;
mod keeper;
mod live;
mod period;
mod rolled;

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

pub use builder::{Compress, LogFileBuilder, OpenError};
pub use handle::{FileCounts, FileFailure, LogFileHandle};
pub use period::Period;

use handle::Doing;
use keeper::Keeper;
use live::Live;

/// How long the file is trusted to be where it was, and how long a failed roll rests.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often files are looked through for old ones while none rolls.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

/// Appends lines to a file, which may roll, and opens it again when somebody moved it away.
///
/// It is made for a [`Builder`](crate::Builder), and works wherever an [`io::Write`] does.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::{Builder, LogFile, Period};
///
/// # let folder = std::env::temp_dir().join(format!("tasktrail-roll-{}", std::process::id()));
/// let file = LogFile::builder(folder.join("app.log"))
///     .roll_at(16)
///     .roll_every(Period::Day)
///     .keep(7)
///     .keep_for(Duration::from_secs(30 * 24 * 3600))
///     .open()?;
/// let handle = file.handle();
/// let worker = Builder::new(file).start()?;
///
/// worker.writer().write_line(b"ten bytes\n");
/// worker.writer().write_line(b"ten more.\n");
/// worker.finish();
///
/// assert_eq!(handle.counts().rolled(), 1);
/// assert_eq!(std::fs::read(folder.join("app.log"))?, b"ten more.\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is guaranteed
///
/// - **A line is in one file.** Files roll between two lines, however many lines one call of `write`
///   brings and wherever in a line it begins. A line that is longer than the limit has a file of its
///   own. The end of a call is no line end: a line may come in pieces.
/// - **Sorted by name is sorted by time.** A rolled file is named after the time of its last line, in
///   UTC, and a number: `app.log.20261122T153241Z-000001`. If the clock is set back, names go on from
///   the newest one. The open file keeps its name and has the newest lines.
/// - **Nothing is overwritten.** A name is reserved before it is used.
/// - **A restart goes on with the file that is there**: its size counts, and the time of its last
///   line (the file's modification time) says which period it belongs to. If its last line has no
///   end, because the program was killed, it gets one before the next line.
/// - **Only files that were made here are removed**: regular files whose whole name has the form
///   above, with or without `.gz`.
/// - **Compressing and removing happen on a thread of their own.** Writing waits at most for the
///   listing of the folder when it rolls. What fails is counted and leaves the file as it is; see
///   [`LogFileHandle::counts`].
/// - **A `.gz` is whole**: it is written under another name, synced and then renamed; only then is
///   the uncompressed file removed. What was interrupted is done again after the next start.
/// - **A file that was moved away or deleted is made anew** by the first line that comes more than a
///   second after it was last looked at, or at once after [`LogFileHandle::reopen`]. This also finds
///   that somebody truncated it.
/// - **When it can't roll it goes on** in the file that is open, past the limit, and tries again
///   after a second.
///
/// # What can be lost
///
/// - Lines that the system took are lost if the machine loses power, unless they are synced:
///   [`SyncWhen`](crate::SyncWhen) and [`Worker::sync`](crate::Worker::sync). From the first sync on a
///   file is also synced before it rolls. After a sync that failed, the system may have dropped what
///   it could not keep, and a later one may succeed without it.
/// - Lines of the second after the file was moved away are in the moved file. Whoever compresses it at
///   once loses them: let logrotate use `delaycompress`, or `reopen` on SIGHUP.
/// - Several processes may append to one file, but one alone should roll it. The others find the new
///   file within a second. What they write until then is in the rolled file, which on Unix is not
///   compressed as long as they have it open, but which may be removed.
///
/// # Troubleshooting
///
/// - *The file grows past its limit.* It can't be renamed. [`FileCounts::failed_rolls`] counts it and
///   [`LogFileHandle::last_failure`] says why: often the program may write the file but not the
///   folder.
/// - *No file of yesterday appears at midnight.* It is rolled by the first line of the new period. A
///   batch of lines belongs to the period in which it is written.
/// - *Files stay uncompressed.* See [`LogFileHandle::last_failure`]. A program that ends does not wait
///   for compression; [`LogFileHandle::settle`] does.
///
/// Not on Unix, a file that was moved away is only found out when nothing is at its path any more.
//
// Why none of the crates for this is wrapped:
// - tracing-appender 0.2.5 rolls by time alone, prints its failures, finds its files by prefix and
//   suffix, ordered by creation time, and removes other files that match.
// - logroller 0.1.12 rolls before the whole buffer, which for a batch of lines is no limit at all;
//   it uses `write_all` in `write`, so that a full disk doubles what was written; and it renames all
//   older files at each roll, so that names are not stable.
// - file-rotate 0.8.0 splits lines at the limit, ignores a file that can't be opened and claims that
//   the lines were written, and writes a `.gz` in place, in the writing thread.
pub struct LogFile {
    path: PathBuf,
    live: Live,
    roll_at: Option<u64>,
    roll_every: Option<Period>,
    clock: Clock,
    /// The time of the last line, which says which period the file belongs to.
    last_line: SystemTime,
    last_look: SystemTime,
    last_tidy: SystemTime,
    failed_roll: Option<SystemTime>,
    /// Lines are made durable, so a file is synced before it is left.
    syncs: bool,
    /// The folder has been synced since the file was made.
    folder_synced: bool,
    /// The file is to be opened again before the next line.
    stale: bool,
    keeper: Keeper,
}

/// Tells the time.
type Clock = Box<dyn Fn() -> SystemTime + Send>;

impl LogFile {
    /// Opens a file to append to, or makes it and its folder. It never rolls.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the path is not that of a file that can be appended to.
    ///
    /// ```
    /// use std::io::Write;
    /// use tasktrail_writer::LogFile;
    ///
    /// # let folder = std::env::temp_dir().join(format!("tasktrail-open-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let path = folder.join("app.log");
    /// std::fs::write(&path, "one\n")?;
    ///
    /// let mut file = LogFile::open(&path)?;
    /// file.write_all(b"two\n")?;
    ///
    /// assert_eq!(std::fs::read(&path)?, b"one\ntwo\n");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder(path).open()
    }

    /// Starts from a file that never rolls.
    pub fn builder(path: impl AsRef<Path>) -> LogFileBuilder {
        LogFileBuilder::new(path.as_ref())
    }

    /// A handle to ask for reopening and to read the counts, while a worker has the file.
    pub fn handle(&self) -> LogFileHandle {
        self.keeper.handle()
    }

    /// The flag behind [`LogFileHandle::reopen`], which a signal handler may set.
    ///
    /// For SIGHUP, `file.handle().reopen_on(SIGHUP)?` is all, with the feature `signals`; with the
    /// crate `signal-hook` it is `signal_hook::flag::register(SIGHUP, file.reopen_flag())?`.
    ///
    /// ```
    /// use std::sync::atomic::Ordering;
    /// use tasktrail_writer::LogFile;
    ///
    /// # let path = std::env::temp_dir().join(format!("tasktrail-flag-{}.log", std::process::id()));
    /// let file = LogFile::open(&path)?;
    /// file.handle().reopen();
    ///
    /// assert!(file.reopen_flag().load(Ordering::Relaxed));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reopen_flag(&self) -> Arc<AtomicBool> {
        self.keeper.reopen_flag()
    }

    /// Has the disk keep what was written, also what is written later to a file before it is left.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.syncs = true;
        self.live.sync()?;
        if !self.folder_synced {
            sync_folder(&self.path)?;
            self.folder_synced = true;
        }
        Ok(())
    }

    /// Changes over to another file; the one before is not seen again.
    fn change_to(&mut self, live: Live) {
        self.live = live;
        self.folder_synced = false;
        self.failed_roll = None;
    }

    /// Does what is due between two lines.
    fn between_lines(&mut self, bytes: &[u8], now: SystemTime) -> io::Result<()> {
        if self.keeper.reopen_flag().swap(false, Ordering::AcqRel) {
            self.stale = true;
        }
        if passed(self.last_look, now) >= LOOK_EVERY {
            self.look(now);
        }
        self.reopen_if_stale()?;
        self.live.end_torn_line()?;
        if !self.is_due(bytes, now) || self.rests_from_failure(now) {
            return Ok(());
        }
        // Never rename what somebody else put in the place of our file.
        self.look(now);
        self.reopen_if_stale()?;
        self.live.end_torn_line()?;
        if self.is_due(bytes, now) {
            self.roll(now);
        }
        Ok(())
    }

    /// Finds out whether the path still leads to the open file.
    fn look(&mut self, now: SystemTime) {
        self.last_look = now;
        if !self.live.is_at(&self.path) {
            self.stale = true;
        }
        if passed(self.last_tidy, now) >= TIDY_EVERY {
            self.tidy(now);
        }
    }

    fn reopen_if_stale(&mut self) -> io::Result<()> {
        if !self.stale {
            return Ok(());
        }
        // If this fails the writer is told, and tries again. Going on with the file that was moved
        // away would lose lines in silence.
        let live = Live::open(&self.path)?;
        if self.syncs {
            self.live.sync()?;
        }
        self.change_to(live);
        self.last_line = self.live.modified();
        self.stale = false;
        self.keeper.count(|counts| counts.reopened += 1);
        Ok(())
    }

    fn is_due(&self, bytes: &[u8], now: SystemTime) -> bool {
        if self.live.size() == 0 {
            return false;
        }
        let new_period = self
            .roll_every
            .is_some_and(|period| period.index(self.last_line) != period.index(now));
        let too_large = self.roll_at.is_some_and(|limit| {
            let line = length(first_line(bytes));
            self.live.size().saturating_add(line) > limit
        });
        new_period || too_large
    }

    fn rests_from_failure(&self, now: SystemTime) -> bool {
        self.failed_roll
            .is_some_and(|failed| passed(failed, now) < LOOK_EVERY)
    }

    fn roll(&mut self, now: SystemTime) {
        let rolled = {
            // The keeper must not see a roll that may still be undone.
            let _names = self.keeper.hold_names();
            let synced = if self.syncs { self.live.sync() } else { Ok(()) };
            synced.and_then(|()| self.live.roll(&self.path, self.last_line))
        };
        match rolled {
            Ok(live) => {
                self.change_to(live);
                self.keeper.count(|counts| counts.rolled += 1);
                self.tidy(now);
            }
            Err(error) => {
                self.failed_roll = Some(now);
                self.keeper.fail(Doing::Roll, &self.path, error);
            }
        }
    }

    fn tidy(&mut self, now: SystemTime) {
        self.last_tidy = now;
        self.keeper.ask();
    }

    /// As much of the bytes as belongs into the open file.
    fn part<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(limit) = self.roll_at else {
            return bytes;
        };
        let room = usize::try_from(limit.saturating_sub(self.live.size())).unwrap_or(usize::MAX);
        // After a failed roll the limit can't be kept anyway.
        let Some(fitting) = bytes.get(..room).filter(|_| self.failed_roll.is_none()) else {
            return bytes;
        };
        match fitting.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => bytes.get(..=end).unwrap_or(bytes),
            None => first_line(bytes),
        }
    }
}

/// Has the disk keep the names in the folder of a file.
fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere a folder can't be opened like a file.
    if cfg!(unix) {
        File::open(rolled::folder(path))?.sync_all()?;
    }
    Ok(())
}

/// The bytes up to the first line end and with it, or all of them.
fn first_line(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => bytes.get(..=end).unwrap_or(bytes),
        None => bytes,
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The time between two readings of the clock; very long if it was set back.
fn passed(earlier: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(earlier).unwrap_or(Duration::MAX)
}

impl Write for LogFile {
    /// Writes as many bytes as belong into the open file, with one call to the system.
    ///
    /// # Errors
    ///
    /// Those of the system, for this write or for opening a file that was moved away. Nothing of
    /// `bytes` was written then.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let now = (self.clock)();
        if !self.live.is_in_line() {
            self.between_lines(bytes, now)?;
        }
        let count = self.live.write(self.part(bytes))?;
        self.last_line = now;
        Ok(count)
    }

    /// Does nothing: nothing is held back.
    ///
    /// # Errors
    ///
    /// None.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for LogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFile")
            .field("path", &self.path)
            .field("roll_at", &self.roll_at)
            .field("roll_every", &self.roll_every)
            .finish_non_exhaustive()
    }
}
