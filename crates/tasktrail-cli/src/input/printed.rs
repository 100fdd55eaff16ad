//! Knows the log that is printed to: `tasktrail query logs/ > logs/found.log`. What was printed would
//! be read and printed again, until the disk is full.

use super::Input;

impl Input {
    /// Tells whether it is the file that the standard output leads to.
    #[cfg(unix)]
    pub(super) fn is_printed_to(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        use std::{fs, io};

        let log = match self {
            Self::Stdin => behind(&io::stdin()),
            Self::File(path) => fs::metadata(path),
        };
        match (log, behind(&io::stdout())) {
            (Ok(log), Ok(output)) => {
                log.is_file() && (log.dev(), log.ino()) == (output.dev(), output.ino())
            }
            _ => false,
        }
    }

    /// Tells whether it is the file that the standard output leads to, which is not to be known here.
    #[cfg(not(unix))]
    pub(super) fn is_printed_to(&self) -> bool {
        false
    }
}

/// Asks about the file, the pipe or the terminal.
#[cfg(unix)]
fn behind(stream: &impl std::os::fd::AsFd) -> std::io::Result<std::fs::Metadata> {
    std::fs::File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}
