//! Chromium, as the machine has it, without a window.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::required::PEERS;

/// A browser that opens pages from files, one after the other, and each for the first time.
#[derive(Debug)]
pub struct Chromium {
    program: &'static str,
}

/// A page after its scripts ran.
#[derive(Debug)]
pub struct Opened {
    /// The document, as HTML.
    pub document: String,
    /// What the page, or the browser about it, wrote to the console, a line each.
    pub console: Vec<String>,
}

impl Chromium {
    /// Finds Debian's Chromium.
    ///
    /// Gives `None` where it can't be had, and says so on the standard error: the test is then to
    /// be left out.
    ///
    /// # Panics
    ///
    /// If it can't be had and the environment variable `TASKTRAIL_PEERS` is `required`.
    pub fn find() -> Option<Self> {
        let found = ["chromium", "chromium-browser"]
            .into_iter()
            .find(|program| {
                let version = Command::new(program).arg("--version").output();
                version.is_ok_and(|output| output.status.success())
            });
        if found.is_none() {
            PEERS.leave_out("a test of a page in a browser", "chromium can't be started");
        }
        found.map(|program| Self { program })
    }

    /// Opens a page, at a place in it that stands behind `#`, and waits until its scripts are done.
    ///
    /// # Panics
    ///
    /// If the browser fails, or takes more than two minutes.
    pub fn open(&self, page: &Path, fragment: &str) -> Opened {
        let output = self.run(page, fragment, &["--dump-dom"]);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let console = log.lines().filter(|line| line.contains(":CONSOLE"));
        Opened {
            console: console.map(str::to_owned).collect(),
            document: String::from_utf8(output.stdout).unwrap(),
        }
    }

    fn run(&self, page: &Path, fragment: &str, arguments: &[&str]) -> Output {
        let page = fs::canonicalize(page).unwrap();
        let profile = page.with_extension("profile");
        let output = Command::new("timeout")
            .args(["120", self.program])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--enable-logging=stderr"])
            .args(["--disable-dev-shm-usage", "--window-size=1280,800"])
            .arg("--virtual-time-budget=10000")
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(arguments)
            .arg(format!("file://{}#{fragment}", page.display()))
            .output()
            .unwrap();
        let _ = fs::remove_dir_all(profile);
        assert!(output.status.success(), "{output:?}");
        output
    }
}
