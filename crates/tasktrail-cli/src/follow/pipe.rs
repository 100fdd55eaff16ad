//! What can only be waited for: a thread reads it.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, Thread};

/// Gives what somebody writes into a pipe, without ever waiting for it.
#[derive(Debug)]
pub(super) struct Pipe(Receiver<io::Result<Vec<u8>>>);

/// What came out of a pipe.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    /// Whoever wrote is gone, and somebody else may come.
    End,
    /// Nothing is there for now.
    Nothing,
    /// Nothing can come any more.
    Over,
}

/// Enough to be read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// How many pieces wait in memory; whoever writes waits then.
const PIECES: usize = 16;

impl Pipe {
    /// Reads the standard input to its end. The thread that starts this is woken by all that comes.
    pub(super) fn of_stdin() -> io::Result<Self> {
        Self::of(|sender| {
            sender.pass_on(&mut io::stdin());
        })
    }

    /// Reads what stands under a name, and of a named pipe also what comes after its end: the
    /// system waits there until somebody writes again.
    pub(super) fn at(path: PathBuf) -> io::Result<Self> {
        Self::of(move |sender| {
            loop {
                let is_named_pipe = match File::open(&path) {
                    Ok(mut file) => {
                        let is_named_pipe = is_named_pipe(&file);
                        sender.pass_on(&mut file) && is_named_pipe
                    }
                    Err(error) => {
                        let _ = sender.give(Err(error));
                        false
                    }
                };
                if !is_named_pipe {
                    return;
                }
            }
        })
    }

    fn of(read: impl FnOnce(&Sender) + Send + 'static) -> io::Result<Self> {
        let (pieces, receiver) = sync_channel(PIECES);
        let reader = thread::current();
        let sender = Sender { pieces, reader };
        let thread = thread::Builder::new().name("tasktrail-pipe".to_owned());
        // Nobody waits for it: nothing ends a thread that waits for the system.
        thread.spawn(move || read(&sender))?;
        Ok(Self(receiver))
    }

    /// Gives what came next.
    pub(super) fn next(&self) -> io::Result<Piece> {
        match self.0.try_recv() {
            Ok(Ok(bytes)) if bytes.is_empty() => Ok(Piece::End),
            Ok(Ok(bytes)) => Ok(Piece::Bytes(bytes)),
            Ok(Err(error)) => Err(error),
            Err(TryRecvError::Empty) => Ok(Piece::Nothing),
            Err(TryRecvError::Disconnected) => Ok(Piece::Over),
        }
    }
}

struct Sender {
    pieces: SyncSender<io::Result<Vec<u8>>>,
    reader: Thread,
}

impl Sender {
    /// Passes on all that is read, and nothing for the end; tells whether that went well.
    fn pass_on(&self, from: &mut impl Read) -> bool {
        loop {
            let mut bytes = vec![0; PIECE_BYTES];
            let piece = match from.read(&mut bytes) {
                Ok(read) => {
                    bytes.truncate(read);
                    Ok(bytes)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let is_well = piece.is_ok();
            let is_over = piece.as_ref().map_or(true, Vec::is_empty);
            if !self.give(piece) || is_over {
                return is_well;
            }
        }
    }

    /// Tells whether anybody takes it.
    fn give(&self, piece: io::Result<Vec<u8>>) -> bool {
        let is_taken = self.pieces.send(piece).is_ok();
        self.reader.unpark();
        is_taken
    }
}

#[cfg(unix)]
fn is_named_pipe(file: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let metadata = file.metadata();
    metadata.is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_named_pipe(_: &File) -> bool {
    false
}
