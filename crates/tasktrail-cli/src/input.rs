//! The logs that were named on the command line.

pub(crate) mod chunks;
mod open;
mod printed;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::outcome::Outcome;
use crate::tell::tell;
pub(crate) use open::{Log, Plain};

/// Names a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

/// Names the standard input.
const STDIN: &str = "-";

impl Input {
    /// Takes the names in their order; without any, there is only the standard input. In place of
    /// a folder all files in it are taken, and those in the folders in it, by their names.
    ///
    /// A folder that can't be read or has no file in it is told, and so is a log to which the
    /// results are printed, which is left out; the outcome says so. In a folder such a file is left
    /// out without a word: the shell may have made it just now.
    pub(crate) fn all(names: &[PathBuf], outcome: &mut Outcome) -> Vec<Self> {
        let mut inputs = Vec::new();
        let stdin = [PathBuf::from(STDIN)];
        for name in if names.is_empty() { &stdin } else { names } {
            if name.as_os_str() != STDIN && name.is_dir() {
                files_in(name, &mut inputs, outcome);
                continue;
            }
            match Self::named(name) {
                Some(input) => inputs.push(input),
                None => outcome.worsen(Outcome::Failed),
            }
        }
        inputs
    }

    /// Takes the name of what is no folder. Gives nothing for a log to which the results are
    /// printed, which is told.
    pub(crate) fn named(name: &Path) -> Option<Self> {
        let input = match name.as_os_str() == STDIN {
            true => Self::Stdin,
            false => Self::File(name.to_owned()),
        };
        if input.is_printed_to() {
            tell(format_args!("{input}: is the output, so it is not read"));
            return None;
        }
        Some(input)
    }
}

/// Adds the files of a folder, and what can't be looked at, which is told when it is to be opened.
/// A link to a folder is not followed: it may lead back here.
fn files_in(folder: &Path, inputs: &mut Vec<Input>, outcome: &mut Outcome) {
    let before = inputs.len();
    let mut is_read = true;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                tell(format_args!("{}: can't be read: {error}", folder.display()));
                outcome.worsen(Outcome::Failed);
                is_read = false;
                continue;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let (inner, files): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .partition(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let files = files.into_iter().map(|file| file.path());
        let is_log = |file: &PathBuf| fs::metadata(file).map_or(true, |found| found.is_file());
        let files = files.filter(is_log).map(Input::File);
        inputs.extend(files.filter(|file| !file.is_printed_to()));
        // The last one is taken first.
        folders.extend(inner.into_iter().rev().map(|folder| folder.path()));
    }
    if is_read && inputs.len() == before {
        let folder = folder.display();
        tell(format_args!("{folder}: expected logs, found no file in it"));
        outcome.worsen(Outcome::Failed);
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("<stdin>"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Takes a number of bytes such as `1000`, `64K`, `64MiB` or `1G`: units count 1,024 of the one
/// before.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|char: char| !char.is_ascii_digit());
    let unit: u32 = match text.get(digits.len()..).unwrap_or_default() {
        "" => 0,
        "K" | "KiB" => 1,
        "M" | "MiB" => 2,
        "G" | "GiB" => 3,
        _ => return Err(NO_BYTES.to_owned()),
    };
    let number: usize = digits.parse().map_err(|_| NO_BYTES.to_owned())?;
    let bytes = 1024_usize
        .checked_pow(unit)
        .and_then(|unit| number.checked_mul(unit));
    bytes.ok_or_else(|| NO_BYTES.to_owned())
}

const NO_BYTES: &str = "expected a number of bytes such as 1000, 64K, 64MiB or 1G";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units_of_1024() {
        for (text, expected) in [("7", 7), ("2K", 2048), ("1MiB", 1 << 20), ("3G", 3 << 30)] {
            assert_eq!(bytes(text), Ok(expected));
        }
        for text in ["", "K", "-1", "1T", "1 K", "1.5M", "99999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
