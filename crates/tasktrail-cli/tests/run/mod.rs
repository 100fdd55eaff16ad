//! Runs the command as users run it.
#![allow(dead_code, reason = "no test needs all of it")]

#[cfg(unix)]
pub(crate) mod terminal;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/eliot")
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasktrail"));
    command
        .env("TASKTRAIL_CONFIG", "")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .args(arguments);
    command
}

/// Runs in a folder, so that files have short names in messages.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    command(arguments).current_dir(folder).output().unwrap()
}

pub(crate) fn run_with(input: &[u8], arguments: &[&str]) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A command that has seen enough takes no more.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().unwrap()
    })
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[track_caller]
pub(crate) fn assert_outcome(output: &Output, status: i32, expected_out: &str, expected_err: &str) {
    assert_eq!(stdout(output), expected_out);
    assert_eq!(stderr(output), expected_err);
    assert_eq!(output.status.code(), Some(status));
}

/// A folder that is gone after the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tasktrail-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Says that a test is left out, or panics where all of them must run.
#[track_caller]
pub(crate) fn leave_out(tests: &str, reason: &str) {
    let required = std::env::var("TASKTRAIL_PEERS").unwrap_or_default();
    assert_ne!(required, "required", "{tests}: {reason}");
    // Not by `eprintln`, which the harness hides for tests that pass.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {tests}: {reason}");
}
