//! Files that roll, are moved away, and are taken up again after a restart.

#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod keeping;
#[cfg(unix)]
mod killing;
mod moving;
mod rolling;
mod setting_up;

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use tasktrail_writer::LogFileBuilder;

pub(crate) const LONG: Duration = Duration::from_secs(60);
pub(crate) const DAY: u64 = 24 * 60 * 60;

/// 2026-11-22T15:32:41Z, a Sunday.
pub(crate) const NOW: u64 = 1_795_361_561;

/// A folder of its own for a test, removed at its end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tasktrail-files-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("app.log")
    }

    pub(crate) fn put(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        read(&self.0.join(name))
    }

    /// All names, sorted, the open file last.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_by_key(|name| (name == "app.log", name.clone()));
        names
    }

    /// The content of each file, in the order of the names.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.names().iter().map(|name| self.read(name)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(path: &Path) -> String {
    let mut content = String::new();
    let mut file = fs::File::open(path).unwrap();
    if path.extension() == Some(OsStr::new("gz")) {
        GzDecoder::new(file).read_to_string(&mut content).unwrap();
    } else {
        file.read_to_string(&mut content).unwrap();
    }
    content
}

/// A clock that stands until it is set, in seconds since 1970.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Has the builder read the clock.
pub(crate) fn with_clock(builder: LogFileBuilder, clock: &Clock) -> LogFileBuilder {
    let clock = clock.clone();
    builder.clock(move || clock.time())
}
