//! A folder for one test's logs.

use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder of a test's own. It is removed at the end, unless the test failed.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder in `target_tmp`, which is cargo's `CARGO_TARGET_TMPDIR`.
    ///
    /// # Panics
    ///
    /// If it can't be made.
    pub fn new(target_tmp: &str, test: &str) -> Self {
        let path = Path::new(target_tmp).join(format!("{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    /// Gives the path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Gives its own path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
