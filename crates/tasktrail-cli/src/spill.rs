//! What does not fit into memory, in a temporary file.
//!
//! All of it is in one file, in blocks of one size, each of which belongs to one pile. So there may
//! be any number of piles, and what was read gives its place to what is written next. The file has
//! no name: it is gone with the program, however that ends.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::tell::tell;

/// A temporary file, which is made when the first block is written.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    block: usize,
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    file: Option<File>,
    /// How many there are in the file.
    count: u64,
    /// Those that were read.
    free: Vec<u64>,
}

/// Records that are read in the order in which they were appended.
#[derive(Debug, Default)]
pub(crate) struct Pile {
    blocks: Vec<u64>,
    /// What is behind the last block: less than one.
    rest: Vec<u8>,
}

/// What the temporary file could not do.
#[derive(Debug)]
pub(crate) struct SpillError {
    folder: PathBuf,
    what: &'static str,
    error: io::Error,
}

impl SpillError {
    /// Tells people, and what follows from it.
    pub(crate) fn tell(&self, so: &str) {
        tell(format_args!(
            "{self}; what --memory does not hold has no other place, so {so}"
        ));
    }
}

impl fmt::Display for SpillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            folder,
            what,
            error,
        } = self;
        write!(
            f,
            "{}: a temporary file can't be {what}: {error}",
            folder.display()
        )
    }
}

impl std::error::Error for SpillError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The bytes in which the length of a record is.
const LENGTH: usize = size_of::<u32>();

impl Spill {
    /// So many bytes are written at once: a pile holds so many in memory, and so does its reader.
    pub(crate) const BLOCK: usize = 16 * 1024;

    /// Has its file in a folder, as a rule [`std::env::temp_dir`].
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self::with_block(folder, Self::BLOCK)
    }

    pub(crate) fn with_block(folder: PathBuf, block: usize) -> Self {
        Self {
            folder,
            block,
            blocks: Mutex::default(),
        }
    }

    /// Appends a record of up to 4 GiB.
    pub(crate) fn append(&self, pile: &mut Pile, record: &[u8]) -> Result<(), SpillError> {
        let length = u32::try_from(record.len())
            .map_err(|_| self.error("written", io::ErrorKind::FileTooLarge.into()))?;
        pile.rest.extend_from_slice(&length.to_le_bytes());
        pile.rest.extend_from_slice(record);
        if pile.rest.len() < self.block {
            return Ok(());
        }
        let blocks = pile.rest.chunks_exact(self.block);
        let rest = blocks.remainder().len();
        for block in blocks {
            pile.blocks.push(self.write(block)?);
        }
        pile.rest.drain(..pile.rest.len() - rest);
        // One long record does not cost its memory for ever.
        pile.rest.shrink_to(2 * self.block);
        Ok(())
    }

    /// Reads a pile; the place of what was read in the file is used again.
    pub(crate) fn read(&self, pile: Pile) -> Reader<'_> {
        Reader {
            spill: self,
            blocks: pile.blocks.into_iter(),
            rest: pile.rest,
            bytes: Vec::new(),
            taken: 0,
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<u64, SpillError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let block = blocks.free.pop().unwrap_or(blocks.count);
        let file = match &mut blocks.file {
            Some(file) => file,
            none => none.insert(temporary(&self.folder).map_err(|e| self.error("made", e))?),
        };
        let written = file
            .seek(SeekFrom::Start(block * self.block as u64))
            .and_then(|_| file.write_all(bytes));
        written.map_err(|error| self.error("written", error))?;
        blocks.count = blocks.count.max(block + 1);
        Ok(block)
    }

    /// Appends a block to some bytes, and gives its place free.
    fn read_block(&self, block: u64, bytes: &mut Vec<u8>) -> Result<(), SpillError> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let length = self.block as u64;
        let read = match &mut blocks.file {
            Some(file) => file
                .seek(SeekFrom::Start(block * length))
                .and_then(|_| file.take(length).read_to_end(bytes)),
            None => Ok(0),
        };
        match read {
            Ok(read) if read == self.block => {
                blocks.free.push(block);
                Ok(())
            }
            Ok(_) => Err(self.error("read", io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.error("read", error)),
        }
    }

    /// Counts the blocks of which the file consists.
    #[cfg(test)]
    pub(crate) fn blocks_made(&self) -> u64 {
        self.blocks.lock().unwrap().count
    }

    fn error(&self, what: &'static str, error: io::Error) -> SpillError {
        SpillError {
            folder: self.folder.clone(),
            what,
            error,
        }
    }

    /// Says that what was read is not what was written.
    pub(crate) fn damaged(&self) -> SpillError {
        self.error("read", io::ErrorKind::InvalidData.into())
    }
}

fn temporary(folder: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder).map_err(|error| {
        // What it would be called is of no use to anybody: it has no name for long.
        let cause = error.get_ref().and_then(std::error::Error::source);
        match cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => match cause.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => cause.kind().into(),
            },
            None => error,
        }
    })
}

/// Gives the records of a pile.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    spill: &'s Spill,
    blocks: std::vec::IntoIter<u64>,
    rest: Vec<u8>,
    /// What was read, of which so many bytes were given.
    bytes: Vec<u8>,
    taken: usize,
}

impl Reader<'_> {
    /// Gives the next record; `None` if there are no more.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, SpillError> {
        if !self.fill(LENGTH)? {
            return Ok(None);
        }
        let length = self.bytes.get(self.taken..).and_then(<[u8]>::first_chunk);
        let length = length.map_or(0, |length| u32::from_le_bytes(*length)) as usize;
        self.taken += LENGTH;
        if !self.fill(length)? {
            return Err(self.spill.damaged());
        }
        let start = self.taken;
        self.taken += length;
        Ok(self.bytes.get(start..self.taken))
    }

    /// Reads until so many bytes are there; `false` if there are no more.
    fn fill(&mut self, bytes: usize) -> Result<bool, SpillError> {
        while self.bytes.len() - self.taken < bytes {
            self.bytes.drain(..self.taken);
            self.taken = 0;
            match self.blocks.next() {
                Some(block) => self.spill.read_block(block, &mut self.bytes)?,
                None if self.rest.is_empty() => return Ok(false),
                None => self.bytes.append(&mut self.rest),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of all lengths around that of a block.
    fn records(pile: u8) -> impl Iterator<Item = Vec<u8>> {
        let lengths = (0..200_u32).map(|number| number * 7 % 50 + number % 3 * 100);
        lengths.map(move |length| (0..length).map(|at| at as u8 ^ pile).collect())
    }

    fn all(spill: &Spill, pile: Pile) -> Vec<Vec<u8>> {
        let mut reader = spill.read(pile);
        let next = || reader.next().unwrap().map(<[u8]>::to_vec);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn what_was_appended_is_read_in_its_order() {
        let spill = Spill::with_block(std::env::temp_dir(), 64);
        let mut piles: [Pile; 3] = Default::default();
        let all_records = (0..3).map(records).collect::<Vec<_>>();
        for (pile, records) in piles.iter_mut().zip(all_records) {
            for record in records {
                spill.append(pile, &record).unwrap();
                assert!(pile.rest.len() < 64);
            }
        }

        for (number, pile) in (0..).zip(piles) {
            assert!(all(&spill, pile).into_iter().eq(records(number)));
        }
        assert_eq!(all(&spill, Pile::default()), [[0; 0]; 0]);
    }

    #[test]
    fn the_place_of_what_was_read_is_used_again() {
        let spill = Spill::with_block(std::env::temp_dir(), 64);
        let mut pile = Pile::default();
        for _ in 0..10 {
            for record in records(7) {
                spill.append(&mut pile, &record).unwrap();
            }
            // Each record is written again while the pile is read.
            let mut reader = spill.read(std::mem::take(&mut pile));
            while let Some(record) = reader.next().unwrap() {
                spill.append(&mut pile, record).unwrap();
            }
            drop(reader);
            assert!(
                all(&spill, std::mem::take(&mut pile))
                    .into_iter()
                    .eq(records(7))
            );
        }

        let bytes: usize = records(7).map(|record| LENGTH + record.len()).sum();
        let blocks = spill.blocks_made();
        assert!(blocks <= (bytes / 64 + 8) as u64, "{blocks}");
    }

    #[test]
    fn nothing_is_made_for_what_fits_into_memory() {
        let spill = Spill::new("/no/such/folder".into());
        let mut pile = Pile::default();
        spill.append(&mut pile, b"small").unwrap();

        assert_eq!(all(&spill, pile), [b"small"]);
    }

    #[test]
    fn what_cannot_be_kept_is_told_with_the_folder_and_the_reason() {
        let folder = std::env::temp_dir().join("no-such-folder-of-tasktrail");
        let spill = Spill::with_block(folder.clone(), 64);
        let mut pile = Pile::default();

        let error = spill.append(&mut pile, &[0; 100]).unwrap_err().to_string();

        let start = format!("{}: a temporary file can't be made: ", folder.display());
        assert!(error.starts_with(&start), "{error}");
        assert!(!error.contains(".tmp"), "{error}");
    }
}
