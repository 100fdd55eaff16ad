//! Where a command prints its results: on the standard output, or through a pager.

mod pager;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use crate::input::Input;
use crate::outcome::Outcome;
use crate::progress;
use crate::tell::tell;
pub(crate) use pager::Paging;
use pager::{Left, Pager};

/// Large enough that the system is asked seldom.
const BUFFER_BYTES: usize = 128 * 1024;

/// Takes what a command prints.
///
/// It is printed when the buffer is full, and by [`show`](Self::show) and [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Output {
    to: BufWriter<Destination>,
    /// Whether somebody may be waiting for each piece.
    is_live: bool,
}

#[derive(Debug)]
enum Destination {
    /// There is nothing to print yet: while a command only reads, its progress is seen, and without
    /// results there is nothing to page through.
    Later {
        is_paged: bool,
    },
    Stdout(Stdout),
    Pager(Pager),
}

impl Output {
    /// Prints on the standard output itself what other programs read, or what comes as it happens.
    pub(crate) fn plain() -> Self {
        Self::new(false, false)
    }

    /// Prints what people read: through a pager if the standard output is a terminal.
    ///
    /// What comes from the standard input goes on as long as somebody writes it, so it is shown as
    /// it comes.
    pub(crate) fn paged(paging: Paging, inputs: &[Input]) -> Self {
        let is_terminal = is_terminal();
        let is_stdin = inputs.iter().any(|input| matches!(input, Input::Stdin));
        let is_paged = paging == Paging::Auto && is_terminal && !is_stdin;
        Self::new(is_paged, is_terminal || is_stdin)
    }

    fn new(is_paged: bool, is_live: bool) -> Self {
        Self {
            to: BufWriter::with_capacity(BUFFER_BYTES, Destination::Later { is_paged }),
            is_live,
        }
    }

    /// Prints what there is, if somebody may be waiting for it.
    ///
    /// # Errors
    ///
    /// If it can't be printed.
    pub(crate) fn show(&mut self) -> io::Result<()> {
        match self.is_live {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Ends the output with how printing went so far, and waits until a pager was left. Tells
    /// whether all was printed.
    ///
    /// Whoever reads the output may have seen enough, which is no failure. Other errors are told,
    /// and the outcome says so.
    pub(crate) fn finish(mut self, printed: io::Result<()>, outcome: &mut Outcome) -> bool {
        let printed = printed.and_then(|()| self.to.flush());
        // What could not be printed is not to be tried again.
        let (destination, _) = self.to.into_parts();
        let left = match destination {
            Destination::Pager(pager) => pager.wait(),
            Destination::Stdout(_) | Destination::Later { .. } => Left::ByItself,
        };
        match printed {
            Ok(()) => return true,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                if left == Left::Interrupted {
                    outcome.worsen(Outcome::Interrupted);
                }
            }
            Err(error) => {
                tell(format_args!("<stdout>: can't be written: {error}"));
                outcome.worsen(Outcome::Failed);
            }
        }
        false
    }
}

/// Tells whether people see what is printed, also if that goes through a pager.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Pager(pager) => pager.write(bytes),
            Self::Later { is_paged } => {
                if is_terminal() {
                    progress::take_away();
                }
                *self = match is_paged.then(Pager::start).flatten() {
                    Some(pager) => Self::Pager(pager),
                    None => Self::Stdout(io::stdout()),
                };
                self.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Later { .. } => Ok(()),
            Self::Pager(pager) => pager.flush(),
        }
    }
}
