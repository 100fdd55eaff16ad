//! Shows how far a command is, to people who wait.

use std::io::{self, IsTerminal};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;

/// Shows on the standard error how much was read, if that is a terminal, and after a second.
pub(crate) struct Progress {
    start: Instant,
    /// How much there is to read, as far as that is known.
    bytes: Option<u64>,
}

/// There is one at a time, and who takes the terminal takes it away.
static SHOWN: Mutex<Shown> = Mutex::new(Shown::Nowhere);

enum Shown {
    Nowhere,
    NotYet(u64),
    Bar(ProgressBar),
}

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn new(inputs: &[Input]) -> Self {
        *shown() = match io::stderr().is_terminal() {
            true => Shown::NotYet(0),
            false => Shown::Nowhere,
        };
        Self {
            start: Instant::now(),
            bytes: inputs.iter().map(Input::bytes).sum(),
        }
    }

    /// Says that so many bytes more were read.
    pub(crate) fn advance(&self, bytes: u64) {
        let mut shown = shown();
        match &mut *shown {
            Shown::Nowhere => {}
            Shown::NotYet(read) => {
                *read += bytes;
                if self.start.elapsed() >= PATIENCE {
                    let bar = self.bar();
                    bar.set_position(*read);
                    *shown = Shown::Bar(bar);
                }
            }
            Shown::Bar(bar) => bar.inc(bytes),
        }
    }

    fn bar(&self) -> ProgressBar {
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(self.bytes, target).with_elapsed(PATIENCE);
        let form = match self.bytes {
            Some(_) => "{bytes} of {total_bytes} {wide_bar} {bytes_per_sec} {eta}",
            None => "{bytes} {spinner} {bytes_per_sec} {elapsed}",
        };
        match ProgressStyle::with_template(form) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        take_away();
    }
}

/// Takes the bar away, if there is one, and shows none any more.
pub(crate) fn take_away() {
    let shown = mem::replace(&mut *shown(), Shown::Nowhere);
    if let Shown::Bar(bar) = shown {
        bar.finish_and_clear();
    }
}

fn shown() -> MutexGuard<'static, Shown> {
    // A bar that somebody left half drawn is drawn again.
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
