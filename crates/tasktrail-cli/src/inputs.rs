//! The logs that were named on the command line.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Large enough that the system is asked seldom, small enough to stay in a cache.
const BUFFER_BYTES: usize = 128 * 1024;

/// Names a log.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    Stdin,
    File(&'a Path),
}

impl<'a> Input<'a> {
    /// Takes the names in their order; without any, there is only the standard input.
    pub(crate) fn all(names: &'a [PathBuf]) -> Vec<Self> {
        if names.is_empty() {
            return vec![Self::Stdin];
        }
        let input = |name: &'a PathBuf| match name.as_os_str() == "-" {
            true => Self::Stdin,
            false => Self::File(name),
        };
        names.iter().map(input).collect()
    }

    pub(crate) fn open(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(match self {
            Self::Stdin => Box::new(BufReader::with_capacity(BUFFER_BYTES, io::stdin())),
            Self::File(path) => Box::new(BufReader::with_capacity(BUFFER_BYTES, File::open(path)?)),
        })
    }
}

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("<stdin>"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// How well a command went; of several, the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// All was read.
    Fine,
    /// Some lines were bad.
    BadLines,
    /// Something could not be read or written at all.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Fine => 0,
            Outcome::BadLines => 1,
            Outcome::Failed => 2,
        })
    }
}

/// Tells people what went wrong, on the standard error.
pub(crate) fn tell(what: fmt::Arguments<'_>) {
    // Who closed the standard error doesn't want to know.
    let _ = writeln!(io::stderr().lock(), "{what}");
}
