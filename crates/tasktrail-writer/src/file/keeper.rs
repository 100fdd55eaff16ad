//! The thread that compresses rolled files and removes old ones.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::builder::Compress;
use super::handle::{Doing, FileCounts, FileFailure, LogFileHandle, ReopenFlag};
use super::period::seconds;
use super::rolled::{self, Rolled, Stamp};

/// What is kept, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    pub(crate) files: Option<usize>,
    pub(crate) age: Option<Duration>,
    pub(crate) bytes: Option<u64>,
    pub(crate) compress: Compress,
}

impl Rules {
    pub(crate) fn limit_something(&self) -> bool {
        self.files.is_some() || self.age.is_some() || self.bytes.is_some()
    }

    fn ask_for_work(&self) -> bool {
        self.limit_something() || self.compress != Compress::No
    }
}

/// Gives work to the thread, which ends when this is dropped and the work is done.
#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    has_thread: bool,
}

/// What the writer, the thread and the handles share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) reopen: ReopenFlag,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while files get other names, and while they are listed.
    names: Mutex<()>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) counts: FileCounts,
    pub(crate) last_failure: Option<Arc<FileFailure>>,
    asked: bool,
    busy: bool,
    closed: bool,
}

impl Keeper {
    /// Starts the thread, if there is anything for it to do, and has it look around at once.
    pub(crate) fn start(
        path: &Path,
        rules: Rules,
        clock: impl Fn() -> SystemTime + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let has_thread = rules.ask_for_work();
        if has_thread {
            let round = Round {
                path: path.to_owned(),
                rules,
                shared: Arc::clone(&shared),
            };
            thread::Builder::new()
                .name("tasktrail-files".to_owned())
                .spawn(move || run(&round, clock))?;
        }
        let keeper = Self { shared, has_thread };
        keeper.ask();
        Ok(keeper)
    }

    pub(crate) fn handle(&self) -> LogFileHandle {
        LogFileHandle {
            shared: Arc::clone(&self.shared),
        }
    }

    pub(crate) fn reopen_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.shared.reopen)
    }

    /// Has the folder tidied soon.
    pub(crate) fn ask(&self) {
        if self.has_thread {
            self.shared.lock().asked = true;
            self.shared.changed.notify_all();
        }
    }

    pub(crate) fn hold_names(&self) -> MutexGuard<'_, ()> {
        self.shared.hold_names()
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut FileCounts)) {
        change(&mut self.shared.lock().counts);
    }

    pub(crate) fn fail(&self, doing: Doing, path: &Path, source: io::Error) {
        self.shared.fail(doing, path, source);
    }
}

impl Drop for Keeper {
    // Nobody waits for the thread: a large file takes seconds, and what is not done when the
    // program ends is done after the next start.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    // Whoever panicked left a whole state: nothing is changed in two steps.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold_names(&self) -> MutexGuard<'_, ()> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fail(&self, doing: Doing, path: &Path, source: io::Error) {
        let mut state = self.lock();
        match doing {
            Doing::Roll => state.counts.failed_rolls += 1,
            #[cfg(feature = "compress")]
            Doing::Compress => state.counts.failed_compressions += 1,
            Doing::Remove => state.counts.failed_removals += 1,
        }
        state.last_failure = Some(Arc::new(FileFailure {
            doing,
            path: path.to_owned(),
            source,
        }));
    }

    pub(crate) fn settle(&self, patience: Duration) -> bool {
        let deadline = Instant::now().checked_add(patience);
        let mut state = self.lock();
        while state.asked || state.busy {
            let left = deadline.map_or(patience, |end| {
                end.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Waits for work; `false` when there will be none any more.
    fn next(&self) -> bool {
        let mut state = self.lock();
        state.busy = false;
        self.changed.notify_all();
        loop {
            if state.asked {
                state.asked = false;
                state.busy = true;
                return true;
            }
            if state.closed {
                return false;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn run(round: &Round, clock: impl Fn() -> SystemTime) {
    while round.shared.next() {
        // A panic must not end the thread, for nobody would notice.
        let tidied = panic::catch_unwind(AssertUnwindSafe(|| round.tidy(clock())));
        if let Err(payload) = tidied {
            // Dropping somebody else's value may panic again.
            std::mem::forget(payload);
            let error = io::Error::other("tidying panicked");
            round.shared.fail(Doing::Remove, &round.path, error);
        }
    }
}

/// One look through the folder.
struct Round {
    path: PathBuf,
    rules: Rules,
    shared: Arc<Shared>,
}

impl Round {
    fn tidy(&self, now: SystemTime) {
        // What is to go needs no compression; what compression saves may keep a file.
        let Some(all) = self.list() else { return };
        self.remove_unfinished(&all);
        self.remove(&all, self.first_kept(&all, now, None));
        if self.rules.compress != Compress::No {
            self.compress_all();
        }
        if self.rules.bytes.is_some() {
            let Some(all) = self.list() else { return };
            self.remove(&all, self.first_kept(&all, now, self.rules.bytes));
        }
    }

    fn list(&self) -> Option<BTreeMap<Stamp, Rolled>> {
        let _names = self.shared.hold_names();
        match rolled::list(&self.path) {
            Ok(all) => Some(all),
            Err(error) => {
                self.shared.fail(Doing::Remove, &self.path, error);
                None
            }
        }
    }

    /// Removes what a crash left behind; the file that was to be compressed is still there.
    fn remove_unfinished(&self, all: &BTreeMap<Stamp, Rolled>) {
        for path in all.values().filter_map(|rolled| rolled.unfinished.as_ref()) {
            if let Err(error) = remove(path) {
                self.shared.fail(Doing::Remove, path, error);
            }
        }
    }

    /// How many of the oldest have to go.
    fn first_kept(
        &self,
        all: &BTreeMap<Stamp, Rolled>,
        now: SystemTime,
        bytes: Option<u64>,
    ) -> usize {
        let by_number = self
            .rules
            .files
            .map_or(0, |files| all.len().saturating_sub(files));
        let by_age = self.rules.age.map_or(0, |age| {
            let oldest = seconds(now).saturating_sub(age.as_secs());
            all.keys()
                .take_while(|stamp| stamp.seconds < oldest)
                .count()
        });
        let by_bytes = bytes.map_or(0, |bytes| {
            let mut total: u64 = 0;
            let kept = all.values().rev().take_while(|rolled| {
                total = total.saturating_add(rolled.bytes);
                total <= bytes
            });
            all.len() - kept.count()
        });
        by_number.max(by_age).max(by_bytes)
    }

    fn remove(&self, all: &BTreeMap<Stamp, Rolled>, count: usize) {
        for rolled in all.values().take(count) {
            let mut removed = true;
            for path in rolled.paths() {
                if let Err(error) = remove(path) {
                    removed = false;
                    self.shared.fail(Doing::Remove, path, error);
                }
            }
            if removed {
                self.shared.lock().counts.removed += 1;
            }
        }
    }

    #[cfg(not(feature = "compress"))]
    fn compress_all(&self) {}

    #[cfg(feature = "compress")]
    fn compress_all(&self) {
        let Some(all) = self.list() else { return };
        for rolled in all.values() {
            // An empty file may be the name that another process has reserved.
            let Some(plain) = rolled.plain.as_ref().filter(|_| rolled.plain_bytes > 0) else {
                continue;
            };
            match super::gzip::compress(plain) {
                Ok(true) => self.shared.lock().counts.compressed += 1,
                Ok(false) => {}
                Err(error) => self.shared.fail(Doing::Compress, plain, error),
            }
        }
    }
}

/// Removes a file; one that is gone already is removed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
