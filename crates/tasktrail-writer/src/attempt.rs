//! One try to write: what came of it, whatever the destination did.

use std::any::Any;
use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

use crate::destination::{Destination, LineTooLarge};

/// So many interruptions in a row are taken up again at once, any more after a pause.
const INTERRUPTIONS: u32 = 16;

/// A destination, held so that nothing it does harms the worker.
pub(crate) struct Attempts<D>(D);

/// Why a try has to be made again.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It takes nothing at the moment.
    Busy,
    /// It failed.
    Failed(io::Error),
    /// It never takes the first of the lines.
    LineTooLarge,
}

impl<D: Destination> Attempts<D> {
    pub(crate) fn new(destination: D) -> Self {
        Self(destination)
    }

    /// Writes a part of the bytes and returns how many are out.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        match attempt(|| self.0.write(bytes))? {
            0 => Err(Failure::Failed(io::ErrorKind::WriteZero.into())),
            // A destination that claims more than it got is not believed.
            count => Ok(count.min(bytes.len())),
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        attempt(|| self.0.flush())
    }

    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        attempt(|| self.0.sync())
    }

    /// Drops the destination, which may write what it still holds.
    pub(crate) fn close(self) {
        let _ = survive(|| {
            drop(self.0);
            Ok(())
        });
    }
}

fn attempt<T>(mut run: impl FnMut() -> io::Result<T>) -> Result<T, Failure> {
    for _ in 0..INTERRUPTIONS {
        match survive(&mut run) {
            Ok(done) => return Ok(done),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => return Err(Failure::Busy),
                _ if LineTooLarge::is_in(&error) => return Err(Failure::LineTooLarge),
                _ => return Err(Failure::Failed(error)),
            },
        }
    }
    Err(Failure::Busy)
}

/// Makes an error of a panic.
fn survive<T>(run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // The destination may be left in whatever state its panic left it in: it is only ever asked
    // to write again, and what it answers is checked.
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| Err(panicked(payload)))
}

fn panicked(payload: Box<dyn Any + Send>) -> io::Error {
    let words = if let Some(words) = payload.downcast_ref::<&str>() {
        (*words).to_owned()
    } else if let Some(words) = payload.downcast_ref::<String>() {
        words.clone()
    } else {
        "no message".to_owned()
    };
    // Dropping somebody else's value may panic again.
    mem::forget(payload);
    io::Error::other(format!("the destination panicked: {words}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct Answers<F>(F);

    impl<F: FnMut(&[u8]) -> io::Result<usize>> Write for Answers<F> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            (self.0)(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            (self.0)(b"").map(drop)
        }
    }

    #[test]
    fn an_interrupted_try_is_made_again_at_once() {
        let mut tries = 0;
        let mut destination = Attempts::new(Answers(move |bytes: &[u8]| {
            tries += 1;
            match tries {
                1..=3 => Err(io::ErrorKind::Interrupted.into()),
                _ => Ok(bytes.len()),
            }
        }));

        assert!(matches!(destination.write(b"line\n"), Ok(5)));
    }

    #[test]
    fn a_destination_that_is_interrupted_for_ever_counts_as_busy() {
        let mut destination =
            Attempts::new(Answers(|_: &[u8]| Err(io::ErrorKind::Interrupted.into())));

        assert!(matches!(destination.write(b"line\n"), Err(Failure::Busy)));
        assert!(matches!(destination.flush(), Err(Failure::Busy)));
    }

    #[test]
    fn a_destination_that_takes_nothing_has_failed() {
        let mut destination = Attempts::new(Answers(|_: &[u8]| Ok(0)));

        assert!(matches!(
            destination.write(b"line\n"),
            Err(Failure::Failed(error)) if error.kind() == io::ErrorKind::WriteZero
        ));
    }

    #[test]
    fn a_destination_that_claims_more_than_it_got_is_not_believed() {
        let mut destination = Attempts::new(Answers(move |bytes: &[u8]| Ok(bytes.len() + 1)));

        assert!(matches!(destination.write(b"line\n"), Ok(5)));
    }

    #[test]
    fn a_panic_is_an_error_that_keeps_its_words() {
        let mut destination = Attempts::new(Answers(|_: &[u8]| panic!("disk {}", 7)));

        let Err(Failure::Failed(error)) = destination.write(b"line\n") else {
            panic!("a panic is a failure");
        };
        assert_eq!(error.to_string(), "the destination panicked: disk 7");
    }

    #[test]
    fn a_panic_whose_value_panics_when_dropped_is_survived() {
        struct Grenade;
        impl Drop for Grenade {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let mut destination = Attempts::new(Answers(|_: &[u8]| panic::panic_any(Grenade)));

        assert!(matches!(
            destination.write(b"line\n"),
            Err(Failure::Failed(_))
        ));
    }
}
