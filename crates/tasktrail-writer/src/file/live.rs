//! The file that is open.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::length;
use super::period::seconds;
use super::rolled::{self, Stamp, compressed_names};

/// So many names that somebody else takes at the same time are passed over.
const NAMES_TO_TRY: usize = 100;

/// The file that lines go to.
#[derive(Debug)]
pub(crate) struct Live {
    file: File,
    identity: Option<Identity>,
    size: u64,
    modified: SystemTime,
    /// The last byte that was written here ended no line.
    in_line: bool,
    /// The file was found with a last line that has no end.
    torn: bool,
}

impl Live {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = append(path)?;
        let metadata = file.metadata()?;
        // A shared lock, so that nobody compresses a file that others still write to. Not every
        // file system can lock; elsewhere than on Unix a lock would keep out writers.
        #[cfg(unix)]
        let _ = file.try_lock_shared();
        Ok(Self {
            torn: metadata.is_file() && metadata.len() > 0 && is_torn(path),
            file,
            identity: identity(&metadata),
            size: if metadata.is_file() {
                metadata.len()
            } else {
                0
            },
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            in_line: false,
        })
    }

    /// Says whether this is an ordinary file, not a pipe or a device.
    pub(crate) fn is_ordinary(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file())
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When it was written to before it was opened.
    pub(crate) fn modified(&self) -> SystemTime {
        self.modified
    }

    pub(crate) fn is_in_line(&self) -> bool {
        self.in_line
    }

    /// Says whether the path leads to this file, and takes its size from there.
    pub(crate) fn is_at(&mut self, path: &Path) -> bool {
        match fs::metadata(path) {
            Ok(metadata) if identity(&metadata) == self.identity => {
                if metadata.is_file() {
                    self.size = metadata.len();
                }
                true
            }
            Ok(_) => false,
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
    }

    /// Ends the line that a killed program left unfinished.
    pub(crate) fn end_torn_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.write(b"\n")?;
            self.torn = false;
        }
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Writes a part of the bytes and returns how many are out.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = match self.file.write(bytes) {
            Ok(count) => count,
            Err(error) => {
                if error.kind() == io::ErrorKind::StorageFull {
                    self.free_if_deleted();
                }
                return Err(error);
            }
        };
        let written = bytes.get(..count).unwrap_or(bytes);
        if let Some(last) = written.last() {
            self.in_line = *last != b'\n';
        }
        self.size = self.size.saturating_add(length(written));
        Ok(count)
    }

    /// Gives back the space of a file that has no name any more.
    ///
    /// Within a line it is not left. If somebody deletes it to free a full disk, its space would
    /// never become free, nor could the line ever be ended.
    fn free_if_deleted(&mut self) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;

            let deleted = |metadata: Metadata| metadata.is_file() && metadata.nlink() == 0;
            if self.file.metadata().is_ok_and(deleted) {
                let _ = self.file.set_len(0);
            }
        }
    }

    /// Moves the file at the path to a name of its own and opens a new one there.
    ///
    /// If it fails all is as it was.
    pub(crate) fn roll(&self, path: &Path, last_line: SystemTime) -> io::Result<Self> {
        let newest = rolled::list(path)?.into_keys().next_back();
        let rolled = reserve(path, Stamp::after(newest, seconds(last_line)))?;
        if let Err(error) = fs::rename(path, &rolled) {
            // Still the empty file that holds the name.
            let _ = fs::remove_file(&rolled);
            return Err(error);
        }
        let live = match Self::open(path) {
            Ok(live) => live,
            Err(error) => {
                let nothing_there = fs::symlink_metadata(path)
                    .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
                if nothing_there {
                    let _ = fs::rename(&rolled, path);
                }
                return Err(error);
            }
        };
        // Who may read the old file may read the new one; if the system does not want so, lines
        // matter more.
        if let Ok(metadata) = self.file.metadata() {
            let _ = live.file.set_permissions(metadata.permissions());
        }
        Ok(live)
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(rolled::folder(path))?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Says whether the file's last byte ends no line; a file that can't be read is believed whole.
fn is_torn(path: &Path) -> bool {
    let last_byte = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0; 1];
        file.read_exact(&mut last)?;
        let [last] = last;
        Ok(last)
    };
    last_byte().is_ok_and(|byte| byte != b'\n')
}

/// Takes a name that nobody has, by an empty file under it.
fn reserve(path: &Path, first: Stamp) -> io::Result<PathBuf> {
    let mut stamp = first;
    for _ in 0..NAMES_TO_TRY {
        let rolled = stamp.path(path);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&rolled)
        {
            // A listing can miss a file that is compressed at that moment: the new name came too
            // early for it and the old one went too soon. If the old one is gone the new one is
            // there, so looking for it now finds it.
            Ok(_) if compressed_names(&rolled).0.exists() => fs::remove_file(&rolled)?,
            Ok(_) => return Ok(rolled),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        stamp = stamp.next();
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What a file is, whatever it is called: device and inode.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;

    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<Identity> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_only_left_in_compressed_form_is_not_taken_again() {
        let path = std::env::temp_dir().join(format!("tasktrail-name-{}", std::process::id()));
        let first = Stamp::after(None, 1000);
        let (compressed, _) = compressed_names(&first.path(&path));
        fs::write(&compressed, "lines").unwrap();

        let reserved = reserve(&path, first).unwrap();

        assert_eq!(reserved, first.next().path(&path));
        assert!(!first.path(&path).exists());
        fs::remove_file(compressed).unwrap();
        fs::remove_file(reserved).unwrap();
    }

    #[test]
    fn a_deleted_file_gives_its_space_back_and_a_named_one_keeps_it() {
        let path = std::env::temp_dir().join(format!("tasktrail-live-{}", std::process::id()));
        let mut live = Live::open(&path).unwrap();
        live.write(b"half a line").unwrap();

        live.free_if_deleted();
        assert_eq!(live.file.metadata().unwrap().len(), 11);
        fs::remove_file(&path).unwrap();
        live.free_if_deleted();

        assert_eq!(live.file.metadata().unwrap().len(), 0);
    }
}
