//! Shows how far a command is, to people who wait.

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;

/// Shows on the standard error how much was read, if that is a terminal, and after a second.
pub(crate) struct Progress {
    start: Instant,
    /// How much there is to read, as far as that is known.
    bytes: Option<u64>,
    shown: Mutex<Shown>,
}

enum Shown {
    Nowhere,
    NotYet(u64),
    Bar(ProgressBar),
}

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn new(inputs: &[Input]) -> Self {
        let is_seen = io::stderr().is_terminal();
        Self {
            start: Instant::now(),
            bytes: inputs.iter().map(Input::bytes).sum(),
            shown: Mutex::new(match is_seen {
                true => Shown::NotYet(0),
                false => Shown::Nowhere,
            }),
        }
    }

    /// Says that so many bytes more were read.
    pub(crate) fn advance(&self, bytes: u64) {
        // A bar that somebody left half drawn is drawn again.
        let mut shown = self.shown.lock().unwrap_or_else(|error| error.into_inner());
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
        let shown = self.shown.into_inner();
        if let Shown::Bar(bar) = shown.unwrap_or_else(|error| error.into_inner()) {
            bar.finish_and_clear();
        }
    }
}
