//! The file that the lines go to, which says when it is let go.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::cost::note_end_of_worker;

pub(crate) struct Destination {
    file: File,
    /// How long each call takes.
    delay: Duration,
    end: Sender<()>,
}

impl Destination {
    /// Makes a file, and what tells of its end.
    pub(crate) fn create(path: &Path, delay: Duration) -> (Self, Receiver<()>) {
        let (end, ended) = channel();
        let file = File::create(path).unwrap();
        (Self { file, delay, end }, ended)
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.delay.is_zero() {
            let begun = Instant::now();
            while let Some(left) = self.delay.checked_sub(begun.elapsed()) {
                thread::park_timeout(left);
            }
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        // The worker's last act, with every writer here that has a worker of its own.
        note_end_of_worker();
        let _ = self.end.send(());
    }
}
