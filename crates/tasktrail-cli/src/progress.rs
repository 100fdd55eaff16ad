//! Shows how far a command is, to people who wait.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Input;

/// Shows on the standard error how much was read, if that is a terminal, after a second and until
/// there is a result.
pub(crate) struct Progress;

/// There is one at a time, and who takes the terminal takes it away.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn new(inputs: &[Input]) -> Self {
        // How much there is to read, as far as that is known.
        let bytes = inputs.iter().map(Input::bytes).sum();
        *bar() = io::stderr().is_terminal().then(|| hidden(bytes));
        Self
    }

    /// Says that so many bytes more were read.
    pub(crate) fn advance(&self, bytes: u64) {
        if let Some(bar) = &*bar() {
            if bar.is_hidden() && bar.elapsed() >= PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            bar.inc(bytes);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        take_away();
    }
}

fn hidden(bytes: Option<u64>) -> ProgressBar {
    let form = match bytes {
        Some(_) => "{bytes} of {total_bytes} {wide_bar} {bytes_per_sec} {eta}",
        None => "{bytes} {spinner} {bytes_per_sec} {elapsed}",
    };
    let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden());
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Takes the bar away, if there is one, and shows none any more.
pub(crate) fn take_away() {
    if let Some(bar) = bar().take() {
        bar.finish_and_clear();
    }
}

/// Prints something where the bar is, which is drawn again after it.
pub(crate) fn print(something: impl FnOnce()) {
    match &*bar() {
        Some(bar) => bar.suspend(something),
        None => something(),
    }
}

fn bar() -> MutexGuard<'static, Option<ProgressBar>> {
    // A bar that somebody left half drawn is drawn again.
    BAR.lock().unwrap_or_else(PoisonError::into_inner)
}
