//! What can be asked of a file while somebody writes to it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::keeper::Shared;

/// Asks for reopening, and reads the counts, while a worker has the file.
///
/// ```
/// use std::io::Write;
/// use tasktrail_writer::LogFile;
///
/// # let folder = std::env::temp_dir().join(format!("tasktrail-handle-{}", std::process::id()));
/// let path = folder.join("app.log");
/// let mut file = LogFile::open(&path)?;
/// let handle = file.handle();
/// file.write_all(b"one\n")?;
/// std::fs::rename(&path, folder.join("app.log.1"))?;
///
/// handle.reopen();
/// file.write_all(b"two\n")?;
///
/// assert_eq!(std::fs::read(&path)?, b"two\n");
/// assert_eq!(handle.counts().reopened(), 1);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogFileHandle {
    pub(crate) shared: Arc<Shared>,
}

impl LogFileHandle {
    /// Has the file opened again before the next line, as programs do on SIGHUP.
    ///
    /// A line that is partly written is ended first.
    pub fn reopen(&self) {
        self.shared.reopen.store(true, Ordering::Release);
    }

    /// What has happened so far.
    pub fn counts(&self) -> FileCounts {
        self.shared.lock().counts
    }

    /// The last thing that failed and was survived; `None` if nothing has.
    pub fn last_failure(&self) -> Option<Arc<FileFailure>> {
        self.shared.lock().last_failure.clone()
    }

    /// Waits until rolled files are compressed and old ones removed, as far as they can be; `false`
    /// if that takes longer than the patience.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::LogFile;
    ///
    /// # let path = std::env::temp_dir().join(format!("tasktrail-settle-{}.log", std::process::id()));
    /// let file = LogFile::open(&path)?;
    ///
    /// assert!(file.handle().settle(Duration::ZERO));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it says whether the work is done"]
    pub fn settle(&self, patience: Duration) -> bool {
        self.shared.settle(patience)
    }
}

/// How often a file was rolled, compressed and so on, and how often that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileCounts {
    pub(crate) rolled: u64,
    pub(crate) reopened: u64,
    pub(crate) compressed: u64,
    pub(crate) removed: u64,
    pub(crate) failed_rolls: u64,
    pub(crate) failed_compressions: u64,
    pub(crate) failed_removals: u64,
}

impl FileCounts {
    /// How often the file was rolled.
    pub const fn rolled(&self) -> u64 {
        self.rolled
    }

    /// How often the file was opened again, because it was gone or [`LogFileHandle::reopen`] asked.
    pub const fn reopened(&self) -> u64 {
        self.reopened
    }

    /// How many rolled files were compressed.
    pub const fn compressed(&self) -> u64 {
        self.compressed
    }

    /// How many rolled files were removed because of age, number or size.
    pub const fn removed(&self) -> u64 {
        self.removed
    }

    /// How often the file could not be rolled and went on past its limit.
    pub const fn failed_rolls(&self) -> u64 {
        self.failed_rolls
    }

    /// How often a rolled file could not be compressed. It stays as it is and is tried again when
    /// the next file is rolled, and after a restart.
    pub const fn failed_compressions(&self) -> u64 {
        self.failed_compressions
    }

    /// How often an old file could not be removed, or the folder not be listed to find it.
    pub const fn failed_removals(&self) -> u64 {
        self.failed_removals
    }
}

/// What could not be done with a file, while lines went on being written.
#[derive(Debug)]
pub struct FileFailure {
    pub(crate) doing: Doing,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Doing {
    Roll,
    #[cfg(feature = "compress")]
    Compress,
    Remove,
}

impl FileFailure {
    /// The file that it is about.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for FileFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.doing {
            Doing::Roll => write!(f, "{path} could not be rolled and goes on past its limit"),
            #[cfg(feature = "compress")]
            Doing::Compress => write!(f, "{path} could not be compressed and stays as it is"),
            Doing::Remove => write!(f, "{path} could not be removed"),
        }
    }
}

impl Error for FileFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Asks for reopening, as a signal handler can.
pub(crate) type ReopenFlag = Arc<AtomicBool>;
