//! Opens a log, and reads through its compression.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::Input;

/// A log that was opened.
pub(crate) struct Log {
    /// Gives the lines, whatever the file was compressed with.
    pub(crate) lines: Box<dyn Read + Send>,
    /// What is known of a file whose bytes are its lines.
    pub(crate) plain: Option<Plain>,
    /// Whether the lines come from a pipe or a terminal, perhaps from somebody who writes them now.
    pub(crate) is_live: bool,
    /// How many bytes were taken from the file.
    pub(crate) taken: Arc<AtomicU64>,
}

/// A file that is read as it is.
pub(crate) struct Plain {
    file: File,
    /// How many bytes the file had when it was opened.
    pub(crate) bytes: u64,
}

impl Plain {
    /// Asks how many bytes the file has now.
    pub(crate) fn bytes_now(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }
}

/// RFC 1952 section 2.3.1.
const GZIP: &[u8] = b"\x1f\x8b";

/// RFC 8878 section 3.1.1.
const ZSTANDARD: &[u8] = b"\x28\xb5\x2f\xfd";

/// A frame that decoders pass over, RFC 8878 section 3.1.2: of the first byte half counts.
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

impl Input {
    /// Opens a log, and finds out by its first bytes whether it is compressed with gzip or
    /// Zstandard.
    pub(crate) fn open(&self) -> io::Result<Log> {
        match self {
            Self::Stdin => through(io::stdin(), None, true),
            Self::File(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                let plain = match metadata.is_file() {
                    true => Some(Plain {
                        file: file.try_clone()?,
                        bytes: metadata.len(),
                    }),
                    false => None,
                };
                through(file, plain, !metadata.is_file())
            }
        }
    }

    /// Gives the size of the file, if it is one: not of a pipe or a device.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => {
                let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
                Some(metadata.len())
            }
        }
    }
}

fn through(
    log: impl Read + Send + 'static,
    plain: Option<Plain>,
    is_pipe: bool,
) -> io::Result<Log> {
    let taken = Arc::new(AtomicU64::new(0));
    let mut log = Counted(log, Arc::clone(&taken));
    let mut start = Vec::new();
    log.by_ref().take(4).read_to_end(&mut start)?;
    let is_skippable = start.first().is_some_and(|byte| byte & 0xf0 == 0x50)
        && start.get(1..).is_some_and(|rest| rest == SKIPPABLE);
    let is_gzip = start.starts_with(GZIP);
    let is_zstandard = start == ZSTANDARD || is_skippable;
    let whole = Cursor::new(start).chain(log);
    let (lines, plain): (Box<dyn Read + Send>, _) = if is_gzip {
        let whole = BufReader::with_capacity(BUFFER_BYTES, whole);
        (Box::new(MultiGzDecoder::new(whole)), None)
    } else if is_zstandard {
        (Box::new(zstd::Decoder::new(whole)?), None)
    } else {
        (Box::new(whole), plain)
    };
    Ok(Log {
        lines,
        plain,
        is_live: is_pipe && !is_gzip && !is_zstandard,
        taken,
    })
}

/// Large enough that the system is asked seldom, small enough to stay in a cache.
const BUFFER_BYTES: usize = 128 * 1024;

/// Counts the bytes that are read.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_has_no_size() {
        let bytes = |path: &str| Input::File(path.into()).bytes();

        assert!(
            bytes(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
                .is_some_and(|bytes| bytes > 0)
        );
        assert_eq!(bytes("/dev/null"), None);
        assert_eq!(bytes("/none"), None);
    }
}
