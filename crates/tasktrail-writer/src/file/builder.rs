//! What a file is opened with.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::keeper::{Keeper, Rules};
use super::live::Live;
use super::{LogFile, Period};

/// Sets up a file that lines are appended to, and when it rolls.
///
/// ```
/// use tasktrail_writer::{LogFile, MIB, Period};
///
/// # let path = std::env::temp_dir().join(format!("tasktrail-builder-{}.log", std::process::id()));
/// let file = LogFile::builder(&path)
///     .roll_at(64 * MIB as u64)
///     .roll_every(Period::Day)
///     .keep_bytes(1024 * MIB as u64)
///     .open()?;
///
/// assert!(path.exists());
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing happens until it is opened"]
pub struct LogFileBuilder {
    path: PathBuf,
    roll_at: Option<u64>,
    roll_every: Option<Period>,
    rules: Rules,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// What becomes of a file that was rolled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compress {
    /// It stays as it is.
    #[default]
    No,
    /// It is compressed as RFC 1952 says, and its name gets the ending `.gz`.
    #[cfg(feature = "compress")]
    Gzip,
}

impl LogFileBuilder {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            roll_at: None,
            roll_every: None,
            rules: Rules::default(),
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Rolls before the line that would make the file larger than this, in bytes. Default: no limit.
    ///
    /// A line that is longer than that gets a file of its own.
    pub fn roll_at(mut self, bytes: u64) -> Self {
        self.roll_at = Some(bytes);
        self
    }

    /// Rolls before the first line of a new period, in UTC. Default: never.
    pub fn roll_every(mut self, period: Period) -> Self {
        self.roll_every = Some(period);
        self
    }

    /// Keeps no more than so many rolled files. Default: all.
    ///
    /// The file that is open is not counted.
    pub fn keep(mut self, files: usize) -> Self {
        self.rules.files = Some(files);
        self
    }

    /// Removes a rolled file when its last line is older than this. Default: never.
    ///
    /// That is looked after at the start, after each roll, and once an hour while lines come.
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.rules.age = Some(age);
        self
    }

    /// Removes the oldest rolled files when all of them together are larger than this, in bytes, as
    /// they are on the disk. Default: no limit.
    ///
    /// The file that is open comes on top, and, while a file is compressed, its compressed form.
    pub fn keep_bytes(mut self, total: u64) -> Self {
        self.rules.bytes = Some(total);
        self
    }

    /// Says what becomes of a file that was rolled. Default: [`Compress::No`].
    pub fn compress(mut self, how: Compress) -> Self {
        self.rules.compress = how;
        self
    }

    /// Reads the time from somewhere else, for tests. Default: [`SystemTime::now`].
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use std::io::Write;
    /// use tasktrail_writer::LogFile;
    ///
    /// # let folder = std::env::temp_dir().join(format!("tasktrail-clock-{}", std::process::id()));
    /// let mut file = LogFile::builder(folder.join("app.log"))
    ///     .roll_at(4)
    ///     .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1))
    ///     .open()?;
    ///
    /// file.write_all(b"one\ntwo\n")?;
    ///
    /// assert_eq!(std::fs::read(folder.join("app.log.19700101T000001Z-000001"))?, b"one\n");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Opens the file, or makes it and its folder.
    ///
    /// A relative path is meant from the folder that is the current one now, whatever it is later.
    /// If the file rolls and its path is a symbolic link, it rolls where the link leads.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if a limit is zero, if something is to be kept or compressed and nothing rolls,
    /// or if the path is not that of a file that can be appended to (an ordinary one, if it rolls).
    ///
    /// ```
    /// use tasktrail_writer::LogFile;
    ///
    /// let error = LogFile::builder("app.log").roll_at(0).open().unwrap_err();
    ///
    /// assert_eq!(
    ///     error.to_string(),
    ///     "app.log: expected to roll at 1 byte or more, found 0"
    /// );
    /// ```
    pub fn open(self) -> Result<LogFile, OpenError> {
        self.check_rules()?;
        let path = self.whole_path()?;
        let live = Live::open(&path).map_err(|error| OpenError::of(&path, error))?;
        if self.rolls() && !live.is_ordinary() {
            let expected = "expected an ordinary file to roll, found a pipe or a device";
            return Err(OpenError::new(&path, expected));
        }
        let keeper = Keeper::start(&path, self.rules, {
            let clock = Arc::clone(&self.clock);
            move || clock()
        })
        .map_err(|error| OpenError {
            source: Some(error),
            ..OpenError::new(
                &path,
                "expected a thread to look after rolled files, found none",
            )
        })?;
        let now = (self.clock)();
        let clock = self.clock;
        Ok(LogFile {
            path,
            last_line: live.modified(),
            live,
            roll_at: self.roll_at,
            roll_every: self.roll_every,
            clock: Box::new(move || clock()),
            last_look: now,
            last_tidy: now,
            failed_roll: None,
            syncs: false,
            folder_synced: false,
            stale: false,
            keeper,
        })
    }

    fn rolls(&self) -> bool {
        self.roll_at.is_some() || self.roll_every.is_some()
    }

    fn check_rules(&self) -> Result<(), OpenError> {
        let rules = &self.rules;
        let expected = if self.roll_at == Some(0) {
            "expected to roll at 1 byte or more, found 0"
        } else if rules.files == Some(0) {
            "expected to keep 1 file or more, found 0"
        } else if rules.age.is_some_and(|age| age.as_secs() == 0) {
            "expected to keep files for 1 second or longer, found less"
        } else if rules.bytes == Some(0) {
            "expected to keep 1 byte or more, found 0"
        } else if !self.rolls() && rules.limit_something() {
            "expected a size or a period to roll at, for old files are to be removed, found neither"
        } else if !self.rolls() && rules.compress != Compress::No {
            "expected a size or a period to roll at, for rolled files are to be compressed, \
             found neither"
        } else {
            return Ok(());
        };
        Err(OpenError::new(&self.path, expected))
    }

    fn whole_path(&self) -> Result<PathBuf, OpenError> {
        if self.path.file_name().is_none() {
            let expected = "expected a path that ends with the name of a file";
            return Err(OpenError::new(&self.path, expected));
        }
        let path =
            std::path::absolute(&self.path).map_err(|error| OpenError::of(&self.path, error))?;
        // Rolling renames, and the file is meant, not the link to it.
        if self.rolls() && path.is_symlink() {
            return fs::canonicalize(&path).map_err(|error| OpenError::of(&path, error));
        }
        Ok(path)
    }
}

impl fmt::Debug for LogFileBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFileBuilder")
            .field("path", &self.path)
            .field("roll_at", &self.roll_at)
            .field("roll_every", &self.roll_every)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Why a file could not be opened: its path, what was expected, and what was found.
///
/// ```
/// use tasktrail_writer::LogFile;
///
/// # let path = std::env::temp_dir().join(format!("tasktrail-file-{}", std::process::id()));
/// std::fs::write(&path, "no folder")?;
///
/// let error = LogFile::open(path.join("app.log")).unwrap_err();
///
/// assert_eq!(error.path(), path.join("app.log"));
/// assert!(error.to_string().ends_with("expected its folder to be a folder, found a file"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OpenError {
    path: PathBuf,
    expected: &'static str,
    source: Option<io::Error>,
}

impl OpenError {
    fn new(path: &Path, expected: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            expected,
            source: None,
        }
    }

    fn of(path: &Path, error: io::Error) -> Self {
        let expected = if path.is_dir() {
            "expected a file, found a folder"
        } else if path.ancestors().skip(1).any(Path::is_file) {
            "expected its folder to be a folder, found a file"
        } else {
            "expected a file that can be made or appended to"
        };
        Self {
            source: Some(error),
            ..Self::new(path, expected)
        }
    }

    /// The path that was to be opened.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.expected)
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|error| error as &(dyn Error + 'static))
    }
}
