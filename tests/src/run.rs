//! Runs programs to their end.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// What a program that went well has printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What it printed on the standard output.
    pub stdout: String,
    /// What it printed on the standard error.
    pub stderr: String,
}

/// Runs one of our programs and gives what it printed.
///
/// # Panics
///
/// If it fails.
pub fn program(path: &str, arguments: &[&dyn AsRef<OsStr>]) -> Ran {
    let mut command = Command::new(path);
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    // What is logged is the program's choice here.
    run(command.env_remove("RUST_LOG"))
}

/// Runs a command, without any input, and gives what it printed.
///
/// # Panics
///
/// If it can't be started, fails, or prints what is not UTF-8.
pub fn run(command: &mut Command) -> Ran {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} can't be started: {error}"));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success(),
        "{command:?} failed: {}\n{stdout}\n{stderr}",
        output.status
    );
    Ran { stdout, stderr }
}
